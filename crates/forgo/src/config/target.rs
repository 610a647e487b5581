//! GOOS, GOARCH, the architecture's variants, GOEXPERIMENT, cgo: the target of builds.
//!
//! Answers to defaultContext, computeExperiment and GetArchEnv in cmd/go/internal/cfg/cfg.go.

use std::collections::BTreeMap;

use forgo_golang::goexperiment::{Experiment, parse_experiment_flags, parse_goexperiment};
use forgo_golang::path;
use forgo_golang::release::Release;
use forgo_load::config::{BuildContext, Distribution, Environment, Target};
use forgo_load::disk;

use super::goroot::Defaults;
use super::platform::Platform;
use super::variables::or_default;

/// The variables of architectures.
pub const ARCH_VARIABLES: &[&str] = &[
    "GO386",
    "GOAMD64",
    "GOARM",
    "GOARM64",
    "GOMIPS",
    "GOMIPS64",
    "GOPPC64",
    "GORISCV64",
    "GOWASM",
];

/// The variable of an architecture, or empty.
fn variable_of(goarch: &str) -> &'static str {
    match goarch {
        "386" => "GO386",
        "amd64" => "GOAMD64",
        "arm" => "GOARM",
        "arm64" => "GOARM64",
        "mips" | "mipsle" => "GOMIPS",
        "mips64" | "mips64le" => "GOMIPS64",
        "ppc64" | "ppc64le" => "GOPPC64",
        "riscv64" => "GORISCV64",
        "wasm" => "GOWASM",
        _ => "",
    }
}

/// Returns the target of builds.
pub fn resolve(env: &Environment, dist: &Distribution, defaults: &Defaults) -> Target {
    let or = |key: &str, default: &str| or_default(env, key, default).0;
    let goos = or("GOOS", &dist.host_goos);
    let goarch = or("GOARCH", &dist.host_goarch);
    let arch_vars: BTreeMap<String, String> = ARCH_VARIABLES
        .iter()
        .map(|key| ((*key).to_owned(), or(key, defaults.constant(key))))
        .collect();
    let arch_vars_changed = ARCH_VARIABLES
        .iter()
        .filter(|key| or_default(env, key, defaults.constant(key)).1)
        .map(|key| (*key).to_owned())
        .collect();
    let mut target = Target {
        exe_suffix: exe_suffix(&goos),
        gofips140: or("GOFIPS140", defaults.constant("GOFIPS140")),
        raw_goexperiment: or("GOEXPERIMENT", defaults.constant("GOEXPERIMENT")),
        goos,
        goarch,
        arch_vars,
        arch_vars_changed,
        ..Target::default()
    };
    set_arch_env(&mut target);
    set_experiments(&mut target, &dist.goroot);
    target
}

fn exe_suffix(goos: &str) -> String {
    if goos == "windows" {
        ".exe".into()
    } else {
        String::new()
    }
}

fn set_arch_env(target: &mut Target) {
    let key = variable_of(&target.goarch);
    let value = target.arch_vars.get(key).cloned().unwrap_or_default();
    target.arch_env = (key.to_owned(), value);
}

/// Returns the meaning of a GOEXPERIMENT setting for a distribution (buildcfg.ParseGOEXPERIMENT).
pub fn parse_experiments(
    goroot: &str,
    goos: &str,
    goarch: &str,
    setting: &str,
) -> Result<Experiment, String> {
    let read = |file: &str| disk::read_to_string(path::join2(goroot, file)).unwrap_or_default();
    let flags = parse_experiment_flags(
        &read("src/internal/goexperiment/flags.go"),
        &read("src/internal/buildcfg/exp.go"),
    );
    parse_goexperiment(&flags, goos, goarch, setting)
}

/// computeExperiment.
fn set_experiments(target: &mut Target, goroot: &str) {
    target.clean_goexperiment = target.raw_goexperiment.clone();
    match parse_experiments(
        goroot,
        &target.goos,
        &target.goarch,
        &target.raw_goexperiment,
    ) {
        Ok(experiment) => {
            target.clean_goexperiment = experiment.canonical;
            target.experiments = experiment.enabled;
            target.experiment_error = None;
        }
        Err(error) => {
            target.experiments = Vec::new();
            target.experiment_error = Some(error);
        }
    }
}

/// Returns whether cgo is on, and whether that differs from the default.
pub fn cgo_enabled(
    env: &Environment,
    target: &Target,
    dist: &Distribution,
    defaults: &Defaults,
    found: impl FnOnce(&str) -> bool,
) -> (bool, bool) {
    let native = target.goos == dist.host_goos && target.goarch == dist.host_goarch;
    let platform = Platform {
        goos: &target.goos,
        goarch: &target.goarch,
        release: dist.release,
    };
    let default = match defaults.constant("CGO_ENABLED") {
        "1" => true,
        "0" => false,
        _ if !native || !platform.cgo_supported() => false,
        // go/build decides by the process's own CGO_ENABLED: with 0 there the compiler is not
        // looked for.
        _ if env.os("CGO_ENABLED") == "0" => true,
        _ => !env.os("CC").is_empty() || found(&dist.default_cc),
    };
    let enabled = match env.get("CGO_ENABLED") {
        "0" => false,
        "1" => true,
        _ => default,
    };
    (enabled, enabled != default)
}

/// The build-constraint context before flags.
pub fn context(
    target: &Target,
    arch_tags: &[String],
    cgo_enabled: bool,
    release: Release,
) -> BuildContext {
    let experiments = target
        .experiments
        .iter()
        .map(|e| format!("goexperiment.{e}"));
    BuildContext {
        cgo_enabled,
        build_tags: Vec::new(),
        tool_tags: experiments.chain(arch_tags.iter().cloned()).collect(),
        release_tags: release.build_tags(),
        install_suffix: String::new(),
        compiler: "gc".into(),
    }
}

/// Turns a target into the distribution's own host, with default variants (cfg.ForceHost).
pub fn force_host(target: &mut Target, dist: &Distribution, defaults: &Defaults) {
    target.goos.clone_from(&dist.host_goos);
    target.goarch.clone_from(&dist.host_goarch);
    target.exe_suffix = exe_suffix(&target.goos);
    for (key, value) in &mut target.arch_vars {
        *value = defaults.constant(key).to_owned();
    }
    set_arch_env(target);
    set_experiments(target, &dist.goroot);
}
