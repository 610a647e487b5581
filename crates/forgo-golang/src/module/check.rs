//! Which module, import and file paths are allowed. Answers to CheckPath and its kin in
//! golang.org/x/mod/module.

use super::{InvalidPathError, InvalidVersionError, ModuleError, VersionErrorCause};
use super::{check_path_major, first_path_element, split_path_version};
use crate::quote::{quote, quote_rune};
use crate::raw;
use crate::semver;
use crate::unicode::is_letter;

/// Which rules apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Module,
    Import,
    File,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Module => "module",
            Kind::Import => "import",
            Kind::File => "file",
        }
    }

    fn allows(self, c: char) -> bool {
        if c.is_ascii_alphanumeric() {
            return true;
        }
        match self {
            Kind::Module => matches!(c, '-' | '.' | '_' | '~'),
            Kind::Import => matches!(c, '-' | '.' | '_' | '~' | '+'),
            Kind::File if c.is_ascii() => "!#$%&()+,-.=@[]^_{}~ ".contains(c),
            Kind::File => is_letter(c),
        }
    }
}

/// module.Check: is `version` acceptable for the module `path`? `Err` is the stock message.
pub fn check(path: &str, version: &str) -> Result<(), String> {
    check_path(path).map_err(|e| e.to_string())?;
    let fail = |err| {
        let err = VersionErrorCause::Version(err);
        Err(ModuleError {
            path: path.to_owned(),
            version: String::new(),
            err,
        }
        .to_string())
    };
    if !semver::is_valid(version) {
        return fail(InvalidVersionError {
            version: version.to_owned(),
            pseudo: false,
            err: "not a semantic version".to_owned(),
        });
    }
    let (_, path_major) = split_path_version(path).unwrap_or_default();
    check_path_major(version, path_major).or_else(fail)
}

/// Valid module path?
pub fn check_path(path: &str) -> Result<(), InvalidPathError> {
    check_module_path(path).map_err(|err| invalid(Kind::Module, path, err))
}

/// Valid import path?
pub fn check_import_path(path: &str) -> Result<(), InvalidPathError> {
    check_general(path, Kind::Import).map_err(|err| invalid(Kind::Import, path, err))
}

/// Valid slash-separated file path inside a module?
pub fn check_file_path(path: &str) -> Result<(), InvalidPathError> {
    check_general(path, Kind::File).map_err(|err| invalid(Kind::File, path, err))
}

fn invalid(kind: Kind, path: &str, err: String) -> InvalidPathError {
    InvalidPathError {
        kind: kind.name(),
        path: path.to_owned(),
        err,
    }
}

fn check_module_path(path: &str) -> Result<(), String> {
    check_general(path, Kind::Module)?;
    // The first element looks like a domain name.
    let first = first_path_element(path);
    if first.is_empty() {
        return Err("leading slash".to_owned());
    }
    if !first.contains('.') {
        return Err("missing dot in first path element".to_owned());
    }
    if path.starts_with('-') {
        return Err("leading dash in first path element".to_owned());
    }
    let domain = |c: char| matches!(c, '-' | '.' | '0'..='9' | 'a'..='z');
    if let Some(c) = first.chars().find(|c| !domain(*c)) {
        return Err(format!(
            "invalid char {} in first path element",
            quote_rune(c)
        ));
    }
    if split_path_version(path).is_none() {
        return Err("invalid version".to_owned());
    }
    Ok(())
}

fn check_general(path: &str, kind: Kind) -> Result<(), String> {
    let problem = if !raw::is_utf8(path) {
        "invalid UTF-8"
    } else if path.is_empty() {
        "empty string"
    } else if path.starts_with('-') && kind != Kind::File {
        "leading dash"
    } else if path.contains("//") {
        "double slash"
    } else if path.ends_with('/') {
        "trailing slash"
    } else {
        return path.split('/').try_for_each(|elem| check_elem(elem, kind));
    };
    Err(problem.to_owned())
}

/// The rules for an element of a file path; module.EscapeVersion applies them to versions.
pub(super) fn check_file_elem(elem: &str) -> Result<(), String> {
    check_elem(elem, Kind::File)
}

fn check_elem(elem: &str, kind: Kind) -> Result<(), String> {
    if elem.is_empty() {
        return Err("empty path element".to_owned());
    }
    if elem.bytes().all(|b| b == b'.') {
        return Err(format!("invalid path element {}", quote(elem)));
    }
    if elem.starts_with('.') && kind == Kind::Module {
        return Err("leading dot in path element".to_owned());
    }
    if elem.ends_with('.') {
        return Err("trailing dot in path element".to_owned());
    }
    if let Some(c) = elem.chars().find(|c| !kind.allows(*c)) {
        return Err(format!("invalid char {}", quote_rune(c)));
    }
    let short = elem.split_once('.').map_or(elem, |(short, _)| short);
    if is_windows_device(short) {
        return Err(format!(
            "{} disallowed as path element component on Windows",
            quote(short)
        ));
    }
    // Such as PROGRA~1, the short names of Windows.
    if kind != Kind::File
        && let Some((_, suffix)) = short.rsplit_once('~')
        && !suffix.is_empty()
        && suffix.bytes().all(|b| b.is_ascii_digit())
    {
        return Err("trailing tilde and digits in path element".to_owned());
    }
    Ok(())
}

fn is_windows_device(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    matches!(
        name.as_bytes(),
        b"CON"
            | b"PRN"
            | b"AUX"
            | b"NUL"
            | [b'C', b'O', b'M', b'1'..=b'9']
            | [b'L', b'P', b'T', b'1'..=b'9']
    )
}
