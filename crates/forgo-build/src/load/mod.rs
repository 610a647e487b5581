//! Loading: from patterns to a [`PackageGraph`]. Answers to cmd/go/internal/load.
//!
//! A [`Loader`] lives as long as an invocation. Its graph only grows: patterns, test variants and
//! what the linker needs are added to it; when planning starts it is read-only. What is wrong with
//! a package is data inside it; only what makes the stock command stop at once is a [`FatalError`].

mod coverage;
mod error;
mod facts;
pub mod flags;
mod head;
pub mod modules;
pub mod scan;
mod test_variants;

pub use coverage::MatchPackage;
pub use error::{no_go_text, short_path};
pub use test_variants::{TestCover, TestPackages, TestmainGenerator, TestmainInput};

use crate::config::Config;
use crate::event::Reporter;
use crate::load::modules::Modules;
use crate::load::scan::Scanner;
use crate::package::{Package, PackageGraph, PackageId};

/// What makes the stock command stop at once (base.Fatal, base.Fatalf, base.ExitIfErrors).
pub use modules::Fatal as FatalError;
pub use modules::RootMode;

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
        _cfg: &'a Config,
        _scanner: &'a Scanner<'a>,
        _reporter: &'a dyn Reporter,
        _root: RootMode,
    ) -> Result<Loader<'a>, FatalError> {
        todo!()
    }

    /// Loads what the patterns name and all they import (load.PackagesAndErrors). A list of .go
    /// files counts as one package. Returns the packages named, in order.
    pub fn packages_and_errors(
        &mut self,
        _opts: PackageOpts,
        _patterns: &[String],
    ) -> Result<Vec<PackageId>, FatalError> {
        todo!()
    }

    /// `pkg@version` arguments: loads them outside any module
    /// (load.PackagesAndErrorsOutsideModule). The loader must not have loaded anything yet.
    pub fn packages_outside_module(
        &mut self,
        _opts: PackageOpts,
        _args: &[String],
    ) -> Result<Vec<PackageId>, FatalError> {
        todo!()
    }

    /// The package made of the files listed (load.GoFilesPackage).
    pub fn go_files_package(
        &mut self,
        _opts: PackageOpts,
        _files: &[String],
    ) -> Result<PackageId, FatalError> {
        todo!()
    }

    /// The package of this import path or `./` path, as if imported from `src_dir`; no visibility
    /// rules (load.LoadPackageWithFlags with mode 0). For what the planner itself needs: `fmt` for
    /// vet, `runtime/cgo` for shared libraries, shlib lists.
    pub fn load_package(&mut self, _path: &str, _src_dir: &str) -> Result<PackageId, FatalError> {
        todo!()
    }

    /// Makes `package` import `path` as if it said so (load.EnsureImport).
    pub fn ensure_import(&mut self, _package: PackageId, _path: &str) -> Result<(), FatalError> {
        todo!()
    }

    /// Reports the errors of the packages and of all they import; an error if there was any
    /// (load.CheckPackageErrors).
    pub fn check_package_errors(&self, _packages: &[PackageId]) -> Result<(), FatalError> {
        todo!()
    }

    /// The packages that have something to report, each once: first the packages' own errors in
    /// dependency order, then case-insensitive collisions among them (load.PackageErrors).
    pub fn package_errors(&self, _packages: &[PackageId]) -> Vec<PackageError> {
        todo!()
    }

    /// What the linker adds to the imports of `package` (load.LinkerDeps): `runtime`,
    /// `runtime/cgo`, `math`, `runtime/race` … `None` stands for no particular package.
    pub fn linker_deps(&self, _package: Option<PackageId>) -> Result<Vec<String>, String> {
        todo!()
    }

    /// `-coverpkg` and `-cover` for build, install, run, list: marks the packages to instrument
    /// and adds the imports that instrumented code needs (load.PrepareForCoverageBuild).
    pub fn prepare_for_coverage_build(&mut self, _roots: &[PackageId]) -> Result<(), FatalError> {
        todo!()
    }

    /// Which of the packages below `roots` any of the matchers picks for coverage; warns about
    /// those that cannot be and patterns that match nothing (load.SelectCoverPackages). `op` is
    /// `build` or `test`.
    pub fn select_cover_packages(
        &mut self,
        _candidates: &[PackageId],
        _matchers: &[MatchPackage],
        _op: &str,
    ) -> Result<Vec<PackageId>, FatalError> {
        todo!()
    }

    /// Roots, what they and their tests import, in dependency order (load.TestPackageList).
    pub fn test_package_list(
        &mut self,
        _opts: PackageOpts,
        _roots: &[PackageId],
    ) -> Result<Vec<PackageId>, FatalError> {
        todo!()
    }

    /// The package under test, the external test package and the test's main package
    /// (load.TestPackagesAndErrors). Errors are data in them.
    pub fn test_packages_and_errors(
        &mut self,
        _opts: PackageOpts,
        _package: PackageId,
        _cover: Option<&TestCover>,
        _testmain: &dyn TestmainGenerator,
    ) -> Result<TestPackages, FatalError> {
        todo!()
    }

    /// As [`Loader::test_packages_and_errors`], but those with errors are left out and the first
    /// package with an error is named (load.TestPackagesFor).
    pub fn test_packages_for(
        &mut self,
        _opts: PackageOpts,
        _package: PackageId,
        _cover: Option<&TestCover>,
        _testmain: &dyn TestmainGenerator,
    ) -> Result<TestPackages, FatalError> {
        todo!()
    }
}

pub use crate::package::PackageError;

impl PackageGraph {
    /// The roots and everything they import, each once, what is imported before what imports it
    /// (load.PackageList).
    pub fn package_list(&self, _roots: &[PackageId]) -> Vec<PackageId> {
        todo!()
    }

    /// The package loaded under this import path (not a test variant), if any.
    pub fn find(&self, _import_path: &str) -> Option<PackageId> {
        todo!()
    }
}

impl Package {
    /// Where `go install` puts this package (load.InstallTargetDir).
    pub fn install_target_dir(&self) -> TargetDir {
        todo!()
    }

    /// The name of the executable that `go build` makes, without `.exe`
    /// (load.Package.DefaultExecName).
    pub fn default_exec_name(&self) -> String {
        todo!()
    }

    /// .go files the compiler is given before cgo: absolute (load.Package.InternalGoFiles).
    pub fn internal_go_files(&self) -> Vec<String> {
        todo!()
    }

    /// All .go files, test files and cgo files included: absolute
    /// (load.Package.InternalAllGoFiles).
    pub fn internal_all_go_files(&self) -> Vec<String> {
        todo!()
    }

    /// All files of the package: names relative to `dir` (load.Package.AllFiles).
    pub fn all_files(&self) -> Vec<String> {
        todo!()
    }
}

/// Whether a command-line argument can't be mistaken for a flag or worse (load.SafeArg).
pub fn safe_arg(_name: &str) -> bool {
    todo!()
}

/// Key and value of a `//go:debug` line: `None` if it is not one, an error text if it is malformed
/// (load.ParseGoDebug).
pub fn parse_go_debug(_text: &str) -> Option<Result<(String, String), String>> {
    todo!()
}
