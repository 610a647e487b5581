use super::*;

#[test]
fn halves() {
    for (id, action, content) in [
        ("a/b", "a", "b"),
        ("a/b/c/d", "a", "d"),
        ("alone", "alone", "alone"),
        ("", "", ""),
    ] {
        assert_eq!((action_id(id), content_id(id)), (action, content));
    }
}

#[test]
fn a_pipe_has_none_and_is_not_read() {
    use std::io::Write;
    use std::os::fd::AsRawFd;
    let (_reader, mut writer) = io::pipe().unwrap();
    writer.write_all(&[b'x'; HEAD + 8]).unwrap();
    let path = format!("/dev/fd/{}", writer.as_raw_fd());
    let why = format!("read {path}: illegal seek");
    assert_eq!(read_build_id(&path), Err(why));
}

/// Gives its bytes a few at a time.
struct Trickle<'b>(&'b [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.1.min(buffer.len()).min(self.0.len());
        buffer[..length].copy_from_slice(&self.0[..length]);
        self.0 = &self.0[length..];
        Ok(length)
    }
}

#[test]
fn ids_are_found_wherever_reads_end() {
    let id = "abcabcab";
    let mut bytes = vec![b'x'; 300];
    let places = [0_usize, 9, 17, 100, 292];
    for &at in &places {
        bytes[at..at + id.len()].copy_from_slice(id.as_bytes());
    }
    // Overlaps with the one before: the first counts.
    bytes[105..113].copy_from_slice(b"cabcabca");
    let excluded = 150..190;
    bytes[160..168].copy_from_slice(id.as_bytes());
    let mut blank = bytes.clone();
    for &at in &places {
        blank[at..at + id.len()].fill(0);
    }
    blank[150..190].fill(0);
    let expected = Found {
        offsets: places.map(|at| at as u64).to_vec(),
        hash: Sha256::digest(&blank).into(),
    };
    for step in 1..=301 {
        let found = scan(Trickle(&bytes, step), std::slice::from_ref(&excluded), id).unwrap();
        assert_eq!(found, expected, "{step} at a time");
        let all = scan(Trickle(&bytes, step), &[], id).unwrap();
        assert_eq!(all, scan_in_place(&bytes, id), "{step} at a time");
    }
}

#[test]
fn ids_are_found_across_blocks() {
    let id = "0123456789/0123456789";
    let mut bytes = vec![7; 700_000];
    let mut expected = Vec::new();
    for at in [131_060, 131_072 + 131_062, 400_000, 700_000 - id.len()] {
        bytes[at..at + id.len()].copy_from_slice(id.as_bytes());
        expected.push(at as u64);
    }
    let found = find_and_hash(&bytes, id);
    assert_eq!(found.offsets, expected);
    assert_eq!(scan(bytes.as_slice(), &[], id).unwrap(), found);
    let mut stamped = bytes.clone();
    stamp(&mut stamped, &found.offsets, "abcdefghij/abcdefghij");
    assert_eq!(find_and_hash(&stamped, "abcdefghij/abcdefghij"), found);
    assert_eq!(stamp(&mut stamped, &found.offsets, id).len(), 4);
    assert_eq!(stamped, bytes);
}

#[test]
fn ids_in_text() {
    let raw = |s: &str| {
        let bytes: Vec<u8> = s.chars().map(|c| c as u8).collect();
        raw_build_id(&bytes)
    };
    let id = |s: &str| Some(s.to_owned());
    assert_eq!(raw("..\u{ff} Go build ID: \"a/b\"\n \u{ff}.."), id("a/b"));
    assert_eq!(raw("..\u{ff} Go build ID: \"\"\n \u{ff}.."), id(""));
    assert_eq!(raw("nothing"), id(""));
    assert_eq!(raw("..\u{ff} Go build ID: \"a/b"), None);
    assert_eq!(raw("..\u{ff} Go build ID: \"a\"b\"\n \u{ff}.."), None);
}

#[test]
fn files_get_the_id_they_deserve() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f").to_str().unwrap().to_owned();
    let old = format!("{0}/{0}", "a".repeat(20));
    for head in ["!<arch>\n", "other"] {
        std::fs::write(&path, format!("{head}one {old} two {old}")).unwrap();
        let updated = update_file(&path, &old, action_id(&old)).unwrap();
        let zeros = "\0".repeat(old.len());
        let hash: [u8; 32] = Sha256::digest(format!("{head}one {zeros} two {zeros}")).into();
        let new = format!("{}/{}", "a".repeat(20), hash_to_string(&hash));
        assert_eq!((&updated.build_id, updated.stamped), (&new, true));
        let now = std::fs::read(&path).unwrap();
        assert_eq!(now, format!("{head}one {new} two {new}").as_bytes());
        let bytes = updated.bytes.map(|bytes| bytes.to_vec());
        assert_eq!(bytes, head.starts_with('!').then(|| now.clone()));

        let updated = update_file(&path, &old, action_id(&old)).unwrap();
        assert!(!updated.stamped);
        assert_eq!(std::fs::read(&path).unwrap(), now);
    }
    let error = update_file(&path, "short", "").unwrap_err();
    assert!(
        error.starts_with("internal error: build ID length mismatch \"short\" vs \""),
        "{error}"
    );
    let missing = format!("{path}x");
    let error = update_file(&missing, &old, action_id(&old)).unwrap_err();
    assert_eq!(error, format!("open {missing}: no such file or directory"));
}

#[test]
fn what_is_no_object_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f").to_str().unwrap().to_owned();
    let malformed = || Err(format!("parse {path}: malformed object file"));
    let cases: [(&[u8], Result<String, String>); 7] = [
        (b"short", Err("EOF".into())),
        (b"#!/bin/sh\n", Ok(String::new())),
        (b"!<arch>\nnot a member", malformed()),
        (b"\x7fELF\x07\0\0\0", malformed()),
        (b"\x7fELF\x02\x01\0\0 cut off", malformed()),
        (b"\xcf\xfa\xed\xfe\0\0\0\0 cut off", malformed()),
        (b"\xff Go build ID: \"x", malformed()),
    ];
    for (bytes, expected) in cases {
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(read_build_id(&path), expected, "{bytes:?}");
        // Damage must not cause a panic.
        find_and_hash(bytes, "id");
    }
    // An archive of something else than Go packages carries no ID.
    let mut archive = b"!<arch>\n".to_vec();
    let object = b"object data";
    let header = format!("{:<48}{:<10}`\n", "go.o/", object.len());
    archive.extend_from_slice(header.as_bytes());
    archive.extend_from_slice(object);
    // The padding after the last member may be missing.
    for more in [&b""[..], b"\0"] {
        archive.extend_from_slice(more);
        std::fs::write(&path, &archive).unwrap();
        assert_eq!(read_build_id(&path), Ok(String::new()));
    }
    archive.extend_from_slice(b"half a header");
    std::fs::write(&path, &archive).unwrap();
    assert_eq!(read_build_id(&path), malformed());
}

/// An ELF file of a 64-bit little-endian machine with nothing but GNU's note of this build ID.
fn elf_with_gnu_note(id: &[u8]) -> Vec<u8> {
    let mut file = vec![0; 64];
    file[..6].copy_from_slice(b"\x7fELF\x02\x01");
    file[32..40].copy_from_slice(&64_u64.to_le_bytes());
    file[54..56].copy_from_slice(&56_u16.to_le_bytes());
    file[56..58].copy_from_slice(&1_u16.to_le_bytes());
    let size = 16 + id.len() as u64;
    file.extend(4_u32.to_le_bytes());
    file.extend(4_u32.to_le_bytes());
    for field in [120, 0, 0, size, size, 4] {
        file.extend(u64::to_le_bytes(field));
    }
    for field in [4, id.len() as u32, 3] {
        file.extend(field.to_le_bytes());
    }
    file.extend(b"GNU\0");
    file.extend(id);
    file.resize(4096, 0);
    file
}

#[test]
fn ids_of_c_linkers_are_bytes() {
    let id = b"\x0a\xaf/\x4b\xd5\xc8\x00\xff";
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lib.so");
    std::fs::write(&path, elf_with_gnu_note(id)).unwrap();
    assert_eq!(read_build_id_bytes(path.to_str().unwrap()).unwrap(), id);
}
