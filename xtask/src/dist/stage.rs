//! The files of a package below a prefix, as the Filesystem Hierarchy Standard and the shells
//! expect them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::licenses;
use super::release::{Dist, output};
use oracle::tree;

/// Arguments of forgo that print a file, and the file.
const PRINTED: [(&[&str], &str); 4] = [
    (&["man"], "share/man/man1/forgo.1"),
    (
        &["completion", "bash"],
        "share/bash-completion/completions/forgo",
    ),
    (&["completion", "zsh"], "share/zsh/site-functions/_forgo"),
    (
        &["completion", "fish"],
        "share/fish/vendor_completions.d/forgo.fish",
    ),
];

/// Files of the workspace that every package has.
const DOCUMENTS: [&str; 5] = [
    "LICENSE",
    "LICENSE-GO",
    "NOTICE",
    "README.md",
    "CHANGELOG.md",
];

/// Where the documents lie below the prefix.
pub(super) const DOCUMENTS_DIR: &str = "share/doc/forgo";

/// The licenses of the crates in the executable.
pub(super) const THIRD_PARTY: &str = "LICENSE-THIRD-PARTY";

/// Lays out the files in [`Dist::stage`].
pub(super) fn files(dist: &Dist) -> Result<(), String> {
    let stage = dist.stage();
    tree::remove(&stage)?;
    let program = fs::read(dist.program()).map_err(|e| e.to_string())?;
    write(&stage.join("bin/forgo"), &program, 0o755)?;
    for (args, name) in PRINTED {
        let mut cmd = Command::new(dist.program());
        cmd.args(args);
        write(&stage.join(name), output(cmd)?.as_bytes(), 0o644)?;
    }
    let documents = stage.join(DOCUMENTS_DIR);
    for name in DOCUMENTS {
        let text = fs::read(dist.workspace.join(name)).map_err(|e| format!("{name}: {e}"))?;
        write(&documents.join(name), &text, 0o644)?;
    }
    let text = licenses::of_crates(dist)?;
    write(&documents.join(THIRD_PARTY), text.as_bytes(), 0o644)
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), String> {
    let dir = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(dir)
        .and_then(|()| fs::write(path, bytes))
        .and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(mode)))
        .map_err(|e| format!("{}: {e}", path.display()))
}
