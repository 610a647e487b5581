//! Moving archives: what was compiled in one directory is not compiled again in another.
//!
//! An archive holds the names of its source files, and its key their directory; so in a second checkout
//! of the same commit the stock command compiles everything anew. But names are all that differs
//! ([`forgo_golang::object::relocate`]). So there is one more key for every package that lies in a
//! [place](places): the lines of the stock key, with the place's name instead of its directory, and for
//! each import the hash of its export data as it would be with names of places. Under it a [record] says
//! which archive was made of this, and where. When neither the stock key nor [`super::cutoff`]'s is
//! known, that archive is moved here, stamped, and stored under the stock key.
//!
//! What a move can't know to be right is compiled; see [`doubt`], [`sources`] and
//! docs/moving.md. [`verify`] compiles a share of what was moved all the same.

mod adopt;
pub mod places;
mod record;
mod sources;
pub mod verify;
pub mod vets;

use std::collections::HashMap;
use std::sync::OnceLock;

use forgo_cache::{ActionId, Verify, get_bytes, hash_to_string, put_bytes};
use forgo_golang::object::relocate::{self, Move, Moved};
use forgo_golang::object::{Fingerprint, Unfit};
use forgo_golang::quote::hex;

use crate::actions::compile_inputs::{Import, Inputs, Place};
use crate::actions::{ActionCx, ActionError, Artifact};
use crate::archive;
use crate::plan::NodeId;
use crate::run::build_id;
use crate::run::cutoff::{self, Doubt};
use crate::run::reuse::{Known, Way};

pub use adopt::{adopt, end};
pub use places::Places;
use record::Record;

/// Releases whose archives were moved and compared with compiled ones.
const RELEASES: [&str; 2] = ["go1.26.8", "go1.27.3"];

/// What all moves of a run share.
#[derive(Debug, Default)]
pub struct Shared {
    places: OnceLock<Places>,
    distrusted: OnceLock<bool>,
    adoption: OnceLock<Option<ActionId>>,
}

impl Shared {
    /// The places of the run.
    pub fn places(&self, cx: &ActionCx<'_>) -> &Places {
        let job = &cx.run.job;
        self.places
            .get_or_init(|| Places::of(job.config, job.graph))
    }
}

/// An archive that was moved here.
struct Arrived {
    bytes: Vec<u8>,
    build_id: String,
    /// What the compiler said of it, as it would have been said here.
    said: String,
    record: Record,
    fingerprints: (Fingerprint, Fingerprint),
}

/// What [`find`] comes to.
pub enum Found {
    /// The archive, stored under the stock key.
    Known(Known),
    /// The archive would have this build ID. It is to be compiled for comparison.
    Expected(String),
    /// Nothing.
    Nothing,
}

/// Finds an archive that was made elsewhere, moves it here and stores it under the stock key.
pub fn find(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    build: NodeId,
    key: &ActionId,
) -> Result<Found, ActionError> {
    if doubt(cx, inputs) || verify::is_distrusted(cx)? {
        return Ok(Found::Nothing);
    }
    let Some(everywhere) = key_everywhere(cx, inputs)? else {
        return Ok(Found::Nothing);
    };
    let Some(arrived) = bring(cx, inputs, &everywhere, key) else {
        return Ok(Found::Nothing);
    };
    if verify::is_chosen(cx, key) {
        return Ok(Found::Expected(arrived.build_id));
    }
    settle(cx, inputs, build, key, arrived)
}

/// The key that all checkouts have in common; `None` where the package is compiled in each.
pub fn shared_key(cx: &ActionCx<'_>, inputs: &Inputs<'_>) -> Result<Option<ActionId>, ActionError> {
    if doubt(cx, inputs) || verify::is_distrusted(cx)? {
        return Ok(None);
    }
    key_everywhere(cx, inputs)
}

/// What was made elsewhere while the build waited for its turn.
pub fn find_made(cx: &ActionCx<'_>, inputs: &Inputs<'_>, key: &ActionId) -> Option<Known> {
    match find(cx, inputs, cx.id, key) {
        Ok(Found::Known(known)) => Some(known),
        // Compiling says what is wrong.
        Ok(Found::Expected(_) | Found::Nothing) | Err(_) => None,
    }
}

/// Remembers an archive that was just compiled and stored, for [`find`].
pub fn record(cx: &ActionCx<'_>, inputs: &Inputs<'_>, key: &ActionId) -> Result<(), ActionError> {
    if doubt(cx, inputs) {
        return Ok(());
    }
    if let Some(everywhere) = key_everywhere(cx, inputs)? {
        keep(cx, inputs, key, &everywhere, &cx.shell.saved_output());
    }
    Ok(())
}

/// Keeps the record of an archive, and what the compiler said of it, if it can be moved.
fn keep(cx: &ActionCx<'_>, inputs: &Inputs<'_>, key: &ActionId, everywhere: &ActionId, said: &str) {
    let places = cx.run.moving.places(cx);
    let mut cwd = String::new();
    if !said.is_empty() {
        match places.named(&cx.config().cwd) {
            // Names of files in it are relative, and no longer than absolute ones.
            Some(named) if !said.contains("../") => cwd = named,
            _ => return,
        }
    }
    if !sources::are_plain(cx, inputs, places) {
        return;
    }
    let record = Record {
        key: *key,
        cwd,
        places: places.clone(),
    };
    // Another checkout compiles again without it, no more.
    let text = record.to_text();
    let _ = put_bytes(cx.run.job.cache, everywhere, text.as_bytes(), Verify::Lax);
}

/// Whether a package is compiled, whatever is known of it elsewhere.
fn doubt(cx: &ActionCx<'_>, inputs: &Inputs<'_>) -> bool {
    let config = inputs.config;
    let doubt = cutoff::doubt(cx, inputs);
    // A move makes no coverage meta-data; whoever wants it sees that it is missing.
    let doubt = doubt.filter(|doubt| *doubt != Doubt::Coverage);
    let doubt = match doubt {
        Some(Doubt::Flags) => {
            !inputs.magic.is_empty() || !inputs.gcflags.iter().all(|f| is_known(f))
        }
        other => other.is_some(),
    };
    let known = |flag: &String| matches!(flag.as_str(), "-race" | "-shared");
    doubt
        || !RELEASES.contains(&config.dist.version.as_str())
        || !inputs.experiment.is_empty()
        || inputs.trimpath
        || inputs.local
        || !inputs.local_prefix.is_empty()
        || !config.modules.overlay.is_empty()
        || inputs.fuzz_flags.is_some()
        || !inputs.forced_gcflags.iter().all(known)
        || !inputs.asmflags.is_empty()
}

/// Compiler flags whose output is text that [`Places::rewrite`] knows how to move.
fn is_known(flag: &str) -> bool {
    matches!(flag, "-m" | "-m=1" | "-m=2") || cutoff::is_plain(flag)
}

/// The key that is the same wherever the places are; `None` where the package has nothing to do with a
/// place, or that can't be told.
fn key_everywhere(cx: &ActionCx<'_>, inputs: &Inputs<'_>) -> Result<Option<ActionId>, ActionError> {
    let places = cx.run.moving.places(cx);
    let named = match inputs.place {
        Place::Dir(dir) => places.named(dir),
        _ => None,
    };
    if let Place::Dir(_) = inputs.place
        && named.is_none()
    {
        return Ok(None);
    }
    let mut placed = named.is_some();
    let mut exports = Vec::with_capacity(inputs.imports.len());
    for import in &inputs.imports {
        let Some(file) = import.archive else {
            exports.push(import.content_id.to_owned());
            continue;
        };
        let Some(Ok(anywhere)) = cx.run.exports.of(file, places).map(|e| e.anywhere) else {
            return Ok(None);
        };
        placed |= anywhere.placed;
        exports.push(hex(&anywhere.id));
    }
    if !placed {
        return Ok(None);
    }
    let place = named.as_deref().map_or(inputs.place, Place::Dir);
    inputs.key_elsewhere(cx, place, &exports).map(Some)
}

/// The archive behind a key that is the same everywhere, as a compile with this stock key would write it
/// here; `None` where there is none, or it can't be moved.
fn bring(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    everywhere: &ActionId,
    key: &ActionId,
) -> Option<Arrived> {
    let job = &cx.run.job;
    let here = cx.run.moving.places(cx);
    let (text, _) = get_bytes(job.cache, everywhere).ok()?;
    let record = Record::parse(&text)?;
    let (bytes, _) = get_bytes(job.cache, &record.key).ok()?;
    let said = said_here(cx, &record, here)?;
    let Moved {
        mut bytes,
        fingerprints,
    } = relocated(cx, inputs, &bytes, &record.places, here).ok()?;

    let old = archive::build_id(&bytes[..bytes.len().min(1024)])?;
    let made_by = hash_to_string(&record.key.0);
    let found = build_id::find_and_hash(&bytes, &old);
    let content = hash_to_string(&found.hash);
    let new = format!("{}/{content}", hash_to_string(&key.0));
    if build_id::action_id(&old) != made_by || new.len() != old.len() {
        return None;
    }
    build_id::stamp(&mut bytes, &found.offsets, &new);
    Some(Arrived {
        bytes,
        build_id: new,
        said,
        record,
        fingerprints,
    })
}

fn relocated(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    bytes: &[u8],
    there: &Places,
    here: &Places,
) -> Result<Moved, Unfit> {
    let imports: HashMap<&[u8], &Import<'_>> = inputs
        .imports
        .iter()
        .map(|import| (import.import_path.as_bytes(), import))
        .collect();
    let exports = &cx.run.exports;
    let import = |path: &[u8], old: Fingerprint| {
        let file = imports.get(path).and_then(|import| import.archive);
        let file = file.ok_or(Unfit::Refused("it imports what the package does not"))?;
        let anywhere = exports.of(file, here).and_then(|e| e.anywhere.ok());
        let now = anywhere.ok_or(Unfit::Refused("an import's export data can't be read"))?;
        if exports.fingerprint_at(file, here, there)? != old {
            return Err(Unfit::Refused("it was compiled with another import"));
        }
        Ok(now.fingerprint)
    };
    there.renaming(here, |rename| {
        let how = Move {
            rename,
            import: &import,
        };
        relocate::archive(bytes, &how)
    })
}

/// What the compiler said of an archive, as it would have said it here; `None` where that can't be
/// told.
fn said_here(cx: &ActionCx<'_>, record: &Record, here: &Places) -> Option<String> {
    if record.cwd.is_empty() {
        return Some(String::new());
    }
    if here.named(&cx.config().cwd).as_ref() != Some(&record.cwd) {
        return None;
    }
    let job = &cx.run.job;
    let stdout = job.hashes.own_subkey(&record.key, "stdout");
    let (said, _) = get_bytes(job.cache, &stdout).ok()?;
    let said = String::from_utf8(said).ok()?;
    Some(record.places.rewrite(&said, here))
}

/// Stores what was moved, and says what the compiler would have said.
fn settle(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    build: NodeId,
    key: &ActionId,
    arrived: Arrived,
) -> Result<Found, ActionError> {
    let stored = cutoff::store(cx, inputs, build, key, &arrived.bytes, &arrived.said)?;
    let Some(file) = stored else {
        return Ok(Found::Nothing);
    };
    if !arrived.said.is_empty() {
        cx.shell.print(arrived.said);
    }
    let (there, _) = arrived.fingerprints;
    let exports = &cx.run.exports;
    exports.note_elsewhere(&file, &arrived.record.places, there);
    Ok(Found::Known(Known {
        built: Artifact::Cached(file),
        build_id: arrived.build_id,
        way: Way::Moved,
    }))
}
