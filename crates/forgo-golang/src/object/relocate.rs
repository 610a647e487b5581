//! An archive as the compiler would have written it in another directory.
//!
//! The name of a source file is stored in few parts. In export data: the strings that positions
//! refer to, the elements' ends, the fingerprint. In objects: the strings, every reference to one,
//! the symbols that files are, the fingerprints of the package and of its imports, the offsets of
//! blocks. In the archive: the members' sizes. Code, data, debug information, hashes of symbols and
//! their order know files by index alone.
//!
//! Whether a path enters the code by a compiler flag (`-d=libfuzzer`, `-asan`, …) can't be seen
//! here: the caller must check.

use sha2::{Digest, Sha256};

use super::pieces::Pieces;
use super::pkgbits::{Export, PkgDef, Renames, head};
use super::{Fingerprint, ImportNow, Rename, Unfit, archive, goobj};

/// A move.
pub struct Move<'a> {
    /// The new names of source files that are renamed.
    pub rename: &'a Rename<'a>,
    /// The fingerprint that an imported package has where the archive goes, given the one that it
    /// had where the archive comes from.
    pub import: &'a ImportNow<'a>,
}

/// An archive that was moved.
#[derive(Debug, Clone)]
pub struct Moved<'a> {
    /// The archive, for the greater part the one that it was before. Its build ID is the old one.
    pub pieces: Pieces<'a>,
    /// The fingerprint of its export data, before and now.
    pub fingerprints: (Fingerprint, Fingerprint),
}

/// Moves a package's archive. Members that are not Go's are refused, but for the two marks that cgo
/// leaves there.
pub fn archive<'a>(bytes: &'a [u8], how: &Move) -> Result<Moved<'a>, Unfit> {
    let entries = archive::read(bytes)?;
    let (first, objects) = entries
        .split_first()
        .filter(|(first, _)| first.name() == b"__.PKGDEF")
        .ok_or(Unfit::Malformed("no export data"))?;
    let mut out = Pieces::default();
    out.push(&archive::MAGIC[..]);

    let frame = PkgDef::read(first.data)?;
    let export = Export::read(frame.export)?;
    let renames = export.renames(how.rename)?;
    let mut new = export.fingerprint;
    let mut data = Pieces::default();
    if renames.is_empty() {
        if head(&export.digest(&renames)) != export.fingerprint {
            return Err(FINGERPRINT);
        }
        data.push(first.data);
    } else {
        let mut member = Vec::with_capacity(first.data.len() + first.data.len() / 8 + 1024);
        let write = |out: &mut Vec<u8>| new = export.write(&renames, out);
        PkgDef::frame(frame.head, write, &mut member);
        data.push(member);
    }
    archive::push_entry(&mut out, first.header, data);
    let fingerprints = (export.fingerprint, new);
    for entry in objects {
        let data = if goobj::is_object(entry.data) {
            object(entry.data, how, fingerprints)?
        } else if matches!(entry.name(), b"preferlinkext" | b"dynimportfail") {
            let mut same = Pieces::default();
            same.push(entry.data);
            same
        } else {
            return Err(Unfit::Refused("it has objects of other compilers"));
        };
        archive::push_entry(&mut out, entry.header, data);
    }
    Ok(Moved {
        pieces: out,
        fingerprints,
    })
}

fn object<'a>(
    member: &'a [u8],
    how: &Move,
    (old, new): (Fingerprint, Fingerprint),
) -> Result<Pieces<'a>, Unfit> {
    let object = goobj::Object::read(member)?;
    // The assembler's have none.
    let fingerprint = match object.fingerprint {
        own if own == old => new,
        [0, 0, 0, 0, 0, 0, 0, 0] => [0; 8],
        _ => return Err(Unfit::Malformed("an object of other export data")),
    };
    object.changed(&goobj::Changes {
        rename: how.rename,
        fingerprint,
        import: how.import,
    })
}

/// The part of a package that importers see, with its source files renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// A hash of the member `__.PKGDEF` without its build ID.
    pub id: [u8; 32],
    /// The fingerprint of its export data as it is.
    pub fingerprint: Fingerprint,
    /// The fingerprint that it would have with the other names.
    pub renamed_fingerprint: Fingerprint,
    /// The new names equal the old ones.
    pub same: bool,
}

/// Returns the part of a package that importers see, given its archive's first member.
pub fn seen(member: &[u8], rename: &Rename) -> Result<Seen, Unfit> {
    let frame = PkgDef::read(member)?;
    let export = Export::read(frame.export)?;
    let renames: Renames = export.renames(rename)?;
    let digest = export.digest(&renames);
    let renamed_fingerprint = head(&digest);
    if renames.is_empty() && renamed_fingerprint != export.fingerprint {
        return Err(FINGERPRINT);
    }
    // The rest of the member is the fingerprint, and a frame that never changes.
    let mut id = Sha256::new_with_prefix(digest);
    for line in frame.head_without_build_id() {
        id.update(line);
    }
    Ok(Seen {
        id: id.finalize().into(),
        fingerprint: export.fingerprint,
        renamed_fingerprint,
        same: renames.is_empty(),
    })
}

const FINGERPRINT: Unfit = Unfit::Malformed("fingerprint of export data");
