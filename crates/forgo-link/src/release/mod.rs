//! The differences between the supported releases of Go. Beside it only
//! [`crate::deflate`] names releases: their compressors differ.

use crate::arch::Arch;
use crate::error::{Result, unsupported};
use crate::kind::{ALLOCATED, Kind};
use crate::reloc::kind;

/// A supported release of Go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Release {
    /// Go 1.26
    Go126,
    /// Go 1.27
    Go127,
}

impl Release {
    /// Reads the first line of an object file, `go object linux amd64 go1.27.3 GOAMD64=v1 X:…`,
    /// which names the release, the target and the experiments.
    pub fn of_header(line: &str) -> Result<Header> {
        let unknown = || unsupported(format!("object header {line:?}"));
        let mut words = line.split(' ').skip(2);
        let (Some(os), Some(arch), Some(version)) = (words.next(), words.next(), words.next())
        else {
            return unknown();
        };
        let is = |minor: &str| {
            version
                .strip_prefix(minor)
                .and_then(|rest| rest.strip_prefix('.').or(rest.is_empty().then_some("0")))
                .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
        };
        let release = if is("go1.26") {
            Release::Go126
        } else if is("go1.27") {
            Release::Go127
        } else {
            return unknown();
        };
        let experiments = words.find_map(|word| word.strip_prefix("X:"));
        if os != "linux" || experiments != Some(release.experiments()) {
            return unknown();
        }
        let arch = Arch::of(arch)?;
        Ok(Header {
            release,
            arch,
            version: version.to_owned(),
        })
    }

    /// The experiments that are on by default; others could change any format.
    fn experiments(self) -> &'static str {
        match self {
            Release::Go126 => "regabiwrappers,regabiargs,dwarf5,greenteagc,randomizedheapbase64",
            Release::Go127 => {
                "regabiwrappers,regabiargs,dwarf5,jsonv2,greenteagc,randomizedheapbase64,sizespecializedmalloc"
            }
        }
    }

    /// Turns a relocation's number into that of `kind`, which are Go 1.27's. Go 1.27 has four new
    /// ones of loong64 and one less.
    pub fn relocation(self, raw: u16) -> u16 {
        let weak = raw & kind::WEAK;
        let number = raw & !kind::WEAK;
        match self {
            Release::Go126 if number >= 95 => weak | (number + 3),
            _ => raw,
        }
    }

    /// Functions and types of package runtime that objects refer to by number: name and ABI
    /// (cmd/internal/goobj/builtinlist.go).
    pub fn builtins(self) -> impl Iterator<Item = (&'static str, usize)> {
        let list = match self {
            Release::Go126 => include_str!("builtins-1.26.txt"),
            Release::Go127 => include_str!("builtins-1.27.txt"),
        };
        list.lines().filter_map(|line| {
            let (name, abi) = line.rsplit_once(' ')?;
            Some((name, abi.parse().ok()?))
        })
    }

    /// Symbols that only some packages may refer to by `//go:linkname`, and those packages
    /// (blockedLinknames in cmd/link/internal/loader).
    pub fn blocked_linknames(self) -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
        let list = match self {
            Release::Go126 => include_str!("linknames-1.26.txt"),
            Release::Go127 => include_str!("linknames-1.27.txt"),
        };
        list.lines().filter_map(|line| {
            let mut words = line.split_ascii_whitespace();
            Some((words.next()?, words.collect()))
        })
    }

    /// The flag of a symbol in an object, in its second byte of flags, that a linkname gives only
    /// to the standard library. Go 1.26 has none.
    pub fn linkname_std_flag(self) -> u8 {
        match self {
            Release::Go126 => 0,
            Release::Go127 => 1 << 5,
        }
    }

    /// The flag of a wrapper between ABIs.
    pub fn abi_wrapper_flag(self) -> u8 {
        match self {
            Release::Go126 => 1 << 5,
            Release::Go127 => 1 << 6,
        }
    }

    /// Returns the number of bytes of `internal/abi.MapType` after the common part, and of
    /// `InterfaceType`, in whole machine words, as the linker takes them to find a type's methods.
    pub fn extra_of_map_and_interface(self) -> (usize, usize) {
        match self {
            Release::Go126 => (7 * 8 + 8, 3 * 8),
            Release::Go127 => (10 * 8 + 8, 4 * 8),
        }
    }

    /// Reports whether type descriptors have their own section, sorted by the linker, with
    /// their extent in moduledata. Before, they were in .rodata, and .typelink and .itablink listed
    /// them.
    pub fn types_have_a_section(self) -> bool {
        self >= Release::Go127
    }

    /// Reports whether masks of pointers made at run time stand together.
    pub fn groups_gc_masks(self) -> bool {
        self >= Release::Go127
    }

    /// Reports whether code that is identified by a hash of its content is local in the symbol
    /// table.
    pub fn hashed_text_is_local(self) -> bool {
        self >= Release::Go127
    }

    /// Reports whether a symbol replaces one with the same name that may be duplicated, though it
    /// may itself be duplicated and the other may not.
    pub fn any_dup_may_replace(self) -> bool {
        self == Release::Go126
    }

    /// Kinds of data in the order of their numbers in the release.
    pub fn kinds_in_order(self) -> Vec<Kind> {
        let mut kinds: Vec<Kind> = Kind::data().collect();
        debug_assert!(kinds.len() <= ALLOCATED);
        if self == Release::Go126 {
            kinds.sort_by_key(|kind| match kind {
                Kind::ElfRxSect => 0,
                Kind::Type => 1,
                Kind::GoString => 2,
                Kind::GoFunc => 3,
                Kind::RoDataRelro => 5,
                kind if *kind < Kind::ElfRelroSect => 4,
                _ => 6,
            });
        }
        kinds
    }

    /// Reports whether symbols are left out by which GCC groups definitions of macros.
    pub fn skips_macro_groups(self) -> bool {
        self >= Release::Go127
    }

    /// Reports whether counters of coverage are aligned from their start on.
    pub fn aligns_coverage_counters(self) -> bool {
        self >= Release::Go127
    }
}

/// The parts of an object's first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The release.
    pub release: Release,
    /// The architecture.
    pub arch: Arch,
    /// As in `go1.27.3`.
    pub version: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        let known = |release: Release, arch: &str, version: &str| {
            let experiments = release.experiments();
            Release::of_header(&format!("go object {arch} {version} X:{experiments}"))
        };
        let header = known(Release::Go127, "linux amd64", "go1.27.3 GOAMD64=v1").unwrap();
        assert_eq!(header.release, Release::Go127);
        assert_eq!(header.version, "go1.27.3");
        let header = known(Release::Go126, "linux arm64", "go1.26").unwrap();
        assert_eq!((header.release, header.arch), (Release::Go126, Arch::Arm64));
        for (release, arch, version) in [
            (Release::Go127, "linux amd64", "go1.28.0"),
            (Release::Go127, "linux amd64", "go1.270.1"),
            (Release::Go127, "linux amd64", "go1.27rc1"),
            (Release::Go127, "linux amd64", "devel"),
            (Release::Go127, "linux amd64", "go1.26.8"),
            (Release::Go127, "darwin arm64", "go1.27.3"),
            (Release::Go127, "linux 386", "go1.27.3"),
        ] {
            let error = known(release, arch, version).unwrap_err();
            let unsupported = matches!(error, crate::Error::Unsupported(_));
            assert!(unsupported, "{arch} {version}: {error}");
        }
        assert!(Release::of_header("go object linux amd64 go1.27.3").is_err());
        assert!(Release::of_header("").is_err());
    }

    /// The lists are complete lines: a name and an ABI, or a name and packages.
    #[test]
    fn lists() {
        for release in [Release::Go126, Release::Go127] {
            assert!(release.builtins().count() > 100);
            assert!(release.blocked_linknames().count() > 30);
        }
    }
}
