//! Commands that the stock go command does: forgo becomes it, with the same arguments.

use std::fs::File;
use std::io::IsTerminal;

use forgo_golang::release;
use forgo_load::process::{self, errno_text, os};
use forgo_load::stock::StockGo;

use crate::config::goroot;
use crate::config::process::Variables;
use crate::exit::{Outcome, Stop};
use crate::report::streams::{write_stderr, write_stdout};

/// Replaces this process by the stock command. Returns only when that fails.
pub fn exec(args: &[String]) -> Outcome {
    let variables = Variables::read();
    let stock_go = goroot::find_stock_go(&variables)?;
    goroot::check_chosen(&stock_go, &variables)?;
    if args == ["version"] && std::io::stdout().is_terminal() {
        let line = concat!("forgo: version ", env!("CARGO_PKG_VERSION"), "\n");
        // The stock command's own line fails for the same reason.
        let _ = write_stdout(line.as_bytes());
    }
    become_stock(&stock_go, args)
}

/// Replaces this process by a stock command of a release that forgo does not support. `args` are
/// all of the process's; `start` is the directory that it was started in, where `-C` has left it.
pub fn hand_on(
    stock_go: &StockGo,
    version: &str,
    args: &[String],
    start: Option<&File>,
) -> Outcome {
    if std::io::stderr().is_terminal() {
        let known = release::native().join(" and ");
        let file = stock_go.file();
        let line = format!(
            "forgo: {version} is not supported (supported: {known}); running {file} instead\n"
        );
        write_stderr(line.as_bytes());
    }
    if let Some(start) = start {
        #[expect(clippy::disallowed_methods, reason = "the way back from -C")]
        rustix::process::fchdir(start).map_err(|e| {
            let why = errno_text(&e.into());
            Stop::with_status(
                format!("forgo: cannot return from the directory of -C: {why}"),
                2,
            )
        })?;
    }
    become_stock(stock_go, args)
}

fn become_stock(stock_go: &StockGo, args: &[String]) -> Outcome {
    let mut command = match stock_go.command() {
        Ok(command) => command,
        Err(text) => return Err(Stop::with_status(text, 2)),
    };
    // argv[0] is the stock command's own name, so that a wrapper of several commands can detect it.
    let error = process::exec(command.args(args.iter().map(|arg| os(arg))));
    let (file, why) = (stock_go.file(), errno_text(&error));
    Err(Stop::with_status(
        format!("forgo: cannot run {file}: {why}"),
        2,
    ))
}
