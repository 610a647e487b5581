//! Which packages get coverage instrumentation, and what they import for it. Answers to
//! load.PrepareForCoverageBuild, SelectCoverPackages and MatchPackage.

use crate::config::Config;
use crate::package::Package;

/// A compiled package pattern, as `-coverpkg` and `-gcflags=pattern=` take them
/// (load.MatchPackage).
#[derive(Debug, Clone)]
pub struct MatchPackage {}

impl MatchPackage {
    /// Compiles a pattern; `./` patterns are relative to `cwd`.
    pub fn new(_pattern: &str, _cwd: &str) -> MatchPackage {
        todo!()
    }

    /// Does the package match?
    pub fn matches(&self, _cfg: &Config, _package: &Package) -> bool {
        todo!()
    }
}
