//! Semantic versions with a leading `v`. Answers to golang.org/x/mod/semver.

use std::cmp::Ordering;

/// A valid version in parts; the two short forms count as zeros.
struct Parsed<'a> {
    major: &'a str,
    minor: &'a str,
    patch: &'a str,
    /// With the `-`.
    prerelease: &'a str,
    /// With the `+`.
    build: &'a str,
    /// The part that a short form leaves out: `.0.0` or `.0`.
    short: &'static str,
}

fn parse(v: &str) -> Option<Parsed<'_>> {
    let (major, v) = number(v.strip_prefix('v')?)?;
    let mut p = Parsed {
        major,
        minor: "0",
        patch: "0",
        prerelease: "",
        build: "",
        short: ".0.0",
    };
    if v.is_empty() {
        return Some(p);
    }
    let (minor, v) = number(v.strip_prefix('.')?)?;
    p.minor = minor;
    if v.is_empty() {
        p.short = ".0";
        return Some(p);
    }
    let (patch, v) = number(v.strip_prefix('.')?)?;
    p.patch = patch;
    p.short = "";
    let (v, build) = v.split_at(v.find('+').unwrap_or(v.len()));
    let ident =
        |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if let Some(idents) = v.strip_prefix('-') {
        if !idents
            .split('.')
            .all(|s| ident(s) && !(is_num(s) && s.len() > 1 && s.starts_with('0')))
        {
            return None;
        }
    } else if !v.is_empty() {
        return None;
    }
    if !build.is_empty() && !build[1..].split('.').all(ident) {
        return None;
    }
    p.prerelease = v;
    p.build = build;
    Some(p)
}

/// A decimal number without needless zeros at the head of `v`, and the rest.
fn number(v: &str) -> Option<(&str, &str)> {
    let n = v.bytes().take_while(u8::is_ascii_digit).count();
    let ok = n > 0 && (n == 1 || !v.starts_with('0'));
    ok.then(|| v.split_at(n))
}

fn is_num(s: &str) -> bool {
    s.bytes().all(|b| b.is_ascii_digit())
}

/// Compares decimal numbers of any size that have no needless zeros.
pub(crate) fn compare_numbers(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// Valid (also in the short forms v1, v1.2)?
pub fn is_valid(v: &str) -> bool {
    parse(v).is_some()
}

/// vMAJOR.MINOR.PATCH[-PRERELEASE], without build metadata; empty where invalid.
pub fn canonical(v: &str) -> String {
    match parse(v) {
        Some(p) => format!("{}{}", &v[..v.len() - p.build.len()], p.short),
        None => String::new(),
    }
}

/// `v2`; empty where invalid.
pub fn major(v: &str) -> &str {
    parse(v).map_or("", |p| &v[..1 + p.major.len()])
}

/// `v2.1`; empty where invalid.
pub fn major_minor(v: &str) -> String {
    parse(v).map_or_else(String::new, |p| format!("v{}.{}", p.major, p.minor))
}

/// `-pre`; empty where there is none.
pub fn prerelease(v: &str) -> &str {
    parse(v).map_or("", |p| p.prerelease)
}

/// `+incompatible`; empty where there is none.
pub fn build(v: &str) -> &str {
    parse(v).map_or("", |p| p.build)
}

/// Compares; an invalid version is less than a valid one, build metadata is ignored.
pub fn compare(a: &str, b: &str) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    match (parse(a), parse(b)) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(a), Some(b)) => compare_numbers(a.major, b.major)
            .then_with(|| compare_numbers(a.minor, b.minor))
            .then_with(|| compare_numbers(a.patch, b.patch))
            .then_with(|| compare_prerelease(a.prerelease, b.prerelease)),
    }
}

fn compare_prerelease(a: &str, b: &str) -> Ordering {
    let (Some(a), Some(b)) = (a.strip_prefix('-'), b.strip_prefix('-')) else {
        // A release is greater than its prereleases.
        return a.is_empty().cmp(&b.is_empty());
    };
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let (x, y) = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => (x, y),
        };
        let order = match (is_num(x), is_num(y)) {
            (true, true) => compare_numbers(x, y),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => x.cmp(y),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// The greater one in canonical form (semver.Max).
pub fn max(a: &str, b: &str) -> String {
    let (a, b) = (canonical(a), canonical(b));
    if compare(&a, &b).is_gt() { a } else { b }
}

/// Sorts versions; equal ones by their text (semver.Sort).
pub fn sort<S: AsRef<str>>(list: &mut [S]) {
    list.sort_by(|a, b| {
        let (a, b) = (a.as_ref(), b.as_ref());
        compare(a, b).then_with(|| a.cmp(b))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In rising order; versions on one line are equal. (version, canonical)
    const ORDER: &[&[(&str, &str)]] = &[
        &[
            ("", ""),
            ("1.2.3", ""),
            ("v", ""),
            ("v1.", ""),
            ("v1.2.", ""),
            ("v01.2.3", ""),
            ("v1.02", ""),
            ("v1.2.3.4", ""),
            ("v1-pre", ""),
            ("v1.2-pre", ""),
            ("v1.2+meta", ""),
            ("v1.2.3-", ""),
            ("v1.2.3+", ""),
            ("v1.2.3-a..b", ""),
            ("v1.2.3-01", ""),
            ("v1.2.3-a.01", ""),
            ("v1.2.3-pre+a..b", ""),
            ("v1.2.3-é", ""),
            ("v1.2.3+a+b", ""),
            ("vx", ""),
        ],
        &[("v0.0.0-alpha", "v0.0.0-alpha")],
        &[
            ("v0", "v0.0.0"),
            ("v0.0", "v0.0.0"),
            ("v0.0.0+x-y.01", "v0.0.0"),
        ],
        &[("v1.0.0-0", "v1.0.0-0")],
        &[("v1.0.0-2", "v1.0.0-2")],
        &[("v1.0.0-10", "v1.0.0-10")],
        &[("v1.0.0-10.a", "v1.0.0-10.a")],
        &[("v1.0.0--", "v1.0.0--")],
        &[("v1.0.0-0a", "v1.0.0-0a")],
        &[
            ("v1.0.0-alpha", "v1.0.0-alpha"),
            ("v1.0.0-alpha+m", "v1.0.0-alpha"),
        ],
        &[("v1.0.0-alpha.1", "v1.0.0-alpha.1")],
        &[("v1.0.0-alpha.beta", "v1.0.0-alpha.beta")],
        &[("v1.0.0-beta", "v1.0.0-beta")],
        &[("v1", "v1.0.0"), ("v1.0.0", "v1.0.0")],
        &[("v1.2", "v1.2.0")],
        &[("v1.10.0", "v1.10.0")],
        &[("v2.0.0+incompatible", "v2.0.0")],
        &[("v10", "v10.0.0")],
        &[("v99999999999999999999.0.0", "v99999999999999999999.0.0")],
    ];

    #[test]
    fn order_and_canonical_form() {
        let all: Vec<_> = ORDER
            .iter()
            .enumerate()
            .flat_map(|(i, g)| g.iter().map(move |v| (i, v)))
            .collect();
        for &(i, &(a, want)) in &all {
            assert_eq!(canonical(a), want, "{a}");
            assert_eq!(is_valid(a), !want.is_empty(), "{a}");
            for &(j, &(b, _)) in &all {
                assert_eq!(compare(a, b), i.cmp(&j), "{a} {b}");
            }
        }
    }

    #[test]
    fn parts() {
        for (v, m, mm, pre, b) in [
            ("v2", "v2", "v2.0", "", ""),
            ("v2.1", "v2", "v2.1", "", ""),
            ("v2.1.3-pre.1+meta", "v2", "v2.1", "-pre.1", "+meta"),
            ("v2.1.3+a-b", "v2", "v2.1", "", "+a-b"),
            ("bad", "", "", "", ""),
        ] {
            assert_eq!(
                (major(v), major_minor(v).as_str(), prerelease(v), build(v)),
                (m, mm, pre, b),
                "{v}"
            );
        }
        assert_eq!(max("v1.2", "v1.1.9"), "v1.2.0");
        assert_eq!(max("v1", "bad"), "v1.0.0");
        let mut list = ["v1.0.0", "v1", "v0.9.0", "x"];
        sort(&mut list);
        assert_eq!(list, ["x", "v0.9.0", "v1", "v1.0.0"]);
    }
}
