//! Modules: which mode the command is in, the main modules, the build list, and for every import
//! path its directory and module. Reads go.mod, go.work, go.sum, modules.txt and the module cache;
//! the stock command fetches files that are missing there.
//!
//! Answers to cmd/go/internal/modload, mvs and the reading side of modfetch. It does not read Go
//! source itself: a [`SourceTree`] tells what a directory imports.

mod api;
mod build_mod;
mod cache;
mod errors;
mod fetch;
mod gosum;
mod graph;
mod import;
mod info;
mod init;
mod loading;
mod mains;
mod matching;
mod memo;
mod modfile;
mod outside;
mod packages;
mod paths;
pub use paths::in_dir;
mod pool;
mod requirements;
mod roots;
mod state;
mod summary;
#[cfg(test)]
mod tests;
mod updating;
mod vendor;
mod walk;
mod walking;

pub use api::*;
pub use init::{go_toolchain_lines, local_version, will_be_enabled, work_file};
pub use outside::{TooNew, newer_release_wanted, offered_releases};
