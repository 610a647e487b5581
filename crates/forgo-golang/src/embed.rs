//! `//go:embed` patterns as text. Answers to go/build/read.go (parseGoEmbed), go/ast's directive
//! syntax and cmd/go/internal/load (validEmbedPattern, isBadEmbedName).

use crate::module;
use crate::quote::unquote;

/// The patterns of a `//go:embed` comment with their byte offsets in it; `None` where malformed or
/// no such comment: the compiler reports it when it gets there.
pub fn parse_go_embed(comment: &str) -> Option<Vec<(usize, String)>> {
    let args = comment.strip_prefix("//go:embed")?;
    if args.starts_with(|c: char| !c.is_whitespace()) {
        return None;
    }
    let mut list = Vec::new();
    let mut rest = args.trim();
    while !rest.is_empty() {
        let offset = rest.as_ptr() as usize - comment.as_ptr() as usize;
        let (pattern, tail) = if rest.starts_with(['"', '`']) {
            quoted(rest)?
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            (rest[..end].to_string(), &rest[end..])
        };
        list.push((offset, pattern));
        rest = tail.trim_start();
    }
    Some(list)
}

/// A Go string at the start of `text`, which a space or the end must follow.
fn quoted(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next()?;
    let mut escaped = false;
    for (i, c) in text.char_indices().skip(1) {
        if c == quote && !escaped {
            let (literal, tail) = text.split_at(i + 1);
            if tail.starts_with(|c: char| !c.is_whitespace()) {
                return None;
            }
            return Some((unquote(literal)?, tail));
        }
        escaped = quote == '"' && c == '\\' && !escaped;
    }
    None
}

/// Valid pattern (without `all:`)?
pub fn valid_embed_pattern(pattern: &str) -> bool {
    pattern != "." && valid_path(pattern)
}

/// A name that can never be embedded (empty, version control, not allowed in a module)?
pub fn is_bad_embed_name(name: &str) -> bool {
    matches!(name, "" | ".bzr" | ".hg" | ".git" | ".svn") || module::check_file_path(name).is_err()
}

/// io/fs.ValidPath: slash-separated, no `.`, `..` or empty element, but `.` alone.
pub fn valid_path(name: &str) -> bool {
    name == "." || name.split('/').all(|elem| !matches!(elem, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments() {
        let parse = |c: &str| {
            parse_go_embed(c).map(|l| l.into_iter().map(|(o, p)| format!("{o}:{p}")).collect())
        };
        let cases: &[(&str, Option<Vec<&str>>)] = &[
            ("//go:embed a b/*.txt", Some(vec!["11:a", "13:b/*.txt"])),
            (
                "//go:embed\t\"a b\" `c d`  e ",
                Some(vec!["11:a b", "17:c d", "24:e"]),
            ),
            ("//go:embed \"a\\\"b\"", Some(vec!["11:a\"b"])),
            ("//go:embed \"a\"b", None),
            ("//go:embed \"a", None),
            ("//go:embedded x", None),
            ("//go:embed", Some(vec![])),
            ("// go:embed x", None),
        ];
        for (comment, want) in cases {
            let want: Option<Vec<String>> = want
                .as_ref()
                .map(|l| l.iter().map(ToString::to_string).collect());
            assert_eq!(parse(comment), want, "{comment}");
        }
    }

    #[test]
    fn names() {
        for (pattern, want) in [
            ("a/b", true),
            (".", false),
            ("../a", false),
            ("/a", false),
            ("a//b", false),
            ("", false),
        ] {
            assert_eq!(valid_embed_pattern(pattern), want, "{pattern:?}");
        }
        for (name, want) in [
            (".git", true),
            ("x.txt", false),
            ("a:b", true),
            ("", true),
            (".hidden", false),
        ] {
            assert_eq!(is_bad_embed_name(name), want, "{name:?}");
        }
    }
}
