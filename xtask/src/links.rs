//! `cargo xtask links`: every program and test binary of some modules, linked by the distribution's
//! linker and by forgo's, and compared byte by byte.
//!
//! The stock command builds with this program as `-toolexec`. For a link it runs both linkers on
//! the same inputs and records the outcome; the stock result is used.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::measure::{self, Cost};

/// The name by which forgo's program is a linker.
const LINKER: &str = "forgo-link";

/// Environment variables of the tool: the log's path, and the path of forgo's linker.
const LOG: &str = "XTASK_LINKS_LOG";
const PROGRAM: &str = "XTASK_LINKS_PROGRAM";

/// A way to build: its name, flags, environment.
struct Variant {
    name: &'static str,
    flags: &'static [&'static str],
    env: &'static [(&'static str, &'static str)],
}

const fn variant(name: &'static str, flags: &'static [&'static str]) -> Variant {
    Variant {
        name,
        flags,
        env: &[],
    }
}

const VARIANTS: &[Variant] = &[
    variant("plain", &[]),
    variant("trimpath", &["-trimpath"]),
    variant("stripped", &["-ldflags=-s -w"]),
    variant("pie", &["-buildmode=pie"]),
    variant("cover", &["-cover"]),
    variant("race", &["-race"]),
    Variant {
        name: "nocgo",
        flags: &[],
        env: &[("CGO_ENABLED", "0")],
    },
    Variant {
        name: "arm64",
        flags: &[],
        env: &[("CGO_ENABLED", "0"), ("GOARCH", "arm64")],
    },
    Variant {
        name: "fips",
        flags: &[],
        env: &[("GOFIPS140", "latest")],
    },
];

/// The outcome of one link.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Line {
    package: String,
    /// `same`, `differs`, `left` to the stock linker, or `failed` with it.
    outcome: String,
    why: String,
    stock: Costs,
    own: Costs,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Costs {
    cpu: f64,
    wall: f64,
    peak: u64,
}

impl From<Cost> for Costs {
    fn from(cost: Cost) -> Costs {
        Costs {
            cpu: cost.cpu.as_secs_f64(),
            wall: cost.wall.as_secs_f64(),
            peak: cost.own_peak,
        }
    }
}

struct Options {
    goroots: Vec<PathBuf>,
    linker: PathBuf,
    pkgs: String,
    variants: Vec<&'static Variant>,
    jobs: String,
    tests: bool,
    dirs: Vec<PathBuf>,
}

/// Runs the task. `false` where a link differed.
pub fn main(args: &[String]) -> Result<bool, String> {
    if let [first, tool, rest @ ..] = args
        && first == "--tool"
    {
        return run_tool(tool, rest);
    }
    let options = parse(args)?;
    let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
    let mut all = Vec::new();
    println!(
        "| module | release | variant | links | same | left | differ | CPU, median of own/stock |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for module in &options.dirs {
        for goroot in &options.goroots {
            for variant in &options.variants {
                let log = dir.path().join("log");
                let _ = fs::remove_file(&log);
                build(&options, module, goroot, variant, dir.path())?;
                let lines = read(&log)?;
                let name = module.file_name().unwrap_or_default().to_string_lossy();
                let release = goroot_version(goroot);
                println!(
                    "| {name} | {release} | {} | {} |",
                    variant.name,
                    cells(&lines)
                );
                all.extend(lines);
            }
        }
    }
    println!("| all | | | {} |", cells(&all));
    print!("{}", reasons(&all));
    Ok(all.iter().all(|line| line.outcome != "differs"))
}

fn parse(args: &[String]) -> Result<Options, String> {
    let mut options = Options {
        goroots: Vec::new(),
        linker: PathBuf::from("target/release/forgo"),
        pkgs: "./...".to_owned(),
        variants: VARIANTS.iter().collect(),
        jobs: "1".to_owned(),
        tests: true,
        dirs: Vec::new(),
    };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        if arg == "--no-tests" {
            options.tests = false;
            continue;
        }
        if !arg.starts_with("--") {
            options.dirs.push(arg.into());
            continue;
        }
        let value = args.next().ok_or_else(|| format!("{arg} needs a value"))?;
        match arg.as_str() {
            "--go" => options.goroots.push(value.into()),
            "--linker" => options.linker = value.into(),
            "--pkgs" => options.pkgs.clone_from(value),
            "--jobs" => options.jobs.clone_from(value),
            "--variants" => {
                options.variants = value
                    .split(',')
                    .map(|name| {
                        let known = VARIANTS.iter().find(|variant| variant.name == name);
                        known.ok_or_else(|| format!("no variant {name:?}"))
                    })
                    .collect::<Result<_, _>>()?;
            }
            _ => return Err(format!("no option {arg}")),
        }
    }
    if options.goroots.is_empty() {
        options.goroots.push("/usr/local/go".into());
    }
    if options.dirs.is_empty() {
        return Err("no module".to_owned());
    }
    options.linker = options
        .linker
        .canonicalize()
        .map_err(|e| format!("{}: {e}", options.linker.display()))?;
    Ok(options)
}

/// Builds all programs and test binaries of a module.
fn build(
    options: &Options,
    module: &Path,
    goroot: &Path,
    variant: &Variant,
    dir: &Path,
) -> Result<(), String> {
    let this = std::env::current_exe().map_err(|e| e.to_string())?;
    let toolexec = format!("{} links --tool", this.display());
    let out = dir.join("out/");
    let go = |args: &[&str]| {
        let mut command = Command::new(goroot.join("bin/go"));
        command
            .args(args)
            .current_dir(module)
            .env("GOROOT", goroot)
            .env("GOENV", "off")
            .env("GOFLAGS", "")
            .env("GOTOOLCHAIN", "local")
            .env(LOG, dir.join("log"))
            .env(PROGRAM, &options.linker)
            .envs(variant.env.iter().copied())
            .stdin(Stdio::null());
        command
    };
    let common = [
        &["-toolexec", toolexec.as_str(), "-p", options.jobs.as_str()],
        variant.flags,
    ]
    .concat();
    let out_text = format!("{}/", out.display());
    let mains = [&["build", "-o", &out_text], &common[..], &[&options.pkgs]].concat();
    // A module without programs and packages that do not build are not errors here.
    let run = |args: &[&str]| go(args).stdout(Stdio::null()).status();
    run(&mains).map_err(|e| format!("go build: {e}"))?;
    let _ = fs::remove_dir_all(&out);
    if options.tests {
        let test = ["test", "-vet=off", "-count=1", "-exec=true"];
        let tests = [&test, &common[..], &[&options.pkgs]].concat();
        run(&tests).map_err(|e| format!("go test: {e}"))?;
    }
    Ok(())
}

fn goroot_version(goroot: &Path) -> String {
    let text = fs::read_to_string(goroot.join("VERSION")).unwrap_or_default();
    text.lines().next().unwrap_or("?").to_owned()
}

fn read(log: &Path) -> Result<Vec<Line>, String> {
    let text = fs::read_to_string(log).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).map_err(|e| format!("{}: {e}", log.display())))
        .collect()
}

fn cells(lines: &[Line]) -> String {
    let count = |outcome: &str| lines.iter().filter(|line| line.outcome == outcome).count();
    let ratios = lines
        .iter()
        .filter(|line| line.outcome == "same" && line.stock.cpu > 0.0)
        .map(|line| line.own.cpu / line.stock.cpu)
        .collect();
    format!(
        "{} | {} | {} | {} | {:.2}",
        lines.len(),
        count("same"),
        count("left") + count("failed"),
        count("differs"),
        measure::median(ratios)
    )
}

/// Why links were left to the stock linker, and which differed.
fn reasons(lines: &[Line]) -> String {
    let mut by_reason: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.outcome != "same") {
        let reason = (line.outcome.as_str(), line.why.as_str());
        by_reason.entry(reason).or_default().push(&line.package);
    }
    let mut out = String::new();
    for ((outcome, why), packages) in by_reason {
        let first = packages.first().copied().unwrap_or_default();
        let _ = writeln!(out, "{outcome}: {} x {why}, first {first}", packages.len());
    }
    out
}

/// Runs a tool; of a link, both linkers.
fn run_tool(tool: &str, args: &[String]) -> Result<bool, String> {
    let is_link = Path::new(tool)
        .file_name()
        .is_some_and(|name| name == "link");
    let mut command = Command::new(tool);
    command.args(args);
    if !is_link || args.first().is_none_or(|arg| arg != "-o") {
        return Err(format!("{tool}: {}", command.exec()));
    }
    let target = args.get(1).ok_or("no output")?;
    let aside = format!("{target}.own");
    let stock = measure::run_into(command, Stdio::inherit(), Stdio::inherit())?;

    let mut own = Command::new(std::env::var_os(PROGRAM).ok_or("no linker")?);
    own.arg0(LINKER).args(["-o", &aside]).args(&args[2..]);
    let said = tempfile::tempfile().map_err(|e| e.to_string())?;
    let stderr = said.try_clone().map_err(|e| e.to_string())?;
    let made = measure::run_into(own, Stdio::null(), stderr.into())?;
    let (outcome, why) = match (stock.code, made.code) {
        (0, 0) => match fs::read(&aside).ok() == fs::read(target).ok() {
            true => ("same", String::new()),
            false => ("differs", format!("go tool link {}", args.join(" "))),
        },
        (_, 0) => ("differs", "the stock linker fails".to_owned()),
        (0, 3) => ("left", text_of(said)),
        (0, _) => ("differs", text_of(said)),
        _ => ("failed", "with both".to_owned()),
    };
    let _ = fs::remove_file(&aside);
    let line = Line {
        package: std::env::var("TOOLEXEC_IMPORTPATH").unwrap_or_default(),
        outcome: outcome.to_owned(),
        why,
        stock: stock.into(),
        own: made.into(),
    };
    let mut text = serde_json::to_string(&line).map_err(|e| e.to_string())?;
    text.push('\n');
    let log = std::env::var_os(LOG).ok_or("no log")?;
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(log)
        .and_then(|mut log| log.write_all(text.as_bytes()))
        .map_err(|e| e.to_string())?;
    match stock.code {
        0 => Ok(true),
        code => std::process::exit(code),
    }
}

/// The content of a file, without its last line break.
fn text_of(mut file: File) -> String {
    use std::io::{Read, Seek};
    let mut text = String::new();
    let _ = file.rewind().and_then(|()| file.read_to_string(&mut text));
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_counted_and_explained() {
        let line = |outcome: &str, why: &str, cpu: f64| Line {
            package: "p".to_owned(),
            outcome: outcome.to_owned(),
            why: why.to_owned(),
            stock: Costs {
                cpu: 2.0,
                ..Costs::default()
            },
            own: Costs {
                cpu,
                ..Costs::default()
            },
        };
        let lines = [
            line("same", "", 1.0),
            line("same", "", 0.5),
            line("left", "external linking", 0.0),
            line("failed", "with both", 0.0),
            line("differs", "x", 9.0),
        ];
        assert_eq!(cells(&lines), "5 | 2 | 2 | 1 | 0.38");
        let text = reasons(&lines);
        assert!(
            text.contains("left: 1 x external linking, first p\n"),
            "{text}"
        );
    }
}
