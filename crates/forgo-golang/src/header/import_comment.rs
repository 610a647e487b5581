//! `package x // import "path"`. Answers to findImportComment in go/build/build.go.

use memchr::{memchr, memmem};

use super::ImportComment;
use crate::quote::unquote;
use crate::raw;
use crate::unicode::{is_letter, trim_space};

/// Finds the import comment in a head that has a package clause at or behind its beginning.
pub(super) fn find(head: &[u8]) -> ImportComment {
    find_text(head).map_or(ImportComment::None, |text| match unquote(text.trim()) {
        Some(path) => ImportComment::Path(path),
        // The stock command counts lines from the comment on.
        None => ImportComment::Malformed { line: 1 },
    })
}

/// Returns the text behind `import` in the comment.
fn find_text(head: &[u8]) -> Option<String> {
    let (keyword, rest) = word(head)?;
    if keyword != b"package" {
        return None;
    }
    // Without a name nothing is left to look at.
    let (_, rest) = word(rest)?;
    let spaces = rest
        .iter()
        .take_while(|b| matches!(b, b' ' | b'\t' | b'\r'))
        .count();
    let comment = match &rest[spaces..] {
        [b'/', b'/', line @ ..] => &line[..memchr(b'\n', line).unwrap_or(line.len())],
        [b'/', b'*', body @ ..] => {
            let comment = &body[..memmem::find(body, b"*/")?];
            if memchr(b'\n', comment).is_some() {
                return None;
            }
            comment
        }
        _ => return None,
    };
    let (keyword, path) = word(trim_space(comment))?;
    (keyword == b"import").then(|| raw::text(path))
}

/// Skips spaces and comments and takes a word.
fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = skip_comments(text)?;
    let ascii = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let mut len = text.iter().position(|b| !ascii(b)).unwrap_or(text.len());
    if text.get(len).is_some_and(|b| !b.is_ascii()) {
        let is_word = |c: &char| c.is_ascii_digit() || *c == '_' || is_letter(*c);
        let valid = text.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        len = valid.chars().take_while(is_word).map(char::len_utf8).sum();
    }
    (len > 0).then(|| text.split_at(len))
}

fn skip_comments(mut text: &[u8]) -> Option<&[u8]> {
    loop {
        text = match text {
            [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] => rest,
            [b'/', b'/', rest @ ..] => &rest[memchr(b'\n', rest)? + 1..],
            [b'/', b'*', rest @ ..] => &rest[memmem::find(rest, b"*/")? + 2..],
            _ => return Some(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments() {
        let path = |s: &str| ImportComment::Path(s.to_owned());
        for (text, want) in [
            ("package x", ImportComment::None),
            ("package x // import \"a/b\"\n", path("a/b")),
            ("// c\n/* d */ package x /* import `a` */ // y", path("a")),
            ("package x\n// import \"a\"", ImportComment::None),
            ("package x /* import \"a\"\n*/", ImportComment::None),
            ("package x // imports \"a\"", ImportComment::None),
            (
                "package x // import a",
                ImportComment::Malformed { line: 1 },
            ),
            ("package x //import\"a\"", path("a")),
            ("package x // import", ImportComment::Malformed { line: 1 }),
            ("package x; // import \"a\"", ImportComment::None),
            ("package é // import \"a\"\r\n", path("a")),
            ("import x // import \"a\"", ImportComment::None),
            ("package", ImportComment::None),
        ] {
            assert_eq!(find(text.as_bytes()), want, "{text:?}");
        }
    }
}
