//! Information about modules: about the module of a package, a module by name, a directory. Answers
//! to cmd/go/internal/modload/build.go and DirImportPath.

use std::sync::Arc;

use forgo_golang::module::Version;
use forgo_golang::{gover, path};
use serde::Deserialize;

use super::api::Modules;
use super::errors::{Error, Need};
use super::graph::NONE;
use super::paths;
use super::requirements::{Pruning, Requirements};
use super::summary::go_mod_key;
use crate::disk;
use crate::module::{ModuleError, ModulePublic};

/// A file `cache/download/…/@v/VERSION.info`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Info {
    version: String,
    #[serde(default)]
    time: Option<String>,
}

impl Modules<'_> {
    /// Module of a package (modload.PackageModuleInfo); `None` for std and unknown packages.
    pub fn package_module(&self, import_path: &str) -> Option<Arc<ModulePublic>> {
        let m = self.module_of(import_path)?;
        if let Some(known) = self.memo.infos.get(m) {
            return Some(known);
        }
        let rs = self.requirements.as_ref()?;
        let info = Arc::new(self.info(m, Some(rs)));
        self.memo.infos.put(m.clone(), info.clone());
        Some(info)
    }

    /// The module that provides a loaded package, unless std does.
    fn module_of(&self, import_path: &str) -> Option<&Version> {
        if !self.state.enabled {
            return None;
        }
        let p = self.walk.as_ref()?.get(import_path)?;
        let m = p.module.as_ref()?;
        // A standard package may come from the main module, in GOROOT/src.
        let is_std = || self.std_package(import_path).is_some();
        (!m.path.is_empty() && !is_std()).then_some(m)
    }

    /// Root directory of the package's module (modload.PackageModRoot), or empty.
    pub fn package_mod_root(&self, import_path: &str) -> String {
        if self.is_vendor() {
            return String::new();
        }
        self.module_of(import_path)
            .and_then(|m| self.fetch(m).ok())
            .map_or(String::new(), |(root, _)| root)
    }

    /// Module by `path` or `path@version` (modload.ModuleInfo): templates' `module` function.
    /// `None` outside of module mode.
    pub fn module_info(&self, name: &str) -> Option<Arc<ModulePublic>> {
        if !self.state.enabled {
            return None;
        }
        let failed = |path: &str, err: String| {
            Some(Arc::new(ModulePublic {
                path: path.to_string(),
                error: Some(ModuleError { err }),
                ..ModulePublic::default()
            }))
        };
        if let Some((path, version)) = name.split_once('@') {
            if version.starts_with(['-', '/']) {
                let v = forgo_golang::quote::quote(version);
                return failed("", format!("invalid module version {v}"));
            }
            return Some(Arc::new(self.info(&Version::new(path, version), None)));
        }
        let rs = self.requirements.as_ref()?;
        let root = rs.root_selected(&self.mains, name);
        let version = match root {
            Some(v) if rs.pruning == Pruning::Pruned => v,
            _ => rs.graph(self).0.selected(name),
        };
        if version == NONE {
            return failed(name, "module not in current build".to_string());
        }
        Some(Arc::new(self.info(&Version::new(name, version), Some(rs))))
    }

    /// `h1:` sum of a module version's files, for build info (modfetch.Sum); empty where unknown.
    pub fn sum(&self, path: &str, version: &str) -> String {
        self.zip_hash(&Version::new(path, version))
    }

    /// The go line of a module, as far as known (rawGoVersion).
    pub(super) fn raw_go_version(&self, m: &Version) -> String {
        if m.version.is_empty()
            && let Some(main) = self.mains.get(&m.path)
        {
            return match &main.index {
                Some(index) if !index.go_version.is_empty() => index.go_version.clone(),
                Some(_) if self.in_workspace() => String::new(),
                Some(_) => gover::DEFAULT_GO_MOD.to_string(),
                None => self.go_version(),
            };
        }
        if self.is_vendor() {
            return match self.vendor() {
                Ok(v) => v
                    .txt
                    .meta
                    .get(m)
                    .map_or(String::new(), |m| m.go_version.clone()),
                Err(_) => String::new(),
            };
        }
        match self.raw_summary(m) {
            Ok(s) => s.go_version.clone(),
            Err(_) => String::new(),
        }
    }

    /// moduleInfo. Without requirements the module is one that was asked for by version.
    fn info(&self, m: &Version, rs: Option<&Requirements>) -> ModulePublic {
        if m.version.is_empty()
            && let Some(main) = self.mains.get(&m.path)
        {
            let has_root = !main.root.is_empty();
            return ModulePublic {
                path: m.path.clone(),
                main: true,
                go_version: self.raw_go_version(m),
                dir: main.root.clone(),
                go_mod: if has_root {
                    self.mod_file_path(&main.root)
                } else {
                    String::new()
                },
                ..ModulePublic::default()
            };
        }
        let mut info = ModulePublic {
            path: m.path.clone(),
            version: m.version.clone(),
            indirect: rs.is_some_and(|rs| !rs.direct.contains(&m.path)),
            ..ModulePublic::default()
        };
        if self.is_vendor() {
            info.go_version = self.raw_go_version(m);
        }
        let Some(r) = rs.and_then(|_| self.replacement(m)) else {
            if !self.is_vendor() || rs.is_none() {
                self.complete(&mut info, rs);
            }
            return info;
        };
        let mut replace = ModulePublic {
            path: r.path.clone(),
            version: r.version.clone(),
            go_version: info.go_version.clone(),
            ..ModulePublic::default()
        };
        if r.version.is_empty() {
            replace.dir = self.replace_dir(&r);
            replace.go_mod = path::join2(&replace.dir, "go.mod");
        }
        if !self.is_vendor() {
            self.complete(&mut replace, rs);
            info.dir.clone_from(&replace.dir);
            info.go_mod.clone_from(&replace.go_mod);
        }
        info.go_version.clone_from(&replace.go_version);
        info.replace = Some(Box::new(replace));
        info
    }

    /// Fills in what the module cache tells (completeFromModCache).
    fn complete(&self, info: &mut ModulePublic, rs: Option<&Requirements>) {
        if gover::is_toolchain(&info.path) {
            return;
        }
        let m = Version::new(&*info.path, &*info.version);
        let sums = self.uses_sums().then(|| self.sums().ok()).flatten();
        let ok = |key: &Version| {
            rs.is_none()
                || m.version.is_empty()
                || !self.must_have_sums()
                || sums.is_some_and(|s| s.have(key))
        };
        if !m.version.is_empty() {
            match self.fetching(|| self.read_info(&m)) {
                Ok(read) => {
                    info.version = read.version;
                    info.time = read.time;
                }
                Err(e) => info.error = Some(ModuleError { err: e.to_string() }),
            }
        }
        let key = go_mod_key(&m);
        if info.go_version.is_empty()
            && ok(&key)
            && let Ok(s) = self.fetching(|| self.raw_summary(&m))
        {
            info.go_version.clone_from(&s.go_version);
        }
        if m.version.is_empty() {
            return;
        }
        let recorded = |key: &Version| {
            sums.and_then(|s| s.recorded(key))
                .map_or(String::new(), str::to_string)
        };
        if ok(&key) {
            if let Ok(file) = self.cache_path(&m, "mod")
                && disk::metadata(&file).is_ok_and(|f| f.is_file())
            {
                info.go_mod = file;
            }
            info.go_mod_sum = recorded(&key);
        }
        if ok(&m) {
            if let Ok(dir) = self.download_dir(&m) {
                info.dir = dir;
            }
            info.sum = recorded(&m);
        }
    }

    fn read_info(&self, m: &Version) -> Result<Info, Error> {
        if self.is_vendor() {
            self.query(m)?;
        }
        self.cache_path(m, "info")
            .ok()
            .and_then(|file| disk::read(file).ok())
            .and_then(|data| serde_json::from_slice(&data).ok())
            .ok_or_else(|| self.unavailable(Need::Info(m.clone())))
    }

    /// Import path of a directory within the main modules (DirImportPath): `.` when outside of them
    /// all.
    pub fn dir_import_path(&self, dir: &str) -> String {
        let dir = paths::absolute(self.cfg, dir);
        let mut longest: Option<(&str, String)> = None;
        for main in self.mains.list.iter().filter(|m| !m.root.is_empty()) {
            let Some(suffix) = paths::in_dir_lexically(&dir, &main.root) else {
                continue;
            };
            if suffix == "." {
                return main.prefix.clone();
            }
            if longest.as_ref().is_none_or(|(p, _)| *main.prefix > **p) {
                let path = match suffix.strip_prefix("vendor/") {
                    Some(vendored) => vendored.to_string(),
                    None => path::join2(&main.prefix, &suffix),
                };
                longest = Some((&main.prefix, path));
            }
        }
        match longest {
            Some((prefix, path)) if !prefix.is_empty() => path,
            _ => ".".to_string(),
        }
    }

    /// Is it the path of a main module (MainModules.Contains)?
    pub fn is_main_module(&self, module_path: &str) -> bool {
        self.mains.contains(module_path)
    }
}
