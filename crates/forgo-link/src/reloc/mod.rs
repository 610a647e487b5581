//! Relocations. Answers to relocsym in cmd/link/internal/ld/data.go.

pub mod apply;
mod arm64;

/// Kinds of relocations, with the numbers of Go 1.27 (cmd/internal/objabi/reloctype.go).
#[allow(missing_docs, reason = "the names are cmd/internal/objabi's")]
pub mod kind {
    pub const ADDR: u16 = 1;
    pub const ADDRARM64: u16 = 3;
    pub const ADDROFF: u16 = 5;
    pub const SIZE: u16 = 6;
    pub const CALL: u16 = 7;
    pub const CALLARM64: u16 = 9;
    pub const CALLIND: u16 = 10;
    pub const CONST: u16 = 13;
    pub const PCREL: u16 = 14;
    pub const TLS_LE: u16 = 15;
    pub const TLS_IE: u16 = 16;
    pub const USETYPE: u16 = 22;
    pub const USEIFACE: u16 = 23;
    pub const USEIFACEMETHOD: u16 = 24;
    pub const USENAMEDMETHOD: u16 = 25;
    pub const METHODOFF: u16 = 26;
    pub const GOTPCREL: u16 = 29;
    pub const DWARFSECREF: u16 = 31;
    pub const ARM64_TLS_LE: u16 = 32;
    pub const ARM64_PCREL_LDST8: u16 = 37;
    pub const ARM64_PCREL_LDST64: u16 = 40;
    pub const ADDRCUOFF: u16 = 98;
    pub const INITORDER: u16 = 102;
    pub const DWTXTADDR_U1: u16 = 103;
    pub const DWTXTADDR_U4: u16 = 106;
    /// First of the numbers that stand for relocations of ELF objects.
    pub const ELF: u16 = 256;
    /// The target need not be kept for this relocation.
    pub const WEAK: u16 = 1 << 15;
}

/// A relocation with its target resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reloc {
    /// Where, in the symbol's data.
    pub off: i32,
    /// Size in bytes; 0 for a relocation that only marks.
    pub siz: u8,
    /// What, with [`kind::WEAK`].
    pub raw: u16,
    /// The addend.
    pub add: i64,
    /// The target; 0 for none.
    pub sym: crate::symbols::Sym,
}

impl Reloc {
    /// What, without [`kind::WEAK`].
    pub fn kind(&self) -> u16 {
        self.raw & !kind::WEAK
    }

    /// Reports whether the target need not be kept.
    pub fn weak(&self) -> bool {
        self.raw & kind::WEAK != 0
    }

    /// Reports whether this is a call of its target.
    pub fn is_direct_call(&self) -> bool {
        matches!(self.kind(), kind::CALL | kind::CALLARM64)
    }

    /// Reports whether this refers to a function by its place in .debug_addr.
    pub fn is_debug_addr(&self) -> bool {
        (kind::DWTXTADDR_U1..=kind::DWTXTADDR_U4).contains(&self.kind())
    }
}
