//! Go versions and toolchain names (`1.21rc1`, `go1.22.3`). Answers to internal/gover and
//! cmd/go/internal/gover.

use std::cmp::Ordering;

use crate::module::{self, Version};
use crate::semver::{self, compare_numbers};

/// From here on `all` no longer reaches tests of dependencies.
pub const NARROW_ALL: &str = "1.16";
/// Version of a go.mod without a go line.
pub const DEFAULT_GO_MOD: &str = "1.16";
/// Version of a go.work without a go line.
pub const DEFAULT_GO_WORK: &str = "1.18";
/// From here on go.mod lists all modules that provide packages (graph pruning).
pub const EXPLICIT_INDIRECT: &str = "1.17";
/// From this version on indirect requirements stand in a separate block.
pub const SEPARATE_INDIRECT: &str = "1.17";
/// From here on `go mod tidy` keeps go.mod sums for test dependencies.
pub const TIDY_GO_MOD_SUM: &str = "1.21";
/// From here on go lines are strict: a dependency may not ask for a newer one.
pub const GO_STRICT: &str = "1.21";
/// From here on a vendored package must be listed in modules.txt to be imported.
pub const EXPLICIT_MODULES_TXT_IMPORT: &str = "1.23";

/// A version in parts; texts of digits, empty where absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Parsed<'a> {
    /// `1`
    pub major: &'a str,
    /// `21`
    pub minor: &'a str,
    /// `3`
    pub patch: &'a str,
    /// `rc`
    pub kind: &'a str,
    /// `1`
    pub pre: &'a str,
}

/// Parses `1.21rc1`; all empty where malformed. `1` counts as 1.0.0, and before 1.21 a missing
/// patch number as 0.
pub fn parse(v: &str) -> Parsed<'_> {
    parse_valid(v).unwrap_or_default()
}

fn parse_valid(v: &str) -> Option<Parsed<'_>> {
    let (major, v) = number(v)?;
    if v.is_empty() {
        return Some(Parsed {
            major,
            minor: "0",
            patch: "0",
            ..Parsed::default()
        });
    }
    let (minor, v) = number(v.strip_prefix('.')?)?;
    let mut p = Parsed {
        major,
        minor,
        ..Parsed::default()
    };
    if v.is_empty() {
        if compare_numbers(minor, "21").is_lt() {
            p.patch = "0";
        }
    } else if let Some(v) = v.strip_prefix('.') {
        let (patch, rest) = number(v)?;
        if !rest.is_empty() {
            return None;
        }
        p.patch = patch;
    } else {
        let kind = v.bytes().take_while(|b| !b.is_ascii_digit()).count();
        (p.kind, p.pre) = v.split_at(kind);
        if kind == 0 || !p.kind.bytes().all(|b| b.is_ascii_lowercase()) {
            return None;
        }
        if !p.pre.is_empty() && !matches!(number(p.pre), Some((_, ""))) {
            return None;
        }
    }
    Some(p)
}

/// A decimal number without needless zeros at the head of `v`, and the rest.
fn number(v: &str) -> Option<(&str, &str)> {
    let n = v.bytes().take_while(u8::is_ascii_digit).count();
    let ok = n > 0 && (n == 1 || !v.starts_with('0'));
    ok.then(|| v.split_at(n))
}

/// Compares versions without the `go` prefix. Malformed ones are equal, and less than others.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (parse(a), parse(b));
    compare_numbers(a.major, b.major)
        .then_with(|| compare_numbers(a.minor, b.minor))
        .then_with(|| compare_numbers(a.patch, b.patch))
        .then_with(|| a.kind.cmp(b.kind))
        .then_with(|| compare_numbers(a.pre, b.pre))
}

/// The greater one; `a` where equal.
pub fn max<'a>(a: &'a str, b: &'a str) -> &'a str {
    if compare(a, b).is_lt() { b } else { a }
}

/// Valid version (without the `go` prefix)?
pub fn is_valid(v: &str) -> bool {
    parse_valid(v).is_some()
}

/// A language version such as `1.21`, not a release?
pub fn is_lang(v: &str) -> bool {
    parse_valid(v).is_some_and(|p| p.patch.is_empty() && p.kind.is_empty() && p.pre.is_empty())
}

/// The language version: `1.21` of `1.21.3`; empty where invalid.
pub fn lang(v: &str) -> String {
    let p = parse(v);
    if p.minor.is_empty() || p.major == "1" && p.minor == "0" {
        p.major.to_owned()
    } else {
        format!("{}.{}", p.major, p.minor)
    }
}

/// A prerelease?
pub fn is_prerelease(v: &str) -> bool {
    !parse(v).kind.is_empty()
}

/// The language version before that of `v`.
pub fn prev(v: &str) -> String {
    let p = parse(v);
    if compare_numbers(p.minor, "1").is_le() {
        return p.major.to_owned();
    }
    format!(
        "{}.{}",
        p.major,
        module::decrement(p.minor).unwrap_or_default()
    )
}

/// The Go version in a toolchain's name (`go1.2.3-corp` → `1.2.3`); `None` where it is not one.
pub fn from_toolchain(name: &str) -> Option<&str> {
    // A separator would make a look-up on PATH relative to the current directory.
    if name.contains(['\\', '/']) {
        return None;
    }
    let v = name.strip_prefix("go")?;
    let v = &v[..v.find([' ', '\t', '-']).unwrap_or(v.len())];
    is_valid(v).then_some(v)
}

/// A version out of a toolchain's name or a plain version; empty where neither.
fn toolchain_version(name: &str) -> &str {
    if is_valid(name) {
        name
    } else {
        from_toolchain(name).unwrap_or_default()
    }
}

/// The greater of two toolchain names; `a` where equal.
pub fn toolchain_max<'a>(a: &'a str, b: &'a str) -> &'a str {
    let version = |name| from_toolchain(name).unwrap_or_default();
    if compare(version(a), version(b)).is_lt() {
        b
    } else {
        a
    }
}

/// The paths `go` and `toolchain`, whose versions are not semantic versions.
pub fn is_toolchain(path: &str) -> bool {
    path == "go" || path == "toolchain"
}

/// Compares versions of the module `path`.
pub fn mod_compare(path: &str, a: &str, b: &str) -> Ordering {
    match path {
        "go" => compare(a, b),
        "toolchain" => compare(toolchain_version(a), toolchain_version(b)),
        _ => semver::compare(a, b),
    }
}

/// Sorts by path, then version.
pub fn mod_sort(list: &mut [Version]) {
    module::sort_by(list, mod_compare);
}

/// Valid version of the module `path`?
pub fn mod_is_valid(path: &str, vers: &str) -> bool {
    match path {
        "go" => is_valid(vers),
        "toolchain" => from_toolchain(vers).is_some(),
        _ => semver::is_valid(vers),
    }
}

/// Could `vers` be an incomplete version of the module `path`?
pub fn mod_is_prefix(path: &str, vers: &str) -> bool {
    match path {
        "go" => is_lang(vers),
        "toolchain" => from_toolchain(vers).is_some_and(is_lang),
        _ => !vers.contains(['-', '+']) && vers.matches('.').count() < 2,
    }
}

/// A prerelease version of the module `path`?
pub fn mod_is_prerelease(path: &str, vers: &str) -> bool {
    match path {
        "go" => is_prerelease(vers),
        "toolchain" => from_toolchain(vers).is_some_and(is_prerelease),
        _ => !semver::prerelease(vers).is_empty(),
    }
}

/// Major and minor part of a version of the module `path`.
pub fn mod_major_minor(path: &str, vers: &str) -> String {
    match path {
        "go" => lang(vers),
        "toolchain" => format!("go{}", lang(from_toolchain(vers).unwrap_or_default())),
        _ => semver::major_minor(vers),
    }
}

/// The value of the first line `key value` of a go.mod or go.work, read without parsing it
/// (gover.GoModLookup); empty where absent.
pub fn go_mod_lookup<'a>(text: &'a str, key: &str) -> &'a str {
    for line in text.split('\n') {
        let Some(rest) = line.trim().strip_prefix(key) else {
            continue;
        };
        if rest.starts_with([' ', '\t']) {
            return rest
                .split_once("//")
                .map_or(rest, |(value, _)| value)
                .trim();
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In rising order; versions on one line are equal.
    const ORDER: &[&[&str]] = &[
        &[
            "",
            "x",
            "v1",
            "go1.21",
            "1.",
            "1.01",
            "01",
            "1.21.",
            "1.21rc01",
            "1.21.3rc1",
            "1.21RC1",
        ],
        &["1", "1.0", "1.0.0"],
        &["1.2beta1"],
        &["1.2rc1"],
        &["1.2rc2"],
        &["1.2rc10"],
        &["1.2", "1.2.0"],
        &["1.2.1"],
        &["1.20", "1.20.0"],
        &["1.21"],
        &["1.21alpha1"],
        &["1.21rc"],
        &["1.21rc1"],
        &["1.21.0"],
        &["1.21.10"],
        &["1.22"],
        &["1.99999999999999999999"],
        &["2"],
    ];

    #[test]
    fn order() {
        let all: Vec<_> = ORDER
            .iter()
            .enumerate()
            .flat_map(|(i, g)| g.iter().map(move |v| (i, *v)))
            .collect();
        for &(i, a) in &all {
            assert_eq!(is_valid(a), i > 0, "{a}");
            for &(j, b) in &all {
                // "1.2beta1" has no patch number, so it sorts before a patch of 0.
                assert_eq!(compare(a, b), i.cmp(&j), "{a} {b}");
                assert_eq!(max(a, b), if i >= j { a } else { b });
            }
        }
    }

    #[test]
    fn language_versions() {
        for (v, l, is, p, pre) in [
            ("1", "1", false, "1", false),
            ("1.0", "1", false, "1", false),
            ("1.2", "1.2", false, "1.1", false),
            ("1.1", "1.1", false, "1", false),
            ("1.2rc3", "1.2", false, "1.1", true),
            ("1.21", "1.21", true, "1.20", false),
            ("1.21.0", "1.21", false, "1.20", false),
            ("1.21rc1", "1.21", false, "1.20", true),
            ("1.100", "1.100", true, "1.99", false),
            ("1.30.5", "1.30", false, "1.29", false),
            ("bad", "", false, "", false),
        ] {
            assert_eq!(lang(v), l, "{v}");
            assert_eq!(is_lang(v), is, "{v}");
            assert_eq!(prev(v), p, "{v}");
            assert_eq!(is_prerelease(v), pre, "{v}");
        }
    }

    #[test]
    fn toolchains() {
        for (name, want) in [
            ("go1.2.3", Some("1.2.3")),
            ("1.2.3", None),
            ("go1.2.3-corp", Some("1.2.3")),
            ("go1.2.3+corp", None),
            ("go1.2.3-corp x/y", None),
            ("go1.2.3 X:foo", Some("1.2.3")),
            ("gccgo-go1.23rc4", None),
            ("go1.23rc4", Some("1.23rc4")),
            ("default", None),
        ] {
            assert_eq!(from_toolchain(name), want, "{name}");
        }
        assert_eq!(toolchain_max("go1.21.1", "go1.21.0"), "go1.21.1");
        assert_eq!(toolchain_max("default", "go1.21.0"), "go1.21.0");
        assert_eq!(toolchain_max("local", "default"), "local");
    }

    #[test]
    fn module_versions() {
        use Ordering::{Equal, Greater, Less};
        for (path, a, b, want) in [
            ("go", "1.2", "1.3", Less),
            ("go", "v1.2", "v1.3", Equal),
            ("toolchain", "go1.3", "go1.2", Greater),
            ("toolchain", "1.2", "go1.3", Less),
            ("x.org/y", "v1.2.0", "v1.10.0", Less),
            ("x.org/y", "1.2", "1.3", Equal),
        ] {
            assert_eq!(mod_compare(path, a, b), want, "{path} {a} {b}");
        }
        for (path, v, valid, prefix, pre, mm) in [
            ("go", "1.21", true, true, false, "1.21"),
            ("go", "1.21rc1", true, false, true, "1.21"),
            ("go", "v1.21", false, false, false, ""),
            ("toolchain", "go1.21.3", true, false, false, "go1.21"),
            ("toolchain", "1.21", false, false, false, "go"),
            ("x.org/y", "v1.2", true, true, false, "v1.2"),
            ("x.org/y", "v1.2.3", true, false, false, "v1.2"),
            ("x.org/y", "v1.2.3-pre", true, false, true, "v1.2"),
        ] {
            assert_eq!(mod_is_valid(path, v), valid, "{path} {v}");
            assert_eq!(mod_is_prefix(path, v), prefix, "{path} {v}");
            assert_eq!(mod_is_prerelease(path, v), pre, "{path} {v}");
            assert_eq!(mod_major_minor(path, v), mm, "{path} {v}");
        }
        let v = |s: &str| {
            let (path, version) = s.split_once('@').unwrap();
            Version::new(path, version)
        };
        let mut list = [
            "z@v1",
            "a@v1.10.0",
            "go@1.3",
            "a@v1.9.0/go.mod",
            "a@v1.9.0",
            "go@1.3rc1",
        ]
        .map(v);
        mod_sort(&mut list);
        let want = [
            "a@v1.9.0",
            "a@v1.9.0/go.mod",
            "a@v1.10.0",
            "go@1.3rc1",
            "go@1.3",
            "z@v1",
        ];
        assert_eq!(list, want.map(v));
    }

    #[test]
    fn lookup() {
        let text = "module x\n\n  go 1.21 // why\ngodebug (\n)\ntoolchain\tgo1.22\ngo 1.3\n";
        assert_eq!(go_mod_lookup(text, "go"), "1.21");
        assert_eq!(go_mod_lookup(text, "toolchain"), "go1.22");
        assert_eq!(go_mod_lookup(text, "use"), "");
        assert_eq!(go_mod_lookup("go\n", "go"), "");
    }
}
