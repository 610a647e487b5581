//! Headers of the tables for the dynamic linker.

use super::{
    PT_DYNAMIC, PT_TLS, ProgramHeader, SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE, SHT_PROGBITS,
    SHT_STRTAB, SectionHeader,
};
use crate::link::Link;
use crate::symbols::ABI0;

const SHT_RELA: u32 = 4;
const SHT_HASH: u32 = 5;
const SHT_DYNAMIC: u32 = 6;
const SHT_DYNSYM: u32 = 11;
const SHT_VERNEED: u32 = 0x6fff_fffe;
const SHT_VERSYM: u32 = 0x6fff_ffff;

/// Fills the headers of tables in. They are there as those of any data.
pub(super) fn describe(link: &Link, headers: &mut [SectionHeader]) {
    let versions = link.dynamic.nversions;
    for header in headers {
        let (kind, flags, entry_size, align) = match header.name.as_str() {
            ".dynsym" => (SHT_DYNSYM, 0, 24, 8),
            ".dynstr" => (SHT_STRTAB, 0, 0, 1),
            ".gnu.version" if versions != 0 => (SHT_VERSYM, 0, 2, 2),
            ".gnu.version_r" if versions != 0 => (SHT_VERNEED, 0, 0, 8),
            ".rela" | ".rela.plt" => (SHT_RELA, 0, 24, 8),
            ".plt" => (SHT_PROGBITS, SHF_EXECINSTR, 16, 16),
            ".got" | ".got.plt" => (SHT_PROGBITS, SHF_WRITE, 8, 8),
            ".hash" => (SHT_HASH, 0, 4, 8),
            ".dynamic" => (SHT_DYNAMIC, SHF_WRITE, 16, 8),
            _ => continue,
        };
        header.kind = kind;
        header.flags = SHF_ALLOC | flags;
        header.entry_size = entry_size;
        header.align = align;
        let sym = link.symbols.lookup(header.name.as_bytes(), ABI0);
        header.size = link.symbols.size(sym) as u64;
        header.info = match header.name.as_str() {
            ".dynsym" => 1,
            ".gnu.version_r" => versions as u32,
            _ => 0,
        };
    }
}

/// The section that a table's link names, and the one that its info names.
pub(super) fn links(name: &str, nversions: usize) -> Option<(&'static str, Option<&'static str>)> {
    match name {
        ".gnu.version" | ".gnu.version_r" if nversions == 0 => None,
        ".dynsym" | ".gnu.version_r" | ".dynamic" => Some((".dynstr", None)),
        ".gnu.version" | ".rela" | ".hash" => Some((".dynsym", None)),
        ".rela.plt" => Some((".dynsym", Some(".plt"))),
        _ => None,
    }
}

/// Program headers of .dynamic and of thread-local data.
pub(super) fn programs(link: &Link, headers: &[SectionHeader]) -> Vec<ProgramHeader> {
    let mut programs = Vec::new();
    let dynamic = headers.iter().find(|header| header.name == ".dynamic");
    programs.extend(dynamic.map(|header| ProgramHeader {
        kind: PT_DYNAMIC,
        flags: 6,
        offset: header.offset,
        address: header.address,
        file_size: header.size,
        size: header.size,
        align: header.align,
    }));
    let tls = link.sections.find(".tbss").map_or(0, |tls| tls.length);
    if tls != 0 {
        programs.push(ProgramHeader {
            kind: PT_TLS,
            flags: 4,
            size: tls,
            align: 8,
            ..ProgramHeader::default()
        });
    }
    programs
}
