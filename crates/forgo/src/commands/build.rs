//! `go build`: compiles packages and their dependencies.
//!
//! Answers to runBuild in cmd/go/internal/work/build.go.

use forgo_build::action::RunOptions;
use forgo_build::plan::PlanBuilder;
use forgo_build::plan::goal::{Output, filter};
use forgo_load::config::Config;
use forgo_load::disk;
use forgo_load::load::{Loader, PackageOpts, RootMode};
use forgo_load::package::PackageId;

use super::{Command, Invocation, LOADING, Loading, stop_at};
use crate::exit::{Outcome, Stop};
use crate::flags::table::Commands;
use crate::session::{Session, stop_plan};

/// The command.
pub const COMMAND: Command = Command {
    name: "build",
    usage: "go build [-o output] [build flags] [packages]",
    flags: Commands::BUILD,
    custom_flags: false,
    run,
};

fn run(invocation: &mut Invocation<'_>) -> Outcome {
    let loading = Loading::begin(invocation, RootMode::Auto)?;
    let (cfg, console) = (invocation.cfg(), invocation.console);
    let scanner = loading.scanner(cfg)?;
    let mut loader = loading.loader(cfg, &scanner, console)?;
    let session = Session::open(cfg, console)?;
    let opts = PackageOpts {
        auto_vcs: true,
        ..PackageOpts::default()
    };
    let packages = console
        .span(LOADING, || {
            loader.packages_and_errors(opts, &invocation.args)
        })
        .map_err(stop_at)?;
    session.loaded(&loader.graph)?;
    loader.check_package_errors(&packages).map_err(stop_at)?;

    let explicit = !cfg.flags.o.is_empty();
    let output = default_output(cfg, &loader, &packages);
    if cfg.flags.gccgoflags.present {
        console.print(
            "go build: when using gc toolchain, please pass compile flags using -gcflags, and \
             linker flags using -ldflags\n",
        );
    }
    let packages = filter(cfg, &loader.graph, &packages).map_err(stop_plan)?;
    if cfg.flags.cover {
        loader
            .prepare_for_coverage_build(&packages)
            .map_err(stop_at)?;
    }
    let output = classify(output, explicit)?;

    let mut builder = PlanBuilder::new(cfg, &mut *loader, session.work_dir());
    let root = builder
        .build_goal(&packages, &invocation.args, &output)
        .map_err(stop_plan)?;
    let plan = builder.finish(root);
    session.execute(
        &plan,
        &loader.graph,
        &scanner.overlay,
        &RunOptions::default(),
    )?;
    session.close()
}

/// `-o`, or the name of the one command that is built.
fn default_output(cfg: &Config, loader: &Loader<'_>, packages: &[PackageId]) -> String {
    match packages {
        [p] if cfg.flags.o.is_empty() && loader.graph[*p].name == "main" => {
            loader.graph[*p].default_exec_name() + &cfg.target.exe_suffix
        }
        _ => cfg.flags.o.clone(),
    }
}

/// Reports whether the output is nothing, a file, or a directory.
fn classify(output: String, explicit: bool) -> Outcome<Output> {
    if output.is_empty() || output == "/dev/null" {
        return Ok(Output::None);
    }
    // The process's own current directory is cfg.cwd.
    if !output.ends_with('/') && !disk::is_dir(&output) {
        return Ok(Output::File(output));
    }
    if !explicit {
        let quoted = forgo_golang::quote::quote(&output);
        let text = format!("go: build output {quoted} already exists and is a directory");
        return Err(Stop::fatal(text));
    }
    Ok(Output::Directory(output))
}
