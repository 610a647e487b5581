//! Locks by action ID, held by processes: forgo's own, unknown to the stock command.
//!
//! All locks of a cache are places in one empty file, `forgo.lock`: the byte whose number is made
//! of an ID's first bytes is locked by fcntl(2), which needs no bytes to be there. So a lock costs
//! no file, it ends with its holder however that ends, and the kernel reports which process that
//! is. Two IDs that meet in one byte wait for each other, which is harmless.
//!
//! Such locks belong to a process, not to a thread: another thread's is found in a set. And they
//! all end when the process closes the file, so it is opened once and stays open.

#![expect(
    clippy::disallowed_methods,
    reason = "a lock in GOCACHE: it decides when something is done"
)]

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::DiskCache;
use crate::hash::ActionId;

/// The locks of a cache, as far as this process holds them.
#[derive(Debug)]
struct Locks {
    file: File,
    held: Mutex<HashSet<i64>>,
}

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    locks: Arc<Locks>,
    place: i64,
}

/// What came of trying to get a lock.
#[derive(Debug)]
pub enum Locked {
    /// It is this caller's.
    Held(Lock),
    /// It is another process's or another thread's.
    Elsewhere,
    /// The cache has no locks, or can't be written to.
    Never,
}

impl Drop for Lock {
    fn drop(&mut self) {
        let mut held = self.locks.held();
        let _ = self.locks.set(self.place, libc::F_UNLCK);
        held.remove(&self.place);
    }
}

/// The files that are open, by the cache's directory.
static OPEN: Mutex<BTreeMap<String, Arc<Locks>>> = Mutex::new(BTreeMap::new());

impl Locks {
    /// Those of the cache in a directory; `None` where its file can't be opened.
    fn of(dir: &str) -> Option<Arc<Locks>> {
        let mut all = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(locks) = all.get(dir) {
            return Some(locks.clone());
        }
        let path = format!("{dir}/forgo.lock");
        let file = File::options().append(true).create(true).open(path).ok()?;
        let held = Mutex::default();
        let locks = Arc::new(Locks { file, held });
        all.insert(dir.to_owned(), locks.clone());
        Some(locks)
    }

    fn held(&self) -> MutexGuard<'_, HashSet<i64>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks a byte or unlocks it.
    fn set(&self, place: i64, kind: libc::c_int) -> io::Result<()> {
        control(&self.file, libc::F_SETLK, &mut byte(place, kind))
    }

    /// The process that has locked a byte: 0 if it is none or this one, or of another namespace.
    fn holder(&self, place: i64) -> libc::pid_t {
        let mut lock = byte(place, libc::F_WRLCK);
        match control(&self.file, libc::F_GETLK, &mut lock) {
            Ok(()) if lock.l_type != libc::F_UNLCK as libc::c_short => lock.l_pid,
            _ => 0,
        }
    }
}

/// fcntl(2) with a lock; rustix has it for whole files alone.
fn control(file: &File, command: libc::c_int, lock: &mut libc::flock) -> io::Result<()> {
    // SAFETY: the descriptor is open, and the kernel reads and writes the lock during the call
    // only.
    let result = unsafe { libc::fcntl(file.as_raw_fd(), command, std::ptr::from_mut(lock)) };
    match result {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Describes the lock of one byte for fcntl(2).
fn byte(place: i64, kind: libc::c_int) -> libc::flock {
    libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: place,
        l_len: 1,
        l_pid: 0,
    }
}

/// The byte that an ID's lock is; the last one that a file could have is left out.
fn place_of(id: &ActionId) -> i64 {
    let mut first = [0; 8];
    first.copy_from_slice(&id.0[..8]);
    (u64::from_be_bytes(first) >> 2) as i64
}

impl DiskCache {
    /// Tries to become the one process that makes the result of this key. Only forgo processes heed
    /// it.
    pub fn try_lock(&self, id: &ActionId) -> Locked {
        let Some(locks) = Locks::of(&self.dir) else {
            return Locked::Never;
        };
        let place = place_of(id);
        let mut held = locks.held();
        if held.contains(&place) {
            return Locked::Elsewhere;
        }
        match locks
            .set(place, libc::F_WRLCK)
            .map_err(|e| e.raw_os_error())
        {
            Ok(()) => {}
            Err(Some(libc::EAGAIN | libc::EACCES)) => return Locked::Elsewhere,
            // A file system without locks.
            Err(_) => return Locked::Never,
        }
        held.insert(place);
        drop(held);
        Locked::Held(Lock { locks, place })
    }

    /// Returns the process that has a lock; `None` where it can't be seen: it is of another
    /// namespace or machine.
    pub fn lock_holder(&self, id: &ActionId) -> Option<u32> {
        let (locks, place) = (Locks::of(&self.dir)?, place_of(id));
        if locks.held().contains(&place) {
            return Some(std::process::id());
        }
        let holder = locks.holder(place);
        u32::try_from(holder).ok().filter(|pid| *pid > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let open = || DiskCache::open(dir.path().to_str().unwrap(), None).unwrap();
        let cache = open();
        let (one, other) = (ActionId([1; 32]), ActionId([255; 32]));
        let Locked::Held(lock) = cache.try_lock(&one) else {
            panic!("nobody has it");
        };
        assert!(matches!(open().try_lock(&one), Locked::Elsewhere));
        assert!(matches!(cache.try_lock(&other), Locked::Held(_)));
        assert_eq!(cache.lock_holder(&one), Some(std::process::id()));
        assert_eq!(cache.lock_holder(&other), None);
        drop(lock);
        assert!(matches!(cache.try_lock(&one), Locked::Held(_)));
    }
}
