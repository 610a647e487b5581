//! `go list`: shows packages, through a template or as JSON.
//!
//! Questions about modules (-m, -u, -versions, -retracted) are the stock command's: they may need
//! the network.
//!
//! Answers to cmd/go/internal/list/list.go.

mod deps;
mod gather;
mod json;
mod public;
mod time;
mod values;

use std::rc::Rc;

use forgo_build::action::{PackageFacts, RunOptions};
use forgo_build::plan::{BuildMode, Mode, Node, PlanBuilder};
use forgo_golang::template::value::{STRING, STRINGS, Signature, Type, Value};
use forgo_golang::template::{Functions, Template};
use forgo_load::footprint::{self, Look};
use forgo_load::load::{Loader, PackageOpts, RootMode};
use forgo_load::package::PackageId;

use super::{Command, Invocation, LOADING, Lasting, Loading, stop_at};
use crate::delegate;
use crate::exit::{Outcome, Stop};
use crate::flags::kind::parse_bool;
use crate::flags::table::Commands;
use crate::report::Console;
use crate::session::{Session, Store, needs_cache, stop_plan};
use deps::Deps;
use json::Fields;
use public::Listed;

/// The command.
pub const COMMAND: Command = Command {
    name: "list",
    usage: "go list [-f format] [-json] [-m] [list flags] [build flags] [packages]",
    flags: Commands::LIST,
    custom_flags: false,
    run,
};

/// The settings of the flags that only `list` has.
struct Options {
    compiled: bool,
    deps: bool,
    errors_are_data: bool,
    export: bool,
    find: bool,
    test: bool,
    json: bool,
    fields: Fields,
    format: String,
}

impl Options {
    fn read(invocation: &Invocation<'_>) -> Options {
        let flags = &invocation.flags;
        let mut json = false;
        let mut fields = Fields::default();
        for value in flags.values("json") {
            json = parse_bool(value).unwrap_or(true);
            if parse_bool(value).is_none() {
                fields.add(value);
            }
        }
        Options {
            compiled: flags.on("compiled"),
            deps: flags.on("deps"),
            errors_are_data: flags.on("e"),
            export: flags.on("export"),
            find: flags.on("find"),
            test: flags.on("test"),
            json,
            fields,
            format: flags.text("f").to_owned(),
        }
    }

    /// Stale and StaleReason are wanted.
    fn needs_stale(&self) -> bool {
        self.json && self.fields.any(&["Stale", "StaleReason"]) || self.format.contains(".Stale")
    }

    fn package_opts(&self) -> PackageOpts {
        let embeds = ["EmbedFiles", "TestEmbedFiles", "XTestEmbedFiles"];
        PackageOpts {
            ignore_imports: self.find,
            mod_resolve_tests: self.test,
            auto_vcs: true,
            suppress_build_info: !self.export && !self.fields.any(&["Stale", "StaleReason"]),
            suppress_embed_files: !self.export && !self.fields.any(&embeds),
            ..PackageOpts::default()
        }
    }

    fn check_pairs(&self) -> Outcome {
        for (other, name) in [
            (self.deps, "deps"),
            (self.test, "test"),
            (self.export, "export"),
        ] {
            if self.find && other {
                let text = format!("go list -{name} cannot be used with -find");
                return Err(Stop::fatal(text));
            }
        }
        Ok(())
    }
}

static JOIN: [Type; 2] = [&STRINGS, &STRING];
static MODULE: [Type; 1] = [&STRING];
static FUNCTIONS: Functions = &[
    (
        "join",
        Signature {
            params: &JOIN,
            variadic: false,
        },
    ),
    (
        "context",
        Signature {
            params: &[],
            variadic: false,
        },
    ),
    (
        "module",
        Signature {
            params: &MODULE,
            variadic: false,
        },
    ),
];

fn run(invocation: &mut Invocation<'_>) -> Outcome {
    let about_modules = ["m", "u", "versions", "retracted"];
    if about_modules.iter().any(|f| invocation.flags.on(f))
        || !invocation.flags.text("reuse").is_empty()
    {
        return delegate::exec(&invocation.given);
    }
    let options = Options::read(invocation);
    if invocation.cfg().dist.release.list_refuses_empty_patterns()
        && invocation.args.iter().any(String::is_empty)
    {
        return Err(Stop::fatal("go: invalid package: \"\""));
    }
    let conflict = !options.format.is_empty() && options.json;
    let loading = Loading::begin(invocation, RootMode::Auto)?;
    if conflict {
        return Err(Stop::fatal("go list -f cannot be used with -json"));
    }
    list(invocation, &options, loading)
}

fn list(invocation: &Invocation<'_>, options: &Options, loading: Loading) -> Outcome {
    let (cfg, console) = (invocation.cfg(), invocation.console);
    let scanner = loading.scanner(cfg)?;
    let mut loader = loading.loader(cfg, &scanner, console)?;
    let template = if options.json {
        None
    } else {
        let format = if options.format.is_empty() {
            "{{.ImportPath}}"
        } else {
            options.format.as_str()
        };
        Some(Template::parse("main", format, FUNCTIONS).map_err(Stop::fatal)?)
    };
    options.check_pairs()?;

    let opts = options.package_opts();
    let mut packages = console
        .span(LOADING, || {
            loader.packages_and_errors(opts, &invocation.args)
        })
        .map_err(stop_at)?;
    needs_cache(cfg, &loader.graph)?;
    if !options.errors_are_data {
        gather::report_errors(&loader.graph, console, &packages);
        packages.retain(|p| loader.graph[*p].error.is_none());
        console.exit_if_errors()?;
    }
    let mut store = None;
    if options.test {
        let store = store.insert(Store::open(cfg, console)?);
        let errors_are_data = options.errors_are_data;
        gather::add_tests(
            &mut loader,
            (cfg, console),
            opts,
            errors_are_data,
            store,
            &mut packages,
        )?;
    }
    let named = packages.clone();
    if options.deps {
        packages = loader.graph.package_list(&packages);
        if !options.errors_are_data {
            gather::report_errors(&loader.graph, console, &packages);
        }
    }
    let mut session = None;
    let mut facts = Vec::new();
    if options.needs_stale() || options.export || options.compiled {
        let opened = Session::with_store(cfg, console, store)?;
        facts = build(&mut loader, &opened, options, &packages)?;
        session = Some(opened);
    }
    let deps = gather::finish(&mut loader, console, options, &named, &packages, &facts);
    show(
        invocation, options, template, loader, &packages, facts, deps,
    )?;
    session.map_or(Ok(()), Session::close)
}

/// Runs a build to gather information.
fn build(
    loader: &mut Loader<'_>,
    session: &Session<'_>,
    options: &Options,
    packages: &[PackageId],
) -> Outcome<Vec<PackageFacts>> {
    let cfg = loader.cfg;
    if cfg.flags.cover {
        loader
            .prepare_for_coverage_build(packages)
            .map_err(stop_at)?;
    }
    let mut builder = PlanBuilder::new(cfg, loader, session.work_dir());
    let mut deps = Vec::new();
    for &p in packages {
        let package = builder.package(p);
        if !package.go_files.is_empty() || !package.cgo_files.is_empty() {
            let action = builder.auto_action(BuildMode::Install, BuildMode::Install, p);
            deps.push(action.map_err(stop_plan)?);
        }
    }
    // Where nothing is built no cache is missed.
    let shown = !cfg.flags.debug_actiongraph.is_empty() || !cfg.flags.debug_trace.is_empty();
    if deps.is_empty() && !shown {
        return Ok(Vec::new());
    }
    let root = builder.add(Node::group(Mode::GoList, deps));
    let plan = builder.finish(root);
    let run = RunOptions {
        is_cmd_list: true,
        need_export: options.export,
        need_compiled_go_files: options.compiled,
        allow_errors: options.errors_are_data,
        ..RunOptions::default()
    };
    let summary = session.execute(&plan, &loader.graph, &loader.scanner.overlay, &run)?;
    if summary.fatal {
        return Err(Stop::status(1));
    }
    // Their names are shown: they have to be there.
    for facts in &summary.facts {
        for file in facts.compiled_go_files.iter().chain([&facts.export]) {
            if file.starts_with('/') {
                footprint::saw(file, Look::Whole);
            }
        }
    }
    Ok(summary.facts)
}

/// Writes the requested facts, package by package.
fn show(
    invocation: &Invocation<'_>,
    options: &Options,
    template: Option<Template>,
    mut loader: Lasting<Loader<'_>>,
    packages: &[PackageId],
    facts: Vec<PackageFacts>,
    deps: Deps,
) -> Outcome {
    let (cfg, console) = (invocation.cfg(), invocation.console);
    let graph = Rc::new(std::mem::take(&mut loader.graph));
    let (facts, deps) = (Rc::new(facts), Rc::new(deps));
    // They last like the loader.
    std::mem::forget((graph.clone(), facts.clone(), deps.clone()));
    let call = |name: &str, args: &[Value]| match name {
        "join" => {
            let parts: Vec<_> = args[0]
                .items()
                .iter()
                .map(|v| v.as_bytes().unwrap_or_default())
                .collect();
            Ok(Value::bytes(
                &parts.join(args[1].as_bytes().unwrap_or_default()),
            ))
        }
        "context" => Ok(values::context_value(cfg)),
        _ => Ok(values::module_value(
            loader.modules.module_info(&args[0].to_text()),
        )),
    };
    let mut out = Vec::new();
    for &id in packages {
        let listed = Listed {
            graph: Rc::clone(&graph),
            facts: Rc::clone(&facts),
            deps: Rc::clone(&deps),
            id,
        };
        match &template {
            Some(template) => {
                let result = template.execute(&listed.value(), &call, &mut out);
                if let Err(text) = result {
                    console.print_bytes(&out);
                    return Err(Stop::fatal(text));
                }
                if out.last().is_some_and(|b| *b != b'\n') {
                    out.push(b'\n');
                }
            }
            None => json::Writer::new(&mut out, cfg.dist.release).package(&listed, &options.fields),
        }
        // Not all at once, so that a reader can begin.
        if out.len() > 1 << 16 {
            write(console, &out, template.is_some())?;
            out.clear();
        }
    }
    write(console, &out, template.is_some())
}

/// Writes a part of the list. The stock command sees that it can't only where a template's output
/// does not fit into its buffer.
fn write(console: &Console, out: &[u8], by_template: bool) -> Outcome {
    if by_template && out.len() > 4096 {
        return console.must_print("", out);
    }
    console.print_bytes(out);
    Ok(())
}
