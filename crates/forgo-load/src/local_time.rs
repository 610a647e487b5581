//! The local time zone, as Go programs see it: times in test keys are text, and the text has the
//! zone. Answers to time/zoneinfo_unix.go and time.Time.String.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::config::Environment;
use crate::disk;

/// Directories of time zones, in the order in which package time searches them.
pub const DIRS: [&str; 4] = [
    "/usr/share/zoneinfo",
    "/usr/share/lib/zoneinfo",
    "/usr/lib/locale/TZ",
    "/etc/zoneinfo",
];

/// A time zone.
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone that `TZ` names; without one, the machine's.
    pub fn local(env: &Environment) -> Zone {
        let file = |path: &str| {
            let bytes = disk::read(path).ok()?;
            TimeZone::tzif("Local", &bytes).ok()
        };
        let zone = match env
            .vars
            .get("TZ")
            .map(|tz| tz.strip_prefix(':').unwrap_or(tz))
        {
            None => file("/etc/localtime"),
            Some("" | "UTC") => None,
            Some(path) if path.starts_with('/') => file(path),
            Some(name) if name.split('/').any(|part| part == "..") => None,
            Some(name) => DIRS.iter().find_map(|dir| file(&format!("{dir}/{name}"))),
        };
        Zone(zone.unwrap_or(TimeZone::UTC))
    }

    /// `2006-01-02 15:04:05.999999999 -0700 MST`.
    pub fn text(&self, time: SystemTime) -> String {
        let Some(stamp) = timestamp(time) else {
            return String::new();
        };
        let info = self.0.to_offset_info(stamp);
        let (date, clock) = date_and_clock(info.offset().to_datetime(stamp));
        let offset = offset(info.offset().seconds(), "");
        format!("{date} {clock} {offset} {}", info.abbreviation())
    }

    /// `2006-01-02T15:04:05.999999999Z07:00`: what Go writes into JSON.
    pub fn rfc3339(&self, time: SystemTime) -> String {
        let Some(stamp) = timestamp(time) else {
            return String::new();
        };
        let at = self.0.to_offset(stamp);
        let (date, clock) = date_and_clock(at.to_datetime(stamp));
        let offset = match at.seconds() {
            0 => "Z".to_owned(),
            seconds => offset(seconds, ":"),
        };
        format!("{date}T{clock}{offset}")
    }
}

fn timestamp(time: SystemTime) -> Option<Timestamp> {
    let (seconds, nanos) = match time.duration_since(UNIX_EPOCH) {
        Ok(d) => (d.as_secs().cast_signed(), d.subsec_nanos().cast_signed()),
        Err(e) => {
            let d = e.duration();
            (-d.as_secs().cast_signed(), -d.subsec_nanos().cast_signed())
        }
    };
    Timestamp::new(seconds, nanos).ok()
}

/// The time of day has no final zeros.
fn date_and_clock(at: DateTime) -> (String, String) {
    let date = format!("{:04}-{:02}-{:02}", at.year(), at.month(), at.day());
    let mut clock = format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second());
    if at.subsec_nanosecond() != 0 {
        let fraction = format!(".{:09}", at.subsec_nanosecond());
        clock.push_str(fraction.trim_end_matches('0'));
    }
    (date, clock)
}

fn offset(east: i32, separator: &str) -> String {
    let sign = if east < 0 { '-' } else { '+' };
    let minutes = east.abs() / 60;
    format!("{sign}{:02}{separator}{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn json_has_the_offset() {
        let mut env = Environment::default();
        env.vars.insert("TZ".into(), "UTC".into());
        let utc = Zone::local(&env);
        for (nanos, want) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_709_164_800_500_000_000, "2024-02-29T00:00:00.5Z"),
            (951_868_799_000_000_001, "2000-02-29T23:59:59.000000001Z"),
        ] {
            assert_eq!(utc.rfc3339(UNIX_EPOCH + Duration::from_nanos(nanos)), want);
        }
        env.vars.insert("TZ".into(), "America/St_Johns".into());
        if std::fs::exists("/usr/share/zoneinfo/America/St_Johns").unwrap_or(false) {
            let want = "1969-12-31T20:30:00-03:30";
            assert_eq!(Zone::local(&env).rfc3339(UNIX_EPOCH), want);
        }
    }

    #[test]
    fn reads_as_gos_time_does() {
        let mut env = Environment::default();
        env.vars.insert("TZ".into(), "UTC".into());
        let utc = Zone::local(&env);
        let time = UNIX_EPOCH + Duration::new(1_700_000_000, 120_000_000);
        assert_eq!(utc.text(time), "2023-11-14 22:13:20.12 +0000 UTC");
        assert_eq!(utc.text(UNIX_EPOCH), "1970-01-01 00:00:00 +0000 UTC");
        assert_eq!(
            utc.text(UNIX_EPOCH - Duration::from_millis(1)),
            "1969-12-31 23:59:59.999 +0000 UTC"
        );
        // A zone that does not exist is UTC.
        env.vars.insert("TZ".into(), "No/Such".into());
        assert_eq!(
            Zone::local(&env).text(UNIX_EPOCH),
            "1970-01-01 00:00:00 +0000 UTC"
        );
        env.vars.insert("TZ".into(), "Asia/Kolkata".into());
        if std::fs::exists("/usr/share/zoneinfo/Asia/Kolkata").unwrap_or(false) {
            assert_eq!(
                Zone::local(&env).text(time),
                "2023-11-15 03:43:20.12 +0530 IST"
            );
        }
    }
}
