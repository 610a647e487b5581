//! Debug information, DWARF 5. Answers to cmd/link/internal/ld/dwarf.go and cmd/internal/dwarf.
//!
//! The compiler writes what concerns functions and variables; the linker adds types (`types`), a
//! unit for each object (`units`), and lays all out in sections (`sections`).

pub mod abbrev;
pub mod die;
pub mod sections;
pub mod types;
pub mod units;

use crate::symbols::Sym;
use die::{Die, DieId};

const NONE: u32 = u32::MAX;

/// A unit: the debug information of one object.
#[derive(Debug)]
pub struct Unit {
    /// The package's import path.
    pub pkg: String,
    /// The Go object; `None` for objects of other compilers.
    pub object: Option<u32>,
    /// The entry of the unit itself.
    pub die: DieId,
    /// Entries of functions that were inlined.
    pub abstract_funcs: Vec<Sym>,
    /// Entries of functions.
    pub funcs: Vec<Sym>,
    /// Entries of constants; 0 for none.
    pub consts: Sym,
    /// Entries of variables.
    pub vars: Vec<Sym>,
    /// Lists of ranges of functions.
    pub ranges: Vec<Sym>,
}

/// A section of debug information: its name and its symbols.
#[derive(Debug)]
pub struct List {
    /// The name.
    pub name: &'static str,
    /// The symbols.
    pub syms: Vec<Sym>,
}

/// Debug information in the making.
#[derive(Debug, Default)]
pub struct Dwarf {
    /// All entries that the linker makes.
    pub dies: Vec<Die>,
    /// Entries of types, in the order of their making.
    pub types: Vec<DieId>,
    /// The unit that has them: package runtime's last one.
    pub types_unit: Option<DieId>,
    /// The units.
    pub units: Vec<Unit>,
    /// The sections.
    pub lists: Vec<List>,
    /// Content of the sections with its place in the file.
    pub parts: Vec<(u64, Vec<u8>)>,
    slots: Vec<u32>,
}

impl Dwarf {
    /// The number of a function in its unit's part of .debug_addr.
    pub fn address_slot(&self, func: Sym) -> Option<u32> {
        let slot = self.slots.get(func as usize).copied();
        slot.filter(|slot| *slot != NONE)
    }
}

/// Appends a number in the unsigned LEB128 encoding.
pub fn put_uleb128(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a number in the signed LEB128 encoding.
pub fn put_sleb128(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        let sign = byte & 0x40 != 0;
        if value == 0 && !sign || value == -1 && sign {
            return out.push(byte);
        }
        out.push(byte | 0x80);
    }
}
