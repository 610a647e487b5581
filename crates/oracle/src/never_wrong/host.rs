//! `oracle never-wrong --host`: the host's tools and libraries change, one thing at a time: the
//! form of a C library and its contents, a wrapper in place of the compiler or the linker, the
//! words that it adds, variables. After each change the program is removed and built again, or
//! programs are linked and thrown away: forgo ends as the stock command does, and leaves the same
//! bytes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Options;
use super::edits::Dice;
use super::world::{Result, at};
use crate::programs::{Who, on_path};
use crate::tree;

/// Functions of the scripts: an object, an archive, a program that starts the next one of its name
/// in PATH with the arguments in the file `conf`.
const FUNCTIONS: &str = r#"
object() { echo "int value(void) { return $1; }" >v.c.txt; gcc -x c -c -fPIC -o "$2" v.c.txt; }
archive() { object "$1" v.o.tmp; rm -f "$2"; ar rcs "$2" v.o.tmp; }
elf() {
  cat >w.c.txt <<EOF
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int c, char **v) {
  static char line[200];
  FILE *f = fopen("$PWD/conf", "r");
  if (f && fgets(line, 199, f)) line[strcspn(line, "\n")] = 0;
  char **a = calloc(c + 2, sizeof *a);
  for (int i = 0; i < c; i++) a[i] = v[i];
  a[0] = "$2";
  if (line[0]) a[c] = line;
  execv(a[0], a);
  return 1;
}
EOF
  gcc -x c -o w.tmp w.c.txt; mv w.tmp "$1"
}
script() { printf '#!/bin/sh\nexec %s "$@" $(cat %s/conf)\n' "$2" "$PWD" >w.tmp; chmod +x w.tmp; mv w.tmp "$1"; }
"#;

/// The forms of the library `libv` in the directory `$d`; `$n` is its return value.
const FORMS: [(&str, &str); 9] = [
    ("gone", "rm -f $d/libv.*"),
    ("archive", "archive $n $d/libv.a"),
    (
        "link",
        "archive $n else/$n.a; ln -sf ../else/$n.a $d/libv.a",
    ),
    (
        "target of a link",
        "archive $n else/t.a; ln -sf ../else/t.a $d/libv.a",
    ),
    (
        "thin archive",
        "object $n else/v.o; rm -f $d/libv.a; ar rcsT $d/libv.a else/v.o",
    ),
    ("object of a thin archive", "object $n else/v.o"),
    (
        "script",
        "archive $n else/s.a; rm -f $d/libv.a; echo \"INPUT($PWD/else/s.a)\" >$d/libv.a",
    ),
    ("file of a script", "archive $n else/s.a"),
    (
        "shared library",
        "object $n v.o.tmp; gcc -shared -o $d/libv.so v.o.tmp",
    ),
];

/// The file in the place of the tool `$t`; the real one is `$r`.
const TOOLS: [(&str, &str); 4] = [
    ("gone", "rm -f bin/$t"),
    ("link", "ln -sf $r bin/$t"),
    ("wrapper", "rm -f bin/$t; elf bin/$t $r"),
    ("script", "rm -f bin/$t; script bin/$t $r"),
];

/// Arguments that wrappers add; those for the compiler are not the linker's.
const WORDS: [&str; 4] = ["", "-Wl,-rpath,/first", "-Wl,-rpath,/second", "-lnosuchlib"];

/// Variables and their values.
const VARIABLES: [(&str, [&str; 3]); 3] = [
    ("LD_RUN_PATH", ["", "/first", "/second"]),
    ("LIBRARY_PATH", ["", "/usr/lib", "@/early"]),
    ("COLLECT_NO_DEMANGLE", ["", "1", ""]),
];

const SOURCE: &str = "package main\n\n// #cgo LDFLAGS: -L${SRCDIR}/../early -L${SRCDIR}/../lib -lv\n\
    // int value(void);\nimport \"C\"\n\nfunc main() { println(C.value()) }\n";

/// Changes the host until time or steps are over. Returns how many were made; `None` if forgo was wrong.
pub(super) fn run(options: &Options, base: &Path) -> Result<Option<usize>> {
    let started = Instant::now();
    let mut host = Host::new(options, base)?;
    let mut done: BTreeMap<String, usize> = BTreeMap::new();
    let (mut steps, mut failed) = (0, 0);
    while steps < options.steps && started.elapsed() < options.time {
        let change = host.change()?;
        let discarded = host.dice.below(3) == 0;
        // Answers are kept only if the files have been at rest for a while.
        std::thread::sleep(Duration::from_millis([0, 150][host.dice.below(2) as usize]));
        let stock = host.build(Who::Stock, discarded)?;
        for time in 0..2 {
            let forgo = host.build(Who::Forgo, discarded)?;
            if forgo != stock {
                let asked = if discarded { "./..." } else { "-o" };
                let how = |built: &Built| (built.ok, built.program.len());
                println!(
                    "seed {}, step {steps}: {change}; then build {asked}, time {time}: stock {:?}, forgo {:?}",
                    options.seed,
                    how(&stock),
                    how(&forgo)
                );
                return Ok(None);
            }
        }
        failed += usize::from(!stock.ok);
        let kind = change.split(':').next().unwrap_or_default().to_owned();
        *done.entry(kind).or_default() += 1;
        steps += 1;
    }
    println!(
        "{}: {steps} changes of the host from seed {}, never wrong; {failed} could not be linked: {done:?}",
        options.programs.release(),
        options.seed
    );
    Ok(Some(steps))
}

/// How a build ended.
#[derive(PartialEq, Eq)]
struct Built {
    ok: bool,
    program: Vec<u8>,
}

struct Host<'a> {
    options: &'a Options,
    root: tempfile::TempDir,
    dice: Dice,
    variables: BTreeMap<&'static str, String>,
    /// The tools behind those in `bin`.
    real: [(&'static str, PathBuf); 2],
}

impl<'a> Host<'a> {
    fn new(options: &'a Options, base: &Path) -> Result<Host<'a>> {
        let root = tempfile::Builder::new().prefix("never-wrong").tempdir();
        let find = |name: &str| on_path(name).ok_or(format!("there is no {name} on PATH"));
        let host = Host {
            options,
            root: root.map_err(|e| e.to_string())?,
            dice: Dice::new(options.seed),
            variables: BTreeMap::new(),
            real: [("gcc", find("gcc")?), ("ld", find("ld")?)],
        };
        let dirs = ["home", "tmp", "bin", "lib", "early", "else", "a", "b"];
        for dir in dirs.map(|dir| host.path(dir)) {
            at(&dir, fs::create_dir(&dir))?;
        }
        let files = [
            ("go.mod", "module example.com/m\n\ngo 1.26\n"),
            ("a/main.go", SOURCE),
            ("b/main.go", SOURCE),
            ("conf", ""),
        ];
        for (name, text) in files {
            let file = host.path(name);
            at(&file, fs::write(&file, text))?;
        }
        for cache in ["cache-stock", "cache-forgo"] {
            tree::link_cache(base, &host.path(cache))?;
        }
        host.shell("archive 0 lib/libv.a")?;
        Ok(host)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Changes one thing, and returns its description.
    fn change(&mut self) -> Result<String> {
        let n = self.dice.below(4);
        Ok(match self.dice.below(10) {
            0..=4 => {
                let dir = ["lib", "lib", "early"][self.dice.below(3) as usize];
                let (form, script) = FORMS[self.dice.below(FORMS.len() as u64) as usize];
                self.shell(&format!("d={dir}; n={n}; {script}"))?;
                format!("{form}: {n} in {dir}")
            }
            5..=6 => {
                let (tool, real) = &self.real[self.dice.below(2) as usize];
                let (form, script) = TOOLS[self.dice.below(TOOLS.len() as u64) as usize];
                self.shell(&format!("t={tool}; r={}; {script}", real.display()))?;
                format!("{tool} is a {form}")
            }
            7..=8 => {
                let words = WORDS[self.dice.below(WORDS.len() as u64) as usize];
                let conf = self.path("conf");
                at(&conf, fs::write(&conf, format!("{words}\n")))?;
                format!("words: {words}")
            }
            _ => {
                let (name, values) = VARIABLES[self.dice.below(VARIABLES.len() as u64) as usize];
                let value = values[self.dice.below(3) as usize];
                let root = self.root.path().to_string_lossy();
                self.variables.insert(name, value.replace('@', &root));
                format!("{name}: {value}")
            }
        })
    }

    fn shell(&self, script: &str) -> Result<()> {
        let mut command = Command::new("sh");
        command.args(["-ec", &format!("{FUNCTIONS}\n{script}")]);
        let output = command.current_dir(self.root.path()).output();
        let output = output.map_err(|e| e.to_string())?;
        match output.status.success() {
            true => Ok(()),
            false => Err(format!(
                "{script}: {}",
                String::from_utf8_lossy(&output.stderr)
            )),
        }
    }

    /// Removes the program and builds it, or links both and throws them away.
    fn build(&self, who: Who, discarded: bool) -> Result<Built> {
        let out = self.path("out");
        let _ = fs::remove_file(&out);
        let goroot = &self.options.programs.goroot;
        let (program, cache) = match who {
            Who::Stock => (goroot.join("bin/go"), "cache-stock"),
            Who::Forgo => (self.options.programs.forgo.clone(), "cache-forgo"),
        };
        let host = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{host}", self.path("bin").display());
        let mut command = Command::new(program);
        command
            .current_dir(self.root.path())
            .env_clear()
            .envs([
                ("GOENV", "off"),
                ("GOTOOLCHAIN", "local"),
                ("GOPROXY", "off"),
            ])
            .env("PATH", path)
            .env("HOME", self.path("home"))
            .env("TMPDIR", self.path("tmp"))
            .env("GOCACHE", self.path(cache))
            .env("FORGO_GO", goroot.join("bin/go"))
            .envs(self.variables.iter().filter(|(_, value)| !value.is_empty()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        match discarded {
            true => command.args(["build", "./..."]),
            false => command.args(["build", "-o", "out", "./a"]),
        };
        let status = command.status().map_err(|e| e.to_string())?;
        Ok(Built {
            ok: status.success(),
            program: fs::read(&out).unwrap_or_default(),
        })
    }
}
