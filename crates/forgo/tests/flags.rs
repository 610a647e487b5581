//! Wrong flags and arguments: the stock command's messages and exit status.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use support::{World, each};

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
fn help_of_topics_is_the_stock_text_after_forgos_lines() {
    each(MODULE, |w| {
        for args in [&["help", "build"][..], &["help", "environment"]] {
            let said = w.forgo(args).stdout;
            let (own, rest) = said.split_once("\n\n").unwrap();
            assert!(own.lines().all(|l| l.starts_with("forgo: ")), "{own}");
            assert_eq!(rest, w.stock(args).stdout, "{args:?}");
        }
    });
}

/// Runs forgo under the name `go`.
fn as_go(w: &World, args: &[&str]) -> std::process::Output {
    let mut command = w.forgo_command();
    std::os::unix::process::CommandExt::arg0(&mut command, "go");
    command.args(args).output().unwrap()
}

#[test]
fn under_the_name_go_only_the_stock_commands_exist() {
    each(MODULE, |w| {
        for args in [
            &["help"][..],
            &["help", "build"],
            &["help", "doctor"],
            &["doctor"],
            &["completion", "bash"],
            &["man"],
            &["--version"],
            &["-h"],
            &["version"],
        ] {
            let (as_go, stock) = (as_go(w, args), w.stock(args));
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            assert_eq!(text(&as_go.stdout), stock.stdout, "{args:?}");
            assert_eq!(text(&as_go.stderr), stock.stderr, "{args:?}");
            assert_eq!(as_go.status.code(), stock.code, "{args:?}");
        }
    });
}

#[test]
fn help_and_version_of_forgo() {
    each(MODULE, |w| {
        let help = w.forgo(&["help"]);
        assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""));
        for part in ["\tbuild ", "\tmod ", "\tdoctor ", "\tFORGO_EXTRAS=off\n"] {
            assert!(help.stdout.contains(part), "{}", help.stdout);
        }
        for flag in ["-h", "--help"] {
            assert_eq!(w.forgo(&[flag]), help);
        }
        let of_doctor = w.forgo(&["help", "doctor"]);
        assert!(
            of_doctor
                .stdout
                .starts_with("usage: forgo doctor [--json]\n")
        );
        assert_eq!(w.forgo(&["doctor", "--help"]), of_doctor);
        assert_eq!(w.forgo(&["doctor", "x"]).code, Some(2));
        // The stock command's own line, but for its beginning.
        let stock = w.stock(&["version"]).stdout;
        let release = stock.trim_end().strip_prefix("go version ").unwrap();
        let version = w.forgo(&["--version"]);
        let own = concat!("forgo ", env!("CARGO_PKG_VERSION"), "\n");
        let go = w.goroot.join("bin/go");
        let expected = format!("{own}{release}, {}\n", go.display());
        assert_eq!((version.stdout, version.code), (expected, Some(0)));
        w.set("FORGO_GO", "/no/such/go");
        let version = w.forgo(&["--version"]);
        assert!(version.stdout.starts_with(own) && version.code == Some(0));
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
