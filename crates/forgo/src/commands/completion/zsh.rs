//! The script for zsh: to be evaluated after compinit, or put as `_forgo` into a directory of
//! `$fpath`.

use std::fmt::Write as _;

use super::grammar::{self, Operands, VALUES, Value, commands, subcommands};

/// The part that does not depend on the tables.
const MACHINERY: &str = r#"
# Packages are written as directories that begin with ./
_forgo_packages() {
  case $PREFIX in
    ./* | ../* | /* | . | ..)
      _path_files -/
      _path_files -g '*.go'
      [[ ./... != $PREFIX* ]] || compadd -S '' -- ./...
      ;;
    *)
      local -a dirs=($PREFIX*(N-/)) files=($PREFIX*.go(N))
      [[ -n $PREFIX ]] || compadd -S '' -- ./...
      (( ! $#dirs )) || compadd -U -Q -S '' -- ./${(q)^dirs}/
      (( ! $#files )) || compadd -U -Q -- ./${(q)^files}
      ;;
  esac
}

_forgo_tool() {
  if (( CURRENT == 3 )); then
    compadd -- ${(f)"$($program tool 2>/dev/null)"}
  else
    _files
  fi
}

_forgo_variables() {
  if (( ${words[3,CURRENT-1][(Ie)-w]} )); then
    compadd -S '=' -- $=_forgo_variables
  else
    compadd -- $=_forgo_variables
  fi
}

_forgo() {
  local key=$words[2] previous=$words[CURRENT-1] program=$words[1] flag operands
  local -a subcommands flags valued
  if (( CURRENT == 2 )); then
    if [[ ${program:t} == go ]]; then
      _describe -t commands command _forgo_commands
    else
      _describe -t commands command _forgo_commands -- _forgo_own
      [[ $PREFIX != -* ]] || compadd -- --version
    fi
    return
  fi
  _forgo_command $key
  if (( $#subcommands )); then
    if (( CURRENT == 3 )); then
      _describe -t commands command subcommands
      return
    fi
    key="$key $words[3]"
    _forgo_command $key
  fi
  if [[ $PREFIX == -*=* ]]; then
    flag=${PREFIX%%=*}
    compset -P 1 '*='
  elif [[ $previous == -* ]] && (( ${valued[(Ie)-${${previous#-}#-}]} )); then
    flag=$previous
  fi
  if [[ -n $flag ]]; then
    _forgo_value ${${flag#-}#-}
  elif [[ $PREFIX == -* ]]; then
    _describe -o -t options flag flags
  else
    eval $operands
  fi
}

if [[ $funcstack[1] == _forgo ]]; then
  # The completion system has loaded this file to complete a word.
  _forgo "$@"
else
  compdef _forgo forgo
  compdef -n _forgo go
fi
"#;

pub(super) fn script() -> String {
    let all = commands();
    let mut out = String::from("#compdef forgo go\n# zsh completion for forgo, and for go\n\n");
    for (variable, own) in [("_forgo_commands", false), ("_forgo_own", true)] {
        let top = all
            .iter()
            .filter(|c| !c.name.contains(' ') && grammar::is_own(&c.name) == own);
        let top: Vec<String> = top.map(|c| described(&c.name, c.help)).collect();
        let _ = writeln!(out, "typeset -ga {variable}=({})", top.join(" "));
    }
    let _ = writeln!(
        out,
        "typeset -g _forgo_variables='{}'",
        grammar::variables()
    );
    out.push_str("\n# Sets subcommands, flags, valued and operands for a command.\n");
    out.push_str(
        "_forgo_command() {\n  subcommands=() flags=() valued=() operands=:\n  case $1 in\n",
    );
    for command in &all {
        let subs = subcommands(&all, &command.name);
        let subs: Vec<String> = subs.iter().map(|(n, help)| described(n, help)).collect();
        let flags = command.flags.iter();
        let flags: Vec<String> = flags
            .map(|f| described(&format!("-{}", f.name), f.help))
            .collect();
        let valued = command.flags.iter().filter(|f| f.valued);
        let valued: Vec<String> = valued.map(|f| format!("-{}", f.name)).collect();
        let _ = write!(out, "    '{}')", command.name);
        for (variable, list) in [("subcommands", subs), ("flags", flags), ("valued", valued)] {
            if !list.is_empty() {
                let _ = write!(out, "\n      {variable}=({})", list.join(" "));
            }
        }
        let _ = writeln!(out, "\n      operands='{}' ;;", operands(command.operands));
    }
    out.push_str("  esac\n}\n\n# Completes the value of a flag.\n_forgo_value() {\n  case $1 in\n");
    for (name, value) in VALUES {
        let action = match value {
            Value::Words(words) => format!("compadd -- {}", words.join(" ")),
            Value::WordsOrFile(words) => format!("compadd -- {}; _files", words.join(" ")),
            Value::Directory => "_files -/".to_owned(),
            Value::File => "_files".to_owned(),
            Value::Packages => "_forgo_packages".to_owned(),
        };
        let _ = writeln!(out, "    {name}) {action} ;;");
    }
    out.push_str("    *) _files ;;\n  esac\n}\n");
    out.push_str(MACHINERY);
    out
}

/// A value and its description, as `_describe` takes it.
fn described(word: &str, help: &str) -> String {
    format!("'{word}:{}'", help.replace(':', "\\:"))
}

/// The shell command that completes operands; it may have no single quotes.
fn operands(operands: Operands) -> String {
    match operands {
        Operands::Packages => "_forgo_packages".into(),
        Operands::Files | Operands::Unknown => "_files".into(),
        Operands::Directories => "_files -/".into(),
        Operands::Variables => "_forgo_variables".into(),
        Operands::Tool => "_forgo_tool".into(),
        Operands::Topic => format!("compadd -- {}", grammar::topics().join(" ")),
        Operands::Words(words) => format!("compadd -- {}", words.join(" ")),
    }
}
