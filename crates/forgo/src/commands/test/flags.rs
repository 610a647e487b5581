//! The command line of `go test`: flags of the command, of the test binary, of both; packages
//! between them. Answers to testFlags in cmd/go/internal/test/testflag.go.

use forgo_golang::{duration, path};

use super::vet_flag::VetFlag;
use crate::commands::Invocation;
use crate::exit::{Outcome, Stop};
use crate::flags::kind::{Kind, parse_bool, parse_duration, parse_int};
use crate::flags::table::TEST_BINARY_FLAGS;
use crate::flags::{Flags, ParseOne, goflags};

/// The flags and arguments of the command line.
#[derive(Debug, Default)]
pub struct TestFlags {
    /// The packages named; none: the current directory is tested.
    pub packages: Vec<String>,
    /// Arguments of every test binary.
    pub args: Vec<String>,
    /// -json.
    pub json: bool,
    /// Events name failed builds, and the output of builds is JSON too.
    pub json_builds: bool,
    /// -v in some form.
    pub verbose: bool,
    /// -v=test2json.
    pub marked: bool,
    /// `-args -h`: print the binary's help.
    pub help: bool,
    /// -timeout, in nanoseconds.
    pub timeout: i64,
    /// Where profiles go.
    pub output_dir: String,
    /// -vet.
    pub vet: VetFlag,
}

const DEFAULT_TIMEOUT: i64 = 600_000_000_000;

/// Returns the test binary's name for the flag, if it is one of the binary's.
fn binary_flag(name: &str) -> Option<&str> {
    let short = name.strip_prefix("test.").unwrap_or(name);
    TEST_BINARY_FLAGS.contains(&short).then_some(short)
}

/// The flag's last value, under either of its names.
pub fn value<'f>(flags: &'f Flags, short: &str) -> Option<&'f str> {
    let named = |name: &str| name.strip_prefix("test.").unwrap_or(name) == short;
    flags
        .settings()
        .iter()
        .rev()
        .find(|s| named(&s.name))
        .map(|s| s.value.as_str())
}

/// Whether a boolean flag is on, under either of its names.
pub fn on(flags: &Flags, short: &str) -> bool {
    value(flags, short).is_some_and(|v| parse_bool(v) == Some(true))
}

/// The usage, which names two help pages; exit status 2.
fn usage(invocation: &Invocation<'_>, message: &str) -> Stop {
    let mut text = String::new();
    if !message.is_empty() {
        text = format!("{message}\n");
    }
    text += &format!(
        "usage: {}\nRun 'go help test' and 'go help testflag' for details.\n",
        invocation.command.usage
    );
    Stop { text, status: 2 }
}

/// Reads GOFLAGS and the arguments.
pub fn parse(invocation: &mut Invocation<'_>) -> Outcome<TestFlags> {
    if let Err(line) = goflags::apply(&invocation.goflags, &mut invocation.flags) {
        return Err(crate::commands::usage(invocation.command, &line));
    }
    let names = invocation.flags.settings().iter().map(|s| s.name.clone());
    let from_goflags = names.filter(|n| binary_flag(n).is_some()).collect();
    let mut words = Words {
        from_goflags,
        ..Words::default()
    };
    let args = std::mem::take(&mut invocation.args);
    let wrong = words.take(&mut invocation.flags, &args, &invocation.startup.cfg.cwd);
    if let Err(message) = wrong {
        return Err(usage(invocation, &message));
    }
    let flags = &mut invocation.flags;
    if let (Some(flag), true) = (&words.first_unknown, flags.on("c")) {
        let text = format!("go: unknown flag {flag} cannot be used with -c");
        return Err(usage(invocation, &text));
    }
    // Coverage asks for the flag under its plain name.
    if let Some(file) = flags.value("test.coverprofile").map(str::to_owned) {
        let set = flags.set("coverprofile", &file, false);
        set.map_err(|e| usage(invocation, &e))?;
    }
    Ok(words.finish(invocation))
}

/// The command line being read.
#[derive(Default)]
struct Words {
    packages: Option<Vec<String>>,
    /// For the test binary, in order.
    explicit: Vec<String>,
    /// Flags of the test binary that GOFLAGS sets and the arguments do not.
    from_goflags: Vec<String>,
    first_unknown: Option<String>,
}

impl Words {
    /// The error is a line to show before the usage.
    fn take(&mut self, flags: &mut Flags, args: &[String], cwd: &str) -> Result<(), String> {
        let mut args = args;
        let mut in_packages = false;
        let mut after_bare_flag = false;
        while !args.is_empty() {
            let (found, rest) = flags.parse_one(args);
            let was_after_bare_flag = std::mem::take(&mut after_bare_flag);
            match found {
                ParseOne::Help => return Err(String::new()),
                // Even the terminator itself is the test binary's.
                ParseOne::Terminator => {
                    self.explicit.extend_from_slice(args);
                    return Ok(());
                }
                ParseOne::NotAFlag => {
                    if in_packages || self.packages.is_none() {
                        in_packages = true;
                        self.packages.get_or_insert_default().push(args[0].clone());
                    } else if was_after_bare_flag {
                        // It may be the value of a flag that only the binary has.
                        self.explicit.push(args[0].clone());
                    } else {
                        self.explicit.extend_from_slice(args);
                        return Ok(());
                    }
                    args = rest;
                    continue;
                }
                ParseOne::Undefined { raw, value, .. } => {
                    // Later arguments may be values of such flags, so they are not packages.
                    self.packages.get_or_insert_default();
                    if matches!(raw.as_str(), "-args" | "--args") {
                        self.explicit.extend_from_slice(rest);
                        return Ok(());
                    }
                    self.first_unknown.get_or_insert_with(|| raw.clone());
                    self.explicit.push(raw);
                    after_bare_flag = value.is_none();
                }
                ParseOne::Wrong { message, .. } => return Err(message),
                ParseOne::Flag { name } => {
                    if let Some(short) = binary_flag(&name) {
                        self.explicit.push(as_argument(flags, short, cwd));
                        let short = short.to_owned();
                        self.from_goflags.retain(|n| binary_flag(n) != Some(&short));
                    }
                }
            }
            in_packages = false;
            args = rest;
        }
        Ok(())
    }

    fn finish(mut self, invocation: &Invocation<'_>) -> TestFlags {
        let (flags, cfg) = (&invocation.flags, invocation.cfg());
        let json = flags.on("json");
        let mut args = Vec::new();
        if json {
            args.push("-test.v=test2json".to_owned());
            self.from_goflags.retain(|n| binary_flag(n) != Some("v"));
        }
        self.from_goflags.sort();
        self.from_goflags.dedup();
        for name in &self.from_goflags {
            if let Some(short) = binary_flag(name) {
                args.push(as_argument(flags, short, &cfg.cwd));
            }
        }
        let timeout = value(flags, "timeout").and_then(parse_duration);
        if timeout.is_none() {
            args.push(format!(
                "-test.timeout={}",
                duration::format(DEFAULT_TIMEOUT)
            ));
        }
        let output_dir = match value(flags, "outputdir") {
            None | Some("") => cfg.cwd.clone(),
            Some(dir) => absolute(dir, &cfg.cwd),
        };
        let needs_dir = profile(flags).is_some() || on(flags, "artifacts");
        if needs_dir && value(flags, "outputdir").is_none() {
            args.push(format!("-test.outputdir={output_dir}"));
        }
        let help = self.explicit.iter().take_while(|a| *a != "--");
        let help = help
            .into_iter()
            .any(|a| matches!(a.as_str(), "-h" | "-help" | "--help"));
        args.append(&mut self.explicit);
        let v = value(flags, "v").unwrap_or_default();
        TestFlags {
            packages: self.packages.unwrap_or_default(),
            args,
            json,
            json_builds: json && !old_json(&cfg.env.vars),
            verbose: v == "test2json" || parse_bool(v) == Some(true),
            marked: v == "test2json",
            help,
            timeout: timeout.unwrap_or(DEFAULT_TIMEOUT),
            output_dir,
            vet: VetFlag::new(value(flags, "vet"), cfg.dist.release),
        }
    }
}

/// `GODEBUG=gotestjsonbuildtext=1`: as releases before 1.24 did.
fn old_json(env: &std::collections::BTreeMap<String, String>) -> bool {
    let godebug = env.get("GODEBUG").map_or("", String::as_str);
    let settings = godebug.rsplit(',').filter_map(|s| s.split_once('='));
    settings
        .into_iter()
        .find(|s| s.0 == "gotestjsonbuildtext")
        .is_some_and(|s| s.1 == "1")
}

fn absolute(dir: &str, cwd: &str) -> String {
    if dir.starts_with('/') {
        path::clean(dir)
    } else {
        path::join2(cwd, dir)
    }
}

/// The flag with its value as Go prints it, for the test binary.
fn as_argument(flags: &Flags, short: &str, cwd: &str) -> String {
    let text = value(flags, short).unwrap_or_default();
    let kind = flags.lookup(short).map(|f| f.kind);
    let shown = match (short, kind) {
        ("outputdir", _) if text.is_empty() => String::new(),
        ("outputdir", _) => absolute(text, cwd),
        ("v", _) if text == "test2json" => text.to_owned(),
        ("v", _) | (_, Some(Kind::Bool)) => (parse_bool(text) == Some(true)).to_string(),
        ("shuffle", _) => text
            .parse::<i64>()
            .map_or_else(|_| text.to_owned(), |n| n.to_string()),
        (_, Some(Kind::Int)) => parse_int(text).map_or_else(|_| text.to_owned(), |n| n.to_string()),
        (_, Some(Kind::Duration)) => parse_duration(text)
            .map(duration::format)
            .unwrap_or_default(),
        _ => text.to_owned(),
    };
    format!("-test.{short}={shown}")
}

/// The first flag that asks for a profile of a single package, if any.
pub fn profile(flags: &Flags) -> Option<&'static str> {
    const FLAGS: [&str; 5] = [
        "-blockprofile",
        "-cpuprofile",
        "-memprofile",
        "-mutexprofile",
        "-trace",
    ];
    FLAGS
        .into_iter()
        .find(|f| value(flags, &f[1..]).is_some_and(|v| !v.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::table::Commands;

    /// Packages and the binary's arguments.
    fn read(goflags: &[&str], args: &[&str]) -> Result<(Option<Vec<String>>, Vec<String>), String> {
        let own = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        let mut flags = Flags::of(Commands::TEST);
        goflags::apply(&own(goflags), &mut flags)?;
        let from_goflags = flags.settings().iter().map(|s| s.name.clone()).collect();
        let mut words = Words {
            from_goflags,
            ..Words::default()
        };
        words.take(&mut flags, &own(args), "/w")?;
        Ok((words.packages, words.explicit))
    }

    #[test]
    fn packages_and_arguments() {
        for (args, packages, rest) in [
            (&[][..], None, &[][..]),
            (
                &["-v", "a", "b", "-run", "X"],
                Some(&["a", "b"][..]),
                &["-test.v=true", "-test.run=X"],
            ),
            (&["a", "-own=1", "b"], Some(&["a"]), &["-own=1", "b"]),
            (
                &["a", "-foo", "b", "-v", "c"],
                Some(&["a"]),
                &["-foo", "b", "-test.v=true", "c"],
            ),
            (&["-foo", "a"], Some(&[]), &["-foo", "a"]),
            (&["a", "-args", "-v", "x"], Some(&["a"]), &["-v", "x"]),
            (&["a", "--", "b"], Some(&["a"]), &["--", "b"]),
            (
                &["a", "-count=0x2", "b", "c"],
                Some(&["a"]),
                &["-test.count=2", "b", "c"],
            ),
            (
                &["-timeout", "90s", "-outputdir=o/..", "."],
                Some(&["."]),
                &["-test.timeout=1m30s", "-test.outputdir=/w"],
            ),
            (
                &["-test.short", "-short=0", "."],
                Some(&["."]),
                &["-test.short=true", "-test.short=false"],
            ),
            (&["-c", "-p", "2", "."], Some(&["."]), &[]),
        ] {
            let own = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
            assert_eq!(
                read(&[], args),
                Ok((packages.map(own), own(rest))),
                "{args:?}"
            );
        }
        assert_eq!(read(&[], &["-h"]), Err(String::new()));
        assert_eq!(
            read(&[], &["-count", "x"]),
            Err("invalid value \"x\" for flag -count: parse error".into())
        );
    }
}
