//! `--moved`: the project is built by forgo in one directory, goes to directories of other names, and is
//! built there again, from the cache of the first. There forgo compiles nothing but cgo packages, and every
//! entry of the stock command's cache, filled in that directory, is in forgo's, byte for byte; so are
//! programs, and test binaries of the packages that `--test-pkgs` names.
//!
//! The names are shorter and longer, with spaces, not in ASCII, and one is a symbolic link.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::caches::{self, Comparison, Entries};
use super::checks::{Bench, differing_programs, has_main, keep_programs};
use super::report::Row;
use crate::tour::lab::Who;
use crate::tree;

/// Where it is built first.
const FIRST: &str = "checkout";

/// Where it goes.
const NAMES: [&str; 5] = [
    "s",
    "a checkout of the same commit, under a longer name",
    "höher/größer",
    "checkouT",
    LINK,
];

/// It leads to a directory of another name.
const LINK: &str = "link";

/// The project in a directory, and the one cache directory that both commands use in turn: where a
/// cache is shows in what it holds.
struct Place<'b> {
    bench: &'b Bench<'b>,
    dir: PathBuf,
    cache: PathBuf,
    commands: Vec<Vec<String>>,
    /// What both caches held at first.
    seeded: Entries,
}

/// Runs the check.
pub fn run(bench: &Bench, tested: &[String], row: &mut Row) -> Result<(), String> {
    let packages = &bench.project.packages;
    let out = bench.path("out");
    let out_flag = format!("{}/", out.display());
    let mut list = vec!["-export", "-deps", "-x", "-f", SHOWN];
    // The stock command has no instrumented test mains to list.
    if !bench
        .command("", &[], &[])
        .iter()
        .any(|flag| flag == "-cover")
    {
        list.push("-test");
    }
    let mut commands = vec![bench.command("list", &list, packages)];
    if has_main(bench)? {
        commands.push(bench.command("build", &["-x", "-o", &out_flag], packages));
    }
    if !tested.is_empty() {
        commands.push(bench.command("test", &["-c", "-x", "-o", &out_flag], tested));
    }
    let moved = bench.path("moved");
    let mut place = Place {
        bench,
        dir: moved.join(FIRST),
        cache: bench.path("cache"),
        commands,
        seeded: caches::entries(&bench.setting.cache(Who::Stock))?,
    };
    tree::copy_all(&bench.setting.dir, &place.dir)?;
    place.build(Who::Forgo, &out)?;
    let mut tree = place.dir.clone();
    for name in NAMES {
        let to = moved.join(name);
        // What it was called before is no longer there to be read.
        let real = match name {
            LINK => moved.join("behind the link"),
            _ => to.clone(),
        };
        let parent = real.parent().unwrap_or(&moved);
        fs::create_dir_all(parent).map_err(|e| format!("{}: {e}", parent.display()))?;
        fs::rename(&tree, &real).map_err(|e| format!("{}: {e}", real.display()))?;
        if name == LINK {
            std::os::unix::fs::symlink(&real, &to).map_err(|e| e.to_string())?;
        }
        tree = real;
        place.dir = to;
        place.compare(name, &out, row)?;
    }
    Ok(())
}

/// What `list` tells of each package.
const SHOWN: &str = "{{.ImportPath}} {{.Export}} {{.BuildID}}";

impl Place<'_> {
    /// Builds with both, and compares all that comes of it.
    fn compare(&self, name: &str, out: &Path, row: &mut Row) -> Result<(), String> {
        let (compiled, words, ours) = self.build(Who::Forgo, out)?;
        let (theirs_compiled, their_words, theirs) = self.build(Who::Stock, out)?;
        let mut differences: Vec<String> = compiled
            .iter()
            .map(|package| format!("in {name:?} {package} is compiled"))
            .collect();
        if theirs_compiled.is_empty() {
            differences.push(format!("in {name:?} the stock command compiles nothing"));
        }
        for (their_word, word) in their_words.iter().zip(&words).filter(|(a, b)| a != b) {
            differences.push(format!(
                "in {name:?}\n      go:    {their_word}\n      forgo: {word}"
            ));
        }
        row.note("moved", &differences);
        let caches = Who::BOTH.map(|who| self.bench.setting.cache(who));
        let comparison = Comparison {
            caches: [&caches[0], &caches[1]],
            names: &HashMap::new(),
            seeded: &self.seeded,
            index: &HashSet::new(),
            plain: &|text| String::from_utf8_lossy(text).into_owned(),
            partial: false,
        };
        let (compared, differences) = comparison.differences()?;
        // The stock command's cache holds what it made in the directories before, too.
        row.archives = compared;
        row.note("archives", &differences);
        if !theirs.is_empty() {
            row.programs += theirs.len();
            row.note("programs", &differing_programs(&theirs, &ours));
        }
        row.tell(&format!(
            "in {name:?}: {} compiles with go, {} with forgo (without cgo), {compared} entries, {} programs",
            theirs_compiled.len(),
            compiled.len(),
            theirs.len()
        ));
        Ok(())
    }

    /// Runs the commands: what was compiled that is not a cgo package, what was said, and the programs.
    fn build(&self, who: Who, out: &Path) -> Result<Built, String> {
        let own = self.bench.setting.cache(who);
        let fault = |e| format!("{}: {e}", own.display());
        fs::rename(&own, &self.cache).map_err(fault)?;
        let mut compiled = Vec::new();
        let mut words = Vec::new();
        let mut failed = None;
        for args in &self.commands {
            let mut command = self.bench.setting.command(who, &self.cache, "", args);
            let output = command
                .current_dir(&self.dir)
                .env("PWD", &self.dir)
                .env("FORGO_EXTRAS", "on")
                .output()
                .map_err(|e| e.to_string())?;
            let stderr = String::from_utf8_lossy(&output.stderr);
            if !output.status.success() {
                failed = Some(format!("{} {args:?}: {stderr}", who.title()));
                break;
            }
            compiled.extend(stderr.lines().filter_map(compiled_package));
            words.extend(
                String::from_utf8_lossy(&output.stdout)
                    .lines()
                    .map(str::to_owned),
            );
        }
        fs::rename(&self.cache, &own).map_err(fault)?;
        if let Some(text) = failed {
            return Err(text);
        }
        let kept = self.bench.path(&format!("out-{}", who.title()));
        let _ = fs::remove_dir_all(&kept);
        Ok((compiled, words, keep_programs(out, &kept)?))
    }
}

/// The package that a line of `-x` compiles, if it has no cgo.
fn compiled_package(line: &str) -> Option<String> {
    let (_, args) = line.split_once("/compile -o ")?;
    let (_, package) = args.split_once(" -p ")?;
    let cgo = args.contains("_cgo_gotypes.go");
    let package = package.split(' ').next()?;
    (!cgo).then(|| package.to_owned())
}

/// What was compiled, the lines that were said, and the programs by name.
type Built = (
    Vec<String>,
    Vec<String>,
    std::collections::BTreeMap<String, PathBuf>,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compiles_are_known_by_their_lines() {
        let line =
            "/go/pkg/tool/compile -o $WORK/b1/_pkg_.a -trimpath x -p a/b -lang=go1.26 ./x.go";
        assert_eq!(compiled_package(line).as_deref(), Some("a/b"));
        let cgo = line.to_owned() + " $WORK/b1/_cgo_gotypes.go";
        assert_eq!(compiled_package(&cgo), None);
        assert_eq!(compiled_package("cd /x"), None);
    }
}
