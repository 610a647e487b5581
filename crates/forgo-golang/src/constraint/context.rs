//! Which tags hold in a build. Answers to matchTag, goodOSArchFile, matchAuto and shouldBuild of
//! build.Context in go/build/build.go.

use std::collections::{BTreeSet, HashSet};

use super::{BuildLines, Expr, SyntaxError, parse};
use crate::syslist::{known_arch, known_os, unix_os};

/// Tags seen while matching (build.Package.AllTags).
pub type SeenTags = BTreeSet<String>;

/// Which tags hold: the part of build.Context that matching needs. Made once per invocation.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// GOOS.
    pub goos: String,
    /// GOARCH.
    pub goarch: String,
    /// `gc`
    pub compiler: String,
    /// The `cgo` tag.
    pub cgo_enabled: bool,
    /// `-tags`, tool tags and release tags together.
    pub tags: HashSet<String>,
}

impl Context {
    /// Does the tag hold (build.Context.matchTag)?
    pub fn match_tag(&self, name: &str, seen: Option<&mut SeenTags>) -> bool {
        if let Some(seen) = seen
            && !seen.contains(name)
        {
            seen.insert(name.to_owned());
        }
        let implied = match name {
            "cgo" => self.cgo_enabled,
            "linux" => self.goos == "android",
            "solaris" => self.goos == "illumos",
            "darwin" => self.goos == "ios",
            "unix" => unix_os(&self.goos),
            _ => false,
        };
        if implied || name == self.goos || name == self.goarch || name == self.compiler {
            return true;
        }
        let name = if name == "boringcrypto" {
            "goexperiment.boringcrypto"
        } else {
            name
        };
        self.tags.contains(name)
    }

    /// Reports whether the file name's GOOS/GOARCH suffix allows the file (goodOSArchFile).
    pub fn good_os_arch_file(&self, name: &str, seen: Option<&mut SeenTags>) -> bool {
        match file_name_tags(name) {
            FileNameTags::None => true,
            FileNameTags::One(tag) => self.match_tag(tag, seen),
            FileNameTags::OsArch(os, arch) => match seen {
                Some(seen) => {
                    seen.insert(os.to_owned());
                    self.match_tag(arch, Some(seen)) && self.match_tag(os, Some(seen))
                }
                None => self.match_tag(arch, None) && self.match_tag(os, None),
            },
        }
    }

    /// Evaluates an expression.
    pub fn eval(&self, x: &Expr, mut seen: Option<&mut SeenTags>) -> bool {
        x.eval(&mut |tag| self.match_tag(tag, seen.as_deref_mut()))
    }

    /// Condition of a `#cgo` line, in either syntax (matchAuto).
    pub fn match_auto(&self, text: &str, seen: Option<&mut SeenTags>) -> bool {
        let keyword = if text.contains(['&', '|', '(', ')']) {
            "//go:build"
        } else {
            "// +build"
        };
        match parse(&format!("{keyword} {text}")) {
            Ok(x) => self.eval(&x, seen),
            Err(_) => false,
        }
    }

    /// Do the constraint lines of a file's header allow it (shouldBuild)? A `//go:build` line that
    /// does not parse is an error (the stock command puts `parsing //go:build line: ` before it).
    pub fn should_build(
        &self,
        lines: &BuildLines,
        mut seen: Option<&mut SeenTags>,
    ) -> Result<bool, SyntaxError> {
        lines.allow(|x| self.eval(x, seen.as_deref_mut()))
    }
}

/// The constraint that a file name implies.
pub(super) enum FileNameTags<'a> {
    None,
    One(&'a str),
    OsArch(&'a str, &'a str),
}

/// The tags in a name like `x_linux_amd64_test.go`. Something must precede them: `linux.go` has
/// none.
pub(super) fn file_name_tags(name: &str) -> FileNameTags<'_> {
    let name = name.split_once('.').map_or(name, |(stem, _)| stem);
    let Some(i) = name.find('_') else {
        return FileNameTags::None;
    };
    let tags = name[i + 1..]
        .strip_suffix("test")
        .map_or(&name[i + 1..], |head| {
            // Only a whole last element `test` is dropped.
            match head.strip_suffix('_') {
                Some(head) => head,
                None if head.is_empty() => "",
                None => &name[i + 1..],
            }
        });
    let (head, last) = tags.rsplit_once('_').unwrap_or(("", tags));
    let before = head.rsplit_once('_').map_or(head, |(_, before)| before);
    if known_arch(last) && known_os(before) {
        FileNameTags::OsArch(before, last)
    } else if known_os(last) || known_arch(last) {
        FileNameTags::One(last)
    } else {
        FileNameTags::None
    }
}

#[cfg(test)]
mod tests {
    use super::super::build_lines;
    use super::*;

    fn context(goos: &str, goarch: &str, tags: &[&str]) -> Context {
        Context {
            goos: goos.to_owned(),
            goarch: goarch.to_owned(),
            compiler: "gc".to_owned(),
            cgo_enabled: true,
            tags: tags.iter().map(|s| (*s).to_owned()).collect(),
        }
    }

    #[test]
    fn tags() {
        for (goos, tag, want) in [
            ("linux", "linux", true),
            ("linux", "amd64", true),
            ("linux", "gc", true),
            ("linux", "gccgo", false),
            ("linux", "cgo", true),
            ("linux", "unix", true),
            ("linux", "go1.20", true),
            ("linux", "go1.99", false),
            ("linux", "boringcrypto", true),
            ("linux", "windows", false),
            ("windows", "unix", false),
            ("android", "linux", true),
            ("android", "android", true),
            ("illumos", "solaris", true),
            ("ios", "darwin", true),
            ("darwin", "ios", false),
            ("linux", "", false),
        ] {
            let ctx = context(goos, "amd64", &["go1.20", "goexperiment.boringcrypto"]);
            let mut seen = SeenTags::new();
            assert_eq!(ctx.match_tag(tag, Some(&mut seen)), want, "{goos} {tag}");
            assert_eq!(ctx.match_tag(tag, None), want);
            assert_eq!(seen.into_iter().collect::<Vec<_>>(), [tag]);
        }
        let mut ctx = context("linux", "amd64", &[]);
        ctx.cgo_enabled = false;
        assert!(!ctx.match_tag("cgo", None));
    }

    #[test]
    fn file_names() {
        for (name, want, tags) in [
            ("x.go", true, ""),
            ("linux.go", true, ""),
            ("windows.go", true, ""),
            ("windows_test.go", true, ""),
            ("x_linux.go", true, "linux"),
            ("x_linux.x_windows.go", true, "linux"),
            ("x_windows.go", false, "windows"),
            ("x_windows_test.go", false, "windows"),
            ("x_amd64.s", true, "amd64"),
            ("x_arm64.s", false, "arm64"),
            ("x_linux_amd64.go", true, "amd64 linux"),
            ("x_linux_arm64.go", false, "arm64 linux"),
            ("x_windows_amd64_test.go", false, "amd64 windows"),
            ("x_amd64_linux.go", true, "linux"),
            ("x_arm64_linux.go", true, "linux"),
            ("linux_arm64.go", false, "arm64"),
            ("_linux.go", true, "linux"),
            ("x_test.go", true, ""),
            ("x_test_test.go", true, ""),
            ("x_linuxtest.go", true, ""),
            ("x_unix.go", true, ""),
            ("x__test.go", true, ""),
            ("x_windows_test_test.go", true, ""),
            ("x_test_windows.go", false, "windows"),
            ("a_b_linux_386", false, "386 linux"),
        ] {
            let ctx = context("linux", "amd64", &[]);
            let mut seen = SeenTags::new();
            assert_eq!(ctx.good_os_arch_file(name, Some(&mut seen)), want, "{name}");
            assert_eq!(ctx.good_os_arch_file(name, None), want, "{name}");
            assert_eq!(
                seen.into_iter().collect::<Vec<_>>().join(" "),
                tags,
                "{name}"
            );
        }
    }

    #[test]
    fn conditions() {
        let ctx = context("linux", "amd64", &["foo"]);
        for (text, want) in [
            ("linux", true),
            ("!linux", false),
            ("linux,amd64", true),
            ("linux,arm64", false),
            ("linux&&amd64", true),
            ("(linux", false),
            ("!windows", true),
            ("foo", true),
            ("a-b", false),
            ("!a-b", true),
        ] {
            assert_eq!(ctx.match_auto(text, None), want, "{text}");
        }
    }

    #[test]
    fn files() {
        let ctx = context("linux", "amd64", &[]);
        for (text, want) in [
            ("package x", Ok(true)),
            ("//go:build linux\n\npackage x", Ok(true)),
            ("//go:build !linux\n\npackage x", Ok(false)),
            (
                "//go:build linux &&\n\npackage x",
                Err("unexpected end of expression"),
            ),
            ("// +build linux\n// +build arm64\n\npackage x", Ok(false)),
            (
                "// +build linux windows\n// +build !arm64\n\npackage x",
                Ok(true),
            ),
        ] {
            let lines = build_lines(text.as_bytes()).unwrap();
            assert_eq!(
                ctx.should_build(&lines, None).map_err(|e| e.err),
                want.map_err(str::to_owned),
                "{text:?}"
            );
        }
        let mut seen = SeenTags::new();
        let lines = build_lines(b"// +build arm64\n// +build a,b\n\npackage x").unwrap();
        assert_eq!(ctx.should_build(&lines, Some(&mut seen)), Ok(false));
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["a", "arm64", "b"]);
    }
}
