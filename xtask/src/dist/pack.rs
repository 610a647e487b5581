//! The packages: a tarball, a Debian package (by cargo-deb) and a Python wheel (by maturin).

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use flate2::{Compression, GzBuilder};

use super::release::{Dist, run};
use super::stage::{DOCUMENTS_DIR, THIRD_PARTY};
use oracle::tree;

/// `forgo-VERSION-TRIPLE.tar.gz`: one directory, whose content goes below a prefix such as
/// `/usr/local`.
pub(super) fn tarball(dist: &Dist) -> Result<(), String> {
    let root = format!("forgo-{}-{}", dist.version, dist.triple);
    let path = dist.out.join(format!("{root}.tar.gz"));
    let pack = || -> std::io::Result<()> {
        // The gzip header names neither a file nor a time.
        let gzip = GzBuilder::new().write(File::create(&path)?, Compression::best());
        let mut tar = tar::Builder::new(gzip);
        let stage = dist.stage();
        for name in tree::sorted_files(&stage)? {
            let bytes = fs::read(stage.join(&name))?;
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(tar::EntryType::Regular);
            header.set_size(bytes.len() as u64);
            header.set_mtime(dist.epoch);
            header.set_mode(if name.starts_with("bin") {
                0o755
            } else {
                0o644
            });
            header.set_uid(0);
            header.set_gid(0);
            tar.append_data(&mut header, Path::new(&root).join(&name), &bytes[..])?;
        }
        tar.into_inner()?.finish()?.flush()
    };
    pack().map_err(|e| format!("{}: {e}", path.display()))
}

/// `forgo_VERSION-1_ARCH.deb`. Its metadata and list of files are in `crates/forgo/Cargo.toml`.
pub(super) fn deb(dist: &Dist) -> Result<(), String> {
    let mut cmd = dist.command("cargo");
    cmd.args(["deb", "--package", "forgo", "--locked"])
        .args(["--no-build", "--no-strip", "--profile", &dist.profile])
        .arg("--output")
        .arg(&dist.out);
    run(cmd)
}

/// `forgo-VERSION-py3-none-PLATFORM.whl`, from `pyproject.toml`. maturin takes license files from
/// the directory of that file alone, so the generated one lies there while it runs.
pub(super) fn wheel(dist: &Dist) -> Result<(), String> {
    let licenses = dist.workspace.join(THIRD_PARTY);
    let generated = dist.stage().join(DOCUMENTS_DIR).join(THIRD_PARTY);
    fs::copy(generated, &licenses).map_err(|e| format!("{}: {e}", licenses.display()))?;
    let mut cmd = dist.command("maturin");
    cmd.args(["build", "--locked", "--profile", &dist.profile])
        .arg("--out")
        .arg(&dist.out);
    let packed = run(cmd);
    fs::remove_file(&licenses).map_err(|e| format!("{}: {e}", licenses.display()))?;
    packed
}
