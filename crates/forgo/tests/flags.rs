//! Wrong flags and arguments: the stock command's words and exit status.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use support::each;

const MODULE: &[(&str, &str)] = &[
    ("go.mod", "module example.com/m\n\ngo 1.26\n"),
    ("main.go", "package main\n\nfunc main() {}\n"),
];

const COMMANDS: &[&str] = &["build", "install", "run", "clean", "list", "tool", "env"];

#[test]
fn of_each_command() {
    each(MODULE, |w| {
        for command in COMMANDS {
            for rest in [
                &["-nosuch"][..],
                &["-nosuch=1"],
                &["---x"],
                &["-=x"],
                &["-h"],
                &["-help"],
                &["--help"],
                &["-n=maybe"],
                &["-C"],
                &["-C", "/no/such/dir"],
                &["-C=/no/such/dir"],
                &["-n", "-C", "x"],
                &["-modfile"],
                &["-o"],
                &["-p", "x"],
                &["-p=99999999999999999999"],
            ] {
                // Only the builds have -o; elsewhere it is one more unknown flag.
                let args: Vec<&str> = std::iter::once(*command)
                    .chain(rest.iter().copied())
                    .collect();
                w.same(&args);
            }
        }
    });
}

#[test]
fn values() {
    each(MODULE, |w| {
        for flag in [
            "-p=0",
            "-p=-1",
            "-p=",
            "-race=x",
            "-buildvcs=x",
            "-compiler=x",
            "-covermode=x",
            "-tags='a",
            "-tags=a b,c",
            "-toolexec='a",
            "-gcflags=x",
            "-gcflags==x",
            "-ldflags='x=y'",
            "-asmflags='x",
            "-buildmode=x",
            "-buildmode=c-shared",
            "-mod=x",
            "-modfile=x",
            "-modfile=x.mod",
            "-overlay=nosuch.json",
            "-coverpkg",
            "-race -msan",
            "-race -asan",
            "-msan -asan",
            "-race -covermode=set",
            "-linkshared=x",
            "-pgo",
            "-work=2",
        ] {
            let mut args = vec!["build"];
            args.extend(flag.split(" -").map(|f| f.trim_start_matches('-')));
            let dashed: Vec<String> = args[1..].iter().map(|f| format!("-{f}")).collect();
            let mut args = vec!["build"];
            args.extend(dashed.iter().map(String::as_str));
            if flag != "-buildmode=c-shared" {
                w.same(&args);
            }
        }
    });
}

#[test]
fn of_goflags() {
    each(MODULE, |w| {
        for goflags in [
            "-race=x",
            "-p=x",
            "-p",
            "-tags",
            "--modfile",
            "-mod=bad",
            "x",
            "-",
            "--",
            "---x",
            "-=",
            "--=x",
            "-nosuch=1",
            "'-a",
            "-buildmode=bad",
            "-C=x",
            "-timeout=x",
            "-test.run=x",
            "-unsafeptr",
        ] {
            w.set("GOFLAGS", goflags);
            for args in [
                &["build"][..],
                &["list"],
                &["env", "GOFLAGS"],
                &["tool", "-n", "compile"],
            ] {
                w.same(args);
            }
        }
    });
}

#[test]
fn unknown_commands_are_the_stock_ones() {
    each(MODULE, |w| {
        for args in [
            &["nosuch"][..],
            &["mod", "nosuch"],
            &["-x"],
            &[],
            &["help", "nosuch"],
            &["help", "mod"],
        ] {
            w.same(args);
        }
    });
}

#[test]
fn help_is_the_stock_one_after_what_is_forgos_own() {
    each(MODULE, |w| {
        for args in [&["help"][..], &["help", "build"], &["help", "environment"]] {
            let said = w.forgo(args).stdout;
            let (own, rest) = said.split_once("\n\n").unwrap();
            assert!(own.lines().all(|l| l.starts_with("forgo: ")), "{own}");
            assert_eq!(rest, w.stock(args).stdout, "{args:?}");
        }
        // Who takes forgo for the go command gets nothing but its help.
        let mut command = w.forgo_command();
        std::os::unix::process::CommandExt::arg0(&mut command, "go");
        let as_go = command.args(["help", "build"]).output().unwrap().stdout;
        assert_eq!(
            String::from_utf8_lossy(&as_go),
            w.stock(&["help", "build"]).stdout
        );
    });
}

#[test]
fn traces_have_the_stock_spans() {
    const MODULE: &[(&str, &str)] = &[("go.mod", "module m\n\ngo 1.26\n"), ("m.go", "package m\n")];
    each(MODULE, |w| {
        for command in ["build", "vet"] {
            let spans = |file: &str| {
                let text = std::fs::read_to_string(w.path(file)).unwrap();
                let events: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
                let mut names: Vec<String> = events
                    .iter()
                    .map(|e| format!("{} {}", e["ph"], e["name"]))
                    // forgo's loader works otherwise.
                    .filter(|n| !n.contains("load.loadPackageData") && !n.contains("modload."))
                    .collect();
                names.sort();
                names
            };
            let flag = |file: &str| format!("-debug-trace={}", w.path(file).display());
            assert_eq!(w.stock(&[command, &flag("stock.json"), "."]).code, Some(0));
            assert_eq!(w.forgo(&[command, &flag("forgo.json"), "."]).code, Some(0));
            let (ours, stocks) = (spans("forgo.json"), spans("stock.json"));
            assert!(
                ours.iter().any(|n| n.contains("Executing action")),
                "{ours:?}"
            );
            assert_eq!(ours, stocks, "{command}");
        }
    });
}
