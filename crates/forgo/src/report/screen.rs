//! Standard output and standard error as one: all output appears in one order, and a line that
//! shows progress is removed first.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use forgo_load::footprint::snapshot::Said;

use super::streams::{write_stderr, write_stderr_text, write_stdout};

/// The streams of the process.
#[derive(Default)]
pub struct Screen {
    /// A line is on the terminal that the next text replaces. Held while something is written.
    line: Mutex<bool>,
    taps: RwLock<Vec<Arc<dyn Tap>>>,
}

/// Sees the output, without lines that show progress.
pub trait Tap: Send + Sync {
    /// These bytes are about to be written.
    fn written(&self, stream: Said, bytes: &[u8]);
}

/// Takes a line off the terminal.
const ERASE: &str = "\r\x1b[K";

impl Screen {
    /// From now on a tap sees the output.
    pub fn add_tap(&self, tap: Arc<dyn Tap>) {
        let mut taps = self.taps.write().unwrap_or_else(PoisonError::into_inner);
        taps.push(tap);
    }

    /// Writes bytes to standard output.
    pub fn stdout(&self, bytes: &[u8]) -> io::Result<()> {
        self.tell(Said::Stdout, bytes);
        let _line = self.without_line();
        write_stdout(bytes)
    }

    /// Writes bytes to standard error.
    pub fn stderr(&self, bytes: &[u8]) {
        self.tell(Said::Stderr, bytes);
        let _line = self.without_line();
        write_stderr(bytes);
    }

    /// Shows a line on standard error until something else is written.
    pub fn show_line(&self, text: &str) {
        let mut line = self.line();
        *line = true;
        write_stderr_text(&format!("{ERASE}{text}"));
    }

    /// Takes the line away.
    pub fn erase_line(&self) {
        drop(self.without_line());
    }

    fn tell(&self, stream: Said, bytes: &[u8]) {
        let taps = self.taps.read().unwrap_or_else(PoisonError::into_inner);
        taps.iter().for_each(|tap| tap.written(stream, bytes));
    }

    fn line(&self) -> MutexGuard<'_, bool> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the line away; none can be shown while the guard lives.
    fn without_line(&self) -> MutexGuard<'_, bool> {
        let mut line = self.line();
        if std::mem::take(&mut *line) {
            write_stderr_text(ERASE);
        }
        line
    }
}
