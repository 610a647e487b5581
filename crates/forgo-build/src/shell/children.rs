//! The programs that a run has started and not seen the end of: so that Ctrl-C can end them.
//!
//! Answers to what os/exec does for `Shell.runOut` in cmd/go/internal/work/shell.go.

use std::collections::HashSet;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use forgo_load::event::Usage;
use rustix::process::{Pid, Signal, WaitIdOptions};

use forgo_load::process::{self, Learns};

/// Programs now running.
#[derive(Debug, Default)]
pub struct Children {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    pids: HashSet<i32>,
    interrupted: bool,
    /// A program or test of the user's was started.
    programs: bool,
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    /// Standard output and standard error, interleaved.
    pub output: Vec<u8>,
    /// Its exit status, or why it could not be started.
    pub status: std::io::Result<ExitStatus>,
    /// The resources that it used.
    pub usage: Usage,
}

impl Ended {
    fn not_started(e: std::io::Error) -> Ended {
        Ended {
            output: Vec::new(),
            status: Err(e),
            usage: Usage::default(),
        }
    }
}

impl Children {
    /// Runs a command to its end, with nothing to read and with both output streams caught.
    /// `started` gets the number of the process.
    pub fn run(
        &self,
        mut command: Command,
        learns: Learns<'_>,
        started: impl FnOnce(u32),
    ) -> Ended {
        let (mut reader, writer) = match std::io::pipe() {
            Ok(ends) => ends,
            Err(e) => return Ended::not_started(e),
        };
        let second = match writer.try_clone() {
            Ok(second) => second,
            Err(e) => return Ended::not_started(e),
        };
        command.stdin(Stdio::null()).stdout(writer).stderr(second);
        let child = match self.spawn(&mut command, learns) {
            Ok(child) => child,
            Err(e) => return Ended::not_started(e),
        };
        started(child.id());
        // The command holds the writing ends: without this the pipe would never end.
        drop(command);
        let mut output = Vec::new();
        let read = reader.read_to_end(&mut output);
        let (status, usage) = self.wait(&child);
        Ended {
            output,
            status: read.and(status),
            usage,
        }
    }

    /// Starts a command that is to be [waited](Children::wait) for.
    pub fn spawn(&self, command: &mut Command, learns: Learns<'_>) -> std::io::Result<Child> {
        // Under the lock, so that no child slips between the look and the start.
        let mut state = self.lock();
        if state.interrupted {
            return Err(std::io::ErrorKind::Interrupted.into());
        }
        let child = process::spawn(command, learns)?;
        state.pids.insert(child.id().cast_signed());
        Ok(child)
    }

    /// Starts a program or test of the user's, which [`Children::interrupt`] does not end: it heeds
    /// signals by itself.
    pub fn spawn_program(&self, command: &mut Command) -> std::io::Result<Child> {
        let mut state = self.lock();
        if state.interrupted {
            return Err(std::io::ErrorKind::Interrupted.into());
        }
        state.programs = true;
        process::spawn(command, Learns::Refuse("a program of the user's runs"))
    }

    /// A program of the user's is about to be started elsewhere.
    pub fn program_starts(&self) {
        self.lock().programs = true;
    }

    /// Was a program or test of the user's started? From then on the stock command ignores Ctrl-C
    /// but for starting no more actions; before, it dies of it.
    pub fn ran_programs(&self) -> bool {
        self.lock().programs
    }

    /// Waits for a child's end: returns its status, and the resources that it used.
    pub fn wait(&self, child: &Child) -> (std::io::Result<ExitStatus>, Usage) {
        let pid = child.id().cast_signed();
        // Wait first, reap after it is off the list: a number on the list is never another's.
        if let Some(id) = Pid::from_raw(pid) {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while let Err(rustix::io::Errno::INTR) =
                rustix::process::waitid(rustix::process::WaitId::Pid(id), options)
            {}
        }
        self.lock().pids.remove(&pid);
        reap(pid)
    }

    /// Ends all children, now and to come, but for the user's programs.
    pub fn interrupt(&self) {
        let mut state = self.lock();
        state.interrupted = true;
        for &pid in &state.pids {
            if let Some(pid) = Pid::from_raw(pid) {
                // It may have ended by itself.
                let _ = rustix::process::kill_process(pid, Signal::INT);
            }
        }
    }

    /// Reports whether [`Children::interrupt`] was called: nothing is to be printed any more.
    pub fn interrupted(&self) -> bool {
        self.lock().interrupted
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// wait4, for the usage that std's wait does not give.
fn reap(pid: i32) -> (std::io::Result<ExitStatus>, Usage) {
    let mut status = 0;
    let duration = |t: libc::timeval| {
        let micros = t.tv_sec.unsigned_abs() * 1_000_000 + t.tv_usec.unsigned_abs();
        Duration::from_micros(micros)
    };
    loop {
        // SAFETY: rusage is plain numbers, for which zero is a value; both pointers are to locals.
        let (got, usage) = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            (libc::wait4(pid, &raw mut status, 0, &raw mut usage), usage)
        };
        if got >= 0 {
            let status = Ok(ExitStatus::from_raw(status));
            // In KiB, but for macOS.
            let unit = if cfg!(target_vendor = "apple") {
                1
            } else {
                1024
            };
            let usage = Usage {
                user: duration(usage.ru_utime),
                sys: duration(usage.ru_stime),
                peak: usage.ru_maxrss.unsigned_abs() * unit,
            };
            return (status, usage);
        }
        let error = std::io::Error::last_os_error();
        if error.kind() != std::io::ErrorKind::Interrupted {
            return (Err(error), Usage::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn both_streams_are_caught_in_order() {
        let ended = Children::default().run(
            shell("echo a; echo b >&2; echo c; exit 3"),
            Learns::Key,
            |_| {},
        );
        assert!(ended.usage.peak > 0);
        assert_eq!(ended.output, b"a\nb\nc\n");
        assert_eq!(ended.status.unwrap().code(), Some(3));
    }

    #[test]
    fn interrupt_ends_children_and_lets_no_other_start() {
        let children = Children::default();
        let ended = std::thread::scope(|scope| {
            let running =
                scope.spawn(|| children.run(shell("kill -STOP $$; exit 0"), Learns::Key, |_| {}));
            while children.lock().pids.is_empty() {
                std::thread::yield_now();
            }
            children.interrupt();
            // It may stop only now, and the signal may be one that is ignored here: then it is to
            // end by itself.
            while !running.is_finished() {
                for &pid in &children.lock().pids {
                    let pid = Pid::from_raw(pid).unwrap();
                    let _ = rustix::process::kill_process(pid, Signal::CONT);
                }
                std::thread::yield_now();
            }
            running.join().unwrap()
        });
        let status = ended.status.unwrap();
        assert!(
            status.signal() == Some(libc::SIGINT) || status.code() == Some(0),
            "{status:?}"
        );
        assert!(
            children
                .run(shell("true"), Learns::Key, |_| {})
                .status
                .is_err()
        );
    }
}
