//! Build events of `-json`, in the form of a release: one object a line, as load.JSONPrinter writes
//! them.

use std::sync::Arc;

pub use forgo_golang::json::escape as escape_as_go;
use forgo_golang::raw;
use forgo_golang::release::Release;
use forgo_load::event::Event;
use serde::Serialize;

use super::text::as_lines;
use super::{Listener, Screen};

/// Writes output of builds as JSON on standard output; what bypasses `-json` is text.
pub struct Json {
    screen: Arc<Screen>,
    release: Release,
}

impl Json {
    /// On this screen, in the form of a release.
    pub fn new(screen: Arc<Screen>, release: Release) -> Json {
        Json { screen, release }
    }
}

impl Listener for Json {
    fn event(&self, event: &Event) {
        let line = match event {
            Event::Output { package, text } => output(package.as_deref(), text, self.release),
            Event::Error { package, text } => {
                failure(package.as_deref(), &as_lines(text), self.release)
            }
            Event::Stderr(text) => return self.screen.stderr(&raw::bytes(text)),
            _ => return,
        };
        let _ = self.screen.stdout(line.as_bytes());
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct BuildEvent<'a> {
    import_path: &'a str,
    action: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    output: &'a str,
}

/// A `build-output` event; nothing for empty text.
pub fn output(package: Option<&str>, text: &str, release: Release) -> String {
    if text.is_empty() {
        return String::new();
    }
    line(
        &BuildEvent {
            import_path: package.unwrap_or(""),
            action: "build-output",
            output: text,
        },
        release,
    )
}

/// A `build-output` event for each line, then `build-fail`.
pub fn failure(package: Option<&str>, text: &str, release: Release) -> String {
    let mut out = String::new();
    for part in text.split_inclusive('\n') {
        out.push_str(&output(package, part, release));
    }
    out.push_str(&line(
        &BuildEvent {
            import_path: package.unwrap_or(""),
            action: "build-fail",
            output: "",
        },
        release,
    ));
    out
}

fn line(event: &BuildEvent<'_>, release: Release) -> String {
    let text = serde_json::to_string(event).expect("strings are JSON");
    raw::json(&escape_as_go(&text), release).into_owned() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events() {
        assert_eq!(output(Some("a"), "", Release::GO1_26), "");
        assert_eq!(
            output(Some("a"), "# a & <b>\n", Release::GO1_26),
            "{\"ImportPath\":\"a\",\"Action\":\"build-output\",\"Output\":\"# a \\u0026 \\u003cb\\u003e\\n\"}\n"
        );
        let text = failure(None, "x\ny\n", Release::GO1_26);
        assert_eq!(text.lines().count(), 3);
        assert!(text.ends_with("{\"ImportPath\":\"\",\"Action\":\"build-fail\"}\n"));
    }
}
