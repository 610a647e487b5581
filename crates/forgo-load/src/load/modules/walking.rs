//! Walks over directories: those that a local pattern (`./...`) matches, and the walk itself with
//! the overlay applied. Answers to matchLocalDirs in cmd/go/internal/modload/load.go, MatchDirs in
//! cmd/go/internal/search and WalkDir in cmd/go/internal/fsys.

use forgo_golang::path;
use forgo_golang::pattern::{self, IgnorePatterns, Pattern};

use super::api::{FileKind, Match, MatchError, Modules, PackageKind};
use super::errors::Error;
use super::modfile::io_text;
use super::paths;
use super::pool;
use super::requirements::Requirements;

/// Called for each entry; for a directory, tells whether to go into it.
type Visit<'v> = &'v mut dyn FnMut(&str, FileKind) -> Result<bool, Error>;

impl Modules<'_> {
    /// Visits everything below `root`, which ends in a slash, in the order of names. The first
    /// error ends the walk.
    pub(super) fn walk_dirs(&self, root: &str, visit: Visit<'_>) -> Result<(), Error> {
        match self.tree.stat(&paths::absolute(self.cfg, root)) {
            Ok(FileKind::Dir) => {}
            Ok(kind) => return visit(root, kind).map(drop),
            Err(e) => return Err(Error::text(io_text("lstat", root, &e))),
        }
        if visit(root, FileKind::Dir)? {
            self.walk_entries(root, visit)?;
        }
        Ok(())
    }

    fn walk_entries(&self, dir: &str, visit: Visit<'_>) -> Result<(), Error> {
        let entries = self
            .tree
            .read_dir(&paths::absolute(self.cfg, dir))
            .map_err(|e| Error::text(io_text("open", dir, &e)))?;
        // Children of "./" are known without the dot.
        let prefix = match path::clean(dir).as_str() {
            "." => String::new(),
            "/" => "/".to_string(),
            clean => format!("{clean}/"),
        };
        for (name, kind) in entries {
            let path = format!("{prefix}{name}");
            if visit(&path, kind)? && kind == FileKind::Dir {
                self.walk_entries(&path, visit)?;
            }
        }
        Ok(())
    }

    /// A symbolic link to a directory is not followed.
    pub(super) fn warn_symlink(&self, link: &str) {
        let target = self.tree.stat(&paths::absolute(self.cfg, link));
        if target.is_ok_and(|k| k == FileKind::Dir) {
            self.say(format!("warning: ignoring symlink {link}\n"));
        }
    }

    /// The directories that a local pattern matches. Wildcards are not followed outside of the
    /// modules in use (matchLocalDirs).
    pub(super) fn match_local_dirs(&self, m: &mut Match, rs: &Requirements) -> Result<(), Error> {
        if let Some(i) = m.pattern.find("...") {
            let dir = path::dir(&path::clean(&m.pattern[..i + 3]));
            let abs = paths::absolute(self.cfg, &dir);
            let root = self.find_root(&abs).unwrap_or_default();
            let goroot_src = path::join2(&self.cfg.dist.goroot, "src");
            if !self.mod_roots.contains(&root)
                && paths::in_dir(&abs, &goroot_src).is_none()
                && self.path_in_module_cache(&abs, rs)?.is_none()
            {
                let scope = if self.in_workspace() {
                    "modules listed in go.work or their selected dependencies"
                } else {
                    "main module or its selected dependencies"
                };
                let short = paths::short(self.cfg, &abs);
                m.errors.push(MatchError::new(&Error::text(format!(
                    "directory prefix {short} does not contain {scope}"
                ))));
                return Ok(());
            }
        }
        self.match_dirs(m);
        Ok(())
    }

    /// Finds the directories that a local pattern matches, in modules or elsewhere: in GOPATH mode
    /// this is all of the matching (search.Match.MatchDirs).
    pub(in crate::load) fn match_dirs(&self, m: &mut Match) {
        if pattern::is_literal(&m.pattern) {
            m.dirs = vec![m.pattern.clone()];
            return;
        }
        let mut clean = path::clean(&m.pattern);
        let mut prefix = "";
        if clean != "." && m.pattern.starts_with("./") {
            prefix = "./";
            clean = format!("./{clean}");
        }
        let matcher = Pattern::new(&clean);
        let dots = clean.find("...").unwrap_or(clean.len());
        let dir = path::split(&clean[..dots]).0.to_string();
        let abs = paths::absolute(self.cfg, if dir.is_empty() { "." } else { &dir });
        let mod_root = match self.root_of(&abs) {
            Ok(root) => root,
            Err(e) => {
                m.errors.push(MatchError::new(&e));
                String::new()
            }
        };
        let ignore = self.ignore_of(&mod_root);
        // Below a vendor directory nothing matches, unless the pattern contains vendor.
        let into_vendor = clean.contains("vendor");
        let mut candidates: Vec<String> = Vec::new();
        let result = self.walk_dirs(&path::with_file_path_separator(&dir), &mut |entry, kind| {
            if kind != FileKind::Dir {
                return Ok(false);
            }
            let top = entry == dir;
            let clean;
            let entry = if top {
                clean = path::clean(entry);
                &clean
            } else {
                entry
            };
            let elem = entry.rsplit('/').next().unwrap_or_default();
            let dot = elem.starts_with('.') && elem != "." && elem != "..";
            if dot || elem.starts_with('_') || elem == "testdata" {
                return Ok(false);
            }
            let abs = paths::absolute(self.cfg, entry);
            if let Some(ignore) = &ignore
                && paths::in_dir(&abs, &mod_root).is_some_and(|rel| ignore.should_ignore(&rel))
            {
                if self.cfg.flags.x {
                    self.say(format!("# ignoring directory {abs}\n"));
                }
                return Ok(false);
            }
            if !top && self.state.enabled && paths::is_file(self.tree, &path::join2(&abs, "go.mod"))
            {
                return Ok(false);
            }
            let name = format!("{prefix}{entry}");
            if matcher.matches(&name) {
                candidates.push(name);
            }
            Ok(into_vendor || elem != "vendor")
        });
        let kinds = pool::map(&candidates, |dir| {
            self.tree.package_kind(&paths::absolute(self.cfg, dir))
        });
        m.dirs = candidates
            .into_iter()
            .zip(kinds)
            .filter(|(_, kind)| !matches!(kind, PackageKind::NoGo | PackageKind::OnlyIgnored))
            .map(|(dir, _)| dir)
            .collect();
        if let Err(e) = result {
            m.errors.push(MatchError::new(&e));
        }
    }

    /// Returns the module root that holds the directory; empty without module roots.
    fn root_of(&self, abs: &str) -> Result<String, Error> {
        let mut roots = self.mod_roots.iter();
        match roots.rfind(|r| path::has_file_path_prefix(abs, r)) {
            Some(root) => Ok(root.clone()),
            None if self.mod_roots.is_empty() => Ok(String::new()),
            None => {
                let plural = if self.mod_roots.len() > 1 { "s" } else { "" };
                Err(Error::text(format!(
                    "directory {abs} is outside module root{plural} ({})",
                    self.mod_roots.join(", ")
                )))
            }
        }
    }

    fn ignore_of(&self, root: &str) -> Option<IgnorePatterns> {
        let main = self.mains.list.iter().find(|m| m.root == root)?;
        let ignore = &main.index.as_ref()?.ignore;
        (!ignore.is_empty()).then(|| IgnorePatterns::new(ignore))
    }
}
