//! The requirements of the main modules: the roots of the module graph, how much of the graph
//! counts, which modules are used directly. Answers to Requirements, requirementsFromModFiles,
//! initVendor and convertPruning in cmd/go/internal/modload.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use forgo_golang::gover;
use forgo_golang::modfile::File;
use forgo_golang::module::Version;

use super::api::{Fatal, Modules};
use super::errors::Error;
use super::graph::ModuleGraph;
use super::mains::{Main, MainModules};
use super::vendor::Vendor;

/// How much of the module graph counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Pruning {
    /// What the main module requires, and what those modules require.
    Pruned,
    /// Everything (go.mod files before go 1.17).
    Unpruned,
    /// A workspace's: as pruned, from all its modules.
    Workspace,
}

impl Pruning {
    /// By the go version of the go.mod.
    pub fn for_go_version(v: &str) -> Pruning {
        if gover::compare(v, gover::EXPLICIT_INDIRECT) == Ordering::Less {
            Pruning::Unpruned
        } else {
            Pruning::Pruned
        }
    }
}

/// A graph and the first error of reading it.
pub(super) type GraphResult = (ModuleGraph, Option<Error>);

/// Root requirements; never changed once made. The graph is read when first asked for.
#[derive(Debug)]
pub(super) struct Requirements {
    pub pruning: Pruning,
    /// Sorted; may hold several versions of a path. Always has `go`.
    pub roots: Vec<Version>,
    max: HashMap<String, String>,
    /// Paths of modules that provide packages imported by the main modules.
    pub direct: HashSet<String>,
    graph: OnceLock<Arc<GraphResult>>,
}

impl Requirements {
    /// Requirements from sorted roots.
    pub fn new(pruning: Pruning, roots: Vec<Version>, direct: HashSet<String>) -> Requirements {
        let mut max: HashMap<String, String> = HashMap::with_capacity(roots.len());
        for m in &roots {
            // Sorted: a later version of a path is higher.
            max.insert(m.path.clone(), m.version.clone());
        }
        Requirements {
            pruning,
            roots,
            max,
            direct,
            graph: OnceLock::new(),
        }
    }

    /// The highest version among the roots (rootSelected); a main module has the empty one.
    pub fn root_selected<'r>(&'r self, mains: &MainModules, path: &str) -> Option<&'r str> {
        if mains.contains(path) {
            return Some("");
        }
        self.max.get(path).map(String::as_str)
    }

    /// The go version in force.
    pub fn go_version(&self) -> &str {
        self.max.get("go").map_or("", String::as_str)
    }

    /// Reports whether a path is twice among the roots, or a main module.
    pub fn has_redundant_root(&self, mains: &MainModules) -> bool {
        self.roots
            .iter()
            .enumerate()
            .any(|(i, m)| mains.contains(&m.path) || i > 0 && m.path == self.roots[i - 1].path)
    }

    /// The graph, read if it was not.
    pub fn graph(&self, modules: &Modules<'_>) -> &GraphResult {
        self.graph
            .get_or_init(|| Arc::new(modules.read_graph(self.pruning, &self.roots)))
    }

    /// The graph, if it was read.
    pub fn graph_if_read(&self) -> Option<&GraphResult> {
        self.graph.get().map(AsRef::as_ref)
    }

    /// The same roots and graph with other direct modules.
    pub fn with_direct(&self, direct: HashSet<String>) -> Requirements {
        let new = Requirements::new(self.pruning, self.roots.clone(), direct);
        if let Some(g) = self.graph.get() {
            let _ = new.graph.set(g.clone());
        }
        new
    }
}

impl Modules<'_> {
    /// Requirements as the go.mod files and go.work state them (requirementsFromModFiles).
    pub(super) fn requirements_from_files(&self) -> Requirements {
        let (pruning, mut roots, direct);
        if let Some(work) = &self.mains.work {
            pruning = Pruning::Workspace;
            roots = self.mains.versions();
            let toolchain = work.toolchain.as_ref().map_or("", |t| t.name.as_str());
            add_go_and_toolchain(&mut roots, work.go_version(), toolchain);
            direct = self
                .mains
                .list
                .iter()
                .filter_map(|m| m.file.as_ref())
                .flat_map(|f| &f.require)
                .filter(|r| !r.indirect)
                .map(|r| r.module.path.clone())
                .collect();
        } else {
            pruning = Pruning::for_go_version(&self.go_version());
            (roots, direct) = match self.mains.list.first() {
                Some(main) => self.roots_from_file(main, true),
                None => Default::default(),
            };
        }
        gover::mod_sort(&mut roots);
        Requirements::new(pruning, roots, direct)
    }

    /// The roots that one go.mod states, and which are direct (rootsFromModFile).
    pub(super) fn roots_from_file(
        &self,
        main: &Main,
        with_toolchain: bool,
    ) -> (Vec<Version>, HashSet<String>) {
        let empty = File::default();
        let file = main.file.as_ref().unwrap_or(&empty);
        let mut roots = Vec::with_capacity(file.require.len() + 2);
        let mut direct = HashSet::from(["go".to_string()]);
        for r in &file.require {
            let m = &r.module;
            if main.index.as_ref().is_some_and(|i| i.exclude.contains(m)) {
                let verb = if self.is_mod() {
                    "dropping"
                } else {
                    "ignoring"
                };
                self.say(format!(
                    "go: {verb} requirement on excluded version {} {}\n",
                    m.path, m.version
                ));
                continue;
            }
            roots.push(m.clone());
            if !r.indirect {
                direct.insert(m.path.clone());
            }
        }
        let toolchain = file
            .toolchain
            .as_ref()
            .filter(|_| with_toolchain)
            .map_or("", |t| t.name.as_str());
        add_go_and_toolchain(&mut roots, file.go_version(), toolchain);
        (roots, direct)
    }

    /// With `-mod=vendor`, what vendor/modules.txt lists is the whole graph (initVendor).
    pub(super) fn init_vendor(&self, rs: &Requirements, vendor: &Vendor) -> Result<(), Error> {
        let in_workspace = self.in_workspace();
        let mut g = ModuleGraph::new(if in_workspace {
            rs.roots.clone()
        } else {
            self.mains.versions()
        });
        let main = self.mains.list.first();
        if rs.pruning == Pruning::Pruned {
            let mut errors: Vec<Error> = vendor
                .txt
                .modules
                .iter()
                .filter(|m| rs.root_selected(&self.mains, &m.path) != Some(&*m.version))
                .map(|m| {
                    Error::text(format!(
                        "vendored module {m} should be required explicitly in go.mod"
                    ))
                })
                .collect();
            if !errors.is_empty() {
                errors.push(self.go_mod_dirty());
                return Err(Fatal::of_all(errors).into());
            }
            if let Some(main) = main {
                g.require(main.version(), rs.roots.clone());
            }
        } else {
            // How the main module leads to all that is vendored is not known: a made-up module
            // between them requires it all.
            let between = Version::new("vendor/modules.txt", "");
            for main in &self.mains.list {
                let mut reqs = if in_workspace {
                    self.roots_from_file(main, false).0
                } else {
                    rs.roots.clone()
                };
                reqs.push(between.clone());
                g.require(main.version(), reqs);
            }
            g.require(between, vendor.txt.modules.clone());
        }
        let _ = rs.graph.set(Arc::new((g, None)));
        Ok(())
    }
}

fn add_go_and_toolchain(roots: &mut Vec<Version>, go: &str, toolchain: &str) {
    roots.push(Version::new("go", go));
    if !toolchain.is_empty() {
        roots.push(Version::new("toolchain", toolchain));
    }
}
