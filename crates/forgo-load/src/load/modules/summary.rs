//! The content of a dependency's go.mod. Answers to goModSummary, rawGoModSummary and rawGoModData
//! in cmd/go/internal/modload/modfile.go.

use std::cmp::Ordering;
use std::sync::Arc;

use forgo_golang::modfile::{self, File};
use forgo_golang::module::Version;
use forgo_golang::{gover, path, raw};

use super::api::Modules;
use super::errors::{Error, Need};
use super::modfile::io_text;
use super::paths;
use super::requirements::Pruning;
use crate::disk;

/// A go.mod in short (modFileSummary).
#[derive(Debug, Clone)]
pub(super) struct Summary {
    /// Path in the module line.
    pub path: String,
    /// The go line, or empty.
    pub go_version: String,
    pub pruning: Pruning,
    pub require: Vec<Version>,
    pub ignore: Vec<String>,
    /// Text of the deprecation comment.
    pub deprecated: String,
}

impl Summary {
    fn bare(path: &str, pruning: Pruning) -> Summary {
        Summary {
            path: path.to_string(),
            go_version: String::new(),
            pruning,
            require: Vec::new(),
            ignore: Vec::new(),
            deprecated: String::new(),
        }
    }
}

impl Modules<'_> {
    /// Summary of a module of the graph, with replacements, exclusions and vendoring applied
    /// (goModSummary).
    pub(super) fn summary(&self, m: &Version) -> Result<Arc<Summary>, Error> {
        if gover::is_toolchain(&m.path) {
            return Ok(Arc::new(toolchain_summary(m)));
        }
        if self.is_vendor() {
            let mut summary = Summary::bare(&m.path, Pruning::Pruned);
            let vendor = self.vendor()?;
            if vendor.txt.version.get(&m.path) == Some(&m.version) {
                summary.require.clone_from(&vendor.txt.modules);
            }
            return Ok(Arc::new(summary));
        }
        let actual = self.actual(m);
        if self.must_have_sums()
            && !actual.version.is_empty()
            && !self.have_sum(&go_mod_key(&actual))?
        {
            let hint = format!(" for go.mod file; to add it:\n\tgo mod download {}", m.path);
            return Err(Error::SumMissing(hint).about(&actual));
        }
        let summary = self.raw_summary(&actual)?;
        if !actual.version.is_empty() {
            check_path(&summary, m, &actual)?;
        }
        Ok(self.without_excluded(summary))
    }

    /// Drops requirements that a main module excludes.
    fn without_excluded(&self, summary: Arc<Summary>) -> Arc<Summary> {
        let excluded = |r: &Version| {
            self.mains
                .list
                .iter()
                .filter_map(|m| m.index.as_ref())
                .any(|i| i.exclude.contains(r))
        };
        if !summary.require.iter().any(excluded) {
            return summary;
        }
        let mut summary = Summary::clone(&summary);
        summary.require.retain(|r| !excluded(r));
        Arc::new(summary)
    }

    /// Summary of exactly this version or directory (rawGoModSummary); remembered.
    pub(super) fn raw_summary(&self, m: &Version) -> Result<Arc<Summary>, Error> {
        if gover::is_toolchain(&m.path) {
            return Ok(Arc::new(toolchain_summary(m)));
        }
        if let Some(known) = self.memo.summaries.get(m) {
            return known;
        }
        let result = self.read_summary(m);
        if !matches!(result, Err(Error::Need(_))) {
            self.memo.summaries.put(m.clone(), result.clone());
        }
        result
    }

    fn read_summary(&self, m: &Version) -> Result<Arc<Summary>, Error> {
        if m.version.is_empty()
            && self.in_workspace()
            && let Some(main) = self.mains.get(&m.path)
        {
            return match &main.file {
                Some(file) => self.summarize(m, file),
                None => Ok(Arc::new(Summary::bare(&m.path, Pruning::Pruned))),
            };
        }
        let (name, data) = self.go_mod_data(m)?;
        let text = raw::borrow(&data);
        let file = modfile::parse_lax(&name, &text, None).map_err(|e| {
            Error::text(format!("parsing {}: {e}", paths::short(self.cfg, &name))).about(m)
        })?;
        self.summarize(m, &file)
    }

    fn summarize(&self, m: &Version, file: &File) -> Result<Arc<Summary>, Error> {
        let go_version = file.go.as_ref().map_or("", |g| g.version.as_str());
        let mut summary = Summary {
            path: file
                .module
                .as_ref()
                .map_or(String::new(), |m| m.module.path.clone()),
            go_version: go_version.to_string(),
            pruning: if go_version.is_empty() {
                Pruning::Unpruned
            } else {
                Pruning::for_go_version(go_version)
            },
            require: file.require.iter().map(|r| r.module.clone()).collect(),
            ignore: file.ignore.iter().map(|i| i.path.clone()).collect(),
            deprecated: file
                .module
                .as_ref()
                .map_or(String::new(), |m| m.deprecated.clone()),
        };
        if !go_version.is_empty() && gover::compare(go_version, gover::GO_STRICT) != Ordering::Less
        {
            summary.require.push(Version::new("go", go_version));
            if gover::compare(go_version, self.local()) == Ordering::Greater {
                return Err(self.too_new(&format!("module {m}"), go_version));
            }
        }
        Ok(Arc::new(summary))
    }

    /// Name and content of a go.mod (rawGoModData).
    fn go_mod_data(&self, m: &Version) -> Result<(String, Vec<u8>), Error> {
        if !m.version.is_empty() {
            let data = self.cached_go_mod(m)?;
            return Ok(("go.mod".to_string(), data));
        }
        let dir = self.replace_dir(m);
        let name = path::join2(&dir, "go.mod");
        let data = self.tree.read_file(&name).map_err(|e| {
            Error::text(format!(
                "reading {}: {}",
                paths::short(self.cfg, &name),
                io_text("open", &name, &e)
            ))
            .about(m)
        })?;
        Ok((name, data))
    }

    /// The go.mod of a version from the module cache, checked against go.sum.
    pub(super) fn cached_go_mod(&self, m: &Version) -> Result<Vec<u8>, Error> {
        let need = Need::Mod(m.clone());
        let Ok(file) = self.cache_path(m, "mod") else {
            return Err(self.unavailable(need));
        };
        // Files of early versions begin with a comment of that form and are not trusted.
        match disk::read(&file) {
            Ok(data) if !data.starts_with(b"//vgo 0.0.") => {
                self.check_go_mod(m, &data)?;
                Ok(data)
            }
            _ => Err(self.unavailable(need)),
        }
    }
}

/// The key of a go.mod's checksum in go.sum.
pub(super) fn go_mod_key(m: &Version) -> Version {
    Version::new(&*m.path, format!("{}/go.mod", m.version))
}

/// The made-up modules `go` and `toolchain`.
fn toolchain_summary(m: &Version) -> Summary {
    let mut summary = Summary::bare(&m.path, Pruning::Pruned);
    if m.path == "go" && gover::compare(&m.version, gover::GO_STRICT) != Ordering::Less {
        let toolchain = format!("go{}", m.version);
        summary.require.push(Version::new("toolchain", toolchain));
    }
    summary
}

/// A downloaded go.mod must name the module it was asked for as.
fn check_path(summary: &Summary, m: &Version, actual: &Version) -> Result<(), Error> {
    if summary.path.is_empty() {
        return Err(Error::text("parsing go.mod: missing module line").about(actual));
    }
    if summary.path == m.path || summary.path == actual.path {
        return Ok(());
    }
    Err(Error::text(format!(
        "parsing go.mod:\n\tmodule declares its path as: {}\n\t        but was required as: {}",
        summary.path, m.path
    ))
    .about(actual))
}
