//! The work of `go list` between loading packages and showing them: test variants, resolved test
//! imports, names of variants, dependencies and their errors.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use forgo_build::action::PackageFacts;
use forgo_cache::{Content, Verify};
use forgo_load::config::Config;
use forgo_load::load::{Loader, PackageOpts, Testmain};
use forgo_load::package::{PackageError, PackageGraph, PackageId};

use super::Options;
use super::deps::Deps;
use crate::commands::{LOADING_TESTS, stop_at};
use crate::exit::{Outcome, Stop};
use crate::report::Console;
use crate::session::Store;

/// Reports the errors of each package.
pub fn report_errors(graph: &PackageGraph, console: &Console, packages: &[PackageId]) {
    for &p in packages {
        if let Some(error) = &graph[p].error {
            console.error(&error.to_string());
        }
    }
}

/// -test: adds the test's main package, the package under test and its external tests of every
/// package that has tests.
pub fn add_tests(
    loader: &mut Loader<'_>,
    (cfg, console): (&Config, &Console),
    opts: PackageOpts,
    errors_are_data: bool,
    store: &Store,
    packages: &mut Vec<PackageId>,
) -> Outcome {
    let scanner = loader.scanner;
    let testmain = Testmain {
        cfg,
        overlay: &scanner.overlay,
    };
    let mut sets = Vec::new();
    for &p in packages.iter() {
        let package = &loader.graph[p];
        if package.test_go_files.is_empty() && package.xtest_go_files.is_empty() {
            continue;
        }
        let set = if errors_are_data {
            console
                .span(LOADING_TESTS, || {
                    loader.test_packages_and_errors(opts, p, None, &testmain)
                })
                .map_err(stop_at)?
        } else {
            let set = console
                .span(LOADING_TESTS, || {
                    loader.test_packages_for(opts, p, None, &testmain)
                })
                .map_err(stop_at)?;
            if let Some(error) = set.perr.and_then(|p| loader.graph[p].error.as_ref()) {
                let text = format!("go: can't load test package: {error}");
                return Err(Stop::fatal(text));
            }
            set
        };
        sets.push((p, set));
    }
    for (p, set) in sets {
        if let Some(main) = set.pmain {
            packages.push(main);
            name_testmain(loader, main, store)?;
        }
        packages.extend(set.ptest.filter(|ptest| *ptest != p));
        packages.extend(set.pxtest);
    }
    Ok(())
}

/// Stores _testmain.go in the cache, where a reader of the list can open it.
fn name_testmain(
    loader: &mut Loader<'_>,
    main: PackageId,
    Store { cache, hashes }: &Store,
) -> Outcome {
    let package = &mut loader.graph[main];
    let Some(source) = package.internal.testmain_go.clone() else {
        return Ok(());
    };
    let mut hash = hashes.new_hash("testmain");
    hash.write(b"testmain\n");
    hash.write(&source);
    let put = cache.put(&hash.action_id(), Content::Bytes(&source), Verify::Strict);
    let (output, _) = put.map_err(|e| Stop::fatal(e.to_string()))?;
    package.go_files[0] = cache.output_file(&output);
    Ok(())
}

/// Brings the packages into the form in which they are shown. Returns their dependencies, where
/// they are wanted. Where the stock command walks over all dependencies to name variants, it prints
/// the errors it meets there and exits 1; so does this.
pub fn finish(
    loader: &mut Loader<'_>,
    console: &Console,
    options: &Options,
    named: &[PackageId],
    packages: &[PackageId],
    facts: &[PackageFacts],
) -> Deps {
    let named: HashSet<PackageId> = named.iter().copied().collect();
    for &id in packages {
        let tests = loader.resolve_imports(id, &loader.graph[id].test_imports);
        let external = loader.resolve_imports(id, &loader.graph[id].xtest_imports);
        let p = &mut loader.graph[id];
        p.test_imports = tests;
        p.xtest_imports = external;
        p.dep_only = !named.contains(&id);
        if options.compiled {
            p.imports
                .extend(p.internal.compiled_imports.iter().cloned());
        }
    }
    let graph = &mut loader.graph;
    note_failures(graph, facts);
    let everything = || packages.to_vec();
    let pgo_variants = loader.cfg.flags.pgo == "auto" && named.len() > 1;
    if options.test || pgo_variants {
        let all = if options.deps {
            everything()
        } else {
            let all = graph.package_list(packages);
            if !options.errors_are_data {
                report_errors(graph, console, &all);
            }
            all
        };
        name_variants(graph, &named, &all);
    }
    let (wants_deps, wants_errors) = (
        options.fields.any(&["Deps"]),
        options.fields.any(&["DepsErrors"]),
    );
    let mut deps = Deps::default();
    if wants_deps || wants_errors {
        let all = if options.deps {
            everything()
        } else {
            graph.package_list(packages)
        };
        if wants_deps {
            deps = Deps::collect(graph, &all);
        }
        if wants_errors {
            collect_deps_errors(graph, &all);
        }
    }
    for &id in packages {
        note_import_map(graph, id);
    }
    deps
}

/// A failed build is an error of its package. Packages that are not listed count too: it is an
/// error in a dependency of those that are.
fn note_failures(graph: &mut PackageGraph, facts: &[PackageFacts]) {
    for (p, fact) in graph.packages.iter_mut().zip(facts) {
        if let Some(err) = fact.error.as_ref().filter(|_| p.error.is_none()) {
            p.error = Some(Arc::new(PackageError {
                err: err.clone(),
                ..Default::default()
            }));
        }
        p.incomplete |= fact.incomplete;
    }
}

/// Distinguishes variants made for a test or a main package from the plain packages by their import
/// paths, and corrects the lists of imports.
fn name_variants(graph: &mut PackageGraph, named: &HashSet<PackageId>, all: &[PackageId]) {
    let mut plain = HashMap::new();
    for &id in all {
        let p = &mut graph[id];
        if !p.for_test.is_empty() || !p.internal.for_main.is_empty() {
            let name = p.desc();
            plain.insert(id, std::mem::replace(&mut p.import_path, name));
        }
        p.dep_only = !named.contains(&id);
    }
    let mut renamed: HashMap<String, String> = HashMap::new();
    for &id in all {
        renamed.clear();
        for import in &graph[id].internal.imports {
            if let Some(plain) = plain.get(import) {
                renamed.insert(plain.clone(), graph[*import].import_path.clone());
            }
        }
        for import in &mut graph[id].imports {
            if let Some(name) = renamed.get(import) {
                import.clone_from(name);
            }
        }
    }
}

/// The errors of all dependencies of each package, by the package they are about.
fn collect_deps_errors(graph: &mut PackageGraph, all: &[PackageId]) {
    for &id in all {
        let mut errors: Vec<Arc<PackageError>> = Vec::new();
        for &import in &graph[id].internal.imports {
            let import = &graph[import];
            for error in import.error.iter().chain(&import.deps_errors) {
                if !errors.iter().any(|known| Arc::ptr_eq(known, error)) {
                    errors.push(Arc::clone(error));
                }
            }
        }
        // Those without an import stack come first, by their texts.
        errors.sort_by(|a, b| {
            let top = |e: &Arc<PackageError>| e.import_stack.last().map(|i| i.pkg.clone());
            let text = |e: &Arc<PackageError>| {
                if e.import_stack.is_empty() {
                    e.err.clone()
                } else {
                    String::new()
                }
            };
            (top(a), text(a)).cmp(&(top(b), text(b)))
        });
        graph[id].deps_errors = errors;
    }
}

/// Records which imports the source spells otherwise.
fn note_import_map(graph: &mut PackageGraph, id: PackageId) {
    let p = &mut graph[id];
    let raw = &p.internal.raw_imports;
    let spelled = raw.iter().chain(&p.internal.compiled_imports);
    for (path, source) in p.imports.iter().zip(spelled) {
        if path != source {
            p.import_map.insert(source.clone(), path.clone());
        }
    }
}
