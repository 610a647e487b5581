//! Compiles one C, C++, Objective-C, Fortran or assembly file of a cgo package.
//!
//! Answers to cgoCompileActor in cmd/go/internal/work/action.go and to ccompile, gcc, gas, gxx and
//! gfortran in work/exec.go.

use std::collections::BTreeMap;

use forgo_cache::ActionId;
use forgo_golang::path;
use forgo_load::disk;

use crate::action::{ActionCx, ActionError, Outcome, Provider};
use crate::plan::{CgoCompiler, NodeId};
use crate::toolchain::cc::{self, command};
use crate::toolchain::inputs::compile::{Files, Inputs};
use crate::toolchain::make_absolute;

/// One run of a compiler.
pub(super) struct Compile<'a> {
    /// Which.
    pub compiler: CgoCompiler,
    /// The source, absolute or in the package's directory.
    pub file: &'a str,
    /// The object file to write.
    pub object: &'a str,
    /// The package's flags.
    pub flags: &'a [String],
    /// Key of the action: what stands for chance in the object file.
    pub id: &'a ActionId,
    /// Overlaid files → their copies in the object directory.
    pub overlay: &'a BTreeMap<String, String>,
}

/// The work of a `cgo compile` node. Nothing is done where cgo was not run.
pub fn run(cx: &ActionCx<'_>, file: &str, compiler: CgoCompiler) -> Result<Outcome, ActionError> {
    let plan = cx.run.job.plan;
    let cgo_run = cx.node().deps[0];
    let Provider::Cgo(outputs) = &cx.outcome(cgo_run).provider else {
        return Ok(Outcome::not_needed());
    };
    let check = plan[cgo_run].deps[0];
    let build_id = build_key(cx, check);
    let inputs = super::cgo::inputs(cx, check);
    let this = Compile {
        compiler,
        file,
        object: &cx.node().target,
        flags: match compiler {
            CgoCompiler::C | CgoCompiler::Assembly => &outputs.cflags,
            CgoCompiler::Cxx => &outputs.cxxflags,
            CgoCompiler::Fortran => &outputs.fflags,
        },
        id: &cx
            .run
            .job
            .hashes
            .subkey(&build_id, &format!("cgo compile {file}")),
        overlay: &outputs.non_go_overlay,
    };
    if compiler == CgoCompiler::Assembly {
        refuse_go_assembly(&inputs.files, file)?;
    }
    compile(cx, &inputs, &this)?;
    Ok(Outcome::default())
}

/// Key of the build whose cache was checked by the node `check`.
pub(super) fn build_key(cx: &ActionCx<'_>, check: NodeId) -> ActionId {
    match &cx.outcome(check).provider {
        Provider::CheckCache(check) => check.action_id.unwrap_or_default(),
        _ => ActionId::default(),
    }
}

/// A file of the Go assembler in a package whose assembly goes to gcc would fail in strange words.
fn refuse_go_assembly(files: &Files<'_>, file: &str) -> Result<(), ActionError> {
    let source = disk::read(files.path(file)).unwrap_or_default();
    let is_go = source.split(|&b| b == b'\n').any(|line| {
        [&b"TEXT"[..], b"DATA", b"GLOBL"]
            .iter()
            .any(|word| line.starts_with(word))
    });
    if is_go {
        let message = format!("package using cgo has Go assembly file {file}");
        return Err(ActionError::new(message));
    }
    Ok(())
}

/// Runs a compiler on one file.
pub(super) fn compile(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    this: &Compile<'_>,
) -> Result<(), ActionError> {
    let c = super::cgo::c_inputs(inputs);
    let compiler = match this.compiler {
        CgoCompiler::C | CgoCompiler::Assembly => &c.cc,
        CgoCompiler::Cxx => &c.cxx,
        CgoCompiler::Fortran => &c.fc,
    };
    let command = command::command(c, cx, compiler, inputs.files.dir, &cx.node().objdir);
    compile_with(cx, inputs, this, &command, this.flags)
}

fn compile_with(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    this: &Compile<'_>,
    command: &[String],
    flags: &[String],
) -> Result<(), ActionError> {
    let file = make_absolute(inputs.files.dir, this.file);
    let object = make_absolute(inputs.files.dir, this.object);
    let flags = command::compile_flags(inputs, cx, command, flags, this.id);
    let file = this.overlay.get(&file).unwrap_or(&file);
    let args = command::compile(command, &flags, file, &object);
    let mut run = cx
        .shell
        .run_out(&path::dir(file), &cc::compiler_env(), &args);

    // clang 3.8 on FreeBSD 11 gives up -g only with a warning that confuses people.
    if contains(
        &run.output,
        "DWARF2 only supports one section per compilation unit",
    ) {
        let without_g: Vec<String> = flags
            .iter()
            .filter(|f| !f.starts_with("-g"))
            .cloned()
            .collect();
        if without_g.len() < flags.len() {
            return compile_with(cx, inputs, this, command, &without_g);
        }
    }
    if !run.output.is_empty()
        && run.error.is_none()
        && !cx.config().env.os("GO_BUILDER_NAME").is_empty()
    {
        run.output
            .extend_from_slice(b"C compiler warning promoted to error on Go builders\n");
        run.error = Some(ActionError::new("warning promoted to error"));
    }
    cx.shell.report_cmd("", "", &run.output, run.error)
}

fn contains(output: &[u8], text: &str) -> bool {
    output.windows(text.len()).any(|w| w == text.as_bytes())
}
