//! What the loaded packages mean for the requirements, for the errors among them, and for go.sum.
//! Answers to updateRequirements and checkMultiplePaths in cmd/go/internal/modload/load.go, and to
//! keepSums in init.go.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use forgo_golang::gover;
use forgo_golang::module::Version;

use super::api::{Fatal, Modules};
use super::errors::{Error, ImportFailure};
use super::graph::NONE;
use super::requirements::Requirements;
use super::roots::PackageRoots;
use super::walk::{IN_ALL, IS_ROOT, Id, Walk};

impl Modules<'_> {
    /// Brings the requirements in line with the packages (updateRequirements); tells whether
    /// packages must be loaded again.
    pub(super) fn update_requirements(
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

    /// Reports whether it is neither std nor a main module.
    fn is_external(&self, m: &Version) -> bool {
        !m.path.is_empty() && !self.mains.contains(&m.path)
    }

    /// Adds to errors what only the importers can tell.
    pub(super) fn finish_errors(&self, walk: &mut Walk) {
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
    pub(super) fn check_multiple_paths(&self, rs: &Requirements) -> Result<(), Fatal> {
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
