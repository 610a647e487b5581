//! The log of what forgo did: which command ran, how each action ended, the time and memory it
//! took, and the lines of the keys, so that a later command can tell why something was done.
//!
//! The log is a directory of segments ([`Store`]). A segment is a file of [`frame`]s, to which
//! several processes append at once; a frame that a kill cut off is skipped by readers. Every
//! segment can be read without the others, so the oldest can be removed when the log exceeds its
//! budget. Texts and the lines of a key are stored once in a segment and named by their hashes.
//!
//! Nothing here knows what a package or an action is; those are texts. Nothing here prints or reads
//! the environment.
#![allow(
    clippy::disallowed_methods,
    reason = "the answer of no command that is kept depends on the log"
)]

pub mod frame;
mod history;
mod record;
mod store;
mod writer;

pub use history::{History, Run, Segment};
pub use record::{Action, Begin, End, Key, Record, TextId, Tried, Verdict};
pub use store::Store;
pub use writer::{KeyText, Writer};
