//! `forgo why`: explains why the actions of a run were done, from the log of all runs. It runs
//! nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use forgo_log::Verdict;

use super::own::Verb;
use crate::config::process::{Variables, current_dir};
use crate::exit::{Outcome, Stop};
use crate::history::causes::{Cause, Explained, Explanation, explain, shown};
use crate::history::lines::{Change, Field, Source};
use crate::history::{Book, Entry, Past, readable, readable_age};
use crate::report::Console;

/// The command.
pub const VERB: Verb = Verb {
    name: "why",
    synopsis: "[--run N] [--against N] [target ...]",
    help: "explain why packages were compiled, linked, vetted or tested",
    details: "
Explains the last run in this directory: each root cause, the actions that it led to, and the time
that they took together. An action with several causes counts for each.

With targets (an import path, PKG.test, or a path that names a package or its program), it prints
for each target the chain from the root cause, with the fields of the cache key that differ, and why
each way of reuse did not apply.

A key is compared with the one that the same action had in an earlier run in this directory with the
same settings. A cause that the log does not tell is reported as unknown.

\t--run N      explain the run of this number; 'forgo log' lists them
\t--against N  compare with the run of this number
",
    flags: &[
        ("run", "explain the run of this number"),
        ("against", "compare with the run of this number"),
    ],
    run,
};

/// The request.
#[derive(Debug, Default, PartialEq, Eq)]
struct Request {
    run: Option<u64>,
    against: Option<u64>,
    targets: Vec<String>,
}

impl Request {
    fn parse(args: &[String]) -> Option<Request> {
        let mut request = Request::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let flag = arg.strip_prefix("--").or(arg.strip_prefix('-'));
            let Some(flag) = flag else {
                request.targets.push(arg.clone());
                continue;
            };
            let (name, value) = match flag.split_once('=') {
                Some((name, value)) => (name, value),
                None => (flag, args.next()?.as_str()),
            };
            let number = Some(value.parse().ok()?);
            match name {
                "run" => request.run = number,
                "against" => request.against = number,
                _ => return None,
            }
        }
        Some(request)
    }
}

fn run(args: &[String], console: &Console) -> Outcome {
    let request = Request::parse(args).ok_or_else(|| VERB.usage())?;
    let mut book = Book::open()?;
    let dir = current_dir(Variables::read().get("PWD")).unwrap_or_default();
    let found = match request.run {
        Some(number) => Some(book.numbered(number)?),
        None => book.last_in(&dir),
    };
    let Some((past, place)) = found else {
        return Err(Stop::with_status("forgo: no run is on record yet\n", 1));
    };
    if let Some(number) = request.against {
        book.numbered(number)?;
    }
    let explanation = explain(&past, &mut book, place, request.against);
    let mut text = heading(&past);
    match request.targets.as_slice() {
        [] => text.push_str(&summary(&past, &explanation)),
        targets => {
            for target in targets {
                text.push_str(&of_target(&explanation, target, &dir)?);
            }
        }
    }
    console.must_print("forgo: ", text.as_bytes())
}

fn heading(past: &Past) -> String {
    let run = past.run();
    let mut text = format!(
        "run {}: {}, {} ago",
        run.number,
        past.command(),
        readable_age(past.age())
    );
    match past.took() {
        Some(took) => {
            let _ = write!(text, ", took {}", readable(took));
        }
        None => text.push_str(", not ended: running, or killed"),
    }
    text + "\n"
}

/// The outcomes of actions, to be counted.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Effect {
    counts: BTreeMap<Kind, usize>,
    took: Duration,
    /// Of the only test, where it is only one.
    tests: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Compiled,
    Reused,
    Linked,
    Vetted,
    Tested,
    Failed,
    Other,
}

impl Kind {
    fn of(entry: &Entry) -> Kind {
        match (&entry.action.verdict, entry.mode.as_str()) {
            (Verdict::Reused(_), _) => Kind::Reused,
            (Verdict::Failed, mode) if mode != "test run" => Kind::Failed,
            (_, "build") => Kind::Compiled,
            (_, "link") => Kind::Linked,
            (_, "vet") => Kind::Vetted,
            (_, "test run") => Kind::Tested,
            _ => Kind::Other,
        }
    }
}

impl Effect {
    fn add(&mut self, entry: &Entry) {
        let kind = Kind::of(entry);
        *self.counts.entry(kind).or_default() += 1;
        self.took += Duration::from_micros(entry.action.took);
        if kind == Kind::Tested {
            self.tests.push(entry.package.clone());
        }
    }

    fn counts(&self) -> String {
        let count = |(kind, n): (&Kind, &usize)| match kind {
            Kind::Compiled => format!("{n} compiled"),
            Kind::Reused => format!("{n} reused"),
            Kind::Linked => format!("{n} linked"),
            Kind::Vetted => format!("{n} vetted"),
            Kind::Tested if *n == 1 => format!("1 test run ({})", self.tests.join(" ")),
            Kind::Tested => format!("{n} tests run"),
            Kind::Failed => format!("{n} failed"),
            Kind::Other => format!("{n} others"),
        };
        let counts: Vec<String> = self.counts.iter().map(count).collect();
        counts.join(" · ")
    }
}

/// The root causes, the costliest first.
fn summary(past: &Past, explanation: &Explanation) -> String {
    if past.answered() {
        return "Nothing was done: the whole answer was known (docs/kept-answers.md).\n".to_owned();
    }
    let mut causes: BTreeMap<Cause, Effect> = BTreeMap::new();
    let mut against = BTreeSet::new();
    let all = explanation.entries.iter().zip(&explanation.explained);
    for (entry, explained) in all {
        for cause in &explained.causes {
            causes.entry(cause.clone()).or_default().add(entry);
            against.extend(explained.against);
        }
    }
    if causes.is_empty() {
        return "Nothing was compiled, linked, vetted or tested: all results were known.\n"
            .to_owned();
    }
    let mut rows: Vec<(String, Effect)> = causes
        .into_iter()
        .map(|(cause, effect)| (cause.to_string(), effect))
        .collect();
    rows.sort_by_key(|(_, effect)| std::cmp::Reverse(effect.took));
    let width = |text: &str| text.chars().count();
    let widest = rows.iter().map(|(cause, _)| width(cause)).max();
    let widest = widest.unwrap_or_default().min(60);
    let counts: Vec<String> = rows.iter().map(|(_, effect)| effect.counts()).collect();
    let most = counts.iter().map(|c| width(c)).max().unwrap_or_default();
    let mut text = compared(&against);
    for ((cause, effect), counts) in rows.iter().zip(&counts) {
        let left = widest.saturating_sub(width(cause));
        let right = most - width(counts);
        let took = readable(effect.took);
        let _ = writeln!(
            text,
            "  {cause}{}   {counts}{}   {took}",
            " ".repeat(left),
            " ".repeat(right)
        );
    }
    text
}

fn compared(against: &BTreeSet<u64>) -> String {
    let numbers: Vec<String> = against.iter().map(u64::to_string).collect();
    match numbers.as_slice() {
        [] => String::new(),
        [one] => format!("compared with run {one}\n"),
        more => format!("compared with runs {}\n", more.join(", ")),
    }
}

/// Whether an action is of the target.
fn is_of(entry: &Entry, target: &str, dir: &str) -> bool {
    let plain = entry.package.split(' ').next().unwrap_or_default();
    if entry.package == target || plain == target {
        return true;
    }
    // A path: below the current directory, the end of an import path.
    let Some(path) = target.strip_prefix("./").or(target.strip_prefix(dir)) else {
        return false;
    };
    let path = path.trim_matches('/');
    let path = match path.strip_suffix(".go") {
        Some(_) => path.rsplit_once('/').map_or("", |(dir, _)| dir),
        None => path,
    };
    !path.is_empty() && (plain == path || plain.ends_with(&format!("/{path}")))
}

/// The actions for a target, and their reasons.
fn of_target(explanation: &Explanation, target: &str, dir: &str) -> Outcome<String> {
    let of_target: Vec<usize> = (0..explanation.entries.len())
        .filter(|&at| is_of(&explanation.entries[at], target, dir))
        .filter(|&at| explanation.entries[at].action.verdict != Verdict::Done)
        .collect();
    if of_target.is_empty() {
        let text = format!("forgo: {target}: the run has no action for it\n");
        return Err(Stop::with_status(text, 1));
    }
    let mut text = String::new();
    for at in of_target {
        let mut seen = BTreeSet::new();
        chain(explanation, at, &mut seen, &mut text);
    }
    Ok(text)
}

/// The chain from an action to its root causes.
fn chain(explanation: &Explanation, at: usize, seen: &mut BTreeSet<usize>, text: &mut String) {
    let mut queue = vec![at];
    while let Some(at) = queue.pop() {
        if !seen.insert(at) {
            continue;
        }
        let (entry, explained) = (&explanation.entries[at], &explanation.explained[at]);
        let _ = writeln!(text, "{}", headline(entry));
        own_reasons(entry, explained, text);
        for (_, through) in explained.through.iter().rev() {
            if !explanation.explained[*through].causes.is_empty() {
                queue.push(*through);
            }
        }
    }
}

fn headline(entry: &Entry) -> String {
    let took = readable(Duration::from_micros(entry.action.took));
    let done = match (&entry.action.verdict, entry.mode.as_str()) {
        (Verdict::Reused(way), _) => format!("reused ({way})"),
        (Verdict::Ran { .. }, "build") => "compiled".to_owned(),
        (Verdict::Ran { .. }, "link") => "linked".to_owned(),
        (Verdict::Ran { .. }, "vet") => "vetted".to_owned(),
        (Verdict::Ran { .. }, _) => "run".to_owned(),
        (Verdict::Failed, _) => "failed".to_owned(),
        (Verdict::Skipped, _) => "skipped: something that it needs failed".to_owned(),
        (Verdict::Done, _) => "done".to_owned(),
    };
    format!("{} {}: {done}, {took}", entry.mode, entry.package)
}

/// The fields that changed, the causes that are not fields, and why no way of reuse applied.
fn own_reasons(entry: &Entry, explained: &Explained, text: &mut String) {
    let mut line = |what: &str| {
        let _ = writeln!(text, "    {what}");
    };
    if let Some(run) = explained.against {
        line(&format!("compared with run {run}"));
    }
    for change in &explained.changes {
        line(&describe(change));
    }
    let own: Vec<&Cause> = explained
        .causes
        .iter()
        .filter(|cause| {
            !matches!(
                cause,
                Cause::File(..) | Cause::Setting { .. } | Cause::Variable(_) | Cause::Read(_)
            )
        })
        .filter(|_| explained.through.is_empty())
        .collect();
    own.iter().for_each(|cause| line(&cause.to_string()));
    if let Verdict::Ran { tried, .. } = &entry.action.verdict {
        let reason = |tried: &forgo_log::Tried| match tried.detail.as_str() {
            "" => format!("{}: {}", tried.way, tried.why),
            detail => format!("{}: {} {detail}", tried.way, tried.why),
        };
        let reasons: Vec<String> = tried.iter().map(reason).collect();
        if !reasons.is_empty() {
            line(&format!("not reused: {}", reasons.join(", ")));
        }
    }
}

fn describe(change: &Change) -> String {
    let values = || format!("{} → {}", shown(&change.old), shown(&change.new));
    match &change.field {
        Field::File(name) => format!("file {name}: {}", values()),
        Field::Setting(name) => format!("{name}: {}", values()),
        Field::Variable(name) => format!("variable {name}: hash {}", values()),
        Field::Read(path) => format!("reads {path}: {}", values()),
        Field::Result(Source::Build(path)) => format!("uses {path}: {}", values()),
        Field::Result(Source::OwnBuild) => format!("uses the build of the package: {}", values()),
        Field::Result(Source::Vet(path)) => format!("uses vet's facts about {path}: {}", values()),
        Field::Result(Source::TestBinary) => format!("runs another test binary: {}", values()),
        Field::Result(Source::TestRun) => format!("is for a test that runs: {}", values()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Option<Request> {
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        Request::parse(&args)
    }

    #[test]
    fn requests() {
        let request = parse(&["--run", "7", "a/b", "-against=5", "./c"]).unwrap();
        assert_eq!((request.run, request.against), (Some(7), Some(5)));
        assert_eq!(request.targets, ["a/b", "./c"]);
        assert_eq!(parse(&[]), Some(Request::default()));
        for wrong in [&["--run"][..], &["--run", "x"], &["--json"], &["--other=1"]] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn targets() {
        let entry = |package: &str| Entry {
            mode: "build".to_owned(),
            package: package.to_owned(),
            action: forgo_log::Action {
                node: 0,
                name: forgo_log::TextId::of(b""),
                key: None,
                inputs: None,
                verdict: Verdict::Done,
                slot: 0,
                start: 0,
                took: 0,
                user: 0,
                sys: 0,
                peak: 0,
                after: None,
            },
        };
        let of = |package: &str, target: &str| is_of(&entry(package), target, "/w");
        assert!(of("m/a", "m/a") && of("m/a [m/a.test]", "m/a") && of("m/a", "./a"));
        assert!(of("m/a/b", "./a/b/c.go") && of("m/a", "/w/a/") && of("m/a.test", "m/a.test"));
        assert!(!of("m/a", "a") && !of("m/aa", "./a") && !of("m/a", "./b") && !of("m/a", "."));
    }
}
