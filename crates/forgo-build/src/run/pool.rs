//! Tokens to run tools with, shared by all forgo processes that use a cache on a machine: together they run no
//! more tools at once than the machine has processors for, however many of them there are. GNU make's
//! jobserver does the same for one tree of processes.
//!
//! A token is a [slot](forgo_cache::disk::Slots), which ends with its holder. It is held while one tool runs,
//! and by nothing else: who holds one waits for nobody. So who waits for a token may hold the lock of an
//! [action](super::turns) that others wait for: tokens come back whatever those others do. There is one
//! exception, a tool that starts forgo itself (a wrapper of the C compiler, say), and waits for it: if all tokens
//! were with such tools, nobody would ever get one. So a process that has waited for long at the head of
//! the line, and has got nothing, runs one more tool without a token, and from then on one at a time whenever it
//! likes.
//!
//! Tests and programs of the user's need no token: they may take days, and run forgo too. -p limits a process
//! as ever: nobody starts more than that.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use forgo_cache::disk::{Slots, Taken};

use crate::config::Config;

/// How often the one at the head of the line looks for a token.
const PAUSE: Duration = Duration::from_millis(4);

/// How long tools, all of them, must have run before one more is started without a token.
const PATIENCE: Duration = Duration::from_secs(10);

/// The tokens, as a run sees them.
#[derive(Debug)]
pub struct Pool {
    /// Where the cache is; `None` where nothing is shared.
    gocache: Option<String>,
    /// -p.
    processes: usize,
    /// Opened when the first tool is run.
    slots: OnceLock<Option<Slots>>,
    /// Threads that wait do so one after the other.
    line: Mutex<()>,
    /// A tool may be run without a token, now.
    spare: AtomicBool,
    /// How long is waited for a token in vain.
    patience: Duration,
}

/// What a tool is run with; given back when it is dropped.
#[derive(Debug)]
pub struct Token<'p> {
    pool: &'p Pool,
    held: Held,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    Slot(usize),
    /// The token that a process has got for its patience.
    Spare,
    /// None is needed.
    Nothing,
}

impl Pool {
    /// For a run under these settings.
    pub fn new(config: &Config) -> Pool {
        let gocache = &config.dirs.gocache;
        let shared = config.extras && !config.flags.n && gocache.starts_with('/');
        Pool {
            gocache: shared.then(|| gocache.clone()),
            processes: config.flags.p,
            slots: OnceLock::new(),
            line: Mutex::default(),
            spare: AtomicBool::new(false),
            patience: PATIENCE,
        }
    }

    /// Waits for a token; soon over when `interrupted`.
    pub fn take(&self, interrupted: impl Fn() -> bool) -> Token<'_> {
        let held = match self.slots() {
            Some(slots) => self.wait(slots, interrupted),
            None => Held::Nothing,
        };
        Token { pool: self, held }
    }

    fn wait(&self, slots: &Slots, interrupted: impl Fn() -> bool) -> Held {
        let _line = self.line.lock().unwrap_or_else(|e| e.into_inner());
        let mut head = None;
        let mut since = None;
        loop {
            if self.spare.swap(false, Ordering::AcqRel) {
                return Held::Spare;
            }
            head = head.or_else(|| slots.try_head());
            if head.is_some() {
                match slots.try_take() {
                    Taken::Slot(slot) => return Held::Slot(slot),
                    Taken::Never => return Held::Nothing,
                    Taken::Full => {}
                }
                let since = since.get_or_insert_with(Instant::now);
                if since.elapsed() >= self.patience {
                    return Held::Spare;
                }
            }
            // The tool will not be started.
            if interrupted() {
                return Held::Nothing;
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn slots(&self) -> Option<&Slots> {
        let open = || {
            let processors = std::thread::available_parallelism().map_or(1, usize::from);
            Slots::open(self.gocache.as_ref()?, self.processes.max(processors))
        };
        self.slots.get_or_init(open).as_ref()
    }
}

impl Drop for Token<'_> {
    fn drop(&mut self) {
        match self.held {
            Held::Slot(slot) => {
                if let Some(slots) = self.pool.slots() {
                    slots.give_back(slot);
                }
            }
            Held::Spare => self.pool.spare.store(true, Ordering::Release),
            Held::Nothing => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two processes, and how many tokens there are.
    fn two(patience: Duration) -> (tempfile::TempDir, Pool, Pool, usize) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("f1")).unwrap();
        let mut config = Config {
            extras: true,
            ..Config::default()
        };
        config.dirs.gocache = dir.path().to_str().unwrap().to_owned();
        config.flags.p = std::thread::available_parallelism().map_or(1, usize::from) + 1;
        let pool = || Pool {
            patience,
            ..Pool::new(&config)
        };
        (dir, pool(), pool(), config.flags.p)
    }

    const FOR_EVER: Duration = Duration::from_secs(1 << 30);

    #[test]
    fn a_token_that_is_given_back_is_got_by_who_waits() {
        let (_dir, one, other, count) = two(FOR_EVER);
        let mut held: Vec<_> = (0..count).map(|_| one.take(|| false)).collect();
        assert!(held.iter().all(|token| matches!(token.held, Held::Slot(_))));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| other.take(|| false).held);
            let given_back = held.last().map(|token| token.held);
            held.pop();
            assert_eq!(waiting.join().ok(), given_back);
        });
    }

    #[test]
    fn an_interrupt_ends_waiting() {
        let (_dir, one, other, count) = two(FOR_EVER);
        let _held: Vec<_> = (0..count).map(|_| one.take(|| false)).collect();
        assert_eq!(other.take(|| true).held, Held::Nothing);
    }

    #[test]
    fn patience_ends_and_then_one_tool_at_a_time_goes_without() {
        let (_dir, one, other, count) = two(Duration::ZERO);
        let held: Vec<_> = (0..count).map(|_| one.take(|| false)).collect();
        let spare = other.take(|| false);
        assert_eq!(spare.held, Held::Spare);
        drop(spare);
        assert!(other.spare.load(Ordering::Relaxed));
        let spare = other.take(|| false);
        assert_eq!(spare.held, Held::Spare);
        drop(held);
        assert!(matches!(other.take(|| false).held, Held::Slot(_)));
    }

    #[test]
    fn nothing_is_shared_without_extras() {
        let (_dir, one, other, count) = two(FOR_EVER);
        let _held: Vec<_> = (0..count).map(|_| one.take(|| false)).collect();
        let alone = Pool {
            gocache: None,
            ..other
        };
        assert_eq!(alone.take(|| false).held, Held::Nothing);
    }
}
