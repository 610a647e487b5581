//! Texts and errors of the operating system, as Go prints them: os.PathError, syscall.Errno.Error.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use forgo_golang::raw;

/// A variable's name or value, or an argument, as the system has it: it need not be UTF-8.
pub fn os(text: &str) -> Cow<'_, OsStr> {
    match raw::bytes(text) {
        Cow::Borrowed(bytes) => Cow::Borrowed(OsStr::from_bytes(bytes)),
        Cow::Owned(bytes) => Cow::Owned(OsString::from_vec(bytes)),
    }
}

/// Arguments, or a list of the like, as the system has them ([`os`]).
pub fn os_all<S: AsRef<str>>(texts: &[S]) -> impl Iterator<Item = Cow<'_, OsStr>> {
    texts.iter().map(|text| os(text.as_ref()))
}

/// Returns the text of a system error as Go prints it (syscall.Errno.Error).
pub fn errno_text(e: &io::Error) -> String {
    if let Some(e) = e.get_ref().and_then(|e| e.downcast_ref::<PathError>()) {
        return e.cause.clone();
    }
    // Rust capitalizes and adds the number: "No such file or directory (os error 2)".
    let text = e.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = text.chars();
    match chars.next() {
        Some(first) if e.raw_os_error().is_some() => first.to_lowercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}

/// What went wrong with which file (fs.PathError): the payload of the errors of an overlay.
#[derive(Debug, Clone)]
pub struct PathError {
    op: String,
    path: String,
    /// What went wrong, without the file.
    pub cause: String,
}

impl PathError {
    /// The error of a file in an error of I/O.
    pub fn of(e: &io::Error) -> Option<&PathError> {
        e.get_ref().and_then(|e| e.downcast_ref::<PathError>())
    }
}

impl std::fmt::Display for PathError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.op, self.path, self.cause)
    }
}

impl std::error::Error for PathError {}

/// An error with a [`PathError`].
pub fn fault(kind: io::ErrorKind, op: &str, name: &str, cause: impl Into<String>) -> io::Error {
    let error = PathError {
        op: op.to_owned(),
        path: name.to_owned(),
        cause: cause.into(),
    };
    io::Error::new(kind, error)
}

/// `open FILE: no such file or directory`, as fs.PathError prints it.
pub fn path_error(op: &str, name: &str, e: &io::Error) -> String {
    let op = failed_call(op, e);
    format!("{op} {name}: {}", errno_text(e))
}

/// Returns the failed call that a reader reports: a directory can be opened, but not read as a
/// file.
pub fn failed_call<'a>(op: &'a str, e: &io::Error) -> &'a str {
    let inner = e.get_ref().and_then(|e| e.downcast_ref::<PathError>());
    let read = inner.is_some_and(|e| e.op == "read") || e.kind() == io::ErrorKind::IsADirectory;
    if op == "open" && read { "read" } else { op }
}
