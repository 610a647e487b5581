//! The effects of `-race`, `-buildmode` and similar flags, and the combinations of them that are
//! errors.
//!
//! Answers to cmd/go/internal/work/init.go and to NewBuilder in cmd/go/internal/work/action.go.

use forgo_golang::quote::quote;
use forgo_golang::{path, quoted};
use forgo_load::config::{Config, PkgsFilter};
use forgo_load::process::command;
use forgo_load::process::{self, Learns};

use super::Platform;
use crate::exit::{Outcome, Stop};
use crate::flags::{goflags, kind};

/// work.BuildInit, without the initialization of modules and of the overlay. `p` is `-p` as given,
/// `goflags` are GOFLAGS' words.
pub fn build_init(cfg: &mut Config, modules_enabled: bool, p: &str, goflags: &[String]) -> Outcome {
    forbid_prompts(cfg);
    cfg.modes.buildmode.clone_from(&cfg.flags.buildmode);
    instrument(cfg)?;
    build_mode(cfg)?;
    check_module_flags(cfg, modules_enabled, goflags)?;
    if !cfg.flags.pkgdir.is_empty() && !cfg.flags.pkgdir.starts_with('/') {
        cfg.flags.pkgdir = path::join2(&cfg.cwd, &cfg.flags.pkgdir);
    }
    if cfg.flags.p == 0 {
        let value = kind::parse_int(p).unwrap_or(0);
        return Err(Stop::fatal(format!(
            "go: -p must be a positive integer: {value}"
        )));
    }
    check_compilers(cfg)?;
    cover_mode(cfg)
}

/// modload.Init: git must not ask for passwords in any program that runs it.
fn forbid_prompts(cfg: &mut Config) {
    if cfg.env.get("GO111MODULE") == "off" {
        return;
    }
    for (name, value) in [("GIT_TERMINAL_PROMPT", "0"), ("GCM_INTERACTIVE", "never")] {
        let set = cfg.env.cmd.iter().any(|(key, _)| key == name);
        if cfg.env.os(name).is_empty() && !set {
            cfg.env.cmd.push((name.to_owned(), value.to_owned()));
        }
    }
}

fn platform(cfg: &Config) -> Platform<'_> {
    Platform {
        goos: &cfg.target.goos,
        goarch: &cfg.target.goarch,
        release: cfg.dist.release,
    }
}

/// instrumentInit: `-race`, `-msan`, `-asan`.
fn instrument(cfg: &mut Config) -> Outcome {
    let (race, msan, asan) = (cfg.flags.race, cfg.flags.msan, cfg.flags.asan);
    if !race && !msan && !asan {
        return Ok(());
    }
    let refuse = |text: String| Err(Stop::with_status(text, 2));
    for (both, names) in [
        (race && msan, "-race and -msan"),
        (race && asan, "-race and -asan"),
        (msan && asan, "-msan and -asan"),
    ] {
        if both {
            return refuse(format!("go: may not use {names} simultaneously"));
        }
    }
    let port = platform(cfg);
    for (missing, flag) in [
        (msan && !port.msan_supported(), "-msan"),
        (race && !port.race_supported(), "-race"),
        (asan && !port.asan_supported(), "-asan"),
    ] {
        if missing {
            return refuse(format!(
                "{flag} is not supported on {}/{}",
                port.goos, port.goarch
            ));
        }
    }
    if asan {
        check_asan_compiler(cfg).map_err(|text| Stop::with_status(text, 2))?;
    }
    let mode = if asan {
        "asan"
    } else if msan {
        "msan"
    } else {
        "race"
    };
    if msan && cfg.modes.buildmode == "default" && (port.goos, port.goarch) != ("linux", "amd64") {
        cfg.modes.buildmode = "pie".into();
    }
    if !cfg.context.cgo_enabled && (cfg.target.goos != "darwin" || asan || msan) {
        let native =
            cfg.target.goos == cfg.dist.host_goos && cfg.target.goarch == cfg.dist.host_goarch;
        let hint = if native {
            "; enable cgo by setting CGO_ENABLED=1"
        } else {
            ""
        };
        return refuse(format!("go: -{mode} requires cgo{hint}"));
    }
    cfg.modes.forced_gcflags.push(format!("-{mode}"));
    cfg.modes.forced_ldflags.push(format!("-{mode}"));
    append_suffix(&mut cfg.context.install_suffix, mode);
    cfg.context.tool_tags.push(mode.into());
    Ok(())
}

fn append_suffix(suffix: &mut String, part: &str) {
    if !suffix.is_empty() {
        suffix.push('_');
    }
    suffix.push_str(part);
}

/// The requirements of a build mode.
struct Mode {
    filter: PkgsFilter,
    /// The linker's `-buildmode`.
    link: &'static str,
    /// Flag for compiler and assembler, or empty.
    codegen: &'static str,
}

/// buildModeInit without its last part.
fn build_mode(cfg: &mut Config) -> Outcome {
    let name = cfg.modes.buildmode.clone();
    let mode = mode_of(cfg, &name)?;
    match name.as_str() {
        "c-archive" => cfg.target.exe_suffix = ".a".into(),
        "c-shared" if cfg.target.goos == "windows" => cfg.target.exe_suffix.clear(),
        "plugin" => cfg.target.exe_suffix = ".so".into(),
        _ => {}
    }
    cfg.modes.pkgs_filter = mode.filter;
    cfg.modes.ld_buildmode = mode.link.into();
    let port = platform(cfg);
    if name != "default" && !port.build_mode_supported(&name) {
        let text = format!(
            "-buildmode={name} not supported on {}/{}",
            port.goos, port.goarch
        );
        return Err(Stop::fatal(text));
    }
    let mut codegen = mode.codegen;
    if cfg.flags.linkshared {
        if !port.build_mode_supported("shared") {
            let text = format!("-linkshared not supported on {}/{}", port.goos, port.goarch);
            return Err(Stop::fatal(text));
        }
        codegen = "-dynlink";
        let modes = &mut cfg.modes;
        modes
            .forced_asmflags
            .extend(["-D=GOBUILDMODE_shared=1", "-linkshared"].map(String::from));
        modes.forced_gcflags.push("-linkshared".into());
        modes
            .forced_ldflags
            .extend(["-linkshared", "-w"].map(String::from));
    }
    if !codegen.is_empty() {
        cfg.modes.forced_asmflags.insert(0, codegen.into());
        cfg.modes.forced_gcflags.insert(0, codegen.into());
        if name != "default" || cfg.flags.linkshared {
            append_suffix(&mut cfg.context.install_suffix, &codegen[1..]);
        }
    }
    Ok(())
}

fn mode_of(cfg: &Config, name: &str) -> Outcome<Mode> {
    let goos = cfg.target.goos.as_str();
    let port = platform(cfg);
    let shared_if = |yes: bool| if yes { "-shared" } else { "" };
    let mode = |filter, link, codegen| Mode {
        filter,
        link,
        codegen,
    };
    Ok(match name {
        "archive" => mode(PkgsFilter::NotMain, "", ""),
        "c-archive" => {
            let shared = match goos {
                "darwin" | "ios" => cfg.target.goarch == "arm64",
                "dragonfly" | "freebsd" | "illumos" | "linux" | "netbsd" | "openbsd"
                | "solaris" => true,
                _ => false,
            };
            mode(PkgsFilter::OneMain, "c-archive", shared_if(shared))
        }
        "c-shared" => {
            let shared = matches!(goos, "linux" | "android" | "freebsd");
            mode(PkgsFilter::OneMain, "c-shared", shared_if(shared))
        }
        "default" if port.default_pie(cfg.flags.race) => {
            mode(PkgsFilter::All, "pie", shared_if(goos != "windows"))
        }
        "default" => mode(PkgsFilter::All, "exe", ""),
        "exe" if cfg.flags.o.is_empty() => mode(PkgsFilter::Main, "exe", ""),
        "exe" => mode(PkgsFilter::OneMain, "exe", ""),
        "pie" => {
            if cfg.flags.race && !port.default_pie(true) {
                return Err(Stop::fatal(format!(
                    "-buildmode=pie not supported when -race is enabled on {}/{}",
                    port.goos, port.goarch
                )));
            }
            mode(
                PkgsFilter::All,
                "pie",
                shared_if(!matches!(goos, "aix" | "windows")),
            )
        }
        "shared" => {
            if !cfg.flags.o.is_empty() {
                return Err(Stop::fatal(
                    "-buildmode=shared and -o not supported together",
                ));
            }
            mode(PkgsFilter::NotMain, "shared", "-dynlink")
        }
        "plugin" => mode(PkgsFilter::OneMain, "plugin", "-dynlink"),
        _ => return Err(Stop::fatal(format!("buildmode={name} not supported"))),
    })
}

/// The last part of buildModeInit: flags that only mean something with modules.
fn check_module_flags(cfg: &Config, enabled: bool, goflags: &[String]) -> Outcome {
    let m = &cfg.modules;
    match m.mod_flag.as_str() {
        "" => {}
        "readonly" | "vendor" | "mod" => {
            if !enabled && !goflags::contains(goflags, "mod") {
                let text = format!(
                    "build flag -mod={} only valid when using modules",
                    m.mod_flag
                );
                return Err(Stop::fatal(text));
            }
        }
        other => {
            return Err(Stop::fatal(format!(
                "-mod={other} not supported (can be '', 'mod', 'readonly', or 'vendor')"
            )));
        }
    }
    if !enabled && m.modcacherw && !goflags::contains(goflags, "modcacherw") {
        return Err(Stop::fatal(
            "build flag -modcacherw only valid when using modules",
        ));
    }
    // The stock command asks for -mod here, not for -modfile.
    if !enabled && !m.modfile.is_empty() && !goflags::contains(goflags, "mod") {
        return Err(Stop::fatal(
            "build flag -modfile only valid when using modules",
        ));
    }
    Ok(())
}

/// CC, CXX and FC must not be relative paths.
fn check_compilers(cfg: &Config) -> Outcome {
    for key in ["CC", "CXX", "FC"] {
        let words = quoted::split(cfg.env.get(key)).map_err(|e| {
            Stop::fatal(format!(
                "go: {key} environment variable could not be parsed: {e}"
            ))
        })?;
        let Some(first) = words.first() else { continue };
        if !first.starts_with('/') && first.contains('/') {
            return Err(Stop::fatal(format!(
                "go: {key} environment variable is relative; must be absolute path: {first}"
            )));
        }
    }
    Ok(())
}

fn cover_mode(cfg: &mut Config) -> Outcome {
    let flags = &mut cfg.flags;
    if flags.cover_mode.is_empty() {
        flags.cover_mode = if flags.race {
            "atomic".into()
        } else {
            "set".into()
        };
    }
    if flags.race && flags.cover_mode != "atomic" {
        return Err(Stop::fatal(format!(
            "-covermode must be \"atomic\", not {}, when -race is enabled",
            quote(&flags.cover_mode)
        )));
    }
    Ok(())
}

/// Refuses, as NewBuilder does, targets that do not exist and tags with commas. Exit status 2.
pub fn check_builder(cfg: &Config) -> Outcome {
    let port = platform(cfg);
    if !port.exists() {
        let text = format!(
            "go: unsupported GOOS/GOARCH pair {}/{}",
            port.goos, port.goarch
        );
        return Err(Stop::with_status(text, 2));
    }
    if cfg.context.build_tags.iter().any(|t| t.contains(',')) {
        return Err(Stop::with_status(
            "go: -tags space-separated list contains comma",
            2,
        ));
    }
    Ok(())
}

/// compilerRequiredAsanVersion: gcc 7 (9 on ppc64le) or clang 9.
fn check_asan_compiler(cfg: &Config) -> Result<(), String> {
    let (name, major, minor) = compiler_version(cfg)
        .map_err(|()| "-asan: the version of $(go env CC) could not be parsed".to_owned())?;
    let least = match name {
        "gcc" if cfg.dist.host_goarch == "ppc64le" => 9,
        "gcc" => 7,
        "clang" => 9,
        _ => return Err("-asan: C compiler is not gcc or clang".into()),
    };
    if major < least {
        // The stock text has its own newline, and another is printed after it.
        return Err(format!(
            "-asan is not supported with {name} compiler {major}.{minor}\n\n"
        ));
    }
    Ok(())
}

/// Name and version of CC, by asking it.
fn compiler_version(cfg: &Config) -> Result<(&'static str, u32, u32), ()> {
    let cc = match cfg.env.get("CC") {
        "" => &cfg.dist.default_cc,
        cc => cc,
    };
    let learns = Learns::Refuse("the C compiler is asked for its version");
    let ask = |flag: &str| {
        let environment = ["LANG=C".to_owned()];
        let mut command = command(cfg, "", cc, &environment);
        let output = process::output(command.arg(flag), learns).map_err(drop)?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match output.status.success() {
            true => Ok((text(&output.stdout), text(&output.stderr))),
            false => Err(()),
        }
    };
    let (version, _) = ask("--version")?;
    let (name, number) = if version.starts_with("gcc") {
        let (out, err) = ask("-v")?;
        ("gcc", version_after(&(out + &err), "gcc version "))
    } else {
        ("clang", version_after(&version, "clang version "))
    };
    match number {
        Some((major, minor)) => Ok((name, major, minor)),
        None => Ok(("unknown", 0, 0)),
    }
}

/// Reads the version `12.3` behind `words`.
fn version_after(text: &str, words: &str) -> Option<(u32, u32)> {
    let rest = &text[text.find(words)? + words.len()..];
    let (major, rest) = rest.split_once('.')?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    Some((major.parse().ok()?, rest[..end].parse().ok()?))
}

#[cfg(test)]
mod tests {
    use forgo_golang::release::Release;

    use super::*;

    fn config(goos: &str, goarch: &str) -> Config {
        let mut cfg = Config::default();
        cfg.dist.release = Release::GO1_27;
        cfg.dist.host_goos = "linux".into();
        cfg.dist.host_goarch = "amd64".into();
        cfg.target.goos = goos.into();
        cfg.target.goarch = goarch.into();
        cfg.context.cgo_enabled = true;
        cfg.flags.buildmode = "default".into();
        cfg.flags.p = 1;
        cfg
    }

    #[test]
    fn modes() {
        let mut cfg = config("linux", "amd64");
        cfg.flags.race = true;
        build_init(&mut cfg, true, "", &[]).unwrap();
        assert_eq!(cfg.modes.forced_gcflags, ["-race"]);
        assert_eq!(cfg.context.install_suffix, "race");
        assert_eq!(cfg.flags.cover_mode, "atomic");
        assert_eq!(cfg.modes.ld_buildmode, "exe");

        let mut cfg = config("linux", "amd64");
        cfg.flags.buildmode = "plugin".into();
        cfg.flags.linkshared = true;
        build_init(&mut cfg, true, "", &[]).unwrap();
        assert_eq!(cfg.target.exe_suffix, ".so");
        assert_eq!(
            cfg.modes.forced_asmflags,
            ["-dynlink", "-D=GOBUILDMODE_shared=1", "-linkshared"]
        );
        assert_eq!(cfg.context.install_suffix, "dynlink");
        assert_eq!(cfg.modes.pkgs_filter, PkgsFilter::OneMain);

        let mut cfg = config("darwin", "arm64");
        build_init(&mut cfg, true, "", &[]).unwrap();
        assert_eq!(cfg.modes.forced_gcflags, ["-shared"]);
        assert_eq!(cfg.context.install_suffix, "");
    }

    #[test]
    fn refusals() {
        let refused = |change: fn(&mut Config)| {
            let mut cfg = config("linux", "amd64");
            change(&mut cfg);
            let stop = build_init(&mut cfg, false, "-3", &[]).unwrap_err();
            (stop.text, stop.status)
        };
        type Case = (fn(&mut Config), &'static str, i32);
        let cases: &[Case] = &[
            (
                |c| (c.flags.race, c.flags.msan) = (true, true),
                "go: may not use -race and -msan simultaneously\n",
                2,
            ),
            (
                |c| (c.flags.race, c.context.cgo_enabled) = (true, false),
                "go: -race requires cgo; enable cgo by setting CGO_ENABLED=1\n",
                2,
            ),
            (
                |c| (c.flags.race, c.target.goarch) = (true, "386".into()),
                "-race is not supported on linux/386\n",
                2,
            ),
            (
                |c| c.flags.buildmode = "x".into(),
                "buildmode=x not supported\n",
                1,
            ),
            (
                |c| (c.flags.buildmode, c.target.goos) = ("plugin".into(), "windows".into()),
                "-buildmode=plugin not supported on windows/amd64\n",
                1,
            ),
            (
                |c| c.modules.mod_flag = "x".into(),
                "-mod=x not supported (can be '', 'mod', 'readonly', or 'vendor')\n",
                1,
            ),
            (
                |c| c.modules.mod_flag = "mod".into(),
                "build flag -mod=mod only valid when using modules\n",
                1,
            ),
            (
                |c| c.flags.p = 0,
                "go: -p must be a positive integer: -3\n",
                1,
            ),
            (
                |c| (c.flags.race, c.flags.cover_mode) = (true, "set".into()),
                "-covermode must be \"atomic\", not \"set\", when -race is enabled\n",
                1,
            ),
        ];
        for (change, text, status) in cases {
            assert_eq!(refused(*change), ((*text).to_owned(), *status));
        }
    }

    #[test]
    fn compiler_versions() {
        assert_eq!(
            version_after("x\ngcc version 12.2.0 (Debian)", "gcc version "),
            Some((12, 2))
        );
        assert_eq!(version_after("gcc", "gcc version "), None);
    }
}
