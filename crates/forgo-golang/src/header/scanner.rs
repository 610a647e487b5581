//! Go's tokens, with errors where a text has none. Answers to go/scanner.

mod literal;

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memmem};

use super::extent::is_clean;
use super::lines::Lines;
use super::token::{Kind, Token, keyword};
use crate::position::SyntaxError;
use crate::raw;
use crate::unicode::{is_digit, is_letter, is_print};

/// Reads tokens; comments are tokens too.
pub(super) struct Scanner<'a> {
    src: &'a [u8],
    /// The character at `offset`; `None` at the end.
    ch: Option<char>,
    offset: usize,
    /// Where the character after `ch` begins.
    next_offset: usize,
    /// A newline ends the statement here.
    insert_semicolon: bool,
    /// A newline in the block comment just read, which ends the statement.
    comment_newline: Option<usize>,
    /// Whether no character needs a look for its own sake: then comments are skipped as bytes.
    clean: bool,
    pub lines: Lines,
    pub errors: Vec<SyntaxError>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(src: &'a [u8], lines: Lines) -> Scanner<'a> {
        let mut s = Scanner {
            src,
            ch: Some(' '),
            offset: 0,
            next_offset: 0,
            insert_semicolon: false,
            comment_newline: None,
            clean: is_clean(src),
            lines,
            errors: Vec::new(),
        };
        s.advance();
        if s.ch == Some('\u{feff}') {
            s.advance();
        }
        s
    }

    /// Records an error.
    pub(super) fn error(&mut self, offset: usize, msg: impl Into<String>) {
        let pos = self.lines.position(offset);
        self.errors.push(SyntaxError {
            pos,
            msg: msg.into(),
        });
    }

    /// The text of a token; comments and raw strings come without carriage returns, as they do in
    /// Go's syntax tree.
    pub(super) fn text(&self, token: Token) -> Cow<'a, str> {
        let bytes = &self.src[token.start..token.end];
        let block = bytes.starts_with(b"/*");
        if token.kind == Kind::Comment || bytes.first() == Some(&b'`') {
            strip_cr(bytes, block)
        } else {
            raw::borrow(bytes)
        }
    }

    /// How many newlines a token holds.
    pub(super) fn newlines(&self, token: Token) -> usize {
        memchr_iter(b'\n', &self.src[token.start..token.end]).count()
    }

    /// Goes to the next character.
    fn advance(&mut self) {
        if self.ch == Some('\n') {
            self.lines.add(self.next_offset);
        }
        let Some(&b) = self.src.get(self.next_offset) else {
            self.offset = self.src.len();
            self.ch = None;
            return;
        };
        self.offset = self.next_offset;
        self.next_offset += 1;
        if b != 0 && b < 0x80 {
            self.ch = Some(b as char);
        } else {
            self.ch = Some(self.unusual(b));
        }
    }

    /// Decodes a character that is not ASCII.
    fn unusual(&mut self, first: u8) -> char {
        if first == 0 {
            self.error(self.offset, "illegal character NUL");
            return '\0';
        }
        let rest = &self.src[self.offset..];
        let Some(c) = decode(rest) else {
            if self.offset == 0 && matches!(rest, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
                self.error(0, "illegal UTF-8 encoding (got UTF-16)");
                self.next_offset = self.src.len();
            } else {
                self.error(self.offset, "illegal UTF-8 encoding");
            }
            return char::REPLACEMENT_CHARACTER;
        };
        if c == '\u{feff}' && self.offset > 0 {
            self.error(self.offset, "illegal byte order mark");
        }
        self.next_offset = self.offset + c.len_utf8();
        c
    }

    /// The byte after the current character; 0 at the end.
    fn peek(&self) -> u8 {
        self.src.get(self.next_offset).copied().unwrap_or(0)
    }

    /// Goes to an offset further on, over whole characters.
    fn skip_to(&mut self, end: usize) {
        if !self.clean {
            while self.offset < end {
                self.advance();
            }
            return;
        }
        if end <= self.offset {
            return;
        }
        for i in memchr_iter(b'\n', &self.src[self.offset..end]) {
            self.lines.add(self.offset + i + 1);
        }
        self.ch = None;
        self.next_offset = end;
        self.advance();
    }

    /// Reads a comment whose first slash is consumed. Returns the offset of the first newline in a
    /// block comment.
    fn comment(&mut self) -> Option<usize> {
        let start = self.offset - 1;
        let rest = &self.src[start..];
        if self.ch == Some('/') {
            let end = start + memchr(b'\n', rest).unwrap_or(rest.len());
            let at_line_start = start == self.lines.last_start();
            self.skip_to(end);
            if at_line_start {
                let next = end + usize::from(self.ch == Some('\n'));
                self.line_directive(start, end, next);
            }
            return None;
        }
        let end = memmem::find(&rest[2..], b"*/").map(|i| start + 2 + i + 2);
        self.skip_to(end.unwrap_or(self.src.len()));
        match end {
            Some(end) => self.line_directive(start, end, end),
            None => self.error(start, "comment not terminated"),
        }
        let body = &self.src[start..end.unwrap_or(self.src.len())];
        memchr(b'\n', body).map(|i| start + i)
    }

    /// Follows a comment from `start` to `end` if it is a line directive for the offset `next`.
    fn line_directive(&mut self, start: usize, end: usize, next: usize) {
        let comment = &self.src[start..end];
        if comment.get(2..7) != Some(b"line ") {
            return;
        }
        let comment = match comment {
            [b'/', b'*', ..] => &comment[..comment.len() - 2],
            _ => comment.strip_suffix(b"\r").unwrap_or(comment),
        };
        if let Err((offset, msg)) = self.lines.directive(&comment[7..], start + 7, next) {
            self.error(offset, msg);
        }
    }

    fn ident(&mut self) {
        let rest = &self.src[self.offset..];
        let len = rest
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
            .count();
        if len > 0 {
            self.next_offset = self.offset + len;
            self.ch = None;
            self.advance();
        }
        while self
            .ch
            .is_some_and(|c| c == '_' || is_letter(c) || is_digit(c))
        {
            self.advance();
        }
    }

    /// Reads the next token.
    pub(super) fn scan(&mut self) -> Token {
        if let Some(newline) = self.comment_newline.take() {
            let line = self.lines.line(newline);
            let kind = Kind::Semicolon { written: false };
            return Token {
                kind,
                start: newline,
                end: newline + 1,
                line,
            };
        }
        while matches!(self.ch, Some(' ' | '\t' | '\r'))
            || self.ch == Some('\n') && !self.insert_semicolon
        {
            self.advance();
        }
        let (start, line) = (self.offset, self.lines.count());
        let kind = self.kind(start);
        Token {
            kind,
            start,
            end: self.offset,
            line,
        }
    }

    /// Reads what begins at `start`, the current character.
    fn kind(&mut self, start: usize) -> Kind {
        let before = std::mem::replace(&mut self.insert_semicolon, false);
        let Some(c) = self.ch else {
            return if before {
                Kind::Semicolon { written: false }
            } else {
                Kind::Eof
            };
        };
        if c == '_' || is_letter(c) {
            self.ident();
            let word = keyword(&self.src[start..self.offset]);
            self.insert_semicolon = matches!(
                word,
                None | Some("break" | "continue" | "fallthrough" | "return")
            );
            return word.map_or(Kind::Ident, Kind::Fixed);
        }
        if c.is_ascii_digit() || c == '.' && self.peek().is_ascii_digit() {
            self.insert_semicolon = true;
            return self.number();
        }
        self.advance();
        match c {
            '\n' => Kind::Semicolon { written: false },
            ';' => Kind::Semicolon { written: true },
            '"' | '`' | '\'' => {
                self.insert_semicolon = true;
                match c {
                    '"' => self.string(start),
                    '`' => self.raw_string(start),
                    _ => self.rune(start),
                }
            }
            '/' if matches!(self.ch, Some('/' | '*')) => {
                match self.comment() {
                    Some(newline) if before => self.comment_newline = Some(newline),
                    _ => self.insert_semicolon = before,
                }
                Kind::Comment
            }
            _ => match self.operator(c) {
                Some(op) => {
                    self.insert_semicolon = matches!(op, ")" | "]" | "}" | "++" | "--");
                    Kind::Fixed(op)
                }
                None => {
                    self.illegal(c, start);
                    self.insert_semicolon = before;
                    Kind::Illegal
                }
            },
        }
    }

    fn illegal(&mut self, c: char, start: usize) {
        match c {
            // A byte order mark has been reported when it was read.
            '\u{feff}' => {}
            '“' | '”' => self.error(
                start,
                format!("curly quotation mark '{c}' (use neutral '\"')"),
            ),
            _ => self.error(start, format!("illegal character {}", unicode_name(c))),
        }
    }

    /// The operator that begins with `first`, which is consumed already: the longest that fits.
    fn operator(&mut self, first: char) -> Option<&'static str> {
        #[rustfmt::skip]
        const OPERATORS: [&str; 47] = [
            "<<=", ">>=", "&^=", "...",
            "&&", "||", "<-", "++", "--", "==", "!=", "<=", ">=", ":=", "+=", "-=", "*=", "/=",
            "%=", "&=", "|=", "^=", "<<", ">>", "&^",
            "+", "-", "*", "/", "%", "&", "|", "^", "<", ">", "=", "!", "(", "[", "{", ",", ".",
            ")", "]", "}", ":", "~",
        ];
        let rest = &self.src[self.offset..];
        let fits = |op: &&str| {
            op.starts_with(first) && rest.starts_with(&op.as_bytes()[first.len_utf8()..])
        };
        let op = OPERATORS.into_iter().find(fits)?;
        self.skip_to(self.offset + op.len() - 1);
        Some(op)
    }
}

/// The character that a text begins with, if it is UTF-8.
fn decode(text: &[u8]) -> Option<char> {
    let width = match text.first()? {
        0..0x80 => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    std::str::from_utf8(text.get(..width)?).ok()?.chars().next()
}

/// `%#U`: `U+0040 '@'`.
fn unicode_name(c: char) -> String {
    let code = c as u32;
    if is_print(c) {
        format!("U+{code:04X} '{c}'")
    } else {
        format!("U+{code:04X}")
    }
}

/// A text without carriage returns. In a block comment one between `*` and `/` stays, since the
/// comment would end there.
fn strip_cr(text: &[u8], block_comment: bool) -> Cow<'_, str> {
    if memchr(b'\r', text).is_none() {
        return raw::borrow(text);
    }
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    for (i, &b) in text.iter().enumerate() {
        let ends_comment = || {
            block_comment
                && out.len() > 2
                && out.last() == Some(&b'*')
                && text.get(i + 1) == Some(&b'/')
        };
        if b != b'\r' || ends_comment() {
            out.push(b);
        }
    }
    Cow::Owned(raw::into_text(out))
}
