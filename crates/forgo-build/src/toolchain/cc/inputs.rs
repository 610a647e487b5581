//! What the C side of a package with cgo or SWIG depends on, and its part of the package's key.
//!
//! Answers to the cgo part of buildActionID in cmd/go/internal/work/exec.go.

use forgo_cache::Hash;
use forgo_golang::quote::{quote, quote_slice};
use forgo_golang::release::Release;
use forgo_load::config::Config;
use forgo_load::package::Package;

use crate::action::{ActionError, Facts};
use crate::toolchain::cc::{self, CFlags};
use crate::toolchain::inputs::compile::Files;

/// Compilers and their flags, resolved: what command lines of C compilers are made of.
#[derive(Debug)]
pub struct CInputs<'r> {
    /// CC, split.
    pub cc: Vec<String>,
    /// CXX, split.
    pub cxx: Vec<String>,
    /// FC, split.
    pub fc: Vec<String>,
    /// The flags, up to the first list that is refused.
    pub flags: CFlags,
    /// Why a list is refused.
    pub refused: Option<String>,
    /// GOOS. The `goos` line of the key has it.
    pub goos: &'r str,
    /// GOARCH. The `goos` line of the key has it.
    pub goarch: &'r str,
    /// `GOAMD64` and its value. A line of the key.
    pub arch_env: (&'r str, &'r str),
    /// What the key leaves out.
    pub unkeyed: UnkeyedC<'r>,
}

/// What command lines of C compilers depend on and the stock key leaves out, with the reason why
/// it may.
#[derive(Debug)]
pub struct UnkeyedC<'r> {
    /// cgo is enabled: always true when a C file is compiled.
    pub cgo_enabled: bool,
    /// The release: the salt of every key.
    pub release: Release,
    /// FC names gfortran, or nothing. The `FC` line has all of it, where there is Fortran.
    pub is_gfortran: bool,
    /// PKG_CONFIG without arguments. See `pkg_config_names`.
    pub pkg_config: String,
    /// Packages that `#cgo pkg-config` lines name: the key has the sources with these lines. The
    /// flags that pkg-config prints are in no key of the stock command either; an invocation that
    /// asks for them leaves no snapshot.
    pub pkg_config_names: &'r [String],
}

impl<'r> CInputs<'r> {
    /// Gathers those of a package. A package without C has the user's flags.
    pub fn of(config: &'r Config, p: &'r Package) -> CInputs<'r> {
        let (flags, refused) = CFlags::up_to_error(config, p);
        let fc = config.env.get("FC");
        CInputs {
            cc: cc::cc_exe(config),
            cxx: cc::cxx_exe(config),
            fc: cc::fc_exe(config),
            flags,
            refused,
            goos: &config.target.goos,
            goarch: &config.target.goarch,
            arch_env: (&config.target.arch_env.0, &config.target.arch_env.1),
            unkeyed: UnkeyedC {
                cgo_enabled: config.context.cgo_enabled,
                release: config.dist.release,
                is_gfortran: fc.is_empty() || fc.contains("gfortran"),
                pkg_config: cc::pkg_config_exe(config),
                pkg_config_names: &p.cgo_pkg_config,
            },
        }
    }

    /// Returns the flags, or why the package may not have them.
    pub fn flags(&self) -> Result<&CFlags, ActionError> {
        match &self.refused {
            Some(why) => Err(ActionError::new(why.clone())),
            None => Ok(&self.flags),
        }
    }

    /// Hashes the lines `cgo` to `FC ID` of a build's key.
    pub fn hash(
        &self,
        facts: &dyn Facts,
        hash: &mut Hash<'_>,
        files: &Files<'_>,
    ) -> Result<(), ActionError> {
        let CInputs {
            cc,
            cxx,
            fc,
            flags:
                CFlags {
                    cppflags,
                    cflags,
                    cxxflags,
                    fflags,
                    ldflags,
                },
            // A build with refused flags fails; its key is made of the others.
            refused: _,
            // Hashed by the caller, with the target.
            goos: _,
            goarch: _,
            arch_env: _,
            unkeyed: _,
        } = self;
        writeln!(hash, "cgo {}", quote(&facts.tool_id("cgo")?));
        writeln!(
            hash,
            "CC={} {} {} {}",
            quote_slice(cc),
            quote_slice(cppflags),
            quote_slice(cflags),
            quote_slice(ldflags)
        );
        hash_compiler_id(facts, hash, "CC", cc, "c")?;
        if files.has_cxx() {
            writeln!(hash, "CXX={} {}", quote_slice(cxx), quote_slice(cxxflags));
            hash_compiler_id(facts, hash, "CXX", cxx, "c++")?;
        }
        if !files.f.is_empty() {
            writeln!(hash, "FC={} {}", quote_slice(fc), quote_slice(fflags));
            hash_compiler_id(facts, hash, "FC", fc, "f95")?;
        }
        Ok(())
    }
}

fn hash_compiler_id(
    facts: &dyn Facts,
    hash: &mut Hash<'_>,
    name: &str,
    exe: &[String],
    language: &str,
) -> Result<(), ActionError> {
    // A setting of nothing but spaces; the stock command panics.
    let Some(program) = exe.first() else {
        return Err(ActionError::new(format!("{name} names no program")));
    };
    match facts.c_compiler_id(program, language) {
        Ok(id) => writeln!(hash, "{name} ID={}", quote(&id)),
        Err(e) => writeln!(hash, "{name} ID ERROR={}", quote(&e)),
    }
    Ok(())
}
