//! Planning: packages → a graph of actions. Pure but for the few packages that the linker asks for,
//! so a plan can be dumped and compared.
//!
//! Answers to cmd/go/internal/work/action.go and the planning half of work/build.go.

mod builder;
pub mod cgo;
mod compile;
pub mod goal;
mod link;
pub mod mode;
pub mod node;
mod packages;
mod shared;
pub mod test;
mod vet;

#[cfg(test)]
mod tests;

pub use builder::{BuildMode, Packages, PlanBuilder, PlanError};
pub use cgo::{SwigOutputs, swig_outputs};
pub use mode::Mode;
pub use node::{CgoCompiler, Kind, Node, NodeId, Plan, TestStep};
