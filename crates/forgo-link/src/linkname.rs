//! Which references by `//go:linkname` are allowed. Answers to checkLinkname in
//! cmd/link/internal/loader/loader.go.

use hashbrown::HashMap;

use crate::error::{Result, failed};
use crate::input::object::{Object, Record, flag2};
use crate::release::Release;
use crate::symbols::{Sym, Symbols};

/// The state of the check of references.
#[derive(Debug)]
pub struct Linknames {
    enabled: bool,
    release: Release,
    blocked: HashMap<&'static [u8], Vec<&'static str>>,
    packages: Vec<String>,
    variables: Vec<(u32, Vec<u8>, Sym)>,
}

impl Linknames {
    /// Prepares to check; `packages` are the import paths of the libraries.
    pub fn new(release: Release, enabled: bool, packages: Vec<String>) -> Linknames {
        Linknames {
            enabled,
            release,
            blocked: release
                .blocked_linknames()
                .map(|(name, pkgs)| (name.as_bytes(), pkgs))
                .collect(),
            packages,
            variables: Vec::new(),
        }
    }

    /// Reports whether a symbol's record carries a linkname.
    pub fn is_linkname(&self, record: &Record) -> bool {
        record.flag2 & (flag2::LINKNAME | self.release.linkname_std_flag()) != 0
    }

    /// Reports whether a reference must be checked.
    pub fn is_reference(&self, record: &Record, object: &Object) -> bool {
        let assembly = self.release.linkname_std_flag() != 0 && object.is_assembly();
        self.is_linkname(record) || assembly
    }

    /// Notes a variable without data and with a linkname: a reference, to be checked when all
    /// definitions are loaded. Names without a period are C's.
    pub fn add_variable(&mut self, object: u32, record: &Record, sym: Sym) {
        if record.name.contains(&b'.') {
            self.variables.push((object, record.name.to_owned(), sym));
        }
    }

    /// Checks the variables that were noted.
    pub fn check_variables(&self, symbols: &Symbols) -> Result<()> {
        self.variables
            .iter()
            .try_for_each(|(object, name, sym)| self.check(symbols, *object, name, *sym))
    }

    /// Checks an object's reference to a symbol.
    pub fn check(&self, symbols: &Symbols, from: u32, name: &[u8], sym: Sym) -> Result<()> {
        if !self.enabled || self.allowed(symbols, from, name, sym) {
            return Ok(());
        }
        failed(format!(
            "invalid reference to {}",
            String::from_utf8_lossy(name)
        ))
    }

    fn allowed(&self, symbols: &Symbols, from: u32, name: &[u8], sym: Sym) -> bool {
        let from = &symbols.objects[from as usize];
        let pkg = self.packages[from.lib as usize].as_str();
        if let Some(pkgs) = self.blocked.get(name) {
            if pkgs.contains(&pkg) {
                return true;
            }
            // crypto/internal/fips140/v1.0.0/x is a frozen crypto/internal/fips140/x.
            let module = "crypto/internal/fips140";
            let frozen = pkg
                .strip_prefix(module)
                .and_then(|rest| rest.strip_prefix("/v"));
            return frozen.is_some_and(|rest| {
                let rest = rest.find('/').map_or("", |slash| &rest[slash..]);
                pkgs.contains(&format!("{module}{rest}").as_str())
            });
        }
        let place = symbols.place[sym as usize];
        if place.object == 0 {
            return true;
        }
        let object = &symbols.objects[place.object as usize];
        if !object.std() || self.packages[object.lib as usize] == pkg {
            return true;
        }
        let mut record = object.record(place.index);
        if self.release.linkname_std_flag() == 0 {
            let wrapper = self.release.abi_wrapper_flag();
            return record.flag2 & (flag2::LINKNAME | wrapper) != 0;
        }
        if object.is_assembly() && !self.is_linkname(&record) {
            if name.starts_with(pkg.as_bytes()) || !name.contains(&b'.') {
                return true;
            }
            let other = 1 - i32::from(record.abi);
            let wrapper = symbols.lookup(name, other);
            if wrapper != 0
                && let Some(found) = symbols.record(wrapper)
            {
                record = found;
            }
        }
        let std = record.flag2 & self.release.linkname_std_flag() != 0 && from.std();
        std || record.flag2 & flag2::LINKNAME != 0
    }
}
