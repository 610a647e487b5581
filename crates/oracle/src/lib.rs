//! The oracle: runs the stock go command and forgo on the same work, and reports every difference.
//!
//! The stock command is the specification: this crate does not depend on forgo's implementation,
//! and examines only the output, the files and the caches of the two commands. [`parity`] compares
//! them on a project, [`never_wrong`] after random edits and faults, [`conformance`] by cmd/go's
//! own tests.

pub mod checkout;
pub mod cli;
pub mod conformance;
pub mod never_wrong;
pub mod parity;
pub mod places;
pub mod programs;
pub mod record;
pub mod tree;
