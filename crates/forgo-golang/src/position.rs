//! Source positions and lists of syntax errors, printed as go/token and go/scanner print them.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// A position in a file, with any `//line` comment taken into account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// File name; may be empty. All positions of a file share it.
    pub file: Arc<str>,
    /// Line, from 1; 0 means no position.
    pub line: u32,
    /// Column in bytes, from 1; 0 when unknown.
    pub column: u32,
}

impl Default for Position {
    fn default() -> Position {
        Position {
            file: Arc::from(""),
            line: 0,
            column: 0,
        }
    }
}

/// `file:line:column`, `file:line`, `file`, `line:column`, `line` or `-`, as far as it is known.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { file, line, column } = self;
        if *line == 0 {
            return f.write_str(if file.is_empty() { "-" } else { file });
        }
        if !file.is_empty() {
            write!(f, "{file}:")?;
        }
        write!(f, "{line}")?;
        if *column != 0 {
            write!(f, ":{column}")?;
        }
        Ok(())
    }
}

/// One syntax error (scanner.Error).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where.
    pub pos: Position,
    /// The message, without the position.
    pub msg: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.pos.file.is_empty() || self.pos.line > 0 {
            write!(f, "{}: ", self.pos)?;
        }
        f.write_str(&self.msg)
    }
}

/// Syntax errors of one file (scanner.ErrorList): displays the first and the number of others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ErrorList(pub Vec<SyntaxError>);

impl ErrorList {
    /// Sorts by position, then message (ErrorList.Sort).
    pub fn sort(&mut self) {
        fn order(a: &SyntaxError, b: &SyntaxError) -> Ordering {
            a.pos.cmp(&b.pos).then_with(|| a.msg.cmp(&b.msg))
        }
        self.0.sort_by(order);
    }
}

impl fmt::Display for ErrorList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [] => f.write_str("no errors"),
            [one] => one.fmt(f),
            [first, rest @ ..] => write!(f, "{first} (and {} more errors)", rest.len()),
        }
    }
}

impl std::error::Error for ErrorList {}

#[cfg(test)]
mod tests {
    use super::*;

    fn pos(file: &str, line: u32, column: u32) -> Position {
        Position {
            file: Arc::from(file),
            line,
            column,
        }
    }

    #[test]
    fn display() {
        for (p, want) in [
            (pos("x.go", 3, 4), "x.go:3:4"),
            (pos("x.go", 3, 0), "x.go:3"),
            (pos("x.go", 0, 0), "x.go"),
            (pos("", 3, 4), "3:4"),
            (pos("", 3, 0), "3"),
            (Position::default(), "-"),
        ] {
            assert_eq!(p.to_string(), want);
        }
    }

    #[test]
    fn lists() {
        let error = |p, msg: &str| SyntaxError {
            pos: p,
            msg: msg.to_owned(),
        };
        let mut list = ErrorList(vec![]);
        assert_eq!(list.to_string(), "no errors");
        list.0.push(error(pos("x.go", 2, 1), "b"));
        assert_eq!(list.to_string(), "x.go:2:1: b");
        list.0.push(error(pos("x.go", 1, 10), "c"));
        list.0.push(error(pos("x.go", 1, 9), "d"));
        list.0.push(error(pos("x.go", 1, 9), "a"));
        list.sort();
        let order: Vec<_> = list.0.iter().map(|e| e.msg.as_str()).collect();
        assert_eq!(order, ["a", "d", "c", "b"]);
        assert_eq!(list.to_string(), "x.go:1:9: a (and 3 more errors)");
        assert_eq!(error(Position::default(), "x").to_string(), "x");
    }
}
