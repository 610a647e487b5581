//! The judge of programs that forgo starts: the only place that decides whether a program is known
//! to be a plain tool, whose answer depends on its arguments, the environment and the files that
//! the tool is documented to read. Any other program may read a configuration, ask a server, or add
//! arguments: no answer of it is kept, no link made with it is reused, and no snapshot of an
//! invocation that started it is stored.
//!
//! A name proves nothing: an executable called `gcc` may be ccache by a hard link,
//! makeBinaryWrapper's output or a company's wrapper. The judge looks at the contents: at texts
//! that only the real program contains, such as the spec language of the GCC driver. A script is
//! never plain.
//!
//! cmd/go has no counterpart: it starts every program each time.

use memchr::memmem;

use crate::config::Config;
use crate::disk::Because;
use crate::footprint::{self, Look, Notes};
use crate::{disk, kept};

/// A program that is known by its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The GCC driver: gcc, g++, gfortran.
    Gcc,
    /// The clang driver. The files it reads when it links are not known: its configuration files
    /// may lie in several directories.
    Clang,
    /// The program that the GCC driver starts to link, which starts the linker.
    Collect2,
    /// The linker plugin that comes with GCC.
    LtoPlugin,
    /// GNU ld (ld.bfd).
    GnuLd,
    /// git.
    Git,
    /// A tool of a Go distribution; its directory is the caller's to check.
    GoTool,
}

/// The result of checking a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is a plain tool.
    Plain(Kind),
    /// It may be anything: a script, a wrapper, a program that forgo does not know.
    Unknown,
}

/// A kind, its name in the cache, and texts that are all in a program of this kind and not together
/// in any other. Names of variables and options alone would not do: wrappers know those too.
const SIGNS: [(Kind, &str, &[&str]); 7] = [
    (
        Kind::Gcc,
        "gcc",
        &[
            "%(trad_capable_cpp)",
            "%(invoke_as)",
            "%{!fsyntax-only",
            "Using built-in specs.",
            "GCC_EXEC_PREFIX",
            "COLLECT_GCC_OPTIONS",
            "print-search-dirs",
        ],
    ),
    (
        Kind::Clang,
        "clang",
        &[
            "CCC_OVERRIDE_OPTIONS",
            "_ZN5clang6driver6Driver",
            "_ZN4llvm",
        ],
    ),
    (
        Kind::Collect2,
        "collect2",
        &[
            "COLLECT_GCC_OPTIONS",
            "COLLECT_LTO_WRAPPER",
            "collect-ld",
            "real-ld",
        ],
    ),
    (
        Kind::LtoPlugin,
        "lto plugin",
        &["lto-wrapper", "pass-through", "linker-output", "onload"],
    ),
    (
        Kind::GnuLd,
        "GNU ld",
        &[
            "LDEMULATION",
            "GNUTARGET",
            "LD_RUN_PATH",
            "using internal linker script",
            "PROVIDE_HIDDEN",
            "ldscripts",
        ],
    ),
    (
        Kind::Git,
        "git",
        &[
            "GIT_CEILING_DIRECTORIES",
            "git version %s",
            "repositoryformatversion",
            "git-upload-pack",
        ],
    ),
    // The module information that the Go linker writes: which main package it is.
    (
        Kind::GoTool,
        "go tool",
        &["\u{ff} Go buildinf:", "path\tcmd/"],
    ),
];

/// Judges a program by its contents. The verdict is kept in the cache as long as the file is the
/// same.
pub fn standing(config: &Config, program: &str) -> Standing {
    footprint::saw(program, Look::Whole);
    if !config.extras {
        // Nothing is kept.
        return Standing::Unknown;
    }
    let note = |notes: &Notes| {
        notes.saw(program, Look::Whole);
        Some(())
    };
    let judge = |_: &Notes| {
        let bytes = disk::own::read(Because::Noted, program).ok()?;
        let name = kind_of(&bytes).map_or("unknown", |(_, name)| name);
        Some(name.as_bytes().to_vec())
    };
    let verdict = kept::answer(config, &[JUDGE, program], note, judge).unwrap_or_default();
    SIGNS
        .iter()
        .find(|(_, name, _)| name.as_bytes() == verdict)
        .map_or(Standing::Unknown, |(kind, ..)| Standing::Plain(*kind))
}

/// Changes with [`SIGNS`].
const JUDGE: &str = "plain tool 1";

/// Reports whether a program is a plain tool of this kind.
pub fn is(config: &Config, program: &str, kind: Kind) -> bool {
    standing(config, program) == Standing::Plain(kind)
}

/// Reports whether a program is the driver of a C, C++ or Fortran compiler, whose version does not
/// change while the file is the same.
pub fn is_compiler(config: &Config, program: &str) -> bool {
    matches!(
        standing(config, program),
        Standing::Plain(Kind::Gcc | Kind::Clang)
    )
}

/// Reports whether a program is a tool of the Go distribution in use: a Go program in its directory
/// of tools.
pub fn is_go_tool(config: &Config, program: &str) -> bool {
    forgo_golang::path::dir(program) == config.dist.tool_dir && is(config, program, Kind::GoTool)
}

/// Reports whether a program is git.
pub fn is_git(config: &Config, program: &str) -> bool {
    // macOS has a program there that starts the git of the developer tools chosen.
    let shim = cfg!(target_os = "macos") && program == "/usr/bin/git";
    if shim {
        footprint::saw("/var/db/xcode_select_link", Look::Whole);
    }
    shim || is(config, program, Kind::Git)
}

/// Rules out that the invocation's answer is kept, unless the program is plain. To be called
/// at every start of a program whose answer decides on the build or the output.
pub fn require(is_plain: bool, what: &str) {
    if !is_plain {
        footprint::refuse(&format!("{what} is not known to be a plain tool"));
    }
}

fn kind_of(bytes: &[u8]) -> Option<(Kind, &'static str)> {
    // ELF, and Mach-O of 64 bits or for several machines.
    let is_program = [&b"\x7fELF"[..], b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"];
    if !is_program.iter().any(|magic| bytes.starts_with(magic)) {
        return None;
    }
    let has = |text: &&str| {
        // The first byte of the Go linker's mark is not UTF-8.
        let latin1: Vec<u8> = text.chars().map(|c| c as u8).collect();
        memmem::find(bytes, &latin1).is_some()
    };
    let found = SIGNS.iter().find(|(.., texts)| texts.iter().all(has));
    found.map(|(kind, name, _)| (*kind, *name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(texts: &[&str]) -> Vec<u8> {
        let texts: Vec<u8> = texts
            .iter()
            .flat_map(|text| text.chars().map(|c| c as u8).chain([0]))
            .collect();
        [b"\x7fELF\x02\x01", &texts[..]].concat()
    }

    #[test]
    fn programs_are_known_by_what_is_in_them() {
        for (kind, _, texts) in SIGNS {
            let found = kind_of(&program(texts)).map(|(kind, _)| kind);
            assert_eq!(found, Some(kind));
            for missing in 0..texts.len() {
                let mut some = texts.to_vec();
                some.remove(missing);
                assert_eq!(kind_of(&program(&some)), None, "{kind:?} without {missing}");
            }
        }
        let (_, _, gcc) = SIGNS[0];
        assert_eq!(kind_of(&program(gcc)[1..]), None);
        assert_eq!(kind_of(b"#!/bin/sh\nexec gcc \"$@\"\n"), None);
        assert_eq!(kind_of(b""), None);
    }

    #[test]
    fn the_verdict_follows_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let config = Config {
            extras: true,
            ..Config::default()
        };
        let file = dir.path().join("gcc").to_str().unwrap().to_owned();
        assert_eq!(standing(&config, &file), Standing::Unknown);
        std::fs::write(&file, program(SIGNS[0].2)).unwrap();
        assert!(is(&config, &file, Kind::Gcc) && is_compiler(&config, &file));
        assert!(!is_go_tool(&config, &file));
        std::fs::write(&file, program(&["execv", "gcc"])).unwrap();
        assert_eq!(standing(&config, &file), Standing::Unknown);
    }
}
