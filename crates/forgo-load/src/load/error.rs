//! Errors of loading: import stacks, [`PackageError`]s and their texts, errors that end a command.
//! Answers to PackageError, ImportStack and setLoadPackageDataError in cmd/go/internal/load/pkg.go.

use std::fmt;
use std::sync::Arc;

use forgo_golang::{path, quote};

use super::modules::{ImportError, ImportErrorKind, MatchError};
use super::scan::{Pos, Problem};
use crate::config::Config;
use crate::disk;
use crate::package::{ErrorKind, ImportInfo, Package, PackageError};

impl fmt::Display for PackageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stack = &self.import_stack;
        if !self.pos.is_empty() && (stack.is_empty() || !self.always_print_stack) {
            return write!(f, "{}: {}", self.pos, self.err);
        }
        if stack.is_empty() {
            return f.write_str(&self.err);
        }
        f.write_str("package ")?;
        for (i, import) in stack.iter().enumerate() {
            if i > 0 {
                f.write_str("\n\timports ")?;
            }
            f.write_str(&import.pkg)?;
            if self.is_import_cycle && !import.pos.is_empty() {
                write!(f, " from {}", path::base(file_of(&import.pos)))?;
            }
        }
        if !self.pos.is_empty() {
            write!(f, "\n\t{}", self.pos)?;
        }
        write!(f, ": {}", self.err)
    }
}

impl std::error::Error for PackageError {}

/// The file of a `file:line:col`.
fn file_of(pos: &str) -> &str {
    let strip = |s| match str::rsplit_once(s, ':') {
        Some((head, n)) if !n.is_empty() && n.bytes().all(|c| c.is_ascii_digit()) => head,
        _ => s,
    };
    strip(strip(pos))
}

/// A text about an import path (load.ImportErrorf): where the path is the last on the import stack
/// it is not printed twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ErrText {
    /// The message.
    pub text: String,
    /// The import path it is about, or empty.
    pub import_path: String,
    /// What kind.
    pub kind: ErrorKind,
}

impl ErrText {
    /// A message about nothing in particular.
    pub fn plain(text: impl Into<String>) -> ErrText {
        ErrText {
            text: text.into(),
            import_path: String::new(),
            kind: ErrorKind::Other,
        }
    }

    /// A message about an import path, which it must contain.
    pub fn about(import_path: &str, text: String) -> ErrText {
        debug_assert!(
            text.contains(import_path) || text.contains(&quote::quote(import_path)),
            "{import_path} is not in {text}"
        );
        ErrText {
            text,
            import_path: import_path.to_owned(),
            kind: ErrorKind::Other,
        }
    }

    /// The package is not a main package.
    pub fn not_main(import_path: &str) -> ErrText {
        ErrText {
            kind: ErrorKind::NotMain,
            ..ErrText::about(
                import_path,
                format!("package {import_path} is not a main package"),
            )
        }
    }

    /// With an import stack.
    pub fn at(self, stack: &ImportStack) -> PackageError {
        PackageError {
            import_stack: stack.copy(),
            ..self.into()
        }
    }
}

impl From<ErrText> for PackageError {
    fn from(e: ErrText) -> PackageError {
        PackageError {
            err: e.text,
            err_import_path: e.import_path,
            kind: e.kind,
            ..PackageError::default()
        }
    }
}

impl From<&ImportError> for ErrText {
    fn from(e: &ImportError) -> ErrText {
        ErrText {
            text: e.text.clone(),
            import_path: e.import_path.clone(),
            kind: match e.kind {
                ImportErrorKind::Missing { .. } => ErrorKind::ImportMissing,
                _ => ErrorKind::Other,
            },
        }
    }
}

/// Why the data of a package could not be loaded.
#[derive(Debug, Clone)]
pub(super) enum DataError {
    /// Something about its files.
    Files(Problem),
    /// Its import path leads nowhere.
    Import(Arc<ImportError>),
    /// A pattern could not be matched.
    Match {
        /// The pattern.
        pattern: String,
        /// It has no wildcard.
        literal: bool,
        /// What went wrong.
        error: MatchError,
    },
    /// Anything else.
    Text(String),
}

/// The chain of imports from the command line to the package being loaded.
#[derive(Debug, Clone, Default)]
pub(super) struct ImportStack(Vec<(String, Option<Pos>)>);

impl ImportStack {
    /// A package is being loaded because of the import at `pos`.
    pub fn push(&mut self, path: &str, pos: Option<&Pos>) {
        self.0.push((path.to_owned(), pos.cloned()));
    }

    /// It is done.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// The package being loaded.
    pub fn top(&self) -> Option<&str> {
        self.0.last().map(|(path, _)| path.as_str())
    }

    /// For an error.
    pub fn copy(&self) -> Vec<ImportInfo> {
        let info = |(pkg, pos): &(String, Option<Pos>)| ImportInfo {
            pkg: pkg.clone(),
            pos: pos.as_ref().map_or_else(String::new, Pos::to_string),
        };
        self.0.iter().map(info).collect()
    }

    /// Whether this chain, with `last` added, is shorter than another, or as long and first in
    /// order.
    pub fn is_shorter_than(&self, other: &[ImportInfo], last: &str) -> bool {
        if self.0.len() + 1 != other.len() {
            return self.0.len() + 1 < other.len();
        }
        let mine = self.0.iter().map(|(path, _)| path.as_str()).chain([last]);
        mine.cmp(other.iter().map(|i| i.pkg.as_str())).is_lt()
    }
}

/// The path relative to the current directory where that is shorter and names the same file
/// (base.ShortPath).
pub fn short_path(cfg: &Config, file: &str) -> String {
    match path::rel(&cfg.cwd, file) {
        Some(rel) if rel.len() < file.len() && same_file(&cfg.cwd, &rel, file) => rel,
        _ => file.to_owned(),
    }
}

fn same_file(cwd: &str, rel: &str, file: &str) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (
        disk::whole_metadata(format!("{cwd}/{rel}")),
        disk::whole_metadata(file),
    ) {
        (Ok(a), Ok(b)) => a.dev() == b.dev() && a.ino() == b.ino(),
        (Err(a), Err(b)) => crate::fsys::is_missing(&a) && crate::fsys::is_missing(&b),
        _ => false,
    }
}

/// A position as errors show it.
pub(super) fn shown_pos(cfg: &Config, pos: Option<&Pos>) -> String {
    let Some(pos) = pos else {
        return String::new();
    };
    Pos {
        file: short_path(cfg, &pos.file).into(),
        ..*pos
    }
    .to_string()
}

/// Returns the error of a package without Go files (load.NoGoError).
pub fn no_go_text(p: &Package) -> String {
    if !p.ignored_go_files.is_empty() {
        format!("build constraints exclude all Go files in {}", p.dir)
    } else if !p.test_go_files.is_empty() || !p.xtest_go_files.is_empty() {
        format!("no non-test Go files in {}", p.dir)
    } else {
        format!("no Go files in {}", p.dir)
    }
}

/// Gives a package the error that came of loading its data (setLoadPackageDataError). `path` is the
/// import path as it was asked for, `import_pos` where the import stands.
pub(super) fn set_data_error(
    cfg: &Config,
    p: &mut Package,
    error: &DataError,
    path: &str,
    stack: &mut ImportStack,
    import_pos: Option<&Pos>,
) {
    let mut pos = String::new();
    // A fault of the package itself rather than of the import is reported with the package on
    // the stack, and without the import's position.
    let mut own_fault = false;
    let err = match error {
        DataError::Match {
            pattern,
            literal,
            error,
        } => match_error(p, pattern, *literal, error, path),
        DataError::Files(Problem::NoGo) => {
            own_fault = true;
            no_go(p)
        }
        DataError::Files(Problem::Syntax(list)) if !list.0.is_empty() => {
            own_fault = true;
            let first = &list.0[0];
            pos = shown_pos(cfg, Some(&first.pos));
            ErrText::plain(first.msg.as_str())
        }
        DataError::Files(Problem::Syntax(list)) => ErrText::plain(list.to_string()),
        DataError::Files(Problem::Text(text)) | DataError::Text(text) => {
            ErrText::plain(text.as_str())
        }
        DataError::Import(e) => ErrText::from(&**e),
    };
    if own_fault {
        stack.push(path, import_pos);
    }
    let mut error = err.at(stack);
    error.pos = pos;
    if stack.top().is_some_and(|top| top != path) && import_pos.is_some() {
        error.pos = shown_pos(cfg, import_pos);
    }
    p.error = Some(Arc::new(error));
    p.incomplete = true;
    if own_fault {
        stack.pop();
    }
}

fn no_go(p: &Package) -> ErrText {
    ErrText {
        kind: ErrorKind::NoGo,
        ..ErrText::plain(no_go_text(p))
    }
}

fn match_error(
    p: &mut Package,
    pattern: &str,
    literal: bool,
    error: &MatchError,
    path: &str,
) -> ErrText {
    if let Some(dir) = &error.no_go_dir {
        if p.dir.is_empty() {
            p.dir.clone_from(dir);
        }
        return no_go(p);
    }
    let inner = match &error.import_error {
        Some(e) => ErrText::from(&**e),
        None => ErrText {
            text: error.text.clone(),
            import_path: error.import_path.clone(),
            kind: ErrorKind::Other,
        },
    };
    if !literal {
        return ErrText::plain(format!("pattern {pattern}: {}", inner.text));
    }
    if pattern == path {
        return inner;
    }
    ErrText::plain(format!("{pattern}: {}", inner.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(paths: &[(&str, &str)]) -> Vec<ImportInfo> {
        let info = |(pkg, pos): &(&str, &str)| ImportInfo {
            pkg: (*pkg).to_owned(),
            pos: (*pos).to_owned(),
        };
        paths.iter().map(info).collect()
    }

    #[test]
    fn package_errors_read_as_the_stock_ones() {
        let base = PackageError {
            import_stack: stack(&[("a", ""), ("b", "/x/a/a.go:3:8")]),
            err: "no luck".to_owned(),
            ..PackageError::default()
        };
        let with_pos = PackageError {
            pos: "a.go:3:8".to_owned(),
            ..base.clone()
        };
        let cases = [
            (base.clone(), "package a\n\timports b: no luck"),
            (with_pos.clone(), "a.go:3:8: no luck"),
            (
                PackageError {
                    always_print_stack: true,
                    ..with_pos
                },
                "package a\n\timports b\n\ta.go:3:8: no luck",
            ),
            (
                PackageError {
                    is_import_cycle: true,
                    ..base.clone()
                },
                "package a\n\timports b from a.go: no luck",
            ),
            (
                PackageError {
                    import_stack: Vec::new(),
                    ..base
                },
                "no luck",
            ),
        ];
        for (error, want) in cases {
            assert_eq!(error.to_string(), want);
        }
    }

    #[test]
    fn stacks_compare_by_length_then_order() {
        let mut s = ImportStack::default();
        s.push("a", None);
        assert!(s.is_shorter_than(&stack(&[("a", ""), ("b", ""), ("c", "")]), "z"));
        assert!(s.is_shorter_than(&stack(&[("a", ""), ("c", "")]), "b"));
        assert!(!s.is_shorter_than(&stack(&[("a", ""), ("b", "")]), "b"));
        assert!(!s.is_shorter_than(&stack(&[("a", "")]), "b"));
    }
}
