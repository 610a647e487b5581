//! The actions that vet a package: the one for the package itself, and those that gather facts
//! about its imports.
//!
//! Answers to `VetAction` in cmd/go/internal/work/action.go.

use forgo_golang::deep::deep;
use forgo_load::package::PackageId;

use crate::plan::builder::{BuildMode, Packages, PlanBuilder};
use crate::plan::mode::Mode;
use crate::plan::node::{Kind, Node, NodeId};

impl<P: Packages> PlanBuilder<'_, P> {
    /// Vets a package. It depends on compiling it; where the package may be installed too, it is
    /// the caller's to make the install wait for it.
    pub fn vet_action(
        &mut self,
        mode: BuildMode,
        dep_mode: BuildMode,
        need_fix: bool,
        p: PackageId,
    ) -> NodeId {
        let id = self.vet(mode, dep_mode, p);
        let node = self.node_mut(id);
        node.vetx_only = false;
        node.need_fix = need_fix;
        id
    }

    fn vet(&mut self, mode: BuildMode, dep_mode: BuildMode, p: PackageId) -> NodeId {
        self.cached((Mode::Vet, p), |b| {
            let compile = b.compile(mode, dep_mode, p, true);
            // The first dependency must be the build itself.
            let mut deps = if b.node(compile).buggy_install {
                vec![b.node(compile).deps[0], compile]
            } else {
                vec![compile]
            };
            for import in b.package(p).internal.imports.clone() {
                deps.push(deep(|| b.vet(mode, dep_mode, import)));
            }
            let built_in = matches!(b.node(compile).kind, Kind::Nothing);
            if !built_in {
                b.node_mut(deps[0]).need_vet = true;
            }
            b.add(Node {
                kind: if built_in { Kind::Nothing } else { Kind::Vet },
                package: Some(p),
                objdir: b.node(compile).objdir.clone(),
                vetx_only: true,
                // An error of a dependency is not an error of this package.
                ignore_fail: true,
                ..Node::group(Mode::Vet, deps)
            })
        })
    }
}
