//! Loading: from patterns to a [`PackageGraph`]. Answers to cmd/go/internal/load.
//!
//! A [`Loader`] lives as long as an invocation. Its graph only grows: patterns, test variants and
//! packages that the linker needs are added to it; when planning starts it is read-only. An error
//! of a package is data inside it; only errors that make the stock command stop at once are a
//! [`FatalError`].
//!
//! ```text
//! patterns ─▶ modules (or search, in GOPATH mode) ─▶ import paths ─▶ data ─▶ import, package_load
//!                        └────────── scan: every directory is read once ────┘
//! ```

mod build_info;
mod calendar;
mod coverage;
mod data;
mod embed;
mod error;
mod facts;
pub mod fips140;
mod flags;
mod godebug;
mod gopath;
pub mod head;
mod import;
mod linker_deps;
mod locate;
mod match_package;
pub mod modules;
mod package_load;
mod patterns;
mod pgo;
mod report;
pub mod scan;
mod search;
mod test_variants;
mod testmain;
mod vcs;
mod vcs_footprint;
mod vcs_info;
mod vcs_version;
mod visibility;

pub use error::{no_go_text, short_path};
pub use godebug::parse_go_debug;
pub use match_package::MatchPackage;
/// What makes the stock command stop at once (base.Fatal, base.Fatalf, base.ExitIfErrors).
pub use modules::Fatal as FatalError;
pub use modules::RootMode;
pub use test_variants::{TestCover, TestPackages, TestmainGenerator, TestmainInput};
pub use testmain::Testmain;

use std::collections::{BTreeSet, HashMap, HashSet};

use forgo_golang::godebug::Table;
use forgo_golang::path;

use crate::config::Config;
use crate::event::Reporter;
use crate::package::{Package, PackageError, PackageGraph, PackageId};
use build_info::VcsMemo;
use data::{DataCache, DataLoader, Importer};
use error::ImportStack;
use flags::ToolFlags;
use gopath::GopathMode;
use import::Import;
use modules::Modules;
use scan::Scanner;

/// How to load (load.PackageOpts).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PackageOpts {
    /// Do not follow imports: `go list` without -deps and the like (not under -e alone).
    pub ignore_imports: bool,
    /// Resolve what tests import too: `test`, `vet`, `list -test`.
    pub mod_resolve_tests: bool,
    /// Only main packages count: `run`, `install pkg@version`.
    pub main_only: bool,
    /// Stamp VCS information where `-buildvcs=auto` allows it.
    pub auto_vcs: bool,
    /// Leave `Package::internal.build_info` empty.
    pub suppress_build_info: bool,
    /// Leave embed files unresolved.
    pub suppress_embed_files: bool,
}

/// Loads packages for one invocation.
pub struct Loader<'a> {
    /// The settings.
    pub cfg: &'a Config,
    /// Where warnings and errors that do not stop the command go.
    pub reporter: &'a dyn Reporter,
    /// Directories and files, each read once.
    pub scanner: &'a Scanner<'a>,
    /// Modules: mode, main modules, build list.
    pub modules: Modules<'a>,
    /// All packages so far. `roots` is what the last [`Loader::packages_and_errors`] returned.
    pub graph: PackageGraph,
    root: RootMode,
    data: DataCache,
    gopath_mode: GopathMode,
    tool_flags: ToolFlags,
    godebugs: Option<Table>,
    vcs: VcsMemo,
    /// By package: its imports are resolved, so that importing it once more is not a cycle.
    imports_known: Vec<bool>,
    /// Import paths by their case-folded form.
    folded: HashMap<String, String>,
}

/// Where a package's install target lies (load.InstallTargetDir).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetDir {
    /// To the directory of the package's root: bin or pkg.
    Root,
    /// To the tool directory.
    Tool,
    /// The package is stale by its old import path (code.google.com/p/go.tools/cmd/…).
    StalePath,
}

impl<'a> Loader<'a> {
    /// A loader for the module, workspace or GOPATH that `cfg` names. Decides the module mode; the
    /// module files are read when first needed. `root` is `RootMode::None` for `pkg@version`.
    pub fn new(
        cfg: &'a Config,
        scanner: &'a Scanner<'a>,
        reporter: &'a dyn Reporter,
        root: RootMode,
    ) -> Result<Loader<'a>, FatalError> {
        let modules = Modules::init(cfg, scanner, reporter, root)?;
        if !modules.state.enabled {
            scanner.heed_import_comments();
        }
        Ok(Loader {
            cfg,
            reporter,
            scanner,
            modules,
            graph: PackageGraph::default(),
            root,
            data: DataCache::default(),
            gopath_mode: GopathMode::default(),
            tool_flags: ToolFlags::new(cfg),
            godebugs: None,
            vcs: VcsMemo::default(),
            imports_known: Vec::new(),
            folded: HashMap::new(),
        })
    }

    fn data_loader(&self) -> DataLoader<'_> {
        DataLoader {
            cfg: self.cfg,
            scanner: self.scanner,
            modules: &self.modules,
            cache: &self.data,
            gopath_mode: &self.gopath_mode,
        }
    }

    /// The package of this import path or `./` path, as if imported from `src_dir`; no visibility
    /// rules (load.LoadPackageWithFlags with mode 0). For what the planner itself needs: `fmt` for
    /// vet, `runtime/cgo` for shared libraries, shlib lists.
    pub fn load_package(&mut self, path: &str, src_dir: &str) -> Result<PackageId, FatalError> {
        let mut stack = ImportStack::default();
        let import = Import::of(path, src_dir);
        let (id, _) = self.load_import(PackageOpts::default(), import, &mut stack)?;
        self.set_tool_flags(&[id]);
        Ok(id)
    }

    /// What import paths in the tests of a package mean, sorted, each once (Package.Resolve).
    pub fn resolve_imports(&self, package: PackageId, imports: &[String]) -> Vec<String> {
        let p = &self.graph[package];
        let importer = Importer {
            path: &p.import_path,
            dir: &p.dir,
            root: &p.root,
            is_std: p.standard,
        };
        let data = self.data_loader();
        let resolved = imports.iter().map(|path| data.resolve_path(path, importer));
        let all: BTreeSet<String> = resolved.collect();
        all.into_iter().collect()
    }
}

impl Package {
    /// Where `go install` puts this package (load.InstallTargetDir).
    pub fn install_target_dir(&self) -> TargetDir {
        let path = self.import_path.as_str();
        if path.starts_with("code.google.com/p/go.tools/cmd/") {
            return TargetDir::StalePath;
        }
        let is_tool = self.goroot && path.starts_with("cmd/") && self.name == "main";
        if is_tool && !matches!(path, "cmd/go" | "cmd/gofmt") {
            TargetDir::Tool
        } else {
            TargetDir::Root
        }
    }

    /// The name of the executable that `go build` makes, without `.exe`
    /// (load.Package.DefaultExecName).
    pub fn default_exec_name(&self) -> String {
        if self.internal.cmdline_files {
            let file = self.go_files.first().or(self.cgo_files.first());
            let base = path::base(file.map_or("", String::as_str));
            return base.strip_suffix(".go").unwrap_or_default().to_owned();
        }
        let (dir, elem) = path::split(&self.import_path);
        // example.com/cmd/v2 is known as cmd.
        if !self.internal.gopath_mode && !dir.is_empty() && gopath::is_version_element(elem) {
            return path::base(&dir[..dir.len() - 1]).to_owned();
        }
        elem.to_owned()
    }

    fn absolute<'f>(&self, lists: impl IntoIterator<Item = &'f Vec<String>>) -> Vec<String> {
        let mut all: Vec<String> = lists
            .into_iter()
            .flatten()
            .map(|file| path::join2(&self.dir, file))
            .collect();
        all.sort();
        all
    }

    /// .go files of the package and its tests: absolute, sorted (load.Package.InternalGoFiles).
    pub fn internal_go_files(&self) -> Vec<String> {
        self.absolute([&self.go_files, &self.cgo_files, &self.test_go_files])
    }

    /// .go files of the external tests: absolute, sorted (load.Package.InternalXGoFiles).
    pub fn internal_xgo_files(&self) -> Vec<String> {
        self.absolute([&self.xtest_go_files])
    }

    /// All .go files, test files, cgo files and ignored ones included: absolute, sorted
    /// (load.Package.InternalAllGoFiles).
    pub fn internal_all_go_files(&self) -> Vec<String> {
        self.absolute([
            &self.ignored_go_files,
            &self.go_files,
            &self.cgo_files,
            &self.test_go_files,
            &self.xtest_go_files,
        ])
    }

    /// All files of the package: names relative to `dir`, embedded ones once
    /// (load.Package.AllFiles).
    pub fn all_files(&self) -> Vec<String> {
        let sources = [
            &self.go_files,
            &self.cgo_files,
            // Not compiled_go_files, which are made by cgo.
            &self.ignored_go_files,
            // Not invalid_go_files, which are in other lists as well.
            &self.ignored_other_files,
            &self.c_files,
            &self.cxx_files,
            &self.m_files,
            &self.h_files,
            &self.f_files,
            &self.s_files,
            &self.swig_files,
            &self.swig_cxx_files,
            &self.syso_files,
            &self.test_go_files,
            &self.xtest_go_files,
        ];
        let mut all: Vec<String> = sources.into_iter().flatten().cloned().collect();
        if !self.embed_files.is_empty() {
            // An embedded file may be a source file too.
            let have: HashSet<String> = all.iter().cloned().collect();
            let new = |file: &&String| file.contains('/') || !have.contains(*file);
            all.extend(self.embed_files.iter().filter(new).cloned());
        }
        all
    }
}

/// Whether a command-line argument can't be mistaken for a flag or worse (load.SafeArg).
pub fn safe_arg(name: &str) -> bool {
    name.bytes()
        .next()
        .is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'/') || c >= 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn safe_arguments() {
        for (name, want) in [
            ("a", true),
            ("/x", true),
            ("é", true),
            ("", false),
            ("-x", false),
            ("@file", false),
            ("~", false),
        ] {
            assert_eq!(safe_arg(name), want, "{name}");
        }
    }

    #[test]
    fn executables_are_named_after_import_paths() {
        for (path, gopath_mode, want) in [
            ("example.com/cmd", false, "cmd"),
            ("example.com/cmd/v2", false, "cmd"),
            ("example.com/cmd/v2", true, "v2"),
            ("v2", false, "v2"),
            ("example.com/cmd/v1", false, "v1"),
        ] {
            let mut p = Package {
                import_path: path.to_owned(),
                ..Package::default()
            };
            p.internal.gopath_mode = gopath_mode;
            assert_eq!(p.default_exec_name(), want, "{path}");
        }
    }

    #[test]
    fn tools_install_with_the_distribution() {
        let target = |path: &str, goroot| {
            Package {
                import_path: path.to_owned(),
                name: "main".to_owned(),
                goroot,
                ..Package::default()
            }
            .install_target_dir()
        };
        assert_eq!(target("cmd/compile", true), TargetDir::Tool);
        assert_eq!(target("cmd/go", true), TargetDir::Root);
        assert_eq!(target("cmd/compile", false), TargetDir::Root);
    }
}
