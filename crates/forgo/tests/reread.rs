//! A file changes while a tool reads it: nothing in the cache then contradicts its key, so the
//! stock command, which believes the cache, builds the current sources.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use support::{World, each};

const FILES: &[(&str, &str)] = &[
    ("go.mod", "module example.com/m\n\ngo 1.26\n"),
    (
        "main.go",
        "package main\n\nimport (\n\t_ \"embed\"\n\n\t\"example.com/m/a\"\n\t\"example.com/m/c\"\n)\n\n//go:embed data\nvar data string\n\n\
         const s = \"old\"\n\nfunc main() { println(s, data, a.Get(), c.Get()) }\n",
    ),
    ("data", "old"),
    (
        "a/a.go",
        "package a\n\nfunc Get() int { return get() }\n\nfunc get() int\n",
    ),
    (
        "a/a_amd64.s",
        "#include \"textflag.h\"\n#include \"a.h\"\n\nTEXT ·get(SB), NOSPLIT, $0-8\n\tMOVQ $(ONE+OLD), ret+0(FP)\n\tRET\n",
    ),
    ("a/a.h", "#define ONE 1\n#define OLD 0\n"),
    (
        "c/c.go",
        "package c\n\n// #include \"c.h\"\n// int get(void);\nimport \"C\"\n\nfunc Get() int { return int(C.get()) + C.ONE }\n",
    ),
    ("c/c.h", "#define ONE 1\n#define OLD 0\n"),
    (
        "c/c.c",
        "#include \"c.h\"\n\nint get(void) { return OLD; }\n",
    ),
    (
        "v/v.go",
        "package v\n\nimport \"fmt\"\n\nfunc F() { fmt.Printf(\"%d\\n\", \"old\") }\n",
    ),
    (
        "v/v_test.go",
        "package v\n\nimport \"testing\"\n\nfunc TestF(*testing.T) {}\n",
    ),
];

/// A distribution like another one, except for its tools: each makes a change if the environment
/// asks for it. `CHANGE` names the tool, `CHANGE_FILE` the file, `CHANGE_TO` one with the new
/// contents. The old ones are put back when the tool is done if `CHANGE_BACK` is set, with their
/// time.
fn meddling_distribution(world: &mut World) {
    let fake = world.path("goroot");
    let real = std::mem::replace(&mut world.goroot, fake);
    let tools = |root: &Path| {
        let dirs = std::fs::read_dir(root.join("pkg/tool")).expect("tools");
        dirs.flatten().next().expect("a target").path()
    };
    link_all(&real, &world.goroot, "pkg");
    link_all(&real.join("pkg"), &world.goroot.join("pkg"), "tool");
    let real_tools = tools(&real);
    let target = real_tools.file_name().expect("a name");
    let to = world.goroot.join("pkg/tool").join(target);
    std::fs::create_dir_all(&to).expect("a directory");
    for tool in std::fs::read_dir(&real_tools).expect("tools").flatten() {
        let (name, path) = (tool.file_name(), tool.path());
        let script = format!(
            "#!/bin/sh\n\
             case \"$*\" in *-V=full* | *-flags*) exec {real} \"$@\";; esac\n\
             [ \"$CHANGE\" = {name} ] || exec {real} \"$@\"\n\
             [ -e \"$CHANGE_FILE.old\" ] || cp -p \"$CHANGE_FILE\" \"$CHANGE_FILE.old\"\n\
             cp \"$CHANGE_TO\" \"$CHANGE_FILE\"\n\
             {real} \"$@\"\nstatus=$?\n\
             [ -z \"$CHANGE_BACK\" ] || cp -p \"$CHANGE_FILE.old\" \"$CHANGE_FILE\"\n\
             exit $status\n",
            real = path.display(),
            name = name.display()
        );
        let file = to.join(&name);
        std::fs::write(&file, script).expect("a script");
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).expect("a script");
    }
    let root = world.goroot.to_str().expect("UTF-8").to_owned();
    world.set("GOROOT", &root);
    world.set("CGO_ENABLED", "1");
}

/// Makes links to all that is in a directory but one.
fn link_all(from: &Path, to: &Path, but: &str) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("a directory").flatten() {
        if entry.file_name() != but {
            symlink(entry.path(), to.join(entry.file_name())).expect("a link");
        }
    }
}

/// Runs forgo while `tool` makes a change of `file`, and puts the old contents back. Both have the
/// same size.
fn forgo_meddled_with(world: &mut World, tool: &str, file: &str, back: bool, args: &[&str]) {
    let path = world.path("w").join(file);
    let old = std::fs::read_to_string(&path).expect("a file");
    let new = old
        .replace("old", "new")
        .replace("OLD 0", "OLD 7")
        .replace("ONE 1", "ONE 5")
        .replace("ONE+OLD", "ONE+777")
        .replace("return OLD", "return 777");
    assert_ne!(old, new);
    let to = world.path("changed");
    std::fs::write(&to, new).expect("a file");
    let env = |world: &mut World, set: [&str; 4]| {
        for (name, value) in ["CHANGE", "CHANGE_FILE", "CHANGE_TO", "CHANGE_BACK"]
            .iter()
            .zip(set)
        {
            world.set(name, value);
        }
    };
    let text = |path: &PathBuf| path.to_str().expect("UTF-8").to_owned();
    let back = if back { "1" } else { "-" };
    env(world, [tool, &text(&path), &text(&to), back]);
    let said = world.forgo(args);
    assert!(
        std::fs::exists(format!("{}.old", text(&path))).expect("a directory"),
        "the tool {tool} was not run: {said:?}"
    );
    env(world, ["-"; 4]);
    std::fs::write(&path, old).expect("a file");
    std::fs::remove_file(format!("{}.old", text(&path))).expect("a file");
}

/// The stock command, believing forgo's cache.
fn stock_on_forgos_cache(world: &mut World, args: &[&str]) -> support::Said {
    let cache = world.cache("cache-forgo");
    world.set("GOCACHE", cache.to_str().expect("UTF-8"));
    let said = world.stock(args);
    world.set(
        "GOCACHE",
        world.cache("cache-stock").to_str().expect("UTF-8"),
    );
    let stock = world.stock(args);
    world.set("GOCACHE", cache.to_str().expect("UTF-8"));
    assert_eq!(said, stock, "go {}", args.join(" "));
    said
}

#[test]
#[cfg(target_arch = "x86_64")]
fn an_entry_holds_what_its_key_says() {
    each(FILES, |world| {
        meddling_distribution(world);
        let mut flag = 0;
        for (tool, file, cover) in [
            ("compile", "main.go", false),
            ("compile", "data", false),
            ("compile", "a/a_amd64.s", false),
            ("asm", "a/a.h", false),
            ("cgo", "c/c.h", false),
            ("cgo", "c/c.c", false),
            ("cover", "main.go", true),
        ] {
            for back in [false, true] {
                // Each time in a cache that has nothing of these.
                flag += 1;
                for main in ["main.go", "a/a.go", "c/c.go"] {
                    let text = std::fs::read_to_string(world.path("w").join(main)).expect("a file");
                    world.write(
                        main,
                        &format!("{text}// {} {flag}\n", world.dir.path().display()),
                    );
                }
                let mut args = vec!["build", "-o", "out", "."];
                if cover {
                    args.insert(1, "-cover");
                }
                forgo_meddled_with(world, tool, file, back, &args);
                stock_on_forgos_cache(world, &args);
                let out = std::process::Command::new(world.path("w/out"))
                    .env("GOCOVERDIR", world.path("tmp"))
                    .output()
                    .expect("it runs");
                let said = String::from_utf8_lossy(&out.stderr).into_owned();
                let said = said.lines().next().unwrap_or_default();
                assert_eq!(said, "old old 1 1", "{tool} {file} {back}");
                // forgo itself does not use that entry either.
                let out = std::fs::read(world.path("w/out")).expect("a file");
                assert_eq!(world.forgo(&args).code, Some(0));
                assert!(out == std::fs::read(world.path("w/out")).expect("a file"));
            }
        }
    });
}

#[test]
fn what_vet_says_is_of_what_its_key_says() {
    each(FILES, |world| {
        meddling_distribution(world);
        for (round, back) in [false, true].into_iter().enumerate() {
            let bad = format!(
                "package v\n\nimport \"fmt\"\n\nfunc F() {{ fmt.Printf(\"%d\\n\", \"old\") }} // {} {round}\n",
                world.dir.path().display()
            );
            let good = bad.replace("%d", "%s");
            world.write("v/v.go", &good);
            // The file during the run of vet is wrong.
            let path = world.path("w/v/v.go");
            let to = world.path("changed");
            std::fs::write(&to, &bad).expect("a file");
            world.set("CHANGE", "vet");
            world.set("CHANGE_FILE", path.to_str().expect("UTF-8"));
            world.set("CHANGE_TO", to.to_str().expect("UTF-8"));
            world.set("CHANGE_BACK", if back { "1" } else { "-" });
            for args in [["vet", "./v"], ["test", "./v"]] {
                assert_eq!(world.forgo(&args).code, Some(1), "{args:?} {back}");
                std::fs::remove_file(world.path("w/v/v.go.old")).expect("a file");
                world.write("v/v.go", &good);
            }
            for name in ["CHANGE", "CHANGE_FILE", "CHANGE_TO", "CHANGE_BACK"] {
                world.set(name, "-");
            }
            for args in [["vet", "./v"], ["test", "./v"]] {
                let cache = world.cache("cache-forgo");
                world.set("GOCACHE", cache.to_str().expect("UTF-8"));
                assert_eq!(world.stock(&args).code, Some(0), "{args:?} {back}");
                assert_eq!(world.forgo(&args).code, Some(0), "{args:?} {back}");
            }
        }
    });
}
