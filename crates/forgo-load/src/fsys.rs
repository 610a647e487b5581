//! The file system as the build sees it: the disk with the files of `-overlay` laid over it, and
//! directories bound elsewhere (GOFIPS140 snapshots). Answers to cmd/go/internal/fsys.
//!
//! An overlay maps paths to files that take their place; an empty replacement deletes. Without
//! overlay and binds every call goes straight to the disk.

mod overlay_json;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::fs::{File, FileType};
use std::io;

use forgo_golang::release::Release;
use forgo_golang::{path, raw};

use crate::config::Config;
use crate::disk;
use crate::fatal::FatalError;
use crate::index::FileIndex;
use crate::system::{errno_text, fault};

pub use crate::system::{PathError, failed_call, path_error};

/// The disk and what `-overlay` changes of it. Cheap to share, safe to use from any thread.
#[derive(Debug, Default)]
pub struct Overlay {
    /// Replacements in the order of [`separator_first`], so that a directory comes right before its
    /// content.
    list: Vec<Replace>,
    binds: Vec<Replace>,
    cwd: String,
    /// The index of files from earlier invocations.
    index: FileIndex,
}

/// One path that is replaced.
#[derive(Debug)]
struct Replace {
    /// Absolute.
    from: String,
    /// Absolute; empty: deleted.
    to: String,
}

/// The overlay's entry for a path.
enum Seen {
    /// Nothing: ask the disk about this path.
    Disk(String),
    /// The overlay has no entry.
    Plain,
    /// Deleted.
    Deleted,
    /// A directory, if only because something below it is replaced.
    Dir,
    /// Replaced by this file.
    File(String),
}

/// Kind of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A directory.
    Dir,
    /// A regular file.
    Regular,
    /// A symbolic link (only where links are not followed).
    Symlink,
    /// Anything else.
    Other,
}

/// A directory entry: its name and its own kind, links not followed.
pub type DirEntry = (String, FileKind);

impl Overlay {
    /// Reads the `-overlay` file, if one was given, and binds a directory (the first of `bind`,
    /// that of a GOFIPS140 snapshot) to another.
    pub(crate) fn new(cfg: &Config, bind: Option<(&str, String)>) -> Result<Overlay, FatalError> {
        let mut overlay = Overlay {
            cwd: cfg.cwd.clone(),
            index: FileIndex::new(cfg),
            ..Overlay::default()
        };
        if !cfg.modules.overlay.is_empty() {
            overlay
                .read_overlay(&cfg.modules.overlay, cfg.dist.release)
                .map_err(FatalError::go)?;
        }
        if let Some((dir, mount_point)) = bind {
            overlay.bind(dir, &mount_point);
        }
        Ok(overlay)
    }

    fn read_overlay(&mut self, file: &str, release: Release) -> Result<(), String> {
        let text = disk::read(self.abs(file)).map_err(|e| {
            format!(
                "reading overlay: {}",
                crate::fsys::path_error("open", file, &e)
            )
        })?;
        let replace = overlay_json::parse(&text, release)
            .map_err(|e| format!("parsing overlay JSON: {e}"))?;
        self.set(replace)
    }

    /// Takes the replacements of an overlay file.
    fn set(&mut self, replace: HashMap<String, String>) -> Result<(), String> {
        let mut froms: Vec<(String, String)> = replace.into_iter().collect();
        froms.sort();
        let mut seen: HashMap<String, String> = HashMap::new();
        let mut list = Vec::with_capacity(froms.len());
        for (from, to) in froms {
            if from.is_empty() {
                return Err("empty string key in overlay map".to_owned());
            }
            let abs = self.abs(&from);
            if let Some(old) = seen.get(&abs) {
                return Err(format!("duplicate paths {old} and {from} in overlay map"));
            }
            let to = if to.is_empty() { to } else { self.abs(&to) };
            seen.insert(abs.clone(), from);
            list.push(Replace { from: abs, to });
        }
        list.sort_by(|a, b| separator_first(&a.from, &b.from));
        for (i, r) in list.iter().enumerate() {
            if r.to.is_empty() {
                continue;
            }
            let below = |next: &&Replace| {
                next.from.len() > r.from.len()
                    && next.from.starts_with(&r.from)
                    && next.from.as_bytes()[r.from.len()] == b'/'
            };
            if let Some(next) = list[i + 1..]
                .iter()
                .take_while(below)
                .find(|next| !next.to.is_empty())
            {
                return Err(format!(
                    "inconsistent files {} and {} in overlay map",
                    r.from, next.from
                ));
            }
        }
        self.list = list;
        Ok(())
    }

    /// Makes `dir` appear at `mount_point` as well (fsys.Bind).
    pub fn bind(&mut self, dir: &str, mount_point: &str) {
        let bind = Replace {
            from: self.abs(mount_point),
            to: self.abs(dir),
        };
        self.binds.push(bind);
    }

    /// Returns the index of the files on disk. It has no other files.
    pub fn index(&self) -> &FileIndex {
        &self.index
    }

    /// Whether anything differs from the disk.
    pub fn is_active(&self) -> bool {
        !self.list.is_empty() || !self.binds.is_empty()
    }

    /// An absolute, clean form of a path.
    fn abs(&self, name: &str) -> String {
        if name.is_empty() {
            String::new()
        } else if name.starts_with('/') {
            path::clean(name)
        } else {
            path::join2(&self.cwd, name)
        }
    }

    /// The path as the operating system must be given it: the process need not stand in
    /// `Config::cwd`.
    fn os<'p>(&self, name: &'p str) -> Cow<'p, str> {
        if name.starts_with('/') || self.cwd.is_empty() || name.is_empty() {
            name.into()
        } else {
            format!("{}/{name}", self.cwd).into()
        }
    }

    fn see(&self, name: &str) -> Seen {
        if !self.is_active() || name.is_empty() {
            return Seen::Plain;
        }
        let mut abs = self.abs(name);
        let mut bound = false;
        for r in &self.binds {
            if path::has_file_path_prefix(&abs, &r.from) {
                abs = format!("{}{}", r.to, &abs[r.from.len()..]);
                bound = true;
                break;
            }
            if path::has_file_path_prefix(&r.from, &abs) {
                return Seen::Dir;
            }
        }
        match self
            .list
            .binary_search_by(|r| separator_first(&r.from, &abs))
        {
            Ok(i) if self.list[i].to.is_empty() => return Seen::Deleted,
            Ok(i) => return Seen::File(self.list[i].to.clone()),
            Err(i) => {
                let below = self.list.get(i);
                if below.is_some_and(|r| path::has_file_path_prefix(&r.from, &abs)) {
                    return Seen::Dir;
                }
                if i > 0 && path::has_file_path_prefix(&abs, &self.list[i - 1].from) {
                    return Seen::Deleted;
                }
            }
        }
        if bound { Seen::Disk(abs) } else { Seen::Plain }
    }

    /// The file on disk that holds the content of `name` (fsys.Actual); empty when it is deleted.
    pub fn actual<'p>(&self, name: &'p str) -> Cow<'p, str> {
        match self.see(name) {
            Seen::Plain | Seen::Dir => name.into(),
            Seen::Disk(p) | Seen::File(p) => p.into(),
            Seen::Deleted => "".into(),
        }
    }

    /// Whether the overlay replaces or deletes `name` (fsys.Replaced).
    pub fn replaced(&self, name: &str) -> bool {
        matches!(
            self.see(name),
            Seen::Deleted | Seen::Disk(_) | Seen::File(_)
        )
    }

    /// What in the overlay touches the directory `name`, something in it or above it
    /// (fsys.DirContainsReplacement).
    pub fn replacement_in_dir(&self, name: &str) -> Option<&str> {
        let abs = self.abs(name);
        match self
            .list
            .binary_search_by(|r| separator_first(&r.from, &abs))
        {
            Ok(i) => Some(&self.list[i].from),
            Err(i) => {
                let below = self.list.get(i);
                if let Some(r) = below.filter(|r| path::has_file_path_prefix(&r.from, &abs)) {
                    return Some(&r.from);
                }
                let above = self.list[..i].last()?;
                path::has_file_path_prefix(&abs, &above.from).then_some(above.from.as_str())
            }
        }
    }

    /// Opens a file for reading. The error's text is complete, as the stock command prints it.
    pub fn open(&self, name: &str) -> io::Result<File> {
        let bad = |kind, cause: &str| fault(kind, "Open", name, cause);
        let actual = match self.see(name) {
            Seen::Plain => self.os(name).into_owned(),
            Seen::Disk(p) | Seen::File(p) => p,
            Seen::Deleted => return Err(bad(io::ErrorKind::NotFound, "deleted in overlay")),
            Seen::Dir => {
                return Err(bad(
                    io::ErrorKind::Other,
                    "cannot open directory in overlay",
                ));
            }
        };
        disk::open(&actual).map_err(|e| {
            let shown = if actual.ends_with(name) {
                name
            } else {
                &actual
            };
            wrap("open", shown, &e)
        })
    }

    /// The whole content of a file. The error's text is complete.
    pub fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        let mut file = self.open(name)?;
        io::Read::read_to_end(&mut file, &mut text).map_err(|e| wrap("read", name, &e))?;
        Ok(text)
    }

    /// The entries of a directory, sorted by name. The error's text is complete.
    pub fn read_dir(&self, name: &str) -> io::Result<Vec<DirEntry>> {
        let actual = match self.see(name) {
            Seen::Plain => return self.read_disk_dir(&self.os(name), name),
            Seen::Deleted => {
                return Err(fault(
                    io::ErrorKind::NotFound,
                    "read",
                    name,
                    "file does not exist",
                ));
            }
            Seen::File(_) => return Err(not_a_directory("read", name)),
            Seen::Disk(p) => p,
            Seen::Dir => self.os(name).into_owned(),
        };
        let (listed, missing) = match self.read_disk_dir(&actual, name) {
            Ok(list) => (list, None),
            Err(e) if is_missing(&e) || e.kind() == io::ErrorKind::NotADirectory => {
                (Vec::new(), Some(e))
            }
            Err(e) => return Err(e),
        };
        let mut all: std::collections::BTreeMap<String, FileKind> = listed.into_iter().collect();
        self.lay_over(name, &mut all)?;
        match missing {
            Some(e) if all.is_empty() => Err(e),
            _ => Ok(all.into_iter().collect()),
        }
    }

    /// Adds to and removes from a directory's entries those that the overlay and the binds change.
    fn lay_over(
        &self,
        dir: &str,
        all: &mut std::collections::BTreeMap<String, FileKind>,
    ) -> io::Result<()> {
        let abs = self.abs(dir);
        let below = |from: &str| -> Option<String> {
            let rest = from.strip_prefix(abs.as_str())?;
            let rest = if abs == "/" {
                rest
            } else {
                rest.strip_prefix('/')?
            };
            (!rest.is_empty()).then(|| rest.to_owned())
        };
        for r in &self.list {
            let Some(rest) = below(&r.from) else { continue };
            if let Some((first, _)) = rest.split_once('/') {
                // A file deleted deeper down implies no directory.
                if !r.to.is_empty() {
                    all.insert(first.to_owned(), FileKind::Dir);
                }
            } else if r.to.is_empty() {
                all.remove(&rest);
            } else {
                let kind = match disk::metadata(&r.to) {
                    Ok(m) if m.is_dir() => {
                        let cause = format!("overlay maps child {rest} to directory");
                        return Err(fault(io::ErrorKind::Other, "read", dir, cause));
                    }
                    Ok(m) => kind_of(m.file_type()),
                    Err(_) => FileKind::Other,
                };
                all.insert(rest, kind);
            }
        }
        for r in &self.binds {
            if let Some(rest) = below(&r.from) {
                let first = rest.split('/').next().unwrap_or(&rest);
                all.insert(first.to_owned(), FileKind::Dir);
            }
        }
        Ok(())
    }

    fn read_disk_dir(&self, actual: &str, name: &str) -> io::Result<Vec<DirEntry>> {
        let entries = disk::read_dir(actual).map_err(|e| {
            if e.raw_os_error() == Some(libc::ENOTDIR) {
                not_a_directory("ReadDir", name)
            } else {
                wrap("open", name, &e)
            }
        })?;
        let mut list = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|e| wrap("readdirent", name, &e))?;
            let Ok(kind) = entry.file_type() else {
                continue; // Gone since it was listed.
            };
            list.push((disk::text_of(entry.file_name()), kind_of(kind)));
        }
        list.sort_unstable_by(|a, b| raw::compare(&a.0, &b.0));
        Ok(list)
    }

    /// What `name` names, links followed. The error's text is complete.
    pub fn stat(&self, name: &str) -> io::Result<FileKind> {
        self.stat_with("stat", name, true)
    }

    /// What `name` itself is, links not followed. The error's text is complete.
    pub fn lstat(&self, name: &str) -> io::Result<FileKind> {
        self.stat_with("lstat", name, false)
    }

    fn stat_with(&self, op: &str, name: &str, follow: bool) -> io::Result<FileKind> {
        let on_disk = |actual: &str| {
            let meta = if follow {
                disk::metadata(actual)
            } else {
                disk::symlink_metadata(actual)
            };
            meta.map(|m| kind_of(m.file_type()))
                .map_err(|e| wrap(op, name, &e))
        };
        match self.see(name) {
            Seen::Plain => on_disk(&self.os(name)),
            Seen::Disk(p) => on_disk(&p),
            Seen::Dir => Ok(FileKind::Dir),
            Seen::Deleted => Err(fault(
                io::ErrorKind::NotFound,
                op,
                name,
                "file does not exist",
            )),
            // A link in the overlay is always followed.
            Seen::File(to) => match disk::metadata(&to) {
                Ok(m) if m.is_dir() => Err(fault(
                    io::ErrorKind::Other,
                    op,
                    name,
                    "overlay maps to directory",
                )),
                Ok(m) => Ok(kind_of(m.file_type())),
                Err(e) => Err(wrap("stat", &to, &e)),
            },
        }
    }

    /// Whether `name` is a directory.
    pub fn is_dir(&self, name: &str) -> bool {
        matches!(self.stat(name), Ok(FileKind::Dir))
    }

    /// Whether `name` is a directory that holds a .go file, be it behind a link (fsys.IsGoDir).
    pub fn is_go_dir(&self, name: &str) -> io::Result<bool> {
        let entries = match self.read_dir(name) {
            Ok(entries) => entries,
            Err(e) if is_missing(&e) || e.kind() == io::ErrorKind::NotADirectory => {
                return Ok(false);
            }
            Err(e) => return Err(e),
        };
        self.any_go_file(name, &entries)
    }

    /// Whether there is a .go file among the entries of `dir`.
    pub(crate) fn any_go_file(&self, dir: &str, entries: &[DirEntry]) -> io::Result<bool> {
        let mut first_error = None;
        for (name, kind) in entries.iter().filter(|(name, _)| name.ends_with(".go")) {
            match kind {
                FileKind::Regular => return Ok(true),
                FileKind::Dir => {}
                FileKind::Symlink | FileKind::Other => {
                    // Errors name the file that was looked at.
                    let file = path::join2(dir, name);
                    let actual = self.actual(&file);
                    match disk::metadata(&*actual) {
                        Ok(meta) if meta.is_file() => return Ok(true),
                        Ok(_) => {}
                        Err(e) => first_error = first_error.or(Some(wrap("stat", &actual, &e))),
                    }
                }
            }
        }
        first_error.map_or(Ok(false), Err)
    }

    /// The names that match a pattern, in order (fsys.Glob). `None` where the pattern is malformed.
    pub fn glob(&self, pattern: &str) -> Option<Vec<String>> {
        path::match_(pattern, "").ok()?;
        if !has_meta(pattern) {
            let found = self.lstat(pattern).is_ok();
            return Some(if found {
                vec![pattern.to_owned()]
            } else {
                Vec::new()
            });
        }
        let (dir, file) = path::split(pattern);
        let dir = match dir {
            "" => ".",
            "/" => "/",
            _ => &dir[..dir.len() - 1],
        };
        let dirs = if has_meta(dir) {
            if dir == pattern {
                return None;
            }
            self.glob(dir)?
        } else {
            vec![dir.to_owned()]
        };
        let mut matches = Vec::new();
        for dir in dirs {
            if !self.is_dir(&dir) {
                continue;
            }
            for (name, _) in self.read_dir(&dir).unwrap_or_default() {
                if path::match_(file, &name).ok()? {
                    matches.push(path::join2(&dir, &name));
                }
            }
        }
        Some(matches)
    }

    /// Walks the tree below `root` in lexical order, `root` included (fsys.WalkDir).
    pub fn walk<E>(
        &self,
        root: &str,
        visit: &mut dyn FnMut(&str, Visit<'_>) -> Result<Walk, E>,
    ) -> Result<(), E> {
        match self.lstat(root) {
            Err(e) => visit(root, Visit::Unreadable(&e)).map(drop),
            Ok(kind) => self.walk_dir(root, kind, visit).map(drop),
        }
    }

    fn walk_dir<E>(
        &self,
        name: &str,
        kind: FileKind,
        visit: &mut dyn FnMut(&str, Visit<'_>) -> Result<Walk, E>,
    ) -> Result<Walk, E> {
        let next = visit(name, Visit::Entry(kind))?;
        if kind != FileKind::Dir {
            return Ok(next);
        }
        if next == Walk::Skip {
            return Ok(Walk::On);
        }
        let entries = match self.read_dir(name) {
            Ok(entries) => entries,
            Err(e) => {
                visit(name, Visit::Unreadable(&e))?;
                return Ok(Walk::On);
            }
        };
        for (base, kind) in entries {
            if self.walk_dir(&path::join2(name, &base), kind, visit)? == Walk::Skip {
                break;
            }
        }
        Ok(Walk::On)
    }
}

/// What [`Overlay::walk`] shows.
#[derive(Debug)]
pub enum Visit<'a> {
    /// An entry and its own kind.
    Entry(FileKind),
    /// A directory, shown before, that can't be listed, or a root that is not there.
    Unreadable(&'a io::Error),
}

/// How a walk goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    /// On.
    On,
    /// Past this directory, or past the rest of the directory that a file is in.
    Skip,
}

/// Compares paths so that a directory's content comes right after it.
fn separator_first(a: &str, b: &str) -> Ordering {
    let rank = |c: u8| if c == b'/' { -1 } else { i32::from(c) };
    let (a, b) = (a.as_bytes(), b.as_bytes());
    for (x, y) in a.iter().zip(b) {
        match rank(*x).cmp(&rank(*y)) {
            Ordering::Equal => {}
            other => return other,
        }
    }
    a.len().cmp(&b.len())
}

fn has_meta(pattern: &str) -> bool {
    pattern.contains(['*', '?', '[', '\\'])
}

fn kind_of(kind: FileType) -> FileKind {
    if kind.is_dir() {
        FileKind::Dir
    } else if kind.is_file() {
        FileKind::Regular
    } else if kind.is_symlink() {
        FileKind::Symlink
    } else {
        FileKind::Other
    }
}

/// os.IsNotExist.
pub(crate) fn is_missing(e: &io::Error) -> bool {
    e.kind() == io::ErrorKind::NotFound
}

fn not_a_directory(op: &str, name: &str) -> io::Error {
    fault(io::ErrorKind::NotADirectory, op, name, "not a directory")
}

/// An error of the operating system with the text of Go's fs.PathError; its kind is kept.
fn wrap(op: &str, name: &str, e: &io::Error) -> io::Error {
    fault(e.kind(), op, name, errno_text(e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlay(cwd: &str, replace: &[(&str, &str)]) -> Result<Overlay, String> {
        let mut o = Overlay {
            cwd: cwd.to_owned(),
            ..Overlay::default()
        };
        let map = replace
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect();
        o.set(map).map(|()| o)
    }

    #[test]
    fn order_puts_children_next_to_their_directory() {
        let mut paths = ["/x.go", "/x/a", "/x", "/x/a/b", "/x-y"];
        paths.sort_by(|a, b| separator_first(a, b));
        assert_eq!(paths, ["/x", "/x/a", "/x/a/b", "/x-y", "/x.go"]);
    }

    #[test]
    fn bad_maps_are_refused() {
        let err = |r: &[(&str, &str)]| overlay("/w", r).map(|_| ()).unwrap_err();
        assert_eq!(err(&[("", "/a")]), "empty string key in overlay map");
        assert_eq!(
            err(&[("/w/a", "/x"), ("a", "/y")]),
            "duplicate paths /w/a and a in overlay map"
        );
        assert_eq!(
            err(&[("/w/a", "/x"), ("/w/a/b", "/y")]),
            "inconsistent files /w/a and /w/a/b in overlay map"
        );
        assert!(overlay("/w", &[("/w/a", "/x"), ("/w/a/b", "")]).is_ok());
    }

    #[test]
    fn files_replaced_added_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().to_str().unwrap();
        let file = |name: &str| format!("{root}/{name}");
        std::fs::create_dir(file("p")).unwrap();
        for name in ["p/a.go", "p/b.go", "new.txt"] {
            std::fs::write(file(name), name).unwrap();
        }
        let o = overlay(
            root,
            &[
                ("p/a.go", "new.txt"),
                ("p/b.go", ""),
                ("p/q/c.go", "new.txt"),
                ("p/gone/d.go", ""),
            ],
        )
        .unwrap();
        assert_eq!(o.read(&file("p/a.go")).unwrap(), b"new.txt");
        assert!(o.replaced(&file("p/b.go")));
        assert!(!o.replaced(&file("p/q")));
        assert_eq!(
            o.open(&file("p/b.go")).unwrap_err().to_string(),
            format!("Open {root}/p/b.go: deleted in overlay")
        );
        let names: Vec<String> = o
            .read_dir(&file("p"))
            .unwrap()
            .into_iter()
            .map(|e| e.0)
            .collect();
        assert_eq!(names, ["a.go", "q"]);
        assert_eq!(o.stat(&file("p/q")).unwrap(), FileKind::Dir);
        assert_eq!(o.glob(&file("p/*.go")).unwrap(), [file("p/a.go")]);
        assert!(o.is_go_dir(&file("p/q")).unwrap());
        assert_eq!(
            o.replacement_in_dir(&file("p/q")),
            Some(file("p/q/c.go").as_str())
        );
        assert_eq!(o.replacement_in_dir(&file("other")), None);
    }

    #[test]
    fn operating_system_errors_read_like_go() {
        let e = Overlay::default().open("/does/not/exist").unwrap_err();
        assert_eq!(
            e.to_string(),
            "open /does/not/exist: no such file or directory"
        );
        assert!(is_missing(&e));
    }

    #[test]
    fn bound_directories_appear_elsewhere() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().to_str().unwrap();
        std::fs::create_dir(format!("{root}/snapshot")).unwrap();
        std::fs::write(format!("{root}/snapshot/a.go"), "x").unwrap();
        let mut o = Overlay::default();
        o.bind(&format!("{root}/snapshot"), "/virtual/here");
        assert_eq!(o.read("/virtual/here/a.go").unwrap(), b"x");
        assert_eq!(o.stat("/virtual").unwrap(), FileKind::Dir);
        assert_eq!(
            o.read_dir("/virtual").unwrap(),
            [("here".to_owned(), FileKind::Dir)]
        );
    }
}
