//! All that a linked executable or shared library depends on, and the keys made of it.
//!
//! As for compiles, the key takes [`Inputs`] apart without `..`.
//!
//! Answers to `linkActionID`, `linkSharedActionID` and `printLinkerConfig` in
//! cmd/go/internal/work/exec.go.

use std::sync::PoisonError;

use forgo_cache::{ActionId, Hash};
use forgo_golang::quote::{quote, quote_bytes, quote_slice};
use forgo_golang::raw;

use crate::action::{ActionCx, ActionError, Artifact};
use crate::build_id;
use crate::config::Config;
use crate::footprint::{self, Look};
use crate::package::Package;
use crate::plan::{Kind, NodeId};

/// What goes into an executable or a shared library.
#[derive(Debug)]
pub struct Inputs<'r> {
    /// -buildmode.
    pub buildmode: &'r str,
    /// GOOS.
    pub goos: &'r str,
    /// GOARCH.
    pub goarch: &'r str,
    /// -trimpath.
    pub trimpath: bool,
    /// Linker flags that follow from the build mode.
    pub forced_ldflags: &'r [String],
    /// What -buildmode is to the linker.
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
    /// The main package; of a shared library the holder of the command line's flags.
    pub package: &'r Package,
    /// Where tools lie, what is shown: nothing that changes the result.
    pub config: &'r Config,
}

/// A package's archive that is linked.
#[derive(Debug)]
pub struct Archive<'r> {
    /// The package.
    pub package: &'r Package,
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
    /// The inputs of the link `link`. `assumed` is the build ID of a main package's build that is
    /// not over yet.
    pub fn gather(cx: &ActionCx<'r>, link: NodeId, assumed: Option<(NodeId, &str)>) -> Inputs<'r> {
        let config = cx.config();
        let (target, modes) = (&config.target, &config.modes);
        let trimpath = config.flags.trimpath;
        let archive = |&dep: &NodeId| Archive::of(cx, dep, assumed);
        Inputs {
            buildmode: &modes.buildmode,
            goos: &target.goos,
            goarch: &target.goarch,
            trimpath,
            forced_ldflags: &modes.forced_ldflags,
            ld_buildmode: &modes.ld_buildmode,
            arch_env: (&target.arch_env.0, &target.arch_env.1),
            experiment: &target.clean_goexperiment,
            goroot: if trimpath {
                ""
            } else {
                &config.dist.goroot_given
            },
            extlink_enabled: config.env.get("GO_EXTLINK_ENABLED"),
            archives: cx.node_of(link).deps.iter().filter_map(archive).collect(),
            package: cx.package_of(link).expect("a link has a package"),
            config,
        }
    }

    /// The key of an executable.
    pub fn executable_key(&self, cx: &ActionCx<'_>) -> Result<ActionId, ActionError> {
        let p = self.package;
        let mut h = cx
            .run
            .job
            .hashes
            .new_hash(format_args!("link {}", p.import_path));
        writeln!(h, "link");
        let (mode, os, arch) = (self.buildmode, self.goos, self.goarch);
        writeln!(h, "buildmode {mode} goos {os} goarch {arch}");
        writeln!(h, "import {}", quote(&p.import_path));
        let (omit, prefix) = (p.internal.omit_debug, quote(&p.internal.local_prefix));
        let (standard, local) = (p.standard, p.internal.local);
        writeln!(
            h,
            "omitdebug {omit} standard {standard} local {local} prefix {prefix}"
        );
        writeln!(h, "defaultgodebug {}", quote(&p.default_godebug));
        if self.trimpath {
            writeln!(h, "trimpath");
        }
        self.hash_linker(cx, &mut h, Some(p))?;

        for archive in &self.archives {
            let path = &archive.package.import_path;
            if archive.exists {
                writeln!(
                    h,
                    "packagefile {path}={}",
                    build_id::content_id(&archive.build_id)
                );
            }
            // It is in the executable's own build ID.
            if archive.package.name == "main" {
                writeln!(h, "packagemain {}", archive.build_id);
            }
            hash_shared_library(cx, &mut h, archive.package);
        }
        Ok(h.action_id())
    }

    /// The key of a shared library whose group of members is `members`.
    pub fn shared_key(
        &self,
        cx: &ActionCx<'_>,
        members: &[Archive<'_>],
    ) -> Result<ActionId, ActionError> {
        let mut h = cx.run.job.hashes.new_hash("linkShared");
        writeln!(h, "linkShared");
        writeln!(h, "goos {} goarch {}", self.goos, self.goarch);
        self.hash_linker(cx, &mut h, None)?;
        for archive in self.archives.iter().filter(|a| !a.file.is_empty()) {
            hash_content(cx, &mut h, "packagefile", archive.package, archive.file);
            hash_shared_library(cx, &mut h, archive.package);
        }
        for member in members {
            hash_content(cx, &mut h, "top", member.package, member.file);
        }
        Ok(h.action_id())
    }

    fn hash_linker(
        &self,
        cx: &ActionCx<'_>,
        h: &mut Hash<'_>,
        p: Option<&Package>,
    ) -> Result<(), ActionError> {
        let Inputs {
            forced_ldflags,
            ld_buildmode,
            arch_env: (key, value),
            experiment,
            goroot,
            extlink_enabled,
            // Hashed by the callers.
            buildmode: _,
            goos: _,
            goarch: _,
            trimpath: _,
            archives: _,
            package: _,
            config: _,
        } = self;
        let flags = quote_slice(forced_ldflags);
        writeln!(h, "link {} {flags} {ld_buildmode}", cx.tool_id("link")?);
        if let Some(p) = p {
            writeln!(h, "linkflags {}", quote_slice(&p.internal.ldflags));
        }
        writeln!(h, "{key}={value}");
        if !experiment.is_empty() {
            writeln!(h, "GOEXPERIMENT={}", quote(experiment));
        }
        writeln!(h, "GOROOT={goroot}");
        writeln!(h, "GO_EXTLINK_ENABLED={extlink_enabled}");
        Ok(())
    }

    /// Some package has C++ sources.
    pub fn has_cxx(&self) -> bool {
        std::iter::once(self.package)
            .chain(self.archives.iter().map(|archive| archive.package))
            .any(|p| !p.cxx_files.is_empty() || !p.swig_cxx_files.is_empty())
    }

    /// Reports whether cmd/link might decide to link with the C compiler. The C code of the distribution's own
    /// packages, such as net, it links by itself.
    pub fn may_link_externally(&self) -> bool {
        let has_c = |p: &Package| p.uses_cgo() || p.uses_swig() || !p.syso_files.is_empty();
        let archives = self.archives.iter().map(|archive| archive.package);
        let mut packages = archives.chain([self.package]);
        let mut flags = self
            .forced_ldflags
            .iter()
            .chain(&self.package.internal.ldflags);
        let names_linking = |flag: &String| {
            ["linkmode", "extld", "race", "msan", "asan"]
                .iter()
                .any(|n| flag.contains(n))
        };
        !matches!(self.ld_buildmode, "" | "exe" | "pie")
            || self.extlink_enabled == "1"
            || packages.any(|p| !p.goroot && has_c(p))
            || flags.any(names_linking)
    }

    /// What the linker is told: where archives and shared libraries are, and the build information.
    pub fn import_config(&self) -> String {
        let mut text = String::new();
        for archive in &self.archives {
            let p = archive.package;
            text += &format!("packagefile {}={}\n", p.import_path, archive.file);
            if !p.shlib.is_empty() {
                text += &format!("packageshlib {}={}\n", p.import_path, p.shlib);
            }
        }
        let info = self
            .package
            .internal
            .build_info
            .as_deref()
            .unwrap_or_default();
        text + &format!("modinfo {}\n", quote_bytes(&framed_build_info(info)))
    }
}

/// Build information between the marks by which it is found in executables (modload.ModInfoData).
fn framed_build_info(info: &str) -> Vec<u8> {
    const START: [u8; 16] = 0x3077_af0c_9274_0802_41e1_c107_e6d6_18e6_u128.to_be_bytes();
    const END: [u8; 16] = 0xf932_4331_8618_2072_0082_4210_4116_d8f2_u128.to_be_bytes();
    [&START, &*raw::bytes(info), &END].concat()
}

fn hash_shared_library(cx: &ActionCx<'_>, h: &mut Hash<'_>, p: &Package) {
    if !p.shlib.is_empty() {
        hash_content(cx, h, "packageshlib", p, &p.shlib);
    }
}

/// `WORD PATH=` and the content ID that a file carries: any bytes, if a C linker gave the ID.
fn hash_content(cx: &ActionCx<'_>, h: &mut Hash<'_>, word: &str, p: &Package, file: &str) {
    let mut line = format!("{word} {}=", p.import_path).into_bytes();
    line.extend_from_slice(&content_of(cx, file));
    line.push(b'\n');
    h.write(&line);
}

/// The content ID that a file carries; the hash of the file if it carries none (`Builder.buildID`).
/// As in the stock command it stays what it was when it was first asked for, even if the run then
/// puts a new shared library in the file's place.
fn content_of(cx: &ActionCx<'_>, file: &str) -> Vec<u8> {
    let ids = || {
        cx.run
            .content_ids
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    };
    if let Some(id) = ids().get(file) {
        return id.clone();
    }
    footprint::saw(file, Look::Whole);
    let mut id = match build_id::read_build_id_bytes(file) {
        Ok(id) => id,
        Err(_) => cx.file_hash(file).into_bytes(),
    };
    // An empty one is asked for again.
    let known = !id.is_empty();
    id.drain(..id.iter().rposition(|&b| b == b'/').map_or(0, |at| at + 1));
    if known {
        ids().insert(file.to_owned(), id.clone());
    }
    id
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
            let build_id = build_id.to_owned();
            return Some(Archive {
                package,
                node,
                file: "",
                build_id,
                exists: true,
            });
        }
        let outcome = cx.done(node);
        let file = outcome.and_then(|o| o.built.path()).unwrap_or_default();
        let elided = outcome.is_some_and(|o| o.built == Artifact::Elided);
        let mut build_id = outcome.map(|o| o.build_id.clone()).unwrap_or_default();
        let exists = elided || !file.is_empty() || !build_id.is_empty();
        if build_id.is_empty() && !file.is_empty() {
            build_id = String::from_utf8_lossy(&content_of(cx, file)).into_owned();
        }
        Some(Archive {
            package,
            node,
            file,
            build_id,
            exists,
        })
    }

    /// Whether the archive was made to be linked, not a library that links others.
    pub fn is_package(&self, cx: &ActionCx<'_>) -> bool {
        matches!(cx.node_of(self.node).kind, Kind::Build | Kind::Install)
    }
}
