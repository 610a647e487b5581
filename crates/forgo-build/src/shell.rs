//! Commands and file operations on behalf of an action, and how -n and -x show them.
//!
//! Answers to cmd/go/internal/work/shell.go. Operations on files are in `files`, reports of a
//! command's output in `report`.

pub mod children;
pub mod concurrency;
pub(crate) mod costs;
mod files;
mod memory;
pub(crate) mod pool;
mod report;
mod response_file;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use forgo_golang::quote::quote;
use forgo_golang::raw;
use forgo_load::config::Config;
use forgo_load::event::{Event, Reporter, Usage};
use forgo_load::footprint;
use forgo_load::package::Package;
use forgo_load::process;

use crate::error::ActionError;
use forgo_load::clock::{self, For};
use forgo_load::process::Learns;

use children::Children;
pub use concurrency::CompileTokens;
use costs::Costs;
pub(crate) use files::write_whole;
pub use memory::free_memory;
use pool::Pool;
pub use report::readable_cgo_names;

/// What all shells of a run share.
pub struct ShellShared<'r> {
    /// The settings.
    pub config: &'r Config,
    /// Receives the events of the run.
    pub reporter: &'r dyn Reporter,
    /// `$WORK`, without a final slash.
    pub work_dir: &'r str,
    /// The programs that run.
    pub children: Children,
    /// How many may run, with those of other forgo processes.
    pool: Pool,
    /// What actions cost.
    pub(crate) costs: Costs,
    /// The current directory of the script that -x prints. Held while printing.
    script_dir: Mutex<String>,
    /// Directories made, with the error that making them gave.
    made: Mutex<HashMap<String, Result<(), ActionError>>>,
}

impl<'r> ShellShared<'r> {
    /// For a run in the work directory `work_dir`.
    pub fn new(config: &'r Config, reporter: &'r dyn Reporter, work_dir: &'r str) -> Self {
        ShellShared {
            config,
            reporter,
            work_dir,
            children: Children::default(),
            pool: Pool::new(config),
            costs: Costs::new(config),
            script_dir: Mutex::default(),
            made: Mutex::default(),
        }
    }

    /// Directories that exist already.
    pub fn with_made(mut self, dirs: &[String]) -> Self {
        let made = self.made.get_mut().unwrap_or_else(|e| e.into_inner());
        made.extend(dirs.iter().map(|dir| (dir.clone(), Ok(()))));
        self
    }
}

/// Runs commands and touches files for one action.
pub struct Shell<'r> {
    shared: &'r ShellShared<'r>,
    package: Option<&'r Package>,
    /// What the action does.
    mode: Cow<'static, str>,
    /// Output that is kept for the cache instead of being reported at once (`Action.output`).
    saved: RefCell<Option<String>>,
    times: RefCell<CommandTimes>,
    programs: Cell<Usage>,
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
    /// For an action on `package`.
    pub fn new(shared: &'r ShellShared<'r>, package: Option<&'r Package>) -> Self {
        Shell {
            shared,
            package,
            mode: "".into(),
            saved: RefCell::default(),
            times: RefCell::default(),
            programs: Cell::default(),
        }
    }

    /// Returns the shell for an action of this mode: its costs are recorded for the mode.
    pub fn of_mode(self, mode: Cow<'static, str>) -> Shell<'r> {
        Shell { mode, ..self }
    }

    /// Returns a shell of the run, for work that is done for no action in particular
    /// (`BackgroundShell`).
    pub fn background(&self) -> Shell<'r> {
        Shell::new(self.shared, None)
    }

    /// The settings.
    pub fn config(&self) -> &'r Config {
        self.shared.config
    }

    /// Whether commands are shown (-n, -x).
    pub fn shows_commands(&self) -> bool {
        self.config().flags.shows_commands()
    }

    /// Prints something about the action's package (`Printf`).
    pub fn print(&self, text: impl Into<String>) {
        let _script = self.lock_script();
        self.print_locked(text.into());
    }

    fn print_locked(&self, text: String) {
        if !text.is_empty() {
            self.send(Event::Output {
                package: self.package.map(Package::desc),
                text,
            });
        }
    }

    /// Reports an error of the action's package.
    pub fn error(&self, text: impl Into<String>) {
        let _script = self.lock_script();
        let package = self.package.map(Package::desc);
        self.send(Event::Error {
            package,
            text: text.into(),
        });
    }

    /// Sends an event to the reporter, unless Ctrl-C was pressed: events are then about tools that
    /// were ended.
    pub fn send(&self, event: Event) {
        if !self.shared.children.interrupted() {
            self.shared.reporter.event(event);
        }
    }

    fn lock_script(&self) -> MutexGuard<'r, String> {
        self.shared
            .script_dir
            .lock()
            .unwrap_or_else(|e| e.into_inner())
    }

    /// A command as -x prints it: `$WORK` for the work directory, but not in the text of files.
    pub fn fmt_cmd(&self, cmd: &str) -> String {
        let work_dir = self.shared.work_dir;
        if work_dir.is_empty() || cmd.starts_with("cat ") {
            return cmd.to_owned();
        }
        let mut cmd = cmd.replace(work_dir, "$WORK");
        let quoted = quote(work_dir);
        let escaped = &quoted[1..quoted.len() - 1];
        if escaped != work_dir {
            cmd = cmd.replace(escaped, "$WORK");
        }
        cmd
    }

    /// Prints a command for -n and -x, after a `cd` line where `dir` (not empty, not `/`) is not
    /// the script's current directory; `dir` at the start of a word becomes `.`.
    pub fn show_cmd(&self, dir: &str, cmd: &str) {
        let mut script_dir = self.lock_script();
        let mut cmd = self.fmt_cmd(cmd);
        if !dir.is_empty() && dir != "/" {
            if *script_dir != dir {
                self.print_locked(self.fmt_cmd(&format!("cd {dir}\n")));
                dir.clone_into(&mut script_dir);
            }
            let dot = if dir.ends_with('/') { " ./" } else { " ." };
            cmd = format!(" {cmd}")
                .replace(&format!(" {dir}"), dot)
                .split_off(1);
        }
        self.print_locked(cmd + "\n");
    }

    /// Runs a command in `dir` (`.`: the current directory) with `env` (`K=V`) added to the
    /// environment. Under -n it is only shown.
    pub fn run_out(&self, dir: &str, env: &[String], args: &[String]) -> RunOutput {
        self.run_out_with(dir, env, &[], args)
    }

    /// [`Shell::run_out`], with more in the environment that is not shown: variables that change
    /// only the cost.
    pub fn run_out_with(
        &self,
        dir: &str,
        env: &[String],
        unseen: &[String],
        args: &[String],
    ) -> RunOutput {
        // To GNU tools, and to Go's, an argument @file means "arguments are in this file".
        if let Some(arg) = args.iter().find(|a| a.starts_with('@')) {
            let line = join_unambiguously(args);
            return RunOutput::failed(format!(
                "invalid command-line argument {arg} in command: {line}"
            ));
        }
        self.show_run(dir, env, args);
        if self.config().flags.n {
            return RunOutput::default();
        }
        self.run_unshown(dir, env, unseen, args)
    }

    /// Shows for -n and -x that a command is run.
    pub fn show_run(&self, dir: &str, env: &[String], args: &[String]) {
        if self.shows_commands() {
            self.show_cmd(dir, &(env_prefix(env) + &join_unambiguously(args)));
        }
    }

    /// [`Shell::run_out_with`], for a command that was shown.
    pub fn run_unshown(
        &self,
        dir: &str,
        env: &[String],
        unseen: &[String],
        args: &[String],
    ) -> RunOutput {
        match process::look_path(self.config(), &args[0]) {
            Ok(program) => self.execute(dir, env.iter().chain(unseen), args, &program),
            Err(text) => RunOutput::failed(text),
        }
    }

    fn execute<'e>(
        &self,
        dir: &str,
        env: impl Iterator<Item = &'e String>,
        args: &[String],
        program: &str,
    ) -> RunOutput {
        let config = self.config();
        let mut command = match is_single_program(config, program) {
            true => process::tool_command(config, dir, program),
            false => process::command(config, dir, program, &[]),
        };
        if let Some(package) = self.package {
            command.env("TOOLEXEC_IMPORTPATH", process::os(&package.desc()));
        }
        set_all(&mut command, env);
        let response_file = match response_file::make(self.config(), program, &args[1..]) {
            Ok(file) => file,
            Err(text) => return RunOutput::failed(text),
        };
        match &response_file {
            Some(file) => command.arg(format!("@{}", file.path().display())),
            None => command.args(process::os_all(&args[1..])),
        };

        self.start(command, args, program)
    }

    /// Runs a program that is a part of forgo, `name` of `file`, in place of a tool. `line` is the
    /// tool's command line, which counts as run.
    pub fn run_own(
        &self,
        dir: &str,
        env: &[String],
        line: &[String],
        (file, name): (&str, &str),
        args: &[String],
    ) -> RunOutput {
        let mut command = process::command(self.config(), dir, file, &[]);
        set_all(&mut command, env.iter());
        command.arg0(name).args(process::os_all(args));
        self.start(command, line, file)
    }

    fn start(&self, command: Command, args: &[String], program: &str) -> RunOutput {
        footprint::worked();
        let (children, costs) = (&self.shared.children, &self.shared.costs);
        let package = self.package.map(Package::desc).unwrap_or_default();
        let cost = costs.key(&self.mode, &package);
        let peak = costs.of(cost).map_or(0, |cost| u64::from(cost.peak) * 1024);
        let token = self.shared.pool.take(peak, || children.interrupted());
        let start = clock::instant(For::Schedule);
        let ended = children.run(command, Learns::Key, |pid| token.is_used_by(pid));
        drop(token);
        costs.record(cost, &ended, start.elapsed());
        self.note_usage(ended.usage);
        if !self.config().flags.debug_actiongraph.is_empty() {
            let mut times = self.times.borrow_mut();
            times.cmd.push(join_unambiguously(args));
            times.real += start.elapsed();
            times.user += ended.usage.user;
            times.sys += ended.usage.sys;
        }
        let error = process::exit_text(ended.status, program)
            .map(|text| ActionError::new(format!("{}: {text}", args[0])));
        RunOutput {
            output: ended.output,
            error,
        }
    }

    /// Runs a command and reports its output under `desc` (the command itself if empty).
    pub fn run(
        &self,
        dir: &str,
        desc: &str,
        env: &[String],
        args: &[String],
    ) -> Result<(), ActionError> {
        self.run_with(dir, desc, env, &[], args)
    }

    /// [`Shell::run`], with more in the environment that is not shown.
    pub fn run_with(
        &self,
        dir: &str,
        desc: &str,
        env: &[String],
        unseen: &[String],
        args: &[String],
    ) -> Result<(), ActionError> {
        let output = self.run_out_with(dir, env, unseen, args);
        self.report_run(dir, desc, args, output)
    }

    /// Reports the output of a command under `desc` (the command itself if empty).
    pub fn report_run(
        &self,
        dir: &str,
        desc: &str,
        args: &[String],
        RunOutput { output, error }: RunOutput,
    ) -> Result<(), ActionError> {
        if output.is_empty() && error.is_none() {
            return Ok(());
        }
        if desc.is_empty() {
            let desc = self.fmt_cmd(&args.join(" "));
            return self.report_cmd(&desc, dir, &output, error);
        }
        self.report_cmd(desc, dir, &output, error)
    }

    /// From now on keep the output of successful commands, for the cache (`a.output = []byte{}`).
    pub fn save_output(&self) {
        self.saved.replace(Some(String::new()));
    }

    /// Returns the output that was kept; empty where there is none.
    pub fn saved_output(&self) -> String {
        self.saved.borrow().clone().unwrap_or_default()
    }

    /// Reports the output that was kept, and stops keeping output (`flushOutput`).
    pub fn flush_output(&self) {
        if let Some(text) = self.saved.take() {
            self.print(text);
        }
    }

    /// A program that the action started has ended, and took this.
    pub fn note_usage(&self, usage: Usage) {
        let mut programs = self.programs.get();
        programs.add(usage);
        self.programs.set(programs);
    }

    /// What the action's programs took so far.
    pub fn programs(&self) -> Usage {
        self.programs.get()
    }

    /// The commands run so far; for -debug-actiongraph.
    pub fn take_times(&self) -> CommandTimes {
        self.times.take()
    }
}

impl RunOutput {
    fn failed(text: String) -> RunOutput {
        RunOutput {
            output: Vec::new(),
            error: Some(ActionError::new(text)),
        }
    }
}

/// Whether a program is a tool of the distribution that starts no other. The linker and cgo start
/// the C compiler; a wrapper named by `-toolexec` or `-vettool` may start anything.
fn is_single_program(config: &Config, program: &str) -> bool {
    let name = program
        .strip_prefix(config.dist.tool_dir.as_str())
        .and_then(|rest| rest.strip_prefix('/'));
    !config.dist.tool_dir.is_empty() && matches!(name, Some("asm" | "compile" | "cover" | "vet"))
}

/// Sets variables of a command's environment, `K=V`.
fn set_all<'e>(command: &mut Command, env: impl Iterator<Item = &'e String>) {
    for pair in env {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        command.env(process::os(key), process::os(value));
    }
}

/// Variables before a command, as a shell wants them: `K='v' `.
fn env_prefix(env: &[String]) -> String {
    let mut out = String::new();
    for (key, value) in env.iter().filter_map(|pair| pair.split_once('=')) {
        out.push_str(key);
        out.push('=');
        if value.contains('\'') {
            out.push_str(&quote(value));
        } else {
            out.push('\'');
            out.push_str(value);
            out.push('\'');
        }
        out.push(' ');
    }
    out
}

/// A command line with words quoted where they would be ambiguous.
pub fn join_unambiguously(args: &[impl AsRef<str>]) -> String {
    let mut out = String::new();
    for (i, arg) in args.iter().map(AsRef::as_ref).enumerate() {
        if i > 0 {
            out.push(' ');
        }
        let quoted = quote(arg);
        if arg.is_empty()
            || arg.contains([' ', '(', ')', '>', ';'])
            || quoted.len() > raw::bytes(arg).len() + 2
        {
            out.push_str(&quoted);
        } else {
            out.push_str(arg);
        }
    }
    out
}

#[cfg(test)]
mod tests;
