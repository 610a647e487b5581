//! Commands that the stock go command does: forgo becomes it, with the same arguments.

use std::io::IsTerminal;
use std::os::unix::process::CommandExt;

use forgo_build::process::os;

use crate::config::goroot::{find_stock_go, is_this_program};
use crate::config::process::Variables;
use crate::exit::{Outcome, Stop};
use crate::report::streams::write_stdout;

/// Tells a forgo that is started where the stock command should have been: `PID.DEPTH` of the one
/// that delegated.
const GUARD: &str = "FORGO_DELEGATED";
/// A stock command may run programs that run forgo again; so deep it does not go.
const DEEPEST: u32 = 16;

/// Replaces this process by the stock command. Returns only when that fails.
pub fn exec(args: &[String]) -> Outcome {
    let variables = Variables::read();
    let stock_go = find_stock_go(&variables);
    if stock_go.is_empty() {
        return Err(Stop::with_status(
            "forgo: no go command found (set FORGO_GO)",
            2,
        ));
    }
    let depth = depth(variables.get(GUARD), std::process::id());
    let Some(depth) = depth.filter(|_| !is_this_program(&stock_go)) else {
        let text = format!("forgo: {stock_go} is forgo, not the stock go command (set FORGO_GO)");
        return Err(Stop::with_status(text, 2));
    };
    if args == ["version"] && std::io::stdout().is_terminal() {
        let _ =
            write_stdout(concat!("forgo: version ", env!("CARGO_PKG_VERSION"), "\n").as_bytes());
    }
    // argv[0] is the stock command's own name, so that a wrapper of several commands can tell.
    let error = std::process::Command::new(&stock_go)
        .args(args.iter().map(|arg| os(arg)))
        .env(GUARD, format!("{}.{}", std::process::id(), depth + 1))
        .exec();
    Err(Stop::with_status(
        format!("forgo: cannot run {stock_go}: {error}"),
        2,
    ))
}

/// How many forgos have delegated above this one; `None` if this very process has, or too many.
fn depth(guard: &str, own: u32) -> Option<u32> {
    let Some((pid, depth)) = guard.split_once('.') else {
        return Some(0);
    };
    let depth = depth.parse().unwrap_or(0);
    (pid != own.to_string() && depth < DEEPEST).then_some(depth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_are_seen() {
        assert_eq!(depth("", 7), Some(0));
        assert_eq!(depth("6.3", 7), Some(3));
        assert_eq!(depth("7.1", 7), None);
        assert_eq!(depth("6.16", 7), None);
    }
}
