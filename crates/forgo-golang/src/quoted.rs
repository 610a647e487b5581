//! Space-separated arguments with simple quotes, as in CGO_CFLAGS, CC or `-ldflags`. Answers to
//! cmd/internal/quoted.

use std::fmt;

/// Why a text did not split or a list did not join. Displays as the stock error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuotedError {
    /// A quote is not closed.
    Unterminated(char),
    /// An argument has both kinds of quotes.
    BothQuotes(String),
}

impl fmt::Display for QuotedError {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}

impl std::error::Error for QuotedError {}

/// Splits into fields; `'…'` and `"…"` around a whole field keep spaces.
pub fn split(_s: &str) -> Result<Vec<String>, QuotedError> {
    todo!()
}

/// The inverse of [`split`].
pub fn join<S: AsRef<str>>(_args: &[S]) -> Result<String, QuotedError> {
    todo!()
}
