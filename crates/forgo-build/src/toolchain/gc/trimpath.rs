//! The `-trimpath` argument of compiles and assemblies: which directories are called what in the
//! result.
//!
//! Answers to `Action.trimpath` in cmd/go/internal/work/gc.go.

use std::fmt::Write;

use forgo_golang::path;

use crate::config::Config;
use crate::fsys::Overlay;
use crate::package::Package;

/// Rewrites `from=>to;…`: with -trimpath the package's directory is called by its module and import
/// path; overlaid files are always called by the names they stand for; the object directory has no
/// name.
pub fn trimpath(config: &Config, p: &Package, objdir: &str, overlay: &Overlay) -> String {
    let mut rewrite = String::new();
    let dir = if config.flags.trimpath {
        let to = trimmed_dir(p);
        let _ = write!(rewrite, "{}=>{to};", p.dir);
        to
    } else {
        p.dir.clone()
    };
    let objdir = objdir.trim_end_matches('/');
    if overlay.is_active() {
        rewrite += &overlay_rewrites(p, &dir, objdir, overlay);
    }
    rewrite + objdir + "=>"
}

/// What the package's directory is called under -trimpath.
fn trimmed_dir(p: &Package) -> String {
    let import_path = &p.internal.orig_import_path;
    match &p.module {
        Some(m) if !m.version.is_empty() => {
            let inside = import_path.strip_prefix(&m.path).unwrap_or(import_path);
            format!("{}@{}{inside}", m.path, m.version)
        }
        _ => import_path.clone(),
    }
}

fn overlay_rewrites(p: &Package, dir: &str, objdir: &str, overlay: &Overlay) -> String {
    let mut rewrite = String::new();
    // If any file of cgo's is overlaid, all of them are copied to the object directory.
    let mut copies = String::new();
    let mut any_copied = false;
    for file in p.all_files() {
        let path = if path::is_abs(&file) {
            file.clone()
        } else {
            path::join2(&p.dir, &file)
        };
        let base = path::base(&path);
        let to = path::join2(dir, base);
        let go = file.ends_with(".go") || file.ends_with(".s");
        let cgo = p.cgo_files.contains(&file) || !go;
        if overlay.replaced(&path) {
            if cgo {
                any_copied = true;
            } else {
                let _ = write!(rewrite, "{}=>{to};", overlay.actual(&path));
            }
        } else if cgo && path::dir(&path) == p.dir {
            let _ = write!(copies, "{}=>{to};", path::join2(objdir, base));
        }
    }
    if any_copied {
        rewrite += &copies;
    }
    rewrite
}
