//! The errors of a cache, with the stock command's texts.

use std::fmt;
use std::io;

/// Result of a cache operation.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a cache operation failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// No usable entry exists. The reason is only informative.
    Miss(Option<String>),
    /// There is an entry, but the file that it leads to is gone, cut off or damaged: a miss too.
    Gone(String),
    /// The cache could not do it: full disk, missing permission, a helper program's refusal.
    Fault(String),
    /// `GODEBUG=gocacheverify=1` found bytes that differ from the entry already there. The stock
    /// command panics with this text.
    Verify(String),
    /// The stock command prints this text, and exits with status 1.
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
            Error::Miss(Some(reason)) | Error::Gone(reason) => {
                write!(f, "cache entry not found: {reason}")
            }
            Error::Fault(text) | Error::Verify(text) | Error::Fatal(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Error {}

/// `open /x: no such file or directory`, as Go's fs.PathError prints it.
pub fn path_error(op: &str, path: &str, error: &io::Error) -> String {
    format!("{op} {path}: {}", os_error(error))
}

/// The text of an operating system's error as Go's syscall.Errno prints it: the C library's, which
/// begins with a small letter unless the first word is a name.
pub fn os_error(error: &io::Error) -> String {
    let mut text = error.to_string();
    let Some(code) = error.raw_os_error() else {
        return text;
    };
    let suffix = format!(" (os error {code})");
    if text.ends_with(&suffix) {
        text.truncate(text.len() - suffix.len());
    }
    let second_is_small = text.chars().nth(1).is_none_or(|c| !c.is_ascii_uppercase());
    if second_is_small && let Some(first) = text.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_read_as_gos() {
        let of = |code| os_error(&io::Error::from_raw_os_error(code));
        assert_eq!(of(libc::ENOENT), "no such file or directory");
        assert_eq!(of(libc::EACCES), "permission denied");
        assert_eq!(of(libc::ENOSPC), "no space left on device");
        assert_eq!(of(libc::EXDEV), "invalid cross-device link");
        assert_eq!(of(libc::EBADE), "invalid exchange");
        assert_eq!(of(libc::ELIBBAD), "accessing a corrupted shared library");
        assert_eq!(of(libc::EBADRQC), "invalid request code");
        assert_eq!(of(libc::ENOTNAM), "not a XENIX named type file");
        assert_eq!(of(libc::ERFKILL), "operation not possible due to RF-kill");
        assert_eq!(os_error(&io::Error::other("Odd")), "Odd");
        let e = std::fs::File::open("/nonexistent/x").unwrap_err();
        assert_eq!(
            path_error("open", "/nonexistent/x", &e),
            "open /nonexistent/x: no such file or directory"
        );
    }

    #[test]
    fn misses_say_why() {
        assert_eq!(Error::Miss(None).to_string(), "cache entry not found");
        assert_eq!(
            Error::miss("file is empty").to_string(),
            "cache entry not found: file is empty"
        );
        assert_eq!(
            Error::Gone("file incomplete".to_owned()).to_string(),
            "cache entry not found: file incomplete"
        );
    }
}
