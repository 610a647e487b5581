//! Finds out what of a package's build is known, and what its other actions must do.
//!
//! Answers to `checkCacheForBuild` in cmd/go/internal/work/exec.go.

use std::sync::Arc;

use forgo_cache::ActionId;

use crate::actions::{Artifact, vet_config::VetConfig};

/// What remains to be done of a package's build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Need {
    /// The archive.
    pub build: bool,
    /// The header that cgo makes.
    pub cgo_header: bool,
    /// vet's configuration.
    pub vet: bool,
    /// The list of sources that were compiled.
    pub compiled_go_files: bool,
    /// The coverage meta-data file.
    pub cov_meta_file: bool,
}

impl Need {
    /// Nothing.
    pub fn is_empty(self) -> bool {
        self == Need::default()
    }
}

/// What the cache knows of a build: the state that the build node starts from.
#[derive(Debug, Clone, Default)]
pub struct CacheCheck {
    /// What remains to be done.
    pub need: Need,
    /// Key of the build.
    pub action_id: Option<ActionId>,
    /// Build ID of the archive, or the temporary one to build it with.
    pub build_id: String,
    /// The archive, where known.
    pub built: Artifact,
    /// vet's configuration, where it could be made without building.
    pub vet: Option<Arc<VetConfig>>,
}
