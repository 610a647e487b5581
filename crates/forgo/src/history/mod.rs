//! The history in the log of all runs: runs, their actions, and the cause of each action.

pub mod causes;
pub mod lines;

use std::rc::Rc;
use std::time::{Duration, UNIX_EPOCH};

use forgo_load::clock::{self, For};
use forgo_log::{Action, History, Key, Run, Segment};

use crate::config::process::Variables;
use crate::exit::{Outcome, Stop};
use crate::report::log;

/// A run on record.
#[derive(Debug, Clone)]
pub struct Past {
    segment: Rc<Segment>,
    at: usize,
}

/// An action of a run, with its names.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its kind: `build`, `link`, …
    pub mode: String,
    /// The package, as messages name it.
    pub package: String,
    /// The rest.
    pub action: Action,
}

impl Past {
    /// The run.
    pub fn run(&self) -> &Run {
        &self.segment.runs[self.at]
    }

    /// Its actions, in the order in which they ended.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        self.run().actions.iter().map(|action| {
            let (mode, package) = self.segment.name(action);
            Entry {
                mode,
                package,
                action: action.clone(),
            }
        })
    }

    /// The lines of a key; `None` if they are not on record.
    pub fn lines(&self, key: Option<Key>) -> Option<Vec<String>> {
        let lines = self.segment.lines(&key?)?;
        let text = |line: &[u8]| {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            String::from_utf8_lossy(line).into_owned()
        };
        Some(lines.into_iter().map(text).collect())
    }

    /// The command line.
    pub fn command(&self) -> String {
        forgo_build::shell::join_unambiguously(&self.run().begin.command)
    }

    /// How long ago it began.
    pub fn age(&self) -> Duration {
        let begun = UNIX_EPOCH + Duration::from_micros(self.run().begin.start);
        clock::now(For::Display)
            .duration_since(begun)
            .unwrap_or_default()
    }

    /// How long it took, if it ended.
    pub fn took(&self) -> Option<Duration> {
        let end = self.run().end.as_ref()?.end;
        Some(Duration::from_micros(
            end.saturating_sub(self.run().begin.start),
        ))
    }

    /// Reports whether the whole answer was cached.
    pub fn answered(&self) -> bool {
        self.run().end.as_ref().is_some_and(|end| end.answered)
    }
}

/// All runs on record, the newest first. Each part of the log is read when it is needed.
pub struct Book(History);

/// A place in a [`Book`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Place {
    segment: usize,
    /// How many runs of it were passed.
    passed: usize,
}

impl Book {
    /// Opens the log that the environment names.
    ///
    /// # Errors
    /// Fails if there is none, as with `FORGO_LOG=off`.
    pub fn open() -> Outcome<Book> {
        let none = || {
            Stop::with_status(
                "forgo: no log is kept: FORGO_LOG is off, or there is no home directory of this \
                 user\n",
                1,
            )
        };
        let store = log::store(&Variables::read()).ok_or_else(none)?;
        History::open(&store).map(Book).map_err(|e| {
            let why = forgo_load::process::errno_text(&e);
            Stop::with_status(format!("forgo: reading the log: {why}\n"), 1)
        })
    }

    /// The next run at a place, which is moved behind it.
    pub fn next(&mut self, place: &mut Place) -> Option<Past> {
        loop {
            let segment = self.0.segment(place.segment)?;
            if let Some(at) = segment.runs.len().checked_sub(place.passed + 1) {
                place.passed += 1;
                return Some(Past { segment, at });
            }
            *place = Place {
                segment: place.segment + 1,
                passed: 0,
            };
        }
    }

    /// Finds a run by its number, and the place behind it.
    ///
    /// # Errors
    /// Fails if it is not on record.
    pub fn numbered(&mut self, number: u64) -> Outcome<(Past, Place)> {
        let mut place = Place::default();
        while let Some(past) = self.next(&mut place) {
            if past.run().number == number {
                return Ok((past, place));
            }
        }
        let text = format!("forgo: run {number} is not on record; see 'forgo log'\n");
        Err(Stop::with_status(text, 1))
    }

    /// Finds the last run in a directory, or of all if there is none, and the place behind it.
    pub fn last_in(&mut self, dir: &str) -> Option<(Past, Place)> {
        let mut place = Place::default();
        let mut first = None;
        while let Some(past) = self.next(&mut place) {
            if past.run().begin.dir == dir {
                return Some((past, place));
            }
            first.get_or_insert((past, place));
        }
        first
    }
}

/// A duration as people read it: `71 s`, `4.1 s`, `12 ms`.
pub fn readable(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match duration.as_millis() {
        0..1000 => format!("{} ms", duration.as_millis()),
        1000..10_000 => format!("{seconds:.1} s"),
        _ => format!("{seconds:.0} s"),
    }
}

/// An age as people read it: `12 s`, `5 min`, `3 h`, `2 days`.
pub fn readable_age(age: Duration) -> String {
    match age.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds @ 7200..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_readable() {
        let time = |millis| readable(Duration::from_millis(millis));
        assert_eq!([time(0), time(999)], ["0 ms", "999 ms"]);
        assert_eq!([time(4_120), time(71_400)], ["4.1 s", "71 s"]);
        let age = |seconds| readable_age(Duration::from_secs(seconds));
        assert_eq!([age(119), age(120), age(7200)], ["119 s", "2 min", "2 h"]);
        assert_eq!(age(200_000), "2 days");
    }
}
