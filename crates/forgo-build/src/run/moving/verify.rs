//! Trust, but verify: under `FORGO_VERIFY=N%` that share of the archives that were moved are compiled
//! as well. The compiled one is kept. If the two differ, that is said, and nothing is moved any more that
//! this compiler made: a note in the cache sees to it.

use forgo_cache::{ActionId, Verify, get_bytes, put_bytes};

use crate::actions::{ActionCx, ActionError};
use crate::event::Event;

/// Whether something that was moved has differed from what this compiler makes.
pub fn is_distrusted(cx: &ActionCx<'_>) -> Result<bool, ActionError> {
    let known = &cx.run.moving.distrusted;
    if let Some(known) = known.get() {
        return Ok(*known);
    }
    let note = note(cx)?;
    let distrusted = get_bytes(cx.run.job.cache, &note).is_ok();
    Ok(*known.get_or_init(|| distrusted))
}

/// Whether an archive is of the share that is compiled as well. The same one always is: what is wrong
/// can be looked at again.
pub fn is_chosen(cx: &ActionCx<'_>, key: &ActionId) -> bool {
    let number = u16::from_le_bytes([key.0[0], key.0[1]]);
    u32::from(number) * 100 < u32::from(cx.config().verify_percent) << 16
}

/// Compares what was compiled with what would have been moved: their build IDs hold their hashes.
pub fn compare(cx: &ActionCx<'_>, expected: &str, compiled: &str) -> Result<(), ActionError> {
    if expected == compiled {
        return Ok(());
    }
    let name = cx.package().desc();
    let text = format!(
        "forgo: {name}: an archive made elsewhere, moved here, is not what the compiler makes\n\
         forgo: moved {expected}, compiled {compiled}\n\
         forgo: the compiled one is used; nothing that this compiler made is moved from now on. \
         Please report this.\n"
    );
    let note = note(cx)?;
    let _ = put_bytes(cx.run.job.cache, &note, text.as_bytes(), Verify::Lax);
    cx.run.job.reporter.event(Event::Stderr(text));
    Ok(())
}

/// The key of the note.
fn note(cx: &ActionCx<'_>) -> Result<ActionId, ActionError> {
    let mut hash = cx.run.job.hashes.new_own_hash("moving differs");
    writeln!(hash, "{}", cx.tool_id("compile")?);
    Ok(hash.action_id())
}
