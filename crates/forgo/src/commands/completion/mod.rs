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

use super::own::Verb;
use crate::exit::Outcome;
use crate::report::Console;

pub use grammar::{Described, native_commands, other_topics, stock_commands};

/// The command.
pub const VERB: Verb = Verb {
    name: "completion",
    synopsis: "bash|zsh|fish",
    help: "print a script that completes commands, flags and values",
    details: "
Prints a script for the shell. It completes forgo, and go unless another completion of go is
registered. To use it in the current shell:

\teval \"$(forgo completion bash)\"       # bash, zsh
\tforgo completion fish | source         # fish
",
    flags: &[],
    run,
};

/// Prints the script for the shell that `args` name.
fn run(args: &[String], console: &Console) -> Outcome {
    let script = match args {
        [shell] => match shell.as_str() {
            "bash" => bash::script(),
            "zsh" => zsh::script(),
            "fish" => fish::script(),
            _ => return Err(VERB.usage()),
        },
        _ => return Err(VERB.usage()),
    };
    console.must_print("forgo: ", script.as_bytes())
}
