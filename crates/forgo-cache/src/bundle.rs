//! A bundle: what one job used of the cache, in one file that is made for CI. It lies behind the
//! disk and is never unpacked: an entry is decompressed when it is asked for.
//!
//! The file is read with positioned reads and not mapped: one that is truncated meanwhile makes a
//! read fail, where access to a mapping would end the process. One that is replaced meanwhile stays
//! open as it was. Damage of any kind is found by the hash of an output, and is a miss.
//!
//! docs/cache-bundle.md lists the contents of a bundle; [`format`] describes
//! its bytes.

#![expect(
    clippy::disallowed_methods,
    reason = "a bundle: what comes from it is known by its hash"
)]

mod format;
mod save;

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::backing::{Backing, Found, Item};
use crate::error::{Error, Result, path_error};
use crate::hash::ActionId;
use format::{Frame, Index};
pub use save::{Saved, save};

/// Frames of at most so many bytes hold several outputs; they are decompressed once in a process.
const SHARED_FRAME: u64 = 256 << 10;

/// A bundle that is read from.
pub struct Bundle {
    path: String,
    file: File,
    /// Read when the first key is looked up.
    index: OnceLock<Result<Index>>,
    /// Frames with several outputs, decompressed.
    shared: Mutex<HashMap<u64, Arc<Vec<u8>>>>,
}

impl Bundle {
    /// Opens the bundle in a file; `None` if the file does not exist, as in the very first job.
    pub fn open(path: &str) -> Result<Option<Bundle>> {
        match File::open(path) {
            Ok(file) => Ok(Some(Bundle {
                path: path.to_owned(),
                file,
                index: OnceLock::new(),
                shared: Mutex::default(),
            })),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Error::Fault(path_error("open", path, &e))),
        }
    }

    fn index(&self) -> Result<&Index> {
        let read = || Index::read(&self.file).map_err(Error::Fault);
        self.index.get_or_init(read).as_ref().map_err(Error::clone)
    }

    /// Reads the compressed bytes of a frame.
    fn compressed(&self, frame: &Frame) -> Result<Vec<u8>> {
        let mut bytes = vec![0; frame.length as usize];
        self.file
            .read_exact_at(&mut bytes, frame.offset)
            .map_err(|e| Error::Fault(path_error("read", &self.path, &e)))?;
        Ok(bytes)
    }

    /// Returns a frame that holds several outputs.
    fn shared(&self, frame: &Frame) -> Result<Arc<Vec<u8>>> {
        let lock = || self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&frame.offset) {
            return Ok(Arc::clone(known));
        }
        let bytes = zstd::bulk::decompress(&self.compressed(frame)?, frame.size as usize)
            .map_err(|e| self.damaged(&e))?;
        let bytes = Arc::new(bytes);
        lock().insert(frame.offset, Arc::clone(&bytes));
        Ok(bytes)
    }

    fn damaged(&self, why: &std::io::Error) -> Error {
        Error::Fault(format!("a part of it is damaged: {why}"))
    }
}

impl Backing for Bundle {
    fn name(&self) -> String {
        format!("bundle {}", self.path)
    }

    fn find(&self, ids: &[ActionId]) -> Vec<Result<Found>> {
        let find = |id: &ActionId| {
            let (entry, _) = self.index()?.find(id).ok_or(Error::Miss(None))?;
            Ok(Found { entry, file: None })
        };
        ids.iter().map(find).collect()
    }

    fn fetch(&self, found: &Found, to: &mut dyn Write) -> Result<()> {
        let place = self.index()?.place(&found.entry.output);
        let (frame, range) = place.ok_or(Error::Miss(None))?;
        if frame.size <= SHARED_FRAME {
            let bytes = self.shared(&frame)?;
            let bytes = bytes.get(range.start as usize..range.end as usize);
            return to
                .write_all(bytes.unwrap_or_default())
                .map_err(|e| self.damaged(&e));
        }
        let compressed = self.compressed(&frame)?;
        let decoder = zstd::stream::Decoder::with_buffer(&compressed[..]);
        // At most the size in the index, even if the frame would decompress to more.
        let mut bytes = decoder.map_err(|e| self.damaged(&e))?.take(range.end);
        std::io::copy(&mut bytes, to)
            .map(drop)
            .map_err(|e| self.damaged(&e))
    }

    /// A bundle is written by [`save`] alone.
    fn accepts(&self) -> bool {
        false
    }

    fn store(&self, items: &[Item<'_>]) -> Vec<Result<Option<String>>> {
        let refused = || Err(Error::Fault("a bundle can't be added to".into()));
        items.iter().map(|_| refused()).collect()
    }

    fn close(&self) -> Result<()> {
        Ok(())
    }
}
