//! From an import path to the module and directory that hold the package. Answers to
//! cmd/go/internal/modload/import.go.

use forgo_golang::module::{self, Version};
use forgo_golang::quote::quote;
use forgo_golang::{gover, path, pattern};

use super::api::Modules;
use super::errors::{Error, ImportFailure, MissingImport, MissingSum, Need};
use super::graph::{ModuleGraph, NONE};
use super::modfile::io_text;
use super::paths;
use super::requirements::Requirements;

/// Where a package is.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    /// Its module; `None` for the standard library.
    pub module: Option<Version>,
    /// Its directory; empty for packages without one ("C").
    pub dir: String,
}

/// A directory that an import path would name within a module.
struct Candidate {
    dir: String,
    has_go_files: bool,
}

impl Modules<'_> {
    /// Finds the package among the standard library, the main modules, and the modules of the
    /// graph (importFromModules). Without a graph the roots are tried first; the graph is read only
    /// if they do not have it.
    pub(super) fn import_from_modules(
        &self,
        path: &str,
        rs: &Requirements,
        graph: Option<&ModuleGraph>,
    ) -> Result<Found, Error> {
        check_importable(path)?;
        if path == "C" {
            return Ok(Found::default());
        }
        let std_dir = self.std_package(path);
        if let Some(std_dir) = &std_dir {
            for main in self.mains.list.iter().filter(|m| m.in_goroot_src) {
                let here = self.dir_in_module(path, &main.prefix, &main.root, true)?;
                if let Some(c) = here.filter(|c| c.has_go_files) {
                    return Ok(Found {
                        module: Some(main.version()),
                        dir: c.dir,
                    });
                }
            }
            // Nothing can shadow a standard package but a module of the same name in the graph,
            // and no module path of that form can be required from anywhere.
            if !self.is_vendor() && !self.may_provide(path, rs, graph) {
                return Ok(Found {
                    module: None,
                    dir: std_dir.clone(),
                });
            }
        }
        if self.is_vendor() {
            return self.import_vendored(path, std_dir);
        }
        if graph.is_none()
            && let Some(found) = self.try_modules(path, std_dir.as_deref(), |prefix| {
                rs.root_selected(&self.mains, prefix)
            })?
        {
            return Ok(found);
        }
        let graph = match graph {
            Some(g) => g,
            None => {
                let (g, error) = rs.graph(self);
                if let Some(e) = error {
                    // One of the modules that could not be read might have the package.
                    return Err(e.clone());
                }
                g
            }
        };
        let selected = |prefix: &str| Some(graph.selected(prefix)).filter(|v| *v != NONE);
        match self.try_modules(path, std_dir.as_deref(), selected)? {
            Some(found) => Ok(found),
            None => Err(self.missing(path, pattern::is_standard_import_path(path), None)),
        }
    }

    /// Could a module of the graph provide it, by its path?
    fn may_provide(&self, path: &str, rs: &Requirements, graph: Option<&ModuleGraph>) -> bool {
        prefixes(path).any(|p| match graph {
            Some(g) => g.selected(p) != NONE,
            None => rs.root_selected(&self.mains, p).is_some(),
        })
    }

    /// Looks in the modules whose paths are prefixes of the import path, at the selected versions.
    fn try_modules<'v>(
        &self,
        path: &str,
        std_dir: Option<&str>,
        selected: impl Fn(&str) -> Option<&'v str>,
    ) -> Result<Option<Found>, Error> {
        let mut found: Vec<Found> = std_dir
            .map(|dir| Found {
                module: None,
                dir: dir.to_string(),
            })
            .into_iter()
            .collect();
        let mut without_sum = Vec::new();
        for prefix in prefixes(path) {
            let Some(v) = selected(prefix).filter(|v| *v != NONE) else {
                continue;
            };
            let m = Version::new(prefix, v);
            let (root, is_local) = match self.fetch(&m) {
                Ok(found) => found,
                Err(e) if e.is_sum_missing() => {
                    without_sum.push(m);
                    continue;
                }
                Err(e) => return Err(e),
            };
            let here = self.dir_in_module(path, prefix, &root, is_local)?;
            if let Some(c) = here.filter(|c| c.has_go_files) {
                found.push(Found {
                    module: Some(m),
                    dir: c.dir,
                });
            }
        }
        if found.len() > 1 {
            // Found from the longest module path to the shortest; shown the other way round.
            found.reverse();
            let (modules, dirs) = found
                .into_iter()
                .map(|f| (f.module.unwrap_or_default(), f.dir))
                .unzip();
            let path = path.to_string();
            return Err(ImportFailure::Ambiguous {
                path,
                dirs,
                modules,
            }
            .into());
        }
        if !without_sum.is_empty() {
            without_sum.reverse();
            return Err(ImportFailure::MissingSum(MissingSum {
                path: path.to_string(),
                found: !found.is_empty(),
                modules: without_sum,
                ..MissingSum::default()
            })
            .into());
        }
        let Some(found) = found.pop() else {
            return Ok(None);
        };
        if let Some(m) = &found.module
            && !self.mains.contains(&m.path)
        {
            // Its go.mod tells the language version to compile with.
            self.summary(m)?;
        }
        Ok(Some(found))
    }

    /// With `-mod=vendor` all is in the main modules or the vendor directory.
    fn import_vendored(&self, path: &str, std_dir: Option<String>) -> Result<Found, Error> {
        let mut found: Vec<Found> = Vec::new();
        found.extend(std_dir.map(|dir| Found { module: None, dir }));
        let mut main_error = None;
        for main in self.mains.list.iter().filter(|m| !m.root.is_empty()) {
            match self.dir_in_module(path, &main.prefix, &main.root, true) {
                Ok(Some(c)) if c.has_go_files => found.push(Found {
                    module: Some(main.version()),
                    dir: c.dir,
                }),
                Ok(_) => {}
                Err(Error::Need(n)) => return Err(Error::Need(n)),
                Err(e) => main_error = main_error.or(Some(e)),
            }
        }
        if self.has_mod_root() {
            let vendor = self.vendor()?;
            let here = self
                .dir_in_module(path, "", &vendor.dir, false)
                .ok()
                .flatten();
            if let Some(c) = here.filter(|c| c.has_go_files) {
                let module = vendor.txt.package_module.get(path);
                let lenient = || {
                    gover::compare(&self.go_version(), gover::EXPLICIT_MODULES_TXT_IMPORT).is_lt()
                };
                if module.is_some() || lenient() {
                    found.push(Found {
                        module: module.cloned(),
                        dir: c.dir,
                    });
                } else {
                    let sub = if self.in_workspace() { "work" } else { "mod" };
                    self.say_once(format!(
                        "go: ignoring package {path} which exists in the vendor directory but is \
                         missing from vendor/modules.txt. To sync the vendor directory run go {sub} \
                         vendor.\n"
                    ));
                }
            }
        }
        if found.len() > 1 {
            return Err(ImportFailure::Ambiguous {
                path: path.to_string(),
                dirs: found.into_iter().map(|f| f.dir).collect(),
                modules: Vec::new(),
            }
            .into());
        }
        match (main_error, found.pop()) {
            (Some(e), _) => Err(e),
            (None, Some(f)) => Ok(f),
            (None, None) => Err(ImportFailure::Missing(MissingImport {
                path: path.to_string(),
                ..MissingImport::default()
            })
            .into()),
        }
    }

    /// ImportMissingError, after all modules were looked at.
    pub(super) fn missing(&self, path: &str, is_std: bool, query_error: Option<String>) -> Error {
        let no_mod_root = query_error.is_none() && !self.has_mod_root();
        ImportFailure::Missing(MissingImport {
            path: path.to_string(),
            is_std,
            std_dir: path::join2(&self.cfg.dist.goroot, "src"),
            query_error: query_error.or_else(|| no_mod_root.then(|| self.no_main_modules())),
            no_mod_root,
            may_resolve: self.is_mod() || self.is_readonly() && self.allows_missing(),
            ..MissingImport::default()
        })
        .into()
    }

    /// Why a missing package is not looked for in new modules, or the replaced module that has it
    /// (queryImport in readonly and vendor mode).
    pub(super) fn query_import(&self, path: &str, rs: &Requirements) -> Result<Version, Error> {
        let mut candidates = Vec::new();
        for (mod_path, v) in &self.mains.highest_replaced {
            if !maybe_in_module(path, mod_path) {
                continue;
            }
            let version = if v.is_empty() {
                let major = module::split_path_version(mod_path).map_or("", |(_, m)| m);
                let major = if major.is_empty() { "v0" } else { &major[1..] };
                module::zero_pseudo_version(major)
            } else {
                v.clone()
            };
            let (graph, error) = rs.graph(self);
            if let Some(e) = error {
                return Err(e.clone());
            }
            let selected = graph.selected(mod_path);
            if selected == NONE || gover::mod_compare(mod_path, selected, &version).is_lt() {
                candidates.push(Version::new(&**mod_path, version));
            }
        }
        candidates.sort_by_key(|m| std::cmp::Reverse(m.path.len()));
        for m in &candidates {
            let (root, is_local) = match self.fetch(m) {
                Ok(found) => found,
                Err(e) if e.is_sum_missing() => {
                    return Err(ImportFailure::MissingSum(MissingSum {
                        path: path.to_string(),
                        ..MissingSum::default()
                    })
                    .into());
                }
                Err(e) => return Err(e),
            };
            let here = self.dir_in_module(path, &m.path, &root, is_local)?;
            if here.is_some_and(|c| c.has_go_files) {
                if !self.is_readonly() {
                    return Ok(m.clone());
                }
                return Err(ImportFailure::Missing(MissingImport {
                    path: path.to_string(),
                    replaced: Some(m.clone()),
                    may_resolve: self.allows_missing(),
                    ..MissingImport::default()
                })
                .into());
            }
        }
        if let Some(m) = candidates.first()
            && module::check_path(path).is_err()
        {
            return Err(ImportFailure::NotInModule {
                pattern: path.to_string(),
                query: "latest".to_string(),
                module: m.clone(),
                replacement: self.replacement(m),
            }
            .into());
        }
        self.why_not_queried(path)
    }

    fn why_not_queried(&self, path: &str) -> Result<Version, Error> {
        let plain = |is_std, query_error| {
            Error::from(ImportFailure::Missing(MissingImport {
                path: path.to_string(),
                is_std,
                std_dir: path::join2(&self.cfg.dist.goroot, "src"),
                query_error,
                may_resolve: self.is_mod() || self.is_readonly() && self.allows_missing(),
                ..MissingImport::default()
            }))
        };
        if pattern::is_standard_import_path(path) {
            return Err(plain(true, None));
        }
        if self.is_mod() {
            // Only the stock command may add modules.
            return Err(Error::Edit);
        }
        let mode = &self.state.build_mod;
        let reason = &self.state.build_mod_reason;
        let query_error = if self.cfg.modules.mod_explicit {
            Some(format!("import lookup disabled by -mod={mode}"))
        } else if !reason.is_empty() {
            Some(format!(
                "import lookup disabled by -mod={mode}\n\t({reason})"
            ))
        } else {
            None
        };
        Err(plain(false, query_error))
    }

    /// The directory that would hold the package if it were in this module, and whether it holds Go
    /// files (dirInModule). `None` where it can't be in it. An empty module path stands for a
    /// vendor directory or std.
    fn dir_in_module(
        &self,
        path: &str,
        mod_path: &str,
        mod_dir: &str,
        is_local: bool,
    ) -> Result<Option<Candidate>, Error> {
        let dir = if path == mod_path {
            mod_dir.to_string()
        } else if mod_path.is_empty() {
            path::join2(mod_dir, path)
        } else if let Some(rest) = path
            .strip_prefix(mod_path)
            .and_then(|r| r.strip_prefix('/'))
        {
            path::join2(mod_dir, rest)
        } else {
            return Ok(None);
        };
        if is_local {
            // Another module may be in the way.
            let mut d = dir.as_str();
            while d != mod_dir && d.len() > mod_dir.len() {
                if self.has_go_mod(d) {
                    return Ok(None);
                }
                match d.rfind('/') {
                    Some(i) if i > 0 => d = &d[..i],
                    _ => break,
                }
            }
        }
        let has_go_files =
            self.tree
                .is_go_dir(&dir)
                .map_err(|e| match crate::fsys::PathError::of(&e) {
                    // Of a file in the directory.
                    Some(e) => Error::text(e.to_string()),
                    None => Error::text(io_text("open", &dir, &e)),
                })?;
        Ok(Some(Candidate { dir, has_go_files }))
    }

    /// Reports whether the module holds the package.
    pub(super) fn has_package(
        &self,
        path: &str,
        mod_path: &str,
        root: &str,
        is_local: bool,
    ) -> Result<bool, Error> {
        let here = self.dir_in_module(path, mod_path, root, is_local)?;
        Ok(here.is_some_and(|c| c.has_go_files))
    }

    fn has_go_mod(&self, dir: &str) -> bool {
        if let Some(known) = self.memo.has_go_mod.get(dir) {
            return known;
        }
        let has = paths::is_file(self.tree, &path::join2(dir, "go.mod"));
        self.memo.has_go_mod.put(dir.to_string(), has);
        has
    }

    /// Directory of a standard package (modindex.IsStandardPackage); `None` where there is none.
    pub(super) fn std_package(&self, path: &str) -> Option<String> {
        if !pattern::is_standard_import_path(path) {
            return None;
        }
        let dir = format!("{}/src/{path}", self.cfg.dist.goroot);
        self.tree.is_go_dir(&dir).unwrap_or(false).then_some(dir)
    }

    /// Returns the files that must be fetched to import from these modules.
    pub(super) fn needs_of(&self, modules: &[Version]) -> Vec<Need> {
        modules
            .iter()
            .filter_map(|m| match self.fetch(m) {
                Err(Error::Need(n)) => Some(n),
                _ => None,
            })
            .flatten()
            .collect()
    }
}

/// Paths that can't be imported by their form.
fn check_importable(path: &str) -> Result<(), Error> {
    let text = if path.contains('@') {
        format!("import path {} should not have @version", quote(path))
    } else if pattern::is_local_import(path) {
        format!(
            "{} is relative, but relative import paths are not supported in module mode",
            quote(path)
        )
    } else if path.starts_with('/') {
        format!(
            "{} is not a package path; see 'go help packages'",
            quote(path)
        )
    } else if pattern::is_meta_package(path) {
        format!(
            "{} is not an importable package; see 'go help packages'",
            quote(path)
        )
    } else {
        match module::check_import_path(path) {
            Ok(()) => return Ok(()),
            Err(_) if path == "C" => return Ok(()),
            Err(e) => e.to_string(),
        }
    };
    let path = path.to_string();
    Err(ImportFailure::Invalid { path, text }.into())
}

/// Module paths that could hold the import path: itself and all it begins with, longest first;
/// `go` and `toolchain` are not modules with packages.
fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    let mut next = Some(path);
    std::iter::from_fn(move || {
        let p = next?;
        next = p.rfind('/').map(|i| &p[..i]);
        Some(p)
    })
    .filter(|p| !gover::is_toolchain(p))
}

/// Could a package of that path be in a module of that path?
pub(super) fn maybe_in_module(path: &str, mod_path: &str) -> bool {
    path.strip_prefix(mod_path)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_from_longest() {
        assert_eq!(
            prefixes("a.b/c/d").collect::<Vec<_>>(),
            ["a.b/c/d", "a.b/c", "a.b"]
        );
        assert_eq!(prefixes("go/ast").collect::<Vec<_>>(), ["go/ast"]);
    }

    #[test]
    fn forms_that_are_no_import_paths() {
        for (path, want) in [
            (
                "a.b/c@v1",
                "import path \"a.b/c@v1\" should not have @version",
            ),
            (
                "./x",
                "\"./x\" is relative, but relative import paths are not supported in module mode",
            ),
            ("/x", "\"/x\" is not a package path; see 'go help packages'"),
            (
                "all",
                "\"all\" is not an importable package; see 'go help packages'",
            ),
        ] {
            let e = check_importable(path).expect_err(path);
            assert_eq!(e.to_string(), want);
        }
    }
}
