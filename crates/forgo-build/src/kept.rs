//! Facts that are kept in the cache's directory as long as the files they were learned from are
//! what they were: files of forgo's own beside the entries that both commands share.
//!
//! Their names end in `-s`. The stock command removes them with the whole cache and otherwise
//! leaves alone what ends neither in `-a` nor in `-d`; forgo trims them like entries. They are put
//! in place at once, by a rename; what is damaged, cut off or of another format counts as missing,
//! and whatever goes wrong when one is written is no error: the fact is learned again.

use std::io::Read as _;
use std::sync::LazyLock;

use forgo_cache::OutputId;
use forgo_golang::quote::hex;
use rustix::process::Resource;

use crate::clock::{self, For};
use crate::config::Config;
use crate::disk::{self, Because};
use crate::footprint::{Notes, Table, is_noise};

/// Bytes of a file before its content: magic, checksum, key.
const HEAD: usize = 8 + 4 + 32;

/// A file of a kept fact. It says which key it answers to: a file in another one's place is not
/// believed.
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
pub struct Content(Vec<u8>);

impl std::ops::Deref for Content {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.get(HEAD..).unwrap_or_default()
    }
}

impl KeptFile {
    /// The file of a key in the cache directory `gocache`. `magic` names the format of its content.
    pub fn new(gocache: &str, key: [u8; 32], magic: &'static [u8; 8]) -> KeptFile {
        let name = hex(&key);
        KeptFile {
            path: format!("{gocache}/{}/{name}-s", &name[..2]),
            key,
            magic,
        }
    }

    /// Where the file lies.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Reads the content; `None` unless the file is whole, of this format and of this key.
    pub fn read(&self) -> Option<Content> {
        self.open(disk::own::read(Because::Cached, &self.path).ok()?)
    }

    /// Reads a copy of the content; empty where [`KeptFile::read`] finds none.
    pub fn read_or_empty(&self) -> Vec<u8> {
        self.read()
            .map(|content| content.to_vec())
            .unwrap_or_default()
    }

    fn open(&self, bytes: Vec<u8>) -> Option<Content> {
        let rest = bytes.strip_prefix(self.magic)?;
        let (checksum, rest) = rest.split_first_chunk::<4>()?;
        let whole = *checksum == crc32fast::hash(rest).to_le_bytes();
        (whole && rest.starts_with(&self.key)).then_some(Content(bytes))
    }

    fn bytes(&self, content: &[u8]) -> Vec<u8> {
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(&self.key);
        checksum.update(content);
        let checksum = checksum.finalize().to_le_bytes();
        [self.magic, &checksum[..], &self.key, content].concat()
    }

    /// Puts the file in its place, at once. Best effort.
    #[expect(
        clippy::disallowed_methods,
        reason = "a file in GOCACHE, which names its key and has a checksum"
    )]
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

/// Byte strings one after the other, each after its length: what keys are made of.
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

/// What the process may do, as a part of keys: another one may read or write less, or start fewer
/// processes.
pub fn rights() -> &'static [u8; 32] {
    static RIGHTS: LazyLock<[u8; 32]> = LazyLock::new(find_rights);
    &RIGHTS
}

#[expect(
    clippy::disallowed_methods,
    reason = "the part of the keys is made here"
)]
fn find_rights() -> [u8; 32] {
    let mut text = KeyText::default();
    let ids = [
        rustix::process::geteuid().as_raw(),
        rustix::process::getegid().as_raw(),
        // git asks for the real one.
        rustix::process::getuid().as_raw(),
    ];
    text.list(ids.map(u32::to_le_bytes).iter().map(|id| &id[..]));
    let groups = rustix::process::getgroups().unwrap_or_default();
    let groups: Vec<_> = groups.iter().map(|id| id.as_raw().to_le_bytes()).collect();
    text.list(groups.iter().map(|id| &id[..]));
    // Capabilities, the mask of permissions, filters of system calls; Linux's alone.
    let mut status = [0; 8 << 10];
    let read = disk::own::open(Because::Process, "/proc/self/status")
        .and_then(|mut file| file.read(&mut status));
    let status = String::from_utf8_lossy(&status[..read.unwrap_or_default()]);
    let counts = |line: &&str| {
        let names = ["Umask:", "CapEff:", "Seccomp:", "NoNewPrivs:"];
        names.iter().any(|name| line.starts_with(name))
    };
    text.list(status.lines().filter(counts).map(str::as_bytes));
    let limits = [
        Resource::As,
        Resource::Core,
        Resource::Cpu,
        Resource::Data,
        Resource::Fsize,
        Resource::Nofile,
        Resource::Nproc,
        Resource::Stack,
    ];
    for limit in limits.map(rustix::process::getrlimit) {
        for value in [limit.current, limit.maximum] {
            text.add(&value.unwrap_or(u64::MAX).to_le_bytes());
        }
    }
    text.sum()
}

const ANSWER: &[u8; 8] = b"forgoA1\n";

/// What a program answers to `words`, in the environment that all children get. `note` notes what
/// the answer depends on, or says that it can't; `ask` runs the program, and notes what the answer
/// itself names. An answer is used again while all that was noted is unchanged.
pub fn answer(
    cfg: &Config,
    words: &[&str],
    note: impl FnOnce(&Notes) -> Option<()>,
    ask: impl FnOnce(&Notes) -> Option<Vec<u8>>,
) -> Option<Vec<u8>> {
    let gocache = &cfg.dirs.gocache;
    if !cfg.extras || !gocache.starts_with('/') {
        return ask(&Notes::new(&cfg.cwd));
    }
    let file = KeptFile::new(gocache, key(cfg, words), ANSWER);
    if let Some(content) = file.read()
        && let Some((inputs, answer)) = Table::parse(&content)
        && inputs.holds()
    {
        return Some(answer.to_vec());
    }
    let start = clock::now(For::Settled);
    let notes = Notes::new(&cfg.cwd);
    let noted = note(&notes);
    let answer = ask(&notes)?;
    let footprint = notes.take();
    if noted.is_some() && footprint.refused.is_none() && footprint.settled(start) {
        let mut content = Vec::new();
        if Table::write(&footprint.inputs, &mut content).is_some()
            && Table::parse(&content).is_some_and(|(inputs, _)| inputs.holds())
        {
            content.extend_from_slice(&answer);
            file.store(&content);
        }
    }
    Some(answer)
}

const LASTING: &[u8; 8] = b"forgoL2\n";

/// What is asked for under a key that says all that the answer depends on: it never changes.
pub fn lasting(
    cfg: &Config,
    key: &[u8; 32],
    ask: impl FnOnce() -> Option<Vec<u8>>,
) -> Option<Vec<u8>> {
    let gocache = &cfg.dirs.gocache;
    if !cfg.extras || !gocache.starts_with('/') {
        return ask();
    }
    let file = KeptFile::new(gocache, *key, LASTING);
    if let Some(answer) = file.read() {
        return Some(answer.to_vec());
    }
    let answer = ask()?;
    file.store(&answer);
    Some(answer)
}

fn key(cfg: &Config, words: &[&str]) -> [u8; 32] {
    let mut text = KeyText::default();
    text.add(b"answer of a program");
    text.add(rights());
    text.list(words.iter().map(|w| w.as_bytes()));
    let variables = cfg.env.orig.iter().chain(&cfg.env.cmd);
    let variables = variables.filter(|(name, _)| !is_noise(name));
    text.list(variables.flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]));
    text.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;
    use crate::footprint::Look;

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
        let dir = tempfile::tempdir().unwrap();
        let gocache = dir.path().to_str().unwrap();
        let file = KeptFile::new(gocache, [0xab; 32], b"testing\n");
        let good = file.bytes(b"content");
        let content = |bytes: &[u8]| file.open(bytes.to_vec()).map(|c| c.to_vec());
        assert_eq!(content(&good).unwrap(), b"content");
        for at in 0..good.len() {
            assert_eq!(content(&good[..at]), None);
            let mut damaged = good.clone();
            damaged[at] ^= 1;
            assert_eq!(content(&damaged), None);
        }
        let other_format = KeptFile::new(gocache, [0xab; 32], b"another\n");
        let other_place = KeptFile::new(gocache, [0xac; 32], b"testing\n");
        for other in [other_format, other_place] {
            assert_eq!(content(&other.bytes(b"content")), None);
        }
    }

    #[test]
    fn files_are_put_in_place_whole() {
        let dir = tempfile::tempdir().unwrap();
        let file = |dir: &str| KeptFile::new(dir, [0xab; 32], b"testing\n");
        let stored = file(dir.path().to_str().unwrap());
        assert!(stored.path().ends_with("ab-s"));
        stored.store(b"one");
        stored.store(b"two");
        assert_eq!(&*stored.read().unwrap(), b"two");
        assert_eq!(std::fs::read_dir(dir.path().join("ab")).unwrap().count(), 1);
        // Where nothing can be stored, nothing happens.
        file("/no/such/dir").store(b"one");
    }

    #[test]
    fn answers_hold_as_long_as_what_they_depend_on() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("input").to_str().unwrap().to_owned();
        let mut cfg = Config {
            extras: true,
            ..Config::default()
        };
        cfg.dirs.gocache = dir.path().join("cache").to_str().unwrap().to_owned();
        std::fs::create_dir(&cfg.dirs.gocache).unwrap();
        let settle = || std::thread::sleep(std::time::Duration::from_millis(120));
        let ask = |cfg: &Config, word: &str, said: &str| {
            let note = |notes: &Notes| {
                notes.saw(&file, Look::Whole);
                Some(())
            };
            let said = answer(cfg, &["program", word], note, |_| Some(said.into())).unwrap();
            String::from_utf8(said).unwrap()
        };
        // Not yet relied on; a busy machine may take its time, so the time is said to be to come.
        let write = |text: &str, time: SystemTime| {
            std::fs::write(&file, text).unwrap();
            let opened = std::fs::File::options().write(true).open(&file).unwrap();
            opened.set_modified(time).unwrap();
        };
        let now = SystemTime::now();
        let to_come = now + std::time::Duration::from_secs(3600);
        write("1", to_come);
        assert_eq!(ask(&cfg, "a", "too new"), "too new");
        write("1", now);
        settle();
        assert_eq!(ask(&cfg, "a", "first"), "first");
        assert_eq!(ask(&cfg, "a", "again"), "first");
        assert_eq!(ask(&cfg, "b", "other question"), "other question");
        write("2", to_come);
        assert_eq!(ask(&cfg, "a", "second"), "second");
        write("2", now);
        settle();
        assert_eq!(ask(&cfg, "a", "third"), "third");
        assert_eq!(ask(&cfg, "a", "fourth"), "third");
        cfg.env.orig.push(("TERM".into(), "x".into()));
        assert_eq!(ask(&cfg, "a", "fifth"), "third");
        cfg.env.orig.push(("LANG".into(), "x".into()));
        assert_eq!(ask(&cfg, "a", "sixth"), "sixth");
        cfg.extras = false;
        assert_eq!(ask(&cfg, "a", "seventh"), "seventh");
    }
}
