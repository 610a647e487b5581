//! What the user sees: events of the engine become text or `-json`, and the exit status.
//!
//! Answers to cmd/go/internal/load/printer.go and to base.Errorf, base.SetExitStatus.

pub mod json;
mod progress;
pub mod streams;
mod trace;

use std::io;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

use forgo_build::clock::{self, For};
use forgo_build::event::{Event, Reporter};
use forgo_build::footprint::snapshot::Said;
use forgo_build::package::PackageGraph;
use forgo_build::plan::Plan;
use forgo_build::process::errno_text;
use forgo_golang::raw;

use crate::exit::{Outcome, Stop};
use progress::Progress;
use streams::{write_stderr, write_stderr_text, write_stdout};
use trace::Trace;

/// Standard output, standard error and the exit status of one invocation.
#[derive(Debug, Default)]
pub struct Console {
    status: AtomicI32,
    /// Go's minor release where builds are told in JSON; 0 where not.
    json: AtomicU32,
    progress: Mutex<Option<Running>>,
    trace: OnceLock<Trace>,
    /// What was said, where it is to be kept.
    kept: Mutex<Option<Pieces>>,
}

/// What was said, in order.
pub type Pieces = Vec<(Said, Vec<u8>)>;

/// More than this is not kept.
const KEPT_LIMIT: usize = 64 << 20;

/// A run whose progress is shown.
#[derive(Debug)]
struct Running {
    progress: Progress,
    /// For each action its package, as the line names it.
    packages: Vec<String>,
}

impl Console {
    /// From now on output of builds is JSON on standard output (`-json`).
    pub fn set_json(&self, json: bool, minor: u32) {
        self.json
            .store(if json { minor } else { 0 }, Ordering::Relaxed);
    }

    /// base.Errorf: a line on standard error; the exit status becomes 1.
    pub fn error(&self, text: &str) {
        let mut line = text.to_owned();
        if !line.ends_with('\n') {
            line.push('\n');
        }
        self.to_stderr(&raw::bytes(&line));
        self.raise(1);
    }

    /// Text for standard error, as it is.
    pub fn warn(&self, text: &str) {
        self.to_stderr(&raw::bytes(text));
    }

    /// Text for standard output. Where the stock command notices that it could not be written, use
    /// [`Console::must_print`].
    pub fn print(&self, text: impl AsRef<str>) {
        self.print_bytes(&raw::bytes(text.as_ref()));
    }

    /// Bytes for standard output, as they are; no text's ([`raw`]).
    pub fn print_bytes(&self, bytes: &[u8]) {
        let _ = self.to_stdout(bytes);
    }

    /// Bytes for standard output that the command has to get out: where it can't, it ends with a
    /// line after `prefix`.
    pub fn must_print(&self, prefix: &str, bytes: &[u8]) -> Outcome {
        self.to_stdout(bytes).map_err(|e| {
            let why = errno_text(&e);
            Stop::fatal(format!("{prefix}write /dev/stdout: {why}"))
        })
    }

    /// Bytes for standard error, as they are.
    pub fn warn_bytes(&self, bytes: &[u8]) {
        self.to_stderr(bytes);
    }

    /// From now on what is said is kept.
    pub fn keep(&self) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(Vec::new());
    }

    /// What was kept; nothing if it was too much.
    pub fn kept(&self) -> Option<Pieces> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.take()
    }

    fn note(&self, stream: Said, bytes: &[u8]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(pieces) = kept.as_mut().filter(|_| !bytes.is_empty()) else {
            return;
        };
        match pieces.last_mut() {
            Some((last, text)) if *last == stream => text.extend_from_slice(bytes),
            _ => pieces.push((stream, bytes.to_vec())),
        }
        if pieces.iter().map(|(_, text)| text.len()).sum::<usize>() > KEPT_LIMIT {
            *kept = None;
        }
    }

    fn to_stdout(&self, bytes: &[u8]) -> io::Result<()> {
        self.note(Said::Stdout, bytes);
        self.without_progress(|| write_stdout(bytes))
    }

    fn to_stderr(&self, bytes: &[u8]) {
        self.note(Said::Stderr, bytes);
        self.without_progress(|| write_stderr(bytes));
    }

    /// Takes the progress line away while something is written.
    fn without_progress<T>(&self, write: impl FnOnce() -> T) -> T {
        let mut running = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = running.as_mut().and_then(|r| r.progress.clear()) {
            write_stderr_text(&text);
        }
        write()
    }

    /// base.SetExitStatus: the exit status is at least this.
    pub fn raise(&self, status: i32) {
        self.status.fetch_max(status, Ordering::Relaxed);
    }

    /// The exit status so far.
    pub fn status(&self) -> i32 {
        self.status.load(Ordering::Relaxed)
    }

    /// `-debug-trace`: from now on events go to this file too.
    pub fn start_trace(&self, file: &str) -> std::io::Result<()> {
        let trace = Trace::create(file)?;
        // The first file stays.
        let _ = self.trace.set(trace);
        Ok(())
    }

    /// Ends the trace file.
    pub fn close_trace(&self) -> std::io::Result<()> {
        self.trace.get().map_or(Ok(()), Trace::close)
    }

    /// Something of this name is done: a span in the trace.
    pub fn span<T>(&self, name: &str, work: impl FnOnce() -> T) -> T {
        let Some(trace) = self.trace.get() else {
            return work();
        };
        trace.begin(name);
        let result = work();
        trace.end(name);
        result
    }

    /// A plan is about to run. `term` is `$TERM`.
    pub fn begin_run(&self, plan: &Plan, graph: &PackageGraph, term: &str) {
        if let Some(trace) = self.trace.get() {
            trace.set_plan(plan, graph);
        }
        if progress::wanted(term) {
            let package = |node: &forgo_build::plan::Node| {
                node.package.map(|p| graph[p].desc()).unwrap_or_default()
            };
            let running = Running {
                progress: Progress::new(plan.order.len()),
                packages: plan.nodes.iter().map(package).collect(),
            };
            *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = Some(running);
        }
    }

    /// It has run.
    pub fn end_run(&self) {
        self.without_progress(|| ());
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn started(&self, node: u32, mode: &str) {
        if let Some(trace) = self.trace.get() {
            trace.begin_action(node);
        }
        let mut running = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Running { progress, packages }) = running.as_mut() {
            let package = packages.get(node as usize).map_or("", String::as_str);
            if let Some(text) = progress.started(mode, package, clock::instant(For::Display)) {
                write_stderr_text(&text);
            }
        }
    }

    fn finished(&self, node: u32) {
        if let Some(trace) = self.trace.get() {
            trace.end_action(node);
        }
        let mut running = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Running { progress, .. }) = running.as_mut() {
            progress.finished();
        }
    }

    /// base.ExitIfErrors: an early end when something failed.
    pub fn exit_if_errors(&self) -> crate::exit::Outcome {
        match self.status() {
            0 => Ok(()),
            status => Err(crate::exit::Stop::status(status)),
        }
    }

    fn output(&self, package: Option<&str>, text: &str) {
        let minor = self.json.load(Ordering::Relaxed);
        if minor != 0 {
            let _ = self.to_stdout(json::output(package, text, minor).as_bytes());
        } else {
            self.to_stderr(&raw::bytes(text));
        }
    }

    fn failure(&self, package: Option<&str>, mut text: String) {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        let minor = self.json.load(Ordering::Relaxed);
        if minor != 0 {
            let _ = self.to_stdout(json::failure(package, &text, minor).as_bytes());
        } else {
            self.to_stderr(&raw::bytes(&text));
        }
        self.raise(1);
    }
}

impl Reporter for Console {
    fn event(&self, event: Event) {
        match event {
            Event::Output { package, text } => self.output(package.as_deref(), &text),
            Event::Error { package, text } => self.failure(package.as_deref(), text),
            Event::Stderr(text) => self.to_stderr(&raw::bytes(&text)),
            Event::ExitStatus(status) => self.raise(status),
            Event::Started { node, mode, .. } => self.started(node, &mode),
            Event::Finished { node, .. } => self.finished(node),
            _ => {}
        }
    }

    fn stdout(&self, bytes: &[u8]) -> io::Result<()> {
        self.to_stdout(bytes)
    }
}
