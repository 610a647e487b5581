//! The reasons for which a link is left to the stock linker.

use std::fmt;
use std::path::Path;

/// The reason for which forgo-link wrote no output. The caller then runs the stock linker, which
/// either succeeds or prints its message.
#[derive(Debug)]
pub enum Error {
    /// The link needs an unsupported feature: a flag, a relocation, a build mode, a
    /// release.
    Unsupported(String),
    /// The link fails with the stock linker too: an undefined symbol, a missing package, a stack
    /// overflow.
    Failed(String),
    /// An input is not in a format that the Go tools write.
    Damaged(String),
    /// A file could not be read or written.
    Io(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Unsupported(why) => write!(f, "unsupported: {why}"),
            Error::Failed(why) => write!(f, "link failed: {why}"),
            Error::Damaged(why) => write!(f, "damaged input: {why}"),
            Error::Io(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Error {}

impl Error {
    /// Returns a function that wraps an I/O error on `path`.
    pub(crate) fn of_file(path: &Path) -> impl Fn(std::io::Error) -> Error + Copy + '_ {
        move |error| Error::Io(format!("{}: {error}", path.display()))
    }
}

/// The result of a pass.
pub type Result<T> = std::result::Result<T, Error>;

/// Makes an [`Error::Unsupported`].
pub(crate) fn unsupported<T>(why: impl Into<String>) -> Result<T> {
    Err(Error::Unsupported(why.into()))
}

/// Makes an [`Error::Failed`].
pub(crate) fn failed<T>(why: impl Into<String>) -> Result<T> {
    Err(Error::Failed(why.into()))
}

/// Makes an [`Error::Damaged`].
pub(crate) fn damaged<T>(why: impl Into<String>) -> Result<T> {
    Err(Error::Damaged(why.into()))
}
