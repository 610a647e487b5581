//! Several forgo processes at once that need the same do it once.

#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use support::each;

const FILES: &[(&str, &str)] = &[
    ("go.mod", "module example.com/m\n\ngo 1.26\n"),
    (
        "main.go",
        "package main\n\nimport (\n\t_ \"example.com/m/a\"\n\t_ \"example.com/m/b\"\n)\n\nfunc main() {}\n",
    ),
    ("a/a.go", "package a\n\nimport _ \"example.com/m/c\"\n"),
    ("b/b.go", "package b\n\nimport _ \"example.com/m/c\"\n"),
    ("c/c.go", "package c\n\nimport _ \"sort\"\n"),
];

#[test]
fn two_do_the_work_of_one() {
    each(FILES, |world| {
        // Nothing that an earlier run of this test has compiled.
        let new = world.dir.path().to_string_lossy().into_owned();
        for (name, text) in FILES.iter().filter(|(name, _)| name.ends_with(".go")) {
            world.write(name, &format!("{text}\nconst New = {new:?}\n"));
        }
        let world = &*world;
        // The standard library first: it may have to be compiled.
        assert_eq!(world.forgo(&["build", "sort", "runtime"]).code, Some(0));
        let said: Vec<_> = std::thread::scope(|scope| {
            let start = |out| scope.spawn(move || world.forgo(&["build", "-x", "-o", out, "."]));
            let started = ["out1", "out2", "out3"].map(start);
            let said = started
                .into_iter()
                .map(|thread| thread.join().expect("no panic"));
            said.collect()
        });
        let count = |mark: &str| -> usize {
            let lines = said.iter().flat_map(|said| said.stderr.lines());
            lines.filter(|line| line.contains(mark)).count()
        };
        for said in &said {
            assert_eq!(said.code, Some(0), "{}", said.stderr);
        }
        for package in [
            "main",
            "example.com/m/a",
            "example.com/m/b",
            "example.com/m/c",
        ] {
            assert_eq!(count(&format!(" -p {package} ")), 1, "{package}");
        }
        assert_eq!(count("/link -o "), 1);
        let out = |name: &str| std::fs::read(world.path("w").join(name)).expect("a file");
        assert!(out("out1") == out("out2") && out("out2") == out("out3"));
    });
}
