//! Answers that are given again: only as long as nothing changed.
//!
//! A mark shows whether an answer was given again or computed anew: the kept answer is changed on
//! disk, and shows up or does not.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use std::path::{Path, PathBuf};
use std::time::Duration;

use support::{Said, World, each, goroots};

const HEAD: usize = 12;

/// Kept answers in the world's cache.
fn kept(world: &World) -> Vec<PathBuf> {
    let is_answer = |file: &PathBuf| file.to_str().is_some_and(|f| f.ends_with("-s"));
    let answers = own_files(world, b"forgoS")
        .into_iter()
        .map(|(file, _)| file);
    answers.filter(is_answer).collect()
}

/// forgo's own files in the world's cache that begin like this, with their contents.
fn own_files(world: &World, beginning: &[u8]) -> Vec<(PathBuf, Vec<u8>)> {
    let shards = std::fs::read_dir(world.path("cache")).into_iter().flatten();
    let files = shards
        .flatten()
        .filter_map(|shard| std::fs::read_dir(shard.path()).ok())
        .flatten();
    files
        .flatten()
        .filter_map(|file| Some((file.path(), std::fs::read(file.path()).ok()?)))
        .filter(|(_, bytes)| bytes.starts_with(beginning))
        .collect()
}

/// Marks all kept answers: `mark:` becomes `MARK:` in their output.
fn mark(world: &World) -> usize {
    let mut marked = 0;
    for file in kept(world) {
        let mut bytes = std::fs::read(&file).expect("a snapshot");
        let at: Vec<usize> = (HEAD..bytes.len())
            .filter(|&i| bytes[i..].starts_with(b"mark:"))
            .collect();
        for i in at {
            bytes[i..i + 4].copy_from_slice(b"MARK");
        }
        let checksum = crc32fast::hash(&bytes[HEAD..]);
        bytes[HEAD - 4..HEAD].copy_from_slice(&checksum.to_le_bytes());
        std::fs::write(file, bytes).expect("a snapshot");
        marked += 1;
    }
    marked
}

/// Until files are old enough to be relied on.
fn settle() {
    std::thread::sleep(Duration::from_millis(120));
}

const LIST: &[&str] = &[
    "list",
    "-f",
    "mark: {{.ImportPath}} {{.Name}} {{.Doc}} {{.GoFiles}} {{.IgnoredGoFiles}} {{.Imports}} {{.EmbedFiles}} {{.Module}}",
    "./...",
];

const FILES: &[(&str, &str)] = &[
    ("go.mod", "module example.com/m\n\ngo 1.26\n"),
    (
        "m.go",
        "// Package m is one.\npackage m\n\nimport _ \"example.com/m/a\"\n",
    ),
    ("a/a.go", "package a\n"),
    ("a/tagged.go", "//go:build tagged\n\npackage a\n"),
    (
        "e/e.go",
        "package e\n\nimport \"embed\"\n\n//go:embed *.txt\nvar F embed.FS\n",
    ),
    ("e/one.txt", "1"),
    ("target1/t.go", "package t1\n"),
    ("target2/t.go", "package t2\n"),
];

/// A change, and whether the answer to [`LIST`] is another one after it; if not, the work may be
/// done again or not.
type Edit = (&'static str, fn(&mut World), bool);

fn remove(world: &World, name: &str) {
    std::fs::remove_file(world.path("w").join(name)).expect("a file");
}

fn link(world: &World, to: &str, name: &str) {
    let name = world.path("w").join(name);
    let _ = std::fs::remove_file(&name);
    std::os::unix::fs::symlink(to, name).expect("a link");
}

/// Writes a file that keeps its modification time.
fn write_unseen(world: &World, name: &str, text: &str) {
    let path = world.path("w").join(name);
    let old = std::fs::metadata(&path)
        .and_then(|m| m.modified())
        .expect("a time");
    world.write(name, text);
    let file = std::fs::File::options()
        .write(true)
        .open(path)
        .expect("a file");
    file.set_modified(old).expect("a time set");
}

const EDITS: &[Edit] = &[
    (
        "doc of the same size",
        |w| {
            w.write(
                "m.go",
                "// Package m is two.\npackage m\n\nimport _ \"example.com/m/a\"\n",
            )
        },
        true,
    ),
    (
        "import gone, time set back",
        |w| write_unseen(w, "m.go", "// Package m is one.\npackage m\n"),
        true,
    ),
    (
        "replaced by rename",
        |w| {
            w.write("new", "// Package m is new.\npackage m\n");
            std::fs::rename(w.path("w/new"), w.path("w/m.go")).expect("a rename");
        },
        true,
    ),
    ("file added", |w| w.write("a/b.go", "package a\n"), true),
    ("file removed", |w| remove(w, "a/tagged.go"), true),
    (
        "file renamed",
        |w| std::fs::rename(w.path("w/a/a.go"), w.path("w/a/z.go")).expect("a rename"),
        true,
    ),
    (
        "constraint",
        |w| w.write("a/a.go", "//go:build !linux\n\npackage a\n\n"),
        true,
    ),
    (
        "package added",
        |w| w.write("p/q/q.go", "package q\n"),
        true,
    ),
    (
        "package removed",
        |w| std::fs::remove_dir_all(w.path("w/target1")).expect("removal"),
        true,
    ),
    ("embedded file added", |w| w.write("e/two.txt", "2"), true),
    (
        "module renamed",
        |w| w.write("go.mod", "module example.com/n\n\ngo 1.26\n"),
        true,
    ),
    (
        "go line",
        |w| w.write("go.mod", "module example.com/m\n\ngo 1.25\n\n"),
        false,
    ),
    (
        "nested module",
        |w| w.write("a/go.mod", "module example.com/m/a\n"),
        true,
    ),
    (
        "workspace above",
        |w| std::fs::write(w.path("go.work"), "go 1.26\n\nuse ./w\n").expect("a file"),
        false,
    ),
    (
        "file behind a link",
        |w| w.write("target1/t.go", "// Package t1 is linked.\npackage t1\n"),
        true,
    ),
    (
        "link leads elsewhere",
        |w| link(w, "../target2/t.go", "l/l.go"),
        true,
    ),
    (
        "tags in GOFLAGS",
        |w| w.set("GOFLAGS", "-tags=tagged"),
        true,
    ),
    ("target", |w| w.set("GOOS", "windows"), false),
    (
        "settings file appears",
        |w| {
            std::fs::write(w.path("home/env"), "GOFLAGS=-tags=tagged\n").expect("a file");
        },
        true,
    ),
    (
        "unreadable file",
        |w| {
            // To root all is readable: then the mode alone has changed.
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o000);
            std::fs::set_permissions(w.path("w/a/a.go"), mode).expect("chmod");
        },
        false,
    ),
    (
        "kept answer cut off",
        |w| {
            for file in kept(w) {
                let bytes = std::fs::read(&file).expect("a snapshot");
                std::fs::write(file, &bytes[..bytes.len() - 1]).expect("a snapshot");
            }
        },
        false,
    ),
    (
        "kept answer damaged",
        |w| {
            for file in kept(w) {
                let mut bytes = std::fs::read(&file).expect("a snapshot");
                let middle = bytes.len() / 2;
                bytes[middle] ^= 0x40;
                std::fs::write(file, &bytes).expect("a snapshot");
            }
        },
        false,
    ),
    ("switched off", |w| w.set("FORGO_EXTRAS", "off"), false),
];

fn prepare(world: &mut World) {
    set_places(world);
    std::fs::create_dir_all(world.path("cache")).expect("a directory");
    std::fs::create_dir(world.path("w/l")).expect("a directory");
    link(world, "../target1/t.go", "l/l.go");
}

/// A cache and a configuration file of the world's own.
fn set_places(world: &mut World) {
    world.set("GOCACHE", "$W/cache");
    world.set("GOENV", "$W/home/env");
}

/// Runs a command until its answer is kept, marks it, and sees that it is given again.
#[track_caller]
fn keep_and_mark(world: &World, args: &[&str]) -> Said {
    let mut first = None;
    // git itself writes its index anew, once; a busy machine may need longer.
    for _ in 0..12 {
        settle();
        let said = world.forgo(args);
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(said.stdout.contains("mark:"), "{said:?}");
        first = Some(said);
        if mark(world) > 0 {
            break;
        }
    }
    let first = first.expect("an answer");
    assert!(!kept(world).is_empty(), "nothing was kept: {args:?}");
    let again = world.forgo(args);
    assert_eq!(
        again.stdout,
        first.stdout.replace("mark:", "MARK:"),
        "not given again"
    );
    assert_eq!((again.code, &again.stderr), (first.code, &first.stderr));
    first
}

#[test]
fn any_change_makes_the_work_be_done() {
    for (name, edit, differs) in EDITS {
        let goroot = goroots().remove(0);
        let mut world = World::new(&goroot, FILES);
        prepare(&mut world);
        let before = keep_and_mark(&world, LIST);
        edit(&mut world);
        let after = world.forgo(LIST);
        assert!(!after.stdout.contains("MARK:"), "{name}: the old answer");
        world.set("FORGO_EXTRAS", "off");
        let fresh = world.forgo(LIST);
        assert!(fresh == after, "{name}: {fresh:?} {after:?}");
        if *differs {
            assert_ne!(before.stdout, after.stdout, "{name}: nothing was tested");
        }
    }
}

#[test]
fn what_does_not_matter_does_not_count() {
    each(FILES, |world| {
        prepare(world);
        let first = keep_and_mark(world, LIST);
        world.set("SSH_AUTH_SOCK", "/x");
        world.set("TERM", "vt100");
        world.set("COLUMNS", "3");
        let again = world.forgo(LIST);
        assert_eq!(again.stdout, first.stdout.replace("mark:", "MARK:"));
    });
}

#[test]
fn what_was_just_written_is_not_relied_on() {
    each(FILES, |world| {
        prepare(world);
        settle();
        world.write("a/b.go", "package a\n");
        world.forgo(LIST);
        // Slow machines need longer than the clock's granularity for that.
        let young = std::fs::metadata(world.path("w/a/b.go")).and_then(|m| m.modified());
        if young.is_ok_and(|t| t.elapsed().is_ok_and(|age| age < Duration::from_millis(50))) {
            assert!(kept(world).is_empty());
        }
        for file in kept(world) {
            std::fs::remove_file(file).expect("a snapshot");
        }
        let mut future = std::time::SystemTime::now();
        future += Duration::from_secs(3600);
        let file = std::fs::File::options()
            .write(true)
            .open(world.path("w/m.go"));
        file.and_then(|f| f.set_modified(future))
            .expect("a time set");
        settle();
        world.forgo(LIST);
        assert!(kept(world).is_empty());
    });
}

#[test]
fn failures_and_traces_are_not_kept() {
    each(FILES, |world| {
        prepare(world);
        settle();
        world.write(
            "broken/b.go",
            "package b\n\nimport \"example.com/m/none\"\n",
        );
        settle();
        assert_ne!(world.forgo(&["list", "./broken"]).code, None);
        assert_ne!(world.forgo(&["list", "-deps", "./broken"]).code, Some(0));
        world.forgo(&["list", "-x", "./a"]);
        world.forgo(&["env", "GOROOT"]);
        assert_eq!(kept(world).len(), 1, "that of the first list");
    });
}

#[test]
fn processes_at_once_keep_one_good_answer() {
    each(FILES, |world| {
        prepare(world);
        settle();
        let world = &*world;
        let all: Vec<Said> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..6).map(|_| scope.spawn(|| world.forgo(LIST))).collect();
            threads
                .into_iter()
                .map(|t| t.join().expect("an answer"))
                .collect()
        });
        assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "{all:?}");
        assert_eq!(kept(world).len(), 1);
        keep_and_mark(world, LIST);
    });
}

/// Runs git without any user's settings.
fn git(world: &World, args: &[&str]) {
    let output = std::process::Command::new("git")
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

/// With build information, of which the repository's state is part.
const STAMPED: &[&str] = &["list", "-f", "mark: {{.Stale}}", "./cmd"];

#[test]
fn any_change_of_the_repository_makes_the_work_be_done() {
    const COMMAND: &[(&str, &str)] = &[
        ("go.mod", "module example.com/m\n\ngo 1.26\n"),
        ("cmd/main.go", "package main\n\nfunc main() {}\n"),
        ("text", "text\n"),
        ("sub/dir/file", "text\n"),
        (".gitignore", "*.o\nignored/\n"),
        ("ignored/file", ""),
        ("objects/x.o", ""),
    ];
    type Change = fn(&World);
    let changes: &[(&str, Change, bool)] = &[
        ("tracked file", |w| w.write("text", "TEXT\n"), false),
        (
            "tracked file, time set back",
            |w| write_unseen(w, "text", "TEXT\n"),
            false,
        ),
        ("tracked file gone", |w| remove(w, "sub/dir/file"), false),
        ("untracked file", |w| w.write("new", ""), false),
        (
            "untracked file where only ignored ones are",
            |w| w.write("objects/y", ""),
            false,
        ),
        (
            "untracked directory",
            |w| w.write("untracked/dir/file", ""),
            false,
        ),
        ("ignored file", |w| w.write("ignored/other", ""), true),
        ("rules", |w| w.write(".git/info/exclude", "text\n"), false),
        (
            "user's rules",
            |w| {
                std::fs::create_dir_all(w.path("home/.config/git")).expect("a directory");
                std::fs::write(w.path("home/.config/git/ignore"), "x\n").expect("a file");
            },
            false,
        ),
        (
            "user's settings",
            |w| {
                std::fs::write(w.path("home/.gitconfig"), "[core]\nfilemode = false\n")
                    .expect("a file");
            },
            false,
        ),
        (
            "staged",
            |w| {
                w.write("text", "TEXT\n");
                git(w, &["add", "text"]);
            },
            false,
        ),
        (
            "commit",
            |w| git(w, &["commit", "-q", "--allow-empty", "-m", "two"]),
            false,
        ),
        ("tag", |w| git(w, &["tag", "v1.2.3"]), false),
        (
            "branch",
            |w| git(w, &["checkout", "-q", "-b", "other"]),
            false,
        ),
        (
            "repository gone",
            |w| {
                std::fs::rename(w.path("w/.git"), w.path("w/ignored/git")).expect("a rename");
            },
            false,
        ),
        (
            "repository above",
            |w| std::fs::create_dir(w.path(".hg")).expect("a directory"),
            false,
        ),
    ];
    for (name, change, given_again) in changes {
        let goroot = goroots().remove(0);
        let mut world = World::new(&goroot, COMMAND);
        prepare_repository(&mut world);
        keep_and_mark(&world, STAMPED);
        change(&world);
        let after = world.forgo(STAMPED);
        assert_eq!(
            after.stdout.contains("MARK:"),
            *given_again,
            "{name}: {after:?}"
        );
    }
}

/// Git does not list ignored files if it does not look for untracked files.
#[test]
fn repositories_whose_untracked_files_are_not_shown() {
    const COMMAND: &[(&str, &str)] = &[
        ("go.mod", "module example.com/m\n\ngo 1.26\n"),
        ("main.go", "package main\n\nfunc main() {}\n"),
    ];
    each(COMMAND, |world| {
        git(world, &["init", "-q"]);
        git(world, &["add", "."]);
        git(world, &["commit", "-q", "-m", "one"]);
        git(world, &["config", "status.showUntrackedFiles", "no"]);
        world.write("untracked", "");
        for who in [World::stock, World::forgo] {
            let said = who(world, &["build", "-o", "out", "."]);
            assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
            let out = std::fs::read(world.path("w/out")).expect("an output");
            let stamp = b"vcs.modified=false";
            assert!(out.windows(stamp.len()).any(|w| w == stamp));
            remove(world, "out");
        }
    });
}

/// Under GOPROXY=off a commit has the version that it had before it was tagged, for both commands.
#[test]
fn tags_put_on_commits_that_were_built() {
    const COMMAND: &[(&str, &str)] = &[
        (".gitignore", "out\n"),
        ("go.mod", "module example.com/Cmd\n\ngo 1.26\n"),
        ("main.go", "package main\n\nfunc main() {}\n"),
    ];
    let has = |world: &World, text: &str| {
        let out = std::fs::read(world.path("w/out")).expect("an output");
        out.windows(text.len()).any(|w| w == text.as_bytes())
    };
    each(COMMAND, |world| {
        git(world, &["init", "-q"]);
        git(world, &["add", "."]);
        git(world, &["commit", "-q", "-m", "one"]);
        let info = world.path("gopath/pkg/mod/cache/download/example.com/!cmd/@v");
        let tagged_info = info.join("v1.2.3.info");
        // That of the tag may stand beside it, in any order.
        let kept = || {
            let mut files = std::fs::read_dir(&info).expect("a directory");
            let pseudo = files.find_map(|file| {
                let path = file.expect("a file").path();
                (path != tagged_info).then_some(path)
            });
            std::fs::read(pseudo.expect("a pseudo-version")).expect("a text")
        };
        let build = ["build", "-o", "out", "."];
        assert_eq!(world.stock(&build).code, Some(0));
        let by_stock = kept();
        std::fs::remove_dir_all(world.path("gopath/pkg")).expect("removed");
        for proxy in ["off", "file://$W/proxy", "off"] {
            world.set("GOPROXY", proxy);
            assert_eq!(world.forgo(&build).code, Some(0));
            assert!(kept() == by_stock, "GOPROXY={proxy}");
            let tagged = proxy != "off";
            assert_eq!(has(world, "v1.2.3"), tagged, "GOPROXY={proxy}");
            if !tagged {
                git(world, &["tag", "-f", "v1.2.3"]);
            } else {
                // The new version is cached too, but a pseudo-version precedes it.
                std::fs::remove_file(&tagged_info).expect("removed");
            }
        }
        assert_eq!(world.stock(&build).code, Some(0));
        assert!(!has(world, "v1.2.3"));
    });
}

fn prepare_repository(world: &mut World) {
    world.set("GOCACHE", "$W/cache");
    // Under GOPROXY=off a commit keeps the version it had before it was tagged.
    world.set("GOPROXY", "file://$W/proxy");
    std::fs::create_dir_all(world.path("cache")).expect("a directory");
    git(world, &["init", "-q"]);
    git(world, &["add", "."]);
    git(world, &["commit", "-q", "-m", "one"]);
    // The index is written once more when files have become older than it.
    settle();
    git(world, &["status"]);
}

/// A built command, its output and what happens to it.
#[test]
fn outputs_are_part_of_the_answer() {
    const COMMAND: &[(&str, &str)] = &[
        ("go.mod", "module example.com/m\n\ngo 1.26\n"),
        (
            "main.go",
            "package main\n\nfunc main() { println(\"one\") }\n",
        ),
    ];
    each(COMMAND, |world| {
        world.set("GOFLAGS", "-buildvcs=false");
        let out = world.path("out/program");
        std::fs::create_dir(world.path("out")).expect("a directory");
        let args = ["build", "-o", out.to_str().expect("UTF-8")];
        let bytes = |path: &Path| std::fs::read(path).expect("an output");
        let build = || {
            let said = world.forgo(&args);
            assert_eq!(said.code, Some(0), "{said:?}");
        };
        settle();
        build();
        let first = bytes(&out);
        let touched = |path: &Path| {
            std::fs::metadata(path)
                .and_then(|m| m.modified())
                .expect("a time")
        };
        let time = touched(&out);
        settle();
        build();
        assert_eq!(bytes(&out), first);
        assert!(
            touched(&out) > time,
            "an output that is up to date looks new"
        );
        type Harm = fn(&Path, &[u8]);
        let harms: &[(&str, Harm)] = &[
            ("gone", |out, _| std::fs::remove_file(out).expect("removal")),
            ("cut off", |out, first| {
                std::fs::write(out, &first[..first.len() / 2]).expect("a file")
            }),
            ("empty", |out, _| std::fs::write(out, "").expect("a file")),
            ("another's", |out, first| {
                let mut other = first.to_vec();
                let note = b"\x04\0\0\0Go\0\0";
                let at = other.windows(8).position(|w| w == note).expect("an ID");
                other[at + 8] ^= 1;
                std::fs::write(out, other).expect("a file");
            }),
        ];
        for (name, harm) in harms {
            settle();
            build();
            harm(&out, &first);
            build();
            // A file cut off after its build ID counts as up to date, as with the stock command.
            if *name != "cut off" {
                assert_eq!(bytes(&out), first, "{name}");
            }
            std::fs::remove_file(&out).expect("removal");
            build();
            assert_eq!(bytes(&out), first, "{name}");
        }
        world.write(
            "main.go",
            "package main\n\nfunc main() { println(\"two\") }\n",
        );
        build();
        let second = bytes(&out);
        assert_ne!(second, first);
        world.write(
            "main.go",
            "package main\n\nfunc main() { println(\"one\") }\n",
        );
        build();
        assert_eq!(bytes(&out), first);
    });
}

/// Facts that a command learns about files are kept for the next one, however it ends.
#[test]
fn what_was_learned_of_files_is_kept() {
    const MODULE: &[(&str, &str)] = &[
        ("go.mod", "module example.com/m\n\ngo 1.26\n"),
        ("m.go", "package m\n\nfunc F() int { return 1 }\n"),
    ];
    each(MODULE, |world| {
        world.set("GOCACHE", "$W/cache");
        for args in [
            &["list", "./..."][..],
            &["build", "./..."],
            &["vet", "./..."],
        ] {
            let _ = std::fs::remove_dir_all(world.path("cache"));
            settle();
            let said = world.forgo(args);
            assert_eq!(said.code, Some(0), "{said:?}");
            assert!(is_indexed(world, "w/m.go"), "{args:?}");
        }
    });
}

/// Whether the index in the world's cache has a record of a file.
fn is_indexed(world: &World, file: &str) -> bool {
    let path = world.path(file);
    let name = path.to_str().expect("a name in UTF-8").as_bytes();
    own_files(world, b"forgoI")
        .iter()
        .any(|(_, bytes)| bytes.windows(name.len()).any(|part| part == name))
}

/// Files of a test's own process are not inputs: each process has other ones.
#[test]
fn cached_tests_that_looked_at_themselves_are_told_again() {
    const TESTED: &[(&str, &str)] = &[
        ("go.mod", "module example.com/m\n\ngo 1.26\n"),
        (
            "m_test.go",
            "package m\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\t\"testing\"\n)\n\nfunc Test(t *testing.T) {\n\tos.ReadDir(\"/proc/self/fd\")\n\tos.ReadFile(\"/proc/self/stat\")\n\tfmt.Println(\"mark:\")\n}\n",
        ),
    ];
    each(TESTED, |world| {
        set_places(world);
        keep_and_mark(world, &["test", "-v", "./..."]);
    });
}

/// Results of tests: the files that tests read count, and those that they write are written.
#[test]
fn cached_tests_are_told_again_until_their_inputs_change() {
    const TESTED: &[(&str, &str)] = &[
        ("go.mod", "module example.com/m\n\ngo 1.26\n"),
        (
            "m_test.go",
            "package m\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc Test(t *testing.T) {\n\tos.ReadFile(\"data\")\n\tos.Getenv(\"READ\")\n}\n",
        ),
        ("m.go", "package m\n\nfunc F() int { return 1 }\n"),
        ("data", "one"),
    ];
    each(TESTED, |world| {
        let test = |world: &World, args: &[&str]| {
            // Test results do not count whose inputs are younger than two seconds.
            std::thread::sleep(Duration::from_millis(2100));
            let args: Vec<&str> = ["test"].iter().chain(args).copied().collect();
            let said = world.forgo(&args);
            assert_eq!(said.code, Some(0), "{said:?}");
            said.stdout.contains("(cached)")
        };
        let cached = |world: &World| test(world, &["./..."]);
        assert!(!cached(world));
        for _ in 0..3 {
            assert!(cached(world));
        }
        world.write("data", "two");
        assert!(!cached(world));
        assert!(cached(world) && cached(world));
        world.set("READ", "x");
        assert!(!cached(world));
        assert!(cached(world) && cached(world));
        world.forgo(&["clean", "-testcache"]);
        assert!(!cached(world));
        let profile = world.path("w/profile");
        for round in 0..4 {
            let args = ["-coverprofile=profile", "./..."];
            assert_eq!(test(world, &args), round > 0, "{round}");
            std::fs::remove_file(&profile).expect("a profile");
        }
        let binary = world.path("w/m.test");
        for _ in 0..3 {
            test(world, &["-c"]);
            std::fs::remove_file(&binary).expect("a test binary");
        }
    });
}
