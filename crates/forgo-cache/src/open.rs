//! Which cache an invocation uses. Answers to cmd/go/internal/cache/default.go.

#![expect(
    clippy::disallowed_methods,
    reason = "GOCACHE: entries are named by their content, and forgo's own files by their keys"
)]

use std::sync::Arc;

use crate::bundle::Bundle;
use crate::disk::{DiskCache, make_dirs};
use crate::error::{Error, Result};
use crate::hash::HashContext;
use crate::prog::ProgCache;
use crate::tiered::{Limits, Tiered};

/// A notice of a cache, which belongs to no call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A line for standard error, prefix and newline included.
    Waiting(String),
    /// The same, of something that went wrong and does no harm to the build.
    Warning(String),
    /// The stock command prints this text, and exits with status 1.
    Fatal(String),
}

/// Receives notices, on any thread.
pub type NoticeFn = Arc<dyn Fn(Notice) + Send + Sync>;

/// What the caller knows of the cache it wants.
pub struct Settings<'a> {
    /// GOCACHE's effective value: an absolute directory, or `off`.
    pub dir: &'a str,
    /// Why the directory is missing, as the stock command prints it.
    pub dir_error: Option<&'a str>,
    /// GOCACHEPROG, or empty.
    pub prog: &'a str,
    /// FORGO_CACHE: the file of a bundle, or `off`, or empty for the one that `forgo cache use`
    /// named. `None` where forgo does what the stock command does.
    pub bundle: Option<&'a str>,
    /// Environment of that program.
    pub environment: &'a [(String, String)],
    /// Directory that program is started in.
    pub cwd: &'a str,
    /// Called with the command of that program before it is started.
    pub prepare: fn(&mut std::process::Command),
    /// Set under `gocacheverify=1`: what keeps the inputs of each hash.
    pub verify: Option<Arc<HashContext>>,
    /// Called from any thread.
    pub notice: NoticeFn,
}

/// Written to the directory, to explain its purpose; the stock command's text.
const README: &str = "\
This directory holds cached build artifacts from the Go build system.
Run \"go clean -cache\" if the directory is getting too large.
Run \"go clean -fuzzcache\" to delete the fuzz cache.
See go.dev to learn more about Go.
";

/// Opens the cache. Any error is an [`Error::Fatal`].
pub fn open(settings: &Settings) -> Result<Tiered> {
    if let Some(reason) = settings.dir_error {
        return Err(Error::Fatal(format!(
            "build cache is required, but could not be located: {reason}"
        )));
    }
    let dir = settings.dir;
    if dir == "off" {
        return Err(Error::Fatal(
            "build cache is disabled by GOCACHE=off, but required as of Go 1.12".into(),
        ));
    }
    let fatal = |why: &dyn std::fmt::Display| {
        Error::Fatal(format!("failed to initialize build cache at {dir}: {why}"))
    };
    make_dirs(dir).map_err(|why| fatal(&why))?;
    let readme = format!("{dir}/README");
    if std::fs::metadata(&readme).is_err() {
        // A courtesy: a cache works without it.
        let _ = std::fs::write(&readme, README);
    }
    let disk = DiskCache::open(dir, settings.verify.clone()).map_err(|why| fatal(&why))?;
    let bundle = settings.bundle.and_then(|set| disk.bundle_in_use(set));
    if !settings.prog.is_empty() {
        if let Some(path) = bundle {
            (settings.notice)(Notice::Warning(format!(
                "forgo: bundle {path}: not used, because GOCACHEPROG is set\n"
            )));
        }
        return Ok(Tiered::instead(disk, ProgCache::start(settings)?));
    }
    let Some(path) = bundle else {
        return Ok(Tiered::local(disk));
    };
    Ok(with_bundle(disk, &path, &settings.notice))
}

/// Returns the disk with a bundle behind it. Used keys are noted for the next bundle, even if there
/// is not a bundle yet.
fn with_bundle(disk: DiskCache, path: &str, notice: &NoticeFn) -> Tiered {
    let job = disk.job(path);
    let cache = match Bundle::open(path) {
        Ok(Some(bundle)) => {
            // A file is read at once or fails; all of it was written by one command.
            let limits = Limits {
                wait: None,
                ..Limits::default()
            };
            Tiered::behind(disk, vec![(Arc::new(bundle), limits)], notice)
        }
        Ok(None) => Tiered::local(disk),
        Err(e) => {
            notice(Notice::Warning(format!(
                "forgo: bundle {path}: {e}; not used\n"
            )));
            Tiered::local(disk)
        }
    };
    match job {
        Some(job) => cache.noting_uses(job),
        None => cache,
    }
}
