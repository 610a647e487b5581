//! Converts a PGO profile into the form that the compiler reads.
//!
//! Answers to pgoActor in cmd/go/internal/work/action.go.

use forgo_cache::{ActionId, Verify, get_file, put_file};
use forgo_load::verdict::{Miss, Verdict, Way, Why};

use crate::action::{ActionCx, ActionError, Artifact, Outcome};
use crate::shell::join_unambiguously;
use crate::toolchain::inputs::pgo::Inputs;
use crate::toolchain::{Tools, gc, reread};

/// The work of a `preprocess PGO profile` node.
pub fn run(cx: &ActionCx<'_>, input: &str) -> Result<Outcome, ActionError> {
    let inputs = Inputs {
        tool: cx.tool_id("preprofile")?,
        profile: input,
        unkeyed: Tools::of(cx.config()),
    };
    let id = inputs.key(cx);
    cx.key.set(Some(id));
    let outcome = |built, verdict| Outcome {
        action_id: Some(id),
        built,
        verdict,
        ..Outcome::default()
    };
    // A converted profile carries no build ID: that it is there is all that is asked.
    let found = match cx.config().flags.a {
        true => Err(Why::Rebuild),
        false => get_file(cx.run.job.cache, &id).map_err(|e| Why::from(&e)),
    };
    let mut miss = Miss::default();
    match found {
        Ok((file, _)) => {
            let verdict = Verdict::Reused(Way::CacheEntry);
            return Ok(outcome(Artifact::Cached(file), verdict));
        }
        Err(why) => miss.note(Way::CacheEntry, why),
    }
    if cx.run.job.options.is_cmd_list {
        return Ok(outcome(Artifact::None, Verdict::Done));
    }
    cx.shell.save_output();
    let converted = convert(cx, &inputs, &id);
    cx.shell.flush_output();
    converted?;
    let target = cx.node().target.clone();
    Ok(outcome(Artifact::Built(target), Verdict::Ran(miss)))
}

fn convert(cx: &ActionCx<'_>, inputs: &Inputs<'_>, id: &ActionId) -> Result<(), ActionError> {
    let config = cx.config();
    let target = &cx.node().target;
    cx.shell.mkdir(&cx.node().objdir)?;
    let args = gc::pgo::preprofile(inputs, target);
    let before = reread::are_as_hashed(cx, [inputs.profile]);
    cx.shell.run(".", inputs.profile, &[], &args)?;
    let believed = before && reread::are_as_hashed(cx, [inputs.profile]);
    if config.flags.n || !believed {
        return Ok(());
    }
    let cache = cx.run.job.cache;
    let (output, _) = put_file(cache, id, target, Verify::Strict)
        .map_err(|e| ActionError::new(format!("error adding target to cache: {e}")))?;
    if config.flags.x {
        let copy = ["cp", target, &cache.output_file(&output)];
        cx.shell
            .show_cmd("", &format!("{} # internal", join_unambiguously(&copy)));
    }
    Ok(())
}
