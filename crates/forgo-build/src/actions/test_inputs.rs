//! What a test read while it ran: environment variables and files, as its log lists, and a hash of
//! their present contents. Answers to computeTestInputsID in cmd/go/internal/test/test.go.

use std::fs::Metadata;
use std::time::Duration;

use forgo_cache::hash::Hash;
use forgo_cache::{ActionId, HashContext};
use forgo_golang::path;
use forgo_golang::quote::quote_bytes;

use forgo_golang::raw;
use forgo_load::config::Environment;
use forgo_load::disk;
use forgo_load::event::Event;
use forgo_load::footprint;
use forgo_load::load::modules::in_dir;
use forgo_load::local_time::Zone;
use forgo_load::package::Package;
use forgo_load::process::errno_text;
use forgo_load::stat_text::stat_text;
use forgo_load::verdict::Why;
use sha2::{Digest, Sha256};

use crate::action::ActionCx;
use forgo_load::clock::{self, For};
use forgo_load::disk::Because;

/// What a log of inputs begins with.
pub(super) const LOG_MAGIC: &[u8] = b"# test log\n";

/// A file that was written less than this before it is looked at may be written again without its
/// time changing: a result that depends on it is not kept.
const TOO_NEW: Duration = Duration::from_secs(2);

/// A line of `GODEBUG=gocachetest=1`.
pub(super) fn trace(cx: &ActionCx<'_>, text: impl FnOnce() -> String) {
    if cx.config().debug.cache_test {
        let line = format!("testcache: {}\n", text());
        cx.run.job.reporter.event(Event::Stderr(line));
    }
}

/// Returns the hash of the inputs that the log of an earlier run names, or the reason why they
/// can't be hashed.
pub(super) fn id(cx: &ActionCx<'_>, p: &Package, log: &[u8]) -> Result<ActionId, Why> {
    let inputs = Inputs {
        hashes: cx.run.job.hashes,
        env: &cx.config().env,
        zone: Zone::local(&cx.config().env),
    };
    let mut key = Key::new(inputs.hashes);
    // The runtime always reads GODEBUG, and does not log it.
    let godebug = Input::Variable("GODEBUG".to_owned());
    key.add(&godebug, inputs.variable("GODEBUG"));
    for input in parse(cx, p, log).ok_or(Why::Malformed)? {
        let state = match &input {
            Input::Variable(name) => inputs.variable(name),
            Input::Directory(name) | Input::Stat(name) => inputs.stat(name),
            Input::Open(file) => {
                let Some(sum) = inputs.open(file) else {
                    trace(cx, || {
                        let why = "file used as input is too new";
                        format!("{}: input file {file}: {why}", p.import_path)
                    });
                    return Err(Why::TooNew(file.clone()));
                };
                sum
            }
            Input::Beside(_) | Input::Common(_) => continue,
        };
        key.add(&input, state);
    }
    Ok(key.action_id())
}

/// The key of everything that a test read.
pub(super) struct Key<'c>(Hash<'c>);

impl Key<'_> {
    /// Returns the key of nothing, to be added to.
    pub fn new(hashes: &HashContext) -> Key<'_> {
        Key(hashes.new_hash("testInputs"))
    }

    /// Adds an input in its present state.
    pub fn add(&mut self, input: &Input, state: ActionId) {
        let hash = &mut self.0;
        match input {
            Input::Variable(name) => writeln!(hash, "env {name} {state}"),
            Input::Directory(name) => writeln!(hash, "chdir {name} {state}"),
            Input::Stat(file) => writeln!(hash, "stat {file} {state}"),
            Input::Open(file) => writeln!(hash, "open {file} {state}"),
            Input::Beside(_) | Input::Common(_) => {}
        }
    }

    /// Returns the key.
    pub fn action_id(self) -> ActionId {
        self.0.action_id()
    }
}

/// Something that a test read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Input {
    /// A variable of the environment.
    Variable(String),
    /// It went into this directory.
    Directory(String),
    /// It asked for the state of a file or directory.
    Stat(String),
    /// It read a file or directory.
    Open(String),
    /// It looked at something outside of the module, which is not looked at again. That may be
    /// another file where the module lies elsewhere.
    Beside(String),
    /// The same, where the path leads to the same file from everywhere.
    Common(String),
}

impl Input {
    /// The variable, or the path.
    pub fn name(&self) -> &str {
        match self {
            Input::Variable(name)
            | Input::Directory(name)
            | Input::Stat(name)
            | Input::Open(name)
            | Input::Beside(name)
            | Input::Common(name) => name,
        }
    }
}

/// The inputs that a log names, with whole paths; none where it is malformed. The stock key knows
/// none of the files outside the module, GOPATH or GOROOT.
pub(super) fn parse(cx: &ActionCx<'_>, p: &Package, log: &[u8]) -> Option<Vec<Input>> {
    let log = log.strip_prefix(LOG_MAGIC).unwrap_or(log);
    let mut list = Vec::new();
    let mut dir = p.dir.clone();
    for line in log.split(|&b| b == b'\n').filter(|l| !l.is_empty()) {
        let text = String::from_utf8_lossy(line);
        let (op, name) = text.split_once(' ').unwrap_or(("", ""));
        let file = |input: fn(String) -> Input| {
            let file = if name.starts_with('/') {
                name.to_owned()
            } else {
                path::join2(&dir, name)
            };
            if !p.root.is_empty() && !is_of_processes(&file) && in_dir(&file, &p.root).is_some() {
                return input(file);
            }
            let from_here = !name.starts_with('/') && in_dir(&dir, &p.root).is_some();
            if from_here || !is_common(cx, &p.root, &file) {
                Input::Beside(file)
            } else {
                Input::Common(file)
            }
        };
        match op {
            "getenv" => list.push(Input::Variable(name.to_owned())),
            "chdir" => {
                list.push(Input::Directory(name.to_owned()));
                name.clone_into(&mut dir);
            }
            "stat" => list.push(file(Input::Stat)),
            "open" => list.push(file(Input::Open)),
            _ => {
                trace(cx, || {
                    let (path, line) = (&p.import_path, quote_bytes(line));
                    format!("{path}: input list malformed ({line})")
                });
                return None;
            }
        }
    }
    Some(list)
}

/// Whether a path leads to what the kernel tells of processes, and not from there to a file. It is
/// looked at unnoted: `/proc/self` is another directory for each process that asks.
fn is_of_processes(file: &str) -> bool {
    const PROC: &str = "/proc";
    path::has_file_path_prefix(file, PROC)
        && disk::own::canonicalize(Because::Process, file).is_ok_and(|real| real.starts_with(PROC))
}

/// Is this path that of the same file for all checkouts? Not what lies beside the module.
fn is_common(cx: &ActionCx<'_>, root: &str, file: &str) -> bool {
    let cfg = cx.config();
    let temporary = match cfg.env.os("TMPDIR") {
        "" => "/tmp",
        dir => dir,
    };
    let own = [&*cfg.dist.goroot, &cfg.dirs.gomodcache, temporary];
    let of_system = ["/dev", "/etc", "/proc", "/sys", "/usr"];
    let is_in = |dir: &str| !dir.is_empty() && path::has_file_path_prefix(file, dir);
    let beside = root.rsplit_once('/').map_or("", |(parent, _)| parent);
    !is_in(beside) && (own.into_iter().any(is_in) || of_system.into_iter().any(is_in))
}

/// The hash of a variable's value.
pub(super) fn variable(cx: &ActionCx<'_>, name: &str) -> [u8; 32] {
    if footprint::is_noise(name) {
        footprint::refuse("a test reads a variable that is not in the key");
    }
    let mut sha = Sha256::new();
    match value(&cx.config().env, name) {
        None => sha.update([0]),
        Some(value) => {
            sha.update([1]);
            sha.update(raw::bytes(value));
        }
    }
    sha.finalize().into()
}

fn value<'e>(env: &'e Environment, name: &str) -> Option<&'e String> {
    let set = env.cmd.iter().find(|(k, _)| k == name).map(|(_, v)| v);
    set.or_else(|| env.vars.get(name))
}

/// What inputs are looked up in.
struct Inputs<'r> {
    hashes: &'r HashContext,
    env: &'r Environment,
    zone: Zone,
}

impl Inputs<'_> {
    fn variable(&self, name: &str) -> ActionId {
        if footprint::is_noise(name) {
            footprint::refuse("a test reads a variable that is not in the key");
        }
        let mut hash = self.hashes.new_hash("getenv");
        match value(self.env, name) {
            None => hash.write(&[0]),
            Some(value) => {
                hash.write(&[1]);
                hash.write(&raw::bytes(value));
            }
        }
        hash.action_id()
    }

    /// The hash of a file's or directory's state; none for a file that was just written.
    fn open(&self, name: &str) -> Option<ActionId> {
        let mut hash = self.hashes.new_hash("open");
        let meta = match disk::whole_metadata(name) {
            Ok(meta) => meta,
            Err(e) => {
                writeln!(hash, "err stat {name}: {}", errno_text(&e));
                return Some(hash.action_id());
            }
        };
        self.write_stat(&mut hash, &meta);
        if meta.is_dir() {
            self.write_entries(&mut hash, name);
        } else if meta.is_file() {
            // Size and time stand for the content, which may be large.
            let age = meta
                .modified()
                .map(|time| clock::now(For::Settled).duration_since(time));
            if age.is_ok_and(|age| age.unwrap_or_default() < TOO_NEW) {
                return None;
            }
        }
        Some(hash.action_id())
    }

    fn write_entries(&self, hash: &mut Hash<'_>, dir: &str) {
        let mut names = Vec::new();
        match disk::read_dir(dir) {
            Ok(entries) => {
                let entries = entries.filter_map(Result::ok);
                names.extend(entries.map(|e| disk::text_of(e.file_name())));
            }
            Err(e) => writeln!(hash, "err open {dir}: {}", errno_text(&e)),
        }
        names.sort();
        for name in names {
            write!(hash, "file {name} ");
            let file = path::join2(dir, &name);
            match disk::whole_symlink_metadata(&file) {
                Ok(meta) => self.write_stat(hash, &meta),
                Err(e) => writeln!(hash, "err lstat {file}: {}", errno_text(&e)),
            }
        }
    }

    fn stat(&self, name: &str) -> ActionId {
        let mut hash = self.hashes.new_hash("stat");
        let both = [
            ("stat", disk::whole_metadata(name)),
            ("lstat", disk::whole_symlink_metadata(name)),
        ];
        for (op, meta) in both {
            match meta {
                Ok(meta) => self.write_stat(&mut hash, &meta),
                Err(e) => writeln!(hash, "err {op} {name}: {}", errno_text(&e)),
            }
        }
        hash.action_id()
    }

    fn write_stat(&self, hash: &mut Hash<'_>, meta: &Metadata) {
        write!(hash, "{}", stat_text(&self.zone, meta));
    }
}
