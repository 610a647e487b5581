//! The disk, read so that what is read is noted (see [`crate::footprint`]): std::fs's functions, by
//! their names. All reading of what an answer depends on goes through here; a lint sees to it.
//!
//! [`own`] is for the rest: files that the invocation made itself, and entries of the cache, which are
//! known by their content.

#![allow(
    clippy::disallowed_methods,
    reason = "this is what others use instead of them"
)]

use std::fs::{File, Metadata, ReadDir};
use std::io;
use std::path::{Path, PathBuf};

use crate::footprint::{Look, saw, saw_way_to};

/// [`std::fs::read`].
pub fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    saw(&path, Look::Whole);
    std::fs::read(path)
}

/// [`std::fs::read_to_string`].
pub fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    saw(&path, Look::Whole);
    std::fs::read_to_string(path)
}

/// [`File::open`].
pub fn open(path: impl AsRef<Path>) -> io::Result<File> {
    saw(&path, Look::Whole);
    File::open(path)
}

/// [`std::fs::metadata`]. Of a directory only that it is one may be asked: for its times and size there is
/// [`whole_metadata`].
pub fn metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    saw(&path, Look::Kind);
    std::fs::metadata(path)
}

/// [`std::fs::metadata`].
pub fn whole_metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    saw(&path, Look::Whole);
    std::fs::metadata(path)
}

/// [`std::fs::symlink_metadata`], with the restriction of [`metadata`].
pub fn symlink_metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    saw(&path, Look::Kind);
    std::fs::symlink_metadata(path)
}

/// [`std::fs::symlink_metadata`].
pub fn whole_symlink_metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    saw(&path, Look::Whole);
    std::fs::symlink_metadata(path)
}

/// [`Path::exists`].
pub fn exists(path: impl AsRef<Path>) -> bool {
    metadata(path).is_ok()
}

/// [`Path::is_dir`].
pub fn is_dir(path: impl AsRef<Path>) -> bool {
    metadata(path).is_ok_and(|m| m.is_dir())
}

/// [`std::fs::read_dir`].
pub fn read_dir(path: impl AsRef<Path>) -> io::Result<ReadDir> {
    saw(&path, Look::Whole);
    std::fs::read_dir(path)
}

/// [`std::fs::canonicalize`].
pub fn canonicalize(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    saw_way_to(&path);
    let real = std::fs::canonicalize(path)?;
    // Links may have led through others.
    saw_way_to(&real);
    Ok(real)
}

/// [`std::fs::read_link`].
pub fn read_link(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    saw(&path, Look::Kind);
    std::fs::read_link(path)
}

/// Files of the invocation's own making, cache entries, and places that are written to: not noted.
pub mod own {
    use std::fs::{File, Metadata, ReadDir};
    use std::io;
    use std::path::{Path, PathBuf};

    /// [`std::fs::read`].
    pub fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    /// [`std::fs::read_to_string`].
    pub fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
        std::fs::read_to_string(path)
    }

    /// [`File::open`].
    pub fn open(path: impl AsRef<Path>) -> io::Result<File> {
        File::open(path)
    }

    /// [`std::fs::metadata`].
    pub fn metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
        std::fs::metadata(path)
    }

    /// [`std::fs::symlink_metadata`].
    pub fn symlink_metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
        std::fs::symlink_metadata(path)
    }

    /// [`std::fs::read_dir`].
    pub fn read_dir(path: impl AsRef<Path>) -> io::Result<ReadDir> {
        std::fs::read_dir(path)
    }

    /// [`std::fs::read_link`].
    pub fn read_link(path: impl AsRef<Path>) -> io::Result<PathBuf> {
        std::fs::read_link(path)
    }

    /// [`std::fs::canonicalize`].
    pub fn canonicalize(path: impl AsRef<Path>) -> io::Result<PathBuf> {
        std::fs::canonicalize(path)
    }
}
