//! Links packages into a shared library (-buildmode=shared).
//!
//! Answers to `linkShared` in cmd/go/internal/work/exec.go.

use forgo_load::verdict::Verdict;

use crate::action::{ActionCx, ActionError, Artifact, Outcome};
use crate::reuse;
use crate::toolchain::gc;
use crate::toolchain::inputs::link::{Archive, Inputs};

/// The work of a `go build -buildmode=shared` node.
pub fn run(cx: &ActionCx<'_>) -> Result<Outcome, ActionError> {
    let options = cx.run.job.options;
    let node = cx.node();
    let inputs = Inputs::gather(cx, cx.id, None);
    let group = cx.node_of(node.deps[0]);
    let members: Vec<Archive<'_>> = group
        .deps
        .iter()
        .filter_map(|&dep| Archive::of(cx, dep, None))
        .collect();
    let key = inputs.shared_key(cx, &members)?;
    let wanted = reuse::Wanted {
        node: cx.id,
        key,
        target: &node.target,
        main_build_id: "",
        replay: !options.is_cmd_list,
    };
    let mut outcome = Outcome {
        action_id: Some(key),
        ..Outcome::default()
    };
    match reuse::find(cx, &wanted)? {
        Ok(known) => {
            (outcome.built, outcome.build_id) = (known.built, known.build_id);
            outcome.id_is_final = true;
            outcome.verdict = Verdict::Reused(known.way);
        }
        Err(missed) if options.is_cmd_list => outcome.build_id = missed.temporary,
        Err(missed) => {
            outcome.verdict = Verdict::Ran(missed.miss);
            cx.shell.save_output();
            let result = link(cx, &inputs, &members);
            cx.shell.flush_output();
            result?;
            outcome.build_id = missed.temporary;
            outcome.built = Artifact::Built(node.target.clone());
        }
    }
    Ok(outcome)
}

fn link(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    members: &[Archive<'_>],
) -> Result<(), ActionError> {
    let node = cx.node();
    cx.shell.mkdir(&node.objdir)?;
    let importcfg = format!("{}importcfg.link", node.objdir);
    cx.shell.write_file(&importcfg, &inputs.import_config())?;
    // The stock command goes by the members' targets, which builds that are not installed do not
    // have.
    let members: Vec<(&str, &str)> = members
        .iter()
        .map(|m| {
            let target = &cx.node_of(m.node).target;
            (m.import_path, target.as_str())
        })
        .collect();
    let link = gc::link::shared(inputs, &members, &node.target, &importcfg)?;
    let desc = link.args.get(2).cloned().unwrap_or_default();
    cx.shell.run(&link.dir, &desc, &link.env, &link.args)
}
