//! The answers that a run gives to what keys and command lines ask: from the file system and the
//! tools.

use std::sync::PoisonError;

use forgo_cache::HashContext;
use forgo_load::disk;
use forgo_load::footprint::{self, Look};
use forgo_load::process::errno_text;

use crate::action::{ActionCx, ActionError, Facts};
use crate::build_id;
use crate::toolchain::cc_probe;

impl Facts for ActionCx<'_> {
    fn hashes(&self) -> &HashContext {
        self.run.job.hashes
    }

    fn tool_id(&self, name: &str) -> Result<String, ActionError> {
        ActionCx::tool_id(self, name)
    }

    fn c_compiler_id(&self, program: &str, language: &str) -> Result<String, String> {
        cc_probe::tool_id(self, program, language).map(|tool| tool.id)
    }

    fn c_compiler_supports(&self, compiler: &[String], flag: &str) -> bool {
        cc_probe::supports(self, compiler, flag)
    }

    fn file_hash(&self, file: &str) -> String {
        ActionCx::file_hash(self, file)
    }

    fn content_id(&self, file: &str) -> Vec<u8> {
        content_of(self, file)
    }

    fn plugin_source(&self, file: &str) -> Result<Vec<u8>, ActionError> {
        disk::read(file).map_err(|e| {
            let why = errno_text(&e);
            ActionError::fatal(format!("go: open {file}: {why}"))
        })
    }
}

/// Returns the content ID that a file carries; the hash of the file if it carries none
/// (`Builder.buildID`). As in the stock command it stays as it was when it was first asked for,
/// even if the run then puts a new shared library in the file's place.
fn content_of(cx: &ActionCx<'_>, file: &str) -> Vec<u8> {
    let ids = || {
        cx.run
            .content_ids
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    };
    if let Some(id) = ids().get(file) {
        return id.clone();
    }
    footprint::saw(file, Look::Whole);
    let mut id = match build_id::read_build_id_bytes(file) {
        Ok(id) => id,
        Err(_) => cx.file_hash(file).into_bytes(),
    };
    // An empty one is asked for again.
    let known = !id.is_empty();
    id.drain(..id.iter().rposition(|&b| b == b'/').map_or(0, |at| at + 1));
    if known {
        ids().insert(file.to_owned(), id.clone());
    }
    id
}
