//! Which cache an invocation uses. Answers to cmd/go/internal/cache/default.go.

use std::sync::Arc;

use crate::hash::HashContext;
use crate::{Cache, Result};

/// What a cache has to say outside of any call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A line for standard error, as the stock command's log package prints it.
    Waiting(String),
    /// The stock command prints `go: ` and this text, and exits with status 1.
    Fatal(String),
}

/// What the caller knows of the cache it wants.
pub struct Settings<'a> {
    /// GOCACHE's effective value: an absolute directory, or `off`.
    pub dir: &'a str,
    /// Why there is no directory, in the stock command's words.
    pub dir_error: Option<&'a str>,
    /// GOCACHEPROG, or empty.
    pub prog: &'a str,
    /// Environment of that program.
    pub environment: &'a [(String, String)],
    /// Directory that program is started in.
    pub cwd: &'a str,
    /// Set under `gocacheverify=1`: what keeps the inputs of each hash.
    pub verify: Option<Arc<HashContext>>,
    /// Called from any thread.
    pub notice: Arc<dyn Fn(Notice) + Send + Sync>,
}

/// Opens the cache. Any error is an [`crate::Error::Fatal`].
pub fn open(settings: &Settings) -> Result<Box<dyn Cache>> {
    let _ = settings;
    todo!()
}
