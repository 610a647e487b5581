//! Which program is started as the stock command: never forgo itself, and none where a setting is
//! wrong. A command of a release that forgo does not support does everything itself.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use support::{Said, World, each, goroots};

const FILES: &[(&str, &str)] = &[
    ("go.mod", "module example.com/m\n\ngo 1.26\n"),
    ("m.go", "package m\n"),
];

fn forgo() -> &'static str {
    env!("CARGO_BIN_EXE_forgo")
}

/// Writes a script that counts its runs, and refuses to run often: an endless chain ends.
fn script(file: &Path, text: &str) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let count = file.with_extension("count");
    let count = count.to_str().unwrap();
    let text =
        format!("#!/bin/sh\necho x >>{count}\n[ $(wc -l <{count}) -gt 40 ] && exit 99\n{text}\n");
    std::fs::write(file, text).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn runs(script: &Path) -> usize {
    let text = std::fs::read_to_string(script.with_extension("count")).unwrap_or_default();
    text.lines().count()
}

/// The output of forgo with these settings; `-` takes a variable away.
fn say(world: &mut World, env: &[(&str, &str)], args: &[&str]) -> Said {
    world.unset_all();
    for (key, value) in env {
        world.set(key, value);
    }
    world.forgo(args)
}

#[track_caller]
fn is_refusal(said: &Said, words: &[&str]) {
    assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""), "{said:?}");
    assert!(said.stderr.starts_with("forgo: "), "{said:?}");
    assert_eq!(said.stderr.lines().count(), 1, "{said:?}");
    for word in words {
        assert!(said.stderr.contains(word), "{word}: {said:?}");
    }
}

/// Commands that forgo does itself, and one that it hands on.
const KINDS: [&[&str]; 4] = [
    &["list"],
    &["env", "GOROOT"],
    &["version"],
    &["mod", "verify"],
];

#[test]
fn forgo_is_not_the_stock_command() {
    each(FILES, |world| {
        let copy = world.path("copy/go");
        std::fs::create_dir_all(world.path("copy")).unwrap();
        std::fs::copy(forgo(), &copy).unwrap();
        std::fs::create_dir_all(world.path("link")).unwrap();
        symlink(forgo(), world.path("link/go")).unwrap();
        for chosen in [forgo(), "$W/copy/go", "$W/link/go"] {
            for args in KINDS {
                let said = say(world, &[("FORGO_GO", chosen)], args);
                is_refusal(&said, &["is forgo", "set FORGO_GO to"]);
            }
        }
        // On PATH it is passed over.
        let path = format!(
            "$W/copy:$W/link:{}/bin:/usr/bin:/bin",
            world.goroot.display()
        );
        for chosen in ["", "go"] {
            let said = say(
                world,
                &[("FORGO_GO", chosen), ("PATH", &path)],
                &["version"],
            );
            assert!(said.stdout.starts_with("go version go1."), "{said:?}");
            let said = say(world, &[("FORGO_GO", chosen), ("PATH", &path)], &["list"]);
            assert_eq!(said.stdout, "example.com/m\n", "{said:?}");
        }
    });
}

#[test]
fn scripts_that_run_forgo_end_at_once() {
    each(FILES, |world| {
        let run = format!("exec {} \"$@\"", forgo());
        let child = format!("{} \"$@\"; exit $?", forgo());
        for (name, text) in [("a", &run), ("b", &child)] {
            let file = world.path(name).join("go");
            script(&file, text);
            let file_text = file.to_str().unwrap().to_owned();
            let path = format!("$W/{name}:/usr/bin:/bin");
            for args in KINDS {
                for env in [
                    [("FORGO_GO", file_text.as_str()), ("PATH", "/usr/bin:/bin")],
                    [("FORGO_GO", "-"), ("PATH", path.as_str())],
                ] {
                    let said = say(world, &env, args);
                    is_refusal(&said, &["the stock go command", "set FORGO_GO"]);
                }
            }
            // Each invocation has started it at most once.
            assert!(runs(&file) <= 2 * KINDS.len(), "{}", runs(&file));
        }
    });
}

/// A generator, test or tool of the stock command that runs forgo is as it should be.
#[test]
fn stock_commands_may_run_forgo() {
    let files = &[
        FILES[0],
        (
            "m.go",
            "package m\n\n//go:generate sh -c \"go list; go version\"\n//go:generate go env GOVERSION\n",
        ),
        (
            "m_test.go",
            "package m\n\nimport (\n\t\"os/exec\"\n\t\"testing\"\n)\n\nfunc TestX(t *testing.T) {\n\tfor _, arg := range []string{\"list\", \"version\"} {\n\t\tout, err := exec.Command(\"forgo\", arg).CombinedOutput()\n\t\tif err != nil {\n\t\t\tt.Fatal(string(out), err)\n\t\t}\n\t}\n}\n",
        ),
    ];
    each(files, |world| {
        let bin = world.path("bin");
        std::fs::create_dir_all(&bin).unwrap();
        symlink(forgo(), bin.join("forgo")).unwrap();
        // The stock command that forgo becomes puts its own directory first on PATH of tests, not
        // of generators.
        script(&bin.join("go"), &format!("exec {} \"$@\"", forgo()));
        world.set("PATH", "$W/bin:/usr/bin:/bin");
        let said = world.forgo(&["generate"]);
        assert_eq!(said.code, Some(0), "{said:?}");
        let said = world.forgo(&["test", "-count=1", "."]);
        assert_eq!(said.code, Some(0), "{said:?}");
    });
}

#[test]
fn a_setting_that_is_not_understood_ends_the_command() {
    each(FILES, |world| {
        let wrong: [(&str, &str, &str); 16] = [
            ("FORGO_EXTRAS", "of", "FORGO_EXTRAS=of"),
            ("FORGO_EXTRAS", "OFF", "on or off"),
            ("FORGO_EXTRAS", "0", "on or off"),
            ("FORGO_LINK_STORE_SIZE", "abc", "FORGO_LINK_STORE_SIZE=abc"),
            ("FORGO_LINK_STORE_SIZE", "-1", "number of bytes"),
            ("FORGO_LINK_STORE_SIZE", "1.5G", "number of bytes"),
            ("FORGO_VERIFY", "200%", "FORGO_VERIFY=200%"),
            ("FORGO_VERIFY", "half", "percentage"),
            ("FORGO_GO", "/no/such/go", "no such file or directory"),
            ("FORGO_GO", "$W", "is a directory"),
            ("FORGO_GO", "$W/w/go.mod", "is not executable"),
            ("FORGO_GO", "no-such-command", "on PATH"),
            ("FORGO_GO", "/bin/ls", "/bin/ls is not a go command"),
            ("FORGO_GO", "true", "is not a go command"),
            ("FORGO_GO", "$W/script", "is not a go command"),
            ("FORGO_GO", "$GOROOT/bin/gofmt", "is not a go command"),
        ];
        script(&world.path("script"), "echo no such option; exit 1");
        let goroot = world.goroot.to_str().unwrap().to_owned();
        for (name, value, words) in wrong {
            for args in KINDS {
                let said = say(world, &[(name, &value.replace("$GOROOT", &goroot))], args);
                is_refusal(&said, &[words, "set "]);
            }
        }
        // Empty is unset, and names that are not known are none of forgo's business on a pipe.
        for name in [
            "FORGO_EXTRAS",
            "FORGO_VERIFY",
            "FORGO_LINK_STORE_SIZE",
            "FORGO_NOTHING",
        ] {
            let said = say(world, &[(name, "")], &["list"]);
            assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
        }
    });
}

#[test]
fn no_go_command_anywhere() {
    each(FILES, |world| {
        let env = [("FORGO_GO", "-"), ("PATH", "/nonexistent")];
        for args in KINDS {
            is_refusal(
                &say(world, &env, args),
                &["no go command found", "install Go"],
            );
        }
    });
}

/// A distribution of another release whose go command shows its arguments and environment.
fn other_release(world: &World, version: &str) -> PathBuf {
    let goroot = world.path("other");
    let _ = std::fs::remove_dir_all(&goroot);
    std::fs::create_dir_all(goroot.join("pkg/tool/linux_amd64")).unwrap();
    std::fs::create_dir_all(goroot.join("src")).unwrap();
    std::fs::write(
        goroot.join("VERSION"),
        format!("{version}\ntime 2026-01-01T00:00:00Z\n"),
    )
    .unwrap();
    let text = "pwd; for arg; do echo \"[$arg]\"; done; cat; env | grep -E '^(A|PWD|GO)' | sort; echo err >&2; exit 7";
    script(&goroot.join("bin/go"), text);
    goroot
}

#[test]
fn an_unknown_release_gets_everything_unchanged() {
    let lines: [&[&str]; 8] = [
        &["build", "-o", "x", "."],
        &["test", "-v", "./...", "-args", "-C", "x y"],
        &["list", "-no-such-flag"],
        &["-C", "x", "vet"],
        &["run", "-C", "sub", "."],
        &["list", "-C=sub", "-json", "\u{fffd}"],
        &["env", "GOROOT"],
        &["mod", "tidy"],
    ];
    each(FILES, |world| {
        std::fs::create_dir_all(world.path("w/sub")).unwrap();
        for version in [
            "go1.25.3",
            "go1.20",
            "go1.28.0",
            "go1.28rc1",
            "devel go1.28-abcdef Mon Jan 5 2026",
            "go1.27.3-corp",
        ] {
            let goroot = other_release(world, version);
            world.unset_all();
            world.set("A", "a b");
            world.set("GOFLAGS", "-x");
            for args in lines {
                let ask = |mut command: std::process::Command| {
                    let input = std::fs::File::open(world.path("w/go.mod")).unwrap();
                    let output = command.args(args).stdin(input).output().unwrap();
                    (output.status, output.stdout, output.stderr)
                };
                let mut stock = world.stock_command_at(&goroot.join("bin/go"));
                stock.env("GOCACHE", world.cache("cache-forgo"));
                let mut forgo = world.forgo_command();
                forgo.env("FORGO_GO", goroot.join("bin/go"));
                let (stock, forgo) = (ask(stock), ask(forgo));
                assert_eq!(stock.0.code(), Some(7));
                assert_eq!(
                    stock,
                    forgo,
                    "{version} {args:?}: {}",
                    String::from_utf8_lossy(&forgo.1)
                );
            }
        }
    });
}

/// The GOROOT that is set keeps its spelling where the stock command shows it.
#[test]
fn goroot_as_it_is_spelled() {
    let files = &[
        FILES[0],
        (
            "main.go",
            "package main\n\nfunc main() { println(\"x\") }\n",
        ),
    ];
    for goroot in goroots() {
        let mut world = World::new(&goroot, files);
        let (root, name) = (goroot.to_str().unwrap(), goroot.file_name().unwrap());
        let spellings = [
            format!("{root}/"),
            format!("{root}//"),
            format!("{root}/."),
            format!("{root}/src/.."),
            format!("{root}/../{}", name.to_str().unwrap()),
            root.replacen('/', "//", 2),
        ];
        for spelling in &spellings {
            world.set("GOROOT", spelling);
            world.same(&["env", "GOROOT", "GOTOOLDIR", "GOVERSION"]);
            world.same(&[
                "list",
                "-f",
                "{{.Dir}} {{.Standard}} {{.Goroot}} {{.Root}} {{context.GOROOT}}",
                "fmt",
                ".",
            ]);
            world.same(&["list", "no/such/package"]);
            // Executables carry GOROOT: the same keys make the same bytes.
            world.same(&["build", "-o", "a", "."]);
            let built = |program: &str| std::fs::read(world.path("w").join(program)).unwrap();
            let forgo = built("a");
            world.stock(&["build", "-o", "a", "."]);
            assert!(built("a") == forgo, "{spelling}");
        }
        for missing in ["/no/such", "$W/w/go.mod", "relative"] {
            world.set("GOROOT", missing);
            world.same(&["list"]);
            world.same(&["env", "GOROOT"]);
        }
    }
}
