//! `go clean`: removes what builds leave in source directories, and caches.
//!
//! Answers to runClean in cmd/go/internal/clean.

mod caches;
mod packages;

use std::io::ErrorKind;
use std::path::Path;

use forgo_build::disk;
use forgo_build::event::{Event, Reporter};
use forgo_build::load::modules::Modules;
use forgo_build::load::scan::Scanner;
use forgo_build::load::{Loader, PackageOpts, RootMode, fips140};
use forgo_build::process::errno_text;

use forgo_golang::path;

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
    fips140::apply(&mut invocation.startup.cfg).map_err(stop_at)?;
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
    // Asked whatever was chosen: settings that make no sense end the command.
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

/// os.RemoveAll: of anything, missing or not; all that can be removed is. The first error is Go's fs.PathError.
fn remove_all(file: &str) -> Result<(), String> {
    match remove_tree(Path::new(file)) {
        // Go removes what can't be removed at once from its directory.
        Err(why) => match disk::own::read_dir(path::dir(file)) {
            Err(e) => Err(format!("open {}: {}", path::dir(file), errno_text(&e))),
            Ok(_) => Err(why),
        },
        removed => removed,
    }
}

fn remove_tree(file: &Path) -> Result<(), String> {
    let shown = file.display();
    let blame = |op: &str, e: &std::io::Error| format!("{op} {shown}: {}", errno_text(e));
    let not_a_file = match std::fs::remove_file(file) {
        Ok(()) => return Ok(()),
        Err(e) => e,
    };
    match not_a_file.kind() {
        ErrorKind::NotFound => return Ok(()),
        ErrorKind::IsADirectory | ErrorKind::PermissionDenied => {}
        _ => return Err(blame("unlinkat", &not_a_file)),
    }
    if disk::own::symlink_metadata(file).is_ok_and(|meta| !meta.is_dir()) {
        return Err(blame("unlinkat", &not_a_file));
    }
    let mut first = None;
    match disk::own::read_dir(file) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        Err(e) => first = Some(blame("openfdat", &e)),
        Ok(entries) => {
            let inside: Vec<_> = entries.flatten().map(|e| e.path()).collect();
            for file in inside {
                first = first.or(remove_tree(&file).err());
            }
        }
    }
    match std::fs::remove_dir(file) {
        Err(e) if e.kind() != ErrorKind::NotFound => {
            Err(first.unwrap_or_else(|| blame("unlinkat", &e)))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn all_that_can_be_removed_is() {
        let temp = tempfile::tempdir().unwrap();
        let at = |name: &str| format!("{}/{name}", temp.path().display());
        assert_eq!(remove_all(&at("missing")), Ok(()));
        fs::create_dir_all(at("kept/x")).unwrap();
        fs::create_dir_all(at("dir/locked")).unwrap();
        for file in ["file", "dir/a", "dir/locked/f", "dir/z"] {
            fs::write(at(file), "").unwrap();
        }
        symlink(at("kept"), at("dir/link")).unwrap();
        let why = format!("unlinkat {}: not a directory", at("file/x"));
        assert_eq!(remove_tree(Path::new(&at("file/x"))), Err(why));
        fs::set_permissions(at("dir/locked"), Permissions::from_mode(0o555)).unwrap();
        // Root may remove everything.
        let removed = remove_all(&at("dir"));
        let left = fs::read_dir(at("dir")).map_or(0, Iterator::count);
        let why = format!("unlinkat {}: permission denied", at("dir/locked/f"));
        assert_eq!(left, usize::from(removed.is_err()));
        assert!(removed.is_ok() || removed == Err(why));
        assert!(fs::exists(at("kept/x")).unwrap());
        if left > 0 {
            fs::set_permissions(at("dir/locked"), Permissions::from_mode(0o755)).unwrap();
        }
    }
}
