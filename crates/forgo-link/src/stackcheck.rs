//! Checks that no chain of functions that do not check for room on the stack can overflow it.
//! Answers to cmd/link/internal/ld/stackcheck.go, but for its messages: the stock linker prints
//! those.

use crate::arch::Target;
use crate::error::{Result, failed};
use crate::input::object::aux;
use crate::pcvalue::Spans;
use crate::reloc::kind;
use crate::symbols::{ABI0, Sym, Symbols};

const UNKNOWN: i16 = -1;
/// Height of a function that calls itself.
const CYCLE: i16 = i16::MAX;
/// Bytes below the stack pointer that a function with a check may count on.
const LIMIT: i32 = 800;

struct Check<'s, 'a> {
    symbols: &'s Symbols<'a>,
    target: &'s Target,
    heights: Vec<i16>,
    morestack: Sym,
}

/// Checks all functions.
pub fn check(symbols: &Symbols, text: &[Sym], race: bool, target: &Target) -> Result<()> {
    let limit = LIMIT * if race { 2 } else { 1 } - target.call - target.frame_pointer;
    let mut check = Check {
        symbols,
        heights: vec![UNKNOWN; symbols.len() as usize],
        target,
        morestack: symbols.lookup("runtime.morestack", ABI0),
    };
    for &sym in text {
        if check.height(sym) > limit {
            return failed("nosplit stack over the limit");
        }
    }
    Ok(())
}

impl Check<'_, '_> {
    fn height(&mut self, sym: Sym) -> i32 {
        let known = self.heights[sym as usize];
        if known != UNKNOWN {
            return i32::from(known);
        }
        self.heights[sym as usize] = CYCLE;
        let height = self.compute(sym).min(i32::from(CYCLE));
        self.heights[sym as usize] = height as i16;
        height
    }

    fn compute(&mut self, sym: Sym) -> i32 {
        let symbols = self.symbols;
        if sym == self.morestack || sym == 0 {
            return 0;
        }
        if symbols.content(sym).is_some_and(|own| own.external)
            || symbols.aux(sym, aux::FUNC_INFO) == 0
        {
            return 0;
        }
        if !symbols.is_nosplit(sym) {
            return self.target.call + self.height(self.morestack);
        }
        let mut highest = 0;
        let mut highest_local = 0;
        let mut relocs = symbols.relocs(sym).peekable();
        let table = symbols.data(symbols.aux(sym, aux::PCSP));
        for span in Spans::new(table, self.target.quantum) {
            highest_local = highest_local.max(span.value);
            while let Some(reloc) = relocs.next_if(|reloc| (reloc.off as u32) < span.end) {
                let callee = match reloc.kind() {
                    // An unknown function checks for room, and so needs what morestack does.
                    kind::CALLIND => self.target.call + self.height(self.morestack),
                    kind::CALL | kind::CALLARM64 => self.height(reloc.sym),
                    _ => continue,
                };
                highest = highest.max(span.value + self.target.call + callee);
            }
        }
        highest.max(highest_local)
    }
}
