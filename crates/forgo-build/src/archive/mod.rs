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

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::os::unix::fs::FileExt;

use memchr::memchr;
use sha2::{Digest, Sha256};

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

/// The SHA-256 of an archive's export data without its build ID: of all that an importer's compile
/// reads. `None` where the file is no Go package's archive.
pub fn export_id(file: &File) -> io::Result<Option<[u8; 32]>> {
    let mut head = [0; MAGIC.len() + HEADER];
    file.read_exact_at(&mut head, 0)?;
    let member = head
        .starts_with(MAGIC)
        .then(|| Member::parse(&head[MAGIC.len()..], MAGIC.len() as u64))
        .flatten()
        .filter(|member| member.name == "__.PKGDEF");
    let Some(member) = member else {
        return Ok(None);
    };
    // The size may be damaged: nothing is reserved for it.
    let mut data = Vec::new();
    let mut from = file;
    from.seek(SeekFrom::Start(member.data.start))?;
    from.take(member.size()).read_to_end(&mut data)?;
    if data.len() as u64 != member.size() {
        return Ok(None);
    }
    Ok(without_build_id(&data).map(|[before, after]| {
        let sha = Sha256::new().chain_update(before).chain_update(after);
        sha.finalize().into()
    }))
}

/// Export data before and after the line `build id "…"`, which is the second.
fn without_build_id(data: &[u8]) -> Option<[&[u8]; 2]> {
    let first = memchr(b'\n', data)? + 1;
    let (before, after) = data.split_at(first);
    let id = before.starts_with(b"go object ") && after.starts_with(b"build id \"");
    let end = memchr(b'\n', after).filter(|_| id)? + 1;
    Some([before, &after[end..]])
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
    fn export_data_is_compared_without_the_build_id() {
        let id = |body: &str| {
            let mut file = tempfile::tempfile().unwrap();
            std::io::Write::write_all(&mut file, &archive_of(body)).unwrap();
            export_id(&file).unwrap()
        };
        let one = id("go object linux\nbuild id \"a/b\"\n\n$$B\nx\n$$\n");
        assert!(one.is_some());
        let same = id("go object linux\nbuild id \"longer/one\"\n\n$$B\nx\n$$\n");
        assert_eq!(one, same);
        for other in [
            "go object linux\nbuild id \"a/b\"\n\n$$B\ny\n$$\n",
            "go object plan9\nbuild id \"a/b\"\n\n$$B\nx\n$$\n",
            "go object linux\nbuild id \"a/b\"\nmain\n\n$$B\nx\n$$\n",
        ] {
            let other = id(other);
            assert!(other.is_some() && other != one);
        }
        // No archive with a build ID: nothing that could be equal.
        for none in [
            "",
            "go object linux\n\n$$B\nx",
            "go object linux\nbuild id \"a/b",
        ] {
            assert_eq!(id(none), None, "{none}");
        }
        let mut cut = tempfile::tempfile().unwrap();
        let whole = archive_of("go object linux\nbuild id \"a/b\"\n\n$$B\nx\n$$\n");
        std::io::Write::write_all(&mut cut, &whole[..whole.len() - 1]).unwrap();
        assert_eq!(export_id(&cut).unwrap(), None);
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
