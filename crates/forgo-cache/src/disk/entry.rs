//! The text of an action entry:
//! `v1 <hex action ID> <hex output ID> <size, 20 wide> <nanoseconds since 1970, 20 wide>\n`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::Entry;
use crate::hash::{ActionId, OutputId};

const HEX: usize = 64;

/// Length of every entry.
pub(super) const SIZE: usize = 2 + 1 + HEX + 1 + HEX + 1 + 20 + 1 + 20 + 1;

/// The text of an entry.
pub(super) fn format(id: &ActionId, output: &OutputId, size: u64, time: SystemTime) -> String {
    let nanos = time.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
    format!("v1 {id} {output} {size:20} {nanos:20}\n")
}

/// Reads an entry; if it is not one, returns the reason.
pub(super) fn parse(id: &ActionId, text: &[u8]) -> Result<Entry, Option<String>> {
    parse_text(id, text).map_err(Some)
}

fn parse_text(id: &ActionId, text: &[u8]) -> Result<Entry, String> {
    match text.len() {
        0 => return Err("file is empty".into()),
        n if n > SIZE => return Err("too long".into()),
        n if n < SIZE => return Err("entry file incomplete".into()),
        _ => {}
    }
    let fields = text
        .strip_prefix(b"v1 ")
        .and_then(|rest| rest.strip_suffix(b"\n"))
        .ok_or("invalid header")?;
    let (action, fields) = fields.split_at(HEX);
    let (output, fields) = after_space(fields)?.split_at(HEX);
    let (size, fields) = after_space(fields)?.split_at(20);
    let time = after_space(fields)?;
    if decode_hex(action).map_err(|e| format!("decoding ID: {e}"))? != id.0 {
        return Err("mismatched ID".into());
    }
    let output = decode_hex(output).map_err(|e| format!("decoding output ID: {e}"))?;
    let size = decimal(size, "size")?;
    let time = decimal(time, "timestamp")?;
    Ok(Entry {
        output: OutputId(output),
        size,
        time: UNIX_EPOCH + Duration::from_nanos(time),
    })
}

fn after_space(field: &[u8]) -> Result<&[u8], String> {
    field
        .strip_prefix(b" ")
        .ok_or_else(|| "invalid header".into())
}

fn decode_hex(digits: &[u8]) -> Result<[u8; 32], String> {
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        for &digit in pair {
            let Some(value) = char::from(digit).to_digit(16) else {
                let quoted = forgo_golang::quote::quote_rune(char::from(digit));
                return Err(format!(
                    "encoding/hex: invalid byte: U+{digit:04X} {quoted}"
                ));
            };
            *byte = *byte << 4 | value as u8;
        }
    }
    Ok(bytes)
}

/// A number padded with spaces on the left.
fn decimal(field: &[u8], what: &str) -> Result<u64, String> {
    let padding = field.iter().take_while(|b| **b == b' ').count();
    let digits = String::from_utf8_lossy(&field[padding..]);
    let parse_error = |why: &str| {
        let quoted = forgo_golang::quote::quote_bytes(&field[padding..]);
        format!("parsing {what}: strconv.ParseInt: parsing {quoted}: {why}")
    };
    match digits.parse::<i64>() {
        Ok(number) => u64::try_from(number).map_err(|_| format!("negative {what}")),
        Err(e) => Err(match e.kind() {
            std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow => {
                parse_error("value out of range")
            }
            _ => parse_error("invalid syntax"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: ActionId = ActionId([0x1f; 32]);

    fn sample() -> String {
        let time = UNIX_EPOCH + Duration::new(1_700_000_000, 123_456_789);
        format(&ID, &OutputId([0xe0; 32]), 4096, time)
    }

    #[test]
    fn there_and_back() {
        let text = sample();
        let expected = format!(
            "v1 {} {} {}4096  1700000000123456789\n",
            "1f".repeat(32),
            "e0".repeat(32),
            " ".repeat(16)
        );
        assert_eq!(text, expected);
        let entry = parse(&ID, text.as_bytes()).unwrap();
        assert_eq!((entry.output, entry.size), (OutputId([0xe0; 32]), 4096));
        let nanos = entry.time.duration_since(UNIX_EPOCH).unwrap().as_nanos();
        assert_eq!(nanos, 1_700_000_000_123_456_789);
    }

    #[test]
    fn damage_is_told() {
        let text = sample();
        let id_at = 3;
        let out_at = 3 + HEX + 1;
        let size_at = out_at + HEX + 1;
        let time_at = size_at + 21;
        let put = |at: usize, s: &str| {
            let mut t = text.clone();
            t.replace_range(at..at + s.len(), s);
            t
        };
        let cases = [
            (String::new(), "file is empty"),
            (text[..90].to_owned(), "entry file incomplete"),
            (format!("{text}x"), "too long"),
            (put(0, "v2"), "invalid header"),
            (put(id_at + HEX, "_"), "invalid header"),
            (put(size_at + 20, "0"), "invalid header"),
            (put(SIZE - 1, " "), "invalid header"),
            (put(id_at, "ff"), "mismatched ID"),
            (
                put(out_at, "0g"),
                "decoding output ID: encoding/hex: invalid byte: U+0067 'g'",
            ),
            (put(size_at + 15, "-"), "negative size"),
            (put(time_at + 5, "x"), {
                "parsing timestamp: strconv.ParseInt: parsing \"1700x00000123456789\": invalid syntax"
            }),
            (put(time_at, "99999999999999999999"), {
                "parsing timestamp: strconv.ParseInt: parsing \"99999999999999999999\": value out of range"
            }),
        ];
        for (text, why) in cases {
            let got = parse(&ID, text.as_bytes()).unwrap_err().unwrap();
            assert_eq!(got, why, "{text:?}");
        }
    }
}
