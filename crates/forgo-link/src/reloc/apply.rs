//! Computes relocations and writes them into a symbol's bytes.

use super::{Reloc, arm64, kind};
use crate::error::{Error, Result, failed, unsupported};
use crate::kind::Kind;
use crate::link::Link;
use crate::symbols::Sym;

/// The offset of the runtime's pointer to its g from the thread pointer.
const TLS_OFFSET: i64 = -8;

impl Link<'_> {
    /// Applies a symbol's relocations to its bytes, `out`.
    pub fn relocate(&self, sym: Sym, out: &mut [u8]) -> Result<()> {
        for reloc in self.symbols.relocs(sym) {
            let siz = usize::from(reloc.siz);
            let range = usize::try_from(reloc.off)
                .ok()
                .and_then(|off| out.get_mut(off..off.checked_add(siz)?));
            let Some(bytes) = range else {
                return failed(format!("invalid relocation of {}", self.symbols.text(sym)));
            };
            if siz == 0 {
                continue;
            }
            let Some(value) = self.value(sym, &reloc)? else {
                continue;
            };
            if reloc.kind() == kind::TLS_IE {
                let off = reloc.off as usize;
                let Some(bytes) = out.get_mut(..off + siz) else {
                    continue;
                };
                load_constant(bytes, off, siz)?;
                bytes[off..].copy_from_slice(&value.to_le_bytes()[..siz]);
                continue;
            }
            if arm64::is(reloc.kind()) {
                arm64::put(reloc.kind(), bytes, value)?;
                continue;
            }
            if reloc.is_debug_addr() {
                put_uleb128(bytes, value)?;
                continue;
            }
            let pc_relative = matches!(reloc.kind(), kind::PCREL | kind::CALL);
            let fits = match siz {
                1 | 8 => true,
                2 => {
                    value == i64::from(value as i16)
                        || !pc_relative && value == i64::from(value as u16)
                }
                4 => {
                    value == i64::from(value as i32)
                        || !pc_relative && value == i64::from(value as u32)
                }
                _ => return unsupported(format!("relocation of {siz} bytes")),
            };
            if !fits {
                return failed("a relocation's value is too big");
            }
            bytes.copy_from_slice(&value.to_le_bytes()[..siz]);
        }
        Ok(())
    }

    fn undefined(&self, sym: Sym) -> Error {
        Error::Failed(format!("undefined: {}", self.symbols.text(sym)))
    }

    /// The value to write; `None` to leave the bytes as they are.
    fn value(&self, sym: Sym, reloc: &Reloc) -> Result<Option<i64>> {
        let symbols = &self.symbols;
        let mut target = reloc.sym;
        let target_kind = match target {
            0 => Kind::Xxx,
            target => symbols.kind[target as usize],
        };
        if target != 0 && matches!(target_kind, Kind::Xxx | Kind::Xref) {
            return Err(self.undefined(target));
        }
        if target_kind == Kind::DynImport {
            return unsupported("a dynamic symbol");
        }
        let reachable = target == 0 || symbols.reachable(target);
        let what = reloc.kind();
        if !reachable && target_kind != Kind::TlsBss && !reloc.weak() && what != kind::METHODOFF {
            return failed(format!("unreachable: {}", symbols.text(target)));
        }
        let address = |sym: Sym| match sym {
            0 => 0,
            sym => symbols.value[sym as usize],
        };
        let section = |sym: Sym| match symbols.section[sym as usize] {
            0 => failed(format!("no section of {}", symbols.text(sym))),
            section => Ok(&self.sections.list[usize::from(section)]),
        };
        let value = match what {
            kind::ADDR => {
                if reloc.weak() && !reachable {
                    target = self.unreachable_method;
                }
                let value = address(target) + reloc.add;
                if reloc.siz == 4 && (value as i32) < 0 {
                    return failed("an address is too big");
                }
                value
            }
            kind::CALL | kind::PCREL | kind::GOTPCREL => {
                let here =
                    symbols.value[sym as usize] + i64::from(reloc.off) + i64::from(reloc.siz);
                address(target) + reloc.add - here
            }
            kind::ADDROFF | kind::METHODOFF => {
                if !reachable {
                    return Ok((what == kind::METHODOFF).then_some(-1));
                }
                address(target) - section(target)?.address as i64 + reloc.add
            }
            kind::DWARFSECREF => address(target) + reloc.add - section(target)?.address as i64,
            kind::DWTXTADDR_U1..=kind::DWTXTADDR_U4 => {
                match self
                    .dwarf
                    .as_ref()
                    .and_then(|dwarf| dwarf.address_slot(target))
                {
                    Some(slot) => i64::from(slot),
                    None => return failed("no slot in .debug_addr"),
                }
            }
            kind::ADDRCUOFF => {
                let unit = symbols.origin(target).map(|place| place.object as usize);
                let first = unit.and_then(|unit| self.text.of_object[unit].first());
                address(target) + reloc.add - first.map_or(0, |first| address(*first))
            }
            kind::CALLARM64 => {
                address(target) + reloc.add - symbols.value[sym as usize] - i64::from(reloc.off)
            }
            kind::ADDRARM64 | kind::ARM64_PCREL_LDST8..=kind::ARM64_PCREL_LDST64 => {
                let here = symbols.value[sym as usize] + i64::from(reloc.off);
                address(target) + reloc.add - (here & !0xfff)
            }
            kind::ARM64_TLS_LE => address(target) + arm64::TLS_OFFSET,
            kind::TLS_LE => TLS_OFFSET + reloc.add,
            // The program itself has the variable: its offset is known.
            kind::TLS_IE if self.is_pie() => TLS_OFFSET,
            kind::SIZE => symbols.size(target) + reloc.add,
            kind::CONST => reloc.add,
            _ => return unsupported(format!("relocation {what}")),
        };
        Ok(Some(value))
    }

    /// Applies the relocations of a table of a function, which are offsets in sections.
    pub fn relocate_offsets(&self, sym: Sym, out: &mut [u8]) -> Result<()> {
        for reloc in self.symbols.relocs(sym) {
            if reloc.kind() != kind::ADDROFF || reloc.siz != 4 {
                return unsupported("a relocation of funcdata");
            }
            if reloc.weak() && !self.symbols.reachable(reloc.sym) {
                return Ok(());
            }
            let Some(value) = self.value(sym, &reloc)? else {
                continue;
            };
            let range = usize::try_from(reloc.off)
                .ok()
                .and_then(|off| out.get_mut(off..off.checked_add(4)?));
            match range {
                Some(bytes) => bytes.copy_from_slice(&(value as u32).to_le_bytes()),
                None => return failed("invalid relocation of funcdata"),
            }
        }
        Ok(())
    }
}

/// Turns the load of an offset that is about to be written at `off` into a move of a constant.
/// Answers to tlsIEtoLE in cmd/link/internal/amd64/asm.go.
fn load_constant(bytes: &mut [u8], off: usize, siz: usize) -> Result<()> {
    let Some(op) = off.checked_sub(3).and_then(|at| bytes.get_mut(at..off)) else {
        return failed("a relocation of thread-local data");
    };
    let register = op[2] >> 3;
    if op[1] != 0x8b && register != 4 {
        return failed("an instruction for thread-local data");
    }
    if op[0] == 0x4c {
        op[0] = 0x49;
    } else if siz == 4 && op[0] == 0x44 {
        op[0] = 0x41;
    }
    op[1] = if op[1] == 0x8b { 0xc7 } else { 0x81 };
    op[2] = 0xc0 | register;
    Ok(())
}

/// Writes a number in the unsigned LEB128 encoding, as long as the bytes are.
fn put_uleb128(bytes: &mut [u8], value: i64) -> Result<()> {
    let mut rest = value as u64;
    let last = bytes.len().wrapping_sub(1);
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = (rest & 0x7f) as u8 | if i < last { 0x80 } else { 0 };
        rest >>= 7;
    }
    if rest != 0 {
        return failed("a slot of .debug_addr is too big");
    }
    Ok(())
}
