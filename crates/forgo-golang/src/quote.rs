//! Go string literals: strconv.Quote and Unquote, and what fmt prints for `%q` and `%x`. Texts may
//! stand for bytes that are not UTF-8 (see [`raw`]).

use crate::raw;
pub use crate::unicode::{Edition, is_graphic, is_print};

/// `%q` of a string (strconv.Quote).
pub fn quote(s: &str) -> String {
    let mut out = String::with_capacity(s.len() + 2);
    quote_into(&mut out, s);
    out
}

/// Appends `%q` of a string.
pub fn quote_into(out: &mut String, s: &str) {
    if let std::borrow::Cow::Owned(bytes) = raw::bytes(s) {
        out.push_str(&quote_bytes(&bytes));
        return;
    }
    out.push('"');
    escape_into(out, s, '"', is_print);
    out.push('"');
}

/// `%q` of bytes that need not be UTF-8.
pub fn quote_bytes(s: &[u8]) -> String {
    quote_bytes_in(s, Edition::V17)
}

/// `%q` of bytes by a release of Go with this edition of Unicode.
pub fn quote_bytes_in(s: &[u8], edition: Edition) -> String {
    let mut out = String::with_capacity(s.len() + 2);
    out.push('"');
    for chunk in s.utf8_chunks() {
        escape_into(&mut out, chunk.valid(), '"', |c| edition.is_print(c));
        for b in chunk.invalid() {
            out.push_str("\\x");
            push_hex(&mut out, u32::from(*b), 2);
        }
    }
    out.push('"');
    out
}

/// `%q` of a rune: `'x'`.
pub fn quote_rune(c: char) -> String {
    let mut out = String::from('\'');
    escape_char(&mut out, c, '\'', is_print(c));
    out.push('\'');
    out
}

/// `%q` of a slice of strings: `["a" "b"]`.
pub fn quote_slice<S: AsRef<str>>(list: &[S]) -> String {
    let mut out = String::from('[');
    for (i, s) in list.iter().enumerate() {
        if i > 0 {
            out.push(' ');
        }
        quote_into(&mut out, s.as_ref());
    }
    out.push(']');
    out
}

/// `%x` of bytes.
pub fn hex(b: &[u8]) -> String {
    let mut out = String::with_capacity(2 * b.len());
    for b in b {
        push_hex(&mut out, u32::from(*b), 2);
    }
    out
}

/// The bytes that [`hex`] shows so.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let digit = |c: u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    if pairs.len() != N {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

/// strconv.CanBackquote: can the text stand between back quotes as it is?
pub fn can_backquote(s: &str) -> bool {
    s.chars().all(|c| match c {
        '\t' => true,
        '`' | '\u{7f}' | '\u{feff}' => false,
        c => c >= ' ',
    })
}

fn push_hex(out: &mut String, v: u32, digits: u32) {
    for i in (0..digits).rev() {
        let d = (v >> (4 * i)) & 0xf;
        out.push(char::from_digit(d, 16).expect("four bits"));
    }
}

fn escape_into(out: &mut String, s: &str, quote: char, is_print: impl Fn(char) -> bool) {
    // Nearly all that is quoted needs no escape: copy in runs.
    let mut run = 0;
    for (i, c) in s.char_indices() {
        if c != quote && c != '\\' && is_print(c) {
            continue;
        }
        out.push_str(&s[run..i]);
        escape_char(out, c, quote, is_print(c));
        run = i + c.len_utf8();
    }
    out.push_str(&s[run..]);
}

fn escape_char(out: &mut String, c: char, quote: char, is_print: bool) {
    let letter = match c {
        '\x07' => 'a',
        '\x08' => 'b',
        '\x0c' => 'f',
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        '\x0b' => 'v',
        c if c == quote || c == '\\' => c,
        c if is_print => {
            out.push(c);
            return;
        }
        c => {
            let (letter, digits) = match c as u32 {
                0..0x20 | 0x7f => ('x', 2),
                0x80..0x10000 => ('u', 4),
                _ => ('U', 8),
            };
            out.push('\\');
            out.push(letter);
            push_hex(out, c as u32, digits);
            return;
        }
    };
    out.push('\\');
    out.push(letter);
}

/// The value of a Go string or rune literal of any kind (strconv.Unquote); `None` where invalid.
pub fn unquote(literal: &str) -> Option<String> {
    unquote_bytes(literal).map(raw::into_text)
}

/// [`unquote`], as bytes.
pub fn unquote_bytes(literal: &str) -> Option<Vec<u8>> {
    let (value, rest) = unquote_prefix(literal)?;
    rest.is_empty().then_some(value)
}

/// Unquotes the literal that the text begins with; also returns what follows it.
pub fn unquote_prefix(text: &str) -> Option<(Vec<u8>, &str)> {
    let quote = text.chars().next()?;
    let body = &text[quote.len_utf8()..];
    match quote {
        '`' => {
            let end = body.find('`')?;
            let value = raw::bytes(&body[..end]);
            let value = value.iter().copied().filter(|&b| b != b'\r').collect();
            Some((value, &body[end + 1..]))
        }
        '"' => {
            let mut value = Vec::new();
            let mut rest = body;
            while !rest.starts_with('"') {
                rest = unquote_char(rest, quote, &mut value)?;
            }
            Some((value, &rest[1..]))
        }
        '\'' => {
            let mut value = Vec::new();
            let mut rest = body;
            if !rest.starts_with('\'') {
                rest = unquote_char(rest, quote, &mut value)?;
            }
            Some((value, rest.strip_prefix('\'')?))
        }
        _ => None,
    }
}

/// Appends the value of the first character or escape of `s`; returns what follows it.
pub(crate) fn unquote_char<'a>(s: &'a str, quote: char, value: &mut Vec<u8>) -> Option<&'a str> {
    let mut chars = s.chars();
    let c = chars.next()?;
    if c == '\n' {
        return None;
    }
    if c != '\\' {
        // Go decodes the text that it copies.
        let c = raw::decoded(c);
        value.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        return Some(chars.as_str());
    }
    let c = chars.next()?;
    let s = chars.as_str();
    let number = |digits: usize, radix: u32| {
        let text = s.get(..digits)?;
        let ok = text.chars().all(|c| c.is_digit(radix));
        ok.then(|| u32::from_str_radix(text, radix).ok()).flatten()
    };
    let simple = match c {
        'a' => 0x07,
        'b' => 0x08,
        'f' => 0x0c,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 0x0b,
        '\\' => b'\\',
        '\'' | '"' if c == quote => c as u8,
        'x' => {
            value.push(number(2, 16)? as u8);
            return Some(&s[2..]);
        }
        'u' | 'U' => {
            let digits = if c == 'u' { 4 } else { 8 };
            let rune = char::from_u32(number(digits, 16)?)?;
            value.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(&s[digits..]);
        }
        '0'..='7' => {
            let high = c as u32 - '0' as u32;
            let v = high << 6 | number(2, 8)?;
            value.push(u8::try_from(v).ok()?);
            return Some(&s[2..]);
        }
        _ => return None,
    };
    value.push(simple);
    Some(s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes() {
        for (s, want) in [
            ("", r#""""#),
            ("abc", r#""abc""#),
            ("a\"b\\c'", r#""a\"b\\c'""#),
            ("\x07\x08\x0c\n\r\t\x0b", r#""\a\b\f\n\r\t\v""#),
            ("\0\x1b\x7f", r#""\x00\x1b\x7f""#),
            ("é世😀", "\"é世😀\""),
            (
                "\u{a0}\u{ad}\u{feff}\u{200b}",
                r#""\u00a0\u00ad\ufeff\u200b""#,
            ),
            ("\u{10ffff}\u{e0001}", r#""\U0010ffff\U000e0001""#),
            ("\u{fffd}", "\"\u{fffd}\""),
        ] {
            let text = raw::text(s.as_bytes());
            assert_eq!(quote(&text), want);
            assert_eq!(quote_bytes(s.as_bytes()), want);
            assert_eq!(unquote(want), Some(text));
        }
        assert_eq!(quote(&raw::text(b"a\xff")), r#""a\xff""#);
        assert_eq!(
            quote_bytes(b"a\xff\xc3(\xe2\x82"),
            r#""a\xff\xc3(\xe2\x82""#
        );
        // Part of a key; U+FBD1 is of Unicode 17.
        for (edition, want) in [
            (Edition::V15, r#""\x84\ufbd1ˉL7\xed8""#),
            (Edition::V17, "\"\\x84\u{fbd1}ˉL7\\xed8\""),
        ] {
            assert_eq!(
                quote_bytes_in(b"\x84\xef\xaf\x91\xcb\x89L7\xed8", edition),
                want
            );
        }
        assert_eq!(quote_rune('\''), r"'\''");
        assert_eq!(quote_rune('"'), "'\"'");
        assert_eq!(quote_rune('☺'), "'☺'");
        assert_eq!(quote_rune('\u{1}'), r"'\x01'");
        assert_eq!(quote_slice(&["a", "b c", ""]), r#"["a" "b c" ""]"#);
        assert_eq!(quote_slice::<&str>(&[]), "[]");
        assert_eq!(hex(b"\x00\xab\x10"), "00ab10");
    }

    #[test]
    fn unquotes() {
        for (literal, want) in [
            ("`a\\n`", Some("a\\n")),
            ("`a\r\nb`", Some("a\nb")),
            ("``", Some("")),
            ("'a'", Some("a")),
            ("''", Some("")),
            (r"'\''", Some("'")),
            (r#"'"'"#, Some("\"")),
            (r#""\x41\102\u0043\U00000044""#, Some("ABCD")),
            (r#""\xff""#, Some("\u{10ffff}")),
            (r#""\xe4\xb8\x96""#, Some("世")),
            (r#""\'""#, None),
            (r#"'\"'"#, None),
            ("'ab'", None),
            ("\"a\nb\"", None),
            ("\"a", None),
            ("\"", None),
            ("", None),
            ("a", None),
            ("`a", None),
            ("\"a\"b", None),
            (r#""\q""#, None),
            (r#""\x4""#, None),
            (r#""\x+4""#, None),
            (r#""\400""#, None),
            (r#""\18 ""#, None),
            (r#""\ud800""#, None),
            (r#""\U00110000""#, None),
            ("\"a`'b\"", Some("a`'b")),
        ] {
            assert_eq!(unquote(literal).as_deref(), want, "{literal}");
        }
        assert_eq!(unquote_bytes(r#""\xff""#), Some(vec![0xff]));
        assert_eq!(unquote_prefix("\"a\" b"), Some((b"a".to_vec(), " b")));
    }

    #[test]
    fn backquotable() {
        for (s, want) in [
            ("a\tb\"", true),
            ("a\nb", false),
            ("`", false),
            ("\u{feff}", false),
            ("é", true),
        ] {
            assert_eq!(can_backquote(s), want, "{s:?}");
        }
    }

    #[test]
    fn every_char_survives() {
        for c in (0..0x3000)
            .chain((0x3000..=0x10ffff).step_by(97))
            .filter_map(char::from_u32)
        {
            let s = raw::text(c.to_string().as_bytes());
            assert_eq!(unquote(&quote(&s)).as_deref(), Some(&*s));
            assert_eq!(unquote(&quote_rune(c)).as_deref(), Some(&*s));
        }
    }
}
