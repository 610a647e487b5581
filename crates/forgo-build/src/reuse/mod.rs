//! The ways not to do work whose result is known, tried in order.
//!
//! | way | what makes the result known |
//! |---|---|
//! | [`Way::InstalledTarget`] | the install target was made by the same action |
//! | [`Way::InstalledExecutable`] | the executable installed was linked from the same main package, which is then not needed |
//! | [`Way::TestResult`] | all that the executable is for is a test whose result is cached |
//! | [`Way::CacheEntry`] | the cache has it |
//! | [`Way::ExportData`] | the cache has an archive compiled from the same sources and export data: `cutoff` |
//! | [`Way::Moved`] | the cache has an archive compiled from the same in another directory: `moving` |
//! | [`Way::KeptExecutable`] | the cache keeps a copy of the executable: `links` |
//! | [`Way::LinkRecord`] | nothing needs the executable, and the link is on record: `links` |
//!
//! The last four are forgo's own. They are tried apart from the others, where the stock command
//! would begin to build or link.
//!
//! Answers to `useCache` in cmd/go/internal/work/buildid.go.

pub(crate) mod cutoff;
pub(crate) mod headers;
pub(crate) mod links;
pub(crate) mod moving;
pub(crate) mod objdir_cache;
pub(crate) mod own_keys;
pub(crate) mod stamp;
pub(crate) mod trust;
pub(crate) mod turns;

use forgo_cache::{ActionId, get_bytes, get_file, hash_to_string};

use forgo_golang::raw;
use forgo_load::footprint::{self, Look};
use forgo_load::verdict::{Miss, Stale, Way, Why};

use crate::action::check::Known;
use crate::action::{ActionCx, ActionError, Artifact};
use crate::build_id;
use crate::plan::{Kind, Mode, NodeId};
use crate::shell::join_unambiguously;
use crate::toolchain::inputs::link::Inputs;

/// A result that is needed, and may exist already.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// The node that would make it.
    pub node: NodeId,
    /// Its key.
    pub key: ActionId,
    /// Where it is installed; or empty.
    pub target: &'a str,
    /// Of a link: the build ID of the main package.
    pub main_build_id: &'a str,
    /// Show again the messages that its tools printed when it was made.
    pub replay: bool,
}

/// A result that is not known.
#[derive(Debug)]
pub struct Missed {
    /// The temporary build ID to make it with: the key in place of the content ID, in executables
    /// with the main package's build ID in between.
    pub temporary: String,
    /// Why no way of reuse applied.
    pub miss: Miss,
}

/// Returns the result, or why it is not known.
pub fn find(cx: &ActionCx<'_>, wanted: &Wanted<'_>) -> Result<Result<Known, Missed>, ActionError> {
    cx.key.set(Some(wanted.key));
    let key = hash_to_string(&wanted.key.0);
    let temporary = match &cx.node_of(wanted.node).kind {
        Kind::Link => format!("{key}/{}/{key}", wanted.main_build_id),
        _ => format!("{key}/{key}"),
    };
    let mut miss = Miss::default();
    if cx.config().flags.a {
        miss.note(Way::CacheEntry, Why::Rebuild);
        miss.stale = stale(cx, wanted, Stale::Asked);
        return Ok(Err(Missed { temporary, miss }));
    }

    if !wanted.target.is_empty() {
        footprint::saw(wanted.target, Look::Whole);
        let installed = build_id::read_build_id(wanted.target).unwrap_or_default();
        match installed_target(wanted, &key, &installed) {
            Ok(known) => return Ok(Ok(known)),
            Err(why) => miss.note(Way::InstalledTarget, why),
        }
        match installed_executable(cx, wanted, &key, &installed)? {
            Ok(known) => return Ok(Ok(known)),
            Err(why) => miss
                .tried
                .extend(why.map(|w| (Way::InstalledExecutable, w))),
        }
    }
    match test_result(cx, wanted, &temporary) {
        Ok(known) => return Ok(Ok(known)),
        Err(why) => miss.tried.extend(why.map(|w| (Way::TestResult, w))),
    }
    match cache_entry(cx, wanted, &temporary) {
        Ok(known) => return Ok(Ok(known)),
        Err(why) => miss.note(Way::CacheEntry, why),
    }
    miss.stale = stale(cx, wanted, Stale::Mismatch);
    Ok(Err(Missed { temporary, miss }))
}

fn installed_target(wanted: &Wanted<'_>, key: &str, installed: &str) -> Result<Known, Why> {
    let rest = installed.strip_prefix(key);
    if !rest.is_some_and(|rest| rest.starts_with('/')) {
        return Err(made_under(build_id::action_id(installed)));
    }
    Ok(Known {
        built: Artifact::Built(wanted.target.to_owned()),
        build_id: installed.to_owned(),
        way: Way::InstalledTarget,
    })
}

/// Why a file that carries this action ID, or none, is not up to date.
fn made_under(action_id: &str) -> Why {
    match action_id {
        "" => Why::Absent,
        other => Why::OtherKey(other.to_owned()),
    }
}

/// For a main package that only its executable needs. The executable carries the package's build
/// ID. If that has the key, and the link's key with it is the executable's, no node will ask for
/// the package's archive. Returns an error of `None` where this is not such a package.
fn installed_executable(
    cx: &ActionCx<'_>,
    wanted: &Wanted<'_>,
    key: &str,
    installed: &str,
) -> Result<Result<Known, Option<Why>>, ActionError> {
    let plan = cx.run.job.plan;
    let &[link] = plan.triggers[wanted.node.index()].as_slice() else {
        return Ok(Err(None));
    };
    let is_main = matches!(plan[wanted.node].kind, Kind::Build)
        && matches!(plan[link].kind, Kind::Link)
        && !cx.run.job.options.need_export;
    if !is_main {
        return Ok(Err(None));
    }
    let ids: Vec<&str> = installed.split('/').collect();
    let &[link_key, main_key, main_content, _] = ids.as_slice() else {
        return Ok(Err(Some(Why::Absent)));
    };
    if main_key != key {
        return Ok(Err(Some(made_under(main_key))));
    }
    let build_id = format!("{main_key}/{main_content}");
    // The link's other dependencies are all dependencies of the package too: they are done.
    let link_action =
        Inputs::gather(cx, link, Some((wanted.node, &build_id))).executable_key(cx)?;
    if hash_to_string(&link_action.0) != link_key {
        return Ok(Err(Some(made_under(link_key))));
    }
    if wanted.replay {
        replay(cx, &wanted.key, "stdout");
        replay(cx, &wanted.key, "link-stdout");
    }
    Ok(Ok(Known {
        built: Artifact::Elided,
        build_id,
        way: Way::InstalledExecutable,
    }))
}

/// For an executable that only a test needs. An error of `None` where it is needed otherwise.
fn test_result(
    cx: &ActionCx<'_>,
    wanted: &Wanted<'_>,
    temporary: &str,
) -> Result<Known, Option<Why>> {
    let run = test_run(cx, wanted.node).ok_or(None)?;
    let actor = cx.run.job.options.actors.at(run).ok_or(None)?;
    if !actor.try_cache(cx, run, temporary) {
        return Err(Some(Why::TestRuns));
    }
    if wanted.replay {
        let main = cx.node_of(wanted.node).deps[0];
        if let Some(key) = cx.outcome(main).action_id {
            replay(cx, &key, "stdout");
            replay(cx, &key, "link-stdout");
        }
    }
    let build_id = temporary.to_owned();
    Ok(Known {
        built: Artifact::Elided,
        build_id,
        way: Way::TestResult,
    })
}

/// The test run that alone depends on a link, through its barrier.
fn test_run(cx: &ActionCx<'_>, link: NodeId) -> Option<NodeId> {
    let plan = cx.run.job.plan;
    let &[barrier] = plan.triggers[link.index()].as_slice() else {
        return None;
    };
    if plan[barrier].mode != Mode::TestBarrier {
        return None;
    }
    let behind = &plan.triggers[barrier.index()];
    let mut runs = behind.iter().filter(|&&id| plan[id].mode == Mode::TestRun);
    let run = runs.next()?;
    runs.next().is_none().then_some(*run)
}

/// An entry of the cache.
pub fn cache_entry(cx: &ActionCx<'_>, wanted: &Wanted<'_>, temporary: &str) -> Result<Known, Why> {
    let (file, _) = get_file(cx.run.job.cache, &wanted.key).map_err(|e| Why::from(&e))?;
    let node = cx.node_of(wanted.node);
    let way = Way::CacheEntry;
    if matches!(node.kind, Kind::PreprocessPgo { .. }) {
        // Converted profiles carry no build ID.
        let build_id = temporary.to_owned();
        return Ok(Known {
            built: Artifact::Cached(file),
            build_id,
            way,
        });
    }
    let build_id = build_id::read_build_id(&file).map_err(|_| Why::Gone)?;
    if wanted.replay {
        if matches!(node.kind, Kind::Link) {
            // Kept under the key of the main package.
            for key in node.deps.iter().filter_map(|&dep| cx.done(dep)?.action_id) {
                replay(cx, &key, "link-stdout");
            }
        } else {
            replay(cx, &wanted.key, "stdout");
        }
    }
    if !wanted.target.is_empty() {
        // Clearer than that something else is stale.
        if let Some(package) = cx.node_of(wanted.node).package {
            cx.run.set_stale(package, Stale::NotInstalled);
        }
    }
    Ok(Known {
        built: Artifact::Cached(file),
        build_id,
        way,
    })
}

/// Shows the messages that tools printed when a result was made. Best effort: the result is more
/// important (`showStdout`).
fn replay(cx: &ActionCx<'_>, key: &ActionId, what: &str) {
    let subkey = cx.run.job.hashes.subkey(key, what);
    let Ok((text, entry)) = get_bytes(cx.run.job.cache, &subkey) else {
        return;
    };
    if text.is_empty() {
        return;
    }
    if cx.shell.shows_commands() {
        let file = cx.run.job.cache.output_file(&entry.output);
        let line = join_unambiguously(&["cat", &file]);
        cx.shell.show_cmd("", &format!("{line}  # internal"));
    }
    if !cx.config().flags.n {
        cx.shell.print(raw::text(&text));
    }
}

/// Notes why the package is stale, unless there is a reason already; returns the reason.
fn stale(cx: &ActionCx<'_>, wanted: &Wanted<'_>, why: Stale) -> Option<Stale> {
    let id = cx.node_of(wanted.node).package?;
    if let Some(known) = cx.run.stale(id) {
        return Some(known);
    }
    let dependency = match why {
        Stale::Mismatch => stale_dependency(cx, wanted),
        _ => None,
    };
    let why = dependency.unwrap_or(why);
    cx.run.set_stale(id, why.clone());
    Some(why)
}

/// The first import that is stale, or what made it stale.
fn stale_dependency(cx: &ActionCx<'_>, wanted: &Wanted<'_>) -> Option<Stale> {
    let package = cx.package_of(wanted.node)?;
    let mut reason = None;
    let own = cx.node_of(wanted.node).package;
    for &import in &package.internal.imports {
        // One that imports itself was found stale just now.
        match cx.run.stale(import) {
            Some(Stale::Dependency(path)) if own != Some(import) => {
                return Some(Stale::Dependency(path));
            }
            None if own != Some(import) => continue,
            _ => {}
        }
        let path = &cx.run.job.graph[import].import_path;
        reason.get_or_insert_with(|| Stale::Dependency(path.clone()));
    }
    reason
}
