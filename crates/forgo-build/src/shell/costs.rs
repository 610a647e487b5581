//! What actions cost when they were last done: time, and memory at its peak. Kept in a small file
//! that only forgo reads, for all users of the cache. Nothing depends on it but the order in which
//! things are done, and how many big ones at once: a record that is lost, damaged or out of date
//! costs time, no more.
//!
//! Nothing of the kind is in cmd/go.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, UNIX_EPOCH};

use forgo_cache::disk::{KeptFile, KeyText};
use forgo_load::clock::{self, For};
use forgo_load::config::Config;
use forgo_load::kept;

use crate::shell::children::Ended;

const MAGIC: &[u8; 8] = b"forgoC2\n";

/// How many are kept.
const MOST: usize = 1 << 16;

/// Bytes of a record: key, milliseconds, KiB, day of the last use; sorted by the key.
const SIZE: usize = 20;

/// What one action costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Time in milliseconds: that of its tools, or their CPU time where that is less.
    pub millis: u32,
    /// The most memory that one of its tools used, in KiB.
    pub peak: u32,
    /// When it was recorded, in days.
    day: u32,
}

/// Costs by action. The key is the same in all builds: the kind of work, the package, and the
/// target.
#[derive(Debug)]
pub struct Costs {
    /// Where they are kept; `None` where they are not.
    file: Option<KeptFile>,
    target: u64,
    known: OnceLock<Vec<u8>>,
    new: Mutex<HashMap<u64, Cost>>,
}

impl Costs {
    /// Those of the cache in use.
    pub fn new(config: &Config) -> Costs {
        let cache = kept::local_cache(config).filter(|_| !config.flags.n);
        let mut key = KeyText::default();
        key.add(b"costs of actions");
        let target = [
            &config.target.goos,
            &config.target.goarch,
            &config.context.install_suffix,
        ];
        Costs {
            file: cache.map(|cache| cache.kept_file(key.sum(), MAGIC)),
            target: target.iter().fold(START, |hash, word| mix(hash, word)),
            known: OnceLock::new(),
            new: Mutex::default(),
        }
    }

    /// The key of an action: its mode, and the package as messages name it.
    pub fn key(&self, mode: &str, package: &str) -> u64 {
        mix(mix(self.target, mode), package)
    }

    /// What an action did cost.
    pub fn of(&self, key: u64) -> Option<Cost> {
        let read = || {
            self.file
                .as_ref()
                .map(KeptFile::read_or_empty)
                .unwrap_or_default()
        };
        find(self.known.get_or_init(read), key)
    }

    /// A tool of an action is over.
    pub fn record(&self, key: u64, ended: &Ended, took: Duration) {
        if self.file.is_none() || ended.status.is_err() {
            return;
        }
        let millis = took.min(ended.usage.user + ended.usage.sys).as_millis();
        let mut new = self.new.lock().unwrap_or_else(|e| e.into_inner());
        let cost = new.entry(key).or_default();
        cost.millis = cost
            .millis
            .saturating_add(u32::try_from(millis).unwrap_or(u32::MAX));
        cost.peak = cost
            .peak
            .max(u32::try_from(ended.usage.peak / 1024).unwrap_or(u32::MAX));
    }

    /// Keeps the recorded costs, with those that other processes have kept meanwhile.
    pub fn save(&self) {
        let mut new = std::mem::take(&mut *self.new.lock().unwrap_or_else(|e| e.into_inner()));
        let Some(file) = self.file.as_ref().filter(|_| !new.is_empty()) else {
            return;
        };
        let now = clock::now(For::Schedule)
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let today = u32::try_from(now.as_secs() / (24 * 60 * 60)).unwrap_or_default();
        new.values_mut().for_each(|cost| cost.day = today);
        file.store(&merged(&file.read_or_empty(), &new));
    }
}

#[cfg(test)]
impl Costs {
    /// As if actions had cost so many milliseconds.
    pub fn know(&self, millis: &[(u64, u32)]) {
        let cost = |&(key, millis): &(u64, u32)| {
            let cost = Cost {
                millis,
                ..Cost::default()
            };
            (key, cost)
        };
        let records = millis.iter().map(cost).collect();
        self.known.set(merged(&[], &records)).unwrap();
    }
}

const START: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a, of a word and its end.
fn mix(hash: u64, word: &str) -> u64 {
    let bytes = word.bytes().chain([0xff]);
    bytes.fold(hash, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

fn key_of(record: &[u8]) -> u64 {
    u64::from_le_bytes(record[..8].try_into().unwrap_or_default())
}

fn cost_of(record: &[u8]) -> Cost {
    let number = |at: usize| u32::from_le_bytes(record[at..at + 4].try_into().unwrap_or_default());
    Cost {
        millis: number(8),
        peak: number(12),
        day: number(16),
    }
}

fn find(records: &[u8], key: u64) -> Option<Cost> {
    let (records, _) = records.as_chunks::<SIZE>();
    let at = records
        .binary_search_by_key(&key, |record| key_of(record))
        .ok()?;
    Some(cost_of(&records[at]))
}

/// All records, sorted; where there are too many, those that were made long ago are left out.
fn merged(old: &[u8], new: &HashMap<u64, Cost>) -> Vec<u8> {
    let mut all: Vec<(u64, Cost)> = new.iter().map(|(key, cost)| (*key, *cost)).collect();
    let old = old.as_chunks::<SIZE>().0.iter();
    all.extend(
        old.map(|record| (key_of(record), cost_of(record)))
            .filter(|(key, _)| !new.contains_key(key)),
    );
    if all.len() > MOST {
        all.sort_unstable_by_key(|(_, cost)| std::cmp::Reverse(cost.day));
        all.truncate(MOST);
    }
    all.sort_unstable_by_key(|(key, _)| *key);
    let mut bytes = Vec::with_capacity(all.len() * SIZE);
    for (key, cost) in all {
        bytes.extend_from_slice(&key.to_le_bytes());
        for number in [cost.millis, cost.peak, cost.day] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(millis: u32, day: u32) -> Cost {
        Cost {
            millis,
            peak: 7,
            day,
        }
    }

    #[test]
    fn records_are_found_again_and_new_ones_count() {
        let old = merged(
            &[],
            &HashMap::from([(1, cost(10, 1)), (9, cost(90, 1)), (5, cost(50, 1))]),
        );
        assert_eq!(find(&old, 5), Some(cost(50, 1)));
        assert_eq!(find(&old, 2), None);
        let both = merged(&old, &HashMap::from([(5, cost(51, 2)), (2, cost(20, 2))]));
        let all: Vec<_> = [1, 2, 5, 9].iter().map(|key| find(&both, *key)).collect();
        let millis: Vec<_> = all.into_iter().map(|cost| cost.map(|c| c.millis)).collect();
        assert_eq!(millis, [Some(10), Some(20), Some(51), Some(90)]);
        // Cut off in the middle of a record.
        assert_eq!(find(&both[..SIZE + 3], 1), Some(cost(10, 1)));
        assert_eq!(find(&both[..SIZE + 3], 9), None);
    }

    #[test]
    fn what_is_old_makes_room() {
        let many = (0..MOST as u64).map(|key| (key, cost(1, 5))).collect();
        let old = merged(&[], &many);
        let more = merged(&old, &HashMap::from([(u64::MAX, cost(2, 6))]));
        assert_eq!(more.len(), MOST * SIZE);
        assert_eq!(find(&more, u64::MAX), Some(cost(2, 6)));
    }

    #[test]
    fn words_do_not_run_into_each_other() {
        let costs = Costs::new(&Config::default());
        assert_ne!(costs.key("ab", "c"), costs.key("a", "bc"));
    }
}
