//! Numbers, strings and runes. Answers to go/scanner.

use memchr::memchr;

use super::super::token::Kind;
use super::{Scanner, unicode_name};
use crate::quote::quote_rune;

/// Properties of a number's digits.
#[derive(Clone, Copy, Default)]
struct Digits {
    any: bool,
    separator: bool,
}

impl Digits {
    fn and(self, other: Digits) -> Digits {
        Digits {
            any: self.any | other.any,
            separator: self.separator | other.separator,
        }
    }
}

/// The letter after a number's leading 0, in lower case; `'0'` for an octal number without one,
/// `None` for a decimal number.
type Prefix = Option<char>;

fn literal_name(prefix: Prefix) -> &'static str {
    match prefix {
        Some('x') => "hexadecimal literal",
        Some('o' | '0') => "octal literal",
        Some('b') => "binary literal",
        _ => "decimal literal",
    }
}

impl Scanner<'_> {
    fn lower(&self) -> Option<char> {
        self.ch.map(|c| c.to_ascii_lowercase())
    }

    /// Reads digits and separators; the first digit that the base does not have is noted.
    fn digits(&mut self, base: u32, invalid: &mut Option<usize>) -> Digits {
        let mut found = Digits::default();
        while let Some(c) = self.ch {
            let is_digit = if base <= 10 {
                c.is_ascii_digit()
            } else {
                c.is_ascii_hexdigit()
            };
            if c == '_' {
                found.separator = true;
            } else if is_digit {
                found.any = true;
                if c.to_digit(16).is_some_and(|d| d >= base) && invalid.is_none() {
                    *invalid = Some(self.offset);
                }
            } else {
                break;
            }
            self.advance();
        }
        found
    }

    /// Reads the `0x` and the like of a number, or only its 0.
    fn prefix(&mut self) -> (u32, Prefix) {
        self.advance();
        let prefix = self.lower();
        let base = match prefix {
            Some('x') => 16,
            Some('o') => 8,
            Some('b') => 2,
            _ => return (8, Some('0')),
        };
        self.advance();
        (base, prefix)
    }

    /// Reads a number.
    pub(super) fn number(&mut self) -> Kind {
        let start = self.offset;
        let (mut base, mut prefix) = (10, None);
        let mut kind = Kind::Illegal;
        let mut found = Digits::default();
        let mut invalid = None;
        if self.ch != Some('.') {
            kind = Kind::Int;
            if self.ch == Some('0') {
                (base, prefix) = self.prefix();
                found.any = prefix == Some('0');
            }
            found = found.and(self.digits(base, &mut invalid));
        }
        if self.ch == Some('.') {
            kind = Kind::Float;
            if matches!(prefix, Some('o' | 'b')) {
                let msg = format!("invalid radix point in {}", literal_name(prefix));
                self.error(self.offset, msg);
            }
            self.advance();
            found = found.and(self.digits(base, &mut invalid));
        }
        if !found.any {
            self.error(
                self.offset,
                format!("{} has no digits", literal_name(prefix)),
            );
        }
        let (exponent, exponent_digits) = self.exponent(prefix);
        found = found.and(exponent_digits);
        if exponent {
            kind = Kind::Float;
        } else if prefix == Some('x') && kind == Kind::Float {
            self.error(self.offset, "hexadecimal mantissa requires a 'p' exponent");
        }
        if self.ch == Some('i') {
            kind = Kind::Imag;
            self.advance();
        }
        self.check_number(start, kind, prefix, found, invalid);
        kind
    }

    /// Reads an exponent if there is one.
    fn exponent(&mut self, prefix: Prefix) -> (bool, Digits) {
        let Some(e @ ('e' | 'p')) = self.lower() else {
            return (false, Digits::default());
        };
        let mantissa = match (e, prefix) {
            ('e', Some('x' | 'o' | 'b')) => Some("decimal"),
            ('p', None | Some('0' | 'o' | 'b')) => Some("hexadecimal"),
            _ => None,
        };
        if let Some(mantissa) = mantissa {
            let e = quote_rune(self.ch.unwrap_or(e));
            self.error(
                self.offset,
                format!("{e} exponent requires {mantissa} mantissa"),
            );
        }
        self.advance();
        if matches!(self.ch, Some('+' | '-')) {
            self.advance();
        }
        let digits = self.digits(10, &mut None);
        if !digits.any {
            self.error(self.offset, "exponent has no digits");
        }
        (true, digits)
    }

    fn check_number(
        &mut self,
        start: usize,
        kind: Kind,
        prefix: Prefix,
        found: Digits,
        invalid: Option<usize>,
    ) {
        let text = &self.src[start..self.offset];
        if let (Kind::Int, Some(at)) = (kind, invalid) {
            let digit = quote_rune(self.src[at] as char);
            self.error(
                at,
                format!("invalid digit {digit} in {}", literal_name(prefix)),
            );
        }
        if found.separator
            && let Some(i) = misplaced_separator(text)
        {
            self.error(start + i, "'_' must separate successive digits");
        }
    }

    /// Reads the rest of an escape sequence. An error leaves the offending character unread.
    fn escape(&mut self, quote: char) -> bool {
        let start = self.offset;
        let (digits, base, max) = match self.ch {
            Some('a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\') => {
                self.advance();
                return true;
            }
            Some(c) if c == quote => {
                self.advance();
                return true;
            }
            Some('0'..='7') => (3, 8, 255),
            Some('x') => (2, 16, 255),
            Some('u') => (4, 16, char::MAX as u32),
            Some('U') => (8, 16, char::MAX as u32),
            Some(_) => {
                self.error(start, "unknown escape sequence");
                return false;
            }
            None => {
                self.error(start, "escape sequence not terminated");
                return false;
            }
        };
        if base == 16 {
            self.advance();
        }
        let mut value: u32 = 0;
        for _ in 0..digits {
            let Some(digit) = self.ch.and_then(|c| c.to_digit(base)) else {
                let msg = match self.ch {
                    Some(c) => format!("illegal character {} in escape sequence", unicode_name(c)),
                    None => "escape sequence not terminated".to_owned(),
                };
                self.error(self.offset, msg);
                return false;
            };
            value = value.wrapping_mul(base).wrapping_add(digit);
            self.advance();
        }
        if value > max || (0xd800..0xe000).contains(&value) {
            self.error(start, "escape sequence is invalid Unicode code point");
            return false;
        }
        true
    }

    /// Reads a string whose opening quote, at `start`, is consumed.
    pub(super) fn string(&mut self, start: usize) -> Kind {
        loop {
            match self.ch {
                None | Some('\n') => {
                    self.error(start, "string literal not terminated");
                    return Kind::String;
                }
                Some(c) => {
                    self.advance();
                    match c {
                        '"' => return Kind::String,
                        '\\' => {
                            self.escape('"');
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    /// Reads a raw string whose opening quote, at `start`, is consumed.
    pub(super) fn raw_string(&mut self, start: usize) -> Kind {
        match memchr(b'`', &self.src[self.offset..]) {
            Some(i) => self.skip_to(self.offset + i + 1),
            None => {
                self.skip_to(self.src.len());
                self.error(start, "raw string literal not terminated");
            }
        }
        Kind::String
    }

    /// Reads a rune whose opening quote, at `start`, is consumed.
    pub(super) fn rune(&mut self, start: usize) -> Kind {
        let mut valid = true;
        let mut count = 0;
        loop {
            match self.ch {
                None | Some('\n') => {
                    // Only if no other error was reported.
                    if valid {
                        self.error(start, "rune literal not terminated");
                    }
                    return Kind::Char;
                }
                Some(c) => {
                    self.advance();
                    match c {
                        '\'' => break,
                        '\\' => valid &= self.escape('\''),
                        _ => {}
                    }
                    count += 1;
                }
            }
        }
        if valid && count != 1 {
            self.error(start, "illegal rune literal");
        }
        Kind::Char
    }
}

/// The first `_` in a number that does not stand between digits (a prefix counts as a digit).
fn misplaced_separator(number: &[u8]) -> Option<usize> {
    let hex = matches!(number, [b'0', b'x' | b'X', ..]);
    let prefixed = hex || matches!(number, [b'0', b'o' | b'O' | b'b' | b'B', ..]);
    // The previous character: a digit, a separator, or neither.
    let mut previous = if prefixed { b'0' } else { b'.' };
    for (i, &b) in number.iter().enumerate().skip(if prefixed { 2 } else { 0 }) {
        let is_digit = b.is_ascii_digit() || hex && b.is_ascii_hexdigit();
        match (b, previous) {
            (b'_', b'0') => previous = b'_',
            (b'_', _) => return Some(i),
            (_, b'_') if !is_digit => return Some(i - 1),
            _ => previous = if is_digit { b'0' } else { b'.' },
        }
    }
    (previous == b'_').then(|| number.len() - 1)
}
