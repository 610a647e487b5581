//! Lexical operations on slash-separated paths: Go's path, path/filepath (on Unix) and
//! cmd/go/internal/str.

mod glob;

use std::collections::HashMap;

pub use glob::{BadPattern, match_};

/// path.Clean.
pub fn clean(path: &str) -> String {
    let mut out = path.to_owned();
    clean_in_place(&mut out);
    out
}

/// Cleans a path that is already owned; one that is clean costs only a look.
fn clean_in_place(path: &mut String) {
    if is_clean(path) {
        return;
    }
    let rooted = path.starts_with('/');
    let mut out = String::with_capacity(path.len());
    if rooted {
        out.push('/');
    }
    // `..` can't go above this length: the root or leading `..` elements.
    let mut floor = out.len();
    for elem in path.split('/') {
        match elem {
            "" | "." => {}
            ".." if out.len() > floor => {
                let cut = out[floor..].rfind('/').map_or(floor, |i| floor + i);
                out.truncate(cut);
            }
            ".." if rooted => {}
            _ => {
                if !out.is_empty() && !out.ends_with('/') {
                    out.push('/');
                }
                out.push_str(elem);
                if elem == ".." {
                    floor = out.len();
                }
            }
        }
    }
    if out.is_empty() {
        out.push('.');
    }
    *path = out;
}

fn is_clean(path: &str) -> bool {
    if matches!(path, "/" | ".") {
        return true;
    }
    let body = path.strip_prefix('/').unwrap_or(path);
    let mut leading = !path.starts_with('/');
    body.split('/').all(|elem| match elem {
        "" | "." => false,
        ".." => leading,
        _ => {
            leading = false;
            true
        }
    })
}

/// path.Join: empty elements are skipped, the result is clean.
pub fn join<S: AsRef<str>>(elems: &[S]) -> String {
    let mut out = String::with_capacity(elems.iter().map(|e| e.as_ref().len() + 1).sum());
    for elem in elems {
        push_elem(&mut out, elem.as_ref());
    }
    if !out.is_empty() {
        clean_in_place(&mut out);
    }
    out
}

/// [`join`] of two elements.
pub fn join2(a: &str, b: &str) -> String {
    join(&[a, b])
}

fn push_elem(out: &mut String, elem: &str) {
    if elem.is_empty() {
        return;
    }
    if !out.is_empty() && !out.ends_with('/') {
        out.push('/');
    }
    out.push_str(elem);
}

/// path.Dir.
pub fn dir(path: &str) -> String {
    clean(split(path).0)
}

/// path.Base.
pub fn base(path: &str) -> &str {
    if path.is_empty() {
        return ".";
    }
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        "/"
    } else {
        split(trimmed).1
    }
}

/// path.Ext: with the dot.
pub fn ext(path: &str) -> &str {
    let name = split(path).1;
    name.rfind('.').map_or("", |i| &name[i..])
}

/// path.Split: the part up to and with the last slash, and the rest.
pub fn split(path: &str) -> (&str, &str) {
    path.split_at(path.rfind('/').map_or(0, |i| i + 1))
}

/// path.IsAbs.
pub fn is_abs(path: &str) -> bool {
    path.starts_with('/')
}

/// filepath.Rel; `None` if it can't be determined without the current directory.
pub fn rel(base: &str, target: &str) -> Option<String> {
    let (base, target) = (clean(base), clean(target));
    if base == target {
        return Some(".".to_owned());
    }
    if is_abs(&base) != is_abs(&target) {
        return None;
    }
    let elems = |p: &str| -> Vec<String> {
        let p = if p == "." { "" } else { p };
        p.split('/')
            .filter(|e| !e.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (base, target) = (elems(&base), elems(&target));
    let common = base.iter().zip(&target).take_while(|(a, b)| a == b).count();
    if base[common..].first().is_some_and(|e| e == "..") {
        return None;
    }
    let mut out = vec![".."; base.len() - common];
    out.extend(target[common..].iter().map(String::as_str));
    Some(if out.is_empty() {
        ".".to_owned()
    } else {
        out.join("/")
    })
}

/// filepath.IsLocal.
pub fn is_local(path: &str) -> bool {
    if path.is_empty() || is_abs(path) {
        return false;
    }
    // Cleaning moves every `..` that leaves the directory to the front.
    let cleaned = clean(path);
    cleaned != ".." && !cleaned.starts_with("../")
}

/// str.HasPathPrefix: does slash path `s` begin with the elements of `prefix`?
pub fn has_path_prefix(s: &str, prefix: &str) -> bool {
    match s.strip_prefix(prefix) {
        None => false,
        Some(rest) => {
            rest.is_empty() || prefix.is_empty() || prefix.ends_with('/') || rest.starts_with('/')
        }
    }
}

/// str.HasFilePathPrefix: on Unix the same as [`has_path_prefix`].
pub fn has_file_path_prefix(s: &str, prefix: &str) -> bool {
    has_path_prefix(s, prefix)
}

/// str.TrimFilePathPrefix.
pub fn trim_file_path_prefix<'a>(s: &'a str, prefix: &str) -> &'a str {
    if prefix.is_empty() || !has_file_path_prefix(s, prefix) {
        return s;
    }
    let rest = &s[prefix.len()..];
    rest.strip_prefix('/').unwrap_or(rest)
}

/// str.WithFilePathSeparator: with a trailing slash, unless empty.
pub fn with_file_path_separator(s: &str) -> String {
    if s.is_empty() || s.ends_with('/') {
        s.to_owned()
    } else {
        format!("{s}/")
    }
}

/// str.QuoteGlob.
pub fn quote_glob(s: &str) -> String {
    let mut out = String::with_capacity(s.len());
    for c in s.chars() {
        if matches!(c, '*' | '?' | '[' | ']') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A key that is equal for strings that differ only in case (what str.ToFold is for).
pub fn to_fold(s: &str) -> String {
    if s.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        return s.to_owned();
    }
    s.chars().map(fold_char).collect()
}

/// Simple case folding: characters with the same fold are one letter in different cases.
fn fold_char(c: char) -> char {
    let single = |mut it: Box<dyn Iterator<Item = char>>| match (it.next(), it.next()) {
        (Some(c), None) => Some(c),
        _ => None,
    };
    match c {
        // Dotted and dotless i fold with nothing.
        'İ' | 'ı' => c,
        _ => {
            let upper = single(Box::new(c.to_uppercase())).unwrap_or(c);
            single(Box::new(upper.to_lowercase())).unwrap_or(upper)
        }
    }
}

/// str.FoldDup: the first pair of strings equal but for case, in order.
pub fn fold_dup<S: AsRef<str>>(list: &[S]) -> Option<(String, String)> {
    let mut seen: HashMap<String, &str> = HashMap::with_capacity(list.len());
    for s in list {
        let s = s.as_ref();
        if let Some(t) = seen.insert(to_fold(s), s).filter(|t| !t.is_empty()) {
            let (a, b) = if s > t { (t, s) } else { (s, t) };
            return Some((a.to_owned(), b.to_owned()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleans() {
        for (path, want) in [
            ("", "."),
            (".", "."),
            ("/", "/"),
            ("//", "/"),
            ("a/b", "a/b"),
            ("a//b/", "a/b"),
            ("./a/./b/.", "a/b"),
            ("a/..", "."),
            ("a/../b", "b"),
            ("a/b/../../..", ".."),
            ("../../a", "../../a"),
            ("a/../../b", "../b"),
            ("/..", "/"),
            ("/../a", "/a"),
            ("/a/b/../c", "/a/c"),
            ("/a/..", "/"),
            ("../a/../b", "../b"),
            ("a/../../../b/../c", "../../c"),
            ("...", "..."),
            ("/a/.../b", "/a/.../b"),
            ("a/b/..", "a"),
            ("./..", ".."),
            ("é/../ü", "ü"),
        ] {
            assert_eq!(clean(path), want, "{path}");
            assert_eq!(clean(want), want, "{path}");
            assert!(is_clean(want), "{want}");
            assert_eq!(is_clean(path), path == want, "{path}");
        }
    }

    #[test]
    fn joins() {
        for (elems, want) in [
            (&[][..], ""),
            (&["", ""], ""),
            (&["a", "", "b"], "a/b"),
            (&["", "/a", "b"], "/a/b"),
            (&["/", "a"], "/a"),
            (&["a/", "/b"], "a/b"),
            (&["a", "../../b"], "../b"),
            (&["."], "."),
            (&["a", ".."], "."),
        ] {
            assert_eq!(join(elems), want, "{elems:?}");
        }
        assert_eq!(join2("/x/y", "./z"), "/x/y/z");
    }

    #[test]
    fn parts() {
        for (path, d, b, e) in [
            ("", ".", ".", ""),
            ("/", "/", "/", ""),
            ("//", "/", "/", ""),
            ("a", ".", "a", ""),
            ("a.go", ".", "a.go", ".go"),
            ("/a", "/", "a", ""),
            ("/a/b.c.d", "/a", "b.c.d", ".d"),
            ("/a.b/c", "/a.b", "c", ""),
            ("a/b/", "a/b", "b", ""),
            (".x", ".", ".x", ".x"),
        ] {
            assert_eq!(
                (dir(path).as_str(), base(path), ext(path)),
                (d, b, e),
                "{path}"
            );
        }
        assert_eq!(split("a/b/c"), ("a/b/", "c"));
        assert_eq!(split("c"), ("", "c"));
    }

    #[test]
    fn relative() {
        for (b, t, want) in [
            ("a/b", "a/b", Some(".")),
            ("a/b", "a/b/c", Some("c")),
            ("a/b", "a/./b/../b/c/", Some("c")),
            ("a/b/c", "a/b", Some("..")),
            ("/a/b/c", "/a/d/e", Some("../../d/e")),
            ("a/bc", "a/b", Some("../b")),
            ("/", "/a", Some("a")),
            ("/a", "/", Some("..")),
            (".", "a", Some("a")),
            ("a", ".", Some("..")),
            ("..", "a", None),
            ("../..", "..", None),
            ("..", "../..", Some("..")),
            ("../../a", "../b", None),
            ("/a", "a", None),
            ("a", "/a", None),
            ("..", ".", None),
        ] {
            assert_eq!(rel(b, t).as_deref(), want, "{b} {t}");
            if let Some(r) = rel(b, t) {
                assert_eq!(join2(b, &r), clean(t), "{b} {t}");
            }
        }
    }

    #[test]
    fn prefixes() {
        for (s, prefix, want) in [
            ("a/b", "a", true),
            ("a/b", "a/", true),
            ("ab", "a", false),
            ("a", "a", true),
            ("a", "", true),
            ("", "", true),
            ("a", "a/", false),
            ("/a", "/", true),
            ("a", "a/b", false),
        ] {
            assert_eq!(has_path_prefix(s, prefix), want, "{s} {prefix}");
            assert_eq!(has_file_path_prefix(s, prefix), want, "{s} {prefix}");
        }
        for (s, prefix, want) in [
            ("/a/b", "/a", "b"),
            ("/a/b", "/a/", "b"),
            ("/a", "/a", ""),
            ("/ab", "/a", "/ab"),
            ("/a", "", "/a"),
            ("/a", "/", "a"),
        ] {
            assert_eq!(trim_file_path_prefix(s, prefix), want, "{s} {prefix}");
        }
        assert_eq!(with_file_path_separator(""), "");
        assert_eq!(with_file_path_separator("/"), "/");
        assert_eq!(with_file_path_separator("/a"), "/a/");
        assert_eq!(quote_glob("a*[b]?"), "a\\*\\[b\\]\\?");
    }

    #[test]
    fn local() {
        for (path, want) in [
            ("", false),
            (".", true),
            ("..", false),
            ("a/..", true),
            ("a/../..", false),
            ("a/../../a", false),
            ("/a", false),
            ("a/b", true),
            ("..a", true),
        ] {
            assert_eq!(is_local(path), want, "{path}");
        }
    }

    #[test]
    fn folds() {
        for (a, b, same) in [
            ("abc", "ABC", true),
            ("k", "\u{212a}", true),
            ("s", "ſ", true),
            ("σ", "ς", true),
            ("ß", "ẞ", true),
            ("ß", "SS", false),
            ("i", "ı", false),
            ("i", "İ", false),
            ("é", "É", true),
            ("a", "b", false),
        ] {
            assert_eq!(to_fold(a) == to_fold(b), same, "{a} {b}");
        }
        assert_eq!(
            fold_dup(&["x", "b", "B", "X"]),
            Some(("B".into(), "b".into()))
        );
        assert_eq!(fold_dup(&["x", "y"]), None);
        assert_eq!(fold_dup(&["x", "x"]), Some(("x".into(), "x".into())));
    }
}
