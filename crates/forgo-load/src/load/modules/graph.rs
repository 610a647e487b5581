//! The graph of module requirements and the versions that minimal version selection picks from it.
//! Answers to cmd/go/internal/mvs/graph.go and readModGraph in
//! cmd/go/internal/modload/buildlist.go.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, OnceLock};

use forgo_golang::gover;
use forgo_golang::module::Version;

use super::api::Modules;
use super::errors::{Error, Need};
use super::pool;
use super::requirements::Pruning;
use super::summary::Summary;

/// The version that stands for "not in the graph".
pub(super) const NONE: &str = "none";

/// Requirements of modules, and the versions that they select. Always usable; after an error it may
/// be incomplete.
#[derive(Debug, Default)]
pub(super) struct ModuleGraph {
    roots: Vec<Version>,
    /// Requirements of each module whose go.mod was read.
    required: HashMap<Version, Vec<Version>>,
    selected: HashMap<String, String>,
    /// go.mod files that could not be read.
    errors: HashMap<Version, Error>,
    build_list: OnceLock<Vec<Version>>,
}

/// Compares as version selection does: a main module's empty version is above all others
/// (cmpVersion).
pub(super) fn compare(path: &str, a: &str, b: &str) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => gover::mod_compare(path, a, b),
    }
}

impl ModuleGraph {
    /// A graph of roots alone.
    pub fn new(roots: Vec<Version>) -> ModuleGraph {
        let mut g = ModuleGraph::default();
        for m in &roots {
            g.select(m);
        }
        g.roots = roots;
        g
    }

    fn select(&mut self, m: &Version) {
        // NONE is below all versions, and selecting it means not to select.
        if m.version == NONE {
            return;
        }
        match self.selected.get_mut(&m.path) {
            None => {
                self.selected.insert(m.path.clone(), m.version.clone());
            }
            Some(v) if compare(&m.path, v, &m.version) == Ordering::Less => {
                v.clone_from(&m.version);
            }
            Some(_) => {}
        }
    }

    /// Adds the requirements of `m`.
    pub fn require(&mut self, m: Version, required: Vec<Version>) {
        for r in &required {
            self.select(r);
        }
        self.required.insert(m, required);
    }

    /// The requirements of `m`, unless they are pruned out.
    pub fn required_by(&self, m: &Version) -> Option<&[Version]> {
        self.required.get(m).map(Vec::as_slice)
    }

    /// The version selected of a path; [`NONE`] where none is.
    pub fn selected(&self, path: &str) -> &str {
        self.selected.get(path).map_or(NONE, String::as_str)
    }

    /// All modules at their selected versions: the roots' paths in order, then the others sorted.
    pub fn build_list(&self) -> &[Version] {
        self.build_list.get_or_init(|| {
            let mut seen = HashSet::new();
            let mut list: Vec<Version> = Vec::with_capacity(self.selected.len());
            for r in &self.roots {
                let v = self.selected(&r.path);
                if seen.insert(r.path.as_str()) && v != NONE {
                    list.push(Version::new(&*r.path, v));
                }
            }
            let mut rest: Vec<Version> = self
                .selected
                .iter()
                .filter(|(path, _)| !seen.contains(path.as_str()))
                .map(|(path, v)| Version::new(&**path, &**v))
                .collect();
            rest.sort_unstable_by(|a, b| a.path.cmp(&b.path));
            list.append(&mut rest);
            list
        })
    }

    /// Calls `f` once for each module version in the graph, selected or not, breadth first.
    pub fn walk(&self, mut f: impl FnMut(&Version)) {
        self.find_path(|m| {
            f(m);
            false
        });
    }

    /// A shortest chain of requirements from a root to a module that `f` accepts.
    pub fn find_path(&self, mut f: impl FnMut(&Version) -> bool) -> Option<Vec<Version>> {
        let mut first: HashMap<&Version, Option<&Version>> = HashMap::new();
        let mut queue: VecDeque<&Version> = VecDeque::new();
        for m in &self.roots {
            if m.version != NONE && first.insert(m, None).is_none() {
                queue.push_back(m);
            }
        }
        while let Some(m) = queue.pop_front() {
            if f(m) {
                let mut path = vec![m.clone()];
                let mut at = m;
                while let Some(Some(by)) = first.get(at) {
                    path.push((*by).clone());
                    at = by;
                }
                path.reverse();
                return Some(path);
            }
            for r in self.required.get(m).into_iter().flatten() {
                if r.version != NONE && !first.contains_key(r) {
                    first.insert(r, Some(m));
                    queue.push_back(r);
                }
            }
        }
        None
    }

    /// Of the go.mod files that could not be read, the one nearest to the main module.
    fn find_error(&self) -> Option<Error> {
        let path = self.find_path(|m| self.errors.contains_key(m))?;
        let err = self.errors.get(path.last()?)?.clone();
        Some(Error::BuildList(path, Box::new(err)))
    }
}

/// Reads a graph, go.mod by go.mod.
struct Reader<'m, 'a> {
    modules: &'m Modules<'a>,
    graph: ModuleGraph,
    summaries: HashMap<Version, Option<Arc<Summary>>>,
    queued: HashSet<(Version, Pruning)>,
    queue: Vec<(Version, Pruning)>,
    /// Fetching ended with an error that ends all.
    fatal: Option<Error>,
}

impl Modules<'_> {
    /// Reads the graph from the given roots (readModGraph). The error, if any, is the graph's
    /// first.
    pub(super) fn read_graph(
        &self,
        pruning: Pruning,
        roots: &[Version],
    ) -> (ModuleGraph, Option<Error>) {
        let graph_roots = if pruning == Pruning::Workspace {
            roots.to_vec()
        } else {
            self.mains.versions()
        };
        let mut reader = Reader {
            modules: self,
            graph: ModuleGraph::new(graph_roots),
            summaries: HashMap::new(),
            queued: HashSet::new(),
            queue: Vec::new(),
            fatal: None,
        };
        if pruning != Pruning::Workspace
            && let Some(main) = self.mains.list.first()
        {
            reader.graph.require(main.version(), roots.to_vec());
        }
        for m in roots {
            reader.enqueue(m, pruning);
        }
        reader.drain();
        if pruning == Pruning::Workspace {
            reader.load_upgraded(roots);
        }
        let Reader { graph, fatal, .. } = reader;
        let error = fatal.or_else(|| graph.find_error().map(|e| self.explain(e)));
        (graph, error)
    }
}

impl Reader<'_, '_> {
    fn enqueue(&mut self, m: &Version, pruning: Pruning) {
        if m.version == NONE {
            return;
        }
        let key = (m.clone(), pruning);
        if self.queued.insert(key.clone()) {
            self.queue.push(key);
        }
    }

    /// Loads all that is queued and what that leads to, a layer at a time, each in parallel.
    fn drain(&mut self) {
        while !self.queue.is_empty() && self.fatal.is_none() {
            let layer = std::mem::take(&mut self.queue);
            self.load(&layer);
            for (m, pruning) in layer {
                let Some(Some(summary)) = self.summaries.get(&m).cloned() else {
                    continue;
                };
                if pruning == Pruning::Pruned && summary.pruning != Pruning::Unpruned {
                    continue;
                }
                let next = if pruning == Pruning::Unpruned {
                    Pruning::Unpruned
                } else {
                    summary.pruning
                };
                for r in &summary.require {
                    self.enqueue(r, next);
                }
            }
        }
    }

    fn load(&mut self, layer: &[(Version, Pruning)]) {
        let mut todo: Vec<&Version> = Vec::new();
        for (m, _) in layer {
            if !self.summaries.contains_key(m) && !todo.contains(&m) {
                todo.push(m);
            }
        }
        let mut tried = false;
        while !todo.is_empty() {
            let modules = self.modules;
            let results = pool::map(&todo, |m| modules.summary(m));
            let mut needs: Vec<Need> = Vec::new();
            let mut again = Vec::new();
            for (m, result) in todo.into_iter().zip(results) {
                match result {
                    Ok(s) => {
                        self.graph.require(m.clone(), s.require.clone());
                        self.summaries.insert(m.clone(), Some(s));
                    }
                    Err(Error::Need(n)) if !tried => {
                        needs.extend(n);
                        again.push(m);
                    }
                    Err(e) => {
                        self.graph.errors.insert(m.clone(), e);
                        self.summaries.insert(m.clone(), None);
                    }
                }
            }
            todo = again;
            if !needs.is_empty() {
                self.fatal = modules.fetch_all(&needs).err();
                tried = true;
            }
        }
    }

    /// In a workspace, requirements of versions that a main module does not name but that are
    /// selected in their stead count too.
    fn load_upgraded(&mut self, roots: &[Version]) {
        let mut relevant: HashSet<String> = roots.iter().map(|m| m.path.clone()).collect();
        let mut seen: HashSet<Version> = HashSet::new();
        while self.fatal.is_none() {
            let mut wanted: HashSet<Version> = HashSet::new();
            for path in &relevant {
                let m = Version::new(&**path, self.graph.selected(path));
                if !seen.contains(&m) {
                    wanted.insert(m);
                    continue;
                }
                for r in self.graph.required_by(&m).unwrap_or_default() {
                    let selected = self.graph.selected(&r.path);
                    if gover::mod_compare(&r.path, selected, &r.version) == Ordering::Greater {
                        let s = Version::new(&*r.path, selected);
                        if !seen.contains(&s) {
                            wanted.insert(s);
                        }
                    }
                }
            }
            if wanted.is_empty() {
                return;
            }
            let mut wanted: Vec<Version> = wanted.into_iter().collect();
            wanted.sort_unstable();
            for m in wanted {
                self.enqueue(&m, Pruning::Workspace);
                relevant.insert(m.path.clone());
                seen.insert(m);
            }
            self.drain();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v(s: &str) -> Version {
        let (path, version) = s.split_once('@').unwrap_or((s, ""));
        Version::new(path, version)
    }

    fn graph() -> ModuleGraph {
        let mut g = ModuleGraph::new(vec![v("main")]);
        g.require(v("main"), vec![v("a@v1.0.0"), v("b@v1.1.0")]);
        g.require(v("a@v1.0.0"), vec![v("b@v1.2.0"), v("c@v0.1.0")]);
        g.require(v("b@v1.1.0"), vec![v("main@v9.0.0")]);
        g
    }

    #[test]
    fn highest_version_is_selected() {
        let g = graph();
        let list: Vec<String> = g
            .build_list()
            .iter()
            .map(|m| format!("{} {}", m.path, m.version))
            .collect();
        assert_eq!(list, ["main ", "a v1.0.0", "b v1.2.0", "c v0.1.0"]);
        assert_eq!(g.selected("x"), NONE);
    }

    #[test]
    fn error_tells_the_shortest_chain() {
        let mut g = graph();
        g.errors.insert(v("c@v0.1.0"), Error::text("boom"));
        let e = g.find_error().expect("an error");
        assert_eq!(e.to_string(), "a@v1.0.0 requires\n\tc@v0.1.0: boom");
    }
}
