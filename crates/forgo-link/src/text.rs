//! Functions: their order and their addresses. Answers to AssignTextSymbolOrder in
//! cmd/link/internal/loader/loader.go and to textaddress in cmd/link/internal/ld/data.go.

use crate::arch::Target;
use crate::error::{Result, unsupported};
use crate::input::library::{Library, Unit};
use crate::input::object::flag;
use crate::kind::Kind;
use crate::layout::{Sections, Segment};
use crate::symbols::{Sym, Symbols};

/// Smallest size of a function in the layout; tables of functions rely on it.
pub const MIN_FUNCTION: i64 = 16;

/// Packages that package runtime needs (cmd/internal/objabi/pkgspecial.go). Their functions come
/// first.
const RUNTIME_PACKAGES: [&str; 23] = [
    "runtime",
    "internal/runtime/atomic",
    "internal/runtime/cgroup",
    "internal/runtime/exithook",
    "internal/runtime/gc",
    "internal/runtime/gc/scan",
    "internal/runtime/maps",
    "internal/runtime/math",
    "internal/runtime/sys",
    "internal/runtime/syscall/linux",
    "internal/runtime/syscall/windows",
    "internal/abi",
    "internal/bytealg",
    "internal/byteorder",
    "internal/chacha8rand",
    "internal/coverage/rtcov",
    "internal/cpu",
    "internal/goarch",
    "internal/godebugs",
    "internal/goexperiment",
    "internal/goos",
    "internal/profilerecord",
    "internal/strconv",
];

/// Not in the array for its length alone.
const RUNTIME_PACKAGE_TOO: &str = "internal/stringslite";

/// Functions in their order.
#[derive(Debug, Default)]
pub struct Text {
    /// All functions.
    pub all: Vec<Sym>,
    /// The functions of each object, by its number.
    pub of_object: Vec<Vec<Sym>>,
}

/// Orders the functions that are needed: packages after those that they import, package runtime's
/// first; in a package, functions that others may define too come last. `own` are functions of no
/// Go object, which precede all.
pub fn order(symbols: &Symbols, libs: &[Library], order: &[u32], own: &[Sym]) -> Text {
    let mut text = Text {
        all: own
            .iter()
            .copied()
            .filter(|sym| symbols.reachable(*sym))
            .collect(),
        of_object: vec![Vec::new(); symbols.objects.len()],
    };
    let mut lists: Vec<[Vec<Sym>; 2]> = vec![Default::default(); libs.len()];
    for (number, object) in symbols.objects.iter().enumerate() {
        for index in 0..object.ndefined() {
            let sym = object.syms[index as usize];
            if !symbols.reachable(sym) {
                continue;
            }
            let record = object.record(index);
            if !record.kind.is_text() {
                continue;
            }
            let place = symbols.origin(sym);
            let here = symbols.place[sym as usize].object == number as u32
                && place.is_some_and(|place| place.index == index);
            // A function that was changed is no longer in its object, and so goes with the others.
            let shared = !here || record.flag & flag::DUPOK != 0;
            lists[object.lib as usize][usize::from(shared)].push(sym);
        }
    }
    let mut seen = vec![false; symbols.len() as usize];
    for runtime in [true, false] {
        for &lib in order {
            let pkg = libs[lib as usize].pkg.as_str();
            let is_runtime = RUNTIME_PACKAGES.contains(&pkg) || pkg == RUNTIME_PACKAGE_TOO;
            if is_runtime != runtime {
                continue;
            }
            for sym in lists[lib as usize].iter().flatten() {
                if seen[*sym as usize] {
                    continue;
                }
                text.all.push(*sym);
                if let Some(place) = symbols.origin(*sym) {
                    text.of_object[place.object as usize].push(*sym);
                    seen[*sym as usize] = true;
                }
            }
        }
    }
    text
}

/// Units of debug information in the order of libraries.
pub fn units<'l>(
    libs: &'l [Library],
    order: &'l [u32],
) -> impl Iterator<Item = (&'l Library, Unit)> {
    order
        .iter()
        .map(|lib| &libs[*lib as usize])
        .flat_map(|lib| lib.units.iter().map(move |unit| (lib, *unit)))
}

/// Gives functions their addresses, and makes the section .text.
pub fn assign_addresses(
    symbols: &mut Symbols,
    text: &mut Text,
    sections: &mut Sections,
    start: i64,
    target: &Target,
) -> Result<()> {
    let section = sections.add(Segment::Text, ".text", 5);
    let mut align = target.function_align;
    text.all.sort_by_key(|sym| symbols.kind[*sym as usize]);
    let begin = symbols.define_at("runtime.text", Kind::Text, 0);
    let end = symbols.define_at("runtime.etext", Kind::TextEnd, 0);
    symbols.section[begin as usize] = section;

    let start = round(start, target.function_align);
    let mut address = start;
    for &sym in &text.all {
        symbols.section[sym as usize] = section;
        if symbols.is_sub_symbol(sym) {
            continue;
        }
        let own = i64::from(symbols.alignment(sym)).max(target.function_align);
        address = round(address, own);
        align = align.max(own);
        symbols.value[sym as usize] = address;
        let mut sub = symbols.sub.get(&sym).copied();
        while let Some(inner) = sub.filter(|inner| *inner != 0) {
            symbols.value[inner as usize] += address;
            sub = symbols.sub.get(&inner).copied();
        }
        address += symbols.size(sym).max(MIN_FUNCTION);
    }
    let this = &mut sections.list[usize::from(section)];
    this.address = start as u64;
    this.align = align;
    // One byte more, so that the end is not the next symbol's address.
    this.length = (address - start + i64::from(target.quantum)) as u64;
    symbols.section[end as usize] = section;
    symbols.value[end as usize] = address;
    symbols.value[begin as usize] = start;
    if address - start > target.code_limit {
        return unsupported("trampolines");
    }
    Ok(())
}

/// Rounds up to a multiple.
pub fn round(value: i64, to: i64) -> i64 {
    if to <= 0 {
        return value;
    }
    (value + to - 1) / to * to
}
