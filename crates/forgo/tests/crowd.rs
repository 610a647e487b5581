//! Several forgo processes at once that need the same do it once.

#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use std::process::{Child, Stdio};
use std::time::Duration;

use forgo_cache::disk::{DiskCache, Taken};
use support::{World, each};

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

/// A wrapper of the tools that records how many run at the same time, and makes each slow. Its
/// files are below `$MARKS`.
const COUNTING: &str = r#"#!/bin/sh
case "$2" in -V*) exec "$@" ;; esac
mark=$MARKS/running.$$
: >"$mark"
ls "$MARKS" | grep -c running >>"$MARKS/counts"
sleep 0.2
while [ -d "$MARKS/held" ]; do sleep 0.1; done
"$@"
status=$?
rm "$mark"
exit $status
"#;

/// How many tools a machine runs at once.
fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Builds of packages that need nothing of each other, through the wrapper; each has different
/// packages.
fn start_builds(world: &mut World, builds: usize) -> Vec<Child> {
    for build in 0..builds {
        for p in 0..2 * processors() {
            world.write(&format!("b{build}/p{p}/p.go"), "package p\n");
        }
    }
    world.write("wrapper", COUNTING);
    world.write("marks/counts", "");
    let wrapper = world.path("w/wrapper");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&wrapper, executable).expect("a file of ours");
    let start = |build| {
        let mut command = world.forgo_command();
        command
            .args(["build", &format!("-p={}", processors())])
            .arg(format!("-toolexec={}", wrapper.display()))
            .arg(format!("./b{build}/..."))
            .env("GOCACHE", world.path("cache"))
            .env("MARKS", world.path("w/marks"))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.spawn().expect("forgo starts")
    };
    (0..builds).map(start).collect()
}

#[test]
fn all_together_run_no_more_tools_than_one() {
    each(FILES, |world| {
        for mut build in start_builds(world, 3) {
            assert!(build.wait().expect("a child").success());
        }
        let counts = std::fs::read_to_string(world.path("w/marks/counts")).expect("a file");
        let counts: Vec<usize> = counts.lines().filter_map(|n| n.parse().ok()).collect();
        assert_eq!(counts.len(), 3 * 2 * processors());
        assert!(
            counts.iter().all(|n| *n <= processors()),
            "{counts:?} of {}",
            processors()
        );
    });
}

#[test]
fn a_killed_process_has_no_tokens() {
    each(FILES, |world| {
        world.write("marks/held/until_this_directory_is_gone", "");
        let mut build = start_builds(world, 1).remove(0);
        let running = || {
            let marks = std::fs::read_dir(world.path("w/marks")).expect("a directory");
            let names = marks.map(|mark| mark.expect("an entry").file_name());
            names
                .filter(|name| name.as_encoded_bytes().starts_with(b"running"))
                .count()
        };
        while running() < processors() {
            std::thread::sleep(Duration::from_millis(10));
        }
        let cache = world.path("cache").to_string_lossy().into_owned();
        let slots = DiskCache::at(&cache).slots(processors()).expect("a cache");
        assert_eq!(slots.try_take(), Taken::Full);
        build.kill().expect("it runs");
        build.wait().expect("a child");
        for _ in 0..processors() {
            assert!(matches!(slots.try_take(), Taken::Slot(_)));
        }
    });
}

/// Returns the processes that a process has started, by /proc.
#[cfg(target_os = "linux")]
fn children(parent: u32) -> Vec<(u32, String)> {
    let entries = std::fs::read_dir("/proc").expect("processes").flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let child = |pid: u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (name, rest) = stat.split_once(" (")?.1.rsplit_once(") ")?;
        let found: u32 = rest.split(' ').nth(1)?.parse().ok()?;
        (found == parent).then(|| (pid, name.to_owned()))
    };
    pids.filter_map(child).collect()
}

#[cfg(target_os = "linux")]
fn signal(name: &str, pid: u32) {
    let mut kill = std::process::Command::new("kill");
    let sent = kill.args([name, &pid.to_string()]).status();
    assert!(sent.expect("kill").success());
}

/// A process stopped, or only its compiler, holds no other process up: neither by its results nor
/// by its tokens.
#[test]
#[cfg(target_os = "linux")]
fn a_stopped_neighbour_is_not_waited_for() {
    let body = "func fN(a, b int, s []int) int {\n\tfor i := range s {\n\t\tif s[i] > a {\n\t\t\tb += s[i] * N\n\t\t} else {\n\t\t\ta ^= b\n\t\t}\n\t}\n\treturn a + b\n}\n\n";
    each(FILES, |world| {
        assert_eq!(world.forgo(&["build", "sort", "runtime"]).code, Some(0));
        for stop_compiler in [true, false] {
            // It takes its time, and was never compiled.
            let dir = world.dir.path().display();
            let mut text = format!("package c\n\nconst New = \"{dir} {stop_compiler}\"\n\n");
            for n in 0..3000 {
                text += &body.replace('N', &n.to_string());
            }
            world.write("c/c.go", &text);
            let mut command = world.forgo_command();
            command.args(["build", "-o", "out1", "."]);
            let mut first = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
            let first = first.as_mut().expect("forgo starts");
            let compiler = loop {
                let found = children(first.id()).into_iter();
                if let Some((pid, _)) = found.into_iter().find(|(_, name)| name == "compile") {
                    break pid;
                }
                assert!(
                    first.try_wait().expect("a child").is_none(),
                    "nothing was compiled"
                );
                std::thread::sleep(Duration::from_millis(2));
            };
            let stopped = if stop_compiler { compiler } else { first.id() };
            signal("-STOP", stopped);
            let said = world.forgo(&["build", "-x", "-o", "out2", "."]);
            signal("-CONT", stopped);
            assert_eq!(said.code, Some(0), "{}", said.stderr);
            let compiled = |package: &str| said.stderr.contains(&format!(" -p {package} "));
            // Had it waited for the first one, it would have found what that one made.
            assert!(compiled("example.com/m/c"), "{}", said.stderr);
            assert!(first.wait().expect("a child").success());
            let out = |name: &str| std::fs::read(world.path("w").join(name)).expect("a file");
            assert!(out("out1") == out("out2"));
        }
    });
}
