//! Tokens to run tools with, shared by all forgo processes that use a cache on a machine: together
//! they run no more tools at once than the machine has processors for, however many of them there
//! are. GNU make's jobserver does the same for one tree of processes.
//!
//! A token is a [slot](forgo_cache::disk::Slots), which ends with its holder. It is held while one
//! tool runs, and by nothing else: a holder of a token waits for no other process. So a process
//! that waits for a token may hold the lock of an [action](crate::reuse::turns) that others wait
//! for: tokens come back no matter what those others do. There is one exception, a tool that starts
//! forgo itself (for example a wrapper of the C compiler), and waits for it: if all tokens were
//! with such tools, no process would ever get one. So a process that has waited for long at the
//! head of the line, and has got nothing, runs one more tool without a token, and from then on one
//! at a time whenever it likes. It does so at once, and once for each token, where the holders of
//! tokens are [stuck](Watch).
//!
//! A tool that is going to use much memory, by the costs that were [recorded](super::costs), gets a
//! token only if so much is free, or if no other holder of a token uses much. Memory that holders
//! of tokens have not used yet is not free: they have written down how much they are going to use.
//! Other tools get tokens meanwhile.
//!
//! Tests and programs of the user's need no token: they may take days, and run forgo too. -p limits
//! a process as ever: it never starts more than that.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use forgo_cache::disk::{DiskCache, Need, Processes, Progress, Slots, Taken, Watch};
use forgo_load::config::Config;
use forgo_load::disk;
use forgo_load::kept;

use crate::shell::free_memory;
use forgo_load::clock::{self, For};
use forgo_load::disk::Because;
use forgo_load::threads;

/// How often the one at the head of the line looks for a token.
const PAUSE: Duration = Duration::from_millis(4);

/// After so many pauses, and every so many again, forgo looks whether the process at the head of
/// the line is stopped.
const LOOKS: usize = 64;

/// The same for the holders of tokens: that takes a look at all processes.
const LONG_LOOKS: usize = 256;

/// How long tools, all of them, must have run before one more is started without a token.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the same one, which can't be seen, may be at the head of the line: longer than any that
/// is not stuck.
const LINE_PATIENCE: Duration = Duration::from_secs(12);

/// How often is looked for free memory.
const MEMORY_PAUSE: Duration = Duration::from_millis(50);

/// How long forgo waits for memory in vain. Usually the tool that uses it ends at some time; one
/// that uses much and starts forgo itself would not.
const MEMORY_PATIENCE: Duration = Duration::from_secs(120);

/// Memory that is worth to be counted, in bytes.
const MUCH: u64 = 256 << 20;

/// The tokens, as a run sees them.
#[derive(Debug)]
pub struct Pool {
    /// The cache; `None` where nothing is shared.
    cache: Option<DiskCache>,
    /// -p.
    processes: usize,
    /// Opened when the first tool is run.
    slots: OnceLock<Option<Slots>>,
    /// Threads that wait do so one after the other.
    line: Mutex<()>,
    /// So many tools may be run without a token, now.
    spare: AtomicUsize,
    /// So many could be run without one if no tool did.
    spares: AtomicUsize,
    /// How long is waited for a token in vain.
    patience: Duration,
    /// Tells how much memory is free, where that is known.
    free: fn() -> Option<u64>,
}

/// What a tool is run with; given back when it is dropped.
#[derive(Debug)]
pub struct Token<'p> {
    pool: &'p Pool,
    held: Held,
    /// Memory that the tool is going to use, where it is much.
    peak: Option<u64>,
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
        Pool {
            cache: kept::local_cache(config).filter(|_| !config.flags.n),
            processes: config.flags.p,
            slots: OnceLock::new(),
            line: Mutex::default(),
            spare: AtomicUsize::new(0),
            spares: AtomicUsize::new(0),
            patience: PATIENCE,
            free: free_memory,
        }
    }

    /// Waits for a token to run a tool with that uses so much memory at its `peak`, in bytes, as
    /// far as is known; soon over when `interrupted`.
    pub fn take(&self, peak: u64, interrupted: impl Fn() -> bool) -> Token<'_> {
        let peak = (peak >= MUCH).then_some(peak);
        let held = match self.slots() {
            Some(slots) => self.wait_with_memory(slots, peak, interrupted),
            None => Held::Nothing,
        };
        Token {
            pool: self,
            held,
            peak,
        }
    }

    fn wait_with_memory(
        &self,
        slots: &Slots,
        peak: Option<u64>,
        interrupted: impl Fn() -> bool,
    ) -> Held {
        let since = clock::instant(For::Schedule);
        loop {
            let peak = peak.filter(|_| since.elapsed() < MEMORY_PATIENCE);
            if let Some(held) = self.wait(slots, peak, &interrupted) {
                return held;
            }
            std::thread::sleep(MEMORY_PAUSE);
        }
    }

    /// `None` where there is a token, but no memory: the line moves on.
    fn wait(
        &self,
        slots: &Slots,
        peak: Option<u64>,
        interrupted: impl Fn() -> bool,
    ) -> Option<Held> {
        let _line = self.line.lock().unwrap_or_else(|e| e.into_inner());
        let mut head = None;
        let mut since = None;
        let mut pauses = 0;
        let mut neighbours = Neighbours::default();
        loop {
            if self.take_spare() {
                return Some(Held::Spare);
            }
            head = head.or_else(|| slots.try_head());
            pauses += 1;
            // If it is stuck, no other process would ever get a token.
            let looks = pauses % LOOKS == 0;
            let stuck = head.is_none() && looks && neighbours.head_is_stuck(slots);
            if head.is_some() || stuck {
                match slots.try_take() {
                    Taken::Slot(slot) => return self.with_memory(slots, slot, peak, interrupted),
                    Taken::Never => return Some(Held::Nothing),
                    Taken::Full if stuck => return Some(self.add_spare()),
                    Taken::Full => {}
                }
                let since = since.get_or_insert_with(|| clock::instant(For::Schedule));
                let granted = self.spares.load(Ordering::Acquire);
                if since.elapsed() >= self.patience
                    || pauses % LONG_LOOKS == 0 && neighbours.stuck(slots) > granted
                {
                    return Some(self.add_spare());
                }
            }
            // The tool will not be started.
            if interrupted() {
                return Some(Held::Nothing);
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn take_spare(&self) -> bool {
        let less = |spare: usize| spare.checked_sub(1);
        let taken = self
            .spare
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, less);
        taken.is_ok()
    }

    fn add_spare(&self) -> Held {
        self.spares.fetch_add(1, Ordering::AcqRel);
        Held::Spare
    }

    /// A slot was taken: it is kept if there is memory. Only the one at the head of the line asks.
    fn with_memory(
        &self,
        slots: &Slots,
        slot: usize,
        peak: Option<u64>,
        interrupted: impl Fn() -> bool,
    ) -> Option<Held> {
        if let Some(peak) = peak {
            if !self.fits(slots, peak) && !interrupted() {
                slots.give_back(slot);
                return None;
            }
            // Until the tool is started; this process uses little of it.
            let pid = std::process::id();
            slots.note(slot, Need { pid, memory: peak });
        }
        Some(Held::Slot(slot))
    }

    fn fits(&self, slots: &Slots, peak: u64) -> bool {
        let Some(free) = (self.free)() else {
            return true;
        };
        let needs = slots.needs();
        let running: Vec<(u64, u64)> = needs
            .iter()
            .filter_map(|need| Some((need.memory, resident(need.pid)?)))
            .collect();
        let promised = running
            .iter()
            .map(|(memory, used)| memory.saturating_sub(*used));
        let needed = promised.fold(peak, u64::saturating_add);
        running.is_empty() || needed <= free - free / 16
    }

    fn slots(&self) -> Option<&Slots> {
        let open = || {
            let processors = threads::processors();
            let cache = self.cache.as_ref()?;
            cache.slots(self.processes.max(processors))
        };
        self.slots.get_or_init(open).as_ref()
    }
}

/// The processes that this one waits for: the holders of tokens, and the head of the line.
#[derive(Debug, Default)]
struct Neighbours {
    watches: HashMap<u32, Watch>,
    /// The line as it was last seen, and since when.
    line: Option<(Vec<u8>, Instant)>,
}

impl Neighbours {
    /// How many tokens are with processes that do not get on.
    fn stuck(&mut self, slots: &Slots) -> usize {
        let holders = slots.holders();
        let processes = Processes::now();
        let mut found = HashMap::new();
        let is_stuck = |pid: &u32| {
            *found.entry(*pid).or_insert_with(|| {
                let watch = self.watches.entry(*pid);
                let watch = watch.or_insert_with(|| Watch::new(*pid));
                watch.look(&processes) == Progress::Stuck
            })
        };
        holders.iter().copied().filter(is_stuck).count()
    }

    /// Reports whether the process at the head of the line keeps all others from tokens.
    fn head_is_stuck(&mut self, slots: &Slots) -> bool {
        if slots.head_is_stopped() {
            return true;
        }
        let seen = slots.last_head();
        match &self.line {
            Some((before, since)) if *before == seen => since.elapsed() >= LINE_PATIENCE,
            _ => {
                self.line = Some((seen, clock::instant(For::Schedule)));
                false
            }
        }
    }
}

impl Token<'_> {
    /// The tool has been started.
    pub fn is_used_by(&self, pid: u32) {
        if let (Held::Slot(slot), Some(memory)) = (self.held, self.peak)
            && let Some(slots) = self.pool.slots()
        {
            slots.note(slot, Need { pid, memory });
        }
    }
}

/// Returns how much memory a process has in use; `None` where the process does not exist.
fn resident(pid: u32) -> Option<u64> {
    let statm = disk::own::read_to_string(Because::Process, format!("/proc/{pid}/statm")).ok()?;
    let pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
    // A process that has ended and was not waited for uses nothing any more.
    (pages > 0).then(|| pages * rustix::param::page_size() as u64)
}

impl Drop for Token<'_> {
    fn drop(&mut self) {
        match self.held {
            Held::Slot(slot) => {
                if let Some(slots) = self.pool.slots() {
                    slots.give_back(slot);
                }
            }
            Held::Spare => _ = self.pool.spare.fetch_add(1, Ordering::AcqRel),
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
        config.flags.p = threads::processors() + 1;
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
        let mut held: Vec<_> = (0..count).map(|_| one.take(0, || false)).collect();
        assert!(held.iter().all(|token| matches!(token.held, Held::Slot(_))));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| other.take(0, || false).held);
            let given_back = held.last().map(|token| token.held);
            held.pop();
            assert_eq!(waiting.join().ok(), given_back);
        });
    }

    #[test]
    fn an_interrupt_ends_waiting() {
        let (_dir, one, other, count) = two(FOR_EVER);
        let _held: Vec<_> = (0..count).map(|_| one.take(0, || false)).collect();
        assert_eq!(other.take(0, || true).held, Held::Nothing);
    }

    #[test]
    fn patience_ends_and_then_one_tool_at_a_time_goes_without() {
        let (_dir, one, other, count) = two(Duration::ZERO);
        let held: Vec<_> = (0..count).map(|_| one.take(0, || false)).collect();
        let spare = other.take(0, || false);
        assert_eq!(spare.held, Held::Spare);
        drop(spare);
        assert_eq!(other.spare.load(Ordering::Relaxed), 1);
        let spare = other.take(0, || false);
        assert_eq!(spare.held, Held::Spare);
        drop(held);
        assert!(matches!(other.take(0, || false).held, Held::Slot(_)));
    }

    #[test]
    fn big_ones_wait_for_memory_and_small_ones_do_not() {
        let (_dir, mut one, mut other, _) = two(FOR_EVER);
        for pool in [&mut one, &mut other] {
            pool.free = || Some(4 * MUCH);
        }
        // Alone, it has to be enough.
        let first = one.take(100 * MUCH, || false);
        assert!(matches!(first.held, Held::Slot(_)));
        first.is_used_by(std::process::id());
        assert!(matches!(other.take(MUCH - 1, || false).held, Held::Slot(_)));
        let slots = other.slots().unwrap();
        let fits = || match other.wait(slots, Some(MUCH), || false) {
            Some(Held::Slot(slot)) => {
                slots.give_back(slot);
                true
            }
            _ => false,
        };
        assert!(!fits());
        drop(first);
        let second = one.take(2 * MUCH, || false);
        assert!(fits());
        drop(second);
        // The process that wrote it down is gone: that number belongs to no process.
        let third = one.take(100 * MUCH, || false);
        third.is_used_by(u32::MAX);
        assert!(fits());
    }

    #[test]
    fn nothing_is_shared_without_extras() {
        let (_dir, one, other, count) = two(FOR_EVER);
        let _held: Vec<_> = (0..count).map(|_| one.take(0, || false)).collect();
        let alone = Pool {
            cache: None,
            ..other
        };
        assert_eq!(alone.take(0, || false).held, Held::Nothing);
    }
}
