//! Output is complete, or the command ends as the stock command does when it is not: slow readers
//! of pipes in non-blocking mode, readers that go away, full devices.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use std::fs::File;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use support::{World, each};

const FILES: &[(&str, &str)] = &[
    ("go.mod", "module example.com/m\n\ngo 1.26\n"),
    ("m.go", "package m\n"),
    (
        "m_test.go",
        "package m\n\nimport (\n\t\"strings\"\n\t\"testing\"\n)\n\nfunc TestX(t *testing.T) { t.Log(strings.Repeat(strings.Repeat(\"x\", 99)+\"\\n\", 2000)) }\n",
    ),
];

/// Commands with much output on standard output.
const MUCH: [&[&str]; 5] = [
    &["list", "-json", "std"],
    &["list", "-f", "{{.Dir}} {{.Deps}}", "std"],
    &["test", "-v", "-count=1", "."],
    &["test", "-v", "-json", "-count=1", "."],
    &["man"],
];

fn no_input(mut command: Command, args: &[&str]) -> Command {
    command.args(args).stdin(Stdio::null());
    command
}

#[test]
fn slow_readers_of_pipes_in_non_blocking_mode_get_everything() {
    each(FILES, |world| {
        for args in MUCH {
            // The same through a file, which takes everything at once.
            let whole = no_input(world.forgo_command(), args).output().unwrap();
            let (mut reader, writer) = std::io::pipe().unwrap();
            let flags = fcntl_getfl(&writer).unwrap();
            fcntl_setfl(&writer, flags | OFlags::NONBLOCK).unwrap();
            let mut command = no_input(world.forgo_command(), args);
            let mut child = command.stdout(writer).spawn().unwrap();
            drop(command);
            let mut bytes = Vec::new();
            let mut part = [0; 1000];
            loop {
                let n = reader.read(&mut part).unwrap();
                if n == 0 {
                    break;
                }
                bytes.extend_from_slice(&part[..n]);
            }
            assert!(child.wait().unwrap().success(), "{args:?}");
            // Times are not equally long.
            let lines = |bytes: &[u8]| bytes.iter().filter(|b| **b == b'\n').count();
            assert_eq!(lines(&bytes), lines(&whole.stdout), "{args:?}");
            assert_eq!(bytes.last(), whole.stdout.last(), "{args:?}");
        }
    });
}

/// How a command ends with these streams.
fn end(mut command: Command, out: Stdio, err: Stdio) -> (Option<i32>, Option<i32>) {
    let status = command.stdout(out).stderr(err).status().unwrap();
    (status.code(), status.signal())
}

/// Both commands, on streams that can't be written, end the same way.
#[track_caller]
fn same_end(world: &World, args: &[&str], streams: impl Fn() -> (Stdio, Stdio)) {
    let [stock, forgo] = [world.stock_command(), world.forgo_command()].map(|command| {
        let (out, err) = streams();
        end(no_input(command, args), out, err)
    });
    assert_eq!(stock, forgo, "{args:?}");
}

fn full() -> Stdio {
    File::options()
        .write(true)
        .open("/dev/full")
        .unwrap()
        .into()
}

/// A pipe without a reader.
fn closed() -> Stdio {
    std::io::pipe().unwrap().1.into()
}

const COMMANDS: [&[&str]; 16] = [
    &["list"],
    &["list", "-json"],
    &["list", "-f", "{{.Deps}}", "std"],
    &["env"],
    &["env", "-json"],
    &["env", "GOROOT"],
    &["build", "-n"],
    &["build", "./no/such"],
    &["vet", "-json"],
    &["test", "-count=1", "."],
    &["test", "-v", "-count=1", "."],
    &["test", "-v", "-json", "-count=1", "."],
    &["test", "-v", "-count=1", "./..."],
    &["test", "-n"],
    &["clean", "-n"],
    &["version"],
];

#[test]
fn full_devices() {
    each(FILES, |world| {
        for args in COMMANDS {
            same_end(world, args, || (full(), Stdio::null()));
            same_end(world, args, || (Stdio::null(), full()));
        }
        for args in [&["man"][..], &["completion", "bash"]] {
            let output = no_input(world.forgo_command(), args)
                .stdout(full())
                .output();
            let output = output.unwrap();
            assert_eq!(output.status.code(), Some(1));
            let text = String::from_utf8(output.stderr).unwrap();
            assert_eq!(text, "forgo: write /dev/stdout: no space left on device\n");
        }
    });
}

#[test]
fn readers_that_have_gone_away() {
    each(FILES, |world| {
        for args in COMMANDS {
            same_end(world, args, || (closed(), Stdio::null()));
            same_end(world, args, || (Stdio::null(), closed()));
        }
    });
}
