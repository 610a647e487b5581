//! A linker for Go programs that writes exactly the bytes of cmd/link.
//!
//! ```text
//! input/        importcfg, archives, object files: mapped, read in place
//! resolve.rs    a number for every symbol of every object; linkname.rs: which references are allowed
//! symbols.rs    the tables that all passes share
//! cgo.rs        cgo's directives
//! dynamic.rs    tables for the dynamic linker
//! inittask.rs   the order of initialization
//! deadcode.rs   which symbols the program needs; types.rs reads type descriptors
//! text.rs       order and addresses of functions; stackcheck.rs
//! pclntab.rs    program counter → function, file, line
//! dwarf/        debug information; deflate/ compresses it
//! symtab.rs     groups of symbols, moduledata
//! dodata.rs     which section, and where in it; gcprog.rs
//! layout.rs     addresses and places in the file
//! elf/          headers and symbol table
//! reloc/        relocations
//! write.rs      the output
//! arch.rs       the differences between architectures
//! release/      the differences between releases of Go
//! ```
//!
//! [`link()`] does a whole link, or returns an error and leaves no output. A link that needs an
//! unsupported feature is [`Error::Unsupported`]; a link that fails with the stock linker too is
//! [`Error::Failed`]. In both cases the caller runs the stock linker, which prints its messages.
#![expect(
    clippy::disallowed_methods,
    reason = "it runs as a process of its own, in place of cmd/link: its files are in the link's key"
)]

mod arch;
mod cgo;
mod deadcode;
mod deflate;
mod dodata;
mod dwarf;
mod dynamic;
mod elf;
mod error;
mod flags;
mod funcinfo;
mod gcprog;
mod gosort;
mod inittask;
mod input;
mod kind;
mod layout;
mod link;
mod linkname;
mod pclntab;
mod pcvalue;
mod release;
mod reloc;
mod resolve;
mod stackcheck;
mod symbols;
mod symtab;
mod text;
mod types;
mod write;

pub use error::{Error, Result};
pub use flags::{BuildMode, Options, Setting};
pub use link::link;
pub use release::Release;
