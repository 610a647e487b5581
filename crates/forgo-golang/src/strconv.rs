//! Go's quoting and number texts (package strconv), on bytes: a Go string need not be UTF-8.
//! Shell-like splitting of flag values is another matter and not here.

pub use crate::quote::{quote, quote_bytes};
pub use crate::unicode::{is_digit, is_letter, is_print};

const LOWER_HEX: &[u8; 16] = b"0123456789abcdef";

/// The text given to [`unquote`] or [`unquote_char`] is not a Go literal (strconv.ErrSyntax).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyntaxError;

impl std::fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("invalid syntax")
    }
}

impl std::error::Error for SyntaxError {}

/// The first rune of `b` and its width; `None` with width 1 for bytes that are not UTF-8, and
/// width 0 at the end (utf8.DecodeRune).
pub fn decode_rune(b: &[u8]) -> (Option<char>, usize) {
    let Some(&first) = b.first() else {
        return (None, 0);
    };
    let width = match first {
        0..=0x7f => return (Some(first as char), 1),
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return (None, 1),
    };
    match b.get(..width).map(std::str::from_utf8) {
        Some(Ok(s)) => (s.chars().next(), width),
        _ => (None, 1),
    }
}

/// The number of runes in `b`, each stray byte counting as one (utf8.RuneCount).
pub fn rune_count(b: &[u8]) -> usize {
    let (mut n, mut rest) = (0, b);
    while !rest.is_empty() {
        rest = &rest[decode_rune(rest).1..];
        n += 1;
    }
    n
}

/// As [`quote_bytes`], everything beyond ASCII escaped (strconv.QuoteToASCII, `%+q`).
pub fn quote_to_ascii(s: &[u8]) -> String {
    quote_with(s, '"', true)
}

/// A Go rune literal (strconv.QuoteRune).
pub fn quote_rune(c: char, ascii: bool) -> String {
    let mut out = String::from('\'');
    escape_rune(&mut out, c, '\'', ascii);
    out.push('\'');
    out
}

fn quote_with(s: &[u8], quote: char, ascii: bool) -> String {
    let mut out = String::with_capacity(s.len() + 2);
    out.push(quote);
    let mut rest = s;
    while !rest.is_empty() {
        let (rune, width) = decode_rune(rest);
        match rune {
            Some(c) => escape_rune(&mut out, c, quote, ascii),
            None => push_hex(&mut out, "\\x", u32::from(rest[0]), 2),
        }
        rest = &rest[width..];
    }
    out.push(quote);
    out
}

fn push_hex(out: &mut String, prefix: &str, value: u32, digits: u32) {
    out.push_str(prefix);
    for i in (0..digits).rev() {
        out.push(LOWER_HEX[(value >> (4 * i) & 0xf) as usize] as char);
    }
}

fn escape_rune(out: &mut String, c: char, quote: char, ascii: bool) {
    if c == quote || c == '\\' {
        out.push('\\');
        out.push(c);
        return;
    }
    if is_print(c) && (c.is_ascii() || !ascii) {
        out.push(c);
        return;
    }
    match c {
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        _ if c < ' ' || c == '\x7f' => push_hex(out, "\\x", c as u32, 2),
        _ if (c as u32) < 0x10000 => push_hex(out, "\\u", c as u32, 4),
        _ => push_hex(out, "\\U", c as u32, 8),
    }
}

/// Whether `s` can be written between back quotes on one line (strconv.CanBackquote).
pub fn can_backquote(s: &[u8]) -> bool {
    let mut rest = s;
    while !rest.is_empty() {
        let (rune, width) = decode_rune(rest);
        match rune {
            None | Some('\u{feff}' | '`' | '\x7f') => return false,
            Some(c) if c < ' ' && c != '\t' => return false,
            Some(_) => rest = &rest[width..],
        }
    }
    true
}

/// The value of a Go string or rune literal (strconv.Unquote).
pub fn unquote(literal: &str) -> Result<Vec<u8>, SyntaxError> {
    let b = literal.as_bytes();
    let (Some(&quote), Some(&last)) = (b.first(), b.last()) else {
        return Err(SyntaxError);
    };
    if b.len() < 2 || quote != last {
        return Err(SyntaxError);
    }
    let body = &literal[1..literal.len() - 1];
    match quote {
        b'`' if body.contains('`') => Err(SyntaxError),
        b'`' => Ok(body.bytes().filter(|&c| c != b'\r').collect()),
        b'"' | b'\'' => unquote_body(body, quote),
        _ => Err(SyntaxError),
    }
}

fn unquote_body(body: &str, quote: u8) -> Result<Vec<u8>, SyntaxError> {
    if body.contains('\n') {
        return Err(SyntaxError);
    }
    let mut out = Vec::with_capacity(body.len());
    let (mut rest, mut runes) = (body, 0);
    while !rest.is_empty() {
        let (unit, tail) = unquote_char(rest, quote)?;
        match unit {
            Unit::Byte(b) => out.push(b),
            Unit::Rune(c) => out.extend(c.encode_utf8(&mut [0; 4]).bytes()),
        }
        rest = tail;
        runes += 1;
    }
    if quote == b'\'' && runes != 1 {
        return Err(SyntaxError);
    }
    Ok(out)
}

/// What one character or escape of a literal stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A byte: `\xff`, `\377`.
    Byte(u8),
    /// A rune.
    Rune(char),
}

impl Unit {
    /// The numeric value.
    pub fn value(self) -> u32 {
        match self {
            Unit::Byte(b) => u32::from(b),
            Unit::Rune(c) => c as u32,
        }
    }
}

/// Reads the first character or escape of `s` inside a literal of the given quote; returns it and
/// what follows (strconv.UnquoteChar).
pub fn unquote_char(s: &str, quote: u8) -> Result<(Unit, &str), SyntaxError> {
    let mut chars = s.chars();
    let c = chars.next().ok_or(SyntaxError)?;
    if c as u32 == u32::from(quote) && (quote == b'\'' || quote == b'"') {
        return Err(SyntaxError);
    }
    if c != '\\' {
        return Ok((Unit::Rune(c), chars.as_str()));
    }
    let c = chars.next().ok_or(SyntaxError)?;
    let rest = chars.as_str();
    let plain = |c| Ok((Unit::Rune(c), rest));
    match c {
        'a' => plain('\x07'),
        'b' => plain('\x08'),
        'f' => plain('\x0c'),
        'n' => plain('\n'),
        'r' => plain('\r'),
        't' => plain('\t'),
        'v' => plain('\x0b'),
        '\\' => plain('\\'),
        '\'' | '"' if c as u32 == u32::from(quote) => plain(c),
        'x' => {
            let (v, rest) = digits(rest, 2, 16)?;
            Ok((Unit::Byte(v as u8), rest))
        }
        'u' | 'U' => {
            let (v, rest) = digits(rest, if c == 'u' { 4 } else { 8 }, 16)?;
            Ok((Unit::Rune(char::from_u32(v).ok_or(SyntaxError)?), rest))
        }
        '0'..='7' => {
            let (v, rest) = digits(&s[1..], 3, 8)?;
            let byte = u8::try_from(v).map_err(|_| SyntaxError)?;
            Ok((Unit::Byte(byte), rest))
        }
        _ => Err(SyntaxError),
    }
}

fn digits(s: &str, n: usize, radix: u32) -> Result<(u32, &str), SyntaxError> {
    let head = s.get(..n).ok_or(SyntaxError)?;
    if !head.chars().all(|c| c.is_digit(radix)) {
        return Err(SyntaxError);
    }
    let v = u32::from_str_radix(head, radix).map_err(|_| SyntaxError)?;
    Ok((v, &s[n..]))
}

/// url.QueryEscape.
pub fn query_escape(s: &[u8]) -> String {
    let mut out = String::with_capacity(s.len());
    for &b in s {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(b as char);
            }
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_as_go_does() {
        for (raw, want) in [
            (&b"plain"[..], r#""plain""#),
            (b"a\"b\\c", r#""a\"b\\c""#),
            (b"\x00\x07\x7f\n", r#""\x00\a\x7f\n""#),
            ("é\u{a0}\u{feff}".as_bytes(), "\"é\\u00a0\\ufeff\""),
            (b"\xff\xc3", r#""\xff\xc3""#),
            ("\u{1f600}\u{e0001}".as_bytes(), "\"\u{1f600}\\U000e0001\""),
        ] {
            assert_eq!(quote_bytes(raw), want);
        }
        assert_eq!(quote_to_ascii("é😀".as_bytes()), r#""\u00e9\U0001f600""#);
        assert_eq!(quote_rune('\'', false), r"'\''");
    }

    #[test]
    fn unquotes_as_go_does() {
        for (literal, want) in [
            (r#""a\tb""#, Some(&b"a\tb"[..])),
            (r#""\xff\101\u00e9""#, Some(b"\xffA\xc3\xa9")),
            ("`raw\\n\r`", Some(b"raw\\n")),
            ("'x'", Some(b"x")),
            ("'xy'", None),
            (r#""\'""#, None),
            ("\"a\nb\"", None),
            (r#""\400""#, None),
            (r#""\ud800""#, None),
            ("\"", None),
            ("", None),
        ] {
            assert_eq!(unquote(literal).ok().as_deref(), want, "{literal}");
        }
    }

    #[test]
    fn knows_back_quotes() {
        assert!(can_backquote(b"a\tb"));
        assert!(!can_backquote(b"a\nb"));
        assert!(!can_backquote(b"`"));
        assert!(!can_backquote(b"\xff"));
    }

    #[test]
    fn counts_stray_bytes_as_runes() {
        assert_eq!(rune_count("aé".as_bytes()), 2);
        assert_eq!(rune_count(b"\xe2\x82"), 2);
    }
}
