//! forgo: the go command's build orchestrator and cache.
//!
//! This crate alone reads the environment, prints and exits. [`flags`] defines the command lines,
//! [`config`] resolves them once, [`commands`] has a file per command, [`delegate`] hands the rest
//! to the stock command, [`linker`] is the program in another role, [`report`] turns the engine's
//! events into output.
#![cfg_attr(
    test,
    allow(clippy::disallowed_methods, reason = "tests look at what came out")
)]

mod commands;
mod config;
mod delegate;
mod exit;
mod flags;
mod history;
mod linker;
mod report;
mod session;
mod signals;
mod snapshot;

use exit::Stop;
use report::Console;

fn main() {
    signals::reset_ignored();
    if let Some(status) = linker::run_if_asked() {
        exit_now(status);
    }
    signals::ignore();
    let console = Console::default();
    if let Err(Stop { text, status }) = commands::run(&console) {
        console.warn(&text);
        console.raise(status);
    }
    console.ends();
    exit_now(console.status())
}

/// Ends the process.
fn exit_now(status: i32) -> ! {
    #[expect(
        clippy::exit,
        clippy::disallowed_methods,
        reason = "the one place that exits"
    )]
    std::process::exit(status)
}
