//! Commands that the stock go command does: forgo becomes it, with the same arguments.

use std::os::unix::process::CommandExt;

use crate::config::goroot;
use crate::config::process::Variables;
use crate::exit::{Outcome, Stop};

/// Replaces this process by the stock command. Returns only when that fails.
pub fn exec(args: &[String]) -> Outcome {
    let stock_go = goroot::find_stock_go(&Variables::read());
    if stock_go.is_empty() {
        return Err(Stop::with_status(
            "forgo: no go command found (set FORGO_GO)",
            2,
        ));
    }
    // Its own path is its name: a wrapper that is called by several names tells by it who is meant.
    let error = std::process::Command::new(&stock_go).args(args).exec();
    Err(Stop::with_status(
        format!("forgo: cannot run {stock_go}: {error}"),
        2,
    ))
}
