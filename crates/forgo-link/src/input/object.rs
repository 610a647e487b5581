//! A Go object file, read in place. Answers to cmd/internal/goobj/objfile.go;
//! `forgo_golang::object::goobj` describes the format.
//!
//! Every read is checked. A read that is out of bounds gives nothing and sets a flag in [`Damage`],
//! which the link looks at between its passes: passes need no error path for each record.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{u16_at, u32_at, u64_at};
use crate::error::{Result, damaged};
use crate::kind::Kind;
use crate::release::Release;

const MAGIC: &[u8; 8] = b"\x00go120ld";
const BLOCKS: usize = 19;
const HEADER: usize = 8 + 8 + 4 + 4 * BLOCKS;

const SYMBOL_SIZE: usize = 21;
/// Bytes of a relocation.
pub const RELOC_SIZE: usize = 23;
const AUX_SIZE: usize = 9;

/// Set once something is read that cannot be.
#[derive(Debug, Default)]
pub struct Damage(AtomicBool);

impl Damage {
    /// Notes damage.
    pub fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Fails if damage was noted.
    pub fn check(&self) -> Result<()> {
        if self.0.load(Ordering::Relaxed) {
            return damaged("an object file's record is out of bounds");
        }
        Ok(())
    }
}

/// Flags of a symbol's first byte of flags.
pub mod flag {
    #![allow(missing_docs, reason = "the names are cmd/internal/goobj's")]
    pub const DUPOK: u8 = 1 << 0;
    pub const LOCAL: u8 = 1 << 1;
    pub const TYPELINK: u8 = 1 << 2;
    pub const NOSPLIT: u8 = 1 << 4;
    pub const REFLECT_METHOD: u8 = 1 << 5;
    pub const GO_TYPE: u8 = 1 << 6;
}

/// Flags of a symbol's second byte of flags.
pub mod flag2 {
    #![allow(missing_docs, reason = "the names are cmd/internal/goobj's")]
    pub const USED_IN_IFACE: u8 = 1 << 0;
    pub const ITAB: u8 = 1 << 1;
    pub const DICT: u8 = 1 << 2;
    pub const PKG_INIT: u8 = 1 << 3;
    pub const LINKNAME: u8 = 1 << 4;
}

/// What a symbol that belongs to another is to it.
pub mod aux {
    #![allow(missing_docs, reason = "the names are cmd/internal/goobj's")]
    pub const GOTYPE: u8 = 0;
    pub const FUNC_INFO: u8 = 1;
    pub const FUNCDATA: u8 = 2;
    pub const DWARF_INFO: u8 = 3;
    pub const DWARF_LOC: u8 = 4;
    pub const DWARF_RANGES: u8 = 5;
    pub const DWARF_LINES: u8 = 6;
    pub const PCSP: u8 = 7;
    pub const PCFILE: u8 = 8;
    pub const PCLINE: u8 = 9;
    pub const PCINLINE: u8 = 10;
    pub const PCDATA: u8 = 11;
}

/// Package numbers with a special meaning.
pub mod pkg {
    #![allow(missing_docs, reason = "the names are cmd/internal/goobj's")]
    pub const NONE: u32 = (1 << 31) - 1;
    pub const HASHED64: u32 = NONE - 1;
    pub const HASHED: u32 = NONE - 2;
    pub const BUILTIN: u32 = NONE - 3;
    pub const SELF: u32 = NONE - 4;
}

/// ABI of a symbol that only its file can name.
pub const ABI_STATIC: u16 = u16::MAX;

/// A reference to a symbol: a package's number, and an index that depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SymRef {
    /// The package.
    pub pkg: u32,
    /// The index.
    pub index: u32,
}

/// A symbol's record.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Its name; empty for symbols that are found otherwise.
    pub name: &'a [u8],
    /// Its ABI, or [`ABI_STATIC`].
    pub abi: u16,
    /// Its kind.
    pub kind: Kind,
    /// [`flag`]s.
    pub flag: u8,
    /// [`flag2`]s.
    pub flag2: u8,
    /// Its size, which may be larger than its data.
    pub size: u32,
    /// Its alignment; 0 where its size decides.
    pub align: u32,
}

/// A relocation as it stands in an object.
#[derive(Debug, Clone, Copy)]
pub struct RawReloc {
    /// Where, in the symbol's data.
    pub off: i32,
    /// How many bytes.
    pub siz: u8,
    /// What, in Go 1.27's numbers.
    pub typ: u16,
    /// The addend.
    pub add: i64,
    /// The target.
    pub sym: SymRef,
}

/// The blocks of an object, in their order.
#[derive(Debug, Clone, Copy)]
#[repr(usize)]
enum Block {
    Autolib,
    PkgIndex,
    Files,
    SymDef,
    Hashed64Def,
    HashedDef,
    NonPkgDef,
    NonPkgRef,
    RefFlags,
    Hash64,
    Hash,
    RelocIndex,
    AuxIndex,
    DataIndex,
    Reloc,
    Aux,
    Data,
    RefName,
}

/// An object file.
#[derive(Debug)]
pub struct Object<'a> {
    bytes: &'a [u8],
    offsets: [u32; BLOCKS],
    damage: &'a Damage,
    release: Release,
    flags: u32,
    /// Symbols of the package.
    pub ndef: u32,
    /// Symbols found by a short hash.
    pub nhashed64: u32,
    /// Symbols found by a hash.
    pub nhashed: u32,
    /// Symbols found by name.
    pub nnonpkg: u32,
    /// Symbols referred to by name.
    pub nref: u32,
    /// From index here to symbol of the link: all defined, then all referred to by name.
    pub syms: Vec<u32>,
    /// From number of a package here to the object with its symbols.
    pub pkgs: Vec<u32>,
    /// The version of symbols that only this file can name.
    pub version: i32,
    /// The library that this is from.
    pub lib: u32,
}

impl<'a> Object<'a> {
    /// Reads an object's header; `bytes` begin with the magic.
    pub fn read(bytes: &'a [u8], release: Release, damage: &'a Damage) -> Result<Object<'a>> {
        if !bytes.starts_with(MAGIC) || bytes.len() < HEADER || bytes.len() > u32::MAX as usize {
            return damaged("not an object file");
        }
        let mut offsets = [0; BLOCKS];
        let mut before = HEADER as u32;
        for (i, offset) in offsets.iter_mut().enumerate() {
            *offset = u32_at(bytes, 20 + 4 * i).unwrap_or(0);
            if *offset < before || *offset as usize > bytes.len() {
                return damaged("an object file's blocks");
            }
            before = *offset;
        }
        let mut object = Object {
            bytes,
            offsets,
            damage,
            release,
            flags: u32_at(bytes, 16).unwrap_or(0),
            ndef: 0,
            nhashed64: 0,
            nhashed: 0,
            nnonpkg: 0,
            nref: 0,
            syms: Vec::new(),
            pkgs: Vec::new(),
            version: 0,
            lib: 0,
        };
        object.ndef = object.count(Block::SymDef, SYMBOL_SIZE);
        object.nhashed64 = object.count(Block::Hashed64Def, SYMBOL_SIZE);
        object.nhashed = object.count(Block::HashedDef, SYMBOL_SIZE);
        object.nnonpkg = object.count(Block::NonPkgDef, SYMBOL_SIZE);
        object.nref = object.count(Block::NonPkgRef, SYMBOL_SIZE);
        let defined = object.ndefined();
        let hashes = object.count(Block::Hash64, 8) < object.nhashed64
            || object.count(Block::Hash, 16) < object.nhashed;
        let short = |block| object.count(block, 4) <= defined;
        if hashes || short(Block::RelocIndex) || short(Block::AuxIndex) || short(Block::DataIndex) {
            return damaged("an object file's blocks");
        }
        object.syms = vec![0; (defined + object.nref) as usize];
        Ok(object)
    }

    /// An object without symbols.
    pub fn none(damage: &'a Damage) -> Object<'a> {
        Object {
            bytes: &[],
            offsets: [0; BLOCKS],
            damage,
            release: Release::Go127,
            flags: 0,
            ndef: 0,
            nhashed64: 0,
            nhashed: 0,
            nnonpkg: 0,
            nref: 0,
            syms: Vec::new(),
            pkgs: Vec::new(),
            version: 0,
            lib: 0,
        }
    }

    #[inline]
    fn start(&self, block: Block) -> usize {
        self.offsets[block as usize] as usize
    }

    #[inline]
    fn count(&self, block: Block, size: usize) -> u32 {
        let end = self.offsets[block as usize + 1] as usize;
        ((end - self.start(block)) / size) as u32
    }

    /// Number of symbols defined here.
    #[inline]
    pub fn ndefined(&self) -> u32 {
        self.ndef + self.nhashed64 + self.nhashed + self.nnonpkg
    }

    /// Reports whether this is from the assembler.
    pub fn is_assembly(&self) -> bool {
        self.flags & 4 != 0
    }

    /// Reports whether this cannot be linked: it was compiled without `-p`.
    pub fn unlinkable(&self) -> bool {
        self.flags & 8 != 0
    }

    /// Reports whether this is of the standard library.
    pub fn std(&self) -> bool {
        self.flags & 16 != 0
    }

    /// The fingerprint of the package's export data.
    pub fn fingerprint(&self) -> [u8; 8] {
        self.bytes
            .get(8..16)
            .and_then(|bytes| bytes.try_into().ok())
            .unwrap_or_default()
    }

    #[inline]
    fn out_of_bounds<T>(&self, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.damage.note();
        }
        value
    }

    #[inline]
    fn string(&self, at: usize) -> &'a [u8] {
        let string = || {
            let len = u32_at(self.bytes, at)? as usize;
            let start = u32_at(self.bytes, at + 4)? as usize;
            self.bytes.get(start..start.checked_add(len)?)
        };
        self.out_of_bounds(string()).unwrap_or_default()
    }

    /// The packages that this imports, with the fingerprints that it saw.
    pub fn autolib(&self) -> impl Iterator<Item = (&'a [u8], [u8; 8])> {
        let start = self.start(Block::Autolib);
        (0..self.count(Block::Autolib, 16) as usize).map(move |i| {
            let at = start + 16 * i;
            let fingerprint = self.bytes.get(at + 8..).and_then(|b| b.first_chunk());
            (self.string(at), fingerprint.copied().unwrap_or_default())
        })
    }

    /// The packages that this refers to, by their numbers; the first is none.
    pub fn packages(&self) -> impl Iterator<Item = &'a [u8]> {
        let start = self.start(Block::PkgIndex);
        (0..self.count(Block::PkgIndex, 8) as usize).map(move |i| self.string(start + 8 * i))
    }

    /// Number of source files.
    pub fn nfiles(&self) -> u32 {
        self.count(Block::Files, 8)
    }

    /// A source file's name.
    pub fn file(&self, index: u32) -> &'a [u8] {
        if index >= self.nfiles() {
            self.damage.note();
            return &[];
        }
        self.string(self.start(Block::Files) + 8 * index as usize)
    }

    /// Where a symbol's record is. All blocks of symbols follow each other.
    #[inline]
    fn record_at(&self, index: u32) -> Option<usize> {
        let total = self.ndefined() + self.nref;
        self.out_of_bounds((index < total).then_some(()))?;
        Some(self.start(Block::SymDef) + SYMBOL_SIZE * index as usize)
    }

    /// A symbol's record.
    #[inline]
    pub fn record(&self, index: u32) -> Record<'a> {
        let read = || {
            let at = self.record_at(index)?;
            let bytes = self.bytes.get(at..at + SYMBOL_SIZE)?;
            Some(Record {
                name: self.string(at),
                abi: u16_at(bytes, 8)?,
                kind: Kind::of_object(*bytes.get(10)?)?,
                flag: *bytes.get(11)?,
                flag2: *bytes.get(12)?,
                size: u32_at(bytes, 13)?,
                align: u32_at(bytes, 17)?,
            })
        };
        self.out_of_bounds(read()).unwrap_or(Record {
            name: &[],
            abi: 0,
            kind: Kind::Xxx,
            flag: 0,
            flag2: 0,
            size: 0,
            align: 0,
        })
    }

    /// A symbol's name.
    #[inline]
    pub fn name(&self, index: u32) -> &'a [u8] {
        self.record_at(index).map_or(&[], |at| self.string(at))
    }

    /// A symbol's size.
    #[inline]
    pub fn size(&self, index: u32) -> u32 {
        self.record_at(index)
            .and_then(|at| u32_at(self.bytes, at + 13))
            .unwrap_or(0)
    }

    /// A symbol's two bytes of flags.
    #[inline]
    pub fn flags(&self, index: u32) -> (u8, u8) {
        self.record_at(index)
            .and_then(|at| Some((*self.bytes.get(at + 11)?, *self.bytes.get(at + 12)?)))
            .unwrap_or_default()
    }

    /// The version of a symbol's name: its ABI, or this file's.
    pub fn symbol_version(&self, abi: u16) -> Option<i32> {
        match abi {
            0 | 1 => Some(i32::from(abi)),
            ABI_STATIC => Some(self.version),
            _ => None,
        }
    }

    /// Hash of a symbol that is found by a short hash.
    pub fn hash64(&self, index: u32) -> u64 {
        let at = self.start(Block::Hash64) + 8 * index as usize;
        u64_at(self.bytes, at).unwrap_or(0)
    }

    /// Hash of a symbol that is found by a hash.
    pub fn hash(&self, index: u32) -> [u8; 16] {
        let at = self.start(Block::Hash) + 16 * index as usize;
        let bytes = self.bytes.get(at..).and_then(|b| b.first_chunk());
        bytes.copied().unwrap_or_default()
    }

    /// Two neighbours in an index block, of a defined symbol; a range within `limit`.
    #[inline]
    fn range(&self, block: Block, index: u32, limit: usize) -> (usize, usize) {
        if index >= self.ndefined() {
            return (0, 0);
        }
        let at = self.start(block) + 4 * index as usize;
        let read = || {
            let from = u32_at(self.bytes, at)? as usize;
            let to = u32_at(self.bytes, at + 4)? as usize;
            (from <= to && to <= limit).then_some((from, to))
        };
        self.out_of_bounds(read()).unwrap_or((0, 0))
    }

    /// A symbol's data. Empty for references, too.
    #[inline]
    pub fn data(&self, index: u32) -> &'a [u8] {
        let start = self.start(Block::Data);
        let limit = self.start(Block::RefName) - start;
        let (from, to) = self.range(Block::DataIndex, index, limit);
        self.bytes.get(start + from..start + to).unwrap_or_default()
    }

    /// A symbol's relocations, for [`Object::reloc`].
    #[inline]
    pub fn relocs(&self, index: u32) -> &'a [[u8; RELOC_SIZE]] {
        let limit = self.count(Block::Reloc, RELOC_SIZE) as usize;
        let (from, to) = self.range(Block::RelocIndex, index, limit);
        self.records(self.start(Block::Reloc), from, to)
    }

    /// Records from one number to another of a block that begins at `start`.
    #[inline]
    fn records<const SIZE: usize>(&self, start: usize, from: usize, to: usize) -> &'a [[u8; SIZE]] {
        let range = start + SIZE * from..start + SIZE * to;
        self.bytes.get(range).unwrap_or_default().as_chunks().0
    }

    /// A relocation of this object.
    #[inline]
    pub fn reloc(&self, bytes: &[u8; RELOC_SIZE]) -> RawReloc {
        let word = |at: usize| u32_at(bytes, at).unwrap_or(0);
        RawReloc {
            off: word(0) as i32,
            siz: bytes[4],
            typ: self.release.relocation(u16_at(bytes, 5).unwrap_or(0)),
            add: u64_at(bytes, 7).unwrap_or(0) as i64,
            sym: SymRef {
                pkg: word(15),
                index: word(19),
            },
        }
    }

    /// Returns the symbols that belong to a symbol: their role, and which they are.
    #[inline]
    pub fn auxs(&self, index: u32) -> impl Iterator<Item = (u8, SymRef)> + use<'a> {
        let limit = self.count(Block::Aux, AUX_SIZE) as usize;
        let (from, to) = self.range(Block::AuxIndex, index, limit);
        let records: &'a [[u8; AUX_SIZE]] = self.records(self.start(Block::Aux), from, to);
        records.iter().map(|bytes| {
            let sym = SymRef {
                pkg: u32_at(bytes, 1).unwrap_or(0),
                index: u32_at(bytes, 5).unwrap_or(0),
            };
            (bytes[0], sym)
        })
    }

    /// Flags of symbols that other objects define: the second byte of flags.
    pub fn ref_flags(&self) -> impl Iterator<Item = (SymRef, u8)> {
        let start = self.start(Block::RefFlags);
        (0..self.count(Block::RefFlags, 10) as usize).map(move |i| {
            let at = start + 10 * i;
            let read = || {
                let sym = SymRef {
                    pkg: u32_at(self.bytes, at)?,
                    index: u32_at(self.bytes, at + 4)?,
                };
                Some((sym, *self.bytes.get(at + 9)?))
            };
            self.out_of_bounds(read())
                .unwrap_or((SymRef { pkg: 0, index: 0 }, 0))
        })
    }
}
