//! Reads an archive, and writes it again. For tests of the crate and of real archives.

use super::object::pkgbits::{Export, PkgDef, Renames};
use super::object::{Unfit, archive, goobj};

/// The archive again.
pub fn again(bytes: &[u8]) -> Result<Vec<u8>, Unfit> {
    let mut out = archive::MAGIC.to_vec();
    for entry in archive::read(bytes)? {
        archive::write_entry(&mut out, entry.header, |out| {
            if entry.name() == b"__.PKGDEF" {
                export_data(entry.data, out)?;
            } else if goobj::is_object(entry.data) {
                goobj::Object::read(entry.data)?.write(out);
            } else {
                out.extend_from_slice(entry.data);
            }
            Ok(())
        })?;
    }
    Ok(out)
}

fn export_data(member: &[u8], out: &mut Vec<u8>) -> Result<(), Unfit> {
    let frame = PkgDef::read(member)?;
    let export = Export::read(frame.export)?;
    let write = |out: &mut Vec<u8>| {
        export.write(&Renames::default(), out);
        // A wrong fingerprint is read, and written right.
        let sum = out.len() - export.fingerprint.len();
        out[sum..].copy_from_slice(&export.fingerprint);
    };
    PkgDef::frame(frame.head, write, out);
    Ok(())
}
