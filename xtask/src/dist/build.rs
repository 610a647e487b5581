//! The executable of a release.

use std::fs;

use super::release::{Dist, remapped, run};

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
