//! The file system as the build sees it: the disk with the files of `-overlay` laid over it.
//! Answers to cmd/go/internal/fsys.
//!
//! An overlay maps paths to files that take their place; an empty replacement deletes. Without
//! `-overlay` every call goes straight to the disk.

use std::io;

use crate::config::Config;
use crate::load::FatalError;
use crate::load::modules::FileKind;

/// The disk and what `-overlay` changes of it. Cheap to share, safe to use from any thread.
#[derive(Debug, Default)]
pub struct Overlay {}

impl Overlay {
    /// Reads the `-overlay` file, if one was given.
    pub fn new(_cfg: &Config) -> Result<Overlay, FatalError> {
        todo!()
    }

    /// No overlay at all.
    pub fn none() -> Overlay {
        todo!()
    }

    /// Whether there is any replacement (`fsys.Init` saw a file).
    pub fn is_active(&self) -> bool {
        todo!()
    }

    /// The file on disk that holds the content of `path` (fsys.Actual).
    pub fn actual<'p>(&'p self, _path: &'p str) -> &'p str {
        todo!()
    }

    /// Whether the overlay replaces `path` itself or a directory above it (fsys.Replaced).
    pub fn replaced(&self, _path: &str) -> bool {
        todo!()
    }

    /// The whole content of a file.
    pub fn read(&self, _path: &str) -> io::Result<Vec<u8>> {
        todo!()
    }

    /// Opens a file for reading.
    pub fn open(&self, _path: &str) -> io::Result<std::fs::File> {
        todo!()
    }

    /// The entries of a directory, sorted by name.
    pub fn read_dir(&self, _dir: &str) -> io::Result<Vec<(String, FileKind)>> {
        todo!()
    }

    /// What `path` names, links followed.
    pub fn stat(&self, _path: &str) -> io::Result<FileKind> {
        todo!()
    }

    /// What `path` itself is, links not followed.
    pub fn lstat(&self, _path: &str) -> io::Result<FileKind> {
        todo!()
    }

    /// Whether `path` is a directory that holds at least one .go file (fsys.IsGoDir).
    pub fn is_dir_with_go_files(&self, _path: &str) -> io::Result<bool> {
        todo!()
    }
}
