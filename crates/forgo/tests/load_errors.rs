//! Broken packages: the stock command's messages and exit status, before anything is built.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use std::path::Path;
use std::time::{Duration, SystemTime};

use support::{World, each, goroots};

const GO_MOD: (&str, &str) = ("go.mod", "module example.com/m\n\ngo 1.26\n");

/// Builds each of the arguments (several, separated by spaces) with both commands.
#[track_caller]
fn same_builds(files: &[(&str, &str)], args: &[&str]) {
    same_builds_with(files, args, |_| {});
}

#[track_caller]
fn same_builds_with(files: &[(&str, &str)], args: &[&str], prepare: impl Fn(&mut World)) {
    let mut all = vec![GO_MOD];
    all.extend_from_slice(files);
    each(&all, |w| {
        prepare(w);
        age(&w.path("w"));
        for list in args {
            let mut line = vec!["build", "-buildvcs=false"];
            line.extend(list.split(' '));
            w.same(&line);
        }
    });
}

/// Makes files old: the stock command reads files that were just written by other means, with other
/// messages.
fn age(dir: &Path) {
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
    for entry in std::fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            age(&path);
        } else {
            let file = std::fs::File::options()
                .append(true)
                .open(&path)
                .expect("a file");
            file.set_modified(long_ago).expect("a time");
        }
    }
}

#[test]
fn files_that_do_not_parse() {
    same_builds(
        &[
            ("a/a.go", "pakage m\n"),
            ("b/b.go", "package b; import fmt\n"),
            ("c/c.go", "package c\nimport \"a b\"\n"),
            ("d/d.go", ""),
            ("e/e.go", "package e\nimport \"x\" \"y\"\n"),
            ("f/f.go", "package f\nimport (\n\"fmt\n)\n"),
            ("g/g.go", "package g\nimport \"\"\n"),
            ("h/h.go", "//go:build (\n\npackage h\n"),
            (
                "i/i.go",
                "//go:build linux\n//go:build amd64\n\npackage i\n",
            ),
            ("j/j.go", "package j\n\0\n"),
            ("k/k.go", "package k\n\u{feff}import \"fmt\"\n"),
        ],
        &[
            "./a", "./b", "./c", "./d", "./e", "./f", "./g", "./h", "./i", "./j", "./k", "./...",
        ],
    );
}

#[test]
fn files_just_written() {
    // The same faults with the messages of go/build, which reads files that are too young for the
    // index.
    let files = [
        GO_MOD,
        ("h/h.go", "//go:build (\n\npackage h\n"),
        ("i/i_test.go", "package i\nimport \"C\"\n"),
        ("i/i.go", "package i\n"),
        ("j/j.go", "package j\n// #cgo bogus\nimport \"C\"\n"),
    ];
    each(&files, |w| {
        let later = SystemTime::now() + Duration::from_secs(3600);
        for name in ["h/h.go", "i/i.go", "j/j.go"] {
            let file = std::fs::File::options()
                .append(true)
                .open(w.path("w").join(name))
                .expect("a file");
            file.set_modified(later).expect("a time");
        }
        for dir in ["./h", "./i", "./j", "./..."] {
            w.same(&["build", "-buildvcs=false", dir]);
        }
    });
}

#[test]
fn imports_that_lead_nowhere() {
    same_builds(
        &[
            (
                "a.go",
                "package m\nimport (\n_ \"example.com/m/nope\"\n_ \"nostd\"\n_ \"github.com/no/where\"\n)\n",
            ),
            ("b/b.go", "package b\nimport _ \"example.com/m\"\n"),
            ("c/c.go", "package c\nimport _ \"./x\"\n"),
            ("d/d.go", "package d\nimport _ \"/abs\"\n"),
            ("e/e.go", "package e\nimport _ \"a//b\"\n"),
            ("f/f.go", "package f\nimport _ \"a@v1\"\n"),
            (
                "g/g.go",
                "//line /abs/x.y:7\npackage g\nimport _ \"no/such\"\n",
            ),
        ],
        &[
            ".",
            "./b",
            "./c",
            "./d",
            "./e",
            "./f",
            "./g",
            "./nope",
            "nostd",
            "nope/...",
            "./nope/...",
            "/nope",
            "../nope",
            "example.com/m/nope",
            "a@v1",
            "./...",
        ],
    );
}

#[test]
fn cycles() {
    same_builds(
        &[
            ("a/a.go", "package a\nimport _ \"example.com/m/b\"\n"),
            ("b/b.go", "package b\nimport _ \"example.com/m/c\"\n"),
            ("c/c.go", "package c\nimport _ \"example.com/m/a\"\n"),
            (
                "self/s.go",
                "package self\nimport _ \"example.com/m/self\"\n",
            ),
            (
                "main.go",
                "package main\nimport _ \"example.com/m/a\"\nfunc main(){}\n",
            ),
        ],
        &["./a", "./b", "./self", ".", "./c ./a", "./..."],
    );
}

#[test]
fn who_may_import_whom() {
    same_builds(
        &[
            ("a/internal/x/x.go", "package x\n"),
            (
                "b/b.go",
                "package b\nimport _ \"example.com/m/a/internal/x\"\n",
            ),
            ("c/c.go", "package c\nimport _ \"internal/abi\"\n"),
            (
                "d/d.go",
                "package d\nimport _ \"vendor/golang.org/x/net/idna\"\n",
            ),
            ("e/e.go", "package e\nimport _ \"cmd/internal/objabi\"\n"),
            ("f/f.go", "package main\nfunc main(){}\n"),
            ("g/g.go", "package g\nimport _ \"example.com/m/f\"\n"),
            (
                "main.go",
                "package main\nimport _ \"example.com/m/b\"\nfunc main(){}\n",
            ),
        ],
        &["./b", "./c", "./d", "./e", "./g", ".", "./..."],
    );
}

#[test]
fn embeds() {
    let text = |pattern: &str| {
        format!("package p\nimport \"embed\"\n//go:embed {pattern}\nvar s embed.FS\n")
    };
    let sources: Vec<(String, String)> = [
        ("a", "nope.txt"),
        ("b", "../a/p.go"),
        ("c", "d"),
        ("d", "sub"),
        ("e", "["),
        ("f", "link"),
        ("g", "e/.git/x"),
    ]
    .iter()
    .map(|(dir, pattern)| (format!("{dir}/p.go"), text(pattern)))
    .collect();
    let mut files: Vec<(&str, &str)> = vec![
        ("c/d/.x", ""),
        ("d/sub/go.mod", "module x\n"),
        ("d/sub/x", ""),
        ("f/real", ""),
        ("g/e/.git/x", ""),
    ];
    files.extend(sources.iter().map(|(a, b)| (a.as_str(), b.as_str())));
    same_builds_with(
        &files,
        &["./a", "./b", "./c", "./d", "./e", "./f", "./g", "./..."],
        |w| {
            std::os::unix::fs::symlink("real", w.path("w/f/link")).expect("a link");
        },
    );
}

#[test]
fn names_that_differ() {
    same_builds(
        &[
            ("a/a.go", "package a\n"),
            ("a/b.go", "package b\n"),
            ("a/c.go", "package a\n"),
            ("t/a.go", "package a\n"),
            ("t/a_test.go", "package b\n"),
            ("doc/a.go", "package documentation\n"),
            ("case/A.go", "package c\n"),
            ("case/a.go", "package c\n"),
            ("up/x.go", "package up\n"),
            ("UP/x.go", "package up\n"),
            (
                "both/x.go",
                "package both\nimport _ \"example.com/m/up\"\nimport _ \"example.com/m/UP\"\n",
            ),
            ("@c/c.go", "package c\n"),
            ("e~/e.go", "package e\n"),
            ("f/-f.go", "package f\n"),
        ],
        &[
            "./a",
            "./t",
            "./doc",
            "./case",
            "./both",
            "./up ./UP",
            "./@c",
            "./e~",
            "./f",
            "./...",
        ],
    );
}

#[test]
fn other_languages() {
    let files = [
        ("c/c.go", "package c\n"),
        ("c/x.c", "int x;\n"),
        ("d/d.go", "package d\n"),
        ("d/x.cc", ""),
        ("e/e.go", "package e\n"),
        ("e/x.m", ""),
        ("f/f.go", "package f\n"),
        ("f/x.f90", ""),
        ("i/i.go", "package i\n// #cgo bogus\nimport \"C\"\n"),
        ("j/j.go", "package j\n// #cgo XFLAGS: -lm\nimport \"C\"\n"),
        ("k/k.go", "package k\n// #cgo CFLAGS: -DX=`\nimport \"C\"\n"),
        ("l/l_test.go", "package l\nimport \"C\"\n"),
        ("l/l.go", "package l\n"),
    ];
    let args = [
        "./c", "./d", "./e", "./f", "./i", "./j", "./k", "./l", "./...",
    ];
    same_builds(&files, &args);
    let without_cgo = [
        ("a/a.go", "package a\nimport \"C\"\n"),
        ("b/b.go", "package b\nimport _ \"example.com/m/a\"\n"),
    ];
    same_builds_with(&without_cgo, &["./a", "./b", "./..."], |w| {
        w.set("CGO_ENABLED", "0");
    });
}

#[test]
fn nothing_to_build() {
    same_builds(
        &[
            ("a/a.go", "//go:build windows\n\npackage a\n"),
            ("b/b_windows.go", "package b\n"),
            ("x/y.txt", ""),
            ("h/_x.go", "package h\n"),
            ("v/testdata/a.go", "package a\n"),
            (
                "main.go",
                "package main\nimport _ \"example.com/m/a\"\nimport _ \"example.com/m/x\"\nfunc main(){}\n",
            ),
        ],
        &["./a", "./b", "./x", "./x/...", "./h", "./v/...", "."],
    );
}

#[test]
fn lists_of_files() {
    same_builds(
        &[
            ("a.go", "package main\nimport _ \"nope/x\"\nfunc main(){}\n"),
            ("c/c.go", "package c\n"),
            ("d.txt", ""),
            ("f.go", "package other\n"),
            ("_u.go", "package main\n"),
            ("e_test.go", "package main\n"),
        ],
        &[
            "a.go",
            "a.go c/c.go",
            "a.go d.txt",
            "nope.go",
            "a.go f.go",
            "_u.go",
            "a.go .",
            "c",
        ],
    );
}

#[test]
fn gopath_mode() {
    let files = [
        (
            "../gopath/src/x/a/a.go",
            "package a\nimport _ \"x/b\"\nimport _ \"dep\"\n",
        ),
        ("../gopath/src/x/b/b.go", "package b // import \"other\"\n"),
        ("../gopath/src/x/vendor/dep/d.go", "package dep\n"),
        (
            "../gopath/src/x/c/c.go",
            "package c\nimport _ \"x/vendor/dep\"\n",
        ),
        (
            "../gopath/src/y/y.go",
            "package y\nimport _ \"x/vendor/dep\"\nimport _ \"nope\"\n",
        ),
        ("../gopath/src/z/z.go", "package z\nimport _ \"./q\"\n"),
        ("../gopath/src/q/q.go", "package q // import \"a\"\n"),
        ("../gopath/src/q/r.go", "package q // import \"b\"\n"),
        ("../gopath/src/n/n.go", "package n\nimport _ \"x//b\"\n"),
        ("../gopath/src/i/internal/k/k.go", "package k\n"),
        (
            "../gopath/src/j/j.go",
            "package j\nimport _ \"i/internal/k\"\n",
        ),
    ];
    let args = [
        "x/a", "x/b", "x/c", "y", "z", "q", "n", "j", "nope", "nope/...",
    ];
    same_builds_with(&files, &args, |w| {
        w.set("GO111MODULE", "off");
    });
}

/// A version that has to be looked up, of a path that can't be a module's.
#[test]
fn version_of_a_path_that_is_no_module() {
    for line in ["replace x.com => ./x v1", "require x..com v1"] {
        let go_mod = format!("module m\n\ngo 1.26\n\n{line}\n");
        same_builds(&[("go.mod", &go_mod), ("a.go", "package m\n")], &["."]);
    }
}

/// Checksums that can't be read are missing.
#[test]
fn checksums_that_can_not_be_read() {
    let go_mod = "module m\n\ngo 1.26\n\nrequire x.com v1.0.0\n";
    let source = "package m\n\nimport _ \"x.com\"\n";
    let files = [("go.mod", go_mod), ("a.go", source), ("go.sum/keep", "")];
    same_builds(&files, &["."]);
}

/// A cache is looked for when packages are loaded or when there is something to build: errors
/// before that are reported first.
#[test]
fn without_a_cache() {
    let files = [
        GO_MOD,
        ("a.go", "package a\n"),
        ("bad/b.go", "package bad\n\nimport _ \"nope.com/x\"\n"),
    ];
    each(&files, |w| {
        age(&w.path("w"));
        for value in ["off", "$W/w/go.mod"] {
            w.set("GOCACHE", value);
            for package in [".", "./bad", "./nope", "nope.go"] {
                for command in ["build", "install", "run", "test", "vet"] {
                    w.same(&[command, package]);
                }
                w.same(&["list", "-e", "-f", "{{.StaleReason}}", package]);
            }
        }
    });
}

/// A package that does not build is an error of a dependency, be it listed or not.
#[test]
fn lists_of_what_does_not_build() {
    let files = [
        GO_MOD,
        ("a.go", "package a\n\nimport _ \"example.com/m/bad\"\n"),
        ("bad/b.go", "package bad\n\nvar X int = \"\"\n"),
    ];
    let format = "{{.ImportPath}} {{.Error}} {{.Incomplete}}{{range .DepsErrors}} {{.}}{{end}}";
    each(&files, |w| {
        for args in [&["."][..], &["./bad", "."], &["-deps", "."]] {
            let list = ["list", "-e", "-export", "-f", format];
            w.same(&[&list[..], args].concat());
        }
    });
}

/// Where the stock command walks over all dependencies to name variants, it reports the errors that
/// it meets, and lists the packages nevertheless.
#[test]
fn list_reports_errors_of_dependencies_where_it_walks() {
    let files = [
        GO_MOD,
        ("a/a.go", "package a\n\nimport _ \"example.com/q\"\n"),
        ("b/b.go", "package b\n\nimport _ \"example.com/m/c\"\n"),
        ("b/b_test.go", "package b\n"),
        ("c/c.go", "package c\n\nimport _ \"example.com/r\"\n"),
        ("d/d.go", "package d\n"),
    ];
    each(&files, |w| {
        for args in [
            &["./..."][..],
            &["./a", "./d"],
            &["./b", "./d"],
            &["./b"],
            &["./a", "./a"],
            &["-test", "./b"],
            &["-test", "./d"],
            &["-deps", "./b"],
            &["-deps", "-test", "./b", "./d"],
            &["-pgo=off", "./..."],
            &["-pgo=off", "-test", "./..."],
            &["-e", "./..."],
            &["-find", "./..."],
            &["-json=ImportPath", "./..."],
            &["-json=Deps,DepsErrors", "./a", "./b"],
        ] {
            w.same(&[&["list"], args].concat());
        }
    });
}

/// Merges leave repeated lines. The last of identical ones counts, others contradict each other.
#[test]
fn repeated_lines_in_go_mod_and_go_work() {
    let files = [
        ("r/go.mod", "module r.io/r\n"),
        ("r/r.go", "package r\n"),
        ("a.go", "package m\n\nimport _ \"r.io/r\"\n"),
        ("go.mod", ""),
    ];
    let head = "module m\ngo 1.26\nrequire r.io/r v0.1.0\nreplace r.io/r => ./r\n";
    each(&files, |w| {
        for lines in [
            "replace r.io/r => ./r",
            "replace r.io/r => ./other",
            "replace r.io/r v0.1.0 => ./r",
            "exclude x.com/a v1.0.0\nexclude x.com/a v1.0.0",
            "require r.io/r v0.1.0",
            "require r.io/r v0.2.0",
            "retract v1.0.0\nretract v1.0.0",
            "tool r.io/r\ntool r.io/r",
            "godebug panicnil=1\ngodebug panicnil=1",
            "godebug panicnil=1\ngodebug panicnil=0",
            "ignore ./x\nignore ./x",
            "go 1.26",
            "module m",
        ] {
            w.write("go.mod", &format!("{head}{lines}\n"));
            w.same(&["list", "-deps", "."]);
            w.same(&["build", "-n", "."]);
        }
        w.write("go.mod", head);
        for lines in [
            "use .\nuse .",
            "use .\nreplace r.io/r => ./r\nreplace r.io/r => ./r",
            "use .\nreplace r.io/r => ./r\nreplace r.io/r => ./other",
            "use .\ngodebug panicnil=1\ngodebug panicnil=1",
        ] {
            w.write("go.work", &format!("go 1.26\n{lines}\n"));
            w.same(&["list", "."]);
        }
    });
}

/// The stock command's module index goes by time and size; forgo's answer is the one of now
/// (docs/differences.md).
#[test]
fn edits_that_keep_size_and_time_are_seen() {
    let main =
        |import: &str| format!("package main\n\nimport _ \"{import}\"\n\nfunc main() {{}}\n");
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    let module = "module example.com/m\n\ngo 1.26\n";
    for goroot in goroots() {
        let world = World::new(&goroot, &[("go.mod", module)]);
        let file = world.path("w/main.go");
        for import in ["io", "os", "io"] {
            world.write("main.go", &main(import));
            let opened = std::fs::File::options().write(true).open(&file);
            opened
                .and_then(|file| file.set_modified(old))
                .expect("its time is set");
            // The second answer may be a kept one.
            for _ in 0..2 {
                let said = world.forgo(&["list", "-f", "{{.Imports}}", "."]);
                assert_eq!(said.stdout, format!("[{import}]\n"), "{}", said.stderr);
            }
        }
    }
}
