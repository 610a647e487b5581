//! The engine of forgo: load packages, plan actions, run them. Never prints, never exits, never
//! reads the process environment: everything it needs arrives in a [`config::Config`], everything
//! it has to say leaves as an [`event::Event`].
//!
//! ```text
//! load(&Config, patterns) ─▶ PackageGraph      package errors are data inside it
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
pub mod config;
pub mod disk;
pub mod error;
pub mod event;
pub mod exports;
pub mod facts;
pub mod fatal;
pub mod footprint;
pub mod fsys;
mod go_json;
pub mod index;
pub mod kept;
pub mod load;
mod local_time;
pub mod module;
pub mod package;
pub mod plan;
pub mod platform;
pub mod process;
pub mod remove;
pub mod run;
pub mod shell;
mod stat_text;
pub mod stock;
pub mod system;
pub mod threads;
pub mod toolchain;
pub mod verdict;
