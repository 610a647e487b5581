//! How an action ended: by which [`Way`] its result was reused, or why no way applied.
//!
//! The stock command knows one reason, the text of `go list`'s `StaleReason`; [`Stale`] is that
//! reason, typed. A [`Miss`] holds it, and beside it why each way of reuse did not apply.

use std::fmt;

/// How an action ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Verdict {
    /// Its result was known, so its work was skipped.
    Reused(Way),
    /// Its work was done, for these reasons.
    Ran(Miss),
    /// It failed, or the test that it ran did.
    Failed,
    /// Something it needs failed, or an earlier test did under `-failfast`.
    Skipped,
    /// It ended well, and makes nothing that could have been reused by itself: a check of the cache
    /// (its result is the verdict of the build it is for), a part of a build, a group of
    /// actions, a program of the user's.
    #[default]
    Done,
}

/// How the result of an action was reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// The install target is up to date.
    InstalledTarget,
    /// The executable that the main package would go into is up to date.
    InstalledExecutable,
    /// Of a link: the test that the executable would run has a cached result.
    TestResult,
    /// Found in the cache under its key.
    CacheEntry,
    /// Of a compile: an archive in the cache was compiled from the same sources and from imports
    /// with the same export data. Its build ID was replaced.
    ExportData,
    /// Of a compile: an archive was compiled from the same in another directory, and moved here.
    Moved,
    /// Of a link: the cache keeps a copy of the executable.
    KeptExecutable,
    /// Of a link whose output is thrown away: an earlier one of the same inputs went well.
    LinkRecord,
    /// Of a test: its result is cached under the stock command's key.
    CachedTest,
    /// Of a test: its result is cached for files of the same content.
    TestByContent,
    /// Of a vet: the same was vetted in another directory.
    MovedVet,
    /// Of the Go compiler's part in a cgo package: made in another directory, and moved here.
    GoPart,
    /// It is a part of something that was reused.
    NotNeeded,
}

impl Way {
    /// All ways, in the order of their declaration.
    pub const ALL: [Way; 13] = [
        Way::InstalledTarget,
        Way::InstalledExecutable,
        Way::TestResult,
        Way::CacheEntry,
        Way::ExportData,
        Way::Moved,
        Way::KeptExecutable,
        Way::LinkRecord,
        Way::CachedTest,
        Way::TestByContent,
        Way::MovedVet,
        Way::GoPart,
        Way::NotNeeded,
    ];

    /// Reports whether the stock command would have compiled.
    pub fn stands_for_compile(self) -> bool {
        matches!(self, Way::ExportData | Way::Moved)
    }

    /// A name for machines, which never changes.
    pub fn name(self) -> &'static str {
        match self {
            Way::InstalledTarget => "installed-target",
            Way::InstalledExecutable => "installed-executable",
            Way::TestResult => "test-result",
            Way::CacheEntry => "cache-entry",
            Way::ExportData => "export-data",
            Way::Moved => "moved",
            Way::KeptExecutable => "kept-executable",
            Way::LinkRecord => "link-record",
            Way::CachedTest => "cached-test",
            Way::TestByContent => "test-by-content",
            Way::MovedVet => "moved-vet",
            Way::GoPart => "go-part",
            Way::NotNeeded => "not-needed",
        }
    }
}

/// Why the work of an action was done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Miss {
    /// Why the stock command would call the package stale; `None` for actions that `go list` does
    /// not report on (tests, vets, profiles).
    pub stale: Option<Stale>,
    /// The ways that were tried, in that order, and why each did not apply.
    pub tried: Vec<(Way, Why)>,
    /// A part of the work that was skipped nevertheless.
    pub part: Option<Way>,
}

impl Miss {
    /// Notes why a way did not apply.
    pub fn note(&mut self, way: Way, why: Why) {
        self.tried.push((way, why));
    }

    /// Returns why a way did not apply; `None` if it was not tried.
    pub fn why(&self, way: Way) -> Option<&Why> {
        let mut tried = self.tried.iter();
        tried.find_map(|(tried, why)| (*tried == way).then_some(why))
    }
}

/// The text is that of `StaleReason`; empty where there is none.
impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stale.as_ref().map_or(Ok(()), |stale| stale.fmt(f))
    }
}

/// Why `go list` calls a package stale. Its text is the stock command's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stale {
    /// `-a` is set.
    Asked,
    /// It has no sources, which is no longer supported.
    BinaryOnly,
    /// Nothing was built under its key.
    Mismatch,
    /// A package that it imports is stale: the import path of the first that was found.
    Dependency(String),
    /// The target is not up to date; a copy is in the cache.
    NotInstalled,
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stale::Asked => "build -a flag in use",
            Stale::BinaryOnly => "binary-only packages are no longer supported",
            Stale::Mismatch => "build ID mismatch",
            Stale::Dependency(path) => return write!(f, "stale dependency: {path}"),
            Stale::NotInstalled => "not installed but available in build cache",
        })
    }
}

/// Why one way of reuse did not apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// `-a` is set.
    Rebuild,
    /// Nothing is stored under the key, or nothing is installed. Whether something ever was cannot
    /// be determined: the cache removes entries that were not used for days.
    Absent,
    /// There is an entry, but the file that it leads to was removed, cut off, or damaged.
    Gone,
    /// The installed or recorded result was made under this other action ID.
    OtherKey(String),
    /// Something that no key holds may take part in the compile.
    Compile(CompileDoubt),
    /// Something that no key holds may take part in the link.
    Link(LinkDoubt),
    /// The result can't be moved between directories: it lies outside of all modules in use, its
    /// sources or its flags may name directories, or the tool is not the distribution's.
    NotMovable,
    /// Some import has no export data.
    NoExportData,
    /// The result was derived without the tool, and the tool was run to compare the two
    /// (docs/trust.md).
    Compared,
    /// The rule by which the result would be derived gave a wrong one before.
    Distrusted,
    /// The cache could not store the derived result, or the executable could not be copied.
    NotStored,
    /// The test's result is not known.
    TestRuns,
    /// The result of such a test is never cached.
    Uncacheable(TestRule),
    /// The test did run with these arguments, but with other values of variables or other files
    /// than there are now.
    InputsDiffer,
    /// A file that the test reads was modified less than two seconds ago.
    TooNew(String),
    /// The cached entry is not a log, or not an output, of a test that passed.
    Malformed,
    /// `go clean -testcache` was run since.
    Expired,
    /// The output is cached, but not the coverage profile that belongs to it.
    NoProfile,
    /// Results with coverage are known by the stock command's key alone.
    Coverage,
    /// The test may do things that its log of inputs omits: start programs, call C, and the like
    /// (docs/test-results.md).
    Unlogged,
    /// What the test reads can't be read as a whole: too much, or a device.
    Unreadable,
    /// forgo's own optimizations are off, or don't extend to this: `FORGO_EXTRAS=off`, a test of
    /// the standard library.
    Stock,
}

impl Why {
    /// A name for machines, which never changes.
    pub fn name(&self) -> &'static str {
        match self {
            Why::Rebuild => "rebuild",
            Why::Absent => "absent",
            Why::Gone => "gone",
            Why::OtherKey(_) => "other-key",
            Why::Compile(doubt) => doubt.name(),
            Why::Link(doubt) => doubt.name(),
            Why::NotMovable => "not-movable",
            Why::NoExportData => "no-export-data",
            Why::Compared => "compared",
            Why::Distrusted => "distrusted",
            Why::NotStored => "not-stored",
            Why::TestRuns => "test-runs",
            Why::Uncacheable(rule) => rule.name(),
            Why::InputsDiffer => "inputs-differ",
            Why::TooNew(_) => "too-new",
            Why::Malformed => "malformed",
            Why::Expired => "expired",
            Why::NoProfile => "no-profile",
            Why::Coverage => "coverage",
            Why::Unlogged => "unlogged",
            Why::Unreadable => "unreadable",
            Why::Stock => "stock",
        }
    }

    /// What the reason is about: an action ID, a file, an argument; or empty.
    pub fn detail(&self) -> &str {
        match self {
            Why::OtherKey(text) | Why::TooNew(text) => text,
            Why::Uncacheable(TestRule::Argument(text)) => text,
            _ => "",
        }
    }
}

impl From<&forgo_cache::Error> for Why {
    fn from(error: &forgo_cache::Error) -> Why {
        match error {
            forgo_cache::Error::Gone(_) => Why::Gone,
            _ => Why::Absent,
        }
    }
}

/// Why a package is compiled although an archive of the same sources and export data may be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompileDoubt {
    /// `FORGO_EXTRAS=off`; -a; -n, which can't know; a wrapper of the tools, which may do anything.
    Asked,
    /// C compilers read headers and libraries of the system.
    Cgo,
    /// Coverage makes its own files.
    Coverage,
    /// Flags of the compiler or the assembler, or variables for its debugging, whose purpose may be
    /// something else than the archive: output, profiles, a dump.
    Flags,
    /// The files that assembly includes can't be determined.
    Include,
    /// Archives come out of shared libraries.
    Shared,
}

impl CompileDoubt {
    fn name(self) -> &'static str {
        match self {
            CompileDoubt::Asked => "asked",
            CompileDoubt::Cgo => "cgo",
            CompileDoubt::Coverage => "coverage",
            CompileDoubt::Flags => "flags",
            CompileDoubt::Include => "include",
            CompileDoubt::Shared => "shared",
        }
    }
}

/// Why a link is done although its result may be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkDoubt {
    /// No extras; -a; -n, which can't know; -work, which shows the intermediate files; a wrapper of
    /// the tools, which may do anything.
    Asked,
    /// The cache keeps it under the stock key.
    Stock,
    /// The system's linker may take part, and its inputs can't be determined: build mode, target,
    /// flags, pkg-config.
    External,
}

impl LinkDoubt {
    fn name(self) -> &'static str {
        match self {
            LinkDoubt::Asked => "asked",
            LinkDoubt::Stock => "stock",
            LinkDoubt::External => "external",
        }
    }
}

/// Why the result of a test is never cached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestRule {
    /// No package was named: the current directory is tested.
    LocalDirectory,
    /// The package lies outside of the module, GOPATH and GOROOT.
    OutsideModule,
    /// This argument of the test binary keeps results from being cached (`-count=1` is
    /// `-test.count=1`).
    Argument(String),
}

impl TestRule {
    fn name(&self) -> &'static str {
        match self {
            TestRule::LocalDirectory => "local-directory",
            TestRule::OutsideModule => "outside-module",
            TestRule::Argument(_) => "argument",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_miss_reads_as_the_stale_reason() {
        let miss = |stale| Miss {
            stale,
            ..Miss::default()
        };
        let dependency = Stale::Dependency("a/b".to_owned());
        for (stale, text) in [
            (Some(Stale::Asked), "build -a flag in use"),
            (Some(Stale::Mismatch), "build ID mismatch"),
            (Some(dependency), "stale dependency: a/b"),
            (None, ""),
        ] {
            assert_eq!(miss(stale).to_string(), text);
        }
    }

    #[test]
    fn names_of_ways_are_distinct() {
        let names: BTreeSet<_> = Way::ALL.iter().map(|way| way.name()).collect();
        assert_eq!(names.len(), Way::ALL.len());
        assert!(Way::ALL.is_sorted());
    }

    #[test]
    fn the_first_reason_of_a_way_counts() {
        let mut miss = Miss::default();
        assert_eq!(miss.why(Way::Moved), None);
        miss.note(Way::CacheEntry, Why::Absent);
        miss.note(Way::Moved, Why::NotMovable);
        miss.note(Way::Moved, Why::Absent);
        assert_eq!(miss.why(Way::Moved), Some(&Why::NotMovable));
    }
}
