//! GOCACHE on disk, in the stock command's own format, shared with it in both directions and at
//! the same time. Answers to cmd/go/internal/cache/cache.go.
//!
//! Below the cache's directory, by the first byte of an ID in hex:
//!
//! * `ab/ab…-a`: from an action ID to its output;
//! * `ab/ab…-d`: an output, by its hash. A cached executable is a directory of that name, which
//!   holds the executable, under its file name, and nothing else;
//! * `f0/kept-ab…-d`: an executable kept by forgo, by a key that only forgo uses;
//! * `ab/ab…-note-d`: a small text kept by forgo, by a key that only forgo uses;
//! * `ab/ab…-s`: facts that forgo keeps between invocations ([`KeptFile`]);
//! * `forgo.lock`: forgo processes lock places in it while they make the result of a key;
//! * `f1/slot-…-d`: held by forgo processes that run tools, so that all of them together run no
//!   more than the machine has processors for;
//! * `forgo-bundle`, `forgo-job`, `f2/used-…-s`: the bundle in use, and the keys that were used;
//! * `trim.txt`: when the cache was last trimmed;
//! * `testexpire.txt`: results of tests that are older do not count.
//!
//! The modification time of both kinds of files records when they were last used, to the hour.

#![expect(
    clippy::disallowed_methods,
    reason = "GOCACHE: entries are named by their content, and forgo's own files by their keys"
)]

mod entry;
mod expiry;
mod facts;
mod holder;
mod incoming;
mod job;
mod kept;
mod lock;
mod notes;
mod slots;
mod store;
mod trim;

pub use expiry::parse_expiry;
pub use facts::{KeptContent, KeptFile, KeyText};
pub use holder::{Processes, Progress, Watch};
pub(crate) use incoming::Refusal;
pub use job::Job;
pub use lock::{Lock, Locked};
pub use slots::{Need, Slots, Taken};
pub(crate) use store::digest;

use std::fmt;
use std::fs::{File, FileTimes, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use forgo_golang::quote::{hex, unhex};

use crate::error::{Error, Result, path_error};
use crate::hash::{ActionId, HashContext, OutputId};
use crate::{Content, Entry, Verify};

/// How old a modification time may get before a use renews it.
const MTIME_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// A cache in a directory, shared by every thread of a process and by other processes, of the stock
/// command too.
///
/// * After a successful `get` or `put`, [`DiskCache::output_file`] of its output exists until the
///   process ends, regardless of other processes. Its bytes may be wrong: [`crate::get_file`]
///   checks the size, [`crate::get_bytes`] the hash.
/// * `get` of an ID that was never put, whose entry is damaged, or under `gocacheverify=1`, is
///   [`Error::Miss`].
/// * A process killed at any instant leaves entries that are right or absent.
#[derive(Clone)]
pub struct DiskCache {
    dir: String,
    /// Set under `gocacheverify=1`.
    verify: Option<Arc<HashContext>>,
    /// This process added notes or executables that only forgo uses.
    grew: Arc<AtomicBool>,
}

impl fmt::Debug for DiskCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DiskCache").field(&self.dir).finish()
    }
}

impl DiskCache {
    /// Names the cache in a directory, without a look at it: enough for what forgo keeps there for
    /// itself, which is best effort.
    pub fn at(dir: &str) -> DiskCache {
        DiskCache {
            dir: dir.to_owned(),
            verify: None,
            grew: Arc::default(),
        }
    }

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
            verify,
            ..DiskCache::at(dir)
        })
    }

    /// Returns the file that holds the entry of an action ID. There may be none.
    pub fn entry_file(&self, id: &ActionId) -> String {
        self.path(&id.0, "a")
    }

    /// The file of an ID; `kind` is what its name ends in: `a`, `d`, `note-d`.
    fn path(&self, id: &[u8; 32], kind: &str) -> String {
        let id = hex(id);
        [&self.dir, "/", &id[..2], "/", &id, "-", kind].concat()
    }

    /// Looks up an entry as [`DiskCache::get`] does, regardless of the mode.
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

    /// Looks an action ID up.
    pub fn get(&self, id: &ActionId) -> Result<Entry> {
        if self.verify.is_some() {
            return Err(Error::miss("gocacheverify=1"));
        }
        self.look_up(id)
    }

    /// Reports whether `gocacheverify=1` makes every [`DiskCache::get`] a miss.
    pub(crate) fn verifies(&self) -> bool {
        self.verify.is_some()
    }

    /// Stores bytes under an action ID. Returns their hash and number.
    pub fn put(&self, id: &ActionId, content: Content, verify: Verify) -> Result<(OutputId, u64)> {
        let (output, size) = self.store_output(content, None)?;
        self.store_entry(id, &output, size, verify)?;
        Ok((output, size))
    }

    /// Makes an action ID lead to an output that a `get` or `put` of this process named.
    pub fn put_alias(&self, id: &ActionId, output: &OutputId, size: u64) -> Result<()> {
        self.store_entry(id, output, size, Verify::Lax)
    }

    /// Stores an executable under an action ID. Its [`DiskCache::output_file`] can be run and is
    /// called `name`.
    pub fn put_executable(
        &self,
        id: &ActionId,
        name: &str,
        content: Content,
    ) -> Result<(OutputId, u64)> {
        let (output, size) = self.store_output(content, Some(name))?;
        self.store_entry(id, &output, size, Verify::Strict)?;
        Ok((output, size))
    }

    /// Returns the file that holds an output that a `get` or `put` of this process named.
    pub fn output_file(&self, output: &OutputId) -> String {
        self.locate(output).0
    }

    /// Returns the output that a file of this cache holds; the name of such a file is the hash of
    /// its bytes. `None` for any other file.
    pub fn output_of(&self, file: &str) -> Option<OutputId> {
        let name = file.strip_prefix(&self.dir)?.strip_prefix('/')?;
        let (_, name) = name.split_once('/')?;
        unhex(name.strip_suffix("-d")?).map(OutputId)
    }

    /// Returns [`DiskCache::output_file`] and the size of that file.
    pub fn stat_output(&self, output: &OutputId) -> (String, io::Result<u64>) {
        let (path, size) = self.locate(output);
        let size = size.unwrap_or_else(|| std::fs::metadata(&path).map(|meta| meta.len()));
        (path, size)
    }

    /// Returns the directory of the fuzzing corpus, which may not exist.
    pub fn fuzz_dir(&self) -> String {
        format!("{}/fuzz", self.dir)
    }

    /// Opens the places that forgo processes hold while they run tools, as many as this one knows.
    pub fn slots(&self, count: usize) -> Option<Slots> {
        Slots::open(&self.dir, count)
    }

    /// Something was added here though entries are stored elsewhere.
    fn note_growth(&self) {
        self.grew.store(true, Ordering::Relaxed);
    }

    /// Reports whether this process added notes or kept executables.
    pub(crate) fn grew(&self) -> bool {
        self.grew.load(Ordering::Relaxed)
    }

    /// Reads what an action ID leads to, if its hash is right.
    #[cfg(test)]
    pub(crate) fn bytes(&self, id: &ActionId) -> Option<Vec<u8>> {
        let entry = self.get(id).ok()?;
        let bytes = std::fs::read(self.output_file(&entry.output)).ok()?;
        (OutputId::of(&bytes) == entry.output).then_some(bytes)
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

/// Returns the path of the only file in a cached executable's directory. For a directory with no
/// file, or several, it returns the same text as the stock command, which is not a file's name.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_outputs_are_hashes() {
        let cache = DiskCache::at("/c");
        let hash = "0a".repeat(32);
        for (file, want) in [
            (format!("/c/0a/{hash}-d"), Some(OutputId([10; 32]))),
            (format!("/c/0a/{hash}-a"), None),
            (format!("/d/0a/{hash}-d"), None),
            (format!("/c/0a/{}-d", &hash[1..]), None),
            ("/tmp/go-build1/b001/_pkg_.a".to_owned(), None),
        ] {
            assert_eq!(cache.output_of(&file), want, "{file}");
        }
    }
}
