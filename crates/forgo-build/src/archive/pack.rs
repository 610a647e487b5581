//! Appending members to an archive, byte for byte as the stock command does it within its own
//! process. Answers to packInternal in cmd/go/internal/work/gc.go.

use forgo_load::disk::{self, Because};
use std::fs::File;
use std::io::{BufWriter, Read, Write};

use forgo_cache::path_error;

/// Appends files as members, as `go tool pack r` does. The error is a text in the stock command's
/// words.
pub fn append(archive: &str, files: &[String]) -> Result<(), String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "an archive in the work directory"
    )]
    let open = File::options().append(true).open(archive);
    let mut out = BufWriter::new(open.map_err(|e| path_error("open", archive, &e))?);
    for file in files {
        append_file(&mut out, archive, file)?;
    }
    out.flush().map_err(|e| path_error("write", archive, &e))
}

fn append_file(out: &mut impl Write, archive: &str, file: &str) -> Result<(), String> {
    let mut from =
        disk::own::open(Because::Made, file).map_err(|e| path_error("open", file, &e))?;
    let size = from
        .metadata()
        .map_err(|e| path_error("stat", file, &e))?
        .len();
    let copying = |why: String| format!("copying {file} to {archive}: {why}");
    let write_error = |e| copying(path_error("write", archive, &e));
    let header = header(file.rsplit('/').next().unwrap_or(file), size);
    out.write_all(&header).map_err(write_error)?;
    // A file that grows meanwhile would make a member that is longer than its header states.
    let copied = std::io::copy(&mut (&mut from).take(size + 1), out)
        .map_err(|e| copying(path_error("read", file, &e)))?;
    if copied < size {
        return Err(copying("unexpected EOF".into()));
    }
    if copied > size {
        return Err(copying("file larger than size reported by stat".into()));
    }
    if size % 2 == 1 {
        out.write_all(&[0]).map_err(write_error)?;
    }
    Ok(())
}

/// A member's header; a name is cut after 16 bytes, even inside of a character.
fn header(name: &str, size: u64) -> Vec<u8> {
    let mut header: Vec<u8> = name.bytes().take(16).collect();
    header.resize(16, b' ');
    let rest = format!("{:<12}{:<6}{:<6}{:<8o}{size:<10}`\n", 0, 0, 0, 0o644);
    header.extend_from_slice(rest.as_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::members;

    #[test]
    fn members_are_appended() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        let archive = path("p.a");
        std::fs::write(&archive, "!<arch>\n").unwrap();
        std::fs::write(path("odd.o"), "abc").unwrap();
        std::fs::write(path("very_long_name_é.o"), "abcd").unwrap();
        std::fs::write(path("empty"), "").unwrap();
        let files = ["odd.o", "very_long_name_é.o", "empty"].map(path);
        append(&archive, &files).unwrap();
        let bytes = std::fs::read(&archive).unwrap();
        let mut expected = b"!<arch>\n".to_vec();
        for (name, data) in [
            (&b"odd.o           "[..], "abc\0"),
            (b"very_long_name_\xc3", "abcd"),
            (b"empty           ", ""),
        ] {
            let size = data.trim_end_matches('\0').len();
            expected.extend_from_slice(name);
            let zeros = "0           0     0     644     ";
            expected.extend_from_slice(format!("{zeros}{size:<10}`\n{data}").as_bytes());
        }
        assert_eq!(bytes, expected);
        let names: Vec<String> = members(&bytes).map(|member| member.name).collect();
        assert_eq!(names, ["odd.o", "very_long_name_\u{fffd}", "empty"]);
        let error = append(&archive, &[path("missing")]).unwrap_err();
        assert_eq!(
            error,
            format!("open {}: no such file or directory", path("missing"))
        );
    }
}
