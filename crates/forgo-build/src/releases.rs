//! The releases of Go that forgo is made for: one list for keys, for trust, for scripts/setup and
//! for the tests.

const LIST: &str = include_str!("../releases.txt");

/// The names of the releases: `go1.27.3`.
fn names() -> impl Iterator<Item = &'static str> {
    let lines = LIST.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_whitespace().next())
}

/// Reports whether the keys of this minor release (27 for go1.27.3) are known, so that forgo and
/// the stock command may share them.
pub fn has_known_keys(minor: u32) -> bool {
    let prefix = format!("go1.{minor}.");
    names().any(|name| name.starts_with(&prefix))
}

/// Reports whether a tool ID (`compile version go1.27.3`) names a tool whose results were compared
/// with those that forgo derives. A tool with experiments, of a vendor or of a development tree has
/// another ID.
pub fn is_compared(tool_id: &str) -> bool {
    let release = tool_id.split_once(" version ").map(|(_, release)| release);
    release.is_some_and(|release| names().any(|name| name == release))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_of_listed_releases_alone() {
        assert!(names().count() >= 2);
        for name in names() {
            assert!(is_compared(&format!("compile version {name}")));
            assert!(!is_compared(&format!("compile version {name} X:loopvar")));
            assert!(!is_compared(&format!("compile version {name}-vendor")));
            assert!(!is_compared(name));
        }
        assert!(!is_compared("compile version install"));
        assert!(!is_compared("Yx0abcdef"));
    }

    #[test]
    fn keys_are_known_of_minor_releases() {
        assert!(has_known_keys(26) && has_known_keys(27));
        assert!(!has_known_keys(2) && !has_known_keys(25) && !has_known_keys(28));
    }
}
