//! Runs scripts and reads from the test binary's output how each ended.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use super::test_binary::{TestBinary, cache_dir};
use crate::tour::lab::Programs;

/// How a script ended, and what was said meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// `PASS`, `FAIL`, `SKIP`.
    pub status: String,
    /// Its log.
    pub log: String,
}

impl Outcome {
    /// Did it fail?
    pub fn failed(&self) -> bool {
        self.status == "FAIL"
    }
}

/// By the scripts' names.
pub type Outcomes = BTreeMap<String, Outcome>;

/// What all runs have in common.
pub struct Runner<'p> {
    /// The distribution, and forgo.
    pub programs: &'p Programs,
    /// What runs the scripts.
    pub binary: TestBinary,
    /// Run what is skipped under `-test.short` too.
    pub long: bool,
    /// When the whole run is given up.
    pub timeout: String,
    /// How many scripts at once.
    pub parallel: Option<usize>,
}

impl Runner<'_> {
    /// Runs scripts with the stock command, or with forgo.
    pub fn run(&self, names: &BTreeSet<String>, forgo: Option<&Path>) -> Result<Outcomes, String> {
        let goroot = &self.programs.goroot;
        // The two do not share a cache: what one leaves must not help or hinder the other.
        let who = if forgo.is_some() { "forgo" } else { "stock" };
        let gocache = cache_dir()?.join(format!("gocache-{who}-{}", self.programs.release()));
        std::fs::create_dir_all(&gocache).map_err(|e| format!("{}: {e}", gocache.display()))?;
        let names: Vec<String> = names.iter().map(|name| regex::escape(name)).collect();
        let mut command = Command::new(&self.binary.exe);
        command
            .args(["-test.v", "-test.timeout", &self.timeout])
            .args([
                "-test.run",
                &format!("^TestScript$/^({})$", names.join("|")),
            ])
            .current_dir(goroot.join("src/cmd/go"))
            .env("GOROOT", goroot)
            .env("PATH", path_with(&goroot.join("bin")))
            .env("GOCACHE", &gocache)
            .env("GOTOOLCHAIN", "local")
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
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
        ];
        for name in users {
            command.env_remove(name);
        }
        if let Some(n) = self.parallel {
            command.args(["-test.parallel", &n.to_string()]);
        }
        if !self.long {
            command.arg("-test.short");
        }
        if let Some(forgo) = forgo {
            command
                .env("FORGO_UNDER_TEST", forgo)
                .env("FORGO_GO", &self.binary.stock);
        }
        let mut child = command.spawn().map_err(|e| format!("go.test: {e}"))?;
        let outcomes = child.stdout.take().map(read_outcomes).unwrap_or_default();
        let status = child.wait().map_err(|e| format!("go.test: {e}"))?;
        if outcomes.is_empty() {
            return Err(format!("the test binary ran no script ({status})"));
        }
        Ok(outcomes)
    }
}

fn path_with(first: &Path) -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    format!("{}:{path}", first.display())
}

/// Reads `-test.v` output. Scripts run in parallel: `=== NAME` lines say whose lines follow.
fn read_outcomes(output: impl Read) -> Outcomes {
    let mut outcomes = Outcomes::new();
    let mut logs: BTreeMap<String, String> = BTreeMap::new();
    let mut current = String::new();
    for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        if let Some((status, name)) = ended(&line) {
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
            current = name
                .strip_prefix("TestScript/")
                .unwrap_or_default()
                .to_owned();
        } else if !current.is_empty() {
            let log = logs.entry(current.clone()).or_default();
            let _ = writeln!(log, "{line}");
        }
    }
    // A run that was cut short says nothing of what was under way.
    for (name, log) in logs {
        let status = "FAIL".to_owned();
        outcomes.entry(name).or_insert(Outcome { status, log });
    }
    outcomes
}

/// Of `    --- PASS: TestScript/build_n (0.01s)`: the status and the name.
fn ended(line: &str) -> Option<(&str, &str)> {
    let rest = line.trim_start().strip_prefix("--- ")?;
    let (status, rest) = rest.split_once(": TestScript/")?;
    Some((status, rest.split_whitespace().next()?))
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
        let outcomes = read_outcomes(text.as_bytes());
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
        assert_eq!(of("c"), ("FAIL", "    cut\n"));
    }
}
