//! The result of an import walk: packages, their tests, their importers, and the packages in `all`.
//! Answers to loadPkg, applyPkgFlags and pkgTest in cmd/go/internal/modload/load.go.

use std::collections::{HashMap, VecDeque};

use forgo_golang::module::{self, Version};

use super::api::Modules;
use super::errors::{Error, Need};
use super::import::Found;

/// Index into [`Walk::packages`].
pub(super) type Id = usize;

/// The package is in `all`.
pub(super) const IN_ALL: u8 = 1;
/// A pattern names the package.
pub(super) const IS_ROOT: u8 = 2;
/// The imports are known.
const IMPORTS_LOADED: u8 = 4;

/// A package, or the test of one.
#[derive(Debug, Default)]
pub(super) struct LoadedPackage {
    pub path: String,
    pub test_of: Option<Id>,
    pub flags: u8,
    pub module: Option<Version>,
    pub dir: String,
    pub error: Option<Error>,
    pub imports: Vec<Id>,
    /// Imports of the tests, kept for the test's own package.
    pub test_imports: Vec<String>,
    pub in_std: bool,
    pub test: Option<Id>,
    /// The package that imports this one on a shortest way from a root.
    pub importer: Option<Id>,
}

/// All packages that a load reached.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub packages: Vec<LoadedPackage>,
    pub by_path: HashMap<String, Id>,
    /// In the order of a breadth-first search from the roots, tests included.
    pub order: Vec<Id>,
    pub all_is_root: bool,
    pub load_tests: bool,
    /// `all` includes tests of dependencies (before go 1.16).
    pub all_closes_over_tests: bool,
    /// The files that must be fetched before the parked packages can be loaded.
    pub needs: Vec<Need>,
    pub parked: Vec<Id>,
}

/// A package to load.
pub(super) struct Job {
    pub id: Id,
    pub path: String,
}

/// What loading a package found.
pub(super) struct Answer {
    pub found: Found,
    pub in_std: bool,
    pub imports: Vec<String>,
    pub test_imports: Vec<String>,
    pub error: Option<Error>,
    /// The imports were read.
    pub scanned: bool,
}

impl Walk {
    /// The package of that path.
    pub fn get(&self, path: &str) -> Option<&LoadedPackage> {
        self.by_path.get(path).map(|&id| &self.packages[id])
    }

    /// All packages of `all` (computePatternAll).
    pub fn all(&self) -> Vec<String> {
        let mut all: Vec<String> = self
            .order
            .iter()
            .map(|&id| &self.packages[id])
            .filter(|p| p.flags & IN_ALL != 0 && p.test_of.is_none())
            .filter(|p| module::check_import_path(&p.path).is_ok())
            .map(|p| p.path.clone())
            .collect();
        all.sort_unstable();
        all
    }

    /// Finds or adds a package, and marks it.
    pub fn package(
        &mut self,
        modules: &Modules<'_>,
        path: &str,
        flags: u8,
        jobs: &mut VecDeque<Job>,
    ) -> Id {
        let id = match self.by_path.get(path) {
            Some(&id) => id,
            None => {
                let id = self.packages.len();
                self.packages.push(LoadedPackage {
                    path: path.to_string(),
                    ..LoadedPackage::default()
                });
                self.by_path.insert(path.to_string(), id);
                jobs.push_back(Job {
                    id,
                    path: path.to_string(),
                });
                id
            }
        };
        self.mark(modules, id, flags, jobs);
        id
    }

    /// Sets flags and what follows from them (applyPkgFlags).
    fn mark(&mut self, modules: &Modules<'_>, id: Id, flags: u8, jobs: &mut VecDeque<Job>) {
        let mut todo = vec![(id, flags)];
        while let Some((id, mut flags)) = todo.pop() {
            let p = &mut self.packages[id];
            if flags & IN_ALL != 0 && self.all_is_root && p.test_of.is_none() {
                flags |= IS_ROOT;
            }
            let old = p.flags;
            let new = old | flags;
            p.flags = new;
            if new == old || new & IMPORTS_LOADED == 0 {
                continue;
            }
            if p.test_of.is_none() {
                let in_main = p
                    .module
                    .as_ref()
                    .is_some_and(|m| modules.mains.contains(&m.path));
                let in_closed_all = self.all_closes_over_tests && new & IN_ALL != 0;
                let wanted = self.all_is_root && (in_main || in_closed_all)
                    || self.load_tests && new & IS_ROOT != 0;
                if wanted {
                    let flags = if in_main || in_closed_all { IN_ALL } else { 0 };
                    match self.packages[id].test {
                        None => self.add_test(modules, id, flags, jobs),
                        Some(test) => todo.push((test, flags)),
                    }
                }
            }
            let newly_in_all =
                new & IN_ALL != 0 && old & (IN_ALL | IMPORTS_LOADED) != IN_ALL | IMPORTS_LOADED;
            if newly_in_all {
                todo.extend(self.packages[id].imports.iter().map(|&dep| (dep, IN_ALL)));
            }
        }
    }

    /// Adds the test of a package (pkgTest).
    fn add_test(&mut self, modules: &Modules<'_>, id: Id, flags: u8, jobs: &mut VecDeque<Job>) {
        let test = self.packages.len();
        let p = &mut self.packages[id];
        p.test = Some(test);
        let imports = std::mem::take(&mut p.test_imports);
        let new = LoadedPackage {
            path: p.path.clone(),
            test_of: Some(id),
            flags,
            module: p.module.clone(),
            dir: p.dir.clone(),
            error: p.error.clone(),
            in_std: p.in_std,
            ..LoadedPackage::default()
        };
        let (in_std, path) = (new.in_std, new.path.clone());
        self.packages.push(new);
        let mut ids = Vec::with_capacity(imports.len());
        for import in &imports {
            let vendored = in_std.then(|| modules.std_vendor(&path, import)).flatten();
            let import = vendored.as_deref().unwrap_or(import);
            ids.push(self.package(modules, import, flags, jobs));
        }
        self.packages[test].imports = ids;
        self.mark(modules, test, IMPORTS_LOADED, jobs);
    }

    /// Takes the result of looking up a package.
    pub fn answer(
        &mut self,
        modules: &Modules<'_>,
        id: Id,
        answer: Answer,
        jobs: &mut VecDeque<Job>,
    ) {
        if let Some(Error::Need(needs)) = answer.error {
            self.needs.extend(needs);
            self.parked.push(id);
            return;
        }
        let p = &mut self.packages[id];
        let in_main = answer
            .found
            .module
            .as_ref()
            .is_some_and(|m| modules.mains.contains(&m.path));
        p.error = answer.error;
        p.module = answer.found.module;
        p.dir = answer.found.dir;
        p.in_std = answer.in_std;
        if modules.mains.tools.contains(&p.path) || in_main && !p.dir.is_empty() {
            self.mark(modules, id, IN_ALL, jobs);
        }
        if !answer.scanned {
            return;
        }
        let flags = self.packages[id].flags & IN_ALL;
        let mut imports = Vec::with_capacity(answer.imports.len());
        for path in &answer.imports {
            imports.push(self.package(modules, path, flags, jobs));
        }
        let p = &mut self.packages[id];
        p.imports = imports;
        p.test_imports = answer.test_imports;
        self.mark(modules, id, IMPORTS_LOADED, jobs);
    }

    /// Orders the packages breadth first and notes each one's first importer (buildStacks).
    pub fn build_stacks(&mut self, roots: &[Id]) {
        let mut seen = vec![false; self.packages.len()];
        for &id in roots {
            seen[id] = true;
        }
        let mut order = roots.to_vec();
        let mut i = 0;
        while i < order.len() {
            let id = order[i];
            i += 1;
            let next = self.packages[id].imports.clone();
            for next in next.into_iter().chain(self.packages[id].test) {
                if !std::mem::replace(&mut seen[next], true) {
                    self.packages[next].importer = Some(id);
                    order.push(next);
                }
            }
        }
        self.order = order;
    }
}
