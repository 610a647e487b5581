//! From action ID to file. Knows no packages.
//!
//! * [`hash`]: action IDs and the hash that makes them, file hashes, `GODEBUG=gocachehash=1`.
//! * [`Cache`]: the contract; [`disk`] (GOCACHE's own format) and [`prog`] (GOCACHEPROG) keep it.
//! * [`open()`]: which of the two an invocation uses.
//!
//! Answers to cmd/go/internal/cache. Nothing here prints, exits or reads the environment.
#![cfg_attr(
    test,
    allow(clippy::disallowed_methods, reason = "tests look at what came out")
)]

pub mod disk;
mod error;
pub mod hash;
mod open;
pub mod prog;

use std::io;
use std::time::SystemTime;

pub use error::{Error, Result, os_error, path_error};
pub use hash::{ActionId, Hash, HashContext, OutputId, hash_to_string};
pub use open::{Notice, NoticeFn, Settings, open};

/// What an action ID leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// SHA-256 of the bytes.
    pub output: OutputId,
    /// Their number.
    pub size: u64,
    /// When the entry was made. Test results older than the last `clean -testcache` do not count.
    pub time: SystemTime,
}

/// What to store.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// These, one after the other.
    Pieces(&'a [&'a [u8]]),
    /// A file's, which must not change meanwhile.
    File(&'a str),
    /// These bytes, which are a file's too. Nobody writes into that file any more, so that the
    /// store may make its own file a hard link to it.
    Made {
        /// All bytes of the file.
        bytes: &'a [u8],
        /// Its path.
        file: &'a str,
    },
}

/// What `GODEBUG=gocacheverify=1` means for a [`Cache::put`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verify {
    /// Bytes that differ from the entry already there are an [`Error::Verify`].
    Strict,
    /// The bytes may differ from run to run: test output with its times, for one.
    Lax,
}

/// A store of files by action ID. Shared by every thread of a process, and what is behind it by
/// other processes, of the stock command too.
///
/// * A successful `get` or `put` promises that [`Cache::output_file`] of its output exists until
///   `close`, whatever other processes do. It does not promise that the file's bytes are right: use
///   [`get_file`] (size checked) or [`get_bytes`] (checksum checked).
/// * `get` of an ID that was never put, whose entry is damaged, or under `gocacheverify=1`, is
///   [`Error::Miss`]. Callers treat any other error of `get` as a miss too.
/// * An error of `put` is the caller's to ignore wherever the stock command ignores it: what was to
///   be stored still exists where it was made.
/// * A process killed at any instant leaves entries that are right or absent.
pub trait Cache: Send + Sync {
    /// The entry of an action ID.
    fn get(&self, id: &ActionId) -> Result<Entry>;

    /// Stores bytes under an action ID; gives their hash and number.
    fn put(&self, id: &ActionId, content: Content, verify: Verify) -> Result<(OutputId, u64)>;

    /// Makes an action ID lead to an output that is there already: one that a `get` or `put` of
    /// this process named. `false` where the cache can't (GOCACHEPROG, whose helper wants all bytes
    /// again).
    fn put_alias(&self, id: &ActionId, output: &OutputId, size: u64) -> Result<bool> {
        let _ = (id, output, size);
        Ok(false)
    }

    /// Keeps a small text under an ID of forgo's own, which nothing else is stored under.
    fn put_note(&self, id: &ActionId, text: &[u8]) -> Result<()> {
        put_bytes(self, id, text, Verify::Lax).map(drop)
    }

    /// The text that was [kept](Cache::put_note) under an ID, undamaged.
    fn note(&self, id: &ActionId) -> Option<Vec<u8>> {
        get_bytes(self, id).ok().map(|(text, _)| text)
    }

    /// Reports whether something was [kept](Cache::put_note) under an ID, even if it is damaged by
    /// now.
    fn has_note(&self, id: &ActionId) -> bool {
        self.get(id).is_ok()
    }

    /// Tries to become the one process that makes what has this key. Only forgo processes heed it.
    fn try_lock(&self, id: &ActionId) -> disk::Locked {
        let _ = id;
        disk::Locked::Never
    }

    /// The process that has a lock; `None` where it can't be seen: it is of another namespace or
    /// machine.
    fn lock_holder(&self, id: &ActionId) -> Option<u32> {
        let _ = id;
        None
    }

    /// Keeps a copy of an executable for [`Cache::kept`], as long as all that are kept do not
    /// exceed `limit` bytes. A cache that has no place for them keeps none.
    fn keep(&self, id: &ActionId, file: &str, limit: u64) -> Result<()> {
        let _ = (id, file, limit);
        Ok(())
    }

    /// An executable that was kept: to be copied, soon. It can't be run where it is.
    fn kept(&self, id: &ActionId) -> Option<String> {
        let _ = id;
        None
    }

    /// Stores an executable under an action ID, so that [`Cache::output_file`] can be run and is
    /// called `name`. `None` where the cache has no place for executables (GOCACHEPROG).
    fn put_executable(
        &self,
        id: &ActionId,
        name: &str,
        content: Content,
    ) -> Option<Result<(OutputId, u64)>>;

    /// The file that holds an output. Only for outputs that a `get` or `put` of this process named.
    fn output_file(&self, output: &OutputId) -> String;

    /// [`Cache::output_file`] and the size of that file, where a cache can tell both at once.
    fn stat_output(&self, output: &OutputId) -> (String, io::Result<u64>) {
        let file = self.output_file(output);
        #[expect(
            clippy::disallowed_methods,
            reason = "GOCACHE: entries are named by their content"
        )]
        let size = std::fs::metadata(&file).map(|meta| meta.len());
        (file, size)
    }

    /// Directory for the fuzzing corpus. May not exist.
    fn fuzz_dir(&self) -> String;

    /// The end of the process: trims, waits for a helper program. Nothing may be asked afterwards.
    fn close(&self) -> Result<()>;
}

/// Finds the file that an action ID leads to, if it has the size it should have.
pub fn get_file(cache: &dyn Cache, id: &ActionId) -> Result<(String, Entry)> {
    let entry = cache.get(id)?;
    let (file, size) = cache.stat_output(&entry.output);
    match size {
        Err(e) => Err(Error::miss(path_error("stat", &file, &e))),
        Ok(size) if size != entry.size => Err(Error::miss("file incomplete")),
        Ok(_) => Ok((file, entry)),
    }
}

/// Reads what an action ID leads to, and checks its checksum.
pub fn get_bytes(cache: &(impl Cache + ?Sized), id: &ActionId) -> Result<(Vec<u8>, Entry)> {
    let entry = cache.get(id)?;
    #[expect(
        clippy::disallowed_methods,
        reason = "GOCACHE: entries are named by their content"
    )]
    let bytes = std::fs::read(cache.output_file(&entry.output)).unwrap_or_default();
    if OutputId::of(&bytes) != entry.output {
        return Err(Error::miss("bad checksum"));
    }
    Ok((bytes, entry))
}

/// Stores bytes.
pub fn put_bytes(
    cache: &(impl Cache + ?Sized),
    id: &ActionId,
    bytes: &[u8],
    verify: Verify,
) -> Result<OutputId> {
    let (output, _) = cache.put(id, Content::Bytes(bytes), verify)?;
    Ok(output)
}

/// Stores a file.
pub fn put_file(
    cache: &dyn Cache,
    id: &ActionId,
    file: &str,
    verify: Verify,
) -> Result<(OutputId, u64)> {
    cache.put(id, Content::File(file), verify)
}
