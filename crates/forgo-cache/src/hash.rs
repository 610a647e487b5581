//! Action IDs, the hash that makes them, and the hashes of files; what `GODEBUG=gocachehash=1`
//! prints of them. Answers to cmd/go/internal/cache/hash.go.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fmt::{self, Write as _};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use forgo_golang::quote::{hex, quote, quote_bytes};
use forgo_golang::raw;
use sha2::{Digest, Sha256};

use crate::error::path_error;

/// A cache key: the hash of a complete description of a repeatable computation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ActionId(pub [u8; 32]);

/// The hash of an output of a computation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct OutputId(pub [u8; 32]);

impl OutputId {
    /// The ID of these bytes.
    pub fn of(bytes: &[u8]) -> OutputId {
        OutputId(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for ActionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Display for OutputId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// Receives the lines of `GODEBUG=gocachehash=1`, each with its newline.
pub type Trace = Arc<dyn Fn(&str) + Send + Sync>;

/// Whether forgo knows how the stock command of a release makes its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formulas {
    /// It is, and forgo makes the same ones: the two commands share entries.
    Known,
    /// It is not. No key of forgo's may equal one of the stock command, whose cache would get wrong
    /// entries.
    Unknown,
}

impl Formulas {
    /// What begins every hash: the release, so that two releases never share a key. `version` is
    /// the distribution's runtime.Version(), whose experiments do not count.
    fn salt(self, version: &str) -> Vec<u8> {
        let release = strip_experiment(version);
        match self {
            Formulas::Known => release.as_bytes().to_vec(),
            Formulas::Unknown => format!("forgo {release}").into_bytes(),
        }
    }
}

/// What all hashes of an invocation share. One per process, in an [`Arc`].
#[derive(Default)]
pub struct HashContext {
    /// Begins every hash.
    salt: Vec<u8>,
    trace: Option<Trace>,
    files: Mutex<HashMap<String, [u8; 32]>>,
    /// From a hash to what went into it; `None` when not under `gocacheverify=1`.
    inputs: Option<Mutex<HashMap<[u8; 32], String>>>,
    /// The lines of the keys made so far; `None` when they are not collected.
    lines: Option<Mutex<HashMap<ActionId, Arc<KeyLines>>>>,
}

/// The lines that a key was made of: each is what one write added, in the stock command's order.
/// The release, which begins every key, is not among them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyLines {
    name: String,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl KeyLines {
    /// What the key is of, as the trace has it: `build example.com/m`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The lines, each with its newline if one was written.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, &end)| &self.text[start..end])
    }
}

impl HashContext {
    /// `version` is the distribution's runtime.Version(), and `formulas` tells whether its keys are
    /// known. `verify` is `GODEBUG=gocacheverify=1`: remember what went into each hash.
    pub fn new(
        version: &str,
        formulas: Formulas,
        trace: Option<Trace>,
        verify: bool,
    ) -> HashContext {
        HashContext {
            salt: formulas.salt(version),
            trace,
            files: Mutex::default(),
            inputs: verify.then(Mutex::default),
            lines: None,
        }
    }

    /// Collects the lines of all keys from now on, for [`HashContext::lines`].
    pub fn collecting_lines(mut self) -> HashContext {
        self.lines.get_or_insert_default();
        self
    }

    /// Returns the lines of a key made in this process; `None` if they are not collected, were
    /// forgotten, or the key is one that only forgo uses.
    pub fn lines(&self, key: &ActionId) -> Option<Arc<KeyLines>> {
        lock(self.lines.as_ref()?).get(key).cloned()
    }

    /// Forgets the lines of a key.
    pub fn forget_lines(&self, key: &ActionId) {
        if let Some(lines) = &self.lines {
            lock(lines).remove(key);
        }
    }

    /// Starts a hash. The name is for the trace only, and only formatted for it.
    pub fn new_hash(&self, name: impl fmt::Display) -> Hash<'_> {
        let watched = self.trace.is_some() || self.keeps_input();
        let debug = watched.then(|| {
            Box::new(Debug {
                context: self,
                name: name.to_string(),
                input: Vec::new(),
                ends: Vec::new(),
                line: String::new(),
            })
        });
        if let (Some(trace), Some(debug)) = (&self.trace, &debug) {
            trace(&format!("HASH[{}]\n", debug.name));
        }
        let mut hash = Hash {
            sha: Sha256::new(),
            debug,
        };
        hash.write(&self.salt);
        if let Some(debug) = &mut hash.debug {
            // The stock command remembers a hash's input without its salt.
            debug.input.clear();
            debug.ends.clear();
        }
        hash
    }

    /// Starts a hash for a key that only forgo uses. It has a salt that no key of the stock command
    /// has, and does not appear in the trace.
    pub fn new_own_hash(&self, what: &str) -> Hash<'static> {
        let mut hash = Hash {
            sha: Sha256::new(),
            debug: None,
        };
        hash.write(b"forgo: ");
        hash.write(&self.salt);
        writeln!(hash, " {what}");
        hash
    }

    /// [`HashContext::subkey`] that does not appear in the trace.
    pub fn own_subkey(&self, parent: &ActionId, description: &str) -> ActionId {
        ActionId(subkey(parent, description))
    }

    /// An action ID below another one.
    pub fn subkey(&self, parent: &ActionId, description: &str) -> ActionId {
        let sum = subkey(parent, description);
        if let Some(trace) = &self.trace {
            let description = quote(description);
            trace(&format!(
                "HASH subkey {parent} {description} = {}\n",
                hex(&sum)
            ));
        }
        self.remember(&sum, || format!("subkey {parent} {}", quote(description)));
        ActionId(sum)
    }

    /// Unsalted SHA-256 of a file. A path is read once in a process. The error prints as Go's does.
    pub fn file_hash(&self, path: &str) -> io::Result<[u8; 32]> {
        if let Some(sum) = lock(&self.files).get(path) {
            return Ok(*sum);
        }
        match hash_file(path) {
            Ok(sum) => {
                if let Some(trace) = &self.trace {
                    trace(&format!("HASH {path}: {}\n", hex(&sum)));
                }
                self.set_file_hash(path, sum);
                Ok(sum)
            }
            Err(error) => {
                if let Some(trace) = &self.trace {
                    trace(&format!("HASH {path}: {error}\n"));
                }
                Err(error)
            }
        }
    }

    /// What [`HashContext::file_hash`] answered for `path`, or was made to answer.
    pub fn known_file_hash(&self, path: &str) -> Option<[u8; 32]> {
        lock(&self.files).get(path).copied()
    }

    /// Makes [`HashContext::file_hash`] answer `sum` for `path` without reading it.
    pub fn set_file_hash(&self, path: &str, sum: [u8; 32]) {
        lock(&self.files).insert(path.to_owned(), sum);
    }

    /// What went into a hash; only under verify, else empty.
    pub fn reverse_hash(&self, sum: &[u8; 32]) -> String {
        let Some(inputs) = &self.inputs else {
            return String::new();
        };
        lock(inputs).get(sum).cloned().unwrap_or_default()
    }

    fn keeps_input(&self) -> bool {
        self.inputs.is_some() || self.lines.is_some()
    }

    fn remember(&self, sum: &[u8; 32], input: impl FnOnce() -> String) {
        if let Some(inputs) = &self.inputs {
            lock(inputs).insert(*sum, input());
        }
    }
}

fn subkey(parent: &ActionId, description: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update(b"subkey:")
        .chain_update(parent.0)
        .chain_update(description)
        .finalize()
        .into()
}

/// A panic elsewhere can't leave these maps half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The release in a version: `go1.27.3` of `go1.27.3 X:boringcrypto` and of `go1.27.3-X:…`.
fn strip_experiment(version: &str) -> &str {
    let end = version.find(" X:").or_else(|| version.find("-X:"));
    &version[..end.unwrap_or(version.len())]
}

/// Reads a file and returns its SHA-256: [`HashContext::file_hash`] without its memory and its
/// trace.
pub fn hash_file(path: &str) -> io::Result<[u8; 32]> {
    let explain = |op: &str, e: io::Error| io::Error::new(e.kind(), path_error(op, path, &e));
    #[expect(
        clippy::disallowed_methods,
        reason = "the caller notes what it has hashed"
    )]
    let mut file = std::fs::File::open(OsStr::from_bytes(&raw::bytes(path)))
        .map_err(|e| explain("open", e))?;
    let mut sha = Sha256::new();
    let mut buffer = [0; 32 << 10];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(sha.finalize().into()),
            Ok(n) => sha.update(&buffer[..n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(explain("read", e)),
        }
    }
}

/// A running hash.
///
/// `write!` and `writeln!` work and need no trait; each is one line of the trace, newline included,
/// as one fmt.Fprintf is in the stock command: group the writes as it does.
pub struct Hash<'c> {
    sha: Sha256,
    debug: Option<Box<Debug<'c>>>,
}

/// What a hash carries when someone watches.
struct Debug<'c> {
    context: &'c HashContext,
    name: String,
    /// All that was written, for [`HashContext::reverse_hash`] and [`HashContext::lines`].
    input: Vec<u8>,
    /// Where each write ended in it.
    ends: Vec<usize>,
    /// Where `write!` formats: its text must be one piece for the trace.
    line: String,
}

impl Debug<'_> {
    fn note(&mut self, bytes: &[u8]) {
        if let Some(trace) = &self.context.trace {
            trace(&format!("HASH[{}]: {}\n", self.name, quote_bytes(bytes)));
        }
        if self.context.keeps_input() {
            self.input.extend_from_slice(bytes);
            self.ends.push(self.input.len());
        }
    }
}

impl Hash<'_> {
    /// Adds bytes.
    pub fn write(&mut self, bytes: &[u8]) {
        if let Some(debug) = &mut self.debug {
            debug.note(bytes);
        }
        self.sha.update(bytes);
    }

    /// Adds text: what `write!` calls.
    pub fn write_fmt(&mut self, text: fmt::Arguments<'_>) {
        let Some(debug) = &mut self.debug else {
            // Unwatched, the text need not exist in one piece.
            let Ok(()) = Pieces(&mut self.sha).write_fmt(text) else {
                unreachable!("hashing does not fail");
            };
            return;
        };
        let mut line = std::mem::take(&mut debug.line);
        line.clear();
        let Ok(()) = line.write_fmt(text) else {
            unreachable!("formatting into memory does not fail");
        };
        let bytes = raw::bytes(&line);
        debug.note(&bytes);
        self.sha.update(&bytes);
        drop(bytes);
        debug.line = line;
    }

    /// The hash of all that was added.
    pub fn sum(self) -> [u8; 32] {
        self.sum_so_far()
    }

    /// The hash of all that was added until now; more may follow.
    pub fn sum_so_far(&self) -> [u8; 32] {
        let sum: [u8; 32] = self.sha.clone().finalize().into();
        if let Some(debug) = &self.debug {
            if let Some(trace) = &debug.context.trace {
                trace(&format!("HASH[{}]: {}\n", debug.name, hex(&sum)));
            }
            debug
                .context
                .remember(&sum, || String::from_utf8_lossy(&debug.input).into_owned());
        }
        sum
    }

    /// The hash of all that was added, as a key.
    pub fn action_id(mut self) -> ActionId {
        let key = ActionId(self.sum_so_far());
        if let Some(debug) = self.debug.take()
            && let Some(lines) = &debug.context.lines
        {
            let Debug {
                name, input, ends, ..
            } = *debug;
            let made = KeyLines {
                name,
                text: input,
                ends,
            };
            lock(lines).insert(key, Arc::new(made));
        }
        key
    }
}

/// Hashes text as it is formatted.
struct Pieces<'s>(&'s mut Sha256);

impl fmt::Write for Pieces<'_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        self.0.update(raw::bytes(piece));
        Ok(())
    }
}

/// The short form of a hash that build IDs are made of: 20 characters of base64, 120 bits.
/// Answers to buildid.HashToString.
pub fn hash_to_string(sum: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(&sum[..15])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traced() -> (HashContext, Arc<Mutex<String>>) {
        let lines = Arc::new(Mutex::new(String::new()));
        let sink = lines.clone();
        let trace: Trace = Arc::new(move |line| lock(&sink).push_str(line));
        (
            HashContext::new("go1.26.8 X:loopvar", Formulas::Known, Some(trace), true),
            lines,
        )
    }

    #[test]
    fn a_write_is_a_line() {
        let (context, lines) = traced();
        let mut hash = context.new_hash(format_args!("build {}", "a/b"));
        writeln!(hash, "compile");
        let name = "x.go";
        writeln!(hash, "file {name} {}", name.len() + 3);
        hash.write(b"\x00\xff\"");
        let sum = hash.sum();
        let expected = format!(
            "HASH[build a/b]\nHASH[build a/b]: \"go1.26.8\"\nHASH[build a/b]: \"compile\\n\"\n\
             HASH[build a/b]: \"file x.go 7\\n\"\nHASH[build a/b]: \"\\x00\\xff\\\"\"\n\
             HASH[build a/b]: {}\n",
            hex(&sum)
        );
        assert_eq!(*lock(&lines), expected);
        assert_eq!(
            context.reverse_hash(&sum),
            "compile\nfile x.go 7\n\0\u{fffd}\""
        );
    }

    #[test]
    fn watching_changes_no_hash() {
        let make = |context: &HashContext| {
            let mut hash = context.new_hash("n");
            writeln!(hash, "{} {:?} {}", b'a' - b'`', Some(2), context.salt.len());
            hash.write(b"tail");
            hash.sum()
        };
        let plain = HashContext::new("go1.26.8", Formulas::Known, None, false);
        assert_eq!(make(&plain), make(&traced().0));
        let expected: [u8; 32] = Sha256::digest(b"go1.26.81 Some(2) 8\ntail").into();
        assert_eq!(make(&plain), expected);
        assert_eq!(plain.reverse_hash(&expected), "");
    }

    #[test]
    fn lines_are_collected_for_whom_asks() {
        let make = |context: &HashContext| {
            let mut hash = context.new_hash("build a");
            writeln!(hash, "compile");
            hash.write(b"\xff");
            writeln!(hash, "file x {}", 1);
            hash.action_id()
        };
        let plain = HashContext::new("go1.26.8", Formulas::Known, None, false);
        let key = make(&plain);
        assert_eq!(plain.lines(&key), None);
        let collecting =
            HashContext::new("go1.26.8", Formulas::Known, None, false).collecting_lines();
        assert_eq!(make(&collecting), key);
        let lines = collecting.lines(&key).unwrap();
        assert_eq!(lines.name(), "build a");
        let all: Vec<_> = lines.lines().collect();
        assert_eq!(all, [&b"compile\n"[..], b"\xff", b"file x 1\n"]);
        collecting.forget_lines(&key);
        assert_eq!(collecting.lines(&key), None);
        // forgo's own keys are not collected, and collected lines are not those that verify keeps.
        let own = collecting.new_own_hash("x").action_id();
        assert_eq!(collecting.lines(&own), None);
        assert_eq!(collecting.reverse_hash(&key.0), "");
        assert_eq!(KeyLines::default().lines().count(), 0);
    }

    #[test]
    fn salt_is_the_release() {
        for (version, release) in [
            ("go1.27.3", "go1.27.3"),
            ("go1.27.3 X:a,b", "go1.27.3"),
            ("devel go1.28-abcdef -X:no", "devel go1.28-abcdef "),
            ("go1.26.8-X:nodwarf5", "go1.26.8"),
        ] {
            assert_eq!(strip_experiment(version), release);
            assert_eq!(Formulas::Known.salt(version), release.as_bytes());
            let other = Formulas::Unknown.salt(version);
            assert_eq!(other, format!("forgo {release}").as_bytes());
        }
    }

    #[test]
    fn subkeys() {
        let (context, lines) = traced();
        let parent = ActionId([0xab; 32]);
        let id = context.subkey(&parent, "std\"out");
        let mut input = b"subkey:".to_vec();
        input.extend_from_slice(&parent.0);
        input.extend_from_slice(b"std\"out");
        assert_eq!(id.0, OutputId::of(&input).0);
        let line = format!("HASH subkey {} \"std\\\"out\" = {id}\n", "ab".repeat(32));
        assert_eq!(*lock(&lines), line);
        assert!(context.reverse_hash(&id.0).starts_with("subkey abab"));
    }

    #[test]
    fn files_are_read_once() {
        let (context, lines) = traced();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f").to_str().unwrap().to_owned();
        let error = context.file_hash(&path).unwrap_err();
        let text = format!("open {path}: no such file or directory");
        assert_eq!(error.to_string(), text);
        std::fs::write(&path, vec![7; 100_000]).unwrap();
        let sum = context.file_hash(&path).unwrap();
        assert_eq!(sum, OutputId::of(&vec![7; 100_000]).0);
        std::fs::write(&path, "changed").unwrap();
        assert_eq!(context.file_hash(&path).unwrap(), sum);
        let expected = format!("HASH {path}: {text}\nHASH {path}: {}\n", hex(&sum));
        assert_eq!(*lock(&lines), expected);
        context.set_file_hash("/nowhere", [1; 32]);
        assert_eq!(context.file_hash("/nowhere").unwrap(), [1; 32]);
        let error = context.file_hash(dir.path().to_str().unwrap()).unwrap_err();
        assert!(error.to_string().ends_with(": is a directory"), "{error}");
    }

    #[test]
    fn short_form() {
        let sum: [u8; 32] = std::array::from_fn(|i| (i * 37 + 251) as u8);
        assert_eq!(hash_to_string(&sum), "-yBFao-02f4jSG2St9wB");
        assert_eq!(hash_to_string(&[0xff; 32]), "_".repeat(20));
    }
}
