//! All that a package's archive depends on, and the key made of it.
//!
//! [`Inputs`] is the one place: [`Inputs::key`] destructures it without `..`, so an input that is
//! not hashed does not compile. It holds no reference to the package or the settings, and the
//! command-line builders of the compile (`toolchain/`) get nothing else: a setting that is neither
//! keyed nor listed in [`Unkeyed`], with a reason, can't reach a tool.
//!
//! Answers to `buildActionID` in cmd/go/internal/work/exec.go.

mod files;
mod unkeyed;

use forgo_cache::{ActionId, Hash, OutputId};
use forgo_golang::gover;
use forgo_golang::quote::{quote, quote_slice};
use forgo_load::config::Config;
use forgo_load::fsys::Overlay;
use forgo_load::package::Package;

use crate::action::own_keys::Header;
use crate::action::{ActionCx, ActionError, Facts};
use crate::build_id;
use crate::plan::{Kind, NodeId};
use crate::toolchain::cc::inputs::CInputs;
use crate::toolchain::reread;

pub use files::Files;
use files::Part;
pub use unkeyed::{Module, Unkeyed};

/// What goes into compiling a package.
#[derive(Debug)]
pub struct Inputs<'r> {
    /// Import path.
    pub import_path: &'r str,
    /// What the sources' directory is called in the result.
    pub place: Place<'r>,
    /// The module's `go` line (empty if it has none); `None` outside modules.
    pub go_line: Option<&'r str>,
    /// GOOS.
    pub goos: &'r str,
    /// GOARCH.
    pub goarch: &'r str,
    /// No debug information.
    pub omit_debug: bool,
    /// Part of the standard library.
    pub standard: bool,
    /// Imported as ./ or ../.
    pub local: bool,
    /// What such imports are relative to.
    pub local_prefix: &'r str,
    /// -trimpath.
    pub trimpath: bool,
    /// Not a command though named main.
    pub force_library: bool,
    /// Coverage mode, or empty.
    pub cover_mode: &'r str,
    /// Flags of the compiler for fuzzing; `None` where the package is not instrumented.
    pub fuzz_flags: Option<&'static [&'static str]>,
    /// Build information.
    pub build_info: Option<&'r str>,
    /// Compiler flags that follow from the build mode.
    pub forced_gcflags: &'r [String],
    /// -gcflags.
    pub gcflags: &'r [String],
    /// Assembler flags that follow from the build mode.
    pub forced_asmflags: &'r [String],
    /// -asmflags.
    pub asmflags: &'r [String],
    /// `GOAMD64` and its value.
    pub arch_env: (&'r str, &'r str),
    /// GOEXPERIMENT.
    pub experiment: &'r str,
    /// Variables that the compiler reads for its own debugging.
    pub magic: Vec<(&'static str, &'r str)>,
    /// The packages imported, in the order of the plan.
    pub imports: Vec<Import<'r>>,
    /// The converted PGO profile; empty where lists need none and the cache has none.
    pub pgo_profile: Option<&'r str>,
    /// Source files, by name and content.
    pub files: Files<'r>,
    /// C compilers and their flags, of a package with cgo or SWIG.
    pub c: Option<CInputs<'r>>,
    /// What the key leaves out.
    pub unkeyed: Unkeyed<'r>,
}

/// What the sources' directory is called in debug information.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'r> {
    /// It is called by the module (-trimpath).
    Module {
        /// Path.
        path: &'r str,
        /// Version.
        version: &'r str,
    },
    /// Its name does not show: -trimpath outside modules, GOROOT, the work directory.
    Hidden,
    /// By its own name.
    Dir(&'r str),
}

/// A package imported.
#[derive(Debug, Clone, Copy)]
pub struct Import<'r> {
    /// Import path.
    pub import_path: &'r str,
    /// Content ID of its archive.
    pub content_id: &'r str,
    /// Its archive; none for built-in packages.
    pub archive: Option<&'r str>,
}

const MAGIC: [&str; 4] = [
    "GOCLOBBERDEADHASH",
    "GOSSAFUNC",
    "GOSSADIR",
    "GOCOMPILEDEBUG",
];

impl<'r> Inputs<'r> {
    /// Gathers the inputs of building `build`'s package, whose dependencies `deps` are done.
    pub fn gather(cx: &ActionCx<'r>, build: NodeId, deps: &[NodeId]) -> Inputs<'r> {
        let job = &cx.run.job;
        let package = cx.package_of(build).expect("a build has a package");
        let pgo = deps
            .iter()
            .find(|&&d| matches!(cx.node_of(d).kind, Kind::PreprocessPgo { .. }));
        let mut inputs = Inputs::of(job.config, job.overlay, &job.plan.work_dir, package);
        inputs.imports = deps.iter().filter_map(|&dep| Import::of(cx, dep)).collect();
        inputs.pgo_profile = pgo.map(|&dep| cx.outcome(dep).built.path().unwrap_or_default());
        inputs
    }

    /// Returns those of a package that imports nothing and has no profile. Does no I/O.
    pub fn of(
        config: &'r Config,
        overlay: &'r Overlay,
        work_dir: &str,
        package: &'r Package,
    ) -> Inputs<'r> {
        let internal = &package.internal;
        let magic = MAGIC.map(|name| (name, config.env.os(name)));
        let has_c = package.uses_cgo() || package.uses_swig();
        Inputs {
            import_path: &package.import_path,
            place: Place::of(config, work_dir, package),
            go_line: package.module.as_ref().map(|m| m.go_version.as_str()),
            goos: &config.target.goos,
            goarch: &config.target.goarch,
            omit_debug: internal.omit_debug,
            standard: package.standard,
            local: internal.local,
            local_prefix: &internal.local_prefix,
            trimpath: config.flags.trimpath,
            force_library: internal.force_library,
            cover_mode: &internal.cover.mode,
            fuzz_flags: fuzz_flags(config).filter(|_| internal.fuzz_instrument),
            build_info: internal.build_info.as_deref(),
            forced_gcflags: &config.modes.forced_gcflags,
            gcflags: &internal.gcflags,
            forced_asmflags: &config.modes.forced_asmflags,
            asmflags: &internal.asmflags,
            arch_env: (&config.target.arch_env.0, &config.target.arch_env.1),
            experiment: &config.target.clean_goexperiment,
            magic: magic
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .collect(),
            imports: Vec::new(),
            pgo_profile: None,
            files: Files::of(package),
            c: has_c.then(|| CInputs::of(config, package)),
            unkeyed: Unkeyed::of(config, overlay, package),
        }
    }

    /// The key: equal inputs make equal archives.
    pub fn key(&self, facts: &dyn Facts) -> Result<ActionId, ActionError> {
        let name = format_args!("build {}", self.import_path);
        let mut hash = facts.hashes().new_hash(name);
        let imported = self.imports.iter().map(|i| i.content_id);
        self.hash(facts, &mut hash, Part::Whole, self.place, imported)?;
        Ok(hash.action_id())
    }

    /// The key of `crate::reuse::cutoff`: in place of the content ID of each imported package it
    /// has the result of `imported`.
    pub fn key_by(
        &self,
        facts: &dyn Facts,
        imported: &[String],
        headers: &[Header],
    ) -> Result<ActionId, ActionError> {
        assert_eq!(imported.len(), self.imports.len());
        let mut hash = facts.hashes().new_own_hash("build by export data");
        let imported = imported.iter().map(String::as_str);
        self.hash(facts, &mut hash, Part::Whole, self.place, imported)?;
        hash_headers(&mut hash, headers);
        Ok(hash.action_id())
    }

    /// The key of `crate::reuse::moving`: it has another place, and in place of the content ID of
    /// each imported package the result of `imported`.
    pub fn key_elsewhere(
        &self,
        facts: &dyn Facts,
        place: Place<'_>,
        imported: &[String],
        headers: &[Header],
    ) -> Result<ActionId, ActionError> {
        assert_eq!(imported.len(), self.imports.len());
        let mut hash = facts.hashes().new_own_hash("build everywhere 2");
        let imported = imported.iter().map(String::as_str);
        self.hash(facts, &mut hash, Part::Whole, place, imported)?;
        hash_headers(&mut hash, headers);
        Ok(hash.action_id())
    }

    /// The key of `crate::reuse::moving::go_part`: as [`Inputs::key_elsewhere`], of what the Go
    /// compiler alone reads of a cgo package. `generated` are the sources that cgo wrote, by name.
    pub fn key_of_go_part(
        &self,
        facts: &dyn Facts,
        place: Place<'_>,
        imported: &[String],
        generated: &[(&str, OutputId)],
    ) -> Result<ActionId, ActionError> {
        assert_eq!(imported.len(), self.imports.len());
        let mut hash = facts.hashes().new_own_hash("Go part everywhere");
        let imported = imported.iter().map(String::as_str);
        self.hash(facts, &mut hash, Part::Go, place, imported)?;
        for (name, text) in generated {
            writeln!(hash, "generated {} {text}", quote(name));
        }
        Ok(hash.action_id())
    }

    fn hash<'a>(
        &self,
        facts: &dyn Facts,
        h: &mut Hash<'_>,
        part: Part,
        place: Place<'_>,
        imported: impl Iterator<Item = &'a str>,
    ) -> Result<(), ActionError> {
        let Inputs {
            import_path,
            place: _,
            go_line,
            goos,
            goarch,
            omit_debug,
            standard,
            local,
            local_prefix,
            trimpath,
            force_library,
            cover_mode,
            fuzz_flags,
            build_info,
            forced_gcflags,
            gcflags,
            forced_asmflags,
            asmflags,
            arch_env: (arch_key, arch_value),
            experiment,
            magic,
            imports,
            pgo_profile,
            files,
            c,
            unkeyed: _,
        } = self;
        writeln!(h, "compile");
        match place {
            Place::Module { path, version } => writeln!(h, "module {path}@{version}"),
            Place::Hidden => {}
            Place::Dir(dir) => writeln!(h, "dir {dir}"),
        }
        if let Some(version) = go_line {
            writeln!(h, "go {version}");
        }
        writeln!(h, "goos {goos} goarch {goarch}");
        writeln!(h, "import {}", quote(import_path));
        let prefix = quote(local_prefix);
        writeln!(
            h,
            "omitdebug {omit_debug} standard {standard} local {local} prefix {prefix}"
        );
        if *trimpath {
            writeln!(h, "trimpath");
        }
        if *force_library {
            writeln!(h, "forcelibrary");
        }
        if let (Part::Whole, Some(c)) = (part, c) {
            c.hash(facts, h, files)?;
        }
        if !cover_mode.is_empty() {
            writeln!(
                h,
                "cover {} {}",
                quote(cover_mode),
                quote(&facts.tool_id("cover")?)
            );
        }
        if let Some(flags) = fuzz_flags {
            writeln!(h, "fuzz {}", quote_slice(flags));
        }
        if let Some(info) = build_info {
            writeln!(h, "modinfo {}", quote(info));
        }

        let flags = (quote_slice(forced_gcflags), quote_slice(gcflags));
        writeln!(
            h,
            "compile {} {} {}",
            facts.tool_id("compile")?,
            flags.0,
            flags.1
        );
        if part == Part::Whole && !files.s.is_empty() {
            let flags = (quote_slice(forced_asmflags), quote_slice(asmflags));
            writeln!(
                h,
                "asm {} {} {}",
                quote(&facts.tool_id("asm")?),
                flags.0,
                flags.1
            );
        }
        writeln!(h, "{arch_key}={arch_value}");
        if !experiment.is_empty() {
            writeln!(h, "GOEXPERIMENT={}", quote(experiment));
        }
        for (name, value) in magic {
            writeln!(h, "magic {name}={value}");
        }

        for file in files.of_part(part) {
            writeln!(h, "file {file} {}", facts.file_hash(&files.path(file)));
        }
        for (import, id) in imports.iter().zip(imported) {
            writeln!(h, "import {} {id}", import.import_path);
        }
        if let Some(profile) = pgo_profile {
            writeln!(h, "pgofile {}", facts.file_hash(profile));
        }
        Ok(())
    }

    /// Reports whether the files are still as the key describes them; see `toolchain::reread`.
    pub fn are_as_hashed(&self, cx: &ActionCx<'_>) -> bool {
        let profile = self.pgo_profile.filter(|profile| !profile.is_empty());
        let profile = reread::are_as_hashed(cx, profile);
        self.files.are_as_hashed(cx) && profile
    }

    /// The language version to compile for: the module's, if this distribution knows it
    /// (gover.Lang).
    pub fn language(&self) -> String {
        let local = gover::from_toolchain(self.unkeyed.version).unwrap_or_default();
        match self.go_line {
            Some("") => gover::lang(DEFAULT_GO_MOD_VERSION),
            Some(version) if is_allowed(local, version) => gover::lang(version),
            _ => gover::lang(local),
        }
    }
}

/// What a go.mod without a `go` line means (gover.DefaultGoModVersion).
const DEFAULT_GO_MOD_VERSION: &str = "1.16";

/// The release that the distribution is of: `1.27.3` (gover.Local).
pub fn local_version(config: &Config) -> &str {
    gover::from_toolchain(&config.dist.version).unwrap_or_default()
}

/// Whether the distribution is new enough for a module's `go` line (`allowedVersion`).
pub fn allowed(config: &Config, version: &str) -> bool {
    is_allowed(local_version(config), version)
}

fn is_allowed(local: &str, version: &str) -> bool {
    version.is_empty() || gover::compare(local, version).is_ge()
}

/// Headers that are not in the stock key.
fn hash_headers(h: &mut Hash<'_>, headers: &[Header]) {
    for Header { name, hash } in headers {
        writeln!(h, "header {} {hash}", quote(name));
    }
}

/// The compiler's flags for fuzzing, on targets that know it (`fuzzInstrumentFlags`).
fn fuzz_flags(config: &Config) -> Option<&'static [&'static str]> {
    let target = &config.target;
    let arch = matches!(target.goarch.as_str(), "amd64" | "arm64" | "loong64");
    let os = matches!(
        target.goos.as_str(),
        "darwin" | "freebsd" | "linux" | "openbsd" | "windows"
    );
    (arch && os).then_some(&["-d=libfuzzer"])
}

impl<'r> Place<'r> {
    fn of(config: &Config, work_dir: &str, p: &'r Package) -> Self {
        if config.flags.trimpath {
            match &p.module {
                Some(m) => Place::Module {
                    path: &m.path,
                    version: &m.version,
                },
                None => Place::Hidden,
            }
        } else if p.goroot || p.dir.starts_with(work_dir) {
            Place::Hidden
        } else {
            Place::Dir(&p.dir)
        }
    }
}

impl<'r> Import<'r> {
    /// What the build of an imported package gives; `None` of a node that is not such a build.
    fn of(cx: &ActionCx<'r>, dep: NodeId) -> Option<Self> {
        let package = cx.package_of(dep)?;
        let outcome = cx.outcome(dep);
        Some(Import {
            import_path: &package.import_path,
            content_id: build_id::content_id(&outcome.build_id),
            archive: outcome.built.path(),
        })
    }
}
