//! Runs SWIG, which turns interface files into Go with cgo and C or C++.
//!
//! Answers to the swig functions of cmd/go/internal/work/exec.go.

use std::sync::LazyLock;

use forgo_load::footprint;
use forgo_load::process::errno_text;
use regex::bytes::Regex;

use crate::action::{ActionCx, ActionError};
use crate::plan::cgo::swig_outputs;
use crate::shell::write_whole;
use crate::toolchain::inputs::compile::{Files, Inputs};
use crate::toolchain::{self, gc};

const TOO_OLD: &str = "must have SWIG version >= 3.0.6";

/// Runs SWIG on a package's files. Gives the Go files it wrote, for cgo.
pub(super) fn run(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    pkg_config_cflags: &[String],
) -> Result<Vec<String>, ActionError> {
    let facts = &cx.run.swig;
    facts.version.get_or_init(|| check_version(cx)).clone()?;
    let int_size = facts
        .int_size
        .get_or_init(|| int_size(cx, inputs))
        .clone()?;
    for file in inputs.files.swig {
        run_one(cx, inputs, file, ".swig", pkg_config_cflags, &int_size)?;
    }
    for file in inputs.files.swig_cxx {
        let result = run_one(cx, inputs, file, ".swigcxx", pkg_config_cflags, &int_size);
        // Go 1.26 loses this error, and fails for want of what SWIG did not write.
        if inputs.unkeyed.release.swigcxx_errors_count() {
            result?;
        }
    }
    Ok(swig_outputs(cx.package(), &cx.node().objdir).go)
}

/// SWIG must be new enough; a version that can't be read passes.
fn check_version(cx: &ActionCx<'_>) -> Result<(), ActionError> {
    footprint::refuse("SWIG is asked for its version");
    let args = ["swig", "-version"].map(str::to_owned);
    let run = cx.shell.background().run_out(".", &[], &args);
    if let Some(e) = run.error {
        return Err(e);
    }
    match version(&run.output) {
        Some(version) if version < [3, 0, 6] => Err(ActionError::new(TOO_OLD)),
        _ => Ok(()),
    }
}

/// The version that `swig -version` states. A missing third number counts as the highest there is.
fn version(output: &[u8]) -> Option<[u32; 3]> {
    static VERSION: LazyLock<Regex> = LazyLock::new(|| {
        let pattern = r"(?-u)[vV]ersion +(\d+)([.]\d+)?([.]\d+)?";
        Regex::new(pattern).expect("the pattern is valid")
    });
    let found = VERSION.captures(output)?;
    let number = |i: usize| {
        let text = std::str::from_utf8(found.get(i)?.as_bytes()).ok()?;
        text.trim_start_matches('.').parse::<u32>().ok()
    };
    Some([
        number(1)?,
        number(2).unwrap_or(0),
        number(3).unwrap_or(u32::MAX),
    ])
}

/// Does not compile where `int` has 32 bits.
const WANTS_64_BITS: &str = "\npackage main\nconst i int = 1 << 32\n";

/// Size of Go's `int` on the target, in bits, which SWIG needs as an option: found out by the
/// compiler.
fn int_size(cx: &ActionCx<'_>, inputs: &Inputs<'_>) -> Result<String, ActionError> {
    if cx.config().flags.n {
        return Ok("$INTBITS".to_owned());
    }
    let file = format!("{}/swig_intsize.go", cx.run.job.plan.work_dir);
    write_whole(&file, WANTS_64_BITS.as_bytes())?;
    let lent = cx.run.compile_tokens.take();
    let args = int_size_command(cx, inputs, file, lent.count())?;
    // A question of the run's: it is not among the commands that the graph names for this action.
    let shell = cx.shell.background();
    let run = shell.run_out(inputs.unkeyed.cwd, &inputs.unkeyed.env, &args);
    Ok(if run.error.is_some() { "32" } else { "64" }.to_owned())
}

/// The compile of a package that has nothing but that constant.
fn int_size_command(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    file: String,
    concurrency: usize,
) -> Result<Vec<String>, ActionError> {
    let config = cx.config();
    let names = ["swig_intsize.go".to_owned()];
    let dir = cx.run.job.plan.work_dir.as_str();
    let path = match inputs.unkeyed.buildmode {
        "plugin" => {
            let files = Files {
                dir,
                go: &names,
                ..Files::default()
            };
            gc::plugin_path("command-line-arguments", &files, cx, "")?
        }
        _ => "main".to_owned(),
    };
    // As for any files listed on a command line.
    let for_files = |pattern: &Option<String>| pattern.as_deref().is_none_or(|p| p == "all");
    let mut entries = config.flags.gcflags.entries.iter().rev();
    let entry = entries.find(|e| for_files(&e.pattern));
    let gcflags = entry.map_or(&[][..], |entry| &entry.flags);
    let objdir = &cx.node().objdir;
    Ok(toolchain::swig::int_size(
        inputs,
        dir,
        file,
        objdir,
        &path,
        concurrency,
        gcflags,
    ))
}

fn run_one(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    file: &str,
    suffix: &str,
    pkg_config_cflags: &[String],
    int_size: &str,
) -> Result<(), ActionError> {
    if file.starts_with("cgo") {
        return Err(ActionError::new("SWIG file must not use prefix 'cgo'"));
    }
    let Some(c) = &inputs.c else {
        return Ok(());
    };
    let objdir = &cx.node().objdir;
    let base = file.strip_suffix(suffix).unwrap_or(file);
    let kind = if suffix == ".swigcxx" { "cxx" } else { "c" };
    let wrapper = format!("{objdir}{base}_wrap.{kind}");
    let args = toolchain::swig::swig(
        c.flags()?,
        pkg_config_cflags,
        (file, base),
        &wrapper,
        int_size,
        objdir,
    );
    let run = cx.shell.run_out(inputs.files.dir, &[], &args);
    let says = |text: &str| run.output.windows(text.len()).any(|w| w == text.as_bytes());
    if run.error.is_some() && (says("-intgosize") || says("-cgo")) {
        return Err(ActionError::new(TOO_OLD));
    }
    cx.shell.report_cmd("", "", &run.output, run.error)?;
    rename_go_file(cx, base)
}

/// The package itself may have an x.go, which cgo would turn into the same x.cgo1.go as the x.go
/// that SWIG made of x.swig. Names that begin with an underscore are free.
fn rename_go_file(cx: &ActionCx<'_>, base: &str) -> Result<(), ActionError> {
    let flags = &cx.config().flags;
    let objdir = &cx.node().objdir;
    let from = format!("{objdir}{base}.go");
    let to = format!("{objdir}_{base}_swig.go");
    if flags.shows_commands() {
        cx.shell.show_cmd("", &format!("mv {from} {to}"));
    }
    if flags.n {
        return Ok(());
    }
    #[expect(clippy::disallowed_methods, reason = "within the work directory")]
    std::fs::rename(&from, &to)
        .map_err(|e| ActionError::new(format!("rename {from} {to}: {}", errno_text(&e))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_off() {
        for (output, want) in [
            ("\nSWIG Version 4.1.0\n\nCompiled with", Some([4, 1, 0])),
            ("swig version 3.0", Some([3, 0, u32::MAX])),
            ("version 2", Some([2, 0, u32::MAX])),
            ("nothing", None),
        ] {
            assert_eq!(version(output.as_bytes()), want, "{output}");
        }
    }
}
