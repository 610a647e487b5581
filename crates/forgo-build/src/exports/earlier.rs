//! What earlier runs found out about what importers read of archives, by the archive's output ID:
//! the name of its file in the cache, which is the hash of its bytes. Kept in a small file of
//! forgo's own for each set of places. A record that is lost or damaged is found out again.
//!
//! Nothing of the kind is in cmd/go.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use forgo_cache::disk::{DiskCache, KeptFile, KeyText};

use super::Anywhere;
use crate::exports::Places;

/// The last but one character is a version: of the records, and of how their contents are computed.
const MAGIC: &[u8; 8] = b"forgoE2\n";

/// How many are kept; of more only those of the last run.
const MOST: usize = 1 << 16;

/// Bytes of a record: output ID, hash, fingerprint, whether it is placed; sorted by the output ID.
const SIZE: usize = 32 + 32 + 8 + 1;

type Id = [u8; 32];

/// The records of earlier runs about archives.
#[derive(Debug)]
pub struct Earlier {
    file: KeptFile,
    known: Vec<u8>,
    new: Mutex<HashMap<Id, Anywhere>>,
}

impl Earlier {
    /// Reads the records of runs that had these places.
    pub fn read(cache: &DiskCache, places: &Places) -> Earlier {
        let mut key = KeyText::default();
        key.add(b"what importers read");
        key.add(places.to_text().as_bytes());
        let file = cache.kept_file(key.sum(), MAGIC);
        Earlier {
            known: file.read_or_empty(),
            file,
            new: Mutex::default(),
        }
    }

    /// Of one archive.
    pub fn find(&self, output: &Id) -> Option<Anywhere> {
        let (records, _) = self.known.as_chunks::<SIZE>();
        let at = records.binary_search_by(|record| record[..32].cmp(output));
        anywhere(&records[at.ok()?])
    }

    /// Remembers it for later runs.
    pub fn learn(&self, output: Id, anywhere: Anywhere) {
        let mut new = self.new.lock().unwrap_or_else(PoisonError::into_inner);
        new.insert(output, anywhere);
    }

    /// Keeps the new records, together with those that other processes have kept meanwhile.
    pub fn save(&self) {
        let new = std::mem::take(&mut *self.new.lock().unwrap_or_else(PoisonError::into_inner));
        if !new.is_empty() {
            self.file.store(&merged(&self.file.read_or_empty(), &new));
        }
    }
}

fn anywhere(record: &[u8; SIZE]) -> Option<Anywhere> {
    let (id, rest) = record[32..].split_first_chunk()?;
    let (fingerprint, placed) = rest.split_first_chunk()?;
    Some(Anywhere {
        id: *id,
        fingerprint: *fingerprint,
        placed: placed != [0],
    })
}

/// All records, sorted.
fn merged(old: &[u8], new: &HashMap<Id, Anywhere>) -> Vec<u8> {
    let record = |(output, anywhere): (&Id, &Anywhere)| {
        let mut bytes = [0; SIZE];
        let (ids, rest) = bytes.split_at_mut(64);
        ids[..32].copy_from_slice(output);
        ids[32..].copy_from_slice(&anywhere.id);
        rest[..8].copy_from_slice(&anywhere.fingerprint);
        rest[8] = anywhere.placed.into();
        bytes
    };
    let mut all: Vec<[u8; SIZE]> = new.iter().map(record).collect();
    let (old, _) = old.as_chunks::<SIZE>();
    if old.len() + all.len() <= MOST {
        let is_old = |record: &&[u8; SIZE]| {
            record[..32]
                .try_into()
                .is_ok_and(|id: Id| !new.contains_key(&id))
        };
        all.extend(old.iter().filter(is_old));
    }
    all.sort_unstable();
    all.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(n: u8) -> (Id, Anywhere) {
        let anywhere = Anywhere {
            id: [n ^ 0xff; 32],
            fingerprint: [n; 8],
            placed: n % 2 == 1,
        };
        ([n.wrapping_mul(37); 32], anywhere)
    }

    #[test]
    fn what_was_learned_is_known_later() {
        let dir = tempfile::tempdir().unwrap();
        let cache = DiskCache::at(dir.path().to_str().unwrap());
        let here = Places::parse(["place <vendor> /w/vendor"].into_iter()).unwrap();
        let there = Places::parse(["place <vendor> /v/vendor"].into_iter()).unwrap();
        for round in 0..3 {
            let earlier = Earlier::read(&cache, &here);
            for n in 0..60 {
                let (output, anywhere) = some(n);
                let known = earlier.find(&output);
                assert_eq!(known, (n < 20 * round).then_some(anywhere), "{round} {n}");
                if n / 20 == round {
                    earlier.learn(output, anywhere);
                }
            }
            // Another process kept something meanwhile.
            let other = Earlier::read(&cache, &here);
            let (output, anywhere) = some(200 + round);
            other.learn(output, anywhere);
            other.save();
            earlier.save();
        }
        let earlier = Earlier::read(&cache, &here);
        for n in (0..60).chain(200..203) {
            assert_eq!(earlier.find(&some(n).0), Some(some(n).1), "{n}");
        }
        assert_eq!(Earlier::read(&cache, &there).find(&some(1).0), None);
        let path = earlier.file.path();
        let mut bytes = std::fs::read(path).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        std::fs::write(path, bytes).unwrap();
        assert_eq!(Earlier::read(&cache, &here).find(&some(1).0), None);
    }

    #[test]
    fn too_many_are_forgotten() {
        let old = vec![0xff; MOST * SIZE];
        let (output, anywhere) = some(1);
        assert_eq!(merged(&old, &[(output, anywhere)].into()).len(), SIZE);
        let one = merged(&old[SIZE..], &[(output, anywhere)].into());
        assert_eq!(one.len(), old.len());
        // Nothing new takes more room than before.
        assert_eq!(merged(&one, &[(output, anywhere)].into()).len(), SIZE);
    }
}
