//! A tool that forgo does not trust proves each of forgo's rules before results are derived without
//! it.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use support::{Said, World, goroots, write_executable};

/// So many packages, which import none of the standard library: a tool with another ID compiles all
/// anew.
const PACKAGES: usize = 24;

/// The first so many have assembly.
const ASSEMBLY: usize = 6;

/// So many packages' results must agree.
const ENOUGH: usize = 20;

/// A tool of the distribution, with another ID. While there is a file `lie`, the compiler leaves
/// debug information away.
const TOOL: &str = "#!/bin/sh
tool=$(basename \"$0\")
if [ \"$1\" = -V=full ]; then
	\"$REAL/$tool\" -V=full | sed 's/$/-unlisted/'
elif [ \"$tool\" = compile ] && [ -e \"$W/lie\" ]; then
	exec \"$REAL/$tool\" -dwarf=false \"$@\"
else
	exec \"$REAL/$tool\" \"$@\"
fi
";

/// A world whose distribution has tools with IDs that are in no list, and a separate cache.
fn world(goroot: &Path) -> World {
    let mut world = World::new(goroot, &[("go.mod", "module example.com/m\n\ngo 1.26\n")]);
    for i in 0..PACKAGES {
        write_package(&world, i, "");
    }
    for i in 0..ASSEMBLY {
        let text = format!("TEXT ·g(SB),4,$0-8\n\tMOVQ ${i}, ret+0(FP)\n\tRET\n");
        world.write(&format!("p{i}/g.s"), &text);
    }
    let (tools, real) = world.copy_distribution(&["compile", "asm", "vet"]);
    let script = TOOL
        .replace("$REAL", real.to_str().expect("UTF-8"))
        .replace("$W", world.dir.path().to_str().expect("UTF-8"));
    for tool in ["compile", "asm"] {
        write_executable(&tools.join(tool), script.as_bytes());
    }
    write_executable(
        &tools.join("vet"),
        &other_release(goroot, &real.join("vet")),
    );
    world.set("GOCACHE", "$W/cache");
    world
}

/// The bytes of a tool that prints another patch release as its ID. Of vet a script would not do:
/// its results are moved only if it is a program of the distribution.
fn other_release(goroot: &Path, tool: &Path) -> Vec<u8> {
    let version = fs::read_to_string(goroot.join("VERSION")).expect("a version");
    let version = version.lines().next().expect("a line");
    let (minor, _) = version.rsplit_once('.').expect("a patch release");
    let other = format!("{minor}.0");
    assert_eq!(other.len(), version.len(), "{version}");
    let mut bytes = fs::read(tool).expect("a tool");
    let at: Vec<usize> = memchr::memmem::find_iter(&bytes, version).collect();
    for at in at {
        bytes[at..at + other.len()].copy_from_slice(other.as_bytes());
    }
    bytes
}

fn write_package(world: &World, i: usize, more: &str) {
    let g = match i {
        i if i < ASSEMBLY => "func g() int\n".to_owned(),
        i => format!("func g() int {{ return {i} }}\n"),
    };
    let text =
        format!("package p{i}\n\n{g}\nfunc F(x []int) int {{ return x[g()] }}\n\n// {more}\n");
    world.write(&format!("p{i}/p.go"), &text);
}

/// Makes another checkout, where commands start from now on.
fn check_out(world: &mut World, dir: &str) {
    for i in 0..PACKAGES {
        let package = format!("p{i}");
        let to = world.path(dir).join(&package);
        fs::create_dir_all(&to).expect("a directory");
        for name in ["p.go", "g.s"] {
            let _ = fs::copy(world.path("w").join(&package).join(name), to.join(name));
        }
    }
    fs::copy(world.path("w/go.mod"), world.path(dir).join("go.mod")).expect("go.mod");
    world.start_in(dir);
}

/// How often forgo ran a tool, and its own lines.
fn ran(world: &World, args: &[&str], tool: &str) -> (usize, Vec<String>) {
    let Said { stderr, code, .. } = world.forgo(args);
    assert_eq!(code, Some(0), "{stderr}");
    // Not: that it was asked for its ID, or for symbols' ABIs.
    let mark = match tool {
        "compile" => "/compile -o ",
        _ => "/vet.cfg",
    };
    let calls = stderr.lines().filter(|line| line.contains(mark));
    let calls = calls.filter(|line| line.contains(&format!("/{tool} ")));
    let own = stderr.lines().filter(|line| line.starts_with("forgo:"));
    (calls.count(), own.map(str::to_owned).collect())
}

const BUILD: [&str; 3] = ["build", "-x", "./..."];
const VET: [&str; 3] = ["vet", "-x", "./..."];

/// The archives of all packages are what the stock command makes here.
#[track_caller]
fn same_as_stock(world: &mut World) {
    let format = "{{.ImportPath}} {{.Export}}";
    let args = ["list", "-export", "-f", format, "./..."];
    let read = |said: Said| -> BTreeMap<String, Vec<u8>> {
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        let lines = said.stdout.lines().filter_map(|line| line.split_once(' '));
        let archive = |file: &str| fs::read(file).expect("an archive");
        lines
            .map(|(name, file)| (name.to_owned(), archive(file)))
            .collect()
    };
    let forgo = read(world.forgo(&args));
    world.set("GOCACHE", "$W/stock");
    let stock = read(world.stock(&args));
    world.set("GOCACHE", "$W/cache");
    assert!(stock.len() == PACKAGES && stock == forgo);
}

fn notes(world: &World) -> Vec<std::path::PathBuf> {
    let dirs = fs::read_dir(world.path("cache"))
        .expect("a cache")
        .flatten();
    let files = dirs.filter_map(|dir| Some(fs::read_dir(dir.path()).ok()?.flatten()));
    let paths = files.flatten().map(|file| file.path());
    let is_record = |path: &std::path::PathBuf| {
        let text = fs::read(path).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        text.contains("forgo: trust")
    };
    paths.filter(is_record).collect()
}

#[test]
fn an_unlisted_compiler_proves_itself_then_archives_move() {
    for goroot in goroots() {
        let world = &mut world(&goroot);
        assert_eq!(ran(world, &BUILD, "compile"), (PACKAGES, vec![]));
        check_out(world, "second");
        let (compiled, own) = ran(world, &BUILD, "compile");
        assert!((ENOUGH..=PACKAGES).contains(&compiled), "{compiled}");
        assert_eq!(own, [""; 0]);
        same_as_stock(world);
        check_out(world, "third checkout");
        assert_eq!(ran(world, &BUILD, "compile"), (0, vec![]));
        same_as_stock(world);

        // A record that is damaged proves nothing.
        for note in notes(world) {
            let whole = fs::read(&note).expect("a record");
            fs::write(&note, &whole[..whole.len() - 1]).expect("a record");
        }
        check_out(world, "4");
        let (compiled, own) = ran(world, &BUILD, "compile");
        assert!((ENOUGH..=PACKAGES).contains(&compiled), "{compiled}");
        assert_eq!(own, [""; 0]);

        // Nor does one that `clean -cache` removed.
        check_out(world, "fifth");
        assert_eq!(ran(world, &BUILD, "compile"), (0, vec![]));
        assert_eq!(world.forgo(&["clean", "-cache"]).code, Some(0));
        assert_eq!(notes(world), [""; 0].map(std::path::PathBuf::from));
    }
}

#[test]
fn an_edit_in_one_checkout_proves_restamping() {
    for goroot in goroots() {
        let world = &mut world(&goroot);
        let leaf = |text: &str| {
            let text = format!("package p0\n\n//go:noinline\nfunc F() int {{ return {text} }}\n");
            fs::remove_file(world.path("w/p0/g.s")).ok();
            world.write("p0/p.go", &text);
        };
        leaf("1");
        for i in 1..PACKAGES {
            let text = format!(
                "package p{i}\n\nimport \"example.com/m/p0\"\n\nfunc F() int {{ return p0.F() + {i} }}\n"
            );
            let _ = fs::remove_file(world.path(&format!("w/p{i}/g.s")));
            world.write(&format!("p{i}/p.go"), &text);
        }
        // With and without names of directories.
        for flags in [&["build", "-x"][..], &["build", "-x", "-trimpath"]] {
            let args = [flags, &["./..."]].concat();
            leaf("1");
            ran(world, &args, "compile");
            leaf("2");
            let (compiled, _) = ran(world, &args, "compile");
            let expected = match flags.len() {
                2 => ENOUGH + 1..=PACKAGES,
                _ => 1..=1,
            };
            assert!(expected.contains(&compiled), "{flags:?}: {compiled}");
            leaf("3");
            assert_eq!(ran(world, &args, "compile"), (1, vec![]));
        }
        same_as_stock(world);
    }
}

#[test]
fn a_difference_disables_a_rule_and_is_reported() {
    for goroot in goroots() {
        for proven in [false, true] {
            let world = &mut world(&goroot);
            ran(world, &BUILD, "compile");
            if proven {
                check_out(world, "second");
                ran(world, &BUILD, "compile");
                world.set("FORGO_VERIFY", "100%");
            }
            check_out(world, "third");
            fs::write(world.path("lie"), "").expect("a file");
            let (compiled, own) = ran(world, &BUILD, "compile");
            assert!(compiled > 0);
            // One line for archives, and one more for assembly if that came later.
            assert!((1..=2).contains(&own.len()), "proven: {proven} {own:?}");
            for line in &own {
                assert!(line.starts_with("forgo: example.com/m/p"), "{line}");
                assert!(
                    line.contains("-unlisted") && line.contains("report"),
                    "{line}"
                );
            }
            fs::remove_file(world.path("lie")).expect("a file");

            // From now on the compiler is run, which is an honest one again, and nothing is
            // compared.
            world.set("FORGO_VERIFY", "0");
            for dir in ["fourth", "fifth"] {
                check_out(world, dir);
                assert_eq!(ran(world, &BUILD, "compile"), (PACKAGES, vec![]));
            }
            same_as_stock(world);
        }
    }
}

#[test]
fn an_unlisted_vet_proves_itself() {
    for goroot in goroots() {
        let world = &mut world(&goroot);
        assert_eq!(ran(world, &VET, "vet"), (PACKAGES, vec![]));
        check_out(world, "second");
        let (vetted, own) = ran(world, &VET, "vet");
        assert!((ENOUGH..=PACKAGES).contains(&vetted), "{vetted}");
        assert_eq!(own, [""; 0]);
        check_out(world, "third");
        assert_eq!(ran(world, &VET, "vet"), (0, vec![]));
    }
}
