//! cgo's command lines, and pkg-config's.
//!
//! Answers to runCgo, dynimport and getPkgConfigFlags in cmd/go/internal/work/exec.go.

use forgo_golang::quote::quote;

use crate::toolchain::cc;
use crate::toolchain::cc::CFlags;
use crate::toolchain::cc::inputs::CInputs;
use crate::toolchain::inputs::compile::Inputs;

/// A run of a tool: its command line, and variables for its environment.
#[derive(Debug)]
pub struct Command {
    /// `K=V` for its environment.
    pub env: Vec<String>,
    /// The command line.
    pub args: Vec<String>,
}

/// Returns the run of cgo that translates `sources` with these C flags. `options` are arguments
/// that name files of the run.
pub fn translate(
    inputs: &Inputs<'_>,
    flags: &CFlags,
    objdir: &str,
    header: &str,
    options: Vec<String>,
    sources: Vec<String>,
) -> Command {
    let mut env = cc::compiler_env();
    env.extend_from_slice(&inputs.unkeyed.env);
    let mut args = inputs.unkeyed.tools.command("cgo");
    args.extend(["-objdir", objdir, "-importpath", inputs.import_path].map(str::to_owned));
    args.extend(package_options(inputs, objdir, header));
    args.extend(options);
    if !flags.ldflags.is_empty() {
        // On the command line, since only that can be moved to a response file when it gets long.
        let quoted: Vec<String> = flags.ldflags.iter().map(|f| quote(f)).collect();
        args.push(format!("-ldflags={}", quoted.join(" ")));
        env.push("CGO_LDFLAGS=".to_owned());
    }
    args.push("--".to_owned());
    args.extend_from_slice(&flags.cppflags);
    args.extend_from_slice(&flags.cflags);
    args.extend(sources);
    Command { env, args }
}

/// Returns the options that depend on the package and the build mode. `header` is the name of the
/// file that declares exported functions.
fn package_options(inputs: &Inputs<'_>, objdir: &str, header: &str) -> Vec<String> {
    let mut options = Vec::new();
    if is_runtime_cgo(inputs) {
        options.push("-import_runtime_cgo=false".to_owned());
    }
    let below_syscall = [
        "runtime/race",
        "runtime/msan",
        "runtime/cgo",
        "runtime/asan",
    ];
    if inputs.standard && below_syscall.contains(&inputs.import_path) {
        options.push("-import_syscall=false".to_owned());
    }
    if matches!(inputs.unkeyed.buildmode, "c-archive" | "c-shared") {
        options.push(format!("-exportheader={objdir}{header}"));
    }
    options
}

/// Returns the command line that lists the symbols which the linked file `object` imports
/// dynamically, as the Go source `source`.
pub fn dynamic_imports(inputs: &Inputs<'_>, object: &str, source: &str) -> Command {
    let mut args = inputs.unkeyed.tools.command("cgo");
    let words = [
        "-dynpackage",
        inputs.unkeyed.name,
        "-dynimport",
        object,
        "-dynout",
        source,
    ];
    args.extend(words.map(str::to_owned));
    if is_runtime_cgo(inputs) {
        args.push("-dynlinker".to_owned());
    }
    Command {
        env: cc::compiler_env(),
        args,
    }
}

/// Reports whether the package is the one that is part of both worlds.
fn is_runtime_cgo(inputs: &Inputs<'_>) -> bool {
    inputs.standard && inputs.import_path == "runtime/cgo"
}

/// Adds the flags that follow from the kinds of sources, to be checked before those of
/// [`add_sanitizers`].
pub fn add_libraries(inputs: &Inputs<'_>, flags: &mut CFlags) {
    if !inputs.files.m.is_empty() {
        flags.ldflags.push("-lobjc".to_owned());
    }
    // Other Fortran compilers' libraries are for the user to name, in CGO_LDFLAGS.
    let is_gfortran = inputs.c.as_ref().is_some_and(|c| c.unkeyed.is_gfortran);
    if !inputs.files.f.is_empty() && is_gfortran {
        flags.ldflags.push("-lgfortran".to_owned());
    }
}

/// Adds the flags that follow from -msan and -asan, which are among the forced flags.
pub fn add_sanitizers(inputs: &Inputs<'_>, flags: &mut CFlags) {
    for (forced, name) in [("-msan", "memory"), ("-asan", "address")] {
        if inputs.forced_gcflags.iter().any(|flag| flag == forced) {
            let flag = format!("-fsanitize={name}");
            flags.cflags.insert(0, flag.clone());
            flags.ldflags.insert(0, flag);
        }
    }
}

/// Returns pkg-config's command line: `what` to print of the `packages`.
pub fn pkg_config(
    c: &CInputs<'_>,
    what: &str,
    options: &[String],
    packages: &[String],
) -> Vec<String> {
    let mut args = vec![c.unkeyed.pkg_config.clone(), what.to_owned()];
    args.extend_from_slice(options);
    args.push("--".to_owned());
    args.extend_from_slice(packages);
    args
}
