//! The actions that make a package's archive: check cache, cover, cgo, compile, and install where
//! the archive has an install target.
//!
//! Answers to `CompileAction` and `installAction` in cmd/go/internal/work/action.go.

use forgo_golang::deep::deep;
use forgo_load::package::PackageId;
use sha2::{Digest, Sha256};

use crate::plan::builder::{BuildMode, Packages, PlanBuilder, Step};
use crate::plan::mode::Mode;
use crate::plan::node::{Kind, Node, NodeId};

impl<P: Packages> PlanBuilder<'_, P> {
    /// Compiles (and installs, according to `mode`) a package; never links.
    pub fn compile_action(&mut self, mode: BuildMode, dep_mode: BuildMode, p: PackageId) -> NodeId {
        self.compile(mode, dep_mode, p, false)
    }

    /// `compile_action`; with `vet_only` for what vet needs, which may not include the archive.
    pub(super) fn compile(
        &mut self,
        mode: BuildMode,
        dep_mode: BuildMode,
        p: PackageId,
        vet_only: bool,
    ) -> NodeId {
        let package = self.package(p);
        // The archive of a command is never installed.
        let install = mode.is_install() && !package.target.is_empty() && package.name != "main";

        // Not `cached`: an import cycle must find the entry before it is complete, or the stock
        // command would not return either; cycles are cut by the check on the package's error.
        let id = match self.lookup((Mode::Build, p)) {
            Some(id) => id,
            None => {
                let id = deep(|| self.new_compile(dep_mode, p));
                self.remember((Mode::Build, p), id);
                id
            }
        };

        let build = match self.node(id).mode {
            Mode::BuildInstall => self.node(id).deps[0],
            _ => id,
        };
        self.node_mut(build).need_build |= !vet_only;

        if install {
            self.install_action(id, mode)
        } else {
            id
        }
    }

    fn new_compile(&mut self, dep_mode: BuildMode, p: PackageId) -> NodeId {
        let objdir = self.new_objdir();
        let mut deps = self.import_builds(dep_mode, p);
        deps.extend(self.pgo_action(p));

        let package = self.package(p);
        if package.standard && matches!(package.import_path.as_str(), "builtin" | "unsafe") {
            return self.add(Node {
                package: Some(p),
                objdir,
                ..Node::group(Mode::BuiltIn, deps)
            });
        }

        let build = self.add(Node {
            kind: Kind::Build,
            package: Some(p),
            objdir: objdir.clone(),
            ..Node::group(Mode::Build, Vec::new())
        });
        let cov_meta_file = self.cov_meta_file(p);
        let check = self.add(Node {
            kind: Kind::CheckCache {
                build,
                cov_meta_file: cov_meta_file.clone(),
            },
            package: Some(p),
            objdir: objdir.clone(),
            ..Node::group(Mode::CheckCache, deps.clone())
        });
        deps.push(check);

        let cover = self.cover_action(p, build, check, &objdir, cov_meta_file);
        deps.extend(cover);

        let package = self.package(p);
        if package.uses_cgo() || package.uses_swig() {
            let cgo_deps = std::iter::once(check).chain(cover).collect();
            deps.push(self.cgo_action(p, &objdir, cgo_deps, cover.is_some()));
        }
        self.node_mut(build).deps = deps;
        build
    }

    /// The builds of what a package imports.
    fn import_builds(&mut self, dep_mode: BuildMode, p: PackageId) -> Vec<NodeId> {
        let package = self.package(p);
        if package.error.as_ref().is_some_and(|e| e.is_import_cycle) {
            return Vec::new();
        }
        let imports = package.internal.imports.clone();
        imports
            .into_iter()
            .map(|dep| self.compile_action(dep_mode, dep_mode, dep))
            .collect()
    }

    /// The conversion of the package's PGO profile, once for all packages that use it.
    fn pgo_action(&mut self, p: PackageId) -> Option<NodeId> {
        let profile = self.package(p).internal.pgo_profile.clone();
        if profile.is_empty() {
            return None;
        }
        let step = Step::on(Mode::PreprocessPgo, None, &profile);
        Some(self.cached(step, |b| {
            let objdir = b.new_objdir();
            b.add(Node {
                target: format!("{objdir}pgo.preprofile"),
                kind: Kind::PreprocessPgo { input: profile },
                objdir,
                ..Node::group(Mode::PreprocessPgo, Vec::new())
            })
        }))
    }

    fn cover_action(
        &mut self,
        p: PackageId,
        build: NodeId,
        check: NodeId,
        objdir: &str,
        cov_meta_file: Option<String>,
    ) -> Option<NodeId> {
        if self.package(p).internal.cover.mode.is_empty() {
            return None;
        }
        Some(self.cached((Mode::Cover, p), |b| {
            b.add(Node {
                kind: Kind::Cover {
                    build,
                    cov_meta_file,
                },
                package: Some(p),
                objdir: objdir.to_owned(),
                ..Node::group(Mode::Cover, vec![check])
            })
        }))
    }

    /// Name of the package's coverage meta-data file, where one is wanted
    /// (covcmd.MetaFileForPackage).
    fn cov_meta_file(&self, p: PackageId) -> Option<String> {
        let package = self.package(p);
        package.internal.cover.gen_meta.then(|| {
            let sum = Sha256::digest(package.import_path.as_bytes());
            format!("covmeta.{}", forgo_golang::quote::hex(&sum))
        })
    }

    /// Installs what `id` builds. The node keeps its number: nodes that depend on the build now
    /// depend on the install, which takes the temporary result away.
    pub(super) fn install_action(&mut self, id: NodeId, mode: BuildMode) -> NodeId {
        let node = self.node_mut(id);
        if matches!(node.mode, Mode::BuildInstall | Mode::LinkInstall) {
            if node.buggy_install && mode == BuildMode::Install {
                node.buggy_install = false;
            }
            return id;
        }
        if matches!(node.kind, Kind::Nothing) {
            return id;
        }

        let build = node.clone();
        let p = build.package.expect("what is installed has a package");
        let install_mode = match build.mode {
            Mode::Link => Mode::LinkInstall,
            _ => Mode::BuildInstall,
        };
        self.cached((install_mode, p), |b| {
            let target = b.package(p).target.clone();
            let objdir = build.objdir.clone();
            let build = b.add(build);
            *b.node_mut(id) = Node {
                kind: Kind::Install,
                package: Some(p),
                objdir,
                planned_built: target.clone(),
                target,
                buggy_install: mode == BuildMode::BuggyInstall,
                ..Node::group(install_mode, vec![build])
            };
            b.add_install_header(id);
            id
        })
    }

    /// The header that cgo makes is installed beside a C library.
    fn add_install_header(&mut self, install: NodeId) {
        let node = self.node(install);
        let package = self.package(node.package.expect("an install has a package"));
        let c_library = matches!(
            self.config.modes.buildmode.as_str(),
            "c-archive" | "c-shared"
        );
        if !package.uses_cgo() || !c_library {
            return;
        }
        let build = node.deps[0];
        let ext = forgo_golang::path::ext(&node.target);
        let header = Node {
            kind: Kind::InstallHeader,
            package: node.package,
            objdir: self.node(build).objdir.clone(),
            target: format!("{}.h", &node.target[..node.target.len() - ext.len()]),
            ..Node::group(Mode::InstallHeader, vec![build])
        };
        let header = self.add(header);
        self.node_mut(install).deps.push(header);
    }
}
