//! The compiler's description of a function. Answers to cmd/internal/goobj/funcinfo.go.

use crate::input::object::{SymRef, aux};
use crate::input::u32_at;
use crate::symbols::{Sym, Symbols};

/// A function's record.
#[derive(Clone, Copy)]
pub struct FuncInfo<'s, 'a> {
    symbols: &'s Symbols<'a>,
    func: Sym,
    data: &'s [u8],
    nfiles: usize,
    ninlined: usize,
}

/// A call that was inlined.
#[derive(Debug, Clone, Copy)]
pub struct Inlined {
    /// The source file of the call, in its unit.
    pub file: u32,
    /// The function that was inlined.
    pub func: Sym,
    /// Where in the outer function the call would be.
    pub parent_pc: u32,
}

const FILES: usize = 16;
const NODE: usize = 24;

impl<'s, 'a> FuncInfo<'s, 'a> {
    /// The record of a function; `None` for functions that have none.
    pub fn of(symbols: &'s Symbols<'a>, func: Sym) -> Option<FuncInfo<'s, 'a>> {
        FuncInfo::read(symbols, func, symbols.aux(func, aux::FUNC_INFO))
    }

    /// The record of a function, which is `info`; `None` where that is none.
    pub fn read(symbols: &'s Symbols<'a>, func: Sym, info: Sym) -> Option<FuncInfo<'s, 'a>> {
        if info == 0 {
            return None;
        }
        let data = symbols.data(info);
        let count = |at: usize, size: usize| match u32_at(data, at) {
            Some(count) if count as usize <= data.len() / size => count as usize,
            _ => {
                symbols.note_damage();
                0
            }
        };
        let nfiles = count(FILES, 4);
        let ninlined = count(tree(nfiles), NODE);
        Some(FuncInfo {
            symbols,
            func,
            data,
            nfiles,
            ninlined,
        })
    }

    fn word(&self, at: usize) -> u32 {
        u32_at(self.data, at).unwrap_or_else(|| {
            self.symbols.note_damage();
            0
        })
    }

    /// Bytes of parameters.
    pub fn args(&self) -> u32 {
        self.word(0)
    }

    /// What the runtime knows this function by, and its flags.
    pub fn id_and_flags(&self) -> [u8; 2] {
        (self.word(8) as u16).to_le_bytes()
    }

    /// The line where it begins.
    pub fn start_line(&self) -> u32 {
        self.word(12)
    }

    /// Numbers of source files, in the unit.
    pub fn files(&self) -> impl Iterator<Item = u32> {
        (0..self.nfiles).map(|i| self.word(FILES + 4 + 4 * i))
    }

    /// Number of calls that were inlined.
    pub fn ninlined(&self) -> usize {
        self.ninlined
    }

    /// The calls that were inlined.
    pub fn inlined(&self) -> impl Iterator<Item = Inlined> {
        let start = tree(self.nfiles) + 4;
        let object = self.symbols.object_of(self.func);
        (0..self.ninlined).map(move |i| {
            let at = start + NODE * i;
            let func = SymRef {
                pkg: self.word(at + 12),
                index: self.word(at + 16),
            };
            Inlined {
                file: self.word(at + 4),
                func: object.map_or(0, |object| self.symbols.resolve(object, func)),
                parent_pc: self.word(at + 20),
            }
        })
    }
}

/// Where the number of calls that were inlined is, after so many files.
fn tree(nfiles: usize) -> usize {
    FILES + 4 + 4 * nfiles
}
