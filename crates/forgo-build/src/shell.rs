//! Commands and file operations on behalf of an action, and how -n and -x show them.
//!
//! Answers to cmd/go/internal/work/shell.go.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use crate::actions::ActionError;
use crate::config::Config;
use crate::event::Reporter;
use crate::package::Package;

/// What all shells of a run share.
pub struct ShellShared<'r> {
    /// The settings.
    pub config: &'r Config,
    /// Who is told.
    pub reporter: &'r dyn Reporter,
    /// `$WORK`, without a final slash.
    pub work_dir: &'r str,
    script: Mutex<Script>,
    /// Directories made, with the error that making them gave.
    made: Mutex<HashMap<String, Option<String>>>,
}

/// The script that -x prints.
#[derive(Default)]
struct Script {
    /// Its current directory.
    dir: String,
}

/// Runs commands and touches files for one action.
pub struct Shell<'r> {
    shared: &'r ShellShared<'r>,
    package: Option<&'r Package>,
    /// Output that is kept for the cache instead of being reported at once (`Action.output`).
    saved: RefCell<Option<String>>,
    commands: RefCell<CommandTimes>,
}

/// The commands that an action ran, for -debug-actiongraph.
#[derive(Debug, Clone, Default)]
pub struct CommandTimes {
    /// Command lines.
    pub cmd: Vec<String>,
    /// Wall clock time.
    pub real: Duration,
    /// User CPU time.
    pub user: Duration,
    /// System CPU time.
    pub sys: Duration,
}

/// What a command wrote to standard output and standard error, and how it failed if it did.
#[derive(Debug, Default)]
pub struct RunOutput {
    /// Both streams, interleaved.
    pub output: Vec<u8>,
    /// `TOOL: exit status 1`.
    pub error: Option<ActionError>,
}

impl<'r> Shell<'r> {
    /// Prints a line of text as output of the action's package (`Printf`).
    pub fn print(&self, text: impl Into<String>) {
        let _ = (text.into(), &self.shared.script, &self.package);
        todo!()
    }

    /// Reports an error of the action's package.
    pub fn error(&self, text: impl Into<String>) {
        let _ = text.into();
        todo!()
    }

    /// Makes a directory and its parents, once; nothing if `dir` is empty.
    pub fn mkdir(&self, dir: &str) -> Result<(), ActionError> {
        let _ = (dir, &self.shared.made);
        todo!()
    }

    /// Writes a file.
    pub fn write_file(&self, file: &str, text: &[u8]) -> Result<(), ActionError> {
        let _ = (file, text);
        todo!()
    }

    /// `cp src dst`. `perm` is subject to the umask; `force` overwrites what is no object file.
    pub fn copy_file(
        &self,
        dst: &str,
        src: &str,
        perm: u32,
        force: bool,
    ) -> Result<(), ActionError> {
        let _ = (dst, src, perm, force);
        todo!()
    }

    /// `mv src dst`, or `cp src dst` where moving would give another result.
    pub fn move_or_copy_file(
        &self,
        dst: &str,
        src: &str,
        perm: u32,
        force: bool,
    ) -> Result<(), ActionError> {
        let _ = (dst, src, perm, force);
        todo!()
    }

    /// `rm -rf path`.
    pub fn remove_all(&self, path: &str) -> Result<(), ActionError> {
        let _ = path;
        todo!()
    }

    /// `ln -s old new`.
    pub fn symlink(&self, old: &str, new: &str) -> Result<(), ActionError> {
        let _ = (old, new);
        todo!()
    }

    /// A command as -x prints it: `$WORK` for the work directory.
    pub fn fmt_cmd(&self, cmd: &str) -> String {
        let _ = cmd;
        todo!()
    }

    /// Prints a command for -n and -x, after a `cd` line where `dir` (not empty, not `/`) is not the
    /// script's current directory; `dir` in it becomes `.`.
    pub fn show_cmd(&self, dir: &str, cmd: &str) {
        let _ = (dir, cmd);
        todo!()
    }

    /// Runs a command in `dir` (`.`: the current directory) with `env` (`K=V`) added to the
    /// environment. Under -n it is only shown.
    pub fn run_out(&self, dir: &str, env: &[String], args: Vec<String>) -> RunOutput {
        let _ = (dir, env, args, &self.commands);
        todo!()
    }

    /// Runs a command and reports its output under `desc` (the command itself if empty).
    pub fn run(
        &self,
        dir: &str,
        desc: &str,
        env: &[String],
        args: Vec<String>,
    ) -> Result<(), ActionError> {
        let _ = (dir, desc, env, args);
        todo!()
    }

    /// Reports a command's output as `# desc` and the output; as an error if the command failed. An
    /// empty `desc` is the package's, an empty `dir` the package's directory.
    pub fn report_cmd(
        &self,
        desc: &str,
        dir: &str,
        output: &[u8],
        error: Option<ActionError>,
    ) -> Result<(), ActionError> {
        let _ = (desc, dir, output, error);
        todo!()
    }

    /// From now on keep the output of successful commands, for the cache (`a.output = []byte{}`).
    pub fn save_output(&self) {
        self.saved.replace(Some(String::new()));
    }

    /// Reports what was kept, and stops keeping (`flushOutput`).
    pub fn flush_output(&self) {
        todo!()
    }
}

/// A command line with words quoted where they would be ambiguous (`joinUnambiguously`).
pub fn join_unambiguously(args: &[impl AsRef<str>]) -> String {
    let _ = args;
    todo!()
}
