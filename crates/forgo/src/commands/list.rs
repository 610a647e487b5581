//! `go list`.
//!
//! Answers to cmd/go/internal/list/.

use super::{Command, Invocation};
use crate::exit::Outcome;
use crate::flags::table::Commands;

/// The command.
pub const COMMAND: Command = Command {
    name: "list",
    usage: "go list [-f format] [-json] [-m] [list flags] [build flags] [packages]",
    flags: Commands::LIST,
    custom_flags: false,
    run,
};

fn run(invocation: &mut Invocation<'_>) -> Outcome {
    let _ = invocation;
    todo!()
}
