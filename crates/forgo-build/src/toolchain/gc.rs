//! The Go toolchain's command lines: compile here, other tools in their own files.
//!
//! The builders get an action's `Inputs` and the places that the run chose for its files, never the
//! settings or the package: a test in [`super`] keeps it so.
//!
//! Answers to cmd/go/internal/work/gc.go.

pub mod asm;
pub mod cover;
pub mod link;
pub mod pgo;
mod trimpath;
pub mod vet;

use std::fmt::Write;

use sha1::{Digest, Sha1};

use crate::action::{ActionError, Facts};
use crate::toolchain::inputs::compile::{Files, Inputs};
use crate::toolchain::make_absolute;

pub use trimpath::{rewrite, trimpath};

/// The settings of a compile beside its inputs.
#[derive(Debug)]
pub struct Compile<'a> {
    /// Object directory, with a final slash.
    pub objdir: &'a str,
    /// The archive to write.
    pub archive: &'a str,
    /// The build ID to write into it.
    pub build_id: &'a str,
    /// What the assembler found out of assembly files' symbols; empty where there are none.
    pub symabis: &'a str,
    /// There is assembly: write go_asm.h for it.
    pub asm_header: bool,
    /// Configuration of coverage, or empty.
    pub cover_config: &'a str,
    /// An embedcfg file was written.
    pub embeds: bool,
    /// Back ends that may run at once.
    pub concurrency: usize,
    /// The Go sources: absolute, or relative to the package.
    pub go_files: &'a [String],
}

/// Standard packages with functions that the runtime supplies: they declare functions that they do
/// not define.
const FORWARD_DECLARING: [&str; 10] = [
    "bytes",
    "internal/poll",
    "net",
    "os",
    "runtime/metrics",
    "runtime/pprof",
    "runtime/trace",
    "sync",
    "syscall",
    "time",
];

/// Returns the command line of a compile.
pub fn compile(
    inputs: &Inputs<'_>,
    facts: &dyn Facts,
    c: &Compile<'_>,
) -> Result<Vec<String>, ActionError> {
    let unkeyed = &inputs.unkeyed;
    let mut args = unkeyed.tools.command("compile");
    let mut add = |words: &[&str]| args.extend(words.iter().map(|&w| w.to_owned()));
    add(&["-o", c.archive]);
    add(&["-trimpath", &trimpath(inputs, c.objdir)]);

    add(&["-p", &package_path(inputs, facts, c.build_id)?]);
    add(&[&format!("-lang=go{}", inputs.language())]);
    if inputs.standard {
        add(&["-std"]);
    }
    if is_complete(inputs) {
        add(&["-complete"]);
    }
    if !unkeyed.install_suffix.is_empty() {
        add(&["-installsuffix", unkeyed.install_suffix]);
    }
    if !c.build_id.is_empty() {
        add(&["-buildid", c.build_id]);
    }
    if inputs.omit_debug || inputs.goos == "plan9" || inputs.goarch == "wasm" {
        add(&["-dwarf=false"]);
    }
    if unkeyed.version.starts_with("go1") {
        add(&["-goversion", unkeyed.version]);
    }
    if !c.cover_config.is_empty() {
        add(&[&format!("-coveragecfg={}", c.cover_config)]);
    }
    if let Some(profile) = inputs.pgo_profile.filter(|file| !file.is_empty()) {
        add(&[&format!("-pgoprofile={profile}")]);
    }
    if !c.symabis.is_empty() {
        add(&["-symabis", c.symabis]);
    }
    if c.concurrency > 1 {
        add(&[&format!("-c={}", c.concurrency)]);
    }

    args.extend_from_slice(inputs.forced_gcflags);
    args.extend_from_slice(inputs.gcflags);
    let mut add = |words: &[&str]| args.extend(words.iter().map(|&w| w.to_owned()));
    add(inputs.fuzz_flags.unwrap_or_default());
    if inputs.local_prefix.is_empty() {
        add(&["-nolocalimports"]);
    } else {
        add(&["-D", inputs.local_prefix]);
    }
    add(&["-importcfg", &format!("{}importcfg", c.objdir)]);
    if c.embeds {
        add(&["-embedcfg", &format!("{}embedcfg", c.objdir)]);
    }
    add(&["-pack"]);
    if c.asm_header {
        add(&["-asmhdr", &format!("{}go_asm.h", c.objdir)]);
    }
    let sources = c
        .go_files
        .iter()
        .map(|f| make_absolute(inputs.files.dir, f));
    args.extend(sources.map(|f| unkeyed.overlay.actual(&f).to_string()));
    Ok(args)
}

/// Reports whether the compiler gets the whole package: then it can tell which functions have no
/// body.
fn is_complete(inputs: &Inputs<'_>) -> bool {
    let f = &inputs.files;
    let others = [f.cgo, f.c, f.cxx, f.m, f.f, f.s, f.syso, f.swig, f.swig_cxx];
    others.iter().all(|files| files.is_empty())
        && !(inputs.standard && FORWARD_DECLARING.contains(&inputs.import_path))
}

/// Returns the path by which the linker knows the package (`pkgPath`).
pub fn package_path(
    inputs: &Inputs<'_>,
    facts: &dyn Facts,
    build_id: &str,
) -> Result<String, ActionError> {
    if inputs.unkeyed.buildmode == "plugin" {
        plugin_path(inputs.import_path, &inputs.files, facts, build_id)
    } else if inputs.unkeyed.name == "main" && !inputs.force_library {
        Ok("main".to_owned())
    } else {
        Ok(inputs.import_path.to_owned())
    }
}

/// Returns the path of a plugin: made of its sources where they were listed on the command line, so
/// that two plugins made of files of one name are distinct. `build_id` is that of the main package
/// before its content is known: equal for compile and link.
pub fn plugin_path(
    import_path: &str,
    files: &Files<'_>,
    facts: &dyn Facts,
    build_id: &str,
) -> Result<String, ActionError> {
    if import_path != "command-line-arguments" {
        return Ok(import_path.to_owned());
    }
    let mut hash = Sha1::new();
    hash.update(format!("build ID: {build_id}\n"));
    for file in files.go.iter().chain(files.cgo).chain(files.s) {
        hash.update(facts.plugin_source(&files.path(file))?);
    }
    let mut name = "plugin/unnamed-".to_owned();
    for byte in hash.finalize() {
        write!(name, "{byte:02x}").expect("strings take all that is written");
    }
    Ok(name)
}

#[cfg(test)]
mod tests;
