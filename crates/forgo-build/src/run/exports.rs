//! What importers read of archives, by file: each is read once in a run, and only when a second key is
//! asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use forgo_golang::object::relocate::seen;
use forgo_golang::object::{Fingerprint, Unfit};
use sha2::{Digest, Sha256};

use crate::archive;
use crate::disk;
use crate::run::moving::Places;

/// What importers read of an archive.
#[derive(Debug)]
pub struct Export {
    /// Its hash, without the build ID.
    pub id: [u8; 32],
    /// The same wherever the sources lie; an error where that can't be told.
    pub anywhere: Result<Anywhere, Unfit>,
}

/// What importers read of an archive, with the names of places instead of their directories.
#[derive(Debug, Clone, Copy)]
pub struct Anywhere {
    /// Its hash, without the build ID.
    pub id: [u8; 32],
    /// The fingerprint of the export data as it is.
    pub fingerprint: Fingerprint,
    /// Some source file lies in such a place.
    pub placed: bool,
}

/// What is known of the archives of a run.
#[derive(Debug, Default)]
pub struct Exports {
    files: Mutex<HashMap<String, Option<Arc<Export>>>>,
    /// Fingerprints that export data has when the places are others: by file and places.
    elsewhere: Mutex<HashMap<(String, u64), Fingerprint>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Exports {
    /// Of a file; `None` where there is nothing to be read.
    pub fn of(&self, file: &str, places: &Places) -> Option<Arc<Export>> {
        if let Some(known) = lock(&self.files).get(file) {
            return known.clone();
        }
        let export = read(file, places).map(Arc::new);
        lock(&self.files).insert(file.to_owned(), export.clone());
        export
    }

    /// The fingerprint of a file's export data if the places were those of `there`.
    pub fn fingerprint_at(
        &self,
        file: &str,
        here: &Places,
        there: &Places,
    ) -> Result<Fingerprint, Unfit> {
        const GONE: Unfit = Unfit::Malformed("no export data");
        let anywhere = self.of(file, here).ok_or(GONE)?.anywhere?;
        if !anywhere.placed || here.id() == there.id() {
            return Ok(anywhere.fingerprint);
        }
        let key = (file.to_owned(), there.id());
        if let Some(known) = lock(&self.elsewhere).get(&key) {
            return Ok(*known);
        }
        let member = disk::own::open(file).and_then(|f| archive::export_member(&f));
        let member = member.ok().flatten().ok_or(GONE)?;
        let moved = here.renaming(there, |rename| seen(&member, rename))?;
        lock(&self.elsewhere).insert(key, moved.renamed_fingerprint);
        Ok(moved.renamed_fingerprint)
    }

    /// Remembers what [`Exports::fingerprint_at`] would find out.
    pub fn note_elsewhere(&self, file: &str, there: &Places, fingerprint: Fingerprint) {
        lock(&self.elsewhere).insert((file.to_owned(), there.id()), fingerprint);
    }
}

fn read(file: &str, places: &Places) -> Option<Export> {
    let member = archive::export_member(&disk::own::open(file).ok()?).ok()??;
    let id = archive::export_id(&member)?;
    let anywhere = places.renaming_to_names(|rename| seen(&member, rename));
    let anywhere = anywhere.map(|seen| Anywhere {
        id: if seen.same {
            id
        } else {
            Sha256::digest(&seen.bytes).into()
        },
        fingerprint: seen.fingerprint,
        placed: !seen.same,
    });
    Some(Export { id, anywhere })
}
