//! `go tool`: runs a tool of the distribution or of the module, or lists them.
//!
//! Answers to cmd/go/internal/tool and to base.ToolPath.

mod dist_list;
mod exec;

use forgo_build::action::{ActionCx, ActionError, Actor, Outcome as Done};
use forgo_golang::path;
use forgo_golang::quote::quote;
use forgo_load::config::Config;
use forgo_load::disk;
use forgo_load::event::{Event, Reporter};
use forgo_load::load::modules::Modules;
use forgo_load::load::scan::Scanner;
use forgo_load::load::{PackageOpts, RootMode, TargetDir};
use forgo_load::package::Package;
use forgo_load::process::errno_text;

use super::run::{exec_words, link_and_act};
use super::{Command, Invocation, Loading, stop_at};
use crate::exit::{Outcome, Stop};
use crate::flags::table::Commands;
use crate::session::Session;
use forgo_build::plan::Mode;

/// The command.
pub const COMMAND: Command = Command {
    name: "tool",
    usage: "go tool [-n] command [args...]",
    flags: Commands::TOOL,
    custom_flags: false,
    run,
};

fn run(invocation: &mut Invocation<'_>) -> Outcome {
    // -n is of this command alone: no build is a dry run for it.
    let only_show = invocation.flags.on("n");
    let flags = &mut invocation.startup.cfg.flags;
    (flags.n, flags.x) = (false, false);
    let Some((name, args)) = invocation.args.split_first() else {
        return list(invocation);
    };
    let (name, args) = (name.clone(), args.to_vec());
    let file = path::join2(&invocation.cfg().dist.tool_dir, &name);
    // To Go 1.26 the directory of the tools is the tool without a name.
    let release = invocation.cfg().dist.release;
    let may_exist = is_valid(&name) && !(name.is_empty() && release.tool_needs_a_name());
    if may_exist && disk::metadata(&file).is_ok() {
        let words: Vec<_> = std::iter::once(file).chain(args).collect();
        let how = Start {
            name,
            only_show,
            plain_environment: true,
        };
        how.start(invocation.cfg(), &words, invocation.console);
        return Ok(());
    }
    if name == "dist"
        && args.first().is_some_and(|a| a == "list")
        && let Some(text) = dist_list::impersonate(invocation.cfg().dist.release, &args[1..])
    {
        invocation.console.print(text);
        return Ok(());
    }
    if let Some(path) = builtin(invocation.cfg(), &name) {
        invocation.startup.force_host();
        return build_and_run(
            invocation,
            RootMode::Ignored,
            &path,
            &args,
            name,
            true,
            only_show,
        );
    }
    match of_module(invocation, &name)? {
        Some(path) => build_and_run(
            invocation,
            RootMode::Auto,
            &path,
            &args,
            name,
            false,
            only_show,
        ),
        None => {
            let text = format!("go: no such tool {}", quote(&name));
            Err(Stop::with_status(text, 2))
        }
    }
}

/// base.ValidToolName.
fn is_valid(name: &str) -> bool {
    name.bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Import path of a command that the distribution would install as a tool, but has only as source.
fn builtin(cfg: &Config, name: &str) -> Option<String> {
    let dir = path::join2(&cfg.dist.goroot, &format!("src/cmd/{name}"));
    let has_source = |dir: &str| {
        disk::read_dir(dir).is_ok_and(|mut entries| {
            entries.any(|e| e.is_ok_and(|e| e.file_name().to_string_lossy().ends_with(".go")))
        })
    };
    if name.is_empty() || !is_valid(name) || !has_source(&dir) {
        return None;
    }
    let package = Package {
        name: "main".into(),
        import_path: format!("cmd/{name}"),
        goroot: true,
        ..Package::default()
    };
    (package.install_target_dir() == TargetDir::Tool).then_some(package.import_path)
}

/// The tools that go.mod and go.work define, sorted.
fn module_tools(invocation: &Invocation<'_>) -> Outcome<Vec<String>> {
    let cfg = invocation.cfg();
    let scanner = Scanner::new(cfg).map_err(stop_at)?;
    let mut modules =
        Modules::init(cfg, &scanner, invocation.console, RootMode::Auto).map_err(stop_at)?;
    modules.load_mod_file().map_err(stop_at)?;
    Ok(modules.state.tools.iter().cloned().collect())
}

/// The tool of the module with this path or name (loadModTool).
fn of_module(invocation: &Invocation<'_>, name: &str) -> Outcome<Option<String>> {
    let mut matches = module_tools(invocation)?;
    matches.retain(|tool| tool == name || default_name(tool) == name);
    if matches.len() > 1 {
        let list: String = matches.iter().map(|t| format!("{t}\n\t")).collect();
        let text = format!(
            "go: tool {} is ambiguous; choose one of:\n\t{list}",
            quote(name)
        );
        return Err(Stop::fatal(text));
    }
    Ok(matches.pop())
}

fn default_name(import_path: &str) -> String {
    Package {
        import_path: import_path.into(),
        ..Package::default()
    }
    .default_exec_name()
}

/// All tools: the distribution's, then the module's (listTools).
fn list(invocation: &Invocation<'_>) -> Outcome {
    let dir = &invocation.cfg().dist.tool_dir;
    let entries = disk::read_dir(dir).map_err(|e| {
        let why = errno_text(&e);
        Stop::with_status(format!("go: no tool directory: open {dir}: {why}"), 2)
    })?;
    let mut names: Vec<String> = entries
        .flatten()
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    for name in &mut names {
        *name = name.to_lowercase();
    }
    invocation
        .console
        .print(names.iter().map(|n| format!("{n}\n")).collect::<String>());
    let tools = module_tools(invocation)?;
    let text: String = if invocation.cfg().dist.release.tool_lists_short_names() {
        with_names(&names, &tools)
    } else {
        tools.iter().map(|t| format!("{t}\n")).collect()
    };
    invocation.console.print(text);
    Ok(())
}

/// Since 1.27: the short name first, where it leads to one tool only.
fn with_names(distribution: &[String], tools: &[String]) -> String {
    let short: Vec<_> = tools.iter().map(|t| default_name(t)).collect();
    let unique = |name: &String| {
        !distribution.contains(name) && short.iter().filter(|s| *s == name).count() == 1
    };
    let line = |(tool, name): (&String, &String)| {
        if unique(name) {
            format!("{name} ({tool})\n")
        } else {
            format!("{tool}\n")
        }
    };
    tools.iter().zip(&short).map(line).collect()
}

/// Builds a tool, or finds it in the cache, and runs it.
fn build_and_run(
    invocation: &mut Invocation<'_>,
    root: RootMode,
    tool: &str,
    args: &[String],
    name: String,
    builtin: bool,
    only_show: bool,
) -> Outcome {
    let loading = Loading::begin(invocation, root)?;
    let (cfg, console) = (invocation.cfg(), invocation.console);
    let scanner = loading.scanner(cfg)?;
    let mut loader = loading.loader(cfg, &scanner, console)?;
    let session = Session::open(cfg, console)?;
    let opts = PackageOpts {
        main_only: true,
        ..PackageOpts::default()
    };
    let packages = loader
        .packages_and_errors(opts, &[tool.to_owned()])
        .map_err(stop_at)?;
    session.loaded(&loader.graph)?;
    let Some(&p) = packages.first() else {
        return Err(Stop::fatal(format!("go: no packages loaded from {tool}")));
    };
    let package = &mut loader.graph[p];
    package.internal.omit_debug = true;
    package.internal.exe_name = package.default_exec_name();

    let exec = if builtin {
        Vec::new()
    } else {
        exec_words(cfg, &invocation.flags)
    };
    let start = Start {
        name,
        only_show,
        plain_environment: builtin,
    };
    link_and_act(
        session,
        loader,
        p,
        Mode::GoTool,
        args,
        RunTool { exec, start },
    )
}

/// How a tool is started.
#[derive(Debug)]
struct Start {
    /// The name that the user gave.
    name: String,
    /// `-n`.
    only_show: bool,
    /// With the go command's own environment, not the one of `go run`.
    plain_environment: bool,
}

impl Start {
    /// Runs it, or shows how it would be run.
    fn start(&self, cfg: &Config, words: &[String], reporter: &dyn Reporter) {
        if self.only_show {
            let _ = reporter.stdout(format!("{}\n", words.join(" ")).as_bytes());
            return;
        }
        let command = if self.plain_environment {
            exec::with_own_environment(cfg, words)
        } else {
            super::run::program(cfg, words)
        };
        let result = exec::run(command);
        if let Some(text) = exec::complaint(&result, words) {
            let line = format!("go tool {}: {text}\n", self.name);
            reporter.event(Event::Stderr(line));
        }
        let status = exec::status(&result, cfg.dist.release);
        reporter.event(Event::ExitStatus(status));
    }
}

/// Runs the tool that was linked.
#[derive(Debug)]
struct RunTool {
    exec: Vec<String>,
    start: Start,
}

impl Actor for RunTool {
    fn act(&self, cx: &ActionCx<'_>) -> Result<Done, ActionError> {
        let node = cx.node();
        let linked = cx.outcome(node.deps[0]);
        // Under -n the copy in the cache is named, which is there to stay.
        let program = match linked.cached_executable.as_str() {
            cached if self.start.only_show && !cached.is_empty() => cached,
            _ => linked.built.path().unwrap_or_default(),
        };
        let mut words = self.exec.clone();
        words.push(program.to_owned());
        words.extend_from_slice(&node.args);
        cx.program_starts();
        self.start.start(cx.config(), &words, cx.run.job.reporter);
        Ok(Done::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_may_be_tools() {
        assert!(is_valid("test2json") && is_valid("a_b"));
        assert!(!is_valid("../x") && !is_valid("Vet") && !is_valid("a-b"));
    }

    #[test]
    fn short_names_where_they_are_clear() {
        let tools = ["a.com/vet", "b.com/x", "c.com/x", "d.com/stringer/v2"].map(String::from);
        assert_eq!(
            with_names(&["vet".into()], &tools),
            "a.com/vet\nb.com/x\nc.com/x\nstringer (d.com/stringer/v2)\n"
        );
    }
}
