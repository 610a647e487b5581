//! A directory with the module in it, and a cache for each command, which is the other's never: the
//! stock command goes by its own keys, which forgo can't have made. Its answer depends on the
//! module and the question alone, so it is asked once for each; forgo always, since its caches may
//! be wrong.

use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use regex::Regex;
use sha2::{Digest, Sha256};

use super::edits::{Ask, Edit, PACKAGES, Step};
use super::module::{Files, Module};
use crate::programs::{Programs, Who};
use crate::tree;

/// The world.
pub struct World<'a> {
    programs: &'a Programs,
    root: tempfile::TempDir,
    base: PathBuf,
    module: Module,
    /// The states of the module before each step.
    history: Vec<Module>,
    files: Files,
    steps: usize,
    /// The output of the stock command, and its files in an empty directory.
    known: HashMap<(Module, Ask), Answer>,
}

/// The output and the files of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub code: Option<i32>,
    pub stdout: Vec<String>,
    pub stderr: Vec<String>,
    pub outputs: Vec<Program>,
}

/// A file that was built.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Program {
    pub name: String,
    mode: u32,
    size: usize,
    /// SHA-256 of its bytes.
    digest: [u8; 32],
}

pub(super) type Result<T> = std::result::Result<T, String>;

pub(super) fn at<T>(path: &Path, result: std::io::Result<T>) -> Result<T> {
    result.map_err(|e| format!("{}: {e}", path.display()))
}

impl<'a> World<'a> {
    /// With the module as it is at first. `base` is the cache with the standard library.
    pub fn new(programs: &'a Programs, base: &Path) -> Result<World<'a>> {
        let root = tempfile::Builder::new().prefix("never-wrong").tempdir();
        let mut world = World {
            programs,
            root: root.map_err(|e| e.to_string())?,
            base: base.to_owned(),
            module: Module::default(),
            history: Vec::new(),
            files: Files::new(),
            steps: 0,
            known: HashMap::new(),
        };
        for dir in ["home/.config/go/telemetry", "tmp", "gopath", "m"] {
            let dir = world.path(dir);
            at(&dir, fs::create_dir_all(&dir))?;
        }
        let mode = world.path("home/.config/go/telemetry/mode");
        at(&mode, fs::write(&mode, "off"))?;
        tree::link_cache(base, &world.path("cache-stock"))?;
        world.begin()?;
        Ok(world)
    }

    /// Restores the first state, but keeps the answers of the stock command.
    pub fn begin(&mut self) -> Result<()> {
        self.module = Module::default();
        self.history.clear();
        self.steps = 0;
        self.write_files()?;
        self.empty_out()?;
        let cache = self.path("cache-forgo");
        tree::remove(&cache)?;
        tree::link_cache(&self.base, &cache)
    }

    pub(super) fn empty_out(&self) -> Result<()> {
        let out = self.path("out");
        tree::remove(&out)?;
        at(&out, fs::create_dir(&out))
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(super) fn program(&self, who: Who) -> PathBuf {
        match who {
            Who::Stock => self.programs.goroot.join("bin/go"),
            Who::Forgo => self.programs.forgo.clone(),
        }
    }

    /// Fills the cache `base` with what the standard library's packages come to.
    pub fn fill_base(&self) -> Result<()> {
        for flags in [&[][..], &["-trimpath"]] {
            for ask in [Ask::Build, Ask::Test, Ask::Vet] {
                let mut command = self.command(Who::Stock, ask, flags);
                command.env("GOCACHE", &self.base);
                let output = command.output().map_err(|e| e.to_string())?;
                if !output.status.success() {
                    return Err(String::from_utf8_lossy(&output.stderr).into_owned());
                }
            }
        }
        Ok(())
    }

    /// Makes a step. `Ok(Some(text))` describes how forgo was wrong.
    pub fn step(&mut self, step: Step) -> Result<Option<String>> {
        self.edit(step)?;
        let before = outputs(&self.path("out"))?;
        let forgo = self.ask(Who::Forgo, step.ask)?;
        let mut expected = self.expected(step.ask)?;
        // Earlier output stays if it isn't built again.
        for program in before {
            if expected.outputs.iter().all(|new| new.name != program.name) {
                expected.outputs.push(program);
            }
        }
        expected.outputs.sort();
        self.steps += 1;
        Ok((forgo != expected).then(|| difference(&expected, &forgo)))
    }

    /// The output of the stock command without faults, and its files in an empty directory.
    pub(super) fn expected(&mut self, ask: Ask) -> Result<Answer> {
        let key = (self.module.clone(), ask);
        if let Some(answer) = self.known.get(&key) {
            return Ok(answer.clone());
        }
        let (out, aside) = (self.path("out"), self.path("out.aside"));
        at(&out, fs::rename(&out, &aside))?;
        self.empty_out()?;
        let answer = self.ask(Who::Stock, ask)?;
        tree::remove(&out)?;
        at(&out, fs::rename(&aside, &out))?;
        self.known.insert(key, answer.clone());
        Ok(answer)
    }

    /// Returns how many answers of the stock command are cached.
    pub fn asked(&self) -> usize {
        self.known.len()
    }

    pub(super) fn edit(&mut self, step: Step) -> Result<()> {
        let mut next = self.module.clone();
        next.edit(step.edit);
        if let Edit::Back { steps } = step.edit {
            let then = self.history.len().saturating_sub(steps.into());
            next = self.history.get(then).cloned().unwrap_or(next);
        }
        let old = std::mem::replace(&mut self.module, next);
        self.history.push(old);

        let file = |p: usize| self.path(&self.module.file_of(p));
        match step.edit {
            Edit::SameStat { p, .. } => {
                let file = file(p);
                let meta = at(&file, fs::metadata(&file))?;
                let time = at(&file, meta.modified())?;
                self.write_files()?;
                return set_time(&file, time);
            }
            Edit::Rewritten { p } => {
                let file = file(p);
                let text = at(&file, fs::read(&file))?;
                at(&file, fs::write(&file, text))?;
            }
            Edit::Touched { p, hours } => {
                let hour = Duration::from_secs(3600);
                let by = hour * u32::from(hours.unsigned_abs());
                let now = SystemTime::now();
                set_time(&file(p), if hours < 0 { now - by } else { now + by })?;
            }
            Edit::OutputGone => {
                self.empty_out()?;
            }
            Edit::OutputOverwritten => {
                let file = self.path("out/main");
                if file.exists() {
                    // Still an object file, which a build may overwrite.
                    at(&file, fs::write(&file, b"\x7fELF and no more"))?;
                }
            }
            Edit::Killed { ms } => {
                self.write_files()?;
                return self.kill(step.ask, ms);
            }
            Edit::Rested => std::thread::sleep(Duration::from_millis(2100)),
            Edit::CutOff { n } => cut_off(&self.path("cache-forgo"), n)?,
            _ => {}
        }
        self.write_files()
    }

    /// Writes the files that differ; in place or by renaming, in turn.
    fn write_files(&mut self) -> Result<()> {
        let files = self.module.files();
        for name in self.files.keys().filter(|name| !files.contains_key(*name)) {
            let file = self.path(name);
            at(&file, fs::remove_file(&file))?;
            // Only when it is empty.
            let _ = file.parent().map(fs::remove_dir);
        }
        for (name, text) in &files {
            if self.files.get(name) == Some(text) {
                continue;
            }
            let file = self.path(name);
            let dir = file.parent().unwrap_or(&file);
            at(dir, fs::create_dir_all(dir))?;
            if self.steps.is_multiple_of(2) {
                at(&file, fs::write(&file, text))?;
            } else {
                let new = self.path("new");
                at(&new, fs::write(&new, text))?;
                at(&file, fs::rename(&new, &file))?;
            }
        }
        self.files = files;
        Ok(())
    }

    pub(super) fn command(&self, who: Who, ask: Ask, flags: &[&str]) -> Command {
        const FACTS: &str = "{{.ImportPath}} {{.GoFiles}} {{.SFiles}} {{.IgnoredGoFiles}} \
             {{.EmbedFiles}} {{.Imports}} {{with .Module}}{{.Dir}} {{.GoVersion}}{{end}} {{.Error}}";
        let goroot = &self.programs.goroot;
        let cache = match who {
            Who::Stock => "cache-stock",
            Who::Forgo => "cache-forgo",
        };
        let out = self.path("out");
        let out = out.to_string_lossy();
        let main = format!("{out}/main");
        let args: Vec<&str> = match ask {
            Ask::Install => vec!["build", "-o", &out, "./..."],
            Ask::Build => vec!["build", "./..."],
            Ask::One => vec!["build", "-o", &main, "."],
            Ask::Test => vec!["test", "./..."],
            Ask::Vet => vec!["vet", "./..."],
            Ask::List => vec!["list", "-e", "-deps", "-f", FACTS, "./..."],
        };
        let mut command = Command::new(self.program(who));
        command
            .arg(args[0])
            .args(flags)
            .args(&args[1..])
            .current_dir(self.path("m"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("PWD", self.path("m"))
            .env("HOME", self.path("home"))
            .env("TMPDIR", self.path("tmp"))
            .env("GOPATH", self.path("gopath"))
            .env("GOROOT", goroot)
            .env("GOCACHE", self.path(cache))
            .env("GOENV", "off")
            .env("GOTOOLCHAIN", "local")
            .env("GOPROXY", "off")
            .env("GOSUMDB", "off")
            .env("FORGO_GO", goroot.join("bin/go"))
            .env("VARIABLE", self.module.variable.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(super) fn ask(&self, who: Who, ask: Ask) -> Result<Answer> {
        let output = self.command(who, ask, &self.module.flags()).output();
        let output = output.map_err(|e| format!("{who:?}: {e}"))?;
        self.answer(&output)
    }

    /// Flags of every command, now.
    pub(super) fn flags(&self) -> Vec<&'static str> {
        self.module.flags()
    }

    /// The files of the module.
    pub(super) fn sources(&self) -> Vec<PathBuf> {
        self.files.keys().map(|name| self.path(name)).collect()
    }

    pub(super) fn answer(&self, output: &Output) -> Result<Answer> {
        answer_of(output, &self.path("out"))
    }

    /// Starts forgo, and kills it soon.
    fn kill(&self, ask: Ask, ms: u8) -> Result<()> {
        let mut command = self.command(Who::Forgo, ask, &self.module.flags());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|e| e.to_string())?;
        std::thread::sleep(Duration::from_millis(ms.into()));
        // It may be over by itself.
        let _ = child.kill();
        child.wait().map(drop).map_err(|e| e.to_string())
    }
}

/// The output of a command, and the contents of a directory after it.
pub(super) fn answer_of(output: &Output, out: &Path) -> Result<Answer> {
    Ok(Answer {
        code: output.status.code(),
        stdout: lines(&output.stdout),
        stderr: lines(&output.stderr),
        outputs: outputs(out)?,
    })
}

/// The texts that differ from run to run, and their replacements.
static MASKS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let masks = [
        (r"(?m)\t(\(cached\)|[0-9.]+s)$", "\ttime"),
        (r"go-build[0-9]+", "go-build"),
        (r"/cache-(stock|forgo)/", "/cache/"),
    ];
    let mask = |text| Regex::new(text).expect("a fixed expression");
    masks.map(|(text, by)| (mask(text), by)).into()
});

/// Lines without what differs from run to run, sorted: packages are worked on at the same time.
fn lines(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    let mut text = text.into_owned();
    for (mask, by) in &*MASKS {
        text = mask.replace_all(&text, *by).into_owned();
    }
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn outputs(dir: &Path) -> Result<Vec<Program>> {
    let mut list = Vec::new();
    for item in at(dir, fs::read_dir(dir))?.flatten() {
        let path = item.path();
        let meta = at(&path, item.metadata())?;
        let bytes = at(&path, fs::read(&path))?;
        list.push(Program {
            name: item.file_name().to_string_lossy().into_owned(),
            mode: meta.permissions().mode(),
            size: bytes.len(),
            digest: Sha256::digest(&bytes).into(),
        });
    }
    list.sort();
    Ok(list)
}

pub(super) fn difference(stock: &Answer, forgo: &Answer) -> String {
    let mut text = String::new();
    if stock.code != forgo.code {
        text += &format!(
            "exit status: stock {:?}, forgo {:?}\n",
            stock.code, forgo.code
        );
    }
    for (what, a, b) in [
        ("stdout", &stock.stdout, &forgo.stdout),
        ("stderr", &stock.stderr, &forgo.stderr),
    ] {
        let only = |mark: char, a: &[String], b: &[String]| -> String {
            let lines = a.iter().filter(|line| !b.contains(line));
            lines
                .map(|line| format!("{what} {mark} {line}\n"))
                .collect()
        };
        text += &only('-', a, b);
        text += &only('+', b, a);
    }
    let names = |answer: &Answer| -> Vec<String> {
        let show = |program: &Program| {
            let Program {
                name, mode, size, ..
            } = program;
            format!(
                "{name} {mode:o} {size} bytes, {:02x?}",
                &program.digest[..4]
            )
        };
        answer.outputs.iter().map(show).collect()
    };
    if stock.outputs != forgo.outputs {
        let (stock, forgo) = (names(stock), names(forgo));
        text += &format!("outputs differ: stock {stock:?}, forgo {forgo:?}\n");
    }
    text
}

pub(super) fn set_time(file: &Path, time: SystemTime) -> Result<()> {
    at(file, tree::set_time(file, time))
}

/// Cuts off one of the files that were made last.
fn cut_off(cache: &Path, n: u8) -> Result<()> {
    let mut found = Vec::new();
    for dir in at(cache, fs::read_dir(cache))?.flatten() {
        for item in fs::read_dir(dir.path()).into_iter().flatten().flatten() {
            let Ok(meta) = item.metadata() else {
                continue;
            };
            // Those of the base have other names too.
            if meta.is_file() && meta.nlink() == 1 {
                found.push((meta.mtime(), meta.mtime_nsec(), item.path(), meta.len()));
            }
        }
    }
    found.sort();
    if let Some((_, _, path, size)) = found.iter().rev().nth(usize::from(n) * 3) {
        let file = at(path, File::options().write(true).open(path))?;
        at(path, file.set_len(size / 2))?;
    }
    Ok(())
}

const _: () = assert!(PACKAGES >= 3, "edits name packages from both ends");
