//! Exercises 6 and 7: watch a key being computed; what `-gcflags` is scoped to.

use super::Exercise;
use oracle::programs::Who;

use super::lab::{Lab, Run};
use super::sheet::{Sheet, first_difference};

/// Exercise 6.
pub const WATCH_THE_KEY: Exercise = Exercise {
    number: 6,
    title: "Watch the cache key being computed",
    look: "GODEBUG=gocachehash=1 prints every line that goes into a key: the compiler's version,\n\
           the flags, each source file's hash, each import's content ID; then the key itself.",
    run: watch_the_key,
};

/// The lines of gocachehash that make the key of `package`'s compile.
fn key_lines(run: &Run, package: &str) -> Vec<String> {
    let mark = format!("HASH[build {package}]");
    run.stderr
        .lines()
        .filter(|l| l.starts_with(&mark))
        .map(str::to_string)
        .collect()
}

/// Every HASH line, sorted, without those of the stock command's module index, which forgo has not.
fn all_hash_lines(run: &Run, lab: &Lab, who: Who) -> String {
    let cache = lab.cache(who).display().to_string();
    let work = regex::Regex::new(r"/[^ ]*/go-build\d+").expect("a valid expression");
    let mut lines: Vec<String> = run
        .stderr
        .lines()
        .filter(|l| l.starts_with("HASH") && !l.starts_with("HASH[moduleIndex]"))
        .map(|l| {
            work.replace_all(&l.replace(&cache, "$GOCACHE"), "$$WORK")
                .into_owned()
                + "\n"
        })
        .collect();
    lines.sort();
    lines.dedup();
    lines.concat()
}

fn watch_the_key(lab: &Lab, sheet: &mut Sheet) -> Result<(), String> {
    lab.warm()?;
    let package = "example.com/cachelab/greet";
    let mut sums = Vec::new();
    for flag in ["", "-trimpath"] {
        let args: Vec<&str> = ["build", flag, "./greet"]
            .into_iter()
            .filter(|a| !a.is_empty())
            .collect();
        sheet.command(&format!("{}     (GODEBUG=gocachehash=1)", args.join(" ")));
        let run = |who| lab.go_env(who, &[("GODEBUG", "gocachehash=1")], &args);
        let runs = [run(Who::Stock)?, run(Who::Forgo)?];
        let lines = runs.each_ref().map(|r| key_lines(r, package));
        let brief = |l: &[String]| {
            let mark = format!("HASH[build {package}]");
            l.iter()
                .map(|l| format!("{}\n", l.trim_start_matches(&mark).trim_start_matches(": ")))
                .collect::<String>()
        };
        sheet.same("the key of greet", brief(&lines[0]), brief(&lines[1]));
        for need in ["compile ", "file greet.go ", "goos "] {
            let found = lines[1].iter().any(|l| l.contains(need));
            sheet.check_of(
                Who::Forgo,
                &format!("{:?} is in the key", need.trim()),
                found,
                &lines[1].join("\n"),
            );
        }
        let (a, b) = (
            all_hash_lines(&runs[0], lab, Who::Stock),
            all_hash_lines(&runs[1], lab, Who::Forgo),
        );
        let what = format!(
            "all {} HASH lines of the build: the same",
            a.lines().count()
        );
        sheet.check(&what, a == b && !a.is_empty(), &first_difference(&a, &b));
        sums.push(lines[1].last().cloned().unwrap_or_default());
    }
    sheet.check(
        "-trimpath changes the key",
        sums[0] != sums[1],
        &sums.join("\n"),
    );
    Ok(())
}

/// Exercise 7.
pub const GCFLAGS_SCOPE: Exercise = Exercise {
    number: 7,
    title: "Prove -gcflags scoping",
    look: "Without a pattern -gcflags is for the packages named on the command line; all= is for\n\
           every package of the build. A report is kept with the archive and replayed from the cache.",
    run: gcflags_scope,
};

fn gcflags_scope(lab: &Lab, sheet: &mut Sheet) -> Result<(), String> {
    lab.warm()?;
    for (flag, everywhere) in [("-gcflags=-m", false), ("-gcflags=all=-m", true)] {
        sheet.command(&format!("build {flag} ./...     (twice)"));
        let mut reports = Vec::new();
        for who in Who::BOTH {
            let first = lab.go(who, &["build", flag, "./..."])?;
            let again = lab.go(who, &["build", "-x", flag, "./..."])?;
            sheet.check_of(
                who,
                "exit status 0",
                first.code == 0 && again.code == 0,
                &first.stderr,
            );
            sheet.check_of(
                who,
                "the second run compiles nothing",
                again.compiled().is_empty(),
                "",
            );
            let (fresh, replayed) = (report(&first), report(&again));
            sheet.check_of(
                who,
                "the replayed report is the first one",
                fresh == replayed,
                &first_difference(&fresh, &replayed),
            );
            let std = fresh.contains("# runtime\n");
            sheet.check_of(
                who,
                if everywhere {
                    "std reports"
                } else {
                    "std does not report"
                },
                std == everywhere,
                "",
            );
            reports.push(fresh);
        }
        let count = |r: &str| {
            format!(
                "{} lines with 'inlining'",
                r.lines().filter(|l| l.contains("inlining")).count()
            )
        };
        sheet.facts("report", count(&reports[0]), count(&reports[1]));
        let same = reports[0] == reports[1] && reports[0].contains("can inline");
        sheet.check(
            "the same report",
            same,
            &first_difference(&reports[0], &reports[1]),
        );
    }
    Ok(())
}

/// The compiler's report: its blocks, each headed by `# package`, sorted, since packages compile in
/// any order. Lines that `-x` adds are left out.
fn report(run: &Run) -> String {
    let mut blocks: Vec<String> = Vec::new();
    let mut open = false;
    let line_of_report =
        regex::Regex::new(r"^(\S+\.(go|s):\d+|<autogenerated>:\d+|<unknown line number>)")
            .expect("a valid expression");
    for line in run.stderr.lines() {
        if line.starts_with("# ") && !line.starts_with("# internal") && !line.contains(".go") {
            blocks.push(format!("{line}\n"));
            open = true;
        } else if let (true, Some(block), true) =
            (open, blocks.last_mut(), line_of_report.is_match(line))
        {
            block.push_str(line);
            block.push('\n');
        } else {
            open = open && (line.starts_with('\t') || line.starts_with(' '));
        }
    }
    blocks.retain(|b| b.lines().count() > 1);
    blocks.sort();
    blocks.concat()
}
