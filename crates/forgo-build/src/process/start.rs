//! How a child process finds signals: as the child of a Go program does.
//!
//! Answers to runtime.syscall_runtime_AfterForkInChild and to the table of
//! runtime/sigtab_linux_generic.go.

use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::signal::{SigHandler, SigSet, Signal};

/// Signals that the Go runtime unblocks whatever it inherits.
const UNBLOCKED: [Signal; 7] = [
    Signal::SIGILL,
    Signal::SIGTRAP,
    Signal::SIGBUS,
    Signal::SIGFPE,
    Signal::SIGSEGV,
    Signal::SIGCHLD,
    Signal::SIGPROF,
];

/// Lets the program start with the signals blocked that were blocked when forgo started, and none
/// ignored that a Go program would not leave ignored. Without this std clears the mask, and the
/// posix_spawn of glibc, which std then uses, leaves signals 32 and 33 ignored.
pub fn like_go(command: &mut Command) {
    let mask = inherited_mask();
    // SAFETY: after fork the closure makes one system call, which is async-signal-safe, and
    // allocates nothing.
    unsafe {
        command.pre_exec(move || Ok(mask.thread_set_mask()?));
    }
}

/// [`like_go`] for a test or another program of the user's. When it starts them, the go command
/// takes notice of SIGINT, even where it was ignored (base.StartSigHandlers): so it is not ignored
/// for them.
pub fn program_like_go(command: &mut Command) {
    like_go(command);
    // SAFETY: as in `like_go`; setting a default action needs no memory but the child's own.
    unsafe {
        command.pre_exec(|| {
            nix::sys::signal::signal(Signal::SIGINT, SigHandler::SigDfl)?;
            Ok(())
        });
    }
}

/// [`like_go`] for a tool of the distribution that starts no other program. What it inherits cannot
/// be noticed but for the mask, and posix_spawn does not copy forgo's page tables.
pub fn tool_like_go(command: &mut Command) {
    if inherited_mask() != SigSet::empty() {
        like_go(command);
    }
}

/// The mask of this thread, which is that of the process at its start: forgo blocks nothing.
fn inherited_mask() -> SigSet {
    let mut mask = SigSet::thread_get_mask().unwrap_or_else(|_| SigSet::empty());
    for signal in UNBLOCKED {
        mask.remove(signal);
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `/proc/self/status` of a child says, by the name of the line.
    #[cfg(target_os = "linux")]
    fn status_of_child(block: &[Signal]) -> std::collections::HashMap<String, u64> {
        let block: SigSet = block.iter().copied().collect();
        // A thread of its own, so that other tests keep their mask.
        let child = std::thread::spawn(move || {
            block.thread_set_mask().unwrap();
            let mut command = Command::new("cat");
            command.arg("/proc/self/status");
            like_go(&mut command);
            command.output().unwrap()
        });
        status(&String::from_utf8(child.join().unwrap().stdout).unwrap())
    }

    #[cfg(target_os = "linux")]
    fn status(text: &str) -> std::collections::HashMap<String, u64> {
        text.lines()
            .filter_map(|line| line.split_once(":\t"))
            .filter_map(|(name, value)| {
                Some((name.to_owned(), u64::from_str_radix(value, 16).ok()?))
            })
            .collect()
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_mask_is_inherited_and_nothing_else() {
        let bit = |signal: Signal| 1_u64 << (signal as i32 - 1);
        let status = status_of_child(&[]);
        assert_eq!(status["SigBlk"], 0);
        // What started the tests may have left signals ignored; Rust adds SIGPIPE for itself.
        let own = self::status(&std::fs::read_to_string("/proc/self/status").unwrap());
        let inherited = own["SigIgn"] & !bit(Signal::SIGPIPE);
        assert_eq!(status["SigIgn"], inherited);
        let status = status_of_child(&[Signal::SIGUSR1, Signal::SIGCHLD]);
        assert_eq!(status["SigBlk"], bit(Signal::SIGUSR1));
    }
}
