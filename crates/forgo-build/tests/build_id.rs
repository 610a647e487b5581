//! Build IDs in what the stock command builds: read, computed again from the contents, replaced.
#![allow(
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test looks at what came out"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use forgo_build::archive;
use forgo_build::build_id::{action_id, find_and_hash, read_build_id, stamp, update_file};

fn goroot() -> String {
    if let Ok(goroot) = std::env::var("FORGO_TEST_GOROOT") {
        return goroot;
    }
    let output = Command::new("go").args(["env", "GOROOT"]).output();
    let output = output.expect("tests need FORGO_TEST_GOROOT, or go on PATH");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The stock command's cache that tests keep between runs.
fn cache(goroot: &str) -> PathBuf {
    let version = std::fs::read_to_string(format!("{goroot}/VERSION")).unwrap();
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(version.lines().next().unwrap())
        .join("cache-stock")
}

fn go(dir: &Path, target: (&str, &str), args: &[&str]) -> String {
    let goroot = goroot();
    let output = Command::new(format!("{goroot}/bin/go"))
        .args(args)
        .current_dir(dir)
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap_or_default())
        .env("HOME", dir)
        .env("GOROOT", &goroot)
        .env("GOCACHE", cache(&goroot))
        .envs([
            ("GOENV", "off"),
            ("GOTOOLCHAIN", "local"),
            ("CGO_ENABLED", "0"),
        ])
        .envs([("GOOS", target.0), ("GOARCH", target.1)])
        .output()
        .expect("the stock go command runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "go {args:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// The content that an ID was computed from leads to that ID again; the stock command's own tool
/// undoes what we stamp.
fn check(dir: &Path, file: &Path) {
    let path = file.to_str().unwrap();
    let id = read_build_id(path).unwrap();
    let host = ("linux", "amd64");
    assert_eq!(
        id,
        go(dir, host, &["tool", "buildid", path]).trim(),
        "{path}"
    );
    let original = std::fs::read(file).unwrap();
    let copy = dir.join("copy");
    let copy_path = copy.to_str().unwrap();
    std::fs::write(&copy, &original).unwrap();
    let updated = update_file(copy_path, &id, action_id(&id)).unwrap();
    assert_eq!((&updated.build_id, updated.stamped), (&id, true), "{path}");
    assert!(std::fs::read(&copy).unwrap() == original, "{path}");

    let found = find_and_hash(&original, &id);
    let mut stamped = original.clone();
    let other = format!("{}{}", &id[..id.len() - 5], "other");
    stamp(&mut stamped, &found.offsets, &other);
    assert!(stamped != original);
    std::fs::write(&copy, &stamped).unwrap();
    assert_eq!(read_build_id(copy_path).unwrap(), other);
    go(dir, host, &["tool", "buildid", "-w", copy_path]);
    assert!(std::fs::read(&copy).unwrap() == original, "{path}");
}

#[test]
fn of_executables_of_every_format() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("go.mod"), "module m\n").unwrap();
    std::fs::write(
        dir.path().join("main.go"),
        "package main\n\nfunc main() {}\n",
    )
    .unwrap();
    // ELF of 64 and 32 bits, little and big endian; Mach-O signed and not; PE; Plan 9; Wasm.
    for target in [
        ("linux", "amd64"),
        ("linux", "mips"),
        ("darwin", "arm64"),
        ("darwin", "amd64"),
        ("windows", "amd64"),
        ("plan9", "386"),
        ("js", "wasm"),
    ] {
        go(dir.path(), target, &["build", "-o", "program", "."]);
        check(dir.path(), &dir.path().join("program"));
    }
    let flags = "-ldflags=-buildid=";
    go(
        dir.path(),
        ("linux", "amd64"),
        &["build", flags, "-o", "program", "."],
    );
    let path = dir.path().join("program");
    assert_eq!(read_build_id(path.to_str().unwrap()), Ok(String::new()));
}

#[test]
fn of_archives() {
    let dir = tempfile::tempdir().unwrap();
    let args = [
        "list",
        "-export",
        "-deps",
        "-f",
        "{{.Export}} {{.BuildID}}",
        "errors",
    ];
    let list = go(dir.path(), ("linux", "amd64"), &args);
    let mut seen = 0;
    for (path, id) in list.lines().filter_map(|line| line.split_once(' ')) {
        if path.is_empty() {
            continue; // unsafe
        }
        seen += 1;
        assert_eq!(read_build_id(path).as_deref(), Ok(id));
        let bytes = std::fs::read(path).unwrap();
        let found = find_and_hash(&bytes, id);
        let content = forgo_cache::hash_to_string(&found.hash);
        assert!(id.ends_with(&content), "{path}: {id}, computed {content}");
        let export = archive::export_data(&bytes).unwrap();
        assert!(export.starts_with(b"go object linux amd64 go1."), "{path}");
        assert!(
            archive::members(&bytes).any(|member| member.name == "_go_.o"),
            "{path}"
        );
        let end = archive::members(&bytes).last().unwrap().next();
        assert_eq!(end, bytes.len() as u64, "{path}");
    }
    assert!(seen > 10, "{list}");
    let (path, _) = list
        .lines()
        .rev()
        .find_map(|line| line.split_once(' '))
        .unwrap();
    check(dir.path(), Path::new(path));
}
