//! The main package of a test binary: finds tests, benchmarks, fuzz targets and examples in the
//! test files, and writes `_testmain.go` that lists them. Answers to loadTestFuncs, formatTestmain
//! and testmainTmpl in cmd/go/internal/load/test.go.
//!
//! The text enters the keys of the test binary: it must be the stock command's to the byte, empty
//! lines included.

use std::fmt::Write;

use forgo_golang::quote::quote;
use forgo_golang::syntax::{self, File, Func, ParamType, example_output};

use super::error::short_path;
use super::{TestCover, TestmainGenerator, TestmainInput};
use crate::config::Config;
use crate::fsys::Overlay;
use crate::package::{ImportInfo, Package, PackageError};

/// Writes `_testmain.go` from the files on disk.
pub struct Testmain<'a> {
    /// The settings.
    pub cfg: &'a Config,
    /// The files as the build sees them.
    pub overlay: &'a Overlay,
}

impl TestmainGenerator for Testmain<'_> {
    fn generate(&self, input: &TestmainInput<'_>) -> (Vec<u8>, Option<PackageError>) {
        let mut tests = TestFuncs::default();
        let p = input.package;
        let mut error = None;
        for (files, package) in [
            (&p.test_go_files, TestPackage::Internal),
            (&p.xtest_go_files, TestPackage::External),
        ] {
            for file in files {
                if let Err(e) = self.load(&mut tests, p, file, package) {
                    error.get_or_insert(e);
                }
            }
        }
        (format_testmain(&tests, input).into_bytes(), error)
    }
}

/// Which package a test is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TestPackage {
    /// The package under test.
    Internal,
    /// The package of external tests.
    External,
}

impl TestPackage {
    /// Its name in `_testmain.go`.
    fn name(self) -> &'static str {
        match self {
            TestPackage::Internal => "_test",
            TestPackage::External => "_xtest",
        }
    }
}

/// A function that the test binary calls.
#[derive(Debug)]
struct TestFunc {
    package: TestPackage,
    name: String,
}

#[derive(Debug)]
struct Example {
    func: TestFunc,
    output: String,
    unordered: bool,
}

/// All that the test files have to run.
#[derive(Debug, Default)]
struct TestFuncs {
    tests: Vec<TestFunc>,
    benchmarks: Vec<TestFunc>,
    fuzz_targets: Vec<TestFunc>,
    examples: Vec<Example>,
    test_main: Option<TestFunc>,
    /// The package is to be imported, whether anything in it runs or not: by [`TestPackage`].
    import: [bool; 2],
    /// Something in it runs.
    need: [bool; 2],
}

impl Testmain<'_> {
    fn load(
        &self,
        tests: &mut TestFuncs,
        p: &Package,
        file: &str,
        package: TestPackage,
    ) -> Result<(), PackageError> {
        let path = forgo_golang::path::join2(&p.dir, file);
        let src = match self.overlay.read(&path) {
            Ok(src) => src,
            Err(e) => return Err(plain_error(e.to_string())),
        };
        let parsed = syntax::parse_file(&src, self.cfg.dist.release).map_err(|e| {
            let (line, column) = syntax::line_and_column(&src, e.pos);
            PackageError {
                import_stack: vec![ImportInfo {
                    pkg: p.import_path.clone(),
                    ..Default::default()
                }],
                pos: format!("{}:{line}:{column}", short_path(self.cfg, &path)),
                err: e.message,
                ..PackageError::default()
            }
        })?;
        for func in parsed.funcs.iter().filter(|f| !f.is_method) {
            tests.add(func, package).map_err(|why| match why {
                Wrong::Signature(why) => {
                    let (line, column) = syntax::line_and_column(&src, func.pos);
                    let name = &func.name;
                    plain_error(format!(
                        "{path}:{line}:{column}: wrong signature for {name}, {why}"
                    ))
                }
                Wrong::SecondTestMain => plain_error("multiple definitions of TestMain".into()),
            })?;
        }
        tests.add_examples(&parsed, &src, package);
        Ok(())
    }
}

fn plain_error(err: String) -> PackageError {
    PackageError {
        err,
        ..PackageError::default()
    }
}

/// Why a test function is none.
enum Wrong {
    Signature(String),
    SecondTestMain,
}

impl TestFuncs {
    fn add(&mut self, func: &Func, package: TestPackage) -> Result<(), Wrong> {
        let name = &func.name;
        let test = || TestFunc {
            package,
            name: name.clone(),
        };
        if name == "TestMain" && !takes(func, "T") {
            check_signature(func, "M")?;
            if self.test_main.is_some() {
                return Err(Wrong::SecondTestMain);
            }
            self.test_main = Some(test());
        } else if name == "TestMain" {
            self.tests.push(test());
        } else if is_test(name, "Test") {
            check_signature(func, "T")?;
            self.tests.push(test());
        } else if is_test(name, "Benchmark") {
            check_signature(func, "B")?;
            self.benchmarks.push(test());
        } else if is_test(name, "Fuzz") {
            check_signature(func, "F")?;
            self.fuzz_targets.push(test());
        } else {
            return Ok(());
        }
        self.import[package as usize] = true;
        self.need[package as usize] = true;
        Ok(())
    }

    /// Adds the examples. One runs if its last comment states its output.
    fn add_examples(&mut self, file: &File, src: &[u8], package: TestPackage) {
        for func in &file.funcs {
            let example = !func.is_method
                && is_test(&func.name, "Example")
                && func.params.is_empty()
                && !func.has_results;
            let Some((start, end)) = func.body.filter(|_| example) else {
                continue;
            };
            self.import[package as usize] = true;
            let inside = file.comments.iter().skip_while(|c| c.pos() < start);
            let Some(last) = inside.take_while(|c| c.end() <= end).last() else {
                continue;
            };
            if let Some((output, unordered)) = example_output(&last.text(src)) {
                let func = TestFunc {
                    package,
                    name: func.name.clone(),
                };
                self.examples.push(Example {
                    func,
                    output,
                    unordered,
                });
                self.need[package as usize] = true;
            }
        }
    }
}

/// `Test`, or `Test` and something that does not begin with a lower-case letter.
fn is_test(name: &str, prefix: &str) -> bool {
    name.strip_prefix(prefix)
        .is_some_and(|rest| !rest.starts_with(char::is_lowercase))
}

/// The function takes one `*testing.arg` and gives nothing. How testing was imported is not looked
/// at, the last name is all that counts.
fn takes(func: &Func, arg: &str) -> bool {
    match func.params.as_slice() {
        [param] => {
            !func.has_results
                && param.names <= 1
                && matches!(&param.ty, ParamType::Pointer(name) if name == arg)
        }
        _ => false,
    }
}

fn check_signature(func: &Func, arg: &str) -> Result<(), Wrong> {
    if func.has_type_params {
        return Err(Wrong::Signature(
            "test functions cannot have type parameters".into(),
        ));
    }
    if !takes(func, arg) {
        let (name, low) = (&func.name, arg.to_ascii_lowercase());
        let why = format!("must be: func {name}({low} *testing.{arg})");
        return Err(Wrong::Signature(why));
    }
    Ok(())
}

fn format_testmain(tests: &TestFuncs, input: &TestmainInput<'_>) -> String {
    let mut out = String::new();
    out.push_str("\n// Code generated by 'go test'. DO NOT EDIT.\n\npackage main\n\n");
    write_imports(&mut out, tests, input);
    write_list(&mut out, "tests", "InternalTest", &tests.tests);
    write_list(
        &mut out,
        "benchmarks",
        "InternalBenchmark",
        &tests.benchmarks,
    );
    write_list(
        &mut out,
        "fuzzTargets",
        "InternalFuzzTarget",
        &tests.fuzz_targets,
    );
    write_examples(&mut out, &tests.examples);
    write_init(&mut out, input);
    out.push_str(
        "func main() {\n\tm := testing.MainStart(testdeps.TestDeps{}, tests, benchmarks, \
         fuzzTargets, examples)\n",
    );
    match &tests.test_main {
        Some(main) => {
            push(
                &mut out,
                format_args!("\n\t{}.{}(m)\n", main.package.name(), main.name),
            );
            out.push_str(
                "\tos.Exit(int(reflect.ValueOf(m).Elem().FieldByName(\"exitCode\").Int()))\n",
            );
        }
        None => out.push_str("\n\tos.Exit(m.Run())\n"),
    }
    out.push_str("\n}\n\n");
    out
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    let Ok(()) = out.write_fmt(text) else {
        unreachable!("writing to a string does not fail");
    };
}

fn write_imports(out: &mut String, tests: &TestFuncs, input: &TestmainInput<'_>) {
    out.push_str("import (\n\t\"os\"\n");
    if tests.test_main.is_some() {
        out.push_str("\n\t\"reflect\"\n");
    }
    out.push_str("\n\t\"testing\"\n\t\"testing/internal/testdeps\"\n");
    if input.cover.is_some() {
        out.push_str("\n\t\"internal/coverage/cfile\"\n");
    }
    out.push_str("\n\n");
    let wanted = [
        (TestPackage::Internal, input.import_test, ""),
        (TestPackage::External, input.import_xtest, "_test"),
    ];
    for (package, wanted, suffix) in wanted {
        if wanted || tests.import[package as usize] {
            let name = if tests.need[package as usize] {
                package.name()
            } else {
                "_"
            };
            let path = quote(&format!("{}{suffix}", input.package.import_path));
            push(out, format_args!("\n\t{name} {path}\n"));
        }
        out.push('\n');
    }
    out.push_str(")\n\n");
}

fn write_list(out: &mut String, name: &str, ty: &str, funcs: &[TestFunc]) {
    push(out, format_args!("var {name} = []testing.{ty}{{\n"));
    for TestFunc { package, name } in funcs {
        push(
            out,
            format_args!("\n\t{{\"{name}\", {}.{name}}},\n", package.name()),
        );
    }
    out.push_str("\n}\n\n");
}

fn write_examples(out: &mut String, examples: &[Example]) {
    out.push_str("var examples = []testing.InternalExample{\n");
    for Example {
        func: TestFunc { package, name },
        output,
        unordered,
    } in examples
    {
        let (package, output) = (package.name(), quote(output));
        push(
            out,
            format_args!("\n\t{{\"{name}\", {package}.{name}, {output}, {unordered}}},\n"),
        );
    }
    out.push_str("\n}\n\n");
}

fn write_init(out: &mut String, input: &TestmainInput<'_>) {
    out.push_str("func init() {\n");
    if let Some(cover) = input.cover {
        let (mode, covered) = (quote(&cover.mode), quote(&covered(cover)));
        let selected = selected_packages(cover, input);
        push(
            out,
            format_args!(
                "\n\ttestdeps.CoverMode = {mode}\n\ttestdeps.Covered = {covered}\n\
                 \ttestdeps.CoverSelectedPackages = {selected}\n\
                 \ttestdeps.CoverSnapshotFunc = cfile.Snapshot\n\
                 \ttestdeps.CoverProcessTestDirFunc = cfile.ProcessCoverTestDir\n\
                 \ttestdeps.CoverMarkProfileEmittedFunc = cfile.MarkProfileEmitted\n\n"
            ),
        );
    }
    let module = input
        .package
        .module
        .as_ref()
        .map_or("", |m| m.path.as_str());
    let import_path = &input.package.import_path;
    let named = !import_path.starts_with("_/") && import_path != "command-line-arguments";
    let import_path = quote(if named { import_path } else { "" });
    push(
        out,
        format_args!(
            "\n\ttestdeps.ModulePath = {}\n\ttestdeps.ImportPath = {import_path}\n}}\n\n",
            quote(module)
        ),
    );
}

/// What the coverage line names beside the package itself.
fn covered(cover: &TestCover) -> String {
    if cover.paths.is_empty() {
        return String::new();
    }
    format!(" in {}", cover.paths.join(", "))
}

/// The covered packages as a Go literal, quoted without escapes.
fn selected_packages(cover: &TestCover, input: &TestmainInput<'_>) -> String {
    let list: Vec<_> = if cover.paths.is_empty() {
        vec![format!("\"{}\"", input.package.import_path)]
    } else {
        input
            .cover_pkgs
            .iter()
            .map(|p| format!("\"{}\"", p.import_path))
            .collect()
    };
    format!("[]string{{{}}}", list.join(", "))
}

#[cfg(test)]
mod tests {
    use forgo_golang::release::Release;

    use super::*;

    fn parse(src: &str) -> (TestFuncs, Option<String>) {
        let mut tests = TestFuncs::default();
        let file = syntax::parse_file(src.as_bytes(), Release::GO1_27).expect("it is Go");
        let mut wrong = None;
        for f in file.funcs.iter().filter(|f| !f.is_method) {
            match tests.add(f, TestPackage::Internal) {
                Err(Wrong::Signature(why)) => wrong = Some(why),
                Err(Wrong::SecondTestMain) => wrong = Some("second".into()),
                Ok(()) => {}
            }
        }
        tests.add_examples(&file, src.as_bytes(), TestPackage::Internal);
        (tests, wrong)
    }

    #[test]
    fn what_is_a_test() {
        let (tests, wrong) = parse(
            "package p\nfunc Test(t *testing.T) {}\nfunc TestÄ(t *T) {}\nfunc Testing() {}\n\
             func (t T) TestM(t *testing.T) {}\nfunc BenchmarkX(b *testing.B) {}\nfunc FuzzY(f *testing.F) {}\n\
             func TestMain(m *testing.M) {}\n",
        );
        let names = |list: &[TestFunc]| list.iter().map(|t| t.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&tests.tests), ["Test", "TestÄ"]);
        assert_eq!(names(&tests.benchmarks), ["BenchmarkX"]);
        assert_eq!(names(&tests.fuzz_targets), ["FuzzY"]);
        assert_eq!(tests.test_main.map(|t| t.name).as_deref(), Some("TestMain"));
        assert_eq!(wrong, None);
    }

    #[test]
    fn wrong_signatures() {
        for (func, why) in [
            ("func TestX() {}", "must be: func TestX(t *testing.T)"),
            (
                "func TestX(a, b *testing.T) {}",
                "must be: func TestX(t *testing.T)",
            ),
            (
                "func BenchmarkX(b *testing.T) {}",
                "must be: func BenchmarkX(b *testing.B)",
            ),
            (
                "func TestX(t *testing.T) int { return 1 }",
                "must be: func TestX(t *testing.T)",
            ),
            (
                "func TestX[P any](t *testing.T) {}",
                "test functions cannot have type parameters",
            ),
            ("func TestMain() {}", "must be: func TestMain(m *testing.M)"),
        ] {
            assert_eq!(
                parse(&format!("package p\n{func}\n")).1.as_deref(),
                Some(why),
                "{func}"
            );
        }
    }

    #[test]
    fn examples_run_when_they_say_what_they_print() {
        let (tests, _) = parse(
            "package p\nfunc Example() {\n\tx()\n\t// Output: a\n}\nfunc ExampleNone() {}\n\
             func ExampleU() {\n\t// Output: no\n\n\t// Unordered output:\n\t// b\n\t// c\n}\n\
             func ExampleEmpty() {\n\t// Output:\n}\n// Output: outside\nfunc Examplex() {}\nfunc ExampleArg(x int) {}\n",
        );
        let got: Vec<_> = tests
            .examples
            .iter()
            .map(|e| (e.func.name.as_str(), e.output.as_str(), e.unordered))
            .collect();
        assert_eq!(
            got,
            [
                ("Example", "a\n", false),
                ("ExampleU", "b\nc\n", true),
                ("ExampleEmpty", "", false)
            ]
        );
    }
}
