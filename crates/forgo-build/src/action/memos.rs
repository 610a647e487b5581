//! Facts that a run finds out once and remembers. Plain data: the modules above decide when to look
//! for a fact and how, and they alone store facts here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use forgo_cache::ActionId;
use forgo_load::footprint::Stat;

use crate::error::ActionError;
use crate::exports::Places;

/// The answer for one tool, once there is one.
pub(crate) type ToolAnswer = Arc<OnceLock<Result<String, ActionError>>>;

/// Identities of the tools, each asked for once.
#[derive(Debug, Default)]
pub struct ToolIds {
    pub(crate) answers: Mutex<HashMap<String, ToolAnswer>>,
}

/// What a run knows of the C compilers.
#[derive(Debug, Default)]
pub struct CompilerFacts {
    /// By program and language.
    pub(crate) tools: Mutex<HashMap<(String, String), CTool>>,
    /// By program: the key below which the cache keeps the program's abilities.
    pub(crate) compilers: Mutex<HashMap<String, ActionId>>,
    /// By program and flag. Held while a compiler is tried out, so that each flag is tried once.
    pub(crate) flags: Mutex<HashMap<(String, String), bool>>,
}

/// A compiler behind a driver such as gcc.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CTool {
    /// Changes when the compiler does: its version line, or its hash if it is not a release.
    pub id: String,
    /// Its file, where `id` is a hash of it; else empty.
    pub exe: String,
}

/// Facts about SWIG, each found out once in a run: its version, and the size of `int` for it.
#[derive(Debug, Default)]
pub struct SwigFacts {
    pub(crate) version: OnceLock<Result<(), ActionError>>,
    pub(crate) int_size: OnceLock<Result<String, ActionError>>,
}

/// Fingerprints of the system's linker, by the driver that starts it and by what the flags name,
/// both as text.
pub type Surroundings = Mutex<HashMap<String, Option<[u8; 32]>>>;

/// Stats of files when they were last hashed here: contents that changed and changed back show in
/// them.
pub type Reread = Mutex<HashMap<String, Option<Stat>>>;

/// What all moves of archives of a run share.
#[derive(Debug, Default)]
pub struct Moving {
    /// The places of the run.
    pub(crate) places: OnceLock<Places>,
    /// The note that all archives have a record, if the run is to leave it.
    pub(crate) adoption: OnceLock<Option<ActionId>>,
}
