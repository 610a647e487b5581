//! What the code of a test binary is able to do that the log of inputs does not show. The log is
//! written by package os: the environment variables, files and directories that pass through its
//! functions. A program that a test starts, a system call that it makes itself, or C code leaves
//! nothing there, so such a test has no result by content ([`super::test_contents`]).
//!
//! The answer is an over-approximation over the sources of all packages outside the standard
//! library that are linked into the binary: a word in a comment counts like one in code. Which part
//! of the standard library starts programs follows from its imports: everything from which os/exec
//! or plugin can be reached, where code outside the standard library imports it. Every test binary
//! has os/exec in it, for `go test -fuzz`; that alone does not count.

use std::collections::HashSet;

use forgo_cache::{Verify, get_bytes, put_bytes};
use forgo_load::disk;
use forgo_load::package::{Package, PackageId};

use crate::action::ActionCx;
use crate::actions::{test_early, test_times};
use crate::plan::NodeId;

/// What a test binary may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Powers {
    /// It may start programs, run code that is not Go, call the system, or look at modification
    /// times.
    pub unknown: bool,
    /// It may look at or change files by functions that do not write to the log (os.Readlink,
    /// os.Mkdir).
    pub unlogged: bool,
    /// It may look at the whole environment.
    pub environment: bool,
    /// It may load time zones, or set its own.
    pub zones: bool,
    /// It may ask for the name of the host.
    pub host: bool,
    /// Code of the module may run before the log begins.
    early: bool,
    /// It asks for variables by name.
    variables: bool,
}

impl Powers {
    fn or(self, other: Powers) -> Powers {
        Powers {
            unknown: self.unknown || other.unknown,
            unlogged: self.unlogged || other.unlogged,
            environment: self.environment || other.environment,
            zones: self.zones || other.zones,
            host: self.host || other.host,
            early: self.early || other.early,
            variables: self.variables || other.variables,
        }
    }

    fn to_byte(self) -> u8 {
        let Powers {
            unknown,
            unlogged,
            environment,
            zones,
            host,
            early,
            variables,
        } = self;
        [
            unknown,
            unlogged,
            environment,
            zones,
            host,
            early,
            variables,
        ]
        .iter()
        .rev()
        .fold(0, |byte, &bit| byte << 1 | u8::from(bit))
    }

    fn from_byte(byte: u8) -> Powers {
        let bit = |n: u8| byte >> n & 1 != 0;
        Powers {
            unknown: bit(0),
            unlogged: bit(1),
            environment: bit(2),
            zones: bit(3),
            host: bit(4),
            early: bit(5),
            variables: bit(6),
        }
    }
}

/// The powers of the binary that the test run `run` runs and that is known as `id`: an identity of
/// the code in it.
pub(super) fn of(cx: &ActionCx<'_>, run: NodeId, id: &str) -> Powers {
    let (cache, hashes) = (cx.run.job.cache, cx.run.job.hashes);
    let key = {
        // A change of the rules below needs another name.
        let mut hash = hashes.new_own_hash("powers of a test binary, 3");
        hash.write(id.as_bytes());
        hash.action_id()
    };
    if let Ok((bytes, _)) = get_bytes(cache, &key)
        && let &[byte] = bytes.as_slice()
    {
        return Powers::from_byte(byte);
    }
    let powers = of_packages(cx, run);
    // A failure to store it in the cache does not fail the test.
    let _ = put_bytes(cache, &key, &[powers.to_byte()], Verify::Lax);
    powers
}

fn of_packages(cx: &ActionCx<'_>, run: NodeId) -> Powers {
    let plan = cx.run.job.plan;
    let unknown = Powers {
        unknown: true,
        ..Powers::default()
    };
    let Some(link) = plan[run]
        .deps
        .first()
        .and_then(|barrier| plan[*barrier].deps.first())
    else {
        return unknown;
    };
    let packages = plan[*link].deps.iter().filter_map(|dep| plan[*dep].package);
    let graph = cx.run.job.graph;
    let (mut powers, mut standard) = (Powers::default(), Vec::new());
    let mut seen = HashSet::new();
    let root = cx.package_of(run).map_or("", |p| &p.root);
    for id in packages {
        let p = &graph[id];
        if p.standard || p.internal.testmain_go.is_some() || !seen.insert(id) {
            continue;
        }
        powers = powers.or(of_package(cx, p, root));
        if powers.unknown {
            return unknown;
        }
        let imports = p.internal.imports.iter().copied();
        standard.extend(imports.filter(|import| graph[*import].standard));
    }
    if starts_programs(cx, standard) {
        return unknown;
    }
    if powers.early {
        // What initializers and TestMain read is not in the log.
        powers.unlogged = true;
        powers.environment |= powers.variables;
    }
    powers
}

/// Whether one of these packages of the standard library leads to one that starts programs or loads
/// code.
fn starts_programs(cx: &ActionCx<'_>, mut packages: Vec<PackageId>) -> bool {
    let graph = cx.run.job.graph;
    let mut seen = HashSet::new();
    while let Some(id) = packages.pop() {
        if !seen.insert(id) {
            continue;
        }
        let p = &graph[id];
        if matches!(&*p.import_path, "os/exec" | "plugin") {
            return true;
        }
        packages.extend(&p.internal.imports);
    }
    false
}

/// The powers of a package's code. Only packages of the module in `root` are expected to know its
/// files when they are initialized; others may read what lies in the test's directory, which is
/// known as a whole.
fn of_package(cx: &ActionCx<'_>, p: &Package, root: &str) -> Powers {
    let unknown = Powers {
        unknown: true,
        ..Powers::default()
    };
    let not_go = [
        &p.cgo_files,
        &p.c_files,
        &p.cxx_files,
        &p.m_files,
        &p.f_files,
        &p.s_files,
        &p.swig_files,
        &p.swig_cxx_files,
        &p.syso_files,
    ];
    if p.binary_only || not_go.iter().any(|files| !files.is_empty()) {
        return unknown;
    }
    let mut powers = Powers::default();
    for name in &p.go_files {
        let file = forgo_golang::path::join2(&p.dir, name);
        let Ok(text) = disk::read(&*cx.run.job.overlay.actual(&file)) else {
            return unknown;
        };
        powers = powers.or(of_source(&text));
        powers.unknown |= test_times::may_learn_times(&text);
        powers.early |= p.root == root && test_early::runs_code_early(&text);
        if powers.unknown {
            break;
        }
    }
    powers
}

/// What the words of a Go source allow it to do.
fn of_source(text: &[u8]) -> Powers {
    let mut powers = Powers::default();
    let mut at = 0;
    while at < text.len() {
        if !is_letter(text[at]) {
            at += 1;
            continue;
        }
        let start = at;
        while text
            .get(at)
            .is_some_and(|&b| is_letter(b) || b.is_ascii_digit())
        {
            at += 1;
        }
        match &text[start..at] {
            // By these, code can be reached under a name that does not show its effects.
            b"linkname" | b"cgo_import_dynamic" | b"StartProcess" | b"ForkExec" => {
                powers.unknown = true
            }
            // What a test learns from times is not in a key by content.
            b"ModTime" | b"SameFile" | b"Stat_t" | b"Statx_t" => powers.unknown = true,
            b"OpenRoot" | b"OpenInRoot" | b"ReadLink" => powers.unlogged = true,
            b"Environ" => powers.environment = true,
            b"Getenv" | b"LookupEnv" | b"ExpandEnv" => powers.variables = true,
            b"LoadLocation" | b"TZ" | b"ZONEINFO" => {
                powers.zones = true;
                // ZONEINFO and TZ may name any file.
                powers.unlogged = true;
            }
            b"os" => match selector(text, start, at) {
                Selector::None => {}
                Selector::Doubt => powers.unknown = true,
                Selector::Of(b"Environ") => powers.environment = true,
                Selector::Of(b"Hostname") => powers.host = true,
                Selector::Of(name) => powers.unlogged |= !is_logged(name),
            },
            b"syscall" => match selector(text, start, at) {
                Selector::None => {}
                Selector::Doubt => powers.unknown = true,
                Selector::Of(name) => powers.unknown |= !is_harmless(name),
            },
            _ => {}
        }
        if powers.unknown {
            break;
        }
    }
    powers
}

/// The member of a package that an expression selects.
#[derive(Debug, PartialEq, Eq)]
enum Selector<'t> {
    /// Nothing here.
    None,
    /// Perhaps anything: the package is imported under another name, or its members are, or the
    /// text is odd.
    Doubt,
    /// This.
    Of(&'t [u8]),
}

/// What the name of a package at `start..end` is followed by.
fn selector(text: &[u8], start: usize, end: usize) -> Selector<'_> {
    let before = start.checked_sub(1).map(|at| text[at]);
    if let Some(quote @ (b'"' | b'`')) = before
        && text.get(end) == Some(&quote)
    {
        return imported(&text[..start - 1]);
    }
    let blank = |b: &&u8| b.is_ascii_whitespace();
    let skip = |at: usize| at + text[at..].iter().take_while(blank).count();
    let at = skip(end);
    match text.get(at) {
        // A selector may have a comment before the point.
        Some(b'/') => return Selector::Doubt,
        Some(b'.') => {}
        _ => return Selector::None,
    }
    let at = skip(at + 1);
    let rest = &text[at..];
    let name = rest
        .iter()
        .take_while(|&&b| is_letter(b) || b.is_ascii_digit());
    match name.count() {
        0 if rest.first() == Some(&b'/') => Selector::Doubt,
        0 => Selector::None,
        length => Selector::Of(&rest[..length]),
    }
}

/// The quoted name of a package behind this text may be an import. Under its own name nothing
/// follows from that.
fn imported(before: &[u8]) -> Selector<'static> {
    let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\r');
    let length = before
        .iter()
        .rposition(|b| !blank(b))
        .map_or(0, |at| at + 1);
    let before = &before[..length];
    match before.last() {
        None => Selector::None,
        Some(b'.' | b'/') => Selector::Doubt,
        Some(&b) if is_letter(b) || b.is_ascii_digit() => {
            let word = before
                .iter()
                .rposition(|&b| !is_letter(b) && !b.is_ascii_digit());
            let word = &before[word.map_or(0, |at| at + 1)..];
            if matches!(word, b"import" | b"case" | b"return" | b"range") {
                Selector::None
            } else {
                Selector::Doubt
            }
        }
        Some(_) => Selector::None,
    }
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

/// Constants and types that start nothing: error numbers, signals, flags.
fn is_harmless(name: &[u8]) -> bool {
    let constant = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_';
    name.iter().all(constant)
        || matches!(
            name,
            b"Errno"
                | b"Signal"
                | b"Conn"
                | b"RawConn"
                | b"Stdin"
                | b"Stdout"
                | b"Stderr"
                | b"Getpid"
                | b"Getpagesize"
                | b"WaitStatus"
        )
}

/// Members of package os whose use is in the log, or that do not touch files.
fn is_logged(name: &[u8]) -> bool {
    const NAMES: &[&str] = &[
        "Args",
        "Chdir",
        "Clearenv",
        "Create",
        "DevNull",
        "DirEntry",
        "DirFS",
        "Exit",
        "Expand",
        "ExpandEnv",
        "File",
        "FileInfo",
        "FileMode",
        "Getegid",
        "Getenv",
        "Geteuid",
        "Getgid",
        "Getgroups",
        "Getpagesize",
        "Getpid",
        "Getuid",
        "Getwd",
        "Interrupt",
        "IsExist",
        "IsNotExist",
        "IsPathSeparator",
        "IsPermission",
        "IsTimeout",
        "Kill",
        "LinkError",
        "LookupEnv",
        "Lstat",
        "NewSyscallError",
        "Open",
        "OpenFile",
        "PathError",
        "PathListSeparator",
        "PathSeparator",
        "Pipe",
        "ReadDir",
        "ReadFile",
        "Setenv",
        "Signal",
        "Stat",
        "Stderr",
        "Stdin",
        "Stdout",
        "SyscallError",
        "TempDir",
        "Unsetenv",
        "UserCacheDir",
        "UserConfigDir",
        "UserHomeDir",
        "WriteFile",
    ];
    let constant = |prefix: &[u8]| name.starts_with(prefix);
    [&b"Err"[..], b"Mode", b"O_", b"SEEK_"]
        .into_iter()
        .any(constant)
        || NAMES.iter().any(|known| known.as_bytes() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn powers(text: &str) -> Powers {
        of_source(text.as_bytes())
    }

    #[test]
    fn words_that_do_nothing() {
        for text in [
            "package p\nimport \"os\"\nfunc f() { os.ReadFile(\"x\") }",
            "package p\nimport (\n\t\"os\"\n\t\"syscall\"\n)\nvar e = syscall.ENOENT\nvar s os.Signal = syscall.SIGTERM",
            "package p\nimport \"syscall\"\nfunc f(e syscall.Errno) bool { return e == syscall.EAGAIN }",
            "package p // the syscall was interrupted; an os; nothing",
            "package p\nvar x = map[string]int{\"os\": 1}\nfunc f(s string) { switch s { case \"os\": } }",
            "package p\nfunc f() { myos.Remove(\"x\"); notsyscall.Exec() }",
        ] {
            assert_eq!(powers(text), Powers::default(), "{text}");
        }
    }

    #[test]
    fn words_that_may_do_anything() {
        for text in [
            "import \"syscall\"\nfunc f() { syscall.Exec(\"x\", nil, nil) }",
            "func f() { syscall . /* here */ Exec() }",
            "func f() { syscall./* here */Exec() }",
            "func f() { syscall /* here */ .Exec() }",
            "func f() { syscall.\n\tOpen(\"x\", 0, 0) }",
            "func f() { syscall.Syscall(59, 0, 0, 0) }",
            "import sys \"syscall\"",
            "import . \"syscall\"",
            "import sys `syscall`",
            "import o \"os\"",
            "import(o\"os\")",
            "import . \"os\"",
            "import o /* os */ \"os\"",
            "func f() { os.StartProcess(\"x\", nil, nil) }",
            "//go:linkname f syscall.forkExec",
            "func f(i fs.FileInfo) { i.ModTime() }",
        ] {
            assert!(powers(text).unknown, "{text}");
        }
    }

    #[test]
    fn words_that_leave_no_trace() {
        for text in [
            "os.Readlink(\"x\")",
            "os . Mkdir(\"x\", 0)",
            "os.OpenRoot(\".\")",
            "fs.ReadLink(f, \"x\")",
        ] {
            let found = powers(text);
            assert!(found.unlogged && !found.unknown, "{text}");
        }
        assert!(powers("x := os.Environ()").environment);
        assert!(powers("x, _ := os.Hostname()").host);
        assert!(!powers("x := url.Hostname()").host);
        let zones = powers("time.LoadLocation(\"x\")");
        assert!(zones.zones && zones.unlogged && !zones.unknown);
    }

    #[test]
    fn a_byte_holds_them() {
        for byte in 0..128 {
            assert_eq!(Powers::from_byte(byte).to_byte(), byte);
        }
    }
}
