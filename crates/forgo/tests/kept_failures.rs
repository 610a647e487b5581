//! A failure of the stock command is a failure of forgo with the same message, also if the answer
//! was cached: the conditions of a kept answer are broken one by one.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use std::collections::BTreeSet;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use support::{World, each};

const FILES: &[(&str, &str)] = &[
    ("go.mod", "module example.com/m\n\ngo 1.26\n"),
    ("main.go", "package main\n\nfunc main() {}\n"),
];

/// Answers that are kept in the cache.
fn kept(world: &World) -> BTreeSet<PathBuf> {
    let files = |dir: PathBuf| std::fs::read_dir(dir).into_iter().flatten().flatten();
    let all = files(world.cache("cache-forgo")).flat_map(|shard| files(shard.path()));
    all.map(|file| file.path())
        .filter(|path| path.to_str().is_some_and(|p| p.ends_with("-s")))
        .filter(|path| std::fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"forgoS")))
        .collect()
}

/// Runs a command until its answer is kept.
#[track_caller]
fn warm(world: &World, args: &[&str]) {
    let before = kept(world);
    for _ in 0..12 {
        std::thread::sleep(Duration::from_millis(150));
        let said = world.forgo(args);
        assert_eq!(said.code, Some(0), "{said:?}");
        if kept(world).difference(&before).next().is_some() {
            return;
        }
    }
    panic!("the answer of {args:?} is not kept");
}

fn git(world: &World, args: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=n", "-c", "user.email=e@example.com"])
        .args(args)
        .current_dir(world.path("w"))
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap_or_default())
        .env("HOME", world.path("home"))
        .output()
        .expect("git");
    assert!(output.status.success(), "git {args:?}: {output:?}");
}

fn chown(path: PathBuf, user: u32) {
    std::os::unix::fs::lchown(path, Some(user), None).expect("root may do so");
}

/// The file of the object that a revision names.
fn object(world: &World, revision: &str) -> PathBuf {
    let output = Command::new("git")
        .args(["rev-parse", revision])
        .current_dir(world.path("w"))
        .output();
    let id = String::from_utf8(output.expect("git").stdout).expect("UTF-8");
    let (first, rest) = id.trim().split_at(2);
    world.path("w/.git/objects").join(first).join(rest)
}

/// A name of the thing that breaks, how to break it, and whether only root can.
type Break = (&'static str, fn(&World), bool);

const BREAKS: &[Break] = &[
    (
        "TMPDIR is gone",
        |w| std::fs::remove_dir(w.path("tmp2")).expect("a directory"),
        false,
    ),
    (
        "TMPDIR is a file",
        |w| {
            std::fs::remove_dir(w.path("tmp2")).expect("a directory");
            std::fs::write(w.path("tmp2"), "").expect("a file");
        },
        false,
    ),
    (
        "nothing may be made in TMPDIR",
        |w| {
            let mode = PermissionsExt::from_mode(0o555);
            std::fs::set_permissions(w.path("tmp2"), mode).expect("a directory");
        },
        false,
    ),
    (
        "no objects",
        |w| {
            let objects = w.path("w/.git/objects");
            std::fs::rename(&objects, objects.with_extension("away")).expect("objects");
        },
        false,
    ),
    (
        "the commit's object is gone",
        |w| std::fs::remove_file(object(w, "HEAD")).expect("an object"),
        false,
    ),
    (
        "the tree's object is gone",
        |w| std::fs::remove_file(object(w, "HEAD^{tree}")).expect("an object"),
        false,
    ),
    (
        "the commit's object is damaged",
        |w| {
            let file = object(w, "HEAD");
            std::fs::remove_file(&file).expect("an object");
            std::fs::write(file, "damaged").expect("an object");
        },
        false,
    ),
    (
        "another user's repository",
        |w| chown(w.path("w/.git"), 12345),
        true,
    ),
    (
        "another user's checkout",
        |w| chown(w.path("w"), 12345),
        true,
    ),
    (
        "git's settings are damaged",
        |w| std::fs::write(w.path("home/.gitconfig"), "[damaged").expect("a file"),
        false,
    ),
    (
        "the repository's settings are damaged",
        |w| std::fs::write(w.path("w/.git/config"), "[damaged").expect("a file"),
        false,
    ),
    (
        "no git",
        |w| std::fs::remove_file(w.path("bin/git")).expect("a link"),
        false,
    ),
    (
        "git may not be run",
        |w| {
            let mode = PermissionsExt::from_mode(0o644);
            std::fs::set_permissions(w.path("bin/git"), mode).expect("a file");
        },
        false,
    ),
    (
        "no HEAD",
        |w| std::fs::remove_file(w.path("w/.git/HEAD")).expect("a file"),
        false,
    ),
    (
        "the output is a directory",
        |w| {
            std::fs::remove_file(w.path("w/out")).expect("a file");
            std::fs::create_dir_all(w.path("w/out/main.go")).expect("a directory");
        },
        false,
    ),
    (
        "the source may not be read",
        |w| {
            let mode = PermissionsExt::from_mode(0o0);
            std::fs::set_permissions(w.path("w/main.go"), mode).expect("a file");
        },
        false,
    ),
];

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn what_breaks_the_stock_command_breaks_a_known_answer() {
    each(FILES, |world| {
        // So that it can be taken away.
        let host = std::env::var("PATH").unwrap_or_default();
        let found = std::env::split_paths(&host).map(|dir| dir.join("git"));
        let git_program = found.into_iter().find(|file| file.exists()).expect("git");
        for (name, break_it, root_only) in BREAKS {
            if *root_only && !is_root() {
                continue;
            }
            let mut world = World::new(&world.goroot, FILES);
            for dir in ["tmp2", "bin"] {
                std::fs::create_dir(world.path(dir)).expect("a directory");
            }
            if name.contains("may not be run") {
                // A copy: nothing is kept of a script in git's place.
                std::fs::copy(&git_program, world.path("bin/git")).expect("a copy");
            } else {
                symlink(&git_program, world.path("bin/git")).expect("a link");
            }
            world.set("TMPDIR", "$W/tmp2");
            world.set("PATH", "$W/bin");
            world.set("CGO_ENABLED", "0");
            git(&world, &["init", "-q"]);
            git(&world, &["add", "-A"]);
            git(&world, &["commit", "-qm", "one"]);
            std::fs::write(world.path("w/.git/info/exclude"), "out\n").expect("a file");
            let args = ["build", "-o", "out", "."];
            warm(&world, &args);
            break_it(&world);
            let forgo = world.forgo(&args);
            let stock = world.stock(&args);
            assert!(stock == forgo, "{name}: {stock:?} {forgo:?}");
        }
    });
}
