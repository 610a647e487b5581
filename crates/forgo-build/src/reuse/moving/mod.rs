//! Moving archives: a package that was compiled in one directory is not compiled again in another.
//!
//! An archive holds the names of its source files, and its key their directory; so in a second
//! checkout of the same commit the stock command compiles everything anew. But names are all that
//! differs ([`forgo_golang::object::relocate`]). So there is one more key for every package that
//! lies in a [place](crate::exports::places): the lines of the stock key, with the place's name
//! instead of its directory, and for each import the hash of its export data as it would be with
//! names of places. Under it a [record] names the archive that was made of these inputs, and its
//! directory. When the stock key is not known, that archive is moved here, stamped, and stored
//! under the stock key.
//!
//! What a move can't know to be right is compiled; see [`may_move`], [`sources`] and
//! docs/moving.md. Whether archives of this compiler are moved at all, [`trust`] knows.

mod adopt;
pub mod go_part;
mod record;
mod sources;
pub mod vets;

use std::collections::HashMap;

use forgo_cache::{ActionId, Content, get_bytes};
use forgo_golang::object::pieces::Pieces;
use forgo_golang::object::relocate::{self, Move, Moved};
use forgo_golang::object::{Fingerprint, Unfit};
use forgo_golang::quote::hex;
use forgo_load::verdict::{CompileDoubt as Doubt, Way, Why};

use crate::action::check::{Derived, Known};
use crate::action::own_keys::{Header, OwnKeys};
use crate::action::trust::{Claim, Rule};
use crate::action::{ActionCx, ActionError, Artifact};
use crate::build_id;
use crate::exports::{Anywhere, Places};
use crate::plan::NodeId;
use crate::reuse::cutoff;
use crate::reuse::stamp::Donor;
use crate::reuse::trust::{self, Ask};
use crate::toolchain::inputs::compile::{Import, Inputs, Place};

pub use adopt::{adopt, end};
use record::{Kept, Record};

/// An archive that was moved here.
struct Arrived<'d> {
    archive: Pieces<'d>,
    build_id: String,
    /// The messages that the compiler printed for it, with the names that they would have here.
    said: String,
    record: Record,
    fingerprints: (Fingerprint, Fingerprint),
}

impl Arrived<'_> {
    /// The rules that it was made by. Where no name in it changed, it is the archive of there,
    /// stamped anew.
    fn rules(&self, inputs: &Inputs<'_>) -> &'static [Rule] {
        if build_id::content_id(&self.build_id) == self.record.content {
            return &[Rule::Restamp];
        }
        rules_of(inputs)
    }
}

/// The rules that moving an archive rests on.
fn rules_of(inputs: &Inputs<'_>) -> &'static [Rule] {
    if inputs.files.s.is_empty() {
        &[Rule::Move]
    } else {
        &[Rule::Move, Rule::Assembly]
    }
}

/// What [`find`] comes to.
pub enum Found {
    /// The archive: stored under the stock key, or to be compared.
    Made(Derived),
    /// The archive of these inputs can't be moved: it may still be found by the export data in this
    /// directory.
    NotMoved,
    /// Nothing, for this reason.
    Nothing(Why),
}

/// Finds an archive that was made elsewhere, moves it here and stores it under the stock key.
pub fn find(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    keys: &OwnKeys,
    build: NodeId,
    key: &ActionId,
) -> Result<Found, ActionError> {
    let Some(everywhere) = &keys.everywhere else {
        return Ok(Found::NotMoved);
    };
    let kept = cx.run.job.cache.local_part().note(everywhere);
    let record = match kept.and_then(|text| Kept::parse(&text)) {
        Some(Kept::Archive(record)) => record,
        Some(Kept::NotMoved) => return Ok(Found::NotMoved),
        None => return Ok(Found::Nothing(Why::Absent)),
    };
    let Some(donor) = donor(cx, &record) else {
        return Ok(Found::Nothing(Why::Gone));
    };
    let Some(arrived) = bring(cx, inputs, record, &donor, key) else {
        return Ok(Found::Nothing(Why::NotMovable));
    };
    let rules = arrived.rules(inputs);
    match trust::ask(cx, rules, key)? {
        Ask::Use => settle(cx, inputs, build, key, arrived),
        Ask::Compare => Ok(Found::Made(Derived::Claim(Claim {
            rules,
            build_id: arrived.build_id,
            said: arrived.said,
        }))),
        Ask::Leave => Ok(Found::Nothing(Why::Distrusted)),
    }
}

/// Returns the archive that was made elsewhere while the build waited for its turn.
pub fn find_made(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    keys: &OwnKeys,
    key: &ActionId,
) -> Option<Known> {
    match find(cx, inputs, keys, cx.id, key) {
        Ok(Found::Made(Derived::Known(known))) => Some(known),
        // The compile reports the error.
        Ok(_) | Err(_) => None,
    }
}

/// An archive that is in the cache.
#[derive(Debug)]
pub struct Made<'a> {
    /// Its stock key.
    pub key: &'a ActionId,
    /// Where it can be read.
    pub file: &'a str,
    /// Its build ID.
    pub build_id: &'a str,
    /// The messages that the compiler printed for it.
    pub said: &'a str,
    /// The [checksum](Donor::checksum) of its bytes, where its content ID was just made of them.
    pub sum: Option<u128>,
}

/// Remembers an archive that was just compiled and stored, for [`find`]; `false` where it won't be
/// found.
pub fn record(cx: &ActionCx<'_>, inputs: &Inputs<'_>, keys: &OwnKeys, made: &Made<'_>) -> bool {
    let Some(everywhere) = &keys.everywhere else {
        return false;
    };
    let record = record_of(cx, inputs, &keys.headers, made);
    let can_move = record.is_some();
    put(
        cx,
        everywhere,
        &record.map_or(Kept::NotMoved, Kept::Archive),
    );
    can_move
}

/// The record of an archive, if it can be moved.
fn record_of(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    headers: &[Header],
    made: &Made<'_>,
) -> Option<Record> {
    let places = cx.run.places();
    let record = record_of_plain(cx, made)?;
    sources::are_plain(cx, inputs, headers, places).then_some(record)
}

/// Returns the record of an archive whose sources do not state the name of a source file.
fn record_of_plain(cx: &ActionCx<'_>, made: &Made<'_>) -> Option<Record> {
    let places = cx.run.places();
    let mut cwd = String::new();
    if !made.said.is_empty() {
        match places.named(&cx.config().cwd) {
            // Names of files in it are relative, and no longer than absolute ones.
            Some(named) if !made.said.contains("../") => cwd = named,
            _ => return None,
        }
    }
    let export = cx.run.exports.anywhere(made.file, places).ok()?;
    let content = build_id::content_id(made.build_id);
    // From now on the checksum stands for the content ID.
    let sum = made.sum.or_else(|| {
        let donor = Donor::read_file(made.file)?;
        let good = donor.content_id() == content && donor.is_genuine();
        good.then(|| donor.checksum())
    })?;
    Some(Record {
        key: *made.key,
        content: content.to_owned(),
        sum,
        export: export.id,
        placed: export.placed,
        cwd,
        places: places.clone(),
    })
}

/// Another checkout compiles again without it, no more.
fn put(cx: &ActionCx<'_>, everywhere: &ActionId, kept: &Kept) {
    let text = kept.to_text();
    let _ = cx
        .run
        .job
        .cache
        .local_part()
        .put_note(everywhere, text.as_bytes());
}

/// Reports whether a package may be moved, given the reason why an archive compiled here is not
/// used again.
pub fn may_move(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    doubt: Option<Doubt>,
) -> Result<bool, ActionError> {
    let config = cx.config();
    let certain = match doubt {
        // A move makes no coverage meta-data; a build that wants it sees that it is missing.
        None | Some(Doubt::Coverage) => true,
        Some(Doubt::Flags) => {
            inputs.magic.is_empty() && inputs.gcflags.iter().all(|flag| is_known(flag))
        }
        Some(_) => false,
    };
    let known = |flag: &String| matches!(flag.as_str(), "-race" | "-shared");
    let may = certain
        && !inputs.trimpath
        && !inputs.local
        && inputs.local_prefix.is_empty()
        && config.modules.overlay.is_empty()
        && inputs.fuzz_flags.is_none()
        && inputs.forced_gcflags.iter().all(known)
        && inputs.asmflags.is_empty();
    Ok(may && !trust::is_disabled(cx, rules_of(inputs))?)
}

/// Compiler flags whose output is text that [`Places::rewrite`] knows how to move.
fn is_known(flag: &str) -> bool {
    matches!(flag, "-m" | "-m=1" | "-m=2") || cutoff::is_plain(flag)
}

/// Returns the key that is the same for all directories of the places; `None` where the package has
/// nothing to do with a place, or where that can't be determined. For packages that [may be
/// moved](may_move).
pub fn key(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    headers: &[Header],
) -> Result<Option<ActionId>, ActionError> {
    let Some(Elsewhere { named, exports }) = elsewhere(cx, inputs) else {
        return Ok(None);
    };
    let place = named.as_deref().map_or(inputs.place, Place::Dir);
    inputs.key_elsewhere(cx, place, &exports, headers).map(Some)
}

/// The inputs that are the same for all directories of the places, of a package that has to do with
/// one.
struct Elsewhere {
    /// The package's directory by its place's name, if that shows in the archive.
    named: Option<String>,
    /// For each import the hash of its export data with names of places, or its content ID where
    /// it has no archive.
    exports: Vec<String>,
}

fn elsewhere(cx: &ActionCx<'_>, inputs: &Inputs<'_>) -> Option<Elsewhere> {
    let places = cx.run.places();
    let named = match inputs.place {
        Place::Dir(dir) => Some(places.named(dir)?),
        _ => None,
    };
    let mut placed = named.is_some();
    let mut exports = Vec::with_capacity(inputs.imports.len());
    for import in &inputs.imports {
        let Some(file) = import.archive else {
            exports.push(import.content_id.to_owned());
            continue;
        };
        let anywhere = cx.run.exports.anywhere(file, places).ok()?;
        placed |= anywhere.placed;
        exports.push(hex(&anywhere.id));
    }
    placed.then_some(Elsewhere { named, exports })
}

/// The archive of a record; `None` where it is gone or damaged.
fn donor(cx: &ActionCx<'_>, record: &Record) -> Option<Donor> {
    let donor = Donor::read(cx, &record.key)?;
    let same = donor.content_id() == record.content && donor.checksum() == record.sum;
    same.then_some(donor)
}

/// An archive as a compile with this stock key would write it here; `None` where it can't be moved.
fn bring<'d>(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    record: Record,
    donor: &'d Donor,
    key: &ActionId,
) -> Option<Arrived<'d>> {
    let here = cx.run.places();
    let said = said_here(cx, &record, here)?;
    let mut moved = relocated(cx, inputs, donor.bytes(), &record.places, here).ok()?;
    let build_id = donor.stamp_made(&mut moved.pieces, key)?;
    Some(Arrived {
        archive: moved.pieces,
        build_id,
        said,
        record,
        fingerprints: moved.fingerprints,
    })
}

fn relocated<'b>(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    bytes: &'b [u8],
    there: &Places,
    here: &Places,
) -> Result<Moved<'b>, Unfit> {
    let imports: HashMap<&[u8], &Import<'_>> = inputs
        .imports
        .iter()
        .map(|import| (import.import_path.as_bytes(), import))
        .collect();
    let exports = &cx.run.exports;
    let import = |path: &[u8], old: Fingerprint| {
        let file = imports.get(path).and_then(|import| import.archive);
        let file = file.ok_or(Unfit::Refused("it imports what the package does not"))?;
        let now = exports.anywhere(file, here)?;
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

/// Returns the messages that the compiler printed for an archive, with the names that they would
/// have here; `None` where those can't be determined.
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

/// Stores the moved archive, and prints the messages that the compiler would have printed.
fn settle(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    build: NodeId,
    key: &ActionId,
    arrived: Arrived<'_>,
) -> Result<Found, ActionError> {
    let pieces: Vec<&[u8]> = arrived.archive.iter().collect();
    let archive = Content::Pieces(&pieces);
    let stored = cutoff::store(cx, inputs, build, key, archive, &arrived.said)?;
    let Some(file) = stored else {
        return Ok(Found::Nothing(Why::NotStored));
    };
    if !arrived.said.is_empty() {
        cx.shell.print(arrived.said);
    }
    let (there, fingerprint) = arrived.fingerprints;
    let (id, placed) = (arrived.record.export, arrived.record.placed);
    let anywhere = Anywhere {
        id,
        fingerprint,
        placed,
    };
    let exports = &cx.run.exports;
    let here = cx.run.places();
    exports.note_moved(&file, anywhere, here, &arrived.record.places, there);
    Ok(Found::Made(Derived::Known(Known {
        built: Artifact::Cached(file),
        build_id: arrived.build_id,
        way: Way::Moved,
    })))
}
