//! Work spread over threads: a parallel map, and a queue whose jobs may make more jobs.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::threads;

/// Returns how many threads are worth having: they wait for the disk, and each costs time to start.
fn threads() -> usize {
    const MOST: usize = 16;
    crate::threads::processors().min(MOST)
}

fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Applies `f` to all items; results are in the items' order.
pub(super) fn map<T: Sync, R: Send>(items: &[T], f: impl Fn(&T) -> R + Sync) -> Vec<R> {
    // A thread costs more than a few reads of small files.
    const WORTH_A_THREAD: usize = 8;
    map_on(
        threads().min(items.len().div_ceil(WORTH_A_THREAD)),
        items,
        f,
    )
}

/// The same with a thread for each item, for work that only waits.
pub(super) fn map_io<T: Sync, R: Send>(items: &[T], f: impl Fn(&T) -> R + Sync) -> Vec<R> {
    map_on(items.len(), items, f)
}

fn map_on<T: Sync, R: Send>(threads: usize, items: &[T], f: impl Fn(&T) -> R + Sync) -> Vec<R> {
    if threads <= 1 {
        return items.iter().map(f).collect();
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            match items.get(i) {
                Some(item) => done.push((i, f(item))),
                None => return done,
            }
        }
    };
    let mut all: Vec<(usize, R)> = std::thread::scope(|s| {
        let others = threads::helpers(s, threads - 1, work);
        let mut all = work();
        for t in others {
            match t.join() {
                Ok(done) => all.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    all.sort_unstable_by_key(|(i, _)| *i);
    all.into_iter().map(|(_, r)| r).collect()
}

struct Queue<J, S> {
    jobs: VecDeque<J>,
    running: usize,
    state: S,
}

/// Runs jobs until there are none. `work` runs in parallel; `done` gets its result with the state
/// to itself, and may add jobs.
pub(super) fn drive<J, R, S>(
    state: S,
    jobs: Vec<J>,
    work: impl Fn(&J) -> R + Sync,
    done: impl Fn(&mut S, J, R, &mut VecDeque<J>) + Sync,
) -> S
where
    J: Send,
    S: Send,
{
    let queue = Mutex::new(Queue {
        jobs: jobs.into(),
        running: 0,
        state,
    });
    let wake = Condvar::new();
    let run = || {
        let mut q = lock(&queue);
        loop {
            if let Some(job) = q.jobs.pop_front() {
                q.running += 1;
                drop(q);
                let guard = Finish(&queue, &wake);
                let result = work(&job);
                std::mem::forget(guard);
                q = lock(&queue);
                q.running -= 1;
                let Queue { jobs, state, .. } = &mut *q;
                let before = jobs.len();
                done(state, job, result, jobs);
                // This thread takes one of the new jobs itself.
                let added = q.jobs.len().saturating_sub(before);
                if q.running == 0 && q.jobs.is_empty() || added > 2 {
                    wake.notify_all();
                } else if added == 2 {
                    wake.notify_one();
                }
            } else if q.running == 0 {
                return;
            } else {
                q = wake.wait(q).unwrap_or_else(PoisonError::into_inner);
            }
        }
    };
    std::thread::scope(|s| {
        threads::helpers(s, threads().saturating_sub(1), run);
        run();
    });
    queue
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
        .state
}

/// Lets the other threads end when a job panics.
struct Finish<'q, J, S>(&'q Mutex<Queue<J, S>>, &'q Condvar);

impl<J, S> Drop for Finish<'_, J, S> {
    fn drop(&mut self) {
        let mut q = lock(self.0);
        q.running -= 1;
        q.jobs.clear();
        self.1.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn map_keeps_order() {
        let items: Vec<usize> = (0..1000).collect();
        let out = map(&items, |i| i * 2);
        assert!(out.iter().enumerate().all(|(i, r)| *r == i * 2));
    }

    #[test]
    fn jobs_make_jobs() {
        // Each number below 2000 is reached once from its half.
        let seen = drive(
            vec![1usize],
            vec![1usize],
            |n| [n * 2, n * 2 + 1],
            |seen, _, next, jobs| {
                for n in next.into_iter().filter(|n| *n < 2000) {
                    seen.push(n);
                    jobs.push_back(n);
                }
            },
        );
        let mut seen = seen;
        seen.sort_unstable();
        assert_eq!(seen, (1..2000).collect::<Vec<_>>());
    }
}
