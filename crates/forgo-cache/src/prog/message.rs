//! The messages: how forgo writes requests, and reads a helper's answers. Answers to
//! cmd/go/internal/cacheprog and to the parts of encoding/json that helpers may lean on: names of
//! fields in any case, unknown fields, null for nothing.

use std::io::Read;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::engine::general_purpose::STANDARD;
use base64::{DecodeError, Engine as _};
use forgo_golang::quote::hex;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde::Serialize;
use serde_json::Value;

use crate::hash::{ActionId, OutputId};

/// A request; its body follows it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    #[serde(rename = "ID")]
    pub(super) id: i64,
    command: &'static str,
    #[serde(rename = "ActionID", skip_serializing_if = "Option::is_none")]
    action_id: Option<String>,
    #[serde(rename = "OutputID", skip_serializing_if = "Option::is_none")]
    output_id: Option<String>,
    #[serde(skip_serializing_if = "is_zero")]
    body_size: u64,
    #[serde(skip)]
    names: String,
}

fn is_zero(size: &u64) -> bool {
    *size == 0
}

impl Request {
    fn new(command: &'static str) -> Request {
        Request {
            id: 0,
            command,
            action_id: None,
            output_id: None,
            body_size: 0,
            names: String::new(),
        }
    }

    pub(super) fn get(id: &ActionId) -> Request {
        Request {
            action_id: Some(STANDARD.encode(id.0)),
            ..Request::new("get")
        }
    }

    pub(super) fn put(id: &ActionId, output: &OutputId, size: u64) -> Request {
        Request {
            action_id: Some(STANDARD.encode(id.0)),
            output_id: Some(STANDARD.encode(output.0)),
            body_size: size,
            names: format!("action {}, output {}", hex(&id.0), hex(&output.0)),
            ..Request::new("put")
        }
    }

    pub(super) fn close() -> Request {
        Request::new("close")
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What the request is about, for errors.
    pub(super) fn names(&self) -> &str {
        &self.names
    }
}

/// An answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) id: i64,
    pub(super) err: String,
    pub(super) known_commands: Vec<String>,
    pub(super) miss: bool,
    pub(super) output_id: Vec<u8>,
    pub(super) size: i64,
    pub(super) time: Option<SystemTime>,
    pub(super) disk_path: String,
}

/// An answer, or why the helper can't be understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decoded {
    Response(Response),
    Bad(String),
}

/// The answers on a stream; ends with the stream.
pub(super) fn responses(from: impl Read) -> impl Iterator<Item = Decoded> {
    let values = serde_json::Deserializer::from_reader(std::io::BufReader::new(from));
    values.into_iter::<Value>().map(|value| match value {
        Ok(value) => match decode(value) {
            Ok(response) => Decoded::Response(response),
            Err(why) => Decoded::Bad(why),
        },
        Err(e) if e.is_eof() => Decoded::Bad("unexpected EOF".into()),
        Err(e) => Decoded::Bad(e.to_string()),
    })
}

fn decode(value: Value) -> Result<Response, String> {
    let mut response = Response::default();
    let fields = match value {
        Value::Object(fields) => fields,
        Value::Null => return Ok(response),
        other => return Err(mismatch(&other, "value of type cacheprog.Response")),
    };
    for (name, value) in fields {
        if !value.is_null() {
            response.set(&name.to_ascii_lowercase(), value)?;
        }
    }
    Ok(response)
}

impl Response {
    fn set(&mut self, name: &str, value: Value) -> Result<(), String> {
        match name {
            "id" => self.id = number(&value, "ID")?,
            "err" => self.err = text(value, "Err")?,
            "knowncommands" => {
                let Value::Array(list) = value else {
                    return Err(mismatch(&value, &field("KnownCommands", "[]cacheprog.Cmd")));
                };
                let commands = list.into_iter().map(|v| text(v, "KnownCommands"));
                self.known_commands = commands.collect::<Result<_, _>>()?;
            }
            "miss" => {
                let miss = value.as_bool();
                self.miss = miss.ok_or_else(|| mismatch(&value, &field("Miss", "bool")))?;
            }
            "outputid" => {
                let encoded = text(value, "OutputID")?;
                self.output_id = STANDARD.decode(&encoded).map_err(|e| {
                    let at = match e {
                        DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol(at, _) => {
                            at
                        }
                        _ => encoded.len(),
                    };
                    format!("illegal base64 data at input byte {at}")
                })?;
            }
            "size" => self.size = number(&value, "Size")?,
            "time" => {
                let stamp = text(value, "Time")?;
                let time = parse_time(&stamp);
                self.time = Some(time.ok_or_else(|| format!("parsing time {stamp:?}"))?);
            }
            "diskpath" => self.disk_path = text(value, "DiskPath")?,
            _ => {}
        }
        Ok(())
    }
}

fn number(value: &Value, name: &str) -> Result<i64, String> {
    value
        .as_i64()
        .ok_or_else(|| mismatch(value, &field(name, "int64")))
}

fn text(value: Value, name: &str) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(mismatch(&other, &field(name, "string"))),
    }
}

fn field(name: &str, kind: &str) -> String {
    format!("struct field Response.{name} of type {kind}")
}

fn mismatch(value: &Value, target: &str) -> String {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    format!("json: cannot unmarshal {kind} into Go {target}")
}

/// RFC 3339, as encoding/json reads a time: `2026-01-02T03:04:05.678+01:00`.
fn parse_time(stamp: &str) -> Option<SystemTime> {
    let digits = |from: usize, to: usize| -> Option<i16> {
        let part = stamp.get(from..to)?;
        part.bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| part.parse().ok())?
    };
    let two = |from: usize| digits(from, from + 2).and_then(|n| i8::try_from(n).ok());
    let punctuation = [(4, '-'), (7, '-'), (10, 'T'), (13, ':'), (16, ':')];
    if punctuation
        .iter()
        .any(|(at, c)| !stamp.get(*at..).is_some_and(|s| s.starts_with(*c)))
    {
        return None;
    }
    let (year, month, day) = (digits(0, 4)?, two(5)?, two(8)?);
    let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
    let date = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    let mut rest = stamp.get(19..)?;
    let mut nanos = 0;
    if let Some(fraction) = rest.strip_prefix('.') {
        let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
        let padded = format!("{:0<9}", fraction.get(..length.min(9))?);
        nanos = padded.parse::<u32>().ok().filter(|_| length > 0)?;
        rest = &fraction[length..];
    }
    let seconds = Offset::UTC.to_timestamp(date).ok()?.as_second() - zone_offset(rest)?;
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let time = if seconds < 0 {
        UNIX_EPOCH.checked_sub(whole)?
    } else {
        UNIX_EPOCH.checked_add(whole)?
    };
    time.checked_add(Duration::from_nanos(nanos.into()))
}

/// Seconds east of Greenwich: of `Z`, `+02:00`, `-05:30`.
fn zone_offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, clock) = match zone.split_at_checked(1)? {
        ("+", clock) => (1, clock),
        ("-", clock) => (-1, clock),
        _ => return None,
    };
    let (hours, minutes) = clock.split_once(':').filter(|_| clock.len() == 5)?;
    let (hours, minutes) = (hours.parse::<u8>().ok()?, minutes.parse::<u8>().ok()?);
    (hours < 24 && minutes < 60).then(|| sign * (i64::from(hours) * 3600 + i64::from(minutes) * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nanos(stamp: &str) -> Option<i128> {
        let time = parse_time(stamp)?;
        Some(match time.duration_since(UNIX_EPOCH) {
            Ok(after) => after.as_nanos() as i128,
            Err(before) => -(before.duration().as_nanos() as i128),
        })
    }

    #[test]
    fn times() {
        let second = 1_000_000_000;
        assert_eq!(nanos("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(nanos("2000-02-29T12:30:15Z"), Some(951_827_415 * second));
        assert_eq!(
            nanos("2026-11-22T10:47:58.25Z"),
            Some(1_795_344_478 * second + second / 4)
        );
        assert_eq!(
            nanos("2024-03-01T00:30:00.123456789+01:30"),
            Some(1_709_247_600 * second + 123_456_789)
        );
        assert_eq!(nanos("1969-12-31T23:00:00-01:00"), Some(0));
        assert_eq!(nanos("1969-12-31T23:59:59Z"), Some(-second));
        for bad in [
            "",
            "2026-11-22",
            "2026-11-22T10:47:58",
            "2026-13-01T00:00:00Z",
            "2026-11-22 10:47:58Z",
            "2026-11-22T10:47:58.Z",
            "2026-11-22T10:47:58+1:00",
            "é",
        ] {
            assert_eq!(nanos(bad), None, "{bad}");
        }
    }

    #[test]
    fn requests_read_as_the_stock_ones() {
        let id = ActionId([0; 32]);
        let zeros = STANDARD.encode([0; 32]);
        let mut get = Request::get(&id);
        get.id = 3;
        let expected = format!(r#"{{"ID":3,"Command":"get","ActionID":"{zeros}"}}"#);
        assert_eq!(get.to_json(), expected);
        let put = Request::put(&id, &OutputId([0; 32]), 9);
        let expected = format!(
            r#"{{"ID":0,"Command":"put","ActionID":"{zeros}","OutputID":"{zeros}","BodySize":9}}"#
        );
        assert_eq!(put.to_json(), expected);
        assert_eq!(Request::close().to_json(), r#"{"ID":0,"Command":"close"}"#);
    }

    #[test]
    fn answers() {
        let stream = r#"{"ID":0,"KnownCommands":["get","put"]}
            {"id":7,"miss":true,"Time":null,"extra":{"a":[1]}} {"ID":8,"OutputID":"AQI=","Size":2,
            "Time":"1970-01-01T00:00:01Z","DiskPath":"/x"}{"ID":"nine"}"#;
        let got: Vec<Decoded> = responses(stream.as_bytes()).collect();
        let expected = vec![
            Decoded::Response(Response {
                known_commands: vec!["get".into(), "put".into()],
                ..Response::default()
            }),
            Decoded::Response(Response {
                id: 7,
                miss: true,
                ..Response::default()
            }),
            Decoded::Response(Response {
                id: 8,
                output_id: vec![1, 2],
                size: 2,
                time: Some(UNIX_EPOCH + Duration::from_secs(1)),
                disk_path: "/x".into(),
                ..Response::default()
            }),
            Decoded::Bad(
                "json: cannot unmarshal string into Go struct field Response.ID of type int64"
                    .into(),
            ),
        ];
        assert_eq!(got, expected);
        let cut: Vec<Decoded> = responses(&b"{\"ID\":1"[..]).collect();
        assert_eq!(cut, [Decoded::Bad("unexpected EOF".into())]);
    }
}
