//! Identities of the tools, as keys have them: the output of `TOOL -V=full`.
//!
//! A release's tools print their version, which is the identity then: the same for all systems that
//! they run on. A tool built from a development tree prints its build ID.
//!
//! Answers to `toolID` in cmd/go/internal/work/buildid.go.

use std::process::Stdio;

use forgo_golang::quote::quote;
use forgo_load::config::Config;
use forgo_load::event::Event;
use forgo_load::footprint::{Look, Notes};
use forgo_load::plain_tool;
use forgo_load::{disk, kept, process};

use crate::action::{ActionCx, ActionError};
use crate::build_id;
use crate::toolchain::tool;
use forgo_load::process::Learns;

impl ActionCx<'_> {
    /// The identity of a tool (`compile`, `cgo` …), as keys have it. Several threads may ask at
    /// once: one runs the tool, others wait.
    pub fn tool_id(&self, name: &str) -> Result<String, ActionError> {
        let answer = {
            let answers = &self.run.tool_ids.answers;
            let mut answers = answers.lock().unwrap_or_else(|e| e.into_inner());
            match answers.get(name) {
                Some(answer) => answer.clone(),
                None => answers.entry(name.to_owned()).or_default().clone(),
            }
        };
        answer.get_or_init(|| ask(self, name)).clone()
    }
}

/// Runs the tool, through -toolexec: it may be another tool that really runs.
fn ask(cx: &ActionCx<'_>, name: &str) -> Result<String, ActionError> {
    let config = cx.config();
    let toolexec = &config.flags.toolexec;
    // The vet tool's place may be elsewhere, but there has to be one here.
    if toolexec.is_empty() && !disk::exists(tool(config, name)) {
        cx.run.job.reporter.event(Event::ExitStatus(2));
        let name = quote(name);
        return Err(ActionError::fatal(format!("go: no such tool {name}")));
    }
    let vet_tool = &cx.run.job.options.vet.tool;
    let (path, desc) = if name == "vet" {
        (vet_tool.clone(), vet_tool.clone())
    } else {
        (tool(config, name), format!("go tool {name}"))
    };
    let is_vet_tool = path == *vet_tool;

    let is_plain = plain_tool::is_go_tool(config, &path);
    plain_tool::require(is_plain, &path);
    let line = if toolexec.is_empty() && is_plain {
        let mut failure = None;
        let note = |notes: &Notes| {
            notes.saw(&path, Look::Whole);
            Some(())
        };
        let ask = |_: &Notes| {
            run(config, &path, is_plain, &desc)
                .map_err(|e| failure = Some(e))
                .ok()
        };
        match (kept::answer(config, &[&path, VERSION], note, ask), failure) {
            (Some(line), _) => line,
            (None, Some(error)) => return Err(error),
            (None, None) => run(config, &path, is_plain, &desc)?,
        }
    } else {
        run(config, &path, is_plain, &desc)?
    };
    let line = String::from_utf8_lossy(&line);
    parse(name, is_vet_tool, &line).ok_or_else(|| {
        ActionError::fatal(format!(
            "go: parsing buildID from {desc} -V=full: unexpected output:\n\t{line}"
        ))
    })
}

const VERSION: &str = "-V=full";

/// What `TOOL -V=full` writes.
fn run(config: &Config, path: &str, is_plain: bool, desc: &str) -> Result<Vec<u8>, ActionError> {
    let failed =
        |why: &str| ActionError::fatal(format!("go: error obtaining buildID for {desc}: {why}"));
    let mut args = config.flags.toolexec.clone();
    args.extend([path.to_owned(), VERSION.to_owned()]);
    let program = if args[0].contains('/') {
        args[0].clone()
    } else {
        process::look_path(config, &args[0]).map_err(|e| failed(&e))?
    };
    let mut command = process::command(config, ".", &program, &[]);
    command
        .args(process::os_all(&args[1..]))
        .stdin(Stdio::null());
    let learns = Learns::Files {
        is_plain,
        files: &[path],
    };
    let output = match process::output(&mut command, learns) {
        Ok(output) => output,
        Err(e) => {
            let why = process::exit_text(Err(e), &program).unwrap_or_default();
            return Err(failed(&why));
        }
    };
    if let Some(why) = process::exit_text(Ok(output.status), &program) {
        let mut error = failed(&why);
        // The tool's output comes first.
        error
            .text
            .insert_str(0, &String::from_utf8_lossy(&output.stderr));
        return Err(error);
    }
    Ok(output.stdout)
}

/// The identity in a line such as `compile version go1.26.8` or
/// `compile version devel … buildID=…`. A vet tool may print any name.
fn parse(name: &str, is_vet_tool: bool, line: &str) -> Option<String> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [tool, "version", version, ..] = fields[..] else {
        return None;
    };
    if tool != name && !is_vet_tool {
        return None;
    }
    if !version.contains("devel") {
        return Some(line.trim().to_owned());
    }
    let last = fields.last()?;
    last.starts_with("buildID=")
        .then(|| build_id::content_id(last).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_known_by_their_line_and_others_by_content() {
        for (line, want) in [
            (
                "compile version go1.26.8\n",
                Some("compile version go1.26.8"),
            ),
            (
                "compile version go1.27.3 X:a,b\n",
                Some("compile version go1.27.3 X:a,b"),
            ),
            (
                "compile version devel go1.28-abc buildID=a/b/c\n",
                Some("c"),
            ),
            ("compile version devel go1.28-abc\n", None),
            ("asm version go1.26.8", None),
            ("compile go1.26.8", None),
            ("", None),
        ] {
            assert_eq!(parse("compile", false, line).as_deref(), want, "{line}");
        }
        let line = "myvet version v1";
        assert_eq!(parse("vet", true, line).as_deref(), Some(line));
    }
}
