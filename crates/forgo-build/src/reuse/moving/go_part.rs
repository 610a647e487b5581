//! The Go part of a cgo package: the archive that the Go compiler makes of it, before the objects
//! of C compilers are added to the archive. Those hold paths in their debug information and are
//! made in every directory, and so are the files that cgo writes. The run of the Go compiler is
//! skipped.
//!
//! Its key is of all that this run reads: the Go files, the files that cgo wrote, export data of
//! imports. So it is found, too, after an edit of C sources for which cgo writes the same files.
//! The [record] names the archive that has the Go part; see [`super`] for the rest.

use forgo_cache::{ActionId, OutputId};
use forgo_golang::object::archive;
use forgo_golang::path;
use forgo_golang::quote::hex;
use forgo_load::disk;

use super::record::Kept;
use super::{Made, elsewhere, may_move, put, record_of_plain, relocated, sources};
use crate::action::trust::Rule;
use crate::action::{ActionCx, ActionError};
use crate::reuse::{cutoff, trust};
use crate::toolchain::inputs::compile::{Inputs, Place};
use forgo_load::disk::Because;

/// The Go part of a package's archive.
#[derive(Debug)]
pub struct GoPart {
    /// The key that is the same for all directories of the places.
    pub key: ActionId,
    /// No source states the name of a source file.
    plain: bool,
}

impl GoPart {
    /// That of a cgo package, which cgo has written these Go files of; `None` where it is to be
    /// compiled in any case.
    pub fn of(
        cx: &ActionCx<'_>,
        inputs: &Inputs<'_>,
        generated: &[String],
    ) -> Result<Option<GoPart>, ActionError> {
        let files = &inputs.files;
        let fits = files.uses_cgo() && !files.uses_swig() && inputs.cover_mode.is_empty();
        let doubt = cutoff::doubt_of_go_part(cx, inputs);
        if !fits || !may_move(cx, inputs, doubt)? || trust::is_disabled(cx, &[Rule::GoPart])? {
            return Ok(None);
        }
        let Some(elsewhere) = elsewhere(cx, inputs) else {
            return Ok(None);
        };
        let Some(named) = &elsewhere.named else {
            return Ok(None);
        };
        let places = cx.run.places();
        let mut texts = Vec::with_capacity(generated.len());
        let mut plain = sources::go_files_are_plain(cx, inputs, places);
        for file in generated {
            let Ok(text) = disk::own::read(Because::Made, file) else {
                return Ok(None);
            };
            let text = without_dir(&text, files.dir, named);
            plain &= sources::is_plain_go(&text, places);
            texts.push((path::base(file), OutputId::of(&text)));
        }
        let place = Place::Dir(named);
        let key = inputs.key_of_go_part(cx, place, &elsewhere.exports, &texts)?;
        Ok(Some(GoPart { key, plain }))
    }

    /// One that was made elsewhere, moved here.
    pub fn find(&self, cx: &ActionCx<'_>, inputs: &Inputs<'_>, temporary: &str) -> Option<Moved> {
        let Kept::Archive(record) = Kept::parse(&cx.run.job.cache.local_part().note(&self.key)?)?
        else {
            return None;
        };
        let donor = super::donor(cx, &record)?;
        let bytes = archive::go_part(donor.bytes())?;
        let here = cx.run.places();
        let moved = relocated(cx, inputs, bytes, &record.places, here).ok()?;
        let same = moved.pieces.to_vec() == bytes;
        Some(Moved {
            archive: donor.begun(&moved.pieces, temporary)?,
            rules: match same {
                true => &[Rule::Restamp, Rule::GoPart],
                false => &[Rule::Move, Rule::GoPart],
            },
        })
    }

    /// Remembers the package's archive, whose Go part was just compiled, for [`GoPart::find`].
    pub fn record(&self, cx: &ActionCx<'_>, made: &Made<'_>) {
        // The messages may be those of C compilers.
        if !self.plain || !made.said.is_empty() {
            return;
        }
        if let Some(record) = record_of_plain(cx, made) {
            put(cx, &self.key, &Kept::Archive(record));
        }
    }
}

/// A Go part that was moved here.
#[derive(Debug)]
pub struct Moved {
    /// The archive that a compile with the temporary build ID would write.
    pub archive: Vec<u8>,
    /// The rules it was made by.
    pub rules: &'static [Rule],
}

impl Moved {
    /// Compares it with the archive that the compiler wrote. They agree if they are equal and the
    /// compiler printed nothing.
    pub fn compare(&self, cx: &ActionCx<'_>, compiled: &str) -> Result<(), ActionError> {
        let compiled = disk::own::read(Because::Made, compiled).unwrap_or_default();
        let difference = if self.archive != compiled {
            let [derived, made] = [&self.archive, &compiled].map(|b| hex(&OutputId::of(b).0));
            Some(format!("derived {derived}, made {made}"))
        } else {
            let silent = cx.shell.saved_output().is_empty();
            (!silent).then(|| "in the compiler's messages".to_owned())
        };
        trust::settle(cx, self.rules, difference)
    }
}

/// What cgo wrote, with the name of the place in the `//line` that it begins a source with.
fn without_dir(text: &[u8], dir: &str, named: &str) -> Vec<u8> {
    const BEGIN: &[u8] = b"// Code generated by cmd/cgo; DO NOT EDIT.\n\n//line ";
    let rest = text.strip_prefix(BEGIN);
    let rest = rest.and_then(|rest| rest.strip_prefix(dir.as_bytes()));
    match rest {
        Some(rest) if rest.starts_with(b"/") => [BEGIN, named.as_bytes(), rest].concat(),
        _ => text.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_directive_is_cgo_s() {
        let text = |dir: &str, rest: &str| {
            format!("// Code generated by cmd/cgo; DO NOT EDIT.\n\n//line {dir}/a.go:1:1\n{rest}")
        };
        let named = |text: &str| {
            let text = without_dir(text.as_bytes(), "/w/p", "<module m>/p");
            String::from_utf8(text).unwrap()
        };
        let rest = "package p\n//line /w/p/b.go:1:1\n";
        assert_eq!(named(&text("/w/p", rest)), text("<module m>/p", rest));
        for other in [text("/w/pp", rest), text("/v", rest), rest.to_owned()] {
            assert_eq!(named(&other), other);
        }
    }
}
