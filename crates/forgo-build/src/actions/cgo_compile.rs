//! Compiles one C, C++, Objective-C, Fortran or assembly file of a cgo package.
//!
//! Answers to cgoCompileActor in cmd/go/internal/work/action.go and to ccompile, gcc, gas, gxx and
//! gfortran in work/exec.go.

use crate::actions::{ActionCx, ActionError, Outcome};
use crate::plan::CgoCompiler;

/// The work of a `cgo compile` node. Nothing is done where cgo was not run.
pub fn run(cx: &ActionCx<'_>, file: &str, compiler: CgoCompiler) -> Result<Outcome, ActionError> {
    let _ = (cx, file, compiler);
    todo!()
}
