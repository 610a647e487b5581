//! Running a tool in the foreground: it gets the signals that this process gets, and its exit
//! status is ours.
//!
//! Answers to runBuiltTool in cmd/go/internal/tool/tool.go.

use std::io::Result;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus};

use forgo_golang::release::Release;
use forgo_load::config::Config;
use forgo_load::process::{self, Learns, exit_text};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::Signals;

/// The tool with the go command's own environment.
pub fn with_own_environment(cfg: &Config, words: &[String]) -> Command {
    let mut command = process::command(cfg, "", &words[0], &[]);
    command
        .arg0(process::os(&words[0]))
        .args(words[1..].iter().map(|word| process::os(word)));
    command
}

/// Runs to the end. Signals go to the tool.
pub fn run(mut command: Command) -> Result<ExitStatus> {
    let forwarded = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];
    // Waiting for the child's end is a signal too: it wakes the loop.
    let mut signals = Signals::new(forwarded.iter().chain(&[SIGCHLD]))?;
    let mut child = process::spawn(&mut command, Learns::Refuse("a tool runs"))?;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        for signal in signals.wait() {
            if signal != SIGCHLD
                && let Some(pid) = rustix::process::Pid::from_raw(child.id().cast_signed())
                && let Some(signal) = rustix::process::Signal::from_named_raw(signal)
            {
                // A child that has just ended needs no signal.
                let _ = rustix::process::kill_process(pid, signal);
            }
        }
    }
}

/// Returns the message: empty when the tool itself ended, since it has printed its own.
pub fn complaint(result: &Result<ExitStatus>, words: &[String]) -> Option<String> {
    match result {
        Ok(status) if status.signal().is_none() => None,
        Ok(status) => exit_text(Ok(*status), &words[0]),
        Err(e) => {
            let why = process::errno_text(e);
            Some(format!("fork/exec {}: {why}", words[0]))
        }
    }
}

/// The exit status. Until 1.26 that of a tool killed by a signal is -1, which raises nothing.
pub fn status(result: &Result<ExitStatus>, release: Release) -> i32 {
    match result {
        Ok(status) => match status.code() {
            Some(code) => code,
            None if !release.tool_fails_by_signals() => 0,
            None => 1,
        },
        Err(_) => 1,
    }
}
