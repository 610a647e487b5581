//! The project's chores, as a library so that `cargo test` can run the same checks that `cargo
//! xtask` prints: the tour through the fourteen exercises of the cache lab. The comparisons with
//! the stock command are in the crate `oracle`.

pub mod bench;
pub mod dist;
pub mod links;
pub mod measure;
pub mod record;
pub mod seen;
pub mod tour;
