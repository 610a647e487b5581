//! Records of files as bytes, sorted by path, searched as they lie in memory.
//!
//! ```text
//! records, bytes of names, bytes of heads                       u32 each
//! a record: name and its length, head and its length, flags     u32 each, then stat and hash
//! names
//! heads
//! ```

use std::collections::HashMap;

use crate::footprint::{STAT_SIZE, Stat};

const HEAD: usize = 12;
const NUMBERS: usize = 20;
const HASH: usize = 32;
const RECORD: usize = NUMBERS + STAT_SIZE + HASH;

const HAS_HASH: u32 = 1;
const HAS_HEAD: u32 = 2;
const NO_LINES: u32 = 4;

/// The record of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its stat from before it was read.
    pub stat: Stat,
    /// SHA-256 of its content.
    pub hash: Option<[u8; 32]>,
    /// Its head, encoded.
    pub head: Option<Vec<u8>>,
    /// It is known to have no line directive.
    pub no_lines: bool,
}

impl Record {
    /// Nothing but the stat.
    pub fn of(stat: Stat) -> Record {
        Record {
            stat,
            hash: None,
            head: None,
            no_lines: false,
        }
    }
}

/// Records as they lie in memory.
#[derive(Debug, Clone, Copy)]
pub struct Table<'b> {
    records: &'b [u8],
    names: &'b [u8],
    heads: &'b [u8],
}

/// A record as it lies in memory.
struct Raw<'b> {
    name: &'b [u8],
    head: &'b [u8],
    flags: u32,
    /// Stat and hash.
    rest: &'b [u8],
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?;
    bytes.try_into().ok().map(u32::from_le_bytes)
}

fn slice(bytes: &[u8], at: u32, length: u32) -> Option<&[u8]> {
    let at = at as usize;
    bytes.get(at..at.checked_add(length as usize)?)
}

impl<'b> Table<'b> {
    /// The table that these bytes are.
    pub fn parse(bytes: &'b [u8]) -> Option<Table<'b>> {
        let size = |at: usize| word(bytes, at).map(|n| n as usize);
        let (records, names, heads) = (size(0)?, size(4)?, size(8)?);
        let rest = bytes.get(HEAD..)?;
        let (records, rest) = rest.split_at_checked(records.checked_mul(RECORD)?)?;
        let (names, rest) = rest.split_at_checked(names)?;
        (rest.len() == heads).then_some(Table {
            records,
            names,
            heads: rest,
        })
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.records.len() / RECORD
    }

    fn raw(&self, index: usize) -> Option<Raw<'b>> {
        let record = self.records.get(index * RECORD..(index + 1) * RECORD)?;
        let number = |n: usize| word(record, 4 * n);
        Some(Raw {
            name: slice(self.names, number(0)?, number(1)?)?,
            head: slice(self.heads, number(2)?, number(3)?)?,
            flags: number(4)?,
            rest: &record[NUMBERS..],
        })
    }

    /// The record of a file.
    pub fn find(&self, file: &str) -> Option<Record> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            let raw = self.raw(middle)?;
            match raw.name.cmp(file.as_bytes()) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return raw.record(),
            }
        }
        None
    }
}

impl Raw<'_> {
    fn record(&self) -> Option<Record> {
        let (stat, hash) = self.rest.split_at_checked(STAT_SIZE)?;
        let hash: [u8; HASH] = hash.try_into().ok()?;
        Some(Record {
            stat: Stat::from_bytes(stat)?,
            hash: (self.flags & HAS_HASH != 0).then_some(hash),
            head: (self.flags & HAS_HEAD != 0).then(|| self.head.to_vec()),
            no_lines: self.flags & NO_LINES != 0,
        })
    }
}

/// A table of old records and new ones, which take the place of old ones. `None` if there are too
/// many.
pub fn merge(old: Option<Table<'_>>, new: &HashMap<String, Record>) -> Option<Vec<u8>> {
    let mut all: Vec<(&[u8], Source<'_>)> = Vec::new();
    let old_count = old.map_or(0, |t| t.len());
    for raw in old
        .iter()
        .flat_map(|t| (0..old_count).filter_map(|i| t.raw(i)))
    {
        let replaced = std::str::from_utf8(raw.name).is_ok_and(|name| new.contains_key(name));
        if !replaced {
            all.push((raw.name, Source::Old(raw)));
        }
    }
    all.extend(
        new.iter()
            .map(|(name, r)| (name.as_bytes(), Source::New(r))),
    );
    all.sort_unstable_by(|a, b| a.0.cmp(b.0));
    let (mut records, mut names, mut heads) = (Vec::new(), Vec::new(), Vec::new());
    for (name, source) in &all {
        let (head, flags) = match source {
            Source::Old(raw) => (raw.head, raw.flags),
            Source::New(record) => (record.head.as_deref().unwrap_or_default(), record.flags()),
        };
        for number in [names.len(), name.len(), heads.len(), head.len()] {
            records.extend_from_slice(&u32::try_from(number).ok()?.to_le_bytes());
        }
        records.extend_from_slice(&flags.to_le_bytes());
        match source {
            Source::Old(raw) => records.extend_from_slice(raw.rest),
            Source::New(record) => {
                records.extend_from_slice(&record.stat.to_bytes());
                records.extend_from_slice(&record.hash.unwrap_or_default());
            }
        }
        names.extend_from_slice(name);
        heads.extend_from_slice(head);
    }
    let mut bytes = Vec::with_capacity(HEAD + records.len() + names.len() + heads.len());
    for size in [all.len(), names.len(), heads.len()] {
        bytes.extend_from_slice(&u32::try_from(size).ok()?.to_le_bytes());
    }
    bytes.extend([records, names, heads].concat());
    Some(bytes)
}

enum Source<'r> {
    Old(Raw<'r>),
    New(&'r Record),
}

impl Record {
    fn flags(&self) -> u32 {
        let flag = |set: bool, flag: u32| if set { flag } else { 0 };
        flag(self.hash.is_some(), HAS_HASH)
            | flag(self.head.is_some(), HAS_HEAD)
            | flag(self.no_lines, NO_LINES)
    }
}
