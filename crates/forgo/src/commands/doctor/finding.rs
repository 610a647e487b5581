//! The findings of an examination, as text and as JSON.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// As it should be.
    Ok,
    /// Works, but may surprise the user.
    Note,
    /// May be slow or fail.
    Warning,
    /// Commands fail, or run without forgo.
    Error,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Level::Ok => "ok",
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

/// A finding.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The part that was examined: `go`, `cache`.
    pub topic: &'static str,
    /// How bad it is.
    pub level: Level,
    /// The finding, in a sentence.
    pub text: String,
    /// The remedy, in a sentence; empty where none is needed.
    pub remedy: String,
    /// The values that the sentence was made of, for programs.
    pub facts: Map<String, Value>,
}

impl Finding {
    /// Creates a finding without a remedy.
    pub fn new(topic: &'static str, level: Level, text: impl Into<String>) -> Finding {
        Finding {
            topic,
            level,
            text: text.into(),
            remedy: String::new(),
            facts: Map::new(),
        }
    }

    /// Adds what to do.
    pub fn remedy(mut self, remedy: impl Into<String>) -> Finding {
        self.remedy = remedy.into();
        self
    }

    /// Adds a value.
    pub fn fact(mut self, name: &str, value: impl Into<Value>) -> Finding {
        self.facts.insert(name.to_owned(), value.into());
        self
    }
}

/// Columns of the text.
const WIDTH: usize = 100;
const LEVEL: usize = 9;
const TOPIC: usize = 13;

/// Returns the findings as text: a paragraph each, the remedy after an arrow.
pub fn text(program: &str, findings: &[Finding]) -> String {
    let mut out = format!("forgo {}, {program}\n\n", env!("CARGO_PKG_VERSION"));
    for f in findings {
        let head = format!("{:LEVEL$}{:TOPIC$}", f.level.name(), f.topic);
        paragraph(&mut out, &head, &f.text);
        if !f.remedy.is_empty() {
            paragraph(
                &mut out,
                &" ".repeat(LEVEL + TOPIC),
                &format!("→ {}", f.remedy),
            );
        }
    }
    let count = |level: Level| findings.iter().filter(|f| f.level == level).count();
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    let (errors, warnings) = (count(Level::Error), count(Level::Warning));
    let _ = writeln!(
        out,
        "\n{errors} error{}, {warnings} warning{}",
        plural(errors),
        plural(warnings)
    );
    out
}

/// Adds a text, broken between words, its first line after `head` and the others below it.
fn paragraph(out: &mut String, head: &str, text: &str) {
    let mut line = head.to_owned();
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(out, "{line}");
            line = " ".repeat(LEVEL + TOPIC);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    let _ = writeln!(out, "{line}");
}

/// Returns the findings as JSON.
pub fn json(program: &str, findings: &[Finding]) -> String {
    let list: Vec<Value> = findings
        .iter()
        .map(|f| {
            let mut object = Map::new();
            object.insert("topic".into(), f.topic.into());
            object.insert("level".into(), f.level.name().into());
            object.insert("text".into(), f.text.clone().into());
            if !f.remedy.is_empty() {
                object.insert("remedy".into(), f.remedy.clone().into());
            }
            if !f.facts.is_empty() {
                object.insert("facts".into(), f.facts.clone().into());
            }
            object.into()
        })
        .collect();
    let all = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "program": program,
        "ok": findings.iter().all(|f| f.level != Level::Error),
        "findings": list,
    });
    format!("{all:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings() -> [Finding; 2] {
        [
            Finding::new("go", Level::Ok, "/go/bin/go").fact("file", "/go/bin/go"),
            Finding::new("cache", Level::Error, "word ".repeat(30)).remedy("set GOCACHE"),
        ]
    }

    #[test]
    fn paragraphs_are_broken_and_counted() {
        let text = text("/bin/forgo", &findings());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[2], "ok       go           /go/bin/go");
        assert!(lines[3].starts_with("error    cache        word word"));
        assert!(lines[4].starts_with(&format!("{}word", " ".repeat(22))));
        assert_eq!(lines[5], format!("{}→ set GOCACHE", " ".repeat(22)));
        assert_eq!(lines[7], "1 error, 0 warnings");
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH));
    }

    #[test]
    fn json_has_facts_and_a_verdict() {
        let all: Value = serde_json::from_str(&json("/bin/forgo", &findings())).unwrap();
        assert_eq!(all["ok"], false);
        assert_eq!(all["findings"][0]["facts"]["file"], "/go/bin/go");
        assert_eq!(all["findings"][1]["remedy"], "set GOCACHE");
        assert!(all["findings"][0].get("remedy").is_none());
    }
}
