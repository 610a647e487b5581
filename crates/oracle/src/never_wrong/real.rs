//! `oracle never-wrong --project DIR`: the same on a copy of a real module, whose files are edited
//! by looking at their text. Some edits are made between two comparisons, forgo being asked after
//! each of them. The comparison: output, programs by their bytes, archives by the build IDs that
//! `list -export` prints, since they are hashes of all inputs and outputs.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use super::Options;
use super::edits::Dice;
use super::text_edits::{Op, Texts};
use super::world::{Answer, Result, answer_of, at, difference, set_time};
use crate::programs::{Programs, Who};
use crate::tree::{self, Take};

/// The command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    /// `list -deps -export`, build IDs of all archives.
    Archives,
    /// `build -o out/`
    Programs,
    /// `build -o /dev/null`
    Build,
    /// `vet`
    Vet,
    /// `list -deps -test`, facts.
    List,
}

/// An edit, what forgo is asked after it, and whether the stock command is too.
#[derive(Debug, Clone)]
struct Step {
    op: Op,
    ask: Ask,
    compared: bool,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.op {
            Op::Write(file, _, what) => write!(f, "{what} in {file}")?,
            Op::WriteUnseen(file, _) => write!(f, "{file} changed, of the same size and time")?,
            other => write!(f, "{other:?}")?,
        }
        write!(f, ", then {:?}", self.ask)?;
        if self.compared {
            write!(f, ", compared")
        } else {
            Ok(())
        }
    }
}

/// Edits a copy of the project until steps or time are over. Returns how many were made; `None` if forgo was wrong.
pub(super) fn run(options: &Options, project: &Path) -> Result<Option<usize>> {
    let started = Instant::now();
    let (mut done, mut compared, mut sequence) = (0, 0, options.seed);
    while done < options.steps && started.elapsed() < options.time {
        let mut dice = Dice::new(sequence);
        let mut copy = Copy::new(options, project)?;
        let mut steps = Vec::new();
        while steps.len() < options.length && started.elapsed() < options.time {
            let Some(step) = copy.any_step(&mut dice, done + steps.len())? else {
                continue;
            };
            steps.push(step.clone());
            compared += usize::from(step.compared);
            if let Some(wrong) = copy.step(&step)? {
                println!("seed {sequence}, step {}:\n{wrong}", steps.len());
                let (steps, wrong) = shrink(options, project, steps, wrong)?;
                println!("the shortest sequence found that shows it:");
                for step in steps {
                    println!("    {step}");
                }
                println!("{wrong}");
                return Ok(None);
            }
        }
        done += steps.len();
        sequence += 1;
    }
    println!(
        "{}: {done} steps on {} from seed {}, {compared} compared, in {} s, never wrong",
        options.programs.release(),
        project.display(),
        options.seed,
        started.elapsed().as_secs()
    );
    Ok(Some(done))
}

/// Leaves out steps as long as the rest still goes wrong.
fn shrink(
    options: &Options,
    project: &Path,
    mut steps: Vec<Step>,
    mut wrong: String,
) -> Result<(Vec<Step>, String)> {
    let mut size = steps.len() / 2;
    while size > 0 {
        let mut from = 0;
        while from + size < steps.len() {
            let mut fewer = steps.clone();
            fewer.drain(from..from + size);
            let mut copy = Copy::new(options, project)?;
            let mut found = None;
            for step in &fewer {
                found = copy.step(step)?;
                if found.is_some() {
                    break;
                }
            }
            match found {
                Some(text) => (steps, wrong) = (fewer, text),
                None => from += size,
            }
        }
        size /= 2;
    }
    Ok((steps, wrong))
}

/// A copy of the project, with a cache for each command.
struct Copy<'a> {
    programs: &'a Programs,
    project: &'a Path,
    patterns: &'a [String],
    root: tempfile::TempDir,
    texts: Texts,
    module_cache: String,
    tagged: bool,
    /// The last answer was an error: broken sources are mended soon, since they show little.
    broken: bool,
}

impl<'a> Copy<'a> {
    fn new(options: &'a Options, project: &'a Path) -> Result<Copy<'a>> {
        let root = tempfile::Builder::new().prefix("never-wrong").tempdir();
        let root = root.map_err(|e| e.to_string())?;
        let module = root.path().join("m");
        tree::copy(project, &module, &|path| match path.file_name() {
            Some(name) if name == ".git" => Take::LeaveOut,
            _ => Take::Copy,
        })?;
        for dir in ["home/.config/go/telemetry", "tmp", "gopath", "out"] {
            let dir = root.path().join(dir);
            at(&dir, fs::create_dir_all(&dir))?;
        }
        let mode = root.path().join("home/.config/go/telemetry/mode");
        at(&mode, fs::write(&mode, "off"))?;
        for cache in ["cache-forgo", "cache-stock"] {
            let cache = root.path().join(cache);
            match &options.stock_cache {
                Some(seed) => tree::link_cache(seed, &cache)?,
                None => at(&cache, fs::create_dir_all(&cache))?,
            }
        }
        let go = options.programs.goroot.join("bin/go");
        let asked = Command::new(go).args(["env", "GOMODCACHE"]).output();
        let asked = asked.map_err(|e| e.to_string())?;
        Ok(Copy {
            programs: &options.programs,
            project,
            patterns: &options.patterns,
            texts: Texts::of(&module, &options.below)?,
            root,
            module_cache: String::from_utf8_lossy(&asked.stdout).trim().to_owned(),
            tagged: false,
            broken: false,
        })
    }

    fn any_step(&self, dice: &mut Dice, number: usize) -> Result<Option<Step>> {
        let op = if self.broken && dice.below(2) == 0 {
            Some(Op::RestoreAll)
        } else {
            self.texts.edit(&self.root.path().join("m"), dice, number)?
        };
        let ask = match dice.below(10) {
            0..=3 => Ask::Archives,
            4..=6 => Ask::Programs,
            7 => Ask::Build,
            8 => Ask::Vet,
            _ => Ask::List,
        };
        let compared = dice.below(3) == 0;
        Ok(op.map(|op| Step { op, ask, compared }))
    }

    /// Makes a step. `Some(text)` describes how forgo was wrong.
    fn step(&mut self, step: &Step) -> Result<Option<String>> {
        self.edit(&step.op)?;
        let out = self.root.path().join("out");
        let forgo = self.ask(Who::Forgo, step.ask)?;
        self.broken = forgo.code != Some(0);
        if !step.compared {
            return Ok(None);
        }
        let (ours, theirs) = (
            self.root.path().join("ours"),
            self.root.path().join("theirs"),
        );
        at(&theirs, fs::create_dir_all(&theirs))?;
        at(&out, fs::rename(&out, &ours))?;
        at(&theirs, fs::rename(&theirs, &out))?;
        let stock = self.ask(Who::Stock, step.ask)?;
        at(&out, fs::remove_dir_all(&out))?;
        at(&ours, fs::rename(&ours, &out))?;
        let mut forgo = forgo;
        // Earlier output must not count.
        let is_new = |name: &str| stock.outputs.iter().any(|program| program.name == name);
        forgo.outputs.retain(|program| is_new(&program.name));
        Ok((forgo != stock).then(|| difference(&stock, &forgo)))
    }

    fn edit(&mut self, op: &Op) -> Result<()> {
        let module = self.root.path().join("m");
        let file = |name: &str| module.join(name);
        match op {
            Op::Write(name, text, _) => at(&file(name), fs::write(file(name), text)),
            Op::WriteUnseen(name, text) => {
                let path = file(name);
                let time = fs::metadata(&path).and_then(|meta| meta.modified());
                at(&path, fs::write(&path, text))?;
                time.map_or(Ok(()), |time| set_time(&path, time))
            }
            // Where edits were left out, it may not be there.
            Op::Remove(name) => {
                let _ = fs::remove_file(file(name));
                Ok(())
            }
            Op::Rename(from, to) => {
                let _ = fs::rename(file(from), file(to));
                Ok(())
            }
            Op::Touch(name, hours) => {
                let by = Duration::from_secs(hours.unsigned_abs() * 3600);
                let now = SystemTime::now();
                let time = if *hours < 0 { now - by } else { now + by };
                set_time(&file(name), time).or(Ok(()))
            }
            Op::Restore(name) => self.restore(name),
            Op::RestoreAll => self.restore_all(),
            Op::Tag => {
                self.tagged = !self.tagged;
                Ok(())
            }
            Op::OutputGone => {
                let out = self.root.path().join("out");
                at(&out, fs::remove_dir_all(&out))?;
                at(&out, fs::create_dir(&out))
            }
        }
    }

    fn restore(&self, name: &str) -> Result<()> {
        let (from, to) = (
            self.project.join(name),
            self.root.path().join("m").join(name),
        );
        match fs::read(&from) {
            Ok(text) if fs::read(&to).is_ok_and(|now| now == text) => Ok(()),
            Ok(text) => at(&to, fs::write(&to, text)),
            Err(_) => {
                let _ = fs::remove_file(&to);
                Ok(())
            }
        }
    }

    /// Restores all Go files, and removes those that were not there.
    fn restore_all(&self) -> Result<()> {
        let mut below = Texts::of(&self.root.path().join("m"), "")?.sources;
        below.extend(self.texts.sources.iter().cloned());
        below.sort();
        below.dedup();
        below.iter().try_for_each(|name| self.restore(name))
    }

    fn ask(&self, who: Who, ask: Ask) -> Result<Answer> {
        const FACTS: &str = "{{.ImportPath}} {{.GoFiles}} {{.SFiles}} {{.IgnoredGoFiles}} {{.CgoFiles}} \
             {{.EmbedFiles}} {{.TestGoFiles}} {{.Imports}} {{.Error}}";
        const IDS: &str = "{{.ImportPath}} {{.BuildID}} {{.Error}}";
        let goroot = &self.programs.goroot;
        let (program, cache) = match who {
            Who::Stock => (goroot.join("bin/go"), "cache-stock"),
            Who::Forgo => (self.programs.forgo.clone(), "cache-forgo"),
        };
        let path = |name: &str| self.root.path().join(name);
        let out = format!("{}/", path("out").display());
        let args: Vec<&str> = match ask {
            Ask::Archives => vec!["list", "-e", "-deps", "-export", "-f", IDS],
            Ask::Programs => vec!["build", "-o", &out],
            Ask::Build => vec!["build", "-o", "/dev/null"],
            Ask::Vet => vec!["vet"],
            Ask::List => vec!["list", "-e", "-deps", "-test", "-f", FACTS],
        };
        let tags = self.tagged.then_some("-tags=neverwrong");
        let mut command = Command::new(program);
        command
            .arg(args[0])
            .args(tags)
            .args(&args[1..])
            .args(self.patterns)
            .current_dir(path("m"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("PWD", path("m"))
            .env("HOME", path("home"))
            .env("TMPDIR", path("tmp"))
            .env("GOPATH", path("gopath"))
            .env("GOMODCACHE", &self.module_cache)
            .env("GOROOT", goroot)
            .env("GOCACHE", path(cache))
            .env("GOENV", "off")
            .env("GOTOOLCHAIN", "local")
            .env("GOPROXY", "off")
            .env("GOSUMDB", "off")
            .env("FORGO_GO", goroot.join("bin/go"));
        let output = command.output().map_err(|e| format!("{who:?}: {e}"))?;
        answer_of(&output, &path("out"))
    }
}
