//! The tools that are driven, and how: command lines, environment, identities.
//!
//! The command lines of keyed actions come from builders (`gc/`, `cgo.rs`, `cc/command.rs`,
//! `swig.rs`) that see an action's `Inputs` and nothing of the settings or the package; a test
//! keeps it so. [`Tools`] gives the beginning of a command line to this module alone.

pub mod answers;
pub mod cc;
pub mod cc_probe;
pub mod cgo;
pub mod gc;
pub mod inputs;
pub mod memory;
pub mod pkg_config;
pub mod reread;
pub mod security;
pub mod swig;
pub mod system_linker;
pub mod tool_id;

use forgo_golang::path;
use forgo_load::config::Config;

/// Where the tools of the distribution lie, and the program that runs them (-toolexec).
#[derive(Debug, Clone, Copy)]
pub struct Tools<'r> {
    dir: &'r str,
    toolexec: &'r [String],
}

impl<'r> Tools<'r> {
    /// Returns those of an invocation.
    pub fn of(config: &'r Config) -> Tools<'r> {
        Tools {
            dir: &config.dist.tool_dir,
            toolexec: &config.flags.toolexec,
        }
    }

    /// Returns the words that a command line of the tool `name` begins with.
    pub(in crate::toolchain) fn command(&self, name: &str) -> Vec<String> {
        self.command_at(format!("{}/{name}", self.dir))
    }

    /// Returns the words that a command line of the tool at `path` begins with.
    pub(in crate::toolchain) fn command_at(&self, path: String) -> Vec<String> {
        let mut words = self.toolexec.to_vec();
        words.push(path);
        words
    }
}

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

/// Returns the variables that must be added to a tool's environment because the tool would not
/// find these values there (`cfgChangedEnv`).
pub fn changed_env(config: &Config) -> Vec<String> {
    let target = &config.target;
    let mut env = Vec::new();
    for (key, value) in [("GOOS", &target.goos), ("GOARCH", &target.goarch)] {
        // `go tool` builds for the host regardless of the environment.
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

#[cfg(test)]
mod tests {
    /// Each builder, without its tests.
    const BUILDERS: [&str; 10] = [
        include_str!("cc/command.rs"),
        include_str!("cgo.rs"),
        include_str!("gc.rs"),
        include_str!("gc/asm.rs"),
        include_str!("gc/cover.rs"),
        include_str!("gc/link.rs"),
        include_str!("gc/pgo.rs"),
        include_str!("gc/trimpath.rs"),
        include_str!("gc/vet.rs"),
        include_str!("swig.rs"),
    ];

    #[test]
    fn builders_see_inputs_alone() {
        for text in BUILDERS {
            let (code, _) = text.split_once("#[cfg(test)]").unwrap_or((text, ""));
            let code = code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            for line in code {
                let words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
                for word in words {
                    let wide = ["Config", "Package", "ActionCx", "RunCx", "disk"];
                    assert!(!wide.contains(&word), "{word} in: {line}");
                }
            }
        }
    }
}
