//! The laboratory: a throwaway module, a GOCACHE for each of the two commands, and a way to run
//! either command in it and examine all its output.
//!
//! A build of everything takes long, the standard library being most of it. So each is done once,
//! with all the flags that exercises look at the effect of, and shared ([`Lab::cold`],
//! [`Lab::full`]).

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use oracle::programs::{Programs, Who, command, sum, write_file};
use oracle::tree;

use crate::measure;

/// The outcome of one run of a command.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Exit status; -1 when a signal ended it.
    pub code: i32,
    /// Wall time.
    pub wall: Duration,
    /// User and system time of the command and all its children.
    pub cpu: Duration,
    /// Largest resident set of the command itself, in bytes.
    pub peak: u64,
}

impl Run {
    /// Both streams, for a reader.
    pub fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// The commands of tool `name` (`compile`, `link` …) that `-x` showed, in order.
    pub fn tool_calls(&self, name: &str) -> Vec<String> {
        let mark = format!("/{name} -");
        let calls = self
            .stderr
            .lines()
            .filter(|l| l.contains(&mark) && !l.contains(" -V=full"));
        calls.map(str::to_string).collect()
    }

    /// The packages that were compiled, as `-x` showed, sorted.
    pub fn compiled(&self) -> Vec<String> {
        let mut list: Vec<String> = self
            .tool_calls("compile")
            .iter()
            .filter_map(|l| flag_value(l, "-p"))
            .collect();
        list.sort();
        list
    }
}

/// The value that follows `flag` on a tool's command line.
pub fn flag_value(line: &str, flag: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    words.find(|w| *w == flag)?;
    words.next().map(|w| w.trim_matches('"').to_string())
}

/// A build of everything that several exercises look at.
#[derive(Debug)]
pub struct Built {
    /// The output of the command.
    pub run: Run,
    /// Its action graph.
    pub graph: Vec<Action>,
    /// The cache it filled.
    pub cache: PathBuf,
}

/// The laboratory. Removed when dropped.
pub struct Lab {
    /// The two programs.
    pub programs: Programs,
    root: tempfile::TempDir,
    cold: OnceCell<[Built; 2]>,
    full: OnceCell<[Built; 2]>,
    for_tests: OnceCell<PathBuf>,
}

/// Where builds that are shared leave their caches and more.
const SHARED: &str = "shared";

const MAIN_GO: &str = r#"package main

import (
	"fmt"

	"example.com/cachelab/greet"
)

func main() { fmt.Println(greet.Hello("world")) }
"#;

const GREET_GO: &str = r#"package greet

func Hello(name string) string { return "hello, " + name }
"#;

const GREET_TEST_GO: &str = r#"package greet

import "testing"

func TestHello(t *testing.T) {
	if Hello("x") == "" {
		t.Fatal("empty")
	}
}
"#;

impl Lab {
    /// A new laboratory.
    pub fn new(programs: &Programs) -> Result<Lab, String> {
        let root = tempfile::Builder::new()
            .prefix("cache-lab-")
            .tempdir()
            .map_err(|e| e.to_string())?;
        let lab = Lab {
            programs: programs.clone(),
            root,
            cold: OnceCell::new(),
            full: OnceCell::new(),
            for_tests: OnceCell::new(),
        };
        lab.reset()?;
        Ok(lab)
    }

    /// Begins an exercise: the module `example.com/cachelab` as it was at first, two empty caches,
    /// and the shared parts of earlier exercises.
    pub fn reset(&self) -> Result<(), String> {
        let items = fs::read_dir(self.root.path()).map_err(|e| e.to_string())?;
        for item in items.flatten().filter(|item| item.file_name() != SHARED) {
            let path = item.path();
            let gone = match path.is_dir() {
                true => fs::remove_dir_all(&path),
                false => fs::remove_file(&path),
            };
            gone.map_err(|e| format!("{}: {e}", path.display()))?;
        }
        write_module(&self.dir())
    }

    /// The module's directory.
    pub fn dir(&self) -> PathBuf {
        self.root.path().join("cache-lab")
    }

    /// A path beside the module.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// The GOCACHE of a command.
    pub fn cache(&self, who: Who) -> PathBuf {
        self.beside(&format!("cache-{}", who.title()))
    }

    /// Writes a file of the module.
    pub fn write(&self, name: &str, text: &str) -> Result<(), String> {
        write_file(&self.dir().join(name), text)
    }

    /// Adds the test of the eighth exercise.
    pub fn write_test(&self) -> Result<(), String> {
        self.write("greet/greet_test.go", GREET_TEST_GO)
    }

    /// Replaces text in a file of the module; it is an error if there is nothing to replace.
    pub fn edit(&self, name: &str, old: &str, new: &str) -> Result<(), String> {
        let path = self.dir().join(name);
        let text = fs::read_to_string(&path).map_err(|e| e.to_string())?;
        if !text.contains(old) {
            return Err(format!("{name} does not contain {old:?}"));
        }
        write_file(&path, &text.replace(old, new))
    }

    /// Copies the module to another directory of the laboratory.
    pub fn copy_to(&self, name: &str) -> Result<PathBuf, String> {
        let to = self.beside(name);
        for file in ["go.mod", "main.go", "greet/greet.go"] {
            let text = fs::read_to_string(self.dir().join(file)).map_err(|e| e.to_string())?;
            write_file(&to.join(file), &text)?;
        }
        Ok(to)
    }

    /// Empties the cache of a command.
    pub fn clear(&self, who: Who) -> Result<(), String> {
        let cache = self.cache(who);
        if cache.exists() {
            fs::remove_dir_all(&cache).map_err(|e| e.to_string())?;
        }
        Ok(())
    }

    /// `build -x ./...` of the module as it was at first, from an empty cache, by each command.
    pub fn cold(&self) -> Result<&[Built; 2], String> {
        self.once(&self.cold, "cold", &["-x"], "./...")
    }

    /// `build -a -x -work .` of the module as it was at first, by each command.
    pub fn full(&self) -> Result<&[Built; 2], String> {
        self.once(&self.full, "full", &["-a", "-x", "-work"], ".")
    }

    fn once<'l>(
        &self,
        known: &'l OnceCell<[Built; 2]>,
        name: &str,
        flags: &[&str],
        packages: &str,
    ) -> Result<&'l [Built; 2], String> {
        if let Some(known) = known.get() {
            return Ok(known);
        }
        let build = |who: Who| {
            let cache = self.shared(&format!("{name}-{}", who.title()));
            let file = self.shared(&format!("{name}-{}.json", who.title()));
            // The directories that -work leaves are removed with the laboratory.
            let tmp = self.shared("tmp");
            fs::create_dir_all(&tmp).map_err(|e| e.to_string())?;
            let graph = format!("-debug-actiongraph={}", file.display());
            let mut cmd = self.command(who, &self.dir(), &cache);
            cmd.arg("build").args(flags).args([&graph, packages]);
            cmd.env("TMPDIR", tmp);
            let run = run(cmd)?;
            if run.code != 0 {
                return Err(format!("{} build {flags:?}: {}", who.title(), run.text()));
            }
            Ok(Built {
                run,
                graph: read_graph(&file)?,
                cache,
            })
        };
        // The changes that an exercise made to the module meanwhile are not built.
        write_module(&self.dir())?;
        let built = [build(Who::Stock)?, build(Who::Forgo)?];
        Ok(known.get_or_init(|| built))
    }

    fn shared(&self, name: &str) -> PathBuf {
        self.beside(SHARED).join(name)
    }

    /// Gives each command a copy of the cache of its [cold](Lab::cold) build, so that an exercise
    /// starts warm.
    pub fn warm(&self) -> Result<(), String> {
        Who::BOTH.into_iter().try_for_each(|who| self.warm_one(who))
    }

    /// [`Lab::warm`] for one command.
    pub fn warm_one(&self, who: Who) -> Result<(), String> {
        let built = &self.cold()?[who as usize];
        self.clear(who)?;
        tree::copy_all(&built.cache, &self.cache(who))
    }

    /// Gives each command a copy of a cache that has what tests need of the standard library,
    /// compiled and vetted by the stock command once for both, and no test of the module.
    pub fn warm_for_tests(&self) -> Result<(), String> {
        let cache = match self.for_tests.get() {
            Some(cache) => cache,
            None => {
                let cache = self.shared("for-tests");
                tree::copy_all(&self.cold()?[0].cache, &cache)?;
                let dir = self.shared("other");
                write_file(&dir.join("go.mod"), "module example.com/other\n\ngo 1.26\n")?;
                write_file(&dir.join("x.go"), "package other\n")?;
                let test = "package other\n\nimport \"testing\"\n\nfunc Test(*testing.T) {}\n";
                write_file(&dir.join("x_test.go"), test)?;
                let mut cmd = self.command(Who::Stock, &dir, &cache);
                cmd.args(["test", "."]);
                let run = run(cmd)?;
                if run.code != 0 {
                    return Err(format!("go test: {}", run.text()));
                }
                self.for_tests.get_or_init(|| cache)
            }
        };
        for who in Who::BOTH {
            tree::copy_all(cache, &self.cache(who))?;
        }
        Ok(())
    }

    /// Runs a command in the module's directory.
    pub fn go(&self, who: Who, args: &[&str]) -> Result<Run, String> {
        self.go_in(who, &self.dir(), &[], args)
    }

    /// Runs a command with extra environment variables.
    pub fn go_env(&self, who: Who, env: &[(&str, &str)], args: &[&str]) -> Result<Run, String> {
        self.go_in(who, &self.dir(), env, args)
    }

    /// Runs a command in any directory.
    pub fn go_in(
        &self,
        who: Who,
        dir: &Path,
        env: &[(&str, &str)],
        args: &[&str],
    ) -> Result<Run, String> {
        let mut cmd = self.command(who, dir, &self.cache(who));
        cmd.args(args).envs(env.iter().copied());
        run(cmd)
    }

    fn command(&self, who: Who, dir: &Path, cache: &Path) -> Command {
        let mut cmd = command(&self.programs, who);
        cmd.current_dir(dir).env("PWD", dir).env("GOCACHE", cache);
        cmd
    }

    /// SHA-256 of a file, in hex.
    pub fn sum(&self, path: &Path) -> Result<String, String> {
        sum(path)
    }
}

/// Runs a command to its end, collecting its output and its cost.
pub fn run(cmd: Command) -> Result<Run, String> {
    let out = tempfile::NamedTempFile::new().map_err(|e| e.to_string())?;
    let err = tempfile::NamedTempFile::new().map_err(|e| e.to_string())?;
    let stdout = out.reopen().map_err(|e| e.to_string())?;
    let stderr = err.reopen().map_err(|e| e.to_string())?;
    let cost = measure::run_into(cmd, stdout.into(), stderr.into())?;
    let read = |f: &tempfile::NamedTempFile| {
        fs::read(f.path()).map(|b| String::from_utf8_lossy(&b).into_owned())
    };
    Ok(Run {
        stdout: read(&out).map_err(|e| e.to_string())?,
        stderr: read(&err).map_err(|e| e.to_string())?,
        code: cost.code,
        wall: cost.wall,
        cpu: cost.cpu,
        peak: cost.own_peak,
    })
}

/// Writes the laboratory's module, `example.com/cachelab`, into `dir`.
pub fn write_module(dir: &Path) -> Result<(), String> {
    write_file(
        &dir.join("go.mod"),
        "module example.com/cachelab\n\ngo 1.26\n",
    )?;
    write_file(&dir.join("main.go"), MAIN_GO)?;
    write_file(&dir.join("greet/greet.go"), GREET_GO)
}

/// An action of a `-debug-actiongraph` file, as far as the exercises look at it.
#[derive(Debug, Clone)]
pub struct Action {
    /// Identifier inside the file.
    pub id: i64,
    /// Kind of action: `build`, `link` …
    pub mode: String,
    /// Import path.
    pub package: String,
    /// Identifiers of its dependencies.
    pub deps: Vec<i64>,
    /// When it began and ended, in seconds since the first of the file; `None` where it did not
    /// run.
    pub span: Option<(f64, f64)>,
    /// The commands it ran.
    pub cmd: Vec<String>,
}

impl Action {
    /// Seconds from start to end.
    pub fn seconds(&self) -> f64 {
        self.span.map_or(0.0, |(a, b)| b - a)
    }
}

/// Reads a `-debug-actiongraph` file.
pub fn read_graph(path: &Path) -> Result<Vec<Action>, String> {
    let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let nodes: Vec<serde_json::Value> = serde_json::from_str(&text).map_err(|e| e.to_string())?;
    let text_of = |n: &serde_json::Value, k: &str| n[k].as_str().unwrap_or_default().to_string();
    let mut list: Vec<Action> = Vec::new();
    for n in &nodes {
        let span = seconds(n["TimeStart"].as_str()).zip(seconds(n["TimeDone"].as_str()));
        list.push(Action {
            id: n["ID"].as_i64().ok_or("a node without ID")?,
            mode: text_of(n, "Mode"),
            package: text_of(n, "Package"),
            deps: n["Deps"].as_array().map_or(Vec::new(), |a| {
                a.iter().filter_map(serde_json::Value::as_i64).collect()
            }),
            span,
            cmd: n["Cmd"].as_array().map_or(Vec::new(), |a| {
                a.iter()
                    .filter_map(|c| c.as_str().map(str::to_string))
                    .collect()
            }),
        });
    }
    let first = list
        .iter()
        .filter_map(|a| a.span)
        .map(|s| s.0)
        .fold(f64::INFINITY, f64::min);
    for a in &mut list {
        a.span = a.span.map(|(s, e)| (s - first, e - first));
    }
    Ok(list)
}

/// Seconds since midnight of an RFC 3339 time; the zero time counts as none.
fn seconds(text: Option<&str>) -> Option<f64> {
    let text = text.filter(|t| !t.starts_with("0001-"))?;
    let (_, clock) = text.split_once('T')?;
    let end = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
    let mut parts = clock[..end].split(':').map(|p| p.parse::<f64>().ok());
    Some(parts.next()?? * 3600.0 + parts.next()?? * 60.0 + parts.next()??)
}

/// Counts how often each mode occurs.
pub fn modes(graph: &[Action]) -> BTreeMap<String, usize> {
    let mut count = BTreeMap::new();
    for a in graph {
        *count.entry(a.mode.clone()).or_insert(0) += 1;
    }
    count
}
