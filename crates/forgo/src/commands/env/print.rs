//! How variables are written: for a shell, or as JSON.
//!
//! Answers to PrintEnv and printEnvAsJSON in cmd/go/internal/envcmd/env.go.

use std::collections::BTreeMap;

use crate::config::variables::Variable;
use crate::exit::{Outcome, Stop};
use crate::report::json::escape_as_go;

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
            out.push_str(&format!(
                "{}='{}'\n",
                v.name,
                v.value.replace('\'', "'\\''")
            ));
        }
    }
    Ok(out)
}

/// An object; of two of a name the later counts.
pub fn json(variables: &[Variable], only_changed: bool) -> String {
    let map: BTreeMap<&str, &str> = variables
        .iter()
        .filter(|v| v.name != "TERM" && (!only_changed || v.changed))
        .map(|v| (v.name.as_str(), v.value.as_str()))
        .collect();
    if map.is_empty() {
        return "{}\n".into();
    }
    let string = |s: &str| escape_as_go(&serde_json::to_string(s).expect("a string is JSON"));
    let lines: Vec<_> = map
        .iter()
        .map(|(k, v)| format!("\t{}: {}", string(k), string(v)))
        .collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
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
            json(&list, false),
            "{\n\t\"A\": \"\\u003cx\\u003e\",\n\t\"B\": \"it's\"\n}\n"
        );
        assert_eq!(json(&[], false), "{}\n");
        assert!(shell(&[variable("A", "\0", false)], false).is_err());
    }
}
