//! `--moved`: the project is built by forgo in one directory, goes to directories of other names,
//! and is built there again, from the cache of the first. There forgo compiles nothing but Go parts
//! of cgo packages that can't be moved, and every entry of the stock command's cache, filled in
//! that directory, is in forgo's, byte for byte; so are programs, and test binaries of the packages
//! that `--test-pkgs` names.
//!
//! The names are shorter and longer, with spaces, not in ASCII, and one is a symbolic link.
//!
//! Tools of a release that is not listed have to prove themselves first (docs/trust.md): that is
//! done with a module of many packages, in which forgo compiles the archives that prove the
//! compiler, and then none.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::caches::{self, Comparison, Entries};
use super::checks::{Bench, differing_programs, differing_words, has_main, keep_programs};
use super::report::Row;
use super::side::{Said, Setting};
use crate::programs::{Who, write_file};
use crate::tree;

/// Where it is built first.
const FIRST: &str = "checkout";

/// Where it goes.
const NAMES: [&str; 5] = [
    "höher und größer/a checkout of the same commit",
    "s",
    "a checkout of the same commit, under a longer name",
    "checkouT",
    LINK,
];

/// It leads to a directory of another name.
const LINK: &str = "link";

/// The fields of each package that `list` prints.
const SHOWN: &str = "{{.ImportPath}} {{.Export}} {{.BuildID}}";

/// The project in a directory, and the one cache directory that both commands use in turn: the
/// place of a cache shows in its contents.
struct Place<'b> {
    bench: &'b Bench<'b>,
    /// The bench's, with what forgo adds, in the directory of now.
    setting: Setting<'b>,
    cache: PathBuf,
    out: PathBuf,
    commands: Vec<Vec<String>>,
    /// The entries of both caches at first.
    seeded: Entries,
}

/// The results of the commands.
struct Built {
    /// Packages that the compiler ran for, and whether they have cgo.
    compiled: Vec<(String, bool)>,
    /// The output of each command, without the tools' calls.
    said: Vec<Said>,
    /// Programs by name.
    programs: BTreeMap<String, PathBuf>,
}

impl Built {
    /// How often the compiler ran.
    fn compiles(&self) -> String {
        let cgo = self.compiled.iter().filter(|(_, cgo)| *cgo).count();
        format!("{} and {cgo} of cgo", self.compiled.len() - cgo)
    }
}

/// How much is compared.
pub struct Scope<'a> {
    /// Packages whose test binaries are built.
    pub tested: &'a [String],
    /// Packages compiled for tests alone are compared too.
    pub tests: bool,
    /// So many of the directories.
    pub places: usize,
}

/// Runs the check.
pub fn run(bench: &Bench, scope: &Scope, row: &mut Row) -> Result<(), String> {
    let packages = &bench.project.packages;
    let out = bench.path("out");
    let out_flag = format!("{}/", out.display());
    let mut list = vec!["-export", "-deps", "-x", "-f", SHOWN];
    // The stock command has no instrumented test mains to list.
    if scope.tests && !bench.is_covered() {
        list.push("-test");
    }
    let mut commands = vec![bench.command("list", &list, packages)];
    if has_main(bench)? {
        commands.push(bench.command("build", &["-x", "-o", &out_flag], packages));
    }
    if !scope.tested.is_empty() {
        commands.push(bench.command("test", &["-c", "-x", "-o", &out_flag], scope.tested));
    }
    let moved = bench.path("moved");
    let first = moved.join(FIRST);
    tree::copy_all(&bench.setting.dir, &first)?;
    let mut environment = bench.setting.environment.clone();
    environment.push(("FORGO_EXTRAS".into(), "on".into()));
    let scratch = bench.setting.scratch.clone();
    let mut place = Place {
        bench,
        setting: Setting::new(bench.setting.programs, first, scratch, environment)?,
        cache: bench.path("cache"),
        out,
        commands,
        seeded: caches::entries(&bench.setting.cache(Who::Stock))?,
    };
    if !is_listed(&place.setting.programs.release()) {
        prove(&mut place, &moved, row)?;
    }
    place.build(Who::Forgo)?;
    let mut checkout = place.setting.dir.clone();
    for name in NAMES.into_iter().take(scope.places) {
        let to = moved.join(name);
        // The directory of the earlier name no longer exists.
        let real = match name {
            LINK => moved.join("behind the link"),
            _ => to.clone(),
        };
        let parent = real.parent().unwrap_or(&moved);
        fs::create_dir_all(parent).map_err(|e| format!("{}: {e}", parent.display()))?;
        fs::rename(&checkout, &real).map_err(|e| format!("{}: {e}", real.display()))?;
        if name == LINK {
            std::os::unix::fs::symlink(&real, &to).map_err(|e| e.to_string())?;
        }
        checkout = real;
        place.setting.dir = to;
        place.compare(name, row)?;
    }
    Ok(())
}

/// As many packages as prove every rule, with some more, of which the first have assembly and the
/// last cgo.
const PROOF: usize = 36;
const OF_EACH: usize = 8;

/// Builds the packages that prove the tools in two directories, and then in a third one, where
/// forgo compiles none.
fn prove(place: &mut Place<'_>, moved: &Path, row: &mut Row) -> Result<(), String> {
    let whole = std::mem::replace(
        &mut place.commands,
        vec![["build", "-x", "./..."].map(str::to_owned).to_vec()],
    );
    let project = place.setting.dir.clone();
    let mut compiles = Vec::new();
    for name in ["proof", "proof in another directory", "third proof"] {
        let dir = moved.join(name);
        write_proof(&dir)?;
        place.setting.dir = dir;
        let built = place.build(Who::Forgo)?;
        compiles.push(built.compiled.len());
        row.tell(&format!(
            "in {name:?}: {} compiles with forgo",
            built.compiles()
        ));
    }
    if compiles[2] != 0 {
        let text = format!("compiles of an unlisted compiler in three directories: {compiles:?}");
        row.note("moved", &[text]);
    }
    (place.setting.dir, place.commands) = (project, whole);
    Ok(())
}

fn write_proof(dir: &Path) -> Result<(), String> {
    write_file(&dir.join("go.mod"), "module example.com/proof\n\ngo 1.26\n")?;
    for i in 0..PROOF {
        let assembly = i < OF_EACH;
        let cgo = i >= PROOF - OF_EACH;
        let import = if cgo {
            "// enum { N = 1 };\nimport \"C\"\n"
        } else {
            ""
        };
        let body = match (assembly, cgo) {
            (true, _) => "func g() int\n".to_owned(),
            (_, true) => "func g() int { return C.N }\n".to_owned(),
            _ => format!("func g() int {{ return {i} }}\n"),
        };
        let text =
            format!("package p{i}\n\n{import}\n{body}\nfunc F(x []int) int {{ return x[g()] }}\n");
        write_file(&dir.join(format!("p{i}/p.go")), &text)?;
        if assembly {
            let text = format!("TEXT ·g(SB),4,$0-8\n\tMOVQ ${i}, ret+0(FP)\n\tRET\n");
            write_file(&dir.join(format!("p{i}/g.s")), &text)?;
        }
    }
    Ok(())
}

impl Place<'_> {
    /// Builds with both, and compares all that comes of it.
    fn compare(&self, name: &str, row: &mut Row) -> Result<(), String> {
        let forgo = self.build(Who::Forgo)?;
        let stock = self.build(Who::Stock)?;
        let mut differences: Vec<String> = forgo
            .compiled
            .iter()
            .filter(|(_, cgo)| !cgo)
            .map(|(package, _)| format!("in {name:?} {package} is compiled"))
            .collect();
        if stock.compiled.is_empty() {
            differences.push(format!("in {name:?} the stock command compiles nothing"));
        }
        for (theirs, ours) in stock.said.iter().zip(&forgo.said) {
            let words = differing_words(theirs, ours);
            differences.extend(words.iter().map(|text| format!("in {name:?} {text}")));
        }
        row.note("moved", &differences);
        let caches = Who::BOTH.map(|who| self.setting.cache(who));
        let comparison = Comparison {
            caches: [&caches[0], &caches[1]],
            names: &HashMap::new(),
            seeded: &self.seeded,
            index: &HashSet::new(),
            plain: &|text| String::from_utf8_lossy(text).into_owned(),
            // What coverage adds to an archive is made by a compile alone; `list` has named the
            // archives.
            partial: self.bench.is_covered(),
        };
        let (compared, differences) = comparison.differences()?;
        // The stock command's cache holds its entries of the earlier directories, too.
        row.archives = compared;
        row.note("archives", &differences);
        if !stock.programs.is_empty() {
            row.programs += stock.programs.len();
            row.note(
                "programs",
                &differing_programs(&stock.programs, &forgo.programs),
            );
        }
        row.tell(&format!(
            "in {name:?}: {} compiles with go, {} with forgo, {compared} entries, {} programs",
            stock.compiles(),
            forgo.compiles(),
            stock.programs.len()
        ));
        Ok(())
    }

    /// Runs the commands, all of which must succeed.
    fn build(&self, who: Who) -> Result<Built, String> {
        let own = self.setting.cache(who);
        let fault = |e| format!("{}: {e}", own.display());
        fs::rename(&own, &self.cache).map_err(fault)?;
        let ran: Result<Vec<Said>, String> = self
            .commands
            .iter()
            .map(|args| {
                let said = self.setting.run(who, &self.cache, "", args)?;
                match said.code {
                    0 => Ok(said),
                    _ => Err(format!("{} {args:?}: {}", who.title(), said.stderr)),
                }
            })
            .collect();
        fs::rename(&self.cache, &own).map_err(fault)?;
        let mut said = ran?;
        let mut compiled = Vec::new();
        for said in &mut said {
            // The tools' calls: there is more of them on one side.
            let calls = std::mem::take(&mut said.stderr);
            compiled.extend(calls.lines().filter_map(compiled_package));
        }
        let kept = self.bench.path(&format!("out-{}", who.title()));
        let _ = fs::remove_dir_all(&kept);
        Ok(Built {
            compiled,
            said,
            programs: keep_programs(&self.out, &kept)?,
        })
    }
}

/// The package that a line of `-x` compiles, and whether it has cgo.
fn compiled_package(line: &str) -> Option<(String, bool)> {
    let (_, args) = line.split_once("/compile -o ")?;
    let (_, package) = args.split_once(" -p ")?;
    let cgo = args.contains("_cgo_gotypes.go");
    let package = package.split(' ').next()?;
    Some((package.to_owned(), cgo))
}

/// Reports whether forgo trusts its rules for this release without a proof in each cache.
fn is_listed(release: &str) -> bool {
    let list = include_str!("../../../forgo-golang/releases.txt");
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    let mut rights = lines.filter_map(|line| line.strip_prefix(release)?.strip_prefix(' '));
    rights.any(|rights| rights.split_whitespace().any(|right| right == "tools"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compiles_are_known_by_their_lines() {
        let line =
            "/go/pkg/tool/compile -o $WORK/b1/_pkg_.a -trimpath x -p a/b -lang=go1.26 ./x.go";
        let package = |cgo| Some(("a/b".to_owned(), cgo));
        assert_eq!(compiled_package(line), package(false));
        let cgo = line.to_owned() + " $WORK/b1/_cgo_gotypes.go";
        assert_eq!(compiled_package(&cgo), package(true));
        assert_eq!(compiled_package("cd /x"), None);
    }
}
