//! Links with cmd/link's command line, to compare the two linkers by hand.
#![allow(
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a tool of this crate's tests"
)]

use std::process::ExitCode;

use forgo_link::{Error, Options};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let goroot = std::env::var("GOROOT").unwrap_or_default();
    match Options::parse(&args, &goroot).and_then(|options| forgo_link::link(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("forgo-link: {error}");
            match error {
                Error::Unsupported(_) => ExitCode::from(3),
                _ => ExitCode::from(2),
            }
        }
    }
}
