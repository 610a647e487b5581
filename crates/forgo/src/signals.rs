//! Ending as a signal's default would.

/// Restores the signal's default action and sends it to this process. Falls back to the shell's
/// exit status for it.
pub fn die_of(signal: i32) -> ! {
    // SAFETY: signal and raise take plain integers; the default action replaces whatever handler
    // was there, and this process is about to end.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
    crate::exit_now(128 + signal)
}
