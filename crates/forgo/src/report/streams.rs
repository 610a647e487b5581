//! Complete writes to standard output and standard error, the only way to them.
//!
//! Answers to os.File.Write for these two descriptors, with one addition: a descriptor that another
//! process has set to O_NONBLOCK after forgo's start is waited for too.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Mutex, PoisonError};

use forgo_golang::raw;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

/// Writers take turns, so that no text is torn by another thread's.
static STDOUT: Mutex<()> = Mutex::new(());
static STDERR: Mutex<()> = Mutex::new(());

/// Writes all bytes to standard output.
pub fn write_stdout(bytes: &[u8]) -> io::Result<()> {
    let _turn = STDOUT.lock().unwrap_or_else(PoisonError::into_inner);
    to_stream(io::stdout().as_fd(), bytes)
}

/// Writes a text to standard error.
pub fn write_stderr_text(text: &str) {
    write_stderr(&raw::bytes(text));
}

/// Writes all bytes to standard error. A failure has nowhere to be reported.
pub fn write_stderr(bytes: &[u8]) {
    let _turn = STDERR.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = to_stream(io::stderr().as_fd(), bytes);
}

/// A reader that has gone away ends the command by SIGPIPE, as it ends a Go program.
fn to_stream(stream: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<()> {
    match write_all(stream, bytes) {
        Err(Errno::PIPE) => crate::signals::die_of(libc::SIGPIPE),
        written => Ok(written?),
    }
}

/// Writes all bytes, however many calls that takes.
fn write_all(stream: BorrowedFd<'_>, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        match rustix::io::write(stream, bytes) {
            // The meaning of success from a device that takes nothing is unknown; trying again
            // would not end.
            Ok(0) => return Err(Errno::IO),
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => wait(stream)?,
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// Waits until a descriptor in non-blocking mode can be written, or has an error that the next
/// write returns.
fn wait(stream: BorrowedFd<'_>) -> Result<(), Errno> {
    match poll(&mut [PollFd::new(&stream, PollFlags::OUT)], None) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(e) => Err(e),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_full_pipe_in_non_blocking_mode_is_waited_for() {
        let (mut reader, writer) = io::pipe().unwrap();
        let flags = rustix::fs::fcntl_getfl(&writer).unwrap();
        rustix::fs::fcntl_setfl(&writer, flags | rustix::fs::OFlags::NONBLOCK).unwrap();
        let text: Vec<u8> = (0..1_000_000_u32).map(|i| i as u8).collect();
        let written = text.clone();
        let writing = std::thread::spawn(move || write_all(writer.as_fd(), &written));
        let mut read = Vec::new();
        reader.read_to_end(&mut read).unwrap();
        assert_eq!(writing.join().unwrap(), Ok(()));
        assert!(read == text);
    }

    #[test]
    fn failures_are_returned() {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        assert_eq!(write_all(writer.as_fd(), b"x"), Err(Errno::PIPE));
        if let Ok(full) = std::fs::File::options().write(true).open("/dev/full") {
            assert_eq!(write_all(full.as_fd(), b"x"), Err(Errno::NOSPC));
        }
    }
}
