//! The Go toolchain's command lines: compile here, assembler and linker in their own files.
//!
//! Answers to cmd/go/internal/work/gc.go.

pub mod asm;
pub mod link;
mod trimpath;

use std::fmt::Write;

use forgo_golang::path;
use sha1::{Digest, Sha1};

use crate::action::ActionError;
use crate::actions::compile_inputs::Inputs;
use crate::config::Config;
use crate::disk;
use crate::fsys::Overlay;
use crate::package::Package;
use crate::toolchain::{make_absolute, tool};

pub use trimpath::trimpath;

/// What a compile is told beside its inputs.
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

/// Standard packages with functions that the runtime supplies: they declare what they do not
/// define.
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

/// The command line of a compile.
pub fn compile(
    inputs: &Inputs<'_>,
    c: &Compile<'_>,
    overlay: &Overlay,
) -> Result<Vec<String>, ActionError> {
    let (p, config) = (inputs.package, inputs.config);
    let mut args = config.flags.toolexec.clone();
    let mut add = |words: &[&str]| args.extend(words.iter().map(|&w| w.to_owned()));
    add(&[&tool(config, "compile"), "-o", c.archive]);
    add(&["-trimpath", &trimpath(config, p, c.objdir, overlay)]);

    add(&["-p", &package_path(config, p, c.build_id)?]);
    add(&[&format!("-lang=go{}", inputs.language())]);
    if inputs.standard {
        add(&["-std"]);
    }
    if is_complete(p) {
        add(&["-complete"]);
    }
    if !config.context.install_suffix.is_empty() {
        add(&["-installsuffix", &config.context.install_suffix]);
    }
    if !c.build_id.is_empty() {
        add(&["-buildid", c.build_id]);
    }
    if inputs.omit_debug || inputs.goos == "plan9" || inputs.goarch == "wasm" {
        add(&["-dwarf=false"]);
    }
    if config.dist.version.starts_with("go1") {
        add(&["-goversion", &config.dist.version]);
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
    let sources = c.go_files.iter().map(|f| make_absolute(&p.dir, f));
    args.extend(sources.map(|f| overlay.actual(&f).to_string()));
    Ok(args)
}

/// Whether the compiler gets the whole package: then it can say which functions have no body.
fn is_complete(p: &Package) -> bool {
    let others = [
        &p.cgo_files,
        &p.c_files,
        &p.cxx_files,
        &p.m_files,
        &p.f_files,
        &p.s_files,
        &p.syso_files,
        &p.swig_files,
        &p.swig_cxx_files,
    ];
    others.iter().all(|files| files.is_empty())
        && !(p.standard && FORWARD_DECLARING.contains(&p.import_path.as_str()))
}

/// The path by which the linker knows the package (`pkgPath`).
pub fn package_path(config: &Config, p: &Package, build_id: &str) -> Result<String, ActionError> {
    if config.modes.buildmode == "plugin" {
        plugin_path(p, build_id)
    } else if p.name == "main" && !p.internal.force_library {
        Ok("main".to_owned())
    } else {
        Ok(p.import_path.clone())
    }
}

/// The path of a plugin: made of its sources where they were listed on the command line, so that
/// two plugins made of files of one name are told apart. `build_id` is that of the main package
/// before its content is known: equal for compile and link.
pub fn plugin_path(p: &Package, build_id: &str) -> Result<String, ActionError> {
    if p.import_path != "command-line-arguments" {
        return Ok(p.import_path.clone());
    }
    let mut hash = Sha1::new();
    hash.update(format!("build ID: {build_id}\n"));
    for file in p.go_files.iter().chain(&p.cgo_files).chain(&p.s_files) {
        let file = path::join2(&p.dir, file);
        let data = disk::read(&file).map_err(|e| {
            let why = crate::process::errno_text(&e);
            ActionError::fatal(format!("go: open {file}: {why}"))
        })?;
        hash.update(data);
    }
    let mut name = "plugin/unnamed-".to_owned();
    for byte in hash.finalize() {
        write!(name, "{byte:02x}").expect("strings take all that is written");
    }
    Ok(name)
}

#[cfg(test)]
mod tests;
