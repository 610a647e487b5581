//! How a child process finds signals: as the child of a Go program does.
//!
//! Answers to runtime.syscall_runtime_AfterForkInChild and to the table of
//! runtime/sigtab_linux_generic.go.

mod mask;

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use mask::Mask;

/// Signals that the Go runtime unblocks even if it inherits them blocked.
const UNBLOCKED: [libc::c_int; 7] = [
    libc::SIGILL,
    libc::SIGTRAP,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGSEGV,
    libc::SIGCHLD,
    libc::SIGPROF,
];

/// Lets the program start with the signals blocked that were blocked when forgo started, and none
/// ignored that a Go program would not leave ignored. Without this std clears the mask, and the
/// posix_spawn of glibc, which std then uses, leaves signals 32 and 33 ignored.
pub fn like_go(command: &mut Command) {
    let mask = inherited_mask();
    // SAFETY: after fork the closure makes one system call, which is async-signal-safe, and
    // allocates nothing.
    unsafe {
        command.pre_exec(move || mask.set());
    }
}

/// [`like_go`] for a test or another program of the user's. When it starts them, the go command
/// takes notice of SIGINT, even where it was ignored (base.StartSigHandlers): so it is not ignored
/// for them.
pub fn program_like_go(command: &mut Command) {
    like_go(command);
    // SAFETY: as in `like_go`; setting a default action needs no memory but the child's own.
    unsafe {
        command.pre_exec(|| match libc::signal(libc::SIGINT, libc::SIG_DFL) {
            libc::SIG_ERR => Err(io::Error::last_os_error()),
            _ => Ok(()),
        });
    }
}

/// [`like_go`] for a tool of the distribution that starts no other program. Of all that it
/// inherits, only the mask can be noticed, and posix_spawn does not copy forgo's page tables.
pub fn tool_like_go(command: &mut Command) {
    if !inherited_mask().is_empty() {
        like_go(command);
    }
}

/// The mask of this thread, which is that of the process at its start: forgo blocks nothing.
fn inherited_mask() -> Mask {
    let mut mask = Mask::of_thread();
    for signal in UNBLOCKED {
        mask.remove(signal);
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a child's `/proc/self/status`, by the name of the line.
    #[cfg(target_os = "linux")]
    fn status_of_child(block: &[libc::c_int]) -> std::collections::HashMap<String, u64> {
        let mut mask = Mask::empty();
        block.iter().for_each(|signal| mask.add(*signal));
        // In a separate thread, so that other tests keep their mask.
        let child = std::thread::spawn(move || {
            mask.set().unwrap();
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
        let bit = |signal: libc::c_int| 1_u64 << (signal - 1);
        let status = status_of_child(&[]);
        assert_eq!(status["SigBlk"], 0);
        // What started the tests may have left signals ignored; Rust adds SIGPIPE for itself.
        let own = self::status(&std::fs::read_to_string("/proc/self/status").unwrap());
        let inherited = own["SigIgn"] & !bit(libc::SIGPIPE);
        assert_eq!(status["SigIgn"], inherited);
        let status = status_of_child(&[libc::SIGUSR1, libc::SIGCHLD]);
        assert_eq!(status["SigBlk"], bit(libc::SIGUSR1));
    }
}
