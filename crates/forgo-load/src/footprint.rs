//! What an invocation saw of the file system: everything that, had it been otherwise, could have
//! led to another answer. With it a later process can tell that the answer still holds, by
//! comparing stats.
//!
//! There is one recorder in a process, for an invocation looks at files from its first steps on,
//! before there are settings to carry one along. While none is [`begin`]-run, noting costs one
//! load. The functions of [`crate::disk`] note by themselves; code that learns something in another
//! way (a child process, the clock) calls [`saw`] for the files it depends on, or else [`refuse`].
//!
//! A path is stat'ed when it is first noted, which is before it is read: if the recorded stat still
//! holds at the end, nothing changed in between. [`Footprint::settled`] is git's rule for racily
//! clean files: a file modified in the tick in which it was read could be modified once more
//! unseen.

pub mod snapshot;
mod stat;
mod table;

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::SystemTime;

use rustix::fs::{Access, AtFlags, CWD};

use crate::disk::{self, Place};

pub(crate) use stat::SIZE as STAT_SIZE;
pub use stat::{COARSE, Errno, GRANULARITY, Stat};
pub use table::Table;

const SHARDS: usize = 16;
/// Symbolic links that are followed one after the other before the kernel gives up.
const MAX_LINKS: u32 = 40;

/// How much of a path was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// The path itself: of a symbolic link not where it leads.
    Itself,
    /// Of a directory: that it is one, its owner and permissions. Of anything else: all of it.
    Kind,
    /// Of a directory its entries too: its times count.
    Whole,
}

/// What there was at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Something.
    Present(Stat, Look),
    /// Nothing that could be stat'ed, for this reason.
    Failed(Errno),
}

/// A path and its state when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Absolute.
    pub path: String,
    /// Links not followed; the file that a link leads to is a separate input.
    pub seen: Seen,
}

/// All that was noted.
#[derive(Debug, Default)]
pub struct Footprint {
    /// Sorted by path, each once.
    pub inputs: Vec<Input>,
    /// Files that were put in their place, or were in place already.
    pub outputs: Vec<String>,
    /// Directories in which files were made, for a moment or for good: where that fails, so would
    /// the invocation.
    pub writable: Vec<String>,
    /// Why no later process may rely on this.
    pub refused: Option<String>,
    /// Tools ran: their output need not be the same in the next invocation.
    pub worked: bool,
}

impl Footprint {
    /// Whether no input was modified so shortly before `start`, when nothing had been looked at
    /// yet, that a modification after it was looked at could have left its times as they were.
    pub fn settled(&self, start: SystemTime) -> bool {
        self.inputs.iter().all(|input| match &input.seen {
            Seen::Present(stat, look) if stat.is_dir() && *look < Look::Whole => true,
            Seen::Present(stat, _) => stat.older_than(start),
            Seen::Failed(_) => true,
        })
    }
}

/// Notes of the paths that any thread looks at.
#[derive(Debug)]
pub struct Notes {
    /// What relative paths are relative to.
    base: String,
    hasher: RandomState,
    shards: [Mutex<HashMap<Box<str>, Seen>>; SHARDS],
    outputs: Mutex<Vec<String>>,
    written: Mutex<Vec<String>>,
    writable: Mutex<Vec<String>>,
    /// Directories that the invocation itself makes: the files in them are not inputs.
    own: Mutex<Vec<String>>,
    refused: Mutex<Option<String>>,
    worked: AtomicBool,
    background: Mutex<Vec<JoinHandle<()>>>,
}

static RECORDER: OnceLock<Notes> = OnceLock::new();

/// Makes the process note its inputs from now on. `base` is the current directory.
pub fn begin(base: &str) {
    // A second call finds it begun.
    let _ = RECORDER.set(Notes::new(base));
}

/// Reports whether inputs are being noted.
pub fn is_on() -> bool {
    RECORDER.get().is_some()
}

/// The process's notes, if it notes.
pub fn notes() -> Option<&'static Notes> {
    RECORDER.get()
}

/// Notes a path that is about to be looked at. Symbolic links are followed.
pub fn saw(path: impl Place, look: Look) {
    if let Some(recorder) = RECORDER.get() {
        recorder.saw(path, look);
    }
}

/// Returns the stat of a path, links not followed, and notes it.
pub fn stat(path: &str) -> Result<Stat, Errno> {
    match RECORDER.get() {
        Some(notes) => notes.stat(path),
        None => Stat::of(path),
    }
}

/// Notes a path itself: of a symbolic link that it is one, not where it leads.
pub fn saw_itself(path: impl Place) {
    if let Some(recorder) = RECORDER.get() {
        recorder.saw_itself(path);
    }
}

/// Runs `work`, which notes inputs, concurrently with the caller. [`take`] waits for it.
pub fn in_background(work: impl FnOnce() + Send + 'static) {
    if let Some(recorder) = RECORDER.get() {
        // Where the system allows no more threads, it is done here and now.
        let work = Arc::new(Mutex::new(Some(work)));
        let theirs = Arc::clone(&work);
        let take = |work: &Mutex<Option<_>>| lock(work).take();
        match std::thread::Builder::new().spawn(move || take(&theirs).map_or((), |work| work())) {
            Ok(thread) => lock(&recorder.background).push(thread),
            Err(_) => take(&work).map_or((), |work| work()),
        }
    }
}

/// Notes every directory on the way to a path: where symbolic links in it lead counts.
pub fn saw_way_to(path: impl Place) {
    if let Some(recorder) = RECORDER.get() {
        recorder.saw_way_to(path);
    }
}

/// Notes a file that the invocation puts in its place.
pub fn output(path: &str) {
    if let Some(recorder) = RECORDER.get() {
        lock(&recorder.outputs).push(recorder.absolute(path).into_owned());
    }
}

/// A file is written. Unless it turns out to be the invocation's own or an [`output`], it would not
/// be there if the work were not done.
pub fn writes(path: &str) {
    if let Some(recorder) = RECORDER.get() {
        lock(&recorder.written).push(recorder.absolute(path).into_owned());
    }
}

/// Something is about to be made in this directory.
pub fn makes_in(dir: &str) {
    if let Some(recorder) = RECORDER.get() {
        lock(&recorder.writable).push(recorder.absolute(dir).into_owned());
    }
}

/// Whether this process may make files in a directory.
pub fn may_make_in(dir: &str) -> bool {
    let access = Access::EXISTS | Access::WRITE_OK | Access::EXEC_OK;
    #[expect(clippy::disallowed_methods, reason = "directories are checked here")]
    let accessible = rustix::fs::accessat(CWD, dir, access, AtFlags::EACCESS).is_ok();
    accessible && Stat::of_target(dir).is_ok_and(|stat| stat.is_dir())
}

/// Excludes the files in a directory, which the invocation itself makes, from the inputs.
pub fn own_dir(path: &str) {
    if let Some(recorder) = RECORDER.get() {
        let path = recorder.absolute(path);
        lock(&recorder.own).push(format!("{}/", path.trim_end_matches('/')));
    }
}

/// The answer depends on something that is not noted.
pub fn refuse(why: &str) {
    if let Some(recorder) = RECORDER.get() {
        lock(&recorder.refused).get_or_insert_with(|| why.to_owned());
    }
}

/// A tool ran.
pub fn worked() {
    if let Some(recorder) = RECORDER.get() {
        recorder.worked.store(true, Ordering::Relaxed);
    }
}

/// Takes the notes.
pub fn take() -> Footprint {
    RECORDER.get().map(Notes::take).unwrap_or_default()
}

/// Variables that terminals and shells set, and on which no answer depends: but for a test that
/// reads one of them.
pub fn is_noise(variable: &str) -> bool {
    const NAMES: [&str; 6] = ["_", "OLDPWD", "SHLVL", "COLUMNS", "LINES", "WINDOWID"];
    const BEGINNINGS: [&str; 3] = ["TERM", "SSH_", "TMUX"];
    NAMES.contains(&variable) || BEGINNINGS.iter().any(|b| variable.starts_with(b))
}

/// A panic elsewhere can't leave these half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Notes {
    /// None yet. `base` is the directory that relative paths are relative to.
    pub fn new(base: &str) -> Notes {
        Notes {
            base: base.to_owned(),
            hasher: RandomState::new(),
            shards: Default::default(),
            outputs: Mutex::default(),
            written: Mutex::default(),
            writable: Mutex::default(),
            own: Mutex::default(),
            refused: Mutex::default(),
            worked: AtomicBool::new(false),
            background: Mutex::default(),
        }
    }

    fn absolute<'p>(&self, path: &'p str) -> Cow<'p, str> {
        if path.starts_with('/') {
            path.into()
        } else {
            // Not cleaned: the kernel decides where `..` leads.
            format!("{}/{path}", self.base.trim_end_matches('/')).into()
        }
    }

    /// See [`saw`].
    pub fn saw(&self, path: impl Place, look: Look) {
        self.note(&path.text(), look, MAX_LINKS);
    }

    fn stat(&self, path: &str) -> Result<Stat, Errno> {
        self.saw(path, Look::Whole);
        let shard = &self.shards[self.hasher.hash_one(path) as usize % SHARDS];
        match lock(shard).get(path) {
            Some(Seen::Present(stat, _)) => Ok(*stat),
            Some(Seen::Failed(errno)) => Err(*errno),
            // Noted under another spelling.
            None => Stat::of(path),
        }
    }

    /// See [`saw_way_to`].
    pub fn saw_way_to(&self, path: impl Place) {
        let path = path.text();
        for (end, _) in path.match_indices('/').skip(1) {
            self.saw(&path[..end], Look::Kind);
        }
        self.saw(&*path, Look::Kind);
    }

    /// See [`saw_itself`].
    pub fn saw_itself(&self, path: impl Place) {
        self.note(&path.text(), Look::Itself, 0);
    }

    fn note(&self, path: &str, look: Look, links: u32) {
        let path = self.absolute(path);
        let path = match path.trim_end_matches('/') {
            "" => "/",
            path => path,
        };
        let shard = &self.shards[self.hasher.hash_one(path) as usize % SHARDS];
        if let Some(seen) = lock(shard).get_mut(path) {
            match seen {
                // The earlier stat is the stricter one.
                Seen::Present(stat, known) if stat.is_dir() && *known < look => *known = look,
                // Where a link leads may not have been looked at as closely.
                Seen::Present(stat, known) if stat.is_link() && *known < look => *known = look,
                _ => return,
            }
            if !matches!(seen, Seen::Present(stat, _) if stat.is_link()) {
                return;
            }
        } else {
            let seen = match Stat::of(path) {
                Ok(stat) => Seen::Present(stat, look),
                Err(errno) => Seen::Failed(errno),
            };
            // Of two threads here at once the first has its way.
            lock(shard).entry(path.into()).or_insert(seen);
            if !matches!(seen, Seen::Present(stat, _) if stat.is_link()) {
                return;
            }
        }
        self.follow(path, look, links);
    }

    fn follow(&self, link: &str, look: Look, links: u32) {
        if links == 0 {
            return;
        }
        #[expect(clippy::disallowed_methods, reason = "the link was noted just now")]
        let Ok(target) = std::fs::read_link(link.place()) else {
            lock(&self.refused).get_or_insert_with(|| format!("{link} changed"));
            return;
        };
        let target = disk::text_of(target);
        if target.starts_with('/') {
            self.note(&target, look, links - 1);
        } else {
            let dir = link.rsplit_once('/').map_or("", |(dir, _)| dir);
            self.note(&format!("{dir}/{target}"), look, links - 1);
        }
    }

    /// Takes all that was noted.
    pub fn take(&self) -> Footprint {
        for thread in std::mem::take(&mut *lock(&self.background)) {
            if thread.join().is_err() {
                lock(&self.refused).get_or_insert_with(|| "a panic".to_owned());
            }
        }
        let own = lock(&self.own);
        let outputs = std::mem::take(&mut *lock(&self.outputs));
        let mut inputs = Vec::new();
        for shard in &self.shards {
            let noted = std::mem::take(&mut *lock(shard)).into_iter();
            inputs.extend(noted.map(|(path, seen)| Input {
                path: path.into(),
                seen,
            }));
        }
        let is_own = |path: &String| own.iter().any(|dir| path.starts_with(dir));
        inputs.retain(|input| !is_own(&input.path) && !outputs.contains(&input.path));
        let mut written = lock(&self.written).drain(..).collect::<Vec<_>>();
        written.retain(|path| !is_own(path) && !outputs.contains(path));
        if let Some(path) = written.pop() {
            lock(&self.refused).get_or_insert_with(|| format!("{path} is written"));
        }
        inputs.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Footprint {
            inputs,
            outputs,
            writable: std::mem::take(&mut *lock(&self.writable)),
            refused: lock(&self.refused).clone(),
            worked: self.worked.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct World {
        dir: tempfile::TempDir,
        recorder: Notes,
    }

    impl World {
        fn new() -> World {
            let dir = tempfile::tempdir().unwrap();
            let recorder = Notes::new(dir.path().to_str().unwrap());
            World { dir, recorder }
        }

        fn path(&self, name: &str) -> String {
            format!("{}/{name}", self.dir.path().display())
        }

        fn write(&self, name: &str, text: &str) {
            std::fs::write(self.path(name), text).unwrap();
        }

        fn saw(&self, name: &str, look: Look) {
            self.recorder.saw(name, look);
        }

        /// Reports whether the notes hold after a change.
        fn holds_after(&self, change: impl FnOnce(&World)) -> bool {
            let footprint = self.recorder.take();
            let mut bytes = Vec::new();
            Table::write(&footprint.inputs, &mut bytes).unwrap();
            let holds = || Table::parse(&bytes).unwrap().0.holds();
            assert!(holds(), "{:?}", footprint.inputs);
            // So that times differ.
            std::thread::sleep(std::time::Duration::from_millis(20));
            change(self);
            holds()
        }
    }

    #[test]
    fn every_change_of_what_was_read_is_seen() {
        type Change = fn(&World);
        let changes: &[(&str, Change, bool)] = &[
            ("nothing", |_| (), true),
            ("other text", |w| w.write("f", "other"), false),
            ("same size", |w| w.write("f", "TEXT"), false),
            ("same text", |w| w.write("f", "text"), false),
            (
                "touched back",
                |w| {
                    let file = std::fs::File::options().write(true).open(w.path("f"));
                    let file = file.unwrap();
                    let old = file.metadata().unwrap().modified().unwrap();
                    std::fs::write(w.path("f"), "TEXT").unwrap();
                    file.set_modified(old).unwrap();
                },
                false,
            ),
            (
                "replaced by rename",
                |w| {
                    w.write("other/g", "TEXT");
                    std::fs::rename(w.path("other/g"), w.path("f")).unwrap();
                },
                false,
            ),
            (
                "mode",
                |w| {
                    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
                    std::fs::set_permissions(w.path("f"), mode).unwrap();
                },
                false,
            ),
            (
                "gone",
                |w| std::fs::remove_file(w.path("f")).unwrap(),
                false,
            ),
            ("absent no more", |w| w.write("none", ""), false),
            (
                "absent no more: a directory",
                |w| std::fs::create_dir(w.path("none")).unwrap(),
                false,
            ),
            (
                "file appears in the list",
                |w| w.write("listed/x", ""),
                false,
            ),
            (
                "file goes from the list",
                |w| std::fs::remove_file(w.path("listed/a")).unwrap(),
                false,
            ),
            ("file appears elsewhere", |w| w.write("dir/x", ""), true),
            (
                "a directory is none",
                |w| {
                    std::fs::remove_dir(w.path("dir")).unwrap();
                    w.write("dir", "");
                },
                false,
            ),
            (
                "link leads elsewhere",
                |w| {
                    std::fs::remove_file(w.path("link")).unwrap();
                    std::os::unix::fs::symlink("listed/a", w.path("link")).unwrap();
                },
                false,
            ),
            ("behind the link", |w| w.write("other/t", "TEXT"), false),
        ];
        for (name, change, holds) in changes {
            let w = World::new();
            for dir in ["listed", "dir", "other"] {
                std::fs::create_dir(w.path(dir)).unwrap();
            }
            for file in ["f", "listed/a", "other/t"] {
                w.write(file, "text");
            }
            std::os::unix::fs::symlink("other/t", w.path("link")).unwrap();
            w.saw("f", Look::Whole);
            w.saw(&w.path("none"), Look::Kind);
            w.saw("listed/", Look::Kind);
            w.saw("listed", Look::Whole);
            w.saw("dir", Look::Kind);
            w.saw("link", Look::Whole);
            assert_eq!(w.holds_after(change), *holds, "{name}");
        }
    }

    #[test]
    fn what_the_invocation_makes_is_no_input() {
        let w = World::new();
        std::fs::create_dir(w.path("work")).unwrap();
        w.saw("out", Look::Kind);
        w.saw("work/f", Look::Whole);
        w.saw("worker", Look::Whole);
        lock(&w.recorder.outputs).push(w.path("out"));
        lock(&w.recorder.own).push(w.path("work/"));
        lock(&w.recorder.written).extend([w.path("out"), w.path("work/g")]);
        let footprint = w.recorder.take();
        assert_eq!(footprint.refused, None);
        let paths: Vec<_> = footprint.inputs.iter().map(|i| i.path.clone()).collect();
        assert_eq!(paths, [w.path("worker")]);
        assert_eq!(footprint.outputs, [w.path("out")]);
    }

    #[test]
    fn what_is_written_elsewhere_would_not_be_there() {
        let w = World::new();
        lock(&w.recorder.written).push(w.path("profile"));
        let refused = w.recorder.take().refused;
        assert_eq!(refused, Some(format!("{} is written", w.path("profile"))));
    }

    #[test]
    fn links_in_a_circle_end() {
        let w = World::new();
        std::os::unix::fs::symlink("b", w.path("a")).unwrap();
        std::os::unix::fs::symlink("a", w.path("b")).unwrap();
        w.saw("a", Look::Whole);
        w.saw("a/x", Look::Whole);
        assert!(w.holds_after(|_| ()));
    }

    #[test]
    fn only_settled_inputs_count() {
        let w = World::new();
        w.write("f", "");
        w.saw("f", Look::Whole);
        w.saw("", Look::Kind);
        let footprint = w.recorder.take();
        let now = SystemTime::now();
        assert!(!footprint.settled(now));
        assert!(footprint.settled(now + std::time::Duration::from_secs(5)));
    }

    #[test]
    fn tables_of_many_directories() {
        let w = World::new();
        for dir in 0..40 {
            std::fs::create_dir(w.path(&format!("{dir}"))).unwrap();
            w.saw(&format!("{dir}"), Look::Whole);
            for file in 0..50 {
                w.saw(&format!("{dir}/{file}"), Look::Whole);
            }
        }
        assert!(!w.holds_after(|w| w.write("39/49", "")));
    }
}
