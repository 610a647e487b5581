//! The signals that a thread blocks. rustix has no safe functions for them.

use std::io;

/// The highest signal of any supported system.
const LAST: libc::c_int = 64;

/// A set of blocked signals.
#[derive(Clone, Copy)]
pub(super) struct Mask(libc::sigset_t);

impl Mask {
    /// Returns the set of no signal.
    pub(super) fn empty() -> Mask {
        // SAFETY: sigset_t is plain data, of which zero is a value; sigemptyset writes within it.
        let mut mask = Mask(unsafe { std::mem::zeroed() });
        // SAFETY: the pointer is to a sigset_t.
        unsafe { libc::sigemptyset(&raw mut mask.0) };
        mask
    }

    /// Returns the mask of this thread; the empty one where it can't be read.
    pub(super) fn of_thread() -> Mask {
        let mut mask = Mask::empty();
        // SAFETY: without a new mask none is read; the old one is written into a sigset_t.
        let result =
            unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, std::ptr::null(), &raw mut mask.0) };
        match result {
            0 => mask,
            _ => Mask::empty(),
        }
    }

    /// Makes it the mask of this thread. Async-signal-safe, and allocates nothing.
    pub(super) fn set(&self) -> io::Result<()> {
        // SAFETY: the new mask is a sigset_t that was initialized; the old one is not asked for.
        let result = unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, std::ptr::null_mut())
        };
        match result {
            0 => Ok(()),
            errno => Err(io::Error::from_raw_os_error(errno)),
        }
    }

    /// Removes a signal.
    pub(super) fn remove(&mut self, signal: libc::c_int) {
        // SAFETY: the set was initialized; a signal that does not exist is an error without effect.
        unsafe { libc::sigdelset(&raw mut self.0, signal) };
    }

    /// Adds a signal.
    #[cfg(test)]
    pub(super) fn add(&mut self, signal: libc::c_int) {
        // SAFETY: as in `remove`.
        unsafe { libc::sigaddset(&raw mut self.0, signal) };
    }

    /// Reports whether no signal is blocked.
    pub(super) fn is_empty(&self) -> bool {
        // SAFETY: the set was initialized and is only read.
        (1..=LAST).all(|signal| unsafe { libc::sigismember(&raw const self.0, signal) } != 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_sets() {
        let mut mask = Mask::empty();
        assert!(mask.is_empty());
        mask.add(libc::SIGUSR1);
        assert!(!mask.is_empty());
        // In a separate thread, so that other tests keep their mask.
        std::thread::spawn(move || {
            mask.set().unwrap();
            let mut read = Mask::of_thread();
            assert!(!read.is_empty());
            read.remove(libc::SIGUSR1);
            assert!(read.is_empty());
        })
        .join()
        .unwrap();
    }
}
