//! An output that comes from elsewhere. It takes its place only when all of its bytes have arrived
//! and their hash is the right one.

use std::io::{self, Write};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use super::DiskCache;
use super::store::Temporary;
use crate::error::{Error, Result, path_error};
use crate::hash::{ActionId, OutputId};
use crate::{Entry, Verify};

/// Why bytes that arrived are not stored.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// They are not the ones that were announced: the sender is not to be trusted.
    Wrong(String),
    /// They could not be written down here.
    Local(Error),
}

/// A file that is being received.
pub(crate) struct Incoming {
    temporary: Temporary,
    path: String,
    output: OutputId,
    size: u64,
    received: u64,
    sha: Sha256,
    refusal: Option<Refusal>,
}

impl DiskCache {
    /// Makes a file to receive an output in.
    pub(crate) fn receive(&self, output: &OutputId, size: u64) -> Result<Incoming> {
        let path = self.path(&output.0, "d");
        Ok(Incoming {
            temporary: Temporary::create(&self.dir, &output.0, &path, 0o666)?,
            path,
            output: *output,
            size,
            received: 0,
            sha: Sha256::new(),
            refusal: None,
        })
    }

    /// Makes an action ID lead to an output that was [received](DiskCache::receive).
    pub(crate) fn admit(&self, id: &ActionId, found: &Entry) -> Result<Entry> {
        // An entry of a clock that is ahead would outlive every `clean -testcache`.
        let time = found.time.min(SystemTime::now());
        self.store_entry_of(id, &found.output, found.size, Verify::Lax, time)?;
        Ok(Entry { time, ..*found })
    }
}

impl Incoming {
    /// Reports why bytes were refused so far.
    pub(crate) fn refusal(&mut self) -> Option<Refusal> {
        self.refusal.take()
    }

    /// Puts the file in its place.
    pub(crate) fn finish(self) -> std::result::Result<(), Refusal> {
        if let Some(refusal) = self.refusal {
            return Err(refusal);
        }
        if self.received != self.size {
            let Incoming { received, size, .. } = self;
            let text = format!("{received} bytes of {size} arrived");
            return Err(Refusal::Wrong(text));
        }
        if <[u8; 32]>::from(self.sha.finalize()) != self.output.0 {
            return Err(Refusal::Wrong("the bytes have another hash".into()));
        }
        self.temporary.rename(&self.path).map_err(Refusal::Local)
    }

    fn refuse(&mut self, refusal: Refusal) -> io::Error {
        self.refusal.get_or_insert(refusal);
        io::Error::other("refused")
    }
}

impl Write for Incoming {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    /// Fails when more bytes come than were announced, so that no more is written than is needed.
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.received += bytes.len() as u64;
        if self.received > self.size {
            let text = format!("more than {} bytes arrived", self.size);
            return Err(self.refuse(Refusal::Wrong(text)));
        }
        if let Err(e) = self.temporary.file.write_all(bytes) {
            let fault = Error::Fault(path_error("write", &self.path, &e));
            return Err(self.refuse(Refusal::Local(fault)));
        }
        self.sha.update(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn only_the_right_bytes_are_admitted() {
        let dir = tempfile::tempdir().unwrap();
        let cache = DiskCache::open(dir.path().to_str().unwrap(), None).unwrap();
        let output = OutputId::of(b"right bytes");
        let receive = |pieces: &[&[u8]]| {
            let mut incoming = cache.receive(&output, 11).unwrap();
            let written = pieces.iter().try_for_each(|p| incoming.write_all(p));
            (written.is_ok(), incoming.finish())
        };
        let wrong = |text: &str| Err(Refusal::Wrong(text.into()));
        let cases: [(&[&[u8]], _, _); 4] = [
            (&[b"right ", b"byte"], true, wrong("10 bytes of 11 arrived")),
            (
                &[b"wrong bytes"],
                true,
                wrong("the bytes have another hash"),
            ),
            (
                &[b"right bytes", b"!"],
                false,
                wrong("more than 11 bytes arrived"),
            ),
            (&[], true, wrong("0 bytes of 11 arrived")),
        ];
        for (pieces, written, outcome) in cases {
            assert_eq!(receive(pieces), (written, outcome));
            assert!(!std::path::Path::new(&cache.output_file(&output)).exists());
        }
        assert_eq!(receive(&[b"", b"right", b" bytes"]), (true, Ok(())));
        let id = ActionId([1; 32]);
        let hour = Duration::from_secs(3600);
        for (offered, kept) in [(-1, -1), (1, 0)] {
            let now = SystemTime::now();
            let time = if offered < 0 { now - hour } else { now + hour };
            let found = Entry {
                output,
                size: 11,
                time,
            };
            let entry = cache.admit(&id, &found).unwrap();
            assert_eq!(cache.bytes(&id).unwrap(), b"right bytes");
            assert_eq!(entry.time == time, kept < 0);
            assert!(cache.get(&id).unwrap().time <= SystemTime::now());
        }
        // Refused bytes leave no file behind.
        let names = std::fs::read_dir(dir.path().join(&output.to_string()[..2]));
        assert_eq!(names.unwrap().count(), 1);
    }
}
