//! `go test`: the output for tests that pass, fail, hang or can't be built, as text and as JSON.

#![allow(
    clippy::disallowed_methods,
    reason = "a test looks at what is left with its own eyes"
)]

mod support;

use std::process::Stdio;

use support::{Said, World, each};

const PASS: &str = "package pass\n\nimport \"testing\"\n\n\
    func TestA(t *testing.T) { t.Log(\"said\") }\n\
    func TestB(t *testing.T) { t.Run(\"s u\", func(t *testing.T) {}) }\n\
    func BenchmarkC(b *testing.B) { b.ReportMetric(1, \"x/op\") }\n";
const FAIL: &str = "package fail\n\nimport \"testing\"\n\n\
    func TestA(t *testing.T) { println(\"to stderr\"); t.Error(\"bad\") }\n\
    func TestB(t *testing.T) { t.Fatal(\"worse\") }\n";
const HANG: &str = "package hang\n\nimport (\"testing\"; \"time\")\n\n\
    func TestA(t *testing.T) { time.Sleep(time.Hour) }\n";

const TREE: &[(&str, &str)] = &[
    ("go.mod", "module example.com/m\n\ngo 1.26\n"),
    ("pass/p_test.go", PASS),
    ("fail/f_test.go", FAIL),
    ("hang/h_test.go", HANG),
    ("none/n.go", "package none\n"),
    (
        "broken/b_test.go",
        "package broken\n\nfunc init() { undefined() }\n",
    ),
    (
        "vetted/v_test.go",
        "package vetted\n\nimport \"fmt\"\n\nfunc init() { fmt.Printf(\"%d\", \"s\") }\n",
    ),
];

/// Without times, addresses and numbers of goroutines.
fn masked(said: Said) -> Said {
    let rules = [
        (r#""Time":"[^"]*","#, ""),
        (r#""Elapsed":[0-9.e-]+"#, "E"),
        (r"[0-9.]+ ?(s|ns/op|ms|µs)\b", "T"),
        (r"0x[0-9a-f]+", "0xN"),
        (r"goroutine [0-9]+", "goroutine N"),
        (r" +[0-9]+(\s|\\t)+T", " N T"),
    ];
    let mask = |mut text: String| {
        for (rule, with) in rules {
            text = regex::Regex::new(rule)
                .unwrap()
                .replace_all(&text, with)
                .into_owned();
        }
        text
    };
    Said {
        stdout: mask(said.stdout),
        stderr: mask(said.stderr),
        code: said.code,
    }
}

#[track_caller]
fn same(world: &World, args: &[&str]) {
    let (stock, forgo) = (masked(world.stock(args)), masked(world.forgo(args)));
    assert_eq!(stock, forgo, "{} {args:?}", world.goroot.display());
}

#[test]
fn results() {
    each(TREE, |world| {
        for args in [
            // Nothing is built yet: -v names no packages.
            &["test", "-v", "./pass", "./none"] as &[_],
            &["test", "./pass", "./fail", "./none"],
            &["test", "-json", "-p=1", "./pass", "./fail"],
            &["test", "-json", "-p=1", "./broken", "./vetted", "./pass"],
            &["test", "-vet=off", "./vetted"],
            &[
                "test",
                "-run",
                "B/s_u",
                "-bench",
                ".",
                "-benchtime=3x",
                "-v",
                "./pass",
            ],
            &["test", "-failfast", "./fail"],
            &["test", "-list", ".", "./pass", "./none"],
            &["test", "-timeout=1s", "./hang"],
            &["test", "-exec", "echo", "./pass"],
            &["test", "-exec", "no-such-program", "./pass"],
            &["test", "-cover", "./pass", "./none"],
        ] {
            same(world, args);
        }
    });
}

/// Ctrl-C at a terminal: the program gets it and may print; the command waits for it.
#[test]
fn interrupts_are_the_programs() {
    let main = "package main\n\nimport (\"os\"; \"os/signal\")\n\n\
        func main() {\n\tc := make(chan os.Signal, 1)\n\tsignal.Notify(c, os.Interrupt)\n\
        \tos.WriteFile(\"started\", nil, 0o666)\n\t<-c\n\tprintln(\"caught\")\n\tos.Exit(4)\n}\n";
    each(&[("go.mod", TREE[0].1), ("main.go", main)], |world| {
        let interrupted = |mut command: std::process::Command| {
            use std::os::unix::process::CommandExt as _;
            command.args(["run", "."]).process_group(0);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            let child = command.spawn().unwrap();
            let started = world.path("w/started");
            while !started.exists() {
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            std::fs::remove_file(started).unwrap();
            let group = rustix::process::Pid::from_raw(child.id().cast_signed()).unwrap();
            rustix::process::kill_process_group(group, rustix::process::Signal::INT).unwrap();
            let output = child.wait_with_output().unwrap();
            (
                output.status.code(),
                String::from_utf8(output.stderr).unwrap(),
            )
        };
        let forgo = interrupted(world.forgo_command());
        assert_eq!(forgo, (Some(1), "caught\nexit status 4\n".to_owned()));
        assert_eq!(interrupted(world.stock_command()), forgo);
    });
}
