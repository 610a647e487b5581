//! The version of a main module, from the tags in the history of its commit: what git answered in
//! one checkout counts in a copy of it, as long as tags and history are the same.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use support::{Said, World, each};

const FILES: &[(&str, &str)] = &[
    ("go.mod", "module example.com/m\n\ngo 1.26\n"),
    ("main.go", "package main\n\nfunc main() {}\n"),
];

fn git(world: &World, args: &[&str]) {
    let output = std::process::Command::new("git")
        .args(["-c", "user.name=n", "-c", "user.email=e@example.com"])
        .args(args)
        .current_dir(world.path("w"))
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap_or_default())
        .env("HOME", world.path("home"))
        // The commit is the same at each place and time of the test.
        .env("GIT_AUTHOR_DATE", "2026-01-02T03:04:05Z")
        .env("GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z")
        .output()
        .expect("git");
    assert!(output.status.success(), "git {args:?}: {output:?}");
}

/// The text that would be written into the program, without any other action.
fn version(said: &Said) -> String {
    let (_, rest) = said
        .stderr
        .split_once("\\nmod\\texample.com/m\\t")
        .unwrap_or_else(|| panic!("no module: {}", said.stderr));
    rest.split("\\t").next().unwrap_or_default().to_owned()
}

#[track_caller]
fn both_say(world: &World, expected: &str) {
    let args = ["build", "-n", "-o", "out"];
    // There the stock command keeps a commit's version, even if tags change.
    let kept = world.path("gopath/pkg");
    if kept.exists() {
        std::fs::remove_dir_all(kept).expect("it can be removed");
    }
    let (stock, forgo) = (version(&world.stock(&args)), version(&world.forgo(&args)));
    assert_eq!(stock, forgo);
    assert!(forgo.starts_with(expected), "{forgo}");
}

#[test]
fn tags_in_the_history() {
    each(FILES, |world| {
        git(world, &["init", "-q"]);
        git(world, &["add", "."]);
        git(world, &["commit", "-q", "-m", "one"]);
        git(world, &["tag", "v1.2.3"]);
        git(world, &["commit", "-q", "--allow-empty", "-m", "two"]);
        both_say(world, "v1.2.4-0.20260102030405-");
        // Not in the history.
        git(world, &["checkout", "-q", "-b", "other"]);
        git(world, &["commit", "-q", "--allow-empty", "-m", "three"]);
        git(world, &["tag", "v1.9.0"]);
        git(world, &["checkout", "-q", "-"]);
        both_say(world, "v1.2.4-0.");
        git(world, &["tag", "v1.5.0", "HEAD~1"]);
        both_say(world, "v1.5.1-0.");
        git(world, &["tag", "-f", "v1.5.0", "other"]);
        both_say(world, "v1.2.4-0.");
        git(world, &["tag", "-d", "v1.2.3"]);
        both_say(world, "v0.0.0-");
        git(world, &["tag", "v1.2.3", "HEAD~1"]);
        both_say(world, "v1.2.4-0.");
        // Another history of the same commit.
        git(world, &["replace", "--graft", "HEAD"]);
        both_say(world, "v0.0.0-");
        git(world, &["replace", "-d", "HEAD"]);
        both_say(world, "v1.2.4-0.");
    });
}
