//! What becomes of vet's standard output: copied, or, for `go vet`, read as JSON and printed as
//! diagnostics.
//!
//! Answers to VetHandleStdout in cmd/go/internal/work/exec.go and to its implementations in
//! cmd/go/internal/vet/vet.go.

use std::collections::BTreeMap;

use forgo_load::disk;
use forgo_load::event::Event;
use forgo_load::load::short_path;
use forgo_load::process::errno_text;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::action::{ActionCx, ActionError, VetOutput};

/// Handles the output of vetting one package.
pub(super) fn handle(cx: &ActionCx<'_>, text: Vec<u8>) -> Result<(), ActionError> {
    if text.is_empty() {
        return Ok(());
    }
    match cx.run.job.options.vet.output {
        VetOutput::Copy => copy(cx, &text)?,
        VetOutput::CopyAndFail => {
            copy(cx, &text)?;
            cx.shell.send(Event::ExitStatus(1));
        }
        VetOutput::Diagnostics { context } => return print(cx, &text, context),
    }
    Ok(())
}

fn copy(cx: &ActionCx<'_>, text: &[u8]) -> Result<(), ActionError> {
    let written = cx.run.job.reporter.stdout(text);
    let fail = |e| {
        format!(
            "copying vet tool stdout: write /dev/stdout: {}",
            errno_text(&e)
        )
    };
    written.map_err(|e| ActionError::new(fail(e)))
}

/// One analysis of one package.
#[derive(Deserialize)]
#[serde(untagged)]
enum Finding {
    Diagnostics(Vec<Diagnostic>),
    Failure { error: String },
}

#[derive(Deserialize)]
struct Diagnostic {
    #[serde(default)]
    posn: String,
    #[serde(default)]
    end: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    related: Vec<Diagnostic>,
}

/// Prints the diagnostics of a tree: package → analysis → finding. The stock command goes through
/// it in no particular order.
fn print(cx: &ActionCx<'_>, text: &[u8], context: Option<usize>) -> Result<(), ActionError> {
    let fail = |what: &str, e| ActionError::new(format!("parsing {what}: {e}"));
    let tree: BTreeMap<String, BTreeMap<String, Box<RawValue>>> =
        serde_json::from_slice(text).map_err(|e| fail("JSON", e))?;
    for raw in tree.values().flat_map(BTreeMap::values) {
        let what = if raw.get().starts_with('[') {
            "JSON diagnostics"
        } else {
            "JSON error"
        };
        match serde_json::from_str(raw.get()).map_err(|e| fail(what, e))? {
            Finding::Diagnostics(list) => {
                for diagnostic in &list {
                    cx.shell.send(Event::ExitStatus(1));
                    let text = diagnostic.text(&|file| short_path(cx.config(), file), context);
                    cx.shell.send(Event::Stderr(text));
                }
            }
            Finding::Failure { error } => {
                cx.shell.send(Event::ExitStatus(1));
                return Err(ActionError::new(error));
            }
        }
    }
    Ok(())
}

impl Diagnostic {
    fn text(&self, short: &dyn Fn(&str) -> String, context: Option<usize>) -> String {
        let mut out = String::new();
        self.print("", short, context, &mut out);
        for related in &self.related {
            related.print("\t", short, context, &mut out);
        }
        out
    }

    fn print(
        &self,
        indent: &str,
        short: &dyn Fn(&str) -> String,
        context: Option<usize>,
        out: &mut String,
    ) {
        let start = position(&self.posn);
        match start {
            Some((file, line, column)) => {
                out.push_str(&format!("{}:{line}:{column}: ", short(file)));
            }
            None => out.push_str(&format!("{}: ", self.posn)),
        }
        out.push_str(&format!("{indent}{}\n", self.message));
        let end = if self.end.is_empty() {
            start
        } else {
            position(&self.end)
        };
        if let (Some(around), Some((file, first, _)), Some((_, last, _))) = (context, start, end) {
            let source = disk::read(file).unwrap_or_default();
            let source = String::from_utf8_lossy(&source);
            for (i, line) in source.split('\n').enumerate() {
                let number = i + 1;
                if number + around >= first && number <= last + around {
                    out.push_str(&format!("{number}\t{line}\n"));
                }
            }
        }
    }
}

/// `file:line:column`, taken apart.
fn position(text: &str) -> Option<(&str, usize, usize)> {
    let (rest, column) = text.rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    Some((file, line.parse().ok()?, column.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diagnostics_are_printed_with_their_context() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("x.go");
        let file = file.to_str().unwrap();
        std::fs::write(file, "one\ntwo\nthree\nfour\n").unwrap();
        let json = format!(
            r#"[{{"posn":"{file}:2:1","end":"{file}:2:3","message":"m",
                "related":[{{"posn":"-","message":"r"}}],"suggested_fixes":[]}}]"#
        );
        let Finding::Diagnostics(list) = serde_json::from_str(&json).unwrap() else {
            panic!("a list is a list of diagnostics");
        };
        let short = |f: &str| f.rsplit('/').next().unwrap_or(f).to_owned();
        assert_eq!(list[0].text(&short, None), "x.go:2:1: m\n-: \tr\n");
        let want = "x.go:2:1: m\n1\tone\n2\ttwo\n3\tthree\n-: \tr\n";
        assert_eq!(list[0].text(&short, Some(1)), want);
    }
}
