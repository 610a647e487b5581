//! Module paths and versions: checks, escaping, order. Answers to golang.org/x/mod/module.

use std::fmt;

pub use crate::pseudo::*;

/// A module at a version. Displays as `path@version`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Version {
    /// Module path, or a file path in a replacement.
    pub path: String,
    /// Version; empty for main modules and directories.
    pub version: String,
}

impl Version {
    /// A module at a version.
    pub fn new(path: impl Into<String>, version: impl Into<String>) -> Version {
        Version {
            path: path.into(),
            version: version.into(),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}

/// A path that is not allowed (module.InvalidPathError).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidPathError {
    /// `module`, `import` or `file`.
    pub kind: &'static str,
    /// The path.
    pub path: String,
    /// What is wrong with it.
    pub err: String,
}

impl fmt::Display for InvalidPathError {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}

impl std::error::Error for InvalidPathError {}

/// A version that is not allowed (module.InvalidVersionError).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidVersionError {
    /// The version.
    pub version: String,
    /// A pseudo-version?
    pub pseudo: bool,
    /// What is wrong with it.
    pub err: String,
}

impl fmt::Display for InvalidVersionError {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}

impl std::error::Error for InvalidVersionError {}

/// An error about a module (module.ModuleError): `path@version: err`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleError {
    /// Module path.
    pub path: String,
    /// Its version, or empty.
    pub version: String,
    /// The message; one about the version itself shows it.
    pub err: VersionErrorCause,
}

/// Cause of a [`ModuleError`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionErrorCause {
    /// The version is invalid: the message has the form `path@version: invalid …`.
    Version(InvalidVersionError),
    /// Anything else.
    Other(String),
}

impl fmt::Display for ModuleError {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}

impl std::error::Error for ModuleError {}

/// module.VersionError: wraps an error about a module at a version.
pub fn version_error(_v: &Version, _err: impl fmt::Display) -> ModuleError {
    todo!()
}

/// module.Check: is `version` acceptable for the module `path`? `Err` is the stock message.
pub fn check(_path: &str, _version: &str) -> Result<(), String> {
    todo!()
}

/// Valid module path?
pub fn check_path(_path: &str) -> Result<(), InvalidPathError> {
    todo!()
}

/// Valid import path?
pub fn check_import_path(_path: &str) -> Result<(), InvalidPathError> {
    todo!()
}

/// Valid slash-separated file path inside a module?
pub fn check_file_path(_path: &str) -> Result<(), InvalidPathError> {
    todo!()
}

/// Splits `a/b/v2` into (`a/b`, `/v2`), `gopkg.in/x.v2` into (`gopkg.in/x`, `.v2`); `None` where
/// the version suffix is malformed.
pub fn split_path_version(_path: &str) -> Option<(&str, &str)> {
    todo!()
}

/// Does the version agree with the path's major suffix?
pub fn match_path_major(_version: &str, _path_major: &str) -> bool {
    todo!()
}

/// Like [`match_path_major`], with the stock message.
pub fn check_path_major(_version: &str, _path_major: &str) -> Result<(), InvalidVersionError> {
    todo!()
}

/// `v2` of `/v2`, `.v2` or `.v2-unstable`.
pub fn path_major_prefix(_path_major: &str) -> &str {
    todo!()
}

/// Canonical semantic version, keeping `+incompatible`; empty where invalid.
pub fn canonical_version(_v: &str) -> String {
    todo!()
}

/// Sorts by path, then by version with a `/go.mod` suffix after it, as go.sum is.
pub fn sort(_list: &mut [Version]) {
    todo!()
}

/// Path as it stands in the module cache (`!a` for `A`).
pub fn escape_path(_path: &str) -> Result<String, InvalidPathError> {
    todo!()
}

/// Version as it stands in the module cache.
pub fn escape_version(_v: &str) -> Result<String, InvalidVersionError> {
    todo!()
}

/// Inverse of [`escape_path`]; `Err` is the stock message.
pub fn unescape_path(_escaped: &str) -> Result<String, String> {
    todo!()
}

/// Inverse of [`escape_version`]; `Err` is the stock message.
pub fn unescape_version(_escaped: &str) -> Result<String, String> {
    todo!()
}

/// Does a prefix of the path match one of the comma-separated globs (GOPRIVATE …)?
pub fn match_prefix_patterns(_globs: &str, _target: &str) -> bool {
    todo!()
}

/// Does the import path look like a domain-based one at its start: does its first element have a dot?
pub fn first_path_element(_path: &str) -> &str {
    todo!()
}
