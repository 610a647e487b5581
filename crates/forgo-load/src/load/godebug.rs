//! The GODEBUG settings that a main package gets by default. Answers to
//! cmd/go/internal/load/godebug.go.

use std::collections::BTreeMap;

use forgo_golang::godebug::{self, GodebugError, Table};
use forgo_golang::gover;

use super::{FatalError, Loader, RootMode};
use crate::config::Config;
use crate::disk;
use crate::package::{Directive, PackageId};

/// The distribution's table of settings.
fn read_table(cfg: &Config) -> Result<Table, String> {
    let file = format!("{}/src/internal/godebugs/table.go", cfg.dist.goroot);
    let text =
        disk::read_to_string(&file).map_err(|e| crate::fsys::path_error("open", &file, &e))?;
    Ok(godebug::parse_godebugs_table(
        &text,
        &super::modules::local_version(cfg),
    ))
}

/// Key and value of a `//go:debug` line: `None` if it is not one, an error text if it is malformed
/// or unknown (load.ParseGoDebug).
pub fn parse_go_debug(cfg: &Config, text: &str) -> Option<Result<(String, String), String>> {
    let table = match read_table(cfg) {
        Ok(table) => table,
        Err(e) => return Some(Err(e)),
    };
    match godebug::parse_go_debug(&table, text) {
        Ok(pair) => Some(Ok(pair)),
        Err(GodebugError::NotGodebug) => None,
        Err(GodebugError::Invalid(text)) => Some(Err(text)),
    }
}

impl Loader<'_> {
    /// The defaults of a main package, `more` being the directives of a package under test beside
    /// its own; empty for other packages.
    pub(super) fn default_godebug(
        &mut self,
        id: PackageId,
        more: &[&[Directive]],
    ) -> Result<String, FatalError> {
        if self.graph[id].name != "main" {
            return Ok(String::new());
        }
        if self.godebugs.is_none() {
            self.godebugs = Some(read_table(self.cfg).map_err(FatalError::go)?);
        }
        let table = self.godebugs.as_ref().expect("it was just read");
        let p = &self.graph[id];
        let mut set: BTreeMap<String, String> = BTreeMap::new();
        if self.cfg.target.gofips140 != "off" && !self.cfg.target.gofips140.is_empty() {
            set.insert("fips140".to_owned(), "on".to_owned());
        }
        set.extend(self.modules.state.godebugs.iter().cloned());
        let own = [p.internal.directives.as_slice()];
        for directive in own.iter().chain(more).flat_map(|list| list.iter()) {
            if let Ok((key, value)) = godebug::parse_go_debug(table, &directive.text) {
                set.insert(key, value);
            }
        }
        let mut go_version = self.godebug_go_version(id);
        if let Some(v) = set.remove("default") {
            let v = v.strip_prefix("go").unwrap_or(&v);
            if gover::is_valid(v) {
                v.clone_into(&mut go_version);
            }
        }
        if let Some(defaults) = godebug::defaults_for(table, &go_version) {
            for (key, value) in defaults {
                set.entry(key).or_insert(value);
            }
        }
        let pairs: Vec<String> = set.iter().map(|(k, v)| format!("{k}={v}")).collect();
        Ok(pairs.join(","))
    }

    /// The Go version whose defaults a main package gets.
    fn godebug_go_version(&self, id: PackageId) -> String {
        let state = &self.modules.state;
        if !state.enabled {
            let release = self.cfg.dist.release;
            return release.godebug_version_of_gopath().to_owned();
        }
        if self.root == RootMode::None
            && let Some(module) = &self.graph[id].module
        {
            // The last version before GODEBUG settings came to be.
            let version = match module.go_version.as_str() {
                "" => "1.20",
                v => v,
            };
            return version.to_owned();
        }
        state.go_version.clone()
    }
}
