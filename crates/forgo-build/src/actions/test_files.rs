//! Digests of files and directories by content, for the results of tests
//! ([`super::test_contents`]). Everything is read: neither the index of files nor a stat stands for
//! a content.
//!
//! A digest of a directory covers all below it: names, kinds, modes, targets of links, and
//! contents. A link is followed to its target inside of the module. Files outside of the module are
//! not part of a checkout: of a directory there the entries with their sizes and times count, of a
//! file the content.

use std::fs::Metadata;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

use forgo_load::disk;
use forgo_load::process::errno_text;
use sha2::{Digest, Sha256};

/// A test that reads more bytes has no result by content.
const BYTES: u64 = 256 << 20;

/// A test that reads more files and directories has no result by content.
const ENTRIES: u32 = 20_000;

/// Deeper directories have no digest.
const DEPTH: u32 = 200;

/// The clock of a file system advances at least this often.
const TICK: Duration = Duration::from_millis(20);

/// A digest of all that is found at a path.
pub(super) type Sum = [u8; 32];

/// Makes digests of the files and directories at paths, up to a limit for all of them together.
pub(super) struct Reader {
    /// The module's directory, without links.
    root: PathBuf,
    /// Nothing may have changed at that time or later.
    before: Option<SystemTime>,
    bytes: u64,
    entries: u32,
    depth: u32,
    /// Directories that are being read, without links.
    tops: Vec<PathBuf>,
}

impl Reader {
    /// For a test of the module in `root`. With a time, what changed since has no digest.
    pub fn new(root: &str, unchanged_since: Option<SystemTime>) -> Reader {
        Reader {
            root: disk::canonicalize(root).unwrap_or_else(|_| root.into()),
            before: unchanged_since.map(|time| time - TICK),
            bytes: BYTES,
            entries: ENTRIES,
            depth: DEPTH,
            tops: Vec::new(),
        }
    }

    /// Returns the digest of the file or directory at a path, which may also be missing. `None`
    /// where its content can't be digested: it changed, is too much, or is a device.
    pub fn path(&mut self, path: &Path) -> Option<Sum> {
        let mut sum = Sha256::new();
        self.at(path, Mode::Whole, &mut sum)?;
        Some(sum.finalize().into())
    }

    /// The digest of all below a directory but what belongs to version control.
    pub fn tree(&mut self, dir: &Path) -> Option<Sum> {
        let mut sum = Sha256::new();
        self.at(dir, Mode::Tree, &mut sum)?;
        Some(sum.finalize().into())
    }

    fn at(&mut self, path: &Path, mode: Mode, sum: &mut Sha256) -> Option<()> {
        self.entries = self.entries.checked_sub(1)?;
        let meta = match disk::whole_symlink_metadata(path) {
            Ok(meta) => meta,
            Err(e) => {
                line(sum, "lstat", errno_text(&e).as_bytes());
                return Some(());
            }
        };
        if meta.is_symlink() {
            return self.link(path, &meta, mode, sum);
        }
        self.thing(path, &meta, mode, sum)
    }

    fn link(&mut self, path: &Path, meta: &Metadata, mode: Mode, sum: &mut Sha256) -> Option<()> {
        self.is_old(meta)?;
        let to = disk::read_link(path).ok()?;
        line(sum, "link", to.as_os_str().as_bytes());
        match disk::whole_metadata(path) {
            Ok(meta) => self.thing(path, &meta, mode, sum),
            Err(e) => {
                line(sum, "stat", errno_text(&e).as_bytes());
                Some(())
            }
        }
    }

    /// Adds what a path leads to.
    fn thing(&mut self, path: &Path, meta: &Metadata, mode: Mode, sum: &mut Sha256) -> Option<()> {
        if meta.is_dir() {
            let real = disk::canonicalize(path).ok()?;
            if self.tops.iter().any(|top| real.starts_with(top)) {
                line(sum, "above", b"");
                return Some(());
            }
            if !real.starts_with(&self.root) {
                return self.listing(path, meta, sum);
            }
            self.tops.push(real);
            let done = self.directory(path, meta, mode, sum);
            self.tops.pop();
            return done;
        }
        if meta.is_file() {
            return self.file(path, meta, sum);
        }
        // The data that another device or a pipe gives can't be predicted.
        const KNOWN: [&str; 5] = [
            "/dev/null",
            "/dev/zero",
            "/dev/full",
            "/dev/random",
            "/dev/urandom",
        ];
        let known = meta.file_type().is_char_device() && KNOWN.iter().any(|k| path == Path::new(k));
        known.then_some(())
    }

    fn file(&mut self, path: &Path, meta: &Metadata, sum: &mut Sha256) -> Option<()> {
        self.is_old(meta)?;
        let size = meta.len();
        line(sum, "file", format!("{:o} {size}", meta.mode()).as_bytes());
        self.bytes = self.bytes.checked_sub(size)?;
        let mut file = match disk::open(path) {
            Ok(file) => file,
            Err(e) => {
                line(sum, "open", errno_text(&e).as_bytes());
                return Some(());
            }
        };
        let mut content = Sha256::new();
        let mut buffer = vec![0; usize::try_from(size.clamp(1, 64 << 10)).ok()?];
        let mut total = 0;
        loop {
            let read = file.read(&mut buffer).ok()?;
            if read == 0 {
                break;
            }
            total += read as u64;
            content.update(&buffer[..read]);
        }
        line(sum, "content", &content.finalize());
        (total == size).then_some(())
    }

    /// Adds all below a directory of the module.
    fn directory(
        &mut self,
        dir: &Path,
        meta: &Metadata,
        mode: Mode,
        sum: &mut Sha256,
    ) -> Option<()> {
        self.is_old(meta)?;
        self.depth = self.depth.checked_sub(1)?;
        line(sum, "directory", format!("{:o}", meta.mode()).as_bytes());
        let Some(names) = names(dir, sum)? else {
            self.depth += 1;
            return Some(());
        };
        for name in names {
            let of_vcs = is_of_vcs(Path::new(&name));
            if of_vcs && mode == Mode::Tree {
                continue;
            }
            line(sum, "entry", name.as_bytes());
            let path = dir.join(&name);
            if of_vcs {
                // What a test reads in there is an input by itself.
                continue;
            }
            self.entries = self.entries.checked_sub(1)?;
            let meta = disk::whole_symlink_metadata(&path).ok()?;
            if meta.is_dir() {
                self.directory(&path, &meta, mode, sum)?;
            } else if meta.is_symlink() {
                self.link(&path, &meta, mode, sum)?;
            } else {
                self.thing(&path, &meta, mode, sum)?;
            }
        }
        line(sum, "end", b"");
        self.depth += 1;
        Some(())
    }

    /// Adds the entries of a directory outside of the module.
    fn listing(&mut self, dir: &Path, meta: &Metadata, sum: &mut Sha256) -> Option<()> {
        self.is_old(meta)?;
        line(sum, "outside", stat(meta).as_bytes());
        let Some(names) = names(dir, sum)? else {
            return Some(());
        };
        for name in names {
            self.entries = self.entries.checked_sub(1)?;
            line(sum, "entry", name.as_bytes());
            match disk::whole_symlink_metadata(dir.join(&name)) {
                Ok(meta) => line(sum, "stat", stat(&meta).as_bytes()),
                Err(e) => line(sum, "lstat", errno_text(&e).as_bytes()),
            }
        }
        Some(())
    }

    /// Adds the entries of a directory and of those below it, with sizes and times.
    pub fn listings(&mut self, dir: &Path) -> Option<Sum> {
        let mut sum = Sha256::new();
        let mut left = vec![dir.to_owned()];
        while let Some(dir) = left.pop() {
            let Ok(meta) = disk::whole_metadata(&dir) else {
                continue;
            };
            self.listing(&dir, &meta, &mut sum)?;
            let mut below = Vec::new();
            for entry in disk::read_dir(&dir).into_iter().flatten().flatten() {
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    below.push(entry.path());
                }
            }
            below.sort();
            left.append(&mut below);
        }
        Some(sum.finalize().into())
    }

    /// Neither its content nor its name, mode or place changed since the test began.
    fn is_old(&self, meta: &Metadata) -> Option<()> {
        let Some(before) = self.before else {
            return Some(());
        };
        let changed = Duration::new(
            u64::try_from(meta.ctime()).ok()?,
            u32::try_from(meta.ctime_nsec()).ok()?,
        );
        let modified = meta.modified().ok()?;
        let old = modified < before && SystemTime::UNIX_EPOCH + changed < before;
        old.then_some(())
    }
}

/// What of a directory counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// All but what belongs to version control.
    Tree,
    /// Its whole list of names too.
    Whole,
}

/// The sorted names in a directory; `Some(None)` where it can't be read, which is added.
fn names(dir: &Path, sum: &mut Sha256) -> Option<Option<Vec<std::ffi::OsString>>> {
    let entries = match disk::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) => {
            line(sum, "open", errno_text(&e).as_bytes());
            return Some(None);
        }
    };
    let names: Result<Vec<_>, _> = entries.map(|entry| entry.map(|e| e.file_name())).collect();
    let mut names = names.ok()?;
    names.sort_unstable();
    Some(Some(names))
}

/// Whether a path has a part whose content a version control system changes at will: its index has
/// the times of all files, so two checkouts of one commit never have the same.
pub(super) fn is_of_vcs(path: &Path) -> bool {
    const NAMES: [&str; 5] = [".git", ".hg", ".svn", ".bzr", ".jj"];
    path.components().any(|part| match part {
        Component::Normal(name) => NAMES.iter().any(|vcs| name == *vcs),
        _ => false,
    })
}

fn stat(meta: &Metadata) -> String {
    let (mode, size) = (meta.mode(), meta.len());
    let (modified, nanos) = (meta.mtime(), meta.mtime_nsec());
    format!("{mode:o} {size} {modified}.{nanos}")
}

/// Adds a line that no other lines can imitate.
pub(super) fn line(sum: &mut Sha256, what: &str, text: &[u8]) {
    sum.update(format!("{what} {} ", text.len()));
    sum.update(text);
    sum.update(b"\n");
}
