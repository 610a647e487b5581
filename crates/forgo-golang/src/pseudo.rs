//! Pseudo-versions (`v0.0.0-20060102150405-abcdef012345`). Answers to golang.org/x/mod/module/pseudo.go.

/// Is it a pseudo-version?
pub fn is_pseudo_version(_v: &str) -> bool {
    todo!()
}

/// Is it the pseudo-version with a zero time and revision that stands for "no commit"?
pub fn is_zero_pseudo_version(_v: &str) -> bool {
    todo!()
}

/// The pseudo-version of time zero for a major version (`v2` or empty).
pub fn zero_pseudo_version(_major: &str) -> String {
    todo!()
}

/// `yyyymmddhhmmss` part; `None` where it is not a pseudo-version.
pub fn pseudo_version_time(_v: &str) -> Option<&str> {
    todo!()
}

/// Revision part.
pub fn pseudo_version_rev(_v: &str) -> Option<&str> {
    todo!()
}

/// The tagged version it follows, or empty; `Err` holds the stock message.
pub fn pseudo_version_base(_v: &str) -> Result<String, String> {
    todo!()
}

/// Builds a pseudo-version from its parts; `time` is `yyyymmddhhmmss` in UTC.
pub fn pseudo_version(_major: &str, _older: &str, _time: &str, _rev: &str) -> String {
    todo!()
}
