//! `forgo man`: prints the manual page, made from the table of flags. A verb of forgo's own; under
//! the name `go` it is the stock command's to say that there is none.

use std::fmt::Write as _;

use super::completion::stock_commands;
use super::{COMMANDS, own};
use crate::config::own::VARIABLES;
use crate::exit::{Outcome, Stop};
use crate::flags::kind::Kind;
use crate::flags::table::{FLAGS, FlagRow};
use crate::report::Console;

/// Prints the page.
pub fn run(args: &[String], console: &Console) -> Outcome {
    if !args.is_empty() {
        return Err(Stop::with_status("usage: forgo man", 2));
    }
    console.must_print("forgo: ", page().as_bytes())
}

/// The page in the language of man(7).
fn page() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let mut out = format!(
        ".TH FORGO 1 \"\" \"forgo {version}\" \"User Commands\"\n\
         .SH NAME\nforgo \\- the go command's build orchestrator and cache\n\
         .SH SYNOPSIS\n.B forgo\n.I command\n.RI [ flags ]\n.RI [ arguments ]\n\
         .SH DESCRIPTION\n\
         Same commands, same flags, same output, same exit codes, same GOCACHE, same bytes as\n\
         .BR go (1),\n\
         but work whose result is known is not done again. Named\n.B go\n\
         and first on PATH, it takes that command's place.\n\
         .SH COMMANDS\n"
    );
    for command in COMMANDS {
        let usage = command.usage.strip_prefix("go ").unwrap_or(command.usage);
        let (name, rest) = usage.split_once(' ').unwrap_or((usage, ""));
        let _ = writeln!(out, ".TP\n.B {}\n{}", escaped(name), escaped(rest));
    }
    for (verb, what) in own::VERBS {
        let _ = writeln!(out, ".TP\n.B {}\n{}", escaped(verb), escaped(what));
    }
    let _ = writeln!(
        out,
        ".PP\nHanded to the stock command as they are: {}.",
        stock_commands().join(", ")
    );
    out.push_str(
        ".SH FLAGS\nAfter what a flag does stand the commands that have it;\n\
         .B go help\nand the command says more. Flags of tests and of vet's analyzers may follow.\n",
    );
    let mut flags: Vec<&FlagRow> = FLAGS.iter().filter(|f| !names(f).is_empty()).collect();
    flags.sort_by_key(|f| f.name);
    for flag in flags {
        let _ = writeln!(
            out,
            ".TP\n.{}\n{} ({})",
            heading(flag),
            escaped(flag.help),
            names(flag).join(", ")
        );
    }
    out.push_str(".SH ENVIRONMENT\nAll variables of the stock command, see\n.BR \"go help environment\" ;\nand\n");
    for variable in VARIABLES {
        let setting = format!("{}={}", variable.name, variable.example);
        let (setting, help) = (escaped(&setting), escaped(variable.help));
        let _ = writeln!(out, ".TP\n.B {setting}\n{help}");
    }
    out.push_str(
        ".SH FILES\n.TP\n.I $GOCACHE\nThe stock command's build cache; names ending in\n.B \\-s\n\
         are forgo's own answers.\n.SH EXIT STATUS\nThat of the stock command.\n\
         .SH SEE ALSO\n.BR go (1)\n",
    );
    out
}

/// Those of forgo's commands that have a flag.
fn names(flag: &FlagRow) -> Vec<&'static str> {
    let have = COMMANDS.iter().filter(|c| flag.commands.meets(c.flags));
    have.map(|c| c.name).collect()
}

/// A flag, and what kind of value it takes.
fn heading(flag: &FlagRow) -> String {
    let name = escaped(&format!("-{}", flag.name));
    let value = match flag.kind {
        Kind::Bool => return format!("B {name}"),
        kind if kind.is_boolean() => return format!("BR {name} [= value ]"),
        Kind::Int => "n",
        Kind::Duration => "duration",
        Kind::Chdir => "dir",
        Kind::Words => "'words'",
        Kind::PerPackage => "'[pattern=]words'",
        Kind::Text | Kind::Custom { .. } => "value",
    };
    format!("BI {name} \" {value}\"")
}

/// Text as roff takes it: hyphens that can be copied, no requests.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    match text.starts_with(['.', '\'']) {
        true => format!("\\&{text}"),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_flag_and_command() {
        let page = page();
        for command in COMMANDS {
            assert!(
                page.contains(&format!("\n.B {}\n", command.name)),
                "{}",
                command.name
            );
        }
        for flag in FLAGS.iter().filter(|f| !names(f).is_empty()) {
            assert!(
                page.contains(&format!("\n.{}\n", heading(flag))),
                "{}",
                flag.name
            );
        }
        assert!(!page.contains(" .B"), "a request begins its line");
        for line in page.lines().filter(|l| l.starts_with('.')) {
            let request = line[1..].split(' ').next().unwrap_or_default();
            assert!(
                ["TH", "SH", "TP", "PP", "B", "I", "BI", "BR", "RI"].contains(&request),
                "{line}"
            );
        }
    }

    #[test]
    fn texts_are_no_requests() {
        assert_eq!(escaped("-x"), "\\-x");
        assert_eq!(escaped(".so a\\b"), "\\&.so a\\eb");
    }
}
