//! The import walk of module loading: which packages the patterns and their imports reach, in which
//! module and directory each is, and what that asks of the requirements. Answers to packageLoader
//! in cmd/go/internal/modload/load.go.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use forgo_golang::module::Version;
use forgo_golang::{gover, pattern};

use super::api::{Fatal, LoadOptions, Modules};
use super::errors::{Error, ImportFailure, Need};
use super::import::Found;
use super::outside::is_not_exist;
use super::paths;
use super::pool;
use super::requirements::{Pruning, Requirements};
use super::roots::PackageRoots;
use super::walk::{Answer, IS_ROOT, Id, Job, Walk};

/// How to resolve packages that no module provides.
enum Resolution {
    /// Add these modules, and load again; nothing, if there are none.
    Add(Vec<Version>),
    /// The stock command has to add modules to go.mod.
    Edit,
}

/// How a walk ended.
pub(super) enum Outcome {
    /// All is known.
    Done(Walk, Arc<Requirements>),
    /// The stock command has to edit go.mod first.
    Edit,
}

impl Modules<'_> {
    /// Loads the packages that `list_roots` names under given requirements, and all they import,
    /// until the requirements need no more changes (loadFromRoots).
    pub(super) fn load_from_roots(
        &self,
        options: &LoadOptions,
        all_is_root: bool,
        mut rs: Arc<Requirements>,
        mut list_roots: impl FnMut(&Requirements) -> Result<Vec<String>, Error>,
    ) -> Result<Outcome, Fatal> {
        if rs.pruning == Pruning::Unpruned {
            let (new, error) = self.expand_graph(rs);
            match error {
                Some(Error::Edit) => return Ok(Outcome::Edit),
                Some(e) => return Err(e.into_fatal()),
                None => rs = new,
            }
        }
        loop {
            if rs.pruning != Pruning::Workspace {
                let pruning = Pruning::for_go_version(rs.go_version());
                match self.convert_pruning(rs, pruning) {
                    Ok(new) => rs = new,
                    Err(Error::Edit) => return Ok(Outcome::Edit),
                    Err(e) => return Err(e.into_fatal()),
                }
            }
            let roots = list_roots(&rs).map_err(Error::into_fatal)?;
            if rs.pruning == Pruning::Pruned && self.is_mod() {
                match self.preload_root_modules(&rs, &roots) {
                    Ok(Some(new)) => {
                        rs = new;
                        continue;
                    }
                    Ok(None) => {}
                    Err(Error::Edit) => return Ok(Outcome::Edit),
                    Err(e) => return Err(e.into_fatal()),
                }
            }
            let mut walk = Walk {
                all_is_root,
                load_tests: options.tests,
                all_closes_over_tests: gover::compare(rs.go_version(), gover::NARROW_ALL).is_lt(),
                ..Walk::default()
            };
            walk = self.walk(walk, &rs, &roots).map_err(Error::into_fatal)?;
            match self.update_requirements(&mut walk, &rs) {
                Ok((new, changed)) => {
                    rs = new;
                    if changed {
                        continue;
                    }
                }
                Err(Error::Edit) => return Ok(Outcome::Edit),
                Err(e) => return Err(e.into_fatal()),
            }
            if self.has_mod_root() || self.allows_missing() {
                match self.resolve_missing(&mut walk, &rs)? {
                    Resolution::Edit => return Ok(Outcome::Edit),
                    Resolution::Add(mut add) if !add.is_empty() => {
                        gover::mod_sort(&mut add);
                        let direct = rs.direct.clone();
                        let none = PackageRoots::default();
                        rs = self
                            .update_roots(&rs, direct, &none, &add)
                            .map_err(Error::into_fatal)?;
                        continue;
                    }
                    Resolution::Add(_) => {}
                }
            }
            self.finish_errors(&mut walk);
            self.check_multiple_paths(&rs)?;
            return Ok(Outcome::Done(walk, rs));
        }
    }

    /// Loads the roots and all they import, in parallel; files missing in the module cache are
    /// fetched when nothing else is left to do.
    fn walk(&self, mut walk: Walk, rs: &Requirements, roots: &[String]) -> Result<Walk, Error> {
        let mut jobs = VecDeque::new();
        let mut ids = Vec::with_capacity(roots.len());
        let mut seen = HashSet::new();
        for path in roots {
            let id = walk.package(self, path, IS_ROOT, &mut jobs);
            if seen.insert(id) {
                ids.push(id);
            }
        }
        while !jobs.is_empty() {
            walk = pool::drive(
                walk,
                jobs.drain(..).collect(),
                |job: &Job| self.load_package(&job.path, rs),
                |walk, job, answer, jobs| walk.answer(self, job.id, answer, jobs),
            );
            let needs = std::mem::take(&mut walk.needs);
            if !needs.is_empty() {
                self.fetch_all(&needs)?;
            }
            for id in std::mem::take(&mut walk.parked) {
                let path = walk.packages[id].path.clone();
                jobs.push_back(Job { id, path });
            }
        }
        for p in &mut walk.packages {
            p.error = match p.error.take() {
                Some(Error::Fatal(f)) => return Err(Error::Fatal(f)),
                e => e.map(|e| self.explain(e)),
            };
        }
        walk.build_stacks(&ids);
        Ok(walk)
    }

    /// Loads one package (packageLoader.load).
    fn load_package(&self, path: &str, rs: &Requirements) -> Answer {
        let mut answer = Answer {
            found: Found::default(),
            in_std: false,
            imports: Vec::new(),
            test_imports: Vec::new(),
            error: None,
            scanned: false,
        };
        // A graph that could not be read completely might select wrong versions.
        let graph = (rs.pruning == Pruning::Unpruned)
            .then(|| rs.graph(self))
            .filter(|(_, error)| error.is_none())
            .map(|(g, _)| g);
        match self.import_from_modules(path, rs, graph) {
            Ok(found) => answer.found = found,
            Err(e) => {
                answer.error = Some(e);
                return answer;
            }
        }
        if answer.found.dir.is_empty() {
            return answer;
        }
        let dir = &answer.found.dir;
        answer.in_std = pattern::is_standard_import_path(path)
            && paths::in_dir_lexically(dir, &self.cfg.dist.goroot)
                .is_some_and(|rel| rel == "src" || rel.starts_with("src/"));
        let scanned = self.tree.imports(dir);
        if scanned.no_go {
            answer.error = Some(Error::text("no Go source files"));
            return answer;
        }
        if let Some(e) = &scanned.error {
            answer.error = Some(Error::text(e.clone()));
            return answer;
        }
        let imports = scanned.imports.iter().filter(|p| !is_magic(p));
        answer.imports = imports
            .map(|p| {
                let vendored = answer.in_std.then(|| self.std_vendor(path, p)).flatten();
                vendored.unwrap_or_else(|| p.clone())
            })
            .collect();
        let tests = scanned.test_imports.iter().filter(|p| !is_magic(p));
        answer.test_imports = tests.cloned().collect();
        answer.scanned = true;
        answer
    }

    /// Without a main module, makes the modules of the named packages roots (preloadRootModules).
    fn preload_root_modules(
        &self,
        rs: &Arc<Requirements>,
        roots: &[String],
    ) -> Result<Option<Arc<Requirements>>, Error> {
        let look = |path: &String| self.import_from_modules(path, rs, None);
        let needs: Vec<Need> = pool::map(roots, look)
            .into_iter()
            .filter_map(|r| match r {
                Err(Error::Need(n)) => Some(n),
                _ => None,
            })
            .flatten()
            .collect();
        self.fetch_all(&needs)?;
        let mut add: Vec<Version> = Vec::new();
        for (path, result) in roots.iter().zip(pool::map(roots, look)) {
            let m = match result {
                Ok(found) => found.module,
                Err(e) if e.missing().is_some() && !self.has_mod_root() => {
                    match self.fetching(|| self.query_import(path, rs)) {
                        Err(Error::Edit) => self.query_latest_import(path).ok(),
                        queried => queried.ok(),
                    }
                }
                Err(_) => None,
            };
            if let Some(m) = m
                && rs.root_selected(&self.mains, &m.path) != Some(&m.version)
                && !add.contains(&m)
            {
                add.push(m);
            }
        }
        if add.is_empty() {
            return Ok(None);
        }
        if self.has_mod_root() {
            return Err(Error::Edit);
        }
        gover::mod_sort(&mut add);
        let direct = rs.direct.clone();
        self.update_roots(rs, direct, &PackageRoots::default(), &add)
            .map(Some)
    }

    /// For packages that no module provides, finds modules that do, or why none is added
    /// (resolveMissingImports).
    fn resolve_missing(&self, walk: &mut Walk, rs: &Requirements) -> Result<Resolution, Fatal> {
        let mut add: Vec<Version> = Vec::new();
        for i in 0..walk.order.len() {
            let id = walk.order[i];
            let p = &walk.packages[id];
            if p.test_of.is_some() || p.error.as_ref().is_none_or(|e| e.missing().is_none()) {
                continue;
            }
            if let Some(delegated) = &self.delegated {
                if let Some(text) = delegated.get(&p.path) {
                    walk.packages[id].error = Some(self.missing_in_words(&p.path, text));
                }
                continue;
            }
            let path = p.path.clone();
            let mut found = self.fetching(|| self.query_import(&path, rs));
            if matches!(found, Err(Error::Edit)) && !self.has_mod_root() {
                found = self.query_latest_import(&path);
            }
            match found {
                // A main module's go.mod is changed by the stock command.
                Ok(_) | Err(Error::Edit) if self.has_mod_root() => return Ok(Resolution::Edit),
                Ok(m) => {
                    self.say(format!("go: found {path} in {} {}\n", m.path, m.version));
                    if !add.contains(&m) {
                        add.push(m);
                    }
                }
                Err(Error::Fatal(f)) => return Err(f),
                Err(mut e) => {
                    if let Error::Import(f) = &mut e
                        && let ImportFailure::Missing(m) = f.as_mut()
                    {
                        m.get_in = self.other_main_importer(walk, id);
                    }
                    walk.packages[id].error = Some(e);
                }
            }
        }
        Ok(Resolution::Add(add))
    }

    /// Outside of main modules, returns the latest version of the module that has the package.
    fn query_latest_import(&self, path: &str) -> Result<Version, Error> {
        self.say(format!("go: finding module for package {path}\n"));
        self.query_packages(path, "latest").map_err(|e| {
            if is_not_exist(&e) {
                self.missing(path, false, Some(e.to_string()))
            } else {
                e
            }
        })
    }

    /// ImportMissingError with the words that the stock command had for it.
    fn missing_in_words(&self, path: &str, text: &str) -> Error {
        let prefix = format!("cannot find module providing package {path}: ");
        match text.strip_prefix(&prefix) {
            Some(why) => self.missing(path, false, Some(why.to_string())),
            None => Error::text(text),
        }
    }

    /// The root of the main module that leads to the package, unless the current directory is in
    /// it.
    fn other_main_importer(&self, walk: &Walk, id: Id) -> Option<String> {
        let mut at = Some(id);
        while let Some(id) = at {
            let p = &walk.packages[id];
            if let Some(main) = p.module.as_ref().and_then(|m| self.mains.get(&m.path)) {
                let here = self.mains.cwd.map(|i| self.mains.list[i].path.as_str());
                return (here != Some(&main.path)).then(|| main.root.clone());
            }
            at = p.importer;
        }
        None
    }
}

/// Imports that name no package: cgo's, and those of old App Engine.
fn is_magic(path: &str) -> bool {
    matches!(path, "C" | "appengine" | "appengine_internal")
        || path.starts_with("appengine/")
        || path.starts_with("appengine_internal/")
}
