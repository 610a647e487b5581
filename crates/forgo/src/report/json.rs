//! Build events of `-json`: one object a line, as load.JSONPrinter writes them.

use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct BuildEvent<'a> {
    import_path: &'a str,
    action: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    output: &'a str,
}

/// A `build-output` event; nothing for empty text.
pub fn output(package: Option<&str>, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    line(&BuildEvent {
        import_path: package.unwrap_or(""),
        action: "build-output",
        output: text,
    })
}

/// A `build-output` event for each line, then `build-fail`.
pub fn failure(package: Option<&str>, text: &str) -> String {
    let mut out = String::new();
    for part in text.split_inclusive('\n') {
        out.push_str(&output(package, part));
    }
    out.push_str(&line(&BuildEvent {
        import_path: package.unwrap_or(""),
        action: "build-fail",
        output: "",
    }));
    out
}

fn line(event: &BuildEvent<'_>) -> String {
    let text = serde_json::to_string(event).expect("strings are JSON");
    escape_as_go(&text) + "\n"
}

/// Go's encoder writes `<`, `>`, `&` and the line separators U+2028 and U+2029 as escapes. Outside
/// of string literals JSON has none of them.
pub fn escape_as_go(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            '\u{7f}' => out.push_str("\\u007f"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events() {
        assert_eq!(output(Some("a"), ""), "");
        assert_eq!(
            output(Some("a"), "# a & <b>\n"),
            "{\"ImportPath\":\"a\",\"Action\":\"build-output\",\"Output\":\"# a \\u0026 \\u003cb\\u003e\\n\"}\n"
        );
        let text = failure(None, "x\ny\n");
        assert_eq!(text.lines().count(), 3);
        assert!(text.ends_with("{\"ImportPath\":\"\",\"Action\":\"build-fail\"}\n"));
    }
}
