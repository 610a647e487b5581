//! The checks of one project in one variant on one release.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Extent;
use super::projects::{Project, Variant};
use super::report::Row;
use super::side::{Said, Setting, copy_cache};
use super::trace::Trace;
use super::{caches, graph, kill, seeds};
use crate::programs::{Programs, Who};

/// Where a project is compared. Removed when dropped.
pub struct Bench<'p> {
    pub(super) project: &'p Project,
    pub(super) variant: &'p Variant,
    pub(super) setting: Setting<'p>,
    /// The entries of both caches at first: the stock command's standard library.
    seeded: caches::Entries,
    /// The stock command's cache has held more than the seed at first.
    stock_is_warm: bool,
    /// Actions at once in the first build.
    jobs: usize,
    scratch: Option<tempfile::TempDir>,
}

impl<'p> Bench<'p> {
    /// Puts the project and two caches in place: empty ones, or with the standard library.
    pub fn new(
        project: &'p Project,
        variant: &'p Variant,
        programs: &'p Programs,
        cold: bool,
        jobs: usize,
    ) -> Result<Bench<'p>, String> {
        let scratch = tempfile::Builder::new().prefix("parity").tempdir();
        let scratch = scratch.map_err(|e| format!("temporary directory: {e}"))?;
        let place = scratch.path().to_owned();
        let dir = project.place(&place)?;
        let setting = Setting::new(programs, dir, place, variant.environment.clone())?;
        let mut bench = Bench {
            project,
            variant,
            setting,
            seeded: caches::Entries::new(),
            stock_is_warm: false,
            jobs,
            scratch: Some(scratch),
        };
        let [stock, forgo] = Who::BOTH.map(|who| bench.setting.cache(who));
        for cache in [&stock, &forgo] {
            fs::create_dir_all(cache).map_err(|e| format!("{}: {e}", cache.display()))?;
        }
        if project.seeded && !project.cold && !cold {
            match seeds::prepared(&bench.setting, project, variant) {
                // The seed may grow meanwhile: both get the same.
                Ok(seed) => {
                    copy_cache(&seed, &stock)?;
                    copy_cache(&stock, &forgo)?;
                    bench.seeded = caches::entries(&stock)?;
                }
                // A project that can't even be listed needs no standard library.
                Err(_) if project.broken => {}
                Err(text) => return Err(text),
            }
        }
        Ok(bench)
    }

    /// The stock command finds in its cache what another one holds.
    pub fn with_stock_cache(mut self, dir: &Path) -> Result<Self, String> {
        self.fill_cache(Who::Stock, dir)?;
        self.stock_is_warm = true;
        Ok(self)
    }

    /// Both commands find in their caches what another one holds.
    pub fn with_both_caches(self, dir: &Path) -> Result<Self, String> {
        self.fill_cache(Who::Forgo, dir)?;
        self.with_stock_cache(dir)
    }

    fn fill_cache(&self, who: Who, dir: &Path) -> Result<(), String> {
        let own = self.setting.cache(who);
        fs::remove_dir_all(&own).map_err(|e| format!("{}: {e}", own.display()))?;
        copy_cache(dir, &own)
    }

    /// Leaves everything where it is.
    pub fn keep(mut self) -> PathBuf {
        self.scratch
            .take()
            .map(tempfile::TempDir::keep)
            .unwrap_or_default()
    }

    pub(super) fn command(&self, name: &str, flags: &[&str], packages: &[String]) -> Vec<String> {
        self.variant.command(name, flags, packages)
    }

    fn run_own(&self, who: Who, godebug: &str, args: &[String]) -> Result<Said, String> {
        self.setting
            .run(who, &self.setting.cache(who), godebug, args)
    }

    /// Runs a command with both, each on its own cache.
    fn both(&self, godebug: &str, args: &[String]) -> Result<[Said; 2], String> {
        Ok([
            self.run_own(Who::Stock, godebug, args)?,
            self.run_own(Who::Forgo, godebug, args)?,
        ])
    }

    /// Whether packages are instrumented for coverage.
    pub(super) fn is_covered(&self) -> bool {
        self.variant.flags.iter().any(|flag| flag == "-cover")
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.setting.scratch.join(name)
    }
}

/// Facts about the stock command's cache that the first builds have shown.
pub struct Known {
    /// Of what an action ID is the key.
    pub names: HashMap<String, String>,
    /// Keys of the module index.
    pub index: HashSet<String>,
    /// There is a program among the packages.
    pub has_main: bool,
    /// How long forgo's build took.
    pub took: Duration,
}

/// Runs the checks; a command that can't be run fails the check that needs it. `kills` is the
/// number of builds that are killed.
pub fn run(bench: &Bench, extent: Extent, kills: usize, row: &mut Row) {
    let result = if bench.project.broken {
        broken(bench, row)
    } else if extent == Extent::Bytes {
        has_main(bench).and_then(|has_main| {
            let builds = build_both(bench, &[], has_main)?;
            bytes(bench, &builds, has_main, row)
        })
    } else if extent == Extent::Dry {
        plan(bench, row).and_then(|()| list(bench, &LISTS[..2], row))
    } else {
        has_main(bench).and_then(|has_main| {
            let unbuilt = bench.path("cache-killed");
            if kills > 0 {
                copy_cache(&bench.setting.cache(Who::Forgo), &unbuilt)?;
            }
            let known = first_build(bench, has_main, row)?;
            list(bench, &LISTS, row)?;
            sharing(bench, has_main, row)?;
            if kills > 0 {
                let differences = kill::differences(bench, &unbuilt, &known, kills)?;
                row.note("killed", &differences);
            }
            Ok(())
        })
    };
    if let Err(text) = result {
        row.note("words", &[text]);
    }
}

/// The results of both commands' builds, the stock command's first.
struct Builds {
    traces: Vec<Trace>,
    saids: Vec<Said>,
    graphs: Vec<Result<graph::Nodes, String>>,
    programs: Vec<BTreeMap<String, PathBuf>>,
    /// How long forgo's took.
    took: Duration,
}

impl Builds {
    /// Of what an action ID is the key.
    fn names(&self) -> HashMap<String, String> {
        let names = self.traces.iter().flat_map(|trace| &trace.names);
        names.map(|(id, name)| (id.clone(), name.clone())).collect()
    }
}

/// Builds with both, `flags` among others; into a directory, if there is a program.
fn build_both(bench: &Bench, flags: &[&str], has_main: bool) -> Result<Builds, String> {
    let out = bench.path("out");
    let graph_file = bench.path("graph.json");
    let out_flag = format!("{}/", out.display());
    let graph_flag = format!("-debug-actiongraph={}", graph_file.display());
    let jobs = bench.jobs.to_string();
    let mut flags = flags.to_vec();
    flags.extend(["-p", &jobs, &graph_flag]);
    if has_main {
        flags.extend(["-o", &out_flag]);
    }
    let args = bench.command("build", &flags, &bench.project.packages);
    let mut builds = Builds {
        traces: Vec::new(),
        saids: Vec::new(),
        graphs: Vec::new(),
        programs: Vec::new(),
        took: Duration::ZERO,
    };
    for who in Who::BOTH {
        let _ = fs::remove_dir_all(&out);
        let _ = fs::remove_file(&graph_file);
        let began = Instant::now();
        let mut said = bench.run_own(who, "gocachehash=1", &args)?;
        builds.took = began.elapsed();
        let trace = Trace::read(&said.stderr);
        said.stderr = trace.settled(&trace.words);
        if who == Who::Stock && said.code != 0 {
            let words = &trace.words;
            return Err(format!("the stock command does not build it: {words}"));
        }
        builds.graphs.push(graph::read(&graph_file, |text| {
            let cache = bench.setting.cache(who);
            trace.settled(&bench.setting.plain(text.as_bytes(), &cache))
        }));
        let kept = bench.path(&format!("out-{}", who.title()));
        builds.programs.push(keep_programs(&out, &kept)?);
        builds.traces.push(trace);
        // Commands that ran at the same time are printed in any order.
        if bench.jobs > 1 {
            said.stderr = sorted(&said.stderr);
        }
        builds.saids.push(said);
    }
    Ok(builds)
}

/// Builds everything from the cache's first state, one action at a time so that the order is the
/// same, and looks at all that comes of it.
fn first_build(bench: &Bench, has_main: bool, row: &mut Row) -> Result<Known, String> {
    let mut builds = build_both(bench, &["-x"], has_main)?;
    row.note(
        "keys",
        &differing_keys(&builds.traces[0], &builds.traces[1]),
    );
    row.note(
        "words",
        &differing_words(&builds.saids[0], &builds.saids[1]),
    );
    bytes(bench, &builds, has_main, row)?;
    row.note("graph", &differing_graphs(&builds.graphs));
    Ok(Known {
        names: builds.names(),
        index: builds.traces.swap_remove(0).index,
        has_main,
        took: builds.took,
    })
}

/// Compares archives and programs.
fn bytes(bench: &Bench, builds: &Builds, has_main: bool, row: &mut Row) -> Result<(), String> {
    let (traces, programs) = (&builds.traces, &builds.programs);
    let pair = Who::BOTH.map(|who| bench.setting.cache(who));
    let comparison = caches::Comparison {
        caches: [&pair[0], &pair[1]],
        names: &builds.names(),
        seeded: &seeded_keys(bench, &pair[1])?,
        index: &traces[0].index,
        plain: &|text| traces[0].settled(&bench.setting.plain(text, Path::new("/nowhere"))),
        partial: bench.stock_is_warm,
    };
    match comparison.differences() {
        Ok((compared, differences)) => {
            row.archives += compared;
            row.note("archives", &differences);
        }
        Err(text) => row.note("archives", &[text]),
    }
    if has_main {
        row.programs += programs[0].len();
        row.note("programs", &differing_programs(&programs[0], &programs[1]));
    }
    Ok(())
}

/// Compares what a build of everything would do, without doing it (`-n -a`): on large projects a
/// matter of seconds.
fn plan(bench: &Bench, row: &mut Row) -> Result<(), String> {
    let builds = build_both(bench, &["-n", "-a"], false)?;
    row.note(
        "keys",
        &differing_keys(&builds.traces[0], &builds.traces[1]),
    );
    row.note(
        "words",
        &differing_words(&builds.saids[0], &builds.saids[1]),
    );
    row.note("graph", &differing_graphs(&builds.graphs));
    Ok(())
}

/// The entries that were there before, the seed's module index among them; but for those that forgo
/// has replaced in its cache.
pub fn seeded_keys(bench: &Bench, cache: &Path) -> Result<caches::Entries, String> {
    let forgo = caches::entries(cache)?;
    let mut keys = bench.seeded.clone();
    keys.retain(|id, entry| forgo.get(id).is_none_or(|ours| ours == entry));
    Ok(keys)
}

pub(super) fn has_main(bench: &Bench) -> Result<bool, String> {
    let args = bench.command("list", &["-f", "{{.Name}}"], &bench.project.packages);
    let said = bench
        .setting
        .run(Who::Stock, &bench.setting.cache(Who::Stock), "", &args)?;
    Ok(said.stdout.lines().any(|name| name == "main"))
}

/// Lines that only one of two traces has.
pub(super) fn differing_keys(stock: &Trace, forgo: &Trace) -> Vec<String> {
    let mut differences = Vec::new();
    if stock.lines.is_empty() {
        differences.push("the stock command printed no HASH line".to_owned());
    }
    for (title, a, b) in [("go", stock, forgo), ("forgo", forgo, stock)] {
        let only = a.beyond(b);
        differences.extend(only.into_iter().map(|line| format!("only {title}: {line}")));
    }
    differences
}

/// Returns where the outputs of two runs differ; `$WORK/bNNN` follows the order of planning and is
/// not compared.
pub(super) fn differing_words(stock: &Said, forgo: &Said) -> Vec<String> {
    let mut differences = Vec::new();
    if stock.code != forgo.code {
        differences.push(format!(
            "exit status {} of go, {} of forgo",
            stock.code, forgo.code
        ));
    }
    for (name, a, b) in [
        ("stdout", &stock.stdout, &forgo.stdout),
        ("stderr", &stock.stderr, &forgo.stderr),
    ] {
        let (a, b) = (graph::without_number(a), graph::without_number(b));
        if a == b {
            continue;
        }
        let line = a.lines().zip(b.lines()).position(|(x, y)| x != y);
        let line = line.unwrap_or_else(|| a.lines().count().min(b.lines().count()));
        let show = |text: &str| text.lines().nth(line).unwrap_or("(ends)").to_owned();
        differences.push(format!(
            "{name}, line {}:\n      go:    {}\n      forgo: {}",
            line + 1,
            show(&a),
            show(&b)
        ));
        differences.extend(
            differing_lines(&a, &b)
                .into_iter()
                .map(|d| format!("{name}, {d}")),
        );
    }
    differences
}

/// The lines, sorted.
pub(super) fn sorted(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// The lines that only one text has, in any order.
fn differing_lines(a: &str, b: &str) -> Vec<String> {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    a.lines()
        .for_each(|line| *counts.entry(line).or_default() += 1);
    b.lines()
        .for_each(|line| *counts.entry(line).or_default() -= 1);
    let side = |n: i64| if n > 0 { "only go" } else { "only forgo" };
    let differing = counts.into_iter().filter(|(_, n)| *n != 0);
    differing
        .map(|(line, n)| format!("{}: {line}", side(n)))
        .collect()
}

/// Moves the programs out of the way of the other command's; gives them by name.
pub(super) fn keep_programs(from: &Path, to: &Path) -> Result<BTreeMap<String, PathBuf>, String> {
    if !from.exists() {
        return Ok(BTreeMap::new());
    }
    fs::rename(from, to).map_err(|e| format!("{}: {e}", from.display()))?;
    let listing = fs::read_dir(to).map_err(|e| format!("{}: {e}", to.display()))?;
    let name = |item: fs::DirEntry| (item.file_name().to_string_lossy().into_owned(), item.path());
    Ok(listing.flatten().map(name).collect())
}

pub(super) fn differing_programs(
    stock: &BTreeMap<String, PathBuf>,
    forgo: &BTreeMap<String, PathBuf>,
) -> Vec<String> {
    let mut differences = Vec::new();
    for (name, theirs) in stock {
        match forgo.get(name) {
            None => differences.push(format!("{name}: forgo did not write it")),
            Some(ours) if fs::read(theirs).ok() != fs::read(ours).ok() => {
                differences.push(format!(
                    "{name}: {}",
                    caches::first_difference(theirs, ours)
                ));
            }
            Some(_) => {}
        }
    }
    let extra = forgo.keys().filter(|name| !stock.contains_key(*name));
    differences.extend(extra.map(|name| format!("{name}: only forgo wrote it")));
    if stock.is_empty() {
        differences.push("the stock command wrote no program".into());
    }
    differences
}

fn differing_graphs(graphs: &[Result<graph::Nodes, String>]) -> Vec<String> {
    let (stock, forgo) = match (&graphs[0], &graphs[1]) {
        (Ok(stock), Ok(forgo)) => (stock, forgo),
        (Err(text), _) | (_, Err(text)) => return vec![text.clone()],
    };
    let only_stock = graph::beyond(stock, forgo)
        .into_iter()
        .map(|n| format!("only go: {n}"));
    let only_forgo = graph::beyond(forgo, stock)
        .into_iter()
        .map(|n| format!("only forgo: {n}"));
    only_stock.chain(only_forgo).collect()
}

/// Flags of `list`; the last needs the archives.
const LISTS: [&[&str]; 3] = [
    &["-deps", "-json"],
    &["-test", "-deps", "-json"],
    &[
        "-export",
        "-f",
        "{{.ImportPath}} {{.Export}} {{.BuildID}} {{.Stale}} {{.StaleReason}}",
    ],
];

/// Compares `list` with each of some sets of flags.
pub(super) fn list(bench: &Bench, lists: &[&[&str]], row: &mut Row) -> Result<(), String> {
    let packages = &bench.project.packages;
    for flags in lists {
        let said = bench.both("", &bench.command("list", flags, packages))?;
        let differences = differing_words(&said[0], &said[1]);
        let of = |d: String| format!("list {}: {d}", flags.join(" "));
        row.note("list", &differences.into_iter().map(of).collect::<Vec<_>>());
    }
    Ok(())
}

/// Each command on a copy of the other one's cache: it runs no more tools than the stock command on
/// its own (none, except in build modes that need cgo's output), and prints the same as on its own.
fn sharing(bench: &Bench, has_main: bool, row: &mut Row) -> Result<(), String> {
    let into = format!("{}/", bench.path("out").display());
    let mut flags = vec!["-x", "-p", "1"];
    if has_main {
        flags.extend(["-o", into.as_str()]);
    }
    let args = bench.command("build", &flags, &bench.project.packages);
    let mut differences = Vec::new();
    let mut expected = None;
    for (who, other) in [(Who::Stock, Who::Forgo), (Who::Forgo, Who::Stock)] {
        let _ = fs::remove_dir_all(bench.path("out"));
        let mut own = bench.run_own(who, "", &args)?;
        let copy = bench.path(&format!("shared-{}", other.title()));
        copy_cache(&bench.setting.cache(other), &copy)?;
        let _ = fs::remove_dir_all(bench.path("out"));
        let mut said = bench.setting.run(who, &copy, "", &args)?;
        for said in [&mut own, &mut said] {
            said.stderr = without_seeds(&said.stderr);
        }
        let expected = *expected.get_or_insert_with(|| tool_calls(&own.stderr));
        let title = format!("{} on {}'s cache", who.title(), other.title());
        let calls = tool_calls(&said.stderr);
        if calls != expected {
            differences.push(format!(
                "{title}: calls of {TOOLS:?}: {calls:?}, not {expected:?}"
            ));
        }
        let unlike = differing_words(&own, &said);
        differences.extend(unlike.into_iter().map(|d| format!("{title}: {d}")));
    }
    row.note("sharing", &differences);
    Ok(())
}

/// Tools whose work a cache saves.
const TOOLS: [&str; 4] = ["/compile ", "/asm ", "/cgo ", "/cover "];

fn tool_calls(script: &str) -> [usize; TOOLS.len()] {
    TOOLS.map(|tool| script.lines().filter(|line| line.contains(tool)).count())
}

/// `-frandom-seed=` is made of the temporary directory's name.
pub(super) fn without_seeds(script: &str) -> String {
    let flag = "-frandom-seed=";
    let mut parts = script.split(flag);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(flag);
        out.push_str(&part[part.find(char::is_whitespace).unwrap_or(part.len())..]);
    }
    out
}

/// A project that does not build: the same output, the same exit status, the same graph if it comes
/// to one.
fn broken(bench: &Bench, row: &mut Row) -> Result<(), String> {
    let packages = &bench.project.packages;
    let graph_file = bench.path("graph.json");
    let graph_flag = format!("-debug-actiongraph={}", graph_file.display());
    let args = bench.command("build", &["-p", "1", &graph_flag], packages);
    let mut saids = Vec::new();
    let mut graphs = Vec::new();
    for who in Who::BOTH {
        let _ = fs::remove_file(&graph_file);
        saids.push(bench.run_own(who, "", &args)?);
        let cache = bench.setting.cache(who);
        let plain = |text: &str| without_seeds(&bench.setting.plain(text.as_bytes(), &cache));
        graphs.push(if graph_file.exists() {
            graph::read(&graph_file, plain)
        } else {
            Ok(graph::Nodes::new())
        });
    }
    let mut differences = differing_words(&saids[0], &saids[1]);
    if saids[0].code == 0 {
        differences.push("the stock command builds it".into());
    }
    row.note("words", &differences);
    row.note("graph", &differing_graphs(&graphs));
    let said = bench.both(
        "",
        &bench.command("list", &["-e", "-deps", "-json"], packages),
    )?;
    row.note("list", &differing_words(&said[0], &said[1]));
    Ok(())
}
