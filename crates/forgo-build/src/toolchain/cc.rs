//! The C, C++ and Fortran compilers: which they are, what flags a package gives them, the words
//! that every command line of theirs begins with, and what of all this a package's key depends on.
//!
//! Answers to the compiler section of cmd/go/internal/work/exec.go (GccCmd, compilerCmd, CFlags …)
//! and to the cgo part of buildActionID.

use forgo_cache::Hash;
use forgo_golang::quote::{quote, quote_slice};
use forgo_golang::quoted;

use crate::action::{ActionCx, ActionError};
use crate::config::Config;
use crate::package::Package;
use crate::toolchain::cc_probe;

pub use crate::toolchain::cflags::CFlags;

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

/// What the C compilers find in their environment: no colours in clang's errors, which cgo reads.
pub fn compiler_env() -> Vec<String> {
    vec!["TERM=dumb".to_owned()]
}

/// Hashes what the C side of a package depends on: the lines `cgo` to `FC ID` of a build's key.
/// Nothing for a package without cgo and SWIG.
pub fn hash_inputs(cx: &ActionCx<'_>, hash: &mut Hash<'_>, p: &Package) -> Result<(), ActionError> {
    if !p.uses_cgo() && !p.uses_swig() {
        return Ok(());
    }
    let config = cx.config();
    writeln!(hash, "cgo {}", quote(&cx.tool_id("cgo")?));
    let (flags, _) = CFlags::up_to_error(config, p);
    let cc = cc_exe(config);
    writeln!(
        hash,
        "CC={} {} {} {}",
        quote_slice(&cc),
        quote_slice(&flags.cppflags),
        quote_slice(&flags.cflags),
        quote_slice(&flags.ldflags)
    );
    hash_tool_id(cx, hash, "CC", &cc, "c")?;
    if !p.cxx_files.is_empty() || !p.swig_cxx_files.is_empty() {
        let cxx = cxx_exe(config);
        writeln!(
            hash,
            "CXX={} {}",
            quote_slice(&cxx),
            quote_slice(&flags.cxxflags)
        );
        hash_tool_id(cx, hash, "CXX", &cxx, "c++")?;
    }
    if !p.f_files.is_empty() {
        let fc = fc_exe(config);
        writeln!(
            hash,
            "FC={} {}",
            quote_slice(&fc),
            quote_slice(&flags.fflags)
        );
        hash_tool_id(cx, hash, "FC", &fc, "f95")?;
    }
    Ok(())
}

fn hash_tool_id(
    cx: &ActionCx<'_>,
    hash: &mut Hash<'_>,
    name: &str,
    exe: &[String],
    lang: &str,
) -> Result<(), ActionError> {
    // A setting of nothing but spaces; the stock command panics.
    let Some(program) = exe.first() else {
        return Err(ActionError::new(format!("{name} names no program")));
    };
    match cc_probe::tool_id(cx, program, lang) {
        Ok(tool) => writeln!(hash, "{name} ID={}", quote(&tool.id)),
        Err(e) => writeln!(hash, "{name} ID ERROR={}", quote(&e)),
    }
    Ok(())
}

/// The words that a compiler's command line begins with (`compilerCmd`). `include` is the package's
/// directory, `work_dir` what must not show in object files.
pub fn command(
    cx: &ActionCx<'_>,
    compiler: Vec<String>,
    include: &str,
    work_dir: &str,
) -> Vec<String> {
    let config = cx.config();
    let supports = |flag: &str| cc_probe::supports(cx, &compiler, flag);
    let mut args = compiler.clone();
    let mut add = |flag: &str| args.push(flag.to_owned());
    add("-I");
    add(include);
    // On Windows all code is position independent, and gcc says so whenever it is asked.
    if config.target.goos != "windows" {
        add("-fPIC");
    }
    arch_flags(config).iter().for_each(|flag| add(flag));
    if config.context.cgo_enabled {
        let windows_26 = config.target.goos == "windows" && config.dist.minor < 27;
        add(if windows_26 { "-mthreads" } else { "-pthread" });
    }
    if config.target.goos == "aix" {
        add("-mcmodel=large");
    }
    // clang: no pictures in errors, no complaints of flags it has no use for.
    // zig cc: no --gc-sections, which drops what cgo refers to.
    for flag in [
        "-fno-caret-diagnostics",
        "-Qunused-arguments",
        "-Wl,--no-gc-sections",
    ] {
        if supports(flag) {
            add(flag);
        }
    }
    add("-fmessage-length=0");
    if supports("-fdebug-prefix-map=a=b") {
        let map = prefix_map_flag(cx, &compiler);
        let from = work_dir.strip_suffix('/').unwrap_or(work_dir);
        add(&format!("{map}={from}=/tmp/go-build"));
    }
    // Recorded flags would show the directory after all.
    if supports("-gno-record-gcc-switches") {
        add("-gno-record-gcc-switches");
    }
    if matches!(&*config.target.goos, "darwin" | "ios") {
        add("-fno-common");
    }
    args
}

/// The flag that rewrites paths: the one that covers `__FILE__` too, where there is one.
pub fn prefix_map_flag(cx: &ActionCx<'_>, compiler: &[String]) -> &'static str {
    if cc_probe::supports(cx, compiler, "-ffile-prefix-map=a=b") {
        "-ffile-prefix-map"
    } else {
        "-fdebug-prefix-map"
    }
}

/// Flags that the target architecture asks for (`gccArchArgs`).
fn arch_flags(config: &Config) -> &'static [&'static str] {
    let darwin = config.target.goos == "darwin";
    let float = |key: &str| config.target.arch_vars.get(key).map_or("", String::as_str);
    match &*config.target.goarch {
        "386" => &["-m32"],
        "amd64" if darwin => &["-arch", "x86_64", "-m64"],
        "amd64" => &["-m64"],
        "arm64" if darwin => &["-arch", "arm64"],
        "arm" => &["-marm"],
        "s390x" => &["-m64", "-march=z13"],
        "mips64" | "mips64le" => match float("GOMIPS64") {
            "hardfloat" => &["-mabi=64", "-mhard-float"],
            "softfloat" => &["-mabi=64", "-msoft-float"],
            _ => &[],
        },
        "mips" | "mipsle" => match float("GOMIPS") {
            "hardfloat" => &[
                "-mabi=32",
                "-march=mips32",
                "-mhard-float",
                "-mfp32",
                "-mno-odd-spreg",
            ],
            "softfloat" => &["-mabi=32", "-march=mips32", "-msoft-float"],
            _ => &[],
        },
        "loong64" if config.dist.minor >= 27 => &["-mabi=lp64d", "-mno-relax"],
        "loong64" => &["-mabi=lp64d"],
        "ppc64" if config.target.goos == "aix" => &["-maix64"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(vars: &[(&str, &str)]) -> Config {
        let mut config = Config::default();
        config.dist.minor = 27;
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

    #[test]
    fn architectures_have_flags() {
        for (os, arch, var, minor, want) in [
            ("linux", "amd64", "", 27, &["-m64"][..]),
            ("darwin", "amd64", "", 27, &["-arch", "x86_64", "-m64"]),
            ("darwin", "arm64", "", 27, &["-arch", "arm64"]),
            ("linux", "arm64", "", 27, &[]),
            ("linux", "loong64", "", 26, &["-mabi=lp64d"]),
            ("linux", "loong64", "", 27, &["-mabi=lp64d", "-mno-relax"]),
            (
                "linux",
                "mips",
                "softfloat",
                27,
                &["-mabi=32", "-march=mips32", "-msoft-float"],
            ),
            (
                "linux",
                "mips64le",
                "hardfloat",
                27,
                &["-mabi=64", "-mhard-float"],
            ),
            ("linux", "ppc64", "", 27, &[]),
            ("aix", "ppc64", "", 27, &["-maix64"]),
        ] {
            let mut cfg = config(&[]);
            cfg.dist.minor = minor;
            cfg.target.goos = os.into();
            cfg.target.goarch = arch.into();
            for key in ["GOMIPS", "GOMIPS64"] {
                cfg.target.arch_vars.insert(key.into(), var.into());
            }
            assert_eq!(arch_flags(&cfg), want, "{os}/{arch}");
        }
    }
}
