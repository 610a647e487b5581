//! Which packages get coverage instrumentation, and their added imports. Answers to
//! PrepareForCoverageBuild, SelectCoverPackages and EnsureImport in cmd/go/internal/load/pkg.go,
//! and to TestPackageList.

use std::sync::Arc;

use super::data::ImportMode;
use super::error::ImportStack;
use super::import::Import;
use super::report::PostOrder;
use super::{FatalError, Loader, MatchPackage, PackageOpts};
use crate::package::{Package, PackageId};

impl Loader<'_> {
    /// `-coverpkg` and `-cover` for build, install, run, list: marks the packages to instrument
    /// and adds the imports that instrumented code needs (load.PrepareForCoverageBuild).
    pub fn prepare_for_coverage_build(&mut self, roots: &[PackageId]) -> Result<(), FatalError> {
        let matchers = self.coverpkg_matchers();
        let candidates = self.graph.package_list(roots);
        self.cover(&candidates, &matchers, "build").map(drop)
    }

    /// The patterns of `-coverpkg`, compiled.
    pub fn coverpkg_matchers(&self) -> Vec<MatchPackage> {
        let patterns = self.cfg.flags.coverpkg.iter();
        patterns
            .map(|p| MatchPackage::new(p, &self.cfg.cwd))
            .collect()
    }

    /// Which of the packages any of the matchers picks for coverage; warns about patterns that
    /// match nothing (load.SelectCoverPackages). `op` is `build` or `test`.
    pub fn select_cover_packages(
        &mut self,
        candidates: &[PackageId],
        matchers: &[MatchPackage],
        op: &str,
    ) -> Result<Vec<PackageId>, FatalError> {
        self.cover(candidates, matchers, op)
    }

    /// Without matchers, the main module's packages and those of the command line are picked.
    fn cover(
        &mut self,
        candidates: &[PackageId],
        matchers: &[MatchPackage],
        op: &str,
    ) -> Result<Vec<PackageId>, FatalError> {
        let mut matched = vec![false; matchers.len()];
        let mut covered = Vec::new();
        for &id in candidates {
            let p = &self.graph[id];
            let mut picked = matchers.is_empty() && op == "build" && is_own(p);
            for (matcher, matched) in matchers.iter().zip(&mut matched) {
                if matcher.matches(&self.modules.state, p) {
                    *matched = true;
                    picked = true;
                }
            }
            if !picked || !self.can_be_covered(p) {
                continue;
            }
            let mode = self.cfg.flags.cover_mode.clone();
            let runtime = self.cfg.flags.race && p.standard && is_runtime(&p.import_path);
            let atomic = mode == "atomic";
            self.graph[id].internal.cover.mode = if runtime { "regonly".to_owned() } else { mode };
            covered.push(id);
            if atomic {
                self.ensure_import(id, "sync/atomic")?;
            }
        }
        let done = if op == "test" { "tested" } else { "built" };
        for (pattern, matched) in self.cfg.flags.coverpkg.iter().zip(matched) {
            if !matched {
                self.warn(&format!(
                    "warning: no packages being {done} depend on matches for pattern {pattern}\n"
                ));
            }
        }
        Ok(covered)
    }

    fn can_be_covered(&self, p: &Package) -> bool {
        // Atomic counters can't count themselves.
        let counter = matches!(
            p.import_path.as_str(),
            "sync/atomic" | "internal/runtime/atomic"
        );
        let atomic = self.cfg.flags.cover_mode == "atomic" && p.standard && counter;
        let has_files = !p.go_files.is_empty() || !p.cgo_files.is_empty();
        p.import_path != "unsafe" && has_files && !atomic
    }

    /// Makes `package` import `path` as if its files did (load.EnsureImport).
    pub fn ensure_import(&mut self, package: PackageId, path: &str) -> Result<(), FatalError> {
        let p = &self.graph[package];
        if p.internal
            .imports
            .iter()
            .any(|&i| self.graph[i].name == path)
        {
            return Ok(());
        }
        let dir = p.dir.clone();
        let import = Import {
            parent: Some(package),
            ..Import::of(path, &dir)
        };
        let mut stack = ImportStack::default();
        let (id, refused) = self.load_import(PackageOpts::default(), import, &mut stack)?;
        // Before 1.27 flags were worked out for such packages alone.
        self.set_tool_flags_of_extra(id);
        let error = refused
            .map(Arc::new)
            .or_else(|| self.graph[id].error.clone());
        if let Some(e) = error {
            return Err(FatalError::new(format_args!("load {path}: {e}")));
        }
        self.graph[package].internal.imports.push(id);
        Ok(())
    }

    /// Before 1.27 flags were worked out for packages that the go command itself asked for.
    pub(super) fn set_tool_flags_of_extra(&mut self, id: PackageId) {
        if !self.cfg.dist.release.loading_sets_tool_flags() {
            self.set_tool_flags(&[id]);
        }
    }

    /// Returns the roots, their imports and those of their tests, in dependency order
    /// (load.TestPackageList).
    pub fn test_package_list(
        &mut self,
        opts: PackageOpts,
        roots: &[PackageId],
    ) -> Result<Vec<PackageId>, FatalError> {
        let mut order = Vec::new();
        for &root in roots {
            order.push(root);
            let p = &self.graph[root];
            let (dir, facts) = (p.dir.clone(), Arc::clone(&p.internal.facts));
            let paths: Vec<String> = p
                .test_imports
                .iter()
                .chain(&p.xtest_imports)
                .cloned()
                .collect();
            for path in paths {
                let import = Import {
                    path: &path,
                    src_dir: &dir,
                    parent: Some(root),
                    pos: facts.test_imports.position(&path),
                    mode: ImportMode {
                        resolve: true,
                        ..ImportMode::default()
                    },
                };
                let mut stack = ImportStack::default();
                let (id, refused) = self.load_import(opts, import, &mut stack)?;
                let p = &mut self.graph[root];
                if let Some(e) = refused
                    && p.error.is_none()
                {
                    p.error = Some(Arc::new(e));
                    p.incomplete = true;
                }
                if self.graph[id].error.is_none() {
                    order.push(id);
                }
            }
        }
        let mut walk = PostOrder::new(&self.graph);
        for id in order {
            walk.visit(id);
        }
        Ok(walk.all)
    }
}

fn is_own(p: &Package) -> bool {
    p.internal.cmdline_files || p.internal.cmdline_pkg || p.module.as_ref().is_some_and(|m| m.main)
}

/// Packages that run before the race detector is ready (objabi.LookupPkgSpecial's Runtime).
fn is_runtime(path: &str) -> bool {
    let Some(internal) = path.strip_prefix("internal/") else {
        return path == "runtime";
    };
    let Some(runtime) = internal.strip_prefix("runtime/") else {
        return matches!(
            internal,
            "abi"
                | "bytealg"
                | "byteorder"
                | "chacha8rand"
                | "coverage/rtcov"
                | "cpu"
                | "goarch"
                | "godebugs"
                | "goexperiment"
                | "goos"
                | "profilerecord"
                | "strconv"
                | "stringslite"
        );
    };
    matches!(
        runtime,
        "atomic"
            | "cgroup"
            | "exithook"
            | "gc"
            | "gc/scan"
            | "maps"
            | "math"
            | "sys"
            | "syscall/linux"
            | "syscall/windows"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runtime_packages() {
        for (path, want) in [
            ("runtime", true),
            ("runtime/debug", false),
            ("internal/runtime/maps", true),
            ("internal/abi", true),
            ("internal/poll", false),
            ("maps", false),
        ] {
            assert_eq!(is_runtime(path), want, "{path}");
        }
    }
}
