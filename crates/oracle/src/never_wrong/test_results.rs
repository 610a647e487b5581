//! `never-wrong --tests`: random tests, random edits of their inputs, and after each edit forgo's
//! result against that of the test binary, run at that moment in the way the go command runs it.
//! The binary is built by the stock command, once for each state of its sources.
//!
//! The stock command itself repeats results that are no longer true, if nothing in its key has
//! changed: it does not look outside of the module, nor at a file whose size and time were kept.
//! Where forgo differs from the real run, the stock command is asked the same on a copy of forgo's
//! cache, in which only real runs are stored under stock keys. If it reports the same from its
//! cache, forgo is not wrong.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime};

use regex::Regex;

use super::edits::Dice;
use super::test_module::{
    self as module, Edit, Module, Node, PACKAGE, Step, VARIABLE, ZONE_FILES, ZONES,
};
use super::world::{Result, at, set_time};
use super::{Options, test_binary};
use crate::programs::{Programs, Who};
use crate::tree;

/// So many different tests there are; each is built once for a directory.
const SOURCES: u64 = 96;

/// Steps of a sequence: longer ones make the builds of the test cheaper.
const LENGTH: usize = 50;

/// At one of so many steps the stock command runs too, before forgo; and after it, where only forgo
/// has a cached result.
const SAMPLE: usize = 20;

/// A step at which forgo was wrong.
struct Wrong {
    steps: Vec<Step>,
    difference: String,
}

/// How often forgo did what.
#[derive(Debug, Default)]
struct Counts {
    steps: usize,
    cached: usize,
    /// Results from the cache at steps where the stock command was asked before.
    sampled: usize,
    /// Those of them that the stock command does not find.
    by_content: usize,
    failed: usize,
    /// The stock command would have been wrong too.
    stock_wrong: usize,
}

/// `oracle never-wrong --tests`.
pub fn run(options: &Options) -> Result<Option<usize>> {
    let base = base(options)?;
    let started = Instant::now();
    let until = Some(started + options.time);
    let mut world = World::new(&options.programs, &base)?;
    let mut sequence = options.seed;
    while world.counts.steps < options.steps && started.elapsed() < options.time {
        let mut dice = Dice::new(sequence);
        let length = LENGTH.min(options.steps - world.counts.steps);
        let steps: Vec<Step> = (0..length).map(|_| module::step(&mut dice)).collect();
        if let Some(wrong) = play(&mut world, sequence, &steps, until)? {
            let made = wrong.steps.len();
            println!("seed {sequence}, step {made}:\n{}", wrong.difference);
            let wrong = shrink(&mut world, sequence, wrong)?;
            println!("the test:\n{}", module::source(sequence % SOURCES));
            println!("the shortest sequence found that shows it:");
            for step in &wrong.steps {
                println!("    {step}");
            }
            println!("{}", wrong.difference);
            return Ok(None);
        }
        sequence += 1;
    }
    let counts = &world.counts;
    println!(
        "{}: {} steps of tests in {} sequences from seed {}, in {} s, never wrong: {} results from the cache, {} failures, \
         {} runs; of {} of those from the cache {} were found by content, {} under the stock key; {} times the stock \
         command was wrong too",
        options.programs.release(),
        counts.steps,
        sequence - options.seed,
        options.seed,
        started.elapsed().as_secs(),
        counts.cached,
        counts.failed,
        counts.steps - counts.cached,
        counts.sampled,
        counts.by_content,
        counts.sampled - counts.by_content,
        counts.stock_wrong,
    );
    Ok(Some(counts.steps))
}

/// Makes steps from the beginning, until one is wrong.
fn play(
    world: &mut World<'_>,
    sequence: u64,
    steps: &[Step],
    until: Option<Instant>,
) -> Result<Option<Wrong>> {
    world.begin(sequence)?;
    for (i, &step) in steps.iter().enumerate() {
        if until.is_some_and(|until| Instant::now() >= until) {
            break;
        }
        if let Some(difference) = world.step(step)? {
            let steps = steps[..=i].to_vec();
            return Ok(Some(Wrong { steps, difference }));
        }
    }
    Ok(None)
}

/// Leaves out steps as long as the rest still goes wrong.
fn shrink(world: &mut World<'_>, sequence: u64, mut wrong: Wrong) -> Result<Wrong> {
    let mut size = wrong.steps.len() / 2;
    while size > 0 {
        let mut from = 0;
        while from + size < wrong.steps.len() {
            let mut fewer = wrong.steps.clone();
            fewer.drain(from..from + size);
            match play(world, sequence, &fewer, None)? {
                Some(found) => wrong = found,
                None => from += size,
            }
        }
        size /= 2;
    }
    Ok(wrong)
}

/// A cache with what the tests need of the standard library.
fn base(options: &Options) -> Result<PathBuf> {
    let key = test_binary::key(&options.programs.goroot)?;
    let base = crate::places::cache_dir()?.join(format!("never-wrong-tests-{key}"));
    let complete = base.join("complete.txt");
    if !complete.exists() {
        at(&base, fs::create_dir_all(&base))?;
        let mut world = World::new(&options.programs, &base)?;
        world.fill(&base)?;
        at(&complete, fs::write(&complete, ""))?;
    }
    Ok(base)
}

struct World<'a> {
    programs: &'a Programs,
    root: tempfile::TempDir,
    base: PathBuf,
    module: Module,
    history: Vec<Module>,
    /// The files of each checkout on the disk.
    disks: [BTreeMap<&'static str, Node>; 2],
    /// Which source the package has.
    source: u64,
    trimpath: bool,
    /// Test binaries of the stock command, by what goes into them.
    binaries: HashMap<(u64, bool, usize, &'static str), PathBuf>,
    counts: Counts,
}

/// The output of a test.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    passed: bool,
    lines: Vec<String>,
}

impl<'a> World<'a> {
    fn new(programs: &'a Programs, base: &Path) -> Result<World<'a>> {
        let root = tempfile::Builder::new().prefix("never-wrong").tempdir();
        let world = World {
            programs,
            root: root.map_err(|e| e.to_string())?,
            base: base.to_owned(),
            module: Module::default(),
            history: Vec::new(),
            disks: Default::default(),
            source: 0,
            trimpath: false,
            binaries: HashMap::new(),
            counts: Counts::default(),
        };
        for dir in ["home/.config/go/telemetry", "tmp", "gopath", "truth"] {
            let dir = world.path(dir);
            at(&dir, fs::create_dir_all(&dir))?;
        }
        let mode = world.path("home/.config/go/telemetry/mode");
        at(&mode, fs::write(&mode, "off"))?;
        Ok(world)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// The directory of a checkout.
    fn checkout(&self, which: usize) -> PathBuf {
        self.path(["a", "b"][which])
    }

    /// Compiles what all tests import.
    fn fill(&mut self, base: &Path) -> Result<()> {
        self.write_zone()?;
        for trimpath in [false, true] {
            self.trimpath = trimpath;
            let text = "package p\n\nimport (\n\t_ \"embed\"\n\t_ \"fmt\"\n\t_ \"io/fs\"\n\t_ \"os/exec\"\n\
                \t_ \"path/filepath\"\n\t_ \"runtime\"\n\t_ \"strings\"\n\t_ \"syscall\"\n\t\"testing\"\n\t_ \"time\"\n)\n\n\
                func TestP(t *testing.T) {}\n";
            self.rewrite(0, None)?;
            let file = self.checkout(0).join("p/p_test.go");
            at(&file, fs::write(&file, text))?;
            let mut command = self.go(Who::Stock, 0, base);
            command.args(["test", "-vet=off", "-c", "-o", "/dev/null"]);
            command.args(self.flags()).arg("./p");
            succeed(&mut command)?;
        }
        Ok(())
    }

    /// All is as it was at first, with the test of this sequence.
    fn begin(&mut self, sequence: u64) -> Result<()> {
        self.module = Module::default();
        self.history.clear();
        self.source = sequence % SOURCES;
        self.trimpath = sequence.is_multiple_of(2);
        self.write_zone()?;
        self.rewrite(0, Some(0))?;
        tree::remove(&self.checkout(1))?;
        self.disks[1].clear();
        let cache = self.path("cache-forgo");
        tree::remove(&cache)?;
        tree::link_cache(&self.base, &cache)
    }

    /// Makes a step. `Ok(Some(text))` describes how forgo was wrong.
    fn step(&mut self, step: Step) -> Result<Option<String>> {
        let which = usize::from(step.second);
        self.edit(step, which)?;
        let binary = self.binary(which)?;
        let truth = self.truth(which, &binary)?;
        let sample = self.counts.steps % SAMPLE == SAMPLE - 1;
        let known = sample.then(|| self.stock_knows(which)).transpose()?;
        let (said, text) = self.forgo(which)?;
        self.counts.steps += 1;
        self.counts.failed += usize::from(!truth.passed);
        if let Some(known) = known
            && is_cached(&text)
        {
            self.counts.sampled += 1;
            self.counts.by_content += usize::from(known.is_none());
            if known.is_none() && self.stock_knows(which)?.is_some() {
                let what = "forgo stored a result that it found by content under the stock key";
                return Ok(Some(what.to_owned()));
            }
        }
        if said == truth {
            return Ok(None);
        }
        if self.stock_knows(which)?.as_ref() == Some(&said) {
            self.counts.stock_wrong += 1;
            // An input that its key lacks would make it wrong at the next steps too.
            self.rewrite(which, None)?;
            return Ok(None);
        }
        let lines = |said: &Said| said.lines.join("\n    ");
        Ok(Some(format!(
            "in {}, trimpath {}; a real run (passed: {}) says\n    {}\nforgo says\n    {}",
            self.checkout(which).display(),
            self.trimpath,
            truth.passed,
            lines(&truth),
            text.replace('\n', "\n    "),
        )))
    }

    fn edit(&mut self, step: Step, which: usize) -> Result<()> {
        let mut next = self.module.clone();
        next.edit(step.edit);
        if let Edit::Back { steps } = step.edit {
            let then = self.history.len().saturating_sub(steps);
            next = self.history.get(then).cloned().unwrap_or(next);
        }
        let old = std::mem::replace(&mut self.module, next);
        self.history.push(old);
        self.write_zone()?;
        if step.edit == Edit::Checkout || which == 1 && step.fresh {
            return self.rewrite(which, step.age);
        }
        let file = module::file_of(step.edit).map(|name| self.checkout(which).join(name));
        let kept = file
            .as_ref()
            .and_then(|file| fs::metadata(file).ok()?.modified().ok());
        self.write(which, step.age)?;
        match (step.edit, file, kept) {
            (Edit::SameStat { .. }, Some(file), Some(time)) if file.exists() => {
                set_time(&file, time)
            }
            (Edit::Touch { .. }, Some(file), _) if file.exists() => {
                set_time(&file, time_of(step.age))
            }
            _ => Ok(()),
        }
    }

    /// Writes a checkout from nothing.
    fn rewrite(&mut self, which: usize, age: module::Age) -> Result<()> {
        tree::remove(&self.checkout(which))?;
        self.disks[which].clear();
        self.write(which, age)
    }

    /// Makes a checkout what the module is.
    fn write(&mut self, which: usize, age: module::Age) -> Result<()> {
        let dir = self.checkout(which);
        if !dir.exists() {
            for sub in [
                "p/testdata/sub/deep",
                "p/.hidden",
                "p/nested",
                "shared/dir",
                "other",
            ] {
                let sub = dir.join(sub);
                at(&sub, fs::create_dir_all(&sub))?;
            }
            let text = "module example.com/m\n\ngo 1.26\n";
            at(&dir, fs::write(dir.join("go.mod"), text))?;
            let file = dir.join(PACKAGE).join("p_test.go");
            at(&file, fs::write(&file, module::source(self.source)))?;
        }
        let embedded = dir.join(PACKAGE).join("embed.txt");
        let text = self.module.embedded();
        if fs::read_to_string(&embedded).ok().as_deref() != Some(text) {
            at(&embedded, fs::write(&embedded, text))?;
            set_time(&embedded, time_of(age))?;
        }
        let (old, new) = (&self.disks[which], &self.module.nodes);
        for (name, node) in old.iter().filter(|(name, _)| !new.contains_key(*name)) {
            let path = dir.join(name);
            let removed = match node {
                Node::Dir { .. } => fs::remove_dir(&path),
                _ => fs::remove_file(&path),
            };
            at(&path, removed)?;
        }
        for (name, node) in new
            .iter()
            .filter(|(name, node)| old.get(*name) != Some(node))
        {
            write_node(&dir.join(name), node, age)?;
        }
        self.disks[which].clone_from(&self.module.nodes);
        Ok(())
    }

    /// Writes the file of a time zone.
    fn write_zone(&self) -> Result<()> {
        let from = Path::new("/usr/share/zoneinfo").join(ZONE_FILES[self.module.zone_file]);
        let zone = self.path("zone");
        let bytes = fs::read(&from).unwrap_or_default();
        if fs::read(&zone).ok().as_ref() != Some(&bytes) {
            at(&zone, fs::write(&zone, bytes))?;
        }
        Ok(())
    }

    fn flags(&self) -> &'static [&'static str] {
        if self.trimpath { &["-trimpath"] } else { &[] }
    }

    /// The environment of both commands, and of the real run.
    fn environment(&self, command: &mut Command, dir: &Path) {
        let goroot = &self.programs.goroot;
        command
            .current_dir(dir)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("PWD", dir)
            .env("HOME", self.path("home"))
            .env("TMPDIR", self.path("tmp"))
            .env("GOPATH", self.path("gopath"))
            .env("GOENV", "off")
            .env("GOTOOLCHAIN", "local")
            .env("GOPROXY", "off")
            .env("GOSUMDB", "off")
            .env("FORGO_GO", goroot.join("bin/go"))
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .stdout(Stdio::piped());
        if let Some(value) = VARIABLE[self.module.variable] {
            command.env("VARIABLE", value);
        }
        if let Some(value) = ZONES[self.module.zone] {
            command.env(
                "TZ",
                value.replace("$W", &self.root.path().to_string_lossy()),
            );
        }
    }

    /// A go command.
    fn go(&self, who: Who, which: usize, cache: &Path) -> Command {
        let mut command = Command::new(match who {
            Who::Stock => self.programs.goroot.join("bin/go"),
            Who::Forgo => self.programs.forgo.clone(),
        });
        self.environment(&mut command, &self.checkout(which));
        command.env("GOCACHE", cache);
        command
    }

    /// The test binary, built by the stock command from what a checkout has.
    fn binary(&mut self, which: usize) -> Result<PathBuf> {
        let place = if self.trimpath { 0 } else { which };
        let key = (self.source, self.trimpath, place, self.module.embedded());
        if let Some(binary) = self.binaries.get(&key) {
            return Ok(binary.clone());
        }
        let binary = self.path(&format!("truth/{}.test", self.binaries.len()));
        let mut command = self.go(Who::Stock, which, &self.base);
        command.args(["test", "-vet=off", "-c", "-o"]).arg(&binary);
        command.args(self.flags()).arg("./p");
        succeed(&mut command)?;
        self.binaries.insert(key, binary.clone());
        Ok(binary)
    }

    /// Runs the test as the go command does.
    fn truth(&self, which: usize, binary: &Path) -> Result<Said> {
        let fault = |e: std::io::Error| format!("{}: {e}", binary.display());
        let dir = self.checkout(which).join(PACKAGE);
        let mut command = Command::new(binary);
        self.environment(&mut command, &dir);
        let bin = self.programs.goroot.join("bin");
        let (mut reader, writer) = std::io::pipe().map_err(fault)?;
        command
            .args(["-test.paniconexit0", "-test.v=true", "-test.timeout=10m0s"])
            .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
            .env("GOCACHE", self.path("cache-forgo"))
            .stdout(writer.try_clone().map_err(fault)?)
            .stderr(writer);
        let mut child = command.spawn().map_err(fault)?;
        drop(command);
        let mut output = Vec::new();
        reader.read_to_end(&mut output).map_err(fault)?;
        let status = child.wait().map_err(fault)?;
        Ok(Said::of(status.success(), &output))
    }

    /// Runs forgo; returns its output, also as text.
    fn forgo(&mut self, which: usize) -> Result<(Said, String)> {
        let mut command = self.go(Who::Forgo, which, &self.path("cache-forgo"));
        command.args(["test", "-vet=off", "-v"]);
        command.args(self.flags()).arg("./p");
        let output = command.output().map_err(|e| format!("forgo: {e}"))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let said = Said::of(output.status.success(), &output.stdout);
        if is_cached(&text) {
            self.counts.cached += 1;
        }
        Ok((said, text + &String::from_utf8_lossy(&output.stderr)))
    }

    /// Returns the result that the stock command finds in a copy of forgo's cache, under stock
    /// keys.
    fn stock_knows(&self, which: usize) -> Result<Option<Said>> {
        let cache = self.path("cache-check");
        tree::remove(&cache)?;
        tree::link_cache(&self.path("cache-forgo"), &cache)?;
        let mut command = self.go(Who::Stock, which, &cache);
        command.args(["test", "-vet=off", "-v"]);
        command.args(self.flags()).arg("./p");
        let output = command.output().map_err(|e| format!("go: {e}"))?;
        let said = Said::of(output.status.success(), &output.stdout);
        Ok(is_cached(&String::from_utf8_lossy(&output.stdout)).then_some(said))
    }
}

impl Said {
    /// The output without times, and without the lines that only the go command or only the binary
    /// prints.
    fn of(passed: bool, output: &[u8]) -> Said {
        static TIME: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"\([0-9.]+s\)").expect("the expression is constant and valid")
        });
        let frame = |l: &&str| {
            let words = ["FAIL\t", "ok  \t", "exit status "];
            !matches!(*l, "FAIL" | "PASS") && !words.iter().any(|word| l.starts_with(word))
        };
        let text = String::from_utf8_lossy(output);
        let lines = text.lines().filter(frame);
        Said {
            passed,
            lines: lines
                .map(|l| TIME.replace_all(l, "(TIME)").into_owned())
                .collect(),
        }
    }
}

fn is_cached(stdout: &str) -> bool {
    stdout
        .lines()
        .any(|l| l.starts_with("ok  \t") && l.contains("(cached)"))
}

fn succeed(command: &mut Command) -> Result<()> {
    let output = command.output().map_err(|e| e.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    Err(String::from_utf8_lossy(&text).into_owned())
}

fn write_node(path: &Path, node: &Node, age: module::Age) -> Result<()> {
    match node {
        Node::File { text, mode } => {
            at(path, fs::write(path, text))?;
            at(
                path,
                fs::set_permissions(path, fs::Permissions::from_mode(*mode)),
            )?;
            set_time(path, time_of(age))
        }
        Node::Link(to) => {
            if path.is_symlink() {
                at(path, fs::remove_file(path))?;
            }
            at(path, symlink(to, path))
        }
        Node::Dir { mode } => {
            at(path, fs::create_dir(path))?;
            at(
                path,
                fs::set_permissions(path, fs::Permissions::from_mode(*mode)),
            )
        }
    }
}

/// The modification time of a file of some age. Old ones do not depend on when this runs.
fn time_of(age: module::Age) -> SystemTime {
    const BASE: Duration = Duration::from_secs(1_700_000_000);
    match age {
        Some(hours) => SystemTime::UNIX_EPOCH + BASE - Duration::from_secs(3600) * u32::from(hours),
        None => SystemTime::now(),
    }
}
