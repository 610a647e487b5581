//! Tokens of go.mod files and look-ups without a full parse. Answers to
//! golang.org/x/mod/modfile.

use crate::quote::{quote, unquote};
use crate::unicode::is_print;

/// The module path of a go.mod, found without parsing it; empty where there is none
/// (modfile.ModulePath).
pub fn module_path(text: &str) -> String {
    for line in text.split('\n') {
        let line = line.split_once("//").map_or(line, |(code, _)| code).trim();
        let Some(rest) = line.strip_prefix("module") else {
            continue;
        };
        let path = rest.trim();
        if path.is_empty() || path.len() == rest.len() {
            continue;
        }
        if path.starts_with(['"', '`']) {
            return unquote(path).unwrap_or_default();
        }
        return path.to_owned();
    }
    String::new()
}

/// Reports whether it is a file path in a replace or use line (`./x`, `../x`, `/x`, also in
/// Windows' spelling).
pub fn is_directory_path(path: &str) -> bool {
    let relative = |rest: &str| rest.is_empty() || rest.starts_with(['/', '\\']);
    let drive = |b: &[u8]| matches!(b, [letter, b':', ..] if letter.is_ascii_alphabetic());
    path.starts_with(['/', '\\'])
        || path.strip_prefix('.').is_some_and(relative)
        || path.strip_prefix("..").is_some_and(relative)
        || drive(path.as_bytes())
}

/// Must the token be quoted in a go.mod?
pub fn must_quote(s: &str) -> bool {
    s.is_empty()
        || s.contains("//")
        || s.contains("/*")
        || s.chars().any(|c| match c {
            ' ' | '"' | '\'' | '`' => true,
            '(' | ')' | '[' | ']' | '{' | '}' | ',' => s.len() > 1,
            c => !is_print(c),
        })
}

/// Quoted where needed (modfile.AutoQuote).
pub fn auto_quote(s: &str) -> String {
    if must_quote(s) {
        quote(s)
    } else {
        s.to_owned()
    }
}

/// The value of a token that may be quoted; `Err` is the stock message.
pub(super) fn parse_string(token: &str) -> Result<String, &'static str> {
    if token.starts_with('"') {
        unquote(token).ok_or("invalid syntax")
    } else if token.contains(['"', '\'', '`']) {
        Err("unquoted string cannot contain quote")
    } else {
        Ok(token.to_owned())
    }
}
