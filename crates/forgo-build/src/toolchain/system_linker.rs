//! What the system's linker may read: the identity of every file in the directories it searches, of
//! the programs that take part, and the variables they obey. A superset: nobody knows beforehand which
//! libraries and start files a link takes. Some thousand files are looked at, none is read.
//!
//! cmd/go has no counterpart: its link key leaves the system out.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::config::Config;
use crate::disk;
use crate::footprint::{Look, Notes};
use crate::toolchain::{cc, cc_probe};
use crate::{kept, process};

/// Beginnings of the variables that GNU and LLVM linkers obey, and the compilers that start them.
const PREFIXES: [&str; 8] = [
    "LD_",
    "LDEMULATION",
    "GCC_",
    "COLLECT_",
    "COMPILER_PATH",
    "LIBRARY_PATH",
    "GNUTARGET",
    "LLVM_",
];

/// What takes part in a link beside the driver.
const PROGRAMS: [&str; 12] = [
    "ld",
    "real-ld",
    "ld.bfd",
    "ld.gold",
    "ld.lld",
    "collect2",
    "collect-ld",
    "lto-wrapper",
    "lto1",
    "cc1",
    "cc1plus",
    "as",
];

/// Where libraries are searched that no tool was asked for.
const CONFIGURATION: [&str; 2] = ["/etc", "/etc/ld.so.conf.d"];

/// The hash of all that; `further` are directories and files that the linker's flags name. `None` where
/// the compiler does not tell what it would do.
pub fn fingerprint(config: &Config, further: &BTreeSet<String>) -> Option<[u8; 32]> {
    let mut print = Print(Sha256::new());
    let drivers = [cc::cc_exe(config), cc::cxx_exe(config)];
    for driver in &drivers {
        print.line(&driver.join(" "));
        let found = process::look_path(config, driver.first()?);
        print.file(&found.unwrap_or_default());
    }
    for (name, value) in &config.env.vars {
        if name == "PATH" || PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
            print.line(&format!("{name}={value}"));
        }
    }

    let answer = ask(config, &drivers[0], "-print-search-dirs")?;
    let mut searched = Searched::default();
    searched.add_compiler(&answer);
    if searched.libraries.is_empty() {
        return None;
    }
    let path = config.env.os("PATH").split(':').map(str::to_owned);
    let mut linker = None;
    for dir in searched.programs.iter().cloned().chain(path) {
        for program in PROGRAMS {
            let file = format!("{dir}/{program}");
            if print.file(&file) && program == "ld" {
                linker.get_or_insert(file);
            }
        }
    }
    if let Some(linker) = linker {
        searched.add_linker(&ask(config, &[linker], "--verbose")?);
    }
    let configuration = CONFIGURATION.map(str::to_owned);
    let mut seen = BTreeSet::new();
    for dir in searched.libraries.into_iter().chain(configuration) {
        // Most are there under several names.
        if let Ok(dir) = disk::canonicalize(&dir)
            && seen.insert(dir.clone())
        {
            print.dir(&dir, dir == Path::new("/etc"));
        }
    }
    for place in further {
        match disk::whole_metadata(place) {
            Ok(meta) if meta.is_dir() => print.dir(Path::new(place), false),
            _ => _ = print.file(place),
        }
    }
    Some(print.0.finalize().into())
}

/// What a program says of itself, kept as long as it is the same.
fn ask(config: &Config, program: &[String], question: &str) -> Option<String> {
    let (program, args) = program.split_first()?;
    let program = process::look_path(config, program).ok()?;
    let mut words: Vec<&str> = args.iter().map(String::as_str).collect();
    let driver = question.contains("search");
    match config.target.goarch.as_str() {
        "386" if driver => words.push("-m32"),
        "amd64" if driver => words.push("-m64"),
        _ => {}
    }
    words.push(question);
    let run = || {
        let mut command = process::command(config, "", &program, &["LC_ALL=C".to_owned()]);
        let (output, status) = process::combined_output(command.args(process::os_all(&words)));
        status.ok().filter(|status| status.success())?;
        Some(output)
    };
    let known = if driver {
        cc_probe::is_driver(&program)
    } else {
        cc_probe::is_elf(&program)
    };
    let answer = if known {
        let mut asked = vec![program.as_str()];
        asked.extend(&words);
        let note = |notes: &Notes| {
            notes.saw(&program, Look::Whole);
            Some(())
        };
        kept::answer(config, &asked, note, |_| run())
    } else {
        run()
    };
    String::from_utf8(answer?).ok()
}

/// Directories, as the tools say.
#[derive(Debug, Default)]
struct Searched {
    programs: Vec<String>,
    libraries: Vec<String>,
}

impl Searched {
    /// Lines `install: DIR`, `programs: =DIR:DIR`, `libraries: =DIR:DIR`.
    fn add_compiler(&mut self, text: &str) {
        for line in text.lines() {
            let Some((what, dirs)) = line.split_once(": ") else {
                continue;
            };
            let dirs = dirs.trim_start_matches('=').split(':').map(str::to_owned);
            match what {
                "programs" => self.programs.extend(dirs),
                // Its specs, start files and plugins are there.
                "install" | "libraries" => self.libraries.extend(dirs),
                _ => {}
            }
        }
    }

    /// `SEARCH_DIR("=DIR");` anywhere in the linker's own script.
    fn add_linker(&mut self, text: &str) {
        for rest in text.split("SEARCH_DIR(\"").skip(1) {
            let dir = rest.split('"').next().unwrap_or_default();
            self.libraries.push(dir.trim_start_matches('=').to_owned());
        }
    }
}

struct Print(Sha256);

impl Print {
    fn line(&mut self, text: &str) {
        self.0.update(text);
        self.0.update([0]);
    }

    /// A file's identity; says whether there is one.
    fn file(&mut self, file: &str) -> bool {
        let Ok(meta) = disk::whole_metadata(file) else {
            return false;
        };
        self.line(file);
        for number in [meta.dev(), meta.ino(), meta.size(), u64::from(meta.mode())] {
            self.0.update(number.to_le_bytes());
        }
        // A file can't be changed without the second one changing.
        for number in [
            meta.mtime(),
            meta.mtime_nsec(),
            meta.ctime(),
            meta.ctime_nsec(),
        ] {
            self.0.update(number.to_le_bytes());
        }
        true
    }

    /// All files directly in a directory; `loader` for those alone that the dynamic loader reads.
    fn dir(&mut self, dir: &Path, loader: bool) {
        self.line(&disk::text_of(dir));
        let entries = disk::read_dir(dir).into_iter().flatten().flatten();
        let names = entries.map(|entry| disk::text_of(entry.file_name()));
        let mut names: Vec<String> = names
            .filter(|name| !loader || name.starts_with("ld.so."))
            .collect();
        names.sort_unstable();
        for name in names {
            let path = dir.join(&name);
            // Directories change with what is in them, which nobody asks for.
            if !disk::is_dir(&path) && !self.file(&disk::text_of(&path)) {
                self.line(&name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_say() {
        let mut searched = Searched::default();
        searched.add_compiler(
            "install: /usr/lib/gcc/x/12/\nprograms: =/a/:/b/../c/\nlibraries: =/d/:/e/\nother: =/f\n",
        );
        searched
            .add_linker("GNU ld\n===\nSEARCH_DIR(\"=/g/lib\"); SEARCH_DIR(\"/h\");\nSECTIONS\n");
        assert_eq!(searched.programs, ["/a/", "/b/../c/"]);
        let libraries = ["/usr/lib/gcc/x/12/", "/d/", "/e/", "/g/lib", "/h"];
        assert_eq!(searched.libraries, libraries);
    }

    #[test]
    fn a_file_that_changes_or_appears_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let print = || {
            let mut print = Print(Sha256::new());
            print.dir(dir.path(), false);
            print.0.finalize()
        };
        let empty = print();
        std::fs::write(dir.path().join("libx.a"), "one").unwrap();
        let one = print();
        assert_eq!(one, print());
        std::fs::write(dir.path().join("new"), "two").unwrap();
        std::fs::rename(dir.path().join("new"), dir.path().join("libx.a")).unwrap();
        let two = print();
        std::fs::remove_file(dir.path().join("libx.a")).unwrap();
        assert!(empty != one && one != two && two != empty && empty == print());
    }
}
