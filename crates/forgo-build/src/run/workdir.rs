//! `$WORK`: a directory of its own for each invocation.
//!
//! Answers to `NewBuilder` and `Builder.Close` in cmd/go/internal/work/action.go.

use crate::config::Config;
use crate::event::Reporter;

/// The work directory; removed when closed, unless -work keeps it. Under -n it is only a name.
#[derive(Debug)]
pub struct WorkDir {
    path: String,
    keep: bool,
}

impl WorkDir {
    /// Makes it, and prints `WORK=` under -x and -work. An error is the stock command's fatal text.
    pub fn create(config: &Config, reporter: &dyn Reporter) -> Result<WorkDir, String> {
        let _ = (config, reporter);
        todo!()
    }

    /// Its path without a final slash, or `$WORK`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Removes it. To be called on every way out, Ctrl-C included.
    pub fn close(self) -> Result<(), String> {
        let _ = self.keep;
        todo!()
    }
}
