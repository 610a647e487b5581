//! Links an executable.
//!
//! Answers to `link` in cmd/go/internal/work/exec.go.

use forgo_cache::ActionId;
use forgo_golang::path;
use forgo_load::verdict::{Miss, Verdict, Way, Why};

use crate::action::check::Known;
use crate::action::{ActionCx, ActionError, Artifact, Outcome};
use crate::actions::own_link;
use crate::reuse::turns::{self, Turn};
use crate::reuse::{self, Missed, links, stamp};
use crate::toolchain::gc;
use crate::toolchain::inputs::link::Inputs;

/// The work of a `link` node.
pub fn run(cx: &ActionCx<'_>) -> Result<Outcome, ActionError> {
    let options = cx.run.job.options;
    let inputs = Inputs::gather(cx, cx.id, None);
    let key = inputs.executable_key(cx)?;
    let main = cx.outcome(cx.node().deps[0]);
    let wanted = reuse::Wanted {
        node: cx.id,
        key,
        target: &cx.package().target,
        main_build_id: &main.build_id,
        replay: !options.is_cmd_list,
    };
    let mut outcome = Outcome {
        action_id: Some(key),
        ..Outcome::default()
    };
    match reuse::find(cx, &wanted)? {
        Ok(known) => {
            (outcome.built, outcome.build_id) = (known.built, known.build_id);
            outcome.id_is_final = known.way != Way::TestResult;
            outcome.verdict = Verdict::Reused(known.way);
        }
        // Lists build no executables, and take them for built.
        Err(missed) if options.is_cmd_list => {
            outcome.built = Artifact::Built(cx.node().target.clone());
            outcome.build_id = missed.temporary;
        }
        Err(Missed {
            temporary,
            mut miss,
        }) => {
            let store = links::Store::of(cx, &inputs, &key);
            let turn = match &store {
                Ok(store) => made_before(cx, store, &key, &temporary, &mut miss)?,
                Err(doubt) => {
                    miss.note(Way::KeptExecutable, Why::Link(*doubt));
                    Turn::Here(None)
                }
            };
            let _lock = match turn {
                Turn::Here(lock) => lock,
                Turn::Made(known) => {
                    (outcome.built, outcome.build_id) = (known.built, known.build_id);
                    outcome.verdict = Verdict::Reused(known.way);
                    return Ok(outcome);
                }
            };
            outcome.verdict = Verdict::Ran(miss);
            cx.shell.save_output();
            outcome.build_id = temporary;
            let result = link(cx, &inputs, &mut outcome);
            if let (Ok(store), Ok(())) = (&store, &result) {
                store.record(cx, &outcome);
            }
            cx.shell.flush_output();
            result?;
        }
    }
    Ok(outcome)
}

/// What an earlier link gave, or one that another process is doing right now. Notes why neither
/// did.
fn made_before(
    cx: &ActionCx<'_>,
    store: &links::Store,
    key: &ActionId,
    temporary: &str,
    miss: &mut Miss,
) -> Result<Turn<Known>, ActionError> {
    match store.find(cx, temporary)? {
        Ok(known) => return Ok(Turn::Made(known)),
        Err(why) => miss.note(store.way(), why),
    }
    // A failure to copy it now does not prevent the link.
    let find = || store.find(cx, temporary).ok()?.ok();
    Ok(turns::wait(cx, key, find))
}

fn link(cx: &ActionCx<'_>, inputs: &Inputs<'_>, outcome: &mut Outcome) -> Result<(), ActionError> {
    let node = cx.node();
    cx.shell.mkdir(&node.objdir)?;
    let importcfg = format!("{}importcfg.link", node.objdir);
    cx.shell.write_file(&importcfg, &inputs.import_config())?;
    cx.shell.mkdir(path::split(&node.target).0)?;

    let main = cx.outcome(node.deps[0]);
    let link = gc::link::executable(
        inputs,
        cx,
        &gc::link::Executable {
            objdir: &node.objdir,
            build_id: &outcome.build_id,
            target: &node.target,
            importcfg: &importcfg,
            main_archive: main.built.path().unwrap_or_default(),
        },
    )?;
    let key = outcome.action_id.expect("a link has a key");
    own_link::run(cx, inputs, &link, &key)?;

    let main_archive = node
        .deps
        .iter()
        .find(|&&dep| cx.package_of(dep).is_some_and(|p| p.name == "main"));
    let stamped = stamp::finish(
        cx,
        &stamp::Made {
            file: &node.target,
            key,
            build_id: &outcome.build_id,
            main_key: main_archive.and_then(|&dep| cx.outcome(dep).action_id),
            recorded: false,
        },
    )?;
    outcome.build_id = stamped.build_id;
    outcome.id_is_final = stamped.id_is_final;
    outcome.cached_executable = stamped.cached.unwrap_or_default();
    outcome.built = Artifact::Built(node.target.clone());
    Ok(())
}
