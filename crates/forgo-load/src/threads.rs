//! Threads that the system may refuse: limits on processes (RLIMIT_NPROC, pids.max) count threads.
//! std::thread::spawn panics then; a lint sends its callers here.

use std::io;
use std::thread::{Builder, Scope, ScopedJoinHandle};

/// How many processors there are for this process.
#[expect(
    clippy::disallowed_methods,
    reason = "it decides how much is done at once, and not what"
)]
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Starts a thread in a scope, which is not named and has the default stack.
///
/// # Errors
/// Returns the system's error where it refuses the thread.
pub fn spawn<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, T>> {
    Builder::new().spawn_scoped(scope, work)
}

/// Starts up to `count` threads that do the same work, and returns those that the system allows.
pub fn helpers<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    count: usize,
    work: impl FnOnce() -> T + Send + Copy + 'scope,
) -> Vec<ScopedJoinHandle<'scope, T>> {
    let start = |_| spawn(scope, work).ok();
    (0..count).map_while(start).collect()
}
