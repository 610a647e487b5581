//! The environment, the go/env files and the flags, resolved once into a [`Config`].
//!
//! First [`Startup`]: everything that does not depend on the command's flags, with the Go
//! distribution that go.mod asks for. Then [`apply_flags`], then, in commands that build,
//! [`build_init`].
//!
//! Answers to cmd/go/internal/cfg, to the beginning of cmd/go/main.go, to
//! cmd/go/internal/toolchain and to cmd/go/internal/work/init.go.

mod apply;
mod buildcfg;
pub mod dirs;
pub mod env_file;
pub mod goroot;
mod init;
pub mod own;
mod platform;
pub mod process;
mod target;
pub mod toolchain;
pub mod variables;

use std::collections::BTreeMap;

use forgo_golang::release;
use forgo_load::config::{Config, DebugSettings, Environment, ModuleSettings};
use forgo_load::disk;
use forgo_load::process::look_path;
use forgo_load::stock::StockGo;

pub use apply::apply_flags;
pub use init::{build_init, check_builder};
pub use platform::{Platform, Port, ports};
pub use target::parse_experiments;

use crate::exit::{Outcome, Stop};
use crate::linker;
use crate::report::Console;
use goroot::Defaults;
use process::Variables;
use variables::Variable;

/// The program that does the work of an invocation.
pub enum Chosen {
    /// forgo, with these settings.
    Startup(Box<Startup>),
    /// A stock command whose release forgo does not support.
    Stock {
        /// The command that was found first; it switches to another toolchain by itself.
        stock_go: StockGo,
        /// The release.
        version: String,
    },
}

/// The settings before the command's flags are parsed.
pub struct Startup {
    /// The settings so far.
    pub cfg: Config,
    /// The process's environment.
    pub process: Variables,
    /// The settings that the distribution was made with.
    pub defaults: Defaults,
    /// The environment of children, with the values that `go env -changed` needs.
    pub variables: Vec<Variable>,
    /// The error of GOAMD64 and similar variables, or of GOEXPERIMENT (buildcfg.Check): exit status
    /// 2.
    pub buildcfg_error: Option<String>,
}

impl Startup {
    /// Resolves the environment for a command in the current directory, and switches to the
    /// distribution that GOTOOLCHAIN, go.mod or go.work ask for.
    ///
    /// For a release that forgo does not support the result is not a [`Startup`] but the command to
    /// hand everything to.
    pub fn choose(command: &str, args: &[String], console: &Console) -> Outcome<Chosen> {
        let process = Variables::read();
        let stock_go = goroot::find_stock_go(&process)?;
        let local = Startup::resolve(command, process, &stock_go)?;
        let unknown = |startup: &Startup| {
            let version = &startup.cfg.dist.version;
            // Without a distribution there is nothing to hand on to.
            let known = version.is_empty() || release::is_native(version);
            (!known).then(|| version.clone())
        };
        let hand_on = |version| Ok(Chosen::Stock { stock_go, version });
        let version = unknown(&local);
        match (toolchain::select(local, args, console), version) {
            (Ok(startup), _) => match unknown(&startup) {
                // The stock command switches to it as this one did.
                Some(version) => hand_on(version),
                None => Ok(Chosen::Startup(Box::new(startup))),
            },
            // An unknown release reports its own error.
            (Err(_), Some(version)) => hand_on(version),
            (Err(stop), None) => Err(stop),
        }
    }

    /// Resolves the environment for a command in the current directory with the distribution that
    /// is found first: neither GOTOOLCHAIN nor go.mod is consulted.
    pub fn local(command: &str) -> Outcome<Startup> {
        let process = Variables::read();
        let stock_go = goroot::find_stock_go(&process)?;
        Startup::resolve(command, process, &stock_go)
    }

    /// Resolves the environment for the distribution that holds `stock_go`.
    fn resolve(command: &str, process: Variables, stock_go: &StockGo) -> Outcome<Startup> {
        let cwd = process::current_dir(process.get("PWD"))?;
        let env = environment(&process, stock_go)?;
        let goroot = env.get("GOROOT").to_owned();
        let defaults = Defaults::read(&goroot::clean(&goroot));
        let mut dist = goroot::distribution(&goroot, stock_go, &defaults)?;
        let target = target::resolve(&env, &dist, &defaults);
        dist.default_cc = defaults.cc(&target.goos, &target.goarch);
        dist.default_cxx = defaults.cxx(&target.goos, &target.goarch);
        let host = (dist.host_goos.as_str(), dist.host_goarch.as_str());
        let buildcfg = buildcfg::read(&process, &defaults, host);
        let debug = debug_settings(process.get("GODEBUG"));
        let mut cfg = Config {
            command: command.to_owned(),
            cwd,
            dirs: dirs::resolve(&process, &env),
            modules: module_settings(&env),
            // A trace of keys shows the steps of the stock command.
            extras: process.get("FORGO_EXTRAS") != "off" && !debug.traces_cache(),
            debug,
            link_store: own::link_store(process.get("FORGO_LINK_STORE_SIZE"))
                .unwrap_or(own::DEFAULT_LINK_STORE),
            verify_percent: own::percent(process.get("FORGO_VERIFY")).unwrap_or(0),
            linker: match process.get("FORGO_LINK") {
                "off" => String::new(),
                _ => linker::program().to_owned(),
            },
            gomaxprocs: gomaxprocs(process.get("GOMAXPROCS")),
            dist,
            target,
            env,
            ..Config::default()
        };
        let found = |name: &str| look_path(&cfg, name).is_ok();
        let (cgo, cgo_changed) =
            target::cgo_enabled(&cfg.env, &cfg.target, &cfg.dist, &defaults, found);
        cfg.context = target::context(&cfg.target, &buildcfg.tool_tags, cgo, cfg.dist.release);
        let variables = variables::for_children(&cfg, &process, &defaults, cgo_changed);
        cfg.env.cmd = changed_for_children(&variables, &process);
        // The stock package sees GOEXPERIMENT of the process's environment only, and last.
        let experiment = match process.get("GOEXPERIMENT") {
            "" => None,
            _ => cfg.target.experiment_error.clone(),
        };
        let buildcfg_error = experiment.or(buildcfg.error);
        Ok(Startup {
            cfg,
            process,
            defaults,
            variables,
            buildcfg_error,
        })
    }

    /// The checks of cmd/go's main between choosing a toolchain and finding the command.
    pub fn check(&self) -> Outcome<String> {
        let goroot = &self.cfg.dist.goroot_given;
        if goroot.is_empty() {
            if let Err(text) = self.cfg.dist.stock_go.command() {
                return Err(Stop::with_status(text, 2));
            }
            let text =
                "go: cannot find GOROOT directory: 'go' binary is trimmed and GOROOT is not set";
            return Err(Stop::with_status(text, 2));
        }
        if !disk::is_dir(goroot) {
            let text = format!("go: cannot find GOROOT directory: {goroot}");
            return Err(Stop::with_status(text, 2));
        }
        self.check_gopath()
    }

    /// Returns a warning.
    fn check_gopath(&self) -> Outcome<String> {
        let (gopath, _) = dirs::gopath_as_given(&self.process, &self.cfg.env);
        let clean = forgo_golang::path::clean;
        if clean(&gopath) == clean(&self.cfg.dist.goroot) {
            return Ok(format!(
                "warning: both GOPATH and GOROOT are the same directory ({gopath}); \
                 see https://go.dev/wiki/InstallTroubleshooting\n"
            ));
        }
        for dir in gopath.split(':').filter(|d| !d.is_empty()) {
            let quoted = forgo_golang::quote::quote(dir);
            if dir.starts_with('~') {
                let text =
                    format!("go: GOPATH entry cannot start with shell metacharacter '~': {quoted}");
                return Err(Stop::with_status(text, 2));
            }
            if !dir.starts_with('/') && !self.cfg.env.get("GOPATH").is_empty() {
                let text = format!(
                    "go: GOPATH entry is relative; must be absolute path: {quoted}.\n\
                     For more details see: 'go help gopath'"
                );
                return Err(Stop::with_status(text, 2));
            }
        }
        Ok(String::new())
    }

    /// buildcfg.Check and ExperimentErr: to be asked before any command but env runs.
    pub fn check_build_configuration(&self) -> Outcome {
        if let Some(error) = &self.buildcfg_error {
            return Err(Stop::with_status(format!("go: {error}"), 2));
        }
        match &self.cfg.target.experiment_error {
            Some(error) => Err(Stop::fatal(format!("go: {error}"))),
            None => Ok(()),
        }
    }

    /// Turns everything to the distribution's own host (cfg.ForceHost): for `go tool`.
    pub fn force_host(&mut self) {
        let cfg = &mut self.cfg;
        target::force_host(&mut cfg.target, &cfg.dist, &self.defaults);
        let found = |name: &str| look_path(cfg, name).is_ok();
        let (cgo, _) = target::cgo_enabled(&cfg.env, &cfg.target, &cfg.dist, &self.defaults, found);
        let host = (cfg.dist.host_goos.as_str(), cfg.dist.host_goarch.as_str());
        let tags = buildcfg::read(&self.process, &self.defaults, host).tool_tags;
        let build_tags = std::mem::take(&mut cfg.context.build_tags);
        cfg.context = target::context(&cfg.target, &tags, cgo, cfg.dist.release);
        cfg.context.build_tags = build_tags;
    }
}

/// GOCACHE as it will most likely be: as the process's environment or the user's file has it.
pub fn guess_gocache(process: &Variables) -> String {
    let set = match process.get("GOCACHE") {
        "" => match env_file::location(process) {
            Ok((file, _)) => env_file::read(&file).remove("GOCACHE"),
            Err(_) => None,
        },
        set => Some(set.to_owned()),
    };
    let ((gocache, _), _) = dirs::gocache(process, &set.unwrap_or_default());
    gocache
}

/// The process's environment and the files beneath it.
fn environment(process: &Variables, stock_go: &StockGo) -> Outcome<Environment> {
    let goenv = env_file::location(process).unwrap_or_default().0;
    let mut file = match goenv.as_str() {
        "" => BTreeMap::new(),
        path => env_file::read(path),
    };
    let set = match file.get("GOROOT").map_or("", String::as_str) {
        "" => process.get("GOROOT"),
        value => value,
    };
    let goroot = match set {
        "" => goroot::find_goroot(stock_go)?,
        set => forgo_golang::path::clean(set),
    };
    let goroot_file = match goroot.as_str() {
        "" => BTreeMap::new(),
        dir => env_file::read(&forgo_golang::path::join2(dir, "go.env")),
    };
    for (key, value) in &goroot_file {
        file.entry(key.clone()).or_insert_with(|| value.clone());
    }
    file.insert("GOROOT".into(), goroot);
    Ok(Environment {
        orig: process.list.clone(),
        cmd: Vec::new(),
        vars: process.map.clone(),
        file,
        goroot_file,
        goenv,
    })
}

/// The settings that main's invoke puts into the environment: those that differ from the process's.
fn changed_for_children(variables: &[Variable], process: &Variables) -> Vec<(String, String)> {
    variables
        .iter()
        .filter(|v| process.get(&v.name) != v.value)
        .map(|v| (v.name.clone(), v.value.clone()))
        .collect()
}

fn module_settings(env: &Environment) -> ModuleSettings {
    let private = env.get("GOPRIVATE");
    let defaults = [
        ("GOAUTH", "netrc"),
        ("GOINSECURE", ""),
        ("GONOPROXY", private),
        ("GONOSUMDB", private),
        ("GOPRIVATE", ""),
        ("GOPROXY", ""),
        ("GOSUMDB", ""),
        ("GOVCS", ""),
    ];
    let network = defaults
        .iter()
        .map(|(key, default)| {
            (
                (*key).to_owned(),
                variables::or_default(env, key, default).0,
            )
        })
        .collect();
    ModuleSettings {
        go111module: env.get("GO111MODULE").to_owned(),
        gowork: env.get("GOWORK").to_owned(),
        goflags: env.get("GOFLAGS").to_owned(),
        network,
        ..ModuleSettings::default()
    }
}

/// The last value of a name in GODEBUG counts.
fn debug_settings(godebug: &str) -> DebugSettings {
    let on = |name: &str| {
        let value = godebug.rsplit(',').find_map(|s| {
            let (key, value) = s.split_once('=')?;
            (key == name).then_some(value)
        });
        // `name=value#pattern` switches by bisection; the value is what stands before.
        value.is_some_and(|v| v.split('#').next() == Some("1"))
    };
    DebugSettings {
        cache_hash: on("gocachehash"),
        cache_verify: on("gocacheverify"),
        cache_test: on("gocachetest"),
    }
}

/// runtime.GOMAXPROCS(0) of a Go program started here.
fn gomaxprocs(set: &str) -> usize {
    match set.parse() {
        Ok(n) if n > 0 => n,
        _ => forgo_load::threads::processors(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn godebug() {
        let d = debug_settings("gocachehash=1,x=2,gocacheverify=1,gocacheverify=0");
        assert!(d.cache_hash && !d.cache_verify && !d.cache_test);
    }
}
