//! `go build`, `install`, `run`: output and files, with every kind of result.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use support::{World, each, goroots};

const MAIN: &str = "package main\n\nfunc main() { println(\"hi\") }\n";
const LIB: &str = "package lib\n\nfunc F() int { return 1 }\n";
const MODULE: &str = "module example.com/m\n\ngo 1.26\n";

const TREE: &[(&str, &str)] = &[
    ("go.mod", MODULE),
    ("main.go", MAIN),
    ("lib/lib.go", LIB),
    ("cmd/a/a.go", MAIN),
    ("cmd/b/b.go", MAIN),
    ("only/x_test.go", "package only\n"),
    ("dir/keep", ""),
];

#[track_caller]
fn results(env: &[(&str, &str)], list: &[&[&str]]) {
    for goroot in goroots() {
        for args in list {
            World::same_result(&goroot, TREE, env, args);
        }
    }
}

#[test]
fn outputs() {
    results(
        &[],
        &[
            &["build"],
            &["build", "-v", "."],
            &["build", "./..."],
            &["build", "-o", "x", "."],
            &["build", "-o", "dir", "."],
            &["build", "-o", "new/", "./..."],
            &["build", "-o", "dir", "./lib"],
            &["build", "-o", "x.a", "./lib"],
            &["build", "-o", "x", "./..."],
            &["build", "-o", "/dev/null", "./..."],
            &["build", "./cmd/a", "./cmd/b"],
            &["build", "./lib"],
            &["build", "main.go"],
            &["build", "cmd/a/a.go"],
            &["build", "-C", "cmd/a"],
            &["build", "-gccgoflags=x", "./lib"],
            &["build", "./only"],
            &["build", "./only/..."],
            &["build", "./nosuch"],
            &["build", "nosuch"],
            &["build", "example.com/m/nosuch"],
            &["build", "nosuch.go"],
            &["build", "main.go", "./lib"],
            &["build", "-json", "./nosuch"],
        ],
    );
}

#[test]
fn modes() {
    results(
        &[],
        &[
            &["build", "-buildmode=exe", "./..."],
            &["build", "-buildmode=exe", "-o", "x", "./lib"],
            &["build", "-buildmode=archive", "./lib"],
            &["build", "-buildmode=plugin", "./lib"],
            &["build", "-buildmode=c-shared", "./..."],
            &["build", "-buildmode=pie", "."],
            &["build", "-trimpath", "-ldflags=-s -w", "."],
        ],
    );
}

#[test]
fn the_executable_is_in_the_way_of_a_directory() {
    for goroot in goroots() {
        let tree = &[("go.mod", MODULE), ("main.go", MAIN), ("m/x", "")];
        World::same_result(&goroot, tree, &[], &["build"]);
    }
}

/// Changes of the user to an archive that `-o` wrote do not reach the cache.
#[test]
fn the_archive_is_the_users_own() {
    each(TREE, |world| {
        assert_eq!(world.forgo(&["build", "-o", "x.a", "./lib"]).code, Some(0));
        let archive = world.path("w/x.a");
        let built = std::fs::read(&archive).unwrap();
        let mut file = std::fs::File::options().write(true).open(&archive).unwrap();
        std::io::Write::write_all(&mut file, b"spoilt!").unwrap();
        let again = world.forgo(&["build", "-x", "-o", "y.a", "./lib"]);
        assert!(!again.stderr.contains("/compile "), "{}", again.stderr);
        assert_eq!(std::fs::read(world.path("w/y.a")).unwrap(), built);
    });
}

#[test]
fn installs() {
    results(
        &[],
        &[
            &["install"],
            &["install", "-v", "-p=1", "./..."],
            &["install", "main.go"],
            &["install", "./lib"],
            &["install", "nosuch"],
            &["install", "nosuch@v1"],
            &["install", "./cmd/a", "./cmd/b"],
        ],
    );
    results(
        &[("GOBIN", "$W/bin")],
        &[&["install"], &["install", "main.go"]],
    );
    results(&[("GOBIN", "rel")], &[&["install"]]);
    results(&[("GOPATH", "-"), ("HOME", "-")], &[&["install"]]);
    results(
        &[("GO111MODULE", "off")],
        &[&["install", "./lib"], &["install", "."]],
    );
}

#[test]
fn installs_elsewhere() {
    for goroot in goroots() {
        let tree = &[("x.txt", "")];
        for args in [
            &["install", "example.com/a"][..],
            &["install", "fmt"],
            &["install", "a@b", "c@d"],
        ] {
            World::same_result(&goroot, tree, &[], args);
        }
    }
}

const PROGRAM: &str = r#"package main

import "os"

func main() {
	for _, a := range os.Args[1:] {
		println(a)
	}
	if len(os.Args) > 1 && os.Args[1] == "fail" {
		os.Exit(3)
	}
	if len(os.Args) > 1 && os.Args[1] == "die" {
		panic("dead")
	}
}
"#;

#[test]
fn runs() {
    let tree = &[
        ("go.mod", MODULE),
        ("main.go", PROGRAM),
        ("lib/lib.go", LIB),
        ("cmd/a/a.go", MAIN),
        ("x_test.go", "package main\n"),
    ];
    for goroot in goroots() {
        for args in [
            &["run", "."][..],
            &["run", "main.go", "a", "b"],
            &["run", ".", "fail"],
            &["run", "-exec=echo x", "./cmd/a", "y"],
            &["run", "-exec=/no/such/program", "./cmd/a"],
            &["run", "-exec=no-such-program", "./cmd/a"],
            &["run", "./lib"],
            &["run", "./..."],
            &["run"],
            &["run", "x_test.go"],
            &["run", "nosuch"],
            &["run", "nosuch.go"],
            &["run", "-n", "./lib"],
        ] {
            World::same_result(&goroot, tree, &[], args);
        }
    }
}

#[test]
fn broken_sources() {
    let tree = &[
        ("go.mod", MODULE),
        ("syntax/a.go", "package syntax\n\nfunc {\n"),
        (
            "types/a.go",
            "package types\n\nvar X int = \"a\"\nvar Y = Z\n",
        ),
        (
            "missing/a.go",
            "package missing\n\nimport _ \"example.com/none\"\n",
        ),
        (
            "cycle/a/a.go",
            "package a\n\nimport _ \"example.com/m/cycle/b\"\n",
        ),
        (
            "cycle/b/b.go",
            "package b\n\nimport _ \"example.com/m/cycle/a\"\n",
        ),
        ("two/a.go", "package a\n"),
        ("two/b.go", "package b\n"),
        (
            "embed/a.go",
            "package embed\n\nimport _ \"embed\"\n\n//go:embed nosuch\nvar X string\n",
        ),
        (
            "dep/a.go",
            "package dep\n\nimport _ \"example.com/m/types\"\n",
        ),
        ("internal/x/x.go", "package x\n"),
        ("empty/readme", ""),
    ];
    for goroot in goroots() {
        for dir in [
            "syntax", "types", "missing", "cycle/a", "two", "embed", "dep", "empty", "...",
        ] {
            let pattern = format!("./{dir}");
            World::same_result(&goroot, tree, &[], &["build", &pattern]);
            World::same_result(&goroot, tree, &[], &["build", "-json", &pattern]);
        }
    }
}

#[test]
fn tools() {
    each(&[("go.mod", MODULE)], |w| {
        for args in [
            &["tool"][..],
            &["tool", "-n", "compile", "x"],
            &["tool", "nosuch"],
            &["tool", "compile", "-V"],
            &["tool", "compile"],
            &["tool", "../x"],
            &["tool", "dist", "list"],
            &["tool", "dist", "list", "-json"],
            &["tool", "dist", "list", "-broken"],
        ] {
            w.same(args);
        }
        // It does not come with the distribution, but is built.
        w.set("GO111MODULE", "off");
        w.same(&["tool", "buildid"]);
    });
}

#[test]
fn cleans() {
    let tree = &[
        ("go.mod", MODULE),
        ("main.go", MAIN),
        ("m", "old"),
        ("m.test", "old"),
        ("main", "old"),
        ("a.out", "old"),
        ("x.o", "old"),
        ("_obj/x", "old"),
        ("lib/lib.go", LIB),
        ("lib/lib.test", "old"),
        ("lib/other", "stays"),
    ];
    for goroot in goroots() {
        for args in [
            &["clean"][..],
            &["clean", "-n"],
            &["clean", "-x"],
            &["clean", "-x", "./..."],
            &["clean", "-i", "-n"],
            &["clean", "-i", "-n", "-buildmode=pie"],
            &["clean", "-i", "-n", "-buildmode=c-archive"],
            &["clean", "-cache", "x"],
            &["clean", "-modcache", "x"],
            &["clean", "-testcache", "-fuzzcache", "x"],
            &["clean", "nosuch"],
        ] {
            World::same_result(&goroot, tree, &[], args);
        }
    }
}

/// The stock command panics.
#[test]
fn a_compiler_of_spaces_is_an_error() {
    let files = [
        ("go.mod", MODULE),
        ("c/c.go", "package c\n\nimport \"C\"\n"),
    ];
    each(&files, |world| {
        world.set("CC", " ");
        world.set("CGO_ENABLED", "1");
        let said = world.forgo(&["build", "./c"]);
        assert_eq!((said.stdout.as_str(), said.code), ("", Some(1)));
        assert_eq!(said.stderr, "runtime/cgo: CC names no program\n");
    });
}

/// Bytes that are not UTF-8: from a tool, again from the cache, in a program's arguments.
#[test]
fn bytes_pass() {
    let wrapper = "#!/bin/sh\n\
        case $1 in */compile) case $2 in -V*) ;; *) printf 'caf\\351 \\377\\n';; esac ;; esac\n\
        exec \"$@\"\n";
    let main = "package main\n\nimport \"os\"\n\n\
        func main() { os.Stdout.WriteString(os.Args[1]) }\n";
    let files = [("go.mod", MODULE), ("main.go", main), ("lib/lib.go", LIB)];
    each(&files, |world| {
        world.write("wrapper", wrapper);
        let file = world.path("w/wrapper");
        let runs = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(file, runs).unwrap();
        for _ in 0..2 {
            world.same(&["build", "-toolexec", "./wrapper", "./lib"]);
            world.same(&["build", "-json", "-toolexec", "./wrapper", "./lib"]);
        }
        world.same(&["run", "main.go", "caf\u{10ffe9}"]);
    });
}

/// The trace of a profile's key has that of the profile's content in the middle.
#[test]
fn trace_of_a_profile() {
    let files = [
        ("go.mod", MODULE),
        ("main.go", MAIN),
        ("default.pgo", "GO PREPROFILE V1\n"),
    ];
    each(&files, |world| {
        world.set("GODEBUG", "gocachehash=1");
        let trace = |said: support::Said| {
            let mut lines: Vec<_> = said.stderr.lines().map(str::to_owned).collect();
            lines.retain(|l| l.starts_with("HASH[preprocess PGO") || l.starts_with("HASH /"));
            lines.retain(|l| l.contains("default.pgo"));
            lines
        };
        let args = ["build", "-n", "-p=1", "."];
        let stock = trace(world.stock(&args));
        assert!(stock.len() > 4, "{stock:?}");
        assert_eq!(stock, trace(world.forgo(&args)));
    });
}
