//! The keys that only forgo has, which a package's build has beside the stock one. They are made
//! once, by the check of the cache, and used for every lookup, wait and store.
//!
//! Each package has one of the two: the one that is the same in all checkouts ([`super::moving`]),
//! or else, and for packages that can't be moved, that of [`super::cutoff`].

use std::sync::OnceLock;

use forgo_load::verdict::CompileDoubt as Doubt;

use crate::action::own_keys::OwnKeys;
use crate::action::{ActionCx, ActionError};
use crate::reuse::{cutoff, headers, moving};
use crate::toolchain::inputs::compile::Inputs;

impl OwnKeys {
    /// Those of a build with these inputs.
    pub fn of(cx: &ActionCx<'_>, inputs: &Inputs<'_>) -> Result<OwnKeys, ActionError> {
        let mut doubt = cutoff::doubt(cx, inputs);
        let headers = match doubt {
            // Such packages may still be moved.
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
}
