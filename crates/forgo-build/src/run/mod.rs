//! Running a plan.
//!
//! Answers to `Builder.Do` in cmd/go/internal/work/exec.go.

use std::sync::OnceLock;

use forgo_golang::raw;
use forgo_load::event::Event;

use crate::action::{Job, Outcome, PackageFacts, RunCx};
use crate::reuse::moving;
use crate::run::action_graph::Times;
use crate::shell::write_whole;

mod action_graph;
mod priorities;
pub mod schedule;
pub mod workdir;
mod worker;

/// What a run came to.
#[derive(Debug, Default)]
pub struct Summary {
    /// Some action failed (an error was reported), or the run was interrupted: exit status 1.
    pub failed: bool,
    /// Ctrl-C.
    pub interrupted: bool,
    /// Programs or tests of the user's were started: Ctrl-C was theirs.
    pub ran_programs: bool,
    /// An error ended the run before its time. It was reported; the stock command exits at once.
    pub fatal: bool,
    /// For `go list`: the facts about each package, by [`forgo_load::package::PackageId`]; empty
    /// without `RunOptions::is_cmd_list`.
    pub facts: Vec<PackageFacts>,
}

/// Runs a plan. Closing the cache (which trims it) is the caller's, as the stock command does it
/// only after real work.
pub fn run(job: Job<'_>) -> Summary {
    let file = &job.config.flags.debug_actiongraph;
    if file.ends_with(".go") {
        let text = format!("go: refusing to write action graph to {file}\n\n");
        job.reporter.event(Event::Stderr(text));
        job.reporter.event(Event::ExitStatus(1));
        return Summary {
            fatal: true,
            failed: true,
            ..Summary::default()
        };
    }
    let cx = RunCx::new(job);
    let mut times = vec![Times::default(); job.plan.nodes.len()];
    // Once without times, in case something ends this early.
    write_action_graph(&cx, &[]);
    let end = worker::run_all(&cx, &mut times);
    if !end.interrupted && end.fatal.is_none() {
        write_action_graph(&cx, &times);
    }
    let failed = |outcome: &OnceLock<Outcome>| outcome.get().is_some_and(|o| o.failed.is_some());
    let failed = end.interrupted || end.fatal.is_some() || cx.outcomes.iter().any(failed);
    moving::end(&cx, failed);
    cx.shells.costs.save();
    cx.exports.save();
    Summary {
        failed,
        interrupted: end.interrupted,
        ran_programs: cx.shells.children.ran_programs(),
        fatal: end.fatal.is_some(),
        facts: cx.into_facts(),
    }
}

fn write_action_graph(cx: &RunCx<'_>, times: &[Times]) {
    let file = &cx.job.config.flags.debug_actiongraph;
    if file.is_empty() {
        return;
    }
    let path = forgo_golang::path::join2(&cx.job.config.cwd, file);
    let path = if file.starts_with('/') { file } else { &path };
    if let Err(e) = write_whole(path, &raw::bytes(&action_graph::text(cx, times))) {
        let why = e.text.replacen(path.as_str(), file, 1);
        let text = format!("go: writing action graph: {why}\n");
        cx.job.reporter.event(Event::Stderr(text));
        cx.job.reporter.event(Event::ExitStatus(1));
    }
}
