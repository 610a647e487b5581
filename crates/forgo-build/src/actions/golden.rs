//! Keys are compared with those that the stock command made of the same inputs: every line that is
//! hashed, and the sum. No file is read: facts come from the recording.
//!
//! `scripts/record-keys` writes the recordings, and has the project and the command of each case.
//! A case here states the inputs: what flags, sources and the kind of the package lead to. The
//! strings that loading computes (build information, default GODEBUG) and the IDs of imports are
//! taken from the recorded lines.

use std::sync::Arc;

use forgo_cache::{ActionId, hash_to_string};
use forgo_golang::quote::{quote, unhex, unquote, unquote_bytes};
use forgo_golang::raw;
use forgo_golang::release::Release;
use forgo_load::config::Config;
use forgo_load::fsys::Overlay;
use forgo_load::module::ModulePublic;
use forgo_load::package::Package;

use crate::action::Facts;
use crate::action::facts::table::Table;
use crate::action::vet_config::VetConfig;
use crate::actions::test_cache;
use crate::actions::test_inputs::{Input, Key};
use crate::plan::NodeId;
use crate::toolchain::Tools;
use crate::toolchain::inputs::compile::{Import, Inputs as Compile};
use crate::toolchain::inputs::link::{Archive, Inputs as Link};
use crate::toolchain::inputs::{pgo, vet};

const RECORDINGS: [&str; 2] = [
    include_str!("../../testdata/keys/go1.26.txt"),
    include_str!("../../testdata/keys/go1.27.txt"),
];

const DIR: &str = "/tmp/forgo-keys";

/// A recorded case: `-- name: command --` and the hashes below it.
struct Case {
    hashes: Vec<String>,
    facts: Table,
    config: Config,
    overlay: Overlay,
}

impl Case {
    fn of(recording: &str, name: &str) -> Case {
        let version = recording.split_once("stock command of ").unwrap().1;
        let version = version.split_once(".\n").unwrap().0;
        let begin = format!("\n-- {name}: ");
        let (_, text) = recording.split_once(&begin).expect(name);
        let text = text.split_once("\n-- ").map_or(text, |(text, _)| text);
        let mut case = Case {
            hashes: Vec::new(),
            facts: Table::of(version),
            config: config(version),
            overlay: Overlay::default(),
        };
        let all = recording.lines().filter_map(|l| l.strip_prefix("HASH /"));
        for (file, sum) in all.filter_map(|line| line.split_once(": ")) {
            let sum = hash_to_string(&unhex(sum).unwrap());
            case.facts.files.insert(format!("/{file}"), sum);
        }
        for line in text.lines().filter(|line| line.starts_with("HASH[")) {
            if line.ends_with(']') {
                case.hashes.push(String::new());
            }
            let hash = case.hashes.last_mut().expect("a hash begins with its name");
            *hash += line;
            hash.push('\n');
        }
        case
    }

    /// Returns the rest of the line of the next hash that begins with `word`.
    fn next(&self, word: &str) -> String {
        let lines = self.next_lines(word);
        lines.into_iter().next().expect(word)
    }

    fn next_lines(&self, word: &str) -> Vec<String> {
        let lines = self.hashes[0].lines();
        let lines = lines.filter_map(|line| line.split_once("]: \"").map(|(_, text)| text));
        let lines = lines.filter_map(|text| {
            let bytes = unquote_bytes(&format!("\"{text}"))?;
            let line = raw::borrow(&bytes).into_owned();
            Some(line.strip_prefix(word)?.trim_end_matches('\n').to_owned())
        });
        lines.collect()
    }

    /// Compares the hash that was just made with the next recorded one.
    fn expect(&mut self) {
        let made = self.facts.take_trace();
        assert!(!self.hashes.is_empty(), "not recorded:\n{made}");
        assert_eq!(made, self.hashes.remove(0));
    }

    fn compile(
        &mut self,
        package: &Package,
        imports: &[&str],
        converted: Option<&str>,
    ) -> ActionId {
        for (language, word) in [("c", "CC ID="), ("c++", "CXX ID=")] {
            for id in self.next_lines(word) {
                let id = unquote(&id).expect("the ID is quoted");
                self.facts.c_compilers.insert(language.into(), id);
            }
        }
        let ids = imports
            .iter()
            .map(|path| self.next(&format!("import {path} ")));
        let ids: Vec<String> = ids.collect();
        let mut inputs = Compile::of(&self.config, &self.overlay, "/w", package);
        let imports = imports.iter().zip(&ids).map(|(import_path, id)| Import {
            import_path,
            content_id: id,
            archive: None,
        });
        inputs.imports = imports.collect();
        inputs.pgo_profile = converted;
        let key = inputs.key(&self.facts).unwrap();
        self.expect();
        key
    }

    fn vet(&mut self, path: &str, build: ActionId, imports: &[&str], flags: &[&str]) {
        for imported in imports {
            let hash = self.next(&format!("vetout {} ", quote(imported)));
            self.facts.files.insert((*imported).to_owned(), hash);
        }
        let config = VetConfig::default();
        let inputs = vet::Inputs {
            import_path: path,
            tool: format!("vet version {}", self.facts.release),
            flags: list(flags),
            build,
            // A file of facts is called by its package here.
            facts: imports.iter().map(|&path| (path, path)).collect(),
            // Only p and its tests are named on the command line.
            vetx_only: path == Q,
            unkeyed: vet::Unkeyed {
                tool_path: "",
                tools: Tools::of(&self.config),
                release: self.config.dist.release,
                config: &config,
            },
        };
        inputs.key(&self.facts);
        self.expect();
    }

    /// Links `main` with the archives that the recorded hash names.
    fn link(&mut self, main: &Package) {
        let mut recorded: Vec<(String, String)> = Vec::new();
        for line in self.next_lines("packagefile ") {
            let (path, id) = line.split_once('=').expect("a path and an ID");
            recorded.push((path.to_owned(), format!("x/{id}")));
        }
        // The main package is first, and in the key with the whole of its build ID.
        assert_eq!(recorded[0].0, main.import_path);
        recorded[0].1 = self.next("packagemain ");
        let package = |(path, _): &(String, String)| Package {
            import_path: path.clone(),
            name: if *path == main.import_path {
                "main"
            } else {
                ""
            }
            .to_owned(),
            ..Package::default()
        };
        let packages: Vec<Package> = recorded.iter().map(package).collect();
        let archives = packages.iter().zip(&recorded);
        let archives =
            archives.map(|(p, (_, id))| Archive::new(p, NodeId(0), "/x", id.clone(), true));
        let inputs = Link::of(&self.config, main, archives.collect());
        inputs.executable_key(&self.facts).unwrap();
        self.expect();
    }

    fn test_result(&mut self, args: &[&str]) {
        let binary = self.next("test binary ");
        let args = list(args);
        let inputs = test_cache::Inputs {
            binary: binary.split(' ').next().unwrap_or_default(),
            args: args.iter().collect(),
            exec: &[],
        };
        inputs.key(&self.facts);
        self.expect();
    }

    fn end(self) {
        assert!(
            self.hashes.is_empty(),
            "not made:\n{}",
            self.hashes.concat()
        );
    }
}

fn config(version: &str) -> Config {
    let mut config = Config::default();
    config.dist.version = version.to_owned();
    config.dist.release = Release::of(version).expect("a version");
    config.dist.goroot = "/tmp/forgo-keys-goroot".to_owned();
    config.dist.goroot_given.clone_from(&config.dist.goroot);
    config.dist.default_cc = "gcc".to_owned();
    config.dist.default_cxx = "g++".to_owned();
    config.target.goos = "linux".to_owned();
    config.target.goarch = "amd64".to_owned();
    config.target.arch_env = ("GOAMD64".to_owned(), "v1".to_owned());
    config.modes.buildmode = "default".to_owned();
    config.modes.ld_buildmode = "exe".to_owned();
    config
}

fn list(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// A package of the project, in the directory of its name.
fn package(name: &str, go_files: &[&str]) -> Package {
    let mut package = Package {
        import_path: format!("example.com/m/{name}"),
        name: name.to_owned(),
        dir: format!("{DIR}/{name}"),
        go_files: list(go_files),
        module: Some(Arc::new(ModulePublic {
            path: "example.com/m".to_owned(),
            go_version: "1.24".to_owned(),
            main: true,
            ..ModulePublic::default()
        })),
        ..Package::default()
    };
    package.internal.orig_import_path = package.import_path.clone();
    package
}

const Q: &str = "example.com/m/q";
const P: &str = "example.com/m/p";

/// Runs a case for each release.
fn each(name: &str, run: impl Fn(&mut Case)) {
    for recording in RECORDINGS {
        let mut case = Case::of(recording, name);
        run(&mut case);
        case.end();
    }
}

/// Compiles q, and p, which imports it.
fn two(case: &mut Case) {
    case.compile(&package("q", &["q.go"]), &[], None);
    case.compile(&package("p", &["p.go"]), &[Q], None);
}

#[test]
fn compiles() {
    each("plain", two);
    each("race", |case| {
        case.config.modes.forced_gcflags = list(&["-race"]);
        two(case);
    });
    each("trimpath", |case| {
        case.config.flags.trimpath = true;
        two(case);
    });
    each("cover", |case| {
        for (name, imports) in [("q", &[][..]), ("p", &[Q])] {
            let mut package = package(name, &[&format!("{name}.go")]);
            package.internal.cover.mode = "set".to_owned();
            case.compile(&package, imports, None);
        }
    });
    // For packages named on the command line: q is as above.
    each("gcflags", |case| {
        let mut p = package("p", &["p.go"]);
        p.internal.gcflags = list(&["-N", "-l"]);
        case.compile(&p, &[Q], None);
    });
}

#[test]
fn profiles() {
    each("pgo", |case| {
        let profile = format!("{DIR}/cpu.pgo");
        let inputs = pgo::Inputs {
            tool: format!("preprofile version {}", case.facts.release),
            profile: &profile,
            unkeyed: Tools::of(&case.config),
        };
        inputs.key(&case.facts);
        case.expect();
        let hash = case.next("pgofile ");
        case.facts.files.insert("/w/converted".to_owned(), hash);
        case.compile(&package("q", &["q.go"]), &[], Some("/w/converted"));
        case.compile(&package("p", &["p.go"]), &[Q], Some("/w/converted"));
    });
}

#[test]
fn files_that_are_not_go() {
    each("embed", |case| {
        let mut e = package("e", &["e.go"]);
        e.embed_files = list(&["a.txt"]);
        case.compile(&e, &["embed"], None);
    });
    let mut asm = package("asm", &["a.go"]);
    asm.h_files = list(&["a.h"]);
    asm.s_files = list(&["a_amd64.s"]);
    each("asm", |case| {
        case.compile(&asm, &[], None);
    });
    each("shared-asm", |case| {
        case.config.modes.forced_gcflags = list(&["-shared"]);
        case.config.modes.forced_asmflags = list(&["-shared"]);
        case.compile(&asm, &[], None);
    });
    each("asmflags", |case| {
        let mut asm = asm.clone();
        asm.internal.asmflags = list(&["-D=Y"]);
        case.compile(&asm, &[], None);
    });
}

#[test]
fn cgo() {
    let mut c = package("c", &[]);
    c.cgo_files = list(&["c.go"]);
    c.c_files = list(&["c.c"]);
    c.cxx_files = list(&["d.cc"]);
    c.h_files = list(&["c.h"]);
    c.cgo_cflags = list(&["-DX=1"]);
    c.cgo_ldflags = list(&["-lm"]);
    let imports = ["unsafe", "runtime/cgo", "syscall"];
    each("cgo", |case| {
        case.compile(&c, &imports, None);
    });
    each("cgo-trimpath", |case| {
        case.config.flags.trimpath = true;
        case.compile(&c, &imports, None);
    });
}

/// Package p with its test files.
fn p_with_tests() -> Package {
    let mut p = package("p", &["p.go", "p_test.go"]);
    p.internal.force_library = true;
    p
}

/// The external test of p.
fn p_test() -> Package {
    let mut p_test = package("p_test", &["x_test.go"]);
    p_test.dir = format!("{DIR}/p");
    p_test
}

const P_TEST: &str = "example.com/m/p_test";

#[test]
fn vet_and_test() {
    for recording in RECORDINGS {
        let mut plain = Case::of(recording, "plain");
        let q = plain.compile(&package("q", &["q.go"]), &[], None);

        let mut case = Case::of(recording, "vet");
        let p = case.compile(&p_with_tests(), &["os", "testing", Q], None);
        let flags = ["-json"];
        case.vet(Q, q, &[], &flags);
        case.vet(P, p, &["os", "testing", Q], &flags);
        let p_test = case.compile(&p_test(), &["testing", P], None);
        case.vet(P_TEST, p_test, &["testing", P], &flags);
        case.end();

        let mut case = Case::of(recording, "test");
        let mut main = main_package(&mut case, "p.test");
        main.dir = "/w/b001".to_owned();
        main.go_files = list(&["_testmain.go"]);
        main.internal.omit_debug = true;
        let hash = case.next("file _testmain.go ");
        let file = "/w/b001/_testmain.go".to_owned();
        case.facts.files.insert(file, hash);
        let deps = "testing/internal/testdeps";
        let imports = ["os", "reflect", "testing", deps, "runtime", P, P_TEST];
        case.compile(&main, &imports, None);
        main.internal.ldflags = list(&["-X", "testing.testBinary=1"]);
        main.default_godebug = default_godebug(&case);
        case.link(&main);
        let args = ["-test.timeout=10m0s"];
        case.test_result(&args);
        let flags = case.next_vet_flags();
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        case.vet(Q, q, &[], &flags);
        case.vet(P, p, &["os", "testing", Q], &flags);
        case.vet(P_TEST, p_test, &["testing", P], &flags);
        case.test_result(&args);
        test_inputs(&mut case);
        case.end();

        let mut case = Case::of(recording, "test-flags");
        for _ in 0..2 {
            case.test_result(&["-test.timeout=10m0s", "-test.short=true", "-test.run=P"]);
        }
        case.end();
    }
}

impl Case {
    /// Returns the analyzers that go test vets with. The key does not depend on which they are.
    fn next_vet_flags(&self) -> Vec<String> {
        // The next hash is that of a test result; vet follows.
        let vet = self.hashes.iter().find(|hash| hash.starts_with("HASH[vet"));
        let line = vet.and_then(|hash| hash.lines().find(|line| line.contains("vetflags")));
        let (_, flags) = line
            .and_then(|line| line.split_once('['))
            .expect("vetflags");
        let (_, flags) = flags.split_once('[').expect("a list");
        let flags = flags.split("\\\"").filter(|word| word.starts_with('-'));
        flags.map(str::to_owned).collect()
    }
}

fn test_inputs(case: &mut Case) {
    let file = format!("{DIR}/p/data.txt");
    let read = [
        ("env GODEBUG ", Input::Variable("GODEBUG".to_owned())),
        (&*format!("open {file} "), Input::Open(file.clone())),
        ("env FORGO_KEYS ", Input::Variable("FORGO_KEYS".to_owned())),
    ];
    let mut key = Key::new(case.facts.hashes());
    for (line, input) in &read {
        let state = unhex(&case.next(line)).expect("the state is a hash");
        key.add(input, ActionId(state));
    }
    key.action_id();
    case.expect();
}

/// A main package with the recorded build information.
fn main_package(case: &mut Case, name: &str) -> Package {
    let mut main = package(name, &["main.go"]);
    main.name = "main".to_owned();
    main.internal.build_info = unquote(&case.next("modinfo "));
    main
}

fn default_godebug(case: &Case) -> String {
    unquote(&case.next("defaultgodebug ")).expect("the setting is quoted")
}

fn build_and_link(case: &mut Case, ldflags: &[&str]) {
    let mut main = main_package(case, "cmd");
    main.internal.ldflags = list(ldflags);
    case.compile(&main, &[P, "runtime"], None);
    main.default_godebug = default_godebug(case);
    case.link(&main);
}

#[test]
fn links() {
    each("link", |case| build_and_link(case, &[]));
    each("link-flags", |case| {
        build_and_link(case, &["-s", "-w", "-X", "main.V=1"]);
    });
    each("link-trimpath", |case| {
        case.config.flags.trimpath = true;
        build_and_link(case, &[]);
    });
    each("link-pie", |case| {
        case.config.modes.buildmode = "pie".to_owned();
        case.config.modes.ld_buildmode = "pie".to_owned();
        case.config.modes.forced_gcflags = list(&["-shared"]);
        case.config.modes.forced_asmflags = list(&["-shared"]);
        two(case);
        build_and_link(case, &[]);
    });
}

/// A key that leaves an input out, or hashes it twice, does not pass for the recorded one.
#[test]
fn an_input_more_is_noticed() {
    let mut case = Case::of(RECORDINGS[0], "plain");
    let mut q = package("q", &["q.go"]);
    q.internal.omit_debug = true;
    Compile::of(&case.config, &case.overlay, "/w", &q)
        .key(&case.facts)
        .unwrap();
    assert_ne!(case.facts.take_trace(), case.hashes.remove(0));
}
