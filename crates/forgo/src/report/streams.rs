//! Whole writes to standard output and standard error. A reader that has gone away ends the command
//! by SIGPIPE, as Go's os.File does for these two descriptors.

use std::io::{ErrorKind, Write};

/// Writes to standard output.
pub fn write_stdout(bytes: &[u8]) {
    finish(write(std::io::stdout().lock(), bytes));
}

/// Writes to standard error.
pub fn write_stderr(bytes: &[u8]) {
    finish(write(std::io::stderr().lock(), bytes));
}

fn write(mut stream: impl Write, bytes: &[u8]) -> std::io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    stream.write_all(bytes)?;
    stream.flush()
}

fn finish(result: std::io::Result<()>) {
    if result.is_err_and(|e| e.kind() == ErrorKind::BrokenPipe) {
        crate::signals::die_of(libc::SIGPIPE);
    }
}
