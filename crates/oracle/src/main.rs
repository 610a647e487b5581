//! `oracle`: compares forgo with the stock go command. See [`oracle::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    oracle::cli::main(std::env::args_os())
}
