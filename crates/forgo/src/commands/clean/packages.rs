//! Removes the files that builds and tests leave in a package's directory.
//!
//! Answers to `clean` in cmd/go/internal/clean/clean.go.

use forgo_load::disk::{self, Because};
use std::collections::HashSet;

use forgo_build::shell::{Shell, ShellShared};
use forgo_golang::path;
use forgo_load::config::Config;
use forgo_load::package::{Package, PackageGraph, PackageId};
use forgo_load::process::errno_text;
use forgo_load::remove::remove_all;

use super::ToStdout;
use crate::report::Console;

/// Left by Makefiles of old.
const DIRECTORIES: &[&str] = &["_test", "_obj"];
const FILES: &[&str] = &["_testmain.go", "test.out", "build.out", "a.out"];
const EXTENSIONS: &[&str] = &[".5", ".6", ".8", ".a", ".o", ".so"];

/// Cleans packages, each once.
pub struct Cleaner<'a> {
    cfg: &'a Config,
    console: &'a Console,
    graph: &'a PackageGraph,
    installed: bool,
    recursive: bool,
    seen: HashSet<PackageId>,
}

impl<'a> Cleaner<'a> {
    /// `installed` is `-i`, `recursive` `-r`.
    pub fn new(
        cfg: &'a Config,
        console: &'a Console,
        graph: &'a PackageGraph,
        installed: bool,
        recursive: bool,
    ) -> Self {
        Cleaner {
            cfg,
            console,
            graph,
            installed,
            recursive,
            seen: HashSet::new(),
        }
    }

    /// Cleans these, and with `-r` all they import.
    pub fn clean_all(mut self, packages: &[PackageId]) {
        let mut stack: Vec<_> = packages.iter().rev().copied().collect();
        while let Some(p) = stack.pop() {
            if self.seen.insert(p) && self.clean(&self.graph[p]) && self.recursive {
                stack.extend(self.graph[p].internal.imports.iter().rev());
            }
        }
    }

    /// False when the package's directory can't be read.
    fn clean(&self, p: &Package) -> bool {
        if p.dir.is_empty() {
            let text = p.error.as_ref().map_or("<nil>".into(), |e| e.to_string());
            self.console.error(&text);
            return false;
        }
        let entries = match read_dir(&p.dir) {
            Ok(entries) => entries,
            Err(why) => {
                self.console
                    .error(&format!("go: {}: open {}: {why}", p.dir, p.dir));
                return false;
            }
        };
        let names = executables(p, &entries);
        let reporter = ToStdout(self.console);
        let shared = ShellShared::new(self.cfg, &reporter, "");
        let shell = Shell::new(&shared, None);
        // Until 1.26 every name is shown at once, found or not, and old directories are removed.
        let old = !self.cfg.dist.release.clean_removes_what_it_finds();
        if old && self.cfg.flags.shows_commands() {
            shell.show_cmd(&p.dir, &format!("rm -f {}", names.join(" ")));
        }
        let wanted: HashSet<&str> = names.iter().map(String::as_str).collect();
        for (name, is_dir) in &entries {
            let file = path::join2(&p.dir, name);
            if *is_dir {
                if old && DIRECTORIES.contains(&name.as_str()) {
                    self.remove_directory(&shell, &file);
                }
                continue;
            }
            if old && self.cfg.flags.n {
                continue;
            }
            let left = FILES.contains(&name.as_str())
                || EXTENSIONS.contains(&path::ext(name))
                || wanted.contains(name.as_str());
            if left {
                self.remove_file(&shell, &file, !old);
            }
        }
        if self.installed && !p.target.is_empty() {
            self.remove_file(&shell, &p.target, true);
        }
        true
    }

    fn remove_directory(&self, shell: &Shell<'_>, dir: &str) {
        if self.cfg.flags.shows_commands() {
            shell.show_cmd("", &format!("rm -rf {dir}"));
        }
        if !self.cfg.flags.n
            && let Err(why) = remove_all(dir)
        {
            self.console.error(&format!("go: {why}"));
        }
    }

    fn remove_file(&self, shell: &Shell<'_>, file: &str, show: bool) {
        if show && self.cfg.flags.shows_commands() {
            shell.show_cmd("", &format!("rm -f {file}"));
        }
        if self.cfg.flags.n {
            return;
        }
        #[expect(clippy::disallowed_methods, reason = "answers of clean are not kept")]
        match std::fs::remove_file(file) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                self.console
                    .error(&format!("go: remove {file}: {}", errno_text(&e)));
            }
            _ => {}
        }
    }
}

/// Names and whether each is a directory, sorted.
fn read_dir(dir: &str) -> Result<Vec<(String, bool)>, String> {
    let entry = |e: std::io::Result<std::fs::DirEntry>| {
        let e = e?;
        let name = disk::text_of(e.file_name());
        Ok((name, e.file_type()?.is_dir()))
    };
    let list: std::io::Result<Vec<_>> =
        disk::own::read_dir(Because::Handed, dir).and_then(|entries| entries.map(entry).collect());
    let mut list = list.map_err(|e| errno_text(&e))?;
    list.sort();
    Ok(list)
}

/// Names that builds and tests of this directory may have given to executables.
fn executables(p: &Package, entries: &[(String, bool)]) -> Vec<String> {
    // In a command's directory every file may be a separate command.
    let lists = [
        &p.go_files,
        &p.cgo_files,
        &p.test_go_files,
        &p.xtest_go_files,
    ];
    let of_package: HashSet<&str> = match p.name.as_str() {
        "main" => HashSet::new(),
        _ => lists
            .iter()
            .flat_map(|l| l.iter().map(String::as_str))
            .collect(),
    };
    let mut names = Vec::new();
    let mut add = |stem: &str, test: &str| {
        names.push(format!("{stem}{test}"));
        names.push(format!("{stem}{test}.exe"));
    };
    let element = path::base(&p.dir).to_owned();
    let default = p.default_exec_name();
    if p.name == "main" {
        add(&element, "");
        add(&default, "");
    }
    add(&element, ".test");
    add(&default, ".test");
    for (name, is_dir) in entries {
        if *is_dir || of_package.contains(name.as_str()) {
            continue;
        }
        if let Some(stem) = name.strip_suffix("_test.go") {
            add(stem, ".test");
        }
        if let Some(stem) = name.strip_suffix(".go") {
            add(stem, "");
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_executables() {
        let mut p = Package {
            dir: "/x/hello".into(),
            import_path: "example.com/hi".into(),
            name: "hello".into(),
            ..Package::default()
        };
        let entries =
            [("a.go", false), ("b_test.go", false), ("c.go", true)].map(|(n, d)| (n.to_owned(), d));
        p.go_files = vec!["a.go".into()];
        assert_eq!(
            executables(&p, &entries),
            [
                "hello.test",
                "hello.test.exe",
                "hi.test",
                "hi.test.exe",
                "b.test",
                "b.test.exe",
                "b_test",
                "b_test.exe"
            ]
        );
        p.name = "main".into();
        let names = executables(&p, &entries);
        assert_eq!(names[..4], ["hello", "hello.exe", "hi", "hi.exe"]);
        assert!(names.contains(&"a".to_owned()) && !names.contains(&"c".to_owned()));
    }
}
