//! The process of a test binary: its output as it comes, and an end for one that finds none.
//! Answers to what os/exec does for runTestActor.Act in cmd/go/internal/test/test.go.

use std::io::Read;
use std::os::fd::AsFd;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, after, bounded, never, select};
use forgo_load::event::Usage;
use forgo_load::process::{errno_text, exit_text};
use forgo_load::threads;
use rustix::process::{Pid, Signal, kill_process};

use crate::action::ActionCx;
use crate::actions::test_output::Sink;
use crate::actions::test_settings::TestSettings;
use crate::shell::children::Children;

/// How a test binary ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// The error of the run, if there was one.
    pub error: Option<String>,
    /// It ended by itself.
    pub exited: bool,
    /// It was ended.
    pub killed: Killed,
    /// Something else kept its output open.
    pub output_incomplete: bool,
}

/// Whether a test ran too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Killed {
    /// No.
    No,
    /// It was asked to show its stacks.
    Quit,
    /// It could not be asked.
    Kill,
}

type Status = std::io::Result<ExitStatus>;

/// How a process ended, and the resources that it used.
type Waited = (Status, Usage);

/// Runs the program `name`; `command` makes the command, again if the file is still being written.
pub(super) fn run(
    cx: &ActionCx<'_>,
    settings: &TestSettings,
    sink: &mut Sink<'_>,
    name: &str,
    command: impl Fn() -> Command,
) -> Ended {
    let mut watch = Watch {
        cx,
        settings,
        sink,
        killed: Killed::No,
        output_incomplete: false,
        unwritten: None,
    };
    let status = loop {
        // Another process may have been forked while the executable was open for writing.
        match watch.run_once(command()) {
            Err(e) if e.raw_os_error() == Some(libc::ETXTBSY) => {}
            status => break status,
        }
    };
    let (killed, output_incomplete) = (watch.killed, watch.output_incomplete);
    let exited = status.as_ref().is_ok_and(|s| s.code().is_some());
    let mut error = exit_text(status, name);
    if error.is_none() {
        error = match (killed, output_incomplete) {
            (Killed::No, false) => watch.unwritten.take(),
            (Killed::No, true) => Some("exec: WaitDelay expired before I/O complete".into()),
            _ => Some("context deadline exceeded".into()),
        };
        return Ended {
            exited: false,
            error,
            killed,
            output_incomplete,
        };
    }
    Ended {
        error,
        exited,
        killed,
        output_incomplete: false,
    }
}

struct Watch<'w, 'r, 's> {
    cx: &'w ActionCx<'r>,
    settings: &'w TestSettings,
    sink: &'w mut Sink<'s>,
    killed: Killed,
    output_incomplete: bool,
    /// Why the test's output could not be shown.
    unwritten: Option<String>,
}

impl Watch<'_, '_, '_> {
    fn run_once(&mut self, mut command: Command) -> Status {
        let (sender, output) = bounded(16);
        if self.sink.is_direct() {
            // Standard output for both; there is nothing to read.
            let stdout = std::io::stdout();
            command.stdout(stdout.as_fd().try_clone_to_owned()?);
            command.stderr(stdout.as_fd().try_clone_to_owned()?);
            drop(sender);
        } else {
            let (reader, writer) = std::io::pipe()?;
            command.stdout(writer.try_clone()?).stderr(writer);
            // Not awaited: something that the test starts may hold the pipe for ever.
            std::thread::Builder::new().spawn(move || read(reader, &sender))?;
        }
        let children = &self.cx.run.shells.children;
        let child = children.spawn_program(&mut command)?;
        // The command holds the writing ends.
        drop(command);
        std::thread::scope(|scope| {
            let (sender, status) = bounded::<Waited>(1);
            let waiting = threads::spawn(scope, || wait(children, &child, sender));
            if let Err(e) = waiting {
                // Nothing could end the test when its time is up.
                signal(&child, Signal::KILL);
                return children.wait(&child).0.and(Err(e));
            }
            self.follow(&child, output, &status)
        })
    }

    /// Takes output until the process has ended and all is read, or time is up.
    fn follow(
        &mut self,
        child: &Child,
        mut output: Receiver<Vec<u8>>,
        status: &Receiver<Waited>,
    ) -> Status {
        let timer = |d: Option<Duration>| d.map_or_else(never, after);
        let mut overdue = timer(self.settings.kill_after);
        let mut grace = never();
        let mut output_open = true;
        let mut result: Option<Status> = None;
        loop {
            if !output_open && let Some(result) = result.take() {
                return result;
            }
            select! {
                recv(output) -> chunk => {
                    if !chunk.is_ok_and(|chunk| self.show(&chunk)) {
                        // The output is not read any more: the test learns of it by SIGPIPE.
                        output = never();
                        output_open = false;
                    }
                },
                recv(status) -> status => if result.is_none() && let Ok((status, usage)) = status {
                    self.cx.shell.note_usage(usage);
                    result = Some(status);
                    overdue = never();
                    if output_open && self.killed == Killed::No {
                        grace = timer(self.settings.wait_delay);
                    }
                },
                recv(overdue) -> _ => {
                    overdue = never();
                    self.end(child);
                    grace = timer(self.settings.wait_delay);
                },
                recv(grace) -> _ => {
                    grace = never();
                    if result.is_none() {
                        signal(child, Signal::KILL);
                    } else {
                        self.output_incomplete = true;
                    }
                    output = never();
                    output_open = false;
                },
            }
        }
    }

    /// Shows a part of the output; false where that is impossible.
    fn show(&mut self, chunk: &[u8]) -> bool {
        let Err(e) = self.sink.try_write(chunk) else {
            return true;
        };
        self.unwritten = Some(format!("write /dev/stdout: {}", errno_text(&e)));
        false
    }

    /// Asks for stacks, or ends it at once.
    fn end(&mut self, child: &Child) {
        self.killed = if signal(child, Signal::QUIT) {
            Killed::Quit
        } else {
            Killed::Kill
        };
    }
}

fn signal(child: &Child, signal: Signal) -> bool {
    let pid = Pid::from_raw(child.id().cast_signed());
    pid.is_some_and(|pid| kill_process(pid, signal).is_ok())
}

fn wait(children: &Children, child: &Child, sender: Sender<Waited>) {
    let waited = children.wait(child);
    // The receiver waits for this.
    let _ = sender.send(waited);
}

fn read(mut reader: std::io::PipeReader, sender: &Sender<Vec<u8>>) {
    let mut buffer = vec![0; 32 << 10];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return,
            Ok(n) => {
                if sender.send(buffer[..n].to_vec()).is_err() {
                    return;
                }
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
