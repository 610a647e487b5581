//! The `-trimpath` argument of compiles and assemblies: which directories are called what in the
//! result.
//!
//! Answers to `Action.trimpath` in cmd/go/internal/work/gc.go.

use std::fmt::Write;

use forgo_golang::path;

use crate::toolchain::inputs::compile::Inputs;

/// Returns the rewrites `from=>to;…`: with -trimpath the package's directory is replaced by its
/// module and import path, overlaid files by the paths they stand for, the object directory by
/// nothing.
pub fn trimpath(inputs: &Inputs<'_>, objdir: &str) -> String {
    let trimmed = inputs.trimpath.then(|| trimmed_dir(inputs));
    let dir = inputs.files.dir;
    let overlaid = match inputs.unkeyed.overlay.is_active() {
        true => {
            let to = trimmed.as_deref().unwrap_or(dir);
            overlay_rewrites(inputs, to, objdir.trim_end_matches('/'))
        }
        false => String::new(),
    };
    rewrite(dir, trimmed.as_deref(), &overlaid, objdir)
}

/// Returns the rewrites of a directory, if it is to be `trimmed`, then `others`, then that of the
/// object directory.
pub fn rewrite(dir: &str, trimmed: Option<&str>, others: &str, objdir: &str) -> String {
    let mut rewrite = String::new();
    if let Some(to) = trimmed {
        let _ = write!(rewrite, "{dir}=>{to};");
    }
    rewrite + others + objdir.trim_end_matches('/') + "=>"
}

/// Returns the replacement of the package's directory under -trimpath.
fn trimmed_dir(inputs: &Inputs<'_>) -> String {
    let import_path = inputs.unkeyed.orig_import_path;
    match inputs.unkeyed.module {
        Some(m) if !m.version.is_empty() => {
            let inside = import_path.strip_prefix(m.path).unwrap_or(import_path);
            format!("{}@{}{inside}", m.path, m.version)
        }
        _ => import_path.to_owned(),
    }
}

fn overlay_rewrites(inputs: &Inputs<'_>, dir: &str, objdir: &str) -> String {
    let overlay = inputs.unkeyed.overlay;
    let mut rewrite = String::new();
    // If any file of cgo's is overlaid, all of them are copied to the object directory.
    let mut copies = String::new();
    let mut any_copied = false;
    for file in &inputs.unkeyed.overlaid {
        let path = if path::is_abs(file) {
            file.clone()
        } else {
            inputs.files.path(file)
        };
        let base = path::base(&path);
        let to = path::join2(dir, base);
        let go = file.ends_with(".go") || file.ends_with(".s");
        let cgo = inputs.files.cgo.contains(file) || !go;
        if overlay.replaced(&path) {
            if cgo {
                any_copied = true;
            } else {
                let _ = write!(rewrite, "{}=>{to};", overlay.actual(&path));
            }
        } else if cgo && path::dir(&path) == inputs.files.dir {
            let _ = write!(copies, "{}=>{to};", path::join2(objdir, base));
        }
    }
    if any_copied {
        rewrite += &copies;
    }
    rewrite
}
