//! What the engine says. The engine and whoever reports share only these events; the command turns
//! them into text, `-json`, a progress bar, a log.

use crate::package::PackageId;

/// Something the engine says. Text is final: `$WORK` replaced, paths shortened, ends in a newline
/// where it must.
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
    /// An action began to run. For progress, timings, log.
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
        /// How.
        how: Finish,
    },
}

/// How an action ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// Its work was done.
    Ran,
    /// Its result was known.
    Reused,
    /// It failed.
    Failed,
    /// Something it needs failed.
    Skipped,
}

/// Receives events. Called from several threads at once; one call's text is never torn by
/// another's.
pub trait Reporter: Sync + Send {
    /// Takes one event.
    fn event(&self, event: Event);

    /// Writes bytes to standard output: test results, vet's JSON, a program's cached output.
    fn stdout(&self, bytes: &[u8]) -> std::io::Result<()>;
}
