//! The properties that started programs inherit: environment, ignored and blocked signals, limits.
//! Recording wrappers stand in the places of all of them; they must see the same under forgo as
//! under the stock command.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use support::{World, each};

/// Lines that a program writes of itself, below the name in `$1` or of the program.
const RECORD: &str = "{ env | grep -vE '^(_|FORGO_GO)='; grep -E '^Sig(Blk|Ign)' /proc/self/status; umask; ulimit -Sn; ulimit -Hn; ulimit -Sc; } >>$W/record/";

const GO_RECORD: &str = r#"package main

import (
	"os"
	"strings"
)

func record(name string) {
	status, _ := os.ReadFile("/proc/self/status")
	var lines []string
	for _, line := range append(os.Environ(), strings.Split(string(status), "\n")...) {
		own := strings.HasPrefix(line, "FORGO_GO=") || !strings.Contains(line, "=")
		// The Go runtime sets its own mask and handlers at the start; what stays ignored was inherited.
		if !own || strings.HasPrefix(line, "SigIgn") {
			lines = append(lines, line)
		}
	}
	os.WriteFile(os.Getenv("RECORD")+"/"+name, []byte(strings.Join(lines, "\n")+"\n"), 0o666)
}
"#;

const FILES: &[(&str, &str)] = &[
    ("go.mod", "module example.com/m\n\ngo 1.26\n"),
    ("record.go", GO_RECORD),
    (
        "main.go",
        "package main\n\nfunc main() { record(\"program\") }\n",
    ),
    (
        "main_test.go",
        "package main\n\nimport \"testing\"\n\nfunc TestX(t *testing.T) { record(\"test\") }\n",
    ),
    (
        "c/c.go",
        "package main\n\n// #cgo pkg-config: x\n// int x;\nimport \"C\"\n\nfunc main() { _ = C.x }\n",
    ),
];

fn wrapper(world: &World, name: &str, then: &str) {
    let dir = world.path("bin");
    std::fs::create_dir_all(&dir).unwrap();
    let root = world.path("");
    let record = RECORD.replace("$W", root.to_str().unwrap().trim_end_matches('/'));
    let file = dir.join(name);
    std::fs::write(&file, format!("#!/bin/sh\n{record}{name}\n{then}\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs a command as a shell's `trap` and a harness may start it, and returns what each program
/// saw.
fn records(world: &World, command: &Command, signals: &[&str], args: &[&str]) -> BTreeSet<String> {
    let dir = world.path("record");
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    // An executable in place would be up to date.
    let _ = std::fs::remove_file(world.path("w/x"));
    let mut env = Command::new("env");
    env.args(signals).arg(command.get_program()).args(args);
    env.env_clear().current_dir(world.path("w"));
    for (key, value) in command.get_envs() {
        if let Some(value) = value {
            env.env(key, value);
        }
    }
    let output = env.output().unwrap();
    let mut lines = BTreeSet::new();
    for entry in std::fs::read_dir(&dir).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        let text = std::fs::read_to_string(entry.path()).unwrap();
        for line in text.lines() {
            let line = line.replace("cache-forgo", "cache-stock");
            let mut parts = line.split("go-build");
            let first = parts.next().unwrap_or_default().to_owned();
            let masked = parts.fold(first, |text, part| {
                text + "go-build" + part.trim_start_matches(|c: char| c.is_ascii_digit())
            });
            lines.insert(format!("{name}: {masked}"));
        }
    }
    assert!(
        !lines.is_empty(),
        "nothing was recorded of {args:?}: {output:?}"
    );
    lines
}

/// Variables and arguments.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

#[test]
fn children_inherit_what_those_of_the_stock_command_do() {
    let cases: [Case; 11] = [
        (&[], &["run", "."]),
        (&[], &["build", "-o", "x", "."]),
        (&[], &["run", "-exec", "$W/bin/exec", "."]),
        (&[], &["test", "-count=1", "-vet=off", "."]),
        (&[], &["test", "-count=1", "-exec", "$W/bin/exec", "."]),
        (
            &[("CC", "$W/bin/cc"), ("PKG_CONFIG", "$W/bin/pkg-config")],
            &["build", "-o", "x", "./c"],
        ),
        (
            &[],
            &["build", "-toolexec", "$W/bin/toolexec", "-o", "x", "."],
        ),
        (&[], &["vet", "-vettool=$W/bin/vettool", "."]),
        (
            &[("GOCACHEPROG", "$W/bin/prog")],
            // Which is asked first, git or the cache, is not the same.
            &["build", "-buildvcs=false", "-o", "x", "."],
        ),
        (
            &[("GO111MODULE", "off")],
            &["build", "-toolexec", "$W/bin/toolexec", "-o", "x", "."],
        ),
        (
            &[("GIT_TERMINAL_PROMPT", "1"), ("GCM_INTERACTIVE", "")],
            &["build", "-toolexec", "$W/bin/toolexec", "-o", "x", "."],
        ),
    ];
    let signals: [&[&str]; 3] = [
        &[],
        // nohup, and a job in the background of a script.
        &[
            "--ignore-signal=HUP",
            "--ignore-signal=INT",
            "--ignore-signal=QUIT",
        ],
        &[
            "--ignore-signal=CHLD",
            "--ignore-signal=PIPE",
            "--ignore-signal=TERM",
            "--block-signal=USR1",
        ],
    ];
    each(FILES, |world| {
        let tool = world.goroot.join("pkg/tool/linux_amd64/vet");
        for (name, then) in [
            ("exec", "exec \"$@\"".to_owned()),
            ("toolexec", "exec \"$@\"".to_owned()),
            ("cc", "exec gcc \"$@\"".to_owned()),
            ("git", "exec /usr/bin/git \"$@\"".to_owned()),
            ("pkg-config", "exit 0".to_owned()),
            ("prog", "exit 1".to_owned()),
            ("vettool", format!("exec {} \"$@\"", tool.display())),
        ] {
            wrapper(world, name, &then);
        }
        // Each world has a different commit, of which nothing is cached.
        world.write("root", world.path("").to_str().unwrap());
        let git = "git init -q && git add . && git -c user.name=n -c user.email=e commit -qm m";
        let mut git_command = Command::new("sh");
        git_command.args(["-c", git]).current_dir(world.path("w"));
        assert!(
            git_command
                .env("HOME", world.path("home"))
                .status()
                .unwrap()
                .success()
        );
        for (i, (env, args)) in cases.iter().enumerate() {
            world.unset_all();
            world.set("PATH", "$W/bin:/usr/local/bin:/usr/bin:/bin");
            world.set("RECORD", "$W/record");
            for (key, value) in *env {
                world.set(key, value);
            }
            let root = world
                .path("")
                .to_str()
                .unwrap()
                .trim_end_matches('/')
                .to_owned();
            let args: Vec<String> = args.iter().map(|arg| arg.replace("$W", &root)).collect();
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            // Each starts different programs: none whose result is cached, also from another world.
            let c = FILES[4].1.replace("int x;", &format!("int x; // {root}"));
            world.write(FILES[4].0, &c);
            let signals = signals[i % signals.len()];
            let stock = records(world, &world.stock_command(), signals, &args);
            let forgo = records(world, &world.forgo_command(), signals, &args);
            let lines = |a: &BTreeSet<String>, b: &BTreeSet<String>| {
                a.difference(b).cloned().collect::<Vec<_>>().join("\n")
            };
            assert!(
                stock == forgo,
                "{} {env:?} {signals:?} {args:?}\nstock only:\n{}\nforgo only:\n{}",
                world.goroot.display(),
                lines(&stock, &forgo),
                lines(&forgo, &stock)
            );
        }
    });
}
