//! Locks by action ID, held by processes: forgo's own, unknown to the stock command.
//!
//! A lock is a file `ab/lock-ab…-d` that its holder has locked with flock(2), so it ends with the
//! holder, however that ends. The file is removed by the holder; what a killed process leaves is locked
//! by the next one, or trimmed.

use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt;

use forgo_golang::quote::hex;

use super::{DiskCache, holder};
use crate::hash::ActionId;

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    path: String,
    /// Unlocked by being closed, after the file is gone.
    _file: File,
}

/// What came of trying to get a lock.
#[derive(Debug)]
pub enum Locked {
    /// It is this process's.
    Held(Lock),
    /// It is another one's.
    Elsewhere,
    /// The cache has no locks, or can't be written to.
    Never,
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

impl DiskCache {
    /// Answers to [`crate::Cache::try_lock`].
    pub(super) fn lock_file(&self, id: &ActionId) -> Locked {
        let id = hex(&id.0);
        let path = format!("{}/{}/lock-{id}-d", self.dir, &id[..2]);
        let open = File::options().append(true).create(true).open(&path);
        let Ok(file) = open else {
            return Locked::Never;
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Locked::Elsewhere,
            // A file system without locks.
            Err(TryLockError::Error(_)) => return Locked::Never,
        }
        // Its last holder may have removed it between the two steps.
        let inode = |meta: std::io::Result<std::fs::Metadata>| meta.ok().map(|m| m.ino());
        if inode(file.metadata()) != inode(std::fs::metadata(&path)) {
            return Locked::Elsewhere;
        }
        Locked::Held(Lock { path, _file: file })
    }

    /// Answers to [`crate::Cache::holder_is_stopped`].
    pub(super) fn lock_is_stopped(&self, id: &ActionId) -> bool {
        let id = hex(&id.0);
        let file = File::open(format!("{}/{}/lock-{id}-d", self.dir, &id[..2]));
        file.is_ok_and(|file| holder::is_stopped(&file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cache;

    #[test]
    fn one_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let cache = DiskCache::open(dir.path().to_str().unwrap(), None).unwrap();
        let (one, other) = (ActionId([1; 32]), ActionId([2; 32]));
        let Locked::Held(lock) = cache.try_lock(&one) else {
            panic!("nobody has it");
        };
        assert!(matches!(cache.try_lock(&one), Locked::Elsewhere));
        assert!(matches!(cache.try_lock(&other), Locked::Held(_)));
        drop(lock);
        assert!(matches!(cache.try_lock(&one), Locked::Held(_)));
        let left = std::fs::read_dir(dir.path().join("01")).unwrap().count();
        assert_eq!(left, 0);
    }
}
