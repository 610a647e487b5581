//! Build events of `-json` (of Go 1.`minor`): one object a line, as load.JSONPrinter writes them.

use std::sync::Arc;

use forgo_build::event::Event;
pub use forgo_golang::json::escape as escape_as_go;
use forgo_golang::raw;
use serde::Serialize;

use super::text::as_lines;
use super::{Listener, Screen};

/// Writes output of builds as JSON on standard output; what bypasses `-json` is text.
pub struct Json {
    screen: Arc<Screen>,
    minor: u32,
}

impl Json {
    /// On this screen, as Go 1.`minor` writes it.
    pub fn new(screen: Arc<Screen>, minor: u32) -> Json {
        Json { screen, minor }
    }
}

impl Listener for Json {
    fn event(&self, event: &Event) {
        let line = match event {
            Event::Output { package, text } => output(package.as_deref(), text, self.minor),
            Event::Error { package, text } => {
                failure(package.as_deref(), &as_lines(text), self.minor)
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
pub fn output(package: Option<&str>, text: &str, minor: u32) -> String {
    if text.is_empty() {
        return String::new();
    }
    line(
        &BuildEvent {
            import_path: package.unwrap_or(""),
            action: "build-output",
            output: text,
        },
        minor,
    )
}

/// A `build-output` event for each line, then `build-fail`.
pub fn failure(package: Option<&str>, text: &str, minor: u32) -> String {
    let mut out = String::new();
    for part in text.split_inclusive('\n') {
        out.push_str(&output(package, part, minor));
    }
    out.push_str(&line(
        &BuildEvent {
            import_path: package.unwrap_or(""),
            action: "build-fail",
            output: "",
        },
        minor,
    ));
    out
}

fn line(event: &BuildEvent<'_>, minor: u32) -> String {
    let text = serde_json::to_string(event).expect("strings are JSON");
    raw::json(&escape_as_go(&text), minor).into_owned() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events() {
        assert_eq!(output(Some("a"), "", 26), "");
        assert_eq!(
            output(Some("a"), "# a & <b>\n", 26),
            "{\"ImportPath\":\"a\",\"Action\":\"build-output\",\"Output\":\"# a \\u0026 \\u003cb\\u003e\\n\"}\n"
        );
        let text = failure(None, "x\ny\n", 26);
        assert_eq!(text.lines().count(), 3);
        assert!(text.ends_with("{\"ImportPath\":\"\",\"Action\":\"build-fail\"}\n"));
    }
}
