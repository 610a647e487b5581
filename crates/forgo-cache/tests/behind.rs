//! Backings behind the disk that lie, fail and hang: nothing wrong is ever used, no wait is long,
//! and the user hears of it once.
#![allow(
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test looks at what came out"
)]

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use forgo_cache::disk::DiskCache;
use forgo_cache::{
    ActionId, Backing, Content, Entry, Error, Found, HashContext, Item, Limits, Notice, NoticeFn,
    OutputId, Result, Tiered, Verify, get_bytes, get_file, put_bytes,
};

/// What a backing does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lie {
    Nothing,
    /// Other bytes of the same number.
    WrongBytes,
    /// The last byte is missing, and it reports success.
    Truncated,
    /// One byte too many.
    TooLong,
    /// Bytes without end.
    Endless,
    /// The entry names another size than the bytes have.
    WrongSize,
    /// The entry names a size beyond any limit.
    HugeSize,
    /// The entry is there, its bytes are not.
    BodyGone,
    FindFails,
    /// No answer to any request.
    FindHangs,
    FetchHangs,
    /// The right bytes, one after the other, far too slowly.
    Trickles,
    NoAnswers,
    Panics,
}

#[derive(Default)]
struct Calls {
    find: AtomicUsize,
    fetch: AtomicUsize,
    store: AtomicUsize,
    close: AtomicUsize,
}

struct Fake {
    lie: Lie,
    accepts: bool,
    bodies: Mutex<HashMap<ActionId, Vec<u8>>>,
    time: SystemTime,
    calls: Calls,
}

/// A test that waits for this fails.
const HANG: Duration = Duration::from_secs(3600);

impl Fake {
    fn new(lie: Lie) -> Fake {
        Fake {
            lie,
            accepts: false,
            bodies: Mutex::default(),
            time: SystemTime::now() - Duration::from_secs(3600),
            calls: Calls::default(),
        }
    }

    fn with(self, seed: u8, body: &[u8]) -> Fake {
        self.bodies.lock().unwrap().insert(id(seed), body.to_vec());
        self
    }

    fn count(counter: &AtomicUsize) -> usize {
        counter.load(Ordering::SeqCst)
    }
}

impl Backing for Fake {
    fn name(&self) -> String {
        "fake".into()
    }

    fn find(&self, ids: &[ActionId]) -> Vec<Result<Found>> {
        self.calls.find.fetch_add(1, Ordering::SeqCst);
        match self.lie {
            Lie::FindHangs => std::thread::sleep(HANG),
            Lie::NoAnswers => return Vec::new(),
            Lie::Panics => panic!("a backing may do that"),
            _ => {}
        }
        let bodies = self.bodies.lock().unwrap();
        let answer = |id: &ActionId| {
            if self.lie == Lie::FindFails {
                return Err(Error::Fault("connection refused".into()));
            }
            let body = bodies.get(id).ok_or(Error::Miss(None))?;
            let size = match self.lie {
                Lie::WrongSize => body.len() as u64 + 1,
                Lie::HugeSize => u64::MAX,
                _ => body.len() as u64,
            };
            let entry = Entry {
                output: OutputId::of(body),
                size,
                time: self.time,
            };
            Ok(Found { entry, file: None })
        };
        ids.iter().map(answer).collect()
    }

    fn fetch(&self, found: &Found, to: &mut dyn Write) -> Result<()> {
        self.calls.fetch.fetch_add(1, Ordering::SeqCst);
        let bodies = self.bodies.lock().unwrap();
        let body = bodies
            .values()
            .find(|body| OutputId::of(body) == found.entry.output);
        let body = body.unwrap().clone();
        drop(bodies);
        let failed = |e: std::io::Error| Error::Fault(e.to_string());
        match self.lie {
            Lie::BodyGone => return Err(Error::Fault("404".into())),
            Lie::FetchHangs => std::thread::sleep(HANG),
            Lie::WrongBytes => return to.write_all(&vec![b'!'; body.len()]).map_err(failed),
            Lie::Truncated => return to.write_all(&body[1..]).map_err(failed),
            // What comes of these is not reported.
            Lie::TooLong => drop(to.write_all(b"!")),
            Lie::Endless => while to.write_all(&[0; 4096]).is_ok() {},
            Lie::Trickles => {
                for byte in body.chunks(1) {
                    to.write_all(byte).map_err(failed)?;
                    std::thread::sleep(Duration::from_millis(300));
                }
                return Ok(());
            }
            _ => {}
        }
        let _ = to.write_all(&body);
        Ok(())
    }

    fn accepts(&self) -> bool {
        self.accepts
    }

    fn store(&self, items: &[Item<'_>]) -> Vec<Result<Option<String>>> {
        self.calls.store.fetch_add(1, Ordering::SeqCst);
        match self.lie {
            Lie::FetchHangs => std::thread::sleep(HANG),
            Lie::NoAnswers => return Vec::new(),
            Lie::BodyGone => return vec![Err(Error::Fault("disk full".into())); items.len()],
            _ => {}
        }
        for item in items {
            let Content::File(file) = item.content else {
                panic!("what is stored is on the disk");
            };
            let bytes = std::fs::read(file).unwrap();
            assert_eq!(
                (OutputId::of(&bytes), bytes.len() as u64),
                (item.output, item.size)
            );
            self.bodies.lock().unwrap().insert(item.id, bytes);
        }
        vec![Ok(None); items.len()]
    }

    fn close(&self) -> Result<()> {
        self.calls.close.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

fn id(seed: u8) -> ActionId {
    ActionId([seed; 32])
}

/// Only what hangs is waited for in vain; the machine may be busy.
fn limits(lie: Lie) -> Limits {
    let hangs = matches!(lie, Lie::FindHangs | Lie::FetchHangs | Lie::Trickles);
    Limits {
        wait: Some(Duration::from_millis(if hangs { 500 } else { 600_000 })),
        speed: 1 << 20,
        size: 1 << 20,
        failures: 3,
    }
}

type Warnings = Arc<Mutex<Vec<String>>>;

fn open(dir: &Path, backings: &[&Arc<Fake>]) -> (Tiered, Warnings) {
    let disk = DiskCache::open(dir.to_str().unwrap(), None).unwrap();
    let warnings = Warnings::default();
    let sink = warnings.clone();
    let notice: NoticeFn = Arc::new(move |notice| match notice {
        Notice::Warning(text) => sink.lock().unwrap().push(text),
        other => panic!("{other:?}"),
    });
    let tiers = backings.iter().map(|&fake| {
        let backing: Arc<dyn Backing> = fake.clone();
        (backing, limits(fake.lie))
    });
    let cache = Tiered::behind(disk, tiers.collect(), &notice);
    (cache, warnings)
}

/// Files below the cache that are not its own two or three.
fn stored_files(dir: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for shard in std::fs::read_dir(dir).unwrap().flatten() {
        for item in std::fs::read_dir(shard.path()).into_iter().flatten() {
            names.push(item.unwrap().file_name().into_string().unwrap());
        }
    }
    names
}

#[test]
fn what_the_disk_lacks_comes_from_behind() {
    let dir = tempfile::tempdir().unwrap();
    let fake = Arc::new(
        Fake::new(Lie::Nothing)
            .with(1, b"body")
            .with(2, b"")
            .with(3, b"x"),
    );
    let (cache, warnings) = open(dir.path(), &[&fake]);
    assert_eq!(get_bytes(&cache, &id(1)).unwrap().0, b"body");
    let (file, entry) = get_file(&cache, &id(2)).unwrap();
    assert_eq!((std::fs::read(&file).unwrap(), entry.size), (Vec::new(), 0));
    // When it was made counts, not when it came: results of tests expire by it.
    assert_eq!(entry.time, fake.time);
    assert_eq!(cache.get(&id(3)).unwrap().output, OutputId::of(b"x"));
    assert_eq!(cache.get(&id(4)), cache.local_part().get(&id(4)));
    let asked = Fake::count(&fake.calls.find);
    assert_eq!((asked, Fake::count(&fake.calls.fetch)), (4, 3));
    // From now on it is on the disk, or cached as absent.
    for seed in 1..=4 {
        assert_eq!(get_bytes(&cache, &id(seed)).is_ok(), seed != 4);
    }
    assert_eq!(Fake::count(&fake.calls.find), asked);
    // An output that has gone from the disk is brought again.
    std::fs::remove_file(&file).unwrap();
    assert_eq!(get_file(&cache, &id(2)).unwrap().0, file);
    std::fs::write(cache.output_file(&OutputId::of(b"body")), "damaged").unwrap();
    assert_eq!(get_bytes(&cache, &id(1)).unwrap().0, b"body");
    // Nothing is offered to one that takes nothing.
    put_bytes(&cache, &id(9), b"made here", Verify::Strict).unwrap();
    cache.close().unwrap();
    assert_eq!(Fake::count(&fake.calls.store), 0);
    assert_eq!(Fake::count(&fake.calls.close), 1);
    assert_eq!(*warnings.lock().unwrap(), Vec::<String>::new());
    // The next process needs none of it.
    let disk = DiskCache::open(dir.path().to_str().unwrap(), None).unwrap();
    assert_eq!(get_bytes(&Tiered::local(disk), &id(1)).unwrap().0, b"body");
}

#[test]
fn nothing_wrong_is_ever_used_and_it_is_reported_once() {
    let cases = [
        (Lie::WrongBytes, "the bytes have another hash"),
        (Lie::Truncated, "3 bytes of 4 arrived"),
        (Lie::TooLong, "more than 4 bytes arrived"),
        (Lie::Endless, "more than 4 bytes arrived"),
        (Lie::WrongSize, "4 bytes of 5 arrived"),
        (Lie::HugeSize, "is too large"),
        (Lie::BodyGone, "404"),
        (Lie::FindFails, "connection refused"),
        (Lie::FindHangs, "no answer in 0.5 s"),
        (Lie::FetchHangs, "no answer in 0.5 s"),
        (Lie::Trickles, "no answer in 0.5 s"),
        (Lie::NoAnswers, "there was no answer"),
        (Lie::Panics, "it broke down"),
    ];
    for (lie, why) in cases {
        let dir = tempfile::tempdir().unwrap();
        let mut fake = Fake::new(lie);
        for seed in 0..20 {
            fake = fake.with(seed, format!("{seed:04}").as_bytes());
        }
        let fake = Arc::new(fake);
        let honest = Arc::new(Fake::new(Lie::Nothing).with(7, b"0007"));
        let (cache, warnings) = open(dir.path(), &[&fake, &honest]);
        for round in 0..2 {
            for seed in (0..20).filter(|seed| *seed != 7) {
                let got = get_bytes(&cache, &id(seed));
                assert!(
                    matches!(got, Err(Error::Miss(_))),
                    "{lie:?} {round} {got:?}"
                );
                assert!(get_file(&cache, &id(seed)).is_err(), "{lie:?}");
            }
        }
        // The next one is asked nevertheless.
        assert_eq!(get_bytes(&cache, &id(7)).unwrap().0, b"0007", "{lie:?}");
        put_bytes(&cache, &id(30), b"made here", Verify::Strict).unwrap();
        cache.close().unwrap();
        // After three failures it is not asked any more; after a wait in vain not once more.
        let most = if why.starts_with("no answer in") {
            1
        } else {
            3
        };
        assert!(Fake::count(&fake.calls.find) <= most, "{lie:?}");
        let warnings = warnings.lock().unwrap();
        assert_eq!(warnings.len(), 1, "{lie:?}: {warnings:?}");
        let begin = warnings[0].starts_with("forgo: fake: ");
        assert!(begin && warnings[0].contains(why), "{lie:?}: {warnings:?}");
        assert!(warnings[0].ends_with('\n'));
        // Only bytes made here and right bytes can be found on the disk.
        let disk = DiskCache::open(dir.path().to_str().unwrap(), None).unwrap();
        let local = Tiered::local(disk);
        for seed in 0..20 {
            assert_eq!(local.get(&id(seed)).is_ok(), seed == 7, "{lie:?}");
        }
        if lie != Lie::Trickles && lie != Lie::FetchHangs {
            assert_eq!(stored_files(dir.path()).len(), 4, "{lie:?}");
        }
    }
}

#[test]
fn a_disk_that_is_full_is_not_the_backing_s_fault() {
    let dir = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake::new(Lie::Nothing).with(1, b"body").with(2, b"other"));
    let (cache, warnings) = open(dir.path(), &[&fake]);
    // Where no file can be made the output can't be received.
    let output = OutputId::of(b"body").to_string();
    let shard = dir.path().join(&output[..2]);
    std::fs::remove_dir(&shard).unwrap();
    std::fs::write(&shard, "").unwrap();
    assert!(get_bytes(&cache, &id(1)).is_err());
    assert_eq!(get_bytes(&cache, &id(2)).unwrap().0, b"other");
    cache.close().unwrap();
    assert_eq!(*warnings.lock().unwrap(), Vec::<String>::new());
}

#[test]
fn what_is_made_here_is_stored_behind() {
    let dir = tempfile::tempdir().unwrap();
    let fake = Arc::new(Fake {
        accepts: true,
        ..Fake::new(Lie::Nothing).with(0, b"was there")
    });
    let (cache, warnings) = open(dir.path(), &[&fake]);
    get_bytes(&cache, &id(0)).unwrap();
    for seed in 1..=200 {
        put_bytes(&cache, &id(seed), &[seed; 3], Verify::Strict).unwrap();
    }
    let output = OutputId::of(&[7; 3]);
    assert_eq!(cache.put_alias(&id(201), &output, 3), Ok(true));
    let large = vec![0; 2 << 20];
    put_bytes(&cache, &id(202), &large, Verify::Strict).unwrap();
    let run = cache
        .put_executable(&id(203), "run", Content::Bytes(b"run"))
        .unwrap();
    run.unwrap();
    cache.close().unwrap();
    let bodies = fake.bodies.lock().unwrap();
    for seed in 1..=200 {
        assert_eq!(bodies[&id(seed)], [seed; 3]);
    }
    assert_eq!(bodies[&id(201)], [7; 3]);
    // Too large, or only to be run here.
    assert!(!bodies.contains_key(&id(202)) && !bodies.contains_key(&id(203)));
    let stores = Fake::count(&fake.calls.store);
    assert!((4..=201).contains(&stores), "{stores}");
    assert_eq!(*warnings.lock().unwrap(), Vec::<String>::new());
}

#[test]
fn a_store_that_fails_costs_a_line_and_little_time() {
    for (lie, why) in [
        (Lie::BodyGone, "disk full"),
        (Lie::NoAnswers, "there was no answer"),
        (Lie::FetchHangs, "in "),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let fake = Arc::new(Fake {
            accepts: true,
            ..Fake::new(lie)
        });
        let (cache, warnings) = open(dir.path(), &[&fake]);
        for seed in 1..=200 {
            put_bytes(&cache, &id(seed), &[seed; 3], Verify::Strict).unwrap();
            assert_eq!(get_bytes(&cache, &id(seed)).unwrap().0, [seed; 3]);
        }
        cache.close().unwrap();
        let warnings = warnings.lock().unwrap();
        assert_eq!(warnings.len(), 1, "{lie:?}: {warnings:?}");
        assert!(warnings[0].contains(why), "{lie:?}: {warnings:?}");
    }
}

#[test]
fn many_threads_ask_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut fake = Fake::new(Lie::Nothing);
    for seed in 0..40 {
        fake = fake.with(seed, &vec![seed; usize::from(seed) * 1000]);
    }
    let fake = Arc::new(fake);
    let (cache, warnings) = open(dir.path(), &[&fake]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for seed in 0..40 {
                    let want = vec![seed; usize::from(seed) * 1000];
                    assert_eq!(get_bytes(&cache, &id(seed)).unwrap().0, want);
                }
            });
        }
    });
    cache.close().unwrap();
    assert_eq!(*warnings.lock().unwrap(), Vec::<String>::new());
    assert_eq!(stored_files(dir.path()).len(), 80);
}

#[test]
fn verify_mode_asks_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let context = HashContext::new("go1.26.8", forgo_cache::Formulas::Known, None, true);
    let path = dir.path().to_str().unwrap();
    let disk = DiskCache::open(path, Some(Arc::new(context))).unwrap();
    let fake = Arc::new(Fake::new(Lie::Nothing).with(1, b"body"));
    let backing: Arc<dyn Backing> = fake.clone();
    let notice: NoticeFn = Arc::new(|_| {});
    let cache = Tiered::behind(disk, vec![(backing, limits(Lie::Nothing))], &notice);
    let error = get_bytes(&cache, &id(1)).unwrap_err().to_string();
    assert_eq!(error, "cache entry not found: gocacheverify=1");
    assert_eq!(Fake::count(&fake.calls.find), 0);
}
