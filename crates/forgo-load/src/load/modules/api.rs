//! What the package loader sees of modules: [`Modules`] and the types of its questions and answers.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use forgo_golang::godebug;

use super::errors::Error;
use super::gosum::Sums;
use super::mains::MainModules;
use super::memo::Memo;
use super::requirements::Requirements;
use super::vendor::Vendor;
use super::walk::Walk;
use crate::config::Config;
use crate::disk;
use crate::event::Reporter;

pub use crate::fatal::FatalError as Fatal;
pub use crate::fsys::FileKind;

/// The files of the invocation, with the overlay applied, and what source directories import.
/// Implemented by the package loader, so that each directory is read once in a whole invocation.
/// Called from several threads at once.
pub trait SourceTree: Sync {
    /// fsys.Stat: follows symbolic links.
    fn stat(&self, path: &str) -> io::Result<FileKind>;
    /// fsys.ReadDir: names and kinds (of the entry itself, a link is `Symlink`), sorted by name.
    fn read_dir(&self, dir: &str) -> io::Result<Vec<(String, FileKind)>>;
    /// fsys.ReadFile.
    fn read_file(&self, path: &str) -> io::Result<Vec<u8>>;
    /// Is the file replaced by the overlay (fsys.Replaced)?
    fn is_replaced(&self, path: &str) -> bool;
    /// fsys.IsGoDir: does the directory hold a regular file whose name ends in `.go`? Build
    /// constraints do not matter.
    fn is_go_dir(&self, dir: &str) -> io::Result<bool>;
    /// What the directory imports under the invocation's build tags (imports.ScanDir).
    fn imports(&self, dir: &str) -> Arc<DirImports>;
    /// Returns the imports of the directory under all tags (imports.ScanDir with AnyTags).
    fn imports_any_tags(&self, dir: &str) -> Arc<DirImports>;
    /// Returns the imports of the listed files, build constraints aside (imports.ScanFiles). `Err`
    /// is an unreadable file's error, as the stock command prints it.
    fn file_imports(&self, files: &[String]) -> Result<DirImports, String>;
    /// Is the directory a package? (The error of go/build's ImportDir.)
    fn package_kind(&self, dir: &str) -> PackageKind;
}

/// Whether a directory is a package under the invocation's build constraints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageKind {
    /// Yes (ImportDir gives no error).
    Package {
        /// Name of the package.
        name: String,
    },
    /// No Go files take part, but there are some: excluded by build constraints, `_` or `.` names
    /// (build.NoGoError, IgnoredGoFiles is not empty).
    OnlyIgnored,
    /// No Go files at all, or no such directory (build.NoGoError, no IgnoredGoFiles).
    NoGo,
    /// Something is wrong with the package, yet it is one: syntax errors, several packages, …
    Broken {
        /// Name of the package as far as known.
        name: String,
        /// There are files with problems (InvalidGoFiles).
        invalid_files: bool,
        /// There are files excluded by constraints (IgnoredGoFiles).
        ignored_files: bool,
    },
}

/// Imports of the files of one directory (imports.ScanDir's results).
#[derive(Debug, Clone, Default)]
pub struct DirImports {
    /// Imports of non-test files; sorted, each once. "C" is left out.
    pub imports: Vec<String>,
    /// Imports of test files, of both packages.
    pub test_imports: Vec<String>,
    /// No file matched the constraints (imports.ErrNoGo).
    pub no_go: bool,
    /// Another error, as the stock command prints it.
    pub error: Option<String>,
}

/// How the command treats the main module (modload.Root and the Loader's Force/Allow switches).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RootMode {
    /// `AutoRoot`: look for go.mod and go.work; in module mode without one, go on with no main
    /// module.
    #[default]
    Auto,
    /// `NoRoot` with ForceUseModules and AllowMissingModuleImports: `go run pkg@version`, `go
    /// install pkg@version`.
    None,
    /// `NoRoot` alone: the tools of the distribution, which are built under GO111MODULE=off too.
    Ignored,
}

impl RootMode {
    /// Reports whether no main module is looked for.
    pub fn is_no_root(self) -> bool {
        matches!(self, RootMode::None | RootMode::Ignored)
    }
}

/// What [`Modules::load_packages`] is to do (modload.PackageOpts).
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// Load the tests of the packages that the patterns match (LoadTests). Errors of packages are
    /// always silenced (SilencePackageErrors): [`Modules::lookup`] tells them.
    pub tests: bool,
    /// Do not warn of patterns that match nothing (SilenceUnmatchedWarnings).
    pub silence_unmatched_warnings: bool,
}

/// A pattern and its matches (search.Match).
#[derive(Debug, Clone, Default)]
pub struct Match {
    /// The pattern as given (slash-cleaned as ImportPaths does).
    pub pattern: String,
    /// Directories that a local pattern matched.
    pub dirs: Vec<String>,
    /// Import paths that match, in the stock command's order.
    pub packages: Vec<String>,
    /// Errors of matching (Match.Errs).
    pub errors: Vec<MatchError>,
}

/// An error of matching one pattern (the error inside search.MatchError).
#[derive(Debug, Clone)]
pub struct MatchError {
    /// The text, without the pattern.
    pub text: String,
    /// The import path that the error is about, where it has one (ImportPathError).
    pub import_path: String,
    /// The directory that has no Go files, where that is the error (build.NoGoError).
    pub no_go_dir: Option<String>,
    /// The error's kind, where it has one.
    pub import_error: Option<Arc<ImportError>>,
}

/// Where an import path leads (modload.Lookup).
#[derive(Debug, Clone, Default)]
pub struct Resolved {
    /// Directory of the package; empty when none.
    pub dir: String,
    /// The import path as it is to be known (`vendor/golang.org/x/…` for std's own vendored).
    pub path: String,
    /// Why the directory is missing.
    pub error: Option<Arc<ImportError>>,
}

/// Why an import path led nowhere. The text is the stock command's; the kind is what the package
/// loader branches on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportError {
    /// Which of the stock command's error types.
    pub kind: ImportErrorKind,
    /// The import path the error is about (ImportPathError.ImportPath), empty for other errors.
    pub import_path: String,
    /// The message.
    pub text: String,
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Kinds of [`ImportError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportErrorKind {
    /// modload.ImportMissingError; `is_std`: the path looks like the standard library's.
    Missing {
        /// "package X is not in std".
        is_std: bool,
    },
    /// modload.ImportMissingSumError.
    MissingSum,
    /// modload.AmbiguousImportError.
    Ambiguous,
    /// modload.DirectImportFromImplicitDependencyError.
    DirectFromImplicit,
    /// modload.PackageNotInModuleError.
    NotInModule,
    /// modload.NoMatchingVersionError, module.InvalidPathError and all others.
    Other,
    /// modload.invalidImportError (`malformed import path …`).
    Invalid,
}

/// Module settings of this invocation that other parts ask for.
#[derive(Debug, Clone, Default)]
pub struct ModuleState {
    /// Module mode is on (Enabled).
    pub enabled: bool,
    /// There is a main module (HasModRoot).
    pub has_mod_root: bool,
    /// `-mod` in force: `mod`, `readonly`, `vendor` (cfg.BuildMod after setDefaultBuildMod).
    pub build_mod: String,
    /// Why, when it was not given (cfg.BuildModReason).
    pub build_mod_reason: String,
    /// go.work in force (WorkFilePath), or empty; `off` is empty.
    pub work_file: String,
    /// `go env GOMOD`: path of go.mod, the null device in module mode without one, or empty.
    pub go_mod_env: String,
    /// Vendor directory in force (VendorDirOrEmpty): of the module or of the workspace; empty
    /// unless `-mod=vendor`.
    pub vendor_dir: String,
    /// Main modules: path, directory, go version (`MainModules`), in order.
    pub main_modules: Vec<MainModule>,
    /// Go version in force (MainModules.GoVersion).
    pub go_version: String,
    /// godebug lines of the main module or go.work (MainModules.Godebugs).
    pub godebugs: Vec<(String, String)>,
    /// `tool` lines of all main modules (MainModules.Tools).
    pub tools: BTreeSet<String>,
}

/// `-mod` in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BuildMod {
    /// go.mod may be changed.
    Mod,
    /// go.mod must be right as it is.
    Readonly,
    /// All modules are in the vendor directory.
    Vendor,
}

/// A main module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MainModule {
    /// Module path.
    pub path: String,
    /// Root directory.
    pub dir: String,
    /// Path prefix of its packages: the module path, empty for std.
    pub prefix: String,
    /// Whether the root is inside GOROOT/src (std or cmd).
    pub in_goroot_src: bool,
    /// Its go version, with the default filled in.
    pub go_version: String,
}

/// The go and toolchain lines in force, read without anything else: what toolchain selection needs
/// (toolchain.modGoToolchain).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GoToolchainLines {
    /// go.mod or go.work; empty when there is none.
    pub file: String,
    /// The go line, or empty.
    pub go: String,
    /// The toolchain line, or empty.
    pub toolchain: String,
}

/// Modules of an invocation (modload.Loader).
pub struct Modules<'a> {
    /// The settings.
    pub cfg: &'a Config,
    /// Files.
    pub tree: &'a dyn SourceTree,
    /// Where warnings and progress go (`go: downloading …`).
    pub reporter: &'a dyn Reporter,
    /// The settings that other parts ask for.
    pub state: ModuleState,
    pub(super) root_mode: RootMode,
    /// The release in use, as in go lines.
    pub(super) local: String,
    /// Roots of the main modules, set before their files are read.
    pub(super) mod_roots: Vec<String>,
    /// go.work in force, or empty.
    pub(super) work_file: String,
    pub(super) build_mod: BuildMod,
    pub(super) mains: MainModules,
    pub(super) requirements: Option<Arc<Requirements>>,
    /// What the last load reached.
    pub(super) walk: Option<Walk>,
    /// The stock command has edited go.mod; errors that it still had, by import path.
    pub(super) delegated: Option<HashMap<String, String>>,
    pub(super) vendor: OnceLock<Result<Vendor, Error>>,
    pub(super) sums: OnceLock<Result<Sums, Error>>,
    pub(super) memo: Memo,
}

/// modload.CheckGodebug: is `key=value` a GODEBUG setting that this release knows? `verb` begins
/// the message (`godebug`, `//go:debug setting`).
pub fn check_godebug(cfg: &Config, verb: &str, key: &str, value: &str) -> Result<(), String> {
    godebug::check_godebug(&*godebugs(cfg)?, verb, key, value)
}

/// The distribution's table of settings. It is read once: a go.mod may have thousands of lines.
fn godebugs(cfg: &Config) -> Result<Arc<godebug::Table>, String> {
    static READ: Mutex<Option<(String, Arc<godebug::Table>)>> = Mutex::new(None);
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    let file = format!("{}/src/internal/godebugs/table.go", cfg.dist.goroot);
    if let Some((name, table)) = &*read
        && *name == file
    {
        return Ok(Arc::clone(table));
    }
    let source = disk::read_to_string(&file)
        .map_err(|e| format!("open {file}: {}", crate::process::errno_text(&e)))?;
    let local = super::init::local_version(cfg);
    let table = Arc::new(godebug::parse_godebugs_table(&source, &local));
    *read = Some((file, Arc::clone(&table)));
    Ok(table)
}
