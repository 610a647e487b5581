//! The assembler's command lines.
//!
//! Answers to asmArgs, asm and symabis in cmd/go/internal/work/gc.go.

use crate::action::{ActionError, Facts};
use crate::toolchain::gc::{package_path, trimpath};
use crate::toolchain::inputs::compile::Inputs;
use crate::toolchain::make_absolute;

/// Returns the words that every assembly of a package begins with.
pub fn common_args(
    inputs: &Inputs<'_>,
    facts: &dyn Facts,
    objdir: &str,
    build_id: &str,
) -> Result<Vec<String>, ActionError> {
    let unkeyed = &inputs.unkeyed;
    let mut args = unkeyed.tools.command("asm");
    let mut add = |words: &[&str]| args.extend(words.iter().map(|&w| w.to_owned()));
    add(&["-p", &package_path(inputs, facts, build_id)?]);
    add(&["-trimpath", &trimpath(inputs, objdir)]);
    add(&[
        "-I",
        objdir,
        "-I",
        &format!("{}/pkg/include", unkeyed.goroot_dir),
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
    if unkeyed.release.asm_has_std_flag() && inputs.standard {
        args.push("-std".to_owned());
    }
    for define in architecture_defines(inputs.arch_env) {
        args.extend(["-D".to_owned(), define]);
    }
    Ok(args)
}

/// What assembly may ask of the architecture's variant: `GOAMD64_v1`.
fn architecture_defines((key, value): (&str, &str)) -> Vec<String> {
    let levels = |names: &[&str], from: usize| {
        names[from..]
            .iter()
            .map(|level| format!("{key}_{level}"))
            .collect()
    };
    match key {
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

/// Returns the command line that assembles `file` into `object`; `common` is its beginning.
pub fn assemble(inputs: &Inputs<'_>, common: &[String], file: &str, object: &str) -> Vec<String> {
    let mut args = common.to_vec();
    args.extend(["-o".to_owned(), object.to_owned()]);
    let source = make_absolute(inputs.files.dir, file);
    args.push(inputs.unkeyed.overlay.actual(&source).to_string());
    args
}

/// Returns the command line that writes to `out` by which ABI assembly defines and uses symbols.
pub fn symabis(
    inputs: &Inputs<'_>,
    mut args: Vec<String>,
    files: &[String],
    out: &str,
) -> Vec<String> {
    args.extend(["-gensymabis", "-o", out].map(str::to_owned));
    for file in files {
        if inputs.import_path == "runtime/cgo" && file.starts_with("gcc_") {
            continue;
        }
        let source = make_absolute(inputs.files.dir, file);
        args.push(inputs.unkeyed.overlay.actual(&source).to_string());
    }
    args
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
            assert_eq!(architecture_defines((key, value)), want, "{key}={value}");
        }
    }
}
