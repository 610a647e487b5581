//! Trimming: at most once a day, removes files that were not used for five days.
//!
//! `trim.txt` holds the time of the last trimming in seconds, under the same lock (flock) that the
//! stock command takes.

#![expect(
    clippy::disallowed_methods,
    reason = "GOCACHE is trimmed by the times of its files"
)]

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{DiskCache, MTIME_INTERVAL};
use crate::error::{Error, Result, path_error};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long an unused entry is kept. Modification times are an hour inexact.
const KEEP: Duration = DAY.saturating_mul(5).saturating_add(MTIME_INTERVAL);

/// Ends of names: the stock command's own, then forgo's snapshots and what an interrupted one left.
/// Anything else is left alone.
const KINDS: [&str; 4] = ["-a", "-d", "-s", ".tmp"];

/// Whose turn it is to trim.
enum Turn {
    Ours,
    Nobodys,
}

impl DiskCache {
    /// Removes all files that were not used for five days; at most once a day.
    pub fn trim(&self) -> Result<()> {
        self.trim_at(SystemTime::now())
    }

    fn trim_at(&self, now: SystemTime) -> Result<()> {
        let path = format!("{}/trim.txt", self.dir);
        // The common case needs no exclusive lock.
        if read_locked(&path).is_ok_and(|text| trimmed_lately(&text, now)) {
            return Ok(());
        }
        match take_turn(&path, now) {
            Ok(Turn::Nobodys) => return Ok(()),
            Ok(Turn::Ours) => {}
            Err(e) if e.kind() == io::ErrorKind::Unsupported => {
                return Err(Error::Fault(path_error("open", &path, &e)));
            }
            // Where the time can't be noted, trimming is still worth it.
            Err(_) => {}
        }
        let Some(cutoff) = now.checked_sub(KEEP) else {
            return Ok(());
        };
        for i in 0..256 {
            trim_directory(&format!("{}/{i:02x}", self.dir), cutoff);
        }
        Ok(())
    }
}

/// Is the time in `trim.txt` good enough? One that is damaged or lies in the future is not.
fn trimmed_lately(text: &str, now: SystemTime) -> bool {
    let Ok(last) = text.trim().parse::<i64>() else {
        return false;
    };
    let now = now
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_secs() as i64);
    let age = now.saturating_sub(last);
    age < DAY.as_secs() as i64 && age > -(MTIME_INTERVAL.as_secs() as i64)
}

fn read_locked(path: &str) -> io::Result<String> {
    let mut file = File::open(path)?;
    file.lock_shared()?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(text)
}

/// Notes the time before trimming starts, so that few processes trim at once.
fn take_turn(path: &str, now: SystemTime) -> io::Result<Turn> {
    let mut options = OpenOptions::new();
    let mut file = options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    file.lock()?;
    let mut old = Vec::new();
    file.read_to_end(&mut old)?;
    if trimmed_lately(&String::from_utf8_lossy(&old), now) {
        return Ok(Turn::Nobodys);
    }
    let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let text = seconds.to_string();
    // What makes the file longer comes first: a full disk then leaves the old text.
    if text.len() > old.len() {
        file.write_all(&text.as_bytes()[old.len()..])?;
    }
    file.write_all_at(&text.as_bytes()[..text.len().min(old.len())], 0)?;
    file.set_len(text.len() as u64)?;
    Ok(Turn::Ours)
}

/// Removes the old entries of one subdirectory. Best effort.
fn trim_directory(dir: &str, cutoff: SystemTime) {
    let Ok(listing) = std::fs::read_dir(dir) else {
        return;
    };
    // Listed before anything is removed: removal may disturb a listing.
    let names: Vec<String> = listing
        .flatten()
        .filter_map(|item| item.file_name().into_string().ok())
        .filter(|name| KINDS.iter().any(|kind| name.ends_with(kind)))
        .collect();
    for name in names {
        let path = format!("{dir}/{name}");
        let Ok(meta) = std::fs::metadata(&path) else {
            continue;
        };
        if meta.modified().is_ok_and(|modified| modified < cutoff) {
            let _ = if meta.is_dir() {
                std::fs::remove_dir_all(&path)
            } else {
                std::fs::remove_file(&path)
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ActionId, Content, Verify};
    use std::fs::FileTimes;

    const HOUR: Duration = Duration::from_secs(60 * 60);

    fn cache() -> (tempfile::TempDir, DiskCache) {
        let dir = tempfile::tempdir().unwrap();
        let cache = DiskCache::open(dir.path().to_str().unwrap(), None).unwrap();
        (dir, cache)
    }

    fn set_age(path: &str, age: Duration) {
        let then = SystemTime::now() - age;
        let file = File::open(path).unwrap();
        file.set_times(FileTimes::new().set_modified(then)).unwrap();
    }

    fn age(path: &str) -> Duration {
        let modified = std::fs::metadata(path).unwrap().modified().unwrap();
        SystemTime::now()
            .duration_since(modified)
            .unwrap_or_default()
    }

    /// Stores three bytes of `seed` and gives the paths of its two files.
    fn store(cache: &DiskCache, seed: u8) -> (ActionId, [String; 2]) {
        let id = ActionId([seed; 32]);
        let stored = cache.put(&id, Content::Bytes(&[seed; 3]), Verify::Strict);
        let (output, _) = stored.unwrap();
        (id, [cache.path(&id.0, "a"), cache.path(&output.0, "d")])
    }

    #[test]
    fn what_is_old_goes() {
        let (_dir, cache) = cache();
        let (fresh, _) = store(&cache, 1);
        let (almost, files) = store(&cache, 2);
        files.iter().for_each(|f| set_age(f, DAY * 5));
        let (old, files) = store(&cache, 3);
        files.iter().for_each(|f| set_age(f, DAY * 5 + HOUR * 2));
        let other = format!("{}/00/other", cache.dir);
        std::fs::write(&other, "").unwrap();
        set_age(&other, DAY * 50);
        let leftover = format!("{}/00/new-1-1-d", cache.dir);
        std::fs::write(&leftover, "half").unwrap();
        set_age(&leftover, DAY * 6);
        let program = ActionId([4; 32]);
        let stored = cache.put_executable(&program, "prog", Content::Bytes(b"run me"));
        let executable_dir = cache.path(&stored.unwrap().0.0, "d");
        set_age(&executable_dir, DAY * 6);

        cache.trim().unwrap();
        assert!(cache.bytes(&fresh).is_some());
        assert!(cache.bytes(&almost).is_some());
        assert_eq!(cache.bytes(&old), None);
        assert!(files.iter().all(|f| !std::path::Path::new(f).exists()));
        assert!(std::path::Path::new(&other).exists());
        assert!(!std::path::Path::new(&leftover).exists());
        assert!(!std::path::Path::new(&executable_dir).exists());
    }

    #[test]
    fn once_a_day() {
        let (_dir, cache) = cache();
        let trim_file = format!("{}/trim.txt", cache.dir);
        let now = SystemTime::now();
        let seconds = now.duration_since(UNIX_EPOCH).unwrap().as_secs();
        let (day, hour) = (DAY.as_secs(), HOUR.as_secs());
        // The content of trim.txt, and whether a trimming follows.
        let cases = [
            (None, true),
            (Some(seconds.to_string()), false),
            (Some(format!(" {}\n", seconds - day + 60)), false),
            (Some((seconds - day - 1).to_string()), true),
            (Some((seconds + hour - 60).to_string()), false),
            (Some((seconds + hour + 60).to_string()), true),
            (Some("garbage".into()), true),
            (Some(String::new()), true),
            (Some("99999999999999999999999999".into()), true),
        ];
        for (i, (text, trims)) in cases.into_iter().enumerate() {
            match &text {
                Some(text) => std::fs::write(&trim_file, text).unwrap(),
                None => assert!(!std::path::Path::new(&trim_file).exists()),
            }
            let (_, files) = store(&cache, i as u8);
            files.iter().for_each(|f| set_age(f, DAY * 6));
            cache.trim_at(now).unwrap();
            assert_eq!(std::path::Path::new(&files[0]).exists(), !trims, "{text:?}");
            let after = std::fs::read_to_string(&trim_file).unwrap();
            let expected = if trims {
                Some(seconds.to_string())
            } else {
                text
            };
            assert_eq!(Some(after), expected);
        }
    }

    #[test]
    fn a_use_renews_the_time_but_not_within_the_hour() {
        let (_dir, cache) = cache();
        let (id, files) = store(&cache, 9);
        for (before, renewed) in [(HOUR / 2, false), (HOUR * 2, true)] {
            files.iter().for_each(|f| set_age(f, before));
            cache.bytes(&id).unwrap();
            for file in &files {
                assert_eq!(age(file) < HOUR / 2, renewed, "{file} {before:?}");
            }
        }
        // Storing the same again is a use of the output.
        files.iter().for_each(|f| set_age(f, DAY));
        store(&cache, 9);
        assert!(files.iter().all(|f| age(f) < HOUR));
    }
}
