//! What module loading remembers while it runs, shared by its threads.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use forgo_golang::module::Version;

use super::errors::{Error, Need};
use super::summary::Summary;
use crate::module::ModulePublic;

/// A map that threads fill together.
#[derive(Debug)]
pub(super) struct SharedMap<K, V>(RwLock<HashMap<K, V>>);

impl<K, V> Default for SharedMap<K, V> {
    fn default() -> Self {
        SharedMap(RwLock::default())
    }
}

impl<K: Eq + Hash, V: Clone> SharedMap<K, V> {
    /// The value, if known.
    pub fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let map = self.0.read().unwrap_or_else(PoisonError::into_inner);
        map.get(key).cloned()
    }

    /// Notes a value.
    pub fn put(&self, key: K, value: V) {
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        map.insert(key, value);
    }
}

/// A set that threads fill together.
#[derive(Debug)]
pub(super) struct SharedSet<K>(Mutex<HashSet<K>>);

impl<K> Default for SharedSet<K> {
    fn default() -> Self {
        SharedSet(Mutex::default())
    }
}

impl<K> SharedSet<K> {
    /// The set, locked.
    pub fn lock_set(&self) -> MutexGuard<'_, HashSet<K>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All that is remembered. Dropped as a whole when go.mod was edited.
#[derive(Debug, Default)]
pub(super) struct Memo {
    /// Why the module cache can't be used, once that was looked at.
    pub cache_dir: OnceLock<Result<(), String>>,
    /// rawGoModSummary.
    pub summaries: SharedMap<Version, Result<Arc<Summary>, Error>>,
    /// Directory of a module, and whether it is outside of the module cache.
    pub dirs: SharedMap<Version, Result<(String, bool), Error>>,
    /// Does the directory hold a go.mod?
    pub has_go_mod: SharedMap<String, bool>,
    /// Does the vendor tree of std (or cmd) hold the package? By vendored import path.
    pub std_vendored: SharedMap<String, bool>,
    /// Checksums that no file records.
    pub unrecorded: SharedSet<Version>,
    pub has_unrecorded: AtomicBool,
    /// The requests to the stock command.
    pub attempted: SharedSet<Need>,
    /// Its errors for those that it did not fetch.
    pub failed: SharedMap<Need, Error>,
    /// Modules as `go list` shows them.
    pub infos: SharedMap<Version, Arc<ModulePublic>>,
    /// An error was written to standard error, and the command goes on until it is asked for.
    pub failed_aside: AtomicBool,
    /// Warnings already given.
    pub said: SharedSet<String>,
}
