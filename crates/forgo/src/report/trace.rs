//! `-debug-trace`: what ran when, as Chrome's trace viewer reads it.
//!
//! Answers to cmd/go/internal/trace. Of the stock command's spans those of commands, loading and
//! actions are written; those within its loader have no counterpart here.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::UNIX_EPOCH;

use forgo_build::plan::{Kind, Node};
use forgo_load::clock::{self, For};
use forgo_load::event::Event;
use serde::Serialize;

use super::{Listener, Run};

/// An event, with the fields in the order of Go's internal/trace/traceviewer/format.
#[derive(Serialize, Default)]
struct Line<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    ph: &'a str,
    ts: f64,
    pid: u64,
    tid: u64,
    #[serde(skip_serializing_if = "is_zero")]
    id: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    bp: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    cat: &'a str,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// A trace file.
#[derive(Debug)]
pub struct Trace {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    entries: u64,
    flows: u64,
    threads: HashMap<ThreadId, u64>,
    actions: Vec<Action>,
}

/// An action of the plan that runs.
#[derive(Debug)]
struct Action {
    name: String,
    /// It does something: groups and built-in packages have no spans.
    works: bool,
    deps: Vec<u32>,
    /// When it ended, and where it ran.
    end: Option<(f64, u64)>,
}

impl Trace {
    /// Creates the file.
    pub fn create(file: &str) -> std::io::Result<Trace> {
        let state = State {
            #[expect(
                clippy::disallowed_methods,
                reason = "no answer is kept under -debug-trace"
            )]
            file: File::create(file)?,
            entries: 0,
            flows: 0,
            threads: HashMap::new(),
            actions: Vec::new(),
        };
        Ok(Trace {
            state: Mutex::new(state),
        })
    }

    /// Something of this name begins on this thread.
    fn begin(&self, name: &str) {
        let mut state = self.lock();
        let tid = state.thread();
        state.write(&Line {
            name,
            ph: "B",
            ts: now(),
            tid,
            ..Line::default()
        });
    }

    /// It ends.
    fn end(&self, name: &str) {
        let mut state = self.lock();
        let tid = state.thread();
        state.write(&Line {
            name,
            ph: "E",
            ts: now(),
            tid,
            ..Line::default()
        });
    }

    /// An action begins: after it, arrows from those it depends on.
    fn begin_action(&self, node: u32) {
        let mut state = self.lock();
        let Some(action) = state.working(node) else {
            return;
        };
        let (name, deps) = (action.name.clone(), action.deps.clone());
        let (ts, tid) = (now(), state.thread());
        state.write(&Line {
            name: &name,
            ph: "B",
            ts,
            tid,
            ..Line::default()
        });
        for dep in deps {
            let before = &state.actions[dep as usize];
            let Some((end, thread)) = before.end else {
                continue;
            };
            let arrow = format!("{} -> {name}", before.name);
            state.flows += 1;
            let flow = Line {
                name: &arrow,
                cat: "flow",
                id: state.flows,
                ..Line::default()
            };
            state.write(&Line {
                ts: end,
                ph: "s",
                tid: thread,
                ..flow
            });
            let flow = Line {
                name: &arrow,
                cat: "flow",
                id: state.flows,
                ..Line::default()
            };
            state.write(&Line {
                ts,
                ph: "f",
                tid,
                bp: "e",
                ..flow
            });
        }
    }

    /// An action ends.
    fn end_action(&self, node: u32) {
        let mut state = self.lock();
        let (ts, tid) = (now(), state.thread());
        let Some(action) = state.working(node) else {
            return;
        };
        action.end = Some((ts, tid));
        let name = action.name.clone();
        state.write(&Line {
            name: &name,
            ph: "E",
            ts,
            tid,
            ..Line::default()
        });
    }

    /// Ends the file.
    pub fn close(&self) -> std::io::Result<()> {
        self.lock().file.write_all(b"]")
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener for Trace {
    fn event(&self, event: &Event) {
        match event {
            Event::Started { node, .. } => self.begin_action(*node),
            Event::Finished { node, .. } => self.end_action(*node),
            _ => {}
        }
    }

    fn run_begins(&self, run: &Run<'_>) {
        let action = |node: &Node| {
            let package = node.package.map(|p| format!(" {}", run.graph[p].desc()));
            Action {
                name: format!(
                    "Executing action ({}{})",
                    node.mode_text(),
                    package.unwrap_or_default()
                ),
                works: !matches!(node.kind, Kind::Nothing),
                deps: node.deps.iter().map(|d| d.0).collect(),
                end: None,
            }
        };
        self.lock().actions = run.plan.nodes.iter().map(action).collect();
    }

    fn span_begins(&self, name: &str) {
        self.begin(name);
    }

    fn span_ends(&self, name: &str) {
        self.end(name);
    }
}

impl State {
    fn thread(&mut self) -> u64 {
        let next = self.threads.len() as u64;
        *self
            .threads
            .entry(std::thread::current().id())
            .or_insert(next)
    }

    fn working(&mut self, node: u32) -> Option<&mut Action> {
        let action = self.actions.get_mut(node as usize);
        action.filter(|action| action.works)
    }

    fn write(&mut self, line: &Line<'_>) {
        let start = if self.entries == 0 { "[\n" } else { "," };
        self.entries += 1;
        let json = serde_json::to_string(line).unwrap_or_default();
        // A trace that can't be written is not worth failing for.
        let _ = self.file.write_all(format!("{start}{json}\n").as_bytes());
    }
}

/// Microseconds.
fn now() -> f64 {
    clock::now(For::Display)
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |d| d.as_nanos() as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_json() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("trace");
        let trace = Trace::create(file.to_str().unwrap()).unwrap();
        trace.lock().actions = vec![
            Action {
                name: "a".into(),
                works: true,
                deps: vec![],
                end: None,
            },
            Action {
                name: "b".into(),
                works: true,
                deps: vec![0],
                end: None,
            },
            Action {
                name: "both".into(),
                works: false,
                deps: vec![0, 1],
                end: None,
            },
        ];
        trace.begin("all");
        for node in [0, 1, 2] {
            trace.begin_action(node);
            trace.end_action(node);
        }
        trace.end("all");
        trace.close().unwrap();
        let text = std::fs::read_to_string(file).unwrap();
        let list: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        let phases: Vec<_> = list.iter().map(|e| e["ph"].as_str().unwrap()).collect();
        assert_eq!(phases, ["B", "B", "E", "B", "s", "f", "E", "E"]);
        assert_eq!(list[4]["name"], "a -> b");
    }
}
