//! `go build`: compiles packages and their dependencies.
//!
//! Answers to runBuild in cmd/go/internal/work/build.go.

use super::{Command, Invocation};
use crate::exit::Outcome;
use crate::flags::table::Commands;

/// The command.
pub const COMMAND: Command = Command {
    name: "build",
    usage: "go build [-o output] [build flags] [packages]",
    flags: Commands::BUILD,
    custom_flags: false,
    run,
};

fn run(invocation: &mut Invocation<'_>) -> Outcome {
    let _ = invocation;
    todo!()
}
