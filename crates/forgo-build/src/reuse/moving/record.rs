//! The record kept under a key that is the same everywhere: which archive the work made, and where.
//!
//! ```text
//! forgo: made elsewhere 3
//! key 0123…                    the stock key of that archive
//! content abc…                 its content ID
//! sum 89ab…                    a checksum of all of it
//! export 4567… placed          what importers see of it, the same everywhere, and whether that names places
//! cwd <module example.com/m>   where the compiler was run, if it printed something
//! place <module example.com/m> /home/me/m
//! ```
//!
//! Of an archive that can't be moved only the first line is kept, and `not moved`.

use forgo_cache::ActionId;
use forgo_golang::quote::{hex, unhex};

use crate::exports::Places;

const HEAD: &str = "forgo: made elsewhere 3";
const NOT_MOVED: &str = "not moved";

/// The record under such a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// An archive.
    Archive(Record),
    /// The archive can be used only in the directory where it was compiled.
    NotMoved,
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The stock key of the archive.
    pub key: ActionId,
    /// Its content ID.
    pub content: String,
    /// [`crate::reuse::stamp::Donor::checksum`] of it.
    pub sum: u128,
    /// [`crate::exports::Anywhere::id`] of it.
    pub export: [u8; 32],
    /// [`crate::exports::Anywhere::placed`] of it.
    pub placed: bool,
    /// The current directory that messages are relative to, by its place's name; empty where the
    /// compiler printed nothing.
    pub cwd: String,
    /// Where the places were.
    pub places: Places,
}

impl Kept {
    /// As it is kept.
    pub fn to_text(&self) -> String {
        let Kept::Archive(record) = self else {
            return format!("{HEAD}\n{NOT_MOVED}\n");
        };
        let cwd = match record.cwd.as_str() {
            "" => String::new(),
            cwd => format!("cwd {cwd}\n"),
        };
        let placed = if record.placed { "placed" } else { "free" };
        format!(
            "{HEAD}\nkey {}\ncontent {}\nsum {:032x}\nexport {} {placed}\n{cwd}{}",
            record.key,
            record.content,
            record.sum,
            hex(&record.export),
            record.places.to_text()
        )
    }

    /// Parses a kept record.
    pub fn parse(text: &[u8]) -> Option<Kept> {
        let text = std::str::from_utf8(text).ok()?.strip_suffix('\n')?;
        let mut lines = text.split('\n').peekable();
        if lines.next()? != HEAD {
            return None;
        }
        if lines.next_if_eq(&NOT_MOVED).is_some() {
            return lines.next().is_none().then_some(Kept::NotMoved);
        }
        let key = unhex(lines.next()?.strip_prefix("key ")?)?;
        let content = lines.next()?.strip_prefix("content ")?.to_owned();
        let sum = lines.next()?.strip_prefix("sum ")?;
        let export = lines.next()?.strip_prefix("export ")?;
        let (export, placed) = export.split_once(' ')?;
        let cwd = lines.peek().and_then(|line| line.strip_prefix("cwd "));
        let cwd = cwd.map(str::to_owned).unwrap_or_default();
        if !cwd.is_empty() {
            lines.next();
        }
        Some(Kept::Archive(Record {
            key: ActionId(key),
            content,
            sum: parse_sum(sum)?,
            export: unhex(export)?,
            placed: match placed {
                "placed" => true,
                "free" => false,
                _ => return None,
            },
            cwd,
            places: Places::parse(lines)?,
        }))
    }
}

fn parse_sum(hex: &str) -> Option<u128> {
    let whole = hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit());
    u128::from_str_radix(hex, 16).ok().filter(|_| whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for (cwd, placed) in [("", true), ("<module m>/a b", false)] {
            let record = Kept::Archive(Record {
                key: ActionId([0xa7; 32]),
                content: "a-b_c".into(),
                sum: 0x89ab,
                export: [0x0f; 32],
                placed,
                cwd: cwd.into(),
                places: Places::parse("place <module m> /w x\nplace <modcache> /c".lines())
                    .unwrap(),
            });
            let text = record.to_text();
            assert_eq!(Kept::parse(text.as_bytes()), Some(record));
            assert_eq!(Kept::parse(&text.as_bytes()[1..]), None);
            assert_eq!(Kept::parse(&text.as_bytes()[..text.len() - 1]), None);
        }
        let none = Kept::NotMoved.to_text();
        assert_eq!(Kept::parse(none.as_bytes()), Some(Kept::NotMoved));
        assert_eq!(Kept::parse(format!("{none}x\n").as_bytes()), None);
        assert_eq!(Kept::parse(b"\xff"), None);
        assert_eq!(Kept::parse(b""), None);
    }
}
