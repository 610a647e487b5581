//! Many at once, and processes killed at any instant: an entry is right or absent.
#![allow(
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test looks at what came out"
)]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use forgo_cache::disk::DiskCache;
use forgo_cache::{ActionId, Content, Error, Tiered, Verify, get_bytes, get_file};

/// How many action IDs the crowd fights for.
const IDS: u8 = 16;

/// The content that belongs to an ID: its size differs with the ID, some are empty.
fn content(seed: u8) -> Vec<u8> {
    let length = usize::from(seed) * 10_007;
    (0..length)
        .map(|i| (i as u8).wrapping_mul(31) ^ seed)
        .collect()
}

fn id(seed: u8) -> ActionId {
    ActionId([seed; 32])
}

fn open(dir: &Path) -> Tiered {
    Tiered::local(DiskCache::open(dir.to_str().unwrap(), None).unwrap())
}

/// Stores and reads in a loop; panics at a wrong entry. Removes outputs now and then, so that there
/// always is something to write.
fn churn(dir: &Path, rounds: usize) {
    let cache = open(dir);
    for round in 0..rounds {
        for seed in 0..IDS {
            let bytes = content(seed);
            let (output, size) = cache
                .put(&id(seed), Content::Bytes(&bytes), Verify::Strict)
                .unwrap();
            assert_eq!(size, bytes.len() as u64);
            check(&cache, seed);
            if (round + usize::from(seed)) % 3 == 0 {
                let _ = std::fs::remove_file(cache.output_file(&output));
            }
        }
    }
}

/// What an ID leads to is its content, or nothing.
fn check(cache: &Tiered, seed: u8) {
    match get_file(cache, &id(seed)) {
        Ok((file, _)) => match std::fs::read(&file) {
            Ok(bytes) => assert!(bytes == content(seed), "{file} is wrong"),
            // Another one removed it.
            Err(e) => assert_eq!(e.kind(), std::io::ErrorKind::NotFound),
        },
        Err(Error::Miss(Some(why)) | Error::Gone(why)) => {
            assert!(why.contains("no such file"), "{seed}: {why}");
        }
        Err(other) => panic!("{seed}: {other}"),
    }
}

fn spawn_writer(dir: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "writer_process", "--ignored", "--nocapture"])
        .env("FORGO_CACHE_TEST_DIR", dir)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
#[ignore = "started by the tests below, in processes of its own"]
fn writer_process() {
    if let Ok(dir) = std::env::var("FORGO_CACHE_TEST_DIR") {
        churn(Path::new(&dir), 40);
    }
}

#[test]
fn threads_and_processes() {
    let dir = tempfile::tempdir().unwrap();
    let mut processes: Vec<Child> = (0..3).map(|_| spawn_writer(dir.path())).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| churn(dir.path(), 20));
        }
    });
    for process in &mut processes {
        assert!(process.wait().unwrap().success());
    }
    let leftovers = files(dir.path(), |name| name.starts_with("new-"));
    assert_eq!(leftovers, Vec::<String>::new());
}

#[test]
fn killed_at_any_instant() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..40_u64 {
        let mut process = spawn_writer(dir.path());
        // Spread over start-up and work; where exactly is up to the machine.
        std::thread::sleep(Duration::from_micros(1_500 + round * 700));
        process.kill().unwrap();
        process.wait().unwrap();
        let cache = open(dir.path());
        for seed in 0..IDS {
            check(&cache, seed);
        }
        // Whole files too, whether an entry leads to them or not.
        for path in files(dir.path(), |name| {
            name.ends_with("-d") && !name.starts_with("new-")
        }) {
            let bytes = std::fs::read(&path).unwrap();
            let name = format!("{}-d", forgo_cache::OutputId::of(&bytes));
            assert!(path.ends_with(&name), "{path} holds something else");
        }
    }
    // Nothing that was left hinders those that come after.
    churn(dir.path(), 1);
    let cache = open(dir.path());
    let bytes = content(7);
    cache
        .put(&id(7), Content::Bytes(&bytes), Verify::Strict)
        .unwrap();
    assert_eq!(get_bytes(&cache, &id(7)).unwrap().0, bytes);
}

fn files(dir: &Path, keep: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for i in 0..256 {
        // A process may have been killed while it made these directories.
        for item in std::fs::read_dir(dir.join(format!("{i:02x}")))
            .into_iter()
            .flatten()
        {
            let path = item.unwrap().path();
            if keep(path.file_name().unwrap().to_str().unwrap()) {
                found.push(path.to_str().unwrap().to_owned());
            }
        }
    }
    found
}
