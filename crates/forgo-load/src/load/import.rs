//! The import walk: from an import path to a package in the graph, with everything it imports.
//! Answers to loadImport and reusePackage in cmd/go/internal/load/pkg.go.
//!
//! The walk is sequential and in the stock command's order, because errors, import stacks and the
//! order of packages show it; the data it walks over has been loaded before, in parallel.

use std::sync::Arc;

use forgo_golang::deep::deep;
use forgo_golang::{path, pattern, quote};

use super::data::{ImportMode, Importer, PackageData};
use super::error::{DataError, ErrText, ImportStack, set_data_error, shown_pos};
use super::scan::Pos;
use super::visibility::Judged;
use super::{FatalError, Loader, PackageOpts};
use crate::package::{Package, PackageError, PackageId};

/// An import to load.
#[derive(Clone, Copy)]
pub(super) struct Import<'i> {
    /// The path, as the source or the command line spells it.
    pub path: &'i str,
    /// Directory that local paths are relative to.
    pub src_dir: &'i str,
    /// The importing package; `None` for the command line.
    pub parent: Option<PackageId>,
    /// Where it stands.
    pub pos: Option<&'i Pos>,
    /// How to understand it.
    pub mode: ImportMode,
}

impl Import<'_> {
    /// An import that no source file spells: from the command line or by the go command itself.
    pub fn of<'i>(path: &'i str, src_dir: &'i str) -> Import<'i> {
        Import {
            path,
            src_dir,
            parent: None,
            pos: None,
            mode: ImportMode::default(),
        }
    }
}

/// The package that an import means, and why its importer must not have it.
pub(super) type Imported = (PackageId, Option<PackageError>);

/// The package that `simd` is rewritten to use (1.27).
pub(super) const SIMD_BRIDGE: &str = "simd/internal/bridge";

impl Loader<'_> {
    /// Loads the package that an import means, and all it imports.
    pub(super) fn load_import(
        &mut self,
        opts: PackageOpts,
        import: Import<'_>,
        stack: &mut ImportStack,
    ) -> Result<Imported, FatalError> {
        let data = match self.import_data(import) {
            Ok(data) => data,
            Err(e) => return Ok((self.add_unloadable(import, &e, stack), None)),
        };
        let known = self.graph.by_path.get(&data.place.import_path).copied();
        let id = match known {
            Some(id) => {
                self.reuse(id, import, stack);
                self.set_cmdline(id, import.mode);
                id
            }
            // It loads its imports: as deep as chains of imports are.
            None => deep(|| self.load_new(opts, import, data, stack))?,
        };
        let refused = self.refuse(id, import, stack).map(|mut e| {
            if import.pos.is_some() {
                e.pos = shown_pos(self.cfg, import.pos);
            }
            e
        });
        Ok((id, refused))
    }

    fn import_data(&self, import: Import<'_>) -> Result<Arc<PackageData>, DataError> {
        let parent = import.parent.map(|id| &self.graph[id]);
        let importer = Importer {
            path: parent.map_or("", |p| &p.import_path),
            dir: import.src_dir,
            root: parent.map_or("", |p| &p.root),
            is_std: parent.is_some_and(|p| p.standard),
        };
        self.data_loader()
            .load(import.path, importer, import.mode)
            .map(|(data, _)| data)
    }

    /// A package that is nothing but its error.
    fn add_unloadable(
        &mut self,
        import: Import<'_>,
        error: &DataError,
        stack: &mut ImportStack,
    ) -> PackageId {
        let mut p = Package {
            import_path: import.path.to_owned(),
            incomplete: true,
            ..Package::default()
        };
        let says_path = matches!(error, DataError::Import(e) if e.import_path == import.path);
        if !says_path {
            stack.push(import.path, import.pos);
        }
        set_data_error(self.cfg, &mut p, error, import.path, stack, None);
        if !says_path {
            stack.pop();
        }
        let id = self.add_package(p);
        if self.cfg.dist.release.loading_sets_tool_flags() {
            self.set_tool_flags(&[id]);
        }
        id
    }

    /// Puts a package in the graph.
    pub(super) fn add_package(&mut self, p: Package) -> PackageId {
        let id = u32::try_from(self.graph.packages.len()).expect("fewer than 2^32 packages");
        self.graph.packages.push(p);
        // The planner puts packages there too, which import nothing.
        self.imports_known.resize(id as usize, true);
        self.imports_known.push(false);
        PackageId(id)
    }

    fn set_cmdline(&mut self, id: PackageId, mode: ImportMode) {
        let internal = &mut self.graph[id].internal;
        internal.cmdline_pkg |= mode.cmdline;
        internal.cmdline_pkg_literal |= mode.literal;
    }

    fn load_new(
        &mut self,
        opts: PackageOpts,
        import: Import<'_>,
        data: Arc<PackageData>,
        stack: &mut ImportStack,
    ) -> Result<PackageId, FatalError> {
        let import_path = data.place.import_path.clone();
        let mut p = Package {
            import_path: import_path.clone(),
            ..Package::default()
        };
        p.internal.local = pattern::is_local_import(import.path);
        let id = self.add_package(p);
        self.graph.by_path.insert(import_path, id);
        self.set_cmdline(id, import.mode);
        if self.cfg.dist.release.loading_sets_tool_flags() {
            self.set_tool_flags(&[id]);
        }
        self.load_package_data(opts, id, import.path, stack, import.pos, &data)?;

        let clean = super::gopath::clean_import(import.path);
        if !self.modules.state.enabled && import.path != clean {
            let text = format!(
                "non-canonical import path {}: should be {}",
                quote::quote(import.path),
                quote::quote(&path::clean(import.path))
            );
            let mut error = ErrText::about(import.path, text).at(stack);
            error.pos = shown_pos(self.cfg, import.pos);
            let p = &mut self.graph[id];
            p.error = Some(Arc::new(error));
            p.incomplete = true;
        }
        Ok(id)
    }

    /// A package is imported once more: perhaps by itself, perhaps by a shorter way.
    fn reuse(&mut self, id: PackageId, import: Import<'_>, stack: &mut ImportStack) {
        let in_progress = !self.imports_known[id.index()];
        let p = &mut self.graph[id];
        if in_progress {
            match &mut p.error {
                None => {
                    stack.push(import.path, import.pos);
                    p.error = Some(Arc::new(PackageError {
                        is_import_cycle: true,
                        ..ErrText::plain("import cycle not allowed").at(stack)
                    }));
                    stack.pop();
                }
                Some(e) if !e.is_import_cycle => Arc::make_mut(e).is_import_cycle = true,
                Some(_) => {}
            }
            p.incomplete = true;
        }
        // An error that describes a cycle keeps the stack that shows it.
        if let Some(e) = &mut p.error
            && !e.is_import_cycle
            && stack.is_shorter_than(&e.import_stack, import.path)
        {
            stack.push(import.path, import.pos);
            Arc::make_mut(e).import_stack = stack.copy();
            stack.pop();
        }
    }

    /// Why the importer must not import the package, if so.
    fn refuse(
        &self,
        id: PackageId,
        import: Import<'_>,
        stack: &ImportStack,
    ) -> Option<PackageError> {
        let parent = import.parent.map(|parent| &self.graph[parent]);
        let judged = Judged {
            src_dir: import.src_dir,
            importer: import.parent,
            importer_path: parent.map_or("", |p| &p.import_path),
            package: id,
        };
        if !(import.mode.allow_simd && import.path == SIMD_BRIDGE)
            && let Some(e) = self.disallow_internal(&judged, stack)
        {
            return Some(e);
        }
        if import.mode.resolve
            && let Some(e) = self.disallow_vendor(&judged, import.path, stack)
        {
            return Some(e);
        }
        let (p, parent) = (&self.graph[id], parent?);
        let path = import.path;
        if p.name == "main" && parent.dir != p.dir {
            let quoted = quote::quote(path);
            let text = format!("import {quoted} is a program, not an importable package");
            return Some(ErrText::about(path, text).at(stack));
        }
        if p.internal.local && !parent.internal.local {
            let text = match path {
                "." => format!("{path}: cannot import current directory"),
                _ => format!("local import {} in non-local package", quote::quote(path)),
            };
            return Some(ErrText::about(path, text).at(stack));
        }
        None
    }
}
