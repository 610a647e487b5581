//! `go env`: prints the go command's variables, or changes their defaults.
//!
//! Answers to cmd/go/internal/envcmd.

mod compilers;
mod print;
mod write;

use forgo_golang::path;
use forgo_golang::quote::quote;
use forgo_load::load::modules::{ModuleState, Modules, work_file};
use forgo_load::load::scan::Scanner;
use forgo_load::load::{RootMode, fips140};

use super::{Command, Invocation, stop_at};
use crate::config::env_file;
use crate::config::variables::Variable;
use crate::exit::{Outcome, Stop};
use crate::flags::table::Commands;

/// The command.
pub const COMMAND: Command = Command {
    name: "env",
    usage: "go env [-json] [-changed] [-u] [-w] [var ...]",
    flags: Commands::ENV,
    custom_flags: false,
    run,
};

/// Variables that cost a C compiler's answer.
const COSTLY: &[&str] = &[
    "CGO_CFLAGS",
    "CGO_CPPFLAGS",
    "CGO_CXXFLAGS",
    "CGO_FFLAGS",
    "CGO_LDFLAGS",
    "PKG_CONFIG",
    "GOGCCFLAGS",
];

fn run(invocation: &mut Invocation<'_>) -> Outcome {
    let on = |name: &str| invocation.flags.on(name);
    let (json, changed, u, w) = (on("json"), on("changed"), on("u"), on("w"));
    for (both, names) in [
        (json && u, "-json with -u"),
        (json && w, "-json with -w"),
        (u && w, "-u with -w"),
    ] {
        if both {
            return Err(Stop::fatal(format!("go: cannot use {names}")));
        }
    }
    if w {
        return write::set(invocation);
    }
    if u {
        return write::unset(invocation);
    }
    invocation.startup.check_build_configuration()?;
    if let Some(arg) = invocation.args.iter().find(|a| a.contains('=')) {
        let text = format!(
            "go: invalid variable name {} (use -w to set variable)",
            quote(arg)
        );
        return Err(Stop::fatal(text));
    }
    let all = variables(invocation)?;
    show(invocation, &all, json, changed)
}

/// All that may be shown.
fn variables(invocation: &mut Invocation<'_>) -> Outcome<Vec<Variable>> {
    let key = |arg: &String| arg.split('=').next().unwrap_or_default().to_owned();
    let costly = invocation.args.is_empty()
        || invocation
            .args
            .iter()
            .any(|a| COSTLY.contains(&key(a).as_str()));
    let state = module_state(invocation)?;
    let mut all = invocation.startup.variables.clone();
    all.extend(of_modules(invocation, &state));
    if costly {
        invocation.build_init(state.enabled)?;
        all.extend(compilers::variables(invocation.cfg(), invocation.console)?);
    }
    Ok(all)
}

/// The module mode as env shows it: the stock command decides it before it looks for go.work.
fn module_state(invocation: &Invocation<'_>) -> Outcome<ModuleState> {
    let mut cfg = invocation.cfg().clone();
    cfg.modules.gowork = "off".into();
    fips140::apply(&mut cfg).map_err(stop_at)?;
    let scanner = Scanner::new(&cfg).map_err(stop_at)?;
    let modules = Modules::init(&cfg, &scanner, invocation.console, RootMode::Auto);
    let mut state = modules.map_err(stop_at)?.state;
    state.work_file = work_file(invocation.cfg(), &scanner).map_err(stop_at)?;
    Ok(state)
}

/// ExtraEnvVars: GOMOD, GOWORK and, since 1.27, GOBIN.
fn of_modules(invocation: &Invocation<'_>, state: &ModuleState) -> Vec<Variable> {
    let cfg = invocation.cfg();
    let plain = |name: &str, value: &str| Variable {
        name: name.into(),
        value: value.into(),
        changed: false,
    };
    let gowork = match cfg.env.get("GOWORK") {
        "off" => "off",
        _ => &state.work_file,
    };
    let mut list = vec![plain("GOMOD", &state.go_mod_env)];
    if cfg.dist.release.env_resolves_gobin() {
        let changed = crate::config::variables::or_default(&cfg.env, "GOBIN", "").1;
        list.push(Variable {
            name: "GOBIN".into(),
            value: gobin(invocation, state),
            changed,
        });
    }
    list.push(plain("GOWORK", gowork));
    list
}

/// Where executables would be installed.
fn gobin(invocation: &Invocation<'_>, state: &ModuleState) -> String {
    let cfg = invocation.cfg();
    if !cfg.dirs.gobin.is_empty() {
        return cfg.dirs.gobin.clone();
    }
    let first = match cfg.dirs.gopath.first() {
        Some(first) => first.as_str(),
        None => return String::new(),
    };
    if state.enabled {
        return if first.is_empty() {
            String::new()
        } else {
            path::join2(first, "bin")
        };
    }
    let around = cfg
        .dirs
        .gopath
        .iter()
        .find(|p| cfg.cwd.starts_with(p.as_str()));
    path::join2(around.map_or(first, String::as_str), "bin")
}

fn show(invocation: &Invocation<'_>, all: &[Variable], json: bool, changed: bool) -> Outcome {
    let find = |name: &str| all.iter().find(|v| v.name == name);
    let args = &invocation.args;
    let value = |name: &str| match find(name) {
        Some(v) => v.value.clone(),
        None if env_file::is_known(name, &invocation.cfg().env.file) => {
            invocation.cfg().env.get(name).to_owned()
        }
        None => String::new(),
    };
    let chosen: Vec<Variable> = if args.is_empty() {
        all.to_vec()
    } else if changed {
        args.iter().filter_map(|a| find(a)).cloned().collect()
    } else if json {
        let one = |name: &String| Variable {
            name: name.clone(),
            value: value(name),
            changed: false,
        };
        args.iter().map(one).collect()
    } else {
        let lines: String = args.iter().map(|a| value(a) + "\n").collect();
        invocation.console.print(lines);
        return Ok(());
    };
    if json {
        let release = invocation.cfg().dist.release;
        let text = print::json(&chosen, changed, release);
        return invocation.console.must_print("go: ", &text);
    }
    invocation.console.print(print::shell(&chosen, changed)?);
    Ok(())
}
