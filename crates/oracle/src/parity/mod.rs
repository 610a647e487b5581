//! `oracle parity`: does forgo do on a project what the stock command does?
//!
//! | check | must be equal |
//! |---|---|
//! | keys | lines of `GODEBUG=gocachehash=1`, except the stock command's module index |
//! | words | standard output, standard error (`-x` included), exit status |
//! | archives | every entry of the two caches, through its key, byte for byte |
//! | programs | every executable, byte for byte |
//! | graph | `-debug-actiongraph`, without times, ids and order |
//! | list | `list -deps -json`, `list -test -deps -json`, `list -export` |
//! | sharing | each command on the other one's cache runs no tool and prints the same |
//! | moved | with `--moved`: nothing is compiled again in another directory |
//! | killed | with `--kill N`: the cache entries that builds killed at N instants leave |
//!
//! forgo's own optimizations are off, except in variants with `FORGO_EXTRAS=on`. A project that
//! does not build is compared by its output alone.

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

use crate::places;
use crate::programs::Programs;
use crate::record::{self, Table};
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

/// Compares cache keys, bytes and output on a project
///
/// Both commands run on the project in DIR, each with a separate cache: build, build -n, list,
/// and each command on the other's cache. Prints each difference as it is found, and a table:
///
///   keys      lines of GODEBUG=gocachehash=1
///   words     standard output, standard error (-x included), exit status
///   archives  every entry of the two caches, byte for byte
///   programs  every executable, byte for byte
///   graph     -debug-actiongraph, without times
///   list      list -deps -json, list -test -deps -json, list -export
///   sharing   each command on the other's cache runs no tool
///   killed    what builds leave in the cache that are killed (--kill)
///   moved     nothing is compiled again in another directory (--moved)
///
/// The project is not changed. Without DIR, the projects in conformance/projects of forgo's
/// repository are compared, each in a copy.
#[derive(Debug, Default, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Options {
    /// The project
    dir: Option<PathBuf>,
    /// Go distribution: a GOROOT, or a go command; may be repeated [default: the go on PATH]
    #[arg(long = "go", visible_alias = "goroot", value_name = "GOROOT")]
    goroots: Vec<PathBuf>,
    /// The forgo to test [default: the one beside this program, else the one on PATH]
    #[arg(long, value_name = "PROGRAM")]
    forgo: Option<PathBuf>,
    /// Packages to build [default: ./...]
    #[arg(long = "pkgs", value_name = "PATTERNS", allow_hyphen_values = true)]
    packages: Option<String>,
    /// The one package to build
    #[arg(long, value_name = "PACKAGE")]
    main: Option<String>,
    /// Build flags and NAME=value settings for all builds
    #[arg(
        long,
        value_name = "FLAGS",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    flags: String,
    /// Add -race, -cover, -trimpath, windows/arm64 and CGO_ENABLED=0
    #[arg(long)]
    matrix: bool,
    /// Build in this way instead: build flags and NAME=value settings; may be repeated
    #[arg(long = "variant", value_name = "FLAGS", allow_hyphen_values = true)]
    variants: Vec<String>,
    /// Compare build -n -a without building: keys, output, graph and lists
    #[arg(long, conflicts_with = "bytes")]
    dry: bool,
    /// Compare only archives and programs, after builds from empty caches
    #[arg(long)]
    bytes: bool,
    /// Build in other directories too, forgo with the cache of the first
    #[arg(long, conflicts_with = "tests")]
    moved: bool,
    /// With --moved: use at most N directories
    #[arg(long, value_name = "N")]
    places: Option<usize>,
    /// Compare list, vet and test instead, with their cached results
    #[arg(long)]
    tests: bool,
    /// With --tests: compare this command only
    #[arg(long, value_name = "COMMAND")]
    ask: Option<String>,
    /// With --tests and --moved: the packages to test
    #[arg(
        long,
        value_name = "PATTERNS",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    test_pkgs: String,
    /// Begin with copies of this GOCACHE: both commands with --tests and --moved, else the stock
    /// one
    #[arg(long, value_name = "GOCACHE")]
    stock_cache: Option<PathBuf>,
    /// Begin with the standard library in both caches
    #[arg(long)]
    seeded: bool,
    /// Begin with empty caches
    #[arg(long)]
    cold: bool,
    /// Kill N builds at instants spread over them, and examine the cache after each
    #[arg(long = "kill", value_name = "N")]
    kills: Option<usize>,
    /// Actions that each command runs at once [default: 1]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Compare only the projects whose names match
    #[arg(long, value_name = "REGEXP")]
    only: Option<String>,
    /// Compare a part of conformance/projects, as CI does
    #[arg(long)]
    short: bool,
    /// Keep the caches and outputs, and print where they are
    #[arg(long)]
    keep: bool,
    /// Write the results to conformance/parity.md of the repository
    #[arg(long, conflicts_with = "only")]
    record: bool,
    /// With --record: a remark about the run
    #[arg(long, value_name = "TEXT", requires = "record")]
    note: Option<String>,
}

impl Options {
    /// Puts the results into the table of their kind.
    fn write(&self, report: &Report) -> Result<(), String> {
        let heading = match (self.tests, self.moved, self.extent()) {
            (true, _, Extent::Dry) => "list, vet -n and test -n",
            (true, ..) => "list, vet and test",
            (_, true, _) => "Builds in other directories",
            (.., Extent::Dry) => "Commands and keys, without building",
            (.., Extent::Bytes) => "Archives and programs",
            (.., Extent::Full) => "Builds",
        };
        let table = Table {
            heading,
            columns: &report::COLUMNS,
            keys: 3,
        };
        let together = match (&self.dir, self.short) {
            (Some(_), _) => None,
            (None, true) => Some("conformance/projects, the part of CI"),
            (None, false) => Some("conformance/projects"),
        };
        let rows = report.recorded(together, &record::measured(self.note.as_deref()));
        table.record(&places::repository()?.join("conformance/parity.md"), &rows)
    }

    fn extent(&self) -> Extent {
        match (self.dry, self.bytes) {
            (true, _) => Extent::Dry,
            (_, true) => Extent::Bytes,
            _ => Extent::Full,
        }
    }
}

/// How much is compared.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Extent {
    /// Everything.
    #[default]
    Full,
    /// Archives and programs.
    Bytes,
    /// The commands that would run.
    Dry,
}

/// Runs the task; true when nothing differs.
pub fn run(options: &Options) -> Result<bool, String> {
    let projects = projects(options)?;
    let goroots: Vec<Option<PathBuf>> = match &options.goroots[..] {
        [] => vec![None],
        list => list.iter().cloned().map(Some).collect(),
    };
    let mut cases = Vec::new();
    let mut distributions = Vec::new();
    for goroot in goroots {
        distributions.push(crate::programs::find(goroot, options.forgo.clone())?);
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
    let report = compare_all(&cases, options)?;
    print!("{}", report.table());
    if options.record {
        options.write(&report)?;
    }
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
        // A case that can't be set up does not keep the others from running.
        Err(text) => row.note("words", &[text]),
        Ok(bench) => {
            let kills = options.kills.unwrap_or(project.kills);
            let asked = testing::Asked {
                command: options.ask.clone(),
                tested: words(&options.test_pkgs),
            };
            let done = if options.tests {
                testing::run(&bench, options.extent(), &asked, &mut row)
            } else if options.moved {
                let scope = moved::Scope {
                    tested: &asked.tested,
                    tests: options.extent() != Extent::Bytes,
                    places: options.places.unwrap_or(usize::MAX),
                };
                moved::run(&bench, &scope, &mut row)
            } else {
                checks::run(&bench, options.extent(), kills, &mut row);
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
        return Err("no project to compare".into());
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
