//! What forgo has that the stock command has not, in words: for `forgo help` and the man page.

use super::{COMMANDS, Command};
use crate::config::own::VARIABLES;

/// Verbs of forgo's own, which it has under its own name only, and what they do.
pub const VERBS: &[(&str, &str)] = &[
    (
        "completion bash|zsh|fish",
        "print a script that completes commands and flags",
    ),
    ("man", "print the manual page"),
];

/// The text that goes before the stock command's own on `help` and `help TOPIC`, where there is
/// something to say. Each line says whose it is.
pub fn before_help(topic: &[String]) -> Option<String> {
    let mut lines = Vec::new();
    match topic {
        [] => {
            let names: Vec<&str> = COMMANDS.iter().map(|c| c.name).collect();
            lines.push(format!(
                "does {} itself and hands on all else to the stock go command, whose help follows",
                names.join(", ")
            ));
            lines.extend(VERBS.iter().map(|(verb, what)| format!("{verb}: {what}")));
            lines.extend(variables());
        }
        [topic] if topic == "environment" => lines.extend(variables()),
        [topic] => {
            let command = COMMANDS.iter().find(|c| c.name == topic)?;
            lines.push(said_of(command));
            if command.name == "build" {
                lines.push("refuses -compiler=gccgo; spares work whose result is known".to_owned());
                lines.extend(variables());
            }
        }
        _ => return None,
    }
    Some(
        lines
            .iter()
            .map(|line| format!("forgo: {line}\n"))
            .collect::<String>()
            + "\n",
    )
}

fn variables() -> impl Iterator<Item = String> {
    VARIABLES
        .iter()
        .map(|v| format!("{}={}: {}", v.name, v.example, v.help))
}

fn said_of(command: &Command) -> String {
    format!(
        "does {} itself, with the flags, words and results that the stock go command describes here",
        command.name
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_says_what_is_forgos_own() {
        let of = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
            before_help(&words)
        };
        let general = of(&[]).unwrap();
        for word in ["build, clean,", "completion bash", "FORGO_EXTRAS=off: "] {
            assert!(general.contains(word), "{general}");
        }
        assert!(general.trim_end().lines().all(|l| l.starts_with("forgo: ")));
        assert!(of(&["build"]).unwrap().contains("FORGO_VERIFY"));
        assert_eq!(of(&["vet"]).unwrap().lines().count(), 2);
        assert_eq!(of(&["gopath"]), None);
        assert_eq!(of(&["mod", "tidy"]), None);
    }
}
