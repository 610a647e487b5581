//! `go vet`: compiles packages and their tests, and runs an analysis tool on each.
//!
//! Answers to cmd/go/internal/vet/vet.go. The tool's output is handled in
//! forgo_build::actions::vet_output; the arguments in [`arguments`], `-fix` in [`fixes`].

mod arguments;
mod fixes;

use std::sync::Arc;

use forgo_build::action::{Actors, RunOptions, VetOptions, VetOutput};
use forgo_build::plan::{BuildMode, Kind, Mode, Node, PlanBuilder};
use forgo_load::load::{Loader, PackageOpts, RootMode, Testmain};
use forgo_load::package::PackageId;

use super::{Command, Invocation, LOADING, LOADING_TESTS, Loading, stop_at, traced};
use crate::exit::{Outcome, Stop};
use crate::flags::Flags;
use crate::flags::table::Commands;
use crate::report::Console;
use crate::session::{Session, needs_cache};
use arguments::ToolArguments;
use fixes::Fixes;

/// The command.
pub const COMMAND: Command = Command {
    name: "vet",
    usage: "go vet [build flags] [-vettool prog] [vet flags] [packages]",
    flags: Commands::VET,
    custom_flags: true,
    run,
};

fn run(invocation: &mut Invocation<'_>) -> Outcome {
    let given = arguments::parse(invocation)?;
    invocation.configure()?;
    // -json is the tool's here, not the build's.
    invocation.startup.cfg.flags.json = false;
    invocation.console.set_json(None);
    traced(invocation, |invocation| vet(invocation, given))
}

fn vet(invocation: &mut Invocation<'_>, given: ToolArguments) -> Outcome {
    let loading = Loading::begin(invocation, RootMode::Auto)?;
    let (cfg, console) = (invocation.cfg(), invocation.console);
    let scanner = loading.scanner(cfg)?;
    let mut loader = loading.loader(cfg, &scanner, console)?;
    let (vet, apply_fixes) = options(given, &invocation.flags)?;

    let opts = PackageOpts {
        mod_resolve_tests: true,
        ..PackageOpts::default()
    };
    let packages = console
        .span(LOADING, || {
            loader.packages_and_errors(opts, &invocation.args)
        })
        .map_err(stop_at)?;
    needs_cache(cfg, &loader.graph)?;
    loader.check_package_errors(&packages).map_err(stop_at)?;
    if packages.is_empty() {
        return Err(Stop::fatal("no packages to vet"));
    }
    let session = Session::open(cfg, console)?;
    let testmain = Testmain {
        cfg,
        overlay: &scanner.overlay,
    };
    let targets = targets(
        &mut loader,
        console,
        opts,
        &packages,
        &testmain,
        apply_fixes,
    )?;

    let mut builder = PlanBuilder::new(cfg, &mut *loader, session.work_dir());
    let mode = BuildMode::Build;
    let deps = targets
        .iter()
        .map(|p| builder.vet_action(mode, mode, apply_fixes, *p))
        .collect();
    let mut root = Node::group(Mode::GoVet, deps);
    let fixes = Arc::new(Fixes::default());
    if apply_fixes {
        root.kind = Kind::Command;
        root.ignore_fail = true;
    }
    let root = builder.add(root);
    let plan = builder.finish(root);
    let options = RunOptions {
        vet,
        actors: Actors::one(root, fixes.clone()),
        ..RunOptions::default()
    };
    session.execute(&plan, &loader.graph, &scanner.overlay, &options)?;
    fixes.apply(console);
    session.close()
}

/// How to run the tool, and whether its fixes are to be written to the sources.
fn options(given: ToolArguments, flags: &Flags) -> Outcome<(VetOptions, bool)> {
    let (fix, json, diff) = (flags.on("fix"), flags.on("json"), flags.on("diff"));
    let context = flags
        .value("c")
        .and_then(|n| n.parse::<i64>().ok())
        .unwrap_or(-1);
    let mut vet = VetOptions {
        tool: given.tool,
        explicit: !given.flags.is_empty(),
        flags: given.flags,
        output: VetOutput::Copy,
    };
    let mut add = |flag: &str| vet.flags.push(flag.to_owned());
    if !fix {
        if !json {
            // JSON, because text could not be distinguished from the tool's own errors.
            add("-json");
            vet.output = VetOutput::Diagnostics {
                context: usize::try_from(context).ok(),
            };
        }
        if diff {
            return Err(Stop::fatal("go vet -diff flag requires -fix"));
        }
        return Ok((vet, false));
    }
    if json && diff {
        return Err(Stop::fatal("-json and -diff cannot be used together"));
    }
    if !json {
        add("-fix");
        if diff {
            add("-diff");
            vet.output = VetOutput::CopyAndFail;
        }
    }
    if context != -1 {
        return Err(Stop::fatal("-c flag cannot be used when applying fixes"));
    }
    Ok((vet, !json && !diff))
}

/// Returns the packages to vet for those named: with their test files, each file once.
fn targets(
    loader: &mut Loader<'_>,
    console: &Console,
    opts: PackageOpts,
    packages: &[PackageId],
    testmain: &Testmain<'_>,
    apply_fixes: bool,
) -> Outcome<Vec<PackageId>> {
    let mut targets = Vec::new();
    for &id in packages {
        let p = &loader.graph[id];
        // Other people's sources are not to be changed (go.dev/issue/76479).
        let foreign = p.standard && p.import_path.starts_with("vendor/")
            || p.module.as_ref().is_some_and(|m| !m.main);
        if apply_fixes && foreign {
            continue;
        }
        let made = console
            .span(LOADING_TESTS, || {
                loader.test_packages_for(opts, id, None, testmain)
            })
            .map_err(stop_at)?;
        if let Some(error) = made.perr.and_then(|id| loader.graph[id].error.as_ref()) {
            console.error(&error.to_string());
            continue;
        }
        let has_files = |id: &PackageId| {
            let p = &loader.graph[*id];
            !p.go_files.is_empty() || !p.cgo_files.is_empty()
        };
        let ptest = made.ptest.filter(has_files);
        if ptest.is_none() && made.pxtest.is_none() {
            let p = &loader.graph[id];
            let (path, dir) = (&p.import_path, &p.dir);
            console.error(&format!("go: can't vet {path}: no Go files in {dir}"));
            continue;
        }
        targets.extend(ptest);
        targets.extend(made.pxtest);
    }
    Ok(targets)
}
