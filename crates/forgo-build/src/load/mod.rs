//! Loading: from patterns to a graph of packages.
pub mod modules;
