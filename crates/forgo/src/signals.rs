//! Signals: Ctrl-C as a message, signals handed to a child, and ending as a signal's default would.
//!
//! Answers to cmd/go/internal/base/signal.go.

use std::sync::{Arc, OnceLock};

use crossbeam_channel::{Receiver, unbounded};
use signal_hook::consts::{SIGINT, SIGQUIT};
use signal_hook::iterator::Signals;

/// From now on SIGINT and SIGQUIT don't end the process but are messages of this channel
/// (base.StartSigHandlers).
pub fn interrupts() -> Receiver<()> {
    static CHANNEL: OnceLock<Receiver<()>> = OnceLock::new();
    let channel = CHANNEL.get_or_init(|| {
        let (sender, receiver) = unbounded();
        // Without handlers the signals end the process, which is what is wanted then.
        if let Ok(mut signals) = Signals::new([SIGINT, SIGQUIT]) {
            let forward = move || {
                for _ in signals.forever() {
                    let _ = sender.send(());
                }
            };
            // Where the system allows no more threads, nobody hears of the signals either.
            let _ = std::thread::Builder::new().spawn(forward);
        }
        receiver
    });
    channel.clone()
}

/// Signals that a program written in Go takes no notice of (the table in runtime/sigtab_linux_generic.go), though
/// their default is to end a process.
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

/// From now on signals that don't end the stock command don't end this one. By handlers, for programs that it starts
/// get the default back.
pub fn ignore() {
    for signal in IGNORED {
        // The flag is nobody's. Without the handler the signal does what it did.
        let _ = signal_hook::flag::register(signal, Arc::default());
    }
}

/// Restores the signal's default action and sends it to this process. Falls back to the shell's
/// exit status for it.
pub fn die_of(signal: i32) -> ! {
    let _ = signal_hook::low_level::emulate_default_handler(signal);
    crate::exit_now(128 + signal)
}
