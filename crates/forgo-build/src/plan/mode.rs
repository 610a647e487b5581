//! What the stock command calls actions in -debug-actiongraph (`Action.Mode`).

use std::fmt;

/// The kind of an action by its stock name. The names of tests and of forgo's reports are these
/// too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// A package that is part of the compiler: nothing to do.
    BuiltIn,
    /// Compile a package.
    Build,
    /// Look into the cache for a package's build.
    CheckCache,
    /// Convert a PGO profile.
    PreprocessPgo,
    /// Instrument a package's sources.
    Cover,
    /// Run SWIG and cgo.
    CgoRun,
    /// Compile one file of a cgo package. The file's name follows in the stock text:
    /// [`Node::mode_text`](super::Node::mode_text).
    CgoCompile,
    /// Gather what cgo made.
    CgoCollect,
    /// Link an executable.
    Link,
    /// Keeps other actions together, or in order.
    Nop,
    /// Install an archive.
    BuildInstall,
    /// Install an executable.
    LinkInstall,
    /// Install the header that cgo made.
    InstallHeader,
    /// The builds of a shared library's packages.
    ShlibPackages,
    /// Link a shared library.
    LinkShared,
    /// Install a shared library.
    InstallShared,
    /// Write a `.shlibname` file.
    Shlibname,
    /// Vet a package.
    Vet,
    /// Keep a copy of a test's binary.
    TestBuild,
    /// Wait for the tests before.
    TestBarrier,
    /// Run a test.
    TestRun,
    /// Remove what a test left.
    TestClean,
    /// Print what a test printed.
    TestPrint,
    /// Stands for [`Mode::TestPrint`] where no test is run.
    TestPrintNop,
    /// List the coverage meta-data of all packages that -coverpkg chose.
    CoverMeta,
    /// The root of `go build`.
    GoBuild,
    /// The root of `go install`.
    GoInstall,
    /// The commands among what `go install` is given.
    GoInstallTools,
    /// The root of `go run`.
    GoRun,
    /// The root of `go tool`.
    GoTool,
    /// The root of `go test`.
    GoTest,
    /// The root of `go vet`.
    GoVet,
    /// The root of `go list`: it has no name.
    GoList,
    /// Forgo's own: try the C compiler for `go env`.
    GoEnv,
}

impl Mode {
    /// The stock text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Mode::BuiltIn => "built-in package",
            Mode::Build => "build",
            Mode::CheckCache => "build check cache",
            Mode::PreprocessPgo => "preprocess PGO profile",
            Mode::Cover => "cover",
            Mode::CgoRun => "cgo run",
            Mode::CgoCompile => "cgo compile",
            Mode::CgoCollect => "collect cgo",
            Mode::Link => "link",
            Mode::Nop => "nop",
            Mode::BuildInstall => "build-install",
            Mode::LinkInstall => "link-install",
            Mode::InstallHeader => "install header",
            Mode::ShlibPackages => "shlib packages",
            Mode::LinkShared => "go build -buildmode=shared",
            Mode::InstallShared => "go install -buildmode=shared",
            Mode::Shlibname => "shlibname",
            Mode::Vet => "vet",
            Mode::TestBuild => "test build",
            Mode::TestBarrier => "test barrier",
            Mode::TestRun => "test run",
            Mode::TestClean => "test clean",
            Mode::TestPrint => "test print",
            Mode::TestPrintNop => "test print (nop)",
            Mode::CoverMeta => "write coverage meta-data file",
            Mode::GoBuild => "go build",
            Mode::GoInstall => "go install",
            Mode::GoInstallTools => "go install (tools)",
            Mode::GoRun => "go run",
            Mode::GoTool => "go tool",
            Mode::GoTest => "go test",
            Mode::GoVet => "go vet",
            Mode::GoList => "",
            Mode::GoEnv => "env",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
