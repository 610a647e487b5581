//! Tokens of Go. Answers to go/token.

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Illegal,
    Eof,
    Comment,
    Ident,
    Int,
    Float,
    Imag,
    Char,
    String,
    /// Written, or else implied by the end of a line.
    Semicolon {
        written: bool,
    },
    /// An operator or a keyword.
    Fixed(&'static str),
}

impl Kind {
    /// Identifiers and basic literals.
    pub(super) fn is_literal(self) -> bool {
        use Kind::{Char, Float, Ident, Imag, Int, String};
        matches!(self, Ident | Int | Float | Imag | Char | String)
    }

    /// As errors name it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Illegal => "ILLEGAL",
            Kind::Eof => "EOF",
            Kind::Comment => "COMMENT",
            Kind::Ident => "IDENT",
            Kind::Int => "INT",
            Kind::Float => "FLOAT",
            Kind::Imag => "IMAG",
            Kind::Char => "CHAR",
            Kind::String => "STRING",
            Kind::Semicolon { .. } => ";",
            Kind::Fixed(text) => text,
        }
    }
}

/// A token and its place: the bytes from `start` to `end`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
    /// The line that it begins on.
    pub line: usize,
}

/// Returns the keyword that `word` is, if any.
#[rustfmt::skip]
pub(super) fn keyword(word: &[u8]) -> Option<&'static str> {
    const KEYWORDS: [&str; 25] = [
        "break", "case", "chan", "const", "continue", "default", "defer", "else", "fallthrough",
        "for", "func", "go", "goto", "if", "import", "interface", "map", "package", "range",
        "return", "select", "struct", "switch", "type", "var",
    ];
    KEYWORDS.into_iter().find(|k| k.as_bytes() == word)
}
