//! Links and quotation marks in the text of a documentation comment. Answers to
//! go/doc/comment/{parse,std}.go.

use super::blocks::LinkDef;
use crate::unicode::{is_letter, is_punct, is_upper};

/// Standard packages without a slash, which a doc link may name (`uuid` since Go 1.27).
#[rustfmt::skip]
const STD_PACKAGES: [&str; 41] = [
    "bufio", "bytes", "cmp", "context", "crypto", "embed", "encoding", "errors", "expvar", "flag",
    "fmt", "hash", "html", "image", "io", "iter", "log", "maps", "math", "mime", "net", "os",
    "path", "plugin", "reflect", "regexp", "runtime", "slices", "sort", "strconv", "strings",
    "structs", "sync", "syscall", "testing", "time", "unicode", "unique", "unsafe", "uuid", "weak",
];

/// The text without the brackets of links, and with typographic quotation marks. Definitions that a
/// link refers to are marked.
pub(super) fn plain(text: &str, links: &mut [LinkDef]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut wrote = 0;
    let mut open = None;
    // Definitions are looked up by all that stands behind the first of several brackets.
    let mut first_open = None;
    for (i, b) in text.bytes().enumerate() {
        match b {
            b'[' => {
                open = Some(i);
                first_open = first_open.or(open);
            }
            b']' => {
                let (Some(start), Some(first)) = (open.take(), first_open.take()) else {
                    continue;
                };
                let label = &text[start + 1..i];
                let key = text[first..i].replace('[', "").replace(['\n', '\t'], " ");
                let def = links.iter_mut().find(|l| l.text == key);
                let linked = match def {
                    Some(def) => {
                        def.used = true;
                        true
                    }
                    None => is_doc_link(label, &text[..start], &text[i + 1..]),
                };
                if linked {
                    typeset(&mut out, &text[wrote..start], true);
                    typeset(&mut out, label, false);
                    wrote = i + 1;
                }
            }
            _ => {}
        }
    }
    typeset(&mut out, &text[wrote..], true);
    out
}

/// `[fmt.Println]`, `[net/http]`: a package, perhaps with names in it. Names of the comment's own
/// package are not known here.
fn is_doc_link(label: &str, before: &str, after: &str) -> bool {
    let apart = |c: Option<char>| c.is_none_or(|c| matches!(c, ' ' | '\t' | '\n') || is_punct(c));
    if !apart(before.chars().next_back()) || !apart(after.chars().next()) {
        return false;
    }
    let label = label.strip_prefix('*').unwrap_or(label);
    let package = match split_name(label) {
        Some(rest) => split_name(rest).unwrap_or(rest),
        None => label,
    };
    if package.contains('/') {
        is_import_path(package)
    } else {
        STD_PACKAGES.contains(&package)
    }
}

/// The text before the last dot, when an exported name follows it.
fn split_name(text: &str) -> Option<&str> {
    let (before, name) = text.rsplit_once('.').unwrap_or(("", text));
    let exported = ident_len(name) == name.len() && name.starts_with(is_upper);
    exported.then_some(before)
}

fn is_import_path(path: &str) -> bool {
    let ok = |b: u8| b.is_ascii_alphanumeric() || b"-._~+".contains(&b);
    let elem =
        |e: &str| !e.is_empty() && !e.starts_with('.') && !e.ends_with('.') && e.bytes().all(ok);
    !path.starts_with('-') && path.split('/').all(elem)
}

/// Length of the identifier that the text begins with.
fn ident_len(text: &str) -> usize {
    let ident = |(i, c): (usize, char)| c == '_' || is_letter(c) || i > 0 && c.is_ascii_digit();
    text.char_indices()
        .find(|&c| !ident(c))
        .map_or(text.len(), |(i, _)| i)
}

/// Appends the text with `` ``x'' `` as “x”, but for runs of back quotes and (with `urls`)
/// addresses.
fn typeset(out: &mut String, text: &str, urls: bool) {
    if !text.contains("``") && !text.contains("''") {
        out.push_str(text);
        return;
    }
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let verbatim = if urls {
            url_len(rest).max(ident_len(rest))
        } else {
            0
        };
        let len = if verbatim > 0 {
            verbatim
        } else if rest.starts_with("```") {
            // The stock command looks for the end of the run as far behind `rest` as `rest` is in
            // the text, so that it finds it only at the beginning of a text.
            let behind = rest.get(at + 3..).unwrap_or("");
            3 + behind.len() - behind.trim_start_matches('`').len()
        } else if rest.starts_with("``") || rest.starts_with("''") {
            out.push(if c == '`' { '“' } else { '”' });
            at += 2;
            continue;
        } else {
            c.len_utf8()
        };
        let mut end = at + len;
        while !text.is_char_boundary(end) {
            end += 1;
        }
        out.push_str(&text[at..end]);
        at = end;
    }
}

pub(super) fn is_scheme(s: &str) -> bool {
    matches!(
        s,
        "file" | "ftp" | "gopher" | "http" | "https" | "mailto" | "nntp"
    )
}

/// Length of the address that the text begins with; 0 if there is none. It does not end in
/// punctuation, and its brackets match.
fn url_len(text: &str) -> usize {
    let Some((scheme, _)) = text.split_once("://").filter(|(s, _)| is_scheme(s)) else {
        return 0;
    };
    let bytes = text.as_bytes();
    let punctuation = |b: u8| b".,:;?!".contains(&b);
    let host = |b: u8| b.is_ascii_alphanumeric() || b"_@-.[]:".contains(&b);
    let mut i = scheme.len() + 3;
    if !bytes.get(i).is_some_and(|&b| host(b) && !punctuation(b)) {
        return 0;
    }
    let mut end = i;
    while let Some(&b) = bytes.get(i).filter(|b| host(**b)) {
        i += 1;
        if !punctuation(b) {
            end = i;
        }
    }
    let in_path = |b: u8| b.is_ascii_alphanumeric() || b"$'()*+&#=@~_/-[]{}%".contains(&b);
    let mut closers = Vec::new();
    for (i, &b) in bytes.iter().enumerate().skip(end) {
        match b {
            b if punctuation(b) => continue,
            b'(' => closers.push(b')'),
            b'{' => closers.push(b'}'),
            b'[' => closers.push(b']'),
            b')' | b'}' | b']' => {
                if closers.pop() != Some(b) {
                    break;
                }
            }
            b if in_path(b) => {}
            _ => break,
        }
        if closers.is_empty() {
            end = i + 1;
        }
    }
    end
}
