//! Runs cgo and SWIG, and C compilers on what they write.

use std::collections::BTreeMap;

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
