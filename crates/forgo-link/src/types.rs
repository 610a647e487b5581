//! Reads type descriptors. Answers to cmd/link/internal/ld/decodesym.go.

use crate::input::{u16_at, u32_at, u64_at};
use crate::symbols::{Sym, Symbols};

/// Kinds of types (internal/abi.Kind).
#[allow(missing_docs, reason = "the names are internal/abi's")]
pub mod kind {
    pub const BOOL: u8 = 1;
    pub const INT: u8 = 2;
    pub const INT64: u8 = 6;
    pub const UINT: u8 = 7;
    pub const UINTPTR: u8 = 12;
    pub const FLOAT32: u8 = 13;
    pub const FLOAT64: u8 = 14;
    pub const COMPLEX64: u8 = 15;
    pub const COMPLEX128: u8 = 16;
    pub const ARRAY: u8 = 17;
    pub const CHAN: u8 = 18;
    pub const FUNC: u8 = 19;
    pub const INTERFACE: u8 = 20;
    pub const MAP: u8 = 21;
    pub const POINTER: u8 = 22;
    pub const SLICE: u8 = 23;
    pub const STRING: u8 = 24;
    pub const STRUCT: u8 = 25;
    pub const UNSAFE_POINTER: u8 = 26;
}

/// Size of the part that all descriptors have.
const COMMON: usize = 48;
const UNCOMMON: usize = 16;
const STRUCT_FIELD: i64 = 24;

const TFLAG_UNCOMMON: u8 = 1;
const TFLAG_EXTRA_STAR: u8 = 2;
const TFLAG_GCMASK_ON_DEMAND: u8 = 16;

/// A type descriptor.
#[derive(Clone, Copy)]
pub struct Type<'s, 'a> {
    symbols: &'s Symbols<'a>,
    sym: Sym,
    data: &'s [u8],
}

impl<'s, 'a> Type<'s, 'a> {
    /// A symbol as a type descriptor.
    pub fn new(symbols: &'s Symbols<'a>, sym: Sym) -> Type<'s, 'a> {
        let data = symbols.data(sym);
        Type { symbols, sym, data }
    }

    fn byte(&self, at: usize) -> u8 {
        self.data.get(at).copied().unwrap_or_else(|| {
            self.symbols.note_damage();
            0
        })
    }

    fn word(&self, at: usize) -> u64 {
        u64_at(self.data, at).unwrap_or_else(|| {
            self.symbols.note_damage();
            0
        })
    }

    fn short(&self, at: usize) -> usize {
        u16_at(self.data, at).map_or_else(
            || {
                self.symbols.note_damage();
                0
            },
            usize::from,
        )
    }

    /// Reports whether there is a descriptor.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// The kind.
    pub fn kind(&self) -> u8 {
        self.byte(23)
    }

    /// Size of a value.
    pub fn size(&self) -> i64 {
        self.word(0) as i64
    }

    /// Size of the part of a value that may hold pointers.
    pub fn pointer_size(&self) -> i64 {
        self.word(8) as i64
    }

    fn flags(&self) -> u8 {
        self.byte(20)
    }

    /// Reports whether the type has methods or a name.
    pub fn has_uncommon(&self) -> bool {
        self.flags() & TFLAG_UNCOMMON != 0
    }

    /// Reports whether the mask of pointers is made at run time.
    pub fn mask_on_demand(&self) -> bool {
        self.flags() & TFLAG_GCMASK_ON_DEMAND != 0
    }

    /// The mask of pointers.
    pub fn mask(&self) -> &'s [u8] {
        let mask = self.symbols.target_at(self.sym, 32);
        self.symbols.data(mask)
    }

    /// Size of the descriptor without what methods, fields and parameters add.
    pub fn descriptor_size(&self) -> usize {
        let (map, interface) = self.symbols.release.extra_of_map_and_interface();
        COMMON
            + match self.kind() {
                kind::STRUCT => 32,
                kind::POINTER | kind::FUNC | kind::SLICE => 8,
                kind::ARRAY => 24,
                kind::CHAN => 16,
                kind::MAP => map,
                kind::INTERFACE => interface,
                _ => 0,
            }
    }

    /// The methods: their number and where the first is.
    pub fn methods(&self) -> (usize, usize) {
        let uncommon = self.descriptor_size();
        let count = self.short(uncommon + 4);
        let offset = u32_at(self.data, uncommon + 8).unwrap_or(0) as usize;
        (count, uncommon + offset)
    }

    /// The element of an array, channel, pointer or slice, and the key of a map.
    pub fn elem(&self) -> Sym {
        self.symbols.target_at(self.sym, COMMON as i64)
    }

    /// The element of a map.
    pub fn map_elem(&self) -> Sym {
        self.symbols.target_at(self.sym, COMMON as i64 + 8)
    }

    /// The group of a map.
    pub fn map_group(&self) -> Sym {
        self.symbols.target_at(self.sym, COMMON as i64 + 16)
    }

    /// Length of an array, and number of fields or of an interface's methods.
    pub fn count(&self) -> i64 {
        self.word(COMMON + 16) as i64
    }

    /// Number of a function's parameters.
    pub fn nparams(&self) -> usize {
        self.short(COMMON)
    }

    /// Number of a function's results.
    pub fn nresults(&self) -> usize {
        self.short(COMMON + 2) & 0x7fff
    }

    /// Reports whether a function's last parameter is variadic.
    pub fn is_variadic(&self) -> bool {
        self.short(COMMON + 2) & 0x8000 != 0
    }

    /// Type of a parameter; results follow.
    pub fn param(&self, number: usize) -> Sym {
        let mut at = COMMON + 8;
        if self.has_uncommon() {
            at += UNCOMMON;
        }
        self.symbols.target_at(self.sym, (at + 8 * number) as i64)
    }

    fn field_at(&self, number: i64) -> i64 {
        let mut at = COMMON + 32;
        if self.has_uncommon() {
            at += UNCOMMON;
        }
        at as i64 + STRUCT_FIELD * number
    }

    /// A field's name.
    pub fn field_name(&self, number: i64) -> &'s [u8] {
        name_at(self.symbols, self.sym, self.field_at(number))
    }

    /// A field's type.
    pub fn field_type(&self, number: i64) -> Sym {
        self.symbols.target_at(self.sym, self.field_at(number) + 8)
    }

    /// Where a field is in a value.
    pub fn field_offset(&self, number: i64) -> i64 {
        self.word(self.field_at(number) as usize + 16) as i64
    }

    /// Reports whether a field is embedded.
    pub fn field_embedded(&self, number: i64) -> bool {
        let name = self.symbols.target_at(self.sym, self.field_at(number));
        let data = self.symbols.data(name);
        data.first().is_some_and(|flags| flags & 8 != 0)
    }

    /// The type as text.
    pub fn string(&self) -> &'s [u8] {
        let text = name_at(self.symbols, self.sym, 40);
        if self.flags() & TFLAG_EXTRA_STAR != 0 {
            return text.get(1..).unwrap_or_default();
        }
        text
    }
}

/// The name that a symbol refers to at an offset; empty where it refers to none.
pub fn name_at<'s>(symbols: &'s Symbols, sym: Sym, off: i64) -> &'s [u8] {
    let name = symbols.target_at(sym, off);
    if name == 0 {
        return &[];
    }
    let data = symbols.data(name);
    let read = || {
        let (length, size) = uvarint(data.get(1..)?)?;
        data.get(1 + size..)?.get(..usize::try_from(length).ok()?)
    };
    read().unwrap_or_else(|| {
        symbols.note_damage();
        &[]
    })
}

/// The type in an interface table.
pub fn itab_type(symbols: &Symbols, itab: Sym) -> Sym {
    symbols.target_at(itab, 8)
}

/// Reads a number of variable length: the number, and how many bytes it takes.
pub fn uvarint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (i, &byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f).checked_shl(7 * i as u32)?;
        if byte < 0x80 {
            return Some((value, i + 1));
        }
    }
    None
}
