//! Errors that end a command.

use std::fmt;

/// An error that ends the command (base.Fatal and base.Errorf with ExitIfErrors).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FatalError {
    /// All of what goes to standard error, `go: ` prefix included, ends in a newline.
    pub stderr: String,
    /// The exit status.
    pub code: i32,
}

impl fmt::Display for FatalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.stderr.trim_end())
    }
}

impl std::error::Error for FatalError {}

impl FatalError {
    /// Exit status 1 with this text and a newline.
    pub fn new(text: impl fmt::Display) -> FatalError {
        FatalError {
            stderr: format!("{text}\n"),
            code: 1,
        }
    }

    /// base.Fatal(err): the text behind `go: `.
    pub fn go(text: impl fmt::Display) -> FatalError {
        FatalError::new(format_args!("go: {text}"))
    }

    /// base.ExitIfErrors: all errors have been reported already.
    pub fn reported() -> FatalError {
        FatalError {
            stderr: String::new(),
            code: 1,
        }
    }
}
