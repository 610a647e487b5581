//! What actions do. One file a kind: its `Inputs`, its key, its work.
//!
//! Every action gets an [`ActionCx`]: the settings, the packages, the plan, the outcomes of the
//! nodes before it, a [`Shell`]. It gives an [`Outcome`], which never changes afterwards and is read
//! without locks by the nodes after it.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use forgo_cache::{ActionId, hash_to_string};

use crate::config::Config;
use crate::package::Package;
use crate::plan::{Node, NodeId};
use crate::run::Job;
use crate::shell::{CommandTimes, Shell};
use crate::toolchain::cc_probe::CompilerFacts;
use crate::toolchain::tool_id::ToolIds;

/// What an action is given.
pub struct ActionCx<'r> {
    /// What all actions of the run share.
    pub run: &'r RunCx<'r>,
    /// The node.
    pub id: NodeId,
    /// Commands and files, on the node's behalf.
    pub shell: Shell<'r>,
    /// The root cause of a failed dependency. Only nodes with `ignore_fail` act when there is one.
    pub failed: Option<NodeId>,
}

/// What all actions of a run share.
pub struct RunCx<'r> {
    /// The settings, packages, plan, cache, hashes, overlay.
    pub job: Job<'r>,
    /// Identities of the distribution's tools.
    pub tool_ids: ToolIds,
    /// What is known of the C compilers.
    pub c_compilers: CompilerFacts,
    /// What is known of SWIG.
    pub swig: swig::SwigFacts,
    /// Outcomes of the nodes that are done.
    pub outcomes: Vec<OnceLock<Outcome>>,
}

/// What a command wants of a run beyond building.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// For `go list`: nothing is linked or installed, facts of packages are collected.
    pub is_cmd_list: bool,
    /// Errors of packages are collected as facts (`NeedError`).
    pub need_error: bool,
    /// `go list -export`.
    pub need_export: bool,
    /// `go list -compiled`.
    pub need_compiled_go_files: bool,
    /// Errors of packages become facts and are not reported.
    pub allow_errors: bool,
    /// vet: the tool, its flags, whether they were given on the command line.
    pub vet: VetOptions,
}

/// How to vet (work.VetTool, VetFlags, VetExplicit).
#[derive(Debug, Clone, Default)]
pub struct VetOptions {
    /// The tool's path.
    pub tool: String,
    /// Its flags.
    pub flags: Vec<String>,
    /// Flags or tool were given on the command line.
    pub explicit: bool,
}

/// What became of an action.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Hash of the action's inputs, where it has one.
    pub action_id: Option<ActionId>,
    /// `actionID/contentID` of what was built, or empty.
    pub build_id: String,
    /// What was built.
    pub built: Artifact,
    /// What the nodes after it want to know.
    pub provider: Provider,
    /// Of a build: vet's configuration.
    pub vet: Option<Arc<vet_config::VetConfig>>,
    /// Its work was not needed: the result was known.
    pub reused: bool,
    /// Root cause, if it failed (`Action.Failed`).
    pub failed: Option<NodeId>,
    /// An action with `ignore_fail` succeeded in spite of a failed dependency, so that nodes after
    /// it are not failed either.
    pub forgive: bool,
    /// Of a link: the executable in the cache.
    pub cached_executable: String,
    /// The commands it ran.
    pub commands: CommandTimes,
}

/// Where a result is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Artifact {
    /// The action makes nothing.
    #[default]
    None,
    /// Made by this run, or found installed: a file.
    Built(String),
    /// In the cache: a file.
    Cached(String),
    /// Not needed, because what it would go into is known (`DO NOT USE …`).
    Elided,
}

impl Artifact {
    /// The file, if there is one.
    pub fn path(&self) -> Option<&str> {
        match self {
            Artifact::Built(p) | Artifact::Cached(p) => Some(p),
            Artifact::None | Artifact::Elided => None,
        }
    }
}

/// What an action tells the nodes after it (`Action.Provider`).
#[derive(Debug, Default)]
pub enum Provider {
    /// Nothing.
    #[default]
    None,
    /// Of `CheckCache`.
    CheckCache(check_cache::CacheCheck),
    /// Of `Cover`.
    Cover(cover::CoverOutputs),
    /// Of `CgoRun` and `CgoCollect`.
    Cgo(Arc<cgo::CgoOutputs>),
    /// Of an [`Actor`].
    Other(Box<dyn Any + Send + Sync>),
}

/// An action of a command's own: running a program, a test, printing results.
pub trait Actor: Send + Sync + std::fmt::Debug {
    /// Does it.
    fn act(&self, cx: &ActionCx<'_>) -> Result<Outcome, ActionError>;

    /// Of a `test run` node: is the result of running what `link` would make known? Asked while the
    /// link (`cx`) looks for a way to not link; `build_id` is what the executable would carry. What
    /// is found is for the actor to remember.
    fn try_cache(&self, cx: &ActionCx<'_>, run: NodeId, build_id: &str) -> bool {
        let _ = (cx, run, build_id);
        false
    }
}

/// Why an action failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionError {
    /// The message.
    pub text: String,
    /// The import path that the message already names (load.ImportPathError): it is not put before
    /// it again.
    pub import_path: Option<String>,
    /// The stock command would print the message alone and exit at once (base.Fatal).
    pub fatal: bool,
}

impl ActionError {
    /// A message that names no import path.
    pub fn new(text: impl Into<String>) -> Self {
        ActionError {
            text: text.into(),
            import_path: None,
            fatal: false,
        }
    }

    /// A message after which nothing more is done.
    pub fn fatal(text: impl Into<String>) -> Self {
        ActionError {
            fatal: true,
            ..ActionError::new(text)
        }
    }
}

impl std::fmt::Display for ActionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for ActionError {}

impl<'r> ActionCx<'r> {
    /// The settings.
    pub fn config(&self) -> &'r Config {
        self.run.job.config
    }

    /// The node.
    pub fn node(&self) -> &'r Node {
        &self.run.job.plan[self.id]
    }

    /// The node's package. Panics where it has none.
    pub fn package(&self) -> &'r Package {
        &self.run.job.graph[self.node().package.expect("the action has a package")]
    }

    /// The identity of a tool (`compile`, `cgo` …), as keys have it.
    pub fn tool_id(&self, name: &str) -> Result<String, ActionError> {
        self.run.tool_ids.get(self, name)
    }

    /// The content hash of a file, overlay applied; empty where it can't be read (`fileHash`).
    pub fn file_hash(&self, file: &str) -> String {
        let file = self.run.job.overlay.actual(file);
        self.run
            .job
            .hashes
            .file_hash(&file)
            .map_or_else(|_| String::new(), |sum| hash_to_string(&sum))
    }

    /// What became of a node that is done. Panics where it is not: a node may only ask for nodes
    /// that it depends on.
    pub fn outcome(&self, id: NodeId) -> &'r Outcome {
        self.run.outcomes[id.index()]
            .get()
            .expect("the node was done before this one")
    }
}

pub mod cgo;
pub mod cgo_compile;
pub mod cgo_link;
pub mod check_cache;
pub mod cover;
pub mod cover_data;
pub mod objdir_cache;
pub mod pgo;
pub mod swig;
pub mod vet;
pub mod vet_config;
