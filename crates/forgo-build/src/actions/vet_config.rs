//! Makes vet's configuration for a package, in two steps. The build knows the sources and imports;
//! the vet action adds its requests to the tool.
//!
//! Answers to buildVetConfig in cmd/go/internal/work/exec.go.

use std::collections::BTreeSet;

use forgo_golang::gover;
use forgo_load::module::ModulePublic;

use crate::action::ActionCx;
use crate::action::vet_config::{Module, ModuleFields, VetConfig};
use crate::plan::NodeId;
use crate::toolchain::in_dir;

/// Makes the configuration of a package from the sources that its build compiles: names in the
/// package's directory or absolute, raw cgo files left out. `deps` are the nodes whose packages it
/// imports (others among them do no harm).
pub fn make(cx: &ActionCx<'_>, sources: &[String], deps: &[NodeId]) -> VetConfig {
    let p = cx.package();
    let (go, other): (Vec<_>, Vec<_>) = sources.iter().partition(|f| f.ends_with(".go"));
    let ignored = p.ignored_go_files.iter().chain(&p.ignored_other_files);
    // Absolute, so that paths in vet's messages can be made relative to the user's current
    // directory.
    let actual = |f: &String| {
        let f = in_dir(&p.dir, f);
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
