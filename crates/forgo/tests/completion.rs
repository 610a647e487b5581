//! The scripts of `forgo completion`, as the shells themselves take them. Where a shell is not
//! installed its test is skipped with a line on stderr; under `CI` it fails instead.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "tests start shells and report what they skip"
)]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};

/// A command line with the cursor at its end, and all that may stand there.
type Case = (&'static [&'static str], &'static [&'static str]);

/// The completions that every shell offers.
const EVERYWHERE: &[Case] = &[
    (&["forgo", "mo"], &["mod"]),
    (&["go", "vers"], &["version"]),
    (&["forgo", "mod", "t"], &["tidy"]),
    (&["go", "mod", "ve"], &["vendor", "verify"]),
    (&["forgo", "work", "s"], &["sync"]),
    (&["forgo", "telemetry", "o"], &["off", "on"]),
    (&["forgo", "completion", "z"], &["zsh"]),
    (&["forgo", "cache", "s"], &["save"]),
    (&["forgo", "cache", "use", "mai"], &["main.go"]),
    (&["forgo", "doct"], &["doctor"]),
    (&["forgo", "doctor", "-j"], &["-json"]),
    (&["forgo", "help", "doc"], &["doc", "doctor"]),
    (&["forgo", "--v"], &["--version"]),
    // Under the name go these do not exist.
    (&["go", "do"], &["doc"]),
    (&["forgo", "help", "go."], &["go.mod"]),
    (&["go", "env", "GOC"], &["GOCACHE", "GOCACHEPROG"]),
    (&["forgo", "build", "-trimp"], &["-trimpath"]),
    (&["forgo", "mod", "tidy", "-com"], &["-compat"]),
    (&["forgo", "get", "-modc"], &["-modcacherw"]),
    (&["forgo", "build", "-mod", "v"], &["vendor"]),
    (
        &["forgo", "list", "-buildmode", "c-"],
        &["c-archive", "c-shared"],
    ),
    (&["forgo", "test", "-covermode", "a"], &["atomic"]),
    (&["forgo", "test", "-vet", "nil"], &["nilfunc"]),
    (&["forgo", "tool", "compi"], &["compile"]),
    // The argument after a boolean flag is not its value.
    (&["forgo", "build", "-race", "./gree"], &["./greet/"]),
];

/// Directories `greet` and `grid`, a file, and forgo under both its names on PATH.
fn world() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    for name in ["greet", "grid", "bin", "home"] {
        std::fs::create_dir(dir.path().join(name)).expect("a directory");
    }
    std::fs::write(dir.path().join("main.go"), "package main\n").expect("a file");
    for name in ["forgo", "go"] {
        std::os::unix::fs::symlink(
            env!("CARGO_BIN_EXE_forgo"),
            dir.path().join("bin").join(name),
        )
        .expect("a link");
    }
    dir
}

/// Runs a shell script with the completion script as `$1`; its other arguments follow.
fn run(dir: &Path, shell: &str, options: &[&str], script: &str, args: &[String]) -> String {
    let completion = Command::new(env!("CARGO_BIN_EXE_forgo"))
        .args(["completion", shell])
        .output()
        .expect("forgo runs");
    assert!(completion.status.success());
    let (driver, file) = (dir.join("driver"), dir.join("completion"));
    std::fs::write(&driver, script).expect("a file");
    std::fs::write(&file, completion.stdout).expect("a file");
    let stock = support::goroots().remove(0).join("bin/go");
    let path = std::env::var("PATH").unwrap_or_default();
    let out = Command::new(shell)
        .args(options)
        .arg(&driver)
        .arg(&file)
        .args(args)
        .current_dir(dir)
        .env_clear()
        .env("PATH", format!("{}:{path}", dir.join("bin").display()))
        .env("HOME", dir.join("home"))
        .env("FORGO_GO", stock)
        .env("GOTOOLCHAIN", "local")
        .env("TERM", "dumb")
        .stdin(Stdio::null())
        .output()
        .expect("the shell runs");
    let stderr = String::from_utf8_lossy(&out.stderr);
    assert_eq!(stderr, "", "{shell}");
    String::from_utf8(out.stdout).expect("UTF-8")
}

/// Reports whether a shell is there. Under CI it has to be: scripts/setup installs it.
fn has(shell: &str) -> bool {
    let found = Command::new(shell)
        .arg("-c")
        .arg("exit")
        .stdin(Stdio::null())
        .status()
        .is_ok();
    assert!(
        found || std::env::var_os("CI").is_none(),
        "{shell} is not installed: scripts/setup packages"
    );
    if !found {
        eprintln!("skipped: {shell} is not installed");
    }
    found
}

fn sorted(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.sort_unstable();
    words
}

const BASH: &str = r#"
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
complete -p "$1" >/dev/null || exit
_forgo
printf '%s\n' "${COMPREPLY[@]}"
"#;

#[test]
fn bash() {
    if !has("bash") {
        return;
    }
    let dir = world();
    let own: &[Case] = &[
        // COMP_WORDBREAKS has `=`.
        (
            &["forgo", "build", "-mod", "="],
            &["mod", "readonly", "vendor"],
        ),
        (&["forgo", "build", "-mod", "=", "v"], &["vendor"]),
        (&["forgo", "build", "-mod=v"], &["-mod=vendor"]),
        (&["go", "build", "--mod", "v"], &["vendor"]),
        (&["forgo", "build", "-C", "gr"], &["greet", "grid"]),
        (&["forgo", "build", "gree"], &["./greet/"]),
        (&["forgo", "build", "./gr"], &["./greet/", "./grid/"]),
        (
            &["forgo", "vet", ""],
            &[
                "./...",
                "./bin/",
                "./greet/",
                "./grid/",
                "./home/",
                "./main.go",
            ],
        ),
        (&["forgo", "work", "use", "gri"], &["grid"]),
        (&["go", "env", "-w", "GOCACHEP"], &["GOCACHEPROG="]),
    ];
    for (words, want) in EVERYWHERE.iter().chain(own) {
        let args: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
        let said = run(dir.path(), "bash", &["--norc"], BASH, &args);
        assert_eq!(sorted(&said), *want, "{words:?}");
    }
}

const FISH: &str = r#"
source $argv[1]
complete -C $argv[2] | string replace -r '\t.*' ''
"#;

#[test]
fn fish() {
    if !has("fish") {
        return;
    }
    let dir = world();
    let own: &[Case] = &[
        (&["forgo", "build", "-mod=v"], &["-mod=vendor"]),
        (&["forgo", "build", "-C", "gr"], &["greet/", "grid/"]),
        (&["forgo", "build", "./gr"], &["./greet/", "./grid/"]),
        (&["go", "env", "-w", "GOCACHEP"], &["GOCACHEPROG="]),
    ];
    for (words, want) in EVERYWHERE.iter().chain(own) {
        let said = run(
            dir.path(),
            "fish",
            &["--no-config"],
            FISH,
            &[words.join(" ")],
        );
        assert_eq!(sorted(&said), *want, "{words:?}");
    }
}

/// Types each line and a tab in an interactive shell, and prints what the line is then.
const ZSH: &str = r#"
zmodload zsh/zpty
rm -f result
mkfifo result
# Open for writing too: without a writer a read would end at once.
exec {results}<>result
zpty shell zsh -f -i
zpty -w shell "PS1= PROMPT_EOL_MARK=; setopt no_beep; autoload -Uz compinit"
if [[ $2 == autoload ]]; then
  mkdir functions
  cp $1 functions/_forgo
  zpty -w shell "fpath=($PWD/functions \$fpath); compinit -u -D"
else
  zpty -w shell "compinit -u -D; source ${(q)1}"
fi
zpty -w shell 'report() { print -r -- "$BUFFER" >result; BUFFER= }'
zpty -w shell 'zle -N report; bindkey "^Xr" report'
shift 2
for line; do
  zpty -w -n shell "$line"$'\t\x18r'
  read -r -u $results answer
  print -r -- $answer
done
zpty -d shell
"#;

#[test]
fn zsh() {
    if !has("zsh") {
        return;
    }
    let dir = world();
    // The line becomes what all candidates have in common.
    let own: &[(&str, &str)] = &[
        ("forgo build -mod=v", "forgo build -mod=vendor"),
        ("forgo build -C gree", "forgo build -C greet"),
        ("forgo build gree", "forgo build ./greet/"),
        ("forgo build ./gr", "forgo build ./gr"),
        ("go env -w GOCACHEP", "go env -w GOCACHEPROG="),
    ];
    let (mut lines, mut wanted) = (Vec::new(), Vec::new());
    for (words, want) in EVERYWHERE {
        let (_, before) = words.split_last().expect("a word");
        lines.push(words.join(" "));
        wanted.push(format!("{} {}", before.join(" "), common(want)));
    }
    for (line, want) in own {
        lines.push((*line).to_owned());
        wanted.push((*want).to_owned());
    }
    for way in ["source", "autoload"] {
        let mut args = vec![way.to_owned()];
        args.extend(lines.iter().cloned());
        let said = run(dir.path(), "zsh", &["-f"], ZSH, &args);
        check(&said, &wanted);
    }
}

fn check(said: &str, wanted: &[String]) {
    let said: Vec<&str> = said.lines().collect();
    assert_eq!(said.len(), wanted.len(), "{said:?}");
    for (said, want) in said.iter().zip(wanted) {
        // A slash after the only directory is the shell's.
        assert_eq!(
            said.trim_end().trim_end_matches('/'),
            want.trim_end_matches('/')
        );
    }
}

/// The longest beginning of all.
fn common(words: &[&str]) -> String {
    let mut start = words[0];
    for word in words {
        while !word.starts_with(start) {
            start = &start[..start.len() - 1];
        }
    }
    start.to_owned()
}

/// `go env` prints no variable that the scripts do not have.
#[test]
fn variables() {
    let script = Command::new(env!("CARGO_BIN_EXE_forgo"))
        .args(["completion", "bash"])
        .output()
        .expect("forgo runs");
    let script = String::from_utf8(script.stdout).expect("UTF-8");
    let line = script
        .lines()
        .find_map(|l| l.strip_prefix("_forgo_variables='"))
        .expect("the variables");
    let known: Vec<&str> = line.trim_end_matches('\'').split(' ').collect();
    for goroot in support::goroots() {
        let out = Command::new(goroot.join("bin/go"))
            .args(["env", "-json"])
            .env("GOTOOLCHAIN", "local")
            .output()
            .expect("go runs");
        let all: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(&out.stdout).expect("JSON");
        for name in all.keys() {
            assert!(known.contains(&name.as_str()), "{name}");
        }
    }
}
