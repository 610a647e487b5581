//! Build IDs in ELF files: the Go linker's in a note that a program header points to, the GNU one
//! in a separate section. Answers to cmd/internal/buildid/note.go, over as much of debug/elf.

use std::ops::Range;

use super::ReadAt;
use crate::archive;

const MAGIC: &[u8] = b"\x7fELF";
const PT_NOTE: u32 = 4;
const GO_BUILD_ID: u32 = 4;
const GNU_BUILD_ID: u32 = 3;

/// Reports whether these bytes begin an ELF file.
pub(super) fn is_elf(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

/// How numbers are laid out in a file.
#[derive(Clone, Copy)]
struct Layout {
    wide: bool,
    big_endian: bool,
}

impl Layout {
    fn of(head: &[u8]) -> Option<Layout> {
        if !is_elf(head) {
            return None;
        }
        let wide = match head.get(4)? {
            1 => false,
            2 => true,
            _ => return None,
        };
        let big_endian = match head.get(5)? {
            1 => false,
            2 => true,
            _ => return None,
        };
        Some(Layout { wide, big_endian })
    }

    fn number(self, bytes: &[u8], at: usize, size: usize) -> Option<u64> {
        let field = bytes.get(at..at.checked_add(size)?)?;
        let add = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        Some(if self.big_endian {
            field.iter().fold(0, add)
        } else {
            field.iter().rev().fold(0, add)
        })
    }

    fn half(self, bytes: &[u8], at: usize) -> Option<usize> {
        self.number(bytes, at, 2).map(|n| n as usize)
    }

    fn word(self, bytes: &[u8], at: usize) -> Option<u32> {
        self.number(bytes, at, 4).map(|n| n as u32)
    }

    /// A number that is 4 bytes wide at `narrow_at` of a 32-bit file, 8 at `wide_at` of a 64-bit
    /// one.
    fn address(self, bytes: &[u8], narrow_at: usize, wide_at: usize) -> Option<u64> {
        if self.wide {
            self.number(bytes, wide_at, 8)
        } else {
            self.number(bytes, narrow_at, 4)
        }
    }
}

/// The build ID of an ELF file: Go's, else GNU's (as gcc leaves it), else empty. `head` is the
/// file's beginning, where all that matters is but for notes of some linkers.
pub(super) fn build_id(head: &[u8], file: &impl ReadAt) -> Result<Vec<u8>, &'static str> {
    let malformed = "malformed object file";
    let layout = Layout::of(head).ok_or(malformed)?;
    let headers = note_headers(layout, head).ok_or(malformed)?;
    let mut gnu = Vec::new();
    for header in headers.iter().filter(|header| header.size >= 16) {
        let end = header.offset.saturating_add(header.size);
        let elsewhere;
        let notes = if end < head.len() as u64 {
            &head[header.offset as usize..end as usize]
        } else {
            elsewhere = file
                .bytes_at(header.offset, header.size as usize)
                .ok_or("unexpected EOF")?;
            &elsewhere[..]
        };
        match find_note(layout, header, notes) {
            Note::Go(id) => return Ok(id.to_vec()),
            Note::Gnu(id) => gnu = id.to_vec(),
            Note::None => {}
        }
    }
    Ok(gnu)
}

/// A PT_NOTE program header.
struct NoteHeader {
    offset: u64,
    size: u64,
    align: u64,
}

fn note_headers(layout: Layout, head: &[u8]) -> Option<Vec<NoteHeader>> {
    let start = layout.address(head, 28, 32)? as usize;
    let (entry_size, count) = if layout.wide {
        (layout.half(head, 54)?, layout.half(head, 56)?)
    } else {
        (layout.half(head, 42)?, layout.half(head, 44)?)
    };
    let mut notes = Vec::new();
    for i in 0..count {
        let header = head.get(start.checked_add(i.checked_mul(entry_size)?)?..)?;
        if layout.word(header, 0)? == PT_NOTE {
            notes.push(NoteHeader {
                offset: layout.address(header, 4, 8)?,
                size: layout.address(header, 16, 32)?,
                align: layout.address(header, 28, 48)?,
            });
        }
    }
    Some(notes)
}

enum Note<'n> {
    Go(&'n [u8]),
    Gnu(&'n [u8]),
    None,
}

/// The Go note of a segment, else its last GNU one.
fn find_note<'n>(layout: Layout, header: &NoteHeader, mut notes: &'n [u8]) -> Note<'n> {
    let mut found = Note::None;
    let mut offset = header.offset;
    while notes.len() >= 16 {
        let number = |at| layout.word(notes, at).unwrap_or_default() as usize;
        let (name_size, value_size, tag) = (number(0), number(4), number(8) as u32);
        if name_size == 4
            && let Some(value) = notes.get(16..16 + value_size)
        {
            match (tag, &notes[12..16]) {
                (GO_BUILD_ID, b"Go\0\0") => return Note::Go(value),
                (GNU_BUILD_ID, b"GNU\0") => found = Note::Gnu(value),
                _ => {}
            }
        }
        let mut size = 12 + (name_size as u64).next_multiple_of(4);
        size += (value_size as u64).next_multiple_of(4);
        offset += size;
        if header.align.is_power_of_two() {
            let aligned = offset.next_multiple_of(header.align);
            size += aligned - offset;
            offset = aligned;
        }
        match notes.get(size as usize..) {
            Some(rest) => notes = rest,
            None => break,
        }
    }
    found
}

/// Returns where the GNU build ID's value lies in an ELF file: `None` if the file is not an ELF
/// file, `Some(None)` if it has no such ID.
pub(super) fn gnu_build_id(file: &(impl ReadAt + ?Sized)) -> Option<Option<Range<u64>>> {
    let head = file.bytes_at(0, 52)?;
    Layout::of(&head)?;
    let section = section(file, ".note.gnu.build-id");
    // The value follows three words and the name.
    Some(
        section
            .filter(|s| s.end - s.start >= 16)
            .map(|s| s.start + 16..s.end),
    )
}

/// Returns the packages that the Go linker put into a shared library, a line each; empty where the
/// library does not list them.
pub(super) fn package_list(file: &(impl ReadAt + ?Sized)) -> String {
    const PACKAGE_LIST: u32 = 1;
    let list = || {
        let layout = Layout::of(&file.bytes_at(0, 16)?)?;
        let place = section(file, ".note.go.pkg-list")?;
        let note = file.bytes_at(place.start, (place.end - place.start) as usize)?;
        let size = layout.word(&note, 4)? as usize;
        let known = layout.word(&note, 0)? == 4 && layout.word(&note, 8)? == PACKAGE_LIST;
        let value = note
            .get(16..16 + size)
            .filter(|_| known && &note[12..16] == b"Go\0\0")?;
        Some(String::from_utf8_lossy(value).into_owned())
    };
    list().unwrap_or_default()
}

/// The part of an ELF file that a section is.
fn section(file: &(impl ReadAt + ?Sized), name: &str) -> Option<Range<u64>> {
    let layout = Layout::of(&file.bytes_at(0, 16)?)?;
    let head = file.bytes_at(0, if layout.wide { 64 } else { 52 })?;
    let table_at = layout.address(&head, 32, 40)?;
    let at = if layout.wide { 58 } else { 46 };
    let entry_size = layout.half(&head, at)?;
    let count = layout.half(&head, at + 2)?;
    let names_index = layout.half(&head, at + 4)?;
    if table_at == 0 || names_index >= count {
        return None;
    }
    let table = file.bytes_at(table_at, count * entry_size)?;
    let place = |index: usize| {
        let header = table.get(index * entry_size..(index + 1) * entry_size)?;
        let offset = layout.address(header, 16, 24)?;
        let size = layout.address(header, 20, 32)?;
        Some((layout.word(header, 0)?, offset..offset.checked_add(size)?))
    };
    let (_, names) = place(names_index)?;
    let names = file.bytes_at(names.start, (names.end - names.start) as usize)?;
    (0..count).find_map(|index| {
        let (name_at, range) = place(index)?;
        let rest = names
            .get(name_at as usize..)?
            .strip_prefix(name.as_bytes())?;
        (rest.first() == Some(&0)).then_some(range)
    })
}

/// Returns the build ID of an archive that gccgo made, or that is not a package's (a c-archive): in
/// a separate member; empty where there is none. `None` if the archive is damaged.
pub(super) fn gccgo_build_id(file: &impl ReadAt) -> Option<String> {
    let mut at = archive::MAGIC.len() as u64;
    while file.bytes_at(at, 1).is_some() {
        let header = file.bytes_at(at, archive::HEADER)?;
        let member = archive::Member::parse(&header, at)?;
        if member.name == "_buildid.o/" {
            let object = file.bytes_at(member.data.start, member.size() as usize)?;
            let id = section(&object[..], ".go.buildid")?;
            let id = object.get(id.start as usize..id.end as usize)?;
            return Some(String::from_utf8_lossy(id).into_owned());
        }
        at = member.next();
    }
    Some(String::new())
}
