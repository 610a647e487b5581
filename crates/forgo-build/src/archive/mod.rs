//! The archives that the Go compiler writes: Unix `ar` files whose first member `__.PKGDEF` holds
//! export data, followed by object files. The only place that knows the format.
//!
//! ```text
//! !<arch>\n
//! __.PKGDEF       0           0     0     644     7955      `\n     60 bytes: name … size
//! go object linux amd64 go1.27.3 …\n
//! build id "…"\n
//! \n
//! $$B\n…$$\n                                                        export data
//! _go_.o          0           0     0     644     …         `\n
//! go object linux amd64 …\n
//! ```
//!
//! Answers to cmd/internal/archive, and to packInternal in cmd/go/internal/work/gc.go.

mod pack;

use std::ops::Range;

pub use pack::append;

/// What an archive begins with.
pub const MAGIC: &[u8; 8] = b"!<arch>\n";

/// Size of a member's header.
pub const HEADER: usize = 60;

/// A member: its name, without padding, and where its data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// As it stands, a System V `/` included.
    pub name: String,
    /// Its bytes in the archive.
    pub data: Range<u64>,
}

impl Member {
    /// Reads a header that stands at an offset; `None` where it is damaged.
    pub fn parse(header: &[u8], at: u64) -> Option<Member> {
        // A name may have been cut within a character.
        let text = |range: Range<usize>| Some(String::from_utf8_lossy(header.get(range)?));
        let size: u64 = text(48..58)?.trim().parse().ok()?;
        let start = at + HEADER as u64;
        Some(Member {
            name: text(0..16)?.trim().to_owned(),
            data: start..start.checked_add(size)?,
        })
    }

    /// Its size.
    pub fn size(&self) -> u64 {
        self.data.end - self.data.start
    }

    /// Where the next header is: members begin at even offsets.
    pub fn next(&self) -> u64 {
        self.data.end.next_multiple_of(2)
    }
}

/// The members of an archive in memory; ends where the archive does or is damaged.
pub fn members(archive: &[u8]) -> impl Iterator<Item = Member> {
    let mut at = MAGIC.len() as u64;
    let whole = archive.starts_with(MAGIC);
    std::iter::from_fn(move || {
        let header = archive
            .get(at as usize..)?
            .get(..HEADER)
            .filter(|_| whole)?;
        let member = Member::parse(header, at).filter(|m| m.data.end <= archive.len() as u64)?;
        at = member.next();
        Some(member)
    })
}

/// The member with the export data, which is all that an importer's compile reads.
pub fn export_data(archive: &[u8]) -> Option<&[u8]> {
    let member = members(archive)
        .next()
        .filter(|member| member.name == "__.PKGDEF")?;
    archive.get(member.data.start as usize..member.data.end as usize)
}

/// The build ID of a Go package's archive, from the archive's first 1024 bytes. Empty where a Go
/// object says none; `None` where this is not how a Go archive begins.
pub fn build_id(head: &[u8]) -> Option<String> {
    let mut lines = head.splitn(5, |b| *b == b'\n');
    let mut line = |prefix: &[u8]| lines.next().filter(|line| line.starts_with(prefix));
    line(b"!<arch>")?;
    line(b"__.PKGDEF")?;
    line(b"go object ")?;
    let Some(line) = line(b"build id ") else {
        // A whole line that says something else. A line that is cut off says nothing.
        return head
            .iter()
            .filter(|b| **b == b'\n')
            .nth(3)
            .map(|_| String::new());
    };
    lines.next()?;
    let quoted = std::str::from_utf8(&line[b"build id ".len()..]).ok()?;
    forgo_golang::quote::unquote(quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive_of(body: &str) -> Vec<u8> {
        let header = format!(
            "{:<16}{:<12}{:<6}{:<6}{:<8o}{:<10}`\n",
            "__.PKGDEF",
            0,
            0,
            0,
            0o644,
            body.len()
        );
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(body.as_bytes());
        bytes
    }

    #[test]
    fn ids() {
        let of = |body: &str| build_id(&archive_of(body));
        let id = |s: &str| Some(s.to_owned());
        assert_eq!(
            of("go object linux amd64 go1\nbuild id \"a/b\"\n\n$$B"),
            id("a/b")
        );
        assert_eq!(
            of("go object linux amd64 go1\nbuild id \"a\\x2fb\"\n"),
            id("a/b")
        );
        assert_eq!(of("go object linux amd64 go1\n\n$$B\n"), id(""));
        assert_eq!(of("go object linux amd64 go1\nbuild id \"a/b"), None);
        assert_eq!(of("go object linux amd64 go1\nbuild id a\n\n"), None);
        assert_eq!(of("other\n\n\n"), None);
        assert_eq!(build_id(b"!<arch>\n_go_.o\n\n\n\n"), None);
    }

    #[test]
    fn members_are_found() {
        let mut bytes = archive_of("odd");
        bytes.push(0);
        bytes.extend_from_slice(&archive_of("second!")[MAGIC.len()..]);
        let found: Vec<Member> = members(&bytes).collect();
        let at = |start, size| Member {
            name: "__.PKGDEF".into(),
            data: start..start + size,
        };
        assert_eq!(found, [at(68, 3), at(132, 7)]);
        assert_eq!(export_data(&bytes), Some(&b"odd"[..]));
        // A member that is cut off is none.
        bytes.pop();
        assert_eq!(members(&bytes).count(), 1);
        assert_eq!(members(b"ELF").count(), 0);
        assert_eq!(export_data(b"!<arch>\n"), None);
    }
}
