//! Directory records: what a directory holds and what its files' headers say, read once per
//! invocation, from any thread. The import walk, the pattern walk and module loading all ask here.
//!
//! A record says nothing about build tags: whether a file takes part is decided by whoever asks
//! (`matches`), so that one record serves the package, its tests, and module loading. Answers to
//! the reading half of go/build, cmd/go/internal/imports and cmd/go/internal/modindex.

use std::io;
use std::sync::Arc;

use crate::config::Config;
use crate::fsys::Overlay;
use crate::load::FatalError;
use crate::load::modules::{DirImports, FileKind, PackageKind, SourceTree};

/// Memoised directory records.
#[derive(Debug)]
pub struct Scanner<'a> {
    /// The settings.
    pub cfg: &'a Config,
    /// Disk and overlay.
    pub overlay: Overlay,
}

/// A directory: its entries, and one record for each file that could be a source file.
#[derive(Debug)]
pub struct DirRecord {
    /// Absolute directory.
    pub dir: String,
    /// All entries, sorted by name.
    pub entries: Vec<(String, FileKind)>,
}

impl<'a> Scanner<'a> {
    /// An empty memo. Reads the `-overlay` file, if one was given.
    pub fn new(_cfg: &'a Config) -> Result<Scanner<'a>, FatalError> {
        todo!()
    }

    /// The record of a directory.
    pub fn dir(&self, _dir: &str) -> io::Result<Arc<DirRecord>> {
        todo!()
    }
}

impl SourceTree for Scanner<'_> {
    fn stat(&self, _path: &str) -> io::Result<FileKind> {
        todo!()
    }
    fn read_dir(&self, _dir: &str) -> io::Result<Vec<(String, FileKind)>> {
        todo!()
    }
    fn read_file(&self, _path: &str) -> io::Result<Vec<u8>> {
        todo!()
    }
    fn is_replaced(&self, _path: &str) -> bool {
        todo!()
    }
    fn is_go_dir(&self, _dir: &str) -> io::Result<bool> {
        todo!()
    }
    fn imports(&self, _dir: &str) -> Arc<DirImports> {
        todo!()
    }
    fn imports_any_tags(&self, _dir: &str) -> Arc<DirImports> {
        todo!()
    }
    fn file_imports(&self, _files: &[String]) -> Result<DirImports, String> {
        todo!()
    }
    fn package_kind(&self, _dir: &str) -> PackageKind {
        todo!()
    }
}
