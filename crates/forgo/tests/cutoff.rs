//! Importers are not compiled again if nothing that they read changed; and the output equals the
//! stock command's.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use support::World;

const FILES: &[(&str, &str)] = &[
    ("go.mod", "module example.com/m\n\ngo 1.26\n"),
    (
        "main.go",
        "package main\n\nimport \"example.com/m/mid\"\n\nfunc main() { println(mid.F()) }\n",
    ),
    (
        "mid/mid.go",
        "package mid\n\nimport \"example.com/m/leaf\"\n\nfunc F() string { return leaf.F() + g() }\n\n\
         func g() string\n",
    ),
    (
        "mid/g.s",
        "#include \"textflag.h\"\n#include \"own.h\"\n\nTEXT ·g(SB),NOSPLIT,$0-16\n\tMOVQ $0, ret+0(FP)\n\
         \tMOVQ $0, ret+8(FP)\n\tRET\n",
    ),
    ("mid/own.h", "#define X 1\n"),
    ("leaf/leaf.go", LEAF),
];

/// With files that were never compiled: the cache outlives the worlds, and archives move.
fn each(check: impl Fn(&mut World)) {
    support::each(FILES, |world| {
        let name = world.dir.path().file_name().and_then(|n| n.to_str());
        let name = name.expect("UTF-8").to_owned();
        for (dir, package) in [("leaf/", "leaf"), ("mid/", "mid"), ("", "main")] {
            let text = format!("package {package}\n\nconst New = \"{name}\"\n");
            world.write(&format!("{dir}new.go"), &text);
        }
        check(world);
    });
}

const LEAF: &str = "package leaf\n\nconst C = \"c\"\n\nfunc F() string { return g() + C }\n\n\
                    //go:noinline\nfunc g() string { return \"one\" }\n";

/// Builds with forgo, gives the packages that were compiled, and compares with the stock command.
fn compiled(world: &World, flags: &[&str]) -> Vec<String> {
    let args = [&["build", "-x", "-o", "forgo.out"], flags, &["."]].concat();
    let said = world.forgo(&args);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let args = [&["build", "-o", "stock.out"], flags, &["."]].concat();
    assert_eq!(world.stock(&args).code, Some(0));
    let read = |name: &str| std::fs::read(world.path("w").join(name)).expect("a file");
    assert!(read("forgo.out") == read("stock.out"));

    let compiles = said.stderr.lines().filter(|l| l.contains("/compile "));
    // The standard library may be compiled too, if the cache is new.
    let name = |line: &str| {
        let (_, rest) = line.split_once(" -p ").expect("-p");
        let name = rest.split(' ').next().expect("a name");
        let own = name.strip_prefix("example.com/m/");
        own.or((name == "main").then_some("main"))
            .map(str::to_owned)
    };
    compiles.filter_map(name).collect()
}

#[test]
fn importers_of_equal_export_data_are_spared() {
    each(|world| {
        let extras = |world: &mut World, value: &str| world.set("FORGO_EXTRAS", value);
        assert_eq!(compiled(world, &[]), ["leaf", "mid", "main"]);
        world.write("leaf/leaf.go", &LEAF.replace("one", "two"));
        assert_eq!(compiled(world, &[]), ["leaf"]);
        // Found by its stock key again.
        world.write("leaf/leaf.go", LEAF);
        assert_eq!(compiled(world, &[]), [""; 0]);
        // The part that importers see changed.
        world.write("leaf/leaf.go", &LEAF.replace("\"c\"", "\"d\""));
        assert_eq!(compiled(world, &[]), ["leaf", "mid"]);
        extras(world, "off");
        world.write("leaf/leaf.go", &LEAF.replace("one", "three"));
        assert_eq!(compiled(world, &[]), ["leaf", "mid"]);
        extras(world, "on");
        world.write("leaf/leaf.go", &LEAF.replace("one", "four"));
        assert_eq!(compiled(world, &[]), ["leaf"]);
    });
}

#[test]
fn in_doubt_the_work_is_done() {
    each(|world| {
        let leaf = |world: &World, text: &str| {
            world.write("leaf/leaf.go", &LEAF.replace("one", text));
        };
        // The compiler prints something.
        leaf(world, "a");
        compiled(world, &["-gcflags=example.com/m/...=-S"]);
        leaf(world, "b");
        assert_eq!(
            compiled(world, &["-gcflags=example.com/m/...=-S"]),
            ["leaf", "mid"]
        );
        // A file that is in no key, put before the include by a comment.
        world.write("inc/x.h", "#define X 1\n");
        world.write("mid/own.h", "/* x */ #include \"../inc/x.h\"\n");
        leaf(world, "c");
        compiled(world, &[]);
        leaf(world, "d");
        assert_eq!(compiled(world, &[]), ["leaf", "mid"]);
        // A file that is not in the stock key.
        world.write("mid/own.h", "#include \"../inc/x.h\"\n");
        leaf(world, "e");
        compiled(world, &[]);
        leaf(world, "f");
        assert_eq!(compiled(world, &[]), ["leaf"]);
        world.write("inc/x.h", "#define X 2\n");
        leaf(world, "g");
        assert_eq!(compiled(world, &[]), ["leaf", "mid"]);
    });
}

#[test]
fn words_are_as_if_the_work_was_done() {
    each(|world| {
        for text in ["x", "y"] {
            world.write("leaf/leaf.go", &LEAF.replace("one", text));
            world.same(&[
                "list",
                "-export",
                "-f",
                "{{.ImportPath}} {{.Stale}}",
                "./mid",
            ]);
            world.same(&["build", "-v", "./mid"]);
            world.same(&["vet", "./mid"]);
            world.same(&["list", "-compiled", "-f", "{{.CompiledGoFiles}}", "./mid"]);
        }
    });
}
