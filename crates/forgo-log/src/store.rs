//! The segments of a log: which one is appended to, when the next one is begun, which are removed.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::frame;
use crate::history::Segment;
use crate::record::Record;

/// A log is at most this many segments.
const SEGMENTS: u64 = 64;

/// The least size of a segment: each holds all texts that its runs name.
const LEAST: u64 = 64 << 10;

/// The directory of a log.
#[derive(Debug, Clone)]
pub struct Store {
    dir: PathBuf,
    budget: u64,
}

impl Store {
    /// A log in `dir` of at most `budget` bytes. The directory is made when something is written.
    pub fn new(dir: impl Into<PathBuf>, budget: u64) -> Store {
        Store {
            dir: dir.into(),
            budget,
        }
    }

    /// Opens the segment to append to, and begins a new one if the last is full.
    ///
    /// # Errors
    /// Fails if the directory or the file can't be made or written.
    pub fn open(&self) -> io::Result<(PathBuf, File)> {
        let last = match self.segments() {
            Ok(segments) => segments.into_iter().next_back(),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let mut builder = DirBuilder::new();
                builder.recursive(true).mode(0o700).create(&self.dir)?;
                None
            }
            Err(e) => return Err(e),
        };
        let size = (self.budget / SEGMENTS).max(LEAST);
        match last {
            Some((_, path)) => {
                let file = File::options().append(true).open(&path)?;
                if file.metadata()?.len() < size {
                    return Ok((path, file));
                }
                drop(file);
                self.begin_next()
            }
            None => self.begin_next(),
        }
    }

    /// The segments with their numbers, the oldest first.
    ///
    /// # Errors
    /// Fails if the directory can't be read.
    pub fn segments(&self) -> io::Result<Vec<(u64, PathBuf)>> {
        let mut all = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            if let Some(number) = number_of(&path) {
                all.push((number, path));
            }
        }
        all.sort_unstable();
        Ok(all)
    }

    /// Begins a segment behind the last one, unless another process just did, and removes what
    /// exceeds the budget.
    fn begin_next(&self) -> io::Result<(PathBuf, File)> {
        let mut segments = self.segments()?;
        let (number, first_run) = match segments.last() {
            None => (1, 1),
            Some((last, path)) => (last + 1, Segment::read(path)?.next_run()),
        };
        let path = self.dir.join(format!("{number:08}.log"));
        let mut temporary = tempfile::Builder::new()
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .tempfile_in(&self.dir)?;
        let record = Record::Segment { first_run };
        let payload = postcard::to_allocvec(&record).map_err(io::Error::other)?;
        let mut bytes = Vec::new();
        frame::push(&mut bytes, &payload);
        temporary.write_all(&bytes)?;
        match temporary.persist_noclobber(&path) {
            Ok(_) => {}
            Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e.error),
        }
        segments.push((number, path.clone()));
        self.trim(&segments);
        let file = File::options().append(true).mode(0o600).open(&path)?;
        Ok((path, file))
    }

    /// Removes the oldest segments, so that there is room for a whole new one.
    fn trim(&self, segments: &[(u64, PathBuf)]) {
        let size = |path: &Path| fs::metadata(path).map_or(0, |meta| meta.len());
        let full = (self.budget / SEGMENTS).max(LEAST);
        let mut total: u64 = segments.iter().map(|(_, path)| size(path)).sum::<u64>() + full;
        let Some((_, older)) = segments.split_last() else {
            return;
        };
        for (_, path) in older {
            if total <= self.budget {
                break;
            }
            total = total.saturating_sub(size(path));
            // Another process may have removed it.
            let _ = fs::remove_file(path);
        }
    }
}

/// The number of a segment's file.
fn number_of(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?.strip_suffix(".log")?;
    let digits = name.len() >= 8 && name.bytes().all(|b| b.is_ascii_digit());
    name.parse().ok().filter(|_| digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_segments() {
        let number = |name: &str| number_of(Path::new(name));
        assert_eq!(number("/a/00000007.log"), Some(7));
        assert_eq!(number("/a/123456789.log"), Some(123_456_789));
        for other in ["/a/7.log", "/a/.tmpabc", "/a/+0000007.log", "/a/00000007"] {
            assert_eq!(number(other), None, "{other}");
        }
    }
}
