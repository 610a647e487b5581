//! Exercises 1 and 2: read the tool calls that `-x` shows, and the files in `$WORK`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::Exercise;
use oracle::programs::Who;

use super::lab::{Lab, Run, flag_value};
use super::sheet::Sheet;

/// The build of everything that five exercises look at.
pub const FULL: &str =
    "build -a -x -work -debug-actiongraph=ag.json .     (one run for exercises 1, 2, 4, 11, 14)";

/// Exercise 1.
pub const READ_TOOL_CALLS: Exercise = Exercise {
    number: 1,
    title: "Read every tool call from -x",
    look: "In order: the WORK= line, a compile for greet, a compile for main, the link.\n\
           -importcfg names the file that maps each import path to the compiled archive to read.",
    run: read_tool_calls,
};

fn read_tool_calls(lab: &Lab, sheet: &mut Sheet) -> Result<(), String> {
    sheet.command(FULL);
    let runs = lab.full()?.each_ref().map(|built| &built.run);
    let show = |r: &Run| {
        milestones(r)
            .iter()
            .map(|(_, text)| format!("{text}\n"))
            .collect::<String>()
    };
    sheet.same("the steps, in order", show(runs[0]), show(runs[1]));
    for (who, run) in Who::BOTH.into_iter().zip(runs) {
        sheet.check_of(who, "exit status 0", run.code == 0, &run.stderr);
        let steps = milestones(run);
        let names: Vec<&str> = steps.iter().map(|(name, _)| *name).collect();
        let want = ["WORK", "compile greet", "compile main", "link"];
        sheet.check_of(
            who,
            "WORK=, compile greet, compile main, link",
            names == want,
            &names.join(", "),
        );
    }
    let tools = |r: &Run| {
        let all: BTreeSet<String> = ["compile", "asm", "link"]
            .iter()
            .flat_map(|t| r.tool_calls(t))
            .collect();
        all.iter()
            .map(|l| format!("{}\n", without_volatile(l)))
            .collect::<BTreeSet<_>>()
    };
    let (a, b) = (tools(runs[0]), tools(runs[1]));
    sheet.facts(
        "tool calls",
        format!("{} different", a.len()),
        format!("{} different", b.len()),
    );
    let odd: Vec<String> = a.symmetric_difference(&b).take(4).cloned().collect();
    sheet.check(
        "every compile, asm and link call is the same",
        a == b,
        &odd.concat(),
    );
    Ok(())
}

/// The lines of the exercise: their names, and their text without the parts that differ from run to
/// run.
fn milestones(run: &Run) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for line in run.stderr.lines() {
        let name = if line.starts_with("WORK=") {
            "WORK"
        } else if line.contains("/compile ")
            && flag_value(line, "-p").as_deref() == Some("example.com/cachelab/greet")
        {
            "compile greet"
        } else if line.contains("/compile ") && flag_value(line, "-p").as_deref() == Some("main") {
            "compile main"
        } else if line.contains("/link -o ") {
            "link"
        } else {
            continue;
        };
        let text = match name {
            "WORK" => "WORK=$TMP/go-build…".to_string(),
            _ => format!(
                "{name} -importcfg {}",
                flag_value(line, "-importcfg").unwrap_or_default()
            ),
        };
        found.push((name, text));
    }
    found
}

/// A tool call without the compiler's concurrency, which depends on what else runs at the moment.
fn without_volatile(line: &str) -> String {
    let words = line.split(' ').filter(|w| !w.starts_with("-c="));
    words.collect::<Vec<_>>().join(" ")
}

/// Exercise 2.
pub const EXPLORE_WORK: Exercise = Exercise {
    number: 2,
    title: "Keep and explore $WORK",
    look: "-work keeps the directory. b001 is the main package's: its archive, the importcfg of the\n\
           compile and of the link. Another bNNN is greet's.",
    run: explore_work,
};

fn explore_work(lab: &Lab, sheet: &mut Sheet) -> Result<(), String> {
    sheet.command(FULL);
    let mut listings = Vec::new();
    for (who, built) in Who::BOTH.into_iter().zip(lab.full()?) {
        let run = &built.run;
        let work = run
            .stderr
            .lines()
            .find_map(|l| l.strip_prefix("WORK="))
            .map(PathBuf::from);
        let Some(work) = work else {
            sheet.check_of(who, "prints WORK=", false, &run.stderr);
            continue;
        };
        sheet.check_of(
            who,
            "$WORK is kept",
            work.is_dir(),
            &work.display().to_string(),
        );
        listings.push(look_at_work(&built.cache, who, &work, sheet)?);
    }
    if let [stock, forgo] = listings.as_slice() {
        sheet.same("$WORK/b001", &stock.files, &forgo.files);
        sheet.same(
            "importcfg of main, archives named by package",
            &stock.importcfg,
            &forgo.importcfg,
        );
        sheet.same("greet is built in", &stock.greet, &forgo.greet);
        sheet.same("packages in importcfg.link", stock.linked, forgo.linked);
    }
    Ok(())
}

struct Listing {
    files: String,
    importcfg: String,
    greet: String,
    linked: usize,
}

fn look_at_work(cache: &Path, who: Who, work: &Path, sheet: &mut Sheet) -> Result<Listing, String> {
    let b001 = work.join("b001");
    let mut files: Vec<String> = fs::read_dir(&b001)
        .map_err(|e| format!("{}: {e}", b001.display()))?
        .filter_map(|e| Some(e.ok()?.file_name().to_string_lossy().into_owned()))
        .collect();
    files.sort();
    for name in ["_pkg_.a", "importcfg", "importcfg.link"] {
        sheet.check_of(
            who,
            &format!("b001 has {name}"),
            files.iter().any(|f| f == name),
            &files.join(" "),
        );
    }
    let read = |name: &str| fs::read_to_string(b001.join(name)).map_err(|e| e.to_string());
    let importcfg = read("importcfg")?;
    let archives: Vec<(&str, &str)> = importcfg
        .lines()
        .filter_map(|l| l.strip_prefix("packagefile ")?.split_once('='))
        .collect();
    let exist = archives.iter().all(|(_, file)| Path::new(file).is_file());
    sheet.check_of(
        who,
        "importcfg maps import paths to archives that exist",
        exist && !archives.is_empty(),
        &importcfg,
    );
    let place = |file: &str| {
        let in_work = Path::new(file)
            .strip_prefix(work)
            .map(|p| format!("$WORK/{}", p.display()));
        in_work.unwrap_or_else(|_| file.replace(&cache.display().to_string(), "$GOCACHE"))
    };
    let greet = archives
        .iter()
        .find(|(p, _)| *p == "example.com/cachelab/greet")
        .map(|(_, f)| place(f));
    Ok(Listing {
        files: files.join("\n"),
        importcfg: archives
            .iter()
            .map(|(p, f)| format!("{p} {}\n", place(f)))
            .collect(),
        greet: greet.unwrap_or_else(|| "nowhere".into()),
        linked: read("importcfg.link")?
            .lines()
            .filter(|l| l.starts_with("packagefile "))
            .count(),
    })
}
