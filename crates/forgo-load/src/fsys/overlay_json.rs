//! The file of `-overlay`, with encoding/json's messages: invalid JSON is reported first, then
//! the first value of a wrong type. Answers to the type OverlayJSON in cmd/go/internal/fsys.

use std::collections::HashMap;

use forgo_golang::json::{Piece, Reader};
use forgo_golang::release::Release;

/// Reads the member `Replace`; like all members it may be absent, null, repeated and spelled in any
/// case.
pub(super) fn parse(text: &[u8], release: Release) -> Result<HashMap<String, String>, String> {
    let mut overlay = Parser {
        reader: Reader::new(text, release),
        release,
        replace: HashMap::new(),
        wrong: None,
    };
    match overlay.piece()? {
        Piece::BeginObject => overlay.members()?,
        Piece::Null => {}
        other => overlay.wrong_type(&other, &[], "fsys.overlayJSON")?,
    }
    // Nothing may follow.
    overlay.reader.next_piece()?;
    match overlay.wrong {
        Some(text) => Err(text),
        None => Ok(overlay.replace),
    }
}

struct Parser<'t> {
    reader: Reader<'t>,
    release: Release,
    replace: HashMap<String, String>,
    /// The first value of a wrong type.
    wrong: Option<String>,
}

impl Parser<'_> {
    /// The next piece, where the value is not complete.
    fn piece(&mut self) -> Result<Piece, String> {
        let piece = self.reader.next_piece()?;
        Ok(piece.unwrap_or(Piece::Null))
    }

    fn members(&mut self) -> Result<(), String> {
        while let Piece::Key(key) = self.piece()? {
            let value = self.piece()?;
            if !key.eq_ignore_ascii_case("Replace") {
                self.skip(&value)?;
                continue;
            }
            match value {
                Piece::BeginObject => self.replacements(&key)?,
                Piece::Null => self.replace.clear(),
                other => self.wrong_type(&other, &[&key], "map[string]string")?,
            }
        }
        Ok(())
    }

    fn replacements(&mut self, field: &str) -> Result<(), String> {
        while let Piece::Key(from) = self.piece()? {
            match self.piece()? {
                Piece::String(to) => {
                    self.replace.insert(from, to);
                }
                Piece::Null => {
                    self.replace.insert(from, String::new());
                }
                other => self.wrong_type(&other, &[field, &from], "string")?,
            }
        }
        Ok(())
    }

    /// Passes over the rest of a value that begins so.
    fn skip(&mut self, first: &Piece) -> Result<(), String> {
        let mut depth = usize::from(matches!(first, Piece::BeginObject | Piece::BeginArray));
        while depth > 0 {
            match self.piece()? {
                Piece::BeginObject | Piece::BeginArray => depth += 1,
                Piece::EndObject | Piece::EndArray => depth -= 1,
                _ => {}
            }
        }
        Ok(())
    }

    /// Notes a value of a wrong type, and passes over it (UnmarshalTypeError).
    fn wrong_type(&mut self, first: &Piece, path: &[&str], wanted: &str) -> Result<(), String> {
        let found = match first {
            Piece::BeginObject => "object",
            Piece::BeginArray => "array",
            Piece::Number => "number",
            Piece::Bool => "bool",
            _ => "string",
        };
        let target = if path.is_empty() {
            format!("Go value of type {wanted}")
        } else if !self.release.has_json_v2() {
            format!("Go struct field overlayJSON.Replace of type {wanted}")
        } else {
            // A JSON pointer with dots in place of its slashes. What looks like the index of an
            // array is not called a field.
            let tokens = path.iter().map(|t| t.replace('~', "~0").replace('/', "~1"));
            let field = tokens.collect::<Vec<_>>().join(".");
            let last = field.rsplit('.').next().unwrap_or_default();
            let index = !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit());
            let kind = if index { "" } else { "Go struct field " };
            format!("{kind}overlayJSON.{field} of type {wanted}")
        };
        self.wrong
            .get_or_insert_with(|| format!("json: cannot unmarshal {found} into {target}"));
        self.skip(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacements_of_all_members_count() {
        let text = br#"{"x": [{}], "Replace": {"a": "b", "c": null}, "replace": {"a": "d"}}"#;
        let replace = parse(text, Release::GO1_26).unwrap();
        let get = |k: &str| replace.get(k).map(String::as_str);
        assert_eq!(
            (get("a"), get("c"), replace.len()),
            (Some("d"), Some(""), 2)
        );
        assert!(
            parse(
                br#"{"Replace": {"a": "b"}, "Replace": null}"#,
                Release::GO1_26
            )
            .unwrap()
            .is_empty()
        );
        assert!(parse(b"null", Release::GO1_26).unwrap().is_empty());
    }

    #[test]
    fn wrong_types() {
        let text = |json: &str, release| parse(json.as_bytes(), release).unwrap_err();
        let in26 =
            "json: cannot unmarshal object into Go struct field overlayJSON.Replace of type string";
        assert_eq!(
            text(r#"{"Replace": {"a": {}, "b": 1}}"#, Release::GO1_26),
            in26
        );
        let in27 = "json: cannot unmarshal object into Go struct field overlayJSON.Replace.a~1b of type string";
        assert_eq!(
            text(r#"{"Replace": {"a/b": {}, "b": 1}}"#, Release::GO1_27),
            in27
        );
        let index = "json: cannot unmarshal bool into overlayJSON.Replace.a.12 of type string";
        assert_eq!(
            text(r#"{"Replace": {"a.12": true}}"#, Release::GO1_27),
            index
        );
        let map = "json: cannot unmarshal array into Go struct field overlayJSON.rePlace of type map[string]string";
        assert_eq!(text(r#"{"rePlace": [[1], 2]}"#, Release::GO1_27), map);
        let all = "json: cannot unmarshal string into Go value of type fsys.overlayJSON";
        assert_eq!(text("\"x\"", Release::GO1_26), all);
        // Invalid JSON counts first.
        let syntax = "invalid character '}' looking for beginning of value";
        assert_eq!(
            text(r#"{"Replace": {"a": 1}, "x": }"#, Release::GO1_26),
            syntax
        );
    }
}
