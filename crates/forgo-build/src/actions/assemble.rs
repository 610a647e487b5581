//! Runs the assembler on the assembly files of a package.
//!
//! Answers to asm and symabis in cmd/go/internal/work/gc.go.

use crate::action::{ActionCx, ActionError};
use crate::toolchain::gc::asm;
use crate::toolchain::inputs::compile::Inputs;

/// Assembles files; returns the object files, absolute.
pub(super) fn assemble(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    objdir: &str,
    build_id: &str,
    files: &[String],
) -> Result<Vec<String>, ActionError> {
    let common = asm::common_args(inputs, cx, objdir, build_id)?;
    let mut objects = Vec::with_capacity(files.len());
    for file in files {
        let object = format!("{objdir}{}.o", file.strip_suffix(".s").unwrap_or(file));
        let args = asm::assemble(inputs, &common, file, &object);
        let (dir, env) = (inputs.files.dir, &inputs.unkeyed.env);
        cx.shell.run(dir, inputs.import_path, env, &args)?;
        objects.push(object);
    }
    Ok(objects)
}

/// Finds out by which ABI assembly defines and uses symbols; returns the file that has the answer,
/// or an empty name if the package has no assembly.
pub(super) fn symabis(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    objdir: &str,
    build_id: &str,
    files: &[String],
) -> Result<String, ActionError> {
    if files.is_empty() {
        return Ok(String::new());
    }
    let out = format!("{objdir}symabis");
    let common = asm::common_args(inputs, cx, objdir, build_id)?;
    let args = asm::symabis(inputs, common, files, &out);
    // The compiler is to write it, from definitions that this step does not need.
    cx.shell.write_file(&format!("{objdir}go_asm.h"), "")?;
    let (dir, env) = (inputs.files.dir, &inputs.unkeyed.env);
    cx.shell.run(dir, inputs.import_path, env, &args)?;
    Ok(out)
}
