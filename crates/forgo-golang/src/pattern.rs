//! Package patterns (`./...`, `net/...`, `std`). Answers to cmd/internal/pkgpattern and to the
//! textual part of cmd/go/internal/search.

/// A compiled pattern, where `...` stands for any string.
#[derive(Debug, Clone)]
pub struct Pattern {
    pattern: String,
}

impl Pattern {
    /// pkgpattern.MatchPattern: `...` does not cross into vendored packages.
    pub fn new(_pattern: &str) -> Pattern {
        todo!()
    }

    /// pkgpattern.MatchSimplePattern: `vendor` is not special.
    pub fn simple(_pattern: &str) -> Pattern {
        todo!()
    }

    /// Does the name match?
    pub fn matches(&self, _name: &str) -> bool {
        let _ = &self.pattern;
        todo!()
    }
}

/// Could the name or something below it match (pkgpattern.TreeCanMatchPattern)?
pub fn tree_can_match(_pattern: &str, _name: &str) -> bool {
    todo!()
}

/// `std`, `cmd`, `tool`, `work` or `all`.
pub fn is_meta_package(_name: &str) -> bool {
    todo!()
}

/// No wildcard and no meta-package.
pub fn is_literal(_pattern: &str) -> bool {
    todo!()
}

/// `.`, `..`, `./x`, `../x` (build.IsLocalImport).
pub fn is_local_import(_path: &str) -> bool {
    todo!()
}

/// Local or absolute (search.Match.IsLocal).
pub fn is_local(_pattern: &str) -> bool {
    todo!()
}

/// Does the path look like a standard one: no dot in the first element?
pub fn is_standard_import_path(_path: &str) -> bool {
    todo!()
}

/// `.`, `..`, `./x`, `../x` (search.IsRelativePath).
pub fn is_relative_path(_pattern: &str) -> bool {
    todo!()
}

/// search.CleanPatterns: patterns of the command line, cleaned; none becomes `.`.
pub fn clean_patterns<S: AsRef<str>>(_patterns: &[S]) -> Vec<String> {
    todo!()
}

/// `pattern NAME: err`, or `NAME: err` for a literal (search.MatchError).
pub fn match_error(_pattern: &str, _err: &str) -> String {
    todo!()
}

/// The `ignore` lines of a go.mod (search.IgnorePatterns).
#[derive(Debug, Clone, Default)]
pub struct IgnorePatterns {
    relative: Vec<String>,
    any: Vec<String>,
}

impl IgnorePatterns {
    /// From the paths of the lines.
    pub fn new<S: AsRef<str>>(_patterns: &[S]) -> IgnorePatterns {
        todo!()
    }

    /// Is the directory (relative to the module's root) ignored?
    pub fn should_ignore(&self, _dir: &str) -> bool {
        let _ = (&self.relative, &self.any);
        todo!()
    }
}
