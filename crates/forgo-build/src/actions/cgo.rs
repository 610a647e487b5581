//! Runs SWIG and cgo on a package, and gathers what they and the C compilers made of it for the
//! compile. Compiling the C files themselves is [`super::cgo_compile`]'s, finding the symbols that
//! are imported dynamically [`super::cgo_link`]'s.
//!
//! Answers to runCgo and processCgoOutputs in cmd/go/internal/work/exec.go.

use std::collections::BTreeMap;

use crate::actions::{ActionCx, ActionError, Outcome};
use crate::plan::NodeId;

/// What running cgo gave: flags for what is compiled after it.
#[derive(Debug, Clone, Default)]
pub struct CgoOutputs {
    /// For C.
    pub cflags: Vec<String>,
    /// For C++.
    pub cxxflags: Vec<String>,
    /// For Fortran.
    pub fflags: Vec<String>,
    /// For the linker.
    pub ldflags: Vec<String>,
    /// Some flag wants external linking.
    pub not_compatible_for_internal_linking: bool,
    /// Overlaid files that are not Go → their copies in the object directory.
    pub non_go_overlay: BTreeMap<String, String>,
    /// Go sources that cgo wrote.
    pub go_files: Vec<String>,
}

/// What of a cgo package goes into its compile and its archive.
#[derive(Debug, Clone, Default)]
pub struct CgoProducts {
    /// Go sources to compile beside the package's own.
    pub go_files: Vec<String>,
    /// Files to add to the archive.
    pub objects: Vec<String>,
}

/// The work of a `cgo run` node. Nothing is done where the package's build needs nothing.
pub fn run(cx: &ActionCx<'_>) -> Result<Outcome, ActionError> {
    let _ = cx;
    todo!()
}

/// The work of a `collect cgo` node: hands on what the node `run` gave.
pub fn collect(cx: &ActionCx<'_>, run: NodeId) -> Result<Outcome, ActionError> {
    let _ = (cx, run);
    todo!()
}

/// Called by the build of a cgo package, before it compiles: what its `cgo run` and `cgo compile`
/// nodes made, and what linking that tells (`preferlinkext`, `dynimportfail`, `_cgo_import.go`).
pub fn products(cx: &ActionCx<'_>, outputs: &CgoOutputs) -> Result<CgoProducts, ActionError> {
    let _ = (cx, outputs);
    todo!()
}
