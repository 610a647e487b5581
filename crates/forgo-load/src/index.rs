//! The index of files from earlier invocations: the hash of a file's content, the data in the head
//! of a source file, and whether the file has line directives. A file whose stat is unchanged is
//! not opened.
//!
//! There are two indexes: one of the Go distribution, shared by all that use it, and one of all
//! else that is read from a module's directory. Each is a file of sorted records (`table`) that is
//! read whole when first needed and searched as it is; new records are merged into it at the end,
//! and put in place at once. Two processes that do so at the same time lose the records of one of
//! them, which are made again.
//!
//! A record is made of the stat from before the file was read, and only if that was older than the
//! invocation by more than the clock's granularity: so what changes a file later, or changed it
//! while it was read, changes its stat.

mod codec;
pub mod head;
mod table;

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use forgo_cache::disk::{KeptContent, KeptFile, KeyText};
use forgo_golang::path;

use crate::clock::{self, For};
use crate::config::Config;
use crate::disk;
use crate::footprint::{self, Stat};
use crate::kept;
use head::{Content, Extent, FileHead};
use table::{Record, Table};

const MAGIC: &[u8; 8] = b"forgoI2\n";

/// Only the head of a larger file is read for its head: it may not be built at all.
const LARGE: u64 = 256 << 10;

/// Records of files that are gone stay until there are so many.
const TOO_MANY: usize = 200_000;

/// The index of files from earlier invocations.
#[derive(Debug, Default)]
pub struct FileIndex {
    /// `None`: nothing is known and nothing is learned.
    parts: Option<Parts>,
    /// The invocation makes keys: of most files whose head is read, the hash is wanted as well.
    hashes: bool,
}

#[derive(Debug)]
struct Parts {
    goroot: String,
    start: SystemTime,
    distribution: Part,
    rest: Part,
}

/// One index.
#[derive(Debug)]
struct Part {
    file: KeptFile,
    /// Its content, once it is needed.
    content: OnceLock<Option<KeptContent>>,
    /// The new records.
    new: Mutex<HashMap<String, Record>>,
    /// A kept record is not to be believed: the new ones are saved in any case.
    forgets: AtomicBool,
}

impl FileIndex {
    /// The index for an invocation with these settings; nothing is read yet.
    pub fn new(cfg: &Config) -> FileIndex {
        let Some(cache) = kept::local_cache(cfg) else {
            return FileIndex::default();
        };
        let part = |root: &str| {
            let mut key = KeyText::default();
            key.add(b"index");
            key.add(root.as_bytes());
            Part {
                file: cache.kept_file(key.sum(), MAGIC),
                content: OnceLock::new(),
                new: Mutex::default(),
                forgets: AtomicBool::new(false),
            }
        };
        FileIndex {
            parts: Some(Parts {
                goroot: cfg.dist.goroot.clone(),
                start: clock::now(For::Settled),
                distribution: part(&cfg.dist.goroot),
                rest: part(&root_of(&cfg.cwd)),
            }),
            hashes: matches!(&*cfg.command, "build" | "install" | "run" | "test" | "vet"),
        }
    }

    /// Keeps the new records, for later invocations.
    pub fn save(&self) {
        if let Some(parts) = &self.parts {
            parts.distribution.save();
            parts.rest.save();
        }
    }

    /// The hash of a file's content, found by `read` if it is not known.
    pub fn hash(
        &self,
        file: &str,
        read: impl FnOnce() -> io::Result<[u8; 32]>,
    ) -> io::Result<[u8; 32]> {
        let Some(found) = self.find(file) else {
            return read();
        };
        if let Some(hash) = found.record.as_ref().and_then(|r| r.hash) {
            return Ok(hash);
        }
        let hash = read()?;
        found.learn(|record| record.hash = Some(hash));
        Ok(hash)
    }

    /// Returns the head of a source file, found by `read` if it is not in the index. Where the rest
    /// will be asked for too, `read` is to find both.
    pub(crate) fn head(
        &self,
        file: &str,
        read: impl FnOnce(Extent) -> (FileHead, Option<Content>),
    ) -> FileHead {
        let Some(found) = self.find(file) else {
            return read(Extent::Head).0;
        };
        let known = found.record.as_ref().and_then(|r| r.head.as_deref());
        if let Some(head) = known.and_then(|bytes| codec::decode(file, bytes)) {
            return head;
        }
        // Tests of dependencies are not built.
        let built = file.ends_with(".go") && !file.ends_with("_test.go");
        let whole = self.hashes && built && found.stat.size <= LARGE;
        let (head, content) = read(if whole { Extent::Whole } else { Extent::Head });
        let bytes = codec::encode(file, &head);
        if bytes.is_some() || content.is_some() {
            found.learn(|record| {
                record.head = bytes.or(record.head.take());
                if let Some(content) = content {
                    record.hash = Some(content.hash);
                    record.no_lines = content.no_lines;
                }
            });
        }
        head
    }

    /// Whether a Go file is known to have no line directive.
    pub fn has_no_lines(&self, file: &str) -> bool {
        let found = self.find(file).and_then(|found| found.record);
        found.is_some_and(|record| record.no_lines)
    }

    /// Drops the record of a file, for later invocations too: its content is not the one that its
    /// stat let expect.
    pub fn forget(&self, file: &str) {
        let Some(part) = self.parts.as_ref().map(|parts| parts.part(file)) else {
            return;
        };
        part.forgets.store(true, Ordering::Relaxed);
        // No file has this stat.
        part.lock()
            .insert(file.to_owned(), Record::of(Stat::default()));
    }

    /// A file that records are kept of, with its record if that is good.
    fn find<'i>(&'i self, file: &'i str) -> Option<Found<'i>> {
        let parts = self.parts.as_ref().filter(|_| file.starts_with('/'))?;
        let stat = footprint::stat(file).ok()?;
        if !stat.is_regular() || !stat.older_than(parts.start) {
            return None;
        }
        let part = parts.part(file);
        let learned = part.lock().get(file).cloned();
        let record = learned.or_else(|| part.table()?.find(file));
        let record = record.filter(|record| record.stat == stat);
        Some(Found {
            part,
            file,
            stat,
            record,
        })
    }
}

impl Parts {
    /// The index that records of a file are in.
    fn part(&self, file: &str) -> &Part {
        match path::has_file_path_prefix(file, &self.goroot) {
            true => &self.distribution,
            false => &self.rest,
        }
    }
}

/// The nearest directory above, or this one, that is a module's.
fn root_of(cwd: &str) -> String {
    let mut dir = cwd;
    loop {
        if disk::exists(format!("{dir}/go.mod")) {
            return dir.to_owned();
        }
        match dir.rsplit_once('/') {
            Some((above, _)) => dir = above,
            None => return cwd.to_owned(),
        }
    }
}

struct Found<'i> {
    part: &'i Part,
    file: &'i str,
    stat: Stat,
    record: Option<Record>,
}

impl Found<'_> {
    fn learn(self, add: impl FnOnce(&mut Record)) {
        let mut record = self.record.unwrap_or_else(|| Record::of(self.stat));
        let mut new = self.part.lock();
        // Another thread may have learned something else of it.
        if let Some(other) = new.remove(self.file).filter(|r| r.stat == self.stat) {
            record.hash = record.hash.or(other.hash);
            record.head = record.head.or(other.head);
            record.no_lines |= other.no_lines;
        }
        add(&mut record);
        new.insert(self.file.to_owned(), record);
    }
}

impl Part {
    fn table(&self) -> Option<Table<'_>> {
        let content = self.content.get_or_init(|| self.file.read());
        Table::parse(content.as_ref()?)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Record>> {
        // A panic elsewhere can't leave it half changed.
        self.new.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Merges the new records into the file, if it is worth it: one file that is edited again and
    /// again is read again and again.
    fn save(&self) {
        let new = std::mem::take(&mut *self.lock());
        if new.is_empty() {
            return;
        }
        let old = self.table();
        let known = old.as_ref().map_or(0, Table::len);
        let forgets = self.forgets.swap(false, Ordering::Relaxed);
        if !forgets && new.len() < 256 && new.len() * 64 < known {
            return;
        }
        let old = old.filter(|_| known < TOO_MANY);
        if let Some(bytes) = table::merge(old, &new) {
            self.file.store(&bytes);
        }
    }
}

impl Drop for FileIndex {
    fn drop(&mut self) {
        self.save();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fsys::Overlay;
    use crate::load::head;

    struct World {
        dir: tempfile::TempDir,
        cfg: Config,
    }

    impl World {
        fn new() -> World {
            let dir = tempfile::tempdir().unwrap();
            let mut cfg = Config {
                extras: true,
                ..Config::default()
            };
            let root = dir.path().to_str().unwrap();
            cfg.cwd = format!("{root}/w");
            cfg.dist.goroot = format!("{root}/go");
            cfg.dirs.gocache = format!("{root}/cache");
            for sub in ["w", "go", "cache"] {
                std::fs::create_dir(format!("{root}/{sub}")).unwrap();
            }
            World { dir, cfg }
        }

        fn file(&self, name: &str) -> String {
            format!("{}/{name}", self.dir.path().display())
        }

        fn write(&self, name: &str, text: &str) {
            std::fs::write(self.file(name), text).unwrap();
        }

        /// As if it was written this moment, however long ago that is on a busy machine.
        fn is_new(&self, name: &str, new: bool) {
            let hour = std::time::Duration::from_secs(3600);
            let now = SystemTime::now();
            let file = std::fs::File::options().write(true).open(self.file(name));
            let time = if new { now + hour } else { now };
            file.unwrap().set_modified(time).unwrap();
        }

        fn settle(&self) {
            std::thread::sleep(std::time::Duration::from_millis(120));
        }

        /// Whether an invocation has to read the file for its hash and for its head.
        fn reads(&self, name: &str) -> (bool, bool) {
            let index = FileIndex::new(&self.cfg);
            let file = self.file(name);
            let (mut hashed, mut parsed) = (false, false);
            let hash = index.hash(&file, || {
                hashed = true;
                Ok(kept_hash(&file))
            });
            assert_eq!(hash.unwrap(), kept_hash(&file));
            let head = |extent| head::read(&Overlay::default(), &file, name, extent);
            let got = index.head(&file, |extent| {
                parsed = true;
                head(extent)
            });
            assert_eq!(format!("{got:?}"), format!("{:?}", head(Extent::Head).0));
            (hashed, parsed)
        }
    }

    fn kept_hash(file: &str) -> [u8; 32] {
        forgo_cache::OutputId::of(&std::fs::read(file).unwrap()).0
    }

    const SOURCE: &str = "//go:build linux && !x\n\n//go:debug a=b\n\n// Package p is here.\npackage p // import \"x/y\"\n\nimport (\n\t\"fmt\"\n\t_ \"embed\"\n)\n\n// #cgo LDFLAGS: -lm\nimport \"C\"\n\n//go:embed a b*\nvar f string\n";

    const LINES: &str = "package p\n\n//line x.y:1\nvar i int\n";

    #[test]
    fn files_are_read_once() {
        let w = World::new();
        for name in ["w/a.go", "go/b.go", "w/c.s"] {
            w.write(name, SOURCE);
        }
        w.is_new("w/a.go", true);
        assert_eq!(w.reads("w/a.go"), (true, true));
        // It was too new to be relied on.
        assert_eq!(w.reads("w/a.go"), (true, true));
        for name in ["w/a.go", "go/b.go", "w/c.s"] {
            w.is_new(name, false);
        }
        w.settle();
        for name in ["w/a.go", "go/b.go", "w/c.s"] {
            assert_eq!(w.reads(name), (true, true), "{name}");
            assert_eq!(w.reads(name), (false, false), "{name}");
        }
        w.write("w/a.go", &SOURCE.replace("fmt", "FMT"));
        w.is_new("w/a.go", true);
        assert_eq!(w.reads("w/a.go"), (true, true));
        w.is_new("w/a.go", false);
        w.settle();
        assert_eq!(w.reads("w/a.go"), (true, true));
        assert_eq!(w.reads("w/a.go"), (false, false));
        assert_eq!(w.reads("w/c.s"), (false, false));
        w.write("w/d.go", "package");
        w.settle();
        // A file that does not parse is read each time; its hash is in the index.
        assert_eq!(w.reads("w/d.go"), (true, true));
        assert_eq!(w.reads("w/d.go"), (false, true));
    }

    #[test]
    fn a_build_reads_once_for_both() {
        let mut w = World::new();
        w.cfg.command = "build".into();
        for (name, both) in [("a.go", true), ("a_test.go", false), ("c.s", false)] {
            let file = w.file(&format!("w/{name}"));
            for text in [SOURCE, "package", "", LINES] {
                std::fs::write(&file, text).unwrap();
                w.settle();
                let index = FileIndex::new(&w.cfg);
                let read = |extent| head::read(&Overlay::default(), &file, name, extent);
                index.head(&file, read);
                let mut hashed = false;
                let hash = index.hash(&file, || {
                    hashed = true;
                    Ok(kept_hash(&file))
                });
                assert_eq!(hash.unwrap(), kept_hash(&file));
                assert_eq!(hashed, !both, "{name}: {text:?}");
                assert_eq!(index.has_no_lines(&file), both && text != LINES);
            }
        }
    }

    #[test]
    fn a_head_is_the_same_however_much_is_read() {
        let w = World::new();
        let file = w.file("w/a.go");
        let read = |extent| head::read(&Overlay::default(), &file, "a.go", extent);
        for before in [0, 8 << 10, 32 << 10, 100 << 10] {
            for after in [0, 1, 5_000, 60_000] {
                for end in ["", "\0", "func f() {"] {
                    let comment = format!("//{}\n", "x".repeat(before));
                    let text = format!("{comment}{SOURCE}{}{end}", "\n".repeat(after));
                    std::fs::write(&file, &text).unwrap();
                    let (head, none) = read(Extent::Head);
                    let (whole, hash) = read(Extent::Whole);
                    assert_eq!(format!("{head:?}"), format!("{whole:?}"));
                    assert_eq!((none, hash.map(|c| c.hash)), (None, Some(kept_hash(&file))));
                }
            }
        }
    }

    #[test]
    fn damage_is_as_if_nothing_were_known() {
        let w = World::new();
        w.write("w/a.go", SOURCE);
        w.settle();
        w.reads("w/a.go");
        assert_eq!(w.reads("w/a.go"), (false, false));
        let index = FileIndex::new(&w.cfg);
        let file = index.parts.as_ref().unwrap().rest.file.path().to_owned();
        drop(index);
        let good = std::fs::read(&file).unwrap();
        for at in (0..good.len()).step_by(7) {
            let mut bad = good.clone();
            bad[at] ^= 0x20;
            std::fs::write(&file, &bad).unwrap();
            assert_eq!(w.reads("w/a.go"), (true, true), "{at}");
            std::fs::write(&file, &good[..at]).unwrap();
            assert_eq!(w.reads("w/a.go"), (true, true), "{at}");
        }
        // The structure stands damage that the checksum does not tell.
        for at in 0..good.len() - 44 {
            let mut bad = good[44..].to_vec();
            bad[at] ^= 0xff;
            if let Some(table) = Table::parse(&bad) {
                let found = table.find(&w.file("w/a.go"));
                if let Some(head) = found.and_then(|r| r.head) {
                    codec::decode("/x", &head);
                }
                table::merge(Some(table), &HashMap::new());
            }
        }
    }

    #[test]
    fn several_at_once_and_off() {
        let mut w = World::new();
        for n in 0..50 {
            w.write(&format!("w/{n}.go"), &format!("package p{n}\n"));
        }
        w.settle();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for n in 0..50 {
                        w.reads(&format!("w/{n}.go"));
                    }
                });
            }
        });
        for n in 0..50 {
            w.reads(&format!("w/{n}.go"));
            assert_eq!(w.reads(&format!("w/{n}.go")), (false, false));
        }
        w.cfg.extras = false;
        assert_eq!(w.reads("w/0.go"), (true, true));
        assert_eq!(w.reads("w/0.go"), (true, true));
    }
}
