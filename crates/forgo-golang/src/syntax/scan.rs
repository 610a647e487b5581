//! From Go source to tokens, with the errors of go/scanner/scanner.go.

use super::token::{Key, Op, Tok};
use super::{Error, Result};
use crate::quote::quote_rune;
use crate::unicode::{is_digit, is_letter, is_print};

/// A token: its kind and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// Its kind.
    pub tok: Tok,
    /// Byte offset of its first byte.
    pub pos: usize,
    /// Byte offset behind it.
    pub end: usize,
    /// A semicolon that a newline or the end of the file stands for.
    pub implicit: bool,
}

/// Reads tokens; comments are among them.
pub struct Scanner<'s> {
    src: &'s [u8],
    /// Offset of `ch`.
    offset: usize,
    /// Offset behind `ch`.
    next_offset: usize,
    /// The current character; `None` at the end.
    ch: Option<char>,
    insert_semi: bool,
    /// Where a comment held the newline that ends a statement.
    newline: Option<usize>,
    /// The first error of the token being read.
    error: Option<Error>,
}

const BOM: char = '\u{feff}';

fn starts_identifier(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii() && is_letter(c)
}

fn continues_identifier(c: char) -> bool {
    starts_identifier(c) || c.is_ascii_digit() || !c.is_ascii() && is_digit(c)
}

impl<'s> Scanner<'s> {
    /// Begins with the first character.
    pub fn new(src: &'s [u8]) -> Scanner<'s> {
        let mut s = Scanner {
            src,
            offset: 0,
            next_offset: 0,
            ch: Some(' '),
            insert_semi: false,
            newline: None,
            error: None,
        };
        s.next();
        if s.ch == Some(BOM) {
            s.next();
        }
        s
    }

    fn error(&mut self, offset: usize, message: impl Into<String>) {
        if self.error.is_none() {
            self.error = Some(Error {
                pos: offset,
                message: message.into(),
            });
        }
    }

    fn next(&mut self) {
        self.offset = self.next_offset;
        let rest = &self.src[self.offset.min(self.src.len())..];
        let Some(&first) = rest.first() else {
            self.ch = None;
            return;
        };
        if first == 0 {
            self.error(self.offset, "illegal character NUL");
        }
        if first < 0x80 {
            self.ch = Some(first as char);
            self.next_offset += 1;
            return;
        }
        match decode(rest) {
            Some(c) => {
                if c == BOM && self.offset > 0 {
                    self.error(self.offset, "illegal byte order mark");
                }
                self.ch = Some(c);
                self.next_offset += c.len_utf8();
            }
            None => {
                let utf16 = self.offset == 0
                    && (rest.starts_with(b"\xff\xfe") || rest.starts_with(b"\xfe\xff"));
                if utf16 {
                    self.error(0, "illegal UTF-8 encoding (got UTF-16)");
                    self.next_offset = self.src.len();
                } else {
                    self.error(self.offset, "illegal UTF-8 encoding");
                    self.next_offset += 1;
                }
                self.ch = Some('\u{fffd}');
            }
        }
    }

    fn peek(&self) -> u8 {
        self.src.get(self.next_offset).copied().unwrap_or(0)
    }

    /// The next token; an error is the first one met while reading it.
    pub fn scan(&mut self) -> Result<Token> {
        let token = self.token();
        match self.error.take() {
            Some(e) => Err(e),
            None => Ok(token),
        }
    }

    fn implicit_semicolon(&mut self, pos: usize) -> Token {
        Token {
            tok: Tok::Op(Op::Semicolon),
            pos,
            end: pos,
            implicit: true,
        }
    }

    fn token(&mut self) -> Token {
        if let Some(pos) = self.newline.take() {
            return self.implicit_semicolon(pos);
        }
        while matches!(self.ch, Some(' ' | '\t' | '\r'))
            || self.ch == Some('\n') && !self.insert_semi
        {
            self.next();
        }
        let pos = self.offset;
        let tok = match self.ch {
            Some(c) if starts_identifier(c) => self.identifier(),
            Some(c) if c.is_ascii_digit() || c == '.' && self.peek().is_ascii_digit() => {
                self.number()
            }
            c => {
                self.next();
                match c {
                    None | Some('\n') if self.insert_semi => {
                        self.insert_semi = false;
                        return self.implicit_semicolon(pos);
                    }
                    None => Tok::Eof,
                    Some('/') if matches!(self.ch, Some('/' | '*')) => {
                        self.comment(pos);
                        return Token {
                            tok: Tok::Comment,
                            pos,
                            end: self.offset,
                            implicit: false,
                        };
                    }
                    Some(c) => self.operator(c, pos),
                }
            }
        };
        self.insert_semi = tok.ends_statement() || tok == Tok::Illegal && self.insert_semi;
        Token {
            tok,
            pos,
            end: self.offset,
            implicit: false,
        }
    }

    fn identifier(&mut self) -> Tok {
        let start = self.offset;
        while self.ch.is_some_and(continues_identifier) {
            self.next();
        }
        let text = std::str::from_utf8(&self.src[start..self.offset]).unwrap_or_default();
        Key::of(text).map_or(Tok::Ident, Tok::Key)
    }

    fn operator(&mut self, c: char, pos: usize) -> Tok {
        match c {
            '"' => {
                self.string(pos);
                return Tok::Str;
            }
            '\'' => {
                self.rune(pos);
                return Tok::Char;
            }
            '`' => {
                self.raw_string(pos);
                return Tok::Str;
            }
            _ => {}
        }
        // The longest operator that the text begins with: three bytes at most.
        let rest = &self.src[pos..];
        for len in (1..=3.min(rest.len())).rev() {
            let text = std::str::from_utf8(&rest[..len]).unwrap_or_default();
            if let Some(op) = Op::of(text) {
                for _ in 1..len {
                    self.next();
                }
                return Tok::Op(op);
            }
        }
        // A byte order mark was complained of already.
        if c != BOM {
            let name = unicode_name(c);
            self.error(
                pos,
                match c {
                    '“' | '”' => {
                        format!("curly quotation mark {} (use neutral '\"')", quote_rune(c))
                    }
                    _ => format!("illegal character {name}"),
                },
            );
        }
        Tok::Illegal
    }

    /// Behind the slash at `pos`.
    fn comment(&mut self, pos: usize) {
        if self.ch == Some('/') {
            while self.ch.is_some_and(|c| c != '\n') {
                self.next();
            }
            return;
        }
        self.next();
        let mut newline = None;
        loop {
            let Some(c) = self.ch else {
                return self.error(pos, "comment not terminated");
            };
            if c == '\n' && newline.is_none() {
                newline = Some(self.offset);
            }
            self.next();
            if c == '*' && self.ch == Some('/') {
                self.next();
                break;
            }
        }
        if self.insert_semi && newline.is_some() {
            self.newline = newline;
            self.insert_semi = false;
        }
    }

    fn digits(&mut self, base: u32, invalid: &mut Option<usize>) -> Digits {
        let mut seen = Digits::default();
        while let Some(c) = self.ch {
            let taken = if base <= 10 {
                c.is_ascii_digit()
            } else {
                c.is_ascii_hexdigit()
            };
            if c == '_' {
                seen.separators = true;
            } else if taken {
                seen.any = true;
                if base <= 10 && c.to_digit(10).is_some_and(|d| d >= base) && invalid.is_none() {
                    *invalid = Some(self.offset);
                }
            } else {
                break;
            }
            self.next();
        }
        seen
    }

    fn number(&mut self) -> Tok {
        let start = self.offset;
        let mut tok = Tok::Float;
        let (mut base, mut prefix) = (10, '\0');
        let mut seen = Digits::default();
        let mut invalid = None;
        let lower = |c: Option<char>| c.map_or('\0', |c| c.to_ascii_lowercase());
        if self.ch != Some('.') {
            tok = Tok::Int;
            if self.ch == Some('0') {
                self.next();
                (base, prefix) = match lower(self.ch) {
                    'x' => (16, 'x'),
                    'o' => (8, 'o'),
                    'b' => (2, 'b'),
                    _ => (8, '0'),
                };
                if prefix == '0' {
                    seen.any = true;
                } else {
                    self.next();
                }
            }
            seen.add(self.digits(base, &mut invalid));
        }
        let kind = literal_name(prefix);
        if self.ch == Some('.') {
            tok = Tok::Float;
            if matches!(prefix, 'o' | 'b') {
                self.error(self.offset, format!("invalid radix point in {kind}"));
            }
            self.next();
            seen.add(self.digits(base, &mut invalid));
        }
        if !seen.any {
            self.error(self.offset, format!("{kind} has no digits"));
        }
        let e = lower(self.ch);
        if matches!(e, 'e' | 'p') {
            self.exponent(e, prefix, &mut seen);
            tok = Tok::Float;
        } else if prefix == 'x' && tok == Tok::Float {
            self.error(self.offset, "hexadecimal mantissa requires a 'p' exponent");
        }
        if self.ch == Some('i') {
            tok = Tok::Imag;
            self.next();
        }
        let literal = &self.src[start..self.offset];
        if let (Tok::Int, Some(at)) = (tok, invalid) {
            let digit = self.src[at] as char;
            self.error(at, format!("invalid digit '{digit}' in {kind}"));
        }
        if let Some(i) = misplaced_separator(literal).filter(|_| seen.separators) {
            self.error(start + i, "'_' must separate successive digits");
        }
        tok
    }

    fn exponent(&mut self, e: char, prefix: char, seen: &mut Digits) {
        let c = self.ch.unwrap_or(e);
        if e == 'e' && !matches!(prefix, '\0' | '0') {
            self.error(
                self.offset,
                format!("'{c}' exponent requires decimal mantissa"),
            );
        } else if e == 'p' && prefix != 'x' {
            self.error(
                self.offset,
                format!("'{c}' exponent requires hexadecimal mantissa"),
            );
        }
        self.next();
        if matches!(self.ch, Some('+' | '-')) {
            self.next();
        }
        let digits = self.digits(10, &mut None);
        seen.add(digits);
        if !digits.any {
            self.error(self.offset, "exponent has no digits");
        }
    }

    /// Behind a backslash. False after an error.
    fn escape(&mut self, quote: char) -> bool {
        let start = self.offset;
        let (mut n, base, max) = match self.ch {
            Some('a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\') => {
                self.next();
                return true;
            }
            Some(c) if c == quote => {
                self.next();
                return true;
            }
            Some('0'..='7') => (3, 8, 255),
            Some('x') => (2, 16, 255),
            Some('u') => (4, 16, 0x10ffff),
            Some('U') => (8, 16, 0x10ffff),
            c => {
                let what = if c.is_none() {
                    "escape sequence not terminated"
                } else {
                    "unknown escape sequence"
                };
                self.error(start, what);
                return false;
            }
        };
        if base == 16 {
            self.next();
        }
        let mut x: u32 = 0;
        while n > 0 {
            let Some(d) = self.ch.and_then(|c| c.to_digit(base)) else {
                let message = match self.ch {
                    None => "escape sequence not terminated".to_owned(),
                    Some(c) => {
                        format!("illegal character {} in escape sequence", unicode_name(c))
                    }
                };
                self.error(self.offset, message);
                return false;
            };
            x = x.wrapping_mul(base).wrapping_add(d);
            self.next();
            n -= 1;
        }
        if x > max || (0xd800..0xe000).contains(&x) {
            self.error(start, "escape sequence is invalid Unicode code point");
            return false;
        }
        true
    }

    fn rune(&mut self, start: usize) {
        let (mut valid, mut n) = (true, 0);
        loop {
            let c = self.ch;
            if matches!(c, None | Some('\n')) {
                if valid {
                    self.error(start, "rune literal not terminated");
                }
                return;
            }
            self.next();
            if c == Some('\'') {
                break;
            }
            n += 1;
            if c == Some('\\') && !self.escape('\'') {
                valid = false;
            }
        }
        if valid && n != 1 {
            self.error(start, "illegal rune literal");
        }
    }

    fn string(&mut self, start: usize) {
        loop {
            let c = self.ch;
            if matches!(c, None | Some('\n')) {
                return self.error(start, "string literal not terminated");
            }
            self.next();
            match c {
                Some('"') => return,
                Some('\\') => {
                    self.escape('"');
                }
                _ => {}
            }
        }
    }

    fn raw_string(&mut self, start: usize) {
        loop {
            let c = self.ch;
            if c.is_none() {
                return self.error(start, "raw string literal not terminated");
            }
            self.next();
            if c == Some('`') {
                return;
            }
        }
    }
}

/// Properties of a run of digits.
#[derive(Debug, Clone, Copy, Default)]
struct Digits {
    any: bool,
    separators: bool,
}

impl Digits {
    fn add(&mut self, other: Digits) {
        self.any |= other.any;
        self.separators |= other.separators;
    }
}

fn literal_name(prefix: char) -> &'static str {
    match prefix {
        'x' => "hexadecimal literal",
        'o' | '0' => "octal literal",
        'b' => "binary literal",
        _ => "decimal literal",
    }
}

/// Index of the first underscore that is not between two digits (a base prefix counts as one).
fn misplaced_separator(literal: &[u8]) -> Option<usize> {
    let second = literal.get(1).map_or(0, u8::to_ascii_lowercase);
    let prefixed = literal[0] == b'0' && matches!(second, b'x' | b'o' | b'b');
    let mut after_digit = prefixed;
    let mut after_separator = false;
    for (i, &c) in literal
        .iter()
        .enumerate()
        .skip(if prefixed { 2 } else { 0 })
    {
        if c == b'_' {
            if !after_digit {
                return Some(i);
            }
            (after_digit, after_separator) = (false, true);
        } else if c.is_ascii_digit() || second == b'x' && prefixed && c.is_ascii_hexdigit() {
            (after_digit, after_separator) = (true, false);
        } else {
            if after_separator {
                return Some(i - 1);
            }
            after_digit = false;
        }
    }
    after_separator.then(|| literal.len() - 1)
}

fn decode(bytes: &[u8]) -> Option<char> {
    let head = &bytes[..bytes.len().min(4)];
    let valid = match std::str::from_utf8(head) {
        Ok(s) => s,
        Err(e) => std::str::from_utf8(&head[..e.valid_up_to()]).ok()?,
    };
    valid.chars().next()
}

/// `%#U`.
fn unicode_name(c: char) -> String {
    if is_print(c) {
        format!("U+{:04X} '{c}'", c as u32)
    } else {
        format!("U+{:04X}", c as u32)
    }
}
