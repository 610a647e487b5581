//! The executable of a release.

use std::fs;
use std::path::PathBuf;

use super::{Dist, run};

/// What the paths of this machine become in the executable: rustc puts them into panic messages.
fn remapped(dist: &Dist) -> Vec<(PathBuf, &'static str)> {
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
pub(super) fn rustflags(dist: &Dist) -> String {
    let flags = remapped(dist)
        .into_iter()
        .map(|(dir, name)| format!("--remap-path-prefix={}={name}", dir.display()));
    flags.collect::<Vec<_>>().join("\x1f")
}

/// Builds forgo, and fails if a path of this machine is in the executable.
pub(super) fn executable(dist: &Dist) -> Result<(), String> {
    let mut cmd = dist.command("cargo");
    cmd.args(["build", "--locked", "--package", "forgo", "--bin", "forgo"])
        .args(["--profile", &dist.profile]);
    run(cmd)?;
    let program = dist.program();
    let bytes = fs::read(&program).map_err(|e| format!("{}: {e}", program.display()))?;
    for (dir, _) in remapped(dist) {
        let name = dir.to_string_lossy().into_owned();
        // A home such as /root is too short a name to look for alone.
        let part = format!("{}/", name.trim_end_matches('/'));
        if memchr::memmem::find(&bytes, part.as_bytes()).is_some() {
            return Err(format!("{}: contains {part}", program.display()));
        }
    }
    Ok(())
}
