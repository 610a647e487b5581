//! The archives that the Go compiler writes, as files. Their format is
//! [`forgo_golang::object::archive`]'s.

mod pack;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;

use memchr::memchr;
use sha2::{Digest, Sha256};

pub use forgo_golang::object::archive::{HEADER, MAGIC, Member, build_id, export_data, members};
pub use pack::append;

/// The member with an archive's export data; `None` where the file is no Go package's archive.
pub fn export_member(file: &File) -> io::Result<Option<Vec<u8>>> {
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
    Ok((data.len() as u64 == member.size()).then_some(data))
}

/// The SHA-256 of the member with an archive's export data, without the build ID: of all that an
/// importer's compile reads. `None` where there is no build ID.
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
    fn export_data_is_compared_without_the_build_id() {
        let id = |body: &str| {
            let mut file = tempfile::tempfile().unwrap();
            std::io::Write::write_all(&mut file, &archive_of(body)).unwrap();
            export_id(&export_member(&file).unwrap()?)
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
        assert_eq!(export_member(&cut).unwrap(), None);
    }
}
