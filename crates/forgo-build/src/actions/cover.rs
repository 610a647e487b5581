//! Instruments sources for coverage.

/// What the cover tool wrote.
#[derive(Debug, Clone, Default)]
pub struct CoverOutputs {
    /// Go sources to compile in place of the package's.
    pub go_sources: Vec<String>,
    /// cgo sources in place of the package's.
    pub cgo_sources: Vec<String>,
}
