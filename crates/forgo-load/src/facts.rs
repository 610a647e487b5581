//! The content of a directory's files, as data: load/facts.rs gathers it, a package is made of it.

use forgo_golang::cgo_directive::CgoFlags;
use forgo_golang::position::ErrorList;
pub use forgo_golang::position::Position as Pos;

/// Names, sorted, each with the place where it stands first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decls {
    /// Sorted, each once.
    pub names: Vec<String>,
    /// Where each stands first.
    pub first: Vec<Pos>,
}

impl Decls {
    /// Where a name stands first.
    pub fn position(&self, name: &str) -> Option<&Pos> {
        let i = self.names.binary_search_by(|n| n.as_str().cmp(name)).ok()?;
        self.first.get(i)
    }
}

/// A fault of a directory's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// No Go files take part (build.NoGoError).
    NoGo,
    /// Syntax errors (scanner.ErrorList).
    Syntax(ErrorList),
    /// Anything else, as it is to be printed.
    Text(String),
}

/// The content of a directory's files.
#[derive(Debug, Clone, Default)]
pub struct DirFacts {
    /// Package name.
    pub name: String,
    /// First sentence of the package comment.
    pub doc: String,
    /// Path in an import comment (GOPATH mode only).
    pub import_comment: String,
    /// `//go:binary-only-package`
    pub binary_only: bool,
    /// .go files that are neither cgo's nor tests.
    pub go_files: Vec<String>,
    /// .go files that import "C".
    pub cgo_files: Vec<String>,
    /// .go files left out by constraints.
    pub ignored_go_files: Vec<String>,
    /// .go files with problems.
    pub invalid_go_files: Vec<String>,
    /// Other files left out by constraints.
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
    /// .s; .S and .sx beside cgo files
    pub s_files: Vec<String>,
    /// .swig
    pub swig_files: Vec<String>,
    /// .swigcxx
    pub swig_cxx_files: Vec<String>,
    /// .syso
    pub syso_files: Vec<String>,
    /// _test.go files of the package.
    pub test_go_files: Vec<String>,
    /// _test.go files of package p_test.
    pub xtest_go_files: Vec<String>,
    /// `#cgo` lines.
    pub cgo: CgoFlags,
    /// `//go:` lines before the package clauses.
    pub directives: Vec<Directive>,
    /// The same in tests.
    pub test_directives: Vec<Directive>,
    /// The same in external tests.
    pub xtest_directives: Vec<Directive>,
    /// Imports.
    pub imports: Decls,
    /// Imports of tests.
    pub test_imports: Decls,
    /// Imports of external tests.
    pub xtest_imports: Decls,
    /// Embed patterns.
    pub embeds: Decls,
    /// Embed patterns of tests.
    pub test_embeds: Decls,
    /// Embed patterns of external tests.
    pub xtest_embeds: Decls,
    /// The first thing that is wrong.
    pub problem: Option<Problem>,
}

/// A `//go:` directive of a file header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directive {
    /// Full text: `//go:debug panicnil=1`.
    pub text: String,
    /// `file:line:col`.
    pub pos: String,
}
