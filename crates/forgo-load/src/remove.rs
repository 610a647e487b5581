//! Removing trees as os.RemoveAll does (os/removeall_at.go).

#![expect(
    clippy::disallowed_methods,
    reason = "what the invocation or an earlier one made is removed; nothing is learned"
)]

use std::ffi::{CString, OsStr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use forgo_golang::path;
use rustix::fs::{AtFlags, CWD, Dir, DirEntry, Mode, OFlags, openat, unlinkat};
use rustix::io::Errno;

use crate::disk::{self, Because};
use crate::process::errno_text;

/// os.RemoveAll: of anything, missing or not; all that can be removed is. The first error is Go's
/// fs.PathError.
pub fn remove_all(file: &str) -> Result<(), String> {
    match remove_tree(CWD, Path::new(file), file) {
        // Go opens the parent of a file that it can't remove at once, and removes it from there.
        Err(why) => {
            let parent = path::dir(file.trim_end_matches('/'));
            match disk::own::open(Because::Made, &parent) {
                Err(e) => Err(format!("open {parent}: {}", errno_text(&e))),
                Ok(_) => Err(why),
            }
        }
        removed => removed,
    }
}

/// Removes `name` in an open directory, by which it stays in the tree even if a process puts a
/// symbolic link into it meanwhile. `shown` is its path.
fn remove_tree(dir: BorrowedFd<'_>, name: &Path, shown: &str) -> Result<(), String> {
    let blame = |op: &str, e: Errno| Err(format!("{op} {shown}: {}", errno_text(&e.into())));
    let not_a_file = match unlinkat(dir, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => return Ok(()),
        Err(e) => e,
    };
    if !matches!(not_a_file, Errno::ISDIR | Errno::PERM | Errno::ACCESS) {
        return blame("unlinkat", not_a_file);
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let inside = match openat(dir, name, flags, Mode::empty()) {
        Ok(open) => remove_entries(&open, shown),
        Err(Errno::NOENT) => return Ok(()),
        Err(Errno::NOTDIR | Errno::LOOP) => return blame("unlinkat", not_a_file),
        Err(e) => blame("openfdat", e),
    };
    match unlinkat(dir, name, AtFlags::REMOVEDIR) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(e) => inside.and(blame("unlinkat", e)),
    }
}

/// Removes the entries of an open directory. The first error counts.
fn remove_entries(dir: &OwnedFd, shown: &str) -> Result<(), String> {
    let names: Result<Vec<CString>, Errno> = Dir::read_from(dir).and_then(|entries| {
        let name = |entry: DirEntry| entry.file_name().to_owned();
        entries.map(|entry| entry.map(name)).collect()
    });
    let names = match names {
        Ok(names) => names,
        Err(e) => return Err(format!("readdirent {shown}: {}", errno_text(&e.into()))),
    };
    let mut result = Ok(());
    for name in names.iter().map(|name| OsStr::from_bytes(name.to_bytes())) {
        if name == "." || name == ".." {
            continue;
        }
        let shown = format!("{}/{}", shown.trim_end_matches('/'), name.display());
        result = result.and(remove_tree(dir.as_fd(), Path::new(name), &shown));
    }
    result
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn all_that_can_be_removed_is() {
        let temp = tempfile::tempdir().unwrap();
        let at = |name: &str| format!("{}/{name}", temp.path().display());
        assert_eq!(remove_all(&at("missing")), Ok(()));
        fs::create_dir_all(at("kept/x")).unwrap();
        fs::create_dir_all(at("dir/locked")).unwrap();
        for file in ["file", "dir/a", "dir/locked/f", "dir/z"] {
            fs::write(at(file), "").unwrap();
        }
        symlink(at("kept"), at("dir/link")).unwrap();
        let why = format!("unlinkat {}: not a directory", at("file/y"));
        assert_eq!(remove_all(&at("file/y")), Err(why));
        let why = format!("unlinkat {}: not a directory", at("file/x"));
        assert_eq!(
            remove_tree(CWD, Path::new(&at("file/x")), &at("file/x")),
            Err(why)
        );
        fs::set_permissions(at("dir/locked"), Permissions::from_mode(0o555)).unwrap();
        // Root may remove everything.
        let removed = remove_all(&at("dir"));
        let left = fs::read_dir(at("dir")).map_or(0, Iterator::count);
        let why = format!("unlinkat {}: permission denied", at("dir/locked/f"));
        assert_eq!(left, usize::from(removed.is_err()));
        assert!(removed.is_ok() || removed == Err(why));
        assert!(fs::exists(at("kept/x")).unwrap());
        if left > 0 {
            fs::set_permissions(at("dir/locked"), Permissions::from_mode(0o755)).unwrap();
        }
    }
}
