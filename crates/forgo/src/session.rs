//! The steps of every command that builds: the work directory, the cache, running a plan, and
//! leaving nothing behind on any way out.
//!
//! Answers to NewBuilder, Builder.Close and Builder.Do in cmd/go/internal/work.

use std::cell::OnceCell;
use std::sync::Arc;

use forgo_build::action::{Job, RunOptions};
use forgo_build::plan::{Plan, PlanError};
use forgo_build::run::workdir::WorkDir;
use forgo_build::run::{Summary, run};
use forgo_cache::hash::Trace;
use forgo_cache::{Formulas, HashContext, Notice, Settings, Tiered};
use forgo_load::config::Config;
use forgo_load::footprint;
use forgo_load::fsys::Overlay;
use forgo_load::package::PackageGraph;

use crate::config::check_builder;
use crate::exit::{Outcome, Stop};
use crate::report::streams::write_stderr_text;
use crate::report::{Console, Run};
use crate::signals;

/// A work directory and a cache, for one invocation. The cache is opened when it is needed: errors
/// of packages are reported before.
pub struct Session<'a> {
    cfg: &'a Config,
    console: &'a Console,
    /// Taken when closed.
    work: Option<WorkDir>,
    store: OnceCell<Store>,
}

/// The cache and what its keys are made with: one in an invocation.
pub struct Store {
    /// The cache.
    pub cache: Tiered,
    /// Hashes for it.
    pub hashes: Arc<HashContext>,
}

impl Store {
    /// Opens the cache, for an invocation that reports to `console`.
    pub fn open(cfg: &Config, console: &Console) -> Outcome<Store> {
        let hashes = match console.wants_lines() {
            true => new_hashes(cfg).collecting_lines(),
            false => new_hashes(cfg),
        };
        let hashes = Arc::new(hashes);
        let cache = open_cache(cfg, &hashes)?;
        Ok(Store { cache, hashes })
    }
}

impl<'a> Session<'a> {
    /// Makes the work directory.
    pub fn open(cfg: &'a Config, console: &'a Console) -> Outcome<Session<'a>> {
        Session::with_store(cfg, console, None)
    }

    /// The same with a cache that is open already.
    pub fn with_store(
        cfg: &'a Config,
        console: &'a Console,
        store: Option<Store>,
    ) -> Outcome<Session<'a>> {
        let work = WorkDir::create(cfg, console).map_err(Stop::fatal)?;
        footprint::own_dir(work.path());
        let guard = Closing(Some(work));
        check_builder(cfg)?;
        Ok(Session {
            cfg,
            console,
            work: guard.release(),
            store: store.map_or_else(OnceCell::new, OnceCell::from),
        })
    }

    /// The cache, opened at the first call.
    fn store(&self) -> Outcome<&Store> {
        if let Some(store) = self.store.get() {
            return Ok(store);
        }
        let store = Store::open(self.cfg, self.console)?;
        Ok(self.store.get_or_init(|| store))
    }

    /// To be called between loading and reports about the packages: see [`needs_cache`].
    pub fn loaded(&self, graph: &PackageGraph) -> Outcome {
        match loads_from_cache(self.cfg, graph) {
            true => self.store().map(drop),
            false => Ok(()),
        }
    }

    /// `$WORK`, without a final slash.
    pub fn work_dir(&self) -> &str {
        self.work.as_ref().map_or("", WorkDir::path)
    }

    /// Runs a plan (Builder.Do). Failures have been reported and have raised the exit status.
    pub fn execute(
        &self,
        plan: &Plan,
        graph: &PackageGraph,
        overlay: &Overlay,
        options: &RunOptions,
    ) -> Outcome<Summary> {
        let store = self.store()?;
        let interrupt = signals::interrupts();
        self.console.show_progress(self.cfg.env.os("TERM"));
        self.console.run_begins(&Run {
            config: self.cfg,
            plan,
            graph,
            hashes: &store.hashes,
        });
        let root = &plan[plan.root];
        let span = format!("exec.Builder.Do ({} {})", root.mode, root.target);
        let work = || {
            run(Job {
                config: self.cfg,
                graph,
                plan,
                options,
                overlay,
                cache: &store.cache,
                hashes: &store.hashes,
                reporter: self.console,
                interrupt: &interrupt,
            })
        };
        let summary = self.console.span(&span, work);
        self.console.run_ends();
        // The stock command handles the signal only once it runs programs and tests of the user.
        if summary.interrupted && !summary.ran_programs {
            if let Some(work) = &self.work {
                work.discard();
            }
            signals::die_of(libc::SIGINT);
        }
        // A failure that a list keeps as data is none of the command's.
        if summary.failed && !options.allow_errors || summary.interrupted {
            self.console.raise(1);
        }
        if !options.is_cmd_list {
            store
                .cache
                .close()
                .map_err(|e| Stop::fatal(format!("go: failed to trim cache: {e}")))?;
        }
        Ok(summary)
    }

    /// Removes the work directory, and reports a failure.
    pub fn close(mut self) -> Outcome {
        match self.work.take() {
            Some(work) => work.close().map_err(|e| Stop::fatal(format!("go: {e}"))),
            None => Ok(()),
        }
    }
}

impl Drop for Session<'_> {
    /// An early end: an error could not be reported.
    fn drop(&mut self) {
        drop(Closing(self.work.take()));
    }
}

/// Removes a work directory unless it is released.
struct Closing(Option<WorkDir>);

impl Closing {
    fn release(mut self) -> Option<WorkDir> {
        self.0.take()
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        if let Some(work) = self.0.take() {
            let _ = work.close();
        }
    }
}

/// Returns the stock command's last message for a plan that could not be made.
pub fn stop_plan(error: PlanError) -> Stop {
    Stop::fatal(error.0)
}

/// Returns the parts that all keys of an invocation have in common.
fn new_hashes(cfg: &Config) -> HashContext {
    let formulas = match cfg.dist.release.has_known_keys() {
        true => Formulas::Known,
        false => Formulas::Unknown,
    };
    let verify = cfg.debug.cache_verify;
    HashContext::new(&cfg.dist.version, formulas, trace(cfg), verify)
}

/// `GODEBUG=gocachehash=1`.
fn trace(cfg: &Config) -> Option<Trace> {
    if !cfg.debug.cache_hash {
        return None;
    }
    Some(Arc::new(|line: &str| write_stderr_text(line)))
}

/// A command that loads packages needs a cache directory, though forgo looks up nothing in it: the
/// stock command keeps its module index there, unless the cache is off.
pub fn needs_cache(cfg: &Config, graph: &PackageGraph) -> Outcome {
    if !loads_from_cache(cfg, graph) {
        return Ok(());
    }
    open(cfg, &Arc::new(new_hashes(cfg)), "", None).map(drop)
}

fn loads_from_cache(cfg: &Config, graph: &PackageGraph) -> bool {
    cfg.dirs.gocache != "off" && graph.packages.iter().any(|p| !p.dir.is_empty())
}

/// The cache that the settings name.
fn open_cache(cfg: &Config, hashes: &Arc<HashContext>) -> Outcome<Tiered> {
    // A wrapper of the tools may depend on anything, and its version does not cover that.
    let plain = cfg.extras && cfg.flags.toolexec.is_empty();
    let bundle = plain.then(|| cfg.env.os("FORGO_CACHE"));
    open(cfg, hashes, cfg.env.get("GOCACHEPROG"), bundle)
}

fn open(
    cfg: &Config,
    hashes: &Arc<HashContext>,
    prog: &str,
    bundle: Option<&str>,
) -> Outcome<Tiered> {
    let mut environment = cfg.env.orig.clone();
    environment.extend(cfg.env.cmd.iter().cloned());
    let settings = Settings {
        dir: &cfg.dirs.gocache,
        dir_error: cfg.dirs.gocache_error.as_deref(),
        prog,
        bundle,
        environment: &environment,
        cwd: &cfg.cwd,
        prepare: forgo_load::process::start::like_go,
        verify: cfg.debug.cache_verify.then(|| Arc::clone(hashes)),
        notice: Arc::new(|notice| match notice {
            Notice::Waiting(text) | Notice::Warning(text) => write_stderr_text(&text),
            Notice::Fatal(text) => {
                write_stderr_text(&Stop::fatal(text).text);
                crate::exit_now(1)
            }
        }),
    };
    forgo_cache::open(&settings).map_err(|e| Stop::fatal(e.to_string()))
}
