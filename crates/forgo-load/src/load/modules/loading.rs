//! Loading what the command line names: the calls that the package loader makes. Answers to
//! LoadPackages, ImportFromFiles, Lookup and commitRequirements in cmd/go/internal/modload.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use forgo_golang::module::Version;
use forgo_golang::quote::quote;
use forgo_golang::{gover, path, pattern};

use super::api::{Fatal, LoadOptions, Match, Modules, Resolved};
use super::errors::Error;
use super::matching::Matching;
use super::packages::Outcome;
use super::requirements::Requirements;
use super::walk::Walk;
use crate::disk;

/// The cryptographic module.
pub(super) const FIPS: &str = "crypto/internal/fips140";

impl Modules<'_> {
    /// Matches the patterns, walks all imports, settles the build list (modload.LoadPackages).
    /// Every package reached is then known to [`Modules::lookup`].
    pub fn load_packages(
        &mut self,
        options: &LoadOptions,
        patterns: &[String],
    ) -> Result<Vec<Match>, Fatal> {
        let clean = pattern::clean_patterns(patterns);
        loop {
            match self.try_load(options, &clean) {
                Ok(matches) => return Ok(matches),
                Err(Error::Edit) => self.edit(options, patterns)?,
                Err(e) => return Err(e.into_fatal()),
            }
        }
    }

    fn try_load(
        &mut self,
        options: &LoadOptions,
        patterns: &[String],
    ) -> Result<Vec<Match>, Error> {
        let rs = self.load_requirements()?;
        let mut matches: Vec<Matching> = patterns.iter().map(|p| Matching::new(p)).collect();
        let all_is_root = patterns.iter().any(|p| p == "all");
        let this = &*self;
        let outcome = this.load_from_roots(options, all_is_root, rs, |rs| {
            this.update_matches(&mut matches, rs, None)?;
            Ok(matches
                .iter()
                .flat_map(|m| m.result.packages.iter().cloned())
                .collect())
        })?;
        let (walk, rs) = match outcome {
            Outcome::Done(walk, rs) => (walk, rs),
            Outcome::Edit => return Err(Error::Edit),
        };
        this.update_matches(&mut matches, &rs, Some(&walk))?;
        if !options.silence_unmatched_warnings {
            for m in &matches {
                if m.result.packages.is_empty() && m.result.errors.is_empty() {
                    let p = quote(&m.result.pattern);
                    this.say(format!("go: warning: {p} matched no packages\n"));
                }
            }
        }
        self.settle(walk, rs)?;
        Ok(matches.into_iter().map(|m| m.result).collect())
    }

    /// Like [`Modules::load_packages`] for the imports of files named on the command line
    /// (modload.ImportFromFiles).
    pub fn load_imports_of_files(&mut self, files: &[String]) -> Result<(), Fatal> {
        loop {
            match self.try_load_files(files) {
                Ok(()) => return Ok(()),
                Err(Error::Edit) => self.edit(&LoadOptions::default(), files)?,
                Err(e) => return Err(e.into_fatal()),
            }
        }
    }

    fn try_load_files(&mut self, files: &[String]) -> Result<(), Error> {
        let rs = self.load_requirements()?;
        let scanned = self
            .tree
            .file_imports(files)
            .and_then(|s| match (&s.error, s.no_go) {
                (Some(e), _) => Err(e.clone()),
                (None, true) => Err("no Go source files".to_string()),
                (None, false) => Ok(s),
            })
            .map_err(Error::Text)?;
        let roots: Vec<String> = scanned
            .imports
            .iter()
            .chain(&scanned.test_imports)
            .cloned()
            .collect();
        let outcome =
            self.load_from_roots(&LoadOptions::default(), false, rs, |_| Ok(roots.clone()))?;
        match outcome {
            Outcome::Done(walk, rs) => self.settle(walk, rs),
            Outcome::Edit => Err(Error::Edit),
        }
    }

    /// Keeps the loaded packages, if no file has to be changed for them (commitRequirements).
    fn settle(&mut self, walk: Walk, rs: Arc<Requirements>) -> Result<(), Error> {
        if self.memo.failed_aside.load(Ordering::Relaxed) {
            return Err(Fatal::reported().into());
        }
        self.check_up_to_date(&rs)?;
        if self.memo.has_unrecorded.load(Ordering::Relaxed)
            && self.delegated.is_none()
            && self.keeps_unrecorded(&walk, &rs)
        {
            // go.sum or go.work.sum lacks checksums, which the stock command looks up and adds.
            return Err(Error::Edit);
        }
        self.walk = Some(walk);
        self.requirements = Some(rs);
        self.publish();
        Ok(())
    }

    /// Fails if go.mod would differ if it were written now (UpdateGoModFromReqs,
    /// modFileIsDirty). Replacements and exclusions can't differ: the stock command drops repeated
    /// ones before it compares, and has refused a go.mod with replacements that contradict each
    /// other.
    fn check_up_to_date(&self, rs: &Requirements) -> Result<(), Error> {
        if self.in_workspace() {
            return Ok(());
        }
        let [main] = self.mains.list.as_slice() else {
            return Ok(());
        };
        let (Some(file), Some(index)) = (&main.file, &main.index) else {
            return Ok(());
        };
        let go = rs.go_version();
        if gover::compare(go, self.local()).is_gt() {
            return Err(self.too_new("updating go.mod", go));
        }
        let mut require: HashMap<&str, &Version> = HashMap::with_capacity(rs.roots.len());
        let mut toolchain = format!("go{go}");
        for m in &rs.roots {
            match m.path.as_str() {
                "go" => {}
                "toolchain" => toolchain.clone_from(&m.version),
                path => {
                    require.insert(path, m);
                }
            }
        }
        let go_line = match &file.go {
            Some(line) if line.version == go => go,
            None if go == gover::DEFAULT_GO_MOD && !self.is_mod() => "",
            _ => go,
        };
        let toolchain_version = gover::from_toolchain(&toolchain).unwrap_or_default();
        let drop_toolchain = toolchain == format!("go{go}")
            || gover::compare(toolchain_version, gover::GO_STRICT).is_lt();
        let toolchain = if drop_toolchain { "" } else { &toolchain };
        let dirty = index.needs_fix
            || go_line != index.go_version
            || toolchain != index.toolchain
            || require.len() != index.require.len()
            || require.values().any(|m| match index.require.get(*m) {
                None => true,
                Some(indirect) => *indirect == rs.direct.contains(&m.path) && !self.is_readonly(),
            });
        if !dirty {
            return Ok(());
        }
        if self.is_mod() && self.tree.is_replaced(&self.mod_file_path(&main.root)) {
            return Err(Error::text(
                "updates to go.mod needed, but go.mod is part of the overlay specified with -overlay",
            ));
        }
        Err(self.edit_or_dirty())
    }

    /// Where the import leads that stands in a package `parent` (modload.Lookup). Knows what a load
    /// reached, and the standard library.
    pub fn lookup(&self, parent_path: &str, parent_is_std: bool, path: &str) -> Resolved {
        let vendored = parent_is_std
            .then(|| self.std_vendor(parent_path, path))
            .flatten();
        let path = vendored.as_deref().unwrap_or(path);
        if let Some(p) = self.walk.as_ref().and_then(|w| w.get(path)) {
            return Resolved {
                dir: p.dir.clone(),
                path: p.path.clone(),
                error: p.error.as_ref().map(|e| Arc::new(e.to_import_error())),
            };
        }
        match self.std_package(path) {
            Some(dir) => Resolved {
                dir,
                path: path.to_string(),
                error: None,
            },
            None => Resolved {
                error: Some(Arc::new(
                    Error::text("cannot find package").to_import_error(),
                )),
                ..Resolved::default()
            },
        }
    }

    /// The path under which std's own vendor tree has the package that std package `parent`
    /// imports; `None` where it is not vendored (stdVendor).
    pub(super) fn std_vendor(&self, parent: &str, path: &str) -> Option<String> {
        if let Some(snapshot) = self.fips_snapshot_path(path) {
            return Some(snapshot);
        }
        if pattern::is_standard_import_path(path) {
            return None;
        }
        let prefix = if path::has_path_prefix(parent, "cmd") {
            "cmd/vendor"
        } else {
            "vendor"
        };
        let vendored = format!("{prefix}/{path}");
        let exists = self.memo.std_vendored.get(&vendored).unwrap_or_else(|| {
            let dir = format!("{}/src/{vendored}", self.cfg.dist.goroot);
            let exists = disk::metadata(dir).is_ok();
            self.memo.std_vendored.put(vendored.clone(), exists);
            exists
        });
        exists.then_some(vendored)
    }

    /// With GOFIPS140 set to a version, imports of the cryptographic module lead to that version's
    /// snapshot (fips140.ResolveImport).
    pub(super) fn fips_snapshot_path(&self, path: &str) -> Option<String> {
        let version = self.cfg.target.gofips140.as_str();
        if matches!(version, "" | "off" | "latest") || !path::has_path_prefix(path, FIPS) {
            return None;
        }
        let snapshot = format!("{FIPS}/{version}");
        if path::has_path_prefix(path, &snapshot) {
            return Some(path.to_string());
        }
        Some(format!("{snapshot}{}", &path[FIPS.len()..]))
    }
}
