//! Reports errors of packages before anything is built. Answers to CheckPackageErrors and
//! PackageErrors in cmd/go/internal/load/pkg.go.

use std::collections::{HashMap, HashSet};

use super::{FatalError, Loader};
use crate::event::Event;
use crate::package::{PackageGraph, PackageId};

impl Loader<'_> {
    /// Reports the errors of the packages and of all they import; an error if there was any
    /// (load.CheckPackageErrors).
    pub fn check_package_errors(&self, roots: &[PackageId]) -> Result<(), FatalError> {
        let wrong = self.graph.packages_with_errors(roots);
        for &id in &wrong {
            let p = &self.graph[id];
            let Some(error) = &p.error else { continue };
            self.reporter.event(Event::Error {
                package: Some(p.desc()),
                text: error.to_string(),
            });
        }
        if !wrong.is_empty() {
            return Err(FatalError::reported());
        }
        self.check_duplicates(roots)
    }

    /// No package may be there twice: it would be built twice at the same place.
    pub fn check_duplicates(&self, roots: &[PackageId]) -> Result<(), FatalError> {
        let mut seen: HashMap<(&str, &str), bool> = HashMap::new();
        let mut text = String::new();
        for id in self.graph.package_list(roots) {
            let p = &self.graph[id];
            match seen.entry((&p.import_path, &p.internal.pgo_profile)) {
                std::collections::hash_map::Entry::Vacant(slot) => {
                    slot.insert(false);
                }
                std::collections::hash_map::Entry::Occupied(mut reported) => {
                    if !reported.insert(true) {
                        text += &format!("internal error: duplicate loads of {}\n", p.import_path);
                    }
                }
            }
        }
        if text.is_empty() {
            return Ok(());
        }
        Err(FatalError {
            stderr: text,
            code: 1,
        })
    }
}

impl PackageGraph {
    /// Returns the packages that have an error, imported packages before their importers
    /// (load.PackageErrors).
    pub fn packages_with_errors(&self, roots: &[PackageId]) -> Vec<PackageId> {
        if !roots.iter().any(|&id| self[id].incomplete) {
            return Vec::new();
        }
        let mut all = self.package_list(roots);
        all.retain(|&id| self[id].error.is_some());
        all
    }

    /// Returns the roots and everything they import, each once, imported packages before their
    /// importers (load.PackageList).
    pub fn package_list(&self, roots: &[PackageId]) -> Vec<PackageId> {
        let mut walk = PostOrder::new(self);
        for &root in roots {
            walk.visit(root);
        }
        walk.all
    }

    /// The package loaded under this import path (not a test variant), if any.
    pub fn find(&self, import_path: &str) -> Option<PackageId> {
        self.by_path.get(import_path).copied()
    }
}

/// Walks imports depth first, packages before their importers.
pub(super) struct PostOrder<'g> {
    graph: &'g PackageGraph,
    seen: HashSet<PackageId>,
    /// The visited packages.
    pub all: Vec<PackageId>,
}

impl<'g> PostOrder<'g> {
    /// Nothing visited yet.
    pub fn new(graph: &'g PackageGraph) -> PostOrder<'g> {
        PostOrder {
            graph,
            seen: HashSet::with_capacity(graph.packages.len()),
            all: Vec::with_capacity(graph.packages.len()),
        }
    }

    /// Visits a package and all it imports.
    pub fn visit(&mut self, id: PackageId) {
        if !self.seen.insert(id) {
            return;
        }
        // Explicit, because chains of imports can be long.
        let mut path = vec![(id, 0)];
        while let Some((id, next)) = path.last_mut() {
            match self.graph[*id].internal.imports.get(*next) {
                Some(&import) => {
                    *next += 1;
                    if self.seen.insert(import) {
                        path.push((import, 0));
                    }
                }
                None => {
                    self.all.push(*id);
                    path.pop();
                }
            }
        }
    }
}
