//! The assembler's command lines.
//!
//! Answers to asmArgs, asm and symabis in cmd/go/internal/work/gc.go.

use crate::action::{ActionCx, ActionError};
use crate::actions::compile_inputs::Inputs;
use crate::config::Config;
use crate::toolchain::gc::{package_path, trimpath};
use crate::toolchain::{changed_env, make_absolute, tool};

/// The words that every assembly of a package begins with.
pub fn common_args(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    objdir: &str,
    build_id: &str,
) -> Result<Vec<String>, ActionError> {
    let (p, config) = (inputs.package, inputs.config);
    let mut args = config.flags.toolexec.clone();
    let mut add = |words: &[&str]| args.extend(words.iter().map(|&w| w.to_owned()));
    add(&[
        &tool(config, "asm"),
        "-p",
        &package_path(config, p, build_id)?,
    ]);
    add(&[
        "-trimpath",
        &trimpath(config, p, objdir, cx.run.job.overlay),
    ]);
    add(&[
        "-I",
        objdir,
        "-I",
        &format!("{}/pkg/include", config.dist.goroot),
    ]);
    add(&[
        "-D",
        &format!("GOOS_{}", inputs.goos),
        "-D",
        &format!("GOARCH_{}", inputs.goarch),
    ]);
    args.extend_from_slice(inputs.forced_asmflags);
    args.extend_from_slice(inputs.asmflags);

    let dynlink = inputs.forced_asmflags.iter().filter(|f| *f == "-dynlink");
    if inputs.import_path == "runtime" && inputs.goarch == "386" {
        args.extend(dynlink.map(|_| "-D=GOBUILDMODE_shared=1".to_owned()));
    }
    // Since 1.27 the assembler knows what belongs to the standard library.
    if config.dist.minor >= 27 && inputs.standard {
        args.push("-std".to_owned());
    }
    for define in architecture_defines(config) {
        args.extend(["-D".to_owned(), define]);
    }
    Ok(args)
}

/// What assembly may ask of the architecture's variant: `GOAMD64_v1`.
fn architecture_defines(config: &Config) -> Vec<String> {
    let (key, value) = (&config.target.arch_env.0, config.target.arch_env.1.as_str());
    let levels = |names: &[&str], from: usize| {
        names[from..]
            .iter()
            .map(|level| format!("{key}_{level}"))
            .collect()
    };
    match key.as_str() {
        "GO386" | "GOAMD64" | "GOMIPS" | "GOMIPS64" | "GORISCV64" => vec![format!("{key}_{value}")],
        // Each is a superset of the ones after it.
        "GOPPC64" => {
            let names = ["power10", "power9", "power8"];
            levels(
                &names,
                names.iter().position(|&name| name == value).unwrap_or(2),
            )
        }
        // `6`, or with the floating point mode `7,hardfloat`.
        "GOARM" => {
            let from = match () {
                () if value.contains('7') => 0,
                () if value.contains('6') => 1,
                () => 2,
            };
            levels(&["7", "6", "5"], from)
        }
        "GOARM64" if has_lse(value) => vec!["GOARM64_LSE".to_owned()],
        _ => Vec::new(),
    }
}

/// Whether a valid GOARM64 (`v8.0`, `v8.0,lse`, `v8.1`, `v9.0` …) means the large system
/// extensions: they came with v8.1.
fn has_lse(goarm64: &str) -> bool {
    let mut parts = goarm64.split(',');
    parts.next() != Some("v8.0") || parts.any(|option| option == "lse")
}

/// Assembles files; gives the object files, absolute.
pub fn assemble(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    objdir: &str,
    build_id: &str,
    files: &[String],
) -> Result<Vec<String>, ActionError> {
    let p = inputs.package;
    let common = common_args(cx, inputs, objdir, build_id)?;
    let env = changed_env(inputs.config);
    let mut objects = Vec::with_capacity(files.len());
    for file in files {
        let object = format!("{objdir}{}.o", file.strip_suffix(".s").unwrap_or(file));
        let source = make_absolute(&p.dir, file);
        let mut args = common.clone();
        args.extend(["-o".to_owned(), object.clone()]);
        args.push(cx.run.job.overlay.actual(&source).to_string());
        cx.shell.run(&p.dir, inputs.import_path, &env, &args)?;
        objects.push(object);
    }
    Ok(objects)
}

/// Finds out by which ABI assembly defines and uses symbols; the name of the file that says it.
pub fn symabis(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    objdir: &str,
    build_id: &str,
    files: &[String],
) -> Result<String, ActionError> {
    if files.is_empty() {
        return Ok(String::new());
    }
    let p = inputs.package;
    let out = format!("{objdir}symabis");
    let mut args = common_args(cx, inputs, objdir, build_id)?;
    args.extend(["-gensymabis".to_owned(), "-o".to_owned(), out.clone()]);
    for file in files {
        if inputs.import_path == "runtime/cgo" && file.starts_with("gcc_") {
            continue;
        }
        let source = make_absolute(&p.dir, file);
        args.push(cx.run.job.overlay.actual(&source).to_string());
    }
    // The compiler is to write it, from definitions that this step does not need.
    cx.shell.write_file(&format!("{objdir}go_asm.h"), "")?;
    cx.shell.run(
        &p.dir,
        inputs.import_path,
        &changed_env(inputs.config),
        &args,
    )?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn architectures_define_their_variants() {
        for (key, value, want) in [
            ("GOAMD64", "v3", &["GOAMD64_v3"][..]),
            ("GO386", "sse2", &["GO386_sse2"]),
            ("GOARM", "7", &["GOARM_7", "GOARM_6", "GOARM_5"]),
            ("GOARM", "6,hardfloat", &["GOARM_6", "GOARM_5"]),
            ("GOARM", "5", &["GOARM_5"]),
            ("GOPPC64", "power9", &["GOPPC64_power9", "GOPPC64_power8"]),
            ("GOARM64", "v8.0", &[]),
            ("GOARM64", "v8.0,lse", &["GOARM64_LSE"]),
            ("GOARM64", "v8.0,crypto", &[]),
            ("GOARM64", "v9.2", &["GOARM64_LSE"]),
            ("GOWASM", "", &[]),
        ] {
            let mut config = Config::default();
            config.target.arch_env = (key.to_owned(), value.to_owned());
            assert_eq!(architecture_defines(&config), want, "{key}={value}");
        }
    }
}
