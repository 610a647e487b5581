//! The tools that are driven, and how: command lines, environment, identities.

pub mod cc;
pub mod cc_probe;
pub mod cflags;
pub mod gc;
pub mod memory;
pub mod pkg_config;
pub mod plain_tool;
pub mod security;
pub mod system_linker;
pub mod tool_id;

use forgo_golang::path;

use crate::config::Config;

/// The path of a tool of the distribution (base.Tool).
pub fn tool(config: &Config, name: &str) -> String {
    format!("{}/{name}", config.dist.tool_dir)
}

/// `f` in `dir`, unless absolute or in the pseudo-directory `$WORK` (`mkAbs`).
pub fn make_absolute(dir: &str, f: &str) -> String {
    if f.starts_with('/') || f.starts_with("$WORK") {
        f.to_owned()
    } else {
        path::join2(dir, f)
    }
}

/// `f` in `dir`, unless absolute (`mkAbsFiles`).
pub fn in_dir(dir: &str, f: &str) -> String {
    if f.starts_with('/') {
        f.to_owned()
    } else {
        path::join2(dir, f)
    }
}

/// What must be put into a tool's environment because it is not what the tool would find there
/// (`cfgChangedEnv`).
pub fn changed_env(config: &Config) -> Vec<String> {
    let target = &config.target;
    let mut env = Vec::new();
    for (key, value) in [("GOOS", &target.goos), ("GOARCH", &target.goarch)] {
        // `go tool` builds for the host whatever the environment says.
        let told = config.env.get(key);
        if !told.is_empty() && told != value {
            env.push(format!("{key}={value}"));
        }
    }
    let (key, value) = &target.arch_env;
    if target.arch_vars_changed.contains(key) {
        env.push(format!("{key}={value}"));
    }
    env
}
