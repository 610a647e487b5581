//! Data as Go's JSON encoder writes it (json.MarshalIndent).

use forgo_golang::release::Release;
use forgo_golang::{json, raw};
use serde::Serialize;

/// Indented by tabs, and safe to put into HTML (json.MarshalIndent), as a release's go command does
/// it.
pub fn indent(value: &impl Serialize, release: Release) -> String {
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"\t");
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    value
        .serialize(&mut serializer)
        .expect("strings and numbers are valid JSON");
    let text = json::escape(&String::from_utf8(out).expect("JSON is UTF-8"));
    raw::json(&text, release).into_owned()
}
