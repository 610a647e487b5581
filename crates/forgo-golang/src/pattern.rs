//! Package patterns (`./...`, `net/...`, `std`). Answers to cmd/internal/pkgpattern and to the
//! textual part of cmd/go/internal/search.

use crate::path;

/// Stands for a `vendor` element that a wildcard must not reach into.
const VENDOR: u8 = 0;

/// A compiled pattern, where `...` stands for any string.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// The name matches if it matches any of these; none is the pattern that matches nothing.
    alternatives: Vec<Vec<Item>>,
    vendor_is_special: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    Byte(u8),
    Wildcard,
}

impl Pattern {
    /// pkgpattern.MatchPattern: `...` does not cross into vendored packages.
    pub fn new(pattern: &str) -> Pattern {
        if pattern.as_bytes().contains(&VENDOR) {
            return Pattern {
                alternatives: Vec::new(),
                vendor_is_special: true,
            };
        }
        let text = hide_vendor(pattern);
        // After a trailing `vendor/...` the directory `vendor` itself matches too.
        let under_vendor: Vec<u8> = [&[VENDOR][..], b"/..."].concat();
        let with_slash: Vec<u8> = [b"/", &under_vendor[..]].concat();
        let base = text
            .strip_suffix(&with_slash[..])
            .or_else(|| (text == under_vendor).then_some(&[][..]));
        let alternatives = match base {
            Some(base) => vec![[base, b"/vendor"].concat(), [base, &with_slash].concat()],
            None => with_optional_tail(text),
        };
        Pattern {
            alternatives: alternatives.iter().map(|a| compile(a)).collect(),
            vendor_is_special: true,
        }
    }

    /// pkgpattern.MatchSimplePattern: `vendor` is not special.
    pub fn simple(pattern: &str) -> Pattern {
        let alternatives = with_optional_tail(pattern.as_bytes().to_vec());
        Pattern {
            alternatives: alternatives.iter().map(|a| compile(a)).collect(),
            vendor_is_special: false,
        }
    }

    /// Reports whether the name matches.
    pub fn matches(&self, name: &str) -> bool {
        if !self.vendor_is_special {
            return self
                .alternatives
                .iter()
                .any(|a| matches(a, name.as_bytes(), b'\n'));
        }
        if name.as_bytes().contains(&VENDOR) {
            return false;
        }
        if name.contains("vendor") {
            let name = hide_vendor(name);
            return self.alternatives.iter().any(|a| matches(a, &name, VENDOR));
        }
        self.alternatives
            .iter()
            .any(|a| matches(a, name.as_bytes(), VENDOR))
    }
}

/// A trailing `/...` matches the empty string too.
fn with_optional_tail(text: Vec<u8>) -> Vec<Vec<u8>> {
    match text.strip_suffix(b"/...") {
        Some(base) => vec![base.to_vec(), text],
        None => vec![text],
    }
}

/// The name with each `vendor` element but a last one replaced by [`VENDOR`].
fn hide_vendor(name: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((elem, tail)) = rest.split_once('/') {
        if elem == "vendor" {
            out.push(VENDOR);
        } else {
            out.extend_from_slice(elem.as_bytes());
        }
        out.push(b'/');
        rest = tail;
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

fn compile(text: &[u8]) -> Vec<Item> {
    let mut items = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(&first) = rest.first() {
        if let Some(tail) = rest.strip_prefix(b"...") {
            items.push(Item::Wildcard);
            rest = tail;
        } else {
            items.push(Item::Byte(first));
            rest = &rest[1..];
        }
    }
    items
}

/// Matches in time proportional to the product of the lengths, for every pattern. A wildcard
/// matches any bytes but `not`.
fn matches(items: &[Item], name: &[u8], not: u8) -> bool {
    let literal = items
        .iter()
        .position(|i| *i == Item::Wildcard)
        .unwrap_or(items.len());
    let prefix = name
        .get(..literal)
        .is_some_and(|n| n.iter().zip(items).all(|(b, i)| Item::Byte(*b) == *i));
    if !prefix {
        return false;
    }
    let (items, name) = (&items[literal..], &name[literal..]);
    match items {
        [] => return name.is_empty(),
        [Item::Wildcard] => return !name.contains(&not),
        _ => {}
    }
    // at[i]: the items before i match the text so far.
    let mut at = vec![false; items.len() + 1];
    at[0] = true;
    skip_wildcards(items, &mut at);
    for &b in name {
        let mut next = vec![false; items.len() + 1];
        for (i, item) in items.iter().enumerate().filter(|(i, _)| at[*i]) {
            match item {
                Item::Byte(want) if *want == b => next[i + 1] = true,
                Item::Wildcard if b != not => next[i] = true,
                _ => {}
            }
        }
        skip_wildcards(items, &mut next);
        at = next;
    }
    at[items.len()]
}

/// A wildcard may match nothing.
fn skip_wildcards(items: &[Item], at: &mut [bool]) {
    for (i, item) in items.iter().enumerate() {
        if at[i] && *item == Item::Wildcard {
            at[i + 1] = true;
        }
    }
}

/// Could the name or something below it match (pkgpattern.TreeCanMatchPattern)?
pub fn tree_can_match(pattern: &str, name: &str) -> bool {
    let (prefix, wild) = match pattern.split_once("...") {
        Some((before, _)) => (before, true),
        None => (pattern, false),
    };
    // Unlike elsewhere, only absolute names are below an empty name.
    let below = if name.is_empty() {
        prefix.is_empty() || prefix.starts_with('/')
    } else {
        path::has_path_prefix(prefix, name)
    };
    below || wild && name.starts_with(prefix)
}

/// `std`, `cmd`, `tool`, `work` or `all`.
pub fn is_meta_package(name: &str) -> bool {
    matches!(name, "std" | "cmd" | "tool" | "work" | "all")
}

/// No wildcard and no meta-package.
pub fn is_literal(pattern: &str) -> bool {
    !pattern.contains("...") && !is_meta_package(pattern)
}

/// `.`, `..`, `./x`, `../x` (build.IsLocalImport).
pub fn is_local_import(path: &str) -> bool {
    path == "." || path == ".." || path.starts_with("./") || path.starts_with("../")
}

/// Local or absolute (search.Match.IsLocal).
pub fn is_local(pattern: &str) -> bool {
    is_local_import(pattern) || path::is_abs(pattern)
}

/// Reports whether the path looks like one of the standard library: no dot in the first element.
pub fn is_standard_import_path(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or("");
    !first.contains('.')
}

/// `.`, `..`, `./x`, `../x` (search.IsRelativePath).
pub fn is_relative_path(pattern: &str) -> bool {
    is_local_import(pattern)
}

/// search.CleanPatterns: patterns of the command line, cleaned; none becomes `.`. What follows an
/// `@` in an import path is a version and is left alone.
pub fn clean_patterns<S: AsRef<str>>(patterns: &[S]) -> Vec<String> {
    if patterns.is_empty() {
        return vec![".".to_string()];
    }
    patterns.iter().map(|p| clean_pattern(p.as_ref())).collect()
}

fn clean_pattern(pattern: &str) -> String {
    let at = if is_local(pattern) {
        None
    } else {
        pattern.find('@')
    };
    let (name, version) = pattern.split_at(at.unwrap_or(pattern.len()));
    if path::is_abs(name) {
        return path::clean(name) + version;
    }
    let name = name.replace('\\', "/");
    let cleaned = path::clean(&name);
    if name.starts_with("./") && cleaned != "." {
        format!("./{cleaned}{version}")
    } else {
        cleaned + version
    }
}

/// `pattern NAME: err`, or `NAME: err` for a literal (search.MatchError).
pub fn match_error(pattern: &str, err: &str) -> String {
    if is_literal(pattern) {
        format!("{pattern}: {err}")
    } else {
        format!("pattern {pattern}: {err}")
    }
}

/// The `ignore` lines of a go.mod (search.IgnorePatterns): `./x` is that directory of the module,
/// `x` any of that name.
#[derive(Debug, Clone, Default)]
pub struct IgnorePatterns {
    relative: Vec<String>,
    any: Vec<String>,
}

impl IgnorePatterns {
    /// From the paths of the lines.
    pub fn new<S: AsRef<str>>(patterns: &[S]) -> IgnorePatterns {
        let mut all = IgnorePatterns::default();
        for pattern in patterns {
            match pattern.as_ref().strip_prefix("./") {
                Some(rest) => all.relative.push(between_slashes(rest)),
                None => all.any.push(between_slashes(pattern.as_ref())),
            }
        }
        all
    }

    /// Reports whether the directory (relative to the module's root) is ignored.
    pub fn should_ignore(&self, dir: &str) -> bool {
        if dir.is_empty() || self.relative.is_empty() && self.any.is_empty() {
            return false;
        }
        let dir = between_slashes(dir);
        self.relative.iter().any(|p| dir.starts_with(p)) || self.any.iter().any(|p| dir.contains(p))
    }
}

fn between_slashes(path: &str) -> String {
    let start = if path.starts_with('/') { "" } else { "/" };
    let end = if path.ends_with('/') { "" } else { "/" };
    format!("{start}{path}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("net", &["net"], &["net/http", "ne", "netx"]),
            (
                "net/...",
                &["net", "net/http", "net/http/httptest"],
                &["netchan", "not/net"],
            ),
            ("...", &["a", "a/b"], &["a/vendor/b", "vendor/b"]),
            (
                "./...",
                &["./vendorx", "./x/vendor", "."],
                &["./vendor/x", "./a/vendor/b", "x"],
            ),
            (
                "./vendor/...",
                &["./vendor", "./vendor/x"],
                &["./vendor/x/vendor/y", "./vendorx"],
            ),
            (
                "vendor/...",
                &["/vendor", "/vendor/x"],
                &["vendorx", "vendor/x"],
            ),
            (
                "a/.../b",
                &["a/x/b", "a/x/y/b", "a//b"],
                &["a/b", "a/x/bc", "a/vendor/b"],
            ),
            ("...net...", &["net", "internet", "a/net/b"], &["ne"]),
            ("a...a...", &["aa", "abca", "a/x/ab"], &["a", "ab"]),
            (
                "x/vendor/y...",
                &["x/vendor/y", "x/vendor/yz"],
                &["x/vendor/z", "x/vendor/y/vendor/q"],
            ),
        ];
        for (pattern, yes, no) in cases {
            let compiled = Pattern::new(pattern);
            for name in *yes {
                assert!(compiled.matches(name), "{pattern} should match {name}");
            }
            for name in *no {
                assert!(!compiled.matches(name), "{pattern} should not match {name}");
            }
        }
    }

    #[test]
    fn simple_patterns_see_through_vendor() {
        assert!(Pattern::simple("./...").matches("./a/vendor/b"));
        assert!(Pattern::simple("a/...").matches("a"));
        assert!(!Pattern::simple("a/...").matches("ab"));
    }

    #[test]
    fn trees() {
        for (pattern, name, want) in [
            ("net/...", "net", true),
            ("net/...", "n", false),
            ("net/http", "net", true),
            ("net/http", "net/http/x", false),
            ("a...b", "ax", true),
            ("...", "x", true),
        ] {
            assert_eq!(tree_can_match(pattern, name), want, "{pattern} {name}");
        }
    }

    #[test]
    fn cleaning() {
        for (pattern, want) in [
            ("./", "."),
            (".", "."),
            ("./a//b/", "./a/b"),
            ("a/./b@v1.2.3", "a/b@v1.2.3"),
            ("./a@b", "./a@b"),
            ("a\\b", "a/b"),
            ("/x/../y", "/y"),
            ("../x/", "../x"),
            ("./..", "./.."),
        ] {
            assert_eq!(clean_pattern(pattern), want, "{pattern}");
        }
        assert_eq!(clean_patterns::<&str>(&[]), ["."]);
    }

    #[test]
    fn ignored() {
        let ignore = IgnorePatterns::new(&["./static", "node_modules", "a/b"]);
        for (dir, want) in [
            ("static", true),
            ("static/x", true),
            ("x/static", false),
            ("x/node_modules/y", true),
            ("x/a/b", true),
            ("xa/b", false),
            ("", false),
        ] {
            assert_eq!(ignore.should_ignore(dir), want, "{dir}");
        }
    }
}
