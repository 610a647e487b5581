//! Exercises 8 and 9: cached test results, and what makes a test run again.

use super::Exercise;
use oracle::programs::Who;

use super::lab::{Lab, Run};
use super::sheet::Sheet;

/// Exercise 8.
pub const CACHED_RESULT: Exercise = Exercise {
    number: 8,
    title: "Cache a go test result",
    look: "A passed test whose binary, arguments and inputs are unchanged is not run again.\n\
           -count=1 is not among the flags that may be cached, so it always runs.",
    run: cached_result,
};

/// The answer of `go test` without its time.
fn answer(run: &Run) -> String {
    let seconds = regex::Regex::new(r"\t\d+\.\d+s").expect("a valid expression");
    seconds.replace_all(&run.text(), "\t(ran)").into_owned()
}

fn cached_result(lab: &Lab, sheet: &mut Sheet) -> Result<(), String> {
    lab.warm_for_tests()?;
    lab.write_test()?;
    let cached = "ok  \texample.com/cachelab/greet\t(cached)\n";
    let ran = "ok  \texample.com/cachelab/greet\t(ran)\n";
    for (args, want) in [
        (&["test", "./greet"][..], ran),
        (&["test", "./greet"], cached),
        (&["test", "-count=1", "./greet"], ran),
        (&["test", "./greet"], cached),
    ] {
        expect(lab, sheet, args, want)?;
    }
    Ok(())
}

fn expect(lab: &Lab, sheet: &mut Sheet, args: &[&str], want: &str) -> Result<(), String> {
    sheet.command(&args.join(" "));
    let runs = [lab.go(Who::Stock, args)?, lab.go(Who::Forgo, args)?];
    sheet.same("answer", answer(&runs[0]), answer(&runs[1]));
    let what = if want.contains("(cached)") {
        "is (cached)"
    } else {
        "runs"
    };
    for (who, run) in Who::BOTH.into_iter().zip(&runs) {
        sheet.check_of(who, what, answer(run) == want && run.code == 0, &run.text());
    }
    Ok(())
}

/// Exercise 9.
pub const INVALIDATE: Exercise = Exercise {
    number: 9,
    title: "Invalidate the test cache two ways",
    look: "An edit changes the test binary, hence the test's key. clean -testcache says that results\n\
           older than now don't count. GODEBUG=gocachetest=1 tells what was asked and answered.",
    run: invalidate,
};

fn invalidate(lab: &Lab, sheet: &mut Sheet) -> Result<(), String> {
    lab.warm_for_tests()?;
    lab.write_test()?;
    let cached = "ok  \texample.com/cachelab/greet\t(cached)\n";
    let ran = "ok  \texample.com/cachelab/greet\t(ran)\n";
    expect(lab, sheet, &["test", "./greet"], ran)?;
    expect(lab, sheet, &["test", "./greet"], cached)?;
    lab.edit("greet/greet.go", "hello, ", "hi, ")?;
    expect(lab, sheet, &["test", "./greet"], ran)?;
    expect(lab, sheet, &["test", "./greet"], cached)?;
    sheet.command("clean -testcache");
    for who in Who::BOTH {
        let run = lab.go(who, &["clean", "-testcache"])?;
        sheet.check_of(
            who,
            "says nothing",
            run.code == 0 && run.text().is_empty(),
            &run.text(),
        );
    }
    for (step, want) in [("after clean -testcache", "(ran)"), ("again", "(cached)")] {
        sheet.command(&format!("test ./greet     (GODEBUG=gocachetest=1, {step})"));
        let run = |who| lab.go_env(who, &[("GODEBUG", "gocachetest=1")], &["test", "./greet"]);
        let runs = [run(Who::Stock)?, run(Who::Forgo)?];
        sheet.same(
            "trace",
            trace(lab, Who::Stock, &runs[0]),
            trace(lab, Who::Forgo, &runs[1]),
        );
        for (who, run) in Who::BOTH.into_iter().zip(&runs) {
            let traced = run.stderr.lines().any(|l| l.starts_with("testcache: "));
            sheet.check_of(
                who,
                &format!("{want}, with a trace"),
                traced && answer(run).contains(want),
                &run.text(),
            );
        }
    }
    Ok(())
}

/// The trace, with what differs between two caches replaced, in the order it was printed.
fn trace(lab: &Lab, who: Who, run: &Run) -> String {
    answer(run).replace(&lab.cache(who).display().to_string(), "$GOCACHE")
}
