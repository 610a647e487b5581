//! Writing the fixes that `go vet -fix` found, once nothing reads the sources any more.
//!
//! Answers to the end of `run` and to readZip in cmd/go/internal/vet/vet.go.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Mutex;

use forgo_build::action::{ActionCx, ActionError, Actor, Outcome, Provider, VetOutputs};
use forgo_load::disk::{self, Because};
use forgo_load::footprint;
use forgo_load::process::errno_text;
use zip::ZipArchive;

use crate::report::Console;

/// The root of a run that fixes: collects the findings.
#[derive(Debug, Default)]
pub struct Fixes {
    /// The contents of the archives, read while the run's work directory exists.
    found: Mutex<Found>,
}

#[derive(Debug, Default)]
struct Found {
    /// New contents by file. Tests and external tests are vetted apart, but may fix the same file.
    contents: BTreeMap<String, Vec<u8>>,
    /// The error; then nothing is written.
    error: Option<String>,
}

impl Actor for Fixes {
    fn act(&self, cx: &ActionCx<'_>) -> Result<Outcome, ActionError> {
        let mut found = self.found.lock().unwrap_or_else(|e| e.into_inner());
        for dep in &cx.node().deps {
            if let Provider::Vet(VetOutputs { fix_archive }) = &cx.outcome(*dep).provider
                && !fix_archive.is_empty()
                && let Err(e) = found.read(fix_archive)
            {
                found.error.get_or_insert(e);
            }
        }
        Ok(Outcome::default())
    }
}

impl Found {
    fn read(&mut self, archive: &str) -> Result<(), String> {
        let file = disk::own::open(Because::Made, archive)
            .map_err(|e| format!("open {archive}: {}", errno_text(&e)))?;
        let mut zip = ZipArchive::new(file).map_err(|e| format!("zip: {e}"))?;
        for i in 0..zip.len() {
            let mut entry = zip.by_index(i).map_err(|e| format!("zip: {e}"))?;
            let name = entry.name().to_owned();
            let mut content = Vec::new();
            entry
                .read_to_end(&mut content)
                .map_err(|e| errno_text(&e))?;
            match self.contents.get(&name) {
                Some(before) if *before != content => {
                    return Err(format!("inconsistent fixes to file {name}"));
                }
                _ => self.contents.insert(name, content),
            };
        }
        Ok(())
    }
}

impl Fixes {
    /// Writes them.
    pub fn apply(&self, console: &Console) {
        let found = self.found.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(error) = &found.error {
            console.error(&format!("reading archive of fixes: {error}"));
            return;
        }
        for (file, content) in &found.contents {
            footprint::writes(file);
            #[expect(clippy::disallowed_methods, reason = "footprint was told just now")]
            if let Err(e) = std::fs::write(file, content) {
                console.error(&format!("applying fix: open {file}: {}", errno_text(&e)));
            }
        }
    }
}
