//! Kills builds at instants spread over them (SIGKILL), and examines the cache: every entry there
//! must be the stock command's, and the next build must go on to the same end.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use super::caches;
use super::checks::{Bench, Known, seeded_keys};
use crate::programs::Who;

/// The errors after `times` killed builds on a cache in its first state.
pub fn differences(
    bench: &Bench,
    cache: &Path,
    known: &Known,
    times: usize,
) -> Result<Vec<String>, String> {
    let into = format!("-o={}/", bench.path("out").display());
    let flags = if known.has_main {
        vec!["-p=2", &into]
    } else {
        vec!["-p=2"]
    };
    let args = bench.command("build", &flags, &bench.project.packages);
    // With a program in place its main package would not be built.
    let _ = fs::remove_dir_all(bench.path("out"));
    let mut differences = Vec::new();
    let mut killed = 0;
    for i in 0..times {
        let mut command = bench.setting.command(Who::Forgo, cache, "", &args);
        let command = command.stdout(Stdio::null()).stderr(Stdio::null());
        let fail = |e: std::io::Error| format!("forgo: {e}");
        let mut child = command.spawn().map_err(fail)?;
        // Each build goes on from where the one before was killed: the sum is the whole.
        let share = (2 * i + 1) as f64 / (times * times) as f64;
        std::thread::sleep(Duration::from_secs_f64(known.took.as_secs_f64() * share));
        if child.try_wait().map_err(fail)?.is_none() {
            killed += 1;
        }
        child.kill().map_err(fail)?;
        child.wait().map_err(fail)?;
        let wrong = compare(bench, cache, known, true)?;
        differences.extend(
            wrong
                .into_iter()
                .map(|d| format!("after kill {}: {d}", i + 1)),
        );
    }
    if killed == 0 {
        differences.push("no build was killed before its end".to_owned());
    }
    let said = bench.setting.run(Who::Forgo, cache, "", &args)?;
    if said.code != 0 || !said.stderr.is_empty() {
        differences.push(format!("at last: status {}: {}", said.code, said.stderr));
    }
    let wrong = compare(bench, cache, known, false)?;
    differences.extend(wrong.into_iter().map(|d| format!("at last: {d}")));
    Ok(differences)
}

/// Compares with the stock command's cache; a `partial` one may lack entries.
fn compare(
    bench: &Bench,
    cache: &Path,
    known: &Known,
    partial: bool,
) -> Result<Vec<String>, String> {
    let stock = bench.setting.cache(Who::Stock);
    let comparison = caches::Comparison {
        caches: [&stock, cache],
        names: &known.names,
        seeded: &seeded_keys(bench, cache)?,
        index: &known.index,
        plain: &|text| bench.setting.plain(text, Path::new("/nowhere")),
        partial,
    };
    Ok(comparison.differences()?.1)
}
