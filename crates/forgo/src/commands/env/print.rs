//! How variables are written: for a shell, or as JSON.
//!
//! Answers to PrintEnv and printEnvAsJSON in cmd/go/internal/envcmd/env.go.

use std::collections::BTreeMap;

use forgo_golang::json::append_text;
use forgo_golang::raw;
use forgo_golang::release::Release;

use crate::config::variables::Variable;
use crate::exit::{Outcome, Stop};

/// `NAME='value'` lines, sorted.
pub fn shell(variables: &[Variable], only_changed: bool) -> Outcome<String> {
    let mut sorted: Vec<_> = variables.iter().filter(|v| v.name != "TERM").collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let mut out = String::new();
    for v in sorted {
        if v.value.contains('\0') {
            return Err(Stop::fatal(format!(
                "go: internal error: encountered null byte in environment variable {} on \
                 non-plan9 platform",
                v.name
            )));
        }
        if !only_changed || v.changed {
            // Written rune by rune, with U+FFFD for invalid ones.
            let value = raw::into_text(raw::lossy(&raw::bytes(&v.value)));
            out.push_str(&format!("{}='{}'\n", v.name, value.replace('\'', "'\\''")));
        }
    }
    Ok(out)
}

/// An object; of two of a name the later counts. The form is that of `release`.
pub fn json(variables: &[Variable], only_changed: bool, release: Release) -> Vec<u8> {
    let map: BTreeMap<&str, &str> = variables
        .iter()
        .filter(|v| v.name != "TERM" && (!only_changed || v.changed))
        .map(|v| (v.name.as_str(), v.value.as_str()))
        .collect();
    if map.is_empty() {
        return b"{}\n".to_vec();
    }
    let mut out = Vec::new();
    for (k, v) in map {
        out.extend_from_slice(if out.is_empty() { b"{\n\t" } else { b",\n\t" });
        append_text(&mut out, k, release);
        out.extend_from_slice(b": ");
        append_text(&mut out, v, release);
    }
    out.extend_from_slice(b"\n}\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str, value: &str, changed: bool) -> Variable {
        Variable {
            name: name.into(),
            value: value.into(),
            changed,
        }
    }

    #[test]
    fn both_forms() {
        let list = [variable("B", "it's", true), variable("A", "<x>", false)];
        assert_eq!(shell(&list, false).unwrap(), "A='<x>'\nB='it'\\''s'\n");
        assert_eq!(shell(&list, true).unwrap(), "B='it'\\''s'\n");
        assert_eq!(
            json(&list, false, Release::GO1_26),
            b"{\n\t\"A\": \"\\u003cx\\u003e\",\n\t\"B\": \"it's\"\n}\n"
        );
        assert_eq!(json(&[], false, Release::GO1_26), b"{}\n");
        assert!(shell(&[variable("A", "\0", false)], false).is_err());
    }
}
