use super::*;

fn read(src: &str) -> Header {
    read_go("d/x.go", src.as_bytes()).unwrap()
}

fn errors(src: impl AsRef<[u8]>) -> Vec<String> {
    let header = read_go("x.go", src.as_ref()).unwrap();
    assert!(header.imports.is_empty() || header.parse_error.is_none());
    let list = header.parse_error.unwrap_or_default();
    list.0.iter().map(ToString::to_string).collect()
}

#[test]
fn whole_header() {
    let h = read(
        "// Copyright.\n\n//go:build linux\n\n//go:debug a=1\n\n// Package x does it. More.\n//\n\
         //go:nothing\npackage x // import \"ex.org/x\"\n\nimport \"fmt\"\nimport (\n\t. \"a/b\"\n\
         \tn `c`; _ \"d\\u0065\"\n\n\t// #cgo LDFLAGS: -lm\n\t\"C\"\n)\n\nimport \"late\"\nvar x = 1\n",
    );
    assert_eq!(h.package, "x");
    assert_eq!(h.synopsis, "Package x does it.");
    assert!(h.has_doc);
    assert_eq!(h.import_comment, ImportComment::Path("ex.org/x".to_owned()));
    assert_eq!(h.build.go_build.as_deref(), Some("//go:build linux"));
    let imports: Vec<_> = h
        .imports
        .iter()
        .map(|i| format!("{} {}", i.path, i.pos))
        .collect();
    let want = [
        "fmt d/x.go:12:8",
        "a/b d/x.go:14:2",
        "c d/x.go:15:2",
        "de d/x.go:15:9",
        "C d/x.go:18:2",
        "late d/x.go:21:8",
    ];
    assert_eq!(imports, want);
    assert_eq!(h.imports[4].doc.as_deref(), Some("#cgo LDFLAGS: -lm\n"));
    assert_eq!(h.imports[0].doc, None);
    let directives: Vec<_> = h
        .directives
        .iter()
        .map(|d| format!("{} {}", d.text, d.pos))
        .collect();
    let want = [
        "//go:build linux d/x.go:3:1",
        "//go:debug a=1 d/x.go:5:1",
        "//go:nothing d/x.go:9:1",
    ];
    assert_eq!(directives, want);
    assert_eq!(h.parse_error, None);
}

#[test]
fn cgo_comments() {
    for (src, want) in [
        ("package x\n// a\nimport \"C\"\n", Some("a\n")),
        (
            "package x\n\n/*\n#include <x.h>\n*/\nimport \"C\"\n",
            Some("#include <x.h>\n"),
        ),
        ("package x\n// a\n\nimport \"C\"\n", None),
        ("package x\n// a\nimport (\n\"C\"\n)\n", Some("a\n")),
        ("package x\n// a\nimport (\n// b\n\"C\"\n)\n", Some("b\n")),
        ("package x\n// a\nimport (\n\"C\"\n\"os\"\n)\n", None),
        ("package x; /* a */ import \"C\"\n", None),
        ("package x\nimport \"C\" // a\n", None),
        ("package x // z\n// a\nimport \"C\"\n", Some("a\n")),
        (
            "package x\r\n/* a\r\nb */\r\nimport \"C\"\r\n",
            Some(" a\nb\n"),
        ),
    ] {
        assert_eq!(read(src).imports[0].doc.as_deref(), want, "{src:?}");
    }
}

#[test]
fn package_comments() {
    for (src, want, has_doc) in [
        ("package x", "", false),
        ("// Package x is.\npackage x", "Package x is.", true),
        ("// Package x is.\n\npackage x", "", false),
        ("/* Package x is. */ package x", "", false),
        ("/* Package x\nis. */\npackage x", "", true),
        ("/*\nPackage x\nis. */\npackage x", "Package x is.", true),
        ("// Copyright me.\npackage x", "", true),
        ("//go:build x\npackage x", "", true),
    ] {
        let h = read(src);
        assert_eq!((h.synopsis.as_str(), h.has_doc), (want, has_doc), "{src:?}");
    }
}

#[test]
fn syntax_errors() {
    for (src, want) in [
        ("", &["x.go:1:1: expected 'package', found 'EOF'"][..]),
        ("\n", &["x.go:1:2: expected 'package', found 'EOF'"]),
        ("// a\n", &["x.go:1:6: expected 'package', found 'EOF'"]),
        ("foo", &["x.go:1:1: expected 'package', found foo"]),
        (
            "import \"x\"",
            &["x.go:1:1: expected 'package', found 'import'"],
        ),
        ("package", &["x.go:1:8: expected 'IDENT', found 'EOF'"]),
        ("package 1", &["x.go:1:9: expected 'IDENT', found 1"]),
        (
            "package \"x\"",
            &["x.go:1:9: expected 'IDENT', found \"x\""],
        ),
        ("package x y", &[]),
        ("package x i", &["x.go:1:11: expected ';', found i"]),
        ("package x, y", &[]),
        ("package\nx\n", &[]),
        (
            "package x\nimport \"a",
            &["x.go:2:8: string literal not terminated"],
        ),
        (
            "package x\nimport `a",
            &["x.go:2:8: raw string literal not terminated"],
        ),
        (
            "package x\nimport 'a'",
            &["x.go:2:8: import path must be a string"],
        ),
        (
            "package x\nimport 1 \"a\"",
            &["x.go:2:8: import path must be a string"],
        ),
        (
            "package x\nimport\n\nfunc f() {}",
            &["x.go:4:1: missing import path"],
        ),
        (
            "package x\nimport (\n\"a\" \"b\"\n)",
            &[
                "x.go:3:5: expected ';', found \"b\"",
                "x.go:4:2: expected ')', found 'EOF'",
            ],
        ),
        (
            "package x\nimport (\n\"a\"",
            &["x.go:3:4: expected ')', found 'EOF'"],
        ),
        (
            "package x\nimport \"\"\n",
            &["x.go:2:8: invalid import path: "],
        ),
        (
            "package x\nimport \"a b\"\n",
            &["x.go:2:8: invalid import path: a b"],
        ),
        (
            "package x\nimport \"a\\q\"\n",
            &["x.go:2:11: unknown escape sequence"],
        ),
        (
            "package x\nimport \"a\"\nimport y \"a!\"\n",
            &["x.go:3:8: invalid import path: a!"],
        ),
        ("/* x", &["x.go:1:1: comment not terminated"]),
        ("package x /* y", &["x.go:1:11: comment not terminated"]),
        ("package x\n/", &[]),
        ("@", &["x.go:1:1: illegal character U+0040 '@'"]),
        (
            "“",
            &["x.go:1:1: curly quotation mark '“' (use neutral '\"')"],
        ),
        ("package x\n\u{feff}\n", &[]),
        (
            "// \u{feff}\npackage x",
            &["x.go:1:4: illegal byte order mark"],
        ),
        (
            "\u{feff}package 1",
            &["x.go:1:9: expected 'IDENT', found 1"],
        ),
        (
            "//line y.go:7\npackage 1",
            &["y.go:7: expected 'IDENT', found 1"],
        ),
    ] {
        assert_eq!(errors(src), want, "{src:?}");
    }
}

#[test]
fn bytes_that_are_no_text() {
    assert_eq!(
        errors(b"\xff\xfep\0"),
        [
            "x.go:1:1: illegal UTF-8 encoding (got UTF-16)",
            "x.go:1:1: illegal character U+FFFD '\u{fffd}'",
        ]
    );
    assert_eq!(
        errors(b"package x // \xff\n"),
        ["x.go:1:14: illegal UTF-8 encoding"]
    );
    for src in [
        &b"package x\0"[..],
        b"// \0\npackage x",
        b"package x\nimport \"a\0\"",
        b"/\0",
    ] {
        let err = read_go("d/x.go", src).unwrap_err();
        assert_eq!(err.to_string(), "read d/x.go: unexpected NUL in input");
    }
    // The text after the head is not examined.
    assert!(
        read_go("x.go", b"package x\nvar x = \"\0\"")
            .unwrap()
            .parse_error
            .is_none()
    );
}

#[test]
fn partial_parses() {
    let h = read("// Package x is.\npackage x\nimport \"a\"\nimport 1\n");
    assert_eq!(
        (h.package.as_str(), h.synopsis.as_str()),
        ("x", "Package x is.")
    );
    assert!(h.imports.is_empty() && h.parse_error.is_some());
    let h = read("package x i\n");
    assert_eq!(h.package, "");
}

#[test]
fn line_comments_rename_lines() {
    let h = read("//line gram.y:10\npackage x\n\nimport \"a\"\n/*line /z.go:3:4*/import \"b\"\n");
    let pos: Vec<_> = h.imports.iter().map(|i| i.pos.to_string()).collect();
    assert_eq!(pos, ["d/gram.y:12", "/z.go:3:11"]);
    assert_eq!(
        errors("//line x:y\npackage x\n"),
        ["x.go:1:10: invalid line number: y"]
    );
}

#[test]
fn embeds_are_found_in_the_whole_file() {
    let src = "package x\nimport _ \"embed\"\n\n//go:embed a b/*\n//go:embed \"c d\" `e`\nvar x \
               string\n// `\nvar y = `\n//go:embed no\n`\n\t//go:embed f\n//go:embedded g\n//go:embed \"\n";
    let found: Vec<_> = read(src)
        .embeds
        .iter()
        .map(|e| format!("{} {}", e.pattern, e.pos))
        .collect();
    let want = [
        "a d/x.go:4:12",
        "b/* d/x.go:4:14",
        "c d d/x.go:5:12",
        "e d/x.go:5:18",
        "f d/x.go:11:13",
    ];
    assert_eq!(found, want);
    assert!(
        read(&src.replace("_ \"embed\"", "\"os\""))
            .embeds
            .is_empty()
    );
}

#[test]
fn prefixes() {
    let src = "// Package x is.\npackage x\n\nimport \"a\" /* y */\n\nvar x int\n";
    let whole = read_go("x.go", src.as_bytes());
    let enough = src.find("var").unwrap() + 1;
    for len in 0..=src.len() {
        let got = read_go_prefix("x.go", &src.as_bytes()[..len]);
        assert_eq!(got.is_some(), len >= enough, "{len}");
        assert!(got.is_none_or(|got| got == whole));
    }
    // All of the file is needed to find embeds, or for the error.
    assert!(read_go_prefix("x.go", b"package x\nimport _ \"embed\"\nvar x").is_none());
    assert!(read_go_prefix("x.go", b"package x\nimport 1\nvar x").is_none());
    assert!(read_go_prefix("x.go", b"package x\0").is_some_and(|r| r.is_err()));
}

#[test]
fn other_files() {
    let lines = read_other("x.c", b"\xef\xbb\xbf// +build a\n\n//go:build b\nint x;\0").unwrap();
    assert_eq!(lines.go_build.as_deref(), Some("//go:build b"));
    for (src, want) in [
        (&b"/* x"[..], "read d/x.c: syntax error"),
        (b"/ x", "read d/x.c: syntax error"),
        (b"\0", "read d/x.c: unexpected NUL in input"),
        (
            b"//go:build a\n//go:build b\n",
            "x.c: multiple //go:build comments",
        ),
    ] {
        assert_eq!(read_other("d/x.c", src).unwrap_err().to_string(), want);
    }
    assert!(read_other_prefix("x.c", b"// a\n").is_none());
    assert!(read_other_prefix("x.c", b"// a\nx").is_some());
    assert!(read_other_prefix("x.c", b"// a\n/").is_none());
}

#[test]
fn two_go_build_lines() {
    let err = read_go("d/x.go", b"//go:build a\n//go:build b\npackage x").unwrap_err();
    assert_eq!(err.to_string(), "x.go: multiple //go:build comments");
}
