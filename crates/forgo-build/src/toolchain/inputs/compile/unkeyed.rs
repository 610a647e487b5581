//! What the tools of a compile read beside the inputs that their key has.

use std::collections::BTreeMap;

use forgo_golang::release::Release;
use forgo_load::config::Config;
use forgo_load::fsys::Overlay;
use forgo_load::package::Package;

use crate::toolchain::{Tools, changed_env};

/// Inputs that the command lines of a compile are made of and the stock key leaves out, with the
/// reason why it may. An input that is neither in the key nor here is out of reach of the
/// command-line builders.
#[derive(Debug)]
pub struct Unkeyed<'r> {
    /// Package name. It stands in the package clauses of the sources, which the key has.
    pub name: &'r str,
    /// Import path before `_test` was added. The import path in the key determines it.
    pub orig_import_path: &'r str,
    /// Import paths as the sources spell them. The key has the sources.
    pub raw_imports: &'r [String],
    /// The import paths that `raw_imports` resolve to, in the same order. The `import` lines of the
    /// key have each of them.
    pub imports: &'r [String],
    /// `//go:embed` patterns and the files they match. The patterns are in the sources, the names
    /// and contents of the files in `file` lines.
    pub embed: &'r BTreeMap<String, Vec<String>>,
    /// Configuration file of coverage, which the cover tool writes from keyed inputs.
    pub cover_config: &'r str,
    /// The package lies in GOROOT. Then the key has no directory, and C compilers hide it.
    pub goroot: bool,
    /// GOROOT, GOPATH element or module root that holds the package. Object files of C compilers
    /// do not show it: it is replaced by the module, which the key has under -trimpath.
    pub root: &'r str,
    /// The package's module. It shows only under -trimpath, when the key has path and version, and
    /// in the meta-data of coverage, whose paths are import paths: the key has these.
    pub module: Option<Module<'r>>,
    /// -buildmode. Each mode that changes a compile forces flags, which the key has.
    pub buildmode: &'r str,
    /// -installsuffix. It names directories of installed archives; the import configuration names
    /// each archive by its file.
    pub install_suffix: &'r str,
    /// Where the tools lie. The key has their IDs, asked for through -toolexec.
    pub tools: Tools<'r>,
    /// GOROOT, whose pkg/include assembly finds headers in. They belong to the release, which is
    /// the salt of every key.
    pub goroot_dir: &'r str,
    /// The release, with experiments: the salt, and the IDs of the tools.
    pub version: &'r str,
    /// The release: the salt of every key.
    pub release: Release,
    /// GOOS, GOARCH and the like, where the environment has other values: the key has the values.
    pub env: Vec<String>,
    /// Working directory of the compiler. All files are named by absolute paths; it is what
    /// positions in error messages are shortened by.
    pub cwd: &'r str,
    /// -overlay. The key has the contents of files with the overlay applied; paths of replacements
    /// are rewritten to the paths that they replace.
    pub overlay: &'r Overlay,
    /// All files of the package, for those rewritings. Empty without an overlay.
    pub overlaid: Vec<String>,
}

/// The names of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Module<'r> {
    /// Path.
    pub path: &'r str,
    /// Version; empty for main modules.
    pub version: &'r str,
    /// Directory.
    pub dir: &'r str,
}

impl<'r> Unkeyed<'r> {
    pub(super) fn of(config: &'r Config, overlay: &'r Overlay, p: &'r Package) -> Unkeyed<'r> {
        Unkeyed {
            name: &p.name,
            orig_import_path: &p.internal.orig_import_path,
            raw_imports: &p.internal.raw_imports,
            imports: &p.imports,
            embed: &p.internal.embed,
            cover_config: &p.internal.cover.cfg,
            goroot: p.goroot,
            root: &p.root,
            module: p.module.as_ref().map(|m| Module {
                path: &m.path,
                version: &m.version,
                dir: &m.dir,
            }),
            buildmode: &config.modes.buildmode,
            install_suffix: &config.context.install_suffix,
            tools: Tools::of(config),
            goroot_dir: &config.dist.goroot,
            version: &config.dist.version,
            release: config.dist.release,
            env: changed_env(config),
            cwd: &config.cwd,
            overlay,
            overlaid: match overlay.is_active() {
                true => p.all_files(),
                false => Vec::new(),
            },
        }
    }
}
