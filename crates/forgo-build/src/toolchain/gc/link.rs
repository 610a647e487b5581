//! The linker's command lines.
//!
//! Answers to ld and ldShared in cmd/go/internal/work/gc.go.

use forgo_golang::quoted;

use crate::action::ActionError;
use crate::config::Config;
use crate::package::Package;
use crate::toolchain::gc::plugin_path;
use crate::toolchain::{cc, changed_env, tool};

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

/// What is linked into an executable.
#[derive(Debug)]
pub struct Executable<'a> {
    /// The main package.
    pub package: &'a Package,
    /// Some package in it has C++ sources.
    pub cxx: bool,
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

/// The linker run that makes an executable.
pub fn executable(config: &Config, x: &Executable<'_>) -> Result<Link, ActionError> {
    let p = x.package;
    let mut flags = Vec::new();
    let mut add = |words: &[&str]| flags.extend(words.iter().map(|&w| w.to_owned()));
    if !config.context.install_suffix.is_empty() {
        add(&["-installsuffix", &config.context.install_suffix]);
    }
    if p.internal.omit_debug {
        add(&["-s", "-w"]);
    }
    if config.modes.buildmode == "plugin" {
        let main_key = x.build_id.split('/').nth(1).unwrap_or_default();
        add(&[
            "-pluginpath",
            &plugin_path(p, &format!("{main_key}/{main_key}"))?,
        ]);
    }
    if !matches!(config.target.gofips140.as_str(), "" | "off") {
        add(&["-fipso", &format!("{}fips.o", x.objdir)]);
    }
    // Tools of the distribution carry their build ID where -V=full finds it. Not if an external
    // linker makes its own ID of it, which would then change with every build.
    if p.goroot && p.import_path.starts_with("cmd/") && !must_link_externally(config) {
        add(&[&format!("-X=cmd/internal/objabi.buildID={}", x.build_id)]);
    }
    if !p.default_godebug.is_empty() {
        add(&[&format!("-X=runtime.godebugDefault={}", p.default_godebug)]);
    }
    add(&[&format!("-buildmode={}", config.modes.ld_buildmode)]);
    if !x.build_id.is_empty() {
        add(&[&format!("-buildid={}", x.build_id)]);
    }
    flags.extend_from_slice(&config.modes.forced_ldflags);
    flags.extend_from_slice(&p.internal.ldflags);
    add_external_linker(config, x.cxx, &mut flags)?;

    // Some systems record the output's path in a library: name it without its directory.
    let (dir, target) = match config.modes.buildmode.as_str() {
        "c-shared" | "plugin" => forgo_golang::path::split(x.target),
        _ => (".", x.target),
    };
    let mut env = changed_env(config);
    let goroot = if config.flags.trimpath {
        ""
    } else {
        &config.dist.goroot_given
    };
    env.push(format!("GOROOT={goroot}"));

    let mut args = command(config, target, x.importcfg);
    args.append(&mut flags);
    args.push(x.main_archive.to_owned());
    Ok(Link {
        dir: dir.to_owned(),
        env,
        args,
    })
}

/// The linker run that makes a shared library. `flags_holder` is the package whose -ldflags count;
/// `members` are import paths and archives of the packages named on the command line.
pub fn shared(
    config: &Config,
    flags_holder: &Package,
    cxx: bool,
    members: &[(&str, &str)],
    target: &str,
    importcfg: &str,
) -> Result<Link, ActionError> {
    let mut flags = vec![
        "-installsuffix".to_owned(),
        config.context.install_suffix.clone(),
    ];
    flags.push("-buildmode=shared".to_owned());
    flags.extend_from_slice(&config.modes.forced_ldflags);
    flags.extend_from_slice(&flags_holder.internal.ldflags);
    add_external_linker(config, cxx, &mut flags)?;
    // Others are not archives: unsafe, other libraries.
    let archives = members.iter().filter(|(_, file)| file.ends_with(".a"));
    flags.extend(archives.map(|(import_path, file)| format!("{import_path}={file}")));

    let (dir, target) = forgo_golang::path::split(target);
    let mut args = command(config, target, importcfg);
    args.append(&mut flags);
    Ok(Link {
        dir: dir.to_owned(),
        env: changed_env(config),
        args,
    })
}

fn command(config: &Config, target: &str, importcfg: &str) -> Vec<String> {
    let mut args = config.flags.toolexec.clone();
    args.push(tool(config, "link"));
    args.extend(["-o", target, "-importcfg", importcfg].map(str::to_owned));
    args
}

/// Names the external linker, if the user has not: the C++ compiler if there is C++, else the C
/// compiler (`setextld`).
fn add_external_linker(
    config: &Config,
    cxx: bool,
    flags: &mut Vec<String>,
) -> Result<(), ActionError> {
    if flags
        .iter()
        .any(|f| f == "-extld" || f.starts_with("-extld="))
    {
        return Ok(());
    }
    let compiler = if cxx {
        cc::cxx_exe(config)
    } else {
        cc::cc_exe(config)
    };
    let joined = quoted::join(&compiler).map_err(|e| ActionError::new(e.to_string()))?;
    flags.push(format!("-extld={joined}"));
    Ok(())
}

/// Targets whose executables the Go linker can't make alone (platform.MustLinkExternal, without
/// cgo).
fn must_link_externally(config: &Config) -> bool {
    match config.target.goos.as_str() {
        "android" => config.target.goarch != "arm64",
        "ios" => config.target.goarch == "arm64",
        _ => false,
    }
}
