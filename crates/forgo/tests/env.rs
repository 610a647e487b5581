//! `go env`: the same variables, output and files as the stock command's.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use support::each;

const MODULE: &[(&str, &str)] = &[("go.mod", "module example.com/m\n\ngo 1.26\n")];

#[test]
fn all_variables() {
    each(MODULE, |w| {
        for args in [
            &["env"][..],
            &["env", "-json"],
            &["env", "-changed"],
            &["env", "-json", "-changed"],
        ] {
            w.same(args);
        }
    });
}

/// A full disk does not go unnoticed where the stock command notices it.
#[test]
fn what_cannot_be_written() {
    let big = "{{range .Deps}}{{.}}{{end}}{{range .GoFiles}}{{.}}{{end}}".repeat(40);
    each(MODULE, |w| {
        w.write(
            "vet.go",
            "package m\n\nimport \"fmt\"\n\nfunc init() { fmt.Printf(\"%d\\n\", \"\") }\n",
        );
        for args in [
            &["env"][..],
            &["env", "-json"],
            &["env", "-json", "GOOS"],
            &["list", "."],
            &["list", "-f", &big, "fmt"],
            // From a snapshot.
            &["list", "-f", &big, "fmt"],
            &["vet", "-json", "."],
            &["vet", "-json", "."],
        ] {
            let said = |command: &mut std::process::Command| {
                let full = std::fs::File::options().write(true).open("/dev/full");
                let out = command.args(args).stdout(full.expect("a device")).output();
                let out = out.expect("it starts");
                (
                    out.status.code(),
                    String::from_utf8_lossy(&out.stderr).into_owned(),
                )
            };
            let stock = said(&mut w.stock_command());
            assert_eq!(said(&mut w.forgo_command()), stock, "{args:?}");
        }
    });
}

/// Go's runtime takes no notice of some signals that would end other programs.
#[test]
fn signals_that_go_ignores() {
    let program = "package main\n\nimport (\n\t\"os\"\n\t\"syscall\"\n)\n\nfunc main() {\n\tfor _, s := range []syscall.Signal{\n\t\t\
        syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM, syscall.SIGXCPU, syscall.SIGXFSZ, syscall.SIGIO,\n\t} {\n\t\t\
        syscall.Kill(os.Getppid(), s)\n\t}\n\tprintln(\"done\")\n}\n";
    each(&[("go.mod", "module m\n"), ("main.go", program)], |w| {
        w.same(&["run", "."]);
    });
}

#[test]
fn variables_under_many_settings() {
    let settings: &[&[(&str, &str)]] = &[
        &[("GOOS", "windows")],
        &[("GOOS", "darwin"), ("GOARCH", "arm64")],
        &[("GOOS", "js"), ("GOARCH", "wasm")],
        &[("GOARCH", "arm"), ("GOARM", "6,softfloat")],
        &[("GOARCH", "mips64le")],
        &[("GOARCH", "s390x"), ("CGO_ENABLED", "1"), ("CC", "gcc -x")],
        &[("CGO_ENABLED", "0")],
        &[("CGO_CFLAGS", "-O1 '-DX=a b'"), ("CGO_LDFLAGS", "-s")],
        &[("GOFLAGS", "-mod=mod"), ("GOPRIVATE", "a.com")],
        &[("GOEXPERIMENT", "norandomizedheapbase64")],
        &[("GOEXPERIMENT", "none")],
        &[("GO111MODULE", "off")],
        &[("GO111MODULE", "auto")],
        &[("GOWORK", "off")],
        &[("GOPATH", "-"), ("HOME", "$W/home")],
        &[("GOPATH", "$W/a:$W/b"), ("GOMODCACHE", "$W/mod")],
        &[("GOBIN", "$W/bin"), ("GOTMPDIR", "$W/tmp")],
        &[("GODEBUG", "x=1"), ("GOFIPS140", "latest")],
        &[("HOME", "-"), ("GOCACHE", "-"), ("GOPATH", "$W/gopath")],
        &[("GOCACHE", "off")],
        &[("HOME", "home"), ("GOPATH", "-"), ("GOCACHE", "off")],
        &[("HOME", "/a:b"), ("GOPATH", "-"), ("GOMODCACHE", "-")],
        &[
            ("XDG_CACHE_HOME", "$W/xdg"),
            ("GOCACHE", "-"),
            ("XDG_CONFIG_HOME", "$W/cfg"),
        ],
        &[
            ("GOPACKAGESDRIVER", "x"),
            ("GOVCS", "*:all"),
            ("GOSUMDB", "off"),
        ],
        &[("GCCGO", "sh"), ("AR", "llvm-ar"), ("CXX", "c++")],
        &[("GOAMD64", "v3")],
        &[("CC", "no-such-compiler")],
    ];
    each(MODULE, |w| {
        for list in settings {
            w.unset_all();
            for (key, value) in *list {
                w.set(key, value);
            }
            w.same(&["env"]);
            w.same(&["env", "-changed"]);
        }
    });
}

#[test]
fn single_variables() {
    each(MODULE, |w| {
        for args in [
            &["env", "GOFLAGS"][..],
            &["env", "GOROOT", "GOMOD", "NOSUCH", "GOENV", "GOVERSION"],
            &["env", "-json", "GOFLAGS", "CC", "NOSUCH"],
            &["env", "-changed", "GOFLAGS", "GOPROXY"],
            &["env", "GOGCCFLAGS"],
            &["env", "CGO_CFLAGS", "PKG_CONFIG"],
            &["env", "A=b"],
            &["env", "-json", "-u", "x"],
            &["env", "-json", "-w", "x"],
            &["env", "-u", "-w", "x"],
            &["env", "-x", "GOOS"],
            &["env", "-C", "..", "GOMOD"],
            &["env", "-nosuch"],
        ] {
            w.same(args);
        }
    });
}

#[test]
fn bad_settings() {
    let settings: &[&[(&str, &str)]] = &[
        &[("GOAMD64", "v9")],
        &[("GOARM64", "v7")],
        &[("GOMIPS", "x")],
        &[("GOWASM", "a,b")],
        &[("GOFIPS140", "v9")],
        &[("GOFIPS140", "bad"), ("GOEXPERIMENT", "bad")],
        &[("GOEXPERIMENT", "nosuch")],
        &[("GOFLAGS", "x")],
        &[("GOFLAGS", "-nosuch")],
        &[("GOFLAGS", "'-x")],
        &[("GO111MODULE", "bad")],
        &[("GOWORK", "relative")],
        &[("GOWORK", "$W/home")],
        &[("GOFLAGS", "-overlay=.")],
        &[("GOTMPDIR", "relative")],
        &[("TMPDIR", "relative")],
        &[("GOPATH", "relative")],
        &[("GOPATH", "~/go")],
        &[("GOOS", "nosuch")],
        &[("CC", "a/b")],
        &[("CC", "'a")],
        &[("GOROOT", "/no/such/dir")],
        &[("GOTOOLCHAIN", "bad")],
        &[("GOTOOLCHAIN", "go1.1+bad")],
        &[("GOTOOLCHAIN", "go1.1+path")],
        &[("GOTOOLCHAIN", "go1.999+path")],
    ];
    each(MODULE, |w| {
        for list in settings {
            w.unset_all();
            for (key, value) in *list {
                w.set(key, value);
            }
            w.same(&["env", "GOOS"]);
            w.same(&["env", "GOGCCFLAGS"]);
            w.same(&["build"]);
            w.same(&["list"]);
            w.same(&["clean", "-n"]);
            w.same(&["clean", "-n", "-testcache"]);
        }
        w.unset_all();
        w.set("GOCACHE", "/dev/null/x");
        for args in [&["list", "errors"][..], &["clean", "-n", "-r", "errors"]] {
            w.same(args);
        }
        w.same(&["clean", "-n", "-cache"]);
    });
}

/// GOENV=off is about reading.
#[test]
fn settings_are_written_though_none_are_read() {
    each(MODULE, |w| {
        let file = w.path("home/.config/go/env");
        for who in [support::World::stock, support::World::forgo] {
            assert_eq!(who(w, &["env", "-w", "GOBIN=/b"]).code, Some(0));
            assert_eq!(std::fs::read(&file).expect("a file"), b"GOBIN=/b\n");
            std::fs::remove_file(&file).expect("removed");
        }
        std::fs::create_dir(&file).expect("a directory");
        w.same(&["env", "-w", "GOBIN=/b"]);
        w.same(&["env", "-u", "GOBIN"]);
    });
}

#[test]
fn files_of_settings() {
    each(MODULE, |w| {
        w.set("GOENV", "$W/w/env");
        w.write(
            "env",
            "# comment\nGOFLAGS=-x\nGOOS=plan9\nbad line\nGOPROXY=\nFOO=1\nGOFLAGS=-v\n",
        );
        for args in [
            &["env"][..],
            &["env", "-changed"],
            &["env", "FOO", "GOPROXY"],
            &["env", "-w", "FOO=2"],
            &["env", "-w", "BAR=2"],
        ] {
            w.same(args);
        }
        w.write("env", "GOPATH=relative\n");
        w.same(&["env", "GOPATH"]);
    });
}

#[test]
fn writing_settings() {
    let steps: &[&[&str]] = &[
        &["env", "-w"],
        &["env", "-u"],
        &["env", "-w", "GOFLAGS"],
        &["env", "-w", "GOFLAGS=-x", "GOBIN=/b", "GOFLAGS=-v"],
        &["env", "-w", "GOFLAGS=-x", "GOBIN=/b"],
        &["env", "-w", "GOARCH=arm64"],
        &["env", "-u", "GOBIN"],
        &["env", "-u", "GOBIN", "NOSUCH"],
        &["env", "-w", "GOOS=nosuch"],
        &["env", "-w", "GOEXPERIMENT=nosuch"],
        &["env", "-w", "GOENV=x"],
        &["env", "-w", "GOVERSION=x"],
        &["env", "-w", "GOROOT=/x"],
        &["env", "-w", "GO111MODULE=x"],
        &["env", "-w", "GOPATH=x"],
        &["env", "-w", "GOPATH=~x"],
        &["env", "-w", "CC=a/b"],
        &["env", "-w", "CC= "],
        &["env", "-w", "CXX='a"],
        &["env", "-w", "GOTMPDIR=x"],
        &["env", "-w", "GOPRIVATE=a\nb"],
        &["env", "-w", "GOCACHE=/c"],
        &["env", "-u", "GOFLAGS", "GOARCH"],
    ];
    each(MODULE, |w| {
        let mut stock = support::World::new(&w.goroot, MODULE);
        let mut forgo = support::World::new(&w.goroot, MODULE);
        for world in [&mut stock, &mut forgo] {
            world.set("GOENV", "$W/home/deep/env");
        }
        for args in steps {
            let (a, b) = (stock.stock(args), forgo.forgo(args));
            let masked = |world: &support::World, text: &str| {
                text.replace(world.dir.path().to_str().expect("UTF-8"), "$W")
            };
            assert_eq!(
                masked(&stock, &a.stderr),
                masked(&forgo, &b.stderr),
                "{args:?}"
            );
            assert_eq!((a.stdout, a.code), (b.stdout, b.code), "{args:?}");
            let read = |world: &support::World| {
                std::fs::read_to_string(world.path("home/deep/env")).unwrap_or_default()
            };
            assert_eq!(read(&stock), read(&forgo), "{args:?}");
        }
    });
}

/// The stock command keeps a module index in its cache, but lists without one.
#[test]
fn lists_without_a_cache() {
    let files = [MODULE[0], ("a.go", "package a\n\nimport _ \"strings\"\n")];
    each(&files, |w| {
        for value in ["off", "relative"] {
            w.set("GOCACHE", value);
            for args in [
                &["list"][..],
                &["list", "-deps", "-f", "{{.Name}}", "fmt"],
                &["list", "-f", "{{.Stale}}"],
                &["list", "-test"],
                &["clean"],
                &["clean", "-cache"],
                &["build"],
            ] {
                w.same(args);
            }
        }
    });
}
