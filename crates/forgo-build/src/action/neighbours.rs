//! Other forgo processes that a run waits for, or does not any more.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use forgo_cache::disk::{Processes, Progress, Watch};
use forgo_load::clock::{self, For};

/// How often a holder is looked at, by all threads that wait for it.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// What a run knows of the processes that hold locks which it waits for; `None` stands for all that
/// can't be seen.
#[derive(Debug, Default)]
pub struct Neighbours(Mutex<HashMap<Option<u32>, Neighbour>>);

#[derive(Debug)]
struct Neighbour {
    /// It is not waited for any more.
    given_up: bool,
    watch: Option<Watch>,
    progress: Progress,
    /// When it was looked at: all threads that wait for it look as one.
    looked: Option<Instant>,
}

impl Neighbours {
    /// Reports whether a holder is still waited for.
    pub(crate) fn is_waited_for(&self, holder: Option<u32>) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&holder).is_none_or(|known| !known.given_up)
    }

    /// It is not waited for any more.
    pub(crate) fn give_up(&self, holder: Option<u32>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get_mut(&holder) {
            known.given_up = true;
        }
    }

    /// Looks whether it gets on.
    pub(crate) fn progress(&self, holder: Option<u32>) -> Progress {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Neighbour {
            given_up: false,
            watch: holder.map(Watch::new),
            progress: Progress::Unknown,
            looked: None,
        };
        let known = known.entry(holder).or_insert_with(new);
        if let Some(watch) = &mut known.watch
            && known.looked.is_none_or(|at| at.elapsed() >= LOOK_INTERVAL)
        {
            known.progress = watch.look(&Processes::now());
            known.looked = Some(clock::instant(For::Schedule));
        }
        known.progress
    }
}
