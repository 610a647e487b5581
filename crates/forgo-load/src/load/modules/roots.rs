//! Keeping the root requirements consistent with the graph and with what packages need. Answers to
//! expandGraph, updateRoots, spotCheckRoots and convertPruning in
//! cmd/go/internal/modload/buildlist.go.
//!
//! Files are not edited here. Where `-mod=mod` would have to write other roots, the error is
//! [`Error::Edit`], and the stock command makes the edit.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use forgo_golang::gover;
use forgo_golang::module::Version;

use super::api::Modules;
use super::errors::{Error, Need};
use super::pool;
use super::requirements::{Pruning, Requirements};

/// What the loaded packages ask of the roots.
#[derive(Debug, Default)]
pub(super) struct PackageRoots {
    /// Modules that provide packages in `all` or named on the command line, each once.
    pub modules: Vec<Version>,
}

impl Modules<'_> {
    /// Loads the graph; where it selects other versions of the roots than they state, updates them
    /// (expandGraph). The error goes with requirements that are as good as can be.
    pub(super) fn expand_graph(&self, rs: Arc<Requirements>) -> (Arc<Requirements>, Option<Error>) {
        let (graph, error) = rs.graph(self);
        if error.is_some() {
            return (rs.clone(), error.clone());
        }
        let consistent = match (self.in_workspace(), self.mains.list.first()) {
            (false, Some(main)) => graph
                .required_by(&main.version())
                .unwrap_or_default()
                .iter()
                .all(|m| graph.selected(&m.path) == m.version),
            _ => true,
        };
        if consistent {
            return (rs, None);
        }
        let direct = rs.direct.clone();
        match self.update_roots(&rs, direct, &PackageRoots::default(), &[]) {
            Err(e) => (rs, Some(e)),
            Ok(new) => {
                let error = new.graph(self).1.clone();
                (new, error)
            }
        }
    }

    /// Updates the roots so that what packages need and all of `add` is among them, each at its
    /// selected version (updateRoots).
    pub(super) fn update_roots(
        &self,
        rs: &Arc<Requirements>,
        direct: HashSet<String>,
        needed: &PackageRoots,
        add: &[Version],
    ) -> Result<Arc<Requirements>, Error> {
        match rs.pruning {
            Pruning::Unpruned => self.check_unpruned_roots(rs, &direct, add),
            Pruning::Pruned => self.update_pruned_roots(rs, direct, needed, add),
            Pruning::Workspace => Ok(Arc::new(rs.with_direct(direct))),
        }
    }

    /// updateUnprunedRoots, as far as it tells whether go.mod must change.
    fn check_unpruned_roots(
        &self,
        rs: &Arc<Requirements>,
        direct: &HashSet<String>,
        add: &[Version],
    ) -> Result<Arc<Requirements>, Error> {
        let (graph, error) = rs.graph(self);
        if let Some(e) = error {
            return Err(e.clone());
        }
        let selected = |m: &Version| graph.selected(&m.path) == m.version;
        let consistent = rs.roots.iter().all(selected)
            && add.iter().all(selected)
            && direct
                .iter()
                .all(|path| rs.root_selected(&self.mains, path).is_some());
        if !consistent {
            return Err(self.edit_or_dirty());
        }
        if self.is_mod() && *direct != rs.direct {
            return Ok(Arc::new(rs.with_direct(direct.clone())));
        }
        Ok(rs.clone())
    }

    /// updatePrunedRoots.
    fn update_pruned_roots(
        &self,
        rs: &Arc<Requirements>,
        direct: HashSet<String>,
        needed: &PackageRoots,
        add: &[Version],
    ) -> Result<Arc<Requirements>, Error> {
        let mut rs = rs.clone();
        let mut roots = rs.roots.clone();
        let mut spot_check = Vec::new();
        for m in &needed.modules {
            if rs.root_selected(&self.mains, &m.path).is_some() {
                spot_check.push(m);
            } else {
                roots.push(m.clone());
            }
        }
        for m in add {
            let higher = rs
                .root_selected(&self.mains, &m.path)
                .is_none_or(|v| gover::mod_compare(&m.path, v, &m.version) == Ordering::Less);
            if higher {
                roots.push(m.clone());
            }
        }
        let mut upgraded = roots.len() != rs.roots.len();
        gover::mod_sort(&mut roots);
        loop {
            let mut use_graph = false;
            if upgraded {
                // With a pruned graph a root more or less changes which other modules count.
                if self.must_be_complete() {
                    return Err(self.go_mod_dirty());
                }
                rs = Arc::new(Requirements::new(Pruning::Pruned, roots, direct.clone()));
                if let Some(e) = &rs.graph(self).1 {
                    return Err(e.clone());
                }
                use_graph = true;
            } else if rs.graph_if_read().is_some() {
                use_graph = true;
            } else if !self.spot_check_roots(&rs, &spot_check) {
                if let Some(e) = &rs.graph(self).1 {
                    return Err(e.clone());
                }
                use_graph = true;
            }
            let graph = use_graph.then(|| &rs.graph(self).0);
            let mut seen: HashSet<&str> = self.mains.list.iter().map(|m| &*m.path).collect();
            let mut next = Vec::with_capacity(rs.roots.len());
            upgraded = false;
            for m in &rs.roots {
                if !seen.insert(&m.path) {
                    continue;
                }
                let v = match graph {
                    Some(g) => g.selected(&m.path),
                    None => rs.root_selected(&self.mains, &m.path).unwrap_or_default(),
                };
                upgraded |= v != m.version;
                next.push(Version::new(&*m.path, v));
            }
            if !upgraded {
                if !self.is_mod() || next == rs.roots && direct == rs.direct {
                    return Ok(rs);
                }
                return Ok(Arc::new(Requirements::new(Pruning::Pruned, next, direct)));
            }
            roots = next;
        }
    }

    /// Are the versions of the roots at least what these modules require of them? An unreadable
    /// go.mod counts as no (spotCheckRoots).
    fn spot_check_roots(&self, rs: &Requirements, modules: &[&Version]) -> bool {
        let check = |m: &&Version| {
            let summary = self.summary(m)?;
            Ok(summary.require.iter().all(|r| {
                rs.root_selected(&self.mains, &r.path)
                    .is_none_or(|v| gover::mod_compare(&r.path, v, &r.version) != Ordering::Less)
            }))
        };
        let results = pool::map(modules, check);
        let needs: Vec<Need> = results
            .iter()
            .filter_map(|r| match r {
                Err(Error::Need(n)) => Some(n.clone()),
                _ => None,
            })
            .flatten()
            .collect();
        if needs.is_empty() {
            return results.into_iter().all(|r| r.unwrap_or(false));
        }
        // Errors will be seen when the graph is read.
        self.fetch_all(&needs).is_ok()
            && pool::map(modules, check)
                .into_iter()
                .all(|r| r.unwrap_or(false))
    }

    /// Requirements under another pruning (convertPruning).
    pub(super) fn convert_pruning(
        &self,
        rs: Arc<Requirements>,
        pruning: Pruning,
    ) -> Result<Arc<Requirements>, Error> {
        if rs.pruning == pruning {
            return Ok(rs);
        }
        if pruning == Pruning::Unpruned {
            let direct = rs.direct.clone();
            return self.check_unpruned_roots(&rs, &direct, &[]);
        }
        // In a pruned graph, what an unpruned one includes must be roots.
        let (graph, error) = rs.graph(self);
        if let Some(e) = error {
            return Err(e.clone());
        }
        let roots = graph.build_list()[self.mains.list.len()..].to_vec();
        Ok(Arc::new(Requirements::new(
            Pruning::Pruned,
            roots,
            rs.direct.clone(),
        )))
    }

    /// go.mod would have to change: in `-mod=mod` the stock command changes it, else it is an
    /// error.
    pub(super) fn edit_or_dirty(&self) -> Error {
        if self.is_mod() {
            Error::Edit
        } else {
            self.go_mod_dirty()
        }
    }
}
