//! The stock go command, and the only way to start it.
//!
//! Where it should be there may be forgo itself: FORGO_GO names forgo, a copy of forgo is called
//! `go`, a script called `go` runs forgo. Each such forgo would look for the stock command in the
//! same place, so that processes start processes without end. Three guards prevent this: a file
//! that is forgo by device and inode or by the note in every forgo (`identity`) is not started; a
//! stock command is started with [`MARKER`] in its environment, by which a forgo that runs in its
//! place (`ancestors`) ends at once; and stock commands within stock commands are counted.
//!
//! The stock command has nothing like it.

mod ancestors;
mod identity;

use std::process::Command;

use crate::config::Config;
use crate::process;

pub use identity::{Kind, kind};

/// In the environment of a stock command: `PID.DEPTH` of the forgo that started it.
pub const MARKER: &str = "FORGO_DELEGATED";

/// A stock command may run programs that run forgo again; so deep it does not go.
const DEEPEST: u32 = 16;

/// What to do where forgo would start itself; ends a sentence.
pub const REMEDY: &str =
    "set FORGO_GO to the go command of a Go distribution, such as /usr/local/go/bin/go";

/// The stock go command.
#[derive(Debug, Clone, Default)]
pub struct StockGo {
    /// Its file; empty where none was found.
    file: String,
    /// How many stock commands this process runs in.
    depth: u32,
}

impl StockGo {
    /// The command in this file, for a process whose environment has this value of [`MARKER`].
    pub fn new(file: impl Into<String>, marker: &str) -> StockGo {
        let depth = parse(marker).map_or(0, |(_, depth)| depth);
        StockGo {
            file: file.into(),
            depth,
        }
    }

    /// Its file; empty where none was found.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Another file in its place.
    pub fn at(&self, file: impl Into<String>) -> StockGo {
        StockGo {
            file: file.into(),
            depth: self.depth,
        }
    }

    /// Returns the command, to be started with this process's environment; or a line with the
    /// reason why that must not be.
    pub fn command(&self) -> Result<Command, String> {
        let mut command = process::bare(&self.file);
        process::start::like_go(&mut command);
        self.guard(command)
    }

    /// The command with the environment that the go command gives its children, see
    /// [`process::command`].
    pub fn child(&self, config: &Config, dir: &str, env: &[String]) -> Result<Command, String> {
        self.guard(process::command(config, dir, &self.file, env))
    }

    fn guard(&self, mut command: Command) -> Result<Command, String> {
        if self.file.is_empty() {
            return Err(format!(
                "forgo: no go command found that is not forgo; install Go, or {REMEDY}"
            ));
        }
        if kind(&self.file) == Kind::Forgo {
            return Err(format!(
                "forgo: {} is forgo, not the stock go command; {REMEDY}",
                self.file
            ));
        }
        if self.depth >= DEEPEST {
            return Err(format!(
                "forgo: {} has started forgo {DEEPEST} times within itself; {REMEDY}",
                self.file
            ));
        }
        command.env(MARKER, format!("{}.{}", std::process::id(), self.depth + 1));
        Ok(command)
    }
}

/// Returns an error text if this process was started in place of the stock command. `marker` is the
/// value of [`MARKER`] in its environment.
pub fn mistaken(marker: &str) -> Option<String> {
    let (starter, _) = parse(marker)?;
    ancestors::run_in_place_of_stock(starter).then(|| {
        let program = process::this_program().unwrap_or_default();
        format!(
            "forgo: {} was run as the stock go command, but is forgo; {REMEDY}",
            program.display()
        )
    })
}

fn parse(marker: &str) -> Option<(u32, u32)> {
    let (pid, depth) = marker.split_once('.')?;
    Some((pid.parse().ok()?, depth.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgo_is_not_started_and_depth_is_bounded() {
        assert!(StockGo::default().command().is_err());
        let stock = StockGo::new("/bin/sh", "7.3");
        let command = stock.command().unwrap();
        let marker = command
            .get_envs()
            .find_map(|(key, value)| (key == MARKER).then_some(value).flatten());
        let expected = format!("{}.4", std::process::id());
        assert_eq!(marker.unwrap(), &*expected);
        assert!(StockGo::new("/bin/sh", "7.16").command().is_err());
        let itself = std::env::current_exe().unwrap();
        let itself = StockGo::new(itself.to_str().unwrap(), "");
        assert!(itself.command().unwrap_err().contains("is forgo"));
    }
}
