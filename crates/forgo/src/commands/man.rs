//! `forgo man`: prints the manual page, made from the table of flags. Only `forgo` has this command;
//! under the name `go` the stock command reports that it is unknown.

use std::fmt::Write as _;

use super::COMMANDS;
use super::completion::stock_commands;
use super::own::{VERBS, Verb};
use crate::config::own::VARIABLES;
use crate::exit::Outcome;
use crate::flags::kind::Kind;
use crate::flags::table::{FLAGS, FlagRow};
use crate::report::Console;

/// The command.
pub const VERB: Verb = Verb {
    name: "man",
    synopsis: "",
    help: "print the manual page",
    details: "
Prints the manual page in the man(7) format. To install it:

\tforgo man > ~/.local/share/man/man1/forgo.1
",
    flags: &[],
    run,
};

/// Prints the page.
fn run(args: &[String], console: &Console) -> Outcome {
    if !args.is_empty() {
        return Err(VERB.usage());
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
         A drop-in replacement for\n\
         .BR go (1):\n\
         the same commands, flags, output, exit codes, build cache and binaries.\n\
         It runs the tools of an installed Go distribution, and skips the steps whose results are\n\
         in the cache. A link to it named\n.B go\n\
         in a directory that comes first on PATH replaces that command.\n\
         .SH COMMANDS\n"
    );
    for command in COMMANDS {
        let usage = command.usage.strip_prefix("go ").unwrap_or(command.usage);
        let (name, rest) = usage.split_once(' ').unwrap_or((usage, ""));
        let _ = writeln!(out, ".TP\n.B {}\n{}", escaped(name), escaped(rest));
    }
    for verb in VERBS {
        let heading = format!("{} {}", verb.name, verb.synopsis);
        let (heading, help) = (escaped(heading.trim_end()), escaped(verb.help));
        let _ = writeln!(out, ".TP\n.B {heading}\n{help}");
    }
    let stock: Vec<&str> = stock_commands().iter().map(|c| c.name).collect();
    let _ = writeln!(
        out,
        ".PP\nThe stock go command runs all other commands: {}.",
        stock.join(", ")
    );
    out.push_str(
        ".SH FLAGS\nThe commands that have a flag follow its description;\n\
         .B forgo help\n.I command\ndescribes them in full. \
         Flags of tests and of vet's analyzers may follow.\n",
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
         are read by forgo alone.\n.SH EXIT STATUS\nThat of the stock command.\n\
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
        for verb in VERBS {
            assert!(
                page.contains(&format!("\n{}\n", verb.help)),
                "{}",
                verb.name
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
