//! `forgo help`: what forgo is, its commands and its variables. `forgo help TOPIC` prints the stock
//! command's text, which is the specification, after a few lines on what differs.

use std::fmt::Write as _;

use super::COMMANDS;
use super::completion::{self, Described, other_topics};
use super::own::VERBS;
use crate::config::own::VARIABLES;

const HEAD: &str = "\
forgo is a drop-in replacement for the go command. It has the same commands, flags, output and
exit codes, uses the same build cache, and produces the same binaries. It runs the tools of an
installed Go distribution, and skips the steps whose results are in the cache.

Usage:

\tforgo <command> [arguments]
";

const TAIL: &str = "
Run 'forgo help <command>' or 'forgo help <topic>' for the text of the stock go command, which
holds for forgo too. 'forgo doctor' reports problems of this installation.
";

/// Returns the text of `forgo help`.
pub fn page() -> String {
    let mut out = HEAD.to_owned();
    section(&mut out, "forgo runs these commands itself:");
    list(&mut out, &completion::native_commands());
    section(&mut out, "The stock go command runs these:");
    list(&mut out, &completion::stock_commands());
    section(&mut out, "Only forgo has these:");
    let mut own: Vec<Described> = VERBS
        .iter()
        .map(|verb| Described {
            name: verb.name,
            help: verb.help,
        })
        .collect();
    own.push(Described {
        name: "--version",
        help: "print the versions of forgo and of Go",
    });
    list(&mut out, &own);
    section(&mut out, "Environment variables that only forgo has:");
    for variable in VARIABLES {
        let _ = writeln!(out, "\t{}={}", variable.name, variable.example);
        let _ = writeln!(out, "\t\t{}", variable.help);
    }
    section(&mut out, "Other topics of 'forgo help':");
    for topics in other_topics().chunks(8) {
        let _ = writeln!(out, "\t{}", topics.join(", "));
    }
    out.push_str(TAIL);
    out
}

fn section(out: &mut String, title: &str) {
    let _ = writeln!(out, "\n{title}\n");
}

fn list(out: &mut String, commands: &[Described]) {
    for command in commands {
        let _ = writeln!(out, "\t{:11} {}", command.name, command.help);
    }
}

/// Returns the lines that precede the stock command's text on `help` and `help TOPIC`, each with
/// the prefix `forgo: `; `None` where forgo adds nothing to a topic. `help` alone gets here only
/// under the name `go`: under its own name forgo prints [`page`].
pub fn preface(topic: &[String]) -> Option<String> {
    let mut lines = Vec::new();
    match topic {
        [] => {
            let names: Vec<&str> = COMMANDS.iter().map(|c| c.name).collect();
            let version = env!("CARGO_PKG_VERSION");
            lines.push(format!(
                "this go command is forgo {version}; it runs {} itself",
                names.join(", ")
            ));
            lines.push("the stock go command runs all others; its help follows".to_owned());
            lines.extend(variables());
        }
        [topic] if topic == "environment" => lines.extend(variables()),
        [topic] => {
            let command = COMMANDS.iter().find(|c| c.name == topic)?;
            lines.push(format!(
                "runs {} itself; the stock go command's text holds for it",
                command.name
            ));
            if command.name == "build" {
                lines.push(
                    "skips steps whose results are cached; rejects -compiler=gccgo".to_owned(),
                );
                lines.extend(variables());
            }
        }
        _ => return None,
    }
    let lines = lines.iter().map(|line| format!("forgo: {line}\n"));
    Some(lines.collect::<String>() + "\n")
}

fn variables() -> impl Iterator<Item = String> {
    VARIABLES
        .iter()
        .map(|v| format!("{}={}: {}", v.name, v.example, v.help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_lists_everything() {
        let page = page();
        let lines: Vec<&str> = page.lines().collect();
        let has = |name: &str| {
            let begins = |l: &&str| l.starts_with(&format!("\t{name} "));
            lines.iter().any(begins)
        };
        for command in COMMANDS {
            assert!(has(command.name), "{}", command.name);
        }
        for name in ["mod", "get", "doctor", "completion", "man", "--version"] {
            assert!(has(name), "{name}");
        }
        for variable in VARIABLES {
            assert!(page.contains(&format!("\t{}=", variable.name)));
        }
        assert!(lines.iter().all(|l| l.chars().count() <= 100), "{page}");
    }

    #[test]
    fn prefaces() {
        let of = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
            preface(&words)
        };
        let general = of(&[]).unwrap();
        for word in ["build, clean,", "FORGO_EXTRAS=off: "] {
            assert!(general.contains(word), "{general}");
        }
        assert!(general.trim_end().lines().all(|l| l.starts_with("forgo: ")));
        assert!(of(&["build"]).unwrap().contains("FORGO_VERIFY"));
        assert_eq!(of(&["vet"]).unwrap().lines().count(), 2);
        assert_eq!(of(&["gopath"]), None);
        assert_eq!(of(&["mod", "tidy"]), None);
    }
}
