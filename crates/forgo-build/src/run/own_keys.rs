//! The keys of forgo's own that a package's build has beside the stock one. They are made once, by
//! the check of the cache, and used wherever something is looked for, waited for, or kept.
//!
//! Each package has one of the two: that which is the same in all checkouts ([`super::moving`]), or
//! else, and for what can't be moved, that of [`super::cutoff`].

use std::sync::OnceLock;

use forgo_cache::ActionId;

use crate::actions::compile_inputs::Inputs;
use crate::actions::{ActionCx, ActionError};
use crate::run::cutoff::{self, Doubt};
use crate::run::headers::{self, Header};
use crate::run::moving;

/// The keys of a package's build.
#[derive(Debug, Clone)]
pub struct OwnKeys {
    /// Why what was compiled here is compiled again.
    pub doubt: Option<Doubt>,
    /// The key that is the same wherever the places are; `None` where the package has nothing to do
    /// with a place, or nothing may be moved.
    pub everywhere: Option<ActionId>,
    /// What assembly includes that the stock key does not know.
    pub headers: Vec<Header>,
    by_export: OnceLock<Option<ActionId>>,
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

impl OwnKeys {
    /// Those of a build with these inputs.
    pub fn of(cx: &ActionCx<'_>, inputs: &Inputs<'_>) -> Result<OwnKeys, ActionError> {
        let mut doubt = cutoff::doubt(cx, inputs);
        let headers = match doubt {
            // Which may be moved all the same.
            None | Some(Doubt::Coverage | Doubt::Flags) => headers::foreign(cx, inputs),
            Some(_) => Some(Vec::new()),
        };
        if headers.is_none() {
            doubt = Some(Doubt::Include);
        }
        let headers = headers.unwrap_or_default();
        let everywhere = if moving::may_move(cx, inputs, doubt)? {
            moving::key(cx, inputs, &headers)?
        } else {
            None
        };
        Ok(OwnKeys {
            doubt,
            everywhere,
            headers,
            by_export: OnceLock::new(),
        })
    }

    /// The key by export data of here; `None` where there is none, or the package is compiled in
    /// any case.
    pub fn by_export(
        &self,
        cx: &ActionCx<'_>,
        inputs: &Inputs<'_>,
    ) -> Result<Option<ActionId>, ActionError> {
        if self.doubt.is_some() {
            return Ok(None);
        }
        if let Some(known) = self.by_export.get() {
            return Ok(*known);
        }
        let key = cutoff::key(cx, inputs, &self.headers)?;
        Ok(*self.by_export.get_or_init(|| key))
    }
}
