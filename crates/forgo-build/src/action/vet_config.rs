//! The description of a package that vet reads: a JSON file.
//!
//! Answers to vetConfig in cmd/go/internal/work/exec.go and to analysisModuleFromModulePublic.

use std::collections::BTreeMap;

use forgo_golang::release::Release;
use forgo_load::go_json;
use forgo_load::module::{ModuleError, ModulePublic};
use serde::Serialize;

/// The configuration file that vet reads. Field order is the stock command's.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct VetConfig {
    #[serde(rename = "ID")]
    pub(crate) id: String,
    pub(crate) compiler: String,
    pub(crate) dir: String,
    pub(crate) import_path: String,
    /// Sources, where they are.
    pub go_files: Vec<String>,
    pub(crate) non_go_files: Vec<String>,
    pub(crate) ignored_files: Vec<String>,
    #[serde(flatten)]
    pub(crate) module: ModuleFields,
    pub(crate) import_map: BTreeMap<String, String>,
    pub(crate) package_file: BTreeMap<String, String>,
    pub(crate) standard: BTreeMap<String, bool>,
    /// Facts about dependencies: import path → file.
    pub package_vetx: BTreeMap<String, String>,
    /// Only facts for importers are wanted.
    pub vetx_only: bool,
    /// Where facts go.
    pub vetx_output: String,
    /// Where output goes.
    pub stdout: String,
    pub(crate) go_version: String,
    /// Where an archive of fixes goes; empty where none is wanted.
    pub fix_archive: String,
    pub(crate) succeed_on_typecheck_failure: bool,
}

/// The fields about the package's module.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged, rename_all_fields = "PascalCase")]
pub(crate) enum ModuleFields {
    /// Up to Go 1.26: path and version, both empty where the module is missing or in error.
    Named {
        module_path: String,
        module_version: String,
    },
    /// Everything, or null.
    Whole { module: Option<Box<Module>> },
}

impl Default for ModuleFields {
    fn default() -> Self {
        ModuleFields::Whole { module: None }
    }
}

/// analysis.Module: nothing is left out.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Module {
    path: String,
    version: String,
    replace: Option<Box<Module>>,
    time: Option<String>,
    main: bool,
    indirect: bool,
    dir: String,
    go_mod: String,
    go_version: String,
    error: Option<ModuleError>,
}

impl Module {
    pub(crate) fn of(m: &ModulePublic) -> Box<Module> {
        Box::new(Module {
            path: m.path.clone(),
            version: m.version.clone(),
            replace: m.replace.as_deref().map(Module::of),
            time: m.time.clone(),
            main: m.main,
            indirect: m.indirect,
            dir: m.dir.clone(),
            go_mod: m.go_mod.clone(),
            go_version: m.go_version.clone(),
            error: m.error.clone(),
        })
    }
}

impl VetConfig {
    /// Returns the configuration without the names of files that only hold data described
    /// elsewhere.
    pub fn of_content(&self) -> VetConfig {
        let mut config = self.clone();
        config.package_file.values_mut().for_each(String::clear);
        config.package_vetx.values_mut().for_each(String::clear);
        for file in [
            &mut config.vetx_output,
            &mut config.stdout,
            &mut config.fix_archive,
        ] {
            file.clear();
        }
        config
    }

    /// The text of the file.
    pub fn to_json(&self, release: Release) -> String {
        go_json::indent(self, release) + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_differ_in_what_they_say_of_the_module() {
        let mut config = VetConfig {
            id: "a <b>".into(),
            go_files: vec!["/x.go".into()],
            module: ModuleFields::Named {
                module_path: "m".into(),
                module_version: String::new(),
            },
            ..VetConfig::default()
        };
        let text = config.to_json(Release::GO1_26);
        assert!(text.starts_with("{\n\t\"ID\": \"a \\u003cb\\u003e\",\n\t\"Compiler\": \"\",\n"));
        let want = "\t\"GoFiles\": [\n\t\t\"/x.go\"\n\t],\n\t\"NonGoFiles\": [],\n\
                    \t\"IgnoredFiles\": [],\n\t\"ModulePath\": \"m\",\n\t\"ModuleVersion\": \"\",\n\
                    \t\"ImportMap\": {},\n";
        assert!(text.contains(want), "{text}");
        assert!(text.ends_with("\t\"SucceedOnTypecheckFailure\": false\n}\n"));
        config.module = ModuleFields::default();
        let text = config.to_json(Release::GO1_26);
        assert!(
            text.contains("],\n\t\"Module\": null,\n\t\"ImportMap\""),
            "{text}"
        );
    }
}
