//! Identities of the tools, as keys have them: what `TOOL -V=full` says.
//!
//! Answers to `toolID` in cmd/go/internal/work/buildid.go.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::actions::{ActionCx, ActionError};

/// Identities of the tools, each asked for once.
#[derive(Debug, Default)]
pub struct ToolIds {
    known: Mutex<HashMap<String, String>>,
}

impl ToolIds {
    /// The identity of `name`.
    pub fn get(&self, cx: &ActionCx<'_>, name: &str) -> Result<String, ActionError> {
        let _ = (cx, name, &self.known);
        todo!()
    }
}
