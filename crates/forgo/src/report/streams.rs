//! Whole writes to standard output and standard error. A reader that has gone away ends the command
//! by SIGPIPE, as Go's os.File does for these two descriptors.

use std::io::{ErrorKind, Write};

use forgo_golang::raw;

/// Writes to standard output.
pub fn write_stdout(bytes: &[u8]) -> std::io::Result<()> {
    write(std::io::stdout().lock(), bytes)
}

/// Writes a text to standard error.
pub fn write_stderr_text(text: &str) {
    write_stderr(&raw::bytes(text));
}

/// Writes to standard error. Nobody could be told that it failed.
pub fn write_stderr(bytes: &[u8]) {
    let _ = write(std::io::stderr().lock(), bytes);
}

fn write(mut stream: impl Write, bytes: &[u8]) -> std::io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    let written = stream.write_all(bytes).and_then(|()| stream.flush());
    if matches!(&written, Err(e) if e.kind() == ErrorKind::BrokenPipe) {
        crate::signals::die_of(libc::SIGPIPE);
    }
    written
}
