//! Makes plans: which actions a package needs, in which order, with which object directories.
//!
//! Answers to `Builder`'s planning methods in cmd/go/internal/work/action.go. The order in which
//! dependencies are listed and object directories numbered shows in -x and -debug-actiongraph, and
//! is the stock command's.

use std::collections::HashMap;

use crate::config::Config;
use crate::package::{PackageGraph, PackageId};
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

/// Why no plan could be made; the message as the stock command prints it (base.Fatalf).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError(pub String);

/// Loads packages that only planning asks for: linker dependencies of shared libraries.
pub trait LoadMore {
    /// load.LoadPackageWithFlags.
    fn load(&mut self, graph: &mut PackageGraph, import_path: &str) -> PackageId;
    /// load.LinkerDeps of no package in particular: import paths.
    fn linker_deps(&mut self) -> Result<Vec<String>, String>;
    /// The packages that a shared library was built from (`readpkglist`), from its ELF note.
    fn shared_library_packages(&mut self, file: &str) -> Result<Vec<String>, String>;
}

/// Makes a [`Plan`].
pub struct PlanBuilder<'a> {
    /// The settings.
    pub config: &'a Config,
    /// The packages.
    pub graph: &'a mut PackageGraph,
    loader: &'a mut dyn LoadMore,
    work_dir: String,
    nodes: Vec<Node>,
    cache: HashMap<(String, Option<PackageId>), NodeId>,
    objdirs: u32,
}

impl<'a> PlanBuilder<'a> {
    /// Starts a plan whose object directories are in `work_dir` (no final slash; `$WORK` under -n).
    pub fn new(
        config: &'a Config,
        graph: &'a mut PackageGraph,
        loader: &'a mut dyn LoadMore,
        work_dir: &str,
    ) -> Self {
        PlanBuilder {
            config,
            graph,
            loader,
            work_dir: work_dir.to_owned(),
            nodes: Vec::new(),
            cache: HashMap::new(),
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

    /// The node made earlier for this mode and package, or the one that `make` makes.
    pub fn cached(
        &mut self,
        mode: &str,
        package: Option<PackageId>,
        make: impl FnOnce(&mut Self) -> NodeId,
    ) -> NodeId {
        let key = (mode.to_owned(), package);
        if let Some(&id) = self.cache.get(&key) {
            return id;
        }
        let id = make(self);
        self.cache.insert(key, id);
        id
    }

    /// A node made earlier.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// A node made earlier, to change.
    pub fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.index()]
    }

    /// The right action for building or installing a package: link a command, compile a library.
    pub fn auto_action(&mut self, mode: BuildMode, dep_mode: BuildMode, p: PackageId) -> NodeId {
        let _ = (mode, dep_mode, p);
        todo!()
    }

    /// Compiles (and installs, according to `mode`) a package.
    pub fn compile_action(&mut self, mode: BuildMode, dep_mode: BuildMode, p: PackageId) -> NodeId {
        let _ = (mode, dep_mode, p);
        todo!()
    }

    /// Links (and installs, according to `mode`) a command.
    pub fn link_action(&mut self, mode: BuildMode, dep_mode: BuildMode, p: PackageId) -> NodeId {
        let _ = (mode, dep_mode, p);
        todo!()
    }

    /// Vets a package.
    pub fn vet_action(
        &mut self,
        mode: BuildMode,
        dep_mode: BuildMode,
        need_fix: bool,
        p: PackageId,
    ) -> NodeId {
        let _ = (mode, dep_mode, need_fix, p);
        todo!()
    }

    /// Turns `group`, the builds of `packages`, into the build of a shared library
    /// (-buildmode=shared). `args` are the command line's patterns.
    pub fn buildmode_shared(
        &mut self,
        mode: BuildMode,
        dep_mode: BuildMode,
        args: &[String],
        packages: &[PackageId],
        group: NodeId,
    ) -> Result<NodeId, PlanError> {
        let _ = (mode, dep_mode, args, packages, group, &mut self.loader);
        todo!()
    }

    /// The finished plan.
    pub fn finish(self, root: NodeId) -> Plan {
        let _ = root;
        todo!()
    }
}
