//! A link: the state that the passes share, and their order. Answers to Main in
//! cmd/link/internal/ld/main.go.

use std::collections::HashSet;

use hashbrown::HashMap;
use sha2::{Digest, Sha256};

use crate::arch::{Arch, Target};
use crate::cgo;
use crate::deadcode;
use crate::dodata;
use crate::dwarf::{self, Dwarf};
use crate::dynamic::{self, Dynamic};
use crate::error::{Error, Result, failed, unsupported};
use crate::flags::{BuildMode, Options, Setting};
use crate::inittask;
use crate::input::host;
use crate::input::importcfg::ImportCfg;
use crate::input::libgcc;
use crate::input::library::{Files, Library, Program, path_to_prefix, postorder};
use crate::input::object::Damage;
use crate::kind::Kind;
use crate::layout::{HEADERS, Sections};
use crate::linkname::Linknames;
use crate::pclntab::Pclntab;
use crate::release::{Header, Release};
use crate::resolve;
use crate::stackcheck;
use crate::symbols::{ABI_INTERNAL, ABI0, Own, Sym, Symbols, attr};
use crate::symtab;
use crate::text::{self, Text};
use crate::write;

/// What marks the build information in the executable.
const BUILD_INFO: &[u8] = b"\xff Go buildinf:";
/// What marks the sum of the FIPS module in the executable.
const FIPS_INFO: &[u8; 16] = b"\xff Go fipsinfo \xff\x00";

/// The symbols around the FIPS module's code and data, in pairs.
const FIPS_EDGES: [(&str, Kind); 8] = [
    ("go:textfipsstart", Kind::TextFipsStart),
    ("go:textfipsend", Kind::TextFipsEnd),
    ("go:rodatafipsstart", Kind::RoDataFipsStart),
    ("go:rodatafipsend", Kind::RoDataFipsEnd),
    ("go:noptrdatafipsstart", Kind::NoPtrDataFipsStart),
    ("go:noptrdatafipsend", Kind::NoPtrDataFipsEnd),
    ("go:datafipsstart", Kind::DataFipsStart),
    ("go:datafipsend", Kind::DataFipsEnd),
];

/// A link in the making.
#[derive(Debug)]
pub struct Link<'a> {
    /// The options of the link.
    pub options: &'a Options,
    /// Release and target.
    pub header: Header,
    /// The packages.
    pub libs: Vec<Library>,
    /// The packages' numbers, each after those that it imports.
    pub order: Vec<u32>,
    /// The symbols.
    pub symbols: Symbols<'a>,
    /// The functions.
    pub text: Text,
    /// The sections.
    pub sections: Sections,
    /// The tables of functions.
    pub pclntab: Pclntab,
    /// Debug information; `None` where it is left out.
    pub dwarf: Option<Dwarf>,
    /// runtime.firstmoduledata
    pub moduledata: Sym,
    /// Where in moduledata the extents of types are recorded (Go 1.27).
    pub type_fields: [usize; 3],
    /// The list of initializers.
    pub main_inittasks: Sym,
    /// runtime.unreachableMethod, which replaces methods that are not needed.
    pub unreachable_method: Sym,
    /// Whether the output is for the dynamic linker.
    pub is_dynamic: bool,
    /// What the dynamic linker gets.
    pub dynamic: Dynamic,
    /// Where functions call runtime.deferreturn first.
    pub deferreturns: HashMap<Sym, i32>,
    /// Functions of objects of other compilers.
    pub host_text: Vec<Sym>,
    /// Where counters of coverage begin in .noptrbss, and their length.
    pub counters: (i64, i64),
    /// Edges of the FIPS module.
    pub fips: [Sym; 8],
    /// go:fipsinfo
    pub fips_info: Sym,
    /// Values of string variables, in the order in which they were first set.
    pub strings: Vec<(Vec<u8>, Vec<u8>)>,
    damage: &'a Damage,
    files: &'a Files,
}

/// Links a program, and writes it to the output of the options. On failure nothing was written.
pub fn link(options: &Options) -> Result<()> {
    // Types nest as deeply as a program likes.
    const STACK: usize = 1 << 30;
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || run(options))
            .map_err(|e| Error::Io(e.to_string()))?
            .join()
            .unwrap_or_else(|_| failed("a pass panicked"))
    })
}

fn run(options: &Options) -> Result<()> {
    let unclean = |part: &str| matches!(part, "" | "." | "..");
    if options.goroot.split('/').skip(1).any(unclean) {
        return unsupported("GOROOT is not clean");
    }
    let text =
        std::fs::read_to_string(&options.importcfg).map_err(Error::of_file(&options.importcfg))?;
    let config = ImportCfg::parse(&text)?;
    let files = Files::open(&config, &options.main)?;
    let damage = Damage::default();
    let program = Program::load(options, &config, &files, &damage)?;
    let mut link = Link::new(options, program, &config, &damage, &files)?;
    files.release_memory();
    link.passes()?;
    files.release_memory();
    let image = write::plan(&mut link)?;
    link.check()?;
    write::write(&link, image)
}

impl<'a> Link<'a> {
    fn new(
        options: &'a Options,
        mut program: Program<'a>,
        config: &ImportCfg,
        damage: &'a Damage,
        files: &'a Files,
    ) -> Result<Link<'a>> {
        check_host_objects(options, &program)?;
        let header = program.header.clone();
        let objects = std::mem::take(&mut program.objects);
        let mut symbols = Symbols::new(header.release, objects, damage);
        let packages = program.libs.iter().map(|lib| lib.pkg.clone()).collect();
        let mut linknames = Linknames::new(header.release, options.check_linkname, packages);
        resolve::load(&mut symbols, &program.object_of, &mut linknames)?;
        let mut dynamic = Dynamic::default();
        let texts = program.cgo.iter().map(|(_, text)| *text);
        cgo::follow(&mut symbols, &mut dynamic, texts)?;
        let host_text = load_host_objects(options, &program, &mut symbols, &mut dynamic)?;
        let mut link = Link {
            options,
            header,
            order: postorder(&program.libs)?,
            libs: program.libs,
            symbols,
            text: Text::default(),
            sections: Sections::default(),
            pclntab: Pclntab::default(),
            dwarf: None,
            moduledata: 0,
            type_fields: [0; 3],
            main_inittasks: 0,
            unreachable_method: 0,
            is_dynamic: dynamic.needed || options.buildmode == BuildMode::Pie,
            dynamic,
            deferreturns: HashMap::new(),
            host_text,
            counters: (0, 0),
            fips: [0; 8],
            fips_info: 0,
            strings: Vec::new(),
            damage,
            files,
        };
        if link.is_dynamic && link.header.arch == Arch::Arm64 {
            return unsupported("a dynamic program for arm64");
        }
        link.collect_strings(config)?;
        Ok(link)
    }

    /// The release.
    pub fn release(&self) -> Release {
        self.header.release
    }

    /// Fails if an input was found to be damaged.
    pub fn check(&self) -> Result<()> {
        self.damage.check()
    }

    fn passes(&mut self) -> Result<()> {
        self.define_fips();
        self.main_inittasks = inittask::schedule(&mut self.symbols)?;
        let mut roots = self.dynamic.exports.clone();
        roots.push(self.main_inittasks);
        let entry = self.target().entry;
        self.deferreturns = deadcode::mark(&mut self.symbols, entry, &roots)?;
        self.check()?;
        self.files.release_memory();
        self.set_up()?;
        self.set_strings()?;
        if !self.options.strip_dwarf {
            self.dwarf = Some(dwarf::types::run(self)?);
        }
        stackcheck::check(
            &self.symbols,
            &self.text.all,
            self.options.race,
            self.target(),
        )?;
        if !self.release().types_have_a_section() {
            symtab::make_type_links(&mut self.symbols);
        }
        if self.is_dynamic {
            dynamic::make_tables(self);
        }
        self.make_arch_symbols();
        if self.is_dynamic {
            dynamic::add_exports(self)?;
        } else if !self.dynamic.exports.is_empty() {
            return unsupported("exports of a static program");
        }
        let start = self.text_address();
        let target = self.target();
        let sections = &mut self.sections;
        text::assign_addresses(&mut self.symbols, &mut self.text, sections, start, target)?;
        self.make_build_info();
        self.pclntab = Pclntab::plan(self)?;
        self.check()?;
        if let Some(dwarf) = self.dwarf.take() {
            self.dwarf = Some(dwarf::units::run(self, dwarf)?);
        }
        let groups = symtab::run(self);
        dodata::run(self, &groups)?;
        self.check()?;
        self.assign_addresses();
        self.check()
    }

    /// Reports whether the output can be loaded at any address. Read-only data with addresses is
    /// then in separate sections: the dynamic linker writes it before it becomes read-only.
    pub fn is_pie(&self) -> bool {
        self.options.buildmode == BuildMode::Pie
    }

    /// Address of the first byte after the headers.
    pub fn text_address(&self) -> i64 {
        self.target().base + HEADERS
    }

    fn collect_strings(&mut self, config: &ImportCfg) -> Result<()> {
        let mut settings = Vec::new();
        if !self.options.goroot.is_empty() {
            settings.push(format!("runtime.defaultGOROOT={}", self.options.goroot).into_bytes());
        }
        settings.push(format!("runtime.buildVersion={}", self.header.version).into_bytes());
        for setting in &self.options.strings {
            match setting {
                Setting::Flag(setting) => settings.push(setting.clone()),
                Setting::ImportCfg => {
                    if let Some(info) = &config.modinfo {
                        settings.push([b"runtime.modinfo=", &info[..]].concat());
                    }
                }
            }
        }
        for setting in settings {
            let split = || {
                let equal = setting.iter().position(|b| *b == b'=')?;
                let dot = setting[..equal].iter().rposition(|b| *b == b'.')?;
                let pkg = std::str::from_utf8(&setting[..dot]).ok()?;
                let name = [path_to_prefix(pkg).as_bytes(), &setting[dot..equal]].concat();
                Some((name, setting[equal + 1..].to_owned()))
            };
            let Some((name, value)) = split() else {
                return failed("-X");
            };
            match self.strings.iter_mut().find(|(other, _)| *other == name) {
                Some((_, old)) => *old = value,
                None => self.strings.push((name, value)),
            }
        }
        Ok(())
    }

    fn string(&self, name: &str) -> &[u8] {
        let found = self.strings.iter().find(|(n, _)| n == name.as_bytes());
        found.map_or(&[], |(_, value)| value)
    }

    /// Makes the symbols around the FIPS module, and the one that its check at start reads.
    fn define_fips(&mut self) {
        let info = self.symbols.define("go:fipsinfo", Kind::FipsInfo);
        let own = self.symbols.own_mut(info);
        own.data = FIPS_INFO.to_vec();
        own.data.resize(FIPS_INFO.len() + 32, 0);
        own.size = own.data.len() as i64;
        own.add_address(info, 0);
        for (i, (name, kind)) in FIPS_EDGES.into_iter().enumerate() {
            let sym = self.symbols.define(name, kind);
            self.symbols.set(sym, attr::LOCAL, true);
            self.symbols.own_mut(sym).size = 1;
            self.symbols.own_mut(info).add_address(sym, 0);
            self.fips[i] = sym;
        }
        self.fips_info = info;
    }

    /// Answers to linksetup in cmd/link/internal/ld/lib.go.
    fn set_up(&mut self) -> Result<()> {
        let symbols = &mut self.symbols;
        let tls = symbols.lookup_or_create("runtime.tlsg", ABI0);
        symbols.own_mut(tls);
        if symbols.kind[tls as usize] == Kind::Xxx {
            symbols.kind[tls as usize] = Kind::TlsBss;
            symbols.own_mut(tls).size = 8;
        }
        symbols.set(tls, attr::REACHABLE, true);

        let module = symbols.lookup_or_create("runtime.firstmoduledata", ABI0);
        if symbols.kind[module as usize] == Kind::Xxx {
            return unsupported("a program without package runtime");
        }
        symbols.own_mut(module).size = 0;
        let profile = symbols.lookup("runtime.memProfileInternal", ABI_INTERNAL);
        if profile != 0 && !symbols.reachable(profile) {
            let disable = symbols.lookup_or_create("runtime.disableMemoryProfiling", ABI0);
            let own = symbols.own_mut(disable);
            own.size = 0;
            own.data.push(1);
            own.size = 1;
            symbols.kind[disable as usize] = Kind::NoPtrData;
        }
        symbols.kind[module as usize] = Kind::ModuleData;
        symbols.set(module, attr::REACHABLE, true);
        self.moduledata = module;
        let mut own = std::mem::take(&mut self.host_text);
        own.extend_from_slice(&self.fips[..2]);
        self.text = text::order(&self.symbols, &self.libs, &self.order, &own);
        Ok(())
    }

    /// Sets the values of string variables. Answers to addstrdata in cmd/link/internal/ld/data.go.
    fn set_strings(&mut self) -> Result<()> {
        let symbols = &mut self.symbols;
        for (name, value) in &self.strings {
            let sym = symbols.lookup(name, ABI0);
            let typ = if sym == 0 { 0 } else { symbols.go_type(sym) };
            if typ == 0 {
                continue;
            }
            if symbols.name(typ) != b"type:string" {
                return failed("cannot set with -X");
            }
            if !symbols.reachable(sym) {
                continue;
            }
            symbols.own_mut(sym);
            if symbols.kind[sym as usize] == Kind::Bss {
                symbols.kind[sym as usize] = Kind::Data;
            }
            let text = symbols.define([&name[..], b".str"].concat(), Kind::RoData);
            symbols.own_mut(text).add_string(value);
            let own = symbols.own_mut(sym);
            own.data = vec![0; 16];
            own.relocs.clear();
            let size = own.size;
            own.size = 0;
            own.add_address(text, 0);
            own.size = size.max(16);
            own.data[8..].copy_from_slice(&(value.len() as u64).to_le_bytes());
        }
        Ok(())
    }

    /// Answers to setArchSyms in cmd/link/internal/ld/lib.go.
    fn make_arch_symbols(&mut self) {
        let mut make = |name: &str, version: i32| {
            let sym = self.symbols.lookup_or_create(name, version);
            self.symbols.set(sym, attr::REACHABLE, true);
            sym
        };
        for name in [".got", ".plt", ".got.plt", ".dynamic", ".dynsym", ".dynstr"] {
            make(name, ABI0);
        }
        self.unreachable_method = make("runtime.unreachableMethod", ABI_INTERNAL);
        for name in [".rel", ".rela", ".rel.plt", ".rela.plt"] {
            make(name, ABI0);
        }
    }

    /// Answers to buildinfo in cmd/link/internal/ld/data.go.
    fn make_build_info(&mut self) {
        let mut data = BUILD_INFO.to_vec();
        data.extend_from_slice(&[8, 2]);
        data.resize(32, 0);
        for name in ["runtime.buildVersion", "runtime.modinfo"] {
            let value = self.string(name);
            let mut length = value.len();
            while length >= 0x80 {
                data.push(length as u8 | 0x80);
                length >>= 7;
            }
            data.push(length as u8);
            data.extend_from_slice(value);
        }
        data.resize(data.len().next_multiple_of(16), 0);
        let info = self.symbols.define("go:buildinfo", Kind::BuildInfo);
        self.symbols.set_alignment(info, 16);
        let own: &mut Own = self.symbols.own_mut(info);
        own.size = data.len() as i64;
        own.data = data;
        let reference = self.symbols.define("go:buildinfo.ref", Kind::RoData);
        self.symbols.set_alignment(reference, 8);
        self.symbols.own_mut(reference).add_address(info, 0);
    }

    /// Answers to address in cmd/link/internal/ld/data.go.
    fn assign_addresses(&mut self) {
        let text = self.text_address();
        self.sections
            .assign_addresses(text, self.header.arch.target().page);
        for section in &self.sections.list {
            for &sym in &section.syms {
                self.symbols.value[sym as usize] += section.address as i64;
                // Symbols inside follow.
                let mut sub = self.symbols.sub.get(&sym).copied();
                while let Some(inner) = sub.filter(|inner| *inner != 0) {
                    self.symbols.value[inner as usize] += self.symbols.value[sym as usize];
                    sub = self.symbols.sub.get(&inner).copied();
                }
            }
        }
        let edges = |link: &Link, name: &str| {
            let sym = link.symbols.lookup(name, ABI0);
            let section = &link.sections.list[usize::from(link.symbols.section[sym as usize])];
            let start = section.address as i64;
            (start, start + section.length as i64)
        };
        let rodata = edges(self, "runtime.rodata");
        let types = edges(self, "runtime.types");
        let pclntab = edges(self, "runtime.pclntab");
        let noptr_bss = edges(self, "runtime.noptrbss");
        let define = |link: &mut Link, name: &str, kind: Kind, value: i64| {
            link.symbols.define_at(name, kind, value);
        };
        define(self, "runtime.rodata", Kind::RoData, rodata.0);
        define(self, "runtime.erodata", Kind::RoData, rodata.1);
        define(self, "runtime.types", Kind::RoData, types.0);
        define(self, "runtime.etypes", Kind::RoData, types.1);
        for (name, end) in [
            ("runtime.gcdata", "runtime.egcdata"),
            ("runtime.gcbss", "runtime.egcbss"),
        ] {
            let sym = self.symbols.lookup_or_create(name, ABI0);
            self.symbols.set(sym, attr::LOCAL, true);
            let value = self.symbols.value[sym as usize] + self.symbols.size(sym);
            let end = self.symbols.define_at(end, Kind::RoData, value);
            self.symbols.section[end as usize] = self.symbols.section[sym as usize];
        }
        define(self, "runtime.pclntab", Kind::RoData, pclntab.0);
        for name in [
            "runtime.pcheader",
            "runtime.funcnametab",
            "runtime.cutab",
            "runtime.filetab",
            "runtime.pctab",
            "runtime.functab",
            "go:func.*",
        ] {
            let sym = self.symbols.lookup_or_create(name, ABI0);
            let value = self.symbols.value[sym as usize];
            define(self, name, Kind::RoData, value);
        }
        define(self, "runtime.epclntab", Kind::RoData, pclntab.1);
        for (start, end, kinds) in [
            (
                "runtime.noptrdata",
                "runtime.enoptrdata",
                (Kind::NoPtrData, Kind::NoPtrDataEnd),
            ),
            ("runtime.bss", "runtime.ebss", (Kind::Bss, Kind::Bss)),
            ("runtime.data", "runtime.edata", (Kind::Data, Kind::DataEnd)),
            (
                "runtime.noptrbss",
                "runtime.enoptrbss",
                (Kind::NoPtrBss, Kind::NoPtrBss),
            ),
        ] {
            let (from, to) = edges(self, start);
            define(self, start, kinds.0, from);
            define(self, end, kinds.1, to);
        }
        if self.release().groups_gc_masks() {
            let sym = self.symbols.lookup("runtime.gcmask.*", ABI0);
            let value = noptr_bss.0 + self.symbols.value[sym as usize];
            define(self, "runtime.gcmask.*", Kind::GcMask, value);
        }
        let (start, length) = self.counters;
        let start = noptr_bss.0 + start;
        define(self, "runtime.covctrs", Kind::CoverageCounter, start);
        define(
            self,
            "runtime.ecovctrs",
            Kind::CoverageCounter,
            start + length,
        );
        let data = self.sections.extent(crate::layout::Segment::Data);
        let end = (data.address + data.length) as i64;
        define(self, "runtime.end", Kind::Bss, end);
        if let Some(counters) = self.sections.find(".go.fuzzcntrs") {
            let start = counters.address as i64;
            let end = start + counters.length as i64;
            for (name, value) in [
                ("runtime.__start___sancov_cntrs", start),
                ("runtime.__stop___sancov_cntrs", end),
                ("internal/fuzz._counters", start),
                ("internal/fuzz._ecounters", end),
            ] {
                define(self, name, Kind::Fuzzer8BitCounter, value);
            }
        }
    }

    /// A source file's name as it stands in the output.
    pub fn expand_file(&self, name: &[u8]) -> Vec<u8> {
        const ROOT: &[u8] = b"$GOROOT";
        let name = name.strip_prefix(b"gofile..").unwrap_or(name);
        match name.strip_prefix(ROOT) {
            Some(rest)
                if matches!(rest.first(), Some(b'/' | b'\\'))
                    && !self.options.goroot.is_empty() =>
            {
                let root = self.options.goroot.trim_end_matches('/');
                [root.as_bytes(), rest].concat()
            }
            _ => name.to_owned(),
        }
    }

    /// The GNU build ID: a hash of the Go build ID, or the value of `-B`.
    pub fn gnu_build_id(&self) -> Result<Vec<u8>> {
        match self.options.host_buildid.as_str() {
            "" | "none" => Ok(Vec::new()),
            "gobuildid" if self.options.buildid.is_empty() => failed("-B without -buildid"),
            "gobuildid" => {
                let mut digest = Sha256::digest(self.options.buildid.as_bytes());
                // cmd/internal/hash marks its sums as other than SHA-256's.
                digest[0] ^= 0xff;
                Ok(digest[..20].to_vec())
            }
            other => unsupported(format!("-B {other}")),
        }
    }

    /// The address of the program's first instruction.
    pub fn entry(&self) -> Result<u64> {
        let sym = self.symbols.lookup(self.target().entry, ABI0);
        if sym == 0 || !self.symbols.kind[sym as usize].is_text() {
            return failed("no entry point");
        }
        Ok(self.symbols.value[sym as usize] as u64)
    }

    /// The dynamic linker to record.
    pub fn interpreter(&self) -> String {
        if let Some(path) = &self.dynamic.interpreter {
            return path.clone();
        }
        let there = |path: &str| std::fs::metadata(path).is_ok();
        let [glibc, musl] = self.target().interpreters;
        match !there(glibc) && there(musl) {
            true => musl.to_owned(),
            false => glibc.to_owned(),
        }
    }

    /// The architecture's constants.
    pub fn target(&self) -> &'static Target {
        self.header.arch.target()
    }
}

/// Packages whose objects of other compilers may be linked here; those of others need the host
/// linker.
const INTERNAL_PACKAGES: [&str; 11] = [
    "crypto/internal/boring",
    "crypto/internal/boring/syso",
    "crypto/x509",
    "net",
    "os/user",
    "runtime/cgo",
    "runtime/race",
    "runtime/race/internal/amd64v1",
    "runtime/race/internal/amd64v3",
    "runtime/msan",
    "runtime/asan",
];

/// Fails if objects of other compilers need the host linker.
fn check_host_objects(options: &Options, program: &Program) -> Result<()> {
    if program.header.arch == Arch::Arm64 && !program.host_objects.is_empty() {
        return unsupported("objects of other compilers for arm64");
    }
    let has = |path: &str| program.libs.iter().any(|lib| lib.pkg == path);
    let is_cgo = has("runtime/cgo");
    if is_cgo && has("plugin") {
        return unsupported("plugins");
    }
    let foreign = program.host_objects.iter().any(|object| {
        let pkg = program.libs[object.lib as usize].pkg.as_str();
        !INTERNAL_PACKAGES.contains(&pkg)
    });
    if is_cgo && !options.internal && (foreign || program.prefers_external) {
        return unsupported("external linking");
    }
    Ok(())
}

/// Loads objects of other compilers. Returns their functions.
fn load_host_objects(
    options: &Options,
    program: &Program,
    symbols: &mut Symbols,
    dynamic: &mut Dynamic,
) -> Result<Vec<Sym>> {
    let mut text = Vec::new();
    let mut dupok = HashSet::new();
    let version = symbols.objects.last().map_or(0, |object| object.version) + 1;
    for (i, object) in program.host_objects.iter().enumerate() {
        let pkg = path_to_prefix(&program.libs[object.lib as usize].pkg);
        let version = version + i as i32;
        text.extend(host::load(
            symbols,
            dynamic,
            &mut dupok,
            object.bytes,
            &pkg,
            version,
        )?);
    }
    if program.host_objects.is_empty() {
        return Ok(text);
    }
    let mut version = version + program.host_objects.len() as i32;
    let mut undefined = undefined_names(symbols);
    if undefined.is_empty() {
        return Ok(text);
    }
    if let Some(mut library) = libgcc::find(&options.host_compiler)? {
        loop {
            let members = library.take(&undefined)?;
            if members.is_empty() {
                break;
            }
            for member in members {
                let funcs = host::load(symbols, dynamic, &mut dupok, &member, "libgcc", version)?;
                text.extend(funcs);
                version += 1;
            }
            undefined = undefined_names(symbols);
        }
    }
    if undefined
        .iter()
        .any(|name| name == b"__stack_chk_fail_local")
    {
        return unsupported("__stack_chk_fail_local");
    }
    Ok(text)
}

/// Names that relocations refer to and that nothing defines, in the order of the relocations.
fn undefined_names(symbols: &Symbols) -> Vec<Vec<u8>> {
    let undefined =
        |sym: Sym| symbols.kind[sym as usize] == Kind::Xref && symbols.name(sym) != b".got";
    if !(1..symbols.len()).any(undefined) {
        return Vec::new();
    }
    let all = (1..symbols.len()).flat_map(|sym| symbols.relocs(sym));
    all.map(|reloc| reloc.sym)
        .filter(|sym| undefined(*sym))
        .map(|sym| symbols.name(sym).to_owned())
        .collect()
}
