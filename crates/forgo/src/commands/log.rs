//! `forgo log`: lists the runs on record, shows one, or prints them as JSON.

use std::fmt::Write as _;
use std::time::Duration;

use forgo_log::{Tried, Verdict};
use serde::Serialize;

use super::own::Verb;
use crate::exit::Outcome;
use crate::history::{Book, Entry, Past, Place, readable, readable_age};
use crate::report::Console;
use crate::report::action::{ActionFields, TriedFields};

/// The command.
pub const VERB: Verb = Verb {
    name: "log",
    synopsis: "[--json] [-n N] [show [N]]",
    help: "list what forgo did, or show one run",
    details: "
Lists the last runs: number, age, time, status, what was done, and the command. 'forgo log show'
prints the actions of the last run, or of run N, the longest first.

\t-n N     list this many runs; 20 if it is not given
\t--json   print one JSON object for each run, or for each action of the run that is shown;
\t         docs/log.md describes the fields

The log lies in $XDG_STATE_HOME/forgo/log, or in ~/.local/state/forgo/log, and takes at most 256
MiB; FORGO_LOG sets another limit or turns it off.
",
    flags: &[("json", "print as JSON"), ("n", "list this many runs")],
    run,
};

/// The request.
#[derive(Debug, PartialEq, Eq)]
struct Request {
    json: bool,
    runs: usize,
    show: Option<Option<u64>>,
}

impl Request {
    fn parse(args: &[String]) -> Option<Request> {
        let mut request = Request {
            json: false,
            runs: 20,
            show: None,
        };
        let mut args = args.iter().map(String::as_str);
        while let Some(arg) = args.next() {
            match arg {
                "--json" | "-json" => request.json = true,
                "-n" | "--n" => request.runs = args.next()?.parse().ok()?,
                "show" if request.show.is_none() => request.show = Some(None),
                number if request.show == Some(None) => {
                    request.show = Some(Some(number.parse().ok()?));
                }
                _ => return None,
            }
        }
        Some(request)
    }
}

fn run(args: &[String], console: &Console) -> Outcome {
    let request = Request::parse(args).ok_or_else(|| VERB.usage())?;
    let mut book = Book::open()?;
    let text = match request.show {
        None => list(&mut book, request.runs, request.json),
        Some(number) => {
            let past = match number {
                Some(number) => Some(book.numbered(number)?.0),
                None => book.next(&mut Place::default()),
            };
            match (past, request.json) {
                (None, _) => String::new(),
                (Some(past), true) => actions_as_json(&past),
                (Some(past), false) => show(&past),
            }
        }
    };
    console.must_print("forgo: ", text.as_bytes())
}

fn list(book: &mut Book, runs: usize, json: bool) -> String {
    let mut place = Place::default();
    let mut text = String::new();
    for _ in 0..runs {
        let Some(past) = book.next(&mut place) else {
            break;
        };
        match json {
            true => text.push_str(&as_line(&JsonRun::of(&past))),
            false => text.push_str(&row(&past)),
        }
    }
    text
}

fn row(past: &Past) -> String {
    let took = past.took().map_or_else(|| "?".to_owned(), readable);
    let status = match &past.run().end {
        None => "unfinished".to_owned(),
        Some(end) if end.status == 0 => "ok".to_owned(),
        Some(end) => format!("exit {}", end.status),
    };
    format!(
        "{:>6}  {:>8}  {took:>7}  {status:<10}  {:<34}  {}\n",
        past.run().number,
        readable_age(past.age()),
        done(past),
        past.command()
    )
}

/// Summarizes a run.
fn done(past: &Past) -> String {
    if past.answered() {
        return "whole answer known".to_owned();
    }
    let (mut ran, mut reused, mut failed) = (0, 0, 0);
    for action in &past.run().actions {
        match action.verdict {
            Verdict::Ran { .. } => ran += 1,
            Verdict::Reused(_) => reused += 1,
            Verdict::Failed => failed += 1,
            Verdict::Skipped | Verdict::Done => {}
        }
    }
    let mut text = format!("{ran} run, {reused} reused");
    if failed > 0 {
        let _ = write!(text, ", {failed} failed");
    }
    text
}

fn show(past: &Past) -> String {
    let run = past.run();
    let mut text = format!("run {} in {}\n{}", run.number, run.begin.dir, row(past));
    if !run.begin.release.is_empty() {
        let _ = writeln!(text, "{}", run.begin.release);
    }
    for (name, value) in &run.begin.settings {
        let _ = writeln!(text, "{name}={value}");
    }
    let mut entries: Vec<Entry> = past.entries().collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.action.took));
    for entry in entries {
        let took = readable(Duration::from_micros(entry.action.took));
        let (verdict, detail) = words(&entry.action.verdict);
        let _ = writeln!(
            text,
            "{took:>9}  {verdict:<8} {} {}  {detail}",
            entry.mode, entry.package
        );
    }
    text
}

/// A verdict, and what belongs to it.
fn words(verdict: &Verdict) -> (&'static str, String) {
    match verdict {
        Verdict::Reused(way) => ("reused", way.clone()),
        Verdict::Ran { tried, .. } => {
            let reason = |tried: &Tried| format!("{}: {}", tried.way, tried.why);
            let reasons: Vec<String> = tried.iter().map(reason).collect();
            ("ran", reasons.join(", "))
        }
        Verdict::Failed => ("failed", String::new()),
        Verdict::Skipped => ("skipped", String::new()),
        Verdict::Done => ("done", String::new()),
    }
}

/// A run, as `--json` prints it.
#[derive(Serialize)]
struct JsonRun<'a> {
    run: u64,
    start: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<i32>,
    answered: bool,
    pid: u32,
    command: &'a [String],
    dir: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    release: &'a str,
    settings: std::collections::BTreeMap<&'a str, &'a str>,
    actions: usize,
}

impl<'a> JsonRun<'a> {
    fn of(past: &'a Past) -> JsonRun<'a> {
        let run = past.run();
        let begin = &run.begin;
        let settings = begin.settings.iter();
        JsonRun {
            run: run.number,
            start: begin.start,
            end: run.end.as_ref().map(|end| end.end),
            status: run.end.as_ref().map(|end| end.status),
            answered: past.answered(),
            pid: begin.pid,
            command: &begin.command,
            dir: &begin.dir,
            release: &begin.release,
            settings: settings.map(|(k, v)| (k.as_str(), v.as_str())).collect(),
            actions: run.actions.len(),
        }
    }
}

/// An action, as `--json` prints it.
#[derive(Serialize)]
struct JsonAction<'a> {
    run: u64,
    #[serde(flatten)]
    fields: ActionFields<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inputs: Option<Vec<String>>,
}

fn actions_as_json(past: &Past) -> String {
    let run = past.run();
    let mut text = String::new();
    for entry in past.entries() {
        let action = &entry.action;
        let (verdict, _) = words(&action.verdict);
        let (way, stale, tried) = match &action.verdict {
            Verdict::Reused(way) => (way.as_str(), "", &[][..]),
            Verdict::Ran { stale, tried, part } => (part.as_str(), stale.as_str(), &tried[..]),
            Verdict::Failed | Verdict::Skipped | Verdict::Done => ("", "", &[][..]),
        };
        let start = run.begin.start.saturating_add(action.start);
        let tried = tried.iter().map(|tried| TriedFields {
            way: &tried.way,
            why: &tried.why,
            detail: &tried.detail,
        });
        text.push_str(&as_line(&JsonAction {
            run: run.number,
            fields: ActionFields {
                node: action.node,
                mode: &entry.mode,
                package: &entry.package,
                key: action.key.map(|key| forgo_golang::quote::hex(&key.0)),
                verdict,
                way,
                stale: stale.into(),
                tried: tried.collect(),
                slot: action.slot,
                start,
                end: start.saturating_add(action.took),
                user: action.user,
                sys: action.sys,
                peak: action.peak.saturating_mul(1024),
            },
            after: action.after,
            lines: past.lines(action.key),
            inputs: past.lines(action.inputs),
        }));
    }
    text
}

fn as_line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests() {
        let parse = |args: &[&str]| {
            let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
            let request = Request::parse(&args)?;
            Some((request.json, request.runs, request.show))
        };
        assert_eq!(parse(&[]), Some((false, 20, None)));
        assert_eq!(parse(&["--json", "-n", "3"]), Some((true, 3, None)));
        assert_eq!(parse(&["show"]), Some((false, 20, Some(None))));
        assert_eq!(
            parse(&["show", "7", "-json"]),
            Some((true, 20, Some(Some(7))))
        );
        for wrong in [
            &["-n"][..],
            &["-n", "x"],
            &["7"],
            &["show", "7", "8"],
            &["show", "x"],
        ] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }
}
