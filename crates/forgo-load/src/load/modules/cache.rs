//! The module cache: where the files of a module version are, whether they are complete, whether
//! they match go.sum. Answers to CachePath, DownloadDir and Download in cmd/go/internal/modfetch.

use std::cmp::Ordering;
use std::fs;
use std::io::ErrorKind;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use forgo_golang::module::{self, Version};
use forgo_golang::quote::quote;
use forgo_golang::{gover, path};
use sha2::{Digest, Sha256};

use super::api::Modules;
use super::errors::{Error, Need};
use super::modfile::io_text;
use super::summary::go_mod_key;
use crate::disk;
use crate::process::errno_text;

/// Why a module version's directory is missing or incomplete.
#[derive(Debug)]
pub(super) enum NoDir {
    /// It was never downloaded, or not completely.
    Missing,
    /// It can't be determined.
    Error(String),
}

impl Modules<'_> {
    /// Path of a file of `cache/download` (CachePath).
    pub(super) fn cache_path(&self, m: &Version, suffix: &str) -> Result<String, String> {
        let (path, version) = self.escaped(m)?;
        let cache = &self.cfg.dirs.gomodcache;
        Ok(format!(
            "{cache}/cache/download/{path}/@v/{version}.{suffix}"
        ))
    }

    /// Returns path and version as the cache spells them; the error states why they cannot be
    /// there.
    fn escaped(&self, m: &Version) -> Result<(String, String), String> {
        if gover::is_toolchain(&m.path) {
            return Err("internal error: invalid operation on toolchain module".to_string());
        }
        self.check_cache_dir()?;
        let path = module::escape_path(&m.path).map_err(|e| e.to_string())?;
        if !gover::mod_is_valid(&m.path, &m.version) {
            let v = quote(&m.version);
            return Err(format!("non-semver module version {v}"));
        }
        if module::canonical_version(&m.version) != m.version {
            let v = quote(&m.version);
            return Err(format!("non-canonical module version {v}"));
        }
        let version = module::escape_version(&m.version).map_err(|e| e.to_string())?;
        Ok((path, version))
    }

    /// The module cache must be a directory; it is made if there is none (checkCacheDir).
    pub(super) fn check_cache_dir(&self) -> Result<(), String> {
        self.memo
            .cache_dir
            .get_or_init(|| make_cache_dir(&self.cfg.dirs.gomodcache))
            .clone()
    }

    /// The directory of a version's files, if they are there completely (DownloadDir).
    pub(super) fn download_dir(&self, m: &Version) -> Result<String, NoDir> {
        let (path, version) = self.escaped(m).map_err(NoDir::Error)?;
        let dir = format!("{}/{path}@{version}", self.cfg.dirs.gomodcache);
        match disk::metadata(&dir) {
            Ok(meta) if meta.is_dir() => {}
            _ => return Err(NoDir::Missing),
        }
        let there = |suffix| {
            let file = self.cache_path(m, suffix).map_err(NoDir::Error)?;
            match disk::metadata(&file) {
                Ok(_) => Ok(true),
                Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
                Err(e) => Err(NoDir::Error(format!("stat {file}: {}", errno_text(&e)))),
            }
        };
        if there("partial")? || !there("ziphash")? {
            return Err(NoDir::Missing);
        }
        Ok(dir)
    }

    /// Directory of a module of the graph and whether it is outside of the module cache (fetch);
    /// remembered.
    pub(super) fn fetch(&self, m: &Version) -> Result<(String, bool), Error> {
        if let Some(root) = self.mains.root(m) {
            return Ok((root.to_string(), true));
        }
        if let Some(known) = self.memo.dirs.get(m) {
            return known;
        }
        let result = self.find_dir(m);
        if !matches!(result, Err(Error::Need(_))) {
            self.memo.dirs.put(m.clone(), result.clone());
        }
        result
    }

    fn find_dir(&self, m: &Version) -> Result<(String, bool), Error> {
        let mut actual = m.clone();
        if let Some(r) = self.replacement(m) {
            if r.version.is_empty() {
                let dir = self.replace_dir(&r);
                return match self.tree.stat(&dir) {
                    Ok(_) => Ok((dir, true)),
                    Err(e) => {
                        let shown = &r.path;
                        let text = if e.kind() == ErrorKind::NotFound {
                            format!("replacement directory {shown} does not exist")
                        } else {
                            let e = io_text("stat", &dir, &e);
                            format!("replacement directory {shown}: {e}")
                        };
                        Err(Error::text(text).about(m))
                    }
                };
            }
            actual = r;
        }
        if self.must_have_sums() && !self.have_sum(&actual)? {
            return Err(Error::SumMissing(String::new()).about(&actual));
        }
        Ok((self.download(&actual)?, false))
    }

    /// The files of a version, checked (modfetch.Download).
    fn download(&self, m: &Version) -> Result<String, Error> {
        if gover::is_toolchain(&m.path) {
            return Err(Error::text(
                "internal error: invalid operation on toolchain module",
            ));
        }
        if m.path == "golang.org/fips140" && self.cfg.dist.release.fips140_is_bundled() {
            return Err(Error::text(
                "golang.org/fips140 is bundled with the Go distribution and cannot be downloaded",
            ));
        }
        self.check_cache_dir()
            .map_err(|e| Error::fatal(format!("go: {e}")))?;
        let dir = match self.download_dir(m) {
            Ok(dir) => dir,
            Err(NoDir::Missing) => return Err(self.unavailable(Need::Zip(m.clone()))),
            Err(NoDir::Error(text)) => return Err(Error::Text(text)),
        };
        self.check_zip(m)?;
        match disk::read_to_string(format!("{dir}/go.mod")) {
            Ok(text) => {
                let go = gover::go_mod_lookup(&text, "go");
                if gover::compare(go, self.local()) == Ordering::Greater {
                    return Err(self.too_new(&m.to_string(), go));
                }
            }
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => {
                let e = errno_text(&e);
                return Err(Error::text(format!("open {dir}/go.mod: {e}")));
            }
        }
        Ok(dir)
    }

    /// Compares the hash of a downloaded version with go.sum (checkMod).
    fn check_zip(&self, m: &Version) -> Result<(), Error> {
        let verifying = |e: String| Error::fatal(format!("verifying {}", Error::text(e).about(m)));
        let file = self.cache_path(m, "ziphash").map_err(verifying)?;
        let text = disk::read_to_string(&file)
            .map_err(|e| verifying(format!("open {file}: {}", errno_text(&e))))?;
        let hash = text.trim();
        if !is_valid_sum(hash) {
            // Written halfway: the stock command computes it again from the zip.
            return Err(self.unavailable(Need::Zip(m.clone())));
        }
        if !hash.starts_with("h1:") {
            return Err(verifying(format!("unexpected ziphash: {}", quote(hash))));
        }
        self.check_sum(m, hash)
    }

    /// Compares a go.mod with go.sum (checkGoMod).
    pub(super) fn check_go_mod(&self, m: &Version, data: &[u8]) -> Result<(), Error> {
        if !self.uses_sums() {
            return Ok(());
        }
        let line = format!("{:x}  go.mod\n", Sha256::digest(data));
        let hash = format!("h1:{}", STANDARD.encode(Sha256::digest(line)));
        self.check_sum(&go_mod_key(m), &hash)
    }

    /// The recorded hash of a downloaded version, for build info (modfetch.Sum).
    pub(super) fn zip_hash(&self, m: &Version) -> String {
        let read = || disk::read_to_string(self.cache_path(m, "ziphash").ok()?).ok();
        match read() {
            Some(text) if is_valid_sum(text.trim()) => text.trim().to_string(),
            _ => String::new(),
        }
    }
}

fn make_cache_dir(dir: &str) -> Result<(), String> {
    if dir.is_empty() {
        return Err("module cache not found: neither GOMODCACHE nor GOPATH is set".to_string());
    }
    if !path::is_abs(dir) {
        let dir = quote(dir);
        return Err(format!(
            "GOMODCACHE entry is relative; must be absolute path: {dir}.\n"
        ));
    }
    let failed = |why: String| format!("could not create module cache: {why}");
    match disk::metadata(dir) {
        Ok(meta) if meta.is_dir() => Ok(()),
        Ok(_) => Err(failed(format!("{} is not a directory", quote(dir)))),
        #[expect(
            clippy::disallowed_methods,
            reason = "that it is absent was noted just now"
        )]
        Err(e) if e.kind() == ErrorKind::NotFound => {
            fs::create_dir_all(dir).map_err(|e| failed(io_text("mkdir", dir, &e)))
        }
        Err(e) => Err(failed(io_text("stat", dir, &e))),
    }
}

/// Is it a whole hash: `h1:` and 44 characters? A file that was not completely written has zero
/// bytes at its end.
fn is_valid_sum(s: &str) -> bool {
    s.len() == "h1:".len() + 44 && !s.contains('\0')
}
