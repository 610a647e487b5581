//! The text of debug.BuildInfo: what `go version -m` shows and executables carry. Answers to
//! runtime/debug/mod.go and, for executables, debug/buildinfo.

use memchr::memmem;

use crate::quote::{quote, quote_rune, unquote};

/// A module in build info.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Module {
    /// Path.
    pub path: String,
    /// Version.
    pub version: String,
    /// Checksum.
    pub sum: String,
    /// Replaced by.
    pub replace: Option<Box<Module>>,
}

/// Build info (debug.BuildInfo).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildInfo {
    /// Go version; empty in the text that the linker is given.
    pub go_version: String,
    /// Import path of the main package.
    pub path: String,
    /// Main module.
    pub main: Module,
    /// Dependencies.
    pub deps: Vec<Module>,
    /// Settings in order.
    pub settings: Vec<(String, String)>,
}

impl BuildInfo {
    /// debug.ParseBuildInfo: what [`Display`](std::fmt::Display) printed, but for the Go version. A
    /// last line without its newline is ignored, as are lines of other kinds.
    pub fn parse(text: &str) -> Result<BuildInfo, String> {
        let mut info = BuildInfo::default();
        let mut last = Last::None;
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let Some(line) = line.strip_suffix('\n') else {
                break;
            };
            parse_line(&mut info, &mut last, line)
                .map_err(|e| format!("could not parse Go build info: line {}: {e}", number + 1))?;
        }
        Ok(info)
    }
}

/// The version of the Go release that linked an executable (buildinfo.Read's GoVersion). `None` if
/// that is not to be seen: no Go program, or one of a release before 1.18, which had but a pointer
/// there.
pub fn go_version(executable: &[u8]) -> Option<&str> {
    const MAGIC: &[u8] = b"\xff Go buildinf:";
    // After the magic the size of a pointer and flags; the texts begin at 32, each after its
    // length.
    const INLINE: u8 = 2;
    memmem::find_iter(executable, MAGIC).find_map(|at| {
        let header = executable.get(at..at + 32)?;
        if !at.is_multiple_of(16) || header[15] & INLINE == 0 {
            return None;
        }
        let rest = &executable[at + 32..];
        // A version has fewer than 128 bytes, and so its length (a varint) one.
        let length = usize::from(*rest.first()?);
        let text = rest.get(1..=length).filter(|_| length < 128)?;
        let text = std::str::from_utf8(text).ok()?;
        (text.starts_with("go") || text.starts_with("devel ")).then_some(text)
    })
}

/// The import path of the main package of a Go program, from its section `.go.buildinfo`.
pub fn main_path(section: &[u8]) -> Option<&str> {
    // The texts begin at 32: the version and the module info, each after its length.
    let (_, rest) = counted(section.get(32..)?)?;
    let (info, _) = counted(rest)?;
    // A magic of 16 bytes is on either side.
    let info = std::str::from_utf8(info.get(16..info.len().checked_sub(16)?)?).ok()?;
    info.lines().find_map(|line| line.strip_prefix("path\t"))
}

/// Bytes after their length, which is a varint; and what follows them.
fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut length = 0_usize;
    for (i, byte) in bytes.iter().take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return bytes.get(i + 1..)?.split_at_checked(length);
        }
    }
    None
}

/// The module that a `=>` line replaces.
#[derive(Clone, Copy, PartialEq)]
enum Last {
    None,
    Main,
    Dep,
}

fn parse_line(info: &mut BuildInfo, last: &mut Last, line: &str) -> Result<(), String> {
    if let Some(path) = line.strip_prefix("path\t") {
        info.path = path.to_string();
    } else if let Some(rest) = line.strip_prefix("mod\t") {
        info.main = parse_module(rest)?;
        *last = Last::Main;
    } else if let Some(rest) = line.strip_prefix("dep\t") {
        info.deps.push(parse_module(rest)?);
        *last = Last::Dep;
    } else if let Some(rest) = line.strip_prefix("=>\t") {
        let columns = rest.split('\t').count();
        if columns != 3 {
            return Err(format!("expected 3 columns for replacement; got {columns}"));
        }
        let target = match *last {
            Last::None => None,
            Last::Main => Some(&mut info.main),
            Last::Dep => info.deps.last_mut(),
        };
        let target = target.ok_or("replacement with no module on previous line")?;
        target.replace = Some(Box::new(parse_module(rest)?));
        *last = Last::None;
    } else if let Some(rest) = line.strip_prefix("build\t") {
        info.settings.push(parse_setting(rest)?);
    }
    Ok(())
}

fn parse_module(text: &str) -> Result<Module, String> {
    let columns: Vec<&str> = text.split('\t').collect();
    let (path, version, sum) = match columns[..] {
        [path, version] => (path, version, ""),
        [path, version, sum] => (path, version, sum),
        _ => return Err(format!("expected 2 or 3 columns; got {}", columns.len())),
    };
    Ok(Module {
        path: path.into(),
        version: version.into(),
        sum: sum.into(),
        replace: None,
    })
}

fn parse_setting(text: &str) -> Result<(String, String), String> {
    let (key, value) = match text.chars().next() {
        None => return Err("build line missing '='".into()),
        Some('=') => return Err("build line with missing key".into()),
        Some(open @ ('"' | '`')) => {
            let end = end_of_literal(text, open).ok_or("invalid quoted key in build line")?;
            let (literal, rest) = text.split_at(end);
            let value = match rest.chars().next() {
                None => return Err("build line missing '=' after quoted key".into()),
                Some('=') => &rest[1..],
                Some(c) => {
                    return Err(format!(
                        "unexpected character after quoted key: {}",
                        quote_rune(c)
                    ));
                }
            };
            (
                unquote(literal).ok_or("invalid quoted key in build line")?,
                value,
            )
        }
        Some(_) => {
            let (key, value) = text
                .split_once('=')
                .ok_or("build line missing '=' after key")?;
            if must_quote_key(key) {
                return Err(format!("unquoted key {} must be quoted", quote(key)));
            }
            (key.to_string(), value)
        }
    };
    if value.starts_with(['"', '`']) {
        return Ok((
            key,
            unquote(value).ok_or("invalid quoted value in build line")?,
        ));
    }
    if must_quote_value(value) {
        return Err(format!("unquoted value {} must be quoted", quote(value)));
    }
    Ok((key, value.to_string()))
}

/// Where the string literal that `text` begins with ends.
fn end_of_literal(text: &str, open: char) -> Option<usize> {
    let mut escaped = false;
    for (i, c) in text.char_indices().skip(1) {
        if c == open && !escaped {
            return Some(i + 1);
        }
        escaped = open == '"' && c == '\\' && !escaped;
    }
    None
}

fn must_quote_key(key: &str) -> bool {
    key.is_empty() || key.contains('=') || must_quote_value(key)
}

fn must_quote_value(value: &str) -> bool {
    value.contains([' ', '\t', '\r', '\n', '"', '`'])
}

impl std::fmt::Display for BuildInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.go_version.is_empty() {
            writeln!(f, "go\t{}", self.go_version)?;
        }
        if !self.path.is_empty() {
            writeln!(f, "path\t{}", self.path)?;
        }
        if self.main != Module::default() {
            write_module(f, "mod", &self.main)?;
        }
        for dep in &self.deps {
            write_module(f, "dep", dep)?;
        }
        for (key, value) in &self.settings {
            f.write_str("build\t")?;
            if must_quote_key(key) {
                f.write_str(&quote(key))?;
            } else {
                f.write_str(key)?;
            }
            f.write_str("=")?;
            if must_quote_value(value) {
                f.write_str(&quote(value))?;
            } else {
                f.write_str(value)?;
            }
            f.write_str("\n")?;
        }
        Ok(())
    }
}

fn write_module(f: &mut std::fmt::Formatter<'_>, word: &str, m: &Module) -> std::fmt::Result {
    write!(f, "{word}\t{}\t{}", m.path, m.version)?;
    match &m.replace {
        None => writeln!(f, "\t{}", m.sum),
        Some(replace) => {
            f.write_str("\n")?;
            write_module(f, "=>", replace)?;
            f.write_str("\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_package_is_found_in_a_section() {
        let section = |info: &str| {
            let mut bytes = b"\xff Go buildinf:\x08\x02".to_vec();
            bytes.resize(32, 0);
            bytes.extend(b"\x08go1.27.3");
            let length = u8::try_from(info.len() + 32).unwrap();
            // A length of more than 127 takes two bytes.
            match length {
                0..128 => bytes.push(length),
                _ => bytes.extend([length, 1]),
            }
            bytes.extend([b'0'; 16]);
            bytes.extend(info.as_bytes());
            bytes.extend([b'0'; 16]);
            bytes
        };
        let long = format!("path\tcmd/go\nbuild\t-x={}\n", "y".repeat(100));
        for info in ["path\tcmd/go\nbuild\tCGO_ENABLED=0\n", &long] {
            assert_eq!(main_path(&section(info)), Some("cmd/go"));
        }
        assert_eq!(main_path(&section("mod\tm\n")), None);
        let whole = section("path\tcmd/go\n");
        for length in 0..whole.len() {
            assert_eq!(main_path(&whole[..length]), None, "{length}");
        }
    }

    #[test]
    fn executables_say_their_release() {
        let executable = |flags: u8, text: &str| {
            let mut bytes = b"\x7fELF............ code with \xff Go buildinf: in it".to_vec();
            bytes.resize(bytes.len().next_multiple_of(16), 0);
            bytes.extend(b"\xff Go buildinf:\x08");
            bytes.push(flags);
            bytes.extend([0; 16]);
            bytes.push(u8::try_from(text.len()).unwrap());
            bytes.extend(text.as_bytes());
            bytes
        };
        let whole = executable(2, "go1.27.3 X:jsonv2");
        assert_eq!(go_version(&whole), Some("go1.27.3 X:jsonv2"));
        assert_eq!(go_version(&whole[..whole.len() - 1]), None);
        assert_eq!(
            go_version(&executable(2, "devel go1.28-1a")),
            Some("devel go1.28-1a")
        );
        assert_eq!(go_version(&executable(0, "go1.17")), None);
        assert_eq!(go_version(&executable(2, "nonsense")), None);
        assert_eq!(go_version(b"#!/bin/sh\nexec go \"$@\"\n"), None);
    }

    #[test]
    fn prints_and_parses() {
        let mut main = module("example.com/m", "(devel)", "");
        main.replace = Some(Box::new(module("../m", "", "h1:x=")));
        let info = BuildInfo {
            go_version: String::new(),
            path: "example.com/m/cmd".into(),
            main,
            deps: vec![module("golang.org/x/mod", "v0.1.0", "h1:abc=")],
            settings: vec![
                ("-compiler".into(), "gc".into()),
                ("-ldflags".into(), "-X 'a=\"b c\"'".into()),
                ("odd=key".into(), String::new()),
            ],
        };
        let text = info.to_string();
        let want = "path\texample.com/m/cmd\nmod\texample.com/m\t(devel)\n=>\t../m\t\th1:x=\n\n\
                    dep\tgolang.org/x/mod\tv0.1.0\th1:abc=\nbuild\t-compiler=gc\n\
                    build\t-ldflags=\"-X 'a=\\\"b c\\\"'\"\nbuild\t\"odd=key\"=\n";
        assert_eq!(text, want);
        assert_eq!(BuildInfo::parse(&text), Ok(info));
    }

    #[test]
    fn refuses_what_is_malformed() {
        for (text, want) in [
            ("mod\ta\n", "line 1: expected 2 or 3 columns; got 1"),
            (
                "path\tx\n=>\ta\tb\tc\n",
                "line 2: replacement with no module on previous line",
            ),
            ("build\t\"x=y\n", "line 1: invalid quoted key in build line"),
            (
                "build\tx=a b\n",
                "line 1: unquoted value \"a b\" must be quoted",
            ),
        ] {
            assert_eq!(
                BuildInfo::parse(text),
                Err(format!("could not parse Go build info: {want}"))
            );
        }
    }

    fn module(path: &str, version: &str, sum: &str) -> Module {
        Module {
            path: path.into(),
            version: version.into(),
            sum: sum.into(),
            replace: None,
        }
    }
}
