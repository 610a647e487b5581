//! The go command's variables as it shows them to children and in `go env`: names, values, and
//! whether a value differs from its default.
//!
//! Answers to MkEnv in cmd/go/internal/envcmd/env.go and EnvOrAndChanged in
//! cmd/go/internal/cfg/cfg.go.

use forgo_load::config::{Config, Environment};
use forgo_load::disk;
use forgo_load::process::look_path;

use super::dirs::{self, Changed};
use super::env_file;
use super::goroot::Defaults;
use super::process::Variables;

/// A variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Name.
    pub name: String,
    /// Value in force.
    pub value: String,
    /// It differs from the default.
    pub changed: bool,
}

/// The setting, or this default when there is none; changed when it is neither GOROOT/go.env's nor
/// the default.
pub fn or_default(env: &Environment, key: &str, default: &str) -> Changed<String> {
    match env.get(key) {
        "" => (default.to_owned(), false),
        value => {
            let usual = env.goroot_file.get(key).map_or(default, String::as_str);
            (value.to_owned(), value != usual)
        }
    }
}

/// Returns the variables that every child of the go command gets.
pub fn for_children(
    cfg: &Config,
    process: &Variables,
    defaults: &Defaults,
    cgo_changed: bool,
) -> Vec<Variable> {
    let list = List {
        cfg,
        process,
        defaults,
        all: Vec::with_capacity(48),
    };
    list.general().compilers(cgo_changed)
}

struct List<'a> {
    cfg: &'a Config,
    process: &'a Variables,
    defaults: &'a Defaults,
    all: Vec<Variable>,
}

impl List<'_> {
    fn add(&mut self, name: &str, value: &str, changed: bool) {
        self.all.push(Variable {
            name: name.into(),
            value: value.into(),
            changed,
        });
    }

    /// A setting without a default.
    fn plain(&mut self, name: &str) {
        let value = self.cfg.env.get(name).to_owned();
        let changed = !value.is_empty();
        self.add(name, &value, changed);
    }

    /// A setting with one.
    fn with_default(&mut self, name: &str, default: &str) {
        let (value, changed) = or_default(&self.cfg.env, name, default);
        self.add(name, &value, changed);
    }

    fn general(mut self) -> Self {
        let cfg = self.cfg;
        let (env, dist, target) = (&cfg.env, &cfg.dist, &cfg.target);
        let go111module = env.get("GO111MODULE");
        self.add(
            "GO111MODULE",
            go111module,
            !matches!(go111module, "on" | ""),
        );
        self.add("GOARCH", &target.goarch, target.goarch != dist.host_goarch);
        self.with_default("GOAUTH", "netrc");
        if !dist.release.env_resolves_gobin() {
            self.plain("GOBIN");
        }
        let ((gocache, changed), _) = dirs::gocache(self.process, env.get("GOCACHE"));
        self.add("GOCACHE", &gocache, changed);
        self.with_default("GOCACHEPROG", "");
        self.add("GODEBUG", env.os("GODEBUG"), !env.os("GODEBUG").is_empty());
        let (file, changed) = env_file::location(self.process).unwrap_or_default();
        self.add("GOENV", &file, changed);
        self.add("GOEXE", &target.exe_suffix, false);
        self.add(
            "GOEXPERIMENT",
            &target.raw_goexperiment,
            !target.raw_goexperiment.is_empty(),
        );
        self.with_default("GOFIPS140", self.defaults.constant("GOFIPS140"));
        self.plain("GOFLAGS");
        self.add("GOHOSTARCH", &dist.host_goarch, false);
        self.add("GOHOSTOS", &dist.host_goos, false);
        self.plain("GOINSECURE");
        let (given, gopath_changed) = dirs::gopath_as_given(self.process, env);
        let gopath = dirs::gopath(&given, env);
        self.with_default("GOMODCACHE", &dirs::in_gopath(&given, "pkg/mod"));
        let private = env.get("GOPRIVATE");
        self.with_default("GONOPROXY", private);
        self.with_default("GONOSUMDB", private);
        self.add("GOOS", &target.goos, target.goos != dist.host_goos);
        if dist.release.env_has_gopackagesdriver() {
            let driver = env.os("GOPACKAGESDRIVER");
            self.add("GOPACKAGESDRIVER", driver, !driver.is_empty());
        }
        self.add("GOPATH", gopath, gopath_changed);
        self.plain("GOPRIVATE");
        self.with_default("GOPROXY", "");
        self.add("GOROOT", &dist.goroot_given, false);
        self.with_default("GOSUMDB", "");
        let (mode, dir) = telemetry(self.process);
        self.add("GOTELEMETRY", &mode, false);
        self.add("GOTELEMETRYDIR", &dir, false);
        self.plain("GOTMPDIR");
        self.with_default("GOTOOLCHAIN", "");
        self.add("GOTOOLDIR", &dist.tool_dir, false);
        self.plain("GOVCS");
        self.add("GOVERSION", &dist.version, false);
        self
    }

    fn compilers(mut self, cgo_changed: bool) -> Vec<Variable> {
        let cfg = self.cfg;
        let name = match cfg.env.get("GCCGO") {
            "" => "gccgo",
            name => name,
        };
        match look_path(cfg, name) {
            Ok(found) => self.add("GCCGO", &found, true),
            Err(_) => self.add("GCCGO", name, name != "gccgo"),
        }
        let (key, _) = &cfg.target.arch_env;
        if !key.is_empty() {
            let (value, changed) = or_default(&cfg.env, key, self.defaults.constant(key));
            self.add(key, &value, changed);
        }
        self.with_default("AR", "ar");
        for (key, default) in [("CC", &cfg.dist.default_cc), ("CXX", &cfg.dist.default_cxx)] {
            match cfg.env.get(key) {
                "" => self.add(key, default, false),
                value => self.add(key, value, true),
            }
        }
        let on = if cfg.context.cgo_enabled { "1" } else { "0" };
        self.add("CGO_ENABLED", on, cgo_changed);
        self.all
    }
}

/// Mode and directory of telemetry.
fn telemetry(process: &Variables) -> (String, String) {
    let Ok(config) = dirs::user_config(process) else {
        return ("off".into(), String::new());
    };
    let dir = forgo_golang::path::join2(&config, "go/telemetry");
    let mode = match disk::read_to_string(format!("{dir}/mode")) {
        Ok(text) => text.trim().split(' ').next().unwrap_or_default().to_owned(),
        Err(_) => "local".to_owned(),
    };
    (mode, dir)
}
