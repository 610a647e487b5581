//! The script for bash. It needs bash 4, and not the package bash-completion.

use std::fmt::Write as _;

use super::grammar::{self, Operands, VALUES, Value, commands, subcommands};

/// The part that does not depend on the tables.
const MACHINERY: &str = r#"
_forgo_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

_forgo_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "${1:--f}" -- "$cur")
}

_forgo_words_or_files() {
  local -a words
  mapfile -t words < <(compgen -W "$1" -- "$cur")
  _forgo_files
  COMPREPLY+=("${words[@]}")
}

# Packages are written as directories that begin with ./
_forgo_packages() {
  local prefix= name
  case $cur in
    ./* | ../* | /* | . | ..) ;;
    *) prefix=./ ;;
  esac
  compopt -o nospace 2>/dev/null
  COMPREPLY=()
  while IFS= read -r name; do
    COMPREPLY+=("$prefix$name/")
  done < <(compgen -d -- "$cur")
  while IFS= read -r name; do
    COMPREPLY+=("$prefix$name")
  done < <(compgen -f -X '!*.go' -- "$cur")
  if [[ ./... == "$prefix$cur"* ]]; then
    COMPREPLY+=(./...)
  fi
}

_forgo_tool() {
  if ((COMP_CWORD == 2)); then
    _forgo_words "$("${COMP_WORDS[0]}" tool 2>/dev/null)"
  fi
}

_forgo_variables() {
  local word
  for word in "${COMP_WORDS[@]:2:COMP_CWORD-2}"; do
    if [[ $word == -w ]]; then
      compopt -o nospace 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -S = -W "$_forgo_variables" -- "$cur")
      return
    fi
  done
  _forgo_words "$_forgo_variables"
}

_forgo() {
  local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  local key=${COMP_WORDS[1]} flag= glued= subcommands flags valued operands
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    if [[ ${COMP_WORDS[0]##*/} == go ]]; then
      _forgo_words "$_forgo_commands"
    elif [[ $cur == -* ]]; then
      _forgo_words --version
    else
      _forgo_words "$_forgo_commands $_forgo_own"
    fi
    return
  fi
  _forgo_command "$key"
  if [[ $subcommands ]]; then
    if ((COMP_CWORD == 2)); then
      _forgo_words "$subcommands"
      return
    fi
    key="$key ${COMP_WORDS[2]}"
    _forgo_command "$key"
  fi
  # bash splits words at = where COMP_WORDBREAKS has it: -mod=v is three words.
  if [[ $cur == = && $previous == -* ]]; then
    flag=$previous cur=
  elif [[ $previous == = && ${COMP_WORDS[COMP_CWORD-2]} == -* ]]; then
    flag=${COMP_WORDS[COMP_CWORD-2]}
  elif [[ $cur == -*=* ]]; then
    flag=${cur%%=*} glued=$flag= cur=${cur#*=}
  elif [[ $previous == -* && " $valued " == *" ${previous/#--/-} "* ]]; then
    flag=$previous
  fi
  if [[ $flag ]]; then
    flag=${flag#-}
    _forgo_value "${flag#-}"
    [[ ! $glued ]] || COMPREPLY=("${COMPREPLY[@]/#/$glued}")
  elif [[ $cur == -* ]]; then
    _forgo_words "$flags"
  else
    eval "$operands"
  fi
}

complete -o default -F _forgo forgo
complete -p go >/dev/null 2>&1 || complete -o default -F _forgo go
"#;

pub(super) fn script() -> String {
    let all = commands();
    let mut out = String::from("# bash completion for forgo, and for go\n\n");
    for (variable, own) in [("_forgo_commands", false), ("_forgo_own", true)] {
        let names = all.iter().map(|c| c.name.as_str());
        let names: Vec<&str> = names
            .filter(|name| !name.contains(' ') && grammar::is_own(name) == own)
            .collect();
        let _ = writeln!(out, "{variable}='{}'", names.join(" "));
    }
    let _ = writeln!(out, "_forgo_variables='{}'", grammar::variables());
    out.push_str("\n# Sets subcommands, flags, valued and operands for a command.\n");
    out.push_str("_forgo_command() {\n  subcommands= flags= valued= operands=\n  case $1 in\n");
    for command in &all {
        let subs = subcommands(&all, &command.name);
        let subs: Vec<&str> = subs.into_iter().map(|(name, _)| name).collect();
        let list = |valued_only: bool| {
            let flags = command.flags.iter().filter(|f| f.valued || !valued_only);
            let names: Vec<String> = flags.map(|f| format!("-{}", f.name)).collect();
            names.join(" ")
        };
        let _ = write!(out, "    '{}')", command.name);
        for (variable, value) in [
            ("subcommands", subs.join(" ")),
            ("flags", list(false)),
            ("valued", list(true)),
            ("operands", operands(command.operands)),
        ] {
            if !value.is_empty() {
                let _ = write!(out, "\n      {variable}='{value}'");
            }
        }
        out.push_str(" ;;\n");
    }
    out.push_str("  esac\n}\n\n# Completes the value of a flag.\n_forgo_value() {\n  case $1 in\n");
    for (name, value) in VALUES {
        let action = match value {
            Value::Words(words) => format!("_forgo_words '{}'", words.join(" ")),
            Value::WordsOrFile(words) => format!("_forgo_words_or_files '{}'", words.join(" ")),
            Value::Directory => "_forgo_files -d".to_owned(),
            Value::File => "_forgo_files".to_owned(),
            Value::Packages => "_forgo_packages".to_owned(),
        };
        let _ = writeln!(out, "    {name}) {action} ;;");
    }
    out.push_str("  esac\n}\n");
    out.push_str(MACHINERY);
    out
}

/// The shell command that completes operands; it may have no single quotes.
fn operands(operands: Operands) -> String {
    match operands {
        Operands::Packages => "_forgo_packages".into(),
        Operands::Files => "_forgo_files".into(),
        Operands::Directories => "_forgo_files -d".into(),
        Operands::Variables => "_forgo_variables".into(),
        Operands::Tool => "_forgo_tool".into(),
        Operands::Topic => format!("_forgo_words \"{}\"", grammar::topics().join(" ")),
        Operands::Words(words) => format!("_forgo_words \"{}\"", words.join(" ")),
        Operands::Unknown => String::new(),
    }
}
