//! The table of flags: which command has which flag, of what kind. A flag is declared here and
//! nowhere else.
//!
//! Answers to work.AddBuildFlags, work.AddCoverFlags, base.AddBuildFlagsNX, base.AddModFlag,
//! base.AddModCommonFlags and to the `init` functions of the commands.

use forgo_golang::quote::quote;

use super::kind::{Kind, parse_bool};

/// A set of commands, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commands(u16);

impl Commands {
    pub const BUILD: Commands = Commands(1);
    pub const INSTALL: Commands = Commands(1 << 1);
    pub const RUN: Commands = Commands(1 << 2);
    pub const TEST: Commands = Commands(1 << 3);
    pub const VET: Commands = Commands(1 << 4);
    pub const LIST: Commands = Commands(1 << 5);
    pub const ENV: Commands = Commands(1 << 6);
    pub const CLEAN: Commands = Commands(1 << 7);
    pub const TOOL: Commands = Commands(1 << 8);
    /// Only commands that the stock command does: the name is valid in GOFLAGS.
    pub const STOCK: Commands = Commands(1 << 9);

    /// Either's commands.
    const fn or(self, other: Commands) -> Commands {
        Commands(self.0 | other.0)
    }

    /// Reports whether they share a command.
    pub const fn meets(self, other: Commands) -> bool {
        self.0 & other.0 != 0
    }
}

/// A row of the table.
#[derive(Clone, Copy)]
pub struct FlagRow {
    /// Its name, without dashes.
    pub name: &'static str,
    /// The kind of its value.
    pub kind: Kind,
    /// The commands that have it.
    pub commands: Commands,
    /// Its effect, in a line.
    pub help: &'static str,
}

use Commands as C;

/// Commands that compile packages.
const MAKE: C = C::BUILD.or(C::INSTALL).or(C::RUN);
/// Those with work.AddCoverFlags.
const COVER: C = MAKE.or(C::TEST).or(C::LIST);
/// Those with work.AddBuildFlags.
const ALL: C = MAKE
    .or(C::TEST)
    .or(C::VET)
    .or(C::LIST)
    .or(C::CLEAN)
    .or(C::STOCK);
/// Those with base.AddModCommonFlags.
const MODULES: C = ALL.or(C::TOOL);

const fn row(name: &'static str, kind: Kind, commands: Commands, help: &'static str) -> FlagRow {
    FlagRow {
        name,
        kind,
        commands,
        help,
    }
}

const fn custom(boolean: bool, check: fn(&str) -> Result<(), String>) -> Kind {
    Kind::Custom { boolean, check }
}

/// Every flag. A name may stand in several rows of different commands.
pub const FLAGS: &[FlagRow] = &[
    // Build flags.
    row(
        "C",
        Kind::Chdir,
        MODULES.or(C::ENV),
        "work in this directory",
    ),
    row(
        "a",
        Kind::Bool,
        ALL,
        "rebuild packages that are already up to date",
    ),
    row(
        "n",
        Kind::Bool,
        MODULES.or(C::ENV),
        "print the commands but do not run them",
    ),
    row("p", Kind::Int, ALL, "how many programs may run at once"),
    row(
        "v",
        Kind::Bool,
        MAKE.or(C::VET).or(C::LIST).or(C::CLEAN).or(C::STOCK),
        "print the names of packages as they are compiled",
    ),
    row("x", Kind::Bool, ALL.or(C::ENV), "print the commands"),
    row(
        "asan",
        Kind::Bool,
        ALL,
        "interoperate with the address sanitizer",
    ),
    row(
        "asmflags",
        Kind::PerPackage,
        ALL,
        "flags for each call of the assembler",
    ),
    row(
        "buildmode",
        Kind::Text,
        ALL,
        "what kind of object file to make",
    ),
    row(
        "buildvcs",
        custom(true, check_buildvcs),
        ALL,
        "stamp binaries with version control information",
    ),
    row(
        "compiler",
        custom(false, check_compiler),
        ALL,
        "the compiler to use",
    ),
    row("cover", Kind::Bool, COVER, "instrument for coverage"),
    row(
        "covermode",
        custom(false, check_covermode),
        COVER,
        "the kind of coverage analysis",
    ),
    row(
        "coverpkg",
        Kind::Text,
        COVER,
        "packages to instrument for coverage",
    ),
    row(
        "debug-actiongraph",
        Kind::Text,
        ALL,
        "write the action graph to this file",
    ),
    row(
        "debug-runtime-trace",
        Kind::Text,
        ALL,
        "write a trace of run time events to this file",
    ),
    row(
        "debug-trace",
        Kind::Text,
        ALL,
        "write a trace of the actions to this file",
    ),
    row(
        "gccgoflags",
        Kind::PerPackage,
        ALL,
        "flags for each call of gccgo",
    ),
    row(
        "gcflags",
        Kind::PerPackage,
        ALL,
        "flags for each call of the compiler",
    ),
    row(
        "installsuffix",
        Kind::Text,
        ALL,
        "a suffix for the package installation directory",
    ),
    row(
        "json",
        Kind::Bool,
        MAKE.or(C::TEST).or(C::VET).or(C::ENV).or(C::STOCK),
        "print as JSON",
    ),
    row(
        "ldflags",
        Kind::PerPackage,
        ALL,
        "flags for each call of the linker",
    ),
    row(
        "linkshared",
        Kind::Bool,
        ALL,
        "link against shared libraries made before",
    ),
    row(
        "mod",
        Kind::Text,
        ALL,
        "module download mode: readonly, vendor or mod",
    ),
    row(
        "modcacherw",
        Kind::Bool,
        MODULES,
        "leave new directories of the module cache writable",
    ),
    row(
        "modfile",
        Kind::Text,
        MODULES,
        "use this file in place of go.mod",
    ),
    row(
        "msan",
        Kind::Bool,
        ALL,
        "interoperate with the memory sanitizer",
    ),
    row(
        "o",
        Kind::Text,
        C::BUILD.or(C::TEST).or(C::STOCK),
        "output file or directory",
    ),
    row(
        "overlay",
        Kind::Text,
        MODULES,
        "a JSON file that puts files in place of others",
    ),
    row(
        "pgo",
        Kind::Text,
        ALL,
        "profile for profile-guided optimization",
    ),
    row(
        "pkgdir",
        Kind::Text,
        ALL,
        "install and load packages from here",
    ),
    row("race", Kind::Bool, ALL, "detect data races"),
    row("tags", custom(false, check_tags), ALL, "build tags"),
    row(
        "toolexec",
        Kind::Words,
        ALL,
        "a program that starts the tools",
    ),
    row(
        "trimpath",
        Kind::Bool,
        ALL,
        "leave file system paths out of executables",
    ),
    row(
        "work",
        Kind::Bool,
        ALL,
        "print the name of the work directory and keep it",
    ),
    // run and test
    row(
        "exec",
        Kind::Words,
        C::RUN.or(C::TEST),
        "a program that starts the binary",
    ),
    // clean
    row(
        "cache",
        Kind::Bool,
        C::CLEAN,
        "remove the whole build cache",
    ),
    row(
        "fuzzcache",
        Kind::Bool,
        C::CLEAN,
        "remove cached fuzzing values",
    ),
    row(
        "i",
        Kind::Bool,
        C::CLEAN,
        "remove installed archives and binaries",
    ),
    row("modcache", Kind::Bool, C::CLEAN, "remove the module cache"),
    row(
        "r",
        Kind::Bool,
        C::CLEAN.or(C::STOCK),
        "clean dependencies too",
    ),
    row("testcache", Kind::Bool, C::CLEAN, "expire all test results"),
    // env
    row(
        "changed",
        Kind::Bool,
        C::ENV,
        "only settings that differ from the default",
    ),
    row(
        "u",
        Kind::Bool,
        C::ENV.or(C::LIST).or(C::STOCK),
        "unset variables; show available updates",
    ),
    row("w", Kind::Bool, C::ENV, "change default settings"),
    // list
    row("compiled", Kind::Bool, C::LIST, "set CompiledGoFiles"),
    row("deps", Kind::Bool, C::LIST, "dependencies too"),
    row(
        "e",
        Kind::Bool,
        C::LIST.or(C::STOCK),
        "report erroneous packages as data",
    ),
    row("export", Kind::Bool, C::LIST, "set Export and BuildID"),
    row(
        "f",
        Kind::Text,
        C::LIST.or(C::STOCK),
        "template for each package",
    ),
    row("find", Kind::Bool, C::LIST, "do not resolve dependencies"),
    row(
        "json",
        custom(true, accept),
        C::LIST,
        "print as JSON, all fields or these",
    ),
    row(
        "m",
        Kind::Bool,
        C::LIST.or(C::STOCK),
        "modules, not packages",
    ),
    row("retracted", Kind::Bool, C::LIST, "show retracted versions"),
    row(
        "reuse",
        Kind::Text,
        C::LIST.or(C::STOCK),
        "JSON of a previous run",
    ),
    row("test", Kind::Bool, C::LIST, "test binaries too"),
    row("versions", Kind::Bool, C::LIST, "all known versions"),
    // test
    row("artifacts", Kind::Bool, C::TEST, "save test artifacts"),
    row("bench", Kind::Text, C::TEST, "run these benchmarks"),
    row(
        "benchmem",
        Kind::Bool,
        C::TEST,
        "memory statistics of benchmarks",
    ),
    row(
        "benchtime",
        Kind::Text,
        C::TEST,
        "how long to run each benchmark",
    ),
    row(
        "blockprofile",
        Kind::Text,
        C::TEST,
        "write a goroutine blocking profile",
    ),
    row(
        "blockprofilerate",
        Kind::Text,
        C::TEST,
        "detail of the blocking profile",
    ),
    row(
        "c",
        Kind::Bool,
        C::TEST,
        "compile the test binary but do not run it",
    ),
    row("count", Kind::Int, C::TEST, "run each test this many times"),
    row(
        "coverprofile",
        Kind::Text,
        C::TEST,
        "write a coverage profile",
    ),
    row("cpu", Kind::Text, C::TEST, "GOMAXPROCS values"),
    row("cpuprofile", Kind::Text, C::TEST, "write a CPU profile"),
    row(
        "failfast",
        Kind::Bool,
        C::TEST,
        "start no test after the first failure",
    ),
    row(
        "fullpath",
        Kind::Bool,
        C::TEST,
        "full file names in messages",
    ),
    row("fuzz", Kind::Text, C::TEST, "run this fuzz test"),
    row(
        "fuzzminimizetime",
        Kind::Text,
        C::TEST,
        "how long to minimize",
    ),
    row("fuzztime", Kind::Text, C::TEST, "how long to fuzz"),
    row("list", Kind::Text, C::TEST, "list tests"),
    row(
        "memprofile",
        Kind::Text,
        C::TEST,
        "write an allocation profile",
    ),
    row(
        "memprofilerate",
        Kind::Text,
        C::TEST,
        "detail of the allocation profile",
    ),
    row(
        "mutexprofile",
        Kind::Text,
        C::TEST,
        "write a mutex contention profile",
    ),
    row(
        "mutexprofilefraction",
        Kind::Text,
        C::TEST,
        "detail of the mutex profile",
    ),
    row("outputdir", Kind::Text, C::TEST, "where profiles go"),
    row(
        "parallel",
        Kind::Int,
        C::TEST,
        "how many parallel tests at once",
    ),
    row("run", Kind::Text, C::TEST.or(C::STOCK), "run these tests"),
    row("short", Kind::Bool, C::TEST, "tests may shorten their run"),
    row(
        "shuffle",
        custom(false, check_shuffle),
        C::TEST,
        "order of tests",
    ),
    row(
        "skip",
        Kind::Text,
        C::TEST.or(C::STOCK),
        "do not run these tests",
    ),
    row("timeout", Kind::Duration, C::TEST, "panic after this long"),
    row("trace", Kind::Text, C::TEST, "write an execution trace"),
    row("v", custom(true, check_test_v), C::TEST, "verbose"),
    row(
        "vet",
        custom(false, crate::commands::test::vet_flag::check),
        C::TEST,
        "vet analyzers to run",
    ),
    // vet
    row("c", Kind::Int, C::VET.or(C::STOCK), "lines of context"),
    row(
        "diff",
        Kind::Bool,
        C::VET.or(C::STOCK),
        "print fixes as a diff",
    ),
    row("fix", Kind::Bool, C::VET.or(C::STOCK), "apply fixes"),
    row("vettool", Kind::Text, C::VET, "the vet tool"),
];

/// Flags of commands that only the stock command does, where no row above has the name.
const STOCK_NAMES: &[&str] = &[
    "compat",
    "d",
    "dropexclude",
    "dropgodebug",
    "dropignore",
    "dropreplace",
    "droprequire",
    "dropretract",
    "droptool",
    "dropuse",
    "exclude",
    "fixtool",
    "fmt",
    "go",
    "godebug",
    "ignore",
    "insecure",
    "module",
    "print",
    "replace",
    "require",
    "retract",
    "t",
    "tool",
    "toolchain",
    "use",
    "vendor",
];

/// Flags of test that stand under a second name, `test.` before the first.
pub const TEST_BINARY_FLAGS: &[&str] = &[
    "artifacts",
    "bench",
    "benchmem",
    "benchtime",
    "blockprofile",
    "blockprofilerate",
    "count",
    "coverprofile",
    "cpu",
    "cpuprofile",
    "failfast",
    "fullpath",
    "fuzz",
    "fuzzminimizetime",
    "fuzztime",
    "list",
    "memprofile",
    "memprofilerate",
    "mutexprofile",
    "mutexprofilefraction",
    "outputdir",
    "parallel",
    "run",
    "short",
    "shuffle",
    "skip",
    "timeout",
    "trace",
    "v",
];

/// Reports whether any command has a flag of this name (base.hasFlag).
pub fn known_anywhere(name: &str) -> bool {
    FLAGS.iter().any(|f| f.name == name)
        || STOCK_NAMES.contains(&name)
        || name
            .strip_prefix("test.")
            .is_some_and(|n| TEST_BINARY_FLAGS.contains(&n))
}

fn accept(_: &str) -> Result<(), String> {
    Ok(())
}

fn check_buildvcs(value: &str) -> Result<(), String> {
    if matches!(value, "" | "auto") || parse_bool(value).is_some() {
        return Ok(());
    }
    Err("value is neither 'auto' nor a valid bool".into())
}

fn check_compiler(value: &str) -> Result<(), String> {
    match value {
        "gc" | "gccgo" => Ok(()),
        _ => Err(format!("unknown compiler {}", quote(value))),
    }
}

fn check_covermode(value: &str) -> Result<(), String> {
    match value {
        "" | "set" | "count" | "atomic" => Ok(()),
        _ => Err(r#"valid modes are "set", "count", or "atomic""#.into()),
    }
}

fn check_tags(value: &str) -> Result<(), String> {
    split_tags(value).map(drop)
}

/// The tags of a `-tags` value: at commas, or at spaces as before Go 1.13.
pub fn split_tags(value: &str) -> Result<Vec<String>, String> {
    if value.contains([' ', '\'']) {
        return super::kind::split_words(value);
    }
    Ok(value
        .split(',')
        .filter(|t| !t.is_empty())
        .map(str::to_owned)
        .collect())
}

fn check_shuffle(value: &str) -> Result<(), String> {
    if matches!(value, "on" | "off") {
        return Ok(());
    }
    let why = match value.parse::<i64>() {
        Ok(_) => return Ok(()),
        Err(e)
            if matches!(
                e.kind(),
                std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow
            ) =>
        {
            "value out of range"
        }
        Err(_) => "invalid syntax",
    };
    Err(format!(
        "-shuffle argument must be \"on\", \"off\", or an int64: strconv.ParseInt: parsing {value:?}: {why}"
    ))
}

fn check_test_v(value: &str) -> Result<(), String> {
    if value == "test2json" || parse_bool(value).is_some() {
        return Ok(());
    }
    Err(format!("invalid flag -test.v={value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_has_a_flag_once() {
        for bit in 0..9 {
            let command = Commands(1 << bit);
            let mut names: Vec<_> = FLAGS
                .iter()
                .filter(|f| f.commands.meets(command))
                .map(|f| f.name)
                .collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "command {bit}");
        }
    }

    #[test]
    fn tags_at_commas_or_spaces() {
        assert_eq!(split_tags("a,,b").unwrap(), ["a", "b"]);
        assert_eq!(split_tags("a b,c").unwrap(), ["a", "b,c"]);
        assert_eq!(split_tags("'a'").unwrap(), ["a"]);
        assert!(split_tags("'a").is_err());
        assert!(split_tags("").unwrap().is_empty());
    }

    #[test]
    fn names_of_stock_commands_are_known() {
        for name in ["race", "compat", "test.run", "vettool", "json"] {
            assert!(known_anywhere(name), "{name}");
        }
        for name in ["nonsense", "test.json", "test.nonsense"] {
            assert!(!known_anywhere(name), "{name}");
        }
    }
}
