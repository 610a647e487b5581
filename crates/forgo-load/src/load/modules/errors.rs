//! Errors inside module loading: kinds that loading branches on, and the texts of the stock
//! command's error types (modload.ImportMissingError, AmbiguousImportError …, module.ModuleError,
//! mvs.BuildListError, gover.TooNewError).

use std::fmt::{self, Write as _};

use forgo_golang::module::Version;

use super::api::{Fatal, ImportError, ImportErrorKind};

/// Something that has to be fetched by the stock command before loading can go on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Need {
    /// The go.mod of a version.
    Mod(Version),
    /// The extracted files of a version (and with them its go.mod and info).
    Zip(Version),
    /// The info file (time) of a version.
    Info(Version),
}

/// An error of module loading.
#[derive(Debug, Clone)]
pub(super) enum Error {
    /// Not an error yet: fetch these, then try again.
    Need(Vec<Need>),
    /// The stock command could not fetch it; [`Modules::explain`] tells why.
    ///
    /// [`Modules::explain`]: super::api::Modules
    Unfetched(Need),
    /// Ends the command at once (base.Fatal inside a deeper function).
    Fatal(Fatal),
    /// modload.sumMissingError; the suggestion follows `missing go.sum entry`.
    SumMissing(String),
    /// gover.TooNewError.
    TooNew {
        /// What asks for it.
        what: String,
        /// The version asked for.
        go_version: String,
        /// The message.
        text: String,
    },
    /// module.ModuleError: about a module at a version.
    Module(Version, Box<Error>),
    /// mvs.BuildListError: the chain of requirements that leads to the error.
    BuildList(Vec<Version>, Box<Error>),
    /// An import that leads nowhere.
    Import(Box<ImportFailure>),
    /// goModDirtyError.
    GoModDirty(String),
    /// In `-mod=mod`: the stock command has to edit go.mod or go.sum first.
    Edit,
    /// errMissing and all others, by their text.
    Text(String),
}

/// Imports that lead nowhere.
#[derive(Debug, Clone)]
pub(super) enum ImportFailure {
    /// ImportMissingError.
    Missing(MissingImport),
    /// ImportMissingSumError.
    MissingSum(MissingSum),
    /// AmbiguousImportError; modules are empty or one for each directory.
    Ambiguous {
        path: String,
        dirs: Vec<String>,
        modules: Vec<Version>,
    },
    /// DirectImportFromImplicitDependencyError.
    Implicit {
        importer: String,
        imported: String,
        module: Version,
    },
    /// invalidImportError.
    Invalid { path: String, text: String },
    /// PackageNotInModuleError, of a main module.
    NotInMainModule { path: String, module: String },
    /// PackageNotInModuleError, of a module at a version.
    NotInModule {
        pattern: String,
        query: String,
        module: Version,
        replacement: Option<Version>,
    },
}

/// ImportMissingError.
#[derive(Debug, Clone, Default)]
pub(super) struct MissingImport {
    pub path: String,
    /// The path looks like the standard library's.
    pub is_std: bool,
    /// `GOROOT/src`, for the message.
    pub std_dir: String,
    /// Go version of the importing module, when newer than the release.
    pub importer_go_version: String,
    /// Why no module was looked up.
    pub query_error: Option<String>,
    /// The query error is "no main module": it is not shown where a plain message is better.
    pub no_mod_root: bool,
    /// Imports may be resolved by changing go.mod: `-mod=mod`, or no main module is wanted.
    pub may_resolve: bool,
    /// A replacement that has the package but is not required.
    pub replaced: Option<Version>,
    /// Where to run `go get`, if in another main module than the current directory's.
    pub get_in: Option<String>,
}

/// ImportMissingSumError.
#[derive(Debug, Clone, Default)]
pub(super) struct MissingSum {
    pub path: String,
    /// A module with the package was found; others could not be ruled out.
    pub found: bool,
    pub modules: Vec<Version>,
    pub importer: String,
    pub importer_version: String,
    pub importer_is_test: bool,
}

impl Error {
    /// An error by its text.
    pub fn text(text: impl Into<String>) -> Error {
        Error::Text(text.into())
    }

    /// base.Fatalf.
    pub fn fatal(stderr: impl Into<String>) -> Error {
        Error::Fatal(Fatal::with(stderr))
    }

    /// module.VersionError: adds which module at which version, unless the error has it already.
    pub fn about(self, module: &Version) -> Error {
        match &self {
            Error::Module(m, _) if m == module => self,
            Error::Need(_) | Error::Fatal(_) | Error::Edit => self,
            _ => Error::Module(module.clone(), Box::new(self)),
        }
    }

    /// The innermost error behind module.ModuleError and mvs.BuildListError.
    pub fn cause(&self) -> &Error {
        match self {
            Error::Module(_, e) | Error::BuildList(_, e) => e.cause(),
            e => e,
        }
    }

    /// Reports whether it is or wraps sumMissingError.
    pub fn is_sum_missing(&self) -> bool {
        matches!(self.cause(), Error::SumMissing(_))
    }

    /// The version asked for, if it is or wraps TooNewError.
    pub fn too_new(&self) -> Option<&str> {
        match self.cause() {
            Error::TooNew { go_version, .. } => Some(go_version),
            _ => None,
        }
    }

    /// Returns the failed import, if it is ImportMissingError.
    pub fn missing(&self) -> Option<&MissingImport> {
        match self {
            Error::Import(f) => match f.as_ref() {
                ImportFailure::Missing(m) => Some(m),
                _ => None,
            },
            _ => None,
        }
    }

    /// base.Fatal: ends the command with this error.
    pub fn into_fatal(self) -> Fatal {
        match self {
            Error::Fatal(f) => f,
            e => Fatal::with(format!("go: {e}\n")),
        }
    }

    /// As the package loader sees it.
    pub fn to_import_error(&self) -> ImportError {
        let (kind, import_path) = match self {
            Error::Import(f) => f.kind(),
            _ => (ImportErrorKind::Other, String::new()),
        };
        ImportError {
            kind,
            import_path,
            text: self.to_string(),
        }
    }
}

impl From<ImportFailure> for Error {
    fn from(f: ImportFailure) -> Error {
        Error::Import(Box::new(f))
    }
}

impl From<Fatal> for Error {
    fn from(f: Fatal) -> Error {
        Error::Fatal(f)
    }
}

impl Fatal {
    /// base.Fatalf: a missing final newline is added.
    pub(super) fn with(stderr: impl Into<String>) -> Fatal {
        let mut stderr = stderr.into();
        if !stderr.ends_with('\n') {
            stderr.push('\n');
        }
        Fatal { stderr, code: 1 }
    }

    /// Joins several errors, each on a separate line with the `go: ` prefix.
    pub(super) fn of_all(errors: Vec<Error>) -> Fatal {
        let mut stderr = String::new();
        for e in errors {
            stderr.push_str(&e.into_fatal().stderr);
        }
        Fatal { stderr, code: 1 }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Need(needs) => write!(f, "internal error: {} files not fetched", needs.len()),
            Error::Unfetched(need) => write!(f, "internal error: {need:?} not explained"),
            Error::Edit => f.write_str("internal error: go.mod not edited"),
            Error::Fatal(e) => e.fmt(f),
            Error::SumMissing(s) => write!(f, "missing go.sum entry{s}"),
            Error::TooNew { text, .. } | Error::GoModDirty(text) | Error::Text(text) => {
                f.write_str(text)
            }
            Error::Module(m, e) if m.version.is_empty() => write!(f, "module {}: {e}", m.path),
            Error::Module(m, e) => write!(f, "{}@{}: {e}", m.path, m.version),
            Error::BuildList(stack, e) => fmt_build_list(f, stack, e),
            Error::Import(i) => i.fmt(f),
        }
    }
}

/// mvs.BuildListError: the main module at the beginning of the chain goes without saying.
fn fmt_build_list(f: &mut fmt::Formatter<'_>, stack: &[Version], err: &Error) -> fmt::Result {
    let skip = stack.iter().take_while(|m| m.version.is_empty()).count();
    let Some((last, chain)) = stack[skip..].split_last() else {
        return write!(f, "{err}");
    };
    for m in chain {
        write!(f, "{m} requires\n\t")?;
    }
    match err {
        Error::Module(actual, _) if actual == last => write!(f, "{err}"),
        Error::Module(actual, e) => write!(f, "{last} (replaced by {actual}): {e}"),
        _ => write!(f, "{last}: {err}"),
    }
}

impl ImportFailure {
    fn kind(&self) -> (ImportErrorKind, String) {
        match self {
            ImportFailure::Missing(m) => (
                ImportErrorKind::Missing { is_std: m.is_std },
                m.path.clone(),
            ),
            ImportFailure::MissingSum(m) => (ImportErrorKind::MissingSum, m.path.clone()),
            ImportFailure::Ambiguous { path, .. } => (ImportErrorKind::Ambiguous, path.clone()),
            ImportFailure::Implicit { importer, .. } => {
                (ImportErrorKind::DirectFromImplicit, importer.clone())
            }
            ImportFailure::Invalid { path, .. } => (ImportErrorKind::Invalid, path.clone()),
            ImportFailure::NotInMainModule { path, .. } => {
                (ImportErrorKind::NotInModule, path.clone())
            }
            ImportFailure::NotInModule { pattern, .. } => {
                // ImportPath is empty for a pattern that is not one path.
                let literal = !pattern.contains("...");
                let path = if literal {
                    pattern.clone()
                } else {
                    String::new()
                };
                (ImportErrorKind::NotInModule, path)
            }
        }
    }
}

impl fmt::Display for ImportFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImportFailure::Missing(m) => m.fmt(f),
            ImportFailure::MissingSum(m) => m.fmt(f),
            ImportFailure::Ambiguous {
                path,
                dirs,
                modules,
            } => {
                let what = if modules.is_empty() {
                    "directories"
                } else {
                    "modules"
                };
                write!(
                    f,
                    "ambiguous import: found package {path} in multiple {what}:"
                )?;
                for (i, dir) in dirs.iter().enumerate() {
                    match modules.get(i) {
                        Some(m) if m.version.is_empty() => write!(f, "\n\t{} ({dir})", m.path)?,
                        Some(m) => write!(f, "\n\t{} {} ({dir})", m.path, m.version)?,
                        None => write!(f, "\n\t{dir}")?,
                    }
                }
                Ok(())
            }
            ImportFailure::Implicit {
                importer,
                imported,
                module,
            } => write!(
                f,
                "package {importer} imports {imported} from implicitly required module; \
                 to add missing requirements, run:\n\tgo get {}@{}",
                module.path, module.version
            ),
            ImportFailure::Invalid { text, .. } => f.write_str(text),
            ImportFailure::NotInMainModule { path, module } => {
                write!(f, "main module ({module}) does not contain package {path}")
            }
            ImportFailure::NotInModule {
                pattern,
                query,
                module,
                replacement,
            } => fmt_not_in_module(f, pattern, query, module, replacement.as_ref()),
        }
    }
}

/// PackageNotInModuleError.Error, for a module at a version.
fn fmt_not_in_module(
    f: &mut fmt::Formatter<'_>,
    pattern: &str,
    query: &str,
    module: &Version,
    replacement: Option<&Version>,
) -> fmt::Result {
    let replaced = replacement.map(|r| {
        if r.version.is_empty() {
            format!("replaced by {}", r.path)
        } else {
            format!("replaced by {r}")
        }
    });
    let found = match (query == module.version, replaced) {
        (true, None) => String::new(),
        (true, Some(r)) => format!(" ({r})"),
        (false, None) => format!(" ({})", module.version),
        (false, Some(r)) => format!(" ({}, {r})", module.version),
    };
    let what = if pattern.contains("...") {
        "packages matching"
    } else {
        "package"
    };
    let path = &module.path;
    write!(
        f,
        "module {path}@{query} found{found}, but does not contain {what} {pattern}"
    )
}

impl fmt::Display for MissingImport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        if self.is_std {
            write!(f, "package {path} is not in std ({}/{path})", self.std_dir)?;
            if !self.importer_go_version.is_empty() {
                let v = &self.importer_go_version;
                write!(f, "\nnote: imported by a module that requires go {v}")?;
            }
            return Ok(());
        }
        if let Some(e) = self.query_error.as_ref().filter(|_| !self.no_mod_root) {
            return write!(f, "cannot find module providing package {path}: {e}");
        }
        if self.may_resolve {
            return write!(f, "cannot find module providing package {path}");
        }
        if let Some(m) = &self.replaced {
            let mut arg = m.path.clone();
            if !forgo_golang::module::is_zero_pseudo_version(&m.version) {
                let _ = write!(arg, "@{}", m.version);
            }
            return write!(
                f,
                "module {} provides package {path} and is replaced but not required; \
                 to add it:\n\tgo get {arg}",
                m.path
            );
        }
        write!(f, "no required module provides package {path}")?;
        match (&self.query_error, &self.get_in) {
            (Some(e), _) => write!(f, ": {e}"),
            (None, Some(dir)) => write!(f, "; to add it:\n\tcd {dir}\n\tgo get {path}"),
            (None, None) => write!(f, "; to add it:\n\tgo get {path}"),
        }
    }
}

impl fmt::Display for MissingSum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.found {
            "missing go.sum entry needed to verify package "
        } else {
            "missing go.sum entry for module providing package "
        })?;
        f.write_str(&self.path)?;
        if !self.importer.is_empty() {
            write!(f, " (imported by {})", self.importer)?;
        }
        if self.found {
            f.write_str(" is provided by exactly one module")?;
        }
        if self.importer.is_empty() {
            if !self.modules.is_empty() {
                let args: Vec<&str> = self.modules.iter().map(|m| m.path.as_str()).collect();
                write!(f, "; to add:\n\tgo mod download {}", args.join(" "))?;
            }
            return Ok(());
        }
        let test = if self.importer_is_test { " -t" } else { "" };
        write!(f, "; to add:\n\tgo get{test} {}", self.importer)?;
        if !self.importer_version.is_empty() {
            write!(f, "@{}", self.importer_version)?;
        }
        Ok(())
    }
}
