//! GOCACHEPROG: a cache that is a program, spoken to in JSON over its standard input and output.
//! Answers to cmd/go/internal/cache/prog.go and cmd/go/internal/cacheprog.
//!
//! Requests of all threads share one pipe; answers come in any order, each with its request's
//! number, and one thread reads them. Where the stock command dies of a helper's misbehaviour, a
//! [`Notice::Fatal`] is given at once and every request fails with the same text.
//!
//! Two slips of Go 1.26's client (a lock kept when the helper is gone, an error of base64 taken for
//! success) have no counterpart here; they show only in a process that is already failing.

#![expect(
    clippy::disallowed_methods,
    reason = "no answer is kept where GOCACHEPROG is set"
)]

mod message;

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::ffi::OsStringExt as _;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use base64::engine::general_purpose::STANDARD;
use base64::write::EncoderWriter;
use forgo_golang::quote::quote;
use forgo_golang::raw;

use crate::backing::{Backing, Found, Item};
use crate::error::{Error, Result, path_error};
use crate::hash::{ActionId, OutputId};
use crate::open::{Notice, NoticeFn, Settings};
use crate::{Content, Entry};
use message::{Decoded, Request, Response};

/// How long the helper may take to report its abilities before the user is notified, again and
/// again.
const PATIENCE: Duration = Duration::from_secs(5);

/// A helper program.
pub struct ProgCache {
    /// The abilities that the helper reported.
    can: Abilities,
    shared: Arc<Shared>,
    /// `None` once closed.
    stdin: Mutex<Option<BufWriter<ChildStdin>>>,
    reader: Mutex<Option<JoinHandle<()>>>,
    /// Never waited for: the helper may go on by itself after it closed its output.
    _child: Child,
}

#[derive(Debug, Default, Clone, Copy)]
struct Abilities {
    get: bool,
    put: bool,
    close: bool,
}

/// What the reading thread has in common with the others.
struct Shared {
    state: Mutex<State>,
    notice: NoticeFn,
}

#[derive(Default)]
struct State {
    last_id: i64,
    closing: bool,
    /// Why nothing more is to be expected of the helper.
    gone: Option<Error>,
    in_flight: HashMap<i64, Sender<Response>>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The stock command stops here. The notice goes first: a thread that waits for an answer gets
    /// it only after the reason has been reported.
    fn die(&self, text: String) {
        self.lock().gone = Some(Error::Fatal(text.clone()));
        (self.notice)(Notice::Fatal(text));
        self.lock().in_flight.clear();
    }
}

impl ProgCache {
    /// Starts the helper and waits until it reports its abilities.
    pub fn start(settings: &Settings) -> Result<ProgCache> {
        let argv = forgo_golang::quoted::split(settings.prog)
            .map_err(|e| Error::Fatal(format!("GOCACHEPROG args: {e}")))?;
        let (program, arguments) = match argv.split_first() {
            Some((program, arguments)) => (program.as_str(), arguments),
            None => ("", &[][..]),
        };
        let mut child = spawn(program, arguments, settings).map_err(|e| {
            let program = quote(program);
            Error::Fatal(format!("error starting GOCACHEPROG program {program}: {e}"))
        })?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            unreachable!("both were asked to be pipes");
        };
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            notice: settings.notice.clone(),
        });
        // The helper's first message answers no request; its number is 0.
        let (sender, first) = channel();
        shared.lock().in_flight.insert(0, sender);
        let reader = std::thread::Builder::new().spawn({
            let shared = shared.clone();
            move || read_answers(stdout, &shared)
        });
        let reader = reader.map_err(|e| {
            Error::Fatal(format!("forgo: no thread for GOCACHEPROG's answers: {e}"))
        })?;
        let can = abilities(program, &first, &shared)?;
        Ok(ProgCache {
            can,
            shared,
            stdin: Mutex::new(Some(BufWriter::new(stdin))),
            reader: Mutex::new(Some(reader)),
            _child: child,
        })
    }

    /// Sends a request, and waits for its answer.
    fn ask(&self, request: Request) -> Result<Response> {
        self.answer(self.send(request, None)?)
    }

    /// Sends a request. Its answer comes when it comes.
    fn send(
        &self,
        mut request: Request,
        body: Option<(Content, u64)>,
    ) -> Result<Receiver<Response>> {
        let (sender, answer) = channel();
        {
            let mut state = self.shared.lock();
            if let Some(error) = &state.gone {
                return Err(error.clone());
            }
            state.last_id += 1;
            request.id = state.last_id;
            state.in_flight.insert(request.id, sender);
        }
        if let Err(error) = self.write(&request, body) {
            self.shared.lock().in_flight.remove(&request.id);
            return Err(error);
        }
        Ok(answer)
    }

    fn answer(&self, answer: Receiver<Response>) -> Result<Response> {
        match answer.recv() {
            Ok(response) if !response.err.is_empty() => Err(Error::Fault(response.err)),
            Ok(response) => Ok(response),
            Err(_) => Err(self.shared.lock().gone.clone().unwrap_or_else(closed)),
        }
    }

    fn write(&self, request: &Request, body: Option<(Content, u64)>) -> Result<()> {
        let mut stdin = self.stdin.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(pipe) = stdin.as_mut() else {
            return Err(closed());
        };
        let fault = |e: io::Error| Error::Fault(path_error("write", "|1", &e));
        // An empty line between messages, as the stock command has it.
        pipe.write_all(format!("{}\n\n", request.to_json()).as_bytes())
            .map_err(fault)?;
        if let Some((content, size)) = body
            && size > 0
        {
            write_body(pipe, request, content, size)?;
        }
        pipe.flush().map_err(fault)
    }
}

impl Backing for ProgCache {
    fn name(&self) -> String {
        "GOCACHEPROG".into()
    }

    /// Sends one request for each, because the protocol has no other, and then awaits all answers.
    fn find(&self, ids: &[ActionId]) -> Vec<Result<Found>> {
        if !self.can.get {
            return ids.iter().map(|_| Err(Error::Miss(None))).collect();
        }
        let sent: Vec<_> = ids
            .iter()
            .map(|id| self.send(Request::get(id), None))
            .collect();
        let answers = sent.into_iter().map(|sent| self.answer(sent?));
        answers.map(|answer| found(answer?)).collect()
    }

    fn fetch(&self, found: &Found, to: &mut dyn Write) -> Result<()> {
        let path = found.file.as_deref().unwrap_or_default();
        let mut file = File::open(path).map_err(|e| Error::Fault(path_error("open", path, &e)))?;
        io::copy(&mut file, to)
            .map(drop)
            .map_err(|e| Error::Fault(path_error("read", path, &e)))
    }

    fn accepts(&self) -> bool {
        self.can.put
    }

    fn store(&self, items: &[Item<'_>]) -> Vec<Result<Option<String>>> {
        let sent: Vec<_> = items
            .iter()
            .map(|item| {
                let request = Request::put(&item.id, &item.output, item.size);
                self.send(request, Some((item.content, item.size)))
            })
            .collect();
        let answers = sent.into_iter().map(|sent| self.answer(sent?));
        answers
            .map(|answer| match answer?.disk_path {
                path if path.is_empty() => Err(Error::Fault(
                    "GOCACHEPROG didn't return DiskPath in put response".into(),
                )),
                path => Ok(Some(path)),
            })
            .collect()
    }

    fn close(&self) -> Result<()> {
        self.shared.lock().closing = true;
        let mut outcome = Ok(());
        if self.can.close {
            // A helper may leave without answering.
            match self.ask(Request::close()) {
                Err(error) if error != closed() => outcome = Err(error),
                _ => {}
            }
        }
        let stdin = self
            .stdin
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop(stdin);
        let reader = self
            .reader
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(reader) = reader {
            // The helper is done when it closes its output.
            let _ = reader.join();
        }
        outcome
    }
}

impl Drop for ProgCache {
    /// A caller that does not need it any more need not close it: the helper finds its input at an
    /// end.
    fn drop(&mut self) {
        self.shared.lock().closing = true;
    }
}

/// Converts a helper's response for a key.
fn found(response: Response) -> Result<Found> {
    if response.miss {
        return Err(Error::Miss(None));
    }
    if response.disk_path.is_empty() {
        return Err(Error::miss(
            "GOCACHEPROG didn't populate DiskPath on get hit",
        ));
    }
    let mut output = OutputId::default();
    if response.output_id.len() > output.0.len() {
        return Err(Error::miss("incomplete ProgResponse OutputID"));
    }
    output.0[..response.output_id.len()].copy_from_slice(&response.output_id);
    Ok(Found {
        entry: Entry {
            output,
            // A size that no file can have is a miss for every caller that compares it.
            size: u64::try_from(response.size).unwrap_or(u64::MAX),
            time: response.time.unwrap_or_else(SystemTime::now),
        },
        file: Some(response.disk_path),
    })
}

fn closed() -> Error {
    Error::Fault("GOCACHEPROG program closed unexpectedly".into())
}

/// Waits for the helper's first message.
fn abilities(program: &str, first: &Receiver<Response>, shared: &Shared) -> Result<Abilities> {
    loop {
        match first.recv_timeout(PATIENCE) {
            Ok(response) => {
                let knows = |command: &str| response.known_commands.iter().any(|c| c == command);
                if response.known_commands.is_empty() {
                    return Err(Error::Fatal(format!(
                        "GOCACHEPROG {program} declared no supported commands"
                    )));
                }
                return Ok(Abilities {
                    get: knows("get"),
                    put: knows("put"),
                    close: knows("close"),
                });
            }
            Err(RecvTimeoutError::Timeout) => (shared.notice)(Notice::Waiting(format!(
                "# still waiting for GOCACHEPROG {program} ...\n"
            ))),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(shared.lock().gone.clone().unwrap_or_else(closed));
            }
        }
    }
}

/// The reading thread: gives every answer to the thread that waits for it.
fn read_answers(stdout: ChildStdout, shared: &Shared) {
    for decoded in message::responses(stdout) {
        let response = match decoded {
            Decoded::Response(response) => response,
            Decoded::Bad(_) if shared.lock().closing => break,
            Decoded::Bad(why) => {
                return shared.die(format!("error reading JSON from GOCACHEPROG: {why}"));
            }
        };
        let waiting = shared.lock().in_flight.remove(&response.id);
        let Some(waiting) = waiting else {
            return shared.die(format!(
                "GOCACHEPROG sent response for unknown request ID {}",
                response.id
            ));
        };
        // The thread that asked may have given up.
        let _ = waiting.send(response);
    }
    let mut state = shared.lock();
    if state.closing {
        state.gone = Some(closed());
        state.in_flight.clear();
        return;
    }
    let pending = state.in_flight.len();
    drop(state);
    shared.die(format!(
        "GOCACHEPROG exited pre-Close with {pending} pending requests"
    ));
}

/// Writes the body of a put: a JSON string in base64, on a separate line.
fn write_body(
    pipe: &mut BufWriter<ChildStdin>,
    request: &Request,
    content: Content,
    size: u64,
) -> Result<()> {
    let fault = |e: io::Error| Error::Fault(path_error("write", "|1", &e));
    pipe.write_all(b"\"").map_err(fault)?;
    let mut encoder = EncoderWriter::new(&mut *pipe, &STANDARD);
    let wrote = match content {
        Content::Bytes(bytes) | Content::Made { bytes, .. } => {
            encoder.write_all(bytes).map(|()| bytes.len() as u64)
        }
        Content::Pieces(pieces) => pieces.iter().try_fold(0, |wrote, piece| {
            encoder.write_all(piece)?;
            Ok(wrote + piece.len() as u64)
        }),
        Content::File(path) => {
            let mut file =
                File::open(path).map_err(|e| Error::Fault(path_error("open", path, &e)))?;
            io::copy(&mut file, &mut encoder)
        }
    }
    .map_err(fault)?;
    encoder.finish().map_err(fault)?;
    drop(encoder);
    if wrote != size {
        return Err(Error::Fault(format!(
            "short write writing body to GOCACHEPROG for {}: wrote {wrote}; expected {size}",
            request.names()
        )));
    }
    pipe.write_all(b"\"\n").map_err(fault)
}

/// Starts the helper; the error is in the words of Go's os/exec.
fn spawn(
    program: &str,
    arguments: &[String],
    settings: &Settings,
) -> std::result::Result<Child, String> {
    if program.is_empty() {
        return Err("exec: no command".into());
    }
    let path = if program.contains('/') {
        program.to_owned()
    } else {
        look_up(program, settings)?
    };
    let mut command = Command::new(os(&path));
    (settings.prepare)(&mut command);
    command
        .args(arguments.iter().map(|argument| os(argument)))
        .env_clear()
        .envs(
            settings
                .environment
                .iter()
                .map(|(key, value)| (os(key), os(value))),
        )
        .current_dir(os(settings.cwd))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| path_error("fork/exec", &path, &e))
}

/// A text as the system has it: it may stand for bytes that are not UTF-8.
fn os(text: &str) -> OsString {
    OsString::from_vec(raw::bytes(text).into_owned())
}

/// Finds a program by PATH.
fn look_up(program: &str, settings: &Settings) -> std::result::Result<String, String> {
    use std::os::unix::fs::PermissionsExt;
    let path = settings
        .environment
        .iter()
        .rev()
        .find(|(key, _)| key == "PATH");
    let path = path.map_or("", |(_, value)| value.as_str());
    for dir in path.split(':').filter(|_| !path.is_empty()) {
        let dir = if dir.is_empty() { "." } else { dir };
        let file = forgo_golang::path::join2(dir, program);
        let runs = std::fs::metadata(std::path::Path::new(settings.cwd).join(&file))
            .is_ok_and(|meta| !meta.is_dir() && meta.permissions().mode() & 0o111 != 0);
        if !runs {
            continue;
        }
        if !file.starts_with('/') {
            return Err(format!(
                "exec: {}: cannot run executable found relative to current directory",
                quote(program)
            ));
        }
        return Ok(file);
    }
    Err(format!(
        "exec: {}: executable file not found in $PATH",
        quote(program)
    ))
}
