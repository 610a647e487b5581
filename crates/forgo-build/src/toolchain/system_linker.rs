//! What the system's linker may read, where that is known: the GCC driver and GNU ld, known by
//! their contents ([`plain_tool`]), search directories that they print. The fingerprint is the
//! identity of every file in those directories and of the programs that take part, and the
//! variables that they obey: a superset, for which libraries and start files a link takes shows
//! only afterwards. Files that name other files must stay in those directories (`files.rs`). Some
//! thousand files are looked at; those that a link can reach by name, some dozens, are opened.
//!
//! Where any of that does not hold, a fingerprint can't be made, and the link is done.
//!
//! cmd/go has no counterpart: its link key leaves the system out.

mod files;
mod loader;
mod script;

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use forgo_load::config::Config;
use forgo_load::disk;
use forgo_load::footprint::{Look, Notes};
use forgo_load::plain_tool::{self, Kind};
use forgo_load::{kept, process};
use sha2::{Digest, Sha256};

use self::files::Covered;
use forgo_load::process::Learns;

/// Variables that hold directories to search. They are covered like those that the tools print.
const SEARCHED: [&str; 4] = [
    "LIBRARY_PATH",
    "COMPILER_PATH",
    "LD_LIBRARY_PATH",
    "LD_RUN_PATH",
];

/// Beginnings of other variables that the GCC driver, its helpers, GNU ld and the dynamic loader
/// obey: with one of them set, a link is done.
const OBEYED: [&str; 9] = [
    "LD_",
    "LDEMULATION",
    "GNUTARGET",
    "GCC_",
    "COLLECT_",
    "OFFLOAD_",
    "LTO_",
    "DEPENDENCIES_OUTPUT",
    "SUNPRO_DEPENDENCIES",
];

/// Variables of such names that change colours of messages alone.
const HARMLESS: [&str; 1] = ["GCC_COLORS"];

/// What takes part in a link beside the driver.
const PROGRAMS: [&str; 8] = [
    "ld",
    "ld.bfd",
    "collect2",
    "lto-wrapper",
    "lto1",
    "cc1",
    "cc1plus",
    "as",
];

/// Programs that the driver prefers to `ld`. Nothing installs them but cross compilers and
/// wrappers.
const PREFERRED: [&str; 2] = ["real-ld", "collect-ld"];

/// Directories below those of libraries from which GNU ld takes plugins and scripts.
const BELOW: [&str; 2] = ["bfd-plugins", "ldscripts"];

/// Files and directories that a link names beside those that it always may read.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Further {
    /// Directories behind `-L`, absolute.
    pub dirs: BTreeSet<String>,
    /// Files, absolute: libraries and objects.
    pub files: BTreeSet<String>,
    /// Libraries, as behind `-l`.
    pub libraries: BTreeSet<String>,
}

/// The hash of all that a link by `driver` (the words of CC or CXX) can read; `None` where that is
/// not known.
pub fn fingerprint(config: &Config, driver: &[String], further: &Further) -> Option<[u8; 32]> {
    // Words beside the program may be anything: a wrapper's program, a directory, a file of
    // options.
    let [driver] = driver else { return None };
    let driver = absolute(process::look_path(config, driver).ok()?)?;
    plain(config, &driver, Kind::Gcc)?;
    let mut print = Print {
        hash: Sha256::new(),
        covered: Covered::default(),
    };
    print.line(&driver);
    print.file(&driver);
    let path = config.env.os("PATH");
    print.line(path);
    let (variables, from_variables) = variables(config)?;
    variables.iter().for_each(|line| print.line(line));

    let mut searched = Searched::default();
    searched.add_compiler(&ask(config, &driver, "-print-search-dirs")?);
    if searched.libraries.is_empty() || searched.programs.is_empty() {
        return None;
    }
    let no_sysroot = |program: &str, question: &str| {
        let answer = ask(config, program, question)?;
        answer.trim().is_empty().then_some(())
    };
    no_sysroot(&driver, "-print-sysroot")?;
    let path = path.split(':').map(str::to_owned);
    let programs: Vec<String> = searched.programs.iter().cloned().chain(path).collect();
    let (collect, linker) = linker(config, &searched.programs, &programs)?;
    for dir in &programs {
        for program in PROGRAMS {
            print.file(&format!("{dir}/{program}"));
        }
    }
    no_sysroot(&linker, "--print-sysroot")?;
    searched.add_linker(&ask(config, &linker, "--verbose")?);

    for dir in searched.programs.iter().chain(&searched.libraries) {
        // A file of options that every run of the driver would obey.
        if disk::exists(format!("{dir}/specs")) {
            return None;
        }
        absolute(dir.clone())?;
    }
    if disk::exists(loader::PRELOAD) {
        return None;
    }
    let below = |dir: &String| BELOW.map(|name| format!("{dir}/{name}"));
    let below: Vec<String> = searched.libraries.iter().flat_map(below).collect();
    let dirs = [
        searched.programs,
        searched.libraries,
        below,
        from_variables,
        loader::directories()?,
        further.dirs.iter().cloned().collect(),
    ];
    for dir in dirs.iter().flatten() {
        print.searched_dir(dir);
    }
    print.dir(Path::new("/etc"), true);
    for file in &further.files {
        print.file(file);
    }
    let taking_part = [driver.as_str(), &collect, &linker];
    let closed = print.covered.closed(further, &taking_part, &config.cwd);
    closed.then(|| print.hash.finalize().into())
}

fn absolute(path: String) -> Option<String> {
    path.starts_with('/').then_some(path)
}

fn plain(config: &Config, program: &str, kind: Kind) -> Option<()> {
    plain_tool::is(config, program, kind).then_some(())
}

/// Variables that go into the key, as `K=V`, and the directories that they name. `None` where one
/// is set whose effect is not covered.
fn variables(config: &Config) -> Option<(Vec<String>, Vec<String>)> {
    let (mut lines, mut dirs) = (Vec::new(), Vec::new());
    for (name, value) in config
        .env
        .vars
        .iter()
        .filter(|(_, value)| !value.is_empty())
    {
        let name = name.as_str();
        if SEARCHED.contains(&name) {
            for dir in value.split(':') {
                // An empty one is the current directory.
                dirs.push(absolute(dir.to_owned())?);
            }
            lines.push(format!("{name}={value}"));
        } else if OBEYED.iter().any(|start| name.starts_with(start)) && !HARMLESS.contains(&name) {
            return None;
        }
    }
    Some((lines, dirs))
}

/// The driver's `collect2` and the linker that it would start, if both are known; `own` are the
/// driver's directories, `all` these and then those of `PATH`.
fn linker(config: &Config, own: &[String], all: &[String]) -> Option<(String, String)> {
    let first = |name: &str, dirs: &[String]| {
        let files = dirs.iter().map(|dir| format!("{dir}/{name}"));
        files.into_iter().find(|file| process::is_executable(file))
    };
    if PREFERRED.iter().any(|name| first(name, all).is_some()) {
        return None;
    }
    let collect = first("collect2", own)?;
    plain(config, &collect, Kind::Collect2)?;
    // Absent where GCC was built without.
    if let Some(plugin) = own
        .iter()
        .map(|dir| format!("{dir}/liblto_plugin.so"))
        .find(|file| disk::exists(file))
    {
        plain(config, &plugin, Kind::LtoPlugin)?;
    }
    let linker = absolute(first("ld", all)?)?;
    plain(config, &linker, Kind::GnuLd)?;
    Some((collect, linker))
}

/// What a plain tool prints of itself, kept as long as it is the same.
fn ask(config: &Config, program: &str, question: &str) -> Option<String> {
    let mut words = Vec::new();
    match config.target.goarch.as_str() {
        "386" if question == "-print-search-dirs" => words.push("-m32"),
        "amd64" if question == "-print-search-dirs" => words.push("-m64"),
        _ => {}
    }
    words.push(question);
    let run = || {
        let mut command = process::command(config, "", program, &["LC_ALL=C".to_owned()]);
        let (output, status) =
            process::combined_output(command.args(process::os_all(&words)), Learns::Key);
        status.ok().filter(|status| status.success())?;
        Some(output)
    };
    let mut asked = vec![program];
    asked.extend(&words);
    let note = |notes: &Notes| {
        notes.saw(program, Look::Whole);
        Some(())
    };
    let answer = kept::answer(config, &asked, note, |_| run());
    String::from_utf8(answer?).ok()
}

/// Directories, as the tools print them.
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

struct Print {
    hash: Sha256,
    covered: Covered,
}

impl Print {
    fn line(&mut self, text: &str) {
        self.hash.update(text);
        self.hash.update([0]);
    }

    /// Hashes a file's identity; returns whether the file exists.
    fn file(&mut self, file: &str) -> bool {
        let Ok(meta) = disk::whole_metadata(file) else {
            return false;
        };
        self.line(file);
        for number in [meta.dev(), meta.ino(), meta.size(), u64::from(meta.mode())] {
            self.hash.update(number.to_le_bytes());
        }
        // A file can't be changed without the second one changing.
        for number in [
            meta.mtime(),
            meta.mtime_nsec(),
            meta.ctime(),
            meta.ctime_nsec(),
        ] {
            self.hash.update(number.to_le_bytes());
        }
        true
    }

    /// A directory that is searched, if there is one.
    fn searched_dir(&mut self, dir: &str) {
        // Most are there under several names.
        if let Ok(dir) = disk::canonicalize(dir)
            && disk::is_dir(&dir)
            && self.covered.add(&dir)
        {
            self.dir(&dir, false);
        }
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
            // The stat of a directory changes with its entries, which the link does not ask for.
            if disk::is_dir(&path) {
                continue;
            }
            if self.file(&disk::text_of(&path)) {
                self.covered.add_name(dir, &name);
            } else {
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
            let mut print = Print {
                hash: Sha256::new(),
                covered: Covered::default(),
            };
            print.searched_dir(dir.path().to_str().unwrap());
            print.hash.finalize()
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

    #[test]
    fn variables_that_tools_obey() {
        let found = |name: &str, value: &str| {
            let mut config = Config::default();
            config.env.vars.insert(name.to_owned(), value.to_owned());
            variables(&config)
        };
        let nothing = Some((vec![], vec![]));
        for (name, value) in [("HOME", "/h"), ("GCC_COLORS", "x"), ("LD_PRELOAD", "")] {
            assert_eq!(found(name, value), nothing, "{name}");
        }
        let dirs = vec!["/a".to_owned(), "/b".to_owned()];
        let line = vec!["LD_LIBRARY_PATH=/a:/b".to_owned()];
        assert_eq!(found("LD_LIBRARY_PATH", "/a:/b"), Some((line, dirs)));
        for (name, value) in [
            ("LD_LIBRARY_PATH", "/a:"),
            ("LIBRARY_PATH", "x"),
            ("LD_PRELOAD", "/x.so"),
            ("GCC_EXEC_PREFIX", "/x"),
            ("LDEMULATION", "x"),
            ("COLLECT_GCC_OPTIONS", "x"),
        ] {
            assert_eq!(found(name, value), None, "{name}={value}");
        }
    }
}
