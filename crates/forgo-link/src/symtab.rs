//! Symbols that the linker itself makes: groups, ends of sections, and moduledata, by which the
//! runtime finds everything else. Answers to symtab in cmd/link/internal/ld/symtab.go and to
//! typelink.go of Go 1.26.

use crate::gosort;
use crate::kind::Kind;
use crate::link::Link;
use crate::pclntab::Table;
use crate::reloc::kind;
use crate::symbols::{ABI0, Sym, Symbols, attr};
use crate::types::Type;

/// Symbols at the beginnings and ends of sections; addresses come later.
const EDGES: [(&str, Kind); 12] = [
    ("runtime.rodata", Kind::RoData),
    ("runtime.erodata", Kind::RoDataEnd),
    ("runtime.types", Kind::RoData),
    ("runtime.etypes", Kind::RoData),
    ("runtime.noptrdata", Kind::NoPtrData),
    ("runtime.enoptrdata", Kind::NoPtrDataEnd),
    ("runtime.data", Kind::Data),
    ("runtime.edata", Kind::DataEnd),
    ("runtime.bss", Kind::Bss),
    ("runtime.ebss", Kind::Bss),
    ("runtime.noptrbss", Kind::NoPtrBss),
    ("runtime.enoptrbss", Kind::NoPtrBss),
];

/// Lists types and interface tables for reflection, before addresses are known (Go 1.26).
pub fn make_type_links(symbols: &mut Symbols) {
    let mut types: Vec<(&[u8], Sym)> = Vec::new();
    let mut itabs = Vec::new();
    for sym in 1..symbols.len() {
        if !symbols.reachable(sym) {
            continue;
        }
        if symbols.is_typelink(sym) {
            types.push((Type::new(symbols, sym).string(), sym));
        } else if symbols.is_itab(sym) {
            itabs.push(sym);
        }
    }
    gosort::sort(&mut types, |a, b| a.0 < b.0);
    let types = types.into_iter().map(|(_, sym)| sym).collect();
    for (name, section, list, raw, siz) in [
        ("runtime.typelink", Kind::TypeLink, types, kind::ADDROFF, 4),
        ("runtime.itablink", Kind::ItabLink, itabs, kind::ADDR, 8),
    ] {
        let sym = symbols.define(name, section);
        symbols.set(sym, attr::LOCAL, true);
        for target in list {
            symbols.own_mut(sym).add_reference(target, 0, raw, siz);
        }
    }
}

/// Groups read-only symbols by their names, and fills moduledata. Returns the kinds of groups, by
/// symbol.
pub fn run(link: &mut Link) -> Vec<Kind> {
    let release = link.release();
    let relro = link.is_pie() && !release.types_have_a_section();
    let symbols = &mut link.symbols;
    for (name, kind) in EDGES {
        symbols.define_at(name, kind, 0);
    }
    if release.groups_gc_masks() {
        symbols.define_at("runtime.gcmask.*", Kind::NoPtrBss, 0);
    }
    for (name, kind) in [
        ("runtime.covctrs", Kind::NoPtrBss),
        ("runtime.ecovctrs", Kind::NoPtrBss),
        ("runtime.end", Kind::Bss),
        ("runtime.epclntab", Kind::RoData),
    ] {
        symbols.define_at(name, kind, 0);
    }
    for (name, end) in [
        ("runtime.gcdata", "runtime.egcdata"),
        ("runtime.gcbss", "runtime.egcbss"),
    ] {
        let sym = symbols.define(name, Kind::RoData);
        symbols.own_mut(sym).size = 0;
        symbols.define_at(end, Kind::RoData, 0);
    }
    let mut group = |name: &str, kind: Kind, local: bool| {
        let sym = symbols.define(name, kind);
        symbols.own_mut(sym).size = 0;
        symbols.set_alignment(sym, 8);
        if local {
            symbols.set(sym, attr::LOCAL, true);
        }
        sym
    };
    let types = group("type:*", Kind::Type, false);
    let mut groups = Groups {
        types: match relro {
            true => group("typerel.*", Kind::TypeRelro, false),
            false => types,
        },
        relro,
        strings: group("go:string.*", Kind::GoString, true),
        funcs: group("go:funcdesc", Kind::GoFunc, true),
        gc_bits: group("runtime.gcbits.*", Kind::GcBits, true),
        gc_masks: match release.groups_gc_masks() {
            true => group("runtime.gcmask.*", Kind::GcMask, true),
            false => 0,
        },
    };
    if relro {
        groups.funcs = group("go:funcdescrel", Kind::GoFuncRelro, true);
    }
    let kinds = groups.assign(link);
    fill_moduledata(link);
    kinds
}

struct Groups {
    /// Read-only data with addresses is apart, and so is of other kinds (Go 1.26).
    relro: bool,
    types: Sym,
    strings: Sym,
    funcs: Sym,
    gc_bits: Sym,
    gc_masks: Sym,
}

impl Groups {
    fn assign(&self, link: &mut Link) -> Vec<Kind> {
        let symbols = &mut link.symbols;
        let mut kinds = vec![Kind::Xxx; symbols.len() as usize];
        for sym in 1..symbols.len() {
            let kind = symbols.kind[sym as usize];
            let local = symbols.is_file_local(sym)
                && symbols
                    .object_of(sym)
                    .is_some_and(|object| !object.is_assembly());
            if local || kind == Kind::CoverageCounter {
                symbols.set(sym, attr::NOT_IN_SYMBOL_TABLE, true);
            }
            if !symbols.reachable(sym) || symbols.has(sym, attr::SPECIAL) {
                continue;
            }
            let name = symbols.name(sym);
            let (group, outer) = match kind {
                Kind::NoPtrBss if self.gc_masks != 0 && name.starts_with(b"type:.gcmask.") => {
                    (Kind::GcMask, self.gc_masks)
                }
                Kind::RoData | Kind::GoFunc => match self.of_name(symbols, sym, name) {
                    Some(group) => group,
                    None => continue,
                },
                _ => continue,
            };
            kinds[sym as usize] = group;
            symbols.set(sym, attr::NOT_IN_SYMBOL_TABLE, true);
            symbols.outer[sym as usize] = outer;
        }
        kinds
    }

    fn kind(&self, plain: Kind, relro: Kind) -> Kind {
        if self.relro { relro } else { plain }
    }

    fn of_name(&self, symbols: &Symbols, sym: Sym, name: &[u8]) -> Option<(Kind, Sym)> {
        let apart = symbols.release.types_have_a_section();
        if name.starts_with(b"go:string.") {
            Some((Kind::GoString, self.strings))
        } else if name.starts_with(b"runtime.gcbits.")
            || !apart && name.starts_with(b"type:.gcprog.")
        {
            Some((Kind::GcBits, self.gc_bits))
        } else if name.ends_with("·f".as_bytes()) {
            Some((self.kind(Kind::GoFunc, Kind::GoFuncRelro), self.funcs))
        } else if name.starts_with(b"type:") || apart && symbols.is_itab(sym) {
            Some((self.kind(Kind::Type, Kind::TypeRelro), self.types))
        } else {
            None
        }
    }
}

fn make_text_section_map(link: &mut Link) -> Sym {
    let symbols = &mut link.symbols;
    let sym = symbols.define("runtime.textsectionmap", Kind::RoData);
    let text = symbols.lookup("runtime.text", ABI0);
    let length = link.sections.find(".text").map_or(0, |text| text.length);
    let own = symbols.own_mut(sym);
    own.add_u64(0);
    own.add_u64(length);
    own.add_address(text, 0);
    // cmd/link makes room without giving the symbol that size.
    sym
}

fn fill_moduledata(link: &mut Link) {
    let release = link.release();
    let map = make_text_section_map(link);
    let mut module = Module {
        sym: link.moduledata,
        symbols: &mut link.symbols,
    };
    let pcln = &link.pclntab;
    let table = |table: Table| pcln.syms[table as usize];
    module.address(table(Table::Header));
    module.slice_of(table(Table::FuncNames), 1);
    module.slice_of(table(Table::Units), 4);
    module.slice_of(table(Table::Files), 1);
    module.slice_of(table(Table::Pc), 1);
    module.slice_of(table(Table::Funcs), 1);
    module.slice(table(Table::Funcs), pcln.funcs.len() as u64 + 1);
    module.address(table(Table::Find));
    let first = pcln.funcs.first().copied().unwrap_or(0);
    let last = pcln.funcs.last().copied().unwrap_or(0);
    module.address(first);
    let size = module.symbols.size(last);
    module.symbols.own_mut(module.sym).add_address(last, size);
    for name in [
        "runtime.text",
        "runtime.etext",
        "runtime.noptrdata",
        "runtime.enoptrdata",
        "runtime.data",
        "runtime.edata",
        "runtime.bss",
        "runtime.ebss",
        "runtime.noptrbss",
        "runtime.enoptrbss",
        "runtime.covctrs",
        "runtime.ecovctrs",
        "runtime.end",
        "runtime.gcdata",
        "runtime.gcbss",
        "runtime.types",
    ] {
        module.named(name);
    }
    let mut fields = [0; 3];
    if release.types_have_a_section() {
        fields[0] = module.number(0);
        module.named("runtime.etypes");
        fields[1] = module.number(0);
        fields[2] = module.number(0);
    } else {
        module.named("runtime.etypes");
    }
    module.named("runtime.rodata");
    module.named("go:func.*");
    module.named("runtime.epclntab");
    module.slice(map, 1);
    if !release.types_have_a_section() {
        let types = module.symbols.lookup("runtime.typelink", ABI0);
        module.slice_of(types, 4);
        let itabs = module.symbols.lookup("runtime.itablink", ABI0);
        module.slice_of(itabs, 8);
    }
    let plugin = module.symbols.lookup("go:plugin.tabs", ABI0);
    if plugin != 0 && module.symbols.reachable(plugin) {
        module.symbols.set(plugin, attr::LOCAL, true);
        let count = module.symbols.data(plugin).len() as u64 / 8;
        module.slice(plugin, count);
    } else {
        module.zeros(3);
    }
    // The plugin's path and the packages' hashes.
    module.zeros(5);
    if link.main_inittasks != 0 {
        module.slice_of(link.main_inittasks, 8);
    } else {
        module.zeros(3);
    }
    // The module's name and the hashes of other modules.
    module.zeros(5);
    let own = module.symbols.own_mut(module.sym);
    own.data.push(1);
    own.size += 1;
    let typ = module.symbols.lookup("type:runtime.moduledata", ABI0);
    let size = Type::new(module.symbols, typ).size();
    let own = module.symbols.own_mut(module.sym);
    if size < own.size || size > 1 << 20 {
        module.symbols.note_damage();
    } else {
        own.grow(size as usize);
    }
    link.type_fields = fields;

    let symbols = &mut link.symbols;
    let last = symbols.define("runtime.lastmoduledatap", Kind::NoPtrData);
    let own = symbols.own_mut(last);
    own.size = 0;
    own.data.clear();
    own.add_address(link.moduledata, 0);
}

struct Module<'s, 'a> {
    sym: Sym,
    symbols: &'s mut Symbols<'a>,
}

impl Module<'_, '_> {
    fn address(&mut self, sym: Sym) {
        self.symbols.own_mut(self.sym).add_address(sym, 0);
    }

    fn named(&mut self, name: &str) {
        let sym = self.symbols.lookup(name, ABI0);
        self.address(sym);
    }

    /// Adds a number; returns where.
    fn number(&mut self, value: u64) -> usize {
        let own = self.symbols.own_mut(self.sym);
        let at = own.size as usize;
        own.add_u64(value);
        at
    }

    fn zeros(&mut self, count: usize) {
        for _ in 0..count {
            self.number(0);
        }
    }

    fn slice(&mut self, sym: Sym, length: u64) {
        self.address(sym);
        self.number(length);
        self.number(length);
    }

    /// Adds a slice of all elements of a symbol.
    fn slice_of(&mut self, sym: Sym, element: i64) {
        let length = self.symbols.size(sym) / element;
        self.slice(sym, length as u64);
    }
}
