//! Many checkouts of a module at once on one cache: how many compiles that takes in all, and of how
//! many packages. Each should be compiled once.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::measure::{Cost, run_into};
use oracle::programs::{Programs, Who, command};
use oracle::record::{Row, Table};
use oracle::tree;

/// Its name among the scenarios.
pub const NAME: &str = "crowd of checkouts";

/// The checkouts, and their directory.
pub struct Crowd<'a> {
    /// The commands.
    pub programs: &'a Programs,
    /// The module that all are copies of.
    pub module: &'a Path,
    /// Where copies and caches are put.
    pub temp: &'a Path,
    /// How many there are.
    pub checkouts: usize,
}

/// The work of the commands of all checkouts.
#[derive(Debug, Default, PartialEq, Eq)]
struct Done {
    /// Compiles, by package.
    compiles: BTreeMap<String, usize>,
    links: usize,
    cpu: Duration,
    wall: Duration,
}

/// The table in bench/results.md.
pub const RESULTS: Table = Table {
    heading: "Many checkouts at once",
    columns: &[
        "project",
        "checkouts",
        "Go",
        "command",
        "compiles",
        "packages",
        "compiled more than once",
        "links",
        "CPU",
        "wall time",
        "measured",
    ],
    keys: 4,
};

/// The rows of both commands as a table.
pub fn table(rows: &[Row]) -> String {
    let columns = &RESULTS.columns[..RESULTS.columns.len() - 1];
    let mut table = format!(
        "| {} |\n|{}\n",
        columns.join(" | "),
        "---|".repeat(columns.len())
    );
    for row in rows {
        table += &format!("| {} |\n", row.join(" | "));
    }
    table
}

impl Crowd<'_> {
    /// Measures both commands.
    pub fn rows(&self, project: &str, release: &str) -> Result<Vec<Row>, String> {
        let checkouts = self.check_out()?;
        let row = |who: Who| {
            let mut row = vec![
                project.to_owned(),
                self.checkouts.to_string(),
                release.to_owned(),
            ];
            row.extend(cells(who, &self.build(who, &checkouts)?));
            Ok(row)
        };
        Who::BOTH.into_iter().map(row).collect()
    }

    fn check_out(&self) -> Result<Vec<PathBuf>, String> {
        let one = |i| {
            let to = self.temp.join(format!("crowd-{i}"));
            tree::copy_all(self.module, &to)?;
            Ok(to)
        };
        (0..self.checkouts).map(one).collect()
    }

    fn build<'c>(&self, who: Who, checkouts: &'c [PathBuf]) -> Result<Done, String> {
        let cache = self.temp.join(format!("crowd-cache-{}", who.title()));
        let standard = [
            "list",
            "-deps",
            "-f",
            "{{if .Standard}}{{.ImportPath}}{{end}}",
            "./...",
        ];
        let list = self.run(who, &checkouts[0], &cache, &standard)?.1;
        let mut standard = vec!["build"];
        standard.extend(list.lines().filter(|line| *line != "unsafe"));
        self.run(who, &checkouts[0], &cache, &standard)?;

        let start = Instant::now();
        let ran: Vec<_> = std::thread::scope(|scope| {
            let cache = &cache;
            let start = |dir: &'c PathBuf| {
                scope.spawn(move || self.run(who, dir, cache, &["build", "-x", "./..."]))
            };
            let started: Vec<_> = checkouts.iter().map(start).collect();
            let ended = started.into_iter().map(|thread| thread.join());
            ended.collect()
        });
        let mut done = Done::default();
        for ran in ran {
            let (cost, text) = ran.map_err(|_| "a thread panicked")??;
            done.cpu += cost.cpu;
            done.count(&text);
        }
        done.wall = start.elapsed();
        tree::remove(&cache)?;
        Ok(done)
    }

    /// Runs a command, which must succeed, and gives its output, both kinds of it.
    fn run(
        &self,
        who: Who,
        dir: &Path,
        cache: &Path,
        args: &[&str],
    ) -> Result<(Cost, String), String> {
        let fault = |e: std::io::Error| format!("{}: {e}", self.temp.display());
        let out = tempfile::NamedTempFile::new_in(self.temp).map_err(fault)?;
        let file = || -> Result<File, String> { out.reopen().map_err(fault) };
        let mut cmd = command(self.programs, who);
        cmd.args(args)
            .current_dir(dir)
            .env("PWD", dir)
            .env("GOCACHE", cache);
        let both = file()?;
        let cost = run_into(cmd, both.try_clone().map_err(fault)?.into(), both.into())?;
        let text = std::fs::read(out.path()).map_err(fault)?;
        let text = String::from_utf8_lossy(&text).into_owned();
        if cost.code != 0 {
            let what = args.first().unwrap_or(&"");
            return Err(format!("{} {what}: {text}", who.title()));
        }
        Ok((cost, text))
    }
}

impl Done {
    /// Counts what -x showed.
    fn count(&mut self, text: &str) {
        for line in text.lines() {
            if line.contains("/link -o ") {
                self.links += 1;
            }
            // Not the question for its version.
            if line.contains("/compile ")
                && let Some((_, rest)) = line.split_once(" -p ")
            {
                let package = rest.split(' ').next().unwrap_or_default();
                *self.compiles.entry(package.to_owned()).or_default() += 1;
            }
        }
    }
}

fn cells(who: Who, done: &Done) -> [String; 7] {
    [
        who.title().to_owned(),
        done.compiles.values().sum::<usize>().to_string(),
        done.compiles.len().to_string(),
        done.compiles
            .values()
            .filter(|n| **n > 1)
            .count()
            .to_string(),
        done.links.to_string(),
        format!("{:.1} s", done.cpu.as_secs_f64()),
        format!("{:.1} s", done.wall.as_secs_f64()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_x_shows_is_counted() {
        let mut done = Done::default();
        for text in [
            "mkdir -p $WORK/b001/\n/r/tool/compile -o $WORK/b001/_pkg_.a -p main -complete ./x.go\n\
             /r/tool/compile -V=full\n/r/tool/link -o $WORK/b001/exe/a.out -importcfg x\n",
            "/r/tool/compile -o $WORK/b001/_pkg_.a -p main -complete ./x.go\n\
             /r/tool/compile -o $WORK/b002/_pkg_.a -p a/b -complete ./x.go\n",
        ] {
            done.count(text);
        }
        let compiles = [("a/b".to_owned(), 1), ("main".to_owned(), 2)];
        assert_eq!(done.compiles, BTreeMap::from(compiles));
        let row = cells(Who::Stock, &done);
        assert_eq!(row, ["go", "3", "2", "1", "1", "0.0 s", "0.0 s"]);
    }
}
