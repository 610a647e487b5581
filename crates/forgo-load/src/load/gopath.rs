//! GOPATH mode: what an import path means in a tree with vendor directories, and in one whose
//! go.mod files give major versions to import paths. Answers to vendoredImportPath,
//! moduleImportPath and dirToImportPath in cmd/go/internal/load/pkg.go.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use forgo_golang::{path, pattern, quote, raw};

use super::data::Importer;
use super::locate::{Locator, expand_path, has_go_files};
use crate::disk;

/// What GOPATH mode remembers of the file system.
#[derive(Debug, Default)]
pub(super) struct GopathMode {
    is_dir: Mutex<HashMap<String, bool>>,
    module_paths: Mutex<HashMap<String, String>>,
}

impl GopathMode {
    /// The canonical import path (resolveImportPath).
    pub fn resolve(&self, at: &Locator<'_>, import: &str, importer: Importer<'_>) -> String {
        if importer.root.is_empty() {
            return import.to_owned();
        }
        let vendored = self.vendored(at, import, importer);
        if vendored != import {
            return vendored;
        }
        self.without_version(at, import, importer)
    }

    fn is_dir(&self, at: &Locator<'_>, dir: &str) -> bool {
        let known = self
            .is_dir
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(dir)
            .copied();
        known.unwrap_or_else(|| {
            let is = at.overlay.is_dir(dir);
            self.is_dir
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(dir.to_owned(), is);
            is
        })
    }

    /// x/y/vendor/path, x/vendor/path, … for an import of path in x/y.
    fn vendored(&self, at: &Locator<'_>, import: &str, importer: Importer<'_>) -> String {
        let Some((dir, root)) = dir_and_root(importer) else {
            return import.to_owned();
        };
        for above in dirs_upward(&dir, &root) {
            if !self.is_dir(at, &path::join2(above, "vendor")) {
                continue;
            }
            let target = path::join(&[above, "vendor", import]);
            if !self.is_dir(at, &target) || !has_go_files(at.overlay, &target) {
                continue;
            }
            let importer_path = if importer.path == "command-line-arguments" {
                dir.get(root.len() + 1..).unwrap_or_default()
            } else {
                importer.path
            };
            // As many bytes are cut from the import path as were from the directory.
            let chopped = dir.len() - above.len();
            return match importer_path.len().checked_sub(chopped) {
                Some(keep) => format!("{}/vendor/{import}", &importer_path[..keep]),
                None => format!("vendor/{import}"),
            };
        }
        import.to_owned()
    }

    /// x/y/z for an import of x/y/v2/z where x/y has a go.mod with `module x/y/v2`.
    fn without_version(&self, at: &Locator<'_>, import: &str, importer: Importer<'_>) -> String {
        let same = || import.to_owned();
        if version_element(import).is_none() {
            return same();
        }
        let Some((dir, root)) = dir_and_root(importer) else {
            return same();
        };
        if !dirs_upward(&dir, &root).any(|above| !self.module_path(above).is_empty()) {
            return same();
        }
        // Where x/y/v2/z exists, it is meant.
        let dir_of = |p: &str| at.import(p, "", true).0.dir;
        if !dir_of(import).is_empty() {
            return same();
        }
        let mut limit = import.len();
        while let Some((i, j)) = version_element(&import[..limit]) {
            let dir = dir_of(&import[..i]);
            if !dir.is_empty() {
                let module = self.module_path(&dir);
                if module == import[..j] {
                    return format!("{}{}", &import[..i], &import[j..]);
                }
                if !module.is_empty() {
                    return same();
                }
            }
            limit = i;
        }
        same()
    }

    /// The module path in a directory's go.mod, or empty (goModPath).
    pub fn module_path(&self, dir: &str) -> String {
        let mut known = self
            .module_paths
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        known
            .entry(dir.to_owned())
            .or_insert_with(|| read_module_path(dir).unwrap_or_default())
            .clone()
    }
}

fn read_module_path(dir: &str) -> Option<String> {
    let text = disk::read(format!("{dir}/go.mod")).ok()?;
    let text = raw::borrow(&text);
    let line = text
        .split('\n')
        .find_map(|line| line.strip_prefix("module "))?;
    let line = line.strip_suffix('\r').unwrap_or(line).trim();
    if line.starts_with('"') {
        quote::unquote(line)
    } else {
        Some(line.to_owned())
    }
}

/// The directory and `ROOT/src`, such that the one lies below the other; `None` where they never
/// do, which is an internal error of the stock command.
fn dir_and_root(importer: Importer<'_>) -> Option<(String, String)> {
    let mut dir = path::clean(importer.dir);
    let mut root = path::join2(importer.root, "src");
    let files = importer.path == "command-line-arguments";
    if !path::has_file_path_prefix(&dir, &root)
        || !files && path::join2(&root, importer.path) != dir
    {
        dir = expand_path(&dir);
        root = expand_path(&root);
    }
    let below = path::has_file_path_prefix(&dir, &root) && dir.len() > root.len();
    let fits = files
        || pattern::is_local_import(importer.path)
        || path::join2(&root, importer.path) == dir;
    (below && fits).then_some((dir, root))
}

/// `dir` and the directories above it down to `root`, deepest first.
fn dirs_upward<'d>(dir: &'d str, root: &'d str) -> impl Iterator<Item = &'d str> {
    (root.len()..=dir.len())
        .rev()
        .filter(|&i| i == dir.len() || dir.as_bytes()[i] == b'/')
        .map(|i| &dir[..i])
}

/// Where the last `/vN` element of a path begins and ends.
fn version_element(path: &str) -> Option<(usize, usize)> {
    let mut end = path.len();
    while let Some(i) = path[..end].rfind('/') {
        if is_version_element(&path[i + 1..end]) {
            return Some((i, end));
        }
        end = i;
    }
    None
}

/// `v2`, `v3`, `v10` …, but not `v0`, `v05` or `v1`.
pub(super) fn is_version_element(s: &str) -> bool {
    let Some(digits) = s.strip_prefix('v') else {
        return false;
    };
    !digits.is_empty()
        && !digits.starts_with('0')
        && digits != "1"
        && digits.bytes().all(|c| c.is_ascii_digit())
}

/// The import path of a package outside GOPATH: `_/` and its directory.
pub(super) fn dir_to_import_path(dir: &str) -> String {
    let valid: String = dir
        .chars()
        .map(|c| {
            let illegal = "!\"#$%&'()*,:;<=>?[\\]^{|}`\u{FFFD}".contains(c);
            if illegal || c.is_whitespace() || !quote::is_graphic(c) {
                '_'
            } else {
                c
            }
        })
        .collect();
    path::join2("_", &valid)
}

/// path.Clean that keeps a leading `./` (cleanImport).
pub(super) fn clean_import(import: &str) -> String {
    let clean = path::clean(import);
    if import.starts_with("./") && clean != ".." && !clean.starts_with("../") {
        format!("./{clean}")
    } else {
        clean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_elements() {
        for (path, want) in [
            ("x/y/v2/z", Some((3, 6))),
            ("x/v2/y/v3", Some((6, 9))),
            ("v2", None),
            ("x/v1", None),
            ("x/v05", None),
            ("x/v2a/y", None),
            ("x/v10", Some((1, 5))),
        ] {
            assert_eq!(version_element(path), want, "{path}");
        }
    }

    #[test]
    fn directories_become_import_paths() {
        assert_eq!(dir_to_import_path("/tmp/a b/c:d"), "_/tmp/a_b/c_d");
        assert_eq!(clean_import("./a//b"), "./a/b");
        assert_eq!(clean_import("./../b"), "../b");
        assert_eq!(clean_import("a//b"), "a/b");
    }

    #[test]
    fn upward() {
        let dirs: Vec<&str> = dirs_upward("/g/src/a/b", "/g/src").collect();
        assert_eq!(dirs, ["/g/src/a/b", "/g/src/a", "/g/src"]);
    }
}
