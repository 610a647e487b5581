//! The archives that the Go compiler writes, as files. Their format is
//! [`forgo_golang::object::archive`]'s.

mod buffer;
mod pack;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;

pub use buffer::Buffer;
pub use forgo_golang::object::archive::{
    HEADER, MAGIC, Member, build_id, export_data, export_id, members, write_entry,
};
pub use pack::append;

/// Returns the member with an archive's export data; `None` where the file is not a Go package's
/// archive.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_member_with_export_data() {
        let of = |bytes: &[u8]| {
            let mut file = tempfile::tempfile().unwrap();
            std::io::Write::write_all(&mut file, bytes).unwrap();
            export_member(&file)
        };
        let mut archive = MAGIC.to_vec();
        for (name, data) in [("__.PKGDEF", &b"exported"[..]), ("_go_.o", b"object")] {
            let header = format!("{name:<16}{:<12}{:<6}{:<6}{:<8o}", 0, 0, 0, 0o644);
            let write = |out: &mut Vec<u8>| -> Result<(), ()> {
                out.extend_from_slice(data);
                Ok(())
            };
            write_entry(&mut archive, header.as_bytes(), write).unwrap();
        }
        assert_eq!(of(&archive).unwrap().unwrap(), b"exported");
        assert_eq!(of(&archive[..75]).unwrap(), None);
        assert_eq!(of(&[MAGIC, &archive[76..]].concat()).unwrap(), None);
        assert!(of(b"").is_err());
    }
}
