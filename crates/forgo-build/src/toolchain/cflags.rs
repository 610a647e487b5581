//! The flags that a package gives the C, C++ and Fortran compilers and the linker.
//!
//! Answers to CFlags in cmd/go/internal/work/exec.go.

use forgo_golang::quote::quote;
use forgo_golang::quoted;

use crate::config::Config;
use crate::error::ActionError;
use crate::package::Package;
use crate::toolchain::security::{check_compiler_flags, check_linker_flags};

/// What `CGO_CFLAGS` and its kin are when the environment says nothing.
const DEFAULT_FLAGS: &str = "-O2 -g";

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

    /// The flags up to the first list that is refused; a key is made of these all the same.
    pub(super) fn up_to_error(config: &Config, p: &Package) -> (CFlags, Option<String>) {
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

/// The user's flags alone, for trying a compiler out; `None` where nothing could be compiled.
pub(super) fn user_flags(config: &Config, name: &str) -> Option<Vec<String>> {
    flag_list(config, name, DEFAULT_FLAGS, &[]).ok()
}
