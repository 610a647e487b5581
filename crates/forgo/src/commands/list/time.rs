//! Times of module versions, as templates see Go's time.Time: RFC 3339 text in, layouts out.
//! Answers to time.Time.Format and the accessors one can call without arguments.

use std::rc::Rc;

use forgo_golang::template::value::{
    Data, Field, INT, INT64, Kind, Method, NIL_DEREFERENCE, Object, STRING, Signature, Type,
    TypeDesc, Value,
};
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// A moment, with the offset it was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Time {
    /// Seconds since 1970, UTC.
    unix: i64,
    nanos: u32,
    /// Seconds east of UTC.
    offset: i64,
    /// The date and the time of day there, in whole seconds.
    clock: DateTime,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

impl Time {
    /// Reads `2006-01-02T15:04:05.999Z` or with `+07:00` at the end.
    fn parse(text: &str) -> Option<Time> {
        let number = |from: usize, to: usize| text.get(from..to)?.parse::<i16>().ok();
        let two = |from: usize| text.get(from..from + 2)?.parse::<i8>().ok();
        let (year, month, day) = (number(0, 4)?, two(5)?, two(8)?);
        let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
        let date = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
        let mut rest = text.get(19..)?;
        let mut nanos = 0;
        if let Some(fraction) = rest.strip_prefix('.') {
            let digits = fraction.len()
                - fraction
                    .trim_start_matches(|c: char| c.is_ascii_digit())
                    .len();
            let padded = format!("{:0<9}", &fraction[..digits]);
            nanos = padded[..9].parse().ok()?;
            rest = &fraction[digits..];
        }
        let offset = match rest.as_bytes() {
            b"Z" => 0,
            [sign @ (b'+' | b'-'), ..] => {
                let hours: i64 = rest.get(1..3)?.parse().ok()?;
                let minutes: i64 = rest.get(4..6)?.parse().ok()?;
                let offset = hours * 3600 + minutes * 60;
                if *sign == b'-' { -offset } else { offset }
            }
            _ => return None,
        };
        let seconds = Offset::UTC.to_timestamp(date).ok()?.as_second();
        Some(Time {
            unix: seconds - offset,
            nanos,
            offset,
            clock: date,
        })
    }

    /// `+0700` in one of its forms: with colon, hours alone, `Z` for UTC.
    fn zone(&self, element: &str) -> String {
        if element.starts_with('Z') && self.offset == 0 {
            return "Z".into();
        }
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.abs() / 60;
        let (h, m) = (minutes / 60, minutes % 60);
        match &element[1..] {
            "07:00" => format!("{sign}{h:02}:{m:02}"),
            "07" => format!("{sign}{h:02}"),
            _ => format!("{sign}{h:02}{m:02}"),
        }
    }

    fn format(&self, layout: &str) -> String {
        let mut out = String::new();
        let mut rest = layout;
        while !rest.is_empty() {
            let found = ELEMENTS.iter().find(|e| rest.starts_with(**e)).copied();
            let fraction = fraction_length(rest, out.ends_with(|c: char| c.is_ascii_digit()));
            if let Some(length) = fraction {
                out.push_str(&self.fraction(&rest[..length]));
                rest = &rest[length..];
            } else if let Some(element) = found.filter(|e| is_element(e, rest)) {
                out.push_str(&self.element(element));
                rest = &rest[element.len()..];
            } else {
                let c = rest.chars().next().unwrap_or_default();
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        out
    }

    /// `.000`, `,999`: so many digits, without trailing zeros for nines.
    fn fraction(&self, element: &str) -> String {
        let digits = format!("{:09}", self.nanos);
        let digits = &digits[..(element.len() - 1).min(9)];
        let digits = if element.ends_with('9') {
            digits.trim_end_matches('0')
        } else {
            digits
        };
        if digits.is_empty() {
            String::new()
        } else {
            format!("{}{digits}", &element[..1])
        }
    }

    fn element(&self, element: &str) -> String {
        let c = self.clock;
        let twelve = if c.hour() % 12 == 0 {
            12
        } else {
            c.hour() % 12
        };
        let half = if c.hour() < 12 { "AM" } else { "PM" };
        match element {
            "January" => self.month().to_owned(),
            "Jan" => self.month()[..3].to_owned(),
            "01" => format!("{:02}", c.month()),
            "1" => c.month().to_string(),
            "Monday" => DAYS[self.weekday()].to_owned(),
            "Mon" => DAYS[self.weekday()][..3].to_owned(),
            "002" => format!("{:03}", c.day_of_year()),
            "__2" => format!("{:3}", c.day_of_year()),
            "02" => format!("{:02}", c.day()),
            "_2" => format!("{:2}", c.day()),
            "2" => c.day().to_string(),
            "15" => format!("{:02}", c.hour()),
            "03" => format!("{twelve:02}"),
            "3" => twelve.to_string(),
            "04" => format!("{:02}", c.minute()),
            "4" => c.minute().to_string(),
            "05" => format!("{:02}", c.second()),
            "5" => c.second().to_string(),
            "2006" | "_2006" => format!("{}{:04}", &element[..element.len() - 4], c.year()),
            "06" => format!("{:02}", c.year().rem_euclid(100)),
            "PM" => half.to_owned(),
            "pm" => half.to_lowercase(),
            "MST" if self.offset == 0 => "UTC".to_owned(),
            "MST" => self.zone("-0700"),
            zone => self.zone(zone),
        }
    }

    fn month(&self) -> &'static str {
        MONTHS[usize::from(self.clock.month().unsigned_abs()) - 1]
    }

    /// 0 is Sunday.
    fn weekday(&self) -> usize {
        usize::from(self.clock.weekday().to_sunday_zero_offset().unsigned_abs())
    }

    fn text(&self) -> String {
        self.format("2006-01-02 15:04:05.999999999 -0700 MST")
    }
}

/// The elements of a layout, longer ones before their prefixes.
const ELEMENTS: &[&str] = &[
    "January", "Jan", "Monday", "Mon", "MST", "_2006", "2006", "__2", "_2", "002", "01", "02",
    "03", "04", "05", "06", "15", "1", "2", "3", "4", "5", "PM", "pm", "-07:00", "-0700", "-07",
    "Z07:00", "Z0700", "Z07",
];

/// `Jan` and `Mon` are elements only where no lower-case letter follows.
fn is_element(element: &str, rest: &str) -> bool {
    let next = rest.as_bytes().get(element.len());
    !matches!(element, "Jan" | "Mon") || !next.is_some_and(u8::is_ascii_lowercase)
}

/// Length of a run of zeros or nines after a point or comma, if the text begins with one: only
/// behind a number, and with no digit after it.
fn fraction_length(rest: &str, after_digit: bool) -> Option<usize> {
    let b = rest.as_bytes();
    if !after_digit || !matches!(b[0], b'.' | b',') {
        return None;
    }
    let digit = *b.get(1).filter(|d| matches!(d, b'0' | b'9'))?;
    let length = 1 + b[1..].iter().take_while(|c| **c == digit).count();
    let ends = !b.get(length).is_some_and(u8::is_ascii_digit);
    ends.then_some(length)
}

static TIME_FIELDS: [Field; 3] = [
    Field {
        name: "wall",
        ty: &INT64,
    },
    Field {
        name: "ext",
        ty: &INT64,
    },
    Field {
        name: "loc",
        ty: &INT64,
    },
];
static TIME: TypeDesc = TypeDesc {
    name: "time.Time",
    kind: Kind::Struct(&TIME_FIELDS),
    methods: &METHODS,
};
/// `*time.Time`
pub static TIME_PTR: TypeDesc = TypeDesc {
    name: "*time.Time",
    kind: Kind::Pointer(&TIME),
    methods: &METHODS,
};
static MONTH: TypeDesc = TypeDesc {
    name: "time.Month",
    kind: Kind::Int,
    methods: &MONTH_METHODS,
};
static WEEKDAY: TypeDesc = TypeDesc {
    name: "time.Weekday",
    kind: Kind::Int,
    methods: &WEEKDAY_METHODS,
};
static MONTH_METHODS: [Method; 1] = [method("String", |v, _| match v.data() {
    Some(Data::Int(m @ 1..=12)) => Ok(Value::str(MONTHS[*m as usize - 1])),
    _ => Err(NIL_DEREFERENCE.into()),
})];
static WEEKDAY_METHODS: [Method; 1] = [method("String", |v, _| match v.data() {
    Some(Data::Int(d @ 0..7)) => Ok(Value::str(DAYS[*d as usize])),
    _ => Err(NIL_DEREFERENCE.into()),
})];

const fn method(name: &'static str, body: fn(&Value, &[Value]) -> Result<Value, String>) -> Method {
    Method {
        name,
        signature: Signature {
            params: &[],
            variadic: false,
        },
        body,
    }
}

static LAYOUT: [Type; 1] = [&STRING];
static METHODS: [Method; 15] = [
    method("String", |v, _| with(v, |t| Value::str(&t.text()))),
    Method {
        name: "Format",
        signature: Signature {
            params: &LAYOUT,
            variadic: false,
        },
        body: |v, args| with(v, |t| Value::str(&t.format(&args[0].to_text()))),
    },
    method("Unix", |v, _| with(v, |t| int64(t.unix))),
    method("UnixMilli", |v, _| {
        with(v, |t| int64(t.unix * 1000 + i64::from(t.nanos / 1_000_000)))
    }),
    method("UnixMicro", |v, _| {
        with(v, |t| int64(t.unix * 1_000_000 + i64::from(t.nanos / 1000)))
    }),
    method("UnixNano", |v, _| {
        with(v, |t| int64(t.unix * 1_000_000_000 + i64::from(t.nanos)))
    }),
    method("Year", |v, _| with(v, |t| int(t.clock.year()))),
    method("Month", |v, _| {
        with(v, |t| Value::new(&MONTH, Data::Int(t.clock.month().into())))
    }),
    method("Day", |v, _| with(v, |t| int(t.clock.day()))),
    method("Hour", |v, _| with(v, |t| int(t.clock.hour()))),
    method("Minute", |v, _| with(v, |t| int(t.clock.minute()))),
    method("Second", |v, _| with(v, |t| int(t.clock.second()))),
    method("Nanosecond", |v, _| with(v, |t| int(i64::from(t.nanos)))),
    method("YearDay", |v, _| with(v, |t| int(t.clock.day_of_year()))),
    method("Weekday", |v, _| {
        with(v, |t| Value::new(&WEEKDAY, Data::Int(t.weekday() as i64)))
    }),
];

fn int(v: impl Into<i64>) -> Value {
    Value::new(&INT, Data::Int(v.into()))
}

fn int64(v: i64) -> Value {
    Value::new(&INT64, Data::Int(v))
}

/// Calls `f` with the time in a struct value, whose first field holds its text.
fn with(v: &Value, f: impl FnOnce(Time) -> Value) -> Result<Value, String> {
    let Some(Data::Struct(object)) = v.data() else {
        return Err("value method time.Time.String called using nil *Time pointer".into());
    };
    match Time::parse(&object.field(0).to_text()) {
        Some(time) => Ok(f(time)),
        None => Err(NIL_DEREFERENCE.into()),
    }
}

/// A time as the text it was written as.
struct TimeObject(String);

impl Object for TimeObject {
    fn field(&self, _index: usize) -> Value {
        Value::str(&self.0)
    }
}

/// A `*time.Time` from RFC 3339 text.
pub fn time_value(text: Option<&str>) -> Value {
    match text {
        Some(text) => Value::pointer(&TIME_PTR, Rc::new(TimeObject(text.to_owned()))),
        None => Value::nil(&TIME_PTR),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts() {
        let t = Time::parse("2024-02-29T13:04:05.0670Z").unwrap();
        for (layout, want) in [
            (
                "2006-01-02 15:04:05.999999999 -0700 MST",
                "2024-02-29 13:04:05.067 +0000 UTC",
            ),
            ("Mon Jan _2 15:04:05 2006", "Thu Feb 29 13:04:05 2024"),
            ("Monday, 02-Jan-06 3:04PM", "Thursday, 29-Feb-24 1:04PM"),
            ("2006-01-02T15:04:05Z07:00", "2024-02-29T13:04:05Z"),
            ("Month January 1 Janus", "Month February 2 Janus"),
            ("002 .000 05.000", "060 .000 05.067"),
        ] {
            assert_eq!(t.format(layout), want, "{layout}");
        }
    }

    #[test]
    fn moments() {
        for (text, unix) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-03-01T00:00:00Z", 951_868_800),
            ("1969-12-31T23:59:59Z", -1),
            ("2023-06-01T02:00:00+02:00", 1_685_577_600),
        ] {
            let t = Time::parse(text).unwrap();
            assert_eq!(t.unix, unix, "{text}");
            assert_eq!(t.format("2006-01-02T15:04:05Z07:00"), text);
        }
        for text in ["yesterday", "2023-02-29T00:00:00Z"] {
            assert_eq!(Time::parse(text), None, "{text}");
        }
    }
}
