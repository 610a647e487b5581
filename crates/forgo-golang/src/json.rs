//! JSON as Go writes and reads it. Answers to encoding/json with its default of escaping HTML.

mod read;

use crate::raw;
use crate::release::Release;

pub use read::{Piece, Reader};

/// Turns any JSON text into what Go's encoder would have written: `<`, `>`, `&` and the line
/// separators U+2028 and U+2029 as escapes. Outside of strings JSON has none of them.
pub fn escape(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            c => out.push(c),
        }
    }
    out
}

/// Appends the JSON string of a text that may stand for bytes that are not UTF-8
/// ([`append_string`]).
pub fn append_text(out: &mut Vec<u8>, text: &str, release: Release) {
    append_string(out, &raw::bytes(text), release);
}

/// Appends a JSON string. Bytes that are not UTF-8 become U+FFFD, which releases before 1.27
/// write as an escape.
pub fn append_string(out: &mut Vec<u8>, s: &[u8], release: Release) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    for chunk in s.utf8_chunks() {
        let text = chunk.valid();
        let bytes = text.as_bytes();
        let mut start = 0;
        for (i, &b) in bytes.iter().enumerate() {
            let escape: &[u8] = match b {
                b'"' => b"\\\"",
                b'\\' => b"\\\\",
                0x08 => b"\\b",
                0x0c => b"\\f",
                b'\n' => b"\\n",
                b'\r' => b"\\r",
                b'\t' => b"\\t",
                b'<' => b"\\u003c",
                b'>' => b"\\u003e",
                b'&' => b"\\u0026",
                0..0x20 => &[
                    b'\\',
                    b'u',
                    b'0',
                    b'0',
                    HEX[usize::from(b >> 4)],
                    HEX[usize::from(b & 15)],
                ],
                // U+2028 and U+2029 are E2 80 A8 and E2 80 A9.
                0xe2 if bytes[i + 1] == 0x80 && matches!(bytes[i + 2], 0xa8 | 0xa9) => {
                    let escape: &[u8] = if bytes[i + 2] == 0xa8 {
                        b"\\u2028"
                    } else {
                        b"\\u2029"
                    };
                    out.extend_from_slice(&bytes[start..i]);
                    out.extend_from_slice(escape);
                    start = i + 3;
                    continue;
                }
                _ => continue,
            };
            out.extend_from_slice(&bytes[start..i]);
            out.extend_from_slice(escape);
            start = i + 1;
        }
        out.extend_from_slice(&bytes[start..]);
        for _ in chunk.invalid() {
            out.extend_from_slice(if release.has_json_v2() {
                "\u{fffd}".as_bytes()
            } else {
                b"\\ufffd"
            });
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use crate::release::Release;

    #[test]
    fn html_is_escaped_and_nothing_else() {
        let json = "{\"a&b\":\"<x>\u{2028}\u{2029}\u{7f}é\\n\"}";
        let want = "{\"a\\u0026b\":\"\\u003cx\\u003e\\u2028\\u2029\u{7f}é\\n\"}";
        assert_eq!(super::escape(json), want);
    }

    #[test]
    fn strings() {
        let quoted = |s: &[u8], release| {
            let mut out = Vec::new();
            super::append_string(&mut out, s, release);
            String::from_utf8(out).expect("JSON is UTF-8")
        };
        let all = "\0\u{8}\t\n\u{b}\u{c}\r\u{1f} \"<&>\\/\u{7f}é\u{2028}a\u{2029}\u{2027}";
        let want = "\"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f \\\"\\u003c\\u0026\\u003e\\\\/\u{7f}é\\u2028a\\u2029\u{2027}\"";
        assert_eq!(quoted(all.as_bytes(), Release::GO1_27), want);
        assert_eq!(
            quoted(b"a\xff\xc3b", Release::GO1_26),
            "\"a\\ufffd\\ufffdb\""
        );
        assert_eq!(quoted(b"a\xff", Release::GO1_27), "\"a\u{fffd}\"");
        assert_eq!(quoted(b"", Release::GO1_26), "\"\"");
    }
}
