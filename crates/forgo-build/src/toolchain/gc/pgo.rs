//! The command line that converts a PGO profile.
//!
//! Answers to pgoActor in cmd/go/internal/work/action.go.

use crate::toolchain::inputs::pgo::Inputs;

/// Returns the command line that converts the profile into `target`.
pub fn preprofile(inputs: &Inputs<'_>, target: &str) -> Vec<String> {
    let mut args = inputs.unkeyed.command("preprofile");
    args.extend(["-o", target, "-i", inputs.profile].map(str::to_owned));
    args
}
