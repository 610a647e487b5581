//! `go test`.
//!
//! Answers to cmd/go/internal/test/.

use super::{Command, Invocation};
use crate::exit::Outcome;
use crate::flags::table::Commands;

/// The command.
pub const COMMAND: Command = Command {
    name: "test",
    usage: "go test [build/test flags] [packages] [build/test flags & test binary flags]",
    flags: Commands::TEST,
    custom_flags: true,
    run,
};

fn run(invocation: &mut Invocation<'_>) -> Outcome {
    let _ = invocation;
    todo!()
}
