//! Links are not done twice, and the files afterwards equal those of the stock command.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use support::{World, each};

const FILES: &[(&str, &str)] = &[
    ("go.mod", "module example.com/m\n\ngo 1.26\n"),
    (
        "a/main.go",
        "package main\n\nfunc main() { println(\"a\") }\n",
    ),
    (
        "b/main.go",
        "package main\n\nfunc main() { println(\"b\") }\n",
    ),
    (
        "p/p_test.go",
        "package p\n\nimport \"testing\"\n\nfunc TestP(*testing.T) {}\n",
    ),
];

/// How many links forgo runs.
fn links(world: &World, args: &[&str]) -> usize {
    let args = [&args[..1], &["-x"], &args[1..]].concat();
    let said = world.forgo(&args);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    said.stderr
        .lines()
        .filter(|l| l.contains("/link -o "))
        .count()
}

#[test]
fn an_executable_is_linked_once() {
    each(FILES, |world| {
        let out = world.path("w/out");
        let args = ["build", "-o", "out", "./a"];
        assert_eq!(links(world, &args), 1);
        let first = std::fs::read(&out).expect("a file");
        assert_eq!(links(world, &args), 0);
        // Missing, and overwritten by another one.
        std::fs::remove_file(&out).expect("a file");
        assert_eq!(links(world, &args), 0);
        assert_eq!(links(world, &["build", "-o", "out", "./b"]), 1);
        assert_eq!(links(world, &args), 0);
        assert!(std::fs::read(&out).expect("a file") == first);
        assert_eq!(world.stock(&["build", "-o", "stock", "./a"]).code, Some(0));
        assert!(std::fs::read(world.path("w/stock")).expect("a file") == first);
        let mode = |name: &str| {
            let meta = std::fs::metadata(world.path(name)).expect("a file");
            std::os::unix::fs::PermissionsExt::mode(&meta.permissions())
        };
        assert_eq!(mode("w/out"), mode("w/stock"));
        // The user may change it.
        std::fs::write(&out, "changed").expect("a file");
        std::fs::remove_file(&out).expect("a file");
        assert_eq!(links(world, &args), 0);
        assert!(std::fs::read(&out).expect("a file") == first);

        // A link to something else is replaced, as by a move; its target stays.
        std::fs::rename(&out, world.path("w/elsewhere")).expect("a file");
        assert_eq!(
            world.stock(&["build", "-o", "elsewhere", "./b"]).code,
            Some(0)
        );
        let elsewhere = std::fs::read(world.path("w/elsewhere")).expect("a file");
        std::os::unix::fs::symlink("elsewhere", &out).expect("a link");
        assert_eq!(links(world, &args), 0);
        assert!(std::fs::read(world.path("w/elsewhere")).expect("a file") == elsewhere);
        assert!(std::fs::read(&out).expect("a file") == first);
        assert_eq!(mode("w/out"), mode("w/stock"));

        // Other flags give another link; without a store, no copy is made.
        assert_eq!(
            links(world, &["build", "-ldflags=-s", "-o", "out", "./a"]),
            1
        );
        world.set("FORGO_LINK_STORE_SIZE", "0");
        assert_eq!(
            links(world, &["build", "-ldflags=-w", "-o", "out", "./a"]),
            1
        );
        std::fs::remove_file(&out).expect("a file");
        assert_eq!(
            links(world, &["build", "-ldflags=-w", "-o", "out", "./a"]),
            1
        );
    });
}

#[test]
fn a_copy_that_fails_is_that_of_a_link() {
    each(FILES, |world| {
        assert_eq!(world.forgo(&["build", "-o", "out", "./a"]).code, Some(0));
        world.same(&["build", "-o", "/proc/out", "./a"]);
    });
}

/// From another file system nothing can be moved: a file that is not regular is written into.
#[test]
fn a_link_at_the_destination_fares_as_in_a_move() {
    each(FILES, |world| {
        let elsewhere = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let elsewhere = elsewhere.expect("a directory");
        assert_eq!(world.forgo(&["build", "-o", "out", "./a"]).code, Some(0));
        for tmp in [elsewhere.path().to_str(), None] {
            let w = world.path("w");
            world.set("GOTMPDIR", tmp.unwrap_or(w.to_str().expect("UTF-8")));
            let result = |name: &str| {
                let (link, target) = (w.join(name), w.join(format!("{name}-target")));
                std::os::unix::fs::symlink(&target, &link).expect("a link");
                let command = ["build", "-o", name, "./a"];
                let said = match name {
                    "stock" => world.stock(&command),
                    _ => world.forgo(&command),
                };
                assert_eq!(said.code, Some(0), "{}", said.stderr);
                let result = (link.is_symlink(), target.is_file());
                std::fs::remove_file(&link).expect("it is there");
                let _ = std::fs::remove_file(&target);
                result
            };
            let stock = result("stock");
            assert_eq!(result("forgo"), stock, "{tmp:?}");
            assert!(tmp.is_some() || stock == (false, false));
        }
    });
}

#[test]
fn what_is_thrown_away_is_only_on_record() {
    each(FILES, |world| {
        assert_eq!(links(world, &["build", "./..."]), 2);
        assert_eq!(links(world, &["build", "./..."]), 0);
        world.write(
            "b/main.go",
            "package main\n\nfunc main() { println(\"c\") }\n",
        );
        assert_eq!(links(world, &["build", "./..."]), 1);
        // A record is not an executable.
        assert_eq!(links(world, &["build", "-o", "out", "./a"]), 1);
        world.set("FORGO_EXTRAS", "off");
        assert_eq!(links(world, &["build", "./..."]), 2);
    });
}

#[test]
fn test_binaries_too() {
    each(FILES, |world| {
        let args = ["test", "-count=1", "./p"];
        assert_eq!(links(world, &args), 1);
        assert_eq!(links(world, &args), 0);
        // One that stays carries debug information: it is another link.
        let args = ["test", "-c", "-o", "p.test", "./p"];
        assert_eq!(links(world, &args), 1);
        std::fs::remove_file(world.path("w/p.test")).expect("a file");
        assert_eq!(links(world, &args), 0);
        assert!(world.path("w/p.test").is_file());
    });
}

#[test]
fn what_the_linker_says_is_said_each_time() {
    each(FILES, |world| {
        for _ in 0..2 {
            assert_eq!(links(world, &["build", "-ldflags=-v", "./a", "./b"]), 2);
        }
    });
}
