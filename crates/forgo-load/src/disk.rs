//! The disk, read so that each read is noted (see [`crate::footprint`]): std::fs's functions, by
//! their names. All reads that an answer depends on go through here; a lint sees to it.
//!
//! A path is a text ([`forgo_golang::raw`]) or a path of the system ([`Place`]).
//!
//! [`own`] is for the rest: files that the invocation made itself, and entries of the cache, which
//! are known by their content.

#![expect(
    clippy::disallowed_methods,
    reason = "other code reads through these functions"
)]

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata, ReadDir};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use forgo_golang::raw;

use crate::footprint::{Look, saw, saw_way_to};

/// Names a file: a text, which may stand for bytes that are not UTF-8, or a path as the system has
/// it.
pub trait Place {
    /// The path for the system.
    fn place(&self) -> Cow<'_, Path>;

    /// The path as a text.
    fn text(&self) -> Cow<'_, str> {
        Cow::Owned(text_of(&*self.place()))
    }
}

impl Place for str {
    fn place(&self) -> Cow<'_, Path> {
        match crate::system::os(self) {
            Cow::Borrowed(path) => Cow::Borrowed(Path::new(path)),
            Cow::Owned(path) => Cow::Owned(PathBuf::from(path)),
        }
    }

    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl Place for String {
    fn place(&self) -> Cow<'_, Path> {
        self.as_str().place()
    }

    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl Place for Path {
    fn place(&self) -> Cow<'_, Path> {
        Cow::Borrowed(self)
    }
}

impl Place for PathBuf {
    fn place(&self) -> Cow<'_, Path> {
        Cow::Borrowed(self)
    }
}

impl Place for OsString {
    fn place(&self) -> Cow<'_, Path> {
        Cow::Borrowed(Path::new(self))
    }
}

impl<T: Place + ?Sized> Place for &T {
    fn place(&self) -> Cow<'_, Path> {
        (**self).place()
    }

    fn text(&self) -> Cow<'_, str> {
        (**self).text()
    }
}

impl<T: Place + ToOwned + ?Sized> Place for Cow<'_, T> {
    fn place(&self) -> Cow<'_, Path> {
        (**self).place()
    }

    fn text(&self) -> Cow<'_, str> {
        (**self).text()
    }
}

/// The text for a name or path that the system gave.
pub fn text_of(path: impl AsRef<OsStr>) -> String {
    raw::text(path.as_ref().as_bytes())
}

/// [`std::fs::read`].
pub fn read(path: impl Place) -> io::Result<Vec<u8>> {
    saw(&path, Look::Whole);
    std::fs::read(path.place())
}

/// [`std::fs::read_to_string`].
pub fn read_to_string(path: impl Place) -> io::Result<String> {
    saw(&path, Look::Whole);
    std::fs::read_to_string(path.place())
}

/// [`File::open`].
pub fn open(path: impl Place) -> io::Result<File> {
    saw(&path, Look::Whole);
    File::open(path.place())
}

/// [`std::fs::metadata`]. Of a directory only that it is one may be asked: for its times and size
/// there is [`whole_metadata`].
pub fn metadata(path: impl Place) -> io::Result<Metadata> {
    saw(&path, Look::Kind);
    std::fs::metadata(path.place())
}

/// [`std::fs::metadata`].
pub fn whole_metadata(path: impl Place) -> io::Result<Metadata> {
    saw(&path, Look::Whole);
    std::fs::metadata(path.place())
}

/// [`std::fs::symlink_metadata`], with the restriction of [`metadata`].
pub fn symlink_metadata(path: impl Place) -> io::Result<Metadata> {
    saw(&path, Look::Kind);
    std::fs::symlink_metadata(path.place())
}

/// [`std::fs::symlink_metadata`].
pub fn whole_symlink_metadata(path: impl Place) -> io::Result<Metadata> {
    saw(&path, Look::Whole);
    std::fs::symlink_metadata(path.place())
}

/// [`Path::exists`].
pub fn exists(path: impl Place) -> bool {
    metadata(path).is_ok()
}

/// [`Path::is_dir`].
pub fn is_dir(path: impl Place) -> bool {
    metadata(path).is_ok_and(|m| m.is_dir())
}

/// [`std::fs::read_dir`].
pub fn read_dir(path: impl Place) -> io::Result<ReadDir> {
    saw(&path, Look::Whole);
    std::fs::read_dir(path.place())
}

/// [`std::fs::canonicalize`].
pub fn canonicalize(path: impl Place) -> io::Result<PathBuf> {
    saw_way_to(&path);
    let real = std::fs::canonicalize(path.place())?;
    // Links may have led through others.
    saw_way_to(&real);
    Ok(real)
}

/// [`std::fs::read_link`].
pub fn read_link(path: impl Place) -> io::Result<PathBuf> {
    saw(&path, Look::Kind);
    std::fs::read_link(path.place())
}

/// Why a read need not be noted: every one that is not states its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// This invocation made the file, in the work directory or for an output.
    Made,
    /// The file lies in GOCACHE: it is named by its content, or names the key that it belongs to
    /// and is believed only with the inputs noted in it.
    Cached,
    /// It is noted otherwise: by the caller, or among the facts that a kept answer of a program
    /// depends on.
    Noted,
    /// It is part of the key of every kept answer.
    Key,
    /// It decides how a file is put in its place, and not the file's content. A file that a kept
    /// answer put in its place is checked before the answer is given again.
    Target,
    /// The kernel's facts about processes and memory: they are in the keys, or decide when an
    /// action runs.
    Process,
    /// The command's answers are never kept: it changes files, or is handed to the stock command.
    Handed,
}

/// Reads that are not noted, each for a reason. Their names are those of [`super`]'s functions.
pub mod own {
    use std::fs::{File, Metadata, ReadDir};
    use std::io;
    use std::path::PathBuf;

    use super::{Because, Place};

    /// [`std::fs::read`].
    pub fn read(_: Because, path: impl Place) -> io::Result<Vec<u8>> {
        std::fs::read(path.place())
    }

    /// [`std::fs::read_to_string`].
    pub fn read_to_string(_: Because, path: impl Place) -> io::Result<String> {
        std::fs::read_to_string(path.place())
    }

    /// [`File::open`].
    pub fn open(_: Because, path: impl Place) -> io::Result<File> {
        File::open(path.place())
    }

    /// [`std::fs::metadata`].
    pub fn metadata(_: Because, path: impl Place) -> io::Result<Metadata> {
        std::fs::metadata(path.place())
    }

    /// [`std::fs::symlink_metadata`].
    pub fn symlink_metadata(_: Because, path: impl Place) -> io::Result<Metadata> {
        std::fs::symlink_metadata(path.place())
    }

    /// [`std::fs::read_dir`].
    pub fn read_dir(_: Because, path: impl Place) -> io::Result<ReadDir> {
        std::fs::read_dir(path.place())
    }

    /// [`std::fs::read_link`].
    pub fn read_link(_: Because, path: impl Place) -> io::Result<PathBuf> {
        std::fs::read_link(path.place())
    }

    /// [`std::fs::canonicalize`].
    pub fn canonicalize(_: Because, path: impl Place) -> io::Result<PathBuf> {
        std::fs::canonicalize(path.place())
    }
}
