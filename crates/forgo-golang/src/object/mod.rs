//! The formats that the compiler, the assembler and the linker exchange: what an archive of a
//! package holds, and what its parts mean. Bytes in, bytes out.
//!
//! ```text
//! archive            ar file                            cmd/internal/archive
//! ├─ __.PKGDEF       text header, $$B, export data      cmd/compile/internal/noder/export.go
//! │    └─ pkgbits    elements in ten sections           internal/pkgbits
//! └─ _go_.o, *.o     text header, !, object             cmd/compile/internal/gc/obj.go
//!      └─ goobj      nineteen blocks                    cmd/internal/goobj/objfile.go
//! ```
//!
//! * [`archive`]: members; lenient where only a build ID is looked for, strict in
//!   [`archive::read`].
//! * [`pkgbits`], [`goobj`]: strict readers, and writers that can give other names to source files.
//! * [`relocate`]: an archive as the compiler would have written it in another directory, in
//!   [`pieces`].
//!
//! These formats are internal to the distribution and promise nothing from release to release. The
//! readers refuse all that they do not know for certain; they can write all that they accept again,
//! byte for byte. No input makes them panic or loop (`fuzz/`).

pub mod archive;
pub mod goobj;
pub mod pieces;
pub mod pkgbits;
pub mod relocate;

#[cfg(test)]
mod tests;

use std::fmt;

/// Why an archive or a part of it can't be read, or can't be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// Not in the format: damaged, or written by an unsupported release.
    Malformed(&'static str),
    /// Well-formed, but a path may have entered the code, or the result is not certain.
    Refused(&'static str),
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unfit::Malformed(what) => write!(f, "malformed Go archive: {what}"),
            Unfit::Refused(why) => write!(f, "archive can't be moved: {why}"),
        }
    }
}

impl std::error::Error for Unfit {}

/// The head of the SHA-256 of a package's export data, by which the linker distinguishes versions
/// of it.
pub type Fingerprint = [u8; 8];

/// A source file's new name, if it has one.
pub type Rename<'a> = dyn Fn(&[u8]) -> Option<Vec<u8>> + 'a;

/// The fingerprint that an imported package is to have, given its path and the fingerprint that
/// stands there; an error if that is not the one expected.
pub type ImportNow<'a> = dyn Fn(&[u8], Fingerprint) -> Result<Fingerprint, Unfit> + 'a;

/// The four bytes at an offset, as a number.
fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

/// Puts a number at an offset, which must lie inside.
fn put_u32(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}
