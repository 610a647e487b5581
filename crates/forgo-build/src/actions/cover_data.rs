//! Coverage of packages that have no tests, for `go test -cover`: their meta-data files, and what
//! `go tool covdata` makes of them.
//!
//! Answers to cmd/go/internal/work/cover.go.

use crate::actions::{ActionCx, ActionError};
use crate::plan::NodeId;

/// The meta-data file of the package of a `test run` node; `None` when the package has no functions
/// (BuildActionCoverMetaFile).
pub fn meta_file(cx: &ActionCx<'_>) -> Result<Option<String>, ActionError> {
    let _ = cx;
    todo!()
}

/// The line `go test -cover` prints for a package without tests (WriteCoveragePercent).
pub fn percent(cx: &ActionCx<'_>, meta_file: &str) -> Result<Vec<u8>, ActionError> {
    let _ = (cx, meta_file);
    todo!()
}

/// Writes the package's part of a coverage profile to `out`; what the tool printed is returned
/// (WriteCoverageProfile).
pub fn profile(cx: &ActionCx<'_>, meta_file: &str, out: &str) -> Result<Vec<u8>, ActionError> {
    let _ = (cx, meta_file, out);
    todo!()
}

/// Writes the list of the meta-data files of the packages that the nodes `builds` built, into the
/// object directory of this node (WriteCoverMetaFilesFile).
pub fn write_meta_files_file(cx: &ActionCx<'_>, builds: &[NodeId]) -> Result<(), ActionError> {
    let _ = (cx, builds);
    todo!()
}
