//! The commands, one file each, and how an argument list finds its own.
//!
//! Answers to cmd/go/main.go.

mod build;
mod cache;
mod clean;
mod completion;
mod doctor;
mod env;
mod help;
mod install;
mod list;
mod loading;
mod log;
mod man;
mod own;
mod run;
mod stats;
pub mod test;
mod tool;
mod version;
mod vet;
mod why;

use std::fs::File;
use std::io::IsTerminal;
use std::sync::Arc;

use forgo_load::config::Config;
use forgo_load::load::FatalError;
use forgo_load::stock;
use loading::{Lasting, Loading};

use crate::config::process::Variables;
use crate::config::{Chosen, Startup, own as own_variables, process};
use crate::exit::{Outcome, Stop};
use crate::flags::table::Commands;
use crate::flags::{Flags, ParseError, goflags};
use crate::report::Console;
use crate::report::events::Events;
use crate::report::log::Log;
use crate::report::streams::write_stderr;
use crate::snapshot::{self, Beginning, Recording};
use crate::{config, delegate};

/// A command that forgo does itself.
pub struct Command {
    /// Its name.
    pub name: &'static str,
    /// Usage line of the stock command.
    pub usage: &'static str,
    /// Its bit in the table of flags.
    pub flags: Commands,
    /// It parses its arguments itself: [`Invocation::args`] has all of them, and GOFLAGS is not
    /// applied (cmd/go's `CustomFlags`).
    pub custom_flags: bool,
    /// Does it. With `custom_flags`, what comes after the flags is to be [`traced`].
    pub run: fn(&mut Invocation<'_>) -> Outcome,
}

/// Every command that forgo does itself.
const COMMANDS: &[&Command] = &[
    &build::COMMAND,
    &clean::COMMAND,
    &env::COMMAND,
    &install::COMMAND,
    &list::COMMAND,
    &run::COMMAND,
    &test::COMMAND,
    &tool::COMMAND,
    &vet::COMMAND,
];

/// The input of a command.
pub struct Invocation<'a> {
    /// The command.
    pub command: &'static Command,
    /// The settings of the environment; [`Invocation::configure`] adds those of the flags to `cfg`.
    pub startup: Startup,
    /// The command's flags as set by GOFLAGS and the arguments.
    pub flags: Flags,
    /// The settings in GOFLAGS.
    pub goflags: Vec<String>,
    /// The arguments after the flags.
    pub args: Vec<String>,
    /// The command's name and all its arguments but for `-C`: these are passed on if the stock
    /// command has to run instead.
    pub given: Vec<String>,
    /// The destination of output.
    pub console: &'a Console,
}

impl Invocation<'_> {
    /// The settings.
    pub fn cfg(&self) -> &Config {
        &self.startup.cfg
    }

    /// Resolves the flags into the settings. Done already for commands without `custom_flags`.
    pub fn configure(&mut self) -> Outcome {
        config::apply_flags(&mut self.startup.cfg, &self.flags)?;
        snapshot::judge(self.cfg());
        let cfg = self.cfg();
        self.console
            .set_json(cfg.flags.json.then_some(cfg.dist.release));
        Ok(())
    }

    /// work.BuildInit: derives what `-race`, `-buildmode` and the like turn into.
    pub fn build_init(&mut self, modules_enabled: bool) -> Outcome {
        let p = self.flags.text("p").to_owned();
        config::build_init(&mut self.startup.cfg, modules_enabled, &p, &self.goflags)
    }
}

/// Reports whether the argument is `path@version`.
fn is_versioned(arg: &str) -> bool {
    arg.contains('@') && !forgo_golang::pattern::is_local_import(arg) && !arg.starts_with('/')
}

/// Turns a fatal error of loading into the end of the command.
fn stop_at(fatal: FatalError) -> Stop {
    Stop {
        text: fatal.stderr,
        status: fatal.code,
    }
}

/// base.Command.Usage, after a message if there is one.
fn usage(command: &Command, message: &str) -> Stop {
    let mut text = String::new();
    if !message.is_empty() {
        text = format!("{message}\n");
    }
    text.push_str(&format!(
        "usage: {}\nRun 'go help {}' for details.\n",
        command.usage, command.name
    ));
    Stop { text, status: 2 }
}

/// Spans of a trace: packages are loaded, and their tests.
const LOADING: &str = "load.PackagesAndErrors";
const LOADING_TESTS: &str = "load.TestPackagesAndErrors";

/// Finds and runs the command that the process's arguments ask for.
pub fn run(console: &Console) -> Outcome {
    let args = process::arguments();
    let named_go = process::is_named_go();
    // Before the environment is checked: doctor reports its errors.
    if !named_go && let Some(outcome) = own::run(&args, console) {
        return outcome;
    }
    check_environment()?;
    let name = args.first().map_or("", String::as_str);
    if name == "help"
        && (!named_go || std::io::stdout().is_terminal())
        && let Some(text) = help::preface(&args[1..])
    {
        console.print(text);
    }
    match COMMANDS.iter().find(|c| c.name == name) {
        Some(command) => start(command, args, console),
        None => delegate::exec(&args),
    }
}

/// Ends a forgo that was started as the stock command, and one with a variable that it does not
/// understand.
fn check_environment() -> Outcome {
    let variables = Variables::read();
    if let Some(text) = stock::mistaken(&variables.marker) {
        return Err(Stop::with_status(text, 2));
    }
    own_variables::check(&variables)?;
    if std::io::stderr().is_terminal() {
        for name in own_variables::unknown(&variables) {
            let line =
                format!("forgo: {name} is not a variable of forgo; see 'forgo help environment'\n");
            write_stderr(line.as_bytes());
        }
    }
    Ok(())
}

/// Runs a command that forgo has; `args` begin with its name.
fn start(command: &'static Command, mut args: Vec<String>, console: &Console) -> Outcome {
    let mut rest = args.split_off(1);
    let given = args.iter().chain(&rest).cloned().collect();
    open_events(console)?;
    let start = process::take_chdir(&mut rest)?;
    args.append(&mut rest);
    open_log(&args, console);
    let recording = match snapshot::begin(command.name, console) {
        Beginning::Answered => return Ok(()),
        Beginning::Work(recording) => recording,
    };
    let words = Words { given, args };
    work(command, words, start.as_ref(), console, recording.as_ref())?;
    if let Some(recording) = recording.filter(|_| console.status() == 0) {
        recording.finish();
    }
    Ok(())
}

/// `FORGO_EVENTS`: from now on events go to that file too.
fn open_events(console: &Console) -> Outcome {
    let variables = Variables::read();
    let file = variables.get("FORGO_EVENTS");
    if !file.is_empty() {
        let events = Events::open(file).map_err(|e| {
            let why = forgo_load::process::errno_text(&e);
            Stop::with_status(format!("forgo: FORGO_EVENTS: open {file}: {why}"), 2)
        })?;
        console.add(Arc::new(events));
    }
    Ok(())
}

/// From now on everything is recorded in the log of all runs, unless `FORGO_LOG=off`.
fn open_log(command: &[String], console: &Console) {
    if let Some(log) = Log::begin(&Variables::read(), command) {
        console.add(Arc::new(log));
    }
}

/// A command line.
struct Words {
    /// All of it, as the process was given it.
    given: Vec<String>,
    /// Without `-C`.
    args: Vec<String>,
}

/// The command itself. `start` is the directory that the process was in before `-C`.
fn work(
    command: &'static Command,
    words: Words,
    start: Option<&File>,
    console: &Console,
    recording: Option<&Recording>,
) -> Outcome {
    let Words { given, mut args } = words;
    let startup = match Startup::choose(command.name, &args, console)? {
        Chosen::Startup(startup) => *startup,
        Chosen::Stock { stock_go, version } => {
            return delegate::hand_on(&stock_go, &version, &given, start);
        }
    };
    if let Some(recording) = recording {
        recording.resolved(&startup.cfg);
    }
    console.warn(&startup.check()?);
    if command.name != "env" {
        startup.check_build_configuration()?;
    }
    let given = args.clone();
    let args = args.split_off(1);
    // env is for finding errors; vet first asks its tool for flags.
    let lenient = matches!(command.name, "env" | "vet");
    let goflags = goflags::words(startup.cfg.env.get("GOFLAGS"), lenient);
    let goflags = match goflags {
        Ok(words) => words,
        // A command that parses its flags itself looks at GOFLAGS later; the error is the same.
        Err(text) => return Err(Stop::fatal(text)),
    };
    let flags = Flags::of(command.flags);
    let mut invocation = Invocation {
        command,
        startup,
        flags,
        goflags,
        args,
        given,
        console,
    };
    if command.custom_flags {
        return (command.run)(&mut invocation);
    }
    invocation.parse()?;
    invocation.configure()?;
    traced(&mut invocation, command.run)
}

/// Runs a command whose flags are known, within the files that `-debug-trace` and
/// `-debug-runtime-trace` name.
fn traced<'a>(
    invocation: &mut Invocation<'a>,
    run: impl FnOnce(&mut Invocation<'a>) -> Outcome,
) -> Outcome {
    let console = invocation.console;
    let flags = &invocation.cfg().flags;
    if !flags.debug_runtime_trace.is_empty() {
        console.warn("forgo: there is no Go runtime to trace: -debug-runtime-trace does nothing\n");
    }
    if flags.debug_trace.is_empty() {
        return run(invocation);
    }
    let file = flags.debug_trace.clone();
    let trace = console.start_trace(&file).map_err(|e| {
        let why = forgo_load::process::errno_text(&e);
        Stop::fatal(format!("failed to start trace: open {file}: {why}"))
    })?;
    let name = format!("Running {} command", invocation.command.name);
    let outcome = console.span(&name, || run(invocation));
    trace.close().map_err(|e| {
        let why = forgo_load::process::errno_text(&e);
        Stop::fatal(format!("failed to stop trace: write {file}: {why}"))
    })?;
    outcome
}

impl Invocation<'_> {
    /// GOFLAGS, then the arguments, as Go's package flag takes them.
    fn parse(&mut self) -> Outcome {
        let wrong = |line: &str| usage(self.command, line);
        goflags::apply(&self.goflags, &mut self.flags).map_err(|line| wrong(&line))?;
        let rest = match self.flags.parse(&self.args) {
            Ok(rest) => rest.to_vec(),
            Err(ParseError::Help) => return Err(wrong("")),
            Err(ParseError::Message(message)) => return Err(wrong(&message)),
        };
        self.args = rest;
        Ok(())
    }
}
