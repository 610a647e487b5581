//! Lexical operations on slash-separated paths: Go's path, path/filepath (on Unix) and
//! cmd/go/internal/str.

/// path.Clean.
pub fn clean(_path: &str) -> String {
    todo!()
}

/// path.Join: empty elements are skipped, the result is clean.
pub fn join<S: AsRef<str>>(_elems: &[S]) -> String {
    todo!()
}

/// [`join`] of two elements.
pub fn join2(_a: &str, _b: &str) -> String {
    todo!()
}

/// path.Dir.
pub fn dir(_path: &str) -> String {
    todo!()
}

/// path.Base.
pub fn base(_path: &str) -> &str {
    todo!()
}

/// path.Ext: with the dot.
pub fn ext(_path: &str) -> &str {
    todo!()
}

/// path.Split: the part up to and with the last slash, and the rest.
pub fn split(_path: &str) -> (&str, &str) {
    todo!()
}

/// path.IsAbs.
pub fn is_abs(_path: &str) -> bool {
    todo!()
}

/// filepath.Rel; `None` where it can't be told without the current directory.
pub fn rel(_base: &str, _target: &str) -> Option<String> {
    todo!()
}

/// filepath.IsLocal.
pub fn is_local(_path: &str) -> bool {
    todo!()
}

/// path.ErrBadPattern; displays as `syntax error in pattern`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadPattern;

/// path.Match.
pub fn match_(_pattern: &str, _name: &str) -> Result<bool, BadPattern> {
    todo!()
}

/// str.HasPathPrefix: does slash path `s` begin with the elements of `prefix`?
pub fn has_path_prefix(_s: &str, _prefix: &str) -> bool {
    todo!()
}

/// str.HasFilePathPrefix: the same for file names, where an empty prefix is a prefix of all.
pub fn has_file_path_prefix(_s: &str, _prefix: &str) -> bool {
    todo!()
}

/// str.TrimFilePathPrefix.
pub fn trim_file_path_prefix<'a>(_s: &'a str, _prefix: &str) -> &'a str {
    todo!()
}

/// str.WithFilePathSeparator: with a trailing slash, unless empty.
pub fn with_file_path_separator(_s: &str) -> String {
    todo!()
}

/// str.QuoteGlob.
pub fn quote_glob(_s: &str) -> String {
    todo!()
}

/// str.ToFold: equal for strings that differ only in case.
pub fn to_fold(_s: &str) -> String {
    todo!()
}

/// str.FoldDup: the first pair of strings equal but for case.
pub fn fold_dup<S: AsRef<str>>(_list: &[S]) -> Option<(String, String)> {
    todo!()
}
