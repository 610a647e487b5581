//! Slots: numbered places that the forgo processes of a machine share, each held by one at a time.
//!
//! A slot is a file `f1/slot-<machine>-<n>-d` that its holder has locked with flock(2), so it is
//! free again when the holder ends, however that ends. A process that wants one stands in line for
//! it: the line is a file of the same kind, and the process that has that one locked is the next to
//! take a slot. A holder may write down how much memory it is going to use, and which process uses
//! it.
//!
//! The files have names that no output has, and may be removed at any time: then a slot may be held
//! twice for once. The machine is part of the name, as a cache may be shared over a network.
//! Only forgo uses them; the stock command trims old ones, and removes all with `clean
//! -cache`.

#![expect(
    clippy::disallowed_methods,
    reason = "slots in GOCACHE: they decide when something is done"
)]

use std::fs::{File, TryLockError};
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use super::holder;

/// The directory, as the first byte of an ID would have it.
const DIR: &str = "f1";

/// The slots of a cache, as one process sees them.
#[derive(Debug)]
pub struct Slots {
    prefix: String,
    line: File,
    slots: Vec<Mutex<Place>>,
}

#[derive(Debug, Default)]
struct Place {
    /// Opened when it is first wanted, and kept open.
    file: Option<File>,
    /// This process holds it: the system would lock it once more for the same file.
    ours: bool,
    /// Something is written in it.
    noted: bool,
}

/// The place at the head of the line, until it is dropped.
#[derive(Debug)]
pub struct Head<'s>(&'s File);

impl Drop for Head<'_> {
    fn drop(&mut self) {
        // At the latest it is free when the process ends.
        let _ = self.0.unlock();
    }
}

/// What came of trying to take a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// This one is now held.
    Slot(usize),
    /// Others hold all of them.
    Full,
    /// Locks do not work here.
    Never,
}

/// What the holder of a slot has written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// The process that uses the memory.
    pub pid: u32,
    /// How much it is going to use at most, in bytes.
    pub memory: u64,
}

impl Slots {
    /// The first `count` slots of the cache in a directory. `None` where they can't be had: no such
    /// cache, or one that is not to be written to.
    pub(super) fn open(gocache: &str, count: usize) -> Option<Slots> {
        let prefix = format!("{gocache}/{DIR}/slot-{}", machine());
        let line = open(&format!("{prefix}-line-d"))?;
        let mut slots = Vec::new();
        slots.resize_with(count.max(1), Mutex::default);
        Some(Slots {
            prefix,
            line,
            slots,
        })
    }

    /// Goes to the head of the line, if no other process is there. One thread of a process at a
    /// time may try.
    pub fn try_head(&self) -> Option<Head<'_>> {
        match self.line.try_lock() {
            Err(TryLockError::WouldBlock) => None,
            // Without locks, everybody is.
            Ok(()) | Err(TryLockError::Error(_)) => {
                let now = SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .unwrap_or_default();
                let mark = format!("{:10} {:32}\n", std::process::id(), now.as_nanos());
                let _ = self.line.write_all_at(mark.as_bytes(), 0);
                Some(Head(&self.line))
            }
        }
    }

    /// Returns the text that the last process wrote that went to the head of the line: as long as
    /// it stays the same, no other process has been there.
    pub fn last_head(&self) -> Vec<u8> {
        let mut mark = vec![0; 64];
        let length = self.line.read_at(&mut mark, 0).unwrap_or_default();
        mark.truncate(length);
        mark
    }

    /// The processes that hold slots, once for each slot, as far as they can be seen.
    pub fn holders(&self) -> Vec<u32> {
        let slots = 0..self.slots.len();
        let holders = slots.flat_map(|n| {
            let place = self.place(n);
            place
                .file
                .as_ref()
                .map(holder::flock_holders)
                .unwrap_or_default()
        });
        holders.collect()
    }

    /// Reports whether the process at the head of the line is stopped, and keeps all others from
    /// slots.
    pub fn head_is_stopped(&self) -> bool {
        holder::is_stopped(&self.line)
    }

    /// Takes a slot. A process that has more slots than others first takes those that the others
    /// don't know.
    pub fn try_take(&self) -> Taken {
        for n in (0..self.slots.len()).rev() {
            let mut place = self.place(n);
            if place.ours {
                continue;
            }
            if place.file.is_none() {
                place.file = open(&self.path(n));
            }
            let Some(file) = &place.file else {
                return Taken::Never;
            };
            match file.try_lock() {
                Ok(()) => {
                    forget(file);
                    place.ours = true;
                    return Taken::Slot(n);
                }
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(_)) => return Taken::Never,
            }
        }
        Taken::Full
    }

    /// Writes down what the holder of a slot, which is this process, needs.
    pub fn note(&self, slot: usize, need: Need) {
        let mut place = self.place(slot);
        place.noted = true;
        if let Some(file) = &place.file {
            // Of one length, so that nothing is left of an older note.
            let text = format!("{:10} {:20}\n", need.pid, need.memory);
            let _ = file.write_all_at(text.as_bytes(), 0);
        }
    }

    /// Returns the notes of the slots' holders. The caller is at the head of the line: it locks
    /// each slot that has no holder for a moment, to find out.
    pub fn needs(&self) -> Vec<Need> {
        let numbers = 0..self.slots.len();
        numbers.filter_map(|n| self.need(n)).collect()
    }

    fn need(&self, slot: usize) -> Option<Need> {
        let mut place = self.place(slot);
        if place.file.is_none() {
            place.file = open(&self.path(slot));
        }
        let file = place.file.as_ref()?;
        if !place.ours && !matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            let _ = file.unlock();
            return None;
        }
        let mut text = [0; 64];
        let length = file.read_at(&mut text, 0).ok()?;
        let text = std::str::from_utf8(&text[..length]).ok()?;
        let mut words = text.split_whitespace();
        Some(Need {
            pid: words.next()?.parse().ok()?,
            memory: words.next()?.parse().ok()?,
        })
    }

    /// Gives a slot back.
    pub fn give_back(&self, slot: usize) {
        let mut place = self.place(slot);
        place.ours = false;
        let noted = std::mem::take(&mut place.noted);
        if let Some(file) = &place.file {
            if noted {
                let _ = file.set_len(0);
            }
            let _ = file.unlock();
        }
    }

    fn path(&self, slot: usize) -> String {
        format!("{}-{slot}-d", self.prefix)
    }

    fn place(&self, slot: usize) -> MutexGuard<'_, Place> {
        self.slots[slot].lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// Of a holder that was killed a note is left; the number of its process may be another's by now.
fn forget(slot: &File) {
    if slot.metadata().is_ok_and(|found| found.len() > 0) {
        let _ = slot.set_len(0);
    }
}

fn open(path: &str) -> Option<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    options.open(path).ok()
}

/// Returns the machine, since it was started; empty where it can't be determined.
fn machine() -> String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.chars().filter(char::is_ascii_hexdigit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache() -> (tempfile::TempDir, String) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join(DIR)).unwrap();
        let name = dir.path().to_str().unwrap().to_owned();
        (dir, name)
    }

    #[test]
    fn no_slot_is_held_twice() {
        let (_dir, cache) = cache();
        let (one, other) = (
            Slots::open(&cache, 2).unwrap(),
            Slots::open(&cache, 2).unwrap(),
        );
        let Taken::Slot(first) = one.try_take() else {
            panic!("all are free");
        };
        assert!(matches!(other.try_take(), Taken::Slot(n) if n != first));
        assert_eq!(one.try_take(), Taken::Full);
        assert_eq!(other.try_take(), Taken::Full);
        one.give_back(first);
        assert_eq!(other.try_take(), Taken::Slot(first));
        // What a process had is free when it is gone.
        drop(other);
        assert_eq!(one.try_take(), Taken::Slot(1));
        assert_eq!(one.try_take(), Taken::Slot(0));
        assert_eq!(one.try_take(), Taken::Full);
    }

    #[test]
    fn who_has_more_slots_leaves_the_common_ones_to_others() {
        let (_dir, cache) = cache();
        let (many, few) = (
            Slots::open(&cache, 4).unwrap(),
            Slots::open(&cache, 2).unwrap(),
        );
        assert_eq!(many.try_take(), Taken::Slot(3));
        assert_eq!(many.try_take(), Taken::Slot(2));
        assert_eq!(few.try_take(), Taken::Slot(1));
        assert_eq!(few.try_take(), Taken::Slot(0));
        assert_eq!(many.try_take(), Taken::Full);
    }

    #[test]
    fn one_is_at_the_head_of_the_line() {
        let (_dir, cache) = cache();
        let (one, other) = (
            Slots::open(&cache, 1).unwrap(),
            Slots::open(&cache, 1).unwrap(),
        );
        let head = one.try_head().unwrap();
        assert!(other.try_head().is_none());
        drop(head);
        assert!(other.try_head().is_some());
    }

    #[test]
    fn needs_are_written_down_until_the_slot_is_given_back() {
        let (_dir, cache) = cache();
        let (one, other) = (
            Slots::open(&cache, 2).unwrap(),
            Slots::open(&cache, 2).unwrap(),
        );
        let Taken::Slot(slot) = one.try_take() else {
            panic!("all are free");
        };
        assert_eq!(other.needs(), []);
        let need = |pid, memory| Need { pid, memory };
        one.note(slot, need(1_000_000, 1 << 40));
        one.note(slot, need(7, 8));
        assert_eq!(other.needs(), [need(7, 8)]);
        one.give_back(slot);
        assert_eq!(other.needs(), []);
        // Killed: nothing is given back, but the lock is gone.
        let Taken::Slot(slot) = one.try_take() else {
            panic!("all are free");
        };
        one.note(slot, need(1, 9));
        assert_eq!(other.needs(), [need(1, 9)]);
        drop(one);
        assert_eq!(other.needs(), []);
        for _ in 0..2 {
            assert!(matches!(other.try_take(), Taken::Slot(_)));
        }
        assert_eq!(other.needs(), []);
    }

    #[test]
    fn without_a_cache_there_are_none() {
        assert!(Slots::open("/no/such/cache", 2).is_none());
    }
}
