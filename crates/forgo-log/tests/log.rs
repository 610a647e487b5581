//! A log as its writers and readers see it: several processes, kills, a budget.
#![allow(clippy::disallowed_methods, reason = "tests look at what came out")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use forgo_log::{Action, Begin, End, History, Key, KeyText, Run, Store, TextId, Verdict, Writer};

const BUDGET: u64 = 256 << 20;

fn begin(run: u64) -> Begin {
    Begin {
        run,
        start: 1_000_000 * run,
        pid: 7,
        command: vec!["build".to_owned(), "./...".to_owned()],
        dir: "/w".to_owned(),
        release: "go1.26.8".to_owned(),
        settings: vec![("GOFLAGS".to_owned(), "-v".to_owned())],
    }
}

fn end(run: u64) -> End {
    End {
        run,
        end: 1_000_000 * run + 5,
        status: 0,
        answered: false,
    }
}

fn action(node: u32, name: TextId, key: Key) -> Action {
    Action {
        node,
        name,
        key: Some(key),
        inputs: None,
        verdict: Verdict::Failed,
        slot: 1,
        start: 10,
        took: 20,
        user: 30,
        sys: 40,
        peak: 50,
        after: None,
    }
}

struct Lines(Vec<String>);

impl KeyText for Lines {
    fn each_line(&self, take: &mut dyn FnMut(&[u8])) {
        self.0.iter().for_each(|line| take(line.as_bytes()));
    }
}

fn key(n: u64) -> Key {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&n.to_le_bytes());
    Key::of(&hash)
}

/// Records a run of `count` actions, each with 30 lines that all runs have, and one unique line.
fn record(store: &Store, run: u64, count: u64) {
    let mut writer = Writer::new(store.clone(), begin(run));
    writer.look_through();
    for n in 0..count {
        let mut lines: Vec<_> = (0..30)
            .map(|i| format!("file common{i}.go {i:060}\n"))
            .collect();
        lines.push(format!("file own.go {run} {n}\n"));
        let key = key(run << 32 | n);
        let name = writer.text(format!("build\0package{n}").as_bytes());
        writer.key(key, &Lines(lines));
        writer.action(action(u32::try_from(n).unwrap(), name, key));
    }
    writer.finish(end(run)).unwrap();
}

fn runs(store: &Store) -> Vec<Run> {
    let mut history = History::open(store).unwrap();
    let mut all = Vec::new();
    for at in 0.. {
        let Some(segment) = history.segment(at) else {
            break;
        };
        all.extend(segment.runs.iter().rev().cloned());
    }
    all
}

fn size(dir: &Path) -> u64 {
    let files = fs::read_dir(dir).unwrap().flatten();
    files.map(|file| file.metadata().unwrap().len()).sum()
}

#[test]
fn what_is_recorded_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::new(dir.path().join("forgo/log"), BUDGET);
    assert!(History::open(&store).unwrap().segment(0).is_none());
    record(&store, 4, 2);
    record(&store, 5, 1);
    let mut history = History::open(&store).unwrap();
    let segment = history.segment(0).unwrap();
    assert!(history.segment(1).is_none());
    let [first, second] = &*segment.runs else {
        panic!("{:?}", segment.runs);
    };
    assert_eq!((first.number, second.number), (1, 2));
    assert_eq!((&first.begin, &first.end), (&begin(4), &Some(end(4))));
    assert_eq!(first.actions.len(), 2);
    let expected = ("build".to_owned(), "package1".to_owned());
    assert_eq!(segment.name(&first.actions[1]), expected);
    let lines = segment.lines(&key(4 << 32 | 1)).unwrap();
    assert_eq!(lines.len(), 31);
    assert_eq!(lines[30], b"file own.go 4 1\n");
    assert_eq!(segment.lines(&key(1)), None);
    // No other user may read what the user built, with which flags.
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir.path().join("forgo/log")), 0o700);
    assert_eq!(mode(&dir.path().join("forgo/log/00000001.log")), 0o600);
}

#[test]
fn lines_are_stored_once_and_a_run_without_actions_is_small() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::new(dir.path(), BUDGET);
    record(&store, 1, 1);
    let first = size(dir.path());
    assert!(first > 30 * 70, "{first}");
    record(&store, 2, 1);
    let second = size(dir.path()) - first;
    assert!(second < 30 * 8 + 400, "{second}");
    record(&store, 3, 0);
    let third = size(dir.path()) - first - second;
    assert!(third < 150, "{third}");
    let segment = History::open(&store).unwrap().segment(0).unwrap();
    assert_eq!(segment.lines(&key(2 << 32)).unwrap().len(), 31);
}

#[test]
fn a_run_that_was_killed_leaves_what_it_wrote_before() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::new(dir.path(), BUDGET);
    record(&store, 1, 1);
    let mut killed = Writer::new(store.clone(), begin(2));
    let name = killed.text(b"link\0m");
    killed.action(action(9, name, key(3)));
    killed.flush().unwrap();
    killed.action(action(10, name, key(4)));
    drop(killed);
    // A frame that was cut off.
    let file = dir.path().join("00000001.log");
    let whole = fs::read(&file).unwrap();
    let torn = [&whole[..], &whole[20..90]].concat();
    fs::write(&file, torn).unwrap();
    record(&store, 3, 1);
    let runs = runs(&store);
    let seen: Vec<_> = runs
        .iter()
        .map(|run| (run.begin.run, run.actions.len(), run.end.is_some()))
        .collect();
    assert_eq!(seen, [(3, 1, true), (2, 1, false), (1, 1, true)]);
}

#[test]
fn the_oldest_make_room() {
    let dir = tempfile::tempdir().unwrap();
    // The least segments there are.
    let budget = 4 * (64 << 10);
    let store = Store::new(dir.path(), budget);
    for run in 1..=150 {
        record(&store, run, 6);
        let size = size(dir.path());
        assert!(size <= budget + (8 << 10), "{size} after {run}");
    }
    let runs = runs(&store);
    assert!(runs.len() > 20 && runs.len() < 140, "{}", runs.len());
    // Numbers go on.
    for (run, expected) in runs.iter().zip((1..=150).rev()) {
        assert_eq!((run.number, run.begin.run), (expected, expected));
    }
    // Each segment has all that its runs name.
    let mut history = History::open(&store).unwrap();
    for at in 0.. {
        let Some(segment) = history.segment(at) else {
            assert!(at > 2);
            break;
        };
        for action in segment.runs.iter().flat_map(|run| &run.actions) {
            assert_eq!(segment.lines(&action.key.unwrap()).unwrap().len(), 31);
            assert_eq!(segment.name(action).0, "build");
        }
    }
}

#[test]
fn a_log_that_cannot_be_written_is_no_harm() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    let store = Store::new(dir.path().join("file/log"), BUDGET);
    let mut writer = Writer::new(store.clone(), begin(1));
    writer.look_through();
    let name = writer.text(b"x");
    writer.action(action(0, name, key(1)));
    assert!(writer.flush().is_err());
    assert!(writer.finish(end(1)).is_err());
}

/// Several processes append, and some are killed at any time: the rest is whole.
#[test]
fn several_processes_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let spawn = |first: u64| {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_process", "--ignored", "--nocapture"])
            .env("FORGO_TEST_LOG", dir.path())
            .env("FORGO_TEST_FIRST", first.to_string())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut lasting: Vec<_> = [1000, 2000].map(spawn).into();
    for first in [3000, 4000, 5000] {
        let mut killed = spawn(first);
        std::thread::sleep(std::time::Duration::from_millis(60));
        killed.kill().unwrap();
        killed.wait().unwrap();
    }
    for process in &mut lasting {
        assert!(process.wait().unwrap().success());
    }
    let runs = runs(&Store::new(dir.path(), BUDGET));
    for first in [1000, 2000] {
        for run in first..first + 20 {
            let run = runs.iter().find(|r| r.begin.run == run).expect("a run");
            assert_eq!((run.actions.len(), run.end.is_some()), (50, true));
        }
    }
}

#[test]
#[ignore = "a process of another test"]
fn a_process() {
    let (Ok(dir), Ok(first)) = (
        std::env::var("FORGO_TEST_LOG"),
        std::env::var("FORGO_TEST_FIRST"),
    ) else {
        return;
    };
    let first: u64 = first.parse().unwrap();
    for run in first..first + 20 {
        record(&Store::new(&dir, BUDGET), run, 50);
    }
}
