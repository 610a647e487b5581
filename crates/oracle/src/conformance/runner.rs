//! Runs tests and reads from the test binary's output how each ended.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{self, Stdio};

use super::stock::StockProcesses;
use super::test_binary::TestBinary;
use crate::places::cache_dir;
use crate::programs::Programs;

/// How a test ended, and its output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// `PASS`, `FAIL`, `SKIP`; `CUT` where the run was over first.
    pub status: String,
    /// Its log.
    pub log: String,
}

impl Outcome {
    /// Reports whether it passed.
    pub fn passed(&self) -> bool {
        self.status == "PASS"
    }

    /// Reports whether it ended.
    pub fn ended(&self) -> bool {
        self.status != CUT
    }
}

const CUT: &str = "CUT";

/// By the tests' names.
pub type Outcomes = BTreeMap<String, Outcome>;

/// The two kinds of tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    /// Those of testdata/script.
    Scripts,
    /// Test functions.
    GoCoded,
}

/// The program that `go` is in a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// The stock command.
    Stock,
    /// forgo.
    Forgo,
    /// forgo without the features that the stock command has not.
    ForgoWithoutExtras,
}

/// The function that runs the scripts.
const SCRIPTS: &str = "TestScript";

impl Suite {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Suite::Scripts => "scripts",
            Suite::GoCoded => "Go-coded tests",
        }
    }

    /// The text that the test binary puts before a name.
    fn prefix(self) -> &'static str {
        match self {
            Suite::Scripts => "TestScript/",
            Suite::GoCoded => "",
        }
    }

    /// The `-test.run` pattern of some tests.
    fn pattern(self, names: &BTreeSet<String>) -> String {
        let names: Vec<String> = names.iter().map(|name| regex::escape(name)).collect();
        let names = format!("^({})$", names.join("|"));
        match self {
            Suite::Scripts => format!("^{SCRIPTS}$/{names}"),
            Suite::GoCoded => names,
        }
    }
}

/// The parts that all runs have in common.
pub struct Runner<'p> {
    /// The distribution, and forgo.
    pub programs: &'p Programs,
    /// The program that runs the tests.
    pub binary: TestBinary,
    /// Run the tests that `-test.short` skips too.
    pub long: bool,
    /// When the whole run is given up.
    pub timeout: String,
    /// How many scripts at once.
    pub parallel: Option<usize>,
}

impl Runner<'_> {
    /// The names of all tests coded in Go.
    pub fn go_coded(&self) -> Result<BTreeSet<String>, String> {
        let said = self
            .command(Command::Stock)?
            .args(["-test.list", "^Test"])
            .stderr(Stdio::inherit())
            .output()
            .map_err(|e| format!("go.test: {e}"))?;
        let names = String::from_utf8_lossy(&said.stdout).into_owned();
        let is_wanted = |line: &&str| line.starts_with("Test") && *line != SCRIPTS;
        Ok(names.lines().filter(is_wanted).map(str::to_owned).collect())
    }

    /// Runs tests of a suite with the stock command, or with forgo. The output of the test binary
    /// goes to a file, the log of stock processes to another one beside it.
    pub fn run(
        &self,
        suite: Suite,
        names: &BTreeSet<String>,
        go: Command,
        saved: &Path,
    ) -> Result<(), String> {
        let mut command = self.command(go)?;
        let fail = |e: std::io::Error| format!("{}: {e}", saved.display());
        let stock = stock_log(saved);
        let _ = fs::remove_file(&stock);
        command
            // With plain -test.v the outcomes of all scripts come when the last one is over.
            .args(["-test.v=test2json", "-test.timeout", &self.timeout])
            .args(["-test.run", &suite.pattern(names)])
            .env("FORGO_CONFORMANCE_LOG", stock)
            .stdout(fs::File::create(saved).map_err(fail)?);
        if let Some(n) = self.parallel {
            command.args(["-test.parallel", &n.to_string()]);
        }
        if !self.long {
            command.arg("-test.short");
        }
        let status = command.status().map_err(|e| format!("go.test: {e}"))?;
        if read(suite, saved)?.0.is_empty() {
            return Err(format!("the test binary ran nothing ({status})"));
        }
        Ok(())
    }

    /// The test binary in a clean environment.
    fn command(&self, go: Command) -> Result<process::Command, String> {
        let goroot = &self.programs.goroot;
        // The two do not share a cache: what one leaves must not help or hinder the other.
        let who = match go {
            Command::Stock => "stock",
            Command::Forgo | Command::ForgoWithoutExtras => "forgo",
        };
        let gocache = cache_dir()?.join(format!("gocache-{who}-{}", self.programs.release()));
        fs::create_dir_all(&gocache).map_err(|e| format!("{}: {e}", gocache.display()))?;
        let mut command = process::Command::new(&self.binary.exe);
        command
            .current_dir(goroot.join("src/cmd/go"))
            .env("GOROOT", goroot)
            .env("PATH", path_with(&goroot.join("bin")))
            .env("GOCACHE", &gocache)
            .env("GOTOOLCHAIN", "local")
            .stdin(Stdio::null());
        let users = [
            "GOFLAGS",
            "GOPROXY",
            "GOSUMDB",
            "GOWORK",
            "GO111MODULE",
            "GOPATH",
            "GOENV",
            "GOBIN",
            "GODEBUG",
            "CGO_ENABLED",
            "FORGO_UNDER_TEST",
            "FORGO_GO",
            "FORGO_EXTRAS",
        ];
        for name in users {
            command.env_remove(name);
        }
        if go != Command::Stock {
            command
                .env("FORGO_UNDER_TEST", &self.programs.forgo)
                .env("FORGO_GO", &self.binary.stock);
        }
        if go == Command::ForgoWithoutExtras {
            command.env("FORGO_EXTRAS", "off");
        }
        Ok(command)
    }
}

/// Reads the outcomes of a saved run.
pub fn read(suite: Suite, saved: &Path) -> Result<(Outcomes, StockProcesses), String> {
    let file = fs::File::open(saved).map_err(|e| format!("{}: {e}", saved.display()))?;
    let stock = fs::read_to_string(stock_log(saved)).unwrap_or_default();
    let outcomes = read_outcomes(file, suite.prefix());
    Ok((outcomes, StockProcesses::parse(&stock)?))
}

fn stock_log(saved: &Path) -> PathBuf {
    let mut name = saved.as_os_str().to_owned();
    name.push(".stock");
    name.into()
}

fn path_with(first: &Path) -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    format!("{}:{path}", first.display())
}

/// Reads `-test.v=test2json` output, of tests whose names begin with `prefix`. Scripts run in
/// parallel: `=== NAME` lines name the test whose lines follow. These and outcomes are marked, for
/// they may come after text without a newline.
fn read_outcomes(output: impl Read, prefix: &str) -> Outcomes {
    let mut outcomes = Outcomes::new();
    let mut logs: BTreeMap<String, String> = BTreeMap::new();
    let mut current = String::new();
    let lines = BufReader::new(output).split(b'\n').map_while(Result::ok);
    for line in lines.flat_map(at_marks) {
        if let Some((status, name)) = ended(&line, prefix) {
            if name != "README" {
                let log = logs.remove(name).unwrap_or_default();
                let status = status.to_owned();
                outcomes.insert(name.to_owned(), Outcome { status, log });
            }
            current.clear();
        } else if line.trim_start().starts_with("--- ") {
            current.clear();
        } else if let Some(rest) = line.strip_prefix("=== ") {
            let name = rest.split_whitespace().nth(1).unwrap_or_default();
            let name = name.strip_prefix(prefix).unwrap_or_default();
            // The output of a part of a test belongs to the test.
            current = name.split('/').next().unwrap_or_default().to_owned();
        } else if !current.is_empty() {
            let log = logs.entry(current.clone()).or_default();
            let _ = writeln!(log, "{line}");
        }
    }
    for (name, log) in logs {
        let status = CUT.to_owned();
        outcomes.entry(name).or_insert(Outcome { status, log });
    }
    outcomes
}

/// The parts of a line between marks.
fn at_marks(line: Vec<u8>) -> Vec<String> {
    const MARK: char = '\x16';
    let line = String::from_utf8_lossy(&line);
    let line = line.strip_prefix(MARK).unwrap_or(&line);
    line.split(MARK).map(str::to_owned).collect()
}

/// Of `    --- PASS: TestScript/build_n (0.01s)`: the status and the name.
fn ended<'l>(line: &'l str, prefix: &str) -> Option<(&'l str, &'l str)> {
    let rest = line.trim_start().strip_prefix("--- ")?;
    let (status, name) = rest.split_once(": ")?;
    let name = name.strip_prefix(prefix)?.split_whitespace().next()?;
    (!name.contains('/')).then_some((status, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_read() {
        let text = "=== RUN   TestScript\n=== RUN   TestScript/README\n=== RUN   TestScript/a\n\
                    === PAUSE TestScript/a\n=== RUN   TestScript/b\n=== CONT  TestScript/a\n\
                    \x20   script_test.go:135: one\n=== NAME  TestScript/b\n    two\n\
                    === NAME  TestScript/a\n    three\n=== NAME  TestScript/c\n    cut\n\
                    --- FAIL: TestScript (0.1s)\n    --- PASS: TestScript/README (0.00s)\n\
                    \x20   --- FAIL: TestScript/a (0.05s)\n    --- SKIP: TestScript/b (0.00s)\nFAIL\n";
        let outcomes = read_outcomes(text.as_bytes(), "TestScript/");
        let of = |name: &str| {
            let outcome = &outcomes[name];
            (outcome.status.as_str(), outcome.log.as_str())
        };
        assert_eq!(outcomes.len(), 3);
        assert_eq!(
            of("a"),
            ("FAIL", "    script_test.go:135: one\n    three\n")
        );
        assert_eq!(of("b"), ("SKIP", "    two\n"));
        assert_eq!(of("c"), ("CUT", "    cut\n"));
        assert!(outcomes["a"].ended() && !outcomes["c"].ended());
    }

    #[test]
    fn outcomes_come_before_the_end() {
        let text = "\x16=== RUN   TestScript\n\x16=== RUN   TestScript/a\n    one\nno newline\
                    \x16=== NAME  TestScript/b\n    two\n\x16--- PASS: TestScript/a (0.05s)\n\
                    \x16=== NAME  TestScript/b\n    three\n";
        let outcomes = read_outcomes(text.as_bytes(), "TestScript/");
        let of = |name: &str| {
            let outcome = &outcomes[name];
            (outcome.status.as_str(), outcome.log.as_str())
        };
        assert_eq!(of("a"), ("PASS", "    one\nno newline\n"));
        assert_eq!(of("b"), ("CUT", "    two\n    three\n"));
    }

    #[test]
    fn parts_of_a_test_are_not_tests() {
        let text = "=== RUN   TestA\n=== RUN   TestA/part\n    go_test.go:7: no\n\
                    --- FAIL: TestA (0.05s)\n    --- FAIL: TestA/part (0.05s)\n\
                    === RUN   TestB\n--- PASS: TestB (0.00s)\nFAIL\n";
        let outcomes = read_outcomes(text.as_bytes(), "");
        assert_eq!(outcomes.len(), 2);
        assert_eq!(outcomes["TestA"].status, "FAIL");
        assert_eq!(outcomes["TestA"].log, "    go_test.go:7: no\n");
        assert_eq!(outcomes["TestB"].status, "PASS");
    }
}
