//! `FORGO_EVENTS`: what an invocation does, as JSON, one object a line at the end of a file; for
//! tools that follow builds. docs/events.md describes the format.
//!
//! The stock command has nothing like it; its `-debug-actiongraph` has the times of actions, not
//! their causes.

use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use forgo_build::plan::Node;
use forgo_cache::{ActionId, HashContext};
use forgo_load::event::{Event, Spent};
use forgo_load::verdict::{Miss, Verdict, Way, Why};
use serde::Serialize;

use super::action::{ActionFields, TriedFields, micros, micros_since};
use super::{Listener, Run};

/// Writes the file.
pub struct Events {
    file: Mutex<File>,
    plan: Mutex<Known>,
}

/// The facts about the plan that runs.
#[derive(Default)]
struct Known {
    /// By node its mode and its package.
    names: Vec<(String, String)>,
    hashes: Option<Arc<HashContext>>,
}

/// One line.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Line<'a> {
    /// The whole answer was cached.
    Answered,
    /// An action ended.
    Finished(Box<Action<'a>>),
}

/// An action that ended.
#[derive(Serialize)]
struct Action<'a> {
    #[serde(flatten)]
    fields: ActionFields<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lines: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    inputs: Vec<String>,
}

impl Events {
    /// Opens the file, at its end.
    pub fn open(file: &str) -> io::Result<Events> {
        let path = forgo_load::process::os(file);
        #[expect(
            clippy::disallowed_methods,
            reason = "only appended to, also where a kept answer is given"
        )]
        let file = File::options().append(true).create(true).open(path)?;
        Ok(Events {
            file: Mutex::new(file),
            plan: Mutex::default(),
        })
    }

    fn write(&self, line: &Line<'_>) {
        let Ok(mut text) = serde_json::to_string(line) else {
            return;
        };
        text.push('\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // A file that can't be written is not worth failing for.
        let _ = file.write_all(text.as_bytes());
    }
}

impl Listener for Events {
    fn event(&self, event: &Event) {
        match event {
            Event::Answered => self.write(&Line::Answered),
            Event::Finished {
                node,
                key,
                inputs,
                verdict,
                spent,
            } => {
                let known = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
                let nothing = (String::new(), String::new());
                let (mode, package) = known.names.get(*node as usize).unwrap_or(&nothing);
                let lines = |key: &Option<ActionId>| match verdict {
                    Verdict::Ran(_) | Verdict::Failed => known.lines(key.as_ref()),
                    _ => Vec::new(),
                };
                let action = Action {
                    fields: ActionFields {
                        node: *node,
                        mode,
                        package,
                        key: key.map(|key| key.to_string()),
                        ..fields_of(verdict, spent)
                    },
                    lines: lines(key),
                    inputs: lines(inputs),
                };
                self.write(&Line::Finished(Box::new(action)));
            }
            _ => {}
        }
    }

    fn run_begins(&self, run: &Run<'_>) {
        let name = |node: &Node| {
            let package = node.package.map(|p| run.graph[p].desc());
            (node.mode_text().into_owned(), package.unwrap_or_default())
        };
        let known = Known {
            names: run.plan.nodes.iter().map(name).collect(),
            hashes: Some(Arc::clone(run.hashes)),
        };
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }

    fn wants_lines(&self) -> bool {
        true
    }
}

impl Known {
    fn lines(&self, key: Option<&ActionId>) -> Vec<String> {
        let made = key.and_then(|key| self.hashes.as_ref()?.lines(key));
        let text = |line: &[u8]| String::from_utf8_lossy(line.trim_ascii_end()).into_owned();
        made.map_or_else(Vec::new, |made| made.lines().map(text).collect())
    }
}

/// Returns the fields that the verdict and the times determine.
fn fields_of<'a>(verdict: &'a Verdict, spent: &Spent) -> ActionFields<'a> {
    let (name, way, miss): (_, Option<Way>, Option<&Miss>) = match verdict {
        Verdict::Reused(way) => ("reused", Some(*way), None),
        Verdict::Ran(miss) => ("ran", miss.part, Some(miss)),
        Verdict::Failed => ("failed", None, None),
        Verdict::Skipped => ("skipped", None, None),
        Verdict::Done => ("done", None, None),
    };
    let tried = |(way, why): &'a (Way, Why)| TriedFields {
        way: way.name(),
        why: why.name(),
        detail: why.detail(),
    };
    ActionFields {
        node: 0,
        mode: "",
        package: "",
        key: None,
        verdict: name,
        way: way.map_or("", Way::name),
        stale: miss.map_or_else(String::new, Miss::to_string).into(),
        tried: miss.map_or_else(Vec::new, |m| m.tried.iter().map(tried).collect()),
        slot: spent.slot,
        start: micros_since(UNIX_EPOCH, spent.start),
        end: micros_since(UNIX_EPOCH, spent.end),
        user: micros(spent.programs.user),
        sys: micros(spent.programs.sys),
        peak: spent.programs.peak,
    }
}
