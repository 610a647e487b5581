//! `forgo completion SHELL`: prints a script that completes commands and flags. A verb of forgo's own;
//! under the name `go` it is the stock command's to say that there is none.

use super::own::VERBS;
use super::{COMMANDS, Command};
use crate::exit::{Outcome, Stop};
use crate::flags::kind::Kind;
use crate::flags::table::{FLAGS, FlagRow};
use crate::report::Console;

/// Prints the script for the shell that `args` name.
pub fn run(args: &[String], console: &Console) -> Outcome {
    let script = match args {
        [shell] => match shell.as_str() {
            "bash" => bash(),
            "zsh" => zsh(),
            "fish" => fish(),
            _ => return Err(usage()),
        },
        _ => return Err(usage()),
    };
    console.must_print("forgo: ", script.as_bytes())
}

fn usage() -> Stop {
    Stop::with_status("usage: forgo completion bash|zsh|fish", 2)
}

/// Commands that the stock command does.
pub const STOCK: &[&str] = &[
    "bug",
    "doc",
    "fix",
    "fmt",
    "generate",
    "get",
    "help",
    "mod",
    "telemetry",
    "version",
    "work",
];

fn names() -> String {
    let own = VERBS.iter().filter_map(|(verb, _)| verb.split(' ').next());
    let mut names: Vec<&str> = COMMANDS
        .iter()
        .map(|c| c.name)
        .chain(own)
        .chain(STOCK.iter().copied())
        .collect();
    names.sort_unstable();
    names.join(" ")
}

fn flags(command: &Command) -> impl Iterator<Item = &'static FlagRow> {
    let set = command.flags;
    FLAGS.iter().filter(move |f| f.commands.meets(set))
}

fn bash() -> String {
    let mut cases = String::new();
    for command in COMMANDS {
        let list: Vec<_> = flags(command).map(|f| format!("-{}", f.name)).collect();
        cases.push_str(&format!(
            "    {}) flags=\"{}\" ;;\n",
            command.name,
            list.join(" ")
        ));
    }
    format!(
        "_forgo() {{\n  local cur=${{COMP_WORDS[COMP_CWORD]}} flags=\n  if ((COMP_CWORD == 1)); then\n    \
         COMPREPLY=($(compgen -W \"{}\" -- \"$cur\"))\n    return\n  fi\n  case ${{COMP_WORDS[1]}} in\n\
         {cases}  esac\n  if [[ $cur == -* ]]; then\n    COMPREPLY=($(compgen -W \"$flags\" -- \
         \"$cur\"))\n  fi\n}}\ncomplete -o default -F _forgo forgo\n",
        names()
    )
}

fn zsh() -> String {
    let mut cases = String::new();
    for command in COMMANDS {
        cases.push_str(&format!("    {}) _arguments", command.name));
        for flag in flags(command) {
            // A flag with a value may have it after `=`.
            let value = if matches!(flag.kind, Kind::Bool) {
                ""
            } else {
                ":value:_files"
            };
            let equals = if value.is_empty() { "" } else { "=-" };
            cases.push_str(&format!(
                " \\\n      '-{}{equals}[{}]{value}'",
                flag.name, flag.help
            ));
        }
        cases.push_str(" \\\n      '*:package:_files' ;;\n");
    }
    format!(
        "#compdef forgo\n_forgo() {{\n  if ((CURRENT == 2)); then\n    compadd {}\n    return\n  fi\n  \
         local command=$words[2]\n  shift words\n  ((CURRENT--))\n  case $command in\n{cases}    *) _files \
         ;;\n  esac\n}}\ncompdef _forgo forgo\n",
        names()
    )
}

fn fish() -> String {
    let mut out = format!(
        "complete -c forgo -n __fish_use_subcommand -f -a '{}'\n",
        names()
    );
    for command in COMMANDS {
        for flag in flags(command) {
            let value = if matches!(flag.kind, Kind::Bool) {
                ""
            } else {
                " -r"
            };
            out.push_str(&format!(
                "complete -c forgo -n '__fish_seen_subcommand_from {}' -o {}{value} -d '{}'\n",
                command.name, flag.name, flag.help
            ));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_learns_the_flags() {
        for script in [bash(), zsh(), fish()] {
            assert!(script.contains("trimpath") && script.contains("modcacherw"));
        }
        let quotes = FLAGS
            .iter()
            .filter(|f| f.help.contains(['\'', '[', ']']))
            .count();
        assert_eq!(quotes, 0, "help texts stand in quotes");
    }
}
