//! Space-separated arguments with simple quotes, as in CGO_CFLAGS, CC or `-ldflags`. Answers to
//! cmd/internal/quoted.

use std::fmt;

use crate::quote::quote;

/// Why a text did not split or a list did not join. Displays as the stock error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuotedError {
    /// A quote is not closed.
    Unterminated(char),
    /// An argument has both kinds of quotes.
    BothQuotes(String),
}

impl fmt::Display for QuotedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QuotedError::Unterminated(c) => write!(f, "unterminated {c} string"),
            QuotedError::BothQuotes(arg) => write!(
                f,
                "argument {} contains both single and double quotes and cannot be quoted",
                quote(arg)
            ),
        }
    }
}

impl std::error::Error for QuotedError {}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// Splits into fields; `'…'` and `"…"` around a whole field keep spaces.
pub fn split(s: &str) -> Result<Vec<String>, QuotedError> {
    let mut fields = Vec::new();
    let mut rest = s.trim_start_matches(is_space);
    while let Some(first) = rest.chars().next() {
        // Only a quote that begins a field is special; what follows its end is a new field.
        if first == '"' || first == '\'' {
            let body = &rest[1..];
            let end = body.find(first).ok_or(QuotedError::Unterminated(first))?;
            fields.push(body[..end].to_owned());
            rest = &body[end + 1..];
        } else {
            let end = rest.find(is_space).unwrap_or(rest.len());
            fields.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
        rest = rest.trim_start_matches(is_space);
    }
    Ok(fields)
}

/// The inverse of [`split`] (but for empty arguments, which vanish).
pub fn join<S: AsRef<str>>(args: &[S]) -> Result<String, QuotedError> {
    let mut out = String::new();
    for (i, arg) in args.iter().enumerate() {
        let arg = arg.as_ref();
        if i > 0 {
            out.push(' ');
        }
        let (single, double) = (arg.contains('\''), arg.contains('"'));
        let quote = match (single, double) {
            (false, false) if !arg.contains(is_space) => "",
            (false, _) => "'",
            (true, false) => "\"",
            (true, true) => return Err(QuotedError::BothQuotes(arg.to_owned())),
        };
        out.push_str(quote);
        out.push_str(arg);
        out.push_str(quote);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits() {
        for (s, want) in [
            ("", &[][..]),
            (" \t\r\n", &[]),
            ("a  b\tc\n", &["a", "b", "c"]),
            (r#"'a b' "c d""#, &["a b", "c d"]),
            (r#"'a'b "c"'d'"#, &["a", "b", "c", "d"]),
            (r#"-DX="a b""#, &["-DX=\"a", "b\""]),
            (r#"'"' "'" ''"#, &["\"", "'", ""]),
            (r"a\ b", &["a\\", "b"]),
            ("é\u{a0}ü", &["é\u{a0}ü"]),
        ] {
            assert_eq!(split(s).unwrap(), want, "{s}");
        }
        assert_eq!(
            split("a 'b").unwrap_err().to_string(),
            "unterminated ' string"
        );
        assert_eq!(
            split("\"").unwrap_err().to_string(),
            "unterminated \" string"
        );
    }

    #[test]
    fn joins() {
        for (args, want) in [
            (&["a", "b"][..], "a b"),
            (&["a b", "it's"], "'a b' \"it's\""),
            (&["say \"x\""], "'say \"x\"'"),
            (&["a\u{b}b"], "a\u{b}b"),
        ] {
            let text = join(args).unwrap();
            assert_eq!(text, want);
            assert_eq!(split(&text).unwrap(), args);
        }
        assert_eq!(
            join(&["'\""]).unwrap_err().to_string(),
            r#"argument "'\"" contains both single and double quotes and cannot be quoted"#
        );
    }

    #[test]
    fn split_undoes_join() {
        let words = ["a", "b c", "'", "\"x y\"", "\t", "é", "-I=/x", "\n'\n"];
        for a in words {
            for b in words {
                for c in words {
                    let args = [a, b, c];
                    assert_eq!(split(&join(&args).unwrap()).unwrap(), args);
                }
            }
        }
    }
}
