//! The C, C++ and Fortran compilers: which programs they are, and the flags that the user and a
//! package give them. [`command`] makes their command lines, [`inputs`] the part of a package's
//! key that is about them.
//!
//! Answers to the compiler section of cmd/go/internal/work/exec.go (GccCmd, CFlags …).

pub mod command;
pub mod inputs;

use forgo_golang::quote::quote;
use forgo_golang::quoted;
use forgo_load::config::Config;
use forgo_load::package::Package;

use crate::action::ActionError;
use crate::toolchain::security::{check_compiler_flags, check_linker_flags};

/// The value of `CGO_CFLAGS` and its kin when the environment does not set them.
const DEFAULT_FLAGS: &str = "-O2 -g";

/// `$CC`, split, or the distribution's default.
pub fn cc_exe(config: &Config) -> Vec<String> {
    compiler_setting(config, "CC", &config.dist.default_cc)
}

/// `$CXX`, split, or the distribution's default.
pub fn cxx_exe(config: &Config) -> Vec<String> {
    compiler_setting(config, "CXX", &config.dist.default_cxx)
}

/// `$FC`, split, or gfortran.
pub fn fc_exe(config: &Config) -> Vec<String> {
    compiler_setting(config, "FC", "gfortran")
}

/// `$PKG_CONFIG` without arguments, or the distribution's default.
pub fn pkg_config_exe(config: &Config) -> String {
    compiler_setting(config, "PKG_CONFIG", &config.dist.default_pkg_config)
        .into_iter()
        .next()
        .unwrap_or_default()
}

/// A program and its arguments from the environment. That CC, CXX and FC are well quoted is made
/// sure of before a build starts.
fn compiler_setting(config: &Config, key: &str, default: &str) -> Vec<String> {
    let value = config.env.get(key);
    let value = if value.is_empty() { default } else { value };
    quoted::split(value).unwrap_or_else(|_| vec![value.to_owned()])
}

/// The flags of a package for each compiler and the linker: the user's, then the package's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CFlags {
    /// For the preprocessor.
    pub cppflags: Vec<String>,
    /// For C and Objective-C.
    pub cflags: Vec<String>,
    /// For C++.
    pub cxxflags: Vec<String>,
    /// For Fortran.
    pub fflags: Vec<String>,
    /// For the linker.
    pub ldflags: Vec<String>,
}

impl CFlags {
    /// The flags of a package, or why it may not have them.
    pub fn of(config: &Config, p: &Package) -> Result<CFlags, ActionError> {
        let (flags, error) = CFlags::up_to_error(config, p);
        error.map_or(Ok(flags), |e| Err(ActionError::new(e)))
    }

    /// Returns the flags up to the first list that is refused; a key is still made of these.
    fn up_to_error(config: &Config, p: &Package) -> (CFlags, Option<String>) {
        let mut flags = CFlags::default();
        let error = flags.fill(config, p).err();
        (flags, error)
    }

    fn fill(&mut self, config: &Config, p: &Package) -> Result<(), String> {
        self.cppflags = flag_list(config, "CPPFLAGS", "", &p.cgo_cppflags)?;
        self.cflags = flag_list(config, "CFLAGS", DEFAULT_FLAGS, &p.cgo_cflags)?;
        self.cxxflags = flag_list(config, "CXXFLAGS", DEFAULT_FLAGS, &p.cgo_cxxflags)?;
        self.fflags = flag_list(config, "FFLAGS", DEFAULT_FLAGS, &p.cgo_fflags)?;
        self.ldflags = flag_list(config, "LDFLAGS", DEFAULT_FLAGS, &p.cgo_ldflags)?;
        Ok(())
    }
}

/// `$CGO_<name>` or its default, then what the package adds once that is found harmless.
fn flag_list(
    config: &Config,
    name: &str,
    default: &str,
    from_package: &[String],
) -> Result<Vec<String>, String> {
    let source = format!("#cgo {name}");
    if name == "LDFLAGS" {
        check_linker_flags(config, name, &source, from_package)?;
    } else {
        check_compiler_flags(config, name, &source, from_package)?;
    }
    let key = format!("CGO_{name}");
    let value = config.env.get(&key);
    let value = if value.is_empty() { default } else { value };
    let mut list = quoted::split(value).map_err(|e| {
        format!(
            "could not parse environment variable {key} with value {}: {e}",
            quote(value)
        )
    })?;
    list.extend_from_slice(from_package);
    Ok(list)
}

/// What the C compilers find in their environment: no colours in clang's errors, which cgo reads.
pub fn compiler_env() -> Vec<String> {
    vec!["TERM=dumb".to_owned()]
}

/// The user's flags alone, for trying a compiler out; `None` where nothing could be compiled.
pub(super) fn user_flags(config: &Config, name: &str) -> Option<Vec<String>> {
    flag_list(config, name, DEFAULT_FLAGS, &[]).ok()
}

#[cfg(test)]
mod tests {
    use forgo_golang::release::Release;

    use super::*;

    fn config(vars: &[(&str, &str)]) -> Config {
        let mut config = Config::default();
        config.dist.release = Release::GO1_27;
        config.dist.default_cc = "gcc".into();
        for (key, value) in vars {
            config.env.vars.insert((*key).into(), (*value).into());
        }
        config
    }

    #[test]
    fn compilers_come_from_the_environment_or_the_distribution() {
        assert_eq!(cc_exe(&config(&[])), ["gcc"]);
        assert_eq!(cc_exe(&config(&[("CC", "'a b' -m32")])), ["a b", "-m32"]);
        assert_eq!(fc_exe(&config(&[])), ["gfortran"]);
        assert_eq!(
            pkg_config_exe(&config(&[("PKG_CONFIG", "pkgconf --x")])),
            "pkgconf"
        );
    }

    #[test]
    fn flags_are_the_users_then_the_packages() {
        let list = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        let mut p = Package {
            cgo_cflags: list(&["-DX"]),
            cgo_ldflags: list(&["-lm"]),
            ..Package::default()
        };
        let cfg = config(&[("CGO_LDFLAGS", "-L/l '-L/a b'"), ("CGO_CPPFLAGS", "-DU")]);
        let flags = CFlags::of(&cfg, &p).unwrap();
        assert_eq!(flags.cppflags, ["-DU"]);
        assert_eq!(flags.cflags, ["-O2", "-g", "-DX"]);
        assert_eq!(flags.ldflags, ["-L/l", "-L/a b", "-lm"]);

        // A key is made of what came before the flag that is refused.
        p.cgo_cxxflags = list(&["-fplugin=x"]);
        let (flags, error) = CFlags::up_to_error(&cfg, &p);
        assert!(
            error
                .unwrap()
                .starts_with("invalid flag in #cgo CXXFLAGS: -fplugin=x")
        );
        assert_eq!((flags.cflags.len(), flags.ldflags.len()), (3, 0));
        let cfg = config(&[("CGO_CFLAGS", "'-O1")]);
        let want = "could not parse environment variable CGO_CFLAGS with value \"'-O1\": \
                    unterminated ' string";
        assert_eq!(
            CFlags::of(&cfg, &Package::default()).unwrap_err().text,
            want
        );
    }
}
