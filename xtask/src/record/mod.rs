//! `cargo xtask record`: the terminal recording in the README. Runs its commands in a
//! pseudo-terminal, and draws them with their output and their times as an animated SVG.

mod pty;
mod svg;

use std::path::{Path, PathBuf};
use std::process::Command;

use oracle::programs::{self, Programs, write_file};
use oracle::{places, tree};

/// The commands, in order.
const STORY: [&str; 5] = [
    "forgo --version",
    "time go build std      # nothing has changed",
    "time forgo build std   # the same, on the same cache",
    "go version -m ./hello | head -1; cmp hello hello-forgo && echo identical",
    "forgo doctor",
];

/// The commands before, which are not shown: they fill the caches and leave two programs.
const BEFORE: [&str; 5] = [
    "go build std",
    "go build -o hello . && forgo build -o hello-forgo .",
    "forgo build std",
    // An answer is kept once the files have been at rest for a while.
    "sleep 1; forgo build std",
    "forgo build std",
];

const HELLO: &str = "package main\n\nfunc main() { println(\"hello\") }\n";

/// A command and its output.
pub struct Step {
    /// The command.
    pub command: &'static str,
    /// The lines of the screen after it.
    pub lines: Vec<String>,
    /// How long it took, in seconds.
    pub seconds: f64,
}

/// Runs the task.
pub fn main(args: &[String]) -> Result<bool, String> {
    let (mut go, mut forgo, mut cache, mut out) = (None, None, None, None);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || {
            args.next()
                .ok_or(format!("{arg} needs a value"))
                .map(PathBuf::from)
        };
        match arg.as_str() {
            "--go" => go = Some(value()?),
            "--forgo" => forgo = Some(value()?),
            "--cache" => cache = Some(value()?),
            "--out" => out = Some(value()?),
            other => return Err(format!("record: unknown argument {other}")),
        }
    }
    let out = match out {
        Some(file) => file,
        None => places::repository()?.join("docs/recording.svg"),
    };
    let stage = Stage::new(programs::find(go, forgo)?, cache.as_deref())?;
    for command in BEFORE {
        let step = stage.run(command)?;
        println!(
            "{command}: {:.3} s\n{}",
            step.seconds,
            step.lines.join("\n")
        );
    }
    let steps: Vec<Step> = STORY
        .into_iter()
        .map(|command| stage.run(command))
        .collect::<Result<_, _>>()?;
    for step in &steps {
        println!("$ {}\n{}", step.command, step.lines.join("\n"));
    }
    write_file(&out, &svg::draw(&steps))?;
    println!("{}", out.display());
    Ok(true)
}

/// A home directory with a small module, where the commands run.
struct Stage {
    programs: Programs,
    home: tempfile::TempDir,
}

impl Stage {
    fn new(programs: Programs, cache: Option<&Path>) -> Result<Stage, String> {
        let home = tempfile::tempdir().map_err(|e| e.to_string())?;
        write_file(
            &home.path().join("hello/go.mod"),
            "module hello\n\ngo 1.26\n",
        )?;
        write_file(&home.path().join("hello/hello.go"), HELLO)?;
        // The distribution's counters are not for this.
        write_file(&home.path().join(".config/go/telemetry/mode"), "off")?;
        let bin = home.path().join("bin");
        std::fs::create_dir(&bin).map_err(|e| e.to_string())?;
        for (name, file) in [
            ("forgo", programs.forgo.clone()),
            ("go", programs.goroot.join("bin/go")),
        ] {
            std::os::unix::fs::symlink(file, bin.join(name)).map_err(|e| e.to_string())?;
        }
        if let Some(cache) = cache {
            tree::link_cache(cache, &home.path().join(".cache/go-build"))?;
        }
        Ok(Stage { programs, home })
    }

    /// Runs a command in bash. The home directory is shown as `~`.
    fn run(&self, command: &'static str) -> Result<Step, String> {
        let home = self.home.path();
        let mut shell = Command::new("bash");
        shell
            .args(["--norc", "-c", command])
            .current_dir(home.join("hello"))
            .env_clear()
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin", home.join("bin").display()),
            )
            .env("HOME", home)
            .env("TERM", "xterm-256color")
            .env("LANG", "C.UTF-8")
            .env("TIMEFORMAT", "real %3R s")
            .env("GOTOOLCHAIN", "local")
            .env("GOPROXY", "off");
        let ran = pty::run(shell)?;
        let shown = |line: String| {
            let go = self.programs.goroot.join("bin/go").display().to_string();
            let forgo = self.programs.forgo.display().to_string();
            line.replace(&home.display().to_string(), "~")
                .replace(&go, "~/bin/go")
                .replace(&forgo, "~/bin/forgo")
        };
        Ok(Step {
            command,
            lines: ran.lines.into_iter().map(shown).collect(),
            seconds: ran.seconds,
        })
    }
}
