//! Command lines too long for some systems go to a file: `tool @file`.
//!
//! Answers to `passLongArgsInResponseFiles` in cmd/go/internal/work/exec.go.

use std::io::Write;

use forgo_golang::{path, raw};
use forgo_load::config::Config;
use forgo_load::disk::Place;
use tempfile::NamedTempFile;

/// How long a command line may be; above it there is a file.
const LIMIT: usize = 30 << 10;

/// The file to pass in place of `args`, if they are too long and the program understands it. The
/// file is gone when dropped.
pub(super) fn make(
    config: &Config,
    program: &str,
    args: &[String],
) -> Result<Option<NamedTempFile>, String> {
    let length = program.len() + args.iter().map(String::len).sum::<usize>();
    if length <= LIMIT || !understands(config, program) {
        return Ok(None);
    }
    let tmp = match config.env.os("TMPDIR") {
        "" => "/tmp",
        dir => dir,
    };
    let encode = if config.dist.release.response_files_are_quoted() {
        encode_quoted
    } else {
        encode_escaped
    };
    let mut text = String::with_capacity(length + args.len());
    for arg in args {
        encode(arg, &mut text);
        text.push('\n');
    }
    let write = || {
        let mut file = tempfile::Builder::new()
            .prefix("args")
            .rand_bytes(10)
            .tempfile_in(tmp.place())?;
        file.write_all(&raw::bytes(&text))?;
        Ok(file)
    };
    write().map(Some).map_err(|e: std::io::Error| {
        let why = forgo_load::process::errno_text(&e);
        format!("error writing long arguments to response file: {why}")
    })
}

/// Only the programs that parse flags as the Go toolchain does.
fn understands(config: &Config, program: &str) -> bool {
    match path::base(program) {
        "compile" | "link" | "cgo" | "asm" | "cover" => true,
        "pack" => config.dist.release.pack_reads_response_files(),
        _ => false,
    }
}

/// The encoding up to Go 1.26: one argument a line, backslash and newline escaped.
fn encode_escaped(arg: &str, out: &mut String) {
    for c in arg.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
}

/// The encoding since Go 1.27, which is GCC's: double quotes where there is something special.
fn encode_quoted(arg: &str, out: &mut String) {
    let special = [' ', '\t', '\n', '\r', '\'', '"', '\\', '$', '`'];
    if !arg.is_empty() && !arg.contains(special) {
        out.push_str(arg);
        return;
    }
    out.push('"');
    for c in arg.chars() {
        if matches!(c, '\\' | '"' | '$' | '`') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(encode: fn(&str, &mut String), arg: &str) -> String {
        let mut out = String::new();
        encode(arg, &mut out);
        out
    }

    #[test]
    fn arguments_are_encoded_as_each_release_reads_them() {
        for (arg, escaped, quoted) in [
            ("plain", "plain", "plain"),
            ("", "", "\"\""),
            ("a b", "a b", "\"a b\""),
            ("a\\b\nc", "a\\\\b\\nc", "\"a\\\\b\nc\""),
            ("$x`\"", "$x`\"", "\"\\$x\\`\\\"\""),
        ] {
            assert_eq!(encoded(encode_escaped, arg), escaped);
            assert_eq!(encoded(encode_quoted, arg), quoted);
        }
    }

    #[test]
    fn only_long_command_lines_of_go_tools_go_to_a_file() {
        let config = Config::default();
        let long = vec!["x".repeat(100); 400];
        assert!(make(&config, "/t/compile", &long[..3]).unwrap().is_none());
        assert!(make(&config, "/usr/bin/gcc", &long).unwrap().is_none());
        let file = make(&config, "/t/compile", &long).unwrap().unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert_eq!(text.lines().collect::<Vec<_>>(), long);
    }
}
