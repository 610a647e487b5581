//! Archives that the stock command made, or an older forgo, have no record: they get one when they
//! are first met. An archive that was looked through once is not looked through again: a note in
//! the cache prevents that.

use forgo_cache::{ActionId, get_bytes};
use forgo_load::verdict::Way;

use crate::action::check::Known;
use crate::action::own_keys::OwnKeys;
use crate::action::{ActionCx, ActionError, RunCx};
use crate::reuse::moving::record::Kept;
use crate::reuse::moving::{Made, put, record_of};
use crate::toolchain::inputs::compile::Inputs;

/// Keeps the record of an archive that was found under its stock key.
pub fn adopt(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    key: &ActionId,
    known: &Known,
) -> Result<(), ActionError> {
    let Some(file) = known.built.path() else {
        return Ok(());
    };
    if known.way != Way::CacheEntry || adoption(cx)?.is_none() {
        return Ok(());
    }
    let job = &cx.run.job;
    let keys = OwnKeys::of(cx, inputs)?;
    let Some(everywhere) = &keys.everywhere else {
        return Ok(());
    };
    // The headers that it was made of are not recorded anywhere.
    if !keys.headers.is_empty() {
        return Ok(());
    }
    if job.cache.local_part().note(everywhere).is_some() {
        return Ok(());
    }
    let stdout = job.hashes.own_subkey(key, "stdout");
    // Without it, the compiler's messages are lost.
    if let Ok((said, _)) = get_bytes(job.cache, &stdout)
        && let Ok(said) = String::from_utf8(said)
    {
        let made = Made {
            key,
            file,
            build_id: &known.build_id,
            said: &said,
            sum: None,
        };
        if let Some(record) = record_of(cx, inputs, &keys.headers, &made) {
            put(cx, everywhere, &Kept::Archive(record));
        }
    }
    Ok(())
}

/// The end of a run: if nothing went wrong, all that it met has been adopted.
pub fn end(run: &RunCx<'_>, failed: bool) {
    if let Some(Some(note)) = run.moving.adoption.get()
        && !failed
    {
        let cache = run.job.cache.local_part();
        let _ = cache.put_note(note, b"forgo: adopted\n");
    }
}

/// The note that the run is to leave; `None` where it is there already, or nothing is moved at all.
fn adoption(cx: &ActionCx<'_>) -> Result<Option<ActionId>, ActionError> {
    let adoption = &cx.run.moving.adoption;
    if let Some(known) = adoption.get() {
        return Ok(*known);
    }
    let config = cx.config();
    let found = if config.extras && !config.flags.n {
        let note = note(cx)?;
        let there = cx.run.job.cache.local_part().note(&note).is_some();
        (!there).then_some(note)
    } else {
        None
    };
    Ok(*adoption.get_or_init(|| found))
}

/// Returns the key of the note: it covers the request and its directories.
fn note(cx: &ActionCx<'_>) -> Result<ActionId, ActionError> {
    let (config, graph) = (cx.config(), cx.run.job.graph);
    let mut hash = cx.run.job.hashes.new_own_hash("adopted 3");
    writeln!(hash, "{}", cx.tool_id("compile")?);
    writeln!(hash, "{}", cx.run.places().to_text());
    writeln!(hash, "{:?} {:?}", config.target, config.context);
    let flags = (&config.modes.forced_gcflags, &config.flags.gcflags.raw);
    writeln!(hash, "{flags:?} {}", config.flags.cover_mode);
    for package in &graph.packages {
        writeln!(hash, "{}", package.desc());
    }
    Ok(hash.action_id())
}
