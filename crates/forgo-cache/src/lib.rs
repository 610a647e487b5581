//! From action ID to file. Knows no packages.
//!
//! * [`hash`]: action IDs and the hash that makes them, file hashes, `GODEBUG=gocachehash=1`.
//! * [`Tiered`]: the cache of an invocation, [opened](open()) by its settings. It has two parts:
//! * [`disk`]: GOCACHE's own format, and everything that forgo keeps on this machine;
//! * [`Backing`]: what a cache elsewhere must be able to do; [`prog`] (GOCACHEPROG) is one.
//!
//! Answers to cmd/go/internal/cache. Nothing here prints, exits or reads the environment.
#![cfg_attr(
    test,
    allow(clippy::disallowed_methods, reason = "tests look at what came out")
)]

mod backing;
mod bundle;
pub mod disk;
mod error;
pub mod hash;
mod open;
pub mod prog;
mod tiered;

use std::time::SystemTime;

pub use backing::{Backing, Found, Item};
pub use bundle::{Bundle, Saved, save};
pub use error::{Error, Result, os_error, path_error};
pub use hash::{ActionId, Formulas, Hash, HashContext, KeyLines, OutputId, hash_to_string};
pub use open::{Notice, NoticeFn, Settings, open};
pub use tiered::{Limits, Tiered};

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
    /// These bytes, which are a file's too. No process writes into that file any more, so that the
    /// store may make its own file a hard link to it.
    Made {
        /// All bytes of the file.
        bytes: &'a [u8],
        /// Its path.
        file: &'a str,
    },
}

/// What `GODEBUG=gocacheverify=1` means for a [`Tiered::put`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verify {
    /// Bytes that differ from the entry already there are an [`Error::Verify`].
    Strict,
    /// The bytes may differ from run to run: test output with its times, for one.
    Lax,
}

/// Finds the file that an action ID leads to, if it has the size it should have.
pub fn get_file(cache: &Tiered, id: &ActionId) -> Result<(String, Entry)> {
    cache.file(id)
}

/// Reads what an action ID leads to, and checks its checksum.
pub fn get_bytes(cache: &Tiered, id: &ActionId) -> Result<(Vec<u8>, Entry)> {
    cache.bytes(id)
}

/// Stores bytes.
pub fn put_bytes(cache: &Tiered, id: &ActionId, bytes: &[u8], verify: Verify) -> Result<OutputId> {
    let (output, _) = cache.put(id, Content::Bytes(bytes), verify)?;
    Ok(output)
}

/// Stores a file.
pub fn put_file(
    cache: &Tiered,
    id: &ActionId,
    file: &str,
    verify: Verify,
) -> Result<(OutputId, u64)> {
    cache.put(id, Content::File(file), verify)
}
