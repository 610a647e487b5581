//! One GOCACHE, two commands: entries that the stock go command stores are found here, and entries
//! stored here save the stock go command its work.
#![allow(
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test looks at what came out"
)]

mod support;

use std::path::Path;

use forgo_cache::disk::DiskCache;
use forgo_cache::{ActionId, Content, Formulas, Tiered, Verify, get_bytes, get_file};
use support::{go, stderr_of, write_module};

/// The action IDs of a cache, from the names of its files.
fn action_ids(cache: &Path) -> Vec<ActionId> {
    let mut ids = Vec::new();
    for i in 0..256 {
        for item in std::fs::read_dir(cache.join(format!("{i:02x}"))).unwrap() {
            let name = item.unwrap().file_name().into_string().unwrap();
            if let Some(hex) = name.strip_suffix("-a") {
                let byte = |i: usize| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap();
                ids.push(ActionId(std::array::from_fn(byte)));
            }
        }
    }
    ids
}

fn open(dir: &Path) -> Tiered {
    std::fs::create_dir_all(dir).unwrap();
    Tiered::local(DiskCache::open(dir.to_str().unwrap(), None).unwrap())
}

#[test]
fn entries_travel_both_ways() {
    let dir = tempfile::tempdir().unwrap();
    let (stock, ours) = (dir.path().join("stock"), dir.path().join("ours"));
    write_module(dir.path());
    stderr_of(&go(dir.path(), &stock, &[], &["build", "./..."]));
    // `go run` leaves an executable in the cache.
    stderr_of(&go(dir.path(), &stock, &[], &["run", "."]));

    let from = open(&stock);
    let to = open(&ours);
    let mut executables = 0;
    let ids = action_ids(&stock);
    assert!(ids.len() > 50, "{} entries", ids.len());
    for id in &ids {
        let (bytes, entry) = get_bytes(&from, id).unwrap();
        assert_eq!(entry.size, bytes.len() as u64);
        let (file, _) = get_file(&from, id).unwrap();
        let name = file.rsplit('/').next().unwrap();
        let stored = if name.ends_with("-d") {
            to.put(id, Content::File(&file), Verify::Strict)
        } else {
            executables += 1;
            to.put_executable(id, name, Content::Bytes(&bytes)).unwrap()
        };
        assert_eq!(stored.unwrap(), (entry.output, entry.size));
        // Storing it again changes nothing.
        to.put(id, Content::Bytes(b"other"), Verify::Lax).unwrap();
        let again = if name.ends_with("-d") {
            to.put(id, Content::Bytes(&bytes), Verify::Strict)
        } else {
            to.put_executable(id, name, Content::File(&file)).unwrap()
        };
        assert_eq!(again.unwrap(), (entry.output, entry.size));
        assert_eq!(get_bytes(&to, id).unwrap().0, bytes);
    }
    assert_eq!(executables, 1);

    let text = stderr_of(&go(dir.path(), &ours, &[], &["build", "-x", "./..."]));
    assert!(
        !text.contains("/compile "),
        "the stock command compiled:\n{text}"
    );
    let run = go(dir.path(), &ours, &[], &["run", "-x", "."]);
    let text = stderr_of(&run);
    assert!(
        !text.contains("/link "),
        "the stock command linked:\n{text}"
    );
    assert!(text.ends_with("3\n"), "the program did not run:\n{text}");
}

#[test]
fn a_damaged_output_is_repaired() {
    let dir = tempfile::tempdir().unwrap();
    let cache = open(&dir.path().join("c"));
    let id = ActionId([5; 32]);
    for (content, damage) in [
        (&b"right bytes"[..], &b"wrong bytes"[..]),
        (b"right bytes", b"short"),
        (b"right bytes", b"right bytes and more"),
        (b"", b"not empty"),
    ] {
        let (output, _) = cache
            .put(&id, Content::Bytes(content), Verify::Strict)
            .unwrap();
        let file = cache.output_file(&output);
        std::fs::write(&file, damage).unwrap();
        assert!(get_bytes(&cache, &id).is_err());
        let source = dir.path().join("source");
        std::fs::write(&source, content).unwrap();
        let source = Content::File(source.to_str().unwrap());
        cache.put(&id, source, Verify::Strict).unwrap();
        assert_eq!(get_bytes(&cache, &id).unwrap().0, content);
    }
}

#[test]
fn an_executable_can_be_run_while_it_is_stored_again() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let cache = open(&dir.path().join("c"));
    let id = ActionId([6; 32]);
    let program = std::fs::read("/bin/sleep").unwrap();
    let put = || {
        cache
            .put_executable(&id, "nap", Content::Bytes(&program))
            .unwrap()
            .unwrap()
    };
    let (output, _) = put();
    let path = cache.output_file(&output);
    assert!(path.ends_with("-d/nap"), "{path}");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o100, 0o100);
    let mut child = std::process::Command::new(&path).arg("60").spawn().unwrap();
    assert_eq!(put().0, output);
    child.kill().unwrap();
    child.wait().unwrap();
    // A damaged one is replaced, also while the damaged file is in use.
    std::fs::write(&path, b"#!/bin/sh\n").unwrap();
    assert_eq!(put().0, output);
    assert_eq!(std::fs::read(&path).unwrap(), program);
}

#[test]
fn words_of_failure() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("missing");
    let missing = missing.to_str().unwrap();
    let error = DiskCache::open(missing, None).err().unwrap().to_string();
    assert_eq!(error, format!("stat {missing}: no such file or directory"));
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let file = file.to_str().unwrap();
    let error = DiskCache::open(file, None).err().unwrap().to_string();
    assert_eq!(error, format!("open {file}: not a directory"));

    let cache_dir = dir.path().join("c");
    let cache = open(&cache_dir);
    let id = ActionId([0xab; 32]);
    let name = "ab".repeat(32);
    let path = format!("{}/ab/{name}", cache_dir.display());
    let error = cache.get(&id).unwrap_err().to_string();
    let expected = format!("cache entry not found: open {path}-a: no such file or directory");
    assert_eq!(error, expected);
    let (output, _) = cache
        .put(&id, Content::Bytes(b"x"), Verify::Strict)
        .unwrap();
    std::fs::remove_file(cache.output_file(&output)).unwrap();
    let error = get_file(&cache, &id).unwrap_err().to_string();
    assert!(error.starts_with("cache entry not found: stat "), "{error}");
    std::fs::write(cache.output_file(&output), "xx").unwrap();
    let error = get_file(&cache, &id).unwrap_err().to_string();
    assert_eq!(error, "cache entry not found: file incomplete");
    let error = get_bytes(&cache, &id).unwrap_err().to_string();
    assert_eq!(error, "cache entry not found: bad checksum");
    std::fs::remove_dir_all(cache_dir.join("ab")).unwrap();
    let error = cache
        .put(&id, Content::Bytes(b"x"), Verify::Strict)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("open {path}-a: no such file or directory")
    );
}

#[test]
fn verify_mode() {
    use std::sync::Arc;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    let context = Arc::new(forgo_cache::HashContext::new(
        "go1.26.8",
        Formulas::Known,
        None,
        true,
    ));
    let cache = DiskCache::open(path, Some(context.clone())).unwrap();
    let mut hash = context.new_hash("test");
    writeln!(hash, "what went in");
    let id = hash.action_id();
    let (old, _) = cache
        .put(&id, Content::Bytes(b"old"), Verify::Strict)
        .unwrap();
    let error = cache.get(&id).unwrap_err().to_string();
    assert_eq!(error, "cache entry not found: gocacheverify=1");
    cache
        .put(&id, Content::Bytes(b"old"), Verify::Strict)
        .unwrap();
    let error = cache
        .put(&id, Content::Bytes(b"newer"), Verify::Strict)
        .unwrap_err();
    let new = forgo_cache::OutputId::of(b"newer");
    let expected = format!(
        "go: internal cache error: cache verify failed: id={id} changed:<<<\nwhat went in\n\n>>>\n\
         old: {new} 5\nnew: {old} 3"
    );
    assert_eq!(error, forgo_cache::Error::Verify(expected));
    cache
        .put(&id, Content::Bytes(b"newer"), Verify::Lax)
        .unwrap();
    assert!(
        cache
            .put(&id, Content::Bytes(b"newer"), Verify::Strict)
            .is_ok()
    );
}
