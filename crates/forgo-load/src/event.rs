//! What the engine reports. The engine and the reporters share only these events; the command turns
//! them into text, `-json`, a progress bar, a log.

use std::time::{Duration, SystemTime};

use forgo_cache::ActionId;

use crate::package::PackageId;
use crate::verdict::Verdict;

/// Something the engine reports. Text is final: `$WORK` replaced, paths shortened, ends in a
/// newline where it must.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// Output of building a package or a line of `-x`, `-n`, `-v` (load.Printer.Printf): standard
    /// error, or a `build-output` event under `-json`.
    Output {
        /// `ImportPath` of the `-json` event: [`crate::package::Package::desc`]; `None` where the
        /// text belongs to no package.
        package: Option<String>,
        /// The text, as it is to be written.
        text: String,
    },
    /// An error of building a package (load.Printer.Errorf): like `Output`, then a `build-fail`
    /// event; the exit status becomes 1.
    Error {
        /// See `Output::package`.
        package: Option<String>,
        /// The text; the reporter adds a missing final newline.
        text: String,
    },
    /// Bytes for standard error that bypass `-json` (base.Errorf, GODEBUG traces).
    Stderr(String),
    /// The exit status is to be at least this.
    ExitStatus(i32),
    /// The whole answer of the invocation was cached and is given again, without actions.
    Answered,
    /// An action began to run.
    Started {
        /// Index of the action in the plan.
        node: u32,
        /// The action's stock mode name: `build`, `link`, …
        mode: String,
        /// Its package.
        package: Option<PackageId>,
    },
    /// An action ended.
    Finished {
        /// Index of the action in the plan.
        node: u32,
        /// Its key: of a compile, link, vet, or of a test binary with its arguments. `None` where
        /// it has none, or ended before it was known. The lines that it was made of are
        /// [`forgo_cache::HashContext::lines`], if they are collected.
        key: Option<ActionId>,
        /// Of a test: the key of the inputs that it read.
        inputs: Option<ActionId>,
        /// How it ended.
        verdict: Verdict,
        /// The time and memory it took.
        spent: Spent,
    },
}

/// What an action took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// The thread that it ran on, from 0.
    pub slot: u32,
    /// When it began; its dependencies may have been over for long.
    pub start: SystemTime,
    /// When it ended.
    pub end: SystemTime,
    /// What the programs took that it started.
    pub programs: Usage,
}

/// What programs took, their own children included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// User CPU time.
    pub user: Duration,
    /// System CPU time.
    pub sys: Duration,
    /// The most memory that one process used at once, in bytes. No less than what forgo had in use
    /// when it was started.
    pub peak: u64,
}

impl Usage {
    /// Adds what another program took, which ran before or after.
    pub fn add(&mut self, other: Usage) {
        self.user += other.user;
        self.sys += other.sys;
        self.peak = self.peak.max(other.peak);
    }
}

/// Receives events. Called from several threads at once; one call's text is never torn by
/// another's.
pub trait Reporter: Sync + Send {
    /// Takes one event.
    fn event(&self, event: Event);

    /// Writes bytes to standard output: test results, vet's JSON, a program's cached output.
    fn stdout(&self, bytes: &[u8]) -> std::io::Result<()>;
}
