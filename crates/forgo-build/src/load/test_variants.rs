//! Packages under test: the package with its _test.go files, the external test package, the test's
//! main package, and copies of whatever lies between them. Answers to the loading half of
//! cmd/go/internal/load/test.go; the text of _testmain.go is its caller's.

use crate::package::{Package, PackageError, PackageId};

/// Coverage wanted of a test (load.TestCover).
#[derive(Debug, Clone, Default)]
pub struct TestCover {
    /// `set`, `count`, `atomic`.
    pub mode: String,
    /// Cover only the package under test.
    pub local: bool,
    /// What is covered.
    pub pkgs: Vec<PackageId>,
    /// `-coverpkg` patterns.
    pub paths: Vec<String>,
}

/// What [`crate::load::Loader::test_packages_and_errors`] gives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TestPackages {
    /// The test's main package.
    pub pmain: Option<PackageId>,
    /// The package under test; the package itself where nothing distinguishes them.
    pub ptest: Option<PackageId>,
    /// The external test package.
    pub pxtest: Option<PackageId>,
    /// The first package with an error (`test_packages_for` only).
    pub perr: Option<PackageId>,
}

/// What a [`TestmainGenerator`] writes about.
#[derive(Debug, Clone, Copy)]
pub struct TestmainInput<'a> {
    /// The package under test, before its tests were added.
    pub package: &'a Package,
    /// The package with its tests.
    pub ptest: &'a Package,
    /// The external test package.
    pub pxtest: Option<&'a Package>,
    /// Coverage.
    pub cover: Option<&'a TestCover>,
    /// The packages covered, in `cover.pkgs` order.
    pub cover_pkgs: &'a [&'a Package],
    /// ptest has Go files, so it is imported (testFuncs.ImportTest).
    pub import_test: bool,
    /// pxtest exists, so it is imported (testFuncs.ImportXtest).
    pub import_xtest: bool,
}

/// Writes _testmain.go: finds the tests, benchmarks, fuzz targets, examples of the files
/// (loadTestFuncs, formatTestmain).
pub trait TestmainGenerator: Sync {
    /// The source, and the first error there was in the files (source is written all the same when
    /// there is one, as the stock command does).
    fn generate(&self, input: &TestmainInput<'_>) -> (Vec<u8>, Option<PackageError>);
}
