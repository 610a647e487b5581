//! Data as Go's JSON encoder writes it (json.MarshalIndent).

use forgo_golang::{json, raw};
use serde::Serialize;

/// Indented by tabs, and safe to put into HTML (json.MarshalIndent), by Go 1.`minor`.
pub fn indent(value: &impl Serialize, minor: u32) -> String {
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"\t");
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    value
        .serialize(&mut serializer)
        .expect("strings and numbers are valid JSON");
    let text = json::escape(&String::from_utf8(out).expect("JSON is UTF-8"));
    raw::json(&text, minor).into_owned()
}
