//! The C, C++ and Fortran compilers: which they are, their flags, the words every command line of
//! theirs begins with.
//!
//! Answers to the compiler section of cmd/go/internal/work/exec.go (GccCmd, compilerCmd, CFlags …).

use forgo_cache::Hash;

use crate::actions::ActionCx;
use crate::config::Config;
use crate::package::Package;

/// `$CC`, split, or the distribution's default.
pub fn cc_exe(config: &Config) -> Vec<String> {
    let _ = config;
    todo!()
}

/// `$CXX`, split, or the distribution's default.
pub fn cxx_exe(config: &Config) -> Vec<String> {
    let _ = config;
    todo!()
}

/// Hashes what the C side of a package depends on: the lines `cgo` to `FC ID` of a build's key.
/// Nothing for a package without cgo and SWIG.
pub fn hash_inputs(
    cx: &ActionCx<'_>,
    hash: &mut Hash<'_>,
    p: &Package,
) -> Result<(), crate::actions::ActionError> {
    let _ = (cx, hash, p);
    todo!()
}
