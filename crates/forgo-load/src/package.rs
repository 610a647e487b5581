//! Packages as data: what `go list -json` shows, what the planner needs beside it, and the graph of
//! all packages of an invocation. Answers to load.Package in cmd/go/internal/load/pkg.go.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::facts::DirFacts;
use crate::module::ModulePublic;

pub use crate::facts::Directive;

/// Index of a package in its [`PackageGraph`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackageId(pub u32);

impl PackageId {
    /// As an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// All packages of an invocation.
#[derive(Debug, Clone, Default)]
pub struct PackageGraph {
    /// Every package, test variants included.
    pub packages: Vec<Package>,
    /// The packages that the patterns named, in the stock command's order.
    pub roots: Vec<PackageId>,
    /// Packages by import path: what imports resolve to, no variants.
    pub by_path: HashMap<String, PackageId>,
}

impl std::ops::Index<PackageId> for PackageGraph {
    type Output = Package;
    fn index(&self, id: PackageId) -> &Package {
        &self.packages[id.index()]
    }
}

impl std::ops::IndexMut<PackageId> for PackageGraph {
    fn index_mut(&mut self, id: PackageId) -> &mut Package {
        &mut self.packages[id.index()]
    }
}

/// One package: the public struct of `go list` first, in its order, then what only the go command
/// itself uses. File lists hold base names (embeds: slash paths) relative to `dir`.
#[derive(Debug, Clone, Default)]
pub struct Package {
    /// Directory of the sources.
    pub dir: String,
    /// Import path. Test variants keep the plain path; `for_test` tells them apart
    /// ([`Package::desc`]).
    pub import_path: String,
    /// Path in an import comment on the package statement.
    pub import_comment: String,
    /// Package name.
    pub name: String,
    /// First sentence of the documentation.
    pub doc: String,
    /// Install path.
    pub target: String,
    /// Shared library that holds this package (`-linkshared`).
    pub shlib: String,
    /// GOROOT, GOPATH element or module root that holds the package.
    pub root: String,
    /// This directory shadows `dir` in GOPATH.
    pub conflict_dir: String,
    /// Package is only for use in the named test.
    pub for_test: String,
    /// Module of the package.
    pub module: Option<Arc<ModulePublic>>,
    /// Patterns of the command line that matched.
    pub match_: Vec<String>,
    /// In GOROOT?
    pub goroot: bool,
    /// Part of the standard library?
    pub standard: bool,
    /// Not named, only depended on.
    pub dep_only: bool,
    /// `//go:binary-only-package`.
    pub binary_only: bool,
    /// This package or a dependency has an error.
    pub incomplete: bool,
    /// Default GODEBUG setting of a main package.
    pub default_godebug: String,

    /// .go files, without the cgo and test ones.
    pub go_files: Vec<String>,
    /// .go files that import "C".
    pub cgo_files: Vec<String>,
    /// .go files excluded by build constraints.
    pub ignored_go_files: Vec<String>,
    /// .go files with problems.
    pub invalid_go_files: Vec<String>,
    /// Other files excluded by build constraints.
    pub ignored_other_files: Vec<String>,
    /// .c
    pub c_files: Vec<String>,
    /// .cc .cpp .cxx
    pub cxx_files: Vec<String>,
    /// .m
    pub m_files: Vec<String>,
    /// .h .hh .hpp .hxx
    pub h_files: Vec<String>,
    /// .f .F .for .f90
    pub f_files: Vec<String>,
    /// .s, and .S in cgo packages
    pub s_files: Vec<String>,
    /// .swig
    pub swig_files: Vec<String>,
    /// .swigcxx
    pub swig_cxx_files: Vec<String>,
    /// .syso
    pub syso_files: Vec<String>,

    /// `//go:embed` patterns.
    pub embed_patterns: Vec<String>,
    /// Files they match.
    pub embed_files: Vec<String>,

    /// `#cgo CFLAGS`
    pub cgo_cflags: Vec<String>,
    /// `#cgo CPPFLAGS`
    pub cgo_cppflags: Vec<String>,
    /// `#cgo CXXFLAGS`
    pub cgo_cxxflags: Vec<String>,
    /// `#cgo FFLAGS`
    pub cgo_fflags: Vec<String>,
    /// `#cgo LDFLAGS`
    pub cgo_ldflags: Vec<String>,
    /// `#cgo pkg-config`
    pub cgo_pkg_config: Vec<String>,

    /// Import paths used, resolved.
    pub imports: Vec<String>,
    /// From the path in the source to the import path, where they differ.
    pub import_map: BTreeMap<String, String>,

    /// Error of this package (not of its dependencies).
    pub error: Option<Arc<PackageError>>,
    /// Errors of dependencies, for list. Test variants share an error with their original: the
    /// same `Arc`.
    pub deps_errors: Vec<Arc<PackageError>>,

    /// _test.go files of the package.
    pub test_go_files: Vec<String>,
    /// Their imports.
    pub test_imports: Vec<String>,
    /// Their embed patterns.
    pub test_embed_patterns: Vec<String>,
    /// Files they match.
    pub test_embed_files: Vec<String>,
    /// _test.go files of package p_test.
    pub xtest_go_files: Vec<String>,
    /// Their imports.
    pub xtest_imports: Vec<String>,
    /// Their embed patterns.
    pub xtest_embed_patterns: Vec<String>,
    /// Files they match.
    pub xtest_embed_files: Vec<String>,

    /// What only the go command itself uses.
    pub internal: PackageInternal,
}

/// The part of a package that `go list` does not show (load.PackageInternal).
#[derive(Debug, Clone, Default)]
pub struct PackageInternal {
    /// Direct imports, in the order of `Package::imports` (fake "C" and unresolved ones left out).
    pub imports: Vec<PackageId>,
    /// Imports that cgo adds ("runtime/cgo", "syscall", "unsafe"); the end of `Package::imports`.
    pub compiled_imports: Vec<String>,
    /// Imports as the source spells them.
    pub raw_imports: Vec<String>,
    /// A library even if named main (`-pkgdir`-less test of main).
    pub force_library: bool,
    /// Made of files listed on the command line.
    pub cmdline_files: bool,
    /// Named on the command line.
    pub cmdline_pkg: bool,
    /// Named literally, not by a wildcard.
    pub cmdline_pkg_literal: bool,
    /// Imported by a path that begins with ./ or ../ (GOPATH mode).
    pub local: bool,
    /// Directory that ./ and ../ imports are relative to.
    pub local_prefix: String,
    /// Name of the executable when it is temporary.
    pub exe_name: String,
    /// Instrument for fuzzing.
    pub fuzz_instrument: bool,
    /// Coverage.
    pub cover: CoverSetup,
    /// Tell the linker to leave out debug information.
    pub omit_debug: bool,
    /// Install target would be in a subdirectory of GOBIN.
    pub gobin_subdir: bool,
    /// May be imported though internal (command-line files of the same directory).
    pub internal_import_ok: bool,
    /// Build info text of a main package, as debug.BuildInfo.String prints it.
    pub build_info: Option<String>,
    /// Source of _testmain.go.
    pub testmain_go: Option<Arc<Vec<u8>>>,
    /// Embed patterns to files.
    pub embed: BTreeMap<String, Vec<String>>,
    /// Import path before `_test` was added.
    pub orig_import_path: String,
    /// PGO profile in force.
    pub pgo_profile: String,
    /// Built specifically for this main package (PGO).
    pub for_main: String,
    /// `-asmflags` that apply.
    pub asmflags: Vec<String>,
    /// `-gcflags` that apply.
    pub gcflags: Vec<String>,
    /// `-ldflags` that apply.
    pub ldflags: Vec<String>,
    /// `-gccgoflags` that apply.
    pub gccgoflags: Vec<String>,
    /// go/build's facts about the files: positions of imports and embeds among them.
    pub facts: Arc<DirFacts>,
    /// Which of the positions in `facts` are this package's.
    pub import_scope: ImportScope,
    /// `//go:debug` and other `//go:` lines before the package clauses: text and position.
    pub directives: Vec<Directive>,
    /// Loaded in GOPATH mode, where `/v2` in an import path is a name like any other.
    pub gopath_mode: bool,
    /// go/build's PkgTargetRoot, PkgObj: where an archive would be installed.
    pub pkg_target_root: String,
    /// See `pkg_target_root`.
    pub pkg_obj: String,
    /// go/build's BinDir.
    pub bin_dir: String,
}

/// Coverage settings of a package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CoverSetup {
    /// `set`, `count`, `atomic`, or empty: no coverage.
    pub mode: String,
    /// Path of the config file for `go tool cover`.
    pub cfg: String,
    /// Ask the cover tool for a meta-data file.
    pub gen_meta: bool,
}

/// Which files' imports make up a package's imports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ImportScope {
    /// Those that are not tests.
    #[default]
    Plain,
    /// These and the tests inside the package.
    WithTests,
    /// The external tests alone.
    ExternalTests,
    /// None: a test's main package.
    Nothing,
}

/// An error of loading a package (load.PackageError). Displays as the stock command prints it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackageError {
    /// Import path from the command line to here, outermost first, each with the position of the
    /// import that leads to it.
    pub import_stack: Vec<ImportInfo>,
    /// `file:line:col` of the cause, shortened, or empty.
    pub pos: String,
    /// The message.
    pub err: String,
    /// What kind of error it is, where something depends on it.
    pub kind: ErrorKind,
    /// The import path the error is about (ImportPathError), where it has one: such a message
    /// already names it.
    pub err_import_path: String,
    /// The error is an import cycle.
    pub is_import_cycle: bool,
    /// Print the import stack even if there is a position.
    pub always_print_stack: bool,
}

/// Kinds of [`PackageError`] that something depends on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ErrorKind {
    /// Any other.
    #[default]
    Other,
    /// No Go files for this build (load.NoGoError).
    NoGo,
    /// No module provides the package (modload.ImportMissingError).
    ImportMissing,
    /// Not a main package where one was wanted (load.mainPackageError).
    NotMain,
}

/// An element of an import stack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportInfo {
    /// Import path.
    pub pkg: String,
    /// `file:line:col` of the import, or empty.
    pub pos: String,
}

impl Package {
    /// How the package is named in output (load.Package.Desc).
    pub fn desc(&self) -> String {
        if !self.for_test.is_empty() {
            format!("{} [{}.test]", self.import_path, self.for_test)
        } else if !self.internal.for_main.is_empty() {
            format!("{} [{}]", self.import_path, self.internal.for_main)
        } else {
            self.import_path.clone()
        }
    }

    /// Has cgo files.
    pub fn uses_cgo(&self) -> bool {
        !self.cgo_files.is_empty()
    }

    /// Has SWIG files.
    pub fn uses_swig(&self) -> bool {
        !self.swig_files.is_empty() || !self.swig_cxx_files.is_empty()
    }

    /// C compilers take part: what comes of it depends on the system's headers, of which the stock
    /// keys hold nothing.
    pub fn reads_headers(&self) -> bool {
        self.uses_cgo() || self.uses_swig()
    }

    /// A test variant, a test main, or a directory of tests only (load.Package.IsTestOnly).
    pub fn is_test_only(&self) -> bool {
        !self.for_test.is_empty()
            || self.internal.testmain_go.is_some()
            || (!self.test_go_files.is_empty() || !self.xtest_go_files.is_empty())
                && self.go_files.is_empty()
                && self.cgo_files.is_empty()
    }
}
