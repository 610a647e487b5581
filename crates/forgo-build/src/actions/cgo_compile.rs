//! Compiles one C, C++, Objective-C, Fortran or assembly file of a cgo package.
//!
//! Answers to cgoCompileActor in cmd/go/internal/work/action.go and to ccompile, gcc, gas, gxx and
//! gfortran in work/exec.go.

use std::collections::BTreeMap;

use forgo_cache::{ActionId, hash_to_string};
use forgo_golang::path;

use crate::action::{ActionCx, ActionError, Outcome, Provider};
use crate::disk;
use crate::package::Package;
use crate::plan::{CgoCompiler, NodeId};
use crate::toolchain::{cc, cc_probe, make_absolute};

/// One run of a compiler.
pub(super) struct Inputs<'a> {
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
        return Ok(Outcome::default());
    };
    let build_id = build_key(cx, plan[cgo_run].deps[0]);
    let inputs = Inputs {
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
        refuse_go_assembly(cx.package(), file)?;
    }
    compile(cx, &inputs)?;
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
fn refuse_go_assembly(p: &Package, file: &str) -> Result<(), ActionError> {
    let source = disk::read(path::join2(&p.dir, file)).unwrap_or_default();
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
pub(super) fn compile(cx: &ActionCx<'_>, inputs: &Inputs<'_>) -> Result<(), ActionError> {
    let config = cx.config();
    let compiler = match inputs.compiler {
        CgoCompiler::C | CgoCompiler::Assembly => cc::cc_exe(config),
        CgoCompiler::Cxx => cc::cxx_exe(config),
        CgoCompiler::Fortran => cc::fc_exe(config),
    };
    let command = cc::command(cx, compiler, &cx.package().dir, &cx.node().objdir);
    compile_with(cx, inputs, &command, inputs.flags.to_vec())
}

fn compile_with(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    command: &[String],
    mut flags: Vec<String>,
) -> Result<(), ActionError> {
    let config = cx.config();
    let p = cx.package();
    let file = make_absolute(&p.dir, inputs.file);
    let object = make_absolute(&p.dir, inputs.object);
    if cc_probe::supports(cx, command, "-fdebug-prefix-map=a=b")
        && (config.flags.trimpath || p.goroot)
    {
        let map = cc::prefix_map_flag(cx, command);
        let (from, to) = trimmed_path(cx, p);
        flags.push(format!("{map}={from}={to}"));
    }
    // Otherwise LTO gives symbols random names.
    if cc_probe::supports(cx, command, "-frandom-seed=1") {
        flags.push(format!("-frandom-seed={}", hash_to_string(&inputs.id.0)));
    }

    let file = inputs.overlay.get(&file).unwrap_or(&file);
    let mut args = command.to_vec();
    args.extend(flags.iter().cloned());
    args.extend(["-o", &object, "-c", path::base(file)].map(str::to_owned));
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
            return compile_with(cx, inputs, command, without_g);
        }
    }
    if !run.output.is_empty() && run.error.is_none() && !config.env.os("GO_BUILDER_NAME").is_empty()
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

/// The directory that object files must not show, and what they show in its place. The latter must
/// be absolute, or the compiler puts its working directory before it.
fn trimmed_path(cx: &ActionCx<'_>, p: &Package) -> (String, String) {
    let (from, to) = match &p.module {
        None if p.root.is_empty() => (p.dir.clone(), p.import_path.clone()),
        None if p.goroot => (p.root.clone(), "GOROOT".to_owned()),
        None => (p.root.clone(), "GOPATH".to_owned()),
        Some(m) if m.dir.is_empty() => (vendor_dir(p), "vendor".to_owned()),
        Some(m) if m.version.is_empty() => (m.dir.clone(), m.path.clone()),
        Some(m) => (m.dir.clone(), format!("{}@{}", m.path, m.version)),
    };
    let anchor = if cx.config().target.goos == "windows" {
        r"\\_\_"
    } else {
        "/_"
    };
    (from, path::join2(anchor, &to))
}

/// The vendor directory a package lies in: modules there have no directory of their own.
fn vendor_dir(p: &Package) -> String {
    p.dir
        .strip_suffix(&*p.import_path)
        .and_then(|dir| dir.strip_suffix('/'))
        .unwrap_or(&p.dir)
        .to_owned()
}
