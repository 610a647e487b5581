//! Answers of whole invocations. A command's output and the paths of its results are stored
//! together with everything that it saw of the file system. The same command in the same directory
//! and environment then only has to check that nothing of that has changed, and prints the output
//! again.
//!
//! This is tried before the settings are resolved, since resolving them costs as much as all the
//! stats. Hence the design: the program, the user, the directory, the arguments and the environment
//! are the key ([`key`]), everything else is an input ([`forgo_load::footprint`]), and conditions
//! that make an answer unfit for reuse are checked when it is about to be stored, when time matters
//! less. On any doubt the work is done.
//!
//! Snapshots lie in GOCACHE beside the entries that their answers came from: clearing the cache
//! clears them. They are good for a day. Then the work is done once more, which marks the entries
//! used: the stock command trims entries that were not used for five days.
//!
//! The stock command has nothing like it.

mod key;

use std::fs::FileTimes;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use forgo_build::build_id::read_build_id;
use forgo_cache::disk::{DiskCache, KeptFile};
use forgo_load::clock::{self, For};
use forgo_load::config::Config;
use forgo_load::disk;
use forgo_load::disk::Because;
use forgo_load::event::{Event, Reporter as _};
use forgo_load::footprint::snapshot::{Contents, MAGIC, Output, Said, View};
use forgo_load::footprint::{self, Footprint, Stat};

use crate::config::guess_gocache;
use crate::config::process::Variables;
use crate::report::{Console, Recorder};

/// Commands whose answers are kept. The output of others depends on more than files.
const COMMANDS: [&str; 5] = ["build", "install", "list", "test", "vet"];

/// How long a snapshot is good.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// How an invocation begins.
pub enum Beginning {
    /// Its answer was cached and has been printed.
    Answered,
    /// The work must be done; afterwards the answer may be kept.
    Work(Option<Recording>),
}

/// An invocation whose answer may be kept.
pub struct Recording {
    /// Where.
    file: KeptFile,
    /// When nothing had been looked at yet.
    start: SystemTime,
    gocache: String,
    /// The output of the command.
    said: Arc<Recorder>,
}

/// Prints the answer if it is cached. `command` is the command's name; the process's directory is
/// the one that it works in.
pub fn begin(command: &str, console: &Console) -> Beginning {
    if !COMMANDS.contains(&command) {
        return Beginning::Work(None);
    }
    let start = clock::now(For::Settled);
    let variables = Variables::read();
    let gocache = guess_gocache(&variables);
    let cwd = crate::config::process::current_dir(variables.get("PWD"));
    let (Ok(cwd), true) = (cwd, variables.get("FORGO_EXTRAS") != "off") else {
        return Beginning::Work(None);
    };
    let Some(key) = key::make(&cwd).filter(|_| gocache.starts_with('/')) else {
        return Beginning::Work(None);
    };
    let cache = DiskCache::at(&gocache);
    let file = cache.kept_file(key, MAGIC);
    if let Some(content) = file.read()
        && let Some(view) = View::parse(&content)
        && is_good(&view, start)
        && cache.is_of_job(variables.get("FORGO_CACHE"), view.recorded)
    {
        // If output can't be written the work is done, for the command's own error.
        return match give(&view, console) {
            Ok(()) => {
                console.event(Event::Answered);
                Beginning::Answered
            }
            Err(_) => Beginning::Work(None),
        };
    }
    footprint::begin(&cwd);
    Beginning::Work(Some(Recording {
        file,
        start,
        gocache,
        said: console.record(),
    }))
}

/// Whether the answer still holds.
fn is_good(view: &View<'_>, now: SystemTime) -> bool {
    // A clock that was set back makes a snapshot of the future.
    let young = now
        .duration_since(view.recorded)
        .is_ok_and(|age| age < LIFETIME);
    let mut writable = view.writable.iter();
    young
        && writable.all(|dir| footprint::may_make_in(dir))
        && view.outputs.iter().all(is_in_place)
        && view.inputs.holds()
}

/// Whether an output is still the one that was put there, as the stock command checks: by its build
/// ID.
fn is_in_place(output: &Output<'_>) -> bool {
    Stat::of(output.path).is_ok_and(|stat| (stat.size, stat.mode) == (output.size, output.mode))
        && read_build_id(output.path).is_ok_and(|id| id == output.build_id)
}

/// Prints the output again, and leaves results as the stock command leaves those that are up to
/// date: with the times of now.
fn give(view: &View<'_>, console: &Console) -> io::Result<()> {
    for output in &view.outputs {
        let now = clock::now(For::Stamp);
        let times = FileTimes::new().set_accessed(now).set_modified(now);
        let _ =
            disk::own::open(Because::Target, output.path).and_then(|file| file.set_times(times));
    }
    for (stream, bytes) in &view.said {
        match stream {
            Said::Stdout => console.stdout(bytes)?,
            Said::Stderr => console.warn_bytes(bytes),
        }
    }
    Ok(())
}

/// Notes what in the settings makes an answer unfit to be kept.
pub fn judge(cfg: &Config) {
    let flags = &cfg.flags;
    let told = [
        (flags.a, "-a"),
        (flags.n, "-n"),
        (flags.x, "-x"),
        (flags.work, "-work"),
        (!flags.debug_actiongraph.is_empty(), "-debug-actiongraph"),
        (!flags.debug_trace.is_empty(), "-debug-trace"),
        (
            !flags.debug_runtime_trace.is_empty(),
            "-debug-runtime-trace",
        ),
        (!flags.toolexec.is_empty(), "-toolexec"),
        (!cfg.env.get("GOCACHEPROG").is_empty(), "GOCACHEPROG"),
        (!cfg.extras, "FORGO_EXTRAS or GODEBUG"),
    ];
    if let Some((_, why)) = told.iter().find(|(set, _)| *set) {
        footprint::refuse(why);
    }
}

impl Recording {
    /// Called when the settings are resolved.
    pub fn resolved(&self, cfg: &Config) {
        if cfg.dirs.gocache != self.gocache {
            footprint::refuse("GOCACHE is set in GOROOT/go.env");
        }
    }

    /// The command succeeded: keeps its output, if it would print the same again. If anything fails
    /// here, the next invocation does the work.
    pub fn finish(self) {
        let said = self.said.take();
        // Marks of use, and cached facts.
        footprint::makes_in(&self.gocache);
        let footprint = footprint::take();
        if footprint.refused.is_some() || !footprint.settled(self.start) {
            return;
        }
        // The output of tools while they work may differ from the output when all is cached.
        let Some(said) = said.filter(|said| !footprint.worked || said.is_empty()) else {
            return;
        };
        let Some(content) = self.contents(&footprint, &said) else {
            return;
        };
        // The same look at everything that the next invocation takes.
        let holds = View::parse(&content).is_some_and(|view| is_good(&view, self.start));
        if holds {
            self.file.store(&content);
        }
    }

    fn contents(&self, footprint: &Footprint, said: &[(Said, Vec<u8>)]) -> Option<Vec<u8>> {
        let mut outputs = Vec::new();
        for path in &footprint.outputs {
            let stat = Stat::of(path).ok()?;
            let build_id = read_build_id(path).ok().filter(|id| !id.is_empty())?;
            outputs.push((path.as_str(), stat, build_id));
        }
        let contents = Contents {
            recorded: self.start,
            outputs: outputs
                .iter()
                .map(|(path, stat, build_id)| Output {
                    path,
                    size: stat.size,
                    mode: stat.mode,
                    build_id,
                })
                .collect(),
            writable: &footprint.writable,
            inputs: &footprint.inputs,
            said,
        };
        contents.to_bytes()
    }
}
