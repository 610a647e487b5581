//! ELF: headers and tables of sections, segments, symbols and names. Answers to
//! cmd/link/internal/ld/elf.go.

mod dynamic;
pub mod symtab;

use std::collections::HashMap;

use crate::error::{Result, failed};
use crate::layout::{HEADERS, SEGMENTS, Section, Segment};
use crate::link::Link;
use crate::text::round;

const HEADER: usize = 64;
const PROGRAM_HEADER: usize = 56;
const SECTION_HEADER: usize = 64;

const SHF_WRITE: u64 = 1;
const SHF_ALLOC: u64 = 2;
const SHF_EXECINSTR: u64 = 4;
const SHF_TLS: u64 = 0x400;
const SHF_COMPRESSED: u64 = 0x800;

const SHT_PROGBITS: u32 = 1;
const SHT_SYMTAB: u32 = 2;
const SHT_STRTAB: u32 = 3;
const SHT_NOTE: u32 = 7;
const SHT_NOBITS: u32 = 8;

const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
const PT_INTERP: u32 = 3;
const PT_NOTE: u32 = 4;
const PT_PHDR: u32 = 6;
const PT_TLS: u32 = 7;
const PT_GNU_RELRO: u32 = 0x6474_e552;
const PT_GNU_STACK: u32 = 0x6474_e551;

/// A section header.
#[derive(Debug, Clone, Default)]
struct SectionHeader {
    name: String,
    kind: u32,
    flags: u64,
    address: u64,
    offset: u64,
    size: u64,
    link: u32,
    info: u32,
    align: u64,
    entry_size: u64,
}

/// A program header.
#[derive(Debug, Clone, Copy, Default)]
struct ProgramHeader {
    kind: u32,
    flags: u32,
    offset: u64,
    address: u64,
    file_size: u64,
    size: u64,
    align: u64,
}

/// A note: section name, name in the note, kind, content.
struct Note<'n> {
    section: &'n str,
    name: &'n [u8; 4],
    kind: u32,
    content: Vec<u8>,
}

/// All that is in the file besides the segments' content.
#[derive(Debug)]
pub struct Image {
    /// Bytes with their offsets.
    pub parts: Vec<(u64, Vec<u8>)>,
    /// Size of the file.
    pub size: u64,
}

/// Makes headers and tables. Segments have their places.
pub fn build(link: &Link) -> Result<Image> {
    let mut parts = Vec::new();
    let mut headers = vec![SectionHeader::default()];
    for segment in SEGMENTS {
        for number in link.sections.of(segment) {
            let section = &link.sections.list[number];
            if !headers.iter().any(|header| header.name == section.name) {
                headers.push(of_section(link, section));
            }
        }
    }
    let base = (link.text_address() - HEADERS) as u64;
    let mut end = HEADERS as u64;
    let mut programs = vec![ProgramHeader::default()];
    if link.is_dynamic {
        let mut path = link.interpreter().into_bytes();
        path.push(0);
        let size = path.len() as u64;
        end -= size;
        headers.push(SectionHeader {
            name: ".interp".to_owned(),
            kind: SHT_PROGBITS,
            flags: SHF_ALLOC,
            address: base + end,
            offset: end,
            size,
            align: 1,
            ..SectionHeader::default()
        });
        programs.push(ProgramHeader {
            kind: PT_INTERP,
            flags: 4,
            offset: end,
            address: base + end,
            file_size: size,
            size,
            align: 1,
        });
        parts.push((end, path));
    }
    let mut note_header = None;
    for note in notes(link)? {
        let header = add_note(&note, base, &mut end, &mut parts);
        note_header = Some((header.address, header.offset, header.size));
        headers.push(header);
    }
    if let Some((address, offset, size)) = note_header {
        programs.push(ProgramHeader {
            kind: PT_NOTE,
            flags: 4,
            offset,
            address,
            file_size: size,
            size,
            align: 4,
        });
    }
    for segment in SEGMENTS {
        if segment == Segment::Dwarf
            || segment != Segment::Data && link.sections.of(segment).is_empty()
        {
            continue;
        }
        programs.push(load(link, segment));
        if segment == Segment::RelroData {
            programs.push(ProgramHeader {
                kind: PT_GNU_RELRO,
                flags: 4,
                ..load(link, segment)
            });
        }
    }
    if link.is_dynamic {
        dynamic::describe(link, &mut headers);
        programs.extend(dynamic::programs(link, &headers));
    }
    programs.push(ProgramHeader {
        kind: PT_GNU_STACK,
        flags: 6,
        align: 8,
        ..ProgramHeader::default()
    });
    let size = (programs.len() * PROGRAM_HEADER) as u64;
    programs[0] = ProgramHeader {
        kind: PT_PHDR,
        flags: 4,
        offset: HEADER as u64,
        address: base + HEADER as u64,
        file_size: size,
        size,
        align: link.target().page as u64,
    };

    let strip = link.options.strip_symbols;
    let tables: &[&str] = match strip {
        true => &[".shstrtab"],
        false => &[".symtab", ".strtab", ".shstrtab"],
    };
    headers.extend(tables.iter().map(|name| SectionHeader {
        name: (*name).to_owned(),
        ..SectionHeader::default()
    }));
    headers[1..].sort_by_key(|header| match header.flags & SHF_ALLOC {
        0 => (1, 0, 0),
        _ => (0, header.address, header.size),
    });
    let number = |name: &str| headers.iter().position(|header| header.name == name);
    let nversions = link.dynamic.nversions;
    let links: Vec<(usize, Option<usize>, Option<usize>)> = headers
        .iter()
        .enumerate()
        .filter(|_| link.is_dynamic)
        .filter_map(|(i, header)| {
            let (link, info) = dynamic::links(&header.name, nversions)?;
            Some((i, number(link), info.and_then(number)))
        })
        .collect();
    let section_numbers: Vec<u16> = link
        .sections
        .list
        .iter()
        .map(|section| number(&section.name).unwrap_or(0) as u16)
        .collect();
    let names_number = number(".shstrtab").unwrap_or(0);
    let strings_number = number(".strtab").unwrap_or(0);

    for (i, link, info) in links {
        headers[i].link = link.unwrap_or(0) as u32;
        if let Some(info) = info {
            headers[i].info = info as u32;
        }
    }

    let dwarf = link.sections.extent(Segment::Dwarf);
    let mut at = round((dwarf.offset + dwarf.file_length) as i64, 8) as u64;
    let mut place = |headers: &mut Vec<SectionHeader>, name: &str, bytes: Vec<u8>| {
        for header in headers.iter_mut().filter(|header| header.name == name) {
            header.offset = at;
            header.size = bytes.len() as u64;
            header.align = 1;
            header.kind = SHT_STRTAB;
        }
        let offset = at;
        at += bytes.len() as u64;
        parts.push((offset, bytes));
    };
    if !strip {
        let table = symtab::build(link, &section_numbers)?;
        place(&mut headers, ".symtab", table.symbols);
        for header in headers.iter_mut().filter(|h| h.name == ".symtab") {
            header.kind = SHT_SYMTAB;
            header.align = 8;
            header.entry_size = symtab::ENTRY as u64;
            header.link = strings_number as u32;
            header.info = table.first_global;
        }
        place(&mut headers, ".strtab", table.strings);
    }
    let (names, offsets) = section_names(&headers);
    place(&mut headers, ".shstrtab", names);

    let mut bytes = file_header(link, programs.len(), headers.len(), names_number)?;
    for program in &programs {
        put_program(&mut bytes, program);
    }
    for (header, name) in headers.iter().zip(offsets) {
        put_section(&mut bytes, header, name);
    }
    if bytes.len() as u64 > end {
        return failed("headers are too long");
    }
    parts.push((0, bytes));
    Ok(Image { parts, size: at })
}

fn of_section(link: &Link, section: &Section) -> SectionHeader {
    let extent = link.sections.extent(section.segment);
    let mut header = SectionHeader {
        name: section.name.clone(),
        kind: match section.address < extent.address + extent.file_length {
            true => SHT_PROGBITS,
            false => SHT_NOBITS,
        },
        flags: SHF_ALLOC,
        address: section.address,
        size: section.length,
        align: section.align as u64,
        ..SectionHeader::default()
    };
    if section.rwx & 1 != 0 {
        header.flags |= SHF_EXECINSTR;
    }
    if section.rwx & 2 != 0 {
        header.flags |= SHF_WRITE;
    }
    if section.name == ".tbss" {
        header.flags |= SHF_TLS;
        header.kind = SHT_NOBITS;
    } else {
        header.offset = link.sections.file_offset(section.segment, section.address);
    }
    if section.segment == Segment::Dwarf {
        header.flags = match section.compressed {
            true => SHF_COMPRESSED,
            false => 0,
        };
        header.address = 0;
    }
    header
}

fn notes(link: &Link) -> Result<Vec<Note<'static>>> {
    let mut notes = Vec::new();
    let gnu = link.gnu_build_id()?;
    if !gnu.is_empty() {
        notes.push(Note {
            section: ".note.gnu.build-id",
            name: b"GNU\0",
            kind: 3,
            content: gnu,
        });
    }
    if !link.options.buildid.is_empty() {
        notes.push(Note {
            section: ".note.go.buildid",
            name: b"Go\0\0",
            kind: 4,
            content: link.options.buildid.as_bytes().to_vec(),
        });
    }
    Ok(notes)
}

/// Puts a note before `end`, where the one before it begins.
fn add_note(
    note: &Note,
    base: u64,
    end: &mut u64,
    parts: &mut Vec<(u64, Vec<u8>)>,
) -> SectionHeader {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&(note.name.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&(note.content.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&note.kind.to_le_bytes());
    bytes.extend_from_slice(note.name);
    bytes.extend_from_slice(&note.content);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    let size = bytes.len() as u64;
    let offset = end.saturating_sub(*end % 4 + size);
    *end = offset;
    parts.push((offset, bytes));
    SectionHeader {
        name: note.section.to_owned(),
        kind: SHT_NOTE,
        flags: SHF_ALLOC,
        address: base + offset,
        offset,
        size,
        align: 4,
        ..SectionHeader::default()
    }
}

fn load(link: &Link, segment: Segment) -> ProgramHeader {
    let extent = link.sections.extent(segment);
    let mut program = ProgramHeader {
        kind: PT_LOAD,
        flags: match segment {
            Segment::Text => 5,
            Segment::RoData => 4,
            _ => 6,
        },
        offset: extent.offset,
        address: extent.address,
        file_size: extent.file_length,
        size: extent.length,
        align: link.target().page as u64,
    };
    if segment == Segment::Text {
        // The headers are loaded with the code.
        program.offset -= HEADERS as u64;
        program.address -= HEADERS as u64;
        program.file_size += HEADERS as u64;
        program.size += HEADERS as u64;
    }
    program
}

/// The sections' names, each once, and where each header's is.
fn section_names(headers: &[SectionHeader]) -> (Vec<u8>, Vec<u32>) {
    let mut names = vec![0];
    let mut known = HashMap::from([("", 0)]);
    let add = |names: &mut Vec<u8>, name: &str| {
        let offset = names.len() as u32;
        names.extend_from_slice(name.as_bytes());
        names.push(0);
        offset
    };
    // A name may end another: `.rela.plt` has `.plt` in it.
    const RELOCATIONS: &str = ".rela";
    for header in headers {
        if let Some(rest) = header.name.strip_prefix(RELOCATIONS) {
            let inside = (names.len() + RELOCATIONS.len()) as u32;
            known.entry(rest).or_insert(inside);
            let offset = add(&mut names, &header.name);
            known.insert(&header.name, offset);
        }
    }
    let mut offsets = Vec::with_capacity(headers.len());
    for header in headers {
        let name = header.name.as_str();
        let offset = *known.entry(name).or_insert_with(|| add(&mut names, name));
        offsets.push(offset);
    }
    (names, offsets)
}

fn file_header(link: &Link, programs: usize, sections: usize, names: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0x7f, b'E', b'L', b'F', 2, 1, 1];
    bytes.resize(16, 0);
    const EXECUTABLE: u16 = 2;
    const SHARED: u16 = 3;
    let kind = if link.is_pie() { SHARED } else { EXECUTABLE };
    for half in [kind, link.target().machine] {
        bytes.extend_from_slice(&half.to_le_bytes());
    }
    bytes.extend_from_slice(&1_u32.to_le_bytes());
    let section_headers = HEADER + programs * PROGRAM_HEADER;
    for word in [link.entry()?, HEADER as u64, section_headers as u64] {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    bytes.extend_from_slice(&0_u32.to_le_bytes());
    for half in [
        HEADER,
        PROGRAM_HEADER,
        programs,
        SECTION_HEADER,
        sections,
        names,
    ] {
        bytes.extend_from_slice(&(half as u16).to_le_bytes());
    }
    Ok(bytes)
}

fn put_program(bytes: &mut Vec<u8>, program: &ProgramHeader) {
    bytes.extend_from_slice(&program.kind.to_le_bytes());
    bytes.extend_from_slice(&program.flags.to_le_bytes());
    for word in [
        program.offset,
        program.address,
        program.address,
        program.file_size,
        program.size,
        program.align,
    ] {
        // A segment that shows nothing has no physical address either.
        bytes.extend_from_slice(&word.to_le_bytes());
    }
}

fn put_section(bytes: &mut Vec<u8>, header: &SectionHeader, name: u32) {
    bytes.extend_from_slice(&name.to_le_bytes());
    bytes.extend_from_slice(&header.kind.to_le_bytes());
    for word in [header.flags, header.address, header.offset, header.size] {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    bytes.extend_from_slice(&header.link.to_le_bytes());
    bytes.extend_from_slice(&header.info.to_le_bytes());
    for word in [header.align, header.entry_size] {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
}
