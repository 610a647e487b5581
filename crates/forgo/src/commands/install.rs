//! `go install`: builds packages and puts commands where they are found.
//!
//! Answers to runInstall, InstallPackages and installOutsideModule in
//! cmd/go/internal/work/build.go.

use forgo_load::disk;
use forgo_load::footprint;
use std::os::unix::fs::PermissionsExt;

use forgo_build::action::RunOptions;
use forgo_build::plan::PlanBuilder;
use forgo_build::plan::goal::{filter, install_errors};
use forgo_golang::path;
use forgo_load::config::Config;
use forgo_load::load::scan::Scanner;
use forgo_load::load::{Loader, PackageOpts, RootMode};
use forgo_load::package::{ErrorKind, Package, PackageId};

use super::{Command, Invocation, LOADING, Lasting, Loading, is_versioned, stop_at};
use crate::exit::{Outcome, Stop};
use crate::flags::table::Commands;
use crate::report::Console;
use crate::session::{Session, needs_cache, stop_plan};

/// The command.
pub const COMMAND: Command = Command {
    name: "install",
    usage: "go install [build flags] [packages]",
    flags: Commands::INSTALL,
    custom_flags: false,
    run,
};

fn run(invocation: &mut Invocation<'_>) -> Outcome {
    let versioned = invocation.args.iter().any(|a| is_versioned(a));
    let root = if versioned {
        RootMode::None
    } else {
        RootMode::Auto
    };
    let loading = Loading::begin(invocation, root)?;
    let (cfg, console, args) = (invocation.cfg(), invocation.console, &invocation.args);
    let scanner = loading.scanner(cfg)?;
    let mut loader = loading.loader(cfg, &scanner, console)?;
    let (packages, patterns) = if versioned {
        let opts = PackageOpts {
            main_only: true,
            ..PackageOpts::default()
        };
        let packages = loader
            .packages_outside_module(opts, args)
            .map_err(stop_at)?;
        let before = |a: &String| a.split('@').next().unwrap_or_default().to_owned();
        (packages, args.iter().map(before).collect())
    } else {
        let opts = PackageOpts {
            auto_vcs: true,
            ..PackageOpts::default()
        };
        let packages = console
            .span(LOADING, || loader.packages_and_errors(opts, args))
            .map_err(stop_at)?;
        suggest_version(&loader, &packages, args)?;
        (packages, args.clone())
    };
    needs_cache(cfg, &loader.graph)?;
    loader.check_package_errors(&packages).map_err(stop_at)?;
    if !versioned && cfg.flags.cover {
        loader
            .prepare_for_coverage_build(&packages)
            .map_err(stop_at)?;
    }
    let span = format!("InstallPackages {}", patterns.join(" "));
    console.span(&span, || {
        install(cfg, console, &scanner, loader, &packages, &patterns)
    })
}

/// Outside of any module, where all that is wrong is that nothing provides the packages.
fn suggest_version(loader: &Loader<'_>, packages: &[PackageId], args: &[String]) -> Outcome {
    let state = &loader.modules.state;
    if !state.enabled || state.has_mod_root {
        return Ok(());
    }
    let mut errors = packages
        .iter()
        .filter_map(|p| loader.graph[*p].error.as_ref())
        .peekable();
    if errors.peek().is_none() || !errors.all(|e| e.kind == ErrorKind::ImportMissing) {
        return Ok(());
    }
    let latest: Vec<_> = args.iter().map(|a| format!("{a}@latest")).collect();
    Err(Stop::fatal(format!(
        "go: 'go install' requires a version when current directory is not in a module\n\
         \tTry 'go install {}' to install the latest version",
        latest.join(" ")
    )))
}

/// InstallPackages.
fn install(
    cfg: &Config,
    console: &Console,
    scanner: &Scanner<'_>,
    mut loader: Lasting<Loader<'_>>,
    packages: &[PackageId],
    patterns: &[String],
) -> Outcome {
    if !cfg.dirs.gobin.is_empty() && !cfg.dirs.gobin.starts_with('/') {
        return Err(Stop::fatal(
            "cannot install, GOBIN must be an absolute path",
        ));
    }
    let packages = filter(cfg, &loader.graph, packages).map_err(stop_plan)?;
    for error in install_errors(&loader.graph, &packages) {
        console.error(&error);
    }
    console.exit_if_errors()?;
    let session = Session::open(cfg, console)?;
    let mut builder = PlanBuilder::new(cfg, &mut *loader, session.work_dir());
    let root = builder
        .install_goal(&packages, patterns)
        .map_err(stop_plan)?;
    let plan = builder.finish(root);
    session.execute(
        &plan,
        &loader.graph,
        &scanner.overlay,
        &RunOptions::default(),
    )?;
    console.exit_if_errors()?;
    if let ([], [p]) = (patterns, packages.as_slice()) {
        remove_leftover(cfg, &loader.graph[*p]);
    }
    session.close()
}

/// After `go install` in a command's directory, what `go build` left there is only in the way.
fn remove_leftover(cfg: &Config, p: &Package) {
    let name = p.default_exec_name() + &cfg.target.exe_suffix;
    if p.name != "main" || path::join2(&p.dir, &name) == p.target {
        return;
    }
    let executable = disk::metadata(&name).is_ok_and(|m| {
        m.is_file() && (m.permissions().mode() & 0o111 != 0 || cfg.target.goos == "windows")
    });
    if executable {
        footprint::writes(&name);
        #[expect(clippy::disallowed_methods, reason = "footprint was told just now")]
        // A courtesy; the stock command does not report failures either.
        let _ = std::fs::remove_file(&name);
    }
}
