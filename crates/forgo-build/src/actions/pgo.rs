//! Converts a PGO profile into the form that the compiler reads.
//!
//! Answers to pgoActor in cmd/go/internal/work/action.go.

use crate::actions::{ActionCx, ActionError, Outcome};

/// The work of a `preprocess PGO profile` node.
pub fn run(cx: &ActionCx<'_>, input: &str) -> Result<Outcome, ActionError> {
    let _ = (cx, input);
    todo!()
}
