//! Paths for module loading: the search for go.mod and go.work upwards, whether a path lies in a
//! directory, short forms of paths for messages. Answers to findModuleRoot, findWorkspaceFile and
//! findAltConfig in cmd/go/internal/modload/init.go, search.InDir, base.ShortPath.

use std::os::unix::fs::MetadataExt;

use forgo_golang::path;

use super::api::{FileKind, SourceTree};
use crate::config::Config;
use crate::disk;

/// Reports whether there is a file (not a directory) of that name, the overlay considered.
pub(super) fn is_file(tree: &dyn SourceTree, name: &str) -> bool {
    tree.stat(name).is_ok_and(|k| k != FileKind::Dir)
}

/// Reports whether there is a file (not a directory) of that name on disk.
pub(super) fn is_disk_file(name: &str) -> bool {
    disk::metadata(name).is_ok_and(|m| !m.is_dir())
}

/// The directory at or above `dir` that holds a go.mod; `exists` tells whether a file does.
pub(super) fn find_module_root(dir: &str, exists: impl Fn(&str) -> bool) -> Option<String> {
    ancestors(&path::clean(dir))
        .find(|d| exists(&path::join2(d, "go.mod")))
        .map(str::to_string)
}

/// The go.work at or above `dir`. The search does not leave GOROOT.
pub(super) fn find_work_file(
    dir: &str,
    goroot: &str,
    exists: impl Fn(&str) -> bool,
) -> Option<String> {
    let dir = path::clean(dir);
    let mut first = true;
    for d in ancestors(&dir) {
        if !first && d == goroot {
            return None;
        }
        first = false;
        let file = path::join2(d, "go.work");
        if exists(&file) {
            return Some(file);
        }
    }
    None
}

/// A directory at or above `dir` that holds a file of another build tool or of version control
/// whose presence suggests that a module was meant to be there, and that file's name.
pub(super) fn find_alt_config(
    tree: &dyn SourceTree,
    cfg: &Config,
) -> Option<(String, &'static str)> {
    const NAME: &str = ".git/config";
    let dir = path::clean(&cfg.cwd);
    if in_dir(&dir, &cfg.dist.goroot).is_some() {
        return None;
    }
    ancestors(&dir)
        .find(|d| is_file(tree, &path::join2(d, NAME)))
        .map(|d| (d.to_string(), NAME))
}

/// A clean absolute directory and all above it.
fn ancestors(dir: &str) -> impl Iterator<Item = &str> {
    let mut next = Some(dir);
    std::iter::from_fn(move || {
        let d = next?;
        next = match d.rfind('/') {
            _ if d == "/" => None,
            Some(0) => Some("/"),
            Some(i) => Some(&d[..i]),
            None => None,
        };
        Some(d)
    })
}

/// search.InDir: `path` relative to `dir` if it lies in it (`.` for the directory itself), also
/// when only their real paths do.
pub fn in_dir(path: &str, dir: &str) -> Option<String> {
    if let Some(rel) = in_dir_lexically(path, dir) {
        return Some(rel);
    }
    let real = |p: &str| {
        disk::canonicalize(p)
            .ok()
            .and_then(|p| p.to_str().map(str::to_string))
    };
    let xpath = real(path).filter(|x| x != path);
    if let Some(rel) = xpath.as_ref().and_then(|x| in_dir_lexically(x, dir)) {
        return Some(rel);
    }
    let xdir = real(dir).filter(|x| x != dir)?;
    in_dir_lexically(path, &xdir).or_else(|| in_dir_lexically(xpath.as_ref()?, &xdir))
}

/// `path` relative to `dir`, links not considered.
pub(super) fn in_dir_lexically(path: &str, dir: &str) -> Option<String> {
    if dir.is_empty() {
        return Some(path.to_string());
    }
    let rest = path.strip_prefix(dir)?;
    if rest.is_empty() {
        return Some(".".to_string());
    }
    if dir.ends_with('/') {
        return Some(rest.to_string());
    }
    rest.strip_prefix('/').map(|r| {
        if r.is_empty() {
            ".".to_string()
        } else {
            r.to_string()
        }
    })
}

/// base.ShortPath: the path relative to the current directory where that is shorter and names the
/// same file.
pub(super) fn short(cfg: &Config, name: &str) -> String {
    match path::rel(&cfg.cwd, name) {
        Some(rel) if rel.len() < name.len() && same_file(&path::join2(&cfg.cwd, &rel), name) => rel,
        _ => name.to_string(),
    }
}

/// Reports whether both names stand for one file, or both for none.
fn same_file(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    match (disk::whole_metadata(a), disk::whole_metadata(b)) {
        (Ok(a), Ok(b)) => (a.dev(), a.ino()) == (b.dev(), b.ino()),
        (Err(a), Err(b)) => {
            a.kind() == std::io::ErrorKind::NotFound && b.kind() == std::io::ErrorKind::NotFound
        }
        _ => false,
    }
}

/// An absolute path: `name` seen from the current directory.
pub(super) fn absolute(cfg: &Config, name: &str) -> String {
    if name.starts_with('/') {
        path::clean(name)
    } else {
        path::join2(&cfg.cwd, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ancestors_end_at_the_root() {
        let all: Vec<&str> = ancestors("/a/b").collect();
        assert_eq!(all, ["/a/b", "/a", "/"]);
        assert_eq!(ancestors("/").collect::<Vec<_>>(), ["/"]);
    }

    #[test]
    fn lexical_containment() {
        for (path, dir, want) in [
            ("/a/b", "/a", Some("b")),
            ("/a", "/a", Some(".")),
            ("/ab", "/a", None),
            ("/a/b", "/", Some("a/b")),
            ("/a", "", Some("/a")),
        ] {
            assert_eq!(
                in_dir_lexically(path, dir).as_deref(),
                want,
                "{path} in {dir}"
            );
        }
    }

    #[test]
    fn module_root_is_the_nearest() {
        let has = |f: &str| f == "/a/go.mod" || f == "/a/b/c/go.mod";
        assert_eq!(find_module_root("/a/b/c/d", has).as_deref(), Some("/a/b/c"));
        assert_eq!(find_module_root("/a/b", has).as_deref(), Some("/a"));
        assert_eq!(find_module_root("/x", has), None);
    }

    #[test]
    fn work_file_search_stops_at_goroot() {
        let has = |f: &str| f == "/go.work";
        assert_eq!(find_work_file("/go/src", "/go", has), None);
        assert_eq!(
            find_work_file("/src/x", "/go", has).as_deref(),
            Some("/go.work")
        );
    }
}
