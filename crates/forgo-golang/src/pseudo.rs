//! Pseudo-versions (`v0.0.0-20060102150405-abcdef012345`). Answers to
//! golang.org/x/mod/module/pseudo.go.

use crate::module::InvalidVersionError;
use crate::semver;

/// A pseudo-version in parts.
struct Parts<'a> {
    /// `vX.0.0`, `vX.Y.Z-0` or `vX.Y.Z-pre.0`.
    base: &'a str,
    time: &'a str,
    rev: &'a str,
    build: &'a str,
}

fn parse(v: &str) -> Option<Parts<'_>> {
    if v.matches('-').count() < 2 {
        return None;
    }
    let build = semver::build(v);
    let pre = semver::prerelease(v);
    let release = &v[..v.len() - build.len() - pre.len()];
    let (head, rev) = pre.rsplit_once('-')?;
    // The text before the time: nothing, `-0.` or `-pre.0.`.
    let (before, time) = head.split_at(head.len().checked_sub(14)?);
    if !time.bytes().all(|b| b.is_ascii_digit())
        || rev.is_empty()
        || !rev.bytes().all(|b| b.is_ascii_alphanumeric())
    {
        return None;
    }
    let (major, rest) = release.split_once('.')?;
    if !major[1..].bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let base = match before {
        "-" if rest == "0.0" => release,
        _ if before == "-0." || before.ends_with(".0.") => &v[..release.len() + before.len() - 1],
        _ => return None,
    };
    Some(Parts {
        base,
        time,
        rev,
        build,
    })
}

fn not_pseudo(v: &str) -> InvalidVersionError {
    invalid(v, "syntax error".to_owned())
}

fn invalid(v: &str, err: String) -> InvalidVersionError {
    InvalidVersionError {
        version: v.to_owned(),
        pseudo: true,
        err,
    }
}

/// Reports whether it is a pseudo-version.
pub fn is_pseudo_version(v: &str) -> bool {
    parse(v).is_some()
}

/// Reports whether it is the pseudo-version with a zero time and revision, which stands for "no
/// commit".
pub fn is_zero_pseudo_version(v: &str) -> bool {
    v == zero_pseudo_version(semver::major(v))
}

/// The pseudo-version of time zero for a major version (`v2` or empty).
pub fn zero_pseudo_version(major: &str) -> String {
    pseudo_version(major, "", "00010101000000", "000000000000")
}

/// `yyyymmddhhmmss` part; `None` where it is not a pseudo-version. The date itself is not checked.
pub fn pseudo_version_time(v: &str) -> Option<&str> {
    parse(v).map(|p| p.time)
}

/// Revision part.
pub fn pseudo_version_rev(v: &str) -> Option<&str> {
    parse(v).map(|p| p.rev)
}

/// The tagged version it follows, or empty.
pub fn pseudo_version_base(v: &str) -> Result<String, InvalidVersionError> {
    let p = parse(v).ok_or_else(|| not_pseudo(v))?;
    match semver::prerelease(p.base) {
        "" if p.build.is_empty() => Ok(String::new()),
        "" => Err(invalid(
            v,
            format!(
                "lacks base version, but has build metadata {}",
                crate::quote::quote(p.build)
            ),
        )),
        "-0" => {
            let base = &p.base[..p.base.len() - 2];
            let (head, patch) = base.rsplit_once('.').expect("a release has three numbers");
            match crate::module::decrement(patch) {
                Some(patch) => Ok(format!("{head}.{patch}{}", p.build)),
                None => Err(invalid(
                    v,
                    format!("version before {base} would have negative patch number"),
                )),
            }
        }
        _ => Ok(format!(
            "{}{}",
            p.base.strip_suffix(".0").unwrap_or(p.base),
            p.build
        )),
    }
}

/// Builds a pseudo-version from its parts; `time` is `yyyymmddhhmmss` in UTC.
pub fn pseudo_version(major: &str, older: &str, time: &str, rev: &str) -> String {
    let major = if major.is_empty() { "v0" } else { major };
    let build = semver::build(older);
    let older = semver::canonical(older);
    if older.is_empty() {
        return format!("{major}.0.0-{time}-{rev}");
    }
    if !semver::prerelease(&older).is_empty() {
        return format!("{older}.0.{time}-{rev}{build}");
    }
    let (head, patch) = older
        .rsplit_once('.')
        .expect("a canonical version has three numbers");
    format!("{head}.{}-0.{time}-{rev}{build}", increment(patch))
}

/// A decimal number of any size plus one.
fn increment(decimal: &str) -> String {
    let head = decimal.trim_end_matches('9');
    let zeros = "0".repeat(decimal.len() - head.len());
    match head.as_bytes().split_last() {
        None => format!("1{zeros}"),
        Some((&last, _)) => format!("{}{}{zeros}", &head[..head.len() - 1], (last + 1) as char),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: &str = "20060102150405";
    const REV: &str = "abcdef012345";

    #[test]
    fn build_and_take_apart() {
        for (major, older, want) in [
            ("", "", "v0.0.0-20060102150405-abcdef012345"),
            ("v2", "", "v2.0.0-20060102150405-abcdef012345"),
            ("unused", "v1.2.3", "v1.2.4-0.20060102150405-abcdef012345"),
            (
                "unused",
                "v1.2.99",
                "v1.2.100-0.20060102150405-abcdef012345",
            ),
            (
                "unused",
                "v1.2.19+incompatible",
                "v1.2.20-0.20060102150405-abcdef012345+incompatible",
            ),
            (
                "unused",
                "v1.2.3-pre",
                "v1.2.3-pre.0.20060102150405-abcdef012345",
            ),
            (
                "unused",
                "v1.3.0-a.b+x",
                "v1.3.0-a.b.0.20060102150405-abcdef012345+x",
            ),
        ] {
            let v = pseudo_version(major, older, TIME, REV);
            assert_eq!(v, want);
            assert!(is_pseudo_version(&v), "{v}");
            assert_eq!(pseudo_version_time(&v), Some(TIME));
            assert_eq!(pseudo_version_rev(&v), Some(REV));
            assert_eq!(pseudo_version_base(&v).unwrap(), older);
        }
    }

    #[test]
    fn recognize() {
        for (v, want) in [
            ("v1.0.0", false),
            ("v1.0.0-pre-1", false),
            ("v0.1.0-20060102150405-abcdef012345", false),
            ("v1.2.3-x.20060102150405-abcdef012345", false),
            ("v1.2.3-x0.20060102150405-abcdef012345", false),
            ("v1.2.3-0.2006010215040-abcdef012345", false),
            ("v1.2.3-0.20060102150405-abc.def", false),
            ("v1.2.3-0.20060102150405-", false),
            ("v1.2.3-0.20060102150405-a", true),
            ("v1.2.3-a-b.0.20060102150405-a", true),
            ("v01.2.3-0.20060102150405-a", false),
            ("v0.0.0-20060102150405-abcdef012345+incompatible", true),
            ("v1.0.0-0.20060102150405-a", true),
        ] {
            assert_eq!(is_pseudo_version(v), want, "{v}");
        }
        assert!(is_zero_pseudo_version("v2.0.0-00010101000000-000000000000"));
        assert!(!is_zero_pseudo_version(
            "v2.0.0-00010101000000-000000000001"
        ));
        assert!(!is_zero_pseudo_version(""));
    }

    #[test]
    fn base_errors() {
        for (v, want) in [
            ("v1.0.0", "pseudo-version \"v1.0.0\" invalid: syntax error"),
            (
                "v1.0.0-20060102150405-a+incompatible",
                "pseudo-version \"v1.0.0-20060102150405-a+incompatible\" invalid: lacks base \
                 version, but has build metadata \"+incompatible\"",
            ),
            (
                "v1.0.0-0.20060102150405-a",
                "pseudo-version \"v1.0.0-0.20060102150405-a\" invalid: version before v1.0.0 would \
                 have negative patch number",
            ),
        ] {
            assert_eq!(pseudo_version_base(v).unwrap_err().to_string(), want);
        }
    }
}
