//! Instruments the sources of a package for coverage.
//!
//! Answers to coverActor in cmd/go/internal/work/action.go and to runCover, cover and
//! writeCoverPkgInputs in work/exec.go.

use forgo_golang::json;
use forgo_golang::path;
use forgo_golang::quote::hex;
use forgo_golang::raw;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::action::{ActionCx, ActionError, CoverOutputs, Outcome, Provider};
use crate::plan::NodeId;
use crate::reuse::objdir_cache;
use crate::toolchain::gc;
use crate::toolchain::inputs::compile::Inputs;

/// The work of a `cover` node of the build `build`. `cov_meta_file` is the name of the meta-data
/// file, where one is wanted. Nothing is done where the build needs nothing.
pub fn run(
    cx: &ActionCx<'_>,
    build: NodeId,
    cov_meta_file: Option<&str>,
) -> Result<Outcome, ActionError> {
    let plan = cx.run.job.plan;
    let build = plan.build_of(build);
    let mut deps = cx.node().deps.iter();
    let check = deps.find_map(|id| match &cx.outcome(*id).provider {
        Provider::CheckCache(check) => Some((*id, check.as_ref())),
        _ => None,
    });
    let (check_node, check) = check.expect("the cache was checked before");
    if check.need.is_empty() {
        return Ok(Outcome::not_needed());
    }
    cx.shell.mkdir(&cx.node().objdir)?;
    let inputs = Inputs::gather(cx, cx.id, &cx.node_of(check_node).deps);
    let (mut outputs, sources, instrumented) = sources(cx, &inputs);
    if !sources.is_empty() {
        let covered = instrument(cx, &inputs, sources, &instrumented, cov_meta_file)?;
        outputs.go_sources.insert(0, covered);
        outputs.config = config_file(cx);
        if let (Some(name), Some(id)) = (cov_meta_file, &check.action_id)
            && inputs.files.are_as_hashed(cx)
        {
            // A package without functions has no such file.
            let _ = objdir_cache::store(cx, &plan[build].objdir, id, name);
        }
    }
    Ok(Outcome {
        provider: Provider::Cover(outputs),
        ..Outcome::default()
    })
}

/// The sources to compile, those to instrument, and what these become. Test files are not
/// instrumented.
fn sources(cx: &ActionCx<'_>, inputs: &Inputs<'_>) -> (CoverOutputs, Vec<String>, Vec<String>) {
    let objdir = &cx.node().objdir;
    let files = &inputs.files;
    let (mut covered, mut instrumented) = (Vec::new(), Vec::new());
    let mut cover = |names: &[String]| -> Vec<String> {
        let mut sources = names.to_vec();
        for file in sources.iter_mut().filter(|f| !f.ends_with("_test.go")) {
            let stem = file.strip_suffix(".go").unwrap_or(file);
            let output = if stem.ends_with(".cgo1") {
                covered.push(file.clone());
                format!("{objdir}{}.cover.go", path::base(stem))
            } else {
                covered.push(files.path(file));
                format!("{objdir}{stem}.cover.go")
            };
            instrumented.push(output.clone());
            *file = output;
        }
        sources
    };
    let outputs = CoverOutputs {
        go_sources: cover(files.go),
        cgo_sources: cover(files.cgo),
        config: String::new(),
    };
    (outputs, covered, instrumented)
}

fn config_file(cx: &ActionCx<'_>) -> String {
    format!("{}coveragecfg", cx.node().objdir)
}

/// The configuration of the cover tool (covcmd.CoverPkgConfig).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CoverPkgConfig<'a> {
    out_config: &'a str,
    pkg_path: &'a str,
    pkg_name: &'a str,
    granularity: &'a str,
    module_path: &'a str,
    local: bool,
    emit_meta_file: &'a str,
}

/// Runs the cover tool. Gives the source it adds, with the counters and the meta-data.
fn instrument(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    sources: Vec<String>,
    instrumented: &[String],
    cov_meta_file: Option<&str>,
) -> Result<String, ActionError> {
    let objdir = &cx.node().objdir;
    let meta_file = cov_meta_file.map(|name| format!("{objdir}{name}"));
    let config = CoverPkgConfig {
        out_config: &config_file(cx),
        pkg_path: inputs.import_path,
        pkg_name: inputs.unkeyed.name,
        granularity: "perblock",
        module_path: inputs.unkeyed.module.map_or("", |m| m.path),
        local: inputs.local,
        emit_meta_file: meta_file.as_deref().unwrap_or(""),
    };
    let config = serde_json::to_string(&config).expect("texts are JSON");
    let config_path = format!("{objdir}pkgcfg.txt");
    let config = json::escape(&config) + "\n";
    let config = raw::json(&config, inputs.unkeyed.release);
    cx.shell.write_file(&config_path, &config)?;

    let counters = path::join2(&path::dir(&instrumented[0]), "covervars.go");
    let mut list = counters.clone() + "\n";
    for file in instrumented {
        list.push_str(file);
        list.push('\n');
    }
    let list_path = format!("{objdir}coveroutfiles.txt");
    cx.shell.write_file(&list_path, &list)?;

    let args = gc::cover::cover(inputs, &config_path, &list_path, sources);
    cx.shell.run(objdir, "", &[], &args)?;
    Ok(counters)
}

/// Name of a package's coverage meta-data file (covcmd.MetaFileForPackage).
pub fn meta_file_name(import_path: &str) -> String {
    format!("covmeta.{}", hex(&Sha256::digest(import_path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_the_import_paths_hash() {
        let sum = "af47ab6ae3371f5388dcaab5ff7c1d454afe95fc3f8fdaffc00cdaae8baaeafc";
        assert_eq!(meta_file_name("example.com/p"), format!("covmeta.{sum}"));
    }
}
