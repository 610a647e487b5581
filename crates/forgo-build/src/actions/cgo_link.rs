//! Links a cgo package's objects once, to find the symbols and libraries that they import
//! dynamically: what the Go linker must know to link without the C linker.
//!
//! Answers to dynimport and gccld in cmd/go/internal/work/exec.go.

use forgo_cache::ActionId;
use forgo_golang::path;

use crate::action::{ActionCx, ActionError, CgoOutputs};
use crate::actions::cgo_compile::{self, Inputs};
use crate::package::Package;
use crate::plan::{CgoCompiler, NodeId};
use crate::shell::join_unambiguously;
use crate::toolchain::{self, cc, in_dir};

/// What the link told.
pub(super) enum Imports {
    /// A Go source that declares what is imported.
    Declared(String),
    /// The objects do not link by themselves; this file says so to the Go linker, which then leaves
    /// the link to the C linker (go.dev/issue/52863).
    NeedsExternalLink(String),
}

/// Finds out what `objects` import. `id` is the key of the package's build.
pub(super) fn imports(
    cx: &ActionCx<'_>,
    outputs: &CgoOutputs,
    id: &ActionId,
    objects: &[String],
) -> Result<Imports, ActionError> {
    let config = cx.config();
    let p = cx.package();
    let objdir = &cx.node().objdir;

    let main = format!("{objdir}_cgo_main.o");
    let inputs = Inputs {
        compiler: CgoCompiler::C,
        file: &format!("{objdir}_cgo_main.c"),
        object: &main,
        flags: &outputs.cflags,
        id,
        overlay: &Default::default(),
    };
    cgo_compile::compile(cx, &inputs)?;

    let linked = format!("{objdir}_cgo_.o");
    let mut link_inputs = vec![main];
    link_inputs.extend_from_slice(objects);
    link_inputs.extend(system_objects(cx));
    if !links(cx, &linked, link_inputs, link_flags(cx, &outputs.ldflags)) {
        let token = format!("{objdir}dynimportfail");
        cx.shell.write_file(&token, "")?;
        return Ok(Imports::NeedsExternalLink(token));
    }

    let source = format!("{objdir}_cgo_import.go");
    let mut args = config.flags.toolexec.clone();
    let words = [
        &*toolchain::tool(config, "cgo"),
        "-dynpackage",
        &p.name,
        "-dynimport",
        &linked,
        "-dynout",
        &source,
    ];
    args.extend(words.map(str::to_owned));
    if is_runtime_cgo(p) {
        args.push("-dynlinker".to_owned());
    }
    cx.shell
        .run(&config.cwd, &p.import_path, &cc::compiler_env(), &args)?;
    Ok(Imports::Declared(source))
}

/// The one package that is part of both worlds.
pub(super) fn is_runtime_cgo(p: &Package) -> bool {
    p.standard && p.import_path == "runtime/cgo"
}

/// The .syso files of the package and of all it depends on, sorted.
fn system_objects(cx: &ActionCx<'_>) -> Vec<String> {
    let job = &cx.run.job;
    let mut seen = vec![false; job.plan.nodes.len()];
    let mut files = Vec::new();
    let mut todo: Vec<NodeId> = vec![cx.id];
    while let Some(id) = todo.pop() {
        if std::mem::replace(&mut seen[id.index()], true) {
            continue;
        }
        let node = &job.plan[id];
        if let Some(p) = node.package.map(|p| &job.graph[p]) {
            files.extend(p.syso_files.iter().map(|f| in_dir(&p.dir, f)));
        }
        todo.extend(&node.deps);
    }
    files.sort();
    files.dedup();
    files
}

/// The package's flags for the C linker, made fit for this link.
fn link_flags(cx: &ActionCx<'_>, flags: &[String]) -> Vec<String> {
    let target = &cx.config().target;
    let mut flags = flags.to_vec();
    if target.goarch == "arm" && target.goos == "linux" || target.goos == "android" {
        let has = |flags: &[String], flag: &str| flags.iter().any(|f| f == flag);
        // Without -pie the imported symbols are not accurate there (go.dev/issue/45940).
        if !has(&flags, "-no-pie") {
            flags.push("-pie".to_owned());
        }
        // And with -static it makes no sense (go.dev/issue/26197).
        if has(&flags, "-pie") {
            flags.retain(|f| f != "-static");
        }
    }
    flags
}

/// Whether the objects link. That they do not is an answer, not an error: it is shown, if at all,
/// only under -x.
fn links(cx: &ActionCx<'_>, out: &str, objects: Vec<String>, flags: Vec<String>) -> bool {
    let config = cx.config();
    let p = cx.package();
    let cxx = !p.cxx_files.is_empty() || !p.swig_cxx_files.is_empty();
    let compiler = if cxx {
        cc::cxx_exe(config)
    } else {
        cc::cc_exe(config)
    };
    let mut args = cc::command(cx, compiler, &p.dir, &cx.node().objdir);
    args.extend(["-o".to_owned(), out.to_owned()]);
    args.extend(objects);
    args.extend(flags);
    let run = cx.shell.run_out(&config.cwd, &cc::compiler_env(), &args);
    let ok = run.error.is_none();
    if config.flags.n || config.flags.x {
        let saw = if ok { "succeeded" } else { "failed" };
        let command = join_unambiguously(&args);
        let line = format!("{command} # test for internal linking errors ({saw})");
        cx.shell.show_cmd("", &line);
    }
    ok
}

/// The files that cgo writes for the Go compiler, named for a source file: `x.cgo1.go`.
pub(super) fn cgo_stem(file: &str) -> &str {
    let base = path::base(file);
    base.strip_suffix(".go").unwrap_or(base)
}
