//! Directories: the one kept between runs, and forgo's repository, if this program was built in
//! one.

use std::path::{Path, PathBuf};

/// Returns the directory that is kept between runs: `$XDG_CACHE_HOME/forgo/conformance`.
pub fn cache_dir() -> Result<PathBuf, String> {
    let base = match std::env::var_os("XDG_CACHE_HOME").filter(|dir| !dir.is_empty()) {
        Some(dir) => PathBuf::from(dir),
        None => PathBuf::from(std::env::var_os("HOME").ok_or("HOME is not set")?).join(".cache"),
    };
    Ok(base.join("forgo/conformance"))
}

/// Returns the checkout of forgo's repository that this program was built in; an error if it is no
/// longer there.
pub fn repository() -> Result<PathBuf, String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    match dir.canonicalize() {
        Ok(dir) if dir.join("conformance/projects").is_dir() => Ok(dir),
        _ => Err(format!(
            "{} is not a checkout of forgo's repository",
            dir.display()
        )),
    }
}
