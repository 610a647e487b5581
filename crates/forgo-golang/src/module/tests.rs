use super::*;

#[test]
fn paths() {
    // path, as module, as import, as file
    for (path, module, import, file) in [
        ("x.y/z", true, true, true),
        ("x.y", true, true, true),
        ("", false, false, false),
        ("x.y/", false, false, false),
        ("/x.y", false, false, false),
        ("x//y", false, false, false),
        ("-x.y/z", false, false, true),
        ("x/y", false, true, true),
        ("X.y/z", false, true, true),
        ("x.y/Z", true, true, true),
        ("x.y/.z", false, true, true),
        ("x.y/z.", false, false, false),
        ("x.y/..", false, false, false),
        ("x.y/a+b", false, true, true),
        ("x.y/a b", false, false, true),
        ("x.y/a!b", false, false, true),
        ("x.y/a:b", false, false, false),
        ("x.y/é", false, false, true),
        ("x.y/con", false, false, false),
        ("x.y/Lpt9.txt", false, false, false),
        ("x.y/com10", true, true, true),
        ("x.y/com0", true, true, true),
        ("x.y/a~1", false, false, true),
        ("x.y/a~1.b", false, false, true),
        ("x.y/a~", true, true, true),
        ("x.y/v1", false, true, true),
        ("x.y/v2", true, true, true),
        ("x.y/v2.1", false, true, true),
        ("gopkg.in/yaml.v2", true, true, true),
        ("gopkg.in/yaml", false, true, true),
        ("_.y/z", false, true, true),
    ] {
        assert_eq!(check_path(path).is_ok(), module, "module {path}");
        assert_eq!(check_import_path(path).is_ok(), import, "import {path}");
        assert_eq!(check_file_path(path).is_ok(), file, "file {path}");
    }
}

#[test]
fn path_errors() {
    for (path, want) in [
        ("", r#"malformed module path "": empty string"#),
        ("-x", r#"malformed module path "-x": leading dash"#),
        ("a//b", r#"malformed module path "a//b": double slash"#),
        ("a/", r#"malformed module path "a/": trailing slash"#),
        ("/a", r#"malformed module path "/a": empty path element"#),
        (
            "a/..",
            r#"malformed module path "a/..": invalid path element "..""#,
        ),
        (
            ".a",
            r#"malformed module path ".a": leading dot in path element"#,
        ),
        (
            "a.",
            r#"malformed module path "a.": trailing dot in path element"#,
        ),
        (
            "a.b/@",
            r#"malformed module path "a.b/@": invalid char '@'"#,
        ),
        (
            "a",
            r#"malformed module path "a": missing dot in first path element"#,
        ),
        (
            "A.b",
            r#"malformed module path "A.b": invalid char 'A' in first path element"#,
        ),
        (
            "a.b/v0",
            r#"malformed module path "a.b/v0": invalid version"#,
        ),
        (
            "a.b/Aux.x",
            r#"malformed module path "a.b/Aux.x": "Aux" disallowed as path element component on Windows"#,
        ),
        (
            "a.b/x~12",
            r#"malformed module path "a.b/x~12": trailing tilde and digits in path element"#,
        ),
    ] {
        assert_eq!(check_path(path).unwrap_err().to_string(), want);
    }
}

#[test]
fn path_versions() {
    for (path, want) in [
        ("x.y/z", Some(("x.y/z", ""))),
        ("x.y/z/v2", Some(("x.y/z", "/v2"))),
        ("x.y/z/v10", Some(("x.y/z", "/v10"))),
        ("x.y/z/v1", None),
        ("x.y/z/v0", None),
        ("x.y/z/v02", None),
        ("x.y/z/v2.3", None),
        ("x.y/z/v.", None),
        ("x.y/z/v", Some(("x.y/z/v", ""))),
        ("x.y/zv2", Some(("x.y/zv2", ""))),
        ("v2", Some(("v2", ""))),
        ("/v2", Some(("", "/v2"))),
        ("gopkg.in/yaml.v2", Some(("gopkg.in/yaml", ".v2"))),
        ("gopkg.in/yaml.v0", Some(("gopkg.in/yaml", ".v0"))),
        ("gopkg.in/yaml.v1", Some(("gopkg.in/yaml", ".v1"))),
        ("gopkg.in/yaml.v02", None),
        (
            "gopkg.in/yaml.v2-unstable",
            Some(("gopkg.in/yaml", ".v2-unstable")),
        ),
        ("gopkg.in/yaml/v2", None),
        ("gopkg.in/yaml.v", None),
    ] {
        assert_eq!(split_path_version(path), want, "{path}");
    }
}

#[test]
fn majors() {
    for (v, major, want) in [
        ("v1.2.3", "", ""),
        ("v0.2.3", "", ""),
        ("v2.2.3", "", "should be v0 or v1, not v2"),
        ("v2.2.3+incompatible", "", ""),
        ("v2.2.3", "/v2", ""),
        ("v3.2.3", "/v2", "should be v2, not v3"),
        ("v2.2.3", ".v2-unstable", ""),
        ("v0.0.0-2006", ".v1", ""),
        ("v0.0.1", ".v1", "should be v1, not v0"),
        ("bad", "/v2", "should be v2, not "),
    ] {
        let got = check_path_major(v, major);
        assert_eq!(
            got.as_ref().err().map_or("", |e| &e.err),
            want,
            "{v} {major}"
        );
        assert_eq!(match_path_major(v, major), want.is_empty());
    }
    assert_eq!(path_major_prefix("/v2"), "v2");
    assert_eq!(path_major_prefix(".v1-unstable"), "v1");
    assert_eq!(path_major_prefix(""), "");
    assert_eq!(canonical_version("v1"), "v1.0.0");
    assert_eq!(
        canonical_version("v2.0.0+incompatible"),
        "v2.0.0+incompatible"
    );
    assert_eq!(canonical_version("v2.0.0+meta"), "v2.0.0");
}

#[test]
fn checks() {
    for (path, v, want) in [
        ("x.y/z", "v1.2.3", ""),
        (
            "x.y/z",
            "1.2.3",
            "x.y/z@1.2.3: invalid version: not a semantic version",
        ),
        (
            "x.y/z",
            "v2.0.0",
            "x.y/z@v2.0.0: invalid version: should be v0 or v1, not v2",
        ),
        (
            "z",
            "v1.2.3",
            "malformed module path \"z\": missing dot in first path element",
        ),
    ] {
        assert_eq!(check(path, v).err().unwrap_or_default(), want);
    }
    let e = InvalidVersionError {
        version: "v\"".into(),
        pseudo: false,
        err: "x".into(),
    };
    assert_eq!(e.to_string(), r#"version "v\"" invalid: x"#);
    let m = Version::new("x.y", "v1.0.0");
    assert_eq!(version_error(&m, "boom").to_string(), "x.y@v1.0.0: boom");
    assert_eq!(
        version_error(&Version::new("x.y", ""), "boom").to_string(),
        "module x.y: boom"
    );
    assert_eq!(m.to_string(), "x.y@v1.0.0");
    assert_eq!(Version::new("./x", "").to_string(), "./x");
}

#[test]
fn escapes() {
    for (path, want) in [
        ("github.com/BurntSushi/toml", "github.com/!burnt!sushi/toml"),
        ("x.y/z", "x.y/z"),
        ("x.y/AZ", "x.y/!a!z"),
    ] {
        assert_eq!(escape_path(path).unwrap(), want);
        assert_eq!(unescape_path(want).unwrap(), path);
    }
    assert_eq!(
        escape_version("v1.0.0-Beta+incompatible").unwrap(),
        "v1.0.0-!beta+incompatible"
    );
    assert_eq!(unescape_version("v1.0.0-!beta").unwrap(), "v1.0.0-Beta");
    assert_eq!(
        escape_version("v1/2").unwrap_err().err,
        "disallowed version string"
    );
    assert!(escape_version("v!1").is_err());
    for (bad, want) in [
        ("x.y/A", r#"invalid escaped module path "x.y/A""#),
        ("x.y/!", r#"invalid escaped module path "x.y/!""#),
        ("x.y/!A", r#"invalid escaped module path "x.y/!A""#),
        (
            "x",
            r#"invalid escaped module path "x": malformed module path "x": missing dot in first path element"#,
        ),
    ] {
        assert_eq!(unescape_path(bad).unwrap_err(), want);
    }
    assert_eq!(
        unescape_version("a/b").unwrap_err(),
        "invalid escaped version \"a/b\": invalid char '/'"
    );
}

#[test]
fn prefix_patterns() {
    for (globs, target, want) in [
        ("", "x.y", false),
        ("x.y", "x.y", true),
        ("x.y", "x.y/z", true),
        ("x.y/", "x.y/z", true),
        ("x.y/z", "x.y", false),
        ("*.y", "x.y/z", true),
        ("*.y/q", "x.y/z", false),
        ("a,,x.y/*", "x.y/z/w", true),
        ("[", "x", false),
        ("/", "x", false),
    ] {
        assert_eq!(
            match_prefix_patterns(globs, target),
            want,
            "{globs} {target}"
        );
    }
}

#[test]
fn order() {
    let v = |s: &str| {
        let (path, version) = s.split_once(' ').unwrap();
        Version::new(path, version)
    };
    let mut list = [
        "b v1.0.0",
        "a v1.10.0",
        "a v1.2.0/go.mod",
        "a v1.2.0",
        "a v1.9.0",
    ]
    .map(v);
    sort(&mut list);
    let want = [
        "a v1.2.0",
        "a v1.2.0/go.mod",
        "a v1.9.0",
        "a v1.10.0",
        "b v1.0.0",
    ]
    .map(v);
    assert_eq!(list, want);
}

#[test]
fn decrements() {
    for (n, want) in [
        ("0", None),
        ("1", Some("0")),
        ("10", Some("9")),
        ("100", Some("99")),
        ("21", Some("20")),
        ("200", Some("199")),
    ] {
        assert_eq!(decrement(n).as_deref(), want);
    }
}
