//! Tables from program counter to value. Answers to PCIter in cmd/internal/obj/pcln.go.

use crate::types::uvarint;

/// A value and the range of program counters, relative to its function, where it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First program counter.
    pub pc: u32,
    /// The one after the last.
    pub end: u32,
    /// The value.
    pub value: i32,
}

/// The spans of a table; ends where the table does, or is damaged.
#[derive(Debug, Clone)]
pub struct Spans<'t> {
    table: &'t [u8],
    end: u32,
    value: i32,
    first: bool,
    quantum: u32,
}

impl<'t> Spans<'t> {
    /// Reads a table; program counters are multiples of `quantum`.
    pub fn new(table: &'t [u8], quantum: u32) -> Spans<'t> {
        Spans {
            table,
            end: 0,
            value: -1,
            first: true,
            quantum,
        }
    }
}

impl Iterator for Spans<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        let (delta, size) = uvarint(self.table)?;
        let rest = self.table.get(size..)?;
        if delta == 0 && !self.first {
            self.table = &[];
            return None;
        }
        self.first = false;
        // Zigzag: the lowest bit is the sign.
        let delta = (delta >> 1) as i64 ^ -((delta & 1) as i64);
        self.value = self.value.wrapping_add(delta as i32);
        let (length, size) = uvarint(rest)?;
        self.table = rest.get(size..)?;
        let pc = self.end;
        self.end = pc.wrapping_add((length as u32).wrapping_mul(self.quantum));
        Some(Span {
            pc,
            end: self.end,
            value: self.value,
        })
    }
}
