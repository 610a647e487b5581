//! The stock go processes that forgo started during a run: which ones, for whom, and whether it was
//! entitled to.
//!
//! A command that forgo does not do itself it hands over whole. A native command may start the
//! stock one only to fetch modules and to edit go.mod and go.sum.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The line that the hook in the test binary writes for a process.
#[derive(serde::Deserialize)]
struct Line {
    #[serde(default)]
    asked: Vec<String>,
    #[serde(default)]
    args: Vec<String>,
    delegated: bool,
    dir: String,
}

/// The purpose of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Purpose {
    /// It is the command that was asked for.
    Delegated,
    /// A native command lacks modules.
    Fetch,
    /// A native command has to change go.mod, go.sum or go.work.sum.
    Edit,
    /// The stock command is a script outside of its distribution: it is asked where that is.
    Ask,
    /// A native command wanted something that forgo should do itself.
    Unentitled,
}

/// The processes of a run.
#[derive(Default)]
pub struct StockProcesses {
    /// How often: purpose, the subcommand asked of forgo, the stock subcommand.
    counts: BTreeMap<(Purpose, String, String), usize>,
    unentitled: Vec<String>,
}

impl StockProcesses {
    /// Reads the log.
    pub fn parse(log: &str) -> Result<StockProcesses, String> {
        let mut all = StockProcesses::default();
        for text in log.lines() {
            let line: Line =
                serde_json::from_str(text).map_err(|e| format!("stock processes: {e}: {text}"))?;
            let purpose = purpose(&line);
            if purpose == Purpose::Unentitled {
                let (asked, args) = (line.asked.join(" "), line.args.join(" "));
                let dir = &line.dir;
                all.unentitled
                    .push(format!("go {asked} started: go {args} (in {dir})"));
            }
            let key = (purpose, subcommand(&line.asked), subcommand(&line.args));
            *all.counts.entry(key).or_default() += 1;
        }
        Ok(all)
    }

    /// Adds those of another run.
    pub fn add(&mut self, other: StockProcesses) {
        for (key, n) in other.counts {
            *self.counts.entry(key).or_default() += n;
        }
        self.unentitled.extend(other.unentitled);
    }

    /// Reports whether every native command started stock processes for permitted purposes only.
    pub fn is_good(&self) -> bool {
        self.unentitled.is_empty()
    }

    fn total(&self, wanted: impl Fn(Purpose) -> bool) -> usize {
        let of = self.counts.iter().filter(|((p, ..), _)| wanted(*p));
        of.map(|(_, n)| n).sum()
    }

    /// The numbers as a short text.
    pub fn summary(&self) -> String {
        format!(
            "{} delegated; by native commands {} to fetch modules{}, {} to edit go.mod, {} to find GOROOT, \
             {} other",
            self.total(|p| p == Purpose::Delegated),
            self.total(|p| p == Purpose::Fetch),
            self.fetched_by(),
            self.total(|p| p == Purpose::Edit),
            self.total(|p| p == Purpose::Ask),
            self.total(|p| p == Purpose::Unentitled),
        )
    }

    /// Which subcommands fetched, ` (mod download 7, list -m 2)`: archives, answers to queries,
    /// go.mod files alone (`mod graph`), toolchains (`version`).
    fn fetched_by(&self) -> String {
        let mut by_command: BTreeMap<&str, usize> = BTreeMap::new();
        for ((purpose, _, args), n) in &self.counts {
            if *purpose == Purpose::Fetch {
                *by_command.entry(args).or_default() += n;
            }
        }
        if by_command.is_empty() {
            return String::new();
        }
        let list: Vec<String> = by_command.iter().map(|(c, n)| format!("{c} {n}")).collect();
        format!(" ({})", list.join(", "))
    }

    /// The table: how many processes, for which subcommand.
    pub fn table(&self) -> String {
        let mut out = format!("stock go processes: {}\n", self.summary());
        let mut delegated: Vec<(usize, &str)> = Vec::new();
        for ((purpose, asked, args), n) in &self.counts {
            let why = match purpose {
                Purpose::Delegated => {
                    delegated.push((*n, args));
                    continue;
                }
                Purpose::Fetch => "fetch modules",
                Purpose::Edit => "edit go.mod",
                Purpose::Ask => "find GOROOT",
                Purpose::Unentitled => "NOT ENTITLED",
            };
            let _ = writeln!(out, "{n:>6}  go {asked:<14} {why:<14} go {args}");
        }
        delegated.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        let list: Vec<String> = delegated.iter().map(|(n, c)| format!("{c} {n}")).collect();
        let _ = writeln!(out, "        delegated: {}", list.join(", "));
        for line in &self.unentitled {
            let _ = writeln!(out, "NOT ENTITLED: {line}");
        }
        out
    }
}

fn purpose(line: &Line) -> Purpose {
    if line.delegated {
        return Purpose::Delegated;
    }
    let args: Vec<&str> = line.args.iter().map(String::as_str).collect();
    match args[..] {
        ["mod", "download" | "graph", ..] | ["list", "-m", ..] => Purpose::Fetch,
        // A toolchain is a module too, which the stock command fetches before anything else, and so
        // is the snapshot that GOFIPS140 asks for.
        ["version"] | ["list", "-f", "", "unsafe"] => Purpose::Fetch,
        ["list", "-e", "-deps", "-json=ImportPath,Error", ..] => Purpose::Edit,
        ["env", "GOROOT" | "GOVERSION"] => Purpose::Ask,
        _ => Purpose::Unentitled,
    }
}

/// `mod tidy`, `list -m`, `build`: enough to identify a command.
fn subcommand(args: &[String]) -> String {
    let mut args = args.iter().map(String::as_str).peekable();
    while let Some(flag) = args.next_if(|a| a.starts_with("-C") || a.starts_with("--C")) {
        if !flag.contains('=') {
            args.next();
        }
    }
    let command = args.next().unwrap_or_default();
    let rest: Vec<&str> = args.collect();
    match (command, rest.first()) {
        ("mod" | "work" | "telemetry", Some(sub)) => format!("{command} {sub}"),
        ("list", _) if rest.contains(&"-m") => "list -m".to_owned(),
        _ => command.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(asked: &str, args: &str, delegated: bool) -> String {
        let words =
            |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
        let value = serde_json::json!({
            "asked": words(asked), "args": words(args), "delegated": delegated, "dir": "/w",
        });
        format!("{value}\n")
    }

    #[test]
    fn processes_are_told_apart() {
        let log = line("mod tidy -v", "mod tidy -v", true)
            + &line("list -f x -m all", "list -f x -m all", true)
            + &line("build ./...", "mod download -json a@v1", false)
            + &line("-C x build", "mod download -json b@v1", false)
            + &line("vet", "list -e -deps -json=ImportPath,Error -- .", false);
        let good = StockProcesses::parse(&log).unwrap();
        assert!(good.is_good());
        assert_eq!(
            good.summary(),
            "2 delegated; by native commands 2 to fetch modules (mod download 2), 1 to edit go.mod, \
             0 to find GOROOT, 0 other"
        );
        let table = good.table();
        assert!(table.contains("     2  go build          fetch modules  go mod download\n"));
        assert!(
            table.contains("delegated: list -m 1, mod tidy 1\n"),
            "{table}"
        );

        let bad = StockProcesses::parse(&(log + &line("test", "test", false))).unwrap();
        assert!(!bad.is_good());
        assert!(
            bad.table()
                .contains("NOT ENTITLED: go test started: go test (in /w)\n")
        );
    }
}
