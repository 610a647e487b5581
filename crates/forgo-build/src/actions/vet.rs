//! Vets a package.
//!
//! Answers to `vet` in cmd/go/internal/work/exec.go.

use crate::actions::{ActionCx, ActionError, Outcome};

/// What vetting a package gave ([`Provider::Other`](crate::actions::Provider::Other) of a vet node).
#[derive(Debug, Clone, Default)]
pub struct VetOutputs {
    /// The archive of fixes, where one was wanted and made.
    pub fix_archive: String,
}

/// The work of a vet node.
pub fn run(cx: &ActionCx<'_>) -> Result<Outcome, ActionError> {
    let _ = cx;
    todo!()
}
