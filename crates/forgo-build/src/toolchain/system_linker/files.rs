//! Which files a link can reach from those that it is given: scripts name other files, shared
//! libraries name the libraries that they need. All of them must lie in the directories whose
//! listings are in the key; a file that names others in a way that is not understood is one more
//! reason to link. So is an object for link-time optimization: compiling it starts an assembler and
//! perhaps make.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use forgo_load::disk;
use memchr::memmem;
use object::elf::{
    DT_NEEDED, DT_RPATH, DT_RUNPATH, ET_DYN, ET_EXEC, ET_REL, FileHeader32, FileHeader64,
};
use object::endian::Endianness;
use object::read::elf::{Dyn, FileHeader};

use super::Further;
use super::script::{self, Named};

/// Begins the names of the sections in which GCC leaves code that is compiled at link time.
const LTO_SECTION: &[u8] = b".gnu.lto_";

/// A file that the linker reads as a script is not larger than this.
const LONGEST_SCRIPT: u64 = 1 << 16;

/// Libraries that the GCC driver names beside those of the command line, under the flags that
/// [`crate::reuse::links`] lets through.
const IMPLIED: [&str; 7] = ["c", "gcc", "gcc_eh", "gcc_s", "m", "pthread", "stdc++"];

/// The directories whose listings are in the key, and the names of the files in them.
#[derive(Debug, Default)]
pub struct Covered {
    /// As the kernel resolves them.
    dirs: BTreeSet<PathBuf>,
    /// File name → the directories that have one.
    names: HashMap<String, Vec<PathBuf>>,
}

impl Covered {
    /// Adds a directory and its listing; `false` where it is known already.
    pub fn add(&mut self, dir: &Path) -> bool {
        self.dirs.insert(dir.to_owned())
    }

    /// Adds a file of a directory.
    pub fn add_name(&mut self, dir: &Path, name: &str) {
        let dirs = self.names.entry(name.to_owned()).or_default();
        dirs.push(dir.to_owned());
    }

    /// The files of this name.
    fn called(&self, name: &str) -> impl Iterator<Item = PathBuf> {
        let dirs = self.names.get(name).into_iter().flatten();
        dirs.map(move |dir| dir.join(name))
    }

    /// Whether a file lies directly in one of the directories. What a link in there leads to has
    /// its stat in the key.
    fn has(&self, file: &Path) -> bool {
        let dir = file.parent().map(disk::canonicalize);
        dir.is_some_and(|dir| dir.is_ok_and(|dir| self.dirs.contains(&dir)))
    }

    /// Reports whether all files that a link can reach lie in the directories or are those of
    /// `further`, and no file is of an unknown kind. So must the libraries of the `programs` that
    /// take part. `cwd` is where the linker runs.
    pub fn closed(&self, further: &Further, programs: &[&str], cwd: &str) -> bool {
        let mut reach = Reach {
            covered: self,
            cwd: Path::new(cwd),
            todo: further.files.iter().map(PathBuf::from).collect(),
            seen: BTreeSet::new(),
        };
        if programs
            .iter()
            .any(|program| reach.program(program).is_none())
        {
            return false;
        }
        let implied = IMPLIED.iter().map(|name| (*name).to_owned());
        for library in implied.chain(further.libraries.iter().cloned()) {
            if reach.library(library).is_none() {
                return false;
            }
        }
        let start = |name: &&String| name.ends_with(".o") && name.contains("crt");
        for name in self.names.keys().filter(start) {
            reach.todo.extend(self.called(name));
        }
        while let Some(file) = reach.todo.pop() {
            if reach.seen.insert(file.clone()) && reach.file(&file).is_none() {
                return false;
            }
        }
        true
    }
}

struct Reach<'a> {
    covered: &'a Covered,
    cwd: &'a Path,
    todo: Vec<PathBuf>,
    seen: BTreeSet<PathBuf>,
}

impl Reach<'_> {
    /// Adds a library, `-l` and a name: from every directory in which the linker may find it.
    fn library(&mut self, name: String) -> Option<()> {
        if name.contains('/') {
            return None;
        }
        let covered = self.covered;
        match name.strip_prefix(':') {
            Some(file) => self.todo.extend(covered.called(file)),
            None => {
                self.todo.extend(covered.called(&format!("lib{name}.so")));
                self.todo.extend(covered.called(&format!("lib{name}.a")));
            }
        }
        Some(())
    }

    /// A program, which the dynamic loader loads the libraries of.
    fn program(&mut self, program: &str) -> Option<()> {
        let bytes = disk::read(program).ok()?;
        let needs = Needs::of_bytes(&bytes, true)?;
        self.needs(needs)
    }

    /// Looks at a file's kind, and adds the files that it names. `None` where it may lead
    /// elsewhere.
    fn file(&mut self, file: &Path) -> Option<()> {
        // To open a pipe could take forever.
        if !disk::whole_metadata(file).ok()?.is_file() {
            return None;
        }
        let mut opened = disk::open(file).ok()?;
        let mut start = Vec::new();
        let mut read_up_to = |length: u64, bytes: &mut Vec<u8>| {
            let rest = length.saturating_sub(bytes.len() as u64);
            (&mut opened).take(rest).read_to_end(bytes).ok()
        };
        read_up_to(8, &mut start)?;
        // A thin archive holds names of files: it is not known.
        let is_archive = start.starts_with(b"!<arch>\n");
        if is_archive || start.starts_with(b"\x7fELF") {
            read_up_to(u64::MAX, &mut start)?;
            let needs = match is_archive {
                true => None,
                false => Some(Needs::of_bytes(&start, false)?),
            };
            // Shared libraries, such as GNU ld's own, may know the name.
            let is_shared = needs.as_ref().is_some_and(|needs| needs.is_shared);
            if !is_shared && memmem::find(&start, LTO_SECTION).is_some() {
                return None;
            }
            return needs.map_or(Some(()), |needs| self.needs(needs));
        }
        read_up_to(LONGEST_SCRIPT + 1, &mut start)?;
        let text = std::str::from_utf8(&start).ok()?;
        if text.len() as u64 > LONGEST_SCRIPT {
            return None;
        }
        for named in script::names(text)? {
            self.named(named)?;
        }
        Some(())
    }

    fn named(&mut self, named: Named<'_>) -> Option<()> {
        match named {
            Named::Library(name) => self.library(name.to_owned()),
            Named::Path(path) => self.path(Path::new(path)),
            // The linker looks for it where it runs, too.
            Named::File(name) => {
                if disk::exists(self.cwd.join(name)) {
                    return None;
                }
                self.todo.extend(self.covered.called(name));
                Some(())
            }
        }
    }

    fn path(&mut self, path: &Path) -> Option<()> {
        if !self.covered.has(path) {
            return None;
        }
        self.todo.push(path.to_owned());
        Some(())
    }

    /// Libraries that a shared library needs: the linker looks for them in all directories that it
    /// knows, and in those that the library names.
    fn needs(&mut self, needs: Needs) -> Option<()> {
        for dir in needs.run_paths.iter().flat_map(|list| list.split(':')) {
            let there = disk::canonicalize(dir);
            let known = there.map_or(true, |dir| self.covered.dirs.contains(&dir));
            if !known || !dir.starts_with('/') || dir.contains('$') {
                return None;
            }
        }
        for name in needs.libraries {
            if name.contains('/') {
                return None;
            }
            self.todo.extend(self.covered.called(&name));
        }
        Some(())
    }
}

/// What an object file names.
#[derive(Debug, Default)]
struct Needs {
    /// It is a shared library or a program.
    is_shared: bool,
    libraries: Vec<String>,
    run_paths: Vec<String>,
}

impl Needs {
    /// `None` for a file that is neither an object file nor a shared library (nor an `executable`),
    /// or is damaged.
    fn of_bytes(bytes: &[u8], executable: bool) -> Option<Needs> {
        match bytes.get(4)? {
            1 => Needs::of::<FileHeader32<Endianness>>(bytes, executable),
            _ => Needs::of::<FileHeader64<Endianness>>(bytes, executable),
        }
    }

    fn of<H: FileHeader<Endian = Endianness>>(bytes: &[u8], executable: bool) -> Option<Needs> {
        let header = H::parse(bytes).ok()?;
        let endian = header.endian().ok()?;
        let mut needs = Needs::default();
        let kind = header.e_type(endian);
        if kind == ET_REL {
            return Some(needs);
        }
        needs.is_shared = true;
        if kind != ET_DYN && !(executable && kind == ET_EXEC) {
            return None;
        }
        let sections = header.sections(endian, bytes).ok()?;
        let Some((entries, strings)) = sections.dynamic(endian, bytes).ok()? else {
            // A program without libraries.
            return executable.then_some(needs);
        };
        let strings = sections.strings(endian, bytes, strings).ok()?;
        for entry in entries {
            let list = match entry.tag(endian) {
                DT_NEEDED => &mut needs.libraries,
                DT_RPATH | DT_RUNPATH => &mut needs.run_paths,
                _ => continue,
            };
            let text = entry.string(endian, strings).ok()?;
            list.push(OsStr::from_bytes(text).to_str()?.to_owned());
        }
        Some(needs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct World(tempfile::TempDir);

    impl World {
        fn path(&self, name: &str) -> String {
            self.0.path().join(name).to_str().unwrap().to_owned()
        }

        /// Whether a link with `-lx` is closed, of two directories of which `lib` is covered.
        fn closed(&self) -> bool {
            let mut covered = Covered::default();
            let lib = disk::canonicalize(self.path("lib")).unwrap();
            covered.add(&lib);
            for entry in std::fs::read_dir(&lib).unwrap() {
                covered.add_name(&lib, entry.unwrap().file_name().to_str().unwrap());
            }
            let further = Further {
                libraries: ["x".to_owned()].into(),
                ..Further::default()
            };
            covered.closed(&further, &[], &self.path("cwd"))
        }
    }

    #[test]
    fn files_lead_no_further() {
        let script = |name: &str| format!("/* GNU ld script */ INPUT ( {name} )");
        let world = World(tempfile::tempdir().unwrap());
        for dir in ["lib", "else", "cwd"] {
            std::fs::create_dir(world.path(dir)).unwrap();
        }
        let library = world.path("lib/libx.a");
        let write = |text: &str| std::fs::write(&library, text).unwrap();
        assert!(world.closed());
        for (text, closed) in [
            ("!<arch>\n", true),
            ("!<thin>\n", false),
            ("!<arch>\n.gnu.lto_.decls", false),
            ("\x7fELF\x02\x01\x01", false),
            ("BC\u{c0}\u{de}", false),
            (&script("-lm y.a"), true),
            (&script(&world.path("lib/y.a")), true),
            (&script(&world.path("else/y.a")), false),
            (&script(&world.path("lib/../else/y.a")), false),
            ("GROUP ( -l../y )", false),
        ] {
            write(text);
            std::fs::write(world.path("lib/y.a"), "!<arch>\n").unwrap();
            assert_eq!(world.closed(), closed, "{text}");
            if closed && text.contains("y.a") {
                std::fs::write(world.path("lib/y.a"), "!<thin>\n").unwrap();
                assert!(!world.closed(), "{text}");
            }
        }
        // Found where the linker runs, before any other.
        write(&script("y.a"));
        std::fs::write(world.path("lib/y.a"), "!<arch>\n").unwrap();
        assert!(world.closed());
        std::fs::write(world.path("cwd/y.a"), "").unwrap();
        assert!(!world.closed());
        // A start file.
        write("!<arch>\n");
        assert!(world.closed());
        std::fs::write(world.path("lib/crt1.o"), script("/y.a")).unwrap();
        assert!(!world.closed());
    }
}
