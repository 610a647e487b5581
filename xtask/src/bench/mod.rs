//! `cargo xtask bench`: the stock go command and forgo in turn on the same work, pair by pair, and
//! a table of medians and of the median of the pairs' ratios. Single times mean little on a shared
//! machine; the ratios are what to look at. No test asserts on any of it.

pub mod crowd;
pub mod generated;
pub mod order;
pub mod scenarios;

use std::path::PathBuf;
use std::process::Command;

use crate::measure::{Cost, median, run};
use oracle::programs::{Programs, Who, command};
use oracle::record::{self, Row, Table};
use oracle::{places, tree};
use scenarios::{Place, SCENARIOS, Scenario};

/// The options.
struct Options {
    programs: Programs,
    project: Option<PathBuf>,
    /// A GOCACHE that the commands' caches begin as copies of.
    cache: Option<PathBuf>,
    /// The patterns that replace `./...` in a project.
    patterns: Vec<String>,
    /// How many packages the generated module has.
    packages: usize,
    /// How many checkouts are built at once.
    checkouts: usize,
    /// A file that `-debug-actiongraph` wrote.
    graph: Option<PathBuf>,
    runs: usize,
    names: Vec<String>,
    /// The results are put into bench/results.md.
    record: bool,
    /// A remark about the runs.
    note: Option<String>,
}

impl Options {
    fn results(&self) -> Result<PathBuf, String> {
        Ok(places::repository()?.join("bench/results.md"))
    }

    /// The name of the project that a scenario's commands ran on, for the table.
    fn project_of(&self, scenario: &Scenario) -> String {
        match scenario.place {
            Place::Lab => "cache lab".to_owned(),
            Place::Generated => format!("{} packages", self.packages),
            Place::Project => self.project_name(),
        }
    }

    fn project_name(&self) -> String {
        let name = match &self.project {
            Some(dir) => dir.file_name().unwrap_or_default().display().to_string(),
            None => "cache lab".to_owned(),
        };
        match &self.patterns[..] {
            [all] if all == "./..." => name,
            patterns => format!("{name} {}", patterns.join(" ")),
        }
    }
}

/// The columns that are printed: the first two, then those of [`row`].
const COLUMNS: [&str; 16] = [
    "scenario",
    "project",
    "Go",
    "runs",
    "go",
    "forgo",
    "forgo/go",
    "go CPU",
    "forgo CPU",
    "ratio",
    "own CPU go",
    "forgo",
    "ratio",
    "own peak go",
    "forgo",
    "measured",
];

/// The table of scenarios in bench/results.md.
const RESULTS: Table = Table {
    heading: "Scenarios",
    columns: &COLUMNS,
    keys: 3,
};

/// `cargo xtask bench`.
pub fn main(args: &[String]) -> Result<bool, String> {
    let options = parse(args)?;
    let measured = record::measured(options.note.as_deref());
    println!("{}, {measured}\n", options.programs.release());
    let mut done = 0;
    for scenario in &SCENARIOS {
        let wanted = options.names.is_empty()
            || options
                .names
                .iter()
                .any(|n| scenario.name.starts_with(n.as_str()));
        if !wanted
            || (scenario.place == Place::Project && options.project.is_none())
            || (scenario.place == Place::Generated && options.packages == 0)
        {
            continue;
        }
        let pairs = measure(scenario, &options)?;
        if done == 0 {
            let last = COLUMNS.len() - 1;
            println!(
                "| {} |\n|{}",
                COLUMNS[..last].join(" | "),
                "---|".repeat(last)
            );
        }
        let mut row = vec![
            scenario.name.to_owned(),
            options.project_of(scenario),
            options.programs.release(),
        ];
        row.extend(figures(&pairs));
        println!("| {} |", row.join(" | "));
        row.push(measured.clone());
        // At once: later scenarios may take hours.
        if options.record {
            RESULTS.record(&options.results()?, std::slice::from_ref(&row))?;
        }
        done += 1;
    }
    let named = |name: &str| options.names.iter().any(|n| name.starts_with(n.as_str()));
    if named(crowd::NAME) {
        crowd(&options, &measured)?;
        done += 1;
    }
    if named(order::NAME) {
        let file = options.graph.as_ref().ok_or("order needs --graph FILE")?;
        let simulated = order::simulate(file)?;
        println!("{}", simulated.table());
        if options.record {
            simulated.record(&options.results()?, file)?;
        }
        done += 1;
    }
    if done == 0 {
        Err("no scenario of that name can run; projects are named with --project DIR".into())
    } else {
        Ok(true)
    }
}

fn parse(args: &[String]) -> Result<Options, String> {
    let (mut goroot, mut forgo, mut project, mut cache) = (None, None, None, None);
    let mut graph = None;
    let mut patterns = vec!["./...".to_owned()];
    let (mut runs, mut packages, mut checkouts, mut names) = (5, 0, 20, Vec::new());
    let (mut record, mut note) = (false, None);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} needs a value")).cloned();
        match arg.as_str() {
            "--go" => goroot = Some(PathBuf::from(value()?)),
            "--forgo" => forgo = Some(PathBuf::from(value()?)),
            "--project" => project = Some(PathBuf::from(value()?)),
            "--cache" => cache = Some(PathBuf::from(value()?)),
            "--graph" => graph = Some(PathBuf::from(value()?)),
            "--pkgs" => patterns = value()?.split_whitespace().map(str::to_owned).collect(),
            "--packages" => packages = value()?.parse().map_err(|_| "--packages: not a number")?,
            "--runs" => runs = value()?.parse().map_err(|_| "--runs: not a number")?,
            "--checkouts" => {
                checkouts = value()?.parse().map_err(|_| "--checkouts: not a number")?
            }
            "--record" => record = true,
            "--note" => note = Some(value()?),
            flag if flag.starts_with('-') => return Err(format!("bench: unknown flag {flag}")),
            name => names.push(name.to_string()),
        }
    }
    Ok(Options {
        programs: oracle::programs::find(goroot, forgo)?,
        project,
        cache,
        patterns,
        packages,
        checkouts,
        graph,
        runs,
        names,
        record,
        note,
    })
}

/// Checkouts of the project, or of the cache lab, at once.
fn crowd(options: &Options, measured: &str) -> Result<(), String> {
    let temp = temporary()?;
    let lab = temp.path().join("cache-lab");
    if options.project.is_none() {
        crate::tour::lab::write_module(&lab)?;
    }
    let crowd = crowd::Crowd {
        programs: &options.programs,
        module: options.project.as_ref().unwrap_or(&lab),
        temp: temp.path(),
        checkouts: options.checkouts,
    };
    let rows = crowd.rows(&options.project_name(), &options.programs.release())?;
    println!("{}", crowd::table(&rows));
    if options.record {
        let with = |mut row: Row| {
            row.push(measured.to_owned());
            row
        };
        let rows: Vec<Row> = rows.into_iter().map(with).collect();
        crowd::RESULTS.record(&options.results()?, &rows)?;
    }
    Ok(())
}

fn temporary() -> Result<tempfile::TempDir, String> {
    tempfile::Builder::new()
        .prefix("forgo-bench-")
        .tempdir()
        .map_err(|e| e.to_string())
}

/// Runs a scenario: each command without counting, then in turn.
fn measure(scenario: &Scenario, options: &Options) -> Result<Vec<[Cost; 2]>, String> {
    let mut bench = Bench::new(scenario, options)?;
    let mut pairs = Vec::new();
    let runs = if scenario.cold || scenario.elsewhere {
        options.runs.min(3)
    } else {
        options.runs
    };
    // The first round fills caches and the kernel's page cache; a cold build fills its own. In the
    // second nothing is left to be made, and facts that are not recorded for new results are
    // recorded.
    let uncounted = match (scenario.cold, scenario.elsewhere) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
    };
    for round in 0..uncounted + runs {
        if scenario.elsewhere && round > 0 {
            bench.check_out(round)?;
        }
        let mut pair = [Cost::default(); 2];
        for (cost, who) in pair.iter_mut().zip(Who::BOTH) {
            *cost = bench.changed(round, who)?;
            if round == 0 && who == Who::Stock && bench.same_answers() {
                let [go, forgo] = Who::BOTH.map(|who| cache_of(&bench.temp, who));
                tree::link_cache(&go, &forgo)?;
            }
        }
        if round >= uncounted {
            pairs.push(pair);
        }
    }
    Ok(pairs)
}

/// A scenario set up: a directory to work in, a cache for each command.
struct Bench<'a> {
    scenario: &'a Scenario,
    programs: &'a Programs,
    patterns: &'a [String],
    dir: PathBuf,
    temp: tempfile::TempDir,
    /// The file that is edited, and its text.
    original: Option<(PathBuf, String)>,
}

impl Drop for Bench<'_> {
    fn drop(&mut self) {
        if let Some((file, text)) = &self.original {
            let _ = std::fs::write(file, text);
        }
    }
}

impl<'a> Bench<'a> {
    fn new(scenario: &'a Scenario, options: &'a Options) -> Result<Bench<'a>, String> {
        let temp = temporary()?;
        let dir = match (&options.project, scenario.place) {
            (Some(dir), Place::Project) => {
                std::fs::canonicalize(dir).map_err(|e| format!("{}: {e}", dir.display()))?
            }
            (_, Place::Generated) => {
                let dir = temp.path().join("generated");
                generated::write_module(&dir, options.packages)?;
                dir
            }
            _ => {
                let dir = temp.path().join("cache-lab");
                crate::tour::lab::write_module(&dir)?;
                dir
            }
        };
        if let Some(cache) = &options.cache
            && scenario.place == Place::Project
        {
            for who in Who::BOTH {
                tree::link_cache(cache, &cache_of(&temp, who))?;
            }
        }
        let original = match &scenario.change {
            Some(change) => {
                let file = dir.join(change.file);
                let text = std::fs::read_to_string(&file);
                Some((
                    file.clone(),
                    text.map_err(|e| format!("{}: {e}", file.display()))?,
                ))
            }
            None => None,
        };
        Ok(Bench {
            scenario,
            programs: &options.programs,
            patterns: &options.patterns,
            dir,
            temp,
            original,
        })
    }

    /// Whether forgo can begin with the cache of the stock command's first run: the scenario
    /// measures runs without work, so doing the work once is enough.
    fn same_answers(&self) -> bool {
        let scenario = self.scenario;
        let filled = cache_of(&self.temp, Who::Forgo).exists();
        !(scenario.cold || scenario.elsewhere || scenario.change.is_some() || filled)
    }

    /// Makes the scenario's edit, and runs the command.
    fn changed(&self, round: usize, who: Who) -> Result<Cost, String> {
        let (Some(change), Some((file, text))) = (&self.scenario.change, &self.original) else {
            return self.once(who);
        };
        let fault = |e: std::io::Error| format!("{}: {e}", file.display());
        let write = |text: &str| std::fs::write(file, text).map_err(fault);
        // Longer each time: a text that no cache has seen.
        let new = change.text.to_owned() + &"=".repeat(round + 1);
        let edited = text.replacen(change.text, &new, 1);
        if edited == *text {
            return Err(format!("{} has no {:?}", file.display(), change.text));
        }
        if change.reverted {
            write(text)?;
            self.once(who)?;
            write(&edited)?;
            self.once(who)?;
            write(text)?;
        } else {
            write(&edited)?;
        }
        self.once(who)
    }

    /// Goes on in a new copy of the project.
    fn check_out(&mut self, round: usize) -> Result<(), String> {
        let to = self.temp.path().join(format!("checkout-{round}"));
        tree::copy_all(&self.dir, &to)?;
        if round > 1 {
            tree::remove(&self.dir)?;
        }
        self.dir = to;
        Ok(())
    }

    fn once(&self, who: Who) -> Result<Cost, String> {
        let cache = cache_of(&self.temp, who);
        if self.scenario.cold {
            tree::remove(&cache)?;
        }
        let out = self.temp.path().join(format!("out-{}", who.title()));
        let mut cmd: Command = command(self.programs, who);
        for &arg in self.scenario.args {
            match arg {
                "./..." if self.scenario.place == Place::Project => cmd.args(self.patterns),
                _ => cmd.arg(arg.replace("OUT", &out.display().to_string())),
            };
        }
        cmd.current_dir(&self.dir)
            .env("PWD", &self.dir)
            .env("GOCACHE", &cache);
        let cost = run(cmd)?;
        if cost.code != 0 {
            return Err(format!(
                "{}: {} exits with {}",
                self.scenario.name,
                who.title(),
                cost.code
            ));
        }
        Ok(cost)
    }
}

fn cache_of(temp: &tempfile::TempDir, who: Who) -> PathBuf {
    temp.path().join(format!("cache-{}", who.title()))
}

/// The cells of a row: the number of pairs, medians of both commands, and of the pairs' ratios.
fn figures(pairs: &[[Cost; 2]]) -> Row {
    let mid =
        |who: usize, f: &dyn Fn(&Cost) -> f64| median(pairs.iter().map(|p| f(&p[who])).collect());
    let ratio =
        |f: &dyn Fn(&Cost) -> f64| median(pairs.iter().map(|p| f(&p[1]) / f(&p[0])).collect());
    let wall = |c: &Cost| c.wall.as_secs_f64();
    let cpu = |c: &Cost| c.cpu.as_secs_f64();
    let own = |c: &Cost| c.own_cpu.as_secs_f64();
    let peak = |c: &Cost| c.own_peak as f64 / f64::from(1 << 20);
    let mut cells = vec![pairs.len().to_string()];
    for f in [&wall as &dyn Fn(&Cost) -> f64, &cpu, &own] {
        cells.extend([0, 1].map(|who| format!("{:.3} s", mid(who, f))));
        cells.push(format!("{:.3}", ratio(f)));
    }
    cells.extend([0, 1].map(|who| format!("{:.0} MiB", mid(who, &peak))));
    cells
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn figures_fill_the_columns() {
        let cost = |seconds: u64| Cost {
            wall: Duration::from_secs(seconds),
            cpu: Duration::from_secs(2 * seconds),
            own_cpu: Duration::from_secs(seconds),
            own_peak: seconds << 20,
            code: 0,
        };
        let pairs = [[cost(4), cost(1)], [cost(8), cost(2)]];
        let cells = figures(&pairs);
        assert_eq!(cells.len() + 4, COLUMNS.len());
        assert_eq!(cells[..5], ["2", "6.000 s", "1.500 s", "0.250", "12.000 s"]);
        assert_eq!(cells[cells.len() - 2..], ["6 MiB", "2 MiB"]);
    }
}
