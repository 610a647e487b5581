//! The parts of archives that importers read, by file: each is read once in a run, and only when a
//! key that only forgo has is asked for. The results for archives in the cache are kept for later
//! runs (`earlier`).

mod earlier;
pub mod places;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use forgo_cache::disk::DiskCache;
use forgo_golang::object::relocate::seen;
use forgo_golang::object::{Fingerprint, Unfit};
use forgo_load::config::Config;
use forgo_load::disk;
use forgo_load::kept;

use crate::archive;
use earlier::Earlier;
use forgo_load::disk::Because;
pub use places::Places;

/// What importers read of an archive, with the names of places instead of their directories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anywhere {
    /// Its hash, without the build ID.
    pub id: [u8; 32],
    /// The fingerprint of the export data as it is.
    pub fingerprint: Fingerprint,
    /// Some source file lies in such a place.
    pub placed: bool,
}

/// Facts about the archives of a run, which has one set of places.
#[derive(Debug)]
pub struct Exports {
    /// The cache, if facts about archives are kept there.
    cache: Option<DiskCache>,
    earlier: OnceLock<Earlier>,
    ids: Mutex<HashMap<String, Option<[u8; 32]>>>,
    anywhere: Mutex<HashMap<String, Result<Anywhere, Unfit>>>,
    /// Fingerprints that export data has when the places are others: by file and places.
    elsewhere: Mutex<HashMap<(String, u64), Fingerprint>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Exports {
    /// For a run with these settings; nothing is read yet.
    pub fn new(config: &Config) -> Exports {
        Exports {
            cache: kept::local_cache(config).filter(|_| !config.flags.n),
            earlier: OnceLock::new(),
            ids: Mutex::default(),
            anywhere: Mutex::default(),
            elsewhere: Mutex::default(),
        }
    }

    /// The hash of what importers read of a file, without the build ID; `None` where there is
    /// nothing to be read.
    pub fn id(&self, file: &str) -> Option<[u8; 32]> {
        if let Some(known) = lock(&self.ids).get(file) {
            return *known;
        }
        let id = member(file).and_then(|member| archive::export_id(&member));
        lock(&self.ids).insert(file.to_owned(), id);
        id
    }

    /// Returns the part of a file that importers read, in a form that is the same for all
    /// directories of the sources; an error where it can't be determined.
    pub fn anywhere(&self, file: &str, places: &Places) -> Result<Anywhere, Unfit> {
        if let Some(known) = lock(&self.anywhere).get(file) {
            return *known;
        }
        let kept = self.kept(file, places);
        if let Some(known) = kept.and_then(|(earlier, output)| earlier.find(&output)) {
            lock(&self.anywhere).insert(file.to_owned(), Ok(known));
            return Ok(known);
        }
        let anywhere = read(member(file).as_deref(), places);
        self.note(file, kept, anywhere);
        anywhere
    }

    /// Remembers the same of an archive that was just made, whose bytes are at hand, and of its
    /// copy in the cache.
    pub fn note_made(&self, file: &str, cached: Option<&str>, archive: &[u8], places: &Places) {
        let anywhere = read(archive::export_data(archive), places);
        self.note(
            file,
            cached.and_then(|cached| self.kept(cached, places)),
            anywhere,
        );
    }

    /// Returns the records of earlier runs, and the output ID under which they describe a file.
    fn kept(&self, file: &str, places: &Places) -> Option<(&Earlier, [u8; 32])> {
        let cache = self.cache.as_ref()?;
        let output = cache.output_of(file)?;
        let earlier = || Earlier::read(cache, places);
        Some((self.earlier.get_or_init(earlier), output.0))
    }

    fn note(&self, file: &str, kept: Option<(&Earlier, [u8; 32])>, found: Result<Anywhere, Unfit>) {
        lock(&self.anywhere).insert(file.to_owned(), found);
        if let (Some((earlier, output)), Ok(found)) = (kept, found) {
            earlier.learn(output, found);
        }
    }

    /// Keeps the facts for later runs.
    pub fn save(&self) {
        if let Some(earlier) = self.earlier.get() {
            earlier.save();
        }
    }

    /// The fingerprint of a file's export data if the places were those of `there`.
    pub fn fingerprint_at(
        &self,
        file: &str,
        here: &Places,
        there: &Places,
    ) -> Result<Fingerprint, Unfit> {
        let anywhere = self.anywhere(file, here)?;
        if !anywhere.placed || here.id() == there.id() {
            return Ok(anywhere.fingerprint);
        }
        let key = (file.to_owned(), there.id());
        if let Some(known) = lock(&self.elsewhere).get(&key) {
            return Ok(*known);
        }
        let member = member(file).ok_or(GONE)?;
        let moved = here.renaming(there, |rename| seen(&member, rename))?;
        lock(&self.elsewhere).insert(key, moved.renamed_fingerprint);
        Ok(moved.renamed_fingerprint)
    }

    /// Remembers the facts that reading an archive that was moved here would find out: its form
    /// that is the same anywhere, and the fingerprint that it had where it came from.
    pub fn note_moved(
        &self,
        file: &str,
        anywhere: Anywhere,
        here: &Places,
        there: &Places,
        fingerprint: Fingerprint,
    ) {
        self.note(file, self.kept(file, here), Ok(anywhere));
        lock(&self.elsewhere).insert((file.to_owned(), there.id()), fingerprint);
    }
}

const GONE: Unfit = Unfit::Malformed("no export data");

fn member(file: &str) -> Option<Vec<u8>> {
    archive::export_member(&disk::own::open(Because::Cached, file).ok()?).ok()?
}

/// The facts read from the member with the export data.
fn read(member: Option<&[u8]>, places: &Places) -> Result<Anywhere, Unfit> {
    let member = member.ok_or(GONE)?;
    let seen = places.renaming_to_names(|rename| seen(member, rename))?;
    Ok(Anywhere {
        id: seen.id,
        fingerprint: seen.fingerprint,
        placed: !seen.same,
    })
}
