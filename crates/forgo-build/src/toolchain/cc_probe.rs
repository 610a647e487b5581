//! What the C compilers are and can do: found out by running them, remembered in the cache.
//!
//! Answers to gccToolID in cmd/go/internal/work/buildid.go, and to gccCompilerID and gccSupportsFlag
//! in work/exec.go.

/// What a run knows of the C compilers.
#[derive(Debug, Default)]
pub struct CompilerFacts {}
