//! `oracle conformance`: the tests with which cmd/go tests itself, run against forgo: the
//! scripts (`GOROOT/src/cmd/go/testdata/script`) and those coded in Go (`go_test.go` and others).
//!
//! They ship with every Go distribution. Their runner is cmd/go's own test binary, built with an
//! overlay ([`test_binary`]) so that every `go` that a test starts is forgo. A test that fails for
//! the stock command on this machine (no network, no such compiler) is skipped; all others must
//! pass, except those that `conformance/exceptions.txt` gives reasons for ([`ledger`]). Each stock
//! go process that forgo starts meanwhile is counted ([`stock`]).

pub mod ledger;
pub mod run_dir;
pub mod runner;
pub mod stock;
pub mod test_binary;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ledger::{Baseline, Exceptions, Verdict};
use regex::Regex;
use run_dir::RunDir;
use runner::{Command, Outcome, Outcomes, Runner, Suite};
use stock::StockProcesses;

use crate::cli::Which;
use crate::places;
use crate::record::{self, Table};

/// The table in conformance/results.md.
const RESULTS: Table = Table {
    heading: "Results",
    columns: &[
        "release",
        "tests",
        "mode",
        "passed",
        "passed under FORGO_EXTRAS=off",
        "failed",
        "excepted",
        "skipped",
        "stock go processes",
        "measured",
    ],
    keys: 3,
};

/// Runs cmd/go's own tests against forgo
///
/// The tests ship with every Go distribution: the scripts in GOROOT/src/cmd/go/testdata/script, and
/// the tests coded in Go. Their test binary is built once for each distribution, so that each go
/// command that a test starts is forgo. A test that the stock command does not pass on this machine
/// is skipped. Every other test must pass, or conformance/exceptions.txt of forgo's repository
/// gives a reason. Prints the tests that fail, and how many stock go processes forgo started.
#[derive(Debug, Default, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Options {
    #[command(flatten)]
    which: Which,
    /// Run the tests whose names match
    #[arg(long = "run", value_name = "REGEXP")]
    select: Option<String>,
    /// Run the tests that this file names, one a line
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// Run all tests; otherwise those of short mode
    #[arg(long)]
    long: bool,
    /// Evaluate the saved output of an earlier run instead of running anything; may be repeated
    #[arg(long = "log", value_name = "FILE")]
    logs: Vec<PathBuf>,
    /// Continue the run that was interrupted
    #[arg(long)]
    resume: bool,
    /// Write the totals to conformance/results.md of the repository; needs a run of all tests
    #[arg(long, conflicts_with_all = ["select", "list"])]
    record: bool,
    /// Directory for the output of the test binary [default: target/conformance of the repository]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Time limit of the test binary
    #[arg(long, value_name = "DURATION", default_value = "120m")]
    timeout: String,
    /// Tests that run at once [default: the number of processors]
    #[arg(long, value_name = "N")]
    parallel: Option<usize>,
    /// Print the logs of failed tests
    #[arg(short, long)]
    verbose: bool,
}

/// Runs the task; true when nothing failed that should pass.
pub fn run(options: &Options) -> Result<bool, String> {
    let programs = options.which.find()?;
    let runner = Runner {
        programs: &programs,
        binary: test_binary::build(&programs.goroot)?,
        long: options.long,
        timeout: options.timeout.clone(),
        parallel: options.parallel,
    };
    let suites: Vec<(Suite, BTreeSet<String>)> = [
        (Suite::Scripts, scripts(&programs.goroot)?),
        (Suite::GoCoded, runner.go_coded()?),
    ]
    .into_iter()
    .map(|(suite, names)| Ok((suite, select(options, names)?)))
    .collect::<Result<_, String>>()?;
    if suites.iter().all(|(_, names)| names.is_empty()) {
        return Err("no test of that name".into());
    }
    let mut good = true;
    for (suite, names) in suites.into_iter().filter(|(_, names)| !names.is_empty()) {
        good &= run_suite(options, &runner, suite, &names)?;
    }
    Ok(good)
}

fn run_suite(
    options: &Options,
    runner: &Runner<'_>,
    suite: Suite,
    names: &BTreeSet<String>,
) -> Result<bool, String> {
    let programs = runner.programs;
    let release = programs.release();
    let mode = if options.long { "long" } else { "short" };
    println!("== {} {} of {release}, {mode}", names.len(), suite.name());
    if options.list.is_some() {
        let list: Vec<&str> = names.iter().map(String::as_str).collect();
        println!("{}", list.join(" "));
    }
    let base = match (&options.out, places::repository()) {
        (Some(dir), _) => dir.clone(),
        (None, Ok(repository)) => repository.join("target/conformance"),
        (None, Err(_)) => places::cache_dir()?.join("runs"),
    };
    let base = base.join(&release);
    let name = format!("{}-{mode}", suite.name().replace(' ', "-"));
    let dir = RunDir::take(&base, &name)?;
    if !options.resume && options.logs.is_empty() {
        dir.clear()?;
    }

    let mut baseline = Baseline::load(&programs.goroot, options.long)?;
    if options.resume {
        for log in dir.logs("stock") {
            baseline.add(&runner::read(suite, &log)?.0)?;
        }
    }
    let wanted: BTreeSet<String> = names
        .iter()
        .filter(|name| baseline.passes(name) != Some(false))
        .cloned()
        .collect();
    let exceptions = Exceptions::load()?;
    let plain = |name: &String| exceptions.without_extras(name, &release).is_some();
    let (outcomes, stock) = outcomes_of(options, runner, suite, (&wanted, plain), &dir)?;
    // A test that forgo passes needs no run of the stock command.
    let doubtful: BTreeSet<String> = wanted
        .into_iter()
        .filter(|name| !outcomes.get(name).is_some_and(Outcome::passed))
        .filter(|name| baseline.passes(name).is_none())
        .collect();
    if !doubtful.is_empty() {
        println!("asking the stock command for {} of them", doubtful.len());
        let saved = dir.next_log("stock");
        runner.run(suite, &doubtful, Command::Stock, &saved)?;
        baseline.add(&runner::read(suite, &saved)?.0)?;
    }
    let verdicts = ledger::verdicts(
        names,
        &outcomes,
        |name| baseline.passes(name) == Some(false),
        &exceptions,
        &release,
    );
    print!("{}{}", ledger::table(&verdicts), stock.table());
    let failed = verdicts.iter().filter(|(_, v)| *v == Verdict::Failed);
    for (name, _) in failed {
        let log = outcomes.get(name).map_or("", |o| o.log.as_str());
        let file = dir.path.join(format!("{name}.log"));
        fs::write(&file, log).map_err(|e| format!("{}: {e}", file.display()))?;
        if options.verbose {
            println!("##### {name}\n{log}");
        }
    }
    let all_good = verdicts.iter().all(|(_, verdict)| verdict.is_good());
    if !all_good {
        println!("logs of what failed: {}", dir.path.display());
    }
    if options.record {
        let mut row = vec![release, suite.name().to_owned(), mode.to_owned()];
        row.extend(ledger::figures(&verdicts));
        row.extend([stock.summary(), record::measured(None)]);
        RESULTS.record(
            &places::repository()?.join("conformance/results.md"),
            &[row],
        )?;
    }
    Ok(all_good && ledger::within_allowance(&verdicts) && stock.is_good())
}

/// How the tests do with forgo: by running them, or by what earlier runs left. Of two outcomes of a
/// test the later one counts. Some are run without forgo's extras.
fn outcomes_of(
    options: &Options,
    runner: &Runner<'_>,
    suite: Suite,
    (names, plain): (&BTreeSet<String>, impl Fn(&String) -> bool),
    dir: &RunDir,
) -> Result<(Outcomes, StockProcesses), String> {
    let mut logs = options.logs.clone();
    if logs.is_empty() {
        let (without, with): (BTreeSet<_>, BTreeSet<_>) = names.iter().cloned().partition(plain);
        let runs = [
            (with, Command::Forgo, "forgo"),
            (without, Command::ForgoWithoutExtras, "no-extras"),
        ];
        for (mut names, command, log) in runs {
            for earlier in dir.logs(log) {
                let ended = runner::read(suite, &earlier)?.0;
                names.retain(|name| !ended.get(name).is_some_and(Outcome::ended));
                logs.push(earlier);
            }
            if !names.is_empty() {
                let saved = dir.next_log(log);
                runner.run(suite, &names, command, &saved)?;
                logs.push(saved);
            }
        }
    }
    let mut outcomes = Outcomes::new();
    let mut stock = StockProcesses::default();
    for log in &logs {
        let (of_run, stock_of_run) = runner::read(suite, log)?;
        // A log of the other suite.
        if !of_run.keys().any(|name| names.contains(name)) {
            continue;
        }
        outcomes.extend(of_run);
        stock.add(stock_of_run);
    }
    Ok((outcomes, stock))
}

/// The names of all scripts.
fn scripts(goroot: &Path) -> Result<BTreeSet<String>, String> {
    let dir = goroot.join("src/cmd/go/testdata/script");
    let listing = fs::read_dir(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    Ok(listing
        .flatten()
        .filter_map(|item| Some(item.file_name().to_str()?.strip_suffix(".txt")?.to_owned()))
        .collect())
}

/// Of all names those that are asked for.
fn select(options: &Options, mut names: BTreeSet<String>) -> Result<BTreeSet<String>, String> {
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
