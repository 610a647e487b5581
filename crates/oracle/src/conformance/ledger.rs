//! The facts about tests: the stock command's results on this machine (kept between runs), the
//! exceptions with their reasons, and the verdicts of a run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::runner::{Outcome, Outcomes};
use super::test_binary;

/// The lines of a list: without comments and blanks.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    let bare = |line: &'_ str| line.find('#').map_or(line.len(), |at| at);
    text.lines()
        .map(move |line| line[..bare(line)].trim())
        .filter(|line| !line.is_empty())
}

/// How the stock command does.
pub struct Baseline {
    file: PathBuf,
    /// `PASS`, `FAIL` or `SKIP`, by test.
    known: BTreeMap<String, String>,
}

impl Baseline {
    /// Loads the outcomes of earlier runs on this machine.
    pub fn load(goroot: &Path, long: bool) -> Result<Baseline, String> {
        let kind = if long { "long" } else { "short" };
        let name = format!("baseline-{}-{kind}.txt", test_binary::key(goroot)?);
        let file = crate::places::cache_dir()?.join(name);
        let text = fs::read_to_string(&file).unwrap_or_default();
        let known = lines(&text)
            .filter_map(|line| line.split_once(' '))
            .map(|(status, name)| (name.to_owned(), status.to_owned()))
            .collect();
        Ok(Baseline { file, known })
    }

    /// Does the stock command pass it? `None` if it was not asked yet.
    pub fn passes(&self, name: &str) -> Option<bool> {
        self.known.get(name).map(|status| status == "PASS")
    }

    /// Adds what a run of the stock command found out, and keeps it.
    pub fn add(&mut self, outcomes: &Outcomes) -> Result<(), String> {
        for (name, outcome) in outcomes.iter().filter(|(_, o)| o.ended()) {
            self.known.insert(name.clone(), outcome.status.clone());
        }
        let mut text = String::new();
        for (name, status) in &self.known {
            let _ = writeln!(text, "{status} {name}");
        }
        fs::write(&self.file, text).map_err(|e| format!("{}: {e}", self.file.display()))
    }
}

/// The tests that forgo is excused from: `name: reason`, or `name go1.27: reason` for one release.
/// With `extras-off ` before it, a test is run under `FORGO_EXTRAS=off` and has to pass there.
#[derive(Default)]
pub struct Exceptions(Vec<Exception>);

struct Exception {
    script: String,
    without_extras: bool,
    release: Option<String>,
    reason: String,
}

impl Exceptions {
    /// Reads `conformance/exceptions.txt` of the repository, as it was when this program was built.
    pub fn load() -> Result<Exceptions, String> {
        let text = include_str!("../../../../conformance/exceptions.txt");
        Exceptions::parse(text).map_err(|e| format!("conformance/exceptions.txt: {e}"))
    }

    fn parse(text: &str) -> Result<Exceptions, String> {
        let mut list = Vec::new();
        for line in lines(text) {
            let (what, reason) = line
                .split_once(": ")
                .ok_or(format!("no reason given: {line}"))?;
            let plain = what.strip_prefix("extras-off ");
            let mut words = plain.unwrap_or(what).split_whitespace().map(str::to_owned);
            let script = words.next().ok_or(format!("no script named: {line}"))?;
            list.push(Exception {
                script,
                without_extras: plain.is_some(),
                release: words.next(),
                reason: reason.trim().to_owned(),
            });
        }
        Ok(Exceptions(list))
    }

    /// Why a test may fail on a release (`go1.27.3`).
    pub fn reason(&self, script: &str, release: &str) -> Option<&str> {
        self.find(script, release, false)
    }

    /// Why a test is run without the features that the stock command has not.
    pub fn without_extras(&self, script: &str, release: &str) -> Option<&str> {
        self.find(script, release, true)
    }

    fn find(&self, script: &str, release: &str, without_extras: bool) -> Option<&str> {
        let is_for = |e: &&Exception| {
            let same_release = |of: &String| {
                release
                    .strip_prefix(of.as_str())
                    .is_some_and(|r| r.is_empty() || r.starts_with('.'))
            };
            e.script == script
                && e.without_extras == without_extras
                && e.release.as_ref().is_none_or(same_release)
        };
        self.0.iter().find(is_for).map(|e| e.reason.as_str())
    }
}

/// The verdict on a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Passes, as it does for the stock command.
    Passed,
    /// Passes under `FORGO_EXTRAS=off`, for this reason.
    PassedWithoutExtras(String),
    /// Fails, and should not.
    Failed,
    /// Fails, for this reason.
    Excepted(String),
    /// Passes, although it is in the list of exceptions.
    ExceptionWithoutNeed,
    /// The stock command does not pass it here either.
    NotForThisMachine,
}

impl Verdict {
    /// Reports whether the verdict is a success.
    pub fn is_good(&self) -> bool {
        !matches!(self, Verdict::Failed | Verdict::ExceptionWithoutNeed)
    }
}

/// The verdict on each script.
pub fn verdicts(
    names: &BTreeSet<String>,
    outcomes: &Outcomes,
    not_for_this_machine: impl Fn(&str) -> bool,
    exceptions: &Exceptions,
    release: &str,
) -> Vec<(String, Verdict)> {
    let verdict = |name: &String| {
        if not_for_this_machine(name) {
            return Verdict::NotForThisMachine;
        }
        let passed = outcomes.get(name).is_some_and(Outcome::passed);
        let reason = exceptions.reason(name, release);
        let plain = exceptions.without_extras(name, release);
        match (passed, reason, plain) {
            (true, Some(_), _) => Verdict::ExceptionWithoutNeed,
            (true, _, Some(reason)) => Verdict::PassedWithoutExtras(reason.to_owned()),
            (true, ..) => Verdict::Passed,
            (false, None, _) => Verdict::Failed,
            (false, Some(reason), _) => Verdict::Excepted(reason.to_owned()),
        }
    };
    names
        .iter()
        .map(|name| (name.clone(), verdict(name)))
        .collect()
}

/// The verdicts for a reader: the tests that did not pass, and how many of each kind.
pub fn table(verdicts: &[(String, Verdict)]) -> String {
    let mut out = String::new();
    for (name, verdict) in verdicts {
        let _ = match verdict {
            Verdict::Failed => writeln!(out, "FAIL      {name}"),
            Verdict::Excepted(reason) => writeln!(out, "excepted  {name}: {reason}"),
            Verdict::ExceptionWithoutNeed => {
                writeln!(
                    out,
                    "passes    {name}, take it out of conformance/exceptions.txt"
                )
            }
            Verdict::PassedWithoutExtras(reason) => writeln!(out, "no extras {name}: {reason}"),
            Verdict::Passed | Verdict::NotForThisMachine => Ok(()),
        };
    }
    let Counts {
        passed,
        without_extras,
        failed,
        excepted,
        skipped,
    } = count(verdicts);
    let _ = writeln!(
        out,
        "{passed} passed, {without_extras} passed without extras, {failed} failed, {excepted} excepted, \
         {skipped} skipped: the stock command does not pass them here"
    );
    out
}

/// The cells of a row of results: passed, passed without extras, failed, excepted, skipped.
pub fn figures(verdicts: &[(String, Verdict)]) -> [String; 5] {
    let c = count(verdicts);
    [c.passed, c.without_extras, c.failed, c.excepted, c.skipped].map(|n| n.to_string())
}

/// Of the tests one in a hundred may be an exception. In a run of a few tests the share does not
/// count.
pub fn within_allowance(verdicts: &[(String, Verdict)]) -> bool {
    verdicts.len() < 100 || count(verdicts).excepted * 100 <= verdicts.len()
}

#[derive(Default)]
struct Counts {
    passed: usize,
    without_extras: usize,
    failed: usize,
    excepted: usize,
    skipped: usize,
}

fn count(verdicts: &[(String, Verdict)]) -> Counts {
    let mut counts = Counts::default();
    for (_, verdict) in verdicts {
        *match verdict {
            Verdict::Passed | Verdict::ExceptionWithoutNeed => &mut counts.passed,
            Verdict::PassedWithoutExtras(_) => &mut counts.without_extras,
            Verdict::Failed => &mut counts.failed,
            Verdict::Excepted(_) => &mut counts.excepted,
            Verdict::NotForThisMachine => &mut counts.skipped,
        } += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_have_reasons() {
        let text = "# why\na: reads $X  # note\n\nb go1.27: other: words\nextras-off d go1.27: links twice\n";
        let exceptions = Exceptions::parse(text).unwrap();
        assert_eq!(exceptions.reason("a", "go1.26.8"), Some("reads $X"));
        assert_eq!(exceptions.reason("b", "go1.26.8"), None);
        assert_eq!(exceptions.reason("b", "go1.27.3"), Some("other: words"));
        assert_eq!(exceptions.reason("b", "go1.27"), Some("other: words"));
        assert_eq!(exceptions.reason("b", "go1.270"), None);
        assert_eq!(exceptions.reason("d", "go1.27.3"), None);
        assert_eq!(
            exceptions.without_extras("d", "go1.27.3"),
            Some("links twice")
        );
        assert_eq!(exceptions.without_extras("d", "go1.26.8"), None);
        assert_eq!(exceptions.without_extras("a", "go1.26.8"), None);
        assert!(Exceptions::parse("c\n").is_err());
    }

    #[test]
    fn a_verdict_for_each() {
        let set = |names: &[&str]| {
            names
                .iter()
                .map(|n| (*n).to_owned())
                .collect::<BTreeSet<_>>()
        };
        let outcome = |status: &str| Outcome {
            status: status.into(),
            log: String::new(),
        };
        let outcomes: Outcomes = [
            ("p", "PASS"),
            ("f", "FAIL"),
            ("x", "FAIL"),
            ("y", "PASS"),
            ("z", "PASS"),
        ]
        .map(|(name, status)| (name.to_owned(), outcome(status)))
        .into();
        let names = set(&["p", "f", "x", "y", "z", "gone", "elsewhere"]);
        let exceptions = "x: because\ny: because\nextras-off z: links\n";
        let exceptions = Exceptions::parse(exceptions).unwrap();
        let got = verdicts(
            &names,
            &outcomes,
            |name| name == "elsewhere",
            &exceptions,
            "go1.27.3",
        );
        let expected = [
            ("elsewhere", Verdict::NotForThisMachine),
            ("f", Verdict::Failed),
            ("gone", Verdict::Failed),
            ("p", Verdict::Passed),
            ("x", Verdict::Excepted("because".into())),
            ("y", Verdict::ExceptionWithoutNeed),
            ("z", Verdict::PassedWithoutExtras("links".into())),
        ];
        assert_eq!(
            got,
            expected.map(|(name, verdict)| (name.to_owned(), verdict))
        );
        let table = table(&got);
        assert!(table.contains("FAIL      gone\n"), "{table}");
        assert!(table.ends_with(
            "2 passed, 1 passed without extras, 2 failed, 1 excepted, 1 skipped: the stock command does \
             not pass them here\n"
        ));
        assert_eq!(figures(&got), ["2", "1", "2", "1", "1"]);
    }

    #[test]
    fn few_exceptions_are_allowed() {
        let with = |exceptions: usize, passed: usize| {
            let excepted = vec![(String::new(), Verdict::Excepted(String::new())); exceptions];
            let passed = vec![(String::new(), Verdict::Passed); passed];
            within_allowance(&[excepted, passed].concat())
        };
        assert!(with(9, 891));
        assert!(!with(10, 890));
        assert!(with(3, 4));
    }
}
