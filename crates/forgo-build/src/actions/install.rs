//! Moves a result to its install target, and the files that go with it: cgo's header, `.shlibname`
//! files.
//!
//! Answers to BuildInstallFunc, installHeader and installShlibname in
//! cmd/go/internal/work/exec.go.

use std::fs::FileTimes;

use forgo_golang::path;
use forgo_load::disk;
use forgo_load::footprint;
use forgo_load::verdict::{Verdict, Way};

use crate::action::{ActionCx, ActionError, Artifact, Outcome};
use crate::plan::Kind;
use crate::reuse::objdir_cache;
use forgo_load::clock::{self, For};
use forgo_load::disk::Because;

/// The work of an install node.
pub fn run(cx: &ActionCx<'_>) -> Result<Outcome, ActionError> {
    let build = cx.outcome(cx.node().deps[0]);
    let mut outcome = Outcome {
        build_id: build.build_id.clone(),
        // The build ID is passed on as the build reported it.
        id_is_final: true,
        built: Artifact::Built(cx.node().target.clone()),
        ..Outcome::default()
    };
    install(cx, &mut outcome).map_err(|e| {
        let package = cx
            .package_of(cx.id)
            .map_or_else(String::new, |p| format!(" {}", p.import_path));
        // What the message names is no longer known.
        ActionError::new(format!("go {}{package}: {}", cx.config().command, e.text))
    })?;
    Ok(outcome)
}

fn install(cx: &ActionCx<'_>, outcome: &mut Outcome) -> Result<(), ActionError> {
    let node = cx.node();
    let build = cx.outcome(node.deps[0]);
    let list = cx.run.job.options.is_cmd_list;
    let built = build.built.path().unwrap_or_default();
    if !list {
        footprint::output(&node.target);
    }
    if built == node.target {
        if !node.buggy_install {
            clean_up(cx);
            if !list {
                touch(cx, &node.target);
            }
        }
        outcome.verdict = Verdict::Reused(Way::InstalledTarget);
        return Ok(());
    }
    if list {
        // The file in the cache is good enough for a list.
        outcome.built = build.built.clone();
        return Ok(());
    }
    cx.shell.mkdir(&node.objdir)?;
    cx.shell.mkdir(path::split(&node.target).0)?;
    let library = matches!(
        cx.config().modes.buildmode.as_str(),
        "c-archive" | "c-shared" | "plugin"
    );
    let link = cx.node_of(node.deps[0]);
    let executable = matches!(link.kind, Kind::Link) && !library;
    let perm = if executable { 0o777 } else { 0o666 };
    let moved = match &build.built {
        // It came from the store of links, where a link would have made it in the work directory.
        Artifact::Cached(kept) if executable && !link.cache_executable => {
            let copied = cx.shell.copy_executable(&node.target, kept, perm);
            copied.map_err(|mut e| {
                e.text = e.text.replace(kept, &link.target);
                e
            })
        }
        _ => cx.shell.move_or_copy_file(&node.target, built, perm, false),
    };
    if !node.buggy_install {
        clean_up(cx);
    }
    moved
}

/// Removes the object directory of an installed result, early, before it takes up the disk.
fn clean_up(cx: &ActionCx<'_>) {
    if !cx.config().flags.work {
        // That it stays is only a waste.
        let _ = cx.shell.remove_all(&cx.node_of(cx.node().deps[0]).objdir);
    }
}

/// An up-to-date target looks as if it was installed anew, so that users do not come to depend on
/// when a target is rebuilt. Best effort.
fn touch(cx: &ActionCx<'_>, target: &str) {
    if cx.config().flags.n {
        cx.shell.show_cmd("", &format!("touch {target}"));
        return;
    }
    let now = clock::now(For::Stamp);
    let times = FileTimes::new().set_accessed(now).set_modified(now);
    let _ = disk::own::open(Because::Target, target).and_then(|file| file.set_times(times));
}

/// The work of an `install header` node.
pub fn install_header(cx: &ActionCx<'_>) -> Result<Outcome, ActionError> {
    footprint::refuse("a header is installed");
    let node = cx.node();
    let header = format!("{}{}", node.objdir, objdir_cache::CGO_HEADER);
    let missing = disk::own::metadata(Because::Target, &header)
        .is_err_and(|e| e.kind() == std::io::ErrorKind::NotFound);
    if missing {
        // No function is exported.
        if cx.config().flags.x {
            cx.shell.show_cmd("", &format!("# {header} not created"));
        }
        return Ok(Outcome::default());
    }
    cx.shell.mkdir(path::split(&node.target).0)?;
    cx.shell
        .move_or_copy_file(&node.target, &header, 0o666, true)?;
    Ok(Outcome::default())
}

/// The work of a `shlibname` node: writes down which shared library holds the package.
pub fn install_shlibname(cx: &ActionCx<'_>) -> Result<Outcome, ActionError> {
    footprint::refuse("the name of a shared library is installed");
    let node = cx.node();
    if !cx.config().flags.n {
        cx.shell.mkdir(&path::dir(&node.target))?;
    }
    let library = &cx.node_of(node.deps[0]).target;
    let text = format!("{}\n", path::base(library));
    cx.shell.write_file(&node.target, &text)?;
    Ok(Outcome::default())
}
