//! Files have the contents that keys name: a tool's result is stored under a key only if the files
//! that the tool read had the contents that the key names.
//!
//! A key takes a file's hash from one of two sources: read in this invocation, or kept from an
//! earlier one because the file's stat is unchanged ([`forgo_load::index`]). Neither proves what
//! the file holds at the moment a tool reads it: an editor may save it meanwhile, and a write
//! through a memory mapping that is dirty already changes no stat at all. So the files are hashed
//! once more immediately before a tool runs and again after it. If a hash differs, or a stat
//! between the two, the build goes on with the tool's result under an [`unguessable`] key: no later
//! lookup finds it, no installed target that carries it counts as up to date, and importers have
//! true keys, for those are made of its content ID.
//!
//! The stock command hashes a file once, before the tool runs.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use forgo_cache::{ActionId, OutputId, hash};
use forgo_load::footprint::{self, Stat};

use crate::action::ActionCx;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reports whether these files, overlay applied, still have the contents that keys were made of.
/// Records about a file that does not are dropped, and no later invocation relies on this one.
pub fn are_as_hashed<F: AsRef<str>>(cx: &ActionCx<'_>, files: impl IntoIterator<Item = F>) -> bool {
    if cx.config().flags.n {
        return true;
    }
    let overlay = cx.run.job.overlay;
    let mut same = true;
    for file in files {
        let file = overlay.actual(file.as_ref());
        let stat = Stat::of_target(&file).ok();
        let touched = lock(&cx.run.reread)
            .insert(file.to_string(), stat)
            .is_some_and(|before| before != stat);
        if touched || hash::hash_file(&file).ok() != cx.run.job.hashes.known_file_hash(&file) {
            overlay.index().forget(&file);
            same = false;
        }
    }
    if !same {
        footprint::refuse("a source file changed while a tool read it");
    }
    same
}

/// Reports whether a file, overlay applied, of which this was read has the contents that keys were
/// made of.
pub fn is_as_hashed(cx: &ActionCx<'_>, file: &str, read: &[u8]) -> bool {
    cx.run.job.hashes.known_file_hash(file) == Some(OutputId::of(read).0)
}

/// Returns a key in place of `key` that nothing computes.
pub fn unguessable(key: &ActionId) -> ActionId {
    let mut text = key.0.to_vec();
    for _ in 0..4 {
        // Hashers are seeded at random.
        text.extend(RandomState::new().hash_one(key.0).to_le_bytes());
    }
    ActionId(OutputId::of(&text).0)
}
