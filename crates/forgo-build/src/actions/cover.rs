//! Instruments the sources of a package for coverage.
//!
//! Answers to coverActor in cmd/go/internal/work/action.go and to runCover, cover and
//! writeCoverPkgInputs in work/exec.go.

use crate::actions::{ActionCx, ActionError, Outcome};
use crate::plan::NodeId;

/// What the cover tool wrote.
#[derive(Debug, Clone, Default)]
pub struct CoverOutputs {
    /// Go sources to compile in place of the package's.
    pub go_sources: Vec<String>,
    /// cgo sources in place of the package's.
    pub cgo_sources: Vec<String>,
    /// What the compiler is told with -coveragecfg (`Internal.Cover.Cfg`); empty when the package
    /// had nothing to instrument.
    pub config: String,
}

/// The work of a `cover` node of the build `build`. `cov_meta_file` is the name of the meta-data
/// file, where one is wanted. Nothing is done where the build needs nothing.
pub fn run(
    cx: &ActionCx<'_>,
    build: NodeId,
    cov_meta_file: Option<&str>,
) -> Result<Outcome, ActionError> {
    let _ = (cx, build, cov_meta_file);
    todo!()
}

/// Name of a package's coverage meta-data file (covcmd.MetaFileForPackage).
pub fn meta_file_name(import_path: &str) -> String {
    let _ = import_path;
    todo!()
}
