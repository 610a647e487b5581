//! The text of debug.BuildInfo: what `go version -m` shows and executables carry. Answers to
//! runtime/debug/mod.go.

/// A module in build info.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Module {
    /// Path.
    pub path: String,
    /// Version.
    pub version: String,
    /// Checksum.
    pub sum: String,
    /// Replaced by.
    pub replace: Option<Box<Module>>,
}

/// Build info (debug.BuildInfo).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildInfo {
    /// Go version; empty in the text that the linker is given.
    pub go_version: String,
    /// Import path of the main package.
    pub path: String,
    /// Main module.
    pub main: Module,
    /// Dependencies.
    pub deps: Vec<Module>,
    /// Settings in order.
    pub settings: Vec<(String, String)>,
}

impl BuildInfo {
    /// debug.ParseBuildInfo.
    pub fn parse(_text: &str) -> Result<BuildInfo, String> {
        todo!()
    }
}

impl std::fmt::Display for BuildInfo {
    fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        todo!()
    }
}
