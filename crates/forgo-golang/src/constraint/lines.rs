//! The constraint lines at the head of a file. Answers to parseFileHeader and shouldBuild in
//! go/build/build.go, and to getConstraints in cmd/go/internal/modindex/build.go.

use std::fmt;

use super::{Expr, SyntaxError, is_plus_build, parse};
use crate::raw;
use crate::unicode::trim_space;

/// The constraint lines at the head of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BuildLines {
    /// The `//go:build` line.
    pub go_build: Option<String>,
    /// `// +build` lines; none are kept when there is a `//go:build` line.
    pub plus_build: Vec<String>,
    /// `//go:binary-only-package`
    pub binary_only: bool,
}

impl BuildLines {
    /// Reports whether the lines allow the file; `eval` evaluates an expression.
    pub(super) fn allow(&self, mut eval: impl FnMut(&Expr) -> bool) -> Result<bool, SyntaxError> {
        if let Some(line) = &self.go_build {
            return Ok(eval(&parse(line)?));
        }
        // All lines are looked at, so that all tags are seen.
        let mut ok = true;
        for line in &self.plus_build {
            if let Ok(x) = parse(line) {
                ok &= eval(&x);
            }
        }
        Ok(ok)
    }
}

/// Errors of reading constraint lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildLinesError {
    /// More than one `//go:build` line.
    MultipleGoBuild,
}

impl fmt::Display for BuildLinesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildLinesError::MultipleGoBuild => f.write_str("multiple //go:build comments"),
        }
    }
}

impl std::error::Error for BuildLinesError {}

/// Finds the constraint lines in a file's leading comments. A `//go:build` line may stand anywhere
/// before the first token; `// +build` lines only before the last blank line of the leading `//`
/// comments.
pub fn build_lines(header: &[u8]) -> Result<BuildLines, BuildLinesError> {
    let mut found = BuildLines::default();
    let mut go_build = None;
    // End of the part where `// +build` lines count.
    let mut end = 0;
    let mut ended = false;
    let mut in_comment = false;
    for (start, raw) in lines(header) {
        let mut line = trim_space(raw);
        if line.is_empty() && !ended {
            end = start + raw.len();
            continue;
        }
        if !line.starts_with(b"//") {
            ended = true;
        }
        if !in_comment && is_go_build_comment(line) && go_build.replace(line).is_some() {
            return Err(BuildLinesError::MultipleGoBuild);
        }
        if !in_comment && line == b"//go:binary-only-package" {
            found.binary_only = true;
        }
        while !line.is_empty() {
            if in_comment {
                match line.windows(2).position(|w| w == b"*/") {
                    Some(i) => line = trim_space(&line[i + 2..]),
                    None => break,
                }
                in_comment = false;
            } else if line.starts_with(b"//") {
                break;
            } else if line.starts_with(b"/*") {
                in_comment = true;
                line = trim_space(&line[2..]);
            } else {
                // A token.
                return Ok(finish(found, go_build, &header[..end]));
            }
        }
    }
    Ok(finish(found, go_build, &header[..end]))
}

fn finish(mut found: BuildLines, go_build: Option<&[u8]>, leading: &[u8]) -> BuildLines {
    match go_build {
        Some(line) => found.go_build = Some(raw::text(line)),
        None => {
            for (_, line) in lines(leading) {
                let line = trim_space(line);
                if line.starts_with(b"//") && line.windows(6).any(|w| w == b"+build") {
                    let text = raw::text(line);
                    if is_plus_build(&text) {
                        found.plus_build.push(text);
                    }
                }
            }
        }
    }
    found
}

/// Lines with their offsets; the newline is part of the line.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut start = 0;
    text.split_inclusive(|&b| b == b'\n').map(move |line| {
        start += line.len();
        (start - line.len(), line)
    })
}

fn is_go_build_comment(line: &[u8]) -> bool {
    match line.strip_prefix(b"//go:build") {
        Some(rest) => rest.is_empty() || trim_space(rest).len() < rest.len(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> (Option<String>, Vec<String>, bool) {
        let b = build_lines(text.as_bytes()).unwrap();
        (b.go_build, b.plus_build, b.binary_only)
    }

    #[test]
    fn finds_lines() {
        for (text, go, plus, binary) in [
            ("package x\n", None, &[][..], false),
            (
                "//go:build a\n\npackage x",
                Some("//go:build a"),
                &[],
                false,
            ),
            // It counts even right before the package clause.
            ("//go:build a\npackage x", Some("//go:build a"), &[], false),
            (
                "//go:build a\n// +build b\n\npackage x",
                Some("//go:build a"),
                &[],
                false,
            ),
            (
                "// +build b\n\n// +build c\n//+build d\n\npackage x",
                None,
                &["// +build b", "// +build c", "//+build d"],
                false,
            ),
            ("// +build b\npackage x", None, &[], false),
            ("// x\n\n// +build b\npackage x", None, &[], false),
            (
                "// +build b\n\n/* c */\n\n// +build c\n\npackage x",
                None,
                &["// +build b"],
                false,
            ),
            (
                "/*\n//go:build a\n*/\n//go:build b\npackage x",
                Some("//go:build b"),
                &[],
                false,
            ),
            ("/* x */ //go:build a\npackage x", None, &[], false),
            ("/* x */ package y\n//go:build a\n", None, &[], false),
            (
                "\t//go:build a \r\n\r\npackage x",
                Some("//go:build a"),
                &[],
                false,
            ),
            ("//go:buildx\n\npackage x", None, &[], false),
            ("//go:binary-only-package\n\npackage x", None, &[], true),
            (
                "/*\n//go:binary-only-package\n*/package x",
                None,
                &[],
                false,
            ),
            ("// +buildx\n\npackage x", None, &[], false),
            ("/* unclosed\n//go:build a", None, &[], false),
        ] {
            let plus = plus.iter().map(|s| (*s).to_owned()).collect();
            assert_eq!(
                found(text),
                (go.map(str::to_owned), plus, binary),
                "{text:?}"
            );
        }
    }

    #[test]
    fn two_go_build_lines() {
        let err = build_lines(b"//go:build a\n//go:build b\npackage x").unwrap_err();
        assert_eq!(err.to_string(), "multiple //go:build comments");
        assert!(build_lines(b"//go:build a\npackage x\n//go:build b\n").is_ok());
    }
}
