//! Files of facts that forgo keeps between invocations, beside the entries that both commands
//! share: hashes of files, costs of actions, answers of programs and of whole invocations.
//!
//! Their names end in `-s`. The stock command removes them with the whole cache and otherwise
//! leaves alone what ends neither in `-a` nor in `-d`; forgo trims them like entries. They are put
//! in place at once, by a rename; a file that is damaged, truncated or of another format counts as
//! missing. A failed write is ignored, and the fact is computed again.

use super::DiskCache;
use crate::hash::OutputId;

/// Bytes of a file before its content: magic, checksum, key.
const HEAD: usize = 8 + 4 + 32;

/// A file of facts. It holds its key: a file in another one's place is not believed.
///
/// ```text
/// magic: the format of the content     8 bytes
/// CRC-32 of all that follows           4 bytes
/// key                                 32 bytes
/// content
/// ```
#[derive(Debug, Clone)]
pub struct KeptFile {
    path: String,
    key: [u8; 32],
    magic: &'static [u8; 8],
}

/// The content of a [`KeptFile`].
#[derive(Debug)]
pub struct KeptContent(Vec<u8>);

impl std::ops::Deref for KeptContent {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.get(HEAD..).unwrap_or_default()
    }
}

impl DiskCache {
    /// Names the file of a key. `magic` stands for the format of its content.
    pub fn kept_file(&self, key: [u8; 32], magic: &'static [u8; 8]) -> KeptFile {
        KeptFile {
            path: self.path(&key, "s"),
            key,
            magic,
        }
    }
}

impl KeptFile {
    /// The file of a key that lies somewhere else.
    pub(super) fn at(path: String, key: [u8; 32], magic: &'static [u8; 8]) -> KeptFile {
        KeptFile { path, key, magic }
    }

    /// Where the file lies.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Reads the content; `None` unless the file is whole, of this format and of this key.
    pub fn read(&self) -> Option<KeptContent> {
        self.open(std::fs::read(&self.path).ok()?)
    }

    /// Reads a copy of the content; empty where [`KeptFile::read`] finds none.
    pub fn read_or_empty(&self) -> Vec<u8> {
        self.read()
            .map(|content| content.to_vec())
            .unwrap_or_default()
    }

    fn open(&self, bytes: Vec<u8>) -> Option<KeptContent> {
        let rest = bytes.strip_prefix(self.magic)?;
        let (checksum, rest) = rest.split_first_chunk::<4>()?;
        let whole = *checksum == crc32fast::hash(rest).to_le_bytes();
        (whole && rest.starts_with(&self.key)).then_some(KeptContent(bytes))
    }

    fn bytes(&self, content: &[u8]) -> Vec<u8> {
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(&self.key);
        checksum.update(content);
        let checksum = checksum.finalize().to_le_bytes();
        [self.magic, &checksum[..], &self.key, content].concat()
    }

    /// Puts the file in its place, at once. Best effort.
    pub fn store(&self, content: &[u8]) {
        let path = &self.path;
        let temporary = format!("{path}.{}.tmp", std::process::id());
        // In a cache that no build used yet the directory may be missing.
        if let Some((dir, _)) = path.rsplit_once('/') {
            let _ = std::fs::create_dir(dir);
        }
        let stored = std::fs::write(&temporary, self.bytes(content))
            .and_then(|()| std::fs::rename(&temporary, path));
        if stored.is_err() {
            let _ = std::fs::remove_file(&temporary);
        }
    }
}

/// Byte strings one after the other, each after its length: what keys of kept files are made of.
#[derive(Debug, Default)]
pub struct KeyText(Vec<u8>);

impl KeyText {
    /// Adds one.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0
            .extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.0.extend_from_slice(bytes);
    }

    /// Adds a list as one.
    pub fn list<'b>(&mut self, list: impl Iterator<Item = &'b [u8]>) {
        let mut all = KeyText::default();
        for bytes in list {
            all.add(bytes);
        }
        self.add(&all.0);
    }

    /// The key.
    pub fn sum(&self) -> [u8; 32] {
        OutputId::of(&self.0).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_told_apart() {
        let text = |lists: &[&[&str]]| {
            let mut text = KeyText::default();
            for list in lists {
                text.list(list.iter().map(|s| s.as_bytes()));
            }
            text.sum()
        };
        assert_ne!(text(&[&["ab"]]), text(&[&["a", "b"]]));
        assert_ne!(text(&[&["a"], &["b"]]), text(&[&["a", "b"]]));
        assert_ne!(text(&[&["a"], &[]]), text(&[&[], &["a"]]));
    }

    #[test]
    fn files_are_believed_whole_in_their_format_and_their_place() {
        let cache = DiskCache::at("/c");
        let file = cache.kept_file([0xab; 32], b"testing\n");
        let good = file.bytes(b"content");
        let content = |bytes: &[u8]| file.open(bytes.to_vec()).map(|c| c.to_vec());
        assert_eq!(content(&good).unwrap(), b"content");
        for at in 0..good.len() {
            assert_eq!(content(&good[..at]), None);
            let mut damaged = good.clone();
            damaged[at] ^= 1;
            assert_eq!(content(&damaged), None);
        }
        let other_format = cache.kept_file([0xab; 32], b"another\n");
        let other_place = cache.kept_file([0xac; 32], b"testing\n");
        for other in [other_format, other_place] {
            assert_eq!(content(&other.bytes(b"content")), None);
        }
    }

    #[test]
    fn files_are_put_in_place_whole() {
        let dir = tempfile::tempdir().unwrap();
        let file = |dir: &str| DiskCache::at(dir).kept_file([0xab; 32], b"testing\n");
        let stored = file(dir.path().to_str().unwrap());
        assert!(stored.path().ends_with("ab-s"));
        stored.store(b"one");
        stored.store(b"two");
        assert_eq!(&*stored.read().unwrap(), b"two");
        assert_eq!(std::fs::read_dir(dir.path().join("ab")).unwrap().count(), 1);
        // Where nothing can be stored, nothing happens.
        file("/no/such/dir").store(b"one");
    }
}
