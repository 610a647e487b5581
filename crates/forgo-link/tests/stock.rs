//! Programs that the stock go command links are linked here from the same inputs, to the same
//! bytes.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test looks at what came out"
)]

mod support;

use std::path::Path;
use std::process::Command;

use support::{Kept, goroots, module};
use tempfile::TempDir;

fn features() -> TempDir {
    module(&[
        ("main.go", include_str!("programs/features/main.go")),
        (
            "main_test.go",
            include_str!("programs/features/main_test.go"),
        ),
        ("asm/asm.go", include_str!("programs/features/asm/asm.go")),
        (
            "asm/asm_amd64.s",
            include_str!("programs/features/asm/asm_amd64.s"),
        ),
        (
            "asm/asm_arm64.s",
            include_str!("programs/features/asm/asm_arm64.s"),
        ),
        (
            "shapes/shapes.go",
            include_str!("programs/features/shapes/shapes.go"),
        ),
    ])
}

fn compare(source: &Path, env: &[(&str, &str)], args: &[&str]) {
    for goroot in goroots() {
        Kept::new(&goroot, source, env, args).compare();
    }
}

/// Reports whether there is a C compiler, which cgo needs.
fn has_compiler() -> bool {
    Command::new("gcc").arg("--version").output().is_ok()
}

#[test]
fn the_smallest_program() {
    let source = module(&[("main.go", "package main\n\nfunc main() {}\n")]);
    for flags in [
        "",
        "-s",
        "-w",
        "-s -w=false",
        "-compressdwarf=false",
        "-B=none",
    ] {
        let flags = format!("-ldflags={flags}");
        compare(source.path(), &[], &["build", &flags, "."]);
    }
}

#[test]
fn everything() {
    let source = features();
    let x = "-ldflags=-X main.version=1.2.3 -X=main.commit=é\"x -X main.version=2 -X main.none=1";
    let variants: [&[&str]; 8] = [
        &[],
        &[x],
        &["-ldflags=-s -w"],
        &["-trimpath"],
        &["-buildmode=pie"],
        &["-buildmode=pie", "-ldflags=-w"],
        &["-gcflags=-N -l"],
        &["-cover", "-coverpkg=./..."],
    ];
    for variant in variants {
        let args = [&["build"], variant, &["."]].concat();
        compare(source.path(), &[], &args);
    }
    compare(source.path(), &[("GOFIPS140", "latest")], &["build", "."]);
}

#[test]
fn tests_of_packages() {
    let source = features();
    compare(source.path(), &[], &["test", "-c", "."]);
    compare(source.path(), &[], &["test", "-c", "-cover", "."]);
}

#[test]
fn arm64() {
    let source = features();
    let env = [("GOARCH", "arm64")];
    compare(source.path(), &env, &["build", "."]);
    compare(source.path(), &env, &["build", "-ldflags=-s -w", "."]);
    compare(source.path(), &env, &["test", "-c", "."]);
}

/// Objects of a C compiler: those of runtime/cgo, os/user, runtime/race.
#[test]
fn objects_of_other_compilers() {
    if !has_compiler() {
        return;
    }
    let text = "package main\n\nimport \"os/user\"\n\nfunc main() { println(user.Current()) }\n";
    let source = module(&[("main.go", text)]);
    let cgo = [("CGO_ENABLED", "1")];
    compare(source.path(), &cgo, &["build", "."]);
    compare(source.path(), &cgo, &["build", "-buildmode=pie", "."]);
    compare(source.path(), &cgo, &["build", "-race", "."]);
}
