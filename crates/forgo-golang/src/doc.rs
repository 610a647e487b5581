//! Documentation comments: their text and first sentence. Answers to go/ast.CommentGroup.Text and
//! to go/doc.Synopsis, with as much of go/doc/comment as one sentence of plain text needs.

mod blocks;
mod inline;

use blocks::Block;

use crate::unicode::is_upper;

/// Beginnings, in lower case, of comments that are not documentation.
const ILLEGAL_PREFIXES: [&str; 3] = ["copyright", "all rights", "author"];

/// The first sentence of a comment's text.
pub fn synopsis(text: &str) -> String {
    let sentence = first_sentence(text);
    let lower = sentence.to_lowercase();
    if ILLEGAL_PREFIXES.iter().any(|p| lower.starts_with(p)) {
        return String::new();
    }
    let mut doc = blocks::parse(sentence);
    let Some(Block::Paragraph(first)) = doc.blocks.first() else {
        return String::new();
    };
    let text = inline::plain(first, &mut doc.links);
    // Definitions count as used at any place in the text.
    for block in &doc.blocks[1..] {
        for text in block.texts() {
            inline::plain(text, &mut doc.links);
        }
    }
    let mut out = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut used = doc.links.iter().filter(|l| l.used).peekable();
    if used.peek().is_some() {
        out.push_str("\n\n");
        out.extend(used.map(|l| format!("[{}]: {}\n", l.text, l.url)));
    }
    out.trim().to_owned()
}

/// Up to the first period that a space follows and that ends no initial; or an East Asian full
/// stop.
fn first_sentence(text: &str) -> &str {
    let (mut ppp, mut pp, mut p) = ('\0', '\0', '\0');
    for (i, c) in text.char_indices() {
        let c = if matches!(c, '\n' | '\r' | '\t') {
            ' '
        } else {
            c
        };
        if c == ' ' && p == '.' && (!is_upper(pp) || is_upper(ppp)) || matches!(p, '。' | '．') {
            return &text[..i];
        }
        (ppp, pp, p) = (pp, p, c);
    }
    text
}

/// The text of a comment group, markers and directives removed.
pub fn comment_text(comments: &[&str]) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for comment in comments {
        let text = if let Some(text) = comment.strip_prefix("//") {
            match text.strip_prefix(' ') {
                Some(text) => text,
                None if !text.is_empty() && is_directive(text) => continue,
                None => text,
            }
        } else {
            comment
                .strip_prefix("/*")
                .and_then(|c| c.strip_suffix("*/"))
                .unwrap_or(comment)
        };
        let ends = |l: &'_ str| l.trim_end_matches([' ', '\t', '\n', '\r']).len();
        lines.extend(text.split('\n').map(|l| &l[..ends(l)]));
    }
    // Leading blank lines go, runs of blank lines become one.
    let mut kept: Vec<&str> = Vec::with_capacity(lines.len());
    for line in lines {
        if !line.is_empty() || kept.last().is_some_and(|l| !l.is_empty()) {
            kept.push(line);
        }
    }
    if kept.last().is_some_and(|l| !l.is_empty()) {
        kept.push("");
    }
    kept.join("\n")
}

/// `line`, `extern`, `export` and `tool:name`, right after the slashes.
fn is_directive(text: &str) -> bool {
    if ["line ", "extern ", "export "]
        .iter()
        .any(|p| text.starts_with(p))
    {
        return true;
    }
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    match text.split_once(':') {
        Some((tool, rest)) => {
            !tool.is_empty() && tool.bytes().all(word) && rest.bytes().next().is_some_and(word)
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences() {
        for (text, want) in [
            ("Package x does y.\nMore.", "Package x does y."),
            (
                "Package x by J. Doe does y. More.",
                "Package x by J. Doe does y.",
            ),
            (
                "Package x\ndoes   y\n\nSecond paragraph.",
                "Package x does y",
            ),
            ("Copyright 2020. All.", ""),
            ("\tcode\n", "code"),
            ("\tcode\nx\n", ""),
            ("# Heading\n", ""),
            ("Use ``this'' now.", "Use “this” now."),
            ("See [fmt.Println] and [foo].", "See fmt.Println and [foo]."),
            (
                "See [net/http.Client] or [x]y.",
                "See net/http.Client or [x]y.",
            ),
            ("", ""),
            (
                "See [a b] now\n\n[a b]: http://x/y\n",
                "See a b now\n\n[a b]: http://x/y",
            ),
            ("[x]: http://y\n\nText", "Text"),
            ("x ``http://a/''b''", "x “http://a/''b''"),
            ("x\ny {\n\tcode\n}\n", "x"),
            ("a\n  - b\n", "a"),
            ("- a\n- b\n\n", "- a - b"),
            ("- a\n  b\n", ""),
        ] {
            assert_eq!(synopsis(text), want, "{text:?}");
        }
    }

    #[test]
    fn texts() {
        for (comments, want) in [
            (
                &["// Package x.", "//", "//go:build y", "// More.  "][..],
                "Package x.\n\nMore.\n",
            ),
            (
                &["/*\nPackage x.\n\n\n\tcode\n*/"],
                "Package x.\n\n\tcode\n",
            ),
            (&["//x", "//line a.go:1"], "x\n"),
            (&["//"], ""),
        ] {
            assert_eq!(comment_text(comments), want, "{comments:?}");
        }
    }
}
