//! Module paths and versions as file names of the module cache, which may ignore case. Answers to
//! EscapePath and its kin in golang.org/x/mod/module.

use super::check::check_file_elem;
use super::{InvalidPathError, InvalidVersionError, check_path};
use crate::quote::quote;

/// Path as it stands in the module cache (`!a` for `A`).
pub fn escape_path(path: &str) -> Result<String, InvalidPathError> {
    check_path(path)?;
    Ok(escape(path))
}

/// Version as it stands in the module cache.
pub fn escape_version(v: &str) -> Result<String, InvalidVersionError> {
    // The stock command calls it an internal error when letters outside ASCII get past the first
    // check; no version of a module has such.
    if check_file_elem(v).is_err() || v.contains('!') || !v.is_ascii() {
        return Err(InvalidVersionError {
            version: v.to_owned(),
            pseudo: false,
            err: "disallowed version string".to_owned(),
        });
    }
    Ok(escape(v))
}

fn escape(s: &str) -> String {
    let mut out = String::with_capacity(s.len() + 4);
    for c in s.chars() {
        if c.is_ascii_uppercase() {
            out.push('!');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// Inverse of [`escape_path`]; `Err` is the stock message.
pub fn unescape_path(escaped: &str) -> Result<String, String> {
    let what = || format!("invalid escaped module path {}", quote(escaped));
    let path = unescape(escaped).ok_or_else(what)?;
    check_path(&path).map_err(|err| format!("{}: {err}", what()))?;
    Ok(path)
}

/// Inverse of [`escape_version`]; `Err` is the stock message.
pub fn unescape_version(escaped: &str) -> Result<String, String> {
    let v =
        unescape(escaped).ok_or_else(|| format!("invalid escaped version {}", quote(escaped)))?;
    check_file_elem(&v).map_err(|err| format!("invalid escaped version {}: {err}", quote(&v)))?;
    Ok(v)
}

fn unescape(escaped: &str) -> Option<String> {
    let mut out = String::with_capacity(escaped.len());
    let mut chars = escaped.chars();
    while let Some(c) = chars.next() {
        match c {
            '!' => match chars.next()? {
                c @ 'a'..='z' => out.push(c.to_ascii_uppercase()),
                _ => return None,
            },
            c if c.is_ascii_uppercase() || !c.is_ascii() => return None,
            c => out.push(c),
        }
    }
    Some(out)
}
