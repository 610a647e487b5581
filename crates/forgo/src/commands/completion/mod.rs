//! `forgo completion SHELL`: prints a script that completes commands, sub-commands, flags, their
//! values, and arguments. Only `forgo` has this command; under the name `go` the
//! stock command reports that it is unknown.
//!
//! The script is static: it starts forgo only for the names of tools (`go tool <TAB>`).
//! It serves the name `forgo`, and the name `go` where no other completion of `go` is registered.
//!
//! [`grammar`] describes the command line; each shell has a file that turns it into a script.

mod bash;
mod fish;
mod grammar;
mod zsh;

use crate::exit::{Outcome, Stop};
use crate::report::Console;

pub use grammar::{SHELLS, stock_commands};

/// Prints the script for the shell that `args` name.
pub fn run(args: &[String], console: &Console) -> Outcome {
    let script = match args {
        [shell] => match shell.as_str() {
            "bash" => bash::script(),
            "zsh" => zsh::script(),
            "fish" => fish::script(),
            _ => return Err(usage()),
        },
        _ => return Err(usage()),
    };
    console.must_print("forgo: ", script.as_bytes())
}

fn usage() -> Stop {
    let shells = SHELLS.join("|");
    Stop::with_status(format!("usage: forgo completion {shells}"), 2)
}
