//! Test results by content: a second key beside the stock one, in which the files and directories that a
//! test read count by what is in them, and not by when they were written. So a fresh clone at the same
//! place, or a checkout that touched everything, runs no test again (golang/go#58571).
//!
//! Where the stock key leads nowhere, this one may; the result is then stored under the stock key too. A
//! result found under the stock key is stored under this one. What is kept is never weaker:
//!
//! * environment variables, the log of inputs, the module as the border of what is looked at: as in the
//!   stock key;
//! * of a file: kind, mode, size, content; of a directory: names, kinds, modes, and sizes of files; of a
//!   symbolic link where it leads; of what is not there the error;
//! * nothing is stored of a test that read something that changed after the test began (#26790), by its
//!   modification or change time.
//!
//! Files are named by their way from the module's root: a binary that is the same in two checkouts (`-trimpath`) is
//! known to give the same result in both. What a test learns from modification times alone is not seen. `FORGO_EXTRAS=off` brings the stock
//! rule back.

use std::borrow::Cow;
use std::fs::Metadata;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime};

use forgo_cache::hash::Hash;
use forgo_cache::{ActionId, Verify, get_bytes, put_bytes};
use forgo_golang::path;
use forgo_golang::quote::hex;
use sha2::{Digest, Sha256};

use crate::actions::ActionCx;
use crate::actions::test_inputs::{self, Input};
use crate::disk;
use crate::package::Package;
use crate::process::errno_text;

/// Clocks of file systems stand still so long at most.
const TICK: Duration = Duration::from_millis(20);

/// A test that reads more is not known by content.
const MOST: u64 = 1 << 30;

/// A result found.
pub(super) struct Found {
    pub output: Vec<u8>,
    /// When it was stored.
    pub made: SystemTime,
    /// What the test read.
    pub log: Vec<u8>,
}

/// The result of `test` (a binary with its arguments) for its inputs as they are. `log` is the log of
/// inputs that the stock key leads to, where there is one.
pub(super) fn fetch(
    cx: &ActionCx<'_>,
    p: &Package,
    test: &ActionId,
    log: Option<Vec<u8>>,
) -> Option<Found> {
    let cache = cx.run.job.cache;
    let own = || Some(get_bytes(cache, &log_key(cx, test)).ok()?.0);
    let log = log.or_else(own)?;
    let key = key(cx, p, test, &log, None)?;
    let (output, entry) = get_bytes(cache, &key).ok()?;
    let made = entry.time;
    output
        .ends_with(b"\n")
        .then_some(Found { output, made, log })
}

/// Stores the result of a test that ran.
pub(super) fn save(
    cx: &ActionCx<'_>,
    p: &Package,
    test: &ActionId,
    log: &[u8],
    output: &[u8],
    began: SystemTime,
) {
    if let Some(key) = key(cx, p, test, log, Some(began)) {
        put(cx, &log_key(cx, test), log);
        put(cx, &key, output);
    }
}

/// Stores a result that was found under its stock key, where it was `made`, unless that was done. That
/// key knows sizes and modification times, which can be set back: what changed since is not the content
/// that the test read.
pub(super) fn note(
    cx: &ActionCx<'_>,
    p: &Package,
    test: &ActionId,
    log: &[u8],
    output: &[u8],
    made: SystemTime,
) {
    if !cx.config().extras {
        return;
    }
    let hashes = cx.run.job.hashes;
    let mut done = hashes.new_own_hash("test result is known by content");
    done.write(&test.0);
    done.write(&Sha256::digest(output));
    let done = done.action_id();
    if cx.run.job.cache.get(&done).is_ok() {
        return;
    }
    if let Some(key) = key(cx, p, test, log, Some(made)) {
        put(cx, &log_key(cx, test), log);
        put(cx, &key, output);
    }
    put(cx, &done, b"");
}

fn put(cx: &ActionCx<'_>, key: &ActionId, bytes: &[u8]) {
    // A cache that can't take it is no failure of the test.
    let _ = put_bytes(cx.run.job.cache, key, bytes, Verify::Lax);
}

/// The log is kept apart from the stock one: for that, results with files that were just written do not
/// exist.
fn log_key(cx: &ActionCx<'_>, test: &ActionId) -> ActionId {
    let mut hash = cx.run.job.hashes.new_own_hash("test log by content");
    hash.write(&test.0);
    hash.action_id()
}

/// The key of the output. With a time, none where an input changed since.
fn key(
    cx: &ActionCx<'_>,
    p: &Package,
    test: &ActionId,
    log: &[u8],
    unchanged_since: Option<SystemTime>,
) -> Option<ActionId> {
    if !cx.config().extras {
        return None;
    }
    let hashes = cx.run.job.hashes;
    let mut contents = Contents {
        hash: hashes.new_own_hash("test result by content"),
        before: unchanged_since.map(|time| time - TICK),
        left: MOST,
    };
    contents.hash.write(&test.0);
    let inputs = test_inputs::parse(cx, p, log)?;
    let alone = inputs.iter().any(|i| matches!(i, Input::Beside(_)));
    if alone {
        contents.line("of", &p.root);
    }
    for input in inputs {
        contents.line("", &anywhere(&p.root, &input));
        match &input {
            Input::Variable(name) => {
                let value = test_inputs::variable(cx, name);
                contents.line("is", &hex(&value));
            }
            Input::Directory(name) | Input::Stat(name) => contents.path(name, false)?,
            Input::Open(name) => contents.path(name, true)?,
            Input::Beside(_) => {}
        }
    }
    let value = test_inputs::variable(cx, "GODEBUG");
    contents.line("GODEBUG", &hex(&value));
    Some(contents.hash.action_id())
}

/// The name of an input, without the directory of the module: in another checkout the same binary reads the
/// same files. One that has asked where it is has done so through `PWD`, whose value is in the key; one that
/// looks beside the module is of its directory alone.
fn anywhere<'i>(root: &str, input: &'i Input) -> Cow<'i, str> {
    let name = input.name();
    match input {
        Input::Variable(_) => name.into(),
        _ => match name.strip_prefix(root) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                format!("<root>{rest}").into()
            }
            _ => name.into(),
        },
    }
}

struct Contents<'c> {
    hash: Hash<'c>,
    /// Inputs must not have changed after that.
    before: Option<SystemTime>,
    /// Bytes that may still be read.
    left: u64,
}

impl Contents<'_> {
    fn line(&mut self, what: &str, text: &str) {
        writeln!(self.hash, "{what} {} {text}", text.len());
    }

    /// Adds what is at a path. `None` where it changed, or is too much.
    fn path(&mut self, name: &str, entries: bool) -> Option<()> {
        match disk::whole_symlink_metadata(name) {
            Ok(meta) if meta.is_symlink() => {
                self.is_old(&meta)?;
                let to = disk::read_link(name).ok()?;
                self.line("link", &disk::text_of(to));
            }
            Ok(_) => {}
            Err(e) => {
                self.line("lstat", &errno_text(&e));
                return Some(());
            }
        }
        let meta = match disk::whole_metadata(name) {
            Ok(meta) => meta,
            Err(e) => {
                self.line("stat", &errno_text(&e));
                return Some(());
            }
        };
        self.kind(&meta);
        if meta.is_file() {
            self.is_old(&meta)?;
            self.file(name, &meta)
        } else if meta.is_dir() && entries {
            self.is_old(&meta)?;
            self.entries(name)
        } else {
            // A device or a pipe: nobody knows what it gives.
            meta.is_dir().then_some(())
        }
    }

    fn kind(&mut self, meta: &Metadata) {
        let size = if meta.is_file() { meta.len() } else { 0 };
        writeln!(self.hash, "mode {:o} size {size}", meta.mode());
    }

    /// Neither its content nor its name, mode or place changed since the test began.
    fn is_old(&self, meta: &Metadata) -> Option<()> {
        let Some(before) = self.before else {
            return Some(());
        };
        let changed = Duration::new(
            u64::try_from(meta.ctime()).ok()?,
            u32::try_from(meta.ctime_nsec()).ok()?,
        );
        let modified = meta.modified().ok()?;
        let old = modified < before && SystemTime::UNIX_EPOCH + changed < before;
        old.then_some(())
    }

    fn file(&mut self, name: &str, meta: &Metadata) -> Option<()> {
        self.left = self.left.checked_sub(meta.len())?;
        let mut file = match disk::open(name) {
            Ok(file) => file,
            Err(e) => {
                self.line("open", &errno_text(&e));
                return Some(());
            }
        };
        let mut sha = Sha256::new();
        let mut buffer = vec![0; 64 << 10];
        let mut size = 0;
        loop {
            let read = file.read(&mut buffer).ok()?;
            if read == 0 {
                break;
            }
            size += read as u64;
            sha.update(&buffer[..read]);
        }
        self.line("content", &hex(&sha.finalize()));
        (size == meta.len()).then_some(())
    }

    fn entries(&mut self, dir: &str) -> Option<()> {
        let entries = match disk::read_dir(dir) {
            Ok(entries) => entries,
            Err(e) => {
                self.line("open", &errno_text(&e));
                return Some(());
            }
        };
        let names: Result<Vec<String>, _> = entries
            .map(|entry| entry.map(|e| disk::text_of(e.file_name())))
            .collect();
        let mut names = names.ok()?;
        names.sort_unstable();
        for name in names {
            self.line("entry", &name);
            let file = path::join2(dir, &name);
            let meta = disk::whole_symlink_metadata(&file).ok()?;
            if meta.is_file() {
                self.is_old(&meta)?;
            }
            self.kind(&meta);
        }
        Some(())
    }
}
