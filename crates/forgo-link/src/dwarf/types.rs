//! Entries of types, and which entries each unit has. Answers to dwarfGenerateDebugInfo in
//! cmd/link/internal/ld/dwarf.go.

use hashbrown::HashMap;

use super::abbrev::{at, kind as entry};
use super::die::{Die, DieId, Value};
use super::{Dwarf, Unit};
use crate::error::{Result, failed};
use crate::input::library::Unit as Part;
use crate::input::object::aux;
use crate::kind::Kind;
use crate::link::Link;
use crate::reloc::kind;
use crate::symbols::{ABI0, Sym, Symbols, attr};
use crate::text;
use crate::types::{Type, kind as of};

const INFO: &[u8] = b"go:info.";
const TYPE: &[u8] = b"type:";

const ENCODING_BOOLEAN: i64 = 2;
const ENCODING_COMPLEX: i64 = 3;
const ENCODING_FLOAT: i64 = 4;
const ENCODING_SIGNED: i64 = 5;
const ENCODING_UNSIGNED: i64 = 7;
const LANGUAGE_GO: i64 = 0x16;

/// Types of the runtime that debuggers read strings, slices, channels and maps by.
const PROTOTYPES: [&str; 8] = [
    "type:runtime.stringStructDWARF",
    "type:runtime.slice",
    "type:runtime.sudog",
    "type:runtime.waitq",
    "type:runtime.hchan",
    "type:internal/runtime/maps.Map",
    "type:internal/runtime/maps.table",
    "type:internal/runtime/maps.groupsReference",
];

/// Types that debuggers read descriptors by.
const ALWAYS: [&str; 11] = [
    "type:internal/abi.Type",
    "type:internal/abi.ArrayType",
    "type:internal/abi.ChanType",
    "type:internal/abi.FuncType",
    "type:internal/abi.MapType",
    "type:internal/abi.PtrType",
    "type:internal/abi.SliceType",
    "type:internal/abi.StructType",
    "type:internal/abi.InterfaceType",
    "type:internal/abi.ITab",
    "type:internal/abi.Imethod",
];

struct Maker<'l, 'a> {
    symbols: &'l mut Symbols<'a>,
    dwarf: Dwarf,
    /// From a type's name to the symbol of its entry.
    by_name: HashMap<Vec<u8>, Sym>,
    /// From the symbol of an entry to the descriptor.
    descriptors: HashMap<Sym, Sym>,
    /// From a descriptor to the symbol of its entry.
    entries: HashMap<Sym, Sym>,
    prototypes: HashMap<&'static [u8], Option<DieId>>,
    eface: Sym,
    iface: Sym,
    uintptr: Sym,
}

/// Where an entry goes.
#[derive(Clone, Copy)]
enum Parent {
    Types,
    Units,
    Die(DieId),
}

/// Makes the entries of all types that the program's functions and variables have.
pub fn run(link: &mut Link) -> Result<Dwarf> {
    let version = link.header.version.clone();
    let mut units: Vec<(String, Option<u32>, bool)> = Vec::new();
    for i in 0..link.order.len() {
        let mut first = true;
        for (lib, part) in text::units(&link.libs, &link.order[i..=i]) {
            let object = match part {
                Part::Go(object) => Some(object),
                Part::Host => None,
            };
            units.push((lib.pkg.clone(), object, std::mem::take(&mut first)));
        }
    }
    let text = std::mem::take(&mut link.text);
    let mut maker = Maker {
        symbols: &mut link.symbols,
        dwarf: Dwarf::default(),
        by_name: HashMap::new(),
        descriptors: HashMap::new(),
        entries: HashMap::new(),
        prototypes: PROTOTYPES
            .iter()
            .map(|name| (name.as_bytes(), None))
            .collect(),
        eface: 0,
        iface: 0,
        uintptr: 0,
    };
    maker.make_builtin()?;
    for (pkg, object, first) in units {
        let funcs = object.map_or(&[][..], |object| &text.of_object[object as usize]);
        maker.make_unit(&version, pkg, object, first, funcs)?;
    }
    maker.visit_variables()?;
    maker.fill_strings()?;
    maker.fill_slices()?;
    maker.fill_maps()?;
    maker.fill_channels()?;
    let dwarf = maker.dwarf;
    link.text = text;
    Ok(dwarf)
}

impl Maker<'_, '_> {
    fn die(&mut self, die: DieId) -> &mut Die {
        &mut self.dwarf.dies[die]
    }

    fn number(&mut self, die: DieId, at: u16, number: i64) {
        self.die(die).add(at, Value::Number(number));
    }

    fn reference(&mut self, die: DieId, at: u16, sym: Sym) {
        if sym != 0 {
            self.die(die).add(at, Value::Sym(sym));
        }
    }

    fn sym(&self, die: DieId) -> Sym {
        self.dwarf.dies[die].sym
    }

    fn make(&mut self, parent: Parent, kind: u8, name: &[u8]) -> DieId {
        let id = self.dwarf.dies.len();
        let mut die = Die {
            kind,
            ..Die::default()
        };
        die.add(at::NAME, Value::Text(name.to_vec()));
        self.dwarf.dies.push(die);
        match parent {
            Parent::Types => self.dwarf.types.push(id),
            Parent::Units => {}
            Parent::Die(parent) => self.die(parent).children.push(id),
        }
        let mut name = name.to_vec();
        let of = match kind {
            entry::FUNCTYPEPARAM
            | entry::FUNCTYPEOUTPARAM
            | entry::DOTDOTDOT
            | entry::STRUCTFIELD
            | entry::ARRAYRANGE => return id,
            entry::COMPUNIT | entry::COMPUNIT_TEXTLESS => {
                let number = self.dwarf.units.len() + 1;
                name = [b".pkg.", &name[..], format!(".{number}").as_bytes()].concat();
                Kind::DwarfCuInfo
            }
            _ => Kind::DwarfType,
        };
        let sym = self.symbols.lookup_or_create([INFO, &name].concat(), ABI0);
        self.symbols.own_mut(sym);
        self.symbols.kind[sym as usize] = of;
        self.symbols
            .set(sym, attr::NOT_IN_SYMBOL_TABLE | attr::REACHABLE, true);
        self.die(id).sym = sym;
        if (entry::NULLTYPE..=entry::TYPEDECL).contains(&kind) {
            self.by_name.insert(name, sym);
        }
        id
    }

    fn find(&self, name: &[u8]) -> Option<Sym> {
        self.by_name.get(name).copied()
    }

    fn unspecified(&self) -> Sym {
        self.find(b"<unspecified>").unwrap_or(0)
    }

    fn descriptor(&self, name: impl AsRef<[u8]>) -> Result<Sym> {
        let sym = self.symbols.lookup(name.as_ref(), ABI0);
        if sym == 0 || self.symbols.data(sym).is_empty() {
            let name = String::from_utf8_lossy(name.as_ref()).into_owned();
            return failed(format!("no type {name}"));
        }
        Ok(sym)
    }

    fn make_builtin(&mut self) -> Result<()> {
        self.eface = self.descriptor("type:runtime.eface")?;
        self.iface = self.descriptor("type:runtime.iface")?;
        self.make(Parent::Types, entry::NULLTYPE, b"<unspecified>");
        let pointer = self.make_named(entry::BARE_PTRTYPE, "unsafe.Pointer")?;
        let descriptor = self.descriptor("type:unsafe.Pointer")?;
        self.die(pointer)
            .add(at::GO_RUNTIME_TYPE, Value::Descriptor(descriptor));
        let uintptr = self.make_named(entry::BASETYPE, "uintptr")?;
        self.number(uintptr, at::ENCODING, ENCODING_UNSIGNED);
        self.number(uintptr, at::BYTE_SIZE, 8);
        self.number(uintptr, at::GO_KIND, i64::from(of::UINTPTR));
        let descriptor = self.descriptor("type:uintptr")?;
        self.die(uintptr)
            .add(at::GO_RUNTIME_TYPE, Value::Descriptor(descriptor));
        self.uintptr = self.sym(uintptr);
        for name in ALWAYS {
            let typ = self.descriptor(name)?;
            self.of_type(typ)?;
        }
        Ok(())
    }

    fn make_named(&mut self, kind: u8, name: &str) -> Result<DieId> {
        let die = self.make(Parent::Types, kind, name.as_bytes());
        let typ = self.descriptor(format!("type:{name}"))?;
        let sym = self.sym(die);
        self.descriptors.insert(sym, typ);
        self.entries.insert(typ, sym);
        Ok(die)
    }

    /// The symbol of a type's entry, which is made if need be.
    fn of_type(&mut self, typ: Sym) -> Result<Sym> {
        if typ == 0 {
            return Ok(self.unspecified());
        }
        if let Some(&sym) = self.entries.get(&typ) {
            return Ok(sym);
        }
        let Some(name) = self.symbols.name(typ).strip_prefix(TYPE) else {
            return failed("a type's name");
        };
        if let Some(sym) = self.find(name) {
            return Ok(sym);
        }
        let name = name.to_vec();
        let die = self.make_type(typ, &name)?;
        let sym = self.sym(die);
        self.entries.insert(typ, sym);
        Ok(sym)
    }

    /// Gives a type its own name, unless it is written out: the type's entry then has no name
    /// that is looked up.
    fn make_typedef(&mut self, name: &[u8], def: DieId) -> Option<DieId> {
        let literal = [
            &b"map["[..],
            b"struct {",
            b"noalg.struct {",
            b"chan ",
            b"[",
            b"*",
        ];
        if literal.iter().any(|prefix| name.starts_with(prefix)) {
            return None;
        }
        let sym = self.symbols.create("", ABI0);
        self.symbols.kind[sym as usize] = Kind::DwarfType;
        self.symbols
            .set(sym, attr::NOT_IN_SYMBOL_TABLE | attr::REACHABLE, true);
        self.die(def).sym = sym;
        let die = self.make(Parent::Types, entry::TYPEDECL, name);
        self.reference(die, at::TYPE, sym);
        Some(die)
    }

    fn name_of_type(&self, typ: Sym) -> Vec<u8> {
        self.symbols
            .name(typ)
            .get(TYPE.len()..)
            .unwrap_or_default()
            .to_vec()
    }

    fn make_type(&mut self, typ: Sym, name: &[u8]) -> Result<DieId> {
        let descriptor = Type::new(self.symbols, typ);
        if descriptor.is_empty() {
            return failed(format!("no type {}", self.symbols.text(typ)));
        }
        let kind = descriptor.kind();
        let size = descriptor.size();
        let elem = match kind {
            of::ARRAY | of::CHAN | of::MAP | of::POINTER | of::SLICE => descriptor.elem(),
            _ => 0,
        };
        let count = match kind {
            of::ARRAY | of::STRUCT | of::INTERFACE => descriptor.count(),
            _ => 0,
        };
        let base = match kind {
            of::BOOL => Some(ENCODING_BOOLEAN),
            of::INT..=of::INT64 => Some(ENCODING_SIGNED),
            of::UINT..=of::UINTPTR => Some(ENCODING_UNSIGNED),
            of::FLOAT32 | of::FLOAT64 => Some(ENCODING_FLOAT),
            of::COMPLEX64 | of::COMPLEX128 => Some(ENCODING_COMPLEX),
            _ => None,
        };
        let mut typedef = None;
        let die;
        match kind {
            of::ARRAY => {
                die = self.make(Parent::Types, entry::ARRAYTYPE, name);
                typedef = self.make_typedef(name, die);
                self.number(die, at::BYTE_SIZE, size);
                let elem = self.of_type(elem)?;
                self.reference(die, at::TYPE, elem);
                let range = self.make(Parent::Die(die), entry::ARRAYRANGE, b"range");
                self.number(range, at::COUNT, count);
                let uintptr = self.uintptr;
                self.reference(range, at::TYPE, uintptr);
            }
            of::CHAN => {
                die = self.make(Parent::Types, entry::CHANTYPE, name);
                let of = self.of_type(elem)?;
                self.reference(die, at::GO_ELEM, of);
                // Replaced when channels are filled in.
                self.reference(die, at::TYPE, elem);
            }
            of::FUNC => {
                die = self.make(Parent::Types, entry::FUNCTYPE, name);
                self.number(die, at::BYTE_SIZE, size);
                typedef = self.make_typedef(name, die);
                self.make_params(typ, die)?;
            }
            of::INTERFACE => {
                die = self.make(Parent::Types, entry::IFACETYPE, name);
                typedef = self.make_typedef(name, die);
                let header = match count {
                    0 => self.eface,
                    _ => self.iface,
                };
                let header = self.of_type(header)?;
                self.reference(die, at::TYPE, header);
            }
            of::MAP => {
                die = self.make(Parent::Types, entry::MAPTYPE, name);
                let key = self.of_type(elem)?;
                self.reference(die, at::GO_KEY, key);
                let elem = Type::new(self.symbols, typ).map_elem();
                let elem = self.of_type(elem)?;
                self.reference(die, at::GO_ELEM, elem);
                // Replaced when maps are filled in.
                self.reference(die, at::TYPE, typ);
            }
            of::POINTER => {
                die = self.make(Parent::Types, entry::PTRTYPE, name);
                typedef = self.make_typedef(name, die);
                let elem = self.of_type(elem)?;
                self.reference(die, at::TYPE, elem);
            }
            of::SLICE => {
                die = self.make(Parent::Types, entry::SLICETYPE, name);
                typedef = self.make_typedef(name, die);
                self.number(die, at::BYTE_SIZE, size);
                let elem = self.of_type(elem)?;
                self.reference(die, at::GO_ELEM, elem);
            }
            of::STRING => {
                die = self.make(Parent::Types, entry::STRINGTYPE, name);
                self.number(die, at::BYTE_SIZE, size);
            }
            of::STRUCT => {
                die = self.make(Parent::Types, entry::STRUCTTYPE, name);
                typedef = self.make_typedef(name, die);
                self.number(die, at::BYTE_SIZE, size);
                self.make_fields(typ, die, count)?;
            }
            of::UNSAFE_POINTER => {
                die = self.make(Parent::Types, entry::BARE_PTRTYPE, name);
            }
            _ => match base {
                Some(encoding) => {
                    die = self.make(Parent::Types, entry::BASETYPE, name);
                    self.number(die, at::ENCODING, encoding);
                    self.number(die, at::BYTE_SIZE, size);
                }
                None => return failed("a type of unknown kind"),
            },
        }
        self.number(die, at::GO_KIND, i64::from(kind));
        if self.symbols.reachable(typ) {
            self.die(die)
                .add(at::GO_RUNTIME_TYPE, Value::Descriptor(typ));
        }
        let sym = self.sym(typedef.unwrap_or(die));
        self.descriptors.insert(sym, typ);
        if let Some(prototype) = self.prototypes.get_mut(self.symbols.name(typ)) {
            *prototype = Some(die);
        }
        Ok(typedef.unwrap_or(die))
    }

    fn make_params(&mut self, typ: Sym, die: DieId) -> Result<()> {
        let descriptor = Type::new(self.symbols, typ);
        let (nparams, nresults) = (descriptor.nparams(), descriptor.nresults());
        let variadic = descriptor.is_variadic();
        for i in 0..nparams + nresults {
            if i == nparams && variadic {
                self.make(Parent::Die(die), entry::DOTDOTDOT, b"...");
            }
            let param = Type::new(self.symbols, typ).param(i);
            let name = self.name_of_type(param);
            let kind = match i < nparams {
                true => entry::FUNCTYPEPARAM,
                false => entry::FUNCTYPEOUTPARAM,
            };
            let field = self.make(Parent::Die(die), kind, &name);
            if i >= nparams {
                self.number(field, at::VARIABLE_PARAMETER, 1);
            }
            let param = self.of_type(param)?;
            self.reference(field, at::TYPE, param);
        }
        if variadic && nresults == 0 {
            self.make(Parent::Die(die), entry::DOTDOTDOT, b"...");
        }
        Ok(())
    }

    fn make_fields(&mut self, typ: Sym, die: DieId, count: i64) -> Result<()> {
        for i in 0..count {
            let descriptor = Type::new(self.symbols, typ);
            let of = descriptor.field_type(i);
            let mut name = descriptor.field_name(i).to_vec();
            let offset = descriptor.field_offset(i);
            let embedded = descriptor.field_embedded(i);
            if name.is_empty() {
                name = self.name_of_type(of);
            }
            let field = self.make(Parent::Die(die), entry::STRUCTFIELD, &name);
            let of = self.of_type(of)?;
            self.reference(field, at::TYPE, of);
            self.number(field, at::DATA_MEMBER_LOCATION, i64::from(offset as i32));
            if embedded {
                self.number(field, at::GO_EMBEDDED_FIELD, 1);
            }
            // A damaged descriptor has no end.
            if self.symbols.data(typ).len() < i as usize {
                self.symbols.note_damage();
                break;
            }
        }
        Ok(())
    }

    fn make_unit(
        &mut self,
        version: &str,
        pkg: String,
        object: Option<u32>,
        first: bool,
        funcs: &[Sym],
    ) -> Result<()> {
        let consts = match first {
            true => self.symbols.lookup(format!("go:constinfo.{pkg}"), ABI0),
            false => 0,
        };
        if consts != 0 {
            self.visit_info(consts)?;
        }
        let kind = match funcs {
            [] => entry::COMPUNIT_TEXTLESS,
            _ => entry::COMPUNIT,
        };
        let die = self.make(Parent::Units, kind, pkg.as_bytes());
        self.number(die, at::LANGUAGE, LANGUAGE_GO);
        let info = |maker: &Self, what: &str| {
            let sym = maker
                .symbols
                .lookup(format!("go:cuinfo.{what}.{pkg}"), ABI0);
            match sym {
                0 => Vec::new(),
                sym => maker.symbols.data(sym).to_vec(),
            }
        };
        let flags = info(self, "producer");
        let mut producer = format!("Go cmd/compile {version}").into_bytes();
        if !flags.is_empty() {
            producer.extend_from_slice(b"; ");
            producer.extend_from_slice(&flags);
        }
        let name = info(self, "packagename");
        for (at, text) in [
            (at::COMP_DIR, b".".to_vec()),
            (at::PRODUCER, producer),
            (at::GO_PACKAGE_NAME, name),
        ] {
            self.die(die).add(at, Value::Text(text));
        }
        if pkg == "runtime" {
            self.dwarf.types_unit = Some(die);
        }
        let mut unit = Unit {
            pkg,
            object,
            die,
            abstract_funcs: Vec::new(),
            funcs: Vec::new(),
            consts,
            vars: Vec::new(),
            ranges: Vec::new(),
        };
        for &func in funcs {
            self.visit_func(func, &mut unit)?;
        }
        self.dwarf.units.push(unit);
        Ok(())
    }

    /// Makes the types that constants or an inlined function refer to.
    fn visit_info(&mut self, info: Sym) -> Result<()> {
        self.symbols
            .set(info, attr::REACHABLE | attr::NOT_IN_SYMBOL_TABLE, true);
        let targets: Vec<Sym> = self
            .symbols
            .relocs(info)
            .filter(|reloc| reloc.kind() == kind::DWARFSECREF)
            .map(|reloc| reloc.sym)
            .collect();
        targets
            .into_iter()
            .try_for_each(|target| self.visit_reference(target))
    }

    /// Makes the type that an entry of the compiler refers to.
    fn visit_reference(&mut self, info: Sym) -> Result<()> {
        if self.descriptors.contains_key(&info) {
            return Ok(());
        }
        let name = self.symbols.name(info);
        let name = name.get(INFO.len()..).unwrap_or_default();
        let typ = self.symbols.lookup([TYPE, name].concat(), ABI0);
        self.of_type(typ)?;
        Ok(())
    }

    fn visit_func(&mut self, func: Sym, unit: &mut Unit) -> Result<()> {
        let info = self.symbols.aux(func, aux::DWARF_INFO);
        if info == 0 {
            return Ok(());
        }
        let shown = attr::REACHABLE | attr::NOT_IN_SYMBOL_TABLE;
        self.symbols.set(info, shown, true);
        unit.funcs.push(info);
        let ranges = self.symbols.aux(func, aux::DWARF_RANGES);
        if ranges != 0 {
            self.symbols.set(ranges, shown, true);
            unit.ranges.push(ranges);
        }
        let relocs: Vec<_> = self.symbols.relocs(info).collect();
        for reloc in relocs {
            match reloc.kind() {
                kind::USETYPE => {
                    self.of_type(reloc.sym)?;
                }
                kind::DWARFSECREF => match self.symbols.kind[reloc.sym as usize] {
                    Kind::DwarfAbsFcn if self.symbols.has(reloc.sym, attr::ON_LIST) => {}
                    Kind::DwarfAbsFcn => {
                        self.symbols.set(reloc.sym, attr::ON_LIST, true);
                        unit.abstract_funcs.push(reloc.sym);
                        self.visit_info(reloc.sym)?;
                    }
                    Kind::DwarfType | Kind::Xxx => self.visit_reference(reloc.sym)?,
                    _ => {}
                },
                _ => {}
            }
        }
        Ok(())
    }

    fn visit_variables(&mut self) -> Result<()> {
        let unit_of: HashMap<u32, usize> = self
            .dwarf
            .units
            .iter()
            .enumerate()
            .filter_map(|(i, unit)| Some((unit.object?, i)))
            .collect();
        for sym in 1..self.symbols.first_undefined {
            if !self.symbols.reachable(sym) || self.symbols.has(sym, attr::NOT_IN_SYMBOL_TABLE) {
                continue;
            }
            let kind = self.symbols.kind[sym as usize];
            let shown = kind.is_rodata()
                || kind.is_pointer_data()
                || kind.is_noptr_data()
                || matches!(
                    kind,
                    Kind::Type | Kind::Bss | Kind::NoPtrBss | Kind::TlsBss | Kind::ModuleData
                );
            if !shown || self.symbols.is_file_local(sym) {
                continue;
            }
            let typ = self.symbols.go_type(sym);
            if typ == 0 {
                if kind == Kind::RoData && self.symbols.is_dict(sym) {
                    let types: Vec<Sym> = self
                        .symbols
                        .relocs(sym)
                        .filter(|reloc| reloc.kind() == kind::USEIFACE)
                        .map(|reloc| reloc.sym)
                        .collect();
                    for typ in types {
                        self.of_type(typ)?;
                    }
                }
                continue;
            }
            let info = self.symbols.aux(sym, aux::DWARF_INFO);
            let unit = self
                .symbols
                .origin(sym)
                .and_then(|place| unit_of.get(&place.object));
            if info != 0
                && let Some(&unit) = unit
            {
                self.of_type(typ)?;
                self.symbols
                    .set(info, attr::REACHABLE | attr::NOT_IN_SYMBOL_TABLE, true);
                self.dwarf.units[unit].vars.push(info);
            }
        }
        Ok(())
    }

    /// The entry of a type of the runtime that stands for those of programs.
    fn prototype(&mut self, name: &'static str) -> Result<DieId> {
        if self.prototypes.get(name.as_bytes()) == Some(&None) {
            let typ = self.descriptor(name)?;
            self.of_type(typ)?;
        }
        match self.prototypes.get(name.as_bytes()) {
            Some(Some(die)) => Ok(*die),
            _ => failed(format!("no entry of {name}")),
        }
    }

    /// Entries of types of one kind, the last one first.
    fn types_of(&self, count: usize, kind: u8) -> Vec<DieId> {
        let types = self.dwarf.types[..count].iter().rev();
        types
            .copied()
            .filter(|die| self.dwarf.dies[*die].kind == kind)
            .collect()
    }

    fn copy_children(&mut self, to: DieId, from: DieId) {
        let children = self.dwarf.dies[from].children.clone();
        for child in children.into_iter().rev() {
            let Die { kind, attrs, .. } = self.dwarf.dies[child].clone();
            let name = self.dwarf.dies[child].name().to_vec();
            let copy = self.make(Parent::Die(to), kind, &name);
            self.die(copy).attrs.extend(attrs.into_iter().rev());
            self.copy_children(copy, child);
        }
        self.die(to).children.reverse();
    }

    fn substitute(&mut self, die: DieId, field: &str, typ: Sym) -> Result<()> {
        let children = self.dwarf.dies[die].children.iter().rev();
        let found = children
            .copied()
            .find(|child| self.dwarf.dies[*child].name() == field.as_bytes());
        let Some(child) = found else {
            return failed(format!("no member {field}"));
        };
        match self.die(child).get(at::TYPE) {
            Some(value) => *value = Value::Sym(typ),
            None => self.reference(child, at::TYPE, typ),
        }
        Ok(())
    }

    fn name_of_entry(&self, sym: Sym) -> Vec<u8> {
        self.symbols
            .name(sym)
            .get(INFO.len()..)
            .unwrap_or_default()
            .to_vec()
    }

    fn pointer_to(&mut self, typ: Sym) -> Sym {
        let name = [b"*", &self.name_of_entry(typ)[..]].concat();
        if let Some(sym) = self.find(&name) {
            return sym;
        }
        let die = self.make(Parent::Types, entry::PTRTYPE, &name);
        self.reference(die, at::TYPE, typ);
        let descriptor = self.symbols.lookup([TYPE, &name].concat(), ABI0);
        let sym = self.sym(die);
        if descriptor != 0 {
            if self.symbols.reachable(descriptor) {
                self.number(die, at::GO_KIND, i64::from(of::POINTER));
                self.die(die)
                    .add(at::GO_RUNTIME_TYPE, Value::Descriptor(descriptor));
            }
            self.descriptors.insert(sym, descriptor);
            self.entries.insert(descriptor, sym);
        }
        sym
    }

    /// The entry that stands for a type.
    fn resolve(&mut self, typ: Sym) -> Result<Sym> {
        let sym = self.of_type(typ)?;
        let found = self
            .descriptors
            .get(&sym)
            .and_then(|typ| self.entries.get(typ));
        match found {
            Some(&sym) => Ok(sym),
            None => failed("an entry without type"),
        }
    }

    /// A struct that no Go source has: a copy of one of the runtime's with some members' types
    /// replaced.
    fn internal(
        &mut self,
        name: &str,
        args: &[&[u8]],
        prototype: DieId,
        fields: &[(&str, Sym)],
        with_kind: bool,
    ) -> Result<Sym> {
        let name = [name.as_bytes(), b"<", &args.join(&b','), b">"].concat();
        let sym = self.symbols.lookup([INFO, &name].concat(), ABI0);
        if sym != 0 && self.symbols.kind[sym as usize] == Kind::DwarfType {
            return Ok(sym);
        }
        let die = self.make(Parent::Types, entry::STRUCTTYPE, &name);
        self.copy_children(die, prototype);
        for (field, typ) in fields {
            self.substitute(die, field, *typ)?;
        }
        let size = self.die(prototype).number_of(at::BYTE_SIZE);
        self.number(die, at::BYTE_SIZE, size);
        if with_kind {
            self.number(die, at::GO_KIND, i64::from(of::STRUCT));
        }
        Ok(self.sym(die))
    }

    fn fill_strings(&mut self) -> Result<()> {
        let count = self.dwarf.types.len();
        let prototype = self.prototype(PROTOTYPES[0])?;
        for die in self.types_of(count, entry::STRINGTYPE) {
            self.copy_children(die, prototype);
        }
        Ok(())
    }

    fn fill_slices(&mut self) -> Result<()> {
        let count = self.dwarf.types.len();
        let prototype = self.prototype(PROTOTYPES[1])?;
        for die in self.types_of(count, entry::SLICETYPE) {
            self.copy_children(die, prototype);
            let elem = self.die(die).sym_of(at::GO_ELEM);
            let pointer = self.pointer_to(elem);
            self.substitute(die, "array", pointer)?;
        }
        Ok(())
    }

    fn fill_maps(&mut self) -> Result<()> {
        let count = self.dwarf.types.len();
        let map = self.prototype(PROTOTYPES[5])?;
        let table = self.prototype(PROTOTYPES[6])?;
        let groups = self.prototype(PROTOTYPES[7])?;
        for die in self.types_of(count, entry::MAPTYPE) {
            let typ = self.die(die).sym_of(at::TYPE);
            let descriptor = Type::new(self.symbols, typ);
            let types = [
                descriptor.elem(),
                descriptor.map_elem(),
                descriptor.map_group(),
            ];
            let key = self.resolve(types[0])?;
            let elem = self.resolve(types[1])?;
            let group = self.resolve(types[2])?;
            let (key, elem) = (self.name_of_entry(key), self.name_of_entry(elem));
            let args = [&key[..], &elem[..]];
            let sym = match self.known_internal("groupReference", &args) {
                Some(sym) => sym,
                None => {
                    let die = self.open_internal("groupReference", &args, groups);
                    let pointer = self.pointer_to(group);
                    self.close_internal(die, groups, &[("data", pointer)], true)?
                }
            };
            let table = self.internal("table", &args, table, &[("groups", sym)], true)?;
            let map = match self.known_internal("map", &args) {
                Some(sym) => sym,
                None => {
                    let die = self.open_internal("map", &args, map);
                    let pointer = self.pointer_to(table);
                    let pointer = self.pointer_to(pointer);
                    self.close_internal(die, map, &[("dirPtr", pointer)], true)?
                }
            };
            let pointer = self.pointer_to(map);
            self.reference(die, at::TYPE, pointer);
        }
        Ok(())
    }

    fn fill_channels(&mut self) -> Result<()> {
        let count = self.dwarf.types.len();
        let sudog = self.prototype(PROTOTYPES[2])?;
        let waitq = self.prototype(PROTOTYPES[3])?;
        let hchan = self.prototype(PROTOTYPES[4])?;
        for die in self.types_of(count, entry::CHANTYPE) {
            let elem = self.die(die).sym_of(at::TYPE);
            let name = self.name_of_type(elem);
            let typ = self.descriptor([TYPE, &name].concat())?;
            let elem = self.resolve(typ)?;
            let args = [&name[..]];
            let sudog = match self.known_internal("sudog", &args) {
                Some(sym) => sym,
                None => {
                    let die = self.open_internal("sudog", &args, sudog);
                    let pointer = self.pointer_to(elem);
                    self.close_internal(die, sudog, &[("elem", pointer)], false)?
                }
            };
            let queue = match self.known_internal("waitq", &args) {
                Some(sym) => sym,
                None => {
                    let die = self.open_internal("waitq", &args, waitq);
                    let pointer = self.pointer_to(sudog);
                    let fields = [("first", pointer), ("last", pointer)];
                    self.close_internal(die, waitq, &fields, false)?
                }
            };
            let fields = [("recvq", queue), ("sendq", queue)];
            let channel = self.internal("hchan", &args, hchan, &fields, false)?;
            let pointer = self.pointer_to(channel);
            self.reference(die, at::TYPE, pointer);
        }
        Ok(())
    }

    fn known_internal(&self, name: &str, args: &[&[u8]]) -> Option<Sym> {
        let name = [INFO, name.as_bytes(), b"<", &args.join(&b','), b">"].concat();
        let sym = self.symbols.lookup(name, ABI0);
        (sym != 0 && self.symbols.kind[sym as usize] == Kind::DwarfType).then_some(sym)
    }

    /// Begins a struct that no Go source has, before the types of its members are made: the order
    /// of entries is that of their making.
    fn open_internal(&mut self, name: &str, args: &[&[u8]], prototype: DieId) -> DieId {
        let name = [name.as_bytes(), b"<", &args.join(&b','), b">"].concat();
        let die = self.make(Parent::Types, entry::STRUCTTYPE, &name);
        self.copy_children(die, prototype);
        die
    }

    fn close_internal(
        &mut self,
        die: DieId,
        prototype: DieId,
        fields: &[(&str, Sym)],
        with_kind: bool,
    ) -> Result<Sym> {
        for (field, typ) in fields {
            self.substitute(die, field, *typ)?;
        }
        let size = self.die(prototype).number_of(at::BYTE_SIZE);
        self.number(die, at::BYTE_SIZE, size);
        if with_kind {
            self.number(die, at::GO_KIND, i64::from(of::STRUCT));
        }
        Ok(self.sym(die))
    }
}
