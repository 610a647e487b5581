//! `go run`: builds a command and runs it.
//!
//! Answers to cmd/go/internal/run, to FindExecCmd in cmd/go/internal/work/build.go and to
//! base.RunStdin.

use std::os::unix::process::CommandExt;
use std::process::{Command as Process, ExitStatus};
use std::sync::Arc;
use std::time::Duration;

use forgo_build::action::{ActionCx, ActionError, Actor, Actors, Outcome as Done, RunOptions};
use forgo_build::plan::{BuildMode, Kind, Mode, Node, PlanBuilder};
use forgo_load::config::Config;
use forgo_load::event::Event;
use forgo_load::load::{Loader, PackageOpts, RootMode};
use forgo_load::package::{Package, PackageId};
use forgo_load::process::{self, Learns, exit_text, look_path, os, start};

use super::{Command, Invocation, Lasting, Loading, is_versioned, stop_at};
use crate::exit::{Outcome, Stop};
use crate::flags::kind::split_words;
use crate::flags::table::Commands;
use crate::session::{Session, stop_plan};

/// The command.
pub const COMMAND: Command = Command {
    name: "run",
    usage: "go run [build flags] [-exec xprog] package [arguments...]",
    flags: Commands::RUN,
    custom_flags: false,
    run,
};

fn run(invocation: &mut Invocation<'_>) -> Outcome {
    let first = invocation.args.first().map_or("", String::as_str);
    let outside = !first.ends_with(".go") && !first.starts_with('-') && is_versioned(first);
    let root = if outside {
        RootMode::None
    } else {
        RootMode::Auto
    };
    let loading = Loading::begin(invocation, root)?;
    let (cfg, console) = (invocation.cfg(), invocation.console);
    let scanner = loading.scanner(cfg)?;
    let mut loader = loading.loader(cfg, &scanner, console)?;
    let session = Session::open(cfg, console)?;
    let (p, args) = load(&mut loader, &invocation.args)?;
    session.loaded(&loader.graph)?;
    loader.check_package_errors(&[p]).map_err(stop_at)?;
    if cfg.flags.cover {
        loader.prepare_for_coverage_build(&[p]).map_err(stop_at)?;
    }
    let name = exe_name(cfg, &loader.graph[p])?;
    let package = &mut loader.graph[p];
    package.internal.omit_debug = true;
    package.target.clear();
    package.internal.exe_name = name;

    let exec = exec_words(cfg, &invocation.flags);
    link_and_act(session, loader, p, Mode::GoRun, args, RunProgram { exec })
}

/// Links a command, or finds it in the cache, hands it to the actor, and ends the session.
pub fn link_and_act(
    session: Session<'_>,
    mut loader: Lasting<Loader<'_>>,
    p: PackageId,
    mode: Mode,
    args: &[String],
    actor: impl Actor + 'static,
) -> Outcome {
    let cfg = loader.cfg;
    let mut builder = PlanBuilder::new(cfg, &mut *loader, session.work_dir());
    let build = BuildMode::Build;
    let link = builder.link_action(build, build, p).map_err(stop_plan)?;
    builder.node_mut(link).cache_executable = true;
    let root = builder.add(Node {
        kind: Kind::Command,
        args: args.to_vec(),
        ..Node::group(mode, vec![link])
    });
    let plan = builder.finish(root);
    let options = RunOptions {
        actors: Actors::one(root, Arc::new(actor)),
        ..RunOptions::default()
    };
    session.execute(&plan, &loader.graph, &loader.scanner.overlay, &options)?;
    session.close()
}

/// The package that the arguments name, and the arguments after it.
fn load<'a>(loader: &mut Loader<'_>, args: &'a [String]) -> Outcome<(PackageId, &'a [String])> {
    let opts = PackageOpts {
        main_only: true,
        ..PackageOpts::default()
    };
    let files = args.iter().take_while(|a| a.ends_with(".go")).count();
    if files > 0 {
        let (files, rest) = args.split_at(files);
        if let Some(test) = files.iter().find(|f| f.ends_with("_test.go")) {
            return Err(Stop::fatal(format!(
                "go: cannot run *_test.go files ({test})"
            )));
        }
        return Ok((loader.go_files_package(opts, files).map_err(stop_at)?, rest));
    }
    let Some(arg) = args.first().filter(|a| !a.starts_with('-')) else {
        return Err(Stop::fatal("go: no go files listed"));
    };
    let packages = if is_versioned(arg) {
        loader.packages_outside_module(opts, &args[..1])
    } else {
        loader.packages_and_errors(opts, &args[..1])
    };
    match packages.map_err(stop_at)?[..] {
        [] => Err(Stop::fatal(format!("go: no packages loaded from {arg}"))),
        [p] => Ok((p, &args[1..])),
        ref several => {
            let names: Vec<_> = several
                .iter()
                .map(|p| loader.graph[*p].import_path.as_str())
                .collect();
            Err(Stop::fatal(format!(
                "go: pattern {arg} matches multiple packages:\n\t{}",
                names.join("\n\t")
            )))
        }
    }
}

/// Name of the executable: after the first file where files were listed.
fn exe_name(cfg: &Config, p: &Package) -> Outcome<String> {
    if !p.internal.cmdline_files {
        return Ok(p.default_exec_name());
    }
    match p.go_files.first().or(p.cgo_files.first()) {
        Some(file) => Ok(file.strip_suffix(".go").unwrap_or(file).to_owned()),
        None => {
            let hint = if cfg.context.cgo_enabled {
                ""
            } else {
                " (cgo is disabled)"
            };
            Err(Stop::fatal(format!("go: no suitable source files{hint}")))
        }
    }
}

/// Returns the command that starts the user's programs: `-exec`, or for a foreign target
/// `go_GOOS_GOARCH_exec` if there is such a program.
pub fn exec_words(cfg: &Config, flags: &crate::flags::Flags) -> Vec<String> {
    if let Some(exec) = flags.value("exec") {
        return split_words(exec).unwrap_or_default();
    }
    let (target, dist) = (&cfg.target, &cfg.dist);
    if (&target.goos, &target.goarch) == (&dist.host_goos, &dist.host_goarch) {
        return Vec::new();
    }
    let name = format!("go_{}_{}_exec", target.goos, target.goarch);
    look_path(cfg, &name)
        .map(|found| vec![found])
        .unwrap_or_default()
}

/// Runs the linked program.
#[derive(Debug)]
struct RunProgram {
    exec: Vec<String>,
}

impl Actor for RunProgram {
    fn act(&self, cx: &ActionCx<'_>) -> Result<Done, ActionError> {
        let (node, cfg) = (cx.node(), cx.config());
        let program = cx.outcome(node.deps[0]).built.path().unwrap_or_default();
        let mut words = self.exec.clone();
        words.push(program.to_owned());
        words.extend_from_slice(&node.args);
        if cfg.flags.shows_commands() {
            cx.shell.show_cmd("", &words.join(" "));
        }
        cx.program_starts();
        if !cfg.flags.n
            && let Some(text) = run_program(cfg, &words)
        {
            let reporter = cx.run.job.reporter;
            reporter.event(Event::Stderr(format!("{text}\n")));
            reporter.event(Event::ExitStatus(1));
        }
        Ok(Done::default())
    }
}

/// base.RunStdin: with the user's own environment, GOROOT/bin first on PATH. Returns how it went
/// wrong.
fn run_program(cfg: &Config, words: &[String]) -> Option<String> {
    // Another go command may have the cached executable still open for writing.
    for attempt in 0..3 {
        let learns = Learns::Refuse("a program of the user's runs");
        match process::status(&mut program(cfg, words), learns) {
            Err(e) if e.raw_os_error() == Some(libc::ETXTBSY) => {
                std::thread::sleep(Duration::from_millis(100 << attempt));
            }
            status => return failure(status, words),
        }
    }
    None
}

/// The command with the environment of `go run` (and of tools that modules define).
pub fn program(cfg: &Config, words: &[String]) -> Process {
    let path = cfg.env.os("PATH");
    let bin = forgo_golang::path::join2(&cfg.dist.goroot, "bin");
    let path = if path.is_empty() {
        bin
    } else {
        format!("{bin}:{path}")
    };
    let file = look_path(cfg, &words[0]).unwrap_or_else(|_| words[0].clone());
    let mut process = process::bare(&file);
    process
        .arg0(os(&words[0]))
        .args(words[1..].iter().map(|word| os(word)))
        .env_clear()
        .envs(cfg.env.orig.iter().map(|(k, v)| (os(k), os(v))))
        .env("PATH", os(&path));
    start::program_like_go(&mut process);
    process
}

fn failure(status: std::io::Result<ExitStatus>, words: &[String]) -> Option<String> {
    exit_text(status, &words[0])
}
