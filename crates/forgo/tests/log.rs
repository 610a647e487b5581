//! The log of all runs, and the output of `forgo log` and `forgo why` from it. Every cause that is
//! reported is one that the test made.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use std::path::Path;

use serde_json::Value;
use support::World;

const FILES: &[(&str, &str)] = &[
    ("go.mod", "module example.com/m\n\ngo 1.26\n"),
    (
        "main.go",
        "package main\n\nimport \"example.com/m/leaf\"\n\nfunc main() { println(leaf.F()) }\n",
    ),
    ("leaf/leaf.go", LEAF),
    (
        "clock/clock_test.go",
        "package clock\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\n\
         func TestZone(t *testing.T) {\n\tt.Log(os.Getenv(\"SECRET\"))\n}\n",
    ),
];

const LEAF: &str = "package leaf\n\nconst C = \"one\"\n\nfunc F() string { return C }\n";

/// A world whose packages were never compiled before.
fn each(check: impl Fn(&mut World)) {
    support::each(FILES, |world| {
        world.make_new(&[("leaf/", "leaf"), ("clock/", "clock"), ("", "main")]);
        // The standard library's actions are not logged.
        world.set("FORGO_LOG", "off");
        ok(world, &["build", "testing"]);
        world.set("FORGO_LOG", "on");
        check(world);
    });
}

#[track_caller]
fn ok(world: &World, args: &[&str]) -> String {
    let said = world.forgo(args);
    assert_eq!(said.code, Some(0), "{args:?}: {}", said.stderr);
    said.stdout
}

/// The lines of `forgo why` behind the heading, with one blank between words, and without times.
#[track_caller]
fn why(world: &World, args: &[&str]) -> Vec<String> {
    let text = ok(world, &[&["why"], args].concat());
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines = text.lines().skip(1).filter(|l| !l.starts_with("compared"));
    let without_time = |line: String| {
        let cut = line
            .rsplit_once(' ')
            .filter(|(_, unit)| matches!(*unit, "ms" | "s"));
        let cut = cut.and_then(|(rest, _)| rest.rsplit_once(' '));
        cut.map_or(line.clone(), |(rest, _)| rest.to_owned())
    };
    lines.map(line).map(without_time).collect()
}

fn log_dir(world: &World) -> std::path::PathBuf {
    world.path("home/.local/state/forgo/log")
}

fn size(dir: &Path) -> u64 {
    let files = std::fs::read_dir(dir).into_iter().flatten().flatten();
    files
        .map(|file| file.metadata().expect("a file").len())
        .sum()
}

fn json(text: &str) -> Vec<Value> {
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[test]
fn runs_are_on_record() {
    each(|world| {
        assert!(!log_dir(world).exists(), "FORGO_LOG=off");
        assert_eq!(ok(world, &["log"]), "");
        ok(world, &["build", "-o", "out", "."]);
        world.write("leaf/leaf.go", "package leaf\n\nfunc F() string {\n");
        assert_eq!(world.forgo(&["build", "-o", "out", "."]).code, Some(1));
        let runs = json(&ok(world, &["log", "--json"]));
        // The newest first; commands that only read are not recorded.
        assert_eq!(runs.len(), 2, "{runs:?}");
        assert_eq!((&runs[0]["run"], &runs[1]["run"]), (&2.into(), &1.into()));
        assert_eq!(
            (&runs[0]["status"], &runs[1]["status"]),
            (&1.into(), &0.into())
        );
        let words: Vec<_> = ["build", "-o", "out", "."].map(Value::from).into();
        assert_eq!(runs[1]["command"], Value::from(words));
        assert!(
            runs[1]["release"]
                .as_str()
                .expect("a release")
                .starts_with("go1.")
        );
        assert!(runs[1]["end"].as_u64() > runs[1]["start"].as_u64());

        let actions = json(&ok(world, &["log", "show", "1", "--json"]));
        let of = |mode: &str, package: &str| {
            let mut found = actions
                .iter()
                .filter(|a| a["mode"] == mode && a["package"] == package);
            found
                .next()
                .unwrap_or_else(|| panic!("{mode} {package} in {actions:?}"))
        };
        let (leaf, main) = (
            of("build", "example.com/m/leaf"),
            of("build", "example.com/m"),
        );
        assert_eq!(
            (&leaf["verdict"], &main["verdict"]),
            (&"ran".into(), &"ran".into())
        );
        let lines = leaf["lines"].as_array().expect("lines");
        assert_eq!(lines[0], "compile");
        assert!(
            lines
                .iter()
                .any(|l| l.as_str().is_some_and(|l| l.starts_with("file leaf.go ")))
        );
        assert!(main["start"].as_u64() >= leaf["end"].as_u64());
        assert!(leaf["peak"].as_u64() > Some(1 << 20));
        // The link began when the package was compiled.
        let by_node = |node: &Value| actions.iter().find(|a| a["node"] == *node);
        let waited = by_node(&of("link", "example.com/m")["after"]).expect("an action");
        assert_eq!(
            (&waited["mode"], &waited["package"]),
            (&main["mode"], &main["package"])
        );
        let failed = json(&ok(world, &["log", "show", "--json"]));
        assert!(failed.iter().any(|a| a["verdict"] == "failed"));
        let stats = json(&ok(world, &["stats", "--json"]));
        assert_eq!(
            (&stats[0]["runs"], &stats[0]["failed"]),
            (&2.into(), &1.into())
        );
        let of_days = stats[0]["days"].as_object().expect("days").values();
        let ran: u64 = of_days.filter_map(|day| day["ran"].as_u64()).sum();
        assert!(ran >= 3 && stats[0]["ran"] == ran, "{stats:?}");
        let text = ok(world, &["log"]);
        assert!(
            text.lines().next().expect("a line").contains("exit 1"),
            "{text}"
        );
        assert_eq!(world.forgo(&["log", "show", "77"]).code, Some(1));
    });
}

#[test]
fn a_null_build_costs_a_small_record() {
    each(|world| {
        let build = ["build", "./..."];
        for _ in 0..100 {
            ok(world, &build);
            std::thread::sleep(std::time::Duration::from_millis(50));
            let before = size(&log_dir(world));
            ok(world, &build);
            let runs = json(&ok(world, &["log", "--json", "-n", "1"]));
            if runs[0]["answered"] == true {
                let record = size(&log_dir(world)) - before;
                assert!(record > 0 && record <= 4096, "{record}");
                assert_eq!(runs[0]["actions"], 0);
                let known = "Nothing was done: the whole answer was known (docs/kept-answers.md).";
                assert_eq!(why(world, &[]), [known]);
                return;
            }
        }
        panic!("no answer was kept");
    });
}

#[test]
fn causes() {
    each(|world| {
        let build = ["build", "-o", "out", "."];
        ok(world, &build);
        let first = why(world, &[]);
        assert!(
            first.len() == 1
                && first[0].starts_with("cause unknown: no earlier run of it is on record")
                && first[0].ends_with("2 compiled · 1 linked"),
            "{first:?}"
        );

        // A file that importers see.
        world.write("leaf/leaf.go", &LEAF.replace("one", "two"));
        ok(world, &build);
        let changed = "leaf/leaf.go changed";
        assert_eq!(
            why(world, &[]),
            [format!("{changed} 2 compiled · 1 linked")]
        );
        let chain = why(world, &["example.com/m"]).join("\n");
        for part in [
            "build example.com/m: compiled",
            "uses example.com/m/leaf: ",
            "build example.com/m/leaf: compiled",
            "file leaf.go: ",
            "not reused: ",
        ] {
            assert!(chain.contains(part), "{part} in {chain}");
        }
        // One that only the package itself sees.
        world.write(
            "leaf/leaf.go",
            &(LEAF.replace("one", "two") + "\nfunc g() { println(C) }\n"),
        );
        ok(world, &build);
        let counts = [
            "1 compiled · 1 reused · 1 linked",
            // A function that is never called is not linked.
            "1 compiled · 2 reused",
        ];
        let told = why(world, &["--run", "3"]);
        assert!(
            counts.iter().any(|c| told == [format!("{changed} {c}")]),
            "{told:?}"
        );
        // A new file, and one that is gone.
        world.write("leaf/more.go", "package leaf\n\nconst More = C + C\n");
        ok(world, &build);
        assert!(why(world, &[])[0].starts_with("leaf/more.go is new 2 compiled"));
        std::fs::remove_file(world.path("w/leaf/more.go")).expect("a file");
        world.write("leaf/leaf.go", &LEAF.replace("one", "three"));
        ok(world, &build);
        let told = why(world, &[]);
        assert_eq!(told.len(), 2, "{told:?}");
        for cause in [
            "leaf/leaf.go changed 2 compiled",
            "leaf/more.go was removed 2 compiled",
        ] {
            assert!(
                told.iter().any(|line| line.starts_with(cause)),
                "{cause} in {told:?}"
            );
        }

        // A flag; and back, where all results are cached.
        ok(world, &["build", "-gcflags=-N", "-o", "out", "."]);
        assert_eq!(
            why(world, &[]),
            ["-gcflags: [] → [\"-N\"] 1 compiled · 1 linked"]
        );
        ok(world, &["build", "-o", "other", "."]);
        let nothing = "Nothing was compiled, linked, vetted or tested: all results were known.";
        assert_eq!(why(world, &[]), [nothing]);
        // The last run with the same flag is compared, not the last one.
        world.write("main.go", "package main\n\nfunc main() {}\n");
        ok(world, &["build", "-gcflags=-N", "-o", "out", "."]);
        assert_eq!(why(world, &[]), ["main.go changed 1 compiled · 1 linked"]);
        ok(world, &["build", "-a", "./leaf"]);
        assert_eq!(why(world, &["./leaf/leaf.go"])[1..2], ["-a"]);

        assert_eq!(world.forgo(&["why", "example.com/none"]).code, Some(1));
        assert_eq!(world.forgo(&["why", "--run", "99"]).code, Some(1));
        assert_eq!(world.forgo(&["why", "--nothing"]).code, Some(2));
    });
}

#[test]
fn tests_that_ran() {
    each(|world| {
        world.set("FORGO_EXTRAS", "off");
        world.set("SECRET", "hunter2");
        ok(world, &["test", "./clock"]);
        world.set("SECRET", "hunter3");
        ok(world, &["test", "./clock"]);
        let run = "1 test run (example.com/m/clock)";
        let with_link = "1 linked · 1 test run (example.com/m/clock)";
        assert_eq!(why(world, &[]), [format!("SECRET changed {with_link}")]);
        let told = ok(world, &["why", "example.com/m/clock"]);
        assert!(told.contains("variable SECRET: hash "), "{told}");
        ok(world, &["test", "-count=1", "./clock"]);
        let count = "-count=1 keeps test results from being cached";
        assert_eq!(why(world, &[]), [format!("{count} {with_link}")]);
        // The binary is another one.
        world.write("clock/more.go", "package clock\n\nvar More = New\n");
        ok(world, &["test", "./clock"]);
        let told = why(world, &[]);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("clock/more.go is new "), "{told:?}");
        assert!(told[0].ends_with(run), "{told:?}");
        // Values of variables are secret.
        for file in std::fs::read_dir(log_dir(world)).expect("a log").flatten() {
            let bytes = std::fs::read(file.path()).expect("a file");
            assert!(memchr::memmem::find(&bytes, b"SECRET").is_some());
            assert!(memchr::memmem::find(&bytes, b"hunter").is_none());
        }
    });
}

#[test]
fn what_is_not_in_the_cache_any_more() {
    each(|world| {
        world.set("GOCACHE", "$W/cache");
        world.set("FORGO_EXTRAS", "off");
        let build = ["build", "./leaf"];
        ok(world, &build);
        for dir in std::fs::read_dir(world.path("cache"))
            .expect("a cache")
            .flatten()
        {
            let _ = std::fs::remove_dir_all(dir.path());
        }
        ok(world, &build);
        let gone = "not in the cache any more: the entry was trimmed, or the cache cleaned";
        assert_eq!(why(world, &[]), [format!("{gone} 1 compiled")]);
        world.set("GOCACHE", "$W/other");
        ok(world, &build);
        let told = why(world, &[]);
        assert!(
            told[0].starts_with("GOCACHE: ") && told[0].ends_with("1 compiled"),
            "{told:?}"
        );
        // A failure is not cached.
        world.write("leaf/leaf.go", "package leaf\n\nvar x int = \"\"\n");
        for _ in 0..2 {
            assert_eq!(world.forgo(&build).code, Some(1));
        }
        let told = why(world, &[]);
        assert_eq!(told, ["it failed before; failures are not cached 1 failed"]);
    });
}
