//! What the check of the cache for a package's build found: what is known of the result, and how it
//! came to be known.

use std::sync::Arc;

use forgo_cache::ActionId;

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
    /// A derived archive, which the one that is built is to be compared with.
    pub claim: Option<Claim>,
    /// The keys of forgo's own, if the archive is to be built.
    pub own_keys: OwnKeys,
    /// vet's configuration, where it could be made without building.
    pub vet: Option<Arc<VetConfig>>,
    /// A source file is not what the key says: [`CacheCheck::action_id`] is one that nothing
    /// computes.
    pub changed: bool,
    /// `-v` has said the package's name.
    pub named: bool,
}

/// How a result came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The install target is up to date.
    InstalledTarget,
    /// The executable that the main package would go into is up to date.
    InstalledExecutable,
    /// The test that the executable would run has a cached result.
    TestResult,
    /// Found in the cache.
    CacheEntry,
    /// Found in the cache under another key, and stamped anew.
    ExportData,
    /// Made in another directory, and moved here.
    Moved,
    /// An executable that the cache keeps.
    KeptExecutable,
    /// A link that was done, whose output nobody wants.
    LinkRecord,
}

impl Way {
    /// A way of forgo's own: the stock command would have compiled.
    pub fn stands_for_compile(self) -> bool {
        matches!(self, Way::ExportData | Way::Moved)
    }
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
