//! The projects that `cargo xtask seen` builds: projects of `conformance/projects`, in copies, and
//! one that is made here, for answers that depend on files beside the packages.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use sha2::{Digest, Sha256};

use oracle::checkout;
use oracle::tree::{self, Take};

/// Projects of `conformance/projects`.
const COPIED: [&str; 9] = [
    "plain",
    "cgo",
    "embed",
    "vendor",
    "workspace",
    "asm",
    "checkout",
    "pgo",
    "test-imports",
];

/// The files of the project that is made here. `$BASE` is the directory of all projects.
const MIXED: &[(&str, &str)] = &[
    (
        "mixed/go.mod",
        "module example.com/mixed\n\ngo 1.24\n\nrequire example.org/dep v1.2.3\n",
    ),
    (
        "mixed/other.mod",
        "module example.com/mixed\n\ngo 1.25\n\nrequire example.org/dep v1.2.3\n",
    ),
    (
        "mixed/main.go",
        "package main\n\nimport \"example.org/dep\"\n\nfunc main() { println(dep.Name, name) }\n",
    ),
    ("mixed/name.go", "package main\n\nconst name = \"plain\"\n"),
    ("mixed/new_name.go", "//go:build ignore\n\npackage main\n"),
    (
        "aside/name.go",
        "package main\n\nconst name = \"overlay\"\n",
    ),
    (
        "aside/overlay.json",
        "{\"Replace\": {\"$BASE/mixed/name.go\": \"$BASE/aside/name.go\"}}\n",
    ),
    ("aside/env", "GOFLAGS=-tags=fromfile\n"),
    ("linked/go.mod", "module example.com/linked\n\ngo 1.24\n"),
    ("linked/real/file", "package main\n\nfunc main() {}\n"),
    ("gopath/src/a/a.go", "package a\n\nimport _ \"a/b\"\n"),
    ("gopath/src/a/b/b.go", "package b\n"),
    ("reads/go.mod", "module example.com/reads\n\ngo 1.24\n"),
    ("reads/testdata/deep/file", "text\n"),
    ("reads/reads_test.go", READS),
    (
        "githome/.gitconfig",
        "[include]\n\tpath = more\n[core]\n\texcludesFile = ~/ignore\n",
    ),
    ("githome/more", "[commit]\n\tgpgSign = false\n"),
    ("githome/ignore", "*.tmp\n"),
    (
        "modcache/example.org/dep@v1.2.3/go.mod",
        "module example.org/dep\n\ngo 1.24\n",
    ),
    (
        "modcache/example.org/dep@v1.2.3/dep.go",
        "package dep\n\nconst Name = \"dep\"\n",
    ),
    (
        "modcache/cache/download/example.org/dep/@v/v1.2.3.mod",
        "module example.org/dep\n\ngo 1.24\n",
    ),
    (
        "modcache/cache/download/example.org/dep/@v/v1.2.3.info",
        "{\"Version\":\"v1.2.3\",\"Time\":\"2026-01-02T03:04:05Z\"}",
    ),
    (
        "modcache/cache/download/example.org/dep/@v/v1.2.3.ziphash",
        "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    ),
    (
        "modcache/cache/download/example.org/dep/@v/list",
        "v1.2.3\n",
    ),
];

/// A test that looks at files, absent ones too, at directories and at the environment.
const READS: &str = r#"package reads

import (
	"os"
	"testing"
)

func TestReads(t *testing.T) {
	if _, err := os.ReadFile("testdata/deep/file"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadDir("testdata"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("testdata/absent"); err == nil {
		t.Fatal("there is a file")
	}
	if _, err := os.Open("../aside/none"); err == nil {
		t.Fatal("there is a file")
	}
	if os.Getenv("SEEN") != "" || os.Chdir("testdata") != nil {
		t.Fatal("another environment")
	}
	if _, err := os.Lstat("deep"); err != nil {
		t.Fatal(err)
	}
}
"#;

/// Makes all projects in the directory `base`.
pub fn make(base: &Path) -> Result<(), String> {
    let ours = oracle::places::repository()?.join("conformance/projects");
    for name in COPIED {
        tree::copy(
            &ours.join(name),
            &base.join(name),
            &|path| match path.file_name() {
                Some(name) if name == "PARITY" => Take::LeaveOut,
                _ => Take::Copy,
            },
        )?;
    }
    for (name, text) in MIXED {
        let text = text.replace("$BASE", &base.to_string_lossy());
        write(&base.join(name), &text)?;
    }
    let go_mod = hash_of_go_mod("module example.org/dep\n\ngo 1.24\n");
    let sums = format!(
        "example.org/dep v1.2.3 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\
         example.org/dep v1.2.3/go.mod {go_mod}\n"
    );
    for name in ["mixed/go.sum", "mixed/other.sum"] {
        write(&base.join(name), &sums)?;
    }
    let link = base.join("linked/main.go");
    std::os::unix::fs::symlink("real/file", &link)
        .map_err(|e| format!("{}: {e}", link.display()))?;
    make_checkout(&base.join("checkout"))
}

/// Writes a file and makes its directory.
pub fn write(file: &Path, text: &str) -> Result<(), String> {
    let fault = |e: std::io::Error| format!("{}: {e}", file.display());
    let dir = file.parent().map(PathBuf::from).unwrap_or_default();
    fs::create_dir_all(dir).map_err(fault)?;
    fs::write(file, text).map_err(fault)
}

/// The `h1:` of a module's go.mod, as in go.sum.
fn hash_of_go_mod(text: &str) -> String {
    let file: String = Sha256::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let list = Sha256::digest(format!("{file}  go.mod\n"));
    format!("h1:{}", base64::prelude::BASE64_STANDARD.encode(list))
}

/// Creates a checkout with two commits, a tag, an ignored file, a linked worktree and a clone that
/// shares its objects.
fn make_checkout(dir: &Path) -> Result<(), String> {
    write(&dir.join(".gitignore"), "*.tmp\nignored/\n")?;
    write(&dir.join("ignored/x.go"), "package x\n")?;
    checkout::make(dir)?;
    let git = |args: &[&str]| checkout::git(dir, args);
    write(&dir.join("more.txt"), "more\n")?;
    git(&["add", "."])?;
    git(&["commit", "-q", "-m", "Second"])?;
    git(&["worktree", "add", "-q", "-b", "side", "../worktree"])?;
    // Another repository with the objects of this one, packed references and a commit graph.
    git(&["clone", "-q", "--shared", ".", "../borrowed"])?;
    git(&["-C", "../borrowed", "pack-refs", "--all"])?;
    git(&["-C", "../borrowed", "commit-graph", "write", "--reachable"])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A go.sum line of a published module.
    #[test]
    fn hashes_of_go_mod() {
        let hash = hash_of_go_mod("module \"rsc.io/quote\"\n\nrequire \"rsc.io/sampler\" v1.3.0\n");
        assert_eq!(hash, "h1:LzX7hefJvL54yjefDEDHNONDjII0t9xZLPXsUe+TKr0=");
    }
}
