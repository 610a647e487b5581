//! The log of all runs: which command ran, how each of its actions ended, and the lines of their
//! keys, for `forgo log`, `forgo why` and `forgo stats`. docs/log.md describes it.
//!
//! Events are collected and recorded in batches, so that an action never waits for a file; a whole
//! cached answer costs one write.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use forgo_build::plan::{Kind, Node};
use forgo_cache::{ActionId, HashContext, KeyLines};
use forgo_load::clock::{self, For};
use forgo_load::disk;
use forgo_load::disk::Because;
use forgo_load::event::{Event, Spent};
use forgo_load::verdict::{self, Miss, Way};
use forgo_log::{Action, Begin, End, Key, KeyText, Store, Tried, Verdict, Writer};

use super::action::{micros, micros_since};
use super::{Listener, Run};
use crate::config::own::log_budget;
use crate::config::process::{Variables, current_dir};

/// So many actions are recorded at once.
const BATCH: usize = 512;

/// Actions are recorded no later than this after they ended, if others end.
const PACE: Duration = Duration::from_secs(2);

/// An action without a separate result is recorded if it took this long.
const LONG: Duration = Duration::from_millis(1);

/// Variables that set up builds. Values of all others are secret.
const SETTINGS: [&str; 24] = [
    "CC",
    "CGO_CFLAGS",
    "CGO_CPPFLAGS",
    "CGO_CXXFLAGS",
    "CGO_ENABLED",
    "CGO_FFLAGS",
    "CGO_LDFLAGS",
    "CXX",
    "FORGO_EXTRAS",
    "FORGO_GO",
    "FORGO_VERIFY",
    "GO386",
    "GOAMD64",
    "GOARCH",
    "GOARM",
    "GOARM64",
    "GOCACHE",
    "GODEBUG",
    "GOEXPERIMENT",
    "GOFIPS140",
    "GOFLAGS",
    "GOOS",
    "GOTOOLCHAIN",
    "GOWORK",
];

/// Records one invocation.
pub struct Log {
    state: Mutex<State>,
}

struct State {
    writer: Writer,
    run: u64,
    begun: SystemTime,
    answered: bool,
    plan: Known,
    pending: Vec<Ended>,
    recorded: Instant,
}

/// The facts about the plan that runs.
#[derive(Default)]
struct Known {
    /// By node its mode, a NUL byte and its package.
    names: Vec<String>,
    /// By node: it does something.
    works: Vec<bool>,
    deps: Vec<Vec<u32>>,
    /// By node: when it ended.
    ends: Vec<Option<SystemTime>>,
    /// By node: it has a record.
    recorded: Vec<bool>,
    /// By node without a record: the one that stands for it as what others waited for.
    stands: Vec<Option<u32>>,
    hashes: Option<Arc<HashContext>>,
}

/// An action to record.
struct Ended {
    action: Action,
    name: String,
    lines: Vec<(Key, Arc<KeyLines>)>,
}

/// Returns the log's directory; `None` if FORGO_LOG disables the log, or if it would lie in a home
/// directory that is missing or belongs to another user.
#[expect(clippy::disallowed_methods, reason = "no answer depends on the log")]
pub fn store(variables: &Variables) -> Option<Store> {
    let budget = log_budget(variables.get("FORGO_LOG")).filter(|budget| *budget > 0)?;
    let state = variables.get("XDG_STATE_HOME");
    let state = match state.starts_with('/') {
        true => Path::new(&*forgo_load::process::os(state)).to_owned(),
        false => {
            let home = forgo_load::process::os(variables.get("HOME"));
            let home = Path::new(&*home);
            let meta = disk::own::metadata(Because::Key, home)
                .ok()
                .filter(|_| home.is_absolute())?;
            let own = meta.is_dir() && meta.uid() == rustix::process::geteuid().as_raw();
            own.then(|| home.join(".local/state"))?
        }
    };
    Some(Store::new(state.join("forgo/log"), budget))
}

impl Log {
    /// Begins the record of an invocation of this command, which the process is in the directory
    /// of.
    pub fn begin(variables: &Variables, command: &[String]) -> Option<Log> {
        let store = store(variables)?;
        let begun = clock::now(For::Stamp);
        let pid = std::process::id();
        let settings = SETTINGS.iter().filter_map(|name| {
            let value = variables.map.get(*name)?;
            Some(((*name).to_owned(), value.clone()))
        });
        let run = nanos(begun) ^ u64::from(pid).rotate_left(48);
        let begin = Begin {
            run,
            start: micros_since(UNIX_EPOCH, begun),
            pid,
            command: command.to_vec(),
            dir: current_dir(variables.get("PWD")).unwrap_or_default(),
            release: String::new(),
            settings: settings.collect(),
        };
        Some(Log {
            state: Mutex::new(State {
                writer: Writer::new(store, begin),
                run,
                begun,
                answered: false,
                plan: Known::default(),
                pending: Vec::new(),
                recorded: clock::instant(For::Schedule),
            }),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener for Log {
    fn event(&self, event: &Event) {
        match event {
            Event::Answered => self.state().answered = true,
            Event::Finished {
                node,
                key,
                inputs,
                verdict,
                spent,
            } => self.state().ended(*node, [*key, *inputs], verdict, spent),
            _ => {}
        }
    }

    fn run_begins(&self, run: &Run<'_>) {
        let mut state = self.state();
        if let Some(begin) = state.writer.begin() {
            begin.release.clone_from(&run.config.dist.version);
        }
        let name = |node: &Node| {
            let package = node.package.map(|p| run.graph[p].desc());
            format!("{}\0{}", node.mode, package.unwrap_or_default())
        };
        let nodes = &run.plan.nodes;
        state.plan = Known {
            names: nodes.iter().map(name).collect(),
            works: nodes
                .iter()
                .map(|node| !matches!(node.kind, Kind::Nothing))
                .collect(),
            deps: nodes
                .iter()
                .map(|node| node.deps.iter().map(|dep| dep.0).collect())
                .collect(),
            ends: vec![None; nodes.len()],
            recorded: vec![false; nodes.len()],
            stands: vec![None; nodes.len()],
            hashes: Some(Arc::clone(run.hashes)),
        };
    }

    fn run_ends(&self) {
        let mut state = self.state();
        state.record();
        // What happens behind the run, a program's end for one, may take long.
        let _ = state.writer.flush();
    }

    fn ends(&self, status: i32) {
        let mut state = self.state();
        state.record();
        let end = End {
            run: state.run,
            end: micros_since(UNIX_EPOCH, clock::now(For::Stamp)),
            status,
            answered: state.answered,
        };
        // A log that can't be written is not worth failing for.
        let _ = state.writer.finish(end);
    }

    fn wants_lines(&self) -> bool {
        true
    }
}

impl State {
    fn ended(
        &mut self,
        node: u32,
        [key, inputs]: [Option<ActionId>; 2],
        verdict: &verdict::Verdict,
        spent: &Spent,
    ) {
        let plan = &mut self.plan;
        let at = node as usize;
        let Some(name) = plan.names.get(at) else {
            return;
        };
        let after = plan.waited_for(at);
        plan.ends[at] = Some(spent.end);
        let took = spent.end.duration_since(spent.start).unwrap_or_default();
        if !plan.works[at] || is_nothing(verdict, took) {
            plan.stands[at] = after;
            return;
        }
        plan.recorded[at] = true;
        let lines = [key, inputs].into_iter().flatten().filter_map(|id| {
            let lines = plan.hashes.as_ref()?.lines(&id)?;
            Some((Key::of(&id.0), lines))
        });
        let short = |id: Option<ActionId>| id.map(|id| Key::of(&id.0));
        let ended = Ended {
            lines: lines.collect(),
            name: name.clone(),
            action: Action {
                node,
                name: forgo_log::TextId::of(name.as_bytes()),
                key: short(key),
                inputs: short(inputs),
                verdict: recorded(verdict),
                slot: spent.slot,
                start: micros_since(self.begun, spent.start),
                took: micros(took),
                user: micros(spent.programs.user),
                sys: micros(spent.programs.sys),
                peak: spent.programs.peak / 1024,
                after,
            },
        };
        self.pending.push(ended);
        if self.pending.len() >= BATCH || self.recorded.elapsed() >= PACE {
            self.record();
            let _ = self.writer.flush();
        }
    }

    /// Hands on the pending records.
    fn record(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        self.recorded = clock::instant(For::Schedule);
        self.writer.look_through();
        for Ended {
            action,
            name,
            lines,
        } in std::mem::take(&mut self.pending)
        {
            self.writer.text(name.as_bytes());
            for (key, lines) in lines {
                self.writer.key(key, &Lines(&lines));
            }
            self.writer.action(action);
        }
    }
}

impl Known {
    /// The action that ended last of those that this one depends on.
    fn waited_for(&self, node: usize) -> Option<u32> {
        let deps = self.deps[node].iter().copied();
        let last = deps.max_by_key(|dep| self.ends[*dep as usize])?;
        match self.recorded[last as usize] {
            true => Some(last),
            false => self.stands[last as usize],
        }
    }
}

struct Lines<'l>(&'l KeyLines);

impl KeyText for Lines<'_> {
    fn each_line(&self, take: &mut dyn FnMut(&[u8])) {
        self.0.lines().for_each(take);
    }
}

/// Whether an action is not worth a record.
fn is_nothing(verdict: &verdict::Verdict, took: Duration) -> bool {
    match verdict {
        verdict::Verdict::Done | verdict::Verdict::Reused(Way::NotNeeded) => took < LONG,
        _ => false,
    }
}

fn recorded(verdict: &verdict::Verdict) -> Verdict {
    match verdict {
        verdict::Verdict::Reused(way) => Verdict::Reused(way.name().to_owned()),
        verdict::Verdict::Ran(Miss { stale, tried, part }) => Verdict::Ran {
            stale: stale.as_ref().map_or_else(String::new, ToString::to_string),
            tried: tried
                .iter()
                .map(|(way, why)| Tried {
                    way: way.name().to_owned(),
                    why: why.name().to_owned(),
                    detail: why.detail().to_owned(),
                })
                .collect(),
            part: part.map_or_else(String::new, |way| way.name().to_owned()),
        },
        verdict::Verdict::Failed => Verdict::Failed,
        verdict::Verdict::Skipped => Verdict::Skipped,
        verdict::Verdict::Done => Verdict::Done,
    }
}

fn nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs().wrapping_mul(1_000_000_000) + u64::from(since.subsec_nanos())
}
