//! Source positions and lists of syntax errors, printed as go/token and go/scanner print them.

use std::fmt;

/// A position in a file, with any `//line` comment taken into account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// File name; may be empty.
    pub file: String,
    /// Byte offset in the file.
    pub offset: usize,
    /// Line, from 1; 0 means that there is no position.
    pub line: u32,
    /// Column in bytes, from 1; 0 when unknown.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}

/// One syntax error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where.
    pub pos: Position,
    /// What, without the position.
    pub msg: String,
}

/// Syntax errors of one file (scanner.ErrorList): displays the first and says how many follow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ErrorList(pub Vec<SyntaxError>);

impl fmt::Display for ErrorList {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}

impl std::error::Error for ErrorList {}
