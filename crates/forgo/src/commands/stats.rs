//! `forgo stats`: how much work was reused, by way and by day, from the log of all runs.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use forgo_load::clock::{self, For};
use forgo_log::{Action, Run, TextId, Verdict};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::own::Verb;
use crate::exit::Outcome;
use crate::history::{Book, Place, readable};
use crate::report::Console;

/// The command.
pub const VERB: Verb = Verb {
    name: "stats",
    synopsis: "[--json] [--days N]",
    help: "count how much work was reused and how much was done",
    details: "
Counts, over the runs that are on record: whole answers that were known, actions that were reused,
by way, actions that ran and failed, by day (UTC). The time that reuse saved is what the same action
took when it last ran; actions that never ran on record are counted apart. The ways are those of
docs/events.md.

\t--days N  count the last N days only
\t--json    print one JSON object; times are in microseconds
",
    flags: &[
        ("days", "count the last N days only"),
        ("json", "print as JSON"),
    ],
    run,
};

fn parse(args: &[String]) -> Option<(bool, Option<u64>)> {
    let (mut json, mut days) = (false, None);
    let mut args = args.iter().map(String::as_str);
    while let Some(arg) = args.next() {
        match arg {
            "--json" | "-json" => json = true,
            "--days" | "-days" => days = Some(args.next()?.parse().ok()?),
            _ => return None,
        }
    }
    Some((json, days))
}

fn run(args: &[String], console: &Console) -> Outcome {
    let (json, days) = parse(args).ok_or_else(|| VERB.usage())?;
    let mut book = Book::open()?;
    let since = days.map_or(Duration::ZERO, |days| {
        let now = clock::now(For::Display).duration_since(UNIX_EPOCH);
        let day = Duration::from_secs(24 * 60 * 60);
        let past = day.saturating_mul(u32::try_from(days).unwrap_or(u32::MAX));
        now.unwrap_or_default().saturating_sub(past)
    });
    let mut runs = Vec::new();
    let mut place = Place::default();
    while let Some(past) = book.next(&mut place) {
        if Duration::from_micros(past.run().begin.start) < since {
            break;
        }
        runs.push(past);
    }
    let stats = Stats::of(runs.iter().map(|past| past.run()));
    let text = match json {
        true => serde_json::to_string(&stats).unwrap_or_default() + "\n",
        false => stats.text(),
    };
    console.must_print("forgo: ", text.as_bytes())
}

/// The counts.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Stats {
    #[serde(flatten)]
    total: Counts,
    days: BTreeMap<String, Counts>,
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
struct Counts {
    /// Invocations.
    runs: u64,
    /// Invocations whose whole answer was cached.
    answered: u64,
    /// Actions that were reused, by way.
    reused: BTreeMap<String, u64>,
    /// Actions that were done.
    ran: u64,
    failed: u64,
    /// Wall-clock time of the actions that ran.
    ran_micros: u64,
    /// CPU time of their programs.
    ran_cpu_micros: u64,
    /// Wall-clock time that the reused actions took when they last ran.
    saved_micros: u64,
    saved_cpu_micros: u64,
    /// Reused actions with no recorded run: the time that they saved is unknown.
    of_unknown_cost: u64,
}

/// The cost of an action: wall-clock time, CPU time.
type Cost = (u64, u64);

fn cost(action: &Action) -> Cost {
    (action.took, action.user.saturating_add(action.sys))
}

impl Stats {
    /// Counts runs, of which the newest come first.
    fn of<'r>(runs: impl Iterator<Item = &'r Run> + Clone) -> Stats {
        let mut costs: HashMap<TextId, Cost> = HashMap::new();
        for action in runs.clone().flat_map(|run| &run.actions) {
            if matches!(action.verdict, Verdict::Ran { .. }) {
                costs.entry(action.name).or_insert_with(|| cost(action));
            }
        }
        let mut stats = Stats::default();
        for run in runs {
            let day = stats.days.entry(day_of(run.begin.start)).or_default();
            for counts in [&mut stats.total, day] {
                counts.add(run, &costs);
            }
        }
        stats
    }

    fn text(&self) -> String {
        let total = &self.total;
        let time = |micros| readable(Duration::from_micros(micros));
        let mut text = String::new();
        let _ = writeln!(text, "runs              {:>9}", total.runs);
        let _ = writeln!(text, "  answer known    {:>9}", total.answered);
        let reused: u64 = total.reused.values().sum();
        let _ = writeln!(text, "actions reused    {reused:>9}");
        for (way, count) in &total.reused {
            let _ = writeln!(text, "  {way:<16}{count:>9}");
        }
        let (took, cpu) = (time(total.ran_micros), time(total.ran_cpu_micros));
        let _ = writeln!(
            text,
            "actions run       {:>9}   {took}, {cpu} CPU",
            total.ran
        );
        let _ = writeln!(text, "actions failed    {:>9}", total.failed);
        let (took, cpu) = (time(total.saved_micros), time(total.saved_cpu_micros));
        let _ = writeln!(text, "saved by reuse    {took:>9}   {cpu} CPU");
        if total.of_unknown_cost > 0 {
            let count = total.of_unknown_cost;
            let _ = writeln!(
                text,
                "  and the time of {count} actions that never ran on record"
            );
        }
        let _ = writeln!(
            text,
            "\nday          runs  known   reused      ran   failed"
        );
        for (day, counts) in self.days.iter().rev() {
            let reused: u64 = counts.reused.values().sum();
            let Counts {
                runs,
                answered,
                ran,
                failed,
                ..
            } = counts;
            let _ = writeln!(
                text,
                "{day}  {runs:>6} {answered:>6} {reused:>8} {ran:>8} {failed:>8}"
            );
        }
        text
    }
}

impl Counts {
    fn add(&mut self, run: &Run, costs: &HashMap<TextId, Cost>) {
        self.runs += 1;
        self.answered += u64::from(run.end.as_ref().is_some_and(|end| end.answered));
        for action in &run.actions {
            match &action.verdict {
                Verdict::Reused(way) => {
                    *self.reused.entry(way.clone()).or_default() += 1;
                    match costs.get(&action.name) {
                        Some((took, cpu)) => {
                            self.saved_micros += took.saturating_sub(action.took);
                            self.saved_cpu_micros += cpu;
                        }
                        None => self.of_unknown_cost += 1,
                    }
                }
                Verdict::Ran { .. } => {
                    let (took, cpu) = cost(action);
                    self.ran += 1;
                    self.ran_micros += took;
                    self.ran_cpu_micros += cpu;
                }
                Verdict::Failed => self.failed += 1,
                Verdict::Skipped | Verdict::Done => {}
            }
        }
    }
}

/// The day of a time in microseconds since 1970.
fn day_of(micros: u64) -> String {
    let time = i64::try_from(micros).ok().map(Timestamp::from_microsecond);
    let time = time.and_then(Result::ok).unwrap_or_default();
    time.to_zoned(TimeZone::UTC).date().to_string()
}

#[cfg(test)]
mod tests {
    use forgo_log::{Begin, End};

    use super::*;

    fn action(name: &str, verdict: Verdict, took: u64) -> Action {
        Action {
            node: 0,
            name: TextId::of(name.as_bytes()),
            key: None,
            inputs: None,
            verdict,
            slot: 0,
            start: 0,
            took,
            user: took / 2,
            sys: 1,
            peak: 0,
            after: None,
        }
    }

    fn run(start: u64, actions: Vec<Action>, answered: bool) -> Run {
        let begin = Begin {
            start,
            ..Begin::default()
        };
        let end = Some(End {
            answered,
            ..End::default()
        });
        Run {
            number: 1,
            begin,
            actions,
            end,
        }
    }

    #[test]
    fn counts() {
        let ran = || Verdict::Ran {
            stale: String::new(),
            tried: Vec::new(),
            part: String::new(),
        };
        let reused = |way: &str| Verdict::Reused(way.to_owned());
        const DAY: u64 = 24 * 60 * 60 * 1_000_000;
        let runs = [
            run(2 * DAY, Vec::new(), true),
            run(
                DAY + 5,
                vec![
                    action("a", reused("moved"), 10),
                    action("b", reused("cache-entry"), 1),
                    action("c", Verdict::Failed, 5),
                    action("d", Verdict::Done, 5),
                ],
                false,
            ),
            run(DAY, vec![action("a", ran(), 1000)], false),
            run(7, vec![action("a", ran(), 9999)], false),
        ];
        let stats = Stats::of(runs.iter());
        let total = &stats.total;
        assert_eq!(
            (total.runs, total.answered, total.ran, total.failed),
            (4, 1, 2, 1)
        );
        assert_eq!((total.reused["moved"], total.reused["cache-entry"]), (1, 1));
        // The newest time counts.
        assert_eq!((total.saved_micros, total.saved_cpu_micros), (990, 501));
        assert_eq!((total.ran_micros, total.of_unknown_cost), (10_999, 1));
        let days: Vec<_> = stats
            .days
            .iter()
            .map(|(day, c)| (day.as_str(), c.runs))
            .collect();
        let expected = [("1970-01-01", 1), ("1970-01-02", 2), ("1970-01-03", 1)];
        assert_eq!(days, expected);
        assert!(
            stats
                .text()
                .contains("1970-01-02       2      0        2        1        1")
        );
    }

    #[test]
    fn requests() {
        let parse = |args: &[&str]| {
            let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
            parse(&args)
        };
        assert_eq!(parse(&["--json", "--days", "7"]), Some((true, Some(7))));
        assert_eq!(parse(&[]), Some((false, None)));
        assert_eq!((parse(&["--days"]), parse(&["7"])), (None, None));
    }
}
