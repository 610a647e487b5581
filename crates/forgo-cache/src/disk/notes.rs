//! Small texts that only forgo uses, unknown to the stock command, each in one file: half as many
//! as an entry and an output would be.
//!
//! They lie beside the entries as `<id>-note-d`, a name that no output has, so that the stock
//! command's trimming removes those not used for long, and its `clean -cache` removes all. The
//! first line is the SHA-256 of the ID and the rest. So a note in another one's place is not
//! believed. It also makes renaming needless: a file that a killed process left half written, or
//! that another one is just writing, is not believed either.

#![expect(
    clippy::disallowed_methods,
    reason = "GOCACHE: entries are named by their content, and forgo's own files by their keys"
)]

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;

use forgo_golang::quote::hex;

use super::{DiskCache, mark_used};
use crate::error::{Error, Result, path_error};
use crate::hash::{ActionId, OutputId};

impl DiskCache {
    fn note_path(&self, id: &ActionId) -> String {
        self.path(&id.0, "note-d")
    }

    /// Keeps a small text under an ID that only forgo uses; nothing else is stored under it.
    pub fn put_note(&self, id: &ActionId, text: &[u8]) -> Result<()> {
        self.note_growth();
        let path = self.note_path(id);
        let whole = [seal(id, text).as_bytes(), b"\n", text].concat();
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o666);
        let opened = options.open(&path).or_else(|e| match e.kind() {
            // Others may be reading it, or have it under another name.
            io::ErrorKind::AlreadyExists => {
                std::fs::remove_file(&path)?;
                options.open(&path)
            }
            _ => Err(e),
        });
        let mut file = opened.map_err(|e| Error::Fault(path_error("open", &path, &e)))?;
        file.write_all(&whole)
            .map_err(|e| Error::Fault(path_error("write", &path, &e)))
    }

    /// Reports whether something was [kept](DiskCache::put_note) under an ID, even if it is damaged
    /// by now. What cannot be looked at counts as there.
    pub fn has_note(&self, id: &ActionId) -> bool {
        let meta = std::fs::symlink_metadata(self.note_path(id));
        !meta.is_err_and(|e| e.kind() == io::ErrorKind::NotFound)
    }

    /// Returns the text that was [kept](DiskCache::put_note) under an ID, undamaged.
    pub fn note(&self, id: &ActionId) -> Option<Vec<u8>> {
        if self.verify.is_some() {
            return None;
        }
        let path = self.note_path(id);
        let mut file = File::open(&path).ok()?;
        let mut whole = Vec::new();
        file.read_to_end(&mut whole).ok()?;
        if let Ok(meta) = file.metadata() {
            mark_used(&path, &meta);
        }
        let end = whole.iter().position(|b| *b == b'\n')?;
        let text = whole.split_off(end + 1);
        (whole[..end] == *seal(id, &text).as_bytes()).then_some(text)
    }
}

/// The first line of a note.
fn seal(id: &ActionId, text: &[u8]) -> String {
    hex(&OutputId::of(&[&id.0, text].concat()).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes() {
        let dir = tempfile::tempdir().unwrap();
        let cache = DiskCache::open(dir.path().to_str().unwrap(), None).unwrap();
        let id = ActionId([0xab; 32]);
        assert_eq!(cache.note(&id), None);
        assert!(!cache.has_note(&id));
        for text in [&b"long and\nlonger\n"[..], b"", b"short"] {
            cache.put_note(&id, text).unwrap();
            assert_eq!(cache.note(&id).unwrap(), text);
        }
        let path = cache.note_path(&id);
        assert!(path.contains("/ab/ab") && path.ends_with("-d"));
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(cache.note(&id), None, "{length} bytes of {}", whole.len());
            assert!(cache.has_note(&id));
        }
        let mut other = whole.clone();
        *other.last_mut().unwrap() ^= 1;
        std::fs::write(&path, &other).unwrap();
        assert_eq!(cache.note(&id), None);
        cache.put_note(&id, b"again").unwrap();
        assert_eq!(cache.note(&id).unwrap(), b"again");
        let other = ActionId([0xcd; 32]);
        std::fs::copy(&path, cache.note_path(&other)).unwrap();
        assert_eq!(cache.note(&other), None);
    }
}
