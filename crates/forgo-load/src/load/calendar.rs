//! Times of commits: from the texts that version control prints to those that build info and
//! pseudo-versions have. UTC only, as the texts are.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Seconds of 400 years, after which the calendar repeats.
const CYCLE: i64 = 400 * 366 * 86400 - 303 * 86400;

/// A moment: seconds since 1970 and the rest of the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Time {
    /// Seconds since 1970 in UTC.
    pub secs: i64,
    /// Nanoseconds.
    pub nanos: u32,
}

impl Time {
    /// `2023-11-14T22:13:20Z`, with as many digits of a second as there are (time.RFC3339Nano).
    pub fn rfc3339(self) -> String {
        let (year, t) = self.civil();
        let (mo, d, h, mi, s) = (t.month(), t.day(), t.hour(), t.minute(), t.second());
        let mut text = format!("{year:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}");
        if self.nanos > 0 {
            let digits = format!("{:09}", self.nanos);
            text.push('.');
            text.push_str(digits.trim_end_matches('0'));
        }
        text.push('Z');
        text
    }

    /// `20231114221320`
    pub fn compact(self) -> String {
        let (year, t) = self.civil();
        let (mo, d, h, mi, s) = (t.month(), t.day(), t.hour(), t.minute(), t.second());
        format!("{year:04}{mo:02}{d:02}{h:02}{mi:02}{s:02}")
    }

    /// The year, and the date and time of day in a year of the same calendar: a commit may name any
    /// second, jiff ends with the year 9999.
    fn civil(self) -> (i64, DateTime) {
        let within = Timestamp::from_second(self.secs.rem_euclid(CYCLE)).unwrap_or_default();
        let date = Offset::UTC.to_datetime(within);
        let years = 400 * self.secs.div_euclid(CYCLE);
        (i64::from(date.year()) + years, date)
    }

    /// `2021-09-21 12:00:00`
    pub fn parse_date_time(text: &str) -> Option<Time> {
        parse_date(text, ' ')
            .and_then(|(secs, rest)| rest.is_empty().then_some(Time { secs, nanos: 0 }))
    }

    /// `2021-09-21 12:00:00 +1000`
    pub fn parse_with_zone(text: &str) -> Option<Time> {
        let (secs, rest) = parse_date(text, ' ')?;
        let secs = secs - zone(rest.strip_prefix(' ')?, false)?;
        Some(Time { secs, nanos: 0 })
    }

    /// `2021-09-21T12:00:00.123456Z`, `…+10:00`
    pub fn parse_rfc3339(text: &str) -> Option<Time> {
        let (secs, mut rest) = parse_date(text, 'T')?;
        let mut nanos = 0;
        if let Some(fraction) = rest.strip_prefix('.') {
            let end = fraction
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(fraction.len());
            let digits = format!("{:0<9}", &fraction[..end.min(9)]);
            nanos = digits.parse().ok().filter(|_| end > 0)?;
            rest = &fraction[end..];
        }
        let offset = if rest == "Z" { 0 } else { zone(rest, true)? };
        Some(Time {
            secs: secs - offset,
            nanos,
        })
    }
}

/// Seconds of `YYYY-MM-DD?HH:MM:SS`, and what follows.
fn parse_date(text: &str, between: char) -> Option<(i64, &str)> {
    let (head, rest) = text.split_at_checked(19)?;
    let b = head.as_bytes();
    let separators = [(4, '-'), (7, '-'), (10, between), (13, ':'), (16, ':')];
    if separators.iter().any(|&(i, c)| char::from(b[i]) != c) {
        return None;
    }
    let number = |from: usize, to: usize| {
        let digits = head.get(from..to)?;
        let all = digits.bytes().all(|c| c.is_ascii_digit());
        all.then(|| digits.parse::<i16>().ok()).flatten()
    };
    let two = |from: usize| number(from, from + 2).and_then(|n| i8::try_from(n).ok());
    let (year, month, day) = (number(0, 4)?, two(5)?, two(8)?);
    let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
    let date = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    let time = Offset::UTC.to_timestamp(date).ok()?;
    Some((time.as_second(), rest))
}

/// Seconds of `+HHMM` or `+HH:MM`.
fn zone(text: &str, colon: bool) -> Option<i64> {
    let sign = match text.bytes().next()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = &text[1..];
    let (h, m) = if colon {
        digits.split_once(':')?
    } else {
        digits.split_at_checked(2)?
    };
    let two = |s: &str| (s.len() == 2).then(|| s.parse::<i64>().ok()).flatten();
    Some(sign * (two(h)? * 3600 + two(m)? * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for (text, secs, nanos) in [
            ("1970-01-01T00:00:00Z", 0, 0),
            ("2000-02-29T23:59:59Z", 951_868_799, 0),
            ("2023-11-14T22:13:20.25Z", 1_700_000_000, 250_000_000),
            ("1969-12-31T23:59:59Z", -1, 0),
            ("0001-01-01T00:00:00Z", -62_135_596_800, 0),
        ] {
            let time = Time { secs, nanos };
            assert_eq!(time.rfc3339(), text);
            assert_eq!(Time::parse_rfc3339(text), Some(time), "{text}");
        }
    }

    #[test]
    fn zones() {
        let want = Some(Time {
            secs: 1_632_189_600,
            nanos: 0,
        });
        assert_eq!(Time::parse_with_zone("2021-09-21 12:00:00 +1000"), want);
        assert_eq!(Time::parse_rfc3339("2021-09-21T12:00:00+10:00"), want);
        assert_eq!(Time::parse_date_time("2021-09-21 02:00:00"), want);
        for bad in [
            "2021-09-21",
            "2021-13-21 02:00:00",
            "2021-02-29 02:00:00",
            "2021-09-21 02:00:00x",
        ] {
            assert_eq!(Time::parse_date_time(bad), None, "{bad}");
        }
    }

    #[test]
    fn compact() {
        let time = Time {
            secs: 1_700_000_000,
            nanos: 0,
        };
        assert_eq!(time.compact(), "20231114221320");
        // Years that have five digits, and the last second that there is.
        let time = |secs| Time { secs, nanos: 0 }.rfc3339();
        assert_eq!(time(253_402_300_800), "10000-01-01T00:00:00Z");
        assert_eq!(time(i64::MAX), "292277026596-12-04T15:30:07Z");
    }
}
