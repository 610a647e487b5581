//! What the user sees: events of the engine become text or `-json`, and the exit status.
//!
//! Answers to cmd/go/internal/load/printer.go and to base.Errorf, base.SetExitStatus.

pub mod json;
pub mod streams;

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use forgo_build::event::{Event, Reporter};

use streams::{write_stderr, write_stdout};

/// Standard output, standard error and the exit status of one invocation.
#[derive(Debug, Default)]
pub struct Console {
    status: AtomicI32,
    json: AtomicBool,
}

impl Console {
    /// From now on output of builds is JSON on standard output (`-json`).
    pub fn set_json(&self, json: bool) {
        self.json.store(json, Ordering::Relaxed);
    }

    /// base.Errorf: a line on standard error; the exit status becomes 1.
    pub fn error(&self, text: &str) {
        let mut line = text.to_owned();
        if !line.ends_with('\n') {
            line.push('\n');
        }
        write_stderr(line.as_bytes());
        self.raise(1);
    }

    /// Text for standard error, as it is.
    pub fn warn(&self, text: &str) {
        write_stderr(text.as_bytes());
    }

    /// Bytes for standard output.
    pub fn print(&self, bytes: impl AsRef<[u8]>) {
        write_stdout(bytes.as_ref());
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
    pub fn exit_if_errors(&self) -> crate::exit::Outcome {
        match self.status() {
            0 => Ok(()),
            status => Err(crate::exit::Stop::status(status)),
        }
    }

    fn output(&self, package: Option<&str>, text: &str) {
        if self.json.load(Ordering::Relaxed) {
            write_stdout(json::output(package, text).as_bytes());
        } else {
            write_stderr(text.as_bytes());
        }
    }

    fn failure(&self, package: Option<&str>, mut text: String) {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        if self.json.load(Ordering::Relaxed) {
            write_stdout(json::failure(package, &text).as_bytes());
        } else {
            write_stderr(text.as_bytes());
        }
        self.raise(1);
    }
}

impl Reporter for Console {
    fn event(&self, event: Event) {
        match event {
            Event::Output { package, text } => self.output(package.as_deref(), &text),
            Event::Error { package, text } => self.failure(package.as_deref(), text),
            Event::Stdout(bytes) => write_stdout(&bytes),
            Event::Stderr(bytes) => write_stderr(&bytes),
            Event::ExitStatus(status) => self.raise(status),
            _ => {}
        }
    }
}
