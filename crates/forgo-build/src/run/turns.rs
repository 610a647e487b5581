//! What several forgo processes need at the same time is made by one of them: whoever is to make
//! something locks its key, and looks once more whether it is there. The lock ends with its holder; for one that
//! is stopped nobody waits.
//!
//! No thread waits while it holds a lock, so nobody waits in a circle. cmd/go has no counterpart: two
//! stock commands do the same work twice.

use std::time::{Duration, Instant};

use forgo_cache::ActionId;
use forgo_cache::disk::{Lock, Locked};

use crate::actions::ActionCx;

/// How often is looked whether another process is done.
const PAUSE: Duration = Duration::from_millis(15);

/// After how many pauses is looked whether that process is stopped, and every so many again.
const LOOKS: usize = 16;
/// How long is waited at most: it may be stopped in a way that is not seen here. What is made twice is no harm.
const PATIENCE: Duration = Duration::from_secs(300);

/// What waiting for one's turn gave.
pub enum Turn<T> {
    /// Another process made it.
    Made(T),
    /// It is to be made here, and the lock to be held meanwhile, where there is one.
    Here(Option<Lock>),
}

/// Waits until nobody else makes what has this key; `find` looks for it.
pub fn wait<T>(cx: &ActionCx<'_>, key: &ActionId, mut find: impl FnMut() -> Option<T>) -> Turn<T> {
    let config = cx.config();
    let flags = &config.flags;
    if !config.extras || flags.a || flags.n || !flags.toolexec.is_empty() {
        return Turn::Here(None);
    }
    let start = Instant::now();
    for pauses in 1.. {
        match cx.run.job.cache.try_lock(key) {
            Locked::Never => return Turn::Here(None),
            Locked::Held(lock) => match find() {
                Some(made) => return Turn::Made(made),
                None => return Turn::Here(Some(lock)),
            },
            // Whatever is begun now ends at once.
            Locked::Elsewhere if cx.run.shells.children.interrupted() => return Turn::Here(None),
            Locked::Elsewhere => {
                let cache = cx.run.job.cache;
                if pauses % LOOKS == 0
                    && (start.elapsed() >= PATIENCE || cache.holder_is_stopped(key))
                {
                    break;
                }
                std::thread::sleep(PAUSE);
            }
        }
    }
    Turn::Here(None)
}
