//! Links a cgo package's objects once, to find the symbols and libraries that they import
//! dynamically: what the Go linker must know to link without the C linker.
//!
//! Answers to dynimport and gccld in cmd/go/internal/work/exec.go.

use forgo_cache::ActionId;
use forgo_golang::path;

use crate::action::{ActionCx, ActionError, CgoOutputs};
use crate::actions::cgo_compile::{self, Compile};
use crate::plan::{CgoCompiler, NodeId};
use crate::shell::join_unambiguously;
use crate::toolchain::cc::{self, command};
use crate::toolchain::inputs::compile::Inputs;
use crate::toolchain::{self, in_dir};

/// The result of the trial link.
pub(super) enum Imports {
    /// A Go source that declares the imported symbols.
    Declared(String),
    /// The objects do not link by themselves; this file reports that to the Go linker, which then
    /// leaves the link to the C linker (go.dev/issue/52863).
    NeedsExternalLink(String),
}

/// Finds out what `objects` import. `id` is the key of the package's build.
pub(super) fn imports(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    outputs: &CgoOutputs,
    id: &ActionId,
    objects: &[String],
) -> Result<Imports, ActionError> {
    let objdir = &cx.node().objdir;

    let main = format!("{objdir}_cgo_main.o");
    let this = Compile {
        compiler: CgoCompiler::C,
        file: &format!("{objdir}_cgo_main.c"),
        object: &main,
        flags: &outputs.cflags,
        id,
        overlay: &Default::default(),
    };
    cgo_compile::compile(cx, inputs, &this)?;

    let linked = format!("{objdir}_cgo_.o");
    let mut all = vec![main];
    all.extend_from_slice(objects);
    all.extend(system_objects(cx));
    if !links(cx, inputs, &linked, &all, &outputs.ldflags) {
        let token = format!("{objdir}dynimportfail");
        cx.shell.write_file(&token, "")?;
        return Ok(Imports::NeedsExternalLink(token));
    }

    let source = format!("{objdir}_cgo_import.go");
    let run = toolchain::cgo::dynamic_imports(inputs, &linked, &source);
    let cwd = inputs.unkeyed.cwd;
    cx.shell.run(cwd, inputs.import_path, &run.env, &run.args)?;
    Ok(Imports::Declared(source))
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

/// Whether the objects link. That they do not is an answer, not an error: it is shown, if at all,
/// only under -x.
fn links(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    out: &str,
    objects: &[String],
    ldflags: &[String],
) -> bool {
    let flags = &cx.config().flags;
    let c = super::cgo::c_inputs(inputs);
    let args = command::link(inputs, c, cx, &cx.node().objdir, out, objects, ldflags);
    let run = cx
        .shell
        .run_out(inputs.unkeyed.cwd, &cc::compiler_env(), &args);
    let ok = run.error.is_none();
    if flags.n || flags.x {
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
