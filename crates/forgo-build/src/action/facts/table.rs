//! Facts from a table, for tests of keys and command lines.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use forgo_cache::{Formulas, HashContext};

use crate::action::{ActionError, Facts};

/// Answers that a test makes up, or takes from a recording. A question without an answer fails the
/// test, if an empty answer would go unnoticed.
#[derive(Default)]
pub struct Table {
    hashes: HashContext,
    trace: Arc<Mutex<String>>,
    /// The release that tools report: `go1.27.3`.
    pub release: String,
    /// Path → content hash.
    pub files: HashMap<String, String>,
    /// Language → identity of its compiler.
    pub c_compilers: HashMap<String, String>,
    sources: HashMap<String, String>,
}

impl Table {
    /// Returns one whose keys belong to a release, and are traced.
    pub fn of(release: &str) -> Table {
        let trace = Arc::new(Mutex::new(String::new()));
        let sink = Arc::clone(&trace);
        let watch = move |line: &str| {
            sink.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push_str(line);
        };
        Table {
            hashes: HashContext::new(release, Formulas::Known, Some(Arc::new(watch)), false),
            trace,
            release: release.to_owned(),
            ..Table::default()
        }
    }

    /// Adds a source file of a plugin.
    pub fn with_source(mut self, file: &str, text: &str) -> Table {
        self.sources.insert(file.to_owned(), text.to_owned());
        self
    }

    /// Returns the HASH lines since the last call.
    pub fn take_trace(&self) -> String {
        std::mem::take(&mut self.trace.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Facts for Table {
    fn hashes(&self) -> &HashContext {
        &self.hashes
    }

    fn tool_id(&self, name: &str) -> Result<String, ActionError> {
        Ok(format!("{name} version {}", self.release))
    }

    fn c_compiler_id(&self, _program: &str, language: &str) -> Result<String, String> {
        Ok(self.c_compilers[language].clone())
    }

    fn c_compiler_supports(&self, _compiler: &[String], _flag: &str) -> bool {
        false
    }

    fn file_hash(&self, file: &str) -> String {
        let known = self.files.get(file);
        known.unwrap_or_else(|| panic!("{file}")).clone()
    }

    fn content_id(&self, file: &str) -> Vec<u8> {
        self.file_hash(file).into_bytes()
    }

    fn plugin_source(&self, file: &str) -> Result<Vec<u8>, ActionError> {
        let known = self.sources.get(file);
        let text = known.ok_or_else(|| ActionError::fatal(format!("go: open {file}")))?;
        Ok(text.clone().into_bytes())
    }
}
