//! SWIG's command lines, and that of the compile which finds out the size of Go's `int` for it.
//!
//! Answers to swigOne and swigDoIntSize in cmd/go/internal/work/exec.go.

use crate::toolchain::cc::CFlags;
use crate::toolchain::gc;
use crate::toolchain::inputs::compile::Inputs;

/// Returns the command line that translates `file`, named by `base` without its suffix. `wrapper`
/// is the C or C++ file to write, `pkg_config` flags that pkg-config printed.
pub fn swig(
    flags: &CFlags,
    pkg_config: &[String],
    file: (&str, &str),
    wrapper: &str,
    int_size: &str,
    objdir: &str,
) -> Vec<String> {
    let (file, base) = file;
    let cxx = file.ends_with(".swigcxx");
    let mut args: Vec<String> = [
        "swig",
        "-go",
        "-cgo",
        "-intgosize",
        int_size,
        "-module",
        base,
        "-o",
        wrapper,
        "-outdir",
        objdir,
    ]
    .map(str::to_owned)
    .into();
    let own = if cxx { &flags.cxxflags } else { &flags.cflags };
    let flags = [&flags.cppflags, pkg_config, own];
    let include = |f: &&String| f.len() > 3 && f.starts_with("-I");
    args.extend(flags.into_iter().flatten().filter(include).cloned());
    if cxx {
        args.push("-c++".to_owned());
    }
    args.push(file.to_owned());
    args
}

/// Returns the compile of a package of one file in `dir` that holds nothing but a constant; of
/// the package `inputs` it has the settings that all packages share. `path` is its -p argument,
/// `gcflags` those for files listed on a command line.
pub fn int_size(
    inputs: &Inputs<'_>,
    dir: &str,
    file: String,
    objdir: &str,
    path: &str,
    concurrency: usize,
    gcflags: &[String],
) -> Vec<String> {
    let unkeyed = &inputs.unkeyed;
    let mut args = unkeyed.tools.command("compile");
    let mut add = |words: &[&str]| args.extend(words.iter().map(|&w| w.to_owned()));
    add(&["-o", &format!("{objdir}_go_.o")]);
    let trimmed = inputs.trimpath.then_some("");
    add(&["-trimpath", &gc::rewrite(dir, trimmed, "", objdir)]);
    add(&["-p", path]);
    add(&[
        &format!("-lang=go{}", unkeyed.release.language()),
        "-complete",
    ]);
    if !unkeyed.install_suffix.is_empty() {
        add(&["-installsuffix", unkeyed.install_suffix]);
    }
    if inputs.goos == "plan9" || inputs.goarch == "wasm" {
        add(&["-dwarf=false"]);
    }
    add(&["-goversion", unkeyed.version]);
    if concurrency > 1 {
        add(&[&format!("-c={concurrency}")]);
    }
    args.extend_from_slice(inputs.forced_gcflags);
    args.extend_from_slice(gcflags);
    args.extend(["-nolocalimports".to_owned(), file]);
    args
}
