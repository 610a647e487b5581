//! Signals: Ctrl-C as a message, signals handed to a child, and ending as a signal's default would.
//!
//! Answers to cmd/go/internal/base/signal.go.

use std::sync::{Arc, OnceLock};

use crossbeam_channel::{Receiver, unbounded};
use signal_hook::consts::{SIGINT, SIGQUIT};
use signal_hook::iterator::Signals;

/// From now on SIGINT and SIGQUIT don't end the process but are messages of this channel
/// (base.StartSigHandlers). A SIGINT that was ignored when forgo started stays ignored: the stock
/// command has no handler while it builds.
pub fn interrupts() -> Receiver<()> {
    static CHANNEL: OnceLock<Receiver<()>> = OnceLock::new();
    let channel = CHANNEL.get_or_init(|| {
        let (sender, receiver) = unbounded();
        // Without handlers the signals end the process, as they should then.
        let wanted: &[i32] = match is_ignored(SIGINT) {
            true => &[SIGQUIT],
            false => &[SIGINT, SIGQUIT],
        };
        if let Ok(mut signals) = Signals::new(wanted) {
            let forward = move || {
                for _ in signals.forever() {
                    let _ = sender.send(());
                }
            };
            // Where the system allows no more threads, the signals are not handled either.
            let _ = std::thread::Builder::new().spawn(forward);
        }
        receiver
    });
    channel.clone()
}

fn is_ignored(signal: i32) -> bool {
    // SAFETY: nothing but a question; sigaction is plain data, for which zero is a value.
    unsafe {
        let mut now: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &raw mut now) == 0
            && now.sa_sigaction == libc::SIG_IGN
    }
}

/// Signals that a program written in Go takes no notice of (the table in
/// runtime/sigtab_linux_generic.go), though their default is to end a process.
const IGNORED: [i32; 8] = [
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGALRM,
    libc::SIGXCPU,
    libc::SIGXFSZ,
    libc::SIGVTALRM,
    libc::SIGPROF,
    libc::SIGIO,
];

/// Gives signals that forgo inherited as ignored their default action where the Go runtime does so,
/// for forgo and all programs that it starts. nohup's SIGHUP and a background job's SIGINT stay
/// ignored. With SIGCHLD ignored the exit status of a child would be lost.
pub fn reset_ignored() {
    let kept = [
        libc::SIGHUP,
        libc::SIGINT,
        // std has set it already; it is the default again in programs that are started.
        libc::SIGPIPE,
        libc::SIGKILL,
        libc::SIGSTOP,
        libc::SIGCONT,
        libc::SIGTSTP,
        libc::SIGTTIN,
        libc::SIGTTOU,
    ];
    for signal in (1..32).filter(|signal| !kept.contains(signal)) {
        // SAFETY: no other thread runs yet, and no handler but Rust's own for stack overflow has
        // been installed, which is put back. An invalid signal number is refused.
        unsafe {
            let before = libc::signal(signal, libc::SIG_DFL);
            if !matches!(before, libc::SIG_IGN | libc::SIG_DFL | libc::SIG_ERR) {
                libc::signal(signal, before);
            }
        }
    }
}

/// From now on signals that don't end the stock command don't end this one. By handlers, for
/// programs that it starts get the default back.
pub fn ignore() {
    for signal in IGNORED {
        // The flag is not read. Without the handler the signal has its previous effect.
        let _ = signal_hook::flag::register(signal, Arc::default());
    }
}

/// Restores the signal's default action and sends it to this process. Falls back to the shell's
/// exit status for it.
pub fn die_of(signal: i32) -> ! {
    let _ = signal_hook::low_level::emulate_default_handler(signal);
    crate::exit_now(128 + signal)
}
