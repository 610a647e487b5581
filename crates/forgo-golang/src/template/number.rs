//! Numeric constants of a template. Answers to newNumber in text/template/parse/node.go and the
//! strconv functions under it.

use super::lex::Tok;
use super::node::Number;
use super::runes::decode_rune;
use crate::quote::{quote, unquote_char};

/// Reads a constant; the error is the text that follows the position.
pub(super) fn parse(pos: usize, text: &str, kind: Tok) -> Result<Number, String> {
    let mut n = Number {
        pos,
        text: text.to_owned(),
        ..Number::default()
    };
    match kind {
        Tok::CharConstant => {
            let mut bytes = Vec::new();
            let tail = unquote_char(&text[1..], '\'', &mut bytes).ok_or("invalid syntax")?;
            if tail != "'" {
                return Err(format!("malformed character constant: {text}"));
            }
            let v = decode_rune(&bytes)
                .0
                .map_or(u32::from(bytes[0]), |c| c as u32);
            n.int = Some(i64::from(v));
            n.uint = Some(u64::from(v));
            n.float = Some(f64::from(v));
            return Ok(n);
        }
        Tok::Complex => {
            let parts = complex(text).ok_or("syntax error scanning complex number")?;
            set_complex(&mut n, parts);
            return Ok(n);
        }
        _ => {}
    }
    if let Some(f) = text.strip_suffix('i').and_then(float) {
        set_complex(&mut n, (0.0, f));
        return Ok(n);
    }
    n.uint = unsigned(text);
    n.int = signed(text);
    if n.int == Some(0) {
        n.uint = Some(0);
    }
    if let Some(i) = n.int {
        n.float = Some(i as f64);
    } else if let Some(u) = n.uint {
        n.float = Some(u as f64);
    } else if let Some(f) = float(text) {
        if !text.contains(['.', 'e', 'E', 'p', 'P']) {
            return Err(format!("integer overflow: {}", quote(text)));
        }
        n.float = Some(f);
        n.int = integral(f);
        n.uint = unsigned_integral(f);
    }
    if n.int.is_none() && n.uint.is_none() && n.float.is_none() {
        return Err(format!("illegal number syntax: {}", quote(text)));
    }
    Ok(n)
}

fn set_complex(n: &mut Number, (re, im): (f64, f64)) {
    n.complex = Some((re, im));
    if im == 0.0 {
        n.float = Some(re);
        n.int = integral(re);
        n.uint = unsigned_integral(re);
    }
}

fn integral(f: f64) -> Option<i64> {
    (f as i64 as f64 == f).then_some(f as i64)
}

fn unsigned_integral(f: f64) -> Option<u64> {
    (f as u64 as f64 == f).then_some(f as u64)
}

/// `1+2i`: the sign that parts the two is not one of an exponent.
fn complex(text: &str) -> Option<(f64, f64)> {
    let body = text.strip_suffix('i')?;
    let b = body.as_bytes();
    let hex = body
        .trim_start_matches(['+', '-'])
        .to_ascii_lowercase()
        .starts_with("0x");
    let exponent = |c: u8| matches!(c, b'p' | b'P') || !hex && matches!(c, b'e' | b'E');
    let split = (1..b.len()).find(|&i| matches!(b[i], b'+' | b'-') && !exponent(b[i - 1]))?;
    Some((float(&body[..split])?, float(&body[split..])?))
}

/// strconv.ParseUint with base 0.
fn unsigned(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, &lower[..]),
    };
    if !underscores_ok(&lower) || digits.starts_with(['+', '-']) {
        return None;
    }
    u64::from_str_radix(&digits.replace('_', ""), radix).ok()
}

/// strconv.ParseInt with base 0.
fn signed(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let magnitude = i128::from(unsigned(digits)?);
    i64::try_from(if negative { -magnitude } else { magnitude }).ok()
}

/// Underscores only between digits, or between a base prefix and a digit.
fn underscores_ok(text: &str) -> bool {
    let text = text.trim_start_matches(['+', '-']);
    let b = text.as_bytes();
    let prefixed = b.len() >= 2 && b[0] == b'0' && matches!(b[1] | 0x20, b'x' | b'b' | b'o');
    let hex = prefixed && b[1] | 0x20 == b'x';
    let start = if prefixed { 2 } else { 0 };
    // '0': after a digit or the prefix; '_': after an underscore; '!': after anything else.
    let mut last = if prefixed { b'0' } else { b'^' };
    for &c in &b[start..] {
        if c.is_ascii_digit() || hex && c.is_ascii_hexdigit() {
            last = b'0';
        } else if c == b'_' {
            if last != b'0' {
                return false;
            }
            last = b'_';
        } else {
            if last == b'_' {
                return false;
            }
            last = b'!';
        }
    }
    last != b'_'
}

/// strconv.ParseFloat of what the lexer can produce.
fn float(text: &str) -> Option<f64> {
    if !underscores_ok(text) {
        return None;
    }
    let clean = text.replace('_', "");
    let unsigned = clean.trim_start_matches(['+', '-']);
    if clean.len() - unsigned.len() > 1 {
        return None;
    }
    if unsigned.len() > 1 && unsigned[..2].eq_ignore_ascii_case("0x") {
        let f = hex_float(&unsigned[2..])?;
        return Some(if clean.starts_with('-') { -f } else { f });
    }
    if !unsigned.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    // A value out of range is an error, not an infinity.
    clean.parse::<f64>().ok().filter(|f| f.is_finite())
}

fn hex_float(body: &str) -> Option<f64> {
    let (mantissa, exponent) = body.split_once(['p', 'P'])?;
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    // Sixteen hexadecimal digits are more than a double holds; longer ones lose nothing visible.
    let value = u64::from_str_radix(&digits, 16).ok()?;
    let f = value as f64 * 2f64.powi(exponent - 4 * fraction.len() as i32);
    f.is_finite().then_some(f)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        parse(0, text, Tok::Number).unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    #[test]
    fn integers() {
        for (text, want) in [
            ("0", 0),
            ("-0", 0),
            ("+7", 7),
            ("0x1F", 31),
            ("0b101", 5),
            ("0o17", 15),
            ("017", 15),
            ("1_000", 1000),
            ("0x_f", 15),
            ("1e3", 1000),
            ("-12", -12),
            ("0x1p4", 16),
        ] {
            assert_eq!(number(text).int, Some(want), "{text}");
        }
        assert_eq!(number("18446744073709551615").int, None);
        assert_eq!(number("18446744073709551615").uint, Some(u64::MAX));
        assert_eq!(number("1.5").int, None);
        assert_eq!(number("-1").uint, None);
    }

    #[test]
    fn complexes() {
        assert_eq!(number("0i").int, Some(0));
        assert_eq!(number("2i").complex, Some((0.0, 2.0)));
        let n = parse(0, "1e+2-3i", Tok::Complex).unwrap();
        assert_eq!(n.complex, Some((100.0, -3.0)));
    }

    #[test]
    fn errors() {
        for (text, want) in [
            (
                "99999999999999999999",
                "integer overflow: \"99999999999999999999\"",
            ),
            ("089", "integer overflow: \"089\""),
            ("1__0", "illegal number syntax: \"1__0\""),
            (".", "illegal number syntax: \".\""),
            ("0x", "illegal number syntax: \"0x\""),
        ] {
            assert_eq!(parse(0, text, Tok::Number).unwrap_err(), want, "{text}");
        }
        assert_eq!(
            parse(0, "'ab'", Tok::CharConstant).unwrap_err(),
            "malformed character constant: 'ab'"
        );
    }
}
