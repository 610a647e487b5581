//! All settings of an invocation: flags, environment, target, Go distribution. Resolved once by the
//! command, then immutable and borrowed by every stage. This file only defines the settings; the
//! command works out their values (`forgo/src/config/`).
//!
//! Answers to cmd/go/internal/cfg and to the parts of cmd/go/internal/work/init.go that rewrite
//! settings before a build starts.

use std::collections::BTreeMap;

use forgo_golang::release::Release;

use crate::stock::StockGo;

/// The name by which forgo's program is started to be a linker.
pub const LINKER: &str = "forgo-link";

/// The settings of one invocation.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The subcommand as cmd/go names it in errors: `build`, `install`, `test`, `list`, `mod tidy`
    /// …
    pub command: String,
    /// The directory the command works in (after `-C`), as `$PWD` spells it when that is right.
    pub cwd: String,
    /// The Go distribution whose tools are driven.
    pub dist: Distribution,
    /// The target of the build.
    pub target: Target,
    /// Build-constraint context: tags beyond GOOS and GOARCH.
    pub context: BuildContext,
    /// Directories named by the environment.
    pub dirs: Dirs,
    /// Module settings: GO111MODULE, GOWORK, -mod, -modfile …
    pub modules: ModuleSettings,
    /// Build flags.
    pub flags: BuildFlags,
    /// What `-buildmode`, `-race` and friends turn into.
    pub modes: ModeSettings,
    /// The environment.
    pub env: Environment,
    /// GODEBUG's cache switches.
    pub debug: DebugSettings,
    /// forgo's own features; all off under `FORGO_EXTRAS=off`, and where
    /// [`DebugSettings::traces_cache`] holds.
    pub extras: bool,
    /// How many bytes of linked executables are kept (`FORGO_LINK_STORE_SIZE`); 0 keeps none.
    pub link_store: u64,
    /// FORGO_VERIFY: the share of derived results that the tools make as well, in percent.
    pub verify_percent: u8,
    /// The program that is [`LINKER`] when it is started by that name; empty where links are left
    /// to the stock linker (`FORGO_LINK`).
    pub linker: String,
    /// GOMAXPROCS: how many threads a Go program would run at once here.
    pub gomaxprocs: usize,
}

/// The Go distribution in use.
#[derive(Debug, Clone, Default)]
pub struct Distribution {
    /// GOROOT, cleaned: what paths are made of.
    pub goroot: String,
    /// GOROOT as it is set: the form that is printed, and that executables carry.
    pub goroot_given: String,
    /// What `runtime.Version()` is inside the distribution's go command: `go1.27.3`, with any
    /// ` X:…` experiment suffix. The first line of GOROOT/VERSION.
    pub version: String,
    /// The minor release: what release-dependent behaviour is chosen by.
    pub release: Release,
    /// GOOS/GOARCH of the host, i.e. of the distribution's tools.
    pub host_goos: String,
    /// See `host_goos`.
    pub host_goarch: String,
    /// GOTOOLDIR: `$GOROOT/pkg/tool/linux_amd64`.
    pub tool_dir: String,
    /// Where cmd/go/internal/cfg's generated defaults come from (`DefaultCC` …): `gcc`.
    pub default_cc: String,
    /// `DefaultCXX`: `g++`.
    pub default_cxx: String,
    /// `DefaultPkgConfig`: `pkg-config`.
    pub default_pkg_config: String,
    /// The stock go command, to which some work is delegated.
    pub stock_go: StockGo,
}

/// The target of a build.
#[derive(Debug, Clone, Default)]
pub struct Target {
    /// GOOS.
    pub goos: String,
    /// GOARCH.
    pub goarch: String,
    /// cfg.GetArchEnv: `("GOAMD64", "v1")`; empty key where the architecture has no such setting.
    pub arch_env: (String, String),
    /// Every GO$ARCH-style variable with its effective value (`GO386`, `GOAMD64`, `GOARM` …).
    pub arch_vars: BTreeMap<String, String>,
    /// Those of them that were set to another value than the distribution's: tools get the target
    /// architecture's variable, and -x shows it.
    pub arch_vars_changed: Vec<String>,
    /// GOEXPERIMENT as given (`cfg.RawGOEXPERIMENT`).
    pub raw_goexperiment: String,
    /// GOEXPERIMENT in canonical form relative to the baseline (`cfg.CleanGOEXPERIMENT`).
    pub clean_goexperiment: String,
    /// Names of all enabled experiments (baseline plus settings), sorted as `goexperiment.` tags
    /// are.
    pub experiments: Vec<String>,
    /// Set when GOEXPERIMENT did not parse; reported when a build starts (`cfg.ExperimentErr`).
    pub experiment_error: Option<String>,
    /// GOFIPS140: `off`, `latest`, `v1.0.0` …
    pub gofips140: String,
    /// `.exe` on Windows targets.
    pub exe_suffix: String,
}

/// Build-constraint context (go/build.Context).
#[derive(Debug, Clone, Default)]
pub struct BuildContext {
    /// CGO_ENABLED after defaults.
    pub cgo_enabled: bool,
    /// `-tags`.
    pub build_tags: Vec<String>,
    /// `goexperiment.*`, `amd64.v1`, `race` …, in the stock command's order.
    pub tool_tags: Vec<String>,
    /// `go1.1` … `go1.N`.
    pub release_tags: Vec<String>,
    /// `-installsuffix`, with `race`/`msan`/`asan`/`shared` added as the stock command does.
    pub install_suffix: String,
    /// `gc`.
    pub compiler: String,
}

/// Directories named by the environment. Absolute.
#[derive(Debug, Clone, Default)]
pub struct Dirs {
    /// GOPATH, split.
    pub gopath: Vec<String>,
    /// GOBIN, or empty.
    pub gobin: String,
    /// GOMODCACHE.
    pub gomodcache: String,
    /// GOCACHE; `off` or empty where disabled, with the reason in `gocache_error`.
    pub gocache: String,
    /// Why the cache directory is missing, as the stock command prints it.
    pub gocache_error: Option<String>,
    /// GOTMPDIR, or the system's temporary directory.
    pub tmp: String,
    /// The user's home directory, where known.
    pub home: String,
}

/// Module settings.
#[derive(Debug, Clone, Default)]
pub struct ModuleSettings {
    /// GO111MODULE as given: ``, `auto`, `on`, `off`.
    pub go111module: String,
    /// GOWORK as given: empty, `off`, or a path.
    pub gowork: String,
    /// `-mod`: empty when not given.
    pub mod_flag: String,
    /// `-mod` was given on the command line or in GOFLAGS.
    pub mod_explicit: bool,
    /// `-modfile`.
    pub modfile: String,
    /// `-modcacherw`.
    pub modcacherw: bool,
    /// `-overlay` file.
    pub overlay: String,
    /// GOFLAGS was not empty (some messages mention it).
    pub goflags: String,
    /// GOSUMDB, GONOSUMDB/GONOSUMCHECK/GOPRIVATE/GOPROXY/GOINSECURE/GONOPROXY/GOVCS/GOAUTH.
    pub network: BTreeMap<String, String>,
}

/// One of `-asmflags`, `-gcflags`, `-ldflags`, `-gccgoflags`: `[pattern=]flags`, later ones
/// winning. Which packages a pattern matches is decided while loading (`load/flags.rs`).
#[derive(Debug, Clone, Default)]
pub struct PerPackageFlag {
    /// The flag was given at least once.
    pub present: bool,
    /// In the order given. `pattern` is `None` when no `pattern=` was written: then the entry is
    /// for the packages named on the command line.
    pub entries: Vec<PerPackageEntry>,
    /// The last value as given: what build info records (`-gcflags` setting).
    pub raw: String,
}

/// One value of a [`PerPackageFlag`].
#[derive(Debug, Clone, Default)]
pub struct PerPackageEntry {
    /// Package pattern before the `=`.
    pub pattern: Option<String>,
    /// The flags after it, split as the stock command splits.
    pub flags: Vec<String>,
}

/// Build flags, as parsed, with defaults applied.
#[derive(Debug, Clone, Default)]
pub struct BuildFlags {
    /// `-a`
    pub a: bool,
    /// `-n`
    pub n: bool,
    /// `-p`
    pub p: usize,
    /// `-v`
    pub v: bool,
    /// `-x`. Under `-n` alone it is false: the shell shows commands for either, all else only for
    /// `-x`.
    pub x: bool,
    /// `-work`
    pub work: bool,
    /// `-json` of build, install, test
    pub json: bool,
    /// `-o`
    pub o: String,
    /// `-asan`
    pub asan: bool,
    /// `-msan`
    pub msan: bool,
    /// `-race`
    pub race: bool,
    /// `-cover`
    pub cover: bool,
    /// `-covermode`, with its default filled in (`set`, or `atomic` under `-race`).
    pub cover_mode: String,
    /// `-covermode` as given, empty when not.
    pub cover_mode_given: String,
    /// `-coverpkg`
    pub coverpkg: Vec<String>,
    /// `-asmflags`
    pub asmflags: PerPackageFlag,
    /// `-gcflags`
    pub gcflags: PerPackageFlag,
    /// `-gccgoflags`
    pub gccgoflags: PerPackageFlag,
    /// `-ldflags`
    pub ldflags: PerPackageFlag,
    /// `-buildmode` as given (`default` when not). See also [`ModeSettings`].
    pub buildmode: String,
    /// `-buildvcs`: `true`, `false` or `auto`.
    pub buildvcs: String,
    /// `-compiler` was given.
    pub compiler_given: bool,
    /// `-installsuffix` as given.
    pub install_suffix: String,
    /// `-linkshared`
    pub linkshared: bool,
    /// `-pgo`: `auto`, `off` or a path (made absolute).
    pub pgo: String,
    /// `-pkgdir`, absolute.
    pub pkgdir: String,
    /// `-tags` as given.
    pub tags: Vec<String>,
    /// `-toolexec`, split.
    pub toolexec: Vec<String>,
    /// `-trimpath`
    pub trimpath: bool,
    /// `-debug-actiongraph`
    pub debug_actiongraph: String,
    /// `-debug-trace`
    pub debug_trace: String,
    /// `-debug-runtime-trace`
    pub debug_runtime_trace: String,
}

impl BuildFlags {
    /// `-n` or `-x`: commands are shown.
    pub fn shows_commands(&self) -> bool {
        self.n || self.x
    }
}

/// What work/init.go derives from `-buildmode`, `-race`, `-msan`, `-asan`, `-linkshared`.
#[derive(Debug, Clone, Default)]
pub struct ModeSettings {
    /// `-buildmode` to hand to the linker (`ldBuildmode`): `exe`, `pie`, `c-archive` …
    pub ld_buildmode: String,
    /// The effective `cfg.BuildBuildmode` (`-msan` may turn `default` into `pie`).
    pub buildmode: String,
    /// Flags every compile gets (`forcedGcflags`): `-race`, `-shared`, `-dynlink`, `-installsuffix`
    /// …
    pub forced_gcflags: Vec<String>,
    /// Flags every assembly gets.
    pub forced_asmflags: Vec<String>,
    /// Flags every link gets.
    pub forced_ldflags: Vec<String>,
    /// Which packages the build mode takes from the command line's.
    pub pkgs_filter: PkgsFilter,
}

/// Which of the packages named on the command line a build mode builds (`pkgsFilter`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PkgsFilter {
    /// All of them.
    #[default]
    All,
    /// Those named main; none is an error.
    Main,
    /// Those not named main.
    NotMain,
    /// Exactly one main package is required.
    OneMain,
}

/// The environment, and the go/env file beneath it.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// The process's environment at start, in order (`cfg.OrigEnv`).
    pub orig: Vec<(String, String)>,
    /// The variables set for every child on top of `orig` (`cfg.CmdEnv`): PWD is added per command.
    pub cmd: Vec<(String, String)>,
    /// `orig` as a map.
    pub vars: BTreeMap<String, String>,
    /// The user's go/env file ($GOENV) over GOROOT/go.env: consulted after `vars`. A setting that
    /// is empty here hides the one beneath.
    pub file: BTreeMap<String, String>,
    /// GOROOT/go.env alone.
    pub goroot_file: BTreeMap<String, String>,
    /// `GOENV`: path of the user's file, `off`, or empty.
    pub goenv: String,
}

impl Environment {
    /// The process's own variable (os.Getenv): empty when unset.
    pub fn os(&self, key: &str) -> &str {
        self.vars.get(key).map_or("", String::as_str)
    }

    /// A go command setting (cfg.Getenv): the process's variable if set and not empty, else the
    /// files'.
    pub fn get(&self, key: &str) -> &str {
        match self.os(key) {
            "" => self.file.get(key).map_or("", String::as_str),
            value => value,
        }
    }
}

/// GODEBUG switches that the go command itself obeys.
#[derive(Debug, Clone, Copy, Default)]
pub struct DebugSettings {
    /// `gocachehash=1`: print how each key is computed.
    pub cache_hash: bool,
    /// `gocacheverify=1`: run everything and compare with the cache.
    pub cache_verify: bool,
    /// `gocachetest=1`: print why a test result was or was not cached.
    pub cache_test: bool,
}

impl DebugSettings {
    /// Whether anything of the cache's working is traced or checked.
    pub fn traces_cache(&self) -> bool {
        self.cache_hash || self.cache_verify || self.cache_test
    }
}
