//! Tells the actions that would find nothing to do, because their package's result is known,
//! without starting them: in a build that is up to date that is all but the checks.

use crate::action::check::CacheCheck;
use crate::action::{Provider, RunCx};
use crate::plan::{Kind, Node, NodeId};

/// Whether acting would take no time worth a thread's attention.
pub fn is_idle(cx: &RunCx<'_>, id: NodeId) -> bool {
    let node = &cx.job.plan[id];
    match &node.kind {
        Kind::Nothing | Kind::CgoCollect { .. } => true,
        Kind::Build => check_of(cx, node).is_some_and(|check| {
            let need = check.need;
            !need.build && !need.vet && !need.compiled_go_files
        }),
        Kind::CgoRun | Kind::Cover { .. } => {
            check_of(cx, node).is_some_and(|check| check.need.is_empty())
        }
        // cgo was not run.
        Kind::CgoCompile { .. } => !matches!(provider(cx, node.deps[0]), Some(Provider::Cgo(_))),
        _ => false,
    }
}

fn provider<'r>(cx: &'r RunCx<'_>, id: NodeId) -> Option<&'r Provider> {
    Some(&cx.outcomes[id.index()].get()?.provider)
}

/// What the check of the package's cache entry found.
fn check_of<'r>(cx: &'r RunCx<'_>, node: &Node) -> Option<&'r CacheCheck> {
    node.deps.iter().find_map(|&dep| match provider(cx, dep)? {
        Provider::CheckCache(check) if cx.job.plan[dep].package == node.package => {
            Some(check.as_ref())
        }
        _ => None,
    })
}
