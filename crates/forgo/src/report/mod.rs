//! The reports of an invocation: events of the engine and text of the commands go to several
//! reporters at once, which do not depend on each other.
//!
//! [`Console`] receives all reports of the engine and the commands. It keeps the exit status and
//! hands everything on to its [`Listener`]s: [`text`] or [`json`] (one of the two), [`progress`],
//! [`trace`] (`-debug-trace`), [`events`] (`FORGO_EVENTS`), [`log`] (the log of all runs). Their
//! output goes through one [`Screen`], whose [`Tap`]s see the bytes: [`recorder`] is one.
//!
//! Answers to cmd/go/internal/load/printer.go and to base.Errorf, base.SetExitStatus.

pub mod action;
pub mod events;
pub mod json;
pub mod log;
mod progress;
mod recorder;
mod screen;
pub mod streams;
mod text;
mod trace;

use std::io;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use forgo_build::plan::Plan;
use forgo_cache::HashContext;
use forgo_golang::raw;
use forgo_golang::release::Release;
use forgo_load::config::Config;
use forgo_load::event::{Event, Reporter};
use forgo_load::package::PackageGraph;
use forgo_load::process::errno_text;

use crate::exit::{Outcome, Stop};
pub use recorder::Recorder;
pub use screen::{Screen, Tap};
pub use trace::Trace;

/// One consumer of what an invocation does. Called from several threads at once.
pub trait Listener: Send + Sync {
    /// Something happened.
    fn event(&self, event: &Event);

    /// A plan is about to run; until the next one, nodes are its.
    fn run_begins(&self, run: &Run<'_>) {
        let _ = run;
    }

    /// The plan has run.
    fn run_ends(&self) {}

    /// Something of this name begins on this thread.
    fn span_begins(&self, name: &str) {
        let _ = name;
    }

    /// It ends.
    fn span_ends(&self, name: &str) {
        let _ = name;
    }

    /// The invocation ends with this exit status. Nothing is reported afterwards.
    fn ends(&self, status: i32) {
        let _ = status;
    }

    /// Whether the listener reads the lines of keys, which are not collected otherwise.
    fn wants_lines(&self) -> bool {
        false
    }
}

/// A run that begins.
#[derive(Clone, Copy)]
pub struct Run<'r> {
    /// The settings.
    pub config: &'r Config,
    /// The plan that is about to run.
    pub plan: &'r Plan,
    /// The packages.
    pub graph: &'r PackageGraph,
    /// The context that keys are made with; it has the lines of keys.
    pub hashes: &'r Arc<HashContext>,
}

/// Where an invocation's output goes, and its exit status.
pub struct Console {
    status: AtomicI32,
    screen: Arc<Screen>,
    /// Turns output of builds into text or JSON.
    voice: RwLock<Arc<dyn Listener>>,
    listeners: RwLock<Vec<Arc<dyn Listener>>>,
    /// Progress is shown.
    progress: OnceLock<()>,
    /// Of the plan that runs.
    hashes: Mutex<Option<Arc<HashContext>>>,
}

impl Default for Console {
    fn default() -> Console {
        let screen = Arc::new(Screen::default());
        Console {
            status: AtomicI32::new(0),
            voice: RwLock::new(Arc::new(text::Text::new(Arc::clone(&screen)))),
            screen,
            listeners: RwLock::default(),
            progress: OnceLock::new(),
            hashes: Mutex::default(),
        }
    }
}

impl Console {
    /// From now on output of builds is JSON on standard output (`-json`), in the form of a release;
    /// or text again.
    pub fn set_json(&self, release: Option<Release>) {
        let screen = Arc::clone(&self.screen);
        let voice: Arc<dyn Listener> = match release {
            Some(release) => Arc::new(json::Json::new(screen, release)),
            None => Arc::new(text::Text::new(screen)),
        };
        *self.voice.write().unwrap_or_else(PoisonError::into_inner) = voice;
    }

    /// From now on a listener hears of everything.
    pub fn add(&self, listener: Arc<dyn Listener>) {
        let mut listeners = self.listeners.write();
        let listeners = listeners.as_mut().unwrap_or_else(|e| e.get_mut());
        listeners.push(listener);
    }

    /// From now on everything that is written is recorded.
    pub fn record(&self) -> Arc<Recorder> {
        let recorder = Arc::new(Recorder::default());
        self.screen.add_tap(Arc::clone(&recorder) as _);
        recorder
    }

    /// `-debug-trace`: from now on events go to this file too.
    pub fn start_trace(&self, file: &str) -> io::Result<Arc<Trace>> {
        let trace = Arc::new(Trace::create(file)?);
        self.add(Arc::clone(&trace) as _);
        Ok(trace)
    }

    /// Shows how far runs are, if standard error is a terminal that can. `term` is `$TERM`.
    pub fn show_progress(&self, term: &str) {
        if progress::wanted(term) && self.progress.set(()).is_ok() {
            let screen = Arc::clone(&self.screen);
            self.add(Arc::new(progress::Progress::new(screen)));
        }
    }

    /// Whether some listener reads the lines of keys.
    pub fn wants_lines(&self) -> bool {
        self.listeners().iter().any(|l| l.wants_lines())
    }

    /// base.Errorf: a line on standard error; the exit status becomes 1.
    pub fn error(&self, text: &str) {
        let mut line = text.to_owned();
        if !line.ends_with('\n') {
            line.push('\n');
        }
        self.screen.stderr(&raw::bytes(&line));
        self.raise(1);
    }

    /// Text for standard error, as it is.
    pub fn warn(&self, text: &str) {
        self.screen.stderr(&raw::bytes(text));
    }

    /// Text for standard output. Where the stock command notices that it could not be written, use
    /// [`Console::must_print`].
    pub fn print(&self, text: impl AsRef<str>) {
        self.print_bytes(&raw::bytes(text.as_ref()));
    }

    /// Bytes for standard output, as they are; no text's ([`raw`]).
    pub fn print_bytes(&self, bytes: &[u8]) {
        let _ = self.screen.stdout(bytes);
    }

    /// Bytes for standard output that the command has to get out: where it can't, it ends with a
    /// line after `prefix`.
    pub fn must_print(&self, prefix: &str, bytes: &[u8]) -> Outcome {
        self.screen.stdout(bytes).map_err(|e| {
            let why = errno_text(&e);
            Stop::fatal(format!("{prefix}write /dev/stdout: {why}"))
        })
    }

    /// Bytes for standard error, as they are.
    pub fn warn_bytes(&self, bytes: &[u8]) {
        self.screen.stderr(bytes);
    }

    /// base.SetExitStatus: the exit status is at least this.
    pub fn raise(&self, status: i32) {
        self.status.fetch_max(status, Ordering::Relaxed);
    }

    /// The exit status so far.
    pub fn status(&self) -> i32 {
        self.status.load(Ordering::Relaxed)
    }

    /// base.ExitIfErrors: an early end when something failed.
    pub fn exit_if_errors(&self) -> Outcome {
        match self.status() {
            0 => Ok(()),
            status => Err(Stop::status(status)),
        }
    }

    /// Something of this name is done.
    pub fn span<T>(&self, name: &str, work: impl FnOnce() -> T) -> T {
        self.each(|listener| listener.span_begins(name));
        let result = work();
        self.each(|listener| listener.span_ends(name));
        result
    }

    /// The invocation ends.
    pub fn ends(&self) {
        let status = self.status();
        self.each(|listener| listener.ends(status));
    }

    /// A plan is about to run.
    pub fn run_begins(&self, run: &Run<'_>) {
        *self.hashes() = Some(Arc::clone(run.hashes));
        self.each(|listener| listener.run_begins(run));
    }

    /// It has run.
    pub fn run_ends(&self) {
        for listener in self.listeners().iter() {
            listener.run_ends();
        }
        *self.hashes() = None;
    }

    fn hashes(&self) -> std::sync::MutexGuard<'_, Option<Arc<HashContext>>> {
        self.hashes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listeners(&self) -> std::sync::RwLockReadGuard<'_, Vec<Arc<dyn Listener>>> {
        self.listeners
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn each(&self, tell: impl Fn(&dyn Listener)) {
        for listener in self.listeners().iter() {
            tell(listener.as_ref());
        }
    }

    /// All listeners have seen this event: the lines of its keys are not read any more.
    fn forget_lines(&self, event: &Event) {
        if let Event::Finished { key, inputs, .. } = event
            && let Some(hashes) = &*self.hashes()
        {
            for key in [key, inputs].into_iter().flatten() {
                hashes.forget_lines(key);
            }
        }
    }
}

impl Reporter for Console {
    fn event(&self, event: Event) {
        match &event {
            Event::Error { .. } => self.raise(1),
            Event::ExitStatus(status) => self.raise(*status),
            _ => {}
        }
        let voice = self.voice.read().unwrap_or_else(PoisonError::into_inner);
        voice.event(&event);
        drop(voice);
        self.each(|listener| listener.event(&event));
        self.forget_lines(&event);
    }

    fn stdout(&self, bytes: &[u8]) -> io::Result<()> {
        self.screen.stdout(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts its events.
    #[derive(Default)]
    struct Counter(Mutex<Vec<String>>, bool);

    impl Listener for Counter {
        fn event(&self, event: &Event) {
            let mut heard = self.0.lock().unwrap();
            heard.push(match event {
                Event::Started { node, .. } => format!("started {node}"),
                Event::ExitStatus(status) => format!("status {status}"),
                other => format!("{other:?}"),
            });
        }

        fn span_begins(&self, name: &str) {
            self.0.lock().unwrap().push(format!("begin {name}"));
        }

        fn span_ends(&self, name: &str) {
            self.0.lock().unwrap().push(format!("end {name}"));
        }

        fn wants_lines(&self) -> bool {
            self.1
        }
    }

    #[test]
    fn all_listeners_hear_the_same() {
        let console = Console::default();
        let counters = [Arc::new(Counter::default()), Arc::new(Counter::default())];
        console.add(Arc::clone(&counters[0]) as _);
        assert!(!console.wants_lines());
        console.add(Arc::clone(&counters[1]) as _);
        console.add(Arc::new(Counter(Mutex::default(), true)));
        assert!(console.wants_lines());
        console.span("all", || {
            let (mode, package) = ("build".to_owned(), None);
            console.event(Event::Started {
                node: 3,
                mode,
                package,
            });
            console.event(Event::ExitStatus(2));
        });
        console.event(Event::ExitStatus(1));
        assert_eq!(console.status(), 2);
        for counter in counters {
            let heard = counter.0.lock().unwrap();
            let expected = ["begin all", "started 3", "status 2", "end all", "status 1"];
            assert_eq!(*heard, expected);
        }
    }
}
