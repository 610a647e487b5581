//! forgo's linker proves itself against the distribution's, and leaves unsupported links to it.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use support::{Said, World, goroots, write_executable};

/// So many programs.
const PROGRAMS: usize = 24;

/// So many programs must agree.
const ENOUGH: usize = 20;

/// The distribution's linker. It writes down that it links, and adds a byte while there is a file
/// `lie`.
const LINKER: &str = "#!/bin/sh
if [ \"$1\" = -o ]; then
	echo >> \"$W/links\"
fi
\"$REAL/link\" \"$@\" || exit
if [ \"$1\" = -o ] && [ -e \"$W/lie\" ]; then
	printf x >> \"$2\"
fi
";

/// Programs, a distribution whose linker is watched, and a separate cache.
fn world(goroot: &Path) -> World {
    let mut world = World::new(goroot, &[("go.mod", "module example.com/m\n\ngo 1.26\n")]);
    write_programs(&world, 0);
    world.set("GODEBUG", "");
    world.set("CGO_ENABLED", "0");
    world.seed_cache("cache", &[&["build", "-o", "../seed", "./p0"]]);
    let (tools, real) = world.copy_distribution(&["link"]);
    let script = LINKER
        .replace("$REAL", real.to_str().expect("UTF-8"))
        .replace("$W", world.dir.path().to_str().expect("UTF-8"));
    write_executable(&tools.join("link"), script.as_bytes());
    world.set("GOCACHE", "$W/cache");
    // Otherwise a program that was linked once is not linked again.
    world.set("FORGO_LINK_STORE_SIZE", "0");
    world
}

fn write_programs(world: &World, edit: usize) {
    for i in 0..PROGRAMS {
        let text = format!("package main\n\nfunc main() {{ println({i}, {edit}) }}\n");
        world.write(&format!("p{i}/main.go"), &text);
    }
}

/// How often the distribution's linker linked since this was asked last.
fn stock_links(world: &World) -> usize {
    let log = world.path("links");
    let text = fs::read_to_string(&log).unwrap_or_default();
    let _ = fs::remove_file(log);
    text.lines().count()
}

/// Builds all programs. Returns how often the distribution's linker ran, and the lines that forgo
/// itself printed.
#[track_caller]
fn build(world: &World, flags: &[&str]) -> (usize, Vec<String>) {
    let args = [&["build", "-o", "../out/"], flags, &["./..."]].concat();
    let Said { stderr, code, .. } = world.forgo(&args);
    assert_eq!(code, Some(0), "{stderr}");
    let own = stderr.lines().filter(|line| line.starts_with("forgo:"));
    (stock_links(world), own.map(str::to_owned).collect())
}

/// The programs are what the stock command makes.
#[track_caller]
fn same_as_stock(world: &World, flags: &[&str]) {
    let args = [&["build", "-o", "../stock/"], flags, &["./..."]].concat();
    let said = world.stock(&args);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    stock_links(world);
    let read = |dir: &str| -> BTreeMap<String, Vec<u8>> {
        let files = fs::read_dir(world.path(dir)).expect("programs").flatten();
        files
            .map(|file| {
                let name = file.file_name().into_string().expect("UTF-8");
                (name, fs::read(file.path()).expect("a program"))
            })
            .collect()
    };
    assert!(read("stock").len() == PROGRAMS && read("stock") == read("out"));
}

#[test]
fn it_proves_itself_and_then_links() {
    for goroot in goroots() {
        let world = &mut world(&goroot);
        let (stock, said) = build(world, &[]);
        assert!((ENOUGH..=PROGRAMS).contains(&stock), "{stock}");
        assert_eq!(said, [""; 0]);
        same_as_stock(world, &[]);

        write_programs(world, 1);
        assert_eq!(build(world, &[]), (0, vec![]));
        same_as_stock(world, &[]);
        let flags = ["-trimpath", "-ldflags=-s -w"];
        assert_eq!(build(world, &flags), (0, vec![]));
        same_as_stock(world, &flags);

        // -x shows the tool's command line.
        let shown = world.forgo(&["build", "-x", "-o", "../out/", "./p0"]);
        assert_eq!(stock_links(world), 0);
        let lines = shown.stderr.lines();
        assert_eq!(
            lines
                .filter(|line| line.contains("/link -o $WORK/"))
                .count(),
            1
        );

        // Links that it does not support, and settings under which it must not link.
        assert_eq!(build(world, &["-ldflags=-bindnow"]).0, PROGRAMS);
        assert_eq!(build(world, &["-toolexec=env"]).0, PROGRAMS);
        for (i, (name, value)) in [
            ("FORGO_LINK", "off"),
            ("FORGO_EXTRAS", "off"),
            ("GO_EXTLINK_ENABLED", "0"),
            ("FORGO_VERIFY", "100%"),
        ]
        .into_iter()
        .enumerate()
        {
            // Else the programs are up to date.
            write_programs(world, 2 + i);
            world.set(name, value);
            assert_eq!(build(world, &[]), (PROGRAMS, vec![]), "{name}");
            world.set(name, "");
        }
        write_programs(world, 9);
        assert_eq!(build(world, &[]), (0, vec![]));

        // A link that fails prints the tool's errors.
        world.write(
            "p0/main.go",
            "package main\n\nfunc f()\n\nfunc main() { f() }\n",
        );
        world.write("p0/main.s", "");
        let args = ["build", "-o", "../out/", "./p0"];
        let forgo = world.forgo(&args);
        assert_eq!(stock_links(world), 1);
        let stock = world.stock(&args);
        assert!(
            forgo
                .stderr
                .contains("relocation target main.f not defined"),
            "{}",
            forgo.stderr
        );
        assert_eq!((forgo.stderr, forgo.code), (stock.stderr, stock.code));
    }
}

#[test]
fn a_difference_disables_it() {
    for goroot in goroots() {
        let world = &world(&goroot);
        fs::write(world.path("lie"), "").expect("a file");
        let (stock, said) = build(world, &[]);
        assert_eq!(stock, PROGRAMS);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with("forgo: example.com/m/p"), "{said:?}");
        assert!(
            said[0].contains("links by forgo of \"link version "),
            "{said:?}"
        );
        fs::remove_file(world.path("lie")).expect("a file");
        write_programs(world, 1);
        assert_eq!(build(world, &[]), (PROGRAMS, vec![]));
        same_as_stock(world, &[]);
    }
}
