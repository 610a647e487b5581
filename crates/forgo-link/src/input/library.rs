//! Packages: from the main package's archive to every archive that it needs, in the order in which
//! cmd/link meets them. Answers to loadlib, loadobjfile and ldobj in cmd/link/internal/ld/lib.go,
//! and to ld.go.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use forgo_golang::object::archive;
use memmap2::{Mmap, UncheckedAdvice};

use super::importcfg::ImportCfg;
use super::object::{Damage, Object};
use crate::error::{Error, Result, damaged, failed, unsupported};
use crate::flags::Options;
use crate::release::{Header, Release};

/// The archives, mapped into memory.
#[derive(Debug, Default)]
pub struct Files(HashMap<PathBuf, Mmap>);

impl Files {
    /// Maps the archives that an importcfg names, and the main package's.
    pub fn open(config: &ImportCfg, main: &Path) -> Result<Files> {
        let mut files = HashMap::new();
        for path in config.packages.values().map(PathBuf::as_path).chain([main]) {
            let error = Error::of_file(path);
            let file = File::open(path).map_err(error)?;
            // SAFETY: the cache replaces archives by renames and never writes into one; a program
            // that does breaks the stock linker, which maps them too.
            let map = unsafe { Mmap::map(&file) }.map_err(error)?;
            files.insert(path.to_owned(), map);
        }
        Ok(Files(files))
    }

    /// Gives back the memory that the archives' pages take in this process. They are read again
    /// from the system's cache where they are needed: mostly other pages, after some passes.
    pub fn release_memory(&self) {
        for map in self.0.values() {
            // SAFETY: the maps are never written to, so their pages come back as they were. That it
            // fails does no harm.
            let _ = unsafe { map.unchecked_advise(UncheckedAdvice::DontNeed) };
        }
    }
}

/// Part of an archive that becomes a unit of debug information.
#[derive(Debug, Clone, Copy)]
pub enum Unit {
    /// A Go object, by its number.
    Go(u32),
    /// An object of another compiler.
    Host,
}

/// A package.
#[derive(Debug)]
pub struct Library {
    /// Its import path.
    pub pkg: String,
    /// The libraries that it imports.
    pub imports: Vec<u32>,
    /// Its units, in the archive's order.
    pub units: Vec<Unit>,
    file: PathBuf,
    fingerprint: [u8; 8],
    is_main: bool,
}

/// An object file of another compiler.
#[derive(Debug, Clone, Copy)]
pub struct HostObject<'a> {
    /// The library that it is from.
    pub lib: u32,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// Everything that is read.
#[derive(Debug)]
pub struct Program<'a> {
    /// Release and target, from the first object.
    pub header: Header,
    /// Packages, in load order; the main package is the first.
    pub libs: Vec<Library>,
    /// Go objects, in load order. The first is none: that number stands for symbols of the linker's
    /// own.
    pub objects: Vec<Object<'a>>,
    /// Objects of other compilers, in load order.
    pub host_objects: Vec<HostObject<'a>>,
    /// From package path, escaped, to its first object.
    pub object_of: HashMap<String, u32>,
    /// The directives that cgo left in an object: the library and the text, JSON.
    pub cgo: Vec<(u32, &'a [u8])>,
    /// Whether an archive prefers external linking.
    pub prefers_external: bool,
}

/// The version of the first object's own names.
const FIRST_STATIC_VERSION: i32 = 10;

struct Loader<'a> {
    config: &'a ImportCfg,
    files: &'a Files,
    damage: &'a Damage,
    by_pkg: HashMap<String, u32>,
    header: Option<(&'a str, Header)>,
    program: Program<'a>,
}

impl<'a> Program<'a> {
    /// Reads the main package and all that it needs.
    pub fn load(
        options: &Options,
        config: &'a ImportCfg,
        files: &'a Files,
        damage: &'a Damage,
    ) -> Result<Program<'a>> {
        let header = Header {
            release: Release::Go127,
            arch: crate::arch::Arch::Amd64,
            version: String::new(),
        };
        let mut loader = Loader {
            config,
            files,
            damage,
            by_pkg: HashMap::new(),
            header: None,
            program: Program {
                header,
                libs: Vec::new(),
                objects: Vec::new(),
                host_objects: Vec::new(),
                object_of: HashMap::new(),
                cgo: Vec::new(),
                prefers_external: false,
            },
        };
        loader.add("main", options.main.clone(), [0; 8]);
        let mut next = loader.read_from(0)?;
        if options.race {
            loader.add_internal("runtime/race")?;
        }
        loader.add_internal("runtime")?;
        next = loader.read_from(next)?;
        debug_assert_eq!(next, loader.program.libs.len());
        let Some((_, header)) = loader.header else {
            return failed("no Go object");
        };
        loader.program.header = header;
        Ok(loader.program)
    }
}

impl<'a> Loader<'a> {
    fn read_from(&mut self, mut next: usize) -> Result<usize> {
        while next < self.program.libs.len() {
            self.read_library(next as u32)?;
            next += 1;
        }
        Ok(next)
    }

    fn add(&mut self, pkg: &str, file: PathBuf, fingerprint: [u8; 8]) -> u32 {
        if let Some(&lib) = self.by_pkg.get(pkg) {
            return lib;
        }
        let lib = self.program.libs.len() as u32;
        self.by_pkg.insert(pkg.to_owned(), lib);
        self.program.libs.push(Library {
            pkg: pkg.to_owned(),
            imports: Vec::new(),
            units: Vec::new(),
            file,
            fingerprint,
            is_main: false,
        });
        lib
    }

    fn add_internal(&mut self, pkg: &str) -> Result<()> {
        let Some(file) = self.config.packages.get(pkg) else {
            return failed(format!("cannot find {pkg}"));
        };
        self.add(pkg, file.clone(), [0; 8]);
        Ok(())
    }

    fn read_library(&mut self, lib: u32) -> Result<()> {
        let file = &self.program.libs[lib as usize].file;
        let Some(map) = self.files.0.get(file) else {
            return failed(format!("cannot open {}", file.display()));
        };
        let bytes: &'a [u8] = map;
        if !bytes.starts_with(archive::MAGIC) {
            return unsupported("a package that is no archive");
        }
        let mut end = archive::MAGIC.len() as u64;
        for member in archive::members(bytes) {
            end = member.next();
            let data = member.data.start as usize..member.data.end as usize;
            let data = bytes.get(data).unwrap_or_default();
            match member.name.as_str() {
                "__.PKGDEF" => continue,
                "dynimportfail" => return unsupported("dynimportfail"),
                "preferlinkext" => self.program.prefers_external = true,
                _ => {}
            }
            let object = Path::new(&member.name)
                .extension()
                .is_some_and(|ext| ext == "o" || ext == "syso");
            if member.name.len() < 16 && !object {
                continue;
            }
            self.read_member(lib, data)?;
        }
        if end < bytes.len() as u64 {
            return damaged("an archive");
        }
        let lib = &self.program.libs[lib as usize];
        if lib.pkg == "main" && !lib.is_main {
            return failed("not package main");
        }
        Ok(())
    }

    fn read_member(&mut self, lib: u32, data: &'a [u8]) -> Result<()> {
        if data.starts_with(b"\x7fELF") {
            self.program
                .host_objects
                .push(HostObject { lib, bytes: data });
            self.program.libs[lib as usize].units.push(Unit::Host);
            return Ok(());
        }
        if !data.starts_with(b"go object ") {
            return unsupported("an object of unknown format");
        }
        let Some((text, object)) = split_text(data) else {
            return damaged("a truncated object file");
        };
        let line = text.split(|b| *b == b'\n').next().unwrap_or_default();
        let line = std::str::from_utf8(line).map_err(|_| Error::Damaged("header".into()))?;
        let release = match &self.header {
            Some((first, _)) if *first != line => return failed("object header mismatch"),
            Some((_, header)) => header.release,
            None => {
                let header = Release::of_header(line)?;
                let release = header.release;
                self.header = Some((line, header));
                // Object number 0 has no symbols.
                self.program.objects.push(Object::none(self.damage));
                release
            }
        };
        self.read_text(lib, text);

        let mut object = Object::read(object, release, self.damage)?;
        if object.unlinkable() {
            return failed("an object that was compiled without -p");
        }
        let number = self.program.objects.len() as u32;
        object.version = FIRST_STATIC_VERSION + number as i32 - 1;
        object.lib = lib;
        let fingerprint = object.fingerprint();
        let library = &mut self.program.libs[lib as usize];
        library.units.push(Unit::Go(number));
        let prefix = path_to_prefix(&library.pkg);
        self.program.object_of.entry(prefix).or_insert(number);
        if fingerprint != [0; 8] {
            if library.fingerprint == [0; 8] {
                library.fingerprint = fingerprint;
            }
            if library.fingerprint != fingerprint {
                return failed(format!("fingerprint mismatch of {}", library.pkg));
            }
        }
        for (path, fingerprint) in object.autolib() {
            let path = std::str::from_utf8(path).map_err(|_| Error::Damaged("path".into()))?;
            let import = self.import(path, fingerprint)?;
            self.program.libs[lib as usize].imports.push(import);
        }
        self.program.objects.push(object);
        Ok(())
    }

    fn import(&mut self, path: &str, fingerprint: [u8; 8]) -> Result<u32> {
        if let Some(&lib) = self.by_pkg.get(path) {
            let known = self.program.libs[lib as usize].fingerprint;
            if known != [0; 8] && known != fingerprint {
                return failed(format!("fingerprint mismatch of {path}"));
            }
            return Ok(lib);
        }
        let Some(file) = self.config.packages.get(path) else {
            return failed(format!("cannot find package {path}"));
        };
        Ok(self.add(path, file.clone(), fingerprint))
    }

    /// Reads the text before an object: whether it is a package main, and cgo's directives.
    fn read_text(&mut self, lib: u32, text: &'a [u8]) {
        let mut lines = text.split(|b| *b == b'\n').skip(1);
        if lines
            .by_ref()
            .take_while(|line| !line.is_empty())
            .any(|line| line == b"main")
        {
            self.program.libs[lib as usize].is_main = true;
        }
        const CGO: &[u8] = b"\n$$  // cgo";
        if let Some(at) = memchr::memmem::find(text, CGO) {
            let rest = &text[at + CGO.len()..];
            let start = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let rest = &rest[start..];
            let end = memchr::memmem::find(rest, b"\n$$").unwrap_or(rest.len());
            self.program.cgo.push((lib, &rest[..end]));
        }
    }
}

/// Splits an object member into its text and the object. The text ends with a line `!` that is not
/// within a section between two lines that begin with `$$`.
fn split_text(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut in_section = false;
    let mut at = 0;
    loop {
        let end = at + memchr::memchr(b'\n', &data[at..])?;
        let line = &data[at..end];
        if !in_section && line == b"!" {
            return Some((&data[..at], &data[end + 1..]));
        }
        if line.starts_with(b"$$") {
            in_section = !in_section;
        }
        at = end + 1;
    }
}

/// Escapes an import path as it stands in symbol names: control characters, spaces, `%`, `"`, bytes
/// beyond ASCII, and periods in the last element. Answers to PathToPrefix in
/// cmd/internal/objabi/path.go.
pub fn path_to_prefix(path: &str) -> String {
    let slash = path.rfind('/');
    let mut out = String::with_capacity(path.len());
    for (i, b) in path.bytes().enumerate() {
        let last = slash.is_none_or(|slash| i > slash);
        if b <= b' ' || b == b'.' && last || b == b'%' || b == b'"' || b >= 0x7f {
            out.push_str(&format!("%{b:02x}"));
        } else {
            out.push(char::from(b));
        }
    }
    out
}

/// Orders libraries so that each follows those that it imports. Answers to postorder in
/// cmd/link/internal/ld/lib.go.
pub fn postorder(libs: &[Library]) -> Result<Vec<u32>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; libs.len()];
    let mut order = Vec::with_capacity(libs.len());
    for root in 0..libs.len() as u32 {
        if marks[root as usize] != Mark::New {
            continue;
        }
        marks[root as usize] = Mark::Open;
        let mut stack = vec![(root, 0)];
        while let Some((lib, next)) = stack.last_mut() {
            let Some(&import) = libs[*lib as usize].imports.get(*next) else {
                marks[*lib as usize] = Mark::Done;
                order.push(*lib);
                stack.pop();
                continue;
            };
            *next += 1;
            match marks[import as usize] {
                Mark::Done => {}
                Mark::Open => return failed("import cycle"),
                Mark::New => {
                    marks[import as usize] = Mark::Open;
                    stack.push((import, 0));
                }
            }
        }
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::path_to_prefix;

    #[test]
    fn escapes() {
        for (path, escaped) in [
            ("fmt", "fmt"),
            ("gopkg.in/yaml.v3", "gopkg.in/yaml%2ev3"),
            ("a.b/c d", "a.b/c%20d"),
            ("a%/\"q\"", "a%25/%22q%22"),
            ("x/é", "x/%c3%a9"),
            ("example.com", "example%2ecom"),
        ] {
            assert_eq!(path_to_prefix(path), escaped);
        }
    }
}
