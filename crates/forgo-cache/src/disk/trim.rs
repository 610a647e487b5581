//! Trimming: at most once a day, what was not used for five days goes.
//!
//! `trim.txt` holds the time of the last trimming in seconds, under the same lock (flock) that the
//! stock command takes.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{DiskCache, MTIME_INTERVAL};
use crate::error::{Error, Result, path_error};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long an unused entry is kept. Modification times are an hour inexact.
const KEEP: Duration = DAY.saturating_mul(5).saturating_add(MTIME_INTERVAL);

/// Whose turn it is to trim.
enum Turn {
    Ours,
    Nobodys,
}

impl DiskCache {
    /// Removes what was not used for five days; at most once a day.
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
        .filter(|name| name.ends_with("-a") || name.ends_with("-d"))
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
