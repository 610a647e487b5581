//! `go vet`: the same output, exit status, keys and fixes as the stock command's. The packages
//! import nothing, so that nothing of the standard library has to be compiled.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use support::each;

const FILES: &[(&str, &str)] = &[
    ("go.mod", "module example.com/m\n\ngo 1.25\n"),
    (
        "good/good.go",
        "package good\n\nfunc F() int { return 1 }\n",
    ),
    (
        "assign/assign.go",
        "package assign\n\nfunc F(x, y int) int {\n\tx = x\n\ty = y\n\treturn x + y\n}\n",
    ),
    (
        "uses/uses.go",
        "package uses\n\nimport \"example.com/m/assign\"\n\nvar V = assign.F(1, 2)\n",
    ),
    (
        "broken/broken.go",
        "package broken\n\nfunc F() int { return \"\" }\n",
    ),
    ("empty/doc.txt", "no Go here\n"),
    (
        "missing/missing.go",
        "package missing\n\nimport _ \"example.com/m/nosuch\"\n",
    ),
];

#[test]
fn diagnostics_and_errors() {
    each(FILES, |w| {
        for args in [
            &["vet", "./good"][..],
            &["vet", "./assign", "./uses"],
            // From the cache.
            &["vet", "./assign", "./uses"],
            &["vet", "-c=1", "./assign"],
            &["vet", "-json", "./assign"],
            &["vet", "-assign=false", "./assign"],
            &["vet", "-fix", "-diff", "./assign"],
            &["vet", "./broken"],
            &["vet", "./missing"],
            &["vet", "./empty"],
            &["vet", "./nosuch"],
        ] {
            w.same(args);
        }
        w.set("GOFLAGS", "-assign=false -p=1");
        w.same(&["vet", "./assign"]);
        w.set("GOFLAGS", "-assgn=false");
        w.same(&["vet", "./assign"]);
    });
}

#[test]
fn flags_that_are_wrong() {
    each(FILES, |w| {
        for args in [
            &["vet", "-nosuch", "./good"][..],
            &["vet", "-c", "x", "./good"],
            &["vet", "-h"],
            &["vet", "-diff", "./good"],
            &["vet", "-fix", "-diff", "-json", "./good"],
            &["vet", "-fix", "-c=1", "./good"],
            &["vet", "-vettool"],
            &["vet", "-vettool=./nosuch", "./good"],
        ] {
            w.same(args);
        }
        for goflags in ["-x=y", "-tags", "-race=maybe", "-C=good"] {
            w.set("GOFLAGS", goflags);
            w.same(&["vet", "./good"]);
        }
        w.set("GOFLAGS", "-tags=a,b");
        w.same(&["vet", "-n", "./good"]);
        // Not used, but named where a flag is wrong.
        w.set("GOFLAGS", "-vettool=./nosuch");
        for args in [
            &["vet", "./good"][..],
            &["vet", "-h"],
            &["vet", "-nosuch", "./good"],
            &["vet", "-json=x", "./good"],
            &["vet", "-vettool=", "-nosuch", "./good"],
        ] {
            w.same(args);
        }
    });
}

#[test]
fn keys_and_commands() {
    each(FILES, |w| {
        w.set("GODEBUG", "gocachehash=1");
        let sorted = |said: support::Said| {
            let mut lines: Vec<_> = said.stderr.lines().map(str::to_owned).collect();
            lines.retain(|l| l.starts_with("HASH") && !l.contains("moduleIndex"));
            lines.sort();
            lines
        };
        let args = ["vet", "-p=1", "./assign", "./uses"];
        assert_eq!(sorted(w.stock(&args)), sorted(w.forgo(&args)));
        w.unset_all();
        w.same(&["vet", "-n", "./good"]);
    });
}

#[test]
fn fixes_are_written() {
    each(FILES, |w| {
        let file = w.path("w/assign/assign.go");
        let original = std::fs::read_to_string(&file).unwrap();
        let stock = w.stock(&["vet", "-fix", "./assign"]);
        let by_stock = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, &original).unwrap();
        let forgo = w.forgo(&["vet", "-fix", "./assign"]);
        let by_forgo = std::fs::read_to_string(&file).unwrap();
        assert_eq!(stock, forgo);
        assert_ne!(by_stock, original);
        assert_eq!(by_stock, by_forgo);
    });
}
