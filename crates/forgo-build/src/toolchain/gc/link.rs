//! The linker's command lines.
//!
//! Answers to ld and ldShared in cmd/go/internal/work/gc.go.

use forgo_golang::quoted;

use crate::action::{ActionError, Facts};
use crate::toolchain::gc::plugin_path;
use crate::toolchain::inputs::link::Inputs;

/// A linker run.
#[derive(Debug)]
pub struct Link {
    /// Directory to run in.
    pub dir: String,
    /// `K=V` for its environment.
    pub env: Vec<String>,
    /// The command line.
    pub args: Vec<String>,
}

/// Files and IDs of a link.
#[derive(Debug)]
pub struct Executable<'a> {
    /// Object directory, with a final slash.
    pub objdir: &'a str,
    /// The build ID to write into it: `link/main/main/link` before its content is known.
    pub build_id: &'a str,
    /// The file to write.
    pub target: &'a str,
    /// The importcfg.link file.
    pub importcfg: &'a str,
    /// The main package's archive.
    pub main_archive: &'a str,
}

/// Returns the linker run that makes an executable.
pub fn executable(
    inputs: &Inputs<'_>,
    facts: &dyn Facts,
    x: &Executable<'_>,
) -> Result<Link, ActionError> {
    let unkeyed = &inputs.unkeyed;
    let mut flags = Vec::new();
    let mut add = |words: &[&str]| flags.extend(words.iter().map(|&w| w.to_owned()));
    if !unkeyed.install_suffix.is_empty() {
        add(&["-installsuffix", unkeyed.install_suffix]);
    }
    if inputs.omit_debug {
        add(&["-s", "-w"]);
    }
    if inputs.buildmode == "plugin" {
        let main_key = x.build_id.split('/').nth(1).unwrap_or_default();
        let id = format!("{main_key}/{main_key}");
        let path = plugin_path(inputs.import_path, &unkeyed.files, facts, &id)?;
        add(&["-pluginpath", &path]);
    }
    if !matches!(unkeyed.gofips140, "" | "off") {
        add(&["-fipso", &format!("{}fips.o", x.objdir)]);
    }
    // Tools of the distribution carry their build ID where -V=full finds it. Not if an external
    // linker makes its own ID of it, which would then change with every build.
    let is_tool = unkeyed.in_goroot && inputs.import_path.starts_with("cmd/");
    if is_tool && !must_link_externally(inputs) {
        add(&[&format!("-X=cmd/internal/objabi.buildID={}", x.build_id)]);
    }
    if !inputs.default_godebug.is_empty() {
        let setting = inputs.default_godebug;
        add(&[&format!("-X=runtime.godebugDefault={setting}")]);
    }
    add(&[&format!("-buildmode={}", inputs.ld_buildmode)]);
    if !x.build_id.is_empty() {
        add(&[&format!("-buildid={}", x.build_id)]);
    }
    flags.extend_from_slice(inputs.forced_ldflags);
    flags.extend_from_slice(inputs.ldflags);
    add_external_linker(inputs, &mut flags)?;

    // Some systems record the output's path in a library: name it without its directory.
    let (dir, target) = match inputs.buildmode {
        "c-shared" | "plugin" => forgo_golang::path::split(x.target),
        _ => (".", x.target),
    };
    let mut env = unkeyed.env.clone();
    env.push(format!("GOROOT={}", inputs.goroot));

    let mut args = command(inputs, target, x.importcfg);
    args.append(&mut flags);
    args.push(x.main_archive.to_owned());
    Ok(Link {
        dir: dir.to_owned(),
        env,
        args,
    })
}

/// Returns the linker run that makes a shared library. `members` are import paths and archives of
/// the packages named on the command line.
pub fn shared(
    inputs: &Inputs<'_>,
    members: &[(&str, &str)],
    target: &str,
    importcfg: &str,
) -> Result<Link, ActionError> {
    let mut flags = vec![
        "-installsuffix".to_owned(),
        inputs.unkeyed.install_suffix.to_owned(),
    ];
    flags.push("-buildmode=shared".to_owned());
    flags.extend_from_slice(inputs.forced_ldflags);
    flags.extend_from_slice(inputs.ldflags);
    add_external_linker(inputs, &mut flags)?;
    // Others are not archives: unsafe, other libraries.
    let archives = members.iter().filter(|(_, file)| file.ends_with(".a"));
    flags.extend(archives.map(|(import_path, file)| format!("{import_path}={file}")));

    let (dir, target) = forgo_golang::path::split(target);
    let mut args = command(inputs, target, importcfg);
    args.append(&mut flags);
    Ok(Link {
        dir: dir.to_owned(),
        env: inputs.unkeyed.env.clone(),
        args,
    })
}

fn command(inputs: &Inputs<'_>, target: &str, importcfg: &str) -> Vec<String> {
    let mut args = inputs.unkeyed.tools.command("link");
    args.extend(["-o", target, "-importcfg", importcfg].map(str::to_owned));
    args
}

/// Names the external linker, if the user has not (`setextld`).
fn add_external_linker(inputs: &Inputs<'_>, flags: &mut Vec<String>) -> Result<(), ActionError> {
    if flags
        .iter()
        .any(|f| f == "-extld" || f.starts_with("-extld="))
    {
        return Ok(());
    }
    let linker = &inputs.unkeyed.external_linker;
    let joined = quoted::join(linker).map_err(|e| ActionError::new(e.to_string()))?;
    flags.push(format!("-extld={joined}"));
    Ok(())
}

/// Targets whose executables the Go linker can't make alone (platform.MustLinkExternal, without
/// cgo).
fn must_link_externally(inputs: &Inputs<'_>) -> bool {
    match inputs.goos {
        "android" => inputs.goarch != "arm64",
        "ios" => inputs.goarch == "arm64",
        _ => false,
    }
}
