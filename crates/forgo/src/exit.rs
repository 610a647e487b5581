//! How a command ends before its last line: the stock command's `base.Fatalf`, `base.Exit` and
//! usage errors as values, so that only `main` prints the last message and exits.
//!
//! Answers to cmd/go/internal/base/base.go.

/// Why a command stops early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// Text for standard error, whole lines; empty when everything was printed already.
    pub text: String,
    /// The minimum of the exit status.
    pub status: i32,
}

/// The result of a command's steps.
pub type Outcome<T = ()> = Result<T, Stop>;

impl Stop {
    /// `base.Fatalf`: the text as a line on standard error, exit status 1. The text has its own
    /// `go: ` prefix where the stock command gives one.
    pub fn fatal(text: impl Into<String>) -> Stop {
        Stop::with_status(text, 1)
    }

    /// A line on standard error and this exit status.
    pub fn with_status(text: impl Into<String>, status: i32) -> Stop {
        let mut text = text.into();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        Stop { text, status }
    }

    /// No message: exit with this status, or the reporter's when that is higher.
    pub fn status(status: i32) -> Stop {
        Stop {
            text: String::new(),
            status,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_once() {
        assert_eq!(Stop::fatal("go: x").text, "go: x\n");
        assert_eq!(Stop::fatal("go: x\n").text, "go: x\n");
        assert_eq!(
            Stop::status(2),
            Stop {
                text: String::new(),
                status: 2
            }
        );
    }
}
