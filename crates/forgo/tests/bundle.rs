//! Bundles, as CI uses them: a job on an empty disk that has the bundle of the job before does none
//! of its work again, and gets the same results.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use std::time::{Duration, SystemTime};

use support::{Said, World, each};

const FILES: &[(&str, &str)] = &[
    ("go.mod", "module example.com/m\n\ngo 1.26\n"),
    (
        "main.go",
        "package main\n\nimport \"example.com/m/p\"\n\nfunc main() { println(p.P()) }\n",
    ),
    ("p/p.go", "package p\n\nfunc P() string { return \"p\" }\n"),
    (
        "p/p_test.go",
        "package p\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestP(t *testing.T) {\n\t\
         if text, err := os.ReadFile(\"testdata/x\"); err != nil || string(text) != \"x\" {\n\t\t\
         t.Fatal(text, err)\n\t}\n}\n",
    ),
    ("p/testdata/x", "x"),
];

/// The commands of a job.
const JOB: &[&[&str]] = &[
    &["build", "-x", "-o", "out", "."],
    &["build", "-x", "./..."],
    &["vet", "-x", "./..."],
    &["test", "-x", "./p"],
];

/// As after a checkout: all files have this age in days.
fn check_out(world: &World, files: &[(&str, &str)], days: u64) {
    let time = SystemTime::now() - Duration::from_secs(days * 24 * 60 * 60);
    for (name, _) in files {
        let file = std::fs::File::options()
            .write(true)
            .open(world.path("w").join(name));
        file.unwrap().set_modified(time).unwrap();
    }
    // A file that has just changed is not trusted.
    std::thread::sleep(Duration::from_millis(200));
}

/// Returns how many tools a command ran.
fn tools(said: &Said) -> usize {
    let runs = |line: &&str| {
        let tools = [
            "/compile ",
            "/link ",
            "/vet ",
            "/asm ",
            "/cgo ",
            "gcc ",
            "p.test ",
        ];
        tools.iter().any(|tool| line.contains(tool)) && !line.contains(".cfg <<")
    };
    said.stderr.lines().filter(runs).count()
}

fn ok(world: &World, args: &[&str]) -> Said {
    let said = world.forgo(args);
    assert_eq!(
        said.code,
        Some(0),
        "{args:?}\n{}{}",
        said.stdout,
        said.stderr
    );
    said
}

#[test]
fn the_next_job_does_nothing_again() {
    each(FILES, |world| {
        world.seed_cache(
            "job1",
            &[&["build", "."], &["vet", "./..."], &["test", "./p"]],
        );
        check_out(world, FILES, 10);
        world.set("FORGO_CACHE", "$W/some/where/bundle");
        world.set("GOCACHE", "$W/job1");
        for args in JOB {
            ok(world, args);
        }
        let said = ok(world, &["cache", "save"]);
        assert!(said.stdout.contains("forgo: saved "), "{}", said.stdout);
        let out = std::fs::read(world.path("w/out")).unwrap();
        // The second job finds all of it, and so does the third, whose bundle is the second's.
        for (job, days) in [("$W/job2", 10), ("$W/job3", 20)] {
            std::fs::remove_file(world.path("w/out")).unwrap();
            check_out(world, FILES, days);
            world.set("GOCACHE", job);
            for args in JOB {
                let said = ok(world, args);
                assert_eq!(tools(&said), 0, "{job} {args:?}\n{}", said.stderr);
                assert!(!said.stderr.contains("forgo:"), "{}", said.stderr);
                if args[0] == "test" {
                    assert!(said.stdout.contains("(cached)"), "{}", said.stdout);
                }
            }
            assert!(std::fs::read(world.path("w/out")).unwrap() == out);
            let saved = ok(world, &["cache", "save"]);
            assert!(saved.stdout.starts_with("forgo: "), "{}", saved.stdout);
        }
        // An edit is seen.
        world.write(
            "p/p.go",
            "package p\n\nfunc P() string { return \"edited\" }\n",
        );
        world.set("GOCACHE", "$W/job4");
        assert!(tools(&ok(world, JOB[0])) > 0);
        let run = std::process::Command::new(world.path("w/out"))
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&run.stderr), "edited\n");
    });
}

const PLAIN: &[(&str, &str)] = &[
    ("go.mod", "module example.com/m\n\ngo 1.26\n"),
    ("a/a.go", "package a\n\nimport _ \"example.com/m/b\"\n"),
    ("b/b.go", "package b\n\nfunc B() int { return 1 }\n"),
];

#[test]
fn use_and_save_without_a_variable() {
    each(PLAIN, |world| {
        let build = ["build", "-x", "./a"];
        world.set("GOCACHE", "$W/job1");
        let said = world.forgo(&["cache", "save", "bundle"]);
        assert_eq!(said.code, Some(1));
        assert!(
            said.stderr.starts_with("forgo: no uses were noted"),
            "{}",
            said.stderr
        );
        ok(world, &["cache", "use", "bundle"]);
        let said = ok(world, &["cache", "save"]);
        assert!(said.stdout.contains("nothing was used"), "{}", said.stdout);
        assert_eq!(tools(&ok(world, &build)), 2);
        ok(world, &["build", "./a"]);
        ok(world, &["cache", "save"]);
        world.set("GOCACHE", "$W/job2");
        ok(world, &["cache", "use", "bundle"]);
        assert_eq!(tools(&ok(world, &build)), 0);
        // A cached answer of this job or of an earlier one does not hide the entries that it uses:
        // a new job on the same disk has all of them.
        ok(world, &["build", "./a"]);
        ok(world, &["build", "./a"]);
        ok(world, &["cache", "use", "bundle"]);
        ok(world, &["build", "./a"]);
        ok(world, &["cache", "save"]);
        let said = ok(world, &["cache", "save"]);
        assert!(said.stdout.contains("forgo: unchanged "), "{}", said.stdout);
        world.set("GOCACHE", "$W/job3");
        ok(world, &["cache", "use", "bundle"]);
        assert_eq!(tools(&ok(world, &build)), 0);
        // It is used where it is asked for, and nowhere else.
        let off: [&[(&str, &str)]; 3] = [
            &[("FORGO_CACHE", "off")],
            &[("FORGO_EXTRAS", "off"), ("FORGO_CACHE", "$W/w/bundle")],
            &[],
        ];
        for (n, variables) in off.into_iter().enumerate() {
            world.unset_all();
            world.set("GOCACHE", &format!("$W/off{n}"));
            for (name, value) in variables {
                world.set(name, value);
            }
            assert_eq!(tools(&ok(world, &build)), 2, "{variables:?}");
        }
        world.set("GOCACHE", "$W/job2");
        ok(world, &["cache", "use", "off"]);
        assert_eq!(world.forgo(&["cache", "save"]).code, Some(1));
        for wrong in [
            &["cache"][..],
            &["cache", "use"],
            &["cache", "x"],
            &["cache", "save", "a", "b"],
        ] {
            assert_eq!(world.forgo(wrong).code, Some(2), "{wrong:?}");
        }
        world.set("FORGO_CACHE", "relative");
        assert_eq!(world.forgo(&["cache", "save"]).code, Some(2));
    });
}

#[test]
fn a_bad_bundle_costs_a_line() {
    each(PLAIN, |world| {
        world.set("FORGO_CACHE", "$W/bundle");
        world.set("GOCACHE", "$W/job1");
        ok(world, &["build", "./a"]);
        ok(world, &["cache", "save"]);
        let good = std::fs::read(world.path("bundle")).unwrap();
        let mut flipped = good.clone();
        flipped[40] ^= 1;
        let mut version = good.clone();
        version[6] = b'0';
        let cases: [(&[u8], usize); 4] = [
            (&good[..good.len() / 2], 2),
            (&flipped, 2),
            (&version, 2),
            (&good, 0),
        ];
        for (n, (bytes, compiles)) in cases.into_iter().enumerate() {
            std::fs::write(world.path("bundle"), bytes).unwrap();
            world.set("GOCACHE", &format!("$W/bad{n}"));
            let said = ok(world, &["build", "-x", "./a"]);
            assert_eq!(tools(&said), compiles, "{n}\n{}", said.stderr);
            let lines = said
                .stderr
                .lines()
                .filter(|l| l.starts_with("forgo: bundle "));
            assert_eq!(
                lines.count(),
                usize::from(compiles > 0),
                "{n}\n{}",
                said.stderr
            );
        }
        // It can be replaced by a good one.
        std::fs::write(world.path("bundle"), "damaged").unwrap();
        ok(world, &["cache", "save"]);
        world.set("GOCACHE", "$W/after");
        assert_eq!(tools(&ok(world, &["build", "-x", "./a"])), 0);
        // GOCACHEPROG takes its place, as it takes the disk's.
        world.set("GOCACHEPROG", "/no/such/program");
        let said = world.forgo(&["build", "./a"]);
        assert!(
            said.stderr.contains("not used, because GOCACHEPROG is set"),
            "{}",
            said.stderr
        );
    });
}

const CGO: &[(&str, &str)] = &[
    ("go.mod", "module example.com/m\n\ngo 1.26\n"),
    (
        "main.go",
        "package main\n\n// #include <labv.h>\nimport \"C\"\n\nfunc main() { println(C.LABV) }\n",
    ),
];

/// The stock key of a cgo package holds nothing of the headers that its C code includes: another
/// machine may have others.
#[test]
fn what_was_made_of_headers_is_not_shared() {
    each(CGO, |world| {
        world.seed_cache("job1", &[&["build", "runtime/cgo"]]);
        world.seed_cache("job2", &[]);
        std::fs::create_dir_all(world.path("include")).unwrap();
        world.set("C_INCLUDE_PATH", "$W/include");
        world.set("FORGO_CACHE", "$W/bundle");
        for (job, value) in [("job1", "1"), ("job2", "2")] {
            world.set("GOCACHE", &format!("$W/{job}"));
            let header = format!("#define LABV {value}\n");
            std::fs::write(world.path("include/labv.h"), header).unwrap();
            // One in its place with the same key would be left there, as by the stock command.
            let _ = std::fs::remove_file(world.path("w/out"));
            ok(
                world,
                &["list", "-compiled", "-f", "{{.CompiledGoFiles}}", "."],
            );
            ok(world, &["build", "-o", "out", "."]);
            let run = std::process::Command::new(world.path("w/out"))
                .output()
                .unwrap();
            assert_eq!(String::from_utf8_lossy(&run.stderr), format!("{value}\n"));
            ok(world, &["cache", "save"]);
        }
    });
}
