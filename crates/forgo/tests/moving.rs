//! A package compiled in one directory is not compiled in another; and the result equals that of
//! the stock command there.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use support::{Said, World, each};

const LEAF: &str = "package leaf\n\nconst C = \"c\"\n\ntype T[K comparable] struct{ m map[K]int }\n\n\
                    func (t *T[K]) Add(k K) int { t.m[k]++; return t.m[k] }\n\n\
                    func F() string { return func() string { return g() + C }() }\n\n\
                    //go:noinline\nfunc g() string { panic(\"one\") }\n";

const FILES: &[(&str, &str)] = &[
    ("go.mod", "module example.com/m\n\ngo 1.26\n"),
    (
        "main.go",
        "package main\n\nimport (\n\t\"example.com/m/leaf\"\n\t\"example.com/m/mid\"\n)\n\n\
         func main() { t := leaf.T[string]{}; println(mid.F(), t.Add(mid.E)) }\n",
    ),
    (
        "mid/mid.go",
        "package mid\n\nimport (\n\t_ \"embed\"\n\t\"example.com/m/leaf\"\n)\n\n//go:embed e.txt\nvar E string\n\n\
         func F() string { return leaf.F() + g() }\n\nfunc g() string\n",
    ),
    ("mid/e.txt", "embedded"),
    (
        "mid/g.s",
        "#include \"textflag.h\"\n#include \"own.h\"\n\nTEXT ·g(SB),NOSPLIT,$0-16\n\tMOVQ $0, ret_base+0(FP)\n\
         \tMOVQ $0, ret_len+8(FP)\n\tRET\n",
    ),
    ("mid/own.h", "#define X 1\n"),
    (
        "mid/mid_test.go",
        "package mid\n\nimport \"testing\"\n\nfunc TestE(t *testing.T) { if E != \"embedded\" { t.Fatal(E) } }\n",
    ),
    (
        "mid/x_test.go",
        "package mid_test\n\nimport (\n\t\"testing\"\n\t\"example.com/m/mid\"\n)\n\n\
         func TestX(t *testing.T) { _ = mid.E }\n",
    ),
    ("leaf/leaf.go", LEAF),
];

/// Elsewhere: longer, shorter, with spaces and letters beyond ASCII, above, below.
const PLACES: [&str; 5] = ["w2/a/longer/one", "v", "with spaces/ä€", "w/sub", "link"];

/// A checkout in another directory of the world.
fn check_out(world: &World, dir: &str) {
    copy(&world.path("w"), &world.path(dir));
}

fn copy(from: &Path, to: &Path) {
    // The copy does not contain itself.
    let items: Vec<_> = fs::read_dir(from).unwrap().flatten().collect();
    fs::create_dir_all(to).unwrap();
    for item in items {
        let to = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy(&item.path(), &to);
        } else {
            fs::copy(item.path(), &to).unwrap();
        }
    }
}

/// No other world has it: the cache outlives them.
fn name_of(world: &World) -> String {
    let name = world.dir.path().file_name().unwrap();
    name.to_str().unwrap().to_owned()
}

/// The cache outlives the world: nothing in this one was ever compiled.
fn make_new(world: &World) {
    let name = name_of(world);
    for file in [
        "main.go",
        "mid/mid.go",
        "leaf/leaf.go",
        "mid/mid_test.go",
        "mid/x_test.go",
    ] {
        let text = fs::read_to_string(world.path("w").join(file)).unwrap();
        world.write(file, &format!("{text}\n// New in {name}.\n"));
    }
}

/// The packages that a command of forgo compiled.
fn compiled(said: &Said) -> Vec<&str> {
    let compiles = said.stderr.lines().filter(|l| l.contains("/compile "));
    let name = |line: &'_ str| -> Option<&str> {
        let at = line.find(" -p ")? + 4;
        let name = said_name(&said.stderr, line, at);
        (name.starts_with("example.com/m") || name.starts_with("main")).then_some(name)
    };
    compiles.filter_map(name).collect()
}

fn said_name<'a>(text: &'a str, line: &str, at: usize) -> &'a str {
    let begin = line.as_ptr() as usize - text.as_ptr() as usize + at;
    text[begin..].split(' ').next().unwrap_or_default()
}

/// The archives of all packages of the module, from a command's cache, by package.
fn archives(world: &World, forgo: bool, flags: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let format = "{{if .Export}}{{.ImportPath}} {{.ImportPath}}={{.Export}}{{end}}";
    let args = [
        &["list", "-deps", "-export", "-f", format],
        flags,
        &["./..."],
    ]
    .concat();
    let said = if forgo {
        world.forgo(&args)
    } else {
        world.stock(&args)
    };
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let own = said
        .stdout
        .lines()
        .filter(|l| l.starts_with("example.com/m"));
    let read = |line: &str| {
        let (name, file) = line.split_once('=').unwrap();
        let cache = if forgo { "cache-forgo" } else { "cache-stock" };
        // Where both use one cache, this replaces nothing.
        let file = file.replace("cache-stock", cache);
        (name.to_owned(), fs::read(file).unwrap())
    };
    own.map(read).collect()
}

#[track_caller]
fn same_as_stock(world: &World, flags: &[&str]) {
    let (stock, forgo) = (archives(world, false, flags), archives(world, true, flags));
    assert!(stock.len() > 2);
    // The main package of a test is a file of the cache, whose name it holds.
    for (name, bytes) in stock.iter().filter(|(name, _)| !name.ends_with(".test")) {
        assert!(forgo.get(name) == Some(bytes), "{flags:?}: {name}");
    }
}

#[test]
fn another_checkout_compiles_nothing() {
    each(FILES, |world| {
        make_new(world);
        std::os::unix::fs::symlink("v", world.path("link")).unwrap();
        for dir in &PLACES[..4] {
            check_out(world, dir);
        }
        let no_optimization = "-gcflags=example.com/m/...=-N -l";
        let commands: [&[&str]; 4] = [
            &["build", "-x", "-o", "out"],
            &["build", "-x", "-o", "out", no_optimization],
            &["build", "-x", "-o", "out", "-cover"],
            &["test", "-x", "-c", "-o", "test.out", "./mid"],
        ];
        for (i, args) in commands.into_iter().enumerate() {
            world.start_in("w");
            let first = world.forgo(args);
            assert!(compiled(&first).len() > 1, "{args:?} {}", first.stderr);
            for dir in &PLACES[i..=i + 1] {
                world.start_in(dir);
                let said = world.forgo(args);
                assert_eq!(said.code, Some(0), "{}", said.stderr);
                assert_eq!(compiled(&said), [""; 0], "{args:?} {dir}");
                let file = args.iter().find(|a| a.ends_with("out")).unwrap();
                let forgo = fs::read(world.path(dir).join(file)).unwrap();
                assert_eq!(world.stock(args).code, Some(0));
                let stock = fs::read(world.path(dir).join(file)).unwrap();
                assert!(forgo == stock, "{args:?} {dir}");
            }
        }
        for dir in PLACES {
            world.start_in(dir);
            same_as_stock(world, &["-test"]);
        }
        same_as_stock(world, &[no_optimization]);
    });
}

/// Runs a command in a new checkout.
fn elsewhere(world: &mut World, args: &[&str]) -> Said {
    let dir = (0..)
        .map(|i| format!("other{i}"))
        .find(|dir| !world.path(dir).exists())
        .expect("a name");
    check_out(world, &dir);
    world.start_in(&dir);
    world.forgo(args)
}

/// Compiles in `w` and in another checkout: returns the packages compiled in the other.
fn compiled_elsewhere(world: &mut World, args: &[&str]) -> Vec<String> {
    world.start_in("w");
    assert_eq!(world.forgo(args).code, Some(0));
    let said = elsewhere(world, args);
    same_as_stock(world, &[]);
    compiled(&said).iter().map(|s| (*s).to_owned()).collect()
}

#[test]
fn in_doubt_the_work_is_done() {
    each(FILES, |world| {
        let leaf = "example.com/m/leaf";
        let cases: [(&str, &str, &[&str]); 4] = [
            // The name is the same in both, as the text is.
            (
                "//line $W/w/leaf/leaf.go:100\nvar L = 1\n",
                leaf,
                &["build", "-x", "./leaf"],
            ),
            (
                "//line ../../leaf.y:100\nvar L = 1\n",
                leaf,
                &["build", "-x", "./leaf"],
            ),
            // The constant shares the file name's string, there or here.
            (
                "const L = \"$W/w/leaf/leaf.go\"\n",
                leaf,
                &["build", "-x", "./leaf"],
            ),
            (
                "const L = \"$W/other3/leaf/leaf.go\"\n",
                leaf,
                &["build", "-x", "./leaf"],
            ),
        ];
        for (text, expected, args) in cases {
            let dir = world.dir.path().to_str().unwrap();
            let text = text.replace("$W", dir);
            world.write("leaf/leaf.go", &format!("{LEAF}\n{text}"));
            assert_eq!(compiled_elsewhere(world, args), [expected], "{text}");
        }
        world.write("leaf/leaf.go", LEAF);
        make_new(world);
        world.set("FORGO_EXTRAS", "off");
        assert_eq!(
            compiled_elsewhere(world, &["build", "-x", "./leaf"]),
            [leaf]
        );
    });
}

/// A header of another directory is not in the stock key, but in forgo's.
#[test]
fn headers_of_other_directories_count() {
    each(FILES, |world| {
        make_new(world);
        let args = ["build", "-x", "-o", "out", "."];
        let header = |world: &World, value: u8| {
            let deep = format!("#define VALUE ${value}\n");
            world.write("inc/deep/value.h", &deep);
        };
        header(world, 1);
        world.write("inc/x.h", "#include \"../inc/deep/value.h\"\n");
        let text = fs::read_to_string(world.path("w/mid/g.s")).unwrap();
        let text = text.replace("own.h", "../inc/x.h");
        world.write(
            "mid/g.s",
            &text.replacen("$0, ret_len", "VALUE, ret_len", 1),
        );
        assert_eq!(compiled_elsewhere(world, &args), [""; 0]);
        // The entry that the stock key leads to in the first checkout is of the old header.
        header(world, 2);
        assert_eq!(compiled_elsewhere(world, &args), ["example.com/m/mid"]);
        header(world, 1);
        assert_eq!(compiled_elsewhere(world, &args), [""; 0]);
    });
}

const CGO: &str = "package cg\n\n// #include <errno.h>\n// #include \"cg.h\"\nimport \"C\"\n\n\
    import \"example.com/m/leaf\"\n\n//export goAdd\nfunc goAdd(x C.int) C.int { return x + C.N }\n\n\
    func F() (string, int, error) {\n\tn, err := C.twice(2)\n\tp := C.pair{a: n}\n\treturn leaf.F(), int(p.a), err\n}\n";

/// C compilers work in each checkout, the Go compiler in one.
#[test]
fn the_go_part_of_cgo_is_compiled_once() {
    each(FILES, |world| {
        make_new(world);
        let header = |n: u8| {
            format!("#define N {n}\ntypedef struct {{ int a; }} pair;\nint twice(int x);\n")
        };
        let c = "#include \"_cgo_export.h\"\n\nint twice(int x) { return goAdd(2 * x); }\n";
        world.write("cg/cg.go", CGO);
        world.write("cg/cg.h", &header(1));
        world.write("cg/twice.c", c);
        let name = name_of(world);
        let plain = format!("package cg\n\nfunc G() string {{ return {name:?} }}\n");
        world.write("cg/plain.go", &plain);
        world.write(
            "cg/cg_test.go",
            "package cg\n\nimport \"testing\"\n\nfunc TestF(t *testing.T) { t.Log(F()) }\n",
        );
        world.write(
            "cg/cmd/main.go",
            "package main\n\nimport \"example.com/m/cg\"\n\nfunc main() { println(cg.G()) }\n",
        );
        let cg = "example.com/m/cg";
        let args = ["build", "-x", "./..."];
        world.start_in("w");
        let first = world.forgo(&args);
        assert!(compiled(&first).contains(&cg), "{}", first.stderr);
        for dir in PLACES.into_iter().take(4) {
            check_out(world, dir);
            world.start_in(dir);
            let said = world.forgo(&args);
            assert_eq!((said.code, compiled(&said)), (Some(0), vec![]), "{dir}");
            same_as_stock(world, &[]);
        }
        // The test's variant has another file.
        let test = ["test", "-x", "-c", "-o", "out", "./cg"];
        assert_eq!(
            compiled_elsewhere(world, &test),
            [""; 0],
            "a test's variant"
        );
        let race = ["build", "-x", "-race", "./cg"];
        assert_eq!(compiled_elsewhere(world, &race), [""; 0], "-race");
        same_as_stock(world, &["-race"]);

        // cgo writes the same of another text of C, and not of another constant.
        world.write("cg/twice.c", &c.replace("2 * x", "3 * x"));
        world.start_in("w");
        assert_eq!(compiled(&world.forgo(&args)), [""; 0]);
        same_as_stock(world, &[]);
        world.write("cg/cg.h", &header(2));
        assert_eq!(compiled(&world.forgo(&args)), [cg]);
        same_as_stock(world, &[]);
        let text = CGO.replace(
            "// #include <",
            "// #cgo CFLAGS: -I${SRCDIR}\n// #include <",
        );
        world.write("cg/cg.go", &text);
        assert_eq!(compiled_elsewhere(world, &args), [""; 0], "CFLAGS");

        // cgo's output names the directory, or a source names itself otherwise.
        let text = CGO.replace(
            "// #include <",
            "// #cgo LDFLAGS: -L${SRCDIR}\n// #include <",
        );
        world.write("cg/cg.go", &text);
        assert_eq!(compiled_elsewhere(world, &args), [cg], "LDFLAGS");
        world.write("cg/cg.go", CGO);
        let dir = world.dir.path().to_str().unwrap();
        let text = plain.replace("func", &format!("//line {dir}/w/cg/x.go:1\nfunc"));
        world.write("cg/plain.go", &text);
        let args = ["build", "-x", "./cg"];
        assert_eq!(compiled_elsewhere(world, &args), [cg], "//line");
    });
}

#[test]
fn the_compiler_s_words_are_those_of_here() {
    each(FILES, |world| {
        make_new(world);
        let args = ["build", "-gcflags=-m", "./leaf"];
        world.start_in("w");
        world.same(&args);
        check_out(world, "other place");
        world.start_in("other place");
        let said = world.forgo(&["build", "-x", "-gcflags=-m", "./leaf"]);
        assert_eq!(compiled(&said), [""; 0]);
        assert!(said.stderr.contains("can inline F"), "{}", said.stderr);
        world.same(&args);
    });
}

#[test]
fn what_vet_found_out_is_known_elsewhere() {
    each(FILES, |world| {
        make_new(world);
        let args = ["vet", "-x", "./..."];
        let vetted = |said: &Said| {
            let runs = |line: &&str| line.contains("/vet ") && line.contains("/vet.cfg");
            said.stderr.lines().filter(runs).count()
        };
        let first = world.forgo(&args);
        assert_eq!(first.code, Some(0), "{}", first.stderr);
        assert!(vetted(&first) > 3, "{}", first.stderr);
        let said = elsewhere(world, &args);
        assert_eq!((said.code, vetted(&said)), (Some(0), 0));
        world.same(&["vet", "./..."]);
        // A file that the build ignores is read by vet.
        let ignored = "//go:build never\n\npackage leaf\n";
        world.write("leaf/ignored.go", ignored);
        let said = elsewhere(world, &args);
        assert!(vetted(&said) > 0);
        world.same(&["vet", "./..."]);
        // Findings are printed everywhere.
        world.write(
            "leaf/wrong.go",
            "package leaf\n\nimport \"fmt\"\n\nfunc W() { fmt.Printf(\"%d\", \"x\") }\n",
        );
        for _ in 0..2 {
            let said = elsewhere(world, &args);
            assert!(
                said.code == Some(1) && said.stderr.contains("wrong.go:5"),
                "{}",
                said.stderr
            );
            world.same(&["vet", "./..."]);
        }
    });
}

#[test]
fn an_edit_in_one_checkout_is_one_in_another() {
    each(FILES, |world| {
        make_new(world);
        let args = ["build", "-x", "-o", "out", "."];
        assert_eq!(compiled_elsewhere(world, &args), [""; 0]);
        let text = fs::read_to_string(world.path("w/leaf/leaf.go")).unwrap();
        world.write("leaf/leaf.go", &text.replace("one", "two"));
        world.start_in("w");
        assert_eq!(compiled(&world.forgo(&args)), ["example.com/m/leaf"]);
        assert_eq!(compiled_elsewhere(world, &args), [""; 0]);
    });
}

/// Hard links of all files of a directory.
fn link_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap().flatten() {
        let to = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            link_all(&item.path(), &to);
        } else {
            // Another test may be at work on a temporary file.
            let _ = fs::hard_link(item.path(), &to);
        }
    }
}

/// All files of the world's cache that are texts.
fn texts(world: &World) -> Vec<(PathBuf, String)> {
    let dirs = fs::read_dir(world.path("cache")).unwrap().flatten();
    let dirs = dirs.filter(|dir| dir.path().is_dir());
    let files = dirs.flat_map(|dir| fs::read_dir(dir.path()).unwrap().flatten());
    let small = files.filter(|file| file.metadata().is_ok_and(|m| m.is_file() && m.len() < 4096));
    let texts = small.filter_map(|file| Some((file.path(), fs::read_to_string(file.path()).ok()?)));
    texts.collect()
}

/// The records of archives compiled in the world, and the keys in each.
fn records(world: &World) -> Vec<(PathBuf, String, String)> {
    let dir = format!(" {}/w\n", world.dir.path().to_str().unwrap());
    let records = texts(world).into_iter().filter_map(|(file, text)| {
        let (_, text) = text.split_once('\n')?;
        let ours = text.starts_with("forgo: made elsewhere") && text.contains(&dir);
        let keys: Vec<_> = text.lines().skip(1).take(3).collect();
        ours.then(|| (file, text.to_owned(), keys.join("\n")))
    });
    records.collect()
}

/// Makes a record name another archive.
fn lead_astray((file, text, from): &(PathBuf, String, String), to: &str) {
    let text = text.replace(from, to);
    // The first line holds the ID that the file is named by.
    let name = file.file_name().and_then(|name| name.to_str()).unwrap();
    let id = (0..32).map(|i| u8::from_str_radix(&name[2 * i..][..2], 16).unwrap());
    let sealed = [&id.collect::<Vec<u8>>(), text.as_bytes()].concat();
    let sum: String = Sha256::digest(sealed)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    fs::write(file, format!("{sum}\n{text}")).unwrap();
}

#[test]
fn a_share_is_verified() {
    each(FILES, |world| {
        make_new(world);
        verify(world, "leaf", "leaf/leaf.go");
    });
}

#[test]
fn a_share_of_go_parts_is_verified() {
    each(FILES, |world| {
        let name = name_of(world);
        let text =
            format!("package c\n\nfunc F() string {{ return \"one\" }}\n\n// New in {name}.\n");
        world.write("c/plain.go", &text);
        let cgo = "package c\n\n// enum { N = 1 };\nimport \"C\"\n\nconst N = C.N\n";
        world.write("c/c.go", cgo);
        verify(world, "c", "c/plain.go");
    });
}

/// Compiles a package that imports none of the module, everywhere; its `file` has a text with
/// `one`.
fn verify(world: &mut World, package: &str, file: &str) {
    let arg = format!("./{package}");
    let args = ["build", "-x", &arg];
    // Once in the cache of all tests, for the standard library.
    assert_eq!(world.forgo(&args).code, Some(0));
    link_all(&world.cache("cache-forgo"), &world.path("cache"));
    world.set("GOCACHE", "$W/cache");
    let name = format!("example.com/m/{package}");
    let alone = [name.as_str()];
    let text = fs::read_to_string(world.path("w").join(file)).unwrap();

    world.set("FORGO_VERIFY", "100%");
    let said = elsewhere(world, &args);
    assert_eq!(compiled(&said), alone);
    assert!(!said.stderr.contains("forgo:"), "{}", said.stderr);

    let mut made = |text: &str| {
        let before = records(world);
        world.write(file, text);
        world.start_in("w");
        assert_eq!(compiled(&world.forgo(&args)), alone);
        let mut new = records(world);
        new.retain(|record| !before.contains(record));
        new.remove(0)
    };
    let two = made(&text.replace("one", "two"));
    let text = text.replace("one", "uno");
    let one = made(&text);
    lead_astray(&one, &two.2);
    let said = elsewhere(world, &args);
    assert_eq!(compiled(&said), alone);
    let reported = format!("forgo: {name}: ");
    assert!(said.stderr.contains(&reported), "{}", said.stderr);
    let forgo = archives(world, true, &[]);
    let shared = world.cache("cache-stock");
    world.set("GOCACHE", shared.to_str().expect("UTF-8"));
    assert!(forgo == archives(world, false, &[]));
    world.set("GOCACHE", "$W/cache");

    // From now on, nothing is moved.
    world.set("FORGO_VERIFY", "0");
    world.write(file, &text.replace("uno", "three"));
    world.start_in("w");
    assert_eq!(compiled(&world.forgo(&args)), alone);
    assert_eq!(compiled(&elsewhere(world, &args)), alone);
}

#[test]
fn checkouts_at_once_share_the_work() {
    each(FILES, |world| {
        make_new(world);
        let args = ["build", "-x", "./..."];
        // The standard library is there.
        assert_eq!(world.forgo(&["build", "./leaf"]).code, Some(0));
        world.write("leaf/once.go", "package leaf\n\nconst Once = 1\n");
        let dirs = ["w", "w/one", "two"];
        check_out(world, "two");
        check_out(world, "w/one");
        let all: Vec<Said> = std::thread::scope(|scope| {
            let run = |dir: &'static str| {
                let world = &*world;
                scope.spawn(move || world.forgo_in(dir, &args))
            };
            let runs = dirs.map(run);
            runs.map(|run| run.join().unwrap()).into()
        });
        let mut total: Vec<&str> = all.iter().flat_map(compiled).collect();
        total.sort_unstable();
        let mut once = total.clone();
        once.dedup();
        assert_eq!(total, once);
        assert!(once.len() >= 3 && all.iter().all(|said| said.code == Some(0)));
    });
}
