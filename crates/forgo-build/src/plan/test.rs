//! The actions that test packages: build the binary, run it, clean up, print; and the order among
//! them. Answers to builderTest, addTestVet and the last part of runTest in
//! cmd/go/internal/test/test.go.

use forgo_golang::path;
use forgo_load::load::TestPackages;
use forgo_load::package::{Package, PackageId};

use crate::plan::builder::{BuildMode, Packages, PlanBuilder, PlanError};
use crate::plan::mode::Mode;
use crate::plan::node::{Kind, Node, NodeId, TestStep};

/// What to do with test binaries, beside running them.
#[derive(Debug, Clone, Default)]
pub struct BinaryOptions {
    /// `-c`: do not run.
    pub compile_only: bool,
    /// A copy is kept: -o, or a profile that needs it.
    pub keep: bool,
    /// `-o`; empty when not given.
    pub output: String,
    /// `-o` names a directory.
    pub output_is_dir: bool,
    /// No vet.
    pub vet_off: bool,
    /// `-bench`: one after another.
    pub serial: bool,
}

/// The tests planned so far.
#[derive(Debug, Default)]
pub struct TestPlan {
    /// What to do with test binaries.
    pub options: BinaryOptions,
    /// The node that lists coverage meta-data for -coverpkg.
    cover_meta: Option<NodeId>,
    builds: Vec<NodeId>,
    runs: Vec<Run>,
    prints: Vec<NodeId>,
}

#[derive(Debug)]
struct Run {
    id: NodeId,
    /// It has a turn among the tests.
    is_test: bool,
}

/// A directory and the main file in it that must be there before the plan runs.
#[derive(Debug)]
pub struct MainFile {
    /// Object directory of the test's main package.
    pub dir: String,
    /// The test's main package: `internal.testmain_go` is the text of `_testmain.go`.
    pub package: PackageId,
}

/// The name of a test binary, without `.exe` (testBinaryName).
pub fn binary_name(p: &Package) -> String {
    let name = if p.import_path == "command-line-arguments" {
        p.name.clone()
    } else {
        p.default_exec_name()
    };
    name + ".test"
}

const MODE: BuildMode = BuildMode::Build;

impl TestPlan {
    /// Nothing planned yet.
    pub fn new(options: BinaryOptions) -> TestPlan {
        TestPlan {
            options,
            ..TestPlan::default()
        }
    }

    /// -coverpkg chose packages: their meta-data is listed before any test runs.
    pub fn list_cover_meta<P: Packages>(&mut self, b: &mut PlanBuilder<'_, P>) {
        let objdir = b.new_objdir();
        self.cover_meta = Some(b.add(Node {
            kind: Kind::Test(TestStep::CoverMeta),
            objdir,
            ..Node::group(Mode::CoverMeta, Vec::new())
        }));
    }

    fn run_node(&self, p: PackageId, objdir: String, deps: Vec<NodeId>) -> Node {
        let cover_meta = self.cover_meta;
        Node {
            kind: Kind::Test(TestStep::Run { cover_meta }),
            package: Some(p),
            objdir,
            // The outcome of a build that failed is reported, too.
            ignore_fail: true,
            ..Node::group(Mode::TestRun, deps)
        }
    }

    fn print_node(&self, p: PackageId, run: NodeId, deps: Vec<NodeId>) -> Node {
        Node {
            kind: Kind::Test(TestStep::Print { run }),
            package: Some(p),
            ignore_fail: true,
            ..Node::group(Mode::TestPrint, deps)
        }
    }

    /// A package without tests: built, vetted, mentioned.
    pub fn add_without_tests<P: Packages>(&mut self, b: &mut PlanBuilder<'_, P>, p: PackageId) {
        let build = b.compile_action(MODE, MODE, p);
        let objdir = b.new_objdir();
        let run = b.add(self.run_node(p, objdir, vec![build]));
        let built_in = matches!(b.node(build).kind, Kind::Nothing);
        if let Some(meta) = self.cover_meta.filter(|_| !built_in) {
            b.node_mut(run).deps.push(meta);
            b.node_mut(meta).deps.push(build);
        }
        self.add_vet(b, p, run, None);
        let print = b.add(self.print_node(p, run, vec![run]));
        self.builds.push(build);
        self.runs.push(Run {
            id: run,
            is_test: true,
        });
        self.prints.push(print);
    }

    /// A package with tests. `imported`: another package under test imports it.
    pub fn add<P: Packages>(
        &mut self,
        b: &mut PlanBuilder<'_, P>,
        p: PackageId,
        made: &TestPackages,
        imported: bool,
    ) -> Result<Option<MainFile>, PlanError> {
        let (Some(pmain), Some(ptest)) = (made.pmain, made.ptest) else {
            return Ok(None);
        };
        if imported && ptest != p {
            // So that errors of building the package are reported once.
            let test = b.compile_action(MODE, MODE, ptest);
            let plain = b.compile_action(MODE, MODE, p);
            b.node_mut(test).deps.push(plain);
        }
        let name = binary_name(b.package(p)) + &b.config.target.exe_suffix.clone();
        let main = b.compile_action(MODE, MODE, pmain);
        let dir = b.node(main).objdir.clone();
        let keep = self.options.compile_only || self.options.keep;
        {
            let main = &mut b.packages.graph_mut()[pmain];
            main.dir.clone_from(&dir);
            // The runtime's tests read the binary's symbols.
            main.internal.omit_debug = !keep && main.import_path != "runtime.test";
        }
        let build = b.link_action(MODE, MODE, pmain)?;
        b.node_mut(build).target = dir.clone() + &temporary_name(b, &name);

        let mut install = None;
        let mut run = build;
        if keep && let Some(target) = self.target(b, &name) {
            b.packages.graph_mut()[pmain].target.clone_from(&target);
            run = b.add(Node {
                kind: Kind::Install,
                package: Some(pmain),
                target,
                ..Node::group(Mode::TestBuild, vec![build])
            });
            install = Some(run);
        }
        let mut clean = None;
        let print;
        let vetted;
        if self.options.compile_only {
            let nop = Node {
                package: Some(p),
                ..Node::group(Mode::TestPrintNop, vec![run])
            };
            print = b.add(nop);
            vetted = print;
            self.runs.push(Run {
                id: run,
                is_test: false,
            });
        } else {
            run = self.add_run(b, p, build, &dir);
            vetted = run;
            let cleaner = b.add(Node {
                kind: Kind::Test(TestStep::Clean),
                package: Some(p),
                ignore_fail: true,
                objdir: dir.clone(),
                ..Node::group(Mode::TestClean, vec![run])
            });
            clean = Some(cleaner);
            print = b.add(self.print_node(p, run, vec![cleaner]));
            self.runs.push(Run {
                id: run,
                is_test: true,
            });
        }
        self.add_test_vets(b, ptest, made.pxtest, vetted, install);
        if let Some(install) = install {
            if run != install {
                b.node_mut(install).deps.push(run);
            }
            if let Some(clean) = clean {
                b.node_mut(clean).deps.push(install);
            }
        }
        self.builds.push(build);
        self.prints.push(print);
        Ok(Some(MainFile {
            dir,
            package: pmain,
        }))
    }

    fn add_run<P: Packages>(
        &self,
        b: &mut PlanBuilder<'_, P>,
        p: PackageId,
        build: NodeId,
        dir: &str,
    ) -> NodeId {
        let run = b.add(self.run_node(p, dir.to_owned(), vec![build]));
        if let Some(meta) = self.cover_meta {
            b.node_mut(run).deps.push(meta);
            if !b.package(p).is_test_only() {
                // Its meta-data file is made by its own build.
                let plain = b.compile_action(MODE, MODE, p);
                b.node_mut(meta).deps.push(plain);
            }
        }
        run
    }

    fn add_test_vets<P: Packages>(
        &self,
        b: &mut PlanBuilder<'_, P>,
        ptest: PackageId,
        pxtest: Option<PackageId>,
        before: NodeId,
        install: Option<NodeId>,
    ) {
        let package = b.package(ptest);
        if !package.go_files.is_empty() || !package.cgo_files.is_empty() {
            self.add_vet(b, ptest, before, install);
        }
        if let Some(pxtest) = pxtest {
            self.add_vet(b, pxtest, before, install);
        }
    }

    /// Vets the package before `before`, and before its object directory goes with `install`.
    fn add_vet<P: Packages>(
        &self,
        b: &mut PlanBuilder<'_, P>,
        p: PackageId,
        before: NodeId,
        install: Option<NodeId>,
    ) {
        if self.options.vet_off {
            return;
        }
        let vet = b.vet_action(MODE, MODE, false, p);
        for id in [Some(before), install].into_iter().flatten() {
            b.node_mut(id).deps.push(vet);
        }
    }

    /// Where a copy of the binary goes; nowhere with `-o /dev/null`.
    fn target<P: Packages>(&self, b: &PlanBuilder<'_, P>, name: &str) -> Option<String> {
        let cwd = &b.config.cwd;
        let absolute = |file: &str| {
            if file.starts_with('/') {
                file.to_owned()
            } else {
                path::join2(cwd, file)
            }
        };
        match self.options.output.as_str() {
            "" => Some(path::join2(cwd, name)),
            dir if self.options.output_is_dir => Some(path::join2(&absolute(dir), name)),
            "/dev/null" => None,
            file => Some(absolute(file)),
        }
    }

    /// The root, after all tests: they start in order, and are printed in order.
    pub fn finish<P: Packages>(mut self, b: &mut PlanBuilder<'_, P>) -> NodeId {
        self.take_turns(b);
        let root = b.add(Node {
            // Its executor learns that everything else is over.
            kind: Kind::Command,
            ..Node::group(Mode::GoTest, self.prints.clone())
        });
        for pair in self.prints.windows(2) {
            b.node_mut(pair[1]).deps.push(pair[0]);
        }
        if self.options.serial && !self.options.compile_only {
            // The first waits for all builds, the others for what comes before them.
            let builds = std::mem::take(&mut self.builds);
            for (i, run) in self.runs.iter().enumerate() {
                let deps = &mut b.node_mut(run.id).deps;
                match i.checked_sub(1) {
                    None => deps.extend(&builds),
                    Some(before) => deps.push(self.prints[before]),
                }
            }
        }
        root
    }

    /// Puts a barrier before each test that waits for the one before: so tests are scheduled in
    /// order. Nodes are made in that order, too.
    fn take_turns<P: Packages>(&self, b: &mut PlanBuilder<'_, P>) {
        let mut barrier_before = None;
        for run in self.runs.iter().filter(|r| r.is_test) {
            let mut deps = b.node(run.id).deps.clone();
            deps.extend(barrier_before);
            let barrier = b.add(Node::group(Mode::TestBarrier, deps));
            barrier_before = Some(barrier);
            b.node_mut(run.id).deps = vec![barrier];
        }
    }
}

/// The binary's name in the work directory. Windows asks for permission to run programs with
/// certain words in their names.
fn temporary_name<P: Packages>(b: &PlanBuilder<'_, P>, name: &str) -> String {
    let suspicious = ["install", "patch", "setup", "update"]
        .iter()
        .any(|w| name.contains(w));
    if b.config.target.goos == "windows" && suspicious {
        format!("test.test{}", b.config.target.exe_suffix)
    } else {
        name.to_owned()
    }
}
