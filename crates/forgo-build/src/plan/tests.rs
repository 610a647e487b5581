//! Plans of small made-up package graphs, as text: a node a line, in the order it would run.

use std::fmt::Write;

use forgo_load::config::{Config, PkgsFilter};
use forgo_load::package::{Package, PackageGraph, PackageId};

use super::goal::{Output, filter, install_errors};
use super::*;

/// A graph as it stands.
struct Made(PackageGraph);

impl Packages for Made {
    fn graph(&self) -> &PackageGraph {
        &self.0
    }
    fn graph_mut(&mut self) -> &mut PackageGraph {
        &mut self.0
    }
    fn load(&mut self, import_path: &str) -> Result<PackageId, PlanError> {
        let at = self
            .0
            .packages
            .iter()
            .position(|p| p.import_path == import_path);
        at.map(|at| PackageId(u32::try_from(at).unwrap()))
            .ok_or_else(|| PlanError(format!("no {import_path}")))
    }
    fn linker_deps(&mut self) -> Result<Vec<String>, PlanError> {
        Ok(vec!["runtime".to_owned()])
    }
    fn shared_library_packages(&mut self, _: &str) -> Result<Vec<String>, PlanError> {
        Ok(vec!["runtime".to_owned()])
    }
}

fn package(import_path: &str, imports: &[u32]) -> Package {
    let mut p = Package {
        import_path: import_path.to_owned(),
        name: "p".to_owned(),
        go_files: vec!["x.go".to_owned()],
        ..Package::default()
    };
    p.internal.imports = imports.iter().map(|&i| PackageId(i)).collect();
    p
}

/// unsafe ← runtime ← a ← b ← main; main imports a and runtime too.
fn program() -> Made {
    let mut packages = vec![
        package("unsafe", &[]),
        package("runtime", &[0]),
        package("a", &[1]),
        package("b", &[2]),
        package("cmd", &[2, 3, 1]),
    ];
    packages[0].standard = true;
    packages[1].standard = true;
    packages[4].name = "main".to_owned();
    Made(PackageGraph {
        packages,
        ..PackageGraph::default()
    })
}

fn show(plan: &Plan, graph: &PackageGraph) -> String {
    let number = |id: &NodeId| plan.order.iter().position(|x| x == id).unwrap().to_string();
    let mut out = String::new();
    for (i, id) in plan.order.iter().enumerate() {
        let node = &plan[*id];
        let package = node.package.map_or("", |p| &graph[p].import_path);
        let deps: Vec<_> = node.deps.iter().map(number).collect();
        let objdir = node
            .objdir
            .trim_start_matches("$WORK/")
            .trim_end_matches('/');
        write!(
            out,
            "{i} {} [{package}] {objdir} ({})",
            node.mode_text(),
            deps.join(" ")
        )
        .unwrap();
        if !node.target.is_empty() {
            write!(out, " -> {}", node.target).unwrap();
        }
        out.push('\n');
    }
    out
}

fn plan_of(
    config: &Config,
    made: &mut Made,
    goal: impl FnOnce(&mut PlanBuilder<'_, Made>) -> NodeId,
) -> (Plan, String) {
    let mut builder = PlanBuilder::new(config, made, "$WORK");
    let root = goal(&mut builder);
    let plan = builder.finish(root);
    let text = show(&plan, &made.0);
    (plan, text)
}

const MAIN: PackageId = PackageId(4);

#[test]
fn a_command_is_compiled_after_all_it_links_and_installed() {
    let (config, mut made) = (Config::default(), program());
    let output = Output::File("cmd".to_owned());
    let (plan, text) = plan_of(&config, &mut made, |b| {
        b.build_goal(&[MAIN], &[], &output).unwrap()
    });
    assert_eq!(
        text,
        "0 built-in package [unsafe] b004 ()\n\
         1 build check cache [runtime] b003 (0)\n\
         2 build [runtime] b003 (0 1)\n\
         3 build check cache [a] b002 (2)\n\
         4 build [a] b002 (2 3)\n\
         5 build check cache [b] b005 (4)\n\
         6 build [b] b005 (4 5)\n\
         7 build check cache [cmd] b001 (4 6 2)\n\
         8 nop [] (4 6 2)\n\
         9 build [cmd] b001 (4 6 2 7 8)\n\
         10 link [cmd] b001 (9 4 6 2) -> $WORK/b001/exe/a.out\n\
         11 link-install [cmd] b001 (10) -> cmd\n"
            .replace("nop [] (", "nop []  (")
    );
    // The check of the cache is for the build, even if the build's number has changed.
    let check = plan.order[7];
    let Kind::CheckCache { build, .. } = plan[check].kind else {
        panic!()
    };
    assert_eq!(plan.build_of(build), plan.order[9]);
    assert_eq!(plan.triggers[plan.order[9].index()], [plan.order[10]]);
    assert!(plan[plan.order[9]].need_build);
}

#[test]
fn an_installed_library_takes_the_number_of_its_build() {
    let (config, mut made) = (Config::default(), program());
    made.0.packages[2].target = "/pkg/a.a".to_owned();
    let (_, text) = plan_of(&config, &mut made, |b| {
        b.install_goal(&[PackageId(2), PackageId(3)], &[]).unwrap()
    });
    let tail: Vec<&str> = text.lines().skip(4).collect();
    assert_eq!(
        tail,
        [
            "4 build [a] b001 (2 3)",
            "5 build-install [a] b001 (4) -> /pkg/a.a",
            "6 build check cache [b] b004 (5)",
            "7 build [b] b004 (5 6)",
            "8 go install []  (5 7)",
        ]
    );
}

#[test]
fn cgo_cover_and_pgo_come_before_the_compile() {
    let (config, mut made) = (Config::default(), program());
    let p = &mut made.0.packages[2];
    p.cgo_files = vec!["c.go".to_owned()];
    p.c_files = vec!["x.c".to_owned()];
    p.s_files = vec!["y.S".to_owned()];
    p.cxx_files = vec!["z.cc".to_owned()];
    p.internal.pgo_profile = "/default.pgo".to_owned();
    p.internal.cover.mode = "set".to_owned();
    p.internal.imports.clear();
    let (_, text) = plan_of(&config, &mut made, |b| {
        b.compile_action(BuildMode::Build, BuildMode::Build, PackageId(2))
    });
    assert_eq!(
        text,
        "0 preprocess PGO profile [] b002 () -> $WORK/b002/pgo.preprofile\n\
         1 build check cache [a] b001 (0)\n\
         2 cover [a] b001 (1)\n\
         3 cgo run [a] b001 (1 2)\n\
         4 cgo compile $WORK/b001/_cgo_export.c [a] b001 (3) -> $WORK/b001/_x001.o\n\
         5 cgo compile $WORK/b001/c.cover.cgo2.c [a] b001 (3) -> $WORK/b001/_x002.o\n\
         6 cgo compile y.S [a] b001 (3) -> $WORK/b001/_x003.o\n\
         7 cgo compile x.c [a] b001 (3) -> $WORK/b001/_x004.o\n\
         8 cgo compile z.cc [a] b001 (3) -> $WORK/b001/_x005.o\n\
         9 collect cgo [] b001 (4 5 6 7 8)\n\
         10 build [a] b001 (0 1 2 9)\n"
    );
}

#[test]
fn vet_needs_builds_of_imports_but_no_archive_of_the_package() {
    let (config, mut made) = (Config::default(), program());
    let (plan, text) = plan_of(&config, &mut made, |b| {
        let vet = b.vet_action(BuildMode::Build, BuildMode::Build, false, PackageId(2));
        b.add(Node::group(Mode::GoVet, vec![vet]))
    });
    let tail: Vec<&str> = text.lines().skip(3).collect();
    assert_eq!(
        tail,
        [
            "3 build check cache [a] b001 (2)",
            "4 build [a] b001 (2 3)",
            "5 vet [unsafe] b003 (0)",
            "6 vet [runtime] b002 (2 5)",
            "7 vet [a] b001 (4 6)",
            "8 go vet []  (7)",
        ]
    );
    let node = |i: usize| &plan[plan.order[i]];
    assert!(!node(4).need_build && node(4).need_vet);
    assert!(node(2).need_build);
    assert!(node(6).vetx_only && !node(7).vetx_only);
    assert!(matches!(node(5).kind, Kind::Nothing));
}

#[test]
fn a_shared_library_is_named_after_the_arguments() {
    let mut config = Config::default();
    config.modes.buildmode = "shared".to_owned();
    let args = |words: &[&str]| words.iter().map(|&w| w.to_owned()).collect::<Vec<_>>();
    for (patterns, want) in [
        (args(&["std", "cmd"]), Ok("libstd,cmd.so")),
        (args(&["x/foo/..."]), Ok("libx-foo.so")),
        (args(&["a", "b"]), Ok("liba,b.so")),
        (
            args(&["std", "a"]),
            Err("mixing of meta and non-meta packages is not allowed"),
        ),
    ] {
        let mut made = program();
        made.0.packages.push(package("runtime/cgo", &[1]));
        let mut builder = PlanBuilder::new(&config, &mut made, "$WORK");
        let packages = [PackageId(2), PackageId(3)];
        let goal = builder.build_goal(&packages, &patterns, &Output::None);
        match want {
            Err(text) => assert_eq!(goal.unwrap_err().0, text),
            Ok(name) => {
                let node = builder.node(goal.unwrap()).clone();
                assert_eq!(node.mode, Mode::LinkShared);
                assert!(
                    node.target.ends_with(&format!("/{name}")),
                    "{}",
                    node.target
                );
                // The group, runtime, then all that is linked.
                assert_eq!(builder.node(node.deps[0]).deps.len(), 3);
            }
        }
    }
}

#[test]
fn build_modes_choose_among_packages() {
    let made = program();
    let all = [PackageId(2), MAIN];
    for (kind, want) in [
        (PkgsFilter::All, Some(vec![PackageId(2), MAIN])),
        (PkgsFilter::Main, Some(vec![MAIN])),
        (PkgsFilter::NotMain, Some(vec![PackageId(2)])),
        (PkgsFilter::OneMain, None),
    ] {
        let mut config = Config::default();
        config.modes.pkgs_filter = kind;
        assert_eq!(filter(&config, &made.0, &all).ok(), want);
    }
}

#[test]
fn packages_without_a_place_are_told_why() {
    let mut graph = PackageGraph::default();
    let mut main = package("x/cmd", &[]);
    main.name = "main".to_owned();
    main.internal.cmdline_files = true;
    let mut hidden = package("y", &[]);
    (hidden.dir, hidden.conflict_dir) = ("/g2/src/y".to_owned(), "/g1/src/y".to_owned());
    let mut std = package("fmt", &[]);
    std.standard = true;
    graph.packages = vec![main, hidden, std];
    let ids = [PackageId(0), PackageId(1), PackageId(2)];
    assert_eq!(
        install_errors(&graph, &ids),
        [
            "go: no install location for .go files listed on command line (GOBIN not set)",
            "go: no install location for /g2/src/y: hidden by /g1/src/y",
        ]
    );
}
