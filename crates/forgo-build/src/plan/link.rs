//! The actions that make an executable.
//!
//! Answers to `LinkAction` and `addTransitiveLinkDeps` in cmd/go/internal/work/action.go.

use std::collections::HashSet;

use forgo_golang::path;
use forgo_load::package::PackageId;

use crate::plan::builder::{BuildMode, Packages, PlanBuilder, PlanError};
use crate::plan::mode::Mode;
use crate::plan::node::{Kind, Node, NodeId};

impl<P: Packages> PlanBuilder<'_, P> {
    /// Links (and installs, according to `mode`) a command.
    pub fn link_action(
        &mut self,
        mode: BuildMode,
        dep_mode: BuildMode,
        p: PackageId,
    ) -> Result<NodeId, PlanError> {
        let id = match self.lookup((Mode::Link, p)) {
            Some(id) => id,
            None => {
                let id = self.new_link(dep_mode, p)?;
                self.remember((Mode::Link, p), id);
                id
            }
        };
        Ok(if mode.is_install() {
            self.install_action(id, mode)
        } else {
            id
        })
    }

    fn new_link(&mut self, dep_mode: BuildMode, p: PackageId) -> Result<NodeId, PlanError> {
        let main = self.compile_action(BuildMode::Build, dep_mode, p);
        let objdir = self.node(main).objdir.clone();
        let target = format!(
            "{objdir}exe/{}{}",
            self.exe_name(p),
            self.config.target.exe_suffix
        );
        let link = self.add(Node {
            kind: Kind::Link,
            package: Some(p),
            objdir,
            planned_built: target.clone(),
            target,
            ..Node::group(Mode::Link, vec![main])
        });
        self.add_transitive_link_deps(link, main, "")?;

        // The main package comes after all else that goes into the link: then its check of the
        // cache can tell whether the executable that is already there would come out again.
        let others = self.node(link).deps[1..].to_vec();
        let nop = self.add(Node::group(Mode::Nop, others));
        self.node_mut(main).deps.push(nop);
        Ok(link)
    }

    /// The file name of the executable in the object directory. It shows in lists of processes, and
    /// in what some systems record inside a library.
    fn exe_name(&self, p: PackageId) -> String {
        let package = self.package(p);
        let recorded = matches!(self.config.target.goos.as_str(), "darwin" | "windows")
            && self.config.modes.buildmode == "c-shared";
        if !package.internal.exe_name.is_empty() {
            package.internal.exe_name.clone()
        } else if recorded && !package.target.is_empty() {
            path::split(&package.target).1.to_owned()
        } else {
            "a.out".to_owned()
        }
    }

    /// Adds to the link `link` all that goes into it: what `root` (the main package's build, or a
    /// group of builds) needs, transitively, in breadth-first order, so that packages rebuilt for a
    /// test come before the plain ones. With -linkshared also the shared libraries, but for
    /// `shlib`.
    pub(super) fn add_transitive_link_deps(
        &mut self,
        link: NodeId,
        root: NodeId,
        shlib: &str,
    ) -> Result<(), PlanError> {
        let mut have: HashSet<String> = HashSet::new();
        if let Some(p) = self.node(root).package {
            have.insert(self.package(p).import_path.clone());
        }
        let mut queue = vec![root];
        let mut found = Vec::new();
        let mut next = 0;
        while let Some(&from) = queue.get(next) {
            next += 1;
            for &dep in &self.node(from).deps {
                let node = self.node(dep);
                let Some(p) = node.package else { continue };
                if !matches!(node.mode, Mode::BuildInstall | Mode::Build) {
                    continue;
                }
                let import_path = &self.package(p).import_path;
                if have.contains(import_path) {
                    continue;
                }
                have.insert(import_path.clone());
                found.push(dep);
                queue.push(if node.mode == Mode::BuildInstall {
                    node.deps[0]
                } else {
                    dep
                });
            }
        }
        self.node_mut(link).deps.extend(found);

        if self.config.flags.linkshared {
            self.add_shared_libraries(link, shlib)?;
        }
        Ok(())
    }

    fn add_shared_libraries(&mut self, link: NodeId, shlib: &str) -> Result<(), PlanError> {
        let mut have = HashSet::from([shlib.to_owned()]);
        for dep in self.node(link).deps.clone() {
            let Some(p) = self.node(dep).package else {
                continue;
            };
            let library = self.package(p).shlib.clone();
            if library.is_empty() || !have.insert(path::base(&library).to_owned()) {
                continue;
            }
            let mode = BuildMode::BuggyInstall;
            let library = self.link_shared_action(mode, mode, &library, None)?;
            self.node_mut(link).deps.push(library);
        }
        Ok(())
    }
}
