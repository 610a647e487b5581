//! `go clean`: removes what builds leave in source directories, and caches.
//!
//! Answers to runClean in cmd/go/internal/clean.

mod caches;
mod packages;

use forgo_load::event::{Event, Reporter};
use forgo_load::load::modules::Modules;
use forgo_load::load::scan::Scanner;
use forgo_load::load::{Loader, PackageOpts, RootMode, fips140};

use super::{Command, Invocation, stop_at};
use crate::exit::{Outcome, Stop};
use crate::flags::table::Commands;
use crate::report::Console;
use crate::session::needs_cache;

/// The command.
pub const COMMAND: Command = Command {
    name: "clean",
    usage: "go clean [-i] [-r] [-cache] [-testcache] [-modcache] [-fuzzcache] [build flags] [packages]",
    flags: Commands::CLEAN,
    custom_flags: false,
    run,
};

fn run(invocation: &mut Invocation<'_>) -> Outcome {
    let cfg = &mut invocation.startup.cfg;
    fips140::apply(cfg).map_err(stop_at)?;
    // Nothing is built: the mode only determines where a build would put its result.
    cfg.modes.buildmode.clone_from(&cfg.flags.buildmode);
    let (cfg, console, flags) = (invocation.cfg(), invocation.console, &invocation.flags);
    let args = &invocation.args;
    let scanner = Scanner::new(cfg).map_err(stop_at)?;
    let caches = ["cache", "testcache", "fuzzcache", "modcache"];
    let chosen = caches.iter().find(|c| flags.on(c));
    if let (Some(cache), false) = (chosen, args.is_empty()) {
        let text = format!("go: clean -{cache} cannot be used with package arguments");
        return Err(Stop::fatal(text));
    }
    let named = !args.is_empty() || flags.on("i") || flags.on("r");
    // Checked for all kinds of cleaning: settings that make no sense end the command.
    let here = in_module_or_gopath(invocation, &scanner)?;
    if named || chosen.is_none() && here {
        let mut loader = Loader::new(cfg, &scanner, console, RootMode::Auto).map_err(stop_at)?;
        let packages = loader
            .packages_and_errors(PackageOpts::default(), args)
            .map_err(stop_at)?;
        needs_cache(cfg, &loader.graph)?;
        packages::Cleaner::new(cfg, console, &loader.graph, flags.on("i"), flags.on("r"))
            .clean_all(&packages);
    }
    if flags.on("cache") {
        caches::build_cache(cfg, console)?;
    } else if flags.on("testcache") {
        caches::test_results(cfg, console)?;
    }
    if flags.on("modcache") {
        caches::module_cache(cfg, console)?;
    }
    if flags.on("fuzzcache") {
        caches::fuzz_cache(cfg, console)?;
    }
    Ok(())
}

/// Outside of every module there is nothing to clean unless something is named.
fn in_module_or_gopath(invocation: &Invocation<'_>, scanner: &Scanner<'_>) -> Outcome<bool> {
    let modules = Modules::init(
        invocation.cfg(),
        scanner,
        invocation.console,
        RootMode::Auto,
    );
    let state = modules.map_err(stop_at)?.state;
    Ok(!state.enabled || state.has_mod_root)
}

/// Shows commands on standard output, where clean's go.
struct ToStdout<'a>(&'a Console);

impl Reporter for ToStdout<'_> {
    fn event(&self, event: Event) {
        match event {
            Event::Output { text, .. } => self.0.print(text),
            other => self.0.event(other),
        }
    }

    fn stdout(&self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.stdout(bytes)
    }
}
