//! Random texts for all parsers of users' files: go.mod, go.work, the overlay's JSON, templates,
//! build constraints, directives, test files. forgo's output for each equals the stock command's.
//!
//! `FORGO_PARSERS_STEPS` and `FORGO_PARSERS_SEED` make longer and other runs; the same seed makes
//! the same texts.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

mod support;

use forgo_golang::raw;
use support::{World, each};

/// Random choices from a seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// True once in so many times.
    fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'t>(&mut self, list: &[&'t str]) -> &'t str {
        list[self.below(list.len())]
    }

    /// Up to `n` of the list, repeatedly perhaps.
    fn some(&mut self, list: &[&str], n: usize, between: &str) -> String {
        let count = self.below(n + 1);
        let parts: Vec<_> = (0..count).map(|_| self.pick(list)).collect();
        parts.join(between)
    }

    /// The text with a piece left out, doubled, or put in: sometimes, and sometimes more than one.
    fn damage(&mut self, text: &str, pieces: &[&str]) -> String {
        let mut text = text.to_owned();
        while self.once_in(2) {
            let mut places: Vec<usize> = text.char_indices().map(|(i, _)| i).collect();
            places.push(text.len());
            let from = self.below(places.len());
            let to = (from + self.below(6)).min(places.len() - 1);
            let (from, to) = (places[from], places[to]);
            match self.below(3) {
                0 => text.replace_range(from..to, ""),
                1 => {
                    let piece = text[from..to].to_owned();
                    text.insert_str(to, &piece);
                }
                _ => text.insert_str(from, self.pick(pieces)),
            }
        }
        text
    }
}

/// `open` so many times, `inner`, `close` as often: mostly few, sometimes many.
fn nest(dice: &mut Dice, open: &str, inner: &str, close: &str) -> String {
    let n = match dice.below(8) {
        0 => 3000 + dice.below(9000),
        _ => dice.below(6),
    };
    open.repeat(n) + inner + &close.repeat(n)
}

const BYTES: &[&str] = &[
    "\u{10ffff}",
    "\u{10ffe2}\u{10ff82}",
    "é",
    "\u{feff}",
    "\0",
    "\u{2028}",
];

fn go_mod(dice: &mut Dice, work: bool) -> String {
    let lines = [
        "go 1.26",
        "go 1.26.1",
        "go 1.x",
        "toolchain go1.26.0",
        "toolchain x",
        "godebug panicnil=1",
        "godebug ( panicnil=1 )",
        "godebug default=go1.21",
        "godebug x",
        "replace a.io/a => ./a",
        "replace a.io/a v1.0.0 => ./a",
        "replace a.io/a => ./b",
        "replace a.io/a => b.io/b v1.0.0",
        "replace (\n\ta.io/a => ./a\n\ta.io/a => ./a\n)",
        "replace a.io/a =>",
        "// comment",
        "\n",
        "x y z",
        "((((",
        ")",
        "replace \"a.io/a\" => `./a`",
    ];
    let only_mod = [
        "require a.io/a v1.0.0",
        "require a.io/a v1.0.0 // indirect",
        "require (\n\ta.io/a v1.0.0\n\ta.io/a v1.0.0\n)",
        "require a.io/a v1.2.0",
        "require a.io/a",
        "require a.io/a/v2 v1.0.0",
        "exclude a.io/a v1.1.0",
        "exclude ( a.io/a v1.1.0 )",
        "exclude (\n\ta.io/a v1.1.0\n\ta.io/a v1.1.0\n)",
        "retract v1.0.0",
        "retract [v1.0.0, v1.1.0] // why",
        "retract [v1.0.0",
        "tool example.com/m/t",
        "tool (\n\texample.com/m/t\n\texample.com/m/t\n)",
        "ignore ./x",
        "ignore x",
        "module example.com/m",
        "// Deprecated: use x\nmodule example.com/m",
    ];
    let only_work = [
        "use .",
        "use ./a",
        "use (\n\t.\n\t./a\n)",
        "use ./none",
        "use",
        "use \".\"",
    ];
    let (head, own) = if work {
        ("go 1.26\nuse .\n", &only_work[..])
    } else {
        ("module example.com/m\ngo 1.26\n", &only_mod[..])
    };
    let mut text = if dice.once_in(12) {
        String::new()
    } else {
        head.to_owned()
    };
    for _ in 0..dice.below(6) {
        let line = if dice.once_in(2) {
            dice.pick(&lines)
        } else {
            dice.pick(own)
        };
        text.push_str(line);
        text.push('\n');
        if dice.once_in(4) {
            text.push_str(line);
            text.push('\n');
        }
    }
    let pieces = [
        "(", ")", "\n", " ", "\"", "`", "//", "/*", "=>", ",", "[", "\\", "\r", "v1",
    ];
    let pieces = [&pieces[..], BYTES].concat();
    if dice.once_in(2) {
        dice.damage(&text, &pieces)
    } else {
        text
    }
}

fn json(dice: &mut Dice, depth: usize) -> String {
    let scalars = [
        "null",
        "true",
        "false",
        "0",
        "-1.5e+3",
        "\"x\"",
        "\"\\u00e9\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud800\"",
        "\"\"",
        "\"a.go\"",
        "\"\\n\"",
        "tru",
        "01",
        "1.",
        "\"\\x\"",
        "\"\\u12\"",
        "-",
        "\"\u{10ffff}\"",
    ];
    match dice.below(if depth > 3 { 3 } else { 6 }) {
        0..3 => dice.pick(&scalars).to_owned(),
        3 => {
            let list: Vec<_> = (0..dice.below(3)).map(|_| json(dice, depth + 1)).collect();
            format!("[{}]", list.join(","))
        }
        _ => {
            let keys = [
                "\"Replace\"",
                "\"replace\"",
                "\"x\"",
                "\"\"",
                "\"a.go\"",
                "\"1\"",
                "\"a/~b\"",
                "\"\\u0052eplace\"",
            ];
            let member =
                |dice: &mut Dice| format!("{}: {}", dice.pick(&keys), json(dice, depth + 1));
            let list: Vec<_> = (0..dice.below(4)).map(|_| member(dice)).collect();
            format!("{{{}}}", list.join(", "))
        }
    }
}

fn overlay(dice: &mut Dice) -> String {
    let text = match dice.below(4) {
        0 => json(dice, 0),
        1 => {
            let nested = nest(dice, "[", "1", "]");
            format!("{{\"Replace\": {{}}, \"x\": {nested}}}")
        }
        _ => format!("{{\"Replace\": {}}}", json(dice, 1)),
    };
    let pieces = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\n", " ", "\\u", "e", ".", "\t", "\u{1}",
    ];
    dice.damage(&text, &[&pieces[..], BYTES].concat())
}

fn template(dice: &mut Dice, depth: usize) -> String {
    let operands = [
        ".",
        ".Name",
        ".ImportPath",
        ".Deps",
        ".Imports",
        ".Module",
        ".Nope",
        "$x",
        "$",
        "nil",
        "true",
        "1",
        "1.5",
        "1e3",
        "0x1F",
        "'a'",
        "\"s\"",
        "`r`",
        "\"\\xff\"",
        "\"\u{10ffff}\"",
        "`\u{10ffff}`",
        "(len .Name)",
        "(index .GoFiles 0)",
        "1i",
        "\"\\q\"",
    ];
    let functions = [
        "len",
        "printf \"%q\"",
        "printf \"%v %d\"",
        "print",
        "println",
        "html",
        "js",
        "urlquery",
        "not",
        "eq 1",
        "lt 1",
        "and 1",
        "or 0",
        "join .GoFiles",
        "slice .Name",
        "index .GoFiles",
        "nope",
        "context",
        "printf \"%\u{10ffff}\"",
    ];
    let pipe = |dice: &mut Dice| {
        let mut text = dice.pick(&operands).to_owned();
        if dice.once_in(2) {
            text = format!("{} {text}", dice.pick(&functions));
        }
        while dice.once_in(3) {
            text = format!("{text} | {}", dice.pick(&functions));
        }
        if dice.once_in(4) {
            nest(dice, "(", &text, ")")
        } else {
            text
        }
    };
    let mut out = String::new();
    for _ in 0..1 + dice.below(3) {
        let inner = if depth < 3 && dice.once_in(2) {
            template(dice, depth + 1)
        } else {
            dice.pick(&[
                "x",
                " ",
                "\n",
                "",
                "\u{10ffff}",
                "{{break}}",
                "{{continue}}",
            ])
            .to_owned()
        };
        let value = pipe(dice);
        out += &match dice.below(12) {
            0 => format!("{{{{if {value}}}}}{inner}{{{{else}}}}y{{{{end}}}}"),
            1 => format!("{{{{range {value}}}}}{inner}{{{{else}}}}y{{{{end}}}}"),
            2 => format!("{{{{range $i, $x := {value}}}}}{inner}{{{{end}}}}"),
            3 => format!("{{{{with {value}}}}}{inner}{{{{else with .Name}}}}w{{{{end}}}}"),
            4 => format!("{{{{$x := {value}}}}}{inner}"),
            5 => format!("{{{{define \"t\"}}}}{inner}{{{{end}}}}{{{{template \"t\" {value}}}}}"),
            6 => format!("{{{{block \"b\" {value}}}}}{inner}{{{{end}}}}"),
            7 => nest(dice, "{{if 1}}", &inner, "{{end}}"),
            8 => format!("{{{{- {value} -}}}} {inner}{{{{/* c */}}}}"),
            9 => "{{define \"r\"}}{{if .}}{{len .}}{{template \"r\" (slice . 1)}}{{end}}{{end}}{{template \"r\" .ImportPath}}".to_owned(),
            _ => format!("{inner}{{{{{value}}}}}"),
        };
    }
    if depth > 0 {
        return out;
    }
    let pieces = [
        "{{", "}}", "(", ")", "|", "\"", "'", "`", ".", "$", " ", "-", "\n", "{{end}}", "{{else}}",
        "if", "/*",
    ];
    dice.damage(&out, &[&pieces[..], &BYTES[..3]].concat())
}

fn constraint(dice: &mut Dice) -> String {
    let tags = [
        "linux", "windows", "cgo", "go1.21", "go1.99", "ignore", "a_b", "é", "unix", "1",
    ];
    let mut text = dice.pick(&tags).to_owned();
    for _ in 0..dice.below(5) {
        let tag = dice.pick(&tags);
        text = match dice.below(6) {
            0 => format!("{text} && {tag}"),
            1 => format!("{text} || !{tag}"),
            2 => nest(dice, "(", &text, ")"),
            3 => format!("!({text})"),
            4 => [&text, " && ", tag].concat() + &format!(" && {tag}").repeat(dice.below(1100)),
            _ => format!("{tag} || ({text})"),
        };
    }
    let text = dice.damage(
        &text,
        &[
            "!",
            "&",
            "|",
            "(",
            ")",
            "&&",
            " ",
            ",",
            "\t",
            "\u{10ffff}",
            "é",
        ],
    );
    match dice.below(5) {
        0 => format!(
            "// +build {}\n\n",
            text.replace("&&", ",").replace("||", " ")
        ),
        1 => format!("//go:build {text}\n//go:build linux\n\n"),
        2 => format!("/* x */ //go:build {text}\n\n"),
        _ => format!("//go:build {text}\n\n"),
    }
}

/// The head of a Go file, with directives.
fn source(dice: &mut Dice) -> String {
    let head = if dice.once_in(2) {
        constraint(dice)
    } else {
        String::new()
    };
    let imports = [
        "fmt",
        "\"fmt\"",
        "`os`",
        "_ \"embed\"",
        ". \"fmt\"",
        "\"C\"",
        "\"a b\"",
        "\"\"",
        "\"./x\"",
        "\"fmt\";\"os\"",
        "'x'",
    ];
    let directives = [
        "//go:embed a.txt",
        "//go:embed *.go",
        "//go:embed \"a b\" `c`",
        "//go:embed \"",
        "//go:debug panicnil=1",
        "//go:debug x",
        "//line x.go:7",
        "// #cgo CFLAGS: -DX",
        "/*\n#cgo linux LDFLAGS: -lm \"a b\"\n*/",
        "// #cgo x",
        "//go:build linux",
        "//line :0",
        "/*line y.go:1:2*/",
    ];
    let comment = dice.pick(&[
        "",
        " // import \"x\"",
        " // import x",
        " /* import \"y\" */",
        ";",
    ]);
    let text = format!(
        "{head}{}\npackage p{comment}\n\n{}\nimport {}\nimport ({})\n{}\nvar x string\n",
        dice.some(&directives, 2, "\n"),
        dice.some(&directives, 2, "\n"),
        dice.pick(&imports),
        dice.some(&imports, 3, "\n"),
        dice.some(&directives, 2, "\n"),
    );
    dice.damage(
        &text,
        &[
            "\"",
            "`",
            "/*",
            "*/",
            "//",
            "\n",
            "(",
            ")",
            ";",
            "import",
            "\u{10ffff}",
            "\0",
            "'",
            "\\",
        ],
    )
}

fn test_file(dice: &mut Dice) -> String {
    let mut body = String::new();
    for _ in 0..1 + dice.below(3) {
        body += &match dice.below(14) {
            0 => nest(dice, "{", "", "}"),
            1 => format!("x = {}", nest(dice, "(", "1", ")")),
            2 => format!("x = {}1", nest(dice, "1+", "", "")),
            3 => format!("x = {}", nest(dice, "[]T{", "1", "}")),
            4 => format!("var y {}int", nest(dice, "*", "", "")),
            5 => format!("var y {}", nest(dice, "map[int]", "int", "")),
            6 => format!("{}{{}}", nest(dice, "if a { } else ", "", "")),
            7 => format!("x = {}", nest(dice, "func() { ", "", " }")),
            8 => format!("x = {}", nest(dice, "f(", "1", ")")),
            9 => format!("x{}", nest(dice, "[0]", "", "")),
            10 => format!("type Y {}", nest(dice, "T[", "int", "]")),
            11 => format!("var y {}", nest(dice, "<-chan ", "int", "")),
            12 => format!("type Z interface {{ int{} }}", nest(dice, "|int", "", "")),
            _ => "for i := range 3 { switch x := y.(type) { case int: ; default: } ; select { case <-c: } }".to_owned(),
        };
        body += "\n";
    }
    let text = format!(
        "package p\n\nimport \"testing\"\n\nfunc TestX(t *testing.T) {{\n{body}}}\n\nfunc Example() {{\n\t// Output: x\n}}\n"
    );
    if body.len() > 2000 {
        return text;
    }
    dice.damage(
        &text,
        &[
            "{",
            "}",
            "(",
            ")",
            "[",
            "]",
            ";",
            ",",
            "if",
            "func",
            "\n",
            ":=",
            "<-",
            "...",
            "|",
            "~",
            "\u{10ffff}",
        ],
    )
}

/// Longer than an argument may be.
const LONG: usize = 100_000;

fn step(w: &World, dice: &mut Dice) {
    let path = |name: &str| w.path("w").join(name);
    let put =
        |name: &str, text: &str| std::fs::write(path(name), raw::bytes(text)).expect("a file");
    let drop_file = |name: &str| {
        // Most texts are not there.
        let _ = std::fs::remove_file(path(name));
    };
    match dice.below(7) {
        0 => {
            put("go.mod", &go_mod(dice, false));
            w.same(&[
                "list",
                "-e",
                "-deps",
                "-f",
                "{{.ImportPath}} {{.DefaultGODEBUG}} {{.Error}}",
                ".",
            ]);
            w.same(&["build", "-n", "-o", "/dev/null", "."]);
        }
        1 => {
            put("go.work", &go_mod(dice, true));
            w.same(&["list", "-f", "{{.ImportPath}} {{.Error}}", ".", "./a"]);
        }
        2 => {
            put("ov.json", &overlay(dice));
            w.same(&[
                "list",
                "-e",
                "-overlay=ov.json",
                "-f",
                "{{.GoFiles}} {{.Error}}",
                ".",
            ]);
        }
        3 => {
            let text = template(dice, 0).replace('\0', "");
            if text.len() < LONG {
                w.same(&["list", "-f", &text, "."]);
            }
        }
        4 | 5 => {
            // Many at once: they don't stop each other.
            for n in 0..12 {
                std::fs::create_dir_all(path(&format!("s{n}"))).expect("a directory");
                put(&format!("s{n}/s.go"), &source(dice));
            }
            w.same(&["list", "-e", "-json", "./..."]);
        }
        _ => {
            for n in 0..6 {
                std::fs::create_dir_all(path(&format!("t{n}"))).expect("a directory");
                put(&format!("t{n}/t_test.go"), &test_file(dice));
            }
            w.same(&[
                "list",
                "-e",
                "-test",
                "-f",
                "{{.ImportPath}} {{.TestGoFiles}} {{.TestImports}} {{.Error}}",
                "./...",
            ]);
        }
    }
    drop_file("go.work");
    drop_file("ov.json");
    put("go.mod", GO_MOD);
    for name in (0..12)
        .map(|n| format!("s{n}"))
        .chain((0..6).map(|n| format!("t{n}")))
    {
        let _ = std::fs::remove_dir_all(path(&name));
    }
}

const GO_MOD: &str = "module example.com/m\n\ngo 1.26\n";

#[test]
#[allow(clippy::print_stderr, reason = "a failed test shows where it was")]
fn random_texts() {
    let number = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |v| v.parse().expect("a number"))
    };
    let (steps, seed) = (
        number("FORGO_PARSERS_STEPS", 40),
        number("FORGO_PARSERS_SEED", 1),
    );
    let files = [
        ("go.mod", GO_MOD),
        ("main.go", "package main\n\nfunc main() {}\n"),
        ("a/go.mod", "module a.io/a\n"),
        ("a/a.go", "package a\n"),
        ("t/t.go", "package main\n\nfunc main() {}\n"),
    ];
    each(&files, |w| {
        for n in seed..seed + steps {
            eprintln!("seed {n}");
            step(w, &mut Dice(n));
        }
    });
}

/// Texts at and beyond the limits of the stock parsers.
#[test]
fn limits() {
    let go = |text: &str| {
        [
            "package p\n\nimport \"testing\"\n\nfunc TestX(t *testing.T) {\n",
            text,
            "\n}\n",
        ]
        .concat()
    };
    let tests = [
        go(&("if a { } else ".repeat(3000) + "{ }")),
        go(&format!(
            "x = {}1{}",
            "(".repeat(30_000),
            ")".repeat(30_000)
        )),
        go(&format!(
            "x = {}1{}",
            "(".repeat(120_000),
            ")".repeat(120_000)
        )),
        go(&format!("x = 1{}", "+1".repeat(90_000))),
        go(&format!("x = 1{}", "+1".repeat(120_000))),
        go(&format!("x = f{}", ".f".repeat(120_000))),
    ];
    let template =
        |open: &str, inner: &str, close: &str, n: usize| open.repeat(n) + inner + &close.repeat(n);
    let templates = [
        format!("{{{{{}}}}}", template("(", "1", ")", 9_999)),
        format!("{{{{{}}}}}", template("(", "1", ")", 10_001)),
        template("{{if 1}}", "x", "{{end}}", 8_000),
        template("{{with 1}}", "{{.Nope}}", "{{end}}", 50),
        "{{if 0}}".to_owned() + &"{{else if 0}}".repeat(5_000) + "{{end}}",
        "{{define \"r\"}}{{template \"r\" .}}{{end}}{{template \"r\" .}}".to_owned(),
        "{{define \"r\"}}{{if .}}{{template \"r\" (slice . 1)}}{{end}}{{end}}{{template \"r\" (printf \"%5000d\" 1)}}".to_owned(),
    ];
    let nested = |n: usize| {
        format!(
            "{{\"Replace\": {{}}, \"x\": {}{}}}",
            "[".repeat(n),
            "]".repeat(n)
        )
    };
    each(&[("go.mod", GO_MOD), ("main.go", "package main\n")], |w| {
        for text in &tests {
            w.write("p/p_test.go", text);
            w.same(&[
                "list",
                "-e",
                "-test",
                "-f",
                "{{.ImportPath}} {{.Error}}",
                "./p",
            ]);
        }
        for text in &templates {
            w.same(&["list", "-f", text, "."]);
        }
        for text in [nested(9_999), nested(10_000)] {
            w.write("ov.json", &text);
            w.same(&["list", "-overlay=ov.json", "."]);
        }
        w.write(
            "c/c.go",
            &format!(
                "//go:build {}\n\npackage c\n",
                vec!["linux"; 1_001].join(" && ")
            ),
        );
        w.same(&["list", "./c"]);
        w.write("c/c.go", "// +build linux\n".repeat(20_000).as_str());
        w.same(&["list", "./c"]);
        w.write("go.mod", &format!("{GO_MOD}{}", "(".repeat(100_000)));
        w.same(&["list", "."]);
    });
}

/// A chain of imports is as long as it is, and the stack may be small.
#[test]
fn chains_of_imports() {
    each(&[("go.mod", GO_MOD)], |w| {
        const LENGTH: usize = 400;
        for n in 0..LENGTH {
            let import = format!("import _ \"example.com/m/p{}\"\n", n + 1);
            let import = if n + 1 < LENGTH { import.as_str() } else { "" };
            w.write(&format!("p{n}/p.go"), &format!("package p\n{import}"));
        }
        let said = |args: &[&str]| {
            let forgo = w.forgo_command();
            let program = forgo.get_program().to_owned();
            let mut command = std::process::Command::new("sh");
            command
                .args(["-c", "ulimit -s 256; exec \"$0\" \"$@\""])
                .arg(program)
                .args(args);
            command
                .env_clear()
                .envs(forgo.get_envs().filter_map(|(k, v)| Some((k, v?))));
            command
                .current_dir(w.path("w"))
                .output()
                .expect("forgo runs")
        };
        for args in [
            &["list", "-deps", "./p0"][..],
            &["list", "-test", "./p0", "./p1"],
            &["build", "-n", "./p0"],
            &["vet", "-n", "./p0"],
        ] {
            let output = said(args);
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.success(),
                "{args:?}: {:?} {stderr}",
                output.status
            );
        }
    });
}

/// Where the system allows no threads, one does all.
#[test]
fn refused_threads() {
    each(&[("go.mod", GO_MOD)], |w| {
        for n in 0..150 {
            w.write(&format!("p{n}/p.go"), &format!("package p{n}\n"));
        }
        let forgo = w.forgo_command();
        let limited = |limits: &[&str]| {
            let mut command = std::process::Command::new("prlimit");
            command
                .args(limits)
                .arg(forgo.get_program())
                .args(["list", "./..."]);
            command
                .env_clear()
                .envs(forgo.get_envs().filter_map(|(k, v)| Some((k, v?))));
            command
                .current_dir(w.path("w"))
                .output()
                .expect("prlimit runs")
        };
        // Limits that count threads do not bind root: then nothing is refused.
        for limits in [&["--nproc=1:1"][..], &[]] {
            let output = limited(limits);
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{limits:?}: {stderr}");
            assert_eq!(
                output.stdout.split(|b| *b == b'\n').count(),
                151,
                "{limits:?}: {stderr}"
            );
        }
    });
}
