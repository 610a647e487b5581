//! The nodes of a plan: the work to be done, the package it is for, and the nodes it comes after.
//! Static: nothing here changes once planning is over; the results of a run are in
//! `action::Outcome`.
//!
//! Answers to `Action` in cmd/go/internal/work/action.go.

use std::borrow::Cow;

use forgo_load::package::PackageId;

use crate::plan::mode::Mode;

/// Identifies a node within its [`Plan`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

impl NodeId {
    /// As an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A graph of actions, ready to run.
#[derive(Debug)]
pub struct Plan {
    /// Every node ever made, in order of creation. Some may not be reachable from the root.
    pub nodes: Vec<Node>,
    /// What the command is after.
    pub root: NodeId,
    /// Where object directories are: `$WORK` under -n, else a real directory, without a final
    /// slash.
    pub work_dir: String,
    /// The nodes reachable from `root` in depth-first post-order. The place in it is the node's
    /// priority.
    pub order: Vec<NodeId>,
    /// For each node, those that depend on it, in `order`'s order; a node that lists a dependency
    /// twice is there twice.
    pub triggers: Vec<Vec<NodeId>>,
}

impl std::ops::Index<NodeId> for Plan {
    type Output = Node;
    fn index(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }
}

/// One action.
#[derive(Debug, Clone)]
pub struct Node {
    /// What kind of action it is to the stock command.
    pub mode: Mode,
    /// The work of the node.
    pub kind: Kind,
    /// The package it works on.
    pub package: Option<PackageId>,
    /// The nodes that must be done before.
    pub deps: Vec<NodeId>,
    /// Act even when a dependency failed.
    pub ignore_fail: bool,
    /// Directory for intermediate files, ending in a slash; or empty.
    pub objdir: String,
    /// The package or executable to be made; or empty.
    pub target: String,
    /// What -debug-actiongraph shows as `Built` (the action's `built` before it runs).
    pub planned_built: String,
    /// Further arguments: of the program that `go run` runs.
    pub args: Vec<String>,
    /// Of a build: an archive is needed (not only what vet needs).
    pub need_build: bool,
    /// Of a build: vet's configuration is needed.
    pub need_vet: bool,
    /// Of a vet: only facts for importers are wanted.
    pub vetx_only: bool,
    /// Of a vet: an archive of fixes is wanted.
    pub need_fix: bool,
    /// Of a link: keep the executable in the cache.
    pub cache_executable: bool,
    /// Of an install: brought about by -linkshared; the object directory stays.
    pub buggy_install: bool,
}

impl Node {
    /// A node that does nothing but hold `deps` together.
    pub fn group(mode: Mode, deps: Vec<NodeId>) -> Node {
        Node {
            mode,
            kind: Kind::Nothing,
            package: None,
            deps,
            ignore_fail: false,
            objdir: String::new(),
            target: String::new(),
            planned_built: String::new(),
            args: Vec::new(),
            need_build: false,
            need_vet: false,
            vetx_only: false,
            need_fix: false,
            cache_executable: false,
            buggy_install: false,
        }
    }

    /// The mode as the stock command writes it, which names the file of a `cgo compile`.
    pub fn mode_text(&self) -> Cow<'static, str> {
        match &self.kind {
            Kind::CgoCompile { file, .. } => format!("{} {file}", self.mode).into(),
            _ => self.mode.as_str().into(),
        }
    }
}

/// What an action does, with its static inputs.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Nothing: groups, built-in packages.
    Nothing,
    /// Find out what of a package's build is in the cache.
    CheckCache {
        /// The build it is for. May be the install that took its place: see
        /// [`Plan::build_of`].
        build: NodeId,
        /// Name of the coverage meta-data file, when wanted.
        cov_meta_file: Option<String>,
    },
    /// Compile a package.
    Build,
    /// Instrument sources for coverage.
    Cover {
        /// See `CheckCache::build`.
        build: NodeId,
        /// See `CheckCache::cov_meta_file`.
        cov_meta_file: Option<String>,
    },
    /// Run SWIG and cgo.
    CgoRun,
    /// Compile one C, C++, Fortran, Objective-C or assembly file of a cgo package.
    CgoCompile {
        /// The file, absolute or relative to the package.
        file: String,
        /// Its compiler.
        compiler: CgoCompiler,
    },
    /// Hand on what `CgoRun` gave.
    CgoCollect {
        /// That node.
        run: NodeId,
    },
    /// Convert a PGO profile.
    PreprocessPgo {
        /// The profile.
        input: String,
    },
    /// Link an executable.
    Link,
    /// Link a shared library (-buildmode=shared).
    LinkShared,
    /// Move what `deps[0]` built to its place.
    Install,
    /// Install the header that cgo made (c-archive, c-shared).
    InstallHeader,
    /// Write a package's `.shlibname` file.
    InstallShlibname,
    /// Vet a package.
    Vet,
    /// A step of testing a package.
    Test(TestStep),
    /// Work that the command adds, such as running a program. The plan does not know the actor.
    Command,
}

/// The steps of testing packages, beside building and vetting them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestStep {
    /// Run the test, or take its cached result.
    Run {
        /// The node that lists coverage meta-data of all packages; its object directory has the
        /// list.
        cover_meta: Option<NodeId>,
    },
    /// Remove what the test left.
    Clean,
    /// Show what the test printed.
    Print {
        /// Its `Run`.
        run: NodeId,
    },
    /// List the coverage meta-data of the node's dependencies.
    CoverMeta,
}

/// The compiler of a [`Kind::CgoCompile`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CgoCompiler {
    /// gcc, for C and Objective-C.
    C,
    /// gcc, for assembly: refuses Go assembly.
    Assembly,
    /// g++.
    Cxx,
    /// gfortran.
    Fortran,
}

impl Plan {
    /// The plan to do `root`.
    pub fn new(nodes: Vec<Node>, root: NodeId, work_dir: String) -> Plan {
        let order = post_order(&nodes, root);
        let mut triggers = vec![Vec::new(); nodes.len()];
        for &id in &order {
            for dep in &nodes[id.index()].deps {
                triggers[dep.index()].push(id);
            }
        }
        Plan {
            nodes,
            root,
            work_dir,
            order,
            triggers,
        }
    }

    /// The build node behind `id`, which an install may have taken the place of.
    pub fn build_of(&self, id: NodeId) -> NodeId {
        let node = &self[id];
        if node.mode == Mode::BuildInstall {
            node.deps[0]
        } else {
            id
        }
    }
}

/// The nodes reachable from `root`, depth first, each after its dependencies (`actionList`).
/// Without recursion: test barriers make chains as long as the list of packages.
fn post_order(nodes: &[Node], root: NodeId) -> Vec<NodeId> {
    let mut seen = vec![false; nodes.len()];
    let mut order = Vec::new();
    let mut stack = vec![(root, 0)];
    seen[root.index()] = true;
    while let Some((id, next)) = stack.last_mut() {
        let Some(&dep) = nodes[id.index()].deps.get(*next) else {
            order.push(*id);
            stack.pop();
            continue;
        };
        *next += 1;
        if !std::mem::replace(&mut seen[dep.index()], true) {
            stack.push((dep, 0));
        }
    }
    order
}
