//! The head of a source file: all that loading needs to know of it. Answers to go/build/read.go,
//! with go/scanner and go/parser as far as the import section goes.

use std::fmt;

use crate::constraint::{BuildLines, BuildLinesError};
use crate::position::{ErrorList, Position};

/// What the head of a Go file says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Header {
    /// Name in the package clause; empty when there is none, `_` as spelled. Set even when the rest
    /// does not parse.
    pub package: String,
    /// First sentence of the package comment (doc.Synopsis); empty when there is none.
    pub synopsis: String,
    /// Has a package comment (even one whose synopsis is empty).
    pub has_doc: bool,
    /// Imports in order; empty when `parse_error` is set.
    pub imports: Vec<Import>,
    /// Patterns of `//go:embed` lines.
    pub embeds: Vec<Embed>,
    /// `//go:` lines before the package clause.
    pub directives: Vec<Directive>,
    /// Constraint lines.
    pub build: BuildLines,
    /// Comment after the package clause that gives the import path.
    pub import_comment: ImportComment,
    /// Why the head does not parse.
    pub parse_error: Option<ErrorList>,
}

/// An import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Import {
    /// Path, unquoted.
    pub path: String,
    /// Where the spec begins.
    pub pos: Position,
    /// Text of the comment before `import "C"` (ast.CommentGroup.Text); `None` without comment or
    /// for other paths.
    pub doc: Option<String>,
}

/// A pattern in a `//go:embed` line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Embed {
    /// The pattern.
    pub pattern: String,
    /// Where.
    pub pos: Position,
}

/// A `//go:` comment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directive {
    /// The whole comment.
    pub text: String,
    /// Where.
    pub pos: Position,
}

/// `package x // import "path"`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ImportComment {
    /// There is none.
    #[default]
    None,
    /// The path.
    Path(String),
    /// A comment on that line that does not unquote: `file:line: cannot parse import comment`.
    Malformed {
        /// Its line.
        line: u32,
    },
}

/// Why a file's head could not be read at all (as opposed to not parsing).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderError {
    /// `read FILE: unexpected NUL in input`
    Nul {
        /// File name.
        file: String,
    },
    /// `parsing FILE header: multiple //go:build comments`
    BuildLines {
        /// File name.
        file: String,
        /// What.
        err: BuildLinesError,
    },
}

impl fmt::Display for HeaderError {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}

impl std::error::Error for HeaderError {}

/// Reads the head of a Go file. `file` is the name used in positions (directory joined with the
/// file's name); `src` is the whole file.
pub fn read_go(_file: &str, _src: &[u8]) -> Result<Header, HeaderError> {
    todo!()
}

/// Like [`read_go`] for the beginning of a file; `None` means that more of the file is needed.
pub fn read_go_prefix(_file: &str, _prefix: &[u8]) -> Option<Result<Header, HeaderError>> {
    todo!()
}

/// The constraint lines of a file that is not Go (.c, .s, .h …).
pub fn read_other(_file: &str, _src: &[u8]) -> Result<BuildLines, HeaderError> {
    todo!()
}

/// Like [`read_other`] for the beginning of a file; `None` means that more of the file is needed.
pub fn read_other_prefix(_file: &str, _prefix: &[u8]) -> Option<Result<BuildLines, HeaderError>> {
    todo!()
}
