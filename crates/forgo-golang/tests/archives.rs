//! Real archives: each can be written again as it was read, and a move there and back changes
//! nothing.
//!
//! FORGO_TEST_ARCHIVES names directories, separated by colons, that are searched for archives:
//! caches of the go command, of builds of the standard library and of large projects. Without it,
//! there is nothing to test.
#![allow(clippy::disallowed_methods, reason = "a test reads a distribution")]
#![allow(clippy::print_stdout, reason = "how many there were")]

use std::path::{Path, PathBuf};

use again::again;
use forgo_golang::object::relocate::{Move, archive as relocate, seen};
use forgo_golang::object::{self, Unfit, archive};

#[path = "../src/object/tests/again.rs"]
mod again;

fn archives() -> impl Iterator<Item = (PathBuf, Vec<u8>)> {
    let dirs = std::env::var("FORGO_TEST_ARCHIVES").unwrap_or_default();
    let mut files = Vec::new();
    for dir in dirs.split(':').filter(|dir| !dir.is_empty()) {
        collect(Path::new(dir), &mut files);
        assert!(!files.is_empty(), "{dir}: nothing there");
    }
    files.into_iter().filter_map(|file| {
        let bytes = std::fs::read(&file).ok()?;
        let go = bytes.starts_with(b"!<arch>\n__.PKGDEF ");
        go.then_some((file, bytes))
    })
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    for item in std::fs::read_dir(dir).unwrap().flatten() {
        let kind = item.file_type().unwrap();
        if kind.is_dir() {
            collect(&item.path(), files);
        } else if kind.is_file() {
            files.push(item.path());
        }
    }
}

#[test]
fn what_is_read_can_be_written() {
    let mut count = 0;
    for (file, bytes) in archives() {
        let written = again(&bytes).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        assert!(written == bytes, "{}: written otherwise", file.display());
        // The fingerprint is that of the export data.
        let seen = seen(archive::export_data(&bytes).unwrap(), &|_| None).unwrap();
        assert_eq!(seen.fingerprint, seen.renamed_fingerprint);
        count += 1;
    }
    println!("{count} archives");
}

#[test]
fn there_and_back() {
    let there = |name: &[u8]| {
        let rest = name.strip_prefix(b"/")?;
        Some([b"/somewhere/el\xc3\xa9 se/", rest].concat())
    };
    let back = |name: &[u8]| {
        let rest = name.strip_prefix(b"/somewhere/el\xc3\xa9 se/")?;
        Some([b"/", rest].concat())
    };
    // The fingerprints of imports change as any function of them would.
    let import = |_: &[u8], old: [u8; 8]| Ok(old.map(|b| !b));
    let (mut count, mut refused) = (0, 0);
    for (file, bytes) in archives() {
        let moved = Move {
            rename: &there,
            import: &import,
        };
        let moved = match relocate(&bytes, &moved) {
            Ok(moved) => moved.pieces.to_vec(),
            Err(Unfit::Refused(why)) => {
                println!("{}: {why}", file.display());
                refused += 1;
                continue;
            }
            Err(e) => panic!("{}: {e}", file.display()),
        };
        let restored = Move {
            rename: &back,
            import: &import,
        };
        let restored = relocate(&moved, &restored).unwrap();
        assert!(restored.pieces.to_vec() == bytes, "{}", file.display());
        count += 1;
    }
    println!("{count} moved, {refused} refused");
}
