//! Go versions and toolchain names (`1.21rc1`, `go1.22.3`). Answers to internal/gover and
//! cmd/go/internal/gover.

use std::cmp::Ordering;

use crate::module::Version;

/// From here on `all` no longer reaches tests of dependencies.
pub const NARROW_ALL: &str = "1.16";
/// Version of a go.mod without a go line.
pub const DEFAULT_GO_MOD: &str = "1.16";
/// Version of a go.work without a go line.
pub const DEFAULT_GO_WORK: &str = "1.18";
/// From here on go.mod lists all modules that provide packages (graph pruning).
pub const EXPLICIT_INDIRECT: &str = "1.17";
/// From here on indirect requirements stand in a block of their own.
pub const SEPARATE_INDIRECT: &str = "1.17";
/// From here on `go mod tidy` keeps go.mod sums for test dependencies.
pub const TIDY_GO_MOD_SUM: &str = "1.21";
/// From here on go lines are strict: a dependency may not ask for a newer one.
pub const GO_STRICT: &str = "1.21";
/// From here on a vendored package must be listed in modules.txt to be imported.
pub const EXPLICIT_MODULES_TXT_IMPORT: &str = "1.23";

/// A version in parts; texts of digits, empty where absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Parsed<'a> {
    /// `1`
    pub major: &'a str,
    /// `21`
    pub minor: &'a str,
    /// `3`
    pub patch: &'a str,
    /// `rc`
    pub kind: &'a str,
    /// `1`
    pub pre: &'a str,
}

/// Parses `1.21rc1`; all empty where malformed.
pub fn parse(_v: &str) -> Parsed<'_> {
    todo!()
}

/// Compares versions without the `go` prefix.
pub fn compare(_a: &str, _b: &str) -> Ordering {
    todo!()
}

/// The greater one; `a` where equal.
pub fn max<'a>(_a: &'a str, _b: &'a str) -> &'a str {
    todo!()
}

/// Valid version (without the `go` prefix)?
pub fn is_valid(_v: &str) -> bool {
    todo!()
}

/// A language version such as `1.21`, not a release?
pub fn is_lang(_v: &str) -> bool {
    todo!()
}

/// The language version: `1.21` of `1.21.3`; empty where invalid.
pub fn lang(_v: &str) -> String {
    todo!()
}

/// A prerelease?
pub fn is_prerelease(_v: &str) -> bool {
    todo!()
}

/// The language version before that of `v`.
pub fn prev(_v: &str) -> String {
    todo!()
}

/// The Go version in a toolchain's name (`go1.2.3-corp` → `1.2.3`); `None` where it is not one.
pub fn from_toolchain(_name: &str) -> Option<&str> {
    todo!()
}

/// The greater of two toolchain names (gover.ToolchainMax).
pub fn toolchain_max<'a>(_a: &'a str, _b: &'a str) -> &'a str {
    todo!()
}

/// The paths `go` and `toolchain`, whose versions are not semantic versions.
pub fn is_toolchain(_path: &str) -> bool {
    todo!()
}

/// Compares versions of the module `path`.
pub fn mod_compare(_path: &str, _a: &str, _b: &str) -> Ordering {
    todo!()
}

/// Sorts by path, then version.
pub fn mod_sort(_list: &mut [Version]) {
    todo!()
}

/// Valid version of the module `path`?
pub fn mod_is_valid(_path: &str, _vers: &str) -> bool {
    todo!()
}

/// Could `vers` be an incomplete version of the module `path`?
pub fn mod_is_prefix(_path: &str, _vers: &str) -> bool {
    todo!()
}

/// A prerelease version of the module `path`?
pub fn mod_is_prerelease(_path: &str, _vers: &str) -> bool {
    todo!()
}

/// Major and minor part of a version of the module `path`.
pub fn mod_major_minor(_path: &str, _vers: &str) -> String {
    todo!()
}

/// The value of the first line `key value` of a go.mod or go.work, read without parsing it
/// (gover.GoModLookup); empty where absent.
pub fn go_mod_lookup<'a>(_text: &'a str, _key: &str) -> &'a str {
    todo!()
}
