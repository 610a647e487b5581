//! Every file in GOCACHE that only forgo reads names its key: one in another's place is ignored.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use support::{Said, World, goroots};

const FILES: &[(&str, &str)] = &[
    ("go.mod", "module example.com/m\n\ngo 1.26\n"),
    (
        "main.go",
        "package main\n\nimport \"example.com/m/p\"\n\nfunc main() { println(p.F()) }\n",
    ),
    ("p/p.go", "package p\n\nfunc F() int { return 1 }\n"),
    (
        "p/p_test.go",
        "package p\n\nimport \"testing\"\n\nfunc TestF(*testing.T) { F() }\n",
    ),
    (
        "q/q.go",
        "package q\n\nimport \"example.com/m/p\"\n\nvar V = p.F()\n",
    ),
];

const COMMANDS: &[&[&str]] = &[
    &["build", "-o", "out", "."],
    &["build", "./..."],
    &[
        "list",
        "-f",
        "{{.ImportPath}} {{.Imports}} {{.Stale}}",
        "./...",
    ],
    &["list", "-export", "-f", "{{.BuildID}}", "./q"],
    &["vet", "./..."],
    &["test", "./..."],
];

/// Files that only forgo reads, by their kind.
fn own_files(cache: &Path) -> Vec<Vec<PathBuf>> {
    let mut kinds = [
        ("-s", Vec::new()),
        ("-note-d", Vec::new()),
        ("kept-", Vec::new()),
    ];
    for shard in std::fs::read_dir(cache).expect("a cache").flatten() {
        for file in std::fs::read_dir(shard.path())
            .into_iter()
            .flatten()
            .flatten()
        {
            let name = file.file_name().into_string().expect("UTF-8");
            let kind = kinds.iter_mut().find(|(kind, _)| match *kind {
                "kept-" => name.starts_with(kind),
                kind => name.ends_with(kind),
            });
            if let Some((_, files)) = kind {
                files.push(file.path());
            }
        }
    }
    kinds
        .map(|(_, mut files)| {
            files.sort();
            files
        })
        .into()
}

fn say(world: &World) -> Vec<Said> {
    let run = |args: &&[&str]| {
        let mut said = world.forgo(args);
        // Whether a result is cached does not matter here, nor its time.
        for word in ["(cached)", "0.00"] {
            if let Some(at) = said.stdout.find(word) {
                let end = said.stdout[at..]
                    .find('\n')
                    .map_or(said.stdout.len(), |n| at + n);
                said.stdout.replace_range(at..end, "TIME");
            }
        }
        said
    };
    COMMANDS.iter().map(run).collect()
}

#[test]
fn a_file_in_another_ones_place_is_not_believed() {
    for goroot in goroots() {
        let mut world = World::new(&goroot, FILES);
        // The files of the standard library are kept already.
        assert_eq!(world.forgo(&["build", "runtime", "testing"]).code, Some(0));
        let warm = world.cache("cache-forgo");
        let cache = world.path("cache");
        let copied = Command::new("cp").arg("-r").arg(&warm).arg(&cache).status();
        assert!(copied.expect("cp").success());
        world.set("GOCACHE", "$W/cache");
        for args in [
            &["init", "-q"][..],
            &["add", "-A"],
            &[
                "-c",
                "user.name=n",
                "-c",
                "user.email=e@x",
                "commit",
                "-qm",
                "1",
            ],
            &["tag", "v1.0.0"],
        ] {
            let done = Command::new("git")
                .args(args)
                .current_dir(world.path("w"))
                .status();
            assert!(done.expect("git").success());
        }
        std::fs::write(world.path("w/.git/info/exclude"), "out\n").expect("a file");
        let mut before = Vec::new();
        for _ in 0..3 {
            std::thread::sleep(std::time::Duration::from_millis(150));
            before = say(&world);
        }
        let out = std::fs::read(world.path("w/out")).expect("a file");
        // Each kind is turned round, as far as its files go: then all files are one.
        for turn in 1..3 {
            for files in own_files(&cache) {
                let contents: Vec<_> = files
                    .iter()
                    .map(|f| std::fs::read(f).expect("a file"))
                    .collect();
                for (n, file) in files.iter().enumerate() {
                    let _ = std::fs::remove_file(file);
                    let from = if turn == 1 { (n + 1) % files.len() } else { 0 };
                    std::fs::write(file, &contents[from]).expect("a file");
                }
            }
            std::fs::remove_file(world.path("w/out")).expect("a file");
            let after = say(&world);
            for ((args, before), after) in COMMANDS.iter().zip(&before).zip(&after) {
                assert_eq!(before, after, "{turn}: {args:?}");
            }
            assert!(
                out == std::fs::read(world.path("w/out")).expect("a file"),
                "{turn}"
            );
        }
    }
}
