//! What the file of a go command is: forgo, the stock command, or a program that has to be asked.

use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};

use forgo_golang::buildinfo;

use crate::disk::{self, Because};
use crate::process;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// This program or another copy or version of it.
    Forgo,
    /// cmd/go.
    Go,
    /// Another program written in Go: gofmt, or a wrapper.
    OtherGo,
    /// A script or another program: it has to be asked.
    Unknown,
}

/// An ELF note that every forgo carries, found by its section's name: version 1, no description.
#[cfg(target_os = "linux")]
#[used]
#[unsafe(link_section = ".note.forgo")]
static NOTE: [u32; 5] = [
    6, // bytes of the name with its NUL
    0, // bytes of the description
    1, // type
    u32::from_ne_bytes(*b"forg"),
    u32::from_ne_bytes(*b"o\0\0\0"),
];
const NOTE_SECTION: &[u8] = b".note.forgo";
const BUILD_INFO_SECTION: &[u8] = b".go.buildinfo";
/// No section that is read is larger; one that claims to be is not one of them.
const LARGEST: u64 = 1 << 20;

/// Returns the kind of a file. Symbolic links are followed; a file that can't be read is unknown.
pub fn kind(file: &str) -> Kind {
    // The content goes with the stat.
    match disk::metadata(file) {
        Ok(meta) => kind_by(file, &meta),
        Err(_) => Kind::Unknown,
    }
}

/// [`kind`] of a file that is not an input of the invocation.
pub fn kind_unseen(file: &str) -> Kind {
    match disk::own::metadata(Because::Noted, file) {
        Ok(meta) => kind_by(file, &meta),
        Err(_) => Kind::Unknown,
    }
}

fn kind_by(file: &str, meta: &std::fs::Metadata) -> Kind {
    let identity = |meta: &std::fs::Metadata| (meta.dev(), meta.ino());
    let own = process::this_program().and_then(|file| disk::own::metadata(Because::Key, file));
    if own.is_ok_and(|own| identity(&own) == identity(meta)) {
        return Kind::Forgo;
    }
    match disk::own::open(Because::Noted, file) {
        Ok(file) => kind_of_elf(&file).unwrap_or(Kind::Unknown),
        Err(_) => Kind::Unknown,
    }
}

/// By the sections of an ELF file of this machine's word size and byte order; `None` for all
/// others.
fn kind_of_elf(file: &File) -> Option<Kind> {
    let header: [u8; 64] = read(file, 0, 64)?.try_into().ok()?;
    let own_order = if cfg!(target_endian = "little") { 1 } else { 2 };
    if !header.starts_with(b"\x7fELF") || header[4] != 2 || header[5] != own_order {
        return None;
    }
    let (table, size) = (u64_at(&header, 40)?, u64::from(u16_at(&header, 58)?));
    let (number, names) = (u16_at(&header, 60)?, u16_at(&header, 62)?);
    let sections = read(file, table, size * u64::from(number))?;
    let size = usize::try_from(size).ok().filter(|size| *size >= 64)?;
    let section = |at: usize| sections.get(at * size..(at + 1) * size);
    let contents = |section: &[u8]| read(file, u64_at(section, 24)?, u64_at(section, 32)?);
    let names = contents(section(usize::from(names))?)?;
    let find = |wanted: &[u8]| {
        (0..usize::from(number))
            .filter_map(section)
            .find(|section| {
                let name = u32_at(section, 0).and_then(|at| names.get(usize::try_from(at).ok()?..));
                name.is_some_and(|name| name.split(|b| *b == 0).next() == Some(wanted))
            })
    };
    if find(NOTE_SECTION).is_some() {
        return Some(Kind::Forgo);
    }
    let info = contents(find(BUILD_INFO_SECTION)?)?;
    Some(match buildinfo::main_path(&info)? {
        // Its test binary is one too: cmd/go's own tests run it as the go command.
        "cmd/go" | "cmd/go.test" => Kind::Go,
        _ => Kind::OtherGo,
    })
}

fn read(file: &File, offset: u64, length: u64) -> Option<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(length).ok().filter(|_| length <= LARGEST)?];
    file.read_exact_at(&mut bytes, offset).ok()?;
    Some(bytes)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_ne_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_of_this_program_are_known_by_its_note() {
        let itself = std::env::current_exe().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let copy = dir.path().join("go");
        std::fs::copy(&itself, &copy).unwrap();
        for file in [&itself, &copy] {
            assert_eq!(kind(file.to_str().unwrap()), Kind::Forgo, "{file:?}");
        }
        let script = dir.path().join("script");
        std::fs::write(&script, "#!/bin/sh\n").unwrap();
        for file in [script.to_str().unwrap(), "/bin/sh", "/no/such/file"] {
            assert_eq!(kind(file), Kind::Unknown, "{file}");
        }
    }

    #[test]
    fn damaged_files_are_unknown() {
        let itself = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("go");
        for (length, at) in [
            (3, 0),
            (63, 0),
            (64, 40),
            (4096, 58),
            (4096, 60),
            (4096, 62),
        ] {
            let mut bytes = itself[..length].to_vec();
            if let Some(place) = bytes.get_mut(at..at + 2) {
                place.fill(0xff);
            }
            std::fs::write(&file, &bytes).unwrap();
            assert_eq!(kind(file.to_str().unwrap()), Kind::Unknown, "{length} {at}");
        }
    }
}
