//! Whether who holds a lock is stopped (Ctrl-Z, SIGSTOP): it may stay so for days, and nobody must wait for
//! it. Linux lists all locks with their holders; elsewhere nobody counts as stopped.

use std::fs::File;
use std::os::unix::fs::MetadataExt;

/// Whether a lock on this open file, by flock(2), is held by a stopped process.
pub(super) fn is_stopped(file: &File) -> bool {
    let Ok(meta) = file.metadata() else {
        return false;
    };
    let Ok(locks) = std::fs::read_to_string("/proc/locks") else {
        return false;
    };
    holders(&locks, meta.ino()).any(process_is_stopped)
}

/// Whether a process is stopped; of one of another namespace the number is 0, and it is not known.
pub(super) fn process_is_stopped(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    states_stop(&stat)
}

/// The processes that hold a lock on a file, by its inode: `1: FLOCK  ADVISORY  WRITE 123 fe:00:4711 0 EOF`. On
/// some file systems the device is not the one that stat tells; one more process of another device is no harm.
fn holders(locks: &str, inode: u64) -> impl Iterator<Item = &str> {
    locks.lines().filter_map(move |line| {
        // Who waits has an arrow before the kind.
        let [_, "FLOCK", _, _, pid, place, ..] = line.split_whitespace().collect::<Vec<_>>()[..]
        else {
            return None;
        };
        let number = place.rsplit(':').next()?;
        (number.parse() == Ok(inode)).then_some(pid)
    })
}

/// Whether a line of /proc/PID/stat is that of a stopped process: `123 (a name) T …`.
fn states_stop(stat: &str) -> bool {
    let state = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    state.starts_with(['T', 't'])
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
        for (stat, stopped) in [
            ("1 (sh) T 0 1", true),
            ("1 (a) T b) S 0 1", false),
            ("1 (T) t 0", true),
            ("", false),
        ] {
            assert_eq!(states_stop(stat), stopped, "{stat}");
        }
    }
}
