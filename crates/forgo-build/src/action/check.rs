//! The result of the cache check for a package's build: the part of the build that the cache
//! already has, and the way in which it was found.

use std::sync::Arc;

use forgo_cache::ActionId;
use forgo_load::verdict::{Miss, Way};

use crate::action::outcome::Artifact;
use crate::action::own_keys::OwnKeys;
use crate::action::trust::Claim;
use crate::action::vet_config::VetConfig;

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
    /// How it came to be known.
    pub way: Option<Way>,
    /// Why it is not known.
    pub miss: Miss,
    /// A derived archive, which the one that is built is to be compared with.
    pub claim: Option<Claim>,
    /// The keys that only forgo has, if the archive is to be built.
    pub own_keys: OwnKeys,
    /// vet's configuration, where it could be made without building.
    pub vet: Option<Arc<VetConfig>>,
    /// A source file differs from the hash in the key: [`CacheCheck::action_id`] is a key that
    /// nothing computes.
    pub changed: bool,
    /// `-v` has printed the package's name.
    pub named: bool,
}

/// A result that is known.
#[derive(Debug)]
pub struct Known {
    /// Where it is.
    pub built: Artifact,
    /// Its build ID.
    pub build_id: String,
    /// How it came to be known.
    pub way: Way,
}

/// A derived archive.
pub enum Derived {
    /// It is stored and used.
    Known(Known),
    /// It is to be compiled for comparison.
    Claim(Claim),
}
