//! An action that ended, as JSON: the fields that `FORGO_EVENTS` (docs/events.md) and `forgo log`
//! (docs/log.md) have in common.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use serde::Serialize;

/// The fields; times are in microseconds since 1970, sizes in bytes.
#[derive(Serialize)]
pub struct ActionFields<'a> {
    /// Index of the action in the plan.
    pub node: u32,
    /// The kind of action.
    pub mode: &'a str,
    /// The package that it is for; or empty.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub package: &'a str,
    /// Its key, in hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// How it ended.
    pub verdict: &'static str,
    /// The way by which its result, or a part of it, was reused; or empty.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub way: &'a str,
    /// The stock command's reason for doing the work; or empty.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub stale: Cow<'a, str>,
    /// The ways that did not apply.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<TriedFields<'a>>,
    /// The thread that it ran on.
    pub slot: u32,
    /// When it began.
    pub start: u64,
    /// When it ended.
    pub end: u64,
    /// User CPU time of its programs.
    pub user: u64,
    /// System CPU time of its programs.
    pub sys: u64,
    /// The most memory that one of them used.
    pub peak: u64,
}

/// A way that did not apply.
#[derive(Serialize)]
pub struct TriedFields<'a> {
    /// The way.
    pub way: &'a str,
    /// Why it did not apply.
    pub why: &'a str,
    /// What the reason is about; or empty.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub detail: &'a str,
}

/// Returns a duration in microseconds.
pub fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Returns the microseconds from `start` to `time`; 0 if it was earlier.
pub fn micros_since(start: SystemTime, time: SystemTime) -> u64 {
    micros(time.duration_since(start).unwrap_or_default())
}
