//! The actions of a package that uses cgo or SWIG: run cgo, compile each C, C++, Fortran and
//! assembly file, collect.
//!
//! Answers to `cgoAction` in cmd/go/internal/work/action.go.

use forgo_golang::path;
use forgo_load::package::{Package, PackageId};

use crate::plan::builder::{Packages, PlanBuilder, Step};
use crate::plan::mode::Mode;
use crate::plan::node::{CgoCompiler, Kind, Node, NodeId};

/// The files that SWIG writes for a package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SwigOutputs {
    /// Go.
    pub go: Vec<String>,
    /// C, of .swig files.
    pub c: Vec<String>,
    /// C++, of .swigcxx files.
    pub cxx: Vec<String>,
}

/// What SWIG will write into `objdir` (`swigOutputs`).
pub fn swig_outputs(package: &Package, objdir: &str) -> SwigOutputs {
    let mut outputs = SwigOutputs::default();
    for file in &package.swig_files {
        let base = file.strip_suffix(".swig").unwrap_or(file);
        outputs.go.push(format!("{objdir}_{base}_swig.go"));
        outputs.c.push(format!("{objdir}{base}_wrap.c"));
    }
    for file in &package.swig_cxx_files {
        let base = file.strip_suffix(".swigcxx").unwrap_or(file);
        outputs.go.push(format!("{objdir}_{base}_swig.go"));
        outputs.cxx.push(format!("{objdir}{base}_wrap.cxx"));
    }
    outputs
}

impl<P: Packages> PlanBuilder<'_, P> {
    /// The node that joins all cgo actions of a package. `deps` is what running cgo waits for;
    /// under `covered` the sources are those that the cover tool wrote.
    pub(super) fn cgo_action(
        &mut self,
        p: PackageId,
        objdir: &str,
        deps: Vec<NodeId>,
        covered: bool,
    ) -> NodeId {
        self.cached((Mode::CgoCollect, p), |b| {
            let run = b.cached((Mode::CgoRun, p), |b| {
                b.add(Node {
                    kind: Kind::CgoRun,
                    package: Some(p),
                    objdir: objdir.to_owned(),
                    ..Node::group(Mode::CgoRun, deps)
                })
            });
            let files = files_to_compile(b.package(p), objdir, covered);
            let mut compiled = 0;
            let mut collect = Vec::with_capacity(files.len());
            for (file, compiler) in files {
                let step = Step::on(Mode::CgoCompile, Some(p), &file);
                collect.push(b.cached(step, |b| {
                    compiled += 1;
                    b.add(Node {
                        kind: Kind::CgoCompile { file, compiler },
                        package: Some(p),
                        objdir: objdir.to_owned(),
                        target: format!("{objdir}_x{compiled:03}.o"),
                        ..Node::group(Mode::CgoCompile, vec![run])
                    })
                }));
            }
            b.add(Node {
                kind: Kind::CgoCollect { run },
                objdir: objdir.to_owned(),
                ..Node::group(Mode::CgoCollect, collect)
            })
        })
    }
}

/// Returns the files that C compilers compile, in order: those that cgo writes, assembly, C,
/// Objective-C, C++, Fortran.
fn files_to_compile(package: &Package, objdir: &str, covered: bool) -> Vec<(String, CgoCompiler)> {
    let swig = swig_outputs(package, objdir);
    let mut files = vec![(format!("{objdir}_cgo_export.c"), CgoCompiler::C)];

    let stem = |file: &str| file.strip_suffix(".go").unwrap_or(file).to_owned();
    let cgo_stems = package.cgo_files.iter().map(|f| {
        let stem = stem(f);
        if covered {
            format!("{stem}.cover")
        } else {
            stem
        }
    });
    let swig_stems = swig.go.iter().map(|f| stem(path::base(f)));
    for stem in cgo_stems.chain(swig_stems) {
        let stem = path::base(&stem);
        files.push((format!("{objdir}{stem}.cgo2.c"), CgoCompiler::C));
    }

    // runtime/cgo lies between the worlds with and without cgo: gcc gets gcc_* files only.
    let all = !(package.standard && package.import_path == "runtime/cgo");
    let assembly = package
        .s_files
        .iter()
        .filter(|f| all || f.starts_with("gcc_"));
    files.extend(assembly.map(|f| (f.clone(), CgoCompiler::Assembly)));

    let c = package
        .c_files
        .iter()
        .chain(&package.m_files)
        .chain(&swig.c);
    files.extend(c.map(|f| (f.clone(), CgoCompiler::C)));
    let cxx = package.cxx_files.iter().chain(&swig.cxx);
    files.extend(cxx.map(|f| (f.clone(), CgoCompiler::Cxx)));
    files.extend(
        package
            .f_files
            .iter()
            .map(|f| (f.clone(), CgoCompiler::Fortran)),
    );
    files
}
