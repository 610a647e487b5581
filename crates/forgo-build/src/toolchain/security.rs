//! Which flags a package may hand to the C compilers, the C linker and pkg-config. Building a
//! package must not run code of its author's choosing, so only flags on a list of harmless ones
//! pass; the user (never the package) may widen or narrow the list through `CGO_CFLAGS_ALLOW` and
//! its kin.
//!
//! Answers to cmd/go/internal/work/security.go.

mod allowed;

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use forgo_golang::regexp;
use forgo_load::config::Config;
use regex::Regex;

/// One family of flags and where its override variables are found.
struct Rules {
    refused: &'static [&'static str],
    valid: &'static [&'static str],
    with_argument: &'static [&'static str],
}

static COMPILER: Rules = Rules {
    refused: &[],
    valid: allowed::COMPILER,
    with_argument: allowed::COMPILER_WITH_ARGUMENT,
};

static LINKER: Rules = Rules {
    refused: allowed::LINKER_REFUSED,
    valid: allowed::LINKER,
    with_argument: allowed::LINKER_WITH_ARGUMENT,
};

/// The linker's rules as the question "can the Go linker do this link itself?" asks them.
static INTERNAL_LINK: Rules = Rules {
    refused: &[],
    valid: allowed::LINKER,
    with_argument: allowed::LINKER_WITH_ARGUMENT,
};

static PKG_CONFIG: Rules = Rules {
    refused: &[],
    valid: allowed::PKG_CONFIG,
    with_argument: &[],
};

/// Checks flags for a compiler. `name` is the variable without `CGO_` (`CFLAGS`), `source` what the
/// refusal names (`#cgo CFLAGS`).
pub fn check_compiler_flags(
    cfg: &Config,
    name: &str,
    source: &str,
    flags: &[String],
) -> Result<(), String> {
    check(&COMPILER, &Overrides::read(cfg, name)?, source, flags)
}

/// Checks flags for the C linker.
pub fn check_linker_flags(
    cfg: &Config,
    name: &str,
    source: &str,
    flags: &[String],
) -> Result<(), String> {
    check(&LINKER, &Overrides::read(cfg, name)?, source, flags)
}

/// Checks flags for pkg-config; nothing overrides these rules.
pub fn check_pkg_config_flags(source: &str, flags: &[String]) -> Result<(), String> {
    check(&PKG_CONFIG, &Overrides::default(), source, flags)
}

/// Whether compiler flags leave objects that the Go linker can be trusted to link itself.
pub fn compiler_flags_allow_internal_link(cfg: &Config, flags: &[String]) -> bool {
    let static_counts = cfg.dist.release.static_flags_need_c_linker();
    check(&COMPILER, &Overrides::default(), "", flags).is_ok()
        && !flags.iter().any(|f| {
            f.starts_with("-flto") || static_counts && matches!(&**f, "-static" | "--static")
        })
}

/// The same question for linker flags. Releases before 1.27 did not ask it (go.dev/issue/77768).
pub fn linker_flags_allow_internal_link(cfg: &Config, flags: &[String]) -> bool {
    if !cfg.dist.release.static_flags_need_c_linker() {
        return true;
    }
    const STATIC: [&str; 5] = [
        "-static",
        "--static",
        "-Wl,-static",
        "-Wl,--static",
        "-Wl,-Bstatic",
    ];
    check(&INTERNAL_LINK, &Overrides::default(), "", flags).is_ok()
        && !flags.iter().any(|f| STATIC.contains(&f.as_str()))
}

/// Reports whether a text is safe as a separate argument: it can be neither a flag nor `@file`
/// (load.SafeArg).
pub fn safe_argument(text: &str) -> bool {
    text.bytes()
        .next()
        .is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'/') || c >= 0x80)
}

/// The user's exceptions: `CGO_<name>_ALLOW` and `CGO_<name>_DISALLOW`.
#[derive(Default)]
struct Overrides {
    allow: Option<Regex>,
    disallow: Option<Regex>,
}

impl Overrides {
    /// Compiles the user's patterns. A bad one is an error even without any flag to judge.
    fn read(cfg: &Config, name: &str) -> Result<Self, String> {
        let pattern = |kind: &str| {
            let text = cfg.env.get(&format!("CGO_{name}_{kind}"));
            if text.is_empty() {
                return Ok(None);
            }
            regexp::compile(text)
                .map(Some)
                .map_err(|e| format!("parsing $CGO_{name}_{kind}: {e}"))
        };
        Ok(Self {
            allow: pattern("ALLOW")?,
            disallow: pattern("DISALLOW")?,
        })
    }
}

/// Go's `re.FindString(s) == s`: the match that is found first, alternatives tried from left to
/// right, is the whole text. No match at all is the empty text, so an empty flag matches
/// everything.
fn matches_whole(re: &Regex, flag: &str) -> bool {
    flag.is_empty()
        || re
            .find(flag)
            .is_some_and(|m| m.start() == 0 && m.end() == flag.len())
}

/// [`matches_whole`] for an entry of the tables. Compiling all of them would cost more than the
/// rest of a null build, so an entry is compiled when a flag begins as it begins, once per process.
fn entry_matches(entry: &'static str, flag: &str) -> bool {
    static COMPILED: LazyLock<Mutex<HashMap<&'static str, Regex>>> = LazyLock::new(Mutex::default);
    let prefix = literal_prefix(entry);
    if prefix.len() == entry.len() || flag.is_empty() {
        return flag.is_empty() || flag == entry;
    }
    if !flag.starts_with(prefix) {
        return false;
    }
    let mut compiled = COMPILED.lock().unwrap_or_else(|e| e.into_inner());
    let re = compiled
        .entry(entry)
        .or_insert_with(|| Regex::new(entry).expect("the tables hold valid patterns"));
    matches_whole(re, flag)
}

/// The text every match of a pattern begins with, as far as it is plain to see.
fn literal_prefix(pattern: &str) -> &str {
    let end = pattern
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | ',' | '_' | '=' | '/')))
        .unwrap_or(pattern.len());
    // A repetition operator takes the character before it along.
    match pattern.as_bytes().get(end) {
        Some(b'?' | b'*' | b'+' | b'{') => &pattern[..end.saturating_sub(1)],
        _ => &pattern[..end],
    }
}

fn any_entry_matches(entries: &'static [&'static str], flag: &str) -> bool {
    entries.iter().any(|e| entry_matches(e, flag))
}

fn check(rules: &Rules, user: &Overrides, source: &str, flags: &[String]) -> Result<(), String> {
    let mut rest = flags.iter();
    while let Some(flag) = rest.next() {
        if user
            .disallow
            .as_ref()
            .is_some_and(|re| matches_whole(re, flag))
        {
            return Err(refusal(source, flag));
        }
        if user
            .allow
            .as_ref()
            .is_some_and(|re| matches_whole(re, flag))
        {
            continue;
        }
        if any_entry_matches(rules.refused, flag) {
            return Err(refusal(source, flag));
        }
        if flag.starts_with("-Wl,--push-state,") {
            if !push_state_is_valid(rules, flag) {
                return Err(refusal(source, flag));
            }
        } else if rules.with_argument.contains(&flag.as_str()) {
            // The tables' plain entries never overlap with these, but `-F` and `-I` alone are
            // refused by their patterns: the next argument decides.
            if any_entry_matches(rules.valid, flag) {
                continue;
            }
            match rest.clone().next() {
                Some(value) if argument_is_valid(flag, value) => {
                    rest.next();
                }
                Some(value) => return Err(refusal(source, &format!("{flag} {value}"))),
                None => return Err(refusal(source, &format!("{flag} without argument"))),
            }
        } else if !any_entry_matches(rules.valid, flag) {
            return Err(refusal(source, flag));
        }
    }
    Ok(())
}

fn refusal(source: &str, what: &str) -> String {
    format!("invalid flag in {source}: {what} (see https://go.dev/s/invalidflag)")
}

/// `-Wl,--push-state,--as-needed,…`: several linker flags in one, each judged alone.
fn push_state_is_valid(rules: &Rules, flag: &str) -> bool {
    flag.split(',').skip(1).all(|part| {
        let part = format!("-Wl,{part}");
        any_entry_matches(rules.valid, &part) && !any_entry_matches(rules.refused, &part)
    })
}

/// Whether `value` may follow a flag that takes its value as the next argument.
fn argument_is_valid(flag: &str, value: &str) -> bool {
    if safe_argument(value) {
        return true;
    }
    // -Wl,-framework -Wl,name
    if flag.starts_with("-Wl,")
        && let Some(value) = value.strip_prefix("-Wl,")
        && safe_argument(value)
        && !value.contains(',')
    {
        return true;
    }
    // -I =/path, -I $SYSROOT/path
    flag == "-I"
        && (value.starts_with('=') || value.starts_with("$SYSROOT"))
        && value.get(1..).is_some_and(safe_argument)
}

#[cfg(test)]
mod tests {
    use forgo_golang::release::Release;

    use super::*;

    fn config(vars: &[(&str, &str)]) -> Config {
        let mut config = Config::default();
        config.dist.release = Release::GO1_27;
        for (key, value) in vars {
            config.env.vars.insert((*key).into(), (*value).into());
        }
        config
    }

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn every_entry_is_a_pattern_and_begins_as_its_prefix_says() {
        let all = [&COMPILER, &LINKER, &PKG_CONFIG];
        for entry in all.iter().flat_map(|r| r.refused.iter().chain(r.valid)) {
            Regex::new(entry).unwrap();
            let prefix = literal_prefix(entry);
            assert!(entry.starts_with(prefix));
            assert_eq!(prefix, regex::escape(prefix).replace(r"\-", "-"), "{entry}");
        }
    }

    #[test]
    fn flags_are_let_through_or_refused() {
        for (kind, flags, refused) in [
            (
                "C",
                "-DFOO -Dfoo=bar -I /x -I= -O2 -Wall -std=c99 -isystem /y",
                None,
            ),
            ("C", "-I -O2", Some("-I -O2")),
            ("C", "-I =/x -I $SYSROOT/y -D X=1", None),
            ("C", "-I=@x -D@X", Some("-D@X")),
            ("C", "-fplugin=x.so", Some("-fplugin=x.so")),
            ("C", "-Wa,-foo", Some("-Wa,-foo")),
            ("C", "-I", Some("-I without argument")),
            ("C", "-I @x", Some("-I @x")),
            (
                "LD",
                "-L/x -lfoo x.o /y/libz.so -Wl,-rpath,/z -Wl,-rpath -Wl,q",
                None,
            ),
            ("LD", "-lto_library", Some("-lto_library")),
            ("LD", "foo.obj", Some("foo.obj")),
            (
                "LD",
                "-Wl,--push-state,--as-needed -Wl,--push-state,-foo",
                Some("-Wl,--push-state,-foo"),
            ),
            ("LD", "-Wl,-z,relro,-z,now -Wl,-z,noexecstack", None),
            (
                "LD",
                "-framework Foo -Wl,-framework -Wl,a,b",
                Some("-Wl,-framework -Wl,a,b"),
            ),
            ("PC", "--static --atleast-version=1.2.3", None),
            ("PC", "--with-path=@x", Some("--with-path=@x")),
        ] {
            let (cfg, flags) = (config(&[]), words(flags));
            let got = match kind {
                "C" => check_compiler_flags(&cfg, "CFLAGS", "s", &flags),
                "LD" => check_linker_flags(&cfg, "LDFLAGS", "s", &flags),
                _ => check_pkg_config_flags("s", &flags),
            };
            assert_eq!(got.err(), refused.map(|r| refusal("s", r)), "{flags:?}");
        }
    }

    #[test]
    fn the_user_overrides_the_lists() {
        let cfg = config(&[
            ("CGO_CFLAGS_ALLOW", "-fplug.*"),
            ("CGO_CFLAGS_DISALLOW", "-O3|-Wall"),
        ]);
        let check = |flags: &str| check_compiler_flags(&cfg, "CFLAGS", "s", &words(flags));
        assert_eq!(check("-fplugin=x -O2"), Ok(()));
        assert_eq!(check("-fplugin=x -O3"), Err(refusal("s", "-O3")));
        let cfg = config(&[("CGO_CFLAGS_ALLOW", "(")]);
        let want = "parsing $CGO_CFLAGS_ALLOW: error parsing regexp: missing closing ): `(`";
        assert_eq!(
            check_compiler_flags(&cfg, "CFLAGS", "s", &[]),
            Err(want.into())
        );
    }

    #[test]
    fn some_harmless_flags_want_the_external_linker() {
        let mut cfg = config(&[]);
        for (flags, compiler, linker) in [
            ("-O2 -g", true, true),
            ("-flto", false, false),
            ("-static", false, false),
            ("--static", false, false),
            ("-Wl,-Bstatic", false, false),
            ("-fplugin=x", false, false),
        ] {
            let flags = words(flags);
            cfg.dist.release = Release::GO1_27;
            assert_eq!(
                compiler_flags_allow_internal_link(&cfg, &flags),
                compiler,
                "{flags:?}"
            );
            assert_eq!(
                linker_flags_allow_internal_link(&cfg, &flags),
                linker,
                "{flags:?}"
            );
            cfg.dist.release = Release::GO1_26;
            let compiler = compiler || flags[0] == "--static";
            assert_eq!(
                compiler_flags_allow_internal_link(&cfg, &flags),
                compiler,
                "{flags:?}"
            );
            assert!(linker_flags_allow_internal_link(&cfg, &flags));
        }
    }
}
