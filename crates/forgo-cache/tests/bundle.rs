//! Bundles: what goes in comes out, and a file that is damaged, cut off, of another version or
//! replaced meanwhile is never believed.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

use std::collections::HashSet;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use forgo_cache::disk::DiskCache;
use forgo_cache::{
    ActionId, Backing, Bundle, Content, Limits, Notice, NoticeFn, Settings, Tiered, Verify,
    get_bytes, open, put_bytes, save,
};

fn id(n: u32) -> ActionId {
    let mut bytes = [7; 32];
    bytes[..4].copy_from_slice(&n.to_le_bytes());
    ActionId(bytes)
}

/// Content of all sizes: most are small, some are empty, some do not compress.
fn content(n: u32) -> Vec<u8> {
    let length = match (n, n % 10) {
        (1, _) => 300_000,
        (12, _) => 64 << 10,
        (_, 0) => 0,
        _ => n as usize * 20,
    };
    let mut state = u64::from(n) | 1;
    let noise = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    };
    match n % 3 {
        0 => std::iter::repeat_with(noise).take(length).collect(),
        _ => format!("content {n} ")
            .bytes()
            .cycle()
            .take(length)
            .collect(),
    }
}

const COUNT: u32 = 40;

struct World {
    dir: tempfile::TempDir,
}

impl World {
    fn new() -> World {
        World {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    fn disk(&self, name: &str) -> DiskCache {
        std::fs::create_dir_all(self.path(name)).unwrap();
        DiskCache::open(&self.path(name), None).unwrap()
    }

    /// A bundle of all contents.
    fn bundle(&self) -> String {
        let disk = self.disk("first");
        for n in 0..COUNT {
            disk.put(&id(n), Content::Bytes(&content(n)), Verify::Strict)
                .unwrap();
        }
        let file = self.path("bundle");
        let used: HashSet<_> = (0..COUNT).map(id).collect();
        let saved = save(&disk, &used, None, &file).unwrap();
        assert_eq!(
            (saved.keys, saved.gone, saved.unchanged),
            (COUNT as usize, 0, false)
        );
        assert_eq!(saved.size, std::fs::metadata(&file).unwrap().len());
        assert!(saved.size < saved.bytes);
        file
    }
}

type Warnings = Arc<Mutex<Vec<String>>>;

fn notices() -> (NoticeFn, Warnings) {
    let warnings = Warnings::default();
    let sink = warnings.clone();
    let notice: NoticeFn = Arc::new(move |notice| match notice {
        Notice::Warning(text) => sink.lock().unwrap().push(text),
        other => panic!("{other:?}"),
    });
    (notice, warnings)
}

/// A cache with this bundle behind an empty disk; `None` where the file can't be opened.
fn over(disk: DiskCache, file: &str) -> (Tiered, Warnings) {
    let (notice, warnings) = notices();
    let bundle: Arc<dyn Backing> = Arc::new(Bundle::open(file).unwrap().unwrap());
    let limits = Limits {
        wait: None,
        ..Limits::default()
    };
    (
        Tiered::behind(disk, vec![(bundle, limits)], &notice),
        warnings,
    )
}

/// How many entries are found; all of them must be right.
fn found(cache: &Tiered) -> u32 {
    let right = |n: &u32| match get_bytes(cache, &id(*n)) {
        Ok((bytes, _)) => {
            assert!(bytes == content(*n), "{n} is wrong");
            true
        }
        Err(_) => false,
    };
    (0..COUNT).filter(right).count() as u32
}

#[test]
fn what_goes_in_comes_out() {
    let w = World::new();
    let file = w.bundle();
    let (cache, warnings) = over(w.disk("second"), &file);
    assert_eq!(found(&cache), COUNT);
    assert!(cache.get(&id(COUNT)).is_err());
    // When an entry was made is not when it came.
    let first = w.disk("first");
    for n in 0..COUNT {
        assert_eq!(first.get(&id(n)).unwrap(), cache.get(&id(n)).unwrap());
    }
    assert_eq!(*warnings.lock().unwrap(), Vec::<String>::new());
    // Made again of the same, it has the same bytes.
    let used: HashSet<_> = (0..COUNT).map(id).collect();
    save(&w.disk("second"), &used, None, &w.path("again")).unwrap();
    assert!(std::fs::read(&file).unwrap() == std::fs::read(w.path("again")).unwrap());
}

#[test]
fn only_what_was_used_is_saved() {
    let w = World::new();
    let file = w.bundle();
    let (cache, _) = over(w.disk("second"), &file);
    let used: HashSet<_> = (10..20).map(id).collect();
    used.iter()
        .for_each(|id| drop(get_bytes(&cache, id).unwrap()));
    // A second key of an output that is used, and one of an output that is not.
    let disk = w.disk("second");
    let alias = disk.get(&id(13)).unwrap();
    disk.put_alias(&id(1000), &alias.output, alias.size)
        .unwrap();
    let with_alias = used.iter().copied().chain([id(1000)]).collect();
    let old = Bundle::open(&file).unwrap().unwrap();
    let saved = save(&disk, &with_alias, Some(&old), &file).unwrap();
    assert_eq!((saved.keys, saved.gone), (11, 0));
    // The key is passed on as long as its output is used, and not for ever.
    for round in 0..8 {
        let old = Bundle::open(&file).unwrap().unwrap();
        let there = old.find(&[id(1000)])[0].is_ok();
        assert_eq!(there, round <= 5, "{round}");
        // Unused keys go at once.
        assert!(old.find(&[id(1), id(COUNT - 1)]).iter().all(Result::is_err));
        let round_disk = w.disk(&format!("round{round}"));
        let (cache, _) = over(round_disk.clone(), &file);
        used.iter()
            .for_each(|id| drop(get_bytes(&cache, id).unwrap()));
        let other = w.path("other");
        let saved = save(&round_disk, &used, Some(&old), &other).unwrap();
        assert_eq!((saved.keys, saved.outputs), (10, 10));
        std::fs::rename(&other, &file).unwrap();
    }
    // Nothing to write.
    let before = std::fs::metadata(&file).unwrap().modified().unwrap();
    let old = Bundle::open(&file).unwrap().unwrap();
    let saved = save(&w.disk("round7"), &used, Some(&old), &file).unwrap();
    assert!(saved.unchanged);
    assert_eq!(
        std::fs::metadata(&file).unwrap().modified().unwrap(),
        before
    );
}

#[test]
fn what_is_gone_or_damaged_on_the_disk_is_not_saved() {
    let w = World::new();
    let disk = w.disk("first");
    for n in 0..5 {
        disk.put(&id(n), Content::Bytes(&content(n + 3)), Verify::Strict)
            .unwrap();
    }
    let output = |n| disk.output_file(&disk.get(&id(n)).unwrap().output);
    std::fs::remove_file(output(1)).unwrap();
    let size = std::fs::metadata(output(2)).unwrap().len() as usize;
    std::fs::write(output(2), vec![b'!'; size]).unwrap();
    let executable = disk.put_executable(&id(6), "run", Content::Bytes(b"run"));
    executable.unwrap();
    let used: HashSet<_> = (0..8).map(id).collect();
    let file = w.path("bundle");
    let saved = save(&disk, &used, None, &file).unwrap();
    assert_eq!(saved.gone, 4);
    let bundle = Bundle::open(&file).unwrap().unwrap();
    let there: Vec<_> = bundle.find(&[0, 1, 2, 3, 4, 5, 6, 7].map(id));
    let there: Vec<_> = there.iter().map(Result::is_ok).collect();
    assert_eq!(there, [true, false, false, true, true, false, false, false]);
    // A directory that is not there is an error, and nothing is left behind.
    assert!(save(&disk, &used, None, &w.path("no/such/file")).is_err());
    assert!(save(&disk, &used, None, &w.path("first")).is_err());
    let left = std::fs::read_dir(w.dir.path()).unwrap().flatten();
    let left: Vec<_> = left.map(|item| item.file_name()).collect();
    assert!(
        left.iter()
            .all(|name| !name.to_str().unwrap().ends_with(".tmp")),
        "{left:?}"
    );
}

#[test]
fn kept_executables_travel() {
    let w = World::new();
    let disk = w.disk("first");
    let program = w.path("program");
    std::fs::write(&program, content(1)).unwrap();
    let cache = Tiered::local(disk.clone());
    cache.keep(&id(1), &program, 1 << 20).unwrap();
    let file = w.path("bundle");
    save(&disk, &[id(1)].into(), None, &file).unwrap();
    let (cache, _) = over(w.disk("second"), &file);
    assert_eq!(
        std::fs::read(cache.kept(&id(1)).unwrap()).unwrap(),
        content(1)
    );
    assert_eq!(cache.kept(&id(2)), None);
}

#[test]
fn a_damaged_file_is_never_believed() {
    let w = World::new();
    let file = w.bundle();
    let good = std::fs::read(&file).unwrap();
    let bad = w.path("bad");
    let mut least = COUNT;
    let mut check = |bytes: &[u8], what: &str| {
        std::fs::write(&bad, bytes).unwrap();
        let _ = std::fs::remove_dir_all(w.path("third"));
        let (cache, warnings) = over(w.disk("third"), &bad);
        let count = found(&cache);
        least = least.min(count);
        let warnings = warnings.lock().unwrap();
        assert_eq!(
            warnings.len(),
            usize::from(count < COUNT),
            "{what}: {warnings:?}"
        );
        count
    };
    for step in 0..8 {
        let at = good.len() * step / 8;
        assert_eq!(check(&good[..at], "cut off"), 0);
        let mut flipped = good.clone();
        flipped[at] ^= 0x10;
        check(&flipped, "flipped");
    }
    // Every part of the end counts.
    for at in (1..=64).step_by(12) {
        let mut flipped = good.clone();
        let last = flipped.len() - at;
        flipped[last] ^= 1;
        assert_eq!(check(&flipped, "end"), 0, "{at}");
    }
    let mut version = good.clone();
    version[6] = b'2';
    assert_eq!(check(&version, "version"), 0);
    assert_eq!(
        check(
            b"something else, and longer than a trailer would be, by far",
            "other"
        ),
        0
    );
    assert_eq!(check(&[good.clone(), vec![0; 10]].concat(), "longer"), 0);
    assert_eq!(check(&good, "good"), COUNT);
    assert_eq!(least, 0);
}

#[test]
fn a_file_that_changes_while_it_is_used_is_harmless() {
    let w = World::new();
    let file = w.bundle();
    let good = std::fs::read(&file).unwrap();
    // Replaced: an open bundle keeps its content.
    let (cache, warnings) = over(w.disk("replaced"), &file);
    get_bytes(&cache, &id(1)).unwrap();
    std::fs::write(w.path("new"), "not a bundle").unwrap();
    std::fs::rename(w.path("new"), &file).unwrap();
    assert_eq!(found(&cache), COUNT);
    assert_eq!(*warnings.lock().unwrap(), Vec::<String>::new());
    // Removed.
    std::fs::write(&file, &good).unwrap();
    let (cache, _) = over(w.disk("removed"), &file);
    get_bytes(&cache, &id(1)).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(found(&cache), COUNT);
    // Cut off, and written over, in place.
    for (name, spoil) in [("cut", true), ("over", false)] {
        std::fs::write(&file, &good).unwrap();
        let (cache, warnings) = over(w.disk(name), &file);
        get_bytes(&cache, &id(1)).unwrap();
        let open = std::fs::File::options().write(true).open(&file).unwrap();
        match spoil {
            true => open.set_len(100).unwrap(),
            false => open.write_all_at(&vec![b'!'; good.len()], 0).unwrap(),
        }
        assert!(found(&cache) < COUNT, "{name}");
        assert_eq!(warnings.lock().unwrap().len(), 1, "{name}");
    }
}

#[test]
fn a_withheld_key_stays_here() {
    let w = World::new();
    let file = w.bundle();
    let (cache, _) = over(w.disk("second"), &file);
    cache.withhold(&id(1));
    assert!(cache.get(&id(1)).is_err() && get_bytes(&cache, &id(1)).is_err());
    assert!(cache.get(&id(2)).is_ok());
    // An output made here is found here.
    put_bytes(&cache, &id(1), b"made here", Verify::Strict).unwrap();
    assert_eq!(get_bytes(&cache, &id(1)).unwrap().0, b"made here");
}

/// As an invocation opens its cache.
fn open_with(w: &World, gocache: &str, set: &str) -> (Tiered, Warnings) {
    let (notice, warnings) = notices();
    let cache = open(&Settings {
        dir: gocache,
        dir_error: None,
        prog: "",
        bundle: Some(set),
        environment: &[],
        cwd: w.dir.path().to_str().unwrap(),
        prepare: |_| (),
        verify: None,
        notice,
    });
    (cache.unwrap(), warnings)
}

#[test]
fn a_job_saves_what_its_commands_used() {
    let w = World::new();
    let file = w.path("bundle");
    let job = |gocache: &str, used: std::ops::Range<u32>| {
        let gocache = w.path(gocache);
        for part in [used.start..used.end - 1, used.end - 1..used.end] {
            let (cache, warnings) = open_with(&w, &gocache, &file);
            for n in part {
                if get_bytes(&cache, &id(n)).is_err() {
                    put_bytes(&cache, &id(n), &content(n), Verify::Strict).unwrap();
                }
            }
            // An executable that was made of the system's libraries.
            cache.withhold(&id(500));
            put_bytes(&cache, &id(500), b"local", Verify::Strict).unwrap();
            assert_eq!(*warnings.lock().unwrap(), Vec::<String>::new());
        }
        let disk = DiskCache::at(&gocache);
        let used = disk.uses(&disk.current_job().unwrap());
        let old = Bundle::open(&file).unwrap();
        save(&disk, &used, old.as_ref(), &file).unwrap()
    };
    let saved = job("empty1", 0..30);
    assert_eq!((saved.keys, saved.gone, saved.unchanged), (30, 0, false));
    // Everything comes from the bundle, unchanged.
    let saved = job("empty2", 0..30);
    assert_eq!((saved.keys, saved.unchanged), (30, true));
    assert!(DiskCache::at(&w.path("empty2")).get(&id(3)).is_ok());
    let saved = job("empty3", 10..35);
    assert_eq!((saved.keys, saved.unchanged), (25, false));
    // A file that is there and no bundle costs a line.
    std::fs::write(&file, "no bundle").unwrap();
    let (cache, warnings) = open_with(&w, &w.path("empty4"), &file);
    for n in 0..10 {
        assert!(get_bytes(&cache, &id(n)).is_err());
    }
    let warnings = warnings.lock().unwrap();
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].contains(": it is not a bundle; "),
        "{warnings:?}"
    );
    // Off, and one that can't be opened.
    let (cache, none) = open_with(&w, &w.path("empty5"), "off");
    assert!(get_bytes(&cache, &id(1)).is_err() && none.lock().unwrap().is_empty());
    let below = format!("{file}/below");
    let (cache, one) = open_with(&w, &w.path("empty5"), &below);
    assert!(get_bytes(&cache, &id(1)).is_err());
    assert_eq!(one.lock().unwrap().len(), 1);
}

/// The time of a result of a test decides whether it has expired.
#[test]
fn times_of_entries_are_kept() {
    let w = World::new();
    let disk = w.disk("first");
    put_bytes(&Tiered::local(disk.clone()), &id(1), b"ok", Verify::Lax).unwrap();
    let made = disk.get(&id(1)).unwrap().time;
    let file = w.path("bundle");
    save(&disk, &[id(1)].into(), None, &file).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    let (cache, _) = over(w.disk("second"), &file);
    let entry = cache.get(&id(1)).unwrap();
    assert_eq!(entry.time, made);
    assert!(SystemTime::now() > made);
    assert!(Path::new(&cache.output_file(&entry.output)).exists());
}
