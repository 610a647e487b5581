//! Whether a process that others wait for gets on. It may be stopped (Ctrl-Z, SIGSTOP, a debugger),
//! or wait for something that never comes: a stopped compiler that it started, a frozen container,
//! a network file system that hangs. It may stay so for days, and no process must wait for it.
//!
//! Linux shows states, CPU times and parents of processes in /proc. Elsewhere, and of a process of
//! another namespace, nothing is known.

#![expect(
    clippy::disallowed_methods,
    reason = "whether other processes work: it decides when something is done"
)]

use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

/// How long a process that is about to end its work may do nothing at all: not run, not want to
/// run, read no page.
const QUIET: Duration = Duration::from_millis(1500);

/// Whether a lock on this open file, by flock(2), is held by a stopped process.
pub(super) fn is_stopped(file: &File) -> bool {
    flock_holders(file)
        .iter()
        .any(|pid| stat(*pid).is_some_and(|process| process.is_stopped()))
}

/// The processes that hold a lock on this open file, by flock(2), as far as they can be seen.
pub(super) fn flock_holders(file: &File) -> Vec<u32> {
    let (Ok(meta), Ok(locks)) = (file.metadata(), fs::read_to_string("/proc/locks")) else {
        return Vec::new();
    };
    let holders = holders(&locks, meta.ino());
    holders.filter_map(|pid| pid.parse().ok()).collect()
}

/// The processes that hold a lock on a file, by its inode: `1: FLOCK  ADVISORY  WRITE 123
/// fe:00:4711 0 EOF`. On some file systems the device is not the one that stat reports; one more
/// process of another device does no harm.
fn holders(locks: &str, inode: u64) -> impl Iterator<Item = &str> {
    locks.lines().filter_map(move |line| {
        // A waiting process has an arrow before the kind.
        let [_, "FLOCK", _, _, pid, place, ..] = line.split_whitespace().collect::<Vec<_>>()[..]
        else {
            return None;
        };
        let number = place.rsplit(':').next()?;
        (number.parse() == Ok(inode)).then_some(pid)
    })
}

/// The part of /proc/PID/stat that is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Process {
    state: u8,
    parent: u32,
    /// What grows while it works: page faults and CPU time.
    work: [u64; 4],
}

impl Process {
    /// `123 (a name) S parent …`.
    fn parse(stat: &str) -> Option<Process> {
        let (_, rest) = stat.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split(' ').collect();
        let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
        Some(Process {
            state: *fields.first()?.as_bytes().first()?,
            parent: number(1)?.try_into().ok()?,
            work: [number(7)?, number(9)?, number(11)?, number(12)?],
        })
    }

    fn is_stopped(&self) -> bool {
        matches!(self.state, b'T' | b't')
    }
}

fn stat(pid: u32) -> Option<Process> {
    Process::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// All processes of the machine that can be seen, at one moment. To look costs some microseconds
/// for each.
#[derive(Debug)]
pub struct Processes(HashMap<u32, Process>);

impl Processes {
    /// Looks.
    pub fn now() -> Processes {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        Processes(pids.filter_map(|pid| Some((pid, stat(pid)?))).collect())
    }
}

/// Whether some thread wants to run.
fn wants_to_run(pid: u32) -> bool {
    threads(pid).any(|dir| {
        let stat = fs::read_to_string(dir.join("stat")).unwrap_or_default();
        Process::parse(&stat).is_some_and(|thread| thread.state == b'R')
    })
}

/// How long the threads have run, in nanoseconds: finer than what [`Process`] has. 0 where the
/// kernel does not count.
fn run_time(pid: u32) -> u64 {
    let times = threads(pid).filter_map(|dir| {
        let stat = fs::read_to_string(dir.join("schedstat")).ok()?;
        stat.split(' ').next()?.parse::<u64>().ok()
    });
    times.sum()
}

fn threads(pid: u32) -> impl Iterator<Item = std::path::PathBuf> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter();
    threads.flatten().flatten().map(|thread| thread.path())
}

/// Whether a process is a compiler or a linker. Programs and tests of the user's may sleep as long
/// as they like.
fn is_tool(pid: u32) -> bool {
    const NAMES: [&str; 12] = [
        "as", "c++", "cc", "cc1", "cc1plus", "clang", "clang++", "collect2", "f951", "g++", "gcc",
        "ld",
    ];
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let program = command.split(|b| *b == 0).next().unwrap_or_default();
    let program = String::from_utf8_lossy(program);
    let name = program.rsplit('/').next().unwrap_or_default();
    program.contains("/pkg/tool/") || NAMES.contains(&name)
}

/// The state of a process that is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It works, or a process that it has started does.
    Working,
    /// It or a tool that it has started is stopped, or has done nothing for a while.
    Stuck,
    /// It can't be seen.
    Unknown,
}

/// Watches a process and those that it starts.
#[derive(Debug)]
pub struct Watch {
    pid: u32,
    /// When each was last seen to have done something.
    seen: HashMap<u32, (Process, Instant)>,
    run_time: u64,
    worked: Instant,
}

impl Watch {
    /// Begins to watch.
    pub fn new(pid: u32) -> Watch {
        Watch {
            pid,
            seen: HashMap::new(),
            run_time: 0,
            worked: Instant::now(),
        }
    }

    /// Looks again. That something does nothing shows after some looks.
    pub fn look(&mut self, Processes(all): &Processes) -> Progress {
        let Some(holder) = all.get(&self.pid) else {
            return Progress::Unknown;
        };
        if holder.is_stopped() {
            return Progress::Stuck;
        }
        let now = Instant::now();
        let run_time = run_time(self.pid);
        if run_time != self.run_time {
            (self.run_time, self.worked) = (run_time, now);
        }
        let tree = tree(all, self.pid);
        for pid in &tree {
            let process = all[pid];
            let (before, since) = self.seen.entry(*pid).or_insert((process, now));
            if before.work != process.work || process.state == b'R' {
                (*before, *since) = (process, now);
            }
            if now.duration_since(*since) >= QUIET && wants_to_run(*pid) {
                *since = now;
            }
            self.worked = self.worked.max(*since);
            // A process that has started others waits for them.
            let alone = !all.values().any(|other| other.parent == *pid);
            let idle = process.is_stopped() || now.duration_since(*since) >= QUIET;
            if alone && idle && *pid != self.pid && is_tool(*pid) {
                return Progress::Stuck;
            }
        }
        match now.duration_since(self.worked) >= QUIET {
            true => Progress::Stuck,
            false => Progress::Working,
        }
    }
}

/// A process and all below it.
fn tree(all: &HashMap<u32, Process>, root: u32) -> Vec<u32> {
    let mut tree = vec![root];
    let mut next = 0;
    while let Some(parent) = tree.get(next).copied() {
        let children = all.iter().filter(|(_, process)| process.parent == parent);
        tree.extend(children.map(|(pid, _)| *pid));
        next += 1;
    }
    tree
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holders_of_a_file() {
        let locks = "1: POSIX  ADVISORY  WRITE 7 fe:00:4711 0 EOF\n\
                     2: FLOCK  ADVISORY  WRITE 8 fe:00:4711 0 EOF\n\
                     2: -> FLOCK  ADVISORY  WRITE 9 fe:00:4711 0 EOF\n\
                     3: FLOCK  ADVISORY  WRITE 10 fe:00:47110 0 EOF\n\
                     cut off\n";
        assert_eq!(holders(locks, 4711).collect::<Vec<_>>(), ["8"]);
    }

    #[test]
    fn states() {
        let rest = "1 2 3 4 5 6 7 8 9 10 11 12";
        for (stat, stopped) in [
            (format!("1 (sh) T {rest}"), Some(true)),
            (format!("1 (a) T b) S {rest}"), Some(false)),
            (format!("1 (T) t {rest}"), Some(true)),
            ("1 (sh) T 1".to_owned(), None),
            (String::new(), None),
        ] {
            let found = Process::parse(&stat).map(|process| process.is_stopped());
            assert_eq!(found, stopped, "{stat}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn who_sleeps_is_stuck_and_who_works_is_not() {
        let mut sleeper = std::process::Command::new("sleep")
            .arg("1000")
            .spawn()
            .unwrap();
        let mut watch = Watch::new(sleeper.id());
        while watch.look(&Processes::now()) == Progress::Working {
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(watch.look(&Processes::now()), Progress::Stuck);
        sleeper.kill().unwrap();
        sleeper.wait().unwrap();
        assert_eq!(watch.look(&Processes::now()), Progress::Unknown);
        // This process looks, which is work.
        let mut watch = Watch::new(std::process::id());
        let start = Instant::now();
        while start.elapsed() < 2 * QUIET {
            assert_eq!(watch.look(&Processes::now()), Progress::Working);
        }
    }
}
