//! `go test`: builds and runs the tests of packages.
//!
//! Answers to runTest in cmd/go/internal/test/test.go. The actions of each package are planned in
//! `forgo_build::plan::test` and run in `forgo_build::actions::run_test`.

mod checks;
mod flags;
mod settings;
pub mod vet_flag;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use forgo_build::action::{RunOptions, VetOptions};
use forgo_build::actions::run_test::{self, AllTests, setup_failed};
use forgo_build::plan::PlanBuilder;
use forgo_build::plan::test::{BinaryOptions, MainFile, TestPlan};
use forgo_build::shell::{Shell, ShellShared};
use forgo_load::config::Config;
use forgo_load::event::{Event, Reporter};
use forgo_load::footprint;
use forgo_load::load::{Loader, PackageOpts, RootMode, TestCover, TestPackages, Testmain};
use forgo_load::package::PackageId;

use super::run::exec_words;
use super::{Command, Invocation, LOADING, LOADING_TESTS, Loading, stop_at, traced};
use crate::exit::{Outcome, Stop};
use crate::flags::table::Commands;
use crate::report::Console;
use crate::session::{Session, needs_cache, stop_plan};
use flags::TestFlags;
use forgo_build::actions::test_settings::TestSettings;

/// The command.
pub const COMMAND: Command = Command {
    name: "test",
    usage: "go test [build/test flags] [packages] [build/test flags & test binary flags]",
    flags: Commands::TEST,
    custom_flags: true,
    run,
};

const OPTS: PackageOpts = PackageOpts {
    ignore_imports: false,
    mod_resolve_tests: true,
    main_only: false,
    auto_vcs: false,
    suppress_build_info: false,
    suppress_embed_files: false,
};

fn run(invocation: &mut Invocation<'_>) -> Outcome {
    let given = flags::parse(invocation)?;
    invocation.configure()?;
    invocation.startup.cfg.flags.json = given.json_builds;
    invocation
        .console
        .set_json(given.json_builds.then_some(invocation.cfg().dist.release));
    if given.json {
        footprint::refuse("events have their time");
    }
    traced(invocation, |invocation| {
        let loading = Loading::begin(invocation, RootMode::Auto)?;
        test(invocation, &given, loading)
    })
}

fn test(invocation: &Invocation<'_>, given: &TestFlags, loading: Loading) -> Outcome {
    let (cfg, console) = (invocation.cfg(), invocation.console);
    let exec = exec_words(cfg, &invocation.flags);
    let scanner = loading.scanner(cfg)?;
    let mut loader = loading.loader(cfg, &scanner, console)?;
    let packages = console
        .span(LOADING, || {
            loader.packages_and_errors(OPTS, &given.packages)
        })
        .map_err(stop_at)?;
    needs_cache(cfg, &loader.graph)?;
    if packages.is_empty() {
        return Err(Stop::fatal("no packages to test"));
    }
    let binaries = checks::binary_options(invocation, given, &loader, &packages)?;
    let mut settings = settings::resolve(invocation, given, exec, packages.len())?;
    let session = Session::open(cfg, console)?;

    let cover_pkgs = choose_covered(&mut loader, &packages)?;
    settings.covers_packages = !cover_pkgs.is_empty();
    if settings.fuzz {
        instrument(&mut loader, &packages)?;
    }
    mark_covered(&mut loader, &packages)?;

    let mut tests = Tests {
        cfg,
        console,
        packages: &packages,
        cover_pkgs,
        settings: Arc::new(settings),
        mains: Vec::new(),
    };
    let builder = PlanBuilder::new(cfg, &mut *loader, session.work_dir());
    let all = Arc::new(AllTests::default());
    let plan = tests.plan(builder, binaries, session.work_dir())?;
    let options = RunOptions {
        vet: VetOptions {
            tool: forgo_golang::path::join2(&cfg.dist.tool_dir, "vet"),
            flags: given.vet.flags.clone(),
            explicit: given.vet.explicit,
            ..VetOptions::default()
        },
        made_dirs: tests.mains.iter().map(|m| m.dir.clone()).collect(),
        actors: run_test::actors(&plan, &tests.settings, Arc::clone(&all)),
        ..RunOptions::default()
    };
    session.execute(&plan, &loader.graph, &scanner.overlay, &options)?;
    // One word more, in case the failure of an early package is out of sight.
    let silent = given.json || tests.settings.fuzz || given.packages.is_empty();
    if all.reached.load(Ordering::Relaxed) && !silent && console.status() != 0 {
        console.print("FAIL\n");
    }
    session.close()
}

/// -coverpkg: the packages that match, among all that the tests need.
fn choose_covered(loader: &mut Loader<'_>, packages: &[PackageId]) -> Outcome<Vec<PackageId>> {
    if loader.cfg.flags.coverpkg.is_empty() {
        return Ok(Vec::new());
    }
    let matchers = loader.coverpkg_matchers();
    let all = loader.test_package_list(OPTS, packages).map_err(stop_at)?;
    let chosen = loader
        .select_cover_packages(&all, &matchers, "test")
        .map_err(stop_at)?;
    for &p in &chosen {
        loader.graph[p].internal.cover.gen_meta = true;
    }
    Ok(chosen)
}

/// -fuzz: packages whose branches guide the fuzzer.
fn instrument(loader: &mut Loader<'_>, packages: &[PackageId]) -> Outcome {
    /// They are used by the fuzzer itself.
    const NOT: [&str; 12] = [
        "context",
        "internal/fuzz",
        "internal/godebug",
        "internal/runtime/maps",
        "internal/sync",
        "reflect",
        "runtime",
        "sync",
        "sync/atomic",
        "syscall",
        "testing",
        "time",
    ];
    for p in loader.test_package_list(OPTS, packages).map_err(stop_at)? {
        let package = &mut loader.graph[p];
        package.internal.fuzz_instrument |= !NOT.contains(&package.import_path.as_str());
    }
    Ok(())
}

/// -cover: what packages need before any of them is planned.
fn mark_covered(loader: &mut Loader<'_>, packages: &[PackageId]) -> Outcome {
    let cfg = loader.cfg;
    if !cfg.flags.cover {
        return Ok(());
    }
    for &p in packages {
        if cfg.flags.cover_mode == "atomic" && loader.graph[p].import_path != "sync/atomic" {
            loader.ensure_import(p, "sync/atomic").map_err(stop_at)?;
        }
        let package = &mut loader.graph[p];
        let no_tests = package.test_go_files.is_empty() && package.xtest_go_files.is_empty();
        let cover = &mut package.internal.cover;
        cover.gen_meta |= no_tests && cfg.flags.coverpkg.is_empty();
        if cover.gen_meta {
            cover.mode.clone_from(&cfg.flags.cover_mode);
        }
    }
    Ok(())
}

/// The tests being planned.
struct Tests<'t> {
    cfg: &'t Config,
    console: &'t Console,
    packages: &'t [PackageId],
    cover_pkgs: Vec<PackageId>,
    settings: Arc<TestSettings>,
    mains: Vec<MainFile>,
}

impl Tests<'_> {
    fn plan(
        &mut self,
        mut builder: PlanBuilder<'_, Loader<'_>>,
        binaries: BinaryOptions,
        work_dir: &str,
    ) -> Outcome<forgo_build::plan::Plan> {
        let mut plan = TestPlan::new(binaries);
        if !self.cover_pkgs.is_empty() {
            plan.list_cover_meta(&mut builder);
        }
        let imported = self.imported(&builder);
        let shells = ShellShared::new(self.cfg, self.console, work_dir);
        let shell = Shell::new(&shells, None);
        for &p in self.packages {
            if let Some(cause) = self.report_errors(&builder, p) {
                self.setup_failed(&builder, p, cause);
                continue;
            }
            let package = builder.package(p);
            if package.test_go_files.is_empty() && package.xtest_go_files.is_empty() {
                plan.add_without_tests(&mut builder, p);
                continue;
            }
            let made = self.load(&mut builder, p)?;
            if let Some(cause) = made.perr {
                self.report(&builder, p, cause);
                self.setup_failed(&builder, p, cause);
                continue;
            }
            let main = plan.add(&mut builder, p, &made, imported.contains(&p));
            if let Some(main) = main.map_err(stop_plan)? {
                let written = self.write_main(&builder, &shell, &main);
                written.map_err(|e| Stop::fatal(format!("go: {e}")))?;
                self.mains.push(main);
            }
        }
        let root = plan.finish(&mut builder);
        Ok(builder.finish(root))
    }

    /// Returns the packages that the packages under test import.
    fn imported(&self, builder: &PlanBuilder<'_, Loader<'_>>) -> HashSet<PackageId> {
        let packages = self.packages.iter().map(|p| builder.package(*p));
        let cycle =
            |p: &&forgo_load::package::Package| p.error.as_ref().is_some_and(|e| e.is_import_cycle);
        packages
            .filter(|p| !cycle(p))
            .flat_map(|p| p.internal.imports.iter().copied())
            .collect()
    }

    /// Reports errors of the package and of all it imports; gives the first package with one.
    fn report_errors(
        &self,
        builder: &PlanBuilder<'_, Loader<'_>>,
        p: PackageId,
    ) -> Option<PackageId> {
        let wrong = builder.packages.graph.packages_with_errors(&[p]);
        for cause in &wrong {
            self.report(builder, p, *cause);
        }
        wrong.first().copied()
    }

    fn report(&self, builder: &PlanBuilder<'_, Loader<'_>>, p: PackageId, cause: PackageId) {
        let wrong = builder.package(cause);
        let Some(error) = &wrong.error else {
            return;
        };
        let path = &builder.package(p).import_path;
        let text = if path.is_empty() {
            error.to_string()
        } else {
            format!("# {path}\n{error}")
        };
        self.console.event(Event::Error {
            package: Some(wrong.desc()),
            text,
        });
    }

    fn setup_failed(&self, builder: &PlanBuilder<'_, Loader<'_>>, p: PackageId, cause: PackageId) {
        let path = &builder.package(p).import_path;
        let cause = builder.package(cause).desc();
        self.console
            .print_bytes(&setup_failed(self.cfg, &self.settings, path, &cause));
        self.console.raise(1);
    }

    fn load(
        &self,
        builder: &mut PlanBuilder<'_, Loader<'_>>,
        p: PackageId,
    ) -> Outcome<TestPackages> {
        let flags = &self.cfg.flags;
        let cover = flags.cover.then(|| TestCover {
            mode: flags.cover_mode.clone(),
            local: flags.coverpkg.is_empty(),
            pkgs: self.cover_pkgs.clone(),
            paths: flags.coverpkg.clone(),
        });
        let overlay = &builder.packages.scanner.overlay;
        let testmain = Testmain {
            cfg: self.cfg,
            overlay,
        };
        let load = || {
            builder
                .packages
                .test_packages_for(OPTS, p, cover.as_ref(), &testmain)
        };
        self.console.span(LOADING_TESTS, load).map_err(stop_at)
    }

    /// Makes the directory of a test's main package, and writes the package.
    fn write_main(
        &self,
        builder: &PlanBuilder<'_, Loader<'_>>,
        shell: &Shell<'_>,
        main: &MainFile,
    ) -> Result<(), String> {
        shell.mkdir(&main.dir).map_err(|e| e.to_string())?;
        let source = &builder.package(main.package).internal.testmain_go;
        let Some(source) = source.as_ref().filter(|_| !self.cfg.flags.n) else {
            return Ok(());
        };
        let file = format!("{}_testmain.go", main.dir);
        #[expect(clippy::disallowed_methods, reason = "in the work directory")]
        std::fs::write(&file, source.as_slice())
            .map_err(|e| format!("open {file}: {}", forgo_load::process::errno_text(&e)))
    }
}
