//! The commands that only forgo has: one table for dispatch, help, the manual page and completion.
//! Under the name `go` they do not exist, and the stock command reports that they are unknown.

use super::{cache, completion, doctor, log, man, stats, version, why};
use crate::exit::{Outcome, Stop};
use crate::report::Console;

/// A command that only forgo has.
pub struct Verb {
    /// Its name.
    pub name: &'static str,
    /// Its operands and flags, as its usage line shows them; may be empty.
    pub synopsis: &'static str,
    /// Its description, in a line.
    pub help: &'static str,
    /// The text that `forgo help NAME` prints below the usage line.
    pub details: &'static str,
    /// Flags: name without dashes, description.
    pub flags: &'static [(&'static str, &'static str)],
    /// Runs it, with the arguments after its name.
    pub run: fn(&[String], &Console) -> Outcome,
}

/// All of them, sorted by name.
pub const VERBS: &[Verb] = &[
    cache::VERB,
    completion::VERB,
    doctor::VERB,
    log::VERB,
    man::VERB,
    stats::VERB,
    why::VERB,
];

impl Verb {
    /// Returns the text of `forgo help NAME`.
    pub fn help_text(&self) -> String {
        format!("{}\n{}", self.usage_line(), self.details)
    }

    /// Returns the error for arguments that it does not take.
    pub fn usage(&self) -> Stop {
        Stop::with_status(self.usage_line(), 2)
    }

    fn usage_line(&self) -> String {
        let line = format!("usage: forgo {} {}", self.name, self.synopsis);
        line.trim_end().to_owned() + "\n"
    }
}

/// Returns the command of this name.
pub fn find(name: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|verb| verb.name == name)
}

/// Runs what the arguments ask for, if only forgo has it: one of [`VERBS`], the help of one of
/// them, or `--version`. `None`: the arguments are for a command that the stock command has too.
pub fn run(args: &[String], console: &Console) -> Option<Outcome> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let asks_for_help = |rest: &[&str]| matches!(rest, ["-h" | "-help" | "--help"]);
    match words[..] {
        ["--version" | "-version" | "-V"] => Some(version::run(console)),
        ["help" | "-h" | "-help" | "--help"] => {
            Some(console.must_print("forgo: ", super::help::page().as_bytes()))
        }
        ["help", name] => find(name).map(|verb| print_help(verb, console)),
        [name, ref rest @ ..] => find(name).map(|verb| match asks_for_help(rest) {
            true => print_help(verb, console),
            false => (verb.run)(&args[1..], console),
        }),
        [] => None,
    }
}

fn print_help(verb: &Verb, console: &Console) -> Outcome {
    console.must_print("forgo: ", verb.help_text().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::COMMANDS;

    #[test]
    fn names_are_sorted_and_hide_no_stock_command() {
        assert!(VERBS.is_sorted_by_key(|verb| verb.name));
        let stock = completion::stock_commands();
        for verb in VERBS {
            assert!(COMMANDS.iter().all(|c| c.name != verb.name));
            assert!(!stock.iter().any(|command| command.name == verb.name));
        }
    }

    #[test]
    fn help_begins_with_the_usage() {
        let text = find("man").unwrap().help_text();
        assert!(text.starts_with("usage: forgo man\n\n"), "{text}");
    }
}
