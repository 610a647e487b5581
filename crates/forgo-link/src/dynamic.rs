//! Tables for the dynamic linker: symbols, libraries, relocations, jump tables. Answers to doelf
//! and elfdynhash in cmd/link/internal/ld/elf.go, to go.go, and to adddynrel in
//! cmd/link/internal/amd64/asm.go.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use crate::error::{Result, failed, unsupported};
use crate::kind::Kind;
use crate::link::Link;
use crate::reloc::kind;
use crate::symbols::{ABI0, Sym, Symbols, attr};

const DT_NULL: u64 = 0;
const DT_NEEDED: u64 = 1;
const DT_PLTRELSZ: u64 = 2;
const DT_PLTGOT: u64 = 3;
const DT_HASH: u64 = 4;
const DT_STRTAB: u64 = 5;
const DT_SYMTAB: u64 = 6;
const DT_RELA: u64 = 7;
const DT_RELASZ: u64 = 8;
const DT_RELAENT: u64 = 9;
const DT_STRSZ: u64 = 10;
const DT_SYMENT: u64 = 11;
const DT_PLTREL: u64 = 20;
const DT_DEBUG: u64 = 21;
const DT_JMPREL: u64 = 23;
const DT_VERSYM: u64 = 0x6fff_fff0;
const DT_FLAGS_1: u64 = 0x6fff_fffb;
const DT_VERNEED: u64 = 0x6fff_fffe;
const DT_VERNEEDNUM: u64 = 0x6fff_ffff;

const GLOB_DAT: u64 = 6;
const JUMP_SLOT: u64 = 7;
const RELATIVE: u64 = 8;

/// Relocations of ELF objects for x86-64, by their numbers there.
#[allow(missing_docs, reason = "the names are ELF's")]
pub mod x86_64 {
    pub const R_64: u16 = 1;
    pub const PC32: u16 = 2;
    pub const PLT32: u16 = 4;
    pub const GOTPCREL: u16 = 9;
    pub const PC64: u16 = 24;
    pub const GOTPCRELX: u16 = 41;
    pub const REX_GOTPCRELX: u16 = 42;
}

/// Dynamic linking.
#[derive(Debug, Default)]
pub struct Dynamic {
    /// Whether the program needs libraries.
    pub needed: bool,
    /// The dynamic linker, if an object names one.
    pub interpreter: Option<String>,
    /// Libraries to load though no symbol of theirs is needed.
    pub libraries: Vec<String>,
    /// Names that symbols have outside of the program.
    pub external_name: HashMap<Sym, String>,
    /// The library that a symbol is from.
    pub library: HashMap<Sym, String>,
    /// The version of a symbol in its library.
    pub version: HashMap<Sym, String>,
    /// Symbols for objects of other compilers, by name.
    pub exported_names: HashMap<Vec<u8>, Sym>,
    /// Symbols for objects of other compilers.
    pub exported_static: HashSet<Sym>,
    /// Symbols for libraries.
    pub exported_dynamic: HashSet<Sym>,
    /// Symbols for libraries, in the order of their export.
    pub exports: Vec<Sym>,
    /// Number of needed versions' files.
    pub nversions: usize,
    number: HashMap<Sym, u32>,
    plt_offset: HashMap<Sym, i64>,
    got_offset: HashMap<Sym, i64>,
    seen_libraries: HashSet<String>,
    table: Table,
}

/// The symbols that the tables are.
#[derive(Debug, Default, Clone, Copy)]
struct Table {
    symbols: Sym,
    strings: Sym,
    rela: Sym,
    rela_plt: Sym,
    got: Sym,
    got_plt: Sym,
    plt: Sym,
    hash: Sym,
    dynamic: Sym,
}

impl Table {
    /// Reports whether a table's addresses are relative to where the program is loaded, or added up
    /// by the dynamic linker.
    fn is_static(&self, sym: Sym) -> bool {
        [
            self.symbols,
            self.rela,
            self.rela_plt,
            self.got_plt,
            self.dynamic,
        ]
        .contains(&sym)
    }
}

impl Dynamic {
    /// Reports whether cgo exports a symbol.
    pub fn is_exported(&self, sym: Sym) -> bool {
        self.exported_static.contains(&sym) || self.exported_dynamic.contains(&sym)
    }

    /// The symbol that objects of other compilers know by a name.
    pub fn lookup_or_create(&self, symbols: &mut Symbols, name: &[u8], version: i32) -> Sym {
        if version == ABI0
            && let Some(&sym) = self.exported_names.get(name)
        {
            return sym;
        }
        symbols.lookup_or_create(name, version)
    }
}

fn entry(symbols: &mut Symbols, dynamic: Sym, tag: u64, value: u64) {
    let own = symbols.own_mut(dynamic);
    own.add_u64(tag);
    own.add_u64(value);
}

fn entry_address(symbols: &mut Symbols, dynamic: Sym, tag: u64, sym: Sym) {
    let own = symbols.own_mut(dynamic);
    own.add_u64(tag);
    own.add_address(sym, 0);
}

fn entry_size(symbols: &mut Symbols, dynamic: Sym, tag: u64, sym: Sym) {
    let own = symbols.own_mut(dynamic);
    own.add_u64(tag);
    own.add_reference(sym, 0, kind::SIZE, 8);
}

/// Makes the tables, without entries for symbols.
pub fn make_tables(link: &mut Link) {
    let pie = link.is_pie();
    let symbols = &mut link.symbols;
    let mut make = |name: &str, kind: Kind| symbols.define(name, kind);
    let (got, dynamic) = match pie {
        true => (Kind::ElfRelroSect, Kind::ElfRelroSect),
        false => (Kind::ElfGot, Kind::ElfSect),
    };
    let mut table = Table {
        symbols: make(".dynsym", Kind::ElfRoSect),
        strings: make(".dynstr", Kind::ElfRoSect),
        rela: make(".rela", Kind::ElfRoSect),
        got: make(".got", got),
        hash: make(".hash", Kind::ElfRoSect),
        got_plt: make(".got.plt", Kind::ElfSect),
        plt: make(".plt", Kind::ElfRxSect),
        rela_plt: make(".rela.plt", Kind::ElfRoSect),
        dynamic: 0,
    };
    make(".gnu.version", Kind::ElfRoSect);
    make(".gnu.version_r", Kind::ElfRoSect);
    table.dynamic = make(".dynamic", dynamic);
    symbols.own_mut(table.symbols).size = 24;
    if symbols.size(table.strings) == 0 {
        symbols.own_mut(table.strings).add_string(b"");
    }

    // The first entry of the jump table: push the second word of .got.plt, jump to the third.
    let plt = symbols.own_mut(table.plt);
    plt.add_bytes(&[0xff, 0x35]);
    plt.add_reference(table.got_plt, 8, kind::PCREL, 4);
    plt.add_bytes(&[0xff, 0x25]);
    plt.add_reference(table.got_plt, 16, kind::PCREL, 4);
    plt.add_bytes(&[0x0f, 0x1f, 0x40, 0x00]);
    let got = symbols.own_mut(table.got_plt);
    got.add_address(table.dynamic, 0);
    got.add_u64(0);
    got.add_u64(0);

    entry_address(symbols, table.dynamic, DT_HASH, table.hash);
    entry_address(symbols, table.dynamic, DT_SYMTAB, table.symbols);
    entry(symbols, table.dynamic, DT_SYMENT, 24);
    entry_address(symbols, table.dynamic, DT_STRTAB, table.strings);
    entry_size(symbols, table.dynamic, DT_STRSZ, table.strings);
    entry_address(symbols, table.dynamic, DT_RELA, table.rela);
    entry_size(symbols, table.dynamic, DT_RELASZ, table.rela);
    entry(symbols, table.dynamic, DT_RELAENT, 24);
    entry_address(symbols, table.dynamic, DT_PLTGOT, table.got_plt);
    entry(symbols, table.dynamic, DT_DEBUG, 0);
    link.dynamic.table = table;
}

/// Adds what the program exports, and the libraries that it loads for themselves.
pub fn add_exports(link: &mut Link) -> Result<()> {
    for sym in link.dynamic.exports.clone() {
        if !link.symbols.reachable(sym) {
            return failed("an export of cgo is not reachable");
        }
        add_symbol(link, sym);
    }
    let table = link.dynamic.table;
    for lib in link.dynamic.libraries.clone() {
        if link.dynamic.seen_libraries.insert(lib.clone()) {
            let name = link
                .symbols
                .own_mut(table.strings)
                .add_string(lib.as_bytes());
            entry(&mut link.symbols, table.dynamic, DT_NEEDED, name as u64);
        }
    }
    Ok(())
}

/// Adds a symbol to the dynamic symbol table.
fn add_symbol(link: &mut Link, sym: Sym) {
    let dynamic = &mut link.dynamic;
    let symbols = &mut link.symbols;
    if dynamic.number.contains_key(&sym) {
        return;
    }
    let number = dynamic.number.len() as u32 + 1;
    dynamic.number.insert(sym, number);
    let table = dynamic.table;
    let name = match dynamic.external_name.get(&sym) {
        Some(name) => name.as_bytes().to_vec(),
        None => symbols.name(sym).to_vec(),
    };
    let name = symbols.own_mut(table.strings).add_string(&name) as u32;
    let kind = symbols.kind[sym as usize];
    let imported = kind == Kind::DynImport;
    let is_func = dynamic.is_exported(sym) && kind.is_text();
    let size = symbols.data(sym).len() as u64;
    let own = symbols.own_mut(table.symbols);
    own.add_u32(name);
    let mut rest = vec![1 << 4 | if is_func { 2 } else { 1 }, 0];
    rest.extend_from_slice(&u16::from(!imported).to_le_bytes());
    let at = own.size as usize;
    own.grow(at + 4);
    own.data[at..at + 4].copy_from_slice(&rest);
    if imported {
        own.add_u64(0);
    } else {
        own.add_address(sym, 0);
    }
    own.add_u64(size);
    let lib = dynamic.library.get(&sym).cloned().unwrap_or_default();
    if !dynamic.exported_dynamic.contains(&sym)
        && !lib.is_empty()
        && dynamic.seen_libraries.insert(lib.clone())
    {
        let name = symbols.own_mut(table.strings).add_string(lib.as_bytes());
        entry(symbols, table.dynamic, DT_NEEDED, name as u64);
    }
}

/// Adds an entry to the jump table. Returns its offset.
fn add_plt(link: &mut Link, sym: Sym) -> i64 {
    if let Some(&offset) = link.dynamic.plt_offset.get(&sym) {
        return offset;
    }
    add_symbol(link, sym);
    let number = u64::from(link.dynamic.number[&sym]);
    let table = link.dynamic.table;
    let symbols = &mut link.symbols;
    let got_size = symbols.size(table.got_plt);
    let plt = symbols.own_mut(table.plt);
    let start = plt.size;
    plt.add_bytes(&[0xff, 0x25]);
    plt.add_reference(table.got_plt, got_size, kind::PCREL, 4);
    let here = plt.size;
    symbols.own_mut(table.got_plt).add_address(table.plt, here);
    let plt = symbols.own_mut(table.plt);
    plt.add_bytes(&[0x68]);
    plt.add_u32(((got_size - 24) / 8) as u32);
    plt.add_bytes(&[0xe9]);
    let back = -(plt.size + 4);
    plt.add_u32(back as u32);
    let rela = symbols.own_mut(table.rela_plt);
    rela.add_address(table.got_plt, got_size);
    rela.add_u64(number << 32 | JUMP_SLOT);
    rela.add_u64(0);
    link.dynamic.plt_offset.insert(sym, start);
    start
}

/// Adds an entry to the table of addresses. Returns its offset.
fn add_got(link: &mut Link, sym: Sym) -> i64 {
    if let Some(&offset) = link.dynamic.got_offset.get(&sym) {
        return offset;
    }
    add_symbol(link, sym);
    let number = u64::from(link.dynamic.number[&sym]);
    let table = link.dynamic.table;
    let symbols = &mut link.symbols;
    let offset = symbols.size(table.got);
    symbols.own_mut(table.got).add_u64(0);
    let rela = symbols.own_mut(table.rela);
    rela.add_address(table.got, offset);
    rela.add_u64(number << 32 | GLOB_DAT);
    rela.add_u64(0);
    link.dynamic.got_offset.insert(sym, offset);
    offset
}

/// Turns relocations that ELF objects have or that need a library into those that can be applied
/// here, and finishes the tables. `data` are the symbols of data, in the order of kinds.
pub fn relocate(link: &mut Link, data: &[Vec<Sym>]) -> Result<()> {
    if !link.is_dynamic {
        return Ok(());
    }
    let order = link.release().kinds_in_order();
    let data = order.iter().flat_map(|kind| &data[*kind as usize]);
    let all: Vec<Sym> = link.text.all.iter().chain(data).copied().collect();
    let pie = link.is_pie();
    let symbols = &link.symbols;
    let found: Vec<(Sym, usize)> = all
        .par_iter()
        .flat_map_iter(|&sym| {
            symbols
                .relocs(sym)
                .enumerate()
                .filter(|(_, reloc)| {
                    reloc.siz != 0
                        && (!reloc.weak() || symbols.reachable(reloc.sym))
                        && (reloc.kind() >= kind::ELF
                            || pie && reloc.kind() == kind::ADDR
                            || reloc.sym != 0
                                && symbols.kind[reloc.sym as usize] == Kind::DynImport)
                })
                .map(move |(i, _)| (sym, i))
        })
        .collect();
    for (sym, index) in found {
        relocate_one(link, sym, index)?;
    }
    finish(link)
}

fn relocate_one(link: &mut Link, sym: Sym, index: usize) -> Result<()> {
    let table = link.dynamic.table;
    let Some(reloc) = link.symbols.relocs(sym).nth(index) else {
        return failed("a relocation");
    };
    let target = reloc.sym;
    if target != 0 && !link.symbols.reachable(target) {
        return failed("dynamic relocation to unreachable symbol");
    }
    let target_kind = match target {
        0 => Kind::Xxx,
        target => link.symbols.kind[target as usize],
    };
    let imported = target_kind == Kind::DynImport;
    let undefined = matches!(target_kind, Kind::Xxx | Kind::Xref);
    let mut new = reloc;
    match reloc.kind().checked_sub(kind::ELF) {
        Some(x86_64::PC32) if !imported && !undefined => {
            new.raw = kind::PCREL;
            new.add += 4;
        }
        Some(x86_64::PC64) if !imported && !undefined => {
            new.raw = kind::PCREL;
            new.add += 8;
        }
        Some(x86_64::PLT32) => {
            new.raw = kind::PCREL;
            new.add += 4;
            if imported {
                let offset = add_plt(link, target);
                new.sym = table.plt;
                new.add += offset;
            }
        }
        Some(x86_64::GOTPCREL | x86_64::GOTPCRELX | x86_64::REX_GOTPCRELX) => {
            new.raw = kind::PCREL;
            let opcode = usize::try_from(reloc.off)
                .ok()
                .and_then(|off| off.checked_sub(2));
            let data = &mut link.symbols.own_mut(sym).data;
            match opcode.and_then(|at| data.get_mut(at)) {
                // A load of the address of a symbol of this program: compute it.
                Some(opcode @ 0x8b) if !imported => {
                    *opcode = 0x8d;
                    new.add += 4;
                }
                _ => {
                    let offset = add_got(link, target);
                    new.sym = table.got;
                    new.add += 4 + offset;
                }
            }
        }
        Some(x86_64::R_64) if !imported => {
            new.raw = kind::ADDR;
            if link.is_pie() {
                link.symbols.own_mut(sym).relocs[index] = new;
                return relocate_one(link, sym, index);
            }
        }
        Some(other) => return unsupported(format!("relocation {other} of an ELF object")),
        None => match reloc.kind() {
            kind::CALL => {
                let offset = add_plt(link, target);
                new.sym = table.plt;
                new.add = offset;
            }
            kind::ADDR if link.symbols.kind[sym as usize].is_text() => {
                let offset = add_got(link, target);
                new.sym = table.got;
                new.add += offset;
            }
            // What the tables themselves refer to needs no relocation at run time.
            kind::ADDR if table.is_static(sym) => {}
            kind::ADDR => {
                if imported || !link.is_pie() {
                    return unsupported("an address of a library in data");
                }
                if reloc.siz != 8 {
                    return failed("unsupported dynamic relocation");
                }
                let rela = link.symbols.own_mut(table.rela);
                rela.add_address(sym, i64::from(reloc.off));
                rela.add_u64(RELATIVE);
                rela.add_address(target, reloc.add);
                return Ok(());
            }
            _ if !imported => {}
            other => return unsupported(format!("relocation {other} of a library's symbol")),
        },
    }
    if new != reloc {
        link.symbols.own_mut(sym).relocs[index] = new;
    }
    Ok(())
}

/// The hash of ELF's symbol tables.
fn elf_hash(name: &[u8]) -> u32 {
    name.iter().fold(0_u32, |hash, byte| {
        let hash = (hash << 4).wrapping_add(u32::from(*byte));
        let top = hash & 0xf000_0000;
        (hash ^ top >> 24) & 0x0fff_ffff
    })
}

/// A library's versions that are needed.
struct Needed {
    file: String,
    /// The versions, and the numbers that symbols refer to them by.
    versions: Vec<(String, u16)>,
}

/// Makes the hash table and the tables of versions. Answers to elfdynhash.
fn finish(link: &mut Link) -> Result<()> {
    let table = link.dynamic.table;
    let count = link.dynamic.number.len() + 1;
    let nbuckets = 1 + (usize::BITS - count.leading_zeros()) as usize;
    let mut buckets = vec![0_u32; nbuckets];
    let mut chain = vec![0_u32; count];
    let mut needed: Vec<Needed> = Vec::new();
    let mut version_of: Vec<Option<(String, String)>> = vec![None; count];
    let mut numbered: Vec<(Sym, u32)> = link
        .dynamic
        .number
        .iter()
        .map(|(sym, number)| (*sym, *number))
        .collect();
    numbered.sort_unstable();
    for (sym, number) in numbered {
        let version = link.dynamic.version.get(&sym).cloned().unwrap_or_default();
        if !version.is_empty() {
            let file = link.dynamic.library.get(&sym).cloned().unwrap_or_default();
            // The last one that is found comes first.
            if !needed.iter().any(|needed| needed.file == file) {
                let versions = Vec::new();
                needed.insert(
                    0,
                    Needed {
                        file: file.clone(),
                        versions,
                    },
                );
            }
            for needed in needed.iter_mut().filter(|needed| needed.file == file) {
                if !needed.versions.iter().any(|(other, _)| *other == version) {
                    needed.versions.insert(0, (version.clone(), 0));
                }
            }
            version_of[number as usize] = Some((file, version));
        }
        let name = match link.dynamic.external_name.get(&sym) {
            Some(name) => elf_hash(name.as_bytes()),
            None => elf_hash(link.symbols.name(sym)),
        };
        let bucket = &mut buckets[name as usize % nbuckets];
        chain[number as usize] = std::mem::replace(bucket, number);
    }
    let hash = link.symbols.own_mut(table.hash);
    for word in [nbuckets as u32, count as u32]
        .into_iter()
        .chain(buckets)
        .chain(chain)
    {
        hash.add_u32(word);
    }
    let needs = link.symbols.lookup(".gnu.version_r", ABI0);
    write_needed(link, needs, &mut needed);
    let versions = link.symbols.lookup(".gnu.version", ABI0);
    let mut bytes = Vec::new();
    for (i, of) in version_of.iter().enumerate() {
        let number = match of {
            _ if i == 0 => 0,
            None => 1,
            Some((file, version)) => needed
                .iter()
                .filter(|needed| needed.file == *file)
                .flat_map(|needed| &needed.versions)
                .find(|(other, _)| other == version)
                .map_or(1, |(_, number)| *number),
        };
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    link.symbols.own_mut(versions).add_bytes(&bytes);

    let pie = link.is_pie();
    let symbols = &mut link.symbols;
    const DF_1_PIE: u64 = 0x0800_0000;
    entry(
        symbols,
        table.dynamic,
        DT_FLAGS_1,
        if pie { DF_1_PIE } else { 0 },
    );
    link.dynamic.nversions = needed.len();
    if !needed.is_empty() {
        entry_address(symbols, table.dynamic, DT_VERNEED, needs);
        let count = needed.len() as u64;
        entry(symbols, table.dynamic, DT_VERNEEDNUM, count);
        entry_address(symbols, table.dynamic, DT_VERSYM, versions);
    }
    if symbols.size(table.rela_plt) > 0 {
        entry(symbols, table.dynamic, DT_PLTREL, DT_RELA);
        entry_size(symbols, table.dynamic, DT_PLTRELSZ, table.rela_plt);
        entry_address(symbols, table.dynamic, DT_JMPREL, table.rela_plt);
    }
    entry(symbols, table.dynamic, DT_NULL, 0);
    for sym in [table.hash, needs, versions] {
        symbols.set(sym, attr::REACHABLE, true);
    }
    Ok(())
}

fn write_needed(link: &mut Link, needs: Sym, needed: &mut [Needed]) {
    let strings = link.dynamic.table.strings;
    let mut number = 2;
    let files = needed.len();
    let mut bytes = Vec::new();
    for (i, needed) in needed.iter_mut().enumerate() {
        let count = needed.versions.len();
        bytes.extend_from_slice(&1_u16.to_le_bytes());
        bytes.extend_from_slice(&(count as u16).to_le_bytes());
        let file = link
            .symbols
            .own_mut(strings)
            .add_string(needed.file.as_bytes());
        let next = match i + 1 < files {
            true => 16 + 16 * count as u32,
            false => 0,
        };
        for word in [file as u32, 16, next] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        for (j, (version, own)) in needed.versions.iter_mut().enumerate() {
            *own = number;
            number += 1;
            bytes.extend_from_slice(&elf_hash(version.as_bytes()).to_le_bytes());
            bytes.extend_from_slice(&0_u16.to_le_bytes());
            bytes.extend_from_slice(&own.to_le_bytes());
            let name = link.symbols.own_mut(strings).add_string(version.as_bytes());
            let next = if j + 1 < count { 16 } else { 0 };
            for word in [name as u32, next] {
                bytes.extend_from_slice(&word.to_le_bytes());
            }
        }
    }
    link.symbols.own_mut(needs).add_bytes(&bytes);
}
