//! Instructions of 64-bit ARM that hold addresses. Answers to archreloc in
//! cmd/link/internal/arm64/asm.go.

use super::kind;
use crate::error::{Result, failed, unsupported};

/// The size of the thread control block, which precedes thread-local variables.
pub const TLS_OFFSET: i64 = 16;

/// Reports whether a relocation is one of this architecture's.
pub fn is(what: u16) -> bool {
    matches!(
        what,
        kind::ADDRARM64 | kind::CALLARM64 | kind::ARM64_TLS_LE | kind::ARM64_PCREL_LDST8
            ..=kind::ARM64_PCREL_LDST64
    )
}

/// Writes a value into instructions: a distance in bytes from the instruction, or from its page for
/// those that come in pairs.
pub fn put(what: u16, bytes: &mut [u8], value: i64) -> Result<()> {
    match (what, &mut *bytes) {
        (kind::CALLARM64, [a, b, c, d]) => {
            if !(-1 << 27..1 << 27).contains(&value) {
                return failed("a call is too far");
            }
            let code = u32::from_le_bytes([*a, *b, *c, *d]) | (value >> 2) as u32 & 0x3ff_ffff;
            bytes.copy_from_slice(&code.to_le_bytes());
        }
        (kind::ARM64_TLS_LE, [a, b, c, d]) => {
            if !(0..32678).contains(&value) {
                return failed("an offset of thread-local data is too big");
            }
            let code = u32::from_le_bytes([*a, *b, *c, *d]) | (value as u32) << 5;
            bytes.copy_from_slice(&code.to_le_bytes());
        }
        (_, [a, b, c, d, e, f, g, h]) => {
            if !(-1 << 32..1 << 32).contains(&value) {
                return failed("an address is too far");
            }
            let shift = match what {
                kind::ADDRARM64 => 0,
                _ => u32::from(what - kind::ARM64_PCREL_LDST8),
            };
            let low = (value & 0xfff) as u32;
            if low & ((1 << shift) - 1) != 0 {
                return failed("an offset is not aligned");
            }
            let page = value >> 12;
            let high = ((page & 3) as u32) << 29 | ((page >> 2 & 0x7_ffff) as u32) << 5;
            let first = u32::from_le_bytes([*a, *b, *c, *d]) | high;
            let second = u32::from_le_bytes([*e, *f, *g, *h]) | (low >> shift) << 10;
            bytes[..4].copy_from_slice(&first.to_le_bytes());
            bytes[4..].copy_from_slice(&second.to_le_bytes());
        }
        _ => return unsupported(format!("relocation {what} of {} bytes", bytes.len())),
    }
    Ok(())
}
