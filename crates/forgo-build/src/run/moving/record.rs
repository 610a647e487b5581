//! What is kept under a key that is the same everywhere: which archive the work made, and where.
//!
//! ```text
//! forgo: made elsewhere 1
//! key 0123…                    the stock key of that archive
//! cwd <module example.com/m>   where the compiler was run, if it said something
//! place <module example.com/m> /home/me/m
//! ```

use forgo_cache::ActionId;

use crate::run::moving::Places;

const HEAD: &str = "forgo: made elsewhere 1";

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The stock key of the archive.
    pub key: ActionId,
    /// The current directory that messages are relative to, by its place's name; empty where the
    /// compiler said nothing.
    pub cwd: String,
    /// Where the places were.
    pub places: Places,
}

impl Record {
    /// As it is kept.
    pub fn to_text(&self) -> String {
        let cwd = match self.cwd.as_str() {
            "" => String::new(),
            cwd => format!("cwd {cwd}\n"),
        };
        let places = self.places.to_text();
        format!("{HEAD}\nkey {}\n{cwd}{places}", self.key)
    }

    /// Of what was kept.
    pub fn parse(text: &[u8]) -> Option<Record> {
        let text = std::str::from_utf8(text).ok()?.strip_suffix('\n')?;
        let mut lines = text.split('\n').peekable();
        if lines.next()? != HEAD {
            return None;
        }
        let key = parse_key(lines.next()?.strip_prefix("key ")?)?;
        let cwd = lines.peek().and_then(|line| line.strip_prefix("cwd "));
        let cwd = cwd.map(str::to_owned).unwrap_or_default();
        if !cwd.is_empty() {
            lines.next();
        }
        let places = Places::parse(lines)?;
        Some(Record { key, cwd, places })
    }
}

fn parse_key(hex: &str) -> Option<ActionId> {
    let mut key = [0; 32];
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    for (i, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).ok()?;
    }
    Some(ActionId(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for cwd in ["", "<module m>/a b"] {
            let record = Record {
                key: ActionId([0xa7; 32]),
                cwd: cwd.into(),
                places: Places::parse("place <module m> /w x\nplace <modcache> /c".lines())
                    .unwrap(),
            };
            let text = record.to_text();
            assert_eq!(Record::parse(text.as_bytes()), Some(record));
            assert_eq!(Record::parse(&text.as_bytes()[1..]), None);
            assert_eq!(Record::parse(&text.as_bytes()[..text.len() - 1]), None);
        }
        assert_eq!(Record::parse(b"\xff"), None);
        assert_eq!(Record::parse(b""), None);
    }
}
