//! Patterns: the packages they match in modules. Answers to LoadPackages' updateMatches,
//! resolveLocalPackage and cmd/go/internal/modload/search.go. Walking local directories is in
//! `walking.rs`.

use std::collections::HashSet;

use forgo_golang::module::Version;
use forgo_golang::pattern::{self, IgnorePatterns, Pattern};
use forgo_golang::{gover, path};

use super::api::{FileKind, Match, MatchError, Modules, PackageKind};
use super::errors::{Error, ImportFailure};
use super::loading::FIPS;
use super::modfile::io_text;
use super::paths;
use super::pool;
use super::requirements::{Pruning, Requirements};
use super::walk::Walk;

/// A pattern while packages are loaded.
#[derive(Debug)]
pub(super) struct Matching {
    pub result: Match,
    /// The directories of a local pattern are known.
    walked: bool,
}

/// Why a directory is not a package.
enum NotLocal {
    /// `builtin`, or GOROOT/src itself: no error for a wildcard.
    Special(Error),
    /// No Go files in it.
    NoGo(String),
    Other(Error),
}

impl Matching {
    /// A pattern that matched nothing yet.
    pub fn new(pattern: &str) -> Matching {
        Matching {
            result: Match {
                pattern: pattern.to_string(),
                ..Match::default()
            },
            walked: false,
        }
    }
}

impl MatchError {
    pub(super) fn new(e: &Error) -> MatchError {
        let import_error = e.to_import_error();
        MatchError {
            text: import_error.text.clone(),
            import_path: import_error.import_path.clone(),
            no_go_dir: None,
            import_error: Some(import_error.into()),
        }
    }
}

impl Modules<'_> {
    /// Matches the patterns against the modules that the requirements select. `walk` is given at
    /// the end: errors are kept then, and `all` has the loaded packages.
    pub(super) fn update_matches(
        &self,
        matches: &mut [Matching],
        rs: &Requirements,
        walk: Option<&Walk>,
    ) -> Result<(), Error> {
        for m in matches {
            let pattern = m.result.pattern.clone();
            if pattern::is_local(&pattern) {
                self.match_local(m, rs, walk.is_some())?;
            } else if pattern.contains("...") {
                let (graph, error) = rs.graph(self);
                m.result.errors = error.iter().map(MatchError::new).collect();
                self.match_packages(&mut m.result, true, graph.build_list())?;
            } else {
                match pattern.as_str() {
                    "work" => self.match_packages(&mut m.result, false, &self.mains.versions())?,
                    "all" => match walk {
                        Some(walk) => m.result.packages = walk.all(),
                        None => {
                            m.result.errors.clear();
                            self.match_packages(&mut m.result, false, &self.mains.versions())?;
                            m.result.packages.extend(self.mains.tools.iter().cloned());
                        }
                    },
                    "std" | "cmd" => {
                        if !m.walked {
                            m.walked = true;
                            self.match_std(&mut m.result);
                        }
                    }
                    "tool" => m.result.packages.extend(self.mains.tools.iter().cloned()),
                    _ => m.result.packages = vec![pattern],
                }
            }
        }
        Ok(())
    }

    fn match_local(&self, m: &mut Matching, rs: &Requirements, last: bool) -> Result<(), Error> {
        if !m.walked {
            m.walked = true;
            self.match_local_dirs(&mut m.result, rs)?;
        }
        let literal = pattern::is_literal(&m.result.pattern);
        m.result.packages.clear();
        let results = pool::map(&m.result.dirs, |dir| self.resolve_local(dir, rs));
        for result in results {
            let error = match result {
                Ok(package) => {
                    m.result.packages.push(package);
                    continue;
                }
                Err(NotLocal::Special(_)) if !literal => continue,
                Err(e) => e,
            };
            if let NotLocal::Other(e @ (Error::Fatal(_) | Error::Need(_))) = error {
                return Err(e);
            }
            if !self.has_mod_root() {
                return Err(self.die().into());
            }
            if last {
                m.result.errors.push(match error {
                    NotLocal::Special(e) | NotLocal::Other(e) => MatchError::new(&e),
                    NotLocal::NoGo(dir) => MatchError {
                        text: format!("no Go files in {dir}"),
                        import_path: String::new(),
                        no_go_dir: Some(dir),
                        import_error: None,
                    },
                });
            }
        }
        Ok(())
    }

    /// The import path of a directory (resolveLocalPackage).
    fn resolve_local(&self, dir: &str, rs: &Requirements) -> Result<String, NotLocal> {
        let abs = paths::absolute(self.cfg, dir);
        self.check_is_package(&abs)?;
        let goroot_src = path::join2(&self.cfg.dist.goroot, "src");
        let other = |text: String| NotLocal::Other(Error::Text(text));
        let builtin = || {
            NotLocal::Special(Error::text(
                "\"builtin\" is a pseudo-package, not an importable package",
            ))
        };
        if let Some(main) = self.mains.list.iter().find(|m| m.root == abs) {
            if abs == goroot_src {
                return Err(NotLocal::Special(Error::text(
                    "GOROOT/src is not an importable package",
                )));
            }
            return Ok(main.prefix.clone());
        }
        let mut not_found: Option<(&str, Error)> = None;
        for main in self.mains.list.iter().filter(|m| !m.root.is_empty()) {
            let Some(suffix) = paths::in_dir_lexically(&abs, &main.root) else {
                continue;
            };
            // A directory of the module cache has an @ in it.
            if suffix.contains('@') {
                continue;
            }
            if let Some(package) = suffix.strip_prefix("vendor/") {
                if !self.is_vendor() {
                    return Err(other(format!(
                        "without -mod=vendor, directory {abs} has no package path"
                    )));
                }
                let vendor = self.vendor().map_err(NotLocal::Other)?;
                if !vendor.txt.package_module.contains_key(package) {
                    return Err(other(format!(
                        "directory {abs} is not a package listed in vendor/modules.txt"
                    )));
                }
                return Ok(package.to_string());
            }
            if main.prefix.is_empty() {
                return if suffix == "builtin" {
                    Err(builtin())
                } else {
                    Ok(suffix)
                };
            }
            let package = path::join2(&main.prefix, &suffix);
            match self.has_package(&package, &main.prefix, &main.root, true) {
                Ok(true) => return Ok(package),
                Err(e) => return Err(NotLocal::Other(e)),
                Ok(false) => {
                    if not_found
                        .as_ref()
                        .is_none_or(|(p, _)| main.prefix.len() > p.len())
                    {
                        let failure = ImportFailure::NotInMainModule {
                            path: package,
                            module: main.path.clone(),
                        };
                        not_found = Some((&main.prefix, failure.into()));
                    }
                }
            }
        }
        if let Some((_, e)) = not_found {
            return Err(NotLocal::Other(e));
        }
        if let Some(sub) = paths::in_dir(&abs, &goroot_src).filter(|s| s != "." && !s.contains('@'))
        {
            return if sub == "builtin" {
                Err(builtin())
            } else {
                Ok(sub)
            };
        }
        match self
            .path_in_module_cache(&abs, rs)
            .map_err(NotLocal::Other)?
        {
            Some(package) => Ok(package),
            None => Err(other(self.outside_text(&abs))),
        }
    }

    /// An error where the directory holds no Go files at all.
    fn check_is_package(&self, abs: &str) -> Result<(), NotLocal> {
        match self.tree.package_kind(abs) {
            PackageKind::Package { .. } | PackageKind::OnlyIgnored => Ok(()),
            PackageKind::Broken { ignored_files, .. } if ignored_files => Ok(()),
            kind => match self.tree.stat(abs) {
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(NotLocal::Other(
                    Error::text(format!("stat {abs}: directory not found")),
                )),
                Err(e) => Err(NotLocal::Other(Error::text(io_text("stat", abs, &e)))),
                Ok(_) if kind == PackageKind::NoGo => Err(NotLocal::NoGo(abs.to_string())),
                Ok(_) => Ok(()),
            },
        }
    }

    fn outside_text(&self, abs: &str) -> String {
        let short = paths::short(self.cfg, abs);
        let dir = if short == "." {
            "current directory".to_string()
        } else {
            format!("directory {short}")
        };
        if !self.in_workspace() {
            return format!("{dir} outside main module or its selected dependencies");
        }
        match self.find_root(abs) {
            Some(root) => format!(
                "{dir} is contained in a module that is not one of the workspace modules listed in \
                 go.work. You can add the module to the workspace using:\n\tgo work use {}",
                paths::short(self.cfg, &root)
            ),
            None => {
                format!("{dir} outside modules listed in go.work or their selected dependencies")
            }
        }
    }

    /// The import path of a directory in a replacement or in the module cache, of a module in the
    /// build list (pathInModuleCache).
    pub(super) fn path_in_module_cache(
        &self,
        dir: &str,
        rs: &Requirements,
    ) -> Result<Option<String>, Error> {
        let try_module = |m: &Version| {
            if gover::is_toolchain(&m.path) {
                return None;
            }
            let root = match self.replacement(m) {
                Some(r) if r.version.is_empty() => self.replace_dir(&r),
                Some(r) => self.download_dir(&r).ok()?,
                None => self.download_dir(m).ok()?,
            };
            let sub = paths::in_dir(dir, &root)?;
            let vendored = sub.contains("/vendor/") || sub.starts_with("vendor/");
            (!vendored && !sub.contains('@')).then(|| path::join2(&m.path, &sub))
        };
        if rs.pruning == Pruning::Pruned {
            let found = rs
                .roots
                .iter()
                .filter(|m| rs.root_selected(&self.mains, &m.path) == Some(&m.version))
                .find_map(try_module);
            if found.is_some() {
                return Ok(found);
            }
        }
        let (graph, error) = rs.graph(self);
        if let Some(Error::Fatal(f)) = error {
            return Err(Error::Fatal(f.clone()));
        }
        Ok(graph.build_list().iter().find_map(try_module))
    }

    /// Finds the packages of the given modules, and of std, that match (matchPackages).
    pub(super) fn match_packages(
        &self,
        m: &mut Match,
        std: bool,
        modules: &[Version],
    ) -> Result<(), Error> {
        let mut walk = PackageWalk::new(self, m);
        if std {
            let src = path::join2(&self.cfg.dist.goroot, "src");
            walk.walk(&src, "", true, false, None);
            if walk.tree_can_match("cmd") {
                walk.walk(&path::join2(&src, "cmd"), "cmd", true, false, None);
            }
        }
        if self.is_vendor() {
            for main in self.mains.list.iter().filter(|m| !m.root.is_empty()) {
                let ignore = main.index.as_ref().map(|i| IgnorePatterns::new(&i.ignore));
                walk.walk(&main.root, &main.prefix, true, true, ignore);
            }
            if self.has_mod_root() {
                let dir = self.vendor()?.dir.clone();
                walk.walk(&dir, "", false, true, None);
            }
        } else {
            let modules: Vec<Version> = modules
                .iter()
                .filter(|m| !gover::is_toolchain(&m.path) && walk.tree_can_match(&m.path))
                .cloned()
                .collect();
            self.fetch_all(&self.needs_of(&modules))?;
            for m in &modules {
                walk.module(m)?;
            }
        }
        walk.finish(m);
        Ok(())
    }

    /// Finds the packages of `std` or `cmd` (search.Match.MatchPackages).
    fn match_std(&self, m: &mut Match) {
        let src = format!("{}/src/", self.cfg.dist.goroot);
        let is_std = m.pattern == "std";
        let root = if is_std {
            src.clone()
        } else {
            format!("{src}cmd/")
        };
        let mut candidates = Vec::new();
        let walked = self.walk_dirs(&root, &mut |dir, kind| {
            if dir == src {
                return Ok(true);
            }
            let name = &dir[src.len()..];
            let elem = dir.rsplit('/').next().unwrap_or_default();
            let skip = elem.starts_with(['.', '_'])
                || elem == "testdata"
                || is_std && (!pattern::is_standard_import_path(name) || name == "cmd");
            if kind != FileKind::Dir || skip {
                return Ok(false);
            }
            let hidden =
                name == "builtin" || name == "runtime/cgo" && !self.cfg.context.cgo_enabled;
            if !hidden {
                candidates.push(dir.trim_end_matches('/').to_string());
            }
            Ok(true)
        });
        let kinds = pool::map(&candidates, |dir| self.tree.package_kind(dir));
        for (dir, kind) in candidates.iter().zip(kinds) {
            let name = &dir[src.len()..];
            let package_name = match &kind {
                // Where a snapshot is in its place, the stock command finds this directory to be
                // more than without Go files; the snapshot matches twice.
                PackageKind::NoGo if name == FIPS && self.fips_snapshot_path(name).is_some() => "",
                PackageKind::NoGo | PackageKind::OnlyIgnored => continue,
                PackageKind::Package { name } | PackageKind::Broken { name, .. } => name,
            };
            if !is_std && name.starts_with("cmd/vendor") && package_name == "main" {
                continue;
            }
            m.packages.push(name.to_string());
        }
        if let Err(e) = walked {
            m.errors.push(MatchError::new(&e));
        }
    }
}

/// A walk over modules in search of packages.
struct PackageWalk<'w, 'a> {
    modules: &'w Modules<'a>,
    pattern: String,
    matcher: Option<Pattern>,
    have: HashSet<String>,
    /// Import path and directory.
    candidates: Vec<(String, String)>,
    errors: Vec<Error>,
}

impl<'w, 'a> PackageWalk<'w, 'a> {
    fn new(modules: &'w Modules<'a>, m: &Match) -> Self {
        let matcher = (!pattern::is_meta_package(&m.pattern)).then(|| Pattern::new(&m.pattern));
        let mut have = HashSet::from(["builtin".to_string()]);
        if !modules.cfg.context.cgo_enabled {
            have.insert("runtime/cgo".to_string());
        }
        PackageWalk {
            modules,
            pattern: m.pattern.clone(),
            matcher,
            have,
            candidates: Vec::new(),
            errors: Vec::new(),
        }
    }

    fn tree_can_match(&self, name: &str) -> bool {
        self.matcher.is_none() || pattern::tree_can_match(&self.pattern, name)
    }

    /// One module, in its own directory.
    fn module(&mut self, m: &Version) -> Result<(), Error> {
        let modules = self.modules;
        if let Some(main) = modules.mains.get(&m.path) {
            if !main.root.is_empty() {
                let ignore = main.index.as_ref().map(|i| IgnorePatterns::new(&i.ignore));
                self.walk(&main.root, &main.prefix, true, true, ignore);
            }
            return Ok(());
        }
        match modules.fetching(|| modules.fetch(m)) {
            Ok((root, is_local)) => {
                let summary = modules.fetching(|| modules.summary(m)).ok();
                let ignore = summary.map(|s| IgnorePatterns::new(&s.ignore));
                self.walk(&root, &m.path, is_local, true, ignore);
            }
            Err(Error::Fatal(f)) => return Err(Error::Fatal(f)),
            Err(e) => self.errors.push(e),
        }
        Ok(())
    }

    fn walk(
        &mut self,
        root: &str,
        prefix: &str,
        stop_at_go_mod: bool,
        prune_vendor: bool,
        ignore: Option<IgnorePatterns>,
    ) {
        let root = format!("{}/", path::clean(root));
        let modules = self.modules;
        let result = modules.walk_dirs(&root, &mut |dir, kind| {
            let is_root = dir == root;
            if is_root && prefix.is_empty() {
                return Ok(true);
            }
            let rel = &dir[root.len()..];
            let elem = rel.rsplit('/').next().unwrap_or_default();
            let mut want = true;
            if !is_root {
                if elem.starts_with(['.', '_']) || elem == "testdata" {
                    want = false;
                } else if ignore.as_ref().is_some_and(|i| i.should_ignore(rel)) {
                    if modules.cfg.flags.x {
                        modules.say(format!("# ignoring directory {dir}\n"));
                    }
                    want = false;
                }
            }
            let name = path::join2(prefix, rel);
            want &= self.tree_can_match(&name);
            if kind != FileKind::Dir {
                if kind == FileKind::Symlink && want && self.pattern.contains("...") {
                    modules.warn_symlink(dir);
                }
                return Ok(false);
            }
            if !want
                || stop_at_go_mod && !is_root && paths::is_disk_file(&path::join2(dir, "go.mod"))
            {
                return Ok(false);
            }
            if self.have.insert(name.clone())
                && self.matcher.as_ref().is_none_or(|p| p.matches(&name))
            {
                self.candidates
                    .push((name, dir.trim_end_matches('/').to_string()));
            }
            Ok(!(prune_vendor && elem == "vendor"))
        });
        if let Err(e) = result {
            self.errors.push(e);
        }
    }

    /// Keeps the directories in which some file takes part in builds.
    fn finish(self, m: &mut Match) {
        let tree = self.modules.tree;
        let is_package = pool::map(&self.candidates, |(_, dir)| !tree.imports(dir).no_go);
        m.packages = self
            .candidates
            .into_iter()
            .zip(is_package)
            .filter_map(|((name, _), yes)| yes.then_some(name))
            .collect();
        m.packages.sort_unstable();
        m.errors.extend(self.errors.iter().map(MatchError::new));
    }
}
