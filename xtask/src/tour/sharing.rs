//! Exercises 10 and 13: one GOCACHE for two directories; reproducible builds.

use std::collections::BTreeSet;

use super::Exercise;
use oracle::programs::Who;

use super::lab::{Lab, Run};
use super::sheet::Sheet;

const EXTRAS_OFF: [(&str, &str); 1] = [("FORGO_EXTRAS", "off")];

/// Exercise 10.
pub const TWO_DIRECTORIES: Exercise = Exercise {
    number: 10,
    title: "Share one GOCACHE between two project directories",
    look: "The directory is part of a package's key, unless -trimpath keeps it out of the archive.\n\
           So a copy compiles its own packages again but not the standard library's; with -trimpath\n\
           it compiles nothing. forgo moves archives between directories instead of compiling them\n\
           (docs/moving.md), unless FORGO_EXTRAS=off.",
    run: two_directories,
};

fn two_directories(lab: &Lab, sheet: &mut Sheet) -> Result<(), String> {
    lab.warm()?;
    let copy = lab.copy_to("cache-lab2")?;
    for (flags, want) in [
        (&[][..], &["example.com/cachelab/greet", "main"][..]),
        (&["-trimpath"], &[]),
    ] {
        let args = [&["build", "-x"][..], flags, &["./..."]].concat();
        sheet.command(&format!(
            "{}     (in cache-lab, then in cache-lab2; FORGO_EXTRAS=off)",
            args.join(" ")
        ));
        let mut second: Vec<Run> = Vec::new();
        for who in Who::BOTH {
            let first = lab.go_env(who, &EXTRAS_OFF, &args)?;
            sheet.check_of(who, "exit status 0", first.code == 0, &first.stderr);
            second.push(lab.go_in(who, &copy, &EXTRAS_OFF, &args)?);
        }
        sheet.same(
            "compiled in the second directory",
            show(&second[0]),
            show(&second[1]),
        );
        sheet.check_of(
            Who::Forgo,
            "as the keys say",
            second[1].compiled() == want,
            &show(&second[1]),
        );
    }
    moved(lab, sheet)
}

/// forgo's addition: the same bytes in another directory, and nothing is compiled for them.
fn moved(lab: &Lab, sheet: &mut Sheet) -> Result<(), String> {
    let copies = [lab.copy_to("cache-lab3")?, lab.copy_to("elsewhere/lab")?];
    sheet.command("build -x -o app .     (in cache-lab3, then in elsewhere/lab)");
    let mut sums = Vec::new();
    for who in Who::BOTH {
        let out = lab.beside("app");
        let file = out.display().to_string();
        let args = ["build", "-x", "-o", &file, "."];
        let first = lab.go_in(who, &copies[0], &[], &args)?;
        let second = lab.go_in(who, &copies[1], &[], &args)?;
        for run in [&first, &second] {
            sheet.check_of(who, "exit status 0", run.code == 0, &run.stderr);
        }
        if who == Who::Forgo {
            let none = second.compiled().is_empty();
            sheet.check_of(who, "nothing is compiled there", none, &show(&second));
        }
        sums.push(lab.sum(&out)?);
        std::fs::remove_file(&out).map_err(|e| e.to_string())?;
    }
    sheet.same("program", sums.remove(0), sums.remove(0));
    Ok(())
}

fn show(run: &Run) -> String {
    match run.compiled() {
        list if list.is_empty() => "nothing".to_string(),
        list => list.join("\n"),
    }
}

/// Exercise 13.
pub const REPRODUCIBLE: Exercise = Exercise {
    number: 13,
    title: "Reproducible build check",
    look: "With -trimpath and an empty build ID two builds that know nothing of each other give the same\n\
           bytes, here and in another directory: from a cache that has of all this the standard library,\n\
           compiled by each command from cold. Without -trimpath the directory is in the program.",
    run: reproducible,
};

fn reproducible(lab: &Lab, sheet: &mut Sheet) -> Result<(), String> {
    let copy = lab.copy_to("elsewhere/cache-lab")?;
    let trimmed = &["build", "-trimpath", "-ldflags=-buildid=", "-o"][..];
    let plain = &["build", "-ldflags=-buildid=", "-o"][..];
    sheet.command("build -trimpath -ldflags=-buildid= -o app .     (twice, each from a cache with the standard library alone)");
    sheet.command("build -ldflags=-buildid= -o app .     (here, and in another directory)");
    let mut shown = Vec::new();
    let mut all = Vec::new();
    for who in Who::BOTH {
        let mut sums = Vec::new();
        for (name, dir, flags, cold) in [
            ("app1", lab.dir(), trimmed, true),
            ("app2", lab.dir(), trimmed, true),
            ("app3", copy.clone(), trimmed, false),
            ("app4", lab.dir(), plain, false),
            ("app5", copy.clone(), plain, false),
        ] {
            if cold {
                lab.warm_one(who)?;
            }
            let out = lab.beside(name);
            let file = out.display().to_string();
            let run = lab.go_in(who, &dir, &[], &[flags, &[&file, "."]].concat())?;
            sheet.check_of(who, &format!("{name} is built"), run.code == 0, &run.stderr);
            sums.push(lab.sum(&out)?);
            std::fs::remove_file(&out).map_err(|e| e.to_string())?;
        }
        sheet.check_of(
            who,
            "with -trimpath: the same sum twice, and in another directory",
            sums[0] == sums[1] && sums[1] == sums[2],
            "",
        );
        sheet.check_of(
            who,
            "without it: another directory, another sum",
            sums[3] != sums[4],
            "",
        );
        let label = [
            "trimmed",
            "trimmed again",
            "trimmed elsewhere",
            "here",
            "elsewhere",
        ];
        shown.push(
            label
                .iter()
                .zip(&sums)
                .map(|(l, s)| format!("{:.12} {l}\n", s))
                .collect::<String>(),
        );
        all.push(sums);
    }
    sheet.facts("SHA-256", &shown[0], &shown[1]);
    sheet.check(
        "go's and forgo's programs are the same, byte for byte",
        all[0] == all[1],
        "",
    );
    let distinct: BTreeSet<&String> = all.iter().flatten().collect();
    sheet.check(
        "three different programs in all",
        distinct.len() == 3,
        &format!("{}", distinct.len()),
    );
    Ok(())
}
