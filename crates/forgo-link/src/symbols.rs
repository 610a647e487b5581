//! The symbols of a link: flat tables indexed by symbol. Answers to cmd/link/internal/loader.
//!
//! A symbol is a number, in cmd/link's order: that order breaks ties in all of the linker's sorts.
//! Most are records of an object file, read in place. Those that the linker makes or changes have
//! their content in [`Own`].

use hashbrown::HashMap;

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use crate::input::object::{self, Object, RELOC_SIZE, Record, SymRef, aux, flag, flag2, pkg};
use crate::kind::Kind;
use crate::release::Release;
use crate::reloc::{Reloc, kind};

/// A symbol; 0 is none.
pub type Sym = u32;

/// Version of names without an ABI, and of ABI0.
pub const ABI0: i32 = 0;
/// Version of functions with Go's own calling convention.
pub const ABI_INTERNAL: i32 = 1;
/// First version of names that only their file knows.
pub const STATIC: i32 = 10;

/// Attributes of a symbol, a bit each.
pub mod attr {
    #![allow(missing_docs, reason = "the names are the loader's")]
    pub const REACHABLE: u8 = 1 << 0;
    pub const ON_LIST: u8 = 1 << 1;
    pub const LOCAL: u8 = 1 << 2;
    pub const NOT_IN_SYMBOL_TABLE: u8 = 1 << 3;
    pub const USED_IN_IFACE: u8 = 1 << 4;
    pub const SPECIAL: u8 = 1 << 5;
}

/// The content of a symbol that the linker made or changed.
#[derive(Debug, Default, Clone)]
pub struct Own {
    /// The name.
    pub name: Vec<u8>,
    /// The version.
    pub version: i32,
    /// The size.
    pub size: i64,
    /// The bytes, perhaps fewer than the size.
    pub data: Vec<u8>,
    /// The relocations.
    pub relocs: Vec<Reloc>,
    /// The record that this was, if it was in an object.
    pub was: Option<Place>,
    /// The record was found by a hash of its content.
    pub hashed: bool,
    /// Local to the output because a C compiler marked it so.
    pub hidden: bool,
    /// From another compiler.
    pub external: bool,
}

/// Where a symbol is: an object and an index in it. Object 0 is the list of [`Own`] symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The object.
    pub object: u32,
    /// The index.
    pub index: u32,
}

/// All symbols.
#[derive(Debug)]
pub struct Symbols<'a> {
    /// The release.
    pub release: Release,
    /// The objects; the first is none.
    pub objects: Vec<Object<'a>>,
    /// Symbols that the linker made or changed.
    pub own: Vec<Own>,
    /// Where each symbol is.
    pub place: Vec<Place>,
    /// Kind of each symbol.
    pub kind: Vec<Kind>,
    /// [`attr`]s of each symbol.
    pub attr: Vec<u8>,
    /// Alignment of each symbol: 0, or one more than its logarithm.
    pub align: Vec<u8>,
    /// Address of each symbol; before addresses are assigned, other numbers.
    pub value: Vec<i64>,
    /// Section of each symbol; 0 for none.
    pub section: Vec<u16>,
    /// The symbol that each symbol is part of, for its section.
    pub outer: Vec<Sym>,
    /// The first symbol inside each symbol, and the next one in the same outer symbol.
    pub sub: HashMap<Sym, Sym>,
    /// The first symbol that no Go object defines.
    pub first_undefined: Sym,
    /// Objects are being loaded: columns that are not needed yet are filled at the end.
    loading: bool,
    /// Symbols of package runtime that are referred to by number.
    pub builtin: Vec<Sym>,
    names: [HashTable<(u64, Sym)>; 2],
    statics: HashMap<(Vec<u8>, i32), Sym>,
    last_anonymous: i32,
    damage: &'a object::Damage,
}

/// The hash of a name.
pub fn hash_name(name: &[u8]) -> u64 {
    xxh3_64(name)
}

impl<'a> Symbols<'a> {
    /// No symbols yet, of these objects.
    pub fn new(
        release: Release,
        objects: Vec<Object<'a>>,
        damage: &'a object::Damage,
    ) -> Symbols<'a> {
        let mut symbols = Symbols {
            release,
            objects,
            own: Vec::new(),
            place: Vec::new(),
            kind: Vec::new(),
            attr: Vec::new(),
            align: Vec::new(),
            value: Vec::new(),
            section: Vec::new(),
            outer: Vec::new(),
            sub: HashMap::new(),
            first_undefined: 0,
            loading: false,
            builtin: Vec::new(),
            names: [HashTable::new(), HashTable::new()],
            statics: HashMap::new(),
            last_anonymous: 0,
            damage,
        };
        // Symbol 0 is none.
        symbols.push(
            Place {
                object: 0,
                index: u32::MAX,
            },
            Kind::Xxx,
        );
        symbols
    }

    /// Number of symbols, none included.
    pub fn len(&self) -> u32 {
        self.place.len() as u32
    }

    /// Adds a symbol.
    #[inline]
    pub fn push(&mut self, place: Place, kind: Kind) -> Sym {
        let sym = self.len();
        self.place.push(place);
        self.kind.push(kind);
        self.attr.push(0);
        self.align.push(0);
        if !self.loading {
            self.value.push(0);
            self.section.push(0);
            self.outer.push(0);
        }
        sym
    }

    /// Makes room for the symbols of objects. Addresses, sections and outer symbols are there from
    /// [`Symbols::end_loading`] on.
    pub fn begin_loading(&mut self, symbols: usize, names: [usize; 2]) {
        for (table, names) in self.names.iter_mut().zip(names) {
            table.reserve(names, |(hash, _)| *hash);
        }
        self.place.reserve(symbols);
        self.kind.reserve(symbols);
        self.attr.reserve(symbols);
        self.align.reserve(symbols);
        self.loading = true;
    }

    /// Ends what [`Symbols::begin_loading`] began.
    pub fn end_loading(&mut self) {
        // Zeros that are never touched take no memory, as long as the columns need not grow.
        let room = self.place.len() + self.place.len() / 8;
        fn column<T: Clone + Default>(room: usize, used: usize) -> Vec<T> {
            let mut column = vec![T::default(); room];
            column.truncate(used);
            column
        }
        self.value = column(room, self.place.len());
        self.section = column(room, self.place.len());
        self.outer = column(room, self.place.len());
        self.loading = false;
    }

    /// Looks up a name, given its hash. Versions from [`STATIC`] on are elsewhere.
    #[inline]
    pub fn find_hashed(&self, hash: u64, name: &[u8], version: i32) -> Option<Sym> {
        let table = self.names.get(version as usize)?;
        let equal = |(other, sym): &(u64, Sym)| *other == hash && self.name(*sym) == name;
        table.find(hash, equal).map(|(_, sym)| *sym)
    }

    /// Adds a name that is not in the table.
    pub fn insert_name(&mut self, hash: u64, version: i32, sym: Sym) {
        if let Some(table) = self.names.get_mut(version as usize) {
            table.insert_unique(hash, (hash, sym), |(hash, _)| *hash);
        }
    }

    /// Looks up a name; 0 where there is none.
    pub fn lookup(&self, name: impl AsRef<[u8]>, version: i32) -> Sym {
        let name = name.as_ref();
        if !(0..STATIC).contains(&version) {
            let key = (name.to_owned(), version);
            return self.statics.get(&key).copied().unwrap_or(0);
        }
        self.find_hashed(hash_name(name), name, version)
            .unwrap_or(0)
    }

    /// Looks up a name, or makes a symbol without kind.
    pub fn lookup_or_create(&mut self, name: impl AsRef<[u8]>, version: i32) -> Sym {
        let name = name.as_ref();
        let hash = hash_name(name);
        self.lookup_or_create_hashed(hash, name, version)
    }

    /// Looks up a name, or makes a symbol without kind, given the name's hash.
    pub fn lookup_or_create_hashed(&mut self, hash: u64, name: &[u8], version: i32) -> Sym {
        if !(0..STATIC).contains(&version) {
            let key = (name.to_owned(), version);
            if let Some(&sym) = self.statics.get(&key) {
                return sym;
            }
            let sym = self.create(name, version);
            self.statics.insert(key, sym);
            return sym;
        }
        if let Some(sym) = self.find_hashed(hash, name, version) {
            return sym;
        }
        let sym = self.create(name, version);
        self.insert_name(hash, version, sym);
        sym
    }

    /// Makes a symbol that no lookup finds.
    pub fn create(&mut self, name: impl AsRef<[u8]>, version: i32) -> Sym {
        let index = self.own.len() as u32;
        self.own.push(Own {
            name: name.as_ref().to_owned(),
            version,
            ..Own::default()
        });
        let sym = self.push(Place { object: 0, index }, Kind::Xxx);
        if self.first_undefined == 0 {
            self.first_undefined = sym;
        }
        sym
    }

    /// Makes a named symbol that no lookup finds, with its own version, below 0.
    pub fn create_static(&mut self, name: impl AsRef<[u8]>) -> Sym {
        self.last_anonymous -= 1;
        self.create(name, self.last_anonymous)
    }

    /// A symbol of this name, reachable, whose content may be changed.
    pub fn define(&mut self, name: impl AsRef<[u8]>, kind: Kind) -> Sym {
        let sym = self.lookup_or_create(name, ABI0);
        self.set(sym, attr::REACHABLE, true);
        self.own_mut(sym);
        self.kind[sym as usize] = kind;
        sym
    }

    /// A symbol that the linker gives its address: reachable, local, in no list of data.
    pub fn define_at(&mut self, name: impl AsRef<[u8]>, kind: Kind, value: i64) -> Sym {
        let sym = self.define(name, kind);
        self.set(sym, attr::SPECIAL, true);
        self.set(sym, attr::LOCAL, true);
        self.value[sym as usize] = value;
        sym
    }

    /// Reports whether the linker made or changed a symbol.
    #[inline]
    pub fn is_own(&self, sym: Sym) -> bool {
        self.place[sym as usize].object == 0
    }

    #[inline]
    fn own(&self, place: Place) -> Option<&Own> {
        self.own.get(place.index as usize)
    }

    /// What the linker made or changed of a symbol; `None` for a record of an object.
    #[inline]
    pub fn content(&self, sym: Sym) -> Option<&Own> {
        let place = self.place[sym as usize];
        if place.object != 0 {
            return None;
        }
        self.own(place)
    }

    /// A symbol's content, to change. Copies it from its object the first time.
    pub fn own_mut(&mut self, sym: Sym) -> &mut Own {
        let place = self.place[sym as usize];
        if place.object != 0 {
            let object = &self.objects[place.object as usize];
            let record = object.record(place.index);
            let own = Own {
                name: record.name.to_owned(),
                version: object.symbol_version(record.abi).unwrap_or(0),
                size: i64::from(record.size),
                data: object.data(place.index).to_owned(),
                relocs: self.relocs(sym).collect(),
                was: Some(place),
                hashed: self.is_content_hashed(sym),
                hidden: false,
                external: false,
            };
            self.place[sym as usize] = Place {
                object: 0,
                index: self.own.len() as u32,
            };
            self.own.push(own);
        } else if self.own(place).is_none() {
            // Symbol 0 has no content, and gets none.
            self.damage.note();
            self.own.push(Own::default());
            let last = self.own.len() - 1;
            return &mut self.own[last];
        }
        let index = self.place[sym as usize].index as usize;
        &mut self.own[index]
    }

    /// Reports an [`attr`].
    #[inline]
    pub fn has(&self, sym: Sym, attr: u8) -> bool {
        self.attr[sym as usize] & attr != 0
    }

    /// Sets or clears an [`attr`].
    #[inline]
    pub fn set(&mut self, sym: Sym, attr: u8, on: bool) {
        if on {
            self.attr[sym as usize] |= attr;
        } else {
            self.attr[sym as usize] &= !attr;
        }
    }

    /// Reports whether the output needs a symbol.
    #[inline]
    pub fn reachable(&self, sym: Sym) -> bool {
        self.has(sym, attr::REACHABLE)
    }

    /// A symbol's record; `None` where the linker made or changed it.
    pub fn record(&self, sym: Sym) -> Option<Record<'a>> {
        let place = self.place[sym as usize];
        (place.object != 0).then(|| self.objects[place.object as usize].record(place.index))
    }

    /// A symbol's name.
    #[inline]
    pub fn name(&self, sym: Sym) -> &[u8] {
        let place = self.place[sym as usize];
        if place.object == 0 {
            return self.own(place).map_or(&[], |own| &own.name);
        }
        self.objects[place.object as usize].name(place.index)
    }

    /// A symbol's name, as text for messages.
    pub fn text(&self, sym: Sym) -> String {
        String::from_utf8_lossy(self.name(sym)).into_owned()
    }

    /// A symbol's version.
    pub fn version(&self, sym: Sym) -> i32 {
        let place = self.place[sym as usize];
        if place.object == 0 {
            return self.own(place).map_or(0, |own| own.version);
        }
        let object = &self.objects[place.object as usize];
        object
            .symbol_version(object.record(place.index).abi)
            .unwrap_or(0)
    }

    /// Reports whether only its file can name a symbol.
    pub fn is_file_local(&self, sym: Sym) -> bool {
        self.version(sym) >= STATIC
    }

    /// A symbol's size.
    #[inline]
    pub fn size(&self, sym: Sym) -> i64 {
        let place = self.place[sym as usize];
        if place.object == 0 {
            return self.own(place).map_or(0, |own| own.size);
        }
        i64::from(self.objects[place.object as usize].size(place.index))
    }

    /// A symbol's bytes, perhaps fewer than its size.
    #[inline]
    pub fn data(&self, sym: Sym) -> &[u8] {
        let place = self.place[sym as usize];
        if place.object == 0 {
            return self.own(place).map_or(&[], |own| &own.data);
        }
        self.objects[place.object as usize].data(place.index)
    }

    /// A symbol's flags in its object; none where the linker made or changed it.
    #[inline]
    fn flags(&self, sym: Sym) -> (u8, u8) {
        let place = self.place[sym as usize];
        if place.object == 0 {
            return (0, 0);
        }
        self.objects[place.object as usize].flags(place.index)
    }

    /// Reports whether a function may call any method by reflection.
    #[inline]
    pub fn is_reflect_method(&self, sym: Sym) -> bool {
        self.flags(sym).0 & flag::REFLECT_METHOD != 0
    }

    /// Reports whether a function does not check for room on its stack.
    #[inline]
    pub fn is_nosplit(&self, sym: Sym) -> bool {
        self.flags(sym).0 & flag::NOSPLIT != 0
    }

    /// Reports whether a symbol is a type descriptor.
    #[inline]
    pub fn is_go_type(&self, sym: Sym) -> bool {
        self.flags(sym).0 & flag::GO_TYPE != 0
    }

    /// Reports whether reflection must find a type by its string.
    #[inline]
    pub fn is_typelink(&self, sym: Sym) -> bool {
        self.flags(sym).0 & flag::TYPELINK != 0
    }

    /// Reports whether a symbol is an interface table.
    #[inline]
    pub fn is_itab(&self, sym: Sym) -> bool {
        self.flags(sym).1 & flag2::ITAB != 0
    }

    /// Reports whether a symbol is a dictionary of an instantiated function.
    pub fn is_dict(&self, sym: Sym) -> bool {
        self.flags(sym).1 & flag2::DICT != 0
    }

    /// Reports whether a function initializes its package.
    pub fn is_pkg_init(&self, sym: Sym) -> bool {
        self.flags(sym).1 & flag2::PKG_INIT != 0
    }

    /// Reports whether a symbol was found by a hash of its content.
    pub fn is_content_hashed(&self, sym: Sym) -> bool {
        let place = self.place[sym as usize];
        if place.object == 0 {
            return self.own(place).is_some_and(|own| own.hashed);
        }
        let object = &self.objects[place.object as usize];
        let start = object.ndef + object.nhashed64;
        (start..start + object.nhashed).contains(&place.index)
    }

    /// The record that a symbol is or was.
    #[inline]
    pub fn origin(&self, sym: Sym) -> Option<Place> {
        let place = self.place[sym as usize];
        if place.object == 0 {
            return self.own(place).and_then(|own| own.was);
        }
        Some(place)
    }

    /// The object that a symbol is or was in.
    #[inline]
    pub fn object_of(&self, sym: Sym) -> Option<&Object<'a>> {
        self.origin(sym)
            .map(|place| &self.objects[place.object as usize])
    }

    /// Reports whether the assembler made a symbol.
    pub fn is_from_assembly(&self, sym: Sym) -> bool {
        self.object_of(sym).is_some_and(Object::is_assembly)
    }

    /// A symbol's alignment; 0 where its size decides.
    #[inline]
    pub fn alignment(&self, sym: Sym) -> i32 {
        match self.align[sym as usize] {
            0 => 0,
            bits => 1 << (bits - 1),
        }
    }

    /// Sets an alignment, a power of two or 0.
    pub fn set_alignment(&mut self, sym: Sym, align: i32) {
        self.align[sym as usize] = match align {
            ..=0 => 0,
            align => align.trailing_zeros() as u8 + 1,
        };
    }

    /// Reports whether a symbol is inside another, and laid out with it.
    #[inline]
    pub fn is_sub_symbol(&self, sym: Sym) -> bool {
        let outer = self.outer[sym as usize];
        outer != 0 && self.sub.contains_key(&outer)
    }

    /// Resolves a reference that an object makes.
    #[inline]
    pub fn resolve(&self, object: &Object<'a>, sym: SymRef) -> Sym {
        let index = match sym.pkg {
            pkg::SELF => Some(sym.index),
            0 if sym.index == 0 => return 0,
            pkg::HASHED64 => sym.index.checked_add(object.ndef),
            pkg::HASHED => sym.index.checked_add(object.ndef + object.nhashed64),
            pkg::NONE => sym
                .index
                .checked_add(object.ndef + object.nhashed64 + object.nhashed),
            pkg::BUILTIN => {
                return match self.builtin.get(sym.index as usize) {
                    Some(0) | None => {
                        self.damage.note();
                        0
                    }
                    Some(&sym) => sym,
                };
            }
            pkg => {
                let found = object
                    .pkgs
                    .get(pkg as usize)
                    .and_then(|&other| self.objects[other as usize].syms.get(sym.index as usize));
                return self.checked(found);
            }
        };
        self.checked(index.and_then(|index| object.syms.get(index as usize)))
    }

    #[inline]
    fn checked(&self, sym: Option<&Sym>) -> Sym {
        match sym {
            Some(sym) => *sym,
            None => {
                self.damage.note();
                0
            }
        }
    }

    /// A symbol's relocations.
    #[inline]
    pub fn relocs(&self, sym: Sym) -> Relocs<'_, 'a> {
        let place = self.place[sym as usize];
        if place.object == 0 {
            let relocs = self.own(place).map_or(&[][..], |own| &own.relocs);
            return Relocs {
                symbols: self,
                own: relocs,
                object: &self.objects[0],
                raw: &[],
            };
        }
        let object = &self.objects[place.object as usize];
        Relocs {
            symbols: self,
            own: &[],
            object,
            raw: object.relocs(place.index),
        }
    }

    /// The target of the relocation at an offset of a symbol's data; 0 where there is none.
    pub fn target_at(&self, sym: Sym, off: i64) -> Sym {
        self.relocs(sym)
            .find(|reloc| i64::from(reloc.off) == off)
            .map_or(0, |reloc| reloc.sym)
    }

    /// Returns the symbols that belong to a symbol: their role ([`aux`]), and which they are.
    #[inline]
    pub fn auxs(&self, sym: Sym) -> impl Iterator<Item = (u8, Sym)> {
        let origin = self.origin(sym);
        origin.into_iter().flat_map(move |place| {
            let object = &self.objects[place.object as usize];
            object
                .auxs(place.index)
                .map(move |(what, sym)| (what, self.resolve(object, sym)))
        })
    }

    /// The first symbol that is something to a symbol; 0 where none is.
    #[inline]
    pub fn aux(&self, sym: Sym, what: u8) -> Sym {
        let Some(place) = self.origin(sym) else {
            return 0;
        };
        let object = &self.objects[place.object as usize];
        object
            .auxs(place.index)
            .find(|(other, _)| *other == what)
            .map_or(0, |(_, sym)| self.resolve(object, sym))
    }

    /// The type of a variable; 0 where it is not known.
    pub fn go_type(&self, sym: Sym) -> Sym {
        self.aux(sym, aux::GOTYPE)
    }

    /// Notes damage.
    pub fn note_damage(&self) {
        self.damage.note();
    }
}

/// A symbol's relocations, in their order.
#[derive(Debug, Clone)]
pub struct Relocs<'s, 'a> {
    symbols: &'s Symbols<'a>,
    own: &'s [Reloc],
    object: &'s Object<'a>,
    raw: &'a [[u8; RELOC_SIZE]],
}

impl Iterator for Relocs<'_, '_> {
    type Item = Reloc;

    #[inline]
    fn next(&mut self) -> Option<Reloc> {
        if let Some((first, rest)) = self.raw.split_first() {
            self.raw = rest;
            let raw = self.object.reloc(first);
            return Some(Reloc {
                off: raw.off,
                siz: raw.siz,
                raw: raw.typ,
                add: raw.add,
                sym: self.symbols.resolve(self.object, raw.sym),
            });
        }
        let (first, rest) = self.own.split_first()?;
        self.own = rest;
        Some(*first)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.raw.len() + self.own.len();
        (left, Some(left))
    }
}

impl ExactSizeIterator for Relocs<'_, '_> {}

impl Own {
    /// Appends bytes; the size is theirs.
    pub fn add_bytes(&mut self, bytes: &[u8]) {
        self.data.extend_from_slice(bytes);
        self.size = self.data.len() as i64;
    }

    /// Sets eight bytes, growing the data if need be.
    pub fn set_u64(&mut self, at: usize, value: u64) {
        let end = at + 8;
        self.grow(end);
        self.data[at..end].copy_from_slice(&value.to_le_bytes());
    }

    /// Grows data and size to at least so many bytes.
    pub fn grow(&mut self, size: usize) {
        if self.data.len() < size {
            self.data.resize(size, 0);
        }
        self.size = self.size.max(size as i64);
    }

    /// Appends eight bytes after the size.
    pub fn add_u64(&mut self, value: u64) {
        let at = self.size as usize;
        self.set_u64(at, value);
    }

    /// Appends four bytes after the size.
    pub fn add_u32(&mut self, value: u32) {
        let at = self.size as usize;
        self.grow(at + 4);
        self.data[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }

    /// Appends a reference to a symbol after the size.
    pub fn add_reference(&mut self, sym: Sym, add: i64, raw: u16, siz: u8) {
        let off = self.size as i32;
        self.grow(off as usize + usize::from(siz));
        self.relocs.push(Reloc {
            off,
            siz,
            raw,
            add,
            sym,
        });
    }

    /// Appends an address after the size.
    pub fn add_address(&mut self, sym: Sym, add: i64) {
        self.add_reference(sym, add, kind::ADDR, 8);
    }

    /// Appends a string with a zero byte; returns where it begins.
    pub fn add_string(&mut self, text: &[u8]) -> i64 {
        let at = self.size;
        self.data.extend_from_slice(text);
        self.data.push(0);
        self.size = self.data.len() as i64;
        at
    }
}
