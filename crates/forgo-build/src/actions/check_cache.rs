//! Finds out what of a package's build is known, and what its other actions must do.
//!
//! Answers to `checkCacheForBuild` in cmd/go/internal/work/exec.go.

use std::sync::Arc;

use forgo_cache::{ActionId, hash_to_string};
use forgo_load::load::parse_go_debug;
use forgo_load::package::Package;
use forgo_load::verdict::{Stale, Way, Why};

use crate::action::check::{CacheCheck, Derived, Known, Need};
use crate::action::own_keys::OwnKeys;
use crate::action::{ActionCx, ActionError, Outcome, Provider};
use crate::actions::vet_config;
use crate::plan::{Mode, NodeId};
use crate::reuse::{self, Missed, cutoff, moving, objdir_cache};
use crate::toolchain::inputs::compile::{Inputs, allowed};
use crate::toolchain::reread;

impl CacheCheck {
    /// Replaces the key by one that nothing computes, so that no lookup by the build's key, or by
    /// the keys that only forgo has, finds an output of this build.
    fn disown(&mut self, key: &ActionId) {
        let key = reread::unguessable(key);
        let id = hash_to_string(&key.0);
        self.action_id = Some(key);
        self.build_id = format!("{id}/{id}");
        self.claim = None;
        self.own_keys = OwnKeys::default();
        self.changed = true;
    }
}

/// The work of a `build check cache` node for the build `build`.
pub fn run(
    cx: &ActionCx<'_>,
    build: NodeId,
    cov_meta_file: Option<&str>,
) -> Result<Outcome, ActionError> {
    let build = cx.run.job.plan.build_of(build);
    let check = check(cx, build, cov_meta_file).inspect_err(|error| {
        note_error(cx, build, error);
    })?;
    Ok(Outcome {
        provider: Provider::CheckCache(Box::new(check)),
        ..Outcome::default()
    })
}

fn check(
    cx: &ActionCx<'_>,
    build: NodeId,
    cov_meta_file: Option<&str>,
) -> Result<CacheCheck, ActionError> {
    let package = cx.package();
    let mut check = CacheCheck {
        need: needed(cx, build),
        ..CacheCheck::default()
    };
    if package.binary_only {
        return binary_only(cx, build, check, package);
    }
    let inputs = look_up(cx, build, &mut check)?;
    if check.need.is_empty() {
        return Ok(check);
    }
    may_be_built(cx, package)?;
    if check.need.build
        && let Some(key) = check.action_id
    {
        check.named = say_name(cx, build);
        spare(cx, &inputs, build, &key, &mut check)?;
        if check.need.is_empty() {
            return Ok(check);
        }
        if check.need.build && !inputs.are_as_hashed(cx) {
            check.disown(&key);
        }
    }
    prepare(cx, build, cov_meta_file, &mut check)?;
    Ok(check)
}

/// Returns the results that a build is asked for, before any lookup.
fn needed(cx: &ActionCx<'_>, build: NodeId) -> Need {
    let options = cx.run.job.options;
    let node = cx.node_of(build);
    Need {
        build: !options.is_cmd_list && node.need_build || options.need_export,
        cgo_header: needs_cgo_header(cx, build),
        vet: node.need_vet,
        compiled_go_files: options.need_compiled_go_files,
        cov_meta_file: cx.package().internal.cover.gen_meta,
    }
}

/// Whether some action after the build installs cgo's header.
fn needs_cgo_header(cx: &ActionCx<'_>, build: NodeId) -> bool {
    let package = cx.package();
    let c_library = matches!(
        cx.config().modes.buildmode.as_str(),
        "c-archive" | "c-shared"
    );
    if cx.run.job.options.is_cmd_list || !c_library || !package.uses_cgo() && !package.uses_swig() {
        return false;
    }
    let plan = cx.run.job.plan;
    let is_header = |id: &NodeId| plan[*id].mode == Mode::InstallHeader;
    plan.triggers[build.index()]
        .iter()
        .any(|after| is_header(after) || plan.triggers[after.index()].iter().any(is_header))
}

/// Computes the key, and takes what the cache has.
fn look_up<'r>(
    cx: &ActionCx<'r>,
    build: NodeId,
    check: &mut CacheCheck,
) -> Result<Inputs<'r>, ActionError> {
    // The node's own dependencies are the package's; the build's also hold this node and others.
    let inputs = Inputs::gather(cx, build, &cx.node().deps);
    let key = inputs.key(cx)?;
    if cx.package().reads_headers() {
        cx.run.job.cache.withhold(&key);
    }
    check.action_id = Some(key);
    let wanted = reuse::Wanted {
        node: build,
        key,
        target: &cx.package().target,
        main_build_id: "",
        replay: check.need.build,
    };
    match reuse::find(cx, &wanted)? {
        Err(Missed { temporary, miss }) => {
            check.build_id = temporary;
            check.miss = miss;
        }
        Ok(known) => {
            moving::adopt(cx, &inputs, &key, &known)?;
            take(cx, check, known);
        }
    }
    // The sources may be known even where the archive is not (`go list -compiled -find`).
    if check.need.compiled_go_files && load_compiled_go_files(cx, &key).is_ok() {
        check.need.compiled_go_files = false;
    }
    Ok(inputs)
}

/// Prints the package's name under `-v` at the time when the stock command's check would be over
/// and its build begin: the lookups that avoid the build take time, and otherwise names would be
/// printed in the order in which those end. Does nothing if other actions, cgo's for one, run
/// before the build.
fn say_name(cx: &ActionCx<'_>, build: NodeId) -> bool {
    let flags = &cx.config().flags;
    let build_follows = || {
        let own = cx.node_of(build).deps.iter();
        own.filter(|&&dep| cx.node_of(dep).package == cx.node().package)
            .count()
            == 1
    };
    let say = flags.v && !flags.n && build_follows();
    if say {
        let name = &cx.package().import_path;
        cx.shell.print(format!("{name}\n"));
    }
    say
}

/// Looks for an archive that was compiled from the same under another key.
fn spare(
    cx: &ActionCx<'_>,
    inputs: &Inputs<'_>,
    build: NodeId,
    key: &ActionId,
    check: &mut CacheCheck,
) -> Result<(), ActionError> {
    let keys = OwnKeys::of(cx, inputs)?;
    let miss = &mut check.miss;
    let (way, found) = match moving::find(cx, inputs, &keys, build, key)? {
        moving::Found::Made(derived) => (Way::Moved, Ok(derived)),
        moving::Found::Nothing(why) => (Way::Moved, Err(why)),
        moving::Found::NotMoved => {
            miss.note(Way::Moved, keys.doubt.map_or(Why::NotMovable, Why::Compile));
            let found = cutoff::find(cx, inputs, &keys, build, key)?;
            (Way::ExportData, found)
        }
    };
    match found {
        Ok(Derived::Known(known)) => take(cx, check, known),
        Ok(Derived::Claim(claim)) => {
            miss.note(way, Why::Compared);
            check.claim = Some(claim);
        }
        Err(why) => miss.note(way, why),
    }
    check.own_keys = keys;
    Ok(())
}

/// The archive is known.
fn take(cx: &ActionCx<'_>, check: &mut CacheCheck, known: Known) {
    check.need.build = false;
    (check.built, check.build_id) = (known.built, known.build_id);
    check.way = Some(known.way);
    let facts = cx.node().package.and_then(|id| cx.run.facts(id));
    if let (Some(mut facts), Some(file)) = (facts, check.built.path())
        && cx.run.job.options.need_export
    {
        file.clone_into(&mut facts.export);
        facts.build_id.clone_from(&check.build_id);
    }
}

/// Notes the list of sources as a fact of the package, if the cache has it.
pub fn load_compiled_go_files(cx: &ActionCx<'_>, key: &ActionId) -> Result<(), ActionError> {
    let files = objdir_cache::compiled_go_files(cx, key)?;
    if let Some(mut facts) = cx.node().package.and_then(|id| cx.run.facts(id)) {
        facts.compiled_go_files = files;
    }
    Ok(())
}

fn binary_only(
    cx: &ActionCx<'_>,
    build: NodeId,
    check: CacheCheck,
    package: &Package,
) -> Result<CacheCheck, ActionError> {
    own_error(package)?;
    if let Some(id) = cx.node_of(build).package {
        cx.run.set_stale(id, Stale::BinaryOnly);
    }
    if cx.run.job.options.is_cmd_list {
        return Ok(CacheCheck {
            need: Need::default(),
            ..check
        });
    }
    Err(ActionError::new(Stale::BinaryOnly.to_string()))
}

/// Refuses packages whose error makes them unsafe to build, that are of a later release, or that
/// have bad directives.
fn may_be_built(cx: &ActionCx<'_>, package: &Package) -> Result<(), ActionError> {
    own_error(package)?;
    if let Some(module) = &package.module
        && !allowed(cx.config(), &module.go_version)
    {
        let version = &module.go_version;
        return Err(ActionError::new(format!(
            "module requires Go {version} or later"
        )));
    }
    check_directives(cx, package)
}

fn own_error(package: &Package) -> Result<(), ActionError> {
    let Some(error) = &package.error else {
        return Ok(());
    };
    let named = &error.err_import_path;
    Err(ActionError {
        text: error.to_string(),
        import_path: (!named.is_empty()).then(|| named.clone()),
        fatal: false,
    })
}

/// Reports `//go:debug` lines that are malformed, unknown or repeated.
fn check_directives(cx: &ActionCx<'_>, package: &Package) -> Result<(), ActionError> {
    let mut report = String::new();
    let mut seen: Vec<(String, &str)> = Vec::new();
    for directive in &package.internal.directives {
        if !directive.text.starts_with("//go:debug") {
            continue;
        }
        let pos = directive.pos.as_str();
        let key = match parse_go_debug(cx.config(), &directive.text) {
            Some(Err(why)) => {
                report += &format!("{pos}: invalid //go:debug: {why}\n");
                continue;
            }
            Some(Ok((key, _))) => key,
            None => String::new(),
        };
        match seen.iter().find(|(k, _)| *k == key) {
            Some((_, first)) => {
                report += &format!(
                    "{pos}: repeated //go:debug for {key}\n\t{first}: previous //go:debug\n"
                );
            }
            None => seen.push((key, pos)),
        }
    }
    if report.is_empty() {
        return Ok(());
    }
    let error = ActionError::new("invalid directive");
    cx.shell.report_cmd("", "", report.as_bytes(), Some(error))
}

/// Makes the object directory, and takes what else the cache has for a build that is known.
fn prepare(
    cx: &ActionCx<'_>,
    build: NodeId,
    cov_meta_file: Option<&str>,
    check: &mut CacheCheck,
) -> Result<(), ActionError> {
    let objdir = &cx.node_of(build).objdir;
    cx.shell.mkdir(objdir)?;
    let Some(key) = check.action_id else {
        return Ok(());
    };
    if check.way.is_some() {
        let header = objdir_cache::CGO_HEADER;
        if check.need.cgo_header && objdir_cache::restore(cx, objdir, &key, header).is_ok() {
            check.need.cgo_header = false;
        }
        let meta = cov_meta_file.unwrap_or_default();
        if check.need.cov_meta_file && objdir_cache::restore(cx, objdir, &key, meta).is_ok() {
            check.need.cov_meta_file = false;
        }
    }
    // Only if it is all that is left: a build makes it anyway.
    if check.need
        == (Need {
            vet: true,
            ..Need::default()
        })
        && let Ok(sources) = objdir_cache::restore_sources(cx, objdir, &key)
    {
        // loadCachedVet.
        let config = vet_config::make(cx, &sources, &cx.node().deps);
        check.vet = Some(Arc::new(config));
        check.need.vet = false;
    }
    Ok(())
}

/// For `go list`: the error becomes one of the package.
fn note_error(cx: &ActionCx<'_>, build: NodeId, error: &ActionError) {
    let options = cx.run.job.options;
    if !options.is_cmd_list || !options.need_error || error.fatal {
        return;
    }
    let facts = cx.node_of(build).package.and_then(|id| cx.run.facts(id));
    if let Some(mut facts) = facts
        && cx.package().error.is_none()
        && facts.error.is_none()
    {
        facts.error = Some(error.text.clone());
    }
}
