//! The grammar of a command line: commands, sub-commands, flags, values of flags,
//! operands.

use crate::commands::test::vet_flag;
use crate::commands::{COMMANDS, own};
use crate::flags::table::{Commands, FLAGS, FlagRow};

/// The shells that have a script.
const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];

/// A flag of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flag {
    /// Its name, without a dash.
    pub name: &'static str,
    /// Its description, in a line.
    pub help: &'static str,
    /// It needs a value.
    pub valued: bool,
}

/// The kind of a command's operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operands {
    /// Packages, as directories of the main module; Go files too.
    Packages,
    /// Files.
    Files,
    /// Directories.
    Directories,
    /// Names of the go command's variables.
    Variables,
    /// A tool's name, then files.
    Tool,
    /// A command or another topic of `go help`.
    Topic,
    /// One of these.
    Words(&'static [&'static str]),
    /// None that can be listed.
    Unknown,
}

/// A command, or a sub-command such as `mod tidy`.
#[derive(Debug, Clone)]
pub(super) struct Command {
    /// `build`, `mod tidy`.
    pub name: String,
    /// Its description, in a line.
    pub help: &'static str,
    /// Its flags.
    pub flags: Vec<Flag>,
    /// Its operands.
    pub operands: Operands,
}

/// The kind of a flag's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    /// One of these.
    Words(&'static [&'static str]),
    /// One of these, or a file.
    WordsOrFile(&'static [&'static str]),
    /// A directory.
    Directory,
    /// A file.
    File,
    /// Packages.
    Packages,
}

/// The values of flags, by the flag's name. The values of other flags cannot be listed.
pub(super) const VALUES: &[(&str, Value)] = &[
    ("C", Value::Directory),
    ("blockprofile", Value::File),
    (
        "buildmode",
        Value::Words(&[
            "archive",
            "c-archive",
            "c-shared",
            "default",
            "exe",
            "pie",
            "plugin",
            "shared",
        ]),
    ),
    ("buildvcs", Value::Words(&["auto", "false", "true"])),
    ("compiler", Value::Words(&["gc"])),
    ("covermode", Value::Words(&["atomic", "count", "set"])),
    ("coverpkg", Value::Packages),
    ("coverprofile", Value::File),
    ("cpuprofile", Value::File),
    ("debug-actiongraph", Value::File),
    ("debug-runtime-trace", Value::File),
    ("debug-trace", Value::File),
    ("exec", Value::File),
    ("fixtool", Value::File),
    ("memprofile", Value::File),
    ("mod", Value::Words(&["mod", "readonly", "vendor"])),
    ("modfile", Value::File),
    ("mutexprofile", Value::File),
    ("o", Value::File),
    ("outputdir", Value::Directory),
    ("overlay", Value::File),
    ("pgo", Value::WordsOrFile(&["auto", "off"])),
    ("pkgdir", Value::Directory),
    ("reuse", Value::File),
    ("shuffle", Value::Words(&["off", "on"])),
    ("toolexec", Value::File),
    ("trace", Value::File),
    ("use", Value::Directory),
    ("dropuse", Value::Directory),
    ("vettool", Value::File),
    ("vet", Value::Words(&VET)),
];

/// `all`, `off` and the analyzers.
const VET: [&str; vet_flag::ANALYZERS.len() + 2] = {
    let mut words = [""; vet_flag::ANALYZERS.len() + 2];
    words[0] = "all";
    words[1] = "off";
    let mut i = 0;
    while i < vet_flag::ANALYZERS.len() {
        words[i + 2] = vet_flag::ANALYZERS[i];
        i += 1;
    }
    words
};

/// The native commands: name, description, operands.
const NATIVE: &[(&str, &str, Operands)] = &[
    (
        "build",
        "compile packages and dependencies",
        Operands::Packages,
    ),
    (
        "clean",
        "remove object files and cached files",
        Operands::Packages,
    ),
    (
        "env",
        "print or change the settings of Go",
        Operands::Variables,
    ),
    (
        "install",
        "compile and install packages",
        Operands::Packages,
    ),
    ("list", "list packages or modules", Operands::Packages),
    ("run", "compile and run a program", Operands::Packages),
    ("test", "test packages", Operands::Packages),
    ("tool", "run a tool of Go or of the module", Operands::Tool),
    ("vet", "report likely mistakes", Operands::Packages),
];

/// Which flags of the table a stock command has besides its own.
#[derive(Clone, Copy)]
enum Shared {
    /// None.
    Nothing,
    /// `-C` alone.
    Directory,
    /// `-C`, and the flags that select go.mod and set up the module cache.
    Modules,
    /// Those of `go build`.
    Build,
}

/// A command that the stock command runs: name, description, flags of the table, other flags (`=`
/// at the end of a name stands for a value), operands.
type Stock = (
    &'static str,
    &'static str,
    Shared,
    &'static [(&'static str, &'static str)],
    Operands,
);

const EDIT_GO_MOD: &[(&str, &str)] = &[
    ("fmt", "reformat the file only"),
    ("print", "print the result, do not write it"),
    ("json", "print the result as JSON"),
    ("module=", "set the module path"),
    ("go=", "set the go version"),
    ("toolchain=", "set the toolchain"),
    ("require=", "add a requirement"),
    ("droprequire=", "drop a requirement"),
    ("exclude=", "add an exclusion"),
    ("dropexclude=", "drop an exclusion"),
    ("replace=", "add a replacement"),
    ("dropreplace=", "drop a replacement"),
    ("retract=", "add a retraction"),
    ("dropretract=", "drop a retraction"),
    ("tool=", "add a tool"),
    ("droptool=", "drop a tool"),
    ("ignore=", "add an ignored directory"),
    ("dropignore=", "drop an ignored directory"),
    ("godebug=", "add a GODEBUG setting"),
    ("dropgodebug=", "drop a GODEBUG setting"),
];

const EDIT_GO_WORK: &[(&str, &str)] = &[
    ("fmt", "reformat the file only"),
    ("print", "print the result, do not write it"),
    ("json", "print the result as JSON"),
    ("go=", "set the go version"),
    ("toolchain=", "set the toolchain"),
    ("use=", "add a module directory"),
    ("dropuse=", "drop a module directory"),
    ("replace=", "add a replacement"),
    ("dropreplace=", "drop a replacement"),
    ("godebug=", "add a GODEBUG setting"),
    ("dropgodebug=", "drop a GODEBUG setting"),
];

const VENDOR: &[(&str, &str)] = &[
    ("e", "go on after errors"),
    ("o=", "directory to write"),
    ("v", "print names as they are vendored"),
];

use Operands::{Directories, Files, Packages, Topic, Unknown, Words};

/// The commands that forgo hands to the stock command.
const STOCK: &[Stock] = &[
    ("bug", "report a bug in Go", Shared::Nothing, &[], Unknown),
    (
        "doc",
        "show documentation",
        Shared::Directory,
        &[
            ("all", "all documentation of a package"),
            ("c", "respect case in symbols"),
            ("cmd", "treat commands as packages"),
            ("ex", "show examples"),
            ("http", "serve HTML"),
            ("short", "one line a symbol"),
            ("src", "show source code"),
            ("u", "show unexported symbols too"),
        ],
        Packages,
    ),
    (
        "fix",
        "apply fixes to packages",
        Shared::Build,
        &[
            ("diff", "print fixes as a diff"),
            ("fixtool=", "the fix tool"),
        ],
        Packages,
    ),
    (
        "fmt",
        "format sources with gofmt",
        Shared::Modules,
        &[
            ("n", "print the commands but do not run them"),
            ("x", "print the commands"),
            ("mod=", "module download mode"),
        ],
        Packages,
    ),
    (
        "generate",
        "run the commands of go:generate lines",
        Shared::Build,
        &[
            ("run=", "run the commands that match"),
            ("skip=", "skip the commands that match"),
        ],
        Packages,
    ),
    (
        "get",
        "add dependencies to go.mod",
        Shared::Build,
        &[
            ("t", "consider tests too"),
            ("tool", "add a tool"),
            ("u", "update to newer versions"),
        ],
        Unknown,
    ),
    ("help", "print help", Shared::Nothing, &[], Topic),
    ("mod", "maintain modules", Shared::Nothing, &[], Unknown),
    (
        "mod download",
        "download modules",
        Shared::Modules,
        &[
            ("json", "print as JSON"),
            ("reuse=", "JSON of a previous run"),
            ("x", "print the commands"),
        ],
        Unknown,
    ),
    (
        "mod edit",
        "edit go.mod",
        Shared::Modules,
        EDIT_GO_MOD,
        Files,
    ),
    (
        "mod graph",
        "print the module graph",
        Shared::Modules,
        &[
            ("go=", "as this Go version loads it"),
            ("x", "print the commands"),
        ],
        Unknown,
    ),
    ("mod init", "create go.mod", Shared::Modules, &[], Unknown),
    (
        "mod tidy",
        "add missing and remove unused modules",
        Shared::Modules,
        &[
            ("compat=", "keep checksums for this Go version"),
            ("diff", "print changes, do not write them"),
            ("e", "go on after errors"),
            ("go=", "set the go version"),
            ("v", "print removed modules"),
            ("x", "print the commands"),
        ],
        Unknown,
    ),
    (
        "mod vendor",
        "copy dependencies to the vendor directory",
        Shared::Modules,
        VENDOR,
        Unknown,
    ),
    (
        "mod verify",
        "check the module cache against go.sum",
        Shared::Modules,
        &[],
        Unknown,
    ),
    (
        "mod why",
        "explain why packages are needed",
        Shared::Modules,
        &[
            ("m", "modules, not packages"),
            ("vendor", "ignore tests of dependencies"),
        ],
        Packages,
    ),
    (
        "telemetry",
        "manage telemetry",
        Shared::Nothing,
        &[],
        Words(&["local", "off", "on"]),
    ),
    (
        "version",
        "print the version of Go, or of executables",
        Shared::Directory,
        &[
            ("json", "print as JSON"),
            ("m", "print module information"),
            ("v", "report files that are not Go executables"),
        ],
        Files,
    ),
    ("work", "maintain workspaces", Shared::Nothing, &[], Unknown),
    (
        "work edit",
        "edit go.work",
        Shared::Modules,
        EDIT_GO_WORK,
        Files,
    ),
    (
        "work init",
        "create go.work",
        Shared::Modules,
        &[],
        Directories,
    ),
    (
        "work sync",
        "copy the build list to the modules",
        Shared::Modules,
        &[],
        Unknown,
    ),
    (
        "work use",
        "add modules to go.work",
        Shared::Modules,
        &[("r", "search directories recursively")],
        Directories,
    ),
    (
        "work vendor",
        "copy dependencies to the vendor directory",
        Shared::Modules,
        VENDOR,
        Unknown,
    ),
];

/// Topics of `go help` that are not commands.
const TOPICS: &[&str] = &[
    "buildconstraint",
    "buildjson",
    "buildmode",
    "c",
    "cache",
    "environment",
    "filetype",
    "go.mod",
    "goauth",
    "gopath",
    "goproxy",
    "importpath",
    "module-auth",
    "modules",
    "packages",
    "private",
    "testflag",
    "testfunc",
    "vcs",
];

/// Variables that `go env` prints on any platform, and those of single architectures.
const VARIABLES: &str = "\
    AR CC CGO_CFLAGS CGO_CPPFLAGS CGO_CXXFLAGS CGO_ENABLED CGO_FFLAGS CGO_LDFLAGS CXX FC GCCGO \
    GO111MODULE GO386 GOAMD64 GOARCH GOARM GOARM64 GOAUTH GOBIN GOCACHE GOCACHEPROG GODEBUG \
    GOENV GOEXE GOEXPERIMENT GOFIPS140 GOFLAGS GOGCCFLAGS GOHOSTARCH GOHOSTOS GOINSECURE \
    GOMIPS GOMIPS64 GOMOD GOMODCACHE GONOPROXY GONOSUMDB GOOS GOPACKAGESDRIVER GOPATH GOPPC64 \
    GOPRIVATE GOPROXY GORISCV64 GOROOT GOSUMDB GOTELEMETRY GOTELEMETRYDIR GOTMPDIR GOTOOLCHAIN \
    GOTOOLDIR GOVCS GOVERSION GOWASM GOWORK PKG_CONFIG";

/// The names of the go command's variables, separated by spaces.
pub(super) fn variables() -> &'static str {
    VARIABLES
}

/// The topics of `go help`: commands first.
pub(super) fn topics() -> Vec<String> {
    let names = commands().into_iter().map(|c| c.name);
    names
        .filter(|name| !name.contains(' '))
        .chain(TOPICS.iter().map(|t| (*t).to_owned()))
        .collect()
}

/// A command as help lists it.
pub struct Described {
    /// Its name.
    pub name: &'static str,
    /// Its description, in a line.
    pub help: &'static str,
}

/// The commands that forgo runs itself.
pub fn native_commands() -> Vec<Described> {
    let native = NATIVE.iter();
    native
        .map(|&(name, help, _)| Described { name, help })
        .collect()
}

/// The commands that the stock command runs, without their sub-commands.
pub fn stock_commands() -> Vec<Described> {
    let stock = STOCK.iter().filter(|stock| !stock.0.contains(' '));
    stock
        .map(|&(name, help, ..)| Described { name, help })
        .collect()
}

/// The topics of `go help` that are not commands.
pub fn other_topics() -> &'static [&'static str] {
    TOPICS
}

/// Every command and sub-command, sorted by name.
pub(super) fn commands() -> Vec<Command> {
    let mut all: Vec<Command> = NATIVE.iter().filter_map(native).collect();
    all.extend(STOCK.iter().map(stock));
    all.extend(own::VERBS.iter().map(|verb| {
        Command {
            name: verb.name.to_owned(),
            help: verb.help,
            flags: verb
                .flags
                .iter()
                .map(|&(name, help)| Flag {
                    name,
                    help,
                    valued: false,
                })
                .collect(),
            operands: match verb.name {
                "completion" => Words(&SHELLS),
                _ => Unknown,
            },
        }
    }));
    for name in ["cache save", "cache use"] {
        all.push(Command {
            name: name.to_owned(),
            help: "",
            flags: Vec::new(),
            operands: Files,
        });
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// Reports whether only forgo has a command: the name `go` is not offered it.
pub(super) fn is_own(command: &str) -> bool {
    own::find(command).is_some()
}

/// The sub-commands of a command, without its name.
pub(super) fn subcommands<'a>(all: &'a [Command], name: &str) -> Vec<(&'a str, &'static str)> {
    let subcommand = |c: &'a Command| Some((c.name.strip_prefix(name)?.strip_prefix(' ')?, c.help));
    all.iter().filter_map(subcommand).collect()
}

fn native((name, help, operands): &(&str, &'static str, Operands)) -> Option<Command> {
    let command = COMMANDS.iter().find(|c| c.name == *name)?;
    Some(Command {
        name: command.name.to_owned(),
        help,
        flags: rows(|f| f.commands.meets(command.flags)),
        operands: *operands,
    })
}

fn stock((name, help, shared, own, operands): &Stock) -> Command {
    let mut flags: Vec<Flag> = own
        .iter()
        .map(|(name, help)| Flag {
            name: name.trim_end_matches('='),
            help,
            valued: name.ends_with('='),
        })
        .collect();
    let shared = match shared {
        Shared::Nothing => Vec::new(),
        Shared::Directory => rows(|f| f.name == "C"),
        Shared::Modules => rows(|f| ["C", "modcacherw", "modfile", "overlay"].contains(&f.name)),
        // Build flags are those that go clean has as well as go build.
        Shared::Build => rows(|f| {
            f.commands.meets(Commands::BUILD)
                && f.commands.meets(Commands::CLEAN)
                && f.commands.meets(Commands::STOCK)
        }),
    };
    flags.extend(shared);
    flags.sort_by_key(|f| f.name);
    flags.dedup_by_key(|f| f.name);
    Command {
        name: (*name).to_owned(),
        help,
        flags,
        operands: *operands,
    }
}

fn rows(keep: impl Fn(&FlagRow) -> bool) -> Vec<Flag> {
    let mut flags: Vec<Flag> = FLAGS
        .iter()
        .filter(|f| keep(f))
        .map(|f| Flag {
            name: f.name,
            help: f.help,
            valued: !f.kind.is_boolean(),
        })
        .collect();
    flags.sort_by_key(|f| f.name);
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_native_command_is_described() {
        for command in COMMANDS {
            assert!(
                NATIVE.iter().any(|(name, ..)| *name == command.name),
                "{}",
                command.name
            );
        }
        assert_eq!(NATIVE.len(), COMMANDS.len());
    }

    #[test]
    fn values_belong_to_flags() {
        let all = commands();
        for (name, _) in VALUES {
            let has = |c: &Command| c.flags.iter().any(|f| f.name == *name);
            assert!(all.iter().any(has), "-{name}");
        }
    }

    #[test]
    fn texts_need_no_quoting() {
        for command in commands() {
            let mut texts = vec![command.help];
            texts.extend(command.flags.iter().map(|f| f.help));
            for text in texts {
                let bad = ['\'', '"', '[', ']', '\\', '$', '`'];
                assert!(!text.contains(bad), "{}: {text}", command.name);
            }
        }
    }

    #[test]
    fn subcommands_of_mod() {
        let all = commands();
        let names: Vec<&str> = subcommands(&all, "mod").iter().map(|s| s.0).collect();
        assert_eq!(
            names,
            [
                "download", "edit", "graph", "init", "tidy", "vendor", "verify", "why"
            ]
        );
        assert!(subcommands(&all, "build").is_empty());
    }
}
