//! Shell patterns. Answers to path.Match.

use std::fmt;

/// path.ErrBadPattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadPattern;

impl fmt::Display for BadPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("syntax error in pattern")
    }
}

impl std::error::Error for BadPattern {}

/// path.Match: does the whole name match the pattern, where `*` and `?` stop at slashes? The
/// pattern is always checked to its end.
pub fn match_(pattern: &str, name: &str) -> Result<bool, BadPattern> {
    let (mut pattern, mut name) = (pattern, name);
    'pattern: while !pattern.is_empty() {
        let (star, chunk, rest) = scan_chunk(pattern);
        pattern = rest;
        if star && chunk.is_empty() {
            return Ok(!name.contains('/'));
        }
        let last = pattern.is_empty();
        let fits = |tail: &&str| tail.is_empty() || !last;
        if let Some(tail) = match_chunk(chunk, Some(name))?.filter(fits) {
            name = tail;
            continue;
        }
        if star {
            // The star takes one character more each time, but no slash.
            let mut chars = name.chars();
            while chars.next().is_some_and(|c| c != '/') {
                if let Some(tail) = match_chunk(chunk, Some(chars.as_str()))?.filter(fits) {
                    name = tail;
                    continue 'pattern;
                }
            }
        }
        while !pattern.is_empty() {
            let (_, chunk, rest) = scan_chunk(pattern);
            match_chunk(chunk, None)?;
            pattern = rest;
        }
        return Ok(false);
    }
    Ok(name.is_empty())
}

/// Cuts leading stars and the text up to the next star from a pattern.
fn scan_chunk(pattern: &str) -> (bool, &str, &str) {
    let body = pattern.trim_start_matches('*');
    let mut in_range = false;
    let mut escaped = false;
    for (i, b) in body.bytes().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'[' => in_range = true,
            b']' => in_range = false,
            b'*' if !in_range => return (body.len() < pattern.len(), &body[..i], &body[i..]),
            _ => {}
        }
    }
    (body.len() < pattern.len(), body, "")
}

/// Matches a chunk without stars against the head of `s`; the rest of `s` if it matches. Without
/// `s` the chunk is only checked.
fn match_chunk<'a>(chunk: &str, s: Option<&'a str>) -> Result<Option<&'a str>, BadPattern> {
    // `None` once the match has failed: the rest of the chunk is still checked.
    let mut s = s;
    let mut chunk = chunk;
    while let Some(op) = chunk.chars().next() {
        let (c, tail) = match s.map(|s| (s.chars().next(), s)) {
            Some((Some(c), s)) => (Some(c), &s[c.len_utf8()..]),
            _ => (None, ""),
        };
        chunk = &chunk[op.len_utf8()..];
        let ok = match op {
            '[' => {
                let (hit, rest) = match_class(chunk, c)?;
                chunk = rest;
                hit
            }
            '?' => c != Some('/'),
            '\\' => {
                let literal = chunk.chars().next().ok_or(BadPattern)?;
                chunk = &chunk[literal.len_utf8()..];
                c == Some(literal)
            }
            literal => c == Some(literal),
        };
        s = (ok && c.is_some()).then_some(tail);
    }
    Ok(s)
}

/// Matches `c` with the class that follows a `[`; also the text after the class.
fn match_class(class: &str, c: Option<char>) -> Result<(bool, &str), BadPattern> {
    let (negated, mut rest) = match class.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, class),
    };
    let mut hit = false;
    let mut first = true;
    loop {
        if !first && let Some(rest) = rest.strip_prefix(']') {
            return Ok((hit != negated, rest));
        }
        first = false;
        let (lo, after) = class_char(rest)?;
        let (hi, after) = match after.strip_prefix('-') {
            Some(after) => class_char(after)?,
            None => (lo, after),
        };
        rest = after;
        hit |= c.is_some_and(|c| lo <= c && c <= hi);
    }
}

/// A character of a class, perhaps escaped; the class must go on after it.
fn class_char(s: &str) -> Result<(char, &str), BadPattern> {
    let mut chars = s.chars();
    let c = match chars.next() {
        None | Some('-' | ']') => return Err(BadPattern),
        Some('\\') => chars.next().ok_or(BadPattern)?,
        Some(c) => c,
    };
    let rest = chars.as_str();
    if rest.is_empty() {
        Err(BadPattern)
    } else {
        Ok((c, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches() {
        for (pattern, name, want) in [
            ("", "", Some(true)),
            ("", "a", Some(false)),
            ("abc", "abc", Some(true)),
            ("*", "", Some(true)),
            ("*", "abc", Some(true)),
            ("*", "a/b", Some(false)),
            ("*c", "abc", Some(true)),
            ("a*", "ab/c", Some(false)),
            ("a*/b", "abc/b", Some(true)),
            ("a*/b", "a/c/b", Some(false)),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/f", Some(true)),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/fff", Some(false)),
            ("a*b?c*x", "abxbbxdbxebxczzx", Some(true)),
            ("ab[c]", "abc", Some(true)),
            ("ab[b-d]", "abc", Some(true)),
            ("ab[e-g]", "abc", Some(false)),
            ("ab[^c]", "abc", Some(false)),
            ("ab[^e-g]", "abc", Some(true)),
            (r"a\*b", "a*b", Some(true)),
            (r"a\*b", "ab", Some(false)),
            ("a?b", "a☺b", Some(true)),
            ("a[^a]b", "a☺b", Some(true)),
            ("a???b", "a☺b", Some(false)),
            ("[a-ζ]*", "α", Some(true)),
            ("*[a-ζ]", "A", Some(false)),
            ("a?b", "a/b", Some(false)),
            ("a[/]b", "a/b", Some(true)),
            (r"[\]a]", "]", Some(true)),
            (r"[\-x]", "-", Some(true)),
            (r"[x\-]", "z", Some(false)),
            ("[]a]", "]", None),
            ("[-]", "-", None),
            ("[x-]", "x", None),
            ("[-x]", "x", None),
            (r"\", "a", None),
            ("[a-b-c]", "a", None),
            ("[", "a", None),
            ("[^", "a", None),
            ("[^bc", "a", None),
            ("a[", "a", None),
            ("a[", "ab", None),
            ("a[", "x", None),
            ("a/b[", "x", None),
            ("*x", "xxx", Some(true)),
            ("x*[", "y", None),
        ] {
            assert_eq!(match_(pattern, name).ok(), want, "{pattern} {name}");
        }
        assert_eq!(BadPattern.to_string(), "syntax error in pattern");
    }
}
