//! Makes a package of its data: checks, implicit imports, embeds, install target, and the packages
//! it imports. Answers to Package.load and copyBuild in cmd/go/internal/load/pkg.go.

use std::sync::Arc;

use forgo_golang::{path, pattern, quote};

use super::data::{ImportMode, PackageData};
use super::embed::resolve_embed;
use super::error::{ErrText, ImportStack, set_data_error, shown_pos};
use super::import::{Import, SIMD_BRIDGE};
use super::scan::Pos;
use super::{FatalError, Loader, PackageOpts, TargetDir, safe_arg};
use crate::disk;
use crate::package::{Package, PackageError, PackageId};

/// Packages that cgo code does not import implicitly, to avoid cycles.
const NO_RUNTIME_CGO: &[&str] = &["runtime/cgo"];
const NO_SYSCALL: &[&str] = &[
    "runtime/cgo",
    "runtime/race",
    "runtime/msan",
    "runtime/asan",
];

/// Where a package that is being loaded was imported.
struct Site<'s> {
    path: &'s str,
    pos: Option<&'s Pos>,
}

impl Loader<'_> {
    /// Fills in a package from its data. `path` is the import path as it was asked for; the package
    /// itself is not on the stack yet.
    pub(super) fn load_package_data(
        &mut self,
        opts: PackageOpts,
        id: PackageId,
        path: &str,
        stack: &mut ImportStack,
        import_pos: Option<&Pos>,
        data: &PackageData,
    ) -> Result<(), FatalError> {
        let site = Site {
            path,
            pos: import_pos,
        };
        self.copy_data(opts, id, data);
        if let Some(e) = &data.error {
            let p = &mut self.graph[id];
            set_data_error(self.cfg, p, e, path, stack, import_pos);
        }
        if !self.set_target(id, data, &site, stack)? {
            return Ok(());
        }
        let Some(imports) = self.augmented_imports(opts, id, &site, stack) else {
            return Ok(());
        };
        if !self.check_import_path(id, &site, stack) {
            return Ok(());
        }
        // What goes wrong from here on is this package's own fault, not its importer's.
        stack.push(path, import_pos);
        let done = self.load_contents(opts, id, &site, imports, stack);
        stack.pop();
        done
    }

    fn copy_data(&mut self, opts: PackageOpts, id: PackageId, data: &PackageData) {
        let facts = &data.facts;
        let place = &data.place;
        let in_fips = self.scanner.fips.contains_dir(&place.dir);
        let msan = self.cfg.flags.msan;
        let pkgdir = self.cfg.flags.pkgdir.as_str();
        let gopath_mode = !self.modules.state.enabled;
        let p = &mut self.graph[id];
        let i = &mut p.internal;

        i.gopath_mode = gopath_mode;
        i.facts = Arc::clone(facts);
        i.pkg_target_root.clone_from(&place.pkg_target_root);
        i.pkg_obj.clone_from(&place.pkg_obj);
        i.bin_dir.clone_from(&place.bin_dir);
        if !place.pkg_target_root.is_empty() && !pkgdir.is_empty() {
            pkgdir.clone_into(&mut i.pkg_target_root);
            if !i.pkg_obj.is_empty() {
                let rest = place.pkg_obj.strip_prefix(&place.pkg_target_root);
                i.pkg_obj = path::join2(pkgdir, rest.unwrap_or(&place.pkg_obj));
            }
        }
        i.directives.clone_from(&facts.directives);
        i.orig_import_path.clone_from(&place.import_path);
        i.raw_imports.clone_from(&facts.imports.names);

        p.dir.clone_from(&place.dir);
        p.import_path.clone_from(&place.import_path);
        p.import_comment.clone_from(&facts.import_comment);
        p.name.clone_from(&facts.name);
        p.doc.clone_from(&facts.doc);
        p.root.clone_from(&place.root);
        p.conflict_dir.clone_from(&place.conflict_dir);
        p.binary_only = facts.binary_only;
        p.goroot = place.goroot || in_fips;
        p.standard = p.goroot
            && !p.import_path.is_empty()
            && pattern::is_standard_import_path(&p.import_path);
        p.go_files.clone_from(&facts.go_files);
        p.cgo_files.clone_from(&facts.cgo_files);
        p.ignored_go_files.clone_from(&facts.ignored_go_files);
        p.invalid_go_files.clone_from(&facts.invalid_go_files);
        p.ignored_other_files.clone_from(&facts.ignored_other_files);
        p.c_files.clone_from(&facts.c_files);
        p.cxx_files.clone_from(&facts.cxx_files);
        p.m_files.clone_from(&facts.m_files);
        p.h_files.clone_from(&facts.h_files);
        p.f_files.clone_from(&facts.f_files);
        p.s_files.clone_from(&facts.s_files);
        p.swig_files.clone_from(&facts.swig_files);
        p.swig_cxx_files.clone_from(&facts.swig_cxx_files);
        // Objects made without the memory sanitizer do not go with those made with it.
        if !msan {
            p.syso_files.clone_from(&facts.syso_files);
        }
        p.cgo_cflags.clone_from(&facts.cgo.cflags);
        p.cgo_cppflags.clone_from(&facts.cgo.cppflags);
        p.cgo_cxxflags.clone_from(&facts.cgo.cxxflags);
        p.cgo_fflags.clone_from(&facts.cgo.fflags);
        p.cgo_ldflags.clone_from(&facts.cgo.ldflags);
        p.cgo_pkg_config.clone_from(&facts.cgo.pkg_config);
        p.imports.clone_from(&facts.imports.names);
        p.test_go_files.clone_from(&facts.test_go_files);
        p.test_imports.clone_from(&facts.test_imports.names);
        p.xtest_go_files.clone_from(&facts.xtest_go_files);
        p.xtest_imports.clone_from(&facts.xtest_imports.names);
        if opts.ignore_imports {
            p.imports.clear();
            p.internal.raw_imports.clear();
            p.test_imports.clear();
            p.xtest_imports.clear();
        }
        p.embed_patterns.clone_from(&facts.embeds.names);
        p.test_embed_patterns.clone_from(&facts.test_embeds.names);
        p.xtest_embed_patterns.clone_from(&facts.xtest_embeds.names);
        if p.internal.local && gopath_mode {
            p.internal.local_prefix = super::gopath::dir_to_import_path(&p.dir);
        }
    }

    /// Gives a package an error unless it has one.
    fn set_error(&mut self, id: PackageId, error: ErrText, site: &Site<'_>, stack: &ImportStack) {
        if self.graph[id].error.is_some() {
            return;
        }
        let mut error: PackageError = error.at(stack);
        // Until the package is on the stack, the import is to blame.
        if stack.top().is_some_and(|top| top != site.path) && site.pos.is_some() {
            error.pos = shown_pos(self.cfg, site.pos);
        }
        let p = &mut self.graph[id];
        p.error = Some(Arc::new(error));
        p.incomplete = true;
    }

    /// Decides where the package would be installed; `false` when that is hopeless.
    fn set_target(
        &mut self,
        id: PackageId,
        data: &PackageData,
        site: &Site<'_>,
        stack: &ImportStack,
    ) -> Result<bool, FatalError> {
        let cfg = self.cfg;
        let p = &self.graph[id];
        let no_bin = matches!(
            cfg.modes.buildmode.as_str(),
            "c-archive" | "c-shared" | "plugin"
        );
        if p.name == "main" && (p.standard || !no_bin) {
            if p.install_target_dir() == TargetDir::StalePath {
                let old = &p.import_path;
                let new = old.replacen("code.google.com/p/go.", "golang.org/x/", 1);
                let text = format!("the {old} command has moved; use {new} instead.");
                let error = ErrText::about(old, text);
                self.set_error(id, error, site, stack);
                return Ok(false);
            }
            let bin_dir = match data.place.bin_dir.as_str() {
                "" if self.modules.state.enabled => self.data_loader().bin_dir(),
                dir => dir.to_owned(),
            };
            self.set_command_target(id, bin_dir);
            return Ok(true);
        }
        if p.internal.local {
            return Ok(true);
        }
        let target_root = p.internal.pkg_target_root.clone();
        let mut target = p.internal.pkg_obj.clone();
        let mut shlib = String::new();
        let archive = || path::join2(&target_root, &format!("{}.a", p.import_path));
        if cfg.modes.buildmode == "shared" && !target_root.is_empty() {
            target = archive();
        }
        if cfg.flags.linkshared && !target_root.is_empty() {
            target = archive();
            let file = path::join2(&target_root, &format!("{}.shlibname", p.import_path));
            match disk::read_to_string(&file) {
                Ok(name) => shlib = path::join2(&target_root, name.trim()),
                Err(e) if crate::fsys::is_missing(&e) => {}
                Err(e) => {
                    let e = crate::fsys::path_error("open", &file, &e);
                    return Err(FatalError::new(format_args!("reading shlibname: {e}")));
                }
            }
        }
        let p = &mut self.graph[id];
        p.target = target;
        p.shlib = shlib;
        Ok(true)
    }

    fn set_command_target(&mut self, id: PackageId, bin_dir: String) {
        let cfg = self.cfg;
        let exec = self.graph[id].default_exec_name();
        let p = &mut self.graph[id];
        let elem = format!("{exec}{}", cfg.target.exe_suffix);
        let (goos, goarch) = (&cfg.target.goos, &cfg.target.goarch);
        let full = format!("{goos}_{goarch}/{elem}");
        let cross = *goos != cfg.dist.host_goos || *goarch != cfg.dist.host_goarch;
        if !bin_dir.is_empty() {
            p.target = path::join2(&bin_dir, if cross { &full } else { &elem });
            if !p.goroot && cross && !cfg.dirs.gobin.is_empty() {
                // GOBIN has no subdirectories.
                p.target = String::new();
                p.internal.gobin_subdir = true;
            }
        }
        p.internal.bin_dir = bin_dir;
        if p.install_target_dir() == TargetDir::Tool {
            p.target = path::join(&[&cfg.dist.goroot, "pkg/tool", &full]);
        }
    }

    /// Returns the package's imports with the implicit ones; `None` when the package can't be
    /// linked.
    fn augmented_imports(
        &mut self,
        opts: PackageOpts,
        id: PackageId,
        site: &Site<'_>,
        stack: &ImportStack,
    ) -> Option<Vec<String>> {
        let mut all = self.graph[id].imports.clone();
        let mut compiled: Vec<String> = Vec::new();
        let mut add = |path: &str, for_compiler: bool| {
            if !all.iter().any(|p| p == path) {
                all.push(path.to_owned());
                if for_compiler {
                    compiled.push(path.to_owned());
                }
            }
        };
        let p = &self.graph[id];
        if self.has_simd(&p.imports) {
            add(SIMD_BRIDGE, true);
        }
        if opts.ignore_imports {
            self.graph[id].internal.compiled_imports = compiled;
            return Some(all);
        }
        let excluded = |list: &[&str]| p.standard && list.contains(&p.import_path.as_str());
        if p.uses_cgo() {
            add("unsafe", true);
            if !excluded(NO_RUNTIME_CGO) {
                add("runtime/cgo", true);
            }
            if !excluded(NO_SYSCALL) {
                add("syscall", true);
            }
        }
        if p.uses_swig() {
            for path in ["unsafe", "runtime/cgo", "syscall", "sync"] {
                add(path, true);
            }
        }
        if p.name == "main" && !p.internal.force_library {
            match self.linker_deps(Some(id)) {
                Ok(deps) => deps.iter().for_each(|dep| add(dep, false)),
                Err(e) => {
                    self.graph[id].internal.compiled_imports = compiled;
                    self.set_error(id, ErrText::plain(e), site, stack);
                    return None;
                }
            }
        }
        self.graph[id].internal.compiled_imports = compiled;
        Some(all)
    }

    /// Whether imports of `simd` make the compiler rewrite the package (1.27).
    pub(super) fn has_simd(&self, imports: &[String]) -> bool {
        self.cfg.dist.release.has_simd()
            && matches!(self.cfg.target.goarch.as_str(), "wasm" | "amd64" | "arm64")
            && imports.iter().any(|path| path == "simd")
    }

    /// Refuses import paths that differ only in case, or that look like flags.
    fn check_import_path(&mut self, id: PackageId, site: &Site<'_>, stack: &ImportStack) -> bool {
        let import_path = self.graph[id].import_path.clone();
        let fold = path::to_fold(&import_path);
        let quoted = quote::quote(&import_path);
        let text = match self.folded.get(&fold) {
            Some(other) if *other != import_path => {
                let other = quote::quote(other);
                format!("case-insensitive import collision: {quoted} and {other}")
            }
            _ if !safe_arg(&import_path) => format!("invalid import path {quoted}"),
            _ => String::new(),
        };
        self.folded
            .entry(fold)
            .or_insert_with(|| import_path.clone());
        if text.is_empty() {
            return true;
        }
        self.set_error(id, ErrText::about(&import_path, text), site, stack);
        false
    }

    fn load_contents(
        &mut self,
        opts: PackageOpts,
        id: PackageId,
        site: &Site<'_>,
        imports: Vec<String>,
        stack: &mut ImportStack,
    ) -> Result<(), FatalError> {
        self.set_module(id);
        self.graph[id].default_godebug = self.default_godebug(id, &[])?;
        if !opts.suppress_embed_files {
            self.resolve_package_embeds(id, site, stack);
        }
        if let Some(text) = self.bad_input(id) {
            self.set_error(id, ErrText::plain(text), site, stack);
            return Ok(());
        }
        self.load_imports(opts, id, imports, stack)?;
        let p = &self.graph[id];
        let linkable = p.name == "main" && !p.internal.force_library;
        if p.error.is_none() && linkable && !p.incomplete && !opts.suppress_build_info {
            self.set_build_info(id, opts.auto_vcs)?;
        }
        if !self.cfg.context.cgo_enabled {
            // .go files with import "C" are ignored, and so are the files that would be compiled
            // for them. .s, .h and .syso files may be for the Go assembler and linker.
            let p = &mut self.graph[id];
            for list in [
                &mut p.c_files,
                &mut p.cxx_files,
                &mut p.m_files,
                &mut p.swig_files,
                &mut p.swig_cxx_files,
            ] {
                list.clear();
            }
        }
        if let Some(text) = foreign_sources(&self.graph[id]) {
            self.set_error(id, ErrText::plain(text), site, stack);
        }
        Ok(())
    }

    fn set_module(&mut self, id: PackageId) {
        if self.modules.state.enabled {
            let p = &self.graph[id];
            let path = if p.internal.cmdline_files {
                "command-line-arguments"
            } else {
                &p.import_path
            };
            self.graph[id].module = self.modules.package_module(path);
        }
    }

    fn resolve_package_embeds(&mut self, id: PackageId, site: &Site<'_>, stack: &ImportStack) {
        let p = &self.graph[id];
        if p.embed_patterns.is_empty() {
            return;
        }
        match resolve_embed(self.cfg, &self.scanner.overlay, &p.dir, &p.embed_patterns) {
            Ok(resolved) => {
                let p = &mut self.graph[id];
                p.embed_files = resolved.files;
                p.internal.embed = resolved.by_pattern;
            }
            Err(e) => {
                let pos = p.internal.facts.embeds.position(&e.pattern).cloned();
                self.graph[id].incomplete = true;
                self.set_error(id, ErrText::plain(e.to_string()), site, stack);
                if let (Some(error), Some(pos)) = (&mut self.graph[id].error, pos) {
                    Arc::make_mut(error).pos = shown_pos(self.cfg, Some(&pos));
                }
            }
        }
    }

    /// Input files whose names would do harm on a command line or on another file system.
    fn bad_input(&self, id: PackageId) -> Option<String> {
        let p = &self.graph[id];
        let inputs = p.all_files();
        if let Some((a, b)) = path::fold_dup(&inputs) {
            let (a, b) = (quote::quote(&a), quote::quote(&b));
            return Some(format!("case-insensitive file name collision: {a} and {b}"));
        }
        let bad = |file: &&String| !safe_arg(file) || file.starts_with("_cgo_");
        if let Some(file) = inputs.iter().find(bad) {
            return Some(format!("invalid input file name {}", quote::quote(file)));
        }
        let base = path::base(&p.import_path);
        if !safe_arg(base) {
            return Some(format!(
                "invalid input directory name {}",
                quote::quote(base)
            ));
        }
        if p.dir.contains(['\r', '\n']) {
            return Some(format!(
                "invalid package directory {}",
                quote::quote(&p.dir)
            ));
        }
        None
    }

    fn load_imports(
        &mut self,
        opts: PackageOpts,
        id: PackageId,
        imports: Vec<String>,
        stack: &mut ImportStack,
    ) -> Result<(), FatalError> {
        let facts = Arc::clone(&self.graph[id].internal.facts);
        let dir = self.graph[id].dir.clone();
        let written = self.graph[id].imports.len();
        let mode = ImportMode {
            resolve: true,
            allow_simd: self.has_simd(&self.graph[id].imports),
            ..ImportMode::default()
        };
        let mut ids = Vec::with_capacity(imports.len());
        for (i, path) in imports.into_iter().enumerate() {
            if path == "C" {
                continue;
            }
            let import = Import {
                path: &path,
                src_dir: &dir,
                parent: Some(id),
                pos: facts.imports.position(&path),
                mode,
            };
            let (imported, refused) = self.load_import(opts, import, stack)?;
            let p = &mut self.graph.packages[id.index()];
            if let Some(e) = refused
                && p.error.is_none()
            {
                p.error = Some(Arc::new(e));
                p.incomplete = true;
            }
            let found = &self.graph[imported];
            let incomplete = found.incomplete;
            let renamed =
                (i < written && found.import_path != path).then(|| found.import_path.clone());
            let p = &mut self.graph[id];
            p.incomplete |= incomplete;
            if let Some(found_path) = renamed {
                p.imports[i] = found_path;
            }
            ids.push(imported);
        }
        self.graph[id].internal.imports = ids;
        self.imports_known[id.index()] = true;
        Ok(())
    }
}

/// Sources in other languages that nothing would compile.
fn foreign_sources(p: &Package) -> Option<String> {
    if p.uses_cgo() || p.uses_swig() {
        return None;
    }
    [
        ("C", &p.c_files),
        ("C++", &p.cxx_files),
        ("Objective-C", &p.m_files),
        ("Fortran", &p.f_files),
    ]
    .into_iter()
    .find(|(_, files)| !files.is_empty())
    .map(|(language, files)| {
        format!(
            "{language} source files not allowed when not using cgo or SWIG: {}",
            files.join(" ")
        )
    })
}
