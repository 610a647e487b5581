//! Bytes that need not be UTF-8, kept in a `String`: output of compilers, environment variables,
//! arguments. Go strings hold any bytes; here a byte that is not UTF-8 becomes a character at the
//! very end of Unicode, among those for private use, and becomes the byte again when it is written.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::release::Release;

/// The character for the byte 0x80; those for the bytes up to 0xff follow.
const FIRST: u32 = 0x10_FF80;

/// The text that stands for the bytes. Lossless: [`bytes`] gives them back.
pub fn text(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if u32::from(c) < FIRST {
                out.push(c);
            } else {
                // Would be taken for a byte: each of its bytes is kept by itself.
                let mut buffer = [0; 4];
                push_bytes(&mut out, c.encode_utf8(&mut buffer).as_bytes());
            }
        }
        push_bytes(&mut out, chunk.invalid());
    }
    out
}

fn push_bytes(out: &mut String, bytes: &[u8]) {
    let char = |b: &u8| char::from_u32(FIRST + u32::from(*b) - 0x80);
    out.extend(bytes.iter().filter_map(char));
}

/// [`text`], without a copy where all is UTF-8.
pub fn into_text(bytes: Vec<u8>) -> String {
    // The lead byte of characters at the end of Unicode.
    if bytes.contains(&0xf4) {
        return text(&bytes);
    }
    String::from_utf8(bytes).unwrap_or_else(|e| text(e.as_bytes()))
}

/// [`text`], without a copy where all is UTF-8.
pub fn borrow(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if !bytes.contains(&0xf4) => Cow::Borrowed(text),
        _ => Cow::Owned(text(bytes)),
    }
}

/// Replaces each byte that is not UTF-8 by U+FFFD, as Go does; `String::from_utf8_lossy` replaces
/// fewer where several bytes could begin a character.
pub fn lossy(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        for _ in chunk.invalid() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
    out
}

/// Compares as the bytes compare that the texts stand for.
pub fn compare(a: &str, b: &str) -> Ordering {
    if holds_bytes(a) || holds_bytes(b) {
        bytes(a).cmp(&bytes(b))
    } else {
        a.cmp(b)
    }
}

/// Reports whether the bytes that the text stands for are UTF-8 (utf8.ValidString).
pub fn is_utf8(text: &str) -> bool {
    match bytes(text) {
        Cow::Borrowed(_) => true,
        Cow::Owned(bytes) => std::str::from_utf8(&bytes).is_ok(),
    }
}

/// The bytes that the text stands for.
pub fn bytes(text: &str) -> Cow<'_, [u8]> {
    if !holds_bytes(text) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        match u8::try_from(u32::from(c).wrapping_sub(FIRST)) {
            Ok(n) if n < 0x80 => out.push(0x80 + n),
            _ => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(out)
}

/// JSON as Go writes it, with U+FFFD for each byte that is not UTF-8; Go 1.26 writes it as
/// `\ufffd`.
pub fn json(text: &str, release: Release) -> Cow<'_, str> {
    if !holds_bytes(text) {
        return Cow::Borrowed(text);
    }
    let is_byte = |c: char| u32::from(c) >= FIRST;
    let shown = if release.has_json_v2() {
        "\u{fffd}"
    } else {
        "\\ufffd"
    };
    Cow::Owned(text.replace(is_byte, shown))
}

/// The character as Go decodes it: U+FFFD for one that stands for a byte.
pub fn decoded(c: char) -> char {
    if u32::from(c) < FIRST {
        c
    } else {
        char::REPLACEMENT_CHARACTER
    }
}

fn holds_bytes(text: &str) -> bool {
    text.as_bytes().contains(&0xf4) && text.chars().any(|c| u32::from(c) >= FIRST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost() {
        let cases: [&[u8]; 6] = [
            b"",
            "plain, \u{e9} and \u{1f600}".as_bytes(),
            b"caf\xe9: \xff\x80 no",
            b"\xe2\x82",
            "\u{10ff80}\u{10ffff}".as_bytes(),
            b"\xf4\x8f\xbf",
        ];
        for case in cases {
            let text = text(case);
            assert_eq!(*bytes(&text), *case, "{case:?}");
            assert_eq!(into_text(case.to_vec()), text);
        }
    }

    #[test]
    fn utf8_is_itself() {
        assert_eq!(text("\u{10ff7f} x".as_bytes()), "\u{10ff7f} x");
        assert!(matches!(bytes("\u{10ff7f} x"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_shows_replacements() {
        assert_eq!(
            json(&text(b"a\xe9\xff"), Release::GO1_26),
            "a\\ufffd\\ufffd"
        );
        assert_eq!(json(&text(b"a\xe9"), Release::GO1_27), "a\u{fffd}");
        assert_eq!(json("a", Release::GO1_26), "a");
    }
}
