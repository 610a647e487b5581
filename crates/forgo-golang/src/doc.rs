//! Documentation comments: their text and first sentence. Answers to go/ast.CommentGroup.Text and to
//! go/doc.Synopsis, with as much of go/doc/comment as one sentence of plain text needs.

use crate::unicode;

/// Beginnings, in lower case, of comments that are no documentation.
const ILLEGAL_PREFIXES: [&str; 3] = ["copyright", "all rights", "author"];

/// Standard packages without a slash, which a doc link may name (`uuid` since Go 1.27).
const STD_PACKAGES: [&str; 41] = [
    "bufio", "bytes", "cmp", "context", "crypto", "embed", "encoding", "errors", "expvar", "flag",
    "fmt", "hash", "html", "image", "io", "iter", "log", "maps", "math", "mime", "net", "os",
    "path", "plugin", "reflect", "regexp", "runtime", "slices", "sort", "strconv", "strings",
    "structs", "sync", "syscall", "testing", "time", "unicode", "unique", "unsafe", "uuid", "weak",
];

/// The first sentence of a comment's text.
pub fn synopsis(text: &str) -> String {
    let sentence = first_sentence(text);
    let lower = sentence.to_lowercase();
    if ILLEGAL_PREFIXES.iter().any(|p| lower.starts_with(p)) {
        return String::new();
    }
    match first_paragraph(sentence) {
        Some(paragraph) => {
            let text = typeset(&without_link_brackets(&paragraph));
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        }
        None => String::new(),
    }
}

/// Up to the first period that a space follows and that ends no initial; or an East Asian full stop.
fn first_sentence(text: &str) -> &str {
    let (mut ppp, mut pp, mut p) = ('\0', '\0', '\0');
    for (i, c) in text.char_indices() {
        let c = if matches!(c, '\n' | '\r' | '\t') {
            ' '
        } else {
            c
        };
        if c == ' ' && p == '.' && (!pp.is_uppercase() || ppp.is_uppercase()) {
            return &text[..i];
        }
        if p == '。' || p == '．' {
            return &text[..i];
        }
        (ppp, pp, p) = (pp, p, c);
    }
    text
}

/// The first block, if it is a paragraph and no heading, list or code.
fn first_paragraph(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.split('\n').map(str::trim_end).collect();
    let lines = unindent(&lines);
    let start = lines.iter().position(|l| !l.is_empty())?;
    if indented(lines[start]) {
        return None;
    }
    let length = lines[start..]
        .iter()
        .take_while(|l| !l.is_empty() && !indented(l))
        .count();
    let mut end = start + length;
    // An indented line after a list item belongs to the list; after a brace it is code, which the
    // line with the brace begins.
    if lines.get(end).is_some_and(|l| !l.is_empty() && !is_list(l)) {
        let last = lines[end - 1];
        if is_list(last) {
            while end > start && is_list(lines[end - 1]) {
                end -= 1;
            }
        } else if last.ends_with(['{', '\\']) {
            end -= 1;
        }
    }
    if end == start || end - start == 1 && is_heading(lines[start]) {
        return None;
    }
    Some(lines[start..end].join("\n"))
}

/// Removes the white space that all lines begin with.
fn unindent<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let used = lines.iter().filter(|l| !l.is_empty());
    let common = used
        .map(|l| &l[..l.len() - l.trim_start_matches([' ', '\t']).len()])
        .reduce(|a, b| {
            let n = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
            &a[..n]
        });
    let n = common.map_or(0, str::len);
    lines.iter().map(|l| l.get(n..).unwrap_or("")).collect()
}

fn indented(line: &str) -> bool {
    line.starts_with([' ', '\t'])
}

fn is_heading(line: &str) -> bool {
    line.len() >= 2
        && line.starts_with('#')
        && line[1..].starts_with([' ', '\t'])
        && line.trim() != "#"
}

fn is_list(line: &str) -> bool {
    let line = line.trim();
    let marker = line.find([' ', '\t']).map(|i| &line[..i]);
    match marker {
        Some("-" | "*" | "+" | "•") => true,
        Some(m) => {
            let digits = m.trim_end_matches(['.', ')']);
            m.len() == digits.len() + 1
                && !digits.is_empty()
                && digits.bytes().all(|b| b.is_ascii_digit())
        }
        None => false,
    }
}

/// Doc links lose their brackets: `[fmt.Println]`, `[net/http]`.
fn without_link_brackets(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut wrote = 0;
    let mut start = None;
    for (i, c) in text.char_indices() {
        match c {
            '[' => start = Some(i),
            ']' => {
                if let Some(open) = start.take()
                    && is_doc_link(&text[open + 1..i], &text[..open], &text[i + 1..])
                {
                    out.push_str(&text[wrote..open]);
                    out.push_str(&text[open + 1..i]);
                    wrote = i + 1;
                }
            }
            _ => {}
        }
    }
    out.push_str(&text[wrote..]);
    out
}

fn is_doc_link(text: &str, before: &str, after: &str) -> bool {
    let apart =
        |c: Option<char>| c.is_none_or(|c| matches!(c, ' ' | '\t' | '\n') || is_punctuation(c));
    if !apart(before.chars().next_back()) || !apart(after.chars().next()) {
        return false;
    }
    let text = text.strip_prefix('*').unwrap_or(text);
    let mut package = text;
    for _ in 0..2 {
        let (rest, name) = package.rsplit_once('.').unwrap_or(("", package));
        if !is_exported_name(name) {
            break;
        }
        package = rest;
    }
    if package.contains('/') {
        return is_import_path(package);
    }
    STD_PACKAGES.contains(&package)
}

fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation() && !"$+<=>^`|~".contains(c)
        || !c.is_ascii()
            && !c.is_alphanumeric()
            && !c.is_whitespace()
            && "“”‘’–—…«»、。！？：；，．（）".contains(c)
}

fn is_exported_name(name: &str) -> bool {
    name.starts_with(char::is_uppercase)
        && name
            .chars()
            .all(|c| c == '_' || unicode::is_letter(c) || unicode::is_digit(c))
}

fn is_import_path(path: &str) -> bool {
    let ok = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b) || b >= 0x80;
    let elem =
        |e: &str| !e.is_empty() && !e.starts_with('.') && !e.ends_with('.') && e.bytes().all(ok);
    !path.starts_with('-') && path.split('/').all(elem)
}

/// Typographic quotation marks for ``` `` ``` and `''`, but not inside runs of back quotes.
fn typeset(text: &str) -> String {
    if !text.contains("``") && !text.contains("''") {
        return text.to_string();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("```") {
            let n = rest.len() - rest.trim_start_matches('`').len();
            out.push_str(&rest[..n]);
            rest = &rest[n..];
        } else if let Some(tail) = rest.strip_prefix("``") {
            out.push('“');
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix("''") {
            out.push('”');
            rest = tail;
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
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
