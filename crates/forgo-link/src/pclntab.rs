//! The tables by which the runtime finds function, file and line of a program counter. Answers to
//! cmd/link/internal/ld/pcln.go.
//!
//! [`Pclntab::plan`] decides what stands where; the tables themselves are written into the output,
//! in parallel, by [`Pclntab::write`].

use hashbrown::HashMap;

use rayon::prelude::*;

use crate::dodata::alignment;
use crate::error::{Result, failed};
use crate::funcinfo::FuncInfo;
use crate::input::object::aux;
use crate::kind::Kind;
use crate::link::Link;
use crate::symbols::{ABI0, Sym, Symbols, attr};
use crate::text::{MIN_FUNCTION, round};

const MAGIC: u32 = 0xffff_fff1;
/// Size of a function's fixed part in the table of functions.
const FUNC: usize = 44;
const INLINE_TREE_PCDATA: usize = 2;
const INLINE_TREE_FUNCDATA: usize = 3;
const ARGS_POINTER_MAPS: usize = 0;
const ARG_INFO: usize = 5;

/// Bytes of code that a bucket of the lookup table is for, and their parts.
const BUCKET: i64 = 256 * MIN_FUNCTION;
const PARTS: i64 = 16;
const PART: i64 = BUCKET / PARTS;

const NONE: u32 = u32::MAX;

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// runtime.pcheader
    Header,
    /// runtime.funcnametab
    FuncNames,
    /// runtime.cutab
    Units,
    /// runtime.filetab
    Files,
    /// runtime.pctab
    Pc,
    /// runtime.functab
    Funcs,
    /// go:func.*
    FuncData,
    /// runtime.findfunctab
    Find,
}

/// The plan of all tables.
#[derive(Debug, Default)]
pub struct Pclntab {
    /// The functions, in their order.
    pub funcs: Vec<Sym>,
    /// What belongs to each of them.
    parts: Parts,
    /// From symbol to the table that it is.
    pub tables: HashMap<Sym, Table>,
    /// The symbols of the tables that moduledata refers to, in [`Table`]'s order.
    pub syms: [Sym; 8],
    nfiles: u32,
    names: Vec<(Sym, u32)>,
    name_offsets: Vec<u32>,
    files: Vec<(Vec<u8>, u32)>,
    unit_files: Vec<Vec<u32>>,
    unit_offsets: HashMap<u32, u32>,
    pc_syms: Vec<Sym>,
    func_starts: Vec<u32>,
    func_data: Vec<Sym>,
    text: (i64, i64),
}

impl Pclntab {
    /// Plans the tables of the functions that have addresses.
    pub fn plan(link: &mut Link) -> Result<Pclntab> {
        let mut plan = Pclntab {
            funcs: functions(link),
            ..Pclntab::default()
        };
        let (Some(&first), Some(&last)) = (link.text.all.first(), link.text.all.last()) else {
            return failed("no functions");
        };
        plan.parts = Parts::of(&link.symbols, &plan.funcs);
        let symbols = &mut link.symbols;
        plan.text = (
            symbols.value[first as usize],
            symbols.value[last as usize] + symbols.size(last),
        );
        let carrier = symbols.lookup_or_create("runtime.pclntab", ABI0);
        symbols.own_mut(carrier);
        symbols.kind[carrier as usize] = Kind::Pclntab;
        symbols.set(carrier, attr::REACHABLE, true);
        symbols.set_alignment(carrier, 8);

        plan.add(symbols, carrier, Table::Header, "runtime.pcheader", 72, 8);
        let size = plan.plan_names(symbols);
        plan.add(
            symbols,
            carrier,
            Table::FuncNames,
            "runtime.funcnametab",
            size,
            1,
        );
        let (units, files) = plan.plan_files(link)?;
        let symbols = &mut link.symbols;
        plan.add(symbols, carrier, Table::Units, "runtime.cutab", units, 4);
        plan.add(symbols, carrier, Table::Files, "runtime.filetab", files, 1);
        let size = plan.plan_pc(symbols);
        plan.add(symbols, carrier, Table::Pc, "runtime.pctab", size, 1);
        plan.make_inline_trees(symbols);
        let size = plan.plan_funcs();
        plan.add(symbols, carrier, Table::Funcs, "runtime.functab", size, 4);
        let (size, align) = plan.plan_func_data(symbols)?;
        plan.add(symbols, carrier, Table::FuncData, "go:func.*", size, align);
        symbols.set(
            plan.syms[Table::FuncData as usize],
            attr::NOT_IN_SYMBOL_TABLE,
            false,
        );
        plan.plan_find(symbols);
        Ok(plan)
    }

    fn add(
        &mut self,
        symbols: &mut Symbols,
        carrier: Sym,
        table: Table,
        name: &str,
        size: i64,
        align: i64,
    ) {
        let sym = symbols.lookup_or_create(name, ABI0);
        symbols.own_mut(sym).size = round(size, 8);
        symbols.kind[sym as usize] = Kind::Pclntab;
        symbols.set_alignment(sym, align as i32);
        symbols.set(sym, attr::REACHABLE | attr::NOT_IN_SYMBOL_TABLE, true);
        symbols.outer[sym as usize] = carrier;
        if align > i64::from(symbols.alignment(carrier)) {
            symbols.set_alignment(carrier, align as i32);
        }
        self.tables.insert(sym, table);
        self.syms[table as usize] = sym;
    }

    fn plan_names(&mut self, symbols: &Symbols) -> i64 {
        self.name_offsets = vec![NONE; symbols.len() as usize];
        let mut size = 0;
        let mut add = |sym: Sym| {
            let offset = &mut self.name_offsets[sym as usize];
            if *offset == NONE {
                *offset = size as u32;
                self.names.push((sym, size as u32));
                size += symbols.name(sym).len() as i64 + 1;
            }
        };
        for part in &self.parts.list {
            add(part.func);
            if part.ninlined > 0
                && let Some(info) = part.info(symbols)
            {
                info.inlined().for_each(|call| add(call.func));
            }
        }
        size
    }

    fn plan_files(&mut self, link: &Link) -> Result<(i64, i64)> {
        let symbols = &link.symbols;
        let mut offsets: HashMap<&[u8], u32> = HashMap::new();
        let mut size = 0;
        // Units in the order of their first functions, with one more than the last file that is
        // used.
        let mut units: Vec<(u32, u32)> = Vec::new();
        let mut unit_of: HashMap<u32, usize> = HashMap::new();
        let mut seen: Vec<Vec<bool>> = vec![Vec::new(); symbols.objects.len()];
        for part in &self.parts.list {
            let Some(place) = symbols.origin(part.func) else {
                continue;
            };
            let unit = *unit_of.entry(place.object).or_insert_with(|| {
                units.push((place.object, 0));
                units.len() - 1
            });
            let Some(info) = part.info(symbols) else {
                continue;
            };
            let object = &symbols.objects[place.object as usize];
            let seen = &mut seen[place.object as usize];
            if seen.is_empty() {
                seen.resize(object.nfiles() as usize, false);
            }
            for file in info.files().chain(info.inlined().map(|call| call.file)) {
                match seen.get_mut(file as usize) {
                    None => return failed("a file's number"),
                    Some(true) => continue,
                    Some(seen) => *seen = true,
                }
                units[unit].1 = units[unit].1.max(file + 1);
                let name = object.file(file);
                offsets.entry(name).or_insert_with(|| {
                    let offset = size as u32;
                    let name = link.expand_file(name);
                    size += name.len() as i64 + 1;
                    self.files.push((name, offset));
                    offset
                });
            }
        }
        let mut total = 0;
        for (object, count) in units {
            self.unit_offsets.insert(object, total);
            total += count;
            let object = &symbols.objects[object as usize];
            let files = (0..count)
                .map(|file| offsets.get(object.file(file)).copied().unwrap_or(NONE))
                .collect();
            self.unit_files.push(files);
        }
        self.nfiles = self.files.len() as u32;
        Ok((i64::from(total) * 4, size))
    }

    fn plan_pc(&mut self, symbols: &mut Symbols) -> i64 {
        let mut size = 1;
        let mut seen = vec![false; symbols.len() as usize];
        let mut list = Vec::new();
        for part in &self.parts.list {
            if part.info == 0 {
                continue;
            }
            list.clear();
            list.extend([part.sp, part.file, part.line]);
            list.extend_from_slice(self.parts.listed(part).0);
            if part.ninlined > 0 {
                list.push(part.inline);
            }
            for &sym in &list {
                if std::mem::replace(&mut seen[sym as usize], true) {
                    continue;
                }
                let length = if sym == 0 { 0 } else { symbols.size(sym) };
                symbols.value[sym as usize] = if length == 0 { 0 } else { size };
                size += length;
                self.pc_syms.push(sym);
            }
        }
        size
    }

    fn make_inline_trees(&mut self, symbols: &mut Symbols) {
        let mut tree = Vec::new();
        for part in &mut self.parts.list {
            if part.ninlined == 0 {
                continue;
            }
            tree.clear();
            if let Some(info) = part.info(symbols) {
                for call in info.inlined() {
                    let name = self.name_offsets.get(call.func as usize);
                    let Some(inlined) = FuncInfo::of(symbols, call.func) else {
                        symbols.note_damage();
                        continue;
                    };
                    tree.extend_from_slice(&[inlined.id_and_flags()[0], 0, 0, 0]);
                    tree.extend_from_slice(&name.copied().unwrap_or(NONE).to_le_bytes());
                    tree.extend_from_slice(&call.parent_pc.to_le_bytes());
                    tree.extend_from_slice(&inlined.start_line().to_le_bytes());
                }
            }
            if tree.is_empty() {
                continue;
            }
            let sym = symbols.create("", ABI0);
            symbols.kind[sym as usize] = Kind::Pclntab;
            symbols.set(sym, attr::REACHABLE, true);
            symbols.set_alignment(sym, 4);
            symbols.own_mut(sym).add_bytes(&tree);
            part.tree = sym;
        }
    }

    fn plan_funcs(&mut self) -> i64 {
        let mut size = self.funcs.len() * 8 + 4;
        for part in &self.parts.list {
            size = size.next_multiple_of(8);
            self.func_starts.push(size as u32);
            size += FUNC + 4 * (part.npcdata() + part.nfuncdata());
        }
        size as i64
    }

    fn plan_func_data(&mut self, symbols: &mut Symbols) -> Result<(i64, i64)> {
        let mut seen = vec![false; symbols.len() as usize];
        let mut list = Vec::new();
        for part in &self.parts.list {
            for (i, sym) in self.parts.funcdata(part).enumerate() {
                if !is_ignored(symbols, part.func, i, sym)
                    && !std::mem::replace(&mut seen[sym as usize], true)
                {
                    list.push((alignment(symbols, sym), sym));
                }
            }
        }
        list.sort_by_key(|(align, _)| -align);
        let largest = match list[..] {
            [(align, _), _, ..] => align,
            _ => 0,
        };
        let mut size = 0;
        for (align, sym) in list {
            let length = symbols.size(sym);
            if length == 0 {
                return failed("funcdata without bytes");
            }
            size = round(size, align);
            symbols.value[sym as usize] = size;
            size += length;
            symbols.set(sym, attr::NOT_IN_SYMBOL_TABLE | attr::SPECIAL, true);
            self.func_data.push(sym);
        }
        Ok((size, largest))
    }

    fn plan_find(&mut self, symbols: &mut Symbols) {
        let length = self.text.1 - self.text.0;
        let parts = (length + PART - 1) / PART;
        let buckets = (length + BUCKET - 1) / BUCKET;
        let sym = symbols.lookup_or_create("runtime.findfunctab", ABI0);
        symbols.own_mut(sym).size = 4 * buckets + parts;
        symbols.kind[sym as usize] = Kind::Pclntab;
        symbols.set_alignment(sym, 4);
        symbols.set(sym, attr::REACHABLE | attr::LOCAL, true);
        self.tables.insert(sym, Table::Find);
        self.syms[Table::Find as usize] = sym;
    }

    /// Writes a table, whose bytes are zeros before.
    pub fn write(&self, link: &Link, table: Table, out: &mut [u8]) -> Result<()> {
        let symbols = &link.symbols;
        match table {
            Table::Header => self.write_header(link, out),
            Table::FuncNames => {
                for &(sym, offset) in &self.names {
                    put(out, offset as usize, symbols.name(sym));
                }
            }
            Table::Units => {
                for (i, file) in self.unit_files.iter().flatten().enumerate() {
                    put(out, 4 * i, &file.to_le_bytes());
                }
            }
            Table::Files => {
                for (name, offset) in &self.files {
                    put(out, *offset as usize, name);
                }
            }
            Table::Pc => {
                for &sym in &self.pc_syms {
                    put(out, symbols.value[sym as usize] as usize, symbols.data(sym));
                }
            }
            Table::Funcs => self.write_funcs(link, out)?,
            Table::FuncData => {
                for &sym in &self.func_data {
                    let at = symbols.value[sym as usize] as usize;
                    put(out, at, symbols.data(sym));
                    let end = at + symbols.data(sym).len();
                    if let Some(out) = out.get_mut(at..end) {
                        link.relocate_offsets(sym, out)?;
                    }
                }
            }
            Table::Find => self.write_find(link, out)?,
        }
        Ok(())
    }

    fn write_header(&self, link: &Link, out: &mut [u8]) {
        let symbols = &link.symbols;
        let here = symbols.value[self.syms[Table::Header as usize] as usize];
        put(out, 0, &MAGIC.to_le_bytes());
        put(out, 6, &[link.target().quantum as u8, 8]);
        put(out, 8, &(self.funcs.len() as u64).to_le_bytes());
        put(out, 16, &u64::from(self.nfiles).to_le_bytes());
        let tables = [
            Table::FuncNames,
            Table::Units,
            Table::Files,
            Table::Pc,
            Table::Funcs,
        ];
        for (i, table) in tables.into_iter().enumerate() {
            let there = symbols.value[self.syms[table as usize] as usize];
            put(out, 32 + 8 * i, &(there - here).to_le_bytes());
        }
    }

    fn write_funcs(&self, link: &Link, out: &mut [u8]) -> Result<()> {
        let symbols = &link.symbols;
        let text = symbols.value[symbols.lookup("runtime.text", ABI0) as usize];
        let offset = |func: Sym| (symbols.value[func as usize] - text) as u32;
        for (i, (&func, start)) in self.funcs.iter().zip(&self.func_starts).enumerate() {
            put(out, 8 * i, &offset(func).to_le_bytes());
            put(out, 8 * i + 4, &start.to_le_bytes());
        }
        if let Some(&last) = self.funcs.last() {
            let end = offset(last).wrapping_add(symbols.size(last) as u32);
            put(out, 8 * self.funcs.len(), &end.to_le_bytes());
        }

        const CHUNK: usize = 512;
        let mut rest = out;
        let mut at = 0;
        let mut chunks = Vec::new();
        for (i, funcs) in self.parts.list.chunks(CHUNK).enumerate() {
            let start = self.func_starts[i * CHUNK] as usize;
            let end = self
                .func_starts
                .get((i + 1) * CHUNK)
                .map_or(at + rest.len(), |end| *end as usize);
            let (_, after) = rest.split_at_mut(start - at);
            let (chunk, after) = after.split_at_mut(end - start);
            rest = after;
            at = end;
            chunks.push((i * CHUNK, start, funcs, chunk));
        }
        chunks
            .into_par_iter()
            .for_each(|(first, start, funcs, chunk)| {
                for (i, part) in funcs.iter().enumerate() {
                    let at = self.func_starts[first + i] as usize - start;
                    let Some(out) = chunk.get_mut(at..) else {
                        return symbols.note_damage();
                    };
                    self.write_func(link, part, offset(part.func), out);
                }
            });
        Ok(())
    }

    fn write_func(&self, link: &Link, part: &Part, offset: u32, out: &mut [u8]) {
        let symbols = &link.symbols;
        let value = |sym: Sym| symbols.value[sym as usize] as u32;
        let mut fields = [0_u32; FUNC / 4];
        fields[0] = offset;
        fields[1] = self.name_offsets[part.func as usize];
        let deferreturn = link.deferreturns.get(&part.func);
        fields[3] = deferreturn.map_or(0, |off| {
            (*off as u32).wrapping_sub(link.target().deferreturn)
        });
        let unit = symbols.origin(part.func).map(|place| place.object);
        fields[8] = unit
            .and_then(|unit| self.unit_offsets.get(&unit))
            .copied()
            .unwrap_or(NONE);
        if let Some(info) = part.info(symbols) {
            fields[2] = info.args();
            fields[4] = value(part.sp);
            fields[5] = value(part.file);
            fields[6] = value(part.line);
            fields[7] = part.npcdata() as u32;
            fields[9] = info.start_line();
            let [id, flags] = info.id_and_flags();
            fields[10] = u32::from_le_bytes([id, flags, 0, part.nfuncdata() as u8]);
        }
        let mut at = 0;
        let mut add = |word: u32| {
            put(out, at, &word.to_le_bytes());
            at += 4;
        };
        fields.into_iter().for_each(&mut add);
        for sym in self.parts.pcdata(part) {
            add(if sym == 0 { 0 } else { value(sym) });
        }
        for (i, sym) in self.parts.funcdata(part).enumerate() {
            let ignored = is_ignored(symbols, part.func, i, sym);
            add(if ignored { NONE } else { value(sym) });
        }
    }

    fn write_find(&self, link: &Link, out: &mut [u8]) -> Result<()> {
        let symbols = &link.symbols;
        let (min, max) = self.text;
        let parts = ((max - min + PART - 1) / PART) as usize;
        let mut indexes = vec![NONE; parts];
        let mut note = |address: i64, index: usize| {
            if let Some(first) = indexes.get_mut(((address - min) / PART) as usize) {
                *first = (*first).min(index as u32);
            }
        };
        for (index, &func) in self.funcs.iter().enumerate() {
            let mut address = symbols.value[func as usize];
            let end = self
                .funcs
                .get(index + 1)
                .map_or(max, |next| symbols.value[*next as usize]);
            while address < end {
                note(address, index);
                address += PART;
            }
            note(end - 1, index);
        }
        for (bucket, parts) in indexes.chunks(PARTS as usize).enumerate() {
            let at = bucket * (4 + PARTS as usize);
            let base = parts[0];
            put(out, at, &base.to_le_bytes());
            for (i, index) in parts.iter().enumerate() {
                match index.checked_sub(base) {
                    Some(delta @ ..256) if *index != NONE => put(out, at + 4 + i, &[delta as u8]),
                    _ => return failed("functions of a bucket"),
                }
            }
        }
        Ok(())
    }
}

/// Functions of the table: all but those that contain others.
fn functions(link: &Link) -> Vec<Sym> {
    let symbols = &link.symbols;
    let containers: std::collections::HashSet<Sym> = link
        .text
        .all
        .iter()
        .map(|sym| symbols.outer[*sym as usize])
        .filter(|outer| *outer != 0)
        .collect();
    let all = link.text.all.iter().copied();
    all.filter(|sym| !containers.contains(sym)).collect()
}

/// What belongs to a function; 0 for none.
#[derive(Debug, Default, Clone, Copy)]
struct Part {
    func: Sym,
    info: Sym,
    sp: Sym,
    file: Sym,
    line: Sym,
    inline: Sym,
    /// The tree of calls that were inlined.
    tree: Sym,
    /// Number of calls that were inlined.
    ninlined: u32,
    /// Where in the list of [`Parts`] its tables begin, and how many there are: those by program
    /// counter, then those of the function.
    first: u32,
    listed: [u32; 2],
}

impl Part {
    fn info<'s, 'a>(&self, symbols: &'s Symbols<'a>) -> Option<FuncInfo<'s, 'a>> {
        FuncInfo::read(symbols, self.func, self.info)
    }

    /// Number of tables by program counter in the output.
    fn npcdata(&self) -> usize {
        self.count(0, INLINE_TREE_PCDATA)
    }

    /// Number of tables of the function in the output.
    fn nfuncdata(&self) -> usize {
        self.count(1, INLINE_TREE_FUNCDATA)
    }

    fn count(&self, which: usize, of_tree: usize) -> usize {
        let listed = self.listed[which] as usize;
        match (self.info, self.ninlined) {
            (0, _) => 0,
            (_, 0) => listed,
            _ => listed.max(of_tree + 1),
        }
    }
}

/// What belongs to each function, found once.
#[derive(Debug, Default)]
struct Parts {
    list: Vec<Part>,
    tables: Vec<Sym>,
}

impl Parts {
    fn of(symbols: &Symbols, funcs: &[Sym]) -> Parts {
        const CHUNK: usize = 2048;
        let chunks: Vec<Parts> = funcs
            .par_chunks(CHUNK)
            .map(|funcs| {
                let mut parts = Parts::default();
                let mut of_func = Vec::new();
                for &func in funcs {
                    parts.add(symbols, func, &mut of_func);
                }
                parts
            })
            .collect();
        let mut parts = Parts::default();
        for mut chunk in chunks {
            let first = parts.tables.len() as u32;
            chunk.list.iter_mut().for_each(|part| part.first += first);
            parts.list.append(&mut chunk.list);
            parts.tables.append(&mut chunk.tables);
        }
        parts
    }

    fn add(&mut self, symbols: &Symbols, func: Sym, of_func: &mut Vec<Sym>) {
        let mut part = Part {
            func,
            first: self.tables.len() as u32,
            ..Part::default()
        };
        of_func.clear();
        for (what, sym) in symbols.auxs(func) {
            match what {
                aux::FUNC_INFO if part.info == 0 => part.info = sym,
                aux::PCSP => part.sp = sym,
                aux::PCFILE => part.file = sym,
                aux::PCLINE => part.line = sym,
                aux::PCINLINE => part.inline = sym,
                aux::PCDATA => self.tables.push(sym),
                aux::FUNCDATA => of_func.push(sym),
                _ => {}
            }
        }
        part.listed = [self.tables.len() as u32 - part.first, of_func.len() as u32];
        self.tables.extend_from_slice(of_func);
        part.ninlined = part.info(symbols).map_or(0, |info| info.ninlined() as u32);
        self.list.push(part);
    }

    /// The tables that the compiler listed: by program counter, of the function.
    fn listed(&self, part: &Part) -> (&[Sym], &[Sym]) {
        let first = part.first as usize;
        let [pcdata, funcdata] = part.listed.map(|count| count as usize);
        let tables = self.tables.get(first..first + pcdata + funcdata);
        tables
            .unwrap_or_default()
            .split_at_checked(pcdata)
            .unwrap_or_default()
    }

    /// The tables by program counter in the output.
    fn pcdata(&self, part: &Part) -> impl Iterator<Item = Sym> {
        let listed = self.listed(part).0;
        let tree = (part.ninlined > 0).then_some((INLINE_TREE_PCDATA, part.inline));
        with_tree(listed, part.npcdata(), tree)
    }

    /// The tables of the function in the output.
    fn funcdata(&self, part: &Part) -> impl Iterator<Item = Sym> {
        let listed = self.listed(part).1;
        let tree = (part.ninlined > 0).then_some((INLINE_TREE_FUNCDATA, part.tree));
        with_tree(listed, part.nfuncdata(), tree)
    }
}

/// So many tables of a list, but for that of the inlined calls; 0 beyond the list.
fn with_tree(
    listed: &[Sym],
    count: usize,
    tree: Option<(usize, Sym)>,
) -> impl Iterator<Item = Sym> {
    (0..count).map(move |i| match tree {
        Some((at, sym)) if at == i => sym,
        _ => listed.get(i).copied().unwrap_or(0),
    })
}

/// Reports whether a table of a function is none: functions in assembly refer to tables that a Go
/// declaration would define.
fn is_ignored(symbols: &Symbols, func: Sym, index: usize, sym: Sym) -> bool {
    sym == 0
        || (index == ARGS_POINTER_MAPS || index == ARG_INFO)
            && symbols.is_from_assembly(func)
            && symbols.data(sym).is_empty()
}

/// Copies bytes to an offset, as far as there is room.
fn put(out: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(out) = out.get_mut(at..at + bytes.len()) {
        out.copy_from_slice(bytes);
    }
}
