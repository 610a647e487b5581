//! The releases of Go: what forgo may do with each (`releases.txt`), and everything in which the
//! go command of one differs from another's, as far as forgo does its work.
//!
//! Each difference is a named method of [`Release`]. No other code compares releases: the number is
//! private. A new minor release starts out equal to its predecessor; each difference is added here,
//! and queried where it matters.
//!
//! The linker in `forgo-link` has a separate list, of differences in the formats of objects.

use crate::gover;
use crate::unicode::Edition;

const LIST: &str = include_str!("../releases.txt");

/// A minor release of Go. The default one is older than all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Release(u32);

/// Defines differences: each is true of a release and of all later ones.
macro_rules! since {
    ($minor:literal: $($(#[$doc:meta])* $name:ident)*) => {
        impl Release {
            $($(#[$doc])* pub fn $name(self) -> bool { self.0 >= $minor })*
        }
    };
}

// Texts.
since! { 27:
    /// encoding/json is implemented by encoding/json/v2: other error messages, and U+FFFD is
    /// written as it is, not as `\ufffd`.
    has_json_v2
    /// test2json understands marks for frames and errors in a test's output, and escapes.
    test2json_knows_marks
    /// Methods may have type parameters.
    has_generic_methods
}

// Keys and the tools' command lines.
since! { 27:
    /// The key of vet has a line for whether vet computes only facts.
    vet_key_has_vetx_only
    /// The configuration of vet has everything about the module; before, its path and version.
    vet_reads_whole_module
    /// The assembler has the flag -std for the standard library.
    asm_has_std_flag
    /// Names made by cgo are made readable in the compiler's output alone; before, in the output of
    /// every tool.
    only_compile_shows_readable_cgo_names
    /// An error of SWIG on a .swigcxx file fails the build; before, it was lost.
    swigcxx_errors_count
    /// Response files are quoted as GCC quotes; before, they had one escaped argument a line.
    response_files_are_quoted
    /// pack reads response files.
    pack_reads_response_files
    /// C compilers for Windows get -pthread; before, -mthreads.
    windows_has_pthread
    /// C compilers for loong64 get -mno-relax.
    loong64_does_not_relax
    /// -static and linker flags that are not in the list of harmless ones make the C linker link
    /// (go.dev/issue/77768).
    static_flags_need_c_linker
}

// Ports.
since! { 27:
    /// linux/ppc64 has cgo, position-independent executables and C archives.
    linux_ppc64_has_cgo
    /// The Go linker makes position-independent executables for linux/ppc64 and linux/s390x.
    links_pie_on_big_endian
    /// openbsd/mips64 is gone.
    is_without_openbsd_mips64
}

// Loading.
since! { 27:
    /// The remedy for a go.work that is too old for a module is to download a newer toolchain.
    go_work_may_want_toolchain
    /// GO111MODULE=auto enables modules where there is a go.work; before, only for a go.mod.
    auto_modules_heed_go_work
    /// golang.org/fips140 can't be downloaded as a module.
    fips140_is_bundled
    /// The distribution lists the sums of FIPS 140 snapshots, which extracted ones must have.
    fips140_snapshots_have_sums
    /// Flags such as -gcflags are worked out when a package is loaded; before, for lists of
    /// packages that commands named.
    loading_sets_tool_flags
    /// The build information of a test's main package is made after all imports are resolved.
    test_build_info_comes_last
    /// An import of `simd` makes the compiler rewrite the package.
    has_simd
}

// Version control.
since! { 27:
    /// Bazaar is not looked for.
    is_without_bazaar
    /// Files that mark a root are regular files; before, anything but a directory.
    vcs_markers_are_regular
    /// A `.git` file marks the root of a git worktree.
    knows_git_worktrees
    /// The cache of stats of go.mod files may lie on a file system that is mounted read-only.
    stat_cache_may_be_read_only
}

// Commands.
since! { 27:
    /// `go env` prints the directory that GOBIN stands for; before, the setting.
    env_resolves_gobin
    /// `go env` prints GOPACKAGESDRIVER.
    env_has_gopackagesdriver
    /// `go env -w` refuses GOROOT.
    env_refuses_goroot
    /// `go install` looks for the toolchain to switch to with its own flags; before, with those of
    /// `go run`.
    switch_knows_flags_of_install
    /// `go clean` prints and removes only files that exist; before, it printed all names and
    /// removed old directories.
    clean_removes_what_it_finds
    /// `go list` refuses an empty pattern.
    list_refuses_empty_patterns
    /// `go tool` exits with 1 if a signal killed the tool; before, with 0.
    tool_fails_by_signals
    /// `go tool ''` names no tool; before, it named the directory of the tools.
    tool_needs_a_name
    /// `go tool` lists tools of the module with their short names.
    tool_lists_short_names
}

impl Release {
    /// Go 1.26, for tests.
    pub const GO1_26: Release = Release(26);
    /// Go 1.27, for tests.
    pub const GO1_27: Release = Release(27);

    /// Returns the minor release of a version: 1.27 of `go1.27.3`, `go1.27rc1`, `devel go1.27-…`.
    pub fn of(version: &str) -> Option<Release> {
        let (_, rest) = version.split_once("go1.")?;
        let end = rest.find(|c: char| !c.is_ascii_digit());
        let minor = rest[..end.unwrap_or(rest.len())].parse().ok()?;
        Some(Release(minor))
    }

    /// Returns the version of the language: `1.27`.
    pub fn language(self) -> String {
        format!("1.{}", self.0)
    }

    /// Returns the build tags of this release and all before it: `go1.1` to `go1.27`.
    pub fn build_tags(self) -> Vec<String> {
        (1..=self.0).map(|minor| format!("go1.{minor}")).collect()
    }

    /// Returns the edition of Unicode that it uses: Unicode 17; before Go 1.27, Unicode 15.
    pub fn unicode(self) -> Edition {
        if self.0 >= 27 {
            Edition::V17
        } else {
            Edition::V15
        }
    }

    /// Returns the site that messages about version control name.
    pub fn vcs_site(self) -> &'static str {
        if self.0 >= 27 { "go.dev" } else { "golang.org" }
    }

    /// Returns the Go version whose GODEBUG defaults a main package outside of modules gets.
    pub fn godebug_version_of_gopath(self) -> &'static str {
        if self.0 >= 27 {
            "1.20"
        } else {
            gover::DEFAULT_GO_MOD
        }
    }

    /// Returns the flags that `go test` gives to vet.
    pub fn test_vet_flags(self) -> &'static [&'static str] {
        if self.0 >= 27 {
            &TEST_VET_FLAGS_27
        } else {
            &TEST_VET_FLAGS_26
        }
    }

    /// Reports whether forgo's keys are the stock command's, so that the two may share entries.
    pub fn has_known_keys(self) -> bool {
        let name = format!("go1.{}", self.0);
        listed("keys").any(|listed| listed == name)
    }
}

/// Analyzers that hardly ever err. Go 1.27 corrected some names, and added one.
const TEST_VET_FLAGS_26: [&str; 11] = [
    "-atomic",
    "-bool",
    "-buildtags",
    "-directive",
    "-errorsas",
    "-ifaceassert",
    "-nilfunc",
    "-printf",
    "-slog",
    "-stringintconv",
    "-tests",
];
const TEST_VET_FLAGS_27: [&str; 12] = [
    "-atomic",
    "-bools",
    "-buildtag",
    "-directive",
    "-errorsas",
    "-ifaceassert",
    "-nilfunc",
    "-printf",
    "-slog",
    "-stdversion",
    "-stringintconv",
    "-tests",
];

/// Returns the names of the releases that may do something: `go1.27`, `go1.27.3`.
fn listed(right: &'static str) -> impl Iterator<Item = &'static str> {
    let lines = LIST.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(move |line| {
        let mut words = line.split_whitespace();
        let name = words.next()?;
        words.any(|word| word == right).then_some(name)
    })
}

/// Returns the minor releases whose go command's work forgo does: `go1.27`.
pub fn native() -> Vec<&'static str> {
    listed("native").collect()
}

/// Reports whether forgo knows how the go command of a version works: `go1.27`, `go1.27.3`,
/// `go1.27rc1`, with ` X:…` where experiments were built in. Development versions and those with a
/// suffix of their maker may work otherwise.
pub fn is_native(version: &str) -> bool {
    let release = version.split(" X:").next().unwrap_or_default();
    let Some(rest) = listed("native").find_map(|minor| release.strip_prefix(minor)) else {
        return false;
    };
    let number = ["", ".", "rc", "beta"]
        .iter()
        .filter_map(|before| rest.strip_prefix(before))
        .next_back()
        .unwrap_or(rest);
    rest.is_empty()
        || !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) && number != rest
}

/// Reports whether a tool ID (`compile version go1.27.3`) names a tool whose results were compared
/// with those that forgo derives. A tool with experiments, of a vendor or of a development tree has
/// another ID.
pub fn is_compared(tool_id: &str) -> bool {
    let release = tool_id.split_once(" version ").map(|(_, release)| release);
    release.is_some_and(|release| listed("tools").any(|name| name == release))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_releases() {
        for (version, language) in [
            ("go1.27.3", Some("1.27")),
            ("go1.26rc1", Some("1.26")),
            ("devel go1.28-abc", Some("1.28")),
            ("", None),
            ("go2", None),
        ] {
            let found = Release::of(version).map(Release::language);
            assert_eq!(found.as_deref(), language, "{version}");
        }
        let tags = Release::GO1_26.build_tags();
        assert_eq!((tags.len(), tags[25].as_str()), (26, "go1.26"));
    }

    #[test]
    fn tools_of_listed_patch_releases_alone() {
        assert!(listed("tools").count() >= 2);
        for name in listed("tools") {
            assert!(is_compared(&format!("compile version {name}")));
            assert!(!is_compared(&format!("compile version {name} X:loopvar")));
            assert!(!is_compared(&format!("compile version {name}-vendor")));
            assert!(!is_compared(name));
        }
        for other in [
            "compile version install",
            "compile version go1.27",
            "Yx0abcdef",
        ] {
            assert!(!is_compared(other), "{other}");
        }
    }

    #[test]
    fn keys_are_known_of_minor_releases() {
        assert!(Release::GO1_26.has_known_keys() && Release::GO1_27.has_known_keys());
        for other in [0, 2, 25, 28] {
            assert!(!Release(other).has_known_keys(), "{other}");
        }
    }

    #[test]
    fn native_releases() {
        for version in [
            "go1.26",
            "go1.26.8",
            "go1.27rc1",
            "go1.27beta2",
            "go1.27.3 X:jsonv2",
        ] {
            assert!(is_native(version), "{version}");
        }
        for version in [
            "",
            "go1.25.9",
            "go1.28",
            "go1.2",
            "go1.260",
            "go1.27.",
            "go1.27rc",
            "go1.27.3-corp",
            "go1.26.1 (vendor)",
            "devel go1.28-abc",
            "go1.27-devel_abc",
        ] {
            assert!(!is_native(version), "{version}");
        }
    }
}
