//! The import walk of module loading: which packages the patterns and their imports reach, in which
//! module and directory each is, and what that asks of the requirements. Answers to packageLoader in
//! cmd/go/internal/modload/load.go.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use forgo_golang::module::{self, Version};
use forgo_golang::{gover, pattern};

use super::api::{Fatal, LoadOptions, Modules};
use super::errors::{Error, ImportFailure, Need};
use super::graph::NONE;
use super::import::Found;
use super::paths;
use super::pool;
use super::requirements::{Pruning, Requirements};
use super::roots::PackageRoots;

/// Index into [`Walk::packages`].
type Id = usize;

/// The package is in `all`.
const IN_ALL: u8 = 1;
/// A pattern names the package.
const IS_ROOT: u8 = 2;
/// The imports are known.
const IMPORTS_LOADED: u8 = 4;

/// A package, or the test of one.
#[derive(Debug, Default)]
pub(super) struct LoadedPackage {
    pub path: String,
    test_of: Option<Id>,
    flags: u8,
    pub module: Option<Version>,
    pub dir: String,
    pub error: Option<Error>,
    imports: Vec<Id>,
    /// Imports of the tests, kept for the test's own package.
    test_imports: Vec<String>,
    in_std: bool,
    test: Option<Id>,
    /// The package that imports this one on a shortest way from a root.
    importer: Option<Id>,
}

/// All packages that a load reached.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub packages: Vec<LoadedPackage>,
    by_path: HashMap<String, Id>,
    /// In the order of a breadth-first search from the roots, tests included.
    order: Vec<Id>,
    all_is_root: bool,
    load_tests: bool,
    /// `all` includes tests of dependencies (before go 1.16).
    all_closes_over_tests: bool,
    /// What must be fetched before the parked packages can be loaded.
    needs: Vec<Need>,
    parked: Vec<Id>,
}

/// A package to load.
struct Job {
    id: Id,
    path: String,
}

/// What loading a package found.
struct Answer {
    found: Found,
    in_std: bool,
    imports: Vec<String>,
    test_imports: Vec<String>,
    error: Option<Error>,
    /// The imports were read.
    scanned: bool,
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
    fn package(
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

    /// Takes what was found of a package.
    fn answer(&mut self, modules: &Modules<'_>, id: Id, answer: Answer, jobs: &mut VecDeque<Job>) {
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

    /// Orders the packages breadth first and notes who imports whom (buildStacks).
    fn build_stacks(&mut self, roots: &[Id]) {
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
            if (self.has_mod_root() || self.allows_missing())
                && self.resolve_missing(&mut walk, &rs)?
            {
                return Ok(Outcome::Edit);
            }
            self.finish_errors(&mut walk);
            self.check_multiple_paths(&rs)?;
            return Ok(Outcome::Done(walk, rs));
        }
    }

    /// Loads the roots and all they import, in parallel; what is missing in the module cache is
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
        for result in pool::map(roots, look) {
            if let Ok(Found {
                module: Some(m), ..
            }) = result
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

    /// Brings the requirements in line with the packages (updateRequirements); tells whether
    /// packages must be loaded again.
    fn update_requirements(
        &self,
        walk: &mut Walk,
        rs: &Arc<Requirements>,
    ) -> Result<(Arc<Requirements>, bool), Error> {
        let mut direct = rs.direct.clone();
        let mut too_new: Option<Error> = None;
        for i in 0..walk.order.len() {
            let id = walk.order[i];
            if let Some(e) = &walk.packages[id].error
                && let Some(v) = e.too_new()
            {
                let highest = too_new.as_ref().and_then(Error::too_new);
                if highest.is_none_or(|h| gover::compare(v, h).is_gt()) {
                    too_new = Some(e.cause().clone());
                }
            }
            let in_main = walk.packages[id]
                .module
                .as_ref()
                .is_some_and(|m| m.version.is_empty() && self.mains.contains(&m.path));
            if in_main {
                self.check_direct_imports(walk, id, rs, &mut direct)?;
            }
        }
        if let Some(e) = too_new {
            return Err(e);
        }
        let needed = self.roots_needed(walk);
        let new = self.update_roots(rs, direct, &needed, &[])?;
        if new.go_version() != rs.go_version() {
            return Ok((new, true));
        }
        if Arc::ptr_eq(&new, rs) || new.roots == rs.roots {
            return Ok((new, false));
        }
        let (graph, error) = new.graph(self);
        if let Some(e) = error {
            return Err(e.clone());
        }
        let changed = walk.order.iter().map(|&id| &walk.packages[id]).any(|p| {
            p.module
                .as_ref()
                .is_some_and(|m| self.is_external(m) && graph.selected(&m.path) != m.version)
                || p.error.is_some() && self.import_from_modules(&p.path, &new, None).is_ok()
        });
        Ok((new, changed))
    }

    /// Modules that provide packages directly to a main module must be required by it.
    fn check_direct_imports(
        &self,
        walk: &mut Walk,
        id: Id,
        rs: &Requirements,
        direct: &mut HashSet<String>,
    ) -> Result<(), Error> {
        for k in 0..walk.packages[id].imports.len() {
            let dep = walk.packages[id].imports[k];
            let Some(m) = walk.packages[dep]
                .module
                .clone()
                .filter(|m| self.is_external(m))
            else {
                continue;
            };
            let implicit = if self.in_workspace() {
                if self.is_vendor() {
                    continue;
                }
                let (graph, error) = rs.graph(self);
                if let Some(e) = error {
                    return Err(e.clone());
                }
                graph.required_by(&m).is_none()
            } else {
                walk.packages[id].error.is_none()
                    && !self.is_mod()
                    && rs.root_selected(&self.mains, &m.path) != Some(&m.version)
            };
            if implicit {
                let failure = ImportFailure::Implicit {
                    importer: walk.packages[id].path.clone(),
                    imported: walk.packages[dep].path.clone(),
                    module: m.clone(),
                };
                walk.packages[id].error = Some(failure.into());
                if !self.in_workspace() {
                    continue;
                }
            }
            direct.insert(m.path);
        }
        Ok(())
    }

    /// Modules of packages in `all` or named by a pattern, which must be roots.
    fn roots_needed(&self, walk: &Walk) -> PackageRoots {
        let mut seen = HashSet::new();
        let modules = walk
            .order
            .iter()
            .map(|&id| &walk.packages[id])
            .filter(|p| p.flags & (IN_ALL | IS_ROOT) != 0)
            .filter_map(|p| p.module.as_ref())
            .filter(|m| self.is_external(m) && seen.insert(*m))
            .cloned()
            .collect();
        PackageRoots { modules }
    }

    /// Is it neither std nor a main module?
    fn is_external(&self, m: &Version) -> bool {
        !m.path.is_empty() && !self.mains.contains(&m.path)
    }

    /// For packages that no module provides, finds out why none is added (resolveMissingImports).
    /// True where the stock command has to add modules.
    fn resolve_missing(&self, walk: &mut Walk, rs: &Requirements) -> Result<bool, Fatal> {
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
            match self.fetching(|| self.query_import(&walk.packages[id].path, rs)) {
                // A replaced module would be added, or any found on the network.
                Ok(_) | Err(Error::Edit) => return Ok(true),
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
        Ok(false)
    }

    /// ImportMissingError with the words that the stock command had for it.
    fn missing_in_words(&self, path: &str, text: &str) -> Error {
        let prefix = format!("cannot find module providing package {path}: ");
        match text.strip_prefix(&prefix) {
            Some(why) => self.missing(path, false, Some(why.to_string())),
            None => Error::text(text),
        }
    }

    /// The root of the main module that leads to the package, unless the current directory is in it.
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

    /// Adds to errors what only the importers can tell.
    fn finish_errors(&self, walk: &mut Walk) {
        for i in 0..walk.order.len() {
            let id = walk.order[i];
            let Some(by) = walk.packages[id].importer else {
                continue;
            };
            let importer = &walk.packages[by];
            let (path, is_test) = (importer.path.clone(), importer.test_of.is_some());
            let module = importer.module.clone().unwrap_or_default();
            let Some(Error::Import(f)) = &mut walk.packages[id].error else {
                continue;
            };
            match f.as_mut() {
                ImportFailure::MissingSum(m) => {
                    m.importer = path;
                    m.importer_version = module.version;
                    m.importer_is_test = is_test;
                }
                ImportFailure::Missing(m) if m.is_std => {
                    let go = self.raw_go_version(&module);
                    if gover::compare(self.local(), &go).is_lt() {
                        m.importer_go_version = go;
                    }
                }
                _ => {}
            }
        }
    }

    /// A module may not be used both as itself and as the replacement of another
    /// (checkMultiplePaths).
    fn check_multiple_paths(&self, rs: &Requirements) -> Result<(), Fatal> {
        let list = match rs.graph_if_read() {
            Some((graph, _)) => graph.build_list(),
            None => &rs.roots,
        };
        let mut first: HashMap<Version, &str> = HashMap::with_capacity(list.len());
        let mut errors = Vec::new();
        for m in list {
            let source = self.actual(m);
            match first.get(&source) {
                Some(prev) if *prev != m.path => errors.push(Error::text(format!(
                    "{}@{} used for two different module paths ({prev} and {})",
                    source.path, source.version, m.path
                ))),
                Some(_) => {}
                None => {
                    first.insert(source, &m.path);
                }
            }
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Fatal::of_all(errors))
        }
    }

    /// Which checksums would be kept: those of go.mod files in the graph, of the build list, and of
    /// modules that could provide loaded packages (keepSums). Asked only where a checksum is
    /// recorded nowhere.
    pub(super) fn keeps_unrecorded(&self, walk: &Walk, rs: &Requirements) -> bool {
        let unrecorded = self.memo.unrecorded.lock_set().clone();
        let mut keep: HashSet<Version> = HashSet::new();
        let mut add = |m: &Version, zip: bool| {
            let actual = self.actual(m);
            keep.insert(super::summary::go_mod_key(&actual));
            if zip {
                keep.insert(actual);
            }
        };
        for m in walk.packages.iter().filter_map(|p| p.module.as_ref()) {
            add(m, false);
        }
        match rs.graph_if_read() {
            None => rs.roots.iter().for_each(|m| add(m, true)),
            Some((graph, _)) => {
                graph.walk(|m| {
                    if graph.required_by(m).is_some() {
                        add(m, false);
                    }
                });
                graph.build_list().iter().for_each(|m| add(m, true));
                for p in &walk.packages {
                    let mut prefix = p.path.as_str();
                    loop {
                        let v = graph.selected(prefix);
                        if v != NONE {
                            add(&Version::new(prefix, v), true);
                        }
                        match prefix.rfind('/') {
                            Some(i) => prefix = &prefix[..i],
                            None => break,
                        }
                    }
                }
            }
        }
        unrecorded.iter().any(|m| keep.contains(m))
    }
}

/// Imports that name no package: cgo's, and those of old App Engine.
fn is_magic(path: &str) -> bool {
    matches!(path, "C" | "appengine" | "appengine_internal")
        || path.starts_with("appengine/")
        || path.starts_with("appengine_internal/")
}
