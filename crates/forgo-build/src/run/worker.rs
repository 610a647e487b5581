//! Threads that run actions, and the one that tells them what to run.
//!
//! The coordinator owns the [`Schedule`]; workers get nodes over a channel and report back over
//! another. Ctrl-C is one more message. An outcome is written once, by who ran the node, before the
//! coordinator hears of it; nodes after it read it without locks.
//!
//! Answers to `Builder.Do` in cmd/go/internal/work/exec.go.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;
use std::time::SystemTime;

use crossbeam_channel::{Receiver, Sender, select, unbounded};

use crate::actions::{self, ActionCx, ActionError, Outcome, RunCx};
use crate::event::{Event, Finish};
use crate::plan::NodeId;
use crate::run::action_graph::Times;
use crate::run::costs;
use crate::run::schedule::{Schedule, Turn};

/// A node to run, and the root cause if something it depends on failed.
struct Task {
    id: NodeId,
    failed: Option<NodeId>,
}

/// A node that is over.
struct Report {
    id: NodeId,
    start: Option<SystemTime>,
    done: Option<SystemTime>,
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
        let priorities = costs::priorities(&cx.shells.costs, cx.job.plan, cx.job.graph);
        Schedule::by(cx.job.plan, priorities)
    } else {
        Schedule::new(cx.job.plan)
    };
    let (to_workers, tasks) = unbounded();
    let (to_coordinator, reports) = unbounded();
    thread::scope(|scope| {
        for _ in 0..workers {
            let (tasks, reports) = (tasks.clone(), to_coordinator.clone());
            scope.spawn(move || work(cx, &tasks, &reports));
        }
        // Workers stop when the coordinator, and with it the sender, is gone.
        let coordinator = Coordinator {
            cx,
            schedule,
            times,
            tasks: to_workers,
            reports,
            idle: workers,
            workers,
        };
        coordinator.run()
    })
}

struct Coordinator<'c, 'r> {
    cx: &'c RunCx<'r>,
    schedule: Schedule<'r>,
    times: &'c mut [Times],
    tasks: Sender<Task>,
    reports: Receiver<Report>,
    idle: usize,
    workers: usize,
}

impl Coordinator<'_, '_> {
    fn run(mut self) -> End {
        let now = self.cx.now();
        for times in self.times.iter_mut() {
            times.ready = now;
        }
        loop {
            self.hand_out();
            if self.schedule.is_finished() {
                return End::default();
            }
            let Some(report) = self.wait() else {
                self.cx.shells.children.interrupt();
                return self.wind_down(End {
                    interrupted: true,
                    fatal: None,
                });
            };
            self.idle += 1;
            if let Some(panic) = report.panic {
                self.cx.shells.children.interrupt();
                self.wind_down(End::default());
                resume_unwind(panic);
            }
            if let Some(text) = report.fatal {
                self.cx
                    .job
                    .reporter
                    .event(Event::Stderr(line(&text).into_bytes()));
                self.cx.job.reporter.event(Event::ExitStatus(1));
                self.cx.shells.children.interrupt();
                return self.wind_down(End {
                    interrupted: false,
                    fatal: Some(text),
                });
            }
            self.take(&report);
        }
    }

    /// The next report; `None` on Ctrl-C.
    fn wait(&self) -> Option<Report> {
        const ALIVE: &str = "workers outlive the coordinator";
        if let Ok(report) = self.reports.try_recv() {
            return Some(report);
        }
        select! {
            recv(self.reports) -> report => Some(report.expect(ALIVE)),
            recv(self.cx.job.interrupt) -> message => match message {
                Ok(()) => None,
                // Nobody can press Ctrl-C.
                Err(_) => Some(self.reports.recv().expect(ALIVE)),
            },
        }
    }

    /// Gives ready nodes to idle workers; what takes no work is done here.
    fn hand_out(&mut self) {
        while self.idle > 0 {
            let Some((id, turn)) = self.schedule.take_next() else {
                return;
            };
            match turn {
                Turn::Run { failed } if actions::is_idle(self.cx, id) => {
                    let report = perform(self.cx, &Task { id, failed });
                    if let Some(panic) = report.panic {
                        resume_unwind(panic);
                    }
                    self.take(&report);
                }
                Turn::Run { failed } => {
                    self.idle -= 1;
                    self.tasks
                        .send(Task { id, failed })
                        .expect("workers outlive the coordinator");
                }
                Turn::Skip(cause) => self.skip(id, cause),
            }
        }
    }

    /// A node is over without having been run.
    fn skip(&mut self, id: NodeId, cause: NodeId) {
        let now = self.cx.now();
        self.cx.finished(id, Finish::Skipped);
        let outcome = Outcome {
            failed: Some(cause),
            ..Outcome::default()
        };
        self.cx.set_outcome(id, outcome);
        self.take(&Report {
            id,
            start: now,
            done: now,
            fatal: None,
            panic: None,
        });
    }

    /// A node is over: others may be ready now.
    fn take(&mut self, report: &Report) {
        let times = &mut self.times[report.id.index()];
        (times.start, times.done) = (report.start, report.done);
        self.over(report.id);
    }

    fn over(&mut self, id: NodeId) {
        let failed = self.cx.outcomes[id.index()]
            .get()
            .and_then(|outcome| outcome.failed);
        let ready = self.schedule.finish(id, failed);
        if let Some(now) = self.cx.now() {
            for id in ready {
                self.times[id.index()].ready = Some(now);
            }
        }
    }

    /// Waits for the workers that still run something.
    fn wind_down(&mut self, end: End) -> End {
        while self.idle < self.workers {
            self.reports
                .recv()
                .expect("workers outlive the coordinator");
            self.idle += 1;
        }
        end
    }
}

/// A worker's life.
fn work(cx: &RunCx<'_>, tasks: &Receiver<Task>, reports: &Sender<Report>) {
    while let Ok(task) = tasks.recv() {
        // The coordinator may be gone after an interrupt.
        let _ = reports.send(perform(cx, &task));
    }
}

/// Runs a node.
fn perform(cx: &RunCx<'_>, task: &Task) -> Report {
    let &Task { id, failed } = task;
    let mut report = Report {
        id,
        start: cx.now(),
        done: None,
        fatal: None,
        panic: None,
    };
    cx.started(id);
    let action = ActionCx::new(cx, id, failed);
    // A bug is the coordinator's to tell: without a report it would wait forever.
    let result = match catch_unwind(AssertUnwindSafe(|| actions::act(&action))) {
        Ok(result) => result,
        Err(panic) => {
            report.panic = Some(panic);
            return report;
        }
    };
    report.done = cx.now();
    if let Err(e) = &result
        && e.fatal
    {
        report.fatal = Some(e.text.clone());
    }
    let outcome = conclude(&action, result);
    let how = match outcome.failed {
        Some(cause) if cause == id => Finish::Failed,
        _ if outcome.reused => Finish::Reused,
        _ => Finish::Ran,
    };
    cx.finished(id, how);
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
                failed: Some(cx.failed.unwrap_or(cx.id)),
                ..Outcome::default()
            }
        }
    };
    outcome.commands = cx.shell.take_times();
    outcome
}
