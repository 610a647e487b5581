//! Modules: which mode the command is in, the main modules, the build list, and for every import path
//! its directory and module. Reads go.mod, go.work, go.sum, modules.txt and the module cache; what is
//! missing there is fetched by the stock command.
//!
//! Answers to cmd/go/internal/modload, mvs and the reading side of modfetch. It does not read Go
//! source itself: a [`SourceTree`] tells what a directory imports.

mod api;

pub use api::*;
