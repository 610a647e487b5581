//! Kinds of flags: which need a value and which values are errors, with the messages of Go's flag
//! package and of cmd/go's own flag types (base.StringsFlag, load.PerPackageFlag, work.tagsFlag …).

use forgo_golang::quoted;

/// The kind of value that a flag takes.
#[derive(Clone, Copy)]
pub enum Kind {
    /// `-x`, `-x=false`.
    Bool,
    /// An integer in any base that Go's `strconv.ParseInt(s, 0, 64)` reads.
    Int,
    /// A time.Duration.
    Duration,
    /// Any text.
    Text,
    /// A list split at spaces, with quotes (base.StringsFlag).
    Words,
    /// `[pattern=]flags` (load.PerPackageFlag).
    PerPackage,
    /// `-C`: an error if the flag parser meets it, since `main` removes it beforehand.
    Chdir,
    /// Anything else: `boolean` flags need no value.
    Custom {
        /// May stand without a value, which is then `true`.
        boolean: bool,
        /// Returns the error of a value.
        check: fn(&str) -> Result<(), String>,
    },
}

impl Kind {
    /// Reports whether the flag may stand without a value.
    pub fn is_boolean(self) -> bool {
        matches!(self, Kind::Bool | Kind::Custom { boolean: true, .. })
    }

    /// Is the value one the flag accepts? The error is what Go's `Value.Set` returns.
    pub fn check(self, value: &str) -> Result<(), String> {
        match self {
            Kind::Bool => parse_bool(value)
                .map(drop)
                .ok_or_else(|| "parse error".into()),
            Kind::Int => parse_int(value).map(drop),
            Kind::Duration => parse_duration(value)
                .map(drop)
                .ok_or_else(|| "parse error".into()),
            Kind::Text => Ok(()),
            Kind::Words => split_words(value).map(drop),
            Kind::PerPackage => check_per_package(value),
            Kind::Chdir => Err("-C flag must be first flag on command line".into()),
            Kind::Custom { check, .. } => check(value),
        }
    }
}

/// strconv.ParseBool.
pub fn parse_bool(value: &str) -> Option<bool> {
    match value {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// strconv.ParseInt(value, 0, 64), with the flag package's errors.
pub fn parse_int(value: &str) -> Result<i64, String> {
    let syntax = || "parse error".to_owned();
    let (negative, digits) = match value.as_bytes().first() {
        Some(b'-') => (true, &value[1..]),
        Some(b'+') => (false, &value[1..]),
        _ => (false, value),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, body) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, &lower[..]),
    };
    // An underscore may stand between digits, or between the base prefix and a digit.
    let prefixed = body.len() != lower.len();
    if body.contains('_') {
        let joined = body.trim_start_matches(|c| c == '_' && prefixed);
        let bad = body.ends_with('_')
            || body.contains("__")
            || joined.starts_with('_')
            || (base == 10 && !prefixed);
        if bad {
            return Err(syntax());
        }
    }
    let body = body.replace('_', "");
    if body.is_empty() || !body.chars().all(|c| c.is_digit(base)) {
        return Err(syntax());
    }
    let out_of_range = || "value out of range".to_owned();
    let magnitude = i128::from_str_radix(&body, base).map_err(|_| out_of_range())?;
    let signed = if negative { -magnitude } else { magnitude };
    i64::try_from(signed).map_err(|_| out_of_range())
}

/// time.ParseDuration, in nanoseconds.
pub fn parse_duration(value: &str) -> Option<i64> {
    let (negative, mut rest) = match value.as_bytes().first()? {
        b'-' => (true, &value[1..]),
        b'+' => (false, &value[1..]),
        _ => (false, value),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let whole = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let after = &rest[whole..];
        let fraction = after.strip_prefix('.').map(|f| {
            let n = f.len() - f.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            &f[..n]
        });
        if whole == 0 && fraction.is_none_or(str::is_empty) {
            return None;
        }
        let number: u64 = if whole == 0 {
            0
        } else {
            rest[..whole].parse().ok()?
        };
        let unit_text = &after[fraction.map_or(0, |f| f.len() + 1)..];
        let end = unit_text
            .find(|c: char| c == '.' || c.is_ascii_digit())
            .unwrap_or(unit_text.len());
        let unit = duration_unit(&unit_text[..end])?;
        let mut part = number.checked_mul(unit)?;
        if let Some(f) = fraction {
            part = part.checked_add(fraction_of(f, unit))?;
        }
        total = total.checked_add(part).filter(|t| *t <= 1 << 63)?;
        rest = &unit_text[end..];
    }
    match (negative, total) {
        (true, t) => Some((t as i64).wrapping_neg()),
        (false, t) => i64::try_from(t).ok(),
    }
}

fn duration_unit(text: &str) -> Option<u64> {
    Some(match text {
        "ns" => 1,
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// `0.digits` of a unit. Digits beyond what fits are dropped, as Go does.
fn fraction_of(digits: &str, unit: u64) -> u64 {
    let (mut value, mut scale) = (0u64, 1f64);
    for d in digits.bytes() {
        let Some(next) = value
            .checked_mul(10)
            .and_then(|v| v.checked_add(u64::from(d - b'0')))
        else {
            break;
        };
        if next > 1 << 63 {
            break;
        }
        value = next;
        scale *= 10.0;
    }
    (value as f64 * (unit as f64 / scale)) as u64
}

/// Fields at white space, with quotes.
pub fn split_words(text: &str) -> Result<Vec<String>, String> {
    quoted::split(text).map_err(|e| e.to_string())
}

/// The pattern and the flags of one `-gcflags` value; no pattern means the packages of the command
/// line.
pub fn split_per_package(value: &str) -> Result<(Option<String>, Vec<String>), String> {
    let value = value.trim();
    if value.is_empty() {
        return Ok((None, Vec::new()));
    }
    if value.starts_with('-') {
        return Ok((None, split_words(value)?));
    }
    let Some(equals) = value.find('=') else {
        return Err("missing =<value> in <pattern>=<value>".into());
    };
    if equals == 0 {
        return Err("missing <pattern> in <pattern>=<value>".into());
    }
    if let Some(quote) = value.chars().next().filter(|c| matches!(c, '\'' | '"')) {
        return Err(format!(
            "parameter may not start with quote character {quote}"
        ));
    }
    let flags = split_words(&value[equals + 1..])?;
    Ok((Some(value[..equals].trim().to_owned()), flags))
}

fn check_per_package(value: &str) -> Result<(), String> {
    split_per_package(value).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        let cases: &[(&str, Result<i64, &str>)] = &[
            ("0", Ok(0)),
            ("-12", Ok(-12)),
            ("+7", Ok(7)),
            ("0x1f", Ok(31)),
            ("017", Ok(15)),
            ("0b101", Ok(5)),
            ("0x_1", Ok(1)),
            ("1_0", Err("parse error")),
            ("0_7", Ok(7)),
            ("", Err("parse error")),
            ("x", Err("parse error")),
            ("9223372036854775807", Ok(i64::MAX)),
            ("9223372036854775808", Err("value out of range")),
            ("-9223372036854775808", Ok(i64::MIN)),
        ];
        for (text, want) in cases {
            assert_eq!(parse_int(text), want.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn durations() {
        let cases: &[(&str, Option<i64>)] = &[
            ("0", Some(0)),
            ("1s", Some(1_000_000_000)),
            ("1h2m3.5s", Some(3_723_500_000_000)),
            (".5ms", Some(500_000)),
            ("-1us", Some(-1000)),
            ("1", None),
            ("", None),
            ("s", None),
            (".s", None),
            ("1x", None),
        ];
        for (text, want) in cases {
            assert_eq!(parse_duration(text), *want, "{text}");
        }
    }

    #[test]
    fn per_package_values() {
        let strings = |w: &[&str]| w.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            split_per_package(" -m -l "),
            Ok((None, strings(&["-m", "-l"])))
        );
        assert_eq!(
            split_per_package("all=-X 'a b'"),
            Ok((Some("all".into()), strings(&["-X", "a b"])))
        );
        assert_eq!(split_per_package(""), Ok((None, vec![])));
        for (value, want) in [
            ("fmt", "missing =<value> in <pattern>=<value>"),
            ("=x", "missing <pattern> in <pattern>=<value>"),
            ("'a=b'", "parameter may not start with quote character '"),
            ("a='b", "unterminated ' string"),
        ] {
            assert_eq!(split_per_package(value).unwrap_err(), want, "{value}");
        }
    }
}
