//! `cargo xtask seen`: checks that a kept answer holds everything that it depends on.
//!
//! Each command is run under strace until forgo keeps its answer. Then every call of forgo and its
//! children that opens, stats, lists or executes a path, or that asks the system for something
//! else, must be covered by the inputs of the answer, or by a rule that states why no answer can
//! depend on it. The next run must give the kept answer and start no process.
//!
//! For each answer that is kept, one file is removed from its inputs: the check must then fail.
//!
//! strace does not see what a process reads from memory: the environment, which is part of the key
//! of an answer, and the clock, which a lint guards (`clippy.toml`).

mod cases;
mod known;
mod projects;
mod trace;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cases::{CASES, Case};
use known::{Judge, Known, Places};
use oracle::programs::Programs;
use oracle::{places, tree};
use trace::Access;

/// How often a command may do its work before its answer must be kept: a test runs in the first
/// run, and is cached in the second one.
const TRIES: usize = 3;

/// Runs the task; true if every kept answer holds everything that it depends on.
pub fn main(args: &[String]) -> Result<bool, String> {
    let (mut goroots, mut forgo, mut only, mut keep) = (Vec::new(), None, None, false);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} needs a value"));
        match arg.as_str() {
            "--go" => goroots.push(Some(PathBuf::from(value()?))),
            "--forgo" => forgo = Some(PathBuf::from(value()?)),
            "--only" => {
                let text = value()?;
                let pattern = regex::Regex::new(text).map_err(|e| format!("--only: {e}"))?;
                only = Some(pattern);
            }
            "--keep" => keep = true,
            other => return Err(format!("seen: unknown argument {other}")),
        }
    }
    if goroots.is_empty() {
        goroots.push(None);
    }
    let mut is_good = true;
    for goroot in goroots {
        let programs = oracle::programs::find(goroot, forgo.clone())?;
        let lab = Lab::new(programs)?;
        for case in CASES {
            let name = case.name();
            if only.as_ref().is_some_and(|only| !only.is_match(&name)) {
                continue;
            }
            let report = lab.check(case).map_err(|e| format!("{name}: {e}"))?;
            println!("{name}: {}", report.summary);
            for line in &report.findings {
                println!("    {line}");
            }
            is_good &= report.findings.is_empty();
        }
        if keep {
            println!("kept: {}", lab.dir.keep().display());
        }
    }
    Ok(is_good)
}

/// The result of a case.
struct Report {
    summary: String,
    findings: Vec<String>,
}

/// Projects, a cache with the packages of the standard library that they need, and a directory for
/// traces.
struct Lab {
    programs: Programs,
    dir: tempfile::TempDir,
    judge: Judge,
}

impl Lab {
    fn new(programs: Programs) -> Result<Lab, String> {
        let dir = tempfile::tempdir().map_err(|e| format!("a directory: {e}"))?;
        let base = std::fs::canonicalize(dir.path()).map_err(|e| format!("a directory: {e}"))?;
        for name in ["tmp", "home", "out", "traces", "projects"] {
            let made = base.join(name);
            std::fs::create_dir(&made).map_err(|e| format!("{}: {e}", made.display()))?;
        }
        // Tools of the distribution count their runs below HOME otherwise.
        let mode = base.join("home/.config/go/telemetry/mode");
        projects::write(&mode, "off 2026-01-01")?;
        projects::make(&base.join("projects"))?;
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let places = Places(vec![
            ("$FORGO", path(&programs.forgo)),
            ("$TMP", path(&base.join("tmp"))),
            ("$GOCACHE", path(&base.join("cache"))),
            ("$HOME", path(&base.join("home"))),
            ("$OUT", path(&base.join("out"))),
            ("$PROJECTS", path(&base.join("projects"))),
            ("$GOROOT", path(&programs.goroot)),
        ]);
        let lab = Lab {
            programs,
            dir,
            judge: Judge::new(places)?,
        };
        lab.fill_cache()?;
        // A file that was modified just now is not trusted.
        std::thread::sleep(std::time::Duration::from_millis(100));
        Ok(lab)
    }

    /// The directory in which a case runs.
    fn start(&self, case: &Case) -> PathBuf {
        self.base().join("projects").join(case.project)
    }

    fn base(&self) -> PathBuf {
        // It exists: it was made above.
        std::fs::canonicalize(self.dir.path()).unwrap_or_else(|_| self.dir.path().to_owned())
    }

    /// A cache with the part of the standard library that the projects need, which is kept from one
    /// run of this task to the next.
    fn fill_cache(&self) -> Result<(), String> {
        let seeds = places::cache_dir()?.with_file_name("seen");
        let seed = seeds.join(self.programs.release());
        std::fs::create_dir_all(&seed).map_err(|e| format!("{}: {e}", seed.display()))?;
        let mut command = Command::new(self.programs.goroot.join("bin/go"));
        command
            .args(["build", "fmt", "embed", "io/fs", "testing", "runtime/cgo"])
            .args(["testing/internal/testdeps", "runtime/coverage"])
            .current_dir(self.base());
        self.set_environment(&mut command, &seed);
        let output = command.output().map_err(|e| format!("go build: {e}"))?;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(format!("go build: {errors}"));
        }
        tree::link_cache(&seed, &self.base().join("cache"))
    }

    fn set_environment(&self, command: &mut Command, cache: &Path) {
        let (base, goroot) = (self.base(), &self.programs.goroot);
        let path = format!("{}:/usr/bin:/bin", goroot.join("bin").display());
        command
            .env_clear()
            .env("PATH", path)
            .env("HOME", base.join("home"))
            .env("TMPDIR", base.join("tmp"))
            .env("GOCACHE", cache)
            .env("GOPATH", base.join("home/go"))
            .env("GOMODCACHE", base.join("projects/modcache"))
            .env("GOBIN", base.join("out/bin"))
            .env("FORGO_GO", goroot.join("bin/go"))
            .envs([("GOTOOLCHAIN", "local"), ("GOPROXY", "off")])
            .envs([("LANG", "C"), ("GOTELEMETRY", "off")])
            .stdin(Stdio::null());
    }

    /// Text with `$OUT`, `$PROJECTS` and `$GOROOT` replaced.
    fn expand(&self, text: &str) -> String {
        let base = self.base();
        text.replace("$OUT", &base.join("out").to_string_lossy())
            .replace("$GOROOT", &self.programs.goroot.to_string_lossy())
            .replace("$PROJECTS", &base.join("projects").to_string_lossy())
    }

    /// Runs a command under strace. Returns its calls.
    fn run(&self, case: &Case) -> Result<Vec<Access>, String> {
        let base = self.base();
        let traces = base.join("traces");
        tree::remove(&traces)?;
        std::fs::create_dir(&traces).map_err(|e| format!("{}: {e}", traces.display()))?;
        let dir = self.start(case);
        let mut command = Command::new("strace");
        command
            .args(["-ff", "--seccomp-bpf", "-y", "-s", "8192", "-e"])
            .arg(trace::filter())
            .arg("-o")
            .arg(traces.join("t"))
            .arg(&self.programs.forgo)
            .args(case.command.split(' ').map(|word| self.expand(word)))
            .current_dir(&dir);
        self.set_environment(&mut command, &base.join("cache"));
        command.env("PWD", &dir);
        for (name, value) in case.environment {
            command.env(name, self.expand(value));
        }
        let output = command
            .output()
            .map_err(|e| format!("strace: {e}: scripts/setup packages installs it"))?;
        if output.status.code() != Some(case.status) {
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(format!("{}: {errors}", output.status));
        }
        trace::read(&traces.join("t"), &dir.to_string_lossy())
    }

    /// Runs a case until its answer is kept, and once more.
    fn check(&self, case: &Case) -> Result<Report, String> {
        let cache = self.base().join("cache");
        for _ in 0..TRIES {
            let before = known::answers(&cache);
            let calls = self.run(case)?;
            let after = known::answers(&cache);
            let new = |(path, bytes): &(&String, &Vec<u8>)| before.get(*path) != Some(*bytes);
            let Some((_, file)) = after.iter().find(new) else {
                continue;
            };
            let known = Known::parse(file).ok_or("a kept answer that can't be read")?;
            return self.judge(case, &calls, &known);
        }
        let expected = case.refused;
        Ok(Report {
            summary: "not kept".into(),
            findings: match expected {
                true => Vec::new(),
                false => vec!["its answer should be kept".into()],
            },
        })
    }

    fn judge(&self, case: &Case, calls: &[Access], known: &Known) -> Result<Report, String> {
        let start = self.start(case).to_string_lossy().into_owned();
        let text = |access: &&Access| self.judge.text(access);
        let mut findings: Vec<String> = self
            .judge
            .unknown(calls, known, &start)
            .iter()
            .map(text)
            .collect();
        if case.refused {
            findings.push("its answer should not be kept".into());
        }
        // Each file that was read counts; so the check notices when one is forgotten.
        let projects = self.base().join("projects");
        let read = |call: &&Access| {
            let is_ours = Path::new(&call.path).starts_with(&projects);
            call.what == trace::What::Open && is_ours && known.has_file(&call.path)
        };
        match calls.iter().find(read) {
            Some(call) => {
                let less = known.without(&call.path).unwrap_or_default();
                if self.judge.unknown(calls, &less, &start).is_empty() {
                    findings.push(format!("not missed: {}", call.path));
                }
            }
            None => findings.push("no file was read".into()),
        }
        // The same once more: nothing is done, and nothing else is looked at.
        let again = self.run(case)?;
        let runs = again.iter().filter(|call| call.what == trace::What::Run);
        if runs.count() != 1 {
            findings.push("the kept answer is not given again".into());
        }
        let more = self.judge.unknown(&again, known, &start);
        findings.extend(
            more.iter()
                .map(|call| format!("again: {}", self.judge.text(call))),
        );
        findings.dedup();
        Ok(Report {
            summary: format!("{} calls, {} inputs", calls.len(), known.len()),
            findings,
        })
    }
}
