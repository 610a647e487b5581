//! Shared code of this crate's tests: the stock go command builds a program, and its input to
//! cmd/link is kept, with cmd/link's output.

#![allow(dead_code, reason = "each test uses a part")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use forgo_link::{Error, Options};
use tempfile::TempDir;

/// Runs a tool; of a link, keeps command line, GOROOT and the output.
const KEEP: &str = r#"#!/bin/sh
case "$1" in */link) ;; *) exec "$@" ;; esac
[ "$2" = -V=full ] && exec "$@"
"$@"
status=$?
printf '%s' "$GOROOT" >"$KEEP/goroot"
shift
previous=
for argument; do
	case "$previous" in
	-o) [ $status = 0 ] && cp "$argument" "$KEEP/stock" ; argument=$KEEP/own ;;
	esac
	printf '%s\0' "$argument" >>"$KEEP/arguments"
	previous=$argument
done
exit $status
"#;

/// Directories of the distributions to test with: those that FORGO_TEST_GOROOT lists, or that of
/// `go` on PATH.
pub fn goroots() -> Vec<String> {
    if let Ok(list) = std::env::var("FORGO_TEST_GOROOT") {
        return list.split(':').map(str::to_owned).collect();
    }
    let output = Command::new("go").args(["env", "GOROOT"]).output();
    let output = output.expect("tests need FORGO_TEST_GOROOT, or go on PATH");
    vec![String::from_utf8(output.stdout).unwrap().trim().to_owned()]
}

/// A link of the stock go command's.
pub struct Kept {
    dir: TempDir,
    what: String,
    arguments: Vec<String>,
    goroot: String,
}

impl Kept {
    /// Builds a program (or its test, with `test -c`) in a directory; arguments are those of the go
    /// command.
    pub fn new(goroot: &str, source: &Path, env: &[(&str, &str)], args: &[&str]) -> Kept {
        let dir = tempfile::tempdir().unwrap();
        let tool = dir.path().join("keep");
        fs::write(&tool, KEEP).unwrap();
        fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
        // Runs share the compiled packages of the standard library.
        let version = fs::read_to_string(format!("{goroot}/VERSION")).unwrap();
        let version = version.lines().next().unwrap().to_owned();
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cache-{version}"));
        let output = Command::new(format!("{goroot}/bin/go"))
            .args([args[0], "-work"])
            .args(["-toolexec", tool.to_str().unwrap()])
            .args(["-o", dir.path().join("program").to_str().unwrap()])
            .args(&args[1..])
            .current_dir(source)
            .env_clear()
            .env("PATH", std::env::var("PATH").unwrap_or_default())
            .env("HOME", dir.path())
            .env("GOCACHE", cache)
            .env("KEEP", dir.path())
            .env("GOTMPDIR", dir.path())
            .envs([("GOENV", "off"), ("GOTOOLCHAIN", "local"), ("GOFLAGS", "")])
            .envs([("GOPROXY", "off"), ("CGO_ENABLED", "0")])
            .envs(env.iter().copied())
            .output()
            .expect("the stock go command runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        let what = format!("{version} {env:?} {args:?}");
        let arguments = fs::read_to_string(dir.path().join("arguments"));
        let arguments = arguments.unwrap_or_else(|_| panic!("{what}: {stderr}"));
        let arguments = arguments.split_terminator('\0').map(str::to_owned);
        let goroot = fs::read_to_string(dir.path().join("goroot")).unwrap();
        Kept {
            dir,
            what,
            arguments: arguments.collect(),
            goroot,
        }
    }

    /// The file of `-importcfg`, which is the test's.
    pub fn importcfg(&self) -> PathBuf {
        let mut arguments = self.arguments.iter();
        arguments.find(|argument| *argument == "-importcfg");
        arguments.next().unwrap().into()
    }

    /// Where forgo-link's output goes.
    pub fn own(&self) -> PathBuf {
        self.dir.path().join("own")
    }

    /// Links here.
    pub fn link(&self) -> Result<(), Error> {
        forgo_link::link(&Options::parse(&self.arguments, &self.goroot)?)
    }

    /// Requires that cmd/link failed, and that the link fails here too and leaves nothing.
    pub fn compare_failure(&self) {
        let what = &self.what;
        assert!(!self.dir.path().join("stock").exists(), "{what}");
        let error = self.link().unwrap_err();
        assert!(matches!(error, Error::Failed(_)), "{what}: {error}");
        assert!(!self.own().exists(), "{what}");
    }

    /// Links here, and requires the bytes of cmd/link.
    pub fn compare(&self) {
        if let Err(error) = self.link() {
            panic!("{}: {error}", self.what);
        }
        let stock = fs::read(self.dir.path().join("stock")).unwrap();
        let own = fs::read(self.own()).unwrap();
        if stock != own {
            let same = stock.iter().zip(&own).take_while(|(a, b)| a == b).count();
            let (stock, own) = (stock.len(), own.len());
            let what = &self.what;
            panic!("{what}: differs at {same:#x}, of {stock:#x} and {own:#x} bytes");
        }
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&self.own()), mode(&self.dir.path().join("stock")));
        fs::remove_file(self.own()).unwrap();
    }
}

/// Writes a module's files.
pub fn module(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(
        dir.path().join("go.mod"),
        "module example.com/m\n\ngo 1.26\n",
    )
    .unwrap();
    for (name, text) in files {
        let file = dir.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    dir
}
