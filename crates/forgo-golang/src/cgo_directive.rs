//! `#cgo` lines in the comment of `import "C"`. Answers to saveCgo in go/build/build.go.

use crate::constraint::{Context, SeenTags};

/// Flags that `#cgo` lines add up to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CgoFlags {
    /// CFLAGS
    pub cflags: Vec<String>,
    /// CPPFLAGS
    pub cppflags: Vec<String>,
    /// CXXFLAGS
    pub cxxflags: Vec<String>,
    /// FFLAGS
    pub fflags: Vec<String>,
    /// LDFLAGS
    pub ldflags: Vec<String>,
    /// pkg-config
    pub pkg_config: Vec<String>,
}

/// Adds the lines of one comment. `file` is the name in errors, `dir` the package's directory
/// (`${SRCDIR}`, relative -I and -L). `Err` is the stock message.
pub fn save_cgo(
    _ctx: &Context,
    _file: &str,
    _dir: &str,
    _text: &str,
    _flags: &mut CgoFlags,
    _seen: Option<&mut SeenTags>,
) -> Result<(), String> {
    todo!()
}

/// Splits at white space, with quotes and backslashes (build.splitQuoted). `Err` is the message.
pub fn split_quoted(_s: &str) -> Result<Vec<String>, &'static str> {
    todo!()
}
