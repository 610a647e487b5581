//! JSON as Go writes it. Answers to encoding/json with its default of escaping HTML.

/// Turns any JSON text into what Go's encoder would have written: `<`, `>`, `&` and the line
/// separators U+2028 and U+2029 as escapes. Outside of strings JSON has none of them.
pub fn escape(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn html_is_escaped_and_nothing_else() {
        let json = "{\"a&b\":\"<x>\u{2028}\u{2029}\u{7f}é\\n\"}";
        let want = "{\"a\\u0026b\":\"\\u003cx\\u003e\\u2028\\u2029\u{7f}é\\n\"}";
        assert_eq!(super::escape(json), want);
    }
}
