//! Checkouts of git whose commits are the same on every machine.

use std::path::Path;
use std::process::Command;

/// Runs git in a directory, without the user's settings and at a fixed date.
///
/// # Errors
/// Fails if git can't be started or fails.
pub fn git(dir: &Path, args: &[&str]) -> Result<(), String> {
    let status = Command::new("git")
        .args(["-c", "user.name=n", "-c", "user.email=e@example.com"])
        .args(args)
        .current_dir(dir)
        .envs([
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_SYSTEM", "/dev/null"),
            ("GIT_AUTHOR_DATE", "2026-01-02T03:04:05Z"),
            ("GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z"),
        ])
        .status()
        .map_err(|e| format!("git: {e}"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("git {args:?} failed")),
    }
}

/// Makes a directory a checkout of one commit with the tag v1.2.3.
///
/// # Errors
/// Fails as [`git`] does.
pub fn make(dir: &Path) -> Result<(), String> {
    git(dir, &["init", "-q", "-b", "main"])?;
    git(dir, &["add", "."])?;
    git(dir, &["commit", "-q", "-m", "First"])?;
    git(dir, &["tag", "v1.2.3"])
}
