//! `cargo xtask goscripts`: the scripts with which cmd/go tests itself
//! (`GOROOT/src/cmd/go/testdata/script`), run against forgo.
//!
//! The scripts ship with every Go distribution. Their runner is cmd/go's own test binary, built with
//! an overlay ([`test_binary`]) so that every `go` that a script starts is forgo. A script that fails
//! for the stock command on this machine (no network, no such compiler) says nothing; what is left
//! must pass, but for the exceptions that `conformance/exceptions.txt` gives reasons for
//! ([`ledger`]).

pub mod ledger;
pub mod runner;
pub mod test_binary;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::tour::lab::Programs;
use ledger::{Baseline, Exceptions, Verdict};
use regex::Regex;
use runner::{Outcome, Outcomes};

/// The scripts that forgo answers for: those of what it does itself.
const OURS: &str = "^(build_|run_|install_|embed|cgo_|link|cover_build|gcflags|ldflags|trimpath|pgo|\
                    work_build|mod_vendor|index|godebug)";

/// What the command line asks for.
#[derive(Default)]
struct Options {
    goroot: Option<PathBuf>,
    forgo: Option<PathBuf>,
    select: Option<String>,
    list: Option<PathBuf>,
    long: bool,
    verbose: bool,
    timeout: Option<String>,
    parallel: Option<usize>,
}

/// Runs the task; true when nothing failed that should pass.
pub fn main(args: &[String]) -> Result<bool, String> {
    let options = parse(args)?;
    let programs = crate::tour::programs(options.goroot.clone(), options.forgo.clone())?;
    let names = select(&options, &programs.goroot)?;
    if names.is_empty() {
        return Err("goscripts: no script of that name".into());
    }
    let runner = runner::Runner {
        programs: &programs,
        binary: test_binary::build(&programs.goroot)?,
        long: options.long,
        timeout: options.timeout.unwrap_or_else(|| "60m".into()),
        parallel: options.parallel,
    };
    println!("{} scripts of {}", names.len(), programs.release());

    let mut baseline = Baseline::load(&programs.goroot, options.long)?;
    let unknown = baseline.unknown(&names);
    if !unknown.is_empty() {
        println!(
            "asking the stock command for {} of them first",
            unknown.len()
        );
        baseline.add(&runner.run(&unknown, None)?)?;
    }
    let meaningful = baseline.passing(&names);
    let outcomes = if meaningful.is_empty() {
        Outcomes::new()
    } else {
        runner.run(&meaningful, Some(&programs.forgo))?
    };
    let logs = write_logs(&outcomes, &programs)?;
    let exceptions = Exceptions::load(&workspace().join("conformance/exceptions.txt"))?;
    let verdicts = ledger::verdicts(&names, &meaningful, &outcomes, |name| {
        exceptions
            .reason(name, &programs.release())
            .map(str::to_owned)
    });
    print!("{}", ledger::table(&verdicts));
    if options.verbose {
        for (name, _) in verdicts.iter().filter(|(_, v)| *v == Verdict::Failed) {
            let outcome = outcomes.get(name).map_or("", |o| o.log.as_str());
            println!("##### {name}\n{outcome}");
        }
    }
    let good = verdicts.iter().all(|(_, verdict)| verdict.is_good());
    if !good {
        println!("logs of what failed: {}", logs.display());
    }
    Ok(good)
}

fn parse(args: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} needs a value")).cloned();
        match arg.as_str() {
            "--goroot" | "--go" => options.goroot = Some(value()?.into()),
            "--forgo" => options.forgo = Some(value()?.into()),
            "--run" => options.select = Some(value()?),
            "--issue3" => options.select = Some(OURS.into()),
            "--list" => options.list = Some(value()?.into()),
            "--long" => options.long = true,
            "--timeout" => options.timeout = Some(value()?),
            "--parallel" => {
                let n = value()?;
                options.parallel = Some(n.parse().map_err(|_| format!("--parallel {n}?"))?);
            }
            "-v" => options.verbose = true,
            other => return Err(format!("goscripts: what is {other:?}?")),
        }
    }
    Ok(options)
}

/// The names of the scripts that are to run.
fn select(options: &Options, goroot: &Path) -> Result<BTreeSet<String>, String> {
    let dir = goroot.join("src/cmd/go/testdata/script");
    let listing = fs::read_dir(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let mut names: BTreeSet<String> = listing
        .flatten()
        .filter_map(|item| Some(item.file_name().to_str()?.strip_suffix(".txt")?.to_owned()))
        .collect();
    if let Some(pattern) = &options.select {
        let pattern = Regex::new(pattern).map_err(|e| format!("--run: {e}"))?;
        names.retain(|name| pattern.is_match(name));
    }
    if let Some(file) = &options.list {
        let text = fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
        let wanted: BTreeSet<&str> = ledger::lines(&text).collect();
        names.retain(|name| wanted.contains(name.as_str()));
    }
    Ok(names)
}

/// Where the logs of this release's failures are put.
fn write_logs(outcomes: &Outcomes, programs: &Programs) -> Result<PathBuf, String> {
    let dir = workspace()
        .join("target/goscripts")
        .join(programs.release());
    let fail = |e: std::io::Error| format!("{}: {e}", dir.display());
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).map_err(fail)?;
    for (name, Outcome { log, .. }) in outcomes.iter().filter(|(_, o)| o.failed()) {
        fs::write(dir.join(format!("{name}.log")), log).map_err(fail)?;
    }
    Ok(dir)
}

fn workspace() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}
