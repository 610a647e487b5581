//! The description of a release: its version, the directories it is built from and to, and the
//! environment of the programs that build it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The settings of a run: directories, version, target and tools.
#[derive(Debug)]
pub(super) struct Dist {
    /// The workspace.
    pub workspace: PathBuf,
    /// Cargo's target directory.
    pub target: PathBuf,
    /// The cargo profile.
    pub profile: String,
    /// Where the packages go.
    pub out: PathBuf,
    /// forgo's version.
    pub version: String,
    /// The target triple, which names the tarball.
    pub triple: String,
    /// Seconds since 1970 of everything that is packed.
    pub epoch: u64,
    /// Directories with cargo-deb and maturin, separated by colons.
    pub tools: String,
}

impl Dist {
    /// The directory of the profile's outputs.
    pub fn built(&self) -> PathBuf {
        let name = match self.profile.as_str() {
            "dev" => "debug",
            name => name,
        };
        self.target.join(name)
    }

    /// The executable.
    pub fn program(&self) -> PathBuf {
        self.built().join("forgo")
    }

    /// The files of a package as they lie below a prefix such as `/usr`.
    /// `crates/forgo/Cargo.toml` names this directory in the list of the Debian package's files.
    pub fn stage(&self) -> PathBuf {
        self.built().join("dist-files")
    }

    /// A program in the workspace, with PATH extended by the tools and everything fixed that may
    /// get into an output.
    pub fn command(&self, program: &str) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut cmd = Command::new(program);
        cmd.current_dir(&self.workspace)
            .env("PATH", format!("{}:{path}", self.tools))
            .env("CARGO_TARGET_DIR", &self.target)
            .env("SOURCE_DATE_EPOCH", self.epoch.to_string())
            .env("TZ", "UTC")
            .env("LC_ALL", "C")
            .env_remove("RUSTFLAGS")
            .env("CARGO_ENCODED_RUSTFLAGS", rustflags(self));
        cmd
    }
}

/// Finds out where things are and which versions they have.
pub(super) fn plan(profile: String, out: Option<PathBuf>) -> Result<Dist, String> {
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

/// The replacements for this machine's paths in the executable: rustc puts them into panic
/// messages.
pub(super) fn remapped(dist: &Dist) -> Vec<(PathBuf, &'static str)> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let cargo_home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| home.as_ref().map(|home| home.join(".cargo")));
    // Of several prefixes that match, rustc applies the last.
    let mut list: Vec<_> = home.into_iter().map(|dir| (dir, "/home")).collect();
    list.extend(cargo_home.map(|dir| (dir, "/cargo")));
    list.push((dist.workspace.clone(), "/forgo"));
    list.push((dist.target.clone(), "/target"));
    list.retain(|(dir, _)| dir.is_absolute() && dir.parent().is_some());
    list
}

/// The compiler flags of a release, as CARGO_ENCODED_RUSTFLAGS has them. They replace those of
/// the user.
fn rustflags(dist: &Dist) -> String {
    let flags = remapped(dist)
        .into_iter()
        .map(|(dir, name)| format!("--remap-path-prefix={}={name}", dir.display()));
    flags.collect::<Vec<_>>().join("\x1f")
}

/// The names of the packages in a directory, sorted.
pub(super) fn packages(out: &Path) -> Result<Vec<String>, String> {
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

/// Runs a program whose output goes to stderr: stdout is for the list of packages.
pub(super) fn run(mut cmd: Command) -> Result<(), String> {
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
pub(super) fn output(mut cmd: Command) -> Result<String, String> {
    let out = cmd
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("{cmd:?}: {e}"))?;
    match out.status.success() {
        true => Ok(String::from_utf8_lossy(&out.stdout).into_owned()),
        false => Err(format!("{cmd:?}: {}", out.status)),
    }
}
