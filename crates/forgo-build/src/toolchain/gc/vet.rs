//! vet's command line.
//!
//! Answers to vet in cmd/go/internal/work/exec.go.

use crate::toolchain::inputs::vet::Inputs;

/// Returns the command line that vets the package which the file `config` describes.
pub fn vet(inputs: &Inputs<'_>, config: String) -> Vec<String> {
    let unkeyed = &inputs.unkeyed;
    let mut args = unkeyed.tools.command_at(unkeyed.tool_path.to_owned());
    args.extend_from_slice(&inputs.flags);
    args.push(config);
    args
}
