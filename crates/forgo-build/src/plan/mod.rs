//! Planning: packages → a graph of actions. Pure: no I/O, so a plan can be dumped and compared.
//!
//! Answers to cmd/go/internal/work/action.go and the planning half of work/build.go.

mod builder;
pub mod node;

pub use builder::{BuildMode, LoadMore, PlanBuilder, PlanError};
pub use node::{CgoCompiler, Kind, Node, NodeId, Plan};
