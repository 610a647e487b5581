//! The engine of forgo: plan actions, and run them. Never prints, never exits, never reads the
//! process environment: everything it needs arrives in a [`Config`](forgo_load::config::Config),
//! everything it reports leaves as an [`Event`](forgo_load::event::Event). Packages come from
//! forgo-load.
//!
//! ```text
//! plan(&Config, &PackageGraph, Goal) ─▶ Plan   pure: no I/O
//! run(&Config, Plan, &Tiered, &dyn Reporter) ─▶ Summary
//! ```
#![cfg_attr(
    test,
    allow(clippy::disallowed_methods, reason = "tests look at what came out")
)]

pub mod action;
pub mod actions;
pub mod archive;
pub mod build_id;
pub mod error;
pub mod exports;
pub mod plan;
pub mod reuse;
pub mod run;
pub mod shell;
pub mod toolchain;
