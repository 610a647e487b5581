//! Runs a command in a pseudo-terminal, and reads the screen that it leaves.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::time::Instant;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// The size of the terminal. What scrolls off the screen is kept.
pub const COLUMNS: u16 = 100;
const ROWS: u16 = 40;
const SCROLLBACK: usize = 1000;

/// The screen that a command left, and its time.
pub struct Ran {
    /// The lines, without spaces at their ends and without empty lines at the end.
    pub lines: Vec<String>,
    /// Wall time.
    pub seconds: f64,
}

/// Runs a command to its end.
pub fn run(mut command: Command) -> Result<Ran, String> {
    let fail = |e: &dyn std::fmt::Display| format!("pseudo-terminal: {e}");
    let (master, slave) = open().map_err(|e| fail(&e))?;
    let stdio = || slave.try_clone().map(Stdio::from);
    command
        .stdin(stdio().map_err(|e| fail(&e))?)
        .stdout(stdio().map_err(|e| fail(&e))?)
        .stderr(stdio().map_err(|e| fail(&e))?);
    let start = Instant::now();
    let mut child = command.spawn().map_err(|e| fail(&e))?;
    // The terminal ends when no process has its other side: neither this one nor `command`.
    drop((command, slave));
    let mut screen = vt100::Parser::new(ROWS, COLUMNS, SCROLLBACK);
    let (mut master, mut bytes) = (File::from(master), [0; 4096]);
    // Linux reports the end as an error.
    while let Ok(n) = master.read(&mut bytes)
        && n > 0
    {
        screen.process(&bytes[..n]);
    }
    child.wait().map_err(|e| fail(&e))?;
    Ok(Ran {
        seconds: start.elapsed().as_secs_f64(),
        lines: lines(&mut screen),
    })
}

fn open() -> rustix::io::Result<(OwnedFd, OwnedFd)> {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let size = Winsize {
        ws_row: ROWS,
        ws_col: COLUMNS,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&master, size)?;
    let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY;
    let slave = rustix::fs::open(
        ptsname(&master, Vec::new())?,
        flags,
        rustix::fs::Mode::empty(),
    )?;
    Ok((master, slave))
}

/// All lines, those that have scrolled off first.
fn lines(screen: &mut vt100::Parser) -> Vec<String> {
    screen.screen_mut().set_scrollback(SCROLLBACK);
    let above = screen.screen().scrollback();
    let mut lines = Vec::new();
    for offset in (1..=above).rev() {
        screen.screen_mut().set_scrollback(offset);
        lines.extend(screen.screen().rows(0, COLUMNS).next());
    }
    screen.screen_mut().set_scrollback(0);
    lines.extend(screen.screen().rows(0, COLUMNS));
    lines.iter_mut().for_each(|l| *l = l.trim_end().to_owned());
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Vec<String> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        run(command).unwrap().lines
    }

    #[test]
    fn commands_have_a_terminal() {
        let script = "test -t 1 && test -t 2 && stty size </dev/stdin";
        assert_eq!(shell(script), ["40 100"]);
    }

    #[test]
    fn the_screen_is_what_counts() {
        assert_eq!(shell("printf 'building\\r\\033[Kdone\\n\\n'"), ["done"]);
        let all = shell("i=0; while [ $i -lt 100 ]; do echo $i; i=$((i+1)); done");
        assert_eq!(all.len(), 100);
        assert_eq!((all[0].as_str(), all[99].as_str()), ("0", "99"));
    }
}
