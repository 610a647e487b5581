//! Directory records: a directory's entries and its files' heads, read once per
//! invocation, from any thread. The import walk, the pattern walk and module loading all ask here.
//!
//! Heads are dropped as soon as a directory's facts are known: what stays in memory is one
//! [`DirFacts`] a directory. Answers to the reading half of go/build, to cmd/go/internal/imports
//! and to the memory of cmd/go/internal/modindex.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use forgo_golang::constraint::{Context, ImportsTags};
use forgo_golang::path;

pub use super::facts::{Decls, DirFacts, Pos, Problem};
use super::facts::{FactsQuery, Reader};
use super::fips140::Fips;
use super::head::{self, FileHead, SourceFile, read_head};
use crate::clock::{self, For};
use crate::config::Config;
use crate::disk;
use crate::footprint;
use crate::fsys::{DirEntry, Overlay, PathError};
use crate::load::FatalError;
use crate::load::modules::{DirImports, FileKind, PackageKind, SourceTree};

/// How long the index distrusts a file after it was modified.
const INDEX_CUTOFF: Duration = Duration::from_secs(2);

const SHARDS: usize = 16;

type Slot = Arc<OnceLock<Arc<DirRecord>>>;

/// Memoised directory records.
#[derive(Debug)]
pub struct Scanner<'a> {
    /// The settings.
    pub cfg: &'a Config,
    /// Disk and overlay.
    pub overlay: Overlay,
    /// The GOFIPS140 snapshot.
    pub(super) fips: Fips,
    /// go/build's tags.
    context: Context,
    /// The same for cmd/go/internal/imports.
    tags: ImportsTags,
    /// Import comments count (GOPATH mode).
    import_comments: AtomicBool,
    hasher: RandomState,
    shards: [Mutex<HashMap<String, Slot>>; SHARDS],
}

/// A directory: its entries and, once asked for, the facts of its files.
#[derive(Debug)]
pub struct DirRecord {
    /// The directory as it was asked for.
    pub dir: String,
    /// All entries, sorted by name, or why there are none.
    pub entries: Result<Vec<DirEntry>, DirError>,
    read: OnceLock<ReadDir>,
}

/// Why a directory could not be listed.
#[derive(Debug, Clone)]
pub struct DirError {
    /// What kind of error.
    pub kind: io::ErrorKind,
    /// Its text, complete.
    pub text: String,
    /// The same in parts.
    path_error: Option<PathError>,
}

impl From<&io::Error> for DirError {
    fn from(e: &io::Error) -> DirError {
        let path_error = e.get_ref().and_then(|e| e.downcast_ref::<PathError>());
        DirError {
            kind: e.kind(),
            text: e.to_string(),
            path_error: path_error.cloned(),
        }
    }
}

impl From<&DirError> for io::Error {
    fn from(e: &DirError) -> io::Error {
        match &e.path_error {
            Some(path_error) => io::Error::new(e.kind, path_error.clone()),
            None => io::Error::new(e.kind, e.text.clone()),
        }
    }
}

/// What came of reading the files of a directory.
#[derive(Debug)]
struct ReadDir {
    facts: Arc<DirFacts>,
    /// go/build, which patterns go by, finds no file that takes part (build.NoGoError): it does not
    /// look for faults in others, as the index does.
    no_go: bool,
    imports: Arc<DirImports>,
}

impl<'a> Scanner<'a> {
    /// An empty memo. Reads the `-overlay` file, if one was given.
    pub fn new(cfg: &'a Config) -> Result<Scanner<'a>, FatalError> {
        let context = constraint_context(cfg);
        let mut tags: HashSet<String> = context.tags.clone();
        tags.extend([&context.goos, &context.goarch, &context.compiler].map(Clone::clone));
        if context.cgo_enabled {
            tags.insert("cgo".to_owned());
        }
        let fips = Fips::new(cfg)?;
        Ok(Scanner {
            cfg,
            overlay: Overlay::new(cfg, fips.bind(&cfg.dist.goroot))?,
            fips,
            tags: ImportsTags {
                tags: Some(tags),
                goos: context.goos.clone(),
            },
            context,
            import_comments: AtomicBool::new(false),
            hasher: RandomState::new(),
            shards: Default::default(),
        })
    }

    /// Makes import comments count, as they do in GOPATH mode. To be called before anything is
    /// read.
    pub(crate) fn heed_import_comments(&self) {
        self.import_comments.store(true, Ordering::Relaxed);
    }

    /// The record of a directory.
    pub fn dir(&self, dir: &str) -> Arc<DirRecord> {
        let shard = &self.shards[self.hasher.hash_one(dir) as usize % SHARDS];
        let slot = {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            match shard.get(dir) {
                Some(slot) => Arc::clone(slot),
                None => Arc::clone(shard.entry(dir.to_owned()).or_default()),
            }
        };
        Arc::clone(slot.get_or_init(|| {
            Arc::new(DirRecord {
                dir: dir.to_owned(),
                entries: self.overlay.read_dir(dir).map_err(|e| DirError::from(&e)),
                read: OnceLock::new(),
            })
        }))
    }

    /// Returns the facts that the files of a directory state together; an error if it can't be
    /// listed.
    pub fn facts(&self, dir: &str) -> Result<Arc<DirFacts>, DirError> {
        let record = self.dir(dir);
        match &record.entries {
            Err(e) => Err(e.clone()),
            Ok(entries) => Ok(Arc::clone(&self.read(&record, entries).facts)),
        }
    }

    /// Returns the facts that the listed files, all of one directory, state together, regardless of
    /// their constraints.
    pub(crate) fn facts_of_files(&self, dir: &str, names: &[String]) -> DirFacts {
        let files: Vec<SourceFile> = names
            .iter()
            .map(|name| SourceFile {
                name: name.clone(),
                fits: true,
                head: Some(read_head(&self.overlay, &path::join2(dir, name), name)),
            })
            .collect();
        DirFacts::gather(&self.query(dir, Reader::Build, true), &files)
    }

    fn query<'q>(&'q self, dir: &'q str, reader: Reader, use_all_files: bool) -> FactsQuery<'q> {
        FactsQuery {
            dir,
            context: &self.context,
            use_all_files,
            import_comments: self.import_comments.load(Ordering::Relaxed) && !use_all_files,
            reader,
        }
    }

    fn read<'r>(&self, record: &'r DirRecord, entries: &[DirEntry]) -> &'r ReadDir {
        record.read.get_or_init(|| {
            let files = self.source_files(&record.dir, entries);
            let query = self.query(&record.dir, Reader::Build, false);
            let mut facts = DirFacts::gather(&query, &files);
            let no_go = facts.problem == Some(Problem::NoGo);
            // The error depends on the reader.
            let wrong = !matches!(facts.problem, None | Some(Problem::NoGo))
                || files.iter().any(|f| f.head.as_ref().is_some_and(is_faulty));
            if wrong && self.is_indexed(&record.dir, entries) {
                let query = self.query(&record.dir, Reader::Index, false);
                facts = DirFacts::gather(&query, &files);
            }
            ReadDir {
                facts: Arc::new(facts),
                no_go,
                imports: Arc::new(imports_of(&files, &self.tags)),
            }
        })
    }

    fn head(&self, file: &str, name: &str) -> FileHead {
        if self.overlay.is_active() {
            return read_head(&self.overlay, file, name);
        }
        let index = self.overlay.index();
        index.head(file, |extent| head::read(&self.overlay, file, name, extent))
    }

    /// The source files of a directory with their heads.
    fn source_files(&self, dir: &str, entries: &[DirEntry]) -> Vec<SourceFile> {
        let in_goroot = path::has_file_path_prefix(dir, &self.cfg.dist.goroot);
        let mut files = Vec::with_capacity(entries.len());
        for (name, kind) in entries {
            if *kind == FileKind::Dir || name.starts_with(['_', '.']) || !is_source(name) {
                continue;
            }
            let full = path::join2(dir, name);
            if *kind == FileKind::Symlink && self.overlay.is_dir(&full) {
                continue;
            }
            let fits = self.context.good_os_arch_file(name, None);
            // Files for other targets are read for nothing but their faults, which those of the
            // distribution do not have.
            let read = fits || name.ends_with(".go") && !in_goroot;
            files.push(SourceFile {
                name: name.clone(),
                fits,
                head: read.then(|| self.head(&full, name)),
            });
        }
        files
    }

    /// Whether the stock command reads the directory through its module index: not when a file is
    /// no regular one or was modified a moment ago (modindex.dirHash), and not in GOPATH mode.
    fn is_indexed(&self, dir: &str, entries: &[DirEntry]) -> bool {
        if self.import_comments.load(Ordering::Relaxed)
            || self.cfg.dirs.gocache == "off"
            || dir.contains("internal/fips140/v")
        {
            return false;
        }
        let now = clock::now(For::Settled);
        entries.iter().all(|(name, kind)| match kind {
            FileKind::Dir => true,
            FileKind::Regular => {
                let full = path::join2(dir, name);
                let modified =
                    disk::symlink_metadata(&*self.overlay.actual(&full)).and_then(|m| m.modified());
                let settled =
                    modified.is_ok_and(|m| m.checked_add(INDEX_CUTOFF).is_some_and(|m| m <= now));
                if !settled {
                    footprint::refuse("a file is too new for the index");
                }
                settled
            }
            FileKind::Symlink | FileKind::Other => false,
        })
    }
}

/// The tags that hold in an invocation.
pub fn constraint_context(cfg: &Config) -> Context {
    let tags = &cfg.context;
    Context {
        goos: cfg.target.goos.clone(),
        goarch: cfg.target.goarch.clone(),
        compiler: tags.compiler.clone(),
        cgo_enabled: tags.cgo_enabled,
        tags: [&tags.build_tags, &tags.tool_tags, &tags.release_tags]
            .into_iter()
            .flatten()
            .cloned()
            .collect(),
    }
}

fn is_faulty(head: &FileHead) -> bool {
    match head {
        FileHead::Go(header) => header.parse_error.is_some(),
        FileHead::Unreadable(_) => true,
        FileHead::Other(_) | FileHead::Binary => false,
    }
}

/// Whether the extension is one that go/build knows.
fn is_source(name: &str) -> bool {
    let ext = name.rfind('.').map_or("", |i| &name[i..]);
    matches!(
        ext,
        ".go"
            | ".c"
            | ".cc"
            | ".cpp"
            | ".cxx"
            | ".m"
            | ".h"
            | ".hh"
            | ".hpp"
            | ".hxx"
            | ".f"
            | ".F"
            | ".for"
            | ".f90"
            | ".s"
            | ".S"
            | ".sx"
            | ".swig"
            | ".swigcxx"
            | ".syso"
    )
}

/// What a directory imports, as module loading counts it (modindex's ScanDir).
fn imports_of(files: &[SourceFile], tags: &ImportsTags) -> DirImports {
    let has_cgo = tags.tags.as_ref().is_none_or(|t| t.contains("cgo"));
    let mut imports = BTreeSet::new();
    let mut test_imports = BTreeSet::new();
    let mut any = false;
    for file in files.iter().filter(|f| f.name.ends_with(".go")) {
        let Some(head) = &file.head else { continue };
        if !tags.match_file(&file.name) || !file.fits {
            continue;
        }
        let FileHead::Go(header) = head else {
            any = true; // Unreadable: it takes part, and imports nothing.
            continue;
        };
        let uses_cgo = header.imports.iter().any(|i| i.path == "C");
        if uses_cgo && !has_cgo || !tags.should_build(&header.build) {
            continue;
        }
        any = true;
        let set = if file.name.ends_with("_test.go") {
            &mut test_imports
        } else {
            &mut imports
        };
        for import in &header.imports {
            if import.path != "C" && !set.contains(&import.path) {
                set.insert(import.path.clone());
            }
        }
    }
    DirImports {
        imports: imports.into_iter().collect(),
        test_imports: test_imports.into_iter().collect(),
        no_go: !any,
        error: None,
    }
}

impl SourceTree for Scanner<'_> {
    fn stat(&self, path: &str) -> io::Result<FileKind> {
        self.overlay.stat(path)
    }

    fn read_dir(&self, dir: &str) -> io::Result<Vec<(String, FileKind)>> {
        match &self.dir(dir).entries {
            Ok(entries) => Ok(entries.clone()),
            Err(e) => Err(e.into()),
        }
    }

    fn read_file(&self, path: &str) -> io::Result<Vec<u8>> {
        self.overlay.read(path)
    }

    fn is_replaced(&self, path: &str) -> bool {
        self.overlay.replaced(path)
    }

    fn is_go_dir(&self, dir: &str) -> io::Result<bool> {
        match &self.dir(dir).entries {
            Ok(entries) => self.overlay.any_go_file(dir, entries),
            Err(e)
                if matches!(
                    e.kind,
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                Ok(false)
            }
            Err(e) => Err(e.into()),
        }
    }

    fn imports(&self, dir: &str) -> Arc<DirImports> {
        let record = self.dir(dir);
        match &record.entries {
            Ok(entries) => Arc::clone(&self.read(&record, entries).imports),
            Err(e) => Arc::new(DirImports {
                error: Some(e.text.clone()),
                ..DirImports::default()
            }),
        }
    }

    fn imports_any_tags(&self, dir: &str) -> Arc<DirImports> {
        let record = self.dir(dir);
        let entries = match &record.entries {
            Ok(entries) => entries,
            Err(e) => {
                return Arc::new(DirImports {
                    error: Some(e.text.clone()),
                    ..DirImports::default()
                });
            }
        };
        let is_go = |name: &str| name.ends_with(".go") && !name.starts_with(['_', '.']);
        let files: Vec<SourceFile> = entries
            .iter()
            .filter(|(name, kind)| *kind != FileKind::Dir && is_go(name))
            .map(|(name, _)| SourceFile {
                name: name.clone(),
                fits: true,
                head: Some(read_head(&self.overlay, &path::join2(dir, name), name)),
            })
            .collect();
        let any = ImportsTags {
            tags: None,
            goos: self.tags.goos.clone(),
        };
        Arc::new(imports_of(&files, &any))
    }

    fn file_imports(&self, files: &[String]) -> Result<DirImports, String> {
        let mut all = DirImports {
            no_go: true,
            ..DirImports::default()
        };
        let mut sets: [BTreeSet<String>; 2] = Default::default();
        for file in files {
            let header = match read_head(&self.overlay, file, path::base(file)) {
                FileHead::Go(header) => header,
                FileHead::Unreadable(e) => return Err(e.text),
                FileHead::Other(_) | FileHead::Binary => continue,
            };
            if header.imports.iter().any(|i| i.path == "C") && !self.context.cgo_enabled {
                continue;
            }
            all.no_go = false;
            let set = &mut sets[usize::from(file.ends_with("_test.go"))];
            set.extend(
                header
                    .imports
                    .into_iter()
                    .map(|i| i.path)
                    .filter(|p| p != "C"),
            );
        }
        [all.imports, all.test_imports] = sets.map(|set| set.into_iter().collect());
        Ok(all)
    }

    fn package_kind(&self, dir: &str) -> PackageKind {
        let record = self.dir(dir);
        let (facts, no_go) = match &record.entries {
            Ok(entries) => {
                let read = self.read(&record, entries);
                (&read.facts, read.no_go)
            }
            Err(e) if e.kind == io::ErrorKind::NotFound => return PackageKind::NoGo,
            Err(_) => {
                return PackageKind::Broken {
                    name: String::new(),
                    invalid_files: false,
                    ignored_files: false,
                };
            }
        };
        match facts.problem {
            None => PackageKind::Package {
                name: facts.name.clone(),
            },
            Some(Problem::NoGo) if facts.ignored_go_files.is_empty() => PackageKind::NoGo,
            Some(_) if no_go => PackageKind::OnlyIgnored,
            Some(_) => PackageKind::Broken {
                name: facts.name.clone(),
                invalid_files: !facts.invalid_go_files.is_empty(),
                ignored_files: !facts.ignored_go_files.is_empty(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    fn config() -> Config {
        let mut cfg = Config::default();
        cfg.dist.goroot = "/no/such/goroot".to_owned();
        cfg.target.goos = "linux".to_owned();
        cfg.target.goarch = "amd64".to_owned();
        cfg.context.compiler = "gc".to_owned();
        cfg.context.cgo_enabled = true;
        cfg.context.build_tags = vec!["yes".to_owned()];
        cfg
    }

    fn write(dir: &str, files: &[(&str, &str)]) {
        for (name, text) in files {
            std::fs::write(format!("{dir}/{name}"), text).unwrap();
        }
    }

    fn make_old(dir: &str) {
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        for entry in std::fs::read_dir(dir).unwrap() {
            let file = std::fs::File::options()
                .append(true)
                .open(entry.unwrap().path());
            file.unwrap().set_modified(long_ago).unwrap();
        }
    }

    #[test]
    fn files_go_to_their_lists() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().to_str().unwrap();
        write(
            dir,
            &[
                (
                    "a.go",
                    "// Package p is here. More.\npackage p\nimport \"fmt\"\n",
                ),
                ("b_windows.go", "package p\nimport \"no\"\n"),
                (
                    "c.go",
                    "//go:build yes && !no\n\npackage p\nimport \"os\"\nimport \"fmt\"\n",
                ),
                ("d.go", "// +build no\n\npackage p\n"),
                (
                    "e.go",
                    "package p\n// #cgo linux LDFLAGS: -lm\nimport \"C\"\n",
                ),
                ("f_test.go", "package p\nimport \"testing\"\n"),
                ("g_test.go", "package p_test\nimport \"io\"\n"),
                ("h.S", ""),
                ("i_arm64.s", ""),
                ("j.c", "// +build ignore\n\n"),
                ("k.c", ""),
                ("l.syso", ""),
                ("_m.go", "package q\n"),
                ("n.txt", ""),
            ],
        );
        std::fs::create_dir(format!("{dir}/o.go")).unwrap();
        let cfg = config();
        let scanner = Scanner::new(&cfg).unwrap();
        let facts = scanner.facts(dir).unwrap();
        assert_eq!(facts.problem, None);
        assert_eq!(
            (facts.name.as_str(), facts.doc.as_str()),
            ("p", "Package p is here.")
        );
        assert_eq!(facts.go_files, ["a.go", "c.go"]);
        assert_eq!(facts.cgo_files, ["e.go"]);
        assert_eq!(facts.ignored_go_files, ["b_windows.go", "d.go"]);
        assert_eq!(facts.ignored_other_files, ["i_arm64.s", "j.c"]);
        assert_eq!(facts.test_go_files, ["f_test.go"]);
        assert_eq!(facts.xtest_go_files, ["g_test.go"]);
        assert_eq!(facts.s_files, ["h.S"]);
        assert_eq!(facts.c_files, ["k.c"]);
        assert_eq!(facts.syso_files, ["l.syso"]);
        assert_eq!(facts.cgo.ldflags, ["-lm"]);
        assert_eq!(facts.imports.names, ["C", "fmt", "os"]);
        let fmt = facts.imports.position("fmt").unwrap().to_string();
        assert_eq!(fmt, format!("{dir}/a.go:3:8"));
        assert_eq!(facts.xtest_imports.names, ["io"]);

        let imports = SourceTree::imports(&scanner, dir);
        assert_eq!(imports.imports, ["fmt", "os"]);
        assert_eq!(imports.test_imports, ["io", "testing"]);
        let any = scanner.imports_any_tags(dir);
        assert_eq!(any.imports, ["fmt", "no", "os"]);
    }

    #[test]
    fn without_cgo_its_files_do_not_count() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().to_str().unwrap();
        write(
            dir,
            &[
                ("a.go", "package p\nimport \"C\"\nimport \"fmt\"\n"),
                ("b.S", ""),
            ],
        );
        let mut cfg = config();
        cfg.context.cgo_enabled = false;
        let scanner = Scanner::new(&cfg).unwrap();
        let facts = scanner.facts(dir).unwrap();
        assert_eq!(facts.problem, Some(Problem::NoGo));
        assert_eq!(facts.ignored_go_files, ["a.go"]);
        assert_eq!(facts.ignored_other_files, ["b.S"]);
        assert!(facts.imports.names.is_empty());
        assert_eq!(scanner.package_kind(dir), PackageKind::OnlyIgnored);
        assert!(SourceTree::imports(&scanner, dir).no_go);
    }

    #[test]
    fn faults_have_the_words_of_who_reads() {
        type Files<'f> = &'f [(&'f str, &'f str)];
        let cases: &[(Files<'_>, &str, &str)] = &[
            (
                &[("a.go", "package a\n"), ("b.go", "package b\n")],
                "found packages a (a.go) and b (b.go) in DIR",
                "found packages a (a.go) and b (b.go) in DIR",
            ),
            (
                &[("a_test.go", "package a\nimport \"C\"\n")],
                "use of cgo in test DIR/a_test.go not supported",
                "use of cgo in test a_test.go not supported",
            ),
            (
                &[("a.go", "package a\n//  #cgo bogus\nimport \"C\"\n")],
                "DIR/a.go: invalid #cgo line:  #cgo bogus",
                "a.go: invalid #cgo line: #cgo bogus",
            ),
            (
                &[("a.go", "//go:build yes\n//go:build no\n\npackage a\n")],
                "a.go: multiple //go:build comments",
                "a.go: multiple //go:build comments",
            ),
        ];
        let cfg = config();
        for (files, young, old) in cases {
            let temp = tempfile::tempdir().unwrap();
            let dir = temp.path().to_str().unwrap();
            write(dir, files);
            let problem = || {
                let scanner = Scanner::new(&cfg).unwrap();
                let facts = scanner.facts(dir).unwrap();
                match &facts.problem {
                    Some(Problem::Text(text)) => text.replace(dir, "DIR"),
                    other => panic!("{other:?}"),
                }
            };
            assert_eq!(problem(), *young);
            make_old(dir);
            assert_eq!(problem(), *old);
        }
    }

    #[test]
    fn ignored_files_that_do_not_parse_are_a_fault_to_the_index_alone() {
        let cfg = config();
        for broken in [
            ("b.go", "//go:build no\n\npackage b; import\n"),
            ("b_windows.go", "package b; import\n"),
        ] {
            let temp = tempfile::tempdir().unwrap();
            let dir = temp.path().to_str().unwrap();
            write(dir, &[("a.go", "package a\n"), broken]);
            let facts = || Scanner::new(&cfg).unwrap().facts(dir).unwrap();
            assert_eq!(facts().problem, None);
            make_old(dir);
            assert!(matches!(facts().problem, Some(Problem::Syntax(_))));
            assert_eq!(facts().ignored_go_files, [broken.0]);
            assert_eq!(facts().invalid_go_files, [broken.0]);
        }
    }

    #[test]
    fn files_that_are_named_count_whatever_they_say() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().to_str().unwrap();
        write(
            dir,
            &[
                ("b_windows.go", "package p\n"),
                ("a.go", "//go:build no\n\npackage p\nimport \"fmt\"\n"),
            ],
        );
        let cfg = config();
        let scanner = Scanner::new(&cfg).unwrap();
        let names = ["b_windows.go".to_owned(), "a.go".to_owned()];
        let facts = scanner.facts_of_files(dir, &names);
        assert_eq!(facts.go_files, ["b_windows.go", "a.go"]);
        let files = names.map(|name| format!("{dir}/{name}"));
        assert_eq!(scanner.file_imports(&files).unwrap().imports, ["fmt"]);
    }

    #[test]
    fn directories_that_are_not_there() {
        let cfg = config();
        let scanner = Scanner::new(&cfg).unwrap();
        let e = scanner.facts("/no/such/dir").unwrap_err();
        assert_eq!(e.text, "open /no/such/dir: no such file or directory");
        assert_eq!(scanner.package_kind("/no/such/dir"), PackageKind::NoGo);
        assert!(!scanner.is_go_dir("/no/such/dir").unwrap());
    }
}
