//! The archives that the Go compiler writes: Unix `ar` files whose first member `__.PKGDEF` holds
//! export data, followed by object files.
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

use std::ops::Range;

use memchr::memchr;
use sha2::{Digest, Sha256};

use super::Unfit;
use super::pieces::Pieces;

/// The first bytes of an archive.
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

/// The archive that the Go compiler wrote, of one that objects of other compilers were added to.
/// `None` where this is not how it begins.
pub fn go_part(archive: &[u8]) -> Option<&[u8]> {
    let mut members = members(archive);
    members.next().filter(|first| first.name == "__.PKGDEF")?;
    let object = members.next().filter(|second| second.name == "_go_.o")?;
    archive.get(..usize::try_from(object.next()).ok()?)
}

/// The SHA-256 of the member with an archive's export data, without the build ID: of all that an
/// importer's compile reads. `None` if it has no build ID.
pub fn export_id(member: &[u8]) -> Option<[u8; 32]> {
    let [before, after] = without_build_id(member)?;
    let sha = Sha256::new().chain_update(before).chain_update(after);
    Some(sha.finalize().into())
}

/// Export data before and after the line `build id "…"`, which is the second.
fn without_build_id(data: &[u8]) -> Option<[&[u8]; 2]> {
    let first = memchr(b'\n', data)? + 1;
    let (before, after) = data.split_at(first);
    let id = before.starts_with(b"go object ") && after.starts_with(b"build id \"");
    let end = memchr(b'\n', after).filter(|_| id)? + 1;
    Some([before, &after[end..]])
}

/// The build ID of a Go package's archive, from the archive's first 1024 bytes. Empty if a Go
/// object has none; `None` if a Go archive does not begin like this.
pub fn build_id(head: &[u8]) -> Option<String> {
    let mut lines = head.splitn(5, |b| *b == b'\n');
    let mut line = |prefix: &[u8]| lines.next().filter(|line| line.starts_with(prefix));
    line(b"!<arch>")?;
    line(b"__.PKGDEF")?;
    line(b"go object ")?;
    let Some(line) = line(b"build id ") else {
        // A complete line with other contents. A line that is cut off proves nothing.
        return head
            .iter()
            .filter(|b| **b == b'\n')
            .nth(3)
            .map(|_| String::new());
    };
    lines.next()?;
    let quoted = std::str::from_utf8(&line[b"build id ".len()..]).ok()?;
    crate::quote::unquote(quoted)
}

/// A member, with its header as it stands but for the size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Name, date, owner, group and mode, padded.
    pub header: &'a [u8],
    /// Its bytes.
    pub data: &'a [u8],
}

impl Entry<'_> {
    /// Its name without padding.
    pub fn name(&self) -> &[u8] {
        self.header[..16].trim_ascii_end()
    }
}

/// Length of the fields of a header before the size.
const BEFORE_SIZE: usize = 48;

/// Reads a whole archive as the Go tools write it: nothing before, between or after the members.
pub fn read(archive: &[u8]) -> Result<Vec<Entry<'_>>, Unfit> {
    let mut rest = archive
        .strip_prefix(MAGIC)
        .ok_or(Unfit::Malformed("no archive"))?;
    let mut entries = Vec::new();
    while !rest.is_empty() {
        let cut = Unfit::Malformed("member is cut off");
        let (header, after) = rest.split_at_checked(HEADER).ok_or(cut)?;
        let member = Member::parse(header, 0).ok_or(Unfit::Malformed("header of a member"))?;
        let size = usize::try_from(member.size()).map_err(|_| cut)?;
        if header[BEFORE_SIZE..] != *size_field(size).as_bytes() {
            return Err(Unfit::Malformed("header of a member"));
        }
        let (data, after) = after.split_at_checked(size).ok_or(cut)?;
        rest = match (size % 2, after) {
            (0, after) => after,
            (_, [0, after @ ..]) => after,
            _ => return Err(Unfit::Malformed("padding of a member")),
        };
        let header = &header[..BEFORE_SIZE];
        entries.push(Entry { header, data });
    }
    Ok(entries)
}

/// Appends a member to an archive, which begins with [`MAGIC`]; `write` appends its data.
pub fn write_entry<E>(
    archive: &mut Vec<u8>,
    header: &[u8],
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    archive.extend_from_slice(header);
    let size = archive.len();
    archive.extend_from_slice(&[0; HEADER - BEFORE_SIZE]);
    let data = archive.len();
    write(archive)?;
    let length = archive.len() - data;
    archive[size..data].copy_from_slice(size_field(length).as_bytes());
    if length % 2 == 1 {
        archive.push(0);
    }
    Ok(())
}

/// Appends a member that is there already to an archive in pieces.
pub fn push_entry<'a>(archive: &mut Pieces<'a>, header: &'a [u8], data: Pieces<'a>) {
    archive.push(header);
    archive.push(size_field(data.len()).into_bytes());
    let odd = data.len() % 2 == 1;
    archive.append(data);
    if odd {
        archive.push(&[0][..]);
    }
}

/// The end of a header. Archives are far smaller than ten digits can express.
fn size_field(size: usize) -> String {
    format!("{size:<10}`\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_can_be_written() {
        let mut bytes = archive_of("odd");
        bytes.push(0);
        bytes.extend_from_slice(&archive_of("second!!")[MAGIC.len()..]);
        let entries = read(&bytes).unwrap();
        assert_eq!(entries[0].name(), b"__.PKGDEF");
        assert_eq!(entries[1].data, b"second!!");
        let mut again = MAGIC.to_vec();
        for entry in &entries {
            let write = |out: &mut Vec<u8>| -> Result<(), Unfit> {
                out.extend_from_slice(entry.data);
                Ok(())
            };
            write_entry(&mut again, entry.header, write).unwrap();
        }
        assert_eq!(again, bytes);
        for cut in 1..bytes.len() {
            // Cut between two members, it is an archive.
            let whole = cut == MAGIC.len() || cut == 72;
            assert_eq!(read(&bytes[..cut]).is_ok(), whole, "{cut}");
        }
        let mut padded = archive_of("odd");
        padded.push(b'\n');
        assert_eq!(read(&padded), Err(Unfit::Malformed("padding of a member")));
        let sized = String::from_utf8(archive_of("x\0")).unwrap();
        let sized = sized.replace("2         `", " 2        `");
        assert_eq!(
            read(sized.as_bytes()),
            Err(Unfit::Malformed("header of a member"))
        );
    }

    #[test]
    fn what_the_go_compiler_wrote() {
        let member = |name: &str, body: &str| {
            let archive = archive_of(body);
            let name = format!("{name:<16}");
            [name.as_bytes(), &archive[MAGIC.len() + name.len()..]].concat()
        };
        let [first, object] = [member("__.PKGDEF", "data"), member("_go_.o", "odd")];
        let whole = [&MAGIC[..], &first, &object, &[0]].concat();
        assert_eq!(go_part(&whole), Some(&whole[..]));
        let more = [&whole[..], &member("_x001.o", "ELF")].concat();
        assert_eq!(go_part(&more), Some(&whole[..]));
        assert_eq!(go_part(&whole[..whole.len() - 1]), None);
        let others = [
            [&MAGIC[..], &first].concat(),
            [&MAGIC[..], &object, &[0], &first].concat(),
            [&MAGIC[..], &first, &first].concat(),
        ];
        assert!(others.iter().all(|other| go_part(other).is_none()));
    }

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
        let id = |member: &str| export_id(member.as_bytes());
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
        // No build ID: nothing that could be equal.
        for none in [
            "",
            "go object linux\n\n$$B\nx",
            "go object linux\nbuild id \"a/b",
        ] {
            assert_eq!(id(none), None, "{none}");
        }
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
