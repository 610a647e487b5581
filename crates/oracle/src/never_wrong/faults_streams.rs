//! Faults of standard output and error, and of users: pipes in non-blocking mode with slow readers,
//! readers that have gone away, full devices, closed descriptors, a user that may write neither the
//! cache nor TMPDIR. A slow reader gets all of forgo's answer; in every other case forgo ends as
//! the stock command does.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use super::edits::{Ask, Dice};
use super::world::{Answer, Result, World, at, difference};
use crate::programs::Who;

/// Any user but root.
const NOBODY: u32 = 65534;

/// One of the two streams for output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    Stdout,
    Stderr,
}

/// The fault of a stream or of the user.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    /// Both streams are pipes in non-blocking mode; each read takes so many bytes, after so many
    /// milliseconds.
    Slow { bytes: usize, ms: u64 },
    /// A pipe without a reader.
    NoReader(Stream),
    /// /dev/full.
    Full(Stream),
    /// No descriptor.
    Closed(Stream),
    /// The user may write neither the cache nor TMPDIR.
    NobodysTmp,
}

impl Fault {
    /// Any of them.
    pub fn any(dice: &mut Dice) -> Fault {
        let stream = match dice.below(2) {
            0 => Stream::Stdout,
            _ => Stream::Stderr,
        };
        match dice.below(8) {
            0..=2 => Fault::Slow {
                bytes: [7, 64, 512][dice.below(3) as usize],
                ms: dice.below(3),
            },
            3..=4 => Fault::NoReader(stream),
            5 => Fault::Full(stream),
            6 => Fault::Closed(stream),
            _ => Fault::NobodysTmp,
        }
    }
}

/// Runs forgo under a fault. `is_right` judges a complete answer.
pub(super) fn check(
    world: &World<'_>,
    fault: Fault,
    ask: Ask,
    expected: &Answer,
    is_right: impl Fn(&Answer) -> bool,
) -> Result<Checked> {
    if let Fault::Slow { bytes, ms } = fault {
        let output = slowly(world.command(Who::Forgo, ask, &world.flags()), bytes, ms)?;
        let answer = world.answer(&output)?;
        return Ok(match is_right(&answer) {
            true => Checked::Right,
            false => Checked::Wrong(difference(expected, &answer)),
        });
    }
    if matches!(fault, Fault::NobodysTmp) && !others_may_run(world)? {
        return Ok(Checked::Impossible);
    }
    let mut ends = Vec::new();
    for who in [Who::Stock, Who::Forgo] {
        // Neither finds what the other one has left.
        world.empty_out()?;
        ends.push(end(world, world.command(who, ask, &world.flags()), fault)?);
    }
    Ok(match ends[0] == ends[1] {
        true => Checked::Right,
        false => Checked::Wrong(format!(
            "stock ends with {:?}, forgo with {:?}",
            ends[0], ends[1]
        )),
    })
}

/// How forgo did.
pub(super) enum Checked {
    Right,
    Wrong(String),
    Impossible,
}

/// Exit status or signal of a command.
type End = (Option<i32>, Option<i32>);

fn end(world: &World<'_>, mut command: Command, fault: Fault) -> Result<End> {
    let null = Stdio::null;
    let mut set = |stream: Stream, broken: Stdio| {
        match stream {
            Stream::Stdout => command.stdout(broken).stderr(null()),
            Stream::Stderr => command.stdout(null()).stderr(broken),
        };
    };
    match fault {
        Fault::NoReader(stream) => {
            let (_, writer) = std::io::pipe().map_err(|e| e.to_string())?;
            set(stream, writer.into());
        }
        Fault::Full(stream) => {
            let full = Path::new("/dev/full");
            set(
                stream,
                at(full, File::options().write(true).open(full))?.into(),
            );
        }
        Fault::Closed(stream) => {
            command = closed(&command, stream);
            command.stdout(null()).stderr(null());
        }
        Fault::NobodysTmp => {
            // Root's, as the directory above it.
            let tmp = world.path("roots-tmp");
            at(&tmp, fs::create_dir_all(&tmp))?;
            command.uid(NOBODY).gid(NOBODY).env("TMPDIR", &tmp);
            command.stdout(null()).stderr(null());
        }
        Fault::Slow { .. } => {}
    }
    let status = command.status().map_err(|e| e.to_string())?;
    Ok((status.code(), status.signal()))
}

/// The command, started by a shell that closes a descriptor.
fn closed(command: &Command, stream: Stream) -> Command {
    let script = match stream {
        Stream::Stdout => "exec \"$@\" >&-",
        Stream::Stderr => "exec \"$@\" 2>&-",
    };
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", script, "sh"]).arg(command.get_program());
    shell
        .args(command.get_args())
        .env_clear()
        .stdin(Stdio::null());
    if let Some(dir) = command.get_current_dir() {
        shell.current_dir(dir);
    }
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            shell.env(name, value);
        }
    }
    shell
}

/// Runs a command whose output is read slowly, from pipes in non-blocking mode.
fn slowly(mut command: Command, bytes: usize, ms: u64) -> Result<Output> {
    let text = |e: std::io::Error| e.to_string();
    let pipe = || {
        let (reader, writer) = std::io::pipe()?;
        // Little fits, so that the writer meets its end.
        #[cfg(target_os = "linux")]
        rustix::pipe::fcntl_setpipe_size(&writer, 4096)?;
        let flags = fcntl_getfl(&writer)?;
        fcntl_setfl(&writer, flags | OFlags::NONBLOCK)?;
        Ok((reader, writer))
    };
    let ((mut out, stdout), (mut err, stderr)) = (pipe().map_err(text)?, pipe().map_err(text)?);
    let mut child = command
        .stdout(stdout)
        .stderr(stderr)
        .spawn()
        .map_err(text)?;
    drop(command);
    let read = |reader: &mut std::io::PipeReader| {
        let mut all = Vec::new();
        let mut part = vec![0; bytes];
        std::thread::sleep(Duration::from_millis(20 * ms));
        loop {
            match reader.read(&mut part) {
                Ok(0) | Err(_) => return all,
                Ok(n) => all.extend_from_slice(&part[..n]),
            }
            if all.len() < 64 * bytes {
                std::thread::sleep(Duration::from_millis(ms));
            }
        }
    };
    let (stdout, stderr) = std::thread::scope(|scope| {
        let stderr = scope.spawn(|| read(&mut err));
        let stdout = read(&mut out);
        (stdout, stderr.join().unwrap_or_default())
    });
    let status = child.wait().map_err(text)?;
    Ok(Output {
        status,
        stdout,
        stderr,
    })
}

/// Whether root asks, and others may run both commands.
fn others_may_run(world: &World<'_>) -> Result<bool> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let root = world.path("");
    if at(&root, fs::metadata(&root))?.uid() != 0 {
        return Ok(false);
    }
    at(
        &root,
        fs::set_permissions(&root, fs::Permissions::from_mode(0o755)),
    )?;
    Ok([Who::Stock, Who::Forgo].into_iter().all(|who| {
        let mut command = Command::new(world.program(who));
        command.arg("version").current_dir("/");
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let status = command.uid(NOBODY).gid(NOBODY).status();
        status.is_ok_and(|status| status.success())
    }))
}
