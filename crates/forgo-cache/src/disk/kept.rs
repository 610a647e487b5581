//! Executables kept for later, within a limit of size: forgo's own, unknown to the stock command.
//!
//! They lie in one of the cache's directories as `f0/kept-<key>-d`, a name that no output has. So
//! the stock command's trimming removes those not used for long, and its `clean -cache` removes
//! all. Whenever one is added, the least recently used ones are removed until the limit is met.
//!
//! The name is the key, not the content's hash: no other program asks for such a file, and reading
//! an executable of a hundred megabytes once more is too expensive. The modification time is that
//! of the last use.

#![expect(
    clippy::disallowed_methods,
    reason = "GOCACHE: entries are named by their content, and forgo's own files by their keys"
)]

use std::fs::{self, File, FileTimes};
use std::io;
use std::time::SystemTime;

use forgo_golang::quote::hex;

use super::DiskCache;
use super::store::Temporary;
use crate::error::{Error, Result, path_error};
use crate::hash::ActionId;

/// The directory, as the first byte of an ID would have it.
const DIR: u8 = 0xf0;

impl DiskCache {
    fn kept_path(&self, id: &ActionId) -> String {
        format!("{}/{DIR:02x}/kept-{}-d", self.dir, hex(&id.0))
    }

    /// Finds an executable that was [kept](DiskCache::keep): to be copied, soon. It can't be run
    /// where it is.
    pub fn kept(&self, id: &ActionId) -> Option<String> {
        let path = self.kept_path(id);
        let now = SystemTime::now();
        let times = FileTimes::new().set_accessed(now).set_modified(now);
        let file = File::open(&path).ok()?;
        // On a read-only cache it stays as old as it is.
        let _ = file.set_times(times);
        Some(path)
    }

    /// Keeps a copy of an executable for [`DiskCache::kept`], as long as all that are kept do not
    /// exceed `limit` bytes.
    pub fn keep(&self, id: &ActionId, file: &str, limit: u64) -> Result<()> {
        let path = self.kept_path(id);
        let mut from = File::open(file).map_err(|e| Error::Fault(path_error("open", file, &e)))?;
        let size = from.metadata().map_or(u64::MAX, |meta| meta.len());
        if size > limit {
            return Ok(());
        }
        let temporary = Temporary::create(&self.dir, &[DIR; 32], &path, 0o666)?;
        // Shares the blocks on file systems that can.
        let copied = io::copy(&mut from, &mut &temporary.file)
            .map_err(|e| Error::Fault(path_error("write", &path, &e)))?;
        if copied != size {
            return Err(Error::Fault("file content changed underfoot".into()));
        }
        temporary.rename(&path)?;
        self.note_growth();
        self.evict(limit);
        Ok(())
    }

    /// Removes the least recently used until the rest fits. Another process may do the same.
    fn evict(&self, limit: u64) {
        let mut kept = Vec::new();
        let dir = format!("{}/{DIR:02x}", self.dir);
        for item in fs::read_dir(dir).into_iter().flatten().flatten() {
            let is_kept = item.file_name().as_encoded_bytes().starts_with(b"kept-");
            if let Some(meta) = is_kept.then(|| item.metadata().ok()).flatten()
                && let Ok(used) = meta.modified()
            {
                kept.push((used, meta.len(), item.path()));
            }
        }
        kept.sort_unstable_by(|a, b| b.cmp(a));
        let mut total = 0_u64;
        for (_, size, path) in kept {
            total = total.saturating_add(size);
            if total > limit {
                let _ = fs::remove_file(path);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_least_recently_used_goes() {
        let dir = tempfile::tempdir().unwrap();
        let name = dir.path().to_str().unwrap();
        let cache = DiskCache::open(name, None).unwrap();
        let id = |n: u8| ActionId([n; 32]);
        let file = format!("{name}/executable");
        let keep = |n: u8, size: usize| {
            fs::write(&file, vec![n; size]).unwrap();
            cache.keep(&id(n), &file, 100).unwrap();
        };
        let age = |n: u8, seconds: u64| {
            let time = SystemTime::now() - Duration::from_secs(seconds);
            let times = FileTimes::new().set_modified(time);
            let file = File::open(cache.kept_path(&id(n))).unwrap();
            file.set_times(times).unwrap();
        };
        keep(1, 40);
        age(1, 30);
        keep(2, 40);
        age(2, 20);
        // A use makes the first one younger.
        let found = cache.kept(&id(1)).unwrap();
        assert_eq!(fs::read(found).unwrap(), [1; 40]);
        age(1, 10);
        keep(3, 30);
        assert!(cache.kept(&id(1)).is_some() && cache.kept(&id(3)).is_some());
        assert_eq!(cache.kept(&id(2)), None);
        // Too large for the store: nothing else has to go for it.
        keep(4, 101);
        assert!(cache.kept(&id(1)).is_some() && cache.kept(&id(4)).is_none());
    }
}
