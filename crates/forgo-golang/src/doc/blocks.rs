//! The blocks of a documentation comment: paragraphs, lists, code, headings. Answers to
//! go/doc/comment/parse.go.

use super::inline::is_scheme;
use crate::unicode::{is_digit, is_letter, is_upper};

/// A block of a comment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Block {
    Paragraph(String),
    /// The paragraphs of all items.
    List(Vec<String>),
    /// Code or a heading, whose text is not looked at.
    Verbatim,
}

impl Block {
    /// The texts that may hold links.
    pub(super) fn texts(&self) -> &[String] {
        match self {
            Block::Paragraph(text) => std::slice::from_ref(text),
            Block::List(texts) => texts,
            Block::Verbatim => &[],
        }
    }
}

/// A line `[text]: url`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LinkDef {
    pub text: String,
    pub url: String,
    pub used: bool,
}

/// A comment in parts.
#[derive(Debug, Default)]
pub(super) struct Doc {
    pub blocks: Vec<Block>,
    pub links: Vec<LinkDef>,
}

/// Takes a comment's text apart.
pub(super) fn parse(text: &str) -> Doc {
    let lines: Vec<&str> = text.split('\n').collect();
    let lines = unindent(&lines);
    let mut doc = Doc::default();
    let spans = Spans {
        lines: &lines,
        next: 0,
        force_indent: 0,
    };
    for span in spans {
        match span.kind {
            Kind::Verbatim => doc.blocks.push(Block::Verbatim),
            Kind::List => doc.list(&lines[span.start..span.end]),
            Kind::Paragraph => {
                if let Some(text) = doc.paragraph(&lines[span.start..span.end]) {
                    doc.blocks.push(Block::Paragraph(text));
                }
            }
        }
    }
    doc
}

impl Doc {
    /// The text of a paragraph; none when it is made of link definitions, which are noted.
    fn paragraph(&mut self, lines: &[&str]) -> Option<String> {
        let links: Option<Vec<LinkDef>> = lines.iter().map(|line| link_def(line)).collect();
        match links {
            Some(links) => {
                self.links.extend(links);
                None
            }
            None => Some(lines.join("\n")),
        }
    }

    fn list(&mut self, lines: &[&str]) {
        let numbered = list_item(lines[0]).is_some_and(|item| item.numbered);
        let mut texts = Vec::new();
        let mut pending = Vec::new();
        let mut flush = |pending: &mut Vec<&str>| {
            let lines = std::mem::take(pending);
            if !lines.is_empty() {
                texts.extend(self.paragraph(&lines));
            }
        };
        for line in lines {
            let line = match list_item(line) {
                Some(item) if item.numbered == numbered => {
                    flush(&mut pending);
                    item.text
                }
                _ => line,
            };
            match line.trim() {
                "" => flush(&mut pending),
                text => pending.push(text),
            }
        }
        flush(&mut pending);
        self.blocks.push(Block::List(texts));
    }
}

fn link_def(line: &str) -> Option<LinkDef> {
    let (text, url) = line.strip_prefix('[')?.split_once("]:")?;
    let url = url
        .strip_prefix([' ', '\t'])
        .filter(|url| !url.is_empty())?
        .trim();
    let (scheme, _) = url.split_once("://")?;
    let def = || LinkDef {
        text: text.to_owned(),
        url: url.to_owned(),
        used: false,
    };
    is_scheme(scheme).then(def)
}

/// The kind of a span of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Paragraph,
    List,
    Verbatim,
}

struct Span {
    start: usize,
    end: usize,
    kind: Kind,
}

/// Cuts lines into spans. Lines before `force_indent` count as indented.
struct Spans<'a> {
    lines: &'a [&'a str],
    next: usize,
    force_indent: usize,
}

impl Iterator for Spans<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        loop {
            let blank = self.lines[self.next..]
                .iter()
                .take_while(|l| l.is_empty())
                .count();
            self.next += blank;
            let start = self.next;
            let first = self.lines.get(start)?;
            let span = if start < self.force_indent || indented(first) {
                self.indented_span(start)
            } else {
                match self.plain_span(start) {
                    Some(span) => span,
                    // All lines turned out to belong to the indented section.
                    None => continue,
                }
            };
            self.next = span.end;
            return Some(span);
        }
    }
}

impl Spans<'_> {
    /// A list or code: up to the next line that is not indented.
    fn indented_span(&self, start: usize) -> Span {
        let lines = self.lines;
        // A list that should be indented but is not goes on to the first blank line.
        let mut loose_list = is_list(lines[start]) && start < self.force_indent;
        let mut end = start + 1;
        while let Some(line) = lines.get(end) {
            let belongs = line.is_empty()
                || end < self.force_indent
                || indented(line)
                || loose_list && is_list(line);
            if !belongs {
                break;
            }
            loose_list &= !line.is_empty();
            end += 1;
        }
        while end > start && lines[end - 1].is_empty() {
            end -= 1;
        }
        // The closing brace of code whose outer lines were not indented.
        if lines.get(end).is_some_and(|l| l.starts_with('}')) {
            end += 1;
        }
        let kind = if is_list(lines[start]) {
            Kind::List
        } else {
            Kind::Verbatim
        };
        Span { start, end, kind }
    }

    /// A paragraph or heading: up to the next blank or indented line. `None` when the lines turn
    /// out to be part of an indented section.
    fn plain_span(&mut self, start: usize) -> Option<Span> {
        let lines = self.lines;
        let plain = |l: &&&str| !l.is_empty() && !indented(l);
        let mut end = start + 1 + lines[start + 1..].iter().take_while(plain).count();
        if lines.get(end).is_some_and(|l| !l.is_empty() && !is_list(l)) {
            let last = lines[end - 1];
            if is_list(last) {
                // The line wrap of a list that is not indented.
                self.force_indent = end;
                end -= 1;
                while end > start && is_list(lines[end - 1]) {
                    end -= 1;
                }
            } else if last.ends_with(['{', '\\']) {
                // The first line of code.
                self.force_indent = end;
                end -= 1;
            }
            if start == end && self.force_indent > start {
                return None;
            }
        }
        let heading =
            end - start == 1 && (is_heading(lines[start]) || is_old_heading(lines, start));
        let kind = if heading {
            Kind::Verbatim
        } else {
            Kind::Paragraph
        };
        Some(Span { start, end, kind })
    }
}

/// Removes what all lines begin with of spaces and tabs, and blank lines at both ends. Lines of
/// white space become empty.
fn unindent<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let lines = trim_blank(lines);
    let mut used = lines
        .iter()
        .enumerate()
        .filter(|(i, l)| *i == 0 || !l.is_empty());
    let Some((_, first)) = used.next() else {
        return Vec::new();
    };
    let mut prefix = leading_space(first);
    for (_, line) in used {
        let same = prefix
            .bytes()
            .zip(line.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        prefix = &prefix[..same];
    }
    let strip = |line: &&'a str| {
        let line = line.strip_prefix(prefix).unwrap_or(line);
        if line.trim().is_empty() { "" } else { line }
    };
    let out: Vec<&str> = lines.iter().map(strip).collect();
    trim_blank(&out).to_vec()
}

fn trim_blank<'l, 'a>(mut lines: &'l [&'a str]) -> &'l [&'a str] {
    while let ["", rest @ ..] | [rest @ .., ""] = lines {
        lines = rest;
    }
    lines
}

fn leading_space(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

fn indented(line: &str) -> bool {
    line.starts_with([' ', '\t'])
}

fn is_heading(line: &str) -> bool {
    let rest = line.strip_prefix('#');
    rest.is_some_and(|rest| indented(rest) && !rest.trim().is_empty())
}

/// A heading of before there was syntax for them: a short line between blank lines that looks like
/// a title.
fn is_old_heading(lines: &[&str], at: usize) -> bool {
    let around = at > 0 && lines[at - 1].is_empty();
    let below = matches!(lines.get(at + 1..), Some(["", next, ..]) if !indented(next));
    if !around || !below {
        return false;
    }
    let line = lines[at].trim();
    let (first, last) = (line.chars().next(), line.chars().next_back());
    let possessive = |rest: &str| rest == "s" || rest.starts_with("s ");
    let inner_dot = |rest: &str| !rest.is_empty() && !rest.starts_with(' ');
    first.is_some_and(is_upper)
        && last.is_some_and(|c| is_letter(c) || is_digit(c))
        && !line.contains(|c| ";:!?+*/=[]{}_^°&§~%#@<\">\\".contains(c))
        && line
            .match_indices('\'')
            .all(|(i, _)| possessive(&line[i + 1..]))
        && line
            .match_indices('.')
            .all(|(i, _)| inner_dot(&line[i + 1..]))
}

/// A line that begins a list item.
struct Item<'a> {
    numbered: bool,
    text: &'a str,
}

fn list_item(line: &str) -> Option<Item<'_>> {
    let line = line.trim();
    let (numbered, text) = match line.strip_prefix(['•', '*', '+', '-']) {
        Some(text) => (false, text),
        None => {
            let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
            if rest.len() == line.len() {
                return None;
            }
            (true, rest.strip_prefix(['.', ')'])?)
        }
    };
    (indented(text) && !text.trim().is_empty()).then_some(Item { numbered, text })
}

fn is_list(line: &str) -> bool {
    list_item(line).is_some()
}
