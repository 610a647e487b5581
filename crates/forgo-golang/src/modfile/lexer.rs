//! Tokens of go.mod files. Answers to golang.org/x/mod/modfile/read.go.

use std::cell::Cell;

use super::Position;
use crate::quote::quote_rune;
use crate::raw;
use crate::unicode::is_print;

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    End,
    Newline,
    /// A comment on a separate line, with the newline.
    Comment,
    /// A comment after something, with the newline.
    SuffixComment,
    /// One of `()[]{},`.
    Punctuation(u8),
    /// A word or a quoted string.
    Word,
}

impl Kind {
    pub(super) fn ends_line(self) -> bool {
        matches!(self, Kind::End | Kind::Newline | Kind::SuffixComment)
    }
}

/// A token; comments come without the newline.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub start: Position,
    pub end: Position,
}

/// A text that is not made of tokens.
#[derive(Debug)]
pub(super) struct LexError {
    pub pos: Position,
    pub err: String,
}

pub(super) struct Lexer<'a> {
    text: &'a str,
    byte: usize,
    line: u32,
    line_start: usize,
    /// A byte offset in this line, and the number of runes before it in the line. Counting goes on
    /// from there: lines may be long.
    counted: Cell<(usize, u32)>,
}

const BLOCK_COMMENT: &str = "mod files must use // comments (not /* */ comments)";

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Lexer<'a> {
        Lexer {
            text,
            byte: 0,
            line: 1,
            line_start: 0,
            counted: Cell::default(),
        }
    }

    /// Where the lexer stands: behind the token that was read last.
    pub(super) fn position(&self) -> Position {
        let (from, before) = match self.counted.get() {
            (from, before) if (self.line_start..=self.byte).contains(&from) => (from, before),
            _ => (self.line_start, 0),
        };
        let runes = before + self.text[from..self.byte].chars().count() as u32;
        self.counted.set((self.byte, runes));
        Position {
            line: self.line,
            line_rune: runes + 1,
            byte: self.byte,
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.byte..]
    }

    fn error<T>(&self, err: impl Into<String>) -> Result<T, LexError> {
        Err(LexError {
            pos: self.position(),
            err: err.into(),
        })
    }

    /// Takes `len` bytes, which may end in a newline but hold no other.
    fn take(&mut self, len: usize, kind: Kind) -> Token<'a> {
        let start = self.position();
        let text = &self.rest()[..len];
        self.byte += len;
        if text.ends_with('\n') {
            self.line += 1;
            self.line_start = self.byte;
        }
        let text = match kind {
            Kind::Comment | Kind::SuffixComment => match text.strip_suffix('\n') {
                Some(line) => line.strip_suffix('\r').unwrap_or(line),
                None => text,
            },
            _ => text,
        };
        Token {
            kind,
            text,
            start,
            end: self.position(),
        }
    }

    /// Reads the next token.
    pub(super) fn next(&mut self) -> Result<Token<'a>, LexError> {
        let rest = self.rest();
        self.byte += rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
        let rest = self.rest();
        if rest.starts_with("//") {
            let len = rest.find('\n').map_or(rest.len(), |i| i + 1);
            let alone = self.text[self.line_start..self.byte].trim().is_empty();
            return Ok(self.take(
                len,
                if alone {
                    Kind::Comment
                } else {
                    Kind::SuffixComment
                },
            ));
        }
        if rest.starts_with("/*") {
            return self.error(BLOCK_COMMENT);
        }
        match rest.as_bytes().first() {
            None => Ok(self.take(0, Kind::End)),
            Some(b'\n') => Ok(self.take(1, Kind::Newline)),
            Some(&b @ (b'(' | b')' | b'[' | b']' | b'{' | b'}' | b',')) => {
                Ok(self.take(1, Kind::Punctuation(b)))
            }
            Some(&quote @ (b'"' | b'`')) => self.string(quote),
            Some(_) => self.word(),
        }
    }

    fn string(&mut self, quote: u8) -> Result<Token<'a>, LexError> {
        let rest = self.rest();
        let mut bytes = rest.bytes().enumerate().skip(1);
        while let Some((i, b)) = bytes.next() {
            match b {
                b'\n' => {
                    self.byte += i;
                    return self.error("unexpected newline in string");
                }
                // All that follows is part of the string; a newline then is part of it too, and the
                // stock parser goes on to the closing quote in the same way.
                b'\\' if quote != b'`' => {
                    bytes.next();
                }
                b if b == quote => return Ok(self.take(i + 1, Kind::Word)),
                _ => {}
            }
        }
        self.error("unexpected EOF in string")
    }

    fn word(&mut self) -> Result<Token<'a>, LexError> {
        let rest = self.rest();
        let end = rest.find(|c| !is_word_char(c)).unwrap_or(rest.len());
        if end == 0 {
            let c = rest.chars().next().unwrap_or_default();
            return self.error(format!("unexpected input character {}", quote_rune(c)));
        }
        let word = &rest[..end];
        let block = word.find("/*");
        match (word.find("//"), block) {
            (Some(line), Some(block)) if block < line => {}
            (Some(line), _) => return Ok(self.take(line, Kind::Word)),
            (None, None) => return Ok(self.take(end, Kind::Word)),
            (None, Some(_)) => {}
        }
        self.byte += block.unwrap_or_default();
        self.error(BLOCK_COMMENT)
    }
}

fn is_word_char(c: char) -> bool {
    match raw::decoded(c) {
        ' ' | '(' | ')' | '[' | ']' | '{' | '}' | ',' => false,
        c => !c.is_whitespace() && is_print(c),
    }
}
