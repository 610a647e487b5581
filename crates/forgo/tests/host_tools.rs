//! Links whose linker, libraries or settings change behind forgo's back: after each edit the
//! program is removed and built again, and is the stock command's, byte for byte; or both fail.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use std::process::Command;

use support::{World, each};

/// A change before a build.
enum Edit {
    /// A shell script, run in the module's directory with the functions of [`FUNCTIONS`].
    Sh(&'static str),
    /// A variable is set for both commands; `$W` is the world's directory.
    Set(&'static str, &'static str),
}
use Edit::{Set, Sh};

/// A setup: flags for the linker, further flags of the build, edits, and whether the last build,
/// done once more, is copied from the store of links.
struct Setup {
    name: &'static str,
    ldflags: &'static str,
    flags: &'static [&'static str],
    edits: &'static [Edit],
    reused: bool,
}

/// `object N FILE` compiles a library's object, `archive N FILE` makes an archive of it, `wrapper
/// FILE` a program that starts the program of the same name that comes later in PATH, with the
/// arguments in the file `conf`.
const FUNCTIONS: &str = r#"
object() { echo "int value(void) { return $1; }" >v.c.txt; gcc -x c -c -fPIC -o "$2" v.c.txt; }
archive() { object "$1" v.o.tmp; rm -f "$2"; ar rcs "$2" v.o.tmp; }
wrapper() {
  real=$(command -v "${1##*/}")
  cat >w.c.txt <<EOF
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int c, char **v) {
  static char line[200];
  FILE *f = fopen("$PWD/conf", "r");
  if (f && fgets(line, 199, f)) line[strcspn(line, "\n")] = 0;
  char **a = calloc(c + 2, sizeof *a);
  for (int i = 0; i < c; i++) a[i] = v[i];
  a[0] = "$real";
  if (line[0]) a[c] = line;
  execv(a[0], a);
  return 1;
}
EOF
  mkdir -p "${1%/*}"
  gcc -x c -o "$1.tmp" w.c.txt
  mv "$1.tmp" "$1"
}
"#;

const LIB: &str = "-L${SRCDIR}/lib -lv";
const PATH: &str = "$W/w/bin:/usr/local/bin:/usr/bin:/bin";

const SETUPS: &[Setup] = &[
    Setup {
        name: "an archive",
        ldflags: LIB,
        flags: &[],
        edits: &[Sh("archive 1 lib/libv.a"), Sh("archive 2 lib/libv.a")],
        reused: true,
    },
    Setup {
        name: "an archive behind a symbolic link, which is made to lead elsewhere",
        ldflags: LIB,
        flags: &[],
        edits: &[
            Sh("archive 1 else/one.a; archive 2 else/two.a; ln -s ../else/one.a lib/libv.a"),
            Sh("archive 3 else/one.a"),
            Sh("ln -sf ../else/two.a lib/libv.a"),
        ],
        reused: true,
    },
    Setup {
        name: "a thin archive, behind a symbolic link too",
        ldflags: LIB,
        flags: &[],
        edits: &[
            Sh("object 1 lib/v.o; ar rcsT else/thin.a lib/v.o; ln -s ../else/thin.a lib/libv.a"),
            Sh("object 2 lib/v.o"),
        ],
        reused: false,
    },
    Setup {
        name: "a linker script",
        ldflags: LIB,
        flags: &[],
        edits: &[
            Sh("archive 1 else/real.a; echo \"INPUT($PWD/else/real.a)\" >lib/libv.a"),
            Sh("archive 2 else/real.a"),
        ],
        reused: false,
    },
    Setup {
        name: "a linker script that stays in its directory",
        ldflags: LIB,
        flags: &[],
        edits: &[
            Sh(
                "archive 1 lib/real.a; echo \"GROUP ( AS_NEEDED ( $PWD/lib/real.a ) )\" >lib/libv.so",
            ),
            Sh("archive 2 lib/real.a"),
        ],
        reused: true,
    },
    Setup {
        name: "a library in a directory that is searched earlier, and appears",
        ldflags: "-L${SRCDIR}/early -L${SRCDIR}/lib -lv",
        flags: &[],
        edits: &[
            Sh("archive 1 lib/libv.a"),
            Sh("mkdir early"),
            Sh("archive 2 early/libv.a"),
        ],
        reused: true,
    },
    Setup {
        name: "an archive that is named, and becomes a thin one",
        ldflags: "${SRCDIR}/lib/libv.a",
        flags: &[],
        edits: &[
            Sh("archive 1 lib/libv.a"),
            Sh("object 2 lib/v.o; rm lib/libv.a; cd lib; ar rcsT libv.a v.o"),
            Sh("object 3 lib/v.o"),
        ],
        reused: false,
    },
    Setup {
        name: "a shared library needs another one, elsewhere",
        ldflags: LIB,
        flags: &[],
        edits: &[
            Sh("echo 'int g(void) { return 1; }' >g.c.txt; \
                gcc -x c -shared -fPIC -o else/libg.so -Wl,-soname,libg.so g.c.txt; \
                echo 'int g(void); int value(void) { return g(); }' >v.c.txt; \
                gcc -x c -shared -fPIC -o lib/libv.so v.c.txt -Lelse -lg -Wl,-rpath,$PWD/else"),
            Sh("echo 'int h(void) { return 1; }' >g.c.txt; \
                gcc -x c -shared -fPIC -o else/libg.so -Wl,-soname,libg.so g.c.txt"),
        ],
        reused: false,
    },
    Setup {
        name: "words in a file",
        ldflags: LIB,
        flags: &["-ldflags=-extldflags=@conf"],
        edits: &[
            Sh("archive 1 lib/libv.a; echo -Wl,-rpath,/first >conf"),
            Sh("echo -Wl,-rpath,/second >conf"),
        ],
        reused: false,
    },
    Setup {
        name: "another linker by -B",
        ldflags: LIB,
        flags: &["-ldflags=-extldflags=-B$W/w/tools"],
        edits: &[
            Sh("archive 1 lib/libv.a; wrapper tools/ld; echo --rpath=/first >conf"),
            Sh("echo --rpath=/second >conf"),
        ],
        reused: false,
    },
    Setup {
        name: "the compiler becomes a wrapper",
        ldflags: LIB,
        flags: &[],
        edits: &[
            Set("PATH", PATH),
            Sh("archive 1 lib/libv.a; mkdir bin; ln -s \"$(command -v gcc)\" bin/gcc"),
            Sh("rm bin/gcc; wrapper bin/gcc; echo -Wl,-rpath,/first >conf"),
            Sh("echo -Wl,-rpath,/second >conf"),
        ],
        reused: false,
    },
    Setup {
        name: "the compiler becomes a script, and goes",
        ldflags: LIB,
        flags: &[],
        edits: &[
            Set("PATH", PATH),
            Sh(
                "archive 1 lib/libv.a; mkdir bin; echo -Wl,-rpath,/first >conf; \
                printf '#!/usr/bin/env sh\\nexec %s \"$@\" $(cat %s/conf)\\n' \
                \"$(command -v gcc)\" \"$PWD\" >bin/gcc; chmod +x bin/gcc",
            ),
            Sh("echo -Wl,-rpath,/second >conf"),
            Sh("rm bin/gcc"),
        ],
        reused: true,
    },
    Setup {
        name: "the linker is a wrapper",
        ldflags: LIB,
        flags: &[],
        edits: &[
            Set("PATH", PATH),
            Sh("archive 1 lib/libv.a; wrapper bin/ld; echo --rpath=/first >conf"),
            Sh("echo --rpath=/second >conf"),
        ],
        reused: false,
    },
    Setup {
        name: "variables",
        ldflags: LIB,
        flags: &[],
        edits: &[
            Sh("archive 1 lib/libv.a; archive 2 else/libv.a; archive 3 else/libw.a"),
            Set("LD_RUN_PATH", "/first"),
            Set("LD_RUN_PATH", "/second"),
            Set("COLLECT_NO_DEMANGLE", "1"),
        ],
        reused: false,
    },
    Setup {
        name: "a file of the name that a script of the compiler's holds, where the linker runs",
        ldflags: LIB,
        flags: &[],
        edits: &[
            Sh("archive 1 lib/libv.a"),
            Sh(
                "echo 'int value(void) { return 2; }' >v.c.txt; gcc -x c -shared -fPIC -o libgcc_s.so.1 v.c.txt",
            ),
        ],
        reused: false,
    },
];

fn shell(world: &World, script: &str) {
    let output = Command::new("sh")
        .args(["-ec", &format!("{FUNCTIONS}\n{script}")])
        .current_dir(world.path("w"))
        .output()
        .expect("a shell");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {stderr}");
}

/// Removes the program and builds it; gives it, if it could be built.
fn build(world: &World, forgo: bool, flags: &[String]) -> (Option<Vec<u8>>, String) {
    let out = world.path("w/out");
    let _ = std::fs::remove_file(&out);
    let mut args = vec!["build", "-x", "-o", "out"];
    args.extend(flags.iter().map(String::as_str));
    args.push(".");
    let said = match forgo {
        true => world.forgo(&args),
        false => world.stock(&args),
    };
    let program = std::fs::read(&out).ok();
    assert_eq!(said.code == Some(0), program.is_some(), "{}", said.stderr);
    (program, said.stderr)
}

#[test]
fn a_link_is_reused_only_where_all_that_it_read_is_known() {
    each(&[], |world| {
        for setup in SETUPS {
            check(world, setup);
        }
    });
}

fn check(world: &mut World, setup: &Setup) {
    let name = setup.name;
    world.unset_all();
    std::fs::remove_dir_all(world.path("w")).expect("a directory");
    world.write("go.mod", "module example.com/m\n\ngo 1.26\n");
    let source = format!(
        "package main\n\n// #cgo LDFLAGS: {}\n// int value(void);\nimport \"C\"\n\n\
         func main() {{ println(C.value()) }}\n",
        setup.ldflags
    );
    world.write("main.go", &source);
    shell(world, "mkdir lib else");
    let dir = world.dir.path().to_str().expect("UTF-8").to_owned();
    let flags: Vec<String> = setup
        .flags
        .iter()
        .map(|flag| flag.replace("$W", &dir))
        .collect();
    let mut built = false;
    for (i, edit) in setup.edits.iter().enumerate() {
        match edit {
            Sh(script) => shell(world, script),
            Set(variable, value) => world.set(variable, value),
        }
        let (forgo, said) = build(world, true, &flags);
        built |= forgo.is_some();
        // The first one can't be stale.
        if i > 0 {
            let (stock, _) = build(world, false, &flags);
            assert!(forgo == stock, "{name}, after edit {i}:\n{said}");
        }
    }
    let (program, said) = build(world, true, &flags);
    assert!(built, "{name}:\n{said}");
    let linked = said.lines().any(|line| line.contains("/link -o "));
    let reused = program.is_some() && !linked;
    assert_eq!(reused, setup.reused, "{name}:\n{said}");
}
