//! What a run is given: the packages, the plan, what the command wants of it.

use forgo_cache::{HashContext, Tiered};
use forgo_load::config::Config;
use forgo_load::event::Reporter;
use forgo_load::fsys::Overlay;
use forgo_load::package::PackageGraph;

use crate::action::actor::Actors;
use crate::plan::Plan;

/// All that a run works on.
#[derive(Clone, Copy)]
pub struct Job<'r> {
    /// The settings.
    pub config: &'r Config,
    /// The packages.
    pub graph: &'r PackageGraph,
    /// What to do.
    pub plan: &'r Plan,
    /// What the command wants beyond building.
    pub options: &'r RunOptions,
    /// The files as the build sees them.
    pub overlay: &'r Overlay,
    /// The build cache.
    pub cache: &'r Tiered,
    /// What all keys have in common, and the hashes of files.
    pub hashes: &'r HashContext,
    /// Receives the events of the run.
    pub reporter: &'r dyn Reporter,
    /// One message for each Ctrl-C.
    pub interrupt: &'r crossbeam_channel::Receiver<()>,
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
    /// The actors of nodes whose work the plan does not define: test runs, and actions that the
    /// command adds.
    pub actors: Actors,
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
    pub output: VetOutput,
}

impl VetOptions {
    /// Reports whether the tool is the distribution's vet.
    pub fn is_own_tool(&self, config: &Config) -> bool {
        self.tool.strip_prefix(&config.dist.tool_dir) == Some("/vet")
    }
}

/// The destination of vet's standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VetOutput {
    /// It becomes the command's.
    #[default]
    Copy,
    /// It becomes the command's; if there is any, the exit status is 1 (`-diff`).
    CopyAndFail,
    /// It is JSON: diagnostics go to standard error, and make the exit status 1.
    Diagnostics {
        /// `-c`: lines of the source to show around each, where given.
        context: Option<usize>,
    },
}

/// What a run finds out of a package, for `go list`.
#[derive(Debug, Clone, Default)]
pub struct PackageFacts {
    /// Would be built anew.
    pub stale: bool,
    /// Why.
    pub stale_reason: String,
    /// `-export`: file with export data.
    pub export: String,
    /// `-export`: its build ID.
    pub build_id: String,
    /// `-compiled`: sources presented to the compiler.
    pub compiled_go_files: Vec<String>,
    /// An error of building it.
    pub error: Option<String>,
    /// That error made the package incomplete.
    pub incomplete: bool,
}
