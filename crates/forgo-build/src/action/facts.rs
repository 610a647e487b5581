//! What the keys and the command lines of actions ask about the world outside of their inputs.
//!
//! A key is a pure function of an action's inputs and of these answers. A run answers from the
//! file system and the tools ([`crate::toolchain::answers`]); tests of keys answer from a table.

use forgo_cache::HashContext;

use crate::error::ActionError;

/// Answers about tools and files. All of them are hashed into keys, or follow from an answer that
/// is: a flag that a C compiler supports follows from the ID of that compiler.
pub trait Facts {
    /// Returns the context that starts hashes: it holds their salt, the Go release.
    fn hashes(&self) -> &HashContext;

    /// Returns the identity of a Go tool (`compile`, `cgo` …). Answers to `Builder.toolID`.
    fn tool_id(&self, name: &str) -> Result<String, ActionError>;

    /// Returns the identity of the compiler behind the C driver `program` for `language`, or why
    /// there is none. Answers to `Builder.gccToolID`.
    fn c_compiler_id(&self, program: &str, language: &str) -> Result<String, String>;

    /// Reports whether a C compiler, given with its arguments, supports a flag. Answers to
    /// `Builder.gccSupportsFlag`.
    fn c_compiler_supports(&self, compiler: &[String], flag: &str) -> bool;

    /// Returns the content hash of a file, overlay applied; empty if it can't be read. Answers to
    /// `Builder.fileHash`.
    fn file_hash(&self, file: &str) -> String;

    /// Returns the content ID that an archive or a shared library carries; any bytes, if a C
    /// linker gave the ID. Answers to `Builder.buildID`.
    fn content_id(&self, file: &str) -> Vec<u8>;

    /// Reads a source file of a plugin: its contents go into the path of the plugin.
    fn plugin_source(&self, file: &str) -> Result<Vec<u8>, ActionError>;
}

#[cfg(test)]
pub(crate) mod table;
