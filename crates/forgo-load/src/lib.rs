//! What the go command knows before it plans: settings, files, modules and packages. Loading turns
//! patterns into a [`package::PackageGraph`]; below it lie the types that every stage shares, and
//! the ways to the file system and to other programs.
//!
//! ```text
//! load(&Config, patterns) ─▶ PackageGraph      package errors are data inside it
//! ```
//!
//! Never prints, never exits, never reads the process environment: everything it needs arrives in a
//! [`config::Config`], everything it has to report leaves as an [`event::Event`]. Planning and
//! running are forgo-build's, which depends on this crate: nothing here can name an action.
#![cfg_attr(
    test,
    allow(clippy::disallowed_methods, reason = "tests look at what came out")
)]

pub mod clock;
pub mod config;
pub mod disk;
pub mod event;
pub mod facts;
pub mod fatal;
pub mod footprint;
pub mod fsys;
pub mod go_json;
pub mod index;
pub mod kept;
pub mod load;
pub mod local_time;
pub mod module;
pub mod package;
pub mod plain_tool;
pub mod platform;
pub mod process;
pub mod remove;
pub mod stat_text;
pub mod stock;
pub mod system;
pub mod threads;
pub mod verdict;
