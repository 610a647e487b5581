//! `oracle parity` itself: it must find two equal commands equal, and report one that differs. Both
//! are the stock command; what takes the place of forgo is a script that starts it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The distribution to test with: the first of `FORGO_TEST_GOROOT`, else that of the `go` on PATH.
fn goroot() -> PathBuf {
    match std::env::var("FORGO_TEST_GOROOT") {
        Ok(list) => list.split(':').next().unwrap_or_default().into(),
        Err(_) => {
            let out = Command::new("go").args(["env", "GOROOT"]).output();
            let out = out.expect("a go command on PATH, or FORGO_TEST_GOROOT");
            String::from_utf8_lossy(&out.stdout).trim().into()
        }
    }
}

/// Compares the stock command with a script that starts it, on a module of one package.
fn compare(dir: &Path, script: &str) -> Output {
    let module = dir.join("m");
    fs::create_dir_all(&module).unwrap();
    fs::write(module.join("go.mod"), "module m\n\ngo 1.26\n").unwrap();
    fs::write(module.join("m.go"), "package m\n").unwrap();
    let forgo = dir.join("forgo");
    fs::write(&forgo, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&forgo, fs::Permissions::from_mode(0o755)).unwrap();
    Command::new(env!("CARGO_BIN_EXE_oracle"))
        .args(["parity", "--dry", "--go"])
        .arg(goroot())
        .arg("--forgo")
        .arg(&forgo)
        .arg(&module)
        .env("XDG_CACHE_HOME", dir.join("cache"))
        .output()
        .unwrap()
}

#[test]
fn equal_commands_are_equal() {
    let dir = tempfile::tempdir().unwrap();
    let output = compare(dir.path(), "exec \"$FORGO_GO\" \"$@\"");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.ends_with("1 of 1 equal\n"), "{text}");
}

#[test]
fn differences_are_reported() {
    let dir = tempfile::tempdir().unwrap();
    let output = compare(dir.path(), "echo surprise >&2; exec \"$FORGO_GO\" \"$@\"");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("surprise"), "{text}");
    assert!(text.ends_with("0 of 1 equal\n"), "{text}");
}

#[test]
fn what_cannot_be_compared_is_an_error() {
    let run = |args: &[&str]| {
        let oracle = Command::new(env!("CARGO_BIN_EXE_oracle"))
            .args(args)
            .output();
        oracle.unwrap().status.code()
    };
    assert_eq!(run(&["parity", "--nosuch"]), Some(2));
    assert_eq!(run(&["parity", ".", "--forgo", "/no/such/forgo"]), Some(2));
    assert_eq!(run(&["parity", "--help"]), Some(0));
}
