//! Exercises 3, 5 and 11: cold against warm, one byte changed, everything rebuilt.

use std::fmt::Write as _;

use super::Exercise;
use oracle::programs::Who;

use super::lab::{Lab, Run};
use super::sheet::Sheet;
use super::tool_calls::FULL;

/// Exercise 3.
pub const COLD_AND_WARM: Exercise = Exercise {
    number: 3,
    title: "Measure cold against warm",
    look: "The first build compiles the standard library too; the second finds every key in the\n\
           cache, so that only the link is left, whose output is thrown away.",
    run: cold_and_warm,
};

fn cold_and_warm(lab: &Lab, sheet: &mut Sheet) -> Result<(), String> {
    sheet.command("build ./...        (cold, then warm)");
    let mut columns = Vec::new();
    lab.warm()?;
    for (who, built) in Who::BOTH.into_iter().zip(lab.cold()?) {
        let cold = &built.run;
        let warm = lab.go(who, &["build", "-x", "./..."])?;
        sheet.check_of(
            who,
            "both builds succeed",
            cold.code == 0 && warm.code == 0,
            &cold.stderr,
        );
        let (first, second) = (cold.compiled().len(), warm.compiled().len());
        sheet.check_of(
            who,
            "cold: everything is compiled",
            first > 20,
            &format!("{first} compiles"),
        );
        sheet.check_of(
            who,
            "warm: nothing is compiled",
            second == 0,
            &format!("{second} compiles"),
        );
        let builds = || built.graph.iter().filter(|a| a.mode == "build");
        let all: f64 = builds().map(|a| a.seconds()).sum();
        let std: f64 = builds()
            .filter(|a| !a.package.starts_with("example.com/"))
            .map(|a| a.seconds())
            .sum();
        let mut text = String::new();
        let _ = writeln!(
            text,
            "cold: {:.2} s, {first} compiles",
            cold.wall.as_secs_f64()
        );
        let _ = writeln!(
            text,
            "warm: {:.2} s, {second} compiles",
            warm.wall.as_secs_f64()
        );
        let _ = writeln!(
            text,
            "warm/cold: {:.1} %",
            100.0 * warm.wall.as_secs_f64() / cold.wall.as_secs_f64()
        );
        let _ = writeln!(
            text,
            "std's share of cold: {:.0} %",
            100.0 * std / all.max(1e-9)
        );
        columns.push((text, cold.compiled()));
    }
    sheet.facts("times", &columns[0].0, &columns[1].0);
    sheet.check(
        "the same packages are compiled",
        columns[0].1 == columns[1].1,
        "",
    );
    Ok(())
}

/// Exercise 5.
pub const ONE_BYTE: Exercise = Exercise {
    number: 5,
    title: "Bust the cache with a one-byte change",
    look: "greet's key holds its source; main's key holds greet's content. So both compile, and the\n\
           link follows. Reverted, both keys are those of before.",
    run: one_byte,
};

fn one_byte(lab: &Lab, sheet: &mut Sheet) -> Result<(), String> {
    lab.warm()?;
    // A separate output for each: with a program in place that already holds the main package's
    // archive, main would not be compiled.
    let build = |who: Who| {
        let out = lab
            .beside(&format!("lab-{}", who.title()))
            .display()
            .to_string();
        lab.go(who, &["build", "-x", "-o", &out, "."])
    };
    sheet.command("build -x .          (\"hello, \" is now \"hallo, \")");
    lab.edit("greet/greet.go", "hello, ", "hallo, ")?;
    let edited = [build(Who::Stock)?, build(Who::Forgo)?];
    compare_compiled(sheet, "compiled after the edit", &edited);
    let expected = ["example.com/cachelab/greet", "main"];
    sheet.check(
        "exactly greet and main",
        edited[1].compiled() == expected,
        &edited[1].compiled().join("\n"),
    );
    sheet.command("build -x .          (reverted)");
    lab.edit("greet/greet.go", "hallo, ", "hello, ")?;
    let reverted = [build(Who::Stock)?, build(Who::Forgo)?];
    compare_compiled(sheet, "compiled after the revert", &reverted);
    sheet.check(
        "none",
        reverted[1].compiled().is_empty(),
        &reverted[1].compiled().join("\n"),
    );
    Ok(())
}

fn compare_compiled(sheet: &mut Sheet, label: &str, runs: &[Run; 2]) {
    let show = |r: &Run| match r.compiled() {
        list if list.is_empty() => "none".to_string(),
        list => list.join("\n"),
    };
    sheet.same(label, show(&runs[0]), show(&runs[1]));
    for (who, run) in Who::BOTH.into_iter().zip(runs) {
        sheet.check_of(who, "exit status 0", run.code == 0, &run.stderr);
    }
}

/// Exercise 11.
pub const FULL_REBUILD: Exercise = Exercise {
    number: 11,
    title: "Force a full rebuild and feel the cost",
    look: "-a runs every action again, the standard library's too, although every key is known:\n\
           in CI it throws away all that the cache is for.",
    run: full_rebuild,
};

fn full_rebuild(lab: &Lab, sheet: &mut Sheet) -> Result<(), String> {
    lab.warm()?;
    sheet.command("build .");
    sheet.command(FULL);
    let mut compiled = Vec::new();
    let mut texts = Vec::new();
    for (who, built) in Who::BOTH.into_iter().zip(lab.full()?) {
        let warm = lab.go(who, &["build", "-x", "."])?;
        let all = &built.run;
        sheet.check_of(
            who,
            "exit status 0",
            warm.code == 0 && all.code == 0,
            &all.stderr,
        );
        sheet.check_of(
            who,
            "warm: nothing is compiled",
            warm.compiled().is_empty(),
            "",
        );
        let list = all.compiled();
        let has = |p: &str| list.iter().any(|c| c == p);
        let ok = has("runtime") && has("fmt") && has("example.com/cachelab/greet") && has("main");
        sheet.check_of(
            who,
            "-a: std, greet and main are compiled",
            ok,
            &list.join(" "),
        );
        let mut text = String::new();
        let _ = writeln!(
            text,
            "warm: {:.2} s, {} compiles",
            warm.wall.as_secs_f64(),
            warm.compiled().len()
        );
        let _ = writeln!(
            text,
            "-a:   {:.2} s, {} compiles",
            all.wall.as_secs_f64(),
            list.len()
        );
        texts.push(text);
        compiled.push(list);
    }
    sheet.facts("times", &texts[0], &texts[1]);
    sheet.check(
        "the same packages are compiled",
        compiled[0] == compiled[1],
        "",
    );
    Ok(())
}
