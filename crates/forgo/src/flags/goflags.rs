//! GOFLAGS: its settings, their errors, and how they set a command's flags.
//!
//! Answers to cmd/go/internal/base/goflags.go.

use forgo_golang::quote::quote;

use super::{Flags, kind, table};

/// Splits GOFLAGS into settings. `lenient` hides errors: env and bug are for finding them.
pub fn words(goflags: &str, lenient: bool) -> Result<Vec<String>, String> {
    words_knowing(goflags, lenient, &|_| false)
}

/// [`words`] for a command with `more` flags than the table has (vet's analyzers).
pub fn words_knowing(
    goflags: &str,
    lenient: bool,
    more: &dyn Fn(&str) -> bool,
) -> Result<Vec<String>, String> {
    let words = match kind::split_words(goflags) {
        Ok(words) => words,
        Err(_) if lenient => return Ok(Vec::new()),
        Err(e) => return Err(format!("go: parsing $GOFLAGS: {e}")),
    };
    if lenient {
        return Ok(words);
    }
    for word in &words {
        let no_flag = !word.starts_with('-')
            || matches!(word.as_str(), "-" | "--")
            || ["---", "-=", "--="].iter().any(|p| word.starts_with(p));
        if no_flag {
            return Err(format!("go: parsing $GOFLAGS: non-flag {}", quote(word)));
        }
        let name = name_of(word);
        if !table::known_anywhere(name) && !more(name) {
            return Err(format!("go: parsing $GOFLAGS: unknown flag -{name}"));
        }
    }
    Ok(words)
}

/// Does GOFLAGS contain the flag, given without dashes (base.InGOFLAGS)?
pub fn contains(words: &[String], name: &str) -> bool {
    words
        .iter()
        .any(|w| w.starts_with('-') && name_of(w) == name)
}

fn name_of(word: &str) -> &str {
    let word = word.strip_prefix('-').unwrap_or(word);
    let word = word.strip_prefix('-').unwrap_or(word);
    word.split_once('=').map_or(word, |(name, _)| name)
}

/// Sets the flags that the command has (base.SetFromGOFLAGS). The error is a line to show before
/// the command's usage.
pub fn apply(words: &[String], flags: &mut Flags) -> Result<(), String> {
    for word in words {
        let (written, value) = match word.split_once('=') {
            Some(("", _)) => continue,
            Some((name, value)) => (name, Some(value)),
            None => (word.as_str(), None),
        };
        let written = if written.starts_with("--") {
            &written[1..]
        } else {
            written
        };
        let name = written.get(1..).unwrap_or("");
        let Some(flag) = flags.lookup(name) else {
            continue;
        };
        match (flag.kind.is_boolean(), value) {
            (true, Some(v)) => flags.set(name, v, true).map_err(|e| {
                let v = quote(v);
                format!("go: invalid boolean value {v} for flag {written} (from $GOFLAGS): {e}")
            })?,
            (true, None) => flags
                .set(name, "true", true)
                .map_err(|e| format!("go: invalid boolean flag {written} (from $GOFLAGS): {e}"))?,
            (false, None) => {
                return Err(format!(
                    "go: flag needs an argument: {written} (from $GOFLAGS)"
                ));
            }
            (false, Some(v)) => flags.set(name, v, true).map_err(|e| {
                let v = quote(v);
                format!("go: invalid value {v} for flag {written} (from $GOFLAGS): {e}")
            })?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::table::Commands;
    use super::*;

    #[test]
    fn wrong_words() {
        for (goflags, want) in [
            ("x", "go: parsing $GOFLAGS: non-flag \"x\""),
            ("-mod=mod -", "go: parsing $GOFLAGS: non-flag \"-\""),
            (
                "-nonsense=1",
                "go: parsing $GOFLAGS: unknown flag -nonsense",
            ),
            ("'a", "go: parsing $GOFLAGS: unterminated ' string"),
        ] {
            assert_eq!(words(goflags, false).unwrap_err(), want);
            assert!(words(goflags, true).is_ok());
        }
    }

    #[test]
    fn only_flags_of_the_command_are_set() {
        let list = words("-mod=mod --race -timeout=3s '-ldflags=-s -w'", false).unwrap();
        let mut flags = Flags::of(Commands::BUILD);
        apply(&list, &mut flags).unwrap();
        assert!(flags.on("race") && !flags.given("timeout"));
        assert_eq!(flags.text("ldflags"), "-s -w");
        assert!(contains(&list, "mod") && !contains(&list, "x"));
        let list = words("-mod", false).unwrap();
        assert_eq!(
            apply(&list, &mut flags).unwrap_err(),
            "go: flag needs an argument: -mod (from $GOFLAGS)"
        );
    }
}
