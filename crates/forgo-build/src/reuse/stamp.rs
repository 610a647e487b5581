//! Ends the making of an archive or executable: its build ID gets the content ID that the file
//! deserves, and the file and the output of the tools go to the cache. [`Donor`] does so for an
//! archive that is taken over from another key.
//!
//! Answers to `updateBuildID` in cmd/go/internal/work/buildid.go.

use std::io::Read as _;

use forgo_cache::{ActionId, Content, OutputId, Verify, get_file, hash_to_string, put_bytes};

use forgo_golang::object::pieces::Pieces;
use forgo_golang::raw;
use forgo_load::disk;
use memchr::memmem;

use crate::action::{ActionCx, ActionError};
use crate::archive::{self, Buffer};
use crate::build_id;
use crate::plan::Kind;
use crate::shell::join_unambiguously;
use forgo_load::disk::Because;

/// The archive or executable that was made.
#[derive(Debug)]
pub struct Made<'a> {
    /// The file.
    pub file: &'a str,
    /// The key of the action.
    pub key: ActionId,
    /// The temporary build ID that the file was made with.
    pub build_id: &'a str,
    /// Of a link: the key of the main package, under which the linker's output is kept.
    pub main_key: Option<ActionId>,
    /// An archive that a record is to be made of: its [checksum](Stamped::sum) is wanted, and what
    /// importers [see](crate::exports) of it.
    pub recorded: bool,
}

/// The result of stamping and storing it.
#[derive(Debug, Default)]
pub struct Stamped {
    /// Its final build ID.
    pub build_id: String,
    /// It is that of the file; under -n there is none.
    pub id_is_final: bool,
    /// Its file in the cache, where it was stored.
    pub cached: Option<String>,
    /// Of an archive that was stored: its output and size.
    pub output: Option<(OutputId, u64)>,
    /// The [checksum](Donor::checksum) of an archive, where it is wanted and the bytes were at
    /// hand.
    pub sum: Option<u128>,
}

/// An archive of the cache that stands for one which would be compiled, or that one is made of.
#[derive(Debug)]
pub struct Donor {
    bytes: Buffer,
    build_id: String,
}

impl Donor {
    /// The archive behind a key; `None` where there is none. It may be damaged.
    pub fn read(cx: &ActionCx<'_>, key: &ActionId) -> Option<Donor> {
        let (file, _) = get_file(cx.run.job.cache, key).ok()?;
        Donor::read_file(&file)
    }

    /// The archive behind a key, if its bytes are those that were stored: another archive of the
    /// same size in its place is not.
    pub fn read_stored(cx: &ActionCx<'_>, key: &ActionId) -> Option<Donor> {
        let (file, entry) = get_file(cx.run.job.cache, key).ok()?;
        let donor = Donor::read_file(&file)?;
        (OutputId::of(&donor.bytes) == entry.output).then_some(donor)
    }

    /// That of a file.
    pub fn read_file(file: &str) -> Option<Donor> {
        let mut bytes = Buffer::default();
        disk::own::open(Because::Cached, file)
            .ok()?
            .read_to_end(&mut bytes)
            .ok()?;
        let build_id = archive::build_id(&bytes[..bytes.len().min(1024)])?;
        (!build_id.is_empty()).then_some(Donor { bytes, build_id })
    }

    /// All of it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the content ID in its build ID.
    pub fn content_id(&self) -> &str {
        build_id::content_id(&self.build_id)
    }

    /// Reports whether it is undamaged: its build ID holds the hash of everything else.
    pub fn is_genuine(&self) -> bool {
        let found = build_id::find_and_hash(&self.bytes, &self.build_id);
        hash_to_string(&found.hash) == self.content_id()
    }

    /// Returns a checksum of all of it, many times as fast as a hash that withstands forgery. An
    /// attacker that can write into the cache needs no forgery.
    pub fn checksum(&self) -> u128 {
        checksum(&self.bytes)
    }

    /// As a compile with this stock key would write it, and its build ID; `None` where it is
    /// damaged.
    pub fn stamped(mut self, key: &ActionId) -> Option<(Buffer, String)> {
        let found = build_id::find_and_hash(&self.bytes, &self.build_id);
        let content = hash_to_string(&found.hash);
        if content != self.content_id() {
            return None;
        }
        let new = self.stamp(key, &content)?;
        build_id::stamp(&mut self.bytes, &found.offsets, &new);
        Some((self.bytes, new))
    }

    /// Gives an archive that was derived from this one, and still has its build ID, the build ID
    /// that a compile with this stock key would give it.
    pub fn stamp_made(&self, made: &mut Pieces<'_>, key: &ActionId) -> Option<String> {
        let found = build_id::find_and_hash_pieces(made, &self.build_id);
        let new = self.stamp(key, &hash_to_string(&found.hash))?;
        for at in found.offsets {
            made.overwrite(at as usize, new.as_bytes());
        }
        Some(new)
    }

    /// Returns an archive that was derived from this one, and still has its build ID, with the
    /// temporary one that a compile begins with.
    pub fn begun(&self, made: &Pieces<'_>, temporary: &str) -> Option<Vec<u8>> {
        if temporary.len() != self.build_id.len() {
            return None;
        }
        let mut bytes = made.to_vec();
        let found: Vec<usize> = memmem::find_iter(&bytes, &self.build_id).collect();
        for at in found {
            bytes[at..at + temporary.len()].copy_from_slice(temporary.as_bytes());
        }
        Some(bytes)
    }

    /// The build ID that takes the place of the old one, which has the same length.
    fn stamp(&self, key: &ActionId, content: &str) -> Option<String> {
        let new = format!("{}/{content}", hash_to_string(&key.0));
        (new.len() == self.build_id.len()).then_some(new)
    }
}

fn checksum(bytes: &[u8]) -> u128 {
    xxhash_rust::xxh3::xxh3_128(bytes)
}

/// Stamps and stores a file.
pub fn finish(cx: &ActionCx<'_>, made: &Made<'_>) -> Result<Stamped, ActionError> {
    if cx.shell.shows_commands() {
        let line = join_unambiguously(&["go", "tool", "buildid", "-w", made.file]);
        cx.shell.show_cmd("", &format!("{line} # internal"));
        if cx.config().flags.n {
            return Ok(Stamped {
                build_id: made.build_id.to_owned(),
                ..Stamped::default()
            });
        }
    }
    store_output(cx, made);

    let action = hash_to_string(&made.key.0);
    let updated =
        build_id::update_file(made.file, made.build_id, &action).map_err(ActionError::new)?;
    let build_id = updated.build_id;
    if !updated.stamped {
        // The user chose another build ID: there is nothing to find the file by.
        return Ok(Stamped {
            build_id,
            id_is_final: true,
            ..Stamped::default()
        });
    }
    let content = match updated.bytes.as_deref() {
        // With -work the file stays, for people to do with as they like.
        Some(bytes) if cx.config().flags.work => Content::Bytes(bytes),
        Some(bytes) => Content::Made {
            bytes,
            file: made.file,
        },
        None => Content::File(made.file),
    };
    let mut output = None;
    let cached = match &cx.node().kind {
        Kind::Build => {
            output = store_archive(cx, made, content)?;
            output.map(|(output, _)| cx.run.job.cache.output_file(&output))
        }
        Kind::Link if cx.node().cache_executable => store_executable(cx, made, content),
        _ => None,
    };
    let bytes = updated.bytes.as_deref().filter(|_| made.recorded);
    if let Some(bytes) = bytes {
        let places = cx.run.places();
        let exports = &cx.run.exports;
        exports.note_made(made.file, cached.as_deref(), bytes, places);
    }
    Ok(Stamped {
        build_id,
        id_is_final: true,
        cached,
        output,
        sum: bytes.map(|bytes| checksum(bytes)),
    })
}

/// Keeps the output of the tools, which is shown again whenever the result is used again. The
/// linker's output is kept under the main package's key: the one that is at hand when the
/// executable is found up to date.
fn store_output(cx: &ActionCx<'_>, made: &Made<'_>) {
    let job = &cx.run.job;
    let subkey = match (&cx.node().kind, made.main_key) {
        (Kind::Build, _) => job.hashes.subkey(&made.key, "stdout"),
        (Kind::Link, Some(main)) => job.hashes.subkey(&main, "link-stdout"),
        _ => return,
    };
    let output = cx.shell.saved_output();
    // The result is good without it.
    let _ = put_bytes(job.cache, &subkey, &raw::bytes(&output), Verify::Strict);
}

/// Stores an archive. A failure to store it matters only to a command that reports the file.
fn store_archive(
    cx: &ActionCx<'_>,
    made: &Made<'_>,
    content: Content<'_>,
) -> Result<Option<(OutputId, u64)>, ActionError> {
    let job = &cx.run.job;
    match job.cache.put(&made.key, content, Verify::Strict) {
        Ok((output, size)) => {
            show_copy(cx, made.file, &job.cache.output_file(&output));
            Ok(Some((output, size)))
        }
        Err(e @ forgo_cache::Error::Verify(_)) => Err(ActionError::fatal(e.to_string())),
        Err(e) if job.options.need_export => Err(ActionError::new(e.to_string())),
        Err(_) => Ok(None),
    }
}

fn store_executable(cx: &ActionCx<'_>, made: &Made<'_>, content: Content<'_>) -> Option<String> {
    let package = cx.package();
    let name = match package.internal.exe_name.as_str() {
        "" => package.default_exec_name(),
        name => name.to_owned(),
    };
    let name = name + &cx.config().target.exe_suffix;
    let cache = cx.run.job.cache;
    let stored = cache.put_executable(&made.key, &name, content)?;
    let file = cache.output_file(&stored.ok()?.0);
    show_copy(cx, made.file, &file);
    Some(file)
}

fn show_copy(cx: &ActionCx<'_>, from: &str, to: &str) {
    if cx.config().flags.x {
        let line = join_unambiguously(&["cp", from, to]);
        cx.shell.show_cmd("", &format!("{line} # internal"));
    }
}
