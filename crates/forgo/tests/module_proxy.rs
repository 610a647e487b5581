//! Invocations that query a module proxy: `run pkg@version`, also where the module needs a newer Go
//! than the one that runs, and versions in go.mod that are queries.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use support::{World, each, goroots};

/// Puts a command at version v1.0.0 into a module proxy in `w/proxy`.
fn publish(world: &World, path: &str, go: &str) {
    let go_mod = format!("module {path}\n\ngo {go}\n");
    let base = format!("proxy/{path}/@v");
    world.write(&format!("{base}/list"), "v1.0.0\n");
    world.write(&format!("{base}/v1.0.0.mod"), &go_mod);
    let info = r#"{"Version":"v1.0.0","Time":"2024-01-01T00:00:00Z"}"#;
    world.write(&format!("{base}/v1.0.0.info"), info);
    let main = "package main\n\nfunc main() { println(\"ran\") }\n";
    let file = std::fs::File::create(world.path(&format!("w/{base}/v1.0.0.zip"))).unwrap();
    let mut zip = zip::ZipWriter::new(file);
    for (name, text) in [("go.mod", go_mod.as_str()), ("main.go", main)] {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(format!("{path}@v1.0.0/{name}"), options)
            .unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
}

fn set_up(world: &mut World) {
    world.set("GOPROXY", "file://$W/w/proxy");
    world.set("GONOSUMDB", "*");
    world.set("GOFLAGS", "-modcacherw");
    publish(world, "example.com/far", "1.99.1");
    publish(world, "example.com/near", "1.27");
    world.write("proxy/golang.org/toolchain/@v/list", "");
}

/// Each command fetches anew.
fn same(world: &World, args: &[&str]) {
    let stock = world.stock(args);
    std::fs::remove_dir_all(world.path("gopath")).ok();
    let forgo = world.forgo(args);
    std::fs::remove_dir_all(world.path("gopath")).ok();
    assert_eq!(stock, forgo, "{args:?}");
}

#[test]
fn no_newer_release() {
    each(&[], |world| {
        set_up(world);
        for setting in ["local", "auto", "path", "go1.26.0+path"] {
            world.set("GOTOOLCHAIN", setting);
            same(world, &["run", "example.com/far@v1.0.0"]);
            same(world, &["install", "-unheard", "example.com/far@latest"]);
        }
        same(world, &["run", "example.com/far@-v1.0.0"]);
    });
}

/// Needs two distributions: the first but one can run what the older can't.
#[test]
fn a_newer_release_on_path() {
    let roots = goroots();
    let newest = roots.iter().find(|r| {
        std::fs::read_to_string(r.join("VERSION")).is_ok_and(|v| v.starts_with("go1.27"))
    });
    let Some(newest) = newest else { return };
    let version = std::fs::read_to_string(newest.join("VERSION")).unwrap();
    let name = version.lines().next().unwrap();
    each(&[], |world| {
        set_up(world);
        std::fs::create_dir(world.path("bin")).unwrap();
        let program = world.path("bin").join(name);
        let script = format!("#!/bin/sh\nexec {}/bin/go \"$@\"\n", newest.display());
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        world.set(
            "PATH",
            &format!("$W/bin:{}", std::env::var("PATH").unwrap()),
        );
        world.set("GOTOOLCHAIN", "path");
        same(world, &["run", "example.com/near@v1.0.0"]);
    });
}

#[test]
fn queries_without_an_answer() {
    each(
        &[("main.go", "package main\n\nfunc main() {}\n")],
        |world| {
            set_up(world);
            for version in ["master", "v1.0", "v9", "latest"] {
                for path in ["near", "none"] {
                    world.write(
                        "go.mod",
                        &format!("module m\n\nrequire example.com/{path} {version}\n"),
                    );
                    same(world, &["build"]);
                    same(world, &["run", &format!("example.com/{path}@{version}")]);
                }
            }
        },
    );
}
