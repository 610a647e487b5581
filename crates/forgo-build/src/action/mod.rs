//! What an action is given and what becomes of it: the types that [tools](crate::toolchain), the
//! ways to skip work, and the [actions](crate::actions) themselves share. None of it decides
//! anything.

pub mod actor;
pub mod check;
mod cx;
pub mod facts;
mod job;
pub mod memos;
mod neighbours;
mod outcome;
pub mod own_keys;
pub mod trust;
pub mod vet_config;

pub use actor::{Actor, Actors};
pub use cx::{ActionCx, RunCx};
pub use facts::Facts;
pub use job::{Job, PackageFacts, RunOptions, VetOptions, VetOutput};
pub use outcome::{Artifact, CgoOutputs, CoverOutputs, Outcome, Provider, VetOutputs};

pub use crate::error::ActionError;
