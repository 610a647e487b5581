//! From import paths to the data of packages: the package's directory and its files' content, each
//! loaded once, ahead of the import walk and in parallel where possible. Answers to
//! loadPackageData, preload and their caches in cmd/go/internal/load/pkg.go.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use forgo_golang::{path, pattern, quote};

use super::error::DataError;
use super::gopath::GopathMode;
use super::locate::{Found, Location, Locator};
use super::modules::{ImportError, Match, Modules};
use super::scan::{DirFacts, Scanner};
use crate::config::Config;
use crate::threads;

/// The data of a package before anything is imported (go/build.Package).
#[derive(Debug, Clone, Default)]
pub(super) struct PackageData {
    /// Where it lies; `import_path` is its canonical one.
    pub place: Location,
    /// The facts that its files state.
    pub facts: Arc<DirFacts>,
    /// Its error, if it has one.
    pub error: Option<DataError>,
}

/// How an import path is to be understood.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ImportMode {
    /// It comes from a source file: vendoring applies.
    pub resolve: bool,
    /// It comes from the command line.
    pub cmdline: bool,
    /// It comes from the command line and has no wildcard.
    pub literal: bool,
    /// It may be the internal package that `simd` needs.
    pub allow_simd: bool,
}

/// The package whose file has the import.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Importer<'p> {
    /// Import path, or empty for the command line.
    pub path: &'p str,
    /// Directory that local imports are relative to.
    pub dir: &'p str,
    /// Root.
    pub root: &'p str,
    /// Part of the standard library.
    pub is_std: bool,
}

const SHARDS: usize = 16;

type Slot = Arc<OnceLock<Arc<PackageData>>>;

/// Data of packages by canonical import path.
#[derive(Debug, Default)]
pub(super) struct DataCache {
    hasher: RandomState,
    shards: [Mutex<HashMap<String, Slot>>; SHARDS],
}

impl DataCache {
    /// The data of a package, and whether it is loaded by this very call.
    fn get(&self, path: &str, load: impl FnOnce() -> PackageData) -> (Arc<PackageData>, bool) {
        let shard = &self.shards[self.hasher.hash_one(path) as usize % SHARDS];
        let slot = {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            match shard.get(path) {
                Some(slot) => Arc::clone(slot),
                None => Arc::clone(shard.entry(path.to_owned()).or_default()),
            }
        };
        let mut loaded = false;
        let data = slot.get_or_init(|| {
            loaded = true;
            Arc::new(load())
        });
        (Arc::clone(data), loaded)
    }
}

/// What loading the data of packages takes; shared by threads.
#[derive(Clone, Copy)]
pub(super) struct DataLoader<'l> {
    /// The settings.
    pub cfg: &'l Config,
    /// Directories.
    pub scanner: &'l Scanner<'l>,
    /// Modules.
    pub modules: &'l Modules<'l>,
    /// The packages loaded so far.
    pub cache: &'l DataCache,
    /// What GOPATH mode remembers.
    pub gopath_mode: &'l GopathMode,
}

/// Where an import path leads.
#[derive(Default)]
struct Resolution {
    path: String,
    dir: String,
    error: Option<Arc<ImportError>>,
}

impl<'l> DataLoader<'l> {
    fn modules_enabled(&self) -> bool {
        self.modules.state.enabled
    }

    /// Where packages are looked for by their place.
    pub fn locator(&self) -> Locator<'l> {
        Locator {
            cfg: self.cfg,
            overlay: &self.scanner.overlay,
            gopath: if self.modules_enabled() {
                &[]
            } else {
                &self.cfg.dirs.gopath
            },
        }
    }

    /// The same for files listed on the command line: GOPATH counts in module mode too.
    pub fn files_locator(&self) -> Locator<'l> {
        Locator {
            gopath: &self.cfg.dirs.gopath,
            ..self.locator()
        }
    }

    /// The data of the package that an import path means to an importer, and whether this call
    /// loaded it. `Err` where the path is not even one.
    pub fn load(
        &self,
        import: &str,
        importer: Importer<'_>,
        mode: ImportMode,
    ) -> Result<(Arc<PackageData>, bool), DataError> {
        if import.starts_with("mod/") {
            let text = format!("disallowed import path {}", quote::quote(import));
            return Err(DataError::Text(text));
        }
        if import.contains('@') {
            return Err(DataError::Text(
                "can only use path@version syntax with 'go get' and 'go install' in module-aware mode"
                    .to_owned(),
            ));
        }
        let mut r = self.resolve(import, importer, mode);
        if r.path.is_empty() {
            import.clone_into(&mut r.path);
        }
        Ok(self.cache.get(&r.path, || {
            self.load_resolved(&r, import, importer.dir, mode)
        }))
    }

    fn resolve(&self, import: &str, importer: Importer<'_>, mode: ImportMode) -> Resolution {
        if let Some((path, dir)) = self.scanner.fips.resolve(import) {
            return Resolution {
                path,
                dir,
                error: None,
            };
        }
        if self.modules_enabled() {
            let found = self.modules.lookup(importer.path, importer.is_std, import);
            return Resolution {
                path: found.path,
                dir: found.dir,
                error: found.error,
            };
        }
        if pattern::is_local_import(import) {
            let dir = path::join2(importer.dir, import);
            return Resolution {
                path: super::gopath::dir_to_import_path(&dir),
                dir,
                error: None,
            };
        }
        let path = if mode.resolve {
            self.gopath_mode.resolve(&self.locator(), import, importer)
        } else {
            String::new()
        };
        Resolution {
            path,
            ..Resolution::default()
        }
    }

    /// Returns the path that an import means, even if it is faulty (ResolveImportPath).
    pub fn resolve_path(&self, import: &str, importer: Importer<'_>) -> String {
        if self.modules_enabled() {
            let found = self.modules.lookup(importer.path, importer.is_std, import);
            return match found.error {
                None => found.path,
                Some(_) => import.to_owned(),
            };
        }
        self.gopath_mode.resolve(&self.locator(), import, importer)
    }

    fn load_resolved(
        &self,
        r: &Resolution,
        import: &str,
        importer_dir: &str,
        mode: ImportMode,
    ) -> PackageData {
        let mut data = if !r.dir.is_empty() {
            self.load_dir(r, import)
        } else if let Some(e) = &r.error {
            PackageData {
                error: Some(DataError::Import(Arc::clone(e))),
                ..PackageData::default()
            }
        } else if self.modules_enabled() && import != "unsafe" {
            let path = quote::quote(&r.path);
            PackageData {
                error: Some(DataError::Text(format!(
                    "unknown import path {path}: internal error: module loader did not resolve import"
                ))),
                ..PackageData::default()
            }
        } else {
            let ignore_vendor = !mode.resolve || r.path != import;
            self.read(self.locator().import(&r.path, importer_dir, ignore_vendor))
        };
        r.path.clone_into(&mut data.place.import_path);
        if !data.place.goroot {
            if !self.cfg.dirs.gobin.is_empty() {
                self.cfg.dirs.gobin.clone_into(&mut data.place.bin_dir);
            } else if self.modules_enabled() {
                data.place.bin_dir = self.bin_dir();
            }
        }
        self.check_import_comment(&mut data, import);
        data
    }

    /// Where module mode installs commands (modload.BinDir): nowhere without a GOPATH.
    pub fn bin_dir(&self) -> String {
        match self.cfg.dirs.gopath.first().map(String::as_str) {
            None | Some("") => String::new(),
            Some(gopath) => path::join2(gopath, "bin"),
        }
    }

    fn load_dir(&self, r: &Resolution, import: &str) -> PackageData {
        let lexical = self.modules_enabled();
        let mut data = self.read(self.locator().in_dir(&r.dir, lexical));
        // A package of std's vendor directory has the path by which std imports it, even if it is
        // asked for by another: the stock command meets the import first.
        let imported = match import.strip_prefix("vendor/") {
            Some(imported) if data.place.goroot => imported,
            _ => import,
        };
        if self.modules_enabled()
            && let Some(module) = self.modules.package_module(imported)
        {
            module.dir.clone_into(&mut data.place.root);
        }
        if let (Some(e), None) = (&r.error, &data.error) {
            // The two may disagree on whether files with bad constraints count.
            if e.text != "no Go source files" {
                data.error = Some(DataError::Import(Arc::clone(e)));
            }
        }
        data
    }

    fn read(&self, (place, missing): Found) -> PackageData {
        if let Some(text) = missing {
            return PackageData {
                place,
                error: Some(DataError::Text(text)),
                ..PackageData::default()
            };
        }
        match self.scanner.facts(&place.dir) {
            Ok(facts) => PackageData {
                error: facts.problem.clone().map(DataError::Files),
                place,
                facts,
            },
            Err(e) => PackageData {
                place,
                error: Some(DataError::Text(e.text)),
                ..PackageData::default()
            },
        }
    }

    fn check_import_comment(&self, data: &mut PackageData, import: &str) {
        let comment = &data.facts.import_comment;
        if !self.modules_enabled()
            && data.error.is_none()
            && !comment.is_empty()
            && comment != import
            && !import.contains("/vendor/")
            && !import.starts_with("vendor/")
        {
            let text = format!(
                "code in directory {} expects import {}",
                data.place.dir,
                quote::quote(comment)
            );
            data.error = Some(DataError::Text(text));
        }
    }

    /// Loads the data of what the patterns matched and of all that it imports, from several
    /// threads, so that the import walk finds everything in memory.
    pub fn preload(&self, matches: &[Match], cwd: &str, ignore_imports: bool) {
        let first: Vec<Work> = matches
            .iter()
            .flat_map(|m| &m.packages)
            .map(|path| Work {
                path: path.clone(),
                parent: None,
            })
            .collect();
        let threads = threads::processors();
        if first.is_empty() || threads < 2 {
            return;
        }
        let queue = Queue::new(first);
        let preload = || {
            while let Some(work) = queue.next() {
                let more = self.preload_one(&work, cwd, ignore_imports);
                queue.done(more);
            }
        };
        std::thread::scope(|scope| {
            threads::helpers(scope, threads - 1, preload);
            preload();
        });
    }

    fn preload_one(&self, work: &Work, cwd: &str, ignore_imports: bool) -> Vec<Work> {
        let importer = match &work.parent {
            None => Importer {
                dir: cwd,
                ..Importer::default()
            },
            Some(p) => Importer {
                path: &p.place.import_path,
                dir: &p.place.dir,
                root: &p.place.root,
                is_std: p.place.goroot && pattern::is_standard_import_path(&p.place.import_path),
            },
        };
        let mode = ImportMode {
            resolve: work.parent.is_some(),
            ..ImportMode::default()
        };
        match self.load(&work.path, importer, mode) {
            Ok((data, true)) if data.error.is_none() && !ignore_imports => {
                let names = data.facts.imports.names.iter();
                names
                    .filter(|path| !matches!(path.as_str(), "C" | "unsafe"))
                    .map(|path| Work {
                        path: path.clone(),
                        parent: Some(Arc::clone(&data)),
                    })
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}

/// An import to preload.
struct Work {
    path: String,
    parent: Option<Arc<PackageData>>,
}

/// Work that makes more work; ends when there is neither.
struct Queue {
    state: Mutex<QueueState>,
    changed: std::sync::Condvar,
}

struct QueueState {
    waiting: Vec<Work>,
    running: usize,
}

impl Queue {
    fn new(waiting: Vec<Work>) -> Queue {
        Queue {
            state: Mutex::new(QueueState {
                waiting,
                running: 0,
            }),
            changed: std::sync::Condvar::new(),
        }
    }

    fn next(&self) -> Option<Work> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(work) = state.waiting.pop() {
                state.running += 1;
                return Some(work);
            }
            if state.running == 0 {
                self.changed.notify_all();
                return None;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn done(&self, more: Vec<Work>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.running -= 1;
        if !more.is_empty() || state.running == 0 {
            state.waiting.extend(more);
            self.changed.notify_all();
        }
    }
}
