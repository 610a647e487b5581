//! Programs that describe the pointers in data and bss. Answers to cmd/internal/gcprog and to
//! GCProg in cmd/link/internal/ld/data.go.

use crate::error::{Result, failed};
use crate::symbols::{Sym, Symbols};
use crate::types::{Type, kind};

const MAX_LITERAL: usize = 127;
const WORD: i64 = 8;

#[derive(Default)]
struct Writer {
    out: Vec<u8>,
    index: i64,
    literal: Vec<u8>,
}

/// Writes the program of a section of this length with these symbols, whose values are offsets in
/// it.
pub fn program(symbols: &Symbols, syms: &[Sym], length: i64) -> Result<Vec<u8>> {
    let mut writer = Writer::default();
    for &sym in syms {
        let typ = symbols.go_type(sym);
        if typ == 0 {
            return failed(format!("no type of {}", symbols.text(sym)));
        }
        writer.add_type(symbols, symbols.value[sym as usize], typ, 0)?;
    }
    writer.zero_until(length / WORD)?;
    writer.flush();
    writer.out.push(0);
    Ok(writer.out)
}

impl Writer {
    fn add_type(&mut self, symbols: &Symbols, at: i64, typ: Sym, depth: u32) -> Result<()> {
        let descriptor = Type::new(symbols, typ);
        let pointers = descriptor.pointer_size();
        if pointers == 0 || depth > 1000 {
            return failed("data without pointers in a section with pointers");
        }
        match descriptor.kind() {
            kind::ARRAY => {
                let elem = descriptor.elem();
                let count = descriptor.count();
                self.add_type(symbols, at, elem, depth + 1)?;
                if count > 1 {
                    let size = Type::new(symbols, elem).size();
                    self.zero_until((at + size) / WORD)?;
                    self.repeat(size / WORD, count - 1);
                }
            }
            kind::STRUCT => {
                for field in 0..descriptor.count() {
                    let typ = descriptor.field_type(field);
                    if Type::new(symbols, typ).pointer_size() != 0 {
                        let at = at + descriptor.field_offset(field);
                        self.add_type(symbols, at, typ, depth + 1)?;
                    }
                }
            }
            _ => {
                if descriptor.mask_on_demand() {
                    return failed("mask of pointers is not available");
                }
                let mask = descriptor.mask();
                for i in 0..pointers / WORD {
                    let Some(bits) = mask.get(i as usize / 8) else {
                        return failed("mask of pointers is too short");
                    };
                    if bits >> (i % 8) & 1 != 0 {
                        self.zero_until(at / WORD + i)?;
                        self.add(1);
                    }
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, bit: u8) {
        if self.literal.len() == MAX_LITERAL {
            self.flush();
        }
        self.literal.push(bit);
        self.index += 1;
    }

    fn zero_until(&mut self, index: i64) -> Result<()> {
        let skip = index - self.index;
        match skip {
            ..0 => return failed("pointers are not in order"),
            0..32 => (0..skip).for_each(|_| self.add(0)),
            _ => {
                self.add(0);
                self.flush();
                self.repeat(1, skip - 1);
            }
        }
        Ok(())
    }

    fn repeat(&mut self, words: i64, times: i64) {
        if words == 0 || times == 0 {
            return;
        }
        self.flush();
        if words < 128 {
            self.out.push(0x80 | words as u8);
        } else {
            self.out.push(0x80);
            self.varint(words);
        }
        self.varint(times);
        self.index = self.index.saturating_add(words.saturating_mul(times));
    }

    fn varint(&mut self, mut value: i64) {
        while value >= 0x80 {
            self.out.push(0x80 | value as u8);
            value >>= 7;
        }
        self.out.push(value as u8);
    }

    fn flush(&mut self) {
        if self.literal.is_empty() {
            return;
        }
        self.out.push(self.literal.len() as u8);
        for bits in self.literal.chunks(8) {
            let byte = bits.iter().enumerate().map(|(i, bit)| bit << i).sum();
            self.out.push(byte);
        }
        self.literal.clear();
    }
}
