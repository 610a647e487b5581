//! All that a linked executable or shared library depends on, and the keys made of it.
//!
//! As for compiles, the keys destructure [`Inputs`] without `..`, and the linker's command lines
//! are made of it alone.
//!
//! Answers to `linkActionID`, `linkSharedActionID` and `printLinkerConfig` in
//! cmd/go/internal/work/exec.go.

mod unkeyed;

use forgo_cache::{ActionId, Hash};
use forgo_golang::quote::{quote, quote_bytes, quote_slice};
use forgo_golang::raw;
use forgo_load::config::Config;
use forgo_load::package::Package;

use crate::action::{ActionCx, ActionError, Artifact, Facts};
use crate::build_id;

use crate::plan::{Kind, NodeId};

pub use unkeyed::Unkeyed;

/// What goes into an executable or a shared library. `package` means the main package; of a shared
/// library, the holder of the command line's flags.
#[derive(Debug)]
pub struct Inputs<'r> {
    /// -buildmode.
    pub buildmode: &'r str,
    /// GOOS.
    pub goos: &'r str,
    /// GOARCH.
    pub goarch: &'r str,
    /// Import path of the package.
    pub import_path: &'r str,
    /// No debug information.
    pub omit_debug: bool,
    /// The package is part of the standard library.
    pub standard: bool,
    /// The package is imported as ./ or ../.
    pub local: bool,
    /// Directory that such imports are relative to.
    pub local_prefix: &'r str,
    /// Default GODEBUG setting.
    pub default_godebug: &'r str,
    /// -trimpath.
    pub trimpath: bool,
    /// Linker flags that follow from the build mode.
    pub forced_ldflags: &'r [String],
    /// -ldflags.
    pub ldflags: &'r [String],
    /// The linker's -buildmode.
    pub ld_buildmode: &'r str,
    /// `GOAMD64` and its value.
    pub arch_env: (&'r str, &'r str),
    /// GOEXPERIMENT.
    pub experiment: &'r str,
    /// GOROOT, as it may show in the result: empty under -trimpath.
    pub goroot: &'r str,
    /// GO_EXTLINK_ENABLED.
    pub extlink_enabled: &'r str,
    /// The archives, in the order of the plan.
    pub archives: Vec<Archive<'r>>,
    /// What the key leaves out.
    pub unkeyed: Unkeyed<'r>,
}

/// A package's archive that is linked.
#[derive(Debug)]
pub struct Archive<'r> {
    /// Import path.
    pub import_path: &'r str,
    /// The package is named main.
    pub is_main: bool,
    /// Shared library that holds the package, or empty.
    pub shlib: &'r str,
    /// The package has C++ sources.
    pub has_cxx: bool,
    /// The node that gives the archive.
    pub node: NodeId,
    /// Its file.
    pub file: &'r str,
    /// Its build ID.
    pub build_id: String,
    /// There is an archive, or will be without being needed.
    pub exists: bool,
}

impl<'r> Inputs<'r> {
    /// Gathers the inputs of the link `link`. `assumed` is the build ID of a main package's build
    /// that is not over yet.
    pub fn gather(cx: &ActionCx<'r>, link: NodeId, assumed: Option<(NodeId, &str)>) -> Inputs<'r> {
        let package = cx.package_of(link).expect("a link has a package");
        let archive = |&dep: &NodeId| Archive::of(cx, dep, assumed);
        let archives = cx.node_of(link).deps.iter().filter_map(archive).collect();
        Inputs::of(cx.config(), package, archives)
    }

    /// Returns those of a package and archives. Does no I/O.
    pub fn of(config: &'r Config, package: &'r Package, archives: Vec<Archive<'r>>) -> Inputs<'r> {
        let (target, modes) = (&config.target, &config.modes);
        let trimpath = config.flags.trimpath;
        Inputs {
            buildmode: &modes.buildmode,
            goos: &target.goos,
            goarch: &target.goarch,
            import_path: &package.import_path,
            omit_debug: package.internal.omit_debug,
            standard: package.standard,
            local: package.internal.local,
            local_prefix: &package.internal.local_prefix,
            default_godebug: &package.default_godebug,
            trimpath,
            forced_ldflags: &modes.forced_ldflags,
            ldflags: &package.internal.ldflags,
            ld_buildmode: &modes.ld_buildmode,
            arch_env: (&target.arch_env.0, &target.arch_env.1),
            experiment: &target.clean_goexperiment,
            goroot: if trimpath {
                ""
            } else {
                &config.dist.goroot_given
            },
            extlink_enabled: config.env.get("GO_EXTLINK_ENABLED"),
            unkeyed: Unkeyed::of(config, package, &archives),
            archives,
        }
    }

    /// The key of an executable.
    pub fn executable_key(&self, facts: &dyn Facts) -> Result<ActionId, ActionError> {
        let Inputs {
            buildmode,
            goos,
            goarch,
            import_path,
            omit_debug,
            standard,
            local,
            local_prefix,
            default_godebug,
            trimpath,
            ldflags,
            archives,
            // Hashed by `hash_linker`.
            forced_ldflags: _,
            ld_buildmode: _,
            arch_env: _,
            experiment: _,
            goroot: _,
            extlink_enabled: _,
            unkeyed: _,
        } = self;
        let name = format_args!("link {import_path}");
        let mut h = facts.hashes().new_hash(name);
        writeln!(h, "link");
        writeln!(h, "buildmode {buildmode} goos {goos} goarch {goarch}");
        writeln!(h, "import {}", quote(import_path));
        let prefix = quote(local_prefix);
        writeln!(
            h,
            "omitdebug {omit_debug} standard {standard} local {local} prefix {prefix}"
        );
        writeln!(h, "defaultgodebug {}", quote(default_godebug));
        if *trimpath {
            writeln!(h, "trimpath");
        }
        self.hash_linker(facts, &mut h, Some(ldflags))?;

        for archive in archives {
            let path = archive.import_path;
            if archive.exists {
                writeln!(
                    h,
                    "packagefile {path}={}",
                    build_id::content_id(&archive.build_id)
                );
            }
            // It is in the executable's own build ID.
            if archive.is_main {
                writeln!(h, "packagemain {}", archive.build_id);
            }
            hash_shared_library(facts, &mut h, archive);
        }
        Ok(h.action_id())
    }

    /// The key of a shared library whose group of members is `members`.
    pub fn shared_key(
        &self,
        facts: &dyn Facts,
        members: &[Archive<'_>],
    ) -> Result<ActionId, ActionError> {
        let Inputs {
            goos,
            goarch,
            archives,
            // Hashed by `hash_linker`.
            forced_ldflags: _,
            ld_buildmode: _,
            arch_env: _,
            experiment: _,
            goroot: _,
            extlink_enabled: _,
            // A library is not a package; its members' archives have these.
            buildmode: _,
            import_path: _,
            omit_debug: _,
            standard: _,
            local: _,
            local_prefix: _,
            default_godebug: _,
            trimpath: _,
            // Left out by the stock command, too.
            ldflags: _,
            unkeyed: _,
        } = self;
        let mut h = facts.hashes().new_hash("linkShared");
        writeln!(h, "linkShared");
        writeln!(h, "goos {goos} goarch {goarch}");
        self.hash_linker(facts, &mut h, None)?;
        for archive in archives.iter().filter(|a| !a.file.is_empty()) {
            hash_content(facts, &mut h, "packagefile", archive, archive.file);
            hash_shared_library(facts, &mut h, archive);
        }
        for member in members {
            hash_content(facts, &mut h, "top", member, member.file);
        }
        Ok(h.action_id())
    }

    fn hash_linker(
        &self,
        facts: &dyn Facts,
        h: &mut Hash<'_>,
        ldflags: Option<&[String]>,
    ) -> Result<(), ActionError> {
        let flags = quote_slice(self.forced_ldflags);
        let ld_buildmode = self.ld_buildmode;
        writeln!(h, "link {} {flags} {ld_buildmode}", facts.tool_id("link")?);
        if let Some(ldflags) = ldflags {
            writeln!(h, "linkflags {}", quote_slice(ldflags));
        }
        let (key, value) = self.arch_env;
        writeln!(h, "{key}={value}");
        if !self.experiment.is_empty() {
            writeln!(h, "GOEXPERIMENT={}", quote(self.experiment));
        }
        writeln!(h, "GOROOT={}", self.goroot);
        writeln!(h, "GO_EXTLINK_ENABLED={}", self.extlink_enabled);
        Ok(())
    }

    /// The text of importcfg.link: where archives and shared libraries are, and the build
    /// information.
    pub fn import_config(&self) -> String {
        let mut text = String::new();
        for archive in &self.archives {
            let Archive {
                import_path, shlib, ..
            } = archive;
            text += &format!("packagefile {import_path}={}\n", archive.file);
            if !shlib.is_empty() {
                text += &format!("packageshlib {import_path}={shlib}\n");
            }
        }
        let info = framed_build_info(self.unkeyed.build_info);
        text + &format!("modinfo {}\n", quote_bytes(&info))
    }
}

/// Build information between the marks by which it is found in executables (modload.ModInfoData).
fn framed_build_info(info: &str) -> Vec<u8> {
    const START: [u8; 16] = 0x3077_af0c_9274_0802_41e1_c107_e6d6_18e6_u128.to_be_bytes();
    const END: [u8; 16] = 0xf932_4331_8618_2072_0082_4210_4116_d8f2_u128.to_be_bytes();
    [&START, &*raw::bytes(info), &END].concat()
}

fn hash_shared_library(facts: &dyn Facts, h: &mut Hash<'_>, archive: &Archive<'_>) {
    if !archive.shlib.is_empty() {
        hash_content(facts, h, "packageshlib", archive, archive.shlib);
    }
}

/// `WORD PATH=` and the content ID that a file carries: any bytes, if a C linker gave the ID.
fn hash_content(
    facts: &dyn Facts,
    h: &mut Hash<'_>,
    word: &str,
    archive: &Archive<'_>,
    file: &str,
) {
    let mut line = format!("{word} {}=", archive.import_path).into_bytes();
    line.extend_from_slice(&facts.content_id(file));
    line.push(b'\n');
    h.write(&line);
}

fn has_cxx(p: &Package) -> bool {
    !p.cxx_files.is_empty() || !p.swig_cxx_files.is_empty()
}

impl<'r> Archive<'r> {
    /// What a node gives to a link; `None` of a node without a package.
    pub fn of(
        cx: &ActionCx<'r>,
        node: NodeId,
        assumed: Option<(NodeId, &str)>,
    ) -> Option<Archive<'r>> {
        let package = cx.package_of(node)?;
        if let Some((_, build_id)) = assumed.filter(|(id, _)| *id == node) {
            return Some(Archive::new(package, node, "", build_id.to_owned(), true));
        }
        let outcome = cx.done(node);
        let file = outcome.and_then(|o| o.built.path()).unwrap_or_default();
        let elided = outcome.is_some_and(|o| o.built == Artifact::Elided);
        let mut build_id = outcome.map(|o| o.build_id.clone()).unwrap_or_default();
        let exists = elided || !file.is_empty() || !build_id.is_empty();
        if build_id.is_empty() && !file.is_empty() {
            build_id = String::from_utf8_lossy(&cx.content_id(file)).into_owned();
        }
        Some(Archive::new(package, node, file, build_id, exists))
    }

    /// Returns that of a package.
    pub fn new(
        package: &'r Package,
        node: NodeId,
        file: &'r str,
        build_id: String,
        exists: bool,
    ) -> Archive<'r> {
        Archive {
            import_path: &package.import_path,
            is_main: package.name == "main",
            shlib: &package.shlib,
            has_cxx: has_cxx(package),
            node,
            file,
            build_id,
            exists,
        }
    }

    /// Whether the archive was made to be linked, not a library that links others.
    pub fn is_package(&self, cx: &ActionCx<'_>) -> bool {
        matches!(cx.node_of(self.node).kind, Kind::Build | Kind::Install)
    }
}
