//! `go env -w` and `-u`: checks settings and rewrites the user's go/env file.
//!
//! Answers to runEnvW, runEnvU, checkEnvWrite and updateEnvFile in cmd/go/internal/envcmd/env.go.

use forgo_load::disk::{self, Because};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use forgo_golang::quote::quote;
use forgo_golang::{path, quoted, raw};
use forgo_load::process::{errno_text, os};

use super::super::Invocation;
use crate::config::{Platform, env_file, parse_experiments};
use crate::exit::{Outcome, Stop};

fn fatal<T>(text: impl std::fmt::Display) -> Outcome<T> {
    Err(Stop::fatal(format!("go: {text}")))
}

/// `-w KEY=VALUE…`
pub fn set(invocation: &Invocation<'_>) -> Outcome {
    if invocation.args.is_empty() {
        return fatal("no KEY=VALUE arguments given");
    }
    let mut add = BTreeMap::new();
    for arg in &invocation.args {
        let Some((key, value)) = arg.split_once('=') else {
            return fatal(format!(
                "arguments must be KEY=VALUE: invalid argument: {arg}"
            ));
        };
        check(invocation, key, value)?;
        if add.insert(key.to_owned(), value.to_owned()).is_some() {
            return fatal(format!("multiple values for key: {key}"));
        }
        let own = invocation.startup.process.get(key);
        if !own.is_empty() && own != value {
            invocation.console.warn(&format!(
                "warning: go env -w {key}=... does not override conflicting OS environment \
                 variable\n"
            ));
        }
    }
    check_target(invocation, &add, &BTreeSet::new())?;
    if add
        .get("GOTMPDIR")
        .is_some_and(|d| !d.is_empty() && !d.starts_with('/'))
    {
        return fatal("GOTMPDIR must be an absolute path");
    }
    update(invocation, add, &BTreeSet::new())
}

/// `-u KEY…`
pub fn unset(invocation: &Invocation<'_>) -> Outcome {
    if invocation.args.is_empty() {
        return fatal("'go env -u' requires an argument");
    }
    let mut delete = BTreeSet::new();
    for key in &invocation.args {
        check(invocation, key, "")?;
        delete.insert(key.clone());
    }
    check_target(invocation, &BTreeMap::new(), &delete)?;
    update(invocation, BTreeMap::new(), &delete)
}

/// Checks whether this variable may be set to this value.
fn check(invocation: &Invocation<'_>, key: &str, value: &str) -> Outcome {
    let cfg = invocation.cfg();
    match key {
        "GOEXE" | "GOGCCFLAGS" | "GOHOSTARCH" | "GOHOSTOS" | "GOMOD" | "GOWORK" | "GOTOOLDIR"
        | "GOVERSION" | "GOTELEMETRY" | "GOTELEMETRYDIR" => {
            return fatal(format!("{key} cannot be modified"));
        }
        "GOROOT" if cfg.dist.release.env_refuses_goroot() => {
            return fatal(format!("{key} cannot be modified"));
        }
        "GOENV" | "GODEBUG" => {
            return fatal(format!("{key} can only be set using the OS environment"));
        }
        _ => {}
    }
    if !env_file::is_known(key, &cfg.env.file) {
        return fatal(format!("unknown go command variable {key}"));
    }
    if let Err(why) = check_value(key, value) {
        return fatal(why);
    }
    if !raw::is_utf8(value) {
        return fatal(format!("invalid UTF-8 in {key}=... value"));
    }
    if value.contains('\0') {
        return fatal(format!("invalid NUL in {key}=... value"));
    }
    if value.contains(['\u{b}', '\r', '\n']) {
        return fatal(format!("invalid newline in {key}=... value"));
    }
    Ok(())
}

fn check_value(key: &str, value: &str) -> Result<(), String> {
    let relative = !value.is_empty() && !value.starts_with('/');
    match key {
        "GO111MODULE" if !matches!(value, "" | "auto" | "on" | "off") => {
            Err(format!("invalid {key} value {}", quote(value)))
        }
        "GOPATH" if value.starts_with('~') => Err(format!(
            "GOPATH entry cannot start with shell metacharacter '~': {}",
            quote(value)
        )),
        "GOPATH" | "GOMODCACHE" if relative => Err(format!(
            "{key} entry is relative; must be absolute path: {}",
            quote(value)
        )),
        "CC" | "CXX" if !value.is_empty() => {
            let words = quoted::split(value).map_err(|e| format!("invalid {key}: {e}"))?;
            match words.first() {
                None => Err(format!("{key} entry cannot contain only space")),
                Some(w) if !w.starts_with('/') && w != path::base(w) => Err(format!(
                    "{key} entry is relative; must be absolute path: {}",
                    quote(w)
                )),
                Some(_) => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// Would GOOS, GOARCH and GOEXPERIMENT still make sense (checkBuildConfig)?
fn check_target(
    invocation: &Invocation<'_>,
    add: &BTreeMap<String, String>,
    delete: &BTreeSet<String>,
) -> Outcome {
    let cfg = invocation.cfg();
    let get = |key: &str, current: &str, default: &str| {
        if let Some(value) = add.get(key) {
            return (value.clone(), true);
        }
        if !delete.contains(key) {
            return (current.to_owned(), false);
        }
        match invocation.startup.process.get(key) {
            "" => (default.to_owned(), true),
            own => (own.to_owned(), true),
        }
    };
    // go/build's default is the process's own setting.
    let own = |key: &str, host: &str| match invocation.startup.process.get(key) {
        "" => host.to_owned(),
        value => value.to_owned(),
    };
    let default_os = own("GOOS", &cfg.dist.host_goos);
    let default_arch = own("GOARCH", &cfg.dist.host_goarch);
    let (goos, os_set) = get("GOOS", &cfg.target.goos, &default_os);
    let (goarch, arch_set) = get("GOARCH", &cfg.target.goarch, &default_arch);
    let platform = Platform {
        goos: &goos,
        goarch: &goarch,
        release: cfg.dist.release,
    };
    if (os_set || arch_set) && !platform.exists() {
        return fatal(format!("unsupported GOOS/GOARCH pair {goos}/{goarch}"));
    }
    let default = invocation.startup.defaults.constant("GOEXPERIMENT");
    let (experiment, set) = get("GOEXPERIMENT", &cfg.target.raw_goexperiment, default);
    if set && let Err(why) = parse_experiments(&cfg.dist.goroot, &goos, &goarch, &experiment) {
        return fatal(why);
    }
    Ok(())
}

/// Rewrites the user's file.
#[expect(clippy::disallowed_methods, reason = "answers of env are not kept")]
fn update(
    invocation: &Invocation<'_>,
    add: BTreeMap<String, String>,
    delete: &BTreeSet<String>,
) -> Outcome {
    let file = match env_file::written(&invocation.startup.process) {
        Ok(file) => file,
        Err(why) => return fatal(format!("cannot find go env config: {why}")),
    };
    let old = match disk::own::read(Because::Handed, &file) {
        Ok(bytes) => raw::into_text(bytes),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && !add.is_empty() => String::new(),
        Err(e) => {
            // A directory can be opened.
            let call = match e.kind() {
                std::io::ErrorKind::IsADirectory => "read",
                _ => "open",
            };
            let why = errno_text(&e);
            return fatal(format!("reading go env config: {call} {file}: {why}"));
        }
    };
    let text = rewrite(&old, add, delete);
    if std::fs::write(os(&file), raw::bytes(&text)).is_ok() {
        return Ok(());
    }
    if let Some(dir) = std::path::Path::new(&os(&file)).parent() {
        // Whether this worked shows in the write.
        let _ = std::fs::create_dir_all(dir);
    }
    std::fs::write(os(&file), raw::bytes(&text)).or_else(|e| {
        fatal(format!(
            "writing go env config: open {file}: {}",
            errno_text(&e)
        ))
    })
}

/// The file's new text: of doubles the last is kept, blocks of settings are sorted.
fn rewrite(old: &str, mut add: BTreeMap<String, String>, delete: &BTreeSet<String>) -> String {
    let mut lines: Vec<String> = old.split_inclusive('\n').map(str::to_owned).collect();
    if let Some(last) = lines.last_mut().filter(|l| !l.ends_with('\n')) {
        last.push('\n');
    }
    let mut at: HashMap<String, usize> = HashMap::new();
    for i in 0..lines.len() {
        let Some(key) = key_of(&lines[i]).map(str::to_owned) else {
            continue;
        };
        if let Some(before) = at.insert(key, i) {
            lines[before].clear();
        }
    }
    add.retain(|key, value| match at.get(key) {
        Some(&i) => {
            lines[i] = format!("{key}={value}\n");
            false
        }
        None => true,
    });
    lines.extend(
        add.into_iter()
            .map(|(key, value)| format!("{key}={value}\n")),
    );
    for key in delete {
        if let Some(&i) = at.get(key) {
            lines[i].clear();
        }
    }
    for block in lines.split_mut(|line| key_of(line).is_none()) {
        block.sort_by(|a, b| key_of(a).cmp(&key_of(b)));
    }
    lines.concat()
}

/// KEY of `KEY=VALUE`; nothing for comments and other lines.
fn key_of(line: &str) -> Option<&str> {
    let (key, _) = line.split_once('=')?;
    (!key.is_empty() && !key.contains('#')).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_rewritten() {
        let add = |list: &[(&str, &str)]| {
            list.iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect()
        };
        let old = "GOX=1\nGOA=2\n# note\nGOX=3";
        assert_eq!(
            rewrite(old, add(&[("GOB", "4"), ("GOA", "5")]), &BTreeSet::new()),
            "GOA=5\n# note\nGOB=4\nGOX=3\n"
        );
        let delete = BTreeSet::from(["GOA".to_owned()]);
        assert_eq!(rewrite(old, BTreeMap::new(), &delete), "# note\nGOX=3\n");
    }

    #[test]
    fn values() {
        for (key, value, want) in [
            ("GO111MODULE", "x", "invalid GO111MODULE value \"x\""),
            (
                "GOPATH",
                "a",
                "GOPATH entry is relative; must be absolute path: \"a\"",
            ),
            ("CC", " ", "CC entry cannot contain only space"),
            (
                "CC",
                "a/b",
                "CC entry is relative; must be absolute path: \"a/b\"",
            ),
        ] {
            assert_eq!(check_value(key, value).unwrap_err(), want);
        }
        assert!(check_value("CC", "gcc -m32").is_ok());
    }
}
