//! `forgo --version`: forgo's version, and the Go release that it drives. `forgo version` is the
//! stock command's.

use forgo_golang::release::is_native;

use crate::config::{Startup, goroot};
use crate::exit::Outcome;
use crate::report::Console;

/// Prints a line for forgo and a line for the Go distribution. A missing distribution does not fail
/// the command: the question was for forgo's version.
pub fn run(console: &Console) -> Outcome {
    let go = match Startup::local("version") {
        Ok(startup) => of_go(&startup),
        Err(stop) => stop.text,
    };
    let text = format!("forgo {}\n{}\n", env!("CARGO_PKG_VERSION"), go.trim_end());
    console.must_print("forgo: ", text.as_bytes())
}

fn of_go(startup: &Startup) -> String {
    let dist = &startup.cfg.dist;
    let file = dist.stock_go.file();
    if file.is_empty() {
        return "no go command found; install Go, or set FORGO_GO".to_owned();
    }
    let release = goroot::platform(dist);
    match is_native(&dist.version) {
        true => format!("{release}, {file}"),
        false => format!("{release}, {file} (not supported: forgo runs it unchanged)"),
    }
}
