//! `go tool dist list` where the distribution has no dist tool.
//!
//! Answers to impersonateDistList in cmd/go/internal/tool/tool.go.

use serde::Serialize;

use forgo_golang::release::Release;

use crate::config::{Port, ports};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    #[serde(rename = "GOOS")]
    goos: &'static str,
    #[serde(rename = "GOARCH")]
    goarch: &'static str,
    cgo_supported: bool,
    first_class: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    broken: bool,
}

/// Returns the list, or `None` for flags that only the real tool has.
pub fn impersonate(release: Release, args: &[String]) -> Option<String> {
    let (mut json, mut broken) = (false, false);
    for arg in args {
        let body = arg.strip_prefix("--").or_else(|| arg.strip_prefix('-'))?;
        let (name, value) = body.split_once('=').unwrap_or((body, "true"));
        let value = crate::flags::kind::parse_bool(value)?;
        match name {
            "json" => json = value,
            "broken" => broken = value,
            "v" => {}
            _ => return None,
        }
    }
    let list: Vec<Port> = ports(release).filter(|p| broken || !p.broken).collect();
    if !json {
        return Some(
            list.iter()
                .map(|p| format!("{}/{}\n", p.goos, p.goarch))
                .collect(),
        );
    }
    let entries: Vec<Entry> = list
        .iter()
        .map(|p| Entry {
            goos: p.goos,
            goarch: p.goarch,
            cgo_supported: p.cgo,
            first_class: p.first_class,
            broken: p.broken,
        })
        .collect();
    let mut out = Vec::new();
    let indent = serde_json::ser::PrettyFormatter::with_indent(b"\t");
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, indent);
    entries.serialize(&mut serializer).ok()?;
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let args = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        let text = impersonate(Release::GO1_27, &[]).unwrap();
        assert!(text.contains("linux/amd64\n") && !text.contains("sparc64"));
        assert!(
            impersonate(Release::GO1_27, &args(&["-broken"]))
                .unwrap()
                .contains("linux/sparc64\n")
        );
        assert!(
            impersonate(Release::GO1_27, &args(&["--json", "-v"]))
                .unwrap()
                .starts_with("[\n\t{\n\t\t\"GOOS\"")
        );
        assert!(impersonate(Release::GO1_27, &args(&["-x"])).is_none());
        assert!(impersonate(Release::GO1_27, &args(&["x"])).is_none());
    }
}
