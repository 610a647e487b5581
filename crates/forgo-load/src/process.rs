//! Child processes: finding the program that a name means, the environment it gets, and the only
//! functions that start one, which take the kind of input that the invocation's answer learns from
//! it ([`Learns`]).
//!
//! Answers to LookPath and Cmd.Environ of os/exec (on Unix), cmd/internal/pathcache, and to the
//! loop in cmd/go's main that puts the go command's own settings into the environment.

pub mod start;

use std::collections::HashMap;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{LazyLock, Mutex};

use forgo_golang::{path, quote};
use rustix::fs::{Access, AtFlags, CWD};

use crate::config::Config;
use crate::disk::{self, Place};

use crate::footprint::{self, Look};
use crate::plain_tool;
pub use crate::system::{errno_text, os, os_all};

/// Finds a program on `$PATH`; a name with a slash is looked at where it is. The program found is
/// remembered. The error is os/exec's: `exec: "gcc": executable file not found in $PATH`.
pub fn look_path(config: &Config, name: &str) -> Result<String, String> {
    /// By the list searched and the name.
    type Found = HashMap<(String, String), String>;
    static FOUND: LazyLock<Mutex<Found>> = LazyLock::new(Mutex::default);
    let list = config.env.os("PATH");
    let key = (list.to_owned(), name.to_owned());
    let lock = || FOUND.lock().unwrap_or_else(|e| e.into_inner());
    if let Some(path) = lock().get(&key) {
        return Ok(path.clone());
    }
    let found = search(list, name).map_err(|why| format!("exec: {}: {why}", quote::quote(name)))?;
    lock().insert(key, found.clone());
    Ok(found)
}

fn search(list: &str, name: &str) -> Result<String, String> {
    if name.contains('/') {
        return executable(name).map(|()| name.to_owned());
    }
    for dir in list.split(':').filter(|_| !list.is_empty()) {
        let dir = if dir.is_empty() { "." } else { dir };
        let file = path::join2(dir, name);
        if executable(&file).is_ok() {
            if !file.starts_with('/') {
                return Err("cannot run executable found relative to current directory".to_owned());
            }
            return Ok(file);
        }
    }
    Err("executable file not found in $PATH".to_owned())
}

/// Reports whether a file can be executed.
pub fn is_executable(file: &str) -> bool {
    executable(file).is_ok()
}

fn executable(file: &str) -> Result<(), String> {
    let meta = disk::metadata(file).map_err(|e| format!("stat {file}: {}", errno_text(&e)))?;
    if meta.is_dir() {
        return Err("is a directory".to_owned());
    }
    #[expect(clippy::disallowed_methods, reason = "its mode was noted just now")]
    let access = rustix::fs::accessat(CWD, &*file.place(), Access::EXEC_OK, AtFlags::EACCESS);
    access.map_err(|e| errno_text(&e.into()))
}

/// What an answer of this invocation learns from a process. No process is started without one: a
/// lint forbids the standard library's ways to start one elsewhere.
#[derive(Debug, Clone, Copy)]
pub enum Learns<'a> {
    /// What these files hold and nothing else, provided that the program is a plain tool
    /// ([`plain_tool`]). They are noted; of any other program no answer is kept.
    Files {
        /// Whether forgo knows the program as a plain tool.
        is_plain: bool,
        /// The files, the program among them.
        files: &'a [&'a str],
    },
    /// What the stock command would take from GOCACHE the next time: the result belongs to a key,
    /// and all that is in the key is noted.
    Key,
    /// What the caller notes once it has the output: the function that does, or refuses.
    NotedBy(&'static str),
    /// Something that no list of files covers: no answer is kept, for this reason.
    Refuse(&'a str),
}

impl Learns<'_> {
    /// Notes it.
    fn heed(self, command: &Command) {
        match self {
            Learns::Files { is_plain, files } => {
                plain_tool::require(is_plain, &command.get_program().to_string_lossy());
                for file in files {
                    footprint::saw(*file, Look::Whole);
                }
            }
            Learns::Key | Learns::NotedBy(_) => {}
            Learns::Refuse(why) => footprint::refuse(why),
        }
    }
}

/// Starts a process.
#[expect(
    clippy::disallowed_methods,
    reason = "others state here what is learned"
)]
pub fn spawn(command: &mut Command, learns: Learns<'_>) -> io::Result<Child> {
    learns.heed(command);
    command.spawn()
}

/// Runs a process and takes its output ([`Command::output`]).
#[expect(
    clippy::disallowed_methods,
    reason = "others state here what is learned"
)]
pub fn output(command: &mut Command, learns: Learns<'_>) -> io::Result<Output> {
    learns.heed(command);
    command.output()
}

/// Runs a process to its end ([`Command::status`]).
#[expect(
    clippy::disallowed_methods,
    reason = "others state here what is learned"
)]
pub fn status(command: &mut Command, learns: Learns<'_>) -> io::Result<ExitStatus> {
    learns.heed(command);
    command.status()
}

/// Replaces this process by another program. Returns only when that fails.
#[expect(clippy::disallowed_methods, reason = "no answer is kept after it")]
pub fn exec(command: &mut Command) -> io::Error {
    command.exec()
}

/// A command that inherits everything.
#[expect(
    clippy::disallowed_methods,
    reason = "what starts it states what is learned"
)]
pub fn bare(program: &str) -> Command {
    Command::new(os(program))
}

/// The file of this program.
#[expect(
    clippy::disallowed_methods,
    reason = "it is part of the key of every kept answer"
)]
pub fn this_program() -> io::Result<PathBuf> {
    std::env::current_exe()
}

/// A command with the environment that the go command gives its children: its own, its settings,
/// `PWD` where it runs in another directory (`dir`; empty or `.`: this one), then `env` (`K=V`).
pub fn command(config: &Config, dir: &str, program: &str, env: &[String]) -> Command {
    let mut command = plain_command(config, dir, program, env);
    start::like_go(&mut command);
    command
}

/// [`command`] for a tool of the distribution that starts no other program.
pub fn tool_command(config: &Config, dir: &str, program: &str) -> Command {
    let mut command = plain_command(config, dir, program, &[]);
    start::tool_like_go(&mut command);
    command
}

fn plain_command(config: &Config, dir: &str, program: &str, env: &[String]) -> Command {
    let mut command = bare(program);
    command.env_clear();
    for (key, value) in config.env.orig.iter().chain(&config.env.cmd) {
        command.env(os(key), os(value));
    }
    if dir.is_empty() || dir == "." {
        command.current_dir(os(&config.cwd));
    } else {
        let dir = if dir.starts_with('/') {
            dir.to_owned()
        } else {
            path::join2(&config.cwd, dir)
        };
        command.env("PWD", os(&dir)).current_dir(os(&dir));
    }
    for pair in env {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        command.env(os(key), os(value));
    }
    command
}

/// Runs a command with nothing to read, and returns its standard output and standard error as one
/// stream, in the order of its writes (Cmd.CombinedOutput).
pub fn combined_output(
    command: &mut Command,
    learns: Learns<'_>,
) -> (Vec<u8>, io::Result<ExitStatus>) {
    let mut output = Vec::new();
    let status = run_combined(command, learns, &mut output);
    (output, status)
}

fn run_combined(
    command: &mut Command,
    learns: Learns<'_>,
    output: &mut Vec<u8>,
) -> io::Result<ExitStatus> {
    let (mut reader, writer) = io::pipe()?;
    command
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer);
    let mut child = spawn(command, learns)?;
    // The command keeps the pipe's ends; with them open here the reader would never see the end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let read = reader.read_to_end(output);
    let status = child.wait()?;
    read.map(|_| status)
}

/// Returns os/exec's error for a command that could not be started or did not end well.
pub fn exit_text(status: io::Result<ExitStatus>, program: &str) -> Option<String> {
    use std::os::unix::process::ExitStatusExt;
    let status = match status {
        Ok(status) => status,
        Err(e) if program.contains('/') => {
            return Some(format!("fork/exec {program}: {}", errno_text(&e)));
        }
        // Looked for in the list, and not there.
        Err(e) => {
            let why = match e.kind() {
                io::ErrorKind::NotFound => "executable file not found in $PATH".to_owned(),
                _ => errno_text(&e),
            };
            return Some(format!("exec: {}: {why}", quote::quote(program)));
        }
    };
    if status.success() {
        return None;
    }
    Some(match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => {
            let core = if status.core_dumped() {
                " (core dumped)"
            } else {
                ""
            };
            format!("signal: {}{core}", signal_text(signal))
        }
        (None, None) => "unknown wait status".to_owned(),
    })
}

/// Names a signal as Go does (syscall.Signal.String).
fn signal_text(signal: i32) -> String {
    let text = match signal {
        libc::SIGHUP => "hangup",
        libc::SIGINT => "interrupt",
        libc::SIGQUIT => "quit",
        libc::SIGILL => "illegal instruction",
        libc::SIGTRAP => "trace/breakpoint trap",
        libc::SIGABRT => "aborted",
        libc::SIGBUS => "bus error",
        libc::SIGFPE => "floating point exception",
        libc::SIGKILL => "killed",
        libc::SIGUSR1 => "user defined signal 1",
        libc::SIGSEGV => "segmentation fault",
        libc::SIGUSR2 => "user defined signal 2",
        libc::SIGPIPE => "broken pipe",
        libc::SIGALRM => "alarm clock",
        libc::SIGTERM => "terminated",
        other => return format!("signal {other}"),
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(path: &str) -> Config {
        let mut config = Config::default();
        config.env.vars.insert("PATH".into(), path.into());
        config.env.orig.push(("PATH".into(), path.into()));
        config.cwd = "/".into();
        config
    }

    #[test]
    fn programs_are_found_or_missed_in_os_exec_words() {
        for (path, name, want) in [
            ("/nonexistent:/bin", "sh", Ok("/bin/sh")),
            ("/bin", "/bin/sh", Ok("/bin/sh")),
            (
                "",
                "sh",
                Err("exec: \"sh\": executable file not found in $PATH"),
            ),
            ("/bin", "/", Err("exec: \"/\": is a directory")),
            (
                "/bin",
                "/no/x",
                Err("exec: \"/no/x\": stat /no/x: no such file or directory"),
            ),
            (
                "/bin",
                "/etc/passwd",
                Err("exec: \"/etc/passwd\": permission denied"),
            ),
        ] {
            let got = look_path(&config(path), name);
            assert_eq!(
                got,
                want.map(str::to_owned).map_err(str::to_owned),
                "{name}"
            );
        }
    }

    #[test]
    fn children_get_their_directory_and_variables() {
        let config = config("/bin:/usr/bin");
        let env = ["A=1=2".to_owned()];
        let output = command(&config, "tmp", "sh", &env)
            .args(["-c", "echo $PWD $A"])
            .output();
        assert_eq!(output.unwrap().stdout, b"/tmp 1=2\n");
    }

    #[test]
    fn both_streams_arrive_in_order() {
        let mut command = command(&config("/bin"), "", "/bin/sh", &[]);
        let script = "echo 1; echo 2 >&2; echo 3; exit 4";
        let (output, status) = combined_output(command.args(["-c", script]), Learns::Key);
        assert_eq!(output, b"1\n2\n3\n");
        assert_eq!(exit_text(status, "sh").as_deref(), Some("exit status 4"));
    }

    #[test]
    fn ends_are_told_as_os_exec_tells_them() {
        for (script, want) in [
            ("exit 0", None),
            ("exit 3", Some("exit status 3")),
            ("kill -9 $$", Some("signal: killed")),
        ] {
            let status = command(&config("/bin"), "", "/bin/sh", &[])
                .args(["-c", script])
                .status();
            assert_eq!(exit_text(status, "sh").as_deref(), want, "{script}");
        }
        let status = command(&config("/bin"), "", "/no/x", &[]).status();
        let want = "fork/exec /no/x: no such file or directory";
        assert_eq!(exit_text(status, "/no/x").as_deref(), Some(want));
    }
}
