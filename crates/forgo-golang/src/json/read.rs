//! Reads JSON piece by piece, with the limit of depth and the error messages of encoding/json. The
//! state is on the heap: the depth of the text does not matter to the stack.
//!
//! Go 1.27 implements encoding/json by encoding/json/v2, whose messages differ in some places.

use crate::quote::{quote_bytes_in, quote_rune};
use crate::raw;
use crate::release::Release;
use crate::unicode::is_print;

/// Objects and arrays within each other (maxNestingDepth).
const MAX_DEPTH: usize = 10_000;

const UNEXPECTED_END: &str = "unexpected end of JSON input";

/// A piece of JSON text. Strings are unquoted: bytes that are not UTF-8, and half a surrogate pair,
/// become U+FFFD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// `{`
    BeginObject,
    /// `}`
    EndObject,
    /// `[`
    BeginArray,
    /// `]`
    EndArray,
    /// The key of a member; its value comes next.
    Key(String),
    /// A string that is a value.
    String(String),
    /// Any number.
    Number,
    /// `true` or `false`.
    Bool,
    /// `null`
    Null,
}

/// The tokens that may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    /// Behind `[`.
    ValueOrEnd,
    /// Behind `{`.
    KeyOrEnd,
    /// Behind a comma in an object.
    Key,
    Colon,
    AfterValue,
}

/// Reads one JSON value.
#[derive(Debug)]
pub struct Reader<'t> {
    text: &'t [u8],
    pos: usize,
    release: Release,
    /// True for objects, false for arrays; the outermost first.
    open: Vec<bool>,
    next: Next,
}

impl<'t> Reader<'t> {
    /// Starts at the text's beginning. The messages are those of `release`.
    pub fn new(text: &'t [u8], release: Release) -> Reader<'t> {
        Reader {
            text,
            pos: 0,
            release,
            open: Vec::new(),
            next: Next::Value,
        }
    }

    /// Reads the next piece; `None` behind the value, where nothing but white space may follow.
    ///
    /// # Errors
    /// Returns encoding/json's message.
    pub fn next_piece(&mut self) -> Result<Option<Piece>, String> {
        loop {
            let rest = &self.text[self.pos..];
            let space = |b: &&u8| matches!(**b, b' ' | b'\t' | b'\r' | b'\n');
            self.pos += rest.iter().take_while(space).count();
            let Some(&b) = self.text.get(self.pos) else {
                let complete = self.open.is_empty() && self.next == Next::AfterValue;
                return if complete {
                    Ok(None)
                } else {
                    Err(UNEXPECTED_END.to_owned())
                };
            };
            match (self.next, b) {
                (Next::ValueOrEnd, b']') | (Next::KeyOrEnd, b'}') => return Ok(Some(self.close())),
                (Next::Value | Next::ValueOrEnd, _) => return self.value(b).map(Some),
                (Next::KeyOrEnd | Next::Key, b'"') => {
                    let key = self.string()?;
                    self.next = Next::Colon;
                    return Ok(Some(Piece::Key(key)));
                }
                (Next::KeyOrEnd | Next::Key, _) => {
                    return self.unexpected("looking for beginning of object key string");
                }
                (Next::Colon, b':') => self.next = Next::Value,
                (Next::Colon, _) => return self.unexpected("after object key"),
                (Next::AfterValue, _) => match (self.open.last(), b) {
                    (None, _) => return self.unexpected("after top-level value"),
                    (Some(true), b',') => self.next = Next::Key,
                    (Some(false), b',') => self.next = Next::Value,
                    (Some(true), b'}') | (Some(false), b']') => return Ok(Some(self.close())),
                    (Some(true), _) => return self.unexpected("after object key:value pair"),
                    (Some(false), _) => return self.unexpected("after array element"),
                },
            }
            self.pos += 1;
        }
    }

    fn close(&mut self) -> Piece {
        self.pos += 1;
        self.next = Next::AfterValue;
        match self.open.pop() {
            Some(true) => Piece::EndObject,
            _ => Piece::EndArray,
        }
    }

    fn value(&mut self, b: u8) -> Result<Piece, String> {
        let piece = match b {
            b'{' | b'[' => {
                if self.open.len() == MAX_DEPTH {
                    return if !self.release.has_json_v2() {
                        self.unexpected("exceeded max depth")
                    } else {
                        Err("exceeded max depth".to_owned())
                    };
                }
                self.pos += 1;
                let (object, next, piece) = if b == b'{' {
                    (true, Next::KeyOrEnd, Piece::BeginObject)
                } else {
                    (false, Next::ValueOrEnd, Piece::BeginArray)
                };
                self.open.push(object);
                self.next = next;
                return Ok(piece);
            }
            b'"' => Piece::String(self.string()?),
            b't' => self.literal("true", Piece::Bool)?,
            b'f' => self.literal("false", Piece::Bool)?,
            b'n' => self.literal("null", Piece::Null)?,
            b'-' | b'0'..=b'9' => self.number()?,
            _ => return self.unexpected("looking for beginning of value"),
        };
        self.next = Next::AfterValue;
        Ok(piece)
    }

    fn literal(&mut self, word: &str, piece: Piece) -> Result<Piece, String> {
        for expected in word.bytes() {
            if self.text.get(self.pos) != Some(&expected) {
                let expected = char::from(expected);
                return self.inside(&format!("in literal {word} (expecting '{expected}')"));
            }
            self.pos += 1;
        }
        Ok(piece)
    }

    fn number(&mut self) -> Result<Piece, String> {
        self.skip(|b| b == b'-', 1);
        if self.skip(|b| b == b'0', 1) == 0 {
            self.digits("in numeric literal")?;
        }
        if self.skip(|b| b == b'.', 1) == 1 {
            self.digits("after decimal point in numeric literal")?;
        }
        if self.skip(|b| matches!(b, b'e' | b'E'), 1) == 1 {
            self.skip(|b| matches!(b, b'+' | b'-'), 1);
            self.digits("in exponent of numeric literal")?;
        }
        Ok(Piece::Number)
    }

    fn digits(&mut self, place: &str) -> Result<(), String> {
        if self.skip(|b| b.is_ascii_digit(), usize::MAX) == 0 {
            let place = if !self.release.has_json_v2() {
                place
            } else {
                "in numeric literal"
            };
            return self.inside(place);
        }
        Ok(())
    }

    /// Passes over at most `limit` such bytes; returns their number.
    fn skip(&mut self, wanted: impl Fn(u8) -> bool, limit: usize) -> usize {
        let rest = self.text[self.pos..].iter().take(limit);
        let count = rest.take_while(|b| wanted(**b)).count();
        self.pos += count;
        count
    }

    /// Reads a string, at its opening quote.
    fn string(&mut self) -> Result<String, String> {
        self.pos += 1;
        let mut out = Vec::new();
        loop {
            let rest = &self.text[self.pos..];
            let plain = |b: &&u8| !matches!(**b, b'"' | b'\\' | 0..0x20);
            let len = rest.iter().take_while(plain).count();
            out.extend_from_slice(&rest[..len]);
            self.pos += len;
            match rest.get(len) {
                None => return Err(UNEXPECTED_END.to_owned()),
                Some(b'"') => {
                    self.pos += 1;
                    return Ok(raw::into_text(raw::lossy(&out)));
                }
                Some(b'\\') => self.escape(&mut out)?,
                Some(_) if !self.release.has_json_v2() => {
                    return self.unexpected("in string literal");
                }
                Some(_) => return self.unexpected("in string"),
            }
        }
    }

    /// Reads an escape sequence, at its backslash.
    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        let start = self.pos;
        self.pos += 1;
        let b = match self.text.get(self.pos) {
            Some(b'u') => {
                let first = self.hex(start)?;
                let c = match char::from_u32(first) {
                    Some(c) => c,
                    None => self.second_half(first),
                };
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            Some(b @ (b'"' | b'\\' | b'/')) => *b,
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(_) if self.release.has_json_v2() => return self.bad_escape(start, 2),
            _ => return self.inside("in string escape code"),
        };
        self.pos += 1;
        out.push(b);
        Ok(())
    }

    /// Reads `uXXXX`, at the `u`; `start` is where the backslash is.
    fn hex(&mut self, start: usize) -> Result<u32, String> {
        self.pos += 1;
        let mut value = 0;
        for _ in 0..4 {
            let digit = self.text.get(self.pos).copied().map(char::from);
            match (digit.and_then(|c| c.to_digit(16)), digit) {
                (Some(digit), _) => value = value << 4 | digit,
                (None, Some(_)) if self.release.has_json_v2() => return self.bad_escape(start, 6),
                (None, _) => return self.inside("in \\u hexadecimal character escape"),
            }
            self.pos += 1;
        }
        Ok(value)
    }

    /// Takes the escaped second half of a surrogate pair, if it comes next.
    fn second_half(&mut self, first: u32) -> char {
        let rest = self.text.get(self.pos..self.pos + 6);
        let digits = rest
            .and_then(|r| r.strip_prefix(b"\\u"))
            .and_then(|r| std::str::from_utf8(r).ok())
            .filter(|r| r.bytes().all(|b| b.is_ascii_hexdigit()));
        let second = digits.and_then(|r| u32::from_str_radix(r, 16).ok());
        match second {
            Some(second @ 0xdc00..0xe000) if first < 0xdc00 => {
                self.pos += 6;
                let c = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => char::REPLACEMENT_CHARACTER,
        }
    }

    /// The message for an escape sequence of so many bytes, in Go 1.27.
    fn bad_escape<T>(&self, start: usize, len: usize) -> Result<T, String> {
        let rest = &self.text[start..];
        let what = &rest[..len.min(rest.len())];
        let odd = |c: char| {
            matches!(c, '`' | char::REPLACEMENT_CHARACTER) || c.is_whitespace() || !is_print(c)
        };
        let shown = match std::str::from_utf8(what) {
            Ok(text) if !text.contains(odd) => format!("`{text}`"),
            _ => quote_bytes_in(what, self.release.unicode()),
        };
        Err(format!("invalid escape sequence {shown} in string"))
    }

    /// The message for an error inside a literal; before 1.27 the end of the text counts as a space
    /// there.
    fn inside<T>(&self, place: &str) -> Result<T, String> {
        match self.text.get(self.pos) {
            Some(_) => self.unexpected(place),
            None if !self.release.has_json_v2() => Err(format!("invalid character ' ' {place}")),
            None => Err(UNEXPECTED_END.to_owned()),
        }
    }

    /// The message for the character at hand: a byte, or from 1.27 on a character of UTF-8.
    fn unexpected<T>(&self, place: &str) -> Result<T, String> {
        let rest = &self.text[self.pos..];
        let b = rest.first().copied().unwrap_or(b' ');
        let shown = if !self.release.has_json_v2() {
            quote_rune(char::from(b))
        } else {
            let head = &rest[..rest.len().min(4)];
            let chunk = head.utf8_chunks().next();
            match chunk.and_then(|c| c.valid().chars().next()) {
                Some(c) => quote_rune(c),
                None => format!("'\\x{b:x}'"),
            }
        };
        Err(format!("invalid character {shown} {place}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &[u8], release: Release) -> Result<Vec<Piece>, String> {
        let mut reader = Reader::new(text, release);
        let mut list = Vec::new();
        while let Some(piece) = reader.next_piece()? {
            list.push(piece);
        }
        Ok(list)
    }

    #[test]
    fn values() {
        use Piece::{BeginArray, BeginObject, Bool, EndArray, EndObject, Key, Null, Number};
        let text = br#" { "a" : [ -0.5e+3 , true , null ] , "b" : { } , "c" : [] } "#;
        let key = |s: &str| Key(s.to_owned());
        let want = vec![
            BeginObject,
            key("a"),
            BeginArray,
            Number,
            Bool,
            Null,
            EndArray,
            key("b"),
            BeginObject,
            EndObject,
            key("c"),
            BeginArray,
            EndArray,
            EndObject,
        ];
        assert_eq!(pieces(text, Release::GO1_26), Ok(want));
    }

    #[test]
    fn strings() {
        let one = |text: &[u8]| match pieces(text, Release::GO1_26).unwrap().remove(0) {
            Piece::String(s) => s,
            other => panic!("{other:?}"),
        };
        assert_eq!(one(br#""\"\\\/\b\f\n\r\t\u00e9""#), "\"\\/\x08\x0c\n\r\té");
        assert_eq!(
            one(br#""\ud83d\ude00\ud83dx\udc00""#),
            "😀\u{fffd}x\u{fffd}"
        );
        assert_eq!(one(b"\"\xff\xe2\x82\""), "\u{fffd}\u{fffd}\u{fffd}");
    }

    /// The error of encoding/json for each, in 1.26 and, where it differs, in 1.27.
    #[test]
    fn messages() {
        let end = UNEXPECTED_END;
        let cases: &[(&[u8], &str, &str)] = &[
            (b"", end, ""),
            (b"{", end, ""),
            (b"{\"a\":1", end, ""),
            (b"\"abc", end, ""),
            (
                b"}",
                "invalid character '}' looking for beginning of value",
                "",
            ),
            (
                b"{,}",
                "invalid character ',' looking for beginning of object key string",
                "",
            ),
            (
                b"{\"a\":1,}",
                "invalid character '}' looking for beginning of object key string",
                "",
            ),
            (
                b"[1,]",
                "invalid character ']' looking for beginning of value",
                "",
            ),
            (b"[1 2]", "invalid character '2' after array element", ""),
            (
                b"{\"a\" \"b\"}",
                "invalid character '\"' after object key",
                "",
            ),
            (
                b"{\"a\":1]",
                "invalid character ']' after object key:value pair",
                "",
            ),
            (b"{} '", "invalid character '\\'' after top-level value", ""),
            (b"01", "invalid character '1' after top-level value", ""),
            (
                b"tRue",
                "invalid character 'R' in literal true (expecting 'r')",
                "",
            ),
            (
                b"nul",
                "invalid character ' ' in literal null (expecting 'l')",
                end,
            ),
            (b"-", "invalid character ' ' in numeric literal", end),
            (
                b"1.x",
                "invalid character 'x' after decimal point in numeric literal",
                "invalid character 'x' in numeric literal",
            ),
            (
                b"1e+x",
                "invalid character 'x' in exponent of numeric literal",
                "invalid character 'x' in numeric literal",
            ),
            (
                b"\"\n\"",
                "invalid character '\\n' in string literal",
                "invalid character '\\n' in string",
            ),
            (
                b"\"\\x\"",
                "invalid character 'x' in string escape code",
                "invalid escape sequence `\\x` in string",
            ),
            (
                b"\"\\u12x4\"",
                "invalid character 'x' in \\u hexadecimal character escape",
                "invalid escape sequence `\\u12x4` in string",
            ),
            (
                b"\"\\u12\n4\"",
                "invalid character '\\n' in \\u hexadecimal character escape",
                "invalid escape sequence \"\\\\u12\\n4\" in string",
            ),
            (
                b"\"\\u00e",
                "invalid character ' ' in \\u hexadecimal character escape",
                end,
            ),
            (
                b"\xff",
                "invalid character 'ÿ' looking for beginning of value",
                "invalid character '\\xff' looking for beginning of value",
            ),
            (
                "[1é]".as_bytes(),
                "invalid character 'Ã' after array element",
                "invalid character 'é' after array element",
            ),
        ];
        for (text, in26, in27) in cases {
            let shown = String::from_utf8_lossy(text);
            assert_eq!(
                pieces(text, Release::GO1_26),
                Err((*in26).to_owned()),
                "1.26: {shown}"
            );
            let want = if in27.is_empty() { in26 } else { in27 };
            assert_eq!(
                pieces(text, Release::GO1_27),
                Err((*want).to_owned()),
                "1.27: {shown}"
            );
        }
    }

    #[test]
    fn depth() {
        let nested = |n: usize| [b"[".repeat(n), b"]".repeat(n)].concat();
        assert!(pieces(&nested(10_000), Release::GO1_26).is_ok());
        let deep = nested(10_001);
        assert_eq!(
            pieces(&deep, Release::GO1_26).unwrap_err(),
            "invalid character '[' exceeded max depth"
        );
        assert_eq!(
            pieces(&deep, Release::GO1_27).unwrap_err(),
            "exceeded max depth"
        );
    }
}
