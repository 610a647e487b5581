//! Which `-gcflags`, `-asmflags`, `-ldflags`, `-gccgoflags` apply to which package. Answers to
//! cmd/go/internal/load/flag.go.

use crate::config::{Config, PerPackageFlag};
use crate::package::Package;

impl PerPackageFlag {
    /// The flags for one package: those of the last entry that matches; an entry without a pattern
    /// matches what the command line named.
    pub fn for_package(&self, _cfg: &Config, _package: &Package) -> Vec<String> {
        todo!()
    }
}
