//! Inputs that are not linked here are refused, with the reason, and leave no output.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test looks at what came out"
)]

mod support;

use std::fs;

use forgo_link::{Error, Options};
use support::{Kept, goroots, module};

const SMALLEST: &[(&str, &str)] = &[("main.go", "package main\n\nfunc main() {}\n")];

#[test]
fn flags() {
    let rest = ["-importcfg", "importcfg", "main.a"];
    let parse = |flags: &[&str]| Options::parse(&[flags, &rest].concat(), "/go");
    assert!(parse(&["-s", "-w", "-buildid=x", "-extld=gcc -m64"]).is_ok());
    for flag in [
        "-buildmode=plugin",
        "-buildmode=c-shared",
        "-linkmode=external",
        "-linkshared=1",
        "-msan=1",
        "-d=1",
        "-dumpdep=1",
        "-k=sym",
        "-r=/lib",
    ] {
        let error = parse(&[flag]).unwrap_err();
        assert!(matches!(error, Error::Unsupported(_)), "{flag}: {error}");
    }
    for flags in [&["-s=maybe"][..], &["another.a"]] {
        let error = parse(flags).unwrap_err();
        assert!(matches!(error, Error::Failed(_)), "{flags:?}: {error}");
    }
    assert!(Options::parse(&["main.a"], "/go").is_err());
}

#[test]
fn targets() {
    let source = module(SMALLEST);
    let riscv64 = (&[("GOARCH", "riscv64")][..], &["build", "."][..]);
    let pie = (
        &[("GOARCH", "arm64")][..],
        &["build", "-buildmode=pie", "."][..],
    );
    for goroot in goroots() {
        for (env, args) in [riscv64, pie] {
            let kept = Kept::new(&goroot, source.path(), env, args);
            let error = kept.link().unwrap_err();
            assert!(matches!(error, Error::Unsupported(_)), "{error}");
            assert!(!kept.own().exists());
        }
    }
}

/// Programs that compile, and that cmd/link refuses.
#[test]
fn links_that_fail() {
    let source = module(&[
        ("undefined/empty.s", ""),
        (
            "undefined/main.go",
            "package main\n\nfunc missing()\n\nfunc main() { missing() }\n",
        ),
        ("linkname/empty.s", ""),
        (
            "linkname/main.go",
            r#"package main

import _ "unsafe"

//go:linkname x runtime.fatalthrow
func x(int)

func main() { x(1) }
"#,
        ),
        (
            "stack/main.go",
            r#"package main

//go:nosplit
//go:noinline
func f(n int) byte { var a [400]byte; a[n] = 1; return g(n) + a[n+1] }

//go:nosplit
//go:noinline
func g(n int) byte { var a [500]byte; a[n] = 1; return a[n+2] }

func main() { println(f(3)) }
"#,
        ),
        (
            "twice/main.go",
            r#"package main

import (
	_ "unsafe"

	"example.com/m/twice/lib"
)

//go:linkname f example.com/m/twice/lib.f
func f() int { return 1 }

func main() { println(f(), lib.F()) }
"#,
        ),
        (
            "twice/lib/lib.go",
            "package lib\n\nfunc f() int { return 2 }\n\nfunc F() int { return f() }\n",
        ),
        (
            "number/main.go",
            "package main\n\nvar n int\n\nfunc main() { println(n) }\n",
        ),
    ]);
    for goroot in goroots() {
        for args in [
            &["build", "./undefined"][..],
            &["build", "./linkname"],
            &["build", "./stack"],
            &["build", "./twice"],
            &["build", "-ldflags=-X main.n=1", "./number"],
            &["build", "-ldflags=-X main.n", "./number"],
        ] {
            Kept::new(&goroot, source.path(), &[], args).compare_failure();
        }
    }
}

#[test]
fn a_package_that_is_not_there() {
    let source = module(SMALLEST);
    for goroot in goroots() {
        let kept = Kept::new(&goroot, source.path(), &[], &["build", "."]);
        let config = fs::read_to_string(kept.importcfg()).unwrap();
        let without = |name: &str| {
            let line = format!("packagefile {name}=");
            let lines: Vec<&str> = config.lines().filter(|l| !l.starts_with(&line)).collect();
            fs::write(kept.importcfg(), lines.join("\n")).unwrap();
            kept.link().unwrap_err()
        };
        for name in ["runtime", "internal/runtime/maps", "internal/cpu"] {
            let error = without(name);
            assert!(matches!(error, Error::Failed(_)), "{name}: {error}");
            assert!(!kept.own().exists());
        }
    }
}

/// For an archive with any content, a link ends with an output or an error, and no pass panics.
#[test]
fn damaged_archives() {
    let source = module(SMALLEST);
    for goroot in goroots() {
        let kept = Kept::new(&goroot, source.path(), &[], &["build", "."]);
        let config = fs::read_to_string(kept.importcfg()).unwrap();
        let archive = |name: &str| {
            let line = format!("packagefile {name}=");
            let found = config.lines().find_map(|l| l.strip_prefix(&line));
            fs::read(found.unwrap()).unwrap()
        };
        let replace = |name: &str, file: &str| {
            let line = format!("packagefile {name}=");
            let lines: Vec<String> = config
                .lines()
                .map(|l| match l.starts_with(&line) {
                    true => format!("{line}{file}"),
                    false => l.to_owned(),
                })
                .collect();
            fs::write(kept.importcfg(), lines.join("\n")).unwrap();
        };
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = move |below: usize| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed >> 11) as usize % below
        };
        let try_link = |what: String| {
            if let Err(Error::Failed(why)) = kept.link() {
                assert!(!why.contains("panicked"), "{what}: {why}");
            }
        };
        let damaged = kept.own().with_file_name("damaged.a");
        for name in ["internal/abi", "internal/runtime/maps", "runtime"] {
            let good = archive(name);
            replace(name, damaged.to_str().unwrap());
            for _ in 0..5 {
                let at = random(good.len());
                fs::write(&damaged, &good[..at]).unwrap();
                try_link(format!("{name} of {at} bytes"));
            }
            for _ in 0..ROUNDS {
                let mut bytes = good.clone();
                let mut what = format!("{name} with");
                for _ in 0..1 + random(8) {
                    let (at, value) = (random(good.len()), random(256) as u8);
                    bytes[at] = value;
                    what += &format!(" {value:#x} at {at:#x}");
                }
                fs::write(&damaged, &bytes).unwrap();
                try_link(what);
            }
        }
    }
}

/// Damaged archives of a package.
const ROUNDS: usize = 15;
