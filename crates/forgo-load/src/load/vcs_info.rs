//! Versions derived from git tags, kept in the module cache as `.info` files: under GOPROXY=off a
//! commit goes by the pseudo-version it had before, even if tags were put on it since.
//!
//! Answers to cachingRepo.Stat, readDiskStatByHash and writeDiskStat in cmd/go/internal/modfetch.

use std::cmp::Ordering;
use std::io::ErrorKind;

use forgo_golang::{module, semver};
use serde::{Deserialize, Serialize};

use super::calendar::Time;
use crate::config::Config;
use crate::disk::{self, Because};
use crate::footprint::{self, Look};
use crate::process::errno_text;

/// The content of such a file, in the stock command's order.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Info {
    version: String,
    time: String,
    origin: Origin,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Origin {
    #[serde(rename = "VCS")]
    vcs: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    subdir: String,
    hash: String,
}

/// The part of it that is needed; files by others may have more, or less.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Known {
    version: String,
}

impl Info {
    /// Of a commit: its version, its time in seconds, the module's directory in the repository.
    pub(super) fn new(version: &str, secs: i64, subdir: &str, hash: &str) -> Info {
        Info {
            version: version.to_owned(),
            time: Time { secs, nanos: 0 }.rfc3339(),
            origin: Origin {
                vcs: "git".to_owned(),
                subdir: subdir.to_owned(),
                hash: hash.to_owned(),
            },
        }
    }
}

/// The directory of a module's `.info` files; `None` where it can have none.
fn dir(cfg: &Config, mod_path: &str) -> Option<String> {
    let cache = &cfg.dirs.gomodcache;
    let path = module::escape_path(mod_path).ok()?;
    (!cache.is_empty()).then(|| format!("{cache}/cache/download/{path}/@v"))
}

/// Reports whether commits may go by an earlier version: only where looking for a better one is not
/// allowed.
pub(super) fn may_be_kept(cfg: &Config) -> bool {
    cfg.env.get("GOPROXY") == "off"
}

/// The pseudo-version that a commit is known by: the highest, should there be several.
pub(super) fn kept(cfg: &Config, mod_path: &str, hash: &str) -> Option<String> {
    let dir = dir(cfg, mod_path)?;
    footprint::saw(&dir, Look::Whole);
    look(&dir, hash)
}

/// The same, before this invocation may change the directory: its state now is not to be noted.
pub(super) fn kept_so_far(cfg: &Config, mod_path: &str, hash: &str) -> Option<String> {
    look(&dir(cfg, mod_path)?, hash)
}

fn look(dir: &str, hash: &str) -> Option<String> {
    let suffix = format!("-{}.info", hash.get(..12)?);
    let mut best = String::new();
    let mut version = None;
    for entry in disk::own::read_dir(Because::Noted, dir).ok()?.flatten() {
        let name = entry.file_name().into_string().unwrap_or_default();
        let Some(v) = name
            .strip_suffix(".info")
            .filter(|_| name.ends_with(&suffix))
        else {
            continue;
        };
        if module::is_pseudo_version(v) && semver::compare(v, &best) == Ordering::Greater {
            v.clone_into(&mut best);
            version = disk::read(format!("{dir}/{name}"))
                .ok()
                .and_then(|bytes| serde_json::from_slice::<Known>(&bytes).ok())
                .map(|known| known.version);
        }
    }
    version
}

/// Keeps it. The error is a line for standard error.
#[expect(
    clippy::disallowed_methods,
    reason = "the stock command keeps versions of commits there too; footprint is told of it"
)]
pub(super) fn keep(cfg: &Config, mod_path: &str, info: &Info) -> Result<(), String> {
    let Some(dir) = dir(cfg, mod_path) else {
        return Ok(());
    };
    let (Ok(version), Ok(text)) = (
        module::escape_version(&info.version),
        serde_json::to_vec(info),
    ) else {
        return Ok(());
    };
    let file = format!("{dir}/{version}.info");
    if disk::own::read(Because::Target, &file).is_ok_and(|old| old == text) {
        return Ok(());
    }
    footprint::writes(&file);
    let temporary = format!("{file}{}.tmp", std::process::id());
    let error = |op: &str, path: &str, e: std::io::Error| match e.kind() {
        ErrorKind::ReadOnlyFilesystem if cfg.dist.release.stat_cache_may_be_read_only() => Ok(()),
        _ => Err(format!(
            "go: writing stat cache: {op} {path}: {}\n",
            errno_text(&e)
        )),
    };
    if let Err(e) = std::fs::create_dir_all(&dir) {
        return error("mkdir", first_missing(&dir), e);
    }
    if let Err(e) = std::fs::write(&temporary, &text) {
        return error("open", &temporary, e);
    }
    match std::fs::rename(&temporary, &file) {
        Ok(()) => Ok(()),
        Err(e) => {
            // A file that can't be put in its place is of no use.
            let _ = std::fs::remove_file(&temporary);
            error("rename", &format!("{temporary} {file}"), e)
        }
    }
}

/// The directory that could not be made.
fn first_missing(dir: &str) -> &str {
    let mut missing = dir;
    while let Some((parent, _)) = missing.rsplit_once('/')
        && !parent.is_empty()
        && disk::own::metadata(Because::Target, parent).is_err()
    {
        missing = parent;
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_pseudo_version_of_a_commit_is_kept() {
        let tmp = tempfile::tempdir().unwrap();
        let mut cfg = Config::default();
        cfg.dirs.gomodcache = tmp.path().to_str().unwrap().to_owned();
        let hash = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(kept(&cfg, "a.b/C", hash), None);
        for v in [
            "v0.0.0-20200101000000-0123456789ab",
            "v1.2.4-0.20200101000000-0123456789ab",
            "v1.3.0",
            "v1.9.0-0.20200101000000-ab0123456789",
        ] {
            let info = Info::new(v, 1_577_836_800, "sub", hash);
            keep(&cfg, "a.b/C", &info).unwrap();
        }
        let best = "v1.2.4-0.20200101000000-0123456789ab";
        assert_eq!(kept(&cfg, "a.b/C", hash).as_deref(), Some(best));
        let file = tmp.path().join("cache/download/a.b/!c/@v/v1.3.0.info");
        assert_eq!(
            std::fs::read_to_string(file).unwrap(),
            format!(
                "{{\"Version\":\"v1.3.0\",\"Time\":\"2020-01-01T00:00:00Z\",\
                 \"Origin\":{{\"VCS\":\"git\",\"Subdir\":\"sub\",\"Hash\":\"{hash}\"}}}}"
            )
        );
    }
}
