//! `--tests`: `list`, `vet` and `test` of a project must print the same as the stock command's,
//! with the same keys.
//!
//! First with `-n` (nothing is compiled); without `--dry`, then each command on a separate cache,
//! and at last both on the cache that each of them left (where results are `(cached)`).
//!
//! The inputs of a test differ from run to run of the same command: names of temporary files, the
//! order in which parallel tests open files. So of tests that run the keys of their inputs are only
//! counted; of cached results, for which both commands read the same log, they must be equal. Of a
//! package whose tests fail only the verdicts count: the output of a failing test is not the
//! command's, and seldom the same twice. Under `FORGO_EXTRAS=on` no keys are compared.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::Extent;
use super::checks::{Bench, differing_keys, differing_words, list, sorted, without_seeds};
use super::report::Row;
use super::side::{Said, copy_cache};
use super::trace::Trace;
use crate::programs::Who;

/// The command and its flags.
const QUESTIONS: [(&str, &[&str]); 2] = [("vet", &[]), ("test", &["-short"])];

/// The commands and packages to compare.
#[derive(Default)]
pub struct Asked {
    /// Only this command: `list`, `vet` or `test`.
    pub command: Option<String>,
    /// Only these packages' tests, where there are any.
    pub tested: Vec<String>,
}

/// Runs the checks.
pub fn run(bench: &Bench, extent: Extent, asked: &Asked, row: &mut Row) -> Result<(), String> {
    let is_asked = |command: &str| asked.command.as_ref().is_none_or(|only| only == command);
    let questions = || {
        let all = QUESTIONS.into_iter();
        all.filter(|(command, _)| is_asked(command))
    };
    let tested = &asked.tested[..];
    if is_asked("list") {
        list(bench, &[&["-deps", "-test", "-json"]], row)?;
    }
    let all = &bench.project.packages;
    let packages = |command: &str| match command {
        "test" if !tested.is_empty() => tested,
        _ => all,
    };
    for (command, flags) in questions() {
        let dry: Vec<&str> = ["-n", "-p=1"].iter().chain(flags).copied().collect();
        let args = bench.command(command, &dry, packages(command));
        let own = Who::BOTH.map(|who| bench.setting.cache(who));
        compare(bench, "keys", &own, &args, row)?;
    }
    if extent == Extent::Dry {
        return Ok(());
    }
    for (command, flags) in questions() {
        let args = bench.command(command, flags, packages(command));
        let [stock, forgo] = Who::BOTH.map(|who| bench.setting.cache(who));
        compare(bench, "keys", &[stock.clone(), forgo.clone()], &args, row)?;
        let same = copied(bench, Who::Stock, command)?;
        compare(bench, "sharing", &[stock, same], &args, row)?;
        let same = copied(bench, Who::Forgo, command)?;
        compare(bench, "sharing", &[same, forgo], &args, row)?;
    }
    Ok(())
}

/// A copy of what a command has left in its cache.
fn copied(bench: &Bench, who: Who, command: &str) -> Result<PathBuf, String> {
    let copy = bench.path(&format!("{command}-after-{}", who.title()));
    copy_cache(&bench.setting.cache(who), &copy)?;
    Ok(copy)
}

/// Runs both, the stock command first, each on its cache; records differences of keys under
/// `check`, others as words, and prints the extent of the comparison.
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
    let [(theirs, their_keys), (ours, our_keys)] = &mut answers[..] else {
        unreachable!("both were asked");
    };
    let their_inputs = take_inputs(their_keys, &theirs.stdout);
    let our_inputs = take_inputs(our_keys, &ours.stdout);
    let same_inputs = their_inputs.intersection(&our_inputs).count();
    let shown = args.len().min(8);
    let mut question = args[..shown].join(" ");
    if shown < args.len() {
        question += &format!(" … ({} more)", args.len() - shown);
    }
    let titled = |list: Vec<String>| -> Vec<String> {
        list.iter().map(|d| format!("{question}: {d}")).collect()
    };
    row.note("words", &titled(differing_words(theirs, ours)));
    row.note(check, &titled(differing_keys(their_keys, our_keys)));
    row.tell(&format!(
        "{question}: {} lines of keys, {} results, {} of them cached, {same_inputs} of {} keys of inputs of tests \
         that ran the same, {} lines of errors; exit status {}",
        their_keys.lines.len(),
        verdicts(&theirs.stdout),
        cached(&theirs.stdout).count(),
        their_inputs.len(),
        theirs.stderr.lines().count(),
        theirs.code
    ));
    Ok(())
}

/// Takes from keys those of the inputs of tests that ran.
fn take_inputs(trace: &mut Trace, stdout: &str) -> BTreeSet<String> {
    let found: HashSet<&str> = cached(stdout).collect();
    let mut found_ids = HashSet::new();
    for line in trace.lines.keys() {
        if let Some((package, rest)) = testcache(line)
            && let Some((_, id)) = rest
                .strip_prefix("test ID ")
                .and_then(|r| r.split_once(" => "))
            && found.contains(package)
        {
            found_ids.insert(id.to_owned());
        }
    }
    let mut inputs = BTreeSet::new();
    trace.lines.retain(|line, _| {
        // The key of the inputs is the hash of these lines; a test that polls asks for a variable
        // as often as it has time to.
        let into_key = [
            "HASH[testInputs]",
            "HASH[open]",
            "HASH[stat]",
            "HASH[getenv]",
        ];
        if into_key.iter().any(|title| line.starts_with(title)) {
            return false;
        }
        let of_inputs = if let Some((package, rest)) = testcache(line) {
            rest.contains("input ID") && !found.contains(package)
        } else if let Some((id, rest)) = line
            .strip_prefix("HASH subkey ")
            .and_then(|rest| rest.split_once(' '))
        {
            rest.starts_with("\"inputs:") && !found_ids.contains(id)
        } else {
            false
        };
        if of_inputs {
            inputs.insert(line.clone());
        }
        !of_inputs
    });
    inputs
}

/// The package and the rest of a line of `GODEBUG=gocachetest=1`.
fn testcache(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("testcache: ")?.split_once(": ")
}

/// The packages whose results were found.
fn cached(stdout: &str) -> impl Iterator<Item = &str> {
    let lines = stdout.lines().filter(|line| line.contains("(cached)"));
    lines.filter_map(|line| line.split_whitespace().nth(1))
}

/// Runs a command; returns its output without the parts that differ by chance, and its keys. Both
/// have their cache in the same place: tests that ask for GOCACHE have it among their inputs.
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
        // Commands that run at the same time are printed in any order.
        sorted(&words)
    };
    said.stdout = settled_results(&said.stdout);
    Ok((said, trace))
}

/// Reports whether this is the last line of `test` about a package.
fn is_verdict(line: &str) -> bool {
    let word = line.split_whitespace().next().unwrap_or_default();
    let mark = line.strip_prefix(word).unwrap_or_default();
    (matches!(word, "ok" | "?" | "FAIL") && mark.starts_with(char::is_whitespace))
        || line.starts_with("\t") && line.contains("coverage: ")
}

fn verdicts(stdout: &str) -> usize {
    stdout.lines().filter(|line| is_verdict(line)).count()
}

/// The standard output of `test` without times, and of failing tests only the verdicts, in any
/// order.
fn settled_results(stdout: &str) -> String {
    let mut out = String::new();
    let mut of_package: Vec<String> = Vec::new();
    for line in stdout.lines() {
        of_package.push(without_times(line));
        if is_verdict(line) {
            let failed = line.starts_with("FAIL");
            if failed {
                of_package.retain(|line| is_telling(line));
                let verdict = of_package.len() - 1;
                of_package[..verdict].sort_unstable();
            }
            of_package.drain(..).for_each(|line| {
                out.push_str(&line);
                out.push('\n');
            });
        }
    }
    out.push_str(&of_package.join("\n"));
    out
}

/// Reports whether a line of a failed package's output names the result of a test, or why it was
/// not run.
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
            // The command prints the output of a passing test to the letter.
            ("took 0.3s\nok  \tp\t0.1s\n", "took 0.3s\nok  \tp\tTIME\n"),
        ] {
            assert_eq!(settled_results(text), want, "{text}");
        }
    }

    #[test]
    fn inputs_of_tests_that_ran_are_apart() {
        let text = "HASH[testInputs]: \"x\"\nHASH[open]: \"y\"\nHASH[getenv]: \"z\"\nHASH subkey a \"inputs:1\" = 2\nHASH subkey b \"inputs:3\" = 4\nHASH subkey b \"stdout\" = 5\n\
            testcache: p: test ID 66 => a\ntestcache: q: test ID 67 => b\n\
            testcache: p: save test ID a => input ID 1 => 2\ntestcache: q: test ID b => input ID 3 => 4\n";
        let mut trace = Trace::read(text);
        let inputs = take_inputs(&mut trace, "ok  \tp\t0.1s\nok  \tq\t(cached)\n");
        let want = [
            "HASH subkey a \"inputs:1\" = 2",
            "testcache: p: save test ID a => input ID 1 => 2",
        ];
        assert_eq!(inputs.iter().collect::<Vec<_>>(), want);
        assert_eq!(trace.lines.len(), 5, "{:?}", trace.lines);
    }

    #[test]
    fn verdicts_are_counted() {
        let text =
            "ok  \tp\t0.018s\nokay\n?   \tq\t[no test files]\nFAIL\nFAIL\tr [build failed]\n";
        assert_eq!(verdicts(text), 3);
    }
}
