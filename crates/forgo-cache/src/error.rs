//! What goes wrong in a cache, in the stock command's words.

use std::fmt;
use std::io;

/// Result of a cache operation.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a cache operation failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// There is no usable entry. The reason is for curious eyes only.
    Miss(Option<String>),
    /// The cache could not do it: full disk, missing permission, a helper program's refusal.
    Fault(String),
    /// `GODEBUG=gocacheverify=1` found bytes that differ from the entry already there. The stock
    /// command panics with this text.
    Verify(String),
    /// The stock command prints `go: ` and this text, and exits with status 1.
    Fatal(String),
}

impl Error {
    /// A miss with a reason.
    pub fn miss(reason: impl Into<String>) -> Error {
        Error::Miss(Some(reason.into()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Miss(None) => f.write_str("cache entry not found"),
            Error::Miss(Some(reason)) => write!(f, "cache entry not found: {reason}"),
            Error::Fault(text) | Error::Verify(text) | Error::Fatal(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Error {}

/// `open /x: no such file or directory`, as Go's fs.PathError prints it.
pub(crate) fn path_error(op: &str, path: &str, error: &io::Error) -> String {
    let _ = (op, path, error);
    todo!()
}
