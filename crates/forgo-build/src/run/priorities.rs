//! The order in which actions that are ready are taken, by their recorded costs.
//!
//! Nothing of the kind is in cmd/go.

use forgo_load::package::PackageGraph;

use crate::plan::Plan;
use crate::run::schedule::longest_way_first;
use crate::shell::costs::Costs;

/// In which order ready nodes are taken, by node: those first from which it is the longest way to
/// the end, by what actions did cost.
pub fn priorities(costs: &Costs, plan: &Plan, graph: &PackageGraph) -> Vec<u32> {
    longest_way_first(plan, |id| {
        let node = &plan[id];
        let desc = node.package.map(|p| graph[p].desc())?;
        Some(costs.of(costs.key(&node.mode_text(), &desc))?.millis)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Mode, Node, NodeId};
    use forgo_load::config::Config;
    use forgo_load::package::{Package, PackageId};

    #[test]
    fn the_longest_way_goes_first_and_tests_keep_their_order() {
        let package = |path: &str| Package {
            import_path: path.to_owned(),
            ..Package::default()
        };
        let graph = PackageGraph {
            packages: ["a", "b"].map(package).into(),
            ..PackageGraph::default()
        };
        let node = |mode: Mode, package: u32, deps: &[u32]| Node {
            package: Some(PackageId(package)),
            ..Node::group(mode, deps.iter().map(|&d| NodeId(d)).collect())
        };
        let plan = Plan::new(
            vec![
                node(Mode::Vet, 0, &[]),
                node(Mode::Build, 1, &[]),
                node(Mode::Link, 1, &[1]),
                node(Mode::TestRun, 0, &[0]),
                node(Mode::TestRun, 1, &[2]),
                node(Mode::Nop, 0, &[3, 4]),
            ],
            NodeId(5),
            String::new(),
        );
        let order = |millis: u32| {
            let costs = Costs::new(&Config::default());
            costs.know(&[
                (costs.key("vet", "a"), 300),
                (costs.key("link", "b"), millis),
            ]);
            priorities(&costs, &plan, &graph)
        };
        let found = order(400);
        assert!(found[0] < found[1] && found[1] < found[2], "{found:?}");
        let found = order(600);
        assert!(
            found[1] < found[0] && found[2] < found[0] && found[3] < found[4],
            "{found:?}"
        );
    }
}
