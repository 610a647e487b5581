//! Threads that run actions. Each worker reports its action's outcome and then takes the next one
//! itself, so no thread is woken for work that the current one can go on with.
//!
//! The [`Schedule`] is behind a lock, which no action holds while it runs. The thread that started
//! the run waits for its end or for Ctrl-C. An outcome is written once, by the worker that ran the
//! node, before the schedule hears of it; nodes after it read it without locks.
//!
//! Answers to `Builder.Do` in cmd/go/internal/work/exec.go.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::SystemTime;

use crossbeam_channel::{Sender, bounded, select_biased};
use forgo_load::event::{Event, Spent, Usage};
use forgo_load::threads;
use forgo_load::verdict::Verdict;

use crate::action::{ActionCx, ActionError, Outcome, RunCx};
use crate::actions;
use crate::plan::NodeId;
use crate::run::action_graph::Times;
use crate::run::priorities;
use crate::run::schedule::{Schedule, Turn};
use forgo_load::clock::{self, For};

/// A node to run, and the root cause if something it depends on failed.
struct Task {
    id: NodeId,
    failed: Option<NodeId>,
}

/// A node that is over.
struct Report {
    id: NodeId,
    start: SystemTime,
    done: SystemTime,
    /// An error after which nothing more is done.
    fatal: Option<String>,
    /// A panic, to be resumed.
    panic: Option<Box<dyn Any + Send>>,
}

/// How a run ended.
#[derive(Debug, Default)]
pub(super) struct End {
    /// Ctrl-C.
    pub interrupted: bool,
    /// The error that ended it.
    pub fatal: Option<String>,
}

/// Runs all nodes of the plan, until all are over, Ctrl-C, or an error that ends everything.
pub(super) fn run_all(cx: &RunCx<'_>, times: &mut [Times]) -> End {
    let config = cx.job.config;
    let workers = if config.flags.n {
        1
    } else {
        config.flags.p.max(1)
    };
    let workers = workers.min(cx.job.plan.order.len());
    // One at a time, the order is the stock command's; it shows under -x.
    let schedule = if workers > 1 && config.extras {
        let priorities = priorities::priorities(&cx.shells.costs, cx.job.plan, cx.job.graph);
        Schedule::by(cx.job.plan, priorities)
    } else {
        Schedule::new(cx.job.plan)
    };
    let now = clock::now(For::Display);
    for times in times.iter_mut() {
        times.ready = Some(now);
    }
    let (over, ended) = bounded(1);
    let run = Run {
        cx,
        state: Mutex::new(State {
            schedule,
            times,
            waiting: 0,
            end: None,
            panic: None,
            over,
        }),
        wake: Condvar::new(),
    };
    let slots = AtomicU32::new(0);
    let work = || {
        let slot = slots.fetch_add(1, Ordering::Relaxed);
        // A thread that is gone could not report the end.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run.work(slot))) {
            run.lock().fail(cx, panic);
            run.wake.notify_all();
        }
    };
    thread::scope(|scope| {
        if threads::helpers(scope, workers, work).is_empty() {
            // The system allows no other thread. Ctrl-C waits.
            work();
        }
        select_biased! {
            recv(ended) -> _ => {}
            recv(cx.job.interrupt) -> message => match message {
                Ok(()) => run.interrupt(),
                // Ctrl-C can't arrive: nothing sends it.
                Err(_) => drop(ended.recv()),
            },
        }
    });
    let state = run
        .state
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(panic) = state.panic {
        resume_unwind(panic);
    }
    state.end.unwrap_or_default()
}

/// A run, as its threads share it.
struct Run<'c, 'r> {
    cx: &'c RunCx<'r>,
    state: Mutex<State<'c, 'r>>,
    /// There is something to do, or nothing will be any more.
    wake: Condvar,
}

struct State<'c, 'r> {
    schedule: Schedule<'r>,
    times: &'c mut [Times],
    /// Threads that found nothing to do.
    waiting: usize,
    /// No more nodes are to be run.
    end: Option<End>,
    /// A bug, to be reported when all threads are done.
    panic: Option<Box<dyn Any + Send>>,
    /// Gets a message when the run has ended.
    over: Sender<()>,
}

impl<'c, 'r> Run<'c, 'r> {
    fn lock(&self) -> MutexGuard<'_, State<'c, 'r>> {
        // A panic of an action is caught before; one of the bookkeeping ends the run.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A thread's life; its number is `slot`.
    fn work(&self, slot: u32) {
        let mut state = self.lock();
        while state.end.is_none() {
            let Some(task) = state.next(self.cx, slot) else {
                if state.end.is_some() {
                    break;
                }
                state.waiting += 1;
                let waited = self.wake.wait(state);
                state = waited.unwrap_or_else(PoisonError::into_inner);
                state.waiting -= 1;
                continue;
            };
            // The woken thread does the same.
            if state.waiting > 0 && state.schedule.has_ready() {
                self.wake.notify_one();
            }
            drop(state);
            let report = perform(self.cx, &task, slot);
            state = self.lock();
            if state.end.is_none() {
                state.take(self.cx, report);
            }
        }
        self.wake.notify_all();
    }

    /// Ctrl-C: what runs is ended, and nothing more is begun.
    fn interrupt(&self) {
        let mut state = self.lock();
        if state.panic.is_none() {
            // Also if all has just ended well: no message was sent.
            let end = state.end.get_or_insert_default();
            end.interrupted = end.fatal.is_none();
        }
        self.cx.shells.children.interrupt();
        self.wake.notify_all();
    }
}

impl State<'_, '_> {
    /// The next node that is to be run; what takes no work is done here.
    fn next(&mut self, cx: &RunCx<'_>, slot: u32) -> Option<Task> {
        while self.end.is_none() {
            if self.schedule.is_finished() {
                self.finish(End::default());
                break;
            }
            let (id, turn) = self.schedule.take_next()?;
            match turn {
                Turn::Run { failed } if actions::is_idle(cx, id) => {
                    let report = perform(cx, &Task { id, failed }, slot);
                    self.take(cx, report);
                }
                Turn::Run { failed } => return Some(Task { id, failed }),
                Turn::Skip(cause) => self.skip(cx, id, cause, slot),
            }
        }
        None
    }

    fn finish(&mut self, end: End) {
        if self.end.is_none() {
            self.end = Some(end);
            // Once is enough, and perhaps no thread waits for it any more.
            let _ = self.over.try_send(());
        }
    }

    /// There is a bug.
    fn fail(&mut self, cx: &RunCx<'_>, panic: Box<dyn Any + Send>) {
        self.panic = Some(panic);
        self.finish(End::default());
        cx.shells.children.interrupt();
    }

    /// A node is over without having been run.
    fn skip(&mut self, cx: &RunCx<'_>, id: NodeId, cause: NodeId, slot: u32) {
        let now = clock::now(For::Display);
        let mut outcome = Outcome {
            failed: Some(cause),
            verdict: Verdict::Skipped,
            ..Outcome::default()
        };
        let spent = Spent {
            slot,
            start: now,
            end: now,
            programs: Usage::default(),
        };
        cx.finished(id, &mut outcome, spent);
        cx.set_outcome(id, outcome);
        self.over(cx, id, now, now);
    }

    /// A node has been run: others may be ready now, or all is over.
    fn take(&mut self, cx: &RunCx<'_>, report: Report) {
        if let Some(panic) = report.panic {
            self.fail(cx, panic);
            return;
        }
        if let Some(text) = report.fatal {
            let reporter = cx.job.reporter;
            reporter.event(Event::Stderr(line(&text)));
            reporter.event(Event::ExitStatus(1));
            self.finish(End {
                interrupted: false,
                fatal: Some(text),
            });
            cx.shells.children.interrupt();
            return;
        }
        self.over(cx, report.id, report.start, report.done);
    }

    fn over(&mut self, cx: &RunCx<'_>, id: NodeId, start: SystemTime, done: SystemTime) {
        let times = &mut self.times[id.index()];
        (times.start, times.done) = (Some(start), Some(done));
        let outcome = cx.outcomes[id.index()].get();
        let failed = outcome.and_then(|outcome| outcome.failed);
        let ready = self.schedule.finish(id, failed);
        for id in ready {
            self.times[id.index()].ready = Some(done);
        }
    }
}

/// Runs a node, on the thread of this number.
fn perform(cx: &RunCx<'_>, task: &Task, slot: u32) -> Report {
    let &Task { id, failed } = task;
    let start = clock::now(For::Display);
    let mut report = Report {
        id,
        start,
        done: start,
        fatal: None,
        panic: None,
    };
    cx.started(id);
    let action = ActionCx::new(cx, id, failed);
    // A bug is reported when all threads are done: without a report they would wait forever.
    let result = match catch_unwind(AssertUnwindSafe(|| actions::act(&action))) {
        Ok(result) => result,
        Err(panic) => {
            report.panic = Some(panic);
            return report;
        }
    };
    report.done = clock::now(For::Display);
    if let Err(e) = &result
        && e.fatal
    {
        report.fatal = Some(e.text.clone());
    }
    let mut outcome = conclude(&action, result);
    let spent = Spent {
        slot,
        start,
        end: report.done,
        programs: action.shell.programs(),
    };
    cx.finished(id, &mut outcome, spent);
    cx.set_outcome(id, outcome);
    report
}

/// A message as a line, as Go's package log ends it.
fn line(text: &str) -> String {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{end}")
}

/// The node's outcome; an error is reported.
fn conclude(cx: &ActionCx<'_>, result: Result<Outcome, ActionError>) -> Outcome {
    let mut outcome = match result {
        Ok(outcome) => {
            let failed = if outcome.forgive {
                None
            } else {
                outcome.failed.or(cx.failed)
            };
            Outcome { failed, ..outcome }
        }
        Err(error) => {
            if !error.fatal {
                cx.report_error(error);
            }
            Outcome {
                action_id: cx.key.get(),
                reported_key: cx.reported_key.get(),
                failed: Some(cx.failed.unwrap_or(cx.id)),
                verdict: Verdict::Failed,
                ..Outcome::default()
            }
        }
    };
    outcome.commands = cx.shell.take_times();
    outcome
}
