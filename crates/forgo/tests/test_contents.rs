//! Results of tests by content: what counts is what a test read, not when it was written.

#![allow(
    clippy::disallowed_methods,
    reason = "a test looks at what is left with its own eyes"
)]

mod support;

use std::time::{Duration, SystemTime};

use support::{World, each};

const FILES: &[(&str, &str)] = &[
    ("go.mod", "module example.com/m\n\ngo 1.26\n"),
    (
        "p/p_test.go",
        "package p\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestP(t *testing.T) {\n\
         \tos.ReadFile(\"testdata/a.txt\")\n\tos.ReadDir(\"testdata\")\n\tos.Stat(\"stat.txt\")\n\
         \tos.Getenv(\"VARIABLE\")\n}\n",
    ),
    ("p/testdata/a.txt", "one"),
    ("p/stat.txt", "stat"),
    (
        "writes/w_test.go",
        "package writes\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestW(t *testing.T) {\n\
         \tos.WriteFile(\"w.txt\", []byte(\"text\"), 0o666)\n\tos.ReadFile(\"w.txt\")\n}\n",
    ),
];

/// Whether forgo takes the result from the cache.
#[track_caller]
fn is_cached(world: &World, package: &str) -> bool {
    let said = world.forgo(&["test", package]);
    assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
    said.stdout.contains("(cached)")
}

/// All files and directories are written at this time, as far as anybody can tell.
fn touch(world: &World, time: SystemTime) {
    for name in ["p/testdata/a.txt", "p/stat.txt", "p/testdata", "p"] {
        let file = std::fs::File::open(world.path("w").join(name)).expect("a file");
        let times = std::fs::FileTimes::new().set_modified(time);
        file.set_times(times).expect("times can be set");
    }
}

/// A cache in which nothing was tested yet.
fn begin_shared(world: &World) {
    world.seed_cache(
        "shared",
        &[&["test", "-c", "-o", "/dev/null", "./p"], &["vet", "./p"]],
    );
}

#[test]
fn times_do_not_count() {
    each(FILES, |world| {
        begin_shared(world);
        let hours = |n: u64| SystemTime::now() - Duration::from_secs(3600 * n);
        assert!(!is_cached(world, "./p"));
        // Too new for the stock command.
        assert!(is_cached(world, "./p"));
        touch(world, hours(5));
        assert!(is_cached(world, "./p"));
        touch(world, hours(3));
        assert!(is_cached(world, "./p"));
        // The stock command finds it under its own key, where both use one cache.
        world.set("GOCACHE", "$W/shared");
        assert!(!is_cached(world, "./p"));
        touch(world, hours(2));
        assert!(is_cached(world, "./p"));
        assert!(world.stock(&["test", "./p"]).stdout.contains("(cached)"));
        touch(world, hours(4));
        assert!(!world.stock(&["test", "./p"]).stdout.contains("(cached)"));
        touch(world, hours(6));
        assert!(is_cached(world, "./p"));
        touch(world, hours(7));
        world.set("FORGO_EXTRAS", "off");
        assert!(!is_cached(world, "./p"));
    });
}

#[test]
fn contents_do() {
    each(FILES, |world| {
        assert!(!is_cached(world, "./p"));
        assert!(is_cached(world, "./p"));
        for (file, text) in [
            ("p/testdata/a.txt", "two"),
            ("p/stat.txt", "longer than before"),
            ("p/testdata/b.txt", "listed"),
        ] {
            world.write(file, text);
            assert!(!is_cached(world, "./p"), "{file}");
            assert!(is_cached(world, "./p"), "{file}");
        }
        world.set("VARIABLE", "set");
        assert!(!is_cached(world, "./p"));
        // Known from before.
        world.unset_all();
        std::fs::remove_file(world.path("w/p/testdata/b.txt")).expect("a file");
        assert!(is_cached(world, "./p"));
    });
}

#[test]
fn what_changes_during_the_test_is_not_known() {
    each(FILES, |world| {
        assert!(!is_cached(world, "./writes"));
        assert!(!is_cached(world, "./writes"));
    });
}

/// The stock command takes a file for unchanged whose time and size are. What follows from that is not
/// carried on to where they are not.
#[test]
fn what_the_stock_key_misses_is_not_kept_by_content() {
    each(FILES, |world| {
        begin_shared(world);
        world.set("GOCACHE", "$W/shared");
        let hours = |n: u64| SystemTime::now() - Duration::from_secs(3600 * n);
        let old = hours(5);
        touch(world, old);
        let said = world.stock(&["test", "./p"]);
        assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
        world.write("p/testdata/a.txt", "two");
        touch(world, old);
        assert!(is_cached(world, "./p"), "as the stock command says");
        touch(world, hours(3));
        assert!(!is_cached(world, "./p"));
    });
}

/// With `-trimpath` the binary is the same in every checkout, and so is what it finds there; but for a test that
/// asks where it is, or that finds something else.
#[test]
fn another_checkout_is_as_good() {
    let mut files = FILES.to_vec();
    files.extend([
        (
            "beside/b_test.go",
            "package beside\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestB(t *testing.T) {\n\tos.Getenv(\"VARIABLE\")\n\tos.ReadFile(\"b_test.go\")\n\tos.ReadFile(\"../../beside.txt\")\n}\n",
        ),
        (
            "system/s_test.go",
            "package system\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestS(t *testing.T) {\n\tos.Getenv(\"VARIABLE\")\n\
             \tos.ReadFile(\"/etc/hosts\")\n}\n",
        ),
        (
            "asks/a_test.go",
            "package asks\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestA(t *testing.T) {\n\tos.Getenv(\"VARIABLE\")\n\tos.Getwd()\n}\n",
        ),
        (
            "whole/w_test.go",
            "package whole\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestW(t *testing.T) {\n\tos.Getenv(\"VARIABLE\")\n\
             \tdir, _ := os.Readlink(\"/proc/self/cwd\")\n\tos.ReadFile(dir + \"/../p/stat.txt\")\n}\n",
        ),
    ]);
    each(&files, |world| {
        // The cache has results of earlier runs of this test.
        world.set("VARIABLE", "$W");
        for (name, text) in &files {
            let file = world.path("v").join(name);
            std::fs::create_dir_all(file.parent().expect("a parent")).expect("directories");
            std::fs::write(file, text).expect("a file");
        }
        // The stock key relies on no file that is younger than two seconds.
        std::thread::sleep(Duration::from_millis(2100));
        let known = |dir: &str, package: &str| {
            let said = world.forgo_in(dir, &["test", "-trimpath", package]);
            assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
            said.stdout.contains("(cached)")
        };
        for (package, moves) in [
            ("./p", true),
            ("./system", true),
            ("./asks", false),
            ("./whole", false),
            ("./beside", false),
        ] {
            assert!(!known("w", package), "{package}");
            assert_eq!(known("v", package), moves, "{package}");
            assert!(known("v", package), "{package}");
        }
        let other = world.path("v/p/testdata/a.txt");
        std::fs::write(&other, "two").expect("a file");
        assert!(!known("v", "./p"));
        assert!(known("w", "./p"));
        std::fs::write(&other, "one").expect("a file");
        assert!(known("v", "./p"));
        // Without the flag it is another binary.
        assert!(!is_cached(world, "./p"));
        let said = world.forgo_in("v", &["test", "./p"]);
        assert!(!said.stdout.contains("(cached)"), "{}", said.stdout);
    });
}
