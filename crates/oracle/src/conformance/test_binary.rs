//! The runner of the tests: cmd/go's test binary, compiled once for each distribution, with an
//! overlay that adds a hook. The distribution itself is not touched.
//!
//! In a test, `go` is the test binary itself under another name, which then acts as the go command.
//! The hook, an `init` function, comes before that and becomes forgo instead, unless it was started
//! as `go-stock`: that is how forgo finds the stock command that it hands some commands to. Each
//! such start is a line in a log ([`super::stock`]).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::places::cache_dir;

/// Added to the package as a file.
const HOOK: &str = include_str!("hook/hook_test.go");

/// Telemetry belongs to the stock command: a script that leaves no counters must not fail.
const COUNTERS: (&str, &str) = (
    "const disabledOnPlatform = false ||",
    "const disabledOnPlatform = true ||",
);

/// The test binary and, beside it, the stock command: the same file under the name `go-stock`.
pub struct TestBinary {
    /// The program that runs the scripts.
    pub exe: PathBuf,
    /// The program that forgo uses as the stock command.
    pub stock: PathBuf,
}

/// A key that differs between distributions, and between versions of this file.
pub fn key(goroot: &Path) -> Result<String, String> {
    let version = goroot.join("VERSION");
    let release = fs::read(&version).map_err(|e| format!("{}: {e}", version.display()))?;
    let mut sha = Sha256::new();
    sha.update(goroot.as_os_str().as_encoded_bytes());
    sha.update(release);
    sha.update(HOOK);
    sha.update(COUNTERS.1);
    Ok(sha.finalize()[..8]
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect())
}

/// Builds the test binary of a distribution, unless an earlier run did.
pub fn build(goroot: &Path) -> Result<TestBinary, String> {
    let dir = cache_dir()?.join(key(goroot)?);
    let binary = TestBinary {
        exe: dir.join("go.test"),
        stock: dir.join("go-stock"),
    };
    if binary.exe.exists() && binary.stock.exists() {
        return Ok(binary);
    }
    println!("building cmd/go's test binary of {}", goroot.display());
    let fail = |e: std::io::Error| format!("{}: {e}", dir.display());
    fs::create_dir_all(&dir).map_err(fail)?;
    let overlay = write_overlay(goroot, &dir)?;
    let unfinished = dir.join(format!("go.test.{}", std::process::id()));
    let status = Command::new(goroot.join("bin/go"))
        .args(["test", "-vet=off", "-c", "-overlay"])
        .arg(&overlay)
        .arg("-o")
        .arg(&unfinished)
        .arg("cmd/go")
        .current_dir(goroot.join("src/cmd/go"))
        .env("GOROOT", goroot)
        .envs([
            ("GOTOOLCHAIN", "local"),
            ("GOFLAGS", ""),
            ("GOENV", "off"),
            ("GOWORK", "off"),
        ])
        .status()
        .map_err(|e| format!("{}/bin/go: {e}", goroot.display()))?;
    if !status.success() {
        return Err("cmd/go's test binary does not build".into());
    }
    fs::rename(&unfinished, &binary.exe).map_err(fail)?;
    let _ = fs::remove_file(&binary.stock);
    std::os::unix::fs::symlink("go.test", &binary.stock).map_err(fail)?;
    Ok(binary)
}

fn write_overlay(goroot: &Path, dir: &Path) -> Result<PathBuf, String> {
    let package = goroot.join("src/cmd/go");
    let script_test = package.join("script_test.go");
    let text =
        fs::read_to_string(&script_test).map_err(|e| format!("{}: {e}", script_test.display()))?;
    if text.matches(COUNTERS.0).count() != 1 {
        let file = script_test.display();
        return Err(format!("{file}: expected one line {:?}", COUNTERS.0));
    }
    let files = [
        ("forgo_hook_test.go", HOOK.to_owned()),
        ("script_test.go", text.replace(COUNTERS.0, COUNTERS.1)),
    ];
    let mut replace = serde_json::Map::new();
    for (name, text) in files {
        let file = dir.join(name);
        fs::write(&file, text).map_err(|e| format!("{}: {e}", file.display()))?;
        let target = package.join(name).display().to_string();
        replace.insert(target, file.display().to_string().into());
    }
    let overlay = dir.join("overlay.json");
    let json = serde_json::json!({ "Replace": replace }).to_string();
    fs::write(&overlay, json).map_err(|e| format!("{}: {e}", overlay.display()))?;
    Ok(overlay)
}
