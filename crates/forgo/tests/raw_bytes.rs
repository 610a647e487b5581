//! Bytes that are not UTF-8 in arguments, variables, directories and files: they come out as they
//! came in, or as Go's encoders show them. In these tests a private character stands for such a
//! byte, as inside forgo.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use std::path::PathBuf;

use forgo_golang::raw;
use forgo_load::process::os;
use support::{World, each};

/// The byte 0xff.
const FF: &str = "\u{10ffff}";
/// The bytes 0xe2 0x82: a character that is cut off.
const CUT: &str = "\u{10ffe2}\u{10ff82}";

fn path(w: &World, name: &str) -> PathBuf {
    w.path("w").join(os(name))
}

fn write(w: &World, name: &str, text: &str) {
    let file = path(w, name);
    std::fs::create_dir_all(file.parent().expect("a parent")).expect("directories");
    std::fs::write(file, raw::bytes(text)).expect("a file");
}

const MODULE: &[(&str, &str)] = &[
    ("go.mod", "module m\n\ngo 1.26\n"),
    ("a.go", "package main\n\nfunc main() {}\n"),
    (
        "a_test.go",
        "package main\n\nimport \"testing\"\n\nfunc TestX(t *testing.T) {}\n",
    ),
];

#[test]
fn variables() {
    each(MODULE, |w| {
        let value = format!("-DX={FF}");
        for (key, value) in [
            ("CGO_CFLAGS", value.as_str()),
            ("GOFLAGS", &format!("-tags={FF}")),
            ("GOFLAGS", &format!("-{FF}")),
            ("GOPATH", &format!("/x{CUT}")),
            ("GOPROXY", FF),
            ("GODEBUG", &format!("{FF}=1")),
            ("GO111MODULE", FF),
            ("GOEXPERIMENT", FF),
            ("GOOS", FF),
            ("GOWORK", &format!("/none{FF}")),
            ("GOMODCACHE", FF),
        ] {
            w.set(key, value);
            for args in [
                &["env"][..],
                &["env", "-json"],
                &["env", key],
                &["list", "."],
            ] {
                w.same(args);
            }
            w.unset_all();
        }
        std::fs::write(w.path("env"), b"CGO_CFLAGS=-DY=\xff\nGOX\xff=1\n").expect("a file");
        w.set("GOENV", "$W/env");
        w.same(&["env", "CGO_CFLAGS", &format!("GOX{FF}")]);
        w.same(&["env", "-json", "CGO_CFLAGS"]);
        w.same(&["env", "-w", &format!("CGO_CFLAGS=-D{FF}")]);
        w.same(&["env", "-w", &format!("CC={FF}")]);
    });
}

#[test]
fn arguments() {
    each(MODULE, |w| {
        for args in [
            &["list", FF][..],
            &["list", &format!("./{FF}/...")],
            &["list", &format!("-{FF}")],
            &["list", "-e", "-json", &format!("./{FF}")],
            &["build", "-n", "-o", &format!("x{FF}"), "."],
            &["build", "-n", &format!("-ldflags=-X=main.x={FF}"), "."],
            &["build", "-n", &format!("-gcflags=-{FF}"), "."],
            &["build", &format!("-compiler={FF}")],
            &["build", &format!("-mod={FF}")],
            &["build", &format!("-overlay={FF}")],
            &[
                "build",
                "-cover",
                &format!("-coverpkg={FF}"),
                "-o",
                "/dev/null",
                "-n",
                ".",
            ],
            &["test", "-n", &format!("-run={FF}"), "."],
            &["test", "-n", &format!("./none{FF}")],
            &["vet", "-n", &format!("-printf.funcs={FF}"), "."],
            &["vet", &format!("-vettool={FF}"), "."],
            &["run", FF],
            &["tool", FF],
            &["-C", FF, "list"],
            &[FF],
        ] {
            w.same(args);
        }
    });
}

#[test]
fn templates() {
    each(MODULE, |w| {
        for text in [
            FF.to_owned(),
            format!("{{{{\"{FF}\"}}}}{{{{`{FF}`}}}}"),
            format!("{{{{len `{FF}{CUT}`}}}} {{{{printf \"%q %x %s\" `{FF}` `{CUT}` `{FF}`}}}}"),
            format!("{{{{js `{FF}`}}}}{{{{html `{FF}`}}}}{{{{urlquery `{FF}`}}}}"),
            format!("{{{{{FF}}}}}"),
            format!("{{{{.{FF}}}}}"),
            format!("{{{{template \"{FF}\"}}}}"),
            format!("{FF}{{{{.Nope}}}}"),
            format!("{{{{printf \"%{FF}\" 1}}}}"),
            format!("{{{{join .GoFiles `{FF}`}}}}"),
            format!("{{{{\"{FF}"),
            "{{\"\\xff\" | printf \"%s%q\"}}".to_owned(),
        ] {
            w.same(&["list", "-f", &text, "."]);
        }
    });
}

#[test]
fn files() {
    each(MODULE, |w| {
        write(w, &format!("c/c{FF}.go"), "package c\n");
        write(w, &format!("d{FF}/d.go"), "package d\n");
        write(w, &format!("e/x{CUT}.txt"), "x");
        write(
            w,
            "e/e.go",
            "package e\n\nimport _ \"embed\"\n\n//go:embed *.txt\nvar s string\n",
        );
        write(w, "f/f.go", &format!("//go:build {FF}\n\npackage f\n"));
        write(w, "g/g.go", &format!("package g\n\nimport \"{FF}\"\n"));
        write(w, "h/h.go", &format!("package h\n\nfunc f() {{ {FF} }}\n"));
        let shown = "{{.Dir}} {{.GoFiles}} {{.EmbedFiles}} {{printf \"%q\" .GoFiles}} {{.Error}}";
        for dir in [
            "./c",
            &format!("./d{FF}"),
            "./e",
            "./f",
            "./g",
            "./h",
            "./...",
        ] {
            w.same(&["list", "-e", "-f", shown, dir]);
            w.same(&["list", "-e", "-json", dir]);
            w.same(&["build", "-n", dir]);
        }
        w.same(&["build", "./h"]);
        w.same(&["build", "-json", "./h"]);
        w.same(&["clean", "-n", "./c"]);
    });
}

#[test]
fn modules() {
    each(MODULE, |w| {
        for line in [
            format!("toolchain {FF}"),
            format!("godebug {FF}=1"),
            format!("replace a => ./{FF}"),
            format!("require a{FF} v1.0.0"),
            format!("require a v1.0.0{FF}"),
            format!("tool m/{FF}"),
            format!("// {FF}"),
            FF.to_owned(),
            format!("\"{CUT}"),
        ] {
            write(w, "go.mod", &format!("module m\ngo 1.26\n{line}\n"));
            w.same(&["list", "."]);
        }
        write(w, "go.mod", &format!("module m{FF}\n"));
        w.same(&["list", "."]);
        write(w, "go.mod", "module m\n");
        write(w, "go.work", &format!("go 1.26\nuse ./{FF}\n"));
        w.same(&["list", "."]);
    });
}

/// The whole module is in a directory whose name is not UTF-8.
#[test]
fn directories() {
    each(&[], |w| {
        let dir = format!("d{FF}");
        for (name, text) in MODULE {
            write(w, &format!("{dir}/{name}"), text);
        }
        w.set("PWD", "-");
        w.start_in(&format!("w/{dir}"));
        for args in [
            &["list", "-json", "."][..],
            &["list", "-f", "{{.Dir}}", "."],
            &["env", "GOMOD"],
            &["env", "-json", "GOMOD"],
            &["build", "-n", "."],
            &["test", "-n", "."],
            &["vet", "."],
            &["build", "-o", FF, "."],
        ] {
            w.same(args);
        }
    });
}
