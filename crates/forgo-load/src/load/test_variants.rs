//! Packages under test: the package with its _test.go files, the external test package, the test's
//! main package, and copies of the packages between them. Answers to the loading half of
//! cmd/go/internal/load/test.go; the text of _testmain.go is its caller's.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use super::data::ImportMode;
use super::embed::{EmbedError, resolve_embed};
use super::error::{ErrText, ImportStack, shown_pos};
use super::import::{Import, SIMD_BRIDGE};
use super::scan::{Decls, DirFacts, Pos};
use super::{FatalError, Loader, PackageOpts};
use crate::package::{ImportInfo, ImportScope, Package, PackageError, PackageId, PackageInternal};

/// What every test's main package imports.
const TESTMAIN_DEPS: [&str; 4] = ["os", "reflect", "testing", "testing/internal/testdeps"];

/// Coverage wanted of a test (load.TestCover).
#[derive(Debug, Clone, Default)]
pub struct TestCover {
    /// `set`, `count`, `atomic`.
    pub mode: String,
    /// Cover only the package under test.
    pub local: bool,
    /// The covered packages.
    pub pkgs: Vec<PackageId>,
    /// `-coverpkg` patterns.
    pub paths: Vec<String>,
}

/// What [`crate::load::Loader::test_packages_and_errors`] gives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TestPackages {
    /// The test's main package.
    pub pmain: Option<PackageId>,
    /// The package under test; the package itself where nothing distinguishes them.
    pub ptest: Option<PackageId>,
    /// The external test package.
    pub pxtest: Option<PackageId>,
    /// The first package with an error (`test_packages_for` only).
    pub perr: Option<PackageId>,
}

/// What a [`TestmainGenerator`] writes about.
#[derive(Debug, Clone, Copy)]
pub struct TestmainInput<'a> {
    /// The package under test, before its tests were added.
    pub package: &'a Package,
    /// The package with its tests.
    pub ptest: &'a Package,
    /// The external test package.
    pub pxtest: Option<&'a Package>,
    /// Coverage.
    pub cover: Option<&'a TestCover>,
    /// The packages covered, in `cover.pkgs` order.
    pub cover_pkgs: &'a [&'a Package],
    /// ptest has Go files, so it is imported (testFuncs.ImportTest).
    pub import_test: bool,
    /// pxtest exists, so it is imported (testFuncs.ImportXtest).
    pub import_xtest: bool,
}

/// Writes _testmain.go: finds the tests, benchmarks, fuzz targets, examples of the files
/// (loadTestFuncs, formatTestmain).
pub trait TestmainGenerator: Sync {
    /// The source, and the first error there was in the files (source is written even if
    /// there is one, as the stock command does).
    fn generate(&self, input: &TestmainInput<'_>) -> (Vec<u8>, Option<PackageError>);
}

/// The imports of the tests of one kind, loaded.
#[derive(Default)]
struct TestImports {
    /// Packages, in order.
    ids: Vec<PackageId>,
    /// Import paths as the source spells them.
    raw: Vec<String>,
    /// Implicit imports.
    compiled: Vec<String>,
    /// The first error.
    error: Option<PackageError>,
    /// One of them is incomplete.
    incomplete: bool,
    /// The package under test is among them (external tests).
    needs_ptest: bool,
    /// Files that embed patterns mean.
    embed_files: Vec<String>,
    /// By pattern.
    embed: BTreeMap<String, Vec<String>>,
}

/// Which tests.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TestKind {
    Inside,
    External,
}

impl TestKind {
    fn imports(self, facts: &DirFacts) -> &Decls {
        match self {
            TestKind::Inside => &facts.test_imports,
            TestKind::External => &facts.xtest_imports,
        }
    }

    fn embeds(self, facts: &DirFacts) -> &Decls {
        match self {
            TestKind::Inside => &facts.test_embeds,
            TestKind::External => &facts.xtest_embeds,
        }
    }
}

impl Loader<'_> {
    /// The package under test, the external test package and the test's main package
    /// (load.TestPackagesAndErrors). Errors are data in them.
    pub fn test_packages_and_errors(
        &mut self,
        opts: PackageOpts,
        package: PackageId,
        cover: Option<&TestCover>,
        testmain: &dyn TestmainGenerator,
    ) -> Result<TestPackages, FatalError> {
        let p = &self.graph[package];
        let (inside_name, external_name) = (
            format!("{} (test)", p.import_path),
            format!("{}_test", p.import_path),
        );
        let inside = self.test_imports(opts, package, TestKind::Inside, &inside_name)?;
        let external = self.test_imports(opts, package, TestKind::External, &external_name)?;
        let extra: Vec<PackageId> = inside.ids.iter().chain(&external.ids).copied().collect();

        let ptest = self.add_ptest(package, inside, cover);
        let pxtest = self.add_pxtest(package, ptest, external);
        let pmain = self.add_pmain(opts, package, ptest, cover)?;
        if !self.cfg.dist.release.loading_sets_tool_flags() {
            let mut roots = self.graph[pmain].internal.imports.clone();
            roots.extend(&extra);
            self.set_tool_flags(&roots);
        }
        let made = TestPackages {
            pmain: Some(pmain),
            ptest: Some(ptest),
            pxtest,
            perr: None,
        };
        self.finish_test(opts, package, made, cover, testmain)?;
        Ok(made)
    }

    /// As [`Loader::test_packages_and_errors`], but those with errors are left out and the first
    /// package with an error is named (load.TestPackagesFor).
    pub fn test_packages_for(
        &mut self,
        opts: PackageOpts,
        package: PackageId,
        cover: Option<&TestCover>,
        testmain: &dyn TestmainGenerator,
    ) -> Result<TestPackages, FatalError> {
        let mut made = self.test_packages_and_errors(opts, package, cover, testmain)?;
        for id in [made.ptest, made.pxtest, made.pmain].into_iter().flatten() {
            if self.graph[id].error.is_some() {
                made.perr = Some(id);
                break;
            }
            if self.graph[id].incomplete {
                let all = self.graph.package_list(&[id]);
                made.perr = all.into_iter().find(|&id| self.graph[id].error.is_some());
                break;
            }
        }
        let sound = |id: &PackageId| {
            let p = &self.graph[*id];
            p.error.is_none() && !p.incomplete
        };
        made.pmain = made.pmain.filter(sound);
        made.ptest = made.ptest.filter(sound);
        made.pxtest = made.pxtest.filter(sound);
        Ok(made)
    }

    /// Loads what the tests of one kind import and embed.
    fn test_imports(
        &mut self,
        opts: PackageOpts,
        package: PackageId,
        kind: TestKind,
        name: &str,
    ) -> Result<TestImports, FatalError> {
        let p = &self.graph[package];
        let facts = Arc::clone(&p.internal.facts);
        let dir = p.dir.clone();
        let paths = match kind {
            TestKind::Inside => p.test_imports.clone(),
            TestKind::External => p.xtest_imports.clone(),
        };
        let mut stack = ImportStack::default();
        stack.push(name, None);
        let mut all = TestImports {
            raw: paths.clone(),
            ..TestImports::default()
        };
        let mut resolved = Vec::with_capacity(paths.len());
        let positions = kind.imports(&facts);
        let own_path = self.graph[package].import_path.clone();
        let mut import = |loader: &mut Self, path: &str, pos: Option<&Pos>, simd: bool| {
            let import = Import {
                path,
                src_dir: &dir,
                parent: Some(package),
                pos,
                mode: ImportMode {
                    resolve: true,
                    allow_simd: simd,
                    ..ImportMode::default()
                },
            };
            let (id, refused) = loader.load_import(opts, import, &mut stack)?;
            if all.error.is_none() && refused.is_some() {
                all.error = refused;
            }
            let found = &loader.graph[id];
            all.incomplete |= found.incomplete;
            if !simd && kind == TestKind::External && found.import_path == own_path {
                all.needs_ptest = true;
            } else {
                all.ids.push(id);
            }
            Ok::<String, FatalError>(found.import_path.clone())
        };
        for path in &paths {
            resolved.push(import(self, path, positions.position(path), false)?);
        }
        let mut compiled = Vec::new();
        if self.has_simd(&resolved) {
            compiled.push(import(self, SIMD_BRIDGE, None, true)?);
        }
        all.compiled = compiled;
        if kind == TestKind::Inside {
            all.incomplete |= all.error.is_some();
        }
        let patterns = &kind.embeds(&facts).names;
        match resolve_embed(self.cfg, &self.scanner.overlay, &dir, patterns) {
            Ok(embeds) => {
                all.embed_files = embeds.files;
                all.embed = embeds.by_pattern;
            }
            Err(e) => self.test_embed_error(&mut all, kind, &facts, &e, &stack),
        }
        all.incomplete |= kind == TestKind::External && all.error.is_some();
        let p = &mut self.graph[package];
        match kind {
            TestKind::Inside => {
                p.test_imports = resolved;
                p.test_embed_files.clone_from(&all.embed_files);
            }
            TestKind::External => {
                p.xtest_imports = resolved;
                p.xtest_embed_files.clone_from(&all.embed_files);
            }
        }
        Ok(all)
    }

    fn test_embed_error(
        &self,
        all: &mut TestImports,
        kind: TestKind,
        facts: &DirFacts,
        e: &EmbedError,
        stack: &ImportStack,
    ) {
        // For tests inside the package an embed's error comes before an import's.
        if kind == TestKind::External && all.error.is_some() {
            return;
        }
        let pos = kind.embeds(facts).position(&e.pattern);
        all.error = Some(PackageError {
            pos: shown_pos(self.cfg, pos),
            ..ErrText::plain(e.to_string()).at(stack)
        });
        all.incomplete = true;
    }

    fn add_ptest(
        &mut self,
        package: PackageId,
        tests: TestImports,
        cover: Option<&TestCover>,
    ) -> PackageId {
        let p = &self.graph[package];
        let differs = !p.test_go_files.is_empty()
            || p.name == "main"
            || cover.is_some_and(|cover| cover.local);
        if !differs {
            return package;
        }
        let mut t = p.clone();
        if t.error.is_none() {
            t.error = tests.error.map(Arc::new);
        }
        t.incomplete |= tests.incomplete;
        t.for_test.clone_from(&p.import_path);
        t.go_files.extend_from_slice(&p.test_go_files);
        t.target.clear();
        // Imports and raw imports stay aligned: the tests' come first.
        t.imports = [p.test_imports.as_slice(), &p.imports].concat();
        t.embed_files = [p.embed_files.as_slice(), &p.test_embed_files].concat();
        let internal = &mut t.internal;
        internal.imports = [tests.ids.as_slice(), &p.internal.imports].concat();
        internal.raw_imports = [tests.raw.as_slice(), &p.internal.raw_imports].concat();
        for path in tests.compiled {
            if !internal.compiled_imports.contains(&path) {
                internal.compiled_imports.push(path);
            }
        }
        internal.force_library = true;
        internal.build_info = None;
        internal.import_scope = ImportScope::WithTests;
        internal.embed.extend(tests.embed);
        internal
            .embed
            .extend(p.internal.embed.iter().map(|(k, v)| (k.clone(), v.clone())));
        internal
            .directives
            .extend_from_slice(&p.internal.facts.test_directives);
        self.add_package(t)
    }

    fn add_pxtest(
        &mut self,
        package: PackageId,
        ptest: PackageId,
        tests: TestImports,
    ) -> Option<PackageId> {
        let p = &self.graph[package];
        if p.xtest_go_files.is_empty() {
            return None;
        }
        let mut imports = tests.ids;
        if tests.needs_ptest {
            imports.push(ptest);
        }
        let x = Package {
            name: format!("{}_test", p.name),
            import_path: format!("{}_test", p.import_path),
            root: p.root.clone(),
            dir: p.dir.clone(),
            goroot: p.goroot,
            go_files: p.xtest_go_files.clone(),
            imports: p.xtest_imports.clone(),
            for_test: p.import_path.clone(),
            module: p.module.clone(),
            error: tests.error.map(Arc::new),
            incomplete: tests.incomplete,
            embed_files: p.xtest_embed_files.clone(),
            internal: PackageInternal {
                local_prefix: p.internal.local_prefix.clone(),
                facts: Arc::clone(&p.internal.facts),
                import_scope: ImportScope::ExternalTests,
                directives: p.internal.facts.xtest_directives.clone(),
                imports,
                raw_imports: tests.raw,
                compiled_imports: tests.compiled,
                embed: tests.embed,
                ..inherited(&p.internal)
            },
            ..Package::default()
        };
        Some(self.add_package(x))
    }

    /// Adds the main package of a test, with its unconditional imports.
    fn add_pmain(
        &mut self,
        opts: PackageOpts,
        package: PackageId,
        ptest: PackageId,
        cover: Option<&TestCover>,
    ) -> Result<PackageId, FatalError> {
        let p = &self.graph[package];
        let mut internal = PackageInternal {
            build_info: p.internal.build_info.clone(),
            import_scope: ImportScope::Nothing,
            ..inherited(&p.internal)
        };
        // testing.Testing is to return true.
        for flag in ["-X", "testing.testBinary=1"] {
            internal.ldflags.push(flag.to_owned());
        }
        let gccgo = "-Wl,--defsym,testing.gccgoTestBinary=1";
        internal.gccgoflags.push(gccgo.to_owned());
        let own_godebug = p.default_godebug.clone();
        let (facts, own) = (Arc::clone(&p.internal.facts), p.internal.directives.clone());
        let pmain = Package {
            name: "main".to_owned(),
            dir: p.dir.clone(),
            go_files: vec!["_testmain.go".to_owned()],
            import_path: format!("{}.test", p.import_path),
            root: p.root.clone(),
            imports: TESTMAIN_DEPS.map(str::to_owned).to_vec(),
            module: p.module.clone(),
            internal,
            ..Package::default()
        };
        let pmain = self.add_package(pmain);
        let directives = [
            own.as_slice(),
            &facts.test_directives,
            &facts.xtest_directives,
        ];
        let godebug = self.default_godebug(pmain, &directives)?;
        let m = &mut self.graph[pmain];
        let stale = m.internal.build_info.is_none() || godebug != own_godebug;
        m.default_godebug = godebug;
        // Since 1.27 build info is made when all imports are known.
        if stale && !self.cfg.dist.release.test_build_info_comes_last() {
            self.set_build_info(pmain, opts.auto_vcs)?;
        }
        self.add_pmain_imports(opts, package, ptest, pmain, cover)?;
        Ok(pmain)
    }

    fn add_pmain_imports(
        &mut self,
        opts: PackageOpts,
        package: PackageId,
        ptest: PackageId,
        pmain: PackageId,
        cover: Option<&TestCover>,
    ) -> Result<(), FatalError> {
        let mut deps: Vec<String> = TESTMAIN_DEPS.map(str::to_owned).to_vec();
        if cover.is_some() {
            deps.push("internal/coverage/cfile".to_owned());
        }
        match self.linker_deps(Some(package)) {
            Ok(more) => deps.extend(more),
            Err(e) => {
                let m = &mut self.graph[pmain];
                if m.error.is_none() {
                    m.error = Some(Arc::new(ErrText::plain(e).into()));
                }
            }
        }
        let mut stack = ImportStack::default();
        stack.push("testmain", None);
        for dep in &deps {
            let id = if *dep == self.graph[ptest].import_path {
                ptest
            } else {
                self.load_import(opts, Import::of(dep, ""), &mut stack)?.0
            };
            self.graph[pmain].internal.imports.push(id);
        }
        Ok(())
    }

    /// Writes _testmain.go, lets everything between the tests and the package use the package with
    /// its tests, looks for cycles.
    fn finish_test(
        &mut self,
        opts: PackageOpts,
        package: PackageId,
        made: TestPackages,
        cover: Option<&TestCover>,
        testmain: &dyn TestmainGenerator,
    ) -> Result<(), FatalError> {
        let (Some(pmain), Some(ptest)) = (made.pmain, made.ptest) else {
            return Ok(());
        };
        let t = &self.graph[ptest];
        let import_test = !t.go_files.is_empty() || !t.cgo_files.is_empty();
        let (source, error) = self.generate_testmain(package, made, cover, testmain, import_test);
        if let Some(error) = error
            && self.graph[pmain].error.is_none()
        {
            let m = &mut self.graph[pmain];
            m.error = Some(Arc::new(error));
            m.incomplete = true;
        }
        for id in [import_test.then_some(ptest), made.pxtest]
            .into_iter()
            .flatten()
        {
            let path = self.graph[id].import_path.clone();
            let m = &mut self.graph[pmain];
            m.internal.imports.push(id);
            m.imports.push(path);
        }
        let m = &mut self.graph[pmain];
        m.imports.sort();
        m.imports.dedup();
        m.internal.raw_imports.clone_from(&m.imports);
        if let Some(cycle) = self.recompile_for_test(pmain, package, ptest, made.pxtest) {
            let t = &mut self.graph[ptest];
            t.error = Some(Arc::new(cycle));
            t.incomplete = true;
        }
        if self.cfg.dist.release.test_build_info_comes_last() && !opts.suppress_build_info {
            self.set_build_info(pmain, opts.auto_vcs)?;
        }
        if let Some(cover) = cover {
            let mode = self.graph[package].internal.cover.mode.clone();
            self.graph[ptest].internal.cover.mode = if cover.local {
                cover.mode.clone()
            } else {
                mode
            };
            "testmain".clone_into(&mut self.graph[pmain].internal.cover.mode);
        }
        // What marks a test's main package comes last: to build info it is a program like others.
        self.graph[pmain].internal.testmain_go = Some(Arc::new(source));
        Ok(())
    }

    fn generate_testmain(
        &self,
        package: PackageId,
        made: TestPackages,
        cover: Option<&TestCover>,
        testmain: &dyn TestmainGenerator,
        import_test: bool,
    ) -> (Vec<u8>, Option<PackageError>) {
        let cover_pkgs: Vec<&Package> = cover
            .iter()
            .flat_map(|cover| cover.pkgs.iter().map(|&id| &self.graph[id]))
            .collect();
        testmain.generate(&TestmainInput {
            package: &self.graph[package],
            ptest: &self.graph[made.ptest.unwrap_or(package)],
            pxtest: made.pxtest.map(|id| &self.graph[id]),
            cover,
            cover_pkgs: &cover_pkgs,
            import_test,
            import_xtest: made.pxtest.is_some(),
        })
    }

    /// Replaces packages below `pmain` by copies that use `ptest` where the originals use the
    /// package without its tests, and main packages by copies that are libraries. Gives an error
    /// when that makes a cycle.
    fn recompile_for_test(
        &mut self,
        pmain: PackageId,
        preal: PackageId,
        ptest: PackageId,
        pxtest: Option<PackageId>,
    ) -> Option<PackageError> {
        let mut copies: HashMap<PackageId, PackageId> = HashMap::from([(preal, ptest)]);
        let profile = self.graph[preal].internal.pgo_profile.clone();
        for original in self.graph.package_list(&[pmain]) {
            if original == preal {
                continue;
            }
            let ours = original == pmain || Some(original) == pxtest || original == ptest;
            let p = &self.graph[original];
            let replaced = |id: &PackageId| copies.get(id).is_some_and(|copy| copy != id);
            let imports_copy = p.internal.imports.iter().any(replaced);
            let is_main = p.name == "main" && original != pmain && original != ptest;
            let needs_profile = !profile.is_empty() && p.internal.pgo_profile.is_empty();
            let id = if !ours && (imports_copy || is_main || needs_profile) {
                let copy = self.test_copy(original, preal, &profile);
                copies.insert(original, copy);
                copy
            } else {
                original
            };
            if imports_copy {
                for import in &mut self.graph[id].internal.imports {
                    if let Some(&copy) = copies.get(import) {
                        *import = copy;
                    }
                }
            }
        }
        self.test_cycle(ptest)
    }

    fn test_copy(&mut self, original: PackageId, preal: PackageId, profile: &str) -> PackageId {
        let mut copy = self.graph[original].clone();
        copy.for_test.clone_from(&self.graph[preal].import_path);
        copy.target.clear();
        copy.internal.build_info = None;
        copy.internal.force_library = true;
        profile.clone_into(&mut copy.internal.pgo_profile);
        self.add_package(copy)
    }

    /// Looks for a way from `ptest` back to itself, the shortest first.
    fn test_cycle(&self, ptest: PackageId) -> Option<PackageError> {
        let first = &self.graph[ptest].internal.imports;
        let mut importer_of: HashMap<PackageId, PackageId> =
            first.iter().map(|&id| (id, ptest)).collect();
        let mut queue: VecDeque<PackageId> = first.iter().copied().collect();
        while let Some(id) = queue.pop_front() {
            if id == ptest {
                return Some(self.cycle_error(ptest, &importer_of));
            }
            for &dep in &self.graph[id].internal.imports {
                importer_of.entry(dep).or_insert_with(|| {
                    queue.push_back(dep);
                    id
                });
            }
        }
        None
    }

    fn cycle_error(
        &self,
        ptest: PackageId,
        importer_of: &HashMap<PackageId, PackageId>,
    ) -> PackageError {
        let mut stack = Vec::new();
        let mut id = ptest;
        loop {
            let importer = importer_of[&id];
            let path = &self.graph[id].import_path;
            let pos = self.graph[importer].import_position(path);
            stack.push(ImportInfo {
                pkg: path.clone(),
                pos: pos.map_or_else(String::new, ToString::to_string),
            });
            id = importer;
            if id == ptest {
                break;
            }
        }
        stack.push(ImportInfo {
            pkg: self.graph[ptest].import_path.clone(),
            pos: String::new(),
        });
        stack.reverse();
        PackageError {
            import_stack: stack,
            err: "import cycle not allowed in test".to_owned(),
            is_import_cycle: true,
            ..PackageError::default()
        }
    }
}

/// What packages of a test have from the package under test.
fn inherited(p: &PackageInternal) -> PackageInternal {
    PackageInternal {
        asmflags: p.asmflags.clone(),
        gcflags: p.gcflags.clone(),
        ldflags: p.ldflags.clone(),
        gccgoflags: p.gccgoflags.clone(),
        orig_import_path: p.orig_import_path.clone(),
        pgo_profile: p.pgo_profile.clone(),
        gopath_mode: p.gopath_mode,
        ..PackageInternal::default()
    }
}

impl Package {
    /// Where the package imports a path first.
    pub fn import_position(&self, path: &str) -> Option<&Pos> {
        let facts = &self.internal.facts;
        match self.internal.import_scope {
            ImportScope::Plain => facts.imports.position(path),
            ImportScope::WithTests => {
                let plain = facts.imports.position(path);
                plain.or_else(|| facts.test_imports.position(path))
            }
            ImportScope::ExternalTests => facts.xtest_imports.position(path),
            ImportScope::Nothing => None,
        }
    }
}
