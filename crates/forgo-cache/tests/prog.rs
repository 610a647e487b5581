//! GOCACHEPROG: a helper program, well and badly behaved, and the stock go command beside us.
#![allow(
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test looks at what came out"
)]

mod support;

use std::fs::FileTimes;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use forgo_cache::disk::Locked;
use forgo_cache::prog::ProgCache;
use forgo_cache::{
    ActionId, Backing, Content, Error, Item, Notice, OutputId, Result, Settings, Tiered, Verify,
    get_bytes, open,
};
use support::{go, stderr_of, write_module};

const HELPER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/helper.py");

type Notices = Arc<Mutex<Vec<Notice>>>;

fn open_prog(dir: &Path, prog: &str) -> (Result<Tiered>, Notices) {
    let notices = Notices::default();
    let environment: Vec<(String, String)> = std::env::vars().collect();
    let cache = open(&settings(
        dir,
        dir.join("disk").to_str().unwrap(),
        prog,
        &environment,
        &notices,
    ));
    (cache, notices)
}

fn settings<'a>(
    dir: &'a Path,
    disk: &'a str,
    prog: &'a str,
    environment: &'a [(String, String)],
    notices: &Notices,
) -> Settings<'a> {
    let sink = notices.clone();
    Settings {
        dir: disk,
        dir_error: None,
        prog,
        bundle: None,
        environment,
        cwd: dir.to_str().unwrap(),
        prepare: |_| (),
        verify: None,
        // On a busy machine it may report that it has waited for a while.
        notice: Arc::new(move |notice| {
            if !matches!(notice, Notice::Waiting(_)) {
                sink.lock().unwrap().push(notice);
            }
        }),
    }
}

fn helper(dir: &Path, modes: &str) -> (Result<Tiered>, Notices) {
    open_prog(
        dir,
        &format!("python3 '{HELPER}' {} {modes}", dir.display()),
    )
}

fn id(seed: u8) -> ActionId {
    ActionId([seed; 32])
}

#[test]
fn there_and_back() {
    let dir = tempfile::tempdir().unwrap();
    let (cache, notices) = helper(dir.path(), "");
    let cache = cache.unwrap();
    assert_eq!(cache.get(&id(1)), Err(Error::Miss(None)));
    let source = dir.path().join("source");
    std::fs::write(&source, "from a file").unwrap();
    let contents = [
        Content::Bytes(b"bytes"),
        Content::Bytes(b""),
        Content::Pieces(&[b"in ", b"", b"pieces"]),
        Content::File(source.to_str().unwrap()),
        Content::Made {
            bytes: b"from a file",
            file: source.to_str().unwrap(),
        },
    ];
    for (seed, content) in (1..).zip(contents) {
        let expected = match content {
            Content::Bytes(bytes) | Content::Made { bytes, .. } => bytes.to_vec(),
            Content::Pieces(pieces) => pieces.concat(),
            Content::File(path) => std::fs::read(path).unwrap(),
        };
        let (output, size) = cache.put(&id(seed), content, Verify::Strict).unwrap();
        assert_eq!(
            (output, size),
            (OutputId::of(&expected), expected.len() as u64)
        );
        let (bytes, entry) = get_bytes(&cache, &id(seed)).unwrap();
        assert_eq!(bytes, expected);
        assert_eq!(entry.time, UNIX_EPOCH + Duration::from_secs(1_767_323_045));
        assert!(cache.output_file(&output).ends_with(".body"));
    }
    assert!(
        cache
            .put_executable(&id(9), "x", Content::Bytes(b"x"))
            .is_none()
    );
    assert_eq!(
        cache.local_part().fuzz_dir(),
        format!("{}/disk/fuzz", dir.path().display())
    );
    cache.close().unwrap();
    assert_eq!(*notices.lock().unwrap(), []);
    // The helper received exactly the requests that the stock command would have sent.
    let heard = std::fs::read_to_string(dir.path().join("transcript")).unwrap();
    let ones = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    let begin = format!("{{\"ID\":1,\"Command\":\"get\",\"ActionID\":\"{ones}\"}}\n\n{{\"ID\":2,");
    assert!(heard.starts_with(&begin), "{heard}");
    assert!(
        heard.contains(",\"BodySize\":5}\n\n\"Ynl0ZXM=\"\n{\"ID\":3,"),
        "{heard}"
    );
    assert!(
        heard
            .trim_end()
            .ends_with("\n{\"ID\":12,\"Command\":\"close\"}"),
        "{heard}"
    );
}

#[test]
fn the_stock_command_finds_what_we_put() {
    let dir = tempfile::tempdir().unwrap();
    write_module(dir.path());
    let store = dir.path().join("store");
    std::fs::create_dir(&store).unwrap();
    let prog = format!("python3 '{HELPER}' {}", store.display());
    let stock = |args: &[&str]| {
        let disk = dir.path().join("stock-disk");
        go(dir.path(), &disk, &[("GOCACHEPROG", &prog)], args)
    };
    stderr_of(&stock(&["build", "./lib"]));
    let (cache, _) = open_prog(dir.path(), &prog);
    let cache = cache.unwrap();
    // Every entry is read; those of archives are put under their IDs again, into an empty store.
    let mut entries = Vec::new();
    for item in std::fs::read_dir(&store).unwrap() {
        let name = item.unwrap().file_name().into_string().unwrap();
        if let Some(hex) = name.strip_suffix(".body") {
            let byte = |i: usize| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap();
            let id = ActionId(std::array::from_fn(byte));
            entries.push((id, get_bytes(&cache, &id).unwrap().0));
            std::fs::remove_file(store.join(&name)).unwrap();
        }
    }
    assert!(entries.len() > 2, "{} entries", entries.len());
    for (id, bytes) in &entries {
        cache
            .put(id, Content::Bytes(bytes), Verify::Strict)
            .unwrap();
    }
    cache.close().unwrap();
    let text = stderr_of(&stock(&["build", "-x", "./lib"]));
    assert!(
        !text.contains("/compile "),
        "the stock command compiled:\n{text}"
    );
}

#[test]
fn answers_in_any_order() {
    let dir = tempfile::tempdir().unwrap();
    let (cache, _) = helper(dir.path(), "slow");
    let cache = cache.unwrap();
    for seed in 0..8 {
        cache
            .put(&id(seed), Content::Bytes(&[seed; 3]), Verify::Lax)
            .unwrap();
    }
    std::thread::scope(|scope| {
        for seed in 0..8 {
            let cache = &cache;
            scope.spawn(move || assert_eq!(get_bytes(cache, &id(seed)).unwrap().0, [seed; 3]));
        }
    });
    cache.close().unwrap();
}

/// The helper answers in pairs: a second request is sent before the first answer is waited for.
#[test]
fn many_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let environment: Vec<(String, String)> = std::env::vars().collect();
    let prog = format!("python3 '{HELPER}' {} slow", dir.path().display());
    let notices = Notices::default();
    let settings = settings(dir.path(), "/unused", &prog, &environment, &notices);
    let backing = ProgCache::start(&settings).unwrap();
    let bodies: [&[u8]; 4] = [b"zero", b"", b"two", b"three"];
    let items: Vec<Item<'_>> = (0..)
        .zip(bodies)
        .map(|(seed, bytes)| Item {
            id: id(seed),
            output: OutputId::of(bytes),
            size: bytes.len() as u64,
            content: Content::Bytes(bytes),
        })
        .collect();
    assert!(backing.accepts());
    let stored = backing.store(&items);
    assert!(
        stored.iter().all(|file| matches!(file, Ok(Some(_)))),
        "{stored:?}"
    );
    let found = backing.find(&[id(2), id(0), id(3), id(1)]);
    let order = [2, 0, 3, 1].map(|n| bodies[n]);
    for (found, body) in found.into_iter().zip(order) {
        let found = found.unwrap();
        assert_eq!(found.entry.output, OutputId::of(body));
        let mut bytes = Vec::new();
        backing.fetch(&found, &mut bytes).unwrap();
        assert_eq!(bytes, body);
    }
    backing.close().unwrap();
}

/// What forgo keeps for itself stays on the disk: the helper hears nothing of it.
#[test]
fn locks_and_notes_need_no_helper() {
    let dir = tempfile::tempdir().unwrap();
    let (cache, _) = helper(dir.path(), "");
    let cache = cache.unwrap();
    let disk = cache.local_part();
    disk.put_note(&id(1), b"note").unwrap();
    assert_eq!(disk.note(&id(1)).unwrap(), b"note");
    assert!(matches!(disk.try_lock(&id(2)), Locked::Held(_)));
    let executable = dir.path().join("executable");
    std::fs::write(&executable, "run me").unwrap();
    disk.keep(&id(3), executable.to_str().unwrap(), 100)
        .unwrap();
    let kept = disk.kept(&id(3)).unwrap();
    assert_eq!(std::fs::read(kept).unwrap(), b"run me");
    let body = cache
        .put(&id(4), Content::Bytes(b"body"), Verify::Strict)
        .unwrap();
    assert_eq!(cache.put_alias(&id(5), &body.0, body.1), Ok(false));
    // A kept file that was not used for long is trimmed, although entries are elsewhere.
    let old = disk.kept(&id(3)).unwrap();
    let time = SystemTime::now() - Duration::from_secs(6 * 24 * 3600);
    let file = std::fs::File::open(&old).unwrap();
    file.set_times(FileTimes::new().set_modified(time)).unwrap();
    cache.close().unwrap();
    assert!(!Path::new(&old).exists());
    let heard = std::fs::read_to_string(dir.path().join("transcript")).unwrap();
    let commands = heard.matches("\"Command\":").count();
    assert_eq!(commands, 2, "{heard}");
}

#[test]
fn helpers_that_can_do_little() {
    let dir = tempfile::tempdir().unwrap();
    let (cache, notices) = helper(dir.path(), "readonly noclose");
    let cache = cache.unwrap();
    let put = cache
        .put(&id(1), Content::Bytes(b"x"), Verify::Strict)
        .unwrap();
    assert_eq!(put, (OutputId::of(b"x"), 1));
    assert_eq!(cache.get(&id(1)), Err(Error::Miss(None)));
    cache.close().unwrap();
    let (cache, _) = helper(dir.path(), "refuses leaves");
    let cache = cache.unwrap();
    assert_eq!(cache.get(&id(1)), Err(Error::Fault("no, thank you".into())));
    cache.close().unwrap();
    assert_eq!(*notices.lock().unwrap(), []);
}

#[test]
fn helpers_that_misbehave() {
    let dir = tempfile::tempdir().unwrap();
    let fatal = |modes: &str| helper(dir.path(), modes).0.err().unwrap().to_string();
    assert_eq!(
        fatal("mute"),
        "GOCACHEPROG python3 declared no supported commands"
    );
    assert_eq!(
        fatal("dies"),
        "GOCACHEPROG exited pre-Close with 1 pending requests"
    );
    assert!(fatal("babbles").starts_with("error reading JSON from GOCACHEPROG: "));
    let (cache, notices) = helper(dir.path(), "unknown");
    let cache = cache.unwrap();
    let text = "GOCACHEPROG sent response for unknown request ID 101";
    assert_eq!(cache.get(&id(1)), Err(Error::Fatal(text.into())));
    // From here on the helper is gone.
    assert_eq!(cache.get(&id(2)), Err(Error::Fatal(text.into())));
    assert_eq!(*notices.lock().unwrap(), [Notice::Fatal(text.into())]);
}

#[test]
fn a_helper_that_nobody_needs_any_more_leaves_in_silence() {
    let dir = tempfile::tempdir().unwrap();
    let (cache, notices) = helper(dir.path(), "leaves");
    drop(cache);
    // The reading thread has its end of the notices until the helper is gone.
    while std::sync::Arc::strong_count(&notices) > 1 {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    assert_eq!(*notices.lock().unwrap(), []);
}

#[test]
fn helpers_that_do_not_start() {
    let dir = tempfile::tempdir().unwrap();
    let error = |prog: &str| open_prog(dir.path(), prog).0.err().unwrap().to_string();
    let begin = "error starting GOCACHEPROG program";
    assert_eq!(
        error("no-such-helper -x"),
        format!(
            "{begin} \"no-such-helper\": exec: \"no-such-helper\": executable file not found in $PATH"
        )
    );
    assert_eq!(
        error("/no/such"),
        format!("{begin} \"/no/such\": fork/exec /no/such: no such file or directory")
    );
    assert_eq!(error(" "), format!("{begin} \"\": exec: no command"));
    assert_eq!(error("'x"), "GOCACHEPROG args: unterminated ' string");
}

#[test]
fn no_cache_no_build() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let below = format!("{}/c/d", file.display());
    let error = |dir: &str, dir_error| {
        let settings = Settings {
            dir,
            dir_error,
            prog: "",
            bundle: None,
            environment: &[],
            cwd: "/",
            prepare: |_| (),
            verify: None,
            notice: Arc::new(|_| {}),
        };
        open(&settings).err().unwrap()
    };
    let cases = [
        (
            error("off", None),
            "build cache is disabled by GOCACHE=off, but required as of Go 1.12".to_owned(),
        ),
        (
            error("off", Some("GOCACHE is not an absolute path")),
            "build cache is required, but could not be located: GOCACHE is not an absolute path"
                .to_owned(),
        ),
        (
            error(&below, None),
            format!(
                "failed to initialize build cache at {below}: mkdir {}: not a directory",
                file.display()
            ),
        ),
    ];
    for (got, expected) in cases {
        assert_eq!(got, Error::Fatal(expected));
    }
    // The stock command, if there is one, fails with the same error.
    let module = tempfile::tempdir().unwrap();
    write_module(module.path());
    let stock = go(module.path(), Path::new(&below), &[], &["build", "./..."]);
    let expected = format!("{}\n", error(&below, None));
    assert_eq!(String::from_utf8_lossy(&stock.stderr), expected);
}
