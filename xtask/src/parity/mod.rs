//! `cargo xtask parity`: does forgo do on a project what the stock command does? Compares keys,
//! bytes and words, on any project:
//!
//! | check | what must be equal |
//! |---|---|
//! | keys | the lines of `GODEBUG=gocachehash=1`, but for the stock command's module index |
//! | words | standard output, standard error (`-x` and all), exit status |
//! | archives | every entry of the two caches, through its key, byte for byte |
//! | programs | every executable, byte for byte |
//! | graph | `-debug-actiongraph`, but for times, ids and order |
//! | list | `list -deps -json`, `list -test -deps -json`, `list -export` |
//! | sharing | each command on the other one's cache runs no tool and says the same |
//! | moved | with `--moved`: nothing is compiled again in another directory |
//! | killed | with `--kill N`: what builds leave in the cache that are killed at N instants |
//!
//! With `--dry` nothing is built: `build -n -a` gives the keys, the words (all commands) and the
//! graph.
//!
//! With `--bytes` only archives and programs are compared, after builds from cold; with
//! `--stock-cache DIR` those of the stock command are taken from a copy of that cache, where they
//! are there.
//!
//! With `--tests` `list -deps -test -json`, `vet` and `test -short` are compared in keys and words,
//! `(cached)` results with them, each command on its own cache and on the other's; `--dry` then
//! compares what they would do, and `--stock-cache DIR` is what both begin with; `--test-pkgs`
//! names the packages to test where not all can be, `--ask` one of the commands.
//!
//! With `--moved` forgo builds in one directory, and both commands in others, forgo from the cache
//! of the first: nothing is compiled again, and archives, programs and words are the stock
//! command's. `--places N` leaves it at N directories, `--bytes` leaves out what is compiled for
//! tests.
//!
//! `--matrix` adds the usual variants to a project's own; each `--variant '[VAR=VALUE...]
//! [FLAG...]'` names one that is compared instead of those.
//!
//! forgo's own features are off, but in variants with `FORGO_EXTRAS=on`.
//!
//! A project that does not build is compared by its words alone. Without a directory, the projects
//! of `conformance/projects` are compared, each in a copy.

mod caches;
mod checks;
mod graph;
mod kill;
mod moved;
mod projects;
mod report;
mod seeds;
mod side;
mod testing;
mod trace;

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::tour::lab::Programs;
use checks::Bench;
use projects::{Project, Variant};
use report::{Report, Row};

/// Variants that `--matrix` adds.
const MATRIX: [&str; 5] = [
    "-race",
    "-cover",
    "-trimpath",
    "GOOS=windows GOARCH=arm64",
    "CGO_ENABLED=0",
];

/// What the command line asks for.
#[derive(Default)]
struct Options {
    dir: Option<PathBuf>,
    goroots: Vec<PathBuf>,
    forgo: Option<PathBuf>,
    flags: String,
    packages: Option<String>,
    asked: testing::Asked,
    main: Option<String>,
    only: Option<String>,
    matrix: bool,
    variants: Vec<String>,
    cold: bool,
    keep: bool,
    jobs: Option<usize>,
    kills: Option<usize>,
    short: bool,
    seeded: bool,
    tests: bool,
    moved: bool,
    /// To so many directories.
    places: Option<usize>,
    extent: Extent,
    stock_cache: Option<PathBuf>,
}

/// How much is compared.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Extent {
    /// Everything.
    #[default]
    Full,
    /// Archives and programs.
    Bytes,
    /// What would be done.
    Dry,
}

/// Runs the task; true when nothing differs.
pub fn main(args: &[String]) -> Result<bool, String> {
    let options = parse(args)?;
    let projects = projects(&options)?;
    let goroots: Vec<Option<PathBuf>> = match &options.goroots[..] {
        [] => vec![None],
        list => list.iter().cloned().map(Some).collect(),
    };
    let mut cases = Vec::new();
    let mut distributions = Vec::new();
    for goroot in goroots {
        distributions.push(crate::tour::programs(goroot, options.forgo.clone())?);
    }
    for programs in &distributions {
        for project in projects
            .iter()
            .filter(|project| project.is_for(&programs.release()))
        {
            cases.extend(
                project
                    .variants
                    .iter()
                    .map(|variant| (project, variant, programs)),
            );
        }
    }
    let report = compare_all(&cases, &options)?;
    print!("{}", report.table());
    Ok(report.is_good())
}

/// A project, a way to build it, and a distribution.
type Case<'c> = (&'c Project, &'c Variant, &'c Programs);

/// Compares several at once: each runs one action at a time.
fn compare_all(cases: &[Case], options: &Options) -> Result<Report, String> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = if options.dir.is_some() { 1 } else { processors };
    let next = AtomicUsize::new(0);
    let rows: Mutex<Vec<Option<Row>>> = Mutex::default();
    rows.lock()
        .map_err(|e| e.to_string())?
        .resize_with(cases.len(), || None);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((i, case)) = {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    cases.get(i).map(|case| (i, case))
                } {
                    let row = compare(case, options);
                    if let Ok(mut rows) = rows.lock() {
                        rows[i] = Some(row);
                    }
                }
            });
        }
    });
    let rows = rows.into_inner().map_err(|e| e.to_string())?;
    let rows = rows.into_iter().flatten().collect();
    Ok(Report { rows })
}

fn compare(case: &Case, options: &Options) -> Row {
    let (project, variant, programs) = *case;
    let jobs = options.jobs.unwrap_or(1);
    let mut row = Row::new(&project.name, &variant.name, &programs.release());
    let bench =
        Bench::new(project, variant, programs, options.cold, jobs).and_then(|bench| match &options
            .stock_cache
        {
            Some(dir) if options.tests || options.moved => bench.with_both_caches(dir),
            Some(dir) => bench.with_stock_cache(dir),
            None => Ok(bench),
        });
    match bench {
        // What can't be set up is no reason to leave out all the others.
        Err(text) => row.note("words", &[text]),
        Ok(bench) => {
            let kills = options.kills.unwrap_or(project.kills);
            let done = if options.tests {
                testing::run(&bench, options.extent, &options.asked, &mut row)
            } else if options.moved {
                let scope = moved::Scope {
                    tested: &options.asked.tested,
                    tests: options.extent != Extent::Bytes,
                    places: options.places.unwrap_or(usize::MAX),
                };
                moved::run(&bench, &scope, &mut row)
            } else {
                checks::run(&bench, options.extent, kills, &mut row);
                Ok(())
            };
            if let Err(text) = done {
                row.note("words", &[text]);
            }
            if options.keep {
                println!("kept: {}", bench.keep().display());
            }
        }
    }
    row
}

/// The projects that are to be compared.
fn projects(options: &Options) -> Result<Vec<Project>, String> {
    let mut projects = match &options.dir {
        Some(dir) => vec![Project::in_place(dir)?],
        None => projects::of_our_own()?,
    };
    if let Some(only) = &options.only {
        let pattern = regex::Regex::new(only).map_err(|e| format!("--only: {e}"))?;
        projects.retain(|project| pattern.is_match(&project.name));
    }
    if projects.is_empty() {
        return Err("parity: no project to compare".into());
    }
    for project in &mut projects {
        project.seeded |= options.seeded;
        if let Some(packages) = &options.packages {
            project.packages = words(packages);
        }
        if let Some(main) = &options.main {
            project.packages = words(main);
        }
        let more = if options.matrix { &MATRIX[..] } else { &[] };
        let named = options.variants.iter().map(String::as_str);
        let added = more.iter().copied().chain(named).map(Variant::parse);
        let mut given = std::mem::take(&mut project.variants);
        let all = options.variants.is_empty();
        given.retain(|variant| all && (variant.short || !options.short));
        let with_flags = |v: Variant| v.with_flags(&options.flags);
        project.variants = given.into_iter().chain(added).map(with_flags).collect();
    }
    Ok(projects)
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn parse(args: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} needs a value")).cloned();
        match arg.as_str() {
            "--go" => options.goroots.push(value()?.into()),
            "--forgo" => options.forgo = Some(value()?.into()),
            "--flags" => options.flags = value()?,
            "--pkgs" => options.packages = Some(value()?),
            "--ask" => options.asked.command = Some(value()?),
            "--test-pkgs" => options.asked.tested = words(&value()?),
            "--main" => options.main = Some(value()?),
            "--only" => options.only = Some(value()?),
            "--jobs" => {
                let n = value()?;
                options.jobs = Some(n.parse().map_err(|_| format!("--jobs {n}?"))?);
            }
            "--places" => {
                let n = value()?;
                options.places = Some(n.parse().map_err(|_| format!("--places {n}?"))?);
            }
            "--kill" => {
                let n = value()?;
                options.kills = Some(n.parse().map_err(|_| format!("--kill {n}?"))?);
            }
            "--dry" => options.extent = Extent::Dry,
            "--bytes" => options.extent = Extent::Bytes,
            "--stock-cache" => options.stock_cache = Some(value()?.into()),
            "--moved" => options.moved = true,
            "--tests" => options.tests = true,
            "--seeded" => options.seeded = true,
            "--short" => options.short = true,
            "--matrix" => options.matrix = true,
            "--variant" => options.variants.push(value()?),
            "--cold" => options.cold = true,
            "--keep" => options.keep = true,
            flag if flag.starts_with('-') => return Err(format!("parity: unknown flag {flag}")),
            dir => options.dir = Some(dir.into()),
        }
    }
    Ok(options)
}
