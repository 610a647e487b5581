//! The main modules and the replacements they and go.work make. Answers to MainModuleSet,
//! makeMainModules, Replacement and resolveReplacement in cmd/go/internal/modload.

use std::cmp;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::Ordering;

use forgo_golang::modfile::{self, File, WorkFile};
use forgo_golang::module::{self, Version};
use forgo_golang::{gover, path};

use super::api::Modules;
use super::errors::Error;
use super::modfile::{Index, replace_map};
use super::paths;

/// One main module. Outside of any module there is one too, `command-line-arguments`, with an empty
/// root and no file.
#[derive(Debug, Default)]
pub(super) struct Main {
    pub path: String,
    pub root: String,
    /// Prefix of its packages' import paths: the module path, empty for std.
    pub prefix: String,
    pub in_goroot_src: bool,
    pub file: Option<File>,
    pub index: Option<Index>,
}

impl Main {
    /// As a version: main modules have none.
    pub fn version(&self) -> Version {
        Version::new(&*self.path, "")
    }
}

/// All main modules: one, or those of the workspace.
#[derive(Debug, Default)]
pub(super) struct MainModules {
    pub list: Vec<Main>,
    by_path: HashMap<String, usize>,
    /// The one that holds the current directory.
    pub cwd: Option<usize>,
    pub tools: BTreeSet<String>,
    pub work: Option<WorkFile>,
    work_replace: HashMap<Version, Version>,
    /// Highest version replaced, by path; empty where all are.
    pub highest_replaced: BTreeMap<String, String>,
    /// Nothing is replaced anywhere: most look-ups end here.
    no_replaces: bool,
}

/// Path, root and, if there is one, go.mod of a main module to be.
pub(super) type NewMain = (String, String, Option<(File, Index)>);

/// A replacement, the root of the module that makes it (empty: go.work does), and the file it
/// stands in.
pub(super) struct Replaced {
    pub new: Version,
    pub root: String,
    pub file: String,
}

impl MainModules {
    /// Reports whether it is the path of a main module.
    pub fn contains(&self, path: &str) -> bool {
        self.by_path.contains_key(path)
    }

    /// The main module of that path.
    pub fn get(&self, path: &str) -> Option<&Main> {
        self.by_path.get(path).map(|&i| &self.list[i])
    }

    /// The root of a main module, if `m` is one and has one.
    pub fn root(&self, m: &Version) -> Option<&str> {
        if !m.version.is_empty() {
            return None;
        }
        self.get(&m.path)
            .map(|m| m.root.as_str())
            .filter(|r| !r.is_empty())
    }

    /// All as versions.
    pub fn versions(&self) -> Vec<Version> {
        self.list.iter().map(Main::version).collect()
    }
}

impl Modules<'_> {
    /// Puts the main modules together
    /// (makeMainModules).
    pub(super) fn make_main_modules(
        &self,
        modules: Vec<NewMain>,
        work: Option<WorkFile>,
    ) -> Result<MainModules, Error> {
        let mut mains = MainModules::default();
        if let Some(work) = &work {
            mains.work_replace = replace_map(&work.replace)?;
        }
        let goroot_src = path::join2(&self.cfg.dist.goroot, "src");
        let cwd_root = self.find_root(&self.cfg.cwd);
        let mut errors = Vec::new();
        for (path, root, parsed) in modules {
            if mains.contains(&path) {
                errors.push(Error::text(format!(
                    "module {path} appears multiple times in workspace"
                )));
            }
            let i = mains.list.len();
            mains.by_path.insert(path.clone(), i);
            let in_goroot_src = paths::in_dir(&root, &goroot_src).is_some();
            let prefix = if in_goroot_src && path == "std" {
                String::new()
            } else {
                path.clone()
            };
            if cwd_root.as_deref().unwrap_or("") == root {
                mains.cwd = Some(i);
            }
            let (file, index) = parsed.unzip();
            mains.list.push(Main {
                path,
                root,
                prefix,
                in_goroot_src,
                file,
                index,
            });
        }
        self.collect_replaces(&mut mains, work.as_ref(), &mut errors)?;
        mains.no_replaces = mains.highest_replaced.is_empty();
        mains.work = work;
        if errors.is_empty() {
            Ok(mains)
        } else {
            Err(Error::Fatal(super::api::Fatal::of_all(errors)))
        }
    }

    /// Checks that the modules of a workspace do not replace differently, and notes the highest
    /// version replaced of each path.
    fn collect_replaces(
        &self,
        mains: &mut MainModules,
        work: Option<&WorkFile>,
        errors: &mut Vec<Error>,
    ) -> Result<(), Error> {
        let mut by_work = HashSet::new();
        let mut all: HashMap<Version, Version> = HashMap::new();
        let mut highest = BTreeMap::new();
        for r in work.map_or(&[][..], |w| &w.replace) {
            if r.old.version.is_empty() && mains.contains(&r.old.path) {
                errors.push(Error::text(format!(
                    "workspace module {} is replaced at all versions in the go.work file. To fix, \
                     remove the replacement from the go.work file or specify the version at which \
                     to replace the module.",
                    r.old.path
                )));
            }
            by_work.insert(r.old.path.clone());
            note_highest(&mut highest, &r.old);
            all.insert(r.old.clone(), r.new.clone());
        }
        let mut tools = BTreeSet::new();
        for main in &mains.list {
            let Some(file) = &main.file else { continue };
            let mut here = HashSet::new();
            for r in file
                .replace
                .iter()
                .filter(|r| !by_work.contains(&r.old.path))
            {
                let mut new = r.new.clone();
                if !self.work_file.is_empty() && new.version.is_empty() && !path::is_abs(&new.path)
                {
                    new.path = path::join2(&main.root, &new.path);
                }
                if let Some(prev) = all
                    .get(&r.old)
                    .filter(|prev| !here.contains(&r.old) && **prev != new)
                {
                    let old = &r.old;
                    return Err(Error::fatal(format!(
                        "go: conflicting replacements for {old}:\n\t{prev}\n\t{new}\nuse \"go work \
                         edit -replace {old}=[override]\" to resolve"
                    )));
                }
                here.insert(r.old.clone());
                all.insert(r.old.clone(), new);
                note_highest(&mut highest, &r.old);
            }
            for t in &file.tool {
                module::check_import_path(&t.path).map_err(|mut e| {
                    e.kind = "tool";
                    Error::text(e.to_string())
                })?;
                tools.insert(t.path.clone());
            }
        }
        mains.highest_replaced = highest;
        mains.tools = tools;
        Ok(())
    }

    /// What replaces `m`, if anything (replacementFrom).
    pub(super) fn replacement_from(&self, m: &Version) -> Option<Replaced> {
        let mains = &self.mains;
        if mains.no_replaces || m.version.is_empty() && mains.contains(&m.path) {
            return None;
        }
        if let Some(new) = look_up(&mains.work_replace, m) {
            return Some(Replaced {
                new: new.clone(),
                root: String::new(),
                file: self.work_file.clone(),
            });
        }
        let mut found: Option<(&Version, &str)> = None;
        for main in &mains.list {
            let Some(index) = &main.index else { continue };
            let Some(new) = look_up(&index.replace, m) else {
                continue;
            };
            // Only the replacement of one version is compared with that of another module.
            if let Some((other, root)) = found
                && other != new
                && index.replace.contains_key(m)
                && !m.version.is_empty()
            {
                self.memo.failed_aside.store(true, Ordering::Relaxed);
                self.say_once(format!(
                    "conflicting replacements found for {m} in workspace modules defined by {} and {}\n",
                    self.mod_file_path(root),
                    self.mod_file_path(&main.root)
                ));
                break;
            }
            found = Some((new, &main.root));
        }
        found.map(|(new, root)| Replaced {
            new: new.clone(),
            root: root.to_string(),
            file: self.mod_file_path(root),
        })
    }

    /// What replaces `m`; a relative directory is relative to [`Modules::replace_base`]
    /// (Replacement).
    pub(super) fn replacement(&self, m: &Version) -> Option<Version> {
        self.replacement_from(m).map(|r| self.canonical_replace(r))
    }

    /// In a workspace, makes a directory relative to the workspace's (canonicalizeReplacePath).
    pub(super) fn canonical_replace(&self, r: Replaced) -> Version {
        let m = r.new;
        if path::is_abs(&m.path)
            || !m.version.is_empty()
            || r.root.is_empty()
            || self.work_file.is_empty()
        {
            return m;
        }
        let abs = path::join2(&r.root, &m.path);
        let rel = path::rel(&path::dir(&self.work_file), &abs).unwrap_or(abs);
        let path = if modfile::is_directory_path(&rel) {
            rel
        } else {
            format!("./{}", path::clean(&rel))
        };
        Version::new(path, "")
    }

    /// The module whose files stand for `m` (resolveReplacement).
    pub(super) fn actual(&self, m: &Version) -> Version {
        self.replacement(m).unwrap_or_else(|| m.clone())
    }

    /// What relative directories of replacements are relative to (replaceRelativeTo).
    pub(super) fn replace_base(&self) -> String {
        if self.work_file.is_empty() {
            self.mains
                .list
                .first()
                .map_or(String::new(), |m| m.root.clone())
        } else {
            path::dir(&self.work_file)
        }
    }

    /// The directory that a replacement without version names.
    pub(super) fn replace_dir(&self, r: &Version) -> String {
        if path::is_abs(&r.path) {
            r.path.clone()
        } else {
            path::join2(&self.replace_base(), &r.path)
        }
    }
}

fn note_highest(highest: &mut BTreeMap<String, String>, old: &Version) {
    match highest.get_mut(&old.path) {
        Some(v) => {
            if gover::mod_compare(&old.path, &old.version, v) == cmp::Ordering::Greater {
                v.clone_from(&old.version);
            }
        }
        None => {
            highest.insert(old.path.clone(), old.version.clone());
        }
    }
}

/// The replacement of exactly this version, else that of all versions.
fn look_up<'m>(map: &'m HashMap<Version, Version>, m: &Version) -> Option<&'m Version> {
    if map.is_empty() {
        return None;
    }
    map.get(m).or_else(|| map.get(&Version::new(&*m.path, "")))
}
