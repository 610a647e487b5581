//! The bytes of a bundle. All numbers are little-endian.
//!
//! ```text
//! magic                                             8 bytes
//! frames, each one of zstd                          any number
//! index:
//!   numbers of frames, outputs, keys                8 bytes each
//!   a frame: offset in the file, length, size       8 bytes each; size is that of its content
//!   an output: SHA-256, size, frame, offset in it   32, 8, 8, 8 bytes; sorted by the hash
//!   a key: action ID, time, output, age             32, 8, 4, 4 bytes; sorted by the ID
//! trailer: offset and length of the index           8 bytes each
//!          SHA-256 of the index and these two       32 bytes
//!          magic                                    8 bytes
//! ```
//!
//! A time is in nanoseconds since 1970. An age counts how many bundles have passed a key on since
//! it was last used. The index is searched as it lies in memory.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use crate::Entry;
use crate::hash::{ActionId, OutputId};

/// The last but one character is the version.
pub(super) const MAGIC: &[u8; 8] = b"forgoB1\n";

const FRAME: usize = 24;
const OUTPUT: usize = 56;
const KEY: usize = 48;
const TRAILER: usize = 8 + 8 + 32 + 8;

/// An index that is larger is not read: no build has so many entries.
const MOST: u64 = 1 << 30;

/// Compressed bytes, and how many they become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) offset: u64,
    pub(super) length: u64,
    pub(super) size: u64,
}

/// A key, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) id: ActionId,
    pub(super) output: OutputId,
    pub(super) time: SystemTime,
    pub(super) age: u32,
}

/// Where an output lies: its frame, and the offset in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Output {
    pub(super) id: OutputId,
    pub(super) size: u64,
    pub(super) frame: u64,
    pub(super) offset: u64,
}

/// The index of a bundle.
#[derive(Debug)]
pub(super) struct Index {
    bytes: Vec<u8>,
    frames: usize,
    outputs: usize,
    keys: usize,
}

fn number(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(8)?)?;
    bytes.try_into().ok().map(u64::from_le_bytes)
}

fn short(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    bytes.try_into().ok().map(u32::from_le_bytes)
}

fn hash(bytes: &[u8]) -> Option<[u8; 32]> {
    bytes.get(..32)?.try_into().ok()
}

/// Makes the end of a bundle: index and trailer. `offset` is where it begins. Outputs and keys are
/// sorted; every key's output is among the outputs.
pub(super) fn end(offset: u64, frames: &[Frame], outputs: &[Output], keys: &[Key]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let add = |bytes: &mut Vec<u8>, numbers: &[u64]| {
        for number in numbers {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
    };
    let counts = [frames.len(), outputs.len(), keys.len()].map(|n| n as u64);
    add(&mut bytes, &counts);
    for frame in frames {
        add(&mut bytes, &[frame.offset, frame.length, frame.size]);
    }
    for output in outputs {
        bytes.extend_from_slice(&output.id.0);
        add(&mut bytes, &[output.size, output.frame, output.offset]);
    }
    for key in keys {
        let Ok(output) = outputs.binary_search_by(|output| output.id.cmp(&key.output)) else {
            unreachable!("a key without its output");
        };
        let time = key.time.duration_since(UNIX_EPOCH).unwrap_or_default();
        bytes.extend_from_slice(&key.id.0);
        add(&mut bytes, &[time.as_nanos() as u64]);
        bytes.extend_from_slice(&(output as u32).to_le_bytes());
        bytes.extend_from_slice(&key.age.to_le_bytes());
    }
    let length = bytes.len() as u64;
    add(&mut bytes, &[offset, length]);
    let sum = Sha256::digest(&bytes);
    bytes.extend_from_slice(&sum);
    bytes.extend_from_slice(MAGIC);
    bytes
}

impl Index {
    /// Reads the index of the bundle in a file. The error describes the damage.
    pub(super) fn read(file: &File) -> Result<Index, String> {
        let failed = |e: std::io::Error| format!("read: {}", crate::os_error(&e));
        let size = file.metadata().map_err(failed)?.len();
        let mut magic = [0; 8];
        let begins = file.read_exact_at(&mut magic, 0).is_ok();
        if !begins || !magic.starts_with(&MAGIC[..6]) {
            return Err("it is not a bundle".into());
        }
        if magic != *MAGIC {
            return Err("it was made by another version of forgo".into());
        }
        let mut trailer = [0; TRAILER];
        let at = size.checked_sub(TRAILER as u64).ok_or(TRUNCATED)?;
        file.read_exact_at(&mut trailer, at).map_err(failed)?;
        let (Some(offset), Some(length)) = (number(&trailer, 0), number(&trailer, 8)) else {
            return Err(TRUNCATED.into());
        };
        let end = offset.checked_add(length);
        if !trailer.ends_with(MAGIC) || end != Some(at) || length > MOST {
            return Err(TRUNCATED.into());
        }
        let mut bytes = vec![0; length as usize];
        file.read_exact_at(&mut bytes, offset).map_err(failed)?;
        let sum = Sha256::new()
            .chain_update(&bytes)
            .chain_update(&trailer[..16])
            .finalize();
        if sum[..] != trailer[16..48] {
            return Err("its index is damaged".into());
        }
        Index::parse(bytes, offset).ok_or_else(|| "its index is damaged".into())
    }

    /// `limit` is where the frames end.
    fn parse(bytes: Vec<u8>, limit: u64) -> Option<Index> {
        let count = |at: usize| usize::try_from(number(&bytes, at)?).ok();
        let (frames, outputs, keys) = (count(0)?, count(8)?, count(16)?);
        let size = frames
            .checked_mul(FRAME)?
            .checked_add(outputs.checked_mul(OUTPUT)?)?
            .checked_add(keys.checked_mul(KEY)?)?
            .checked_add(24)?;
        if size != bytes.len() {
            return None;
        }
        let inside = (0..frames).all(|n| {
            let frame = frame_at(&bytes, n);
            frame.is_some_and(|f| {
                f.offset
                    .checked_add(f.length)
                    .is_some_and(|end| end <= limit)
            })
        });
        inside.then_some(Index {
            bytes,
            frames,
            outputs,
            keys,
        })
    }

    fn output(&self, n: usize) -> Option<Output> {
        let at = self.bytes.len() - self.keys * KEY - self.outputs * OUTPUT;
        let record = self.bytes.get(at + n * OUTPUT..at + (n + 1) * OUTPUT)?;
        Some(Output {
            id: OutputId(hash(record)?),
            size: number(record, 32)?,
            frame: number(record, 40)?,
            offset: number(record, 48)?,
        })
    }

    /// The `n`th key, in the order of their IDs.
    fn key(&self, n: usize) -> Option<(Key, Output)> {
        let at = self.bytes.len() - self.keys * KEY;
        let record = self.bytes.get(at + n * KEY..at + (n + 1) * KEY)?;
        let output = self.output(short(record, 40)? as usize)?;
        let key = Key {
            id: ActionId(hash(record)?),
            output: output.id,
            time: UNIX_EPOCH + Duration::from_nanos(number(record, 32)?),
            age: short(record, 44)?,
        };
        Some((key, output))
    }

    /// All keys.
    pub(super) fn keys(&self) -> impl Iterator<Item = Key> {
        (0..self.keys).filter_map(|n| Some(self.key(n)?.0))
    }

    /// The entry of a key, and its age.
    pub(super) fn find(&self, id: &ActionId) -> Option<(Entry, u32)> {
        let n = search(self.keys, |n| Some(self.key(n)?.0.id.cmp(id)))?;
        let (key, output) = self.key(n)?;
        let entry = Entry {
            output: output.id,
            size: output.size,
            time: key.time,
        };
        Some((entry, key.age))
    }

    /// The frame of an output, and its place in the frame's content.
    pub(super) fn place(&self, id: &OutputId) -> Option<(Frame, Range<u64>)> {
        let n = search(self.outputs, |n| Some(self.output(n)?.id.cmp(id)))?;
        let output = self.output(n)?;
        let frame = usize::try_from(output.frame).ok();
        let frame = frame_at(&self.bytes, frame.filter(|n| *n < self.frames)?)?;
        let range = output.offset..output.offset.checked_add(output.size)?;
        (range.end <= frame.size).then_some((frame, range))
    }
}

const TRUNCATED: &str = "it is truncated";

fn frame_at(bytes: &[u8], n: usize) -> Option<Frame> {
    let at = 24 + n.checked_mul(FRAME)?;
    Some(Frame {
        offset: number(bytes, at)?,
        length: number(bytes, at + 8)?,
        size: number(bytes, at + 16)?,
    })
}

/// Binary search among `count` records.
fn search(count: usize, compare: impl Fn(usize) -> Option<std::cmp::Ordering>) -> Option<usize> {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low.midpoint(high);
        match compare(middle)? {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => return Some(middle),
        }
    }
    None
}
