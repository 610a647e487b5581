//! What the commands `build` and `install` want of a plan, from the packages the command line
//! named.
//!
//! Answers to the planning halves of runBuild and InstallPackages in
//! cmd/go/internal/work/build.go.

use forgo_golang::path;
use forgo_load::config::{Config, PkgsFilter};
use forgo_load::load::TargetDir;
use forgo_load::package::{Package, PackageGraph, PackageId};

use crate::plan::builder::{BuildMode, Packages, PlanBuilder, PlanError};
use crate::plan::mode::Mode;
use crate::plan::node::{Node, NodeId};

/// Where `go build` puts its results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Nowhere: the cache is all (several packages, or `-o /dev/null`).
    None,
    /// All commands go to a directory.
    Directory(String),
    /// One package goes to a file.
    File(String),
}

/// The packages that the build mode builds, of those that the command line named.
pub fn filter(
    config: &Config,
    graph: &PackageGraph,
    packages: &[PackageId],
) -> Result<Vec<PackageId>, PlanError> {
    let is_main = |p: &PackageId| graph[*p].name == "main";
    let chosen: Vec<PackageId> = match config.modes.pkgs_filter {
        PkgsFilter::All => packages.to_vec(),
        PkgsFilter::Main => packages.iter().copied().filter(is_main).collect(),
        PkgsFilter::NotMain => packages.iter().copied().filter(|p| !is_main(p)).collect(),
        PkgsFilter::OneMain => match packages {
            [p] if is_main(p) => vec![*p],
            _ => {
                return Err(PlanError(format!(
                    "-buildmode={} requires exactly one main package",
                    config.modes.buildmode
                )));
            }
        },
    };
    Ok(chosen
        .into_iter()
        .filter(|&p| !is_test_only_match(&graph[p]))
        .collect())
}

/// Has no sources but for tests, and was matched by a wildcard.
fn is_test_only_match(p: &Package) -> bool {
    p.go_files.is_empty() && p.cgo_files.is_empty() && !p.internal.cmdline_pkg_literal
}

/// Why a package can't be installed, for those that have no place to be installed to: one line
/// each, as the stock command prints them before it exits.
pub fn install_errors(graph: &PackageGraph, packages: &[PackageId]) -> Vec<String> {
    packages
        .iter()
        .filter_map(|&p| install_error(&graph[p]))
        .collect()
}

fn install_error(p: &Package) -> Option<String> {
    let library = p.name != "main";
    if !p.target.is_empty()
        // Libraries outside GOPATH, in modules and in std live in the cache.
        || library && p.internal.local && p.conflict_dir.is_empty()
        || library && p.module.is_some()
        || library && p.standard && p.internal.pkg_obj.is_empty()
    {
        return None;
    }
    Some(if p.internal.gobin_subdir {
        "go: cannot install cross-compiled binaries when GOBIN is set".to_owned()
    } else if p.internal.cmdline_files {
        "go: no install location for .go files listed on command line (GOBIN not set)".to_owned()
    } else if !p.conflict_dir.is_empty() {
        format!(
            "go: no install location for {}: hidden by {}",
            p.dir, p.conflict_dir
        )
    } else {
        format!(
            "go: no install location for directory {} outside GOPATH\n\tFor more details see: 'go \
             help gopath'",
            p.dir
        )
    })
}

impl<P: Packages> PlanBuilder<'_, P> {
    /// `go build`. `packages` have gone through [`filter`], `args` are the command line's patterns.
    pub fn build_goal(
        &mut self,
        packages: &[PackageId],
        args: &[String],
        output: &Output,
    ) -> Result<NodeId, PlanError> {
        match output {
            Output::Directory(dir) => self.build_into_directory(packages, dir),
            Output::File(file) => match packages {
                [p] => self.build_to(*p, file.clone()),
                [] => Err(PlanError("no packages to build".to_owned())),
                _ => Err(PlanError(format!(
                    "go: cannot write multiple packages to non-directory {file}"
                ))),
            },
            Output::None => {
                let mode = BuildMode::Build;
                let deps = self.auto_actions(mode, packages)?;
                let group = self.add(Node::group(Mode::GoBuild, deps));
                self.shared_library_of(mode, args, packages, group)
            }
        }
    }

    /// `go install`. `packages` have gone through [`filter`] and have no [`install_errors`].
    pub fn install_goal(
        &mut self,
        packages: &[PackageId],
        args: &[String],
    ) -> Result<NodeId, PlanError> {
        let root = self.add(Node::group(Mode::GoInstall, Vec::new()));
        let mut tools = Vec::new();
        for &p in packages {
            let id = self.auto_action(BuildMode::Install, BuildMode::Build, p)?;
            if self.package(p).install_target_dir() == TargetDir::Tool {
                // Tools may be in use by this very build: they are put in place at its end.
                let deps = self.node(id).deps.clone();
                self.node_mut(root).deps.extend(deps);
                self.node_mut(id).deps.push(root);
                tools.push(id);
            } else {
                self.node_mut(root).deps.push(id);
            }
        }
        if !tools.is_empty() {
            return Ok(self.add(Node::group(Mode::GoInstallTools, tools)));
        }
        self.shared_library_of(BuildMode::Install, args, packages, root)
    }

    fn auto_actions(
        &mut self,
        mode: BuildMode,
        packages: &[PackageId],
    ) -> Result<Vec<NodeId>, PlanError> {
        packages
            .iter()
            .map(|&p| self.auto_action(mode, BuildMode::Build, p))
            .collect()
    }

    fn build_into_directory(
        &mut self,
        packages: &[PackageId],
        dir: &str,
    ) -> Result<NodeId, PlanError> {
        let mut deps = Vec::new();
        for &p in packages {
            let package = self.package(p);
            if package.name == "main" {
                let name = package.default_exec_name();
                let file = path::join2(dir, &name) + &self.config.target.exe_suffix;
                deps.push(self.build_to(p, file)?);
            }
        }
        if deps.is_empty() {
            return Err(PlanError("go: no main packages to build".to_owned()));
        }
        Ok(self.add(Node::group(Mode::GoBuild, deps)))
    }

    fn build_to(&mut self, p: PackageId, file: String) -> Result<NodeId, PlanError> {
        self.packages.graph_mut()[p].target = file;
        self.auto_action(BuildMode::Install, BuildMode::Build, p)
    }

    fn shared_library_of(
        &mut self,
        mode: BuildMode,
        args: &[String],
        packages: &[PackageId],
        group: NodeId,
    ) -> Result<NodeId, PlanError> {
        if self.config.modes.buildmode != "shared" {
            return Ok(group);
        }
        self.buildmode_shared(mode, mode, args, packages, group)
    }
}
