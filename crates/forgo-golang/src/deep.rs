//! Recursion over input. What bounds its depth is a limit of the Go package that forgo answers to,
//! and those limits are made for Go's stacks, which grow to a gigabyte. [`deep`] lets the native
//! stack grow as well.
//!
//! Every function that calls itself for nested input goes through it once a level, or has a limit
//! of a few thousand calls, or works on an explicit list instead.

/// At least so much stack is left when the closure begins; what runs between two calls of [`deep`]
/// has to do with it, in an unoptimized build too.
const RESERVE: usize = 256 << 10;

/// So much is added when it is not.
const STEP: usize = 4 << 20;

/// Runs a function with enough stack for one more level.
pub fn deep<T>(f: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(RESERVE, STEP, f)
}
