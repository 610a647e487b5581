//! What actions do. One file a kind: its `Inputs`, its key, its work.
//!
//! Every action gets an [`ActionCx`]: the settings, the packages, the plan, the outcomes of the
//! nodes before it, a [shell](crate::shell::Shell). It gives an [`Outcome`], which never changes
//! afterwards and is read without locks by the nodes after it.

mod assemble;
pub mod cgo;
pub mod cgo_compile;
pub mod cgo_link;
pub mod check_cache;
pub mod compile;
pub mod compile_inputs;
pub mod cover;
pub mod cover_data;
mod cx;
pub mod facts;
#[cfg(test)]
mod golden;
mod idle;
pub mod install;
pub mod link;
pub mod link_inputs;
pub mod link_shared;
pub mod objdir_cache;
pub mod pgo;
pub mod run_test;
pub mod swig;
mod test_cache;
mod test_contents;
mod test_early;
mod test_files;
mod test_inputs;
mod test_output;
mod test_powers;
mod test_process;
mod test_source;
mod test_surroundings;
mod test_times;
pub mod vet;
pub mod vet_config;
pub mod vet_output;

use std::any::Any;
use std::sync::Arc;

use forgo_cache::ActionId;

use crate::plan::{Kind, NodeId};
use crate::shell::CommandTimes;
use crate::verdict::{Verdict, Way};

pub use cx::{ActionCx, RunCx};
pub use facts::Facts;
pub use idle::is_idle;

/// Mode of the node that lists the coverage meta-data of all packages that -coverpkg chose.
pub const COVER_META: &str = "write coverage meta-data file";

/// Does what a node is for.
pub fn act(cx: &ActionCx<'_>) -> Result<Outcome, ActionError> {
    match &cx.node().kind {
        Kind::Nothing => Ok(Outcome::default()),
        Kind::CheckCache {
            build,
            cov_meta_file,
        } => check_cache::run(cx, *build, cov_meta_file.as_deref()),
        Kind::Build => compile::run(cx),
        Kind::Cover {
            build,
            cov_meta_file,
        } => cover::run(cx, *build, cov_meta_file.as_deref()),
        Kind::CgoRun => cgo::run(cx),
        Kind::CgoCompile { file, compiler } => cgo_compile::run(cx, file, *compiler),
        Kind::CgoCollect { run } => cgo::collect(cx, *run),
        Kind::PreprocessPgo { input } => pgo::run(cx, input),
        Kind::Link => link::run(cx),
        Kind::LinkShared => link_shared::run(cx),
        Kind::Install => install::run(cx),
        Kind::InstallHeader => install::install_header(cx),
        Kind::InstallShlibname => install::install_shlibname(cx),
        Kind::Vet => vet::run(cx),
        Kind::Actor(actor) => actor.act(cx),
    }
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
    /// Directories that were made (and shown, under -x) while planning.
    pub made_dirs: Vec<String>,
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
    /// What becomes of its standard output.
    pub output: vet_output::VetOutput,
}

/// What became of an action.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Hash of the action's inputs, where it has one.
    pub action_id: Option<ActionId>,
    /// `actionID/contentID` of what was built, or empty.
    pub build_id: String,
    /// `build_id` is a file's; else only what one would be made with. The graph tells final ones.
    pub id_is_final: bool,
    /// What was built.
    pub built: Artifact,
    /// What the nodes after it want to know.
    pub provider: Provider,
    /// Of a build: vet's configuration.
    pub vet: Option<Arc<vet_config::VetConfig>>,
    /// How it ended. Reporters get it; nodes after this one find the default.
    pub verdict: Verdict,
    /// Its key where `action_id`, which the action graph shows, is none: of a vet, a test.
    pub reported_key: Option<ActionId>,
    /// Of a test: the key of what it read.
    pub inputs_key: Option<ActionId>,
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

impl Outcome {
    /// Of a part of something that was reused.
    pub fn not_needed() -> Outcome {
        Outcome {
            verdict: Verdict::Reused(Way::NotNeeded),
            ..Outcome::default()
        }
    }

    /// The first part of the build ID (BuildActionID); empty without one.
    pub fn build_action_id(&self) -> &str {
        self.build_id.split('/').next().unwrap_or_default()
    }
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
    CheckCache(Box<check_cache::CacheCheck>),
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
