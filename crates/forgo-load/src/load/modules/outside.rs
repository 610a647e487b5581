//! `pkg@version`: packages of one module at one version, outside of any main module. Answers to the
//! first half of PackagesAndErrorsOutsideModule in cmd/go/internal/load/pkg.go, and to QueryPattern
//! and CheckDeprecation in cmd/go/internal/modload. Queries are answered by the stock command.

use std::collections::HashSet;
use std::sync::Arc;

use forgo_golang::modfile;
use forgo_golang::module::{self, Version};
use forgo_golang::{gover, path, pattern, raw};

use super::api::{Fatal, Match, Modules, RootMode, SourceTree};
use super::errors::{Error, ImportFailure};
use super::pool;
use super::requirements::{Pruning, Requirements};
use crate::config::Config;
use crate::event::Reporter;
use crate::module::ModulePublic;

/// Why a module with the path of a prefix is not the one, from the most telling to the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    NoPackage,
    NoVersion,
    InvalidPath,
    InvalidVersion,
    NotExist,
    Other,
}

impl Modules<'_> {
    /// Loads `pkg@version` patterns outside of any module, all at one version
    /// (PackagesAndErrorsOutsideModule up to the loading of packages): query, deprecation warning,
    /// checks for replace and exclude, synthetic build list. Gives the patterns without their
    /// `@version`, to be handed to [`Modules::load_packages`], and the module that all of their
    /// packages must come from.
    pub fn enter_versioned(
        &mut self,
        args: &[String],
    ) -> Result<(Vec<String>, ModulePublic), Fatal> {
        let (patterns, version) = self.split_versions(args).map_err(Error::into_fatal)?;
        self.load_mod_file()?;
        let blame = |e: Error| match e {
            Error::Fatal(f) => f,
            e => {
                let text = e.to_string();
                let prefix = format!("{}: ", args[0]);
                // The error for an impossible module path names the version already: the path is
                // checked before the query.
                let once = text.strip_prefix(&prefix);
                let once = once.filter(|why| why.starts_with("malformed module path"));
                Error::text(prefix.clone() + once.unwrap_or(&text)).into_fatal()
            }
        };
        let root = self.query_packages(&patterns[0], &version).map_err(blame)?;
        self.warn_deprecated(&root).map_err(blame)?;
        self.check_directives(&args[0], &root)
            .map_err(|e| match e {
                Error::Text(_) => e.into_fatal(),
                e => blame(e),
            })?;
        let mut roots = vec![
            root.clone(),
            Version::new("go", self.local()),
            Version::new("toolchain", self.cfg.dist.version.clone()),
        ];
        gover::mod_sort(&mut roots);
        let direct = HashSet::from(["go".to_string()]);
        let rs = Requirements::new(Pruning::Pruned, roots, direct);
        self.check_selected(&root, &rs).map_err(blame)?;
        self.requirements = Some(Arc::new(rs));
        let module = ModulePublic {
            path: root.path,
            version: root.version,
            ..ModulePublic::default()
        };
        Ok((patterns, module))
    }

    /// A module may not require a newer version of itself (ConstraintError).
    fn check_selected(&self, m: &Version, rs: &Requirements) -> Result<(), Error> {
        let (graph, error) = rs.graph(self);
        if let Some(e @ Error::Fatal(_)) = error {
            return Err(e.clone());
        }
        if graph.selected(&m.path) == m.version {
            return Ok(());
        }
        let newer = |r: &Version| {
            r.path == m.path && gover::mod_compare(&r.path, &r.version, &m.version).is_gt()
        };
        let path = graph.find_path(newer).unwrap_or_default();
        let chain = path.iter().filter(|r| !r.version.is_empty()).count();
        let adverb = if chain > 2 { "indirectly " } else { "" };
        let last = path.last().unwrap_or(m);
        Err(Error::text(format!(
            "version constraints conflict:\n\t{m} {adverb}requires {last}, but {} is requested",
            m.version
        )))
    }

    /// The patterns without version, and the version that they share.
    fn split_versions(&self, args: &[String]) -> Result<(Vec<String>, String), Error> {
        let mut version = "";
        if let Some((arg, (_, v))) = args.iter().find_map(|a| Some((a, a.split_once('@')?))) {
            if v.is_empty() {
                return Err(Error::text(format!("{arg}: version must not be empty")));
            }
            version = v;
        }
        let suffix = format!("@{version}");
        let mut patterns = Vec::with_capacity(args.len());
        for arg in args {
            let Some(p) = arg.strip_suffix(&suffix) else {
                return Err(Error::text(format!(
                    "{arg}: all arguments must refer to packages in the same module at the same version ({suffix})"
                )));
            };
            let problem = if pattern::is_local_import(p) {
                "argument must be a package path, not a relative path"
            } else if p.starts_with('/') {
                "argument must be a package path, not an absolute path"
            } else if pattern::is_meta_package(p) {
                "argument must be a package path, not a meta-package"
            } else if path::clean(p) != p {
                "argument must be a clean package path"
            } else if !p.contains("...") && self.std_package(p).is_some() {
                "argument must not be a package in the standard library"
            } else {
                patterns.push(p.to_string());
                continue;
            };
            return Err(Error::text(format!("{arg}: {problem}")));
        }
        Ok((pattern::clean_patterns(&patterns), version.to_string()))
    }

    /// The module that provides packages matching the pattern at the version: the one with the
    /// longest path, if several do (QueryPackages).
    pub(super) fn query_packages(&self, pattern: &str, version: &str) -> Result<Version, Error> {
        let mut base = pattern.to_string();
        if let Some(i) = pattern.find("...") {
            base = path::dir(&pattern[..i + 3]);
            if base == "." {
                return Err(Error::text(format!(
                    "no modules to query for {pattern}@{version} because first path element contains a wildcard"
                )));
            }
        }
        let mut candidates = Vec::new();
        let mut prefix = base.as_str();
        loop {
            if module::split_path_version(prefix).is_some() {
                candidates.push(prefix.to_string());
            }
            match prefix.rfind('/') {
                Some(i) => prefix = &prefix[..i],
                None => break,
            }
        }
        let results = pool::map_io(&candidates, |path| {
            self.query_module(path, version, pattern)
        });
        let mut worst: Option<(Class, Error)> = None;
        for result in results {
            match result {
                Ok(m) => return Ok(m),
                Err(e @ Error::Fatal(_)) => return Err(e),
                Err(e) => {
                    let class = classify(&e);
                    let better = match &worst {
                        None => true,
                        // Once a module was found that could have it, others don't matter.
                        Some((Class::NoPackage, _)) => false,
                        Some((Class::Other, _)) => false,
                        Some((w, _)) => class == Class::Other || class < *w,
                    };
                    if better {
                        worst = Some((class, e));
                    }
                }
            }
        }
        Err(worst.map_or_else(|| Error::text("cannot find package"), |(_, e)| e))
    }

    /// The module of that path at the version, if it has packages that match.
    fn query_module(&self, path: &str, version: &str, pattern: &str) -> Result<Version, Error> {
        let resolved = self.query(&Version::new(path, version))?;
        let m = Version::new(path, resolved);
        let (root, is_local) = self.fetching(|| self.fetch(&m))?;
        let found = if pattern.contains("...") {
            let mut result = Match {
                pattern: pattern.to_string(),
                ..Match::default()
            };
            self.match_packages(&mut result, false, std::slice::from_ref(&m))?;
            !result.packages.is_empty()
        } else {
            self.has_package(pattern, path, &root, is_local)?
        };
        if found {
            return Ok(m);
        }
        Err(ImportFailure::NotInModule {
            pattern: pattern.to_string(),
            query: version.to_string(),
            replacement: self.replacement(&m),
            module: m,
        }
        .into())
    }

    /// Warns where the latest version of the module is marked deprecated (CheckDeprecation).
    fn warn_deprecated(&self, m: &Version) -> Result<(), Error> {
        let latest = Version::new(&*m.path, "latest");
        let text = self
            .query_latest(&latest)
            .and_then(|v| {
                let latest = Version::new(&*m.path, v);
                self.fetching(|| self.raw_summary(&latest))
            })
            .map(|s| s.deprecated.clone());
        let text = match text {
            Ok(text) => text,
            Err(e) if e.too_new().is_some() => return Ok(()),
            Err(e) => {
                return Err(Error::text(format!(
                    "loading deprecation for {}: {e}",
                    m.path
                )));
            }
        };
        if !text.is_empty() {
            self.say(format!(
                "go: module {} is deprecated: {}\n",
                m.path,
                short_message(&text)
            ));
        }
        Ok(())
    }

    /// Checks that the module's go.mod has no directive that only counts in a main module.
    fn check_directives(&self, arg: &str, m: &Version) -> Result<(), Error> {
        let data = self
            .fetching(|| self.cached_go_mod(m))
            .map_err(|e| e.about(m))?;
        let file = modfile::parse("go.mod", &raw::borrow(&data), None)
            .map_err(|e| Error::text(format!("{arg} (in {m}): {e}")))?;
        let what = if !file.replace.is_empty() {
            "replace"
        } else if !file.exclude.is_empty() {
            "exclude"
        } else {
            return Ok(());
        };
        Err(Error::text(format!(
            "{arg} (in {m}):\n\tThe go.mod file for the module providing named packages contains \
             one or\n\tmore {what} directives. It must not contain directives that would \
             cause\n\tit to be interpreted differently than if it were the main module."
        )))
    }
}

/// Reports whether the error means that the module does not exist (fs.ErrNotExist).
pub(super) fn is_not_exist(e: &Error) -> bool {
    classify(e) == Class::NotExist
}

/// A module that asks for a newer release than the running one (gover.TooNewError).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooNew {
    /// The module at its version.
    pub what: String,
    /// The go version that it asks for.
    pub go_version: String,
    /// The error's text.
    pub text: String,
}

/// Returns the newer release that the module of `path@version` asks for, if it does. Toolchain
/// selection needs it before `install pkg@version` and `run pkg@version`
/// (maybeSwitchForGoInstallVersion). Other errors are reported when the command runs, except for
/// those that end any command at once.
pub fn newer_release_wanted(
    cfg: &Config,
    tree: &dyn SourceTree,
    reporter: &dyn Reporter,
    path: &str,
    version: &str,
) -> Result<Option<TooNew>, Fatal> {
    let mut modules = Modules::init(cfg, tree, reporter, RootMode::None)?;
    modules.load_mod_file()?;
    match modules.query_packages(path, version) {
        Err(Error::Fatal(fatal)) => Err(fatal),
        Err(e) => Ok(match e.cause() {
            Error::TooNew {
                what, go_version, ..
            } => Some(TooNew {
                what: what.clone(),
                go_version: go_version.clone(),
                text: e.to_string(),
            }),
            _ => None,
        }),
        Ok(_) => Ok(None),
    }
}

/// The releases that the module proxies offer (autoToolchains), oldest first.
pub fn offered_releases(
    cfg: &Config,
    tree: &dyn SourceTree,
    reporter: &dyn Reporter,
) -> Result<Vec<String>, String> {
    let modules = Modules::init(cfg, tree, reporter, RootMode::None).map_err(|f| f.to_string())?;
    modules.releases().map_err(|e| e.to_string())
}

/// Sorts errors into queryPrefixModules' classes, by their texts.
fn classify(e: &Error) -> Class {
    if let Error::Import(_) = e {
        return Class::NoPackage;
    }
    let text = e.to_string();
    let is = |s: &str| text.contains(s);
    if is("no matching versions for query") {
        Class::NoVersion
    } else if is("malformed module path") {
        Class::InvalidPath
    } else if [
        "404 Not Found",
        "410 Gone",
        "disabled by GOPROXY=off",
        "no such file",
        "unknown revision",
        // It is not known where to look for a module of that path.
        "unrecognized import path",
        "import path does not begin with hostname",
        "GOVCS disallows using",
    ]
    .into_iter()
    .any(is)
    {
        Class::NotExist
    } else if is("invalid version") || is("invalid pseudo-version") {
        Class::InvalidVersion
    } else {
        Class::Other
    }
}

/// modload.ShortMessage: the first line, if it can be shown.
fn short_message(message: &str) -> &str {
    let line = message.lines().next().unwrap_or_default().trim();
    if line.len() > 500 {
        "(message omitted: too long)"
    } else if line.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        "(message omitted: contains non-printable characters)"
    } else {
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_telling_class_is_first() {
        let class = |s: &str| classify(&Error::text(s));
        assert_eq!(
            class("no matching versions for query \"v9\""),
            Class::NoVersion
        );
        assert_eq!(
            class("reading https://p/x/@v/list: 404 Not Found"),
            Class::NotExist
        );
        assert_eq!(
            class("unrecognized import path \"h.example\": parse: no go-import meta tags ()"),
            Class::NotExist
        );
        assert_eq!(
            class("invalid version: git ls-remote -q origin: exit status 128"),
            Class::InvalidVersion
        );
        assert!(Class::NoPackage < Class::NoVersion && Class::NoVersion < Class::NotExist);
    }

    #[test]
    fn messages_are_shortened() {
        assert_eq!(short_message(" use x \nmore"), "use x");
        assert_eq!(
            short_message(&"x".repeat(501)),
            "(message omitted: too long)"
        );
    }
}
