//! The directory of a run: `target/conformance/RELEASE/SUITE-MODE`, its own as long as the run
//! lasts. Another run of the same gets one with a number behind it.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

/// A directory that no other run writes into.
pub struct RunDir {
    /// Where it is.
    pub path: PathBuf,
    /// Locked until the run is over, however it ends.
    lock: File,
}

impl Drop for RunDir {
    /// Closing the file alone would leave the lock to a process that another thread is just
    /// starting.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

impl RunDir {
    /// Takes the first directory `NAME`, `NAME.2`, … beneath `base` in which nothing runs.
    pub fn take(base: &Path, name: &str) -> Result<RunDir, String> {
        for number in 1.. {
            let path = match number {
                1 => base.join(name),
                _ => base.join(format!("{name}.{number}")),
            };
            fs::create_dir_all(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            let file = path.join("lock");
            let fail = |e: std::io::Error| format!("{}: {e}", file.display());
            let lock = File::create(&file).map_err(fail)?;
            match lock.try_lock() {
                Ok(()) => return Ok(RunDir { path, lock }),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(e)) => return Err(fail(e)),
            }
        }
        unreachable!("numbers do not end")
    }

    /// Removes what an earlier run left.
    pub fn clear(&self) -> Result<(), String> {
        let fail = |e: std::io::Error| format!("{}: {e}", self.path.display());
        for entry in fs::read_dir(&self.path).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            if entry.file_name() != "lock" {
                fs::remove_file(entry.path()).map_err(fail)?;
            }
        }
        Ok(())
    }

    /// The logs of runs that were cut short, `NAME.log` and `NAME.N.log`, oldest first.
    pub fn logs(&self, name: &str) -> Vec<PathBuf> {
        (1..)
            .map(|number| self.numbered(name, number))
            .take_while(|file| file.exists())
            .collect()
    }

    /// The log that comes after those.
    pub fn next_log(&self, name: &str) -> PathBuf {
        self.numbered(name, self.logs(name).len() + 1)
    }

    fn numbered(&self, name: &str, number: usize) -> PathBuf {
        match number {
            1 => self.path.join(format!("{name}.log")),
            _ => self.path.join(format!("{name}.{number}.log")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_do_not_share_a_directory() {
        let base = tempfile::tempdir().unwrap();
        let take = || RunDir::take(base.path(), "scripts-short").unwrap();
        let first = take();
        assert_eq!(first.next_log("forgo"), first.path.join("forgo.log"));
        fs::write(first.next_log("forgo"), "").unwrap();
        assert_eq!(first.next_log("forgo"), first.path.join("forgo.2.log"));
        let second = take();
        assert_eq!(second.path, base.path().join("scripts-short.2"));
        assert!(second.logs("forgo").is_empty());
        drop(first);
        let again = take();
        assert_eq!(again.path, base.path().join("scripts-short"));
        assert_eq!(again.logs("forgo"), [again.path.join("forgo.log")]);
        again.clear().unwrap();
        assert!(again.logs("forgo").is_empty());
        assert_eq!(take().path, base.path().join("scripts-short.3"));
    }
}
