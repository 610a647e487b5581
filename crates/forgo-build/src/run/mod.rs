//! Running a plan.
//!
//! Answers to `Builder.Do` in cmd/go/internal/work/exec.go.

use forgo_cache::{Cache, HashContext};

use crate::actions::RunOptions;
use crate::config::Config;
use crate::event::Reporter;
use crate::fsys::Overlay;
use crate::package::PackageGraph;
use crate::plan::Plan;

pub mod build_id;
pub mod children;
pub mod workdir;

/// What a run came to.
#[derive(Debug, Default)]
pub struct Summary {
    /// Some action failed (an error was reported), or the run was interrupted: exit status 1.
    pub failed: bool,
    /// Ctrl-C.
    pub interrupted: bool,
    /// For `go list`: what was found out of each package, by [`crate::package::PackageId`]; empty
    /// without `RunOptions::is_cmd_list`.
    pub facts: Vec<PackageFacts>,
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
    pub cache: &'r dyn Cache,
    /// What all keys have in common, and the hashes of files.
    pub hashes: &'r HashContext,
    /// Who is told.
    pub reporter: &'r dyn Reporter,
    /// One message for each Ctrl-C.
    pub interrupt: &'r crossbeam_channel::Receiver<()>,
}

/// Runs a plan. Closing the cache (which trims it) is the caller's, as the stock command does it
/// only after real work.
pub fn run(job: Job<'_>) -> Summary {
    let _ = job.config;
    todo!()
}
