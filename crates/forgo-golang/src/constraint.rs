//! Build constraints: expressions, tags and file names. Answers to go/build/constraint and to the
//! matching rules of go/build.

use std::collections::{BTreeSet, HashSet};
use std::fmt;

/// A build constraint expression. Displays in `//go:build` syntax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// A tag.
    Tag(String),
    /// `!x`
    Not(Box<Expr>),
    /// `x && y`
    And(Box<Expr>, Box<Expr>),
    /// `x || y`
    Or(Box<Expr>, Box<Expr>),
}

impl Expr {
    /// The value when `ok` says which tags hold. Both sides are always evaluated, so that all tags
    /// are seen.
    pub fn eval(&self, _ok: &mut dyn FnMut(&str) -> bool) -> bool {
        todo!()
    }

    /// The least Go version that the expression implies (`go1.18`), or empty (constraint.GoVersion).
    pub fn go_version(&self, _minor: u32) -> String {
        todo!()
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}

/// Why an expression did not parse; displays the message alone, as the stock error does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Byte offset in the line.
    pub offset: usize,
    /// Message.
    pub err: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}

impl std::error::Error for SyntaxError {}

/// Parses a `//go:build` or `// +build` line.
pub fn parse(_line: &str) -> Result<Expr, SyntaxError> {
    todo!()
}

/// A `//go:build` line?
pub fn is_go_build(_line: &str) -> bool {
    todo!()
}

/// A `// +build` line?
pub fn is_plus_build(_line: &str) -> bool {
    todo!()
}

/// Tags seen while matching (build.Package.AllTags).
pub type SeenTags = BTreeSet<String>;

/// Which tags hold: the part of build.Context that matching needs. Made once per invocation.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// GOOS.
    pub goos: String,
    /// GOARCH.
    pub goarch: String,
    /// `gc`
    pub compiler: String,
    /// The `cgo` tag.
    pub cgo_enabled: bool,
    /// `-tags`, tool tags and release tags together.
    pub tags: HashSet<String>,
}

impl Context {
    /// Does the tag hold (build.Context.matchTag)?
    pub fn match_tag(&self, _name: &str, _seen: Option<&mut SeenTags>) -> bool {
        todo!()
    }

    /// Does the file name's GOOS/GOARCH suffix allow the file (goodOSArchFile)?
    pub fn good_os_arch_file(&self, _name: &str, _seen: Option<&mut SeenTags>) -> bool {
        todo!()
    }

    /// Evaluates an expression.
    pub fn eval(&self, _x: &Expr, _seen: Option<&mut SeenTags>) -> bool {
        todo!()
    }

    /// Condition of a `#cgo` line, in either syntax (matchAuto).
    pub fn match_auto(&self, _text: &str, _seen: Option<&mut SeenTags>) -> bool {
        todo!()
    }

    /// Do the constraint lines of a file's header allow it (shouldBuild)? A `//go:build` line that
    /// does not parse is an error, with the stock message.
    pub fn should_build(
        &self,
        _lines: &BuildLines,
        _seen: Option<&mut SeenTags>,
    ) -> Result<bool, SyntaxError> {
        todo!()
    }
}

/// Tags hold or not without a [`Context`]'s fine print: cmd/go/internal/imports, where `*` makes
/// nearly all true. For the `all` pattern and `go mod vendor`-like scans.
#[derive(Debug, Clone, Default)]
pub struct ImportsTags {
    /// True tags; `None` means any.
    pub tags: Option<HashSet<String>>,
    /// GOOS, for the `unix` tag.
    pub goos: String,
}

impl ImportsTags {
    /// imports.MatchFile.
    pub fn match_file(&self, _name: &str) -> bool {
        todo!()
    }

    /// imports.ShouldBuild.
    pub fn should_build(&self, _lines: &BuildLines) -> bool {
        todo!()
    }

    /// imports.Eval.
    pub fn eval(&self, _x: &Expr, _prefer: bool) -> bool {
        todo!()
    }
}

/// The constraint lines at the head of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BuildLines {
    /// The `//go:build` line.
    pub go_build: Option<String>,
    /// `// +build` lines; they count only when there is no `//go:build` line.
    pub plus_build: Vec<String>,
    /// `//go:binary-only-package`
    pub binary_only: bool,
}

/// Errors of reading constraint lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildLinesError {
    /// `multiple //go:build comments`
    MultipleGoBuild,
}

impl fmt::Display for BuildLinesError {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}

/// Finds the constraint lines in a file's leading comments (parseFileHeader).
pub fn build_lines(_header: &[u8]) -> Result<BuildLines, BuildLinesError> {
    todo!()
}
