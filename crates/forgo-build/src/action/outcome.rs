//! The outcome of an action, and the data that it hands to the nodes after it. Plain data: the
//! modules that make and read it lie above.

use std::collections::BTreeMap;
use std::sync::Arc;

use forgo_cache::ActionId;
use forgo_load::verdict::{Verdict, Way};

use crate::action::check::CacheCheck;
use crate::action::vet_config::VetConfig;
use crate::plan::NodeId;
use crate::shell::CommandTimes;

/// The outcome of an action.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Hash of the action's inputs, where it has one.
    pub action_id: Option<ActionId>,
    /// `actionID/contentID` of the result that was built, or empty.
    pub build_id: String,
    /// `build_id` is a file's; else only what one would be made with. The graph tells final ones.
    pub id_is_final: bool,
    /// The result that was built.
    pub built: Artifact,
    /// What the nodes after it want to know.
    pub provider: Provider,
    /// Of a build: vet's configuration.
    pub vet: Option<Arc<VetConfig>>,
    /// How it ended. Reporters get it; nodes after this one find the default.
    pub verdict: Verdict,
    /// Its key where `action_id`, which the action graph shows, is none: of a vet, a test.
    pub reported_key: Option<ActionId>,
    /// Of a test: the key of the inputs that it read.
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
    /// Not needed, because the result that it would go into is there already (`DO NOT USE …`).
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
    CheckCache(Box<CacheCheck>),
    /// Of `Cover`.
    Cover(CoverOutputs),
    /// Of `CgoRun` and `CgoCollect`.
    Cgo(Arc<CgoOutputs>),
    /// Of `Vet`.
    Vet(VetOutputs),
    /// Of a test run: what the test printed, for the node that shows it.
    Printed(Vec<u8>),
}

/// What the cover tool wrote.
#[derive(Debug, Clone, Default)]
pub struct CoverOutputs {
    /// Go sources to compile in place of the package's.
    pub go_sources: Vec<String>,
    /// cgo sources in place of the package's.
    pub cgo_sources: Vec<String>,
    /// The configuration that the compiler gets by -coveragecfg (`Internal.Cover.Cfg`); empty when
    /// the package had nothing to instrument.
    pub config: String,
}

/// The outputs of a cgo run: flags for the files that are compiled after it.
#[derive(Debug, Clone, Default)]
pub struct CgoOutputs {
    /// For C.
    pub cflags: Vec<String>,
    /// For C++.
    pub cxxflags: Vec<String>,
    /// For Fortran.
    pub fflags: Vec<String>,
    /// For the linker.
    pub ldflags: Vec<String>,
    /// Some flag wants external linking.
    pub not_compatible_for_internal_linking: bool,
    /// Overlaid files that are not Go → their copies in the object directory.
    pub non_go_overlay: BTreeMap<String, String>,
    /// Go sources that cgo wrote.
    pub go_files: Vec<String>,
}

/// What vetting a package gave.
#[derive(Debug, Clone, Default)]
pub struct VetOutputs {
    /// The archive of fixes; empty where none was wanted or made.
    pub fix_archive: String,
}
