//! Objects of other compilers, ELF. Answers to cmd/link/internal/loadelf.

use super::{u16_at, u32_at, u64_at};
use crate::dynamic::{Dynamic, x86_64};
use crate::error::{Error, Result, damaged, failed, unsupported};
use crate::gosort;
use crate::kind::Kind;
use crate::reloc::{Reloc, kind};
use crate::symbols::{Sym, Symbols, attr};

const SHT_PROGBITS: u32 = 1;
const SHT_SYMTAB: u32 = 2;
const SHT_RELA: u32 = 4;
const SHT_NOBITS: u32 = 8;
const SHT_REL: u32 = 9;

const SHF_WRITE: u64 = 1;
const SHF_ALLOC: u64 = 2;
const SHF_EXECINSTR: u64 = 4;

const SHN_COMMON: u16 = 0xfff2;

const STT_NOTYPE: u8 = 0;
const STT_OBJECT: u8 = 1;
const STT_FUNC: u8 = 2;
const STT_SECTION: u8 = 3;
const STT_COMMON: u8 = 5;

const STB_LOCAL: u8 = 0;
const STB_GLOBAL: u8 = 1;
const STB_WEAK: u8 = 2;
const STV_HIDDEN: u8 = 2;

/// Sections of debug information have symbols that nothing needs.
const DEBUG_NAMES: [&[u8]; 5] = [b".Linfo_string", b".LASF", b".LLRL", b".LLST", b".LVUS"];

#[derive(Debug, Clone, Default)]
struct Section<'a> {
    name: &'a [u8],
    kind: u32,
    flags: u64,
    offset: u64,
    size: u64,
    link: u32,
    info: u32,
    align: u64,
    content: Option<&'a [u8]>,
    sym: Sym,
}

#[derive(Debug, Clone, Copy)]
struct Symbol<'a> {
    name: &'a [u8],
    bind: u8,
    kind: u8,
    other: u8,
    section: u16,
    value: u64,
    size: u64,
}

struct Loader<'l, 's, 'a> {
    symbols: &'l mut Symbols<'s>,
    dynamic: &'l mut Dynamic,
    bytes: &'a [u8],
    sections: Vec<Section<'a>>,
    version: i32,
    /// Symbols that may be defined twice.
    dupok: &'l mut std::collections::HashSet<Sym>,
}

/// Loads an object of a package (escaped). `version` is that of its local names. Returns its
/// functions.
pub fn load(
    symbols: &mut Symbols,
    dynamic: &mut Dynamic,
    dupok: &mut std::collections::HashSet<Sym>,
    bytes: &[u8],
    pkg: &str,
    version: i32,
) -> Result<Vec<Sym>> {
    let cut = || Error::Damaged("an ELF object".to_owned());
    // Little-endian, 64 bits, relocatable, x86-64.
    if bytes.get(4..6) != Some(&[2, 1])
        || u16_at(bytes, 16) != Some(1)
        || u16_at(bytes, 18) != Some(62)
    {
        return unsupported("an ELF object of another kind");
    }
    let mut loader = Loader {
        symbols,
        dynamic,
        bytes,
        sections: Vec::new(),
        version,
        dupok,
    };
    loader.read_sections().ok_or_else(cut)?;
    let Some(table) = loader
        .sections
        .iter()
        .find(|section| section.kind == SHT_SYMTAB && section.name == b".symtab")
        .cloned()
    else {
        return Ok(Vec::new());
    };
    loader.define_sections(pkg)?;
    let table_bytes = loader.content(&table).ok_or_else(cut)?;
    let strings = loader.sections.get(table.link as usize).cloned();
    let strings = strings
        .and_then(|strings| loader.content(&strings))
        .ok_or_else(cut)?;
    let list: Vec<Symbol> = table_bytes
        .chunks_exact(24)
        .map(|entry| read_symbol(entry, strings))
        .collect::<Option<_>>()
        .ok_or_else(cut)?;
    let syms = loader.define_symbols(&list)?;
    let text = loader.order_text()?;
    loader.read_relocs(&syms)?;
    Ok(text)
}

fn cstring(bytes: &[u8], at: u64) -> Option<&[u8]> {
    let bytes = bytes.get(usize::try_from(at).ok()?..)?;
    bytes.get(..memchr::memchr(0, bytes)?)
}

fn read_symbol<'a>(entry: &[u8], strings: &'a [u8]) -> Option<Symbol<'a>> {
    let info = *entry.get(4)?;
    let name = cstring(strings, u64::from(u32_at(entry, 0)?))?;
    Some(Symbol {
        name: match name {
            b"_GLOBAL_OFFSET_TABLE_" => b".got",
            name => name,
        },
        bind: info >> 4,
        kind: info & 15,
        other: *entry.get(5)?,
        section: u16_at(entry, 6)?,
        value: u64_at(entry, 8)?,
        size: u64_at(entry, 16)?,
    })
}

impl<'a> Loader<'_, '_, 'a> {
    fn content(&self, section: &Section) -> Option<&'a [u8]> {
        let start = usize::try_from(section.offset).ok()?;
        let size = usize::try_from(section.size).ok()?;
        self.bytes.get(start..start.checked_add(size)?)
    }

    fn read_sections(&mut self) -> Option<()> {
        let start = usize::try_from(u64_at(self.bytes, 40)?).ok()?;
        let size = usize::from(u16_at(self.bytes, 58)?);
        let count = usize::from(u16_at(self.bytes, 60)?);
        let names = usize::from(u16_at(self.bytes, 62)?);
        let mut name_offsets = Vec::new();
        for i in 0..count {
            let at = start.checked_add(i * size)?;
            let header = self.bytes.get(at..at.checked_add(64)?)?;
            name_offsets.push(u32_at(header, 0)?);
            self.sections.push(Section {
                kind: u32_at(header, 4)?,
                flags: u64_at(header, 8)?,
                offset: u64_at(header, 24)?,
                size: u64_at(header, 32)?,
                link: u32_at(header, 40)?,
                info: u32_at(header, 44)?,
                align: u64_at(header, 48)?,
                ..Section::default()
            });
        }
        let names = self.content(self.sections.get(names)?)?;
        for (section, offset) in self.sections.iter_mut().zip(name_offsets) {
            if offset != 0 {
                section.name = cstring(names, u64::from(offset))?;
            }
        }
        Some(())
    }

    fn define_sections(&mut self, pkg: &str) -> Result<()> {
        let mut seen = std::collections::HashSet::new();
        let mut counter = 0;
        for i in 0..self.sections.len() {
            let section = self.sections[i].clone();
            if !matches!(section.kind, SHT_PROGBITS | SHT_NOBITS) || section.flags & SHF_ALLOC == 0
            {
                continue;
            }
            let text = String::from_utf8_lossy(section.name).into_owned();
            let mut name = format!("{pkg}({text})");
            while !seen.insert(name.clone()) {
                counter += 1;
                name = format!("{pkg}({text}{counter})");
            }
            let sym = self
                .dynamic
                .lookup_or_create(self.symbols, name.as_bytes(), self.version);
            self.symbols.own_mut(sym);
            let mut kind = match section.flags & (SHF_WRITE | SHF_EXECINSTR) {
                0 => Kind::RoData,
                SHF_WRITE if section.kind == SHT_NOBITS => Kind::NoPtrBss,
                SHF_WRITE => Kind::NoPtrData,
                SHF_EXECINSTR => Kind::Text,
                _ => return failed("flags of an ELF section"),
            };
            if matches!(section.name, b".got" | b".toc") {
                kind = Kind::ElfGot;
            }
            self.symbols.kind[sym as usize] = kind;
            if section.size > 1 << 31 || section.align > 1 << 20 {
                return damaged("an ELF section");
            }
            if section.kind == SHT_PROGBITS {
                let Some(content) = self.content(&section) else {
                    return damaged("an ELF section");
                };
                self.sections[i].content = Some(content);
                let own = self.symbols.own_mut(sym);
                own.data = content.to_vec();
                own.external = true;
            }
            self.symbols.own_mut(sym).size = section.size as i64;
            self.symbols.set_alignment(sym, section.align as i32);
            self.sections[i].sym = sym;
        }
        Ok(())
    }

    /// The symbol of an entry of the symbol table; 0 for none.
    fn find(&mut self, entry: &Symbol) -> Result<Sym> {
        let hidden = entry.other == STV_HIDDEN;
        let sym = match (entry.kind, entry.bind) {
            (STT_SECTION, _) => {
                let section = self.sections.get(usize::from(entry.section));
                return Ok(section.map_or(0, |section| section.sym));
            }
            (STT_NOTYPE | STT_OBJECT | STT_FUNC | STT_COMMON, STB_GLOBAL) => {
                let sym = self.dynamic.lookup_or_create(self.symbols, entry.name, 0);
                if hidden {
                    self.symbols.own_mut(sym).hidden = true;
                    self.dupok.insert(sym);
                }
                sym
            }
            (STT_NOTYPE | STT_OBJECT | STT_FUNC | STT_COMMON, STB_LOCAL) => {
                let sym = self.symbols.create_static(entry.name);
                self.symbols.own_mut(sym).hidden = true;
                sym
            }
            (STT_NOTYPE | STT_OBJECT | STT_FUNC | STT_COMMON, STB_WEAK) => {
                let sym = self.dynamic.lookup_or_create(self.symbols, entry.name, 0);
                if hidden {
                    self.symbols.own_mut(sym).hidden = true;
                }
                if self.symbols.outer[sym as usize] != 0 {
                    self.dupok.insert(sym);
                }
                sym
            }
            (STT_NOTYPE | STT_OBJECT | STT_FUNC | STT_COMMON, _) => {
                return failed("binding of an ELF symbol");
            }
            _ => return Ok(0),
        };
        if self.symbols.kind[sym as usize] == Kind::Xxx {
            self.symbols.own_mut(sym);
            self.symbols.kind[sym as usize] = Kind::Xref;
        }
        Ok(sym)
    }

    fn define_symbols(&mut self, list: &[Symbol]) -> Result<Vec<Sym>> {
        let mut syms = vec![0; list.len()];
        for (i, entry) in list.iter().enumerate().skip(1) {
            let sym = self.find(entry)?;
            syms[i] = sym;
            if !matches!(entry.kind, STT_FUNC | STT_OBJECT | STT_NOTYPE | STT_COMMON) {
                continue;
            }
            if entry.section == SHN_COMMON || entry.kind == STT_COMMON {
                let own = self.symbols.own_mut(sym);
                own.size = own.size.max(entry.size as i64);
                if matches!(self.symbols.kind[sym as usize], Kind::Xxx | Kind::Xref) {
                    self.symbols.kind[sym as usize] = Kind::NoPtrBss;
                }
                continue;
            }
            let Some(section) = self.sections.get(usize::from(entry.section)) else {
                continue;
            };
            if entry.section == 0 || sym == 0 {
                continue;
            }
            if section.sym == 0 {
                self.check_debug_name(entry, section.name)?;
                continue;
            }
            self.define(sym, section.sym, entry)?;
        }
        Ok(syms)
    }

    /// Fails for a symbol of a section that is left out, unless it is of debug information.
    fn check_debug_name(&self, entry: &Symbol, section: &[u8]) -> Result<()> {
        let name = entry.name;
        let group = || name.starts_with(b"wm4.") || name.starts_with(b"wm8.");
        let plain = entry.kind == STT_NOTYPE
            && (section.starts_with(b".debug_") && name.is_empty()
                || name.starts_with(b".Ldebug_")
                || matches!(name, b".L0 " | b".Lline_table_start0")
                || name.starts_with(b"$d") && section == b".debug_frame"
                || self.symbols.release.skips_macro_groups() && group());
        if plain || DEBUG_NAMES.iter().any(|prefix| name.starts_with(prefix)) {
            return Ok(());
        }
        failed("a symbol of an ELF section that is left out")
    }

    fn define(&mut self, sym: Sym, container: Sym, entry: &Symbol) -> Result<()> {
        let symbols = &mut *self.symbols;
        if symbols.outer[sym as usize] != 0 {
            return match self.dupok.contains(&sym) {
                true => Ok(()),
                false => failed(format!("duplicate symbol {}", symbols.text(sym))),
            };
        }
        symbols.own_mut(sym);
        let kind = symbols.kind[container as usize];
        symbols.kind[sym as usize] = kind;
        if !symbols.data(sym).is_empty() || symbols.outer[container as usize] != 0 {
            return failed("an ELF symbol has content");
        }
        let first = symbols.sub.insert(container, sym).unwrap_or(0);
        symbols.sub.insert(sym, first);
        symbols.outer[sym as usize] = container;
        if !self.dynamic.exported_dynamic.contains(&sym) {
            self.dynamic.library.remove(&sym);
        }
        symbols.value[sym as usize] = entry.value as i64;
        let own = symbols.own_mut(sym);
        own.size = entry.size as i64;
        if kind.is_text() {
            if own.external && !self.dupok.contains(&sym) {
                return failed("duplicate ELF symbol");
            }
            own.external = true;
        }
        Ok(())
    }

    /// Sorts the symbols of each section by their offsets. Returns functions: each section and its
    /// symbols.
    fn order_text(&mut self) -> Result<Vec<Sym>> {
        let mut text = Vec::new();
        for section in &self.sections {
            let sym = section.sym;
            if sym == 0 {
                continue;
            }
            let symbols = &mut *self.symbols;
            let mut inside = Vec::new();
            let mut next = symbols.sub.get(&sym).copied().unwrap_or(0);
            while next != 0 {
                inside.push(next);
                next = symbols.sub.get(&next).copied().unwrap_or(0);
            }
            inside.sort_by_key(|sym| symbols.value[*sym as usize]);
            let mut before = sym;
            for &inner in &inside {
                symbols.sub.insert(before, inner);
                before = inner;
            }
            if !inside.is_empty() {
                symbols.sub.insert(before, 0);
            }
            if symbols.kind[sym as usize].is_text() {
                for func in std::iter::once(sym).chain(inside) {
                    if symbols.has(func, attr::ON_LIST) {
                        return failed("a function is listed twice");
                    }
                    symbols.set(func, attr::ON_LIST, true);
                    text.push(func);
                }
            }
        }
        Ok(text)
    }

    fn read_relocs(&mut self, syms: &[Sym]) -> Result<()> {
        for section in self.sections.clone() {
            if section.kind == SHT_REL {
                let target = self.sections.get(section.info as usize);
                if target.is_some_and(|target| target.content.is_some()) {
                    return unsupported("relocations without addends");
                }
            }
            if section.kind != SHT_RELA {
                continue;
            }
            let Some(target) = self
                .sections
                .get(section.info as usize)
                .filter(|target| target.content.is_some())
                .cloned()
            else {
                continue;
            };
            let Some(content) = self.content(&section) else {
                return damaged("relocations of an ELF object");
            };
            let mut relocs = Vec::new();
            for entry in content.chunks_exact(24) {
                let word = |at| u64_at(entry, at).unwrap_or(0);
                let (off, info, add) = (word(0), word(8), word(16));
                let number = (info & 0xffff_ffff) as u32;
                if number == 0 {
                    continue;
                }
                let index = (info >> 32) as usize;
                let sym = syms.get(index).copied().unwrap_or(0);
                if index != 0 && sym == 0 {
                    return damaged("relocation of no ELF symbol");
                }
                let (siz, add) = match u16::try_from(number) {
                    Ok(
                        x86_64::PC32
                        | x86_64::PLT32
                        | x86_64::GOTPCREL
                        | x86_64::GOTPCRELX
                        | x86_64::REX_GOTPCRELX,
                    ) => (4, i64::from(add as i32)),
                    Ok(x86_64::R_64 | x86_64::PC64) => (8, add as i64),
                    _ => return unsupported(format!("relocation {number} of an ELF object")),
                };
                relocs.push(Reloc {
                    off: off as i32,
                    siz,
                    raw: kind::ELF + number as u16,
                    add,
                    sym,
                });
            }
            let own = self.symbols.own_mut(target.sym);
            own.relocs.extend(relocs);
            gosort::sort(&mut own.relocs, |a, b| a.off < b.off);
        }
        Ok(())
    }
}
