//! The source files of a package, which a key has by name and content.

use forgo_golang::path;
use forgo_load::package::Package;

use crate::action::ActionCx;
use crate::toolchain::reread;

/// The files of a package that its archive depends on: names relative to `dir`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Files<'r> {
    /// Directory. Whether its name is part of the key is decided by [`super::Place`].
    pub dir: &'r str,
    /// .go files, without those that import "C".
    pub go: &'r [String],
    /// .go files that import "C".
    pub cgo: &'r [String],
    /// .c
    pub c: &'r [String],
    /// .cc .cpp .cxx
    pub cxx: &'r [String],
    /// .f .F .for .f90
    pub f: &'r [String],
    /// .m
    pub m: &'r [String],
    /// .h .hh .hpp .hxx
    pub h: &'r [String],
    /// .s
    pub s: &'r [String],
    /// .syso
    pub syso: &'r [String],
    /// .swig
    pub swig: &'r [String],
    /// .swigcxx
    pub swig_cxx: &'r [String],
    /// Files that `//go:embed` patterns match.
    pub embed: &'r [String],
}

/// Part of an archive, for keys of less than the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// What the Go compiler writes.
    Go,
}

impl<'r> Files<'r> {
    /// Returns those of a package.
    pub fn of(p: &'r Package) -> Files<'r> {
        Files {
            dir: &p.dir,
            go: &p.go_files,
            cgo: &p.cgo_files,
            c: &p.c_files,
            cxx: &p.cxx_files,
            f: &p.f_files,
            m: &p.m_files,
            h: &p.h_files,
            s: &p.s_files,
            syso: &p.syso_files,
            swig: &p.swig_files,
            swig_cxx: &p.swig_cxx_files,
            embed: &p.embed_files,
        }
    }

    /// Reports whether there are cgo files.
    pub fn uses_cgo(&self) -> bool {
        !self.cgo.is_empty()
    }

    /// Reports whether there are SWIG files.
    pub fn uses_swig(&self) -> bool {
        !self.swig.is_empty() || !self.swig_cxx.is_empty()
    }

    /// Reports whether the C++ compiler takes part.
    pub fn has_cxx(&self) -> bool {
        !self.cxx.is_empty() || !self.swig_cxx.is_empty()
    }

    /// Returns the path of a file.
    pub fn path(&self, file: &str) -> String {
        path::join2(self.dir, file)
    }

    /// Returns the names of a part's files in the order of the key.
    pub(super) fn of_part(&self, part: Part) -> impl Iterator<Item = &'r String> {
        let Files {
            dir: _,
            go,
            cgo,
            c,
            cxx,
            f,
            m,
            h,
            s,
            syso,
            swig,
            swig_cxx,
            embed,
        } = *self;
        let others = [cgo, c, cxx, f, m, h, s, syso, swig, swig_cxx];
        let others = others.into_iter().filter(move |_| part == Part::Whole);
        go.iter().chain(others.flatten()).chain(embed)
    }

    /// Reports whether the files still have the contents that the key of the build has; see
    /// `toolchain::reread`.
    pub fn are_as_hashed(&self, cx: &ActionCx<'_>) -> bool {
        let files = self.of_part(Part::Whole).map(|file| self.path(file));
        reread::are_as_hashed(cx, files)
    }
}
