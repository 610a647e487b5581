//! `forgo cache`: bundles, which carry what a CI job used of the cache to the next one
//! (docs/cache-bundle.md).

use forgo_cache::disk::DiskCache;
use forgo_cache::{Bundle, Saved};
use forgo_golang::path;

use super::own::Verb;
use crate::config::process::{self, Variables};
use crate::config::{guess_gocache, own};
use crate::exit::{Outcome, Stop};
use crate::report::Console;

/// The command.
pub const VERB: Verb = Verb {
    name: "cache",
    synopsis: "use FILE|off | save [FILE]",
    help: "carry cached results from one CI job to the next in a file",
    details: "
A bundle is a file with the cached results that one job used. The next job takes them from it,
one by one as they are needed; nothing is unpacked.

\tforgo cache use FILE      use this bundle from now on, if it exists, and begin a job:
\t                          note which results the following commands use
\tforgo cache save [FILE]   write the results that the job used to the bundle
\tforgo cache use off       use none

FORGO_CACHE=FILE in the environment of all commands does the same as the first one. Results that
depend on headers and libraries of this machine (cgo, external links) are not saved.
",
    flags: &[],
    run,
};

/// Runs the sub-command.
fn run(args: &[String], console: &Console) -> Outcome {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let variables = Variables::read();
    own::check(&variables)?;
    let gocache = guess_gocache(&variables);
    if !gocache.starts_with('/') {
        return Err(Stop::fatal(
            "forgo: there is no build cache: GOCACHE is off",
        ));
    }
    let disk = DiskCache::at(&gocache);
    match words[..] {
        ["use", "off"] => note(&disk, None),
        ["use", file] => note(&disk, Some(&absolute(&variables, file)?)),
        ["save"] => save(&disk, &variables, None, console),
        ["save", file] => {
            let file = absolute(&variables, file)?;
            save(&disk, &variables, Some(file), console)
        }
        _ => Err(VERB.usage()),
    }
}

/// A file as commands in other directories name it.
fn absolute(variables: &Variables, file: &str) -> Outcome<String> {
    if file.is_empty() || file.contains('\n') {
        return Err(Stop::fatal("forgo: a bundle needs a name of one line"));
    }
    if file.starts_with('/') {
        return Ok(path::clean(file));
    }
    let cwd = process::current_dir(variables.get("PWD"))?;
    Ok(path::join2(&cwd, file))
}

fn note(disk: &DiskCache, bundle: Option<&str>) -> Outcome {
    disk.use_bundle(bundle)
        .map_err(|e| Stop::fatal(format!("forgo: cache use: {e}")))
}

fn save(
    disk: &DiskCache,
    variables: &Variables,
    file: Option<String>,
    console: &Console,
) -> Outcome {
    let set = variables.get("FORGO_CACHE");
    let Some(bundle) = disk.bundle_in_use(set) else {
        return Err(Stop::fatal(
            "forgo: no uses were noted: run 'forgo cache use FILE', or set FORGO_CACHE, before the \
             commands whose results are to be saved",
        ));
    };
    let file = file.unwrap_or_else(|| bundle.clone());
    let job = disk.current_job().filter(|job| job.bundle == bundle);
    let used = job.map(|job| disk.uses(&job)).unwrap_or_default();
    if used.is_empty() {
        console.print(format!(
            "forgo: nothing was used; {file} is left as it is\n"
        ));
        return Ok(());
    }
    // One that can't be read has nothing to pass on.
    let old = Bundle::open(&bundle).ok().flatten();
    if let Some((dir, _)) = file.rsplit_once('/') {
        #[expect(clippy::disallowed_methods, reason = "the answer is never kept")]
        let _ = std::fs::create_dir_all(dir);
    }
    let saved = forgo_cache::save(disk, &used, old.as_ref(), &file)
        .map_err(|e| Stop::fatal(format!("forgo: cache save: {e}")))?;
    console.print(report(&file, &saved));
    Ok(())
}

/// The result of a save, in a line.
fn report(file: &str, saved: &Saved) -> String {
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let verb = match saved.unchanged {
        true => "unchanged",
        false => "saved",
    };
    let mut line = format!(
        "forgo: {verb} {file}: {} entries, {} outputs, {:.1} MB in {:.1} MB",
        saved.keys,
        saved.outputs,
        megabytes(saved.bytes),
        megabytes(saved.size),
    );
    if saved.gone > 0 {
        line.push_str(&format!("; {} left out", saved.gone));
    }
    line.push('\n');
    line
}
