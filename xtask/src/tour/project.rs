//! `tour DIR`: build a project with the stock go command and with forgo, side by side, each from a
//! separate, empty GOCACHE, then again, and compare the results.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use oracle::programs::{Programs, Who, command, sum};

use super::lab::{Run, run};

/// Builds `./...` of the project in `dir` with both. True when every program is the same and both
/// exit alike.
pub fn build_side_by_side(programs: &Programs, dir: &Path) -> Result<bool, String> {
    let dir = fs::canonicalize(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let temp = tempfile::Builder::new()
        .prefix("forgo-tour-")
        .tempdir()
        .map_err(|e| e.to_string())?;
    println!(
        "{}, on {}: build -o OUT ./... with an empty GOCACHE each.\n",
        dir.display(),
        programs.release()
    );
    // Modules are fetched first, so that neither command pays for the other's downloads.
    fetch(programs, &dir)?;
    println!(
        "{:<8} {:<6} {:>9} {:>9} {:>10}  exit status",
        "", "", "wall", "CPU", "peak"
    );
    let mut outputs = Vec::new();
    let mut words = Vec::new();
    for who in Who::BOTH {
        let out = temp.path().join(format!("out-{}", who.title()));
        let cache = temp.path().join(format!("cache-{}", who.title()));
        fs::create_dir_all(&out).map_err(|e| e.to_string())?;
        for state in ["cold", "warm"] {
            let r = build(programs, who, &dir, &out, &cache)?;
            println!(
                "{state:<8} {:<6} {:>7.2} s {:>7.2} s {:>6} MiB  {}",
                who.title(),
                r.wall.as_secs_f64(),
                r.cpu.as_secs_f64(),
                r.peak / (1 << 20),
                r.code
            );
            if state == "cold" {
                words.push((r.code, sorted(&r.text())));
            }
        }
        outputs.push(sums(&out)?);
    }
    println!();
    let same = compare(&outputs[0], &outputs[1]);
    let alike = words[0] == words[1];
    if !alike {
        println!(
            "They do not say the same:\n--- go ({})\n{}\n--- forgo ({})\n{}",
            words[0].0, words[0].1, words[1].0, words[1].1
        );
    } else if words[0].0 != 0 {
        println!("Both fail with the same words:\n{}", words[0].1);
    }
    Ok(same && alike)
}

fn fetch(programs: &Programs, dir: &Path) -> Result<(), String> {
    if dir.join("vendor/modules.txt").exists() || !dir.join("go.mod").exists() {
        return Ok(());
    }
    let mut cmd = command(programs, Who::Stock);
    cmd.args(["mod", "download"]).current_dir(dir);
    run(cmd).map(drop)
}

fn build(
    programs: &Programs,
    who: Who,
    dir: &Path,
    out: &Path,
    cache: &Path,
) -> Result<Run, String> {
    let mut cmd = command(programs, who);
    cmd.arg("build")
        .arg("-o")
        .arg(out)
        .arg("./...")
        .current_dir(dir)
        .env("PWD", dir)
        .env("GOCACHE", cache);
    let r = run(cmd)?;
    if r.stderr.contains("no main packages to build") {
        let mut cmd = command(programs, who);
        cmd.args(["build", "./..."])
            .current_dir(dir)
            .env("PWD", dir)
            .env("GOCACHE", cache);
        return run(cmd);
    }
    Ok(r)
}

fn sorted(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

fn sums(dir: &Path) -> Result<BTreeMap<String, String>, String> {
    let mut map = BTreeMap::new();
    for entry in fs::read_dir(dir).map_err(|e| e.to_string())? {
        let path: PathBuf = entry.map_err(|e| e.to_string())?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        map.insert(name, sum(&path)?);
    }
    Ok(map)
}

fn compare(stock: &BTreeMap<String, String>, forgo: &BTreeMap<String, String>) -> bool {
    let differ: Vec<&String> = stock
        .keys()
        .chain(forgo.keys())
        .filter(|k| stock.get(*k) != forgo.get(*k))
        .collect();
    if differ.is_empty() {
        println!("{} programs, the same bytes from both.", stock.len());
    } else {
        println!("Programs that differ or are missing: {differ:?}");
    }
    differ.is_empty()
}
