//! File systems: their kinds, their space, the resolution of their time stamps.
//!
//! forgo compares the times of files with its own clock to decide whether a file could have changed
//! once more since it was read (`forgo_load::footprint`). The examination measures what that
//! rests on: times must advance within [`GRANULARITY`] and agree with this machine's clock.

use std::io::Write as _;
use std::time::{Duration, SystemTime};

use forgo_load::clock::{self, For};
use forgo_load::disk::{self, Because};
use forgo_load::footprint::{COARSE, GRANULARITY};
use rustix::fs::{StatVfsMountFlags, statvfs};

use super::cache::shown;
use super::finding::{Finding, Level};

/// Less free space than this is worth a warning.
const LITTLE_SPACE: u64 = 1 << 30;
/// How long the clock is watched at most: longer than any step that forgo allows for.
const WATCH: Duration = Duration::from_millis(2500);

/// Reports on the file system of the cache.
pub fn of_cache(dir: &str) -> Vec<Finding> {
    let mut findings = vec![space(dir)];
    let clock = match Clock::measure(dir) {
        Ok(clock) => clock.finding(),
        Err(e) => {
            let why = forgo_load::process::errno_text(&e);
            Finding::new("file clock", Level::Warning, format!("not measured: {why}"))
                .remedy("make the cache writable, and free space on its file system")
        }
    };
    findings.push(clock);
    findings
}

fn space(dir: &str) -> Finding {
    const TOPIC: &str = "file system";
    let name = kind(dir).unwrap_or("unknown kind");
    let Ok(stat) = statvfs(dir) else {
        return Finding::new(TOPIC, Level::Warning, format!("{name}; free space unknown"));
    };
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    let text = format!("{name}, {} free", shown(free));
    let no_inodes = stat.f_files > 0 && stat.f_favail == 0;
    let finding = if stat.f_flag.contains(StatVfsMountFlags::RDONLY) {
        Finding::new(TOPIC, Level::Error, format!("{name}, mounted read-only"))
            .remedy("set GOCACHE to a directory on a writable file system")
    } else if no_inodes || free < LITTLE_SPACE {
        let text = if no_inodes {
            format!("{text}, no free inodes")
        } else {
            text
        };
        Finding::new(TOPIC, Level::Warning, text)
            .remedy("free space, run 'go clean -cache', or set GOCACHE to another file system")
    } else if is_network(name) {
        Finding::new(
            TOPIC,
            Level::Warning,
            format!("{text}: a network file system"),
        )
        .remedy("set GOCACHE to a local directory: locks and times are slow and less reliable")
    } else {
        Finding::new(TOPIC, Level::Ok, text)
    };
    finding.fact("type", name).fact("free", free)
}

/// Reports on the file system of the current directory, if it is a kind that needs care.
pub fn of_sources(cwd: &str) -> Option<Finding> {
    let name = kind(cwd).filter(|name| is_network(name))?;
    let text = format!("{cwd} is on {name}, a network file system");
    let finding = Finding::new("sources", Level::Warning, text).remedy(
        "make sure that its server's clock agrees with this machine's, or set FORGO_EXTRAS=off: \
         forgo relies on the times of files",
    );
    Some(finding.fact("type", name))
}

/// Reports on the directory for temporary files, if programs can't be started or made there.
pub fn of_temporary_files(dir: &str) -> Option<Finding> {
    let remedy =
        "set GOTMPDIR to a writable directory on a file system that allows to run programs";
    let error = |why: &str| {
        let finding = Finding::new("temporary", Level::Error, format!("{dir} {why}"));
        finding.remedy(remedy).fact("directory", dir)
    };
    if !disk::own::metadata(Because::Handed, dir).is_ok_and(|meta| meta.is_dir()) {
        return Some(error("is not a directory"));
    }
    if !forgo_load::footprint::may_make_in(dir) {
        return Some(error("is not writable"));
    }
    let noexec = statvfs(dir).is_ok_and(|stat| stat.f_flag.contains(StatVfsMountFlags::NOEXEC));
    noexec.then(|| error("is mounted noexec: 'go test' and 'go run' start programs there"))
}

fn is_network(kind: &str) -> bool {
    matches!(kind, "NFS" | "SMB" | "9P" | "FUSE" | "Ceph" | "AFS")
}

/// The name of a directory's file system; `None` if unknown.
#[cfg(target_os = "linux")]
fn kind(dir: &str) -> Option<&'static str> {
    // From linux/magic.h, but for those of file systems that define theirs elsewhere.
    Some(match rustix::fs::statfs(dir).ok()?.f_type as u32 {
        0xef53 => "ext4",
        0x5846_5342 => "XFS",
        0x9123_683e => "Btrfs",
        0xca45_1a4e => "bcachefs",
        0x2fc1_2fc1 => "ZFS",
        0xf2f5_2010 => "F2FS",
        0x0102_1994 => "tmpfs",
        0x8584_58f6 => "ramfs",
        0x794c_7630 => "overlayfs",
        0xf15f => "eCryptfs",
        0x4d44 => "FAT",
        0x2011_bab0 => "exFAT",
        0x5346_544e | 0x7366_746e => "NTFS",
        0x6969 => "NFS",
        0x517b | 0xff53_4d42 | 0xfe53_4d42 => "SMB",
        0x0102_1997 => "9P",
        0x6573_5546 => "FUSE",
        0x00c3_6400 => "Ceph",
        0x5346_414f => "AFS",
        _ => return None,
    })
}

/// The name of a directory's file system; `None` if unknown.
#[cfg(not(target_os = "linux"))]
fn kind(_: &str) -> Option<&'static str> {
    None
}

/// The clock of a file system, as writes to a file show it.
#[derive(Debug, Clone, Copy)]
struct Clock {
    /// The smallest step between the times of two writes; `None` if there was none in [`WATCH`].
    step: Option<Duration>,
    /// Times are whole seconds.
    coarse: bool,
    /// How far the time of a write lies before the time at which it began, or after the time at
    /// which it ended, by this machine's clock.
    behind: Duration,
    ahead: Duration,
}

impl Clock {
    /// Writes to a temporary file until its time has changed twice.
    fn measure(dir: &str) -> std::io::Result<Clock> {
        #[allow(
            clippy::disallowed_methods,
            reason = "a file that no answer depends on"
        )]
        let mut file = tempfile::Builder::new()
            .prefix("forgo-doctor-")
            .tempfile_in(dir)?;
        let mut clock = Clock {
            step: None,
            coarse: true,
            behind: Duration::ZERO,
            ahead: Duration::ZERO,
        };
        let (started, mut last, mut steps) = (clock::instant(For::Settled), None, 0);
        while steps < 3 && started.elapsed() < WATCH {
            let before = clock::now(For::Settled);
            file.write_all(b"x")?;
            let time = file.as_file().metadata()?.modified()?;
            let after = clock::now(For::Settled);
            let distance = |from: SystemTime, to: SystemTime| {
                to.duration_since(from).unwrap_or(Duration::ZERO)
            };
            clock.behind = clock.behind.max(distance(time, before));
            clock.ahead = clock.ahead.max(distance(after, time));
            let since_1970 = distance(SystemTime::UNIX_EPOCH, time);
            clock.coarse &= since_1970.subsec_nanos() == 0;
            if let Some(last) = last
                && last != time
            {
                let step = distance(last, time);
                // The first step was watched from its middle, but no step is longer than itself.
                clock.step = Some(clock.step.map_or(step, |known| known.min(step)));
                steps += 1;
            }
            last = Some(time);
            std::thread::sleep(Duration::from_micros(100));
        }
        Ok(clock)
    }

    fn finding(self) -> Finding {
        const TOPIC: &str = "file clock";
        let margin = if self.coarse { COARSE } else { GRANULARITY };
        let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
        let finding = if self.behind > margin {
            let text = format!("{} behind this machine's clock", ms(self.behind));
            Finding::new(TOPIC, Level::Error, text).remedy(
                "synchronize the clocks of this machine and of the file server, or set \
                 FORGO_EXTRAS=off: forgo could miss an edit",
            )
        } else if self.ahead > margin {
            let text = format!("{} ahead of this machine's clock", ms(self.ahead));
            Finding::new(TOPIC, Level::Warning, text).remedy(
                "synchronize the clocks of this machine and of the file server: forgo repeats work \
                 while files seem to be of the future",
            )
        } else if self.step.is_none_or(|step| step > margin) {
            let text = match self.step {
                Some(step) => format!("times advance in steps of {}", ms(step)),
                None => format!("times do not advance within {}", ms(WATCH)),
            };
            Finding::new(TOPIC, Level::Error, text).remedy(
                "set GOCACHE to another file system, or set FORGO_EXTRAS=off: forgo could miss an \
                 edit",
            )
        } else {
            let step = self.step.unwrap_or_default();
            let text = format!(
                "times advance in steps of {}; forgo allows for {}",
                ms(step),
                ms(margin)
            );
            Finding::new(TOPIC, Level::Ok, text)
        };
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        finding
            .fact("step_ns", self.step.map(nanos))
            .fact("whole_seconds", self.coarse)
            .fact("behind_ns", nanos(self.behind))
            .fact("ahead_ns", nanos(self.ahead))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_judged() {
        let ms = Duration::from_millis;
        let clock = |step, coarse, behind, ahead| {
            Clock {
                step,
                coarse,
                behind,
                ahead,
            }
            .finding()
        };
        let zero = Duration::ZERO;
        for (step, coarse, behind, ahead, level) in [
            (Some(ms(4)), false, ms(3), zero, Level::Ok),
            (Some(ms(2000)), true, ms(1900), zero, Level::Ok),
            (Some(ms(2000)), false, zero, zero, Level::Error),
            (None, true, zero, zero, Level::Error),
            (Some(ms(4)), false, ms(5000), zero, Level::Error),
            (Some(ms(4)), false, zero, ms(80), Level::Warning),
        ] {
            let finding = clock(step, coarse, behind, ahead);
            assert_eq!(finding.level, level, "{}", finding.text);
            assert_eq!(finding.remedy.is_empty(), level == Level::Ok);
        }
    }

    #[test]
    fn the_clock_of_a_directory_is_measured() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::measure(dir.path().to_str().unwrap()).unwrap();
        assert!(clock.step.is_some(), "{clock:?}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn directories_for_temporary_files() {
        let dir = tempfile::tempdir().unwrap();
        assert!(of_temporary_files(dir.path().to_str().unwrap()).is_none());
        let finding = of_temporary_files("/no/such/dir").unwrap();
        assert_eq!(finding.level, Level::Error);
    }
}
