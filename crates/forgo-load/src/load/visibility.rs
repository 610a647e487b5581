//! Which packages may import which: internal directories, vendor directories. Answers to
//! disallowInternal, disallowVendor and their helpers in cmd/go/internal/load/pkg.go.

use forgo_golang::path;

use super::error::{ErrText, ImportStack};
use super::locate::expand_path;
use super::{Loader, PackageError};
use crate::package::{Package, PackageId};

/// The import that is judged.
pub(super) struct Judged<'j> {
    /// Directory of the importing file.
    pub src_dir: &'j str,
    /// The importing package; `None` for the command line.
    pub importer: Option<PackageId>,
    /// Its import path, or empty.
    pub importer_path: &'j str,
    /// The imported package.
    pub package: PackageId,
}

impl Loader<'_> {
    /// Whether the import of an internal package is out of place.
    pub(super) fn disallow_internal(
        &self,
        judged: &Judged<'_>,
        stack: &ImportStack,
    ) -> Option<PackageError> {
        let p = &self.graph[judged.package];
        let from = judged.importer_path;
        if p.error.is_some()
            || path::has_path_prefix(&p.import_path, "testing/internal") && from == "testmain"
            || p.standard && from.starts_with("bootstrap/")
            || from.is_empty()
        {
            return None;
        }
        let at = find_internal(&p.import_path)?.saturating_sub(1);
        // The same rules for fips140 whether it lies in GOROOT or in a snapshot.
        let fips = "crypto/internal/fips140";
        let allowed = if path::has_path_prefix(from, "crypto")
            && path::has_path_prefix(&p.import_path, fips)
        {
            true
        } else if path::has_path_prefix(from, fips) {
            path::has_path_prefix(&p.import_path, "crypto/internal")
        } else if p.module.is_none() {
            let keep = (at + p.dir.len()).saturating_sub(p.import_path.len());
            is_below(judged.src_dir, &p.dir[..keep])
        } else {
            let importer = judged.importer.map(|id| &self.graph[id]);
            let from_files = importer.filter(|i| i.internal.cmdline_files);
            let as_dir = from_files.map(|i| self.modules.dir_import_path(&i.dir));
            path::has_path_prefix(as_dir.as_deref().unwrap_or(from), &p.import_path[..at])
        };
        if allowed {
            return None;
        }
        let text = format!("use of internal package {} not allowed", p.import_path);
        Some(PackageError {
            always_print_stack: true,
            ..ErrText::about(&p.import_path, text).at(stack)
        })
    }

    /// Whether the import of a vendored package is out of place. `import` is the path as the source
    /// spells it.
    pub(super) fn disallow_vendor(
        &self,
        judged: &Judged<'_>,
        import: &str,
        stack: &ImportStack,
    ) -> Option<PackageError> {
        if judged.importer_path.is_empty() {
            return None;
        }
        if !vendor_visible(judged.src_dir, &self.graph[judged.package]) {
            return Some(ErrText::plain("use of vendored package not allowed").at(stack));
        }
        let i = find_vendor(import)?;
        let right = &import[i + "vendor/".len()..];
        let text = format!("{import} must be imported as {right}");
        Some(ErrText::about(import, text).at(stack))
    }
}

fn vendor_visible(src_dir: &str, p: &Package) -> bool {
    let Some(i) = find_vendor(&p.import_path) else {
        return true;
    };
    match (i.saturating_sub(1) + p.dir.len()).checked_sub(p.import_path.len()) {
        Some(keep) if keep <= p.dir.len() => is_below(src_dir, &p.dir[..keep]),
        _ => true,
    }
}

/// Whether a directory lies below another, links resolved where need be.
fn is_below(dir: &str, parent: &str) -> bool {
    let lexical = |dir: &str, parent: &str| {
        path::has_file_path_prefix(&path::clean(dir), &path::clean(parent))
    };
    lexical(dir, parent) || lexical(&expand_path(dir), &expand_path(parent))
}

/// Where the last `internal` element of a path begins.
fn find_internal(p: &str) -> Option<usize> {
    if p.ends_with("/internal") {
        Some(p.len() - "internal".len())
    } else if let Some(i) = p.rfind("/internal/") {
        Some(i + 1)
    } else {
        (p == "internal" || p.starts_with("internal/")).then_some(0)
    }
}

/// Where the last `vendor` element of a path that is not its end begins (load.FindVendor).
pub(super) fn find_vendor(p: &str) -> Option<usize> {
    match p.rfind("/vendor/") {
        Some(i) => Some(i + 1),
        None => p.starts_with("vendor/").then_some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_and_vendor_elements() {
        for (path, internal, vendor) in [
            ("a/internal", Some(2), None),
            ("a/internal/b/internal/c", Some(13), None),
            ("internal/b", Some(0), None),
            ("a/internals/b", None, None),
            ("vendor/a", None, Some(0)),
            ("a/vendor/b/vendor/c", None, Some(11)),
            ("a/vendor", None, None),
        ] {
            assert_eq!(find_internal(path), internal, "{path}");
            assert_eq!(find_vendor(path), vendor, "{path}");
        }
    }
}
