//! Action IDs and the hash that makes them. Answers to cmd/go/internal/cache/hash.go.

use std::fmt;
use std::io;
use std::sync::Arc;

use sha2::{Digest, Sha256};

/// A cache key: the hash of a complete description of a repeatable computation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ActionId(pub [u8; 32]);

/// The hash of an output of a computation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct OutputId(pub [u8; 32]);

impl OutputId {
    /// The ID of these bytes.
    pub fn of(bytes: &[u8]) -> OutputId {
        OutputId(Sha256::digest(bytes).into())
    }
}

/// Receives the lines of `GODEBUG=gocachehash=1`, each with its newline.
pub type Trace = Arc<dyn Fn(&str) + Send + Sync>;

/// What all hashes of an invocation share. One per process, in an [`Arc`].
#[derive(Default)]
pub struct HashContext {
    /// Begins every hash: the Go release, so that two releases never share a key.
    salt: Vec<u8>,
    trace: Option<Trace>,
    verify: bool,
}

impl HashContext {
    /// `version` is the distribution's runtime.Version(); its experiments do not count.
    /// `verify` is `GODEBUG=gocacheverify=1`: remember what went into each hash.
    pub fn new(version: &str, trace: Option<Trace>, verify: bool) -> HashContext {
        let _ = (version, trace, verify);
        todo!()
    }

    /// Starts a hash. The name is for the trace only.
    pub fn new_hash(&self, name: &str) -> Hash<'_> {
        let _ = (name, &self.salt, &self.trace, self.verify);
        todo!()
    }

    /// An action ID below another one.
    pub fn subkey(&self, parent: &ActionId, description: &str) -> ActionId {
        let _ = (parent, description);
        todo!()
    }

    /// Unsalted SHA-256 of a file. A path is read once in a process. The error prints as Go's does.
    pub fn file_hash(&self, path: &str) -> io::Result<[u8; 32]> {
        let _ = path;
        todo!()
    }

    /// Makes [`HashContext::file_hash`] answer `sum` for `path` without reading it.
    pub fn set_file_hash(&self, path: &str, sum: [u8; 32]) {
        let _ = (path, sum);
        todo!()
    }

    /// What went into a hash; only under verify, else empty.
    pub fn reverse_hash(&self, sum: &[u8; 32]) -> String {
        let _ = sum;
        todo!()
    }
}

/// A running hash.
///
/// `write!(hash, "file {} {}\n", name, sum)` works; one `write!` is one line of the trace, as one
/// fmt.Fprintf is in the stock command, so group the writes as it does. Use `\n` inside the format,
/// not `writeln!` where the stock command writes the newline apart.
pub struct Hash<'c> {
    context: &'c HashContext,
    sha: Sha256,
}

impl Hash<'_> {
    /// Adds bytes.
    pub fn write(&mut self, bytes: &[u8]) {
        let _ = (bytes, self.context, &mut self.sha);
        todo!()
    }

    /// Adds text: what `write!` calls.
    pub fn write_fmt(&mut self, text: fmt::Arguments<'_>) {
        let _ = text;
        todo!()
    }

    /// The hash of all that was added.
    pub fn sum(self) -> [u8; 32] {
        todo!()
    }

    /// The hash of all that was added, as a key.
    pub fn action_id(self) -> ActionId {
        ActionId(self.sum())
    }
}

/// The short form of a hash that build IDs are made of: 20 characters of base64.
/// Answers to buildid.HashToString.
pub fn hash_to_string(sum: &[u8; 32]) -> String {
    let _ = sum;
    todo!()
}
