//! What vet is told of a package: a JSON file, made in two steps. The build knows the sources and
//! imports; the vet action adds what it wants of the tool.
//!
//! Answers to vetConfig and buildVetConfig in cmd/go/internal/work/exec.go, and to
//! analysisModuleFromModulePublic.

use std::collections::{BTreeMap, BTreeSet};

use forgo_golang::gover;
use forgo_golang::release::Release;
use serde::Serialize;

use crate::actions::ActionCx;
use crate::go_json;
use crate::module::{ModuleError, ModulePublic};
use crate::plan::NodeId;

/// The configuration file that vet reads. Field order is the stock command's.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct VetConfig {
    #[serde(rename = "ID")]
    id: String,
    compiler: String,
    dir: String,
    import_path: String,
    /// Sources, where they are.
    pub go_files: Vec<String>,
    non_go_files: Vec<String>,
    ignored_files: Vec<String>,
    #[serde(flatten)]
    module: ModuleFields,
    import_map: BTreeMap<String, String>,
    package_file: BTreeMap<String, String>,
    standard: BTreeMap<String, bool>,
    /// Facts about dependencies: import path → file.
    pub package_vetx: BTreeMap<String, String>,
    /// Only facts for importers are wanted.
    pub vetx_only: bool,
    /// Where facts go.
    pub vetx_output: String,
    /// Where output goes.
    pub stdout: String,
    go_version: String,
    /// Where an archive of fixes goes; empty where none is wanted.
    pub fix_archive: String,
    succeed_on_typecheck_failure: bool,
}

/// What is said of the package's module.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged, rename_all_fields = "PascalCase")]
enum ModuleFields {
    /// Up to Go 1.26: path and version, both empty where there is no good module.
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
struct Module {
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
    fn of(m: &ModulePublic) -> Box<Module> {
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

/// Makes the configuration of a package from the sources that its build compiles: names in the
/// package's directory or absolute, raw cgo files left out. `deps` are the nodes whose packages it
/// imports (others among them do no harm).
pub fn make(cx: &ActionCx<'_>, sources: &[String], deps: &[NodeId]) -> VetConfig {
    let p = cx.package();
    let (go, other): (Vec<_>, Vec<_>) = sources.iter().partition(|f| f.ends_with(".go"));
    let ignored = p.ignored_go_files.iter().chain(&p.ignored_other_files);
    // Absolute, so that what vet says can be made relative to where the user is.
    let actual = |f: &String| {
        let f = super::cgo::in_dir(&p.dir, f);
        cx.run.job.overlay.actual(&f).into_owned()
    };
    let mut config = VetConfig {
        id: p.import_path.clone(),
        compiler: cx.config().context.compiler.clone(),
        dir: p.dir.clone(),
        import_path: p.import_path.clone(),
        go_files: go.into_iter().map(actual).collect(),
        non_go_files: other.into_iter().map(actual).collect(),
        ignored_files: ignored.map(actual).collect(),
        module: module_fields(cx, p.module.as_deref()),
        go_version: go_version(cx, p.module.as_deref()),
        ..VetConfig::default()
    };
    let imports = p.internal.raw_imports.iter().zip(&p.imports);
    config.import_map = imports
        .map(|(raw, path)| (raw.clone(), path.clone()))
        .collect();
    add_deps(cx, &mut config, deps);
    config
}

fn module_fields(cx: &ActionCx<'_>, module: Option<&ModulePublic>) -> ModuleFields {
    if cx.config().dist.release.vet_reads_whole_module() {
        let module = module.map(Module::of);
        return ModuleFields::Whole { module };
    }
    let good = module.filter(|m| m.error.is_none());
    ModuleFields::Named {
        module_path: good.map_or_else(String::new, |m| m.path.clone()),
        module_version: good.map_or_else(String::new, |m| m.version.clone()),
    }
}

fn go_version(cx: &ActionCx<'_>, module: Option<&ModulePublic>) -> String {
    let version = match module {
        None => gover::from_toolchain(&cx.config().dist.version).unwrap_or_default(),
        Some(m) if m.go_version.is_empty() => gover::DEFAULT_GO_MOD,
        Some(m) => &m.go_version,
    };
    format!("go{version}")
}

fn add_deps(cx: &ActionCx<'_>, config: &mut VetConfig, deps: &[NodeId]) {
    let job = &cx.run.job;
    let this = cx.node().package;
    let mapped: BTreeSet<String> = config.import_map.values().cloned().collect();
    for id in deps {
        let package = job.plan[*id].package;
        let Some(p) = package.filter(|_| package != this).map(|p| &job.graph[p]) else {
            continue;
        };
        let path = &p.import_path;
        if path.is_empty() {
            continue;
        }
        // Only generated code imports it: runtime/cgo, for one.
        if !mapped.contains(path) {
            config.import_map.insert(path.clone(), path.clone());
        }
        if let Some(file) = cx.outcome(*id).built.path() {
            config.package_file.insert(path.clone(), file.to_owned());
        }
        if p.standard {
            config.standard.insert(path.clone(), true);
        }
    }
}

impl VetConfig {
    /// Without the names of files that only hold what is known otherwise.
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
