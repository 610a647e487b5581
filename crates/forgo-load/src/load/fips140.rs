//! GOFIPS140: which version of crypto/internal/fips140 is built, and where a snapshot of it lies.
//! Answers to cmd/go/internal/fips140.
//!
//! A snapshot lies in the module cache. Where it has not been unpacked yet, the stock command is
//! asked to do it, with all its checks.

use std::process::Stdio;

use forgo_golang::{path, quote, raw, semver};

use super::FatalError;
use crate::config::Config;
use crate::disk;
use crate::process::{self, Learns};

const PACKAGE: &str = "crypto/internal/fips140";

/// The version in force and its directory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fips {
    /// Version of the snapshot; empty when the distribution's own sources are used.
    version: String,
    /// The snapshot's directory that stands for crypto/internal/fips140.
    dir: String,
}

/// Resolves GOFIPS140's aliases and sets the build tag that goes with a snapshot (fips140.Init).
/// To be called once, while the settings are being made.
pub fn apply(cfg: &mut Config) -> Result<(), FatalError> {
    let given = cfg.target.gofips140.clone();
    let mut version = given.clone();
    if version.is_empty() {
        version.push_str("off");
    }
    if !matches!(version.as_str(), "off" | "latest") {
        version = snapshot_version(cfg, &given)?;
        let tag = format!("fips140{}", semver::major_minor(&version));
        cfg.context.build_tags.push(tag);
    }
    let enabled = version != "off";
    if enabled && cfg.target.experiments.iter().any(|e| e == "boringcrypto") {
        return Err(FatalError::go(
            "cannot use GOFIPS140 with GOEXPERIMENT=boringcrypto",
        ));
    }
    if enabled && cfg.context.build_tags.iter().any(|t| t == "purego") {
        return Err(FatalError::go(
            "cannot use GOFIPS140 with the purego build tag",
        ));
    }
    cfg.target.gofips140 = version;
    Ok(())
}

fn snapshot_version(cfg: &Config, given: &str) -> Result<String, FatalError> {
    let quoted = quote::quote(given);
    if given.contains(['/', '\\']) || given.contains("..") {
        return Err(FatalError::go(format_args!(
            "malformed GOFIPS140 version {quoted}"
        )));
    }
    let dir = format!("{}/lib/fips140", cfg.dist.goroot);
    let has_zip = |v: &str| disk::metadata(format!("{dir}/{v}.zip")).is_ok();
    if let Ok(text) = disk::read_to_string(format!("{dir}/{given}.txt")) {
        let version = text.trim();
        if !has_zip(version) {
            return Err(FatalError::go(format_args!(
                "unknown GOFIPS140 version {} (from {quoted})",
                quote::quote(version)
            )));
        }
        return Ok(version.to_owned());
    }
    if has_zip(given) {
        return Ok(given.to_owned());
    }
    Err(FatalError::go(format_args!(
        "unknown GOFIPS140 version {quoted}"
    )))
}

impl Fips {
    /// For settings that [`apply`] has seen. Unpacks the snapshot where need be.
    pub fn new(cfg: &Config) -> Result<Fips, FatalError> {
        let version = cfg.target.gofips140.as_str();
        if matches!(version, "" | "off" | "latest") {
            return Ok(Fips::default());
        }
        let unpacked = format!("{}/golang.org/fips140@{version}", cfg.dirs.gomodcache);
        if !is_unpacked(cfg, version, &unpacked) {
            unpack(cfg)?;
        }
        Ok(Fips {
            version: version.to_owned(),
            dir: path::join2(&unpacked, "fips140"),
        })
    }

    /// Whether a snapshot is used.
    pub fn is_snapshot(&self) -> bool {
        !self.version.is_empty()
    }

    /// The snapshot's directory, and the one in whose place it appears.
    pub fn bind(&self, goroot: &str) -> Option<(&str, String)> {
        self.is_snapshot()
            .then(|| (self.dir.as_str(), path::join(&[goroot, "src", PACKAGE])))
    }

    /// Whether a directory belongs to the snapshot.
    pub fn contains_dir(&self, dir: &str) -> bool {
        self.is_snapshot() && path::has_file_path_prefix(dir, &self.dir)
    }

    /// What an import of a package of crypto/internal/fips140 means: its path in the snapshot, and
    /// its directory.
    pub fn resolve(&self, import: &str) -> Option<(String, String)> {
        if !self.is_snapshot() || !path::has_path_prefix(import, PACKAGE) {
            return None;
        }
        let versioned = path::join2(PACKAGE, &self.version);
        let prefix = if path::has_path_prefix(import, &versioned) {
            versioned.as_str()
        } else {
            PACKAGE
        };
        let sub = format!(".{}", &import[prefix.len()..]);
        Some((
            path::join2(&versioned, &sub),
            path::join(&[&self.dir, &self.version, &sub]),
        ))
    }
}

/// Reports whether there is a whole snapshot in the module cache. Since Go 1.27 the distribution
/// states which checksum has to be on record there, else the snapshot is replaced.
fn is_unpacked(cfg: &Config, version: &str, dir: &str) -> bool {
    let recorded = |suffix: &str| {
        let cache = &cfg.dirs.gomodcache;
        format!("{cache}/cache/download/golang.org/fips140/@v/{version}.{suffix}")
    };
    let exists = |file: &str| disk::metadata(file).is_ok();
    if !exists(dir) || exists(&recorded("partial")) {
        return false;
    }
    if !cfg.dist.release.fips140_snapshots_have_sums() {
        return true;
    }
    let sums = format!("{}/lib/fips140/fips140.sum", cfg.dist.goroot);
    let sums = disk::read_to_string(sums).unwrap_or_default();
    let hash = disk::read_to_string(recorded("ziphash")).unwrap_or_default();
    zip_hash(&sums, &format!("{version}.zip")).is_some_and(|wanted| hash.trim() == wanted)
}

/// The third column of a file's line in fips140.sum.
fn zip_hash<'s>(sums: &'s str, file: &str) -> Option<&'s str> {
    let lines = sums.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find_map(|fields| match fields[..] {
            [name, _, hash] if name == file => Some(hash),
            _ => None,
        })
}

/// Has the stock command unpack the snapshot.
fn unpack(cfg: &Config) -> Result<(), FatalError> {
    let env = [
        format!("GOFIPS140={}", cfg.target.gofips140),
        format!("GOROOT={}", cfg.dist.goroot),
        "GOFLAGS=".to_owned(),
    ];
    let stock = cfg.dist.stock_go.child(cfg, "", &env);
    let mut stock = stock.map_err(|text| FatalError {
        stderr: text + "\n",
        code: 2,
    })?;
    stock
        .args(["list", "-f", "", "unsafe"])
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let version = &cfg.target.gofips140;
    let learns = Learns::Refuse("the stock command unpacks GOFIPS140");
    match process::output(&mut stock, learns) {
        Ok(out) if out.status.success() => Ok(()),
        Ok(out) => Err(FatalError {
            stderr: raw::borrow(&out.stderr).into_owned(),
            code: 1,
        }),
        Err(e) => Err(FatalError::go(format_args!(
            "unpacking GOFIPS140={version}: {e}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_found() {
        let sums = "# v1.0.0.zip 0 h1:no=\n\nv1.0.0.zip 12ab h1:yes=\nv1.1.0.zip 34\n";
        assert_eq!(zip_hash(sums, "v1.0.0.zip"), Some("h1:yes="));
        assert_eq!(zip_hash(sums, "v1.1.0.zip"), None);
        assert_eq!(zip_hash(sums, "v1.2.0.zip"), None);
    }

    #[test]
    fn imports_lead_into_the_snapshot() {
        let fips = Fips {
            version: "v1.2.3".to_owned(),
            dir: "/m/golang.org/fips140@v1.2.3/fips140".to_owned(),
        };
        let want = (
            "crypto/internal/fips140/v1.2.3/sha256".to_owned(),
            "/m/golang.org/fips140@v1.2.3/fips140/v1.2.3/sha256".to_owned(),
        );
        for import in [
            "crypto/internal/fips140/sha256",
            "crypto/internal/fips140/v1.2.3/sha256",
        ] {
            assert_eq!(fips.resolve(import).as_ref(), Some(&want), "{import}");
        }
        assert_eq!(fips.resolve("crypto/internal/fips140deps"), None);
        assert_eq!(Fips::default().resolve("crypto/internal/fips140"), None);
    }
}
