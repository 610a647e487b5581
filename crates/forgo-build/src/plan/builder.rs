//! Makes plans: which actions a package needs, in which order, with which object directories.
//!
//! Answers to `Builder` in cmd/go/internal/work/action.go, and `actionList` in work/exec.go. The
//! order in which dependencies are listed and object directories numbered shows in -x and
//! -debug-actiongraph, and is the stock command's.

use std::collections::HashMap;

use forgo_load::config::Config;
use forgo_load::package::{Package, PackageGraph, PackageId};

use crate::plan::mode::Mode;
use crate::plan::node::{Node, NodeId, Plan};

/// What to do with a built package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildMode {
    /// Leave it in the work directory and the cache.
    Build,
    /// Install it.
    Install,
    /// Install it as -linkshared does, without advertising it.
    BuggyInstall,
}

impl BuildMode {
    pub(super) fn is_install(self) -> bool {
        self != BuildMode::Build
    }
}

/// Why no plan could be made: what the stock command prints before it exits (base.Fatal).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError(pub String);

impl std::fmt::Display for PlanError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PlanError {}

/// Where the planner has its packages from: [`forgo_load::load::Loader`], or a graph as it stands.
pub trait Packages {
    /// Returns the loaded packages.
    fn graph(&self) -> &PackageGraph;

    /// Returns the loaded packages, to change install targets.
    fn graph_mut(&mut self) -> &mut PackageGraph;

    /// A package that only the plan asks for (load.LoadPackageWithFlags from the current
    /// directory).
    fn load(&mut self, import_path: &str) -> Result<PackageId, PlanError>;

    /// What every link needs (load.LinkerDeps of no package in particular).
    fn linker_deps(&mut self) -> Result<Vec<String>, PlanError>;

    /// The import paths of what a shared library was built from, as its ELF note tells
    /// (`readpkglist`).
    fn shared_library_packages(&mut self, file: &str) -> Result<Vec<String>, PlanError>;
}

/// What a node that is made once in a plan is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Step {
    mode: Mode,
    package: Option<PackageId>,
    /// The file or library that it is about, if it is about one.
    name: String,
}

impl Step {
    /// An action on a file or library, of a package or not.
    pub fn on(mode: Mode, package: Option<PackageId>, name: &str) -> Step {
        let name = name.to_owned();
        Step {
            mode,
            package,
            name,
        }
    }
}

impl From<(Mode, PackageId)> for Step {
    fn from((mode, package): (Mode, PackageId)) -> Step {
        Step {
            mode,
            package: Some(package),
            name: String::new(),
        }
    }
}

/// Makes a [`Plan`].
pub struct PlanBuilder<'a, P: Packages> {
    /// The settings.
    pub config: &'a Config,
    /// The packages.
    pub packages: &'a mut P,
    work_dir: String,
    nodes: Vec<Node>,
    made: HashMap<Step, NodeId>,
    objdirs: u32,
}

impl<'a, P: Packages> PlanBuilder<'a, P> {
    /// Starts a plan whose object directories are in `work_dir` (no final slash; `$WORK` under -n).
    pub fn new(config: &'a Config, packages: &'a mut P, work_dir: &str) -> Self {
        PlanBuilder {
            config,
            packages,
            work_dir: work_dir.to_owned(),
            nodes: Vec::new(),
            made: HashMap::new(),
            objdirs: 0,
        }
    }

    /// A fresh object directory: `$WORK/b001/`.
    pub fn new_objdir(&mut self) -> String {
        self.objdirs += 1;
        format!("{}/b{:03}/", self.work_dir, self.objdirs)
    }

    /// Adds a node.
    pub fn add(&mut self, node: Node) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).expect("fewer than 2^32 actions"));
        self.nodes.push(node);
        id
    }

    /// The node made earlier for this, or the one that `make` makes.
    pub(super) fn cached(
        &mut self,
        step: impl Into<Step>,
        make: impl FnOnce(&mut Self) -> NodeId,
    ) -> NodeId {
        let step = step.into();
        self.made.get(&step).copied().unwrap_or_else(|| {
            let id = make(self);
            self.made.insert(step, id);
            id
        })
    }

    /// The node made earlier for this.
    pub(super) fn lookup(&self, step: impl Into<Step>) -> Option<NodeId> {
        self.made.get(&step.into()).copied()
    }

    /// Makes `id` the answer to [`PlanBuilder::lookup`].
    pub(super) fn remember(&mut self, step: impl Into<Step>, id: NodeId) {
        self.made.insert(step.into(), id);
    }

    /// A node made earlier.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// A node made earlier, to change.
    pub fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.index()]
    }

    /// A package.
    pub fn package(&self, id: PackageId) -> &Package {
        &self.packages.graph()[id]
    }

    /// The right action for building or installing a package: link a command, compile a library
    /// (`AutoAction`).
    pub fn auto_action(
        &mut self,
        mode: BuildMode,
        dep_mode: BuildMode,
        p: PackageId,
    ) -> Result<NodeId, PlanError> {
        if self.package(p).name == "main" {
            self.link_action(mode, dep_mode, p)
        } else {
            Ok(self.compile_action(mode, dep_mode, p))
        }
    }

    /// The finished plan.
    pub fn finish(self, root: NodeId) -> Plan {
        Plan::new(self.nodes, root, self.work_dir)
    }
}
