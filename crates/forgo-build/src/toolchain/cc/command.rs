//! The command lines of C compilers: compiling one file, and linking the objects of a package.
//!
//! Answers to compilerCmd, gccArchArgs, ccompile and gccld in cmd/go/internal/work/exec.go.

use forgo_cache::{ActionId, hash_to_string};
use forgo_golang::path;

use crate::action::Facts;
use crate::toolchain::cc::inputs::CInputs;
use crate::toolchain::inputs::compile::Inputs;

/// Returns the words that a compiler's command line begins with (`compilerCmd`). `include` is the
/// package's directory, `work_dir` is hidden in object files.
pub fn command(
    c: &CInputs<'_>,
    facts: &dyn Facts,
    compiler: &[String],
    include: &str,
    work_dir: &str,
) -> Vec<String> {
    let supports = |flag: &str| facts.c_compiler_supports(compiler, flag);
    let mut args = compiler.to_vec();
    let mut add = |flag: &str| args.push(flag.to_owned());
    add("-I");
    add(include);
    // On Windows all code is position independent, and gcc warns whenever it is asked for it.
    if c.goos != "windows" {
        add("-fPIC");
    }
    arch_flags(c).iter().for_each(|flag| add(flag));
    if c.unkeyed.cgo_enabled {
        let pthread = c.goos != "windows" || c.unkeyed.release.windows_has_pthread();
        add(if !pthread { "-mthreads" } else { "-pthread" });
    }
    if c.goos == "aix" {
        add("-mcmodel=large");
    }
    // clang: no pictures in errors, no complaints about unused flags.
    // zig cc: no --gc-sections, which drops symbols that cgo refers to.
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
        let map = prefix_map_flag(facts, compiler);
        let from = work_dir.strip_suffix('/').unwrap_or(work_dir);
        add(&format!("{map}={from}=/tmp/go-build"));
    }
    // Recorded flags would show the directory after all.
    if supports("-gno-record-gcc-switches") {
        add("-gno-record-gcc-switches");
    }
    if matches!(c.goos, "darwin" | "ios") {
        add("-fno-common");
    }
    args
}

/// Returns the flag that rewrites paths: the one that covers `__FILE__` too, if it is supported.
fn prefix_map_flag(facts: &dyn Facts, compiler: &[String]) -> &'static str {
    if facts.c_compiler_supports(compiler, "-ffile-prefix-map=a=b") {
        "-ffile-prefix-map"
    } else {
        "-fdebug-prefix-map"
    }
}

/// Returns the flags that the target architecture requires (`gccArchArgs`).
fn arch_flags(c: &CInputs<'_>) -> &'static [&'static str] {
    let darwin = c.goos == "darwin";
    match (c.goarch, c.arch_env.1) {
        ("386", _) => &["-m32"],
        ("amd64", _) if darwin => &["-arch", "x86_64", "-m64"],
        ("amd64", _) => &["-m64"],
        ("arm64", _) if darwin => &["-arch", "arm64"],
        ("arm", _) => &["-marm"],
        ("s390x", _) => &["-m64", "-march=z13"],
        ("mips64" | "mips64le", "hardfloat") => &["-mabi=64", "-mhard-float"],
        ("mips64" | "mips64le", "softfloat") => &["-mabi=64", "-msoft-float"],
        ("mips" | "mipsle", "hardfloat") => &[
            "-mabi=32",
            "-march=mips32",
            "-mhard-float",
            "-mfp32",
            "-mno-odd-spreg",
        ],
        ("mips" | "mipsle", "softfloat") => &["-mabi=32", "-march=mips32", "-msoft-float"],
        ("loong64", _) if c.unkeyed.release.loong64_does_not_relax() => {
            &["-mabi=lp64d", "-mno-relax"]
        }
        ("loong64", _) => &["-mabi=lp64d"],
        ("ppc64", _) if c.goos == "aix" => &["-maix64"],
        _ => &[],
    }
}

/// Returns the flags of one compile: the package's, then those that make the object file the same
/// in every directory. `command` is the beginning of the command line, `id` the key that stands for
/// random numbers.
pub fn compile_flags(
    inputs: &Inputs<'_>,
    facts: &dyn Facts,
    command: &[String],
    flags: &[String],
    id: &ActionId,
) -> Vec<String> {
    let mut flags = flags.to_vec();
    if facts.c_compiler_supports(command, "-fdebug-prefix-map=a=b")
        && (inputs.trimpath || inputs.unkeyed.goroot)
    {
        let map = prefix_map_flag(facts, command);
        let (from, to) = trimmed_path(inputs);
        flags.push(format!("{map}={from}={to}"));
    }
    // Otherwise LTO gives symbols random names.
    if facts.c_compiler_supports(command, "-frandom-seed=1") {
        flags.push(format!("-frandom-seed={}", hash_to_string(&id.0)));
    }
    flags
}

/// Returns the command line that compiles `file` into `object`.
pub fn compile(command: &[String], flags: &[String], file: &str, object: &str) -> Vec<String> {
    let mut args = command.to_vec();
    args.extend_from_slice(flags);
    args.extend(["-o", object, "-c", path::base(file)].map(str::to_owned));
    args
}

/// Returns the command line that links `objects` with the C++ compiler, if the package has C++, or
/// else with the C compiler.
pub fn link(
    inputs: &Inputs<'_>,
    c: &CInputs<'_>,
    facts: &dyn Facts,
    objdir: &str,
    out: &str,
    objects: &[String],
    ldflags: &[String],
) -> Vec<String> {
    let compiler = if inputs.files.has_cxx() {
        &c.cxx
    } else {
        &c.cc
    };
    let mut args = command(c, facts, compiler, inputs.files.dir, objdir);
    args.extend(["-o".to_owned(), out.to_owned()]);
    args.extend_from_slice(objects);
    args.extend(link_flags(inputs, ldflags));
    args
}

/// Returns the package's flags for the C linker, adapted to a link of its objects alone.
fn link_flags(inputs: &Inputs<'_>, flags: &[String]) -> Vec<String> {
    let mut flags = flags.to_vec();
    if inputs.goarch == "arm" && inputs.goos == "linux" || inputs.goos == "android" {
        let has = |flags: &[String], flag: &str| flags.iter().any(|f| f == flag);
        // Without -pie the imported symbols are not accurate there (go.dev/issue/45940).
        if !has(&flags, "-no-pie") {
            flags.push("-pie".to_owned());
        }
        // -static contradicts it (go.dev/issue/26197).
        if has(&flags, "-pie") {
            flags.retain(|f| f != "-static");
        }
    }
    flags
}

/// Returns the directory that object files must not show, and its replacement. The latter must be
/// absolute, or the compiler puts its working directory before it.
fn trimmed_path(inputs: &Inputs<'_>) -> (String, String) {
    let (unkeyed, dir) = (&inputs.unkeyed, inputs.files.dir);
    let root = unkeyed.root.to_owned();
    let (from, to) = match &unkeyed.module {
        None if root.is_empty() => (dir.to_owned(), inputs.import_path.to_owned()),
        None if unkeyed.goroot => (root, "GOROOT".to_owned()),
        None => (root, "GOPATH".to_owned()),
        Some(m) if m.dir.is_empty() => (vendor_dir(inputs), "vendor".to_owned()),
        Some(m) if m.version.is_empty() => (m.dir.to_owned(), m.path.to_owned()),
        Some(m) => (m.dir.to_owned(), format!("{}@{}", m.path, m.version)),
    };
    let anchor = if inputs.goos == "windows" {
        r"\\_\_"
    } else {
        "/_"
    };
    (from, path::join2(anchor, &to))
}

/// Returns the vendor directory that a package lies in: modules there have no directory.
fn vendor_dir(inputs: &Inputs<'_>) -> String {
    let dir = inputs.files.dir;
    dir.strip_suffix(inputs.import_path)
        .and_then(|dir| dir.strip_suffix('/'))
        .unwrap_or(dir)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use forgo_golang::release::Release;

    use super::*;
    use forgo_load::config::Config;
    use forgo_load::package::Package;

    #[test]
    fn architectures_have_flags() {
        for (os, arch, var, release, want) in [
            ("linux", "amd64", "", Release::GO1_27, &["-m64"][..]),
            (
                "darwin",
                "amd64",
                "",
                Release::GO1_27,
                &["-arch", "x86_64", "-m64"],
            ),
            ("darwin", "arm64", "", Release::GO1_27, &["-arch", "arm64"]),
            ("linux", "arm64", "", Release::GO1_27, &[]),
            ("linux", "loong64", "", Release::GO1_26, &["-mabi=lp64d"]),
            (
                "linux",
                "loong64",
                "",
                Release::GO1_27,
                &["-mabi=lp64d", "-mno-relax"],
            ),
            (
                "linux",
                "mips",
                "softfloat",
                Release::GO1_27,
                &["-mabi=32", "-march=mips32", "-msoft-float"],
            ),
            (
                "linux",
                "mips64le",
                "hardfloat",
                Release::GO1_27,
                &["-mabi=64", "-mhard-float"],
            ),
            ("linux", "ppc64", "", Release::GO1_27, &[]),
            ("aix", "ppc64", "", Release::GO1_27, &["-maix64"]),
        ] {
            let mut config = Config::default();
            config.dist.release = release;
            config.target.goos = os.into();
            config.target.goarch = arch.into();
            config.target.arch_env = ("GOMIPS".into(), var.into());
            let package = Package::default();
            let c = CInputs::of(&config, &package);
            assert_eq!(arch_flags(&c), want, "{os}/{arch}");
        }
    }
}
