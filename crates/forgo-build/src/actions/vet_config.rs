//! What vet is told of a package.
//!
//! Answers to vetConfig and buildVetConfig in cmd/go/internal/work/exec.go.

use crate::actions::ActionCx;
use crate::plan::NodeId;

/// The configuration file that vet reads, before the vet action itself fills in its part.
#[derive(Debug, Clone, Default)]
pub struct VetConfig {}

/// Makes the configuration of a package from the sources that its build compiles: names in the
/// package's directory or absolute, raw cgo files left out. `deps` are the nodes whose packages it
/// imports (others among them do no harm).
pub fn make(cx: &ActionCx<'_>, sources: &[String], deps: &[NodeId]) -> VetConfig {
    let _ = (cx, sources, deps);
    todo!()
}
