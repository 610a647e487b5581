//! The cache of an invocation: the disk, and a cache elsewhere.
//!
//! A [`Backing`] has one of two places. GOCACHEPROG is there *instead* of the disk, as in the stock
//! command: it gets the same requests in the same order, and its files are used where they are. Any
//! other lies *behind* the disk (`behind`): it is asked for what the disk lacks, and its answers
//! are checked and then stored on the disk.
//!
//! What forgo keeps for itself (locks, notes, kept executables, facts) is always on the disk.
#![expect(
    clippy::disallowed_methods,
    reason = "GOCACHE: entries are named by their content"
)]

mod behind;

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::backing::{Backing, Item};
use crate::disk::{DiskCache, Job, digest};
use crate::error::{Error, Result};
use crate::hash::{ActionId, OutputId};
use crate::open::NoticeFn;
use crate::{Content, Entry, Verify};
use behind::Behind;
pub use behind::Limits;

/// The cache of an invocation. Shared by every thread of the process.
///
/// * What [`DiskCache`] promises of `get` and `put` holds here too.
/// * Callers treat every error of `get` as a miss.
/// * An error of `put` is the caller's to ignore where the stock command ignores it: the bytes to
///   be stored still exist where they were made.
/// * A failure of a backing behind the disk is a miss, not an error. The first one is reported.
pub struct Tiered {
    disk: DiskCache,
    elsewhere: Elsewhere,
    /// Records for the bundle that the job will save.
    uses: Option<Uses>,
    /// Keys that stand for something of this machine.
    withheld: Mutex<HashSet<ActionId>>,
}

/// The keys that were used.
struct Uses {
    job: Job,
    keys: Mutex<HashSet<ActionId>>,
}

/// What there is besides the disk.
enum Elsewhere {
    Nothing,
    Instead(Instead),
    Behind(Behind),
}

impl Tiered {
    /// Makes a cache of the disk alone.
    pub fn local(disk: DiskCache) -> Tiered {
        Tiered::new(disk, Elsewhere::Nothing)
    }

    fn new(disk: DiskCache, elsewhere: Elsewhere) -> Tiered {
        Tiered {
            disk,
            elsewhere,
            uses: None,
            withheld: Mutex::default(),
        }
    }

    /// Makes a cache whose entries are all in a backing.
    pub fn instead(disk: DiskCache, backing: impl Backing + 'static) -> Tiered {
        let instead = Instead {
            backing: Box::new(backing),
            files: Mutex::default(),
        };
        Tiered::new(disk, Elsewhere::Instead(instead))
    }

    /// Makes a cache of the disk, and of backings that are asked in turn for entries that it lacks.
    pub fn behind(
        disk: DiskCache,
        backings: Vec<(Arc<dyn Backing>, Limits)>,
        notice: &NoticeFn,
    ) -> Tiered {
        let behind = Behind::new(&disk, backings, notice);
        Tiered::new(disk, Elsewhere::Behind(behind))
    }

    /// Notes which keys are used, for the bundle of a job.
    pub fn noting_uses(mut self, job: Job) -> Tiered {
        self.uses = Some(Uses {
            job,
            keys: Mutex::default(),
        });
        self
    }

    /// Declares that a key does not bind all inputs of its entry, headers and libraries of this
    /// machine for instance. The entry is neither taken from a backing behind the disk, nor offered
    /// to one, nor saved in a bundle.
    pub fn withhold(&self, id: &ActionId) {
        lock(&self.withheld).insert(*id);
    }

    fn is_withheld(&self, id: &ActionId) -> bool {
        lock(&self.withheld).contains(id)
    }

    fn note_use(&self, id: &ActionId) {
        if let Some(uses) = &self.uses
            && !self.is_withheld(id)
        {
            lock(&uses.keys).insert(*id);
        }
    }

    /// Writes the noted uses to the disk.
    fn save_uses(&self) {
        if let Some(uses) = &self.uses {
            let keys = std::mem::take(&mut *lock(&uses.keys));
            self.disk.note_uses(&uses.job, &keys);
        }
    }

    /// Returns the part that is on the disk: where forgo keeps files for this machine.
    pub fn local_part(&self) -> &DiskCache {
        &self.disk
    }

    /// Looks an action ID up.
    pub fn get(&self, id: &ActionId) -> Result<Entry> {
        let known = match &self.elsewhere {
            Elsewhere::Nothing => self.disk.get(id),
            Elsewhere::Instead(instead) => instead.get(id),
            Elsewhere::Behind(behind) => {
                let known = self.disk.get(id);
                self.or_bring(behind, id, known, |entry| Ok(*entry))
            }
        };
        if known.is_ok() {
            self.note_use(id);
        }
        known
    }

    /// Stores bytes under an action ID. Returns their hash and number.
    pub fn put(&self, id: &ActionId, content: Content, verify: Verify) -> Result<(OutputId, u64)> {
        if let Elsewhere::Instead(instead) = &self.elsewhere {
            return instead.put(id, content);
        }
        let (output, size) = self.disk.put(id, content, verify)?;
        self.offer(id, &output, size);
        Ok((output, size))
    }

    /// Tells of an entry that is new on the disk.
    fn offer(&self, id: &ActionId, output: &OutputId, size: u64) {
        self.note_use(id);
        if let Elsewhere::Behind(behind) = &self.elsewhere
            && !self.is_withheld(id)
        {
            behind.offer(id, output, size);
        }
    }

    /// Makes an action ID lead to an output that is there already: one that a `get` or `put` of
    /// this process named. `false` where that would mean to send all bytes again: to a program of
    /// GOCACHEPROG, which knows no aliases.
    pub fn put_alias(&self, id: &ActionId, output: &OutputId, size: u64) -> Result<bool> {
        if matches!(self.elsewhere, Elsewhere::Instead(_)) {
            return Ok(false);
        }
        self.disk.put_alias(id, output, size)?;
        self.offer(id, output, size);
        Ok(true)
    }

    /// Stores an executable under an action ID, so that [`Tiered::output_file`] can be run and is
    /// called `name`. `None` under GOCACHEPROG, where the stock command stores no executables.
    pub fn put_executable(
        &self,
        id: &ActionId,
        name: &str,
        content: Content,
    ) -> Option<Result<(OutputId, u64)>> {
        match &self.elsewhere {
            Elsewhere::Nothing | Elsewhere::Behind(_) => {
                Some(self.disk.put_executable(id, name, content))
            }
            Elsewhere::Instead(_) => None,
        }
    }

    /// Keeps a copy of an executable, as [`DiskCache::keep`] does.
    pub fn keep(&self, id: &ActionId, file: &str, limit: u64) -> Result<()> {
        self.disk.keep(id, file, limit)?;
        self.note_use(id);
        Ok(())
    }

    /// Finds an executable that was [kept](Tiered::keep) here, or where a bundle was saved.
    pub fn kept(&self, id: &ActionId) -> Option<String> {
        if let Some(file) = self.disk.kept(id) {
            self.note_use(id);
            return Some(file);
        }
        match &self.elsewhere {
            Elsewhere::Behind(_) => self.file(id).ok().map(|(file, _)| file),
            Elsewhere::Nothing | Elsewhere::Instead(_) => None,
        }
    }

    /// Returns the file that holds an output that a `get` or `put` of this process named.
    pub fn output_file(&self, output: &OutputId) -> String {
        match &self.elsewhere {
            Elsewhere::Instead(instead) => instead.file(output),
            Elsewhere::Nothing | Elsewhere::Behind(_) => self.disk.output_file(output),
        }
    }

    /// Finds the file that an action ID leads to, if it has the size it should have.
    pub(crate) fn file(&self, id: &ActionId) -> Result<(String, Entry)> {
        let found = self.get(id).and_then(|entry| self.whole_file(entry));
        match &self.elsewhere {
            Elsewhere::Behind(behind) => {
                self.or_bring(behind, id, found, |entry| self.whole_file(*entry))
            }
            Elsewhere::Nothing | Elsewhere::Instead(_) => found,
        }
    }

    fn whole_file(&self, entry: Entry) -> Result<(String, Entry)> {
        let (file, size) = self.stat_output(&entry.output);
        match size {
            Err(e) => Err(Error::Gone(crate::path_error("stat", &file, &e))),
            Ok(size) if size != entry.size => Err(Error::Gone("file incomplete".to_owned())),
            Ok(_) => Ok((file, entry)),
        }
    }

    fn stat_output(&self, output: &OutputId) -> (String, io::Result<u64>) {
        let Elsewhere::Instead(instead) = &self.elsewhere else {
            return self.disk.stat_output(output);
        };
        let file = instead.file(output);
        let size = std::fs::metadata(&file).map(|meta| meta.len());
        (file, size)
    }

    /// Reads what an action ID leads to, if its hash is right.
    pub(crate) fn bytes(&self, id: &ActionId) -> Result<(Vec<u8>, Entry)> {
        let found = self.get(id).and_then(|entry| self.right_bytes(entry));
        match &self.elsewhere {
            Elsewhere::Behind(behind) => {
                self.or_bring(behind, id, found, |entry| self.right_bytes(*entry))
            }
            Elsewhere::Nothing | Elsewhere::Instead(_) => found,
        }
    }

    fn right_bytes(&self, entry: Entry) -> Result<(Vec<u8>, Entry)> {
        let bytes = std::fs::read(self.output_file(&entry.output)).unwrap_or_default();
        if OutputId::of(&bytes) != entry.output {
            return Err(Error::Gone("bad checksum".to_owned()));
        }
        Ok((bytes, entry))
    }

    /// Returns `found`, or repeats the lookup after a backing has sent the missing entry.
    fn or_bring<T>(
        &self,
        behind: &Behind,
        id: &ActionId,
        found: Result<T>,
        again: impl FnOnce(&Entry) -> Result<T>,
    ) -> Result<T> {
        // Under gocacheverify=1 everything is made again.
        let missing = matches!(found, Err(Error::Miss(_) | Error::Gone(_)));
        if !missing || self.disk.verifies() || self.is_withheld(id) {
            return found;
        }
        match behind.bring(id) {
            Some(entry) => again(&entry),
            None => found,
        }
    }

    /// The end of the process: trims the disk, and ends what lies elsewhere. Nothing may be asked
    /// afterwards.
    pub fn close(&self) -> Result<()> {
        self.save_uses();
        match &self.elsewhere {
            Elsewhere::Nothing => self.disk.trim(),
            Elsewhere::Instead(instead) => {
                // The stock command leaves the disk alone then. Forgo trims its additions.
                if self.disk.grew() {
                    let _ = self.disk.trim();
                }
                instead.backing.close()
            }
            Elsewhere::Behind(behind) => {
                behind.close();
                self.disk.trim()
            }
        }
    }
}

impl Drop for Tiered {
    /// Not every command closes its cache.
    fn drop(&mut self) {
        self.save_uses();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A backing that has all entries.
struct Instead {
    backing: Box<dyn Backing>,
    files: Mutex<HashMap<OutputId, String>>,
}

impl Instead {
    fn get(&self, id: &ActionId) -> Result<Entry> {
        let found = first(self.backing.find(std::slice::from_ref(id)))?;
        if let Some(file) = found.file {
            lock(&self.files).insert(found.entry.output, file);
        }
        Ok(found.entry)
    }

    fn put(&self, id: &ActionId, content: Content) -> Result<(OutputId, u64)> {
        let (output, size) = digest(content)?;
        if self.backing.accepts() {
            let item = Item {
                id: *id,
                output,
                size,
                content,
            };
            if let Some(file) = first(self.backing.store(&[item]))? {
                lock(&self.files).insert(output, file);
            }
        }
        Ok((output, size))
    }

    /// Empty for an output without a file.
    fn file(&self, output: &OutputId) -> String {
        lock(&self.files).get(output).cloned().unwrap_or_default()
    }
}

/// The answer to a request of one.
fn first<T>(answers: Vec<Result<T>>) -> Result<T> {
    let nothing = || Err(Error::Fault("there was no answer".into()));
    answers.into_iter().next().unwrap_or_else(nothing)
}
