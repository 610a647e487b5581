//! Semantic versions with a leading `v`. Answers to golang.org/x/mod/semver.

use std::cmp::Ordering;

/// Valid (also in the short forms v1, v1.2)?
pub fn is_valid(_v: &str) -> bool {
    todo!()
}

/// vMAJOR.MINOR.PATCH[-PRERELEASE], without build metadata; empty where invalid.
pub fn canonical(_v: &str) -> String {
    todo!()
}

/// `v2`; empty where invalid.
pub fn major(_v: &str) -> &str {
    todo!()
}

/// `v2.1`; empty where invalid.
pub fn major_minor(_v: &str) -> String {
    todo!()
}

/// `-pre`; empty where there is none.
pub fn prerelease(_v: &str) -> &str {
    todo!()
}

/// `+incompatible`; empty where there is none.
pub fn build(_v: &str) -> &str {
    todo!()
}

/// Compares; an invalid version is less than a valid one, build metadata is ignored.
pub fn compare(_a: &str, _b: &str) -> Ordering {
    todo!()
}

/// The greater one in canonical form (semver.Max).
pub fn max(_a: &str, _b: &str) -> String {
    todo!()
}
