//! The script for fish.

use std::fmt::Write as _;

use super::grammar::{self, Command, Operands, VALUES, Value, commands, subcommands};

/// The part that does not depend on the tables.
const MACHINERY: &str = r#"
# Packages are written as directories that begin with ./
function __forgo_packages
    set -l word $argv[1]
    if string match -qr '^(\.\.?$|\.\.?/|/)' -- $word
        __fish_complete_directories $word
        for file in $word*.go
            echo $file
        end
    else
        for directory in $word*/
            echo ./$directory
        end
        for file in $word*.go
            echo ./$file
        end
    end
    echo ./...
end

function __forgo_variables
    if contains -- -w (commandline -opc)
        string join \n -- $__forgo_variables=
    else
        string join \n -- $__forgo_variables
    end
end

# Prints what may stand at the cursor.
function __forgo_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    if test (count $words) -eq 1
        __forgo_commands
        if test (path basename $words[1]) != go
            __forgo_own
            echo --version\t'print the versions of forgo and of Go'
        end
        return
    end
    set -l key $words[2]
    set -l subcommands (__forgo_subcommands $key)
    if set -q subcommands[1]
        if test (count $words) -eq 2
            printf '%s\n' $subcommands
            return
        end
        set key "$key $words[3]"
    end
    # -flag=value
    if string match -qr '^-.*=' -- $word
        set -l parts (string split -m 1 = -- $word)
        for value in (__forgo_value (string replace -r '^--?' '' -- $parts[1]) $parts[2])
            echo $parts[1]=$value
        end
        return
    end
    set -l flag (string match -rg '^--?([^=]+)$' -- $words[-1])
    if set -q flag[1]; and contains -- $flag (__forgo_valued $key)
        __forgo_value $flag $word
    else if string match -q -- '-*' $word
        __forgo_flags $key
    else
        __forgo_operands $key $word $words[1]
    end
end

complete -c forgo -f -a '(__forgo_complete)'
if not complete -c go | string match -q '*'
    complete -c go -f -a '(__forgo_complete)'
end
"#;

pub(super) fn script() -> String {
    let all = commands();
    let mut out = String::from("# fish completion for forgo, and for go\n\n");
    let _ = writeln!(out, "set -g __forgo_variables {}\n", grammar::variables());
    for (function, own) in [("__forgo_commands", false), ("__forgo_own", true)] {
        let top = all
            .iter()
            .filter(|c| !c.name.contains(' ') && grammar::is_own(&c.name) == own);
        let top: Vec<(&str, &str)> = top.map(|c| (c.name.as_str(), c.help)).collect();
        let _ = writeln!(out, "function {function}\n{}end\n", printed(&top, 4));
    }
    switch(&mut out, "__forgo_subcommands", &all, |command| {
        printed(&subcommands(&all, &command.name), 12)
    });
    switch(&mut out, "__forgo_flags", &all, |command| {
        let names: Vec<(String, &str)> = command
            .flags
            .iter()
            .map(|f| (format!("-{}", f.name), f.help))
            .collect();
        let names: Vec<(&str, &str)> = names.iter().map(|(n, h)| (n.as_str(), *h)).collect();
        printed(&names, 12)
    });
    switch(&mut out, "__forgo_valued", &all, |command| {
        let flags = command.flags.iter().filter(|f| f.valued);
        let names: Vec<&str> = flags.map(|f| f.name).collect();
        words(&names, 12)
    });
    switch(&mut out, "__forgo_operands", &all, |command| {
        operands(command.operands)
    });
    out.push_str("# Prints the values of a flag.\nfunction __forgo_value\n    switch $argv[1]\n");
    for (name, value) in VALUES {
        let files = "            __fish_complete_path $argv[2]\n";
        let action = match value {
            Value::Words(list) => words(list, 12),
            Value::WordsOrFile(list) => words(list, 12) + files,
            Value::Directory => "            __fish_complete_directories $argv[2]\n".to_owned(),
            Value::File => files.to_owned(),
            Value::Packages => "            __forgo_packages $argv[2]\n".to_owned(),
        };
        let _ = write!(out, "        case {name}\n{action}");
    }
    out.push_str("        case '*'\n            __fish_complete_path $argv[2]\n    end\nend\n");
    out.push_str(MACHINERY);
    out
}

/// A function that runs `action` for each command, and nothing for a command whose action is
/// empty.
fn switch(out: &mut String, name: &str, all: &[Command], action: impl Fn(&Command) -> String) {
    let _ = writeln!(out, "function {name}\n    switch $argv[1]");
    for command in all {
        let action = action(command);
        if !action.is_empty() {
            let _ = write!(out, "        case '{}'\n{action}", command.name);
        }
    }
    out.push_str("    end\nend\n\n");
}

/// Returns commands that print values with their descriptions.
fn printed(list: &[(&str, &str)], indent: usize) -> String {
    let line = |(word, help): &(&str, &str)| format!("{:indent$}echo '{word}'\\t'{help}'\n", "");
    list.iter().map(line).collect()
}

/// Returns a command that prints values.
fn words(list: &[&str], indent: usize) -> String {
    match list {
        [] => String::new(),
        _ => format!("{:indent$}printf '%s\\n' {}\n", "", list.join(" ")),
    }
}

fn operands(operands: Operands) -> String {
    let action = match operands {
        Operands::Packages => "__forgo_packages $argv[2]".to_owned(),
        Operands::Files => "__fish_complete_path $argv[2]".to_owned(),
        Operands::Directories => "__fish_complete_directories $argv[2]".to_owned(),
        Operands::Variables => "__forgo_variables".to_owned(),
        Operands::Tool => {
            "if test (count (commandline -opc)) -eq 2; $argv[3] tool 2>/dev/null; else; \
             __fish_complete_path $argv[2]; end"
                .to_owned()
        }
        Operands::Topic => format!("printf '%s\\n' {}", grammar::topics().join(" ")),
        Operands::Words(list) => return words(list, 12),
        Operands::Unknown => return String::new(),
    };
    format!("            {action}\n")
}
