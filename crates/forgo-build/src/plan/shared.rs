//! The actions that make a shared library of packages (-buildmode=shared, -linkshared).
//!
//! Answers to `buildmodeShared` and `linkSharedAction` in cmd/go/internal/work/action.go, and
//! `libname` in work/build.go.

use forgo_golang::{path, pattern};
use forgo_load::package::{Package, PackageId};

use crate::plan::builder::{BuildMode, Packages, PlanBuilder, PlanError, Step};
use crate::plan::mode::Mode;
use crate::plan::node::{Kind, Node, NodeId};

impl<P: Packages> PlanBuilder<'_, P> {
    /// Turns `group`, the builds of `packages`, into the build of a shared library. `args` are the
    /// command line's patterns: the library is named after them.
    pub fn buildmode_shared(
        &mut self,
        mode: BuildMode,
        dep_mode: BuildMode,
        args: &[String],
        packages: &[PackageId],
        group: NodeId,
    ) -> Result<NodeId, PlanError> {
        let name = self.library_name(args, packages)?;
        self.link_shared_action(mode, dep_mode, &name, Some(group))
    }

    /// Links (and installs, according to `mode`) the library `shlib` from the builds in `group`.
    /// Without a group `shlib` is the path of a library that exists and lists its packages.
    pub(super) fn link_shared_action(
        &mut self,
        mode: BuildMode,
        dep_mode: BuildMode,
        shlib: &str,
        group: Option<NodeId>,
    ) -> Result<NodeId, PlanError> {
        let name = path::base(shlib);
        let step = Step::on(Mode::LinkShared, None, name);
        let build = match self.lookup(step.clone()) {
            Some(id) => id,
            None => {
                let group = match group {
                    Some(group) => group,
                    None => self.library_group(mode, dep_mode, shlib)?,
                };
                let id = self.new_link_shared(dep_mode, name, group)?;
                self.remember(step, id);
                id
            }
        };
        if !mode.is_install() || matches!(self.node(build).kind, Kind::Nothing) {
            return Ok(build);
        }
        let step = Step::on(Mode::InstallShared, None, name);
        if let Some(id) = self.lookup(step.clone()) {
            return Ok(id);
        }
        let id = self.new_install_shared(name, build)?;
        self.remember(step, id);
        Ok(id)
    }

    /// The builds of the packages that an existing library is made of.
    fn library_group(
        &mut self,
        mode: BuildMode,
        dep_mode: BuildMode,
        shlib: &str,
    ) -> Result<NodeId, PlanError> {
        let mut deps = Vec::new();
        for import_path in self.packages.shared_library_packages(shlib)? {
            let p = self.packages.load(&import_path)?;
            deps.push(self.compile_action(mode, dep_mode, p));
        }
        Ok(self.add(Node::group(Mode::ShlibPackages, deps)))
    }

    fn new_link_shared(
        &mut self,
        dep_mode: BuildMode,
        name: &str,
        group: NodeId,
    ) -> Result<NodeId, PlanError> {
        let flags_holder = self.command_line_flags_holder();
        let objdir = self.new_objdir();
        let link = self.add(Node {
            kind: Kind::LinkShared,
            package: Some(flags_holder),
            target: format!("{objdir}{name}"),
            objdir,
            ..Node::group(Mode::LinkShared, vec![group])
        });

        // External linking, which shared libraries force, needs runtime/cgo (on arm math too).
        self.add_library_package(dep_mode, group, "runtime/cgo", false)?;
        if self.config.target.goarch == "arm" {
            self.add_library_package(dep_mode, group, "math", false)?;
        }
        for dep in self.packages.linker_deps()? {
            self.add_library_package(dep_mode, link, &dep, true)?;
        }
        self.add_transitive_link_deps(link, group, name)?;
        Ok(link)
    }

    /// A package of no files, to hold the linker flags of what the command line names.
    fn command_line_flags_holder(&mut self) -> PackageId {
        let mut package = Package::default();
        package.internal.cmdline_pkg = true;
        package.internal.ldflags = self.config.flags.ldflags.for_package(self.config, &package);
        package.internal.gccgoflags = self
            .config
            .flags
            .gccgoflags
            .for_package(self.config, &package);
        let graph = self.packages.graph_mut();
        let id = PackageId(u32::try_from(graph.packages.len()).expect("fewer than 2^32 packages"));
        graph.packages.push(package);
        id
    }

    /// Adds the build of a package to `to`, unless it is there. A package that another shared
    /// library holds is added by `force` only: that library then holds the runtime too.
    fn add_library_package(
        &mut self,
        dep_mode: BuildMode,
        to: NodeId,
        import_path: &str,
        force: bool,
    ) -> Result<(), PlanError> {
        let there = self.node(to).deps.iter().any(|&dep| {
            self.node(dep)
                .package
                .is_some_and(|p| self.package(p).import_path == import_path)
        });
        if there {
            return Ok(());
        }
        let p = self.packages.load(import_path)?;
        let package = self.package(p);
        if let Some(error) = &package.error {
            return Err(PlanError(format!("load {import_path}: {error}")));
        }
        if force || package.shlib.is_empty() || path::base(&package.shlib) == import_path {
            let build = self.compile_action(dep_mode, dep_mode, p);
            self.node_mut(to).deps.push(build);
        }
        Ok(())
    }

    fn new_install_shared(&mut self, name: &str, build: NodeId) -> Result<NodeId, PlanError> {
        let group = self.node(build).deps[0];
        let members = self.node(group).deps.clone();
        let dir = self.library_dir(&members)?;
        let install = self.add(Node {
            kind: Kind::Install,
            objdir: self.node(build).objdir.clone(),
            target: path::join2(&dir, name),
            ..Node::group(Mode::InstallShared, vec![build])
        });
        for member in members {
            let p = self
                .node(member)
                .package
                .expect("a shared library is made of packages");
            let package = self.package(p);
            let root = &package.internal.pkg_target_root;
            if root.is_empty() {
                continue;
            }
            let file = format!("{}.shlibname", package.import_path);
            let shlibname = Node {
                kind: Kind::InstallShlibname,
                package: Some(p),
                target: path::join2(root, &file),
                ..Node::group(Mode::Shlibname, vec![build])
            };
            let shlibname = self.add(shlibname);
            self.node_mut(install).deps.push(shlibname);
        }
        Ok(install)
    }

    /// Where the library is installed: where the archives of all its packages would be.
    fn library_dir(&self, members: &[NodeId]) -> Result<String, PlanError> {
        let root_of = |id: &NodeId| {
            let p = self
                .node(*id)
                .package
                .expect("a shared library is made of packages");
            let package = self.package(p);
            (
                package.import_path.as_str(),
                package.internal.pkg_target_root.as_str(),
            )
        };
        let Some(first) = members.first().map(root_of) else {
            return Err(PlanError("no packages to build".to_owned()));
        };
        match members
            .iter()
            .map(root_of)
            .find(|member| member.1 != first.1)
        {
            None => Ok(first.1.to_owned()),
            Some(other) => Err(PlanError(format!(
                "installing shared library: cannot use packages {} and {} from different roots {} \
                 and {}",
                first.0, other.0, first.1, other.1
            ))),
        }
    }

    /// The library's file name: meta packages' names, or `foo/...` without the dots, or all import
    /// paths; slashes become dashes.
    fn library_name(&self, args: &[String], packages: &[PackageId]) -> Result<String, PlanError> {
        let meta: Vec<&str> = args
            .iter()
            .map(String::as_str)
            .filter(|a| pattern::is_meta_package(a))
            .collect();
        if !meta.is_empty() && meta.len() < args.len() {
            let text = "mixing of meta and non-meta packages is not allowed";
            return Err(PlanError(text.to_owned()));
        }
        let tree = match args {
            [arg] => arg.strip_suffix("/..."),
            _ => None,
        };
        let name = if !meta.is_empty() {
            meta.join(",")
        } else if let Some(tree) = tree {
            self.tree_import_path(tree).replace('/', "-")
        } else {
            let paths = packages
                .iter()
                .map(|&p| self.package(p).import_path.replace('/', "-"));
            paths.collect::<Vec<_>>().join(",")
        };
        Ok(format!("lib{name}.so"))
    }

    /// The import path of a directory given as `./dir`, where it lies in GOROOT or GOPATH; else the
    /// argument itself.
    fn tree_import_path(&self, tree: &str) -> String {
        if !pattern::is_local_import(tree) {
            return tree.to_owned();
        }
        let dir = path::join2(&self.config.cwd, tree);
        std::iter::once(&self.config.dist.goroot)
            .chain(&self.config.dirs.gopath)
            .find_map(|root| {
                let import_path = dir.strip_prefix(root)?.strip_prefix("/src/")?;
                Some(import_path.to_owned())
            })
            .unwrap_or_else(|| tree.to_owned())
    }
}
