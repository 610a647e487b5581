//! The environment variables that only forgo has: one table for help, the manual page, errors and
//! the settings. A value that can't be understood ends the command before it does anything.

use forgo_load::stock::MARKER;

use super::process::Variables;
use crate::exit::{Outcome, Stop};

/// A variable.
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// A value, as help shows it.
    pub example: &'static str,
    /// Its effect.
    pub help: &'static str,
    /// Its possible values.
    values: &'static str,
    /// Whether a value is one of these.
    accepts: fn(&str) -> bool,
}

/// All of them, in the order of their names.
pub const VARIABLES: &[Variable] = &[
    Variable {
        name: "FORGO_CACHE",
        example: "file",
        help: "the bundle that commands take cached results from; off uses none; see 'forgo cache'",
        values: "an absolute path of one line, or off",
        accepts: |value| value == "off" || value.starts_with('/') && !value.contains('\n'),
    },
    Variable {
        name: "FORGO_EVENTS",
        example: "file",
        help: "append what is done, and why, to a file: a JSON object for each action",
        values: "a file",
        // Opened where it is used.
        accepts: |_| true,
    },
    Variable {
        name: "FORGO_EXTRAS",
        example: "off",
        help: "disable forgo's own optimizations; behave exactly like the stock go command",
        values: "on or off",
        accepts: |value| matches!(value, "on" | "off"),
    },
    Variable {
        name: "FORGO_GO",
        example: "file",
        help: "stock go command; default: $GOROOT/bin/go, else the first go on PATH but forgo",
        values: "a file",
        // Looked at where it is used.
        accepts: |_| true,
    },
    Variable {
        name: "FORGO_LINK",
        example: "off",
        help: "link with the stock linker alone",
        values: "on or off",
        accepts: |value| matches!(value, "on" | "off"),
    },
    Variable {
        name: "FORGO_LINK_STORE_SIZE",
        example: "4G",
        help: "keep at most this much of linked executables in GOCACHE; 0 or off keeps none",
        values: "a number of bytes, also with K, M, G or T, or off",
        accepts: |value| link_store(value).is_some(),
    },
    Variable {
        name: "FORGO_LOG",
        example: "off",
        help: "keep no log of what is done, or one of at most this size; else 256M in $XDG_STATE_HOME/forgo",
        values: "on, off, or a number of bytes, also with K, M, G or T",
        accepts: |value| log_budget(value).is_some(),
    },
    Variable {
        name: "FORGO_VERIFY",
        example: "N%",
        help: "run the tools for N% of the results that forgo could derive without them, and compare",
        values: "a percentage from 0% to 100%",
        accepts: |value| percent(value).is_some(),
    },
];

/// The maximum size of the kept executables if nothing is set, in bytes.
pub const DEFAULT_LINK_STORE: u64 = 2 << 30;

/// The maximum size of the log of all runs if nothing is set, in bytes.
const DEFAULT_LOG: u64 = 256 << 20;

/// FORGO_LOG: how much the log of all runs may take; 0 keeps none.
pub fn log_budget(set: &str) -> Option<u64> {
    match set {
        "" | "on" => Some(DEFAULT_LOG),
        _ => link_store(set),
    }
}

/// Reports the first variable whose value can't be understood. An empty value counts as none.
pub fn check(variables: &Variables) -> Outcome {
    match VARIABLES.iter().find_map(|v| v.complaint(variables)) {
        Some((wrong, remedy)) => {
            let text = format!("forgo: {wrong}; {remedy}");
            Err(Stop::with_status(text, 2))
        }
        None => Ok(()),
    }
}

impl Variable {
    /// Returns why the value that is set can't be understood, and what to do. An empty value counts
    /// as none.
    pub fn complaint(&self, variables: &Variables) -> Option<(String, String)> {
        let (name, value) = (self.name, variables.get(self.name));
        let wrong = !value.is_empty() && !(self.accepts)(value);
        wrong.then(|| {
            let remedy = format!("set it to {}, or unset it", self.values);
            (format!("{name}={value} is not understood"), remedy)
        })
    }
}

/// Names in the environment that look like variables of forgo's but are none. Those of its tests
/// are not for it.
pub fn unknown(variables: &Variables) -> impl Iterator<Item = &str> {
    variables.map.keys().map(String::as_str).filter(|name| {
        let known = VARIABLES.iter().any(|v| v.name == *name) || *name == MARKER;
        name.starts_with("FORGO_") && !known && !name.starts_with("FORGO_TEST_")
    })
}

/// FORGO_LINK_STORE_SIZE: bytes, also with a unit (`500M`, `4GiB`), or `off`.
pub fn link_store(set: &str) -> Option<u64> {
    if set == "off" {
        return Some(0);
    }
    let text = set.trim().to_ascii_uppercase();
    let (text, binary) = match text.strip_suffix('B') {
        Some(text) => (text, text.strip_suffix('I')),
        None => (text.as_str(), None),
    };
    let text = binary.unwrap_or(text);
    let unit = text.chars().next_back().and_then(|c| "KMGT".find(c));
    let (digits, shift) = match unit {
        Some(power) => (&text[..text.len() - 1], 10 * (power + 1)),
        None => (text, 0),
    };
    // Rust's numbers may have a sign.
    let number: u64 = digits.parse().ok().filter(|_| !digits.starts_with('+'))?;
    Some(number.saturating_mul(1 << shift))
}

/// FORGO_VERIFY: `5%` or `5`.
pub fn percent(set: &str) -> Option<u8> {
    let digits = set.strip_suffix('%').unwrap_or(set);
    let number = digits.parse().ok().filter(|_| !digits.starts_with('+'))?;
    (number <= 100).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_of_the_link_store() {
        let cases = [
            ("0", Some(0)),
            ("off", Some(0)),
            ("1000", Some(1000)),
            ("5k", Some(5 << 10)),
            ("7MB", Some(7 << 20)),
            ("4GiB", Some(4 << 30)),
            ("1T", Some(1 << 40)),
            ("99999999999T", Some(u64::MAX)),
            ("", None),
            ("much", None),
            ("G", None),
            ("1.5G", None),
            ("-1", None),
            ("+1", None),
            ("4Gi", None),
        ];
        for (set, bytes) in cases {
            assert_eq!(link_store(set), bytes, "{set}");
        }
    }

    #[test]
    fn budgets_of_the_log() {
        let cases = [
            ("", Some(256 << 20)),
            ("on", Some(256 << 20)),
            ("off", Some(0)),
            ("10M", Some(10 << 20)),
            ("of", None),
        ];
        for (set, expected) in cases {
            assert_eq!(log_budget(set), expected, "{set}");
        }
    }

    #[test]
    fn percentages() {
        let cases = [
            ("5%", Some(5)),
            ("100", Some(100)),
            ("0", Some(0)),
            ("101%", None),
            ("-1", None),
            ("300", None),
            ("x", None),
            ("%", None),
        ];
        for (set, expected) in cases {
            assert_eq!(percent(set), expected, "{set}");
        }
    }

    #[test]
    fn values_are_checked_and_names_known() {
        let variables = |list: &[(&str, &str)]| {
            let own = |(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned());
            Variables::from_list(list.iter().map(own).collect())
        };
        assert!(VARIABLES.is_sorted_by_key(|v| v.name));
        assert!(check(&variables(&[("FORGO_EXTRAS", ""), ("FORGO_VERIFY", "7")])).is_ok());
        let stop = check(&variables(&[("FORGO_EXTRAS", "of")])).unwrap_err();
        assert_eq!(
            (stop.text.as_str(), stop.status),
            (
                "forgo: FORGO_EXTRAS=of is not understood; set it to on or off, or unset it\n",
                2
            )
        );
        let set = variables(&[("FORGO_EXTRA", "off"), ("FORGO_GO", "x"), ("FORGOT", "1")]);
        assert_eq!(unknown(&set).collect::<Vec<_>>(), ["FORGO_EXTRA"]);
    }
}
