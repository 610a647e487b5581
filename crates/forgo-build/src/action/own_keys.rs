//! The keys that only forgo has, which a package's build has beside the stock one.
//! `reuse::own_keys` makes them.

use std::sync::OnceLock;

use forgo_cache::ActionId;
use forgo_load::verdict::CompileDoubt as Doubt;

/// The keys of a package's build.
#[derive(Debug, Clone)]
pub struct OwnKeys {
    /// Why a package that was compiled here is compiled again.
    pub doubt: Option<Doubt>,
    /// The key that is the same for all directories of the places; `None` where the package has
    /// nothing to do with a place, or nothing may be moved.
    pub everywhere: Option<ActionId>,
    /// What assembly includes that the stock key does not know.
    pub headers: Vec<Header>,
    /// That by export data, once it is known whether there is one.
    pub(crate) by_export: OnceLock<Option<ActionId>>,
}

impl Default for OwnKeys {
    /// None.
    fn default() -> OwnKeys {
        OwnKeys {
            doubt: Some(Doubt::Asked),
            everywhere: None,
            headers: Vec::new(),
            by_export: OnceLock::new(),
        }
    }
}

/// A header that is not the package's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Header {
    /// As it is included: relative to the package's directory.
    pub name: String,
    /// Hash of its content.
    pub hash: String,
}
