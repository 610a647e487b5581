//! The commands, one file each, and how an argument list finds its own.
//!
//! Answers to cmd/go/main.go.

mod build;
mod list;
mod test;

use forgo_build::config::Config;

use crate::exit::{Outcome, Stop};
use crate::flags::table::Commands;
use crate::flags::{Flags, goflags};
use crate::report::Console;
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
    /// Does it.
    pub run: fn(&mut Invocation<'_>) -> Outcome,
}

/// Every command that forgo does itself.
const COMMANDS: &[&Command] = &[&build::COMMAND, &list::COMMAND, &test::COMMAND];

/// What a command is given.
pub struct Invocation<'a> {
    /// The command.
    pub command: &'static Command,
    /// What the environment says; [`Invocation::configure`] adds what the flags say.
    pub cfg: Config,
    /// The command's flags as set by GOFLAGS and the arguments.
    pub flags: Flags,
    /// The words of GOFLAGS.
    pub goflags: Vec<String>,
    /// The arguments after the flags.
    pub args: Vec<String>,
    /// Where words go.
    pub console: &'a Console,
}

impl Invocation<'_> {
    /// Resolves the flags into [`Invocation::cfg`]. Done already for commands without
    /// `custom_flags`.
    pub fn configure(&mut self) -> Outcome {
        config::apply_flags(&mut self.cfg, &self.flags)?;
        self.console.set_json(self.cfg.flags.json);
        Ok(())
    }

    /// The usage error of this command: exit status 2.
    pub fn usage(&self) -> Stop {
        usage(self.command, "")
    }

    /// A message, then the usage: exit status 2.
    pub fn usage_after(&self, message: &str) -> Stop {
        usage(self.command, message)
    }
}

/// base.Command.Usage, after a line of its own where there is one to say.
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

/// Finds and runs the command that the process's arguments ask for.
pub fn run(console: &Console) -> Outcome {
    #[allow(clippy::disallowed_methods, reason = "the command's entry")]
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some(command) = args
        .first()
        .and_then(|a| COMMANDS.iter().find(|c| c.name == a))
    else {
        return delegate::exec("", &args);
    };
    let cfg = config::from_environment(command.name)?;
    invoke(command, cfg, args[1..].to_vec(), console)
}

fn invoke(command: &'static Command, cfg: Config, args: Vec<String>, console: &Console) -> Outcome {
    let goflags =
        goflags::words(cfg.env.get("GOFLAGS"), command.name == "env").map_err(Stop::fatal)?;
    let mut flags = Flags::of(command.flags);
    if command.custom_flags {
        let mut invocation = Invocation {
            command,
            cfg,
            flags,
            goflags,
            args,
            console,
        };
        return (command.run)(&mut invocation);
    }
    goflags::apply(&goflags, &mut flags).map_err(|line| usage(command, &line))?;
    let args = match flags.parse(&args) {
        Ok(rest) => rest.to_vec(),
        Err(crate::flags::ParseError::Help) => return Err(usage(command, "")),
        Err(crate::flags::ParseError::Message(m)) => return Err(usage(command, &m)),
    };
    let mut invocation = Invocation {
        command,
        cfg,
        flags,
        goflags,
        args,
        console,
    };
    invocation.configure()?;
    (command.run)(&mut invocation)
}
