//! GOCACHE on disk, in the stock command's own format, shared with it in both directions.
//! Answers to cmd/go/internal/cache/cache.go.

use std::sync::Arc;

use crate::hash::{ActionId, HashContext, OutputId};
use crate::{Cache, Entry, Result, Source, Verify};

/// A cache in a directory.
pub struct DiskCache {
    dir: String,
    /// Set under `gocacheverify=1`.
    verify: Option<Arc<HashContext>>,
}

impl DiskCache {
    /// Opens the cache in a directory that exists. `verify` is set under `gocacheverify=1`.
    pub fn open(dir: &str, verify: Option<Arc<HashContext>>) -> Result<DiskCache> {
        let _ = (dir, verify);
        todo!()
    }

    /// Removes what was not used for five days; at most once a day.
    pub fn trim(&self) -> Result<()> {
        let _ = (&self.dir, &self.verify);
        todo!()
    }
}

impl Cache for DiskCache {
    fn get(&self, _id: &ActionId) -> Result<Entry> {
        todo!()
    }

    fn put(&self, _: &ActionId, _: &mut dyn Source, _: Verify) -> Result<(OutputId, u64)> {
        todo!()
    }

    fn put_executable(
        &self,
        _: &ActionId,
        _: &str,
        _: &mut dyn Source,
    ) -> Option<Result<(OutputId, u64)>> {
        todo!()
    }

    fn output_file(&self, _: &OutputId) -> String {
        todo!()
    }

    fn fuzz_dir(&self) -> String {
        todo!()
    }

    fn close(&self) -> Result<()> {
        self.trim()
    }
}
