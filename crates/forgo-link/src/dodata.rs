//! Data: which section a symbol is in, and where in it. Answers to dodata in
//! cmd/link/internal/ld/data.go.

use crate::dynamic;
use crate::error::{Result, failed};
use crate::gcprog;
use crate::gosort;
use crate::kind::{ALLOCATED, Kind};
use crate::layout::{Sections, Segment};
use crate::link::Link;
use crate::symbols::{ABI0, Sym, Symbols, attr};
use crate::text::round;
use crate::types::Type;

const MAX_ALIGN: i64 = 32;
/// The most bytes that a section may have.
const LIMIT: i64 = 2_000_000_000;

/// Kinds whose symbols each have a separate section.
const SINGLE: [Kind; 3] = [Kind::BuildInfo, Kind::FipsInfo, Kind::ElfSect];

/// Kinds of read-only data, in their order.
fn read_only(link: &Link) -> &'static [Kind] {
    const TYPES_APART: [Kind; 7] = [
        Kind::GoString,
        Kind::GcBits,
        Kind::RoData,
        Kind::RoDataFipsStart,
        Kind::RoDataFips,
        Kind::RoDataFipsEnd,
        Kind::RoDataEnd,
    ];
    const TYPES_WITHIN: [Kind; 9] = [
        Kind::Type,
        Kind::GoString,
        Kind::GoFunc,
        Kind::GcBits,
        Kind::RoData,
        Kind::RoDataFipsStart,
        Kind::RoDataFips,
        Kind::RoDataFipsEnd,
        Kind::RoDataEnd,
    ];
    if link.release().types_have_a_section() {
        &TYPES_APART
    } else {
        &TYPES_WITHIN
    }
}

/// Alignment that a symbol needs: its own, or the largest that its size is worth.
pub fn alignment(symbols: &mut Symbols, sym: Sym) -> i64 {
    let own = i64::from(symbols.alignment(sym));
    if own != 0 {
        return own;
    }
    let size = symbols.size(sym);
    let mut align = MAX_ALIGN;
    while align > size && align > 1 {
        align >>= 1;
    }
    symbols.set_alignment(sym, align as i32);
    align
}

/// Kinds of read-only data, and those of the same data with addresses, if the output can be loaded
/// anywhere.
fn relro_kinds(link: &Link) -> &'static [(Kind, Kind)] {
    match link.release().types_have_a_section() {
        true => &[(Kind::RoData, Kind::RoDataRelro)],
        false => &[
            (Kind::Type, Kind::TypeRelro),
            (Kind::GoString, Kind::GoStringRelro),
            (Kind::GoFunc, Kind::GoFuncRelro),
            (Kind::GcBits, Kind::GcBitsRelro),
            (Kind::RoData, Kind::RoDataRelro),
        ],
    }
}

/// Moves read-only data with addresses to separate kinds. Answers to makeRelroForSharedLib.
fn split_relro(link: &Link, by_kind: &mut [Vec<Sym>]) -> Result<()> {
    let has_relocs = |sym: &Sym| link.symbols.relocs(*sym).len() != 0;
    for &(kind, relro) in relro_kinds(link) {
        let syms = std::mem::take(&mut by_kind[kind as usize]);
        let (moved, kept): (Vec<Sym>, Vec<Sym>) = syms.into_iter().partition(|sym| match kind {
            Kind::Type => true,
            Kind::GoFunc => false,
            _ => has_relocs(sym),
        });
        by_kind[kind as usize] = kept;
        by_kind[relro as usize].extend(moved);
    }
    let fips = [Kind::RoDataFips, Kind::RoDataFipsStart, Kind::RoDataFipsEnd];
    let mut fips = fips.iter().flat_map(|kind| &by_kind[*kind as usize]);
    if !link.release().types_have_a_section() && fips.any(has_relocs) {
        return failed("read-only data of the FIPS module has addresses");
    }
    Ok(())
}

struct Layout<'l, 'a> {
    link: &'l mut Link<'a>,
    by_kind: Vec<Vec<Sym>>,
    max_align: [i64; ALLOCATED],
    /// Bytes laid out so far, in the segment.
    size: i64,
}

/// Lays out all data. `groups` are kinds that stand for those of symbols, by symbol.
pub fn run(link: &mut Link, groups: &[Kind]) -> Result<()> {
    let mut by_kind: Vec<Vec<Sym>> = vec![Vec::new(); ALLOCATED];
    let symbols = &mut link.symbols;
    for sym in 1..symbols.len() {
        let attrs = symbols.attr[sym as usize];
        if attrs & attr::REACHABLE == 0 || attrs & attr::SPECIAL != 0 || symbols.is_sub_symbol(sym)
        {
            continue;
        }
        let group = groups.get(sym as usize).copied().unwrap_or(Kind::Xxx);
        let kind = match group {
            Kind::Xxx => symbols.kind[sym as usize],
            group => group,
        };
        if !kind.is_allocated_data() || symbols.name(sym).is_empty() {
            continue;
        }
        by_kind[kind as usize].push(sym);
        symbols.set(sym, attr::ON_LIST, true);
    }
    dynamic::relocate(link, &by_kind)?;
    if link.is_pie() {
        split_relro(link, &mut by_kind)?;
    }
    let mut layout = Layout {
        link,
        by_kind,
        max_align: [0; ALLOCATED],
        size: 0,
    };
    for kind in 0..ALLOCATED {
        layout.sort(kind)?;
    }
    layout.join_relocations();
    layout.place_writable()?;
    layout.place_read_only()
}

impl Layout<'_, '_> {
    fn sort(&mut self, kind: usize) -> Result<()> {
        let mut syms = std::mem::take(&mut self.by_kind[kind]);
        let symbols = &mut self.link.symbols;
        for &sym in &syms {
            let size = symbols.size(sym);
            if size < symbols.data(sym).len() as i64 || size > LIMIT {
                return failed(format!("size of {}", symbols.text(sym)));
            }
        }
        if kind == Kind::Type as usize && symbols.release.types_have_a_section() {
            syms = self.sort_types(syms);
        } else if kind == Kind::ElfGot as usize {
            syms.sort_by(|a, b| symbols.name(*a).cmp(symbols.name(*b)).then(a.cmp(b)));
        } else if kind != Kind::Pclntab as usize {
            let zero_base = symbols.lookup("runtime.zerobase", ABI0);
            syms.sort_by_cached_key(|sym| by_size(symbols, zero_base, *sym));
        }
        let symbols = &mut self.link.symbols;
        for &sym in &syms {
            let align = alignment(symbols, sym);
            self.max_align[kind] = self.max_align[kind].max(align);
        }
        self.by_kind[kind] = syms;
        Ok(())
    }

    /// Puts .rela.plt right after .rela, as the ABI has it.
    fn join_relocations(&mut self) {
        let symbols = &mut self.link.symbols;
        let syms = &mut self.by_kind[Kind::ElfRoSect as usize];
        let at = |name: &[u8]| syms.iter().position(|sym| symbols.name(*sym) == name);
        let (Some(rela), Some(plt)) = (at(b".rela"), at(b".rela.plt")) else {
            return;
        };
        if plt == rela + 1 {
            return;
        }
        let (rela_sym, plt_sym) = (syms[rela], syms[plt]);
        syms.retain(|sym| *sym != rela_sym && *sym != plt_sym);
        let first = rela.min(plt);
        syms.splice(first..first, [rela_sym, plt_sym]);
        symbols.set_alignment(rela_sym, 8);
        symbols.set_alignment(plt_sym, 8);
    }

    /// Sorts types that reflection finds by their strings, then other types, then interface tables,
    /// and records in moduledata where each begins.
    fn sort_types(&mut self, syms: Vec<Sym>) -> Vec<Sym> {
        struct Entry<'s> {
            sym: Sym,
            is_itab: bool,
            string: Option<&'s [u8]>,
            key: (u8, i64, Sym),
        }
        let symbols = &self.link.symbols;
        let group = symbols.lookup("type:*", ABI0);
        let zero_base = symbols.lookup("runtime.zerobase", ABI0);
        let mut entries: Vec<Entry> = syms
            .iter()
            .map(|&sym| {
                let is_itab = symbols.is_itab(sym);
                let listed = !is_itab && symbols.is_typelink(sym);
                Entry {
                    sym,
                    is_itab,
                    string: listed.then(|| Type::new(symbols, sym).string()),
                    key: by_size(symbols, zero_base, sym),
                }
            })
            .collect();
        gosort::sort(&mut entries, |a, b| {
            if group != 0 && a.sym == group {
                return true;
            }
            if group != 0 && b.sym == group {
                return false;
            }
            match (a.is_itab, b.is_itab) {
                (false, true) => return true,
                (true, false) => return false,
                (true, true) => {}
                (false, false) => match (a.string, b.string) {
                    (Some(a), Some(b)) => return a < b,
                    (Some(_), None) => return true,
                    (None, Some(_)) => return false,
                    (None, None) => {}
                },
            }
            a.key < b.key
        });
        let order: Vec<(Sym, bool, bool)> = entries
            .iter()
            .map(|entry| (entry.sym, entry.string.is_some(), entry.is_itab))
            .collect();

        let symbols = &mut self.link.symbols;
        let mut add = |size: &mut i64, sym: Sym| {
            *size = round(*size, alignment(symbols, sym)) + symbols.size(sym);
        };
        let mut listed = 8;
        let mut next = 0;
        while let Some((sym, is_listed, _)) = order.get(next) {
            if *sym != group {
                if !is_listed {
                    break;
                }
                add(&mut listed, *sym);
            }
            next += 1;
        }
        let mut types = listed;
        while let Some((sym, _, false)) = order.get(next) {
            add(&mut types, *sym);
            next += 1;
        }
        let mut itabs = 0;
        for (sym, ..) in &order[next..] {
            add(&mut itabs, *sym);
        }
        if let Some((sym, ..)) = order.get(next) {
            types = round(types, alignment(symbols, *sym));
        }
        let offsets = self.link.type_fields;
        let module = self.link.symbols.own_mut(self.link.moduledata);
        for (at, value) in offsets.into_iter().zip([listed, types, itabs]) {
            module.set_u64(at, value as u64);
        }
        order.into_iter().map(|(sym, ..)| sym).collect()
    }

    fn sections(&mut self) -> &mut Sections {
        &mut self.link.sections
    }

    fn define_in(&mut self, section: u16, names: &[&str]) {
        for name in names {
            let sym = self.link.symbols.lookup_or_create(name, ABI0);
            self.link.symbols.section[sym as usize] = section;
        }
    }

    fn add_section(&mut self, segment: Segment, name: &str, rwx: u8, align: i64) -> u16 {
        let section = self.sections().add(segment, name, rwx);
        self.size = round(self.size, align);
        let address = self.size as u64;
        let this = &mut self.sections().list[usize::from(section)];
        this.align = align;
        this.address = address;
        section
    }

    /// Adds a section for symbols of some kinds. Those of several kinds are aligned to a word at
    /// least.
    fn add_for(&mut self, segment: Segment, name: &str, kinds: &[Kind], rwx: u8) -> u16 {
        let align = match kinds {
            [kind] => self.max_align[*kind as usize],
            kinds => kinds
                .iter()
                .map(|kind| self.max_align[*kind as usize])
                .fold(8, i64::max),
        };
        self.add_section(segment, name, rwx, align)
    }

    fn length(&mut self, section: u16) -> i64 {
        self.sections().list[usize::from(section)].length as i64
    }

    fn assign(&mut self, section: u16, kind: Kind) -> Result<()> {
        let syms = std::mem::take(&mut self.by_kind[kind as usize]);
        let start = self.sections().list[usize::from(section)].address as i64;
        for &sym in &syms {
            self.size = round(self.size, alignment(&mut self.link.symbols, sym));
            self.link.symbols.section[sym as usize] = section;
            self.link.symbols.value[sym as usize] = self.size - start;
            self.size += self.link.symbols.size(sym);
        }
        let size = self.size;
        let this = &mut self.sections().list[usize::from(section)];
        this.length = (size - start) as u64;
        this.syms.extend(syms);
        if size > LIMIT {
            return failed("too much data");
        }
        Ok(())
    }

    fn add_single(&mut self, segment: Segment, kind: Kind, rwx: u8) -> Result<()> {
        for sym in std::mem::take(&mut self.by_kind[kind as usize]) {
            let name = self.link.symbols.text(sym);
            let name = match name.strip_prefix("go:") {
                Some(rest) => format!(".go.{rest}"),
                None => name,
            };
            self.add_one(segment, &name, sym, rwx);
        }
        Ok(())
    }

    fn add_one(&mut self, segment: Segment, name: &str, sym: Sym, rwx: u8) {
        let align = alignment(&mut self.link.symbols, sym);
        let section = self.add_section(segment, name, rwx, align);
        self.link.symbols.section[sym as usize] = section;
        self.link.symbols.value[sym as usize] = 0;
        let size = self.link.symbols.size(sym);
        self.size += size;
        let this = &mut self.sections().list[usize::from(section)];
        this.length = size as u64;
        this.syms.push(sym);
    }

    fn place_writable(&mut self) -> Result<()> {
        for kind in SINGLE {
            self.add_single(Segment::Data, kind, 6)?;
        }
        for sym in std::mem::take(&mut self.by_kind[Kind::ModuleData as usize]) {
            self.add_one(Segment::Data, ".go.module", sym, 6);
        }
        if !self.by_kind[Kind::ElfGot as usize].is_empty() {
            let section = self.add_for(Segment::Data, ".got", &[Kind::ElfGot], 6);
            self.assign(section, Kind::ElfGot)?;
        }

        let section = self.add_for(Segment::Data, ".noptrdata", &[Kind::NoPtrData], 6);
        self.assign(section, Kind::NoPtrData)?;
        self.define_in(section, &["runtime.noptrdata", "runtime.enoptrdata"]);
        for kind in [
            Kind::NoPtrDataFipsStart,
            Kind::NoPtrDataFips,
            Kind::NoPtrDataFipsEnd,
            Kind::NoPtrDataEnd,
        ] {
            self.assign(section, kind)?;
        }

        let section = self.add_for(Segment::Data, ".data", &[Kind::Data], 6);
        let data = self.by_kind[Kind::Data as usize].clone();
        self.assign(section, Kind::Data)?;
        self.define_in(section, &["runtime.data", "runtime.edata"]);
        for kind in [
            Kind::DataFipsStart,
            Kind::DataFips,
            Kind::DataFipsEnd,
            Kind::DataEnd,
        ] {
            self.assign(section, kind)?;
        }
        let data_length = self.length(section);

        let section = self.add_for(Segment::Data, ".bss", &[Kind::Bss], 6);
        let bss = self.by_kind[Kind::Bss as usize].clone();
        self.assign(section, Kind::Bss)?;
        self.define_in(section, &["runtime.bss", "runtime.ebss"]);
        let bss_length = self.length(section);

        for (name, syms, length) in [
            ("runtime.gcdata", data, data_length),
            ("runtime.gcbss", bss, bss_length),
        ] {
            let program = gcprog::program(&self.link.symbols, &syms, length)?;
            let sym = self.link.symbols.lookup_or_create(name, ABI0);
            self.link.symbols.own_mut(sym).add_bytes(&program);
        }

        let section = self.add_for(Segment::Data, ".noptrbss", &[Kind::NoPtrBss], 6);
        self.assign(section, Kind::NoPtrBss)?;
        self.define_in(section, &["runtime.noptrbss", "runtime.enoptrbss"]);
        if self.link.release().groups_gc_masks() {
            let start = self.length(section);
            self.define_in(section, &["runtime.gcmask.*"]);
            let group = self.link.symbols.lookup("runtime.gcmask.*", ABI0);
            self.link.symbols.value[group as usize] = start;
            self.assign(section, Kind::GcMask)?;
        }
        let start = self.length(section);
        self.assign(section, Kind::CoverageCounter)?;
        let length = self.length(section) - start;
        self.link.counters = (start, length);
        if self.link.release().aligns_coverage_counters() {
            self.link.counters = (start + length % 4, length - length % 4);
        }
        self.define_in(section, &["runtime.covctrs", "runtime.ecovctrs"]);
        if !self.by_kind[Kind::Fuzzer8BitCounter as usize].is_empty() {
            let kinds = [Kind::Fuzzer8BitCounter];
            let section = self.add_for(Segment::Data, ".go.fuzzcntrs", &kinds, 6);
            self.assign(section, Kind::Fuzzer8BitCounter)?;
            self.define_in(
                section,
                &[
                    "runtime.__start___sancov_cntrs",
                    "runtime.__stop___sancov_cntrs",
                    "internal/fuzz._counters",
                    "internal/fuzz._ecounters",
                ],
            );
        }
        let last = self.sections().of(Segment::Data).last().copied();
        self.define_in(last.unwrap_or(0) as u16, &["runtime.end"]);

        let section = match self.link.is_dynamic && !self.by_kind[Kind::TlsBss as usize].is_empty()
        {
            true => Some(self.sections().add(Segment::Data, ".tbss", 6)),
            false => None,
        };
        let mut size = 0;
        for sym in std::mem::take(&mut self.by_kind[Kind::TlsBss as usize]) {
            size = round(size, alignment(&mut self.link.symbols, sym));
            self.link.symbols.section[sym as usize] = section.unwrap_or(0);
            self.link.symbols.value[sym as usize] = size;
            size += self.link.symbols.size(sym);
        }
        if let Some(section) = section {
            self.sections().list[usize::from(section)].length = size as u64;
        }
        Ok(())
    }

    fn place_read_only(&mut self) -> Result<()> {
        self.size = 0;
        self.add_single(Segment::Text, Kind::ElfRxSect, 5)?;
        let kinds = read_only(self.link);
        let section = self.add_for(Segment::RoData, ".rodata", kinds, 4);
        self.define_in(section, &["runtime.rodata", "runtime.erodata"]);
        let apart = self.link.release().types_have_a_section();
        let pie = self.link.is_pie();
        if !apart && !pie {
            self.define_in(section, &["runtime.types", "runtime.etypes"]);
        }
        for &kind in kinds {
            self.assign(section, kind)?;
        }

        let section = self.add_for(Segment::RoData, ".gopclntab", &[Kind::Pclntab], 4);
        self.assign(section, Kind::Pclntab)?;
        self.define_in(
            section,
            &[
                "runtime.pclntab",
                "runtime.pcheader",
                "runtime.funcnametab",
                "runtime.cutab",
                "runtime.filetab",
                "runtime.pctab",
                "runtime.functab",
                "go:func.*",
                "runtime.epclntab",
            ],
        );
        self.add_single(Segment::RoData, Kind::ElfRoSect, 4)?;

        let (segment, prefix, rwx) = match pie {
            true => (Segment::RelroData, ".data.rel.ro", 6),
            false => (Segment::RoData, "", 4),
        };
        if pie {
            self.size = 0;
        }
        if apart {
            if !self.by_kind[Kind::RoDataRelro as usize].is_empty() {
                let section = self.add_for(segment, prefix, &[Kind::RoDataRelro], rwx);
                self.assign(section, Kind::RoDataRelro)?;
            }
            let name = format!("{prefix}.go.type");
            let section = self.add_for(segment, &name, &[Kind::Type], rwx);
            // No type is at offset 0.
            self.size += 8;
            self.assign(section, Kind::Type)?;
            self.define_in(section, &["runtime.types", "runtime.etypes"]);
            let name = format!("{prefix}.go.func");
            let section = self.add_for(segment, &name, &[Kind::GoFunc], rwx);
            self.assign(section, Kind::GoFunc)?;
            self.add_single(segment, Kind::ElfRelroSect, rwx)?;
        } else {
            if pie {
                let kinds: Vec<Kind> = relro_kinds(self.link).iter().map(|(_, k)| *k).collect();
                let section = self.add_for(segment, prefix, &kinds, rwx);
                self.define_in(section, &["runtime.types", "runtime.etypes"]);
                // No type is at offset 0.
                self.size += 1;
                for kind in kinds {
                    self.assign(section, kind)?;
                }
                self.add_single(segment, Kind::ElfRelroSect, rwx)?;
            }
            for (name, kind) in [(".typelink", Kind::TypeLink), (".itablink", Kind::ItabLink)] {
                let name = format!("{prefix}{name}");
                let section = self.add_for(segment, &name, &[kind], rwx);
                self.assign(section, kind)?;
            }
        }
        if self.size > i64::from(u32::MAX) {
            return failed("too much read-only data");
        }
        Ok(())
    }
}

/// Symbols without bytes come first, then the one that stands for the address of all such
/// variables.
fn by_size(symbols: &Symbols, zero_base: Sym, sym: Sym) -> (u8, i64, Sym) {
    let size = symbols.size(sym);
    match size {
        _ if sym == zero_base => (1, 0, 0),
        0 => (0, 0, sym),
        size => (2, size, sym),
    }
}
