//! The arguments of `go vet`: the tool lists its flags, and gets those that it has.
//!
//! Answers to cmd/go/internal/vet/vetflag.go.

use std::process::Stdio;

use forgo_build::toolchain;
use forgo_golang::path;
use forgo_load::plain_tool;
use forgo_load::process;
use forgo_load::process::Learns;
use serde::Deserialize;

use super::COMMAND;
use crate::commands::Invocation;
use crate::exit::{Outcome, Stop};
use crate::flags::kind::Kind;
use crate::flags::{Flags, ParseOne, goflags};

/// The tool's settings in the arguments.
pub struct ToolArguments {
    /// Its path.
    pub tool: String,
    /// Its flags, as they were given.
    pub flags: Vec<String>,
}

/// A flag of the tool, as `TOOL -flags` describes it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ToolFlag {
    name: String,
    #[serde(default)]
    bool: bool,
}

/// Takes the flags off the arguments.
pub fn parse(invocation: &mut Invocation<'_>) -> Outcome<ToolArguments> {
    let named = named_tool(&invocation.args)?.to_owned();
    let cfg = invocation.cfg();
    let tool = match named.as_str() {
        "" => toolchain::tool(cfg, "vet"),
        name if name.starts_with('/') => path::clean(name),
        name => path::join2(&cfg.cwd, name),
    };
    // -c=n is done here, not by the tool.
    let mut known = ask_flags(invocation, &tool)?;
    known.retain(|flag| flag.name != "c");
    for flag in &known {
        if invocation.flags.lookup(&flag.name).is_none() {
            let kind = if flag.bool { Kind::Bool } else { Kind::Text };
            invocation.flags.define(&flag.name, kind);
        }
    }
    let is_known = |name: &str| known.iter().any(|flag| flag.name == name);

    let goflags = invocation.cfg().env.get("GOFLAGS");
    invocation.goflags = goflags::words_knowing(goflags, false, &is_known).map_err(Stop::fatal)?;
    goflags::apply(&invocation.goflags, &mut invocation.flags)
        .map_err(|line| super::super::usage(&COMMAND, &line))?;
    let from_goflags: Vec<String> = invocation
        .flags
        .settings()
        .iter()
        .map(|s| s.name.clone())
        .collect();

    let mut explicit = Vec::new();
    let mut given = Vec::new();
    // GOFLAGS names no tool that would run, but one to be helped by.
    let usage = |flags: &Flags| usage(flags.value("vettool").unwrap_or(&named));
    let all = std::mem::take(&mut invocation.args);
    let mut args = &all[..];
    while !args.is_empty() {
        let (found, rest) = invocation.flags.parse_one(args);
        match found {
            ParseOne::Help => return Err(Stop::with_status(usage(&invocation.flags), 2)),
            ParseOne::Terminator => {
                args = rest;
                break;
            }
            ParseOne::NotAFlag => break,
            ParseOne::Undefined { name, .. } => {
                let line = format!("flag provided but not defined: -{name}");
                let usage = usage(&invocation.flags);
                return Err(Stop::with_status(format!("{line}\n{usage}"), 2));
            }
            ParseOne::Wrong { message, .. } => {
                let usage = usage(&invocation.flags);
                return Err(Stop::with_status(format!("{message}\n{usage}"), 2));
            }
            ParseOne::Flag { name } => {
                if is_known(&name) {
                    explicit.extend_from_slice(&args[..args.len() - rest.len()]);
                    given.push(name);
                }
            }
        }
        args = rest;
    }
    invocation.args = args.to_vec();

    let mut implicit: Vec<&String> = from_goflags
        .iter()
        .filter(|name| is_known(name) && !given.contains(name))
        .collect();
    implicit.sort();
    implicit.dedup();
    let mut flags: Vec<String> = implicit
        .into_iter()
        .map(|name| match name.as_str() {
            // How Go's value of this flag, a list, prints itself.
            "tags" => "-tags=<TagsFlag>".to_owned(),
            _ => format!("-{name}={}", invocation.flags.text(name)),
        })
        .collect();
    flags.extend(explicit);
    Ok(ToolArguments { tool, flags })
}

/// The value of -vettool, or empty. It is needed before the arguments can be understood.
fn named_tool(args: &[String]) -> Outcome<&str> {
    for (i, arg) in args.iter().enumerate() {
        let name = arg.strip_prefix("--").or_else(|| arg.strip_prefix('-'));
        match name.and_then(|name| name.strip_prefix("vettool")) {
            Some("") => {
                let value = args.get(i + 1).map(String::as_str);
                return value.ok_or_else(|| Stop::fatal(format!("{arg} requires a filename")));
            }
            Some(value) if value.starts_with('=') => return Ok(&value[1..]),
            _ => {}
        }
    }
    Ok("")
}

/// Asks the tool for its flags.
fn ask_flags(invocation: &Invocation<'_>, tool: &str) -> Outcome<Vec<ToolFlag>> {
    let mut command = process::command(invocation.cfg(), "", tool, &[]);
    command
        .arg("-flags")
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    let learns = Learns::Files {
        is_plain: plain_tool::is_go_tool(invocation.cfg(), tool),
        files: &[tool],
    };
    let output = process::output(&mut command, learns);
    let (stdout, status) = match output {
        Ok(output) => (output.stdout, Ok(output.status)),
        Err(e) => (Vec::new(), Err(e)),
    };
    if let Some(why) = process::exit_text(status, tool) {
        return Err(Stop::with_status(
            format!("go: {tool} -flags failed: {why}"),
            2,
        ));
    }
    serde_json::from_slice(&stdout).map_err(|e| Stop {
        // The stock command ends no line here.
        text: format!("go: can't unmarshal JSON from {tool} -flags: {e}"),
        status: 2,
    })
}

fn usage(named_tool: &str) -> String {
    let tool = if named_tool.is_empty() {
        "go tool vet"
    } else {
        named_tool
    };
    format!(
        "usage: {}\nRun 'go help vet' for details.\n\
         Run '{tool} help' for a full list of flags and analyzers.\n\
         Run '{tool} -help' for an overview.\n",
        COMMAND.usage
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tool_is_found_among_the_arguments() {
        for (args, want) in [
            (&["-v", "./..."][..], Ok("")),
            (&["-vettool", "x"], Ok("x")),
            (&["--vettool=./x", "-vettool=y"], Ok("./x")),
            (&["-vettool"], Err("-vettool requires a filename\n")),
            (&["-vettools=x"], Ok("")),
        ] {
            let args: Vec<String> = args.iter().map(|a| (*a).to_owned()).collect();
            let got = named_tool(&args).map_err(|stop| stop.text);
            assert_eq!(got, want.map_err(str::to_owned), "{args:?}");
        }
    }
}
