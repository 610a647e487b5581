//! The switch to a newer toolchain before `install pkg@version` and `run pkg@version`, whose module
//! may ask for one. In all other commands the need for a newer one is an error.
//!
//! Answers to maybeSwitchForGoInstallVersion in cmd/go/internal/toolchain/select.go and to
//! cmd/go/internal/toolchain/switch.go. While a toolchain is selected the stock command puts its
//! prefix before texts that have it already.

use std::os::unix::fs::PermissionsExt;

use forgo_golang::quote::quote;
use forgo_golang::{gover, pattern};
use forgo_load::config::Config;
use forgo_load::disk;
use forgo_load::load::modules::{TooNew, newer_release_wanted, offered_releases};
use forgo_load::load::scan::Scanner;

use super::{Choice, fatal};
use crate::exit::{Outcome, Stop};
use crate::flags::table::Commands;
use crate::flags::{Flags, goflags, kind};
use crate::report::Console;

/// The toolchain to switch to, if the module of a `pkg@version` argument asks for more than
/// `choice` provides.
pub fn for_versioned(
    cfg: &Config,
    args: &[String],
    choice: &Choice,
    console: &Console,
) -> Outcome<Option<Choice>> {
    let Some(found) = find_argument(cfg, args) else {
        return Ok(None);
    };
    let Some((path, version)) = found.package.split_once('@') else {
        return Ok(None);
    };
    if pattern::is_local_import(&found.package) || found.package.starts_with('/') {
        return Ok(None);
    }
    if version.starts_with(['-', '/']) {
        return fatal(format!("go: invalid module version {}", quote(version)));
    }
    // No module has a backslash in its path, and a module that is not found needs no newer release.
    if path.is_empty() || version.is_empty() || gover::is_toolchain(path) || path.contains('\\') {
        return Ok(None);
    }
    let mut cfg = cfg.clone();
    cfg.modules.modcacherw = found.modcacherw.unwrap_or_else(|| from_goflags(&cfg));
    let stop = |text: String, status: i32| Stop {
        text: format!("go: {text}"),
        status,
    };
    let scanner = Scanner::new(&cfg).map_err(|f| stop(f.stderr, f.code))?;
    let wanted = newer_release_wanted(&cfg, &scanner, console, path, version)
        .map_err(|f| stop(f.stderr, f.code))?
        .filter(|w| gover::compare(&w.go_version, &choice.version).is_gt());
    let Some(wanted) = wanted else {
        return Ok(None);
    };
    let releases = if choice.path_only {
        Ok(on_path(&cfg))
    } else {
        offered_releases(&cfg, &scanner, console)
    };
    let toolchain = releases.and_then(|list| newer(&wanted.go_version, &list));
    announce(wanted, toolchain, choice, console).map(Some)
}

/// Reports the toolchain that it switches to, or why it cannot.
fn announce(
    wanted: TooNew,
    toolchain: Result<String, String>,
    choice: &Choice,
    console: &Console,
) -> Outcome<Choice> {
    let TooNew {
        what,
        go_version,
        text,
    } = wanted;
    let toolchain = match toolchain {
        Ok(toolchain) => toolchain,
        Err(why) => {
            return fatal(format!(
                "go: {text}\ngo: go: switching to go >= {go_version}: {why}"
            ));
        }
    };
    console.warn(&format!(
        "go: {what} requires go >= {go_version}; switching to {toolchain}\n"
    ));
    Ok(Choice {
        version: go_version,
        toolchain,
        path_only: choice.path_only,
        may_upgrade: true,
        trace: String::new(),
    })
}

/// The facts in a command line that may have flags of a newer release.
#[derive(Debug, Default, PartialEq, Eq)]
struct Argument {
    /// The first argument that is not a flag.
    package: String,
    /// The value of `-modcacherw`: it changes how the module is fetched.
    modcacherw: Option<bool>,
}

/// Makes a best effort to find the package.
fn find_argument(cfg: &Config, args: &[String]) -> Option<Argument> {
    let (command, mut args) = args.split_first()?;
    let is_run = command == "run";
    let table = match command.as_str() {
        // Go 1.26 looks for flags of install among those of run.
        "install" if cfg.dist.release.switch_knows_flags_of_install() => Commands::INSTALL,
        "install" | "run" => Commands::RUN,
        _ => return None,
    };
    let flags = Flags::of(table);
    let mut found = Argument::default();
    while let Some((first, rest)) = args.split_first() {
        args = rest;
        if first == "--" {
            found.package.clone_from(args.first()?);
            break;
        }
        let Some(flag) = first.strip_prefix('-') else {
            found.package.clone_from(first);
            break;
        };
        let flag = flag.strip_prefix('-').unwrap_or(flag);
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (flag, None),
        };
        if name == "modcacherw" {
            found.modcacherw = Some(kind::parse_bool(value.unwrap_or("true"))?);
            continue;
        }
        if value.is_some() {
            continue;
        }
        match flags.lookup(name) {
            // The argument behind an unknown flag of run may be its value, the package or the
            // program's.
            None if is_run => return None,
            None => args = skip_unknown(args, &mut found),
            Some(flag) if flag.kind.is_boolean() => {}
            Some(_) => args = args.get(1..)?,
        }
    }
    Some(found)
}

/// After an unknown flag of install: the last argument is taken for the package.
fn skip_unknown<'a>(mut args: &'a [String], found: &mut Argument) -> &'a [String] {
    while let Some((first, rest)) = args.split_first() {
        let name = first.split('=').next().unwrap_or_default();
        if matches!(name, "-modcacherw" | "--modcacherw") {
            break;
        }
        if rest.is_empty() && !first.starts_with('-') {
            found.package.clone_from(first);
        }
        args = rest;
    }
    args
}

/// Reports whether GOFLAGS has `-modcacherw`. Errors of GOFLAGS are reported later.
fn from_goflags(cfg: &Config) -> bool {
    let words = goflags::words(cfg.env.get("GOFLAGS"), true).unwrap_or_default();
    let mut flags = Flags::of(Commands::RUN);
    goflags::apply(&words, &mut flags).is_ok() && flags.on("modcacherw")
}

/// The toolchains on PATH (pathToolchains), oldest first.
fn on_path(cfg: &Config) -> Vec<String> {
    let path = cfg.env.os("PATH");
    let mut list: Vec<String> = Vec::new();
    for dir in path.split(':').filter(|d| d.starts_with('/')) {
        for entry in disk::read_dir(dir).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|n| n.starts_with("go1.")) else {
                continue;
            };
            let Some(version) = gover::from_toolchain(name) else {
                continue;
            };
            let runs = disk::metadata(entry.path())
                .is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0);
            if runs && !list.iter().any(|v| v == version) {
                list.push(version.to_owned());
            }
        }
    }
    list.sort_by(|a, b| gover::compare(a, b));
    list
}

/// Which of the releases, oldest first, to use where `need` is asked for: of the release before the
/// latest the last patch release if that is enough, else of the latest (newerToolchain).
fn newer(need: &str, releases: &[String]) -> Result<String, String> {
    let mut latest = "";
    for version in releases.iter().rev() {
        if gover::compare(version, need).is_lt() {
            break;
        }
        if gover::lang(latest) == gover::lang(version) {
            continue;
        }
        let after = std::mem::replace(&mut latest, version);
        if !after.is_empty() && !gover::is_prerelease(after) {
            break;
        }
    }
    if latest.is_empty() {
        return Err(format!("no releases found for go >= {need}"));
    }
    Ok(format!("go{latest}"))
}

#[cfg(test)]
mod tests {
    use forgo_golang::release::Release;

    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn the_release_before_the_latest_is_preferred() {
        let list = words("1.50.0 1.50.3 1.51.0 1.51.1 1.52.0 1.52.2");
        let with_candidate = [list.clone(), words("1.53rc2")].concat();
        let cases: [(&str, &[String], Option<&str>); 8] = [
            ("1.49", &list, Some("go1.51.1")),
            ("1.51.1", &list, Some("go1.51.1")),
            ("1.51.2", &list, Some("go1.52.2")),
            ("1.52.2", &list, Some("go1.52.2")),
            ("1.52.3", &list, None),
            ("1.51.2", &with_candidate, Some("go1.52.2")),
            ("1.53rc1", &with_candidate, Some("go1.53rc2")),
            ("1.2", &[], None),
        ];
        for (need, list, want) in cases {
            assert_eq!(newer(need, list).ok().as_deref(), want, "{need}");
        }
    }

    #[test]
    fn the_package_is_found_behind_flags() {
        let package = |release, line: &str| {
            let mut cfg = Config::default();
            cfg.dist.release = release;
            find_argument(&cfg, &words(line)).map(|a| a.package)
        };
        let cases = [
            ("run a@v1 b@v2", Some("a@v1")),
            ("run -race -p 3 --tags x a@v1", Some("a@v1")),
            ("run -new a@v1", None),
            ("run -new=1 a@v1", Some("a@v1")),
            ("install -new x a@v1", Some("a@v1")),
            ("install -new a@v1 -x", Some("")),
            ("install -- a@v1", Some("a@v1")),
            ("build a@v1", None),
        ];
        for (line, want) in cases {
            assert_eq!(package(Release::GO1_27, line).as_deref(), want, "{line}");
        }
        // Install has no -exec; Go 1.26 asks run.
        assert_eq!(
            package(Release::GO1_26, "install -exec y a@v1 b@v1").as_deref(),
            Some("a@v1")
        );
        assert_eq!(
            package(Release::GO1_27, "install -exec y a@v1 b@v1").as_deref(),
            Some("b@v1")
        );
    }

    #[test]
    fn modcacherw_is_heeded() {
        let of = |line: &str| {
            let found = find_argument(&Config::default(), &words(line));
            found.and_then(|a| a.modcacherw)
        };
        assert_eq!(of("run -modcacherw a@v1"), Some(true));
        assert_eq!(of("install -new x --modcacherw=false a@v1"), Some(false));
        assert_eq!(of("run a@v1"), None);
    }
}
