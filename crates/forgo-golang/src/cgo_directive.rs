//! `#cgo` lines in the comment of `import "C"`. Answers to saveCgo in go/build/build.go.

use crate::constraint::{Context, SeenTags};
use crate::path;

/// Flags that `#cgo` lines add up to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CgoFlags {
    /// CFLAGS
    pub cflags: Vec<String>,
    /// CPPFLAGS
    pub cppflags: Vec<String>,
    /// CXXFLAGS
    pub cxxflags: Vec<String>,
    /// FFLAGS
    pub fflags: Vec<String>,
    /// LDFLAGS
    pub ldflags: Vec<String>,
    /// pkg-config
    pub pkg_config: Vec<String>,
}

/// Adds the lines of one comment. `file` is the name in errors, `dir` the package's directory
/// (`${SRCDIR}`, relative -I and -L). `Err` is the stock message; lines before the bad one count.
pub fn save_cgo(
    ctx: &Context,
    file: &str,
    dir: &str,
    text: &str,
    flags: &mut CgoFlags,
    mut seen: Option<&mut SeenTags>,
) -> Result<(), String> {
    for original in text.split('\n') {
        let Some(line) = cgo_line(original) else {
            continue;
        };
        let mut fields = line.split_whitespace();
        if let (Some("nocallback" | "noescape"), Some(_), None) =
            (fields.next(), fields.next(), fields.next())
        {
            continue;
        }
        let invalid = || format!("{file}: invalid #cgo line: {original}");
        let (head, args) = line.trim().split_once(':').ok_or_else(invalid)?;
        let mut conditions: Vec<&str> = head.split_whitespace().collect();
        let verb = conditions.pop().ok_or_else(invalid)?;
        let mut holds = |c: &&str| ctx.match_auto(c, seen.as_deref_mut());
        if !conditions.is_empty() && !conditions.iter().any(&mut holds) {
            continue;
        }
        let mut args = split_quoted(args).map_err(|_| invalid())?;
        for arg in &mut args {
            let (expanded, safe) = expand_src_dir(arg, dir);
            if !safe {
                return Err(format!("{file}: malformed #cgo argument: {expanded}"));
            }
            *arg = expanded;
        }
        let list = match verb {
            "CFLAGS" => &mut flags.cflags,
            "CPPFLAGS" => &mut flags.cppflags,
            "CXXFLAGS" => &mut flags.cxxflags,
            "FFLAGS" => &mut flags.fflags,
            "LDFLAGS" => &mut flags.ldflags,
            "pkg-config" => &mut flags.pkg_config,
            _ => return Err(format!("{file}: invalid #cgo verb: {original}")),
        };
        if verb != "pkg-config" {
            make_paths_absolute(&mut args, dir);
        }
        list.append(&mut args);
    }
    Ok(())
}

/// Returns the text behind `#cgo` on a line that has it.
fn cgo_line(line: &str) -> Option<&str> {
    let rest = line.trim().strip_prefix("#cgo")?;
    rest.starts_with([' ', '\t']).then_some(rest)
}

/// Replaces `${SRCDIR}`; also returns whether the result is safe to hand to a compiler.
fn expand_src_dir(arg: &str, dir: &str) -> (String, bool) {
    if !arg.contains("${SRCDIR}") {
        return (arg.to_owned(), is_safe(arg));
    }
    let chunks_safe = arg
        .split("${SRCDIR}")
        .all(|chunk| chunk.is_empty() || is_safe(chunk));
    let expanded = arg.replace("${SRCDIR}", dir);
    let safe = chunks_safe && (dir.is_empty() || is_safe(dir)) && !expanded.is_empty();
    (expanded, safe)
}

/// Reports whether a text has only bytes that mean nothing to a shell, or that flags need.
fn is_safe(s: &str) -> bool {
    const PUNCTUATION: &[u8] = b"+-.,/=_:$@%! ~^";
    let safe = |b: u8| b >= 0x80 || b.is_ascii_alphanumeric() || PUNCTUATION.contains(&b);
    !s.is_empty() && s.bytes().all(safe)
}

/// Makes the paths of -I and -L absolute: the compiler does not run in the package's directory.
fn make_paths_absolute(args: &mut [String], dir: &str) {
    let mut next_is_path = false;
    for arg in args {
        if next_is_path {
            if !path::is_abs(arg) {
                *arg = path::join2(dir, arg);
            }
            next_is_path = false;
        } else if arg.starts_with("-I") || arg.starts_with("-L") {
            let (flag, value) = arg.split_at(2);
            if value.is_empty() {
                next_is_path = true;
            } else if !path::is_abs(value) {
                *arg = format!("{flag}{}", path::join2(dir, value));
            }
        }
    }
}

/// Splits at white space, with quotes and backslashes (build.splitQuoted). `Err` is the message.
pub fn split_quoted(s: &str) -> Result<Vec<String>, &'static str> {
    let mut args = Vec::new();
    let mut arg = String::new();
    let mut escaped = false;
    // A quoted argument counts even when empty.
    let mut quoted = false;
    let mut quote = None;
    for c in s.chars() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
            continue;
        } else if quote.is_some() {
            if quote == Some(c) {
                quote = None;
                continue;
            }
        } else if c == '"' || c == '\'' {
            quoted = true;
            quote = Some(c);
            continue;
        } else if c.is_whitespace() {
            if quoted || !arg.is_empty() {
                quoted = false;
                args.push(std::mem::take(&mut arg));
            }
            continue;
        }
        arg.push(c);
    }
    if quoted || !arg.is_empty() {
        args.push(arg);
    }
    match (quote, escaped) {
        (Some(_), _) => Err("unclosed quote"),
        (None, true) => Err("unfinished escaping"),
        (None, false) => Ok(args),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn save(text: &str) -> (CgoFlags, Result<(), String>) {
        let ctx = Context {
            goos: "linux".to_owned(),
            goarch: "amd64".to_owned(),
            compiler: "gc".to_owned(),
            cgo_enabled: true,
            ..Context::default()
        };
        let mut flags = CgoFlags::default();
        let result = save_cgo(&ctx, "x.go", "/src/d", text, &mut flags, None);
        (flags, result)
    }

    #[test]
    fn flags() {
        let text = "#include <x.h>\n\
            #cgo CFLAGS: -DA=1 -Iinc -I/abs -I rel -I ${SRCDIR}/x\n\
            \t#cgo linux LDFLAGS: -Llib -lz '-Wl,$ORIGIN'\n\
            #cgo windows LDFLAGS: -lw\n\
            #cgo windows linux,amd64 CXXFLAGS: -std=c++17\n\
            #cgo !cgo CFLAGS: -DNO\n\
            #cgo linux&&(amd64||arm64) CPPFLAGS: -DP\n\
            #cgo FFLAGS: -O2\n\
            #cgo pkg-config: foo --static -Irel\n\
            #cgo noescape f\n\
            #cgo nocallback f\n\
            #cgox CFLAGS: -DX\n\
            //#cgo CFLAGS: -DX\n\
            #cgo CFLAGS:";
        let (f, result) = save(text);
        assert_eq!(result, Ok(()));
        assert_eq!(
            f.cflags,
            [
                "-DA=1",
                "-I/src/d/inc",
                "-I/abs",
                "-I",
                "/src/d/rel",
                "-I",
                "/src/d/x"
            ]
        );
        assert_eq!(f.ldflags, ["-L/src/d/lib", "-lz", "-Wl,$ORIGIN"]);
        assert_eq!(f.cxxflags, ["-std=c++17"]);
        assert_eq!(f.cppflags, ["-DP"]);
        assert_eq!(f.fflags, ["-O2"]);
        assert_eq!(f.pkg_config, ["foo", "--static", "-Irel"]);
    }

    #[test]
    fn errors() {
        for (line, want) in [
            ("#cgo CFLAGS -x", "x.go: invalid #cgo line: #cgo CFLAGS -x"),
            (" #cgo : -x", "x.go: invalid #cgo line:  #cgo : -x"),
            (
                "#cgo CFLAGS: 'x",
                "x.go: invalid #cgo line: #cgo CFLAGS: 'x",
            ),
            (
                "#cgo CFLAGS: x\\",
                "x.go: invalid #cgo line: #cgo CFLAGS: x\\",
            ),
            (
                "#cgo NOFLAGS: x",
                "x.go: invalid #cgo verb: #cgo NOFLAGS: x",
            ),
            ("#cgo CFLAGS: -D`x`", "x.go: malformed #cgo argument: -D`x`"),
            ("#cgo CFLAGS: ''", "x.go: malformed #cgo argument: "),
            (
                "#cgo CFLAGS: ${SRCDIR};x",
                "x.go: malformed #cgo argument: /src/d;x",
            ),
            (
                "#cgo noescape f g",
                "x.go: invalid #cgo line: #cgo noescape f g",
            ),
        ] {
            assert_eq!(save(line).1, Err(want.to_owned()), "{line}");
        }
        // The flags before a bad line are kept.
        let (f, result) = save("#cgo CFLAGS: -a\n#cgo BAD: x\n#cgo CFLAGS: -b");
        assert!(result.is_err());
        assert_eq!(f.cflags, ["-a"]);
        // Bad arguments of a line for another system do not matter.
        assert_eq!(
            save("#cgo windows CFLAGS: `\n#cgo windows BAD: x").1,
            Ok(())
        );
    }

    #[test]
    fn splits() {
        for (s, want) in [
            (
                r#"a b:"c d" 'e''f'  "g\"""#,
                Ok(&["a", "b:c d", "ef", "g\""][..]),
            ),
            ("", Ok(&[])),
            (" \t\u{a0}", Ok(&[])),
            ("''", Ok(&[""])),
            (r"a\ b", Ok(&["a b"])),
            (r"'a\'b'", Ok(&["a'b"])),
            ("'a", Err("unclosed quote")),
            ("a\\", Err("unfinished escaping")),
            ("é'ü x'", Ok(&["éü x"])),
        ] {
            let want = want.map(|w| w.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>());
            assert_eq!(split_quoted(s), want, "{s}");
        }
    }
}
