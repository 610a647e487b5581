//! Gives every symbol of every object its number in the link, and merges those that are the same.
//! Answers to LoadSyms in cmd/link/internal/loader/loader.go.
//!
//! Numbers follow the order of objects: first all symbols of packages, then, object by object,
//! those found by a hash or by name, then undefined ones. Hashing of names is done in parallel; the
//! table itself is filled by one thread, for the first definition gets the number.

use hashbrown::HashTable;

use rayon::prelude::*;

use crate::error::{Result, damaged, failed};
use crate::input::object::{ABI_STATIC, Object, Record, flag, flag2};
use crate::linkname::Linknames;
use crate::symbols::{Place, Sym, Symbols, attr, hash_name};

/// Hashes of an object's names, by local index; 0 where none is looked up.
type Hashes = Vec<u64>;

/// Fills `symbols` from its objects. `object_of` maps a package to the object with its symbols.
pub fn load(
    symbols: &mut Symbols,
    object_of: &std::collections::HashMap<String, u32>,
    linknames: &mut Linknames,
) -> Result<()> {
    let hashes: Vec<Hashes> = symbols.objects.par_iter().map(hash_names).collect();
    let sum = |count: fn(&Object) -> u32| -> usize {
        symbols.objects.iter().map(|o| count(o) as usize).sum()
    };
    let (defined, short, long) = (
        sum(|object| object.ndef + object.nnonpkg),
        sum(|object| object.nhashed64),
        sum(|object| object.nhashed),
    );
    let mut merge = Merge {
        // Most are the same as others.
        short: HashTable::with_capacity(short / 8),
        long: HashTable::with_capacity(long / 4),
        larger: Vec::new(),
    };
    let names = hashes.iter().flatten().filter(|hash| **hash != 0).count();
    symbols.begin_loading(defined + short / 8 + long / 4, [names / 4, names / 4]);

    for object in 1..symbols.objects.len() as u32 {
        let end = symbols.objects[object as usize].ndef;
        for index in 0..end {
            merge.add_package_symbol(symbols, &hashes, Place { object, index })?;
        }
    }
    for object in 1..symbols.objects.len() as u32 {
        let this = &symbols.objects[object as usize];
        let (from, to) = (this.ndef, this.ndef + this.nhashed64);
        let (hashed, end) = (to + this.nhashed, this.ndefined());
        for index in from..to {
            merge.add_hashed64(symbols, Place { object, index }, index - from);
        }
        for index in to..hashed {
            merge.add_hashed(symbols, Place { object, index }, index - to);
        }
        for index in hashed..end {
            merge.add_named(symbols, &hashes, Place { object, index }, linknames)?;
        }
    }
    symbols.builtin = symbols
        .release
        .builtins()
        .map(|(name, abi)| symbols.lookup(name, abi as i32))
        .collect();
    linknames.check_variables(symbols)?;
    for object in 1..symbols.objects.len() as u32 {
        add_references(symbols, &hashes, object, linknames)?;
    }
    for object in 1..symbols.objects.len() {
        find_packages(symbols, object_of, object)?;
        let flags: Vec<_> = symbols.objects[object].ref_flags().collect();
        for (sym, flags) in flags {
            if flags & flag2::USED_IN_IFACE != 0 {
                let sym = symbols.resolve(&symbols.objects[object], sym);
                symbols.set(sym, attr::USED_IN_IFACE, true);
            }
        }
    }
    symbols.end_loading();
    for (sym, size) in merge.larger {
        symbols.own_mut(sym).size = size;
    }
    Ok(())
}

fn hash_names(object: &Object) -> Hashes {
    let hashed = object.ndef..object.ndef + object.nhashed64 + object.nhashed;
    (0..object.ndefined() + object.nref)
        .map(|index| {
            if hashed.contains(&index) {
                return 0;
            }
            let name = object.name(index);
            if name.is_empty() { 0 } else { hash_name(name) }
        })
        .collect()
}

/// A symbol that is identified by its content: the hash, the symbol, its size.
type ByContent<H> = (H, Sym, u32);

/// The position of a short hash, which may be the content itself.
fn spread(hash: u64) -> u64 {
    let hash = (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ hash >> 29
}

/// The position of a hash: part of it.
fn part(hash: &[u8; 16]) -> u64 {
    let [part, _] = hash.as_chunks().0 else {
        return 0;
    };
    u64::from_le_bytes(*part)
}

struct Merge {
    short: HashTable<ByContent<u64>>,
    long: HashTable<ByContent<[u8; 16]>>,
    /// Symbols that are larger than the definition that counts.
    larger: Vec<(Sym, i64)>,
}

impl Merge {
    /// Adds a record's attributes to its symbol.
    fn note(symbols: &mut Symbols, place: Place, record: &Record, sym: Sym) {
        symbols.objects[place.object as usize].syms[place.index as usize] = sym;
        if record.flag & flag::LOCAL != 0 {
            symbols.set(sym, attr::LOCAL, true);
        }
        if record.flag2 & flag2::USED_IN_IFACE != 0 {
            symbols.set(sym, attr::USED_IN_IFACE, true);
        }
        if record.align != 0 {
            if !record.align.is_power_of_two() || record.align > 1 << 30 {
                symbols.note_damage();
            } else if record.align as i32 > symbols.alignment(sym) {
                symbols.set_alignment(sym, record.align as i32);
            }
        }
    }

    fn record<'a>(symbols: &Symbols<'a>, place: Place) -> Record<'a> {
        symbols.objects[place.object as usize].record(place.index)
    }

    fn version(symbols: &Symbols, place: Place, record: &Record) -> Result<i32> {
        match symbols.objects[place.object as usize].symbol_version(record.abi) {
            Some(version) => Ok(version),
            None => damaged("a symbol's ABI"),
        }
    }

    fn add_package_symbol(
        &mut self,
        symbols: &mut Symbols,
        hashes: &[Hashes],
        place: Place,
    ) -> Result<()> {
        let record = Self::record(symbols, place);
        let version = Self::version(symbols, place, &record)?;
        let sym = symbols.push(place, record.kind);
        if !record.name.is_empty() && record.abi != ABI_STATIC {
            let hash = hashes[place.object as usize][place.index as usize];
            symbols.insert_name(hash, version, sym);
        }
        Self::note(symbols, place, &record, sym);
        Ok(())
    }

    /// Adds a symbol that is identified by its content. Symbols with the same content may differ in
    /// size, by zeros at the end: the larger counts.
    fn add_by_content(
        symbols: &mut Symbols,
        place: Place,
        known: Option<(&mut Sym, &mut u32)>,
    ) -> Option<(Sym, u32)> {
        let record = Self::record(symbols, place);
        let Some((sym, size)) = known else {
            let sym = symbols.push(place, record.kind);
            Self::note(symbols, place, &record, sym);
            return Some((sym, record.size));
        };
        if record.size > *size {
            symbols.place[*sym as usize] = place;
            symbols.kind[*sym as usize] = record.kind;
            *size = record.size;
        }
        Self::note(symbols, place, &record, *sym);
        None
    }

    fn add_hashed64(&mut self, symbols: &mut Symbols, place: Place, number: u32) {
        let hash = symbols.objects[place.object as usize].hash64(number);
        let known = self
            .short
            .find_mut(spread(hash), |(other, ..)| *other == hash);
        let known = known.map(|(_, sym, size)| (sym, size));
        if let Some((sym, size)) = Self::add_by_content(symbols, place, known) {
            let new = (hash, sym, size);
            let position = |(hash, ..): &ByContent<u64>| spread(*hash);
            self.short.insert_unique(spread(hash), new, position);
        }
    }

    fn add_hashed(&mut self, symbols: &mut Symbols, place: Place, number: u32) {
        let hash = symbols.objects[place.object as usize].hash(number);
        let known = self
            .long
            .find_mut(part(&hash), |(other, ..)| *other == hash);
        let known = known.map(|(_, sym, size)| (sym, size));
        if let Some((sym, size)) = Self::add_by_content(symbols, place, known) {
            let new = (hash, sym, size);
            let position = |(hash, ..): &ByContent<[u8; 16]>| part(hash);
            self.long.insert_unique(part(&hash), new, position);
        }
    }

    fn add_named(
        &mut self,
        symbols: &mut Symbols,
        hashes: &[Hashes],
        place: Place,
        linknames: &mut Linknames,
    ) -> Result<()> {
        let record = Self::record(symbols, place);
        let version = Self::version(symbols, place, &record)?;
        let sym = if record.name.is_empty() || record.abi == ABI_STATIC {
            symbols.push(place, record.kind)
        } else {
            let hash = hashes[place.object as usize][place.index as usize];
            match symbols.find_hashed(hash, record.name, version) {
                None => {
                    let sym = symbols.push(place, record.kind);
                    symbols.insert_name(hash, version, sym);
                    sym
                }
                Some(old) => {
                    self.merge(symbols, place, &record, old)?;
                    old
                }
            }
        };
        let object = &symbols.objects[place.object as usize];
        if linknames.is_linkname(&record) && object.data(place.index).is_empty() {
            linknames.add_variable(place.object, &record, sym);
        }
        Self::note(symbols, place, &record, sym);
        Ok(())
    }

    /// Decides which of two definitions of a name counts.
    fn merge(&mut self, symbols: &mut Symbols, place: Place, new: &Record, sym: Sym) -> Result<()> {
        let old_place = symbols.place[sym as usize];
        let old = Self::record(symbols, old_place);
        let mut replace = || {
            symbols.place[sym as usize] = place;
            symbols.kind[sym as usize] = new.kind;
        };
        let dupok = |record: &Record| record.flag & flag::DUPOK != 0;
        if dupok(new) {
            let both = dupok(&old) || symbols.release.any_dup_may_replace();
            if both && old.size < new.size {
                replace();
            }
            return Ok(());
        }
        if dupok(&old) {
            replace();
            return Ok(());
        }
        let has_data = |place: Place| {
            !symbols.objects[place.object as usize]
                .data(place.index)
                .is_empty()
        };
        let new_has_content = has_data(place);
        let old_is_zeros = old.kind.is_data() && !has_data(old_place);
        let new_is_zeros = new.kind.is_data() && !new_has_content;
        if old_is_zeros
            && (new.kind.is_text() || new_has_content || new_is_zeros && new.size > old.size)
        {
            symbols.place[sym as usize] = place;
            symbols.kind[sym as usize] = new.kind;
            if old.size > new.size {
                self.larger.push((sym, i64::from(old.size)));
            }
            return Ok(());
        }
        if new_is_zeros {
            if new.size > old.size {
                self.larger.push((sym, i64::from(new.size)));
            }
            return Ok(());
        }
        failed(format!(
            "duplicated definition of symbol {}",
            String::from_utf8_lossy(new.name)
        ))
    }
}

fn add_references(
    symbols: &mut Symbols,
    hashes: &[Hashes],
    object: u32,
    linknames: &Linknames,
) -> Result<()> {
    let this = &symbols.objects[object as usize];
    let (from, to) = (this.ndefined(), this.ndefined() + this.nref);
    for index in from..to {
        let place = Place { object, index };
        let record = Merge::record(symbols, place);
        let version = Merge::version(symbols, place, &record)?;
        let hash = hashes[object as usize][index as usize];
        let sym = if record.name.is_empty() {
            symbols.lookup_or_create(record.name, version)
        } else {
            symbols.lookup_or_create_hashed(hash, record.name, version)
        };
        let this = &symbols.objects[object as usize];
        if linknames.is_reference(&record, this) {
            linknames.check(symbols, object, record.name, sym)?;
        }
        symbols.objects[object as usize].syms[index as usize] = sym;
        if record.flag & flag::LOCAL != 0 {
            symbols.set(sym, attr::LOCAL, true);
        }
        if record.flag2 & flag2::USED_IN_IFACE != 0 {
            symbols.set(sym, attr::USED_IN_IFACE, true);
        }
    }
    Ok(())
}

fn find_packages(
    symbols: &mut Symbols,
    object_of: &std::collections::HashMap<String, u32>,
    object: usize,
) -> Result<()> {
    let mut pkgs = Vec::new();
    for (i, path) in symbols.objects[object].packages().enumerate() {
        let found = match i {
            0 => Some(&0),
            _ => std::str::from_utf8(path)
                .ok()
                .and_then(|path| object_of.get(path)),
        };
        match found {
            Some(&other) => pkgs.push(other),
            None => return failed("reference to nonexistent package"),
        }
    }
    symbols.objects[object].pkgs = pkgs;
    Ok(())
}
