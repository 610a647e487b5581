//! The project's own chores, as a library so that `cargo test` can run the same checks that
//! `cargo xtask` prints: the tour through the fourteen exercises of the cache lab.

pub mod bench;
pub mod conformance;
pub mod dist;
pub mod measure;
pub mod never_wrong;
pub mod parity;
pub mod seen;
pub mod tour;
pub mod tree;
