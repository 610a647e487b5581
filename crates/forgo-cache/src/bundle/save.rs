//! Writes a bundle of the entries that the commands of a job used.
//!
//! Only used entries are written, so bundles that are made one after the other do not grow. Other
//! keys of the same outputs are passed on from the bundle that the job used, a few times: a key by
//! export data, for one, is not looked up as long as the stock key is found.

#![expect(
    clippy::disallowed_methods,
    reason = "`forgo cache save`, whose answer is never kept"
)]

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::File;
use std::io::Write;
use std::sync::Mutex;
use std::time::SystemTime;

use super::format::{Frame, Key, MAGIC, Output, end};
use super::{Bundle, SHARED_FRAME};
use crate::disk::{DiskCache, digest};
use crate::error::{Error, Result, path_error};
use crate::hash::{ActionId, OutputId};
use crate::{Content, Entry};

/// Outputs of less than so many bytes share frames.
const SMALL: u64 = 64 << 10;

/// Bytes that are compressed at a time, by all threads together.
const BATCH: u64 = 64 << 20;

/// The level of compression: beyond it, a tenth of the size costs several times as long.
const LEVEL: i32 = 7;

/// How many bundles pass a key on that was not used.
const OLDEST: u32 = 5;

/// Statistics of a saved bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Saved {
    /// Keys that were used.
    pub keys: usize,
    /// Different outputs.
    pub outputs: usize,
    /// Bytes of these.
    pub bytes: u64,
    /// Bytes of the bundle.
    pub size: u64,
    /// Entries that were used and left out: they are not on the disk any more, or executables of
    /// `run` and `tool`.
    pub gone: usize,
    /// The file holds all of this already; it was not written again.
    pub unchanged: bool,
}

/// Writes the used entries to `file`, at once: another process sees the old file or the new one.
/// `old` is the bundle that the job used.
pub fn save(
    disk: &DiskCache,
    used: &HashSet<ActionId>,
    old: Option<&Bundle>,
    file: &str,
) -> Result<Saved> {
    let mut found = gather(disk, used);
    found.gone = used.len() - found.keys.len();
    let keys = found.keys.len();
    if let Some(old) = old {
        found.pass_on(old);
    }
    let mut saved = Saved {
        keys,
        outputs: found.outputs.len(),
        bytes: found.outputs.values().map(|source| source.size).sum(),
        gone: found.gone,
        ..Saved::default()
    };
    if let Some(size) = old.and_then(|old| found.is_held_by(old, file)) {
        return Ok(Saved {
            size,
            unchanged: true,
            ..saved
        });
    }
    let fault = |e: &std::io::Error| Error::Fault(path_error("write", file, e));
    let temporary = format!("{file}.{}.tmp", std::process::id());
    let written = write(&mut found, &temporary).and_then(|size| {
        std::fs::rename(&temporary, file).map_err(|e| fault(&e))?;
        Ok(size)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    saved.size = written?;
    Ok(saved)
}

/// What goes into a bundle.
struct Contents {
    keys: BTreeMap<ActionId, Key>,
    outputs: BTreeMap<OutputId, Source>,
    gone: usize,
}

/// The file that holds an output.
struct Source {
    path: String,
    size: u64,
}

/// Looks up the used entries. Executables of the stock command's kind are left out, because their
/// keys do not cover the system's linker.
fn gather(disk: &DiskCache, used: &HashSet<ActionId>) -> Contents {
    let mut contents = Contents {
        keys: BTreeMap::new(),
        outputs: BTreeMap::new(),
        gone: 0,
    };
    for id in used {
        let Some((entry, path)) = entry_of(disk, id).or_else(|| executable_of(disk, id)) else {
            continue;
        };
        let Entry { output, size, time } = entry;
        contents.outputs.insert(output, Source { path, size });
        let key = Key {
            id: *id,
            output,
            time,
            age: 0,
        };
        contents.keys.insert(*id, key);
    }
    contents
}

/// An entry and the file of its output.
fn entry_of(disk: &DiskCache, id: &ActionId) -> Option<(Entry, String)> {
    let entry = disk.get(id).ok()?;
    let (path, size) = disk.stat_output(&entry.output);
    let whole = disk.output_of(&path) == Some(entry.output) && size.ok() == Some(entry.size);
    whole.then_some((entry, path))
}

/// A kept executable, as an entry of its key.
fn executable_of(disk: &DiskCache, id: &ActionId) -> Option<(Entry, String)> {
    let path = disk.kept(id)?;
    let (output, size) = digest(Content::File(&path)).ok()?;
    let time = SystemTime::now();
    Some((Entry { output, size, time }, path))
}

impl Contents {
    /// Adds keys of the old bundle that lead to outputs that are used.
    fn pass_on(&mut self, old: &Bundle) {
        // Of a damaged one nothing is passed on.
        let Ok(index) = old.index() else {
            return;
        };
        for key in index.keys() {
            let age = key.age.saturating_add(1);
            if age <= OLDEST && self.outputs.contains_key(&key.output) {
                let older = Key { age, ..key };
                self.keys.entry(key.id).or_insert(older);
            }
        }
    }

    /// Returns the size of the file that a job used, if it holds all of this and is the one that is
    /// to be written.
    fn is_held_by(&self, old: &Bundle, file: &str) -> Option<u64> {
        let index = old.index().ok()?;
        let kept: BTreeSet<_> = index.keys().map(|key| (key.id, key.output)).collect();
        let wanted: BTreeSet<_> = self.keys.values().map(|key| (key.id, key.output)).collect();
        let size = old.file.metadata().ok()?.len();
        (old.path == file && kept == wanted).then_some(size)
    }
}

/// Outputs that make one frame.
type Group<'s> = Vec<(OutputId, &'s Source)>;

/// Writes the whole file; returns its size. Outputs that turn out to be damaged are left out, with
/// their keys.
fn write(contents: &mut Contents, path: &str) -> Result<u64> {
    let fault = |e: std::io::Error| Error::Fault(path_error("write", path, &e));
    let mut file = File::create(path).map_err(fault)?;
    file.write_all(MAGIC).map_err(fault)?;
    let mut offset = MAGIC.len() as u64;
    let (mut frames, mut outputs) = (Vec::new(), Vec::new());
    for batch in batches(groups(&contents.outputs)) {
        for frame in compress_all(&batch)? {
            let number = frames.len() as u64;
            outputs.extend(frame.outputs.into_iter().map(|output| Output {
                frame: number,
                ..output
            }));
            file.write_all(&frame.bytes).map_err(fault)?;
            let length = frame.bytes.len() as u64;
            frames.push(Frame {
                offset,
                length,
                size: frame.size,
            });
            offset += length;
        }
    }
    outputs.sort_unstable();
    let there = |key: &Key| outputs.binary_search_by(|o| o.id.cmp(&key.output)).is_ok();
    contents.keys.retain(|_, key| there(key));
    let keys: Vec<Key> = contents.keys.values().copied().collect();
    let end = end(offset, &frames, &outputs, &keys);
    file.write_all(&end).map_err(fault)?;
    // What a full disk could not take shows at the latest now.
    file.sync_all().map_err(fault)?;
    Ok(offset + end.len() as u64)
}

/// Small outputs several at a time, large ones each for itself.
fn groups(outputs: &BTreeMap<OutputId, Source>) -> Vec<Group<'_>> {
    let mut groups = Vec::new();
    let (mut group, mut total) = (Group::new(), 0);
    for (&id, source) in outputs {
        let size = source.size;
        if size >= SMALL {
            groups.push(vec![(id, source)]);
            continue;
        }
        if total + size > SHARED_FRAME {
            groups.push(std::mem::take(&mut group));
            total = 0;
        }
        group.push((id, source));
        total += size;
    }
    if !group.is_empty() {
        groups.push(group);
    }
    groups
}

/// Groups in batches of a size that fits into memory.
fn batches(groups: Vec<Group<'_>>) -> Vec<Vec<Group<'_>>> {
    let (mut batches, mut total) = (Vec::<Vec<Group<'_>>>::new(), BATCH);
    for group in groups {
        if total >= BATCH {
            batches.push(Vec::new());
            total = 0;
        }
        total += group.iter().map(|(_, source)| source.size).sum::<u64>();
        if let Some(batch) = batches.last_mut() {
            batch.push(group);
        }
    }
    batches
}

/// A frame that is to be written.
struct Made {
    bytes: Vec<u8>,
    size: u64,
    outputs: Vec<Output>,
}

/// Reads and compresses groups with as many threads as there are processors. The order is that of
/// the groups.
fn compress_all(batch: &[Group<'_>]) -> Result<Vec<Made>> {
    let next = Mutex::new(0..batch.len());
    let made: Vec<Mutex<Option<Result<Made>>>> = batch.iter().map(|_| Mutex::default()).collect();
    let work = || {
        loop {
            let taken = next.lock().ok().and_then(|mut next| next.next());
            let Some(n) = taken else {
                return;
            };
            if let Ok(mut place) = made[n].lock() {
                *place = Some(compress(&batch[n]));
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 1..threads {
            // Without another thread, this one does all the work.
            let _ = std::thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    let broken = || Err(Error::Fault("a thread broke down".into()));
    made.into_iter()
        .map(|place| place.into_inner().ok().flatten().unwrap_or_else(broken))
        .collect()
}

fn compress(group: &Group<'_>) -> Result<Made> {
    let (mut content, mut outputs) = (Vec::new(), Vec::new());
    for &(id, Source { path, size }) in group {
        let bytes = std::fs::read(path).unwrap_or_default();
        if OutputId::of(&bytes) != id || bytes.len() as u64 != *size {
            continue;
        }
        outputs.push(Output {
            id,
            size: *size,
            frame: 0,
            offset: content.len() as u64,
        });
        content.extend_from_slice(&bytes);
    }
    let bytes = zstd::bulk::compress(&content, LEVEL)
        .map_err(|e| Error::Fault(format!("compress: {e}")))?;
    Ok(Made {
        bytes,
        size: content.len() as u64,
        outputs,
    })
}
