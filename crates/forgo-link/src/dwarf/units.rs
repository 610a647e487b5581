//! Each unit's description of its functions: their addresses, lines, stack frames. Answers to
//! dwarfGenerateDebugSyms in cmd/link/internal/ld/dwarf.go.
//!
//! Units are independent: they are made in parallel, and then put in order.

use hashbrown::HashMap;
use std::cmp::Ordering;

use rayon::prelude::*;

use super::abbrev::{self, at, kind as entry};
use super::die::{Die, DieId, Value};
use super::{Dwarf, List, NONE, Unit, put_sleb128, put_uleb128};
use crate::arch::Target;
use crate::error::{Result, failed};
use crate::funcinfo::FuncInfo;
use crate::gosort;
use crate::input::object::aux;
use crate::kind::Kind;
use crate::link::Link;
use crate::pcvalue::Spans;
use crate::reloc::kind;
use crate::symbols::{Own, Sym, Symbols, attr};

/// Parameters of line programs.
const LINE_BASE: u8 = 0xfc;
const LINE_RANGE: u8 = 10;
const OPCODE_BASE: u8 = 11;
const OPCODE_LENGTHS: [u8; 10] = [0, 1, 1, 1, 1, 0, 0, 0, 1, 0];

const RLE_END_OF_LIST: u8 = 0;
const RLE_BASE_ADDRESSX: u8 = 1;
const RLE_OFFSET_PAIR: u8 = 4;

const DEF_CFA: u8 = 0x0c;
const DEF_CFA_OFFSET_SF: u8 = 0x13;
const OFFSET_EXTENDED: u8 = 5;
const OFFSET_EXTENDED_SF: u8 = 0x11;
const SAME_VALUE: u8 = 8;
const UNDEFINED: u8 = 7;
const VAL_OFFSET: u8 = 0x14;

/// The flag of functions that no function called.
const TOP_FRAME: u8 = 1;

/// The parts generated for a unit.
#[derive(Default)]
struct Made {
    line: Own,
    lines: Vec<Sym>,
    ranges: Own,
    locs: Vec<Sym>,
    address: Own,
    info: Own,
    types: Vec<(Sym, Own)>,
    slots: HashMap<Sym, u32>,
    script: Option<Vec<u8>>,
}

struct Maker<'l, 'a> {
    link: &'l Link<'a>,
    symbols: &'l Symbols<'a>,
    dwarf: &'l Dwarf,
    ranges: &'l [Vec<(i64, i64)>],
    abbrevs: Sym,
}

/// Symbols of a unit that are made here.
struct UnitSyms {
    line: Sym,
    ranges: Sym,
    end: Sym,
    address: Sym,
}

/// Makes all units and the sections' lists. Functions have their addresses.
pub fn run(link: &mut Link, mut dwarf: Dwarf) -> Result<Dwarf> {
    let ranges_of = ranges(link);
    order(link, &mut dwarf, &ranges_of)?;
    let anonymous = |link: &mut Link, kind: Kind| {
        let sym = link.symbols.create("", 0);
        link.symbols.kind[sym as usize] = kind;
        link.symbols
            .set(sym, attr::REACHABLE | attr::NOT_IN_SYMBOL_TABLE, true);
        sym
    };
    let section = |link: &mut Link, name: &str| link.symbols.define(name, Kind::DwarfSect);
    let abbrevs = section(link, ".debug_abbrev");
    link.symbols.own_mut(abbrevs).add_bytes(&abbrev::table());
    let frame = section(link, ".debug_frame");
    let line = section(link, ".debug_line");
    let ranges = section(link, ".debug_rnglists");
    let locs = section(link, ".debug_loclists");
    let info = section(link, ".debug_info");
    let address = section(link, ".debug_addr");
    let address_header = anonymous(link, Kind::DwarfAddr);
    let ranges_header = anonymous(link, Kind::DwarfRange);
    let locs_header = anonymous(link, Kind::DwarfLoc);
    let syms: Vec<UnitSyms> = (0..dwarf.units.len())
        .map(|_| UnitSyms {
            line: anonymous(link, Kind::DwarfLines),
            ranges: anonymous(link, Kind::DwarfRange),
            end: anonymous(link, Kind::DwarfFcn),
            address: anonymous(link, Kind::DwarfAddr),
        })
        .collect();

    let maker = Maker {
        link,
        symbols: &link.symbols,
        dwarf: &dwarf,
        ranges: &ranges_of,
        abbrevs,
    };
    let (frames, made) = rayon::join(
        || frames(&link.symbols, &link.text.all, link.target()),
        || {
            dwarf
                .units
                .par_iter()
                .zip(&syms)
                .map(|(unit, syms)| maker.make(unit, syms))
                .collect::<Result<Vec<Made>>>()
        },
    );
    let made = made?;
    link.symbols.own_mut(frame).add_bytes(&frames);

    let mut lists = Lists {
        line: vec![line],
        info: vec![info],
        locs: vec![locs, locs_header],
        ranges: vec![ranges, ranges_header],
        address: vec![address, address_header],
    };
    dwarf.slots = vec![NONE; link.symbols.len() as usize];
    let mut script = None;
    for ((made, unit), syms) in made.into_iter().zip(&dwarf.units).zip(&syms) {
        for (func, slot) in &made.slots {
            dwarf.slots[*func as usize] = *slot;
        }
        script = script.or(made.script.clone());
        install(&mut link.symbols, &mut lists, &dwarf.dies, unit, syms, made);
    }
    for list in [&lists.line, &lists.locs, &lists.ranges, &lists.info] {
        for &sym in list {
            link.symbols.attr[sym as usize] |= attr::REACHABLE | attr::NOT_IN_SYMBOL_TABLE;
        }
    }
    for (sym, list, with_count) in [
        (address_header, &lists.address, false),
        (ranges_header, &lists.ranges, true),
        (locs_header, &lists.locs, true),
    ] {
        let content: i64 = list[2..].iter().map(|sym| link.symbols.size(*sym)).sum();
        let mut header = vec![0; 4];
        header.extend_from_slice(&[5, 0, 8, 0]);
        if with_count {
            header.extend_from_slice(&[0; 4]);
        }
        let length = content as usize + header.len() - 4;
        header[..4].copy_from_slice(&(length as u32).to_le_bytes());
        link.symbols.own_mut(sym).add_bytes(&header);
    }
    let mut add = |name: &'static str, syms: Vec<Sym>| dwarf.lists.push(List { name, syms });
    add(".debug_abbrev", vec![abbrevs]);
    add(".debug_line", lists.line);
    add(".debug_frame", vec![frame]);
    if let Some(script) = script {
        let sym = section(link, ".debug_gdb_scripts");
        let own = link.symbols.own_mut(sym);
        own.add_bytes(&[1]);
        own.add_string(&script);
        add(".debug_gdb_scripts", vec![sym]);
    }
    add(".debug_info", lists.info);
    add(".debug_loclists", lists.locs);
    add(".debug_rnglists", lists.ranges);
    add(".debug_addr", lists.address);
    Ok(dwarf)
}

struct Lists {
    line: Vec<Sym>,
    info: Vec<Sym>,
    locs: Vec<Sym>,
    ranges: Vec<Sym>,
    address: Vec<Sym>,
}

/// Puts units in cmd/link's order: those with code first, by the offset of their first function
/// from themselves, which is mostly 0.
fn order(link: &Link, dwarf: &mut Dwarf, ranges: &[Vec<(i64, i64)>]) -> Result<()> {
    let mut units: Vec<(Option<i64>, Unit)> = Vec::new();
    for unit in std::mem::take(&mut dwarf.units) {
        let start = match (funcs(link, &unit), unit.object) {
            ([_, ..], Some(object)) => match ranges[object as usize].first() {
                Some((start, _)) => Some(*start),
                None => return failed("a unit without known functions"),
            },
            _ => None,
        };
        units.push((start, unit));
    }
    gosort::sort(&mut units, |(a, left), (b, right)| {
        let order = match (a, b) {
            (None, None) => left.pkg.cmp(&right.pkg),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => a.cmp(b),
        };
        order == Ordering::Less
    });
    dwarf.units = units.into_iter().map(|(_, unit)| unit).collect();
    Ok(())
}

fn funcs<'l>(link: &'l Link, unit: &Unit) -> &'l [Sym] {
    let funcs = unit
        .object
        .and_then(|object| link.text.of_object.get(object as usize));
    funcs.map_or(&[], Vec::as_slice)
}

/// Ranges of each unit's code, by object, relative to its first function: one for functions that no
/// other unit's interrupt.
fn ranges(link: &Link) -> Vec<Vec<(i64, i64)>> {
    let symbols = &link.symbols;
    let mut ranges: Vec<Vec<(i64, i64)>> = vec![Vec::new(); symbols.objects.len()];
    let mut before = None;
    for &func in &link.text.all {
        let Some(place) = symbols.origin(func) else {
            continue;
        };
        if FuncInfo::of(symbols, func).is_none() {
            continue;
        }
        let object = place.object as usize;
        let first = link.text.of_object[object].first();
        let base = first.map_or(0, |first| symbols.value[*first as usize]);
        let start = symbols.value[func as usize] - base;
        if before.replace(object) != Some(object) {
            ranges[object].push((start, start));
        }
        if let Some(range) = ranges[object].last_mut() {
            range.1 = start + symbols.data(func).len() as i64;
        }
    }
    ranges
}

impl Maker<'_, '_> {
    fn make(&self, unit: &Unit, syms: &UnitSyms) -> Result<Made> {
        let mut made = Made::default();
        let mut die = self.dwarf.dies[unit.die].clone();
        if die.kind == entry::COMPUNIT {
            let funcs = funcs(self.link, unit);
            self.make_lines(unit, funcs, &mut made);
            die.add(at::STMT_LIST, Value::Sym(syms.line));
            self.make_addresses(funcs, &mut made);
            die.add(at::RANGES, Value::Sym(syms.ranges));
            die.add(at::LOW_PC, Value::Sym(funcs[0]));
            die.add(at::ADDR_BASE, Value::Sym(syms.address));
            self.make_ranges(unit, funcs, &mut made);
            for &func in &unit.funcs {
                let loc = self.symbols.relocs(func).find(|reloc| {
                    reloc.kind() == kind::DWARFSECREF
                        && self.symbols.kind[reloc.sym as usize] == Kind::DwarfLoc
                });
                made.locs.extend(loc.map(|reloc| reloc.sym));
            }
        }
        self.make_info(unit, &die, &mut made);
        Ok(made)
    }

    fn make_lines(&self, unit: &Unit, funcs: &[Sym], made: &mut Made) {
        let mut out = vec![0; 4];
        out.extend_from_slice(&[5, 0, 8, 0]);
        out.extend_from_slice(&[0; 4]);
        let header = out.len();
        out.extend_from_slice(&[1, 1, 1, LINE_BASE, LINE_RANGE, OPCODE_BASE]);
        out.extend_from_slice(&OPCODE_LENGTHS);
        made.script = self.make_files(unit, &mut out);
        let end = out.len();
        let mut length = out.len() - 4;
        for &func in funcs {
            let lines = self.symbols.aux(func, aux::DWARF_LINES);
            if lines != 0 {
                made.lines.push(lines);
                length += self.symbols.data(lines).len();
            }
        }
        out[..4].copy_from_slice(&(length as u32).to_le_bytes());
        out[header - 4..header].copy_from_slice(&((end - header) as u32).to_le_bytes());
        made.line.add_bytes(&out);
    }

    /// Writes the tables of directories and files. Returns the script that gdb shall load, of
    /// package runtime.
    fn make_files(&self, unit: &Unit, out: &mut Vec<u8>) -> Option<Vec<u8>> {
        let object = &self.symbols.objects[unit.object? as usize];
        let mut dirs: Vec<Vec<u8>> = vec![b".".to_vec()];
        let mut numbers: HashMap<Vec<u8>, usize> = HashMap::from([(b".".to_vec(), 0)]);
        let mut files: Vec<(Vec<u8>, usize)> = vec![(b"?".to_vec(), 0)];
        let mut script = None;
        for i in 0..object.nfiles() {
            let mut name = self.link.expand_file(object.file(i));
            if name.is_empty() {
                name = format!("<missing>_{i}").into_bytes();
            }
            let (dir, base) = split_path(&name);
            let number = *numbers.entry(dir.clone()).or_insert_with(|| {
                dirs.push(dir);
                dirs.len() - 1
            });
            files.push((base, number));
            const PROC: &[u8] = b"runtime/proc.go";
            if unit.pkg == "runtime"
                && script.is_none()
                && let Some(at) = memchr::memmem::find(&name, PROC)
            {
                script = Some([&name[..at], b"runtime/runtime-gdb.py"].concat());
            }
        }
        // The formats: a path as text; and for files, the directory as a number.
        out.extend_from_slice(&[1, 1, 8]);
        put_uleb128(out, dirs.len() as u64);
        for dir in &dirs {
            out.extend_from_slice(dir);
            out.push(0);
        }
        out.extend_from_slice(&[2, 1, 8, 2, 15]);
        put_uleb128(out, files.len() as u64);
        for (base, dir) in &files {
            out.extend_from_slice(base);
            out.push(0);
            put_uleb128(out, *dir as u64);
        }
        script
    }

    fn make_addresses(&self, funcs: &[Sym], made: &mut Made) {
        for &func in funcs {
            for what in [aux::DWARF_INFO, aux::DWARF_RANGES, aux::DWARF_LOC] {
                let sym = self.symbols.aux(func, what);
                if sym == 0 {
                    continue;
                }
                for reloc in self.symbols.relocs(sym) {
                    if reloc.is_debug_addr() {
                        self.add_slot(reloc.sym, made);
                    }
                }
            }
        }
    }

    fn add_slot(&self, func: Sym, made: &mut Made) {
        let slot = made.slots.len() as u32;
        if let hashbrown::hash_map::Entry::Vacant(new) = made.slots.entry(func) {
            new.insert(slot);
            made.address.add_address(func, 0);
        }
    }

    fn make_ranges(&self, unit: &Unit, funcs: &[Sym], made: &mut Made) {
        made.ranges.add_bytes(&[RLE_BASE_ADDRESSX]);
        made.ranges
            .add_reference(funcs[0], 0, kind::DWTXTADDR_U4, 4);
        let mut bytes = Vec::new();
        let ranges = unit.object.map(|object| &self.ranges[object as usize]);
        for (start, end) in ranges.into_iter().flatten() {
            bytes.push(RLE_OFFSET_PAIR);
            put_uleb128(&mut bytes, *start as u64);
            put_uleb128(&mut bytes, *end as u64);
        }
        bytes.push(RLE_END_OF_LIST);
        made.ranges.add_bytes(&bytes);
        self.add_slot(funcs[0], made);
    }

    fn make_info(&self, unit: &Unit, die: &Die, made: &mut Made) {
        let is_runtime = self.holds_types(unit);
        if funcs(self.link, unit).is_empty() && unit.vars.is_empty() && !is_runtime {
            return;
        }
        let info = &mut made.info;
        info.add_bytes(&[0, 0, 0, 0, 5, 0, 1, 8]);
        info.add_reference(self.abbrevs, 0, kind::DWARFSECREF, 4);
        die.write(info);
        if is_runtime {
            for &die in &self.dwarf.types {
                self.put(die, &mut made.types);
            }
        }
        let consts = (unit.consts != 0).then_some(&unit.consts);
        let compiled = unit
            .abstract_funcs
            .iter()
            .chain(&unit.funcs)
            .chain(consts)
            .chain(&unit.vars);
        let size: usize = compiled.map(|sym| self.symbols.data(*sym).len()).sum();
        let types: usize = made.types.iter().map(|(_, own)| own.data.len()).sum();
        // And a byte that ends the unit.
        let size = size + types + made.info.data.len() + 1 - 4;
        made.info.data[..4].copy_from_slice(&(size as u32).to_le_bytes());
    }

    /// Reports whether a unit holds the types: package runtime's last one.
    fn holds_types(&self, unit: &Unit) -> bool {
        self.dwarf.types_unit == Some(unit.die)
    }

    /// Writes an entry and its children; those without a symbol go to that of the entry before.
    fn put(&self, die: DieId, out: &mut Vec<(Sym, Own)>) {
        let this = &self.dwarf.dies[die];
        if this.sym != 0 {
            out.push((this.sym, Own::default()));
        }
        if let Some((_, own)) = out.last_mut() {
            this.write(own);
        }
        if abbrev::of(this.kind).children {
            for &child in &this.children {
                self.put(child, out);
            }
            if let Some((_, own)) = out.last_mut() {
                own.add_bytes(&[0]);
            }
        }
    }
}

fn install(
    symbols: &mut Symbols,
    lists: &mut Lists,
    dies: &[Die],
    unit: &Unit,
    syms: &UnitSyms,
    made: Made,
) {
    let fill = |symbols: &mut Symbols, sym: Sym, from: Own| {
        let own = symbols.own_mut(sym);
        own.data = from.data;
        own.size = from.size;
        own.relocs = from.relocs;
    };
    if dies[unit.die].kind == entry::COMPUNIT {
        fill(symbols, syms.line, made.line);
        fill(symbols, syms.ranges, made.ranges);
        fill(symbols, syms.address, made.address);
        lists.line.push(syms.line);
        lists.line.extend(made.lines);
        lists.locs.extend(made.locs);
        lists.ranges.push(syms.ranges);
        lists.ranges.extend_from_slice(&unit.ranges);
    }
    if made.info.size != 0 {
        let info = dies[unit.die].sym;
        fill(symbols, info, made.info);
        lists.info.push(info);
        lists.info.extend_from_slice(&unit.abstract_funcs);
        lists.info.extend_from_slice(&unit.funcs);
        lists.info.extend((unit.consts != 0).then_some(unit.consts));
        lists.info.extend_from_slice(&unit.vars);
        for (sym, own) in made.types {
            fill(symbols, sym, own);
            lists.info.push(sym);
        }
        symbols.own_mut(syms.end).add_bytes(&[0]);
        lists.info.push(syms.end);
    }
    lists.address.push(syms.address);
}

/// Splits a path into directory and last element, as Go's package path does: the directory is
/// clean.
fn split_path(name: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let slash = name.iter().rposition(|b| *b == b'/');
    let (dir, base) = match slash {
        Some(slash) => (&name[..slash + 1], &name[slash + 1..]),
        None => (&name[..0], name),
    };
    (clean(dir), base.to_vec())
}

/// Answers to path.Clean in Go.
fn clean(path: &[u8]) -> Vec<u8> {
    let rooted = path.first() == Some(&b'/');
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." if parts.last().is_some_and(|last| *last != b"..") => {
                parts.pop();
            }
            b".." if rooted => {}
            part => parts.push(part),
        }
    }
    let mut out = if rooted { b"/".to_vec() } else { Vec::new() };
    out.extend(parts.join(&b'/'));
    if out.is_empty() {
        out.push(b'.');
    }
    out
}

/// The content of .debug_frame: how to find a function's caller, from the sizes of its stack frame.
fn frames(symbols: &Symbols, funcs: &[Sym], target: &Target) -> Vec<u8> {
    let [sp, ra] = target.registers;
    let length = if target.call == 0 { 32 } else { 16 };
    let mut out = vec![length, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 3, 0, 1];
    put_sleb128(&mut out, -4);
    out.push(ra);
    if target.call == 0 {
        // The caller's frame begins at the stack pointer; the return address is in its register.
        out.extend_from_slice(&[DEF_CFA, sp, 0]);
        out.extend_from_slice(&[SAME_VALUE, ra]);
        out.extend_from_slice(&[VAL_OFFSET, sp, 0]);
    } else {
        // The caller's frame begins a word above the stack pointer; the return address is in that
        // word.
        out.extend_from_slice(&[DEF_CFA, sp, 8]);
        out.extend_from_slice(&[OFFSET_EXTENDED, ra, 2]);
    }
    out.resize(usize::from(length) + 4, 0);
    const CHUNK: usize = 1024;
    let chunks: Vec<Vec<u8>> = funcs
        .par_chunks(CHUNK)
        .map(|funcs| {
            let mut out = Vec::new();
            funcs
                .iter()
                .for_each(|func| put_frame(symbols, *func, target, &mut out));
            out
        })
        .collect();
    chunks.iter().for_each(|chunk| out.extend_from_slice(chunk));
    out
}

fn put_frame(symbols: &Symbols, func: Sym, target: &Target, out: &mut Vec<u8>) {
    let Some(info) = FuncInfo::of(symbols, func) else {
        return;
    };
    let returns_nowhere = info.id_and_flags()[1] & TOP_FRAME != 0;
    let [_, ra] = target.registers;
    let length = symbols.data(func).len();
    let start = out.len();
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&(symbols.value[func as usize] as u64).to_le_bytes());
    out.extend_from_slice(&(length as u64).to_le_bytes());
    let begin = out.len();
    let table = symbols.data(symbols.aux(func, aux::PCSP));
    if target.call == 0 && returns_nowhere {
        out.extend_from_slice(&[UNDEFINED, ra]);
    }
    for span in Spans::new(table, target.quantum) {
        let mut end = span.end;
        if end as usize == length {
            end = end.wrapping_sub(1);
            if end < span.pc {
                continue;
            }
        }
        let size = i64::from(span.value) + i64::from(target.call);
        if target.call == 0 && !returns_nowhere {
            if span.value > 0 {
                out.extend_from_slice(&[OFFSET_EXTENDED_SF, ra]);
                put_sleb128(out, -size / -4);
            } else {
                out.extend_from_slice(&[SAME_VALUE, ra]);
            }
        }
        out.push(DEF_CFA_OFFSET_SF);
        put_sleb128(out, size / -4);
        let delta = end.wrapping_sub(span.pc);
        match delta {
            0..0x40 => out.push(0x40 | delta as u8),
            0x40..0x100 => out.extend_from_slice(&[2, delta as u8]),
            0x100..0x10000 => {
                out.push(3);
                out.extend_from_slice(&(delta as u16).to_le_bytes());
            }
            _ => {
                out.push(4);
                out.extend_from_slice(&delta.to_le_bytes());
            }
        }
    }
    let padded = begin + (out.len() - begin).next_multiple_of(8);
    out.resize(padded, 0);
    let size = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&size.to_le_bytes());
}
