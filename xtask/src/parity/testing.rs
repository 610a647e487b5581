//! `--tests`: do `list`, `vet` and `test` say of a project what the stock command's say, with the same keys?
//!
//! First what would be done (`-n`: nothing is compiled); unless `--dry` is asked, then each command on a
//! cache of its own, again on what that left (where results are `(cached)`), and at last on a copy of
//! what the other command left. Of a package whose tests fail only the verdicts count: what a failing test
//! has to say is not the command's, and seldom the same twice. Under `FORGO_EXTRAS=on` no keys are compared.

use std::fs;
use std::path::{Path, PathBuf};

use super::Extent;
use super::checks::{Bench, differing_keys, differing_words, list, sorted, without_seeds};
use super::report::Row;
use super::side::{Said, copy_cache};
use super::trace::Trace;
use crate::tour::lab::Who;

/// What is asked: the command and its flags.
const QUESTIONS: [(&str, &[&str]); 2] = [("vet", &[]), ("test", &["-short"])];

/// Runs the checks; of `tested`, where there are any, only those packages' tests.
pub fn run(bench: &Bench, extent: Extent, tested: &[String], row: &mut Row) -> Result<(), String> {
    list(bench, &[&["-deps", "-test", "-json"]], row)?;
    let all = &bench.project.packages;
    let packages = |command: &str| match command {
        "test" if !tested.is_empty() => tested,
        _ => all,
    };
    for (command, flags) in QUESTIONS {
        let dry: Vec<&str> = ["-n", "-p=1"].iter().chain(flags).copied().collect();
        let args = bench.command(command, &dry, packages(command));
        let own = Who::BOTH.map(|who| bench.setting.cache(who));
        compare(bench, "keys", &own, &args, row)?;
    }
    if extent == Extent::Dry {
        return Ok(());
    }
    for (command, flags) in QUESTIONS {
        let args = bench.command(command, flags, packages(command));
        let own = Who::BOTH.map(|who| bench.setting.cache(who));
        compare(bench, "keys", &own, &args, row)?;
        let others = [
            copied(bench, Who::Forgo, command)?,
            copied(bench, Who::Stock, command)?,
        ];
        compare(bench, "keys", &own, &args, row)?;
        compare(bench, "sharing", &others, &args, row)?;
    }
    Ok(())
}

/// A copy of what a command has left in its cache.
fn copied(bench: &Bench, who: Who, command: &str) -> Result<PathBuf, String> {
    let copy = bench.path(&format!("{command}-after-{}", who.title()));
    copy_cache(&bench.setting.cache(who), &copy)?;
    Ok(copy)
}

/// Asks both, the stock command first, each on its cache; notes what differs in keys under `check`, the
/// rest as words, and tells what was compared.
fn compare(
    bench: &Bench,
    check: &str,
    caches: &[PathBuf; 2],
    args: &[String],
    row: &mut Row,
) -> Result<(), String> {
    let mut answers = Vec::new();
    for (who, cache) in Who::BOTH.into_iter().zip(caches) {
        answers.push(ask(bench, who, cache, args)?);
    }
    let [(theirs, their_keys), (ours, our_keys)] = &answers[..] else {
        unreachable!("both were asked");
    };
    let question = args.join(" ");
    let titled = |list: Vec<String>| -> Vec<String> {
        list.iter().map(|d| format!("{question}: {d}")).collect()
    };
    row.note("words", &titled(differing_words(theirs, ours)));
    row.note(check, &titled(differing_keys(their_keys, our_keys)));
    let cached = theirs
        .stdout
        .lines()
        .filter(|line| line.contains("(cached)"));
    row.tell(&format!(
        "{question}: {} lines of keys, {} results, {} of them cached, {} lines of errors; exit status {}",
        their_keys.lines.len(),
        verdicts(&theirs.stdout),
        cached.count(),
        theirs.stderr.lines().count(),
        theirs.code
    ));
    Ok(())
}

/// Runs a command; what it says without what differs by chance, and its keys. Both have their cache in
/// the same place: tests that ask for GOCACHE have it among their inputs.
fn ask(bench: &Bench, who: Who, cache: &Path, args: &[String]) -> Result<(Said, Trace), String> {
    let place = bench.path("cache");
    let moved = |from: &Path, to: &Path| {
        fs::rename(from, to).map_err(|e| format!("{} to {}: {e}", from.display(), to.display()))
    };
    moved(cache, &place)?;
    // To see the keys is to switch forgo's own features off.
    let godebug = match bench.setting.has_extras() {
        true => "",
        false => "gocachehash=1,gocachetest=1",
    };
    let said = bench.setting.run(who, &place, godebug, args);
    moved(&place, cache)?;
    let mut said = said?;
    let trace = Trace::read(&said.stderr);
    let words = trace.settled(&trace.words);
    said.stderr = if args.iter().any(|arg| arg == "-n") {
        without_seeds(&words)
    } else {
        // Commands that run at the same time are told in any order.
        sorted(&words)
    };
    said.stdout = settled_results(&said.stdout);
    Ok((said, trace))
}

/// Is this the line with which `test` ends what it says of a package?
fn is_verdict(line: &str) -> bool {
    let word = line.split_whitespace().next().unwrap_or_default();
    let mark = line.strip_prefix(word).unwrap_or_default();
    (matches!(word, "ok" | "?" | "FAIL") && mark.starts_with(char::is_whitespace))
        || line.starts_with("\t") && line.contains("coverage: ")
}

fn verdicts(stdout: &str) -> usize {
    stdout.lines().filter(|line| is_verdict(line)).count()
}

/// The standard output of `test` without times, and without what failing tests print.
fn settled_results(stdout: &str) -> String {
    let mut out = String::new();
    let mut of_package: Vec<String> = Vec::new();
    for line in stdout.lines() {
        of_package.push(without_times(line));
        if is_verdict(line) {
            let failed = line.starts_with("FAIL");
            of_package.retain(|line| !failed || is_telling(line));
            of_package.drain(..).for_each(|line| {
                out.push_str(&line);
                out.push('\n');
            });
        }
    }
    out.push_str(&of_package.join("\n"));
    out
}

/// Does a line of a failed package's tell which of its tests did what, or why it was not run?
fn is_telling(line: &str) -> bool {
    line.trim_start().starts_with("--- ") || is_verdict(line) || line == "FAIL"
}

/// `ok  p  0.018s` and `--- FAIL: TestX (0.02s)` without their times.
fn without_times(line: &str) -> String {
    let is_time = |text: &str| {
        let text = text.trim_start_matches('(').trim_end_matches(')');
        text.strip_suffix('s')
            .is_some_and(|number| number.contains('.') && number.parse::<f64>().is_ok())
    };
    if !is_verdict(line) && !line.trim_start().starts_with("--- ") {
        return line.to_owned();
    }
    let words = line.split_inclusive(char::is_whitespace);
    let plain = words.map(|word| match word.trim_end() {
        time if is_time(time) => word.replace(time, "TIME"),
        _ => word.to_owned(),
    });
    plain.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_settled() {
        for (text, want) in [
            ("ok  \tp\t0.018s\n", "ok  \tp\tTIME\n"),
            (
                "ok  \tp\t(cached)\tcoverage: 1.5% of statements\n",
                "ok  \tp\t(cached)\tcoverage: 1.5% of statements\n",
            ),
            (
                "?   \tq\t[no test files]\nok  \tp\t1.2s [no tests to run]\n",
                "?   \tq\t[no test files]\nok  \tp\tTIME [no tests to run]\n",
            ),
            (
                "at 0x1f\n--- FAIL: TestX (0.20s)\n    x_test.go:3: 17.3s\nFAIL\nFAIL\tp\t0.3s\nok  \tq\t0.1s\nFAIL\n",
                "--- FAIL: TestX TIME\nFAIL\nFAIL\tp\tTIME\nok  \tq\tTIME\nFAIL",
            ),
            // What passes is the command's to pass on, to the letter.
            ("took 0.3s\nok  \tp\t0.1s\n", "took 0.3s\nok  \tp\tTIME\n"),
        ] {
            assert_eq!(settled_results(text), want, "{text}");
        }
    }

    #[test]
    fn verdicts_are_counted() {
        let text =
            "ok  \tp\t0.018s\nokay\n?   \tq\t[no test files]\nFAIL\nFAIL\tr [build failed]\n";
        assert_eq!(verdicts(text), 3);
    }
}
