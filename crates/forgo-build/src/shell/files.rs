//! Files: made, written, copied, moved, removed, as a shell would and shown as shell commands.
//!
//! Answers to the file operations of cmd/go/internal/work/shell.go.

#![expect(
    clippy::disallowed_methods,
    reason = "files are written here: other code comes here to have them noted"
)]

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};

use forgo_golang::quote::quote;
use forgo_golang::{path, raw};
use forgo_load::disk::{self, Place};
use forgo_load::footprint;
use forgo_load::process::errno_text;
use forgo_load::remove::remove_all;

use crate::error::ActionError;
use crate::shell::Shell;
use forgo_load::disk::Because;

impl Shell<'_> {
    /// Makes a directory and its parents, once in a run; nothing if `dir` is empty.
    pub fn mkdir(&self, dir: &str) -> Result<(), ActionError> {
        if dir.is_empty() {
            return Ok(());
        }
        let mut made = self.shared.made.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(result) = made.get(dir) {
            return result.clone();
        }
        if self.shows_commands() {
            self.show_cmd("", &format!("mkdir -p {dir}"));
        }
        let result = if self.config().flags.n {
            Ok(())
        } else {
            // Nearly always it can be made, and no error message has to name the directory at
            // fault.
            fs::create_dir_all(dir.place()).or_else(|_| make_dirs(dir))
        };
        made.insert(dir.to_owned(), result.clone());
        result
    }

    /// Writes a file.
    pub fn write_file(&self, file: &str, text: &str) -> Result<(), ActionError> {
        if self.shows_commands() {
            let cmd = match text.find('\n') {
                _ if text.is_empty() => format!("echo -n > {file} # internal"),
                Some(end) if end + 1 == text.len() => {
                    format!("echo '{}' > {file} # internal", &text[..end])
                }
                _ => format!("cat >{file} << 'EOF' # internal\n{text}EOF"),
            };
            self.show_cmd("", &cmd);
        }
        if self.config().flags.n {
            return Ok(());
        }
        footprint::writes(file);
        write_whole(file, &raw::bytes(text))
    }

    /// `cp src dst`. `perm` is subject to the umask; `force` also overwrites files that are not
    /// object files.
    pub fn copy_file(
        &self,
        dst: &str,
        src: &str,
        perm: u32,
        force: bool,
    ) -> Result<(), ActionError> {
        if self.shows_commands() {
            self.show_cmd("", &format!("cp {src} {dst}"));
            if self.config().flags.n {
                return Ok(());
            }
        }
        footprint::writes(dst);
        copy(dst, src, perm, force)
    }

    /// `mv src dst`, or `cp src dst` where moving would give another result.
    pub fn move_or_copy_file(
        &self,
        dst: &str,
        src: &str,
        perm: u32,
        force: bool,
    ) -> Result<(), ActionError> {
        let show = || self.show_cmd("", &format!("mv {src} {dst}"));
        if self.config().flags.n {
            show();
            return Ok(());
        }
        check_overwrite(dst, force)?;
        footprint::writes(dst);
        // A file in the cache stays there; a directory with the setgid bit gives new files its
        // group.
        let in_cache = src.starts_with(&self.config().dirs.gocache);
        if in_cache || has_setgid(&path::dir(dst)) {
            return self.copy_file(dst, src, perm, force);
        }
        let permissions = fs::Permissions::from_mode(mode_after_umask(dst, perm));
        // The cache may hold the same file: it must not become one that users write into.
        let moved = if disk::own::metadata(Because::Target, src).is_ok_and(|meta| meta.nlink() > 1)
        {
            can_be_moved(&path::dir(src), dst) && copy_then_move(dst, src, perm).is_ok()
        } else {
            fs::set_permissions(src.place(), permissions)
                .and_then(|()| fs::rename(src.place(), dst.place()))
                .is_ok()
        };
        if moved {
            if self.config().flags.x {
                show();
            }
            return Ok(());
        }
        self.copy_file(dst, src, perm, force)
    }

    /// `cp src dst` of an executable that the stock command would have linked in the work directory
    /// and moved: the result is that of the move, where there could have been one. It replaces a
    /// symbolic link at `dst`; the link's target stays as it is.
    pub fn copy_executable(&self, dst: &str, src: &str, perm: u32) -> Result<(), ActionError> {
        check_overwrite(dst, false)?;
        let moves = can_be_moved(self.shared.work_dir, dst) && !has_setgid(&path::dir(dst));
        if !moves || copy_then_move(dst, src, perm).is_err() {
            return self.copy_file(dst, src, perm, false);
        }
        footprint::writes(dst);
        if self.config().flags.x {
            self.show_cmd("", &format!("cp {src} {dst}"));
        }
        Ok(())
    }

    /// `rm -rf path`.
    pub fn remove_all(&self, path: &str) -> Result<(), ActionError> {
        if self.shows_commands() {
            let made = self.shared.made.lock().unwrap_or_else(|e| e.into_inner());
            let show = made.contains_key(path) || exists(path);
            drop(made);
            if show {
                self.show_cmd("", &format!("rm -rf {path}"));
            }
        }
        if self.config().flags.n {
            return Ok(());
        }
        remove_all(path).map_err(ActionError::new)
    }

    /// `ln -s old new`. A link that is there already is good.
    pub fn symlink(&self, old: &str, new: &str) -> Result<(), ActionError> {
        if disk::own::read_link(Because::Target, new).is_ok_and(|link| *link == *old.place()) {
            return Ok(());
        }
        if self.shows_commands() {
            self.show_cmd("", &format!("ln -s {old} {new}"));
            if self.config().flags.n {
                return Ok(());
            }
        }
        std::os::unix::fs::symlink(old.place(), new.place())
            .map_err(|e| ActionError::new(format!("symlink {old} {new}: {}", errno_text(&e))))
    }
}

/// Writes a file. The error shows whether it could not be opened or not be filled (the disk may be
/// full).
pub(crate) fn write_whole(file: &str, bytes: &[u8]) -> Result<(), ActionError> {
    let mut target = fs::File::create(file.place()).map_err(|e| path_error("open", file, &e))?;
    let written = target.write_all(bytes);
    written.map_err(|e| path_error("write", file, &e))
}

/// Copies a file, over a regular one of that name.
fn copy(dst: &str, src: &str, perm: u32, force: bool) -> Result<(), ActionError> {
    let mut source =
        disk::own::open(Because::Target, src).map_err(|e| path_error("open", src, &e))?;
    check_overwrite(dst, force)?;
    remove_if_regular(dst);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(perm);
    let mut target = options
        .open(dst.place())
        .map_err(|e| ActionError::new(format!("copying {src}: open {dst}: {}", errno_text(&e))))?;
    std::io::copy(&mut source, &mut target)
        .map(drop)
        .map_err(|e| {
            remove_if_regular(dst);
            ActionError::new(format!(
                "copying {src} to {dst}: write {dst}: {}",
                errno_text(&e)
            ))
        })
}

/// Whether what comes to be at `dst` is the same for a move from a directory. One from another file
/// system is a copy, which does not replace devices, pipes and symbolic links but writes into them.
fn can_be_moved(from_dir: &str, dst: &str) -> bool {
    let device = |dir: &str| {
        disk::own::metadata(Because::Target, dir)
            .map(|meta| meta.dev())
            .ok()
    };
    disk::own::symlink_metadata(Because::Target, dst).map_or(true, |meta| meta.is_file())
        || device(from_dir).is_some_and(|from| device(&path::dir(dst)) == Some(from))
}

/// Copies a file to a name beside `dst` and moves it there: no reader sees a part of it.
fn copy_then_move(dst: &str, src: &str, perm: u32) -> std::io::Result<()> {
    let mut source = disk::own::open(Because::Target, src)?;
    let beside = format!("{}-go-tmp-{}", path::clean(dst), std::process::id());
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(perm);
    let mut target = options.open(beside.place())?;
    let moved = std::io::copy(&mut source, &mut target).and_then(|_| {
        drop(target);
        fs::rename(beside.place(), dst.place())
    });
    if moved.is_err() {
        // No other process uses it.
        let _ = fs::remove_file(beside.place());
    }
    moved
}

/// Makes an error of the file system, with the text that Go prints (fs.PathError).
pub(super) fn path_error(op: &str, path: &str, e: &std::io::Error) -> ActionError {
    ActionError::new(format!("{op} {path}: {}", errno_text(e)))
}

/// Makes a directory and its parents. An error names the one that could not be made, a final slash
/// as it was given (os.MkdirAll).
fn make_dirs(dir: &str) -> Result<(), ActionError> {
    match disk::own::metadata(Because::Target, dir) {
        Ok(meta) if meta.is_dir() => return Ok(()),
        Ok(_) => {
            let not_a_directory = std::io::Error::from(ErrorKind::NotADirectory);
            return Err(path_error("mkdir", dir, &not_a_directory));
        }
        Err(_) => {}
    }
    let parent = dir.trim_end_matches('/').rsplit_once('/');
    if let Some((parent, _)) = parent.filter(|(parent, _)| !parent.is_empty()) {
        make_dirs(parent)?;
    }
    fs::create_dir(dir.place()).or_else(|e| {
        match disk::own::symlink_metadata(Because::Target, dir) {
            Ok(meta) if meta.is_dir() => Ok(()),
            _ => Err(path_error("mkdir", dir, &e)),
        }
    })
}

/// Anything but "it is not there" counts as there.
fn exists(path: &str) -> bool {
    !matches!(disk::own::metadata(Because::Target, path), Err(e) if e.kind() == ErrorKind::NotFound)
}

/// Removes a regular file. Devices and the like always stay.
fn remove_if_regular(path: &str) {
    if !disk::own::symlink_metadata(Because::Target, path).is_ok_and(|meta| !meta.is_file()) {
        // That it was not there, or stays, shows when it is opened.
        let _ = fs::remove_file(path.place());
    }
}

/// What a new file beside `dst` would get of `perm`.
fn mode_after_umask(dst: &str, perm: u32) -> u32 {
    let probe = format!("{}-go-tmp-umask", path::clean(dst));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(perm);
    let Ok(file) = options.open(probe.place()) else {
        return perm;
    };
    let mode = file
        .metadata()
        .map_or(perm, |meta| meta.permissions().mode() & 0o777);
    // No other process uses it.
    let _ = fs::remove_file(probe.place());
    mode
}

fn has_setgid(dir: &str) -> bool {
    disk::own::metadata(Because::Target, dir)
        .is_ok_and(|meta| meta.is_dir() && meta.permissions().mode() & 0o2000 != 0)
}

/// Refuses to overwrite directories and, without `force`, files that no build made.
fn check_overwrite(dst: &str, force: bool) -> Result<(), ActionError> {
    let Ok(meta) = disk::own::metadata(Because::Target, dst) else {
        return Ok(());
    };
    let why = if meta.is_dir() {
        "a directory"
    } else if !force && meta.is_file() && meta.len() != 0 && !is_object(dst) {
        "not an object file"
    } else {
        return Ok(());
    };
    Err(ActionError::new(format!(
        "build output {} already exists and is {why}",
        quote(dst)
    )))
}

/// How files that linkers and compilers write begin.
const OBJECT_MAGIC: [&[u8]; 15] = [
    b"!<arch>\n",
    b"<bigaf>\n",
    b"\x7FELF",
    // Mach-O
    b"\xFE\xED\xFA\xCE",
    b"\xFE\xED\xFA\xCF",
    b"\xCE\xFA\xED\xFE",
    b"\xCF\xFA\xED\xFE",
    // PE
    b"\x4d\x5a\x90\x00\x03\x00",
    b"\x4d\x5a\x78\x00\x01\x00",
    // Plan 9
    b"\x00\x00\x01\xEB",
    b"\x00\x00\x8a\x97",
    b"\x00\x00\x06\x47",
    b"\x00asm",
    // XCOFF
    b"\x01\xDF",
    b"\x01\xF7",
];

fn is_object(file: &str) -> bool {
    let mut start = Vec::with_capacity(64);
    let read =
        disk::own::open(Because::Target, file).and_then(|f| f.take(64).read_to_end(&mut start));
    read.is_ok() && OBJECT_MAGIC.iter().any(|magic| start.starts_with(magic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_takes_the_place_of_a_link() {
        let temp = tempfile::tempdir().unwrap();
        let file = |name: &str| format!("{}/{name}", temp.path().display());
        fs::write(file("src"), "new").unwrap();
        fs::write(file("old"), "old").unwrap();
        std::os::unix::fs::symlink("old", file("dst")).unwrap();
        fs::create_dir(file("dir")).unwrap();
        copy_then_move(&file("dst"), &file("src"), 0o700).unwrap();
        assert_eq!(fs::read_to_string(file("old")).unwrap(), "old");
        let meta = fs::symlink_metadata(file("dst")).unwrap();
        assert!(meta.is_file());
        assert_eq!(meta.permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::read_to_string(file("dst")).unwrap(), "new");
        // An operation that fails leaves no files.
        assert!(copy_then_move(&file("dir"), &file("src"), 0o700).is_err());
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 4);
    }

    #[test]
    fn a_directory_is_blamed_as_it_was_given() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().to_str().unwrap();
        let made = |name: &str| make_dirs(&format!("{root}/{name}")).map_err(|e| e.text);
        let blamed = |name: &str, why: &str| Err(format!("mkdir {root}/{name}: {why}"));
        fs::write(format!("{root}/file"), "").unwrap();
        std::os::unix::fs::symlink("nowhere", format!("{root}/link")).unwrap();
        assert_eq!(made("a/b/"), Ok(()));
        assert_eq!(made("a//b/c"), Ok(()));
        assert_eq!(made("file"), blamed("file", "not a directory"));
        assert_eq!(made("file/"), blamed("file/", "file exists"));
        assert_eq!(made("link/"), blamed("link/", "file exists"));
        assert_eq!(made("file/x/y/"), blamed("file", "not a directory"));
    }

    #[test]
    fn a_full_disk_is_not_a_file_that_can_not_be_opened() {
        let text = |file: &str| write_whole(file, b"x").map_err(|e| e.text);
        let full = "write /dev/full: no space left on device";
        assert_eq!(text("/dev/full"), Err(full.to_owned()));
        let missing = "open /no/such/file: no such file or directory";
        assert_eq!(text("/no/such/file"), Err(missing.to_owned()));
    }
}
