//! Module paths and versions: checks, escaping, order. Answers to golang.org/x/mod/module.

mod check;
mod escape;

use std::cmp::Ordering;
use std::fmt;

pub use crate::pseudo::*;
pub use check::{check, check_file_path, check_import_path, check_path};
pub use escape::{escape_path, escape_version, unescape_path, unescape_version};

use crate::path::match_;
use crate::quote::quote;
use crate::semver;

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
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if !self.version.is_empty() {
            write!(f, "@{}", self.version)?;
        }
        Ok(())
    }
}

/// A path that is not allowed (module.InvalidPathError).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidPathError {
    /// `module`, `import` or `file`.
    pub kind: &'static str,
    /// The path.
    pub path: String,
    /// The error.
    pub err: String,
}

impl fmt::Display for InvalidPathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "malformed {} path {}: {}",
            self.kind,
            quote(&self.path),
            self.err
        )
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
    /// The error.
    pub err: String,
}

impl InvalidVersionError {
    fn noun(&self) -> &'static str {
        if self.pseudo {
            "pseudo-version"
        } else {
            "version"
        }
    }
}

impl fmt::Display for InvalidVersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} invalid: {}",
            self.noun(),
            quote(&self.version),
            self.err
        )
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

impl fmt::Display for VersionErrorCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VersionErrorCause::Version(err) => err.fmt(f),
            VersionErrorCause::Other(err) => f.write_str(err),
        }
    }
}

impl fmt::Display for ModuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.err {
            VersionErrorCause::Version(v) => {
                write!(
                    f,
                    "{}@{}: invalid {}: {}",
                    self.path,
                    v.version,
                    v.noun(),
                    v.err
                )
            }
            VersionErrorCause::Other(err) if self.version.is_empty() => {
                write!(f, "module {}: {err}", self.path)
            }
            VersionErrorCause::Other(err) => write!(f, "{}@{}: {err}", self.path, self.version),
        }
    }
}

impl std::error::Error for ModuleError {}

/// module.VersionError: an error about a module at a version. (An error that already is one about
/// the same module should be passed on as it is.)
pub fn version_error(v: &Version, err: impl fmt::Display) -> ModuleError {
    ModuleError {
        path: v.path.clone(),
        version: v.version.clone(),
        err: VersionErrorCause::Other(err.to_string()),
    }
}

/// Splits `a/b/v2` into (`a/b`, `/v2`), `gopkg.in/x.v2` into (`gopkg.in/x`, `.v2`); `None` where
/// the version suffix is malformed.
pub fn split_path_version(path: &str) -> Option<(&str, &str)> {
    if path.starts_with("gopkg.in/") {
        return split_gopkg_in(path);
    }
    let head = path.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number = &path[head.len()..];
    let Some(prefix) = head.strip_suffix("/v").filter(|_| !number.is_empty()) else {
        return Some((path, ""));
    };
    let ok = !number.contains('.') && !number.starts_with('0') && number != "1";
    ok.then(|| path.split_at(prefix.len()))
}

/// gopkg.in paths always end in `.vN` or `.vN-unstable`.
fn split_gopkg_in(path: &str) -> Option<(&str, &str)> {
    let stable = path.strip_suffix("-unstable").unwrap_or(path);
    let head = stable.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = &stable[head.len()..];
    let prefix = head.strip_suffix(".v")?;
    // Strangely, `.v0-unstable` is not a v0.
    let zero_ok = number == "0" && stable.len() == path.len();
    let suffix_len = path.len() - prefix.len();
    let ok = suffix_len > 2 && (!path[prefix.len() + 2..].starts_with('0') || zero_ok);
    ok.then(|| path.split_at(prefix.len()))
}

/// Reports whether the version agrees with the path's major suffix.
pub fn match_path_major(version: &str, path_major: &str) -> bool {
    check_path_major(version, path_major).is_ok()
}

/// Like [`match_path_major`], with the stock message.
pub fn check_path_major(version: &str, path_major: &str) -> Result<(), InvalidVersionError> {
    let path_major = strip_unstable(path_major);
    // Pseudo-versions of gopkg.in/….v1 were once made with v0.
    if version.starts_with("v0.0.0-") && path_major == ".v1" {
        return Ok(());
    }
    let major = semver::major(version);
    let want = match path_major.strip_prefix(['/', '.']) {
        Some(want) => want,
        None => path_major,
    };
    let ok = if path_major.is_empty() {
        matches!(major, "v0" | "v1") || semver::build(version) == "+incompatible"
    } else {
        want.len() < path_major.len() && major == want
    };
    if ok {
        return Ok(());
    }
    let want = if path_major.is_empty() {
        "v0 or v1"
    } else {
        want
    };
    Err(InvalidVersionError {
        version: version.to_owned(),
        pseudo: false,
        err: format!("should be {want}, not {major}"),
    })
}

fn strip_unstable(path_major: &str) -> &str {
    match path_major.strip_suffix("-unstable") {
        Some(stable) if stable.starts_with(".v") => stable,
        _ => path_major,
    }
}

/// `v2` of `/v2`, `.v2` or `.v2-unstable`; empty for an empty suffix.
pub fn path_major_prefix(path_major: &str) -> &str {
    strip_unstable(path_major).get(1..).unwrap_or("")
}

/// Canonical semantic version, keeping `+incompatible`; empty where invalid.
pub fn canonical_version(v: &str) -> String {
    let mut out = semver::canonical(v);
    if semver::build(v) == "+incompatible" {
        out.push_str("+incompatible");
    }
    out
}

/// Sorts by path, then by version with a `/go.mod` suffix after it, as go.sum is.
pub fn sort(list: &mut [Version]) {
    sort_by(list, |_, a, b| semver::compare(a, b));
}

/// [`sort`] with another order of versions: `compare(path, a, b)`.
pub(crate) fn sort_by(list: &mut [Version], compare: fn(&str, &str, &str) -> Ordering) {
    let split = |v: &Version| v.version.find('/').unwrap_or(v.version.len());
    list.sort_by(|a, b| {
        a.path.cmp(&b.path).then_with(|| {
            let (va, fa) = a.version.split_at(split(a));
            let (vb, fb) = b.version.split_at(split(b));
            if va == vb {
                fa.cmp(fb)
            } else {
                compare(&a.path, va, vb)
            }
        })
    });
}

/// Reports whether a prefix of the path matches one of the comma-separated globs (GOPRIVATE …).
pub fn match_prefix_patterns(globs: &str, target: &str) -> bool {
    globs.split(',').any(|glob| {
        let glob = glob.strip_suffix('/').unwrap_or(glob);
        if glob.is_empty() {
            return false;
        }
        // A glob of n elements is matched with the first n elements of the path.
        let slashes = glob.matches('/').count();
        if target.matches('/').count() < slashes {
            return false;
        }
        let end = target
            .match_indices('/')
            .nth(slashes)
            .map_or(target.len(), |(i, _)| i);
        match_(glob, &target[..end]).unwrap_or(false)
    })
}

/// The path up to its first slash.
pub fn first_path_element(path: &str) -> &str {
    path.split_once('/').map_or(path, |(first, _)| first)
}

/// A decimal number of any size minus one; `None` for zero.
pub(crate) fn decrement(decimal: &str) -> Option<String> {
    let head = decimal.trim_end_matches('0');
    let (&last, _) = head.as_bytes().split_last()?;
    let nines = "9".repeat(decimal.len() - head.len());
    let out = format!("{}{}{nines}", &head[..head.len() - 1], (last - 1) as char);
    Some(match out.strip_prefix('0') {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => out,
    })
}

#[cfg(test)]
mod tests;
