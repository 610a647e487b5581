//! Backings behind the disk: limits of their time and size, checks of their answers, and when to
//! stop asking.
//!
//! What a backing sends is used only after all of it has arrived and has the hash and the size that
//! the lookup named. A lookup itself can't be checked that way: the caller decides which backings
//! are trusted with it.
//!
//! Each wait ends. A call that takes longer is abandoned to its thread, and its result is not used.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{first, lock};
use crate::backing::{Backing, Found, Item};
use crate::disk::{DiskCache, Refusal};
use crate::error::{Error, Result};
use crate::hash::{ActionId, OutputId};
use crate::open::{Notice, NoticeFn};
use crate::{Content, Entry};

/// What a backing may take of the build.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long one request is waited for, without the time its bytes need. `None` for a backing
    /// that can't hang; its calls need no thread.
    pub wait: Option<Duration>,
    /// The bytes that it must send in a second.
    pub speed: u64,
    /// The largest output that is taken from it or offered to it.
    pub size: u64,
    /// After so many failures it is not asked any more.
    pub failures: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            wait: Some(Duration::from_secs(5)),
            speed: 256 << 10,
            size: 2 << 30,
            failures: 3,
        }
    }
}

impl Limits {
    /// How long a request is waited for that moves so many bytes.
    fn patience(&self, size: u64) -> Option<Duration> {
        let bytes = Duration::from_secs(size / self.speed.max(1));
        self.wait.map(|wait| wait.saturating_add(bytes))
    }
}

/// So many items at most are stored with one request.
const BATCH: usize = 64;

/// All backings behind the disk.
pub(super) struct Behind {
    tiers: Vec<Arc<Tier>>,
}

impl Behind {
    pub(super) fn new(
        disk: &DiskCache,
        backings: Vec<(Arc<dyn Backing>, Limits)>,
        notice: &NoticeFn,
    ) -> Behind {
        let tiers = backings.into_iter().map(|(backing, limits)| {
            Arc::new(Tier {
                backing,
                limits,
                disk: disk.clone(),
                notice: Arc::clone(notice),
                failures: AtomicU32::new(0),
                told: AtomicBool::new(false),
                lacking: Mutex::default(),
                uploads: Mutex::default(),
            })
        });
        Behind {
            tiers: tiers.collect(),
        }
    }

    /// Brings what an action ID leads to onto the disk, from the first backing that has it.
    pub(super) fn bring(&self, id: &ActionId) -> Option<Entry> {
        self.tiers.iter().find_map(|tier| tier.bring(id))
    }

    /// Offers an entry that was just stored on the disk to the backings.
    pub(super) fn offer(&self, id: &ActionId, output: &OutputId, size: u64) {
        for tier in &self.tiers {
            tier.offer(id, output, size);
        }
    }

    /// Waits until all offered entries are stored, as long as the limits allow.
    pub(super) fn close(&self) {
        self.tiers.iter().for_each(|tier| tier.close());
    }
}

/// A backing and its state.
struct Tier {
    backing: Arc<dyn Backing>,
    limits: Limits,
    disk: DiskCache,
    notice: NoticeFn,
    failures: AtomicU32,
    /// The user knows that something is wrong.
    told: AtomicBool,
    /// Entries that it lacks or sent wrongly: each is asked for once in a process.
    lacking: Mutex<HashSet<ActionId>>,
    uploads: Mutex<Option<Uploads>>,
}

/// The thread that stores offered entries.
struct Uploads {
    queue: Sender<Offer>,
    /// Disconnected when all is stored.
    done: Receiver<()>,
}

struct Offer {
    id: ActionId,
    output: OutputId,
    size: u64,
    file: String,
}

impl Tier {
    fn is_given_up(&self) -> bool {
        self.failures.load(Ordering::Relaxed) >= self.limits.failures
    }

    /// Notes that something went wrong, and reports the first time.
    fn fail(&self, why: &str) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        if !self.told.swap(true, Ordering::Relaxed) {
            let name = self.backing.name();
            (self.notice)(Notice::Warning(format!(
                "forgo: {name}: {why}; entries that it cannot provide are built locally\n"
            )));
        }
    }

    /// Stops asking at once: an answer that did not come in time would be awaited again and again.
    fn give_up(&self, why: &str) {
        self.failures.store(self.limits.failures, Ordering::Relaxed);
        self.fail(why);
    }

    /// Calls the backing, and waits as long as such a request may take.
    fn call<T: Send + 'static>(
        &self,
        size: u64,
        work: impl FnOnce(&dyn Backing) -> T + Send + 'static,
    ) -> Option<T> {
        let Some(patience) = self.limits.patience(size) else {
            return Some(work(&*self.backing));
        };
        let (sender, answer) = channel();
        let backing = Arc::clone(&self.backing);
        let thread = std::thread::Builder::new().spawn(move || {
            // The receiver may have given up.
            let _ = sender.send(work(&*backing));
        });
        if let Err(e) = thread {
            self.fail(&format!("no thread for a request: {e}"));
            return None;
        }
        match answer.recv_timeout(patience) {
            Ok(answer) => Some(answer),
            Err(RecvTimeoutError::Timeout) => {
                self.give_up(&format!("no answer in {} s", patience.as_secs_f64()));
                None
            }
            Err(RecvTimeoutError::Disconnected) => {
                self.give_up("it broke down");
                None
            }
        }
    }

    fn bring(&self, id: &ActionId) -> Option<Entry> {
        if self.is_given_up() || lock(&self.lacking).contains(id) {
            return None;
        }
        let entry = self.find(id).and_then(|found| self.fetch(id, found));
        if entry.is_none() {
            lock(&self.lacking).insert(*id);
        }
        entry
    }

    fn find(&self, id: &ActionId) -> Option<Found> {
        let ids = [*id];
        let answers = self.call(0, move |backing| backing.find(&ids))?;
        match first(answers) {
            Ok(found) if found.entry.size > self.limits.size => {
                let Entry { size, .. } = found.entry;
                self.fail(&format!("an entry of {size} bytes is too large"));
                None
            }
            Ok(found) => Some(found),
            Err(Error::Miss(_)) => None,
            Err(e) => {
                self.fail(&e.to_string());
                None
            }
        }
    }

    /// Receives the bytes. A disk that can't take them is not the backing's failure.
    fn fetch(&self, id: &ActionId, found: Found) -> Option<Entry> {
        let entry = found.entry;
        let mut incoming = self.disk.receive(&entry.output, entry.size).ok()?;
        let received = self.call(entry.size, move |backing| {
            match backing.fetch(&found, &mut incoming) {
                Ok(()) => incoming.finish(),
                // The refusal ended the transfer.
                Err(e) => Err(incoming
                    .refusal()
                    .unwrap_or_else(|| Refusal::Wrong(e.to_string()))),
            }
        })?;
        match received {
            Ok(()) => self.disk.admit(id, &entry).ok(),
            Err(Refusal::Local(_)) => None,
            Err(Refusal::Wrong(why)) => {
                self.fail(&format!("{why} for entry {id}"));
                None
            }
        }
    }

    fn offer(self: &Arc<Tier>, id: &ActionId, output: &OutputId, size: u64) {
        if !self.backing.accepts() || size > self.limits.size || self.is_given_up() {
            return;
        }
        let mut uploads = lock(&self.uploads);
        if uploads.is_none() {
            *uploads = self.start_uploads();
        }
        if let Some(uploads) = &*uploads {
            // Fails once the thread has given up.
            let _ = uploads.queue.send(Offer {
                id: *id,
                output: *output,
                size,
                file: self.disk.output_file(output),
            });
        }
    }

    fn start_uploads(self: &Arc<Tier>) -> Option<Uploads> {
        let (queue, offers) = channel();
        let (ended, done) = channel();
        let tier = Arc::clone(self);
        let thread = std::thread::Builder::new().spawn(move || {
            tier.upload(&offers);
            drop::<Sender<()>>(ended);
        });
        match thread {
            Ok(_) => Some(Uploads { queue, done }),
            Err(e) => {
                self.give_up(&format!("no thread to store with: {e}"));
                None
            }
        }
    }

    /// Stores offered entries, several at a time.
    fn upload(&self, offers: &Receiver<Offer>) {
        while let Ok(offer) = offers.recv() {
            let mut batch = vec![offer];
            batch.extend(offers.try_iter().take(BATCH - 1));
            let size = batch.iter().map(|offer| offer.size).sum();
            let count = batch.len();
            let stored = self.call(size, move |backing| {
                let items: Vec<Item<'_>> = batch.iter().map(Offer::item).collect();
                backing.store(&items)
            });
            let Some(answers) = stored else {
                return;
            };
            if answers.len() < count {
                self.fail("there was no answer");
            }
            for e in answers.into_iter().filter_map(Result::err) {
                self.fail(&e.to_string());
            }
            if self.is_given_up() {
                return;
            }
        }
    }

    fn close(&self) {
        if let Some(Uploads { queue, done }) = lock(&self.uploads).take() {
            drop(queue);
            match self.limits.wait {
                Some(wait) => {
                    if let Err(RecvTimeoutError::Timeout) = done.recv_timeout(wait) {
                        self.give_up("not everything could be stored in time");
                    }
                }
                // Disconnected at the end.
                None => drop(done.recv()),
            }
        }
        // One that did not answer ends with the process.
        if self.is_given_up() {
            return;
        }
        if let Some(Err(e)) = self.call(0, |backing| backing.close()) {
            self.fail(&e.to_string());
        }
    }
}

impl Offer {
    fn item(&self) -> Item<'_> {
        Item {
            id: self.id,
            output: self.output,
            size: self.size,
            content: Content::File(&self.file),
        }
    }
}
