//! A result that several forgo processes need at the same time is made by one of them: a process
//! that is to make it locks its key, and looks once more whether it is there. The lock ends with
//! its holder.
//!
//! A holder that does not get on, because it is stopped or waits for something that never comes, is
//! not waited for: making a result twice does no harm. Where its process can be seen, that shows
//! within two seconds ([`Watch`](forgo_cache::disk::Watch)). Where it can't (another container,
//! another machine), the wait is limited by what the action [did cost](crate::shell::costs) before.
//! A holder that a run has given up on once is not waited for again by that run, so a chain of
//! packages costs one wait.
//!
//! No thread waits while it holds a lock, so no threads wait in a circle. cmd/go has no
//! counterpart: two stock commands do the same work twice.

use std::time::{Duration, Instant};

use forgo_cache::ActionId;
use forgo_cache::disk::{Lock, Locked, Progress};

use crate::action::ActionCx;
use forgo_load::clock::{self, For};

/// How often is looked whether another process is done.
const PAUSE: Duration = Duration::from_millis(15);

/// After how many pauses is looked whether that process gets on, and every so many again.
const LOOKS: usize = 16;

/// How long is waited for a holder that can't be seen, beside twice what the action costs.
const BLIND_PATIENCE: Duration = Duration::from_secs(2);

/// How long is waited for one that works, beside many times what the action costs: it may work at
/// something else, or for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// What waiting for one's turn gave.
pub enum Turn<T> {
    /// Another process made it.
    Made(T),
    /// It is to be made here, and the lock to be held meanwhile, where there is one.
    Here(Option<Lock>),
}

/// Waits until no other process makes the result that has this key; `find` looks for it.
pub fn wait<T>(cx: &ActionCx<'_>, key: &ActionId, mut find: impl FnMut() -> Option<T>) -> Turn<T> {
    let config = cx.config();
    let flags = &config.flags;
    if !config.extras || flags.a || flags.n || !flags.toolexec.is_empty() {
        return Turn::Here(None);
    }
    let mut known: Option<(Option<u32>, Instant)> = None;
    for pauses in 0.. {
        match cx.run.job.cache.local_part().try_lock(key) {
            Locked::Never => return Turn::Here(None),
            Locked::Held(lock) => match find() {
                Some(made) => return Turn::Made(made),
                None => return Turn::Here(Some(lock)),
            },
            // Work that begins now ends at once.
            Locked::Elsewhere if cx.run.shells.children.interrupted() => return Turn::Here(None),
            Locked::Elsewhere => {
                if pauses % LOOKS == 0 {
                    let holder = cx.run.job.cache.local_part().lock_holder(key);
                    // Another one may have got the lock meanwhile.
                    let before = known.filter(|(before, _)| *before == holder);
                    let (_, since) =
                        *known.insert(before.unwrap_or((holder, clock::instant(For::Schedule))));
                    let worth = cx.run.neighbours.is_waited_for(holder)
                        && (pauses == 0 || is_worth_waiting(cx, holder, since.elapsed()));
                    if !worth {
                        break;
                    }
                }
                std::thread::sleep(PAUSE);
            }
        }
    }
    Turn::Here(None)
}

/// Reports whether a holder is still worth waiting for, after so long a wait for it.
fn is_worth_waiting(cx: &ActionCx<'_>, holder: Option<u32>, waited: Duration) -> bool {
    let neighbours = &cx.run.neighbours;
    let costs = &cx.run.shells.costs;
    let package = cx.node().package.map(|p| cx.run.job.graph[p].desc());
    let cost = costs.of(costs.key(&cx.node().mode_text(), &package.unwrap_or_default()));
    let cost = Duration::from_millis(cost.map_or(0, |cost| u64::from(cost.millis)));
    let patience = match neighbours.progress(holder) {
        Progress::Stuck => Duration::ZERO,
        Progress::Unknown => BLIND_PATIENCE + cost.min(PATIENCE) * 2,
        Progress::Working => PATIENCE + cost * 20,
    };
    if waited >= patience {
        neighbours.give_up(holder);
    }
    waited < patience
}
