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

/// All files and directories are written at this time, as far as their times show.
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
        // If both use one cache, the stock command goes by its own key: under that it finds the
        // results of tests that ran.
        world.set("GOCACHE", "$W/shared");
        touch(world, hours(1));
        assert!(!is_cached(world, "./p"));
        assert!(world.stock(&["test", "./p"]).stdout.contains("(cached)"));
        touch(world, hours(2));
        assert!(is_cached(world, "./p"));
        assert!(!world.stock(&["test", "./p"]).stdout.contains("(cached)"));
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
        // Cached from before.
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

/// The stock command takes a file for unchanged whose time and size are. What follows from that is
/// not carried on to where they are not.
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

/// With `-trimpath` the binary is the same in every checkout, and so are its results; except for a
/// test that asks for its directory, or that finds other files.
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

/// A module with the package `p`, whose test does this.
fn module(imports: &str, body: &str) -> String {
    let imports: String = imports
        .split(' ')
        .map(|import| format!("\t\"{import}\"\n"))
        .collect();
    format!(
        "package p\n\nimport (\n{imports}\t\"testing\"\n)\n\nfunc TestP(t *testing.T) {{\n{body}}}\n"
    )
}

/// Sets the time of a file to one that it never had.
fn age(world: &World, name: &str) {
    static HOURS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    let hours = HOURS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let time = SystemTime::now() - Duration::from_secs(3600 * hours);
    let file = std::fs::File::open(world.path("w").join(name)).expect("a file");
    let times = std::fs::FileTimes::new().set_modified(time);
    file.set_times(times).expect("times can be set");
}

const GO_MOD: (&str, &str) = ("go.mod", "module example.com/m\n\ngo 1.26\n");

/// The files that a program reads are in no log.
#[test]
fn a_test_that_may_start_a_program_runs_again() {
    for (imports, body) in [
        (
            "os os/exec",
            "\tos.ReadFile(\"a.txt\")\n\tif b, err := exec.Command(\"/bin/sh\", \"run.sh\").CombinedOutput(); err != nil {\n\t\tt.Error(string(b), err)\n\t}\n",
        ),
        (
            "os syscall",
            "\tos.ReadFile(\"a.txt\")\n\tsyscall.Open(\"../shared\", 0, 0)\n",
        ),
        (
            "go/build os",
            "\tos.ReadFile(\"a.txt\")\n\tbuild.Import(\"fmt\", \".\", 0)\n",
        ),
    ] {
        let test = module(imports, body);
        let files = [
            GO_MOD,
            ("p/p_test.go", &test),
            ("p/a.txt", "one"),
            ("p/run.sh", "exit 0\n"),
        ];
        each(&files, |world| {
            age(world, "p/a.txt");
            world.forgo(&["test", "./p"]);
            assert!(is_cached(world, "./p"), "{imports}: the stock key");
            age(world, "p/a.txt");
            assert!(!is_cached(world, "./p"), "{imports}");
        });
    }
}

/// Error numbers and signals start nothing.
#[test]
fn constants_of_the_system_are_harmless() {
    let body = "\t_, err := os.ReadFile(\"none.txt\")\n\tif !errors.Is(err, syscall.ENOENT) {\n\t\tt.Error(err)\n\t}\n\
                \tos.ReadFile(\"a.txt\")\n";
    let test = module("errors os syscall", body);
    let files = [GO_MOD, ("p/p_test.go", &test), ("p/a.txt", "one")];
    each(&files, |world| {
        assert!(!is_cached(world, "./p"));
        age(world, "p/a.txt");
        assert!(is_cached(world, "./p"));
    });
}

/// A file of the same size in a directory that was only listed, or stat'ed, or not looked at.
#[test]
fn contents_below_directories_count() {
    let body = "\tfilepath.Glob(\"testdata/*\")\n\tos.Stat(\"../shared\")\n";
    let test = module("os path/filepath", body);
    let files = [
        GO_MOD,
        ("p/p_test.go", &test),
        ("p/testdata/a.txt", "one"),
        ("p/deep/below/b.txt", "one"),
        ("shared/dir/s.txt", "one"),
        ("other/o.txt", "one"),
    ];
    each(&files, |world| {
        assert!(!is_cached(world, "./p"));
        // A file outside of the package's directory was not a recorded input when the test began.
        world.forgo(&["test", "./p"]);
        for file in ["p/testdata/a.txt", "p/deep/below/b.txt", "shared/dir/s.txt"] {
            world.write(file, "two");
            age(world, file);
            age(world, "shared");
            assert!(!is_cached(world, "./p"), "{file}");
            age(world, file);
            age(world, "shared");
            assert!(is_cached(world, "./p"), "{file}");
        }
        world.write("other/o.txt", "two");
        age(world, "shared");
        assert!(is_cached(world, "./p"));
    });
}

#[test]
fn the_time_zone_counts() {
    let body =
        "\tos.ReadFile(\"a.txt\")\n\tif h := time.Unix(0, 0).Hour(); h != 0 {\n\t\tt.Log(h)\n\t}\n";
    let test = module("os time", body);
    let files = [GO_MOD, ("p/p_test.go", &test), ("p/a.txt", "one")];
    each(&files, |world| {
        for zone in ["UTC", "Asia/Tokyo", "", "/nowhere", "-"] {
            world.set("TZ", zone);
            assert!(!is_cached(world, "./p"), "{zone}");
            age(world, "p/a.txt");
            assert!(is_cached(world, "./p"), "{zone}");
        }
        world.set("TZ", "UTC");
        assert!(is_cached(world, "./p"));
        world.set("TZ", "$W/zone");
        let zone = world.path("zone");
        std::fs::write(&zone, "no zone").expect("a file");
        assert!(!is_cached(world, "./p"));
        std::fs::write(&zone, "another").expect("a file");
        age(world, "p/a.txt");
        assert!(!is_cached(world, "./p"));
    });
}

/// os.Readlink and os.Environ leave nothing in the log.
#[test]
fn what_is_not_logged_counts() {
    let body =
        "\tos.Readlink(\"../shared/link\")\n\tos.ReadFile(\"a.txt\")\n\tt.Log(len(os.Environ()))\n";
    let test = module("os", body);
    let files = [
        GO_MOD,
        ("p/p_test.go", &test),
        ("p/a.txt", "one"),
        ("shared/s.txt", "one"),
    ];
    each(&files, |world| {
        let link = world.path("w/shared/link");
        std::os::unix::fs::symlink("s.txt", &link).expect("a link");
        assert!(!is_cached(world, "./p"));
        age(world, "p/a.txt");
        assert!(is_cached(world, "./p"));
        std::fs::remove_file(&link).expect("a link");
        std::os::unix::fs::symlink("none", &link).expect("a link");
        age(world, "p/a.txt");
        assert!(!is_cached(world, "./p"));
        world.set("UNREAD", "x");
        age(world, "p/a.txt");
        assert!(!is_cached(world, "./p"));
    });
}

/// The index of a repository has the times of all files.
#[test]
fn version_control_does_not_count_unless_it_is_read() {
    let test = module("os", "\tos.ReadDir(\".\")\n\tos.ReadFile(\"a.txt\")\n");
    let reads = module(
        "os",
        "\tos.ReadFile(\".git/HEAD\")\n\tos.ReadFile(\"a.txt\")\n",
    );
    for (test, counts) in [(test, false), (reads, true)] {
        let files = [
            GO_MOD,
            ("p_test.go", &*test),
            ("a.txt", "one"),
            (".git/HEAD", "one"),
        ];
        each(&files, |world| {
            world.set("GOFLAGS", "-buildvcs=false");
            assert!(!is_cached(world, "."));
            // The first run determines which parts of it are read.
            age(world, "a.txt");
            world.forgo(&["test", "."]);
            age(world, "a.txt");
            assert!(is_cached(world, "."));
            world.write(".git/HEAD", "two");
            age(world, "a.txt");
            assert_eq!(is_cached(world, "."), !counts);
        });
    }
}

/// A run in another checkout with the same binary replaces the log of what the test read: the
/// stock command then asks for other files, and runs a test whose own files gave a kept answer.
#[test]
fn what_another_checkout_replaced_is_not_given_again() {
    let files = [
        ("go.mod", "module example.com/m\n\ngo 1.26\n"),
        (
            "p/p_test.go",
            "package p\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\t\"testing\"\n)\n\n\
             var early, _ = os.ReadFile(\"../shared/early.txt\")\n\n\
             func TestP(t *testing.T) {\n\tos.Chdir(\"../shared\")\n\tos.ReadFile(\"read.txt\")\n\
             \tfmt.Println(string(early))\n}\n",
        ),
        ("shared/early.txt", "first"),
        ("shared/read.txt", ""),
    ];
    each(&files, |world| {
        for (name, text) in &files {
            let file = world.path("v").join(name);
            std::fs::create_dir_all(file.parent().expect("a parent")).expect("directories");
            std::fs::write(file, text).expect("a file");
        }
        std::thread::sleep(Duration::from_millis(2100));
        let args = ["test", "-trimpath", "-v", "./p"];
        world.forgo(&args);
        std::thread::sleep(Duration::from_millis(100));
        for _ in 0..2 {
            let said = world.forgo(&args).stdout;
            assert!(
                said.contains("(cached)") && said.contains("first"),
                "{said}"
            );
        }
        assert!(!world.forgo_in("v", &args).stdout.contains("(cached)"));
        world.write("shared/early.txt", "second");
        let said = world.forgo(&args).stdout;
        assert!(said.contains("second"), "{said}");
    });
}

/// A test can learn a time without naming it in the source: such a test depends on the times that
/// the stock key holds.
#[test]
fn whoever_learns_times_runs_when_they_change() {
    let body = |code: &str| {
        format!("package p\n\nimport (\n{code}}}\n").replace(
            "BEGIN",
            ")\n\nfunc TestP(t *testing.T) {\n\tos.Getenv(\"VARIABLE\")\n",
        )
    };
    let sources = [
        body(
            "\t\"fmt\"\n\t\"os\"\n\t\"testing\"\nBEGIN\ti, _ := os.Stat(\"testdata/a.txt\")\n\tfmt.Sprint(i)\n",
        ),
        body(
            "\t\"io/fs\"\n\t\"os\"\n\t\"testing\"\nBEGIN\ti, _ := os.Stat(\"testdata/a.txt\")\n\tfs.FormatFileInfo(i)\n",
        ),
        body(
            "\t\"os\"\n\t\"reflect\"\n\t\"testing\"\nBEGIN\ti, _ := os.Stat(\"testdata/a.txt\")\n\tj, _ := os.Lstat(\"stat.txt\")\n\treflect.DeepEqual(i, j)\n",
        ),
        body(
            "\t\"archive/tar\"\n\t\"io\"\n\t\"os\"\n\t\"testing\"\nBEGIN\ttar.NewWriter(io.Discard).AddFS(os.DirFS(\"testdata\"))\n",
        ),
    ];
    each(FILES, |world| {
        // The cache has results of earlier runs of this test.
        world.set("VARIABLE", "$W");
        let hours = |n: u64| SystemTime::now() - Duration::from_secs(3600 * n);
        for source in &sources {
            world.write("p/p_test.go", source);
            touch(world, hours(5));
            assert!(!is_cached(world, "./p"), "{source}");
            assert!(is_cached(world, "./p"), "{source}");
            touch(world, hours(3));
            assert!(!is_cached(world, "./p"), "{source}");
        }
    });
}
