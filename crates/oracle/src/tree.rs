//! Copies of directory trees: projects, caches, outputs.

use std::fs::{self, File, FileTimes};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How a file gets into the copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// By its bytes.
    Copy,
    /// As another name of the same file: for files that are not written to.
    Link,
    /// Not at all; a directory with all that is in it.
    LeaveOut,
}

/// Copies the directory `from` to `to`. `take` is asked for each file and directory by its path; a
/// directory is copied unless it is left out. Symbolic links lead where they led.
pub fn copy(from: &Path, to: &Path, take: &dyn Fn(&Path) -> Take) -> Result<(), String> {
    let fault = |path: &Path, e: io::Error| format!("{}: {e}", path.display());
    fs::create_dir_all(to).map_err(|e| fault(to, e))?;
    for item in fs::read_dir(from).map_err(|e| fault(from, e))? {
        let item = item.map_err(|e| fault(from, e))?;
        let (path, to) = (item.path(), to.join(item.file_name()));
        let kind = item.file_type().map_err(|e| fault(&path, e))?;
        let taken = match take(&path) {
            Take::LeaveOut => Ok(()),
            _ if kind.is_dir() => {
                copy(&path, &to, take)?;
                Ok(())
            }
            _ if kind.is_symlink() => {
                fs::read_link(&path).and_then(|leads| std::os::unix::fs::symlink(leads, &to))
            }
            Take::Copy => fs::copy(&path, &to).map(drop),
            Take::Link => fs::hard_link(&path, &to),
        };
        taken.map_err(|e| fault(&path, e))?;
    }
    Ok(())
}

/// Copies all of it.
pub fn copy_all(from: &Path, to: &Path) -> Result<(), String> {
    copy(from, to, &|_| Take::Copy)
}

/// Gives everything below a directory, and itself, a time an hour ago; but for git's own files, and
/// links. The stock command treats directories that changed within two seconds in another way.
pub fn age(dir: &Path) -> io::Result<()> {
    for item in fs::read_dir(dir)? {
        let item = item?;
        let kind = item.file_type()?;
        if kind.is_dir() && item.file_name() != ".git" {
            age(&item.path())?;
        } else if kind.is_file() {
            set_old(&item.path())?;
        }
    }
    set_old(dir)
}

fn set_old(path: &Path) -> io::Result<()> {
    set_time(path, SystemTime::now() - Duration::from_secs(3600))
}

/// Sets the modification time of a file or directory.
pub fn set_time(path: &Path, time: SystemTime) -> io::Result<()> {
    File::open(path)?.set_times(FileTimes::new().set_modified(time))
}

/// The files below a directory, relative to it, sorted.
pub fn sorted_files(root: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut files, mut queue) = (Vec::new(), vec![root.to_owned()]);
    while let Some(dir) = queue.pop() {
        for item in fs::read_dir(dir)? {
            let path = item?.path();
            if path.is_dir() {
                queue.push(path);
            } else if let Ok(name) = path.strip_prefix(root) {
                files.push(name.to_owned());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Removes a directory with all that is in it, if it is there.
pub fn remove(dir: &Path) -> Result<(), String> {
    match fs::remove_dir_all(dir) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(format!("{}: {e}", dir.display())),
        _ => Ok(()),
    }
}

/// Copies a GOCACHE. Files that the go command writes in place are copies: entries, which a later
/// result of the same key replaces, and the file with the time of trimming. Outputs are not written
/// to.
pub fn link_cache(from: &Path, to: &Path) -> Result<(), String> {
    copy(from, to, &|path| {
        let name = path.file_name().map(|name| name.as_encoded_bytes());
        match name.unwrap_or_default() {
            name if name.ends_with(b".txt") || name.ends_with(b"-a") => Take::Copy,
            _ => Take::Link,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn files_are_taken_as_asked() {
        let root = tempfile::tempdir().unwrap();
        let (from, to) = (root.path().join("from"), root.path().join("to"));
        fs::create_dir_all(from.join("deep/.git")).unwrap();
        for name in ["deep/link", "deep/.git/lost", "copied"] {
            fs::write(from.join(name), name).unwrap();
        }
        std::os::unix::fs::symlink("nowhere", from.join("deep/dangling")).unwrap();
        copy(
            &from,
            &to,
            &|path| match path.file_name().unwrap().to_str() {
                Some(".git") => Take::LeaveOut,
                Some("link") => Take::Link,
                _ => Take::Copy,
            },
        )
        .unwrap();
        let links = |name: &str| fs::metadata(to.join(name)).unwrap().nlink();
        assert_eq!((links("deep/link"), links("copied")), (2, 1));
        assert_eq!(fs::read(to.join("copied")).unwrap(), b"copied");
        assert!(!to.join("deep/.git").exists());
        let leads = fs::read_link(to.join("deep/dangling")).unwrap();
        assert_eq!(leads, Path::new("nowhere"));
    }
}
