use super::directives::is_go_version;
use super::*;

const MOD: &str = "\
// Package comment.

// Deprecated: use example.com/y
// instead.
module example.com/x // why

go 1.21

toolchain go1.22.1
godebug default=go1.20

require example.com/a v1.2.3
require (
\texample.com/b/v2 v2.0.1 // indirect

\t// c is needed.
\t\"example.com/c\" v1.0.0 // indirect; soon
\texample.com/d v1.0.0 // not indirect
)

exclude example.com/a v1.2.4

replace example.com/a => ../a
replace (
\texample.com/b/v2 v2.0.1 => example.com/fork/v2 v2.1.0
)

retract v1.0.0 // published by mistake
// Block reason.
retract (
\t[v1.1.0, v1.2.0]
\t// Own reason.
\tv1.3.0
)

tool example.com/c/cmd
ignore ( ./node_modules
static )
ignore (
\t./testdata
)
";

fn paths<T>(list: &[T], f: impl Fn(&T) -> &str) -> Vec<&str> {
    list.iter().map(f).collect()
}

#[test]
fn whole_file() {
    let text = MOD.replace("ignore ( ./node_modules\nstatic )\n", "");
    let f = parse("go.mod", &text, None).unwrap();
    let m = f.module.as_ref().unwrap();
    assert_eq!(m.module.path, "example.com/x");
    assert_eq!(m.deprecated, "use example.com/y\ninstead.\nwhy");
    let byte = text.find("module").unwrap();
    assert_eq!(
        m.syntax.start,
        Position {
            line: 5,
            line_rune: 1,
            byte
        }
    );
    assert_eq!(f.go_version(), "1.21");
    assert_eq!(f.toolchain.as_ref().unwrap().name, "go1.22.1");
    assert_eq!(
        (&*f.godebug[0].key, &*f.godebug[0].value),
        ("default", "go1.20")
    );
    let want = [
        "example.com/a",
        "example.com/b/v2",
        "example.com/c",
        "example.com/d",
    ];
    assert_eq!(paths(&f.require, |r| &r.module.path), want);
    let indirect: Vec<_> = f.require.iter().map(|r| r.indirect).collect();
    assert_eq!(indirect, [false, true, true, false]);
    assert_eq!(f.require[2].syntax.before, ["", "// c is needed."]);
    let byte = text.find("\"example.com/c\"").unwrap();
    assert_eq!(
        f.require[2].syntax.start,
        Position {
            line: 17,
            line_rune: 2,
            byte
        }
    );
    assert_eq!(f.require[2].syntax.tokens, ["\"example.com/c\"", "v1.0.0"]);
    assert!(f.require[2].syntax.in_block && !f.require[0].syntax.in_block);
    assert_eq!(f.exclude[0].module, Version::new("example.com/a", "v1.2.4"));
    assert_eq!(f.replace[0].old, Version::new("example.com/a", ""));
    assert_eq!(f.replace[0].new, Version::new("../a", ""));
    assert_eq!(
        f.replace[1].new,
        Version::new("example.com/fork/v2", "v2.1.0")
    );
    let retract: Vec<_> = f
        .retract
        .iter()
        .map(|r| (&*r.low, &*r.high, &*r.rationale))
        .collect();
    let want = [
        ("v1.0.0", "v1.0.0", "published by mistake"),
        ("v1.1.0", "v1.2.0", "Block reason."),
        ("v1.3.0", "v1.3.0", "Own reason."),
    ];
    assert_eq!(retract, want);
    assert_eq!(paths(&f.tool, |t| &t.path), ["example.com/c/cmd"]);
    assert_eq!(paths(&f.ignore, |t| &t.path), ["./testdata"]);
}

#[test]
fn errors() {
    for (text, want) in [
        ("foo bar", "go.mod:1: unknown directive: foo"),
        ("\n\nfoo", "go.mod:3: unknown directive: foo"),
        ("foo (\n)", "go.mod:1: unknown block type: foo"),
        ("require x (\n)", "go.mod:1: unknown block type: require x"),
        ("go (\n1.21\n)", "go.mod:1: unknown block type: go"),
        ("go 1.21\ngo 1.22", "go.mod:2: repeated go statement"),
        ("go", "go.mod:1: go directive expects exactly one argument"),
        (
            "go v1.21",
            "go.mod:1: invalid go version 'v1.21': must match format 1.23.0",
        ),
        (
            "toolchain 1.21",
            "go.mod:1: invalid toolchain version '1.21': must match format go1.23.0 or default",
        ),
        ("module", "go.mod:1: usage: module module/path"),
        ("module x\nmodule y", "go.mod:2: repeated module statement"),
        (
            "module 'x'",
            "go.mod:1: invalid quoted string: unquoted string cannot contain quote",
        ),
        (
            "module \"\\q\"",
            "go.mod:1: invalid quoted string: invalid syntax",
        ),
        ("godebug x", "go.mod:1: usage: godebug key=value"),
        ("godebug x=a,b", "go.mod:1: usage: godebug key=value"),
        (
            "require a.b/c",
            "go.mod:1: usage: require module/path v1.2.3",
        ),
        (
            "require a.b/c 1.2.3",
            "go.mod:1: require a.b/c: version \"1.2.3\" invalid: must be of the form v1.2.3",
        ),
        (
            "require a.b/c v2.0.0",
            "go.mod:1: require a.b/c: version \"v2.0.0\" invalid: should be v0 or v1, not v2",
        ),
        ("require a.b/c/v1 v1.0.0", "go.mod:1: invalid module path"),
        (
            "exclude (\n\n\ta.b/c v1 x\n)",
            "go.mod:3:2: usage: exclude module/path v1.2.3",
        ),
        (
            "replace a => b",
            "go.mod:1: replacement module without version must be directory path (rooted or \
          starting with . or ..)",
        ),
        (
            "replace a => b@v1",
            "go.mod:1: replacement module must match format 'path version', not 'path@version'",
        ),
        (
            "replace a => ./b v1.0.0",
            "go.mod:1: replacement module directory path \"./b\" cannot have version",
        ),
        (
            "replace a => .\\b",
            "go.mod:1: replacement directory appears to be Windows path (on a non-windows system)",
        ),
        (
            "replace a b",
            "go.mod:1: usage: replace module/path [v1.2.3] => other/module v1.4\n\t or replace \
          module/path [v1.2.3] => ../local/directory",
        ),
        (
            "replace a/v1 => ./b",
            "go.mod:1: replace a/v1: invalid module path",
        ),
        ("retract", "go.mod:1: expected '[' or version"),
        (
            "retract [v1.0.0 v1.1.0]",
            "go.mod:1: expected ',' after version",
        ),
        (
            "retract [v1.0.0, v1.1.0",
            "go.mod:1: expected ']' after version",
        ),
        ("retract [", "go.mod:1: expected version after '['"),
        (
            "retract v1.0.0 x",
            "go.mod:1: unexpected token after version: \"x\"",
        ),
        (
            "tool",
            "go.mod:1: tool directive expects exactly one argument",
        ),
        (
            "ignore a b",
            "go.mod:1: ignore directive expects exactly one argument",
        ),
        (
            "module x /* no */",
            "go.mod:1:10: mod files must use // comments (not /* */ comments)",
        ),
        (
            "module x/*no*/",
            "go.mod:1:9: mod files must use // comments (not /* */ comments)",
        ),
        (
            "require (\n a v1.0.0\n",
            "go.mod:3: syntax error (unterminated block started at go.mod:1:1)",
        ),
        (
            "require (\n) x",
            "go.mod:2:4: syntax error (expected newline after closing paren)",
        ),
        ("module \"x", "go.mod:1:8: unexpected EOF in string"),
        (
            "module \"x\n\"",
            "go.mod:1:10: unexpected newline in string",
        ),
        (
            "\tmodule \u{1}",
            "go.mod:1:9: unexpected input character '\\x01'",
        ),
        (
            "foo\nbar x\ngo z",
            "go.mod:1: unknown directive: foo\ngo.mod:2: unknown directive: bar\ngo.mod:3: invalid \
          go version 'z': must match format 1.23.0",
        ),
    ] {
        assert_eq!(
            parse("go.mod", text, None).unwrap_err().to_string(),
            want,
            "{text:?}"
        );
    }
}

#[test]
fn lax() {
    let text = "module x\ngo v1.21.x\nfoo bar\nnew (\n)\nreplace x\nretract [what\n\
                require a.b/c v1.0.0\n";
    let f = parse_lax("go.mod", text, None).unwrap();
    assert_eq!(f.go_version(), "1.21");
    assert_eq!(f.require.len(), 1);
    assert!(f.retract.is_empty() && f.replace.is_empty());
    let err = parse_lax("go.mod", "go one", None).unwrap_err();
    assert_eq!(
        err.to_string(),
        "go.mod:1: invalid go version 'one': must match format 1.23.0"
    );
    assert_eq!(parse_lax("go.mod", "", None).unwrap().go_version(), "1.16");
}

#[test]
fn odd_lines() {
    for (text, want) in [
        ("module ( )x", "go.mod:1: usage: module module/path"),
        ("module ( )", ""),
        ("module (\n\ta\n)", "a"),
        ("module \"a b\"", "a b"),
        ("module a//b", "a"),
        (
            "module `a`",
            "go.mod:1: invalid quoted string: unquoted string cannot contain quote",
        ),
        ("module a,", "go.mod:1: usage: module module/path"),
    ] {
        let got = match parse("go.mod", text, None) {
            Ok(f) => f.module.map(|m| m.module.path).unwrap_or_default(),
            Err(err) => err.to_string(),
        };
        assert_eq!(got, want, "{text:?}");
    }
}

#[test]
fn fixers() {
    let fix: VersionFixer<'_> = &|path, version| match version {
        "latest" => Ok("v1.9.0".to_owned()),
        "bad" => Err(FixError::Module("is bad".to_owned())),
        "worse" => Err(FixError::Other(format!("{path} is worse"))),
        v => Ok(v.to_owned()),
    };
    let text = "require a.b/c latest\nretract latest\nmodule m.n\n";
    let f = parse("go.mod", text, Some(fix)).unwrap();
    assert_eq!(f.require[0].module.version, "v1.9.0");
    assert_eq!(f.retract[0].low, "v1.9.0");
    for (text, want) in [
        ("require a.b/c bad", "go.mod:1: require a.b/c: is bad"),
        ("require a.b/c worse", "go.mod:1: a.b/c is worse"),
        ("module m.n\nretract bad", "go.mod:2: retract m.n: is bad"),
        (
            "retract v1.0.0\nretract v1.1.0",
            "go.mod:1: no module directive found, so retract cannot be used",
        ),
    ] {
        assert_eq!(
            parse("go.mod", text, Some(fix)).unwrap_err().to_string(),
            want
        );
    }
}

#[test]
fn work() {
    let text = "go 1.22\ntoolchain default\ngodebug a=b\nuse ./x\nuse (\n\t\"./y z\"\n\t.\n)\n\
                replace a => ./b\n";
    let f = parse_work("go.work", text, None).unwrap();
    assert_eq!(f.go_version(), "1.22");
    assert_eq!(paths(&f.use_, |u| &u.path), ["./x", "./y z", "."]);
    assert_eq!(f.replace[0].new.path, "./b");
    assert_eq!(
        parse_work("go.work", "", None).unwrap().go_version(),
        "1.18"
    );
    for (text, want) in [
        ("module x", "go.work:1: unknown directive: module"),
        ("require (\n)", "go.work:1: unknown block type: require"),
        ("use", "go.work:1: usage: use local/dir"),
        (
            "go 1",
            "go.work:1: invalid go version '1': must match format 1.23.0",
        ),
    ] {
        assert_eq!(
            parse_work("go.work", text, None).unwrap_err().to_string(),
            want
        );
    }
}

#[test]
fn go_versions() {
    for (v, want) in [
        ("1.21", true),
        ("1.21.0", true),
        ("1.21rc1", true),
        ("1.21.3rc1", true),
        ("10.0", true),
        ("1", false),
        ("0.1", false),
        ("1.01", false),
        ("1.2.03", false),
        ("1.21rc", false),
        ("1.21RC1", false),
        ("v1.21", false),
        ("1.21.", false),
        ("1.21-x", false),
    ] {
        assert_eq!(is_go_version(v), want, "{v}");
    }
}

#[test]
fn paths_and_tokens() {
    for (text, want) in [
        ("module x", "x"),
        ("// module a\n\tmodule  b // c", "b"),
        ("modulex\nmodule\nmodule \"a b\"", "a b"),
        ("module \"a", ""),
        ("require x", ""),
        ("foo (\nmodule `y`\n", "y"),
    ] {
        assert_eq!(module_path(text), want, "{text:?}");
    }
    for (path, want) in [
        (".", true),
        ("..", true),
        ("./x", true),
        ("..\\x", true),
        ("/x", true),
        ("\\x", true),
        ("C:", true),
        ("c:x", true),
        ("x", false),
        (".x", false),
        ("..x/y", false),
        ("1:x", false),
        ("", false),
    ] {
        assert_eq!(is_directory_path(path), want, "{path}");
    }
    for (s, want) in [
        ("a", "a"),
        ("", "\"\""),
        ("a b", "\"a b\""),
        ("(", "("),
        ("((", "\"((\""),
        ("a//b", "\"a//b\""),
        ("a'b", "\"a'b\""),
        ("=>", "=>"),
    ] {
        assert_eq!(auto_quote(s), want);
    }
}
