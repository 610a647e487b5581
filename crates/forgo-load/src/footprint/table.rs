//! Inputs as bytes, and the check that all are unchanged.
//!
//! Nothing is parsed: the table is used as it lies in memory. Names are grouped by directory, so
//! that a directory is walked to once and its files are stat'ed by their bare names, on all
//! processors.
//!
//! ```text
//! directories, entries, bytes of names      u32 each
//! a directory: name, first entry, number    u32 each
//! an entry: how, name                       u32 each, then a stat or an error number
//! names, each ended by 0
//! ```

use std::ffi::CStr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use forgo_golang::raw;
use rustix::fs::{CWD, Mode, OFlags};

use super::stat::{SIZE as STAT_SIZE, Stat};
use super::{Input, Look, Seen};
use crate::threads;

const HEAD: usize = 12;
const DIR_SIZE: usize = 12;
const ENTRY_SIZE: usize = 8 + STAT_SIZE;

/// Kinds of entries.
const FAILED: u32 = 0;
const IS_DIR: u32 = 1;
const SAME: u32 = 2;

/// A directory with fewer entries than this is not worth opening.
const WORTH_OPENING: usize = 3;
/// As many entries as are checked before the next thread is worth starting.
const PER_THREAD: usize = 1500;
/// Directories that a thread takes at a time.
const CHUNK: usize = 16;

/// Inputs in their compact form.
#[derive(Debug, Clone, Copy)]
pub struct Table<'b> {
    dirs: &'b [u8],
    entries: &'b [u8],
    names: &'b [u8],
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    bytes.try_into().ok().map(u32::from_le_bytes)
}

/// Directory and name of a path.
fn split(path: &str) -> (&str, &str) {
    match path.rsplit_once('/') {
        Some(("", "")) | None => ("/", "."),
        Some(("", name)) => ("/", name),
        Some((dir, name)) => (dir, name),
    }
}

impl<'b> Table<'b> {
    /// Appends the compact form of inputs. `None` for paths that no system call takes, or too many.
    pub fn write(inputs: &[Input], to: &mut Vec<u8>) -> Option<()> {
        let mut sorted: Vec<(&str, &str, &Seen)> = inputs
            .iter()
            .map(|input| {
                let (dir, name) = split(&input.path);
                (dir, name, &input.seen)
            })
            .collect();
        sorted.sort_unstable_by_key(|(dir, name, _)| (*dir, *name));
        let (mut dirs, mut entries, mut names) = (Vec::new(), Vec::new(), Vec::new());
        let mut add_name = |name: &str| {
            let at = u32::try_from(names.len()).ok()?;
            if name.as_bytes().contains(&0) {
                return None;
            }
            names.extend_from_slice(&raw::bytes(name));
            names.push(0);
            Some(at)
        };
        let mut count = 0u32;
        for group in sorted.chunk_by(|a, b| a.0 == b.0) {
            let number = u32::try_from(group.len()).ok()?;
            for value in [add_name(group[0].0)?, count, number] {
                dirs.extend_from_slice(&value.to_le_bytes());
            }
            for (_, name, seen) in group {
                let (how, stat) = entry(seen);
                entries.extend_from_slice(&how.to_le_bytes());
                entries.extend_from_slice(&add_name(name)?.to_le_bytes());
                entries.extend_from_slice(&stat);
            }
            count = count.checked_add(number)?;
        }
        let sizes = [dirs.len() / DIR_SIZE, count as usize, names.len()];
        for size in sizes {
            to.extend_from_slice(&u32::try_from(size).ok()?.to_le_bytes());
        }
        to.extend([dirs, entries, names].concat());
        Some(())
    }

    /// The table at the beginning of some bytes, and what follows it. `None` if they hold none.
    pub fn parse(bytes: &'b [u8]) -> Option<(Table<'b>, &'b [u8])> {
        let size = |at: usize| word(bytes, at).map(|n| n as usize);
        let (dirs, entries, names) = (size(0)?, size(4)?, size(8)?);
        let rest = bytes.get(HEAD..)?;
        let (dirs, rest) = rest.split_at_checked(dirs.checked_mul(DIR_SIZE)?)?;
        let (entries, rest) = rest.split_at_checked(entries.checked_mul(ENTRY_SIZE)?)?;
        let (names, rest) = rest.split_at_checked(names)?;
        let table = Table {
            dirs,
            entries,
            names,
        };
        Some((table, rest))
    }

    /// How many inputs there are.
    pub fn len(&self) -> usize {
        self.entries.len() / ENTRY_SIZE
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The inputs, grouped by directory. Of a directory whose entries do not matter, the stat holds
    /// only its mode and owner. Ends at the first that makes no sense.
    pub fn inputs(&self) -> impl Iterator<Item = Input> + use<'b> {
        let table = *self;
        let dirs = 0..self.dirs.len() / DIR_SIZE;
        let of_dir = move |dir: usize| -> Option<Vec<Input>> {
            let (dir, entries) = table.group(dir)?;
            entries.map(|entry| table.input(dir, entry)).collect()
        };
        dirs.map_while(of_dir).flatten()
    }

    fn input(&self, dir: &CStr, entry: &[u8]) -> Option<Input> {
        let (how, stored) = (word(entry, 0)?, entry.get(8..)?);
        let name = raw::text(self.name(word(entry, 4)?)?.to_bytes());
        let path = match (raw::text(dir.to_bytes()).as_str(), name.as_str()) {
            ("/", ".") => "/".to_owned(),
            ("/", name) => format!("/{name}"),
            (dir, name) => format!("{dir}/{name}"),
        };
        let seen = match how {
            FAILED => Seen::Failed(word(stored, 0)?.cast_signed()),
            IS_DIR => Seen::Present(Stat::from_bytes(stored)?, Look::Kind),
            SAME => Seen::Present(Stat::from_bytes(stored)?, Look::Whole),
            _ => return None,
        };
        Some(Input { path, seen })
    }

    /// A directory's path and its entries. `None` if the table makes no sense.
    fn group(&self, index: usize) -> Option<(&'b CStr, std::slice::ChunksExact<'b, u8>)> {
        let at = index * DIR_SIZE;
        let field = |n: usize| word(self.dirs, at + 4 * n);
        let (dir, first, count) = (self.name(field(0)?)?, field(1)?, field(2)?);
        let start = (first as usize).checked_mul(ENTRY_SIZE)?;
        let end = (first as usize)
            .checked_add(count as usize)?
            .checked_mul(ENTRY_SIZE)?;
        let entries = self.entries.get(start..end)?.chunks_exact(ENTRY_SIZE);
        Some((dir, entries))
    }

    fn name(&self, at: u32) -> Option<&'b CStr> {
        CStr::from_bytes_until_nul(self.names.get(at as usize..)?).ok()
    }

    /// Reports whether every input is unchanged. A table that makes no sense does not hold.
    pub fn holds(&self) -> bool {
        let dirs = self.dirs.len() / DIR_SIZE;
        let threads = match self.len() / PER_THREAD {
            0 => 1,
            wanted => threads::processors().min(wanted + 1),
        };
        let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
        let work = || {
            let mut path = Vec::new();
            while !failed.load(Ordering::Relaxed) {
                let first = next.fetch_add(CHUNK, Ordering::Relaxed);
                if first >= dirs {
                    return;
                }
                for dir in first..dirs.min(first + CHUNK) {
                    if self.dir_holds(dir, &mut path) != Some(true) {
                        failed.store(true, Ordering::Relaxed);
                        return;
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            threads::helpers(scope, threads - 1, work);
            work();
        });
        !failed.into_inner()
    }

    /// `None` if the table makes no sense.
    fn dir_holds(&self, index: usize, path: &mut Vec<u8>) -> Option<bool> {
        let (dir, entries) = self.group(index)?;
        let opened = (entries.len() >= WORTH_OPENING)
            .then(|| {
                let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
                #[expect(clippy::disallowed_methods, reason = "inputs are compared here")]
                rustix::fs::open(dir, flags, Mode::empty()).ok()
            })
            .flatten();
        for entry in entries {
            let name = self.name(word(entry, 4)?)?;
            let now = match &opened {
                Some(opened) => Stat::at(opened, name),
                None => {
                    path.clear();
                    path.extend_from_slice(dir.to_bytes());
                    path.push(b'/');
                    path.extend_from_slice(name.to_bytes_with_nul());
                    Stat::at(CWD, CStr::from_bytes_with_nul(path).ok()?)
                }
            };
            let stored = &entry[8..];
            let same = match (word(entry, 0)?, now) {
                (FAILED, Err(errno)) => stored[..4] == errno.to_le_bytes(),
                (IS_DIR, Ok(stat)) => stored == stat.of_dir_itself().to_bytes(),
                (SAME, Ok(stat)) => stored == stat.to_bytes(),
                _ => false,
            };
            if !same {
                return Some(false);
            }
        }
        Some(true)
    }
}

fn entry(seen: &Seen) -> (u32, [u8; STAT_SIZE]) {
    match seen {
        Seen::Failed(errno) => {
            let mut bytes = [0; STAT_SIZE];
            bytes[..4].copy_from_slice(&errno.to_le_bytes());
            (FAILED, bytes)
        }
        Seen::Present(stat, look) if stat.is_dir() && *look < Look::Whole => {
            (IS_DIR, stat.of_dir_itself().to_bytes())
        }
        Seen::Present(stat, _) => (SAME, stat.to_bytes()),
    }
}
