//! Files of an object directory that the cache keeps beside the archive, under subkeys of the build's
//! key: the sources that were compiled, cgo's header, coverage meta-data.
//!
//! Answers to cacheObjdirFile and its kin in cmd/go/internal/work/exec.go.

use std::sync::Arc;

use forgo_cache::ActionId;

use crate::actions::vet_config::VetConfig;
use crate::actions::{ActionCx, ActionError};
use crate::plan::NodeId;

/// The header that cgo writes for -buildmode=c-archive and c-shared.
pub const CGO_HEADER: &str = "_cgo_install.h";

/// Stores `objdir + name` under a build's key. That it can't be is the caller's to ignore.
pub fn store(cx: &ActionCx<'_>, objdir: &str, id: &ActionId, name: &str) -> Result<(), String> {
    let _ = (cx, objdir, id, name);
    todo!()
}

/// The file in the cache that was stored as `name`.
pub fn find(cx: &ActionCx<'_>, id: &ActionId, name: &str) -> Result<String, String> {
    let _ = (cx, id, name);
    todo!()
}

/// Copies what was stored back to `objdir + name`.
pub fn restore(
    cx: &ActionCx<'_>,
    objdir: &str,
    id: &ActionId,
    name: &str,
) -> Result<(), ActionError> {
    let _ = (cx, objdir, id, name);
    todo!()
}

/// Stores the list of sources of a build and those of them that were generated (cacheSrcFiles).
pub fn store_sources(cx: &ActionCx<'_>, objdir: &str, id: &ActionId, sources: &[String]) {
    let _ = (cx, objdir, id, sources);
    todo!()
}

/// vet's configuration of a build from the sources in the cache (loadCachedVet). `deps` are the
/// package's dependencies; `build` is the build node.
pub fn restore_vet(
    cx: &ActionCx<'_>,
    build: NodeId,
    id: &ActionId,
    deps: &[NodeId],
) -> Result<Arc<VetConfig>, ActionError> {
    let _ = (cx, build, id, deps);
    todo!()
}

/// The Go sources that were compiled: names in the package's directory, and files of the cache
/// (loadCachedCompiledGoFiles).
pub fn compiled_go_files(cx: &ActionCx<'_>, id: &ActionId) -> Result<Vec<String>, ActionError> {
    let _ = (cx, id);
    todo!()
}
