//! Tags as cmd/go/internal/imports sees them: for scans that want the imports of any build.

use std::collections::HashSet;

use super::context::{FileNameTags, file_name_tags};
use super::{BuildLines, Expr};
use crate::deep::deep;
use crate::syslist::unix_os;
use crate::unicode::{is_digit, is_letter};

/// A set of true tags, or the set `*` that makes nearly all tags both true and false.
#[derive(Debug, Clone, Default)]
pub struct ImportsTags {
    /// True tags, with GOOS, GOARCH, the compiler and `cgo` (imports.Tags); `None` is `*`
    /// (imports.AnyTags).
    pub tags: Option<HashSet<String>>,
    /// GOOS, for the `unix` tag.
    pub goos: String,
}

impl ImportsTags {
    /// imports.MatchFile.
    pub fn match_file(&self, name: &str) -> bool {
        if self.tags.is_none() {
            return true;
        }
        match file_name_tags(name) {
            FileNameTags::None => true,
            FileNameTags::One(tag) => self.match_tag(tag, true),
            FileNameTags::OsArch(os, arch) => {
                self.match_tag(os, true) && self.match_tag(arch, true)
            }
        }
    }

    /// imports.ShouldBuild. A file whose constraint does not parse is left out.
    pub fn should_build(&self, lines: &BuildLines) -> bool {
        lines.allow(|x| self.eval(x, true)).unwrap_or(false)
    }

    /// imports.Eval: `prefer` is the answer for tags that are both true and false.
    pub fn eval(&self, x: &Expr, prefer: bool) -> bool {
        match x {
            Expr::Tag(tag) => self.match_tag(tag, prefer),
            Expr::Not(x) => deep(|| !self.eval(x, !prefer)),
            Expr::And(x, y) => deep(|| self.eval(x, prefer) && self.eval(y, prefer)),
            Expr::Or(x, y) => deep(|| self.eval(x, prefer) || self.eval(y, prefer)),
        }
    }

    fn match_tag(&self, name: &str, prefer: bool) -> bool {
        if !name
            .chars()
            .all(|c| is_letter(c) || is_digit(c) || c == '_' || c == '.')
        {
            return false;
        }
        let holds = |tag: &str| self.tags.as_ref().is_some_and(|tags| tags.contains(tag));
        if self.tags.is_none() && !name.is_empty() && name != "ignore" {
            return prefer;
        }
        holds(name)
            || match name {
                "linux" => holds("android"),
                "solaris" => holds("illumos"),
                "darwin" => holds("ios"),
                "unix" => unix_os(&self.goos),
                _ => false,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::super::build_lines;
    use super::*;

    fn tags(list: &[&str]) -> ImportsTags {
        ImportsTags {
            tags: Some(list.iter().map(|s| (*s).to_owned()).collect()),
            goos: "linux".to_owned(),
        }
    }

    #[test]
    fn files() {
        let some = tags(&["linux", "amd64", "gc", "go1.20"]);
        let any = ImportsTags {
            tags: None,
            goos: "linux".to_owned(),
        };
        for (text, in_some, in_any) in [
            ("package x", true, true),
            ("//go:build linux && !windows\n\npackage x", true, true),
            ("//go:build windows\n\npackage x", false, true),
            ("//go:build !linux\n\npackage x", false, true),
            ("//go:build ignore\n\npackage x", false, false),
            ("//go:build !ignore && !x\n\npackage x", true, true),
            ("//go:build unix\n\npackage x", true, true),
            ("//go:build (\n\npackage x", false, false),
            ("// +build ignore\n\npackage x", false, false),
            ("// +build x\n\npackage x", false, true),
        ] {
            let lines = build_lines(text.as_bytes()).unwrap();
            assert_eq!(some.should_build(&lines), in_some, "{text:?}");
            assert_eq!(any.should_build(&lines), in_any, "{text:?}");
        }
        for (name, in_some) in [
            ("x.go", true),
            ("x_linux.go", true),
            ("x_windows.go", false),
            ("x_linux_arm64.go", false),
            ("x_amd64_test.go", true),
        ] {
            assert_eq!(some.match_file(name), in_some, "{name}");
            assert!(any.match_file(name));
        }
        assert!(tags(&["android"]).match_file("x_linux.go"));
    }
}
