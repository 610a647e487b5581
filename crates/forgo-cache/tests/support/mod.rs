//! What the tests of this crate share: a Go distribution, and caches to throw away.

use std::path::Path;
use std::process::{Command, Output};

/// Returns the GOROOT of the distribution to test with: FORGO_TEST_GOROOT, or that of `go` on PATH.
pub fn goroot() -> String {
    if let Ok(goroot) = std::env::var("FORGO_TEST_GOROOT") {
        return goroot;
    }
    let output = Command::new("go")
        .args(["env", "GOROOT"])
        .output()
        .expect("tests need FORGO_TEST_GOROOT, or go on PATH");
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Runs the stock go command in a directory with a cache, and nothing of the user's settings.
pub fn go(dir: &Path, cache: &Path, extra: &[(&str, &str)], args: &[&str]) -> Output {
    let goroot = goroot();
    Command::new(format!("{goroot}/bin/go"))
        .args(args)
        .current_dir(dir)
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap_or_default())
        .env("HOME", dir)
        .env("GOCACHE", cache)
        .env("GOROOT", &goroot)
        .envs([("GOENV", "off"), ("GOTOOLCHAIN", "local"), ("GOFLAGS", "")])
        .envs([("GOPROXY", "off"), ("CGO_ENABLED", "0")])
        .envs(extra.iter().copied())
        .output()
        .expect("the stock go command runs")
}

/// Standard error of a run that must succeed.
pub fn stderr_of(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}");
    text
}

/// A small module with a library and a program.
pub fn write_module(dir: &Path) {
    std::fs::write(dir.join("go.mod"), "module example.com/m\n\ngo 1.26\n").unwrap();
    std::fs::create_dir_all(dir.join("lib")).unwrap();
    std::fs::write(
        dir.join("lib/lib.go"),
        "package lib\n\nfunc Add(a, b int) int { return a + b }\n",
    )
    .unwrap();
    std::fs::write(
        dir.join("main.go"),
        "package main\n\nimport \"example.com/m/lib\"\n\nfunc main() { println(lib.Add(1, 2)) }\n",
    )
    .unwrap();
}
