//! Go syntax as far as forgo needs it: whole files are checked as the stock command checks test
//! files (go/parser), and their declarations at top level are listed. No tree is kept.
//!
//! Parsing stops at the first error: it is the only one the go command shows.

mod comment;
mod decl;
mod expr;
mod parser;
mod scan;
mod stmt;
pub mod token;
mod types;

pub use comment::{CommentGroup, example_output};
pub use decl::{Func, Param, ParamType};

use crate::release::Release;

/// A syntax error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Byte offset in the source.
    pub pos: usize,
    /// The message.
    pub message: String,
}

type Result<T> = std::result::Result<T, Error>;

/// The declarations of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct File {
    /// Functions and methods, in order.
    pub funcs: Vec<Func>,
    /// All comments, in groups as go/parser makes them.
    pub comments: Vec<CommentGroup>,
}

/// Parses a whole file (go/parser.ParseFile with ParseComments|SkipObjectResolution), as the
/// go/parser of a release does.
pub fn parse_file(src: &[u8], release: Release) -> Result<File> {
    parser::Parser::new(src, release)?.file()
}

/// Line and column, from 1, of a byte offset. The end of a file belongs to its last line even when
/// that has its newline.
pub fn line_and_column(src: &[u8], pos: usize) -> (usize, usize) {
    let src = if pos == src.len() {
        src.strip_suffix(b"\n").unwrap_or(src)
    } else {
        src
    };
    let before = &src[..pos.min(src.len())];
    let line = 1 + before.iter().filter(|&&b| b == b'\n').count();
    let start = before
        .iter()
        .rposition(|&b| b == b'\n')
        .map_or(0, |i| i + 1);
    (line, pos - start + 1)
}

#[cfg(test)]
mod tests;
