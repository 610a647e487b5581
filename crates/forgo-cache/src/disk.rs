//! GOCACHE on disk, in the stock command's own format, shared with it in both directions and at
//! the same time. Answers to cmd/go/internal/cache/cache.go.
//!
//! Below the cache's directory, by the first byte of an ID in hex:
//!
//! * `ab/ab…-a`: from an action ID to its output;
//! * `ab/ab…-d`: an output, by its own hash. A cached executable is a directory of that name,
//!   with the executable, under a name of its own, alone inside;
//! * `f0/kept-ab…-d`: an executable kept by forgo, by a key of forgo's own;
//! * `ab/ab…-note-d`: a small text kept by forgo, by a key of forgo's own;
//! * `forgo.lock`: forgo processes lock places in it while they make what has a key;
//! * `f1/slot-…-d`: held by forgo processes that run tools, so that all of them together run no
//!   more than the machine has processors for;
//! * `trim.txt`: when the cache was last trimmed.
//!
//! The modification time of both kinds of files says when they were last used, to the hour.

#![expect(
    clippy::disallowed_methods,
    reason = "GOCACHE: entries are named by their content, and forgo's own files by their keys"
)]

mod entry;
mod holder;
mod kept;
mod lock;
mod notes;
mod slots;
mod store;
mod trim;

pub use holder::{Processes, Progress, Watch};
pub use lock::{Lock, Locked};
pub use slots::{Need, Slots, Taken};
pub(crate) use store::digest;

use std::fs::{File, FileTimes, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use forgo_golang::quote::hex;

use crate::error::{Error, Result, path_error};
use crate::hash::{ActionId, HashContext, OutputId};
use crate::{Cache, Content, Entry, Verify};

/// How old a modification time may get before a use renews it.
const MTIME_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// The file that holds the entry of an action ID in the cache of a directory. There may be none.
pub fn entry_file(dir: &str, id: &ActionId) -> String {
    file_of(dir, &id.0, "a")
}

/// The file of an ID; `kind` is what its name ends in: `a`, `d`, `note-d`.
fn file_of(dir: &str, id: &[u8; 32], kind: &str) -> String {
    let id = hex(id);
    [dir, "/", &id[..2], "/", &id, "-", kind].concat()
}

/// A cache in a directory.
pub struct DiskCache {
    dir: String,
    /// Set under `gocacheverify=1`.
    verify: Option<Arc<HashContext>>,
}

impl DiskCache {
    /// Opens the cache in a directory that exists. `verify` is set under `gocacheverify=1`.
    pub fn open(dir: &str, verify: Option<Arc<HashContext>>) -> Result<DiskCache> {
        let fault = |op: &str, e| Error::Fault(path_error(op, dir, &e));
        let meta = std::fs::metadata(dir).map_err(|e| fault("stat", e))?;
        if !meta.is_dir() {
            return Err(Error::Fault(format!("open {dir}: not a directory")));
        }
        // One listing instead of 256 stats.
        let mut present = [false; 256];
        for item in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            let name = item.file_name();
            let index = name.to_str().and_then(subdirectory_index);
            if let Some(i) = index
                && item.file_type().is_ok_and(|t| t.is_dir())
            {
                present[i] = true;
            }
        }
        for (i, _) in present.iter().enumerate().filter(|(_, there)| !**there) {
            make_dirs(&format!("{dir}/{i:02x}")).map_err(Error::Fault)?;
        }
        Ok(DiskCache {
            dir: dir.to_owned(),
            verify,
        })
    }

    /// See [`file_of`].
    fn path(&self, id: &[u8; 32], kind: &str) -> String {
        file_of(&self.dir, id, kind)
    }

    /// [`Cache::get`] whatever the mode.
    fn look_up(&self, id: &ActionId) -> Result<Entry> {
        let path = self.path(&id.0, "a");
        let mut file = File::open(&path).map_err(|e| Error::miss(path_error("open", &path, &e)))?;
        let mut text = [0; entry::SIZE + 1];
        let length = read_up_to(&mut file, &mut text)
            .map_err(|e| Error::miss(path_error("read", &path, &e)))?;
        let entry = entry::parse(id, &text[..length]).map_err(Error::Miss)?;
        if let Ok(meta) = file.metadata() {
            mark_used(&path, &meta);
        }
        Ok(entry)
    }

    /// The file of an output, its use marked, and its size where that is known already.
    fn locate(&self, output: &OutputId) -> (String, Option<io::Result<u64>>) {
        let path = self.path(&output.0, "d");
        let meta = match std::fs::metadata(&path) {
            Ok(meta) => meta,
            Err(e) => return (path, Some(Err(e))),
        };
        mark_used(&path, &meta);
        if meta.is_dir() {
            (executable_in(&path), None)
        } else {
            (path, Some(Ok(meta.len())))
        }
    }
}

impl Cache for DiskCache {
    fn get(&self, id: &ActionId) -> Result<Entry> {
        if self.verify.is_some() {
            return Err(Error::miss("gocacheverify=1"));
        }
        self.look_up(id)
    }

    fn put(&self, id: &ActionId, content: Content, verify: Verify) -> Result<(OutputId, u64)> {
        let (output, size) = self.store_output(content, None)?;
        self.store_entry(id, &output, size, verify)?;
        Ok((output, size))
    }

    fn put_alias(&self, id: &ActionId, output: &OutputId, size: u64) -> Result<bool> {
        self.store_entry(id, output, size, Verify::Lax)?;
        Ok(true)
    }

    fn put_note(&self, id: &ActionId, text: &[u8]) -> Result<()> {
        self.write_note(id, text)
    }

    fn note(&self, id: &ActionId) -> Option<Vec<u8>> {
        self.read_note(id)
    }

    fn has_note(&self, id: &ActionId) -> bool {
        self.finds_note(id)
    }

    fn try_lock(&self, id: &ActionId) -> Locked {
        self.lock(id)
    }

    fn lock_holder(&self, id: &ActionId) -> Option<u32> {
        self.holder_of(id)
    }

    fn keep(&self, id: &ActionId, file: &str, limit: u64) -> Result<()> {
        self.keep_file(id, file, limit)
    }

    fn kept(&self, id: &ActionId) -> Option<String> {
        self.find_kept(id)
    }

    fn put_executable(
        &self,
        id: &ActionId,
        name: &str,
        content: Content,
    ) -> Option<Result<(OutputId, u64)>> {
        let stored = self.store_output(content, Some(name));
        Some(stored.and_then(|(output, size)| {
            self.store_entry(id, &output, size, Verify::Strict)?;
            Ok((output, size))
        }))
    }

    fn output_file(&self, output: &OutputId) -> String {
        self.locate(output).0
    }

    fn stat_output(&self, output: &OutputId) -> (String, io::Result<u64>) {
        let (path, size) = self.locate(output);
        let size = size.unwrap_or_else(|| std::fs::metadata(&path).map(|meta| meta.len()));
        (path, size)
    }

    fn fuzz_dir(&self) -> String {
        format!("{}/fuzz", self.dir)
    }

    fn close(&self) -> Result<()> {
        self.trim()
    }
}

/// `0a` → 10.
fn subdirectory_index(name: &str) -> Option<usize> {
    let small_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if name.len() != 2 || !name.bytes().all(small_hex) {
        return None;
    }
    usize::from_str_radix(name, 16).ok()
}

/// Reads until the buffer is full or the file ends.
fn read_up_to(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    // A regular file gives all it has at once: one read, and only at its end a second one.
    while length < buffer.len() {
        match file.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(n) => length += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(length)
}

/// Renews a file's modification time if it is older than an hour. Best effort.
fn mark_used(path: &str, meta: &Metadata) {
    let now = SystemTime::now();
    let Ok(modified) = meta.modified() else {
        return;
    };
    if now
        .duration_since(modified)
        .is_ok_and(|age| age >= MTIME_INTERVAL)
        && let Ok(file) = File::open(path)
    {
        let times = FileTimes::new().set_accessed(now).set_modified(now);
        let _ = file.set_times(times);
    }
}

/// The one file in a cached executable's directory. What it answers for a directory with none or
/// several is the stock command's too, and no file's name.
fn executable_in(dir: &str) -> String {
    let listing = match std::fs::read_dir(dir) {
        Ok(listing) => listing,
        Err(e) => {
            let e = path_error("open", dir, &e);
            return format!("DO NOT USE - missing binary cache entry: {e}");
        }
    };
    let mut names = listing.flatten().map(|item| item.file_name());
    match (names.next(), names.next()) {
        (Some(name), None) => format!("{dir}/{}", name.to_string_lossy()),
        _ => "DO NOT USE - invalid binary cache entry".to_owned(),
    }
}

/// Makes a directory and those above it; the error is in the words of Go's os.MkdirAll.
pub(crate) fn make_dirs(dir: &str) -> std::result::Result<(), String> {
    match std::fs::metadata(dir) {
        Ok(meta) if meta.is_dir() => return Ok(()),
        Ok(_) => return Err(format!("mkdir {dir}: not a directory")),
        Err(_) => {}
    }
    if let Some((parent, _)) = dir.trim_end_matches('/').rsplit_once('/')
        && !parent.is_empty()
    {
        make_dirs(parent)?;
    }
    match std::fs::DirBuilder::new().mode(0o777).create(dir) {
        Ok(()) => Ok(()),
        // Another process was first.
        Err(_) if std::fs::symlink_metadata(dir).is_ok_and(|meta| meta.is_dir()) => Ok(()),
        Err(e) => Err(path_error("mkdir", dir, &e)),
    }
}
