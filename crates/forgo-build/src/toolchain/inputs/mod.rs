//! What goes into the results of tools: an action's `Inputs`, and the key made of them. The command
//! lines are made of the same ([`super::gc`], [`super::cgo`], [`super::cc`], [`super::swig`]).

pub mod compile;
pub mod link;
pub mod pgo;
pub mod vet;
