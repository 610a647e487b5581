//! Why a link was not done here.

use std::fmt;
use std::path::Path;

/// Why forgo-link wrote no output. Each of these sends the link to the stock linker, which then either
/// succeeds or prints its own message.
#[derive(Debug)]
pub enum Error {
    /// The link needs something that forgo-link does not do: a flag, a relocation, a build mode, a
    /// release.
    Unsupported(String),
    /// The link fails with the stock linker too: an undefined symbol, a missing package, a stack
    /// overflow.
    Failed(String),
    /// An input is not what the Go tools write.
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
    /// What an operation's error on `path` becomes.
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
