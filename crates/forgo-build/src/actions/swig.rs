//! Runs SWIG, which turns interface files into Go with cgo and C or C++.
//!
//! Answers to the swig functions of cmd/go/internal/work/exec.go.

use std::sync::OnceLock;

use crate::package::Package;

/// What is asked of SWIG and for it, once in a run.
#[derive(Debug, Default)]
pub struct SwigFacts {
    version_check: OnceLock<Result<(), String>>,
    int_size: OnceLock<Result<String, String>>,
}

/// The files that SWIG will write for a package.
#[derive(Debug, Clone, Default)]
pub struct SwigOutputs {
    /// Go, for cgo.
    pub go: Vec<String>,
    /// C.
    pub c: Vec<String>,
    /// C++.
    pub cxx: Vec<String>,
}

/// What SWIG will write for a package into `objdir` (which ends in a slash). Pure: planning asks too.
pub fn outputs(package: &Package, objdir: &str) -> SwigOutputs {
    let _ = (package, objdir);
    todo!()
}
