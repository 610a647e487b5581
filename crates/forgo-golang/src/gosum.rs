//! go.sum lines. Answers to readGoSum in cmd/go/internal/modfetch/fetch.go.

use crate::module::Version;

/// The hash of an empty go.mod, which an old bug wrote for directories without a module; ignored.
const EMPTY_GO_MOD_HASH: &str = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=";

/// Parses go.sum text into (module, hash) pairs in file order; versions keep a `/go.mod` suffix.
/// `Err` is the stock message (`malformed go.sum:\nfile:3: wrong number of fields 2`), where `file`
/// is printed as given.
pub fn parse(file: &str, text: &str) -> Result<Vec<(Version, String)>, String> {
    let mut sums = Vec::new();
    for (i, line) in text.split('\n').enumerate() {
        let mut words = line.split_whitespace();
        match (words.next(), words.next(), words.next(), words.next()) {
            (None, ..) => {}
            (Some(path), Some(version), Some(hash), None) => {
                if hash != EMPTY_GO_MOD_HASH {
                    sums.push((Version::new(path, version), hash.to_owned()));
                }
            }
            _ => {
                let (n, fields) = (i + 1, line.split_whitespace().count());
                return Err(format!(
                    "malformed go.sum:\n{file}:{n}: wrong number of fields {fields}"
                ));
            }
        }
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let text = "a.b/c v1.0.0 h1:x=\r\n\n  a.b/c v1.0.0/go.mod h1:y=\n\
                    a.b/d v1.0.0/go.mod h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=";
        let want = [
            (Version::new("a.b/c", "v1.0.0"), "h1:x=".to_owned()),
            (Version::new("a.b/c", "v1.0.0/go.mod"), "h1:y=".to_owned()),
        ];
        assert_eq!(parse("go.sum", text).unwrap(), want);
    }

    #[test]
    fn malformed() {
        for (text, want) in [
            (
                "a v1",
                "malformed go.sum:\n/x/go.sum:1: wrong number of fields 2",
            ),
            (
                "\na v1 h1 x y\n",
                "malformed go.sum:\n/x/go.sum:2: wrong number of fields 5",
            ),
        ] {
            assert_eq!(parse("/x/go.sum", text).unwrap_err(), want);
        }
    }
}
