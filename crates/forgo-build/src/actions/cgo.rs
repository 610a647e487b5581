//! Runs SWIG and cgo on a package, and gathers their outputs and those of the C compilers for the
//! compile. Compiling the C files themselves is [`super::cgo_compile`]'s, finding the symbols that
//! are imported dynamically [`super::cgo_link`]'s.
//!
//! Answers to runCgo and processCgoOutputs in cmd/go/internal/work/exec.go.

use std::collections::BTreeMap;
use std::sync::Arc;

use forgo_golang::path;
use forgo_golang::raw;
use forgo_load::disk;

use crate::action::{ActionCx, ActionError, CgoOutputs, Outcome, Provider};
use crate::actions::cgo_compile::build_key;
use crate::actions::cgo_link::{self, Imports, cgo_stem};
use crate::actions::swig;
use crate::plan::{Kind, NodeId};
use crate::reuse::objdir_cache;
use crate::toolchain::cc::CFlags;
use crate::toolchain::cc::inputs::CInputs;
use crate::toolchain::inputs::compile::{Files, Inputs};
use crate::toolchain::{self, in_dir, make_absolute, pkg_config, security};
use forgo_load::disk::Because;

/// What of a cgo package goes into its compile and its archive.
#[derive(Debug, Clone, Default)]
pub struct CgoProducts {
    /// Go sources to compile beside the package's own.
    pub go_files: Vec<String>,
    /// Files to add to the archive.
    pub objects: Vec<String>,
}

/// The work of a `cgo run` node. Nothing is done where the package's build needs nothing.
pub fn run(cx: &ActionCx<'_>) -> Result<Outcome, ActionError> {
    let Provider::CheckCache(check) = &cx.outcome(cx.node().deps[0]).provider else {
        return Ok(Outcome::not_needed());
    };
    let mut need = check.need;
    need.cov_meta_file = false; // the cover node's work
    if need.is_empty() {
        return Ok(Outcome::not_needed());
    }
    let inputs = inputs(cx, cx.node().deps[0]);
    let outputs = run_cgo(cx, &inputs)?;
    Ok(Outcome {
        provider: Provider::Cgo(Arc::new(outputs)),
        ..Outcome::default()
    })
}

/// The work of a `collect cgo` node: hands on what the node `run` gave.
pub fn collect(cx: &ActionCx<'_>, run: NodeId) -> Result<Outcome, ActionError> {
    let provider = match &cx.outcome(run).provider {
        Provider::Cgo(outputs) => Provider::Cgo(outputs.clone()),
        _ => Provider::None,
    };
    Ok(Outcome {
        provider,
        ..Outcome::default()
    })
}

/// Gathers the inputs of the package's compile, whose cache was checked by the node `check`.
pub(super) fn inputs<'r>(cx: &ActionCx<'r>, check: NodeId) -> Inputs<'r> {
    Inputs::gather(cx, cx.id, &cx.node_of(check).deps)
}

/// Those of the C side: the actions of cgo exist for packages that have it.
pub(super) fn c_inputs<'a, 'r>(inputs: &'a Inputs<'r>) -> &'a CInputs<'r> {
    inputs.c.as_ref().expect("the package has C")
}

fn run_cgo(cx: &ActionCx<'_>, inputs: &Inputs<'_>) -> Result<CgoOutputs, ActionError> {
    let (files, c) = (&inputs.files, c_inputs(inputs));
    let objdir = &cx.node().objdir;
    cx.shell.mkdir(objdir)?;
    let non_go_overlay = copy_overlaid_files(cx, files)?;
    let mut sources = covered_sources(cx).unwrap_or(files.cgo).to_vec();
    let from_pkg_config = pkg_config::flags(cx, inputs)?;
    if files.uses_swig() {
        sources.extend(swig::run(cx, inputs, &from_pkg_config.cflags)?);
    }
    let mut sources: Vec<String> = sources.iter().map(|f| in_dir(files.dir, f)).collect();

    let mut flags = c.flags()?.clone();
    flags.cppflags.extend(from_pkg_config.cflags);
    flags.ldflags.extend(from_pkg_config.ldflags);
    toolchain::cgo::add_libraries(inputs, &mut flags);
    let not_compatible = !allow_internal_link(cx, &flags);
    toolchain::cgo::add_sanitizers(inputs, &mut flags);
    // So that C files find _cgo_export.h and the user's headers.
    flags.cppflags.extend(["-I".to_owned(), objdir.clone()]);

    let mut go_files = vec![format!("{objdir}_cgo_gotypes.go")];
    let cgo1 = |f: &String| format!("{objdir}{}.cgo1.go", cgo_stem(f));
    go_files.extend(sources.iter().map(cgo1));

    let options = overlay_option(inputs, &mut sources);
    let header = objdir_cache::CGO_HEADER;
    let run = toolchain::cgo::translate(inputs, &flags, objdir, header, options, sources);
    cx.shell
        .run(files.dir, inputs.import_path, &run.env, &run.args)?;

    let with_cpp = |list: Vec<String>| [flags.cppflags.clone(), list].concat();
    Ok(CgoOutputs {
        cflags: with_cpp(flags.cflags),
        cxxflags: with_cpp(flags.cxxflags),
        fflags: with_cpp(flags.fflags),
        ldflags: flags.ldflags,
        not_compatible_for_internal_linking: not_compatible,
        non_go_overlay,
        go_files,
    })
}

/// Where the overlay touches a file that C compilers see, all such files are copied to the object
/// directory, each overlaid: the compilers know of no overlay (`computeNonGoOverlay`).
fn copy_overlaid_files(
    cx: &ActionCx<'_>,
    files: &Files<'_>,
) -> Result<BTreeMap<String, String>, ActionError> {
    let overlay = cx.run.job.overlay;
    let lists = [files.c, files.s, files.cxx, files.h, files.f];
    let files = || {
        lists
            .into_iter()
            .flatten()
            .map(|f| (f, make_absolute(files.dir, f)))
    };
    let mut copies = BTreeMap::new();
    if overlay.is_active() && files().any(|(_, from)| overlay.replaced(&from)) {
        for (f, from) in files() {
            let to = format!("{}{}", cx.node().objdir, path::base(f));
            cx.shell
                .copy_file(&to, &overlay.actual(&from), 0o666, false)?;
            copies.insert(from, to);
        }
    }
    Ok(copies)
}

/// The cgo sources that the cover tool wrote, if it ran.
fn covered_sources<'r>(cx: &ActionCx<'r>) -> Option<&'r [String]> {
    let plan = cx.run.job.plan;
    let mut deps = cx.node().deps.iter();
    let cover = deps.find(|id| matches!(plan[**id].kind, Kind::Cover { .. }))?;
    match &cx.outcome(*cover).provider {
        Provider::Cover(outputs) => Some(&outputs.cgo_sources),
        _ => None,
    }
}

/// Reports whether the flags leave it to the Go linker to link the objects.
fn allow_internal_link(cx: &ActionCx<'_>, flags: &CFlags) -> bool {
    let config = cx.config();
    [&flags.cflags, &flags.cxxflags, &flags.fflags]
        .into_iter()
        .all(|list| security::compiler_flags_allow_internal_link(config, list))
        && security::linker_flags_allow_internal_link(config, &flags.ldflags)
}

/// Puts overlaid sources in the place of those they overlay; the option makes cgo name the latter
/// in its output.
fn overlay_option(inputs: &Inputs<'_>, sources: &mut [String]) -> Vec<String> {
    let overlay = inputs.unkeyed.overlay;
    let mut rewrites = Vec::new();
    for source in sources {
        let path = make_absolute(inputs.files.dir, source);
        if overlay.replaced(&path) {
            let actual = overlay.actual(&path).into_owned();
            rewrites.push(format!("{actual}=>{path}"));
            *source = actual;
        }
    }
    if rewrites.is_empty() {
        return Vec::new();
    }
    vec!["-trimpath".to_owned(), rewrites.join(";")]
}

/// Called by the build of a cgo package, before it compiles: what its `cgo run` and `cgo compile`
/// nodes made, and what linking that tells (`preferlinkext`, `dynimportfail`, `_cgo_import.go`).
pub fn products(cx: &ActionCx<'_>, outputs: &CgoOutputs) -> Result<CgoProducts, ActionError> {
    let plan = cx.run.job.plan;
    let objdir = &cx.node().objdir;
    let mut products = CgoProducts {
        go_files: outputs.go_files.clone(),
        objects: Vec::new(),
    };
    if outputs.not_compatible_for_internal_linking {
        // A file of this name in an archive makes the linker prefer the external one.
        let token = format!("{objdir}preferlinkext");
        cx.shell.write_file(&token, "")?;
        products.objects.push(token);
    }
    let dep = |is: fn(&Kind) -> bool| {
        let mut deps = cx.node().deps.iter().copied();
        deps.find(|id| is(&plan[*id].kind))
            .expect("the plan gives a cgo build this node")
    };
    let collect = dep(|kind| matches!(kind, Kind::CgoCollect { .. }));
    let compiled = plan[collect].deps.iter().map(|id| plan[*id].target.clone());
    products.objects.extend(compiled);

    let check = dep(|kind| matches!(kind, Kind::CheckCache { .. }));
    let id = build_key(cx, check);
    match cgo_link::imports(cx, &inputs(cx, check), outputs, &id, &products.objects)? {
        Imports::Declared(source) => products.go_files.push(source),
        Imports::NeedsExternalLink(token) => products.objects.push(token),
    }
    if !cx.config().flags.n {
        check_recorded_flags(cx, outputs, &products.go_files)?;
    }
    Ok(products)
}

/// Checks the linker flags that generated sources record, in case some were smuggled past the
/// check of the `#cgo` lines. The user's own, and those checked before, come first and are skipped.
fn check_recorded_flags(
    cx: &ActionCx<'_>,
    outputs: &CgoOutputs,
    go_files: &[String],
) -> Result<(), ActionError> {
    let mut flags = Vec::new();
    // Only in files of such names does the compiler heed the directive.
    for file in go_files
        .iter()
        .filter(|f| path::base(f).starts_with("_cgo_"))
    {
        let source = disk::own::read(Because::Made, file).map_err(|e| {
            ActionError::new(format!(
                "open {file}: {}",
                forgo_load::process::errno_text(&e)
            ))
        })?;
        flags.extend(recorded_flags(&raw::borrow(&source)));
    }
    let known = &outputs.ldflags;
    if !known.is_empty()
        && let Some(at) = flags
            .windows(known.len())
            .position(|w| w == known.as_slice())
    {
        flags.drain(at..at + known.len());
    }
    security::check_linker_flags(cx.config(), "LDFLAGS", "go:cgo_ldflag", &flags)
        .map_err(ActionError::new)
}

/// The arguments of the `//go:cgo_ldflag` comments of a source.
fn recorded_flags(source: &str) -> impl Iterator<Item = String> + '_ {
    const DIRECTIVE: &str = "//go:cgo_ldflag";
    source.split('\n').filter_map(|line| {
        let comment = &line[line.find("//")?..];
        let flag = comment.strip_prefix(DIRECTIVE)?.trim();
        Some(flag.trim_matches('"').to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_flags_are_those_of_line_comments() {
        let source = "package p\n//go:cgo_ldflag \"-lfoo\"\n  //go:cgo_ldflag -L/x \n\
                      // see //go:cgo_ldflag \"-no\"\nvar x = 1 //go:cgo_ldflag \"-yes\"";
        let flags: Vec<String> = recorded_flags(source).collect();
        assert_eq!(flags, ["-lfoo", "-L/x", "-yes"]);
    }
}
