//! Character classes as Go's unicode package and strconv see them (IsLetter, IsDigit, IsPrint,
//! IsGraphic), and bytes trimmed of white space as Go trims them.
//!
//! The table follows Unicode 17, which Go 1.27 uses. Go 1.26 uses Unicode 15, which differs only
//! for characters that were not assigned then. The difference matters where bytes that are not text
//! are quoted, since they may become such characters by chance, and a key depends on it; texts
//! hardly ever contain them.

mod table;

use table::{Class, RANGES, SINCE_15};

/// The edition of Unicode of a release of Go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// Unicode 15, of Go 1.26 and earlier.
    V15,
    /// Unicode 17.
    V17,
}

impl Edition {
    /// unicode.IsPrint of that release.
    pub fn is_print(self, c: char) -> bool {
        is_print(c) && (self == Edition::V17 || !is_since_15(c))
    }
}

fn is_since_15(c: char) -> bool {
    range_of(SINCE_15, |&range| range, c).is_some()
}

fn class(c: char) -> Option<Class> {
    range_of(RANGES, |&(first, last, _)| (first, last), c).map(|r| r.2)
}

/// The range that a character is in, of some that are sorted.
fn range_of<R>(ranges: &[R], bounds: impl Fn(&R) -> (u32, u32), c: char) -> Option<&R> {
    let c = c as u32;
    let i = ranges.partition_point(|range| bounds(range).1 < c);
    ranges.get(i).filter(|range| bounds(range).0 <= c)
}

/// unicode.IsLetter.
pub fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphabetic()
    } else {
        class(c) == Some(Class::Letter)
    }
}

/// unicode.IsDigit.
pub fn is_digit(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_digit()
    } else {
        class(c) == Some(Class::Digit)
    }
}

/// unicode.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII space.
pub fn is_print(c: char) -> bool {
    if c.is_ascii() {
        (' '..='~').contains(&c)
    } else {
        matches!(
            class(c),
            Some(Class::Letter | Class::Digit | Class::Punctuation | Class::Print)
        )
    }
}

/// unicode.IsGraphic: [`is_print`] and the other spaces.
pub fn is_graphic(c: char) -> bool {
    is_print(c) || class(c) == Some(Class::Space)
}

/// unicode.IsPunct.
pub fn is_punct(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_punctuation() && !"$+<=>^`|~".contains(c)
    } else {
        class(c) == Some(Class::Punctuation)
    }
}

/// unicode.IsUpper.
pub fn is_upper(c: char) -> bool {
    // Rust counts some numbers and symbols too.
    c.is_uppercase() && is_letter(c)
}

/// bytes.TrimSpace.
pub fn trim_space(mut b: &[u8]) -> &[u8] {
    loop {
        match b {
            [b'\t'..=b'\r' | b' ', rest @ ..] => b = rest,
            [0x80..=0xff, ..] => match leading_space(b) {
                0 => break,
                n => b = &b[n..],
            },
            _ => break,
        }
    }
    loop {
        match b {
            [rest @ .., b'\t'..=b'\r' | b' '] => b = rest,
            [.., 0x80..=0xff] => match trailing_space(b) {
                0 => break,
                n => b = &b[..b.len() - n],
            },
            _ => break,
        }
    }
    b
}

/// Length of the non-ASCII white space character that `b` begins with.
fn leading_space(b: &[u8]) -> usize {
    let space = |n: usize| {
        let c = std::str::from_utf8(b.get(..n)?).ok()?.chars().next()?;
        c.is_whitespace().then_some(n)
    };
    space(2).or_else(|| space(3)).unwrap_or(0)
}

/// Length of the non-ASCII white space character that `b` ends with.
fn trailing_space(b: &[u8]) -> usize {
    let space = |n: usize| {
        let c = std::str::from_utf8(b.get(b.len().checked_sub(n)?..)?)
            .ok()?
            .chars()
            .next()?;
        (c.is_whitespace() && c.len_utf8() == n).then_some(n)
    };
    space(2).or_else(|| space(3)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes() {
        for (c, letter, digit, print, graphic) in [
            ('a', true, false, true, true),
            ('7', false, true, true, true),
            ('_', false, false, true, true),
            (' ', false, false, true, true),
            ('\n', false, false, false, false),
            ('\u{7f}', false, false, false, false),
            ('é', true, false, true, true),
            ('世', true, false, true, true),
            ('\u{0660}', false, true, true, true),
            ('Ⅷ', false, false, true, true),
            ('\u{a0}', false, false, false, true),
            ('\u{ad}', false, false, false, false),
            ('\u{3000}', false, false, false, true),
            ('\u{200b}', false, false, false, false),
            ('\u{e000}', false, false, false, false),
            ('\u{fffd}', false, false, true, true),
            ('😀', false, false, true, true),
            ('\u{10ffff}', false, false, false, false),
        ] {
            assert_eq!(is_letter(c), letter, "letter {c:?}");
            assert_eq!(is_digit(c), digit, "digit {c:?}");
            assert_eq!(is_print(c), print, "print {c:?}");
            assert_eq!(is_graphic(c), graphic, "graphic {c:?}");
        }
    }

    #[test]
    fn punctuation_and_case() {
        for (c, punct, upper) in [
            ('.', true, false),
            ('$', false, false),
            ('A', false, true),
            ('a', false, false),
            ('“', true, false),
            ('、', true, false),
            ('É', false, true),
            ('Ⅷ', false, false),
            ('Ⓐ', false, false),
            ('ǅ', false, false),
        ] {
            assert_eq!((is_punct(c), is_upper(c)), (punct, upper), "{c}");
        }
    }

    #[test]
    fn tables_are_sorted() {
        for w in RANGES.windows(2) {
            assert!(w[0].0 <= w[0].1 && w[0].1 < w[1].0);
        }
        for w in SINCE_15.windows(2) {
            assert!(w[0].0 <= w[0].1 && w[0].1 < w[1].0);
        }
    }

    #[test]
    fn editions() {
        for (c, in_15, in_17) in [
            ('a', true, true),
            ('\n', false, false),
            ('\u{fbc2}', true, true),
            ('\u{fbc3}', false, true),
            ('\u{fbd2}', false, true),
            ('\u{fbd3}', true, true),
            ('\u{33479}', false, true),
            ('\u{3347a}', false, false),
        ] {
            let print = [Edition::V15, Edition::V17].map(|edition| edition.is_print(c));
            assert_eq!(print, [in_15, in_17], "{c:?}");
        }
    }

    #[test]
    fn trim() {
        for (text, want) in [
            ("", ""),
            (" \t\r\n\x0b\x0c", ""),
            (" a b ", "a b"),
            ("\u{a0}a\u{85}", "a"),
            ("\u{3000} é \u{2028}", "é"),
            ("\u{e9}", "\u{e9}"),
        ] {
            assert_eq!(trim_space(text.as_bytes()), want.as_bytes(), "{text:?}");
            assert_eq!(text.trim(), want, "{text:?}");
        }
        assert_eq!(trim_space(b"\xff \xa0"), b"\xff \xa0");
    }
}
