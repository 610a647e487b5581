//! Padding and numbers in Go's formats. Answers to fmt/format.go and strconv's FormatFloat.

use super::runes::{decode_rune, rune_count};
use crate::quote::quote_rune;
use crate::unicode::is_print;

/// Flags, width and precision of a verb.
#[derive(Debug, Clone, Default)]
pub(super) struct Format {
    pub width: Option<usize>,
    pub precision: Option<usize>,
    pub minus: bool,
    pub plus: bool,
    pub sharp: bool,
    pub space: bool,
    pub zero: bool,
}

impl Format {
    fn fill(&self, out: &mut Vec<u8>, n: usize) {
        let byte = if self.zero && !self.minus { b'0' } else { b' ' };
        out.resize(out.len() + n, byte);
    }

    /// Writes `s` padded to the width.
    pub fn pad(&self, out: &mut Vec<u8>, s: &[u8]) {
        let missing = self.width.unwrap_or(0).saturating_sub(rune_count(s));
        if !self.minus {
            self.fill(out, missing);
        }
        out.extend_from_slice(s);
        if self.minus {
            self.fill(out, missing);
        }
    }

    fn pad_with_spaces(&self, out: &mut Vec<u8>, s: &[u8]) {
        Format {
            zero: false,
            ..self.clone()
        }
        .pad(out, s);
    }

    /// `s` cut to as many runes as the precision allows.
    pub fn truncate<'s>(&self, s: &'s [u8]) -> &'s [u8] {
        let Some(runes) = self.precision else {
            return s;
        };
        let mut end = 0;
        for _ in 0..runes {
            end += decode_rune(&s[end..]).1;
        }
        &s[..end]
    }
}

/// Writes an integer in base 2, 8, 10 or 16.
pub(super) fn integer(
    out: &mut Vec<u8>,
    f: &Format,
    magnitude: u64,
    negative: bool,
    base: u32,
    verb: char,
) {
    if f.precision == Some(0) && magnitude == 0 {
        return f.pad_with_spaces(out, b"");
    }
    let signed = negative || f.plus || f.space;
    let min_digits = match (f.precision, f.width) {
        (Some(p), _) => p,
        (None, Some(w)) if f.zero && !f.minus => w.saturating_sub(usize::from(signed)),
        _ => 0,
    };
    let digits = match base {
        2 => format!("{magnitude:b}"),
        8 => format!("{magnitude:o}"),
        16 if verb == 'X' => format!("{magnitude:X}"),
        16 => format!("{magnitude:x}"),
        _ => magnitude.to_string(),
    };
    let mut text = String::new();
    match (negative, f.plus, f.space) {
        (true, ..) => text.push('-'),
        (_, true, _) => text.push('+'),
        (_, _, true) => text.push(' '),
        _ => {}
    }
    let zeros = min_digits.saturating_sub(digits.len());
    if verb == 'O' {
        text.push_str("0o");
    }
    if f.sharp {
        match base {
            2 => text.push_str("0b"),
            8 if zeros == 0 && !digits.starts_with('0') => text.push('0'),
            16 => text.push_str(if verb == 'X' { "0X" } else { "0x" }),
            _ => {}
        }
    }
    text.extend(std::iter::repeat_n('0', zeros));
    text.push_str(&digits);
    f.pad_with_spaces(out, text.as_bytes());
}

/// Writes an integer as the character it numbers: `%c`, `%q`, `%U`.
pub(super) fn rune(out: &mut Vec<u8>, f: &Format, bits: u64, verb: char) {
    let valid = u32::try_from(bits).ok().and_then(char::from_u32);
    let c = valid.unwrap_or('\u{fffd}');
    match verb {
        'c' => f.pad(out, c.encode_utf8(&mut [0; 4]).as_bytes()),
        'q' => {
            let text = quote_rune(c);
            let text = if f.plus { ascii(&text) } else { text };
            f.pad(out, text.as_bytes());
        }
        _ => {
            let digits = f.precision.unwrap_or(0).max(4);
            let mut text = format!("U+{bits:0digits$X}");
            if let Some(c) = valid.filter(|c| f.sharp && is_print(*c)) {
                text.push_str(&format!(" '{c}'"));
            }
            f.pad_with_spaces(out, text.as_bytes());
        }
    }
}

/// A Go literal with characters beyond ASCII escaped.
pub(super) fn ascii(literal: &str) -> String {
    let mut out = String::with_capacity(literal.len());
    for c in literal.chars() {
        match c as u32 {
            0..0x80 => out.push(c),
            v @ ..0x10000 => out.push_str(&format!("\\u{v:04x}")),
            v => out.push_str(&format!("\\U{v:08x}")),
        }
    }
    out
}

/// Writes bytes in hexadecimal: `%x` of strings.
pub(super) fn hex_bytes(out: &mut Vec<u8>, f: &Format, s: &[u8], upper: bool) {
    let s = &s[..f.precision.unwrap_or(s.len()).min(s.len())];
    let prefix = if upper { "0X" } else { "0x" };
    let mut text = String::new();
    for (i, b) in s.iter().enumerate() {
        if f.space && i > 0 {
            text.push(' ');
        }
        if f.sharp && (f.space || i == 0) {
            text.push_str(prefix);
        }
        text.push_str(&if upper {
            format!("{b:02X}")
        } else {
            format!("{b:02x}")
        });
    }
    f.pad(out, text.as_bytes());
}

/// Writes a floating-point number; without a precision, as many digits as identify it.
pub(super) fn float(
    out: &mut Vec<u8>,
    f: &Format,
    x: f64,
    verb: char,
    default_precision: Option<usize>,
) {
    let precision = f.precision.or(default_precision);
    let negative = x.is_sign_negative() && !x.is_nan();
    let mut digits = format_float(x.abs(), verb, precision);
    let sign = match (negative, f.plus, f.space) {
        (true, ..) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    };
    if !x.is_finite() {
        return f.pad_with_spaces(out, format!("{sign}{digits}").as_bytes());
    }
    if f.sharp && verb != 'b' {
        digits = keep_zeros(&digits, verb, precision);
    }
    let len = sign.len() + digits.len();
    match f.width {
        Some(w) if f.zero && !f.minus && w > len => {
            out.extend_from_slice(sign.as_bytes());
            f.fill(out, w - len);
            out.extend_from_slice(digits.as_bytes());
        }
        _ => f.pad(out, format!("{sign}{digits}").as_bytes()),
    }
}

/// The `#` flag: always a decimal point, and no trailing zero dropped.
fn keep_zeros(text: &str, verb: char, precision: Option<usize>) -> String {
    let hex = matches!(verb, 'x' | 'X');
    let at = text.find(|c| matches!(c, 'p' | 'P') || !hex && matches!(c, 'e' | 'E'));
    let (mantissa, tail) = text.split_at(at.unwrap_or(text.len()));
    let mut wanted = match verb {
        'g' | 'G' | 'x' => precision.unwrap_or(6) as i64,
        _ => 0,
    };
    let significant = mantissa.trim_start_matches(['0', '.']);
    wanted -= significant.bytes().filter(|&b| b != b'.').count() as i64;
    let mut out = mantissa.to_owned();
    if !mantissa.contains('.') {
        if mantissa == "0" {
            wanted -= 1;
        }
        out.push('.');
    }
    out.extend(std::iter::repeat_n('0', wanted.max(0) as usize));
    out + tail
}

/// strconv.FormatFloat of a number that is not negative.
fn format_float(x: f64, verb: char, precision: Option<usize>) -> String {
    if x.is_nan() {
        return "NaN".into();
    }
    if x.is_infinite() {
        return "Inf".into();
    }
    match verb {
        'b' => {
            let (mantissa, exponent) = parts(x);
            format!("{mantissa}p{exponent:+}")
        }
        'x' => hex_float(x, precision),
        'X' => hex_float(x, precision).to_uppercase(),
        'f' => match precision {
            Some(p) => format!("{x:.p$}"),
            None => format!("{x}"),
        },
        'e' => exponent_form(x, precision),
        'E' => exponent_form(x, precision).to_uppercase(),
        'G' => general(x, precision).to_uppercase(),
        _ => general(x, precision),
    }
}

fn exponent_form(x: f64, precision: Option<usize>) -> String {
    let text = match precision {
        Some(p) => format!("{x:.p$e}"),
        None => format!("{x:e}"),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(e) => ('-', e),
        None => ('+', exponent),
    };
    format!("{mantissa}e{sign}{exponent:0>2}")
}

/// `%g`: the exponent's form for exponents below -4 or beyond the precision.
fn general(x: f64, precision: Option<usize>) -> String {
    let scientific = match precision {
        Some(p) => format!("{x:.*e}", p.max(1) - 1),
        None => format!("{x:e}"),
    };
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i64 = exponent.parse().unwrap_or(0);
    let digits = mantissa.replace('.', "");
    let digits = match digits.trim_end_matches('0') {
        "" => "0",
        trimmed => trimmed,
    };
    let point = exponent + 1;
    let limit = match precision {
        None => 6,
        Some(p) => {
            let (p, n) = (p.max(1) as i64, digits.len() as i64);
            if p > n && n >= point { n } else { p }
        }
    };
    if exponent < -4 || exponent >= limit {
        return exponent_form(x, Some(digits.len() - 1));
    }
    let decimals = (digits.len() as i64 - point).max(0) as usize;
    if point <= 0 {
        return format!("0.{}{digits}", "0".repeat((-point) as usize));
    }
    let point = point as usize;
    if decimals == 0 {
        return format!("{digits:0<point$}");
    }
    format!("{}.{}", &digits[..point], &digits[point..])
}

/// Mantissa and binary exponent: x is mantissa × 2^exponent.
fn parts(x: f64) -> (u64, i64) {
    let bits = x.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    match (bits >> 52 & 0x7ff) as i64 {
        0 => (fraction, -1074),
        e => (fraction | 1 << 52, e - 1075),
    }
}

fn hex_float(x: f64, precision: Option<usize>) -> String {
    let (mut mantissa, mut exponent) = parts(x);
    if mantissa == 0 {
        exponent = 0;
    } else {
        // The leading one at bit 60, so that 15 hexadecimal digits follow it.
        let shift = mantissa.leading_zeros() as i64 - 3;
        mantissa <<= shift;
        exponent += 60 - shift;
    }
    if let Some(p) = precision.filter(|p| *p < 15) {
        let drop = 60 - 4 * p as u32;
        let (half, rest) = (1u64 << (drop - 1), mantissa & ((1 << drop) - 1));
        mantissa >>= drop;
        if rest > half || rest == half && mantissa & 1 == 1 {
            mantissa += 1;
        }
        mantissa <<= drop;
        if mantissa & 1 << 61 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let all = format!("{:015x}", mantissa & ((1 << 60) - 1));
    let fraction = match precision {
        None => all.trim_end_matches('0').to_owned(),
        Some(p) => format!("{:0<p$}", &all[..p.min(15)]),
    };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("0x{}{point}{fraction}p{exponent:+03}", mantissa >> 60)
}
