//! Which toolchain does the work: the local one, or the one that GOTOOLCHAIN, go.mod or go.work ask
//! for. It is looked for on PATH and in the module cache; where it must be downloaded the stock
//! command does that.
//!
//! Answers to cmd/go/internal/toolchain/select.go and exec.go.

mod switch;

use forgo_load::process::{self, Learns};
use forgo_load::{disk, footprint};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use forgo_golang::quote::quote;
use forgo_golang::{gover, path};
use forgo_load::config::Config;
use forgo_load::load::modules::{go_toolchain_lines, will_be_enabled};
use forgo_load::process::look_path;
use forgo_load::stock::StockGo;

use super::Startup;
use super::goroot;
use super::process::Variables;
use crate::exit::{Outcome, Stop};
use crate::report::Console;
use crate::report::streams::write_stderr_text;

/// The variable that passes to a go command the version that it was started to provide.
const TARGET: &str = "GOTOOLCHAIN_INTERNAL_SWITCH_VERSION";

/// The toolchain that the settings select.
struct Choice {
    /// `local`, or a name such as `go1.27.3`.
    toolchain: String,
    /// The Go version that it provides.
    version: String,
    /// GOTOOLCHAIN allows only toolchains on PATH.
    path_only: bool,
    /// GOTOOLCHAIN allows newer ones (`auto`, `path`).
    may_upgrade: bool,
    /// Lines of `GODEBUG=toolchaintrace=1`.
    trace: String,
}

/// The toolchain that a command here would use.
pub enum Preview {
    /// The local one.
    Local,
    /// Another one, which is installed.
    Installed {
        /// Its name: `go1.27.3`.
        name: String,
        /// Its go command.
        go: String,
    },
    /// Another one, which the first command that needs it downloads.
    Missing {
        /// Its name.
        name: String,
    },
}

/// Returns what [`select`] would select for a command without packages of other modules, without
/// downloading anything.
pub fn preview(local: &Startup) -> Outcome<Preview> {
    let cfg = &local.cfg;
    if !will_be_enabled(cfg) {
        return Ok(Preview::Local);
    }
    let own = own_name(cfg);
    let Some(choice) = choose(cfg, &own)? else {
        return Ok(Preview::Local);
    };
    let name = choice.toolchain.clone();
    if name == "local" || name == own {
        return Ok(Preview::Local);
    }
    Ok(match installed(cfg, &choice)? {
        Some(found) => Preview::Installed { name, go: found.go },
        None => Preview::Missing { name },
    })
}

/// Selects a toolchain, and resolves everything again if it is not the local one. `args` begin with
/// the command.
pub fn select(local: Startup, args: &[String], console: &Console) -> Outcome<Startup> {
    if !will_be_enabled(&local.cfg) || asks_for_itself(args) {
        return Ok(local);
    }
    let own = own_name(&local.cfg);
    let Some(choice) = choose(&local.cfg, &own)? else {
        return Ok(local);
    };
    if choice.may_upgrade
        && let Some(newer) = switch::for_versioned(&local.cfg, args, &choice, console)?
    {
        let traced = traces(&local.process);
        return enter(local, &newer, traced);
    }
    let Startup {
        mut process, cfg, ..
    } = local;
    let again = |process: Variables| {
        let stock = cfg.dist.stock_go.clone();
        Startup::resolve(&cfg.command, process, &stock)
    };
    let target = process.get(TARGET).to_owned();
    if !target.is_empty() {
        if own != target {
            return fatal(format!("toolchain {own} invoked to provide {target}"));
        }
        process.unset(TARGET);
        return again(process);
    }
    let traced = traces(&process);
    if traced {
        footprint::refuse("toolchaintrace");
        write_stderr_text(&choice.trace);
    }
    let name = &choice.toolchain;
    if name == "local" || *name == own {
        if traced {
            write_stderr_text(&format!("go: using local toolchain {own}\n"));
        }
        return again(process);
    }
    if !name.starts_with("go1") && !name.contains("-go1") {
        return fatal(format!("invalid GOTOOLCHAIN {}", quote(name)));
    }
    let local = Startup {
        process,
        cfg,
        ..local
    };
    enter(local, &choice, traced)
}

/// Resolves everything again with the chosen toolchain, which is not the local one (Exec).
fn enter(local: Startup, choice: &Choice, traced: bool) -> Outcome<Startup> {
    let Startup {
        mut process, cfg, ..
    } = local;
    let found = find(&cfg, choice)?;
    if traced {
        write_stderr_text(&found.trace(&choice.toolchain));
    }
    match &found.goroot {
        Some(dir) => process.set("GOROOT", dir),
        None => process.unset("GOROOT"),
    }
    process.unset("FORGO_GO");
    let stock_go = cfg.dist.stock_go.at(found.go);
    if found.goroot.is_none() && goroot::is_outside(&stock_go) {
        process.set("GOROOT", &ask_goroot(&stock_go)?);
    }
    Startup::resolve(&cfg.command, process, &stock_go)
}

fn fatal<T>(text: String) -> Outcome<T> {
    Err(Stop::fatal(format!("go: {text}")))
}

/// `go env GOTOOLCHAIN` and the like work with any toolchain.
fn asks_for_itself(args: &[String]) -> bool {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["env", "GOTOOLCHAIN" | "GOMOD" | "GOWORK"] => true,
        ["env", "-w", setting] => setting.starts_with("GOTOOLCHAIN="),
        _ => false,
    }
}

/// gover.LocalToolchain.
fn own_name(cfg: &Config) -> String {
    let version = cfg.dist.version.split(' ').next().unwrap_or_default();
    match version.find("go1") {
        Some(start) => version[start..].to_owned(),
        None => version.to_owned(),
    }
}

fn traces(process: &Variables) -> bool {
    process
        .get("GODEBUG")
        .split(',')
        .any(|s| s == "toolchaintrace=1")
}

/// Interprets GOTOOLCHAIN, go.work and go.mod. `None`: there is nothing to choose by.
fn choose(cfg: &Config, own: &str) -> Outcome<Option<Choice>> {
    let setting = cfg.env.get("GOTOOLCHAIN");
    if setting.is_empty() {
        return Ok(None);
    }
    let mut least = own.to_owned();
    let mut least_version = own.trim_start_matches("go").to_owned();
    let mut trace = String::new();
    let mode = match setting {
        "auto" | "path" => setting,
        _ => {
            let (name, mode) = match setting.split_once('+') {
                Some((name, mode)) => (name, Some(mode)),
                None => (setting, None),
            };
            if name != "local" {
                let Some(version) = gover::from_toolchain(name) else {
                    let more = match mode {
                        Some(_) => format!(": invalid minimum toolchain {}", quote(name)),
                        None => String::new(),
                    };
                    return fatal(format!("invalid GOTOOLCHAIN {}{more}", quote(setting)));
                };
                least_version = version.to_owned();
                least = name.to_owned();
            }
            if !matches!(mode, None | Some("auto" | "path")) {
                return fatal(format!(
                    "invalid GOTOOLCHAIN {}: only version suffixes are +auto and +path",
                    quote(setting)
                ));
            }
            trace = format!("go: default toolchain set to {least} from GOTOOLCHAIN={setting}\n");
            mode.unwrap_or("")
        }
    };
    let mut choice = Choice {
        toolchain: least,
        version: least_version,
        path_only: setting == "path" || setting.ends_with("+path"),
        may_upgrade: !mode.is_empty(),
        trace,
    };
    if !mode.is_empty() {
        let shown = if setting.contains('+') {
            format!("<name>+{mode}")
        } else {
            mode.to_owned()
        };
        choice.heed_files(cfg, &shown)?;
    }
    Ok(Some(choice))
}

impl Choice {
    /// Raises the choice to what go.work or go.mod ask for.
    fn heed_files(&mut self, cfg: &Config, mode: &str) -> Outcome {
        let lines = go_toolchain_lines(cfg).map_err(|f| Stop {
            text: f.stderr,
            status: f.code,
        })?;
        if lines.toolchain == "default" {
            return Ok(());
        }
        let file = short_path(cfg, &lines.file);
        let (trace, chosen) = (&mut self.trace, &mut self.toolchain);
        let mut upgrade = |toolchain: &str, line: &str| {
            trace.push_str(&format!(
                "go: upgrading toolchain to {toolchain} (required by {line} line in {file}; \
                 upgrade allowed by GOTOOLCHAIN={mode})\n"
            ));
            toolchain.clone_into(chosen);
        };
        if !lines.toolchain.is_empty() {
            let named = lines.toolchain.starts_with("go") || lines.toolchain.contains("-go");
            let version = gover::from_toolchain(&lines.toolchain).filter(|_| named);
            let Some(version) = version else {
                return fatal(format!(
                    "invalid toolchain {} in {file}",
                    quote(&lines.toolchain)
                ));
            };
            if gover::compare(version, &self.version).is_gt() {
                upgrade(&lines.toolchain, "toolchain");
                self.version = version.to_owned();
            }
        }
        if gover::compare(&lines.go, &self.version).is_gt() {
            // Since 1.21 the first release of a language version ends in .0.
            let first = gover::is_lang(&lines.go) && gover::compare(&lines.go, "1.21").is_ge();
            let zero = if first { ".0" } else { "" };
            upgrade(&format!("go{}{zero}", lines.go), "go");
            self.version = lines.go;
        }
        Ok(())
    }
}

/// Where a toolchain is.
struct Found {
    /// Its go command.
    go: String,
    /// Its GOROOT, when it is in the module cache.
    goroot: Option<String>,
}

impl Found {
    fn trace(&self, name: &str) -> String {
        let place = match self.goroot {
            Some(_) => "from cache located at",
            None => "located in system PATH",
        };
        match self.goroot {
            Some(_) => format!("go: using {name} toolchain {place} {}\n", self.go),
            None => format!("go: using {name} toolchain {place} ({})\n", self.go),
        }
    }
}

/// On PATH, in the module cache, or after a download.
fn find(cfg: &Config, choice: &Choice) -> Outcome<Found> {
    if let Some(found) = installed(cfg, choice)? {
        return Ok(found);
    }
    download(cfg, &choice.toolchain)?;
    Ok(in_module_cache(cfg, &choice.toolchain).1)
}

/// On PATH or in the module cache. An error where a download is not allowed either.
fn installed(cfg: &Config, choice: &Choice) -> Outcome<Option<Found>> {
    let name = &choice.toolchain;
    if let Ok(go) = look_path(cfg, name) {
        return Ok(Some(Found { go, goroot: None }));
    }
    if choice.path_only {
        return fatal(format!("cannot find {} in PATH", quote(name)));
    }
    let (ready, found) = in_module_cache(cfg, name);
    Ok(ready.then_some(found))
}

/// Where the module cache has a toolchain, and whether it is there.
fn in_module_cache(cfg: &Config, name: &str) -> (bool, Found) {
    let version = format!(
        "v0.0.1-{name}.{}-{}",
        cfg.dist.host_goos, cfg.dist.host_goarch
    );
    let dir = path::join2(
        &cfg.dirs.gomodcache,
        &format!("golang.org/toolchain@{version}"),
    );
    let ready = is_ready(cfg, &dir, &version);
    let found = Found {
        go: path::join2(&dir, "bin/go"),
        goroot: Some(dir),
    };
    (ready, found)
}

/// Reports whether a go command has unpacked this toolchain and run it before.
fn is_ready(cfg: &Config, dir: &str, version: &str) -> bool {
    let partial = format!("cache/download/golang.org/toolchain/@v/{version}.partial");
    let size = |file: &str| disk::metadata(path::join2(dir, file)).ok().map(|m| m.len());
    let runs = disk::metadata(path::join2(dir, "bin/go"))
        .is_ok_and(|m| m.permissions().mode() & 0o111 != 0);
    runs && size("src/go.mod") == size("src/_go.mod")
        && !disk::exists(path::join2(&cfg.dirs.gomodcache, &partial))
}

/// Lets the stock command become this toolchain, for which it downloads it. Its errors are ours.
fn download(cfg: &Config, name: &str) -> Outcome {
    let command = cfg.dist.stock_go.command();
    let mut command = command.map_err(|text| Stop::with_status(text, 2))?;
    command
        .arg("version")
        .env("GOTOOLCHAIN", name)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let learns = Learns::Refuse("a toolchain is downloaded");
    match process::status(&mut command, learns) {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Stop::status(status.code().unwrap_or(1))),
        Err(e) => {
            let text = format!("forgo: cannot run {}: {e}", cfg.dist.stock_go.file());
            Err(Stop::with_status(text, 2))
        }
    }
}

/// GOROOT of a go command that is not inside of it: a wrapper such as golang.org/dl's, whose output
/// is shown.
fn ask_goroot(go: &StockGo) -> Outcome<String> {
    let mut command = go.command().map_err(|text| Stop::with_status(text, 2))?;
    command
        .args(["env", "GOROOT"])
        .env("GOTOOLCHAIN", "local")
        .env_remove("GOROOT")
        .stderr(Stdio::inherit());
    let learns = Learns::Refuse("a wrapper of the stock command is asked");
    match process::output(&mut command, learns) {
        Ok(o) if o.status.success() => Ok(String::from_utf8_lossy(&o.stdout).trim_end().to_owned()),
        Ok(o) => Err(Stop::status(o.status.code().unwrap_or(1))),
        Err(e) => fatal(format!(
            "exec {}: {}",
            go.file(),
            forgo_load::process::errno_text(&e)
        )),
    }
}

/// base.ShortPath.
fn short_path(cfg: &Config, file: &str) -> String {
    match path::rel(&cfg.cwd, file) {
        Some(relative) if relative.len() < file.len() => relative,
        _ => file.to_owned(),
    }
}
