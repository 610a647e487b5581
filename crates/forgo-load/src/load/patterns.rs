//! From the command line's patterns to packages. Answers to PackagesAndErrors, mainPackagesOnly,
//! GoFilesPackage and PackagesAndErrorsOutsideModule in cmd/go/internal/load/pkg.go.

use std::collections::HashSet;
use std::sync::Arc;

use forgo_golang::{path, pattern, quote};

use super::data::{ImportMode, PackageData};
use super::error::{DataError, ErrText, ImportStack, set_data_error};
use super::import::Import;
use super::modules::{FileKind, LoadOptions, Match};
use super::{FatalError, Loader, PackageOpts};
use crate::event::Event;
use crate::package::{Package, PackageError, PackageId};

impl Loader<'_> {
    /// Loads what the patterns name and all they import (load.PackagesAndErrors). A list of .go
    /// files counts as one package. Returns the packages named, in order.
    pub fn packages_and_errors(
        &mut self,
        opts: PackageOpts,
        patterns: &[String],
    ) -> Result<Vec<PackageId>, FatalError> {
        let is_file = |p: &String| {
            p.ends_with(".go")
                && matches!(self.scanner.overlay.stat(p), Ok(kind) if kind != FileKind::Dir)
        };
        let roots = if patterns.iter().any(is_file) {
            let id = self.go_files_package(opts, patterns)?;
            vec![id]
        } else {
            self.load_patterns(opts, patterns)?
        };
        self.set_pgo_profiles(&roots)?;
        self.graph.roots.clone_from(&roots);
        Ok(roots)
    }

    fn load_patterns(
        &mut self,
        opts: PackageOpts,
        patterns: &[String],
    ) -> Result<Vec<PackageId>, FatalError> {
        let matches = if self.modules.state.enabled {
            let options = LoadOptions {
                tests: opts.mod_resolve_tests,
                ..LoadOptions::default()
            };
            let matches = self.modules.load_packages(&options, patterns)?;
            self.look_at_vcs_early(opts, &matches);
            matches
        } else {
            self.gopath_matches(patterns)
        };
        self.data_loader()
            .preload(&matches, &self.cfg.cwd, opts.ignore_imports);
        let mut roots = Vec::new();
        let mut seen = HashSet::new();
        for m in &matches {
            self.load_match(opts, m, &mut roots, &mut seen)?;
        }
        if opts.main_only {
            roots = self.main_packages_only(&roots, &matches);
        }
        // The packages that the command line names are complete only now.
        self.set_tool_flags(&roots);
        Ok(roots)
    }

    fn load_match(
        &mut self,
        opts: PackageOpts,
        m: &Match,
        roots: &mut Vec<PackageId>,
        seen: &mut HashSet<PackageId>,
    ) -> Result<(), FatalError> {
        let literal = pattern::is_literal(&m.pattern);
        let cfg = self.cfg;
        for path in &m.packages {
            let mut stack = ImportStack::default();
            let import = Import {
                mode: ImportMode {
                    cmdline: true,
                    literal,
                    ..ImportMode::default()
                },
                ..Import::of(path, &cfg.cwd)
            };
            let (id, _) = self.load_import(opts, import, &mut stack)?;
            self.graph[id].match_.push(m.pattern.clone());
            if seen.insert(id) {
                roots.push(id);
            }
        }
        if let Some(first) = m.errors.first() {
            let mut p = Package {
                import_path: m.pattern.clone(),
                incomplete: true,
                match_: vec![m.pattern.clone()],
                ..Package::default()
            };
            let error = DataError::Match {
                pattern: m.pattern.clone(),
                literal,
                error: first.clone(),
            };
            let mut stack = ImportStack::default();
            set_data_error(cfg, &mut p, &error, &m.pattern, &mut stack, None);
            p.internal.cmdline_pkg = true;
            p.internal.cmdline_pkg_literal = literal;
            roots.push(self.add_package(p));
        }
        Ok(())
    }

    /// Drops packages that are not main packages; those named literally stay, with an error.
    fn main_packages_only(&mut self, roots: &[PackageId], matches: &[Match]) -> Vec<PackageId> {
        let literals = matches.iter().filter(|m| pattern::is_literal(&m.pattern));
        let mut as_main: HashSet<String> =
            literals.flat_map(|m| m.packages.iter().cloned()).collect();
        let mut mains = Vec::new();
        for &id in roots {
            let p = &mut self.graph[id];
            if p.name == "main" || p.name.is_empty() && p.error.is_some() {
                as_main.insert(p.import_path.clone());
                mains.push(id);
                continue;
            }
            // Of conflicting names one may be main.
            if !p.invalid_go_files.is_empty() {
                as_main.insert(p.import_path.clone());
            }
            if as_main.contains(&p.import_path) {
                if p.error.is_none() {
                    p.error = Some(Arc::new(ErrText::not_main(&p.import_path).into()));
                    p.incomplete = true;
                }
                mains.push(id);
            }
        }
        for m in matches {
            let wild = !pattern::is_literal(&m.pattern) && !m.packages.is_empty();
            if wild && !m.packages.iter().any(|path| as_main.contains(path)) {
                let pattern = quote::quote(&m.pattern);
                self.warn(&format!(
                    "go: warning: {pattern} matched only non-main packages\n"
                ));
            }
        }
        mains
    }

    /// Writes to standard error.
    pub(super) fn warn(&self, text: &str) {
        self.reporter.event(Event::Stderr(text.to_owned()));
    }

    /// The package made of the files listed (load.GoFilesPackage).
    pub fn go_files_package(
        &mut self,
        opts: PackageOpts,
        files: &[String],
    ) -> Result<PackageId, FatalError> {
        if let Some(file) = files.iter().find(|f| !f.ends_with(".go")) {
            let mut p = Package {
                name: file.clone(),
                incomplete: true,
                error: Some(Arc::new(PackageError {
                    err: format!("named files must be .go files: {file}"),
                    ..PackageError::default()
                })),
                ..Package::default()
            };
            p.internal.local = true;
            p.internal.cmdline_files = true;
            return Ok(self.add_package(p));
        }
        let dir = self.dir_of_files(files)?;
        if self.modules.state.enabled {
            self.modules.load_imports_of_files(files)?;
        }
        let data = self.files_data(&dir, files);
        let mut p = Package::default();
        p.internal.local = true;
        p.internal.cmdline_files = true;
        let id = self.add_package(p);
        let mut stack = ImportStack::default();
        let name = "command-line-arguments";
        self.load_package_data(opts, id, name, &mut stack, None, &data)?;
        self.finish_files_package(opts, id, &dir, files);
        self.set_tool_flags(&[id]);
        Ok(id)
    }

    /// The one directory that the files are in.
    fn dir_of_files(&self, files: &[String]) -> Result<String, FatalError> {
        let mut dir = String::new();
        for file in files {
            let kind = self.scanner.overlay.stat(file).map_err(FatalError::new)?;
            if kind == FileKind::Dir {
                let text = format!("{file} is a directory, should be a Go file");
                return Err(FatalError::new(text));
            }
            let this = path::dir(file);
            if dir.is_empty() {
                dir = this;
            } else if dir != this {
                return Err(FatalError::new(format_args!(
                    "named files must all be in one directory; have {dir} and {this}"
                )));
            }
        }
        Ok(if dir.starts_with('/') {
            path::clean(&dir)
        } else {
            path::join2(&self.cfg.cwd, &dir)
        })
    }

    fn files_data(&self, dir: &str, files: &[String]) -> PackageData {
        let (place, missing) = self.data_loader().files_locator().in_dir(dir, false);
        if let Some(text) = missing {
            return PackageData {
                place,
                error: Some(DataError::Text(text)),
                ..PackageData::default()
            };
        }
        let names: Vec<String> = files.iter().map(|f| path::base(f).to_owned()).collect();
        let facts = self.scanner.facts_of_files(dir, &names);
        PackageData {
            error: facts.problem.clone().map(DataError::Files),
            place,
            facts: Arc::new(facts),
        }
    }

    fn finish_files_package(
        &mut self,
        opts: PackageOpts,
        id: PackageId,
        dir: &str,
        files: &[String],
    ) {
        let enabled = self.modules.state.enabled;
        let bin_dir = if !self.cfg.dirs.gobin.is_empty() {
            self.cfg.dirs.gobin.clone()
        } else if enabled {
            self.data_loader().bin_dir()
        } else {
            String::new()
        };
        let exe_suffix = &self.cfg.target.exe_suffix;
        let p = &mut self.graph[id];
        if !enabled {
            p.internal.local_prefix = super::gopath::dir_to_import_path(dir);
        }
        "command-line-arguments".clone_into(&mut p.import_path);
        p.match_ = files.to_vec();
        p.target = if p.name == "main" && !bin_dir.is_empty() {
            path::join2(&bin_dir, &format!("{}{exe_suffix}", p.default_exec_name()))
        } else {
            String::new()
        };
        if opts.main_only && p.name != "main" && p.error.is_none() {
            p.error = Some(Arc::new(ErrText::not_main(&p.import_path).into()));
            p.incomplete = true;
        }
    }

    /// `pkg@version` arguments: loads them outside any module
    /// (load.PackagesAndErrorsOutsideModule). The loader must have been made with
    /// `RootMode::None`, and not have loaded anything yet.
    pub fn packages_outside_module(
        &mut self,
        opts: PackageOpts,
        args: &[String],
    ) -> Result<Vec<PackageId>, FatalError> {
        let (patterns, root) = self.modules.enter_versioned(args)?;
        let roots = self.packages_and_errors(opts, &patterns)?;
        let module = format!("{}@{}", root.path, root.version);
        for &id in &roots {
            let p = &mut self.graph[id];
            let text = match &p.module {
                None => format!("package {} not provided by module {module}", p.import_path),
                Some(m) if m.path != root.path || m.version != root.version => format!(
                    "package {} provided by module {}@{}\n\tAll packages must be provided by the same module ({module}).",
                    p.import_path, m.path, m.version
                ),
                Some(_) => continue,
            };
            if p.error.is_none() {
                p.error = Some(Arc::new(PackageError {
                    err: text,
                    ..PackageError::default()
                }));
                p.incomplete = true;
            }
        }
        Ok(roots)
    }
}
